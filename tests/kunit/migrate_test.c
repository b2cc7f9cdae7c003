// SPDX-License-Identifier: GPL-2.0
/*
 * Migration: the arcs between VFIO's states, and the stream by which an instance of
 * the mock GPU leaves and another arrives; whole, cut off, and made by somebody who
 * means harm.
 */
#include <kunit/test.h>
#include <linux/file.h>
#include <linux/prandom.h>
#include <linux/unaligned.h>

#include "../../drivers/vgpu/bus/bus.h"
#include "../../drivers/vgpu/migrate/loader.h"
#include "../../drivers/vgpu/migrate/migrate.h"
#include "../../drivers/vgpu/migrate/saver.h"
#include "../../drivers/vgpu/migrate/transfer.h"
#include "../../drivers/vgpu/work/sched.h"
#include "mock_gpu.h"
#include "state.h"

/* The states that a device can be in, and all that there are. */
static const u8 states[] = {
	VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_RUNNING,
	VFIO_DEVICE_STATE_STOP_COPY, VFIO_DEVICE_STATE_RESUMING,
	VFIO_DEVICE_STATE_RUNNING_P2P, VFIO_DEVICE_STATE_PRE_COPY,
	VFIO_DEVICE_STATE_PRE_COPY_P2P,
};

#define NR_STATES	(VFIO_DEVICE_STATE_PRE_COPY_P2P + 1)

static int set_state(struct vgpu_vdev *vd, enum vfio_device_mig_state to)
{
	struct file *file;

	file = vd->vdev.mig_ops->migration_set_state(&vd->vdev, to);
	if (IS_ERR(file))
		return PTR_ERR(file);
	/* Whoever moves an instance keeps it; here the transfer is used itself. */
	if (file)
		fput(file);
	return 0;
}

static int get_state(struct vgpu_vdev *vd)
{
	enum vfio_device_mig_state state;

	vd->vdev.mig_ops->migration_get_state(&vd->vdev, &state);
	return state;
}

static bool is_precopy(int state)
{
	return state == VFIO_DEVICE_STATE_PRE_COPY ||
	       state == VFIO_DEVICE_STATE_PRE_COPY_P2P;
}

static void expect_state(struct kunit *test, struct vgpu_vdev *vd, int want)
{
	bool copied = is_precopy(want);
	bool runs = want == VFIO_DEVICE_STATE_RUNNING ||
		    want == VFIO_DEVICE_STATE_RUNNING_P2P || copied;

	KUNIT_EXPECT_EQ(test, get_state(vd), want);
	mutex_lock(&vd->trap_lock);
	KUNIT_EXPECT_EQ(test, vgpu_sched_paused(vd), !runs);
	KUNIT_EXPECT_EQ(test, vd->halted, !runs);
	KUNIT_EXPECT_EQ(test, vd->irqs.held, !runs);
	mutex_unlock(&vd->trap_lock);
	KUNIT_EXPECT_EQ(test, !!vd->migration.transfer,
			want == VFIO_DEVICE_STATE_STOP_COPY ||
			want == VFIO_DEVICE_STATE_RESUMING || copied);
	KUNIT_EXPECT_EQ(test, vgpu_moving.data_size(vd) > VGPU_STREAM_BLOCK, runs);
}

/* ---- States */

/* Brings it there, whatever it was; a stream is loaded by its own bytes. */
static int go_to(struct kunit *test, struct vgpu_vdev *vd, int state)
{
	vgpu_moving.reset(vd);
	expect_state(test, vd, VFIO_DEVICE_STATE_RUNNING);
	return set_state(vd, state);
}

