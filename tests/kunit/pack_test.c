// SPDX-License-Identifier: GPL-2.0
/*
 * How partitions are moved together: each step against a picture of the memory in
 * which whoever is copied over is seen, and what fits in the end against what could.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "../../drivers/vgpu/host/pack.h"

#define UNIT	SZ_1M
#define UNITS	64
#define CASES	3000

/* The memory: whose each unit is, 0 for nobody's; STAYS: of one that is not moved. */
struct picture {
	u32 unit[UNITS];
	unsigned int nr;
};

#define STAYS	1000

static void draw(struct picture *pic, const struct vgpu_piece *piece, u32 who)
{
	u64 i;

	for (i = piece->offset / UNIT;
	     i < (piece->offset + piece->size) / UNIT; i++)
		pic->unit[i] = who;
}

/* Whoever arrives finds nobody there, not even who is about to leave. */
static void shift(struct kunit *test, struct picture *pic,
		  const struct vgpu_piece *piece, const struct vgpu_shift *s)
{
	struct vgpu_piece old = { s->from, piece->size };
	struct vgpu_piece new = { s->to, piece->size };
	u64 i, align = piece->size & -piece->size;

	KUNIT_ASSERT_EQ(test, s->to % align, 0ULL);
	KUNIT_ASSERT_LE(test, s->to + piece->size, (u64)pic->nr * UNIT);
	for (i = 0; i < piece->size / UNIT; i++) {
		KUNIT_ASSERT_EQ(test, pic->unit[s->from / UNIT + i],
				s->piece + 1);
		KUNIT_ASSERT_EQ(test, pic->unit[s->to / UNIT + i], 0U);
	}
	draw(pic, &new, s->piece + 1);
	draw(pic, &old, 0);
}

struct scene {
	struct vgpu_partitions p;
	struct vgpu_pack pack;
	struct vgpu_piece pieces[UNITS];
	unsigned int nr;
	struct picture pic;
	unsigned int shifts;
};

static void scene_init(struct kunit *test, struct scene *s, unsigned int units)
{
	memset(s, 0, sizeof(*s));
	s->pic.nr = units;
	KUNIT_ASSERT_EQ(test, vgpu_partitions_init(&s->p, units * UNIT, UNIT), 0);
}

static void add(struct kunit *test, struct scene *s, u64 at, u64 size, bool stays)
{
	struct vgpu_piece piece = { at * UNIT, size * UNIT };

	KUNIT_ASSERT_EQ(test, vgpu_partition_take(&s->p, piece.offset,
						  piece.size), 0);
	draw(&s->pic, &piece, stays ? STAYS : s->nr + 1);
	if (!stays)
		s->pieces[s->nr++] = piece;
}

/* To the end; each step makes room for more of what counts most of what changes. */
static void pack(struct kunit *test, struct scene *s, const u64 *sizes,
		 unsigned int nr)
{
	struct vgpu_partitions last;
	unsigned int i, j;

	KUNIT_ASSERT_EQ(test, vgpu_pack_init(&s->pack, &s->p, s->pieces, s->nr,
					     sizes, nr), 0);
	KUNIT_ASSERT_EQ(test, vgpu_partitions_copy(&last, &s->p), 0);
	while (vgpu_pack_next(&s->pack)) {
		KUNIT_ASSERT_GT(test, s->pack.nr_shifts, 0U);
		for (i = 0; i < s->pack.nr_shifts; i++)
			shift(test, &s->pic, &s->pieces[s->pack.shifts[i].piece],
			      &s->pack.shifts[i]);
		s->shifts += s->pack.nr_shifts;
		for (i = 0; i < s->pic.nr; i++)
			KUNIT_ASSERT_EQ(test, !s->pic.unit[i],
					vgpu_partition_is_free(&s->pack.now,
							       (u64)i * UNIT));
		for (j = 0; j < nr; j++)
			if (vgpu_partitions_fit(&s->pack.now, sizes[j]) !=
			    vgpu_partitions_fit(&last, sizes[j]))
				break;
		KUNIT_ASSERT_LT(test, j, nr);
		KUNIT_ASSERT_GT(test, vgpu_partitions_fit(&s->pack.now, sizes[j]),
				vgpu_partitions_fit(&last, sizes[j]));
		vgpu_partitions_fini(&last);
		KUNIT_ASSERT_EQ(test, vgpu_partitions_copy(&last, &s->pack.now),
				0);
	}
	vgpu_partitions_fini(&last);
}

