/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an instance may cause, and how much of it.
 */
#ifndef _VGPU_GUARD_H
#define _VGPU_GUARD_H

#include <linux/types.h>

#include "guard_types.h"
#include "window.h"

struct vgpu_pdev;
struct vgpu_vdev;

void vgpu_guard_init(struct vgpu_pdev *pd);
bool vgpu_guard_event(struct vgpu_vdev *vd, enum vgpu_guard_kind kind);
bool vgpu_guard_event_of(struct vgpu_vdev *vd, enum vgpu_guard_kind kind,
			 struct vgpu_window *w);
int vgpu_guard_wait(struct vgpu_vdev *vd, enum vgpu_guard_kind kind);
enum vgpu_window_state vgpu_guard_state(struct vgpu_vdev *vd,
					enum vgpu_guard_kind kind);
enum vgpu_window_state vgpu_guard_state_of(struct vgpu_vdev *vd,
					   enum vgpu_guard_kind kind,
					   struct vgpu_window *w);

#endif /* _VGPU_GUARD_H */
