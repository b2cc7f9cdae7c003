// SPDX-License-Identifier: GPL-2.0
/*
 * What operators find below vgpu/engines/, read through sysfs itself: by the
 * mock GPU's four engines, and by instances that are on two of them, on one, on
 * none.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/mount.h>

#include "mock_gpu.h"

#define TEXT	128

static const char * const names[MOCK_ENGINES] = {
	[COPY0] = "copy0",
	[COMPUTE0] = "compute0",
	[COPY1] = "copy1",
	[COMPUTE1] = "compute1",
};

static struct vfsmount *mount;

/* Return: bytes, or -errno; @text without the newline at its end. */
static int read_file(const char *path, char *text)
{
	struct file *file = file_open_root_mnt(mount, path, O_RDONLY, 0);
	loff_t pos = 0;
	int n;

	if (IS_ERR(file))
		return PTR_ERR(file);
	n = kernel_read(file, text, TEXT - 1, &pos);
	/* Now, not when the thread ends. */
	__fput_sync(file);
	text[max(n, 0)] = 0;
	strim(text);
	return n;
}

/* @vd: whose, or NULL for the GPU */
static int read_of(const struct vgpu_vdev *vd, unsigned int id,
		   const char *name, char *text)
{
	char path[TEXT];

	snprintf(path, sizeof(path), "devices/mock-gpu/%s/vgpu/engines/%s/%s",
		 vd ? dev_name(vd->inst.dev) : ".", names[id], name);
	return read_file(path, text);
}

static u64 number(struct kunit *test, const struct vgpu_vdev *vd,
		  unsigned int id, const char *name)
{
	char text[TEXT] = "";
	u64 val = 0;

	KUNIT_EXPECT_GT(test, read_of(vd, id, name, text), 0);
	KUNIT_EXPECT_EQ(test, kstrtou64(text, 10, &val), 0);
	return val;
}

static void expect_text(struct kunit *test, const struct vgpu_vdev *vd,
			unsigned int id, const char *name, const char *want)
{
	char text[TEXT] = "";

	KUNIT_EXPECT_GT(test, read_of(vd, id, name, text), 0);
	KUNIT_EXPECT_STREQ(test, text, want);
}

/* A directory for each engine that it is on, a BIT() each, and for no other. */
static void expect_on(struct kunit *test, const struct vgpu_vdev *vd, u32 on)
{
	char text[TEXT];
	unsigned int id;

	for (id = 0; id < MOCK_ENGINES; id++) {
		int n = read_of(vd, id, "slices", text);

		if (on & BIT(id))
			KUNIT_EXPECT_GT(test, n, 0);
		else
			KUNIT_EXPECT_EQ(test, n, -ENOENT);
	}
}

static void sysfs_engines_of_gpu(struct kunit *test)
{
	unsigned int id;

	for (id = 0; id < MOCK_ENGINES; id++) {
		expect_text(test, NULL, id, "class", id % 2 ? "compute" : "copy");
		expect_text(test, NULL, id, "slice", id / 2 ? "1" : "0");
		expect_text(test, NULL, id, "resets", "0");
		expect_text(test, NULL, id, "busy_time_ns", "0");
		KUNIT_EXPECT_GT(test, number(test, NULL, id, "idle_time_ns"),
				0ULL);
	}
}

static void sysfs_engines_of_instances(struct kunit *test)
{
	struct vgpu_vdev *both = mock_create(test->priv, MOCK_BOTH, 1);
	struct vgpu_vdev *bound = mock_create(test->priv, MOCK_SLICE1, 2);
	struct vgpu_vdev *compute = mock_create(test->priv, MOCK_COMPUTE, 3);
	struct vgpu_vdev *display = mock_create(test->priv, MOCK_DISPLAY, 4);

	KUNIT_ASSERT_TRUE(test, both && bound && compute && display);
	expect_on(test, both, BIT(COPY0) | BIT(COMPUTE0));
	expect_on(test, bound, BIT(COPY1) | BIT(COMPUTE1));
	expect_on(test, compute, BIT(COMPUTE0));
	expect_on(test, display, 0);
	mock_destroy(both);
	mock_destroy(bound);
	mock_destroy(compute);
	mock_destroy(display);
}

