/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The soft GPU: a GPU without a card. Its memory is the host's, its engines are
 * threads of the kernel, its PCI function is made by the module.
 */
#ifndef _SOFT_H
#define _SOFT_H

#include <linux/hrtimer.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <vgpu/ring.h>
#include <vgpu/vgpu.h>

#include "soft_almaif.h"
#include "soft_config.h"
#include "soft_executor.h"
#include "soft_packet.h"
#include "soft_stay.h"

/*
 * The PCI ids; docs/hardware-soft.md says why these. First of the function that
 * the host sees, and of those of guests that have no display; then of those that
 * have one, by which drivers know the Bochs display.
 */
#define SOFT_VENDOR_ID		0x1234
#define SOFT_DEVICE_ID		0x7e55
#define SOFT_DISPLAY_VENDOR_ID	0x1234
#define SOFT_DISPLAY_DEVICE_ID	0x1111
#define SOFT_DISPLAY_REVISION	2	/* there are registers at SOFT_QEXT */
#define SOFT_DISPLAY_SUBVENDOR	0x1af4
#define SOFT_DISPLAY_SUBDEVICE	0x1100

/*
 * What a guest sees, of types that have it: BAR 0 is memory, a screen's picture
 * too; BAR 2 is the display's registers; BAR 3 is the control page of the queues,
 * their doorbells, MSI-X; BAR 4 is AlmaIF: a control page, then the memory behind
 * the screen's, its ring among it.
 */
#define SOFT_BAR_VRAM		0
#define SOFT_BELOW_4G_MAX	SZ_256M	/* with a screen; as QEMU's VGA has at most */
#define SOFT_BAR_DISPLAY	2
#define SOFT_DISPLAY_SIZE	0x1000
#define SOFT_BAR_CONTROL	3
#define SOFT_BAR_ALMAIF		4
#define SOFT_CONTROL_SIZE	0x1000
#define SOFT_BELL_COPY		0x1000
#define SOFT_BELL_COMPUTE	0x2000
/* Numbers of doorbells: those of the queues are 0 and 1. */
#define SOFT_BELL_ALMAIF	2
#define SOFT_MSIX		0x3000
#define SOFT_MSIX_SIZE		0x1000
/* Interrupts: of the copy queue, of the compute queue. */
#define SOFT_VECTORS		2

/*
 * One register file for all functions: where each part of it begins. An area shows
 * a part, or nothing does.
 */
#define SOFT_REGS_CONTROL	0x0000
#define SOFT_REGS_DISPLAY	0x1000
#define SOFT_REGS_ALMAIF	0x2000
#define SOFT_REGS_SIZE		0x3000

/* Registers of the control page. */
#define SOFT_ID			0x000	/* "TSSG" */
#define SOFT_ID_VALUE		0x47535354
#define SOFT_VERSION		0x004
#define SOFT_VERSION_VALUE	1
#define SOFT_VRAM_LO		0x008
#define SOFT_VRAM_HI		0x00c
#define SOFT_QUEUES		0x010	/* 1: copy, 2: compute */
/* The same for each queue. */
#define SOFT_QUEUE_COPY		0x100
#define SOFT_QUEUE_COMPUTE	0x200
#define SOFT_RING_LO		0x00	/* where the ring begins */
#define SOFT_RING_HI		0x04
#define SOFT_RING_SLOTS		0x08
#define SOFT_RING_ENABLE	0x0c	/* 1 sets it up, 0 takes it away */
#define SOFT_RING_STATUS	0x10
#define SOFT_STATUS_ENABLED	BIT(0)
#define SOFT_STATUS_BUSY	BIT(1)
#define SOFT_STATUS_REFUSED	BIT(2)	/* the last packet, or the ring */
#define SOFT_RING_VERDICT	0x14	/* enum soft_verdict of that packet */

/* The Bochs display's: where each part begins. */
#define SOFT_EDID		(SOFT_REGS_DISPLAY + 0x000)
#define SOFT_EDID_SIZE		0x400
#define SOFT_VGA		(SOFT_REGS_DISPLAY + 0x400)
#define SOFT_VGA_SIZE		0x20
#define SOFT_DISPI		(SOFT_REGS_DISPLAY + 0x500)
#define SOFT_DISPI_SIZE		0x18
#define SOFT_QEXT		(SOFT_REGS_DISPLAY + 0x600)
#define SOFT_QEXT_SIZE		8

