// SPDX-License-Identifier: GPL-2.0
/*
 * The sysfs directory vgpu/ of a vGPU; docs/abi/sysfs-vgpu describes each file.
 */
#include <linux/err.h>
#include <linux/sysfs.h>

#include "../core.h"
#include "../bus/bus.h"
#include "../display/display.h"
#include "../guard/guard.h"
#include "dir.h"
#include "host.h"

static ssize_t type_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	struct vgpu_vdev *vd = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%s\n", vd->inst.type->name);
}
static DEVICE_ATTR_RO(type);

static ssize_t vram_offset_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	struct vgpu_vdev *vd = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%llu\n", READ_ONCE(vd->inst.vram_offset));
}
static DEVICE_ATTR_RO(vram_offset);

static ssize_t vram_size_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	struct vgpu_vdev *vd = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%llu\n", vd->inst.vram_size);
}
static DEVICE_ATTR_RO(vram_size);

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct vgpu_vdev *vd = dev_get_drvdata(dev);
	const char *missing = NULL;

	if (READ_ONCE(vd->pd->lost))
		return sysfs_emit(buf, "lost\n");
	if (READ_ONCE(vd->faulted))
		return sysfs_emit(buf, "faulted\n");
	if (vd_ops(vd)->hindrance)
		missing = vd_ops(vd)->hindrance(&vd->inst);
	return sysfs_emit(buf, "%s\n", missing ?: "ok");
}
static DEVICE_ATTR_RO(state);

static ssize_t resolution_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	struct vgpu_vdev *vd = dev_get_drvdata(dev);
	/* Not under the trap lock: a guest may hold that for long. */
	u32 mode = READ_ONCE(vd->display.mode);

	return sysfs_emit(buf, "%ux%u\n", mode >> 16, mode & 0xffff);
}

static ssize_t resolution_store(struct device *dev,
				struct device_attribute *attr, const char *buf,
				size_t count)
{
	struct vgpu_vdev *vd = dev_get_drvdata(dev);
	const struct vgpu_type_desc *type = vd->inst.type;
	u32 xres, yres;
	int ret, len = 0;

	if (sscanf(buf, "%5ux%5u%n", &xres, &yres, &len) != 2 ||
	    !sysfs_streq(buf + len, "")) {
		dev_warn_ratelimited(dev, "resolution: not WIDTHxHEIGHT in pixels\n");
		return -EINVAL;
	}
	/* A guest may hold that for long. */
	if (mutex_lock_killable(&vd->trap_lock))
		return -EINTR;
	ret = vgpu_edid_region_prefer(vd, xres, yres);
	mutex_unlock(&vd->trap_lock);
	if (ret)
		dev_warn_ratelimited(dev, "resolution: %ux%u is not within 320x200 to %ux%u, or its width no multiple of 8\n",
				     xres, yres, type->max_xres,
				     type->max_yres);
	return ret ?: count;
}
static DEVICE_ATTR_RW(resolution);

static ssize_t unknown_regs_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	struct vgpu_vdev *vd = dev_get_drvdata(dev);

	/* Not under the trap lock: a guest may hold that for long. */
	return sysfs_emit(buf, "%llu\n", READ_ONCE(vd->inst.regs.unknown));
}
static DEVICE_ATTR_RO(unknown_regs);

static ssize_t show_counter(struct device *dev, char *buf,
			    enum vgpu_counter what)
{
	struct vgpu_vdev *vd = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%llu\n",
			  (u64)atomic64_read(&vd->inst.count[what]));
}

#define COUNTER_ATTR(_name, _what)					\
static ssize_t _name##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	return show_counter(dev, buf, _what);				\
}									\
static DEVICE_ATTR_RO(_name)

static ssize_t traps_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct vgpu_vdev *vd = dev_get_drvdata(dev);
	atomic64_t *count = vd->inst.count;

	return sysfs_emit(buf, "%llu\n",
			  (u64)atomic64_read(&count[VGPU_CNT_TRAPS_READ]) +
			  atomic64_read(&count[VGPU_CNT_TRAPS_WRITE]));
}
static DEVICE_ATTR_RO(traps);

COUNTER_ATTR(traps_read, VGPU_CNT_TRAPS_READ);
COUNTER_ATTR(traps_write, VGPU_CNT_TRAPS_WRITE);
COUNTER_ATTR(traps_config, VGPU_CNT_TRAPS_CONFIG);
COUNTER_ATTR(traps_vram, VGPU_CNT_TRAPS_VRAM);
COUNTER_ATTR(trap_time_ns, VGPU_CNT_TRAP_TIME);
COUNTER_ATTR(faults, VGPU_CNT_FAULTS);

struct entitlement {
	struct device_attribute attr;
	enum vgpu_entitlement what;
};

static ssize_t entitlement_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	struct vgpu_vdev *vd = dev_get_drvdata(dev);
	const struct vgpu_entitled *e = &vd->entitled;

	switch (container_of(attr, struct entitlement, attr)->what) {
	case VGPU_WEIGHT:
		return sysfs_emit(buf, "%u\n", READ_ONCE(e->weight));
	case VGPU_CAP:
		return sysfs_emit(buf, "%u\n",
				  READ_ONCE(e->cap) / VGPU_PERCENT);
	default:
		return sysfs_emit(buf, "%u\n",
				  READ_ONCE(e->min) / VGPU_PERCENT);
	}
}

