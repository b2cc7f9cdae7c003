// SPDX-License-Identifier: GPL-2.0
/*
 * Cutting an operation into bands of lines, so that a slice can end within it.
 *
 * The engine works line by line, in the direction that the operation says, so
 * bands that follow each other in that direction do the same as the whole, also
 * when a copy's source and destination overlap. No device is touched here.
 */
#include <linux/minmax.h>

#include "rv100_2d.h"

/**
 * rv100_2d_band() - take the next band off an operation
 * @op: what is left of the operation; its @height is 0 when that was all
 * @max_bytes: a band writes no more than this, unless a single line does
 *
 * Return: the band.
 */
struct rv100_2d_op rv100_2d_band(struct rv100_2d_op *op, u32 max_bytes)
{
	struct rv100_2d_op band = *op;
	u32 lines = max(max_bytes / (op->width * op->cpp), 1U);

	band.height = min(lines, op->height);
	op->height -= band.height;
	if (op->bottom_to_top) {
		band.dst_y += op->height;
		band.src_y += op->height;
	} else {
		op->dst_y += band.height;
		op->src_y += band.height;
	}
	return band;
}

/**
 * rv100_2d_extent() - what of the partition an operation writes
 * @op: the operation, audited
 * @begin: set to its first byte
 * @end: set to the byte behind its last
 *
 * What is beside it in its lines is counted, too.
 */
void rv100_2d_extent(const struct rv100_2d_op *op, u64 *begin, u64 *end)
{
	u64 first = op->dst_offset + (u64)op->dst_y * op->dst_pitch;
	u64 last = first + (u64)(op->height - 1) * op->dst_pitch;

	*begin = first + (u64)op->dst_x * op->cpp;
	*end = last + (u64)(op->dst_x + op->width) * op->cpp;
}
