// SPDX-License-Identifier: GPL-2.0
/*
 * The sysfs directory vgpu/ of a physical GPU; docs/abi/sysfs-vgpu describes
 * each file.
 */
#include <linux/sysfs.h>

#include "core.h"

static struct vgpu_core *dev_core(struct device *dev)
{
	struct vgpu_gpu *gpu = dev_get_drvdata(dev);

	return gpu->core;
}

static ssize_t vram_total_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", dev_core(dev)->gpu.desc.vram.size);
}
static DEVICE_ATTR_RO(vram_total);

static ssize_t vram_reserved_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	struct vgpu_core *core = dev_core(dev);

	return sysfs_emit(buf, "%llu\n",
			  core->gpu.desc.vram.size - core->parts.size);
}
static DEVICE_ATTR_RO(vram_reserved);

static ssize_t vram_free_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	struct vgpu_core *core = dev_core(dev);
	u64 n;

	mutex_lock(&core->lock);
	n = vgpu_partitions_total_free(&core->parts);
	mutex_unlock(&core->lock);
	return sysfs_emit(buf, "%llu\n", n);
}
static DEVICE_ATTR_RO(vram_free);

static ssize_t vram_largest_free_show(struct device *dev,
				      struct device_attribute *attr, char *buf)
{
	struct vgpu_core *core = dev_core(dev);
	u64 n;

	mutex_lock(&core->lock);
	n = vgpu_partitions_largest(&core->parts);
	mutex_unlock(&core->lock);
	return sysfs_emit(buf, "%llu\n", n);
}
static DEVICE_ATTR_RO(vram_largest_free);

static ssize_t last_refusal_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	struct vgpu_core *core = dev_core(dev);
	ssize_t ret;

	mutex_lock(&core->lock);
	ret = sysfs_emit(buf, "%s\n", core->refusal);
	mutex_unlock(&core->lock);
	return ret;
}
static DEVICE_ATTR_RO(last_refusal);

static ssize_t slice_us_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(dev_core(dev)->slice_us));
}

static ssize_t slice_us_store(struct device *dev, struct device_attribute *attr,
			      const char *buf, size_t count)
{
	u32 us;
	int ret;

	ret = kstrtou32(buf, 0, &us);
	if (ret)
		return ret;
	if (us < VGPU_SLICE_MIN_US || us > VGPU_SLICE_MAX_US) {
		dev_warn_ratelimited(dev, "slice_us: %u is not within %u to %u\n",
				     us, VGPU_SLICE_MIN_US, VGPU_SLICE_MAX_US);
		return -EINVAL;
	}
	WRITE_ONCE(dev_core(dev)->slice_us, us);
	return count;
}
static DEVICE_ATTR_RW(slice_us);

static struct attribute *gpu_attrs[] = {
	&dev_attr_vram_total.attr,
	&dev_attr_vram_reserved.attr,
	&dev_attr_vram_free.attr,
	&dev_attr_vram_largest_free.attr,
	&dev_attr_last_refusal.attr,
	&dev_attr_slice_us.attr,
	NULL,
};

const struct attribute_group vgpu_gpu_group = {
	.name = "vgpu",
	.attrs = gpu_attrs,
};
