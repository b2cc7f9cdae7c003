// SPDX-License-Identifier: GPL-2.0
/*
 * The 2D engine's registers: how guest writes change the context image.
 *
 * The chip gives most of its state several names: a coordinate can be written
 * alone or as half of a pair, in either order. Those aliases are rows of two
 * tables here; what has side effects on other state is written out below.
 *
 * Nothing advances by itself: DST_X and DST_Y stay as written after an
 * operation.
 */

#include <linux/bitfield.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "rv100_2d.h"
#include "rv100_regs.h"

#define NONE RV100_NR_FIELDS

static const struct rv100_alias {
	u16 offset;
	u8 high;
	u8 low;
	bool trigger;
} aliases[] = {
	{ RV100_DST_WIDTH, NONE, RV100_W, true },
	{ RV100_DST_HEIGHT, NONE, RV100_H },
	{ RV100_SRC_X, NONE, RV100_SX },
	{ RV100_SRC_Y, NONE, RV100_SY },
	{ RV100_DST_X, NONE, RV100_DX },
	{ RV100_DST_Y, NONE, RV100_DY },
	{ RV100_SRC_Y_X, RV100_SY, RV100_SX },
	{ RV100_SRC_X_Y, RV100_SX, RV100_SY },
	{ RV100_DST_Y_X, RV100_DY, RV100_DX },
	{ RV100_DST_X_Y, RV100_DX, RV100_DY },
	{ RV100_DST_HEIGHT_WIDTH, RV100_H, RV100_W, true },
	{ RV100_DST_WIDTH_HEIGHT, RV100_W, RV100_H, true },
	{ RV100_DST_WIDTH_X, RV100_W, RV100_DX, true },
	{ RV100_DST_HEIGHT_Y, RV100_H, RV100_DY },
	{ RV100_SC_LEFT, NONE, RV100_SC_L },
	{ RV100_SC_TOP, NONE, RV100_SC_T },
	{ RV100_SC_RIGHT, NONE, RV100_SC_R },
	{ RV100_SC_BOTTOM, NONE, RV100_SC_B },
	{ RV100_SC_TOP_LEFT, RV100_SC_T, RV100_SC_L },
	{ RV100_SC_BOTTOM_RIGHT, RV100_SC_B, RV100_SC_R },
	{ RV100_DEFAULT_SC_BOTTOM_RIGHT, RV100_DEF_SC_B, RV100_DEF_SC_R },
	{ RV100_SRC_SC_RIGHT, NONE, RV100_SRC_SC_R },
	{ RV100_SRC_SC_BOTTOM, NONE, RV100_SRC_SC_B },
	{ RV100_SRC_SC_BOTTOM_RIGHT, RV100_SRC_SC_B, RV100_SRC_SC_R },
};

static const struct rv100_plain_reg {
	u16 offset;
	u8 index;
	u32 mask;
} plain_regs[] = {
	{ RV100_DP_CNTL, RV100_P_CNTL, 0xffffffff },
	{ RV100_DP_DATATYPE, RV100_P_DATATYPE, 0xe0070f0f },
	{ RV100_DP_MIX, RV100_P_MIX, 0x00ff0700 },
	{ RV100_DP_WRITE_MASK, RV100_P_WRITE_MASK, 0xffffffff },
	{ RV100_DP_BRUSH_FRGD_CLR, RV100_P_BRUSH_FRGD, 0xffffffff },
	{ RV100_DP_BRUSH_BKGD_CLR, RV100_P_BRUSH_BKGD, 0xffffffff },
	{ RV100_DP_SRC_FRGD_CLR, RV100_P_SRC_FRGD, 0xffffffff },
	{ RV100_DP_SRC_BKGD_CLR, RV100_P_SRC_BKGD, 0xffffffff },
	{ RV100_CLR_CMP_CNTL, RV100_P_CMP_CNTL, 0xffffffff },
	{ RV100_CLR_CMP_CLR_SRC, RV100_P_CMP_SRC, 0xffffffff },
	{ RV100_CLR_CMP_CLR_DST, RV100_P_CMP_DST, 0xffffffff },
	{ RV100_CLR_CMP_MASK, RV100_P_CMP_MASK, 0xffffffff },
	{ RV100_DST_LINE_START, RV100_P_LINE_START, 0xffffffff },
	{ RV100_DST_LINE_END, RV100_P_LINE_END, 0xffffffff },
};

static const struct rv100_alias *find_alias(u32 offset)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(aliases); i++)
		if (aliases[i].offset == offset)
			return &aliases[i];
	return NULL;
}

static const struct rv100_plain_reg *find_plain(u32 offset)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(plain_regs); i++)
		if (plain_regs[i].offset == offset)
			return &plain_regs[i];
	return NULL;
}

/* Positions and sizes have 14 bits, scissors a sign and 14 bits. */
static u32 coord_mask(unsigned int field)
{
	return field < RV100_SC_L ? 0x3fff : 0xbfff;
}

