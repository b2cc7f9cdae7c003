// SPDX-License-Identifier: GPL-2.0
/* What is scanned out: which of it is within bounds, and its colours. */
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "pixels_model.h"

#define VRAM	SZ_4M
#define MAX_X	1024
#define MAX_Y	768

static const u32 ramp[256] = { [0] = 0x123456, [255] = 0xfedcba };

static struct vgpu_scanout picture(u32 width, u32 height, u32 bpp)
{
	return (struct vgpu_scanout) {
		.enabled = true,
		.width = width,
		.height = height,
		.bpp = bpp,
		.stride = width * DIV_ROUND_UP(bpp, 8),
		.palette = bpp == 8 ? ramp : NULL,
	};
}

static bool valid(const struct vgpu_scanout *s)
{
	return vgpu_scanout_valid(s, MAX_X, MAX_Y, VRAM);
}

static void pixels_modes(struct kunit *test)
{
	static const struct {
		u32 width, height, bpp;
		bool valid;
	} cases[] = {
		{ 640, 480, 32, true }, { 640, 480, 16, true },
		{ 640, 480, 15, true }, { 640, 480, 8, true },
		{ 8, 1, 32, true }, { MAX_X, MAX_Y, 32, true },
		{ 0, 480, 32, false }, { 640, 0, 32, false },
		{ MAX_X + 1, 8, 8, false }, { 8, MAX_Y + 1, 8, false },
		{ U32_MAX, U32_MAX, 32, false },
		{ 640, 480, 0, false }, { 640, 480, 24, false },
		{ 640, 480, 1, false }, { 640, 480, U32_MAX, false },
	};
	struct vgpu_scanout s;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		s = picture(cases[i].width, cases[i].height, cases[i].bpp);
		KUNIT_EXPECT_EQ_MSG(test, valid(&s), cases[i].valid,
				    "%ux%u %u", s.width, s.height, s.bpp);
	}
	s = picture(640, 480, 8);
	s.palette = NULL;
	KUNIT_EXPECT_FALSE(test, valid(&s));
}

static void pixels_bounds(struct kunit *test)
{
	struct vgpu_scanout s = picture(640, 480, 32);

	s.offset = VRAM - 640 * 480 * 4;
	KUNIT_EXPECT_TRUE(test, valid(&s));
	s.offset++;
	KUNIT_EXPECT_FALSE(test, valid(&s));
	s.offset = U64_MAX - 8;
	KUNIT_EXPECT_FALSE(test, valid(&s));
	/* The gap after the last line need not be there. */
	s.offset = 0;
	s.stride = (VRAM - 640 * 4) / 479;
	KUNIT_EXPECT_TRUE(test, valid(&s));
	s.stride += 1 + VRAM % 479;
	KUNIT_EXPECT_FALSE(test, valid(&s));
	s.stride = U32_MAX;
	KUNIT_EXPECT_FALSE(test, valid(&s));
	/* Half as many lines of memory; one more of an odd height. */
	s = picture(640, 480, 32);
	s.doubled = true;
	s.offset = VRAM - 640 * 240 * 4;
	KUNIT_EXPECT_TRUE(test, valid(&s));
	s.height = 481;
	KUNIT_EXPECT_FALSE(test, valid(&s));
	s.offset -= 640 * 4;
	KUNIT_EXPECT_TRUE(test, valid(&s));
}

static void pixels_colours(struct kunit *test)
{
	static const struct {
		u32 bpp, pixel, want;
	} cases[] = {
		{ 8, 0, 0x123456 }, { 8, 255, 0xfedcba }, { 8, 7, 0 },
		{ 15, 0x7fff, 0xffffff }, { 15, 0x7c00, 0xff0000 },
		{ 15, 0x03e0, 0x00ff00 }, { 15, 0x001f, 0x0000ff },
		{ 15, 0x8000, 0 }, { 15, 0x4210, 0x848484 },
		{ 16, 0xffff, 0xffffff }, { 16, 0xf800, 0xff0000 },
		{ 16, 0x07e0, 0x00ff00 }, { 16, 0x001f, 0x0000ff },
		{ 32, 0x00abcdef, 0xabcdef }, { 32, 0xffabcdef, 0xabcdef },
	};
	u32 line[8], to[8], i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vgpu_scanout s = picture(1, 1, cases[i].bpp);

		memset(line, 0x5a, sizeof(line));
		memset(to, 0x5a, sizeof(to));
		line[0] = cases[i].pixel;
		KUNIT_EXPECT_EQ(test, vgpu_scanout_line_bytes(&s),
				DIV_ROUND_UP(cases[i].bpp, 8));
		vgpu_scanout_line(&s, to, line);
		KUNIT_EXPECT_EQ_MSG(test, to[0] & 0xffffff, cases[i].want,
				    "%u bits: %#x", cases[i].bpp,
				    cases[i].pixel);
		KUNIT_EXPECT_EQ(test, to[1], 0x5a5a5a5aU);
	}
}

