// SPDX-License-Identifier: GPL-2.0
/*
 * Where a compute queue can be saved. A worker that is somewhere in the midst of a
 * work-group cannot be moved: so before its instance is, it is told to yield, and gets its
 * slices until it does; then it gets no more turns.
 */
#include "soft.h"
#include "soft_executor.h"

/**
 * soft_compute_is_settled() - is a queue to begin no more, and has it nothing begun
 * @sq: the queue; its lock is held
 *
 * Return: true when nobody needs to look at it.
 */
bool soft_compute_is_settled(const struct soft_queue *sq)
	__must_hold(&sq->lock)
{
	lockdep_assert_held(&sq->lock);
	return READ_ONCE(sq->settling) && !sq->failed && !sq->leaving &&
	       !sq->dropping && sq->left.status == VGPU_SOFT_NONE &&
	       (!sq->worker ||
		READ_ONCE(sq->worker->turn) == SOFT_TURN_NONE);
}

/**
 * soft_compute_settle() - see &vgpu_queue_ops.settle
 * @q: a compute queue
 * @on: see there
 *
 * Return: no worker is in the midst of something.
 */
bool soft_compute_settle(struct vgpu_queue *q, bool on)
{
	struct soft_queue *sq = q->priv;
	bool settled;

	WRITE_ONCE(sq->settling, on);
	/* Pairs with soft_turn_post(). */
	smp_mb();
	spin_lock_irq(&sq->lock);
	settled = !on || soft_compute_is_settled(sq);
	if (on && sq->worker)
		soft_worker_yield(sq->worker, true);
	spin_unlock_irq(&sq->lock);
	return settled;
}
