// SPDX-License-Identifier: GPL-2.0
/* What stands behind a BAR: descriptions that are refused, and look-ups. */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../../drivers/vgpu/bus/area.h"

#define REGS	SZ_16K
#define VRAM	SZ_8M

#define TRAP(_offset, _size, _target) \
	{ VGPU_AREA_TRAP, (_offset), (_size), (_target) }
#define MEMORY(_offset, _size, _target) \
	{ VGPU_AREA_MEMORY, (_offset), (_size), (_target) }

#define BELL(_offset, _size, _number) \
	{ VGPU_AREA_DOORBELL, (_offset), (_size), (_number) }
#define RING(_offset, _size, _target, _number) \
	{ VGPU_AREA_RING, (_offset), (_size), (_target), (_number) }
#define MSIX(_offset, _size) \
	{ VGPU_AREA_MSIX, (_offset), (_size), 0 }

struct function {
	struct vgpu_bar_desc desc[VGPU_NR_BARS];
	struct vgpu_pci_desc pci;
	struct vgpu_bars bars;
};

/* A function with one BAR, the first. */
static struct function *function(struct kunit *test,
				 const struct vgpu_bar_desc *bar)
{
	struct function *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->desc[0] = *bar;
	f->pci.bars = f->desc;
	return f;
}

static int init(struct function *f, u64 vram)
{
	memset(&f->bars, 0xa5, sizeof(f->bars));
	return vgpu_bars_init(&f->bars, &f->pci, vram, REGS);
}

/* What most backends say. */
static void area_helpers(struct kunit *test)
{
	static const struct vgpu_bar_desc vram = VGPU_BAR_VRAM;
	struct function *f = function(test, &vram);
	struct vgpu_bar *bar = f->bars.bar;

	f->desc[1] = (struct vgpu_bar_desc)VGPU_BAR_IO(SZ_256);
	f->desc[2] = (struct vgpu_bar_desc)VGPU_BAR_REGS(REGS);
	KUNIT_ASSERT_EQ(test, init(f, VRAM), 0);

	KUNIT_EXPECT_EQ(test, bar[0].size, (u64)VRAM);
	KUNIT_EXPECT_EQ(test, bar[0].flags, (u32)PCI_BASE_ADDRESS_MEM_PREFETCH);
	KUNIT_EXPECT_TRUE(test, vgpu_bar_all_mapped(&bar[0]));
	KUNIT_EXPECT_EQ(test, vgpu_bar_nr_mapped(&bar[0]), 1U);
	KUNIT_EXPECT_EQ(test, bar[1].size, (u64)SZ_256);
	KUNIT_EXPECT_EQ(test, bar[1].flags, (u32)PCI_BASE_ADDRESS_SPACE_IO);
	KUNIT_EXPECT_EQ(test, vgpu_bar_nr_mapped(&bar[1]), 0U);
	KUNIT_EXPECT_EQ(test, bar[2].size, (u64)REGS);
	KUNIT_EXPECT_EQ(test, bar[2].flags, 0U);
	KUNIT_EXPECT_FALSE(test, vgpu_bar_all_mapped(&bar[2]));
	KUNIT_EXPECT_EQ(test, bar[3].size, 0ULL);
	KUNIT_EXPECT_FALSE(test, vgpu_bar_all_mapped(&bar[3]));
}

/* Nothing is mapped of what a partition does not have. */
static void area_rounded_up(struct kunit *test)
{
	static const struct vgpu_bar_desc vram = VGPU_BAR_VRAM;
	struct function *f = function(test, &vram);
	struct vgpu_bar *bar = f->bars.bar;
	u64 size = SZ_4M + SZ_1M + PAGE_SIZE, left;

	KUNIT_ASSERT_EQ(test, init(f, size), 0);
	KUNIT_EXPECT_EQ(test, bar->size, (u64)SZ_8M);
	KUNIT_EXPECT_FALSE(test, vgpu_bar_all_mapped(bar));
	KUNIT_EXPECT_EQ(test, vgpu_bar_nr_mapped(bar), 1U);
	KUNIT_EXPECT_PTR_EQ(test, vgpu_area_at(bar, size - 1, &left),
			    (const struct vgpu_area *)bar->areas);
	KUNIT_EXPECT_EQ(test, left, 1ULL);
	KUNIT_EXPECT_NULL(test, vgpu_area_at(bar, size, &left));
	KUNIT_EXPECT_EQ(test, left, SZ_8M - size);
	KUNIT_EXPECT_NULL(test, vgpu_area_at(bar, SZ_8M, &left));
	KUNIT_EXPECT_EQ(test, left, 0ULL);
	KUNIT_EXPECT_NULL(test, vgpu_area_at(bar, U64_MAX, &left));
	KUNIT_EXPECT_EQ(test, left, 0ULL);
}

