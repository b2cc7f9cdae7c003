// SPDX-License-Identifier: GPL-2.0
/*
 * What an instance may cause, and what happens when it causes more: it is
 * slowed down itself, and nobody else is.
 *
 *  - traps: the trap waits, and with it the virtual CPU that made it;
 *  - interrupts: held back, delivered a little later;
 *  - resets: the reset waits;
 *  - faults: the instance stays faulted though it was reset.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>

#include "../core.h"
#include "guard.h"

/* How long a trap or a reset that is too many waits before it asks again. */
#define WAIT_MS	10

static const struct {
	const char *name;
	u64 window;
	u32 limit;
} defaults[VGPU_NR_GUARDS] = {
	[VGPU_GUARD_TRAPS] = { "traps", NSEC_PER_SEC, 500000 },
	[VGPU_GUARD_IRQS] = { "interrupts", NSEC_PER_SEC, 10000 },
	[VGPU_GUARD_RESETS] = { "resets", 10 * NSEC_PER_SEC, 100 },
	[VGPU_GUARD_FAULTS] = { "faults", 60ULL * NSEC_PER_SEC, 10 },
};

/**
 * vgpu_guard_init() - default limits
 * @pd: the GPU
 */
void vgpu_guard_init(struct vgpu_pdev *pd)
{
	unsigned int i;

	for (i = 0; i < VGPU_NR_GUARDS; i++)
		pd->guard_limits[i] = defaults[i].limit;
}

/**
 * vgpu_guard_event_of() - an instance causes something of which it has more
 *	than one
 * @vd: the instance
 * @kind: what
 * @w: that one's count
 *
 * Any context.
 *
 * Return: false when it is too much.
 */
bool vgpu_guard_event_of(struct vgpu_vdev *vd, enum vgpu_guard_kind kind,
			 struct vgpu_window *w)
{
	u32 limit = READ_ONCE(vd->pd->guard_limits[kind]);
	u64 window = defaults[kind].window, last;
	unsigned long flags;
	bool ok, first;

	spin_lock_irqsave(&vd->guard_lock, flags);
	last = w->refused;
	ok = vgpu_window_event(w, window, limit, ktime_get_ns());
	first = !ok && (!last || w->refused - last >= window);
	spin_unlock_irqrestore(&vd->guard_lock, flags);

	/* Once, and no more while it lasts. */
	if (first)
		dev_notice_ratelimited(vd->vdev.dev,
				       "too many %s, more than %u in %llu s: held back\n",
				       defaults[kind].name, limit,
				       div_u64(window, NSEC_PER_SEC));
	return ok;
}

/**
 * vgpu_guard_event() - an instance causes something
 * @vd: the instance
 * @kind: what
 *
 * Any context.
 *
 * Return: false when it is too much.
 */
bool vgpu_guard_event(struct vgpu_vdev *vd, enum vgpu_guard_kind kind)
{
	return vgpu_guard_event_of(vd, kind, &vd->guards[kind]);
}

/**
 * vgpu_guard_wait() - wait until an instance may cause something
 * @vd: the instance
 * @kind: what
 *
 * Process context, no lock held.
 *
 * Return: 0, -EINTR when the caller is being killed.
 */
int vgpu_guard_wait(struct vgpu_vdev *vd, enum vgpu_guard_kind kind)
{
	lockdep_assert_not_held(&vd->trap_lock);
	might_sleep();
	while (!vgpu_guard_event(vd, kind)) {
		if (fatal_signal_pending(current))
			return -EINTR;
		/* The machine may go to sleep meanwhile: no lock is held. */
		__set_current_state(TASK_KILLABLE | TASK_FREEZABLE);
		schedule_timeout(msecs_to_jiffies(WAIT_MS));
	}
	return 0;
}

/**
 * vgpu_guard_state_of() - how a guard sees one of several of an instance
 * @vd: the instance
 * @kind: which guard
 * @w: that one's count
 *
 * Return: see enum vgpu_window_state.
 */
enum vgpu_window_state vgpu_guard_state_of(struct vgpu_vdev *vd,
					   enum vgpu_guard_kind kind,
					   struct vgpu_window *w)
{
	u32 limit = READ_ONCE(vd->pd->guard_limits[kind]);
	enum vgpu_window_state state;

	spin_lock_irq(&vd->guard_lock);
	state = vgpu_window_state(w, defaults[kind].window, limit,
				  ktime_get_ns());
	spin_unlock_irq(&vd->guard_lock);
	return state;
}

/**
 * vgpu_guard_state() - how a guard sees an instance
 * @vd: the instance
 * @kind: which guard
 *
 * Return: see enum vgpu_window_state.
 */
enum vgpu_window_state vgpu_guard_state(struct vgpu_vdev *vd,
					enum vgpu_guard_kind kind)
{
	return vgpu_guard_state_of(vd, kind, &vd->guards[kind]);
}
