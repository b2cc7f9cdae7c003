// SPDX-License-Identifier: GPL-2.0
/* Video memory from pages of the host. */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <vgpu/memory.h>

#define SIZE	(4 * PMD_SIZE)

static void memory_pages(struct kunit *test)
{
	struct vgpu_vram vram = {};
	u64 i, block;

	KUNIT_ASSERT_EQ(test, vgpu_vram_alloc(&vram, SIZE, NUMA_NO_NODE), 0);
	KUNIT_EXPECT_EQ(test, vram.size, (u64)SIZE);
	KUNIT_EXPECT_NULL(test, memchr_inv(vram.mem, 0, SIZE));
	for (i = 0; i < SIZE >> PAGE_SHIFT; i++) {
		/* KVM of before Linux 6.13 needs it so. */
		KUNIT_EXPECT_EQ(test, page_count(vram.pages[i]), 1);
		KUNIT_EXPECT_FALSE(test, PageCompound(vram.pages[i]));
		KUNIT_EXPECT_PTR_EQ(test, vmalloc_to_page(vram.mem +
							  i * PAGE_SIZE),
				    vram.pages[i]);
		KUNIT_EXPECT_EQ(test, vgpu_vram_pfn(&vram, i * PAGE_SIZE),
				page_to_pfn(vram.pages[i]));
	}
	/* What is called one piece is one, and is aligned. */
	for (i = 0; i < SIZE; i += PAGE_SIZE) {
		block = round_down(i, PMD_SIZE);
		if (i != block)
			KUNIT_EXPECT_FALSE(test, vgpu_vram_is_block(&vram, i));
		if (!vgpu_vram_is_block(&vram, block))
			continue;
		KUNIT_EXPECT_EQ(test, vgpu_vram_pfn(&vram, i),
				vgpu_vram_pfn(&vram, block) +
				((i - block) >> PAGE_SHIFT));
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED(vgpu_vram_pfn(&vram, block),
						   PMD_SIZE >> PAGE_SHIFT));
	}
	vgpu_vram_free(&vram);
	KUNIT_EXPECT_NULL(test, vram.pages);
	vgpu_vram_free(&vram);
}

static void memory_bytes(struct kunit *test)
{
	u8 *copy = kunit_kzalloc(test, SZ_16K, GFP_KERNEL);
	u64 base = PMD_SIZE - SZ_8K;	/* across a block's end */
	struct vgpu_vram vram = {};
	u32 at, n, turn;
	struct rnd_state rnd;
	u8 buf[64];

	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_ASSERT_EQ(test, vgpu_vram_alloc(&vram, SIZE, NUMA_NO_NODE), 0);
	prandom_seed_state(&rnd, 5);
	for (turn = 0; turn < 2000; turn++) {
		at = prandom_u32_state(&rnd) % (SZ_16K - sizeof(buf));
		n = 1 + prandom_u32_state(&rnd) % sizeof(buf);
		if (prandom_u32_state(&rnd) % 4) {
			prandom_bytes_state(&rnd, buf, n);
			memcpy(copy + at, buf, n);
			vgpu_vram_write(&vram, base + at, buf, n);
		} else {
			memset(copy + at, 0, n);
			vgpu_vram_zero(&vram, base + at, n);
		}
		at = prandom_u32_state(&rnd) % (SZ_16K - sizeof(buf));
		vgpu_vram_read(&vram, base + at, buf, sizeof(buf));
		KUNIT_ASSERT_MEMEQ(test, buf, copy + at, sizeof(buf));
	}
	vgpu_vram_free(&vram);
}

static void memory_errors(struct kunit *test)
{
	struct vgpu_vram vram = {};

	KUNIT_EXPECT_EQ(test, vgpu_vram_alloc(&vram, 0, NUMA_NO_NODE), -EINVAL);
	KUNIT_EXPECT_EQ(test, vgpu_vram_alloc(&vram, PMD_SIZE + PAGE_SIZE,
					      NUMA_NO_NODE), -EINVAL);
	KUNIT_EXPECT_EQ(test, vgpu_vram_alloc(&vram, U64_MAX - PMD_SIZE + 1,
					      NUMA_NO_NODE), -EINVAL);
	KUNIT_EXPECT_NULL(test, vram.pages);
}

static struct kunit_case memory_cases[] = {
	KUNIT_CASE(memory_pages),
	KUNIT_CASE(memory_bytes),
	KUNIT_CASE(memory_errors),
	{}
};

static struct kunit_suite memory_suite = {
	.name = "vgpu_memory",
	.test_cases = memory_cases,
};

kunit_test_suite(memory_suite);
