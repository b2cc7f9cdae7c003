// SPDX-License-Identifier: GPL-2.0
/*
 * From the state of the 2D engine to one operation that is safe to execute.
 *
 * Rules, in the order in which they are applied:
 *
 * 1. The scissor is applied here, in software, and the source moves along;
 *    so cards and emulations that ignore the scissor draw the same. Pixels
 *    with a negative destination coordinate, or one above RV100_MAX_COORD,
 *    are never drawn.
 * 2. What is left empty is done at once: the chip would draw nothing.
 * 3. What is not supported is dropped whole.
 * 4. Both surfaces must start inside the partition, every source coordinate
 *    must be one that the chip can address, and every byte of both rectangles
 *    must be inside the partition; otherwise the operation is dropped whole.
 *
 * All products are of numbers below 2^14, so 64 bits hold every sum.
 */

#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "rv100_2d.h"
#include "rv100_regs.h"

/* A rectangle in pixels; @right and @bottom belong to it. */
struct rv100_rect {
	int left;
	int top;
	int right;
	int bottom;
};

static const char * const reasons[RV100_2D_NR_VERDICTS] = {
	[RV100_2D_RUN] = "carried out",
	[RV100_2D_EMPTY] = "no pixels",
	[RV100_2D_DROP_LINE] = "lines are not supported",
	[RV100_2D_DROP_TRIGGER] = "trigger register is not supported",
	[RV100_2D_DROP_DATATYPE] = "pixel format is not supported",
	[RV100_2D_DROP_TILE] = "tiled surfaces are not supported",
	[RV100_2D_DROP_PITCH] = "surface has no pitch",
	[RV100_2D_DROP_BRUSH] = "pattern brushes are not supported",
	[RV100_2D_DROP_SOURCE] = "source other than VRAM is not supported",
	[RV100_2D_DROP_DST_BOUNDS] = "destination leaves the partition",
	[RV100_2D_DROP_SRC_BOUNDS] = "source leaves the partition",
};

/**
 * rv100_2d_reason() - a verdict in words
 * @verdict: the verdict
 *
 * Return: text for a message.
 */
const char *rv100_2d_reason(enum rv100_2d_verdict verdict)
{
	return verdict < RV100_2D_NR_VERDICTS ? reasons[verdict] : "unknown";
}

/* Does the ROP's result depend on operand a (pattern) or b (source)? */
static bool rop_uses_pattern(u8 rop)
{
	return ((rop >> 4) ^ rop) & 0x0f;
}

static bool rop_uses_source(u8 rop)
{
	return ((rop >> 2) ^ rop) & 0x33;
}

static int coord(u32 raw)
{
	return sign_extend32(raw, 13);
}

/* Scissors are a sign and a magnitude. */
static int scissor(u32 raw)
{
	int magnitude = raw & 0x3fff;

	return raw & RV100_SC_SIGN ? -magnitude : magnitude;
}

static void clip(const struct rv100_2d_state *s, struct rv100_rect *r)
{
	r->left = max3(r->left, scissor(s->field[RV100_SC_L]), 0);
	r->top = max3(r->top, scissor(s->field[RV100_SC_T]), 0);
	r->right = min3(r->right, scissor(s->field[RV100_SC_R]),
			RV100_MAX_COORD);
	r->bottom = min3(r->bottom, scissor(s->field[RV100_SC_B]),
			 RV100_MAX_COORD);
}

/*
 * Fill in the destination rectangle. @src_x and @src_y become the source
 * coordinates of its top left pixel, which can be anything.
 */
static bool compose_rect(const struct rv100_2d_state *s,
			 struct rv100_2d_op *op, int *src_x, int *src_y)
{
	int width = s->field[RV100_W];
	int height = s->field[RV100_H];
	int x = coord(s->field[RV100_DX]);
	int y = coord(s->field[RV100_DY]);
	struct rv100_rect r;

	if (!width || !height)
		return false;
	*src_x = coord(s->field[RV100_SX]);
	*src_y = coord(s->field[RV100_SY]);
	if (op->right_to_left) {
		x -= width - 1;
		*src_x -= width - 1;
	}
	if (op->bottom_to_top) {
		y -= height - 1;
		*src_y -= height - 1;
	}
	r = (struct rv100_rect) { x, y, x + width - 1, y + height - 1 };
	clip(s, &r);
	if (r.left > r.right || r.top > r.bottom)
		return false;
	op->dst_x = r.left;
	op->dst_y = r.top;
	op->width = r.right - r.left + 1;
	op->height = r.bottom - r.top + 1;
	*src_x += r.left - x;
	*src_y += r.top - y;
	return true;
}

