// SPDX-License-Identifier: GPL-2.0
/*
 * The 2D engine's registers: every name of a value leads to the same value,
 * only the documented ones start something, and DP_GUI_MASTER_CNTL resets what
 * it is said to reset.
 */
#include <kunit/test.h>
#include <linux/string.h>

#include "../../drivers/rv100/rv100_2d.h"
#include "../../drivers/rv100/rv100_regs.h"

/* Offsets are spelled out: a wrong constant must not pass both sides. */
enum {
	DST_OFFSET = 0x1404, DST_PITCH = 0x1408, DST_WIDTH = 0x140c,
	DST_HEIGHT = 0x1410, SRC_X = 0x1414, SRC_Y = 0x1418, DST_X = 0x141c,
	DST_Y = 0x1420, SRC_PITCH_OFFSET = 0x1428, DST_PITCH_OFFSET = 0x142c,
	SRC_Y_X = 0x1434, DST_Y_X = 0x1438, DST_HEIGHT_WIDTH = 0x143c,
	GMC = 0x146c, DST_WIDTH_X = 0x1588, DST_HEIGHT_WIDTH_8 = 0x158c,
	SRC_X_Y = 0x1590, DST_X_Y = 0x1594, DST_WIDTH_HEIGHT = 0x1598,
	DST_WIDTH_X_INCY = 0x159c, DST_HEIGHT_Y = 0x15a0, SRC_OFFSET = 0x15ac,
	SRC_PITCH = 0x15b0, DST_HEIGHT_WIDTH_BW = 0x15b4, CMP_CNTL = 0x15c0,
	LINE_START = 0x1600, LINE_END = 0x1604, SC_LEFT = 0x1640,
	SC_RIGHT = 0x1644, SC_TOP = 0x1648, SC_BOTTOM = 0x164c,
	SRC_SC_RIGHT = 0x1654, SRC_SC_BOTTOM = 0x165c, DP_CNTL = 0x16c0,
	DATATYPE = 0x16c4, MIX = 0x16c8, WRITE_MASK = 0x16cc,
	DIRECTION = 0x16d0, DEFAULT_OFFSET = 0x16e0, DEFAULT_SC = 0x16e8,
	SC_TOP_LEFT = 0x16ec, SC_BOTTOM_RIGHT = 0x16f0, SRC_SC = 0x16f4,
	DST_TILE = 0x1700, SRC_TILE = 0x1704,
};

static const struct {
	u32 pair;
	u32 high;
	u32 low;
} pairs[] = {
	{ SRC_Y_X, SRC_Y, SRC_X },
	{ SRC_X_Y, SRC_X, SRC_Y },
	{ DST_Y_X, DST_Y, DST_X },
	{ DST_X_Y, DST_X, DST_Y },
	{ DST_HEIGHT_WIDTH, DST_HEIGHT, DST_WIDTH },
	{ DST_WIDTH_HEIGHT, DST_WIDTH, DST_HEIGHT },
	{ DST_WIDTH_X, DST_WIDTH, DST_X },
	{ DST_HEIGHT_Y, DST_HEIGHT, DST_Y },
	{ SC_TOP_LEFT, SC_TOP, SC_LEFT },
	{ SC_BOTTOM_RIGHT, SC_BOTTOM, SC_RIGHT },
	{ SRC_SC, SRC_SC_BOTTOM, SRC_SC_RIGHT },
};

static void rv100_pairs(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct rv100_2d_state s;

		rv100_2d_reset(&s);
		rv100_2d_write(&s, pairs[i].pair, 0x00050007);
		KUNIT_EXPECT_EQ_MSG(test, rv100_2d_read(&s, pairs[i].high), 5,
				    "high half of %#x", pairs[i].pair);
		KUNIT_EXPECT_EQ_MSG(test, rv100_2d_read(&s, pairs[i].low), 7,
				    "low half of %#x", pairs[i].pair);

		rv100_2d_write(&s, pairs[i].high, 0x1234);
		rv100_2d_write(&s, pairs[i].low, 0x0fed);
		KUNIT_EXPECT_EQ_MSG(test, rv100_2d_read(&s, pairs[i].pair),
				    0x12340fed, "%#x", pairs[i].pair);
	}
}

