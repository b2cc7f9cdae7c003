// SPDX-License-Identifier: GPL-2.0
/*
 * The time-slice scheduler: one thread an engine.
 */

/**
 * DOC: scheduler
 *
 * Guests never touch an engine. What they want done lies in a queue: trapped
 * register writes (submit.c), a ring in their memory. When there is something to
 * do the backend kicks the queue (vgpu_queue_kick()), and the instance joins the
 * engine's run list. The engine's thread then repeats::
 *
 *                 work is queued
 *      idle  ----------------------->  waiting  <------------+
 *       ^                                 | picked           | slice used up,
 *       |                                 v                  | work is left
 *       +----------------------------  running  -------------+
 *         queue is empty
 *
 * 1. *pick* the next instance (policy: runlist.c);
 * 2. if the engine holds another one's context, *unload* that and *load* this
 *    one's;
 * 3. *start* pieces of its work and wait for each (wait.c) until the queue is
 *    empty or the slice is used up. An engine that can be pre-empted stops within
 *    a piece; else what cannot be cut in two can overrun the slice, and the
 *    overrun is owed;
 * 4. charge the time and go on.
 *
 * A context stays on the engine until another instance needs it: one busy
 * guest pays for no switches.
 *
 * The engine's lock is held for steps 1 to 4. An instance is taken off an
 * engine under the same lock (vgpu_sched_detach()), so the thread never holds
 * an instance that may go away: it owns no reference and needs none.
 *
 * If the engine does not come idle, or refuses a context, see hang.c; if the
 * machine sleeps, power.c.
 */
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched.h>

#include "../core.h"
#include "../trace.h"
#include "sched.h"

/* The lock of an engine that may be touched: waits until the machine is awake. */
static void lock_engine(struct vgpu_sched *eng)
{
	mutex_lock(&eng->hw_lock);
	while (eng->pd->asleep) {
		mutex_unlock(&eng->hw_lock);
		wait_event_idle(eng->pd->awake, !READ_ONCE(eng->pd->asleep));
		mutex_lock(&eng->hw_lock);
	}
}

/* What the host has of its own, neither a reset nor a sleep takes away. */
static bool always_there(const struct vgpu_pdev *pd)
{
	return pd->gpu.desc.vram.pages;
}

/**
 * vgpu_reach_lock_killable() - keep a GPU's memory within reach of the CPU
 * @pd: the GPU
 *
 * Neither a reset of the device nor the machine's sleep begins before
 * vgpu_reach_unlock(); others may have it within reach as well. Waits until the machine
 * is awake, and for whoever resets the device or is about to.
 *
 * Return: 0, -EINTR when the caller is killed.
 */
int vgpu_reach_lock_killable(struct vgpu_pdev *pd)
{
	while (!always_there(pd)) {
		if (down_read_killable(&pd->reset_lock))
			return -EINTR;
		if (!pd->asleep)
			break;
		up_read(&pd->reset_lock);
		if (wait_event_killable(pd->awake, !READ_ONCE(pd->asleep)))
			return -EINTR;
	}
	return 0;
}

/**
 * vgpu_reach_lock() - as vgpu_reach_lock_killable(), until it is
 * @pd: the GPU
 */
void vgpu_reach_lock(struct vgpu_pdev *pd)
{
	while (!always_there(pd)) {
		down_read(&pd->reset_lock);
		if (!pd->asleep)
			break;
		up_read(&pd->reset_lock);
		wait_event_idle(pd->awake, !READ_ONCE(pd->asleep));
	}
}

/**
 * vgpu_reach_trylock() - as vgpu_reach_lock(), but waits for nobody
 * @pd: the GPU
 *
 * Return: false when it is not within reach.
 */
bool vgpu_reach_trylock(struct vgpu_pdev *pd)
{
	if (always_there(pd))
		return true;
	if (!down_read_trylock(&pd->reset_lock))
		return false;
	if (!pd->asleep)
		return true;
	up_read(&pd->reset_lock);
	return false;
}

/**
 * vgpu_reach_unlock() - a GPU's memory may go out of reach again
 * @pd: the GPU
 */
