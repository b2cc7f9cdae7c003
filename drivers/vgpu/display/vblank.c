// SPDX-License-Identifier: GPL-2.0
/*
 * Vertical blanks of virtual displays: a timer for each head whose guest asked
 * for interrupts. The timer only queues work, for a backend's handler needs
 * the trap lock.
 */
#include <vgpu/compat.h>

#include "../core.h"
#include "display.h"

/* Nobody needs more than 250 a second, whatever mode was programmed. */
#define MIN_PERIOD	(4 * NSEC_PER_MSEC)

static enum hrtimer_restart vblank_timer(struct hrtimer *timer)
{
	struct vgpu_head *head = container_of(timer, struct vgpu_head, timer);
	u32 period = READ_ONCE(head->period);

	if (!period)
		return HRTIMER_NORESTART;
	queue_work(system_highpri_wq, &head->work);
	hrtimer_forward_now(timer, ns_to_ktime(period));
	return HRTIMER_RESTART;
}

static void vblank_work(struct work_struct *work)
{
	struct vgpu_head *head = container_of(work, struct vgpu_head, work);
	struct vgpu_vdev *vd = head->vd;

	mutex_lock(&vd->trap_lock);
	if (head->period && !vd->halted)
		vd_ops(vd)->vblank(&vd->inst, head - vd->heads);
	mutex_unlock(&vd->trap_lock);
}

/**
 * vgpu_vblank_set() - ask for vertical blanks, or for no more
 * @inst: the instance
 * @head: its display
 * @period_ns: time between two, at least 4 ms is kept; 0 for none
 *
 * Trap context. The backend's @vblank is called from then on, late at the
 * most, never more often.
 */
void vgpu_vblank_set(struct vgpu_instance *inst, unsigned int head,
		     u32 period_ns)
{
	struct vgpu_head *h = &inst_to_vd(inst)->heads[head];
	u32 period = period_ns ? max_t(u32, period_ns, MIN_PERIOD) : 0;

	lockdep_assert_held(&h->vd->trap_lock);
	if (period == h->period)
		return;
	/* First: the timer must not be moved on while it is started anew. */
	hrtimer_cancel(&h->timer);
	WRITE_ONCE(h->period, period);
	if (period)
		hrtimer_start(&h->timer, ns_to_ktime(period), HRTIMER_MODE_REL);
}
EXPORT_SYMBOL_GPL(vgpu_vblank_set);

/**
 * vgpu_vblank_init() - no head has vertical blanks yet
 * @vd: the instance
 */
void vgpu_vblank_init(struct vgpu_vdev *vd)
{
	unsigned int i;

	for (i = 0; i < VGPU_MAX_HEADS; i++) {
		vd->heads[i].vd = vd;
		vgpu_hrtimer_setup(&vd->heads[i].timer, vblank_timer);
		INIT_WORK(&vd->heads[i].work, vblank_work);
	}
}

static void vblank_reset(struct vgpu_instance *inst)
{
	unsigned int i;

	for (i = 0; i < VGPU_MAX_HEADS; i++)
		vgpu_vblank_set(inst, i, 0);
}

/* No handler runs afterwards. */
static void vblank_close(struct vgpu_instance *inst)
{
	struct vgpu_vdev *vd = inst_to_vd(inst);
	unsigned int i;

	mutex_lock(&vd->trap_lock);
	vblank_reset(inst);
	mutex_unlock(&vd->trap_lock);
	for (i = 0; i < VGPU_MAX_HEADS; i++)
		cancel_work_sync(&vd->heads[i].work);
}

/* When there is a blank follows from what the backend keeps. */
const struct vgpu_section vgpu_vblank_section = {
	.name = "vertical blanks",
	.reset = vblank_reset,
	.close = vblank_close,
};
