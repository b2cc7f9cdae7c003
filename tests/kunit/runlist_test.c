// SPDX-License-Identifier: GPL-2.0
/* Who runs next, for how long, and what is charged to it: each function alone. */
#include <kunit/test.h>
#include <linux/limits.h>

#include "../../drivers/vgpu/work/runlist.h"

#define NR	5
#define MSEC	1000000ULL
#define SEC	(1000 * MSEC)
#define START	(1000 * SEC)
#define HALF	(VGPU_PPM / 2)
#define QUARTER	(VGPU_PPM / 4)

struct fixture {
	struct vgpu_runlist rl;
	struct vgpu_sched_entity se[NR];
	u64 now;
};

static struct fixture *fixture(struct kunit *test, enum vgpu_policy policy)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->now = START;
	vgpu_runlist_init(&f->rl, f->now);
	vgpu_runlist_set_policy(&f->rl, policy, f->now);
	f->rl.members = NR;
	for (i = 0; i < NR; i++)
		vgpu_sched_entity_init(&f->se[i], 100, VGPU_PPM / NR);
	return f;
}

/* The number of the one that is picked, or -1. */
static int pick(struct fixture *f)
{
	struct vgpu_sched_entity *se = vgpu_runlist_pick(&f->rl, f->now);

	return se ? se - f->se : -1;
}

static void run(struct fixture *f, int i, u64 ran, bool work_left)
{
	vgpu_runlist_start(&f->rl, &f->se[i], f->now, false);
	f->now += ran;
	vgpu_runlist_stop(&f->rl, &f->se[i], f->now, ran, 0, work_left);
}

/* As if it had been the only one with work. */
static void add_and_run(struct kunit *test, struct fixture *f, int i, u64 ran,
			bool work_left)
{
	vgpu_runlist_add(&f->rl, &f->se[i], f->now);
	KUNIT_ASSERT_EQ(test, pick(f), i);
	run(f, i, ran, work_left);
}

static void runlist_empty(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_BEST_EFFORT);

	KUNIT_EXPECT_EQ(test, pick(f), -1);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_wake(&f->rl), U64_MAX);
	vgpu_runlist_remove(&f->rl, &f->se[0], f->now);
	KUNIT_EXPECT_EQ(test, f->rl.waiting, 0U);

	KUNIT_EXPECT_TRUE(test, vgpu_runlist_add(&f->rl, &f->se[0], f->now));
	KUNIT_EXPECT_EQ(test, f->rl.waiting, 1U);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_wake(&f->rl), 0ULL);
	KUNIT_EXPECT_EQ(test, pick(f), 0);
	KUNIT_EXPECT_EQ(test, f->rl.waiting, 0U);
	KUNIT_EXPECT_EQ(test, pick(f), -1);
}

/* Only a promise that is due ends a slice early, and not as it begins. */
static void runlist_preempt(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_BEST_EFFORT);
	u64 due = START + 3 * MSEC, end = START + 10 * MSEC;

	vgpu_runlist_add(&f->rl, &f->se[1], START);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_preempt(&f->rl, START, end), end);
	vgpu_runlist_set(&f->rl, &f->se[2], 100, VGPU_PPM, HALF, START);
	vgpu_runlist_add(&f->rl, &f->se[2], due);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_preempt(&f->rl, START, end), due);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_preempt(&f->rl, due, end),
			due + VGPU_SLICE_MIN);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_preempt(&f->rl, START, due - 1), due - 1);
}

