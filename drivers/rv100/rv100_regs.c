// SPDX-License-Identifier: GPL-2.0
/*
 * The register file that an instance shows.
 *
 * Four kinds of rows: registers that only remember (SHADOW), that never change
 * (CONST), that have a handler (DEVICE), and that belong to the 2D engine and
 * are queued for it (ENGINE). Handlers of the display are in rv100_display.c
 * and rv100_scanout.c, what engine writes mean is in rv100_2d.c.
 */

#include <linux/bitfield.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "rv100.h"

static struct rv100_instance *priv(const struct vgpu_regfile *rf)
{
	return rf->priv;
}

/* Indexed access: where MM_DATA leads. */
static bool to_vram(struct vgpu_regfile *rf, u32 *at)
{
	u32 index = vgpu_reg_get(rf, RV100_MM_INDEX);

	*at = index & RV100_MM_ADDR;
	return index & RV100_MM_APER;
}

static bool vram_valid(struct vgpu_regfile *rf, u32 at)
{
	return at < rf->inst->vram_size;
}

static u32 mm_data_read(struct vgpu_regfile *rf, u32 offset)
{
	u32 at;

	if (to_vram(rf, &at))
		return vram_valid(rf, at) ?
		       readl(vgpu_vram_at(rf->inst, at)) : 0;
	/* The pair does not reach itself. */
	return at > RV100_MM_DATA ? vgpu_regs_read(rf, at, 4) : 0;
}

static void write_vram(struct vgpu_regfile *rf, u32 at, u32 val, u32 mask)
{
	void __iomem *p = vgpu_vram_at(rf->inst, at);
	unsigned int i;

	if (mask == U32_MAX) {
		writel(val, p);
		return;
	}
	for (i = 0; i < 4; i++)
		if (mask >> i * 8 & 0xff)
			writeb(val >> i * 8, p + i);
}

static void mm_data_write(struct vgpu_regfile *rf, u32 offset, u32 val,
			  u32 mask)
{
	u32 at;

	if (!to_vram(rf, &at)) {
		if (at > RV100_MM_DATA)
			vgpu_regs_write_masked(rf, at, val, mask);
	} else if (vram_valid(rf, at)) {
		write_vram(rf, at, val, mask);
		vgpu_vram_written(rf->inst, at, 4);
	}
}

/* A file of registers behind an index, with a bit that allows writes. */
static u32 pll_read(struct vgpu_regfile *rf, u32 offset)
{
	u32 index = vgpu_reg_get(rf, RV100_CLOCK_CNTL_INDEX);

	return priv(rf)->pll[FIELD_GET(RV100_PLL_ADDR, index)];
}

static void pll_write(struct vgpu_regfile *rf, u32 offset, u32 val, u32 mask)
{
	u32 index = vgpu_reg_get(rf, RV100_CLOCK_CNTL_INDEX);
	u32 n = FIELD_GET(RV100_PLL_ADDR, index);
	u32 *pll = &priv(rf)->pll[n];

	if (!(index & RV100_PLL_WR_EN))
		return;
	*pll = (*pll & ~mask) | (val & mask);
	/* An update is done at once. */
	if (n == RV100_PPLL_REF_DIV || n == RV100_P2PLL_REF_DIV)
		*pll &= ~RV100_PPLL_ATOMIC_UPDATE;
	rv100_display_timing(rf);
}

/* The index register also says which divider is in use. */
static void pll_index_write(struct vgpu_regfile *rf, u32 offset, u32 val,
			    u32 mask)
{
	u32 old = vgpu_reg_get(rf, offset);

	vgpu_reg_set(rf, offset, val);
	if ((old ^ val) & RV100_PPLL_DIV_SEL)
		rv100_display_timing(rf);
}

static u32 config_read(struct vgpu_regfile *rf, u32 offset)
{
	return vgpu_config_read(rf->inst, offset - RV100_PCI_CONFIG, 4);
}

static u32 bar_read(struct vgpu_regfile *rf, u32 offset)
{
	/* There is one aperture: the second is the first. */
	return vgpu_bar_address(rf->inst, offset == RV100_CNFG_REG_1_BASE ?
				RV100_BAR_REGS : RV100_BAR_VRAM);
}

/**
 * rv100_submit() - a write for the engine
 * @rf: the instance's registers
 * @offset: the register
 * @val: the value
 * @starts: it starts an operation
 *
 * Return: see vgpu_fifo_submit().
 */