static u64 fits(const struct scene *s, u64 size)
{
	return vgpu_partitions_fit(&s->pack.now, size);
}

static void scene_end(struct scene *s)
{
	vgpu_pack_fini(&s->pack);
	vgpu_partitions_fini(&s->p);
}

/* An RV100's types and memory, in units of 4 MiB. */
static const u64 card[] = { 8 * UNIT, 4 * UNIT, 2 * UNIT, UNIT };

/* Every second of the small ones is gone: half is free, and nothing larger fits. */
static void checkerboard(struct kunit *test, struct scene *s, unsigned int first)
{
	unsigned int i;

	scene_init(test, s, 15);
	for (i = first; i < 15; i += 2)
		add(test, s, i, 1, false);
}

static void pack_checkerboard(struct kunit *test)
{
	struct scene *s = test->priv;

	checkerboard(test, s, 0);
	pack(test, s, card, ARRAY_SIZE(card));
	/* 7 are free: the only place of 8 cannot be. */
	KUNIT_EXPECT_EQ(test, fits(s, 8 * UNIT), 0ULL);
	KUNIT_EXPECT_EQ(test, fits(s, 4 * UNIT), 1ULL);
	KUNIT_EXPECT_EQ(test, fits(s, 2 * UNIT), 3ULL);
	scene_end(s);

	checkerboard(test, s, 1);
	pack(test, s, card, ARRAY_SIZE(card));
	KUNIT_EXPECT_EQ(test, fits(s, 8 * UNIT), 1ULL);
	/* Those in the place of 8, and no other. */
	KUNIT_EXPECT_EQ(test, s->shifts, 4U);
	scene_end(s);
}

/* What is fine is left alone, also where it could be moved. */
static void pack_nothing(struct kunit *test)
{
	struct scene *s = test->priv;

	scene_init(test, s, 15);
	add(test, s, 12, 2, false);
	add(test, s, 14, 1, false);
	pack(test, s, card, ARRAY_SIZE(card));
	KUNIT_EXPECT_EQ(test, s->shifts, 0U);
	KUNIT_EXPECT_EQ(test, fits(s, 8 * UNIT), 1ULL);
	scene_end(s);

	scene_init(test, s, 15);
	pack(test, s, card, ARRAY_SIZE(card));
	KUNIT_EXPECT_EQ(test, s->shifts, 0U);
	scene_end(s);
}

/* The cheapest is moved: one unit of the last place, not four of the first. */
static void pack_cheapest(struct kunit *test)
{
	static const u64 sizes[] = { 8 * UNIT, 4 * UNIT, UNIT };
	struct scene *s = test->priv;

	scene_init(test, s, 24);
	add(test, s, 0, 4, false);
	add(test, s, 8, 4, false);
	add(test, s, 13, 1, false);
	add(test, s, 17, 1, false);
	pack(test, s, sizes, ARRAY_SIZE(sizes));
	KUNIT_EXPECT_EQ(test, fits(s, 8 * UNIT), 1ULL);
	KUNIT_EXPECT_EQ(test, s->shifts, 1U);
	KUNIT_EXPECT_EQ(test, s->pic.unit[17], 0U);
	scene_end(s);
}

