// SPDX-License-Identifier: GPL-2.0
/*
 * What is an RV100's alone of isolation.c: its window of MM_INDEX, 2D operations at
 * the edges of the partition, its engine's registers, and what it scans out.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "display.h"
#include "gpu2d.h"
#include "victims.h"

#define HOSTILE_WRITES	12000
#define HOSTILE_INDICES	2000

/* What is in a victim's engine. */
#define COLOR		0xc5a70000

static void before(void)
{
	unsigned int i;

	victims_open();
	for (i = 0; i < NR_VICTIMS; i++)
		gpu_wr(victim[i].d, DP_BRUSH_FRGD_CLR, COLOR | i);
}

/* All of it, and that. */
static void check(void)
{
	unsigned int i;

	check_all();
	for (i = 0; i < NR_VICTIMS; i++)
		EXPECT_EQ(reg_rd(victim[i].d, DP_BRUSH_FRGD_CLR), COLOR | i);
}

/* The window of MM_INDEX: every address from the end of VRAM up. */
static void index_window(void)
{
	const unsigned int bars[] = { REGION_IO, REGION_REGS };
	unsigned int i;

	for (i = 0; i < HOSTILE_INDICES; i++) {
		unsigned int bar = bars[i & 1];
		uint32_t at = edgy(bad->size);

		if ((at & ~MM_APER) < bad->size)
			at = bad->size + i * 4;
		vdev_wr(bad, bar, MM_INDEX, 4, at | MM_APER);
		EXPECT_EQ(vdev_rd(bad, bar, MM_DATA, 4), 0);
		vdev_wr(bad, bar, MM_DATA, 4, 0xbad00000 | i);
		vdev_wr(bad, bar, MM_DATA, 1 << (i % 3), 0x66666666);
	}
	check();
}

/* The last word, and the bytes behind it by a wide or crossing access. */
static void index_window_edge(void)
{
	uint32_t data[2] = { 0 };

	vdev_wr(bad, REGION_IO, MM_INDEX, 4, MM_APER | (bad->size - 4));
	vdev_wr(bad, REGION_IO, MM_DATA, 4, 0x1234);
	EXPECT_EQ(own[bad->size / 4 - 1], 0x1234);
	vdev_wr(bad, REGION_IO, MM_INDEX, 4, MM_APER | (bad->size - 1));
	EXPECT_EQ(vdev_pread(bad, REGION_IO, data, 8, MM_DATA), 8);
	EXPECT(!is_canary(data[0]) && !is_canary(data[1]));
	EXPECT_EQ(vdev_pwrite(bad, REGION_IO, "\x77\x77\x77\x77\x77", 5,
			      MM_DATA + 2), 5);
	check();
}

static const unsigned int depths[] = { 8, 16, 32 };

/* One pixel too far at the end or before the start: dropped as a whole. */
static void refuse(const struct op *op)
{
	uint64_t dropped = mdev_attr_u64(bad->uuid, "dropped");

	gpu_do(bad, op);
	gpu_idle(bad);
	if (!EXPECT_EQ(mdev_attr_u64(bad->uuid, "dropped"), dropped + 1))
		tap_note("%u bpp rop %#x form %d trigger %d at %d,%d",
			 op->bpp, op->rop, op->form, op->trigger, op->dst.x,
			 op->dst.y);
}

static void too_far(unsigned int bpp, unsigned int form, unsigned int trigger,
		    unsigned int dir)
{
	/* The last 16 lines, and the pixel behind the last one. */
	struct surface inside = {
		.offset = bad->size - 16 * 4096, .pitch = 4096,
	};
	struct surface beyond = inside;
	struct op op = {
		.bpp = bpp, .rop = ROP3_SRCCOPY, .w = 6, .h = 3, .form = form,
		.trigger = trigger, .to_left = dir & 1, .to_top = dir & 2,
		.color = ~0U,
	};

	beyond.x = 4096 / (bpp / 8) - 5;
	beyond.y = 13;
	op.src = beyond;
	op.dst = inside;
	refuse(&op);
	op.src = inside;
	op.dst = beyond;
	refuse(&op);
	op.rop = ROP3_PATCOPY;
	refuse(&op);
	/* A source left of its surface. */
	op.rop = ROP3_SRCCOPY;
	op.src.x = -1;
	op.dst = inside;
	refuse(&op);
}