/* From each state to each: there, or refused and nothing changed. */
static void migrate_ways(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_BOTH, 1);
	unsigned int i, to;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		u8 from = states[i];

		for (to = 0; to < NR_STATES + 2; to++) {
			bool legal = memchr(states, to, sizeof(states)) &&
				     (from != VFIO_DEVICE_STATE_STOP_COPY ||
				      !is_precopy(to));

			KUNIT_ASSERT_EQ(test, go_to(test, vd, from), 0);
			expect_state(test, vd, from);
			if (!legal) {
				KUNIT_EXPECT_EQ(test, set_state(vd, to),
						-EINVAL);
				expect_state(test, vd, from);
			} else if (from == VFIO_DEVICE_STATE_RESUMING &&
				   to != from) {
				/* Nothing has arrived. */
				KUNIT_EXPECT_EQ(test, set_state(vd, to),
						-EINVAL);
				expect_state(test, vd,
					     VFIO_DEVICE_STATE_ERROR);
			} else {
				KUNIT_EXPECT_EQ(test, set_state(vd, to), 0);
				expect_state(test, vd, to);
			}
		}
	}
	/* Nothing but a reset leads out of an error. */
	KUNIT_ASSERT_EQ(test, go_to(test, vd, VFIO_DEVICE_STATE_RESUMING), 0);
	KUNIT_EXPECT_EQ(test, set_state(vd, VFIO_DEVICE_STATE_STOP), -EINVAL);
	for (to = 0; to < NR_STATES + 2; to++) {
		KUNIT_EXPECT_EQ(test, set_state(vd, to), -EINVAL);
		expect_state(test, vd, VFIO_DEVICE_STATE_ERROR);
	}
	vgpu_moving.reset(vd);
	expect_state(test, vd, VFIO_DEVICE_STATE_RUNNING);
	mock_gone(vd);
}

/* Closed in each state, and opened again: it runs. */
static void migrate_close(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_BOTH, 1);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		KUNIT_ASSERT_EQ(test, set_state(vd, states[i]), 0);
		mock_submit(vd, VGPU_CLASS_COPY, 1);
		mock_close(vd);
		KUNIT_ASSERT_EQ(test, mock_open(vd), 0);
		expect_state(test, vd, VFIO_DEVICE_STATE_RUNNING);
	}
	mock_gone(vd);
}

/* A GPU that is lost: what only stands still may, what needs the GPU may not. */
static void migrate_lost(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_BOTH, 1);

	vgpu_gpu_lost(&vd->pd->gpu);
	KUNIT_EXPECT_EQ(test, set_state(vd, VFIO_DEVICE_STATE_STOP), 0);
	KUNIT_EXPECT_EQ(test, set_state(vd, VFIO_DEVICE_STATE_STOP_COPY), -EIO);
	KUNIT_EXPECT_EQ(test, set_state(vd, VFIO_DEVICE_STATE_RESUMING), -EIO);
	expect_state(test, vd, VFIO_DEVICE_STATE_STOP);
	KUNIT_EXPECT_EQ(test, set_state(vd, VFIO_DEVICE_STATE_RUNNING), 0);
	mock_gone(vd);
}

/* Who does no DMA says so, but not before he is asked to look. */
static void migrate_logging(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_BOTH, 1);
	/* Not by the device: not every kernel is offered them. */
	const struct vfio_log_ops *ops = &vgpu_log_ops;
	u64 page = SZ_2M, odd = 12345;

	KUNIT_EXPECT_NE(test, ops->log_read_and_clear(&vd->vdev, 0, page, NULL),
			0);
	KUNIT_EXPECT_NE(test, ops->log_stop(&vd->vdev), 0);
	KUNIT_EXPECT_EQ(test, ops->log_start(&vd->vdev, NULL, 1, &page), 0);
	KUNIT_EXPECT_EQ(test, page, (u64)SZ_2M);
	KUNIT_EXPECT_NE(test, ops->log_start(&vd->vdev, NULL, 1, &odd), 0);
	KUNIT_EXPECT_EQ(test, odd, (u64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, ops->log_read_and_clear(&vd->vdev, 0, page, NULL),
			0);
	KUNIT_EXPECT_EQ(test, ops->log_stop(&vd->vdev), 0);
	KUNIT_EXPECT_EQ(test, ops->log_start(&vd->vdev, NULL, 1, &page), 0);
	mock_close(vd);
	KUNIT_ASSERT_EQ(test, mock_open(vd), 0);
	KUNIT_EXPECT_EQ(test, ops->log_start(&vd->vdev, NULL, 1, &page), 0);
	mock_gone(vd);
}

/* ---- Streams */

struct stream {
	u8 *bytes;
	size_t len;
};

static u8 *vram_of(struct kunit *test, struct vgpu_vdev *vd)
{
	struct mock_gpu *mock = test->priv;

	return mock->vram + vd->inst.vram_offset;
}

