// SPDX-License-Identifier: GPL-2.0
/*
 * The display of a soft GPU's functions, as a driver of the Bochs display uses it:
 * what it finds, the mode, colours, the screen on and off, hostile values.
 */
#include <linux/prandom.h>

#include "../../drivers/vgpu/bus/bus.h"
#include "../../drivers/vgpu/display/display.h"
#include "soft_guest.h"
#include "state.h"

/* Where things are in BAR 2. */
#define EDID		0x000
#define PORT(port)	(0x400 + (port) - 0x3c0)
#define DISPI(index)	(0x500 + (index) * 2)
#define QEXT		0x600
#define ENDIAN		0x604

enum {
	ID, XRES, YRES, BPP, ENABLE, BANK, VIRT_WIDTH, VIRT_HEIGHT, X_OFFSET,
	Y_OFFSET, MEMORY_64K, NONE
};

#define ENABLED		0x01
#define GETCAPS		0x02
#define DAC_8BIT	0x20
#define LFB		0x40
#define NOCLEARMEM	0x80

/* What a guest sees of BAR 2 lies in the register file from there on. */
static u32 read_bar(struct vgpu_vdev *vd, u32 offset, unsigned int size)
{
	u32 val;

	mutex_lock(&vd->trap_lock);
	val = vgpu_regs_read(&vd->inst.regs, SOFT_REGS_DISPLAY + offset, size);
	mutex_unlock(&vd->trap_lock);
	return val;
}

static void write_bar(struct vgpu_vdev *vd, u32 offset, unsigned int size,
		      u32 val)
{
	mutex_lock(&vd->trap_lock);
	vgpu_regs_write(&vd->inst.regs, SOFT_REGS_DISPLAY + offset, size, val);
	mutex_unlock(&vd->trap_lock);
}

static u16 dispi(struct vgpu_vdev *vd, u32 index)
{
	return read_bar(vd, DISPI(index), 2);
}

static void set_dispi(struct vgpu_vdev *vd, u32 index, u16 val)
{
	write_bar(vd, DISPI(index), 2, val);
}

static u8 port(struct vgpu_vdev *vd, u32 number)
{
	return read_bar(vd, PORT(number), 1);
}

static void set_port(struct vgpu_vdev *vd, u32 number, u8 val)
{
	write_bar(vd, PORT(number), 1, val);
}

/* As the bochs driver of Linux does it, and QemuVideoDxe. */
static void set_mode(struct vgpu_vdev *vd, u16 xres, u16 yres, u16 bpp)
{
	set_dispi(vd, ENABLE, 0);
	set_dispi(vd, BPP, bpp);
	set_dispi(vd, XRES, xres);
	set_dispi(vd, YRES, yres);
	set_dispi(vd, BANK, 0);
	set_dispi(vd, VIRT_WIDTH, xres);
	set_dispi(vd, VIRT_HEIGHT, 1);
	set_dispi(vd, X_OFFSET, 0);
	set_dispi(vd, Y_OFFSET, 0);
	set_dispi(vd, ENABLE, ENABLED | LFB);
}

static struct vgpu_scanout scanout(struct vgpu_vdev *vd)
{
	struct vgpu_scanout s = {};

	mutex_lock(&vd->trap_lock);
	soft_scanout(&vd->inst, 0, &s);
	mutex_unlock(&vd->trap_lock);
	return s;
}

/* What QEMU is told. */
static struct vfio_device_gfx_plane_info plane(struct vgpu_vdev *vd)
{
	struct vfio_device_gfx_plane_info p = {
		.flags = VFIO_GFX_PLANE_TYPE_REGION,
	};

	mutex_lock(&vd->trap_lock);
	vgpu_display_query(vd, true, &p);
	mutex_unlock(&vd->trap_lock);
	return p;
}

static bool is_dark(struct vgpu_vdev *vd)
{
	plane(vd);
	return vd->display.dark && !vd->display.view.direct;
}

