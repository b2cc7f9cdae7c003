// SPDX-License-Identifier: GPL-2.0
/*
 * The card is pulled out of its slot, without a word before: reads are all ones from
 * then on, writes go nowhere, and the kernel hears of it a little later. Each test takes
 * a card of its own with it: for scripts/hostvm --slots, with one more than there are
 * tests.
 *
 * QEMU lets nobody plug or unplug this card by its monitor. But one in a slot whose power
 * is turned off is gone, at once, whoever uses it.
 */
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fault.h"
#include "move.h"
#include "tenant.h"
#include "vmm.h"

#define NR_VMMS		3

static char address[ATTR_LEN], device[PATH_MAX + ATTR_LEN];

static void before(void)
{
	gpu_forget();
	ASSERT_EQ(dir_count("/sys/bus/mdev/devices"), 0);
	snprintf(address, sizeof(address), "%s", strrchr(gpu_path(), '/') + 1);
	ASSERT(realpath(gpu_path(), device));
	tap_note("%s", address);
}

static void after(void)
{
	children_end();
	vdev_cleanup();
}

static uint16_t port_rd(int port, unsigned int at)
{
	uint16_t val = 0;

	ASSERT_EQ(pread(port, &val, 2, at), 2);
	return val;
}

static unsigned int express_capability(int port)
{
	unsigned int at = port_rd(port, PCI_CAPABILITY_LIST) & 0xff;

	while (at && (port_rd(port, at) & 0xff) != PCI_CAP_ID_EXP)
		at = port_rd(port, at) >> 8;
	ASSERT(at);
	return at;
}

/* A kernel that does not look at slots is told by hand, by one who waits for that. */
static int child_says_so(void *unused)
{
	char path[2 * PATH_MAX];

	(void)unused;
	vdev_leave_to_parent();
	snprintf(path, sizeof(path), "%s/remove", device);
	return file_write(path, "1") < 0;
}

/*
 * Off and on again: of a card in a slot that is off the kernel believes that it was
 * taken out in good order.
 */
static void pull_card(void)
{
	char path[2 * PATH_MAX], port_dir[sizeof(device)];
	unsigned int at;
	uint16_t on, off;
	int port;

	strcpy(port_dir, device);
	snprintf(path, sizeof(path), "%s/config", dirname(port_dir));
	port = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_OK(port);
	at = express_capability(port) + PCI_EXP_SLTCTL;
	on = port_rd(port, at);
	off = on | PCI_EXP_SLTCTL_PIC | PCI_EXP_SLTCTL_PCC;
	ASSERT_EQ(pwrite(port, &off, 2, at), 2);
	ASSERT_EQ(pwrite(port, &on, 2, at), 2);
	close(port);
	if (!dir_count("/sys/bus/pci/slots"))
		child_start(child_says_so, NULL);
}

static bool is_gone(void)
{
	return access(device, F_OK) && !dir_count("/sys/bus/mdev/devices");
}

/* The other cards know nothing of it. */
static void expect_gone(void)
{
	EXPECT(AWAIT(is_gone()));
	gpu_forget();
	EXPECT(strcmp(strrchr(gpu_path(), '/') + 1, address));
	EXPECT(works(vdev_new(gpu->medium), 1));
}

static bool is_lost(struct vdev *d)
{
	uint32_t val;

	return vdev_pread(d, REGION_VRAM, &val, sizeof(val), 0) < 0 &&
	       errno == EIO;
}

static int draws(void *d)
{
	/* It ends with an error. */
	if (!freopen("/dev/null", "w", stdout))
		return 1;
	return works_forever(d);
}

static void draw_for_ever(struct vdev *d)
{
	work_setup(d, 1);
	work_again(d, 1);
	gpu_idle(d);
	child_start(draws, d);
	wait_above(d, "ops", 20);
}

/* What is wrong with the rest of a stream. */
static int error_at_end(int stream)
{
	static uint8_t buf[MIB];
	ssize_t n;

	do {
		n = read(stream, buf, sizeof(buf));
	} while (n > 0);
	return n ? errno : 0;
}

