/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_PARTITION_H
#define _VGPU_PARTITION_H

#include <linux/types.h>

/**
 * struct vgpu_partitions - which parts of a GPU's VRAM are taken
 * @size: bytes on offer, from offset 0; a multiple of @unit
 * @unit: bytes of which all partitions are multiples, a power of two
 * @taken: a bit a unit
 *
 * Not locked: the owner serialises.
 */
struct vgpu_partitions {
	u64 size;
	u64 unit;
	unsigned long *taken;
};

int vgpu_partitions_init(struct vgpu_partitions *p, u64 size, u64 unit);
int vgpu_partitions_copy(struct vgpu_partitions *to,
			 const struct vgpu_partitions *from);
void vgpu_partitions_fini(struct vgpu_partitions *p);
int vgpu_partition_alloc(struct vgpu_partitions *p, u64 size, u64 *offset);
int vgpu_partition_take(struct vgpu_partitions *p, u64 offset, u64 size);
void vgpu_partition_free(struct vgpu_partitions *p, u64 offset, u64 size);
bool vgpu_partition_is_free(const struct vgpu_partitions *p, u64 offset);
u64 vgpu_partitions_fit(const struct vgpu_partitions *p, u64 size);
u64 vgpu_partitions_largest(const struct vgpu_partitions *p);
u64 vgpu_partitions_total_free(const struct vgpu_partitions *p);

#endif /* _VGPU_PARTITION_H */
