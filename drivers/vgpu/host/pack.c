// SPDX-License-Identifier: GPL-2.0
/*
 * How partitions are moved together: which of them goes where, and in which order,
 * so that larger ones fit again.
 *
 * One step makes room for one more partition of a size: a place for it is *vacated*,
 * all pieces in it go into free memory outside. Of the places where that can be done
 * it takes the one where the fewest bytes are moved. A step never costs a place for
 * a size that counts more: so with each of them the numbers that fit, in the order of
 * the sizes, become larger, and some time there is no further step.
 *
 * A size for which no place can be vacated waits until there are larger free pieces:
 * smaller sizes come next, and after each step the first is asked again.
 *
 * A piece always goes where all is free, and two never to the same place: what is
 * copied overlaps nothing that lives.
 *
 * No device is touched here.
 */
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "pack.h"

static unsigned long to_units(const struct vgpu_pack *p, u64 bytes)
{
	return bytes >> ilog2(p->now.unit);
}

/* A piece is in this place, or not any more. */
static void mark(struct vgpu_pack *p, const struct vgpu_piece *piece, u32 owner)
{
	unsigned long at = to_units(p, piece->offset), i;
	unsigned long n = to_units(p, piece->size);

	for (i = at; i < at + n; i++)
		p->owner[i] = owner;
}

/**
 * vgpu_pack_init() - begin to think
 * @p: to be set up
 * @now: what is taken; copied
 * @pieces: partitions of it that may be moved; the others stay. Where they would be
 *	is written here with each step
 * @nr_pieces: how many
 * @sizes: what is to fit, the most important first, each a multiple of the unit
 * @nr_sizes: how many
 *
 * Return: 0, -ENOMEM; then nothing is left.
 */
int vgpu_pack_init(struct vgpu_pack *p, const struct vgpu_partitions *now,
		   struct vgpu_piece *pieces, unsigned int nr_pieces,
		   const u64 *sizes, unsigned int nr_sizes)
{
	unsigned int i;
	int ret;

	memset(p, 0, sizeof(*p));
	p->pieces = pieces;
	p->nr_pieces = nr_pieces;
	p->sizes = sizes;
	p->nr_sizes = nr_sizes;
	ret = vgpu_partitions_copy(&p->now, now) ?:
	      vgpu_partitions_copy(&p->trial, now);
	if (ret)
		goto err;
	ret = -ENOMEM;
	p->owner = kvcalloc(to_units(p, now->size), sizeof(*p->owner),
			    GFP_KERNEL);
	p->tried = kvcalloc(nr_pieces + 1, sizeof(*p->tried), GFP_KERNEL);
	p->shifts = kvcalloc(nr_pieces + 1, sizeof(*p->shifts), GFP_KERNEL);
	if (!p->owner || !p->tried || !p->shifts)
		goto err;
	for (i = 0; i < nr_pieces; i++)
		mark(p, &pieces[i], i + 1);
	return 0;

err:
	vgpu_pack_fini(p);
	return ret;
}

/**
 * vgpu_pack_fini() - release memory
 * @p: set up before, or zeroed
 */
void vgpu_pack_fini(struct vgpu_pack *p)
{
	kvfree(p->shifts);
	kvfree(p->tried);
	kvfree(p->owner);
	vgpu_partitions_fini(&p->trial);
	vgpu_partitions_fini(&p->now);
	p->shifts = NULL;
	p->tried = NULL;
	p->owner = NULL;
}

/*
 * What has to go to vacate @n units from @at on becomes @tried. Return: its bytes; 0
 * when that is nothing, or something of it stays.
 */
static u64 collect(struct vgpu_pack *p, unsigned long at, unsigned long n)
{
	unsigned long i = at;
	u64 bytes = 0;

	p->nr_tried = 0;
	while (i < at + n) {
		const struct vgpu_piece *piece;

		if (!p->owner[i]) {
			if (test_bit(i++, p->now.taken))
				return 0;
			continue;
		}
		piece = &p->pieces[p->owner[i] - 1];
		p->tried[p->nr_tried].piece = p->owner[i] - 1;
		p->tried[p->nr_tried++].from = piece->offset;
		bytes += piece->size;
		i = to_units(p, piece->offset + piece->size);
	}
	return bytes;
}

