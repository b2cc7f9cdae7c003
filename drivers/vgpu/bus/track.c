// SPDX-License-Identifier: GPL-2.0
/*
 * What is written in an instance's partition while somebody copies it.
 *
 * While it is copied, no page of a block that is clean is mapped so that it can be
 * written (dirty.h). Who touches such a page comes here by a page fault, by which its
 * block is dirty and mapped as a whole. Who takes a block away to copy it takes its
 * mark, then its pages, and reads it then:
 *
 *	            touched: a fault
 *	   clean -------------------------> dirty, mapped
 *	     ^                                   |
 *	     +-- taken: mark, pages, then read --+
 *
 * Faults and takers exclude each other by map.sem. At the start all is dirty, so what
 * is mapped already may stay; the end takes nothing away either. So that a copy begins
 * or ends, or how far it is, takes no lock: a thread of the instance's user may hold
 * map.sem for long, and others copy, or only look.
 *
 * A guest that only reads by a BAR makes a block dirty, too: KVM takes a page that is
 * mapped read-only for one that can never be written, and emulates the instruction that
 * writes there, which it cannot for each. Processes of a backend's own, which may read
 * much, and have no KVM before them, have their pages read-only until they write.
 *
 * When nobody copies there is no bitmap: then all is mapped at once to be written, by
 * large entries of page tables where there are any.
 *
 * Whoever copies to have the partition in another place of VRAM ends with
 * vgpu_track_move(): it takes all pages away and copies what is left. Who touches one
 * waits for map.sem meanwhile, and has the page of the new place mapped.
 */
#include <linux/export.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "../core.h"
#include "../work/sched.h"
#include "bus.h"
#include "dirty.h"

/* Return: 0, -EINTR when the caller is killed. */
static int grab_mm(struct vgpu_vdev *vd, struct mm_struct **mm)
{
	struct vgpu_map *map = &vd->map;

	if (down_read_killable(&map->sem))
		return -EINTR;
	*mm = map->mm;
	if (*mm)
		mmgrab(*mm);
	up_read(&map->sem);
	return 0;
}

/* Return: 0, -EINTR when the caller is killed. */
static int lock_mm(struct mm_struct *mm)
{
	if (!mm || !down_write_killable(&mm->mmap_lock))
		return 0;
	mmdrop(mm);
	return -EINTR;
}

static void unlock_mm(struct mm_struct *mm)
{
	if (mm) {
		up_write(&mm->mmap_lock);
		mmdrop(mm);
	}
}

static void unlock_faults(struct vgpu_vdev *vd, struct mm_struct *mm)
{
	lockdep_assert_held_write(&vd->map.sem);
	up_write(&vd->map.sem);
	unlock_mm(mm);
}

/*
 * Keep page faults out: those of KVM, which looks up a page in two steps (doorbell.c),
 * by the lock of their mm, all others by map.sem. Both are had in their turn, as page
 * faults have theirs, until the caller is killed: the mm may be another's, who keeps its
 * lock as long as he likes, and whoever has map.sem may have no CPU. Meanwhile another
 * may have become the guest's user.
 */
static int lock_faults(struct vgpu_vdev *vd, struct mm_struct **user)
{
	struct mm_struct *mm;
	int ret;

	for (;;) {
		ret = grab_mm(vd, &mm) ?: lock_mm(mm);
		if (ret)
			return ret;
		if (down_write_killable(&vd->map.sem)) {
			unlock_mm(mm);
			return -EINTR;
		}
		if (vd->map.mm == mm)
			break;
		unlock_faults(vd, mm);
	}
	*user = mm;
	return 0;
}

/**
 * vgpu_track_start() - somebody is going to copy an instance's partition
 * @vd: the instance
 *
 * All of it counts as written. Process context, no lock held.
 *
 * Return: 0, -EBUSY when somebody does already, -ENOMEM.
 */
int vgpu_track_start(struct vgpu_vdev *vd)
{
	struct vgpu_dirty *dirty;

	might_sleep();
	dirty = vgpu_dirty_alloc(vd->inst.vram_size);
	if (!dirty)
		return -ENOMEM;
	if (cmpxchg(&vd->map.dirty, NULL, RCU_INITIALIZER(dirty))) {
		vgpu_dirty_free(dirty);
		return -EBUSY;
	}
	/* Who has not seen the bitmap has written before this returns. */
	synchronize_rcu();
	return 0;
}

