/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_AREA_H
#define _VGPU_AREA_H

#include <linux/types.h>
#include <vgpu/pci.h>

/** A region's place in the device's file: as vfio-pci does it. */
#define VGPU_REGION_SHIFT	40

/**
 * struct vgpu_bar - a BAR of an instance
 * @flags: the register's low bits
 * @size: bytes, 0 when the BAR is not implemented
 * @nr: how many @areas it has
 * @areas: in the order of their offsets; all sizes are known
 */
struct vgpu_bar {
	u32 flags;
	u64 size;
	unsigned int nr;
	struct vgpu_area areas[VGPU_MAX_AREAS];
};

/**
 * struct vgpu_bars - the BARs of all instances that have one size of partition
 * @bar: each of them
 *
 * Never changes once it is made.
 */
struct vgpu_bars {
	struct vgpu_bar bar[VGPU_NR_BARS];
};

/**
 * vgpu_bar_is_64() - does a BAR take two registers
 * @bar: the BAR
 *
 * Return: true when its address has 64 bits.
 */
static inline bool vgpu_bar_is_64(const struct vgpu_bar *bar)
{
	return !(bar->flags & PCI_BASE_ADDRESS_SPACE_IO) &&
	       bar->flags & PCI_BASE_ADDRESS_MEM_TYPE_64;
}

int vgpu_bars_init(struct vgpu_bars *bars, const struct vgpu_pci_desc *pci,
		   u64 vram_size, u32 regs_size);
const struct vgpu_area *vgpu_area_at(const struct vgpu_bar *bar, u64 offset,
				     u64 *left);
unsigned int vgpu_bars_count(const struct vgpu_bars *bars,
			     enum vgpu_area_kind kind);
const struct vgpu_area *vgpu_area_msix(const struct vgpu_bars *bars,
				       unsigned int *bar);
bool vgpu_area_mapped(const struct vgpu_area *area);
int vgpu_area_bell(const struct vgpu_area *area);
unsigned int vgpu_bar_nr_mapped(const struct vgpu_bar *bar);
bool vgpu_bar_all_mapped(const struct vgpu_bar *bar);

#endif /* _VGPU_AREA_H */
