/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A slow reference for the audit of 2D operations.
 *
 * The reference knows what a guest asked for in plain numbers, not the state
 * under test. It visits every pixel of the operation, in the guest's order,
 * and computes with 64 bits which bytes it would read and write. Where there
 * are too many pixels for that, it visits every column and every line: a byte
 * address is a sum of one term for each, so the extremes are exact.
 *
 * What the audit lets pass is given to a model of the card, which is written
 * from the register descriptions, starts with garbage in every register, and
 * also says which bytes are touched. Both must say the same.
 *
 * What operations these are, rnd() says: numbers by chance, or of a fuzzer
 * (tests/fuzz/audit.c).
 */
#ifndef _RV100_REFERENCE_H
#define _RV100_REFERENCE_H

#include <kunit/test.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "rv100_model.h"

struct bench {
	struct card card;
	struct touched want, got;
	u32 run, empty, dropped, exact_fit, one_past;
};

static bool within(s64 first, s64 last, u64 size)
{
	return first >= 0 && last < (s64)size;
}

/* What the reference says. Unsupported forms are the test's own to know. */
static bool fits(const struct blit *b, const struct touched *t, u64 size)
{
	if (b->dst_base < 0 || b->dst_base >= (s64)size ||
	    !within(t->dst_first, t->dst_last, size))
		return false;
	if (!b->src_used)
		return true;
	return b->src_base >= 0 && b->src_base < (s64)size &&
	       t->sx_min >= 0 && t->sx_max <= 8191 &&
	       t->sy_min >= 0 && t->sy_max <= 8191 &&
	       within(t->src_first, t->src_last, size);
}

/* The card touches the same bytes, @base further on, and no others. */
static void compare(struct kunit *test, struct bench *bench,
		    const struct blit *guest, const struct blit *card,
		    u64 base, u64 size)
{
	struct touched *want = &bench->want, *got = &bench->got;
	u32 i, differ = 0;

	visit(card, got);
	KUNIT_EXPECT_EQ(test, got->pixels, want->pixels);
	KUNIT_EXPECT_EQ(test, got->dst_first, want->dst_first + (s64)base);
	KUNIT_EXPECT_EQ(test, got->dst_last, want->dst_last + (s64)base);
	KUNIT_EXPECT_GE(test, got->dst_first, (s64)base);
	KUNIT_EXPECT_LT(test, got->dst_last, (s64)(base + size));
	/* A card may fetch the source even where the ROP ignores it. */
	KUNIT_EXPECT_GE(test, got->src_first, (s64)base);
	KUNIT_EXPECT_LT(test, got->src_last, (s64)(base + size));
	KUNIT_EXPECT_EQ(test, card->src_used, guest->src_used);
	if (guest->w * guest->h > MAX_PIXELS ||
	    card->w * card->h > MAX_PIXELS)
		return;
	for (i = 0; i < want->listed; i++) {
		differ += got->dst[i] != want->dst[i] + (s64)base;
		if (guest->src_used)
			differ += got->src[i] != want->src[i] + (s64)base;
	}
	KUNIT_EXPECT_EQ(test, differ, 0);
}

/* Colours and operands arrive as they were asked for. */
static void compare_pixels(struct kunit *test, const struct blit *guest,
			   const struct blit *card)
{
	u32 rop = guest->rop, brush = guest->brush;

	/* Documented: constants are drawn with the brush. */
	if (rop == 0x00 || rop == 0xff) {
		brush = rop ? 0xffffffff : 0;
		rop = 0xf0;
	}
	KUNIT_EXPECT_EQ(test, card->rop, rop);
	KUNIT_EXPECT_EQ(test, card->brush, brush);
	KUNIT_EXPECT_EQ(test, card->format, guest->format);
	KUNIT_EXPECT_EQ(test, card->write_mask, guest->write_mask);
	KUNIT_EXPECT_MEMEQ(test, card->cmp, guest->cmp, sizeof(card->cmp));
}

