// SPDX-License-Identifier: GPL-2.0
/*
 * Video memory from pages of the host.
 *
 * It is taken in blocks of PMD_SIZE where there are any, so that one entry of a
 * page table can map each, and in single pages where there are not. A block is
 * split as soon as it is taken: KVM counts references of each page that it maps,
 * and those of a block that is not split have none of their own.
 */
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <vgpu/memory.h>

#define BLOCK_ORDER	(PMD_SHIFT - PAGE_SHIFT)
#define BLOCK_PAGES	BIT(BLOCK_ORDER)

/* It is much: rather none than that somebody else is killed for it. */
#define GFP_VRAM	(GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN | \
			 __GFP_RETRY_MAYFAIL)

static bool take_block(struct vgpu_vram *vram, u64 first, int node)
{
	struct page *page = alloc_pages_node(node, GFP_VRAM, BLOCK_ORDER);
	unsigned int i;

	if (!page)
		return false;
	split_page(page, BLOCK_ORDER);
	for (i = 0; i < BLOCK_PAGES; i++)
		vram->pages[first + i] = page + i;
	__set_bit(first >> BLOCK_ORDER, vram->blocks);
	return true;
}

static bool take_pages(struct vgpu_vram *vram, u64 first, int node)
{
	u64 i;

	for (i = first; i < first + BLOCK_PAGES; i++) {
		vram->pages[i] = alloc_pages_node(node, GFP_VRAM, 0);
		if (!vram->pages[i])
			return false;
	}
	return true;
}

static int take_all(struct vgpu_vram *vram, u64 pages, int node)
{
	u64 i;

	for (i = 0; i < pages; i += BLOCK_PAGES) {
		if (!take_block(vram, i, node) && !take_pages(vram, i, node))
			return -ENOMEM;
		cond_resched();
	}
	vram->mem = vmap(vram->pages, pages, VM_MAP, PAGE_KERNEL);
	return vram->mem ? 0 : -ENOMEM;
}

/**
 * vgpu_vram_alloc() - take video memory from the host
 * @vram: to be set up; @reserved is the caller's
 * @size: bytes, a multiple of %PMD_SIZE
 * @node: NUMA node to take it from, or %NUMA_NO_NODE
 *
 * Process context.
 *
 * Return: 0, all of it zero; -EINVAL for a bad size, -ENOMEM.
 */
int vgpu_vram_alloc(struct vgpu_vram *vram, u64 size, int node)
{
	u64 pages = size >> PAGE_SHIFT;
	int ret = -ENOMEM;

	might_sleep();
	if (!size || !IS_ALIGNED(size, PMD_SIZE) || pages > UINT_MAX)
		return -EINVAL;
	vram->size = size;
	vram->mem = NULL;
	vram->pages = kvcalloc(pages, sizeof(*vram->pages), GFP_KERNEL);
	vram->blocks = bitmap_zalloc(size >> PMD_SHIFT, GFP_KERNEL);
	if (vram->pages && vram->blocks)
		ret = take_all(vram, pages, node);
	if (ret)
		vgpu_vram_free(vram);
	return ret;
}
EXPORT_SYMBOL_GPL(vgpu_vram_alloc);

/**
 * vgpu_vram_free() - give it back
 * @vram: set up before, or by nobody: zeroed, or a card's
 *
 * Process context; no instance has any of it.
 */
void vgpu_vram_free(struct vgpu_vram *vram)
{
	u64 i;

	might_sleep();
	vunmap(vram->mem);
	vram->mem = NULL;
	for (i = 0; vram->pages && i < vram->size >> PAGE_SHIFT; i++)
		if (vram->pages[i])
			__free_page(vram->pages[i]);
	kvfree(vram->pages);
	vram->pages = NULL;
	bitmap_free(vram->blocks);
	vram->blocks = NULL;
}
EXPORT_SYMBOL_GPL(vgpu_vram_free);
