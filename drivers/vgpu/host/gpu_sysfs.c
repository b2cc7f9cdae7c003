// SPDX-License-Identifier: GPL-2.0
/*
 * The sysfs directory vgpu/ of a physical GPU; docs/abi/sysfs-vgpu describes
 * each file.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/sysfs.h>

#include "../core.h"
#include "dir.h"
#include "host.h"

static struct vgpu_pdev *dev_to_pd(struct device *dev)
{
	struct vgpu_gpu *gpu = dev_get_drvdata(dev);

	return gpu->pd;
}

static ssize_t vram_total_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", dev_to_pd(dev)->gpu.desc.vram.size);
}
static DEVICE_ATTR_RO(vram_total);

static ssize_t vram_reserved_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	struct vgpu_pdev *pd = dev_to_pd(dev);

	return sysfs_emit(buf, "%llu\n",
			  pd->gpu.desc.vram.size - pd->parts.size);
}
static DEVICE_ATTR_RO(vram_reserved);

static ssize_t vram_free_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	struct vgpu_pdev *pd = dev_to_pd(dev);
	u64 n;

	mutex_lock(&pd->lock);
	n = vgpu_parts_total_free(&pd->parts);
	mutex_unlock(&pd->lock);
	return sysfs_emit(buf, "%llu\n", n);
}
static DEVICE_ATTR_RO(vram_free);

static ssize_t vram_largest_free_show(struct device *dev,
				      struct device_attribute *attr, char *buf)
{
	struct vgpu_pdev *pd = dev_to_pd(dev);
	u64 n;

	mutex_lock(&pd->lock);
	n = vgpu_largest_free(pd);
	mutex_unlock(&pd->lock);
	return sysfs_emit(buf, "%llu\n", n);
}
static DEVICE_ATTR_RO(vram_largest_free);

static ssize_t last_refusal_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	struct vgpu_pdev *pd = dev_to_pd(dev);
	ssize_t ret;

	mutex_lock(&pd->lock);
	ret = sysfs_emit(buf, "%s\n", pd->refusal);
	mutex_unlock(&pd->lock);
	return ret;
}
static DEVICE_ATTR_RO(last_refusal);

static const char * const policies[VGPU_NR_POLICIES] = {
	[VGPU_BEST_EFFORT] = "best_effort",
	[VGPU_EQUAL_SHARE] = "equal_share",
	[VGPU_FIXED_SHARE] = "fixed_share",
};

static ssize_t policy_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct vgpu_pdev *pd = dev_to_pd(dev);
	enum vgpu_policy now = READ_ONCE(pd->sharing.policy);
	int i, len = 0;

	for (i = 0; i < VGPU_NR_POLICIES; i++)
		len += sysfs_emit_at(buf, len, i == now ? "[%s]%c" : "%s%c",
				     policies[i],
				     i == VGPU_NR_POLICIES - 1 ? '\n' : ' ');
	return len;
}

static ssize_t policy_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	struct vgpu_pdev *pd = dev_to_pd(dev);
	int policy = sysfs_match_string(policies, buf);
	struct vgpu_sched *eng;

	if (policy < 0) {
		dev_warn_ratelimited(dev, "policy: not one of best_effort, equal_share, fixed_share\n");
		return policy;
	}
	mutex_lock(&pd->lock);
	WRITE_ONCE(pd->sharing.policy, policy);
	for (eng = pd->engines; eng < vgpu_engines_end(pd); eng++) {
		spin_lock_irq(&eng->rl_lock);
		vgpu_runlist_set_policy(&eng->rl, policy, ktime_get_ns());
		spin_unlock_irq(&eng->rl_lock);
		wake_up(&eng->wq);
	}
	mutex_unlock(&pd->lock);
	return count;
}
static DEVICE_ATTR_RW(policy);

/**
 * vgpu_parse_u32() - a number that an operator writes
 * @dev: to whom the file belongs
 * @name: the file
 * @buf: what was written
 * @val: for the number
 *
 * Return: 0, or -EINVAL, also for a number that is too large, and a message.
 */
int vgpu_parse_u32(struct device *dev, const char *name, const char *buf,
		   u32 *val)
{
	if (!kstrtou32(buf, 0, val))
		return 0;
	dev_warn_ratelimited(dev, "%s: not a number of 32 bits\n", name);
	return -EINVAL;
}

/* A number that an operator may set, and what it means to a run list. */
struct setting {
	struct device_attribute attr;
	u32 min;
	u32 max;
	u32 unit;	/* of the run list, or the field, for one of sysfs */
	bool zero;	/* 0 is allowed, too */
	size_t field;	/* u32 in struct vgpu_runlist */
};

static struct setting *to_setting(struct device_attribute *attr)
{
	return container_of(attr, struct setting, attr);
}

static u32 *setting_in(const struct setting *s, struct vgpu_runlist *rl)
{
	return (u32 *)((u8 *)rl + s->field);
}

static int parse(struct device *dev, const char *name, const char *buf,
		 u32 min, u32 max, bool zero, u32 *val)
{
	int ret = vgpu_parse_u32(dev, name, buf, val);

	if (ret)
		return ret;
	if ((*val >= min && *val <= max) || (zero && !*val))
		return 0;
	dev_warn_ratelimited(dev, "%s: %u is not within %u to %u%s\n", name,
			     *val, min, max, zero ? ", or 0" : "");
	return -EINVAL;
}

static ssize_t setting_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	const struct setting *s = to_setting(attr);
	struct vgpu_runlist *rl = &dev_to_pd(dev)->sharing;

	return sysfs_emit(buf, "%u\n", READ_ONCE(*setting_in(s, rl)) / s->unit);
}