int rv100_submit(struct vgpu_regfile *rf, u32 offset, u32 val, bool starts)
{
	struct rv100_instance *ri = priv(rf);

	return vgpu_fifo_submit(&ri->fifo, ri->queue, offset, val, starts);
}

static bool engine_busy(struct vgpu_regfile *rf)
{
	return vgpu_fifo_busy(&priv(rf)->fifo, priv(rf)->queue);
}

static u32 rbbm_status_read(struct vgpu_regfile *rf, u32 offset)
{
	u32 level = vgpu_fifo_level(&priv(rf)->fifo);

	return FIELD_PREP(RV100_FIFO_FREE, RV100_FIFO_DEPTH - level) |
	       (engine_busy(rf) ? RV100_GUI_ACTIVE : 0);
}

/* Flushed is what the engine has finished. */
static u32 dstcache_read(struct vgpu_regfile *rf, u32 offset)
{
	return (vgpu_reg_get(rf, offset) & ~RV100_DC_BUSY) |
	       (engine_busy(rf) ? RV100_DC_BUSY : 0);
}

static u32 engine_read(struct vgpu_regfile *rf, u32 offset)
{
	return rv100_2d_read(&priv(rf)->front, offset);
}

/*
 * A part of a register is merged with what the guest reads there, which any
 * alias may have changed; then the whole is queued.
 */
static void engine_write(struct vgpu_regfile *rf, u32 offset, u32 val,
			 u32 mask)
{
	u32 old = rv100_2d_read(&priv(rf)->front, offset);

	val = (old & ~mask) | (val & mask);
	rv100_2d_write(&priv(rf)->front, offset, val);
	vgpu_reg_set(rf, offset, val);
}

#define SHADOW_RUN(_name, _offset, _count, _reset) { .name = (_name), \
	.offset = (_offset), .count = (_count), .reset = (_reset), \
	.wmask = U32_MAX }
#define SHADOW(_name, _offset) SHADOW_RUN(_name, _offset, 1, 0)
#define CONST_RUN(_name, _offset, _count, _reset) { .name = (_name), \
	.offset = (_offset), .count = (_count), .reset = (_reset), \
	.flags = VGPU_REG_RO }
#define CONST(_name, _offset, _reset) CONST_RUN(_name, _offset, 1, _reset)
#define DEVICE(_name, _offset, _read, _write) { .name = (_name), \
	.offset = (_offset), .wmask = U32_MAX, \
	.read = (_read), .write = (_write) }
#define STATUS(_name, _offset, _read) { .name = (_name), \
	.offset = (_offset), .flags = VGPU_REG_RO, .read = (_read) }
#define GPIO(_name, _offset) { .name = (_name), .offset = (_offset), \
	.reset = RV100_GPIO_SDA_Y | RV100_GPIO_SCL_Y, \
	.write = rv100_gpio_write }
#define STARTS(_name, _offset) { .name = (_name), .offset = (_offset), \
	.flags = VGPU_REG_ENGINE | VGPU_REG_STARTS, \
	.read = engine_read, .write = engine_write }
#define ENGINE(_name, _offset) { .name = (_name), .offset = (_offset), \
	.flags = VGPU_REG_ENGINE, \
	.read = engine_read, .write = engine_write }

