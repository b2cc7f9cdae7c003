// SPDX-License-Identifier: GPL-2.0
/* Whose the time is that a dispatch has the engine. */
#include <kunit/test.h>
#include <linux/time64.h>

#include "../../drivers/soft/soft_stay.h"

#define MSEC	NSEC_PER_MSEC
#define START	(1000 * MSEC)

/* So long after the dispatch came, and its worker has waited so long of that. */
static struct soft_moment after(u64 ns, u64 waited)
{
	return (struct soft_moment){ START + ns, 70 * MSEC + waited };
}

static struct soft_stay stay(void)
{
	return (struct soft_stay){ .since = after(0, 0) };
}

/* It is slow by what it computes, and not by what else the host has to do. */
static void stay_waits_for_cpu(struct kunit *test)
{
	struct soft_stay s = stay();
	struct soft_moment busy = after(10 * MSEC, 0);
	struct soft_moment starved = after(10 * MSEC, 9 * MSEC);
	struct soft_moment never = after(10 * MSEC, 11 * MSEC);

	KUNIT_EXPECT_EQ(test, soft_stay_own(&s, &busy), 10ULL * MSEC);
	KUNIT_EXPECT_EQ(test, soft_stay_own(&s, &starved), 1ULL * MSEC);
	KUNIT_EXPECT_EQ(test, soft_stay_own(&s, &never), 0ULL);
	KUNIT_EXPECT_EQ(test, soft_stay_used(&s, &starved), 1ULL * MSEC);
	KUNIT_EXPECT_EQ(test, soft_stay_blame(&s, &starved, false), 1ULL * MSEC);
}

/* Two threads that keep one CPU busy wait as long as they run: they have had it all. */
static void stay_of_threads(struct kunit *test)
{
	struct soft_stay s = stay();
	struct soft_moment both = after(10 * MSEC, 10 * MSEC);
	struct soft_moment ticks = both;

	s.since.cpu = 3 * MSEC;
	both.cpu = s.since.cpu + 9 * MSEC;
	KUNIT_EXPECT_EQ(test, soft_stay_own(&s, &both), 9ULL * MSEC);
	KUNIT_EXPECT_EQ(test, soft_stay_used(&s, &both), 9ULL * MSEC);
	KUNIT_EXPECT_EQ(test, soft_stay_blame(&s, &both, false), 9ULL * MSEC);
	ticks.cpu = s.since.cpu + 40 * MSEC;
	KUNIT_EXPECT_EQ(test, soft_stay_own(&s, &ticks), 10ULL * MSEC);
}

/* It has answered before anybody had looked whether it was at work: no time at all. */
static void stay_before_it_begins(struct kunit *test)
{
	struct soft_stay s = stay();
	struct soft_moment early = { START - MSEC, 70 * MSEC };

	KUNIT_EXPECT_EQ(test, soft_stay_own(&s, &early), 0ULL);
	KUNIT_EXPECT_EQ(test, soft_stay_used(&s, &early), 0ULL);
	KUNIT_EXPECT_EQ(test, soft_stay_blame(&s, &early, false), 0ULL);
}

/* The process is gone, and says nothing any more. */
static void stay_without_a_worker(struct kunit *test)
{
	struct soft_stay s = stay();
	struct soft_moment gone = { START + 3 * MSEC, 0 };

	KUNIT_EXPECT_EQ(test, soft_stay_used(&s, &gone), 3ULL * MSEC);
}

/*
 * What it has computed before its grace was over it pays as ever, and from then on by
 * the clock, whether it gets a CPU or not.
 */
static void stay_beyond_grace(struct kunit *test)
{
	struct soft_stay s = stay();
	struct soft_moment end = after(9 * MSEC, 7 * MSEC);
	struct soft_moment early = after(4 * MSEC, MSEC);

	s.beyond = after(5 * MSEC, 3 * MSEC);
	KUNIT_EXPECT_EQ(test, soft_stay_used(&s, &end), 6ULL * MSEC);
	/* An answer from before that was only seen later. */
	KUNIT_EXPECT_EQ(test, soft_stay_used(&s, &early), 3ULL * MSEC);
	/* The watchdog knows no grace. */
	KUNIT_EXPECT_EQ(test, soft_stay_blame(&s, &end, false), 2ULL * MSEC);
}

