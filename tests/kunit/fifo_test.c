// SPDX-License-Identifier: GPL-2.0
/* The virtual command FIFO, against a plain array. */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/string.h>

#include <vgpu/fifo.h>

static void init(struct kunit *test, struct vgpu_fifo *f, u32 depth, u32 index)
{
	KUNIT_ASSERT_EQ(test, vgpu_fifo_init(f, depth), 0);
	/* The indexes run freely: any value must do. */
	f->head = index;
	f->tail = index;
}

static void fifo_bad_depths(struct kunit *test)
{
	static const u32 bad[] = { 0, 1, 2, 3, 48, 65, U32_MAX };
	struct vgpu_fifo f = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ(test, vgpu_fifo_init(&f, bad[i]), -EINVAL);
		vgpu_fifo_fini(&f);
	}
	vgpu_fifo_fini(&f);
}

static void fifo_fills_and_drains(struct kunit *test)
{
	struct vgpu_fifo_entry e;
	struct vgpu_fifo f;
	u32 depth, i;

	for (depth = 4; depth <= 64; depth *= 2) {
		init(test, &f, depth, 0);
		KUNIT_EXPECT_FALSE(test, vgpu_fifo_pop(&f, &e));
		for (i = 0; i < depth; i++) {
			KUNIT_EXPECT_EQ(test, vgpu_fifo_level(&f), i);
			KUNIT_EXPECT_TRUE(test, vgpu_fifo_push(&f, i * 4, ~i));
		}
		KUNIT_EXPECT_EQ(test, vgpu_fifo_level(&f), depth);
		KUNIT_EXPECT_FALSE(test, vgpu_fifo_push(&f, 0x1234, 1));
		KUNIT_EXPECT_EQ(test, vgpu_fifo_level(&f), depth);
		for (i = 0; i < depth; i++) {
			KUNIT_ASSERT_TRUE(test, vgpu_fifo_pop(&f, &e));
			KUNIT_EXPECT_EQ(test, e.offset, i * 4);
			KUNIT_EXPECT_EQ(test, e.val, ~i);
		}
		KUNIT_EXPECT_FALSE(test, vgpu_fifo_pop(&f, &e));
		vgpu_fifo_fini(&f);
	}
}

static void fifo_clear(struct kunit *test)
{
	struct vgpu_fifo_entry e;
	struct vgpu_fifo f;

	init(test, &f, 8, 5);
	vgpu_fifo_push(&f, 4, 1);
	vgpu_fifo_push(&f, 8, 2);
	vgpu_fifo_clear(&f);
	KUNIT_EXPECT_EQ(test, vgpu_fifo_level(&f), 0U);
	KUNIT_EXPECT_FALSE(test, vgpu_fifo_pop(&f, &e));
	KUNIT_EXPECT_TRUE(test, vgpu_fifo_push(&f, 12, 3));
	KUNIT_ASSERT_TRUE(test, vgpu_fifo_pop(&f, &e));
	KUNIT_EXPECT_EQ(test, e.offset, 12U);
	KUNIT_EXPECT_EQ(test, e.val, 3U);
	vgpu_fifo_fini(&f);
}

/* Pushes and pops in bursts; @n counts all that went in, @m all that came. */
static void random_run(struct kunit *test, u32 seed, u32 depth, u32 index)
{
	struct vgpu_fifo_entry e;
	struct rnd_state rnd;
	struct vgpu_fifo f;
	u32 n = 0, m = 0, burst;
	int i;

	prandom_seed_state(&rnd, seed);
	init(test, &f, depth, index);
	for (i = 0; i < 2000; i++) {
		burst = prandom_u32_state(&rnd) % (depth + 2);
		while (i % 2 && burst--) {
			bool room = n - m < depth;

			KUNIT_ASSERT_EQ(test,
					vgpu_fifo_push(&f, n * 4, n * 77), room);
			n += room;
		}
		while (i % 2 == 0 && burst--) {
			bool some = n != m;

			KUNIT_ASSERT_EQ(test, vgpu_fifo_pop(&f, &e), some);
			if (!some)
				continue;
			KUNIT_ASSERT_EQ(test, e.offset, m * 4);
			KUNIT_ASSERT_EQ(test, e.val, m * 77);
			m++;
		}
		KUNIT_ASSERT_EQ(test, vgpu_fifo_level(&f), n - m);
	}
	KUNIT_EXPECT_GT(test, n, 300U);
	vgpu_fifo_fini(&f);
}

static void fifo_random(struct kunit *test)
{
	random_run(test, 1, 64, 0);
	random_run(test, 2, 4, 0);
	random_run(test, 3, 16, 12345);
}

static void fifo_indexes_wrap(struct kunit *test)
{
	random_run(test, 4, 64, U32_MAX - 30);
	random_run(test, 5, 4, U32_MAX);
	random_run(test, 6, 8, U32_MAX - 1);
}

/* For a core dump: what was taken last, of what is still there. */
static void fifo_describes(struct kunit *test)
{
	struct vgpu_fifo_entry e;
	struct vgpu_fifo f;
	char buf[256];
	int i, n;

	init(test, &f, 4, 0);
	n = vgpu_fifo_describe(&f, buf, sizeof(buf));
	KUNIT_EXPECT_STREQ(test, buf,
			   "last 0 writes, oldest first; 0 waiting\n");
	for (i = 0; i < 6; i++) {
		vgpu_fifo_push(&f, 0x1000 + i * 4, i);
		vgpu_fifo_pop(&f, &e);
	}
	/* One that waits has taken the place of the oldest. */
	vgpu_fifo_push(&f, 0x2000, 9);
	n = vgpu_fifo_describe(&f, buf, sizeof(buf));
	KUNIT_EXPECT_EQ(test, n, (int)strlen(buf));
	KUNIT_EXPECT_STREQ(test, buf,
			   "last 3 writes, oldest first; 1 waiting\n"
			   "  0x100c 0x00000003\n"
			   "  0x1010 0x00000004\n"
			   "  0x1014 0x00000005\n");
	KUNIT_EXPECT_LT(test, vgpu_fifo_describe(&f, buf, 20), 20);
	vgpu_fifo_fini(&f);
}

static struct kunit_case fifo_cases[] = {
	KUNIT_CASE(fifo_bad_depths),
	KUNIT_CASE(fifo_fills_and_drains),
	KUNIT_CASE(fifo_clear),
	KUNIT_CASE(fifo_random),
	KUNIT_CASE(fifo_indexes_wrap),
	KUNIT_CASE(fifo_describes),
	{}
};

static struct kunit_suite fifo_suite = {
	.name = "vgpu_fifo",
	.test_cases = fifo_cases,
};

kunit_test_suite(fifo_suite);
