/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_WINDOW_H
#define _VGPU_WINDOW_H

#include <linux/types.h>

/**
 * enum vgpu_window_state - is there room for more events
 * @VGPU_WINDOW_NORMAL: below the limit
 * @VGPU_WINDOW_FULL: at the limit: the next event is too many
 * @VGPU_WINDOW_OVERFLOW: events were held back within the last window
 */
enum vgpu_window_state {
	VGPU_WINDOW_NORMAL,
	VGPU_WINDOW_FULL,
	VGPU_WINDOW_OVERFLOW,
};

/**
 * struct vgpu_window - events of one kind in a sliding window
 * @begin: when the current window began, ns
 * @count: events in it
 * @before: events in the window before
 * @refused: when an event was held back last, ns; 0 for never
 */
struct vgpu_window {
	u64 begin;
	u32 count;
	u32 before;
	u64 refused;
};

bool vgpu_window_event(struct vgpu_window *w, u64 span, u32 limit, u64 now);
enum vgpu_window_state vgpu_window_state(struct vgpu_window *w, u64 span,
					 u32 limit, u64 now);

#endif /* _VGPU_WINDOW_H */
