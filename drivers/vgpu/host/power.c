// SPDX-License-Identifier: GPL-2.0
/*
 * The machine sleeps: suspend to idle, suspend to RAM, hibernation.
 *
 * 1. Before user space is frozen, memory is set aside for what the partitions
 *    hold: later there may be none, and no swap to make some. Where it does
 *    not do, the machine stays awake and says why;
 * 2. when the backend's device is suspended, the engines finish their slices
 *    and give their contexts back, and the partitions are copied to memory: a
 *    card without power forgets;
 * 3. when the device is awake, and its backend has set it up as on the first
 *    day, the partitions are copied back and the engines go on. Contexts are
 *    loaded as on any switch. A card that does not come back is *lost*.
 *
 * A kernel that makes room for another one, by kexec, stops after the first half of
 * 2.: user space may still run then, and waits.
 *
 * Between 2. and 3. nobody traps and nobody touches an aperture: user space is
 * frozen, virtual CPUs with it. Mappings stay, for BARs come back where they
 * were. Who wants an engine waits.
 *
 * Memory is kept in every kind of sleep, for no kind promises that a card has
 * power: even in suspend to idle its bus may turn it off.
 */
#include <linux/sched.h>
#include <linux/suspend.h>
#include <linux/vmalloc.h>

#include "../core.h"
#include "../work/sched.h"
#include "host.h"

/* With whatever is under way finished, and contexts where they belong. */
static void set_asleep(struct vgpu_pdev *pd, bool asleep)
{
	struct vgpu_sched *eng;

	down_write(&pd->reset_lock);
	for (eng = pd->engines; eng < vgpu_engines_end(pd); eng++) {
		mutex_lock_nest_lock(&eng->hw_lock, &pd->reset_lock);
		if (!asleep)
			continue;
		vgpu_sched_account(eng, VGPU_ENGINE_SWITCH);
		vgpu_sched_unload(eng);
		vgpu_sched_account(eng, VGPU_ENGINE_IDLE);
	}
	WRITE_ONCE(pd->asleep, asleep);
	for (eng = pd->engines; eng < vgpu_engines_end(pd); eng++)
		mutex_unlock(&eng->hw_lock);
	up_write(&pd->reset_lock);
	wake_up_all(&pd->awake);
}

/* One a unit of the partitions; a unit is all taken or all free. */
static u64 nr_units(const struct vgpu_pdev *pd)
{
	return div64_u64(pd->parts.size, pd->parts.unit);
}

static u64 unit_at(const struct vgpu_pdev *pd, u64 i)
{
	return i * pd->parts.unit;
}

static void release(struct vgpu_pdev *pd)
{
	u64 i;

	for (i = 0; pd->kept && i < nr_units(pd); i++)
		vfree(pd->kept[i]);
	kvfree(pd->kept);
	pd->kept = NULL;
}

/* Fails rather than having a process of somebody's killed for memory. */
static void *alloc_unit(const struct vgpu_pdev *pd)
{
	return __vmalloc(pd->parts.unit,
			 GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
}

static int reserve(struct vgpu_pdev *pd)
{
	int ret = 0;
	u64 i;

	/* Pages of the host are its own to keep; a lost GPU's memory nobody reads. */
	if (pd->gpu.desc.vram.pages || READ_ONCE(pd->lost))
		return 0;
	mutex_lock(&pd->lock);
	if (!pd->kept)
		pd->kept = kvcalloc(nr_units(pd), sizeof(*pd->kept),
				    GFP_KERNEL);
	if (!pd->kept)
		ret = -ENOMEM;
	for (i = 0; !ret && i < nr_units(pd); i++) {
		if (pd->kept[i] ||
		    vgpu_parts_is_free(&pd->parts, i * pd->parts.unit))
			continue;
		pd->kept[i] = alloc_unit(pd);
		if (!pd->kept[i])
			ret = -ENOMEM;
	}
	if (ret) {
		dev_err(pd->gpu.desc.dev,
			"no sleep: not enough memory to keep the VRAM of the vGPUs, %llu bytes\n",
			pd->parts.size -
			vgpu_parts_total_free(&pd->parts));
		release(pd);
	}
	mutex_unlock(&pd->lock);
	return ret;
}

static int power_event(struct notifier_block *nb, unsigned long event,
		       void *unused)
{
	struct vgpu_pdev *pd = container_of(nb, struct vgpu_pdev, power_nb);

	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		if (READ_ONCE(pd->going)) {
			dev_err(pd->gpu.desc.dev,
				"no sleep: the GPU is just being removed\n");
			return notifier_from_errno(-EBUSY);
		}
		return notifier_from_errno(reserve(pd));
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		mutex_lock(&pd->lock);
		release(pd);
		mutex_unlock(&pd->lock);
	}
	return NOTIFY_DONE;
}

