// SPDX-License-Identifier: GPL-2.0
/*
 * Queues and engines at work: the whole core, with a GPU that has four engines.
 * What a test waits for is an event; nothing here depends on how long it takes.
 */
#include <kunit/test.h>
#include <linux/hrtimer.h>

#include "../../drivers/vgpu/host/host.h"
#include "mock_gpu.h"

#define MIN_LOOKS	3

static struct mock_engine *engine(struct kunit *test, unsigned int id)
{
	struct mock_gpu *mock = test->priv;

	return &mock->engines[id];
}

static bool done(struct mock_queue *mq, u32 pieces)
{
	return mock_await(READ_ONCE(mq->done) >= pieces);
}

static bool faulted(struct vgpu_vdev *vd)
{
	return mock_await(READ_ONCE(vd->faulted));
}

/* Bring one piece of work, under which the engine hangs. */
static void hang_under(struct kunit *test, struct vgpu_vdev *vd,
		       unsigned int id)
{
	engine(test, id)->hang_victim = &vd->inst;
	mock_submit(vd, VGPU_CLASS_COMPUTE, 1);
}

/* All that is brought is done, on both engines and by both tenants. */
static void work_is_done(struct kunit *test)
{
	struct vgpu_vdev *a = mock_opened(test, MOCK_SLICE1, 1);
	struct vgpu_vdev *b = mock_opened(test, MOCK_SLICE1, 2);
	unsigned int i;

	for (i = 0; i < 50; i++) {
		mock_submit(a, VGPU_CLASS_COPY, 1);
		mock_submit(b, VGPU_CLASS_COPY, 2);
		mock_submit(b, VGPU_CLASS_COMPUTE, 3);
	}
	KUNIT_EXPECT_TRUE(test, done(mock_queue(a, VGPU_CLASS_COPY), 50));
	KUNIT_EXPECT_TRUE(test, done(mock_queue(b, VGPU_CLASS_COPY), 100));
	KUNIT_EXPECT_TRUE(test, done(mock_queue(b, VGPU_CLASS_COMPUTE), 150));
	KUNIT_EXPECT_EQ(test, mock_queue(a, VGPU_CLASS_COMPUTE)->starts, 0U);
	KUNIT_EXPECT_GE(test, engine(test, COPY1)->loads, 2U);
	/* Whose context was loaded before is saved. */
	KUNIT_EXPECT_EQ(test, engine(test, COPY1)->unloads,
			engine(test, COPY1)->loads - 1);
	mock_gone(a);
	mock_gone(b);
}

/* One that is alone is loaded once, and is not idle before it is done. */
static void work_alone(struct kunit *test)
{
	struct vgpu_vdev *a = mock_opened(test, MOCK_COMPUTE, 1);
	struct vgpu_queue *q = vgpu_instance_queue(&a->inst, VGPU_CLASS_COMPUTE);
	unsigned int i;

	KUNIT_EXPECT_FALSE(test, vgpu_queue_busy(q));
	for (i = 1; i <= 20; i++) {
		mock_submit(a, VGPU_CLASS_COMPUTE, 1);
		KUNIT_EXPECT_TRUE(test, mock_await(!vgpu_queue_busy(q)));
		KUNIT_EXPECT_EQ(test, mock_queue(a, VGPU_CLASS_COMPUTE)->done,
				i);
	}
	KUNIT_EXPECT_EQ(test, engine(test, COMPUTE0)->loads, 1U);
	KUNIT_EXPECT_EQ(test, engine(test, COMPUTE0)->unloads, 0U);
	mock_gone(a);
}

/* The first comes idle only when the second has begun: both are at work at once. */
static void work_on_two_engines_at_once(struct kunit *test)
{
	struct vgpu_vdev *a = mock_opened(test, MOCK_SLICE1, 1);
	struct vgpu_vdev *b = mock_opened(test, MOCK_SLICE1, 2);
	struct mock_engine *copy = engine(test, COPY1);
	struct mock_engine *compute = engine(test, COMPUTE1);

	atomic_set(&copy->hold, 1);
	atomic_set(&compute->hold, 1);
	mock_submit(a, VGPU_CLASS_COPY, 1);
	mock_submit(b, VGPU_CLASS_COMPUTE, 1);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(copy->running) &&
					   READ_ONCE(compute->running)));
	KUNIT_EXPECT_PTR_EQ(test, copy->running, mock_queue(a, VGPU_CLASS_COPY));
	KUNIT_EXPECT_PTR_EQ(test, compute->running,
			    mock_queue(b, VGPU_CLASS_COMPUTE));
	atomic_set(&copy->hold, 0);
	atomic_set(&compute->hold, 0);
	KUNIT_EXPECT_TRUE(test, done(mock_queue(a, VGPU_CLASS_COPY), 1));
	KUNIT_EXPECT_TRUE(test, done(mock_queue(b, VGPU_CLASS_COMPUTE), 1));
	mock_gone(a);
	mock_gone(b);
}

