// SPDX-License-Identifier: GPL-2.0
/* What packets of an AlmaIF ring may ask for, and what is made of them. */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/string.h>

#include "soft_aql_model.h"

#define MEM	1024

static u8 mem[MEM];

static struct soft_aql_packet good(u64 kernel)
{
	return (struct soft_aql_packet) {
		.header = cpu_to_le16(SOFT_AQL_DISPATCH | SOFT_AQL_IN_ORDER),
		.dims = cpu_to_le16(3),
		.group = { cpu_to_le16(8), cpu_to_le16(4), cpu_to_le16(1) },
		.grid = { cpu_to_le32(20), cpu_to_le32(4), cpu_to_le32(2) },
		.kernel = cpu_to_le64(kernel),
		.args = cpu_to_le64(256),
		.context = cpu_to_le64(MEM - sizeof(struct soft_aql_context)),
		.meta = cpu_to_le64(64),
	};
}

static struct soft_aql_context context(u32 groups, u32 group, u32 dims)
{
	return (struct soft_aql_context) {
		.groups = { cpu_to_le32(groups), cpu_to_le32(1), cpu_to_le32(1) },
		.first = { cpu_to_le32(5) },
		.group = { cpu_to_le32(group), cpu_to_le32(1), cpu_to_le32(1) },
		.dims = cpu_to_le32(dims),
	};
}

static enum soft_aql_verdict parse(const struct soft_aql_packet *p)
{
	struct soft_dispatch d;

	return soft_aql_parse(p, mem, MEM, &d);
}

static void aql_good(struct kunit *test)
{
	struct soft_aql_packet p = good(20);
	struct soft_dispatch d;

	memset(mem + 256, 0x5a, SOFT_AQL_ARGS);
	KUNIT_ASSERT_EQ(test, soft_aql_parse(&p, mem, MEM, &d), SOFT_AQL_RUN);
	KUNIT_EXPECT_EQ(test, d.kernel, 20U);
	KUNIT_EXPECT_EQ(test, d.meta, 64ULL);
	KUNIT_EXPECT_EQ(test, d.args_size, (u32)SOFT_AQL_ARGS);
	KUNIT_EXPECT_NULL(test, memchr_inv(d.args, 0x5a, SOFT_AQL_ARGS));
	/* 3 by 1 by 2, the last of a row incomplete. */
	KUNIT_EXPECT_EQ(test, soft_aql_groups(&d), 6ULL);
	/* What is beyond the dimensions is 1, whatever it says. */
	p.dims = cpu_to_le16(1);
	p.grid[1] = 0;
	p.group[2] = 0;
	KUNIT_ASSERT_EQ(test, soft_aql_parse(&p, mem, MEM, &d), SOFT_AQL_RUN);
	KUNIT_EXPECT_EQ(test, d.grid[1], 1U);
	KUNIT_EXPECT_EQ(test, soft_aql_groups(&d), 3ULL);
	/* Nobody wants to be told, and arguments at the end of memory. */
	p.meta = 0;
	p.args = cpu_to_le64(MEM - 16);
	KUNIT_ASSERT_EQ(test, soft_aql_parse(&p, mem, MEM, &d), SOFT_AQL_RUN);
	KUNIT_EXPECT_EQ(test, d.args_size, 16U);
}

static void aql_verdicts(struct kunit *test)
{
	struct soft_aql_packet p;

#define EXPECT(change, verdict) do {					\
	p = good(4);							\
	change;								\
	KUNIT_EXPECT_EQ_MSG(test, parse(&p), verdict, "%s", #change);	\
} while (0)
	EXPECT(p.header = cpu_to_le16(SOFT_AQL_INVALID), SOFT_AQL_NOTHING);
	EXPECT(p.header = cpu_to_le16(0x108), SOFT_AQL_NOTHING);
	EXPECT(p.header = 0, SOFT_AQL_BAD_HEADER);
	EXPECT(p.header = cpu_to_le16(0x10c), SOFT_AQL_BAD_HEADER);
	EXPECT(p.header = cpu_to_le16(0x204), SOFT_AQL_BAD_HEADER);
	EXPECT(p.meta = cpu_to_le64(MEM - 32), SOFT_AQL_RUN);
	EXPECT(p.meta = cpu_to_le64(MEM - 28), SOFT_AQL_BAD_META);
	EXPECT(p.meta = cpu_to_le64(65), SOFT_AQL_BAD_META);
	EXPECT(p.meta = cpu_to_le64(~3ULL), SOFT_AQL_BAD_META);
	EXPECT(p.kernel = cpu_to_le64(65535), SOFT_AQL_BAD_KERNEL);
	EXPECT(p.kernel = cpu_to_le64(1ULL << 32), SOFT_AQL_BAD_KERNEL);
	EXPECT(p.args = cpu_to_le64(MEM), SOFT_AQL_RUN);
	EXPECT(p.args = cpu_to_le64(MEM + 1), SOFT_AQL_BAD_ARGS);
	EXPECT(p.args = cpu_to_le64(~0ULL), SOFT_AQL_BAD_ARGS);
	EXPECT(p.dims = 0, SOFT_AQL_BAD_DIMS);
	EXPECT(p.dims = cpu_to_le16(4), SOFT_AQL_BAD_DIMS);
	EXPECT(p.group[1] = 0, SOFT_AQL_BAD_GROUP);
	EXPECT(p.group[1] = cpu_to_le16(128), SOFT_AQL_RUN);
	EXPECT(p.group[1] = cpu_to_le16(129), SOFT_AQL_BAD_GROUP);
	EXPECT(p.grid[2] = 0, SOFT_AQL_BAD_GRID);
	EXPECT(p.grid[0] = cpu_to_le32(1U << 29), SOFT_AQL_RUN);
	EXPECT(p.grid[0] = cpu_to_le32((1U << 29) + 1), SOFT_AQL_BAD_GRID);
	EXPECT(p.grid[0] = p.grid[1] = p.grid[2] = ~0U, SOFT_AQL_BAD_GRID);
#undef EXPECT
}

