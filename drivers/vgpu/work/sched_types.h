/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the core keeps of an engine, and of an instance on one.
 */
#ifndef _VGPU_SCHED_TYPES_H
#define _VGPU_SCHED_TYPES_H

#include <linux/atomic.h>
#include <linux/container_of.h>
#include <linux/fault-inject.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <vgpu/work.h>

#include "runlist.h"

struct task_struct;
struct vgpu_context;
struct vgpu_pdev;
struct vgpu_vdev;

/**
 * struct vgpu_sched - one engine and its scheduler
 * @engine: the backend's part
 * @pd: the GPU
 * @thread: carries out slices
 * @wq: where @thread waits for work, and whoever has the engine for it to come
 *	idle
 * @done: the backend has called vgpu_engine_done()
 * @resets: how often it was reset, or that failed
 * @placed: instances that have a queue here; under &vgpu_pdev.lock
 * @promised: sum of their minima, of VGPU_PPM; under &vgpu_pdev.lock
 * @hw_lock: the right to touch the engine; protects @current_ctx, @hung, @broken
 * @current_ctx: whose context the engine holds, or NULL. Not a reference: an
 *	instance leaves by vgpu_sched_detach() before it goes away
 * @hung: a test wants it to look stuck until it is reset
 * @broken: only a reset of the whole device may help; nothing runs until @thread
 *	has tried that
 * @rl_lock: protects @rl and its entities; taken in interrupts, too
 * @rl: who has work
 */
struct vgpu_sched {
	struct vgpu_engine engine;
	struct vgpu_pdev *pd;
	struct task_struct *thread;
	wait_queue_head_t wq;
	bool done;
	atomic64_t resets;
	u32 placed;
	u32 promised;
	struct mutex hw_lock;		/* the engine, current_ctx, hung, broken */
	struct vgpu_context *current_ctx;
	bool hung;
	bool broken;
	spinlock_t rl_lock;			/* rl */
	struct vgpu_runlist rl;
};

/**
 * struct vgpu_inject - faults for tests; nothing unless the kernel was built
 *	with CONFIG_FAULT_INJECTION_DEBUG_FS, and never by default
 * @hang: the engine does not come idle
 * @reset: nor does a reset bring it back
 * @instance: the only instance to be hit by @hang, by number; U32_MAX for all
 */
struct vgpu_inject {
#ifdef CONFIG_FAULT_INJECTION_DEBUG_FS
	struct fault_attr hang;
	struct fault_attr reset;
	u32 instance;
#endif
};

/**
 * struct vgpu_context - an instance on one engine
 * @q: its work, the backend's part
 * @se: its place in the run list
 * @vd: the instance
 * @queued: it is in the run list, or has the engine, and will look into its
 *	queue once more; set by who makes it so
 * @paused: nobody puts it into the run list; changed with the trap lock and the
 *	run list's lock held
 */
struct vgpu_context {
	struct vgpu_queue q;
	struct vgpu_sched_entity se;
	struct vgpu_vdev *vd;
	atomic_t queued;
	bool paused;
};

static inline struct vgpu_sched *engine_to_sched(struct vgpu_engine *e)
{
	return container_of(e, struct vgpu_sched, engine);
}

static inline struct vgpu_context *queue_to_ctx(struct vgpu_queue *q)
{
	return container_of(q, struct vgpu_context, q);
}

/** The engine that a context is for. */
static inline struct vgpu_sched *ctx_sched(const struct vgpu_context *ctx)
{
	return engine_to_sched(ctx->q.engine);
}

#endif /* _VGPU_SCHED_TYPES_H */
