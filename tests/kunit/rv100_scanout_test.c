// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest's registers put on the screen: when it is dark, where the
 * picture is, the pointer. The core's part is played by rv100_regs_test.c.
 */
#include <kunit/test.h>
#include <linux/sizes.h>

#include "../../drivers/rv100/rv100.h"

#define GEN_CNTL	0x50
#define EXT_CNTL	0x54
#define OFFSET		0x224
#define CUR_OFFSET	0x260
#define CUR_POSN	0x264
#define CUR_OFF		0x268
#define CUR_CLR0	0x26c
#define CUR_CLR1	0x270
#define LOCK		BIT(31)

/* 640x480 of 32 bits, and the pointer's two modes */
#define MODE_ON		(BIT(25) | BIT(24) | 6 << 8)
#define MONO		BIT(16)
#define ARGB		(BIT(16) | 2 << 20)

struct screen {
	struct vgpu_regmap map;
	struct vgpu_instance inst;
	struct rv100_instance ri;
};

static void set(struct kunit *test, u32 offset, u32 val)
{
	struct screen *f = test->priv;

	vgpu_regs_write(&f->inst.regs, offset, 4, val);
}

static u32 get(struct kunit *test, u32 offset)
{
	struct screen *f = test->priv;

	return vgpu_regs_read(&f->inst.regs, offset, 4);
}

static int screen_init(struct kunit *test)
{
	struct screen *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	f->inst.vram_size = SZ_4M;
	f->inst.priv = &f->ri;
	f->inst.regs.priv = &f->ri;
	KUNIT_ASSERT_EQ(test, 0, vgpu_regmap_init(&f->map, rv100_regs,
						  rv100_nr_regs,
						  RV100_REGS_SIZE));
	KUNIT_ASSERT_EQ(test, 0, vgpu_regfile_init(&f->inst.regs, &f->map));
	rv100_regs_reset(&f->inst);
	set(test, 0x200, 79 << 16 | 99);
	set(test, 0x208, 479 << 16 | 524);
	set(test, 0x22c, 80);
	set(test, GEN_CNTL, MODE_ON);
	return 0;
}

static void screen_exit(struct kunit *test)
{
	struct screen *f = test->priv;

	if (!f)
		return;
	vgpu_regfile_fini(&f->inst.regs);
	vgpu_regmap_fini(&f->map);
}

static struct vgpu_scanout scan(struct kunit *test)
{
	struct screen *f = test->priv;
	struct vgpu_scanout s;

	rv100_scanout(&f->inst, 0, &s);
	return s;
}

static void rv100_screen_is_dark(struct kunit *test)
{
	static const u32 no_pixels[] = { 0, BIT(24) | 6 << 8, BIT(25) | 6 << 8,
					 MODE_ON & ~(15 << 8), MODE_ON | BIT(26) };
	u32 i;

	KUNIT_EXPECT_TRUE(test, scan(test).enabled);
	for (i = 8; i <= 10; i++) {
		set(test, EXT_CNTL, BIT(i));
		KUNIT_EXPECT_FALSE_MSG(test, scan(test).enabled, "bit %u", i);
	}
	set(test, EXT_CNTL, 0xfffff8ff);
	KUNIT_EXPECT_TRUE(test, scan(test).enabled);
	for (i = 0; i < ARRAY_SIZE(no_pixels); i++) {
		set(test, GEN_CNTL, no_pixels[i]);
		KUNIT_EXPECT_FALSE_MSG(test, scan(test).enabled, "%#x",
				       no_pixels[i]);
	}
	set(test, GEN_CNTL, MODE_ON);
	KUNIT_EXPECT_TRUE(test, scan(test).enabled);
}

static void rv100_lines_are_doubled(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, scan(test).doubled);
	set(test, GEN_CNTL, MODE_ON | BIT(0));
	KUNIT_EXPECT_TRUE(test, scan(test).doubled);
	KUNIT_EXPECT_EQ(test, scan(test).height, 480);
}