const struct vgpu_reg rv100_regs[] = {
	/* Indexed access, clocks */
	SHADOW("MM_INDEX", RV100_MM_INDEX),
	DEVICE("MM_DATA", RV100_MM_DATA, mm_data_read, mm_data_write),
	DEVICE("CLOCK_CNTL_INDEX", RV100_CLOCK_CNTL_INDEX, NULL,
	       pll_index_write),
	DEVICE("CLOCK_CNTL_DATA", RV100_CLOCK_CNTL_DATA, pll_read, pll_write),
	SHADOW_RUN("BIOS_SCRATCH", RV100_BIOS_0_SCRATCH, 8, 0),
	SHADOW_RUN("BUS_CNTL", RV100_BUS_CNTL, 2, 0),
	SHADOW_RUN("MEM_VGA_WP_SEL", 0x0038, 2, 0),

	/* Interrupts, first CRTC's control, monitor lines */
	DEVICE("GEN_INT_CNTL", RV100_GEN_INT_CNTL, NULL, rv100_int_cntl_write),
	DEVICE("GEN_INT_STATUS", RV100_GEN_INT_STATUS, rv100_int_status_read,
	       rv100_int_status_write),
	CONST("HI_STAT", 0x004c, 0),
	DEVICE("CRTC_GEN_CNTL", RV100_CRTC_GEN_CNTL, NULL, rv100_crtc_write),
	SHADOW("CRTC_EXT_CNTL", RV100_CRTC_EXT_CNTL),
	DEVICE("DAC_CNTL", RV100_DAC_CNTL, NULL, rv100_dac_cntl_write),
	DEVICE("CRTC_STATUS", RV100_CRTC_STATUS, rv100_crtc_status_read,
	       rv100_crtc_status_write),
	GPIO("GPIO_VGA_DDC", RV100_GPIO_VGA_DDC),
	GPIO("GPIO_DVI_DDC", RV100_GPIO_DVI_DDC),
	GPIO("GPIO_MONID", 0x0068),
	GPIO("GPIO_CRT2_DDC", 0x006c),
	SHADOW("DAC_CNTL2", RV100_DAC_CNTL2),
	SHADOW_RUN("I2C_CNTL_0", 0x0090, 3, 0),

	/* Palette */
	{ .name = "PALETTE_INDEX", .offset = RV100_PALETTE_INDEX,
	  .wmask = RV100_PALETTE_W_INDEX | RV100_PALETTE_R_INDEX },
	DEVICE("PALETTE_DATA", RV100_PALETTE_DATA, rv100_palette_read,
	       rv100_palette_write),
	DEVICE("PALETTE_30_DATA", RV100_PALETTE_30_DATA, rv100_palette_read,
	       rv100_palette_write),

	/* Configuration, memory size and apertures: set for the instance */
	SHADOW("CNFG_CNTL", RV100_CNFG_CNTL),
	SHADOW("RBBM_CNTL", 0x00ec),
	SHADOW("RBBM_SOFT_RESET", RV100_RBBM_SOFT_RESET),
	CONST("CNFG_MEMSIZE", RV100_CNFG_MEMSIZE, 0),
	STATUS("CNFG_APER_0_BASE", RV100_CNFG_APER_0_BASE, bar_read),
	STATUS("CNFG_APER_1_BASE", RV100_CNFG_APER_1_BASE, bar_read),
	CONST("CNFG_APER_SIZE", RV100_CNFG_APER_SIZE, 0),
	STATUS("CNFG_REG_1_BASE", RV100_CNFG_REG_1_BASE, bar_read),
	CONST("CNFG_REG_APER_SIZE", RV100_CNFG_REG_APER_SIZE, RV100_REGS_SIZE),
	SHADOW("FW_CNTL", 0x0118),

	/* Memory controller */
	SHADOW("HOST_PATH_CNTL", RV100_HOST_PATH_CNTL),
	SHADOW_RUN("HDP_DEBUG", 0x0138, 2, 0),
	SHADOW_RUN("MEM_CNTL", 0x0140, 2, 0),
	{ .name = "MC_FB_LOCATION", .offset = RV100_MC_FB_LOCATION,
	  .wmask = U32_MAX, .flags = VGPU_REG_ENGINE },
	SHADOW("MC_AGP_LOCATION", RV100_MC_AGP_LOCATION),
	CONST("MC_STATUS", RV100_MC_STATUS, RV100_MC_IDLE),
	SHADOW_RUN("MEM_INIT_LATENCY_TIMER", 0x0154, 2, 0),
	CONST("NB_TOM", 0x015c, 0),
	SHADOW_RUN("BM_STATUS", 0x0160, 12, 0),
	SHADOW_RUN("GPIOPAD_MASK", 0x0198, 8, 0),
	SHADOW("MPP_TB_CONFIG", 0x01c0),
	SHADOW_RUN("AIC_CTRL", 0x01d0, 7, 0),

	/*
	 * First CRTC: timing, scanout, pointer. What may be set here and is not
	 * shown (tiles, borders, the scaler of flat panels) is listed in
	 * docs/hardware-rv100.md.
	 */
	DEVICE("CRTC_H_TOTAL_DISP", RV100_CRTC_H_TOTAL_DISP, NULL,
	       rv100_crtc_write),
	SHADOW("CRTC_H_SYNC_STRT_WID", 0x0204),
	DEVICE("CRTC_V_TOTAL_DISP", RV100_CRTC_V_TOTAL_DISP, NULL,
	       rv100_crtc_write),
	SHADOW("CRTC_V_SYNC_STRT_WID", 0x020c),
	{ .name = "CRTC_VLINE_CRNT_VLINE",
	  .offset = RV100_CRTC_VLINE_CRNT_VLINE, .wmask = RV100_CRTC_VLINE,
	  .read = rv100_vline_read },
	STATUS("CRTC_CRNT_FRAME", RV100_CRTC_CRNT_FRAME, rv100_frame_read),
	SHADOW_RUN("CRTC_GUI_TRIG_VLINE", 0x0218, 3, 0),
	DEVICE("CRTC_OFFSET", RV100_CRTC_OFFSET, NULL, rv100_offset_write),
	SHADOW("CRTC_OFFSET_CNTL", 0x0228),
	SHADOW("CRTC_PITCH", RV100_CRTC_PITCH),
	SHADOW_RUN("OVR_CLR", 0x0230, 3, 0),
	SHADOW("DISPLAY_BASE_ADDR", RV100_DISPLAY_BASE_ADDR),
	CONST_RUN("SNAPSHOT_VH_COUNTS", 0x0240, 4, 0),
	SHADOW_RUN("FP_CRTC_H_TOTAL_DISP", 0x0250, 4, 0),
	DEVICE("CUR_OFFSET", RV100_CUR_OFFSET, NULL, rv100_cursor_write),
	DEVICE("CUR_HORZ_VERT_POSN", RV100_CUR_HORZ_VERT_POSN, NULL,
	       rv100_cursor_write),
	DEVICE("CUR_HORZ_VERT_OFF", RV100_CUR_HORZ_VERT_OFF, NULL,
	       rv100_cursor_write),
	SHADOW_RUN("CUR_CLR", RV100_CUR_CLR0, 2, 0),
	SHADOW_RUN("FP_HORZ_VERT_ACTIVE", 0x0278, 7, 0),
	SHADOW("TMDS_CNTL", 0x0294),
	SHADOW_RUN("TMDS_CRC", 0x02a0, 2, 0),
	SHADOW_RUN("FP_H_SYNC_STRT_WID", 0x02c4, 2, 0),
	SHADOW_RUN("LVDS_GEN_CNTL", 0x02d0, 4, 0),
	SHADOW_RUN("DDA_CONFIG", 0x02e0, 6, 0),

	/* Second CRTC: remembered, shows nothing */
	SHADOW_RUN("CRTC2_H_TOTAL_DISP", 0x0300, 4, 0),
	CONST_RUN("CRTC2_VLINE_CRNT_VLINE", 0x0310, 2, 0),
	SHADOW_RUN("CRTC2_GUI_TRIG_VLINE", 0x0318, 10, 0),
	SHADOW_RUN("CUR2_OFFSET", 0x0360, 5, 0),
	SHADOW_RUN("CRTC2_CONTROL", 0x03e0, 7, 0),
	CONST("CRTC2_STATUS", 0x03fc, 0),

	/* Overlay, subpicture, capture, TV: remembered, show nothing */
	SHADOW_RUN("OVERLAY", 0x0400, 80, 0),
	SHADOW_RUN("SUBPICTURE", 0x0540, 19, 0),
	/* No command processor: its rings never advance. */
	CONST_RUN("COMMAND_PROCESSOR", 0x0700, 64, 0),
	SHADOW_RUN("TV_OUT", 0x0800, 64, 0),
	SHADOW_RUN("CAPTURE", 0x0900, 64, 0),
	SHADOW_RUN("PAMAC_PAD", 0x0a94, 4, 0),

	/* Surfaces: of the aperture. It is always linear. */
	SHADOW("SURFACE_CNTL", RV100_SURFACE_CNTL),
	SHADOW_RUN("SURFACE", 0x0b04, 31, 0),
	SHADOW_RUN("SURFACE_ACCESS_FLAGS", 0x0bf8, 2, 0),
	SHADOW("VIPH_CONTROL", 0x0c40),
	SHADOW_RUN("DISPLAY_OUTPUT", 0x0d00, 64, 0),

	/* Command FIFO and engine status; PCI configuration space */
	STATUS("RBBM_STATUS", RV100_RBBM_STATUS, rbbm_status_read),
	SHADOW_RUN("RBBM_CNTL_1", 0x0e44, 2, 0),
	SHADOW("NQWAIT_UNTIL", 0x0e50),
	{ .name = "PCI_CONFIG", .offset = RV100_PCI_CONFIG, .count = 64,
	  .flags = VGPU_REG_RO, .read = config_read },

	/* 2D engine */
	ENGINE("DST_OFFSET", RV100_DST_OFFSET),
	ENGINE("DST_PITCH", RV100_DST_PITCH),
	STARTS("DST_WIDTH", RV100_DST_WIDTH),
	ENGINE("DST_HEIGHT", RV100_DST_HEIGHT),
	ENGINE("SRC_X", RV100_SRC_X),
	ENGINE("SRC_Y", RV100_SRC_Y),
	ENGINE("DST_X", RV100_DST_X),
	ENGINE("DST_Y", RV100_DST_Y),
	ENGINE("SRC_PITCH_OFFSET", RV100_SRC_PITCH_OFFSET),
	ENGINE("DST_PITCH_OFFSET", RV100_DST_PITCH_OFFSET),
	ENGINE("SRC_Y_X", RV100_SRC_Y_X),
	ENGINE("DST_Y_X", RV100_DST_Y_X),
	STARTS("DST_HEIGHT_WIDTH", RV100_DST_HEIGHT_WIDTH),
	ENGINE("DP_GUI_MASTER_CNTL", RV100_DP_GUI_MASTER_CNTL),
	SHADOW("BRUSH_Y_X", RV100_BRUSH_Y_X),
	ENGINE("DP_BRUSH_BKGD_CLR", RV100_DP_BRUSH_BKGD_CLR),
	ENGINE("DP_BRUSH_FRGD_CLR", RV100_DP_BRUSH_FRGD_CLR),
	/* Patterns are not drawn. */
	SHADOW_RUN("BRUSH_DATA", RV100_BRUSH_DATA0, 64, 0),
	STARTS("DST_WIDTH_X", RV100_DST_WIDTH_X),
	STARTS("DST_HEIGHT_WIDTH_8", RV100_DST_HEIGHT_WIDTH_8),
	ENGINE("SRC_X_Y", RV100_SRC_X_Y),
	ENGINE("DST_X_Y", RV100_DST_X_Y),
	STARTS("DST_WIDTH_HEIGHT", RV100_DST_WIDTH_HEIGHT),
	STARTS("DST_WIDTH_X_INCY", RV100_DST_WIDTH_X_INCY),
	ENGINE("DST_HEIGHT_Y", RV100_DST_HEIGHT_Y),
	ENGINE("SRC_OFFSET", RV100_SRC_OFFSET),
	ENGINE("SRC_PITCH", RV100_SRC_PITCH),
	STARTS("DST_HEIGHT_WIDTH_BW", RV100_DST_HEIGHT_WIDTH_BW),
	ENGINE("CLR_CMP_CNTL", RV100_CLR_CMP_CNTL),
	ENGINE("CLR_CMP_CLR_SRC", RV100_CLR_CMP_CLR_SRC),
	ENGINE("CLR_CMP_CLR_DST", RV100_CLR_CMP_CLR_DST),
	ENGINE("CLR_CMP_MASK", RV100_CLR_CMP_MASK),
	SHADOW("DP_SRC_ENDIAN", RV100_DP_SRC_ENDIAN),
	ENGINE("DP_SRC_FRGD_CLR", RV100_DP_SRC_FRGD_CLR),
	ENGINE("DP_SRC_BKGD_CLR", RV100_DP_SRC_BKGD_CLR),
	SHADOW_RUN("GUI_SCRATCH", 0x15e0, 6, 0),
	ENGINE("DST_LINE_START", RV100_DST_LINE_START),
	STARTS("DST_LINE_END", RV100_DST_LINE_END),
	SHADOW("DST_LINE_PATCOUNT", RV100_DST_LINE_PATCOUNT),
	ENGINE("SC_LEFT", RV100_SC_LEFT),
	ENGINE("SC_RIGHT", RV100_SC_RIGHT),
	ENGINE("SC_TOP", RV100_SC_TOP),
	ENGINE("SC_BOTTOM", RV100_SC_BOTTOM),
	ENGINE("SRC_SC_RIGHT", RV100_SRC_SC_RIGHT),
	ENGINE("SRC_SC_BOTTOM", RV100_SRC_SC_BOTTOM),
	ENGINE("DP_CNTL", RV100_DP_CNTL),
	ENGINE("DP_DATATYPE", RV100_DP_DATATYPE),
	ENGINE("DP_MIX", RV100_DP_MIX),
	ENGINE("DP_WRITE_MASK", RV100_DP_WRITE_MASK),
	ENGINE("DP_CNTL_XDIR_YDIR_YMAJOR", RV100_DP_CNTL_DIR),
	ENGINE("DEFAULT_OFFSET", RV100_DEFAULT_OFFSET),
	ENGINE("DEFAULT_SC_BOTTOM_RIGHT", RV100_DEFAULT_SC_BOTTOM_RIGHT),
	ENGINE("SC_TOP_LEFT", RV100_SC_TOP_LEFT),
	ENGINE("SC_BOTTOM_RIGHT", RV100_SC_BOTTOM_RIGHT),
	ENGINE("SRC_SC_BOTTOM_RIGHT", RV100_SRC_SC_BOTTOM_RIGHT),
	ENGINE("DST_TILE", RV100_DST_TILE),
	ENGINE("SRC_TILE", RV100_SRC_TILE),

	/* Caches and order: one instance's work is always done in order. */
	SHADOW("DSTCACHE_MODE", RV100_DSTCACHE_MODE),
	DEVICE("DSTCACHE_CTLSTAT", RV100_DSTCACHE_CTLSTAT, dstcache_read, NULL),
	SHADOW("WAIT_UNTIL", RV100_WAIT_UNTIL),
	SHADOW("ISYNC_CNTL", RV100_ISYNC_CNTL),
	SHADOW("RBBM_GUICNTL", RV100_RBBM_GUICNTL),
	STATUS("RBBM_STATUS_ALT", RV100_RBBM_STATUS_ALT, rbbm_status_read),
	SHADOW_RUN("SRC_CLUT", 0x1780, 3, 0),
	/* The operation that would take it was dropped. */
	{ .name = "HOST_DATA", .offset = RV100_HOST_DATA0, .count = 9,
	  .flags = VGPU_REG_WO },
	SHADOW("DP_XOP", 0x17f8),

	/* 3D: drivers only switch it off. */
	SHADOW("RB3D_CNTL", RV100_RB3D_CNTL),
	SHADOW_RUN("RB2D_DSTCACHE_MODE", RV100_RB2D_DSTCACHE_MODE, 2, 0),
};

