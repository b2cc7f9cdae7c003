// SPDX-License-Identifier: GPL-2.0
/*
 * The machine sleeps under a GPU with four engines: what is kept, what waits, and
 * what has gone wrong before or goes wrong on the way. That no engine is touched
 * meanwhile, mock_gpu.c sees to.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/kthread.h>

#include "../../drivers/vgpu/host/host.h"
#include "mock_gpu.h"

static u8 *memory_of(struct kunit *test, struct vgpu_vdev *vd)
{
	struct mock_gpu *mock = test->priv;

	return mock->vram + vd->inst.vram_offset;
}

static bool holds(struct kunit *test, struct vgpu_vdev *vd, u8 what)
{
	return !memchr_inv(memory_of(test, vd), what, vd->inst.vram_size);
}

static void fall_asleep(struct kunit *test)
{
	struct mock_gpu *mock = test->priv;

	KUNIT_ASSERT_EQ(test, vgpu_gpu_suspend(mock->gpu), 0);
	memset(mock->vram, 0xdb, MOCK_VRAM);
}

static void wake_up_with(struct kunit *test, int error)
{
	struct mock_gpu *mock = test->priv;

	vgpu_gpu_resume(mock->gpu, error);
}

static void sleep_keeps_memory(struct kunit *test)
{
	struct vgpu_vdev *a = mock_opened(test, MOCK_BOTH, 1);
	struct vgpu_vdev *hole = mock_opened(test, MOCK_SLICE1, 2);
	struct vgpu_vdev *b = mock_opened(test, MOCK_COMPUTE, 3);
	unsigned int i;

	mock_gone(hole);
	memset(memory_of(test, a), 0x11, a->inst.vram_size);
	memset(memory_of(test, b), 0x22, b->inst.vram_size);
	for (i = 0; i < 3; i++) {
		fall_asleep(test);
		KUNIT_EXPECT_TRUE(test, holds(test, a, 0xdb));
		wake_up_with(test, 0);
		KUNIT_EXPECT_TRUE(test, holds(test, a, 0x11));
		KUNIT_EXPECT_TRUE(test, holds(test, b, 0x22));
	}
	/* Also of one that came after the memory for copies was set aside. */
	hole = mock_opened(test, MOCK_SLICE1, 4);
	memset(memory_of(test, hole), 0x33, hole->inst.vram_size);
	fall_asleep(test);
	wake_up_with(test, 0);
	KUNIT_EXPECT_TRUE(test, holds(test, hole, 0x33));
	mock_gone(a);
	mock_gone(b);
	mock_gone(hole);
}

/* What is queued before, and what comes meanwhile, is done after. */
static void sleep_keeps_work(struct kunit *test)
{
	struct vgpu_vdev *a = mock_opened(test, MOCK_SLICE1, 1);
	struct vgpu_vdev *b = mock_opened(test, MOCK_SLICE1, 2);
	struct mock_queue *qa = mock_queue(a, VGPU_CLASS_COPY);
	struct mock_queue *qb = mock_queue(b, VGPU_CLASS_COMPUTE);
	unsigned int i;

	for (i = 1; i <= 50; i++) {
		mock_submit(a, VGPU_CLASS_COPY, 2);
		mock_submit(b, VGPU_CLASS_COMPUTE, 2);
		fall_asleep(test);
		mock_submit(a, VGPU_CLASS_COPY, 1);
		mock_submit(b, VGPU_CLASS_COMPUTE, 1);
		schedule_timeout_idle(1);
		wake_up_with(test, 0);
	}
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(qa->done) == 150));
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(qb->done) == 150));
	KUNIT_EXPECT_EQ(test, qa->forgotten + qb->forgotten, 0U);
	mock_gone(a);
	mock_gone(b);
}