static void set_field(struct rv100_2d_state *s, unsigned int field, u32 val)
{
	if (field != NONE)
		s->field[field] = val & coord_mask(field);
}

static u32 get_field(const struct rv100_2d_state *s, unsigned int field)
{
	return field == NONE ? 0 : s->field[field];
}

static struct rv100_surface unpack_surface(u32 val)
{
	return (struct rv100_surface) {
		.offset = FIELD_GET(RV100_PO_OFFSET, val) << 10,
		.pitch = FIELD_GET(RV100_PO_PITCH, val) << 6,
		.tile = FIELD_GET(RV100_PO_TILE, val),
	};
}

static u32 pack_surface(const struct rv100_surface *surf)
{
	return FIELD_PREP(RV100_PO_OFFSET, surf->offset >> 10) |
	       FIELD_PREP(RV100_PO_PITCH, surf->pitch >> 6) |
	       FIELD_PREP(RV100_PO_TILE, surf->tile);
}

/* One write that stands for several registers, and resets others. */
static void write_gmc(struct rv100_2d_state *s, u32 val)
{
	s->gmc = val;
	s->plain[RV100_P_DATATYPE] =
		FIELD_PREP(RV100_DP_DST_TYPE,
			   FIELD_GET(RV100_GMC_DST_TYPE, val)) |
		FIELD_PREP(RV100_DP_BRUSH_TYPE,
			   FIELD_GET(RV100_GMC_BRUSH_TYPE, val)) |
		FIELD_PREP(RV100_DP_SRC_TYPE,
			   FIELD_GET(RV100_GMC_SRC_TYPE, val)) |
		FIELD_PREP(RV100_DP_BYTE_ORDER,
			   FIELD_GET(RV100_GMC_BYTE_ORDER, val));
	s->plain[RV100_P_MIX] =
		FIELD_PREP(RV100_MIX_ROP3, FIELD_GET(RV100_GMC_ROP3, val)) |
		FIELD_PREP(RV100_MIX_SRC_SOURCE,
			   FIELD_GET(RV100_GMC_SRC_SOURCE, val));
	if (!(val & RV100_GMC_SRC_PITCH_OFFSET))
		s->src = s->def;
	if (!(val & RV100_GMC_DST_PITCH_OFFSET))
		s->dst = s->def;
	if (!(val & RV100_GMC_SRC_CLIPPING)) {
		s->field[RV100_SRC_SC_R] = s->field[RV100_DEF_SC_R];
		s->field[RV100_SRC_SC_B] = s->field[RV100_DEF_SC_B];
	}
	if (!(val & RV100_GMC_DST_CLIPPING)) {
		s->field[RV100_SC_L] = 0;
		s->field[RV100_SC_T] = 0;
		s->field[RV100_SC_R] = s->field[RV100_DEF_SC_R];
		s->field[RV100_SC_B] = s->field[RV100_DEF_SC_B];
	}
	if (val & RV100_GMC_CLR_CMP_DIS)
		s->plain[RV100_P_CMP_CNTL] = 0;
	if (val & RV100_GMC_WR_MSK_DIS)
		s->plain[RV100_P_WRITE_MASK] = 0xffffffff;
}

static void write_direction(struct rv100_2d_state *s, u32 val)
{
	u32 *cntl = &s->plain[RV100_P_CNTL];

	*cntl &= ~(RV100_DST_X_LEFT_TO_RIGHT | RV100_DST_Y_TOP_TO_BOTTOM |
		   RV100_DST_Y_MAJOR);
	if (val & RV100_DIR_X_LEFT_TO_RIGHT)
		*cntl |= RV100_DST_X_LEFT_TO_RIGHT;
	if (val & RV100_DIR_Y_TOP_TO_BOTTOM)
		*cntl |= RV100_DST_Y_TOP_TO_BOTTOM;
	if (val & RV100_DIR_Y_MAJOR)
		*cntl |= RV100_DST_Y_MAJOR;
}

static void write_surface(struct rv100_2d_state *s, u32 offset, u32 val)
{
	switch (offset) {
	case RV100_DST_PITCH_OFFSET:
		s->dst = unpack_surface(val);
		break;
	case RV100_SRC_PITCH_OFFSET:
		s->src = unpack_surface(val);
		break;
	case RV100_DEFAULT_OFFSET:
		s->def = unpack_surface(val);
		break;
	case RV100_DST_OFFSET:
		s->dst.offset = val & RV100_OFFSET_MASK;
		break;
	case RV100_SRC_OFFSET:
		s->src.offset = val & RV100_OFFSET_MASK;
		break;
	case RV100_DST_PITCH:
		s->dst.pitch = val & RV100_PITCH_MASK;
		break;
	case RV100_SRC_PITCH:
		s->src.pitch = val & RV100_PITCH_MASK;
		break;
	case RV100_DST_TILE:
		s->dst.tile = val & RV100_TILE_MASK;
		break;
	case RV100_SRC_TILE:
		s->src.tile = val & RV100_TILE_MASK;
		break;
	}
}

