// SPDX-License-Identifier: GPL-2.0
/*
 * A thread of an instance's user may have no CPU for long, with a lock in its hands.
 * Here the test holds that lock: who does not need it goes on, and who waits for it can
 * be ended.
 */
#include <kunit/test.h>
#include <linux/sched/signal.h>

#include "../../drivers/vgpu/bus/bus.h"
#include "../../drivers/vgpu/bus/dirty.h"
#include "mock_gpu.h"
#include "other.h"

/* ---- What is told of a copy */

static int ask(struct vgpu_vdev *vd)
{
	u64 bytes = vgpu_track_bytes(vd), rate = vgpu_track_rate(vd);

	return bytes != vd->inst.vram_size || rate != VGPU_RATE_UNKNOWN;
}

static int copy(struct vgpu_vdev *vd)
{
	int ret = vgpu_track_start(vd) ?: ask(vd);

	vgpu_track_count(vd);
	vgpu_track_stop(vd);
	return ret;
}

/* A page is taken away, or touched, by one who does not get on with that. */
static void held_map(struct kunit *test)
{
	static int (*const what[])(struct vgpu_vdev *vd) = { ask, copy };
	struct vgpu_vdev *vd = mock_opened(test, MOCK_COMPUTE, 1);
	struct other o;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(what); i++) {
		down_write(&vd->map.sem);
		other_begins(&o, vd, what[i]);
		KUNIT_EXPECT_TRUE(test, other_is_done(&o));
		up_write(&vd->map.sem);
		other_ends(test, &o);
		KUNIT_EXPECT_EQ(test, o.ret, 0);
	}
	mock_gone(vd);
}

static struct kunit_case held_cases[] = {
	KUNIT_CASE(held_map),
	{}
};

static struct kunit_suite held_suite = {
	.name = "held",
	.init = mock_init,
	.exit = mock_exit,
	.test_cases = held_cases,
};

kunit_test_suite(held_suite);

MODULE_LICENSE("GPL");