/* Another kernel is about to start: what is queued is not begun any more. */
static void shutdown_leaves_engines_alone(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_SLICE1, 1);
	struct mock_queue *q = mock_queue(vd, VGPU_CLASS_COPY);
	struct mock_gpu *mock = test->priv;
	unsigned int done;

	mock_submit(vd, VGPU_CLASS_COPY, 20);
	vgpu_gpu_shutdown(mock->gpu);
	mock_submit(vd, VGPU_CLASS_COPY, 20);
	done = READ_ONCE(q->done);
	KUNIT_EXPECT_LT(test, done, 40U);
	schedule_timeout_idle(3);
	KUNIT_EXPECT_EQ(test, READ_ONCE(q->done), done);
	/* Not so in life; here the GPU has to be let go. */
	wake_up_with(test, 0);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(q->done) == 40));
	mock_gone(vd);
}

struct latecomer {
	struct mock_gpu *mock;
	struct vgpu_vdev *vd;
	bool begun;
	struct completion done;
};

static int come_late(void *data)
{
	struct latecomer *l = data;

	WRITE_ONCE(l->begun, true);
	l->vd = mock_create(l->mock, MOCK_BOTH, 9);
	complete(&l->done);
	return 0;
}

/* Memory cannot be scrubbed now: who wants that waits. */
static void sleep_makes_scrubs_wait(struct kunit *test)
{
	struct latecomer l = { .mock = test->priv };

	init_completion(&l.done);
	fall_asleep(test);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(come_late, &l, "late")));
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(l.begun)));
	schedule_timeout_idle(2);
	KUNIT_EXPECT_FALSE(test, completion_done(&l.done));
	wake_up_with(test, 0);
	wait_for_completion(&l.done);
	KUNIT_ASSERT_NOT_NULL(test, l.vd);
	KUNIT_EXPECT_TRUE(test, holds(test, l.vd, 0));
	mock_destroy(l.vd);
}

/* The context that is to be put away hangs: its owner is faulted, no other. */
static void sleep_over_a_hang(struct kunit *test)
{
	struct mock_gpu *mock = test->priv;
	struct vgpu_vdev *a = mock_opened(test, MOCK_SLICE1, 1);
	struct vgpu_vdev *b = mock_opened(test, MOCK_SLICE1, 2);
	struct mock_queue *qa = mock_queue(a, VGPU_CLASS_COMPUTE);
	struct mock_queue *qb = mock_queue(b, VGPU_CLASS_COPY);
	struct vgpu_queue *q = vgpu_instance_queue(&a->inst, VGPU_CLASS_COMPUTE);
	struct vgpu_sched *eng = &mock->gpu->pd->engines[COMPUTE1];

	mock->gpu->pd->watchdog_us = VGPU_WATCHDOG_MIN_US;
	mock_submit(a, VGPU_CLASS_COMPUTE, 1);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(qa->done) == 1));
	KUNIT_EXPECT_TRUE(test, mock_await(!vgpu_queue_busy(q)));
	mock->engines[COMPUTE1].hang = true;
	mock->engines[COMPUTE1].reset_helps = VGPU_RESET_DEVICE;
	fall_asleep(test);
	KUNIT_EXPECT_TRUE(test, a->faulted);
	KUNIT_EXPECT_FALSE(test, b->faulted);
	mock_submit(b, VGPU_CLASS_COPY, 1);
	wake_up_with(test, 0);
	/* The reset of the device, which no sleep replaces, comes now. */
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(qb->done) == 1));
	KUNIT_EXPECT_TRUE(test, mock_await(!READ_ONCE(eng->broken)));
	KUNIT_EXPECT_FALSE(test, mock->gpu->pd->lost);
	KUNIT_EXPECT_TRUE(test, a->faulted);
	mock_reset(a);
	mock_submit(a, VGPU_CLASS_COMPUTE, 1);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(qa->done) == 2));
	mock_gone(a);
	mock_gone(b);
}