/* The tenant of another engine goes on all the while, and so do others here. */
static void work_beside_a_hang(struct kunit *test)
{
	struct vgpu_vdev *bad = mock_opened(test, MOCK_SLICE1, 1);
	struct vgpu_vdev *good = mock_opened(test, MOCK_SLICE1, 2);
	struct mock_engine *me = engine(test, COMPUTE1);
	struct mock_queue *mq;

	/* For as long as it takes the other to show that it goes on. */
	mock_pd(test)->watchdog_us = 1800 * USEC_PER_SEC;
	me->reset_helps = VGPU_RESET_ENGINE;
	hang_under(test, bad, COMPUTE1);
	KUNIT_ASSERT_TRUE(test, mock_await(READ_ONCE(me->hang)));
	mock_submit(good, VGPU_CLASS_COPY, 100);
	KUNIT_EXPECT_TRUE(test, done(mock_queue(good, VGPU_CLASS_COPY), 100));
	KUNIT_EXPECT_FALSE(test, READ_ONCE(bad->faulted));
	me->hang = false;
	KUNIT_EXPECT_TRUE(test, done(mock_queue(bad, VGPU_CLASS_COMPUTE), 1));

	mock_pd(test)->watchdog_us = 1000;
	hang_under(test, bad, COMPUTE1);
	KUNIT_EXPECT_TRUE(test, faulted(bad));
	mock_submit(good, VGPU_CLASS_COMPUTE, 1);
	KUNIT_EXPECT_TRUE(test, done(mock_queue(good, VGPU_CLASS_COMPUTE), 1));
	KUNIT_EXPECT_FALSE(test, READ_ONCE(good->faulted));
	KUNIT_EXPECT_EQ(test, me->resets[VGPU_RESET_CONTEXT], 1U);
	KUNIT_EXPECT_EQ(test, me->resets[VGPU_RESET_ENGINE], 1U);
	KUNIT_EXPECT_EQ(test, me->resets[VGPU_RESET_DEVICE], 0U);
	KUNIT_EXPECT_EQ(test, engine(test, COPY1)->resets[VGPU_RESET_CONTEXT],
			0U);
	/* What a faulted one brings is dropped, on its other engines, too. */
	mock_submit(bad, VGPU_CLASS_COPY, 7);
	mq = mock_queue(bad, VGPU_CLASS_COPY);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(mq->forgotten) == 7));
	mock_reset(bad);
	KUNIT_EXPECT_FALSE(test, READ_ONCE(bad->faulted));
	mock_submit(bad, VGPU_CLASS_COPY, 1);
	KUNIT_EXPECT_TRUE(test, done(mock_queue(bad, VGPU_CLASS_COPY), 1));
	mock_gone(bad);
	mock_gone(good);
}

/* The narrowest reset that helps is the last that is tried. */
static void work_reset_of_the_context(struct kunit *test)
{
	struct vgpu_vdev *a = mock_opened(test, MOCK_COMPUTE, 1);
	struct mock_engine *me = engine(test, COMPUTE0);
	struct vgpu_queue *q = vgpu_instance_queue(&a->inst,
						   VGPU_CLASS_COMPUTE);

	mock_pd(test)->watchdog_us = 1000;
	hang_under(test, a, COMPUTE0);
	KUNIT_EXPECT_TRUE(test, faulted(a));
	KUNIT_EXPECT_TRUE(test, mock_await(!vgpu_queue_busy(q)));
	KUNIT_EXPECT_EQ(test, me->resets[VGPU_RESET_CONTEXT], 1U);
	KUNIT_EXPECT_EQ(test, me->resets[VGPU_RESET_ENGINE], 0U);
	mock_gone(a);
}

/*
 * Only a reset of all of the device helps: everybody else is taken off the other
 * engines first, without a fault, and goes on afterwards.
 */