static void display_is_known(struct kunit *test)
{
	static const struct {
		unsigned int type;
		u32 ids, class, bar2, bar3, bar4;
	} kinds[] = {
		{ TYPE_8B, 0x11111234, 0x03000002, SZ_4K, 0, 0 },
		{ TYPE_8Q, 0x11111234, 0x03000002, SZ_4K, SZ_16K, SZ_4M },
		{ TYPE_4C, 0x7e551234, 0x12000000, 0, SZ_16K, SZ_4M },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct vgpu_vdev *vd = opened(test, kinds[i].type, i + 1);

		KUNIT_EXPECT_EQ(test, vgpu_config_get(&vd->cfg, 0, 4),
				kinds[i].ids);
		KUNIT_EXPECT_EQ(test, vgpu_config_get(&vd->cfg, 8, 4),
				kinds[i].class);
		KUNIT_EXPECT_EQ(test, vgpu_config_get(&vd->cfg, 0x2c, 4),
				kinds[i].bar2 ? 0x11001af4U : 0U);
		KUNIT_EXPECT_EQ(test, vgpu_region_size(vd, 0),
				vd->inst.vram_size);
		KUNIT_EXPECT_EQ(test, vgpu_region_size(vd, 2),
				(u64)kinds[i].bar2);
		KUNIT_EXPECT_EQ(test, vgpu_region_size(vd, 3),
				(u64)kinds[i].bar3);
		KUNIT_EXPECT_EQ(test, vgpu_region_size(vd, 4),
				(u64)kinds[i].bar4);
		mock_gone(vd);
	}
}

static void display_registers(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_8B, 1);

	KUNIT_EXPECT_EQ(test, dispi(vd, ID), 0xb0c5);
	KUNIT_EXPECT_EQ(test, dispi(vd, MEMORY_64K), 8 * 16);
	KUNIT_EXPECT_EQ(test, read_bar(vd, QEXT, 4), 8U);
	KUNIT_EXPECT_EQ(test, read_bar(vd, ENDIAN, 4), 0x1e1e1e1eU);
	set_dispi(vd, ENABLE, GETCAPS);
	KUNIT_EXPECT_EQ(test, dispi(vd, XRES), 1280);
	KUNIT_EXPECT_EQ(test, dispi(vd, YRES), 800);
	KUNIT_EXPECT_EQ(test, dispi(vd, BPP), 32);
	set_dispi(vd, ENABLE, 0);
	KUNIT_EXPECT_EQ(test, dispi(vd, XRES), 0);
	/* What is ours to say. */
	set_dispi(vd, ID, 0xb0c0);
	set_dispi(vd, MEMORY_64K, 1);
	set_dispi(vd, NONE, 0xffff);
	write_bar(vd, QEXT, 4, 77);
	KUNIT_EXPECT_EQ(test, dispi(vd, ID), 0xb0c5);
	KUNIT_EXPECT_EQ(test, dispi(vd, MEMORY_64K), 8 * 16);
	KUNIT_EXPECT_EQ(test, dispi(vd, NONE), 0);
	KUNIT_EXPECT_EQ(test, read_bar(vd, QEXT, 4), 8U);
	/* Two at once, and half of one. */
	write_bar(vd, DISPI(VIRT_WIDTH), 4, 0x11110800);
	write_bar(vd, DISPI(X_OFFSET), 4, 0x00050003);
	KUNIT_EXPECT_EQ(test, dispi(vd, VIRT_WIDTH), 0x800);
	KUNIT_EXPECT_EQ(test, dispi(vd, X_OFFSET), 3);
	KUNIT_EXPECT_EQ(test, dispi(vd, Y_OFFSET), 5);
	write_bar(vd, DISPI(X_OFFSET) + 1, 1, 2);
	KUNIT_EXPECT_EQ(test, read_bar(vd, DISPI(X_OFFSET), 4), 0x00050203U);
	KUNIT_EXPECT_EQ(test, vd->inst.regs.unknown, 0ULL);
	read_bar(vd, 0x700, 4);
	KUNIT_EXPECT_EQ(test, vd->inst.regs.unknown, 1ULL);
	mock_gone(vd);
}

