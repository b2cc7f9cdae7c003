/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Registers of the ATI RV100 that this driver knows: offsets and fields.
 *
 * Facts taken from, in this order: Linux's include/video/radeon.h and the use
 * that radeonfb makes of it, AMD's published register lists for the R100
 * family (as they appear in drivers/gpu/drm/radeon/reg_srcs/r100), and the
 * behaviour of QEMU's ati-vga. docs/hardware-rv100.md says which is which.
 */
#ifndef _RV100_REGS_H
#define _RV100_REGS_H

#include <linux/bits.h>

#define RV100_REGS_SIZE			0x4000
#define RV100_IO_SIZE			0x100
/* What is behind which BAR */
#define RV100_BAR_VRAM			0
#define RV100_BAR_IO			1
#define RV100_BAR_REGS			2
/* Entries of the command FIFO; what RBBM_STATUS says when it is empty. */
#define RV100_FIFO_DEPTH		64

/* Indexed access to registers and VRAM */
#define RV100_MM_INDEX			0x0000
#define   RV100_MM_APER			BIT(31)
#define   RV100_MM_ADDR			GENMASK(30, 2)
#define RV100_MM_DATA			0x0004

/* Clocks: a file of 64 registers behind an index */
#define RV100_CLOCK_CNTL_INDEX		0x0008
#define   RV100_PLL_ADDR		GENMASK(5, 0)
#define   RV100_PLL_WR_EN		BIT(7)
#define   RV100_PPLL_DIV_SEL		GENMASK(9, 8)
#define RV100_CLOCK_CNTL_DATA		0x000c
#define RV100_NR_PLL			64
#define RV100_PPLL_REF_DIV		0x03
#define RV100_P2PLL_REF_DIV		0x2b
#define   RV100_PPLL_REF_DIV_MASK	GENMASK(9, 0)
/* Read: an update is under way. Write: start one. */
#define   RV100_PPLL_ATOMIC_UPDATE	BIT(15)
#define RV100_PPLL_DIV_0		0x04
#define   RV100_PPLL_FB_DIV		GENMASK(10, 0)
#define   RV100_PPLL_POST_DIV		GENMASK(18, 16)
#define RV100_VCLK_ECP_CNTL		0x08
#define   RV100_VCLK_SRC_PPLL		3
#define RV100_M_SPLL_REF_FB_DIV		0x0a
#define RV100_MCLK_CNTL			0x12
#define   RV100_MCLK_FORCE_ON		GENMASK(21, 16)
/* What instances start with, as firmware leaves it: crystal / 12 * 74 for core
 * and memory, crystal / 12 * 90 / 8 (about 640x480 at 60 Hz) for pixels
 */
#define RV100_DEFAULT_REF_DIV		12
#define RV100_DEFAULT_PPLL_DIV		(3 << 16 | 90)
#define RV100_DEFAULT_M_SPLL		0x004a4a0c

#define RV100_BIOS_0_SCRATCH		0x0010
#define RV100_BUS_CNTL			0x0030

/* Interrupts */
#define RV100_GEN_INT_CNTL		0x0040
#define RV100_GEN_INT_STATUS		0x0044
#define   RV100_INT_VBLANK		BIT(0)
#define   RV100_INT_SW			BIT(25)
#define   RV100_INT_SW_FIRE		BIT(26)