/**
 * vgpu_power_init() - be told when the machine is about to sleep
 * @pd: the GPU
 *
 * Return: 0 or -errno.
 */
int vgpu_power_init(struct vgpu_pdev *pd)
{
	pd->power_nb.notifier_call = power_event;
	return register_pm_notifier(&pd->power_nb);
}

/**
 * vgpu_power_fini() - undo vgpu_power_init()
 * @pd: the GPU
 */
void vgpu_power_fini(struct vgpu_pdev *pd)
{
	unregister_pm_notifier(&pd->power_nb);
	release(pd);
}

/**
 * vgpu_gpu_suspend() - the GPU is about to lose its power
 * @gpu: the GPU
 *
 * For the backend's system sleep callbacks (suspend, freeze, poweroff). When
 * it returns 0, the core does not touch the GPU until vgpu_gpu_resume(). A lost
 * GPU is as good as off.
 *
 * Return: 0, -ENOMEM when memory cannot be kept; then nothing has changed.
 */
int vgpu_gpu_suspend(struct vgpu_gpu *gpu)
{
	struct vgpu_pdev *pd = gpu->pd;
	u64 i;
	int ret;

	/* Again: an instance may have been created since the first time. */
	ret = reserve(pd);
	if (ret)
		return ret;
	set_asleep(pd, true);
	for (i = 0; pd->kept && !READ_ONCE(pd->lost) && i < nr_units(pd);
	     i++) {
		if (pd->kept[i])
			vgpu_vram_read(&gpu->desc.vram, unit_at(pd, i),
				       pd->kept[i], pd->parts.unit);
		cond_resched();
	}
	return 0;
}
EXPORT_SYMBOL_GPL(vgpu_gpu_suspend);

/**
 * vgpu_gpu_shutdown() - this kernel is over: the machine stops or starts anew
 * @gpu: the GPU
 *
 * For the backend's shutdown callback. The engines finish their slices, and then the
 * core does not touch the GPU any more, so that another kernel, by kexec, finds it at
 * rest. Who wants an engine waits. May sleep.
 */
void vgpu_gpu_shutdown(struct vgpu_gpu *gpu)
{
	might_sleep();
	set_asleep(gpu->pd, true);
}
EXPORT_SYMBOL_GPL(vgpu_gpu_shutdown);

/**
 * vgpu_gpu_resume() - the GPU has power again
 * @gpu: the GPU, for which vgpu_gpu_suspend() has returned 0
 * @error: 0 when the backend has set it up, with its engines idle; else the GPU
 *	is lost
 *
 * For the backend's system sleep callbacks (resume, thaw, restore).
 */
void vgpu_gpu_resume(struct vgpu_gpu *gpu, int error)
{
	struct vgpu_pdev *pd = gpu->pd;
	u64 i;

	if (error && vgpu_gpu_lose(pd))
		dev_err(gpu->desc.dev,
			"the GPU is lost: it does not come back from sleep\n");
	for (i = 0; pd->kept && !READ_ONCE(pd->lost) && i < nr_units(pd);
	     i++) {
		if (pd->kept[i])
			vgpu_vram_write(&gpu->desc.vram, unit_at(pd, i),
					pd->kept[i], pd->parts.unit);
		cond_resched();
	}
	set_asleep(pd, false);
}
EXPORT_SYMBOL_GPL(vgpu_gpu_resume);