/* Some blocks of it are zero, and the last byte is not. */
static void fill_vram(struct kunit *test, struct vgpu_vdev *vd, u32 seed)
{
	u8 *vram = vram_of(test, vd);
	struct rnd_state rnd;
	u64 at;

	prandom_seed_state(&rnd, seed);
	for (at = 0; at < vd->inst.vram_size; at += PAGE_SIZE)
		if (prandom_u32_state(&rnd) % 40 == 0)
			prandom_bytes_state(&rnd, vram + at, PAGE_SIZE);
	vram[vd->inst.vram_size - 1] = 0x5a;
}

/* The whole of it; the instance is left where streams are read. */
static struct stream save(struct kunit *test, struct vgpu_vdev *vd)
{
	size_t room = vgpu_saver_size(vd);
	struct vgpu_saver *s;
	struct stream st = {};

	KUNIT_ASSERT_EQ(test, set_state(vd, VFIO_DEVICE_STATE_STOP_COPY), 0);
	s = vd->migration.transfer->saver;
	st.bytes = kvmalloc(room, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, st.bytes);
	for (;;) {
		KUNIT_ASSERT_EQ(test, stream_fill(s), 0);
		if (!s->left)
			return st;
		KUNIT_ASSERT_LE(test, st.len + s->left, room);
		memcpy(st.bytes + st.len, s->at, s->left);
		st.len += s->left;
		vgpu_saver_take(s, s->left);
	}
}

/* Of a stream for @vd in pieces by chance. Return: as vgpu_loader_put(). */
static int put(struct vgpu_vdev *vd, const struct stream *st,
	       struct rnd_state *rnd)
{
	struct vgpu_transfer *t = vd->migration.transfer;
	size_t at, n;
	int ret = 0;

	for (at = 0; at < st->len && !ret; at += n) {
		n = prandom_u32_state(rnd) % 8 ? prandom_u32_state(rnd) % 100 :
						 prandom_u32_state(rnd) % SZ_64K;
		n = min(n, st->len - at);
		ret = stream_put(t->loader, st->bytes + at, n);
	}
	/* As write() has it. */
	if (ret)
		t->broken = true;
	return ret;
}

static int load(struct kunit *test, struct vgpu_vdev *vd,
		const struct stream *st, struct rnd_state *rnd)
{
	KUNIT_ASSERT_EQ(test, set_state(vd, VFIO_DEVICE_STATE_RESUMING), 0);
	return put(vd, st, rnd) ?: set_state(vd, VFIO_DEVICE_STATE_STOP);
}

/* What it says of @vd in this moment is what @want says of another. */
static void expect_same(struct kunit *test, struct vgpu_vdev *a,
			struct vgpu_vdev *b)
{
	struct state st = state_save(test, a, ktime_get_ns());

	state_expect_same(test, b, &st);
	kunit_kfree(test, st.bytes);
	KUNIT_EXPECT_TRUE(test, !memcmp(vram_of(test, a), vram_of(test, b),
					a->inst.vram_size));
}

static void give_work(struct vgpu_vdev *vd, u32 pieces)
{
	unsigned int i;

	for (i = 0; i < vd->nr_ctx; i++) {
		enum vgpu_engine_class class = vd->ctx[i].q.engine->desc->class;

		mock_queue(vd, class)->length = 20;
		mock_submit(vd, class, pieces);
	}
}

static void expect_done(struct kunit *test, struct vgpu_vdev *vd)
{
	unsigned int i;

	for (i = 0; i < vd->nr_ctx; i++) {
		struct mock_queue *mq = vd->ctx[i].q.priv;

		KUNIT_EXPECT_TRUE(test, mock_await(!READ_ONCE(mq->pieces)));
		KUNIT_EXPECT_EQ(test, mq->forgotten, 0U);
	}
}

/* Each type: with its work and its memory, which was somebody else's before. */
static void migrate_moves(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int type;

	prandom_seed_state(&rnd, 7);
	for (type = 0; type < MOCK_TYPES; type++) {
		struct vgpu_vdev *from = mock_opened(test, type, 1);
		struct vgpu_vdev *to = mock_opened(test, type, 2);
		struct stream st;

		fill_vram(test, from, type);
		fill_vram(test, to, type + 100);
		give_work(from, 50);
		st = save(test, from);
		KUNIT_EXPECT_EQ(test, load(test, to, &st, &rnd), 0);
		expect_same(test, from, to);
		KUNIT_EXPECT_EQ(test, set_state(to, VFIO_DEVICE_STATE_RUNNING),
				0);
		KUNIT_EXPECT_EQ(test, set_state(from, VFIO_DEVICE_STATE_RUNNING),
				0);
		expect_done(test, to);
		expect_done(test, from);
		kvfree(st.bytes);
		mock_gone(from);
		mock_gone(to);
	}
}

