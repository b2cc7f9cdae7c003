// SPDX-License-Identifier: GPL-2.0
/*
 * Placement, by example and against a reference that tries every combination of
 * engines.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <vgpu/vgpu.h>

#include "../../drivers/vgpu/host/place.h"
#include "place_model.h"

#define COPY	BIT(VGPU_CLASS_COPY)
#define COMPUTE	BIT(VGPU_CLASS_COMPUTE)
#define BOTH	(COPY | COMPUTE)
#define NONE	~0U	/* no engine */

/* Two slices with a copy and a compute engine each, not in order. */
static const struct vgpu_engine_desc two_slices[] = {
	{ .name = "compute0", .class = VGPU_CLASS_COMPUTE, .slice = 0 },
	{ .name = "copy1", .class = VGPU_CLASS_COPY, .slice = 1 },
	{ .name = "copy0", .class = VGPU_CLASS_COPY, .slice = 0 },
	{ .name = "compute1", .class = VGPU_CLASS_COMPUTE, .slice = 1 },
};

static int place(const u32 *placed, u32 classes, u8 slice,
		 struct vgpu_placement *where)
{
	return vgpu_place(two_slices, ARRAY_SIZE(two_slices), placed, classes,
			  slice, ~0U, where);
}

static void expect(struct kunit *test, const u32 *placed, u32 classes, u8 slice,
		   unsigned int first, unsigned int second)
{
	struct vgpu_placement where = {};
	unsigned int nr = (first != NONE) + (second != NONE);

	KUNIT_ASSERT_EQ(test, place(placed, classes, slice, &where), 0);
	KUNIT_ASSERT_EQ(test, where.nr, nr);
	if (nr > 0)
		KUNIT_EXPECT_EQ(test, where.engine[0], first);
	if (nr > 1)
		KUNIT_EXPECT_EQ(test, where.engine[1], second);
}

static void place_by_class_and_slice(struct kunit *test)
{
	const u32 empty[4] = {};

	expect(test, empty, BOTH, 0, 2, 0);
	expect(test, empty, BOTH, 1, 1, 3);
	expect(test, empty, BOTH, VGPU_ANY_SLICE, 2, 0);
	expect(test, empty, COPY, 1, 1, NONE);
	expect(test, empty, COMPUTE, 0, 0, NONE);
	/* Display only */
	expect(test, empty, 0, 0, NONE, NONE);
	expect(test, empty, 0, VGPU_ANY_SLICE, NONE, NONE);
}

/* A type bound to a slice never appears on another, however full that is. */
static void place_bound_to_a_slice(struct kunit *test)
{
	const u32 placed[4] = { 0, 100, 0, 100 };

	expect(test, placed, BOTH, 1, 1, 3);
	expect(test, placed, BOTH, VGPU_ANY_SLICE, 2, 0);
}

static void place_where_there_is_room(struct kunit *test)
{
	const u32 one[4] = { 1, 0, 1, 0 };
	/* The fullest engine that would be used decides, not the sum. */
	const u32 uneven[4] = { 3, 2, 0, 2 };
	/* An engine that is not asked for does not count. */
	const u32 other[4] = { 9, 2, 1, 0 };

	expect(test, one, BOTH, VGPU_ANY_SLICE, 1, 3);
	expect(test, uneven, BOTH, VGPU_ANY_SLICE, 1, 3);
	expect(test, other, COPY, VGPU_ANY_SLICE, 2, NONE);
}

/* A slice whose memory is full comes into question for nobody. */
static void place_by_room(struct kunit *test)
{
	const u32 placed[4] = { 0, 100, 0, 100 };
	struct vgpu_placement where;
	unsigned int nr = ARRAY_SIZE(two_slices);

	KUNIT_ASSERT_EQ(test, vgpu_place(two_slices, nr, placed, BOTH,
					 VGPU_ANY_SLICE, BIT(1), &where), 0);
	KUNIT_EXPECT_EQ(test, where.slice, 1);
	KUNIT_EXPECT_EQ(test, where.engine[0], 1U);
	KUNIT_EXPECT_EQ(test, vgpu_place(two_slices, nr, placed, BOTH, 0,
					 BIT(1), &where), -ENODEV);
	KUNIT_EXPECT_EQ(test, vgpu_place(two_slices, nr, placed, BOTH,
					 VGPU_ANY_SLICE, 0, &where), -ENODEV);
	/* Without engines, too. */
	KUNIT_ASSERT_EQ(test, vgpu_place(two_slices, nr, placed, 0,
					 VGPU_ANY_SLICE, BIT(1), &where), 0);
	KUNIT_EXPECT_EQ(test, where.slice, 1);
	KUNIT_EXPECT_EQ(test, where.nr, 0U);
}

