/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_MSIX_H
#define _VGPU_MSIX_H

#include <linux/bitmap.h>
#include <linux/pci_regs.h>
#include <linux/types.h>
#include <vgpu/section.h>

/**
 * struct vgpu_msix - the MSI-X table of a function, and its pending bits
 * @nr: vectors; 0 for a function without MSI-X
 * @table: the table, as a guest reads it
 * @pending: a bit a vector: it was raised and not delivered
 *
 * The caller protects @table and @pending.
 */
struct vgpu_msix {
	unsigned int nr;
	u8 *table;
	unsigned long *pending;
};

/**
 * vgpu_msix_pba() - where the pending bits are
 * @nr: vectors
 *
 * Return: the offset from the table, which they follow.
 */
static inline u32 vgpu_msix_pba(unsigned int nr)
{
	return nr * PCI_MSIX_ENTRY_SIZE;
}

/**
 * vgpu_msix_size() - bytes of the table and the pending bits
 * @nr: vectors
 *
 * Return: the size; pending bits come in units of 64.
 */
static inline u32 vgpu_msix_size(unsigned int nr)
{
	return vgpu_msix_pba(nr) + DIV_ROUND_UP(nr, 64) * 8;
}

int vgpu_msix_init(struct vgpu_msix *m, unsigned int nr);
void vgpu_msix_fini(struct vgpu_msix *m);
void vgpu_msix_reset(struct vgpu_msix *m);
bool vgpu_msix_masked(const struct vgpu_msix *m, unsigned int vector);
void vgpu_msix_mask(struct vgpu_msix *m, unsigned int vector, bool masked);
void vgpu_msix_read(const struct vgpu_msix *m, u64 offset, u8 *buf, size_t n);
void vgpu_msix_write(struct vgpu_msix *m, u64 offset, const u8 *buf, size_t n);
void vgpu_msix_save(const struct vgpu_msix *m, struct vgpu_writer *w);
void vgpu_msix_load(struct vgpu_msix *m, struct vgpu_reader *r);

#endif /* _VGPU_MSIX_H */