/* A monitor is what the core has plugged in, and its zeros; none is zeros. */
static void display_edid(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_8Q, 1);
	struct vgpu_ddc *ddc = &vd->inst.ddc;
	u32 i, len = ddc->edid_len;

	KUNIT_ASSERT_EQ(test, len, 128U);
	for (i = 0; i < SOFT_EDID_SIZE; i++)
		KUNIT_ASSERT_EQ(test, read_bar(vd, EDID + i, 1),
				i < len ? ddc->edid[i] : 0U);
	KUNIT_EXPECT_EQ(test, read_bar(vd, EDID, 4), 0xffffff00U);
	write_bar(vd, EDID, 4, 0);
	KUNIT_EXPECT_EQ(test, read_bar(vd, EDID, 4), 0xffffff00U);
	ddc->edid_len = 0;
	KUNIT_EXPECT_EQ(test, read_bar(vd, EDID, 4), 0U);
	ddc->edid_len = VGPU_EDID_MAX;
	memset(ddc->edid + 128, 0x5a, 128);
	KUNIT_EXPECT_EQ(test, read_bar(vd, EDID + 0xfc, 4), 0x5a5a5a5aU);
	KUNIT_EXPECT_EQ(test, read_bar(vd, EDID + 0x100, 4), 0U);
	mock_gone(vd);
}

static void display_modes(struct kunit *test)
{
	static const u16 depths[] = { 8, 15, 16, 32 };
	struct vgpu_vdev *vd = opened(test, TYPE_8B, 1);
	struct vgpu_scanout s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		u32 bytes = DIV_ROUND_UP(depths[i], 8);

		set_mode(vd, 800, 600, depths[i]);
		s = scanout(vd);
		KUNIT_EXPECT_TRUE(test, s.enabled);
		KUNIT_EXPECT_EQ(test, s.width, 800U);
		KUNIT_EXPECT_EQ(test, s.height, 600U);
		KUNIT_EXPECT_EQ(test, s.bpp, (u32)depths[i]);
		KUNIT_EXPECT_EQ(test, s.stride, 800 * bytes);
		KUNIT_EXPECT_EQ(test, s.offset, 0ULL);
		KUNIT_EXPECT_EQ(test, !!s.palette, depths[i] == 8);
		KUNIT_EXPECT_EQ(test, dispi(vd, VIRT_HEIGHT),
				(u16)min_t(u32, SZ_8M / (800 * bytes), U16_MAX));
		/* Panned over something larger. */
		set_dispi(vd, VIRT_WIDTH, 1000);
		set_dispi(vd, X_OFFSET, 7);
		set_dispi(vd, Y_OFFSET, 11);
		s = scanout(vd);
		KUNIT_EXPECT_EQ(test, s.stride, 1000 * bytes);
		KUNIT_EXPECT_EQ(test, s.offset, (7 + 11 * 1000ULL) * bytes);
		KUNIT_EXPECT_EQ(test, plane(vd).width, 800U);
		/* A line is no shorter than what is seen of it. */
		set_dispi(vd, VIRT_WIDTH, 10);
		KUNIT_EXPECT_EQ(test, scanout(vd).stride, 800 * bytes);
	}
	set_dispi(vd, ENABLE, 0);
	KUNIT_EXPECT_FALSE(test, scanout(vd).enabled);
	KUNIT_EXPECT_TRUE(test, is_dark(vd));
	/* A new mode begins at the start of memory, as wide as it is. */
	set_dispi(vd, ENABLE, ENABLED);
	s = scanout(vd);
	KUNIT_EXPECT_EQ(test, s.offset, 0ULL);
	KUNIT_EXPECT_EQ(test, dispi(vd, VIRT_WIDTH), 800);
	mock_gone(vd);
}

