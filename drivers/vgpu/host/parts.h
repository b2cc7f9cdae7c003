/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_PARTS_H
#define _VGPU_PARTS_H

#include <linux/types.h>
#include <vgpu/work.h>

#include "partition.h"

/**
 * struct vgpu_parts - a GPU's VRAM, whole or cut by slices
 * @size: bytes on offer, from offset 0: @nr times those of a part
 * @unit: bytes of which all partitions are multiples, a power of two
 * @nr: 1, or how many slices have a part of their own
 * @part: one after the other, all of one size
 *
 * Not locked: the owner serialises.
 */
struct vgpu_parts {
	u64 size;
	u64 unit;
	unsigned int nr;
	struct vgpu_partitions part[VGPU_MAX_SLICES];
};

int vgpu_parts_init(struct vgpu_parts *p, u64 size, u64 unit, unsigned int nr);
void vgpu_parts_fini(struct vgpu_parts *p);
bool vgpu_parts_is_of(const struct vgpu_parts *p, unsigned int part, u8 slice);
unsigned int vgpu_parts_at(const struct vgpu_parts *p, u64 offset);
int vgpu_parts_alloc(struct vgpu_parts *p, u8 slice, u64 size, u64 *offset);
int vgpu_parts_take(struct vgpu_parts *p, u64 offset, u64 size);
void vgpu_parts_free(struct vgpu_parts *p, u64 offset, u64 size);
bool vgpu_parts_is_free(const struct vgpu_parts *p, u64 offset);
u32 vgpu_parts_room(const struct vgpu_parts *p, u64 size);
u64 vgpu_parts_fit(const struct vgpu_parts *p, u8 slice, u64 size);
u64 vgpu_parts_hold(const struct vgpu_parts *p, u8 slice, u64 size);
u64 vgpu_parts_largest(const struct vgpu_parts *p);
u64 vgpu_parts_total_free(const struct vgpu_parts *p);

#endif /* _VGPU_PARTS_H */
