// SPDX-License-Identifier: GPL-2.0
/* Who runs next, and what is charged to it. */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "../../drivers/vgpu/runlist.h"

#define NR	5

struct fixture {
	struct vgpu_runlist rl;
	struct vgpu_sched_entity se[NR];
};

static struct fixture *fixture(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, f);
	vgpu_runlist_init(&f->rl);
	for (i = 0; i < NR; i++)
		vgpu_sched_entity_init(&f->se[i]);
	return f;
}

static void runlist_empty_picks_nobody(struct kunit *test)
{
	struct fixture *f = fixture(test);

	KUNIT_EXPECT_TRUE(test, vgpu_runlist_empty(&f->rl));
	KUNIT_EXPECT_NULL(test, vgpu_runlist_pick(&f->rl));
	vgpu_runlist_remove(&f->se[0]);
	KUNIT_EXPECT_TRUE(test, vgpu_runlist_add(&f->rl, &f->se[0], 1));
	KUNIT_EXPECT_FALSE(test, vgpu_runlist_empty(&f->rl));
	KUNIT_EXPECT_PTR_EQ(test, vgpu_runlist_pick(&f->rl), &f->se[0]);
	KUNIT_EXPECT_TRUE(test, vgpu_runlist_empty(&f->rl));
	KUNIT_EXPECT_NULL(test, vgpu_runlist_pick(&f->rl));
}

/* Adding again neither moves an instance nor restarts its wait. */
static void runlist_add_twice(struct kunit *test)
{
	struct fixture *f = fixture(test);

	KUNIT_EXPECT_TRUE(test, vgpu_runlist_add(&f->rl, &f->se[0], 100));
	KUNIT_EXPECT_TRUE(test, vgpu_runlist_add(&f->rl, &f->se[1], 110));
	KUNIT_EXPECT_FALSE(test, vgpu_runlist_add(&f->rl, &f->se[0], 150));
	KUNIT_EXPECT_PTR_EQ(test, vgpu_runlist_pick(&f->rl), &f->se[0]);
	vgpu_runlist_start(&f->se[0], 180, false);
	KUNIT_EXPECT_EQ(test, f->se[0].wait_time, 80ULL);
	KUNIT_EXPECT_PTR_EQ(test, vgpu_runlist_pick(&f->rl), &f->se[1]);
	KUNIT_EXPECT_NULL(test, vgpu_runlist_pick(&f->rl));
}

/* Who always has work gets every NR-th slice, in a fixed order. */
static void runlist_round_robin(struct kunit *test)
{
	struct fixture *f = fixture(test);
	struct vgpu_sched_entity *se;
	int i;

	for (i = 0; i < NR; i++)
		vgpu_runlist_add(&f->rl, &f->se[i], 0);
	for (i = 0; i < 10 * NR; i++) {
		se = vgpu_runlist_pick(&f->rl);
		KUNIT_ASSERT_PTR_EQ(test, se, &f->se[i % NR]);
		vgpu_runlist_start(se, i, true);
		vgpu_runlist_stop(se, 1);
		vgpu_runlist_add(&f->rl, se, i + 1);
	}
	for (i = 0; i < NR; i++) {
		KUNIT_EXPECT_EQ(test, f->se[i].slices, 10ULL);
		KUNIT_EXPECT_EQ(test, f->se[i].switches, 10ULL);
		KUNIT_EXPECT_EQ(test, f->se[i].gpu_time, 10ULL);
	}
}

static void runlist_newcomer_goes_last(struct kunit *test)
{
	struct fixture *f = fixture(test);

	vgpu_runlist_add(&f->rl, &f->se[0], 0);
	vgpu_runlist_add(&f->rl, &f->se[1], 0);
	KUNIT_EXPECT_PTR_EQ(test, vgpu_runlist_pick(&f->rl), &f->se[0]);
	vgpu_runlist_add(&f->rl, &f->se[2], 1);
	vgpu_runlist_add(&f->rl, &f->se[0], 2);
	KUNIT_EXPECT_PTR_EQ(test, vgpu_runlist_pick(&f->rl), &f->se[1]);
	KUNIT_EXPECT_PTR_EQ(test, vgpu_runlist_pick(&f->rl), &f->se[2]);
	KUNIT_EXPECT_PTR_EQ(test, vgpu_runlist_pick(&f->rl), &f->se[0]);
}

static void runlist_removed_is_not_picked(struct kunit *test)
{
	struct fixture *f = fixture(test);
	int i;

	for (i = 0; i < 3; i++)
		vgpu_runlist_add(&f->rl, &f->se[i], 0);
	vgpu_runlist_remove(&f->se[1]);
	vgpu_runlist_remove(&f->se[1]);
	KUNIT_EXPECT_PTR_EQ(test, vgpu_runlist_pick(&f->rl), &f->se[0]);
	KUNIT_EXPECT_PTR_EQ(test, vgpu_runlist_pick(&f->rl), &f->se[2]);
	KUNIT_EXPECT_NULL(test, vgpu_runlist_pick(&f->rl));
	/* It can come back. */
	KUNIT_EXPECT_TRUE(test, vgpu_runlist_add(&f->rl, &f->se[1], 9));
	KUNIT_EXPECT_PTR_EQ(test, vgpu_runlist_pick(&f->rl), &f->se[1]);
}

