// SPDX-License-Identifier: GPL-2.0
#include <pixman.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "gpu2d.h"
#include "victims.h"

#define POLL_US		200

/* Entries that gpu_do() may write. */
#define MAX_ENTRIES	20

/* Wait until the FIFO has room. */
void gpu_wait_fifo(struct vdev *d, unsigned int entries)
{
	time_t end = tap_seconds() + tap_patience();
	uint32_t status;

	for (;;) {
		status = reg_rd(d, RBBM_STATUS);
		if ((status & RBBM_FIFOCNT_MASK) >= entries)
			return;
		if (tap_seconds() > end)
			break;
		usleep(POLL_US);
	}
	tap_in_vain();
	tap_fail(__FILE__, __LINE__, "engine stays busy, RBBM_STATUS %#x",
		 status);
	tap_abort();
}

/* An engine register, with room in the FIFO. */
void gpu_wr(struct vdev *d, uint32_t reg, uint32_t val)
{
	gpu_wait_fifo(d, 1);
	reg_wr(d, reg, val);
}

static uint32_t gmc_depth(unsigned int bpp)
{
	switch (bpp) {
	case 8:
		return GMC_DST_8BPP;
	case 16:
		return GMC_DST_16BPP;
	default:
		return GMC_DST_32BPP;
	}
}

static void put_surfaces(struct vdev *d, const struct op *op, bool copy)
{
	switch (op->form) {
	case FORM_DEFAULT:
		/* Before DP_GUI_MASTER_CNTL, which takes it over. */
		reg_wr(d, DEFAULT_PITCH_OFFSET,
		       pack_pitch_offset(op->dst.pitch, op->dst.offset));
		break;
	case FORM_APART:
		reg_wr(d, DST_OFFSET, op->dst.offset);
		reg_wr(d, DST_PITCH, op->dst.pitch);
		if (copy) {
			reg_wr(d, SRC_OFFSET, op->src.offset);
			reg_wr(d, SRC_PITCH, op->src.pitch);
		}
		break;
	default:
		reg_wr(d, DST_PITCH_OFFSET,
		       pack_pitch_offset(op->dst.pitch, op->dst.offset));
		if (copy)
			reg_wr(d, SRC_PITCH_OFFSET,
			       pack_pitch_offset(op->src.pitch,
						 op->src.offset));
		break;
	}
}

static void put_master(struct vdev *d, const struct op *op, bool copy)
{
	uint32_t gmc = gmc_depth(op->bpp) | GMC_CLR_CMP_DIS |
		       GMC_SRC_DSTCOLOR | GMC_DP_SRC_MEMORY |
		       GMC_ROP3(op->rop);

	gmc |= copy ? GMC_BRUSH_NONE : GMC_BRUSH_SOLID;
	if (op->form != FORM_DEFAULT)
		gmc |= GMC_SRC_PITCH_OFFSET_LEAVE | GMC_DST_PITCH_OFFSET_LEAVE;
	if (op->clip.on)
		gmc |= GMC_DST_CLIP_LEAVE;
	reg_wr(d, DP_GUI_MASTER_CNTL, gmc);
	if (op->clip.on) {
		reg_wr(d, SC_TOP_LEFT, pack_yx(op->clip.top, op->clip.left));
		reg_wr(d, SC_BOTTOM_RIGHT,
		       pack_yx(op->clip.bottom, op->clip.right));
	}
	reg_wr(d, DP_BRUSH_FRGD_CLR, op->color);
	reg_wr(d, DP_CNTL, (op->to_left ? 0 : DP_LEFT_TO_RIGHT) |
			   (op->to_top ? 0 : DP_TOP_TO_BOTTOM));
}

static void put_size(struct vdev *d, const struct op *op, int x, int y)
{
	switch (op->trigger) {
	case TRIGGER_HEIGHT_WIDTH:
		reg_wr(d, DST_Y_X, pack_yx(y, x));
		reg_wr(d, DST_HEIGHT_WIDTH, pack_yx(op->h, op->w));
		break;
	case TRIGGER_WIDTH:
		reg_wr(d, DST_X, x);
		reg_wr(d, DST_Y, y);
		reg_wr(d, DST_HEIGHT, op->h);
		reg_wr(d, DST_WIDTH, op->w);
		break;
	case TRIGGER_WIDTH_X:
		reg_wr(d, DST_HEIGHT_Y, pack_yx(op->h, y));
		reg_wr(d, DST_WIDTH_X, pack_yx(op->w, x));
		break;
	default:
		reg_wr(d, DST_X_Y, pack_yx(x, y));
		reg_wr(d, DST_WIDTH_HEIGHT, pack_yx(op->w, op->h));
		break;
	}
}

/**
 * gpu_do() - write the registers of one operation
 * @d: vGPU
 * @op: the operation
 *
 * Returns as soon as it is queued: see gpu_idle().
 */
void gpu_do(struct vdev *d, const struct op *op)
{
	bool copy = op->rop == ROP3_SRCCOPY;
	int right = op->to_left ? op->w - 1 : 0;
	int down = op->to_top ? op->h - 1 : 0;

	gpu_wait_fifo(d, MAX_ENTRIES);
	put_surfaces(d, op, copy);
	put_master(d, op, copy);
	if (copy && op->trigger == TRIGGER_WIDTH_HEIGHT) {
		reg_wr(d, SRC_X_Y, pack_yx(op->src.x + right,
					   op->src.y + down));
	} else if (copy && op->trigger == TRIGGER_WIDTH) {
		reg_wr(d, SRC_X, op->src.x + right);
		reg_wr(d, SRC_Y, op->src.y + down);
	} else if (copy) {
		reg_wr(d, SRC_Y_X, pack_yx(op->src.y + down,
					   op->src.x + right));
	}
	put_size(d, op, op->dst.x + right, op->dst.y + down);
}