static const struct {
	const char *why;
	struct vgpu_bar_desc bar;
	int ret;
} described[] = {
	{ "areas in order", { .areas = {
		TRAP(0, SZ_4K, 0), MEMORY(SZ_4K, SZ_8K, SZ_4K),
		TRAP(SZ_16K, SZ_4K, SZ_4K) } }, 0 },
	{ "a gap, the end of the registers", { .size = SZ_64K, .areas = {
		TRAP(SZ_4K, SZ_4K, REGS - SZ_4K) } }, 0 },
	{ "the end of the partition", { .areas = {
		MEMORY(0, SZ_4K, VRAM - SZ_4K) } }, 0 },
	{ "the rest of the partition", { .areas = {
		MEMORY(0, 0, VRAM - SZ_4K) } }, 0 },
	{ "32 bits", { .size = SZ_2G, .areas = { MEMORY(0, 0, 0) } }, 0 },
	{ "all areas that there may be", { .areas = {
		TRAP(0, 4, 0), TRAP(4, 4, 0), TRAP(8, 4, 0), TRAP(12, 4, 0),
		TRAP(16, 4, 0), TRAP(20, 4, 0), TRAP(24, 4, 0),
		TRAP(28, 4, 0) } }, 0 },
	{ "areas overlap", { .areas = {
		TRAP(0, SZ_8K, 0), MEMORY(SZ_4K, SZ_4K, 0) } }, -EINVAL },
	{ "areas out of order", { .areas = {
		MEMORY(SZ_4K, SZ_4K, 0), TRAP(0, SZ_4K, 0) } }, -EINVAL },
	{ "an empty area", { .areas = { TRAP(0, 0, 0) } }, -EINVAL },
	{ "nothing of the partition is left", { .areas = {
		MEMORY(0, 0, VRAM) } }, -EINVAL },
	{ "memory beyond the partition", { .areas = {
		MEMORY(0, SZ_8K, VRAM - SZ_4K) } }, -EINVAL },
	{ "memory that wraps", { .areas = {
		MEMORY(0, SZ_4K, -(u64)SZ_4K) } }, -EINVAL },
	{ "memory of part of a page", { .areas = {
		MEMORY(0, SZ_4K - 4, 0) } }, -EINVAL },
	{ "memory in the middle of a page", { .areas = {
		MEMORY(4, SZ_4K, 0) } }, -EINVAL },
	{ "memory from the middle of a page", { .areas = {
		MEMORY(0, SZ_4K, 4) } }, -EINVAL },
	{ "memory as I/O ports", { .flags = PCI_BASE_ADDRESS_SPACE_IO,
		.areas = { MEMORY(0, SZ_4K, 0) } }, -EINVAL },
	{ "registers that do not exist", { .areas = {
		TRAP(0, SZ_4K, REGS - SZ_4K + 4) } }, -EINVAL },
	{ "registers that wrap", { .areas = {
		TRAP(0, SZ_4K, -(u64)SZ_4K) } }, -EINVAL },
	{ "registers between registers", { .areas = {
		TRAP(2, SZ_4K, 0) } }, -EINVAL },
	{ "an offset that wraps", { .areas = {
		TRAP(-(u64)4, SZ_4K, 0) } }, -EINVAL },
	{ "doorbells", { .areas = { BELL(0, SZ_4K, 0), BELL(SZ_4K, SZ_8K, 3),
		MEMORY(SZ_16K, SZ_4K, 0) } }, 0 },
	{ "the same doorbell twice", { .areas = {
		BELL(0, SZ_4K, 1), BELL(SZ_4K, SZ_4K, 1) } }, -EINVAL },
	{ "a doorbell too many", { .areas = {
		BELL(0, SZ_4K, VGPU_MAX_DOORBELLS) } }, -EINVAL },
	{ "a doorbell of less than a page", { .areas = {
		BELL(0, SZ_2K, 0) } }, -EINVAL },
	{ "a doorbell as an I/O port", { .flags = PCI_BASE_ADDRESS_SPACE_IO,
		.areas = { BELL(0, SZ_4K, 0) } }, -EINVAL },
	{ "a ring between memory", { .areas = {
		MEMORY(0, SZ_4K, 0), RING(SZ_4K, SZ_8K, SZ_4K, 1),
		MEMORY(SZ_16K, 0, SZ_16K) } }, 0 },
	{ "a ring and a doorbell that are the same", { .areas = {
		BELL(0, SZ_4K, 1), RING(SZ_4K, SZ_4K, 0, 1) } }, -EINVAL },
	{ "a ring with a doorbell too many", { .areas = {
		RING(0, SZ_4K, 0, VGPU_MAX_DOORBELLS) } }, -EINVAL },
	{ "a ring beyond the partition", { .areas = {
		RING(0, SZ_8K, VRAM - SZ_4K, 0) } }, -EINVAL },
	{ "a ring of part of a page", { .areas = {
		RING(0, SZ_2K, 0, 0) } }, -EINVAL },
	{ "a ring from the middle of a page", { .areas = {
		RING(0, SZ_4K, SZ_2K, 0) } }, -EINVAL },
	{ "a ring as I/O ports", { .flags = PCI_BASE_ADDRESS_SPACE_IO,
		.areas = { RING(0, SZ_4K, 0, 0) } }, -EINVAL },
	{ "an unknown kind", { .areas = { { 77, 0, SZ_4K, 0 } } }, -EINVAL },
	{ "a BAR that is too small for its area", { .size = SZ_4K, .areas = {
		TRAP(0, SZ_8K, 0) } }, -EINVAL },
	{ "a size that is not a power of two", { .size = SZ_8K + SZ_4K,
		.areas = { TRAP(0, SZ_4K, 0) } }, -EINVAL },
	{ "more than 32 bits", { .size = SZ_4G,
		.areas = { TRAP(0, SZ_4K, 0) } }, -EINVAL },
	{ "64 bits", { .size = SZ_4G, .flags = PCI_BASE_ADDRESS_MEM_TYPE_64,
		.areas = { TRAP(0, SZ_4K, 0) } }, 0 },
	{ "more than a region", { .flags = PCI_BASE_ADDRESS_MEM_TYPE_64,
		.size = BIT_ULL(VGPU_REGION_SHIFT + 1),
		.areas = { TRAP(0, SZ_4K, 0) } }, -EINVAL },
	{ "an area past a region", { .flags = PCI_BASE_ADDRESS_MEM_TYPE_64,
		.areas = { TRAP(BIT_ULL(VGPU_REGION_SHIFT), SZ_4K, 0) } },
		-EINVAL },
	{ "a type that nobody knows", { .flags = PCI_BASE_ADDRESS_MEM_TYPE_1M,
		.areas = { TRAP(0, SZ_4K, 0) } }, -EINVAL },
	{ "too many I/O ports", { .flags = PCI_BASE_ADDRESS_SPACE_IO,
		.areas = { TRAP(0, SZ_512, 0) } }, -EINVAL },
	{ "prefetchable I/O ports", {
		.flags = PCI_BASE_ADDRESS_SPACE_IO |
			 PCI_BASE_ADDRESS_MEM_PREFETCH,
		.areas = { TRAP(0, SZ_256, 0) } }, -EINVAL },
	{ "a BAR without areas", { .size = SZ_4K }, -EINVAL },
	{ "flags without areas", { .flags = PCI_BASE_ADDRESS_SPACE_IO },
		-EINVAL },
};

