// SPDX-License-Identifier: GPL-2.0
/*
 * Physical GPUs: what a backend registers becomes a mdev parent with types.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../core.h"
#include "../bus/bus.h"
#include "../display/edid.h"
#include "../guard/guard.h"
#include "../migrate/format.h"
#include "../migrate/migrate.h"
#include "../work/sched.h"
#include "host.h"
#include "place.h"

static unsigned int slice_us = 2000;

/* Loading the module fails with what is out of range, and the kernel says so. */
static int set_slice_us(const char *val, const struct kernel_param *kp)
{
	unsigned int us;
	int ret;

	ret = kstrtouint(val, 0, &us);
	if (ret)
		return ret;
	if (us && (us < VGPU_SLICE_MIN / NSEC_PER_USEC ||
		   us > VGPU_SLICE_MAX / NSEC_PER_USEC))
		return -EINVAL;
	*(unsigned int *)kp->arg = us;
	return 0;
}

static const struct kernel_param_ops slice_us_ops = {
	.set = set_slice_us,
	.get = param_get_uint,
};
module_param_cb(slice_us, &slice_us_ops, &slice_us, 0444);
MODULE_PARM_DESC(slice_us,
		 "Time slice of new GPUs in microseconds, 500 to 30000, or 0 to derive it from the number of instances (default 2000)");

static const struct vgpu_type_desc *largest_type(const struct vgpu_pdev *pd)
{
	const struct vgpu_type_desc *best = NULL;
	unsigned int i;

	lockdep_assert_held(&pd->lock);
	for (i = 0; i < pd->gpu.desc.nr_types; i++) {
		const struct vgpu_type_desc *t = pd->types[i].desc;

		if ((!best || t->vram_size > best->vram_size) &&
		    vgpu_parts_fit(&pd->parts, t->slice, t->vram_size))
			best = t;
	}
	return best;
}

/**
 * vgpu_largest_type() - what could still be created
 * @pd: the GPU; its lock is held
 *
 * Return: the name of the largest type that fits now, or "none".
 */
const char *vgpu_largest_type(const struct vgpu_pdev *pd)
{
	const struct vgpu_type_desc *t = largest_type(pd);

	lockdep_assert_held(&pd->lock);
	return t ? t->name : "none";
}

/**
 * vgpu_largest_free() - what a partition may have at most
 * @pd: the GPU; its lock is held
 *
 * Return: bytes of the largest partition that fits now: of a type, or of a power of
 * two.
 */
u64 vgpu_largest_free(const struct vgpu_pdev *pd)
{
	const struct vgpu_type_desc *t = largest_type(pd);

	lockdep_assert_held(&pd->lock);
	return max(vgpu_parts_largest(&pd->parts),
		   t ? t->vram_size : 0);
}

static bool engine_makes_sense(const struct vgpu_engine_desc *e)
{
	/* The name is that of a directory. */
	return e->name && *e->name && *e->name != '.' &&
	       !strchr(e->name, '/') && e->class < VGPU_NR_CLASSES &&
	       e->slice < VGPU_MAX_SLICES && e->ops && e->ops->load &&
	       e->ops->start && e->ops->idle && e->ops->reset && e->queue_ops &&
	       e->queue_ops->init && e->queue_ops->fini &&
	       e->queue_ops->pending && e->queue_ops->forget;
}

static int check_engines(const struct vgpu_gpu_desc *desc)
{
	unsigned int i, j;

	if (!desc->nr_engines || desc->nr_engines > VGPU_MAX_ENGINES)
		return -EINVAL;
	for (i = 0; i < desc->nr_engines; i++) {
		if (!engine_makes_sense(&desc->engines[i]))
			return -EINVAL;
		for (j = 0; j < i; j++)
			if (!strcmp(desc->engines[i].name,
				    desc->engines[j].name))
				return -EINVAL;
	}
	return 0;
}

