// SPDX-License-Identifier: GPL-2.0
/*
 * A stream becomes an instance. It may come from anybody, and in pieces of any size:
 * each part is collected, checked, and used when it is whole. So a stream that does
 * not fit is refused by its first bytes, and the sender learns of it in time.
 *
 * No more memory is taken than bytes have arrived, whatever lengths are promised.
 * The sections are loaded when all of them are there, with the memory before them.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../core.h"
#include "../bus/bus.h"
#include "../work/sched.h"
#include "loader.h"
#include "migrate.h"

/* Room for sections at first: enough for most. */
#define STATE_ROOM	SZ_32K

/**
 * vgpu_loader_new() - begin to load a stream
 * @vd: the instance
 *
 * Return: the loader, or an error pointer: -ENOMEM.
 */
struct vgpu_loader *vgpu_loader_new(struct vgpu_vdev *vd)
{
	struct vgpu_loader *l = kzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);

	if (!l)
		return ERR_PTR(-ENOMEM);
	l->vd = vd;
	vgpu_reader_init(&l->r, NULL, 0);
	return l;
}

/**
 * vgpu_loader_free() - it is not needed any more
 * @l: the loader, or NULL
 */
void vgpu_loader_free(struct vgpu_loader *l)
{
	if (!l)
		return;
	vgpu_moved(l->vd, l->whole ? VGPU_MOVED_LOADS : VGPU_MOVED_LOADS_FAILED,
		   1);
	kvfree(l->state);
	kfree(l);
}

static void expect(struct vgpu_loader *l, enum vgpu_loader_phase phase)
{
	l->phase = phase;
	l->have = 0;
}

/* Bytes of the head that is being collected. */
static u32 wanted(const struct vgpu_loader *l)
{
	switch (l->phase) {
	case VGPU_LOADER_HEADER:
		return VGPU_STREAM_HEADER;
	case VGPU_LOADER_LIST:
		return VGPU_STREAM_SECTION;
	default:
		return VGPU_STREAM_RECORD;
	}
}

/* A block of what is to be zero. */
static int zero_some(struct vgpu_loader *l)
{
	u64 at = l->vd->inst.vram_offset + l->rec.offset + l->have;
	u32 n = min_t(u32, l->rec.length - l->have, VGPU_STREAM_BLOCK);

	if (READ_ONCE(l->vd->pd->lost))
		return -EIO;
	vgpu_reach_lock(l->vd->pd);
	vgpu_vram_zero(&l->vd->pd->gpu.desc.vram, at, n);
	vgpu_reach_unlock(l->vd->pd);
	l->have += n;
	if (l->have == l->rec.length)
		expect(l, VGPU_LOADER_HEAD);
	return 0;
}

static int load_sections(struct vgpu_loader *l)
{
	struct vgpu_vdev *vd = l->vd;
	int ret;

	if (!vgpu_migrate_present(vd))
		return -EIO;
	l->arrived = ktime_get_ns();
	vgpu_reader_init(&l->r, l->state, l->rec.length);
	mutex_lock(&vd->trap_lock);
	ret = vgpu_function_load(vd, &l->r);
	mutex_unlock(&vd->trap_lock);
	expect(l, VGPU_LOADER_DONE);
	return ret;
}

static int begin_record(struct vgpu_loader *l)
{
	switch (l->rec.kind) {
	case VGPU_RECORD_VRAM:
		expect(l, VGPU_LOADER_MEMORY);
		return 0;
	case VGPU_RECORD_ZERO:
		expect(l, VGPU_LOADER_ZERO);
		return 0;
	default:
		expect(l, VGPU_LOADER_STATE);
		return l->rec.length ? 0 : load_sections(l);
	}
}

/* A head is there as a whole. */
static int use_part(struct vgpu_loader *l)
{
	vgpu_reader_init(&l->r, l->part, wanted(l));
	switch (l->phase) {
	case VGPU_LOADER_HEADER:
		l->listed = vgpu_get_header(l->vd, &l->r);
		break;
	case VGPU_LOADER_LIST:
		vgpu_get_listed(l->vd, &l->r);
		l->listed--;
		break;
	default:
		vgpu_get_record(&l->r, l->vd->inst.vram_size, &l->rec);
		return vgpu_reader_ok(&l->r) ? begin_record(l) : -EINVAL;
	}
	expect(l, l->listed ? VGPU_LOADER_LIST : VGPU_LOADER_HEAD);
	return vgpu_reader_ok(&l->r) ? 0 : -EINVAL;
}

