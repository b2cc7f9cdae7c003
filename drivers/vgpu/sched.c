// SPDX-License-Identifier: GPL-2.0
/*
 * The time-slice scheduler: one thread an engine.
 */

/**
 * DOC: scheduler
 *
 * Guests never touch an engine. A trapped write to an engine register goes
 * into the instance's FIFO (vgpu_sched_queue()), and the instance joins the
 * engine's run list. The engine's thread then repeats::
 *
 *                 work is queued
 *      idle  ----------------------->  waiting  <------------+
 *       ^                                 | picked           | slice used up,
 *       |                                 v                  | work is left
 *       +----------------------------  running  -------------+
 *         FIFO is empty
 *
 * 1. *pick* the next instance (policy: runlist.c);
 * 2. if the engine holds another one's context, *save* that and *restore* this
 *    one's;
 * 3. *run*: the backend takes register writes from the FIFO and carries them
 *    out until the FIFO is empty or the slice is used up. An operation is
 *    never cut in two, so a slice can overrun by one operation;
 * 4. charge the time and go on.
 *
 * A context stays on the engine until another instance needs it: one busy
 * guest pays for no switches.
 *
 * The engine's lock is held for steps 1 to 4. An instance is taken off an
 * engine under the same lock (vgpu_sched_detach()), so the thread never holds
 * an instance that may go away: it owns no reference and needs none.
 *
 * If the engine does not come idle, it is reset; its owner is *faulted* (its
 * engine writes are dropped until the guest resets the function), and the
 * others go on with the contexts that were saved for them.
 */
#include <linux/kthread.h>
#include <linux/ktime.h>

#include "core.h"

/* How long a guest's write waits for room in its FIFO. */
#define FIFO_WAIT	(5 * HZ)

static void engine_kick(struct vgpu_engine *eng, struct vgpu_run *run)
{
	bool added;

	spin_lock(&eng->rl_lock);
	added = vgpu_runlist_add(&eng->rl, &run->se, ktime_get_ns());
	spin_unlock(&eng->rl_lock);
	if (added)
		wake_up(&eng->wq);
}

/**
 * vgpu_sched_queue() - take an engine register write of a guest
 * @rf: the instance's registers
 * @offset: the register
 * @val: the value
 *
 * Waits for room when the FIFO is full, as the bus would; the other instances
 * do not notice. Trap context.
 *
 * Return: 0, -EIO when the instance is faulted, -EBUSY when there was no room
 * for too long or the caller is being killed. On error the write is lost.
 */
int vgpu_sched_queue(struct vgpu_regfile *rf, u32 offset, u32 val)
{
	struct vgpu_vdev *vd = inst_to_vd(rf->inst);
	struct vgpu_fifo *fifo = &vd->inst.fifo[0];
	long left;

	if (READ_ONCE(vd->faulted) || READ_ONCE(vd->core->lost))
		return -EIO;
	while (!vgpu_fifo_push(fifo, offset, val)) {
		left = wait_event_killable_timeout(vd->fifo_wq,
						   vgpu_fifo_level(fifo) <
						   fifo->depth, FIFO_WAIT);
		if (left <= 0) {
			vgpu_count(&vd->inst, VGPU_CNT_FIFO_OVERFLOW, 1);
			return -EBUSY;
		}
	}
	engine_kick(&vd->core->engines[0], &vd->run[0]);
	return 0;
}

/**
 * vgpu_engine_busy() - has an instance work that is not done
 * @inst: the instance
 * @engine: the engine
 *
 * Return: true while entries are queued or being carried out. Trap context.
 */
bool vgpu_engine_busy(struct vgpu_instance *inst, unsigned int engine)
{
	struct vgpu_vdev *vd = inst_to_vd(inst);

	/* The thread says that it runs before it takes the first entry. */
	return vgpu_fifo_level(&inst->fifo[engine]) ||
	       READ_ONCE(vd->run[engine].running);
}
EXPORT_SYMBOL_GPL(vgpu_engine_busy);

static void engine_fault(struct vgpu_engine *eng, struct vgpu_vdev *vd)
{
	struct vgpu_core *core = eng->core;

	dev_err(core->gpu.desc.dev,
		"engine %u did not come idle under vGPU %u: reset\n",
		eng->id, vd->inst.id);
	WRITE_ONCE(vd->faulted, true);
	vgpu_fifo_clear(&vd->inst.fifo[eng->id]);
	vgpu_count(&vd->inst, VGPU_CNT_FAULTS, 1);
	eng->current_vd = NULL;

	if (core->gpu.desc.ops->reset(&core->gpu, eng->id)) {
		dev_err(core->gpu.desc.dev, "engine %u is lost\n", eng->id);
		WRITE_ONCE(core->lost, true);
	}
	vgpu_irq_notify(vd, VFIO_PCI_ERR_IRQ_INDEX);
}

/* Whatever the engine holds is put where it belongs. */
static void engine_unload(struct vgpu_engine *eng)
{
	struct vgpu_vdev *vd = eng->current_vd;

	if (vd && vd_ops(vd)->save(&vd->inst, eng->id))
		engine_fault(eng, vd);
	eng->current_vd = NULL;
}

