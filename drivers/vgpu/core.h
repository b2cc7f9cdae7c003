/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the core share.
 *
 * Locks, outermost first:
 *
 * - &vgpu_core.lock: partitions, ids, the last refusal and the promises of a
 *   GPU. Only the run lists' spinlocks are taken inside it.
 * - &vgpu_vdev.trap_lock: an instance's registers, configuration space,
 *   interrupts' set-up, monitor and display. Held for one trapped access, one
 *   ioctl. User memory is never touched under it: user memory may be our own
 *   aperture.
 * - &vgpu_map.sem: whether BARs may be touched. Written under trap_lock, or by
 *   vgpu_doorbell_arm() under mmap_lock, in engine context too: nothing of the
 *   engine is taken inside it. Read by the fault handler, which comes from
 *   mmap_lock.
 * - &vgpu_core.reset_lock: whoever holds it may take the hw_locks of several
 *   engines. Taken with no other lock held.
 * - &vgpu_sched.hw_lock: the engine. Whoever holds it is in engine context.
 *   Taken under trap_lock by a reset; never the other way round.
 * - &vgpu_sched.rl_lock, &vgpu_irqs.lock: spinlocks.
 * - &vgpu_vdev.guard_lock: spinlock, innermost.
 */
#ifndef _VGPU_CORE_H
#define _VGPU_CORE_H

#include <linux/hrtimer.h>
#include <linux/idr.h>
#include <linux/mdev.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/vfio.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <vgpu/compat.h>
#include <vgpu/vgpu.h>

#include "area.h"
#include "bell.h"
#include "config.h"
#include "guard.h"
#include "msix.h"
#include "partition.h"
#include "place.h"
#include "runlist.h"

struct virqfd;
struct vgpu_vdev;

/** Displays that an instance may have: VFIO shows one of a device. */
#define VGPU_MAX_HEADS	1

/* Regions beyond those of every PCI function. */
enum {
	VGPU_REGION_EDID = VFIO_PCI_NUM_REGIONS,
	VGPU_REGION_DISPLAY,
	VGPU_NR_REGIONS,
};

#define VGPU_REGION_OFFSET(i)	((u64)(i) << VGPU_REGION_SHIFT)
#define VGPU_REGION_INDEX(pos)	((u64)(pos) >> VGPU_REGION_SHIFT)
#define VGPU_REGION_MASK	(BIT_ULL(VGPU_REGION_SHIFT) - 1)

/**
 * struct vgpu_type - a type of one GPU
 * @mtype: its mdev side
 * @core: the GPU
 * @desc: what the backend says
 * @bars: those of its instances
 */
struct vgpu_type {
	struct mdev_type mtype;
	struct vgpu_core *core;
	const struct vgpu_type_desc *desc;
	struct vgpu_bars bars;
};

struct vgpu_context;

/**
 * struct vgpu_sched - one engine and its scheduler
 * @engine: the backend's part
 * @core: the GPU
 * @thread: carries out slices
 * @wq: where @thread waits for work, and whoever has the engine for it to come
 *	idle
 * @done: the backend has called vgpu_engine_done()
 * @placed: instances that have a queue here; under &vgpu_core.lock
 * @promised: sum of their minima, of VGPU_ALL; under &vgpu_core.lock
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
	struct vgpu_core *core;
	struct task_struct *thread;
	wait_queue_head_t wq;
	bool done;
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

/** How long an engine may take to come idle, microseconds: at first, limits. */
#define VGPU_WATCHDOG_US	1000000U
#define VGPU_WATCHDOG_MIN_US	10000U
#define VGPU_WATCHDOG_MAX_US	30000000U

/** Bytes of the message about the last create that did not fit. */
#define VGPU_REFUSAL_MAX	192

