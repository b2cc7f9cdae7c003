/* SPDX-License-Identifier: GPL-2.0 */
/* Bands of an operation: the same lines as the whole, in the same order. */
#ifndef _RV100_BAND_MODEL_H
#define _RV100_BAND_MODEL_H

#include <kunit/test.h>

#include "../../drivers/rv100/rv100_2d.h"

/* The line that comes as number @i of an operation. */
static u32 nth(const struct rv100_2d_op *op, u32 top, u32 i)
{
	return op->bottom_to_top ? top + op->height - 1 - i : top + i;
}

static void check_lines(struct kunit *test, const struct rv100_2d_op *whole,
			u32 max_bytes)
{
	struct rv100_2d_op left = *whole, band;
	u32 done = 0, i;

	while (left.height) {
		band = rv100_2d_band(&left, max_bytes);
		KUNIT_ASSERT_GT(test, band.height, 0);
		if (band.height > 1)
			KUNIT_ASSERT_LE(test, band.height * band.width *
					band.cpp, max_bytes);
		KUNIT_ASSERT_EQ(test, band.width, whole->width);
		KUNIT_ASSERT_EQ(test, band.dst_x, whole->dst_x);
		KUNIT_ASSERT_EQ(test, band.src_x, whole->src_x);
		for (i = 0; i < band.height; i++, done++) {
			KUNIT_ASSERT_EQ(test, nth(&band, band.dst_y, i),
					nth(whole, whole->dst_y, done));
			KUNIT_ASSERT_EQ(test, nth(&band, band.src_y, i),
					nth(whole, whole->src_y, done));
		}
	}
	KUNIT_EXPECT_EQ(test, done, whole->height);
}

#endif /* _RV100_BAND_MODEL_H */
