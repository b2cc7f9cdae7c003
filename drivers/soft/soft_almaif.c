// SPDX-License-Identifier: GPL-2.0
/*
 * AlmaIF: how dispatches come to a compute engine from a guest that knows nothing of
 * our own rings. The guest's driver writes a packet, then how many it has written,
 * and polls a word in data memory; the control page has but what it reads at its
 * start, and a command.
 *
 *	reset (1)	packets wait; a new program may be put into instruction memory
 *	continue (2)	packets are taken; those that are written from now on have
 *			the program that is there now
 *	break (4)	packets wait
 *
 * PoCL's driver resets and continues for each dispatch of a guest's own kernel, with
 * others in the ring, and writes the next program and the next context over the
 * last ones then. So what is in the ring when a command comes is copied, with all
 * that it points to, and none of it is forgotten. But a process that has taken over
 * from another one sets both counts of packets to 0 before it continues: then all that
 * is left of the other's is withdrawn.
 */
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <asm/barrier.h>

#include "soft.h"
#include "soft_executor.h"

static void *almaif_at(const struct soft_queue *sq, u64 offset)
{
	return soft_vram(sq->q->inst, sq->almaif->base + offset);
}

/* We have written there, for the guest. */
static void wrote(const struct soft_queue *sq, u64 offset, u64 size)
{
	vgpu_vram_written(sq->q->inst, sq->almaif->base + offset, size);
}

static __le32 *index_at(const struct soft_queue *sq, unsigned int which)
{
	return almaif_at(sq, SOFT_ALMAIF_RING + which);
}

/* The guest's driver counts in 32 bits of the 64 that there are. */
static u32 written(const struct soft_queue *sq)
{
	return le32_to_cpu(READ_ONCE(*index_at(sq, SOFT_AQL_WRITE)));
}

static void *slot_at(const struct soft_queue *sq, u32 index)
{
	return almaif_at(sq, SOFT_ALMAIF_RING + SOFT_AQL_PACKET *
			     (index % SOFT_ALMAIF_SLOTS + 1));
}

/**
 * soft_almaif_init() - an instance's AlmaIF device
 * @sq: its compute queue; the instance is initialised otherwise
 *
 * Return: 0, with or without one; -ENOMEM.
 */
int soft_almaif_init(struct soft_queue *sq)
{
	struct vgpu_instance *inst = sq->q->inst;
	u64 base = inst->type->screen_size;
	struct soft_almaif *a;

	if (inst->vram_size - base <= SOFT_ALMAIF_MEM)
		return 0;
	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a)
		return -ENOMEM;
	INIT_LIST_HEAD(&a->early);
	a->base = base;
	a->mem_size = min_t(u64, SOFT_ALMAIF_MEM_MAX,
			    inst->vram_size - base - SOFT_ALMAIF_MEM);
	sq->almaif = a;
	return 0;
}

/**
 * soft_almaif_free() - release what is left of a ring
 * @dead: of soft_almaif_forget(). May sleep
 */
void soft_almaif_free(struct soft_remains *dead)
{
	struct soft_taken *t, *next;
	unsigned int i;

	might_sleep();
	list_for_each_entry_safe(t, next, &dead->early, list) {
		soft_image_put(t->image);
		kfree(t);
	}
	for (i = 0; i < ARRAY_SIZE(dead->images); i++)
		soft_image_put(dead->images[i]);
}

/**
 * soft_almaif_fini() - release it
 * @sq: the queue; nothing of it is on the engine
 */
void soft_almaif_fini(struct soft_queue *sq)
{
	struct soft_remains dead;

	if (!sq->almaif)
		return;
	spin_lock_irq(&sq->lock);
	soft_almaif_forget(sq, &dead);
	spin_unlock_irq(&sq->lock);
	soft_almaif_free(&dead);
	kfree(sq->almaif);
	sq->almaif = NULL;
}

static void put64(struct vgpu_regfile *rf, u32 at, u64 val)
{
	vgpu_reg_set(rf, at, lower_32_bits(val));
	vgpu_reg_set(rf, at + 4, upper_32_bits(val));
}

/**
 * soft_almaif_info() - what the control page says
 * @sq: the queue
 * @rf: its instance's registers; trap context
 * @at: where in them the control page is
 *
 * The class is our PCI vendor id, the device id our version; PoCL's driver does not
 * look. Features are 0: no bus master, so that all addresses are relative.
 */
