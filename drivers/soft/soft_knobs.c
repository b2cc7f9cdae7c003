// SPDX-License-Identifier: GPL-2.0
/*
 * The directory soft/ of a GPU in sysfs: into how many slices it is cut, whether
 * somebody computes for it, and *knobs*, by which whoever tests software that manages
 * vGPUs has a GPU misbehave. All are off until they are turned on, and off again when
 * the driver is bound anew.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/kstrtox.h>
#include <linux/pci.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "soft.h"
#include "soft_bus.h"

/* The driver takes the directory away before the GPU goes. */
static struct soft_gpu *dev_to_soft(struct device *dev)
{
	return soft_bus_slot(to_pci_dev(dev))->soft;
}

static int refuse_range(struct device *dev, const char *name, int min, int max)
{
	dev_warn_ratelimited(dev, "%s: not a number within %d to %d\n", name,
			     min, max);
	return -EINVAL;
}

/* A number, off at first. */
struct knob {
	struct device_attribute attr;
	int min;
	int max;
	size_t field;	/* int in struct soft_knobs */
};

static int *knob_in(struct device *dev, struct device_attribute *attr)
{
	const struct knob *k = container_of(attr, struct knob, attr);

	return (int *)((u8 *)&dev_to_soft(dev)->knobs + k->field);
}

static ssize_t knob_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(*knob_in(dev, attr)));
}

static ssize_t knob_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t count)
{
	const struct knob *k = container_of(attr, struct knob, attr);
	int val;

	if (kstrtoint(buf, 0, &val) || val < k->min || val > k->max)
		return refuse_range(dev, attr->attr.name, k->min, k->max);
	WRITE_ONCE(*knob_in(dev, attr), val);
	return count;
}

#define KNOB(_name, _field, _min, _max)					\
static struct knob knob_##_name = {					\
	.attr = __ATTR(_name, 0644, knob_show, knob_store),		\
	.min = _min,							\
	.max = _max,							\
	.field = offsetof(struct soft_knobs, _field),			\
}

KNOB(create_delay_ms, create_delay_ms, 0, 600000);
KNOB(remove_delay_ms, remove_delay_ms, 0, 600000);
KNOB(create_error, create_error, 0, 133);
KNOB(available_offset, available_offset, -1000000, 1000000);
KNOB(speed_percent, speed_percent, 1, 100);

static ssize_t slices_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%u\n",
			  READ_ONCE(dev_to_soft(dev)->config->slices));
}

static ssize_t slices_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	u32 slices;
	int ret;

	if (kstrtou32(buf, 0, &slices))
		return refuse_range(dev, "slices", 1, SOFT_SLICES);
	ret = soft_gpu_cut(dev_to_soft(dev), dev, slices);
	return ret ?: count;
}
static DEVICE_ATTR_RW(slices);

static ssize_t executor_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%d\n",
			  READ_ONCE(dev_to_soft(dev)->executor->supervised));
}
static DEVICE_ATTR_RO(executor);

static ssize_t workers_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%u\n",
			  soft_executor_workers(dev_to_soft(dev)->executor));
}
static DEVICE_ATTR_RO(workers);

static ssize_t lost_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t count)
{
	bool lost;

	if (kstrtobool(buf, &lost) || !lost)
		return refuse_range(dev, "lost", 1, 1);
	soft_gpu_lose(dev_to_soft(dev));
	return count;
}
static DEVICE_ATTR_WO(lost);

static ssize_t hang_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	struct soft_gpu *soft = dev_to_soft(dev);
	unsigned int i;
	int len = 0;

	for (i = 0; i < soft_nr_engines(soft); i++)
		if (READ_ONCE(soft->engines[i].hang))
			len += sysfs_emit_at(buf, len, "%s%s", len ? " " : "",
					     soft_engines[i].name);
	return len + sysfs_emit_at(buf, len, "%s\n", len ? "" : "none");
}

static ssize_t hang_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t count)
{
	struct soft_gpu *soft = dev_to_soft(dev);
	unsigned int i;

	for (i = 0; i < soft_nr_engines(soft); i++) {
		if (!sysfs_streq(buf, soft_engines[i].name))
			continue;
		WRITE_ONCE(soft->engines[i].hang, true);
		return count;
	}
	dev_warn_ratelimited(dev, "hang: no engine of that name\n");
	return -EINVAL;
}
static DEVICE_ATTR_RW(hang);

static struct attribute *soft_attrs[] = {
	&dev_attr_slices.attr,
	&dev_attr_executor.attr,
	&dev_attr_workers.attr,
	&dev_attr_lost.attr,
	&dev_attr_hang.attr,
	&knob_create_delay_ms.attr.attr,
	&knob_remove_delay_ms.attr.attr,
	&knob_create_error.attr.attr,
	&knob_available_offset.attr.attr,
	&knob_speed_percent.attr.attr,
	NULL,
};

static const struct attribute_group soft_group = {
	.name = "soft",
	.attrs = soft_attrs,
};

/** soft_groups - what the driver adds to its devices */
const struct attribute_group *soft_groups[] = {
	&soft_group,
	NULL,
};
