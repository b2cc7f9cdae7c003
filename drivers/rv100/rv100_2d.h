/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _RV100_2D_H
#define _RV100_2D_H

#include <linux/types.h>

/**
 * DOC: the 2D engine as a guest sees it
 *
 * A guest's engine writes never reach the card. They update a struct
 * rv100_2d_state, which is the instance's context image, and some of them
 * start an operation. rv100_2d_audit() turns the state into one struct
 * rv100_2d_op, that is: a rectangle in plain coordinates, clipped, checked
 * against the partition, with nothing in it that the guest could use to reach
 * past its end. rv100_2d_relocate() then says which register writes carry it
 * out on the card. All of that is computed; none of it touches a device.
 */

/** enum rv100_2d_field - values that several registers set, alone or paired */
enum rv100_2d_field {
	RV100_DX,
	RV100_DY,
	RV100_W,
	RV100_H,
	RV100_SX,
	RV100_SY,
	RV100_SC_L,
	RV100_SC_T,
	RV100_SC_R,
	RV100_SC_B,
	RV100_DEF_SC_R,
	RV100_DEF_SC_B,
	RV100_SRC_SC_R,
	RV100_SRC_SC_B,
	RV100_NR_FIELDS,
};

/** enum rv100_2d_plain - registers that only hold a value */
enum rv100_2d_plain {
	RV100_P_CNTL,
	RV100_P_DATATYPE,
	RV100_P_MIX,
	RV100_P_WRITE_MASK,
	RV100_P_BRUSH_FRGD,
	RV100_P_BRUSH_BKGD,
	RV100_P_SRC_FRGD,
	RV100_P_SRC_BKGD,
	RV100_P_CMP_CNTL,
	RV100_P_CMP_SRC,
	RV100_P_CMP_DST,
	RV100_P_CMP_MASK,
	RV100_P_LINE_START,
	RV100_P_LINE_END,
	RV100_NR_PLAIN,
};

/**
 * struct rv100_surface - where pixels are
 * @offset: GPU address of the first byte, a multiple of 1 KiB
 * @pitch: bytes from one line to the next, a multiple of 64
 * @tile: tiling mode; 0 is linear
 */
struct rv100_surface {
	u32 offset;
	u32 pitch;
	u32 tile;
};

/**
 * struct rv100_2d_state - the complete 2D state of an instance
 * @field: see enum rv100_2d_field; raw bits as in the registers
 * @plain: see enum rv100_2d_plain
 * @dst: destination surface
 * @src: source surface
 * @def: what @dst and @src fall back to
 * @gmc: DP_GUI_MASTER_CNTL as last written
 * @fb_base: GPU address at which the guest has put its VRAM
 */
struct rv100_2d_state {
	u32 field[RV100_NR_FIELDS];
	u32 plain[RV100_NR_PLAIN];
	struct rv100_surface dst;
	struct rv100_surface src;
	struct rv100_surface def;
	u32 gmc;
	u32 fb_base;
};

/**
 * enum rv100_2d_trigger - what a register write starts
 * @RV100_TRIGGER_NONE: nothing
 * @RV100_TRIGGER_RECT: a rectangle
 * @RV100_TRIGGER_LINE: a line
 * @RV100_TRIGGER_OTHER: a form of drawing that is not supported
 */
enum rv100_2d_trigger {
	RV100_TRIGGER_NONE,
	RV100_TRIGGER_RECT,
	RV100_TRIGGER_LINE,
	RV100_TRIGGER_OTHER,
};

/**
 * enum rv100_2d_verdict - what becomes of an operation
 * @RV100_2D_RUN: carry it out
 * @RV100_2D_EMPTY: it touches no pixel
 * @RV100_2D_DROP_LINE: lines are not supported
 * @RV100_2D_DROP_TRIGGER: this trigger register is not supported
 * @RV100_2D_DROP_DATATYPE: destination pixels are not 8, 15, 16 or 32 bits
 * @RV100_2D_DROP_TILE: a surface is tiled
 * @RV100_2D_DROP_PITCH: a surface has no pitch
 * @RV100_2D_DROP_BRUSH: the brush is a pattern
 * @RV100_2D_DROP_SOURCE: the source is not in memory, or has other pixels
 * @RV100_2D_DROP_DST_BOUNDS: the destination leaves the partition
 * @RV100_2D_DROP_SRC_BOUNDS: the source leaves the partition
 * @RV100_2D_NR_VERDICTS: how many there are
 */
