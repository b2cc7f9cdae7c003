// SPDX-License-Identifier: GPL-2.0
/*
 * The rule by which slices share VRAM. Either all of it is everybody's, or each
 * slice has a part of its own, and the partition of an instance lies in that of
 * its slice: so what the tenants of one slice take is never missing in another.
 *
 * No device is touched here.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/math.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <vgpu/vgpu.h>

#include "parts.h"

/* Bytes of a part. */
static u64 part_size(const struct vgpu_parts *p)
{
	return p->part[0].size;
}

/**
 * vgpu_parts_is_of() - does a slice have a part
 * @p: the parts
 * @part: which; that which is all is every slice's
 * @slice: whose, or %VGPU_ANY_SLICE
 *
 * Return: true when its partitions may lie there.
 */
bool vgpu_parts_is_of(const struct vgpu_parts *p, unsigned int part, u8 slice)
{
	return p->nr == 1 || slice == VGPU_ANY_SLICE || slice == part;
}

/**
 * vgpu_parts_at() - in which part is a byte
 * @p: the parts
 * @offset: of the byte, within what is on offer
 *
 * Return: the part's number.
 */
unsigned int vgpu_parts_at(const struct vgpu_parts *p, u64 offset)
{
	return div64_u64(offset, part_size(p));
}

/**
 * vgpu_parts_init() - all is free
 * @p: to be set up
 * @size: bytes; what is left over when it is cut is not on offer
 * @unit: bytes of which all partitions are multiples, a power of two
 * @nr: 1 for one part that is every slice's; else one for each slice
 *
 * Return: 0, -EINVAL for impossible sizes, -ENOMEM; then nothing is left.
 */
int vgpu_parts_init(struct vgpu_parts *p, u64 size, u64 unit, unsigned int nr)
{
	unsigned int i;
	int ret;

	memset(p, 0, sizeof(*p));
	if (!unit || !nr || nr > VGPU_MAX_SLICES)
		return -EINVAL;
	size = round_down(div_u64(size, nr), unit);
	for (i = 0; i < nr; i++) {
		ret = vgpu_partitions_init(&p->part[i], size, unit);
		if (ret) {
			vgpu_parts_fini(p);
			return ret;
		}
	}
	p->size = size * nr;
	p->unit = unit;
	p->nr = nr;
	return 0;
}

/**
 * vgpu_parts_fini() - release memory
 * @p: set up before, or zeroed
 */
void vgpu_parts_fini(struct vgpu_parts *p)
{
	unsigned int i;

	for (i = 0; i < VGPU_MAX_SLICES; i++)
		vgpu_partitions_fini(&p->part[i]);
	memset(p, 0, sizeof(*p));
}

/**
 * vgpu_parts_alloc() - take a partition for an instance of a slice
 * @p: the parts
 * @slice: its slice
 * @size: bytes, a multiple of the unit
 * @offset: where it starts in VRAM; unchanged on error
 *
 * Return: 0, -EINVAL for a bad size or slice, -ENOSPC when it does not fit.
 */
int vgpu_parts_alloc(struct vgpu_parts *p, u8 slice, u64 size, u64 *offset)
{
	unsigned int part = p->nr == 1 ? 0 : slice;
	u64 at;
	int ret;

	if (part >= p->nr)
		return -EINVAL;
	ret = vgpu_partition_alloc(&p->part[part], size, &at);
	if (!ret)
		*offset = part * part_size(p) + at;
	return ret;
}

/**
 * vgpu_parts_take() - take a partition in a certain place
 * @p: the parts
 * @offset: where it starts in VRAM
 * @size: bytes; the place is within a part
 *
 * Return: as vgpu_partition_take().
 */
int vgpu_parts_take(struct vgpu_parts *p, u64 offset, u64 size)
{
	unsigned int part = vgpu_parts_at(p, offset);

	if (part >= p->nr)
		return -EINVAL;
	return vgpu_partition_take(&p->part[part],
				   offset - part * part_size(p), size);
}

/**
 * vgpu_parts_free() - give a partition back
 * @p: the parts
 * @offset: as vgpu_parts_alloc() returned it
 * @size: as it was asked for
 */
void vgpu_parts_free(struct vgpu_parts *p, u64 offset, u64 size)
{
	unsigned int part = vgpu_parts_at(p, offset);

	vgpu_partition_free(&p->part[part], offset - part * part_size(p), size);
}

/**
 * vgpu_parts_is_free() - is nobody's partition here
 * @p: the parts
 * @offset: bytes, within what is on offer
 *
 * Return: true when the unit that holds @offset is free.
 */
bool vgpu_parts_is_free(const struct vgpu_parts *p, u64 offset)
{
	unsigned int part = vgpu_parts_at(p, offset);

	return vgpu_partition_is_free(&p->part[part],
				      offset - part * part_size(p));
}

/**
 * vgpu_parts_room() - in which slices a partition would fit
 * @p: the parts
 * @size: bytes
 *
 * Return: a mask of BIT(slice).
 */
u32 vgpu_parts_room(const struct vgpu_parts *p, u64 size)
{
	unsigned int i;
	u32 room = 0;

	if (p->nr == 1)
		return vgpu_partitions_fit(&p->part[0], size) ? ~0U : 0;
	for (i = 0; i < p->nr; i++)
		if (vgpu_partitions_fit(&p->part[i], size))
			room |= BIT(i);
	return room;
}

/**
 * vgpu_parts_fit() - how many more partitions would fit
 * @p: the parts
 * @slice: whose, or %VGPU_ANY_SLICE
 * @size: bytes of each
 *
 * Return: the number, if nothing else was allocated; 0 for a bad size.
 */
u64 vgpu_parts_fit(const struct vgpu_parts *p, u8 slice, u64 size)
{
	unsigned int i;
	u64 fit = 0;

	for (i = 0; i < p->nr; i++)
		if (vgpu_parts_is_of(p, i, slice))
			fit += vgpu_partitions_fit(&p->part[i], size);
	return fit;
}

/**
 * vgpu_parts_hold() - how many partitions fit when all is free
 * @p: the parts
 * @slice: whose, or %VGPU_ANY_SLICE
 * @size: bytes of each
 *
 * Return: the number.
 */
u64 vgpu_parts_hold(const struct vgpu_parts *p, u8 slice, u64 size)
{
	unsigned int i;
	u64 hold = 0;

	for (i = 0; i < p->nr; i++)
		if (vgpu_parts_is_of(p, i, slice))
			hold += div64_u64(part_size(p), size);
	return hold;
}

/**
 * vgpu_parts_largest() - the largest block that is free as a whole
 * @p: the parts
 *
 * Return: bytes, a power of two; 0 when all is taken.
 */
u64 vgpu_parts_largest(const struct vgpu_parts *p)
{
	unsigned int i;
	u64 size = 0;

	for (i = 0; i < p->nr; i++)
		size = max(size, vgpu_partitions_largest(&p->part[i]));
	return size;
}

/**
 * vgpu_parts_total_free() - all that is free, in whatever pieces
 * @p: the parts
 *
 * Return: bytes.
 */
u64 vgpu_parts_total_free(const struct vgpu_parts *p)
{
	unsigned int i;
	u64 size = 0;

	for (i = 0; i < p->nr; i++)
		size += vgpu_partitions_total_free(&p->part[i]);
	return size;
}
