// SPDX-License-Identifier: GPL-2.0
/*
 * Queues: the work of one instance on one engine, as backends see it.
 */
#include <linux/ktime.h>

#include "../core.h"
#include "../guard/guard.h"
#include "sched.h"

/**
 * vgpu_queue_kick() - there is new work
 * @q: the queue; &vgpu_queue_ops.pending says so already
 *
 * &vgpu_context.queued says that the engine's thread will look into the queue
 * once more. Who changes it from 0 to 1 puts the instance on the run list; that
 * is the only time that this takes a lock which instances share. Any context,
 * interrupts too.
 */
void vgpu_queue_kick(struct vgpu_queue *q)
{
	struct vgpu_context *ctx = queue_to_ctx(q);
	struct vgpu_sched *eng = engine_to_sched(q->engine);
	unsigned long flags;

	/* Pairs with the barrier in queue_done(). */
	smp_mb();
	if (atomic_read(&ctx->queued) || atomic_xchg(&ctx->queued, 1))
		return;
	spin_lock_irqsave(&eng->rl_lock, flags);
	/* Else vgpu_sched_resume() looks whether it has work. */
	if (!ctx->paused)
		vgpu_runlist_add(&eng->rl, &ctx->se, ktime_get_ns());
	spin_unlock_irqrestore(&eng->rl_lock, flags);
	wake_up(&eng->wq);
}
EXPORT_SYMBOL_GPL(vgpu_queue_kick);

/**
 * vgpu_queue_busy() - has a queue work that is not done
 * @q: the queue
 *
 * Return: true while work is waiting or being carried out. Any context.
 */
bool vgpu_queue_busy(struct vgpu_queue *q)
{
	/* Stays queued until the last of it is carried out. */
	return q->ops->pending(q) || atomic_read(&queue_to_ctx(q)->queued);
}
EXPORT_SYMBOL_GPL(vgpu_queue_busy);

/**
 * vgpu_queue_accepts() - is there sense in bringing new work
 * @q: the queue
 *
 * Return: false when the instance is faulted or the GPU lost: what is brought
 * even so is forgotten. Any context.
 */
bool vgpu_queue_accepts(struct vgpu_queue *q)
{
	struct vgpu_vdev *vd = inst_to_vd(q->inst);

	return !READ_ONCE(vd->faulted) && !READ_ONCE(vd->pd->lost);
}
EXPORT_SYMBOL_GPL(vgpu_queue_accepts);

/**
 * vgpu_instance_queue() - an instance's queue on its engine of a class
 * @inst: the instance
 * @class: which
 *
 * Return: the queue, or NULL when the type has none of that class. Fixed while
 * the instance lives.
 */
struct vgpu_queue *vgpu_instance_queue(struct vgpu_instance *inst,
				       enum vgpu_engine_class class)
{
	struct vgpu_vdev *vd = inst_to_vd(inst);
	struct vgpu_context *ctx;

	for (ctx = vd->ctx; ctx < vgpu_ctx_end(vd); ctx++)
		if (ctx->q.engine->desc->class == class)
			return &ctx->q;
	return NULL;
}
EXPORT_SYMBOL_GPL(vgpu_instance_queue);

/**
 * vgpu_queues_init() - have the backend make room for an instance's work
 * @vd: the instance, placed already
 *
 * Return: 0 or -errno; then nothing is left.
 */
int vgpu_queues_init(struct vgpu_vdev *vd)
{
	struct vgpu_context *ctx;
	int ret;

	for (ctx = vd->ctx; ctx < vgpu_ctx_end(vd); ctx++) {
		ret = ctx->q.ops->init(&ctx->q);
		if (ret)
			goto err;
	}
	return 0;

err:
	while (ctx-- > vd->ctx)
		ctx->q.ops->fini(&ctx->q);
	return ret;
}

/**
 * vgpu_queues_fini() - undo vgpu_queues_init()
 * @vd: the instance; off all engines
 */
void vgpu_queues_fini(struct vgpu_vdev *vd)
{
	struct vgpu_context *ctx;

	for (ctx = vd->ctx; ctx < vgpu_ctx_end(vd); ctx++)
		ctx->q.ops->fini(&ctx->q);
}

/* Nothing runs any more, and a fault is over, unless there were too many. */
static void queues_reset(struct vgpu_instance *inst)
{
	struct vgpu_vdev *vd = inst_to_vd(inst);

	vgpu_sched_detach(vd);
	if (vgpu_guard_state(vd, VGPU_GUARD_FAULTS) == VGPU_WINDOW_NORMAL)
		WRITE_ONCE(vd->faulted, false);
}

/* What is in them is their backend's to save. */
static void queues_save(struct vgpu_instance *inst, struct vgpu_writer *w)
{
	vgpu_put_u8(w, inst_to_vd(inst)->faulted);
}

static void queues_load(struct vgpu_instance *inst, struct vgpu_reader *r)
{
	bool faulted = vgpu_get(r, "faulted", 1, 1);

	if (faulted)
		WRITE_ONCE(inst_to_vd(inst)->faulted, true);
}

static void queues_close(struct vgpu_instance *inst)
{
	struct vgpu_vdev *vd = inst_to_vd(inst);

	mutex_lock(&vd->trap_lock);
	vgpu_sched_detach(vd);
	vgpu_sched_leave(vd);
	mutex_unlock(&vd->trap_lock);
}

const struct vgpu_section vgpu_queues_section = {
	.id = 1,
	.version = 1,
	.name = "queues",
	.reset = queues_reset,
	.save = queues_save,
	.load = queues_load,
	.close = queues_close,
};
