/* SPDX-License-Identifier: GPL-2.0 */
/* What the guest programs use of the RV100's registers. */
#ifndef RV100_H
#define RV100_H

#define MM_INDEX		0x0000
#define   MM_VRAM		(1u << 31)
#define MM_DATA			0x0004
#define MC_FB_LOCATION		0x0148
#define RBBM_STATUS		0x0e40
#define   RBBM_FIFOCNT_MASK	0x007f
#define   GUI_ACTIVE		(1u << 31)
#define SRC_PITCH_OFFSET	0x1428
#define DST_PITCH_OFFSET	0x142c
#define SRC_Y_X			0x1434
#define DST_Y_X			0x1438
#define DST_HEIGHT_WIDTH	0x143c
#define DP_GUI_MASTER_CNTL	0x146c
#define   GMC_SRC_PITCH_OFFSET_CNTL	(1u << 0)
#define   GMC_DST_PITCH_OFFSET_CNTL	(1u << 1)
#define   GMC_BRUSH_SOLID_COLOR	(13u << 4)
#define   GMC_BRUSH_NONE	(15u << 4)
#define   GMC_DST_32BPP		(6u << 8)
#define   GMC_SRC_DATATYPE_COLOR	(3u << 12)
#define   ROP3_PATCOPY		(0xf0u << 16)
#define   ROP3_SRCCOPY		(0xccu << 16)
#define   DP_SRC_SOURCE_MEMORY	(2u << 24)
#define   GMC_CLR_CMP_CNTL_DIS	(1u << 28)
#define   GMC_WR_MSK_DIS	(1u << 30)
#define DP_BRUSH_FRGD_CLR	0x147c
#define DST_WIDTH_HEIGHT	0x1598
#define DP_CNTL			0x16c0
#define   DST_X_LEFT_TO_RIGHT	(1u << 0)
#define   DST_Y_TOP_TO_BOTTOM	(1u << 1)
#define DP_WRITE_MASK		0x16cc
#define DEFAULT_SC_BOTTOM_RIGHT	0x16e8
#define   DEFAULT_SC_RIGHT_MAX	0x1fffu
#define   DEFAULT_SC_BOTTOM_MAX	(0x1fffu << 16)
#define WAIT_UNTIL		0x1720
#define   WAIT_2D_IDLECLEAN	(1u << 16)
#define   WAIT_HOST_IDLECLEAN	(1u << 18)
#define RB2D_DSTCACHE_CTLSTAT	0x342c
#define   RB2D_DC_FLUSH_ALL	0x0f

#endif
