// SPDX-License-Identifier: GPL-2.0
/* Bands: the same lines as the whole operation, in the same order. */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "rv100_band_model.h"

#define ROUNDS	5000

static void band_random(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, 100);
	for (i = 0; i < ROUNDS; i++) {
		struct rv100_2d_op op = {
			.dst_x = prandom_u32_state(&rnd) % 8000,
			.dst_y = prandom_u32_state(&rnd) % 8000,
			.src_x = prandom_u32_state(&rnd) % 8000,
			.src_y = prandom_u32_state(&rnd) % 8000,
			.width = 1 + prandom_u32_state(&rnd) % 2000,
			.height = 1 + prandom_u32_state(&rnd) % 150,
			.cpp = 1 << prandom_u32_state(&rnd) % 3,
			.uses_src = prandom_u32_state(&rnd) & 1,
			.right_to_left = prandom_u32_state(&rnd) & 1,
			.bottom_to_top = prandom_u32_state(&rnd) & 1,
		};

		check_lines(test, &op, 1 + prandom_u32_state(&rnd) % 65536);
	}
}

static void band_small_is_whole(struct kunit *test)
{
	struct rv100_2d_op op = { .width = 16, .height = 16, .cpp = 4 }, band;

	band = rv100_2d_band(&op, 1024);
	KUNIT_EXPECT_EQ(test, band.height, 16);
	KUNIT_EXPECT_EQ(test, op.height, 0);
}

/* From the first byte of its pixels to the last, by enumeration. */
static void extent_random(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int i, x, y;

	prandom_seed_state(&rnd, 7);
	for (i = 0; i < 200; i++) {
		struct rv100_2d_op op = {
			.dst_offset = prandom_u32_state(&rnd) % 4096 * 1024,
			.dst_pitch = 64 * (1 + prandom_u32_state(&rnd) % 255),
			.dst_x = prandom_u32_state(&rnd) % 8000,
			.dst_y = prandom_u32_state(&rnd) % 8000,
			.width = 1 + prandom_u32_state(&rnd) % 50,
			.height = 1 + prandom_u32_state(&rnd) % 50,
			.cpp = 1 << prandom_u32_state(&rnd) % 3,
		};
		u64 begin, end, first = U64_MAX, last = 0;

		for (y = op.dst_y; y < op.dst_y + op.height; y++) {
			for (x = op.dst_x; x < op.dst_x + op.width; x++) {
				u64 at = op.dst_offset +
					 (u64)y * op.dst_pitch +
					 (u64)x * op.cpp;

				first = min(first, at);
				last = max(last, at + op.cpp);
			}
		}
		rv100_2d_extent(&op, &begin, &end);
		KUNIT_ASSERT_EQ(test, begin, first);
		KUNIT_ASSERT_EQ(test, end, last);
	}
}

static struct kunit_case band_cases[] = {
	KUNIT_CASE(band_random),
	KUNIT_CASE(band_small_is_whole),
	KUNIT_CASE(extent_random),
	{}
};

static struct kunit_suite band_suite = {
	.name = "rv100_band",
	.test_cases = band_cases,
};

kunit_test_suite(band_suite);
