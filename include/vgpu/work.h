/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_WORK_H
#define _VGPU_WORK_H

#include <linux/atomic.h>
#include <linux/types.h>

/**
 * DOC: queues and engines
 *
 * An *engine* carries out work: a 2D engine, a copy engine, compute units. A
 * *queue* is the work of one instance on one engine, in whatever form: register
 * writes that were trapped (<vgpu/fifo.h>), a ring in the instance's memory.
 * The core decides whose turn it is and for how long; it knows nothing of what
 * the work is, and a backend knows nothing of turns:
 *
 * - the core asks a queue whether something is pending, tells it to forget its
 *   work, and has it described for a core dump (struct vgpu_queue_ops);
 * - a backend *kicks* a queue when there is new work (vgpu_queue_kick());
 * - the core has an engine load a context, *start* work, and waits itself until
 *   the engine is idle: watchdog, fault injection, pre-emption and accounting
 *   are in one place (struct vgpu_engine_ops).
 *
 * One slice, as an engine sees it::
 *
 *	load ---> start ---> idle? ... idle ---> start ---> ... ---> (unload)
 *	             |         |
 *	             |         +-- slice used up: preempt ---> idle? ... idle
 *	             |         +-- watchdog: reset
 *	             +-- -errno: reset
 *
 * All functions of an engine are called in *engine context*: by one thread at a
 * time for each engine, which may sleep and holds no lock that a trap waits for.
 */

struct vgpu_engine;
struct vgpu_gpu;
struct vgpu_instance;
struct vgpu_queue;

/** Engines that a GPU may have. */
#define VGPU_MAX_ENGINES	16
/** Slices that a GPU may be cut into. */
#define VGPU_MAX_SLICES		4

/**
 * enum vgpu_engine_class - what an engine is for
 * @VGPU_CLASS_2D: draws: fills, copies, scaling
 * @VGPU_CLASS_COPY: moves memory
 * @VGPU_CLASS_COMPUTE: runs programs
 * @VGPU_NR_CLASSES: how many there are
 */
enum vgpu_engine_class {
	VGPU_CLASS_2D,
	VGPU_CLASS_COPY,
	VGPU_CLASS_COMPUTE,
	VGPU_NR_CLASSES,
};

/**
 * enum vgpu_reset_scope - how much a reset takes away
 * @VGPU_RESET_CONTEXT: what is on the engine now; the engine goes on
 * @VGPU_RESET_ENGINE: the engine; other engines go on
 * @VGPU_RESET_DEVICE: all engines of the GPU
 *
 * The core tries them in this order and takes the first that works. It has taken
 * the contexts off the other engines before it resets the device.
 */
enum vgpu_reset_scope {
	VGPU_RESET_CONTEXT,
	VGPU_RESET_ENGINE,
	VGPU_RESET_DEVICE,
};

/**
 * struct vgpu_queue_ops - what a backend does for an instance's work
 * @init: make room for the work of @q; sets &vgpu_queue.priv. Process context;
 *	&vgpu_instance.priv exists. Returns 0 or -errno
 * @fini: undo it; nothing of @q is on the engine
 * @pending: is there work that is not done. Any context
 * @forget: drop all work of @q, half done or not begun. The engine does not
 *	work on it. After a fault traps go on beside this: what they bring is
 *	forgotten when the engine comes to it
 * @settle: bring the work under way to where it can be saved, soon, and begin no more
 *	until it is called with @on false; true when it is there. The engine works on
 *	meanwhile. Optional, where it is there whenever @q is off the engine. Process
 *	context
 * @describe: write what a developer wants to know of the work under way into
 *	@buf, at most @size bytes with the final zero; returns the bytes written,
 *	without it. Optional. Engine context
 */
struct vgpu_queue_ops {
	int (*init)(struct vgpu_queue *q);
	void (*fini)(struct vgpu_queue *q);
	bool (*pending)(struct vgpu_queue *q);
	void (*forget)(struct vgpu_queue *q);
	bool (*settle)(struct vgpu_queue *q, bool on);
	int (*describe)(struct vgpu_queue *q, char *buf, size_t size);
};

/**
 * enum vgpu_queue_counter - what is counted per queue, never going backwards
 * @VGPU_QUEUE_TRAPS: trapped register writes that were queued
 * @VGPU_QUEUE_OVERFLOWS: such writes lost because the FIFO stayed full
 * @VGPU_QUEUE_OPS: operations that the engine has carried out
 * @VGPU_QUEUE_BYTES: bytes that those operations wrote
 * @VGPU_QUEUE_DROPPED: operations refused by the audit
 * @VGPU_NR_QUEUE_COUNTERS: how many there are
 */
enum vgpu_queue_counter {
	VGPU_QUEUE_TRAPS,
	VGPU_QUEUE_OVERFLOWS,
	VGPU_QUEUE_OPS,
	VGPU_QUEUE_BYTES,
	VGPU_QUEUE_DROPPED,
	VGPU_NR_QUEUE_COUNTERS,
};

