// SPDX-License-Identifier: GPL-2.0
/* The MSI-X table: what a driver writes is there, and nothing else. */
#include <kunit/test.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "../../drivers/vgpu/bus/msix.h"

#define VECTORS	67

static struct vgpu_msix *table(struct kunit *test)
{
	struct vgpu_msix *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	KUNIT_ASSERT_EQ(test, vgpu_msix_init(m, VECTORS), 0);
	return m;
}

static u32 get(const struct vgpu_msix *m, u64 offset)
{
	u8 buf[4];

	vgpu_msix_read(m, offset, buf, sizeof(buf));
	return get_unaligned_le32(buf);
}

static void put(struct vgpu_msix *m, u64 offset, u32 val)
{
	u8 buf[4];

	put_unaligned_le32(val, buf);
	vgpu_msix_write(m, offset, buf, sizeof(buf));
}

static u32 entry(unsigned int vector, u32 reg)
{
	return vector * PCI_MSIX_ENTRY_SIZE + reg;
}

static void msix_reset(struct kunit *test)
{
	struct vgpu_msix *m = table(test);
	unsigned int v, turn;

	for (turn = 0; turn < 2; turn++) {
		for (v = 0; v < VECTORS; v++) {
			KUNIT_EXPECT_TRUE(test, vgpu_msix_masked(m, v));
			KUNIT_EXPECT_EQ(test, get(m, entry(v, 0)), 0U);
			KUNIT_EXPECT_EQ(test, get(m, entry(v, 4)), 0U);
			KUNIT_EXPECT_EQ(test, get(m, entry(v, 8)), 0U);
			KUNIT_EXPECT_EQ(test, get(m, entry(v, 12)), 1U);
			put(m, entry(v, 0), 0xfee00000 + v * 4);
			put(m, entry(v, 12), 0);
			__set_bit(v, m->pending);
		}
		vgpu_msix_reset(m);
		KUNIT_EXPECT_TRUE(test, bitmap_empty(m->pending, VECTORS));
	}
	vgpu_msix_fini(m);
}

static void msix_entries(struct kunit *test)
{
	struct vgpu_msix *m = table(test);
	unsigned int v;

	for (v = 0; v < VECTORS; v++) {
		put(m, entry(v, PCI_MSIX_ENTRY_LOWER_ADDR), 0xfee00003 + v * 4);
		put(m, entry(v, PCI_MSIX_ENTRY_UPPER_ADDR), 0x80000000 + v);
		put(m, entry(v, PCI_MSIX_ENTRY_DATA), 0x4000 + v);
		put(m, entry(v, PCI_MSIX_ENTRY_VECTOR_CTRL),
		    v & 1 ? ~0U : ~1U);
	}
	for (v = 0; v < VECTORS; v++) {
		KUNIT_EXPECT_EQ(test, get(m, entry(v, 0)), 0xfee00000 + v * 4);
		KUNIT_EXPECT_EQ(test, get(m, entry(v, 4)), 0x80000000 + v);
		KUNIT_EXPECT_EQ(test, get(m, entry(v, 8)), 0x4000 + v);
		KUNIT_EXPECT_EQ(test, get(m, entry(v, 12)), v & 1);
		KUNIT_EXPECT_EQ(test, vgpu_msix_masked(m, v), (bool)(v & 1));
	}
	/* A piece, across two registers. */
	vgpu_msix_write(m, entry(3, 7), "\x12\x34", 2);
	KUNIT_EXPECT_EQ(test, get(m, entry(3, 4)), 0x12000003U);
	KUNIT_EXPECT_EQ(test, get(m, entry(3, 8)), 0x4034U);
	vgpu_msix_mask(m, 4, true);
	KUNIT_EXPECT_EQ(test, get(m, entry(4, 12)), 1U);
	vgpu_msix_fini(m);
}

static void msix_pending_bits(struct kunit *test)
{
	struct vgpu_msix *m = table(test);
	u32 pba = vgpu_msix_pba(VECTORS), end = vgpu_msix_size(VECTORS);
	unsigned int v;
	u8 bytes[32];

	KUNIT_EXPECT_EQ(test, pba, VECTORS * 16U);
	KUNIT_EXPECT_EQ(test, end, pba + 16);
	for (v = 0; v < VECTORS; v++) {
		__set_bit(v, m->pending);
		vgpu_msix_read(m, pba, bytes, 16);
		KUNIT_EXPECT_EQ(test, bytes[v / 8], (u8)BIT(v % 8));
		bytes[v / 8] = 0;
		KUNIT_EXPECT_NULL(test, memchr_inv(bytes, 0, 16));
		/* They are to be read only. */
		put(m, pba + v / 32 * 4, ~0U);
		KUNIT_EXPECT_EQ(test, bitmap_weight(m->pending, VECTORS), 1U);
		__clear_bit(v, m->pending);
	}
	/* The rest of the area, and a read across its parts. */
	bitmap_fill(m->pending, VECTORS);
	memset(bytes, 0xa5, sizeof(bytes));
	vgpu_msix_read(m, end, bytes, sizeof(bytes));
	KUNIT_EXPECT_NULL(test, memchr_inv(bytes, 0, sizeof(bytes)));
	vgpu_msix_read(m, pba - 4, bytes, 8);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(bytes), 1U);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(bytes + 4), ~0U);
	put(m, pba - 2, ~0U);
	put(m, U32_MAX, ~0U);
	KUNIT_EXPECT_EQ(test, get(m, pba - 4), 1U);
	vgpu_msix_fini(m);
}

static void msix_none(struct kunit *test)
{
	struct vgpu_msix m;

	KUNIT_EXPECT_EQ(test, vgpu_msix_init(&m, 0), 0);
	vgpu_msix_reset(&m);
	KUNIT_EXPECT_EQ(test, get(&m, 0), 0U);
	put(&m, 0, ~0U);
	vgpu_msix_fini(&m);
}

static struct kunit_case msix_cases[] = {
	KUNIT_CASE(msix_reset),
	KUNIT_CASE(msix_entries),
	KUNIT_CASE(msix_pending_bits),
	KUNIT_CASE(msix_none),
	{}
};

static struct kunit_suite msix_suite = {
	.name = "vgpu_msix",
	.test_cases = msix_cases,
};

kunit_test_suite(msix_suite);