/* As r100_page_flip() does it: lock, wait until it is seen, unlock. */
static void rv100_flips_at_the_unlock(struct kunit *test)
{
	set(test, OFFSET, 0x1000);
	KUNIT_EXPECT_EQ(test, get(test, OFFSET), 0x1000);
	set(test, OFFSET, LOCK | 0x2000);
	KUNIT_EXPECT_EQ(test, get(test, OFFSET), LOCK | BIT(30) | 0x2000);
	KUNIT_EXPECT_EQ(test, scan(test).offset, 0x1000);
	set(test, OFFSET, 0x2000);
	KUNIT_EXPECT_EQ(test, get(test, OFFSET), 0x2000);
	KUNIT_EXPECT_EQ(test, scan(test).offset, 0x2000);
	/* What is not the address does not get there. */
	set(test, OFFSET, BIT(30) | BIT(27) | 0x3000);
	KUNIT_EXPECT_EQ(test, get(test, OFFSET), 0x3000);
}

static void rv100_pointer_modes(struct kunit *test)
{
	u32 mode;

	set(test, CUR_OFFSET, 0x200000);
	set(test, CUR_CLR0, 0xff123456);
	set(test, CUR_CLR1, 0xffabcdef);
	KUNIT_EXPECT_EQ(test, scan(test).cursor.format, VGPU_CURSOR_NONE);
	for (mode = 0; mode < 8; mode++) {
		struct vgpu_cursor c;

		set(test, GEN_CNTL, MODE_ON | BIT(16) | mode << 20);
		c = scan(test).cursor;
		if (mode != 0 && mode != 2) {
			KUNIT_EXPECT_EQ(test, c.format, VGPU_CURSOR_NONE);
			continue;
		}
		KUNIT_EXPECT_EQ(test, c.format, mode ? VGPU_CURSOR_ARGB :
						       VGPU_CURSOR_MONO);
		KUNIT_EXPECT_EQ(test, c.width, 64);
		KUNIT_EXPECT_EQ(test, c.height, 64);
		KUNIT_EXPECT_EQ(test, c.left, 0);
		KUNIT_EXPECT_EQ(test, c.stride, mode ? 256 : 16);
		KUNIT_EXPECT_EQ(test, c.offset, 0x200000);
		KUNIT_EXPECT_EQ(test, c.colours[0], 0x123456);
		KUNIT_EXPECT_EQ(test, c.colours[1], 0xabcdef);
	}
	set(test, GEN_CNTL, MODE_ON | 2 << 20);
	KUNIT_EXPECT_EQ(test, scan(test).cursor.format, VGPU_CURSOR_NONE);
}

static void rv100_pointer_place(struct kunit *test)
{
	struct vgpu_cursor c;

	set(test, GEN_CNTL, MODE_ON | ARGB);
	set(test, CUR_POSN, 100 << 16 | 50);
	c = scan(test).cursor;
	KUNIT_EXPECT_EQ(test, c.x, 100);
	KUNIT_EXPECT_EQ(test, c.y, 50);
	/* As drivers leave out a part at the left and at the top. */
	set(test, CUR_OFF, 5 << 16 | 7);
	set(test, CUR_POSN, 0);
	set(test, CUR_OFFSET, 0x1000 + 7 * 256);
	c = scan(test).cursor;
	KUNIT_EXPECT_EQ(test, c.x, -5);
	KUNIT_EXPECT_EQ(test, c.left, 5);
	KUNIT_EXPECT_EQ(test, c.y, 0);
	KUNIT_EXPECT_EQ(test, c.height, 57);
	KUNIT_EXPECT_EQ(test, c.offset, 0x1700);
	/* An address of the GPU, as that of the picture. */
	set(test, 0x148, 0xe03fe000);
	set(test, 0x23c, 0xe0000000);
	KUNIT_EXPECT_EQ(test, scan(test).cursor.offset, 0x1700);
	set(test, 0x23c, 0xdffff000);
	KUNIT_EXPECT_EQ(test, scan(test).cursor.offset, 0x700);
	/* Bits that do not belong to it. */
	set(test, CUR_OFFSET, 0x7fffffff);
	KUNIT_EXPECT_EQ(test, get(test, CUR_OFFSET), 0x07fffff0);
}

