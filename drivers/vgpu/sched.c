// SPDX-License-Identifier: GPL-2.0
/*
 * The time-slice scheduler: one thread an engine.
 */

/**
 * DOC: scheduler
 *
 * Guests never touch an engine. A trapped write to an engine register goes
 * into the instance's FIFO (vgpu_sched_queue()), and when a write starts work,
 * or somebody waits for the FIFO, the instance joins the engine's run list.
 * The engine's thread then repeats::
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
 *    out until the FIFO is empty or the slice is used up. What cannot be cut
 *    in two can overrun the slice; the overrun is owed;
 * 4. charge the time and go on.
 *
 * A context stays on the engine until another instance needs it: one busy
 * guest pays for no switches.
 *
 * The engine's lock is held for steps 1 to 4. An instance is taken off an
 * engine under the same lock (vgpu_sched_detach()), so the thread never holds
 * an instance that may go away: it owns no reference and needs none.
 *
 * &vgpu_run.queued says that the thread will look into the FIFO once more.
 * Who changes it from 0 to 1 puts the instance on the run list; that is the
 * only time that a trap takes a lock which instances share.
 *
 * If the engine does not come idle, see hang.c.
 */
#include <linux/kthread.h>
#include <linux/ktime.h>

#include "core.h"
#include "trace.h"

/* How long a guest's write waits for room in its FIFO. */
#define FIFO_WAIT	(5 * HZ)
/* How long it waits for more room than it needs. */
#define FIFO_NAP	msecs_to_jiffies(10)
/* So much of VRAM is scrubbed at a time: about as long as a slice. */
#define SCRUB_STEP	SZ_1M

static void engine_kick(struct vgpu_engine *eng, struct vgpu_run *run)
{
	/* Pairs with the barrier in fifo_done(). */
	smp_mb();
	if (atomic_read(&run->queued) || atomic_xchg(&run->queued, 1))
		return;
	spin_lock(&eng->rl_lock);
	vgpu_runlist_add(&eng->rl, &run->se, ktime_get_ns());
	spin_unlock(&eng->rl_lock);
	wake_up(&eng->wq);
}

/*
 * Is there so much room that it is worth waking whoever waits for it? Waking for
 * each entry would have it run, fill that one and sleep again after each slice.
 */
static bool fifo_has_room(const struct vgpu_fifo *fifo)
{
	return vgpu_fifo_level(fifo) <= fifo->depth - fifo->depth / 4;
}

static int wait_for_room(struct vgpu_vdev *vd, unsigned int engine)
{
	struct vgpu_fifo *fifo = &vd->inst.fifo[engine];
	unsigned long end = jiffies + FIFO_WAIT;
	u64 begin = ktime_get_ns();
	long ret;

	engine_kick(&vd->core->engines[engine], &vd->run[engine]);
	do {
		ret = wait_event_killable_timeout(vd->fifo_wq,
						  fifo_has_room(fifo),
						  FIFO_NAP);
	} while (!ret && vgpu_fifo_level(fifo) == fifo->depth &&
		 time_before(jiffies, end));
	vd->fifo_wait += ktime_get_ns() - begin;
	if (ret >= 0 && vgpu_fifo_level(fifo) < fifo->depth)
		return 0;
	vgpu_count(&vd->inst, VGPU_CNT_FIFO_OVERFLOW, 1);
	return -EBUSY;
}

/**
 * vgpu_sched_queue() - take an engine register write of a guest
 * @rf: the instance's registers
 * @engine: which engine it drives
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
int vgpu_sched_queue(struct vgpu_regfile *rf, unsigned int engine, u32 offset,
		     u32 val, bool starts)
{
	struct vgpu_vdev *vd = inst_to_vd(rf->inst);
	struct vgpu_fifo *fifo = &vd->inst.fifo[engine];
	int ret;

	if (READ_ONCE(vd->faulted) || READ_ONCE(vd->core->lost))
		return -EIO;
	while (!vgpu_fifo_push(fifo, offset, val)) {
		ret = wait_for_room(vd, engine);
		if (ret)
			return ret;
	}
	vgpu_count(&vd->inst, VGPU_CNT_TRAPS_ENGINE, 1);
	trace_vgpu_submit(vd->inst.id, offset, val);
	if (starts)
		engine_kick(&vd->core->engines[engine], &vd->run[engine]);
	return 0;
}

/**
 * vgpu_engine_busy() - has an instance work that is not done
 * @inst: the instance
 * @engine: the engine
 *
 * Whoever asks is waiting, so what lies in the FIFO is carried out now.
 *
 * Return: true while entries are queued or being carried out. Trap context.
 */
