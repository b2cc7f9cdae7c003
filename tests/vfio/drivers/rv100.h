/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Registers of the RV100 that the tests touch. Names and values as in the
 * kernel's include/video/radeon.h and drivers/gpu/drm/radeon/radeon_reg.h.
 */
#ifndef _RV100_H
#define _RV100_H

#include "gpu.h"

extern const struct type_facts rv100_types[];

void rv100_trespass(struct vdev *d, unsigned int seed);

#define T4	(&rv100_types[0])
#define T8	(&rv100_types[1])
#define T16	(&rv100_types[2])
#define T32	(&rv100_types[3])

#define REGION_IO	VFIO_PCI_BAR1_REGION_INDEX
#define IO_SIZE		256
#define REGS_SIZE	0x4000

#define MM_INDEX			0x0000
#define MM_DATA				0x0004
#define   MM_APER			(1U << 31)
#define CLOCK_CNTL_INDEX		0x0008
#define CLOCK_CNTL_DATA			0x000c
#define   PLL_WR_EN			0x80
#define   PPLL_DIV_0			0x04
#define   PPLL_DIV_3			0x07
#define   NR_PLL			64
#define BIOS_0_SCRATCH			0x0010
#define BIOS_1_SCRATCH			0x0014
#define GEN_INT_CNTL			0x0040
#define GEN_INT_STATUS			0x0044
#define   INT_VBLANK			(1U << 0)
#define   INT_SW			(1U << 25)
#define   INT_SW_FIRE			(1U << 26)
#define CRTC_GEN_CNTL			0x0050
#define   CRTC_DBL_SCAN_EN		(1U << 0)
#define   CRTC_CUR_EN			(1U << 16)
#define   CRTC_CUR_MODE_MONO		(0U << 20)
#define   CRTC_CUR_MODE_24BPP		(2U << 20)
#define   CRTC_EXT_DISP_EN		(1U << 24)
#define   CRTC_EN			(1U << 25)
#define   CRTC_DISP_REQ_EN_B		(1U << 26)
#define CRTC_EXT_CNTL			0x0054
#define   VGA_ATI_LINEAR		(1U << 3)
#define   XCRT_CNT_EN			(1U << 6)
#define   CRTC_HSYNC_DIS			(1U << 8)
#define   CRTC_VSYNC_DIS			(1U << 9)
#define   CRTC_DISPLAY_DIS		(1U << 10)
#define   CRTC_CRT_ON			(1U << 15)
#define DAC_CNTL			0x0058
#define   DAC_8BIT_EN			(1U << 8)
#define   DAC_VGA_ADR_EN		(1U << 13)
#define   DAC_MASK_ALL			(0xffU << 24)
#define CRTC_STATUS			0x005c
#define GPIO_VGA_DDC			0x0060
#define GPIO_DVI_DDC			0x0064
#define   DDC_DATA_IN			(1U << 8)
#define   DDC_CLK_IN			(1U << 9)
#define   DDC_DATA_EN			(1U << 16)
#define   DDC_CLK_EN			(1U << 17)
#define PALETTE_INDEX			0x00b0
#define PALETTE_DATA			0x00b4
#define CNFG_MEMSIZE			0x00f8
#define CNFG_APER_0_BASE		0x0100
#define CNFG_APER_SIZE			0x0108
#define CNFG_REG_1_BASE			0x010c
#define CNFG_REG_APER_SIZE		0x0110
#define MC_FB_LOCATION			0x0148
#define CRTC_H_TOTAL_DISP		0x0200
#define CRTC_H_SYNC_STRT_WID		0x0204
#define CRTC_V_TOTAL_DISP		0x0208
#define CRTC_V_SYNC_STRT_WID		0x020c
#define CRTC_VLINE_CRNT_VLINE		0x0210
#define CRTC_CRNT_FRAME			0x0214
#define CRTC_OFFSET			0x0224
#define CRTC_OFFSET_CNTL		0x0228
#define CRTC_PITCH			0x022c
#define DISPLAY_BASE_ADDR		0x023c
#define CUR_OFFSET			0x0260
#define   CUR_LOCK			(1U << 31)
#define CUR_HORZ_VERT_POSN		0x0264
#define CUR_HORZ_VERT_OFF		0x0268
#define CUR_CLR0			0x026c
#define CUR_CLR1			0x0270
#define SURFACE_CNTL			0x0b00
#define RBBM_STATUS			0x0e40
#define   RBBM_FIFOCNT_MASK		0x7f
#define   RBBM_ACTIVE			(1U << 31)
#define   FIFO_DEPTH			64