static int put_part(struct vgpu_loader *l, const u8 *from, size_t n)
{
	memcpy(l->part + l->have, from, n);
	l->have += n;
	return l->have == wanted(l) ? use_part(l) : 0;
}

static int put_memory(struct vgpu_loader *l, const u8 *from, size_t n)
{
	const struct vgpu_instance *inst = &l->vd->inst;

	if (READ_ONCE(l->vd->pd->lost))
		return -EIO;
	vgpu_reach_lock(l->vd->pd);
	vgpu_vram_write(&l->vd->pd->gpu.desc.vram,
			inst->vram_offset + l->rec.offset + l->have, from, n);
	vgpu_reach_unlock(l->vd->pd);
	l->have += n;
	if (l->have == l->rec.length)
		expect(l, VGPU_LOADER_HEAD);
	return 0;
}

static int make_room(struct vgpu_loader *l, size_t more)
{
	u32 room = l->room;
	u8 *state;

	if (more <= room - l->have)
		return 0;
	do {
		room = room ? 2 * room : STATE_ROOM;
	} while (more > room - l->have);
	room = min(room, l->rec.length);
	state = kvmalloc(room, GFP_KERNEL_ACCOUNT);
	if (!state)
		return -ENOMEM;
	memcpy(state, l->state, l->have);
	kvfree(l->state);
	l->state = state;
	l->room = room;
	return 0;
}

static int put_state(struct vgpu_loader *l, const u8 *from, size_t n)
{
	int ret = make_room(l, n);

	if (ret)
		return ret;
	memcpy(l->state + l->have, from, n);
	l->have += n;
	return l->have == l->rec.length ? load_sections(l) : 0;
}

/* At most up to the end of what is being collected. */
static int put_some(struct vgpu_loader *l, const u8 *from, size_t *n)
{
	switch (l->phase) {
	case VGPU_LOADER_MEMORY:
		*n = min_t(size_t, *n, l->rec.length - l->have);
		return put_memory(l, from, *n);
	case VGPU_LOADER_STATE:
		*n = min_t(size_t, *n, l->rec.length - l->have);
		return put_state(l, from, *n);
	case VGPU_LOADER_DONE:
		vgpu_refuse(&l->r, "end", "%zu bytes are left over", *n);
		return -EINVAL;
	default:
		*n = min_t(size_t, *n, wanted(l) - l->have);
		return put_part(l, from, *n);
	}
}

static int say(struct vgpu_loader *l, int err)
{
	if (err == -EINVAL)
		dev_notice_ratelimited(l->vd->inst.dev,
				       "migration: refused: %s\n",
				       l->r.refusal);
	return err;
}

/**
 * vgpu_loader_put() - bytes of the stream have arrived
 * @l: the loader
 * @from: the bytes
 * @n: how many
 *
 * Process context. Few bytes can have much memory cleared: it returns after a block of
 * that, for the caller to let others go on, and to come again with the rest.
 *
 * Return: how many were taken, none when there is more to be cleared; -EINVAL when the
 * stream is refused, and the kernel's log says why; -ENOMEM, -EIO when the GPU is lost.
 * After an error there is nothing to be done but to free it.
 */
ssize_t vgpu_loader_put(struct vgpu_loader *l, const u8 *from, size_t n)
{
	size_t done = 0, some;
	int ret = 0;

	might_sleep();
	while (done < n && !ret && l->phase != VGPU_LOADER_ZERO) {
		some = n - done;
		ret = put_some(l, from + done, &some);
		done += some;
	}
	if (!ret && l->phase == VGPU_LOADER_ZERO)
		ret = zero_some(l);
	l->received += done;
	vgpu_moved(l->vd, VGPU_MOVED_RECEIVED, done);
	return say(l, ret) ?: done;
}

/**
 * vgpu_loader_end() - nothing more comes
 * @l: the loader, of which nothing was refused
 *
 * Return: 0, -EINVAL when the stream is not whole.
 */
int vgpu_loader_end(struct vgpu_loader *l)
{
	l->whole = l->phase == VGPU_LOADER_DONE;
	if (l->whole)
		return 0;
	vgpu_refuse(&l->r, "end", "it is cut off after %llu bytes",
		    l->received);
	return say(l, -EINVAL);
}
