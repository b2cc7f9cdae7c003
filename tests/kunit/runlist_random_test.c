// SPDX-License-Identifier: GPL-2.0
/* The run list against a slow and simple one, at random. */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "../../drivers/vgpu/work/runlist.h"

#define NR	12
#define STEPS	20000
#define MSEC	1000000ULL

/**
 * struct machine - an engine and its clock
 * @rl: the run list
 * @se: instances
 * @rnd: random numbers
 * @now: ns
 * @busy: what must have been counted as GPU time, ns
 * @passed_over: picks of others since each one could be picked
 * @most_passed_over: the most that there ever were
 */
struct machine {
	struct vgpu_runlist rl;
	struct vgpu_sched_entity se[NR];
	struct rnd_state rnd;
	u64 now;
	u64 busy;
	u32 passed_over[NR];
	u32 most_passed_over;
};

static u32 roll(struct machine *m, u32 from, u32 to)
{
	return from + prandom_u32_state(&m->rnd) % (to - from + 1);
}

/* What the documentation says of one that is to be picked now. */
struct candidate {
	bool eligible;
	bool due;
	u64 vruntime;
	u64 due_since;
};

static struct candidate candidate(const struct machine *m,
				  const struct vgpu_sched_entity *se)
{
	struct candidate c = {
		.eligible = se->queue == VGPU_READY ||
			    (se->queue == VGPU_THROTTLED &&
			     se->not_before <= m->now),
		.vruntime = se->vruntime,
		.due_since = se->due,
	};

	if (se->queue == VGPU_THROTTLED) {
		if ((s64)(c.vruntime - m->rl.vtime) < 0)
			c.vruntime = m->rl.vtime;
		c.due_since = max(c.due_since, se->not_before);
	}
	c.due = c.eligible && se->min && c.due_since <= m->now;
	return c;
}

/* Is @a before @b? Those that are equal may go in any order. */
static bool before(struct candidate a, struct candidate b)
{
	if (!a.eligible || !b.eligible)
		return a.eligible && !b.eligible;
	if (a.due || b.due)
		return a.due && (!b.due || a.due_since < b.due_since);
	return (s64)(a.vruntime - b.vruntime) < 0;
}

static void expect_best(struct kunit *test, struct machine *m, int who,
			const struct candidate *all)
{
	bool somebody = false;
	int i;

	for (i = 0; i < NR; i++) {
		somebody |= all[i].eligible;
		if (who >= 0)
			KUNIT_ASSERT_FALSE(test, before(all[i], all[who]));
	}
	KUNIT_ASSERT_EQ(test, who >= 0, somebody);
	for (i = 0; i < NR; i++) {
		if (i == who || !all[i].eligible)
			m->passed_over[i] = 0;
		else
			m->passed_over[i]++;
		m->most_passed_over = max(m->most_passed_over,
					  m->passed_over[i]);
	}
}

static void slice(struct kunit *test, struct machine *m)
{
	struct candidate all[NR];
	struct vgpu_sched_entity *se;
	u64 ran, load, before;
	u32 length;
	int i;

	for (i = 0; i < NR; i++)
		all[i] = candidate(m, &m->se[i]);
	se = vgpu_runlist_pick(&m->rl, m->now);
	expect_best(test, m, se ? se - m->se : -1, all);
	if (!se) {
		KUNIT_ASSERT_GT(test, vgpu_runlist_wake(&m->rl), m->now);
		return;
	}

	before = se->gpu_time;
	length = vgpu_runlist_slice(&m->rl, se);
	KUNIT_ASSERT_GE(test, length, m->rl.slice / 2);
	KUNIT_ASSERT_LE(test, length, m->rl.slice);
	vgpu_runlist_start(&m->rl, se, m->now, true);
	load = roll(m, 0, 20000);
	m->now += load;
	if (roll(m, 0, 3) == 0)
		KUNIT_ASSERT_FALSE(test, vgpu_runlist_add(&m->rl, se, m->now));
	ran = roll(m, 0, 1) ? length : roll(m, 0, 3 * length);
	m->now += ran;
	m->busy += ran;
	se->surcharge = roll(m, 0, 3) ? 0 : roll(m, 0, MSEC);
	vgpu_runlist_stop(&m->rl, se, m->now, ran, load, roll(m, 0, 9));
	KUNIT_ASSERT_EQ(test, se->gpu_time, before + ran);
}

static void change(struct machine *m, struct vgpu_sched_entity *se)
{
	u32 min = roll(m, 0, 1) ? 0 : roll(m, 1, VGPU_PPM / 2 / NR);
	u32 cap = roll(m, 0, 1) ? VGPU_PPM : roll(m, VGPU_PPM / NR, VGPU_PPM);

	vgpu_runlist_set(&m->rl, se, roll(m, 50, 200), cap, min, m->now);
}

static void step(struct kunit *test, struct machine *m)
{
	struct vgpu_sched_entity *se = &m->se[roll(m, 0, NR - 1)];
	u32 dice = roll(m, 0, 999);
	bool off = se->queue == VGPU_OFF;

	if (dice < 200)
		KUNIT_ASSERT_EQ(test, vgpu_runlist_add(&m->rl, se, m->now), off);
	else if (dice < 220)
		vgpu_runlist_remove(&m->rl, se, m->now);
	else if (dice < 225)
		change(m, se);
	else if (dice < 227)
		vgpu_runlist_set_policy(&m->rl, roll(m, 0, VGPU_NR_POLICIES - 1),
					m->now);
	else if (dice < 230)
		m->rl.members = roll(m, 1, NR);
	else
		slice(test, m);
	m->now += roll(m, 0, 9) ? 0 : roll(m, 0, 5 * MSEC);
}

