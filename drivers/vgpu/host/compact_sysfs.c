// SPDX-License-Identifier: GPL-2.0
/*
 * Moving a GPU's instances together, in its directory vgpu/ in sysfs;
 * docs/abi/sysfs-vgpu describes each file.
 */
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sysfs.h>

#include "../core.h"
#include "dir.h"
#include "host.h"

static struct vgpu_pdev *dev_to_pd(struct device *dev)
{
	struct vgpu_gpu *gpu = dev_get_drvdata(dev);

	return gpu->pd;
}

static ssize_t compact_store(struct device *dev, struct device_attribute *attr,
			     const char *buf, size_t count)
{
	u32 val;
	int ret;

	ret = vgpu_parse_u32(dev, "compact", buf, &val);
	if (ret)
		return ret;
	if (val != 1) {
		dev_warn_ratelimited(dev, "compact: %u is not 1\n", val);
		return -EINVAL;
	}
	return vgpu_compact(dev_to_pd(dev)) ?: count;
}
static DEVICE_ATTR_WO(compact);

#define COUNTER(_name, _field)						\
static ssize_t _name##_show(struct device *dev,			\
			    struct device_attribute *attr, char *buf)	\
{									\
	return sysfs_emit(buf, "%llu\n",				\
			  READ_ONCE(dev_to_pd(dev)->compact._field));	\
}									\
static DEVICE_ATTR_RO(_name)

COUNTER(moves, moves);
COUNTER(moved_bytes, bytes);
COUNTER(move_pause_max_ns, pause_max);

static const struct attribute *compact_attrs[] = {
	&dev_attr_compact.attr,
	&dev_attr_moves.attr,
	&dev_attr_moved_bytes.attr,
	&dev_attr_move_pause_max_ns.attr,
	NULL,
};

static ssize_t compactable_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	struct vgpu_type *type = container_of(attr, struct vgpu_type,
					      compactable);
	u64 fit;
	int ret;

	ret = vgpu_compactable(type->pd, type->desc, &fit);
	return ret ?: sysfs_emit(buf, "%llu\n", fit);
}

static const struct kobj_type compactable_type = {
	.release = vgpu_dir_release,
	.sysfs_ops = &vgpu_dir_device_ops,
};

static int add_compactable(struct vgpu_type *type, struct vgpu_dir *dir)
{
	struct device_attribute *attr = &type->compactable;

	sysfs_attr_init(&attr->attr);
	attr->attr.name = type->desc->name;
	attr->attr.mode = 0444;
	attr->show = compactable_show;
	return sysfs_create_file(&dir->kobj, &attr->attr);
}

/**
 * vgpu_compact_sysfs_add() - the files, and a directory with one for each type
 * @pd: the GPU
 * @top: its directory, in &vgpu_pdev.sysfs
 *
 * Return: 0 or -errno; what is there goes with the directories of that list.
 */
int vgpu_compact_sysfs_add(struct vgpu_pdev *pd, struct vgpu_dir *top)
{
	struct vgpu_dir *dir;
	unsigned int i;
	int ret;

	ret = sysfs_create_files(&top->kobj, compact_attrs);
	if (ret)
		return ret;
	dir = vgpu_dir_add(&pd->sysfs, &top->kobj, &compactable_type,
			   "compactable", pd->gpu.desc.dev);
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	for (i = 0; !ret && i < pd->gpu.desc.nr_types; i++)
		ret = add_compactable(&pd->types[i], dir);
	return ret;
}