/* Adding again neither moves an instance nor restarts its wait. */
static void runlist_add_twice(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_BEST_EFFORT);

	KUNIT_EXPECT_TRUE(test, vgpu_runlist_add(&f->rl, &f->se[0], START));
	KUNIT_EXPECT_TRUE(test, vgpu_runlist_add(&f->rl, &f->se[1], START + 10));
	KUNIT_EXPECT_FALSE(test, vgpu_runlist_add(&f->rl, &f->se[0], START + 50));
	KUNIT_EXPECT_EQ(test, f->rl.waiting, 2U);
	f->now += 80;
	KUNIT_EXPECT_EQ(test, pick(f), 0);
	run(f, 0, 0, false);
	KUNIT_EXPECT_EQ(test, f->se[0].wait_time, 80ULL);
	KUNIT_EXPECT_EQ(test, f->se[0].wait_max, 80ULL);
	KUNIT_EXPECT_EQ(test, pick(f), 1);
	KUNIT_EXPECT_EQ(test, pick(f), -1);
}

/* Work may come while it runs, or between the pick and the start. */
static void runlist_add_while_running(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_BEST_EFFORT);

	vgpu_runlist_add(&f->rl, &f->se[0], f->now);
	KUNIT_EXPECT_EQ(test, pick(f), 0);
	KUNIT_EXPECT_TRUE(test, vgpu_runlist_add(&f->rl, &f->se[0], f->now));
	vgpu_runlist_start(&f->rl, &f->se[0], f->now, true);
	KUNIT_EXPECT_EQ(test, f->se[0].queue, VGPU_RUNNING);
	KUNIT_EXPECT_EQ(test, f->rl.waiting, 0U);
	KUNIT_EXPECT_FALSE(test, vgpu_runlist_add(&f->rl, &f->se[0], f->now));
	/* Neither does taking it off the list stop it. */
	vgpu_runlist_remove(&f->rl, &f->se[0], f->now);
	KUNIT_EXPECT_EQ(test, f->se[0].queue, VGPU_RUNNING);
	KUNIT_EXPECT_EQ(test, pick(f), -1);

	vgpu_runlist_stop(&f->rl, &f->se[0], f->now + 5, 5, 0, true);
	KUNIT_EXPECT_EQ(test, f->rl.waiting, 1U);
	KUNIT_EXPECT_EQ(test, f->se[0].preemptions, 1ULL);
	KUNIT_EXPECT_EQ(test, pick(f), 0);
	KUNIT_EXPECT_EQ(test, pick(f), -1);

	/* Picked and not started, it is off the list and can come back. */
	KUNIT_EXPECT_TRUE(test, vgpu_runlist_add(&f->rl, &f->se[0], f->now));
	KUNIT_EXPECT_EQ(test, pick(f), 0);
}

/* Those that are equal take turns in the order in which they came. */
static void runlist_takes_turns(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_BEST_EFFORT);
	int i;

	for (i = 0; i < NR; i++)
		vgpu_runlist_add(&f->rl, &f->se[i], f->now);
	for (i = 0; i < 10 * NR; i++) {
		KUNIT_ASSERT_EQ(test, pick(f), i % NR);
		run(f, i % NR, MSEC, true);
	}
	for (i = 0; i < NR; i++) {
		KUNIT_EXPECT_EQ(test, f->se[i].slices, 10ULL);
		KUNIT_EXPECT_EQ(test, f->se[i].gpu_time, 10 * MSEC);
		KUNIT_EXPECT_EQ(test, f->se[i].wait_max, (NR - 1) * MSEC);
	}
}

static void runlist_weights(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_BEST_EFFORT);
	int i, slices[2] = { 0, 0 };

	f->se[1].weight = 300;
	vgpu_runlist_add(&f->rl, &f->se[0], f->now);
	vgpu_runlist_add(&f->rl, &f->se[1], f->now);
	for (i = 0; i < 400; i++) {
		int who = pick(f);

		KUNIT_ASSERT_GE(test, who, 0);
		slices[who]++;
		run(f, who, MSEC, true);
	}
	KUNIT_EXPECT_EQ(test, slices[0], 100);
	KUNIT_EXPECT_EQ(test, slices[1], 300);
}

