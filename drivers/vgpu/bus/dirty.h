/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_DIRTY_H
#define _VGPU_DIRTY_H

#include <linux/sizes.h>
#include <linux/types.h>

/**
 * VGPU_DIRTY_BLOCK - bytes that a bit stands for
 *
 * A guest pays one page fault for each block that it writes, once a round; whoever
 * copies pays for all of a block of which one byte was written.
 */
#define VGPU_DIRTY_BLOCK	SZ_64K

/**
 * struct vgpu_dirty - which blocks of a partition have been written
 * @size: bytes of the partition; the last block may be short
 * @marked: blocks that became dirty since it was made, those of the start not counted
 * @bits: a bit for each block
 *
 * Marked by anybody, in any context. Taken by one at a time.
 */
struct vgpu_dirty {
	u64 size;
	atomic64_t marked;
	unsigned long bits[];
};

struct vgpu_dirty *vgpu_dirty_alloc(u64 size);
void vgpu_dirty_free(struct vgpu_dirty *d);
void vgpu_dirty_mark(struct vgpu_dirty *d, u64 offset, u64 size);
bool vgpu_dirty_test(const struct vgpu_dirty *d, u64 offset);
bool vgpu_dirty_take(struct vgpu_dirty *d, u64 *offset, u64 *size);
u64 vgpu_dirty_bytes(const struct vgpu_dirty *d);

#endif /* _VGPU_DIRTY_H */
