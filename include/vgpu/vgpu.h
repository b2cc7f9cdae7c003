/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a backend needs from the vGPU core, and what the core needs of it.
 */
#ifndef _VGPU_VGPU_H
#define _VGPU_VGPU_H

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/io.h>
#include <linux/types.h>
#include <vgpu/ddc.h>
#include <vgpu/memory.h>
#include <vgpu/pci.h>
#include <vgpu/regs.h>
#include <vgpu/section.h>
#include <vgpu/work.h>
#include <vgpu/written.h>

/**
 * DOC: backends
 *
 * The core never knows a register, a backend never knows VFIO. A backend is a
 * driver of the physical device that fills in a struct vgpu_gpu_desc and calls
 * vgpu_gpu_register(); from then on the core calls its struct vgpu_gpu_ops.
 *
 * Two kinds of context call a backend:
 *
 * - *trap context*: register handlers, @scanout, @vblank. The instance's trap
 *   lock is held; the engine is running somebody's work and must not be
 *   touched.
 * - *engine context*: the functions of engines (struct vgpu_engine_ops). The
 *   engine's lock is held, and only here may the engine be touched. The trap
 *   lock is not held: what both contexts need goes through a queue, or is
 *   atomic.
 *
 * A function that is for one of them says so at its head, by
 * vgpu_assert_trap_context() or vgpu_assert_engine_context(): a kernel with
 * lockdep then looks.
 */

struct vgpu_gpu;
struct vgpu_instance;
struct vgpu_pdev;

/**
 * enum vgpu_counter - what is counted per instance, never going backwards
 * @VGPU_CNT_TRAPS_READ: trapped register reads
 * @VGPU_CNT_TRAPS_WRITE: trapped register writes, also of engine registers
 * @VGPU_CNT_TRAPS_CONFIG: accesses to configuration space
 * @VGPU_CNT_TRAPS_VRAM: accesses to VRAM that was not mapped
 * @VGPU_CNT_TRAP_TIME: time that the host spent on all of these, ns
 * @VGPU_CNT_FAULTS: times that an engine had to be reset under it
 * @VGPU_NR_COUNTERS: how many there are
 *
 * What is counted by engine is in enum vgpu_queue_counter.
 */
enum vgpu_counter {
	VGPU_CNT_TRAPS_READ,
	VGPU_CNT_TRAPS_WRITE,
	VGPU_CNT_TRAPS_CONFIG,
	VGPU_CNT_TRAPS_VRAM,
	VGPU_CNT_TRAP_TIME,
	VGPU_CNT_FAULTS,
	VGPU_NR_COUNTERS,
};

/**
 * struct vgpu_type_desc - a vGPU type, as an operator sees it
 * @name: for example "RV100-8D": series, VRAM in MiB, use
 * @vram_size: bytes, a multiple of a page; of VRAM that is the host's, of %PMD_SIZE
 * @max_xres: widest mode, pixels
 * @max_yres: highest mode, lines
 * @num_heads: displays; 0 for a type that has none
 * @weight: share under best effort, relative to other types'; 0 for 100
 * @classes: engines that an instance gets a queue on: one of each class in this
 *	mask of BIT(enum vgpu_engine_class), all of one slice
 * @slice: of this slice, or %VGPU_ANY_SLICE for the one with the fewest
 *	instances, of those with room in their part of VRAM
 * @pci: what its instances are on PCI; NULL for what the GPU says,
 *	&vgpu_gpu_desc.pci
 * @screen_size: bytes of the partition, from its beginning, that pictures may be
 *	in, a multiple of a page; 0 for all of it
 */
struct vgpu_type_desc {
	const char *name;
	u64 vram_size;
	u32 max_xres;
	u32 max_yres;
	u32 num_heads;
	u32 weight;
	u32 classes;
	u8 slice;
	const struct vgpu_pci_desc *pci;
	u64 screen_size;
};

/** &vgpu_type_desc.slice: wherever there is room. */
#define VGPU_ANY_SLICE	0xff

/**
 * enum vgpu_cursor_format - how the pixels of a pointer are stored
 * @VGPU_CURSOR_NONE: there is no pointer
 * @VGPU_CURSOR_ARGB: 32 bits a pixel, colours already multiplied by alpha
 * @VGPU_CURSOR_MONO: two bits a pixel, from two planes. A line is its bytes of
 *	the AND plane, then as many of the XOR plane; the leftmost pixel is the
 *	highest bit. AND 0: a colour, chosen by XOR. AND 1: what is beneath,
 *	inverted where XOR is 1
 */
enum vgpu_cursor_format {
	VGPU_CURSOR_NONE,
	VGPU_CURSOR_ARGB,
	VGPU_CURSOR_MONO,
};

/** Pixels of a line of a pointer, at most. */
#define VGPU_CURSOR_MAX	256

