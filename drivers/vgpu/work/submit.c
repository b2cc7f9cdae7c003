// SPDX-License-Identifier: GPL-2.0
/*
 * Trapped register writes that drive an engine: how they get into an instance's
 * FIFO. For backends of that kind; trap context.
 */
#include <linux/freezer.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <vgpu/fifo.h>

#include "../core.h"
#include "../trace.h"
#include "sched.h"

/*
 * How long a guest's write waits for room in its FIFO: longer than the longest watchdog,
 * which ends what has to be waited for. Who has a tenth of the GPU, and has to pay for
 * time that a hypervisor took from it, waits ten times as long as that. A machine that is
 * about to sleep does not wait so long for its tasks: an instance's writes have so much of
 * that together, for they may be many, and each waits for the one before.
 */
#define FIFO_WAIT	(60 * HZ)
#define FIFO_WAIT_SLEEP	(5 * HZ)
/* How long it waits for more room than it needs. */
#define FIFO_NAP	msecs_to_jiffies(10)

/* @since: when this write began to wait. */
static bool may_wait(struct vgpu_vdev *vd, unsigned long since)
{
	lockdep_assert_held(&vd->trap_lock);
	if (!freezing(current))
		return time_before(jiffies, since + FIFO_WAIT);
	if (!vd->frozen_at)
		vd->frozen_at = jiffies ?: 1;
	return time_before(jiffies, vd->frozen_at + FIFO_WAIT_SLEEP);
}

static int wait_for_room(struct vgpu_fifo *f, struct vgpu_queue *q)
{
	struct vgpu_vdev *vd = inst_to_vd(q->inst);
	unsigned long since = jiffies;
	u64 begin = ktime_get_ns();
	long ret = 0;

	/* Nobody makes room while it stands still. */
	if (vgpu_sched_paused(vd))
		goto full;
	vgpu_queue_kick(q);
	while (!ret && vgpu_fifo_level(f) == f->depth && may_wait(vd, since))
		ret = vgpu_fifo_wait(f, FIFO_NAP);
	vd->fifo_wait += ktime_get_ns() - begin;
	if (ret >= 0 && vgpu_fifo_level(f) < f->depth)
		return 0;
full:
	vgpu_queue_count(q, VGPU_QUEUE_OVERFLOWS, 1);
	return -EBUSY;
}

/**
 * vgpu_fifo_submit() - take an engine register write of a guest
 * @f: the instance's FIFO
 * @q: the queue whose body @f is
 * @offset: the register
 * @val: the value
 * @starts: it starts work; else it may lie in the FIFO until one does
 *
 * Waits for room when the FIFO is full, as the bus would; the other instances
 * do not notice. Trap context.
 *
 * Return: 0, -EIO when the instance is faulted, -EBUSY when there was no room
 * for too long or the caller is being killed. On error the write is lost.
 */
int vgpu_fifo_submit(struct vgpu_fifo *f, struct vgpu_queue *q, u32 offset,
		     u32 val, bool starts)
{
	struct vgpu_vdev *vd = inst_to_vd(q->inst);
	int ret;

	vgpu_assert_trap_context(q->inst);
	if (!vgpu_queue_accepts(q))
		return -EIO;
	if (!freezing(current))
		vd->frozen_at = 0;
	while (!vgpu_fifo_push(f, offset, val)) {
		ret = wait_for_room(f, q);
		if (ret)
			return ret;
	}
	vgpu_queue_count(q, VGPU_QUEUE_TRAPS, 1);
	trace_vgpu_submit(q->inst->id, offset, val);
	if (starts)
		vgpu_queue_kick(q);
	return 0;
}
EXPORT_SYMBOL_GPL(vgpu_fifo_submit);

/**
 * vgpu_fifo_busy() - has an instance work that is not done
 * @f: its FIFO
 * @q: the queue whose body @f is
 *
 * Whoever asks is waiting, so what lies in the FIFO is carried out now.
 *
 * Return: true while entries are queued or being carried out. Trap context.
 */
bool vgpu_fifo_busy(struct vgpu_fifo *f, struct vgpu_queue *q)
{
	vgpu_assert_trap_context(q->inst);
	if (vgpu_fifo_level(f))
		vgpu_queue_kick(q);
	return vgpu_queue_busy(q);
}
EXPORT_SYMBOL_GPL(vgpu_fifo_busy);