static void work(struct kunit *test, struct vgpu_vdev *vd,
		 enum vgpu_engine_class class, u32 pieces)
{
	struct vgpu_queue *q = vgpu_instance_queue(&vd->inst, class);
	u32 had = mock_queue(vd, class)->done;

	mock_submit(vd, class, pieces);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(mock_queue(vd, class)->done) ==
					   had + pieces));
	KUNIT_EXPECT_TRUE(test, mock_await(!vgpu_queue_busy(q)));
}

/* What is done on one engine is counted there. Tenants' time is the engine's. */
static void sysfs_counts_by_engine(struct kunit *test)
{
	struct vgpu_vdev *a = mock_opened(test, MOCK_SLICE1, 1);
	struct vgpu_vdev *b = mock_opened(test, MOCK_SLICE1, 2);
	unsigned int i;

	for (i = 0; i < 20; i++) {
		work(test, a, VGPU_CLASS_COPY, 3);
		work(test, b, VGPU_CLASS_COPY, 2);
	}
	work(test, b, VGPU_CLASS_COMPUTE, 5);
	/* Off the engines: nothing goes on while it is read. */
	mock_reset(a);
	mock_reset(b);
	KUNIT_EXPECT_GE(test, number(test, a, COPY1, "slices"), 20ULL);
	KUNIT_EXPECT_GE(test, number(test, a, COPY1, "switches"), 20ULL);
	KUNIT_EXPECT_EQ(test, number(test, a, COMPUTE1, "slices"), 0ULL);
	KUNIT_EXPECT_EQ(test, number(test, a, COMPUTE1, "gpu_time_ns"), 0ULL);
	KUNIT_EXPECT_GE(test, number(test, b, COMPUTE1, "slices"), 1ULL);
	KUNIT_EXPECT_GT(test, number(test, a, COPY1, "gpu_time_ns"), 0ULL);
	for (i = COPY1; i <= COMPUTE1; i++)
		KUNIT_EXPECT_EQ(test, number(test, NULL, i, "busy_time_ns"),
				number(test, a, i, "gpu_time_ns") +
				number(test, b, i, "gpu_time_ns"));
	KUNIT_EXPECT_EQ(test, number(test, NULL, COPY0, "busy_time_ns"), 0ULL);
	mock_gone(a);
	mock_gone(b);
}

/* Each queue has its counters, and each engine its resets. */
static void sysfs_queues_and_resets(struct kunit *test)
{
	struct mock_gpu *mock = test->priv;
	struct vgpu_vdev *vd = mock_opened(test, MOCK_BOTH, 1);
	struct vgpu_queue *copy = vgpu_instance_queue(&vd->inst, VGPU_CLASS_COPY);

	vgpu_queue_count(copy, VGPU_QUEUE_OPS, 3);
	vgpu_queue_count(copy, VGPU_QUEUE_BYTES, 1ULL << 40);
	vgpu_queue_count(copy, VGPU_QUEUE_DROPPED, 5);
	vgpu_queue_count(copy, VGPU_QUEUE_TRAPS, 7);
	vgpu_queue_count(copy, VGPU_QUEUE_OVERFLOWS, 9);
	expect_text(test, vd, COPY0, "ops", "3");
	expect_text(test, vd, COPY0, "bytes", "1099511627776");
	expect_text(test, vd, COPY0, "dropped", "5");
	expect_text(test, vd, COPY0, "traps_engine", "7");
	expect_text(test, vd, COPY0, "fifo_overflows", "9");
	expect_text(test, vd, COMPUTE0, "ops", "0");
	mock->engines[COMPUTE0].hang_victim = &vd->inst;
	mock_pd(test)->watchdog_us = 100;
	mock_submit(vd, VGPU_CLASS_COMPUTE, 1);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(vd->faulted)));
	expect_text(test, NULL, COMPUTE0, "resets", "1");
	expect_text(test, NULL, COPY0, "resets", "0");
	mock_gone(vd);
}

