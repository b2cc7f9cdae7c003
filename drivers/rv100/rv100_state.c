// SPDX-License-Identifier: GPL-2.0
/*
 * What the backend keeps of an instance, as a section: reset, saved, loaded.
 *
 * The 2D state is saved as the values of registers, and loaded as if a guest
 * wrote them. What is left of an operation goes through the audit again: a stream
 * can have no operation under way that no guest could have started.
 */

#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/string.h>

#include "rv100.h"

/* Each bit of struct rv100_2d_state once; the first one sets others. */
static const u32 state_regs[] = {
	RV100_DP_GUI_MASTER_CNTL,
	RV100_DEFAULT_OFFSET,
	RV100_DEFAULT_SC_BOTTOM_RIGHT,
	RV100_DST_OFFSET,
	RV100_DST_PITCH,
	RV100_DST_TILE,
	RV100_SRC_OFFSET,
	RV100_SRC_PITCH,
	RV100_SRC_TILE,
	RV100_DST_Y_X,
	RV100_SRC_Y_X,
	RV100_DST_HEIGHT_WIDTH,
	RV100_SC_TOP_LEFT,
	RV100_SC_BOTTOM_RIGHT,
	RV100_SRC_SC_BOTTOM_RIGHT,
	RV100_DP_CNTL,
	RV100_DP_DATATYPE,
	RV100_DP_MIX,
	RV100_DP_WRITE_MASK,
	RV100_DP_BRUSH_FRGD_CLR,
	RV100_DP_BRUSH_BKGD_CLR,
	RV100_DP_SRC_FRGD_CLR,
	RV100_DP_SRC_BKGD_CLR,
	RV100_CLR_CMP_CNTL,
	RV100_CLR_CMP_CLR_SRC,
	RV100_CLR_CMP_CLR_DST,
	RV100_CLR_CMP_MASK,
	RV100_DST_LINE_START,
	RV100_DST_LINE_END,
};

static void save_2d(const struct rv100_2d_state *s, struct vgpu_writer *w)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(state_regs); i++)
		vgpu_put_u32(w, rv100_2d_read(s, state_regs[i]));
	vgpu_put_u32(w, s->fb_base);
}

static void load_2d(struct rv100_2d_state *s, struct vgpu_reader *r)
{
	u32 val[ARRAY_SIZE(state_regs)];
	unsigned int i;
	u32 base;

	vgpu_get_u32s(r, "2D registers", val, ARRAY_SIZE(val), U32_MAX);
	base = vgpu_get(r, "fb_base", 4, U32_MAX);
	for (i = 0; i < ARRAY_SIZE(val); i++)
		rv100_2d_write(s, state_regs[i], val[i]);
	rv100_2d_write(s, RV100_MC_FB_LOCATION, base >> 16);
	for (i = 0; i < ARRAY_SIZE(val); i++)
		if (rv100_2d_read(s, state_regs[i]) != val[i])
			vgpu_refuse(r, "2D registers", "%#x cannot be %#x",
				    state_regs[i], val[i]);
	if (s->fb_base != base)
		vgpu_refuse(r, "fb_base", "cannot be %#x", base);
}

#define OP_FIELD(member, max)	VGPU_FIELD(rv100_2d_op, member, max)

static const struct vgpu_field op_fields[] = {
	OP_FIELD(height, RV100_MAX_COORD + 1),
	OP_FIELD(width, RV100_MAX_COORD + 1),
	OP_FIELD(dst_offset, U32_MAX),
	OP_FIELD(dst_pitch, U32_MAX),
	OP_FIELD(dst_x, RV100_MAX_COORD),
	OP_FIELD(dst_y, RV100_MAX_COORD),
	OP_FIELD(src_offset, U32_MAX),
	OP_FIELD(src_pitch, U32_MAX),
	OP_FIELD(src_x, RV100_MAX_COORD),
	OP_FIELD(src_y, RV100_MAX_COORD),
	OP_FIELD(brush, U32_MAX),
	OP_FIELD(write_mask, U32_MAX),
	OP_FIELD(cmp[0], U32_MAX),
	OP_FIELD(cmp[1], U32_MAX),
	OP_FIELD(cmp[2], U32_MAX),
	OP_FIELD(cmp[3], U32_MAX),
	OP_FIELD(format, U8_MAX),
	OP_FIELD(cpp, 4),
	OP_FIELD(rop, U8_MAX),
	OP_FIELD(uses_src, 1),
	OP_FIELD(right_to_left, 1),
	OP_FIELD(bottom_to_top, 1),
};

