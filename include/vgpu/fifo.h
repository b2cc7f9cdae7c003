/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_FIFO_H
#define _VGPU_FIFO_H

#include <linux/types.h>
#include <linux/wait.h>

struct vgpu_queue;
struct vgpu_reader;
struct vgpu_writer;

/**
 * struct vgpu_fifo_entry - one queued engine register write
 * @offset: byte offset of the register
 * @val: the value
 */
struct vgpu_fifo_entry {
	u32 offset;
	u32 val;
};

/**
 * struct vgpu_fifo - an instance's virtual command FIFO for one engine
 * @ring: @depth entries
 * @depth: capacity, a power of two from 4; what the guest is told the chip has
 * @head: next entry to take; written by the consumer only
 * @tail: next free entry; written by the producer only
 * @room: where a producer waits for it
 *
 * For backends whose engines are driven by register writes that are trapped: the
 * body of a struct vgpu_queue.
 *
 * One producer (whoever holds the instance's trap lock) and one consumer (engine
 * context), so no lock is needed: each side publishes its index with release and
 * reads the other's with acquire semantics.
 */
struct vgpu_fifo {
	struct vgpu_fifo_entry *ring;
	u32 depth;
	u32 head;
	u32 tail;
	wait_queue_head_t room;
};

int vgpu_fifo_init(struct vgpu_fifo *f, u32 depth);
void vgpu_fifo_fini(struct vgpu_fifo *f);
u32 vgpu_fifo_level(const struct vgpu_fifo *f);
bool vgpu_fifo_push(struct vgpu_fifo *f, u32 offset, u32 val);
bool vgpu_fifo_pop(struct vgpu_fifo *f, struct vgpu_fifo_entry *e);
void vgpu_fifo_clear(struct vgpu_fifo *f);
int vgpu_fifo_describe(const struct vgpu_fifo *f, char *buf, size_t size);
void vgpu_fifo_wake(struct vgpu_fifo *f);
long vgpu_fifo_wait(struct vgpu_fifo *f, long timeout);
int vgpu_fifo_submit(struct vgpu_fifo *f, struct vgpu_queue *q, u32 offset,
		     u32 val, bool starts);
bool vgpu_fifo_busy(struct vgpu_fifo *f, struct vgpu_queue *q);
void vgpu_fifo_save(const struct vgpu_fifo *f, struct vgpu_writer *w);
void vgpu_fifo_load(struct vgpu_fifo *f, struct vgpu_reader *r, u32 size);

#endif /* _VGPU_FIFO_H */
