// SPDX-License-Identifier: GPL-2.0
/*
 * A card that is pulled while an instance is on its way: what is read of it from then on
 * are ones, which no stream ends with, and what is written is nowhere.
 */
#include <kunit/test.h>

#include "../../drivers/vgpu/migrate/loader.h"
#include "../../drivers/vgpu/migrate/migrate.h"
#include "../../drivers/vgpu/migrate/saver.h"
#include "../../drivers/vgpu/migrate/transfer.h"
#include "mock_gpu.h"
#include "state.h"

static u8 *room_for_stream(struct kunit *test, struct vgpu_vdev *vd)
{
	u8 *bytes = kunit_kmalloc(test, vgpu_saver_whole(vd), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	return bytes;
}

/* To its end, or as stream_fill(). */
static int save(struct vgpu_saver *s, u8 *to, size_t *len)
{
	int ret;

	for (*len = 0;; vgpu_saver_take(s, s->left)) {
		ret = stream_fill(s);
		if (ret || !s->left)
			return ret;
		memcpy(to + *len, s->at, s->left);
		*len += s->left;
	}
}

static void pulled_saves(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_BOTH, 1);
	struct mock_gpu *mock = test->priv;
	u8 *bytes = room_for_stream(test, vd);
	struct vgpu_transfer *t;
	size_t len;

	t = stream_begin(test, vd, VFIO_DEVICE_STATE_STOP_COPY);
	KUNIT_EXPECT_EQ(test, stream_fill(t->saver), 0);
	mock->pulled = true;
	KUNIT_EXPECT_EQ(test, save(t->saver, bytes, &len), -EIO);
	KUNIT_EXPECT_TRUE(test, READ_ONCE(vd->pd->lost));
	mock_gone(vd);
}

static void pulled_loads(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_BOTH, 1);
	struct mock_gpu *mock = test->priv;
	u8 *bytes = room_for_stream(test, vd);
	struct vgpu_transfer *t;
	size_t len;

	t = stream_begin(test, vd, VFIO_DEVICE_STATE_STOP_COPY);
	KUNIT_ASSERT_EQ(test, save(t->saver, bytes, &len), 0);
	t = stream_begin(test, vd, VFIO_DEVICE_STATE_RESUMING);
	KUNIT_EXPECT_EQ(test, stream_put(t->loader, bytes, len / 2), 0);
	mock->pulled = true;
	KUNIT_EXPECT_EQ(test, stream_put(t->loader, bytes + len / 2,
					 len - len / 2), -EIO);
	KUNIT_EXPECT_TRUE(test, READ_ONCE(vd->pd->lost));
	mock_gone(vd);
}

static struct kunit_case pulled_cases[] = {
	KUNIT_CASE(pulled_saves),
	KUNIT_CASE(pulled_loads),
	{}
};

static struct kunit_suite pulled_suite = {
	.name = "pulled",
	.init = mock_init,
	.exit = mock_exit,
	.test_cases = pulled_cases,
};

kunit_test_suite(pulled_suite);

MODULE_LICENSE("GPL");