/* First CRTC */
#define RV100_CRTC_GEN_CNTL		0x0050
#define   RV100_CRTC_DBL_SCAN_EN	BIT(0)
#define   RV100_CRTC_PIX_WIDTH		GENMASK(11, 8)
#define   RV100_CRTC_CUR_EN		BIT(16)
#define   RV100_CRTC_CUR_MODE		GENMASK(22, 20)
#define     RV100_CUR_MODE_MONO		0
#define     RV100_CUR_MODE_ARGB		2
#define   RV100_CRTC_EXT_DISP_EN	BIT(24)
#define   RV100_CRTC_EN			BIT(25)
#define   RV100_CRTC_DISP_REQ_DIS	BIT(26)
#define RV100_CRTC_EXT_CNTL		0x0054
#define   RV100_CRTC_HSYNC_DIS		BIT(8)
#define   RV100_CRTC_VSYNC_DIS		BIT(9)
#define   RV100_CRTC_DISPLAY_DIS	BIT(10)
#define RV100_DAC_CNTL			0x0058
/* The DAC's comparator sees the load of an analog monitor. */
#define   RV100_DAC_CMP_OUTPUT		BIT(7)
#define RV100_CRTC_STATUS		0x005c
#define   RV100_CRTC_VBLANK_CUR		BIT(0)
#define   RV100_CRTC_VBLANK_SAVE	BIT(1)
#define RV100_CRTC_H_TOTAL_DISP		0x0200
#define   RV100_CRTC_H_TOTAL		GENMASK(9, 0)
#define   RV100_CRTC_H_DISP		GENMASK(24, 16)
#define RV100_CRTC_V_TOTAL_DISP		0x0208
#define   RV100_CRTC_V_TOTAL		GENMASK(11, 0)
#define   RV100_CRTC_V_DISP		GENMASK(27, 16)
#define RV100_CRTC_VLINE_CRNT_VLINE	0x0210
#define   RV100_CRTC_VLINE		GENMASK(10, 0)
#define   RV100_CRTC_CRNT_VLINE		GENMASK(26, 16)
#define RV100_CRTC_CRNT_FRAME		0x0214
#define   RV100_CRTC_FRAME_MASK		GENMASK(20, 0)
#define RV100_CRTC_OFFSET		0x0224
#define   RV100_CRTC_OFFSET_MASK	GENMASK(26, 0)
#define   RV100_CRTC_OFFSET_TRIGGERED	BIT(30)
#define   RV100_CRTC_OFFSET_LOCK	BIT(31)
#define RV100_CRTC_PITCH		0x022c
#define   RV100_CRTC_PITCH_MASK		GENMASK(10, 0)
#define RV100_DISPLAY_BASE_ADDR		0x023c

/* First CRTC's pointer */
#define RV100_CUR_OFFSET		0x0260
#define   RV100_CUR_OFFSET_MASK		GENMASK(26, 4)
#define   RV100_CUR_LOCK		BIT(31)
#define RV100_CUR_HORZ_VERT_POSN	0x0264
#define   RV100_CUR_POSN_X		GENMASK(29, 16)
#define   RV100_CUR_POSN_Y		GENMASK(11, 0)
#define RV100_CUR_HORZ_VERT_OFF		0x0268
#define   RV100_CUR_OFF_X		GENMASK(21, 16)
#define   RV100_CUR_OFF_Y		GENMASK(5, 0)
#define RV100_CUR_CLR0			0x026c
#define RV100_CUR_CLR1			0x0270
#define RV100_CUR_SIZE			64

/* Second CRTC */
#define RV100_CRTC2_GEN_CNTL		0x03f8

/* Pixel formats, of CRTC and 2D engine alike */
#define RV100_FMT_8BPP			2
#define RV100_FMT_15BPP			3
#define RV100_FMT_16BPP			4
#define RV100_FMT_32BPP			6

/* Monitor lines: open drain, one register a connector */
#define RV100_GPIO_VGA_DDC		0x0060
#define RV100_GPIO_DVI_DDC		0x0064
#define   RV100_GPIO_SDA_A		BIT(0)
#define   RV100_GPIO_SCL_A		BIT(1)
#define   RV100_GPIO_SDA_Y		BIT(8)
#define   RV100_GPIO_SCL_Y		BIT(9)
#define   RV100_GPIO_SDA_EN		BIT(16)
#define   RV100_GPIO_SCL_EN		BIT(17)

/* Palette */
#define RV100_DAC_CNTL2			0x007c
#define   RV100_DAC2_PALETTE_ACCESS	BIT(5)
#define RV100_PALETTE_INDEX		0x00b0
#define   RV100_PALETTE_W_INDEX		GENMASK(7, 0)
#define   RV100_PALETTE_R_INDEX		GENMASK(23, 16)
#define RV100_PALETTE_DATA		0x00b4
#define RV100_PALETTE_30_DATA		0x00b8

