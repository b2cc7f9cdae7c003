// SPDX-License-Identifier: GPL-2.0
/*
 * The areas of BARs: what a backend describes is checked once, when it
 * registers, and from then on only looked up.
 *
 * A BAR is a power of two of bytes, what it shows need not be: where the areas
 * end before the BAR does, or leave a gap, nothing is. No device is touched
 * here.
 */
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "area.h"
#include "msix.h"

#define MEM_FLAGS	(PCI_BASE_ADDRESS_MEM_PREFETCH | \
			 PCI_BASE_ADDRESS_MEM_TYPE_64)

/* PCI says so of a function's I/O ports. */
#define IO_MAX		256

/* The least that a memory BAR and an I/O BAR can ask for. */
#define MEM_MIN		16
#define IO_MIN		4

static bool is_io(const struct vgpu_bar *bar)
{
	return bar->flags & PCI_BASE_ADDRESS_SPACE_IO;
}

static u64 largest(const struct vgpu_bar *bar)
{
	if (is_io(bar))
		return IO_MAX;
	return vgpu_bar_is_64(bar) ? BIT_ULL(VGPU_REGION_SHIFT) : SZ_2G;
}

/* Is [@at, @at + @size) within @limit; without overflow. */
static bool within(u64 at, u64 size, u64 limit)
{
	return at <= limit && size <= limit - at;
}

/**
 * vgpu_area_mapped() - does user space map it
 * @area: an area, or NULL
 *
 * Return: true when it does, false when accesses are trapped.
 */
bool vgpu_area_mapped(const struct vgpu_area *area)
{
	return area && (area->kind == VGPU_AREA_MEMORY ||
			vgpu_area_bell(area) >= 0);
}

/**
 * vgpu_area_bell() - which doorbell is it
 * @area: an area
 *
 * Return: its number, -1 when it is none.
 */
int vgpu_area_bell(const struct vgpu_area *area)
{
	switch (area->kind) {
	case VGPU_AREA_DOORBELL:
		return min_t(u64, area->target, VGPU_MAX_DOORBELLS);
	case VGPU_AREA_RING:
		return area->bell;
	default:
		return -1;
	}
}

/* What is wrong with an area, or NULL. @begin: where the one before ends. */
static const char *check_area(const struct vgpu_pci_desc *pci,
			      const struct vgpu_bar *bar,
			      const struct vgpu_area *area, u64 begin,
			      u64 vram_size, u32 regs_size)
{
	if (!area->size)
		return "is empty";
	if (area->offset < begin)
		return "overlaps the one before, or is out of order";
	if (!within(area->offset, area->size, BIT_ULL(VGPU_REGION_SHIFT)))
		return "is beyond what a region can have";
	if (area->offset % 4)
		return "is not aligned";
	if (vgpu_area_mapped(area) &&
	    (is_io(bar) || !PAGE_ALIGNED(area->offset | area->size)))
		return "cannot be mapped by pages";
	if (vgpu_area_bell(area) >= VGPU_MAX_DOORBELLS)
		return "is one doorbell too many";

	switch (area->kind) {
	case VGPU_AREA_TRAP:
		return within(area->target, area->size, regs_size) ? NULL :
		       "is beyond the registers";
	case VGPU_AREA_MEMORY:
	case VGPU_AREA_RING:
		if (!PAGE_ALIGNED(area->target))
			return "does not begin with a page of the partition";
		return within(area->target, area->size, vram_size) ? NULL :
		       "is beyond the partition";
	case VGPU_AREA_DOORBELL:
		return NULL;
	case VGPU_AREA_MSIX:
		if (is_io(bar) || area->offset % 8 || area->target)
			return "is not where an MSI-X table can be";
		return area->size >= vgpu_msix_size(pci->msix_vectors) ? NULL :
		       "is too small for its vectors";
	default:
		return "is of no known kind";
	}
}

/* Copy the areas of a BAR, with their sizes. Returns the first bad one. */
static const char *init_areas(struct vgpu_bar *bar,
			      const struct vgpu_bar_desc *desc,
			      const struct vgpu_pci_desc *pci, u64 vram_size,
			      u32 regs_size)
{
	struct vgpu_area *area;
	const char *wrong;
	u64 end = 0;

	while (bar->nr < VGPU_MAX_AREAS &&
	       desc->areas[bar->nr].kind != VGPU_AREA_NONE) {
		area = &bar->areas[bar->nr];
		*area = desc->areas[bar->nr];
		if (area->kind == VGPU_AREA_MEMORY && !area->size &&
		    area->target < vram_size)
			area->size = vram_size - area->target;
		wrong = check_area(pci, bar, area, end, vram_size, regs_size);
		if (wrong)
			return wrong;
		end = area->offset + area->size;
		bar->nr++;
	}
	bar->size = desc->size;
	if (bar->nr && !bar->size)
		bar->size = roundup_pow_of_two(max_t(u64, end, MEM_MIN));
	return end > bar->size ? "is beyond the end of its BAR" : NULL;
}

/* What is wrong with a BAR as a whole, or NULL. */
static const char *check_bar(const struct vgpu_bar *bar)
{
	if (!bar->nr)
		return bar->size || bar->flags ? "has no area" : NULL;
	if (bar->flags & ~MEM_FLAGS && bar->flags != PCI_BASE_ADDRESS_SPACE_IO)
		return "has flags that it cannot have";
	if (!is_power_of_2(bar->size) ||
	    bar->size < (is_io(bar) ? IO_MIN : MEM_MIN))
		return "is not a power of two, or too small";
	if (bar->size > largest(bar))
		return "is too large";
	return NULL;
}