/* A table has a column for each channel, by the bits that a pixel has, as the upper. */
static void pixels_tables(struct kunit *test)
{
	static const struct {
		u32 bpp, pixel, r, g, b;
	} cases[] = {
		{ 15, 0x7fff, 248, 248, 248 }, { 15, 0, 0, 0, 0 },
		{ 15, 0x7c00, 248, 0, 0 }, { 15, 0x0020, 0, 8, 0 },
		{ 15, 0x8001, 0, 0, 8 },
		{ 16, 0xffff, 248, 252, 248 }, { 16, 0x0800, 8, 0, 0 },
		{ 16, 0x0020, 0, 4, 0 }, { 16, 0x0010, 0, 0, 128 },
		{ 32, 0x00102030, 16, 32, 48 }, { 32, 0xff0000ff, 0, 0, 255 },
	};
	u32 *table = kunit_kcalloc(test, 256, sizeof(*table), GFP_KERNEL);
	u32 i, to;

	KUNIT_ASSERT_NOT_NULL(test, table);
	for (i = 0; i < 256; i++)
		table[i] = (255 - i) << 16 | (i ^ 0x5a) << 8 | i / 2;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vgpu_scanout s = picture(1, 1, cases[i].bpp);
		u32 want = (255 - cases[i].r) << 16 |
			   (cases[i].g ^ 0x5a) << 8 | cases[i].b / 2;

		s.palette = table;
		vgpu_scanout_line(&s, &to, &cases[i].pixel);
		KUNIT_EXPECT_EQ_MSG(test, to & 0xffffff, want, "%u bits: %#x",
				    cases[i].bpp, cases[i].pixel);
	}
}

/* The same pixel, its bytes the other way round. */
static void pixels_big_endian(struct kunit *test)
{
	static const struct {
		u32 bpp, want;
		u8 bytes[4];
	} cases[] = {
		{ 8, 0xfedcba, { 255 } },
		{ 15, 0xff0000, { 0x7c, 0x00 } },
		{ 16, 0x0000ff, { 0x00, 0x1f } },
		{ 32, 0xabcdef, { 0xff, 0xab, 0xcd, 0xef } },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vgpu_scanout s = picture(1, 1, cases[i].bpp);
		u32 from, to;

		memcpy(&from, cases[i].bytes, sizeof(from));
		s.big_endian = true;
		KUNIT_EXPECT_TRUE(test, valid(&s));
		vgpu_scanout_line(&s, &to, &from);
		KUNIT_EXPECT_EQ_MSG(test, to & 0xffffff, cases[i].want,
				    "%u bits", cases[i].bpp);
	}
}

static struct vgpu_cursor *pointer(struct vgpu_scanout *s,
				   enum vgpu_cursor_format format)
{
	*s = picture(640, 480, 32);
	s->cursor = (struct vgpu_cursor) {
		.format = format,
		.x = 10,
		.y = 20,
		.width = 64,
		.height = 64,
		.stride = format == VGPU_CURSOR_MONO ? 16 : 256,
		.offset = SZ_2M,
		.colours = { 0x0000ff, 0xffff00 },
	};
	return &s->cursor;
}

static void pixels_cursor_bounds(struct kunit *test)
{
	struct vgpu_scanout s;
	struct vgpu_cursor *c = pointer(&s, VGPU_CURSOR_ARGB);

	KUNIT_EXPECT_TRUE(test, vgpu_cursor_shown(&s, VRAM));
	c->offset = VRAM - 64 * 64 * 4;
	KUNIT_EXPECT_TRUE(test, vgpu_cursor_shown(&s, VRAM));
	c->offset += 1;
	KUNIT_EXPECT_FALSE(test, vgpu_cursor_shown(&s, VRAM));
	c->offset = U64_MAX;
	KUNIT_EXPECT_FALSE(test, vgpu_cursor_shown(&s, VRAM));
	c = pointer(&s, VGPU_CURSOR_MONO);
	c->offset = VRAM - 64 * 16;
	KUNIT_EXPECT_TRUE(test, vgpu_cursor_shown(&s, VRAM));
	c->offset += 1;
	KUNIT_EXPECT_FALSE(test, vgpu_cursor_shown(&s, VRAM));
	c = pointer(&s, VGPU_CURSOR_ARGB);
	c->stride = U32_MAX;
	KUNIT_EXPECT_FALSE(test, vgpu_cursor_shown(&s, VRAM));
	c->height = 1;
	KUNIT_EXPECT_TRUE(test, vgpu_cursor_shown(&s, VRAM));
	c->height = 0;
	KUNIT_EXPECT_FALSE(test, vgpu_cursor_shown(&s, VRAM));
	c->height = U32_MAX;
	KUNIT_EXPECT_FALSE(test, vgpu_cursor_shown(&s, VRAM));
	c = pointer(&s, VGPU_CURSOR_ARGB);
	c->width = VGPU_CURSOR_MAX + 1;
	KUNIT_EXPECT_FALSE(test, vgpu_cursor_shown(&s, VRAM));
	c->width = 0;
	KUNIT_EXPECT_FALSE(test, vgpu_cursor_shown(&s, VRAM));
	c->width = 64;
	c->left = 63;
	KUNIT_EXPECT_TRUE(test, vgpu_cursor_shown(&s, VRAM));
	c->left = 64;
	KUNIT_EXPECT_FALSE(test, vgpu_cursor_shown(&s, VRAM));
	c = pointer(&s, VGPU_CURSOR_NONE);
	KUNIT_EXPECT_FALSE(test, vgpu_cursor_shown(&s, VRAM));
	c->format = 77;
	KUNIT_EXPECT_FALSE(test, vgpu_cursor_shown(&s, VRAM));
}

