/* SPDX-License-Identifier: GPL-2.0 */
/* Where an instance belongs: every choice of engines is tried. */
#ifndef _PLACE_MODEL_H
#define _PLACE_MODEL_H

#include <linux/bits.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <vgpu/vgpu.h>

/*
 * The least that the fullest engine of any choice has, of one class or two: every
 * pair of engines is tried. U32_MAX when there is no choice.
 */
static u32 model_least(const struct vgpu_engine_desc *e, unsigned int nr,
		       const u32 *placed, u32 classes, u8 slice, u32 room)
{
	u32 least = U32_MAX;
	unsigned int i, j;

	for (i = 0; i < nr; i++)
		for (j = 0; j < nr; j++) {
			if ((BIT(e[i].class) | BIT(e[j].class)) != classes ||
			    e[i].slice != e[j].slice)
				continue;
			if (slice != VGPU_ANY_SLICE && slice != e[i].slice)
				continue;
			if (!(room & BIT(e[i].slice)))
				continue;
			if (e[i].class == e[j].class && i != j)
				continue;
			least = min(least, max(placed[i], placed[j]));
		}
	return least;
}

#endif /* _PLACE_MODEL_H */