/* What is hardest to place comes first: what needs most alignment, and is largest. */
static int by_difficulty(const void *a, const void *b, const void *priv)
{
	const struct vgpu_pack *p = priv;
	u64 x = p->pieces[((const struct vgpu_shift *)a)->piece].size;
	u64 y = p->pieces[((const struct vgpu_shift *)b)->piece].size;
	u64 along_x = x & -x, along_y = y & -y;

	if (along_x != along_y)
		return along_x > along_y ? -1 : 1;
	return x > y ? -1 : x < y;
}

/* Find places for @tried outside of @n units from @at on. */
static bool place(struct vgpu_pack *p, unsigned long at, unsigned long n)
{
	const struct vgpu_piece *piece;
	struct vgpu_shift *s;
	unsigned int i;

	sort_r(p->tried, p->nr_tried, sizeof(*p->tried), by_difficulty, NULL, p);
	bitmap_copy(p->trial.taken, p->now.taken,
		    to_units(p, p->now.size));
	bitmap_set(p->trial.taken, at, n);
	for (i = 0; i < p->nr_tried; i++) {
		s = &p->tried[i];
		piece = &p->pieces[s->piece];
		if (vgpu_partition_alloc(&p->trial, piece->size, &s->to))
			return false;
	}
	/* And all that they leave: some of it may be outside. */
	bitmap_clear(p->trial.taken, at, n);
	for (i = 0; i < p->nr_tried; i++) {
		piece = &p->pieces[p->tried[i].piece];
		vgpu_partition_free(&p->trial, piece->offset, piece->size);
	}
	return true;
}

/* Does one more of a size fit then, and no fewer of those that count more? */
static bool is_better(const struct vgpu_pack *p, unsigned int which)
{
	unsigned int i;

	for (i = 0; i < which; i++)
		if (vgpu_partitions_fit(&p->trial, p->sizes[i]) <
		    vgpu_partitions_fit(&p->now, p->sizes[i]))
			return false;
	return vgpu_partitions_fit(&p->trial, p->sizes[which]) >
	       vgpu_partitions_fit(&p->now, p->sizes[which]);
}

/* Not for what fits as often as its bytes are free. */
static bool may_fit_better(const struct vgpu_pack *p, u64 size)
{
	return vgpu_partitions_fit(&p->now, size) <
	       div64_u64(vgpu_partitions_total_free(&p->now), size);
}

/*
 * The cheapest step for one of the sizes becomes @shifts. That may take long: each place
 * is looked at, and for each piece in it, each that is free. Return: 1, or 0 when there
 * is none; -ERESTARTSYS for a signal.
 */
static int find_step(struct vgpu_pack *p, unsigned int which)
{
	unsigned long n = to_units(p, p->sizes[which]), at;
	unsigned long nr = to_units(p, p->now.size);
	u64 best = U64_MAX, bytes;

	if (!n || !may_fit_better(p, p->sizes[which]))
		return 0;
	for (at = 0; at + n <= nr; at += n & -n) {
		cond_resched();
		if (signal_pending(current))
			return -ERESTARTSYS;
		bytes = collect(p, at, n);
		if (!bytes || bytes >= best || !place(p, at, n) ||
		    !is_better(p, which))
			continue;
		best = bytes;
		swap(p->tried, p->shifts);
		p->nr_shifts = p->nr_tried;
	}
	return best != U64_MAX;
}

static void take_step(struct vgpu_pack *p)
{
	unsigned int i;

	for (i = 0; i < p->nr_shifts; i++) {
		const struct vgpu_shift *s = &p->shifts[i];
		struct vgpu_piece *piece = &p->pieces[s->piece];

		vgpu_partition_free(&p->now, piece->offset, piece->size);
		mark(p, piece, 0);
		piece->offset = s->to;
		WARN_ON_ONCE(vgpu_partition_take(&p->now, s->to, piece->size));
		mark(p, piece, s->piece + 1);
	}
}

/**
 * vgpu_pack_next() - the next step
 * @p: the partitions; as if that was done afterwards
 *
 * Process context.
 *
 * Return: 1, and &vgpu_pack.shifts has what is to be done, one after the other; 0 when
 * nothing helps any more; -ERESTARTSYS for a signal, then it is as before.
 */
int vgpu_pack_next(struct vgpu_pack *p)
{
	unsigned int i;
	int ret;

	might_sleep();
	for (i = 0; i < p->nr_sizes; i++) {
		ret = find_step(p, i);
		if (ret > 0)
			take_step(p);
		if (ret)
			return ret;
	}
	return 0;
}
