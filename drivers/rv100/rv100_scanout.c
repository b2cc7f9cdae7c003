// SPDX-License-Identifier: GPL-2.0
/*
 * What the first head has on its screen: the picture and the pointer over it,
 * as the guest's registers say. The core checks it and shows it.
 */

#include <linux/bitfield.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "rv100.h"

static struct rv100_instance *priv(const struct vgpu_regfile *rf)
{
	return rf->priv;
}

/*
 * While it is locked, a new place of the picture waits ("triggered"). It is
 * taken when the lock is opened, without waiting for a blank.
 */
void rv100_offset_write(struct vgpu_regfile *rf, u32 offset, u32 val, u32 mask)
{
	val &= RV100_CRTC_OFFSET_MASK | RV100_CRTC_OFFSET_LOCK;
	if (val & RV100_CRTC_OFFSET_LOCK)
		val |= RV100_CRTC_OFFSET_TRIGGERED;
	else
		priv(rf)->crtc_offset = val;
	vgpu_reg_set(rf, offset, val);
}

static u32 cursor_mask(u32 offset)
{
	switch (offset) {
	case RV100_CUR_OFFSET:
		return RV100_CUR_OFFSET_MASK;
	case RV100_CUR_HORZ_VERT_POSN:
		return RV100_CUR_POSN_X | RV100_CUR_POSN_Y;
	default:
		return RV100_CUR_OFF_X | RV100_CUR_OFF_Y;
	}
}

/*
 * Three registers that change together: each has the same lock, and while it is
 * closed the screen keeps what they were.
 */
void rv100_cursor_write(struct vgpu_regfile *rf, u32 offset, u32 val, u32 mask)
{
	static const u32 all[] = { RV100_CUR_OFFSET, RV100_CUR_HORZ_VERT_POSN,
				   RV100_CUR_HORZ_VERT_OFF };
	u32 lock = val & RV100_CUR_LOCK;
	unsigned int i;

	vgpu_reg_set(rf, offset, val & cursor_mask(offset));
	for (i = 0; i < ARRAY_SIZE(all); i++)
		vgpu_reg_set(rf, all[i], lock | (vgpu_reg_get(rf, all[i]) &
						 ~RV100_CUR_LOCK));
	if (!lock)
		priv(rf)->cursor = (struct rv100_cursor) {
			.offset = vgpu_reg_get(rf, RV100_CUR_OFFSET),
			.posn = vgpu_reg_get(rf, RV100_CUR_HORZ_VERT_POSN),
			.off = vgpu_reg_get(rf, RV100_CUR_HORZ_VERT_OFF),
		};
}

/*
 * The image has 64 by 64 pixels. CUR_HORZ_VERT_OFF leaves out pixels at the left
 * of each line, and so many lines: those at the bottom, as drivers move the
 * start of the image on to leave out lines at the top.
 */
static void get_cursor(const struct vgpu_regfile *rf, u32 base,
		       struct vgpu_cursor *c)
{
	const struct rv100_cursor *cur = &priv(rf)->cursor;
	u32 gen = vgpu_reg_get(rf, RV100_CRTC_GEN_CNTL);

	if (!(gen & RV100_CRTC_CUR_EN))
		return;
	switch (FIELD_GET(RV100_CRTC_CUR_MODE, gen)) {
	case RV100_CUR_MODE_MONO:
		c->format = VGPU_CURSOR_MONO;
		c->stride = RV100_CUR_SIZE / 8 * 2;
		break;
	case RV100_CUR_MODE_ARGB:
		c->format = VGPU_CURSOR_ARGB;
		c->stride = RV100_CUR_SIZE * 4;
		break;
	default:
		return;
	}
	c->left = FIELD_GET(RV100_CUR_OFF_X, cur->off);
	c->width = RV100_CUR_SIZE;
	c->height = RV100_CUR_SIZE - FIELD_GET(RV100_CUR_OFF_Y, cur->off);
	c->x = FIELD_GET(RV100_CUR_POSN_X, cur->posn) - c->left;
	c->y = FIELD_GET(RV100_CUR_POSN_Y, cur->posn);
	c->offset = (u32)(base + cur->offset);
	c->colours[0] = vgpu_reg_get(rf, RV100_CUR_CLR0) & 0xffffff;
	c->colours[1] = vgpu_reg_get(rf, RV100_CUR_CLR1) & 0xffffff;
}

static u32 crtc_bpp(u32 gen)
{
	switch (FIELD_GET(RV100_CRTC_PIX_WIDTH, gen)) {
	case RV100_FMT_8BPP:
		return 8;
	case RV100_FMT_15BPP:
		return 15;
	case RV100_FMT_16BPP:
		return 16;
	case RV100_FMT_32BPP:
		return 32;
	}
	return 0;
}

/* Colours pass the palette in every mode; NULL where it changes nothing. */
static const u32 *scanout_palette(const u32 *palette, u32 bpp)
{
	u32 i;

	if (bpp == 8)
		return palette;
	for (i = 0; i < 256; i++)
		if (palette[i] != RV100_GREY(i))
			return palette;
	return NULL;
}

/* No pixels, or a monitor that gets no sync. */
static bool blanked(const struct vgpu_regfile *rf, u32 gen)
{
	return gen & RV100_CRTC_DISP_REQ_DIS ||
	       vgpu_reg_get(rf, RV100_CRTC_EXT_CNTL) &
	       (RV100_CRTC_DISPLAY_DIS | RV100_CRTC_HSYNC_DIS |
		RV100_CRTC_VSYNC_DIS);
}

/* What the first head shows; 24 bits a pixel and text modes are blank. */
void rv100_scanout(struct vgpu_instance *inst, unsigned int head,
		   struct vgpu_scanout *out)
{
	const struct vgpu_regfile *rf = &inst->regs;
	u32 gen = vgpu_reg_get(rf, RV100_CRTC_GEN_CNTL);
	u32 h = vgpu_reg_get(rf, RV100_CRTC_H_TOTAL_DISP);
	u32 v = vgpu_reg_get(rf, RV100_CRTC_V_TOTAL_DISP);
	u32 fb = FIELD_GET(RV100_MC_FB_START,
			   vgpu_reg_get(rf, RV100_MC_FB_LOCATION)) << 16;
	/* GPU addresses wrap at 4 GiB; the core checks what comes out. */
	u32 base = vgpu_reg_get(rf, RV100_DISPLAY_BASE_ADDR) - fb;

	vgpu_assert_trap_context(inst);
	memset(out, 0, sizeof(*out));
	out->width = (FIELD_GET(RV100_CRTC_H_DISP, h) + 1) * 8;
	out->height = FIELD_GET(RV100_CRTC_V_DISP, v) + 1;
	out->bpp = crtc_bpp(gen);
	out->stride = (vgpu_reg_get(rf, RV100_CRTC_PITCH) &
		       RV100_CRTC_PITCH_MASK) * 8 * DIV_ROUND_UP(out->bpp, 8);
	out->offset = (u32)(base + priv(rf)->crtc_offset);
	out->palette = scanout_palette(priv(rf)->palette[0], out->bpp);
	out->doubled = gen & RV100_CRTC_DBL_SCAN_EN;
	out->enabled = !head && rv100_crtc_on(rf) && !blanked(rf, gen) &&
		       out->bpp;
	get_cursor(rf, base, &out->cursor);
}
