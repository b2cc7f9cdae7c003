// SPDX-License-Identifier: GPL-2.0
/*
 * The partitions of a GPU's instances are moved together, while these run, so that
 * larger types fit again. Where each goes is pack.c's to say, how it gets there
 * migrate/relocate.c's.
 *
 * Both places of an instance are taken while it is moved: nobody is put where it
 * arrives, and where it was nobody is before that is cleared. What is planned is looked
 * at anew after each step, since others come and go meanwhile. An instance that cannot
 * be moved stays, and the next plan goes by that.
 *
 * An instance that is about to come or to go is not in the list: its partition is taken
 * for one that stays.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "../core.h"
#include "../migrate/migrate.h"
#include "../work/sched.h"
#include "host.h"
#include "pack.h"

/**
 * struct plan - what is to be done in one part of VRAM
 * @pack: the next step
 * @base: where the part begins in VRAM
 * @sizes: of the types that may lie there, falling
 * @nr_sizes: how many
 * @pieces: partitions that can be moved
 * @who: whose they are
 * @nr: how many
 */
struct plan {
	struct vgpu_pack pack;
	u64 base;
	u64 *sizes;
	unsigned int nr_sizes;
	struct vgpu_piece *pieces;
	struct vgpu_vdev **who;
	unsigned int nr;
};

static bool can_move(const struct vgpu_pdev *pd)
{
	return pd->gpu.desc.ops->relocated;
}

static void plan_end(struct plan *plan)
{
	vgpu_pack_fini(&plan->pack);
	kvfree(plan->who);
	kvfree(plan->pieces);
	kfree(plan->sizes);
}

static int by_size(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x > y ? -1 : x < y;
}

static void take_sizes(struct plan *plan, const struct vgpu_pdev *pd,
		       unsigned int part)
{
	unsigned int i;

	for (i = 0; i < pd->gpu.desc.nr_types; i++) {
		const struct vgpu_type_desc *t = pd->types[i].desc;

		if (vgpu_parts_is_of(&pd->parts, part, t->slice))
			plan->sizes[plan->nr_sizes++] = t->vram_size;
	}
	sort(plan->sizes, plan->nr_sizes, sizeof(*plan->sizes), by_size, NULL);
}

static void take_pieces(struct plan *plan, struct vgpu_pdev *pd,
			unsigned int part, bool all)
{
	struct vgpu_vdev *vd;

	lockdep_assert_held(&pd->lock);
	list_for_each_entry(vd, &pd->compact.instances, movable.entry) {
		struct vgpu_piece *piece = &plan->pieces[plan->nr];
		/* It may move, within its part, while one only looks. */
		u64 at = READ_ONCE(vd->inst.vram_offset);

		if (vgpu_parts_at(&pd->parts, at) != part ||
		    (vd->movable.stays && !all))
			continue;
		piece->offset = at - plan->base;
		piece->size = vd->inst.vram_size;
		plan->who[plan->nr++] = vd;
	}
}

static int plan_locked(struct plan *plan, struct vgpu_pdev *pd,
		       unsigned int part, bool all)
{
	size_t n = pd->compact.nr + 1;

	lockdep_assert_held(&pd->lock);
	plan->sizes = kcalloc(pd->gpu.desc.nr_types, sizeof(*plan->sizes),
			      GFP_KERNEL);
	plan->pieces = kvcalloc(n, sizeof(*plan->pieces), GFP_KERNEL);
	plan->who = kvcalloc(n, sizeof(*plan->who), GFP_KERNEL);
	if (!plan->sizes || !plan->pieces || !plan->who)
		return -ENOMEM;
	plan->base = part * pd->parts.part[0].size;
	take_sizes(plan, pd, part);
	take_pieces(plan, pd, part, all);
	return vgpu_pack_init(&plan->pack, &pd->parts.part[part], plan->pieces,
			      plan->nr, plan->sizes, plan->nr_sizes);
}

/* As it is now; @all: as if all could be moved. */
static int plan_begin(struct plan *plan, struct vgpu_pdev *pd,
		      unsigned int part, bool all)
{
	int ret;

	memset(plan, 0, sizeof(*plan));
	mutex_lock(&pd->lock);
	ret = plan_locked(plan, pd, part, all);
	mutex_unlock(&pd->lock);
	if (ret)
		plan_end(plan);
	return ret;
}

static int take_place(struct vgpu_pdev *pd, u64 at, u64 size)
{
	int ret;

	mutex_lock(&pd->lock);
	ret = vgpu_parts_take(&pd->parts, at, size);
	mutex_unlock(&pd->lock);
	return ret;
}

/* Nobody sees what is there. */
static void leave_place(struct vgpu_pdev *pd, u64 at, u64 size)
{
	vgpu_scrub(pd, at, size);
	mutex_lock(&pd->lock);
	vgpu_parts_free(&pd->parts, at, size);
	mutex_unlock(&pd->lock);
}

static void count_move(struct vgpu_compact *c, u64 bytes, u64 pause)
{
	lockdep_assert_held(&c->lock);
	WRITE_ONCE(c->moves, c->moves + 1);
	WRITE_ONCE(c->bytes, c->bytes + bytes);
	WRITE_ONCE(c->pause_max, max(c->pause_max, pause));
}

/* Return: 0, -ENOSPC when somebody has come to be there; or as vgpu_relocate(). */
static int move(struct vgpu_vdev *vd, u64 to)
{
	u64 from = vd->inst.vram_offset, size = vd->inst.vram_size, pause;
	struct vgpu_pdev *pd = vd->pd;
	int ret;

	lockdep_assert_held(&pd->compact.lock);
	ret = take_place(pd, to, size);
	if (ret)
		return ret;
	ret = vgpu_relocate(vd, to, &pause);
	if (!ret)
		count_move(&pd->compact, size, pause);
	leave_place(pd, ret ? to : from, size);
	return ret;
}