/* Reset, memory, apertures */
#define RV100_CNFG_CNTL			0x00e0
#define   RV100_CFG_VGA_RAM_EN		BIT(8)
#define   RV100_CFG_VGA_IO_DIS		BIT(9)
#define RV100_RBBM_SOFT_RESET		0x00f0
#define   RV100_SOFT_RESET_ALL		GENMASK(6, 0)
#define RV100_CNFG_MEMSIZE		0x00f8
#define   RV100_CNFG_MEMSIZE_MASK	GENMASK(28, 0)
#define RV100_CNFG_APER_0_BASE		0x0100
#define RV100_CNFG_APER_1_BASE		0x0104
#define RV100_CNFG_APER_SIZE		0x0108
#define RV100_CNFG_REG_1_BASE		0x010c
#define RV100_CNFG_REG_APER_SIZE	0x0110
#define RV100_HOST_PATH_CNTL		0x0130
#define   RV100_HDP_SOFT_RESET		BIT(26)
#define RV100_MC_FB_LOCATION		0x0148
#define   RV100_MC_FB_START		GENMASK(15, 0)
#define RV100_MC_AGP_LOCATION		0x014c
#define RV100_MC_STATUS			0x0150
#define   RV100_MC_IDLE			0x5
#define RV100_SURFACE_CNTL		0x0b00
#define RV100_PCI_CONFIG		0x0f00

/* Command FIFO and engine status */
#define RV100_RBBM_STATUS		0x0e40
#define RV100_RBBM_STATUS_ALT		0x1740
#define   RV100_FIFO_FREE		GENMASK(6, 0)
#define   RV100_GUI_ACTIVE		BIT(31)

/* 2D engine: surfaces */
#define RV100_DST_OFFSET		0x1404
#define RV100_DST_PITCH			0x1408
#define RV100_SRC_PITCH_OFFSET		0x1428
#define RV100_DST_PITCH_OFFSET		0x142c
#define   RV100_PO_OFFSET		GENMASK(21, 0)	/* KiB */
#define   RV100_PO_PITCH		GENMASK(29, 22)	/* 64 bytes */
#define   RV100_PO_TILE			GENMASK(31, 30)
#define RV100_SRC_OFFSET		0x15ac
#define RV100_SRC_PITCH			0x15b0
#define   RV100_OFFSET_MASK		GENMASK(31, 10)
#define   RV100_PITCH_MASK		GENMASK(13, 6)
#define RV100_DEFAULT_OFFSET		0x16e0
#define RV100_DST_TILE			0x1700
#define RV100_SRC_TILE			0x1704
#define   RV100_TILE_MASK		GENMASK(1, 0)

/* 2D engine: coordinates, alone and in pairs */
#define RV100_DST_WIDTH			0x140c
#define RV100_DST_HEIGHT		0x1410
#define RV100_SRC_X			0x1414
#define RV100_SRC_Y			0x1418
#define RV100_DST_X			0x141c
#define RV100_DST_Y			0x1420
#define RV100_SRC_Y_X			0x1434
#define RV100_DST_Y_X			0x1438
#define RV100_DST_HEIGHT_WIDTH		0x143c
#define RV100_DST_WIDTH_X		0x1588
#define RV100_DST_HEIGHT_WIDTH_8	0x158c
#define RV100_SRC_X_Y			0x1590
#define RV100_DST_X_Y			0x1594
#define RV100_DST_WIDTH_HEIGHT		0x1598
#define RV100_DST_WIDTH_X_INCY		0x159c
#define RV100_DST_HEIGHT_Y		0x15a0
#define RV100_DST_HEIGHT_WIDTH_BW	0x15b4
#define RV100_DST_LINE_START		0x1600
#define RV100_DST_LINE_END		0x1604
#define RV100_DST_LINE_PATCOUNT		0x1608

/* 2D engine: scissors */
#define RV100_SC_LEFT			0x1640
#define RV100_SC_RIGHT			0x1644
#define RV100_SC_TOP			0x1648
#define RV100_SC_BOTTOM			0x164c
#define RV100_SRC_SC_RIGHT		0x1654
#define RV100_SRC_SC_BOTTOM		0x165c
#define RV100_DEFAULT_SC_BOTTOM_RIGHT	0x16e8
#define RV100_SC_TOP_LEFT		0x16ec
#define RV100_SC_BOTTOM_RIGHT		0x16f0
#define RV100_SRC_SC_BOTTOM_RIGHT	0x16f4
#define   RV100_SC_SIGN			BIT(15)
#define   RV100_SC_MAX			0x1fff1fff