void soft_almaif_info(struct soft_queue *sq, struct vgpu_regfile *rf, u32 at)
{
	const struct soft_almaif *a = sq->almaif;

	vgpu_assert_trap_context(rf->inst);
	vgpu_reg_set(rf, at + ALMAIF_INFO, SOFT_VENDOR_ID);
	vgpu_reg_set(rf, at + ALMAIF_INFO + 4, SOFT_VERSION_VALUE);
	vgpu_reg_set(rf, at + ALMAIF_INTERFACE, 3);
	vgpu_reg_set(rf, at + ALMAIF_CORES, 1);
	vgpu_reg_set(rf, at + ALMAIF_CONTROL_SIZE, SOFT_ALMAIF_CONTROL);
	vgpu_reg_set(rf, at + ALMAIF_IMEM_SIZE, SOFT_ALMAIF_IMEM_SIZE);
	put64(rf, at + ALMAIF_IMEM, SOFT_ALMAIF_IMEM);
	put64(rf, at + ALMAIF_QUEUE_SIZE, SOFT_ALMAIF_RING_SIZE);
	put64(rf, at + ALMAIF_QUEUE, SOFT_ALMAIF_RING);
	put64(rf, at + ALMAIF_MEM_SIZE, a->mem_size);
	put64(rf, at + ALMAIF_MEM, SOFT_ALMAIF_MEM);
	vgpu_reg_set(rf, at + ALMAIF_POINTER, 8);
}

/* Copy the next packet. Return: false when the guest's index is not in the ring. */
static bool parse(struct soft_queue *sq, struct soft_dispatch *work,
		  enum soft_aql_verdict *verdict)
	__must_hold(&sq->lock)
{
	struct soft_almaif *a = sq->almaif;
	struct soft_aql_packet packet;
	u32 ahead;

	lockdep_assert_held(&sq->lock);
	ahead = written(sq) - a->read;
	/* What was withdrawn and is not over yet has no place in the ring. */
	if (ahead > SOFT_ALMAIF_SLOTS + a->cancelled ||
	    ahead <= a->taken - a->read)
		return false;
	/* The index is written after the packet: read in that order. */
	smp_rmb();
	memcpy(&packet, slot_at(sq, a->taken), sizeof(packet));
	*verdict = soft_aql_parse(&packet, almaif_at(sq, SOFT_ALMAIF_MEM),
				  a->mem_size, work);
	/* What is loaded may have none, and a fault takes it away while commands come. */
	if (*verdict == SOFT_AQL_RUN && soft_aql_is_user(work) && !a->image)
		*verdict = SOFT_AQL_BAD_KERNEL;
	a->taken++;
	return true;
}

static struct soft_image *image_of(const struct soft_almaif *a,
				   const struct soft_dispatch *work)
{
	return soft_aql_is_user(work) ? soft_image_get(a->image) : NULL;
}

/* Copy one packet before its turn. Return: there was one. */
static bool take_early(struct soft_queue *sq, struct soft_taken *t, u32 until)
{
	struct soft_almaif *a = sq->almaif;
	bool ok = false;

	spin_lock_irq(&sq->lock);
	if (a->up && (s32)(until - a->taken) > 0)
		ok = parse(sq, &t->work, &t->verdict);
	if (ok) {
		t->image = image_of(a, &t->work);
		list_add_tail(&t->list, &a->early);
	}
	spin_unlock_irq(&sq->lock);
	return ok;
}

/*
 * All that is in the ring now. What is written while we are at it comes later; what
 * makes no sense is found by the engine.
 */
static int take_all(struct soft_queue *sq)
{
	u32 until = written(sq);
	struct soft_taken *t;

	for (;;) {
		t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);
		if (!t)
			return -ENOMEM;
		if (!take_early(sq, t, until))
			break;
	}
	kfree(t);
	return 0;
}

/*
 * Has a process taken over, which counts from 0 again? Nobody else writes how many
 * packets are over, or has written fewer than before. One that is withdrawn and not yet
 * over is not among those that the guest counts: see set_up().
 */
static bool begins_anew(const struct soft_queue *sq)
	__must_hold(&sq->lock)
{
	const struct soft_almaif *a = sq->almaif;
	u32 over = le32_to_cpu(READ_ONCE(*index_at(sq, SOFT_AQL_READ)));

	lockdep_assert_held(&sq->lock);
	return over != a->read + a->cancelled ||
	       written(sq) - a->read < a->taken - a->read;
}

/* One that is under way ends as the one before the first. */
static void set_up(struct soft_queue *sq)
	__must_hold(&sq->lock)
{
	struct soft_almaif *a = sq->almaif;

	lockdep_assert_held(&sq->lock);
	a->up = true;
	a->refused = false;
	a->cancelled = sq->has_work;
	a->read = 0 - sq->has_work;
	a->taken = 0;
	WRITE_ONCE(*index_at(sq, SOFT_AQL_SLOTS), cpu_to_le32(SOFT_ALMAIF_SLOTS));
	memset(index_at(sq, SOFT_AQL_WRITE), 0, 16);
	wrote(sq, SOFT_ALMAIF_RING, SOFT_AQL_PACKET);
}