/* One that stays keeps its place from being vacated; another is. */
static void pack_stays(struct kunit *test)
{
	static const u64 sizes[] = { 8 * UNIT, UNIT };
	struct scene *s = test->priv;

	scene_init(test, s, 24);
	add(test, s, 0, 1, true);
	add(test, s, 8, 1, false);
	add(test, s, 9, 1, false);
	add(test, s, 16, 1, true);
	pack(test, s, sizes, ARRAY_SIZE(sizes));
	KUNIT_EXPECT_EQ(test, fits(s, 8 * UNIT), 1ULL);
	KUNIT_EXPECT_EQ(test, s->pic.unit[0], (u32)STAYS);
	KUNIT_EXPECT_EQ(test, s->pic.unit[16], (u32)STAYS);
	KUNIT_EXPECT_EQ(test, s->shifts, 2U);
	scene_end(s);
}

/*
 * Smaller ones have to go together before the large one has a place: two halves free,
 * each in pieces, and nothing of 4 has anywhere to go at once.
 */
static void pack_in_turns(struct kunit *test)
{
	static const u64 sizes[] = { 8 * UNIT, 4 * UNIT, 2 * UNIT, UNIT };
	struct scene *s = test->priv;

	scene_init(test, s, 16);
	add(test, s, 0, 4, false);
	add(test, s, 4, 1, false);
	add(test, s, 6, 1, false);
	add(test, s, 8, 1, false);
	add(test, s, 10, 1, false);
	pack(test, s, sizes, ARRAY_SIZE(sizes));
	KUNIT_EXPECT_EQ(test, fits(s, 8 * UNIT), 1ULL);
	scene_end(s);
}

/* Of random sizes in random places, some of which stay. */
static void scatter(struct kunit *test, struct scene *s, struct rnd_state *rnd,
		    const u64 *sizes, unsigned int nr, bool stay)
{
	unsigned int i, tries = prandom_u32_state(rnd) % 60;

	for (i = 0; i < tries; i++) {
		u64 size = sizes[prandom_u32_state(rnd) % nr];
		u64 n = size / UNIT, align = n & -n;
		u64 at = prandom_u32_state(rnd) % s->pic.nr / align * align;
		struct vgpu_partitions *p = &s->p;

		if (at + n > s->pic.nr || vgpu_partition_take(p, at * UNIT, size))
			continue;
		vgpu_partition_free(p, at * UNIT, size);
		add(test, s, at, n, stay && !(prandom_u32_state(rnd) % 5));
	}
}

/* All that is free is in as few blocks as can be: each size fits as often as by sum. */
static void pack_is_best(struct kunit *test)
{
	static const u64 sizes[] = { 16 * UNIT, 8 * UNIT, 4 * UNIT, 2 * UNIT, UNIT };
	struct rnd_state rnd;
	unsigned int i, j;
	struct scene *s = test->priv;

	prandom_seed_state(&rnd, 1);
	for (i = 0; i < CASES; i++) {
		u64 left;

		scene_init(test, s, UNITS);
		scatter(test, s, &rnd, sizes, ARRAY_SIZE(sizes), false);
		left = vgpu_partitions_total_free(&s->p);
		pack(test, s, sizes, ARRAY_SIZE(sizes));
		for (j = 0; j < ARRAY_SIZE(sizes); j++)
			KUNIT_ASSERT_EQ_MSG(test, fits(s, sizes[j]),
					    left / sizes[j],
					    "case %u: size %llu", i,
					    sizes[j] / UNIT);
		scene_end(s);
	}
}

