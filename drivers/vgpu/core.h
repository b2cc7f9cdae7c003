/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A GPU and an instance, as the core sees them: each a sum of what its rooms keep
 * (*_types.h). What rooms do for each other is in their own headers.
 *
 * Locks, outermost first:
 *
 * - &vgpu_compact.lock: somebody moves instances of a GPU to other places in its VRAM.
 *   Held as long as that takes; whoever removes an instance waits for it.
 * - &vgpu_pdev.lock: partitions, ids, the last refusal, the promises and the list of
 *   instances of a GPU. Only the run lists' spinlocks are taken inside it.
 * - &vgpu_migration.lock: how far an instance is on its way elsewhere. Held for a
 *   change of that, by a reset and a close, and while it moves to another place of its
 *   VRAM, for which the mmap_lock of its user is taken inside it; never the other way
 *   round. Not together with &vgpu_pdev.lock.
 * - &vgpu_transfer.lock: a stream by which an instance leaves or arrives, and what
 *   that reads or writes of it. Held while user space reads or writes a piece of it,
 *   but not while user memory is fetched for that.
 * - &vgpu_vdev.trap_lock: an instance's registers, configuration space,
 *   interrupts' set-up, monitor and display. Held for one trapped access, one
 *   ioctl. User memory is never touched under it: user memory may be our own
 *   aperture.
 * - &vgpu_map.sem: whether BARs may be touched, and who has mapped them. Written under
 *   trap_lock, or under mmap_lock by vgpu_doorbell_arm(), by mmap(), and by whoever
 *   copies and takes pages away; by vgpu_track_move() with trap_lock and mmap_lock, which
 *   tries for reset_lock inside it; by an opening, a close, and a backend's files that
 *   come and go. Read by fault handlers, which come from mmap_lock, and by those of a
 *   backend's files. Threads of the instance's user hold it for as long as they have no
 *   CPU: who only looks goes without, and so does engine context.
 * - &vgpu_pdev.reset_lock: whoever holds it for writing may take the hw_locks of
 *   several engines. Held for reading it keeps memory within reach for who clears or
 *   copies that by CPU (vgpu_reach_lock()): tenants, too, who do not wait for each other
 *   so. Taken with no other lock held but &vgpu_compact.lock, &vgpu_migration.lock and
 *   &vgpu_transfer.lock, and by vgpu_track_move().
 * - &vgpu_sched.hw_lock: the engine. Whoever holds it is in engine context. Only
 *   threads of the kernel's take it that do not wait for a CPU: the engine's own, and
 *   for users of an instance that of vgpu_engine_call(), which they wait for with
 *   trap_lock held, too; never the other way round. And whoever may stop a GPU as a
 *   whole: a reset of all of it, sleep, the operator who looks into debugfs.
 * - &vgpu_pdev.instances_lock: spinlock; who is told when the GPU is lost.
 * - &vgpu_sched.rl_lock, &vgpu_irqs.lock: spinlocks.
 * - &vgpu_vdev.guard_lock: spinlock, innermost.
 *
 * Where an instance's partition is (&vgpu_instance.vram_offset) changes while it is off
 * all engines, and with trap_lock, &vgpu_map.sem and &vgpu_migration.lock held: whoever
 * works for it on an engine, or holds one of these, has it where it is. So has
 * &vgpu_compact.lock's holder, who alone has it moved.
 */
#ifndef _VGPU_CORE_H
#define _VGPU_CORE_H

#include <linux/idr.h>
#include <linux/list.h>
#include <linux/mdev.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/vfio.h>
#include <linux/wait.h>
#include <vgpu/vgpu.h>

#include "bus/bus_types.h"
#include "bus/config.h"
#include "display/display_types.h"
#include "guard/guard_types.h"
#include "guard/window.h"
#include "host/compact.h"
#include "host/parts.h"
#include "migrate/migrate_types.h"
#include "work/runlist.h"
#include "work/sched_types.h"

struct dentry;
struct vgpu_type;

/** Bytes of the message about the last create that did not fit. */
#define VGPU_REFUSAL_MAX	192

/**
 * struct vgpu_pdev - a GPU, as the core sees it: what &vgpu_vdev is to an
 *	instance
 * @gpu: the backend's part
 * @parent: its mdev side
 * @types: one for each type of the backend
 * @mtypes: the same, as mdev wants them
 * @regmap: the register table
 * @sections: what an instance consists of; ends with NULL
 * @engines: desc.nr_engines of them
 * @reset_lock: a reset of all of the device is under way, or, held for reading, must not
 *	be
 * @watchdog_us: how long an engine may take to come idle; may change at any time
 * @faulted: told of an instance whose work has got an engine stuck; with that
 *	engine's lock held
 * @lose: told that the hardware does not answer any more, which makes it @lost and
 *	is known to all afterwards; any context. Return: false when it was known
 * @sharing: holds the settings that are the same for all engines; nobody is in
 *	this run list
 * @moving: what an instance's VFIO device asks of migration
 * @lost: the hardware does not answer any more; only ever set, with @instances_lock
 *	held
 * @asleep: the machine sleeps, and no engine is to be touched; changed with
 *	@reset_lock (for writing) and all hw_locks held, so that any of these protects it
 * @going: the GPU is being removed; only ever set
 * @awake: who wants an engine or the memory waits here for @asleep to end
 * @guard_limits: what an instance may cause, see enum vgpu_guard_kind; 0 for
 *	no limit
 * @sysfs: the GPU's directories
 * @debugfs: the GPU's directory in debugfs
 * @inject: faults to be injected
 * @power_nb: hears that the machine is about to sleep
 * @instances_lock: protects @instances
 * @instances: those whose users hear of it when the GPU is lost, by
 *	&vgpu_vdev.sibling
 * @lock: protects what follows, the entitlements of all instances, and where
 *	they are placed
 * @parts: the VRAM partitions, whole or by slices
 * @compact: what moves them together
 * @ids: numbers of instances
 * @refusal: why the last create did not fit
 * @kept: what VRAM held before the machine slept, one for each unit of @parts
 *	that is taken; NULL but around a sleep. While devices sleep nobody changes
 *	it, so that it is read without the lock then
 */