/**
 * struct vgpu_core - a GPU, as the core sees it
 * @gpu: the backend's part
 * @parent: its mdev side
 * @types: one for each type of the backend
 * @mtypes: the same, as mdev wants them
 * @regmap: the register table
 * @engines: desc.nr_engines of them
 * @reset_lock: a reset of all of the device is under way
 * @watchdog_us: how long an engine may take to come idle; may change at any time
 * @faulted: told of an instance whose work has got an engine stuck; engine
 *	context
 * @sharing: holds the settings that are the same for all engines; nobody is in
 *	this run list
 * @lost: the hardware does not answer any more; only ever set
 * @asleep: the machine sleeps, and no engine is to be touched; changed with
 *	@reset_lock and all hw_locks held, so that any of these protects it
 * @resets: how often an engine was reset
 * @guard_limits: what an instance may cause, see enum vgpu_guard_kind; 0 for
 *	no limit
 * @debugfs: the GPU's directory
 * @inject: faults to be injected
 * @power_nb: hears that the machine is about to sleep
 * @lock: protects what follows, the entitlements of all instances, and where
 *	they are placed
 * @parts: the VRAM partitions
 * @ids: numbers of instances
 * @refusal: why the last create did not fit
 * @kept: what VRAM held before the machine slept, one for each unit of @parts
 *	that is taken; NULL but around a sleep. While devices sleep nobody changes
 *	it, so that it is read without the lock then
 */
struct vgpu_core {
	struct vgpu_gpu gpu;
	struct mdev_parent parent;
	struct vgpu_type *types;
	struct mdev_type **mtypes;
	struct vgpu_regmap regmap;
	struct vgpu_sched engines[VGPU_MAX_ENGINES];
	struct mutex reset_lock;	/* before several hw_locks */
	struct vgpu_runlist sharing;
	u32 watchdog_us;
	void (*faulted)(struct vgpu_vdev *vd);
	bool lost;
	bool asleep;
	atomic64_t resets;
	u32 guard_limits[VGPU_NR_GUARDS];
	struct dentry *debugfs;
	struct vgpu_inject inject;
	struct notifier_block power_nb;
	struct mutex lock;		/* parts, ids, refusal, entitlements, kept */
	struct vgpu_partitions parts;
	struct ida ids;
	char refusal[VGPU_REFUSAL_MAX];
	void **kept;
};

/**
 * enum vgpu_entitlement - what an operator may set for an instance
 * @VGPU_WEIGHT: VGPU_WEIGHT_MIN to VGPU_WEIGHT_MAX
 * @VGPU_CAP: percent, 1 to 100
 * @VGPU_MIN: percent, 0 to the cap
 */
enum vgpu_entitlement {
	VGPU_WEIGHT,
	VGPU_CAP,
	VGPU_MIN,
};

/** One percent of an engine. */
#define VGPU_PERCENT	(VGPU_ALL / 100)

/**
 * struct vgpu_entitled - what an instance is entitled to, on each of its engines
 * @weight: share relative to the others', VGPU_WEIGHT_MIN to VGPU_WEIGHT_MAX
 * @cap: fraction of an engine that it may use at most
 * @min: fraction of an engine that is kept for it; not above @cap
 *
 * Changed under &vgpu_core.lock, read without it.
 */
struct vgpu_entitled {
	u32 weight;
	u32 cap;
	u32 min;
};

/**
 * struct vgpu_context - an instance on one engine
 * @q: its work, the backend's part
 * @se: its place in the run list
 * @vd: the instance
 * @queued: it is in the run list, or has the engine, and will look into its
 *	queue once more; set by who makes it so
 */
struct vgpu_context {
	struct vgpu_queue q;
	struct vgpu_sched_entity se;
	struct vgpu_vdev *vd;
	atomic_t queued;
};

/**
 * struct vgpu_vector - one MSI-X vector; its mask and pending bit are in the table
 * @trigger: where it goes, or NULL
 * @guard: how often it did so; protected by the guard lock
 */
struct vgpu_vector {
	struct eventfd_ctx *trigger;
	struct vgpu_guard guard;
};

/**
 * struct vgpu_irqs - an instance's interrupts
 * @lock: protects all of it but @unmask and @retry; taken in interrupts, too
 * @trigger: where each VFIO interrupt index goes, or NULL; MSI-X has @vectors
 * @unmask: eventfd that unmasks INTx, or NULL; under trap_lock
 * @level: the function wants attention
 * @masked: INTx was delivered, or masked by user space
 * @intx_off: the guest disabled the pin in its command register
 * @master: messages may leave the function, by its command register
 * @msi_pending: an MSI was held back
 * @msix_on: the guest enabled MSI-X
 * @msix_held: the guest masked all of its vectors at once
 * @msix: its table
 * @vectors: one for each row of the table
 * @retry: delivers what was held back; owns no reference, cancelled on close
 */
struct vgpu_irqs {
	spinlock_t lock;		/* all but unmask */
	struct eventfd_ctx *trigger[VFIO_PCI_NUM_IRQS];
	struct virqfd *unmask;
	bool level;
	bool masked;
	bool intx_off;
	bool master;
	bool msi_pending;
	bool msix_on;
	bool msix_held;
	struct vgpu_msix msix;
	struct vgpu_vector *vectors;
	struct delayed_work retry;
};