/* As good as if all were made anew, the largest first: where the memory is no power of two. */
static void pack_is_as_new(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int i, j;
	struct scene *s = test->priv;

	prandom_seed_state(&rnd, 2);
	for (i = 0; i < CASES; i++) {
		struct vgpu_partitions fresh;
		unsigned int k;
		u64 at;

		scene_init(test, s, 15);
		scatter(test, s, &rnd, card, ARRAY_SIZE(card), false);
		pack(test, s, card, ARRAY_SIZE(card));
		KUNIT_ASSERT_EQ(test, vgpu_partitions_init(&fresh, 15 * UNIT,
							   UNIT), 0);
		for (j = 0; j < ARRAY_SIZE(card); j++)
			for (k = 0; k < s->nr; k++)
				if (s->pieces[k].size == card[j])
					KUNIT_ASSERT_EQ(test,
							vgpu_partition_alloc(&fresh,
									     card[j],
									     &at),
							0);
		for (j = 0; j < ARRAY_SIZE(card); j++)
			KUNIT_ASSERT_EQ_MSG(test, fits(s, card[j]),
					    vgpu_partitions_fit(&fresh, card[j]),
					    "case %u: size %llu", i,
					    card[j] / UNIT);
		vgpu_partitions_fini(&fresh);
		scene_end(s);
	}
}

/* Sizes of all kinds, and some that stay: nobody is copied over, and it ends. */
static void pack_random(struct kunit *test)
{
	static const u64 sizes[] = { 24 * UNIT, 16 * UNIT, 12 * UNIT, 7 * UNIT,
				     6 * UNIT, 3 * UNIT, 2 * UNIT, UNIT };
	struct rnd_state rnd;
	unsigned int i;
	struct scene *s = test->priv;

	prandom_seed_state(&rnd, 3);
	for (i = 0; i < CASES; i++) {
		scene_init(test, s, 17 + prandom_u32_state(&rnd) % (UNITS - 16));
		scatter(test, s, &rnd, sizes, ARRAY_SIZE(sizes), true);
		pack(test, s, sizes, ARRAY_SIZE(sizes));
		scene_end(s);
	}
}

/* Who thinks is to stop: nothing has changed, and he can begin anew. */
static void pack_interrupted(struct kunit *test)
{
	struct scene *s = test->priv;

	checkerboard(test, s, 1);
	KUNIT_ASSERT_EQ(test, vgpu_pack_init(&s->pack, &s->p, s->pieces, s->nr,
					     card, ARRAY_SIZE(card)), 0);
	set_thread_flag(TIF_SIGPENDING);
	KUNIT_EXPECT_EQ(test, vgpu_pack_next(&s->pack), -ERESTARTSYS);
	clear_thread_flag(TIF_SIGPENDING);
	KUNIT_EXPECT_EQ(test, fits(s, 8 * UNIT), 0ULL);
	KUNIT_EXPECT_EQ(test, vgpu_pack_next(&s->pack), 1);
	scene_end(s);
}

/* Nor does he think where each size fits as often as its bytes are free. */
static void pack_sees_at_once(struct kunit *test)
{
	struct scene *s = test->priv;

	scene_init(test, s, 15);
	add(test, s, 14, 1, false);
	KUNIT_ASSERT_EQ(test, vgpu_pack_init(&s->pack, &s->p, s->pieces, s->nr,
					     card, ARRAY_SIZE(card)), 0);
	set_thread_flag(TIF_SIGPENDING);
	KUNIT_EXPECT_EQ(test, vgpu_pack_next(&s->pack), 0);
	clear_thread_flag(TIF_SIGPENDING);
	scene_end(s);
}

static int pack_test_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct scene), GFP_KERNEL);
	return test->priv ? 0 : -ENOMEM;
}

static struct kunit_case pack_cases[] = {
	KUNIT_CASE(pack_checkerboard),
	KUNIT_CASE(pack_nothing),
	KUNIT_CASE(pack_cheapest),
	KUNIT_CASE(pack_stays),
	KUNIT_CASE(pack_in_turns),
	KUNIT_CASE(pack_is_best),
	KUNIT_CASE(pack_is_as_new),
	KUNIT_CASE(pack_random),
	KUNIT_CASE(pack_interrupted),
	KUNIT_CASE(pack_sees_at_once),
	{}
};

static struct kunit_suite pack_suite = {
	.name = "pack",
	.init = pack_test_init,
	.test_cases = pack_cases,
};

kunit_test_suite(pack_suite);

MODULE_LICENSE("GPL");
