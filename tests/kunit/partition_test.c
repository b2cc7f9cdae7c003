// SPDX-License-Identifier: GPL-2.0
/*
 * The partition allocator, against a reference that keeps one byte for each
 * unit and answers every question by looking at all of them.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../../drivers/vgpu/host/partition.h"

#define UNIT		SZ_4M
#define CARD		(60ULL * SZ_1M)
#define MAX_UNITS	64

/* Who holds each unit: 0 is free. */
struct reference {
	u8 owner[MAX_UNITS];
	unsigned int units;
};

static bool ref_range_free(const struct reference *ref, unsigned int at,
			   unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (ref->owner[at + i])
			return false;
	return true;
}

static unsigned int alignment_of(unsigned int n)
{
	return n & -n;
}

/*
 * The most partitions of @n units that could all be taken at once: of the two ways
 * to go on at each unit, one here or none, the better one.
 */
static u64 ref_fit(const struct reference *ref, unsigned int n)
{
	u64 best[MAX_UNITS + 1] = {};
	unsigned int at = ref->units, len = 0;

	while (at--) {
		len = ref->owner[at] ? 0 : len + 1;
		best[at] = best[at + 1];
		if (len >= n && at % alignment_of(n) == 0)
			best[at] = max(best[at], best[at + n] + 1);
	}
	return best[0];
}

static u64 ref_largest(const struct reference *ref)
{
	unsigned int n;

	for (n = MAX_UNITS; n; n /= 2)
		if (ref_fit(ref, n))
			return n;
	return 0;
}

/* The best that any placement of @n units could leave as largest block. */
static u64 ref_best_largest(struct reference *ref, unsigned int n)
{
	unsigned int at;
	u64 best = 0;

	for (at = 0; at + n <= ref->units; at += alignment_of(n)) {
		if (!ref_range_free(ref, at, n))
			continue;
		memset(ref->owner + at, 1, n);
		best = max(best, ref_largest(ref));
		memset(ref->owner + at, 0, n);
	}
	return best;
}

static void expect_same(struct kunit *test, const struct vgpu_partitions *p,
			const struct reference *ref)
{
	static const u8 sizes[] = {
		1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 31, 32, 48, 64,
	};
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		KUNIT_ASSERT_EQ_MSG(test,
				    vgpu_partitions_fit(p, sizes[i] * p->unit),
				    ref_fit(ref, sizes[i]),
				    "partitions of %u units", sizes[i]);
	KUNIT_ASSERT_EQ(test, vgpu_partitions_largest(p),
			ref_largest(ref) * p->unit);
	KUNIT_ASSERT_EQ(test, vgpu_partitions_total_free(p),
			ref_fit(ref, 1) * p->unit);
	for (n = 0; n < ref->units; n++)
		KUNIT_ASSERT_EQ_MSG(test, !ref->owner[n],
				    vgpu_partition_is_free(p, n * p->unit),
				    "unit %u", n);
}

static void init_card(struct kunit *test, struct vgpu_partitions *p)
{
	KUNIT_ASSERT_EQ(test, vgpu_partitions_init(p, CARD, UNIT), 0);
}

static u64 take(struct kunit *test, struct vgpu_partitions *p, u64 size)
{
	u64 offset = U64_MAX;

	KUNIT_ASSERT_EQ(test, vgpu_partition_alloc(p, size, &offset), 0);
	KUNIT_ASSERT_EQ(test, offset % (size & -size), 0ULL);
	KUNIT_ASSERT_LE(test, offset + size, p->size);
	return offset;
}

static void partition_fresh_card(struct kunit *test)
{
	struct vgpu_partitions p;

	init_card(test, &p);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, SZ_4M), 15ULL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, SZ_8M), 7ULL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, SZ_16M), 3ULL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, SZ_32M), 1ULL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, SZ_64M), 0ULL);
	/* At 0 and 24 MiB; at 0, 12, 24, 36 and 48 MiB. */
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, 24 * SZ_1M), 2ULL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, 12 * SZ_1M), 5ULL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, CARD), 1ULL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_largest(&p), (u64)SZ_32M);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_total_free(&p), CARD);
	vgpu_partitions_fini(&p);
}

/* What "available" promises can really be taken, and not one more. */
static void partition_fit_is_exact(struct kunit *test)
{
	struct vgpu_partitions p;
	u64 size, left, offset;

	for (size = UNIT; size <= SZ_32M; size += UNIT) {
		init_card(test, &p);
		take(test, &p, SZ_8M);
		for (left = vgpu_partitions_fit(&p, size); left; left--) {
			KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, size),
					left);
			take(test, &p, size);
		}
		offset = 12345;
		KUNIT_EXPECT_EQ(test, vgpu_partition_alloc(&p, size, &offset),
				-ENOSPC);
		KUNIT_EXPECT_EQ(test, offset, 12345ULL);
		vgpu_partitions_fini(&p);
	}
}

