// SPDX-License-Identifier: GPL-2.0
/*
 * Static VRAM partitions: a binary buddy allocator over offsets.
 *
 * Partitions are naturally aligned powers of two. An allocation takes the
 * smallest free block that holds it, so larger blocks stay whole for as long
 * as they can; a freed block is joined with its buddy at once. The state is a
 * bitmap an order, so "how many more of this size would fit" is a sum.
 *
 * No device is touched here.
 */
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/slab.h>

#include "partition.h"

static u64 blocks_of_order(const struct vgpu_partitions *p, unsigned int order)
{
	return (p->size / p->unit) >> order;
}

static void mark_free(struct vgpu_partitions *p, unsigned int order, u64 block)
{
	__set_bit(block, p->free[order]);
	p->nr_free[order]++;
}

static void mark_used(struct vgpu_partitions *p, unsigned int order, u64 block)
{
	__clear_bit(block, p->free[order]);
	p->nr_free[order]--;
}

/* The order whose blocks are just @size bytes, or -EINVAL. */
static int order_of(const struct vgpu_partitions *p, u64 size)
{
	int order;

	if (!is_power_of_2(size) || size < p->unit)
		return -EINVAL;
	order = ilog2(size) - ilog2(p->unit);
	return order < VGPU_PART_ORDERS ? order : -EINVAL;
}

/**
 * vgpu_partitions_init() - all of a range is free
 * @p: to be set up
 * @size: bytes, a multiple of @unit; need not be a power of two
 * @unit: bytes of the smallest partition, a power of two
 *
 * Return: 0, -EINVAL for impossible sizes, -ENOMEM.
 */
int vgpu_partitions_init(struct vgpu_partitions *p, u64 size, u64 unit)
{
	unsigned int order;
	u64 at = 0;

	memset(p, 0, sizeof(*p));
	if (!is_power_of_2(unit) || !size || size % unit ||
	    size / unit > INT_MAX)
		return -EINVAL;
	p->size = size;
	p->unit = unit;

	for (order = 0; order < VGPU_PART_ORDERS; order++) {
		/* One more, so that a buddy's bit can always be looked at. */
		p->free[order] = bitmap_zalloc(blocks_of_order(p, order) + 1,
					       GFP_KERNEL);
		if (!p->free[order]) {
			vgpu_partitions_fini(p);
			return -ENOMEM;
		}
	}

	/* Largest blocks first: what is left is smaller than the last one. */
	order = VGPU_PART_ORDERS;
	while (order--) {
		while (size - at >= unit << order) {
			mark_free(p, order, at / unit >> order);
			at += unit << order;
		}
	}
	return 0;
}

/**
 * vgpu_partitions_fini() - release memory
 * @p: set up before, or zeroed
 */
void vgpu_partitions_fini(struct vgpu_partitions *p)
{
	unsigned int order;

	for (order = 0; order < VGPU_PART_ORDERS; order++)
		bitmap_free(p->free[order]);
	memset(p, 0, sizeof(*p));
}

/**
 * vgpu_partition_alloc() - take a partition
 * @p: the allocator
 * @size: bytes, a power of two, at least the unit
 * @offset: where it starts; a multiple of @size. Unchanged on error
 *
 * Return: 0, -EINVAL for a bad size, -ENOSPC when no free block holds it.
 */
int vgpu_partition_alloc(struct vgpu_partitions *p, u64 size, u64 *offset)
{
	int want = order_of(p, size);
	unsigned int order;
	u64 block;

	if (want < 0)
		return want;
	for (order = want; order < VGPU_PART_ORDERS; order++)
		if (p->nr_free[order])
			break;
	if (order == VGPU_PART_ORDERS)
		return -ENOSPC;

	block = find_first_bit(p->free[order], blocks_of_order(p, order));
	mark_used(p, order, block);
	while (order > want) {
		order--;
		block <<= 1;
		mark_free(p, order, block + 1);
	}
	*offset = block * size;
	return 0;
}

/**
 * vgpu_partition_free() - give a partition back
 * @p: the allocator
 * @offset: as vgpu_partition_alloc() returned it
 * @size: as it was asked for
 */
void vgpu_partition_free(struct vgpu_partitions *p, u64 offset, u64 size)
{
	int order = order_of(p, size);
	u64 block = div64_u64(offset, size);

	while (order + 1 < VGPU_PART_ORDERS &&
	       test_bit(block ^ 1, p->free[order])) {
		mark_used(p, order, block ^ 1);
		block >>= 1;
		order++;
	}
	mark_free(p, order, block);
}

/**
 * vgpu_partition_is_free() - is nobody's partition here
 * @p: the allocator
 * @offset: bytes, within what is on offer
 *
 * Return: true when the unit that holds @offset is free.
 */
bool vgpu_partition_is_free(const struct vgpu_partitions *p, u64 offset)
{
	u64 block = div64_u64(offset, p->unit);
	unsigned int order;

	for (order = 0; order < VGPU_PART_ORDERS; order++)
		if (test_bit(block >> order, p->free[order]))
			return true;
	return false;
}

/**
 * vgpu_partitions_fit() - how many more partitions would fit
 * @p: the allocator
 * @size: bytes of each, a power of two
 *
 * Return: the number, if nothing else was allocated; 0 for a bad size.
 */
u64 vgpu_partitions_fit(const struct vgpu_partitions *p, u64 size)
{
	int want = order_of(p, size);
	unsigned int order;
	u64 n = 0;

	if (want < 0)
		return 0;
	for (order = want; order < VGPU_PART_ORDERS; order++)
		n += p->nr_free[order] << (order - want);
	return n;
}

/**
 * vgpu_partitions_largest() - the largest partition that would fit
 * @p: the allocator
 *
 * Return: bytes, 0 when all is taken.
 */
u64 vgpu_partitions_largest(const struct vgpu_partitions *p)
{
	unsigned int order = VGPU_PART_ORDERS;

	while (order--)
		if (p->nr_free[order])
			return p->unit << order;
	return 0;
}

/**
 * vgpu_partitions_total_free() - all that is free, in whatever pieces
 * @p: the allocator
 *
 * Return: bytes.
 */
u64 vgpu_partitions_total_free(const struct vgpu_partitions *p)
{
	unsigned int order;
	u64 n = 0;

	for (order = 0; order < VGPU_PART_ORDERS; order++)
		n += p->nr_free[order] * (p->unit << order);
	return n;
}
