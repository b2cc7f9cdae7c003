// SPDX-License-Identifier: GPL-2.0
/*
 * A worker's turn: how a dispatch comes to a process, and how it comes back.
 *
 *	          post               take               hand in
 *	none ------------> posted <---------> taken ----------------> answered
 *	 ^                    |   give back     ^ |                       |
 *	 +-- withdraw, drop --+     stopped, <--+ +--> goes on            |
 *	 +------------------- the engine has looked, or drops it ---------+
 *
 * The engine's thread posts, withdraws, drops and looks; the process takes and hands in, in
 * one system call, so that whoever waits has nothing in its hands. When it ends, what it
 * has handed in is left to the engine. It is believed only where it cannot matter to
 * others: whether work is done, and how far, is its instance's own loss.
 */
#include "soft.h"
#include "soft_executor.h"

/* Return: what is wrong with what a worker says. */
static bool makes_sense(const struct soft_worker *w,
			const struct vgpu_soft_turn *in)
	__must_hold(&w->lock)
{
	lockdep_assert_held(&w->lock);
	if (in->status == VGPU_SOFT_NONE)
		return w->turn != SOFT_TURN_TAKEN;
	if (in->status > VGPU_SOFT_REFUSED || w->turn != SOFT_TURN_TAKEN ||
	    in->seq != w->out.seq)
		return false;
	return in->status != VGPU_SOFT_YIELD ||
	       (in->progress >= w->out.progress && in->progress <= w->groups);
}

/* It may go on with another, and all of its time from now on is charged. */
static void is_ready(struct soft_worker *w)
	__must_hold(&w->lock)
{
	lockdep_assert_held(&w->lock);
	if (w->ready)
		return;
	w->charged = soft_task_cpu_time(w->pid);
	WRITE_ONCE(w->ready, true);
	vgpu_queue_kick(w->sq->q);
}

/* Turns are counted from 1. */
static bool is_old(const struct soft_worker *w, const struct vgpu_soft_turn *in)
	__must_hold(&w->lock)
{
	lockdep_assert_held(&w->lock);
	return in->status != VGPU_SOFT_NONE && in->seq && in->seq == w->answered;
}

/**
 * soft_turn_hand_in() - a worker says what has become of its turn
 * @w: the worker
 * @in: what it says; a copy
 *
 * A system call that a signal has ended is made anew, with the same: that was handed
 * in already.
 *
 * Return: 0; -ENODEV when the session is over; -EINVAL for what makes no sense.
 */
int soft_turn_hand_in(struct soft_worker *w, const struct vgpu_soft_turn *in)
{
	unsigned long flags;
	bool old;
	int ret = 0;

	spin_lock_irqsave(&w->lock, flags);
	old = is_old(w, in);
	if (w->over)
		ret = -ENODEV;
	else if (!old && !makes_sense(w, in))
		ret = -EINVAL;
	if (!ret && !old && in->status != VGPU_SOFT_NONE) {
		w->in.status = in->status;
		w->in.fault = in->fault;
		w->in.progress = in->progress;
		w->in.when = soft_task_now(w->pid);
		w->answered = in->seq;
		w->turn = SOFT_TURN_ANSWERED;
		vgpu_engine_done(w->sq->q->engine);
	}
	if (!ret)
		is_ready(w);
	spin_unlock_irqrestore(&w->lock, flags);
	return ret;
}

/**
 * soft_turn_take() - a worker takes its next turn
 * @w: the worker
 * @out: the turn
 *
 * Return: false when there is none.
 */
bool soft_turn_take(struct soft_worker *w, struct vgpu_soft_turn *out)
{
	unsigned long flags;
	bool ok;

	spin_lock_irqsave(&w->lock, flags);
	ok = !w->over && w->turn == SOFT_TURN_POSTED;
	if (ok) {
		w->turn = SOFT_TURN_TAKEN;
		*out = w->out;
	}
	spin_unlock_irqrestore(&w->lock, flags);
	return ok;
}

/**
 * soft_turn_give_back() - a worker could not be told of the turn that it has taken
 * @w: the worker, of which no other thread may hand it in meanwhile
 *
 * It does not know the turn's number, and so could not hand it in. It may take it again, or
 * another worker does. Until then it is as if nobody had come for it: a worker that was
 * stopped meanwhile goes on with its next slice. What it writes by what it was told of it
 * is its own instance's loss.
 */
void soft_turn_give_back(struct soft_worker *w)
{
	unsigned long flags;

	spin_lock_irqsave(&w->lock, flags);
	/* Its session may be over. */
	if (w->turn == SOFT_TURN_TAKEN)
		WRITE_ONCE(w->turn, SOFT_TURN_POSTED);
	spin_unlock_irqrestore(&w->lock, flags);
}

static void describe(struct vgpu_soft_turn *out, const struct soft_almaif *a)
{
	const struct soft_dispatch *work = &a->work;
	u64 seq = out->seq + 1;
	unsigned int i;

	memset(out, 0, sizeof(*out));
	out->seq = seq;
	out->progress = a->progress;
	out->kernel = work->kernel;
	out->image = a->work_image ? a->work_image->generation : 0;
	out->dims = work->dims;
	for (i = 0; i < 3; i++) {
		out->grid[i] = work->grid[i];
		out->group[i] = work->group[i];
		out->first[i] = work->first[i];
	}
	out->args_size = work->args_size;
	out->mem = a->base + SOFT_ALMAIF_MEM;
	out->mem_size = a->mem_size;
	memcpy(out->args, work->args, work->args_size);
}