/**
 * struct vgpu_view - what the display region shows
 * @direct: the partition itself, from @offset for @size bytes; otherwise, and
 *	beyond that, the converted picture
 * @offset: bytes, page aligned
 * @size: bytes, all of them within the partition
 */
struct vgpu_view {
	bool direct;
	u64 offset;
	u64 size;
};

/**
 * struct vgpu_map - what user space has mapped
 * @sem: protects all of it
 * @file: stands behind the mappings of this opening of the device, or NULL
 * @mm: who maps doorbells, or NULL; only the structure is kept
 * @memory_on: what BARs map may be touched
 * @view: what of the display is mapped
 */
struct vgpu_map {
	struct rw_semaphore sem;
	struct file *file;
	struct mm_struct *mm;
	bool memory_on;
	struct vgpu_view view;
};

/**
 * struct vgpu_doorbell - pages by which a guest says that there is work
 * @area: where they are in @bar; NULL when there is no such doorbell
 * @bar: number of the BAR
 * @pages: the pages, vmalloc'ed
 * @bell: whether they are mapped
 */
struct vgpu_doorbell {
	const struct vgpu_area *area;
	unsigned int bar;
	void *pages;
	struct vgpu_bell bell;
};

/**
 * struct vgpu_display - what the host shows of an instance
 * @picture: converted picture, XRGB8888; vmalloc'ed
 * @size: bytes in @picture and in the display region
 * @line: room for a line of the guest's memory
 * @dark: all of @picture is black
 * @view: what the region is to show; vgpu_map_display() has it mapped
 * @width: pixels of the picture that was shown last, 0 when user space has been
 *	told of none
 * @height: its lines
 * @was_reset: no picture was shown since the function was reset
 * @edid: the VFIO EDID region's registers
 * @blob: the VFIO EDID region's data
 * @mode: what our own monitor prefers: pixels << 16 | lines; changed under the
 *	trap lock, read without it
 *
 * Protected by the trap lock where not said otherwise.
 */
struct vgpu_display {
	void *picture;
	size_t size;
	void *line;
	bool dark;
	struct vgpu_view view;
	u32 width;
	u32 height;
	bool was_reset;
	struct vfio_region_gfx_edid edid;
	u8 blob[VGPU_EDID_MAX];
	u32 mode;
};

/**
 * struct vgpu_head - the vertical blanks of one display
 * @vd: the instance
 * @timer: when the next one begins
 * @work: tells the backend; owns no reference, cancelled on close
 * @period: ns between two, 0 when nobody wants them; under trap_lock
 */
struct vgpu_head {
	struct vgpu_vdev *vd;
	struct hrtimer timer;
	struct work_struct work;
	u32 period;
};

/**
 * struct vgpu_vdev - a vGPU
 * @vdev: its VFIO side, which counts references to all of this
 * @inst: the backend's part
 * @core: the GPU
 * @trap_lock: see the top of this file
 * @cfg: configuration space
 * @irqs: interrupts
 * @ctx: itself on each of its engines
 * @nr_ctx: how many these are
 * @entitled: what it may have of them
 * @trap_debt: time of its traps that no engine has charged to it yet, ns
 * @faulted: the engine had to be reset under it: engine writes are dropped
 *	until it is reset
 * @guard_lock: protects @guards; innermost
 * @guards: how often it did what it should not do often
 * @fifo_wait: ns that its traps have waited for room in a FIFO; trap context
 * @map: what is mapped
 * @doorbells: by number
 * @display: what is shown
 * @heads: vertical blanks
 */
struct vgpu_vdev {
	struct vfio_device vdev;
	struct vgpu_instance inst;
	struct vgpu_core *core;
	struct mutex trap_lock;		/* see the top */
	struct vgpu_config cfg;
	struct vgpu_irqs irqs;
	struct vgpu_context ctx[VGPU_NR_CLASSES];
	unsigned int nr_ctx;
	struct vgpu_entitled entitled;
	atomic64_t trap_debt;
	bool faulted;
	spinlock_t guard_lock;		/* guards */
	struct vgpu_guard guards[VGPU_NR_GUARDS];
	u64 fifo_wait;
	struct vgpu_map map;
	struct vgpu_doorbell doorbells[VGPU_MAX_DOORBELLS];
	struct vgpu_display display;
	struct vgpu_head heads[VGPU_MAX_HEADS];
};

