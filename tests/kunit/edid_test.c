// SPDX-License-Identifier: GPL-2.0
/* The default monitor's EDID, decoded again as a driver does. */
#include <kunit/test.h>
#include <linux/string.h>

#include "edid_model.h"

#define SERIAL		0x1a2b3c4d5e6fULL

static const u16 sizes[][2] = {
	{ 320, 200 }, { 320, 240 }, { 400, 300 }, { 512, 384 }, { 640, 400 },
	{ 640, 480 }, { 800, 600 }, { 1023, 767 }, { 1024, 768 },
	{ 1280, 720 }, { 1280, 1024 }, { 1366, 768 }, { 1600, 1200 },
	{ 1920, 1080 }, { 1920, 1200 }, { 320, 1200 }, { 1920, 200 },
	{ 4088, 2400 }, { 2400, 4095 },
	/* A clock that is rounded down from where a kHz of lines begins. */
	{ 803, 270 },
};

static void edid_header(struct kunit *test)
{
	static const u8 magic[8] = { 0, 255, 255, 255, 255, 255, 255, 0 };
	u8 edid[VGPU_EDID_BLOCK + 1];
	u8 sum = 0;
	int i;

	memset(edid, 0x5a, sizeof(edid));
	vgpu_edid_build(edid, 1280, 1024, 1280, 1024, SERIAL);
	KUNIT_EXPECT_MEMEQ(test, edid, magic, 8);
	KUNIT_EXPECT_EQ(test, edid[18], 1U);
	KUNIT_EXPECT_EQ(test, edid[19], 3U);
	KUNIT_EXPECT_TRUE(test, edid[20] & 0x80);
	KUNIT_EXPECT_TRUE(test, edid[24] & 0x02);	/* preferred */
	KUNIT_EXPECT_EQ(test, edid[126], 0U);		/* no extension */
	for (i = 0; i < VGPU_EDID_BLOCK; i++)
		sum += edid[i];
	KUNIT_EXPECT_EQ(test, sum, 0U);
	KUNIT_EXPECT_EQ(test, edid[VGPU_EDID_BLOCK], 0x5aU);
	KUNIT_EXPECT_TRUE(test, vgpu_edid_valid(edid, VGPU_EDID_BLOCK));
}

/* The detailed timing is the mode that was asked for, at 60 Hz. */
static void edid_detailed_timing(struct kunit *test)
{
	u8 edid[VGPU_EDID_BLOCK];
	struct timing t;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		vgpu_edid_build(edid, sizes[i][0], sizes[i][1], 1920, 1200,
				SERIAL);
		expect_timing(test, edid, sizes[i][0], sizes[i][1]);
		decode(edid + DETAILED, &t);
		KUNIT_EXPECT_GE(test, t.width_mm, 100U);
		KUNIT_EXPECT_GE(test, t.height_mm, 100U);
		KUNIT_EXPECT_TRUE(test, vgpu_edid_valid(edid, sizeof(edid)));
	}
}

/* No mode above the type's limits; with more room there are more. */
static void edid_mode_limits(struct kunit *test)
{
	static const struct {
		u16 x, y, n;
	} limits[] = {
		{ 639, 480, 0 },	/* too narrow for VGA */
		{ 640, 479, 0 },
		{ 640, 480, 1 },
		{ 800, 600, 2 },
		{ 1024, 768, 3 },
		{ 1280, 1024, 6 },	/* + 1280 by 720, 960, 1024 */
		{ 1600, 1200, 8 },	/* + 1440x900, 1600x1200 */
		{ 1920, 1200, 11 },	/* + 1680x1050, 1920 by 1080, 1200 */
		{ 4095, 4095, 11 },
	};
	u8 edid[VGPU_EDID_BLOCK];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		vgpu_edid_build(edid, min_t(u32, limits[i].x, 800), 600,
				limits[i].x, limits[i].y, SERIAL);
		KUNIT_EXPECT_EQ_MSG(test, offered(test, edid, limits[i].x,
						  limits[i].y),
				    (u32)limits[i].n, "limit %ux%u",
				    limits[i].x, limits[i].y);
		KUNIT_EXPECT_TRUE(test, vgpu_edid_valid(edid, sizeof(edid)));
	}
}

/* Three more descriptors: name, range limits, serial number. */
static void edid_descriptors(struct kunit *test)
{
	u8 edid[VGPU_EDID_BLOCK], *d;
	struct timing t;
	u32 i, j, names = 0, ranges = 0, serials = 0;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		vgpu_edid_build(edid, sizes[i][0], sizes[i][1], 4095, 4095,
				SERIAL);
		decode(edid + DETAILED, &t);
		for (j = 1; j < 4; j++) {
			d = edid + DETAILED + j * DESCRIPTOR;
			KUNIT_EXPECT_EQ(test, d[0] | d[1] | d[2] | d[4], 0);
			if (d[3] == 0xfc) {
				names++;
				KUNIT_EXPECT_MEMEQ(test, d + 5,
						   "Tessera vGPU\n", 13);
			} else if (d[3] == 0xfd) {
				ranges++;
				expect_limits(test, d, &t);
			} else if (d[3] == 0xff) {
				serials++;
				KUNIT_EXPECT_MEMEQ(test, d + 5,
						   "1A2B3C4D5E6F\n", 13);
			}
		}
		/* The same as a number, as far as there is room. */
		KUNIT_EXPECT_MEMEQ(test, edid + 12, "\x6f\x5e\x4d\x3c", 4);
	}
	KUNIT_EXPECT_EQ(test, serials, ARRAY_SIZE(sizes));
	KUNIT_EXPECT_EQ(test, names, ARRAY_SIZE(sizes));
	KUNIT_EXPECT_EQ(test, ranges, ARRAY_SIZE(sizes));
}

