// SPDX-License-Identifier: GPL-2.0
/*
 * Dispatches on a compute engine: what a process does for an instance, seen from the
 * engine. Engine context.
 *
 * A slice ends softly where the worker yields, which it is asked to by a word in
 * memory; and by force, by SIGSTOP, where it does not within GRACE. Then it is
 * nowhere in particular, and goes on by SIGCONT when its instance is on the engine
 * again, or had been done just then. So no program can hold the engine. One from which
 * no answer comes for as long as the watchdog allows, by its own time in its slices
 * (soft_stay.h), hangs: that is a fault of its instance, which ends the process. On a
 * host with much to do a worker may wait long for a CPU, or for a page, and is not to be
 * blamed for that; one that does not even want to run, is. One that is frozen stands,
 * and is not to be blamed: somebody has its cgroup frozen, or the machine is about to
 * sleep, or has just slept: then the engines are awake for a while, and processes are
 * not.
 *
 * An engine of modelled speed takes longer than its worker: what that has answered, but a
 * fault, counts when the time that is owed has passed, in this slice and the next ones.
 */
#include <linux/ktime.h>
#include <linux/minmax.h>

#include "soft.h"
#include "soft_executor.h"

/* How long a worker may take to yield. */
#define GRACE	(2 * NSEC_PER_MSEC)
/*
 * How long the engine waits for one that waits for a CPU: to get anywhere, which is
 * doubled so often when it was in vain, and to stop.
 */
#define PATIENCE	(20ULL * NSEC_PER_MSEC)
#define DOUBLED		8
/* One that could never answer for one of these hangs when it had the engine so long. */
#define STARVED		(60ULL * NSEC_PER_SEC)
/* When to look first whether one has been stopped; then later and later. */
#define POLL	(20 * NSEC_PER_USEC)
#define POLL_MAX	(10 * NSEC_PER_MSEC)

static void report(struct soft_queue *sq, const char *what, u32 number)
{
	struct vgpu_instance *inst = sq->q->inst;
	struct soft_instance *si = inst->priv;

	if (__ratelimit(&si->drops))
		dev_notice(inst->dev, "compute queue: kernel %u: the worker says: %s, %u\n",
			   sq->almaif->work.kernel, what, number);
}

/* Whoever answers is alive, if slow. */
static void is_alive(struct soft_queue *sq)
{
	sq->stuck = 0;
	sq->unanswered = 0;
}

/* Nobody wants to know what has become of the dispatch. */
static void forget(struct soft_queue *sq)
{
	spin_lock_irq(&sq->lock);
	sq->failed = 0;
	sq->left.status = VGPU_SOFT_NONE;
	sq->dropping = false;
	spin_unlock_irq(&sq->lock);
	is_alive(sq);
	sq->owes = false;
}

static bool hangs(const struct soft_queue *sq)
{
	u64 watchdog = vgpu_engine_watchdog_ns(sq->q->engine);

	return sq->stuck >= watchdog || sq->unanswered >= max(watchdog, STARVED);
}

static void progress(struct soft_queue *sq, u64 done)
{
	is_alive(sq);
	spin_lock_irq(&sq->lock);
	sq->almaif->progress = done;
	spin_unlock_irq(&sq->lock);
}

/*
 * The worker has handed its turn in. Return: -errno when that is a fault of its
 * instance, whose queue has failed already.
 */
static int settle(struct soft_queue *sq, const struct soft_answer *answer)
{
	switch (answer->status) {
	case VGPU_SOFT_DONE:
		is_alive(sq);
		soft_queue_over(sq, SOFT_AQL_DONE);
		return 0;
	case VGPU_SOFT_YIELD:
		progress(sq, answer->progress);
		return 0;
	case VGPU_SOFT_REFUSED:
		is_alive(sq);
		report(sq, "refused", answer->fault);
		soft_queue_over(sq, SOFT_AQL_FAILED);
		return 0;
	default:
		report(sq, "fault", answer->fault);
		return -EIO;
	}
}

/* Could the guest see something of the worker afterwards, which is about to leave. */
static bool waits_for_leaving(struct soft_queue *sq)
{
	bool waits;

	spin_lock_irq(&sq->lock);
	waits = sq->leaving;
	sq->dropping = waits;
	spin_unlock_irq(&sq->lock);
	return waits;
}

/* What became of a worker's turn. One that has answered may have been stopped just then. */
static enum soft_turn_state look(struct soft_worker *w, struct soft_answer *answer)
{
	enum soft_turn_state turn = soft_turn_look(w, answer);

	if (turn == SOFT_TURN_ANSWERED)
		soft_worker_go(w);
	return turn;
}

/*
 * The worker, if there is one, is to forget what is under way. If it has it in its hands,
 * it is ended, for it could not be told from here; @again: another one is wanted.
 */