static void work_reset_of_the_device(struct kunit *test)
{
	struct vgpu_vdev *bad = mock_opened(test, MOCK_SLICE1, 1);
	struct vgpu_vdev *good = mock_opened(test, MOCK_SLICE1, 2);
	struct mock_engine *me = engine(test, COMPUTE1);
	struct mock_queue *mq = mock_queue(good, VGPU_CLASS_COPY);
	struct vgpu_sched *eng;
	u32 before;

	mock_pd(test)->watchdog_us = 1000;
	mq->length = MIN_LOOKS;
	mock_submit(good, VGPU_CLASS_COPY, 1000000);
	me->reset_helps = VGPU_RESET_DEVICE;
	hang_under(test, bad, COMPUTE1);
	KUNIT_EXPECT_TRUE(test, mock_await(me->resets[VGPU_RESET_DEVICE]));
	eng = &mock_pd(test)->engines[COMPUTE1];
	KUNIT_EXPECT_TRUE(test, mock_await(!READ_ONCE(eng->broken)));
	KUNIT_EXPECT_FALSE(test, READ_ONCE(mock_pd(test)->lost));
	before = READ_ONCE(mq->done);
	KUNIT_EXPECT_TRUE(test, done(mq, before + 100));
	KUNIT_EXPECT_FALSE(test, READ_ONCE(good->faulted));
	KUNIT_EXPECT_TRUE(test, READ_ONCE(bad->faulted));
	mock_submit(good, VGPU_CLASS_COMPUTE, 1);
	KUNIT_EXPECT_TRUE(test, done(mock_queue(good, VGPU_CLASS_COMPUTE), 1));
	mock_gone(bad);
	mock_gone(good);
}

static void work_lost(struct kunit *test)
{
	struct vgpu_vdev *bad = mock_opened(test, MOCK_SLICE1, 1);
	struct vgpu_vdev *good = mock_opened(test, MOCK_SLICE1, 2);
	struct mock_engine *me = engine(test, COMPUTE1);
	struct mock_queue *mq;

	mock_pd(test)->watchdog_us = 1000;
	me->reset_helps = VGPU_RESET_DEVICE + 1;
	hang_under(test, bad, COMPUTE1);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(mock_pd(test)->lost)));
	mock_submit(good, VGPU_CLASS_COPY, 3);
	mq = mock_queue(good, VGPU_CLASS_COPY);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(mq->forgotten) == 3));
	KUNIT_EXPECT_FALSE(test, READ_ONCE(good->faulted));
	KUNIT_EXPECT_NULL(test, mock_create(test->priv, MOCK_BOTH, 3));
	mock_gone(bad);
	KUNIT_EXPECT_EQ(test, mock_open(good), -EIO);
	mock_gone(good);
}

/* Nor is it a tenant's fault that the engines of a lost GPU take no context. */
static void work_lost_takes_no_context(struct kunit *test)
{
	struct vgpu_vdev *bad = mock_opened(test, MOCK_SLICE1, 1);
	struct vgpu_vdev *good = mock_opened(test, MOCK_SLICE1, 2);
	struct mock_queue *mq = mock_queue(good, VGPU_CLASS_COPY);
	struct vgpu_sched *eng = &mock_pd(test)->engines[COPY1];

	mock_pd(test)->watchdog_us = 1000;
	engine(test, COMPUTE1)->reset_helps = VGPU_RESET_DEVICE + 1;
	engine(test, COPY1)->reset_helps = VGPU_RESET_DEVICE + 1;
	engine(test, COPY1)->load_victim = &good->inst;
	engine(test, COPY1)->load_error = -EIO;
	hang_under(test, bad, COMPUTE1);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(mock_pd(test)->lost)));
	mock_submit(good, VGPU_CLASS_COPY, 3);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(mq->forgotten) == 3));
	mutex_lock(&eng->hw_lock);
	KUNIT_EXPECT_FALSE(test, good->faulted);
	KUNIT_EXPECT_FALSE(test, eng->broken);
	mutex_unlock(&eng->hw_lock);
	mock_gone(bad);
	mock_gone(good);
}

/* Nor that an engine which is at work does not come idle then; and nobody resets it. */
static void work_lost_at_work(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_SLICE1, 1);
	struct mock_queue *mq = mock_queue(vd, VGPU_CLASS_COMPUTE);
	struct vgpu_sched *eng = &mock_pd(test)->engines[COMPUTE1];

	mock_pd(test)->watchdog_us = 10 * USEC_PER_SEC;
	hang_under(test, vd, COMPUTE1);
	KUNIT_ASSERT_TRUE(test, mock_await(READ_ONCE(engine(test, COMPUTE1)->hang)));
	mock_submit(vd, VGPU_CLASS_COMPUTE, 2);
	vgpu_gpu_lost(&mock_pd(test)->gpu);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(mq->forgotten)));
	mutex_lock(&eng->hw_lock);
	KUNIT_EXPECT_FALSE(test, vd->faulted);
	KUNIT_EXPECT_EQ(test, atomic64_read(&vd->inst.count[VGPU_CNT_FAULTS]), 0LL);
	KUNIT_EXPECT_EQ(test, atomic64_read(&eng->resets), 0LL);
	KUNIT_EXPECT_EQ(test, mq->starts, 1U);
	mutex_unlock(&eng->hw_lock);
	mock_gone(vd);
}

