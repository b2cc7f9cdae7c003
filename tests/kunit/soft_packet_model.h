/* SPDX-License-Identifier: GPL-2.0 */
/* Which packets may be carried out: those of which each byte that they touch is good. */
#ifndef _SOFT_PACKET_MODEL_H
#define _SOFT_PACKET_MODEL_H

#include <linux/string.h>
#include <asm/byteorder.h>

#include "../../drivers/soft/soft_packet.h"

/* The partition of the model: small enough to look at every byte. */
#define VRAM	256

/* Every byte of a range is in the partition. */
static bool model_within(u64 at, u64 size)
{
	u64 i;

	if (size > 2 * VRAM)
		return false;
	for (i = 0; i < size; i++)
		if (at + i >= VRAM || at + i < i)
			return false;
	return size || at <= VRAM;
}

static bool model_overlap(u64 a, u64 b, u64 size)
{
	u64 i, j;

	for (i = 0; i < size; i++)
		for (j = 0; j < size; j++)
			if (a + i == b + j)
				return true;
	return false;
}

/* What does not use a field has 0 there. */
static bool model_op(const struct soft_packet *p, bool compute)
{
	u64 dst = le64_to_cpu(p->dst), src = le64_to_cpu(p->src);
	u64 size = le64_to_cpu(p->size);

	switch (le16_to_cpu(p->op)) {
	case SOFT_OP_NOP:
		return !dst && !src && !size && !p->value;
	case SOFT_OP_COPY:
		return model_within(dst, size) && model_within(src, size) &&
		       !model_overlap(dst, src, size) && !p->value;
	case SOFT_OP_FILL:
		return dst % 4 == 0 && size % 4 == 0 &&
		       model_within(dst, size) && !src;
	case SOFT_OP_WAIT:
	case SOFT_OP_HANG:
		return compute && size <= 10000000000ULL && !dst && !src &&
		       !p->value;
	default:
		return false;
	}
}

static bool model_runs(const struct soft_packet *p, bool compute)
{
	u16 flags = le16_to_cpu(p->flags);
	u64 fence = le64_to_cpu(p->fence);

	if (p->reserved[0] || p->reserved[1] || flags > 3)
		return false;
	if (flags & 1 ? fence % 8 || !model_within(fence, 8) :
			fence || p->fence_value)
		return false;
	return model_op(p, compute);
}

#endif /* _SOFT_PACKET_MODEL_H */