/* Blocks that are zero are not in the stream, and are zero where it is loaded. */
static void migrate_zeros(struct kunit *test)
{
	struct vgpu_vdev *from = mock_opened(test, MOCK_COMPUTE, 1);
	struct vgpu_vdev *to = mock_opened(test, MOCK_COMPUTE, 2);
	struct rnd_state rnd;
	struct stream st;

	prandom_seed_state(&rnd, 5);
	vram_of(test, from)[VGPU_STREAM_BLOCK + 1] = 1;
	memset(vram_of(test, to), 0xa5, to->inst.vram_size);
	st = save(test, from);
	KUNIT_EXPECT_GT(test, st.len, (size_t)VGPU_STREAM_BLOCK);
	KUNIT_EXPECT_LT(test, st.len, (size_t)VGPU_STREAM_BLOCK * 2);
	KUNIT_EXPECT_EQ(test, load(test, to, &st, &rnd), 0);
	expect_same(test, from, to);
	kvfree(st.bytes);
	mock_gone(from);
	mock_gone(to);
}

static u64 counted(const struct vgpu_vdev *vd, enum vgpu_moved what)
{
	return atomic64_read(&vd->migration.moved[what]);
}

/* From create on, and of the last: whatever becomes of it. */
static void migrate_counts(struct kunit *test)
{
	struct vgpu_vdev *from = mock_opened(test, MOCK_BOTH, 1);
	struct vgpu_vdev *to = mock_opened(test, MOCK_BOTH, 2);
	struct rnd_state rnd;
	struct stream st;

	prandom_seed_state(&rnd, 11);
	KUNIT_EXPECT_EQ(test, set_state(from, VFIO_DEVICE_STATE_PRE_COPY), 0);
	KUNIT_EXPECT_EQ(test, set_state(from, VFIO_DEVICE_STATE_RUNNING), 0);
	KUNIT_EXPECT_EQ(test, counted(from, VGPU_MOVED_SAVES_FAILED), 1ULL);
	st = save(test, from);
	KUNIT_EXPECT_EQ(test, counted(from, VGPU_MOVED_SAVES), 1ULL);
	KUNIT_EXPECT_EQ(test, counted(from, VGPU_MOVED_SENT), (u64)st.len);
	KUNIT_EXPECT_EQ(test, counted(from, VGPU_MOVED_STOP_BYTES), (u64)st.len);
	KUNIT_EXPECT_LE(test, (u64)st.len, vgpu_saver_whole(from));
	st.len--;
	KUNIT_EXPECT_EQ(test, load(test, to, &st, &rnd), -EINVAL);
	st.len++;
	vgpu_moving.reset(to);
	KUNIT_EXPECT_EQ(test, counted(to, VGPU_MOVED_LOADS_FAILED), 1ULL);
	KUNIT_EXPECT_EQ(test, load(test, to, &st, &rnd), 0);
	KUNIT_EXPECT_EQ(test, set_state(to, VFIO_DEVICE_STATE_RUNNING), 0);
	KUNIT_EXPECT_EQ(test, counted(to, VGPU_MOVED_LOADS), 1ULL);
	KUNIT_EXPECT_EQ(test, counted(to, VGPU_MOVED_RECEIVED),
			2 * (u64)st.len - 1);
	kvfree(st.bytes);
	mock_gone(from);
	mock_gone(to);
}

static void expect_refused(struct kunit *test, struct vgpu_vdev *vd,
			   const struct stream *st, const char *why)
{
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 1);
	KUNIT_ASSERT_EQ(test, set_state(vd, VFIO_DEVICE_STATE_RESUMING), 0);
	KUNIT_EXPECT_EQ(test, put(vd, st, &rnd), -EINVAL);
	KUNIT_EXPECT_STREQ(test, vd->migration.transfer->loader->r.refusal, why);
	expect_state(test, vd, VFIO_DEVICE_STATE_ERROR);
	vgpu_moving.reset(vd);
	expect_state(test, vd, VFIO_DEVICE_STATE_RUNNING);
}

