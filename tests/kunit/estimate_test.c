// SPDX-License-Identifier: GPL-2.0
/*
 * How long a move would stop an instance: what the documents say, numbers that do not fit
 * where they would, and random ones against a model that divides bit by bit.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "../../drivers/vgpu/bus/dirty.h"
#include "../../drivers/vgpu/migrate/estimate.h"

#define SECOND	1000000000ULL

static u64 estimate(u64 all, u64 memory, u64 rate, u64 bandwidth)
{
	const struct vgpu_estimate e = { all, memory, rate, bandwidth };

	return vgpu_estimate_downtime(&e);
}

static void estimate_examples(struct kunit *test)
{
	const u64 memory = SZ_64M, all = memory + SZ_64K, second = SZ_16M;
	const u64 rest = SZ_64K * SECOND / second, whole = 4 * SECOND + rest;

	KUNIT_EXPECT_EQ(test, whole,
			estimate(all, memory, VGPU_RATE_UNKNOWN, second));
	KUNIT_EXPECT_EQ(test, rest, estimate(all, memory, 0, second));
	/* Four seconds and a little, in which a sixteenth of it is written each. */
	KUNIT_EXPECT_EQ(test, (4 * SECOND + rest) / 16 + rest,
			estimate(all, memory, second / 16, second));
	KUNIT_EXPECT_EQ(test, whole, estimate(all, memory, second, second));
	KUNIT_EXPECT_EQ(test, whole, estimate(all, memory, 100 * second, second));
}

static void estimate_edges(struct kunit *test)
{
	const u64 all = 3ULL << 50, most = U64_MAX;

	KUNIT_EXPECT_EQ(test, most, estimate(all, all, VGPU_RATE_UNKNOWN, 1));
	KUNIT_EXPECT_EQ(test, most, estimate(all, all, most - 1, 1));
	KUNIT_EXPECT_EQ(test, 0ULL, estimate(all, all, 0, 1));
	KUNIT_EXPECT_EQ(test, SECOND, estimate(1, 0, most, 1));
	KUNIT_EXPECT_EQ(test, 0ULL, estimate(all, all, 1, most));
	KUNIT_EXPECT_EQ(test, all / SZ_1G * SECOND,
			estimate(all, all, most, SZ_1G));
	KUNIT_EXPECT_EQ(test, SECOND, estimate(most, most, most, most));
	KUNIT_EXPECT_EQ(test, SECOND - 1, estimate(most, most, most - 1, most));
	/* The largest that fits, and the next. */
	KUNIT_EXPECT_EQ(test, most / SECOND * SECOND,
			estimate(most / SECOND, most / SECOND, most, 1));
	KUNIT_EXPECT_EQ(test, most,
			estimate(most / SECOND + 1, most / SECOND + 1, most, 1));
}

/* A product of 128 bits, and its quotient bit by bit; U64_MAX when that is more. */
static u64 model_mul_div(u64 a, u64 b, u64 c)
{
	u64 low = a * b, high = 0, rest = 0, quotient = 0;
	int i;

	for (i = 1; i < 64; i++)
		if (b >> i & 1)
			high += a >> (64 - i);
	/* What comes over from the sum of the low halves. */
	for (i = 0, rest = 0; i < 64; i++) {
		u64 part = b >> i & 1 ? a << i : 0;

		high += rest + part < rest;
		rest += part;
	}
	if (high >= c)
		return U64_MAX;
	for (i = 63, rest = high; i >= 0; i--) {
		bool over = rest >> 63;

		rest = rest << 1 | (low >> i & 1);
		if (over || rest >= c) {
			rest -= c;
			quotient |= 1ULL << i;
		}
	}
	return quotient;
}

static u64 any(struct rnd_state *rnd)
{
	u64 val = (u64)prandom_u32_state(rnd) << 32 | prandom_u32_state(rnd);

	return val >> prandom_u32_state(rnd) % 64;
}

static void estimate_random(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, 13);
	for (i = 0; i < 20000; i++) {
		u64 all = any(&rnd), memory = min(any(&rnd), all);
		u64 rate = any(&rnd), bandwidth = any(&rnd) ?: 1;
		u64 left = min(memory, model_mul_div(rate, all, bandwidth));

		KUNIT_ASSERT_EQ(test, estimate(all, memory, rate, bandwidth),
				model_mul_div(all - memory + left, SECOND,
					      bandwidth));
	}
}

static struct kunit_case estimate_cases[] = {
	KUNIT_CASE(estimate_examples),
	KUNIT_CASE(estimate_edges),
	KUNIT_CASE(estimate_random),
	{}
};

static struct kunit_suite estimate_suite = {
	.name = "estimate",
	.test_cases = estimate_cases,
};

kunit_test_suite(estimate_suite);
