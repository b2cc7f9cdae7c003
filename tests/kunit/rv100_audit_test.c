// SPDX-License-Identifier: GPL-2.0
/* The audit of 2D operations against a slow reference (rv100_reference.h). */
#include <kunit/test.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "rv100_reference.h"

#define SEED		0x5eed5eed12345678ULL
#define ROUNDS		100000
#define WRITES		300000

static struct bench *new_bench(struct kunit *test)
{
	struct bench *bench = kunit_kzalloc(test, sizeof(*bench), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bench);
	random_state = SEED;
	return bench;
}

/* Thousands of operations, most of them near some edge. */
static void rv100_audit_matches_reference(struct kunit *test)
{
	struct bench *bench = new_bench(test);
	u32 i;

	for (i = 0; i < ROUNDS && test->status == KUNIT_SUCCESS; i++)
		check_random_blit(test, bench);
	kunit_info(test, "%u ran, %u empty, %u dropped; %u ended at the last byte, %u one pixel past it\n",
		   bench->run, bench->empty, bench->dropped, bench->exact_fit,
		   bench->one_past);
	/* Otherwise nothing was shown. */
	KUNIT_EXPECT_GT(test, bench->run, ROUNDS / 20);
	KUNIT_EXPECT_GT(test, bench->dropped, ROUNDS / 20);
	KUNIT_EXPECT_GT(test, bench->exact_fit, 100);
	KUNIT_EXPECT_GT(test, bench->one_past, 100);
}

/* Any sequence of register writes: the card stays inside the partition. */
static void rv100_random_writes_stay_inside(struct kunit *test)
{
	struct bench *bench = new_bench(test);
	struct rv100_2d_state s;
	u32 i;

	rv100_2d_reset(&s);
	for (i = 0; i < WRITES && test->status == KUNIT_SUCCESS; i++)
		check_random_write(test, bench, &s, SZ_16M, SZ_8M);
	kunit_info(test, "%u ran, %u did not\n", bench->run, bench->dropped);
	KUNIT_EXPECT_GT(test, bench->run, 100);
}

/* A good copy of 64x32 pixels at 32 bits, from the top left corner to (64, 0) */
static void good_copy(struct rv100_2d_state *s)
{
	rv100_2d_reset(s);
	rv100_2d_write(s, 0x142c, 4096 >> 6 << 22);
	rv100_2d_write(s, 0x1428, 4096 >> 6 << 22);
	rv100_2d_write(s, 0x146c, 0x02cc36df);
	rv100_2d_write(s, 0x1434, 0);
	rv100_2d_write(s, 0x1438, 64);
	rv100_2d_write(s, 0x143c, 32 << 16 | 64);
}

/* Each reason for a drop, by one change to a good copy */
static void rv100_verdicts(struct kunit *test)
{
	static const struct {
		u32 offset, val;
		enum rv100_2d_trigger trigger;
		enum rv100_2d_verdict want;
	} cases[] = {
		{ 0x1438, 64, RV100_TRIGGER_RECT, RV100_2D_RUN },
		{ 0x1410, 0, RV100_TRIGGER_RECT, RV100_2D_EMPTY },
		{ 0x1438, 0x3fc0, RV100_TRIGGER_RECT, RV100_2D_EMPTY },
		{ 0x1644, 63, RV100_TRIGGER_RECT, RV100_2D_EMPTY },
		{ 0x1644, 64, RV100_TRIGGER_RECT, RV100_2D_RUN },
		{ 0x1600, 1, RV100_TRIGGER_LINE, RV100_2D_DROP_LINE },
		{ 0x1600, 0, RV100_TRIGGER_LINE, RV100_2D_EMPTY },
		{ 0x1438, 64, RV100_TRIGGER_OTHER, RV100_2D_DROP_TRIGGER },
		{ 0x16c4, 0x30d05, RV100_TRIGGER_RECT, RV100_2D_DROP_DATATYPE },
		{ 0x1700, 1, RV100_TRIGGER_RECT, RV100_2D_DROP_TILE },
		{ 0x1704, 1, RV100_TRIGGER_RECT, RV100_2D_DROP_TILE },
		{ 0x16c0, 0xb, RV100_TRIGGER_RECT, RV100_2D_DROP_TILE },
		{ 0x1408, 0, RV100_TRIGGER_RECT, RV100_2D_DROP_PITCH },
		{ 0x15b0, 0, RV100_TRIGGER_RECT, RV100_2D_DROP_PITCH },
		{ 0x146c, 0x00f0360f, RV100_TRIGGER_RECT, RV100_2D_DROP_BRUSH },
		{ 0x146c, 0x03cc36df, RV100_TRIGGER_RECT,
		  RV100_2D_DROP_SOURCE },
		{ 0x146c, 0x02cc06df, RV100_TRIGGER_RECT,
		  RV100_2D_DROP_SOURCE },
		{ 0x1404, SZ_4M, RV100_TRIGGER_RECT, RV100_2D_DROP_DST_BOUNDS },
		{ 0x15ac, SZ_4M, RV100_TRIGGER_RECT, RV100_2D_DROP_SRC_BOUNDS },
		{ 0x1434, 0x3fff, RV100_TRIGGER_RECT,
		  RV100_2D_DROP_SRC_BOUNDS },
		{ 0x148, 1, RV100_TRIGGER_RECT, RV100_2D_DROP_DST_BOUNDS },
	};
	struct rv100_2d_state s;
	struct rv100_2d_op op;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		good_copy(&s);
		rv100_2d_write(&s, cases[i].offset, cases[i].val);
		KUNIT_EXPECT_EQ_MSG(test,
				    rv100_2d_audit(&s, cases[i].trigger, SZ_4M,
						   &op),
				    cases[i].want, "case %u: %#x = %#x", i,
				    cases[i].offset, cases[i].val);
	}
}

/* All of a partition, to its last byte, and one line more */
static void rv100_whole_partition(struct kunit *test)
{
	struct rv100_2d_state s;
	struct rv100_2d_op op;

	rv100_2d_reset(&s);
	rv100_2d_write(&s, 0x142c, 4096 >> 6 << 22);
	rv100_2d_write(&s, 0x146c, 0x00f036df);
	rv100_2d_write(&s, 0x1598, 1024 << 16 | 1024);
	KUNIT_EXPECT_EQ(test, rv100_2d_audit(&s, RV100_TRIGGER_RECT, SZ_4M,
					     &op), RV100_2D_RUN);
	rv100_2d_write(&s, 0x1598, 1024 << 16 | 1025);
	KUNIT_EXPECT_EQ(test, rv100_2d_audit(&s, RV100_TRIGGER_RECT, SZ_4M,
					     &op), RV100_2D_DROP_DST_BOUNDS);
}

static struct kunit_case rv100_audit_cases[] = {
	KUNIT_CASE(rv100_verdicts),
	KUNIT_CASE(rv100_whole_partition),
	KUNIT_CASE_SLOW(rv100_audit_matches_reference),
	KUNIT_CASE_SLOW(rv100_random_writes_stay_inside),
	{}
};

static struct kunit_suite rv100_audit_suite = {
	.name = "rv100_audit",
	.test_cases = rv100_audit_cases,
};

kunit_test_suite(rv100_audit_suite);

MODULE_LICENSE("GPL");
