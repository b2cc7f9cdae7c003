// SPDX-License-Identifier: GPL-2.0
/* Rings in memory that a guest writes to: order, limits, and a guest that lies. */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/string.h>
#include <vgpu/ring.h>

#include "ring_model.h"

#define VRAM	4096
#define SLOTS	8

struct fixture {
	struct vgpu_ring ring;
	u8 vram[VRAM];
};

static struct fixture *fixture(struct kunit *test, u64 offset)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	KUNIT_ASSERT_EQ(test, vgpu_ring_init(&f->ring, f->vram, VRAM, offset,
					     SLOTS), 0);
	return f;
}

/* As a guest does it: the packet, then the index. */
static void write_packet(struct fixture *f, u64 index, u8 byte)
{
	u8 *at = f->ring.mem;

	memset(at + 64 + index % SLOTS * 64, byte, 64);
	*(__le64 *)(at + 0x28) = cpu_to_le64(index + 1);
}

static u64 index_read(struct fixture *f)
{
	return le64_to_cpu(*(__le64 *)(f->ring.mem + 0x30));
}

static void ring_places(struct kunit *test)
{
	static const struct {
		u64 offset;
		u32 slots;
		int ret;
	} cases[] = {
		{ 0, 4, 0 }, { 0, 32, 0 }, { VRAM - 5 * 64, 4, 0 },
		{ 0, 0, -EINVAL }, { 0, 2, -EINVAL }, { 0, 5, -EINVAL },
		{ 0, 64, -EINVAL }, { 0, 1U << 31, -EINVAL },
		{ 32, 4, -EINVAL }, { VRAM - 4 * 64, 4, -EINVAL },
		{ VRAM, 4, -EINVAL }, { 1ULL << 63, 4, -EINVAL },
		{ ~0ULL - 63, 4, -EINVAL },
	};
	u8 *vram = kunit_kzalloc(test, VRAM, GFP_KERNEL);
	struct vgpu_ring ring = {}, before;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, vram);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		before = ring;
		KUNIT_EXPECT_EQ_MSG(test, cases[i].ret,
				    vgpu_ring_init(&ring, vram, VRAM,
						   cases[i].offset,
						   cases[i].slots),
				    "case %u", i);
		KUNIT_EXPECT_EQ(test, model_place(cases[i].offset,
						  cases[i].slots, VRAM),
				!cases[i].ret);
		if (cases[i].ret)
			KUNIT_EXPECT_MEMEQ(test, &ring, &before, sizeof(ring));
	}
	KUNIT_EXPECT_EQ(test, vgpu_ring_bytes(4), 320ULL);
}

static void ring_in_order(struct kunit *test)
{
	struct fixture *f = fixture(test, 128);
	u8 packet[64];
	u64 i;

	KUNIT_EXPECT_FALSE(test, vgpu_ring_pending(&f->ring));
	KUNIT_EXPECT_EQ(test, vgpu_ring_peek(&f->ring, packet), 0);
	for (i = 0; i < 100; i++) {
		write_packet(f, i, i + 1);
		KUNIT_ASSERT_TRUE(test, vgpu_ring_pending(&f->ring));
		KUNIT_ASSERT_EQ(test, vgpu_ring_peek(&f->ring, packet), 1);
		KUNIT_ASSERT_EQ(test, packet[0], i + 1);
		KUNIT_ASSERT_EQ(test, packet[63], i + 1);
		f->ring.progress = 5;
		KUNIT_ASSERT_EQ(test, index_read(f), i);
		vgpu_ring_advance(&f->ring);
		KUNIT_ASSERT_EQ(test, index_read(f), i + 1);
		KUNIT_ASSERT_EQ(test, f->ring.progress, 0ULL);
	}
	KUNIT_EXPECT_FALSE(test, vgpu_ring_pending(&f->ring));
	vgpu_ring_fini(&f->ring);
	KUNIT_EXPECT_FALSE(test, vgpu_ring_pending(&f->ring));
	KUNIT_EXPECT_EQ(test, vgpu_ring_peek(&f->ring, packet), 0);
}

