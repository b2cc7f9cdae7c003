/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For the tests of the 2D audit: random numbers, what an operation touches,
 * and a model of the card. None of it is shared with the code under test.
 */
#ifndef _RV100_MODEL_H
#define _RV100_MODEL_H

#include <kunit/test.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "../../drivers/rv100/rv100_2d.h"
#include "../../drivers/rv100/rv100_regs.h"

/* Operations of up to this many pixels are compared pixel by pixel. */
#define MAX_PIXELS	2048

#ifndef rnd
/* xorshift64: the same numbers in each run. */
static u64 random_state;

static u32 rnd(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state >> 16;
}
#endif

static u32 rnd_below(u32 n)
{
	return rnd() % n;
}

static bool one_in(u32 n)
{
	return !rnd_below(n);
}

/* What one operation asks for, or does. Coordinates are signed pixels. */
struct blit {
	s64 dst_base, src_base;		/* bytes; may be anything */
	s64 dst_pitch, src_pitch;
	s64 dx, dy, sx, sy, w, h;
	s64 left, top, right, bottom;	/* scissor, inclusive */
	bool backward, upward;
	u32 format, cpp, rop, brush, write_mask;
	u32 cmp[4];
	bool src_used;
};

struct touched {
	u64 pixels;
	s64 dst_first, dst_last, src_first, src_last;	/* bytes */
	s64 sx_min, sx_max, sy_min, sy_max;
	u32 listed;
	s64 dst[MAX_PIXELS], src[MAX_PIXELS];
};

/* Does the result of the ROP ever change with the source? Tried, not derived. */
static bool rop_reads_source(u32 rop)
{
	u32 p, d;

	for (p = 0; p < 2; p++)
		for (d = 0; d < 2; d++)
			if ((rop >> (4 * p + d) & 1) !=
			    (rop >> (4 * p + 2 + d) & 1))
				return true;
	return false;
}

static s64 step(bool negative, s64 i)
{
	return negative ? -i : i;
}

static bool drawn_x(const struct blit *b, s64 x)
{
	return x >= 0 && x <= 8191 && x >= b->left && x <= b->right;
}

static bool drawn_y(const struct blit *b, s64 y)
{
	return y >= 0 && y <= 8191 && y >= b->top && y <= b->bottom;
}

static void note(struct touched *t, const struct blit *b, s64 x, s64 y,
		 s64 sx, s64 sy)
{
	s64 dst = b->dst_base + y * b->dst_pitch + x * b->cpp;
	s64 src = b->src_base + sy * b->src_pitch + sx * b->cpp;

	t->dst_first = min(t->dst_first, dst);
	t->dst_last = max(t->dst_last, dst + b->cpp - 1);
	t->src_first = min(t->src_first, src);
	t->src_last = max(t->src_last, src + b->cpp - 1);
	t->sx_min = min(t->sx_min, sx);
	t->sx_max = max(t->sx_max, sx);
	t->sy_min = min(t->sy_min, sy);
	t->sy_max = max(t->sy_max, sy);
	if (t->listed < MAX_PIXELS) {
		t->dst[t->listed] = dst;
		t->src[t->listed++] = src;
	}
}

static void clear(struct touched *t)
{
	t->pixels = 0;
	t->listed = 0;
	t->dst_first = S64_MAX;
	t->src_first = S64_MAX;
	t->dst_last = S64_MIN;
	t->src_last = S64_MIN;
	t->sx_min = S64_MAX;
	t->sy_min = S64_MAX;
	t->sx_max = S64_MIN;
	t->sy_max = S64_MIN;
}

static void visit_all(const struct blit *b, struct touched *t)
{
	s64 i, j;

	for (j = 0; j < b->h; j++) {
		s64 y = b->dy + step(b->upward, j);

		for (i = 0; i < b->w; i++) {
			s64 x = b->dx + step(b->backward, i);

			if (!drawn_x(b, x) || !drawn_y(b, y))
				continue;
			t->pixels++;
			note(t, b, x, y, b->sx + step(b->backward, i),
			     b->sy + step(b->upward, j));
		}
	}
}

/* The four corners of what is drawn, found by walking both axes. */
static void visit_axes(const struct blit *b, struct touched *t)
{
	s64 i, first_i = -1, last_i = -1, first_j = -1, last_j = -1;
	u64 columns = 0, lines = 0;
	u32 corner;

	for (i = 0; i < b->w; i++)
		if (drawn_x(b, b->dx + step(b->backward, i))) {
			first_i = columns++ ? first_i : i;
			last_i = i;
		}
	for (i = 0; i < b->h; i++)
		if (drawn_y(b, b->dy + step(b->upward, i))) {
			first_j = lines++ ? first_j : i;
			last_j = i;
		}
	t->pixels = columns * lines;
	for (corner = 0; corner < 4 && t->pixels; corner++) {
		s64 ii = corner & 1 ? last_i : first_i;
		s64 jj = corner & 2 ? last_j : first_j;

		note(t, b, b->dx + step(b->backward, ii),
		     b->dy + step(b->upward, jj),
		     b->sx + step(b->backward, ii),
		     b->sy + step(b->upward, jj));
	}
}

