// SPDX-License-Identifier: GPL-2.0
/*
 * The soft GPU: how what goes on ends. A guest that brings bad packets for ever, a
 * reset of all of the device, queues and instances that go away.
 */
#include <linux/hrtimer.h>

#include "../../drivers/vgpu/work/sched.h"
#include "other.h"
#include "soft_guest.h"

/* Fills its ring again and again, as another vCPU would. */
struct refill {
	struct hrtimer timer;
	struct vgpu_vdev *vd;
	u32 left;
};

#define REFILLED	VGPU_RING_MAX

static enum hrtimer_restart refill(struct hrtimer *timer)
{
	struct refill *r = container_of(timer, struct refill, timer);
	__le64 *header = soft_vram(&r->vd->inst, SZ_1M);
	u64 read = le64_to_cpu(READ_ONCE(header[VGPU_RING_READ / 8]));

	/* The packets themselves are zeroes, which are no operation. */
	WRITE_ONCE(header[VGPU_RING_WRITE / 8], cpu_to_le64(read + REFILLED));
	soft_doorbell(&r->vd->inst, 1);
	hrtimer_forward_now(timer, ns_to_ktime(NSEC_PER_MSEC / 4));
	return --r->left ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

/* It has no more than its slice, and others on the engine theirs. */
static void soft_bad_packets_for_ever(struct kunit *test)
{
	struct refill r = { .left = 1000 };
	struct vgpu_vdev *bad = opened(test, TYPE_16C_S1, 1);
	struct vgpu_vdev *good = opened(test, TYPE_16C_S1, 2);
	u32 left;

	KUNIT_ASSERT_TRUE(test, enable_both(good));
	KUNIT_ASSERT_TRUE(test, enable(bad, true, SZ_1M, REFILLED));
	r.vd = bad;
	hrtimer_init_on_stack(&r.timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	r.timer.function = refill;
	hrtimer_start(&r.timer, 0, HRTIMER_MODE_REL_HARD);
	KUNIT_EXPECT_TRUE(test, mock_await(counted(bad, VGPU_CLASS_COMPUTE,
						   VGPU_QUEUE_DROPPED)));
	fence(test, good, true, 0, 1);
	KUNIT_EXPECT_TRUE(test, passed(good, 0, 1));
	left = READ_ONCE(r.left);
	hrtimer_cancel(&r.timer);
	destroy_hrtimer_on_stack(&r.timer);
	KUNIT_EXPECT_GT(test, left, 0U);
	mock_gone(bad);
	mock_gone(good);
}

/* All engines are as new, not only the one that it was for. */
static void soft_reset_of_the_device(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vgpu_pdev *pd = f->soft.gpu->pd;
	struct vgpu_sched *eng = pd->engines;
	unsigned int nr = pd->gpu.desc.nr_engines, i;

	down_write(&pd->reset_lock);
	for (i = 0; i < nr; i++) {
		mutex_lock_nest_lock(&eng[i].hw_lock, &pd->reset_lock);
		f->soft.engines[i].hang = true;
	}
	KUNIT_EXPECT_EQ(test, soft_engines[1].ops->reset(&eng[1].engine,
							 VGPU_RESET_DEVICE), 0);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_TRUE(test,
				  soft_engines[i].ops->idle(&eng[i].engine));
		f->soft.engines[i].hang = false;
		mutex_unlock(&eng[i].hw_lock);
	}
	up_write(&pd->reset_lock);
}

/*
 * An engine that is busy with a queue has nothing to do with it once its work is
 * forgotten, and its timer does not run any more: also where no reset has helped.
 */
static void soft_forgets_a_wait(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vgpu_vdev *vd = opened(test, TYPE_4C, 1);
	struct vgpu_queue *q = vgpu_instance_queue(&vd->inst,
						   VGPU_CLASS_COMPUTE);
	struct soft_packet p = packet(SOFT_OP_WAIT, 0, 0, SOFT_WAIT_MAX, 0);
	struct soft_engine *se = &f->soft.engines[q->engine->id];
	struct vgpu_sched *eng = engine_to_sched(q->engine);

	KUNIT_ASSERT_TRUE(test, enable_both(vd));
	/* The thread stands still meanwhile. */
	mutex_lock(&eng->hw_lock);
	put(test, vd, true, &p);
	KUNIT_EXPECT_EQ(test, q->engine->desc->ops->start(q, 0), 0);
	KUNIT_EXPECT_TRUE(test, hrtimer_active(&se->timer));
	q->ops->forget(q);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&se->timer));
	KUNIT_EXPECT_TRUE(test, q->engine->desc->ops->idle(q->engine));
	mutex_unlock(&eng->hw_lock);
	mock_gone(vd);
}

/* Whoever looks at a ring has done so when the device is closed. */
static void soft_close_ends_the_looks(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_4C, 1);
	struct soft_queue *sq[2];
	unsigned int i, n;

	sq[0] = vgpu_instance_queue(&vd->inst, VGPU_CLASS_COPY)->priv;
	sq[1] = vgpu_instance_queue(&vd->inst, VGPU_CLASS_COMPUTE)->priv;
	for (n = 1; n <= 20; n++) {
		KUNIT_ASSERT_TRUE(test, enable_both(vd));
		for (i = 0; i < 2; i++)
			fence(test, vd, i, i, n);
		KUNIT_EXPECT_TRUE(test, passed(vd, 0, n));
		KUNIT_EXPECT_TRUE(test, passed(vd, 1, n));
		mock_close(vd);
		for (i = 0; i < 2; i++)
			KUNIT_EXPECT_EQ(test, work_busy(&sq[i]->look.work), 0U);
		KUNIT_ASSERT_EQ(test, mock_open(vd), 0);
	}
	mock_gone(vd);
}

static int scrub(struct vgpu_vdev *vd)
{
	return vgpu_scrub(vd->pd, vd->inst.vram_offset, vd->inst.vram_size);
}

/* Memory of the host's is there whatever becomes of the engines: nobody waits for that. */
static void soft_memory_is_always_there(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_4C, 1);
	u8 *vram = soft_vram(&vd->inst, 0);
	struct other o;

	memset(vram, 0xa5, vd->inst.vram_size);
	down_write(&vd->pd->reset_lock);
	other_begins(&o, vd, scrub);
	KUNIT_EXPECT_TRUE(test, other_is_done(&o));
	up_write(&vd->pd->reset_lock);
	other_ends(test, &o);
	KUNIT_EXPECT_EQ(test, o.ret, 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(vram, 0, vd->inst.vram_size));
	mock_gone(vd);
}

static struct kunit_case soft_ends_cases[] = {
	KUNIT_CASE(soft_bad_packets_for_ever),
	KUNIT_CASE(soft_reset_of_the_device),
	KUNIT_CASE(soft_forgets_a_wait),
	KUNIT_CASE(soft_close_ends_the_looks),
	KUNIT_CASE(soft_memory_is_always_there),
	{}
};

static struct kunit_suite soft_ends_suite = {
	.name = "soft_ends",
	.init = setup,
	.exit = teardown,
	.test_cases = soft_ends_cases,
};

kunit_test_suite(soft_ends_suite);

MODULE_LICENSE("GPL");