/* By the field that is wrong, as early as it has arrived. */
static void migrate_refusals(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_BOTH, 1);
	struct stream st, bad;
	u8 *b;

	vram_of(test, vd)[0] = 1;
	st = save(test, vd);
	vgpu_moving.reset(vd);
	b = kvmalloc(st.len + 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, b);
#define EXPECT_REFUSED(change, why) do {				\
	memcpy(b, st.bytes, st.len);					\
	b[st.len] = 0;							\
	bad = (struct stream) { b, st.len };				\
	change;								\
	expect_refused(test, vd, &bad, "stream: " why);			\
} while (0)
	EXPECT_REFUSED(b[0] = '\n', "magic: \\nGPUmove");
	EXPECT_REFUSED(b[8] = 2, "version: 0x2 is more than 0x1");
	EXPECT_REFUSED(b[8] = 0, "version: there is no 0");
	EXPECT_REFUSED(b[10] = 65, "number of sections: 0x41 is more than 0x40");
	EXPECT_REFUSED(b[12] = 1, "flags: 0x1 is more than 0x0");
	EXPECT_REFUSED(put_unaligned_le64(SZ_1G, b + 16),
		       "VRAM size: 1073741824 is not 65536");
	EXPECT_REFUSED(b[24] = 'r', "backend: rock is not mock");
	EXPECT_REFUSED(b[29] = 'r', "backend: mock\\0r is not mock");
	EXPECT_REFUSED(b[56] = '%', "type: %OTH is not BOTH");
	EXPECT_REFUSED(put_unaligned_le16(0x7777, b + 88),
		       "listed section: id 0x7777 is not known");
	EXPECT_REFUSED(b[90] = 9,
		       "listed version: queues of version 9, known are 1 to 1");
	EXPECT_REFUSED(b[90] = 0,
		       "listed version: queues of version 0, known are 1 to 1");
#define AT	(VGPU_STREAM_HEADER + st.bytes[10] * VGPU_STREAM_SECTION)
	EXPECT_REFUSED(b[AT] = 0, "record: there is no kind 0");
	EXPECT_REFUSED(b[AT] = 4, "record: 0x4 is more than 0x3");
	EXPECT_REFUSED(put_unaligned_le32(0, b + AT + 4),
		       "record length: 0 bytes of memory");
	EXPECT_REFUSED(put_unaligned_le32(SZ_1M + 1, b + AT + 4),
		       "record length: 1048577 bytes of memory");
	EXPECT_REFUSED(put_unaligned_le64(SZ_64K - 1, b + AT + 8),
		       "record offset: 65536 bytes at 0xffff, of 0x10000");
	EXPECT_REFUSED(put_unaligned_le64(U64_MAX, b + AT + 8),
		       "record offset: 65536 bytes at 0xffffffffffffffff, of 0x10000");
	EXPECT_REFUSED(put_unaligned_le32(VGPU_RECORD_ZERO, b + AT);
		       put_unaligned_le32(U32_MAX, b + AT + 4),
		       "record offset: 4294967295 bytes at 0x0, of 0x10000");
#undef AT
	EXPECT_REFUSED(bad.len++, "end: 1 bytes are left over");
#undef EXPECT_REFUSED
	kvfree(b);
	kvfree(st.bytes);
	mock_gone(vd);
}

/* Cut off anywhere. */
static void migrate_truncated(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_COMPUTE, 1);
	struct rnd_state rnd;
	struct stream st, cut;

	prandom_seed_state(&rnd, 3);
	give_work(vd, 3);
	st = save(test, vd);
	vgpu_moving.reset(vd);
	for (cut = st; cut.len--;) {
		KUNIT_EXPECT_EQ_MSG(test, load(test, vd, &cut, &rnd), -EINVAL,
				    "%zu bytes", cut.len);
		expect_state(test, vd, VFIO_DEVICE_STATE_ERROR);
		vgpu_moving.reset(vd);
	}
	KUNIT_EXPECT_EQ(test, load(test, vd, &st, &rnd), 0);
	kvfree(st.bytes);
	mock_gone(vd);
}

/* ---- Somebody who means harm */

