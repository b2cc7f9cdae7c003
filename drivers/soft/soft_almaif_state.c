// SPDX-License-Identifier: GPL-2.0
/*
 * AlmaIF, saved and loaded: where the ring is, what was copied out of it, the dispatch
 * under way with its progress, and the instructions that these need. The ring and
 * data memory themselves are memory.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "soft.h"

/* An image is saved once for all in a row that have it. */
static void put_image(struct vgpu_writer *w, struct soft_image *image,
		      struct soft_image **last)
{
	bool anew = image && image != *last;

	vgpu_put_u8(w, anew ? 2 : !!image);
	if (!anew)
		return;
	vgpu_put_u32(w, image->size);
	vgpu_put_bytes(w, image->data, image->size);
	*last = image;
}

static void put_early(struct vgpu_writer *w, const struct soft_taken *t,
		      struct soft_image **last)
{
	vgpu_put_u8(w, t->verdict);
	if (t->verdict == SOFT_AQL_RUN) {
		soft_aql_save(&t->work, w);
		put_image(w, t->image, last);
	} else {
		vgpu_put_u64(w, t->work.meta);
	}
}

/**
 * soft_almaif_save() - save an instance's AlmaIF device
 * @inst: the instance, off the engines; trap context
 * @w: where to; nothing, when its ring is not up
 *
 * Only commands and the engines change what is saved, and neither can now. So no
 * spinlock is held: instructions of all that waits may be tens of MiB.
 */
void soft_almaif_save(struct vgpu_instance *inst, struct vgpu_writer *w)
{
	struct soft_instance *si = inst->priv;
	struct soft_queue *sq = si->queue[VGPU_CLASS_COMPUTE];
	struct soft_image *last = NULL;
	struct soft_almaif *a;
	struct soft_taken *t;

	vgpu_assert_trap_context(inst);
	if (!sq || !soft_queue_is_almaif(sq))
		return;
	a = sq->almaif;
	vgpu_put_u8(w, a->run);
	vgpu_put_u8(w, a->refused);
	vgpu_put_u32(w, a->read);
	vgpu_put_u32(w, a->taken);
	vgpu_put_u8(w, sq->has_work);
	if (sq->has_work) {
		soft_aql_save(&a->work, w);
		put_image(w, a->work_image, &last);
		vgpu_put_u64(w, a->progress);
		vgpu_put_u8(w, a->cancelled);
	}
	list_for_each_entry(t, &a->early, list)
		put_early(w, t, &last);
	put_image(w, a->image, &last);
}

/* What is being loaded, until all of it is known to be good. */
struct load {
	struct vgpu_reader *r;
	struct soft_almaif *a;	/* the one that it is for */
	struct soft_almaif new;
	struct soft_image *last;
	u32 generation;		/* of the last image */
	bool has_work;
};

static struct soft_image *get_new_image(struct load *l)
{
	struct soft_image *image;
	u32 size;

	size = vgpu_get(l->r, "image size", 4, SOFT_ALMAIF_IMEM_SIZE);
	if (!vgpu_reader_ok(l->r))
		return NULL;
	image = kvmalloc(struct_size(image, data, size), GFP_KERNEL_ACCOUNT);
	if (!image) {
		vgpu_refuse(l->r, "image", "no memory for %u bytes", size);
		return NULL;
	}
	kref_init(&image->ref);
	l->generation = soft_image_next(l->generation);
	image->generation = l->generation;
	image->size = size;
	vgpu_get_bytes(l->r, "image", image->data, size);
	return image;
}

/* Return: a reference, or NULL. */
static struct soft_image *get_image(struct load *l)
{
	struct soft_image *image;

	switch (vgpu_get(l->r, "image", 1, 2)) {
	case 0:
		return NULL;
	case 1:
		if (!l->last)
			vgpu_refuse(l->r, "image", "there was none before");
		return soft_image_get(l->last);
	default:
		image = get_new_image(l);
		soft_image_put(l->last);
		l->last = soft_image_get(image);
		return image;
	}
}

/* A program of the guest's own has one, and nothing else has. */
static struct soft_image *get_image_of(struct load *l, const struct soft_dispatch *work)
{
	struct soft_image *image = get_image(l);

	if (vgpu_reader_ok(l->r) && soft_aql_is_user(work) != !!image)
		vgpu_refuse(l->r, "image", image ? "of a built-in kernel" : "missing");
	return image;
}

