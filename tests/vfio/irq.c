// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts: INTx as a masked level, messages by MSI or MSI-X, and the ioctl's
 * errors.
 */
#include <stdlib.h>
#include <unistd.h>
#include "display.h"

#define INTX	VFIO_PCI_INTX_IRQ_INDEX
/* Those that the GPU has. */
#define MSGS	(gpu->messages)
#define ANY	(has_pin() ? INTX : MSGS)

#define TRIGGER	VFIO_IRQ_SET_ACTION_TRIGGER
#define MASK	VFIO_IRQ_SET_ACTION_MASK
#define UNMASK	VFIO_IRQ_SET_ACTION_UNMASK
#define NONE	VFIO_IRQ_SET_DATA_NONE
#define BOOL	VFIO_IRQ_SET_DATA_BOOL
#define EVENTFD	VFIO_IRQ_SET_DATA_EVENTFD

static struct vdev *d;
static int evt = -1;

static void before(void)
{
	d = vdev_new(gpu->small);
	evt = evt_new();
}

static void after(void)
{
	vdev_cleanup();
	if (evt >= 0)
		close(evt);
	evt = -1;
}

static void sw_raise(void)
{
	gpu->irq_raise(d);
}

static void sw_ack(void)
{
	gpu->irq_ack(d);
}

static void intx_on(void)
{
	gpu->irq_on(d);
	ASSERT_OK(irq_eventfd(d, INTX, TRIGGER, evt));
	EXPECT_EQ(evt_take(evt), 0);
}

static int unmask(void)
{
	return irq_set(d, INTX, NONE | UNMASK, 0, 1, NULL, 0);
}

static int mask(void)
{
	return irq_set(d, INTX, NONE | MASK, 0, 1, NULL, 0);
}

static void messages_enable(bool on)
{
	bool msi = MSGS == VFIO_PCI_MSI_IRQ_INDEX;
	unsigned int at = cfg_cap(d, msi ? PCI_CAP_ID_MSI : PCI_CAP_ID_MSIX);
	uint16_t bit = msi ? PCI_MSI_FLAGS_ENABLE : PCI_MSIX_FLAGS_ENABLE;

	ASSERT(at);
	cfg_wr(d, at + PCI_CAP_FLAGS, 2, on ? bit : 0);
}

static void messages_to(int fd)
{
	ASSERT_OK(irq_message(d, fd));
}

static int messages_off(void)
{
	return irq_set(d, MSGS, NONE | TRIGGER, 0, 0, NULL, 0);
}

static void messages_on(void)
{
	vdev_bus_master(d, true);
	gpu->irq_on(d);
	messages_enable(true);
	messages_to(evt);
}

