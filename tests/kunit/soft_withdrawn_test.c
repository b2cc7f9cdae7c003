// SPDX-License-Identifier: GPL-2.0
/*
 * A process that takes AlmaIF over from one that was killed: nothing of that is carried
 * out or told, and of its own nothing is lost.
 */
#include "soft_almaif_guest.h"
#include "state.h"

static void withdrawn_in_hands(struct kunit *test)
{
	struct vgpu_vdev *vd = started(test, 1);
	struct soft_worker *w = worker(test, vd);
	unsigned int i;

	for (i = 0; i < 3; i++)
		submit(vd, dispatch(i, 4, 8));
	taken(test, w);
	take_over(vd);
	/* It had the first one in its hands. */
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(w->over)));
	soft_worker_put(w);
	KUNIT_EXPECT_FALSE(test, READ_ONCE(vd->faulted));
	submit(vd, dispatch(3, 4, 8));
	w = worker(test, vd);
	take_and(test, w, VGPU_SOFT_DONE);
	KUNIT_EXPECT_TRUE(test, completed(vd, 3, SOFT_AQL_DONE));
	KUNIT_EXPECT_TRUE(test, mock_await(index_of(vd, SOFT_AQL_READ) == 1));
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, completion(vd, i), 0U);
	gone(vd, w);
}

/*
 * It has ended by itself before anybody came to end it: the next process has nothing of
 * that, and somebody to compute for it.
 */
static void withdrawn_with_its_worker(struct kunit *test)
{
	struct vgpu_vdev *vd = started(test, 1);
	struct soft_worker *w = worker(test, vd);
	struct soft_queue *sq = queue_of(vd);
	struct vgpu_sched *eng = engine_to_sched(sq->q->engine);

	submit(vd, dispatch(0, 4, 8));
	taken(test, w);
	/* The engine's thread stands still meanwhile. */
	mutex_lock(&vd->trap_lock);
	mutex_lock(&eng->hw_lock);
	begin_anew(vd);
	soft_client_lost(w);
	mutex_unlock(&eng->hw_lock);
	mutex_unlock(&vd->trap_lock);
	soft_worker_put(w);
	submit(vd, dispatch(1, 4, 8));
	KUNIT_ASSERT_TRUE(test, mock_await(READ_ONCE(sq->client.session) ||
					   READ_ONCE(vd->faulted)));
	KUNIT_ASSERT_FALSE(test, READ_ONCE(vd->faulted));
	w = worker(test, vd);
	take_and(test, w, VGPU_SOFT_DONE);
	KUNIT_EXPECT_TRUE(test, completed(vd, 1, SOFT_AQL_DONE));
	KUNIT_EXPECT_EQ(test, completion(vd, 0), 0U);
	gone(vd, w);
}

/* Half done, and then its worker goes away. */
static void leave_half_done(struct kunit *test, struct vgpu_vdev *vd)
{
	struct soft_worker *w = worker(test, vd);
	struct vgpu_queue *q = queue_of(vd)->q;
	struct vgpu_soft_turn turn;

	submit(vd, dispatch(0, 4, 80));
	turn = taken(test, w);
	q->ops->settle(q, true);
	hand_in(w, &turn, VGPU_SOFT_YIELD, 3);
	KUNIT_EXPECT_TRUE(test, mock_await(q->ops->settle(q, true)));
	soft_client_lost(w);
	soft_worker_put(w);
	vgpu_sched_unsettle(vd);
}

/*
 * What is withdrawn is not off the engine before there is a worker again. Commands that
 * come meanwhile, for each program one, are no other process.
 */