/* The most that there are. */
#define SOFT_SLICES		4
#define SOFT_ENGINES		(2 * SOFT_SLICES)

struct soft_gpu;

/**
 * enum soft_next - what was next in a ring
 * @SOFT_NONE: nothing
 * @SOFT_DROPPED: a packet that is bad
 * @SOFT_PASSED: a packet that has nothing to be done
 * @SOFT_FOUND: a packet to be worked on
 */
enum soft_next {
	SOFT_NONE,
	SOFT_DROPPED,
	SOFT_PASSED,
	SOFT_FOUND,
};

/**
 * struct soft_queue - an instance's rings on one engine
 * @q: the core's part
 * @compute: for a compute engine
 * @client: a compute queue, as its executor sees it
 * @almaif: the AlmaIF device of a compute queue; while its ring is up, there is no
 *	@ring. NULL for other queues
 * @stay: of the dispatch under way on the engine; engine context
 * @wall: time that dispatches had the engine in this slice, ns; engine context
 * @used: of @wall, for which the instance pays, ns; engine context
 * @stuck: of @unanswered, what its worker is to be blamed for, ns; engine context
 * @unanswered: time that the dispatch under way had the engine without an answer, ns;
 *	engine context
 * @starved: slices one after the other in which its worker has waited for a CPU, a
 *	few at most; engine context
 * @answer: the last of its worker; engine context
 * @owes: it counts when time has passed, by modelled speed; engine context
 * @owed: how much, ns; engine context
 * @lock: protects what follows; never held while work is done
 * @worker: who carries dispatches out, a reference, or NULL; changed with
 *	&soft_executor.lock held, too
 * @leaving: the last worker's session is over, and it may still have something mapped:
 *	until that is gone there is no other one; changed with &soft_executor.lock held, too
 * @dropping: that is what the dispatch under way waits for, which was withdrawn
 * @failed: -errno: the dispatch under way has ended with its worker
 * @left: the last answer of one that is gone, which nobody has looked at yet; else its
 *	status is %VGPU_SOFT_NONE
 * @ring: where its packets are
 * @refused: the last packet, or the guest's index, was bad
 * @verdict: of the last packet
 * @work: the packet under way, checked
 * @has_work: there is one
 * @idle_since: since when the ring is empty, ns
 * @look: looks at the ring while its doorbell is not armed; owns no reference,
 *	cancelled when the device is closed, and with the queue
 * @settling: no more turns are given; without the lock
 * @stopped: @look is not to be scheduled any more
 */
struct soft_queue {
	struct vgpu_queue *q;
	bool compute;
	struct soft_client client;
	struct soft_almaif *almaif;
	struct soft_stay stay;
	u64 wall;
	u64 used;
	u64 stuck;
	u64 unanswered;
	unsigned int starved;
	struct soft_answer answer;
	bool owes;
	u64 owed;
	spinlock_t lock;	/* what follows */
	struct soft_worker *worker;
	bool leaving;
	bool dropping;
	int failed;
	struct soft_answer left;
	struct vgpu_ring ring;
	bool refused;
	enum soft_verdict verdict;
	struct soft_work work;
	bool has_work;
	u64 idle_since;
	struct delayed_work look;
	bool settling;
	bool stopped;
};

/**
 * struct soft_display - what VGA's ports have set; trap context
 * @attribute: index of the attribute controller, with the bit that the screen is on
 * @attribute_data: what is written to it next is data
 * @misc: of no effect
 * @retrace: what the beam was said to be last
 * @dac_mask: bits of a pixel that choose a colour
 * @read_index: colour that is read next
 * @read_part: which part of it: red, green, blue
 * @write_index: colour that is written next
 * @write_part: which part of it
 * @latch: the parts of it that were
 * @dac: colours, as they were written
 * @palette: the same as the core wants them; made anew by soft_scanout()
 * @big_endian: the order of a pixel's bytes
 *
 * Belongs to functions that have a display. Their mode is in the registers.
 */