static void say_stays(struct vgpu_vdev *vd, int err)
{
	const char *why = err == -ENOMEM ? "no memory" :
		"it is being migrated, in an error, busy, or its memory is in use";

	vd->movable.stays = true;
	dev_notice(vd->inst.dev, "compact: not moved: %s\n", why);
}

/* One step. Return: -errno when there is no sense in another. */
static int carry_out(struct plan *plan, bool *hindered)
{
	unsigned int i;
	int ret;

	for (i = 0; i < plan->pack.nr_shifts; i++) {
		const struct vgpu_shift *s = &plan->pack.shifts[i];

		ret = move(plan->who[s->piece], plan->base + s->to);
		/* Others came in between: it has to be thought over. */
		if (ret == -ENOSPC)
			return 0;
		if (ret == -EBUSY || ret == -ENOMEM) {
			say_stays(plan->who[s->piece], ret);
			*hindered = true;
			return 0;
		}
		if (ret)
			return ret;
	}
	return 0;
}

static int compact_part(struct vgpu_pdev *pd, unsigned int part, bool *hindered)
{
	struct plan plan;
	int ret, more;

	do {
		ret = plan_begin(&plan, pd, part, false);
		if (ret)
			return ret;
		more = vgpu_pack_next(&plan.pack);
		ret = more > 0 ? carry_out(&plan, hindered) : more;
		plan_end(&plan);
		if (!ret && signal_pending(current))
			ret = -ERESTARTSYS;
	} while (more && !ret);
	return ret;
}

static void forget_who_stays(struct vgpu_pdev *pd)
{
	struct vgpu_vdev *vd;

	lockdep_assert_held(&pd->compact.lock);
	mutex_lock(&pd->lock);
	list_for_each_entry(vd, &pd->compact.instances, movable.entry)
		vd->movable.stays = false;
	mutex_unlock(&pd->lock);
}

/**
 * vgpu_compact() - move the partitions of a GPU together
 * @pd: the GPU
 *
 * Process context, no lock held. What was moved stays so, whatever is returned.
 *
 * Return: 0; -EOPNOTSUPP where the backend cannot have them moved; -EBUSY when an
 * instance could not be moved, and one more would have fit otherwise; -ENOMEM; -EIO
 * when the GPU is lost; -EINTR or -ERESTART* for a signal, also that by which the
 * caller is frozen.
 */
int vgpu_compact(struct vgpu_pdev *pd)
{
	struct vgpu_compact *c = &pd->compact;
	bool hindered = false;
	unsigned int i;
	u64 moves;
	int ret;

	might_sleep();
	if (!can_move(pd)) {
		dev_warn_ratelimited(pd->gpu.desc.dev,
				     "compact: vGPUs of this GPU cannot be moved\n");
		return -EOPNOTSUPP;
	}
	if (READ_ONCE(pd->lost))
		return -EIO;
	ret = mutex_lock_interruptible(&c->lock);
	if (ret)
		return ret;
	moves = c->moves;
	forget_who_stays(pd);
	for (i = 0; !ret && i < pd->parts.nr; i++)
		ret = compact_part(pd, i, &hindered);
	moves = c->moves - moves;
	mutex_unlock(&c->lock);
	dev_info(pd->gpu.desc.dev, "compact: %llu moves\n", moves);
	return ret ?: hindered ? -EBUSY : 0;
}

/**
 * vgpu_compactable() - how many more instances would fit after vgpu_compact()
 * @pd: the GPU
 * @type: of this type
 * @fit: for the number, if no other was created and each instance could be moved
 *
 * Process context, no lock held.
 *
 * Return: 0, -ENOMEM; -ERESTARTSYS for a signal.
 */
int vgpu_compactable(struct vgpu_pdev *pd, const struct vgpu_type_desc *type,
		     u64 *fit)
{
	struct plan plan;
	unsigned int i;
	int ret;

	might_sleep();
	*fit = 0;
	for (i = 0; i < pd->parts.nr && !READ_ONCE(pd->lost); i++) {
		if (!vgpu_parts_is_of(&pd->parts, i, type->slice))
			continue;
		ret = plan_begin(&plan, pd, i, true);
		if (ret)
			return ret;
		do {
			ret = can_move(pd) ? vgpu_pack_next(&plan.pack) : 0;
		} while (ret > 0);
		*fit += vgpu_partitions_fit(&plan.pack.now, type->vram_size);
		plan_end(&plan);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * vgpu_compact_init() - nothing was moved yet
 * @pd: the GPU
 */
void vgpu_compact_init(struct vgpu_pdev *pd)
{
	mutex_init(&pd->compact.lock);
	INIT_LIST_HEAD(&pd->compact.instances);
}

/**
 * vgpu_compact_add() - an instance can be moved from now on
 * @vd: the instance, complete
 */
void vgpu_compact_add(struct vgpu_vdev *vd)
{
	mutex_lock(&vd->pd->lock);
	list_add_tail(&vd->movable.entry, &vd->pd->compact.instances);
	vd->pd->compact.nr++;
	mutex_unlock(&vd->pd->lock);
}

/**
 * vgpu_compact_remove() - it cannot any more
 * @vd: the instance
 *
 * Waits for whoever is moving instances of its GPU.
 */
void vgpu_compact_remove(struct vgpu_vdev *vd)
{
	struct vgpu_pdev *pd = vd->pd;

	mutex_lock(&pd->compact.lock);
	mutex_lock(&pd->lock);
	list_del(&vd->movable.entry);
	pd->compact.nr--;
	mutex_unlock(&pd->lock);
	mutex_unlock(&pd->compact.lock);
}