/* What a mode cannot be leaves the one that is. */
static void display_bad_modes(struct kunit *test)
{
	static const u16 bad[] = { 0x0001, 4, 24, 33, 0x8020, 0xffff };
	struct vgpu_vdev *vd = opened(test, TYPE_8B, 1);
	unsigned int i;

	set_mode(vd, 1280, 800, 32);
	KUNIT_EXPECT_TRUE(test, plane(vd).width == 1280);
	set_dispi(vd, XRES, 1281);
	set_dispi(vd, YRES, 801);
	set_dispi(vd, XRES, 0xffff);
	set_dispi(vd, YRES, 0xffff);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		set_dispi(vd, BPP, bad[i]);
	KUNIT_EXPECT_EQ(test, dispi(vd, XRES), 1280);
	KUNIT_EXPECT_EQ(test, dispi(vd, YRES), 800);
	KUNIT_EXPECT_EQ(test, dispi(vd, BPP), 32);
	KUNIT_EXPECT_FALSE(test, is_dark(vd));
	/* As old drivers have it. */
	set_dispi(vd, BPP, 0);
	KUNIT_EXPECT_EQ(test, dispi(vd, BPP), 8);
	/* Possible in itself, and not within the partition: nothing is shown. */
	set_mode(vd, 1280, 800, 32);
	set_dispi(vd, Y_OFFSET, SZ_8M / (1280 * 4) - 800);
	KUNIT_EXPECT_FALSE(test, is_dark(vd));
	set_dispi(vd, Y_OFFSET, SZ_8M / (1280 * 4) - 799);
	KUNIT_EXPECT_TRUE(test, is_dark(vd));
	set_dispi(vd, Y_OFFSET, 0xffff);
	set_dispi(vd, X_OFFSET, 0xffff);
	set_dispi(vd, VIRT_WIDTH, 0xffff);
	KUNIT_EXPECT_TRUE(test, is_dark(vd));
	mock_gone(vd);
}

/* A mode begins with a black screen, unless the driver wants it as it is. */
static void display_clears(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_8B, 1);
	struct vgpu_vdev *other = opened(test, TYPE_8B, 2);
	u8 *vram = soft_vram(&vd->inst, 0);
	size_t size = 640 * 480 * 2;

	memset(vram, 0x77, SZ_8M);
	memset(soft_vram(&other->inst, 0), 0x77, SZ_8M);
	set_mode(vd, 640, 480, 16);
	KUNIT_EXPECT_NULL(test, memchr_inv(vram, 0, size));
	KUNIT_EXPECT_NULL(test, memchr_inv(vram + size, 0x77, SZ_8M - size));
	/* Only where it begins. */
	memset(vram, 0x77, size);
	set_dispi(vd, ENABLE, ENABLED | LFB);
	KUNIT_EXPECT_NULL(test, memchr_inv(vram, 0x77, SZ_8M));
	set_dispi(vd, ENABLE, 0);
	set_dispi(vd, ENABLE, ENABLED | NOCLEARMEM);
	KUNIT_EXPECT_NULL(test, memchr_inv(vram, 0x77, SZ_8M));
	/* No more than there is. */
	set_dispi(vd, ENABLE, 0);
	set_dispi(vd, BPP, 32);
	set_dispi(vd, YRES, 800);
	set_dispi(vd, VIRT_WIDTH, 0xffff);
	set_dispi(vd, XRES, 1280);
	set_dispi(vd, ENABLE, ENABLED);
	KUNIT_EXPECT_NULL(test, memchr_inv(vram, 0, 1280 * 800 * 4));
	KUNIT_EXPECT_NULL(test, memchr_inv(soft_vram(&other->inst, 0), 0x77,
					   SZ_8M));
	mock_gone(vd);
	mock_gone(other);
}

/* Of a type that computes as well the screen has the first half of the memory. */
static void display_has_its_part(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_8Q, 1);

	KUNIT_EXPECT_EQ(test, dispi(vd, MEMORY_64K), 4 * 16);
	set_mode(vd, 800, 600, 32);
	KUNIT_EXPECT_EQ(test, dispi(vd, VIRT_HEIGHT), SZ_4M / (800 * 4));
	set_dispi(vd, Y_OFFSET, SZ_4M / (800 * 4) - 600);
	KUNIT_EXPECT_FALSE(test, is_dark(vd));
	set_dispi(vd, Y_OFFSET, SZ_4M / (800 * 4) - 599);
	KUNIT_EXPECT_TRUE(test, is_dark(vd));
	mock_gone(vd);
}