/* Each area that is one is a doorbell of its own. */
static bool doorbells_differ(const struct vgpu_bars *bars)
{
	unsigned int bar, i, seen = 0;

	for (bar = 0; bar < VGPU_NR_BARS; bar++) {
		for (i = 0; i < bars->bar[bar].nr; i++) {
			int bell = vgpu_area_bell(&bars->bar[bar].areas[i]);

			if (bell < 0)
				continue;
			if (seen & BIT(bell))
				return false;
			seen |= BIT(bell);
		}
	}
	return true;
}

/**
 * vgpu_bars_count() - how many areas of a kind there are
 * @bars: the BARs
 * @kind: the kind
 *
 * Return: the number.
 */
unsigned int vgpu_bars_count(const struct vgpu_bars *bars,
			     enum vgpu_area_kind kind)
{
	unsigned int bar, i, n = 0;

	for (bar = 0; bar < VGPU_NR_BARS; bar++)
		for (i = 0; i < bars->bar[bar].nr; i++)
			n += bars->bar[bar].areas[i].kind == kind;
	return n;
}

/**
 * vgpu_bars_init() - the BARs of a function with a partition of some size
 * @bars: to be set up
 * @pci: the description
 * @vram_size: bytes of the partition
 * @regs_size: bytes of the register file
 *
 * Return: 0, -EINVAL for a description that makes no sense; the kernel's log
 * says why.
 */
int vgpu_bars_init(struct vgpu_bars *bars, const struct vgpu_pci_desc *pci,
		   u64 vram_size, u32 regs_size)
{
	const char *wrong;
	unsigned int i;

	memset(bars, 0, sizeof(*bars));
	for (i = 0; i < VGPU_NR_BARS; i++) {
		struct vgpu_bar *bar = &bars->bar[i];

		bar->flags = pci->bars[i].flags;
		wrong = init_areas(bar, &pci->bars[i], pci, vram_size,
				   regs_size);
		if (wrong) {
			pr_err("vgpu: PCI description: BAR %u: area %u %s\n", i, bar->nr, wrong);
			return -EINVAL;
		}
		wrong = check_bar(bar);
		if (!wrong && vgpu_bar_is_64(bar) && i == VGPU_NR_BARS - 1)
			wrong = "has no register for its upper half";
		if (!wrong && bar->size && i && vgpu_bar_is_64(bar - 1))
			wrong = "is the upper half of the one before";
		if (wrong) {
			pr_err("vgpu: PCI description: BAR %u %s\n", i, wrong);
			return -EINVAL;
		}
	}
	if (vgpu_bars_count(bars, VGPU_AREA_MSIX) != !!pci->msix_vectors) {
		pr_err("vgpu: PCI description: not one MSI-X area, or one without vectors\n");
		return -EINVAL;
	}
	if (!doorbells_differ(bars)) {
		pr_err("vgpu: PCI description: two areas are the same doorbell\n");
		return -EINVAL;
	}
	return 0;
}

/**
 * vgpu_area_msix() - where the MSI-X table is
 * @bars: the BARs
 * @bar: set to the number of its BAR
 *
 * Return: the area, or NULL for a function without MSI-X.
 */
const struct vgpu_area *vgpu_area_msix(const struct vgpu_bars *bars,
				       unsigned int *bar)
{
	const struct vgpu_area *area, *end;

	for (*bar = 0; *bar < VGPU_NR_BARS; (*bar)++) {
		area = bars->bar[*bar].areas;
		for (end = area + bars->bar[*bar].nr; area < end; area++)
			if (area->kind == VGPU_AREA_MSIX)
				return area;
	}
	return NULL;
}

/**
 * vgpu_area_at() - what stands behind a byte of a BAR
 * @bar: the BAR
 * @offset: of the byte
 * @left: set to the number of bytes from @offset on that are alike
 *
 * Return: the area, or NULL where none is; @left is 0 beyond the BAR's end.
 */
const struct vgpu_area *vgpu_area_at(const struct vgpu_bar *bar, u64 offset,
				     u64 *left)
{
	const struct vgpu_area *area = bar->areas;
	const struct vgpu_area *end = area + bar->nr;

	for (; area < end; area++) {
		if (offset < area->offset) {
			*left = area->offset - offset;
			return NULL;
		}
		if (offset - area->offset < area->size) {
			*left = area->size - (offset - area->offset);
			return area;
		}
	}
	*left = offset < bar->size ? bar->size - offset : 0;
	return NULL;
}

/**
 * vgpu_bar_nr_mapped() - how many areas of a BAR user space can map
 * @bar: the BAR
 *
 * Return: the number.
 */
unsigned int vgpu_bar_nr_mapped(const struct vgpu_bar *bar)
{
	unsigned int i, n = 0;

	for (i = 0; i < bar->nr; i++)
		n += vgpu_area_mapped(&bar->areas[i]);
	return n;
}

/**
 * vgpu_bar_all_mapped() - can a BAR be mapped as a whole
 * @bar: the BAR
 *
 * Return: true when it is one area that is mapped, and nothing else.
 */
bool vgpu_bar_all_mapped(const struct vgpu_bar *bar)
{
	return bar->nr && vgpu_area_mapped(bar->areas) &&
	       bar->areas[0].size == bar->size;
}
