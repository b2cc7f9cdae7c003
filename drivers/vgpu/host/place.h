/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_PLACE_H
#define _VGPU_PLACE_H

#include <vgpu/work.h>

/**
 * struct vgpu_placement - the engines of an instance
 * @slice: whose they are
 * @nr: how many
 * @engine: their numbers, in the order of their classes
 */
struct vgpu_placement {
	u8 slice;
	unsigned int nr;
	unsigned int engine[VGPU_NR_CLASSES];
};

int vgpu_place(const struct vgpu_engine_desc *engines, unsigned int nr,
	       const u32 *placed, u32 classes, u8 slice, u32 room,
	       struct vgpu_placement *where);

#endif /* _VGPU_PLACE_H */