static void get_under_way(struct load *l)
{
	struct soft_almaif *new = &l->new;

	soft_aql_load(&new->work, l->a->mem_size, l->r);
	new->work_image = get_image_of(l, &new->work);
	new->progress = vgpu_get(l->r, "progress", 8, U64_MAX);
	new->cancelled = vgpu_get(l->r, "cancelled", 1, 1);
	if (vgpu_reader_ok(l->r) && new->progress > soft_aql_groups(&new->work))
		vgpu_refuse(l->r, "progress", "%#llx", new->progress);
}

static void get_early(struct load *l)
{
	struct soft_taken *t;

	t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);
	if (!t) {
		vgpu_refuse(l->r, "packet", "no memory");
		return;
	}
	t->verdict = vgpu_get(l->r, "verdict", 1, SOFT_AQL_BAD_GRID);
	if (t->verdict == SOFT_AQL_RUN) {
		soft_aql_load(&t->work, l->a->mem_size, l->r);
		t->image = get_image_of(l, &t->work);
	} else {
		t->work.meta = vgpu_get(l->r, "meta", 8, U64_MAX);
		if (!soft_aql_meta_is_good(t->work.meta, l->a->mem_size))
			vgpu_refuse(l->r, "meta", "%#llx", t->work.meta);
	}
	list_add_tail(&t->list, &l->new.early);
}

static void get_all(struct load *l)
{
	struct soft_almaif *new = &l->new;
	u32 n;

	new->run = vgpu_get(l->r, "run", 1, 1);
	new->refused = vgpu_get(l->r, "refused", 1, 1);
	new->read = vgpu_get(l->r, "read", 4, U32_MAX);
	new->taken = vgpu_get(l->r, "taken", 4, U32_MAX);
	l->has_work = vgpu_get(l->r, "has_work", 1, 1);
	if (l->has_work)
		get_under_way(l);
	n = new->taken - new->read;
	/* One that is withdrawn has its place no more. */
	if (n > SOFT_ALMAIF_SLOTS + new->cancelled || n < l->has_work)
		vgpu_refuse(l->r, "taken", "%u, of which %u are over",
			    new->taken, new->read);
	for (n -= l->has_work; n && vgpu_reader_ok(l->r); n--)
		get_early(l);
	new->image = get_image(l);
}

/* What was there before goes to @l, as what was refused is there. */
static void exchange(struct soft_queue *sq, struct load *l)
{
	struct soft_almaif *a = sq->almaif, *new = &l->new;
	LIST_HEAD(early);

	spin_lock_irq(&sq->lock);
	list_splice_init(&a->early, &early);
	list_splice_init(&new->early, &a->early);
	list_splice(&early, &new->early);
	swap(a->image, new->image);
	swap(a->work_image, new->work_image);
	a->work = new->work;
	a->progress = new->progress;
	a->cancelled = new->cancelled;
	a->begun = ktime_get_ns();
	a->generation = l->generation;
	a->read = new->read;
	a->taken = new->taken;
	a->run = new->run;
	a->refused = new->refused;
	a->up = true;
	sq->has_work = l->has_work;
	if (l->has_work)
		sq->work = (struct soft_work) {
			.op = SOFT_OP_DISPATCH,
			.size = soft_aql_groups(&a->work),
		};
	WRITE_ONCE(sq->idle_since, ktime_get_ns());
	spin_unlock_irq(&sq->lock);
}

/**
 * soft_almaif_load() - load it
 * @inst: the instance, reset and off the engines
 * @r: where from
 */
void soft_almaif_load(struct vgpu_instance *inst, struct vgpu_reader *r)
{
	struct soft_instance *si = inst->priv;
	struct soft_queue *sq = si->queue[VGPU_CLASS_COMPUTE];
	struct soft_remains dead;
	struct load *l;

	if (!sq || !sq->almaif || READ_ONCE(sq->ring.mem)) {
		vgpu_refuse(r, "ring", "there is none, or one of our own");
		return;
	}
	l = kzalloc(sizeof(*l), GFP_KERNEL);
	if (!l) {
		vgpu_refuse(r, "ring", "no memory");
		return;
	}
	l->r = r;
	l->a = sq->almaif;
	/* A worker that had no turn is the same after a load, and knows those before. */
	l->generation = l->a->generation;
	INIT_LIST_HEAD(&l->new.early);
	get_all(l);
	if (vgpu_reader_ok(r)) {
		exchange(sq, l);
		soft_client_want(sq);
		soft_queue_look(sq);
	}
	INIT_LIST_HEAD(&dead.early);
	list_splice(&l->new.early, &dead.early);
	dead.images[0] = l->new.image;
	dead.images[1] = l->new.work_image;
	soft_almaif_free(&dead);
	soft_image_put(l->last);
	kfree(l);
}