static inline struct vgpu_vdev *inst_to_vd(struct vgpu_instance *inst)
{
	return container_of(inst, struct vgpu_vdev, inst);
}

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

/** Behind the last of an instance's contexts, for loops over these. */
static inline const struct vgpu_context *vgpu_ctx_end(const struct vgpu_vdev *vd)
{
	return vd->ctx + vd->nr_ctx;
}

/** Behind the last engine of a GPU; but instances are not on all of them. */
static inline const struct vgpu_sched *
vgpu_engines_end(const struct vgpu_core *core)
{
	return core->engines + core->gpu.desc.nr_engines;
}

static inline const struct vgpu_gpu_ops *vd_ops(const struct vgpu_vdev *vd)
{
	return vd->core->gpu.desc.ops;
}

/* gpu.c */
extern struct mdev_driver vgpu_mdev_driver;
const char *vgpu_largest_type(const struct vgpu_core *core);

/* gpu_sysfs.c */
extern const struct attribute_group vgpu_gpu_group;
int vgpu_parse_u32(struct device *dev, const char *name, const char *buf,
		   u32 *val);

/* instance.c */
void vgpu_instance_faulted(struct vgpu_vdev *vd);

/* instance_sysfs.c */
extern const struct attribute_group *vgpu_instance_groups[];

/* sched.c */
void vgpu_sched_init(struct vgpu_core *core, u32 slice);
int vgpu_sched_start(struct vgpu_core *core);
void vgpu_sched_stop(struct vgpu_core *core);
void vgpu_sched_join(struct vgpu_vdev *vd);
void vgpu_sched_leave(struct vgpu_vdev *vd);
void vgpu_sched_detach(struct vgpu_vdev *vd);
void vgpu_sched_unload(struct vgpu_sched *eng);
u64 vgpu_sched_account(struct vgpu_sched *eng, enum vgpu_engine_state next);
void vgpu_engine_lock(struct vgpu_sched *eng);

/* queue.c */
int vgpu_queues_init(struct vgpu_vdev *vd);
void vgpu_queues_fini(struct vgpu_vdev *vd);

/* wait.c */
int vgpu_engine_wait(struct vgpu_sched *eng, struct vgpu_context *ctx, u64 end);

/* power.c */
int vgpu_power_init(struct vgpu_core *core);
void vgpu_power_fini(struct vgpu_core *core);

/* scrub.c */
int vgpu_scrub(struct vgpu_core *core, u64 offset, u64 size);

/* entitle.c */
int vgpu_entitle_place(struct vgpu_vdev *vd);
void vgpu_entitle_release(struct vgpu_vdev *vd);
int vgpu_entitle(struct vgpu_vdev *vd, enum vgpu_entitlement what, u32 val);

/* protect.c */
void vgpu_protect_init(struct vgpu_core *core);
bool vgpu_protect_event(struct vgpu_vdev *vd, enum vgpu_guard_kind kind);
bool vgpu_protect_event_of(struct vgpu_vdev *vd, enum vgpu_guard_kind kind,
			   struct vgpu_guard *g);
int vgpu_protect_wait(struct vgpu_vdev *vd, enum vgpu_guard_kind kind);
enum vgpu_guard_state vgpu_protect_state(struct vgpu_vdev *vd,
					 enum vgpu_guard_kind kind);
enum vgpu_guard_state vgpu_protect_state_of(struct vgpu_vdev *vd,
					    enum vgpu_guard_kind kind,
					    struct vgpu_guard *g);

/* hang.c */
void vgpu_hang_reset(struct vgpu_sched *eng);
void vgpu_hang_fault(struct vgpu_sched *eng, struct vgpu_context *ctx, int err);
void vgpu_hang_recover(struct vgpu_core *core);

/* inject.c */
bool vgpu_inject_hang(struct vgpu_sched *eng, struct vgpu_context *ctx);
bool vgpu_inject_reset(struct vgpu_core *core);
void vgpu_inject_init(struct vgpu_core *core);

/* debugfs.c */
void vgpu_debugfs_init(void);
void vgpu_debugfs_exit(void);
void vgpu_debugfs_add(struct vgpu_core *core);
void vgpu_debugfs_remove(struct vgpu_core *core);

/* function.c */
void vgpu_function_reset(struct vgpu_vdev *vd);