void vgpu_reach_unlock(struct vgpu_pdev *pd)
{
	if (!always_there(pd))
		up_read(&pd->reset_lock);
}

/**
 * vgpu_sched_account() - an engine begins something else
 * @eng: the engine; engine context
 * @next: what
 *
 * The clock is read under the lock: who looks at the counters adds what has
 * passed since, and must not have seen more than is counted in the end.
 *
 * Return: ns spent on what it did before.
 */
u64 vgpu_sched_account(struct vgpu_sched *eng, enum vgpu_engine_state next)
{
	u64 spent;

	lockdep_assert_held(&eng->hw_lock);
	spin_lock_irq(&eng->rl_lock);
	spent = vgpu_runlist_account(&eng->rl, next, ktime_get_ns());
	spin_unlock_irq(&eng->rl_lock);
	return spent;
}

static int save_context(struct vgpu_sched *eng, struct vgpu_context *ctx)
{
	const struct vgpu_engine_ops *ops = eng->engine.desc->ops;
	int ret;

	if (!ops->unload)
		return 0;
	ret = ops->unload(&ctx->q);
	return ret ?: vgpu_engine_wait(eng, NULL, NULL);
}

/**
 * vgpu_sched_unload() - whatever an engine holds is put where it belongs
 * @eng: the engine; engine context
 *
 * Return: 0, or -errno: that context's owner is faulted, which has taken its time.
 */
int vgpu_sched_unload(struct vgpu_sched *eng)
{
	struct vgpu_context *ctx = eng->current_ctx;
	int ret;

	lockdep_assert_held(&eng->hw_lock);
	eng->current_ctx = NULL;
	/* It would not come idle once the GPU is lost: no fault of @ctx's. */
	if (!ctx || READ_ONCE(eng->pd->lost))
		return 0;
	ret = save_context(eng, ctx);
	if (ret)
		vgpu_hang_fault(eng, ctx, ret);
	return ret;
}

/*
 * Is there nothing more to do? Then @queued goes back to 0, so that the next kick
 * puts the instance on the run list. A kick just before has seen 1 and left it at
 * that, so the queue is looked at once more afterwards. If there is work now, who
 * of us turns 0 into 1 sees to it: we by going on, a kick by the run list.
 */
static bool queue_done(struct vgpu_context *ctx)
{
	const struct vgpu_queue_ops *ops = ctx->q.ops;

	if (ops->pending(&ctx->q))
		return false;
	atomic_set(&ctx->queued, 0);
	/* Pairs with the barrier in vgpu_queue_kick(). */
	smp_mb();
	return !ops->pending(&ctx->q) || atomic_xchg(&ctx->queued, 1);
}

/*
 * The part of the time of its traps that is charged to an instance, ns: once, to
 * its share of the engine that asks first.
 */
static u64 trap_surcharge(struct vgpu_sched *eng, struct vgpu_vdev *vd)
{
	return div_u64((u64)atomic64_xchg(&vd->trap_debt, 0) *
		       eng->rl.trap_charge, 100);
}

/* @begin: when the instance begins to pay; moved on when another was at fault. */
static int engine_load(struct vgpu_sched *eng, struct vgpu_context *ctx,
		       u64 *begin)
{
	struct vgpu_context *prev = eng->current_ctx;

	trace_vgpu_sched_switch(eng->engine.id, prev ? prev->q.inst->id : -1,
				ctx->q.inst->id);
	if (vgpu_sched_unload(eng))
		*begin = ktime_get_ns();
	/* Nothing runs now; on a GPU that is lost, it is nobody's fault. */
	if (eng->broken || READ_ONCE(eng->pd->lost))
		return 0;
	eng->current_ctx = ctx;
	return eng->engine.desc->ops->load(&ctx->q);
}

/*
 * Piece after piece, until the slice is over or all is done. What a promise of
 * another has cut is over: it does not begin anew.
 */
