/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_DIR_H
#define _VGPU_DIR_H

#include <linux/kobject.h>
#include <linux/list.h>

/**
 * struct vgpu_dir - a directory in sysfs
 * @kobj: its node; allocated by itself, freed with its last reference
 * @of: what its files tell of
 * @entry: in the list of directories that are removed together
 *
 * No file is read or written any more once vgpu_dirs_remove() has returned: @of
 * has to stay until then, and no longer.
 */
struct vgpu_dir {
	struct kobject kobj;
	void *of;
	struct list_head entry;
};

static inline struct vgpu_dir *kobj_to_dir(struct kobject *kobj)
{
	return container_of(kobj, struct vgpu_dir, kobj);
}

struct vgpu_dir *vgpu_dir_add(struct list_head *dirs, struct kobject *parent,
			      const struct kobj_type *type, const char *name,
			      void *of);
void vgpu_dirs_remove(struct list_head *dirs);
void vgpu_dir_release(struct kobject *kobj);

extern const struct kobj_type vgpu_dir_plain;
extern const struct sysfs_ops vgpu_dir_device_ops;

#endif /* _VGPU_DIR_H */