static u32 random_rop(void)
{
	static const u8 common[] = { 0xcc, 0xcc, 0xcc, 0xf0, 0xf0, 0x00, 0xff,
				     0x55, 0x66, 0xaa, 0x5a, 0xb8 };

	return one_in(6) ? rnd() & 0xff : common[rnd_below(sizeof(common))];
}

static s64 random_extent(void)
{
	switch (rnd_below(8)) {
	case 0:
		return rnd_below(3);
	case 1:
		return rnd_below(0x4000);
	case 2:
		return 8190 + rnd_below(4);
	default:
		return 1 + rnd_below(45);
	}
}

static s64 random_coord(void)
{
	switch (rnd_below(8)) {
	case 0:
		return (s64)rnd_below(0x4000) - 8192;
	case 1:
		return (s64)rnd_below(80) - 40;
	case 2:
		return 8191 - rnd_below(50);
	default:
		return rnd_below(1200);
	}
}

static s64 random_pitch(void)
{
	return one_in(20) ? 16320 : (1 + rnd_below(128)) * 64;
}

/*
 * Move a surface and its column so that the last byte of the rectangle is
 * right before the end of the partition, or one pixel before or after that.
 */
static void aim_at_end(const struct blit *b, s64 *base, s64 pitch, s64 *x,
		       s64 y, u64 size)
{
	s64 bottom = b->upward ? y : y + b->h - 1;
	s64 end = size + ((s64)rnd_below(3) - 1) * b->cpp;
	s64 right = (end - bottom * pitch) % 1024;

	right = (right + 1024 + 1024 * rnd_below(3)) / b->cpp;
	*x = b->backward ? right - 1 : right - b->w;
	*base = end - bottom * pitch - right * b->cpp;
	/* Out of reach: anything will do. */
	if (*base < 0 || *base > 0xfffffc00 || *base % 1024)
		*base = 0;
}

static void aim_at_start(s64 *base, s64 *x, s64 *y)
{
	*base = 0;
	*x = rnd_below(2);
	*y = rnd_below(2);
}

static void aim(const struct blit *b, s64 *base, s64 pitch, s64 *x, s64 *y,
		u64 size)
{
	switch (rnd_below(8)) {
	case 0:
		aim_at_start(base, x, y);
		break;
	case 1:
		*base = (s64)rnd_below(0x400000) << 10;
		break;
	case 2:
		*base = (s64)rnd_below(size >> 10) << 10;
		break;
	case 3:
		*base = size - 1024 + 1024 * rnd_below(2);
		break;
	case 4:
		*base = one_in(8) ? -1024 : 1024;
		break;
	default:
		aim_at_end(b, base, pitch, x, *y, size);
		break;
	}
}

static void random_scissor(struct blit *b)
{
	b->right = 8191;
	b->bottom = 8191;
	if (!one_in(3))
		return;
	b->left = one_in(4) ? random_coord() : b->dx - 20 + rnd_below(40);
	b->top = one_in(4) ? random_coord() : b->dy - 20 + rnd_below(40);
	b->right = b->left + random_extent();
	b->bottom = b->top + random_extent();
	b->right = clamp(b->right, -16383, 16383);
	b->bottom = clamp(b->bottom, -16383, 16383);
}

static void random_blit(struct blit *b, u64 size)
{
	static const u8 formats[] = { 2, 3, 4, 6 }, cpps[] = { 1, 2, 2, 4 };
	u32 f = rnd_below(4), i;

	memset(b, 0, sizeof(*b));
	b->format = formats[f];
	b->cpp = cpps[f];
	b->rop = random_rop();
	b->src_used = rop_reads_source(b->rop);
	b->brush = rnd();
	b->write_mask = one_in(2) ? 0xffffffff : rnd();
	for (i = 0; i < 4; i++)
		b->cmp[i] = one_in(2) ? 0 : rnd();
	b->w = random_extent();
	b->h = random_extent();
	b->dx = random_coord();
	b->dy = random_coord();
	b->sx = random_coord();
	b->sy = random_coord();
	b->dst_pitch = random_pitch();
	b->src_pitch = random_pitch();
	b->backward = one_in(2);
	b->upward = one_in(2);
	aim(b, &b->dst_base, b->dst_pitch, &b->dx, &b->dy, size);
	aim(b, &b->src_base, b->src_pitch, &b->sx, &b->sy, size);
	b->dx = clamp(b->dx, -8192, 8191);
	b->sx = clamp(b->sx, -8192, 8191);
	random_scissor(b);
}

