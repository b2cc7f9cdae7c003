// SPDX-License-Identifier: GPL-2.0
/*
 * What user space maps: the mapped areas of BARs, and the display region.
 *
 * Pages are put in by a fault handler and can be taken away (zapped) at any
 * time: when the guest turns memory decode off, on reset, when the device is
 * closed. To find all mappings of one opening of the device, and of nothing
 * else, they are moved to a file of our own with an address space of its own;
 * the file also keeps the instance and this module until the last one is gone.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <vgpu/compat.h>

#include "../core.h"
#include "bus.h"
#include "dirty.h"

#define REGION_PAGES	(BIT_ULL(VGPU_REGION_SHIFT) >> PAGE_SHIFT)

/**
 * struct vgpu_mapping - what one opening of the device has mapped
 * @space: finds the mappings
 * @vd: the instance; holds a reference
 */
struct vgpu_mapping {
	struct address_space space;
	struct vgpu_vdev *vd;
};

static int mapping_release(struct inode *inode, struct file *file)
{
	struct vgpu_mapping *m = file->private_data;

	vfio_put_device(&m->vd->vdev);
	kfree(m);
	return 0;
}

static const struct file_operations mapping_fops = {
	.owner = THIS_MODULE,
	.release = mapping_release,
};

/**
 * vgpu_map_init() - nothing is mapped
 * @vd: the instance
 */
void vgpu_map_init(struct vgpu_vdev *vd)
{
	init_rwsem(&vd->map.sem);
	INIT_LIST_HEAD(&vd->map.aliases);
	vd->map.dirty_rate = VGPU_RATE_UNKNOWN;
}

/**
 * vgpu_map_open() - the device is opened: allow mappings
 * @vd: the instance
 *
 * Return: 0 or -errno.
 */
int vgpu_map_open(struct vgpu_vdev *vd)
{
	struct vgpu_mapping *m;
	struct file *file;

	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m)
		return -ENOMEM;
	file = anon_inode_getfile("[vgpu]", &mapping_fops, m, O_RDWR);
	if (IS_ERR(file)) {
		kfree(m);
		return PTR_ERR(file);
	}
	address_space_init_once(&m->space);
	m->space.host = file_inode(file);
	m->vd = vd;
	get_device(&vd->vdev.device);
	file->f_mapping = &m->space;

	down_write(&vd->map.sem);
	vd->map.file = file;
	up_write(&vd->map.sem);
	return 0;
}

/**
 * vgpu_map_zap() - take away the pages of a part of a region
 * @vd: the instance; map.sem held for writing
 * @index: the region
 * @offset: where the part begins
 * @size: bytes
 */
void vgpu_map_zap(struct vgpu_vdev *vd, unsigned int index, u64 offset,
		  u64 size)
{
	lockdep_assert_held_write(&vd->map.sem);
	/* unmap_mapping_range() takes 0 bytes for all that follow. */
	if (vd->map.file && size)
		unmap_mapping_range(vd->map.file->f_mapping,
				    VGPU_REGION_OFFSET(index) + offset, size,
				    1);
}

/* What an area shows of a part of the partition. */
static void zap_area(struct vgpu_vdev *vd, unsigned int bar,
		     const struct vgpu_area *area, u64 begin, u64 end)
{
	if (area->kind != VGPU_AREA_MEMORY && area->kind != VGPU_AREA_RING)
		return;
	begin = max(begin, area->target);
	end = min(end, area->target + area->size);
	if (begin < end)
		vgpu_map_zap(vd, bar, area->offset + begin - area->target,
			     end - begin);
}

/**
 * vgpu_map_zap_vram() - take away the pages of a part of the partition
 * @vd: the instance; map.sem held for writing
 * @offset: where the part begins
 * @size: bytes, not 0
 *
 * Whoever has mapped it, and wherever; but what is shown of it stays: that is only read.
 */
void vgpu_map_zap_vram(struct vgpu_vdev *vd, u64 offset, u64 size)
{
	const struct vgpu_area *area, *last;
	struct vgpu_alias *alias;
	unsigned int i;

	lockdep_assert_held_write(&vd->map.sem);
	for (i = 0; i < VGPU_NR_BARS; i++) {
		area = vd->cfg.bars->bar[i].areas;
		last = area + vd->cfg.bars->bar[i].nr;
		for (; area < last; area++)
			zap_area(vd, i, area, offset, offset + size);
	}
	list_for_each_entry(alias, &vd->map.aliases, list)
		unmap_mapping_range(alias->space, offset, size, 1);
}

