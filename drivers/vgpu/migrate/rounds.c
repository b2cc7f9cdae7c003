// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of an instance, block by block. Of one that stands still it is read once.
 * Of one that runs it is read in rounds: all of it in the first, and in each that follows
 * what was written since it was read, until the instance stands still and nothing is
 * left.
 */
#include <linux/minmax.h>

#include "../core.h"
#include "../bus/bus.h"
#include "../bus/dirty.h"
#include "format.h"
#include "migrate.h"
#include "rounds.h"

/*
 * So much is taken at once. Its pages are taken away with it, for which faults of the
 * guest have to wait: rarely is better than often.
 */
#define TAKE	SZ_1M

/**
 * vgpu_rounds_begin() - begin a copy
 * @r: to be set up, zeroed
 * @vd: the instance
 * @running: it runs; else it stands still until the copy has ended
 *
 * Return: 0, -ENOMEM, -EBUSY when somebody else copies it.
 */
int vgpu_rounds_begin(struct vgpu_rounds *r, struct vgpu_vdev *vd, bool running)
{
	int ret = 0;

	if (running)
		ret = vgpu_track_start(vd);
	if (ret)
		return ret;
	r->vd = vd;
	r->running = running;
	/* What stands still is taken as a whole. */
	r->end = running ? 0 : vd->inst.vram_size;
	return 0;
}

/**
 * vgpu_rounds_end() - the copy has ended, whole or not
 * @r: set up by vgpu_rounds_begin(), or zeroed
 */
void vgpu_rounds_end(struct vgpu_rounds *r)
{
	if (r->running)
		vgpu_track_stop(r->vd);
	r->running = false;
}

/**
 * vgpu_rounds_last() - the instance has come to stand still
 * @r: the copy
 *
 * What it has written is marked by now, and so is in what is left of this round or in
 * one more. There is no third, for somebody may go on writing who has its memory mapped:
 * a worker that does as it likes. What he writes then is not in the copy.
 */
void vgpu_rounds_last(struct vgpu_rounds *r)
{
	r->stands = true;
}

/* Of the first round nobody knows what was written in it. */
static void end_round(struct vgpu_rounds *r)
{
	if (!r->nr++)
		vgpu_track_count(r->vd);
	vgpu_moved(r->vd, VGPU_MOVED_ROUNDS, 1);
}

/* Take what comes next, in the next round if there is no more in this one. */
static int take(struct vgpu_rounds *r)
{
	u64 size = TAKE;
	int ret;

	ret = vgpu_track_take(r->vd, &r->next, &size);
	if (!ret && r->next && !r->last) {
		r->last = r->stands;
		r->next = 0;
		end_round(r);
		ret = vgpu_track_take(r->vd, &r->next, &size);
	}
	if (ret <= 0)
		return ret;
	r->at = r->next;
	r->end = r->at + size;
	/* The last block may be short: what follows it begins nowhere in it. */
	r->next = round_up(r->end, VGPU_DIRTY_BLOCK);
	return 1;
}

/**
 * vgpu_rounds_next() - what is to be copied next
 * @r: the copy
 * @offset: set to where it begins in the partition
 * @size: set to its bytes, %VGPU_STREAM_BLOCK at most
 *
 * It is to be read after this, at once. Process context.
 *
 * Return: 1; 0 when there is nothing, or for now nothing if the instance runs; -EINTR
 * when the caller was killed.
 */
int vgpu_rounds_next(struct vgpu_rounds *r, u64 *offset, u32 *size)
{
	int ret = 1;

	might_sleep();
	if (r->at == r->end)
		ret = r->running ? take(r) : 0;
	if (ret <= 0)
		return ret;
	*offset = r->at;
	*size = min_t(u64, r->end - r->at, VGPU_STREAM_BLOCK);
	r->at += *size;
	return 1;
}

/**
 * vgpu_rounds_left() - how much is to be copied now
 * @r: the copy of an instance that runs
 * @first: set to the bytes that were never copied
 * @dirty: set to those that were written since they were
 */
void vgpu_rounds_left(const struct vgpu_rounds *r, u64 *first, u64 *dirty)
{
	u64 size = r->vd->inst.vram_size, taken = r->end - r->at;
	u64 behind = size - min(r->next, size);

	*first = 0;
	*dirty = vgpu_track_bytes(r->vd);
	if (r->nr) {
		*dirty += taken;
		return;
	}
	/* What the first round has not seen is all dirty. */
	*first = behind + taken;
	*dirty -= behind;
}
