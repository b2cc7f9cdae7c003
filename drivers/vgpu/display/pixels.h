/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_PIXELS_H
#define _VGPU_PIXELS_H

#include <linux/types.h>
#include <vgpu/vgpu.h>

bool vgpu_scanout_valid(const struct vgpu_scanout *s, u32 max_xres,
			u32 max_yres, u64 vram_size);
u32 vgpu_scanout_line_bytes(const struct vgpu_scanout *s);
void vgpu_scanout_line(const struct vgpu_scanout *s, u32 *to, const void *from);

bool vgpu_cursor_shown(const struct vgpu_scanout *s, u64 vram_size);
u32 vgpu_cursor_line_bytes(const struct vgpu_cursor *c);
void vgpu_cursor_line(const struct vgpu_cursor *c, u32 *to, u32 width,
		      const void *from);

#endif /* _VGPU_PIXELS_H */