static void intx_is_delivered(void)
{
	intx_on();
	sw_raise();
	EXPECT_EQ(evt_wait(evt), 1);
	EXPECT(cfg_rd(d, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
	sw_ack();
	EXPECT_EQ(evt_take(evt), 0);
}

static void disabled_source_is_silent(void)
{
	intx_on();
	reg_wr(d, GEN_INT_CNTL, 0);
	sw_raise();
	EXPECT_EQ(evt_take(evt), 0);
	/* Enabling a source that is pending raises the line. */
	reg_wr(d, GEN_INT_CNTL, INT_SW);
	EXPECT_EQ(evt_wait(evt), 1);
}

/* One event, then masked: nothing more until unmasked. */
static void automask(void)
{
	intx_on();
	sw_raise();
	EXPECT_EQ(evt_wait(evt), 1);
	sw_ack();
	sw_raise();
	EXPECT_EQ(evt_take(evt), 0);

	/* Still pending, so it comes again at once. */
	ASSERT_OK(unmask());
	EXPECT_EQ(evt_wait(evt), 1);

	/* Nothing pending: unmasking is silent, the next one is delivered. */
	sw_ack();
	ASSERT_OK(unmask());
	EXPECT_EQ(evt_take(evt), 0);
	sw_raise();
	EXPECT_EQ(evt_wait(evt), 1);
}

static void mask_holds_back(void)
{
	intx_on();
	ASSERT_OK(mask());
	sw_raise();
	EXPECT_EQ(evt_take(evt), 0);
	ASSERT_OK(unmask());
	EXPECT_EQ(evt_wait(evt), 1);
}

static void mask_by_bool(void)
{
	uint8_t no = 0, yes = 1;

	intx_on();
	ASSERT_OK(irq_set(d, INTX, BOOL | MASK, 0, 1, &no, 1));
	sw_raise();
	EXPECT_EQ(evt_wait(evt), 1);
	sw_ack();
	ASSERT_OK(irq_set(d, INTX, BOOL | UNMASK, 0, 1, &yes, 1));
	ASSERT_OK(irq_set(d, INTX, BOOL | MASK, 0, 1, &yes, 1));
	sw_raise();
	EXPECT_EQ(evt_take(evt), 0);
	ASSERT_OK(irq_set(d, INTX, BOOL | UNMASK, 0, 1, &no, 1));
	EXPECT_EQ(evt_take(evt), 0);
	ASSERT_OK(irq_set(d, INTX, BOOL | UNMASK, 0, 1, &yes, 1));
	EXPECT_EQ(evt_wait(evt), 1);
}

/* Whoever sets up the interrupt anew begins unmasked, and gets what is pending. */
static void new_trigger_is_unmasked(void)
{
	int other = evt_new();

	intx_on();
	sw_raise();
	EXPECT_EQ(evt_wait(evt), 1);
	ASSERT_OK(irq_eventfd(d, INTX, TRIGGER, other));
	EXPECT_EQ(evt_wait(other), 1);
	EXPECT_EQ(evt_take(evt), 0);
	close(other);

	/* Closed while masked: the next user does not find it so. */
	ASSERT_OK(mask());
	d = vdev_reopen(d);
	vdev_decode(d, PCI_COMMAND_MEMORY);
	EXPECT_ERR(mask(), EINVAL);
	intx_on();
	sw_raise();
	EXPECT_EQ(evt_wait(evt), 1);
}

/* How KVM's resampling unmasks: by an eventfd. */
static void unmask_by_eventfd(void)
{
	int resample = evt_new();
	uint64_t one = 1;

	intx_on();
	ASSERT_OK(irq_eventfd(d, INTX, UNMASK, resample));
	sw_raise();
	EXPECT_EQ(evt_wait(evt), 1);
	/* Pending still: unmasking brings it back. */
	ASSERT_EQ(write(resample, &one, 8), 8);
	EXPECT_EQ(evt_wait(evt), 1);
	sw_ack();
	ASSERT_EQ(write(resample, &one, 8), 8);
	/* Unmasking by eventfd is not done before write() returns. */
	ASSERT_OK(irq_eventfd(d, INTX, UNMASK, -1));
	ASSERT_OK(unmask());
	EXPECT_EQ(evt_take(evt), 0);
	sw_raise();
	EXPECT_EQ(evt_wait(evt), 1);
	close(resample);
}

/*
 * The same eventfd for both ends: what it asks for is an endless repetition,
 * which ends with the interrupt.
 */
static void one_eventfd_for_both(void)
{
	intx_on();
	ASSERT_OK(irq_eventfd(d, INTX, UNMASK, evt));
	ASSERT_OK(irq_set(d, INTX, NONE | TRIGGER, 0, 1, NULL, 0));
	sw_raise();
	sw_ack();
	ASSERT_OK(irq_eventfd(d, INTX, UNMASK, -1));
	ASSERT_OK(unmask());
	evt_take(evt);
	sw_raise();
	EXPECT_EQ(evt_wait(evt), 1);
}

static void intx_disable_bit(void)
{
	uint32_t cmd;

	intx_on();
	cmd = cfg_rd(d, PCI_COMMAND, 2);
	cfg_wr(d, PCI_COMMAND, 2, cmd | PCI_COMMAND_INTX_DISABLE);
	EXPECT(!(cfg_rd(d, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT));
	sw_raise();
	EXPECT_EQ(evt_take(evt), 0);
	/* The status bit shows the source, not the pin. */
	EXPECT(cfg_rd(d, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
	cfg_wr(d, PCI_COMMAND, 2, cmd);
	EXPECT_EQ(evt_wait(evt), 1);
	sw_ack();
	EXPECT(!(cfg_rd(d, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT));
}

static void vblank_comes_by_itself(void)
{
	display_set_mode(d, 640, 480, 32, 0);
	reg_wr(d, GEN_INT_CNTL, INT_VBLANK);
	ASSERT_OK(irq_eventfd(d, INTX, TRIGGER, evt));
	EXPECT_EQ(evt_wait(evt), 1);
	EXPECT_EQ(reg_rd(d, GEN_INT_STATUS) & INT_VBLANK, INT_VBLANK);
	reg_wr(d, GEN_INT_STATUS, INT_VBLANK);
	ASSERT_OK(unmask());
	EXPECT_EQ(evt_wait(evt), 1);
}

static void message_is_delivered(void)
{
	unsigned int i;

	messages_on();
	for (i = 0; i < 3; i++) {
		sw_raise();
		EXPECT_EQ(evt_wait(evt), 1);
		sw_ack();
		EXPECT_EQ(evt_take(evt), 0);
	}
}

/* A message for each time that the line goes up; no masking. */
static void message_is_an_edge(void)
{
	messages_on();
	sw_raise();
	EXPECT_EQ(evt_wait(evt), 1);
	sw_raise();
	EXPECT_EQ(evt_take(evt), 0);
	sw_ack();
	sw_raise();
	EXPECT_EQ(evt_wait(evt), 1);
}

/* Without it no message leaves the function, then or later; the pin does. */
static void message_needs_bus_master(void)
{
	messages_on();
	vdev_bus_master(d, false);
	sw_raise();
	EXPECT_EQ(evt_take(evt), 0);
	vdev_bus_master(d, true);
	EXPECT_EQ(evt_take(evt), 0);
	sw_ack();
	sw_raise();
	EXPECT_EQ(evt_wait(evt), 1);
	sw_ack();
	if (!has_pin())
		return;

	ASSERT_OK(messages_off());
	vdev_bus_master(d, false);
	intx_on();
	sw_raise();
	EXPECT_EQ(evt_wait(evt), 1);
}

static void message_replaces_intx(void)
{
	int msi_evt = evt_new();

	intx_on();
	/* As QEMU does it: INTx goes before MSI comes. */
	ASSERT_OK(irq_set(d, INTX, NONE | TRIGGER, 0, 0, NULL, 0));
	vdev_bus_master(d, true);
	messages_enable(true);
	messages_to(msi_evt);
	sw_raise();
	EXPECT_EQ(evt_wait(msi_evt), 1);
	EXPECT_EQ(evt_take(evt), 0);
	sw_ack();
	ASSERT_OK(messages_off());
	messages_enable(false);
	ASSERT_OK(irq_eventfd(d, INTX, TRIGGER, evt));
	sw_raise();
	EXPECT_EQ(evt_wait(evt), 1);
	EXPECT_EQ(evt_take(msi_evt), 0);
	close(msi_evt);
}

static void messages_to_nobody(void)
{
	messages_on();
	ASSERT_OK(messages_off());
	sw_raise();
	sw_ack();
	EXPECT_EQ(evt_take(evt), 0);
	/* On again: whatever was pending, the next one comes. */
	messages_to(evt);
	evt_take(evt);
	sw_raise();
	EXPECT_EQ(evt_wait(evt), 1);
	sw_ack();
	messages_to(-1);
	sw_raise();
	EXPECT_EQ(evt_take(evt), 0);
}

/* What comes meanwhile comes once, when that is over. */
static void masked_vector_is_pending(void)
{
	messages_on();
	ASSERT_OK(irq_set(d, MSGS, NONE | MASK, gpu->vector, 1, NULL, 0));
	sw_raise();
	sw_raise();
	EXPECT_EQ(evt_take(evt), 0);
	ASSERT_OK(irq_set(d, MSGS, NONE | UNMASK, gpu->vector, 1, NULL, 0));
	EXPECT_EQ(evt_take(evt), 1);
	sw_raise();
	EXPECT_EQ(evt_take(evt), 1);
	/* A neighbour's mask does not matter. */
	ASSERT_OK(irq_set(d, MSGS, NONE | MASK, !gpu->vector, 1, NULL, 0));
	sw_raise();
	EXPECT_EQ(evt_take(evt), 1);
}

static void switched_off(void)
{
	intx_on();
	ASSERT_OK(irq_set(d, INTX, NONE | TRIGGER, 0, 0, NULL, 0));
	sw_raise();
	EXPECT_EQ(evt_take(evt), 0);
	/* On again: what is pending is delivered. */
	ASSERT_OK(irq_eventfd(d, INTX, TRIGGER, evt));
	EXPECT_EQ(evt_wait(evt), 1);
	sw_ack();
	/* An eventfd of -1 takes the old one away. */
	ASSERT_OK(irq_eventfd(d, INTX, TRIGGER, -1));
	sw_raise();
	EXPECT_EQ(evt_take(evt), 0);
}

/* User space may trigger an interrupt itself, to test its own wiring. */
static void loopback(void)
{
	uint8_t no = 0, yes = 1;
	unsigned int index;

	for (index = 0; index < VFIO_PCI_NUM_IRQS; index++) {
		if (!gpu->irqs[index])
			continue;
		ASSERT_OK(irq_eventfd(d, index, TRIGGER, evt));
		ASSERT_OK(irq_set(d, index, NONE | TRIGGER, 0, 1, NULL, 0));
		EXPECT_EQ(evt_wait(evt), 1);
		ASSERT_OK(irq_set(d, index, BOOL | TRIGGER, 0, 1, &yes, 1));
		EXPECT_EQ(evt_wait(evt), 1);
		ASSERT_OK(irq_set(d, index, BOOL | TRIGGER, 0, 1, &no, 1));
		EXPECT_EQ(evt_take(evt), 0);
		ASSERT_OK(irq_set(d, index, NONE | TRIGGER, 0, 0, NULL, 0));
	}
}

/* Nobody takes from it, and it cannot count any further: nobody waits for that. */
static void full_eventfd(void)
{
	const uint64_t most = ~0ULL - 1;
	unsigned int index, i;

	for (index = 0; index < VFIO_PCI_NUM_IRQS; index++) {
		if (!gpu->irqs[index] || index == MSGS)
			continue;
		ASSERT_OK(irq_eventfd(d, index, TRIGGER, evt));
		ASSERT_EQ(write(evt, &most, 8), 8);
		for (i = 0; i < 3; i++)
			ASSERT_OK(irq_set(d, index, NONE | TRIGGER, 0, 1, NULL, 0));
		EXPECT_EQ(evt_take(evt), ~0ULL);
		ASSERT_OK(irq_set(d, index, NONE | TRIGGER, 0, 0, NULL, 0));
	}
	messages_on();
	ASSERT_EQ(write(evt, &most, 8), 8);
	for (i = 0; i < 3; i++) {
		sw_raise();
		sw_ack();
	}
	EXPECT_EQ(evt_take(evt), ~0ULL);
}

/* What its owner has closed is signalled for nobody; the next one is as any. */
static void closed_eventfd(void)
{
	int gone = evt_new();

	if (has_pin()) {
		intx_on();
		ASSERT_OK(irq_eventfd(d, INTX, UNMASK, gone));
		close(gone);
		ASSERT_OK(irq_eventfd(d, INTX, UNMASK, gone = evt_new()));
		ASSERT_OK(irq_set(d, INTX, NONE | TRIGGER, 0, 0, NULL, 0));
	}
	messages_on();
	messages_to(gone);
	close(gone);
	sw_raise();
	sw_ack();
	EXPECT_EQ(evt_take(evt), 0);
	messages_to(evt);
	sw_raise();
	EXPECT_EQ(evt_wait(evt), 1);
}

/* Not one kind of data and one action; as vfio-pci answers it. */
static void bad_flags(void)
{
	static const struct {
		uint32_t flags;
		int want;
	} bad[] = {
		{ 0, EINVAL }, { TRIGGER, EINVAL }, { UNMASK, EINVAL },
		{ NONE | BOOL | TRIGGER, EINVAL },
		{ BOOL | EVENTFD | TRIGGER, EINVAL },
		{ NONE | TRIGGER | 1U << 6, EINVAL }, { ~0U, EINVAL },
		{ NONE, ENOTTY }, { NONE | MASK | TRIGGER, ENOTTY },
		{ NONE | MASK | UNMASK, ENOTTY },
		{ NONE | TRIGGER | MASK | UNMASK, ENOTTY },
		{ EVENTFD | MASK | TRIGGER, ENOTTY },
	};
	int32_t data[2] = { -1, -1 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		if (!EXPECT_ERR(irq_set(d, ANY, bad[i].flags, 0, 1, data,
					sizeof(data)), bad[i].want))
			tap_note("flags %#x", bad[i].flags);
	}
}

static void bad_range(void)
{
	int32_t data[] = { -1, -1, -1 };
	unsigned int index, n;

	for (index = 0; index < VFIO_PCI_NUM_IRQS; index++) {
		n = gpu->irqs[index];
		EXPECT_ERR(irq_set(d, index, EVENTFD | TRIGGER, n, 1, data, 4),
			   EINVAL);
		EXPECT_ERR(irq_set(d, index, EVENTFD | TRIGGER, 0, n + 1, data,
				   4 * (n + 1)), EINVAL);
		EXPECT_ERR(irq_set(d, index, NONE | TRIGGER, 0xffffffff, 2,
				   NULL, 0), EINVAL);
		EXPECT_ERR(irq_set(d, index, NONE | TRIGGER, 1, 0xffffffff,
				   NULL, 0), EINVAL);
	}
	for (index = VFIO_PCI_NUM_IRQS; index < 8; index++)
		EXPECT_ERR(irq_set(d, index, EVENTFD | TRIGGER, 0, 1, data, 4),
			   EINVAL);
	EXPECT_ERR(irq_set(d, 0xffffffff, EVENTFD | TRIGGER, 0, 1, data, 4),
		   EINVAL);
}

static void bad_argsz(void)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd;
	} req = {
		.set.flags = EVENTFD | TRIGGER,
		.set.index = ANY,
		.set.count = 1,
		.fd = evt,
	};
	unsigned int i;

	for (i = 0; i < sizeof(req); i++) {
		req.set.argsz = i;
		EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_SET_IRQS, &req), EINVAL);
	}
	req.set.argsz = sizeof(req);
	EXPECT_OK(vdev_ioctl(d, VFIO_DEVICE_SET_IRQS, &req));
	EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_SET_IRQS, NULL), EFAULT);
}