/* Who was away takes part as a newcomer does: no credit, no debt. */
static void runlist_idle_is_no_credit(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_BEST_EFFORT);
	int i;

	add_and_run(test, f, 0, MSEC, false);
	add_and_run(test, f, 1, MSEC, true);
	for (i = 0; i < 1000; i++) {
		KUNIT_ASSERT_EQ(test, pick(f), 1);
		run(f, 1, MSEC, true);
	}
	vgpu_runlist_add(&f->rl, &f->se[0], f->now);
	for (i = 0; i < 10; i++) {
		KUNIT_ASSERT_EQ(test, pick(f), i % 2);
		run(f, i % 2, MSEC, true);
	}

	/* What it owes is not lost by a short rest. */
	KUNIT_ASSERT_EQ(test, pick(f), 0);
	run(f, 0, 100 * MSEC, false);
	vgpu_runlist_add(&f->rl, &f->se[0], f->now);
	for (i = 0; i < 99; i++) {
		KUNIT_ASSERT_EQ(test, pick(f), 1);
		run(f, 1, MSEC, true);
	}
}

/* But after a long one nobody knows any more. */
static void runlist_long_idle(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_BEST_EFFORT);

	vgpu_runlist_add(&f->rl, &f->se[1], f->now);
	add_and_run(test, f, 1, MSEC, true);
	vgpu_runlist_add(&f->rl, &f->se[0], f->now);
	KUNIT_ASSERT_EQ(test, pick(f), 0);
	run(f, 0, 1000 * SEC, false);
	f->now += 61 * SEC;
	KUNIT_ASSERT_EQ(test, pick(f), 1);
	run(f, 1, 2 * MSEC, true);
	vgpu_runlist_add(&f->rl, &f->se[0], f->now);
	KUNIT_EXPECT_EQ(test, pick(f), 0);
}

static void runlist_limits(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_BEST_EFFORT);
	struct vgpu_sched_entity *se = &f->se[0];

	KUNIT_EXPECT_EQ(test, vgpu_runlist_limit(&f->rl, se), VGPU_PPM);
	se->cap = QUARTER;
	KUNIT_EXPECT_EQ(test, vgpu_runlist_limit(&f->rl, se), QUARTER);

	vgpu_runlist_set_policy(&f->rl, VGPU_EQUAL_SHARE, f->now);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_limit(&f->rl, se), VGPU_PPM / NR);
	se->cap = VGPU_PPM / 20;
	KUNIT_EXPECT_EQ(test, vgpu_runlist_limit(&f->rl, se), VGPU_PPM / 20);
	se->cap = VGPU_PPM;
	se->min = HALF;
	KUNIT_EXPECT_EQ(test, vgpu_runlist_limit(&f->rl, se), HALF);
	se->min = 0;
	f->rl.members = 0;
	KUNIT_EXPECT_EQ(test, vgpu_runlist_limit(&f->rl, se), VGPU_PPM);
	f->rl.members = UINT_MAX;
	KUNIT_EXPECT_EQ(test, vgpu_runlist_limit(&f->rl, se), 1U);

	vgpu_runlist_set_policy(&f->rl, VGPU_FIXED_SHARE, f->now);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_limit(&f->rl, se), VGPU_PPM / NR);
	se->min = HALF;
	KUNIT_EXPECT_EQ(test, vgpu_runlist_limit(&f->rl, se), HALF);
	se->cap = HALF + 1;
	se->share = VGPU_PPM;
	KUNIT_EXPECT_EQ(test, vgpu_runlist_limit(&f->rl, se), HALF + 1);
}

/* Beyond its limit it waits, however idle the engine is. */
static void runlist_throttled(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_EQUAL_SHARE);
	u64 until;

	f->rl.members = 2;
	add_and_run(test, f, 0, 3 * MSEC, true);
	/* Not even its first run was on credit. */
	until = START + 6 * MSEC;
	KUNIT_EXPECT_EQ(test, f->se[0].queue, VGPU_THROTTLED);
	KUNIT_EXPECT_EQ(test, f->rl.waiting, 1U);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_wake(&f->rl), until);
	f->now = until - 1;
	KUNIT_EXPECT_EQ(test, pick(f), -1);
	f->now = until + 7;
	KUNIT_EXPECT_EQ(test, pick(f), 0);
	run(f, 0, MSEC, true);
	/* It had work all the time, but waited for its turn for 7 ns only. */
	KUNIT_EXPECT_EQ(test, f->se[0].wait_time, 3 * MSEC + 7);
	KUNIT_EXPECT_EQ(test, f->se[0].wait_max, 7ULL);
	KUNIT_EXPECT_EQ(test, pick(f), -1);
}

