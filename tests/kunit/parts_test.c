// SPDX-License-Identifier: GPL-2.0
/*
 * VRAM that is cut by slices: a slice's partitions lie in its part, whatever the
 * others do; and what is not cut is as one allocator has it.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <vgpu/vgpu.h>

#include "../../drivers/vgpu/host/parts.h"

#define UNIT	SZ_2M
#define CARD	(100ULL * SZ_1M)
/* More than fit. */
#define TAKEN	48

static void init(struct kunit *test, struct vgpu_parts *p, unsigned int nr)
{
	KUNIT_ASSERT_EQ(test, vgpu_parts_init(p, CARD, UNIT, nr), 0);
}

/* What does not divide evenly is not on offer. */
static void parts_are_equal(struct kunit *test)
{
	struct vgpu_parts p;
	unsigned int i;

	init(test, &p, 4);
	KUNIT_EXPECT_EQ(test, p.size, 96ULL * SZ_1M);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, p.part[i].size, 24ULL * SZ_1M);
		KUNIT_EXPECT_EQ(test, vgpu_parts_fit(&p, i, SZ_8M), 3ULL);
		KUNIT_EXPECT_EQ(test, vgpu_parts_hold(&p, i, SZ_8M), 3ULL);
	}
	KUNIT_EXPECT_EQ(test, vgpu_parts_fit(&p, VGPU_ANY_SLICE, SZ_8M), 12ULL);
	KUNIT_EXPECT_EQ(test, vgpu_parts_hold(&p, VGPU_ANY_SLICE, SZ_8M),
			12ULL);
	/* In none of them, though it would fit into all of it. */
	KUNIT_EXPECT_EQ(test, vgpu_parts_fit(&p, VGPU_ANY_SLICE, SZ_32M), 0ULL);
	KUNIT_EXPECT_EQ(test, vgpu_parts_room(&p, SZ_32M), 0U);
	KUNIT_EXPECT_EQ(test, vgpu_parts_largest(&p), (u64)SZ_16M);
	KUNIT_EXPECT_EQ(test, vgpu_parts_total_free(&p), p.size);
	vgpu_parts_fini(&p);
}

/* Who fills a slice takes nothing from another. */
static void parts_are_apart(struct kunit *test)
{
	struct vgpu_parts p;
	u64 offset;

	init(test, &p, 2);
	while (vgpu_parts_fit(&p, 0, UNIT))
		KUNIT_ASSERT_EQ(test, vgpu_parts_alloc(&p, 0, UNIT, &offset), 0);
	KUNIT_EXPECT_EQ(test, vgpu_parts_room(&p, UNIT), BIT(1));
	KUNIT_EXPECT_EQ(test, vgpu_parts_alloc(&p, 0, UNIT, &offset), -ENOSPC);
	KUNIT_EXPECT_EQ(test, vgpu_parts_total_free(&p), 50ULL * SZ_1M);
	KUNIT_ASSERT_EQ(test, vgpu_parts_alloc(&p, 1, 50 * SZ_1M, &offset), 0);
	KUNIT_EXPECT_EQ(test, offset, 50ULL * SZ_1M);
	vgpu_parts_free(&p, offset, 50 * SZ_1M);
	KUNIT_EXPECT_EQ(test, vgpu_parts_alloc(&p, 2, UNIT, &offset), -EINVAL);
	KUNIT_EXPECT_EQ(test, vgpu_parts_alloc(&p, VGPU_ANY_SLICE, UNIT,
					       &offset), -EINVAL);
	vgpu_parts_fini(&p);
}

/* All of it is every slice's. */
static void parts_whole(struct kunit *test)
{
	struct vgpu_parts p;
	u64 offset[2];

	init(test, &p, 1);
	KUNIT_EXPECT_EQ(test, p.size, CARD);
	KUNIT_EXPECT_EQ(test, vgpu_parts_room(&p, UNIT), ~0U);
	KUNIT_ASSERT_EQ(test, vgpu_parts_alloc(&p, 3, SZ_64M, &offset[0]), 0);
	KUNIT_ASSERT_EQ(test, vgpu_parts_alloc(&p, 0, SZ_32M, &offset[1]), 0);
	KUNIT_EXPECT_EQ(test, vgpu_parts_fit(&p, 3, UNIT), 2ULL);
	KUNIT_EXPECT_EQ(test, vgpu_parts_room(&p, SZ_8M), 0U);
	vgpu_parts_fini(&p);
}

static void parts_refuse(struct kunit *test)
{
	struct vgpu_parts p;

	KUNIT_EXPECT_EQ(test, vgpu_parts_init(&p, CARD, UNIT, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, vgpu_parts_init(&p, CARD, UNIT,
					      VGPU_MAX_SLICES + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, vgpu_parts_init(&p, CARD, 0, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, vgpu_parts_init(&p, UNIT, UNIT, 2), -EINVAL);
}

/* By chance: each lies in its slice's part, none overlap, and all come back. */
static void parts_random(struct kunit *test)
{
	struct { u64 offset, size; } taken[TAKEN];
	struct vgpu_parts p;
	struct rnd_state rnd;
	unsigned int n = 0, i, j;

	prandom_seed_state(&rnd, 11);
	init(test, &p, 4);
	for (i = 0; i < 20000; i++) {
		u8 slice = prandom_u32_state(&rnd) % 4;
		u64 size = UNIT * (1 + prandom_u32_state(&rnd) % 4), offset;
		u64 fit = vgpu_parts_fit(&p, slice, size);
		int ret;

		if (n && prandom_u32_state(&rnd) % 2) {
			j = prandom_u32_state(&rnd) % n;
			vgpu_parts_free(&p, taken[j].offset, taken[j].size);
			offset = taken[j].offset;
			KUNIT_ASSERT_TRUE(test, vgpu_parts_is_free(&p, offset));
			taken[j] = taken[--n];
			continue;
		}
		ret = vgpu_parts_alloc(&p, slice, size, &offset);
		KUNIT_ASSERT_EQ(test, ret, fit ? 0 : -ENOSPC);
		if (ret)
			continue;
		KUNIT_ASSERT_GE(test, offset, slice * p.part[0].size);
		KUNIT_ASSERT_LE(test, offset + size,
				(slice + 1) * p.part[0].size);
		KUNIT_ASSERT_FALSE(test, vgpu_parts_is_free(&p, offset));
		for (j = 0; j < n; j++)
			KUNIT_ASSERT_TRUE(test, offset + size <= taken[j].offset ||
					  taken[j].offset + taken[j].size <=
					  offset);
		taken[n].offset = offset;
		taken[n++].size = size;
	}
	while (n--)
		vgpu_parts_free(&p, taken[n].offset, taken[n].size);
	KUNIT_EXPECT_EQ(test, vgpu_parts_total_free(&p), p.size);
	vgpu_parts_fini(&p);
}

static struct kunit_case parts_cases[] = {
	KUNIT_CASE(parts_are_equal),
	KUNIT_CASE(parts_are_apart),
	KUNIT_CASE(parts_whole),
	KUNIT_CASE(parts_refuse),
	KUNIT_CASE(parts_random),
	{}
};

static struct kunit_suite parts_suite = {
	.name = "parts",
	.test_cases = parts_cases,
};

kunit_test_suite(parts_suite);

MODULE_LICENSE("GPL");