/* Partitions are mapped by pages: those of a card by any, of the host by blocks. */
static u64 granule(const struct vgpu_vram *vram)
{
	return vram->pages ? PMD_SIZE : PAGE_SIZE;
}

/* By which a stream says what it is of. */
static bool has_name(const char *name)
{
	return name && *name && strlen(name) < VGPU_STREAM_NAME;
}

static const struct vgpu_pci_desc *pci_of(const struct vgpu_gpu_desc *desc,
					  const struct vgpu_type_desc *t)
{
	return t->pci ?: &desc->pci;
}

static int check_type(const struct vgpu_gpu_desc *desc,
		      const struct vgpu_type_desc *t)
{
	const struct vgpu_pci_desc *pci = pci_of(desc, t);
	const u32 placed[VGPU_MAX_ENGINES] = {};
	struct vgpu_placement where;

	if (!pci->bars || vgpu_config_check(pci))
		return -EINVAL;
	if (!has_name(t->name) ||
	    !t->vram_size || t->vram_size % granule(&desc->vram) ||
	    t->num_heads > VGPU_MAX_HEADS ||
	    t->screen_size > t->vram_size || !PAGE_ALIGNED(t->screen_size))
		return -EINVAL;
	if (desc->vram_parts > 1 && t->slice != VGPU_ANY_SLICE &&
	    t->slice >= desc->vram_parts)
		return -EINVAL;
	/* Any size up to it may become the monitor's. */
	if (t->num_heads && (!desc->ops->scanout ||
			     !vgpu_edid_fits(t->max_xres, t->max_yres)))
		return -EINVAL;
	return vgpu_place(desc->engines, desc->nr_engines, placed, t->classes,
			  t->slice, ~0U, &where);
}

static int check_desc(const struct vgpu_gpu_desc *desc)
{
	unsigned int i;

	if (!desc->nr_types || desc->vram.reserved >= desc->vram.size ||
	    !desc->vram.virt == !desc->vram.pages ||
	    !PAGE_ALIGNED(desc->vram.phys) || !has_name(desc->backend) ||
	    check_engines(desc))
		return -EINVAL;
	for (i = 0; i < desc->nr_types; i++)
		if (check_type(desc, &desc->types[i]))
			return -EINVAL;
	return 0;
}

static int init_partitions(struct vgpu_pdev *pd)
{
	const struct vgpu_gpu_desc *desc = &pd->gpu.desc;
	u64 unit, all = 0, size = desc->vram.size - desc->vram.reserved;
	unsigned int i;

	/* The largest power of two that all sizes are multiples of. */
	for (i = 0; i < desc->nr_types; i++)
		all |= desc->types[i].vram_size;
	unit = all & -all;
	return vgpu_parts_init(&pd->parts, size, unit,
			       max(desc->vram_parts, 1U));
}

static int init_types(struct vgpu_pdev *pd)
{
	const struct vgpu_gpu_desc *desc = &pd->gpu.desc;
	unsigned int i;
	int ret;

	pd->types = kcalloc(desc->nr_types, sizeof(*pd->types), GFP_KERNEL);
	pd->mtypes = kcalloc(desc->nr_types, sizeof(*pd->mtypes),
			     GFP_KERNEL);
	if (!pd->types || !pd->mtypes)
		return -ENOMEM;
	for (i = 0; i < desc->nr_types; i++) {
		pd->types[i].pd = pd;
		pd->types[i].desc = &desc->types[i];
		pd->types[i].pci = pci_of(desc, &desc->types[i]);
		ret = vgpu_bars_init(&pd->types[i].bars, pd->types[i].pci,
				     desc->types[i].vram_size, desc->regs_size);
		if (!ret && !desc->ops->doorbell &&
		    vgpu_bars_count(&pd->types[i].bars, VGPU_AREA_DOORBELL) +
		    vgpu_bars_count(&pd->types[i].bars, VGPU_AREA_RING))
			ret = -EINVAL;
		if (ret)
			return ret;
		pd->types[i].mtype.sysfs_name = desc->types[i].name;
		pd->types[i].mtype.pretty_name = desc->types[i].name;
		pd->mtypes[i] = &pd->types[i].mtype;
	}
	return 0;
}