/* An index that is not within the ring is seen, whatever it is. */
static void ring_bad_index(struct kunit *test)
{
	struct fixture *f = fixture(test, 0);
	static const u64 bad[] = { SLOTS + 1, ~0ULL, 1ULL << 63, 1ULL << 32 };
	u8 packet[64];
	unsigned int i;

	write_packet(f, SLOTS - 1, 1);
	KUNIT_EXPECT_EQ(test, vgpu_ring_peek(&f->ring, packet), 1);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		*(__le64 *)(f->ring.mem + 0x28) = cpu_to_le64(bad[i]);
		KUNIT_EXPECT_EQ(test, vgpu_ring_peek(&f->ring, packet),
				-EOVERFLOW);
		KUNIT_EXPECT_TRUE(test, vgpu_ring_pending(&f->ring));
	}
	/* Backwards */
	write_packet(f, 2, 1);
	vgpu_ring_advance(&f->ring);
	vgpu_ring_advance(&f->ring);
	vgpu_ring_advance(&f->ring);
	*(__le64 *)(f->ring.mem + 0x28) = cpu_to_le64(2);
	KUNIT_EXPECT_EQ(test, vgpu_ring_peek(&f->ring, packet), -EOVERFLOW);
}

/* What the guest writes over the index that it reads changes nothing. */
static void ring_keeps_its_own_index(struct kunit *test)
{
	struct fixture *f = fixture(test, 0);
	u8 packet[64];

	write_packet(f, 0, 7);
	write_packet(f, 1, 8);
	memset(f->ring.mem, 0xff, 0x28);
	*(__le64 *)(f->ring.mem + 0x30) = cpu_to_le64(0x1234567);
	KUNIT_EXPECT_EQ(test, vgpu_ring_peek(&f->ring, packet), 1);
	KUNIT_EXPECT_EQ(test, packet[0], 7);
	vgpu_ring_advance(&f->ring);
	KUNIT_EXPECT_EQ(test, index_read(f), 1ULL);
	KUNIT_EXPECT_EQ(test, vgpu_ring_peek(&f->ring, packet), 1);
	KUNIT_EXPECT_EQ(test, packet[0], 8);
}

/* A guest that writes anywhere, at any time, against the model. */
static void ring_random(struct kunit *test)
{
	struct fixture *f = fixture(test, 128);
	struct ring_model m = { true, 128, SLOTS };
	u8 packet[64];
	const u8 *want;
	struct rnd_state rnd;
	unsigned int i;
	int ret;

	prandom_seed_state(&rnd, 17);
	for (i = 0; i < 50000; i++) {
		u32 r = prandom_u32_state(&rnd);

		if (r % 4 == 0)
			f->vram[prandom_u32_state(&rnd) % VRAM] = r / 16;
		if (r % 4 == 1)
			*(__le64 *)(f->vram + 128 + VGPU_RING_WRITE) =
				cpu_to_le64(m.read + r / 16 % 12 - 1);
		ret = vgpu_ring_peek(&f->ring, packet);
		KUNIT_ASSERT_EQ(test, ret, model_peek(&m, f->vram, &want));
		if (want)
			KUNIT_ASSERT_MEMEQ(test, packet, want, sizeof(packet));
		if (ret != 1 || r % 4 != 2)
			continue;
		vgpu_ring_advance(&f->ring);
		m.read++;
		KUNIT_ASSERT_EQ(test, index_read(f), m.read);
	}
	KUNIT_EXPECT_GT(test, m.read, 500ULL);
}

static struct kunit_case ring_cases[] = {
	KUNIT_CASE(ring_places),
	KUNIT_CASE(ring_in_order),
	KUNIT_CASE(ring_bad_index),
	KUNIT_CASE(ring_keeps_its_own_index),
	KUNIT_CASE(ring_random),
	{}
};

static struct kunit_suite ring_suite = {
	.name = "ring",
	.test_cases = ring_cases,
};

kunit_test_suite(ring_suite);

MODULE_LICENSE("GPL");