static u8 bytes_per_pixel(u8 format)
{
	switch (format) {
	case RV100_FMT_8BPP:
		return 1;
	case RV100_FMT_15BPP:
	case RV100_FMT_16BPP:
		return 2;
	case RV100_FMT_32BPP:
		return 4;
	}
	return 0;
}

/* Fill in colours and operands. */
static enum rv100_2d_verdict compose_pixels(const struct rv100_2d_state *s,
					    struct rv100_2d_op *op)
{
	u32 datatype = s->plain[RV100_P_DATATYPE];
	u32 mix = s->plain[RV100_P_MIX];

	op->format = FIELD_GET(RV100_DP_DST_TYPE, datatype);
	op->cpp = bytes_per_pixel(op->format);
	if (!op->cpp)
		return RV100_2D_DROP_DATATYPE;
	op->rop = FIELD_GET(RV100_MIX_ROP3, mix);
	op->brush = s->plain[RV100_P_BRUSH_FRGD];
	op->uses_src = rop_uses_source(op->rop);
	if (rop_uses_pattern(op->rop) &&
	    FIELD_GET(RV100_DP_BRUSH_TYPE, datatype) != RV100_BRUSH_SOLID)
		return RV100_2D_DROP_BRUSH;
	if (op->uses_src &&
	    (FIELD_GET(RV100_MIX_SRC_SOURCE, mix) != RV100_SRC_MEMORY ||
	     FIELD_GET(RV100_DP_SRC_TYPE, datatype) != RV100_SRC_TYPE_DST))
		return RV100_2D_DROP_SOURCE;
	/* The same bits everywhere; emulations take these from a palette. */
	if (op->rop == RV100_ROP3_BLACKNESS || op->rop == RV100_ROP3_WHITENESS) {
		op->brush = op->rop == RV100_ROP3_WHITENESS ? 0xffffffff : 0;
		op->rop = RV100_ROP3_PATCOPY;
	}
	op->write_mask = s->plain[RV100_P_WRITE_MASK];
	op->cmp[0] = s->plain[RV100_P_CMP_CNTL];
	op->cmp[1] = s->plain[RV100_P_CMP_SRC];
	op->cmp[2] = s->plain[RV100_P_CMP_DST];
	op->cmp[3] = s->plain[RV100_P_CMP_MASK];
	return RV100_2D_RUN;
}

static enum rv100_2d_verdict check_surfaces(const struct rv100_2d_state *s,
					    const struct rv100_2d_op *op)
{
	if (s->dst.tile || s->plain[RV100_P_CNTL] & RV100_DP_DST_TILE ||
	    (op->uses_src && s->src.tile))
		return RV100_2D_DROP_TILE;
	if (!s->dst.pitch || (op->uses_src && !s->src.pitch))
		return RV100_2D_DROP_PITCH;
	return RV100_2D_RUN;
}

/* Is [@x, @x + width) x [@y, @y + height) of @surf inside the partition? */
static bool in_partition(const struct rv100_2d_state *s,
			 const struct rv100_surface *surf, u32 x, u32 y,
			 const struct rv100_2d_op *op, u64 vram_size)
{
	u64 end;

	if (surf->offset < s->fb_base)
		return false;
	end = (u64)(surf->offset - s->fb_base) +
	      (u64)(y + op->height - 1) * surf->pitch +
	      (u64)(x + op->width) * op->cpp;
	return surf->offset - s->fb_base < vram_size && end <= vram_size;
}

static enum rv100_2d_verdict place(const struct rv100_2d_state *s,
				   struct rv100_2d_op *op, u64 vram_size,
				   int src_x, int src_y)
{
	if (!in_partition(s, &s->dst, op->dst_x, op->dst_y, op, vram_size))
		return RV100_2D_DROP_DST_BOUNDS;
	op->dst_offset = s->dst.offset - s->fb_base;
	op->dst_pitch = s->dst.pitch;
	if (!op->uses_src)
		return RV100_2D_RUN;
	if (src_x < 0 || src_x + (int)op->width - 1 > RV100_MAX_COORD ||
	    src_y < 0 || src_y + (int)op->height - 1 > RV100_MAX_COORD ||
	    !in_partition(s, &s->src, src_x, src_y, op, vram_size))
		return RV100_2D_DROP_SRC_BOUNDS;
	op->src_offset = s->src.offset - s->fb_base;
	op->src_pitch = s->src.pitch;
	op->src_x = src_x;
	op->src_y = src_y;
	return RV100_2D_RUN;
}

