/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the core keeps of an instance's display.
 */
#ifndef _VGPU_DISPLAY_TYPES_H
#define _VGPU_DISPLAY_TYPES_H

#include <linux/hrtimer.h>
#include <linux/types.h>
#include <linux/vfio.h>
#include <linux/workqueue.h>
#include <vgpu/ddc.h>

struct vgpu_vdev;

/** Displays that an instance may have: VFIO shows one of a device. */
#define VGPU_MAX_HEADS	1

/**
 * struct vgpu_view - what the display region shows
 * @direct: the partition itself, from @offset for @size bytes; otherwise, and
 *	beyond that, the converted picture
 * @offset: bytes, page aligned
 * @size: bytes, all of them within the partition
 */
struct vgpu_view {
	bool direct;
	u64 offset;
	u64 size;
};

/**
 * struct vgpu_display - what the host shows of an instance
 * @picture: converted picture, XRGB8888; vmalloc'ed
 * @size: bytes in @picture and in the display region
 * @line: room for a line of the guest's memory
 * @dark: all of @picture is black
 * @view: what the region is to show; vgpu_map_display() has it mapped
 * @width: pixels of the picture that was shown last, 0 when user space has been
 *	told of none
 * @height: its lines
 * @was_reset: no picture was shown since the function was reset
 * @edid: the VFIO EDID region's registers
 * @blob: the VFIO EDID region's data
 * @mode: what our own monitor prefers: pixels << 16 | lines; changed under the
 *	trap lock, read without it
 *
 * Protected by the trap lock where not said otherwise.
 */
struct vgpu_display {
	void *picture;
	size_t size;
	void *line;
	bool dark;
	struct vgpu_view view;
	u32 width;
	u32 height;
	bool was_reset;
	struct vfio_region_gfx_edid edid;
	u8 blob[VGPU_EDID_MAX];
	u32 mode;
};

/**
 * struct vgpu_head - the vertical blanks of one display
 * @vd: the instance
 * @timer: when the next one begins
 * @work: tells the backend; owns no reference, cancelled on close
 * @period: ns between two, 0 when nobody wants them; under trap_lock
 */
struct vgpu_head {
	struct vgpu_vdev *vd;
	struct hrtimer timer;
	struct work_struct work;
	u32 period;
};

#endif /* _VGPU_DISPLAY_TYPES_H */