struct soft_display {
	u8 attribute;
	bool attribute_data;
	u8 misc;
	bool retrace;
	u8 dac_mask;
	u8 read_index;
	u8 read_part;
	u8 write_index;
	u8 write_part;
	u8 latch[3];
	u8 dac[256][3];
	u32 palette[256];
	bool big_endian;
};

/**
 * struct soft_instance - what the backend keeps for an instance
 * @queue: its rings, by enum vgpu_engine_class; NULL where its type has none
 * @display: its screen
 * @drops: how often packets that were refused are reported
 */
struct soft_instance {
	struct soft_queue *queue[VGPU_NR_CLASSES];
	struct soft_display display;
	struct ratelimit_state drops;
};

/**
 * struct soft_engine - an engine; engine context but for @timer
 * @engine: the core's part; set before @timer is started
 * @timer: ends what takes a modelled time, or a worker's grace
 * @computing: whose dispatch a worker is at, or NULL
 * @paying: no worker any more; the time that it owes passes, until @until
 * @preempting: it is to yield
 * @grace_end: until then it may take its time, ns
 * @stop_end: until then it may take its time to stop, ns
 * @poll_ns: how long it is until somebody looks whether it stands
 * @waiting: whose packet takes a modelled time, or NULL
 * @until: when that ends, ns
 * @hang: stuck until it is reset; whoever wants that may set it
 * @debt: time that modelled speed still takes, ns
 */
struct soft_engine {
	struct vgpu_engine *engine;
	struct hrtimer timer;
	struct soft_queue *computing;
	bool paying;
	bool preempting;
	u64 grace_end;
	u64 stop_end;
	u64 poll_ns;
	struct soft_queue *waiting;
	u64 until;
	bool hang;
	s64 debt;
};

/**
 * struct soft_knobs - how a GPU misbehaves; off at first, may change at any time
 * @create_delay_ms: how long the creation of an instance takes
 * @remove_delay_ms: the same of its removal
 * @create_error: errno with which creation fails; 0 for none
 * @available_offset: what is added to the instances that are said to be available
 * @speed_percent: of the speed of what is done; 100 for all of it
 */
struct soft_knobs {
	int create_delay_ms;
	int remove_delay_ms;
	int create_error;
	int available_offset;
	int speed_percent;
};

/**
 * struct soft_gpu - a GPU
 * @gpu: the core's part
 * @config: what it is to be; as long as it is registered
 * @vram: its memory
 * @types: on offer
 * @executor: who computes for its instances
 * @engines: by their numbers; a GPU in few slices has the first of them
 * @knobs: how it misbehaves
 * @cutting: it is being cut, which nobody else does then
 * @lock: protects what follows
 * @instances: how many there are
 * @closed: no instance is to be created
 */
struct soft_gpu {
	struct vgpu_gpu *gpu;
	struct soft_config *config;
	struct vgpu_vram vram;
	struct soft_types types;
	struct soft_executor *executor;
	struct soft_engine engines[SOFT_ENGINES];
	struct soft_knobs knobs;
	struct mutex cutting;		/* config->slices, gpu, types */
	struct mutex lock;		/* what follows */
	unsigned int instances;
	bool closed;
};

static inline struct soft_gpu *to_soft(const struct vgpu_gpu *gpu)
{
	return gpu->desc.priv;
}

/** Engines that a GPU has as it is cut now: the first of all that there are. */
static inline unsigned int soft_nr_engines(const struct soft_gpu *soft)
{
	return soft->config->slices * SOFT_ENGINES / SOFT_SLICES;
}

/**
 * soft_vram() - CPU address of a byte of an instance's partition
 * @inst: the instance
 * @offset: of the byte; the caller has checked it
 *
 * Good as long as the partition stays where it is: in trap and engine context, or with
 * the lock of one of its queues held.
 *
 * Return: the address.
 */
static inline void *soft_vram(const struct vgpu_instance *inst, u64 offset)
{
	return inst->gpu->desc.vram.mem + READ_ONCE(inst->vram_offset) + offset;
}