/**
 * rv100_2d_audit() - compose and check the operation that a write started
 * @s: the state
 * @trigger: what rv100_2d_write() returned, not %RV100_TRIGGER_NONE
 * @vram_size: bytes of the instance's partition
 * @op: filled in when the verdict is %RV100_2D_RUN; otherwise it holds what was
 *	found so far, for a message
 *
 * Return: the verdict.
 */
enum rv100_2d_verdict rv100_2d_audit(const struct rv100_2d_state *s,
				     enum rv100_2d_trigger trigger,
				     u64 vram_size, struct rv100_2d_op *op)
{
	u32 cntl = s->plain[RV100_P_CNTL];
	enum rv100_2d_verdict verdict;
	int src_x, src_y;

	memset(op, 0, sizeof(*op));
	if (trigger == RV100_TRIGGER_OTHER)
		return RV100_2D_DROP_TRIGGER;
	/* Drivers clear both ends of the line at start: no line. */
	if (trigger == RV100_TRIGGER_LINE)
		return s->plain[RV100_P_LINE_START] ==
		       s->plain[RV100_P_LINE_END] ? RV100_2D_EMPTY :
						    RV100_2D_DROP_LINE;
	op->right_to_left = !(cntl & RV100_DST_X_LEFT_TO_RIGHT);
	op->bottom_to_top = !(cntl & RV100_DST_Y_TOP_TO_BOTTOM);
	if (!compose_rect(s, op, &src_x, &src_y))
		return RV100_2D_EMPTY;
	verdict = compose_pixels(s, op);
	if (verdict == RV100_2D_RUN)
		verdict = check_surfaces(s, op);
	if (verdict == RV100_2D_RUN)
		verdict = place(s, op, vram_size, src_x, src_y);
	/* Order matters only where a copy can overlap itself. */
	if (!op->uses_src) {
		op->right_to_left = false;
		op->bottom_to_top = false;
	}
	return verdict;
}

/* A state in which a rectangle is just this operation. */
static struct rv100_2d_state state_of(const struct rv100_2d_op *op)
{
	u32 right = op->right_to_left ? op->width - 1 : 0;
	u32 bottom = op->bottom_to_top ? op->height - 1 : 0;

	return (struct rv100_2d_state) {
		.field = {
			[RV100_DX] = op->dst_x + right,
			[RV100_DY] = op->dst_y + bottom,
			[RV100_W] = op->width,
			[RV100_H] = op->height,
			[RV100_SX] = op->src_x + right,
			[RV100_SY] = op->src_y + bottom,
			[RV100_SC_R] = RV100_MAX_COORD,
			[RV100_SC_B] = RV100_MAX_COORD,
		},
		.plain = {
			[RV100_P_CNTL] =
				(op->right_to_left ? 0 :
				 RV100_DST_X_LEFT_TO_RIGHT) |
				(op->bottom_to_top ? 0 :
				 RV100_DST_Y_TOP_TO_BOTTOM),
			[RV100_P_DATATYPE] =
				FIELD_PREP(RV100_DP_DST_TYPE, op->format) |
				FIELD_PREP(RV100_DP_BRUSH_TYPE,
					   RV100_BRUSH_SOLID) |
				FIELD_PREP(RV100_DP_SRC_TYPE,
					   RV100_SRC_TYPE_DST),
			[RV100_P_MIX] =
				FIELD_PREP(RV100_MIX_ROP3, op->rop) |
				FIELD_PREP(RV100_MIX_SRC_SOURCE,
					   RV100_SRC_MEMORY),
			[RV100_P_WRITE_MASK] = op->write_mask,
			[RV100_P_BRUSH_FRGD] = op->brush,
			[RV100_P_CMP_CNTL] = op->cmp[0],
			[RV100_P_CMP_SRC] = op->cmp[1],
			[RV100_P_CMP_DST] = op->cmp[2],
			[RV100_P_CMP_MASK] = op->cmp[3],
		},
		.dst = { .offset = op->dst_offset, .pitch = op->dst_pitch },
		.src = { .offset = op->src_offset, .pitch = op->src_pitch },
	};
}

/**
 * rv100_2d_possible() - could a guest have started an operation
 * @op: from anywhere, padding zeroed
 * @vram_size: bytes of the instance's partition
 *
 * Return: true when it, or one that it is a band of, passes the audit.
 */
