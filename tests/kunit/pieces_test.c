// SPDX-License-Identifier: GPL-2.0
/*
 * A stream whose bytes stand for much memory: no more than a block of that is gone
 * through at a time, so that whoever waits for the stream does not wait for all of it.
 */
#include <kunit/test.h>
#include <linux/unaligned.h>

#include "../../drivers/vgpu/migrate/loader.h"
#include "../../drivers/vgpu/migrate/migrate.h"
#include "../../drivers/vgpu/migrate/saver.h"
#include "../../drivers/vgpu/migrate/transfer.h"
#include "mock_gpu.h"
#include "other.h"
#include "state.h"

/* A stream's head, and a record by which all of a partition is zero. Return: bytes. */
static size_t all_zero(struct kunit *test, struct vgpu_vdev *vd, u8 *bytes)
{
	struct vgpu_saver *s = stream_begin(test, vd, VFIO_DEVICE_STATE_STOP_COPY)->saver;
	size_t n;

	KUNIT_ASSERT_EQ(test, stream_fill(s), 0);
	n = s->left;
	memcpy(bytes, s->at, n);
	put_unaligned_le32(VGPU_RECORD_ZERO, bytes + n);
	put_unaligned_le32(vd->inst.vram_size, bytes + n + 4);
	put_unaligned_le64(0, bytes + n + 8);
	return n + VGPU_STREAM_RECORD;
}

static void pieces_cleared(struct kunit *test)
{
	struct vgpu_vdev *from = mock_opened(test, MOCK_COMPUTE, 1);
	struct vgpu_vdev *to = mock_opened(test, MOCK_COMPUTE, 2);
	u64 size = to->inst.vram_size, at;
	struct mock_gpu *mock = test->priv;
	u8 *vram = mock->vram + to->inst.vram_offset;
	u8 *bytes = kunit_kzalloc(test, SZ_4K, GFP_KERNEL);
	struct vgpu_loader *l;
	ssize_t n;

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	KUNIT_ASSERT_GT(test, size, (u64)VGPU_STREAM_BLOCK);
	n = all_zero(test, from, bytes);
	l = stream_begin(test, to, VFIO_DEVICE_STATE_RESUMING)->loader;
	memset(vram, 0xa5, size);
	/* Half of another record is behind it. */
	KUNIT_EXPECT_EQ(test, vgpu_loader_put(l, bytes, n + 8), n);
	for (at = VGPU_STREAM_BLOCK; at < size; at += VGPU_STREAM_BLOCK) {
		KUNIT_EXPECT_NULL(test, memchr_inv(vram, 0, at));
		KUNIT_EXPECT_NULL(test, memchr_inv(vram + at, 0xa5, size - at));
		KUNIT_EXPECT_EQ(test, vgpu_loader_put(l, bytes + n, 8), 0);
	}
	KUNIT_EXPECT_NULL(test, memchr_inv(vram, 0, size));
	KUNIT_EXPECT_EQ(test, vgpu_loader_put(l, bytes + n, 8), 8);
	KUNIT_EXPECT_EQ(test, l->received, n + 8ULL);
	mock_gone(from);
	mock_gone(to);
}

static void pieces_left_out(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_COMPUTE, 1);
	struct vgpu_saver *s = stream_begin(test, vd, VFIO_DEVICE_STATE_STOP_COPY)->saver;
	u64 at;

	KUNIT_EXPECT_EQ(test, vgpu_saver_fill(s), 0);
	vgpu_saver_take(s, s->left);
	for (at = 0; at < vd->inst.vram_size; at += VGPU_STREAM_BLOCK)
		KUNIT_EXPECT_EQ(test, vgpu_saver_fill(s), -EAGAIN);
	/* What comes after memory. */
	KUNIT_EXPECT_EQ(test, vgpu_saver_fill(s), 0);
	KUNIT_EXPECT_EQ(test, s->left, (size_t)VGPU_STREAM_RECORD);
	mock_gone(vd);
}

static struct vgpu_saver *saver;
static struct vgpu_loader *loader;
static const u8 *given;

static int fill_one(struct vgpu_vdev *unused)
{
	return vgpu_saver_fill(saver);
}

/* Half of a record is behind what is given: 8 bytes. */
static int put_one(struct vgpu_vdev *unused)
{
	return vgpu_loader_put(loader, given, 8);
}

/* Nobody comes to memory while the device is reset: it has no good bytes then. */
static int waits_for_reset(struct kunit *test, struct vgpu_vdev *vd,
			   int (*what)(struct vgpu_vdev *vd))
{
	struct vgpu_pdev *pd = mock_pd(test);
	struct other o;

	down_write(&pd->reset_lock);
	other_begins(&o, vd, what);
	KUNIT_EXPECT_FALSE(test, !IS_ERR(o.task) &&
			   wait_for_completion_timeout(&o.done, HZ / 5));
	up_write(&pd->reset_lock);
	other_ends(test, &o);
	return o.ret;
}

static void pieces_wait_for_a_reset(struct kunit *test)
{
	struct vgpu_vdev *from = mock_opened(test, MOCK_COMPUTE, 1);
	struct vgpu_vdev *to = mock_opened(test, MOCK_COMPUTE, 2);
	u8 *bytes = kunit_kzalloc(test, SZ_4K, GFP_KERNEL);
	size_t n;

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	n = all_zero(test, from, bytes);
	loader = stream_begin(test, to, VFIO_DEVICE_STATE_RESUMING)->loader;
	KUNIT_EXPECT_EQ(test, vgpu_loader_put(loader, bytes, n), (ssize_t)n);
	/* A block of what is to be zero, of more than that. */
	given = bytes + n;
	KUNIT_EXPECT_EQ(test, waits_for_reset(test, to, put_one), 0);
	mock_gone(to);

	/* And one of memory that is saved. */
	saver = from->migration.transfer->saver;
	vgpu_saver_take(saver, saver->left);
	KUNIT_EXPECT_EQ(test, waits_for_reset(test, from, fill_one), -EAGAIN);
	mock_gone(from);
}

static struct kunit_case pieces_cases[] = {
	KUNIT_CASE(pieces_cleared),
	KUNIT_CASE(pieces_left_out),
	KUNIT_CASE(pieces_wait_for_a_reset),
	{}
};

static struct kunit_suite pieces_suite = {
	.name = "pieces",
	.init = mock_init,
	.exit = mock_exit,
	.test_cases = pieces_cases,
};

kunit_test_suite(pieces_suite);

MODULE_LICENSE("GPL");
