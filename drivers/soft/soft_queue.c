// SPDX-License-Identifier: GPL-2.0
/*
 * Rings: how a guest's packets come to an engine without a trap.
 *
 *	            the guest rings               the ring is empty
 *	  asleep  -------------------> on the engine -----------------> looked at
 *	    ^                               ^                             |   |
 *	    |                               +---- something is there -----+   |
 *	    +------------- nothing for long, the doorbell is armed -----------+
 *
 * While a queue is looked at, its doorbell page is mapped and a ring of it costs
 * the guest nothing and tells us nothing; so the ring itself is looked at, every
 * LOOK_MS. Asleep it costs nothing at all.
 *
 * A compute queue has its packets from one of two rings: our own, or that of AlmaIF
 * (soft_almaif.c), once its guest has set that up. What comes by AlmaIF waits until
 * there is a worker: nobody looks for it meanwhile.
 */
#include <linux/ktime.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>

#include "soft.h"

/* How often a ring that is empty is looked at until its doorbell is armed. */
#define LOOK_MS	1

static void look_soon(struct soft_queue *sq, unsigned int ms)
{
	if (!READ_ONCE(sq->stopped))
		schedule_delayed_work(&sq->look, msecs_to_jiffies(ms));
}

/* Has the packet under way, or that of AlmaIF which is next, somebody to do it. */
static bool is_served(const struct soft_queue *sq)
	__must_hold(&sq->lock)
{
	lockdep_assert_held(&sq->lock);
	return sq->worker && READ_ONCE(sq->worker->ready) &&
	       !soft_compute_is_settled(sq);
}

/* Is there something of AlmaIF's for the engine. */
static bool pending_almaif(const struct soft_queue *sq)
	__must_hold(&sq->lock)
{
	lockdep_assert_held(&sq->lock);
	/* When its worker has left it says so. */
	if (sq->dropping)
		return !sq->leaving;
	if (sq->failed || sq->left.status != VGPU_SOFT_NONE)
		return true;
	return is_served(sq) && (sq->has_work || soft_almaif_pending(sq));
}

/* We have written our index, the first thing in the ring. */
static void wrote_index(struct soft_queue *sq)
	__must_hold(&sq->lock)
{
	struct vgpu_instance *inst = sq->q->inst;

	lockdep_assert_held(&sq->lock);
	vgpu_vram_written(inst, sq->ring.mem - soft_vram(inst, 0),
			  VGPU_RING_PACKET);
}

static bool pending(struct soft_queue *sq)
{
	unsigned long flags;
	bool ret;

	spin_lock_irqsave(&sq->lock, flags);
	if (soft_queue_by_almaif(sq))
		ret = pending_almaif(sq);
	else
		ret = sq->has_work ||
		      (!sq->refused && vgpu_ring_pending(&sq->ring));
	spin_unlock_irqrestore(&sq->lock, flags);
	return ret;
}

/**
 * soft_queue_is_almaif() - does a queue take its packets from AlmaIF
 * @sq: the queue
 *
 * Return: true from a guest's command until a reset.
 */
bool soft_queue_is_almaif(struct soft_queue *sq)
{
	unsigned long flags;
	bool ret;

	spin_lock_irqsave(&sq->lock, flags);
	ret = soft_queue_by_almaif(sq);
	spin_unlock_irqrestore(&sq->lock, flags);
	return ret;
}

/* The doorbells of our own rings have the numbers of the queues' bits. */
static unsigned int bell_of(struct soft_queue *sq)
{
	return soft_queue_is_almaif(sq) ? SOFT_BELL_ALMAIF : sq->compute;
}

static void look(struct work_struct *work)
{
	struct soft_queue *sq = container_of(to_delayed_work(work),
					     struct soft_queue, look);

	if (!READ_ONCE(sq->ring.mem) && !soft_queue_is_almaif(sq))
		return;
	if (!pending(sq) && vgpu_doorbell_arm(sq->q->inst, bell_of(sq),
					      READ_ONCE(sq->idle_since))) {
		look_soon(sq, LOOK_MS);
		return;
	}
	/* Once more: what came before the doorbell was armed did not ring. */
	if (pending(sq))
		vgpu_queue_kick(sq->q);
}

/**
 * soft_queue_look() - look at a queue's ring from now on
 * @sq: the queue
 *
 * Its doorbell may be mapped already.
 */
void soft_queue_look(struct soft_queue *sq)
{
	look_soon(sq, 0);
}

/**
 * soft_doorbell() - see &vgpu_gpu_ops.doorbell
 * @inst: the instance
 * @bell: 0 for the copy queue, others for the compute queue
 */
