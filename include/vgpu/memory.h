/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_MEMORY_H
#define _VGPU_MEMORY_H

#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/types.h>

/**
 * struct vgpu_vram - video memory: of a card, or of the host
 * @phys: bus address of its first byte, a multiple of the page size
 * @virt: mapping of all of it (write-combining), by the backend
 * @pages: in place of these two, pages of the host; by vgpu_vram_alloc()
 * @mem: their mapping, cached
 * @blocks: a bit for each %PMD_SIZE of @mem: it is one piece
 * @size: bytes
 * @reserved: bytes at the top that are never given to an instance
 *
 * Memory of the host is read and written as any other. That of a card is not:
 * both are served by vgpu_vram_read() and its neighbours.
 */
struct vgpu_vram {
	phys_addr_t phys;
	void __iomem *virt;
	struct page **pages;
	void *mem;
	unsigned long *blocks;
	u64 size;
	u64 reserved;
};

int vgpu_vram_alloc(struct vgpu_vram *vram, u64 size, int node);
void vgpu_vram_free(struct vgpu_vram *vram);

/**
 * vgpu_vram_read() - read video memory
 * @vram: the memory
 * @offset: first byte; the caller has checked the range
 * @buf: for the bytes
 * @n: how many
 *
 * Any context.
 */
static inline void vgpu_vram_read(const struct vgpu_vram *vram, u64 offset,
				  void *buf, size_t n)
{
	if (vram->pages)
		memcpy(buf, vram->mem + offset, n);
	else
		memcpy_fromio(buf, vram->virt + offset, n);
}

/**
 * vgpu_vram_write() - write video memory
 * @vram: the memory
 * @offset: first byte; the caller has checked the range
 * @buf: the bytes
 * @n: how many
 *
 * Any context.
 */
static inline void vgpu_vram_write(const struct vgpu_vram *vram, u64 offset,
				   const void *buf, size_t n)
{
	if (vram->pages)
		memcpy(vram->mem + offset, buf, n);
	else
		memcpy_toio(vram->virt + offset, buf, n);
}

/**
 * vgpu_vram_zero() - fill video memory with zeros
 * @vram: the memory
 * @offset: first byte; the caller has checked the range
 * @n: how many
 *
 * Any context; of much memory it takes long.
 */
static inline void vgpu_vram_zero(const struct vgpu_vram *vram, u64 offset,
				  size_t n)
{
	if (vram->pages)
		memset(vram->mem + offset, 0, n);
	else
		memset_io(vram->virt + offset, 0, n);
}

/**
 * vgpu_vram_copy() - copy video memory
 * @vram: the memory
 * @to: first byte that is written; the caller has checked both ranges
 * @from: first byte that is read; the ranges do not overlap
 * @n: how many
 *
 * Any context; of much memory it takes long.
 */
static inline void vgpu_vram_copy(const struct vgpu_vram *vram, u64 to,
				  u64 from, size_t n)
{
	size_t done, some;
	u8 buf[256];

	if (vram->pages) {
		memcpy(vram->mem + to, vram->mem + from, n);
		return;
	}
	for (done = 0; done < n; done += some) {
		some = min(n - done, sizeof(buf));
		memcpy_fromio(buf, vram->virt + from + done, some);
		memcpy_toio(vram->virt + to + done, buf, some);
	}
}

/**
 * vgpu_vram_pfn() - what to map
 * @vram: the memory
 * @offset: of the page
 *
 * Return: its frame number.
 */
static inline unsigned long vgpu_vram_pfn(const struct vgpu_vram *vram,
					  u64 offset)
{
	if (vram->pages)
		return page_to_pfn(vram->pages[offset >> PAGE_SHIFT]);
	return (vram->phys + offset) >> PAGE_SHIFT;
}

/**
 * vgpu_vram_is_block() - can %PMD_SIZE of memory be mapped by one entry
 * @vram: the memory
 * @offset: where they begin
 *
 * Return: true when they are one piece, aligned to their size.
 */
static inline bool vgpu_vram_is_block(const struct vgpu_vram *vram, u64 offset)
{
	return vram->pages && IS_ALIGNED(offset, PMD_SIZE) &&
	       test_bit(offset >> PMD_SHIFT, vram->blocks);
}

#endif /* _VGPU_MEMORY_H */