/* A window of credit is for who was idle, not for who is new. */
static void runlist_first_is_no_credit(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_BEST_EFFORT);

	f->se[0].cap = QUARTER;
	add_and_run(test, f, 0, MSEC, true);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_wake(&f->rl), START + 4 * MSEC);
}

/* Leaving the list does not pay what was used. */
static void runlist_remove_throttled(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_FIXED_SHARE);

	add_and_run(test, f, 0, MSEC, true);
	KUNIT_EXPECT_EQ(test, f->se[0].queue, VGPU_THROTTLED);
	vgpu_runlist_remove(&f->rl, &f->se[0], f->now + 10);
	KUNIT_EXPECT_EQ(test, f->se[0].queue, VGPU_OFF);
	KUNIT_EXPECT_EQ(test, f->se[0].wait_time, 10ULL);
	KUNIT_EXPECT_EQ(test, f->rl.waiting, 0U);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_wake(&f->rl), U64_MAX);
	KUNIT_EXPECT_TRUE(test, vgpu_runlist_add(&f->rl, &f->se[0], f->now));
	KUNIT_EXPECT_EQ(test, pick(f), -1);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_wake(&f->rl), START + NR * MSEC);
}

/* Idle time is credit under a limit, but for no more than the window. */
static void runlist_window(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_FIXED_SHARE);
	u64 used = 0;

	f->rl.window = 50 * MSEC;
	f->rl.slice = MSEC;
	add_and_run(test, f, 0, MSEC, false);
	f->now += 10 * SEC;
	vgpu_runlist_add(&f->rl, &f->se[0], f->now);
	while (pick(f) == 0) {
		run(f, 0, MSEC, true);
		used += MSEC;
		KUNIT_ASSERT_LE(test, used, 100 * MSEC);
	}
	/* The window's worth, more for the time that it took, and a slice. */
	KUNIT_EXPECT_GE(test, used, 10 * MSEC);
	KUNIT_EXPECT_LE(test, used, 14 * MSEC);
}

static void runlist_set_queued(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_BEST_EFFORT);

	vgpu_runlist_add(&f->rl, &f->se[0], f->now);
	vgpu_runlist_add(&f->rl, &f->se[1], f->now);
	/* A promise is due at once, and the wait goes on. */
	vgpu_runlist_set(&f->rl, &f->se[1], 1, VGPU_PPM, HALF, f->now + 5);
	KUNIT_EXPECT_EQ(test, f->rl.waiting, 2U);
	f->now += 20;
	KUNIT_EXPECT_EQ(test, pick(f), 1);
	run(f, 1, MSEC, true);
	KUNIT_EXPECT_EQ(test, f->se[1].wait_max, 20ULL);
	/* Without it the weight counts again. */
	vgpu_runlist_set(&f->rl, &f->se[1], 1, VGPU_PPM, 0, f->now);
	KUNIT_EXPECT_EQ(test, pick(f), 0);
	KUNIT_EXPECT_EQ(test, pick(f), 1);
	KUNIT_EXPECT_EQ(test, pick(f), -1);
}