static void drop_turn(struct soft_queue *sq, bool again)
{
	struct soft_worker *w = soft_worker_of(sq);

	if (!w)
		return;
	if (soft_turn_drop(w))
		/* It may have been stopped when it had just answered. */
		soft_worker_go(w);
	else
		soft_client_end(sq, again);
	soft_worker_put(w);
}

/*
 * The guest has withdrawn what is under way: nobody is to do any more of it. If its
 * worker has ended with it, another one is wanted. Return: it is over; else it is to be
 * dropped once more, when its worker has left.
 */
static bool drop(struct soft_queue *sq)
{
	drop_turn(sq, true);
	if (waits_for_leaving(sq))
		return false;
	if (READ_ONCE(sq->failed))
		soft_client_want(sq);
	forget(sq);
	soft_queue_over(sq, 0);
	return true;
}

static void begin(struct soft_engine *se, struct soft_queue *sq,
		  const struct soft_worker *w)
{
	se->engine = sq->q->engine;
	se->computing = sq;
	se->preempting = false;
	sq->stay = (struct soft_stay){ .since = soft_task_now(w->pid) };
}

/* It is in the kernel, where no signal reaches it, or its machine is about to sleep. */
static bool cannot_answer(const struct soft_worker *w)
{
	return soft_task_is_blocked(w->pid) || soft_task_is_frozen(w->pid);
}

/*
 * The engine waits longer for a worker the next time, if it has waited for a CPU in
 * vain.
 */
static void note_starved(const struct soft_engine *se, struct soft_queue *sq,
			 u64 own)
{
	if (!se->preempting || own >= GRACE)
		sq->starved = 0;
	else if (sq->starved < DOUBLED)
		sq->starved++;
}

/* The queue leaves the engine, with its worker's answer or without. */
static void end(struct soft_engine *se, const struct soft_answer *answer)
{
	struct soft_queue *sq = se->computing;
	struct soft_worker *w = soft_worker_of(sq);
	struct soft_moment now = soft_task_now(w ? w->pid : NULL), until = now;
	u64 spent = now.at - sq->stay.since.at, blame;
	bool blocked = w && !answer && cannot_answer(w);

	if (w)
		soft_worker_put(w);
	/* If this thread comes late, that is not the worker's fault. */
	if (answer)
		until = answer->when;
	hrtimer_cancel(&se->timer);
	se->computing = NULL;
	blame = soft_stay_blame(&sq->stay, &until, blocked);
	note_starved(se, sq, blame);
	sq->wall += spent;
	sq->used += soft_stay_used(&sq->stay, &until);
	sq->stuck += blame;
	sq->unanswered += spent;
}

/* Time passes that the queue owes. */
static void pay(struct soft_engine *se, struct soft_queue *sq)
{
	se->engine = sq->q->engine;
	se->computing = sq;
	se->paying = true;
	se->until = ktime_get_ns() + sq->owed;
	hrtimer_start(&se->timer, ns_to_ktime(sq->owed), HRTIMER_MODE_REL);
}

/* All of it has passed, or the queue leaves the engine. */
static void stop_paying(struct soft_engine *se)
{
	u64 now = ktime_get_ns();

	hrtimer_cancel(&se->timer);
	se->computing->owed = se->until > now ? se->until - now : 0;
	se->computing = NULL;
	se->paying = false;
}

static void leave(struct soft_engine *se)
{
	if (se->paying)
		stop_paying(se);
	else
		end(se, NULL);
}

/* Return: -errno when the answer is a fault of its instance: that is not waited for. */
static int answered(struct soft_queue *sq, const struct soft_answer *answer)
{
	sq->answer = *answer;
	sq->owed = 0;
	if (answer->status != VGPU_SOFT_FAULT)
		sq->owed = soft_slower(to_soft(sq->q->inst->gpu), sq->stuck);
	sq->owes = sq->owed;
	if (!sq->owes)
		return settle(sq, answer);
	/* Whoever saves the queue meanwhile saves what is done. */
	if (answer->status == VGPU_SOFT_YIELD)
		progress(sq, answer->progress);
	else if (answer->status == VGPU_SOFT_DONE)
		progress(sq, soft_aql_groups(&sq->almaif->work));
	return 0;
}

static void go_on(struct soft_queue *sq, struct soft_worker *w)
{
	soft_worker_yield(w, READ_ONCE(sq->settling));
	soft_worker_go(w);
}

static bool is_cancelled(struct soft_queue *sq)
{
	return READ_ONCE(sq->almaif->cancelled);
}

/* There was an answer before the slice. Return: as soft_compute_start(). */
static int take_answer(struct soft_engine *se, struct soft_queue *sq,
		       const struct soft_answer *answer)
{
	int ret = answered(sq, answer);

	if (sq->owes)
		pay(se, sq);
	return ret ?: !sq->owes;
}

