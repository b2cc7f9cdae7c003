// SPDX-License-Identifier: GPL-2.0
/*
 * An instance becomes a stream: the header, memory, the sections; format.c has the
 * parts. Memory comes first, so that the sections, which are taken when the instance
 * stands still, are the end of every stream: also of one of which the memory was
 * read while the instance ran.
 *
 * No lock of an engine is held, and others get the CPU, and the stream, after each block.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../core.h"
#include "../bus/bus.h"
#include "../work/sched.h"
#include "format.h"
#include "migrate.h"
#include "saver.h"

/* About what sections have: of a guest that has programs of its own, more. */
#define STATE_GUESS	SZ_64K

/**
 * vgpu_saver_new() - begin a stream
 * @vd: the instance
 * @running: it runs: then the stream has all of it but its end, which comes after
 *	vgpu_saver_capture()
 *
 * Return: the saver, or an error pointer: -ENOMEM.
 */
struct vgpu_saver *vgpu_saver_new(struct vgpu_vdev *vd, bool running)
{
	struct vgpu_saver *s;
	int ret = -ENOMEM;

	s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	if (!s)
		return ERR_PTR(-ENOMEM);
	s->vd = vd;
	s->running = running;
	s->buf = kvmalloc(VGPU_STREAM_RECORD + VGPU_STREAM_BLOCK,
			  GFP_KERNEL_ACCOUNT);
	if (s->buf)
		ret = vgpu_rounds_begin(&s->rounds, vd, running);
	if (!ret)
		return s;
	vgpu_saver_free(s);
	return ERR_PTR(ret);
}

/* All of it was taken. */
static bool is_whole(const struct vgpu_saver *s)
{
	return s->phase == VGPU_SAVER_END && !s->left;
}

/**
 * vgpu_saver_free() - it is not needed any more
 * @s: the saver, or NULL
 */
void vgpu_saver_free(struct vgpu_saver *s)
{
	if (!s)
		return;
	vgpu_rounds_end(&s->rounds);
	if (!is_whole(s))
		vgpu_moved(s->vd, VGPU_MOVED_SAVES_FAILED, 1);
	kvfree(s->state);
	kvfree(s->buf);
	kfree(s);
}

static int capture(struct vgpu_saver *s, struct vgpu_writer *w)
{
	u64 now;
	int ret;

	lockdep_assert_held(&s->vd->trap_lock);
	vgpu_writer_init(w, NULL, 0);
	now = w->now;
	ret = vgpu_function_save(s->vd, w);
	if (ret)
		return ret;
	s->state_len = w->len;
	s->state = kvmalloc(s->state_len, GFP_KERNEL_ACCOUNT);
	if (!s->state)
		return -ENOMEM;
	vgpu_writer_init(w, s->state, s->state_len);
	w->now = now;
	return vgpu_function_save(s->vd, w);
}

/**
 * vgpu_saver_capture() - take the sections: from now on the stream has an end
 * @s: the saver; the instance stands still, and its migration's lock is held
 *
 * Return: 0, -ENOMEM, -EBUSY when it does not stand still.
 */
int vgpu_saver_capture(struct vgpu_saver *s)
{
	struct vgpu_writer w;
	int ret;

	lockdep_assert_held(&s->vd->migration.lock);
	s->asked = s->vd->migration.asked;
	mutex_lock(&s->vd->trap_lock);
	ret = capture(s, &w);
	mutex_unlock(&s->vd->trap_lock);
	if (ret)
		return ret;
	if (WARN_ON_ONCE(w.len != s->state_len ||
			 w.len > VGPU_STREAM_STATE_MAX)) {
		kvfree(s->state);
		s->state = NULL;
		return -EIO;
	}
	s->running = false;
	vgpu_rounds_last(&s->rounds);
	return 0;
}

static void offer(struct vgpu_saver *s, const void *at, size_t n)
{
	s->at = at;
	s->left = n;
}

static void fill_header(struct vgpu_saver *s)
{
	struct vgpu_writer w;

	vgpu_writer_init(&w, s->buf, VGPU_STREAM_BLOCK);
	vgpu_put_header(s->vd, &w);
	offer(s, s->buf, w.len);
	s->phase = VGPU_SAVER_MEMORY;
}

static void put_record(struct vgpu_saver *s, enum vgpu_record_kind kind,
		       u64 offset, u32 length)
{
	const struct vgpu_record rec = { kind, length, offset };
	struct vgpu_writer w;

	vgpu_writer_init(&w, s->buf, VGPU_STREAM_RECORD);
	vgpu_put_record(&w, &rec);
}