/* A change of several registers is seen as a whole, whichever has the lock. */
static void rv100_pointer_is_locked(struct kunit *test)
{
	static const u32 regs[] = { CUR_OFFSET, CUR_POSN, CUR_OFF };
	u32 i, j;

	set(test, GEN_CNTL, MODE_ON | MONO);
	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		set(test, CUR_OFFSET, 0x1000);
		set(test, CUR_OFF, 0);
		set(test, CUR_POSN, 3 << 16 | 4);

		set(test, regs[i], get(test, regs[i]) | LOCK);
		for (j = 0; j < ARRAY_SIZE(regs); j++)
			KUNIT_EXPECT_TRUE(test, get(test, regs[j]) & LOCK);
		set(test, CUR_OFF, LOCK | 1 << 16 | 2);
		set(test, CUR_POSN, LOCK | 30 << 16 | 40);
		set(test, CUR_OFFSET, LOCK | 0x2000);
		KUNIT_EXPECT_EQ(test, scan(test).cursor.x, 3);
		KUNIT_EXPECT_EQ(test, scan(test).cursor.y, 4);
		KUNIT_EXPECT_EQ(test, scan(test).cursor.height, 64);
		KUNIT_EXPECT_EQ(test, scan(test).cursor.offset, 0x1000);

		set(test, regs[i], get(test, regs[i]) & ~LOCK);
		KUNIT_EXPECT_EQ(test, scan(test).cursor.x, 29);
		KUNIT_EXPECT_EQ(test, scan(test).cursor.y, 40);
		KUNIT_EXPECT_EQ(test, scan(test).cursor.height, 62);
		KUNIT_EXPECT_EQ(test, scan(test).cursor.offset, 0x2000);
		for (j = 0; j < ARRAY_SIZE(regs); j++)
			KUNIT_EXPECT_FALSE(test, get(test, regs[j]) & LOCK);
	}
}

/* Nothing of a pointer or a picture is left. */
static void rv100_screen_after_reset(struct kunit *test)
{
	struct screen *f = test->priv;

	set(test, GEN_CNTL, MODE_ON | ARGB);
	set(test, OFFSET, 0x1000);
	set(test, CUR_OFFSET, 0x2000);
	set(test, CUR_POSN, 3 << 16 | 4);
	vgpu_regfile_reset(&f->inst.regs);
	rv100_regs_reset(&f->inst);
	KUNIT_EXPECT_FALSE(test, scan(test).enabled);
	set(test, GEN_CNTL, MODE_ON | ARGB);
	KUNIT_EXPECT_EQ(test, scan(test).offset, 0);
	KUNIT_EXPECT_EQ(test, scan(test).cursor.offset, 0);
	KUNIT_EXPECT_EQ(test, scan(test).cursor.x, 0);
}

static struct kunit_case rv100_scanout_cases[] = {
	KUNIT_CASE(rv100_screen_is_dark),
	KUNIT_CASE(rv100_lines_are_doubled),
	KUNIT_CASE(rv100_flips_at_the_unlock),
	KUNIT_CASE(rv100_pointer_modes),
	KUNIT_CASE(rv100_pointer_place),
	KUNIT_CASE(rv100_pointer_is_locked),
	KUNIT_CASE(rv100_screen_after_reset),
	{}
};

static struct kunit_suite rv100_scanout_suite = {
	.name = "rv100_scanout",
	.init = screen_init,
	.exit = screen_exit,
	.test_cases = rv100_scanout_cases,
};

kunit_test_suite(rv100_scanout_suite);
