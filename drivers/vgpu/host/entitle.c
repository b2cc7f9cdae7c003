// SPDX-License-Identifier: GPL-2.0
/*
 * What an instance is entitled to: its engines by its type, and there weight,
 * cap and minimum by its operator. The sum of all minima of an engine never
 * exceeds what there is.
 */
#include <linux/ktime.h>
#include <linux/math64.h>

#include "../core.h"
#include "host.h"
#include "place.h"

/* Weight of a type that does not say. */
#define DEFAULT_WEIGHT	100

static void init_context(struct vgpu_vdev *vd, struct vgpu_context *ctx,
			 struct vgpu_sched *eng, u32 share)
{
	ctx->vd = vd;
	ctx->q.inst = &vd->inst;
	ctx->q.engine = &eng->engine;
	ctx->q.ops = eng->engine.desc->queue_ops;
	vgpu_sched_entity_init(&ctx->se, vd->entitled.weight, share);
}

/**
 * vgpu_entitle_place() - give an instance its engines, and what its type
 *	entitles it to there
 * @vd: the instance; not yet known to anybody, nor on any engine. The GPU's lock
 *	is held
 * @slice: for the slice that it is of
 *
 * Return: 0, -ENOSPC when the VRAM of no slice that would do has room; then it has
 * no engines.
 */
int vgpu_entitle_place(struct vgpu_vdev *vd, u8 *slice)
{
	const struct vgpu_type_desc *type = vd->inst.type;
	struct vgpu_pdev *pd = vd->pd;
	u32 share = div64_u64(vd->inst.vram_size * VGPU_PPM,
			      pd->parts.part[0].size);
	u32 placed[VGPU_MAX_ENGINES];
	struct vgpu_placement where;
	struct vgpu_sched *eng;
	unsigned int i;
	int ret;

	lockdep_assert_held(&pd->lock);
	for (eng = pd->engines; eng < vgpu_engines_end(pd); eng++)
		placed[eng->engine.id] = eng->placed;
	ret = vgpu_place(pd->gpu.desc.engines, pd->gpu.desc.nr_engines,
			 placed, type->classes, type->slice,
			 vgpu_parts_room(&pd->parts, type->vram_size), &where);
	/* There are such engines: that was checked when the GPU was registered. */
	if (ret)
		return -ENOSPC;
	*slice = where.slice;
	vd->entitled.weight = type->weight ?: DEFAULT_WEIGHT;
	vd->entitled.cap = VGPU_PPM;
	vd->nr_ctx = where.nr;
	for (i = 0; i < where.nr; i++) {
		eng = &pd->engines[where.engine[i]];
		eng->placed++;
		init_context(vd, &vd->ctx[i], eng, max(share, 1U));
	}
	return 0;
}

static int refuse(struct vgpu_vdev *vd, const char *field, u32 val, u32 from,
		  u32 to)
{
	dev_warn_ratelimited(vd->vdev.dev, "%s: %u is not within %u to %u\n",
			     field, val, from, to);
	return -EINVAL;
}

/* The fraction of its fullest engine that could be promised to an instance. */
static u32 unpromised(const struct vgpu_vdev *vd)
{
	const struct vgpu_context *ctx;
	u32 left = VGPU_PPM;

	for (ctx = vd->ctx; ctx < vgpu_ctx_end(vd); ctx++)
		left = min(left, VGPU_PPM - (ctx_sched(ctx)->promised -
					     vd->entitled.min));
	return left;
}

static int check(struct vgpu_vdev *vd, enum vgpu_entitlement what, u32 val)
{
	const struct vgpu_entitled *e = &vd->entitled;
	struct vgpu_pdev *pd = vd->pd;
	u32 left = unpromised(vd);

	switch (what) {
	case VGPU_WEIGHT:
		if (val < VGPU_WEIGHT_MIN || val > VGPU_WEIGHT_MAX)
			return refuse(vd, "weight", val, VGPU_WEIGHT_MIN,
				      VGPU_WEIGHT_MAX);
		return 0;
	case VGPU_CAP:
		if (!val || val > 100 || val * VGPU_PERCENT < e->min)
			return refuse(vd, "cap", val,
				      max(e->min / VGPU_PERCENT, 1U), 100);
		return 0;
	case VGPU_MIN:
		if (val > 100 || val * VGPU_PERCENT > e->cap)
			return refuse(vd, "min", val, 0,
				      e->cap / VGPU_PERCENT);
		if (val * VGPU_PERCENT <= left)
			return 0;
		snprintf(pd->refusal, sizeof(pd->refusal),
			 "min: %u percent asked for, %u percent of the GPU are not promised yet",
			 val, left / VGPU_PERCENT);
		dev_warn_ratelimited(vd->vdev.dev, "%s\n", pd->refusal);
		return -ENOSPC;
	}
	return -EINVAL;
}

static void set(struct vgpu_vdev *vd, enum vgpu_entitlement what, u32 val)
{
	struct vgpu_entitled *e = &vd->entitled;

	switch (what) {
	case VGPU_WEIGHT:
		WRITE_ONCE(e->weight, val);
		break;
	case VGPU_CAP:
		WRITE_ONCE(e->cap, val * VGPU_PERCENT);
		break;
	case VGPU_MIN:
		WRITE_ONCE(e->min, val * VGPU_PERCENT);
		break;
	}
}

/**
 * vgpu_entitle() - change what an instance is entitled to
 * @vd: the instance
 * @what: what
 * @val: the new value; see enum vgpu_entitlement
 *
 * On each of its engines, in effect at once.
 *
 * Return: 0, -EINVAL for a value out of range, -ENOSPC when it would promise
 * more than there is; then nothing has changed.
 */
int vgpu_entitle(struct vgpu_vdev *vd, enum vgpu_entitlement what, u32 val)
{
	const struct vgpu_entitled *e = &vd->entitled;
	struct vgpu_pdev *pd = vd->pd;
	struct vgpu_context *ctx;
	u32 min;
	int ret;

	mutex_lock(&pd->lock);
	ret = check(vd, what, val);
	if (ret)
		goto out;
	min = e->min;
	set(vd, what, val);
	for (ctx = vd->ctx; ctx < vgpu_ctx_end(vd); ctx++) {
		struct vgpu_sched *eng = ctx_sched(ctx);

		eng->promised += e->min - min;
		spin_lock_irq(&eng->rl_lock);
		vgpu_runlist_set(&eng->rl, &ctx->se, e->weight, e->cap, e->min,
				 ktime_get_ns());
		spin_unlock_irq(&eng->rl_lock);
		wake_up(&eng->wq);
	}
out:
	mutex_unlock(&pd->lock);
	return ret;
}

/**
 * vgpu_entitle_release() - its engines, and what was promised to it there, are
 *	free again
 * @vd: the instance; off all engines. The GPU's lock is held
 */
void vgpu_entitle_release(struct vgpu_vdev *vd)
{
	struct vgpu_context *ctx;

	lockdep_assert_held(&vd->pd->lock);
	for (ctx = vd->ctx; ctx < vgpu_ctx_end(vd); ctx++) {
		ctx_sched(ctx)->promised -= vd->entitled.min;
		ctx_sched(ctx)->placed--;
	}
}
