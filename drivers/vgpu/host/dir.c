// SPDX-License-Identifier: GPL-2.0
/*
 * Directories in sysfs, below that of a device.
 *
 * A group of attributes makes one directory in a device's, and no more: those of
 * engines are deeper. A backend's driver, or the mdev core, announces a device
 * before it has one of ours; so they are all there before the device's user is
 * told of it: mdev's "registered" for a GPU, VFIO's device for an instance.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/slab.h>

#include "dir.h"

/** vgpu_dir_release() - &kobj_type.release of every directory */
void vgpu_dir_release(struct kobject *kobj)
{
	kfree(kobj_to_dir(kobj));
}

/** vgpu_dir_plain - a directory that only holds others */
const struct kobj_type vgpu_dir_plain = {
	.release = vgpu_dir_release,
};

/*
 * Files that are a device's, in a directory of their own. Modes are the operator's to
 * change: one that is only read may be opened for writing all the same.
 */
static ssize_t device_show(struct kobject *kobj, struct attribute *attr,
			   char *buf)
{
	struct device_attribute *a = container_of(attr, struct device_attribute,
						  attr);

	return a->show ? a->show(kobj_to_dir(kobj)->of, a, buf) : -EIO;
}

static ssize_t device_store(struct kobject *kobj, struct attribute *attr,
			    const char *buf, size_t count)
{
	struct device_attribute *a = container_of(attr, struct device_attribute,
						  attr);

	return a->store ? a->store(kobj_to_dir(kobj)->of, a, buf, count) : -EIO;
}

/** vgpu_dir_device_ops - of a directory of a &struct device_attribute each */
const struct sysfs_ops vgpu_dir_device_ops = {
	.show = device_show,
	.store = device_store,
};

/**
 * vgpu_dir_add() - make a directory, with its files
 * @dirs: the list that it is put at the end of
 * @parent: where
 * @type: its files; &kobj_type.release is vgpu_dir_release()
 * @name: without a slash
 * @of: what the files tell of
 *
 * Return: the directory, or an error pointer.
 */
struct vgpu_dir *vgpu_dir_add(struct list_head *dirs, struct kobject *parent,
			      const struct kobj_type *type, const char *name,
			      void *of)
{
	struct vgpu_dir *dir = kzalloc(sizeof(*dir), GFP_KERNEL);
	int ret;

	if (!dir)
		return ERR_PTR(-ENOMEM);
	dir->of = of;
	ret = kobject_init_and_add(&dir->kobj, type, parent, "%s", name);
	if (ret) {
		kobject_put(&dir->kobj);
		return ERR_PTR(ret);
	}
	list_add_tail(&dir->entry, dirs);
	return dir;
}

/**
 * vgpu_dirs_remove() - take directories away, the last one first
 * @dirs: list of them; empty afterwards
 *
 * Waits for whoever reads or writes one of their files. Process context, no lock
 * that these take.
 */
void vgpu_dirs_remove(struct list_head *dirs)
{
	struct vgpu_dir *dir, *next;

	might_sleep();
	list_for_each_entry_safe_reverse(dir, next, dirs, entry) {
		list_del(&dir->entry);
		kobject_del(&dir->kobj);
		kobject_put(&dir->kobj);
	}
}