const unsigned int rv100_nr_regs = ARRAY_SIZE(rv100_regs);

/*
 * A driver that finds no ROM, as in a guest under UEFI, measures the crystal by
 * dividing by what the pixel PLL multiplies with: none may be zero.
 */
static void reset_clocks(struct rv100_instance *ri)
{
	unsigned int i;

	memset(ri->pll, 0, sizeof(ri->pll));
	for (i = 0; i < 4; i++)
		ri->pll[RV100_PPLL_DIV_0 + i] = RV100_DEFAULT_PPLL_DIV;
	ri->pll[RV100_PPLL_REF_DIV] = RV100_DEFAULT_REF_DIV;
	ri->pll[RV100_P2PLL_REF_DIV] = RV100_DEFAULT_REF_DIV;
	ri->pll[RV100_VCLK_ECP_CNTL] = RV100_VCLK_SRC_PPLL;
	ri->pll[RV100_M_SPLL_REF_FB_DIV] = RV100_DEFAULT_M_SPLL;
}

/**
 * rv100_regs_reset() - what depends on the instance, after a reset
 * @inst: the instance; its register file is back at the table's values, and it
 *	is off the engine
 */
void rv100_regs_reset(struct vgpu_instance *inst)
{
	struct vgpu_regfile *rf = &inst->regs;
	struct rv100_instance *ri = inst->priv;
	u32 size = inst->vram_size;

	vgpu_assert_trap_context(inst);
	rv100_2d_reset(&ri->front);
	rv100_2d_reset(&ri->ctx);
	reset_clocks(ri);

	vgpu_reg_set(rf, RV100_CNFG_MEMSIZE, size);
	vgpu_reg_set(rf, RV100_CNFG_APER_SIZE, size);
	/* From 0 to the last byte, in units of 64 KiB */
	vgpu_reg_set(rf, RV100_MC_FB_LOCATION, (size - 1) & 0xffff0000);
	rv100_display_reset(rf);
}