static void runlist_accounting(struct kunit *test)
{
	struct fixture *f = fixture(test);
	struct vgpu_sched_entity *se = &f->se[0];

	vgpu_runlist_add(&f->rl, se, 1000);
	vgpu_runlist_pick(&f->rl);
	vgpu_runlist_start(se, 1250, true);
	vgpu_runlist_stop(se, 400);
	KUNIT_EXPECT_EQ(test, se->wait_time, 250ULL);
	KUNIT_EXPECT_EQ(test, se->gpu_time, 400ULL);
	KUNIT_EXPECT_EQ(test, se->slices, 1ULL);
	KUNIT_EXPECT_EQ(test, se->switches, 1ULL);

	/* Its context is still loaded: a slice, no switch. */
	vgpu_runlist_add(&f->rl, se, 2000);
	vgpu_runlist_pick(&f->rl);
	vgpu_runlist_start(se, 2000, false);
	vgpu_runlist_stop(se, 7);
	KUNIT_EXPECT_EQ(test, se->wait_time, 250ULL);
	KUNIT_EXPECT_EQ(test, se->gpu_time, 407ULL);
	KUNIT_EXPECT_EQ(test, se->slices, 2ULL);
	KUNIT_EXPECT_EQ(test, se->switches, 1ULL);

	/* A clock that seems to go back takes nothing away. */
	vgpu_runlist_add(&f->rl, se, 3000);
	vgpu_runlist_pick(&f->rl);
	vgpu_runlist_start(se, 2999, false);
	KUNIT_EXPECT_EQ(test, se->wait_time, 250ULL);
}

/* A little machine: one engine, its clock, and what it must have charged. */
struct machine {
	struct fixture *f;
	struct rnd_state rnd;
	u64 now;
	u64 busy;
	u64 slices;
	u64 waited[NR];
	u64 since[NR];
	int behind[NR];		/* slices of others since it was queued */
	bool queued[NR];
	int last;		/* whose context is loaded */
	u64 switches;
};

static void machine_wake(struct kunit *test, struct machine *m, int i)
{
	bool added = vgpu_runlist_add(&m->f->rl, &m->f->se[i], m->now);

	KUNIT_ASSERT_EQ(test, added, !m->queued[i]);
	if (added) {
		m->since[i] = m->now;
		m->behind[i] = 0;
	}
	m->queued[i] = true;
}

static void machine_slice(struct kunit *test, struct machine *m)
{
	struct vgpu_sched_entity *se = vgpu_runlist_pick(&m->f->rl);
	u64 ran = prandom_u32_state(&m->rnd) % 2000;
	int i, who;

	if (!se) {
		for (i = 0; i < NR; i++)
			KUNIT_ASSERT_FALSE(test, m->queued[i]);
		return;
	}
	who = se - m->f->se;
	KUNIT_ASSERT_TRUE(test, m->queued[who]);
	/* Nobody waits for more than one slice of each of the others. */
	KUNIT_ASSERT_LT(test, m->behind[who], NR);
	m->queued[who] = false;
	m->waited[who] += m->now - m->since[who];
	vgpu_runlist_start(se, m->now, who != m->last);
	m->switches += who != m->last;
	m->last = who;
	m->now += ran;
	m->busy += ran;
	m->slices++;
	vgpu_runlist_stop(se, ran);
	for (i = 0; i < NR; i++)
		m->behind[i]++;
}

static void machine_sums(struct kunit *test, const struct machine *m)
{
	const struct vgpu_sched_entity *se = m->f->se;
	u64 gpu = 0, slices = 0, switches = 0;
	int i;

	for (i = 0; i < NR; i++) {
		gpu += se[i].gpu_time;
		slices += se[i].slices;
		switches += se[i].switches;
		KUNIT_ASSERT_EQ(test, se[i].wait_time, m->waited[i]);
		KUNIT_ASSERT_LE(test, se[i].switches, se[i].slices);
	}
	KUNIT_ASSERT_EQ(test, gpu, m->busy);
	KUNIT_ASSERT_EQ(test, slices, m->slices);
	KUNIT_ASSERT_EQ(test, switches, m->switches);
}

static void runlist_random(struct kunit *test)
{
	struct machine *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	u32 dice;
	int i, step;

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->f = fixture(test);
	m->last = -1;
	m->now = 1000000;
	prandom_seed_state(&m->rnd, 42);
	for (step = 0; step < 5000; step++) {
		dice = prandom_u32_state(&m->rnd);
		i = dice / 16 % NR;
		if (dice % 16 < 8) {
			machine_wake(test, m, i);
		} else if (dice % 16 < 9) {
			vgpu_runlist_remove(&m->f->se[i]);
			m->queued[i] = false;
		} else {
			machine_slice(test, m);
		}
		m->now += dice / 256 % 50;
		machine_sums(test, m);
	}
	KUNIT_EXPECT_GT(test, m->slices, 1000ULL);
}

static struct kunit_case runlist_cases[] = {
	KUNIT_CASE(runlist_empty_picks_nobody),
	KUNIT_CASE(runlist_add_twice),
	KUNIT_CASE(runlist_round_robin),
	KUNIT_CASE(runlist_newcomer_goes_last),
	KUNIT_CASE(runlist_removed_is_not_picked),
	KUNIT_CASE(runlist_accounting),
	KUNIT_CASE(runlist_random),
	{}
};

static struct kunit_suite runlist_suite = {
	.name = "vgpu_runlist",
	.test_cases = runlist_cases,
};

kunit_test_suite(runlist_suite);
