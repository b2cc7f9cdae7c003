// SPDX-License-Identifier: GPL-2.0
/*
 * What happens when an engine does not come idle, or refuses a context.
 *
 * The core notices it (wait.c). Then, in engine context:
 *
 * 1. what a developer needs is kept as a device core dump: the engine's
 *    registers, whose work it was, and what that was last;
 * 2. the owner is *faulted*: its queue is emptied, and what it brings from now
 *    on is dropped until its function is reset. Registers, memory and display
 *    stay. The rest of the core is told (&vgpu_pdev.faulted);
 * 3. the engine is reset, as little as helps: its context, the engine. The
 *    contexts of the others are in memory: they go on as if nothing had
 *    happened. If that fails, all of the device is reset, with nobody on any
 *    engine; if that fails, too, the GPU is *lost*, of which the rest of the core
 *    is told (&vgpu_pdev.lose).
 *
 * ::
 *
 *	running --- fault ---> reset of context, engine --- ok ---> running
 *	                          |
 *	                          +-- no: broken --- reset of device --- ok ---> running
 *	                                                |
 *	                                                +-- no: lost, for ever
 *
 * To reset the device every engine's lock is needed. A GPU with one engine has it
 * already; else the engine's thread does it, holding nothing (vgpu_hang_recover()).
 */
#include <linux/devcoredump.h>
#include <linux/vmalloc.h>

#include "../core.h"
#include "../trace.h"
#include "sched.h"

#define DUMP_SIZE	SZ_16K

static void core_dump(struct vgpu_sched *eng, struct vgpu_context *ctx)
{
	struct vgpu_gpu *gpu = &eng->pd->gpu;
	struct vgpu_vdev *vd = ctx->vd;
	char *buf;
	int len;

	buf = vmalloc(DUMP_SIZE);
	if (!buf)
		return;
	len = scnprintf(buf, DUMP_SIZE,
			"tessera: engine %u (%s) of %s is stuck\nowner: vGPU %u, %s, type %s, partition %#llx+%#llx\n",
			eng->engine.id, eng->engine.desc->name,
			dev_name(gpu->desc.dev), vd->inst.id,
			dev_name(vd->vdev.dev), vd->inst.type->name,
			vd->inst.vram_offset, vd->inst.vram_size);
	if (ctx->q.ops->describe)
		len += ctx->q.ops->describe(&ctx->q, buf + len,
					    DUMP_SIZE - len);
	if (eng->engine.desc->ops->dump)
		len += eng->engine.desc->ops->dump(&eng->engine, buf + len,
						   DUMP_SIZE - len);
	/* Takes the buffer; user space has five minutes to read it. */
	dev_coredumpv(gpu->desc.dev, buf, len, GFP_KERNEL);
}

/* Those that concern no other engine, the narrowest first. */
static int reset_engine(struct vgpu_sched *eng)
{
	const struct vgpu_engine_ops *ops = eng->engine.desc->ops;

	/* A failure for tests: the engine is not even asked. */
	if (vgpu_inject_reset(eng))
		return -EIO;
	if (!ops->reset(&eng->engine, VGPU_RESET_CONTEXT))
		return 0;
	return ops->reset(&eng->engine, VGPU_RESET_ENGINE);
}

/* All of the device, for the sake of an engine. */
static void try_device(struct vgpu_pdev *pd, struct vgpu_sched *broken)
{
	int ret;

	ret = vgpu_inject_reset(broken) ? -EIO :
	      broken->engine.desc->ops->reset(&broken->engine,
					      VGPU_RESET_DEVICE);
	trace_vgpu_reset(broken->engine.id, ret);
	if (ret) {
		dev_err(pd->gpu.desc.dev, "engine %u is lost\n",
			broken->engine.id);
		pd->lose(pd);
	}
}

/*
 * With every engine's lock held, and nobody's context on any of them. Once the GPU
 * is lost there is nothing to be tried, nor to be waited for.
 */
static void reset_device(struct vgpu_pdev *pd)
{
	struct vgpu_sched *eng, *broken = NULL;

	for (eng = pd->engines; eng < vgpu_engines_end(pd); eng++) {
		lockdep_assert_held(&eng->hw_lock);
		if (eng->broken)
			broken = eng;
	}
	if (broken && !READ_ONCE(pd->lost))
		try_device(pd, broken);
	for (eng = pd->engines; eng < vgpu_engines_end(pd); eng++)
		eng->broken = false;
}

/**
 * vgpu_hang_recover() - an engine is broken: reset all of the device
 * @pd: the GPU
 *
 * Others are taken off their engines between two slices, and go on afterwards.
 * Process context, no lock held.
 */
void vgpu_hang_recover(struct vgpu_pdev *pd)
{
	struct vgpu_sched *eng;

	might_sleep();
	down_write(&pd->reset_lock);
	if (pd->asleep)
		goto out;	/* the engine's thread will come again */
	for (eng = pd->engines; eng < vgpu_engines_end(pd); eng++) {
		mutex_lock_nest_lock(&eng->hw_lock, &pd->reset_lock);
		if (!eng->broken)
			vgpu_sched_unload(eng);
	}
	reset_device(pd);
	for (eng = pd->engines; eng < vgpu_engines_end(pd); eng++)
		mutex_unlock(&eng->hw_lock);
out:
	up_write(&pd->reset_lock);
}

/**
 * vgpu_hang_reset() - reset an engine that does not come idle
 * @eng: the engine; engine context
 */
void vgpu_hang_reset(struct vgpu_sched *eng)
{
	struct vgpu_pdev *pd = eng->pd;
	int ret;

	lockdep_assert_held(&eng->hw_lock);
	eng->current_ctx = NULL;
	eng->hung = false;
	atomic64_inc(&eng->resets);
	ret = reset_engine(eng);
	trace_vgpu_reset(eng->engine.id, ret);
	if (!ret)
		return;
	eng->broken = true;
	if (pd->gpu.desc.nr_engines == 1)
		reset_device(pd);
	else
		wake_up(&eng->wq);
}

/**
 * vgpu_hang_fault() - an engine did not come idle under an instance, or did not
 *	take it
 * @eng: the engine; engine context
 * @ctx: whose work it was
 * @err: -ETIMEDOUT, or what the backend said
 *
 * Of a GPU that is lost nothing else is to be expected: its work is forgotten.
 */
void vgpu_hang_fault(struct vgpu_sched *eng, struct vgpu_context *ctx, int err)
{
	struct vgpu_vdev *vd = ctx->vd;

	lockdep_assert_held(&eng->hw_lock);
	if (READ_ONCE(eng->pd->lost)) {
		eng->current_ctx = NULL;
		eng->hung = false;
		ctx->q.ops->forget(&ctx->q);
		return;
	}
	if (err == -ETIMEDOUT)
		dev_err(eng->pd->gpu.desc.dev,
			"engine %u did not come idle under vGPU %s: reset\n",
			eng->engine.id, dev_name(vd->vdev.dev));
	else
		dev_err(eng->pd->gpu.desc.dev,
			"engine %u failed under vGPU %s, error %d: reset\n",
			eng->engine.id, dev_name(vd->vdev.dev), err);
	trace_vgpu_fault(eng->engine.id, vd->inst.id);
	core_dump(eng, ctx);

	WRITE_ONCE(vd->faulted, true);
	vgpu_count(&vd->inst, VGPU_CNT_FAULTS, 1);
	vgpu_hang_reset(eng);
	ctx->q.ops->forget(&ctx->q);
	eng->pd->faulted(vd);
}
