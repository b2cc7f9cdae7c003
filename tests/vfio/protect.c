// SPDX-License-Identifier: GPL-2.0
/*
 * What a tenant may cause: beyond a limit it is slowed down, and nobody else
 * is. Neighbours are watched by sysfs and by their mapped memory: that causes
 * no trap that could run into a limit itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "rv100.h"
#include "tenant.h"

/* Interrupts of a storm: more than any machine needs to have too many. */
#define STORM		5000
/* Resets are counted over these, in seconds. */
#define RESET_WINDOW	10
/* Much longer than an interrupt is held back beyond its time. */
#define SETTLE_US	200000

static struct vdev *bad, *good;
static uint32_t *vram;
static int evt = -1;

static void before(void)
{
	bad = vdev_new(gpu->medium);
	good = vdev_new(gpu->medium);
	vram = vdev_map_vram(good);
	work_setup(good, 0x600d0000);
	gpu_idle(good);
}

static void after(void)
{
	children_end();
	settings_restore();
	if (vram)
		munmap(vram, good->size);
	vram = NULL;
	vdev_cleanup();
	if (evt >= 0)
		close(evt);
	evt = -1;
}

static bool guard_is(const struct vdev *d, const char *guard, const char *want)
{
	char text[ATTR_LEN];

	mdev_attr(d->uuid, guard, text);
	return !strcmp(text, want);
}

static void expect_guard(const struct vdev *d, const char *guard,
			 const char *want)
{
	char text[ATTR_LEN];

	mdev_attr(d->uuid, guard, text);
	if (!EXPECT_STR(text, want))
		tap_note("%s", guard);
}

static void expect_soon(const struct vdev *d, const char *guard,
			const char *want)
{
	AWAIT(guard_is(d, guard, want));
	expect_guard(d, guard, want);
}

/* The neighbour's work is done, and right, and it is not held back. */
static void neighbour_works(void)
{
	static uint32_t value = 0x600d0000;
	uint64_t lost = mdev_attr_u64(good->uuid, "fifo_overflows");
	uint64_t ops = mdev_attr_u64(good->uuid, "ops"), at;
	uint64_t words = work_bytes(good) / 4;

	gpu->prepare(good, 0, words * 4, ++value);
	work_again(good, 8);
	wait_above(good, "ops", ops + 7);
	for (at = 0; at < words; at++) {
		if (!EXPECT_EQ(vram[at], value))
			break;
	}
	EXPECT_EQ(vram[words], 0);
	EXPECT_EQ(mdev_attr_u64(good->uuid, "ops"), ops + 8);
	EXPECT_EQ(mdev_attr_u64(good->uuid, "fifo_overflows"), lost);
	expect_attr(good->uuid, "state", "ok");
	expect_guard(good, "guard_traps", "normal");
	expect_guard(good, "guard_irqs", "normal");
	expect_guard(good, "guard_resets", "normal");
}

static int reads_forever(void *d)
{
	for (;;)
		reg_rd(d, gpu->memsize);
	return 0;
}

static int reads_config_forever(void *d)
{
	for (;;)
		cfg_rd(d, PCI_VENDOR_ID, 4);
	return 0;
}

static int reads_vram_forever(void *d)
{
	for (;;)
		vdev_rd(d, REGION_VRAM, 0, 4);
	return 0;
}

/*
 * A window's worth of traps may happen at once, then as many a second as the
 * limit says. That this takes its time does not depend on how fast we are.
 */
static void traps_are_slowed(void)
{
	const unsigned int limit = 400, times = 1000;
	uint64_t begin, ns;
	unsigned int i;

	gpu_set("guard_traps_limit", "400");
	begin = gpu_clock();
	for (i = 0; i < times; i++)
		reg_rd(bad, gpu->memsize);
	ns = gpu_clock() - begin;
	EXPECT(ns >= (times - 2 * limit) * 1000 * MS / limit);
	/* All the same each was carried out. */
	EXPECT(mdev_attr_u64(bad->uuid, "traps_read") >= times);
	neighbour_works();
	expect_soon(bad, "guard_traps", "normal");
	/* Nothing stays of it. */
	EXPECT_EQ(reg_rd(bad, gpu->memsize), bad->size);
	gpu_set("guard_traps_limit", "0");
	EXPECT(works(bad, 2));
	EXPECT(works(good, 3));
}