/**
 * struct vgpu_cursor - the pointer that hardware shows over a head's picture
 * @format: %VGPU_CURSOR_NONE when there is none
 * @x: where column 0 is on the screen, pixels; may be off it
 * @y: where line 0 is on the screen, lines; may be off it
 * @width: pixels, at most %VGPU_CURSOR_MAX
 * @height: lines
 * @left: columns at the left that are not shown
 * @stride: bytes from one line to the next
 * @offset: first byte, from the start of the instance's partition
 * @colours: 0x00RRGGBB, of %VGPU_CURSOR_MONO
 */
struct vgpu_cursor {
	enum vgpu_cursor_format format;
	s32 x;
	s32 y;
	u32 width;
	u32 height;
	u32 left;
	u32 stride;
	u64 offset;
	u32 colours[2];
};

/**
 * struct vgpu_scanout - what one head shows now
 * @enabled: false when blanked or without a mode
 * @width: pixels
 * @height: lines
 * @stride: bytes from one line to the next
 * @bpp: 8 (through @palette), 15, 16 or 32 bits a pixel
 * @offset: first byte, from the start of the instance's partition
 * @palette: 256 entries of 0x00RRGGBB. For 8 bits a pixel; for more, each
 *	channel is looked up by itself (fewer bits are the upper ones of the
 *	index), or NULL where that changes nothing
 * @doubled: each line of memory is two of the @height
 * @big_endian: the bytes of a pixel of more than 8 bits are in that order
 * @cursor: the pointer over it, in lines and pixels of the screen
 *
 * Filled in from what the guest wrote: the core checks it against the
 * partition before it is used.
 */
struct vgpu_scanout {
	bool enabled;
	u32 width;
	u32 height;
	u32 stride;
	u32 bpp;
	u64 offset;
	const u32 *palette;
	bool doubled;
	bool big_endian;
	struct vgpu_cursor cursor;
};

/**
 * struct vgpu_instance - the part of a vGPU that its backend works with
 * @gpu: the physical GPU
 * @dev: its own device, for messages
 * @type: its type
 * @id: small number, unique on @gpu while the instance lives; for tracing
 * @vram_offset: start of its partition in physical VRAM, bytes; changes only as
 *	&vgpu_gpu_ops.relocated says
 * @vram_size: size of its partition, bytes
 * @regs: its register file; trap context
 * @ddc: the monitor on its first head; trap context
 * @count: see enum vgpu_counter; change with vgpu_count()
 * @priv: the backend's own
 *
 * Fixed from instance_init() to instance_fini() where not said otherwise.
 */
struct vgpu_instance {
	struct vgpu_gpu *gpu;
	struct device *dev;
	const struct vgpu_type_desc *type;
	u32 id;
	u64 vram_offset;
	u64 vram_size;
	struct vgpu_regfile regs;
	struct vgpu_ddc ddc;
	atomic64_t count[VGPU_NR_COUNTERS];
	void *priv;
};

/**
 * struct vgpu_gpu_ops - what a backend does for the core
 * @instance_init: allocate &vgpu_instance.priv and set &vgpu_regfile.priv; the
 *	register file exists and holds reset values. Process context, no lock
 * @instance_fini: undo it; the instance is off the engine and closed
 * @scanout: say what @head shows. Only for GPUs with types that have heads. Trap
 *	context
 * @vblank: a vertical blank of @head began. Only for a backend that calls
 *	vgpu_vblank_set(). Trap context
 * @doorbell: the guest rang doorbell @bell, or is about to: its store may come a
 *	little later, see vgpu_doorbell_arm(). Only for a function that has
 *	doorbells. Called from page faults: wake up who looks, take no mutex
 * @available: how many more instances of @type are on offer, where @fit would find
 *	memory; told to operators, no more. NULL: @fit. Process context, no lock
 * @hindrance: what is missing, outside of the instance, for its work to go on: two
 *	words for operators, or NULL for nothing. Optional. Process context
 * @relocated: its partition begins at &vgpu_instance.vram_offset from now on, and no
 *	more at @from, where the same bytes are until this returns. It is off the
 *	engines, nothing of it is mapped, and no trap of it comes: correct what was
 *	calculated from the offset, under the lock of whoever looks at it in any other
 *	context. NULL: instances of this GPU stay where they are. Process context, the
 *	trap lock and others held
 * @present: is the hardware still there. Asked when memory was read that others are to
 *	rely on, for what a card that is gone reads as looks like memory, too. NULL:
 *	vgpu_gpu_lost() is told at once. Process context, engines are not touched
 */
struct vgpu_gpu_ops {
	int (*instance_init)(struct vgpu_instance *inst);
	void (*instance_fini)(struct vgpu_instance *inst);