static u32 scissor_bits(s64 val)
{
	return val < 0 ? 0x8000 | -val : val;
}

static u32 packed(s64 high, s64 low)
{
	return ((u32)high & 0xffff) << 16 | ((u32)low & 0xffff);
}

/* Tell the state what the guest wants, by one name or another of each value. */
static enum rv100_2d_trigger ask(struct rv100_2d_state *s, const struct blit *b,
				 u32 fb)
{
	u32 dst = fb + b->dst_base, src = fb + b->src_base;
	u32 i;

	rv100_2d_reset(s);
	rv100_2d_write(s, 0x148, fb >> 16);
	rv100_2d_write(s, 0x142c, dst >> 10 | (u32)b->dst_pitch >> 6 << 22);
	rv100_2d_write(s, 0x15ac, src);
	rv100_2d_write(s, 0x15b0, b->src_pitch);
	rv100_2d_write(s, 0x146c, 0xf | 13 << 4 | b->format << 8 | 3 << 12 |
				  b->rop << 16 | 2 << 24);
	rv100_2d_write(s, 0x16ec, packed(scissor_bits(b->top),
					 scissor_bits(b->left)));
	rv100_2d_write(s, 0x1644, scissor_bits(b->right));
	rv100_2d_write(s, 0x164c, scissor_bits(b->bottom));
	rv100_2d_write(s, 0x147c, b->brush);
	rv100_2d_write(s, 0x16cc, b->write_mask);
	for (i = 0; i < 4; i++)
		rv100_2d_write(s, 0x15c0 + 4 * i, b->cmp[i]);
	rv100_2d_write(s, 0x16c0, (b->backward ? 0 : 1) | (b->upward ? 0 : 2));
	rv100_2d_write(s, 0x1590, packed(b->sx, b->sy));
	if (one_in(2)) {
		rv100_2d_write(s, 0x1438, packed(b->dy, b->dx));
		return rv100_2d_write(s, 0x1598, packed(b->w, b->h));
	}
	rv100_2d_write(s, 0x15a0, packed(b->h, b->dy));
	return rv100_2d_write(s, 0x1588, packed(b->w, b->dx));
}

static void count_edges(struct bench *bench, const struct blit *b, u64 size)
{
	const struct touched *t = &bench->want;

	bench->exact_fit += t->dst_last == (s64)size - 1 ||
			    (b->src_used && t->src_last == (s64)size - 1);
	bench->one_past += t->dst_last == (s64)size - 1 + b->cpp ||
			   (b->src_used &&
			    t->src_last == (s64)size - 1 + b->cpp);
}

static void check_one(struct kunit *test, struct bench *bench,
		      struct blit *guest, u64 base, u64 size, u32 fb)
{
	struct rv100_2d_cmd cmds[RV100_2D_NR_CMDS];
	enum rv100_2d_verdict verdict;
	struct rv100_2d_state s;
	struct rv100_2d_op op;
	struct blit card;

