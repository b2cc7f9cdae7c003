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
#include "protect.h"

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
 * vgpu_protect_init() - default limits
 * @core: the GPU
 */
void vgpu_protect_init(struct vgpu_core *core)
{
	unsigned int i;

	for (i = 0; i < VGPU_NR_GUARDS; i++)
		core->guard_limits[i] = defaults[i].limit;
}

/**
 * vgpu_protect_event_of() - an instance causes something of which it has more
 *	than one
 * @vd: the instance
 * @kind: what
 * @g: that one's guard
 *
 * Any context.
 *
 * Return: false when it is too much.
 */
bool vgpu_protect_event_of(struct vgpu_vdev *vd, enum vgpu_guard_kind kind,
			   struct vgpu_guard *g)
{
	u32 limit = READ_ONCE(vd->core->guard_limits[kind]);
	u64 window = defaults[kind].window, last;
	unsigned long flags;
	bool ok, first;

	spin_lock_irqsave(&vd->guard_lock, flags);
	last = g->refused;
	ok = vgpu_guard_event(g, window, limit, ktime_get_ns());
	first = !ok && (!last || g->refused - last >= window);
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
 * vgpu_protect_event() - an instance causes something
 * @vd: the instance
 * @kind: what
 *
 * Any context.
 *
 * Return: false when it is too much.
 */
bool vgpu_protect_event(struct vgpu_vdev *vd, enum vgpu_guard_kind kind)
{
	return vgpu_protect_event_of(vd, kind, &vd->guards[kind]);
}

/**
 * vgpu_protect_wait() - wait until an instance may cause something
 * @vd: the instance
 * @kind: what
 *
 * Process context, no lock held.
 *
 * Return: 0, -EINTR when the caller is being killed.
 */
int vgpu_protect_wait(struct vgpu_vdev *vd, enum vgpu_guard_kind kind)
{
	while (!vgpu_protect_event(vd, kind)) {
		if (fatal_signal_pending(current))
			return -EINTR;
		schedule_timeout_killable(msecs_to_jiffies(WAIT_MS));
	}
	return 0;
}

/**
 * vgpu_protect_state_of() - how a guard sees one of several of an instance
 * @vd: the instance
 * @kind: which guard
 * @g: that one's
 *
 * Return: see enum vgpu_guard_state.
 */
enum vgpu_guard_state vgpu_protect_state_of(struct vgpu_vdev *vd,
					    enum vgpu_guard_kind kind,
					    struct vgpu_guard *g)
{
	u32 limit = READ_ONCE(vd->core->guard_limits[kind]);
	enum vgpu_guard_state state;

	spin_lock_irq(&vd->guard_lock);
	state = vgpu_guard_state(g, defaults[kind].window, limit,
				 ktime_get_ns());
	spin_unlock_irq(&vd->guard_lock);
	return state;
}

/**
 * vgpu_protect_state() - how a guard sees an instance
 * @vd: the instance
 * @kind: which guard
 *
 * Return: see enum vgpu_guard_state.
 */
enum vgpu_guard_state vgpu_protect_state(struct vgpu_vdev *vd,
					 enum vgpu_guard_kind kind)
{
	return vgpu_protect_state_of(vd, kind, &vd->guards[kind]);
}
