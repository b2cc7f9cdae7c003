// SPDX-License-Identifier: GPL-2.0
/*
 * What packets may ask for, against a model that lists each byte that they would
 * touch.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/string.h>

#include "soft_packet_model.h"

static enum soft_verdict check(struct soft_packet *p, bool compute)
{
	struct soft_work work;

	return soft_packet_check(p, VRAM, compute, &work);
}

static struct soft_packet packet(u16 op, u64 dst, u64 src, u64 size)
{
	return (struct soft_packet) {
		.op = cpu_to_le16(op),
		.dst = cpu_to_le64(dst),
		.src = cpu_to_le64(src),
		.size = cpu_to_le64(size),
	};
}

static void packet_sizes(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, sizeof(struct soft_packet), 64UL);
}

static void packet_verdicts(struct kunit *test)
{
	static const struct {
		u16 op;
		u64 dst, src, size;
		enum soft_verdict copy, compute;
	} cases[] = {
		{ 0, 0, 0, 0, SOFT_BAD_OP, SOFT_BAD_OP },
		{ 99, 0, 0, 0, SOFT_BAD_OP, SOFT_BAD_OP },
		{ SOFT_OP_NOP, 0, 0, 0, SOFT_RUN, SOFT_RUN },
		{ SOFT_OP_NOP, 0, 0, 1, SOFT_BAD_UNUSED, SOFT_BAD_UNUSED },
		{ SOFT_OP_COPY, 0, 128, 128, SOFT_RUN, SOFT_RUN },
		{ SOFT_OP_COPY, 1, 129, 127, SOFT_RUN, SOFT_RUN },
		{ SOFT_OP_COPY, 0, 129, 128, SOFT_BAD_SRC, SOFT_BAD_SRC },
		{ SOFT_OP_COPY, 129, 0, 128, SOFT_BAD_DST, SOFT_BAD_DST },
		{ SOFT_OP_COPY, 0, 100, 101, SOFT_BAD_OVERLAP, SOFT_BAD_OVERLAP },
		{ SOFT_OP_COPY, 0, 0, 0, SOFT_RUN, SOFT_RUN },
		{ SOFT_OP_COPY, ~0ULL, 0, 2, SOFT_BAD_DST, SOFT_BAD_DST },
		{ SOFT_OP_COPY, 0, ~0ULL, 2, SOFT_BAD_SRC, SOFT_BAD_SRC },
		{ SOFT_OP_COPY, 8, 0, ~0ULL, SOFT_BAD_DST, SOFT_BAD_DST },
		{ SOFT_OP_FILL, 0, 0, VRAM, SOFT_RUN, SOFT_RUN },
		{ SOFT_OP_FILL, 4, 0, VRAM, SOFT_BAD_DST, SOFT_BAD_DST },
		{ SOFT_OP_FILL, 2, 0, 4, SOFT_BAD_DST, SOFT_BAD_DST },
		{ SOFT_OP_FILL, 0, 0, 6, SOFT_BAD_SIZE, SOFT_BAD_SIZE },
		{ SOFT_OP_FILL, 0, 4, 8, SOFT_BAD_UNUSED, SOFT_BAD_UNUSED },
		{ SOFT_OP_WAIT, 0, 0, 1000, SOFT_BAD_OP, SOFT_RUN },
		{ SOFT_OP_WAIT, 0, 0, SOFT_WAIT_MAX + 1, SOFT_BAD_OP,
		  SOFT_BAD_SIZE },
		{ SOFT_OP_WAIT, 8, 0, 1, SOFT_BAD_OP, SOFT_BAD_UNUSED },
		{ SOFT_OP_HANG, 0, 0, 0, SOFT_BAD_OP, SOFT_RUN },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct soft_packet p = packet(cases[i].op, cases[i].dst,
					      cases[i].src, cases[i].size);

		KUNIT_EXPECT_EQ_MSG(test, check(&p, false), cases[i].copy,
				    "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, check(&p, true), cases[i].compute,
				    "case %u", i);
	}
}

static void packet_fences(struct kunit *test)
{
	struct soft_packet p = packet(SOFT_OP_NOP, 0, 0, 0);

	p.fence_value = cpu_to_le64(1);
	KUNIT_EXPECT_EQ(test, check(&p, false), SOFT_BAD_UNUSED);
	p.flags = cpu_to_le16(SOFT_PACKET_FENCE);
	KUNIT_EXPECT_EQ(test, check(&p, false), SOFT_RUN);
	p.fence = cpu_to_le64(VRAM - 8);
	KUNIT_EXPECT_EQ(test, check(&p, false), SOFT_RUN);
	p.fence = cpu_to_le64(VRAM);
	KUNIT_EXPECT_EQ(test, check(&p, false), SOFT_BAD_FENCE);
	p.fence = cpu_to_le64(4);
	KUNIT_EXPECT_EQ(test, check(&p, false), SOFT_BAD_FENCE);
	p.fence = cpu_to_le64(~7ULL);
	KUNIT_EXPECT_EQ(test, check(&p, false), SOFT_BAD_FENCE);
	p.fence = 0;
	p.flags = cpu_to_le16(4);
	KUNIT_EXPECT_EQ(test, check(&p, false), SOFT_BAD_FLAGS);
	p.flags = cpu_to_le16(SOFT_PACKET_FENCE);
	p.reserved[1] = cpu_to_le64(1);
	KUNIT_EXPECT_EQ(test, check(&p, false), SOFT_BAD_UNUSED);
}

/* Numbers near to what matters: 0, the end, and where sums wrap. */
static u64 roll(struct rnd_state *rnd)
{
	static const u64 base[] = { 0, VRAM / 2, VRAM, ~0ULL };

	return base[prandom_u32_state(rnd) % 4] +
	       prandom_u32_state(rnd) % 20 - 10;
}