void soft_doorbell(struct vgpu_instance *inst, unsigned int bell)
{
	struct soft_instance *si = inst->priv;
	struct soft_queue *sq;

	sq = si->queue[bell ? VGPU_CLASS_COMPUTE : VGPU_CLASS_COPY];
	if (sq)
		vgpu_queue_kick(sq->q);
}

/**
 * soft_queue_enable() - set a ring up
 * @sq: the queue
 * @offset: where in the instance's partition
 * @slots: packets
 *
 * Trap context.
 *
 * Return: 0, -EINVAL; see vgpu_ring_init().
 */
int soft_queue_enable(struct soft_queue *sq, u64 offset, u32 slots)
{
	struct vgpu_instance *inst = sq->q->inst;
	int ret;

	vgpu_assert_trap_context(inst);
	spin_lock_irq(&sq->lock);
	ret = vgpu_ring_init(&sq->ring, soft_vram(inst, 0), inst->vram_size,
			     offset, slots);
	sq->refused = ret;
	if (!ret) {
		wrote_index(sq);
		sq->has_work = false;
		sq->verdict = SOFT_RUN;
		WRITE_ONCE(sq->idle_since, ktime_get_ns());
	}
	spin_unlock_irq(&sq->lock);
	/* Its doorbell may be mapped already. */
	if (!ret)
		look_soon(sq, 0);
	return ret;
}

/**
 * soft_queue_disable() - take a ring away; what is in it is forgotten, and what
 *	was wrong with it
 * @sq: the queue; a piece that is under way is finished
 */
void soft_queue_disable(struct soft_queue *sq)
{
	unsigned long flags;

	spin_lock_irqsave(&sq->lock, flags);
	vgpu_ring_fini(&sq->ring);
	sq->has_work = false;
	sq->refused = false;
	sq->verdict = SOFT_RUN;
	spin_unlock_irqrestore(&sq->lock, flags);
}

/**
 * soft_queue_close() - the device was closed: look at the ring no more, and nobody
 *	computes for it
 * @sq: the queue, off the engine and without a ring
 *
 * A look that has begun may have found work there, and kicks the queue: not later
 * than this returns.
 */
void soft_queue_close(struct soft_queue *sq)
{
	cancel_delayed_work_sync(&sq->look);
	if (sq->compute) {
		soft_client_end(sq, false);
		soft_client_wait(sq);
	}
}

static void report(struct soft_queue *sq, const char *what)
{
	struct vgpu_instance *inst = sq->q->inst;
	struct soft_instance *si = inst->priv;

	if (__ratelimit(&si->drops))
		dev_notice(inst->dev, "%s queue: packet dropped: %s; partition %llu bytes\n",
			   sq->compute ? "compute" : "copy", what,
			   inst->vram_size);
}

/* Take the next packet. Return: -errno when the ring is refused. */
static int take_own(struct soft_queue *sq, enum soft_next *next)
	__must_hold(&sq->lock)
{
	struct soft_packet packet;
	int ret;

	lockdep_assert_held(&sq->lock);
	if (sq->refused)
		return 0;
	ret = vgpu_ring_peek(&sq->ring, &packet);
	if (ret < 0) {
		/* The guest has to set the ring up anew. */
		sq->refused = true;
		vgpu_queue_count(sq->q, VGPU_QUEUE_DROPPED, 1);
		return ret;
	}
	if (!ret)
		return 0;
	sq->verdict = soft_packet_check(&packet, sq->q->inst->vram_size,
					sq->compute, &sq->work);
	sq->has_work = sq->verdict == SOFT_RUN;
	*next = sq->has_work ? SOFT_FOUND : SOFT_DROPPED;
	if (!sq->has_work) {
		/* Before the guest is told. */
		vgpu_queue_count(sq->q, VGPU_QUEUE_DROPPED, 1);
		vgpu_ring_advance(&sq->ring);
		wrote_index(sq);
	}
	return 0;
}

/*
 * The same from AlmaIF. Return: what is wrong with the packet, or NULL. What is to be
 * released without the lock is in @image.
 */