bool rv100_2d_possible(const struct rv100_2d_op *op, u64 vram_size)
{
	const struct rv100_2d_state s = state_of(op);
	struct rv100_2d_op audited;

	if ((op->dst_offset | op->src_offset) & ~RV100_OFFSET_MASK ||
	    (op->dst_pitch | op->src_pitch) & ~RV100_PITCH_MASK)
		return false;
	return rv100_2d_audit(&s, RV100_TRIGGER_RECT, vram_size, &audited) ==
	       RV100_2D_RUN && !memcmp(&audited, op, sizeof(audited));
}

static u32 pitch_offset(u64 address, u32 pitch)
{
	return FIELD_PREP(RV100_PO_OFFSET, (u32)(address >> 10)) |
	       FIELD_PREP(RV100_PO_PITCH, pitch >> 6);
}

static u32 pair(u32 high, u32 low)
{
	return high << 16 | low;
}

static u32 master_cntl(const struct rv100_2d_op *op)
{
	return RV100_GMC_SRC_PITCH_OFFSET | RV100_GMC_DST_PITCH_OFFSET |
	       RV100_GMC_SRC_CLIPPING | RV100_GMC_DST_CLIPPING |
	       FIELD_PREP(RV100_GMC_BRUSH_TYPE, RV100_BRUSH_SOLID) |
	       FIELD_PREP(RV100_GMC_DST_TYPE, op->format) |
	       FIELD_PREP(RV100_GMC_SRC_TYPE, RV100_SRC_TYPE_DST) |
	       FIELD_PREP(RV100_GMC_ROP3, op->rop) |
	       FIELD_PREP(RV100_GMC_SRC_SOURCE, RV100_SRC_MEMORY) |
	       RV100_GMC_AUX_CLIP_DIS |
	       (op->cmp[0] ? 0 : RV100_GMC_CLR_CMP_DIS);
}

/**
 * rv100_2d_relocate() - register writes for an operation
 * @op: an operation that was found good
 * @base: GPU address of the partition on the card, a multiple of 1 KiB
 * @cmds: filled in, to be written in this order
 *
 * The layout is the same for every operation, and complete: nothing that the
 * card holds from before has an influence. The last one starts the operation.
 */
void rv100_2d_relocate(const struct rv100_2d_op *op, u64 base,
		       struct rv100_2d_cmd cmds[RV100_2D_NR_CMDS])
{
	u32 right = op->width - 1;
	u32 bottom = op->height - 1;
	u32 dx = op->right_to_left ? right : 0;
	u32 dy = op->bottom_to_top ? bottom : 0;
	u32 dst = pitch_offset(base + op->dst_offset, op->dst_pitch);
	u32 src = op->uses_src ?
		  pitch_offset(base + op->src_offset, op->src_pitch) : dst;
	u32 src_x = op->uses_src ? op->src_x : op->dst_x;
	u32 src_y = op->uses_src ? op->src_y : op->dst_y;
	const struct rv100_2d_cmd all[RV100_2D_NR_CMDS] = {
		{ RV100_DP_GUI_MASTER_CNTL, master_cntl(op) },
		{ RV100_DST_PITCH_OFFSET, dst },
		{ RV100_SRC_PITCH_OFFSET, src },
		{ RV100_SC_TOP_LEFT, pair(op->dst_y, op->dst_x) },
		{ RV100_SC_BOTTOM_RIGHT,
		  pair(op->dst_y + bottom, op->dst_x + right) },
		{ RV100_SRC_SC_BOTTOM_RIGHT, RV100_SC_MAX },
		{ RV100_DP_BRUSH_FRGD_CLR, op->brush },
		{ RV100_DP_WRITE_MASK, op->write_mask },
		{ RV100_CLR_CMP_CNTL, op->cmp[0] },
		{ RV100_CLR_CMP_CLR_SRC, op->cmp[1] },
		{ RV100_CLR_CMP_CLR_DST, op->cmp[2] },
		{ RV100_CLR_CMP_MASK, op->cmp[3] },
		{ RV100_DP_CNTL,
		  (op->right_to_left ? 0 : RV100_DST_X_LEFT_TO_RIGHT) |
		  (op->bottom_to_top ? 0 : RV100_DST_Y_TOP_TO_BOTTOM) },
		/* From here on: RV100_2D_FIRST_COORD. */
		{ RV100_SRC_Y_X, pair(src_y + dy, src_x + dx) },
		{ RV100_DST_Y_X, pair(op->dst_y + dy, op->dst_x + dx) },
		{ RV100_DST_HEIGHT_WIDTH, pair(op->height, op->width) },
	};

	memcpy(cmds, all, sizeof(all));
}