/* A context that the engine does not take is a fault of its owner alone. */
static void work_load_that_fails(struct kunit *test)
{
	struct vgpu_vdev *bad = mock_opened(test, MOCK_SLICE1, 1);
	struct vgpu_vdev *good = mock_opened(test, MOCK_SLICE1, 2);
	struct mock_engine *me = engine(test, COPY1);
	struct mock_queue *mq;

	me->load_victim = &bad->inst;
	me->load_error = -EIO;
	mock_submit(good, VGPU_CLASS_COPY, 1);
	mock_submit(bad, VGPU_CLASS_COPY, 4);
	KUNIT_EXPECT_TRUE(test, faulted(bad));
	mock_submit(good, VGPU_CLASS_COPY, 1);
	KUNIT_EXPECT_TRUE(test, done(mock_queue(good, VGPU_CLASS_COPY), 2));
	KUNIT_EXPECT_FALSE(test, READ_ONCE(good->faulted));
	KUNIT_EXPECT_EQ(test, mock_queue(bad, VGPU_CLASS_COPY)->starts, 0U);
	mq = mock_queue(bad, VGPU_CLASS_COPY);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(mq->forgotten) == 4));
	mock_gone(bad);
	mock_gone(good);
}

/* A long piece is cut when the slice is over, and goes on where it was. */
static void work_is_preempted(struct kunit *test)
{
	struct vgpu_vdev *a = mock_opened(test, MOCK_SLICE1, 1);
	struct vgpu_vdev *b = mock_opened(test, MOCK_SLICE1, 2);
	struct mock_queue *mq = mock_queue(a, VGPU_CLASS_COMPUTE);
	struct mock_engine *me = engine(test, COMPUTE1);

	/* As good as for ever, at about one look a tick when it sleeps. */
	mq->length = INT_MAX;
	mock_submit(a, VGPU_CLASS_COMPUTE, 1);
	KUNIT_ASSERT_TRUE(test, mock_await(READ_ONCE(mq->starts)));
	mock_submit(b, VGPU_CLASS_COMPUTE, 3);
	KUNIT_EXPECT_TRUE(test, done(mock_queue(b, VGPU_CLASS_COMPUTE), 3));
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(mq->starts) > 2));
	KUNIT_EXPECT_GE(test, mq->preempted, 1U);
	KUNIT_EXPECT_EQ(test, mq->done, 0U);
	KUNIT_EXPECT_GT(test, READ_ONCE(mq->left), 0);
	KUNIT_EXPECT_LT(test, READ_ONCE(mq->left), INT_MAX);
	KUNIT_EXPECT_EQ(test, me->resets[VGPU_RESET_CONTEXT], 0U);
	KUNIT_EXPECT_FALSE(test, READ_ONCE(a->faulted));
	mock_gone(a);
	mock_gone(b);
}

/*
 * A promise that falls due ends the slice of another, however long that was to be:
 * it is not begun anew.
 */
static void work_promise_ends_a_slice(struct kunit *test)
{
	struct vgpu_vdev *a = mock_opened(test, MOCK_SLICE1, 1);
	struct vgpu_vdev *b = mock_opened(test, MOCK_SLICE1, 2);
	struct mock_queue *mq = mock_queue(a, VGPU_CLASS_COMPUTE);
	struct vgpu_sched *eng = &mock_pd(test)->engines[COMPUTE1];
	struct vgpu_context *ctx;

	eng->rl.slice = VGPU_SLICE_MAX;
	KUNIT_ASSERT_EQ(test, vgpu_entitle(b, VGPU_MIN, 90), 0);
	mq->length = INT_MAX;
	mock_submit(a, VGPU_CLASS_COMPUTE, 1);
	KUNIT_ASSERT_TRUE(test, mock_await(READ_ONCE(mq->starts)));
	mock_submit(b, VGPU_CLASS_COMPUTE, 3);
	KUNIT_EXPECT_TRUE(test, done(mock_queue(b, VGPU_CLASS_COMPUTE), 3));
	ctx = queue_to_ctx(vgpu_instance_queue(&a->inst, VGPU_CLASS_COMPUTE));
	mutex_lock(&eng->hw_lock);
	KUNIT_EXPECT_GE(test, mq->preempted, 1U);
	KUNIT_EXPECT_EQ(test, (u64)mq->starts, ctx->se.slices);
	mutex_unlock(&eng->hw_lock);
	mock_gone(a);
	mock_gone(b);
}