static void partition_bad_sizes(struct kunit *test)
{
	struct vgpu_partitions p;
	u64 offset = 12345;

	init_card(test, &p);
	KUNIT_EXPECT_EQ(test, vgpu_partition_alloc(&p, 0, &offset), -EINVAL);
	KUNIT_EXPECT_EQ(test, vgpu_partition_alloc(&p, UNIT / 2, &offset),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, vgpu_partition_alloc(&p, UNIT + 1, &offset),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, vgpu_partition_alloc(&p, 1ULL << 63, &offset),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, offset, 12345ULL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, UNIT / 2), 0ULL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, 1ULL << 63), 0ULL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_total_free(&p), CARD);
	vgpu_partitions_fini(&p);
}

static void partition_bad_init(struct kunit *test)
{
	struct vgpu_partitions p;

	KUNIT_EXPECT_EQ(test, vgpu_partitions_init(&p, 0, UNIT), -EINVAL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_init(&p, CARD, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_init(&p, CARD, 3 * SZ_1M),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_init(&p, CARD + SZ_1M, UNIT),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_init(&p, UNIT / 2, UNIT),
			-EINVAL);
	/* After a failure, and twice, is harmless. */
	vgpu_partitions_fini(&p);
	vgpu_partitions_fini(&p);
}

/* Small ones come out of the small left-overs, large blocks stay whole. */
static void partition_keeps_largest(struct kunit *test)
{
	struct vgpu_partitions p;

	init_card(test, &p);
	KUNIT_EXPECT_EQ(test, take(test, &p, SZ_4M), 56ULL * SZ_1M);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_largest(&p), (u64)SZ_32M);
	KUNIT_EXPECT_EQ(test, take(test, &p, SZ_4M), 48ULL * SZ_1M);
	KUNIT_EXPECT_EQ(test, take(test, &p, SZ_4M), 52ULL * SZ_1M);
	KUNIT_EXPECT_EQ(test, take(test, &p, SZ_8M), 32ULL * SZ_1M);
	KUNIT_EXPECT_EQ(test, take(test, &p, SZ_8M), 40ULL * SZ_1M);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_largest(&p), (u64)SZ_32M);
	KUNIT_EXPECT_EQ(test, take(test, &p, SZ_32M), 0ULL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_total_free(&p), 0ULL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_largest(&p), 0ULL);
	vgpu_partitions_fini(&p);
}

/* However it was cut up: once all is free again it is as on the first day. */
static void partition_joins_again(struct kunit *test)
{
	struct vgpu_partitions p;
	u64 at[15];
	int i;

	init_card(test, &p);
	for (i = 0; i < 15; i++)
		at[i] = take(test, &p, SZ_4M);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_total_free(&p), 0ULL);
	/* Every other one: nothing larger than one unit can join. */
	for (i = 0; i < 15; i++)
		if (at[i] / SZ_4M % 2 == 0)
			vgpu_partition_free(&p, at[i], SZ_4M);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_largest(&p), (u64)SZ_4M);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, SZ_4M), 8ULL);
	for (i = 0; i < 15; i++)
		if (at[i] / SZ_4M % 2)
			vgpu_partition_free(&p, at[i], SZ_4M);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, SZ_32M), 1ULL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, SZ_16M), 3ULL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, SZ_8M), 7ULL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, SZ_4M), 15ULL);
	vgpu_partitions_fini(&p);
}

/* Of 1 GiB and 3 GiB, on a GPU of 10 GiB. */
static void partition_large(struct kunit *test)
{
	struct vgpu_partitions p;
	u64 gib = SZ_1G;

	KUNIT_ASSERT_EQ(test, vgpu_partitions_init(&p, 10 * gib, gib), 0);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, 3 * gib), 3ULL);
	/* Out of the small left-over. */
	KUNIT_EXPECT_EQ(test, take(test, &p, gib), 8 * gib);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, 3 * gib), 2ULL);
	KUNIT_EXPECT_EQ(test, take(test, &p, 3 * gib), 0ULL);
	KUNIT_EXPECT_EQ(test, take(test, &p, 4 * gib), 4 * gib);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, 3 * gib), 0ULL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, gib), 2ULL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_largest(&p), gib);
	vgpu_partition_free(&p, 0, 3 * gib);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_fit(&p, 3 * gib), 1ULL);
	KUNIT_EXPECT_EQ(test, vgpu_partitions_largest(&p), 4 * gib);
	vgpu_partitions_fini(&p);
}