static void area_descriptions(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(described); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    init(function(test, &described[i].bar), VRAM),
				    described[i].ret, "%s", described[i].why);
}

/* A BAR of 64 bits has the register after its own, too. */
static void area_pairs(struct kunit *test)
{
	static const struct vgpu_bar_desc vram = VGPU_BAR_VRAM64;
	static const struct vgpu_bar_desc regs = VGPU_BAR_REGS(REGS);
	struct function *f = function(test, &vram);

	KUNIT_EXPECT_EQ(test, init(f, SZ_16G), 0);
	KUNIT_EXPECT_EQ(test, f->bars.bar[0].size, (u64)SZ_16G);
	f->desc[2] = regs;
	KUNIT_EXPECT_EQ(test, init(f, SZ_16G), 0);
	f->desc[1] = regs;
	KUNIT_EXPECT_EQ(test, init(f, SZ_16G), -EINVAL);
	f->desc[1] = vram;
	KUNIT_EXPECT_EQ(test, init(f, SZ_16G), -EINVAL);
	memset(&f->desc[1], 0, sizeof(f->desc[1]));
	f->desc[4] = vram;
	KUNIT_EXPECT_EQ(test, init(f, SZ_16G), 0);
	memset(&f->desc[4], 0, sizeof(f->desc[4]));
	f->desc[5] = vram;
	KUNIT_EXPECT_EQ(test, init(f, SZ_16G), -EINVAL);
}