static void runlist_set_throttled(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_BEST_EFFORT);

	vgpu_runlist_set(&f->rl, &f->se[0], 100, QUARTER, 0, f->now);
	add_and_run(test, f, 0, 10 * SEC, true);
	KUNIT_EXPECT_EQ(test, pick(f), -1);
	f->now += SEC;
	vgpu_runlist_set(&f->rl, &f->se[0], 100, HALF, 0, f->now);
	f->now += 3;
	KUNIT_EXPECT_EQ(test, pick(f), 0);
	run(f, 0, MSEC, true);
	KUNIT_EXPECT_EQ(test, f->se[0].wait_max, 3ULL);
	/* The new cap holds from the first slice on. */
	KUNIT_EXPECT_EQ(test, pick(f), -1);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_wake(&f->rl), f->now - 3 + MSEC);
}

static void runlist_set_running(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_BEST_EFFORT);

	vgpu_runlist_add(&f->rl, &f->se[0], f->now);
	KUNIT_EXPECT_EQ(test, pick(f), 0);
	vgpu_runlist_start(&f->rl, &f->se[0], f->now, true);
	vgpu_runlist_set(&f->rl, &f->se[0], 7, HALF, QUARTER, f->now);
	KUNIT_EXPECT_EQ(test, f->se[0].queue, VGPU_RUNNING);
	KUNIT_EXPECT_EQ(test, f->rl.waiting, 0U);
	vgpu_runlist_stop(&f->rl, &f->se[0], f->now + MSEC, MSEC, 0, true);
	KUNIT_EXPECT_EQ(test, f->se[0].queue, VGPU_THROTTLED);
	f->now += 2 * MSEC;
	KUNIT_EXPECT_EQ(test, pick(f), 0);
}

/* Queued in all ways, everybody goes on under the new policy. */
static void runlist_set_policy(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_FIXED_SHARE);
	int i, who, seen = 0;

	add_and_run(test, f, 0, 10 * SEC, true);	/* throttled */
	add_and_run(test, f, 1, 5 * SEC, false);	/* off */
	vgpu_runlist_add(&f->rl, &f->se[2], f->now);	/* to run */
	KUNIT_ASSERT_EQ(test, pick(f), 2);
	vgpu_runlist_start(&f->rl, &f->se[2], f->now, true);
	vgpu_runlist_set(&f->rl, &f->se[3], 100, VGPU_PPM, QUARTER, f->now);
	vgpu_runlist_add(&f->rl, &f->se[3], f->now);	/* ready, promised */
	vgpu_runlist_add(&f->rl, &f->se[4], f->now);	/* ready */

	vgpu_runlist_set_policy(&f->rl, VGPU_BEST_EFFORT, f->now);
	KUNIT_EXPECT_EQ(test, f->rl.waiting, 3U);
	f->now += SEC;
	vgpu_runlist_stop(&f->rl, &f->se[2], f->now, SEC, 0, true);
	vgpu_runlist_add(&f->rl, &f->se[1], f->now);
	for (i = 0; i < NR; i++) {
		who = pick(f);
		KUNIT_ASSERT_GE(test, who, 0);
		/* Nothing of the old policy is owed, but what is new is. */
		KUNIT_EXPECT_EQ(test, who == 2, i == NR - 1);
		seen |= 1 << who;
		run(f, who, MSEC, false);
	}
	KUNIT_EXPECT_EQ(test, seen, (1 << NR) - 1);
	KUNIT_EXPECT_EQ(test, pick(f), -1);
}

static void runlist_same_policy(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_FIXED_SHARE);

	add_and_run(test, f, 0, SEC, true);
	vgpu_runlist_set_policy(&f->rl, VGPU_FIXED_SHARE, f->now);
	KUNIT_EXPECT_EQ(test, pick(f), -1);
}

/* A promise goes before everybody when it is due, and only then. */
static void runlist_promise(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_BEST_EFFORT);

	vgpu_runlist_set(&f->rl, &f->se[0], 1, VGPU_PPM, QUARTER, f->now);
	vgpu_runlist_add(&f->rl, &f->se[1], f->now);
	vgpu_runlist_add(&f->rl, &f->se[0], f->now);
	KUNIT_ASSERT_EQ(test, pick(f), 0);
	run(f, 0, MSEC, true);
	while (f->now < START + 4 * MSEC) {
		KUNIT_ASSERT_EQ(test, pick(f), 1);
		run(f, 1, MSEC / 2, true);
	}
	KUNIT_EXPECT_EQ(test, pick(f), 0);
	run(f, 0, MSEC, false);
	/* While it has no work it is not waited for. */
	f->now += SEC;
	KUNIT_EXPECT_EQ(test, pick(f), 1);
}