	void (*scanout)(struct vgpu_instance *inst, unsigned int head,
			struct vgpu_scanout *out);
	void (*vblank)(struct vgpu_instance *inst, unsigned int head);
	void (*doorbell)(struct vgpu_instance *inst, unsigned int bell);
	u64 (*available)(struct vgpu_gpu *gpu, const struct vgpu_type_desc *type,
			 u64 fit);
	const char *(*hindrance)(struct vgpu_instance *inst);
	void (*relocated)(struct vgpu_instance *inst, u64 from);
	bool (*present)(struct vgpu_gpu *gpu);
};

/**
 * struct vgpu_gpu_desc - a physical GPU, as its backend describes it
 * @dev: the device; becomes the mdev parent. While registered, its driver
 *	data is the struct vgpu_gpu; the backend's own is @priv
 * @backend: its name, at most 31 characters: an instance can move to another GPU
 *	only if that has the same
 * @ops: the backend's functions
 * @types: vGPU types on offer, of names of at most 31 characters
 * @nr_types: how many
 * @pci: what instances are on PCI, of types that do not say it themselves
 * @vram: video memory
 * @vram_parts: how many slices have a part of VRAM of their own, all of one size,
 *	in which the partitions of their instances lie; 0 where all slices share it
 * @regs: register table
 * @nr_regs: rows in @regs
 * @regs_size: bytes of register space
 * @engines: its engines
 * @nr_engines: 1 to %VGPU_MAX_ENGINES
 * @sections: what an instance consists of beside what the core keeps of it. When
 *	one is reset, the register file is back at its reset values and the queues
 *	are empty: set what depends on the instance (memory size and the like) and
 *	forget the context image. Done once after &vgpu_gpu_ops.instance_init, too
 * @nr_sections: how many
 * @priv: the backend's own
 *
 * Copied by vgpu_gpu_register(); what it points to must stay.
 */
struct vgpu_gpu_desc {
	struct device *dev;
	const char *backend;
	const struct vgpu_gpu_ops *ops;
	const struct vgpu_type_desc *types;
	unsigned int nr_types;
	struct vgpu_pci_desc pci;
	struct vgpu_vram vram;
	unsigned int vram_parts;
	const struct vgpu_reg *regs;
	unsigned int nr_regs;
	u32 regs_size;
	const struct vgpu_engine_desc *engines;
	unsigned int nr_engines;
	const struct vgpu_section *sections;
	unsigned int nr_sections;
	void *priv;
};

/**
 * struct vgpu_gpu - the part of a physical GPU that its backend works with
 * @desc: as registered
 * @pd: the core's own
 */
struct vgpu_gpu {
	struct vgpu_gpu_desc desc;
	struct vgpu_pdev *pd;
};

struct vgpu_gpu *vgpu_gpu_register(const struct vgpu_gpu_desc *desc);
void vgpu_gpu_unregister(struct vgpu_gpu *gpu);
int vgpu_gpu_suspend(struct vgpu_gpu *gpu);
void vgpu_gpu_resume(struct vgpu_gpu *gpu, int error);
void vgpu_gpu_shutdown(struct vgpu_gpu *gpu);
void vgpu_gpu_lost(struct vgpu_gpu *gpu);

void vgpu_irq_set(struct vgpu_instance *inst, bool level);
void vgpu_irq_raise(struct vgpu_instance *inst, unsigned int vector);
int vgpu_doorbell_arm(struct vgpu_instance *inst, unsigned int bell,
		      u64 idle_since);
void vgpu_vblank_set(struct vgpu_instance *inst, unsigned int head,
		     u32 period_ns);
u64 vgpu_bar_address(struct vgpu_instance *inst, unsigned int bar);
u32 vgpu_config_read(struct vgpu_instance *inst, u32 offset, unsigned int size);

#ifdef CONFIG_LOCKDEP
void vgpu_assert_trap_context(struct vgpu_instance *inst);
void vgpu_assert_engine_context(struct vgpu_engine *e);
#else
static inline void vgpu_assert_trap_context(struct vgpu_instance *inst) {}
static inline void vgpu_assert_engine_context(struct vgpu_engine *e) {}
#endif

/**
 * vgpu_count() - add to a counter
 * @inst: the instance
 * @what: the counter
 * @n: how much, in the counter's unit
 *
 * Any context.
 */
static inline void vgpu_count(struct vgpu_instance *inst,
			      enum vgpu_counter what, u64 n)
{
	atomic64_add(n, &inst->count[what]);
}

/**
 * vgpu_vram_at() - CPU address of a byte of an instance's partition
 * @inst: the instance
 * @offset: bytes from the start of the partition; the caller has checked it
 *
 * For a backend whose card has the memory. Any context.
 *
 * Return: the address in the GPU's mapping.
 */
static inline void __iomem *vgpu_vram_at(struct vgpu_instance *inst, u64 offset)
{
	return inst->gpu->desc.vram.virt + inst->vram_offset + offset;
}

#endif /* _VGPU_VGPU_H */