#define DST_OFFSET			0x1404
#define DST_PITCH			0x1408
#define DST_WIDTH			0x140c
#define DST_HEIGHT			0x1410
#define SRC_X				0x1414
#define SRC_Y				0x1418
#define DST_X				0x141c
#define DST_Y				0x1420
#define SRC_PITCH_OFFSET		0x1428
#define DST_PITCH_OFFSET		0x142c
#define SRC_Y_X				0x1434
#define DST_Y_X				0x1438
#define DST_HEIGHT_WIDTH		0x143c
#define DP_GUI_MASTER_CNTL		0x146c
#define   GMC_SRC_PITCH_OFFSET_LEAVE	(1U << 0)
#define   GMC_DST_PITCH_OFFSET_LEAVE	(1U << 1)
#define   GMC_SRC_CLIP_LEAVE		(1U << 2)
#define   GMC_DST_CLIP_LEAVE		(1U << 3)
#define   GMC_BRUSH_SOLID		(13U << 4)
#define   GMC_BRUSH_NONE		(15U << 4)
#define   GMC_DST_8BPP			(2U << 8)
#define   GMC_DST_15BPP			(3U << 8)
#define   GMC_DST_16BPP			(4U << 8)
#define   GMC_DST_32BPP			(6U << 8)
#define   GMC_SRC_DSTCOLOR		(3U << 12)
#define   GMC_ROP3(rop)			((uint32_t)(rop) << 16)
#define   GMC_DP_SRC_MEMORY		(2U << 24)
#define   GMC_CLR_CMP_DIS		(1U << 28)
#define   ROP3_SRCCOPY			0xcc
#define   ROP3_PATCOPY			0xf0
#define   ROP3_BLACKNESS		0x00
#define   ROP3_WHITENESS		0xff
#define DP_BRUSH_FRGD_CLR		0x147c
#define DST_WIDTH_X			0x1588
#define DST_HEIGHT_WIDTH_8		0x158c
#define SRC_X_Y				0x1590
#define DST_X_Y				0x1594
#define DST_WIDTH_HEIGHT		0x1598
#define DST_WIDTH_X_INCY		0x159c
#define DST_HEIGHT_Y			0x15a0
#define SRC_OFFSET			0x15ac
#define SRC_PITCH			0x15b0
#define DST_LINE_START			0x1600
#define DST_LINE_END			0x1604
#define SC_LEFT				0x1640
#define SC_RIGHT			0x1644
#define SC_TOP				0x1648
#define SC_BOTTOM			0x164c
#define DP_CNTL				0x16c0
#define   DP_LEFT_TO_RIGHT		(1U << 0)
#define   DP_TOP_TO_BOTTOM		(1U << 1)
#define DP_DATATYPE			0x16c4
#define DP_MIX				0x16c8
#define DP_WRITE_MSK			0x16cc
#define DEFAULT_PITCH_OFFSET		0x16e0
#define DEFAULT_SC_BOTTOM_RIGHT		0x16e8
#define   DEFAULT_SC_MAX		0x1fff1fffU
#define SC_TOP_LEFT			0x16ec
#define SC_BOTTOM_RIGHT			0x16f0
#define WAIT_UNTIL			0x1720

#endif /* _RV100_H */