/* All of an idle engine does not use up the promise. */
static void runlist_promise_after_plenty(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_BEST_EFFORT);
	u64 since;
	int i;

	vgpu_runlist_set(&f->rl, &f->se[0], 1, VGPU_PPM, QUARTER, f->now);
	vgpu_runlist_add(&f->rl, &f->se[0], f->now);
	for (i = 0; i < 1000; i++) {
		KUNIT_ASSERT_EQ(test, pick(f), 0);
		run(f, 0, MSEC, true);
	}
	since = f->now;
	vgpu_runlist_add(&f->rl, &f->se[1], f->now);
	while (pick(f) == 1) {
		KUNIT_ASSERT_LE(test, f->now - since, 4 * MSEC);
		run(f, 1, MSEC, true);
	}
	KUNIT_EXPECT_GE(test, f->now - since, 3 * MSEC);
}

static void runlist_slice(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_BEST_EFFORT);
	struct vgpu_sched_entity *se = &f->se[0];

	f->rl.slice = 2 * MSEC;
	f->rl.averaging = 4;
	KUNIT_EXPECT_EQ(test, vgpu_runlist_slice(&f->rl, se), 2 * MSEC);
	/* 1 ms over: a quarter of it off the next slice. */
	add_and_run(test, f, 0, 3 * MSEC, true);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_slice(&f->rl, se), 1750000U);
	/* A slice of half a millisecond less pays half. */
	KUNIT_ASSERT_EQ(test, pick(f), 0);
	run(f, 0, 3 * MSEC / 2, true);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_slice(&f->rl, se), 1875000U);
	/* Never less than half; and then it is paid in a few slices. */
	KUNIT_ASSERT_EQ(test, pick(f), 0);
	run(f, 0, 3600 * SEC, true);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_slice(&f->rl, se), MSEC);
	KUNIT_EXPECT_LE(test, se->debt, 8 * MSEC);

	f->rl.slice = 0;
	f->rl.members = 4;
	KUNIT_EXPECT_EQ(test, vgpu_runlist_slice(&f->rl, &f->se[1]),
			VGPU_ROUND / 4);
	f->rl.members = 1000;
	KUNIT_EXPECT_EQ(test, vgpu_runlist_slice(&f->rl, &f->se[1]),
			VGPU_SLICE_MIN);
	f->rl.members = 0;
	KUNIT_EXPECT_EQ(test, vgpu_runlist_slice(&f->rl, &f->se[1]),
			VGPU_ROUND);
}

/* Charged, but not counted as GPU time; and a window of it at most. */
static void runlist_surcharge(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_FIXED_SHARE);
	struct vgpu_sched_entity *se = &f->se[0];

	se->surcharge = MSEC;
	add_and_run(test, f, 0, MSEC, true);
	KUNIT_EXPECT_EQ(test, se->gpu_time, MSEC);
	KUNIT_EXPECT_EQ(test, se->surcharge, 0ULL);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_wake(&f->rl), START + 2 * NR * MSEC);

	f->now = START + 2 * NR * MSEC;
	se->surcharge = 3600 * SEC;
	KUNIT_ASSERT_EQ(test, pick(f), 0);
	run(f, 0, MSEC, true);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_wake(&f->rl), START +
			NR * (2 * MSEC + MSEC + f->rl.window));
}

/*
 * Less work than the switch to it: the switch is charged, not counted. What else passed
 * while it had the engine is neither.
 */