static void one_pixel_too_far(void)
{
	unsigned int i, form, trigger, dir;

	memset(own, 0, bad->size);
	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		for (form = 0; form < NR_FORMS; form++) {
			for (trigger = 0; trigger < NR_TRIGGERS; trigger++) {
				for (dir = 0; dir < 4; dir++)
					too_far(depths[i], form, trigger, dir);
			}
		}
	}
	gpu_idle(bad);
	for (i = 0; i < bad->size / 4; i++) {
		if (!EXPECT_EQ(own[i], 0))
			break;
	}
	check();
}

/* Surfaces that begin outside, or whose addresses run over. */
static void bad_surfaces(void)
{
	static const uint32_t offsets[] = {
		8 * MIB, 8 * MIB + 1024, 16 * MIB, 32 * MIB, 60 * MIB,
		64 * MIB, 128 * MIB, 0x7ffffc00, 0x80000000, 0xff800000,
		0xfffffc00,
	};
	unsigned int i, form;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		for (form = 0; form < NR_FORMS; form++) {
			struct op op = {
				.bpp = 32, .rop = ROP3_PATCOPY, .form = form,
				.color = 0xbad, .w = 8, .h = 8,
				.dst = { .offset = offsets[i], .pitch = 4096 },
				.src = { .offset = offsets[i], .pitch = 4096 },
			};

			refuse(&op);
			op.rop = ROP3_SRCCOPY;
			refuse(&op);
			if (form == FORM_DEFAULT)
				continue;
			op.dst.offset = 0;
			refuse(&op);
		}
	}
	check();
}

/* Engine registers by name, and what is a value in range for them. */
static const struct {
	uint32_t reg;
	enum {
		ANY, SURFACE, COORDS, EXTENT, MASTER, OPEN_CLIP, DIR, BASE,
	} kind;
} engine_regs[] = {
	{ DST_OFFSET, ANY }, { SRC_OFFSET, ANY }, { DST_PITCH, ANY },
	{ SRC_PITCH, ANY }, { SRC_PITCH_OFFSET, SURFACE },
	{ DST_PITCH_OFFSET, SURFACE }, { DEFAULT_PITCH_OFFSET, SURFACE },
	{ DP_CNTL, DIR }, { DP_MIX, ANY },
	{ DP_BRUSH_FRGD_CLR, ANY }, { MC_FB_LOCATION, BASE },
	{ SRC_X, COORDS }, { SRC_Y, COORDS }, { DST_X, COORDS },
	{ DST_Y, COORDS }, { SRC_Y_X, COORDS }, { DST_Y_X, COORDS },
	{ SRC_X_Y, COORDS }, { DST_X_Y, COORDS }, { DST_HEIGHT_Y, COORDS },
	{ DST_WIDTH, EXTENT }, { DST_HEIGHT, EXTENT },
	{ DST_HEIGHT_WIDTH, EXTENT }, { DST_WIDTH_HEIGHT, EXTENT },
	{ DST_WIDTH_X, EXTENT }, { DST_HEIGHT_WIDTH_8, EXTENT },
	{ DST_WIDTH_X_INCY, EXTENT }, { DST_LINE_START, COORDS },
	{ DST_LINE_END, COORDS }, { DP_GUI_MASTER_CNTL, MASTER },
	{ DP_GUI_MASTER_CNTL, MASTER }, { DP_GUI_MASTER_CNTL, MASTER },
	{ DP_GUI_MASTER_CNTL, MASTER }, { SC_LEFT, OPEN_CLIP },
	{ SC_RIGHT, OPEN_CLIP }, { SC_TOP, OPEN_CLIP },
	{ SC_BOTTOM, OPEN_CLIP }, { SC_TOP_LEFT, OPEN_CLIP },
	{ SC_BOTTOM_RIGHT, OPEN_CLIP }, { DEFAULT_SC_BOTTOM_RIGHT, OPEN_CLIP },
};