/**
 * vgpu_track_stop() - nobody copies any more
 * @vd: the instance
 *
 * Process context, no lock held. Also when nobody did.
 */
void vgpu_track_stop(struct vgpu_vdev *vd)
{
	struct vgpu_dirty *dirty;

	might_sleep();
	WRITE_ONCE(vd->map.dirty_rate, vgpu_track_rate(vd));
	dirty = unrcu_pointer(xchg(&vd->map.dirty, NULL));
	if (!dirty)
		return;
	synchronize_rcu();
	vgpu_dirty_free(dirty);
}

/* With faults kept out. Return: false when nothing from @offset on was written. */
static bool take(struct vgpu_vdev *vd, u64 *offset, u64 *size)
{
	struct vgpu_dirty *dirty;
	bool found;

	lockdep_assert_held_write(&vd->map.sem);
	rcu_read_lock();
	dirty = rcu_dereference(vd->map.dirty);
	found = dirty && vgpu_dirty_take(dirty, offset, size);
	rcu_read_unlock();
	return found;
}

/**
 * vgpu_track_take() - take the next part that was written, to copy it
 * @vd: the instance
 * @offset: where to begin to look, from the partition's start; set to where the part
 *	begins
 * @size: the most that is wanted, at least %VGPU_DIRTY_BLOCK; set to its bytes
 *
 * What is written from now on is told anew. Process context, no lock held: not that of
 * user space's memory either, nor one that is taken under it.
 *
 * Return: 1; 0 when nothing from @offset on was written, or nobody has called
 * vgpu_track_start(); -EINTR when the caller was killed.
 */
int vgpu_track_take(struct vgpu_vdev *vd, u64 *offset, u64 *size)
{
	struct mm_struct *mm;
	bool found;
	int ret;

	might_sleep();
	ret = lock_faults(vd, &mm);
	if (ret)
		return ret;
	found = take(vd, offset, size);
	if (found)
		vgpu_map_zap_vram(vd, *offset, *size);
	unlock_faults(vd, mm);
	return found;
}

/* All that was written and not taken, while nobody can write. */
static void copy_rest(struct vgpu_vdev *vd, u64 to)
{
	u64 at = 0, n;

	lockdep_assert_held_write(&vd->map.sem);
	for (;; at = round_up(at + n, VGPU_DIRTY_BLOCK)) {
		n = SZ_1M;
		if (!take(vd, &at, &n))
			return;
		vgpu_vram_copy(&vd->pd->gpu.desc.vram, to + at,
			       vd->inst.vram_offset + at, n);
		cond_resched();
	}
}

/*
 * The engines' locks do not come inside that of a mm: so reset_lock is only tried for
 * with that held, and waited for without. While a mm's is waited for, a reset must not
 * wait for its owner. Others who have memory within reach are not waited for.
 */
static int lock_for_move(struct vgpu_vdev *vd, struct mm_struct **user)
{
	int ret;

	for (;;) {
		ret = lock_faults(vd, user);
		if (ret)
			return ret;
		if (vgpu_reach_trylock(vd->pd))
			return 0;
		unlock_faults(vd, *user);
		ret = vgpu_reach_lock_killable(vd->pd);
		if (ret)
			return ret;
		vgpu_reach_unlock(vd->pd);
		/* It may be gone again before all is locked, and again. */
		ret = vgpu_wait_ends();
		if (ret)
			return ret;
	}
}

/* Who touches it from now on finds it in the other place. */
static void go_over(struct vgpu_vdev *vd, u64 to)
{
	u64 from = vd->inst.vram_offset;

	lockdep_assert_held_write(&vd->map.sem);
	WRITE_ONCE(vd->inst.vram_offset, to);
	vd_ops(vd)->relocated(&vd->inst, from);
}

/**
 * vgpu_track_move() - the partition is in another place from now on
 * @vd: the instance, of a GPU that can move them, off the engines; trap lock held.
 *	Between vgpu_track_start() and vgpu_track_stop(); what was taken has been copied
 * @to: the place, which is the caller's
 *
 * What is left to be copied is copied. Meanwhile nobody has a page of it, and whoever
 * touches it waits. Process context.
 *
 * Return: 0, and what is in the old place is the caller's to clear; or -EINTR when the
 * caller is killed, -EIO when the GPU is lost, as vgpu_wait_ends(): then it is where it
 * was.
 */