static void runlist_switch_floor(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_FIXED_SHARE);
	struct vgpu_sched_entity *se = &f->se[0];

	vgpu_runlist_add(&f->rl, se, f->now);
	KUNIT_ASSERT_EQ(test, pick(f), 0);
	vgpu_runlist_start(&f->rl, se, f->now, true);
	f->now += 2 * MSEC;
	vgpu_runlist_stop(&f->rl, se, f->now, 1, MSEC - 1, true);
	KUNIT_EXPECT_EQ(test, se->gpu_time, 1ULL);
	KUNIT_EXPECT_EQ(test, se->switches, 1ULL);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_wake(&f->rl),
			START + NR * (MSEC - 1));
}

static void runlist_accounting(struct kunit *test)
{
	struct fixture *f = fixture(test, VGPU_BEST_EFFORT);
	struct vgpu_runlist *rl = &f->rl;

	KUNIT_EXPECT_EQ(test, rl->state, VGPU_ENGINE_IDLE);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_account(rl, VGPU_ENGINE_SWITCH,
						   START + 100), 100ULL);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_account(rl, VGPU_ENGINE_BUSY,
						   START + 130), 30ULL);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_account(rl, VGPU_ENGINE_BUSY,
						   START + 130), 0ULL);
	KUNIT_EXPECT_EQ(test, vgpu_runlist_account(rl, VGPU_ENGINE_IDLE,
						   START + 135), 5ULL);
	KUNIT_EXPECT_EQ(test, rl->spent[VGPU_ENGINE_IDLE], 100ULL);
	KUNIT_EXPECT_EQ(test, rl->spent[VGPU_ENGINE_SWITCH], 30ULL);
	KUNIT_EXPECT_EQ(test, rl->spent[VGPU_ENGINE_BUSY], 5ULL);

	/* A clock that seems to go back takes nothing away. */
	vgpu_runlist_add(rl, &f->se[0], START + 50);
	KUNIT_ASSERT_EQ(test, pick(f), 0);
	vgpu_runlist_start(rl, &f->se[0], START + 40, false);
	vgpu_runlist_stop(rl, &f->se[0], START + 30, 3, 0, true);
	KUNIT_EXPECT_EQ(test, f->se[0].wait_time, 0ULL);
	KUNIT_EXPECT_EQ(test, f->se[0].wait_max, 0ULL);
	KUNIT_EXPECT_EQ(test, f->se[0].gpu_time, 3ULL);
	vgpu_runlist_remove(rl, &f->se[0], START + 20);
	KUNIT_EXPECT_EQ(test, f->se[0].wait_time, 0ULL);
}

static struct kunit_case runlist_cases[] = {
	KUNIT_CASE(runlist_empty),
	KUNIT_CASE(runlist_preempt),
	KUNIT_CASE(runlist_add_twice),
	KUNIT_CASE(runlist_add_while_running),
	KUNIT_CASE(runlist_takes_turns),
	KUNIT_CASE(runlist_weights),
	KUNIT_CASE(runlist_idle_is_no_credit),
	KUNIT_CASE(runlist_long_idle),
	KUNIT_CASE(runlist_limits),
	KUNIT_CASE(runlist_throttled),
	KUNIT_CASE(runlist_first_is_no_credit),
	KUNIT_CASE(runlist_remove_throttled),
	KUNIT_CASE(runlist_window),
	KUNIT_CASE(runlist_set_queued),
	KUNIT_CASE(runlist_set_throttled),
	KUNIT_CASE(runlist_set_running),
	KUNIT_CASE(runlist_set_policy),
	KUNIT_CASE(runlist_same_policy),
	KUNIT_CASE(runlist_promise),
	KUNIT_CASE(runlist_promise_after_plenty),
	KUNIT_CASE(runlist_slice),
	KUNIT_CASE(runlist_surcharge),
	KUNIT_CASE(runlist_switch_floor),
	KUNIT_CASE(runlist_accounting),
	{}
};

static struct kunit_suite runlist_suite = {
	.name = "vgpu_runlist",
	.test_cases = runlist_cases,
};

kunit_test_suite(runlist_suite);