/* 2D engine: what is drawn and how */
#define RV100_DP_GUI_MASTER_CNTL	0x146c
#define   RV100_GMC_SRC_PITCH_OFFSET	BIT(0)
#define   RV100_GMC_DST_PITCH_OFFSET	BIT(1)
#define   RV100_GMC_SRC_CLIPPING	BIT(2)
#define   RV100_GMC_DST_CLIPPING	BIT(3)
#define   RV100_GMC_BRUSH_TYPE		GENMASK(7, 4)
#define   RV100_GMC_DST_TYPE		GENMASK(11, 8)
#define   RV100_GMC_SRC_TYPE		GENMASK(13, 12)
#define   RV100_GMC_BYTE_ORDER		BIT(14)
#define   RV100_GMC_ROP3		GENMASK(23, 16)
#define   RV100_GMC_SRC_SOURCE		GENMASK(26, 24)
#define   RV100_GMC_CLR_CMP_DIS		BIT(28)
#define   RV100_GMC_AUX_CLIP_DIS	BIT(29)
#define   RV100_GMC_WR_MSK_DIS		BIT(30)
#define RV100_BRUSH_Y_X			0x1474
#define RV100_DP_BRUSH_BKGD_CLR		0x1478
#define RV100_DP_BRUSH_FRGD_CLR		0x147c
#define RV100_BRUSH_DATA0		0x1480
#define RV100_CLR_CMP_CNTL		0x15c0
#define RV100_CLR_CMP_CLR_SRC		0x15c4
#define RV100_CLR_CMP_CLR_DST		0x15c8
#define RV100_CLR_CMP_MASK		0x15cc
#define RV100_DP_SRC_ENDIAN		0x15d4
#define RV100_DP_SRC_FRGD_CLR		0x15d8
#define RV100_DP_SRC_BKGD_CLR		0x15dc
#define RV100_DP_CNTL			0x16c0
#define   RV100_DST_X_LEFT_TO_RIGHT	BIT(0)
#define   RV100_DST_Y_TOP_TO_BOTTOM	BIT(1)
#define   RV100_DST_Y_MAJOR		BIT(2)
#define   RV100_DP_DST_TILE		GENMASK(4, 3)
#define RV100_DP_DATATYPE		0x16c4
#define   RV100_DP_DST_TYPE		GENMASK(3, 0)
#define   RV100_DP_BRUSH_TYPE		GENMASK(11, 8)
#define     RV100_BRUSH_SOLID		13
#define   RV100_DP_SRC_TYPE		GENMASK(17, 16)
#define     RV100_SRC_TYPE_DST		3
#define   RV100_DP_BYTE_ORDER		BIT(30)
#define RV100_DP_MIX			0x16c8
#define   RV100_MIX_SRC_SOURCE		GENMASK(10, 8)
#define     RV100_SRC_MEMORY		2
#define   RV100_MIX_ROP3		GENMASK(23, 16)
#define RV100_DP_WRITE_MASK		0x16cc
#define RV100_DP_CNTL_DIR		0x16d0
#define   RV100_DIR_Y_MAJOR		BIT(2)
#define   RV100_DIR_Y_TOP_TO_BOTTOM	BIT(15)
#define   RV100_DIR_X_LEFT_TO_RIGHT	BIT(31)

/* 2D engine: caches and order */
#define RV100_DSTCACHE_MODE		0x1710
#define RV100_DSTCACHE_CTLSTAT		0x1714
#define   RV100_DC_FLUSH_ALL		0x5
#define   RV100_DC_BUSY			BIT(31)
#define RV100_WAIT_UNTIL		0x1720
#define   RV100_WAIT_2D_IDLECLEAN	BIT(16)
#define RV100_ISYNC_CNTL		0x1724
#define RV100_RBBM_GUICNTL		0x172c
#define RV100_HOST_DATA0		0x17c0
#define RV100_RB3D_CNTL			0x1c3c
#define RV100_RB2D_DSTCACHE_MODE	0x3428
#define RV100_RB2D_DSTCACHE_CTLSTAT	0x342c

/* Raster operations that have a name here; bit 4a+2b+c is f(a, b, c) */
#define RV100_ROP3_BLACKNESS		0x00
#define RV100_ROP3_SRCCOPY		0xcc
#define RV100_ROP3_PATCOPY		0xf0
#define RV100_ROP3_WHITENESS		0xff

#endif /* _RV100_REGS_H */