static int run_pieces(struct vgpu_sched *eng, struct vgpu_context *ctx,
		      u32 length)
{
	const struct vgpu_engine_ops *ops = eng->engine.desc->ops;
	u64 now = ktime_get_ns(), end;
	const struct vgpu_slice slice = { now, now + length };
	int ret;

	end = vgpu_slice_end(eng, &slice);
	do {
		ret = ops->start(&ctx->q, end - now);
		if (!ret)
			ret = vgpu_engine_wait(eng, ctx, &slice);
		now = ktime_get_ns();
		end = vgpu_slice_end(eng, &slice);
	} while (!ret && now < end && !READ_ONCE(eng->pd->lost) &&
		 ctx->q.ops->pending(&ctx->q));
	return ret;
}

/* The instance has the engine: from here on the time is its own. */
static u64 slice_begins(struct vgpu_sched *eng, struct vgpu_context *ctx,
			u64 begin, bool switched, u32 *slice)
{
	u64 waited;

	spin_lock_irq(&eng->rl_lock);
	waited = begin - min(begin, ctx->se.ready_since);
	vgpu_runlist_start(&eng->rl, &ctx->se, begin, switched);
	*slice = vgpu_runlist_slice(&eng->rl, &ctx->se);
	vgpu_runlist_account(&eng->rl, VGPU_ENGINE_BUSY, ktime_get_ns());
	spin_unlock_irq(&eng->rl_lock);
	return waited;
}

/* Return: work is left. */
static bool slice_ends(struct vgpu_sched *eng, struct vgpu_context *ctx,
		       u64 end, u64 ran, u64 load)
{
	bool left;

	/* Under the lock: a kick that finds it off the list adds it after. */
	spin_lock_irq(&eng->rl_lock);
	left = !queue_done(ctx);
	ctx->se.surcharge = trap_surcharge(eng, ctx->vd);
	vgpu_runlist_stop(&eng->rl, &ctx->se, end, ran, load, left);
	spin_unlock_irq(&eng->rl_lock);
	return left;
}

/* One slice. Entered with the engine in the state "switch". */
static void engine_run(struct vgpu_sched *eng, struct vgpu_context *ctx)
{
	struct vgpu_vdev *vd = ctx->vd;
	bool switched = eng->current_ctx != ctx, left;
	u64 begin = ktime_get_ns(), end, ran, waited, load;
	u32 slice;
	int ret = 0;

	lockdep_assert_held(&eng->hw_lock);
	if (switched)
		ret = engine_load(eng, ctx, &begin);
	waited = slice_begins(eng, ctx, begin, switched, &slice);
	load = eng->rl.since - begin;

	/* Work may have come while the instance was being faulted. */
	if (!vgpu_queue_accepts(&ctx->q)) {
		ctx->q.ops->forget(&ctx->q);
	} else if (!ret && !eng->broken) {
		eng->hung = vgpu_inject_hang(eng, ctx);
		ret = run_pieces(eng, ctx, slice);
	}
	ran = vgpu_sched_account(eng, VGPU_ENGINE_SWITCH);
	/* When the account was closed: later, the thread may have slept. */
	end = eng->rl.since;
	if (eng->engine.desc->ops->spent_ns)
		ran = eng->engine.desc->ops->spent_ns(&ctx->q, ran);
	if (ret)
		vgpu_hang_fault(eng, ctx, ret);
	eng->hung = false;

	left = slice_ends(eng, ctx, end, ran, load);
	trace_vgpu_sched_slice(eng->engine.id, vd->inst.id, slice, waited, ran,
			       end, left);
}

/* When somebody may run: 0 for now, U64_MAX for nobody. */
static u64 engine_wake(struct vgpu_sched *eng)
{
	u64 wake;

	if (READ_ONCE(eng->broken))
		return 0;
	spin_lock_irq(&eng->rl_lock);
	wake = vgpu_runlist_wake(&eng->rl);
	spin_unlock_irq(&eng->rl_lock);
	return wake;
}

static void engine_sleep(struct vgpu_sched *eng)
{
	u64 now = ktime_get_ns(), wake = engine_wake(eng);

	if (wake <= now)
		return;
	if (wake == U64_MAX)
		wait_event_interruptible(eng->wq, kthread_should_stop() ||
					 engine_wake(eng) != U64_MAX);
	else
		wait_event_interruptible_hrtimeout(eng->wq,
						   kthread_should_stop() ||
						   engine_wake(eng) < wake,
						   ns_to_ktime(wake - now));
}