static ssize_t setting_store(struct device *dev, struct device_attribute *attr,
			     const char *buf, size_t count)
{
	const struct setting *s = to_setting(attr);
	struct vgpu_pdev *pd = dev_to_pd(dev);
	struct vgpu_sched *eng;
	u32 val;
	int ret;

	ret = parse(dev, attr->attr.name, buf, s->min, s->max, s->zero, &val);
	if (ret)
		return ret;
	mutex_lock(&pd->lock);
	WRITE_ONCE(*setting_in(s, &pd->sharing), val * s->unit);
	for (eng = pd->engines; eng < vgpu_engines_end(pd); eng++) {
		spin_lock_irq(&eng->rl_lock);
		*setting_in(s, &eng->rl) = val * s->unit;
		spin_unlock_irq(&eng->rl_lock);
	}
	mutex_unlock(&pd->lock);
	return count;
}

#define SETTING(_name, _field, _min, _max, _unit, _zero)		\
static struct setting setting_##_name = {				\
	.attr = __ATTR(_name, 0644, setting_show, setting_store),	\
	.min = _min,							\
	.max = _max,							\
	.unit = _unit,							\
	.zero = _zero,							\
	.field = offsetof(struct vgpu_runlist, _field),			\
}

SETTING(slice_us, slice, VGPU_SLICE_MIN / 1000, VGPU_SLICE_MAX / 1000, 1000,
	true);
SETTING(window_ms, window, 10, 4000, 1000000, false);
SETTING(averaging, averaging, 1, 60, 1, false);
SETTING(trap_charge, trap_charge, 0, 1000, 1, false);

static ssize_t watchdog_ms_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n",
			  READ_ONCE(dev_to_pd(dev)->watchdog_us) / 1000);
}

static ssize_t watchdog_ms_store(struct device *dev,
				 struct device_attribute *attr, const char *buf,
				 size_t count)
{
	u32 ms;
	int ret;

	ret = parse(dev, attr->attr.name, buf, VGPU_WATCHDOG_MIN_US / 1000,
		    VGPU_WATCHDOG_MAX_US / 1000, false, &ms);
	if (ret)
		return ret;
	WRITE_ONCE(dev_to_pd(dev)->watchdog_us, ms * 1000);
	return count;
}
static DEVICE_ATTR_RW(watchdog_ms);

struct guard_limit {
	struct device_attribute attr;
	enum vgpu_guard_kind kind;
};

static ssize_t guard_limit_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	const struct guard_limit *g = container_of(attr, struct guard_limit,
						   attr);

	return sysfs_emit(buf, "%u\n",
			  READ_ONCE(dev_to_pd(dev)->guard_limits[g->kind]));
}

static ssize_t guard_limit_store(struct device *dev,
				 struct device_attribute *attr, const char *buf,
				 size_t count)
{
	const struct guard_limit *g = container_of(attr, struct guard_limit,
						   attr);
	u32 limit;
	int ret;

	ret = vgpu_parse_u32(dev, attr->attr.name, buf, &limit);
	if (ret)
		return ret;
	WRITE_ONCE(dev_to_pd(dev)->guard_limits[g->kind], limit);
	return count;
}

#define GUARD_LIMIT(_name, _kind)					\
static struct guard_limit guard_##_name = {				\
	.attr = __ATTR(guard_##_name##_limit, 0644, guard_limit_show,	\
		       guard_limit_store),				\
	.kind = _kind,							\
}

GUARD_LIMIT(traps, VGPU_GUARD_TRAPS);
GUARD_LIMIT(irqs, VGPU_GUARD_IRQS);
GUARD_LIMIT(resets, VGPU_GUARD_RESETS);
GUARD_LIMIT(faults, VGPU_GUARD_FAULTS);

static struct attribute *gpu_attrs[] = {
	&dev_attr_vram_total.attr,
	&dev_attr_vram_reserved.attr,
	&dev_attr_vram_free.attr,
	&dev_attr_vram_largest_free.attr,
	&dev_attr_last_refusal.attr,
	&dev_attr_policy.attr,
	&setting_slice_us.attr.attr,
	&setting_window_ms.attr.attr,
	&setting_averaging.attr.attr,
	&setting_trap_charge.attr.attr,
	&dev_attr_watchdog_ms.attr,
	&guard_traps.attr.attr,
	&guard_irqs.attr.attr,
	&guard_resets.attr.attr,
	&guard_faults.attr.attr,
	NULL,
};
ATTRIBUTE_GROUPS(gpu);

static const struct kobj_type gpu_type = {
	.release = vgpu_dir_release,
	.sysfs_ops = &vgpu_dir_device_ops,
	.default_groups = gpu_groups,
};

/**
 * vgpu_gpu_sysfs_add() - make a GPU's directory, with all that is in it
 * @pd: the GPU, known to its device
 *
 * Return: 0 or -errno; then nothing is left.
 */
int vgpu_gpu_sysfs_add(struct vgpu_pdev *pd)
{
	struct device *dev = pd->gpu.desc.dev;
	struct vgpu_dir *top;
	int ret;

	INIT_LIST_HEAD(&pd->sysfs);
	top = vgpu_dir_add(&pd->sysfs, &dev->kobj, &gpu_type, "vgpu", dev);
	if (IS_ERR(top))
		return PTR_ERR(top);
	ret = vgpu_engines_sysfs_add(pd, top);
	if (!ret)
		ret = vgpu_compact_sysfs_add(pd, top);
	if (ret)
		vgpu_dirs_remove(&pd->sysfs);
	return ret;
}

/**
 * vgpu_gpu_sysfs_remove() - undo vgpu_gpu_sysfs_add()
 * @pd: the GPU
 */
void vgpu_gpu_sysfs_remove(struct vgpu_pdev *pd)
{
	vgpu_dirs_remove(&pd->sysfs);
}