/** Does a queue take its packets from AlmaIF; its lock is held. */
static inline bool soft_queue_by_almaif(const struct soft_queue *sq)
	__must_hold(&sq->lock)
{
	lockdep_assert_held(&sq->lock);
	return sq->almaif && sq->almaif->up;
}

/* soft_queue.c */
extern const struct vgpu_queue_ops soft_queue_ops;
int soft_queue_enable(struct soft_queue *sq, u64 offset, u32 slots);
void soft_queue_disable(struct soft_queue *sq);
void soft_queue_close(struct soft_queue *sq);
enum soft_next soft_queue_next(struct soft_queue *sq, struct soft_work *work,
			       u64 *done);
void soft_queue_progress(struct soft_queue *sq, u64 done);
void soft_queue_finish(struct soft_queue *sq);
void soft_queue_over(struct soft_queue *sq, u32 completion);
void soft_queue_look(struct soft_queue *sq);
bool soft_queue_is_almaif(struct soft_queue *sq);
u32 soft_queue_status(struct soft_queue *sq);
void soft_doorbell(struct vgpu_instance *inst, unsigned int bell);

/* soft_queue_state.c */
void soft_queue_save(struct soft_queue *sq, struct vgpu_writer *w);
void soft_queue_load(struct soft_queue *sq, struct vgpu_reader *r);

/* soft_engine.c */
extern const struct vgpu_engine_desc soft_engines[SOFT_ENGINES];
void soft_engines_init(struct soft_gpu *soft);
void soft_engine_forget(struct vgpu_queue *q);
u64 soft_slower(const struct soft_gpu *soft, u64 took);

/* soft_compute.c */
int soft_compute_start(struct soft_engine *se, struct soft_queue *sq,
		       u64 budget_ns);
bool soft_compute_idle(struct soft_engine *se);
void soft_compute_preempt(struct soft_engine *se);
void soft_compute_forget(struct soft_engine *se, struct soft_queue *sq);
u64 soft_compute_spent(struct soft_queue *sq, u64 ran);
bool soft_compute_is_settled(const struct soft_queue *sq)
	__must_hold(&sq->lock);
bool soft_compute_settle(struct vgpu_queue *q, bool on);

/* soft_pci.c */
extern const struct vgpu_pci_desc soft_pci[SOFT_KINDS];
const struct vgpu_pci_desc *soft_function_init(struct soft_function *function,
					       enum soft_kind kind, u64 size,
					       u64 screen_size);

/* soft_regs.c */
extern const struct vgpu_reg soft_regs[];
extern const unsigned int soft_nr_regs;

/* soft_display.c */
void soft_display_reset(struct vgpu_instance *inst);
void soft_display_save(struct vgpu_instance *inst, struct vgpu_writer *w);
void soft_display_load(struct vgpu_instance *inst, struct vgpu_reader *r);
u32 soft_edid_read(struct vgpu_regfile *rf, u32 offset);
u32 soft_vga_read(struct vgpu_regfile *rf, u32 offset, u32 mask);
void soft_vga_write(struct vgpu_regfile *rf, u32 offset, u32 val, u32 mask);
u32 soft_dispi_read(struct vgpu_regfile *rf, u32 offset);
void soft_dispi_write(struct vgpu_regfile *rf, u32 offset, u32 val, u32 mask);
u32 soft_endian_read(struct vgpu_regfile *rf, u32 offset);
void soft_endian_write(struct vgpu_regfile *rf, u32 offset, u32 val, u32 mask);
void soft_scanout(struct vgpu_instance *inst, unsigned int head,
		  struct vgpu_scanout *out);

/* soft_gpu.c */
int soft_gpu_register(struct soft_gpu *soft, struct device *dev,
		      struct soft_config *config);
int soft_gpu_show(struct soft_gpu *soft);
void soft_gpu_unregister(struct soft_gpu *soft);
bool soft_gpu_is_used(struct soft_gpu *soft);
int soft_gpu_cut(struct soft_gpu *soft, struct device *dev, u32 slices);
void soft_gpu_lose(struct soft_gpu *soft);

/* soft_knobs.c */
extern const struct attribute_group *soft_groups[];

#endif /* _SOFT_H */
