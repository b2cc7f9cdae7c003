/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Migration: an instance becomes a stream of bytes, and a stream an instance, by
 * VFIO's migration protocol.
 */
#ifndef _VGPU_MIGRATE_H
#define _VGPU_MIGRATE_H

#include <linux/types.h>

#include "migrate_types.h"

struct vfio_log_ops;
struct vgpu_vdev;

/* device.c */
extern const struct vgpu_moving vgpu_moving;
void vgpu_migrate_init(struct vgpu_vdev *vd);
bool vgpu_migrate_present(struct vgpu_vdev *vd);
void vgpu_moved(struct vgpu_vdev *vd, enum vgpu_moved what, u64 n);

/* relocate.c */
int vgpu_relocate(struct vgpu_vdev *vd, u64 to, u64 *pause_ns);

/* log.c */
extern const struct vfio_log_ops vgpu_log_ops;

#endif /* _VGPU_MIGRATE_H */
