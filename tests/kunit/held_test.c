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
#include "../../drivers/vgpu/migrate/migrate.h"
#include "../../drivers/vgpu/work/sched.h"
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

/* ---- A move to another place */

/* To the place beside it, which is nobody's. */
static int relocate(struct vgpu_vdev *vd)
{
	u64 from = vd->inst.vram_offset, size = vd->inst.vram_size, pause;
	struct vgpu_pdev *pd = vd->pd;
	int ret;

	mutex_lock(&pd->lock);
	ret = vgpu_parts_take(&pd->parts, from ^ size, size);
	mutex_unlock(&pd->lock);
	if (ret)
		return ret;
	ret = vgpu_relocate(vd, from ^ size, &pause);
	mutex_lock(&pd->lock);
	vgpu_parts_free(&pd->parts, ret ? from ^ size : from, size);
	mutex_unlock(&pd->lock);
	return ret;
}

static void expect_at_work(struct kunit *test, struct vgpu_vdev *vd, u32 done)
{
	struct mock_queue *mq = mock_queue(vd, VGPU_CLASS_COMPUTE);

	mock_submit(vd, VGPU_CLASS_COMPUTE, 1);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(mq->done) == done));
}

/* A trap does not end: the instance stays, and goes on when it does. */
static void held_traps(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_COMPUTE, 1);
	u64 at = vd->inst.vram_offset;
	struct other o;

	mutex_lock(&vd->trap_lock);
	other_begins(&o, vd, relocate);
	KUNIT_EXPECT_TRUE(test, other_is_done(&o));
	mutex_unlock(&vd->trap_lock);
	other_ends(test, &o);
	KUNIT_EXPECT_EQ(test, o.ret, -EBUSY);
	KUNIT_EXPECT_EQ(test, vd->inst.vram_offset, at);
	expect_at_work(test, vd, 1);
	KUNIT_EXPECT_EQ(test, relocate(vd), 0);
	KUNIT_EXPECT_NE(test, vd->inst.vram_offset, at);
	expect_at_work(test, vd, 2);
	mock_gone(vd);
}

/* It waits, and is killed. */
static void expect_killable(struct kunit *test, struct other *o)
{
	KUNIT_EXPECT_FALSE(test, wait_for_completion_timeout(&o->done, HZ / 10));
	if (!IS_ERR(o->task))
		send_sig(SIGKILL, o->task, 1);
	KUNIT_EXPECT_TRUE(test, other_is_done(o));
}

/* Nor do a page fault or a zap: whoever moves instances does not wait when killed. */
static void held_faults(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_COMPUTE, 1);
	u64 at = vd->inst.vram_offset;
	struct other o;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (i)
			down_write(&vd->map.sem);
		else
			down_read(&vd->map.sem);
		other_begins(&o, vd, relocate);
		expect_killable(test, &o);
		if (i)
			up_write(&vd->map.sem);
		else
			up_read(&vd->map.sem);
		other_ends(test, &o);
		KUNIT_EXPECT_EQ(test, o.ret, -EINTR);
		KUNIT_EXPECT_EQ(test, vd->inst.vram_offset, at);
		expect_at_work(test, vd, 1 + i);
	}
	KUNIT_EXPECT_EQ(test, relocate(vd), 0);
	mock_gone(vd);
}

/* ---- Memory that is within reach */

static int scrub(struct vgpu_vdev *vd)
{
	return vgpu_scrub(vd->pd, vd->inst.vram_offset, vd->inst.vram_size);
}

/* One clears memory, and has no CPU to go on: others clear theirs, or are moved. */
static void held_reach(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_COMPUTE, 1);
	struct mock_gpu *mock = test->priv;
	struct vgpu_pdev *pd = mock_pd(test);
	struct vgpu_sched *eng;
	struct other o;

	memset(mock->vram + vd->inst.vram_offset, 0xa5, vd->inst.vram_size);
	vgpu_reach_lock(pd);
	/* So that it is not an engine that clears it. */
	for (eng = pd->engines; eng < vgpu_engines_end(pd); eng++)
		mutex_lock_nest_lock(&eng->hw_lock, &pd->reset_lock);
	other_begins(&o, vd, scrub);
	KUNIT_EXPECT_TRUE(test, other_is_done(&o));
	for (eng = pd->engines; eng < vgpu_engines_end(pd); eng++)
		mutex_unlock(&eng->hw_lock);
	vgpu_reach_unlock(pd);
	other_ends(test, &o);
	KUNIT_EXPECT_EQ(test, o.ret, 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(mock->vram + vd->inst.vram_offset, 0,
					   vd->inst.vram_size));

	vgpu_reach_lock(pd);
	other_begins(&o, vd, relocate);
	KUNIT_EXPECT_TRUE(test, other_is_done(&o));
	vgpu_reach_unlock(pd);
	other_ends(test, &o);
	KUNIT_EXPECT_EQ(test, o.ret, 0);
	expect_at_work(test, vd, 1);
	mock_gone(vd);
}

/* Who resets the device waits for such a one, and who moves an instance for him. */
static void held_reset(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_COMPUTE, 1);
	struct vgpu_pdev *pd = mock_pd(test);
	u64 at = vd->inst.vram_offset;
	struct other o;

	down_write(&pd->reset_lock);
	other_begins(&o, vd, relocate);
	expect_killable(test, &o);
	up_write(&pd->reset_lock);
	other_ends(test, &o);
	KUNIT_EXPECT_EQ(test, o.ret, -EINTR);
	KUNIT_EXPECT_EQ(test, vd->inst.vram_offset, at);
	expect_at_work(test, vd, 1);
	mock_gone(vd);
}

static struct kunit_case held_cases[] = {
	KUNIT_CASE(held_map),
	KUNIT_CASE_SLOW(held_traps),
	KUNIT_CASE(held_faults),
	KUNIT_CASE(held_reach),
	KUNIT_CASE(held_reset),
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