static void packet_random(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int i, good = 0;

	prandom_seed_state(&rnd, 5);
	for (i = 0; i < 40000; i++) {
		u64 dst = roll(&rnd), src = roll(&rnd);
		u64 size = prandom_u32_state(&rnd) % 8 ?
			   prandom_u32_state(&rnd) % 140 : roll(&rnd);
		u16 op = i % 2 ? SOFT_OP_COPY : i / 2 % 8;
		struct soft_packet p = packet(op, dst, src, size);
		bool compute = i % 3, ok;

		if (prandom_u32_state(&rnd) % 4 == 0) {
			p.flags = cpu_to_le16(SOFT_PACKET_FENCE);
			p.fence = cpu_to_le64(roll(&rnd));
		}
		if (op == SOFT_OP_FILL)
			p.src = 0;
		ok = model_runs(&p, compute);
		KUNIT_ASSERT_EQ_MSG(test, check(&p, compute) == SOFT_RUN, ok,
				    "op %u dst %#llx src %#llx size %#llx fence %#llx",
				    op, dst, src, size, le64_to_cpu(p.fence));
		good += ok;
	}
	KUNIT_EXPECT_GT(test, good, 500U);
}

/* Every verdict has a name for the message. */
static void packet_fields(struct kunit *test)
{
	enum soft_verdict v;

	for (v = SOFT_RUN; v <= SOFT_BAD_UNUSED; v++)
		KUNIT_EXPECT_NOT_NULL(test, soft_packet_field(v));
}

static struct kunit_case packet_cases[] = {
	KUNIT_CASE(packet_sizes),
	KUNIT_CASE(packet_verdicts),
	KUNIT_CASE(packet_fences),
	KUNIT_CASE(packet_random),
	KUNIT_CASE(packet_fields),
	{}
};

static struct kunit_suite packet_suite = {
	.name = "soft_packet",
	.test_cases = packet_cases,
};

kunit_test_suite(packet_suite);

MODULE_LICENSE("GPL");
