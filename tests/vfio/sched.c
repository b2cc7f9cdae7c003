// SPDX-License-Identifier: GPL-2.0
/* Sharing the engine: who gets it, what is counted, and the slice. */
#include <stdlib.h>
#include "tenant.h"

#define DEFAULT_SLICE_US	2000

static void after(void)
{
	children_end();
	vdev_cleanup();
}

static void work_some(struct vdev *d, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		gpu_fill(d, 0, MIB, i);
}

/* What a child does that never runs out of work for @d. */
static int works_without_end(void *d)
{
	for (;;)
		work_some(d, 1000);
	return 0;
}

/* Counters of both move on while both always have work. */
static void all_get_their_turn(void)
{
	static const char * const names[] = {
		"slices", "switches", "gpu_time_ns", "wait_time_ns", "ops",
		"bytes",
	};
	struct vdev *d[3];
	pid_t pid[ARRAY_SIZE(d)];
	unsigned int i, round;

	for (i = 0; i < ARRAY_SIZE(d); i++) {
		d[i] = vdev_new(gpu->medium);
		gpu_init(d[i]);
		pid[i] = child_start(works_without_end, d[i]);
	}
	for (round = 0; round < 5; round++) {
		uint64_t seen[ARRAY_SIZE(d)][ARRAY_SIZE(names)];
		unsigned int n;

		for (i = 0; i < ARRAY_SIZE(d); i++)
			for (n = 0; n < ARRAY_SIZE(names); n++)
				seen[i][n] = mdev_attr_u64(d[i]->uuid,
							   names[n]);
		for (i = 0; i < ARRAY_SIZE(d); i++)
			for (n = 0; n < ARRAY_SIZE(names); n++)
				wait_above(d[i], names[n], seen[i][n]);
	}
	for (i = 0; i < ARRAY_SIZE(d); i++)
		child_kill(pid[i]);
	for (i = 0; i < ARRAY_SIZE(d); i++) {
		gpu_idle(d[i]);
		EXPECT(mdev_attr_u64(d[i]->uuid, "slices") >=
		       mdev_attr_u64(d[i]->uuid, "switches"));
		EXPECT_EQ(mdev_attr_u64(d[i]->uuid, "dropped"), 0);
		EXPECT_EQ(mdev_attr_u64(d[i]->uuid, "faults"), 0);
	}
}

/* A little work is done in the end, however much another has queued. */
static void busy_neighbour(void)
{
	struct vdev *busy = vdev_new(gpu->medium), *d = vdev_new(gpu->medium);
	pid_t pid;
	unsigned int i;

	gpu_init(busy);
	gpu_init(d);
	pid = child_start(works_without_end, busy);
	wait_above(busy, "slices", 3);
	for (i = 0; i < 50; i++) {
		gpu_fill(d, i * 4096, 4096, i + 1);
		gpu_idle(d);
		EXPECT_EQ(vdev_rd(d, REGION_VRAM, i * 4096 + 4092, 4), i + 1);
	}
	EXPECT_EQ(mdev_attr_u64(d->uuid, "ops"), 50);
	child_kill(pid);
}

/* Alone, an instance keeps its context on the engine. */
static void alone_without_switches(void)
{
	struct vdev *d = vdev_new(gpu->medium), *idle = vdev_new(gpu->medium);
	unsigned int i;

	gpu_init(d);
	for (i = 0; i < 50; i++) {
		work_some(d, 3);
		gpu_idle(d);
	}
	EXPECT_EQ(mdev_attr_u64(d->uuid, "switches"), 1);
	EXPECT(mdev_attr_u64(d->uuid, "slices") >= 50);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "ops"), 150);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "bytes"), 150 * MIB);
	EXPECT_EQ(mdev_attr_u64(idle->uuid, "gpu_time_ns"), 0);
	EXPECT_EQ(mdev_attr_u64(idle->uuid, "slices"), 0);
}

/* By turns, each one has to be loaded every time. */
static void by_turns(void)
{
	struct vdev *d[2] = { vdev_new(gpu->medium), vdev_new(gpu->medium) };
	unsigned int i;

	gpu_init(d[0]);
	gpu_init(d[1]);
	for (i = 0; i < 40; i++) {
		work_some(d[i & 1], 1);
		gpu_idle(d[i & 1]);
	}
	for (i = 0; i < 2; i++) {
		EXPECT(mdev_attr_u64(d[i]->uuid, "switches") >= 20);
		EXPECT_EQ(mdev_attr_u64(d[i]->uuid, "ops"), 20);
	}
}

static void slice_is_adjustable(void)
{
	static const char * const bad[] = {
		"1", "499", "30001", "4294967296", "-1", "x", "1000 1000", "1ms",
	};
	static const char * const good[] = { "500", "30000", "0", "2000\n" };
	unsigned int i;

	EXPECT_EQ(gpu_attr_u64("slice_us"), DEFAULT_SLICE_US);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		errno = 0;
		EXPECT(gpu_try_set("slice_us", bad[i]) == -1 &&
		       (errno == EINVAL || errno == ERANGE));
		EXPECT_EQ(gpu_attr_u64("slice_us"), DEFAULT_SLICE_US);
	}
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		gpu_set("slice_us", good[i]);
		EXPECT_EQ(gpu_attr_u64("slice_us"), strtoul(good[i], NULL, 10));
		alone_without_switches();
		by_turns();
		vdev_cleanup();
	}
}

static const struct tap_test tests[] = {
	TAP_TEST(all_get_their_turn),
	TAP_TEST(busy_neighbour),
	TAP_TEST(alone_without_switches),
	TAP_TEST(by_turns),
	TAP_TEST(slice_is_adjustable),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "sched", .tests = tests, .nr = ARRAY_SIZE(tests),
		.after = after,
	};

	return tap_run(&suite);
}