static void save_work(const struct rv100_2d_op *work, struct vgpu_writer *w)
{
	struct rv100_2d_op op = *work;

	/* Bands move it on, whether there is a source or not. */
	if (!op.uses_src)
		op.src_y = 0;
	vgpu_put_u8(w, !!op.height);
	if (op.height)
		vgpu_put_fields(w, &op, op_fields, ARRAY_SIZE(op_fields));
}

static void load_work(struct vgpu_instance *inst, struct rv100_2d_op *work,
		      struct vgpu_reader *r)
{
	struct rv100_2d_op op;

	if (!vgpu_get(r, "work", 1, 1))
		return;
	memset(&op, 0, sizeof(op));
	vgpu_get_fields(r, &op, op_fields, ARRAY_SIZE(op_fields));
	if (!rv100_2d_possible(&op, inst->vram_size))
		vgpu_refuse(r, "work", "no such operation passes the audit");
	if (vgpu_reader_ok(r))
		*work = op;
}

/* A number that has no other bits than @bits. */
static u32 get_bits(struct vgpu_reader *r, const char *field, u32 bits)
{
	u32 val = vgpu_get(r, field, 4, bits);

	if (val & ~bits)
		vgpu_refuse(r, field, "%#x has bits beyond %#x", val, bits);
	return val & bits;
}

static void save_display(const struct rv100_instance *ri, struct vgpu_writer *w)
{
	vgpu_put_u32s(w, ri->pll, ARRAY_SIZE(ri->pll));
	vgpu_put_u32s(w, ri->palette[0], ARRAY_SIZE(ri->palette[0]));
	vgpu_put_u32s(w, ri->palette[1], ARRAY_SIZE(ri->palette[1]));
	vgpu_put_u32(w, ri->cursor.offset);
	vgpu_put_u32(w, ri->cursor.posn);
	vgpu_put_u32(w, ri->cursor.off);
	vgpu_put_u32(w, ri->crtc_offset);
	vgpu_put_u64(w, ri->frame_acked);
	vgpu_put_u64(w, ri->frame_saved);
	/* The rest of the beam follows from the mode. */
	vgpu_put_u64(w, w->now - ri->timing.epoch_ns);
}

static void load_display(struct vgpu_instance *inst, struct vgpu_reader *r)
{
	struct rv100_instance *ri = inst->priv;
	u64 age;

	vgpu_get_u32s(r, "pll", ri->pll, ARRAY_SIZE(ri->pll), U32_MAX);
	vgpu_get_u32s(r, "palette", ri->palette[0],
		      ARRAY_SIZE(ri->palette[0]), 0xffffff);
	vgpu_get_u32s(r, "second palette", ri->palette[1],
		      ARRAY_SIZE(ri->palette[1]), 0xffffff);
	ri->cursor.offset = get_bits(r, "cursor offset", RV100_CUR_OFFSET_MASK);
	ri->cursor.posn = get_bits(r, "cursor position",
				   RV100_CUR_POSN_X | RV100_CUR_POSN_Y);
	ri->cursor.off = get_bits(r, "cursor cut",
				  RV100_CUR_OFF_X | RV100_CUR_OFF_Y);
	ri->crtc_offset = get_bits(r, "crtc_offset", RV100_CRTC_OFFSET_MASK);
	ri->frame_acked = vgpu_get(r, "frame_acked", 8, U64_MAX);
	ri->frame_saved = vgpu_get(r, "frame_saved", 8, U64_MAX);
	age = vgpu_get(r, "beam", 8, S64_MAX);
	if (vgpu_reader_ok(r))
		rv100_display_load(&inst->regs, r->now - age);
}

static void state_save(struct vgpu_instance *inst, struct vgpu_writer *w)
{
	const struct rv100_instance *ri = inst->priv;

	save_2d(&ri->front, w);
	save_2d(&ri->ctx, w);
	vgpu_fifo_save(&ri->fifo, w);
	save_work(&ri->work, w);
	save_display(ri, w);
}

static void state_load(struct vgpu_instance *inst, struct vgpu_reader *r)
{
	struct rv100_instance *ri = inst->priv;

	load_2d(&ri->front, r);
	load_2d(&ri->ctx, r);
	vgpu_fifo_load(&ri->fifo, r, RV100_REGS_SIZE);
	load_work(inst, &ri->work, r);
	WRITE_ONCE(ri->at_work, ri->work.height);
	load_display(inst, r);
}

const struct vgpu_section rv100_sections[] = {
	{
		.id = VGPU_SECTION_BACKEND,
		.version = 1,
		.name = "2D engine and display",
		.reset = rv100_regs_reset,
		.save = state_save,
		.load = state_load,
	},
};

const unsigned int rv100_nr_sections = ARRAY_SIZE(rv100_sections);
