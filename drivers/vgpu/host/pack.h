/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_PACK_H
#define _VGPU_PACK_H

#include <linux/types.h>

#include "partition.h"

/**
 * struct vgpu_piece - a partition that may be moved
 * @offset: where it starts
 * @size: its bytes
 */
struct vgpu_piece {
	u64 offset;
	u64 size;
};

/**
 * struct vgpu_shift - a piece goes elsewhere
 * @piece: its number
 * @from: where it starts now
 * @to: where it is to start; all of that is free
 */
struct vgpu_shift {
	unsigned int piece;
	u64 from;
	u64 to;
};

/**
 * struct vgpu_pack - how partitions are moved together
 * @now: what is taken, by the pieces or by what stays where it is
 * @trial: the same, of a step that is only thought of
 * @pieces: what may be moved; the caller's
 * @nr_pieces: how many
 * @sizes: what is to fit in the end, the most important first; the caller's
 * @nr_sizes: how many
 * @owner: for each unit of @now the number of its piece, and 1; 0 where there is none
 * @tried: shifts that are only thought of
 * @nr_tried: how many
 * @shifts: the step that vgpu_pack_next() has found, in its order
 * @nr_shifts: how many shifts that is
 */
struct vgpu_pack {
	struct vgpu_partitions now;
	struct vgpu_partitions trial;
	struct vgpu_piece *pieces;
	unsigned int nr_pieces;
	const u64 *sizes;
	unsigned int nr_sizes;
	u32 *owner;
	struct vgpu_shift *tried;
	unsigned int nr_tried;
	struct vgpu_shift *shifts;
	unsigned int nr_shifts;
};

int vgpu_pack_init(struct vgpu_pack *p, const struct vgpu_partitions *now,
		   struct vgpu_piece *pieces, unsigned int nr_pieces,
		   const u64 *sizes, unsigned int nr_sizes);
void vgpu_pack_fini(struct vgpu_pack *p);
int vgpu_pack_next(struct vgpu_pack *p);

#endif /* _VGPU_PACK_H */