static void engine_run(struct vgpu_engine *eng, struct vgpu_run *run)
{
	struct vgpu_vdev *vd = run->vd;
	struct vgpu_fifo *fifo = &vd->inst.fifo[eng->id];
	u64 budget = (u64)READ_ONCE(eng->core->slice_us) * NSEC_PER_USEC;
	bool switched = eng->current_vd != vd;
	u64 begin, loaded, end;
	int ret;

	/* A trap may have queued while the instance was being faulted. */
	if (READ_ONCE(vd->faulted))
		vgpu_fifo_clear(fifo);
	if (!vgpu_fifo_level(fifo)) {
		wake_up_all(&vd->fifo_wq);
		return;
	}

	WRITE_ONCE(run->running, true);
	begin = ktime_get_ns();
	if (switched) {
		engine_unload(eng);
		vd_ops(vd)->restore(&vd->inst, eng->id);
		eng->current_vd = vd;
	}
	loaded = ktime_get_ns();
	ret = vd_ops(vd)->run(&vd->inst, eng->id, budget);
	end = ktime_get_ns();
	if (ret < 0)
		engine_fault(eng, vd);

	spin_lock(&eng->rl_lock);
	vgpu_runlist_start(&run->se, begin, switched);
	vgpu_runlist_stop(&run->se, end - loaded);
	eng->switch_time += loaded - begin;
	if (vgpu_fifo_level(fifo))
		vgpu_runlist_add(&eng->rl, &run->se, end);
	spin_unlock(&eng->rl_lock);

	WRITE_ONCE(run->running, false);
	wake_up_all(&vd->fifo_wq);
}

static bool engine_has_work(struct vgpu_engine *eng)
{
	bool empty;

	spin_lock(&eng->rl_lock);
	empty = vgpu_runlist_empty(&eng->rl);
	spin_unlock(&eng->rl_lock);
	return !empty;
}

static int engine_thread(void *data)
{
	struct vgpu_engine *eng = data;
	struct vgpu_sched_entity *se;

	while (!kthread_should_stop()) {
		wait_event_interruptible(eng->wq, kthread_should_stop() ||
					 engine_has_work(eng));

		mutex_lock(&eng->hw_lock);
		spin_lock(&eng->rl_lock);
		se = vgpu_runlist_pick(&eng->rl);
		spin_unlock(&eng->rl_lock);
		if (se)
			engine_run(eng, container_of(se, struct vgpu_run, se));
		mutex_unlock(&eng->hw_lock);
		cond_resched();
	}
	return 0;
}

/**
 * vgpu_sched_detach() - take an instance off all engines
 * @vd: the instance
 *
 * Its queued work is forgotten and its context is not saved. Nothing of it is
 * running when this returns. The caller makes sure that nothing new is queued.
 */
void vgpu_sched_detach(struct vgpu_vdev *vd)
{
	unsigned int i;

	for (i = 0; i < vd->core->gpu.desc.nr_engines; i++) {
		struct vgpu_engine *eng = &vd->core->engines[i];

		mutex_lock(&eng->hw_lock);
		spin_lock(&eng->rl_lock);
		vgpu_runlist_remove(&vd->run[i].se);
		spin_unlock(&eng->rl_lock);
		vgpu_fifo_clear(&vd->inst.fifo[i]);
		if (eng->current_vd == vd)
			eng->current_vd = NULL;
		mutex_unlock(&eng->hw_lock);
	}
}

/**
 * vgpu_sched_scrub() - fill a part of VRAM with zeros
 * @core: the GPU
 * @offset: first byte
 * @size: how many
 *
 * By the engine where the backend can, between two slices; else by the CPU.
 *
 * Return: 0, -EIO when the GPU is lost.
 */
int vgpu_sched_scrub(struct vgpu_core *core, u64 offset, u64 size)
{
	const struct vgpu_gpu_ops *ops = core->gpu.desc.ops;
	struct vgpu_engine *eng = &core->engines[0];
	int ret = -EOPNOTSUPP;

	if (READ_ONCE(core->lost))
		return -EIO;
	if (ops->scrub) {
		mutex_lock(&eng->hw_lock);
		engine_unload(eng);
		ret = ops->scrub(&core->gpu, offset, size);
		mutex_unlock(&eng->hw_lock);
	}
	if (ret)
		memset_io(core->gpu.desc.vram.virt + offset, 0, size);
	return 0;
}

/**
 * vgpu_sched_start() - start the engines' threads
 * @core: the GPU
 *
 * Return: 0 or -errno.
 */
int vgpu_sched_start(struct vgpu_core *core)
{
	unsigned int i;

	for (i = 0; i < core->gpu.desc.nr_engines; i++) {
		struct vgpu_engine *eng = &core->engines[i];

		eng->core = core;
		eng->id = i;
		init_waitqueue_head(&eng->wq);
		mutex_init(&eng->hw_lock);
		spin_lock_init(&eng->rl_lock);
		vgpu_runlist_init(&eng->rl);
		eng->thread = kthread_run(engine_thread, eng, "vgpu-%s/%u",
					  dev_name(core->gpu.desc.dev), i);
		if (IS_ERR(eng->thread)) {
			int ret = PTR_ERR(eng->thread);

			eng->thread = NULL;
			vgpu_sched_stop(core);
			return ret;
		}
	}
	return 0;
}

/**
 * vgpu_sched_stop() - stop the engines' threads
 * @core: the GPU; no instance is left
 */
void vgpu_sched_stop(struct vgpu_core *core)
{
	unsigned int i;

	for (i = 0; i < core->gpu.desc.nr_engines; i++)
		if (core->engines[i].thread)
			kthread_stop(core->engines[i].thread);
}