/* Lost in the sleep: for ever, and so over another one. */
static void sleep_and_lost(struct kunit *test)
{
	struct mock_gpu *mock = test->priv;
	struct vgpu_vdev *a = mock_opened(test, MOCK_BOTH, 1);
	unsigned int i;

	memset(memory_of(test, a), 0x11, a->inst.vram_size);
	for (i = 0; i < 2; i++) {
		fall_asleep(test);
		wake_up_with(test, i ? 0 : -EIO);
		KUNIT_EXPECT_TRUE(test, mock->gpu->pd->lost);
		/* It is not written to, either. */
		KUNIT_EXPECT_TRUE(test, holds(test, a, 0xdb));
		KUNIT_EXPECT_NULL(test, mock_create(mock, MOCK_BOTH, 2));
	}
	mock_gone(a);
}

/* Before that: nobody reads what it has, so no memory is wanted for it. */
static void sleep_when_lost(struct kunit *test)
{
	struct mock_gpu *mock = test->priv;
	struct vgpu_vdev *a = mock_opened(test, MOCK_BOTH, 1);

	KUNIT_ASSERT_TRUE(test, vgpu_gpu_lose(mock->gpu->pd));
	fall_asleep(test);
	KUNIT_EXPECT_NULL(test, mock->gpu->pd->kept);
	wake_up_with(test, 0);
	mock_gone(a);
}

/* Nothing is left to be tried for an engine that was broken before. */
static void sleep_lost_over_a_hang(struct kunit *test)
{
	struct mock_gpu *mock = test->priv;
	struct vgpu_vdev *a = mock_opened(test, MOCK_SLICE1, 1);
	struct vgpu_queue *q = vgpu_instance_queue(&a->inst, VGPU_CLASS_COMPUTE);
	struct mock_queue *mq = mock_queue(a, VGPU_CLASS_COMPUTE);
	struct vgpu_sched *eng = &mock->gpu->pd->engines[COMPUTE1];

	mock->gpu->pd->watchdog_us = VGPU_WATCHDOG_MIN_US;
	mock_submit(a, VGPU_CLASS_COMPUTE, 1);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(mq->done) == 1));
	KUNIT_EXPECT_TRUE(test, mock_await(!vgpu_queue_busy(q)));
	mock->engines[COMPUTE1].hang = true;
	mock->engines[COMPUTE1].reset_helps = VGPU_RESET_DEVICE;
	fall_asleep(test);
	KUNIT_EXPECT_TRUE(test, READ_ONCE(eng->broken));
	wake_up_with(test, -EIO);
	KUNIT_EXPECT_TRUE(test, mock_await(!READ_ONCE(eng->broken)));
	KUNIT_EXPECT_EQ(test, mock->engines[COMPUTE1].resets[VGPU_RESET_DEVICE],
			0U);
	mock_gone(a);
}

/*
 * A card is pulled while the machine sleeps: its driver goes, which nobody will wake any
 * more, and comes to an end with that.
 */
static void sleep_and_removed(struct kunit *test)
{
	struct mock_gpu *mock = test->priv;

	fall_asleep(test);
	test->priv = NULL;
	mock_gpu_remove(mock);
}

static struct kunit_case sleep_cases[] = {
	KUNIT_CASE(sleep_keeps_memory),
	KUNIT_CASE(sleep_keeps_work),
	KUNIT_CASE(shutdown_leaves_engines_alone),
	KUNIT_CASE(sleep_makes_scrubs_wait),
	KUNIT_CASE(sleep_over_a_hang),
	KUNIT_CASE(sleep_and_lost),
	KUNIT_CASE(sleep_when_lost),
	KUNIT_CASE(sleep_lost_over_a_hang),
	KUNIT_CASE(sleep_and_removed),
	{}
};

static struct kunit_suite sleep_suite = {
	.name = "sleep",
	.init = mock_init,
	.exit = mock_exit,
	.test_cases = sleep_cases,
};

kunit_test_suite(sleep_suite);

MODULE_LICENSE("GPL");