static void zap_bars(struct vgpu_vdev *vd)
{
	unsigned int i;

	for (i = 0; i < VGPU_NR_BARS; i++)
		if (vgpu_bar_nr_mapped(&vd->cfg.bars->bar[i]))
			vgpu_map_zap(vd, i, 0, vd->cfg.bars->bar[i].size);
	vgpu_doorbell_unmapped(vd);
}

/* The device is closed: mappings that are left go dead. */
static void map_close(struct vgpu_instance *inst)
{
	struct vgpu_vdev *vd = inst_to_vd(inst);
	struct mm_struct *mm;
	struct file *file;

	vgpu_track_stop(vd);
	down_write(&vd->map.sem);
	zap_bars(vd);
	vgpu_map_zap(vd, VGPU_REGION_DISPLAY, 0, vd->display.size);
	file = vd->map.file;
	mm = vd->map.mm;
	vd->map.file = NULL;
	vd->map.mm = NULL;
	vd->map.bells = false;
	vd->map.memory_on = false;
	vd->map.view = (struct vgpu_view) {};
	/* Another guest writes as it likes. */
	WRITE_ONCE(vd->map.dirty_rate, VGPU_RATE_UNKNOWN);
	up_write(&vd->map.sem);
	fput(file);
	if (mm)
		mmdrop(mm);
}

/**
 * vgpu_map_decode() - the guest may have changed memory decode
 * @vd: the instance; trap lock held
 */
void vgpu_map_decode(struct vgpu_vdev *vd)
{
	bool on = vgpu_config_memory_on(&vd->cfg);

	lockdep_assert_held(&vd->trap_lock);
	if (on == vd->map.memory_on)
		return;
	down_write(&vd->map.sem);
	vd->map.memory_on = on;
	if (!on)
		zap_bars(vd);
	up_write(&vd->map.sem);
}

static void map_reset(struct vgpu_instance *inst)
{
	vgpu_map_decode(inst_to_vd(inst));
	vgpu_map_display(inst_to_vd(inst));
}

/* What is mapped follows from configuration space, and from who maps it. */
const struct vgpu_section vgpu_map_section = {
	.name = "mappings",
	.reset = map_reset,
	.close = map_close,
};

/**
 * vgpu_map_display() - the display may have something else to show
 * @vd: the instance; trap lock held
 */
void vgpu_map_display(struct vgpu_vdev *vd)
{
	const struct vgpu_view *view = &vd->display.view;
	struct vgpu_map *map = &vd->map;

	lockdep_assert_held(&vd->trap_lock);
	if (!view->direct && !map->view.direct)
		return;
	if (view->direct && map->view.direct &&
	    view->offset == map->view.offset && view->size == map->view.size)
		return;
	down_write(&map->sem);
	map->view = *view;
	vgpu_map_zap(vd, VGPU_REGION_DISPLAY, 0, vd->display.size);
	up_write(&map->sem);
}

static unsigned long vram_pfn(struct vgpu_vdev *vd, u64 offset)
{
	return vgpu_vram_pfn(&vd->pd->gpu.desc.vram,
			     vd->inst.vram_offset + offset);
}

/**
 * vgpu_map_insert() - map a page of the partition, and what is around it
 * @vd: the instance; map.sem held
 * @vmf: the fault
 * @pos: of the page in the partition
 * @around: so many bytes are mapped at once, a power of two, to which they are aligned
 *	in the partition; as far as the mapping goes
 * @prot: with this protection
 *
 * Pages that are there stay as they are.
 *
 * Return: what the fault handler is to return.
 */