static const char *take_almaif(struct soft_queue *sq, enum soft_next *next,
			       struct soft_image **image)
	__must_hold(&sq->lock)
{
	enum soft_aql_verdict verdict;
	bool found;

	lockdep_assert_held(&sq->lock);
	if (!is_served(sq))
		return NULL;
	verdict = soft_almaif_take(sq, &found);
	if (found && verdict == SOFT_AQL_RUN) {
		sq->work = (struct soft_work) {
			.op = SOFT_OP_DISPATCH,
			.size = soft_aql_groups(&sq->almaif->work),
		};
		sq->has_work = true;
		*next = SOFT_FOUND;
		return NULL;
	}
	if (verdict == SOFT_AQL_NOTHING && !found)
		return NULL;
	if (verdict != SOFT_AQL_NOTHING)
		vgpu_queue_count(sq->q, VGPU_QUEUE_DROPPED, 1);
	if (!found)
		return "write index";
	*next = verdict == SOFT_AQL_NOTHING ? SOFT_PASSED : SOFT_DROPPED;
	*image = soft_almaif_over(sq, *next == SOFT_DROPPED ? SOFT_AQL_FAILED : 0);
	return *next == SOFT_DROPPED ? soft_aql_field(verdict) : NULL;
}

/* From whichever ring there is. Return: what is wrong, or NULL. */
static const char *take(struct soft_queue *sq, enum soft_next *next,
			struct soft_image **image)
	__must_hold(&sq->lock)
{
	lockdep_assert_held(&sq->lock);
	*next = sq->has_work ? SOFT_FOUND : SOFT_NONE;
	if (sq->has_work)
		return NULL;
	if (soft_queue_by_almaif(sq))
		return take_almaif(sq, next, image);
	if (take_own(sq, next))
		return "write index";
	return *next == SOFT_DROPPED ? soft_packet_field(sq->verdict) : NULL;
}

/**
 * soft_queue_next() - the packet to be worked on
 * @sq: the queue; engine context
 * @work: a checked copy of it
 * @done: how much of it is done already, its own units; of %SOFT_OP_DISPATCH that is
 *	in &soft_almaif.progress
 *
 * One that is bad is dropped and counted, no more than one a call: a guest can
 * bring them as fast as they are dropped, and the caller knows when to stop.
 *
 * Return: what was found. When it was nothing to be worked on, the ring is looked
 * at from time to time.
 */
enum soft_next soft_queue_next(struct soft_queue *sq, struct soft_work *work,
			       u64 *done)
{
	struct soft_image *image = NULL;
	enum soft_next next;
	const char *wrong;

	vgpu_assert_engine_context(sq->q->engine);
	spin_lock_irq(&sq->lock);
	wrong = take(sq, &next, &image);
	*work = sq->work;
	*done = sq->ring.progress;
	if (next != SOFT_FOUND)
		WRITE_ONCE(sq->idle_since, ktime_get_ns());
	spin_unlock_irq(&sq->lock);
	soft_image_put(image);
	if (wrong)
		report(sq, wrong);
	/* A slice may end with one that is dropped: then nobody asks again. */
	if (next != SOFT_FOUND)
		look_soon(sq, LOOK_MS);
	return next;
}

/**
 * soft_queue_progress() - a part of the packet under way is done
 * @sq: the queue; engine context
 * @done: how much in all
 */
void soft_queue_progress(struct soft_queue *sq, u64 done)
{
	vgpu_assert_engine_context(sq->q->engine);
	spin_lock_irq(&sq->lock);
	if (sq->has_work)
		sq->ring.progress = done;
	spin_unlock_irq(&sq->lock);
}

/**
 * soft_queue_finish() - the packet under way is done
 * @sq: the queue; engine context
 */
void soft_queue_finish(struct soft_queue *sq)
{
	struct vgpu_instance *inst = sq->q->inst;
	const struct soft_work *w = &sq->work;
	bool irq;

	vgpu_assert_engine_context(sq->q->engine);
	spin_lock_irq(&sq->lock);
	irq = sq->has_work && w->flags & SOFT_PACKET_IRQ;
	if (sq->has_work) {
		sq->has_work = false;
		/* Before the guest is told, who may be asked at once. */
		vgpu_queue_count(sq->q, VGPU_QUEUE_OPS, 1);
		if (w->flags & SOFT_PACKET_FENCE) {
			__le64 *fence = soft_vram(inst, w->fence);

			/* After all that the packet has written. */
			smp_store_release(fence, cpu_to_le64(w->fence_value));
			vgpu_vram_written(inst, w->fence, sizeof(*fence));
		}
		vgpu_ring_advance(&sq->ring);
		wrote_index(sq);
		WRITE_ONCE(sq->idle_since, ktime_get_ns());
	}
	spin_unlock_irq(&sq->lock);
	/* It may have been the last: then nobody asks for the next one. */
	look_soon(sq, LOOK_MS);
	if (irq)
		vgpu_irq_raise(inst, sq->compute);
}

/**
 * soft_queue_over() - the dispatch under way is over
 * @sq: the queue; engine context
 * @completion: %SOFT_AQL_DONE, %SOFT_AQL_FAILED; 0 when the guest has withdrawn it
 */
