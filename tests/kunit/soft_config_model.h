/* SPDX-License-Identifier: GPL-2.0 */
/* What a soft GPU may be asked to be, by docs/hardware-soft.md. */
#ifndef _SOFT_CONFIG_MODEL_H
#define _SOFT_CONFIG_MODEL_H

#include <linux/string.h>

#include "../../drivers/soft/soft_config.h"

static bool model_size(u32 mb)
{
	return mb >= 2 && mb <= 65536 && !(mb & 1);
}

static bool model_name(const char *name)
{
	static const char good[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+";

	return *name && *name != '.' && strspn(name, good) == strlen(name) &&
	       strlen(name) <= 31;
}

/* Slices are parts of the memory: a type is in one of them. */
static bool model_type(const struct soft_config *c, const struct soft_type *t)
{
	return model_name(t->name) && model_size(t->vram_mb) && t->share >= 1 &&
	       t->share <= 10000 && t->slice >= -1 &&
	       (t->slice == -1 || (u32)t->slice < c->slices) &&
	       (u64)t->vram_mb * c->slices <= c->vram_mb &&
	       (t->kind != SOFT_Q || t->vram_mb >= 4);
}

static bool model_config(const struct soft_config *c)
{
	unsigned int i;

	if (!model_size(c->vram_mb) || c->bus < -1 || c->bus > 255)
		return false;
	if (c->slices != 1 && c->slices != 2 && c->slices != 4)
		return false;
	if (!c->nr_types)
		return c->vram_mb >= 4 * c->slices;
	for (i = 0; i < c->nr_types; i++)
		if (!model_type(c, &c->types[i]))
			return false;
	return true;
}

#endif /* _SOFT_CONFIG_MODEL_H */
