// SPDX-License-Identifier: GPL-2.0
/*
 * Which engines an instance lives on. Plain data: no lock, no device.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <vgpu/vgpu.h>

#include "place.h"

/* The engine of a class and slice with the fewest instances; the first of equals. */
static unsigned int emptiest(const struct vgpu_engine_desc *engines,
			     unsigned int nr, const u32 *placed,
			     enum vgpu_engine_class class, u8 slice)
{
	unsigned int i, best = nr;

	for (i = 0; i < nr; i++) {
		if (engines[i].class != class || engines[i].slice != slice)
			continue;
		if (best == nr || placed[i] < placed[best])
			best = i;
	}
	return best;
}

/* The engines in one slice, and how many instances the fullest of them has. */
static int place_in(const struct vgpu_engine_desc *engines, unsigned int nr,
		    const u32 *placed, u32 classes, u8 slice,
		    struct vgpu_placement *where, u32 *fullest)
{
	enum vgpu_engine_class class;

	where->slice = slice;
	where->nr = 0;
	*fullest = 0;
	for (class = 0; class < VGPU_NR_CLASSES; class++) {
		unsigned int e;

		if (!(classes & BIT(class)))
			continue;
		e = emptiest(engines, nr, placed, class, slice);
		if (e == nr)
			return -ENODEV;
		where->engine[where->nr++] = e;
		*fullest = max(*fullest, placed[e]);
	}
	return 0;
}

/**
 * vgpu_place() - choose the engines of a new instance
 * @engines: the GPU's
 * @nr: how many
 * @placed: instances that each of them has
 * @classes: one engine of each class in this mask of BIT(); 0 for none at all
 * @slice: all of this slice, or %VGPU_ANY_SLICE for the slice where the fullest
 *	of these engines has the fewest instances, the first of equals
 * @room: slices that come into question, a mask of BIT(): their memory has room
 * @where: the result
 *
 * Return: 0, -ENODEV when no such slice has an engine of each class.
 */
int vgpu_place(const struct vgpu_engine_desc *engines, unsigned int nr,
	       const u32 *placed, u32 classes, u8 slice, u32 room,
	       struct vgpu_placement *where)
{
	struct vgpu_placement try;
	u32 full, least = 0;
	int ret = -ENODEV;
	u8 s;

	if (classes >= BIT(VGPU_NR_CLASSES))
		return -ENODEV;
	for (s = 0; s < VGPU_MAX_SLICES; s++) {
		if ((slice != VGPU_ANY_SLICE && slice != s) || !(room & BIT(s)))
			continue;
		if (place_in(engines, nr, placed, classes, s, &try, &full))
			continue;
		if (!ret && full >= least)
			continue;
		*where = try;
		least = full;
		ret = 0;
	}
	return ret;
}