/* One table, large enough, where there are vectors. */
static void area_msix(struct kunit *test)
{
	static const struct {
		const char *why;
		u16 vectors;
		struct vgpu_area areas[3];
		int ret;
	} t[] = {
		{ "one vector", 1, { MSIX(0, 16 + 8) }, 0 },
		{ "as many as fit", 65, { MSIX(8, 65 * 16 + 16) }, 0 },
		{ "one more", 65, { MSIX(8, 65 * 16 + 15) }, -EINVAL },
		{ "after registers", 4, { TRAP(0, SZ_4K, 0),
					  MSIX(SZ_4K, SZ_4K) }, 0 },
		{ "two tables", 4, { MSIX(0, SZ_4K), MSIX(SZ_4K, SZ_4K) },
		  -EINVAL },
		{ "none", 4, { TRAP(0, SZ_4K, 0) }, -EINVAL },
		{ "without vectors", 0, { MSIX(0, SZ_4K) }, -EINVAL },
		{ "in the middle of a qword", 4, { MSIX(4, SZ_4K) }, -EINVAL },
		{ "with a target", 4, { { VGPU_AREA_MSIX, 0, SZ_4K, 16 } },
		  -EINVAL },
	};
	struct function *f = function(test, &(struct vgpu_bar_desc){});
	unsigned int i, bar;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		memcpy(f->desc[4].areas, t[i].areas, sizeof(t[i].areas));
		f->pci.msix_vectors = t[i].vectors;
		KUNIT_EXPECT_EQ_MSG(test, init(f, VRAM), t[i].ret, "%s",
				    t[i].why);
	}
	memcpy(f->desc[4].areas, t[3].areas, sizeof(t[3].areas));
	f->pci.msix_vectors = t[3].vectors;
	KUNIT_ASSERT_EQ(test, init(f, VRAM), 0);
	KUNIT_EXPECT_PTR_EQ(test, vgpu_area_msix(&f->bars, &bar),
			    (const struct vgpu_area *)&f->bars.bar[4].areas[1]);
	KUNIT_EXPECT_EQ(test, bar, 4U);
	KUNIT_EXPECT_EQ(test, vgpu_bar_nr_mapped(&f->bars.bar[4]), 0U);
}

/* By a map of the whole BAR, one entry a page. */
static void area_random(struct kunit *test)
{
	enum { PAGES = 64 };
	struct function *f = function(test, &(struct vgpu_bar_desc){});
	const struct vgpu_bar *bar = &f->bars.bar[0];
	int owner[PAGES + 1];
	struct rnd_state rnd;
	unsigned int turn;

	prandom_seed_state(&rnd, 11);
	for (turn = 0; turn < 500; turn++) {
		unsigned int at = 0, n = 0, page, mapped = 0;

		memset(f->desc, 0, sizeof(f->desc));
		memset(owner, 0xff, sizeof(owner));
		while (n < VGPU_MAX_AREAS) {
			struct vgpu_area *area = &f->desc[0].areas[n];
			unsigned int gap = prandom_u32_state(&rnd) % 4;
			unsigned int len = 1 + prandom_u32_state(&rnd) % 4;

			if (at + gap + len > PAGES)
				break;
			area->kind = prandom_u32_state(&rnd) & 1 ?
				     VGPU_AREA_TRAP : VGPU_AREA_MEMORY;
			area->offset = (at + gap) * PAGE_SIZE;
			area->size = len * PAGE_SIZE;
			mapped += area->kind == VGPU_AREA_MEMORY;
			for (at += gap; len; len--)
				owner[at++] = n;
			n++;
		}
		f->desc[0].size = PAGES * PAGE_SIZE;
		KUNIT_ASSERT_EQ(test, init(f, VRAM), 0);
		KUNIT_EXPECT_EQ(test, vgpu_bar_nr_mapped(bar), mapped);
		owner[PAGES] = -2;
		for (page = 0; page < PAGES; page++) {
			const struct vgpu_area *area;
			unsigned int same = page;
			u64 left;

			area = vgpu_area_at(bar, page * PAGE_SIZE + 5, &left);
			while (owner[same] == owner[page])
				same++;
			KUNIT_EXPECT_EQ(test, area ? (int)(area - bar->areas) :
					-1, owner[page]);
			KUNIT_EXPECT_EQ(test, left,
					(same - page) * PAGE_SIZE - 5);
		}
	}
}

static struct kunit_case area_cases[] = {
	KUNIT_CASE(area_helpers),
	KUNIT_CASE(area_rounded_up),
	KUNIT_CASE(area_descriptions),
	KUNIT_CASE(area_pairs),
	KUNIT_CASE(area_msix),
	KUNIT_CASE(area_random),
	{}
};

static struct kunit_suite area_suite = {
	.name = "vgpu_area",
	.test_cases = area_cases,
};

kunit_test_suite(area_suite);