struct vgpu_pdev {
	struct vgpu_gpu gpu;
	struct mdev_parent parent;
	struct vgpu_type *types;
	struct mdev_type **mtypes;
	struct vgpu_regmap regmap;
	const struct vgpu_section **sections;
	struct vgpu_sched engines[VGPU_MAX_ENGINES];
	struct rw_semaphore reset_lock;	/* before several hw_locks */
	struct vgpu_runlist sharing;
	u32 watchdog_us;
	void (*faulted)(struct vgpu_vdev *vd);
	bool (*lose)(struct vgpu_pdev *pd);
	const struct vgpu_moving *moving;
	bool lost;
	bool asleep;
	bool going;
	wait_queue_head_t awake;
	u32 guard_limits[VGPU_NR_GUARDS];
	struct list_head sysfs;
	struct dentry *debugfs;
	struct vgpu_inject inject;
	struct notifier_block power_nb;
	spinlock_t instances_lock;	/* instances, lost */
	struct list_head instances;
	struct mutex lock;		/* parts, ids, refusal, entitlements, kept */
	struct vgpu_parts parts;
	struct vgpu_compact compact;
	struct ida ids;
	char refusal[VGPU_REFUSAL_MAX];
	void **kept;
};

/**
 * struct vgpu_entitled - what an instance is entitled to, on each of its engines
 * @weight: share relative to the others', VGPU_WEIGHT_MIN to VGPU_WEIGHT_MAX
 * @cap: fraction of an engine that it may use at most
 * @min: fraction of an engine that is kept for it; not above @cap
 *
 * Changed under &vgpu_pdev.lock, read without it.
 */
struct vgpu_entitled {
	u32 weight;
	u32 cap;
	u32 min;
};

/**
 * struct vgpu_vdev - a vGPU
 * @vdev: its VFIO side, which counts references to all of this
 * @inst: the backend's part
 * @pd: the GPU
 * @sibling: in the list of the GPU's instances
 * @sysfs: its directories
 * @trap_lock: see the top of this file
 * @cfg: configuration space
 * @irqs: interrupts
 * @ctx: itself on each of its engines
 * @nr_ctx: how many these are
 * @entitled: what it may have of them
 * @trap_debt: time of its traps that no engine has charged to it yet, ns
 * @faulted: the engine had to be reset under it: engine writes are dropped
 *	until it is reset
 * @halted: it stands still, see vgpu_function_halt(); under @trap_lock
 * @guard_lock: protects @guards; innermost
 * @guards: how often it did what it should not do often
 * @fifo_wait: ns that its traps have waited for room in a FIFO, and for a move to
 *	another place; trap context
 * @frozen_at: jiffies when the first of its traps that wait for room found that the
 *	machine is about to sleep, 0 for none; under @trap_lock
 * @map: what is mapped
 * @doorbells: by number
 * @display: what is shown
 * @heads: vertical blanks
 * @migration: how far it is on its way elsewhere
 * @movable: for who moves it to another place in VRAM
 */
struct vgpu_vdev {
	struct vfio_device vdev;
	struct vgpu_instance inst;
	struct vgpu_pdev *pd;
	struct list_head sibling;
	struct list_head sysfs;
	struct mutex trap_lock;		/* see the top */
	struct vgpu_config cfg;
	struct vgpu_irqs irqs;
	struct vgpu_context ctx[VGPU_NR_CLASSES];
	unsigned int nr_ctx;
	struct vgpu_entitled entitled;
	atomic64_t trap_debt;
	bool faulted;
	bool halted;
	spinlock_t guard_lock;		/* guards */
	struct vgpu_window guards[VGPU_NR_GUARDS];
	u64 fifo_wait;
	unsigned long frozen_at;
	struct vgpu_map map;
	struct vgpu_doorbell doorbells[VGPU_MAX_DOORBELLS];
	struct vgpu_display display;
	struct vgpu_head heads[VGPU_MAX_HEADS];
	struct vgpu_migration migration;
	struct vgpu_movable movable;
};

static inline struct vgpu_vdev *inst_to_vd(struct vgpu_instance *inst)
{
	return container_of(inst, struct vgpu_vdev, inst);
}

/** Behind the last of an instance's contexts, for loops over these. */
static inline const struct vgpu_context *vgpu_ctx_end(const struct vgpu_vdev *vd)
{
	return vd->ctx + vd->nr_ctx;
}

/** Behind the last engine of a GPU; but instances are not on all of them. */
static inline const struct vgpu_sched *
vgpu_engines_end(const struct vgpu_pdev *pd)
{
	return pd->engines + pd->gpu.desc.nr_engines;
}

static inline const struct vgpu_gpu_ops *vd_ops(const struct vgpu_vdev *vd)
{
	return vd->pd->gpu.desc.ops;
}

#endif /* _VGPU_CORE_H */