static void aql_contexts(struct kunit *test)
{
	static const struct {
		u32 groups, group, dims;
		enum soft_aql_verdict verdict;
	} cases[] = {
		{ 10, 64, 1, SOFT_AQL_RUN },
		{ 10, 1024, 2, SOFT_AQL_RUN },
		{ 10, 1025, 1, SOFT_AQL_BAD_GROUP },
		{ 0, 64, 1, SOFT_AQL_BAD_GRID },
		{ 10, 0, 1, SOFT_AQL_BAD_GROUP },
		{ 1U << 26, 64, 1, SOFT_AQL_BAD_GRID },
		{ 10, 64, 0, SOFT_AQL_BAD_DIMS },
		{ 10, 64, 4, SOFT_AQL_BAD_DIMS },
		{ 10, 64, ~0U, SOFT_AQL_BAD_DIMS },
	};
	struct soft_aql_packet p = good(SOFT_AQL_USER);
	struct soft_dispatch d;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct soft_aql_context c = context(cases[i].groups,
						    cases[i].group,
						    cases[i].dims);

		memcpy(mem + MEM - sizeof(c), &c, sizeof(c));
		KUNIT_EXPECT_EQ_MSG(test, soft_aql_parse(&p, mem, MEM, &d),
				    cases[i].verdict, "case %u", i);
		if (!i) {
			KUNIT_EXPECT_EQ(test, soft_aql_groups(&d), 10ULL);
			KUNIT_EXPECT_EQ(test, d.first[0], 5U);
		}
	}
	p.context = cpu_to_le64(MEM - sizeof(struct soft_aql_context) + 1);
	KUNIT_EXPECT_EQ(test, parse(&p), SOFT_AQL_BAD_CONTEXT);
	p.context = cpu_to_le64(~0ULL);
	KUNIT_EXPECT_EQ(test, parse(&p), SOFT_AQL_BAD_CONTEXT);
}

/* Word by word as PoCL writes it: pocl_context32 of its pocl_context.h. */
static void aql_context(struct kunit *test)
{
	static const u32 words[] = {
		4, 5, 6,	/* num_groups */
		10, 20, 30,	/* global_offset */
		8, 2, 1,	/* local_size */
		~0U, ~0U, ~0U,	/* printf's buffer, position, capacity */
		0,		/* global_var_buffer */
		3,		/* work_dim */
	};
	struct soft_aql_packet p = good(SOFT_AQL_USER);
	struct soft_dispatch d;
	unsigned int i;

	p.context = cpu_to_le64(MEM - sizeof(words));
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		__le32 word = cpu_to_le32(words[i]);

		memcpy(mem + MEM - sizeof(words) + 4 * i, &word, sizeof(word));
	}
	KUNIT_ASSERT_EQ(test, soft_aql_parse(&p, mem, MEM, &d), SOFT_AQL_RUN);
	KUNIT_EXPECT_EQ(test, d.dims, 3U);
	KUNIT_EXPECT_EQ(test, soft_aql_groups(&d), 4ULL * 5 * 6);
	KUNIT_EXPECT_EQ(test, d.grid[1], 10U);
	KUNIT_EXPECT_EQ(test, d.first[2], 30U);
}

/* Whatever comes, the model agrees, and KASAN has nothing to say. */
static void aql_random(struct kunit *test)
{
	struct soft_dispatch d;
	struct rnd_state rnd;
	unsigned int i, runs = 0;
	bool ok;

	prandom_seed_state(&rnd, 9);
	for (i = 0; i < 20000; i++) {
		struct soft_aql_packet p = good(i & 1 ? 4 : SOFT_AQL_USER);
		u8 *byte = (u8 *)&p + prandom_u32_state(&rnd) % sizeof(p);
		struct soft_aql_context c = context(3, 8, 1);

		memcpy(mem + MEM - sizeof(c), &c, sizeof(c));
		*byte ^= 1 << prandom_u32_state(&rnd) % 8;
		ok = soft_aql_parse(&p, mem, MEM, &d) == SOFT_AQL_RUN;
		KUNIT_ASSERT_EQ_MSG(test, ok, model_runs(&p, mem, MEM),
				    "packet %u", i);
		if (!ok)
			continue;
		runs++;
		KUNIT_ASSERT_TRUE(test, d.dims >= 1 && d.dims <= 3);
		KUNIT_ASSERT_LE(test, d.meta, MEM - 32ULL);
		KUNIT_ASSERT_GE(test, soft_aql_groups(&d), 1ULL);
		KUNIT_ASSERT_LE(test, soft_aql_groups(&d), SOFT_AQL_ITEMS_MAX);
	}
	KUNIT_EXPECT_GT(test, runs, 1000U);
}

/* Every verdict has a name for the message. */
static void aql_fields(struct kunit *test)
{
	enum soft_aql_verdict v;

	for (v = SOFT_AQL_RUN; v <= SOFT_AQL_BAD_GRID; v++)
		KUNIT_EXPECT_NOT_NULL(test, soft_aql_field(v));
}

static struct kunit_case aql_cases[] = {
	KUNIT_CASE(aql_good),
	KUNIT_CASE(aql_verdicts),
	KUNIT_CASE(aql_contexts),
	KUNIT_CASE(aql_context),
	KUNIT_CASE(aql_random),
	KUNIT_CASE(aql_fields),
	{}
};

static struct kunit_suite aql_suite = {
	.name = "soft_aql",
	.test_cases = aql_cases,
};

kunit_test_suite(aql_suite);