static void place_refuses(struct kunit *test)
{
	const u32 empty[4] = {};
	struct vgpu_placement where;

	KUNIT_EXPECT_EQ(test, place(empty, BOTH, 2, &where), -ENODEV);
	KUNIT_EXPECT_EQ(test, place(empty, BIT(VGPU_CLASS_2D), 0, &where),
			-ENODEV);
	KUNIT_EXPECT_EQ(test, place(empty, BIT(VGPU_CLASS_2D) | COPY,
				    VGPU_ANY_SLICE, &where), -ENODEV);
	KUNIT_EXPECT_EQ(test, place(empty, BIT(VGPU_NR_CLASSES), 0, &where),
			-ENODEV);
	KUNIT_EXPECT_EQ(test, place(empty, COPY, VGPU_MAX_SLICES, &where),
			-ENODEV);
	KUNIT_EXPECT_EQ(test, vgpu_place(two_slices, 0, empty, COPY, 0, ~0U,
					 &where), -ENODEV);
}

/* Instances come one after another: the engines differ by one at most. */
static void place_levels(struct kunit *test)
{
	u32 placed[4] = {};
	unsigned int i, j;

	for (i = 0; i < 101; i++) {
		struct vgpu_placement where;

		KUNIT_ASSERT_EQ(test, place(placed, BOTH, VGPU_ANY_SLICE,
					    &where), 0);
		for (j = 0; j < where.nr; j++)
			placed[where.engine[j]]++;
	}
	KUNIT_EXPECT_EQ(test, placed[0] + placed[3], 101U);
	KUNIT_EXPECT_EQ(test, placed[0], 51U);
	KUNIT_EXPECT_EQ(test, placed[1], 50U);
}

#define RANDOM_ENGINES	6

static void place_random(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int n, i;

	prandom_seed_state(&rnd, 3);
	for (n = 0; n < 20000; n++) {
		struct vgpu_engine_desc e[RANDOM_ENGINES] = {};
		u32 placed[RANDOM_ENGINES], classes, room, full = 0, least;
		struct vgpu_placement where;
		u8 slice;
		int ret;

		for (i = 0; i < RANDOM_ENGINES; i++) {
			e[i].class = prandom_u32_state(&rnd) % VGPU_NR_CLASSES;
			e[i].slice = prandom_u32_state(&rnd) % 2;
			placed[i] = prandom_u32_state(&rnd) % 4;
		}
		/* One class or two */
		classes = BIT(prandom_u32_state(&rnd) % VGPU_NR_CLASSES);
		classes |= BIT(prandom_u32_state(&rnd) % VGPU_NR_CLASSES);
		slice = prandom_u32_state(&rnd) % 3;
		if (slice == 2)
			slice = VGPU_ANY_SLICE;

		room = prandom_u32_state(&rnd) % 4;
		ret = vgpu_place(e, RANDOM_ENGINES, placed, classes, slice,
				 room, &where);
		least = model_least(e, RANDOM_ENGINES, placed, classes, slice,
				    room);
		KUNIT_ASSERT_EQ(test, ret, least == U32_MAX ? -ENODEV : 0);
		if (ret)
			continue;
		KUNIT_ASSERT_EQ(test, where.nr, hweight32(classes));
		for (i = 0; i < where.nr; i++) {
			const struct vgpu_engine_desc *got =
				&e[where.engine[i]];

			KUNIT_ASSERT_TRUE(test, classes & BIT(got->class));
			KUNIT_ASSERT_EQ(test, got->slice, where.slice);
			full = max(full, placed[where.engine[i]]);
		}
		KUNIT_ASSERT_EQ(test, full, least);
	}
}

static struct kunit_case place_cases[] = {
	KUNIT_CASE(place_by_class_and_slice),
	KUNIT_CASE(place_bound_to_a_slice),
	KUNIT_CASE(place_where_there_is_room),
	KUNIT_CASE(place_by_room),
	KUNIT_CASE(place_refuses),
	KUNIT_CASE(place_levels),
	KUNIT_CASE(place_random),
	{}
};

static struct kunit_suite place_suite = {
	.name = "place",
	.test_cases = place_cases,
};

kunit_test_suite(place_suite);

MODULE_LICENSE("GPL");