/* Its user is told, by both ways, and can do nothing but let go. */
static void at_work(void)
{
	struct vdev *d = vdev_new(gpu->medium), *moves = vdev_new(gpu->small);
	int err = evt_new(), request = evt_new(), stream;
	uint32_t *vram = vdev_map_vram(d), val = 0;
	uint8_t byte;

	ASSERT_OK(irq_eventfd(d, VFIO_PCI_ERR_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, err));
	/* Who is asked first nobody knows, and then it is waited for that one. */
	ASSERT_OK(irq_eventfd(d, VFIO_PCI_REQ_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, request));
	ASSERT_OK(irq_eventfd(moves, VFIO_PCI_REQ_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, request));
	draw_for_ever(d);
	sparse_pattern(moves);
	stream = mig_save_begin(moves);
	ASSERT_EQ(read(stream, &byte, 1), 1);
	pull_card();
	EXPECT_EQ(evt_wait(err), 1);
	EXPECT(AWAIT(is_lost(d)));
	EXPECT(evt_wait(request) > 0);
	EXPECT(raises_sigbus(vram, true));
	EXPECT_ERR(vdev_pwrite(d, REGION_REGS, &val, sizeof(val), 0), EIO);
	EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL), EIO);
	EXPECT_EQ(error_at_end(stream), EIO);
	children_end();
	vdev_close(d);
	vdev_close(moves);
	close(stream);
	close(err);
	close(request);
	expect_gone();
	EXPECT(raises_sigbus(vram, true));
}

/*
 * Nothing runs on it, so that nobody notices: but what is read then is not the vGPU, and
 * what is written not there.
 */
static void on_the_way(void)
{
	struct vdev *from = vdev_new(gpu->small), *to = vdev_new(gpu->small);
	struct stream st;
	uint8_t byte;
	int in, out;

	sparse_pattern(from);
	st = mig_save(from);
	mig_reset(from);
	in = mig_load_begin(to);
	out = mig_save_begin(from);
	ASSERT_EQ(read(out, &byte, 1), 1);
	pull_card();
	EXPECT_EQ(error_at_end(out), EIO);
	EXPECT(mig_write(in, &st, MIB) && errno == EIO);
	close(in);
	close(out);
	stream_free(&st);
	vdev_close(from);
	vdev_close(to);
	expect_gone();
}

/* Whatever they are at, and killed whenever. */
static void under_vmms(void)
{
	struct vmm vmms[NR_VMMS] = {};
	unsigned int i;

	for (i = 0; i < NR_VMMS; i++) {
		struct vdev *model = vdev_new(gpu->small);

		vmms[i].type = gpu->small;
		vmms[i].may_fail = true;
		vmms[i].seed = tap_ns() / 1000 + i;
		sparse_pattern(model);
		vmms[i].stream = mig_save(model);
		vdev_cleanup();
	}
	for (i = 0; i < NR_VMMS; i++) {
		mdev_create(vmms[i].type, vmms[i].uuid);
		vmm_start(&vmms[i]);
	}
	for (i = 0; i < NR_VMMS; i++)
		vmm_has_done(&vmms[i], 3);
	pull_card();
	for (i = 0; i < NR_VMMS; i++) {
		usleep(rnd_below(1000000));
		vmm_end(&vmms[i], rnd_below(10000));
		stream_free(&vmms[i].stream);
	}
	expect_gone();
}

/* Of which nobody uses anything. */
static void at_rest(void)
{
	char uuid[UUID_LEN];

	mdev_create(gpu->medium, uuid);
	vdev_close(vdev_open(uuid));
	pull_card();
	expect_gone();
}

static const struct tap_test tests[] = {
	TAP_TEST(at_work),
	TAP_TEST(on_the_way),
	TAP_TEST(under_vmms),
	TAP_TEST(at_rest),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "pulled", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	return tap_run(&suite);
}
