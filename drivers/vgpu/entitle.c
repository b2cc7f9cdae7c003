// SPDX-License-Identifier: GPL-2.0
/*
 * What an operator entitles an instance to: weight, cap, minimum. The sum of
 * all minima of a GPU never exceeds what there is.
 */
#include <linux/ktime.h>
#include <linux/math64.h>

#include "core.h"

/* Weight of a type that does not say. */
#define DEFAULT_WEIGHT	100

/**
 * vgpu_entitle_init() - what the instance's type entitles it to
 * @vd: the instance; not yet known to anybody
 */
void vgpu_entitle_init(struct vgpu_vdev *vd)
{
	struct vgpu_core *core = vd->core;
	u32 weight = vd->inst.type->weight ?: DEFAULT_WEIGHT;
	u32 share = div64_u64(vd->inst.vram_size * VGPU_ALL, core->parts.size);
	unsigned int i;

	for (i = 0; i < core->gpu.desc.nr_engines; i++)
		vgpu_sched_entity_init(&vd->run[i].se, weight, max(share, 1U));
}

static int refuse(struct vgpu_vdev *vd, const char *field, u32 val, u32 from,
		  u32 to)
{
	dev_warn_ratelimited(vd->vdev.dev, "%s: %u is not within %u to %u\n",
			     field, val, from, to);
	return -EINVAL;
}

static int check(struct vgpu_vdev *vd, enum vgpu_entitlement what, u32 val)
{
	const struct vgpu_sched_entity *se = &vd->run[0].se;
	struct vgpu_core *core = vd->core;
	u32 left = VGPU_ALL - (core->promised - se->min);

	switch (what) {
	case VGPU_WEIGHT:
		if (val < VGPU_WEIGHT_MIN || val > VGPU_WEIGHT_MAX)
			return refuse(vd, "weight", val, VGPU_WEIGHT_MIN,
				      VGPU_WEIGHT_MAX);
		return 0;
	case VGPU_CAP:
		if (!val || val > 100 || val * VGPU_PERCENT < se->min)
			return refuse(vd, "cap", val,
				      max(se->min / VGPU_PERCENT, 1U), 100);
		return 0;
	case VGPU_MIN:
		if (val > 100 || val * VGPU_PERCENT > se->cap)
			return refuse(vd, "min", val, 0,
				      se->cap / VGPU_PERCENT);
		if (val * VGPU_PERCENT <= left)
			return 0;
		snprintf(core->refusal, sizeof(core->refusal),
			 "min: %u percent asked for, %u percent of the GPU are not promised yet",
			 val, left / VGPU_PERCENT);
		dev_warn_ratelimited(vd->vdev.dev, "%s\n", core->refusal);
		return -ENOSPC;
	}
	return -EINVAL;
}

/**
 * vgpu_entitle() - change what an instance is entitled to
 * @vd: the instance
 * @what: what
 * @val: the new value; see enum vgpu_entitlement
 *
 * In effect at once.
 *
 * Return: 0, -EINVAL for a value out of range, -ENOSPC when it would promise
 * more than there is; then nothing has changed.
 */
int vgpu_entitle(struct vgpu_vdev *vd, enum vgpu_entitlement what, u32 val)
{
	struct vgpu_core *core = vd->core;
	unsigned int i;
	int ret;

	mutex_lock(&core->lock);
	ret = check(vd, what, val);
	if (ret)
		goto out;
	if (what == VGPU_MIN)
		core->promised += val * VGPU_PERCENT - vd->run[0].se.min;
	for (i = 0; i < core->gpu.desc.nr_engines; i++) {
		struct vgpu_engine *eng = &core->engines[i];
		struct vgpu_sched_entity *se = &vd->run[i].se;

		spin_lock(&eng->rl_lock);
		vgpu_runlist_set(&eng->rl, se,
				 what == VGPU_WEIGHT ? val : se->weight,
				 what == VGPU_CAP ? val * VGPU_PERCENT : se->cap,
				 what == VGPU_MIN ? val * VGPU_PERCENT : se->min,
				 ktime_get_ns());
		spin_unlock(&eng->rl_lock);
		wake_up(&eng->wq);
	}
out:
	mutex_unlock(&core->lock);
	return ret;
}

/**
 * vgpu_entitle_release() - what was promised to an instance is free again
 * @vd: the instance; off all engines
 */
void vgpu_entitle_release(struct vgpu_vdev *vd)
{
	mutex_lock(&vd->core->lock);
	vd->core->promised -= vd->run[0].se.min;
	mutex_unlock(&vd->core->lock);
}
