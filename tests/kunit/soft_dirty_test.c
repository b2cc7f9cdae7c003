// SPDX-License-Identifier: GPL-2.0
/*
 * A soft GPU's instance is copied while its engines write: whatever they have been
 * given, and whenever somebody copies, the copy is as the memory in the end.
 */
#include <linux/prandom.h>

#include "soft_guest.h"
#include "state.h"

#define WORK	SZ_1M	/* what is copied and filled begins here */
#define TURNS	10
#define PACKETS	40

static u64 below(struct rnd_state *rnd, u64 limit)
{
	return (u64)prandom_u32_state(rnd) * limit >> 32;
}

/* The test has written a packet, in the guest's place. */
static void put_told(struct kunit *test, struct vgpu_vdev *vd, bool compute,
		     struct soft_packet p)
{
	put(test, vd, compute, &p);
	vgpu_vram_written(&vd->inst, compute ? RING_COMPUTE : RING_COPY,
			  (SLOTS + 1) * VGPU_RING_PACKET);
}

/* Fills and copies of all lengths, each with a fence in a block of its own. */
static void put_random(struct kunit *test, struct vgpu_vdev *vd,
		       struct rnd_state *rnd)
{
	u64 half = (vd->inst.vram_size - WORK) / 2, size = 4 + below(rnd, SZ_256K);
	u64 dst = WORK + below(rnd, half - size), src = dst + half;
	struct soft_packet p;

	size = round_down(size, 4);
	if (prandom_u32_state(rnd) % 2)
		p = packet(SOFT_OP_FILL, round_down(dst, 4), 0, size,
			   prandom_u32_state(rnd));
	else
		p = packet(SOFT_OP_COPY, dst, src, size, 0);
	if (prandom_u32_state(rnd) % 2) {
		p.flags = cpu_to_le16(SOFT_PACKET_FENCE);
		p.fence = cpu_to_le64(WORK + round_down(below(rnd, half), 8));
		p.fence_value = cpu_to_le64(prandom_u32_state(rnd));
	}
	put_told(test, vd, prandom_u32_state(rnd) % 2, p);
}

static bool is_done(struct vgpu_vdev *vd, bool compute)
{
	return ring_index(vd, compute, VGPU_RING_READ) ==
	       ring_index(vd, compute, VGPU_RING_WRITE);
}

static void soft_is_copied(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_4C, 1);
	unsigned int turn, i;
	struct rnd_state rnd;
	u8 *copy;

	prandom_seed_state(&rnd, 11);
	prandom_bytes_state(&rnd, soft_vram(&vd->inst, WORK),
			    vd->inst.vram_size - WORK);
	for (turn = 0; turn < TURNS; turn++) {
		KUNIT_ASSERT_TRUE(test, enable_both(vd));
		copy = copy_begin(test, vd);
		for (i = 0; i < PACKETS; i++) {
			put_random(test, vd, &rnd);
			if (!(prandom_u32_state(&rnd) % 4))
				copy_on(vd, copy);
		}
		/* Some turns end in the middle of the work. */
		if (turn % 2)
			KUNIT_EXPECT_TRUE(test, mock_await(is_done(vd, false) &&
							   is_done(vd, true)));
		copy_end(test, vd, copy);
	}
	mock_gone(vd);
}

/* All that an operation writes when it ends, after the last copy: how far it is. */
static void soft_index_is_copied(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_4C, 1);
	u8 *copy;

	KUNIT_ASSERT_TRUE(test, enable_both(vd));
	copy = copy_begin(test, vd);
	put_told(test, vd, true, packet(SOFT_OP_WAIT, 0, 0,
					300 * NSEC_PER_MSEC, 0));
	copy_on(vd, copy);
	KUNIT_EXPECT_TRUE(test, mock_await(is_done(vd, true)));
	copy_end(test, vd, copy);

	/* A packet that is bad is over at once; a ring that is set up begins anew. */
	copy = copy_begin(test, vd);
	put_told(test, vd, false, packet(SOFT_OP_HANG, 0, 0, 0, 0));
	KUNIT_EXPECT_TRUE(test, mock_await(is_done(vd, false)));
	copy_on(vd, copy);
	KUNIT_ASSERT_TRUE(test, enable(vd, false, RING_COPY, SLOTS));
	copy_end(test, vd, copy);
	mock_gone(vd);
}

/* A mode that is set clears the screen. */
static void soft_screen_is_copied(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_8B, 1);
	u8 *copy;

	memset(soft_vram(&vd->inst, 0), 0x55, vd->inst.vram_size);
	copy = copy_begin(test, vd);
	copy_on(vd, copy);
	mutex_lock(&vd->trap_lock);
	vgpu_regs_write(&vd->inst.regs, SOFT_DISPI + 0x2, 2, 640);
	vgpu_regs_write(&vd->inst.regs, SOFT_DISPI + 0x4, 2, 400);
	vgpu_regs_write(&vd->inst.regs, SOFT_DISPI + 0x6, 2, 32);
	vgpu_regs_write(&vd->inst.regs, SOFT_DISPI + 0x8, 2, 1);
	mutex_unlock(&vd->trap_lock);
	KUNIT_EXPECT_EQ(test, *(u8 *)soft_vram(&vd->inst, 0), 0);
	copy_end(test, vd, copy);
	mock_gone(vd);
}

static struct kunit_case soft_dirty_cases[] = {
	KUNIT_CASE(soft_is_copied),
	KUNIT_CASE(soft_index_is_copied),
	KUNIT_CASE(soft_screen_is_copied),
	{}
};

static struct kunit_suite soft_dirty_suite = {
	.name = "soft_dirty",
	.init = setup,
	.exit = teardown,
	.test_cases = soft_dirty_cases,
};

kunit_test_suite(soft_dirty_suite);
