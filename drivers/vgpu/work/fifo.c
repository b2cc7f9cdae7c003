// SPDX-License-Identifier: GPL-2.0
/*
 * An instance's virtual command FIFO: one producer, one consumer, no lock.
 *
 * @head and @tail run freely; their difference is the level. No device is
 * touched here; see <vgpu/fifo.h>.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <asm/barrier.h>

#include <vgpu/fifo.h>
#include <vgpu/section.h>

/**
 * vgpu_fifo_init() - an empty FIFO
 * @f: to be set up
 * @depth: entries, a power of two, at least 4: of that a quarter is an entry
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int vgpu_fifo_init(struct vgpu_fifo *f, u32 depth)
{
	if (!is_power_of_2(depth) || depth < 4)
		return -EINVAL;
	f->ring = kcalloc(depth, sizeof(*f->ring), GFP_KERNEL);
	if (!f->ring)
		return -ENOMEM;
	f->depth = depth;
	f->head = 0;
	f->tail = 0;
	init_waitqueue_head(&f->room);
	return 0;
}
EXPORT_SYMBOL_GPL(vgpu_fifo_init);

/**
 * vgpu_fifo_fini() - release memory
 * @f: set up before, or zeroed
 */
void vgpu_fifo_fini(struct vgpu_fifo *f)
{
	kfree(f->ring);
	f->ring = NULL;
}
EXPORT_SYMBOL_GPL(vgpu_fifo_fini);

/**
 * vgpu_fifo_level() - entries waiting
 * @f: the FIFO
 *
 * Return: 0 to depth; from either side.
 */
u32 vgpu_fifo_level(const struct vgpu_fifo *f)
{
	/* Acquire: what the other side did up to its index is seen. */
	return smp_load_acquire(&f->tail) - smp_load_acquire(&f->head);
}
EXPORT_SYMBOL_GPL(vgpu_fifo_level);

/**
 * vgpu_fifo_push() - queue a register write (producer)
 * @f: the FIFO
 * @offset: the register
 * @val: the value
 *
 * Return: false when the FIFO is full.
 */
bool vgpu_fifo_push(struct vgpu_fifo *f, u32 offset, u32 val)
{
	struct vgpu_fifo_entry *e;

	if (vgpu_fifo_level(f) == f->depth)
		return false;
	e = &f->ring[f->tail & (f->depth - 1)];
	e->offset = offset;
	e->val = val;
	/* The entry must be whole before it is seen. */
	smp_store_release(&f->tail, f->tail + 1);
	return true;
}

/**
 * vgpu_fifo_pop() - take the oldest register write (consumer)
 * @f: the FIFO
 * @e: where it is put
 *
 * Return: false when the FIFO is empty.
 */
bool vgpu_fifo_pop(struct vgpu_fifo *f, struct vgpu_fifo_entry *e)
{
	if (!vgpu_fifo_level(f))
		return false;
	*e = f->ring[f->head & (f->depth - 1)];
	/* The entry must have been read before it is overwritten. */
	smp_store_release(&f->head, f->head + 1);
	return true;
}
EXPORT_SYMBOL_GPL(vgpu_fifo_pop);

/**
 * vgpu_fifo_clear() - forget all entries (consumer, or both sides stopped)
 * @f: the FIFO
 */
void vgpu_fifo_clear(struct vgpu_fifo *f)
{
	/* As if each had been popped. */
	smp_store_release(&f->head, smp_load_acquire(&f->tail));
	vgpu_fifo_wake(f);
}
EXPORT_SYMBOL_GPL(vgpu_fifo_clear);

/*
 * Is there so much room that it is worth waking whoever waits for it? Waking for
 * each entry would have it run, fill that one and sleep again after each slice.
 */
static bool has_room(const struct vgpu_fifo *f)
{
	return vgpu_fifo_level(f) <= f->depth - f->depth / 4;
}

/**
 * vgpu_fifo_wake() - entries were taken: let a producer that waits go on
 * @f: the FIFO; consumer
 */
void vgpu_fifo_wake(struct vgpu_fifo *f)
{
	if (wq_has_sleeper(&f->room) && has_room(f))
		wake_up_all(&f->room);
}
EXPORT_SYMBOL_GPL(vgpu_fifo_wake);

/**
 * vgpu_fifo_wait() - wait for room
 * @f: the FIFO
 * @timeout: jiffies to wait for more room than for one entry
 *
 * Return: as wait_event_killable_timeout(): negative when the caller is being
 * killed.
 */
long vgpu_fifo_wait(struct vgpu_fifo *f, long timeout)
{
	return wait_event_killable_timeout(f->room, has_room(f), timeout);
}

/**
 * vgpu_fifo_describe() - the last entries that were taken, as text
 * @f: the FIFO; consumer
 * @buf: for the text
 * @size: bytes there
 *
 * They are still in the ring, before its head.
 *
 * Return: bytes written, without the final zero.
 */
int vgpu_fifo_describe(const struct vgpu_fifo *f, char *buf, size_t size)
{
	u32 head = READ_ONCE(f->head);
	u32 waiting = vgpu_fifo_level(f);
	const struct vgpu_fifo_entry *e;
	int len;
	u32 n;

	/* Of a full ring, some of it is new already. */
	n = min(min(head, f->depth), f->depth - waiting);
	len = scnprintf(buf, size, "last %u writes, oldest first; %u waiting\n",
			n, waiting);
	for (; n; n--) {
		e = &f->ring[(head - n) & (f->depth - 1)];
		len += scnprintf(buf + len, size - len, "  %#06x %#010x\n",
				 e->offset, e->val);
	}
	return len;
}
EXPORT_SYMBOL_GPL(vgpu_fifo_describe);

/**
 * vgpu_fifo_save() - save the entries that wait
 * @f: the FIFO; both sides stopped
 * @w: where to: how many there are, then register and value of each
 */
void vgpu_fifo_save(const struct vgpu_fifo *f, struct vgpu_writer *w)
{
	const struct vgpu_fifo_entry *e;
	u32 i;

	vgpu_put_u32(w, vgpu_fifo_level(f));
	for (i = f->head; i != f->tail; i++) {
		e = &f->ring[i & (f->depth - 1)];
		vgpu_put_u32(w, e->offset);
		vgpu_put_u32(w, e->val);
	}
}
EXPORT_SYMBOL_GPL(vgpu_fifo_save);

/**
 * vgpu_fifo_load() - load entries
 * @f: the FIFO, empty; both sides stopped
 * @r: where from
 * @size: bytes of register space: no entry is for a register beyond it
 *
 * What is refused half way is forgotten by vgpu_fifo_clear().
 */
void vgpu_fifo_load(struct vgpu_fifo *f, struct vgpu_reader *r, u32 size)
{
	u32 offset, val, n = vgpu_get(r, "FIFO level", 4, f->depth);

	for (; n && vgpu_reader_ok(r); n--) {
		offset = vgpu_get(r, "FIFO offset", 4, size - 4);
		val = vgpu_get(r, "FIFO value", 4, U32_MAX);
		vgpu_fifo_push(f, offset, val);
	}
}
EXPORT_SYMBOL_GPL(vgpu_fifo_load);