/* On after a reset; off and on as the bochs driver does it. */
static void display_blanks(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_8B, 1);

	set_mode(vd, 640, 480, 32);
	KUNIT_EXPECT_FALSE(test, is_dark(vd));
	set_port(vd, 0x3c2, 1);
	KUNIT_EXPECT_EQ(test, port(vd, 0x3cc), 1);
	port(vd, 0x3da);
	set_port(vd, 0x3c0, 0);
	KUNIT_EXPECT_TRUE(test, is_dark(vd));
	/* What comes after an index is data, until the status is read. */
	set_port(vd, 0x3c0, 0x20);
	KUNIT_EXPECT_TRUE(test, is_dark(vd));
	set_port(vd, 0x3c0, 0x20);
	KUNIT_EXPECT_FALSE(test, is_dark(vd));
	port(vd, 0x3da);
	set_port(vd, 0x3c0, 0x05);
	KUNIT_EXPECT_TRUE(test, is_dark(vd));
	port(vd, 0x3da);
	set_port(vd, 0x3c0, 0x33);
	KUNIT_EXPECT_FALSE(test, is_dark(vd));
	KUNIT_EXPECT_EQ(test, port(vd, 0x3c0), 0x33);
	/* Who waits for the beam, or its end, does not wait for ever. */
	KUNIT_EXPECT_NE(test, port(vd, 0x3da) & 8, port(vd, 0x3da) & 8);
	mock_gone(vd);
}

static void load_colour(struct vgpu_vdev *vd, u8 index, u32 rgb)
{
	set_port(vd, 0x3c8, index);
	set_port(vd, 0x3c9, rgb >> 16);
	set_port(vd, 0x3c9, rgb >> 8);
	set_port(vd, 0x3c9, rgb);
}

/* 8 bits of memory, through a palette of 6 or 8 bits a colour. */
static void display_palette(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_8B, 1);
	const u32 *picture = vd->display.picture;
	u8 *vram = soft_vram(&vd->inst, 0);

	set_mode(vd, 320, 200, 8);
	vram[0] = 1;
	vram[1] = 2;
	vram[2] = 0xff;
	load_colour(vd, 1, 0x3f2001);
	load_colour(vd, 2, 0x000102);
	load_colour(vd, 0xff, 0xffc03f);
	plane(vd);
	KUNIT_EXPECT_EQ(test, picture[0], 0xff8204U);
	KUNIT_EXPECT_EQ(test, picture[1], 0x000408U);
	/* Of 6 bits, the upper two do not count. */
	KUNIT_EXPECT_EQ(test, picture[2], 0xff00ffU);
	KUNIT_EXPECT_EQ(test, picture[3], 0U);
	set_dispi(vd, ENABLE, ENABLED | DAC_8BIT);
	plane(vd);
	KUNIT_EXPECT_EQ(test, picture[0], 0x3f2001U);
	KUNIT_EXPECT_EQ(test, picture[2], 0xffc03fU);
	/* Of a pixel only some bits. */
	set_port(vd, 0x3c6, 1);
	KUNIT_EXPECT_EQ(test, port(vd, 0x3c6), 1);
	plane(vd);
	KUNIT_EXPECT_EQ(test, picture[1], 0U);
	KUNIT_EXPECT_EQ(test, picture[2], 0x3f2001U);
	/* One after the other, and from the last to the first. */
	set_port(vd, 0x3c7, 0xff);
	KUNIT_EXPECT_EQ(test, port(vd, 0x3c9), 0xff);
	KUNIT_EXPECT_EQ(test, port(vd, 0x3c8), 0);	/* moves nothing */
	KUNIT_EXPECT_EQ(test, port(vd, 0x3c9), 0xc0);
	KUNIT_EXPECT_EQ(test, port(vd, 0x3c9), 0x3f);
	KUNIT_EXPECT_EQ(test, port(vd, 0x3c9), 0);
	set_port(vd, 0x3c7, 1);
	KUNIT_EXPECT_EQ(test, port(vd, 0x3c9), 0x3f);
	/* An index begins anew; with a byte of data it may be one word. */
	write_bar(vd, PORT(0x3c8), 2, 0x1109);
	load_colour(vd, 1, 0x445566);
	set_port(vd, 0x3c7, 1);
	KUNIT_EXPECT_EQ(test, port(vd, 0x3c9), 0x44);
	mock_gone(vd);
}

