// SPDX-License-Identifier: GPL-2.0
/*
 * What happens when an engine does not come idle.
 *
 * The backend notices it: it waits no longer than the watchdog allows. Then,
 * in engine context:
 *
 * 1. what a developer needs is kept as a device core dump: the engine's
 *    registers, whose work it was, and the last register writes of that;
 * 2. the owner is *faulted*: its queue is emptied, and what it writes to the
 *    engine is dropped until its function is reset. Registers, memory and
 *    display stay. User space gets VFIO's error event;
 * 3. the engine is reset. The contexts of the others are in memory: they go on
 *    as if nothing had happened. If the reset fails, the GPU is *lost*.
 */
#include <linux/debugfs.h>
#include <linux/devcoredump.h>
#include <linux/vmalloc.h>

#include "core.h"
#include "trace.h"

#define DUMP_SIZE	SZ_16K

/* The last writes are still in the ring, before its head. */
static int dump_fifo(const struct vgpu_fifo *f, char *buf, size_t size)
{
	u32 head = READ_ONCE(f->head);
	u32 n = min(head, f->depth);
	u32 waiting = vgpu_fifo_level(f);
	const struct vgpu_fifo_entry *e;
	int len;

	/* Of a full ring, some of it is new already. */
	n = min(n, f->depth - waiting);
	len = scnprintf(buf, size, "last %u writes, oldest first; %u waiting\n",
			n, waiting);
	for (; n; n--) {
		e = &f->ring[(head - n) & (f->depth - 1)];
		len += scnprintf(buf + len, size - len, "  %#06x %#010x\n",
				 e->offset, e->val);
	}
	return len;
}

static void core_dump(struct vgpu_engine *eng, struct vgpu_vdev *vd)
{
	struct vgpu_gpu *gpu = &eng->core->gpu;
	char *buf;
	int len;

	buf = vmalloc(DUMP_SIZE);
	if (!buf)
		return;
	len = scnprintf(buf, DUMP_SIZE,
			"tessera: engine %u of %s is stuck\nowner: vGPU %u, %s, type %s, partition %#llx+%#llx\n",
			eng->id, dev_name(gpu->desc.dev), vd->inst.id,
			dev_name(vd->vdev.dev), vd->inst.type->name,
			vd->inst.vram_offset, vd->inst.vram_size);
	len += dump_fifo(&vd->inst.fifo[eng->id], buf + len, DUMP_SIZE - len);
	if (gpu->desc.ops->dump)
		len += gpu->desc.ops->dump(gpu, eng->id, buf + len,
					   DUMP_SIZE - len);
	/* Takes the buffer; user space has five minutes to read it. */
	dev_coredumpv(gpu->desc.dev, buf, len, GFP_KERNEL);
}

#ifdef CONFIG_FAULT_INJECTION_DEBUG_FS
static bool inject_lost(struct vgpu_core *core)
{
	return should_fail(&core->inject.reset, 1);
}
#else
static bool inject_lost(struct vgpu_core *core)
{
	return false;
}
#endif

static int reset_engine(struct vgpu_engine *eng)
{
	struct vgpu_core *core = eng->core;

	/* The card is left as it is: stuck, for all that it knows. */
	if (inject_lost(core))
		return -EIO;
	return core->gpu.desc.ops->reset(&core->gpu, eng->id);
}

/**
 * vgpu_hang_reset() - reset an engine that does not come idle
 * @eng: the engine; engine context
 */
void vgpu_hang_reset(struct vgpu_engine *eng)
{
	struct vgpu_core *core = eng->core;
	int ret;

	eng->current_vd = NULL;
	atomic64_inc(&core->resets);
	ret = reset_engine(eng);
	trace_vgpu_reset(eng->id, ret);
	if (ret) {
		dev_err(core->gpu.desc.dev, "engine %u is lost\n", eng->id);
		WRITE_ONCE(core->lost, true);
	}
}

/**
 * vgpu_hang_fault() - an engine did not come idle under an instance
 * @eng: the engine; engine context
 * @vd: whose work it was
 */
void vgpu_hang_fault(struct vgpu_engine *eng, struct vgpu_vdev *vd)
{
	dev_err(eng->core->gpu.desc.dev,
		"engine %u did not come idle under vGPU %s: reset\n",
		eng->id, dev_name(vd->vdev.dev));
	trace_vgpu_fault(eng->id, vd->inst.id);
	core_dump(eng, vd);

	WRITE_ONCE(vd->faulted, true);
	vgpu_fifo_clear(&vd->inst.fifo[eng->id]);
	vgpu_count(&vd->inst, VGPU_CNT_FAULTS, 1);
	vgpu_protect_event(vd, VGPU_GUARD_FAULTS);

	vgpu_hang_reset(eng);
	vgpu_irq_notify(vd, VFIO_PCI_ERR_IRQ_INDEX);
}

#ifdef CONFIG_FAULT_INJECTION_DEBUG_FS
/**
 * vgpu_inject_hang() - is this engine to look stuck now
 * @gpu: the GPU
 * @engine: the engine
 *
 * For the backend's wait for idle; see debugfs, fail_idle. Engine context.
 *
 * Return: true when a fault is injected.
 */
bool vgpu_inject_hang(struct vgpu_gpu *gpu, unsigned int engine)
{
	struct vgpu_core *core = gpu->core;
	struct vgpu_vdev *vd;

	/* The card is brought up before it is registered. */
	if (!core)
		return false;
	vd = core->engines[engine].current_vd;
	if (!vd || (core->inject.instance != U32_MAX &&
		    core->inject.instance != vd->inst.id))
		return false;
	return should_fail(&core->inject.hang, 1);
}

/**
 * vgpu_hang_inject_init() - the knobs that inject faults, all off
 * @core: the GPU; its debugfs directory exists
 */
void vgpu_hang_inject_init(struct vgpu_core *core)
{
	const struct fault_attr off = FAULT_ATTR_INITIALIZER;

	core->inject.hang = off;
	core->inject.reset = off;
	core->inject.instance = U32_MAX;
	debugfs_create_u32("fail_idle_instance", 0600, core->debugfs,
			   &core->inject.instance);
	fault_create_debugfs_attr("fail_idle", core->debugfs,
				  &core->inject.hang);
	fault_create_debugfs_attr("fail_reset", core->debugfs,
				  &core->inject.reset);
}
#else
bool vgpu_inject_hang(struct vgpu_gpu *gpu, unsigned int engine)
{
	return false;
}

void vgpu_hang_inject_init(struct vgpu_core *core)
{
}
#endif
EXPORT_SYMBOL_GPL(vgpu_inject_hang);