static unsigned int count(const struct rb_root_cached *root)
{
	struct rb_node *node;
	unsigned int n = 0;

	for (node = rb_first_cached(root); node; node = rb_next(node))
		n++;
	return n;
}

/* Each is in the trees that its state says, and nowhere else. */
static void expect_consistent(struct kunit *test, struct machine *m)
{
	unsigned int ready = 0, throttled = 0, promised = 0;
	u64 gpu = 0;
	int i;

	for (i = 0; i < NR; i++) {
		const struct vgpu_sched_entity *se = &m->se[i];

		ready += se->queue == VGPU_READY;
		promised += se->queue == VGPU_READY && se->min;
		throttled += se->queue == VGPU_THROTTLED;
		gpu += se->gpu_time;
	}
	KUNIT_ASSERT_EQ(test, count(&m->rl.ready), ready);
	KUNIT_ASSERT_EQ(test, count(&m->rl.promised), promised);
	KUNIT_ASSERT_EQ(test, count(&m->rl.throttled), throttled);
	KUNIT_ASSERT_EQ(test, m->rl.waiting, ready + throttled);
	KUNIT_ASSERT_EQ(test, gpu, m->busy);
}

/* Virtual time begins just before it wraps, so that it does so in between. */
static void runlist_random(struct kunit *test)
{
	struct machine *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, m);
	prandom_seed_state(&m->rnd, 42);
	m->now = 1000 * MSEC;
	vgpu_runlist_init(&m->rl, m->now);
	m->rl.members = NR;
	m->rl.vtime = -100 * MSEC;
	for (i = 0; i < NR; i++)
		vgpu_sched_entity_init(&m->se[i], 100, VGPU_PPM / NR);
	for (i = 0; i < STEPS; i++) {
		step(test, m);
		expect_consistent(test, m);
	}
	KUNIT_EXPECT_LT(test, m->rl.vtime, (u64)S64_MAX);
	/* Nobody starves: weights differ by 4, so that a turn may take long. */
	KUNIT_EXPECT_GT(test, m->most_passed_over, (u32)NR);
	KUNIT_EXPECT_LT(test, m->most_passed_over, 40U * NR);
	for (i = 0; i < NR; i++)
		KUNIT_EXPECT_GT(test, m->se[i].slices, (u64)STEPS / NR / 10);
}

/* Two that have work, and a run list whose virtual time is @vtime. */
static struct machine *two_ready(struct kunit *test, u64 vtime, u32 weight)
{
	struct machine *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->now = 1000 * MSEC;
	vgpu_runlist_init(&m->rl, m->now);
	m->rl.vtime = vtime;
	for (i = 0; i < 2; i++) {
		vgpu_sched_entity_init(&m->se[i], weight, VGPU_PPM);
		vgpu_runlist_add(&m->rl, &m->se[i], m->now);
	}
	return m;
}

/* Two that are always there alternate across the wrap of virtual time. */
static void runlist_wrap(struct kunit *test)
{
	struct machine *m = two_ready(test, -50 * MSEC, 1000);
	struct vgpu_sched_entity *se;
	int i;

	for (i = 0; i < 200; i++) {
		se = vgpu_runlist_pick(&m->rl, m->now);
		KUNIT_ASSERT_PTR_EQ(test, se, &m->se[i % 2]);
		vgpu_runlist_start(&m->rl, se, m->now, true);
		m->now += MSEC;
		vgpu_runlist_stop(&m->rl, se, m->now, MSEC, 0, true);
	}
	KUNIT_EXPECT_LT(test, m->rl.vtime, 100 * MSEC);
}

/* Charges beyond all reason do not overflow into a claim. */
static void runlist_huge(struct kunit *test)
{
	struct machine *m = two_ready(test, 0, VGPU_WEIGHT_MIN);
	struct vgpu_sched_entity *se;

	vgpu_runlist_set(&m->rl, &m->se[0], VGPU_WEIGHT_MIN, 1, 1, m->now);
	se = vgpu_runlist_pick(&m->rl, m->now);
	KUNIT_ASSERT_PTR_EQ(test, se, &m->se[0]);
	vgpu_runlist_start(&m->rl, se, m->now, true);
	m->now += 1ULL << 50;
	vgpu_runlist_stop(&m->rl, se, m->now, 1ULL << 50, 0, true);
	KUNIT_EXPECT_EQ(test, se->queue, VGPU_THROTTLED);
	KUNIT_EXPECT_GT(test, se->not_before, m->now);
	KUNIT_EXPECT_GT(test, (s64)(se->vruntime - m->rl.vtime), 0LL);
	se = vgpu_runlist_pick(&m->rl, m->now);
	KUNIT_EXPECT_PTR_EQ(test, se, &m->se[1]);
}

static struct kunit_case runlist_random_cases[] = {
	KUNIT_CASE(runlist_random),
	KUNIT_CASE(runlist_wrap),
	KUNIT_CASE(runlist_huge),
	{}
};

static struct kunit_suite runlist_random_suite = {
	.name = "vgpu_runlist_random",
	.test_cases = runlist_random_cases,
};

kunit_test_suite(runlist_random_suite);