/* Work that comes in an interrupt. */
struct bell {
	struct hrtimer timer;
	struct vgpu_vdev *vd;
	u32 rings;
};

static enum hrtimer_restart kick_in_irq(struct hrtimer *timer)
{
	struct bell *bell = container_of(timer, struct bell, timer);

	WARN_ON(!in_hardirq());
	mock_submit(bell->vd, VGPU_CLASS_COMPUTE, 1);
	hrtimer_forward_now(timer, ns_to_ktime(NSEC_PER_MSEC));
	return --bell->rings ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

static void work_from_an_interrupt(struct kunit *test)
{
	struct vgpu_vdev *a = mock_opened(test, MOCK_COMPUTE, 1);
	struct bell bell = { .vd = a, .rings = 50 };

	hrtimer_init_on_stack(&bell.timer, CLOCK_MONOTONIC,
			      HRTIMER_MODE_REL_HARD);
	bell.timer.function = kick_in_irq;
	hrtimer_start(&bell.timer, ns_to_ktime(NSEC_PER_MSEC),
		      HRTIMER_MODE_REL_HARD);
	KUNIT_EXPECT_TRUE(test, done(mock_queue(a, VGPU_CLASS_COMPUTE), 50));
	hrtimer_cancel(&bell.timer);
	destroy_hrtimer_on_stack(&bell.timer);
	mock_gone(a);
}

/* What there is of time is spent on something, and nothing is counted twice. */
static void work_is_accounted(struct kunit *test)
{
	struct vgpu_vdev *a = mock_opened(test, MOCK_SLICE1, 1);
	struct vgpu_vdev *b = mock_opened(test, MOCK_SLICE1, 2);
	struct vgpu_pdev *pd = mock_pd(test);
	struct vgpu_sched *eng = &pd->engines[COPY1];
	u64 used = 0;
	unsigned int i;

	mock_submit(a, VGPU_CLASS_COPY, 100);
	mock_submit(b, VGPU_CLASS_COPY, 100);
	KUNIT_EXPECT_TRUE(test, done(mock_queue(a, VGPU_CLASS_COPY), 100));
	KUNIT_EXPECT_TRUE(test, done(mock_queue(b, VGPU_CLASS_COPY), 100));
	mutex_lock(&eng->hw_lock);
	for (i = 0; i < a->nr_ctx; i++)
		if (a->ctx[i].q.engine->id == COPY1)
			used = a->ctx[i].se.gpu_time + b->ctx[i].se.gpu_time;
	KUNIT_EXPECT_GT(test, used, 0ULL);
	KUNIT_EXPECT_EQ(test, eng->rl.spent[VGPU_ENGINE_BUSY], used);
	mutex_unlock(&eng->hw_lock);
	KUNIT_EXPECT_EQ(test, pd->engines[COPY0].rl.spent[VGPU_ENGINE_BUSY],
			0ULL);
	mock_gone(a);
	mock_gone(b);
}

static struct kunit_case work_cases[] = {
	KUNIT_CASE(work_is_done),
	KUNIT_CASE(work_alone),
	KUNIT_CASE(work_on_two_engines_at_once),
	KUNIT_CASE(work_beside_a_hang),
	KUNIT_CASE(work_reset_of_the_context),
	KUNIT_CASE(work_reset_of_the_device),
	KUNIT_CASE(work_lost),
	KUNIT_CASE(work_lost_takes_no_context),
	KUNIT_CASE(work_lost_at_work),
	KUNIT_CASE(work_load_that_fails),
	KUNIT_CASE(work_is_preempted),
	KUNIT_CASE(work_promise_ends_a_slice),
	KUNIT_CASE(work_from_an_interrupt),
	KUNIT_CASE(work_is_accounted),
	{}
};

static struct kunit_suite work_suite = {
	.name = "work",
	.init = mock_init,
	.exit = mock_exit,
	.test_cases = work_cases,
};

kunit_test_suite(work_suite);

MODULE_LICENSE("GPL");