static void flood(int (*fn)(void *), const char *class)
{
	uint64_t was;
	pid_t pid;

	/* The neighbour's, by which it found its work done, leave room for more of it. */
	gpu_set("guard_traps_limit", "20");
	expect_soon(good, "guard_traps", "normal");
	/* Few enough for the slowest machine to have more. */
	gpu_set("guard_traps_limit", "50");
	pid = child_start(fn, bad);
	expect_soon(bad, "guard_traps", "overflow");
	neighbour_works();
	EXPECT(child_runs(pid));
	/* Slowed down, not stopped. */
	was = mdev_attr_u64(bad->uuid, class);
	wait_above(bad, class, was + 100);

	/* No limit, at once. */
	gpu_set("guard_traps_limit", "0");
	expect_guard(bad, "guard_traps", "normal");
	was = mdev_attr_u64(bad->uuid, class);
	wait_above(bad, class, was + 2000);
	expect_guard(bad, "guard_traps", "normal");

	/* Held back again; the end of it is not. */
	gpu_set("guard_traps_limit", "1");
	expect_soon(bad, "guard_traps", "overflow");
	child_kill(pid);
	gpu_set("guard_traps_limit", "500");
	expect_soon(bad, "guard_traps", "normal");
}

static void register_flood(void)
{
	flood(reads_forever, "traps_read");
}

static void config_flood(void)
{
	flood(reads_config_forever, "traps_config");
}

static void vram_flood(void)
{
	flood(reads_vram_forever, "traps_vram");
}

/* Where the operator says so, traps are paid for with GPU time. */
static void traps_are_charged(void)
{
	struct vdev *d[2] = { bad, good };
	unsigned int i;

	busy_start(bad);
	busy_start(good);
	for (i = 0; i < 2; i++)
		wait_above(d[i], "slices", 3);
	child_start(reads_forever, bad);
	expect_shares(d, 2, (struct bound[]) { { 0, 1, 0.7, 1.4 }, { } }, NULL);
	gpu_set("trap_charge", "1000");
	expect_shares(d, 2, (struct bound[]) { { 0, 1, 0, 0.5 }, { } }, NULL);
}

static int resets_once(void *d)
{
	return vdev_ioctl(d, VFIO_DEVICE_RESET, NULL) ? errno : 0;
}

/* As long as the window, that is; a slow machine may be beyond it by now. */
static bool waits(pid_t pid, time_t begin)
{
	return child_runs(pid) || tap_seconds() - begin >= RESET_WINDOW;
}

static void resets_are_held_back(void)
{
	time_t begin = tap_seconds();
	unsigned int i;
	pid_t pid;

	gpu_set("guard_resets_limit", "3");
	for (i = 0; i < 3; i++) {
		expect_guard(bad, "guard_resets", "normal");
		ASSERT_OK(vdev_ioctl(bad, VFIO_DEVICE_RESET, NULL));
	}
	expect_guard(bad, "guard_resets", "full");
	vdev_decode(bad, DECODE_ALL);
	reg_wr(bad, gpu->scratch, 0x1234);

	/* The window is ten seconds: this one has to wait. */
	pid = child_start(resets_once, bad);
	expect_soon(bad, "guard_resets", "overflow");
	neighbour_works();
	/* Nobody else is held back: not the vGPU's own traps, not others. */
	EXPECT_EQ(reg_rd(bad, gpu->scratch), 0x1234);
	EXPECT(waits(pid, begin));
	ASSERT_OK(vdev_ioctl(good, VFIO_DEVICE_RESET, NULL));
	vdev_decode(good, DECODE_ALL);
	EXPECT(works(good, 5));
	EXPECT(waits(pid, begin));

	/* The operator may let it. */
	gpu_set("guard_resets_limit", "0");
	EXPECT_EQ(child_finish(pid), 0);
	expect_guard(bad, "guard_resets", "normal");
	vdev_decode(bad, DECODE_ALL);
	EXPECT_EQ(reg_rd(bad, gpu->scratch), 0);
	for (i = 0; i < 10; i++)
		ASSERT_OK(vdev_ioctl(bad, VFIO_DEVICE_RESET, NULL));

	/* Killed while it waits. */
	gpu_set("guard_resets_limit", "1");
	pid = child_start(resets_once, bad);
	expect_soon(bad, "guard_resets", "overflow");
	child_kill(pid);
	vdev_decode(bad, DECODE_ALL);
	EXPECT(works(bad, 6));
}