/* Somewhere in the structure, where it hurts: lengths, counts, kinds, offsets. */
static void mutate(struct stream *st, struct rnd_state *rnd)
{
	size_t at = prandom_u32_state(rnd) % st->len;
	size_t n = prandom_u32_state(rnd) % 64;

	/* Mostly in heads and sections, which are few of the bytes. */
	if (prandom_u32_state(rnd) % 2)
		at = prandom_u32_state(rnd) % min_t(size_t, st->len, 300);
	else if (prandom_u32_state(rnd) % 2)
		at = st->len - 1 -
		     prandom_u32_state(rnd) % min_t(size_t, st->len, 2000);
	n = min(n, st->len - at);
	switch (prandom_u32_state(rnd) % 6) {
	case 0:
		st->bytes[at] ^= BIT(prandom_u32_state(rnd) % 8);
		break;
	case 1:
		st->bytes[at] = prandom_u32_state(rnd) % 2 ? 0xff : 0;
		break;
	case 2:
		if (st->len - at >= 4)
			put_unaligned_le32(prandom_u32_state(rnd) %
					   (2 * st->len), st->bytes + at);
		break;
	case 3:
		prandom_bytes_state(rnd, st->bytes + at, n);
		break;
	case 4:			/* something is missing */
		st->len -= n;
		memmove(st->bytes + at, st->bytes + at + n, st->len - at);
		break;
	default:		/* something is there twice */
		memmove(st->bytes + at, st->bytes,
			min(n, st->len - at));
	}
}

/* It is as good as any other: what it says of itself can be loaded, and is the same. */
static void expect_sane(struct kunit *test, struct vgpu_vdev *vd,
			struct rnd_state *rnd)
{
	struct stream now = save(test, vd), again;

	KUNIT_EXPECT_EQ(test, load(test, vd, &now, rnd), 0);
	again = save(test, vd);
	KUNIT_EXPECT_EQ(test, again.len, now.len);
	kvfree(now.bytes);
	kvfree(again.bytes);
}

#define MUTATIONS	2000

static void migrate_hostile(struct kunit *test)
{
	static const u8 types[] = { MOCK_BOTH, MOCK_COMPUTE, MOCK_DISPLAY };
	unsigned int i, j, taken = 0;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 17);
	for (j = 0; j < ARRAY_SIZE(types); j++) {
		struct vgpu_vdev *vd = mock_opened(test, types[j], 1);
		struct stream st, bad;

		fill_vram(test, vd, j);
		give_work(vd, 5);
		st = save(test, vd);
		vgpu_moving.reset(vd);
		bad.bytes = kvmalloc(st.len, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, bad.bytes);
		for (i = 0; i < MUTATIONS; i++) {
			unsigned int n = 1 + prandom_u32_state(&rnd) % 3;

			bad.len = st.len;
			memcpy(bad.bytes, st.bytes, st.len);
			while (n--)
				mutate(&bad, &rnd);
			if (!load(test, vd, &bad, &rnd)) {
				taken++;
				expect_sane(test, vd, &rnd);
			} else {
				expect_state(test, vd, VFIO_DEVICE_STATE_ERROR);
			}
			vgpu_moving.reset(vd);
		}
		KUNIT_EXPECT_EQ(test, load(test, vd, &st, &rnd), 0);
		kvfree(bad.bytes);
		kvfree(st.bytes);
		mock_gone(vd);
	}
	/* Of contents of memory, anything is good. */
	KUNIT_EXPECT_GT(test, taken, 0U);
	KUNIT_EXPECT_LT(test, taken, MUTATIONS * (unsigned int)ARRAY_SIZE(types));
}

static struct kunit_case migrate_cases[] = {
	KUNIT_CASE(migrate_ways),
	KUNIT_CASE(migrate_close),
	KUNIT_CASE(migrate_lost),
	KUNIT_CASE(migrate_logging),
	KUNIT_CASE(migrate_moves),
	KUNIT_CASE(migrate_zeros),
	KUNIT_CASE(migrate_counts),
	KUNIT_CASE(migrate_refusals),
	KUNIT_CASE_SLOW(migrate_truncated),
	KUNIT_CASE_SLOW(migrate_hostile),
	{}
};

static struct kunit_suite migrate_suite = {
	.name = "migrate",
	.init = mock_init,
	.exit = mock_exit,
	.test_cases = migrate_cases,
};

kunit_test_suite(migrate_suite);

MODULE_LICENSE("GPL");