bool vgpu_engine_busy(struct vgpu_instance *inst, unsigned int engine)
{
	struct vgpu_vdev *vd = inst_to_vd(inst);

	if (vgpu_fifo_level(&inst->fifo[engine]))
		engine_kick(&vd->core->engines[engine], &vd->run[engine]);
	/* Stays queued until the last entry is carried out. */
	return vgpu_fifo_level(&inst->fifo[engine]) ||
	       atomic_read(&vd->run[engine].queued);
}
EXPORT_SYMBOL_GPL(vgpu_engine_busy);

/*
 * The clock is read under the lock: who looks at the counters adds what has
 * passed since, and must not have seen more than is counted in the end.
 */
static u64 engine_account(struct vgpu_engine *eng, enum vgpu_engine_state next)
{
	u64 spent;

	spin_lock(&eng->rl_lock);
	spent = vgpu_runlist_account(&eng->rl, next, ktime_get_ns());
	spin_unlock(&eng->rl_lock);
	return spent;
}

/* Whatever the engine holds is put where it belongs. */
static void engine_unload(struct vgpu_engine *eng)
{
	struct vgpu_vdev *vd = eng->current_vd;

	/* It would not come idle once the GPU is lost: no fault of @vd's. */
	if (vd && !READ_ONCE(eng->core->lost) &&
	    vd_ops(vd)->save(&vd->inst, eng->id))
		vgpu_hang_fault(eng, vd);
	eng->current_vd = NULL;
}

/* Is there nothing more to do? Then whoever brings more has to say so. */
static bool fifo_done(struct vgpu_run *run, struct vgpu_fifo *fifo)
{
	if (vgpu_fifo_level(fifo))
		return false;
	atomic_set(&run->queued, 0);
	/* Pairs with the barrier in engine_kick(). */
	smp_mb();
	return !vgpu_fifo_level(fifo) || atomic_xchg(&run->queued, 1);
}

/*
 * The part of the time of its traps that is charged to an instance, ns: once, to
 * its share of the engine that asks first.
 */
static u64 trap_surcharge(struct vgpu_engine *eng, struct vgpu_vdev *vd)
{
	return div_u64((u64)atomic64_xchg(&vd->trap_debt, 0) *
		       eng->rl.trap_charge, 100);
}

static void engine_load(struct vgpu_engine *eng, struct vgpu_run *run)
{
	struct vgpu_vdev *vd = run->vd;
	struct vgpu_vdev *prev = eng->current_vd;

	trace_vgpu_sched_switch(eng->id, prev ? prev->inst.id : -1,
				vd->inst.id);
	engine_unload(eng);
	vd_ops(vd)->restore(&vd->inst, eng->id);
	eng->current_vd = vd;
}

/* One slice. Entered with the engine in the state "switch". */
static void engine_run(struct vgpu_engine *eng, struct vgpu_run *run)
{
	struct vgpu_vdev *vd = run->vd;
	struct vgpu_fifo *fifo = &vd->inst.fifo[eng->id];
	bool switched = eng->current_vd != vd, left;
	u64 begin = ktime_get_ns(), end, ran, waited;
	u32 slice;
	int ret = 0;

	if (switched)
		engine_load(eng, run);

	spin_lock(&eng->rl_lock);
	waited = begin - min(begin, run->se.ready_since);
	vgpu_runlist_start(&eng->rl, &run->se, begin, switched);
	slice = vgpu_runlist_slice(&eng->rl, &run->se);
	vgpu_runlist_account(&eng->rl, VGPU_ENGINE_BUSY, ktime_get_ns());
	spin_unlock(&eng->rl_lock);

	/* A trap may have queued while the instance was being faulted. */
	if (READ_ONCE(vd->faulted) || READ_ONCE(vd->core->lost))
		vgpu_fifo_clear(fifo);
	else
		ret = vd_ops(vd)->run(&vd->inst, eng->id, slice);
	ran = engine_account(eng, VGPU_ENGINE_SWITCH);
	/* Not now: the thread may have been put to sleep since. */
	end = eng->rl.since;
	if (ret < 0)
		vgpu_hang_fault(eng, vd);

	/* Under the lock: a trap that finds it off the list adds it after. */
	spin_lock(&eng->rl_lock);
	left = ret > 0 || !fifo_done(run, fifo);
	run->se.surcharge = trap_surcharge(eng, vd);
	vgpu_runlist_stop(&eng->rl, &run->se, end, ran, left);
	spin_unlock(&eng->rl_lock);
	trace_vgpu_sched_slice(eng->id, vd->inst.id, slice, waited, ran, end,
			       left);

	if (wq_has_sleeper(&vd->fifo_wq) && fifo_has_room(fifo))
		wake_up_all(&vd->fifo_wq);
}

