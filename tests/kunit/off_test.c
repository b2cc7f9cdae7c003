// SPDX-License-Identifier: GPL-2.0
/*
 * Instances that leave the engines, and memory that they leave: whoever has others' lock
 * for that gets a CPU, and who goes on working is not kept from it.
 */
#include <kunit/test.h>

#include "../../drivers/vgpu/host/host.h"
#include "../../drivers/vgpu/work/sched.h"
#include "mock_gpu.h"

static u32 scrubs(struct kunit *test)
{
	struct mock_gpu *mock = test->priv;
	unsigned int i;
	u32 n = 0;

	for (i = 0; i < MOCK_ENGINES; i++)
		n += mock->engines[i].scrubs;
	return n;
}

/* Opened, reset, halted and closed by one who may not have a CPU for long. */
static void off_by_no_tenant(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_SLICE1, 1);
	struct mock_queue *mq = mock_queue(vd, VGPU_CLASS_COPY);
	struct mock_gpu *mock = test->priv;
	unsigned int i;

	KUNIT_ASSERT_GT(test, task_nice(current), MIN_NICE);
	mock_submit(vd, VGPU_CLASS_COPY, 1);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(mq->done) == 1));
	mutex_lock(&vd->trap_lock);
	vgpu_sched_pause(vd);
	vgpu_sched_resume(vd);
	mutex_unlock(&vd->trap_lock);
	KUNIT_EXPECT_GE(test, mock->engines[COPY1].unloads, 1U);
	mock_reset(vd);
	mock_gone(vd);
	KUNIT_EXPECT_GE(test, scrubs(test), 1U);
	for (i = 0; i < MOCK_ENGINES; i++)
		KUNIT_EXPECT_EQ(test, mock->engines[i].by_others, 0U);
}

/* Memory is cleared also while all engines are at work; they are not waited for. */
static void off_scrub_beside_work(struct kunit *test)
{
	struct vgpu_vdev *busy[2], *vd = mock_opened(test, MOCK_COMPUTE, 3);
	struct mock_gpu *mock = test->priv;
	unsigned int i;
	u32 before;

	mock_pd(test)->watchdog_us = VGPU_WATCHDOG_MAX_US;
	for (i = 0; i < 2; i++)
		busy[i] = mock_opened(test, MOCK_BOTH, 1 + i);
	for (i = 0; i < MOCK_ENGINES; i++)
		atomic_set(&mock->engines[i].hold, 1);
	for (i = 0; i < 2; i++) {
		mock_submit(busy[i], VGPU_CLASS_COPY, 1);
		mock_submit(busy[i], VGPU_CLASS_COMPUTE, 1);
	}
	for (i = 0; i < MOCK_ENGINES; i++)
		KUNIT_EXPECT_TRUE(test,
				  mock_await(READ_ONCE(mock->engines[i].running)));
	memset(mock->vram + vd->inst.vram_offset, 0xa5, MOCK_UNIT);
	before = scrubs(test);
	KUNIT_EXPECT_EQ(test, vgpu_scrub(vd->pd, vd->inst.vram_offset,
					 MOCK_UNIT), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(mock->vram + vd->inst.vram_offset, 0,
					   MOCK_UNIT));
	KUNIT_EXPECT_EQ(test, scrubs(test), before);
	for (i = 0; i < MOCK_ENGINES; i++)
		atomic_set(&mock->engines[i].hold, 0);
	mock_gone(busy[0]);
	mock_gone(busy[1]);
	mock_gone(vd);
}

/* What another's context took that could not be saved is not charged to the next. */
static void off_hang_is_not_billed(struct kunit *test)
{
	struct vgpu_vdev *bad = mock_opened(test, MOCK_SLICE1, 1);
	struct vgpu_vdev *good = mock_opened(test, MOCK_SLICE1, 2);
	struct mock_queue *mq = mock_queue(good, VGPU_CLASS_COMPUTE);
	struct mock_gpu *mock = test->priv;
	struct vgpu_context *ctx = good->ctx;
	u64 begin;

	mock_pd(test)->watchdog_us = 2 * USEC_PER_SEC;
	mock_submit(bad, VGPU_CLASS_COMPUTE, 1);
	KUNIT_EXPECT_TRUE(test,
			  mock_await(mock->engines[COMPUTE1].loads == 1));
	mock->engines[COMPUTE1].hang_unload = true;
	while (ctx->q.engine->desc->class != VGPU_CLASS_COMPUTE)
		ctx++;
	begin = ctx->se.vruntime;
	mock_submit(good, VGPU_CLASS_COMPUTE, 1);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(mq->done) == 1));
	KUNIT_EXPECT_TRUE(test, READ_ONCE(bad->faulted));
	KUNIT_EXPECT_TRUE(test, mock_await(!vgpu_queue_busy(&ctx->q)));
	KUNIT_EXPECT_LT(test, ctx->se.vruntime - begin, 2 * NSEC_PER_SEC);
	mock_gone(bad);
	mock_gone(good);
}

static struct kunit_case off_cases[] = {
	KUNIT_CASE(off_by_no_tenant),
	KUNIT_CASE(off_scrub_beside_work),
	KUNIT_CASE(off_hang_is_not_billed),
	{}
};

static struct kunit_suite off_suite = {
	.name = "off",
	.init = mock_init,
	.exit = mock_exit,
	.test_cases = off_cases,
};

kunit_test_suite(off_suite);
