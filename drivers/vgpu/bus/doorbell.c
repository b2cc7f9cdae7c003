// SPDX-License-Identifier: GPL-2.0
/*
 * Doorbells: pages of a BAR by which a guest says, without a trap, that there is
 * work in its memory.
 *
 * While an engine looks at an instance's ring by itself, the pages are mapped
 * and what is stored there costs nothing. When the ring has been empty for long,
 * the backend arms the doorbell: the pages are taken away, and the first touch
 * is one page fault, which rings and maps them again. A backend that wants to
 * sleep does so:
 *
 *	vgpu_doorbell_arm();
 *	look at the ring once more;
 *	sleep until the doorbell rings.
 *
 * What is stored before the arming is seen by the look, what is stored after it
 * rings. The bound on rings is VGPU_BELL_IDLE: a guest cannot make more of them
 * than it is armed.
 *
 * KVM looks up a page in two steps, and ends the guest when the page has gone
 * between them. Both are done under mmap_lock; so pages are taken away only with
 * that lock held for writing. It is tried for, never waited for, because its
 * holder may be waiting for us. The lock alone is taken, without what the memory
 * management does beside it, since nothing of the mm is changed.
 *
 * The pages are the doorbell's own, or a part of the instance's memory, such as the
 * ring itself (VGPU_AREA_RING): then it is the writing of work that rings.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/vmalloc.h>

#include "../core.h"
#include "../guard/guard.h"
#include "bus.h"

static void ring(struct vgpu_vdev *vd, unsigned int bell, bool mapped)
{
	vgpu_bell_ring(&vd->doorbells[bell].bell, mapped, ktime_get_ns());
	vd_ops(vd)->doorbell(&vd->inst, bell);
}

static unsigned long pfn_of(struct vgpu_vdev *vd, const struct vgpu_area *area,
			    u64 offset)
{
	const struct vgpu_doorbell *db = &vd->doorbells[vgpu_area_bell(area)];

	if (area->kind == VGPU_AREA_RING)
		return vgpu_vram_pfn(&vd->pd->gpu.desc.vram,
				     vd->inst.vram_offset + area->target +
				     offset);
	return vmalloc_to_pfn(db->pages + offset);
}

/**
 * vgpu_doorbell_fault() - the first touch of a page
 * @vmf: the fault; map.sem is held for reading
 * @vd: the instance
 * @area: the doorbell's area
 * @offset: of the page in the area
 *
 * Counted and charged as a trapped write is. It need not wait when there are too
 * many of these: see the top.
 *
 * Return: what the fault handler is to return.
 */
vm_fault_t vgpu_doorbell_fault(struct vm_fault *vmf, struct vgpu_vdev *vd,
			       const struct vgpu_area *area, u64 offset)
{
	int bell = vgpu_area_bell(area);
	u64 begin = ktime_get_ns(), took;
	vm_fault_t ret;

	lockdep_assert_held_read(&vd->map.sem);
	if (area->kind == VGPU_AREA_RING)
		vgpu_track_touch(vd, area->target + offset);
	ret = vmf_insert_pfn(vmf->vma, vmf->address, pfn_of(vd, area, offset));
	if (ret != VM_FAULT_NOPAGE)
		return ret;
	vgpu_guard_event(vd, VGPU_GUARD_TRAPS);
	ring(vd, bell, true);

	took = ktime_get_ns() - begin;
	vgpu_count(&vd->inst, VGPU_CNT_TRAPS_WRITE, 1);
	vgpu_count(&vd->inst, VGPU_CNT_TRAP_TIME, took);
	atomic64_add(took, &vd->trap_debt);
	return ret;
}

/* With faults kept out: that mm's mmap_lock and map.sem are held for writing. */
static int arm(struct vgpu_vdev *vd, struct mm_struct *mm,
	       struct vgpu_doorbell *db, u64 idle_since)
{
	lockdep_assert_held_write(&vd->map.sem);
	if (vd->map.mm != mm ||
	    !vgpu_bell_may_arm(&db->bell, idle_since, ktime_get_ns()))
		return -EAGAIN;
	if (!READ_ONCE(db->bell.armed)) {
		vgpu_bell_reset(&db->bell);
		vgpu_map_zap(vd, db->bar, db->area->offset, db->area->size);
	}
	return 0;
}