/* A pair changes its two values and nothing else. */
static void rv100_pairs_touch_nothing_else(struct kunit *test)
{
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct rv100_2d_state before, s;
		unsigned int changed = 0;

		rv100_2d_reset(&before);
		s = before;
		rv100_2d_write(&s, pairs[i].pair, 0x00050007);
		for (n = 0; n < RV100_NR_FIELDS; n++)
			changed += s.field[n] != before.field[n];
		KUNIT_EXPECT_EQ_MSG(test, changed, 2, "%#x", pairs[i].pair);
		memcpy(s.field, before.field, sizeof(s.field));
		KUNIT_EXPECT_MEMEQ(test, &s, &before, sizeof(s));
	}
}

static void rv100_triggers(struct kunit *test)
{
	struct rv100_2d_state s;
	u32 offset;

	rv100_2d_reset(&s);
	for (offset = 0; offset < RV100_REGS_SIZE; offset += 4) {
		enum rv100_2d_trigger want;

		switch (offset) {
		case DST_WIDTH:
		case DST_HEIGHT_WIDTH:
		case DST_WIDTH_HEIGHT:
		case DST_WIDTH_X:
			want = RV100_TRIGGER_RECT;
			break;
		case LINE_END:
			want = RV100_TRIGGER_LINE;
			break;
		case DST_HEIGHT_WIDTH_8:
		case DST_WIDTH_X_INCY:
		case DST_HEIGHT_WIDTH_BW:
			want = RV100_TRIGGER_OTHER;
			break;
		default:
			want = RV100_TRIGGER_NONE;
			break;
		}
		KUNIT_EXPECT_EQ_MSG(test, rv100_2d_write(&s, offset, 0), want,
				    "offset %#x", offset);
	}
}

static void rv100_foreign_registers(struct kunit *test)
{
	/* Clock, CRTC, brush pattern, cache, host data, end of the BAR */
	static const u32 offsets[] = { 0x8, 0xc, 0x50, 0x224, 0x1480, 0x1714,
				       0x17c0, 0x3ffc };
	struct rv100_2d_state before, s;
	unsigned int i;

	rv100_2d_reset(&before);
	s = before;
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		rv100_2d_write(&s, offsets[i], 0xffffffff);
		KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, offsets[i]), 0);
	}
	KUNIT_EXPECT_MEMEQ(test, &s, &before, sizeof(s));
}

static void rv100_surfaces(struct kunit *test)
{
	static const struct {
		u32 packed, offset, pitch, tile;
	} regs[] = {
		{ DST_PITCH_OFFSET, DST_OFFSET, DST_PITCH, DST_TILE },
		{ SRC_PITCH_OFFSET, SRC_OFFSET, SRC_PITCH, SRC_TILE },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		struct rv100_2d_state s;

		rv100_2d_reset(&s);
		/* Tile 2, pitch 65 * 64, offset 0x2345 KiB */
		rv100_2d_write(&s, regs[i].packed, 0x90402345);
		KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, regs[i].offset),
				0x2345 * 1024);
		KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, regs[i].pitch), 4160);
		KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, regs[i].tile), 2);

		rv100_2d_write(&s, regs[i].offset, 0xfffffc00);
		rv100_2d_write(&s, regs[i].pitch, 0x3fc0);
		rv100_2d_write(&s, regs[i].tile, 3);
		KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, regs[i].packed),
				0xffffffff);
		/* Bits that are not there do not stick. */
		rv100_2d_write(&s, regs[i].offset, 0x3ff);
		rv100_2d_write(&s, regs[i].pitch, 0xffffc03f);
		rv100_2d_write(&s, regs[i].tile, 0xfffffffc);
		KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, regs[i].packed), 0);
	}
}

static void rv100_gmc_sets(struct kunit *test)
{
	struct rv100_2d_state s;

	rv100_2d_reset(&s);
	/* ROP 0x5a, source 3, source type 1, destination 4, brush 9 */
	rv100_2d_write(&s, GMC, 0x035a149f);
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, GMC), 0x035a149f);
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, DATATYPE), 0x00010904);
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, MIX), 0x005a0300);
	rv100_2d_write(&s, GMC, 0x0000400f);
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, DATATYPE), 0x40000000);
}

static void set_distinct(struct rv100_2d_state *s)
{
	rv100_2d_reset(s);
	rv100_2d_write(s, DEFAULT_OFFSET, 0x00400001);
	rv100_2d_write(s, DST_PITCH_OFFSET, 0x00800002);
	rv100_2d_write(s, SRC_PITCH_OFFSET, 0x00c00003);
	rv100_2d_write(s, DEFAULT_SC, 0x00640065);
	rv100_2d_write(s, SC_TOP_LEFT, 0x00010002);
	rv100_2d_write(s, SC_BOTTOM_RIGHT, 0x00110012);
	rv100_2d_write(s, SRC_SC, 0x00210022);
	rv100_2d_write(s, CMP_CNTL, 5);
	rv100_2d_write(s, WRITE_MASK, 0x00ff00ff);
}