/* Return: an image to be put when the lock is released. */
static struct soft_image *use_image(struct soft_almaif *a,
				    struct soft_image *image)
{
	struct soft_image *last = a->image;

	if (!image)
		return NULL;
	a->generation = soft_image_next(a->generation);
	image->generation = a->generation;
	a->image = image;
	return last;
}

/* Return: a reference, or NULL. A fault takes the queue's away while commands come. */
static struct soft_image *last_image(struct soft_queue *sq)
{
	struct soft_image *image;

	spin_lock_irq(&sq->lock);
	image = soft_image_get(sq->almaif->image);
	spin_unlock_irq(&sq->lock);
	return image;
}

static int resume(struct soft_queue *sq)
{
	const void *imem = almaif_at(sq, SOFT_ALMAIF_IMEM);
	struct soft_almaif *a = sq->almaif;
	struct soft_remains dead = {};
	struct soft_image *image = NULL, *last = last_image(sq);
	bool cancelled = false, same;

	same = soft_image_is(last, imem, SOFT_ALMAIF_IMEM_SIZE);
	soft_image_put(last);
	if (!same) {
		image = soft_image_make(imem, SOFT_ALMAIF_IMEM_SIZE);
		if (!image)
			return -ENOMEM;
	}
	INIT_LIST_HEAD(&dead.early);
	spin_lock_irq(&sq->lock);
	if (!a->up || a->refused || begins_anew(sq)) {
		list_splice_init(&a->early, &dead.early);
		set_up(sq);
		/* What is under way is over, of which the engine has to hear. */
		cancelled = a->cancelled;
	}
	dead.images[0] = use_image(a, image);
	a->run = true;
	WRITE_ONCE(sq->idle_since, ktime_get_ns());
	spin_unlock_irq(&sq->lock);
	soft_almaif_free(&dead);
	if (cancelled)
		vgpu_engine_done(sq->q->engine);
	return 0;
}

/**
 * soft_almaif_command() - the guest has written the command register
 * @sq: the queue; trap context
 * @command: what it has written; what is unknown does nothing
 */
void soft_almaif_command(struct soft_queue *sq, u32 command)
{
	struct soft_almaif *a = sq->almaif;
	int ret = 0;

	vgpu_assert_trap_context(sq->q->inst);
	if (command != ALMAIF_RESET && command != ALMAIF_CONTINUE &&
	    command != ALMAIF_BREAK)
		return;
	if (a->up && !a->refused)
		ret = take_all(sq);
	spin_lock_irq(&sq->lock);
	a->run = false;
	spin_unlock_irq(&sq->lock);
	if (command == ALMAIF_CONTINUE && !ret && vgpu_queue_accepts(sq->q)) {
		/* One of our own would be in its way. */
		if (!a->up)
			soft_queue_disable(sq);
		ret = resume(sq);
		soft_client_want(sq);
		soft_queue_look(sq);
	}
	if (ret)
		dev_notice_ratelimited(sq->q->inst->dev,
				       "almaif: no memory for packets or instructions at command %u: packets wait\n",
				       command);
}

/**
 * soft_almaif_status() - what the guest reads
 * @sq: the queue
 *
 * Return: ALMAIF_STATUS_*.
 */
u32 soft_almaif_status(struct soft_queue *sq)
{
	const struct soft_almaif *a = sq->almaif;
	u32 status = 0;

	spin_lock_irq(&sq->lock);
	if (!a->up || a->refused)
		status = ALMAIF_STATUS_STALLED | ALMAIF_STATUS_RESET;
	else if (!a->run)
		status = ALMAIF_STATUS_STALLED | ALMAIF_STATUS_PAUSED;
	spin_unlock_irq(&sq->lock);
	return status;
}

/**
 * soft_almaif_pending() - is there something to be done
 * @sq: the queue; its lock is held
 *
 * Return: true also when what the guest has written makes no sense.
 */
bool soft_almaif_pending(const struct soft_queue *sq)
	__must_hold(&sq->lock)
{
	const struct soft_almaif *a = sq->almaif;

	lockdep_assert_held(&sq->lock);
	if (!a->up || a->refused)
		return false;
	return !list_empty(&a->early) || (a->run && written(sq) != a->taken);
}

/* One that was copied before its turn. Only the engine takes them away. */
static enum soft_aql_verdict take_first(struct soft_almaif *a)
{
	struct soft_taken *t = list_first_entry(&a->early, struct soft_taken,
						list);
	enum soft_aql_verdict verdict = t->verdict;

	list_del(&t->list);
	a->work = t->work;
	a->work_image = t->image;
	kfree(t);
	return verdict;
}