/* When somebody may run: 0 for now, U64_MAX for nobody. */
static u64 engine_wake(struct vgpu_engine *eng)
{
	u64 wake;

	spin_lock(&eng->rl_lock);
	wake = vgpu_runlist_wake(&eng->rl);
	spin_unlock(&eng->rl_lock);
	return wake;
}

static void engine_sleep(struct vgpu_engine *eng)
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

static int engine_thread(void *data)
{
	struct vgpu_engine *eng = data;
	struct vgpu_sched_entity *se;

	/* What it hands out is worth more than the time of any one process. */
	set_user_nice(current, MIN_NICE);
	while (!kthread_should_stop()) {
		engine_sleep(eng);

		mutex_lock(&eng->hw_lock);
		spin_lock(&eng->rl_lock);
		se = vgpu_runlist_pick(&eng->rl, ktime_get_ns());
		if (se)
			vgpu_runlist_account(&eng->rl, VGPU_ENGINE_SWITCH,
					     ktime_get_ns());
		spin_unlock(&eng->rl_lock);
		if (se)
			engine_run(eng, container_of(se, struct vgpu_run, se));
		if (!se || engine_wake(eng))
			engine_account(eng, VGPU_ENGINE_IDLE);
		mutex_unlock(&eng->hw_lock);
		cond_resched();
	}
	return 0;
}

static void change_members(struct vgpu_vdev *vd, int by)
{
	unsigned int i;

	for (i = 0; i < vd->core->gpu.desc.nr_engines; i++) {
		struct vgpu_engine *eng = &vd->core->engines[i];

		spin_lock(&eng->rl_lock);
		eng->rl.members += by;
		spin_unlock(&eng->rl_lock);
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
		vgpu_runlist_remove(&eng->rl, &vd->run[i].se, ktime_get_ns());
		/* The thread may have been about to switch to it: no more. */
		vgpu_runlist_account(&eng->rl, VGPU_ENGINE_IDLE,
				     ktime_get_ns());
		spin_unlock(&eng->rl_lock);
		vgpu_fifo_clear(&vd->inst.fifo[i]);
		atomic_set(&vd->run[i].queued, 0);
		if (eng->current_vd == vd)
			eng->current_vd = NULL;
		mutex_unlock(&eng->hw_lock);
	}
}

static int scrub_by_engine(struct vgpu_core *core, u64 offset, u64 size)
{
	const struct vgpu_gpu_ops *ops = core->gpu.desc.ops;
	struct vgpu_engine *eng = &core->engines[0];
	int ret = -EIO;

	if (!ops->scrub)
		return -EOPNOTSUPP;
	mutex_lock(&eng->hw_lock);
	engine_account(eng, VGPU_ENGINE_SWITCH);
	engine_unload(eng);
	if (!READ_ONCE(core->lost))
		ret = ops->scrub(&core->gpu, offset, size);
	/* Nobody's work: it must not be taken for that of who comes next. */
	if (ret == -ETIMEDOUT)
		vgpu_hang_reset(eng);
	engine_account(eng, VGPU_ENGINE_IDLE);
	mutex_unlock(&eng->hw_lock);
	return ret;
}

/**
 * vgpu_sched_scrub() - fill a part of VRAM with zeros
 * @core: the GPU
 * @offset: first byte
 * @size: how many
 *
 * By the engine where the backend can, between two slices of others and in
 * pieces, so that these go on meanwhile; else by the CPU.
 *
 * Return: 0, -EIO when the GPU is lost.
 */
int vgpu_sched_scrub(struct vgpu_core *core, u64 offset, u64 size)
{
	u64 end = offset + size, n;
	int ret;

	for (; offset < end; offset += n) {
		n = min_t(u64, end - offset, SCRUB_STEP);
		ret = scrub_by_engine(core, offset, n);
		if (READ_ONCE(core->lost))
			return -EIO;
		if (ret)
			memset_io(core->gpu.desc.vram.virt + offset, 0, n);
		cond_resched();
	}
	return 0;
}

static int start_engine(struct vgpu_core *core, unsigned int id)
{
	struct vgpu_engine *eng = &core->engines[id];
	struct task_struct *thread;

	eng->core = core;
	eng->id = id;
	init_waitqueue_head(&eng->wq);
	mutex_init(&eng->hw_lock);
	spin_lock_init(&eng->rl_lock);
	vgpu_runlist_init(&eng->rl, ktime_get_ns());
	eng->rl.slice = vgpu_slice_us * NSEC_PER_USEC;
	thread = kthread_run(engine_thread, eng, "vgpu-%s/%u",
			     dev_name(core->gpu.desc.dev), id);
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	eng->thread = thread;
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
	int ret;

	for (i = 0; i < core->gpu.desc.nr_engines; i++) {
		ret = start_engine(core, i);
		if (ret) {
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