static void pixels_cursor_off_the_screen(struct kunit *test)
{
	static const struct {
		s32 x, y;
		bool shown;
	} cases[] = {
		{ 0, 0, true }, { -63, -63, true }, { 639, 479, true },
		{ -64, 0, false }, { 0, -64, false }, { 640, 0, false },
		{ 0, 480, false }, { S32_MIN, 0, false }, { S32_MAX, 0, false },
		{ 0, S32_MIN, false }, { 0, S32_MAX, false },
	};
	struct vgpu_scanout s;
	struct vgpu_cursor *c = pointer(&s, VGPU_CURSOR_ARGB);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		c->x = cases[i].x;
		c->y = cases[i].y;
		KUNIT_EXPECT_EQ_MSG(test, vgpu_cursor_shown(&s, VRAM),
				    cases[i].shown, "%d, %d", c->x, c->y);
	}
}

static void pixels_alpha(struct kunit *test)
{
	static const struct {
		u32 beneath, over, want;
	} cases[] = {
		{ 0x123456, 0x00000000, 0x123456 },
		{ 0x123456, 0xffabcdef, 0xabcdef },
		{ 0xffffff, 0xff000000, 0x000000 },
		{ 0xffffff, 0x80000000, 0x7f7f7f },
		{ 0x000000, 0x80804020, 0x804020 },
		{ 0x0000ff, 0x80800000, 0x80007f },
		/* What does not dim what is beneath, adds to it. */
		{ 0x102030, 0x00010203, 0x112233 },
		/* Colours that are not multiplied: no carry to a neighbour. */
		{ 0xffffff, 0x80ffffff, 0xffffff },
		{ 0x00ff00, 0x0000ff00, 0x00ff00 },
	};
	struct vgpu_scanout s;
	struct vgpu_cursor *c = pointer(&s, VGPU_CURSOR_ARGB);
	u32 i, to;

	c->x = 0;
	c->width = 1;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		to = cases[i].beneath;
		vgpu_cursor_line(c, &to, 1, &cases[i].over);
		KUNIT_EXPECT_EQ_MSG(test, to & 0xffffff, cases[i].want,
				    "%#x over %#x", cases[i].over,
				    cases[i].beneath);
	}
}

/* Every alpha and colour against the sum that is meant. */
static void pixels_alpha_is_exact(struct kunit *test)
{
	struct vgpu_scanout s;
	struct vgpu_cursor *c = pointer(&s, VGPU_CURSOR_ARGB);
	u32 alpha, beneath, over, to;

	c->x = 0;
	c->width = 1;
	for (alpha = 0; alpha < 256; alpha++) {
		for (beneath = 0; beneath < 256; beneath++) {
			/* To the nearest: twice as fine, and one more. */
			u32 want = (beneath * (255 - alpha) * 2 + 255) / 510;

			to = beneath << 8;
			over = alpha << 24;
			vgpu_cursor_line(c, &to, 1, &over);
			KUNIT_ASSERT_EQ_MSG(test, to, want << 8,
					    "alpha %u over %u", alpha, beneath);
		}
	}
}

