/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The display: what the host shows, the monitor that a guest sees, and vertical
 * blanks.
 */
#ifndef _VGPU_DISPLAY_H
#define _VGPU_DISPLAY_H

#include <linux/types.h>

struct vfio_device_gfx_plane_info;
struct vgpu_section;
struct vgpu_vdev;

/* display.c */
extern const struct vgpu_section vgpu_display_section;
int vgpu_display_init(struct vgpu_vdev *vd);
void vgpu_display_fini(struct vgpu_vdev *vd);
void vgpu_display_dark(struct vgpu_vdev *vd);
int vgpu_display_query(struct vgpu_vdev *vd, bool powered,
		       struct vfio_device_gfx_plane_info *plane);
void vgpu_display_read(struct vgpu_vdev *vd, u8 *buf, size_t count, u64 pos);

/* edid_region.c */
extern const struct vgpu_section vgpu_monitor_section;
void vgpu_edid_region_init(struct vgpu_vdev *vd);
int vgpu_edid_region_prefer(struct vgpu_vdev *vd, u32 xres, u32 yres);
ssize_t vgpu_edid_region_rw(struct vgpu_vdev *vd, u8 *buf, size_t count,
			    u64 pos, bool write);

/* vblank.c */
extern const struct vgpu_section vgpu_vblank_section;
void vgpu_vblank_init(struct vgpu_vdev *vd);

#endif /* _VGPU_DISPLAY_H */