/**
 * vgpu_doorbell_arm() - let the next touch of a doorbell ring
 * @inst: the instance
 * @bell: which of its doorbells
 * @idle_since: since when its ring is empty, ns of ktime_get_ns()
 *
 * Process context, never an engine's; no lock of user space's memory held. When it
 * has succeeded, what was stored before is visible: look at the ring once more.
 *
 * Return: 0; -EAGAIN when it is too early, or the guest is busy with its memory:
 * try again later, and look at the ring until then. -EINVAL for a doorbell that
 * does not exist.
 */
int vgpu_doorbell_arm(struct vgpu_instance *inst, unsigned int bell,
		      u64 idle_since)
{
	struct vgpu_vdev *vd = inst_to_vd(inst);
	struct vgpu_map *map = &vd->map;
	struct vgpu_doorbell *db;
	struct mm_struct *mm;
	int ret = -EAGAIN;

	might_sleep();
	if (bell >= VGPU_MAX_DOORBELLS || !vd->doorbells[bell].area)
		return -EINVAL;
	db = &vd->doorbells[bell];
	if (!vgpu_bell_may_arm(&db->bell, idle_since, ktime_get_ns()))
		return -EAGAIN;

	/* Only the mm itself is kept: its memory may go, its lock may not. */
	down_read(&map->sem);
	mm = map->mm;
	if (mm)
		mmgrab(mm);
	up_read(&map->sem);
	if (!mm || down_write_trylock(&mm->mmap_lock)) {
		down_write(&map->sem);
		ret = arm(vd, mm, db, idle_since);
		up_write(&map->sem);
		if (mm)
			up_write(&mm->mmap_lock);
	}
	if (mm)
		mmdrop(mm);
	/* Against the guest's stores: the ring, then the doorbell. */
	smp_mb();
	return ret;
}
EXPORT_SYMBOL_GPL(vgpu_doorbell_arm);

static void copy(struct vgpu_vdev *vd, const struct vgpu_area *area, u8 *buf,
		 size_t n, u64 offset, bool write)
{
	const struct vgpu_vram *vram = &vd->pd->gpu.desc.vram;
	u64 pos = vd->inst.vram_offset + area->target + offset;
	u8 *at = vd->doorbells[vgpu_area_bell(area)].pages;

	if (area->kind == VGPU_AREA_RING && write)
		vgpu_vram_write(vram, pos, buf, n);
	else if (area->kind == VGPU_AREA_RING)
		vgpu_vram_read(vram, pos, buf, n);
	else if (write)
		memcpy(at + offset, buf, n);
	else
		memcpy(buf, at + offset, n);
	if (area->kind == VGPU_AREA_RING && write)
		vgpu_vram_written(&vd->inst, area->target + offset, n);
}

/**
 * vgpu_doorbell_access() - a trapped access to a doorbell
 * @vd: the instance
 * @area: the doorbell's area
 * @buf: the bytes
 * @n: how many
 * @offset: in the area
 * @write: direction; a write rings
 *
 * Return: 0, -EIO when memory decode is off.
 */
int vgpu_doorbell_access(struct vgpu_vdev *vd, const struct vgpu_area *area,
			 u8 *buf, size_t n, u64 offset, bool write)
{
	int bell = vgpu_area_bell(area), ret = 0;

	down_read(&vd->map.sem);
	if (!vd->map.memory_on)
		ret = -EIO;
	else
		copy(vd, area, buf, n, offset, write);
	up_read(&vd->map.sem);
	vgpu_count(&vd->inst, write ? VGPU_CNT_TRAPS_WRITE :
				      VGPU_CNT_TRAPS_READ, 1);
	if (!ret && write)
		ring(vd, bell, false);
	return ret;
}