/**
 * soft_turn_post() - give a worker that has no turn the dispatch under way
 * @w: the worker
 * @a: of its instance; engine context: nobody else changes what is under way
 * @budget_ns: about how long it may take
 *
 * Return: false when its instance is to begin with nothing (soft_compute_settle()).
 */
bool soft_turn_post(struct soft_worker *w, const struct soft_almaif *a,
		    u64 budget_ns)
{
	struct soft_image *image = soft_image_get(a->work_image), *last;
	unsigned long flags;
	bool posted;

	spin_lock_irqsave(&w->lock, flags);
	describe(&w->out, a);
	w->out.budget_ns = budget_ns;
	w->groups = soft_aql_groups(&a->work);
	last = w->image;
	w->image = image;
	WRITE_ONCE(w->turn, SOFT_TURN_POSTED);
	/* Pairs with soft_compute_settle(): one of us sees what the other has done. */
	smp_mb();
	posted = !READ_ONCE(w->sq->settling);
	if (!posted)
		WRITE_ONCE(w->turn, SOFT_TURN_NONE);
	spin_unlock_irqrestore(&w->lock, flags);
	soft_image_put(last);
	if (posted)
		wake_up(&w->wq);
	return posted;
}

/* Who has it settle looks at both. */
static void have_looked(struct soft_worker *w)
	__must_hold(&w->lock)
{
	struct soft_queue *sq = w->sq;

	lockdep_assert_held(&w->lock);
	spin_lock(&sq->lock);
	if (w->in.status == VGPU_SOFT_FAULT)
		sq->failed = -EIO;
	w->turn = SOFT_TURN_NONE;
	spin_unlock(&sq->lock);
}

/**
 * soft_turn_look() - how far is a worker
 * @w: the worker
 * @answer: what it has handed in
 *
 * Return: its turn's state. %SOFT_TURN_ANSWERED is told once; of a fault its queue has
 * failed by then.
 */
enum soft_turn_state soft_turn_look(struct soft_worker *w,
				    struct soft_answer *answer)
{
	enum soft_turn_state turn;
	unsigned long flags;

	spin_lock_irqsave(&w->lock, flags);
	turn = w->turn;
	if (turn == SOFT_TURN_ANSWERED) {
		*answer = w->in;
		have_looked(w);
	}
	spin_unlock_irqrestore(&w->lock, flags);
	return turn;
}

static bool take_back(struct soft_worker *w, bool answered)
{
	unsigned long flags;
	bool ok;

	spin_lock_irqsave(&w->lock, flags);
	ok = w->turn != SOFT_TURN_TAKEN &&
	     (answered || w->turn != SOFT_TURN_ANSWERED);
	if (ok)
		w->turn = SOFT_TURN_NONE;
	spin_unlock_irqrestore(&w->lock, flags);
	return ok;
}

/**
 * soft_turn_withdraw() - take a turn back
 * @w: the worker
 *
 * The dispatch may be given to somebody again: nothing of it was done since it was
 * posted.
 *
 * Return: false when the worker has it in its hands, or has handed it in.
 */
bool soft_turn_withdraw(struct soft_worker *w)
{
	return take_back(w, false);
}

/**
 * soft_turn_drop() - take a turn back of which nobody wants to know any more
 * @w: the worker
 *
 * Return: false when the worker has it in its hands.
 */
bool soft_turn_drop(struct soft_worker *w)
{
	return take_back(w, true);
}

/**
 * soft_turn_leave() - a worker goes by itself
 * @w: the worker
 *
 * What it has handed in is left behind in its queue, unless the engine has looked
 * before; what it had not taken may be given to somebody else.
 *
 * Return: false when it has its turn in its hands.
 */
bool soft_turn_leave(struct soft_worker *w)
{
	struct soft_queue *sq = w->sq;
	unsigned long flags;
	bool ok;

	spin_lock_irqsave(&w->lock, flags);
	/* Who has it settle looks at both. */
	spin_lock(&sq->lock);
	if (w->turn == SOFT_TURN_ANSWERED)
		sq->left = w->in;
	ok = w->turn != SOFT_TURN_TAKEN;
	if (ok)
		w->turn = SOFT_TURN_NONE;
	spin_unlock(&sq->lock);
	spin_unlock_irqrestore(&w->lock, flags);
	return ok;
}

/**
 * soft_turn_charge() - GPU time that a worker has used
 * @w: the worker
 * @used: time of its dispatches on the engine since this was asked last, ns
 *
 * All of its process's CPU time counts, too: see soft_stay_charge().
 *
 * Return: ns.
 */
u64 soft_turn_charge(struct soft_worker *w, u64 used)
{
	u64 now = soft_task_cpu_time(w->pid);
	unsigned long flags;

	if (!w->pid)
		return used;
	spin_lock_irqsave(&w->lock, flags);
	used = soft_stay_charge(&w->charged, now, used, w->cpus);
	spin_unlock_irqrestore(&w->lock, flags);
	return used;
}
