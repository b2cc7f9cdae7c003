/* SPDX-License-Identifier: GPL-2.0 */
/* An EDID as a driver decodes it, and what has to be in that of a vGPU's monitor. */
#ifndef _EDID_MODEL_H
#define _EDID_MODEL_H

#include <kunit/test.h>
#include <linux/math.h>
#include <linux/string.h>
#include <vgpu/ddc.h>

#include "../../drivers/vgpu/display/edid.h"

#define DETAILED	54
#define DESCRIPTOR	18

struct timing {
	u32 clock_khz;
	u32 x, hblank, hfront, hsync;
	u32 y, vblank, vfront, vsync;
	u32 width_mm, height_mm;
};

static void decode(const u8 *d, struct timing *t)
{
	t->clock_khz = (d[0] | d[1] << 8) * 10;
	t->x = d[2] | (d[4] & 0xf0) << 4;
	t->hblank = d[3] | (d[4] & 0x0f) << 8;
	t->y = d[5] | (d[7] & 0xf0) << 4;
	t->vblank = d[6] | (d[7] & 0x0f) << 8;
	t->hfront = d[8] | (d[11] & 0xc0) << 2;
	t->hsync = d[9] | (d[11] & 0x30) << 4;
	t->vfront = d[10] >> 4 | (d[11] & 0x0c) << 2;
	t->vsync = (d[10] & 0x0f) | (d[11] & 0x03) << 4;
	t->width_mm = d[12] | (d[14] & 0xf0) << 4;
	t->height_mm = d[13] | (d[14] & 0x0f) << 8;
}

/* The detailed timing is a mode at 60 Hz, of square pixels. */
static void expect_timing(struct kunit *test, const u8 *edid, u32 x, u32 y)
{
	struct timing t;
	u64 mhz;

	decode(edid + DETAILED, &t);
	KUNIT_EXPECT_EQ(test, t.x, x);
	KUNIT_EXPECT_EQ(test, t.y, y);
	mhz = t.clock_khz * 1000000ULL;
	mhz /= (t.x + t.hblank) * (t.y + t.vblank);
	KUNIT_EXPECT_GE(test, mhz, 59900ULL);
	KUNIT_EXPECT_LE(test, mhz, 60100ULL);
	/* Less is no timing, and below a PLL's reach. */
	KUNIT_EXPECT_GE(test, t.clock_khz, 10400U);
	KUNIT_EXPECT_GT(test, t.hsync, 0U);
	KUNIT_EXPECT_GT(test, t.vsync, 0U);
	KUNIT_EXPECT_LT(test, t.hfront + t.hsync, t.hblank);
	KUNIT_EXPECT_LT(test, t.vfront + t.vsync, t.vblank);
	/* Square pixels, give or take a millimetre. */
	KUNIT_EXPECT_LE(test, abs_diff(t.width_mm * t.y, t.height_mm * t.x),
			t.x + t.y);
	KUNIT_EXPECT_EQ(test, edid[21], t.width_mm / 10);
	KUNIT_EXPECT_EQ(test, edid[22], t.height_mm / 10);
}

static const struct {
	u8 byte, bit;
	u16 x, y;
} established[] = {
	{ 35, 7, 720, 400 }, { 35, 6, 720, 400 }, { 35, 5, 640, 480 },
	{ 35, 4, 640, 480 }, { 35, 3, 640, 480 }, { 35, 2, 640, 480 },
	{ 35, 1, 800, 600 }, { 35, 0, 800, 600 }, { 36, 7, 800, 600 },
	{ 36, 6, 800, 600 }, { 36, 5, 832, 624 }, { 36, 4, 1024, 768 },
	{ 36, 3, 1024, 768 }, { 36, 2, 1024, 768 }, { 36, 1, 1024, 768 },
	{ 36, 0, 1280, 1024 }, { 37, 7, 1152, 870 },
};

/* Modes other than the detailed one that @edid offers. */
static u32 offered(struct kunit *test, const u8 *edid, u32 max_x, u32 max_y)
{
	static const u8 aspect[4][2] = { { 16, 10 }, { 4, 3 }, { 5, 4 },
					 { 16, 9 } };
	u32 i, x, y, n = 0;

	for (i = 0; i < ARRAY_SIZE(established); i++) {
		if (!(edid[established[i].byte] >> established[i].bit & 1))
			continue;
		KUNIT_EXPECT_LE(test, established[i].x, max_x);
		KUNIT_EXPECT_LE(test, established[i].y, max_y);
		n++;
	}
	KUNIT_EXPECT_EQ(test, edid[37] & 0x7f, 0);
	for (i = 38; i < 54; i += 2) {
		if (edid[i] == 1 && edid[i + 1] == 1)
			continue;
		x = (edid[i] + 31) * 8;
		y = x * aspect[edid[i + 1] >> 6][1] / aspect[edid[i + 1] >> 6][0];
		KUNIT_EXPECT_LE(test, x, max_x);
		KUNIT_EXPECT_LE(test, y, max_y);
		KUNIT_EXPECT_EQ(test, edid[i + 1] & 0x3f, 0);	/* 60 Hz */
		n++;
	}
	return n;
}

/* Limits that hold the mode, and VGA's 31.5 kHz as all larger monitors do. */
static void expect_limits(struct kunit *test, const u8 *d, const struct timing *t)
{
	u32 hz = t->clock_khz * 1000 / (t->x + t->hblank);

	KUNIT_EXPECT_LE(test, d[5], 60);
	KUNIT_EXPECT_GE(test, d[6], 60);
	KUNIT_EXPECT_GT(test, d[7], 0);
	KUNIT_EXPECT_LE(test, d[7] * 1000U, hz);
	KUNIT_EXPECT_LE(test, d[7], 31);
	KUNIT_EXPECT_GE(test, d[8] * 1000U, hz);
	KUNIT_EXPECT_GE(test, d[9] * 10000U, t->clock_khz);
}

#endif /* _EDID_MODEL_H */