/**
 * vgpu_doorbell_unmapped() - no page of a BAR is mapped any more
 * @vd: the instance; map.sem held for writing
 */
void vgpu_doorbell_unmapped(struct vgpu_vdev *vd)
{
	unsigned int i;

	lockdep_assert_held_write(&vd->map.sem);
	for (i = 0; i < VGPU_MAX_DOORBELLS; i++)
		vgpu_bell_reset(&vd->doorbells[i].bell);
}

/*
 * A guest can read what it has stored. All of it: whoever has the pages mapped may write
 * to them at any time, so that their contents must not say how long the section is.
 */
static void save_pages(const struct vgpu_doorbell *db, struct vgpu_writer *w)
{
	vgpu_put_u32(w, db->area->size);
	vgpu_put_bytes(w, db->pages, db->area->size);
}

static void load_pages(const struct vgpu_doorbell *db, struct vgpu_reader *r)
{
	u32 n = vgpu_get(r, "bytes", 4, db->area->size);

	vgpu_get_bytes(r, "pages", db->pages, n);
}

static void doorbells_save(struct vgpu_instance *inst, struct vgpu_writer *w)
{
	const struct vgpu_doorbell *db = inst_to_vd(inst)->doorbells;
	unsigned int i;

	for (i = 0; i < VGPU_MAX_DOORBELLS; i++)
		if (db[i].pages)
			save_pages(&db[i], w);
}

/* What was rung when concerns the host alone. */
static void doorbells_load(struct vgpu_instance *inst, struct vgpu_reader *r)
{
	const struct vgpu_doorbell *db = inst_to_vd(inst)->doorbells;
	unsigned int i;

	for (i = 0; i < VGPU_MAX_DOORBELLS; i++)
		if (db[i].pages)
			load_pages(&db[i], r);
}

/* Nothing is mapped any more. */
static void doorbells_reset(struct vgpu_instance *inst)
{
	const struct vgpu_doorbell *db = inst_to_vd(inst)->doorbells;
	unsigned int i;

	for (i = 0; i < VGPU_MAX_DOORBELLS; i++)
		if (db[i].pages)
			memset(db[i].pages, 0, db[i].area->size);
}

const struct vgpu_section vgpu_doorbells_section = {
	.id = 3,
	.version = 1,
	.name = "doorbells",
	.reset = doorbells_reset,
	.save = doorbells_save,
	.load = doorbells_load,
	.close = doorbells_reset,
};

static int init_bell(struct vgpu_vdev *vd, unsigned int bar,
		     const struct vgpu_area *area)
{
	struct vgpu_doorbell *db = &vd->doorbells[vgpu_area_bell(area)];

	/* Single pages: KVM wants each to be counted. */
	if (area->kind == VGPU_AREA_DOORBELL) {
		db->pages = vzalloc(area->size);
		if (!db->pages)
			return -ENOMEM;
	}
	db->bar = bar;
	db->area = area;
	vgpu_bell_reset(&db->bell);
	return 0;
}

/**
 * vgpu_doorbell_init() - the doorbells that the function has
 * @vd: the instance
 *
 * Return: 0 or -ENOMEM; then call vgpu_doorbell_fini().
 */
int vgpu_doorbell_init(struct vgpu_vdev *vd)
{
	const struct vgpu_area *area;
	unsigned int bar, i;

	for (bar = 0; bar < VGPU_NR_BARS; bar++) {
		for (i = 0; i < vd->cfg.bars->bar[bar].nr; i++) {
			area = &vd->cfg.bars->bar[bar].areas[i];
			if (vgpu_area_bell(area) >= 0 &&
			    init_bell(vd, bar, area))
				return -ENOMEM;
		}
	}
	return 0;
}

/**
 * vgpu_doorbell_fini() - release memory
 * @vd: the instance
 */
void vgpu_doorbell_fini(struct vgpu_vdev *vd)
{
	unsigned int i;

	for (i = 0; i < VGPU_MAX_DOORBELLS; i++) {
		vfree(vd->doorbells[i].pages);
		vd->doorbells[i].pages = NULL;
	}
}
