// SPDX-License-Identifier: GPL-2.0
/*
 * A soft GPU, as the core sees it: types, instances and what they consist of. On
 * whatever device: that of soft_drv.c, or a test's.
 */
#include <linux/ratelimit.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <vgpu/compat.h>

#include "soft.h"

#define BOTH	(BIT(VGPU_CLASS_COPY) | BIT(VGPU_CLASS_COMPUTE))

/* C: compute, no display; S0 and S1 are of one slice. Small to large. */
static const struct vgpu_type_desc soft_types[] = {
	{ "SOFT-4C", SZ_4M, 0, 0, 0, 100, BOTH, VGPU_ANY_SLICE },
	{ "SOFT-16C", SZ_16M, 0, 0, 0, 100, BOTH, VGPU_ANY_SLICE },
	{ "SOFT-16C-S0", SZ_16M, 0, 0, 0, 100, BOTH, 0 },
	{ "SOFT-16C-S1", SZ_16M, 0, 0, 0, 100, BOTH, 1 },
	{ "SOFT-24C", SZ_16M + SZ_8M, 0, 0, 0, 100, BOTH, VGPU_ANY_SLICE },
	{ "SOFT-64C", SZ_64M, 0, 0, 0, 100, BOTH, VGPU_ANY_SLICE },
};

static int instance_init(struct vgpu_instance *inst)
{
	struct soft_instance *si;

	si = kzalloc(sizeof(*si), GFP_KERNEL);
	if (!si)
		return -ENOMEM;
	ratelimit_state_init(&si->drops, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
	ratelimit_set_flags(&si->drops, RATELIMIT_MSG_ON_RELEASE);
	inst->priv = si;
	inst->regs.priv = si;
	return 0;
}

static void instance_fini(struct vgpu_instance *inst)
{
	kfree(inst->priv);
	inst->priv = NULL;
	inst->regs.priv = NULL;
}

static void state_reset(struct vgpu_instance *inst)
{
	struct soft_instance *si = inst->priv;

	vgpu_assert_trap_context(inst);
	vgpu_reg_set(&inst->regs, SOFT_VRAM_LO, lower_32_bits(inst->vram_size));
	vgpu_reg_set(&inst->regs, SOFT_VRAM_HI, upper_32_bits(inst->vram_size));
	vgpu_reg_set(&inst->regs, SOFT_QUEUES,
		     (si->queue[VGPU_CLASS_COPY] ? BIT(0) : 0) |
		     (si->queue[VGPU_CLASS_COMPUTE] ? BIT(1) : 0));
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
};

static const struct vgpu_gpu_ops soft_ops = {
	.instance_init = instance_init,
	.instance_fini = instance_fini,
	.doorbell = soft_doorbell,
};

static void describe(struct soft_gpu *soft, struct vgpu_gpu_desc *desc)
{
	desc->ops = &soft_ops;
	desc->types = soft_types;
	while (desc->nr_types < ARRAY_SIZE(soft_types) &&
	       soft_types[desc->nr_types].vram_size <= desc->vram.size)
		desc->nr_types++;
	desc->pci = soft_pci[SOFT_C];
	desc->regs = soft_regs;
	desc->nr_regs = soft_nr_regs;
	desc->regs_size = SOFT_REGS_SIZE;
	desc->engines = soft_engines;
	desc->nr_engines = SOFT_ENGINES;
	desc->sections = soft_sections;
	desc->nr_sections = ARRAY_SIZE(soft_sections);
	desc->priv = soft;
}

/**
 * soft_gpu_register() - a soft GPU on a device
 * @soft: the GPU, zeroed
 * @dev: the device
 * @vram_bytes: its memory, a multiple of %PMD_SIZE
 * @node: NUMA node that it comes from, or %NUMA_NO_NODE
 *
 * Return: 0 or -errno; then nothing is left.
 */
int soft_gpu_register(struct soft_gpu *soft, struct device *dev, u64 vram_bytes,
		      int node)
{
	struct vgpu_gpu_desc desc = { .dev = dev };
	int ret;

	ret = vgpu_vram_alloc(&desc.vram, vram_bytes, node);
	if (ret) {
		dev_err(dev, "no %llu MiB of memory for VRAM\n",
			vram_bytes / SZ_1M);
		return ret;
	}
	soft_engines_init(soft);
	describe(soft, &desc);
	soft->gpu = vgpu_gpu_register(&desc);
	if (IS_ERR(soft->gpu)) {
		ret = PTR_ERR(soft->gpu);
		vgpu_vram_free(&desc.vram);
	}
	return ret;
}

/**
 * soft_gpu_unregister() - take it away
 * @soft: the GPU
 */
void soft_gpu_unregister(struct soft_gpu *soft)
{
	struct vgpu_vram vram = soft->gpu->desc.vram;

	vgpu_gpu_unregister(soft->gpu);
	vgpu_vram_free(&vram);
}
