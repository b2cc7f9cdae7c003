// SPDX-License-Identifier: GPL-2.0
/*
 * What an engine that works by itself has been given to write: a few parts of a
 * partition, until it is idle. Only then can it be said that they are written; see
 * <vgpu/written.h>.
 */
#include <linux/export.h>
#include <linux/minmax.h>

#include <vgpu/vgpu.h>

/* Does [@begin, @end) touch a part? */
static bool touches(const struct vgpu_writes *w, unsigned int part, u64 begin,
		    u64 end)
{
	return begin <= w->part[part].end && end >= w->part[part].begin;
}

/**
 * vgpu_writes_add() - an engine is given something to write
 * @w: of the engine
 * @inst: whose work it is; the same until vgpu_writes_done()
 * @offset: from the start of its partition
 * @size: bytes
 *
 * When there are more parts than are told apart, the last is made to span what is
 * between. Engine context.
 */
void vgpu_writes_add(struct vgpu_writes *w, struct vgpu_instance *inst,
		     u64 offset, u64 size)
{
	u64 end = offset + size;
	unsigned int i = 0;

	w->inst = inst;
	while (i < w->nr && !touches(w, i, offset, end))
		i++;
	if (i == VGPU_WRITES)
		i--;
	if (i == w->nr) {
		w->part[i].begin = offset;
		w->part[i].end = end;
		w->nr++;
		return;
	}
	w->part[i].begin = min(w->part[i].begin, offset);
	w->part[i].end = max(w->part[i].end, end);
}
EXPORT_SYMBOL_GPL(vgpu_writes_add);

/**
 * vgpu_writes_done() - the engine is idle, and what it wrote is in memory
 * @w: of the engine
 *
 * Also when it was reset: then it may have written. Engine context.
 */
void vgpu_writes_done(struct vgpu_writes *w)
{
	unsigned int i;

	for (i = 0; i < w->nr; i++)
		vgpu_vram_written(w->inst, w->part[i].begin,
				  w->part[i].end - w->part[i].begin);
	w->nr = 0;
}
EXPORT_SYMBOL_GPL(vgpu_writes_done);