static void bad_eventfds(void)
{
	int32_t fd = d->fd;

	/* A descriptor that is no eventfd, and one that is not open. */
	messages_on();
	EXPECT_ERR(irq_set(d, ANY, EVENTFD | TRIGGER, 0, 1, &fd, 4), EINVAL);
	fd = 9999;
	EXPECT_ERR(irq_set(d, ANY, EVENTFD | TRIGGER, 0, 1, &fd, 4), EBADF);
	EXPECT_ERR(irq_set(d, MSGS, EVENTFD | TRIGGER, 0, 1, &fd, 4), EBADF);
	/* What was wrong changed nothing. */
	sw_raise();
	EXPECT_EQ(evt_wait(evt), 1);
}

/* Only INTx and the vectors of MSI-X can be masked. */
static void others_are_not_maskable(void)
{
	static const unsigned int indices[] = {
		VFIO_PCI_MSI_IRQ_INDEX, VFIO_PCI_ERR_IRQ_INDEX,
		VFIO_PCI_REQ_IRQ_INDEX,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(indices); i++) {
		int ret;

		errno = 0;
		ret = irq_set(d, indices[i], NONE | MASK, 0, 1, NULL, 0);
		EXPECT(ret == -1 && (errno == EINVAL || errno == ENOTTY));
		errno = 0;
		ret = irq_set(d, indices[i], NONE | UNMASK, 0, 1, NULL, 0);
		EXPECT(ret == -1 && (errno == EINVAL || errno == ENOTTY));
	}
	/* Neither masking nor unmasking has a meaning before it is set up. */
	EXPECT_ERR(mask(), EINVAL);
	EXPECT_ERR(unmask(), EINVAL);
}

