// SPDX-License-Identifier: GPL-2.0
/*
 * The directory vgpu/migration/ of a vGPU: what whoever wants to move it asks before,
 * and what its moves were like. docs/abi/sysfs-vgpu describes each file.
 *
 * These are facts, but for one: how long a VM would stand still depends on the bandwidth,
 * which an operator has to say, and on who moves it, so that it is an estimate.
 */
#include <linux/device.h>
#include <linux/kstrtox.h>
#include <linux/sysfs.h>

#include "../core.h"
#include "../bus/bus.h"
#include "../bus/dirty.h"
#include "../migrate/estimate.h"
#include "../migrate/saver.h"
#include "host.h"

static ssize_t state_size_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  vgpu_saver_whole(dev_get_drvdata(dev)));
}
static DEVICE_ATTR_RO(state_size);

static ssize_t dirty_bytes_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", vgpu_track_bytes(dev_get_drvdata(dev)));
}
static DEVICE_ATTR_RO(dirty_bytes);

static ssize_t dirty_rate_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	u64 rate = vgpu_track_rate(dev_get_drvdata(dev));

	if (rate == VGPU_RATE_UNKNOWN)
		return sysfs_emit(buf, "unknown\n");
	return sysfs_emit(buf, "%llu\n", rate);
}
static DEVICE_ATTR_RO(dirty_rate);

static ssize_t bandwidth_show(struct device *dev,
			      struct device_attribute *attr, char *buf)
{
	struct vgpu_vdev *vd = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%llu\n", READ_ONCE(vd->migration.bandwidth));
}

static ssize_t bandwidth_store(struct device *dev,
			       struct device_attribute *attr, const char *buf,
			       size_t count)
{
	struct vgpu_vdev *vd = dev_get_drvdata(dev);
	u64 val;

	if (kstrtou64(buf, 0, &val)) {
		dev_warn_ratelimited(dev, "bandwidth: not a number of 64 bits\n");
		return -EINVAL;
	}
	WRITE_ONCE(vd->migration.bandwidth, val);
	return count;
}
static DEVICE_ATTR_RW(bandwidth);

static ssize_t downtime_estimate_ns_show(struct device *dev,
					 struct device_attribute *attr,
					 char *buf)
{
	struct vgpu_vdev *vd = dev_get_drvdata(dev);
	const struct vgpu_estimate e = {
		.all = vgpu_saver_whole(vd),
		.memory = vd->inst.vram_size,
		.rate = vgpu_track_rate(vd),
		.bandwidth = READ_ONCE(vd->migration.bandwidth),
	};

	if (!e.bandwidth)
		return sysfs_emit(buf, "unknown\n");
	return sysfs_emit(buf, "%llu\n", vgpu_estimate_downtime(&e));
}
static DEVICE_ATTR_RO(downtime_estimate_ns);

static ssize_t show_moved(struct device *dev, char *buf, enum vgpu_moved what)
{
	struct vgpu_vdev *vd = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%llu\n",
			  (u64)atomic64_read(&vd->migration.moved[what]));
}

#define MOVED_ATTR(_name, _what)					\
static ssize_t _name##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	return show_moved(dev, buf, _what);				\
}									\
static DEVICE_ATTR_RO(_name)

MOVED_ATTR(saves, VGPU_MOVED_SAVES);
MOVED_ATTR(saves_failed, VGPU_MOVED_SAVES_FAILED);
MOVED_ATTR(loads, VGPU_MOVED_LOADS);
MOVED_ATTR(loads_failed, VGPU_MOVED_LOADS_FAILED);
MOVED_ATTR(bytes_sent, VGPU_MOVED_SENT);
MOVED_ATTR(bytes_received, VGPU_MOVED_RECEIVED);
MOVED_ATTR(rounds, VGPU_MOVED_ROUNDS);
MOVED_ATTR(last_stop_bytes, VGPU_MOVED_STOP_BYTES);
MOVED_ATTR(last_stop_ns, VGPU_MOVED_STOP_NS);
MOVED_ATTR(last_start_ns, VGPU_MOVED_START_NS);

static struct attribute *migration_attrs[] = {
	&dev_attr_state_size.attr,
	&dev_attr_dirty_bytes.attr,
	&dev_attr_dirty_rate.attr,
	&dev_attr_bandwidth.attr,
	&dev_attr_downtime_estimate_ns.attr,
	&dev_attr_saves.attr,
	&dev_attr_saves_failed.attr,
	&dev_attr_loads.attr,
	&dev_attr_loads_failed.attr,
	&dev_attr_bytes_sent.attr,
	&dev_attr_bytes_received.attr,
	&dev_attr_rounds.attr,
	&dev_attr_last_stop_bytes.attr,
	&dev_attr_last_stop_ns.attr,
	&dev_attr_last_start_ns.attr,
	NULL,
};

/** vgpu_migration_group - in the directory of an instance */
const struct attribute_group vgpu_migration_group = {
	.name = "migration",
	.attrs = migration_attrs,
};
