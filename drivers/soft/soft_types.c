// SPDX-License-Identifier: GPL-2.0
/*
 * Types of a soft GPU: those that its operator asks for, or the usual ones. They
 * live as long as the GPU is registered.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "soft.h"

#define BOTH	(BIT(VGPU_CLASS_COPY) | BIT(VGPU_CLASS_COMPUTE))

/* What all types of a kind have. */
static const struct vgpu_type_desc kinds[SOFT_KINDS] = {
	[SOFT_B] = { .num_heads = 1 },
	[SOFT_C] = { .classes = BOTH },
	[SOFT_Q] = { .num_heads = 1, .classes = BOTH },
};

/*
 * The largest mode of types with a display, by the MiB that are the screen's: twice
 * its picture fits, for that is what Linux' driver asks of a mode until 6.13.
 */
static const struct {
	u32 mb, xres, yres;
} modes[] = {
	{ 64, 3840, 2160 },
	{ 32, 2560, 1600 },
	{ 16, 1920, 1080 },
	{ 8, 1280, 800 },
	{ 4, 800, 600 },
	{ 2, 640, 400 },
};

/** How operators name the kinds, in the order of enum soft_kind. */
const char *const soft_kind_letters = "BCQ";

/* Those that nobody asks for, small to large. */
static const struct soft_type usual[] = {
	{ "SOFT-4C", SOFT_C, SOFT_LEAST_MB, SOFT_SHARE, -1 },
	{ "SOFT-8B", SOFT_B, 8, SOFT_SHARE, -1 },
	{ "SOFT-16C", SOFT_C, 16, SOFT_SHARE, -1 },
	{ "SOFT-16B", SOFT_B, 16, SOFT_SHARE, -1 },
	{ "SOFT-16Q", SOFT_Q, 16, SOFT_SHARE, -1 },
	{ "SOFT-24C", SOFT_C, 24, SOFT_SHARE, -1 },
	{ "SOFT-32B", SOFT_B, 32, SOFT_SHARE, -1 },
	{ "SOFT-32Q", SOFT_Q, 32, SOFT_SHARE, -1 },
	{ "SOFT-64C", SOFT_C, 64, SOFT_SHARE, -1 },
	{ "SOFT-64Q", SOFT_Q, 64, SOFT_SHARE, -1 },
};

/* And of a GPU that is cut, one bound to each slice. */
static const struct soft_type bound[] = {
	{ "SOFT-16C-S0", SOFT_C, 16, SOFT_SHARE, 0 },
	{ "SOFT-16C-S1", SOFT_C, 16, SOFT_SHARE, 1 },
	{ "SOFT-16C-S2", SOFT_C, 16, SOFT_SHARE, 2 },
	{ "SOFT-16C-S3", SOFT_C, 16, SOFT_SHARE, 3 },
};

/*
 * The screen has the beginning of the memory, and AlmaIF the rest: of a type that is
 * both, each has half. Each begins with a block that can be mapped at once.
 */
static u64 screen_size(const struct soft_type *t)
{
	u64 size = (u64)t->vram_mb * SZ_1M;

	switch (t->kind) {
	case SOFT_B:
		return size;
	case SOFT_Q:
		return round_down(size / 2, SZ_2M);
	default:
		return 0;
	}
}

static void set_mode(struct vgpu_type_desc *desc)
{
	unsigned int i = 0;

	/* The least that there is has a row. */
	while (i < ARRAY_SIZE(modes) - 1 &&
	       (u64)modes[i].mb * SZ_1M > desc->screen_size)
		i++;
	desc->max_xres = modes[i].xres;
	desc->max_yres = modes[i].yres;
}

static void add(struct soft_types *types, const struct soft_config *config,
		const struct soft_type *t)
{
	struct vgpu_type_desc *desc = &types->desc[types->nr];

	/* Of the usual ones, those that fit. */
	if (t->vram_mb > config->vram_mb / config->slices)
		return;
	*desc = kinds[t->kind];
	desc->name = t->name;
	desc->vram_size = (u64)t->vram_mb * SZ_1M;
	desc->screen_size = screen_size(t);
	if (desc->num_heads)
		set_mode(desc);
	desc->pci = soft_function_init(&types->functions[types->nr], t->kind,
				       desc->vram_size, desc->screen_size);
	desc->weight = t->share;
	desc->slice = t->slice < 0 ? VGPU_ANY_SLICE : t->slice;
	types->nr++;
}

/**
 * soft_types_init() - the types of a GPU
 * @types: to be set up
 * @config: the GPU, checked; must stay as long as @types
 */
void soft_types_init(struct soft_types *types, const struct soft_config *config)
{
	unsigned int i;

	types->nr = 0;
	for (i = 0; i < config->nr_types; i++)
		add(types, config, &config->types[i]);
	for (i = 0; !config->nr_types && i < ARRAY_SIZE(usual); i++)
		add(types, config, &usual[i]);
	if (config->nr_types || config->slices == 1)
		return;
	for (i = 0; i < config->slices; i++)
		add(types, config, &bound[i]);
}
