/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_DIRTY_H
#define _VGPU_DIRTY_H

#include <linux/limits.h>
#include <linux/sizes.h>
#include <linux/types.h>

/**
 * VGPU_DIRTY_BLOCK - bytes that a bit stands for
 *
 * A guest pays one page fault for each block that it writes, once a round; whoever
 * copies pays for all of a block of which one byte was written.
 */
#define VGPU_DIRTY_BLOCK	SZ_64K

/** Bytes a second that nobody has counted. */
#define VGPU_RATE_UNKNOWN	U64_MAX

/**
 * struct vgpu_dirty - which blocks of a partition have been written
 * @size: bytes of the partition; the last block may be short
 * @since: from when on it is counted what becomes dirty, ns; 0 before that
 * @before: what @marked was then
 * @marked: blocks that became dirty since it was made, those of the start not counted
 * @bits: a bit for each block
 *
 * Marked by anybody, in any context. Taken by one at a time.
 */
struct vgpu_dirty {
	u64 size;
	u64 since;
	u64 before;
	atomic64_t marked;
	unsigned long bits[];
};

struct vgpu_dirty *vgpu_dirty_alloc(u64 size);
void vgpu_dirty_free(struct vgpu_dirty *d);
void vgpu_dirty_mark(struct vgpu_dirty *d, u64 offset, u64 size);
bool vgpu_dirty_test(const struct vgpu_dirty *d, u64 offset);
bool vgpu_dirty_take(struct vgpu_dirty *d, u64 *offset, u64 *size);
u64 vgpu_dirty_bytes(const struct vgpu_dirty *d);
void vgpu_dirty_count(struct vgpu_dirty *d, u64 now);
u64 vgpu_dirty_rate(const struct vgpu_dirty *d, u64 now);

#endif /* _VGPU_DIRTY_H */
