// SPDX-License-Identifier: GPL-2.0
/*
 * Waiting for an engine: the one place where that is done. A backend starts
 * work and says whether the engine is idle; this looks, sleeps, has the engine
 * pre-empted when a slice is over, and gives up when the watchdog says so.
 */
#include <linux/delay.h>
#include <linux/ktime.h>

#include "../core.h"
#include "sched.h"

/* How long to look without sleeping, ns. */
#define SPIN_NS		(20 * NSEC_PER_USEC)
/* How long to sleep between two looks, microseconds. */
#define LOOK_US		20

/**
 * vgpu_engine_done() - an engine has come idle, or may have
 * @e: the engine
 *
 * For engines with &vgpu_engine_desc.event. Any context, interrupts too.
 */
void vgpu_engine_done(struct vgpu_engine *e)
{
	struct vgpu_sched *eng = engine_to_sched(e);

	WRITE_ONCE(eng->done, true);
	wake_up(&eng->wq);
}
EXPORT_SYMBOL_GPL(vgpu_engine_done);

/**
 * vgpu_engine_watchdog_ns() - how long an engine may take to come idle
 * @e: the engine
 *
 * Return: ns; an operator changes it.
 */
u64 vgpu_engine_watchdog_ns(const struct vgpu_engine *e)
{
	return (u64)READ_ONCE(e->gpu->pd->watchdog_us) * NSEC_PER_USEC;
}
EXPORT_SYMBOL_GPL(vgpu_engine_watchdog_ns);

/**
 * vgpu_slice_end() - when an instance has to give an engine up
 * @eng: the engine; engine context
 * @slice: what it was given
 *
 * A promise of another that falls due moves that forward, where the engine can be
 * pre-empted: so ask again rather than keep the answer.
 *
 * Return: ns, at most the end of @slice.
 */
u64 vgpu_slice_end(struct vgpu_sched *eng, const struct vgpu_slice *slice)
{
	u64 at;

	vgpu_assert_engine_context(&eng->engine);
	if (!eng->engine.desc->ops->preempt)
		return slice->end;
	spin_lock_irq(&eng->rl_lock);
	at = vgpu_runlist_preempt(&eng->rl, slice->begin, slice->end);
	spin_unlock_irq(&eng->rl_lock);
	return at;
}

/* Until the engine says something, or until @wake. */
static void rest(struct vgpu_sched *eng, u64 waited, u64 now, u64 wake)
{
	if (waited < SPIN_NS) {
		cpu_relax();
	} else if (!eng->engine.desc->event) {
		usleep_range(LOOK_US, 2 * LOOK_US);
	} else if (wake > now) {
		/* A kick of another queue wakes this, too: its promise counts. */
		DEFINE_WAIT(wait);

		prepare_to_wait(&eng->wq, &wait, TASK_IDLE);
		if (!READ_ONCE(eng->done)) {
			ktime_t left = ns_to_ktime(wake - now);

			schedule_hrtimeout(&left, HRTIMER_MODE_REL);
		}
		finish_wait(&eng->wq, &wait);
	}
}

static bool is_idle(struct vgpu_sched *eng)
{
	WRITE_ONCE(eng->done, false);
	/* First, so that an event from here on is not overlooked. */
	smp_mb();
	return !eng->hung && eng->engine.desc->ops->idle(&eng->engine);
}

/**
 * vgpu_engine_wait() - wait until an engine is idle
 * @eng: the engine; engine context
 * @ctx: whose work it carries out, which may be cut short, or NULL
 * @slice: of @ctx, or NULL
 *
 * The watchdog counts from when the engine has no reason left to go on: from now,
 * or from when it was told to stop.
 *
 * Return: 0, -ETIMEDOUT, or what the backend says to pre-empting.
 */
int vgpu_engine_wait(struct vgpu_sched *eng, struct vgpu_context *ctx,
		     const struct vgpu_slice *slice)
{
	const struct vgpu_engine_ops *ops = eng->engine.desc->ops;
	u64 limit = vgpu_engine_watchdog_ns(&eng->engine);
	u64 begin = ktime_get_ns(), now, wake;
	bool may_go_on = ctx && ops->preempt;
	int ret;

	lockdep_assert_held(&eng->hw_lock);
	while (!is_idle(eng)) {
		now = ktime_get_ns();
		wake = may_go_on ? vgpu_slice_end(eng, slice) : begin + limit;
		if (now >= wake) {
			if (!may_go_on)
				return -ETIMEDOUT;
			ret = ops->preempt(&ctx->q);
			if (ret)
				return ret;
			may_go_on = false;
			begin = now;
			continue;
		}
		rest(eng, now - begin, now, wake);
	}
	return 0;
}