struct taken {
	u64 offset;
	u64 size;
};

static void random_alloc(struct kunit *test, struct vgpu_partitions *p,
			 struct reference *ref, struct taken *t, u64 size)
{
	unsigned int n = size / p->unit;
	u64 best = ref_best_largest(ref, n);
	u64 offset = U64_MAX;

	if (!ref_fit(ref, n)) {
		KUNIT_ASSERT_EQ(test, vgpu_partition_alloc(p, size, &offset),
				-ENOSPC);
		KUNIT_ASSERT_EQ(test, offset, U64_MAX);
		return;
	}
	offset = take(test, p, size);
	KUNIT_ASSERT_TRUE(test, ref_range_free(ref, offset / p->unit, n));
	memset(ref->owner + offset / p->unit, 1, n);
	/* Others may have to be cut, so as not to lose one of its own size. */
	if (n == alignment_of(n))
		KUNIT_ASSERT_EQ(test, vgpu_partitions_largest(p),
				best * p->unit);
	t->offset = offset;
	t->size = size;
}

static void random_free(struct vgpu_partitions *p, struct reference *ref,
			struct taken *t)
{
	vgpu_partition_free(p, t->offset, t->size);
	memset(ref->owner + t->offset / p->unit, 0, t->size / p->unit);
	t->size = 0;
}

/* As many as were promised, each leaves one less; then they go back. */
static void take_all(struct kunit *test, struct vgpu_partitions *p,
		     const struct reference *ref, unsigned int n)
{
	u64 left = vgpu_partitions_fit(p, n * p->unit), at[MAX_UNITS], offset;
	unsigned int i = 0;

	for (; left; left--) {
		at[i++] = take(test, p, n * p->unit);
		KUNIT_ASSERT_EQ(test, vgpu_partitions_fit(p, n * p->unit),
				left - 1);
	}
	KUNIT_ASSERT_EQ(test, vgpu_partition_alloc(p, n * p->unit, &offset),
			-ENOSPC);
	while (i--)
		vgpu_partition_free(p, at[i], n * p->unit);
	expect_same(test, p, ref);
}

static void random_run(struct kunit *test, u32 seed, unsigned int units,
		       u64 unit)
{
	struct taken *taken = kunit_kcalloc(test, units, sizeof(*taken),
					    GFP_KERNEL);
	struct reference ref = { .units = units };
	struct vgpu_partitions p;
	struct rnd_state rnd;
	struct taken *t;
	u32 r;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, taken);
	prandom_seed_state(&rnd, seed);
	KUNIT_ASSERT_EQ(test, vgpu_partitions_init(&p, units * unit, unit), 0);
	expect_same(test, &p, &ref);
	for (i = 0; i < 400; i++) {
		t = &taken[prandom_u32_state(&rnd) % units];
		r = prandom_u32_state(&rnd);
		if (t->size)
			random_free(&p, &ref, t);
		else if (r % 2)
			random_alloc(test, &p, &ref, t, unit << r / 2 % 5);
		else
			random_alloc(test, &p, &ref, t,
				     unit * (1 + r / 2 % 16));
		expect_same(test, &p, &ref);
		if (r % 16 < 2)
			take_all(test, &p, &ref, 1 + r / 16 % 20);
	}
	for (t = taken; t < taken + units; t++)
		if (t->size)
			random_free(&p, &ref, t);
	expect_same(test, &p, &ref);
	vgpu_partitions_fini(&p);
}

static void partition_random(struct kunit *test)
{
	u32 seed;

	for (seed = 1; seed <= MAX_UNITS; seed++)
		random_run(test, seed, seed, UNIT);
	random_run(test, 99, 15, SZ_1M);
	random_run(test, 100, 33, 1);
}

static struct kunit_case partition_cases[] = {
	KUNIT_CASE(partition_fresh_card),
	KUNIT_CASE(partition_fit_is_exact),
	KUNIT_CASE(partition_bad_sizes),
	KUNIT_CASE(partition_bad_init),
	KUNIT_CASE(partition_keeps_largest),
	KUNIT_CASE(partition_joins_again),
	KUNIT_CASE(partition_large),
	KUNIT_CASE(partition_random),
	{}
};

static struct kunit_suite partition_suite = {
	.name = "vgpu_partition",
	.test_cases = partition_cases,
};

kunit_test_suite(partition_suite);
