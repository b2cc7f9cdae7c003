// SPDX-License-Identifier: GPL-2.0
/*
 * A worker that ends when it has handed its turn in, before anybody has looked: what it
 * has handed in counts, and is carried out by nobody else.
 */
#include <linux/delay.h>

#include "soft_almaif_guest.h"

static void ends_after(struct kunit *test, struct vgpu_vdev *vd, u32 items,
		       u32 status, u64 progress)
{
	struct soft_worker *w = worker(test, vd);
	struct vgpu_soft_turn turn;

	submit(vd, dispatch(0, 4, items));
	turn = taken(test, w);
	hand_in(w, &turn, status, progress);
	/* The engine's thread has not had the CPU since. */
	soft_client_lost(w);
	soft_worker_put(w);
}

static void left_done(struct kunit *test)
{
	struct vgpu_vdev *vd = started(test, 1);
	struct soft_worker *w;

	ends_after(test, vd, 8, VGPU_SOFT_DONE, 0);
	/* Nobody else is needed for that. */
	KUNIT_EXPECT_TRUE(test, completed(vd, 0, SOFT_AQL_DONE));
	KUNIT_EXPECT_EQ(test, counted(vd, VGPU_CLASS_COMPUTE, VGPU_QUEUE_OPS),
			1ULL);
	submit(vd, dispatch(1, 4, 8));
	w = worker(test, vd);
	take_and(test, w, VGPU_SOFT_DONE);
	KUNIT_EXPECT_TRUE(test, completed(vd, 1, SOFT_AQL_DONE));
	KUNIT_EXPECT_FALSE(test, READ_ONCE(vd->faulted));
	gone(vd, w);
}

/* The next one goes on from there. */
static void left_half_done(struct kunit *test)
{
	struct vgpu_vdev *vd = started(test, 1);
	struct vgpu_soft_turn turn;
	struct soft_worker *w;

	ends_after(test, vd, 80, VGPU_SOFT_YIELD, 7);
	w = worker(test, vd);
	turn = taken(test, w);
	KUNIT_EXPECT_EQ(test, turn.progress, 7ULL);
	hand_in(w, &turn, VGPU_SOFT_DONE, 0);
	KUNIT_EXPECT_TRUE(test, completed(vd, 0, SOFT_AQL_DONE));
	KUNIT_EXPECT_FALSE(test, READ_ONCE(vd->faulted));
	gone(vd, w);
}

/* As if it were still there; and what comes after a reset has nothing of it. */
static void left_fault(struct kunit *test)
{
	struct vgpu_vdev *vd = started(test, 1);
	struct soft_worker *w;

	ends_after(test, vd, 8, VGPU_SOFT_FAULT, 0);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(vd->faulted)));
	mock_reset(vd);
	command(vd, ALMAIF_CONTINUE);
	w = worker(test, vd);
	submit(vd, dispatch(0, 4, 8));
	take_and(test, w, VGPU_SOFT_DONE);
	KUNIT_EXPECT_TRUE(test, completed(vd, 0, SOFT_AQL_DONE));
	gone(vd, w);
}

/*
 * In the midst of one, and somebody has the instance stand still: it could not be saved
 * so, half done. The fault comes first.
 */
static void left_while_it_settles(struct kunit *test)
{
	struct vgpu_vdev *vd = started(test, 1);
	struct soft_worker *w = worker(test, vd);
	struct vgpu_queue *q = queue_of(vd)->q;
	struct vgpu_sched *eng = engine_to_sched(q->engine);

	submit(vd, dispatch(0, 4, 80));
	taken(test, w);
	/* The engine's thread stands still meanwhile. */
	mutex_lock(&eng->hw_lock);
	KUNIT_EXPECT_FALSE(test, q->ops->settle(q, true));
	soft_client_lost(w);
	KUNIT_EXPECT_FALSE(test, q->ops->settle(q, true));
	mutex_unlock(&eng->hw_lock);
	KUNIT_EXPECT_EQ(test, vgpu_function_halt(vd), 0);
	KUNIT_EXPECT_TRUE(test, READ_ONCE(vd->faulted));
	vgpu_function_go(vd);
	gone(vd, w);
}

/*
 * The same of a fault that was handed in: what the engine's modelled speed makes of its
 * time is not waited for, and nobody comes between.
 */
static void fault_while_it_settles(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vgpu_vdev *vd = started(test, 1);
	struct soft_worker *w = worker(test, vd);
	struct vgpu_soft_turn turn;

	f->soft.knobs.speed_percent = 1;
	submit(vd, dispatch(0, 4, 80));
	turn = taken(test, w);
	/* Of which a hundredfold would be owed. */
	msleep(20);
	hand_in(w, &turn, VGPU_SOFT_FAULT, 0);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(w->turn) == SOFT_TURN_NONE));
	KUNIT_EXPECT_EQ(test, vgpu_function_halt(vd), 0);
	KUNIT_EXPECT_TRUE(test, READ_ONCE(vd->faulted));
	vgpu_function_go(vd);
	gone(vd, w);
}

static struct kunit_case soft_left_cases[] = {
	KUNIT_CASE(left_done),
	KUNIT_CASE(left_half_done),
	KUNIT_CASE(left_fault),
	KUNIT_CASE(left_while_it_settles),
	KUNIT_CASE(fault_while_it_settles),
	{}
};

static struct kunit_suite soft_left_suite = {
	.name = "soft_left",
	.init = setup,
	.exit = teardown,
	.test_cases = soft_left_cases,
};

kunit_test_suite(soft_left_suite);

MODULE_LICENSE("GPL");