int vgpu_track_move(struct vgpu_vdev *vd, u64 to)
{
	struct mm_struct *mm;
	int ret;

	lockdep_assert_held(&vd->trap_lock);
	might_sleep();
	ret = lock_for_move(vd, &mm);
	if (ret)
		return ret;
	vgpu_map_zap_vram(vd, 0, vd->inst.vram_size);
	vgpu_map_zap(vd, VGPU_REGION_DISPLAY, 0, vd->display.size);
	copy_rest(vd, to);
	if (READ_ONCE(vd->pd->lost))
		ret = -EIO;
	else
		go_over(vd, to);
	unlock_faults(vd, mm);
	vgpu_reach_unlock(vd->pd);
	return ret;
}

/**
 * vgpu_track_bytes() - how much was written and not taken yet
 * @vd: the instance
 *
 * Waits for nobody.
 *
 * Return: bytes; all that there are when nobody copies.
 */
u64 vgpu_track_bytes(struct vgpu_vdev *vd)
{
	struct vgpu_dirty *dirty;
	u64 bytes;

	rcu_read_lock();
	dirty = rcu_dereference(vd->map.dirty);
	bytes = dirty ? vgpu_dirty_bytes(dirty) : vd->inst.vram_size;
	rcu_read_unlock();
	return bytes;
}

/**
 * vgpu_track_count() - all has been taken once: what is written from now on is counted
 * @vd: the instance
 *
 * Waits for nobody.
 */
void vgpu_track_count(struct vgpu_vdev *vd)
{
	struct vgpu_dirty *dirty;

	rcu_read_lock();
	dirty = rcu_dereference(vd->map.dirty);
	if (dirty)
		vgpu_dirty_count(dirty, ktime_get_ns());
	rcu_read_unlock();
}

/**
 * vgpu_track_rate() - how fast the partition is written
 * @vd: the instance
 *
 * It is known as long as somebody copies; later, what it was when that ended. Waits for
 * nobody.
 *
 * Return: bytes a second, in whole blocks; %VGPU_RATE_UNKNOWN when nobody has copied
 * what this user of the device writes.
 */
u64 vgpu_track_rate(struct vgpu_vdev *vd)
{
	u64 rate = VGPU_RATE_UNKNOWN;
	struct vgpu_dirty *dirty;

	rcu_read_lock();
	dirty = rcu_dereference(vd->map.dirty);
	if (dirty)
		rate = vgpu_dirty_rate(dirty, ktime_get_ns());
	rcu_read_unlock();
	return rate == VGPU_RATE_UNKNOWN ? READ_ONCE(vd->map.dirty_rate) : rate;
}

/**
 * vgpu_track_touch() - a page is about to be mapped so that it can be written
 * @vd: the instance; map.sem held
 * @pos: of the page in the partition
 *
 * Return: so many bytes may be mapped around it, a power of two to which they are
 * aligned.
 */
unsigned long vgpu_track_touch(struct vgpu_vdev *vd, u64 pos)
{
	struct vgpu_dirty *dirty;

	lockdep_assert_held(&vd->map.sem);
	rcu_read_lock();
	dirty = rcu_dereference(vd->map.dirty);
	if (dirty)
		vgpu_dirty_mark(dirty, pos, 1);
	rcu_read_unlock();
	return dirty ? VGPU_DIRTY_BLOCK : VGPU_FAULT_AROUND;
}

/* Somebody copies, and has taken the block of a page that nobody has written since. */
static bool is_clean(struct vgpu_vdev *vd, u64 pos)
{
	struct vgpu_dirty *dirty;
	bool clean;

	lockdep_assert_held(&vd->map.sem);
	rcu_read_lock();
	dirty = rcu_dereference(vd->map.dirty);
	clean = dirty && !vgpu_dirty_test(dirty, pos);
	rcu_read_unlock();
	return clean;
}

/**
 * vgpu_vram_written() - a part of an instance's partition has been written
 * @inst: the instance
 * @offset: from the partition's start
 * @size: bytes
 *
 * Not by what the guest has mapped: that is the core's to see. Say it when the bytes
 * are in memory, not before: else they may be copied as they were. Any context.
 */