vm_fault_t vgpu_map_insert(struct vgpu_vdev *vd, struct vm_fault *vmf, u64 pos,
			   unsigned long around, pgprot_t prot)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long at, before, after;
	vm_fault_t ret;

	lockdep_assert_held(&vd->map.sem);
	ret = vmf_insert_pfn_prot(vma, vmf->address, vram_pfn(vd, pos), prot);
	if (ret != VM_FAULT_NOPAGE)
		return ret;

	/* The neighbours are a favour: whether they fit does not matter. */
	before = pos & (around - 1);
	after = min(around - before, vma->vm_end - vmf->address);
	before = min(before, vmf->address - vma->vm_start);
	pos -= vmf->address;
	for (at = vmf->address - before; at < vmf->address + after;
	     at += PAGE_SIZE)
		if (vmf_insert_pfn_prot(vma, at, vram_pfn(vd, pos + at), prot) !=
		    VM_FAULT_NOPAGE)
			break;
	return ret;
}

static vm_fault_t fault_bar(struct vm_fault *vmf, struct vgpu_vdev *vd)
{
	u64 left, pos = vmf->pgoff % REGION_PAGES << PAGE_SHIFT;
	unsigned long bar = vmf->pgoff / REGION_PAGES;
	const struct vgpu_area *area;

	/* All of the mapping is in this area: so vgpu_map_mmap(). */
	area = vgpu_area_at(&vd->cfg.bars->bar[bar], pos, &left);
	if (WARN_ON_ONCE(!vgpu_area_mapped(area)))
		return VM_FAULT_SIGBUS;
	/* Alone: a neighbour that is armed must not be mapped with it. */
	if (vgpu_area_bell(area) >= 0)
		return vgpu_doorbell_fault(vmf, vd, area, pos - area->offset);
	pos += area->target - area->offset;
	return vgpu_map_insert(vd, vmf, pos, vgpu_track_touch(vd, pos),
			       vmf->vma->vm_page_prot);
}

#ifdef VGPU_PMD_FAULTS
/* The part of a mapping that one entry of the next level would cover. */
static vm_fault_t fault_block(struct vm_fault *vmf, struct vgpu_vdev *vd)
{
	unsigned long at = round_down(vmf->address, PMD_SIZE);
	unsigned long bar = vmf->pgoff / REGION_PAGES;
	u64 left, pos = vmf->pgoff % REGION_PAGES << PAGE_SHIFT;
	struct vm_area_struct *vma = vmf->vma;
	const struct vgpu_area *area;

	if (bar >= VGPU_NR_BARS || at < vma->vm_start ||
	    vma->vm_end - at < PMD_SIZE)
		return VM_FAULT_FALLBACK;
	area = vgpu_area_at(&vd->cfg.bars->bar[bar], pos, &left);
	if (!area || area->kind != VGPU_AREA_MEMORY)
		return VM_FAULT_FALLBACK;
	pos += area->target - area->offset - (vmf->address - at);
	if (!vgpu_vram_is_block(&vd->pd->gpu.desc.vram,
				vd->inst.vram_offset + pos))
		return VM_FAULT_FALLBACK;
	return vgpu_insert_pmd(vmf, vram_pfn(vd, pos));
}

static vm_fault_t map_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct file *file = vmf->vma->vm_file;
	struct vgpu_mapping *m = file->private_data;
	struct vgpu_vdev *vd = m->vd;
	vm_fault_t ret = VM_FAULT_FALLBACK;

	if (order != PMD_SHIFT - PAGE_SHIFT)
		return VM_FAULT_FALLBACK;
	down_read(&vd->map.sem);
	/* While somebody copies, what is written is told by smaller parts. */
	if (vd->map.file == file && vd->map.memory_on &&
	    !READ_ONCE(vd->pd->lost) && !rcu_access_pointer(vd->map.dirty))
		ret = fault_block(vmf, vd);
	up_read(&vd->map.sem);
	return ret;
}
#endif

static vm_fault_t fault_display(struct vm_fault *vmf, struct vgpu_vdev *vd)
{
	u64 at = vmf->pgoff % REGION_PAGES << PAGE_SHIFT;
	unsigned long pfn;

	/* The picture is the host's memory: there also when the GPU is lost. */
	if (vd->map.view.direct && at < vd->map.view.size &&
	    !READ_ONCE(vd->pd->lost))
		pfn = vram_pfn(vd, vd->map.view.offset + at);
	else
		pfn = vmalloc_to_pfn(vd->display.picture + at);
	return vmf_insert_pfn(vmf->vma, vmf->address, pfn);
}