static void free_gpu(struct vgpu_pdev *pd)
{
	vgpu_function_fini(pd);
	kfree(pd->mtypes);
	kfree(pd->types);
	vgpu_parts_fini(&pd->parts);
	vgpu_regmap_fini(&pd->regmap);
	ida_destroy(&pd->ids);
	mutex_destroy(&pd->lock);
	kfree(pd);
}

static struct vgpu_pdev *alloc_gpu(const struct vgpu_gpu_desc *desc)
{
	struct vgpu_pdev *pd;
	int ret;

	pd = kzalloc(sizeof(*pd), GFP_KERNEL);
	if (!pd)
		return ERR_PTR(-ENOMEM);
	pd->gpu.desc = *desc;
	pd->gpu.pd = pd;
	pd->watchdog_us = VGPU_WATCHDOG_US;
	pd->faulted = vgpu_instance_faulted;
	pd->lose = vgpu_gpu_lose;
	spin_lock_init(&pd->instances_lock);
	INIT_LIST_HEAD(&pd->instances);
	pd->moving = &vgpu_moving;
	vgpu_guard_init(pd);
	vgpu_compact_init(pd);
	vgpu_sched_init(pd, slice_us * NSEC_PER_USEC);
	mutex_init(&pd->lock);
	ida_init(&pd->ids);
	strscpy(pd->refusal, "none", sizeof(pd->refusal));

	ret = vgpu_regmap_init(&pd->regmap, desc->regs, desc->nr_regs,
			       desc->regs_size);
	if (!ret)
		ret = init_partitions(pd);
	if (!ret)
		ret = init_types(pd);
	if (!ret)
		ret = vgpu_function_init(pd);
	if (ret) {
		free_gpu(pd);
		return ERR_PTR(ret);
	}
	return pd;
}

/**
 * vgpu_gpu_register() - offer vGPUs of a physical GPU
 * @desc: the GPU; copied, but what it points to must stay
 *
 * From here on the backend's functions are called. Process context.
 *
 * Return: the GPU, or an error pointer: -EINVAL for a description that makes
 * no sense, -ENOMEM, or what the mdev core says.
 */
struct vgpu_gpu *vgpu_gpu_register(const struct vgpu_gpu_desc *desc)
{
	struct vgpu_pdev *pd;
	int ret;

	might_sleep();
	ret = check_desc(desc);
	if (ret)
		return ERR_PTR(ret);
	pd = alloc_gpu(desc);
	if (IS_ERR(pd))
		return ERR_CAST(pd);

