// SPDX-License-Identifier: GPL-2.0
/*
 * How a dispatch leaves its engine when the slice is over, step by step: the test is the
 * engine's thread, and the worker, of which there is a process.
 */
#include <linux/kthread.h>

#include "soft_almaif_guest.h"

/* No test takes so long: nothing happens by itself. */
#define LONG	(1000ULL * NSEC_PER_SEC)

struct slice {
	struct vgpu_vdev *vd;
	struct soft_worker *w;
	struct soft_queue *sq;
	struct vgpu_sched *eng;
	const struct vgpu_engine_ops *ops;
	struct soft_engine *se;
};

/* A dispatch is on the engine, and the test has that. */
static struct slice slice_begins(struct kunit *test, struct pid *pid)
{
	struct fixture *f = test->priv;
	struct slice s = { .vd = started(test, 1) };

	s.w = worker(test, s.vd);
	s.w->pid = pid;
	s.sq = queue_of(s.vd);
	s.eng = engine_to_sched(s.sq->q->engine);
	s.ops = s.eng->engine.desc->ops;
	s.se = &f->soft.engines[s.eng->engine.id];
	mutex_lock(&s.eng->hw_lock);
	submit(s.vd, dispatch(0, 4, 8));
	KUNIT_EXPECT_EQ(test, s.ops->start(s.sq->q, 0), 0);
	KUNIT_EXPECT_PTR_EQ(test, s.se->computing, s.sq);
	return s;
}

/* It is done, and the engine's thread goes on. */
static void slice_over(struct kunit *test, struct slice *s)
{
	mutex_unlock(&s->eng->hw_lock);
	KUNIT_EXPECT_TRUE(test, completed(s->vd, 0, SOFT_AQL_DONE));
	KUNIT_EXPECT_FALSE(test, READ_ONCE(s->vd->faulted));
	gone(s->vd, s->w);
}

/*
 * The worker waits for a CPU, gets one and takes its turn when the slice is just over:
 * it has its grace, and whoever asks is to ask again when that is. Looks that come
 * meanwhile, for whatever reason, change nothing of that.
 */
static void taken_in_its_grace(struct kunit *test)
{
	struct slice s = slice_begins(test, soft_task_self());
	struct vgpu_soft_turn turn;
	unsigned int i;
	u64 poll;

	s.ops->preempt(s.sq->q);
	/* Which is long, and the worker has waited all the time. */
	s.se->grace_end = ktime_get_ns() + LONG;
	hrtimer_start(&s.se->timer, ns_to_ktime(LONG), HRTIMER_MODE_REL);
	s.sq->stay.since.at += LONG;
	poll = s.se->poll_ns;
	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_FALSE(test, s.ops->idle(&s.eng->engine));
	KUNIT_EXPECT_GE(test, (u64)hrtimer_get_expires_ns(&s.se->timer),
			s.se->grace_end);
	KUNIT_EXPECT_EQ(test, s.se->poll_ns, poll);
	KUNIT_EXPECT_TRUE(test, soft_turn_take(s.w, &turn));
	KUNIT_EXPECT_FALSE(test, s.ops->idle(&s.eng->engine));
	KUNIT_EXPECT_TRUE(test, hrtimer_active(&s.se->timer));
	hand_in(s.w, &turn, VGPU_SOFT_DONE, 0);
	KUNIT_EXPECT_TRUE(test, s.ops->idle(&s.eng->engine));
	slice_over(test, &s);
}

static int sleeps(void *unused)
{
	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

/* As the core waits for an engine. Return: in vain. */
static bool waits_in_vain(struct slice *s)
{
	u64 end = ktime_get_ns() + vgpu_engine_watchdog_ns(&s->eng->engine);
	bool late = false, idle;

	while (!(idle = s->ops->idle(&s->eng->engine)) && !late) {
		late = ktime_get_ns() >= end;
		schedule_timeout_idle(1);
	}
	return !idle;
}

/*
 * The worker sleeps where no signal gets to it, as one does that a debugger holds: it
 * is no reason to wait for the watchdog.
 */
static void never_stops(struct kunit *test)
{
	struct task_struct *sleeper = kthread_run(sleeps, NULL, "sleeper");
	struct vgpu_soft_turn turn;
	struct slice s;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, sleeper);
	s = slice_begins(test, get_task_pid(sleeper, PIDTYPE_TGID));
	KUNIT_EXPECT_TRUE(test, soft_turn_take(s.w, &turn));
	s.vd->pd->watchdog_us = USEC_PER_SEC;
	s.ops->preempt(s.sq->q);
	KUNIT_EXPECT_FALSE(test, waits_in_vain(&s));
	hand_in(s.w, &turn, VGPU_SOFT_DONE, 0);
	KUNIT_EXPECT_TRUE(test, s.ops->idle(&s.eng->engine));
	slice_over(test, &s);
	kthread_stop(sleeper);
}

static struct kunit_case soft_slice_cases[] = {
	KUNIT_CASE(taken_in_its_grace),
	KUNIT_CASE(never_stops),
	{}
};

static struct kunit_suite soft_slice_suite = {
	.name = "soft_slice",
	.init = setup,
	.exit = teardown,
	.test_cases = soft_slice_cases,
};

kunit_test_suite(soft_slice_suite);

MODULE_LICENSE("GPL");
