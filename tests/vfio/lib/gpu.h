/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a GPU is to programs that are not about one: a table of what it has and
 * of how it is driven. There is one in tests/vfio/drivers for each kind of GPU;
 * GPU=name in the environment chooses. Programs that are about a chip include
 * its own header beside this one.
 */
#ifndef _GPU_H
#define _GPU_H

#include <linux/vfio.h>
#include <stdbool.h>
#include <stdint.h>

#define NR_BARS		6

struct vdev;

/**
 * struct type_facts - what a vGPU type is, from the product's documentation
 * @name: pretty name
 * @size: VRAM in bytes
 * @xres: widest mode; 0 when it has no display
 * @yres: highest mode
 * @max_instance: how many fit on an empty card
 * @weight: of its instances, at first
 */
struct type_facts {
	const char *name;
	uint64_t size;
	unsigned int xres;
	unsigned int yres;
	unsigned int max_instance;
	unsigned int weight;
};

#define LIKE_VRAM	UINT64_MAX

/**
 * struct bar_facts - what a BAR of a vGPU is
 * @size: bytes; 0 when it is not there, or is the VRAM, which is the type's;
 *	LIKE_VRAM when it has as many
 * @flags: PCI_BASE_ADDRESS_*, as read
 * @region: VFIO_REGION_INFO_FLAG_*
 */
struct bar_facts {
	uint64_t size;
	uint32_t flags;
	uint32_t region;
};

/**
 * struct gpu_driver - a kind of GPU
 * @name: of the backend, as in the names of its types' directories
 * @arguments: with which its module is loaded
 * @vendor: PCI vendor of the GPU and of its vGPUs
 * @device: PCI device, likewise
 * @class: PCI class of its vGPUs
 * @types: its types, from small to large
 * @nr_types: how many
 * @nr_others: those after them, of other sizes than powers of two, or with a display
 *	where these have none. Programs that know no card leave them to those that do
 * @small: the smallest. Instances of it may be on different engines
 * @medium: instances of it and of @large share an engine
 * @large: not smaller than @medium
 * @largest: leaves room for one of each of the others
 * @vram_total: bytes of the card
 * @vram_reserved: bytes of it that no instance gets
 * @bars: of a vGPU
 * @vram: which of them is the VRAM
 * @regs: which of them has the registers
 * @regs_size: bytes of registers in it, from its start
 * @nr_writable: registers that are different when all were written to, at least
 * @config_size: bytes of configuration space
 * @irqs: interrupts of each VFIO index
 * @memsize: register that reads as the size of VRAM
 * @scratch: register that keeps all that is written to it
 * @no_register: offset of none, in @regs
 * @messages: VFIO index of the interrupts that are messages
 * @vector: which of them irq_raise() raises. Where there is a pin, it is a level
 *	that irq_raise() raises, and the message is that it rises
 * @has_rom: it has an option ROM
 * @has_fifo: its work comes by trapped writes
 * @kept: bytes at the end of VRAM that the functions below need for themselves
 * @piece: bytes that the engine is given at a time
 * @engine: number of the engine on which the work of @medium and @large is done
 * @engine_name: its name
 * @engine_class: its class
 * @nr_queues: on how many engines a vGPU has one
 *
 * Work is asynchronous and done in its order. Where there is no room for more,
 * the functions wait. A vGPU that is faulted takes them, and does nothing.
 *
 * @runs_by_itself: a register that changes without being written to
 * @init: once after opening or reset, when memory is decoded
 * @prepare: what again() is to do: @bytes, a multiple of 4, from @at on, a
 *	multiple of 4096, become words of @value. More than 4096 bytes are a
 *	multiple of that
 * @again: queue it once more
 * @copy: queue a copy, of ranges like that, which do not overlap
 * @is_idle: has everything been done that was queued, and been accounted for
 * @meddle: write work to it and raise an interrupt, the @seed-th time, whatever
 *	state it is in: memory may not be decoded, others do the same
 * @trespass: write something as hostile() does, the @seed-th, whatever state it is in,
 *	and look at what comes of it: nothing of a victim's memory is to be seen. Others
 *	do the same
 * @hostile: queue something by chance, wrong in many ways, much of it about memory
 *	that is not the vGPU's
 * @close: forget what init() has made; memory need not be decoded
 * @irq_on: let irq_raise() have an effect
 * @irq_raise: raise an interrupt, which has been done on return
 * @irq_ack: lower the pin, if there is one
 * @can_hang: can hang() work in this kernel
 * @hang: queue work that keeps the engine from coming idle. @instance: the number
 *	of the vGPU, or %ANY_INSTANCE when nobody else has work
 * @dump: what a core dump tells of such work, and of the engine
 */
struct gpu_driver {
	const char *name;
	const char *arguments;
	uint16_t vendor;
	uint16_t device;
	uint32_t class;
	const struct type_facts *types;
	unsigned int nr_types;
	unsigned int nr_others;
	const struct type_facts *small;
	const struct type_facts *medium;
	const struct type_facts *large;
	const struct type_facts *largest;
	uint64_t vram_total;
	uint64_t vram_reserved;
	struct bar_facts bars[NR_BARS];
	unsigned int vram;
	unsigned int regs;
	unsigned int regs_size;
	unsigned int nr_writable;
	unsigned int config_size;
	unsigned int irqs[VFIO_PCI_NUM_IRQS];
	uint32_t memsize;
	uint32_t scratch;
	uint32_t no_register;
	unsigned int messages;
	unsigned int vector;
	bool has_rom;
	bool has_fifo;
	uint64_t kept;
	unsigned int piece;
	unsigned int engine;
	const char *engine_name;
	const char *engine_class;
	unsigned int nr_queues;

	bool (*runs_by_itself)(uint32_t reg);
	void (*init)(struct vdev *d);
	void (*prepare)(struct vdev *d, uint64_t at, uint64_t bytes,
			uint32_t value);
	void (*again)(struct vdev *d);
	void (*copy)(struct vdev *d, uint64_t to, uint64_t from,
		     uint64_t bytes);
	bool (*is_idle)(struct vdev *d);
	void (*meddle)(struct vdev *d, unsigned int seed);
	void (*trespass)(struct vdev *d, unsigned int seed);
	void (*hostile)(struct vdev *d);
	void (*close)(struct vdev *d);
	void (*irq_on)(struct vdev *d);
	void (*irq_raise)(struct vdev *d);
	void (*irq_ack)(struct vdev *d);
	bool (*can_hang)(void);
	void (*hang)(struct vdev *d, uint32_t instance);
	const char *dump[3];
};

extern const struct gpu_driver rv100_gpu, soft_gpu;

/* The one that is tested. */
extern const struct gpu_driver *gpu;

/*
 * For &struct tap_test.applies. The one GPU of which all types have a display, and
 * that has a FIFO, is the RV100: tests of these use its registers.
 */
bool has_display(void);
bool has_rom(void);
bool has_pin(void);
bool has_msi(void);
bool has_msix(void);
bool has_fifo(void);

void gpu_init(struct vdev *d);
void gpu_fill(struct vdev *d, uint64_t at, uint64_t bytes, uint32_t value);
void gpu_copy(struct vdev *d, uint64_t to, uint64_t from, uint64_t bytes);
void gpu_idle(struct vdev *d);

uint64_t bar_size(const struct vdev *d, unsigned int bar);

void model_fill(void *model, uint64_t at, uint64_t bytes, uint32_t value);

#endif /* _GPU_H */
