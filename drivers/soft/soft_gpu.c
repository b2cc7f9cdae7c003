// SPDX-License-Identifier: GPL-2.0
/*
 * A soft GPU, as the core sees it: types, instances and what they consist of. On
 * whatever device: that of soft_drv.c, or a test's.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/ratelimit.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <vgpu/compat.h>

#include "soft.h"

/* One more instance, unless the GPU is about to be cut. */
static int enter(struct soft_gpu *soft)
{
	int ret = 0;

	mutex_lock(&soft->lock);
	if (soft->closed)
		ret = -EBUSY;
	else
		soft->instances++;
	mutex_unlock(&soft->lock);
	return ret;
}

static void leave(struct soft_gpu *soft)
{
	mutex_lock(&soft->lock);
	soft->instances--;
	mutex_unlock(&soft->lock);
}

static int misbehave(struct soft_gpu *soft)
{
	if (msleep_interruptible(READ_ONCE(soft->knobs.create_delay_ms)))
		return -EINTR;
	return -READ_ONCE(soft->knobs.create_error);
}

static int instance_init(struct vgpu_instance *inst)
{
	struct soft_gpu *soft = to_soft(inst->gpu);
	struct soft_instance *si;
	int ret;

	ret = enter(soft);
	if (ret)
		return ret;
	ret = misbehave(soft);
	si = ret ? NULL : kzalloc(sizeof(*si), GFP_KERNEL);
	if (!si) {
		leave(soft);
		return ret ?: -ENOMEM;
	}
	ratelimit_state_init(&si->drops, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
	ratelimit_set_flags(&si->drops, RATELIMIT_MSG_ON_RELEASE);
	inst->priv = si;
	inst->regs.priv = si;
	return 0;
}

static void instance_fini(struct vgpu_instance *inst)
{
	struct soft_gpu *soft = to_soft(inst->gpu);

	kfree(inst->priv);
	inst->priv = NULL;
	inst->regs.priv = NULL;
	msleep_interruptible(READ_ONCE(soft->knobs.remove_delay_ms));
	leave(soft);
}

/* What is told, which is not always so. */
static u64 available(struct vgpu_gpu *gpu, const struct vgpu_type_desc *type,
		     u64 fit)
{
	s64 told = fit + READ_ONCE(to_soft(gpu)->knobs.available_offset);

	return max(told, 0LL);
}

static void state_reset(struct vgpu_instance *inst)
{
	struct soft_instance *si = inst->priv;

	vgpu_assert_trap_context(inst);
	/* What is reset is not written any more by who has computed for it before. */
	if (si->queue[VGPU_CLASS_COMPUTE])
		soft_client_wait(si->queue[VGPU_CLASS_COMPUTE]);
	vgpu_reg_set(&inst->regs, SOFT_VRAM_LO, lower_32_bits(inst->vram_size));
	vgpu_reg_set(&inst->regs, SOFT_VRAM_HI, upper_32_bits(inst->vram_size));
	vgpu_reg_set(&inst->regs, SOFT_QUEUES,
		     (si->queue[VGPU_CLASS_COPY] ? BIT(0) : 0) |
		     (si->queue[VGPU_CLASS_COMPUTE] ? BIT(1) : 0));
	if (si->queue[VGPU_CLASS_COMPUTE] &&
	    si->queue[VGPU_CLASS_COMPUTE]->almaif)
		soft_almaif_info(si->queue[VGPU_CLASS_COMPUTE], &inst->regs,
				 SOFT_REGS_ALMAIF);
}

/* The queues that there are follow from the type. */
static void state_save(struct vgpu_instance *inst, struct vgpu_writer *w)
{
	struct soft_instance *si = inst->priv;
	unsigned int class;

	for (class = 0; class < VGPU_NR_CLASSES; class++)
		if (si->queue[class])
			soft_queue_save(si->queue[class], w);
}

static void state_load(struct vgpu_instance *inst, struct vgpu_reader *r)
{
	struct soft_instance *si = inst->priv;
	unsigned int class;

	for (class = 0; class < VGPU_NR_CLASSES; class++)
		if (si->queue[class])
			soft_queue_load(si->queue[class], r);
}

/* Nothing of it runs any more, and the rings are gone. */
static void state_close(struct vgpu_instance *inst)
{
	struct soft_instance *si = inst->priv;
	unsigned int class;

	for (class = 0; class < VGPU_NR_CLASSES; class++)
		if (si->queue[class])
			soft_queue_close(si->queue[class]);
}

static const struct vgpu_section soft_sections[] = {
	{
		.id = VGPU_SECTION_BACKEND,
		.version = 1,
		.name = "rings",
		.reset = state_reset,
		.save = state_save,
		.load = state_load,
		.close = state_close,
	},
	{
		.id = VGPU_SECTION_BACKEND + 1,
		.version = 1,
		.name = "screen",
		.reset = soft_display_reset,
		.save = soft_display_save,
		.load = soft_display_load,
	},
	{
		.id = VGPU_SECTION_BACKEND + 2,
		.version = 1,
		.name = "almaif",
		.save = soft_almaif_save,
		.load = soft_almaif_load,
	},
};

/* Our own rings need nobody, and a guest may never compute. */
static const char *hindrance(struct vgpu_instance *inst)
{
	struct soft_instance *si = inst->priv;
	struct soft_queue *sq = si->queue[VGPU_CLASS_COMPUTE];

	if (!sq || !soft_queue_is_almaif(sq) || soft_client_served(sq))
		return NULL;
	return "no executor";
}

/*
 * Where a queue's ring is, is the one address that is kept. Whoever looks into memory
 * in any context has its lock, and so is not in the old place any more afterwards.
 */
static void relocate_ring(struct soft_queue *sq, u64 from)
{
	const struct vgpu_instance *inst = sq->q->inst;
	void *old = inst->gpu->desc.vram.mem + from;

	spin_lock_irq(&sq->lock);
	if (sq->ring.mem)
		sq->ring.mem = soft_vram(inst, sq->ring.mem - old);
	spin_unlock_irq(&sq->lock);
}

static void relocated(struct vgpu_instance *inst, u64 from)
{
	struct soft_instance *si = inst->priv;
	unsigned int class;

	vgpu_assert_trap_context(inst);
	for (class = 0; class < VGPU_NR_CLASSES; class++)
		if (si->queue[class])
			relocate_ring(si->queue[class], from);
}

static const struct vgpu_gpu_ops soft_ops = {
	.instance_init = instance_init,
	.instance_fini = instance_fini,
	.scanout = soft_scanout,
	.doorbell = soft_doorbell,
	.available = available,
	.hindrance = hindrance,
	.relocated = relocated,
};

static void describe(struct soft_gpu *soft, struct vgpu_gpu_desc *desc)
{
	desc->backend = "soft";
	desc->ops = &soft_ops;
	desc->types = soft->types.desc;
	desc->nr_types = soft->types.nr;
	desc->pci = soft_pci[SOFT_C];
	desc->regs = soft_regs;
	desc->nr_regs = soft_nr_regs;
	desc->regs_size = SOFT_REGS_SIZE;
	desc->engines = soft_engines;
	desc->nr_engines = soft_nr_engines(soft);
	desc->vram = soft->vram;
	desc->vram_parts = soft->config->slices;
	desc->sections = soft_sections;
	desc->nr_sections = ARRAY_SIZE(soft_sections);
	desc->priv = soft;
}

/* With the types and engines of the present cut. */
static int attach(struct soft_gpu *soft, struct device *dev)
{
	struct vgpu_gpu_desc desc = { .dev = dev };
	struct vgpu_gpu *gpu;
	unsigned int i;

	/* One that hung when the GPU was lost has not been reset. */
	for (i = 0; i < SOFT_ENGINES; i++)
		soft->engines[i].hang = false;
	soft_types_init(&soft->types, soft->config);
	describe(soft, &desc);
	gpu = vgpu_gpu_register(&desc);
	if (IS_ERR(gpu))
		return PTR_ERR(gpu);
	soft->gpu = gpu;
	WRITE_ONCE(soft->executor->info.slices, soft->config->slices);
	return 0;
}

static void detach(struct soft_gpu *soft)
{
	if (soft->gpu)
		vgpu_gpu_unregister(soft->gpu);
	soft->gpu = NULL;
}

/* What others need is left to them. */
static int take_memory(struct soft_gpu *soft, struct device *dev)
{
	u32 mb = soft->config->vram_mb;
	u32 left = si_mem_available() >> (20 - PAGE_SHIFT);
	int ret = -ENOMEM;

	if (mb <= left - left / 8)
		ret = vgpu_vram_alloc(&soft->vram, (u64)mb * SZ_1M,
				      soft->config->node);
	if (ret)
		dev_err(dev, "no %u MiB of memory for VRAM, of %u that are available\n",
			mb, left);
	return ret;
}

/**
 * soft_gpu_register() - a soft GPU on a device
 * @soft: the GPU, zeroed
 * @dev: the device
 * @config: what it is to be, checked; must stay as long as it is registered
 *
 * Return: 0 or -errno; then nothing is left.
 */
int soft_gpu_register(struct soft_gpu *soft, struct device *dev,
		      struct soft_config *config)
{
	int ret;

	soft->config = config;
	ret = take_memory(soft, dev);
	if (ret)
		return ret;
	mutex_init(&soft->lock);
	mutex_init(&soft->cutting);
	soft->knobs.speed_percent = 100;
	soft_engines_init(soft);
	soft->executor = soft_executor_add(dev, soft->vram.size, config->slices);
	if (!soft->executor) {
		ret = -ENOMEM;
		goto err_vram;
	}
	ret = attach(soft, dev);
	if (ret)
		goto err_executor;
	return 0;

err_executor:
	soft_executor_remove(soft->executor);
err_vram:
	vgpu_vram_free(&soft->vram);
	return ret;
}

/**
 * soft_gpu_show() - let executors come
 * @soft: the GPU, registered; its device's lock is held
 *
 * Not before the module is loaded for good: whoever has a file of it open would not keep
 * it from going when loading it fails.
 *
 * Return: 0, also when they could before, or -errno after a message.
 */
int soft_gpu_show(struct soft_gpu *soft)
{
	struct miscdevice *misc = &soft->executor->misc;
	int ret;

	lockdep_assert_held(&misc->parent->mutex);
	ret = list_empty(&misc->list) ? misc_register(misc) : 0;
	if (ret)
		dev_err(misc->parent, "no device for executors: error %d\n", ret);
	return ret;
}

/**
 * soft_gpu_unregister() - take it away
 * @soft: the GPU
 */
void soft_gpu_unregister(struct soft_gpu *soft)
{
	detach(soft);
	soft_executor_remove(soft->executor);
	vgpu_vram_free(&soft->vram);
	mutex_destroy(&soft->lock);
	mutex_destroy(&soft->cutting);
}

/* No instance comes any more, if there is none. Return: how many there are. */
static unsigned int close_gpu(struct soft_gpu *soft)
{
	unsigned int n;

	mutex_lock(&soft->lock);
	n = soft->instances;
	soft->closed = !n;
	mutex_unlock(&soft->lock);
	return n;
}

static void open_gpu(struct soft_gpu *soft)
{
	mutex_lock(&soft->lock);
	soft->closed = false;
	mutex_unlock(&soft->lock);
}

static int cut(struct soft_gpu *soft, struct device *dev, u32 slices)
{
	u32 was = soft->config->slices;
	int ret;

	lockdep_assert_held(&soft->cutting);
	WRITE_ONCE(soft->config->slices, slices);
	ret = soft_check(dev_name(dev), soft->config);
	if (ret) {
		WRITE_ONCE(soft->config->slices, was);
		open_gpu(soft);
		return ret;
	}
	detach(soft);
	/* Nobody is left who could create one: whoever comes from now on may. */
	open_gpu(soft);
	ret = attach(soft, dev);
	if (!ret)
		return 0;
	WRITE_ONCE(soft->config->slices, was);
	if (attach(soft, dev))
		dev_err(dev, "slices: it is not offered any more: unbind the driver and bind it again\n");
	return ret;
}

/**
 * soft_gpu_cut() - cut a GPU anew
 * @soft: the GPU, registered
 * @dev: its device
 * @slices: into how many slices
 *
 * It is taken away from the core and offered anew, with other types and engines;
 * its memory stays. Process context.
 *
 * Return: 0, -EINVAL, -EBUSY while there are instances; then nothing has changed.
 */
int soft_gpu_cut(struct soft_gpu *soft, struct device *dev, u32 slices)
{
	unsigned int n;
	int ret = -EBUSY;

	mutex_lock(&soft->cutting);
	n = close_gpu(soft);
	if (n)
		dev_err(dev, "slices: it has %u vGPUs; remove them first\n", n);
	else
		ret = cut(soft, dev, slices);
	mutex_unlock(&soft->cutting);
	return ret;
}

/**
 * soft_gpu_lose() - it does not answer any more
 * @soft: the GPU, registered
 */
void soft_gpu_lose(struct soft_gpu *soft)
{
	mutex_lock(&soft->cutting);
	if (soft->gpu)
		vgpu_gpu_lost(soft->gpu);
	mutex_unlock(&soft->cutting);
}

/**
 * soft_gpu_is_used() - has it instances
 * @soft: the GPU
 *
 * Return: true when there are some, open or not.
 */
bool soft_gpu_is_used(struct soft_gpu *soft)
{
	bool used;

	mutex_lock(&soft->lock);
	used = soft->instances;
	mutex_unlock(&soft->lock);
	return used;
}