/* It stands, and somebody comes late to see that. */
static void stay_stopped(struct kunit *test)
{
	struct soft_stay s = stay();
	struct soft_moment end = after(50 * MSEC, MSEC);

	s.stopped = after(4 * MSEC, MSEC);
	KUNIT_EXPECT_EQ(test, soft_stay_blame(&s, &end, false), 3ULL * MSEC);
}

/* It waits for a page that is on a disk: now, or when it was to stop. */
static void stay_blocked(struct kunit *test)
{
	struct soft_stay s = stay();
	struct soft_moment end = after(50 * MSEC, 0);

	KUNIT_EXPECT_EQ(test, soft_stay_blame(&s, &end, true), 0ULL);
	s.stopped = after(4 * MSEC, 0);
	KUNIT_EXPECT_EQ(test, soft_stay_blame(&s, &end, true), 4ULL * MSEC);
	s.blocked = true;
	KUNIT_EXPECT_EQ(test, soft_stay_blame(&s, &end, false), 0ULL);
	/* It keeps others from the engine all the same. */
	KUNIT_EXPECT_EQ(test, soft_stay_used(&s, &end), 50ULL * MSEC);
}

/* It sleeps, and so uses no CPU: it has had the engine all the same. */
static void charge_who_sleeps(struct kunit *test)
{
	u64 charged = 0;

	KUNIT_EXPECT_EQ(test, soft_stay_charge(&charged, 0, 2 * MSEC, 1),
			2ULL * MSEC);
	KUNIT_EXPECT_EQ(test, soft_stay_charge(&charged, 0, 2 * MSEC, 1),
			2ULL * MSEC);
}

/* Nor has it saved up time for when it has no turn. */
static void charge_without_a_turn(struct kunit *test)
{
	u64 charged = 0, i;

	for (i = 0; i < 1000; i++)
		soft_stay_charge(&charged, 0, 2 * MSEC, 1);
	KUNIT_EXPECT_GE(test, soft_stay_charge(&charged, 1000 * MSEC, 0, 1),
			900ULL * MSEC);
}

/* Two threads on two CPUs are busy all of the time, or one is. */
static void charge_threads(struct kunit *test)
{
	u64 charged = 0;

	KUNIT_EXPECT_EQ(test, soft_stay_charge(&charged, 4 * MSEC, 2 * MSEC, 2),
			2ULL * MSEC);
	KUNIT_EXPECT_EQ(test, soft_stay_charge(&charged, 6 * MSEC, 2 * MSEC, 2),
			2ULL * MSEC);
	/* Four on two, which waits of one of them hide. */
	KUNIT_EXPECT_EQ(test, soft_stay_charge(&charged, 28 * MSEC, 0, 2),
			10ULL * MSEC);
}

/*
 * All it does is to compute in its turns: CPU time that comes late is no other, be it by
 * ticks of 4 ms, or by those of a CPU that a hypervisor takes away for 90 ms.
 */
static void charge_once(struct kunit *test)
{
	static const u64 ticks[] = { 4 * MSEC, 90 * MSEC };
	unsigned int t, i;

	for (t = 0; t < ARRAY_SIZE(ticks); t++) {
		u64 charged = 0, used = 0, sum = 0;

		for (i = 1; i <= 1000; i++) {
			u64 now = i % 7 * MSEC / 3;
			u64 cpu;

			used += now;
			cpu = used / ticks[t] * ticks[t];
			sum += soft_stay_charge(&charged, cpu, now, 1);
			KUNIT_ASSERT_EQ(test, sum, used);
		}
	}
}

static struct kunit_case soft_stay_cases[] = {
	KUNIT_CASE(stay_waits_for_cpu),
	KUNIT_CASE(stay_of_threads),
	KUNIT_CASE(stay_before_it_begins),
	KUNIT_CASE(stay_without_a_worker),
	KUNIT_CASE(stay_beyond_grace),
	KUNIT_CASE(stay_stopped),
	KUNIT_CASE(stay_blocked),
	KUNIT_CASE(charge_who_sleeps),
	KUNIT_CASE(charge_without_a_turn),
	KUNIT_CASE(charge_threads),
	KUNIT_CASE(charge_once),
	{}
};

static struct kunit_suite soft_stay_suite = {
	.name = "soft_stay",
	.test_cases = soft_stay_cases,
};

kunit_test_suite(soft_stay_suite);

MODULE_LICENSE("GPL");