static void irq_setup(void)
{
	evt = evt_new();
	vdev_bus_master(bad, true);
	gpu->irq_on(bad);
}

static void messages_setup(void)
{
	irq_setup();
	ASSERT_OK(irq_message(bad, evt));
}

static void raise_irq(void)
{
	gpu->irq_raise(bad);
}

static void ack(void)
{
	gpu->irq_ack(bad);
}

static void unmask(void)
{
	ASSERT_OK(irq_set(bad, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_DATA_NONE |
			  VFIO_IRQ_SET_ACTION_UNMASK, 0, 1, NULL, 0));
}

/* Until the next one would be too many. */
static unsigned int irq_storm(bool level)
{
	unsigned int i;

	for (i = 0; i < STORM; i++) {
		raise_irq();
		ack();
		if (level)
			unmask();
		if (i % 10 == 9 && guard_is(bad, "guard_irqs", "overflow"))
			break;
	}
	expect_guard(bad, "guard_irqs", "overflow");
	return i + 1;
}

/* Messages that come too fast become one, which comes later. */
static void messages_are_joined(void)
{
	uint64_t got = 0;
	unsigned int n;

	gpu_set("guard_irqs_limit", "5");
	messages_setup();
	raise_irq();
	EXPECT_EQ(evt_wait(evt), 1);
	ack();
	n = irq_storm(false);
	neighbour_works();
	got = evt_take(evt);
	EXPECT(got > 0);
	EXPECT(got < n);

	/* One that is raised when all others have come is not lost. */
	expect_soon(bad, "guard_irqs", "normal");
	evt_take(evt);
	irq_storm(false);
	while (evt_take(evt))
		usleep(100);
	raise_irq();
	EXPECT(evt_wait(evt) > 0);
	ack();

	/* No limit: each comes at once. */
	gpu_set("guard_irqs_limit", "0");
	expect_guard(bad, "guard_irqs", "normal");
	usleep(SETTLE_US);
	evt_take(evt);
	for (n = 0; n < 100; n++) {
		raise_irq();
		EXPECT_EQ(evt_take(evt), 1);
		ack();
	}
}

/* A level that stays high is delivered in the end, one that went is not. */
static void intx_is_held_back(void)
{
	unsigned int n;

	gpu_set("guard_irqs_limit", "5");
	irq_setup();
	ASSERT_OK(irq_eventfd(bad, VFIO_PCI_INTX_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, evt));
	n = irq_storm(true);
	neighbour_works();
	EXPECT(evt_take(evt) < n);
	unmask();
	raise_irq();
	EXPECT(evt_wait(evt) > 0);
	/* Delivered, and masked by that: nothing more comes by itself. */
	expect_soon(bad, "guard_irqs", "normal");
	EXPECT_EQ(evt_take(evt), 0);
	ack();
	unmask();
	EXPECT_EQ(evt_take(evt), 0);

	gpu_set("guard_irqs_limit", "0");
	for (n = 0; n < 100; n++) {
		raise_irq();
		EXPECT_EQ(evt_take(evt), 1);
		ack();
		unmask();
		EXPECT_EQ(evt_take(evt), 0);
	}
}