enum rv100_2d_verdict {
	RV100_2D_RUN,
	RV100_2D_EMPTY,
	RV100_2D_DROP_LINE,
	RV100_2D_DROP_TRIGGER,
	RV100_2D_DROP_DATATYPE,
	RV100_2D_DROP_TILE,
	RV100_2D_DROP_PITCH,
	RV100_2D_DROP_BRUSH,
	RV100_2D_DROP_SOURCE,
	RV100_2D_DROP_DST_BOUNDS,
	RV100_2D_DROP_SRC_BOUNDS,
	RV100_2D_NR_VERDICTS,
};

/** Highest coordinate that the chip can address, in x and in y. */
#define RV100_MAX_COORD		8191

/**
 * struct rv100_2d_op - one rectangle, audited
 * @dst_offset: start of the destination surface in the partition, bytes
 * @src_offset: start of the source surface in the partition, bytes
 * @dst_pitch: bytes, not 0
 * @src_pitch: bytes, not 0 if @uses_src
 * @dst_x: leftmost pixel
 * @dst_y: topmost line
 * @src_x: leftmost pixel, if @uses_src
 * @src_y: topmost line, if @uses_src
 * @width: pixels, not 0
 * @height: lines, not 0
 * @brush: colour
 * @write_mask: bits of the destination that may change
 * @cmp: colour compare: control, source colour, destination colour, mask
 * @format: RV100_FMT_*
 * @cpp: bytes a pixel
 * @rop: ROP3 code
 * @uses_src: @rop reads the source
 * @right_to_left: order in which the pixels of a line are copied
 * @bottom_to_top: order in which lines are copied
 */
struct rv100_2d_op {
	u32 dst_offset;
	u32 src_offset;
	u32 dst_pitch;
	u32 src_pitch;
	u32 dst_x;
	u32 dst_y;
	u32 src_x;
	u32 src_y;
	u32 width;
	u32 height;
	u32 brush;
	u32 write_mask;
	u32 cmp[4];
	u8 format;
	u8 cpp;
	u8 rop;
	bool uses_src;
	bool right_to_left;
	bool bottom_to_top;
};

/** Register writes that carry out one operation; always this many. */
#define RV100_2D_NR_CMDS	16
/** From here on they are written for each operation, changed or not. */
#define RV100_2D_FIRST_COORD	13

/**
 * struct rv100_2d_cmd - a register write to the card
 * @offset: byte offset
 * @val: value
 */
struct rv100_2d_cmd {
	u32 offset;
	u32 val;
};

void rv100_2d_reset(struct rv100_2d_state *s);
enum rv100_2d_trigger rv100_2d_write(struct rv100_2d_state *s, u32 offset,
				     u32 val);
u32 rv100_2d_read(const struct rv100_2d_state *s, u32 offset);
enum rv100_2d_verdict rv100_2d_audit(const struct rv100_2d_state *s,
				     enum rv100_2d_trigger trigger,
				     u64 vram_size, struct rv100_2d_op *op);
bool rv100_2d_possible(const struct rv100_2d_op *op, u64 vram_size);
void rv100_2d_relocate(const struct rv100_2d_op *op, u64 base,
		       struct rv100_2d_cmd cmds[RV100_2D_NR_CMDS]);
struct rv100_2d_op rv100_2d_band(struct rv100_2d_op *op, u32 max_bytes);
void rv100_2d_extent(const struct rv100_2d_op *op, u64 *begin, u64 *end);
const char *rv100_2d_reason(enum rv100_2d_verdict verdict);

#endif /* _RV100_2D_H */