/* A 32-bit rectangle at @offset. */
void gpu_rect(struct vdev *d, uint32_t offset, uint32_t pitch, int w, int h,
	      uint32_t color)
{
	struct op op = {
		.bpp = 32,
		.rop = ROP3_PATCOPY,
		.color = color,
		.w = w,
		.h = h,
		.dst = { .offset = offset, .pitch = pitch },
	};

	gpu_do(d, &op);
}

static pixman_format_code_t pixman_format(unsigned int bpp)
{
	switch (bpp) {
	case 8:
		return PIXMAN_a8;
	case 16:
		return PIXMAN_r5g6b5;
	default:
		return PIXMAN_a8r8g8b8;
	}
}

/* Same format both sides, so that pixman moves bits. */
static void model_move(void *to, unsigned int to_pitch, int tx, int ty,
		       void *from, unsigned int from_pitch, int fx, int fy,
		       int w, int h, unsigned int bpp)
{
	pixman_format_code_t format = pixman_format(bpp);
	pixman_image_t *dst, *src;

	dst = pixman_image_create_bits_no_clear(format, tx + w, ty + h, to,
						to_pitch);
	src = pixman_image_create_bits_no_clear(format, fx + w, fy + h, from,
						from_pitch);
	pixman_image_composite32(PIXMAN_OP_SRC, src, NULL, dst, fx, fy, 0, 0,
				 tx, ty, w, h);
	pixman_image_unref(src);
	pixman_image_unref(dst);
}

/* By way of a copy, so that overlap does not matter. */
static void model_copy(uint8_t *model, const struct op *op)
{
	unsigned int pitch = (op->w * op->bpp / 8 + 3) & ~3U;
	void *tmp = malloc((size_t)pitch * op->h);

	ASSERT(tmp);
	model_move(tmp, pitch, 0, 0, model + op->src.offset, op->src.pitch,
		   op->src.x, op->src.y, op->w, op->h, op->bpp);
	model_move(model + op->dst.offset, op->dst.pitch, op->dst.x, op->dst.y,
		   tmp, pitch, 0, 0, op->w, op->h, op->bpp);
	free(tmp);
}

/* What is left of an operation inside its scissor; false when nothing is. */
static bool apply_clip(struct op *op)
{
	const struct clip *c = &op->clip;
	int cut;

	if (!c->on)
		return op->w > 0 && op->h > 0;
	cut = c->left - op->dst.x;
	if (cut > 0) {
		op->dst.x += cut;
		op->src.x += cut;
		op->w -= cut;
	}
	cut = c->top - op->dst.y;
	if (cut > 0) {
		op->dst.y += cut;
		op->src.y += cut;
		op->h -= cut;
	}
	if (op->dst.x + op->w > c->right + 1)
		op->w = c->right + 1 - op->dst.x;
	if (op->dst.y + op->h > c->bottom + 1)
		op->h = c->bottom + 1 - op->dst.y;
	return op->w > 0 && op->h > 0;
}

/**
 * model_do() - the operation by pixman
 * @model: image of the whole partition
 * @op: the operation; must lie inside
 */
void model_do(void *model, const struct op *op)
{
	struct op clipped = *op;
	uint32_t color = op->color;

	if (!apply_clip(&clipped))
		return;
	if (clipped.rop == ROP3_SRCCOPY) {
		model_copy(model, &clipped);
		return;
	}
	if (clipped.rop == ROP3_BLACKNESS)
		color = 0;
	if (clipped.rop == ROP3_WHITENESS)
		color = 0xffffffff;
	if (clipped.bpp < 32)
		color &= (1U << clipped.bpp) - 1;
	ASSERT(pixman_fill((uint32_t *)((uint8_t *)model + clipped.dst.offset),
			   clipped.dst.pitch / 4, clipped.bpp, clipped.dst.x,
			   clipped.dst.y, clipped.w, clipped.h, color));
}

/* At random, around and beyond @size bytes of memory. */
struct op hostile_op(uint32_t size)
{
	struct op op = {
		.bpp = 8U << rnd_below(3),
		.rop = rnd_below(3) ? ROP3_SRCCOPY : ROP3_PATCOPY,
		.color = marked(0xbad00000 | rnd_below(0x10000)),
		.w = rnd_below(200), .h = rnd_below(40),
		.trigger = rnd_below(NR_TRIGGERS),
		.form = rnd_below(NR_FORMS),
		.to_left = rnd_below(2), .to_top = rnd_below(2),
	};

	op.dst.offset = edgy(size) & ~1023U;
	op.dst.pitch = rnd_below(256) * 64;
	op.dst.x = rnd_below(3) ? rnd_below(2000) : rnd() & COORD_MASK;
	op.dst.y = rnd_below(4) ? rnd_below(600) : rnd() & COORD_MASK;
	op.src.offset = edgy(size) & ~1023U;
	op.src.pitch = rnd_below(256) * 64;
	op.src.x = rnd_below(3) ? rnd_below(2000) : rnd() & COORD_MASK;
	op.src.y = rnd_below(4) ? rnd_below(600) : rnd() & COORD_MASK;
	if (!rnd_below(8))
		op.w = rnd() & COORD_MASK;
	if (!rnd_below(8))
		op.h = rnd() & COORD_MASK;
	if (!rnd_below(3)) {
		op.clip.on = true;
		op.clip.left = rnd();
		op.clip.top = rnd();
		op.clip.right = rnd();
		op.clip.bottom = rnd();
	}
	return op;
}
