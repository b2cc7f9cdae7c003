// SPDX-License-Identifier: GPL-2.0
/*
 * Our own rings, saved and loaded. Of AlmaIF's, and what came by them, see
 * soft_almaif_state.c.
 */
#include <linux/ktime.h>

#include "soft.h"

/**
 * soft_queue_save() - save the ring and the packet under way
 * @sq: the queue; off the engine
 * @w: where to
 */
void soft_queue_save(struct soft_queue *sq, struct vgpu_writer *w)
{
	struct soft_packet packet;
	bool own;

	spin_lock_irq(&sq->lock);
	/* What came by AlmaIF is in that section. */
	own = sq->has_work && !soft_queue_by_almaif(sq);
	vgpu_ring_save(&sq->ring, soft_vram(sq->q->inst, 0), w);
	vgpu_put_u8(w, sq->refused);
	vgpu_put_u8(w, sq->verdict);
	vgpu_put_u8(w, own);
	if (own) {
		packet = soft_packet_of(&sq->work);
		vgpu_put_bytes(w, &packet, sizeof(packet));
	}
	spin_unlock_irq(&sq->lock);
}

/* The packet is checked as when it came from the guest. */
static void load_work(struct vgpu_reader *r, struct vgpu_instance *inst,
		      bool compute, const struct vgpu_ring *ring,
		      struct soft_work *work)
{
	struct soft_packet packet;
	enum soft_verdict verdict;

	vgpu_get_bytes(r, "packet", &packet, sizeof(packet));
	verdict = soft_packet_check(&packet, inst->vram_size, compute, work);
	if (verdict != SOFT_RUN)
		vgpu_refuse(r, "packet", "%s", soft_packet_field(verdict));
	if (!ring->mem)
		vgpu_refuse(r, "packet", "there is no ring");
	if (ring->progress > work->size ||
	    (work->op == SOFT_OP_FILL && ring->progress % 4))
		vgpu_refuse(r, "ring progress", "%#llx of %#llx",
			    ring->progress, work->size);
}

/**
 * soft_queue_load() - load them
 * @sq: the queue, reset; off the engine. Unchanged when they are refused
 * @r: where from
 */
void soft_queue_load(struct soft_queue *sq, struct vgpu_reader *r)
{
	struct vgpu_instance *inst = sq->q->inst;
	struct vgpu_ring ring = {};
	struct soft_work work = {};
	bool refused, has_work;
	u8 verdict;

	vgpu_ring_load(&ring, soft_vram(inst, 0), inst->vram_size, r);
	refused = vgpu_get(r, "refused", 1, 1);
	verdict = vgpu_get(r, "verdict", 1, SOFT_BAD_UNUSED);
	has_work = vgpu_get(r, "has_work", 1, 1);
	if (has_work)
		load_work(r, inst, sq->compute, &ring, &work);
	else if (ring.progress)
		vgpu_refuse(r, "ring progress", "there is no packet under way");
	if (!vgpu_reader_ok(r))
		return;

	spin_lock_irq(&sq->lock);
	sq->ring = ring;
	sq->refused = refused;
	sq->verdict = verdict;
	sq->has_work = has_work;
	sq->work = work;
	WRITE_ONCE(sq->idle_since, ktime_get_ns());
	spin_unlock_irq(&sq->lock);
	/* Its doorbell may be mapped already. */
	soft_queue_look(sq);
}