	verdict = rv100_2d_audit(&s, ask(&s, guest, fb), size, &op);
	/* A fill has no order: let both go the card's way. */
	if (!guest->src_used) {
		guest->dx -= guest->backward ? guest->w - 1 : 0;
		guest->dy -= guest->upward ? guest->h - 1 : 0;
		guest->backward = false;
		guest->upward = false;
	}
	visit(guest, &bench->want);
	if (!bench->want.pixels) {
		bench->empty++;
		KUNIT_EXPECT_EQ(test, verdict, RV100_2D_EMPTY);
		return;
	}
	count_edges(bench, guest, size);
	if (!fits(guest, &bench->want, size)) {
		bench->dropped++;
		KUNIT_EXPECT_GT(test, verdict, RV100_2D_EMPTY);
		return;
	}
	bench->run++;
	KUNIT_ASSERT_EQ(test, verdict, RV100_2D_RUN);
	rv100_2d_relocate(&op, base, cmds);
	card_run(test, &bench->card, cmds, &card);
	compare(test, bench, guest, &card, base, size);
	compare_pixels(test, guest, &card);
}

/* One operation, most likely near some edge. */
static void check_random_blit(struct kunit *test, struct bench *bench)
{
	static const u32 fbs[] = { 0, 0, 0x10000, 0xe0000000, 0xfc000000 };
	u64 size = (u64)SZ_4M << rnd_below(4);
	u64 base = size * rnd_below(SZ_64M / size);
	struct blit guest;

	random_blit(&guest, size);
	check_one(test, bench, &guest, base, size,
		  fbs[rnd_below(ARRAY_SIZE(fbs))]);
}

static u32 random_value(u32 offset)
{
	switch (rnd_below(8)) {
	case 0:
		return rnd();
	case 1:
		return one_in(2) ? 0 : 0xffffffff;
	}
	switch (offset) {
	case 0x142c:
	case 0x1428:
	case 0x16e0:
		return random_pitch() >> 6 << 22 | rnd_below(0x2000);
	case 0x146c:
		return (rnd() & 0x5000000f) | 13 << 4 |
		       (2 + rnd_below(5)) << 8 | 3 << 12 | random_rop() << 16 |
		       2 << 24;
	case 0x16c8:
		return random_rop() << 16 | 2 << 8;
	case 0x16c4:
		return 3 << 16 | 13 << 8 | (2 + rnd_below(5));
	case 0x16e8:
	case 0x16f0:
		return 0x1fff1fff;
	case 0x148:
		return rnd_below(64);
	case 0x1404:
	case 0x15ac:
		return rnd_below(0x2000) << 10;
	case 0x1408:
	case 0x15b0:
		return random_pitch();
	case 0x16c0:
		return rnd() & 7;
	case 0x1700:
	case 0x1704:
		return 0;
	default:
		if (one_in(3))
			return packed(random_coord(), random_coord());
		return packed(rnd_below(100), rnd_below(100));
	}
}

/* One register write: whatever comes of it, the card stays inside the partition. */
static void check_random_write(struct kunit *test, struct bench *bench,
			       struct rv100_2d_state *s, u64 base, u64 size)
{
	struct rv100_2d_cmd cmds[RV100_2D_NR_CMDS];
	u32 offset = one_in(100) ? 0x148 : 0x1404 + 4 * rnd_below(192);
	enum rv100_2d_trigger trigger;
	struct rv100_2d_op op;
	struct blit card;

	if (one_in(3))
		offset = one_in(2) ? 0x146c : 0x142c;
	if (one_in(8))
		offset = 0x1598;
	trigger = rv100_2d_write(s, offset, random_value(offset));
	if (trigger == RV100_TRIGGER_NONE)
		return;
	if (rv100_2d_audit(s, trigger, size, &op) != RV100_2D_RUN) {
		bench->dropped++;
		return;
	}
	bench->run++;
	rv100_2d_relocate(&op, base, cmds);
	card_run(test, &bench->card, cmds, &card);
	visit(&card, &bench->got);
	KUNIT_EXPECT_GT(test, bench->got.pixels, 0);
	KUNIT_EXPECT_GE(test, bench->got.dst_first, (s64)base);
	KUNIT_EXPECT_LT(test, bench->got.dst_last, (s64)(base + size));
	KUNIT_EXPECT_GE(test, bench->got.src_first, (s64)base);
	KUNIT_EXPECT_LT(test, bench->got.src_last, (s64)(base + size));
}

#endif /* _RV100_REFERENCE_H */