static uint32_t hostile_value(unsigned int kind)
{
	if (!rnd_below(6))
		return edgy(bad->size);
	switch (kind) {
	case SURFACE:
		return pack_pitch_offset(rnd_below(256) * 64, edgy(bad->size));
	case BASE:
		return rnd_below(8) ? 0 : rnd();
	case DIR:
		return rnd() & (DP_LEFT_TO_RIGHT | DP_TOP_TO_BOTTOM);
	case COORDS:
		return pack_yx(rnd_below(500), rnd_below(500));
	case EXTENT:
		return pack_yx(rnd_below(200), rnd_below(200));
	case OPEN_CLIP:
		return rnd_below(4) ? DEFAULT_SC_MAX : rnd();
	case MASTER:
		return (rnd() & 0xf) | GMC_SRC_DSTCOLOR | GMC_DP_SRC_MEMORY |
		       GMC_BRUSH_SOLID | GMC_DST_32BPP |
		       GMC_ROP3(rnd_below(2) ? ROP3_SRCCOPY : ROP3_PATCOPY);
	default:
		return edgy(bad->size);
	}
}

static void hostile_write(void)
{
	unsigned int i = rnd_below(ARRAY_SIZE(engine_regs));

	if (rnd_below(8)) {
		reg_wr(bad, engine_regs[i].reg,
		       hostile_value(engine_regs[i].kind));
		return;
	}
	/* Any register of the file, in any width. */
	vdev_wr(bad, REGION_REGS, rnd_below(REGS_SIZE - 4),
		1 + rnd_below(4), edgy(bad->size));
}

static void random_register_writes(void)
{
	struct vfio_device_gfx_plane_info plane;
	unsigned int i;

	rnd_seed(12);
	for (i = 0; i < HOSTILE_WRITES; i++) {
		hostile_write();
		/* What stops all drawing must not stand for long. */
		if (i % 100)
			continue;
		EXPECT_OK(display_query(bad, &plane));
		gpu_wr(bad, MC_FB_LOCATION, 0);
		gpu_wr(bad, SC_TOP_LEFT, 0);
		gpu_wr(bad, SC_BOTTOM_RIGHT, DEFAULT_SC_MAX);
	}
	check();
	EXPECT(mdev_attr_u64(bad->uuid, "ops") > HOSTILE_WRITES / 600);
	EXPECT(mdev_attr_u64(bad->uuid, "dropped") > HOSTILE_WRITES / 50);
}

/* The screen shows the guest's own memory, wherever it claims to have it. */
static void hostile_scanout(void)
{
	size_t len = bad->region[REGION_DISPLAY].size;
	struct vfio_device_gfx_plane_info plane;
	uint32_t *shown = display_map(bad, len);
	unsigned int i, visible = 0;

	rnd_seed(13);
	memset(own, 0x33, bad->size);
	for (i = 0; i < 60; i++) {
		struct mode m = {
			.width = i % 3 ? 640 : 1280,
			.height = i % 2 ? 480 : 1024,
			.bpp = i % 5 ? 32 : 16,
			.offset = edgy(bad->size) & 0x7fffffff,
		};

		if (i % 4 == 3)
			m.pitch = 8 * (1 + rnd_below(1023));
		display_set(bad, &m);
		reg_wr(bad, DISPLAY_BASE_ADDR, rnd_below(3) ? 0 :
		       edgy(bad->size));
		gpu_wr(bad, MC_FB_LOCATION, rnd_below(3) ? 0 : rnd());
		/* And its pointer: of its own memory, too. */
		reg_wr(bad, CRTC_GEN_CNTL, reg_rd(bad, CRTC_GEN_CNTL) |
		       CRTC_CUR_EN | (i % 2 ? CRTC_CUR_MODE_24BPP :
					      CRTC_CUR_MODE_MONO));
		reg_wr(bad, CUR_HORZ_VERT_POSN, rnd_below(640) << 16 |
						rnd_below(480));
		reg_wr(bad, CUR_HORZ_VERT_OFF, rnd_below(4) ? 0 : rnd());
		reg_wr(bad, CUR_OFFSET, edgy(bad->size) & ~CUR_LOCK);
		ASSERT_OK(display_query(bad, &plane));
		visible += plane.drm_format != 0;
		EXPECT(plane.size <= len);
		check_loot(shown, plane.size ? plane.size : 4096);
	}
	EXPECT(visible > 0);
	munmap(shown, len);
	check();
}

static const struct tap_test tests[] = {
	TAP_TEST(index_window),
	TAP_TEST(index_window_edge),
	TAP_TEST(one_pixel_too_far),
	TAP_TEST(bad_surfaces),
	TAP_TEST(random_register_writes),
	TAP_TEST(hostile_scanout),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "isolation2d", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = victims_close,
	};

	rnd_seed(10);
	return tap_run(&suite);
}