/* What a worker has handed in that is gone. Return: there is something. */
static bool take_left(struct soft_queue *sq, struct soft_answer *answer)
{
	spin_lock_irq(&sq->lock);
	*answer = sq->left;
	if (answer->status == VGPU_SOFT_FAULT)
		sq->failed = -EIO;
	sq->left.status = VGPU_SOFT_NONE;
	spin_unlock_irq(&sq->lock);
	return answer->status != VGPU_SOFT_NONE;
}

/* With a worker. Return: as soft_compute_start(). */
static int start(struct soft_engine *se, struct soft_queue *sq,
		 struct soft_worker *w, u64 budget_ns)
{
	enum soft_turn_state turn;
	struct soft_answer answer;

	/* It may have answered since its last slice. */
	turn = look(w, &answer);
	if (turn != SOFT_TURN_ANSWERED && hangs(sq)) {
		/* If it has not come for its turn, it would not for the next. */
		soft_client_end(sq, false);
		soft_task_kill(w->pid);
		return -ETIMEDOUT;
	}
	switch (turn) {
	case SOFT_TURN_ANSWERED:
		return take_answer(se, sq, &answer);
	case SOFT_TURN_NONE:
		go_on(sq, w);
		if (soft_turn_post(w, sq->almaif, budget_ns))
			begin(se, sq, w);
		return 0;
	default:
		begin(se, sq, w);
		go_on(sq, w);
		return 0;
	}
}

/**
 * soft_compute_start() - have the dispatch under way carried out
 * @se: the engine
 * @sq: the queue whose it is
 * @budget_ns: about how long it may take
 *
 * Return: 0 when a worker is at it, or there is none yet; 1 when there is nothing to wait
 * for; -errno for a fault.
 */
int soft_compute_start(struct soft_engine *se, struct soft_queue *sq,
		       u64 budget_ns)
{
	struct soft_answer answer;
	struct soft_worker *w;
	int ret;

	vgpu_assert_engine_context(sq->q->engine);
	if (is_cancelled(sq))
		return drop(sq);
	/* It may have ended with its worker. */
	ret = READ_ONCE(sq->failed);
	if (ret)
		return ret;
	if (sq->owes) {
		pay(se, sq);
		return 0;
	}
	if (take_left(sq, &answer))
		return take_answer(se, sq, &answer);
	w = soft_worker_of(sq);
	if (!w)
		return 0;
	ret = start(se, sq, w, budget_ns);
	soft_worker_put(w);
	return ret;
}

/*
 * To be asked again soon, less and less often. When it is to be anyhow, that is soon
 * enough, and stays as it is: it may be the end of the worker's grace, and others have
 * this thread look, too.
 */
static void look_again(struct soft_engine *se)
{
	if (hrtimer_is_queued(&se->timer))
		return;
	hrtimer_start(&se->timer, ns_to_ktime(se->poll_ns), HRTIMER_MODE_REL);
	se->poll_ns = min_t(u64, 2 * se->poll_ns, POLL_MAX);
}

/* Before the core's watchdog gives it up: both are allowed, one after the other. */
static u64 patience(const struct soft_engine *se, unsigned int doubled)
{
	return min(PATIENCE << doubled, vgpu_engine_watchdog_ns(se->engine) / 4);
}

/* This thread may come late, too, and then decides at once. */
static u64 stop_end(const struct soft_engine *se, u64 now)
{
	return min(now + patience(se, 0),
		   se->grace_end + vgpu_engine_watchdog_ns(se->engine) / 2);
}

/*
 * Has the worker had its grace? From when that is seen the time is paid by the clock:
 * if this thread comes late, that is not the worker's fault.
 */
static bool is_beyond(struct soft_engine *se, const struct soft_worker *w)
{
	struct soft_stay *stay = &se->computing->stay;

	if (!se->preempting || ktime_get_ns() < se->grace_end)
		return false;
	if (!stay->beyond.at)
		stay->beyond = soft_task_now(w->pid);
	return true;
}

/*
 * The slice is over, and the worker has waited for a CPU nearly all the time: stopped
 * now, and again in each slice, it would get nowhere, for what it needs a CPU for first
 * is to be stopped. So the engine waits for it, but not for ever. Return: this is to be
 * asked again.
 */
static bool waits_for_cpu(struct soft_engine *se, struct soft_worker *w)
{
	const struct soft_queue *sq = se->computing;
	const struct soft_moment now = soft_task_now(w->pid);

	if (now.at >= se->grace_end + patience(se, sq->starved) ||
	    !soft_task_wants_cpu(w->pid) ||
	    soft_stay_own(&sq->stay, &now) >= GRACE)
		return false;
	look_again(se);
	return true;
}