/* A coordinate of the colour space, in thousandths: ten bits from two places. */
static u32 coordinate(const u8 *edid, u32 high, u32 low, u32 shift)
{
	return (edid[high] << 2 | (edid[low] >> shift & 3)) * 1000 / 1024;
}

/* Primaries and white are those of sRGB, as the block says of itself. */
static void edid_colours(struct kunit *test)
{
	static const struct {
		u16 high, low, shift, want;
	} xy[] = {
		{ 27, 25, 6, 640 }, { 28, 25, 4, 330 },	/* red */
		{ 29, 25, 2, 300 }, { 30, 25, 0, 600 },	/* green */
		{ 31, 26, 6, 150 }, { 32, 26, 4, 60 },	/* blue */
		{ 33, 26, 2, 313 }, { 34, 26, 0, 329 },	/* white */
	};
	u8 edid[VGPU_EDID_BLOCK];
	u32 i;

	vgpu_edid_build(edid, 1024, 768, 1024, 768, SERIAL);
	KUNIT_EXPECT_TRUE(test, edid[24] & 0x04);
	for (i = 0; i < ARRAY_SIZE(xy); i++)
		KUNIT_EXPECT_LE_MSG(test,
				    abs_diff(coordinate(edid, xy[i].high,
							xy[i].low, xy[i].shift),
					     (u32)xy[i].want), 1U,
				    "coordinate %u", i);
}

/* What is taken, and what a block cannot say. */
static void edid_fits(struct kunit *test)
{
	static const struct {
		u16 x, y;
		bool fits;
	} cases[] = {
		{ 320, 200, true }, { 319, 200, false }, { 320, 199, false },
		{ 0, 0, false }, { 65535, 65535, false },
		{ 4095, 200, true }, { 4096, 200, false },
		{ 320, 4095, true }, { 320, 4096, false },
		/* 16 bits of 10 kHz */
		{ 4095, 2536, true }, { 4095, 2537, false },
		{ 4095, 4095, false },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, vgpu_edid_fits(cases[i].x, cases[i].y),
				    cases[i].fits, "%ux%u", cases[i].x,
				    cases[i].y);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		KUNIT_EXPECT_TRUE(test, vgpu_edid_fits(sizes[i][0],
						       sizes[i][1]));
}

static void edid_valid(struct kunit *test)
{
	u8 edid[VGPU_EDID_MAX] = {};
	u32 i;

	vgpu_edid_build(edid, 1024, 768, 1024, 768, SERIAL);
	KUNIT_EXPECT_TRUE(test, vgpu_edid_valid(edid, 128));
	/* The second block counts too; zeros add up to zero. */
	KUNIT_EXPECT_TRUE(test, vgpu_edid_valid(edid, 256));
	edid[200] = 1;
	KUNIT_EXPECT_FALSE(test, vgpu_edid_valid(edid, 256));
	KUNIT_EXPECT_TRUE(test, vgpu_edid_valid(edid, 128));
	KUNIT_EXPECT_FALSE(test, vgpu_edid_valid(edid, 0));
	KUNIT_EXPECT_FALSE(test, vgpu_edid_valid(edid, 127));
	KUNIT_EXPECT_FALSE(test, vgpu_edid_valid(edid, 129));
	for (i = 0; i < 128; i++) {
		edid[i] ^= 0x10;
		KUNIT_EXPECT_FALSE_MSG(test, vgpu_edid_valid(edid, 128),
				       "byte %u changed", i);
		edid[i] ^= 0x10;
	}
	/* The sum alone is not enough: two changes that cancel out. */
	edid[0]++;
	edid[127]--;
	KUNIT_EXPECT_FALSE(test, vgpu_edid_valid(edid, 128));
}

static struct kunit_case edid_cases[] = {
	KUNIT_CASE(edid_header),
	KUNIT_CASE(edid_detailed_timing),
	KUNIT_CASE(edid_mode_limits),
	KUNIT_CASE(edid_descriptors),
	KUNIT_CASE(edid_colours),
	KUNIT_CASE(edid_fits),
	KUNIT_CASE(edid_valid),
	{}
};

static struct kunit_suite edid_suite = {
	.name = "vgpu_edid",
	.test_cases = edid_cases,
};

kunit_test_suite(edid_suite);