/* Bits 0 to 3 choose between what was set and the defaults. */
static void rv100_gmc_defaults(struct kunit *test)
{
	u32 bits;

	for (bits = 0; bits < 16; bits++) {
		struct rv100_2d_state s;

		set_distinct(&s);
		rv100_2d_write(&s, GMC, bits);
		KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, SRC_PITCH_OFFSET),
				bits & 1 ? 0x00c00003 : 0x00400001);
		KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, DST_PITCH_OFFSET),
				bits & 2 ? 0x00800002 : 0x00400001);
		KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, SRC_SC),
				bits & 4 ? 0x00210022 : 0x00640065);
		KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, SC_TOP_LEFT),
				bits & 8 ? 0x00010002 : 0);
		KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, SC_BOTTOM_RIGHT),
				bits & 8 ? 0x00110012 : 0x00640065);
		KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, DEFAULT_OFFSET),
				0x00400001);
	}
}

static void rv100_gmc_disables(struct kunit *test)
{
	struct rv100_2d_state s;

	set_distinct(&s);
	rv100_2d_write(&s, GMC, 0x0000000f);
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, CMP_CNTL), 5);
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, WRITE_MASK), 0x00ff00ff);
	rv100_2d_write(&s, GMC, BIT(28) | 0xf);
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, CMP_CNTL), 0);
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, WRITE_MASK), 0x00ff00ff);
	rv100_2d_write(&s, GMC, BIT(30) | 0xf);
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, WRITE_MASK), 0xffffffff);
}

static void rv100_direction(struct kunit *test)
{
	struct rv100_2d_state s;

	rv100_2d_reset(&s);
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, DP_CNTL), 3);
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, DIRECTION), 0x80008000);
	rv100_2d_write(&s, DIRECTION, BIT(31));
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, DP_CNTL), 1);
	rv100_2d_write(&s, DIRECTION, BIT(15));
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, DP_CNTL), 2);
	rv100_2d_write(&s, DIRECTION, BIT(2));
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, DP_CNTL), 4);
	/* What the direction register does not name stays. */
	rv100_2d_write(&s, DP_CNTL, 0x1b);
	rv100_2d_write(&s, DIRECTION, 0);
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, DP_CNTL), 0x18);
}

static void rv100_reset_state(struct kunit *test)
{
	struct rv100_2d_state s;

	memset(&s, 0xa5, sizeof(s));
	rv100_2d_reset(&s);
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, SC_TOP_LEFT), 0);
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, SC_BOTTOM_RIGHT), 0x1fff1fff);
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, DEFAULT_SC), 0x1fff1fff);
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, WRITE_MASK), 0xffffffff);
	KUNIT_EXPECT_EQ(test, rv100_2d_read(&s, DST_PITCH_OFFSET), 0);
	KUNIT_EXPECT_EQ(test, s.fb_base, 0);
}

/* Low half of MC_FB_LOCATION: where the guest has put its VRAM, in 64 KiB. */
static void rv100_fb_location(struct kunit *test)
{
	struct rv100_2d_state s;

	rv100_2d_reset(&s);
	rv100_2d_write(&s, 0x148, 0xe0ffe000);
	KUNIT_EXPECT_EQ(test, s.fb_base, 0xe0000000);
}

static struct kunit_case rv100_2d_cases[] = {
	KUNIT_CASE(rv100_pairs),
	KUNIT_CASE(rv100_pairs_touch_nothing_else),
	KUNIT_CASE(rv100_triggers),
	KUNIT_CASE(rv100_foreign_registers),
	KUNIT_CASE(rv100_surfaces),
	KUNIT_CASE(rv100_gmc_sets),
	KUNIT_CASE(rv100_gmc_defaults),
	KUNIT_CASE(rv100_gmc_disables),
	KUNIT_CASE(rv100_direction),
	KUNIT_CASE(rv100_reset_state),
	KUNIT_CASE(rv100_fb_location),
	{}
};

static struct kunit_suite rv100_2d_suite = {
	.name = "rv100_2d",
	.test_cases = rv100_2d_cases,
};

kunit_test_suite(rv100_2d_suite);

MODULE_LICENSE("GPL");
