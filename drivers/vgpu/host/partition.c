// SPDX-License-Identifier: GPL-2.0
/*
 * Static VRAM partitions: which units of a range are taken.
 *
 * A partition is any number of units, aligned to the largest power of two that
 * divides its size: one of 16 MiB to 16 MiB, one of 24 MiB to 8 MiB. So the size is
 * a multiple of the alignment, and as many partitions of a size fit into a free run
 * as its aligned part is long: "how many more would fit" is a sum over the runs.
 *
 * For that to stay true, a partition is put only where the run goes on to hold
 * as many of its size, less one. Among these places it takes the one that touches
 * the smallest free block, so that larger blocks stay whole for as long as they can.
 *
 * No device is touched here.
 */
#include <linux/align.h>
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "partition.h"

/* Free units that follow each other, with taken ones on both sides. */
struct run {
	unsigned long start;
	unsigned long end;
};

static unsigned long nr_units(const struct vgpu_partitions *p)
{
	return div64_u64(p->size, p->unit);
}

/* How many units are @size bytes? 0 for a size that no partition has. */
static unsigned long units_of(const struct vgpu_partitions *p, u64 size)
{
	u64 n = div64_u64(size, p->unit);

	return n * p->unit == size && n <= INT_MAX ? n : 0;
}

static unsigned long alignment_of(unsigned long n)
{
	return 1UL << __ffs(n);
}

/* The run after another one; that before the first ends at 0. */
static bool next_run(const struct vgpu_partitions *p, struct run *run)
{
	unsigned long nr = nr_units(p);

	run->start = find_next_zero_bit(p->taken, nr, run->end);
	run->end = find_next_bit(p->taken, nr, run->start);
	return run->start < nr;
}

/* Partitions of @n units that fit into a part of a run. */
static unsigned long capacity(unsigned long start, unsigned long end,
			      unsigned long n)
{
	start = ALIGN(start, alignment_of(n));
	return start < end ? (end - start) / n : 0;
}

/* The largest free block, a power of two aligned to its size, that has a unit. */
static unsigned long block_around(const struct run *run, unsigned long at)
{
	unsigned long size = 1, start;

	for (;;) {
		start = ALIGN_DOWN(at, size * 2);
		if (start < run->start || start + size * 2 > run->end)
			return size;
		size *= 2;
	}
}

/* What would be cut up: the largest free block that a partition touches. */
static unsigned long damage(const struct run *run, unsigned long at,
			    unsigned long n)
{
	unsigned long end = at + n, size, most = 0;

	while (at < end) {
		size = block_around(run, at);
		most = max(most, size);
		at = ALIGN_DOWN(at, size) + size;
	}
	return most;
}

/* The best place for @n units in a run; @least is the damage that is allowed. */
static bool find_place(const struct run *run, unsigned long n,
		       unsigned long *least, unsigned long *best)
{
	unsigned long step = alignment_of(n), all, at, cost;
	bool found = false;

	all = capacity(run->start, run->end, n);
	for (at = ALIGN(run->start, step); all && at + n <= run->end;
	     at += step) {
		if (capacity(run->start, at, n) +
		    capacity(at + n, run->end, n) + 1 != all)
			continue;
		cost = damage(run, at, n);
		if (cost >= *least)
			continue;
		*least = cost;
		*best = at;
		found = true;
	}
	return found;
}

/**
 * vgpu_partitions_init() - all of a range is free
 * @p: to be set up
 * @size: bytes, a multiple of @unit
 * @unit: bytes of which all partitions are multiples, a power of two
 *
 * Return: 0, -EINVAL for impossible sizes, -ENOMEM.
 */
int vgpu_partitions_init(struct vgpu_partitions *p, u64 size, u64 unit)
{
	memset(p, 0, sizeof(*p));
	if (!is_power_of_2(unit) || !size || size % unit ||
	    size / unit > INT_MAX)
		return -EINVAL;
	p->size = size;
	p->unit = unit;
	p->taken = bitmap_zalloc(nr_units(p), GFP_KERNEL);
	return p->taken ? 0 : -ENOMEM;
}

