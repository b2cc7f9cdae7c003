// SPDX-License-Identifier: GPL-2.0
/*
 * Which blocks of a partition have been written since somebody took them: a bitmap
 * with the memory barriers that make it one.
 *
 * Who writes, writes and marks then. Who copies, takes the mark away and reads then.
 * So what was written before a mark was taken is read, and what is written later is
 * marked again: nothing is lost between the two, whoever is first.
 *
 * No device is touched here.
 */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/math.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/time64.h>

#include "dirty.h"

/* Over less than that a rate is chance, ms. */
#define RATE_LEAST	100

static unsigned long nr_blocks(const struct vgpu_dirty *d)
{
	return DIV_ROUND_UP_ULL(d->size, VGPU_DIRTY_BLOCK);
}

/**
 * vgpu_dirty_alloc() - all of a partition is dirty
 * @size: its bytes
 *
 * Return: the bitmap, NULL when there is no memory.
 */
struct vgpu_dirty *vgpu_dirty_alloc(u64 size)
{
	unsigned long nr = DIV_ROUND_UP_ULL(size, VGPU_DIRTY_BLOCK);
	struct vgpu_dirty *d;

	d = kvzalloc(struct_size(d, bits, BITS_TO_LONGS(nr)), GFP_KERNEL);
	if (!d)
		return NULL;
	d->size = size;
	bitmap_set(d->bits, 0, nr);
	return d;
}

/**
 * vgpu_dirty_free() - release it
 * @d: the bitmap, or NULL; nobody marks any more
 */
void vgpu_dirty_free(struct vgpu_dirty *d)
{
	kvfree(d);
}

/**
 * vgpu_dirty_mark() - bytes have been written
 * @d: the bitmap
 * @offset: of the first
 * @size: how many; what is beyond the partition is left out
 *
 * Any context.
 */
void vgpu_dirty_mark(struct vgpu_dirty *d, u64 offset, u64 size)
{
	unsigned long block, last;

	if (!size || offset >= d->size)
		return;
	last = (offset + min(size, d->size - offset) - 1) / VGPU_DIRTY_BLOCK;
	/* Pairs with that of vgpu_dirty_take(): the bytes, then the mark. */
	smp_mb();
	for (block = offset / VGPU_DIRTY_BLOCK; block <= last; block++)
		if (!test_bit(block, d->bits) &&
		    !test_and_set_bit(block, d->bits))
			atomic64_inc(&d->marked);
}

/**
 * vgpu_dirty_test() - is a byte in a block that is dirty
 * @d: the bitmap
 * @offset: of the byte, within the partition
 *
 * Return: true when it is.
 */
bool vgpu_dirty_test(const struct vgpu_dirty *d, u64 offset)
{
	return test_bit(offset / VGPU_DIRTY_BLOCK, d->bits);
}

/**
 * vgpu_dirty_take() - take the next dirty blocks
 * @d: the bitmap
 * @offset: where to begin to look; set to where they begin, in whole blocks
 * @size: the most that is wanted, at least a block; set to their bytes
 *
 * They are clean from now on: what is read of them after this is what the marks stood
 * for, or newer.
 *
 * Return: false when nothing from @offset on is dirty; then both are unchanged.
 */
bool vgpu_dirty_take(struct vgpu_dirty *d, u64 *offset, u64 *size)
{
	unsigned long nr = nr_blocks(d), first, block, end;

	first = find_next_bit(d->bits, nr, *offset / VGPU_DIRTY_BLOCK);
	if (first >= nr)
		return false;
	end = min_t(u64, nr, first + max_t(u64, *size / VGPU_DIRTY_BLOCK, 1));
	end = find_next_zero_bit(d->bits, end, first);
	for (block = first; block < end; block++)
		clear_bit(block, d->bits);
	/* Pairs with that of vgpu_dirty_mark(): the mark, then the bytes. */
	smp_mb();
	*offset = (u64)first * VGPU_DIRTY_BLOCK;
	*size = min((u64)end * VGPU_DIRTY_BLOCK, d->size) - *offset;
	return true;
}

/**
 * vgpu_dirty_bytes() - how much is dirty
 * @d: the bitmap
 *
 * Return: bytes.
 */
u64 vgpu_dirty_bytes(const struct vgpu_dirty *d)
{
	unsigned long last = nr_blocks(d) - 1;
	u64 bytes = (u64)bitmap_weight(d->bits, last) * VGPU_DIRTY_BLOCK;

	/* As long as what is left for it; looked at once, as others may just set it. */
	if (test_bit(last, d->bits))
		bytes += d->size - (u64)last * VGPU_DIRTY_BLOCK;
	return bytes;
}

/**
 * vgpu_dirty_count() - all blocks have been taken once: count what becomes dirty
 * @d: the bitmap
 * @now: ns
 *
 * Before that a block that is written may be dirty from the start, and nobody knows.
 * Once; others may ask for the rate meanwhile.
 */
void vgpu_dirty_count(struct vgpu_dirty *d, u64 now)
{
	d->before = atomic64_read(&d->marked);
	/* Pairs with that of vgpu_dirty_rate(): since when, with how many then. */
	smp_store_release(&d->since, now);
}

/**
 * vgpu_dirty_rate() - how fast blocks become dirty
 * @d: the bitmap
 * @now: ns
 *
 * A block that is written again before it is taken counts once.
 *
 * Return: bytes a second, the mean since vgpu_dirty_count(); %VGPU_RATE_UNKNOWN before
 * that, and when it is only just over.
 */
u64 vgpu_dirty_rate(const struct vgpu_dirty *d, u64 now)
{
	u64 since, bytes, ms;

	/* Pairs with that of vgpu_dirty_count(). */
	since = smp_load_acquire(&d->since);
	/* Counting may have begun after @now was read. */
	if (!since || now < since)
		return VGPU_RATE_UNKNOWN;
	ms = div_u64(now - since, NSEC_PER_MSEC);
	if (ms < RATE_LEAST)
		return VGPU_RATE_UNKNOWN;
	bytes = (atomic64_read(&d->marked) - d->before) * VGPU_DIRTY_BLOCK;
	return div64_u64(bytes * MSEC_PER_SEC, ms);
}