/* AND and XOR, each pixel of the four kinds; the leftmost is the highest bit. */
static void pixels_mono(struct kunit *test)
{
	static const u8 planes[16] = { [0] = 0x30, [8] = 0x50,
				       [7] = 0x01, [15] = 0x01 };
	struct vgpu_scanout s;
	struct vgpu_cursor *c = pointer(&s, VGPU_CURSOR_MONO);
	u32 to[64], i;

	KUNIT_EXPECT_EQ(test, vgpu_cursor_line_bytes(c), 16U);
	for (i = 0; i < 64; i++)
		to[i] = 0x112233;
	c->x = 0;
	vgpu_cursor_line(c, to, 64, planes);
	KUNIT_EXPECT_EQ(test, to[0], 0x0000ffU);
	KUNIT_EXPECT_EQ(test, to[1], 0xffff00U);
	KUNIT_EXPECT_EQ(test, to[2], 0x112233U);
	KUNIT_EXPECT_EQ(test, to[3], 0xeeddccU);
	KUNIT_EXPECT_EQ(test, to[4], 0x0000ffU);
	KUNIT_EXPECT_EQ(test, to[63], 0xeeddccU);
}

/* Wherever it is: pixels of the image, at their place, and no other. */
static void pixels_cursor_is_clipped(struct kunit *test)
{
	static const u32 left[] = { 0, 1, 9, 63 };
	struct vgpu_scanout s;
	struct vgpu_cursor *c = pointer(&s, VGPU_CURSOR_ARGB);
	u32 image[64], to[100 + 2], i;
	s32 x;

	for (i = 0; i < 64; i++)
		image[i] = 0xff000000 | (i + 1);
	for (x = -70; x < 110; x++) {
		c->x = x;
		c->left = left[(x + 70) % ARRAY_SIZE(left)];
		memset(to, 0, sizeof(to));
		vgpu_cursor_line(c, to + 1, 100, image);
		for (i = 0; i < 102; i++) {
			s32 at = (s32)i - 1 - x;
			bool drawn = i >= 1 && i <= 100 && at < 64 &&
				     at >= (s32)c->left;

			KUNIT_EXPECT_EQ(test, to[i] & 0xffffff,
					drawn ? at + 1 : 0);
		}
	}
	c->x = S32_MAX;
	vgpu_cursor_line(c, to + 1, 100, image);
	c->x = S32_MIN;
	vgpu_cursor_line(c, to + 1, 100, image);
}

/* Numbers near to what matters: 0, the end, and where sums wrap. */
static u64 roll(struct rnd_state *rnd)
{
	static const u64 base[] = { 0, VRAM, U32_MAX, U64_MAX, 640, VRAM / 480 };

	return base[prandom_u32_state(rnd) % 6] +
	       prandom_u32_state(rnd) % 16 - 8;
}

static void pixels_random(struct kunit *test)
{
	static const u32 depths[] = { 8, 15, 16, 32, 32, 24 };
	struct rnd_state rnd;
	struct vgpu_cursor *c;
	struct vgpu_scanout s;
	unsigned int i, shown = 0;

	prandom_seed_state(&rnd, 21);
	for (i = 0; i < 20000; i++) {
		c = pointer(&s, i % 2 ? VGPU_CURSOR_ARGB : VGPU_CURSOR_MONO);
		s.bpp = depths[prandom_u32_state(&rnd) % 6];
		s.palette = ramp;
		s.doubled = i % 3 == 0;
		s.offset = roll(&rnd);
		if (i % 4 == 0)
			s.stride = roll(&rnd);
		if (i % 8 == 0)
			s.height = prandom_u32_state(&rnd) % 1000;
		KUNIT_ASSERT_EQ_MSG(test, valid(&s),
				    model_picture(&s, MAX_X, MAX_Y, VRAM),
				    "picture %u", i);
		shown += valid(&s);
		c->offset = roll(&rnd);
		if (i % 4 == 1)
			c->stride = roll(&rnd);
		if (i % 4 == 2)
			c->width = prandom_u32_state(&rnd) % 300;
		if (i % 4 == 3)
			c->x = roll(&rnd);
		KUNIT_ASSERT_EQ_MSG(test, vgpu_cursor_shown(&s, VRAM),
				    model_pointer(&s, VRAM), "pointer %u", i);
	}
	KUNIT_EXPECT_GT(test, shown, 500U);
}

static struct kunit_case pixels_cases[] = {
	KUNIT_CASE(pixels_modes),
	KUNIT_CASE(pixels_bounds),
	KUNIT_CASE(pixels_colours),
	KUNIT_CASE(pixels_tables),
	KUNIT_CASE(pixels_big_endian),
	KUNIT_CASE(pixels_cursor_bounds),
	KUNIT_CASE(pixels_cursor_off_the_screen),
	KUNIT_CASE(pixels_alpha),
	KUNIT_CASE(pixels_alpha_is_exact),
	KUNIT_CASE(pixels_mono),
	KUNIT_CASE(pixels_cursor_is_clipped),
	KUNIT_CASE(pixels_random),
	{}
};

static struct kunit_suite pixels_suite = {
	.name = "vgpu_pixels",
	.test_cases = pixels_cases,
};

kunit_test_suite(pixels_suite);

MODULE_LICENSE("GPL");