/* vfio.c */
extern const struct vfio_device_ops vgpu_vfio_ops;

/* region.c */
ssize_t vgpu_region_rw(struct vgpu_vdev *vd, char __user *buf, size_t count,
		       loff_t *ppos, bool write);
u64 vgpu_region_size(struct vgpu_vdev *vd, unsigned int index);

/* map.c */
int vgpu_map_open(struct vgpu_vdev *vd);
void vgpu_map_close(struct vgpu_vdev *vd);
int vgpu_map_mmap(struct vgpu_vdev *vd, struct vm_area_struct *vma);
void vgpu_map_decode(struct vgpu_vdev *vd);
void vgpu_map_zap(struct vgpu_vdev *vd, unsigned int index, u64 offset,
		  u64 size);
void vgpu_map_display(struct vgpu_vdev *vd);

/* doorbell.c */
int vgpu_doorbell_init(struct vgpu_vdev *vd);
void vgpu_doorbell_fini(struct vgpu_vdev *vd);
void vgpu_doorbell_close(struct vgpu_vdev *vd);
void vgpu_doorbell_unmapped(struct vgpu_vdev *vd);
vm_fault_t vgpu_doorbell_fault(struct vm_fault *vmf, struct vgpu_vdev *vd,
			       const struct vgpu_area *area, u64 offset);
int vgpu_doorbell_access(struct vgpu_vdev *vd, const struct vgpu_area *area,
			 u8 *buf, size_t n, u64 offset, bool write);

/* irq.c */
void vgpu_irq_init(struct vgpu_vdev *vd);
void vgpu_irq_close(struct vgpu_vdev *vd);
void vgpu_irq_retry(struct vgpu_vdev *vd);
void vgpu_irq_flush(struct vgpu_vdev *vd);
void vgpu_irq_command(struct vgpu_vdev *vd);
void vgpu_irq_reset(struct vgpu_vdev *vd);
bool vgpu_irq_notify(struct vgpu_vdev *vd, unsigned int index);
int vgpu_irq_info(struct vgpu_vdev *vd, struct vfio_irq_info *info);
int vgpu_irq_set_irqs(struct vgpu_vdev *vd, const struct vfio_irq_set *hdr,
		      void *data);

/* vectors.c */
int vgpu_vectors_init(struct vgpu_vdev *vd);
void vgpu_vectors_fini(struct vgpu_vdev *vd);
void vgpu_vectors_reset(struct vgpu_vdev *vd);
void vgpu_vectors_close(struct vgpu_vdev *vd);
void vgpu_vectors_command(struct vgpu_vdev *vd);
void vgpu_vectors_deliver(struct vgpu_vdev *vd);
enum vgpu_guard_state vgpu_vectors_guard(struct vgpu_vdev *vd);
void vgpu_vectors_raise(struct vgpu_vdev *vd, unsigned int v);
void vgpu_vectors_access(struct vgpu_vdev *vd, u64 pos, u8 *buf, size_t n,
			 bool write);
int vgpu_vectors_set(struct vgpu_vdev *vd, const struct vfio_irq_set *hdr,
		     const void *data);

/* vblank.c */
void vgpu_vblank_init(struct vgpu_vdev *vd);
void vgpu_vblank_stop(struct vgpu_vdev *vd);
void vgpu_vblank_flush(struct vgpu_vdev *vd);

/* display.c */
int vgpu_display_init(struct vgpu_vdev *vd);
void vgpu_display_fini(struct vgpu_vdev *vd);
void vgpu_display_close(struct vgpu_vdev *vd);
void vgpu_display_reset(struct vgpu_vdev *vd);
void vgpu_display_dark(struct vgpu_vdev *vd);
int vgpu_display_query(struct vgpu_vdev *vd, bool powered,
		       struct vfio_device_gfx_plane_info *plane);
void vgpu_display_read(struct vgpu_vdev *vd, u8 *buf, size_t count, u64 pos);

/* edid_region.c */
void vgpu_edid_region_reset(struct vgpu_vdev *vd);
void vgpu_edid_region_init(struct vgpu_vdev *vd);
int vgpu_edid_region_prefer(struct vgpu_vdev *vd, u32 xres, u32 yres);
ssize_t vgpu_edid_region_rw(struct vgpu_vdev *vd, u8 *buf, size_t count,
			    u64 pos, bool write);

#endif /* _VGPU_CORE_H */