/**
 * soft_almaif_take() - the next packet is under way
 * @sq: the queue; its lock is held
 * @found: set to whether there was one
 *
 * Return: what it is, %SOFT_AQL_BAD_HEADER and @found false when the guest's index
 * is bad. When it is over: soft_almaif_over().
 */
enum soft_aql_verdict soft_almaif_take(struct soft_queue *sq, bool *found)
	__must_hold(&sq->lock)
{
	enum soft_aql_verdict verdict = SOFT_AQL_NOTHING;
	struct soft_almaif *a = sq->almaif;

	lockdep_assert_held(&sq->lock);
	*found = soft_almaif_pending(sq);
	if (!*found)
		return verdict;
	if (!list_empty(&a->early)) {
		verdict = take_first(a);
	} else if (parse(sq, &a->work, &verdict)) {
		a->work_image = image_of(a, &a->work);
	} else {
		/* The guest has to continue anew. */
		a->refused = true;
		*found = false;
		return SOFT_AQL_BAD_HEADER;
	}
	a->progress = 0;
	a->cancelled = false;
	a->begun = ktime_get_ns();
	return verdict;
}

/* The times, then the word that the guest polls, after all that was written. */
static void tell(struct soft_queue *sq, u32 completion)
{
	struct soft_almaif *a = sq->almaif;
	struct soft_aql_meta *meta;

	meta = almaif_at(sq, SOFT_ALMAIF_MEM + a->work.meta);
	meta->start = cpu_to_le64(a->begun);
	meta->finish = cpu_to_le64(ktime_get_ns());
	/* The guest looks at this word first. */
	smp_store_release(&meta->completion, cpu_to_le32(completion));
	wrote(sq, SOFT_ALMAIF_MEM + a->work.meta, sizeof(*meta));
}

/**
 * soft_almaif_over() - the packet under way is over: the guest may use its slot again
 * @sq: the queue; its lock is held
 * @completion: SOFT_AQL_DONE, SOFT_AQL_FAILED; 0 when the guest is not to be told, as
 *	of one that it has withdrawn meanwhile, whose memory is another's
 *
 * Return: an image to be put by soft_image_put() when the lock is released.
 */
struct soft_image *soft_almaif_over(struct soft_queue *sq, u32 completion)
	__must_hold(&sq->lock)
{
	struct soft_almaif *a = sq->almaif;
	struct soft_image *image = a->work_image;

	lockdep_assert_held(&sq->lock);
	if (completion && a->work.meta && !a->cancelled)
		tell(sq, completion);
	a->work_image = NULL;
	a->cancelled = false;
	a->read++;
	/* What the packet has written is seen before the index. */
	smp_wmb();
	WRITE_ONCE(*index_at(sq, SOFT_AQL_READ), cpu_to_le32(a->read));
	wrote(sq, SOFT_ALMAIF_RING, SOFT_AQL_PACKET);
	return image;
}

/**
 * soft_almaif_describe() - what is under way, for a core dump
 * @sq: the queue; its lock is held
 * @buf: for the text
 * @size: bytes there
 *
 * Return: bytes written, without the final zero.
 */
int soft_almaif_describe(const struct soft_queue *sq, char *buf, size_t size)
	__must_hold(&sq->lock)
{
	const struct soft_almaif *a = sq->almaif;
	const struct soft_dispatch *d = &a->work;

	lockdep_assert_held(&sq->lock);
	return scnprintf(buf, size,
			 "AlmaIF: %u packets over, %u copied; kernel %u, %ux%ux%u items in groups of %ux%ux%u, %llu of %llu groups done\n",
			 a->read, a->taken, d->kernel, d->grid[0], d->grid[1],
			 d->grid[2], d->group[0], d->group[1], d->group[2],
			 a->progress, soft_aql_groups(d));
}

/**
 * soft_almaif_forget() - take the ring away, with all that was taken out of it
 * @sq: the queue, off the engine; its lock is held
 * @dead: what is to be released by soft_almaif_free() when the lock is released
 *
 * The guest's driver may set it up anew at any time, and then finds nothing under way.
 */
void soft_almaif_forget(struct soft_queue *sq, struct soft_remains *dead)
	__must_hold(&sq->lock)
{
	struct soft_almaif *a = sq->almaif;

	lockdep_assert_held(&sq->lock);
	INIT_LIST_HEAD(&dead->early);
	list_splice_init(&a->early, &dead->early);
	dead->images[0] = a->work_image;
	dead->images[1] = a->image;
	a->work_image = NULL;
	a->image = NULL;
	sq->has_work = false;
	a->up = false;
	a->run = false;
	a->refused = false;
	a->cancelled = false;
}