/**
 * rv100_2d_reset() - the state after a reset
 * @s: the state
 *
 * Scissors are open, pixels are 8 bits, directions are forward.
 */
void rv100_2d_reset(struct rv100_2d_state *s)
{
	memset(s, 0, sizeof(*s));
	s->plain[RV100_P_CNTL] = RV100_DST_X_LEFT_TO_RIGHT |
				 RV100_DST_Y_TOP_TO_BOTTOM;
	s->plain[RV100_P_WRITE_MASK] = 0xffffffff;
	rv100_2d_write(s, RV100_DEFAULT_SC_BOTTOM_RIGHT, RV100_SC_MAX);
	rv100_2d_write(s, RV100_DP_GUI_MASTER_CNTL,
		       FIELD_PREP(RV100_GMC_DST_TYPE, RV100_FMT_8BPP) |
		       FIELD_PREP(RV100_GMC_SRC_TYPE, RV100_SRC_TYPE_DST) |
		       FIELD_PREP(RV100_GMC_BRUSH_TYPE, RV100_BRUSH_SOLID));
}

/**
 * rv100_2d_write() - a guest writes an engine register
 * @s: the state, updated
 * @offset: byte offset of the register; one that is not of the 2D engine
 *	changes nothing
 * @val: the value
 *
 * Return: what the write starts, with the state that is now in @s.
 */
enum rv100_2d_trigger rv100_2d_write(struct rv100_2d_state *s, u32 offset,
				     u32 val)
{
	const struct rv100_alias *alias = find_alias(offset);
	const struct rv100_plain_reg *plain = find_plain(offset);

	if (alias) {
		set_field(s, alias->high, val >> 16);
		set_field(s, alias->low, val);
		return alias->trigger ? RV100_TRIGGER_RECT : RV100_TRIGGER_NONE;
	}
	if (plain) {
		s->plain[plain->index] = val & plain->mask;
		return offset == RV100_DST_LINE_END ? RV100_TRIGGER_LINE :
						      RV100_TRIGGER_NONE;
	}
	switch (offset) {
	case RV100_DP_GUI_MASTER_CNTL:
		write_gmc(s, val);
		break;
	case RV100_DP_CNTL_DIR:
		write_direction(s, val);
		break;
	case RV100_MC_FB_LOCATION:
		s->fb_base = FIELD_GET(RV100_MC_FB_START, val) << 16;
		break;
	case RV100_DST_HEIGHT_WIDTH_8:
	case RV100_DST_WIDTH_X_INCY:
	case RV100_DST_HEIGHT_WIDTH_BW:
		return RV100_TRIGGER_OTHER;
	default:
		write_surface(s, offset, val);
		break;
	}
	return RV100_TRIGGER_NONE;
}

static u32 read_direction(const struct rv100_2d_state *s)
{
	u32 cntl = s->plain[RV100_P_CNTL];

	return (cntl & RV100_DST_X_LEFT_TO_RIGHT ?
		RV100_DIR_X_LEFT_TO_RIGHT : 0) |
	       (cntl & RV100_DST_Y_TOP_TO_BOTTOM ?
		RV100_DIR_Y_TOP_TO_BOTTOM : 0) |
	       (cntl & RV100_DST_Y_MAJOR ? RV100_DIR_Y_MAJOR : 0);
}

/**
 * rv100_2d_read() - a guest reads an engine register
 * @s: the state
 * @offset: byte offset of the register
 *
 * Return: the value, seen through whichever alias @offset is; 0 when it is not
 * of the 2D engine.
 */
u32 rv100_2d_read(const struct rv100_2d_state *s, u32 offset)
{
	const struct rv100_alias *alias = find_alias(offset);
	const struct rv100_plain_reg *plain = find_plain(offset);

	if (alias)
		return get_field(s, alias->high) << 16 |
		       get_field(s, alias->low);
	if (plain)
		return s->plain[plain->index];
	switch (offset) {
	case RV100_DP_GUI_MASTER_CNTL:
		return s->gmc;
	case RV100_DP_CNTL_DIR:
		return read_direction(s);
	case RV100_DST_PITCH_OFFSET:
		return pack_surface(&s->dst);
	case RV100_SRC_PITCH_OFFSET:
		return pack_surface(&s->src);
	case RV100_DEFAULT_OFFSET:
		return pack_surface(&s->def);
	case RV100_DST_OFFSET:
		return s->dst.offset;
	case RV100_SRC_OFFSET:
		return s->src.offset;
	case RV100_DST_PITCH:
		return s->dst.pitch;
	case RV100_SRC_PITCH:
		return s->src.pitch;
	case RV100_DST_TILE:
		return s->dst.tile;
	case RV100_SRC_TILE:
		return s->src.tile;
	}
	return 0;
}