static void display_big_endian(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_8B, 1);
	const u32 *picture = vd->display.picture;

	set_mode(vd, 320, 200, 32);
	*(__be32 *)soft_vram(&vd->inst, 0) = cpu_to_be32(0x00abcdef);
	write_bar(vd, ENDIAN, 4, 0xbebebebe);
	KUNIT_EXPECT_EQ(test, read_bar(vd, ENDIAN, 4), 0xbebebebeU);
	plane(vd);
	KUNIT_EXPECT_FALSE(test, vd->display.view.direct);
	KUNIT_EXPECT_EQ(test, picture[0] & 0xffffff, 0xabcdefU);
	/* Nothing else is an order, and none of its bytes. */
	write_bar(vd, ENDIAN, 4, 0x12345678);
	write_bar(vd, ENDIAN, 1, 0x1e);
	KUNIT_EXPECT_EQ(test, read_bar(vd, ENDIAN, 4), 0xbebebebeU);
	write_bar(vd, ENDIAN, 4, 0x1e1e1e1e);
	plane(vd);
	KUNIT_EXPECT_TRUE(test, vd->display.view.direct);
	mock_gone(vd);
}

/* Whatever a guest writes: the core is told of nothing beyond the partition. */
static void display_hostile(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_8Q, 1);
	struct rnd_state rnd;
	u32 shown = 0, i;

	prandom_seed_state(&rnd, 12);
	set_mode(vd, 64, 64, 32);
	for (i = 0; i < 30000; i++) {
		u32 size = 1 << prandom_u32_state(&rnd) % 3;
		u32 at = 0x400 + prandom_u32_state(&rnd) % 0x208 / size * size;
		u32 val = prandom_u32_state(&rnd);

		/* Often something that is nearly right. */
		if (prandom_u32_state(&rnd) % 4)
			val &= 0x007f007f;
		if (prandom_u32_state(&rnd) % 8)
			write_bar(vd, at, size, val);
		else
			read_bar(vd, at, size);
		if (i % 16)
			continue;
		plane(vd);
		if (vd->display.view.direct)
			KUNIT_ASSERT_LE(test, vd->display.view.offset +
					vd->display.view.size, (u64)SZ_4M);
		shown += !vd->display.dark || vd->display.view.direct;
	}
	KUNIT_EXPECT_GT(test, shown, 10U);
	mock_gone(vd);
}

/* Everything that differs from a reset, and a screen in mid-use. */
static void draw_on(struct vgpu_vdev *vd)
{
	unsigned int i;

	for (i = 0; i < 256; i++)
		load_colour(vd, i, i * 0x030201);
	set_mode(vd, 320, 200, 8);
	set_dispi(vd, VIRT_WIDTH, 400);
	set_dispi(vd, Y_OFFSET, 5);
	set_port(vd, 0x3c6, 0x7f);
	set_port(vd, 0x3c2, 0x67);
	set_port(vd, 0x3c7, 7);
	port(vd, 0x3c9);
	set_port(vd, 0x3c8, 200);
	set_port(vd, 0x3c9, 1);
	set_port(vd, 0x3c9, 2);
	set_port(vd, 0x3c0, 0x21);
	write_bar(vd, ENDIAN, 4, 0xbebebebe);
}