void soft_queue_over(struct soft_queue *sq, u32 completion)
{
	struct soft_image *image = NULL;

	vgpu_assert_engine_context(sq->q->engine);
	spin_lock_irq(&sq->lock);
	if (sq->has_work && soft_queue_by_almaif(sq)) {
		sq->has_work = false;
		/* Before the guest is told, who may be asked at once. */
		if (completion)
			vgpu_queue_count(sq->q, completion == SOFT_AQL_DONE ?
					 VGPU_QUEUE_OPS : VGPU_QUEUE_DROPPED, 1);
		image = soft_almaif_over(sq, completion);
		WRITE_ONCE(sq->idle_since, ktime_get_ns());
	}
	spin_unlock_irq(&sq->lock);
	soft_image_put(image);
	/* It may have been the last: then nobody asks for the next one. */
	look_soon(sq, LOOK_MS);
}

/**
 * soft_queue_status() - what a guest reads in SOFT_RING_STATUS
 * @sq: the queue
 *
 * Return: SOFT_STATUS_*.
 */
u32 soft_queue_status(struct soft_queue *sq)
{
	u32 status = 0;

	/* With our own packets; those of AlmaIF are told of in memory. */
	if (!soft_queue_is_almaif(sq) && vgpu_queue_busy(sq->q))
		status = SOFT_STATUS_BUSY;
	spin_lock_irq(&sq->lock);
	if (sq->ring.mem)
		status |= SOFT_STATUS_ENABLED;
	if (sq->refused || sq->verdict != SOFT_RUN)
		status |= SOFT_STATUS_REFUSED;
	spin_unlock_irq(&sq->lock);
	return status;
}

static int queue_init(struct vgpu_queue *q)
{
	enum vgpu_engine_class class = q->engine->desc->class;
	struct soft_instance *si = q->inst->priv;
	struct soft_queue *sq;
	int ret = 0;

	sq = kzalloc(sizeof(*sq), GFP_KERNEL);
	if (!sq)
		return -ENOMEM;
	sq->q = q;
	sq->compute = class == VGPU_CLASS_COMPUTE;
	spin_lock_init(&sq->lock);
	INIT_DELAYED_WORK(&sq->look, look);
	if (sq->compute)
		ret = soft_almaif_init(sq) ?: soft_client_init(sq);
	if (ret) {
		soft_almaif_fini(sq);
		kfree(sq);
		return ret;
	}
	q->priv = sq;
	si->queue[class] = sq;
	return 0;
}

static void queue_fini(struct vgpu_queue *q)
{
	struct soft_instance *si = q->inst->priv;
	struct soft_queue *sq = q->priv;

	si->queue[q->engine->desc->class] = NULL;
	WRITE_ONCE(sq->stopped, true);
	cancel_delayed_work_sync(&sq->look);
	if (sq->compute)
		soft_client_fini(sq);
	soft_almaif_fini(sq);
	kfree(sq);
}

static bool queue_pending(struct vgpu_queue *q)
{
	return pending(q->priv);
}

static void queue_forget(struct vgpu_queue *q)
{
	struct soft_queue *sq = q->priv;
	struct soft_remains dead;

	soft_engine_forget(q);
	if (sq->almaif) {
		spin_lock_irq(&sq->lock);
		soft_almaif_forget(sq, &dead);
		spin_unlock_irq(&sq->lock);
		soft_almaif_free(&dead);
	}
	soft_queue_disable(sq);
}

static int queue_describe(struct vgpu_queue *q, char *buf, size_t size)
{
	struct soft_queue *sq = q->priv;
	int len;

	vgpu_assert_engine_context(q->engine);
	spin_lock_irq(&sq->lock);
	len = scnprintf(buf, size, "ring of %u packets, %llu taken; ",
			sq->ring.mem ? sq->ring.slots : 0, sq->ring.read);
	if (sq->has_work && soft_queue_by_almaif(sq))
		len += soft_almaif_describe(sq, buf + len, size - len);
	else if (sq->has_work)
		len += scnprintf(buf + len, size - len,
				 "op %u dst %#llx src %#llx size %#llx, %#llx done\n",
				 sq->work.op, sq->work.dst, sq->work.src,
				 sq->work.size, sq->ring.progress);
	else
		len += scnprintf(buf + len, size - len, "no packet under way\n");
	spin_unlock_irq(&sq->lock);
	return len;
}

const struct vgpu_queue_ops soft_queue_ops = {
	.init = queue_init,
	.fini = queue_fini,
	.pending = queue_pending,
	.forget = queue_forget,
	.settle = soft_compute_settle,
	.describe = queue_describe,
};