static const struct tap_test tests[] = {
	TAP_TEST_IF(intx_is_delivered, has_pin),
	TAP_TEST_IF(disabled_source_is_silent, has_pin),
	TAP_TEST_IF(automask, has_pin),
	TAP_TEST_IF(mask_holds_back, has_pin),
	TAP_TEST_IF(mask_by_bool, has_pin),
	TAP_TEST_IF(new_trigger_is_unmasked, has_pin),
	TAP_TEST_IF(unmask_by_eventfd, has_pin),
	TAP_TEST_IF(one_eventfd_for_both, has_pin),
	TAP_TEST_IF(intx_disable_bit, has_pin),
	TAP_TEST_IF(vblank_comes_by_itself, has_display),
	TAP_TEST(message_is_delivered),
	TAP_TEST_IF(message_is_an_edge, has_pin),
	TAP_TEST(message_needs_bus_master),
	TAP_TEST_IF(message_replaces_intx, has_pin),
	TAP_TEST(messages_to_nobody),
	TAP_TEST_IF(masked_vector_is_pending, has_msix),
	TAP_TEST_IF(switched_off, has_pin),
	TAP_TEST(loopback),
	TAP_TEST(full_eventfd),
	TAP_TEST(closed_eventfd),
	TAP_TEST(bad_flags),
	TAP_TEST(bad_range),
	TAP_TEST(bad_argsz),
	TAP_TEST(bad_eventfds),
	TAP_TEST(others_are_not_maskable),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "irq", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	return tap_run(&suite);
}