static void display_moves(struct kunit *test)
{
	struct vgpu_vdev *from = opened(test, TYPE_8Q, 1);
	struct vgpu_vdev *to = opened(test, TYPE_8Q, 2);
	size_t i, size = 320 * 200 * 4;

	draw_on(from);
	for (i = 0; i < SZ_1M; i++)
		*(u8 *)soft_vram(&from->inst, i) = i * 7 + i / 4096;
	memcpy(soft_vram(&to->inst, 0), soft_vram(&from->inst, 0), SZ_1M);
	plane(from);
	state_pause(from);
	state_move(test, from, to);
	KUNIT_EXPECT_EQ(test, plane(to).width, 320U);
	KUNIT_EXPECT_FALSE(test, to->display.dark);
	KUNIT_EXPECT_MEMEQ(test, from->display.picture, to->display.picture,
			   size);
	/* The third part of the colour, of which two were written. */
	set_port(from, 0x3c9, 3);
	set_port(to, 0x3c9, 3);
	plane(from);
	plane(to);
	KUNIT_EXPECT_MEMEQ(test, from->display.picture, to->display.picture,
			   size);
	mock_gone(from);
	mock_gone(to);
}

static void display_hostile_state(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_8B, 1);
	struct vgpu_vdev *c = opened(test, TYPE_4C, 2);
	struct vgpu_reader r;
	struct state st;

	draw_on(vd);
	plane(vd);
	state_pause(vd);
	st = state_save(test, vd, ktime_get_ns());
	state_abuse(test, vd, &st);
	/* A mode that no guest could have set. */
	mutex_lock(&vd->trap_lock);
	vgpu_reg_set(&vd->inst.regs, SOFT_REGS_DISPLAY + DISPI(BPP) - 2,
		     24 << 16);
	mutex_unlock(&vd->trap_lock);
	st = state_save(test, vd, ktime_get_ns());
	KUNIT_EXPECT_EQ(test, state_load(vd, &st, st.len, &r), -EINVAL);
	/* A screen for what has none. */
	state_pause(c);
	KUNIT_EXPECT_EQ(test, state_load(c, &st, st.len, &r), -EINVAL);
	mock_gone(vd);
	mock_gone(c);
}

/* A reset is a monitor that was just turned on; so is the next user's. */
static void display_reset_forgets(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_8B, 1);
	struct state clean, now;

	state_pause(vd);
	clean = state_save(test, vd, 1);
	state_resume(vd);
	draw_on(vd);
	KUNIT_EXPECT_TRUE(test, scanout(vd).enabled);
	mock_reset(vd);
	KUNIT_EXPECT_FALSE(test, scanout(vd).enabled);
	KUNIT_EXPECT_EQ(test, plane(vd).drm_format, 0U);
	mock_close(vd);
	KUNIT_ASSERT_EQ(test, mock_open(vd), 0);
	state_pause(vd);
	now = state_save(test, vd, 1);
	KUNIT_EXPECT_EQ(test, now.len, clean.len);
	KUNIT_EXPECT_MEMEQ(test, now.bytes, clean.bytes, clean.len);
	mock_gone(vd);
}

static struct kunit_case soft_display_cases[] = {
	KUNIT_CASE(display_is_known),
	KUNIT_CASE(display_registers),
	KUNIT_CASE(display_edid),
	KUNIT_CASE(display_modes),
	KUNIT_CASE(display_bad_modes),
	KUNIT_CASE(display_clears),
	KUNIT_CASE(display_has_its_part),
	KUNIT_CASE(display_blanks),
	KUNIT_CASE(display_palette),
	KUNIT_CASE(display_big_endian),
	KUNIT_CASE(display_hostile),
	KUNIT_CASE(display_moves),
	KUNIT_CASE_SLOW(display_hostile_state),
	KUNIT_CASE(display_reset_forgets),
	{}
};

static struct kunit_suite soft_display_suite = {
	.name = "soft_display",
	.init = setup,
	.exit = teardown,
	.test_cases = soft_display_cases,
};

kunit_test_suite(soft_display_suite);