static void engine_turn(struct vgpu_sched *eng)
{
	struct vgpu_sched_entity *se;

	lock_engine(eng);
	spin_lock_irq(&eng->rl_lock);
	se = vgpu_runlist_pick(&eng->rl, ktime_get_ns());
	if (se)
		vgpu_runlist_account(&eng->rl, VGPU_ENGINE_SWITCH,
				     ktime_get_ns());
	spin_unlock_irq(&eng->rl_lock);
	if (se)
		engine_run(eng, container_of(se, struct vgpu_context, se));
	if (!se || engine_wake(eng))
		vgpu_sched_account(eng, VGPU_ENGINE_IDLE);
	mutex_unlock(&eng->hw_lock);
}

static int engine_thread(void *data)
{
	struct vgpu_sched *eng = data;

	/* What it hands out is worth more than the time of any one process. */
	set_user_nice(current, MIN_NICE);
	while (!kthread_should_stop()) {
		engine_sleep(eng);
		if (READ_ONCE(eng->broken))
			vgpu_hang_recover(eng->pd);
		engine_turn(eng);
		cond_resched();
	}
	return 0;
}

static void change_members(struct vgpu_vdev *vd, int by)
{
	struct vgpu_context *ctx;

	for (ctx = vd->ctx; ctx < vgpu_ctx_end(vd); ctx++) {
		struct vgpu_sched *eng = ctx_sched(ctx);

		spin_lock_irq(&eng->rl_lock);
		eng->rl.members += by;
		spin_unlock_irq(&eng->rl_lock);
	}
}

/**
 * vgpu_sched_join() - an instance was opened: it counts as running from now on
 * @vd: the instance
 */
void vgpu_sched_join(struct vgpu_vdev *vd)
{
	change_members(vd, 1);
}

/**
 * vgpu_sched_leave() - an instance was closed; off all engines already
 * @vd: the instance
 */
void vgpu_sched_leave(struct vgpu_vdev *vd)
{
	change_members(vd, -1);
}

/**
 * vgpu_sched_init() - the engines of a GPU, nobody on them
 * @pd: the GPU
 * @slice: ns, or 0 to derive it from the number of instances
 */
void vgpu_sched_init(struct vgpu_pdev *pd, u32 slice)
{
	struct vgpu_sched *eng;

	init_rwsem(&pd->reset_lock);
	init_waitqueue_head(&pd->awake);
	vgpu_runlist_init(&pd->sharing, 0);
	pd->sharing.slice = slice;
	for (eng = pd->engines; eng < vgpu_engines_end(pd); eng++) {
		eng->pd = pd;
		eng->engine.gpu = &pd->gpu;
		eng->engine.id = eng - pd->engines;
		eng->engine.desc = &pd->gpu.desc.engines[eng->engine.id];
		init_waitqueue_head(&eng->wq);
		mutex_init(&eng->hw_lock);
		spin_lock_init(&eng->rl_lock);
		vgpu_runlist_init(&eng->rl, ktime_get_ns());
		eng->rl.slice = slice;
	}
}

static int start_engine(struct vgpu_sched *eng)
{
	struct task_struct *thread;

	thread = kthread_run(engine_thread, eng, "vgpu-%s/%s",
			     dev_name(eng->pd->gpu.desc.dev),
			     eng->engine.desc->name);
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	eng->thread = thread;
	return 0;
}

/**
 * vgpu_sched_start() - start the engines' threads
 * @pd: the GPU
 *
 * Return: 0 or -errno.
 */
int vgpu_sched_start(struct vgpu_pdev *pd)
{
	struct vgpu_sched *eng;
	int ret;

	for (eng = pd->engines; eng < vgpu_engines_end(pd); eng++) {
		ret = start_engine(eng);
		if (ret) {
			vgpu_sched_stop(pd);
			return ret;
		}
	}
	return 0;
}

/**
 * vgpu_sched_stop() - stop the engines' threads
 * @pd: the GPU; no instance is left
 */
void vgpu_sched_stop(struct vgpu_pdev *pd)
{
	struct vgpu_sched *eng;

	for (eng = pd->engines; eng < vgpu_engines_end(pd); eng++)
		if (eng->thread)
			kthread_stop(eng->thread);
}