static void withdrawn_without_worker(struct kunit *test)
{
	struct vgpu_vdev *vd = started(test, 1);
	struct soft_worker *w;
	unsigned int i;

	leave_half_done(test, vd);
	take_over(vd);
	for (i = 1; i <= 3; i++) {
		submit(vd, dispatch(i, 4, 8));
		command(vd, ALMAIF_RESET);
		command(vd, ALMAIF_CONTINUE);
	}
	w = worker(test, vd);
	for (i = 1; i <= 3; i++) {
		take_and(test, w, VGPU_SOFT_DONE);
		KUNIT_EXPECT_TRUE(test, completed(vd, i, SOFT_AQL_DONE));
	}
	KUNIT_EXPECT_TRUE(test, mock_await(index_of(vd, SOFT_AQL_READ) == 3));
	KUNIT_EXPECT_EQ(test, completion(vd, 0), 0U);
	gone(vd, w);
}

/* Its memory is another's by now. */
static void withdrawn_when_answered(struct kunit *test)
{
	struct vgpu_vdev *vd = started(test, 1);
	struct soft_worker *w = worker(test, vd);
	struct soft_queue *sq = queue_of(vd);
	struct vgpu_sched *eng = engine_to_sched(sq->q->engine);
	struct soft_image *image;

	submit(vd, dispatch(0, 4, 8));
	taken(test, w);
	/* The engine's thread has an answer, and then it is withdrawn. */
	mutex_lock(&eng->hw_lock);
	spin_lock_irq(&sq->lock);
	sq->almaif->cancelled = true;
	image = soft_almaif_over(sq, SOFT_AQL_DONE);
	sq->has_work = false;
	spin_unlock_irq(&sq->lock);
	soft_image_put(image);
	mutex_unlock(&eng->hw_lock);
	KUNIT_EXPECT_EQ(test, completion(vd, 0), 0U);
	gone(vd, w);
}

/* Saved, and loaded again. */
static void goes_over(struct kunit *test, struct vgpu_vdev *from,
		      struct vgpu_vdev *to)
{
	state_pause(from);
	state_pause(to);
	state_move(test, from, to);
	state_resume(to);
	mock_gone(from);
	mock_gone(to);
}

/* As many as there is room for, beside one that is withdrawn: that can be saved. */
static void withdrawn_is_saved(struct kunit *test)
{
	struct vgpu_vdev *from = started(test, 1), *to = opened(test, TYPE_4C_S1, 2);
	unsigned int i;

	leave_half_done(test, from);
	take_over(from);
	for (i = 0; i < SOFT_ALMAIF_SLOTS; i++)
		submit(from, dispatch(1, 4, 8));
	command(from, ALMAIF_BREAK);
	goes_over(test, from, to);
}

/*
 * A fault forgets what is under way while another processor of the guest continues, which
 * has looked before that whether the ring is up, and sets it up before all of it is gone:
 * then there is nothing that is withdrawn.
 */
static void forgotten_is_not_withdrawn(struct kunit *test)
{
	struct vgpu_vdev *from = started(test, 1), *to = opened(test, TYPE_4C_S1, 2);
	struct soft_queue *sq = queue_of(from);
	struct soft_remains dead;

	leave_half_done(test, from);
	spin_lock_irq(&sq->lock);
	soft_almaif_forget(sq, &dead);
	/* As far as that one knows; and it is to be set up anew. */
	sq->almaif->up = true;
	sq->almaif->refused = true;
	spin_unlock_irq(&sq->lock);
	soft_almaif_free(&dead);
	command(from, ALMAIF_CONTINUE);
	soft_queue_disable(sq);
	KUNIT_EXPECT_EQ(test, rd(from, CONTROL + ALMAIF_STATUS), 0U);
	goes_over(test, from, to);
}

static struct kunit_case withdrawn_cases[] = {
	KUNIT_CASE(withdrawn_in_hands),
	KUNIT_CASE(withdrawn_with_its_worker),
	KUNIT_CASE(withdrawn_without_worker),
	KUNIT_CASE(withdrawn_when_answered),
	KUNIT_CASE(withdrawn_is_saved),
	KUNIT_CASE(forgotten_is_not_withdrawn),
	{}
};

static struct kunit_suite withdrawn_suite = {
	.name = "soft_withdrawn",
	.init = setup,
	.exit = teardown,
	.test_cases = withdrawn_cases,
};

kunit_test_suite(withdrawn_suite);

MODULE_LICENSE("GPL");
