/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_COMPACT_H
#define _VGPU_COMPACT_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct vgpu_pdev;
struct vgpu_type_desc;
struct vgpu_vdev;

/**
 * struct vgpu_compact - moving the instances of a GPU together
 * @lock: somebody does; whoever holds it can rely on it that no instance of
 *	@instances goes away. Protects the counters, too, which are read without it
 * @instances: those that can be moved; &vgpu_pdev.lock protects the list, and @nr
 * @nr: how many they are
 * @moves: how often an instance was moved
 * @bytes: how much that was in all
 * @pause_max: the longest that one was kept from working for it, ns
 */
struct vgpu_compact {
	struct mutex lock;	/* moves, bytes, pause_max */
	struct list_head instances;
	unsigned int nr;
	u64 moves;
	u64 bytes;
	u64 pause_max;
};

/**
 * struct vgpu_movable - an instance, for those
 * @entry: in &vgpu_compact.instances
 * @stays: it could not be moved this time; &vgpu_compact.lock protects it
 */
struct vgpu_movable {
	struct list_head entry;
	bool stays;
};

void vgpu_compact_init(struct vgpu_pdev *pd);
void vgpu_compact_add(struct vgpu_vdev *vd);
void vgpu_compact_remove(struct vgpu_vdev *vd);
int vgpu_compact(struct vgpu_pdev *pd);
int vgpu_compactable(struct vgpu_pdev *pd, const struct vgpu_type_desc *type,
		     u64 *fit);

#endif /* _VGPU_COMPACT_H */