/**
 * struct vgpu_queue - an instance's work on one engine
 * @inst: whose
 * @engine: where
 * @ops: of the engine's description
 * @count: see enum vgpu_queue_counter; change with vgpu_queue_count()
 * @priv: the backend's own
 *
 * Fixed while the instance lives, but for @count and @priv.
 */
struct vgpu_queue {
	struct vgpu_instance *inst;
	struct vgpu_engine *engine;
	const struct vgpu_queue_ops *ops;
	atomic64_t count[VGPU_NR_QUEUE_COUNTERS];
	void *priv;
};

/**
 * struct vgpu_engine_ops - what a backend does with an engine; engine context
 * @load: make the engine ready for work of @q: afterwards nothing of the tenant
 *	before is left on it. Returns 0, or -errno, which is a fault of this
 *	context
 * @start: give the engine the next piece of @q's work, or several while it
 *	takes them, but no more than about @budget_ns of its time; do not wait
 *	for it. Some progress is always made. Returns 0, or -errno, which is a
 *	fault of this context
 * @idle: has the engine done what @start, @unload or @scrub gave it, so that its
 *	results are in memory. Called again and again, or after
 *	vgpu_engine_done() where &vgpu_engine_desc.event says so
 * @preempt: the slice is over: make the engine stop soon and keep what is left
 *	in @q. The core goes on to ask @idle. NULL when a slice ends with the
 *	piece that was started. Returns 0 or -errno, which is a fault
 * @unload: the engine is idle: begin to put what it changed by itself into the
 *	context image of @q. The core asks @idle afterwards. NULL when there is
 *	nothing. Returns 0 or -errno, which is a fault
 * @spent_ns: a slice of @q's has ended, which took @ran ns by the core's clock:
 *	returns how much of the engine's time that was. NULL when the core's clock is
 *	right
 * @reset: bring the engine to a known idle state; waits as long as the hardware
 *	needs. Returns 0, -EOPNOTSUPP for a scope that the hardware does not
 *	have, another -errno when it did not help. A GPU can be lost without it,
 *	and neither this nor @idle is called then: what the backend keeps of work
 *	that it has given to the engine is to go in &vgpu_queue_ops.forget
 * @scrub: begin to fill [@offset, @offset + @size) of VRAM with zeros, or the
 *	first part of it; the core asks @idle afterwards. Optional. No context is
 *	loaded, and the engine's state is undefined afterwards. Returns the bytes
 *	that were begun, or -errno, upon which the core does it by CPU
 * @dump: write what a developer needs to know of a stuck engine into @buf, as
 *	&vgpu_queue_ops.describe. Optional
 */
struct vgpu_engine_ops {
	int (*load)(struct vgpu_queue *q);
	int (*start)(struct vgpu_queue *q, u64 budget_ns);
	bool (*idle)(struct vgpu_engine *e);
	int (*preempt)(struct vgpu_queue *q);
	int (*unload)(struct vgpu_queue *q);
	u64 (*spent_ns)(struct vgpu_queue *q, u64 ran);
	int (*reset)(struct vgpu_engine *e, enum vgpu_reset_scope scope);
	s64 (*scrub)(struct vgpu_engine *e, u64 offset, u64 size);
	int (*dump)(struct vgpu_engine *e, char *buf, size_t size);
};

/**
 * struct vgpu_engine_desc - an engine, as its backend describes it
 * @name: for operators, unique on the GPU: "2d", "compute0". A directory in sysfs
 *	is called so: no slash, no dot at its beginning
 * @class: what it is for
 * @slice: which part of the GPU it belongs to, from 0, below %VGPU_MAX_SLICES
 * @event: the backend calls vgpu_engine_done() when the engine comes idle; else
 *	the core looks
 * @ops: what it does
 * @queue_ops: of the queues on it
 */
struct vgpu_engine_desc {
	const char *name;
	enum vgpu_engine_class class;
	u8 slice;
	bool event;
	const struct vgpu_engine_ops *ops;
	const struct vgpu_queue_ops *queue_ops;
};

/**
 * struct vgpu_engine - an engine
 * @gpu: its GPU
 * @desc: what the backend said
 * @id: its number on the GPU, from 0, in the order of the descriptions
 */
struct vgpu_engine {
	struct vgpu_gpu *gpu;
	const struct vgpu_engine_desc *desc;
	unsigned int id;
};

void vgpu_queue_kick(struct vgpu_queue *q);
bool vgpu_queue_busy(struct vgpu_queue *q);
bool vgpu_queue_accepts(struct vgpu_queue *q);
void vgpu_engine_done(struct vgpu_engine *e);
u64 vgpu_engine_watchdog_ns(const struct vgpu_engine *e);
struct vgpu_queue *vgpu_instance_queue(struct vgpu_instance *inst,
				       enum vgpu_engine_class class);

/**
 * vgpu_queue_count() - add to a counter
 * @q: the queue
 * @what: the counter
 * @n: how much
 */
static inline void vgpu_queue_count(struct vgpu_queue *q,
				    enum vgpu_queue_counter what, u64 n)
{
	atomic64_add(n, &q->count[what]);
}

#endif /* _VGPU_WORK_H */
