// SPDX-License-Identifier: GPL-2.0
/* When a doorbell may be armed, and that a ring is never missed. */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "../../drivers/vgpu/bus/bell.h"

#define MS	((u64)NSEC_PER_MSEC)

static void bell_waits_for_silence(struct kunit *test)
{
	struct vgpu_bell bell = {};
	u64 now = 100 * MS;

	vgpu_bell_reset(&bell);
	KUNIT_EXPECT_TRUE(test, bell.armed);
	vgpu_bell_ring(&bell, true, now);
	KUNIT_EXPECT_FALSE(test, bell.armed);
	KUNIT_EXPECT_FALSE(test, vgpu_bell_may_arm(&bell, 0, now));
	KUNIT_EXPECT_FALSE(test, vgpu_bell_may_arm(&bell, 0, now + 20 * MS - 1));
	KUNIT_EXPECT_TRUE(test, vgpu_bell_may_arm(&bell, 0, now + 20 * MS));
	/* Work that it rang for goes on; the silence begins at its end. */
	KUNIT_EXPECT_FALSE(test, vgpu_bell_may_arm(&bell, now + 1000 * MS,
						   now + 1001 * MS));
	KUNIT_EXPECT_TRUE(test, vgpu_bell_may_arm(&bell, now + 1000 * MS,
						  now + 1020 * MS));
	/* A clock that was read before the other's. */
	KUNIT_EXPECT_FALSE(test, vgpu_bell_may_arm(&bell, now + 1000 * MS,
						   now + 999 * MS));
	KUNIT_EXPECT_FALSE(test, vgpu_bell_may_arm(&bell, U64_MAX, now));
}

/* A trapped access rings, too, but maps nothing. */
static void bell_trapped(struct kunit *test)
{
	struct vgpu_bell bell = {};

	vgpu_bell_reset(&bell);
	vgpu_bell_ring(&bell, false, 100 * MS);
	KUNIT_EXPECT_TRUE(test, bell.armed);
	KUNIT_EXPECT_FALSE(test, vgpu_bell_may_arm(&bell, 0, 110 * MS));
	KUNIT_EXPECT_TRUE(test, vgpu_bell_may_arm(&bell, 0, 120 * MS));
}

/*
 * A guest stores and touches the page, an engine polls, arms and sleeps; each
 * step of either is one of a random order. What was stored is always seen.
 */
static void bell_nothing_is_lost(struct kunit *test)
{
	struct vgpu_bell bell = {};
	unsigned int stored = 0, done = 0, rings = 0, turn;
	bool asleep = false, touch = false;
	u64 now = MS, idle = MS;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 3);
	vgpu_bell_reset(&bell);
	for (turn = 0; turn < 200000; turn++) {
		now += prandom_u32_state(&rnd) % (3 * (u32)MS);
		if (prandom_u32_state(&rnd) % 8 == 0) {
			/* The entry, and some time later the doorbell. */
			if (touch) {
				if (bell.armed) {
					vgpu_bell_ring(&bell, true, now);
					asleep = false;
					rings++;
				}
				touch = false;
			} else {
				stored++;
				touch = true;
			}
		} else if (!asleep && done != stored) {
			done = stored;
			idle = now;
		} else if (!asleep && vgpu_bell_may_arm(&bell, idle, now)) {
			vgpu_bell_reset(&bell);
			asleep = done == stored;
		}
		KUNIT_ASSERT_TRUE(test, !asleep || done == stored || touch);
	}
	KUNIT_EXPECT_GT(test, rings, 100U);
	KUNIT_EXPECT_LT(test, rings, stored);
}

static struct kunit_case bell_cases[] = {
	KUNIT_CASE(bell_waits_for_silence),
	KUNIT_CASE(bell_trapped),
	KUNIT_CASE(bell_nothing_is_lost),
	{}
};

static struct kunit_suite bell_suite = {
	.name = "vgpu_bell",
	.test_cases = bell_cases,
};

kunit_test_suite(bell_suite);
