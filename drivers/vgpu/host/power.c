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
static void set_asleep(struct vgpu_core *core, bool asleep)
{
	struct vgpu_sched *eng;

	mutex_lock(&core->reset_lock);
	for (eng = core->engines; eng < vgpu_engines_end(core); eng++) {
		mutex_lock_nest_lock(&eng->hw_lock, &core->reset_lock);
		if (!asleep)
			continue;
		vgpu_sched_account(eng, VGPU_ENGINE_SWITCH);
		vgpu_sched_unload(eng);
		vgpu_sched_account(eng, VGPU_ENGINE_IDLE);
	}
	WRITE_ONCE(core->asleep, asleep);
	for (eng = core->engines; eng < vgpu_engines_end(core); eng++) {
		mutex_unlock(&eng->hw_lock);
		wake_up_all(&eng->wq);
	}
	mutex_unlock(&core->reset_lock);
}

/* One a unit of the partitions; a unit is all taken or all free. */
static u64 nr_units(const struct vgpu_core *core)
{
	return div64_u64(core->parts.size, core->parts.unit);
}

static u64 unit_at(const struct vgpu_core *core, u64 i)
{
	return i * core->parts.unit;
}

static void release(struct vgpu_core *core)
{
	u64 i;

	for (i = 0; core->kept && i < nr_units(core); i++)
		vfree(core->kept[i]);
	kvfree(core->kept);
	core->kept = NULL;
}

/* Rather none than somebody's process killed for it. */
static void *alloc_unit(const struct vgpu_core *core)
{
	return __vmalloc(core->parts.unit,
			 GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
}

static int reserve(struct vgpu_core *core)
{
	int ret = 0;
	u64 i;

	/* Pages of the host are its own to keep. */
	if (core->gpu.desc.vram.pages)
		return 0;
	mutex_lock(&core->lock);
	if (!core->kept)
		core->kept = kvcalloc(nr_units(core), sizeof(*core->kept),
				      GFP_KERNEL);
	if (!core->kept)
		ret = -ENOMEM;
	for (i = 0; !ret && i < nr_units(core); i++) {
		if (core->kept[i] ||
		    vgpu_partition_is_free(&core->parts, i * core->parts.unit))
			continue;
		core->kept[i] = alloc_unit(core);
		if (!core->kept[i])
			ret = -ENOMEM;
	}
	if (ret) {
		dev_err(core->gpu.desc.dev,
			"no sleep: not enough memory to keep the VRAM of the vGPUs, %llu bytes\n",
			core->parts.size -
			vgpu_partitions_total_free(&core->parts));
		release(core);
	}
	mutex_unlock(&core->lock);
	return ret;
}

static int power_event(struct notifier_block *nb, unsigned long event,
		       void *unused)
{
	struct vgpu_core *core = container_of(nb, struct vgpu_core, power_nb);

	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		return notifier_from_errno(reserve(core));
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		mutex_lock(&core->lock);
		release(core);
		mutex_unlock(&core->lock);
	}
	return NOTIFY_DONE;
}

/**
 * vgpu_power_init() - be told when the machine is about to sleep
 * @core: the GPU
 *
 * Return: 0 or -errno.
 */
int vgpu_power_init(struct vgpu_core *core)
{
	core->power_nb.notifier_call = power_event;
	return register_pm_notifier(&core->power_nb);
}

/**
 * vgpu_power_fini() - undo vgpu_power_init()
 * @core: the GPU
 */
void vgpu_power_fini(struct vgpu_core *core)
{
	unregister_pm_notifier(&core->power_nb);
	release(core);
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
	struct vgpu_core *core = gpu->core;
	u64 i;
	int ret;

	/* Again: an instance may have been created since the first time. */
	ret = reserve(core);
	if (ret)
		return ret;
	set_asleep(core, true);
	for (i = 0; core->kept && !READ_ONCE(core->lost) && i < nr_units(core);
	     i++) {
		if (core->kept[i])
			vgpu_vram_read(&gpu->desc.vram, unit_at(core, i),
				       core->kept[i], core->parts.unit);
		cond_resched();
	}
	return 0;
}
EXPORT_SYMBOL_GPL(vgpu_gpu_suspend);

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
	struct vgpu_core *core = gpu->core;
	u64 i;

	if (error && !READ_ONCE(core->lost)) {
		dev_err(gpu->desc.dev,
			"the GPU is lost: it does not come back from sleep\n");
		WRITE_ONCE(core->lost, true);
	}
	for (i = 0; core->kept && !READ_ONCE(core->lost) && i < nr_units(core);
	     i++) {
		if (core->kept[i])
			vgpu_vram_write(&gpu->desc.vram, unit_at(core, i),
					core->kept[i], core->parts.unit);
		cond_resched();
	}
	set_asleep(core, false);
}
EXPORT_SYMBOL_GPL(vgpu_gpu_resume);
