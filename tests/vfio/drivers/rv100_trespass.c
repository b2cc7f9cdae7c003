// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest of an RV100 can write to reach what is not its own, by a number: for
 * programs that go on whatever comes of it.
 */
#include "gpu2d.h"
#include "victims.h"

/* Refused where memory is not decoded. */
static void put(struct vdev *d, uint32_t reg, uint32_t val)
{
	vdev_pwrite(d, REGION_REGS, &val, sizeof(val), reg);
}

static void put_all(struct vdev *d, const uint32_t (*writes)[2], unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		put(d, writes[i][0], writes[i][1]);
}

/* A rectangle, around and beyond the partition. */
static void draw(struct vdev *d)
{
	struct op op = hostile_op(d->size);
	const uint32_t depth[] = { GMC_DST_8BPP, GMC_DST_16BPP, GMC_DST_32BPP };
	const uint32_t writes[][2] = {
		{ DEFAULT_SC_BOTTOM_RIGHT, DEFAULT_SC_MAX },
		{ DST_PITCH_OFFSET,
		  pack_pitch_offset(op.dst.pitch, op.dst.offset) },
		{ SRC_PITCH_OFFSET,
		  pack_pitch_offset(op.src.pitch, op.src.offset) },
		{ DP_GUI_MASTER_CNTL, GMC_SRC_PITCH_OFFSET_LEAVE |
		  GMC_DST_PITCH_OFFSET_LEAVE | GMC_BRUSH_SOLID |
		  depth[rnd_below(3)] | GMC_SRC_DSTCOLOR | GMC_DP_SRC_MEMORY |
		  GMC_CLR_CMP_DIS | GMC_ROP3(op.rop) },
		{ DP_BRUSH_FRGD_CLR, op.color },
		{ DP_CNTL, rnd_below(4) },
		{ SRC_Y_X, pack_yx(op.src.y, op.src.x) },
		{ DST_Y_X, pack_yx(op.dst.y, op.dst.x) },
		{ DST_HEIGHT_WIDTH, pack_yx(op.h, op.w) },
	};

	if (!rnd_below(32))
		put(d, MC_FB_LOCATION, rnd());
	put_all(d, writes, ARRAY_SIZE(writes));
}

/* The window into memory that two registers are. */
static void index_memory(struct vdev *d)
{
	uint32_t at = edgy(rnd_below(2) ? d->size : gpu->vram_total) & ~3U;
	uint32_t seen[8] = {};
	unsigned int i;

	if (rnd_below(2)) {
		put(d, MM_INDEX, MM_APER | at);
		put(d, MM_DATA, marked(0xbad00000));
		return;
	}
	for (i = 0; i < ARRAY_SIZE(seen); i++) {
		put(d, MM_INDEX, MM_APER | (at + i * 4));
		vdev_pread(d, REGION_REGS, &seen[i], 4, MM_DATA);
	}
	if (holds_loot(seen, sizeof(seen)))
		tap_fail(__FILE__, __LINE__, "memory at %#x is read by index", at);
}

/* A picture and a pointer that are not all within the partition. */
static void show(struct vdev *d)
{
	unsigned int width = rnd_below(2) ? 640 : 320;
	const uint32_t writes[][2] = {
		{ CRTC_EXT_CNTL, VGA_ATI_LINEAR | XCRT_CNT_EN | CRTC_CRT_ON },
		{ CRTC_H_TOTAL_DISP, (width / 8 - 1) << 16 | (width / 8 + 19) },
		{ CRTC_V_TOTAL_DISP, 239 << 16 | 277 },
		{ CRTC_PITCH, rnd_below(2) ? width / 8 : rnd_below(1024) },
		{ CRTC_OFFSET, edgy(d->size) & (rnd_below(2) ? 0x7fff000 : 0x7ffffff) },
		{ DISPLAY_BASE_ADDR, rnd_below(4) ? 0 : edgy(gpu->vram_total) },
		{ CUR_HORZ_VERT_POSN, rnd_below(width) << 16 | rnd_below(240) },
		{ CUR_HORZ_VERT_OFF, rnd_below(4) ? 0 : rnd() & ~CUR_LOCK },
		{ CUR_OFFSET, edgy(d->size) & ~CUR_LOCK },
		{ CRTC_GEN_CNTL, CRTC_EXT_DISP_EN | CRTC_EN |
		  (rnd_below(3) ? 6 : 2 + rnd_below(3)) << 8 |
		  (rnd_below(2) ? CRTC_CUR_EN : 0) |
		  (rnd_below(2) ? CRTC_CUR_MODE_24BPP : CRTC_CUR_MODE_MONO) },
	};

	put_all(d, writes, ARRAY_SIZE(writes));
	check_screen(d);
}

void rv100_trespass(struct vdev *d, unsigned int seed)
{
	rnd_seed(seed);
	switch (rnd_below(8)) {
	case 0:
		show(d);
		break;
	case 1:
	case 2:
	case 3:
		index_memory(d);
		break;
	default:
		draw(d);
		break;
	}
}