/* A block that is zero is left out at first, as all is where a stream is loaded. */
static void fill_block(struct vgpu_saver *s, u64 offset, u32 n)
{
	const struct vgpu_instance *inst = &s->vd->inst;
	u8 *block = s->buf + VGPU_STREAM_RECORD;

	vgpu_reach_lock(s->vd->pd);
	vgpu_vram_read(&s->vd->pd->gpu.desc.vram, inst->vram_offset + offset,
		       block, n);
	vgpu_reach_unlock(s->vd->pd);
	if (memchr_inv(block, 0, n)) {
		put_record(s, VGPU_RECORD_VRAM, offset, n);
		offer(s, s->buf, VGPU_STREAM_RECORD + n);
	} else if (s->rounds.nr) {
		put_record(s, VGPU_RECORD_ZERO, offset, n);
		offer(s, s->buf, VGPU_STREAM_RECORD);
	}
}

static int fill_memory(struct vgpu_saver *s)
{
	u64 offset;
	u32 n;
	int ret;

	if (READ_ONCE(s->vd->pd->lost))
		return -EIO;
	ret = vgpu_rounds_next(&s->rounds, &offset, &n);
	if (ret < 0)
		return ret;
	if (!ret) {
		if (s->running)
			return -ENOMSG;
		s->phase = VGPU_SAVER_HEAD;
		return 0;
	}
	fill_block(s, offset, n);
	return s->left ? 0 : -EAGAIN;
}

/**
 * vgpu_saver_fill() - have the next piece there
 * @s: the saver, of which all was taken
 *
 * Process context. Much memory may be left out: it returns after a block of that, for the
 * caller to let others go on, and to come again.
 *
 * Return: 0, and at the end of the stream &vgpu_saver.left is, too; -EAGAIN when a block
 * was left out; -EIO when the GPU is lost, -EINTR when the caller is being killed,
 * -ENOMSG when there is nothing for now of an instance that runs.
 */
int vgpu_saver_fill(struct vgpu_saver *s)
{
	int ret = 0;

	might_sleep();
	while (!ret && !s->left && s->phase != VGPU_SAVER_END) {
		switch (s->phase) {
		case VGPU_SAVER_HEADER:
			fill_header(s);
			break;
		case VGPU_SAVER_MEMORY:
			ret = fill_memory(s);
			break;
		case VGPU_SAVER_HEAD:
			if (!vgpu_migrate_present(s->vd))
				return -EIO;
			put_record(s, VGPU_RECORD_STATE, 0, s->state_len);
			offer(s, s->buf, VGPU_STREAM_RECORD);
			s->phase = VGPU_SAVER_STATE;
			break;
		default:
			offer(s, s->state, s->state_len);
			s->phase = VGPU_SAVER_END;
		}
	}
	return ret;
}

static void end(const struct vgpu_saver *s)
{
	struct vgpu_migration *m = &s->vd->migration;

	vgpu_moved(s->vd, VGPU_MOVED_SAVES, 1);
	atomic64_set(&m->moved[VGPU_MOVED_STOP_BYTES], s->still);
	atomic64_set(&m->moved[VGPU_MOVED_STOP_NS],
		     ktime_get_ns() - s->asked);
}

/**
 * vgpu_saver_take() - a part of what is there was taken
 * @s: the saver
 * @n: bytes, not more than there are
 */
void vgpu_saver_take(struct vgpu_saver *s, size_t n)
{
	s->at += n;
	s->left -= n;
	vgpu_moved(s->vd, VGPU_MOVED_SENT, n);
	if (!s->running)
		s->still += n;
	if (n && is_whole(s))
		end(s);
}

/**
 * vgpu_saver_left() - how much there is to be read of an instance that runs
 * @s: the saver
 * @initial: set to the bytes that were not read yet of what is read once
 * @dirty: set to those that have come since
 *
 * But for heads of records, and the end.
 */
void vgpu_saver_left(const struct vgpu_saver *s, u64 *initial, u64 *dirty)
{
	vgpu_rounds_left(&s->rounds, initial, dirty);
	if (s->phase == VGPU_SAVER_HEADER)
		*initial += VGPU_STREAM_HEADER;
	*(s->rounds.nr ? dirty : initial) += s->left;
}

static u64 with_memory(u64 size)
{
	return VGPU_STREAM_HEADER + STATE_GUESS + size +
	       DIV_ROUND_UP_ULL(size, VGPU_STREAM_BLOCK) * VGPU_STREAM_RECORD;
}

/**
 * vgpu_saver_size() - about how many bytes a stream has
 * @vd: the instance
 *
 * Return: what it has at most, unless the guest has much work that waits; of one that
 * is copied while it runs, what of that would be left if it stood still now.
 */
u64 vgpu_saver_size(struct vgpu_vdev *vd)
{
	return with_memory(vgpu_track_bytes(vd));
}

/**
 * vgpu_saver_whole() - about how many bytes a stream of all of it has
 * @vd: the instance
 *
 * Return: as vgpu_saver_size(), whether it is being copied or not.
 */
u64 vgpu_saver_whole(struct vgpu_vdev *vd)
{
	return with_memory(vd->inst.vram_size);
}