/* What was held back for one user of the vGPU does not reach the next. */
static void nothing_held_back_after_reset(void)
{
	unsigned int i;

	gpu_set("guard_irqs_limit", "1");
	messages_setup();
	for (i = 0; i < 3; i++) {
		irq_storm(false);
		ASSERT_OK(vdev_ioctl(bad, VFIO_DEVICE_RESET, NULL));
		vdev_bus_master(bad, true);
		evt_take(evt);
		expect_soon(bad, "guard_irqs", "normal");
		EXPECT_EQ(evt_take(evt), 0);
		vdev_decode(bad, DECODE_ALL);
		gpu->irq_on(bad);
	}
}

static int prepares_forever(void *d)
{
	uint32_t i;

	for (i = 0; ; i++)
		reg_wr(d, DP_BRUSH_FRGD_CLR, i);
	return 0;
}

/* Writes state without end, and starts nothing. */
static void never_triggers(void)
{
	struct vdev *d[2] = { bad, good };

	child_start(prepares_forever, bad);
	wait_above(bad, "traps_engine", 1000);
	neighbour_works();
	busy_start(good);
	wait_above(good, "slices", 3);
	/* Its slices are of no use to it: it does not get half. */
	expect_shares(d, 2, (struct bound[]) {
		{ 0, 1, 0, 0.7 },
		{ 1, OF_GPU, 30, 100 },
		{ }
	}, NULL);
	children_end();
	gpu_idle(good);
	neighbour_works();
	EXPECT_EQ(mdev_attr_u64(bad->uuid, "ops"), 0);
}

/* A FIFO full of nothing, and nobody who asks: it is never on the run list. */
static void full_fifo_lies_idle(void)
{
	uint64_t slices;
	unsigned int i;
	char uuid[UUID_LEN];

	gpu_init(bad);
	slices = mdev_attr_u64(bad->uuid, "slices");
	for (i = 0; i < FIFO_DEPTH; i++)
		reg_wr(bad, DP_BRUSH_FRGD_CLR, i);
	neighbour_works();
	EXPECT_EQ(mdev_attr_u64(bad->uuid, "slices"), slices);
	/* Reset forgets it, and so does closing. */
	ASSERT_OK(vdev_ioctl(bad, VFIO_DEVICE_RESET, NULL));
	vdev_decode(bad, DECODE_ALL);
	EXPECT_EQ(reg_rd(bad, RBBM_STATUS), FIFO_DEPTH);
	EXPECT_EQ(mdev_attr_u64(bad->uuid, "slices"), slices);
	for (i = 0; i < FIFO_DEPTH; i++)
		reg_wr(bad, DP_BRUSH_FRGD_CLR, i);
	strcpy(uuid, bad->uuid);
	vdev_close(bad);
	neighbour_works();
	EXPECT_EQ(mdev_attr_u64(uuid, "slices"), slices);
	bad = vdev_open(uuid);
	vdev_decode(bad, DECODE_ALL);
	EXPECT(works(bad, 8));
}

/* Blocked in a write for want of room: its own affair. */
static void overfull_fifo(void)
{
	pid_t pid[2];

	mdev_set(bad->uuid, "cap", "2");
	pid[0] = busy_start(bad);
	/* A second processor of the same guest waits behind the first. */
	pid[1] = child_start(prepares_forever, bad);
	wait_above(bad, "ops", 5);
	neighbour_works();
	neighbour_works();
	EXPECT(child_runs(pid[0]));
	child_kill(pid[0]);
	child_kill(pid[1]);
	neighbour_works();
	mdev_set(bad->uuid, "cap", "100");
	gpu_idle(bad);
	EXPECT(works(bad, 9));
}

static const struct tap_test tests[] = {
	TAP_TEST(traps_are_slowed),
	TAP_TEST(register_flood),
	TAP_TEST(config_flood),
	TAP_TEST(vram_flood),
	TAP_TEST(traps_are_charged),
	TAP_TEST(resets_are_held_back),
	TAP_TEST(messages_are_joined),
	TAP_TEST_IF(intx_is_held_back, has_pin),
	TAP_TEST(nothing_held_back_after_reset),
	TAP_TEST_IF(never_triggers, has_fifo),
	TAP_TEST_IF(full_fifo_lies_idle, has_fifo),
	TAP_TEST_IF(overfull_fifo, has_fifo),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "protect", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	settings_save();
	return tap_run(&suite);
}