void vgpu_vram_written(struct vgpu_instance *inst, u64 offset, u64 size)
{
	struct vgpu_dirty *dirty;

	rcu_read_lock();
	dirty = rcu_dereference(inst_to_vd(inst)->map.dirty);
	if (dirty)
		vgpu_dirty_mark(dirty, offset, size);
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(vgpu_vram_written);

/**
 * vgpu_alias_add() - a file by which a process maps an instance's partition
 * @inst: the instance
 * @alias: the file; stays until vgpu_alias_remove()
 *
 * Nothing is mapped yet. Process context, but not an engine's: it waits for whoever has
 * map.sem.
 */
void vgpu_alias_add(struct vgpu_instance *inst, struct vgpu_alias *alias)
{
	struct vgpu_map *map = &inst_to_vd(inst)->map;

	might_sleep();
	down_write(&map->sem);
	list_add(&alias->list, &map->aliases);
	up_write(&map->sem);
}
EXPORT_SYMBOL_GPL(vgpu_alias_add);

/**
 * vgpu_alias_remove() - nothing is mapped by it any more, nor will be
 * @inst: the instance
 * @alias: the file
 *
 * Process context, but not an engine's.
 */
void vgpu_alias_remove(struct vgpu_instance *inst, struct vgpu_alias *alias)
{
	struct vgpu_map *map = &inst_to_vd(inst)->map;

	might_sleep();
	down_write(&map->sem);
	list_del(&alias->list);
	up_write(&map->sem);
}
EXPORT_SYMBOL_GPL(vgpu_alias_remove);

/* As the kernel itself makes a shared mapping one that is not written. */
static pgprot_t read_only(const struct vm_area_struct *vma)
{
	return vm_get_page_prot(vma->vm_flags & ~VM_SHARED);
}

/**
 * vgpu_alias_fault() - a page is touched that is not mapped
 * @inst: the instance
 * @vmf: the fault, in a mapping of an alias that is added, as long as this takes
 * @offset: of the page in the partition; all of the mapping is in it
 *
 * Return: what the fault handler is to return.
 */
vm_fault_t vgpu_alias_fault(struct vgpu_instance *inst, struct vm_fault *vmf,
			    u64 offset)
{
	pgprot_t prot = vm_get_page_prot(vmf->vma->vm_flags);
	struct vgpu_vdev *vd = inst_to_vd(inst);
	unsigned long around = VGPU_DIRTY_BLOCK;
	vm_fault_t ret;

	down_read(&vd->map.sem);
	if (!(vmf->flags & FAULT_FLAG_WRITE) && is_clean(vd, offset))
		prot = read_only(vmf->vma);
	else
		around = vgpu_track_touch(vd, offset);
	ret = vgpu_map_insert(vd, vmf, offset, around, prot);
	up_read(&vd->map.sem);
	return ret;
}
EXPORT_SYMBOL_GPL(vgpu_alias_fault);

/**
 * vgpu_alias_mkwrite() - a page is written that is mapped read-only
 * @inst: the instance
 * @alias: the file
 * @vmf: the fault, in a mapping of @alias
 * @offset: of the page in the partition; all of the mapping is in it
 *
 * The page is mapped here, under the lock: were that left to the kernel, a page could
 * be taken and come back in between, and be writable in a block that is clean.
 *
 * Return: what the handler is to return.
 */
vm_fault_t vgpu_alias_mkwrite(struct vgpu_instance *inst,
			      struct vgpu_alias *alias, struct vm_fault *vmf,
			      u64 offset)
{
	struct vgpu_vdev *vd = inst_to_vd(inst);
	unsigned long around;
	vm_fault_t ret;

	down_read(&vd->map.sem);
	around = vgpu_track_touch(vd, offset);
	/* What is there is not replaced. */
	unmap_mapping_range(alias->space, round_down(offset, around), around,
			    1);
	ret = vgpu_map_insert(vd, vmf, offset, around,
			      vm_get_page_prot(vmf->vma->vm_flags));
	up_read(&vd->map.sem);
	return ret;
}
EXPORT_SYMBOL_GPL(vgpu_alias_mkwrite);