/**
 * vgpu_partitions_copy() - the same parts of the same range are taken
 * @to: to be set up
 * @from: which is not changed
 *
 * Return: 0, -ENOMEM.
 */
int vgpu_partitions_copy(struct vgpu_partitions *to,
			 const struct vgpu_partitions *from)
{
	int ret = vgpu_partitions_init(to, from->size, from->unit);

	if (!ret)
		bitmap_copy(to->taken, from->taken, nr_units(from));
	return ret;
}

/**
 * vgpu_partitions_fini() - release memory
 * @p: set up before, or zeroed
 */
void vgpu_partitions_fini(struct vgpu_partitions *p)
{
	bitmap_free(p->taken);
	memset(p, 0, sizeof(*p));
}

/**
 * vgpu_partition_alloc() - take a partition
 * @p: the allocator
 * @size: bytes, a multiple of the unit
 * @offset: where it starts; aligned as the opening comment says. Unchanged on error
 *
 * Return: 0, -EINVAL for a bad size, -ENOSPC when it fits nowhere.
 */
int vgpu_partition_alloc(struct vgpu_partitions *p, u64 size, u64 *offset)
{
	unsigned long n = units_of(p, size), least = ULONG_MAX, best;
	bool found = false;
	struct run run = {};

	if (!n)
		return -EINVAL;
	while (next_run(p, &run))
		found |= find_place(&run, n, &least, &best);
	if (!found)
		return -ENOSPC;
	bitmap_set(p->taken, best, n);
	*offset = best * p->unit;
	return 0;
}

/**
 * vgpu_partition_take() - take a partition in a certain place
 * @p: the allocator
 * @offset: where it starts, as vgpu_partition_alloc() would say
 * @size: bytes, a multiple of the unit
 *
 * Return: 0, -EINVAL for a bad size or place, -ENOSPC when somebody has some of it.
 */
int vgpu_partition_take(struct vgpu_partitions *p, u64 offset, u64 size)
{
	unsigned long n = units_of(p, size), at = div64_u64(offset, p->unit);

	if (!n || offset >= p->size || size > p->size - offset ||
	    at * p->unit != offset || !IS_ALIGNED(at, alignment_of(n)))
		return -EINVAL;
	if (find_next_bit(p->taken, at + n, at) < at + n)
		return -ENOSPC;
	bitmap_set(p->taken, at, n);
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
	bitmap_clear(p->taken, div64_u64(offset, p->unit), units_of(p, size));
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
	return !test_bit(div64_u64(offset, p->unit), p->taken);
}

/**
 * vgpu_partitions_fit() - how many more partitions would fit
 * @p: the allocator
 * @size: bytes of each
 *
 * Return: the number, if nothing else was allocated; 0 for a bad size.
 */
u64 vgpu_partitions_fit(const struct vgpu_partitions *p, u64 size)
{
	unsigned long n = units_of(p, size);
	struct run run = {};
	u64 fit = 0;

	if (!n)
		return 0;
	while (next_run(p, &run))
		fit += capacity(run.start, run.end, n);
	return fit;
}

/**
 * vgpu_partitions_largest() - the largest block that is free as a whole
 * @p: the allocator
 *
 * Return: bytes, a power of two; 0 when all is taken.
 */
u64 vgpu_partitions_largest(const struct vgpu_partitions *p)
{
	unsigned long size = 0;
	struct run run = {};

	while (next_run(p, &run))
		size = max(size, damage(&run, run.start, run.end - run.start));
	return size * p->unit;
}

/**
 * vgpu_partitions_total_free() - all that is free, in whatever pieces
 * @p: the allocator
 *
 * Return: bytes.
 */
u64 vgpu_partitions_total_free(const struct vgpu_partitions *p)
{
	unsigned long nr = nr_units(p);

	return (nr - bitmap_weight(p->taken, nr)) * p->unit;
}