static vm_fault_t map_fault(struct vm_fault *vmf)
{
	struct file *file = vmf->vma->vm_file;
	struct vgpu_mapping *m = file->private_data;
	struct vgpu_vdev *vd = m->vd;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	down_read(&vd->map.sem);
	/* Closed, or opened again by somebody else: nothing else is valid. */
	if (vd->map.file != file)
		goto out;
	if (vmf->pgoff / REGION_PAGES == VGPU_REGION_DISPLAY)
		ret = fault_display(vmf, vd);
	else if (vd->map.memory_on && !READ_ONCE(vd->pd->lost))
		ret = fault_bar(vmf, vd);
out:
	up_read(&vd->map.sem);
	return ret;
}

static const struct vm_operations_struct map_vm_ops = {
	.fault = map_fault,
#ifdef VGPU_PMD_FAULTS
	.huge_fault = map_huge_fault,
#endif
};

/* Who has mapped first what is to be taken away. Return: who it was before. */
static struct mm_struct *set_mm(struct vgpu_map *map, struct mm_struct *mm)
{
	struct mm_struct *last = map->mm;

	mmgrab(mm);
	map->mm = mm;
	map->bells = false;
	return last;
}

/*
 * What a guest may be using is taken away under the mmap_lock of its user: there is
 * one for doorbells, from the first mapping until the device is closed. Only when all
 * of that mm's threads have ended, whoever got the device from it, as by an exec(),
 * is the next. Memory is nobody's in particular: the first who maps it is taken for
 * the guest's user until there is a doorbell.
 */
static int keep_mm(struct vgpu_vdev *vd, bool bell)
{
	struct mm_struct *mm = current->mm, *last = NULL;
	struct vgpu_map *map = &vd->map;
	int ret = 0;

	down_write(&map->sem);
	if (!map->mm || !atomic_read(&map->mm->mm_users) ||
	    (bell && !map->bells))
		last = set_mm(map, mm);
	if (map->mm == mm)
		map->bells |= bell;
	else if (bell)
		ret = -EINVAL;
	up_write(&map->sem);
	if (last)
		mmdrop(last);
	return ret;
}

/* Pages of the host are cached, whoever maps them. */
static void set_prot(struct vgpu_vdev *vd, struct vm_area_struct *vma)
{
	if (!vd->pd->gpu.desc.vram.pages)
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
}

static int map_display(struct vgpu_vdev *vd, struct vm_area_struct *vma,
		       u64 pos)
{
	if (pos >= vd->display.size ||
	    vma->vm_end - vma->vm_start > vd->display.size - pos ||
	    vma->vm_flags & VM_WRITE)
		return -EINVAL;
	vgpu_vm_flags(vma, 0, VM_MAYWRITE);
	set_prot(vd, vma);
	return 0;
}

static int map_bar(struct vgpu_vdev *vd, struct vm_area_struct *vma,
		   unsigned int bar, u64 pos)
{
	const struct vgpu_area *area;
	u64 left;
	int ret;

	area = vgpu_area_at(&vd->cfg.bars->bar[bar], pos, &left);
	if (!vgpu_area_mapped(area) || vma->vm_end - vma->vm_start > left)
		return -EINVAL;
	ret = keep_mm(vd, vgpu_area_bell(area) >= 0);
	if (ret || area->kind == VGPU_AREA_DOORBELL)
		return ret;
	set_prot(vd, vma);
	return 0;
}

/**
 * vgpu_map_mmap() - user space maps a region
 * @vd: the instance
 * @vma: the mapping
 *
 * Only pages of one area: what lies between areas, or past a partition that is
 * smaller than its BAR, is never mapped.
 *
 * Return: 0, -EINVAL for what cannot be mapped that way.
 */
int vgpu_map_mmap(struct vgpu_vdev *vd, struct vm_area_struct *vma)
{
	u64 index = vma->vm_pgoff / REGION_PAGES;
	u64 pos = vma->vm_pgoff % REGION_PAGES << PAGE_SHIFT;
	int ret = -EINVAL;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (index == VGPU_REGION_DISPLAY)
		ret = map_display(vd, vma, pos);
	else if (index < VGPU_NR_BARS)
		ret = map_bar(vd, vma, index, pos);
	if (ret)
		return ret;

	vgpu_vm_flags(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP, 0);
	vma->vm_ops = &map_vm_ops;
	vma_set_file(vma, vd->map.file);
	return 0;
}
