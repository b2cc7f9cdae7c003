// SPDX-License-Identifier: GPL-2.0
/*
 * Off the engines: an instance goes, is reset, or stands still for a while.
 *
 * What is done to an engine for that is done by a thread of the core's (call.c): those
 * who ask are users of one instance, and may get a CPU when they get one.
 */
#include <linux/freezer.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "../core.h"
#include "sched.h"

static void detach(void *data)
{
	struct vgpu_context *ctx = data;
	struct vgpu_sched *eng = ctx_sched(ctx);

	mutex_lock(&eng->hw_lock);
	spin_lock_irq(&eng->rl_lock);
	ctx->paused = false;
	vgpu_runlist_remove(&eng->rl, &ctx->se, ktime_get_ns());
	/* The thread may have been about to switch to it: no more. */
	vgpu_runlist_account(&eng->rl, VGPU_ENGINE_IDLE, ktime_get_ns());
	spin_unlock_irq(&eng->rl_lock);
	ctx->q.ops->forget(&ctx->q);
	atomic_set(&ctx->queued, 0);
	if (eng->current_ctx == ctx)
		eng->current_ctx = NULL;
	mutex_unlock(&eng->hw_lock);
}

/**
 * vgpu_sched_detach() - take an instance off all engines
 * @vd: the instance
 *
 * Its queued work is forgotten and its context is not saved. Nothing of it is
 * running when this returns, and it is not paused. The caller makes sure that
 * nothing new is queued, but for a doorbell that is rung meanwhile: that finds
 * nothing.
 */
void vgpu_sched_detach(struct vgpu_vdev *vd)
{
	struct vgpu_context *ctx;

	for (ctx = vd->ctx; ctx < vgpu_ctx_end(vd); ctx++)
		vgpu_engine_call(detach, ctx);
}

/**
 * vgpu_wait_ends() - is there a reason for the caller not to wait any longer
 *
 * For what may take long, and can begin anew. In a system call, any context of it.
 *
 * Return: 0; -EINTR when the caller is being killed; -ERESTARTNOINTR when the machine is
 * about to sleep: what is waited for may have been frozen, and the caller is to be.
 */
int vgpu_wait_ends(void)
{
	if (fatal_signal_pending(current))
		return -EINTR;
	return signal_pending(current) && freezing(current) ? -ERESTARTNOINTR : 0;
}

/* Who is in the midst of a piece has the engine until that is over, or faulted. */
static int settle(struct vgpu_context *ctx)
{
	int ret;

	while (!ctx->q.ops->settle(&ctx->q, true) &&
	       !READ_ONCE(ctx->vd->pd->lost)) {
		ret = vgpu_wait_ends();
		if (ret)
			return ret;
		vgpu_queue_kick(&ctx->q);
		schedule_timeout_idle(1);
	}
	return 0;
}

/**
 * vgpu_sched_unsettle() - let an instance's work begin with more again
 * @vd: the instance
 *
 * It does as soon as it is not paused. Also when it was not to settle. The engine may
 * have found nothing to do meanwhile, and nobody else says that there is.
 */
void vgpu_sched_unsettle(struct vgpu_vdev *vd)
{
	struct vgpu_context *ctx;

	for (ctx = vd->ctx; ctx < vgpu_ctx_end(vd); ctx++) {
		if (!ctx->q.ops->settle)
			continue;
		ctx->q.ops->settle(&ctx->q, false);
		if (ctx->q.ops->pending(&ctx->q))
			vgpu_queue_kick(&ctx->q);
	}
}

/**
 * vgpu_sched_settle() - have an instance's work come to where it can be saved
 * @vd: the instance; process context, no lock of an engine held
 *
 * Takes as long as the watchdog allows an engine without an answer, by the time that it
 * has the engine: by the clock as many times longer as others have that, or its cap is
 * lower; and until what worked for it and is to leave has left, for which it may have to
 * wait for a page fault of its VMM's. One that is paused has settled before.
 *
 * Return: 0: it begins with nothing until vgpu_sched_unsettle(); -EINTR when the caller
 * was killed before it had settled, -ERESTARTNOINTR when the machine is about to sleep,
 * for the system call to begin again afterwards: then it goes on.
 */
int vgpu_sched_settle(struct vgpu_vdev *vd)
{
	struct vgpu_context *ctx;
	int ret = 0;

	might_sleep();
	for (ctx = vd->ctx; !ret && ctx < vgpu_ctx_end(vd); ctx++)
		if (ctx->q.ops->settle)
			ret = settle(ctx);
	if (ret)
		vgpu_sched_unsettle(vd);
	return ret;
}

static void pause(void *data)
{
	struct vgpu_context *ctx = data;
	struct vgpu_sched *eng = ctx_sched(ctx);

	mutex_lock(&eng->hw_lock);
	spin_lock_irq(&eng->rl_lock);
	ctx->paused = true;
	vgpu_runlist_remove(&eng->rl, &ctx->se, ktime_get_ns());
	spin_unlock_irq(&eng->rl_lock);
	if (eng->current_ctx == ctx) {
		vgpu_sched_account(eng, VGPU_ENGINE_SWITCH);
		vgpu_sched_unload(eng);
	}
	vgpu_sched_account(eng, VGPU_ENGINE_IDLE);
	mutex_unlock(&eng->hw_lock);
}

/**
 * vgpu_sched_pause() - take an instance off all engines, and keep its work
 * @vd: the instance; trap lock held
 *
 * Nothing of it runs when this returns, or before vgpu_sched_resume() or
 * vgpu_sched_detach(): its contexts are where they belong, and a kick changes
 * nothing.
 */
void vgpu_sched_pause(struct vgpu_vdev *vd)
{
	struct vgpu_context *ctx;

	lockdep_assert_held(&vd->trap_lock);
	for (ctx = vd->ctx; ctx < vgpu_ctx_end(vd); ctx++)
		vgpu_engine_call(pause, ctx);
}

/**
 * vgpu_sched_resume() - let an instance that was paused go on
 * @vd: the instance; trap lock held
 */
void vgpu_sched_resume(struct vgpu_vdev *vd)
{
	struct vgpu_context *ctx;

	lockdep_assert_held(&vd->trap_lock);
	for (ctx = vd->ctx; ctx < vgpu_ctx_end(vd); ctx++) {
		struct vgpu_sched *eng = ctx_sched(ctx);

		if (!ctx->paused)
			continue;
		spin_lock_irq(&eng->rl_lock);
		ctx->paused = false;
		atomic_set(&ctx->queued, 0);
		spin_unlock_irq(&eng->rl_lock);
		/* Once more for whoever has kicked it in the meantime. */
		smp_mb();
		if (ctx->q.ops->pending(&ctx->q))
			vgpu_queue_kick(&ctx->q);
	}
}

/**
 * vgpu_sched_paused() - does an instance stand still
 * @vd: the instance; trap lock held
 *
 * Return: true between vgpu_sched_pause() and vgpu_sched_resume(), and always of
 * one that is on no engine.
 */
bool vgpu_sched_paused(const struct vgpu_vdev *vd)
{
	const struct vgpu_context *ctx;

	lockdep_assert_held(&vd->trap_lock);
	for (ctx = vd->ctx; ctx < vgpu_ctx_end(vd); ctx++)
		if (!ctx->paused)
			return false;
	return true;
}
