// SPDX-License-Identifier: GPL-2.0
/*
 * A worker's turn: when it may be taken back. A dispatch of which the answer is lost is
 * carried out once more, which is wrong for programs that work in place.
 */
#include <kunit/test.h>

#include "../../drivers/soft/soft.h"
#include "../../drivers/soft/soft_executor.h"

static struct soft_worker *worker(struct kunit *test, enum soft_turn_state turn)
{
	struct soft_worker *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	struct soft_queue *sq = kunit_kzalloc(test, sizeof(*sq), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	KUNIT_ASSERT_NOT_NULL(test, sq);
	spin_lock_init(&w->lock);
	spin_lock_init(&sq->lock);
	w->sq = sq;
	w->turn = turn;
	w->in.status = VGPU_SOFT_DONE;
	return w;
}

static void turn_withdrawn(struct kunit *test)
{
	struct soft_worker *w = worker(test, SOFT_TURN_POSTED);
	struct vgpu_soft_turn turn;

	KUNIT_EXPECT_TRUE(test, soft_turn_withdraw(w));
	KUNIT_EXPECT_FALSE(test, soft_turn_take(w, &turn));
	KUNIT_EXPECT_TRUE(test, soft_turn_withdraw(w));
}

static void turn_in_hands(struct kunit *test)
{
	struct soft_worker *w = worker(test, SOFT_TURN_TAKEN);

	KUNIT_EXPECT_FALSE(test, soft_turn_withdraw(w));
	KUNIT_EXPECT_FALSE(test, soft_turn_drop(w));
	KUNIT_EXPECT_EQ(test, w->turn, SOFT_TURN_TAKEN);
}

/* The process could not be told of it: it takes it again, or somebody else does. */
static void turn_given_back(struct kunit *test)
{
	struct soft_worker *w = worker(test, SOFT_TURN_POSTED);
	struct vgpu_soft_turn turn = {}, again = {};

	w->out.seq = 7;
	KUNIT_EXPECT_TRUE(test, soft_turn_take(w, &turn));
	soft_turn_give_back(w);
	KUNIT_EXPECT_TRUE(test, soft_turn_take(w, &again));
	KUNIT_EXPECT_EQ(test, again.seq, turn.seq);
	KUNIT_EXPECT_FALSE(test, soft_turn_withdraw(w));
	soft_turn_give_back(w);
	KUNIT_EXPECT_TRUE(test, soft_turn_withdraw(w));
	soft_turn_give_back(w);
	KUNIT_EXPECT_EQ(test, w->turn, SOFT_TURN_NONE);
}

/* It was handed in since the engine has looked, and counts. */
static void turn_handed_in(struct kunit *test)
{
	struct soft_worker *w = worker(test, SOFT_TURN_ANSWERED);
	struct soft_answer answer = {};

	KUNIT_EXPECT_FALSE(test, soft_turn_withdraw(w));
	KUNIT_EXPECT_EQ(test, soft_turn_look(w, &answer), SOFT_TURN_ANSWERED);
	KUNIT_EXPECT_EQ(test, answer.status, VGPU_SOFT_DONE);
	KUNIT_EXPECT_EQ(test, soft_turn_look(w, &answer), SOFT_TURN_NONE);
}

static void turn_dropped(struct kunit *test)
{
	struct soft_worker *w = worker(test, SOFT_TURN_ANSWERED);
	struct soft_answer answer;

	KUNIT_EXPECT_TRUE(test, soft_turn_drop(w));
	KUNIT_EXPECT_EQ(test, soft_turn_look(w, &answer), SOFT_TURN_NONE);
}

/* Whoever has it settle does not look again: so nothing may come after. */
static void turn_not_posted_any_more(struct kunit *test)
{
	struct soft_worker *w = worker(test, SOFT_TURN_NONE);
	struct soft_almaif *a = kunit_kzalloc(test, sizeof(*a), GFP_KERNEL);
	struct soft_queue *sq = w->sq;

	KUNIT_ASSERT_NOT_NULL(test, a);
	a->work = (struct soft_dispatch) {
		.dims = 1, .grid = { 1, 1, 1 }, .group = { 1, 1, 1 },
	};
	init_waitqueue_head(&w->wq);
	sq->settling = true;
	KUNIT_EXPECT_FALSE(test, soft_turn_post(w, a, 0));
	KUNIT_EXPECT_EQ(test, w->turn, SOFT_TURN_NONE);
	sq->settling = false;
	KUNIT_EXPECT_TRUE(test, soft_turn_post(w, a, 0));
	KUNIT_EXPECT_EQ(test, w->turn, SOFT_TURN_POSTED);
}

static bool is_settled(struct soft_queue *sq)
{
	bool settled;

	spin_lock_irq(&sq->lock);
	settled = soft_compute_is_settled(sq);
	spin_unlock_irq(&sq->lock);
	return settled;
}

/* Until the engine has looked, it has not come to where it could be saved. */
static void turn_left(struct kunit *test)
{
	struct soft_worker *w = worker(test, SOFT_TURN_ANSWERED);
	struct soft_queue *sq = w->sq;

	sq->settling = true;
	KUNIT_EXPECT_TRUE(test, soft_turn_leave(w));
	KUNIT_EXPECT_EQ(test, sq->left.status, (u32)VGPU_SOFT_DONE);
	KUNIT_EXPECT_FALSE(test, is_settled(sq));
	sq->left.status = VGPU_SOFT_NONE;
	KUNIT_EXPECT_TRUE(test, is_settled(sq));
	w->turn = SOFT_TURN_TAKEN;
	KUNIT_EXPECT_FALSE(test, soft_turn_leave(w));
	w->turn = SOFT_TURN_POSTED;
	KUNIT_EXPECT_TRUE(test, soft_turn_leave(w));
	KUNIT_EXPECT_EQ(test, sq->left.status, (u32)VGPU_SOFT_NONE);
}

/* It is not settled when the engine has looked: first its instance is faulted. */
static void turn_fault(struct kunit *test)
{
	struct soft_worker *w = worker(test, SOFT_TURN_ANSWERED);
	struct soft_queue *sq = w->sq;
	struct soft_answer answer = {};

	sq->settling = true;
	sq->worker = w;
	w->in.status = VGPU_SOFT_FAULT;
	KUNIT_EXPECT_FALSE(test, is_settled(sq));
	KUNIT_EXPECT_EQ(test, soft_turn_look(w, &answer), SOFT_TURN_ANSWERED);
	KUNIT_EXPECT_EQ(test, answer.status, (u32)VGPU_SOFT_FAULT);
	KUNIT_EXPECT_EQ(test, w->turn, SOFT_TURN_NONE);
	KUNIT_EXPECT_FALSE(test, is_settled(sq));
}

/*
 * Whoever ends a session kills a worker that is stopped, or is to be: one that is stopped
 * after that would stand for ever.
 */
static void turn_stopped(struct kunit *test)
{
	struct soft_worker *w = worker(test, SOFT_TURN_TAKEN);

	soft_worker_stop(w);
	KUNIT_EXPECT_TRUE(test, w->stopped);
	soft_worker_go(w);
	KUNIT_EXPECT_FALSE(test, w->stopped);
	w->over = true;
	soft_worker_stop(w);
	KUNIT_EXPECT_FALSE(test, w->stopped);
}

static struct kunit_case soft_turn_cases[] = {
	KUNIT_CASE(turn_withdrawn),
	KUNIT_CASE(turn_not_posted_any_more),
	KUNIT_CASE(turn_in_hands),
	KUNIT_CASE(turn_given_back),
	KUNIT_CASE(turn_handed_in),
	KUNIT_CASE(turn_dropped),
	KUNIT_CASE(turn_left),
	KUNIT_CASE(turn_fault),
	KUNIT_CASE(turn_stopped),
	{}
};

static struct kunit_suite soft_turn_suite = {
	.name = "soft_turn",
	.test_cases = soft_turn_cases,
};

kunit_test_suite(soft_turn_suite);

MODULE_LICENSE("GPL");
