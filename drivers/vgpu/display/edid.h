/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_EDID_H
#define _VGPU_EDID_H

#include <linux/types.h>

/** Bytes in an EDID block. */
#define VGPU_EDID_BLOCK		128

bool vgpu_edid_fits(u32 xres, u32 yres);
void vgpu_edid_build(u8 *edid, u32 xres, u32 yres, u32 max_xres, u32 max_yres,
		     u64 serial);
bool vgpu_edid_valid(const u8 *edid, u32 len);

#endif /* _VGPU_EDID_H */