	ret = vgpu_sched_start(pd);
	if (ret)
		goto err_free;
	ret = vgpu_power_init(pd);
	if (ret)
		goto err_sched;
	dev_set_drvdata(desc->dev, &pd->gpu);
	ret = vgpu_gpu_sysfs_add(pd);
	if (ret)
		goto err_power;
	ret = mdev_register_parent(&pd->parent, desc->dev, &vgpu_mdev_driver,
				   pd->mtypes, desc->nr_types);
	if (ret)
		goto err_sysfs;
	vgpu_debugfs_add(pd);
	dev_info(desc->dev, "%llu MiB VRAM for vGPUs, %llu MiB reserved, %u types\n",
		 pd->parts.size / SZ_1M,
		 (desc->vram.size - pd->parts.size) / SZ_1M, desc->nr_types);
	return &pd->gpu;

err_sysfs:
	vgpu_gpu_sysfs_remove(pd);
err_power:
	dev_set_drvdata(desc->dev, NULL);
	vgpu_power_fini(pd);
err_sched:
	vgpu_sched_stop(pd);
err_free:
	free_gpu(pd);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(vgpu_gpu_register);

/**
 * vgpu_gpu_unregister() - the GPU goes away
 * @gpu: the GPU
 *
 * Asks the users of its instances to let go, waits until they have, and
 * removes the instances. The machine does not go to sleep meanwhile: users that are frozen
 * do not let go, and the kernel's power management waits for who removes a device. One
 * that goes while the machine sleeps, or wakes up, as a card that was pulled meanwhile, is
 * lost: nobody waits any more for it to wake; but for users it has, here and in the
 * kernel, which then does not wake up. Process context; not beside vgpu_gpu_suspend() and
 * its like.
 */
void vgpu_gpu_unregister(struct vgpu_gpu *gpu)
{
	struct vgpu_pdev *pd = gpu->pd;
	struct device *dev = gpu->desc.dev;

	might_sleep();
	if (pd->asleep)
		vgpu_gpu_resume(gpu, -ENODEV);
	WRITE_ONCE(pd->going, true);
	vgpu_debugfs_remove(pd);
	mdev_unregister_parent(&pd->parent);
	vgpu_gpu_sysfs_remove(pd);
	dev_set_drvdata(dev, NULL);
	vgpu_power_fini(pd);
	vgpu_sched_stop(pd);
	free_gpu(pd);
}
EXPORT_SYMBOL_GPL(vgpu_gpu_unregister);

/**
 * vgpu_gpu_lose() - from now on the GPU is lost
 * @pd: the GPU
 *
 * Users of its instances get VFIO's error event, so that QEMU stops their VMs. Those of
 * instances that are faulted have it already, or get it when they have arrived. Any context.
 *
 * Return: false when it was lost before; then nobody is told again.
 */
bool vgpu_gpu_lose(struct vgpu_pdev *pd)
{
	struct vgpu_sched *eng;
	struct vgpu_vdev *vd;
	unsigned long flags;
	bool news;

	spin_lock_irqsave(&pd->instances_lock, flags);
	news = !pd->lost;
	WRITE_ONCE(pd->lost, true);
	if (news)
		list_for_each_entry(vd, &pd->instances, sibling)
			if (!READ_ONCE(vd->faulted))
				vgpu_irq_notify(vd, VFIO_PCI_ERR_IRQ_INDEX);
	spin_unlock_irqrestore(&pd->instances_lock, flags);
	if (!news)
		return false;
	for (eng = pd->engines; eng < vgpu_engines_end(pd); eng++)
		wake_up(&eng->wq);
	return true;
}

/**
 * vgpu_gpu_lost() - the GPU does not answer any more
 * @gpu: the GPU
 *
 * For a backend that is told so, or sees it, as when a card has fallen off its bus:
 * from now on the core does not touch the GPU, and refuses what would need it; users
 * of its instances get VFIO's error event. It ends when the GPU is unregistered. Any context.
 */
void vgpu_gpu_lost(struct vgpu_gpu *gpu)
{
	if (vgpu_gpu_lose(gpu->pd))
		dev_err(gpu->desc.dev, "the GPU is lost: it does not answer\n");
}
EXPORT_SYMBOL_GPL(vgpu_gpu_lost);

/**
 * vgpu_bar_address() - where a guest has put a BAR
 * @inst: the instance
 * @bar: 0 to 5
 *
 * Return: the address in its BAR, without flag bits. Trap context.
 */
u64 vgpu_bar_address(struct vgpu_instance *inst, unsigned int bar)
{
	vgpu_assert_trap_context(inst);
	return vgpu_config_bar_address(&inst_to_vd(inst)->cfg, bar);
}
EXPORT_SYMBOL_GPL(vgpu_bar_address);

/**
 * vgpu_config_read() - read an instance's PCI configuration space
 * @inst: the instance
 * @offset: bytes
 * @size: 1 to 4
 *
 * Return: the value; bytes past the end are zero. Trap context.
 */
u32 vgpu_config_read(struct vgpu_instance *inst, u32 offset, unsigned int size)
{
	vgpu_assert_trap_context(inst);
	return vgpu_config_get(&inst_to_vd(inst)->cfg, offset, size);
}
EXPORT_SYMBOL_GPL(vgpu_config_read);
