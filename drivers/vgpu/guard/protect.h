/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an instance may cause, and how much of it.
 */
#ifndef _VGPU_PROTECT_H
#define _VGPU_PROTECT_H

#include <linux/types.h>

#include "guard.h"

struct vgpu_core;
struct vgpu_vdev;

void vgpu_protect_init(struct vgpu_core *core);
bool vgpu_protect_event(struct vgpu_vdev *vd, enum vgpu_guard_kind kind);
bool vgpu_protect_event_of(struct vgpu_vdev *vd, enum vgpu_guard_kind kind,
			   struct vgpu_guard *g);
int vgpu_protect_wait(struct vgpu_vdev *vd, enum vgpu_guard_kind kind);
enum vgpu_guard_state vgpu_protect_state(struct vgpu_vdev *vd,
					 enum vgpu_guard_kind kind);
enum vgpu_guard_state vgpu_protect_state_of(struct vgpu_vdev *vd,
					    enum vgpu_guard_kind kind,
					    struct vgpu_guard *g);

#endif /* _VGPU_PROTECT_H */