static ssize_t entitlement_store(struct device *dev,
				 struct device_attribute *attr, const char *buf,
				 size_t count)
{
	struct vgpu_vdev *vd = dev_get_drvdata(dev);
	u32 val;
	int ret;

	ret = vgpu_parse_u32(dev, attr->attr.name, buf, &val);
	if (!ret)
		ret = vgpu_entitle(vd, container_of(attr, struct entitlement,
						    attr)->what, val);
	return ret ?: count;
}

#define ENTITLEMENT(_name, _what)					\
static struct entitlement entitlement_##_name = {			\
	.attr = __ATTR(_name, 0644, entitlement_show, entitlement_store), \
	.what = _what,							\
}

ENTITLEMENT(weight, VGPU_WEIGHT);
ENTITLEMENT(cap, VGPU_CAP);
ENTITLEMENT(min, VGPU_MIN);

static ssize_t show_guard(struct device *dev, char *buf,
			  enum vgpu_guard_kind kind)
{
	static const char * const names[] = {
		[VGPU_WINDOW_NORMAL] = "normal",
		[VGPU_WINDOW_FULL] = "full",
		[VGPU_WINDOW_OVERFLOW] = "overflow",
	};

	struct vgpu_vdev *vd = dev_get_drvdata(dev);
	enum vgpu_window_state state;

	state = kind == VGPU_GUARD_IRQS ? vgpu_vectors_guard(vd) :
					  vgpu_guard_state(vd, kind);
	return sysfs_emit(buf, "%s\n", names[state]);
}

#define GUARD_ATTR(_name, _kind)					\
static ssize_t _name##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	return show_guard(dev, buf, _kind);				\
}									\
static DEVICE_ATTR_RO(_name)

GUARD_ATTR(guard_traps, VGPU_GUARD_TRAPS);
GUARD_ATTR(guard_irqs, VGPU_GUARD_IRQS);
GUARD_ATTR(guard_resets, VGPU_GUARD_RESETS);
GUARD_ATTR(guard_faults, VGPU_GUARD_FAULTS);

static struct attribute *instance_attrs[] = {
	&dev_attr_type.attr,
	&dev_attr_vram_offset.attr,
	&dev_attr_vram_size.attr,
	&dev_attr_state.attr,
	&dev_attr_resolution.attr,
	&entitlement_weight.attr.attr,
	&entitlement_cap.attr.attr,
	&entitlement_min.attr.attr,
	&dev_attr_guard_traps.attr,
	&dev_attr_guard_irqs.attr,
	&dev_attr_guard_resets.attr,
	&dev_attr_guard_faults.attr,
	&dev_attr_traps.attr,
	&dev_attr_traps_read.attr,
	&dev_attr_traps_write.attr,
	&dev_attr_traps_config.attr,
	&dev_attr_traps_vram.attr,
	&dev_attr_trap_time_ns.attr,
	&dev_attr_unknown_regs.attr,
	&dev_attr_faults.attr,
	NULL,
};

/* What has no display has no resolution. */
static umode_t instance_visible(struct kobject *kobj, struct attribute *attr,
				int n)
{
	struct vgpu_vdev *vd = dev_get_drvdata(kobj_to_dir(kobj)->of);

	if (attr == &dev_attr_resolution.attr && !vd->inst.type->num_heads)
		return 0;
	return attr->mode;
}

static const struct attribute_group instance_group = {
	.attrs = instance_attrs,
	.is_visible = instance_visible,
};

static const struct attribute_group *instance_groups[] = {
	&instance_group,
	&vgpu_migration_group,
	NULL,
};

static const struct kobj_type instance_type = {
	.release = vgpu_dir_release,
	.sysfs_ops = &vgpu_dir_device_ops,
	.default_groups = instance_groups,
};

/**
 * vgpu_instance_sysfs_add() - make an instance's directory, with one for each
 *	engine that it is on
 * @vd: the instance, known to its device
 *
 * Return: 0 or -errno; then nothing is left.
 */
int vgpu_instance_sysfs_add(struct vgpu_vdev *vd)
{
	struct device *dev = vd->inst.dev;
	struct vgpu_dir *top;
	int ret;

	INIT_LIST_HEAD(&vd->sysfs);
	top = vgpu_dir_add(&vd->sysfs, &dev->kobj, &instance_type, "vgpu", dev);
	if (IS_ERR(top))
		return PTR_ERR(top);
	ret = vgpu_contexts_sysfs_add(vd, top);
	if (ret)
		vgpu_dirs_remove(&vd->sysfs);
	return ret;
}

/**
 * vgpu_instance_sysfs_remove() - undo vgpu_instance_sysfs_add()
 * @vd: the instance
 */
void vgpu_instance_sysfs_remove(struct vgpu_vdev *vd)
{
	vgpu_dirs_remove(&vd->sysfs);
}