/* By who shares that engine, not by who shares the GPU. */
static void sysfs_limits_by_engine(struct kunit *test)
{
	struct vgpu_pdev *pd = mock_pd(test);
	struct vgpu_vdev *vd = mock_opened(test, MOCK_SLICE1, 1);
	struct vgpu_vdev *other[4];
	unsigned int i;

	for (i = 0; i < MOCK_ENGINES; i++)
		pd->engines[i].rl.policy = VGPU_EQUAL_SHARE;
	/* Where there are fewest: the third of them shares an engine with it. */
	for (i = 0; i < ARRAY_SIZE(other); i++)
		other[i] = mock_opened(test, MOCK_COMPUTE, 2 + i);
	expect_text(test, vd, COPY1, "limit", "100.00");
	KUNIT_EXPECT_EQ(test, pd->engines[COMPUTE1].rl.members, 2U);
	expect_text(test, vd, COMPUTE1, "limit", "50.00");
	for (i = 0; i < ARRAY_SIZE(other); i++)
		mock_gone(other[i]);
	expect_text(test, vd, COMPUTE1, "limit", "100.00");
	mock_gone(vd);
}

struct reader {
	struct completion done;
	char path[TEXT];
	bool stop;
	u32 numbers;
	u32 wrong;
};

static int read_on(void *data)
{
	struct reader *r = data;
	char text[TEXT];
	u64 val;

	while (!READ_ONCE(r->stop)) {
		int n = read_file(r->path, text);

		if (n > 0 && !kstrtou64(text, 10, &val))
			WRITE_ONCE(r->numbers, r->numbers + 1);
		else if (n != -ENOENT && n != -ENODEV)
			r->wrong++;
		cond_resched();
	}
	complete(&r->done);
	return 0;
}

/* Whoever reads while it is removed has a number, or is told that there is none. */
static void sysfs_removed_under_readers(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_create(test->priv, MOCK_BOTH, 1);
	struct reader r = {};
	unsigned int i;
	u32 had;

	KUNIT_ASSERT_NOT_NULL(test, vd);
	init_completion(&r.done);
	snprintf(r.path, sizeof(r.path),
		 "devices/mock-gpu/%s/vgpu/engines/copy0/gpu_time_ns",
		 dev_name(vd->inst.dev));
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(read_on, &r, "reader")));
	for (i = 0; i < 100; i++) {
		had = READ_ONCE(r.numbers);
		KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(r.numbers) != had));
		mock_destroy(vd);
		vd = mock_create(test->priv, MOCK_BOTH, 1);
		KUNIT_EXPECT_NOT_NULL(test, vd);
		if (!vd)
			break;
	}
	WRITE_ONCE(r.stop, true);
	wait_for_completion(&r.done);
	KUNIT_EXPECT_EQ(test, r.wrong, 0U);
	if (vd)
		mock_destroy(vd);
}

static int sysfs_suite_init(struct kunit_suite *suite)
{
	mount = kern_mount(get_fs_type("sysfs"));
	return PTR_ERR_OR_ZERO(mount);
}

static void sysfs_suite_exit(struct kunit_suite *suite)
{
	kern_unmount(mount);
}

static struct kunit_case sysfs_cases[] = {
	KUNIT_CASE(sysfs_engines_of_gpu),
	KUNIT_CASE(sysfs_engines_of_instances),
	KUNIT_CASE(sysfs_counts_by_engine),
	KUNIT_CASE(sysfs_queues_and_resets),
	KUNIT_CASE(sysfs_limits_by_engine),
	KUNIT_CASE_SLOW(sysfs_removed_under_readers),
	{}
};

static struct kunit_suite sysfs_suite = {
	.name = "sysfs",
	.suite_init = sysfs_suite_init,
	.suite_exit = sysfs_suite_exit,
	.init = mock_init,
	.exit = mock_exit,
	.test_cases = sysfs_cases,
};

kunit_test_suite(sysfs_suite);

MODULE_LICENSE("GPL");
