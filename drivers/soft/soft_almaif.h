/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AlmaIF: the interface by which PoCL's driver brings dispatches, in its version 3
 * with relative addressing. Beside the control page it is memory of the partition.
 */
#ifndef _SOFT_ALMAIF_H
#define _SOFT_ALMAIF_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/sizes.h>
#include <linux/types.h>
#include <vgpu/compat.h>
#include <vgpu/regs.h>

#include "soft_aql.h"

struct soft_queue;

/* Registers of the control page. */
#define ALMAIF_STATUS		0x000
#define ALMAIF_STATUS_STALLED	BIT(0)
#define ALMAIF_STATUS_PAUSED	BIT(1)
#define ALMAIF_STATUS_RESET	BIT(2)
#define ALMAIF_COUNTERS		0x004	/* five of them; they do not count */
#define ALMAIF_COMMAND		0x200
#define ALMAIF_RESET		1
#define ALMAIF_CONTINUE		2
#define ALMAIF_BREAK		4
#define ALMAIF_INFO		0x300	/* class, id, and what follows */
#define ALMAIF_INTERFACE	0x308
#define ALMAIF_CORES		0x30c
#define ALMAIF_CONTROL_SIZE	0x310
#define ALMAIF_IMEM_SIZE	0x314
#define ALMAIF_IMEM		0x318	/* 64 bits, as all that follow but the last */
#define ALMAIF_QUEUE_SIZE	0x320
#define ALMAIF_QUEUE		0x328
#define ALMAIF_MEM_SIZE		0x330
#define ALMAIF_MEM		0x338
#define ALMAIF_FEATURES		0x340
#define ALMAIF_POINTER		0x348
#define ALMAIF_INFO_REGS	((ALMAIF_POINTER - ALMAIF_INFO) / 4 + 1)

/*
 * Where things are, from the beginning of the BAR, and of the memory that is AlmaIF's
 * (&soft_almaif.base). The first page of the ring has its header, which every
 * dispatch touches: that page is the doorbell.
 */
#define SOFT_ALMAIF_CONTROL	0x1000
#define SOFT_ALMAIF_RING	0x1000
#define SOFT_ALMAIF_RING_SIZE	0x4000
#define SOFT_ALMAIF_SLOTS	(SOFT_ALMAIF_RING_SIZE / SOFT_AQL_PACKET - 1)
#define SOFT_ALMAIF_IMEM	0x8000
#define SOFT_ALMAIF_IMEM_SIZE	0x38000
#define SOFT_ALMAIF_MEM		0x40000
/* PoCL's driver looks at each word of it when it starts. */
#define SOFT_ALMAIF_MEM_MAX	SZ_256M

/**
 * struct soft_image - instruction memory, as it was when the guest said so
 * @ref: who needs it
 * @generation: its number
 * @size: bytes, without zeros at the end
 * @data: these
 */
struct soft_image {
	struct kref ref;
	u32 generation;
	u32 size;
	u8 data[];
};

/** The generation after one: 0 is no image. */
static inline u32 soft_image_next(u32 generation)
{
	return generation + 1 ?: 1;
}

/**
 * struct soft_taken - a packet that was copied out of the ring before its turn
 * @list: in &soft_almaif.early
 * @verdict: what it is
 * @work: the dispatch
 * @image: that it is to be carried out with, or NULL
 */
struct soft_taken {
	struct list_head list;
	enum soft_aql_verdict verdict;
	struct soft_dispatch work;
	struct soft_image *image;
};

/**
 * struct soft_almaif - an instance's AlmaIF device
 * @base: where its memory begins in the partition: behind the screen's; fixed
 * @mem_size: bytes of data memory; fixed
 * @up: the ring was set up
 * @run: packets are taken; else they wait
 * @refused: the guest's write index was bad
 * @read: packets that are over, modulo 2^32, as the guest's driver counts
 * @taken: packets that were copied, likewise
 * @early: those of them that are not over, but for the one under way
 * @image: what packets that are copied from now on are carried out with, or NULL
 * @generation: number of the last image
 * @work: the dispatch under way
 * @work_image: its image, or NULL
 * @progress: what of it is done
 * @cancelled: the guest has withdrawn it
 * @begun: when it began, ns
 *
 * Protected by &soft_queue.lock where it is not fixed.
 */
struct soft_almaif {
	u64 base;
	u64 mem_size;
	bool up;
	bool run;
	bool refused;
	u32 read;
	u32 taken;
	struct list_head early;
	struct soft_image *image;
	u32 generation;
	struct soft_dispatch work;
	struct soft_image *work_image;
	u64 progress;
	bool cancelled;
	u64 begun;
};

/**
 * struct soft_remains - what is left of a ring that was taken away
 * @early: a list of struct soft_taken
 * @images: each one or NULL
 */
struct soft_remains {
	struct list_head early;
	struct soft_image *images[2];
};

/* soft_image.c */
struct soft_image *soft_image_make(const void *from, u32 size);
struct soft_image *soft_image_get(struct soft_image *image);
void soft_image_put(struct soft_image *image);
bool soft_image_is(const struct soft_image *image, const void *from, u32 size);

/* soft_almaif.c */
int soft_almaif_init(struct soft_queue *sq);
void soft_almaif_fini(struct soft_queue *sq);
void soft_almaif_info(struct soft_queue *sq, struct vgpu_regfile *rf, u32 at);
void soft_almaif_command(struct soft_queue *sq, u32 command);
u32 soft_almaif_status(struct soft_queue *sq);
bool soft_almaif_pending(const struct soft_queue *sq)
	__must_hold(&sq->lock);
enum soft_aql_verdict soft_almaif_take(struct soft_queue *sq, bool *found)
	__must_hold(&sq->lock);
struct soft_image *soft_almaif_over(struct soft_queue *sq, u32 completion)
	__must_hold(&sq->lock);
int soft_almaif_describe(const struct soft_queue *sq, char *buf, size_t size)
	__must_hold(&sq->lock);
void soft_almaif_forget(struct soft_queue *sq, struct soft_remains *dead)
	__must_hold(&sq->lock);
void soft_almaif_free(struct soft_remains *dead);

/* soft_almaif_state.c */
void soft_almaif_save(struct vgpu_instance *inst, struct vgpu_writer *w);
void soft_almaif_load(struct vgpu_instance *inst, struct vgpu_reader *r);

#endif /* _SOFT_ALMAIF_H */