static void visit(const struct blit *b, struct touched *t)
{
	clear(t);
	if (b->w * b->h <= MAX_PIXELS)
		visit_all(b, t);
	else
		visit_axes(b, t);
}

/* A card: what its registers hold, by number. */
struct card {
	u32 reg[RV100_REGS_SIZE / 4];
};

static s64 sign14(u32 val)
{
	return val & 0x2000 ? (s64)(val & 0x3fff) - 0x4000 : val & 0x3fff;
}

/* Garbage, another each time. */
static void card_power_on(struct card *card)
{
	static u32 garbage;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(card->reg); i++) {
		garbage = garbage * 1664525 + 1013904223;
		card->reg[i] = garbage;
	}
}

/* What the card does when its height and width are written. */
static void card_start(struct kunit *test, const struct card *card,
		       struct blit *b)
{
	static const u8 cpp[16] = { [2] = 1, [3] = 2, [4] = 2, [6] = 4 };
	const u32 *reg = card->reg;
	u32 gmc = reg[0x146c / 4];
	u32 dst = reg[0x142c / 4], src = reg[0x1428 / 4];
	u32 tl = reg[0x16ec / 4], br = reg[0x16f0 / 4];

	memset(b, 0, sizeof(*b));
	/* Its own pitch, offset and scissor, not the defaults */
	KUNIT_EXPECT_EQ(test, gmc & 0xf, 0xf);
	/* Solid brush, source of the destination's type, from memory */
	KUNIT_EXPECT_EQ(test, gmc >> 4 & 0xf, 13);
	KUNIT_EXPECT_EQ(test, gmc >> 12 & 3, 3);
	KUNIT_EXPECT_EQ(test, gmc >> 24 & 7, 2);
	/* Linear */
	KUNIT_EXPECT_EQ(test, (dst | src) >> 30, 0);
	KUNIT_EXPECT_EQ(test, reg[0x16c0 / 4] & ~3, 0);
	/* The source's scissor is open. */
	KUNIT_EXPECT_EQ(test, reg[0x16f4 / 4], 0x1fff1fff);

	b->format = gmc >> 8 & 0xf;
	b->cpp = cpp[b->format];
	b->rop = gmc >> 16 & 0xff;
	b->src_used = rop_reads_source(b->rop);
	b->dst_base = (s64)(dst & 0x3fffff) << 10;
	b->src_base = (s64)(src & 0x3fffff) << 10;
	b->dst_pitch = (dst >> 22 & 0xff) << 6;
	b->src_pitch = (src >> 22 & 0xff) << 6;
	b->left = tl & 0x3fff;
	b->top = tl >> 16 & 0x3fff;
	b->right = br & 0x3fff;
	b->bottom = br >> 16 & 0x3fff;
	b->dx = sign14(reg[0x1438 / 4]);
	b->dy = sign14(reg[0x1438 / 4] >> 16);
	b->sx = sign14(reg[0x1434 / 4]);
	b->sy = sign14(reg[0x1434 / 4] >> 16);
	b->w = reg[0x143c / 4] & 0x3fff;
	b->h = reg[0x143c / 4] >> 16 & 0x3fff;
	b->backward = !(reg[0x16c0 / 4] & 1);
	b->upward = !(reg[0x16c0 / 4] & 2);
	b->brush = reg[0x147c / 4];
	b->write_mask = gmc & BIT(30) ? 0xffffffff : reg[0x16cc / 4];
	memcpy(b->cmp, &reg[0x15c0 / 4], sizeof(b->cmp));
	if (gmc & BIT(28))
		b->cmp[0] = 0;
}

/* Run the commands; only the last one may start anything. */
static void card_run(struct kunit *test, struct card *card,
		     const struct rv100_2d_cmd *cmds, struct blit *b)
{
	unsigned int i, started = 0;

	card_power_on(card);
	for (i = 0; i < RV100_2D_NR_CMDS; i++) {
		KUNIT_ASSERT_LT(test, cmds[i].offset, RV100_REGS_SIZE);
		card->reg[cmds[i].offset / 4] = cmds[i].val;
		switch (cmds[i].offset) {
		case 0x140c:
		case 0x143c:
		case 0x1588:
		case 0x1598:
			started++;
			KUNIT_EXPECT_EQ(test, i, RV100_2D_NR_CMDS - 1);
			card_start(test, card, b);
			break;
		}
	}
	KUNIT_ASSERT_EQ(test, started, 1);
}

#endif /* _RV100_MODEL_H */