/*
 * The slice is over, and the worker is at it. It needs a CPU to stop, and the engine's
 * thread comes before it. One that gets none for long, or comes by no place where it
 * would stop, does not hold the engine for that: it stops when it runs next, and what it
 * is given before that, it pays for. Return: it stands, or is to.
 */
static bool stands(struct soft_engine *se, struct soft_worker *w)
{
	struct soft_stay *stay = &se->computing->stay;
	u64 now = ktime_get_ns();

	if (!stay->stopped.at) {
		if (waits_for_cpu(se, w))
			return false;
		stay->stopped = soft_task_now(w->pid);
		stay->blocked = cannot_answer(w);
		se->stop_end = stop_end(se, now);
		soft_worker_stop(w);
	}
	if (soft_task_stands(w->pid) || now >= se->stop_end)
		return true;
	look_again(se);
	return false;
}

/* Return: the worker has nothing to do any more, or stands. */
static bool is_off(struct soft_engine *se, struct soft_worker *w)
{
	struct soft_queue *sq = se->computing;
	bool beyond = is_beyond(se, w);
	struct soft_answer answer;

	switch (look(w, &answer)) {
	case SOFT_TURN_ANSWERED:
		end(se, &answer);
		answered(sq, &answer);
		if (!sq->owes || se->preempting)
			return true;
		pay(se, sq);
		return false;
	case SOFT_TURN_TAKEN:
		if (!beyond || !stands(se, w))
			return false;
		end(se, NULL);
		return true;
	default:
		if (!se->preempting || waits_for_cpu(se, w))
			return false;
		/* It may take it in this moment, and be done: then the next look tells. */
		if (!soft_turn_withdraw(w)) {
			look_again(se);
			return false;
		}
		end(se, NULL);
		return true;
	}
}

/* Return: nothing is owed any more, and what was answered has been taken. */
static bool is_paid(struct soft_engine *se)
{
	struct soft_queue *sq = se->computing;

	if (ktime_get_ns() < se->until)
		return false;
	stop_paying(se);
	sq->owes = false;
	settle(sq, &sq->answer);
	return true;
}

/**
 * soft_compute_idle() - has a dispatch left the engine
 * @se: the engine, with one
 *
 * Return: true when it has, done or not.
 */
bool soft_compute_idle(struct soft_engine *se)
{
	struct soft_queue *sq = se->computing;
	struct soft_worker *w;
	bool off;

	vgpu_assert_engine_context(sq->q->engine);
	if (is_cancelled(sq)) {
		leave(se);
		drop(sq);
		return true;
	}
	if (se->paying)
		return is_paid(se);
	w = soft_worker_of(sq);
	if (!w) {
		/* It has gone away; if with its turn, soft_client_lost() says so. */
		end(se, NULL);
		return true;
	}
	off = is_off(se, w);
	soft_worker_put(w);
	return off;
}

/**
 * soft_compute_preempt() - the slice is over
 * @se: the engine, with a dispatch
 */
void soft_compute_preempt(struct soft_engine *se)
{
	struct soft_worker *w;

	vgpu_assert_engine_context(se->engine);
	if (se->paying) {
		stop_paying(se);
		return;
	}
	w = soft_worker_of(se->computing);
	if (w) {
		soft_worker_yield(w, true);
		soft_worker_put(w);
	}
	se->preempting = true;
	se->grace_end = ktime_get_ns() + GRACE;
	se->poll_ns = POLL;
	hrtimer_start(&se->timer, ns_to_ktime(GRACE), HRTIMER_MODE_REL);
}

/**
 * soft_compute_forget() - nobody is to do any more of a queue's dispatch
 * @se: the engine that the queue is for
 * @sq: the queue
 *
 * A worker that has it in its hands is ended: it could not be told from here.
 */
void soft_compute_forget(struct soft_engine *se, struct soft_queue *sq)
{
	vgpu_assert_engine_context(sq->q->engine);
	if (se->computing == sq)
		leave(se);
	drop_turn(sq, false);
	forget(sq);
}

/**
 * soft_compute_spent() - what a slice has cost
 * @sq: the queue
 * @ran: its length by the clock, ns
 *
 * Return: the time of the dispatches in it is what their worker has used, the rest is
 * by the clock.
 */
u64 soft_compute_spent(struct soft_queue *sq, u64 ran)
{
	u64 wall = min(sq->wall, ran), used = min(sq->used, wall);
	struct soft_worker *w;

	vgpu_assert_engine_context(sq->q->engine);
	sq->wall = 0;
	sq->used = 0;
	w = wall ? soft_worker_of(sq) : NULL;
	if (w) {
		used = soft_turn_charge(w, used);
		soft_worker_put(w);
	}
	return ran - wall + used;
}
