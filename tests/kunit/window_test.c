// SPDX-License-Identifier: GPL-2.0
/* How many events fit into a sliding window. */
#include <kunit/test.h>
#include <linux/time64.h>

#include "../../drivers/vgpu/guard/window.h"

#define WINDOW	((u64)NSEC_PER_SEC)
#define START	(5 * WINDOW)

static u32 events(struct vgpu_window *w, u32 limit, u64 from, u64 step, u32 n)
{
	u32 allowed = 0, i;

	for (i = 0; i < n; i++)
		allowed += vgpu_window_event(w, WINDOW, limit, from + i * step);
	return allowed;
}

static void window_allows_up_to_the_limit(struct kunit *test)
{
	struct vgpu_window w = {};

	KUNIT_EXPECT_EQ(test, events(&w, 10, START, 1, 9), 9);
	KUNIT_EXPECT_EQ(test, vgpu_window_state(&w, WINDOW, 10, START + 9),
			VGPU_WINDOW_NORMAL);
	KUNIT_EXPECT_EQ(test, events(&w, 10, START + 9, 1, 1), 1);
	KUNIT_EXPECT_EQ(test, vgpu_window_state(&w, WINDOW, 10, START + 10),
			VGPU_WINDOW_FULL);
	KUNIT_EXPECT_EQ(test, events(&w, 10, START + 10, 1, 5), 0);
	KUNIT_EXPECT_EQ(test, vgpu_window_state(&w, WINDOW, 10, START + 15),
			VGPU_WINDOW_OVERFLOW);
}

static void window_without_limit(struct kunit *test)
{
	struct vgpu_window w = {};

	KUNIT_EXPECT_EQ(test, events(&w, 0, START, 1, 5000), 5000);
	KUNIT_EXPECT_EQ(test, vgpu_window_state(&w, WINDOW, 0, START + 5000),
			VGPU_WINDOW_NORMAL);
}

/* A steady rate below the limit is never held back, twice it always is. */
static void window_steady_rates(struct kunit *test)
{
	struct vgpu_window w = {};
	u32 allowed;

	KUNIT_EXPECT_EQ(test, events(&w, 100, START, WINDOW / 98, 1000), 1000);
	memset(&w, 0, sizeof(w));
	allowed = events(&w, 100, START, WINDOW / 200, 2000);
	/* Rounded up: one less in each window. */
	KUNIT_EXPECT_GE(test, allowed, 990);
	KUNIT_EXPECT_LE(test, allowed, 1100);
}

/* No window of the length that counts holds many more than the limit. */
static void window_no_burst_at_the_border(struct kunit *test)
{
	struct vgpu_window w = {};
	u32 n;

	/* All at the end of one window, then again at the start of the next. */
	KUNIT_ASSERT_TRUE(test, vgpu_window_event(&w, WINDOW, 100, START));
	n = events(&w, 100, START + WINDOW - 200, 1, 150);
	n += events(&w, 100, START + WINDOW, 1, 150);
	KUNIT_EXPECT_LE(test, n, 101);
}

static void window_forgets(struct kunit *test)
{
	struct vgpu_window w = {};

	events(&w, 10, START, 1, 20);
	KUNIT_EXPECT_EQ(test, vgpu_window_state(&w, WINDOW, 10, START + 20),
			VGPU_WINDOW_OVERFLOW);
	KUNIT_EXPECT_EQ(test, vgpu_window_state(&w, WINDOW, 10,
						START + 3 * WINDOW),
			VGPU_WINDOW_NORMAL);
	KUNIT_EXPECT_EQ(test, events(&w, 10, START + 3 * WINDOW, 1, 10), 10);
}

/* A limit of one holds across the end of a window, too. */
static void window_one_event(struct kunit *test)
{
	struct vgpu_window w = {};

	KUNIT_EXPECT_TRUE(test, vgpu_window_event(&w, WINDOW, 2, START));
	KUNIT_EXPECT_TRUE(test, vgpu_window_event(&w, WINDOW, 2,
						  START + WINDOW - 2));
	KUNIT_EXPECT_EQ(test, vgpu_window_state(&w, WINDOW, 1,
						START + WINDOW + 2),
			VGPU_WINDOW_FULL);
	KUNIT_EXPECT_FALSE(test, vgpu_window_event(&w, WINDOW, 1,
						   START + WINDOW + 2));
}

/* The first event ever comes at any time, also long after boot. */
static void window_first_event(struct kunit *test)
{
	struct vgpu_window w = {};

	KUNIT_EXPECT_TRUE(test, vgpu_window_event(&w, WINDOW, 1, 1000 * WINDOW));
	KUNIT_EXPECT_FALSE(test, vgpu_window_event(&w, WINDOW, 1,
						   1000 * WINDOW + 1));
}

static struct kunit_case window_cases[] = {
	KUNIT_CASE(window_allows_up_to_the_limit),
	KUNIT_CASE(window_without_limit),
	KUNIT_CASE(window_steady_rates),
	KUNIT_CASE(window_no_burst_at_the_border),
	KUNIT_CASE(window_forgets),
	KUNIT_CASE(window_one_event),
	KUNIT_CASE(window_first_event),
	{}
};

static struct kunit_suite window_suite = {
	.name = "window",
	.test_cases = window_cases,
};

kunit_test_suite(window_suite);
