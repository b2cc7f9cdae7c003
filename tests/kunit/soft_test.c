// SPDX-License-Identifier: GPL-2.0
/*
 * The soft GPU, on a device that is no PCI function: rings, packets, engines that
 * work, wait and hang.
 */
#include <kunit/test.h>
#include <linux/random.h>

#include "../../drivers/vgpu/bus/bell.h"
#include "soft_guest.h"
#include "state.h"

static void expect_work(struct kunit *test, struct vgpu_vdev *vd,
			enum vgpu_engine_class class, u64 ops, u64 bytes,
			u64 dropped)
{
	KUNIT_EXPECT_EQ(test, counted(vd, class, VGPU_QUEUE_OPS), ops);
	KUNIT_EXPECT_EQ(test, counted(vd, class, VGPU_QUEUE_BYTES), bytes);
	KUNIT_EXPECT_EQ(test, counted(vd, class, VGPU_QUEUE_DROPPED), dropped);
}

static void soft_identifies(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_4C, 1);

	KUNIT_EXPECT_EQ(test, rd(vd, SOFT_ID), SOFT_ID_VALUE);
	KUNIT_EXPECT_EQ(test, rd(vd, SOFT_VRAM_LO), SZ_4M);
	KUNIT_EXPECT_EQ(test, rd(vd, SOFT_VRAM_HI), 0);
	KUNIT_EXPECT_EQ(test, rd(vd, SOFT_QUEUES), 3);
	KUNIT_EXPECT_EQ(test, rd(vd, SOFT_QUEUE_COPY + SOFT_RING_STATUS), 0);
	mock_gone(vd);
}

/* Bytes go where they should, by either engine, and nowhere else. */
static void soft_copies_and_fills(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_4C, 1);
	u8 *vram = soft_vram(&vd->inst, 0), *want;
	struct soft_packet p;
	unsigned int i;

	KUNIT_ASSERT_TRUE(test, enable_both(vd));
	get_random_bytes(vram + SZ_1M, SZ_1M);
	want = kvmalloc(SZ_2M, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, want);
	memcpy(want, vram + SZ_2M, SZ_2M);
	/* Longer than a piece, at odd places. */
	memcpy(want + 3, vram + SZ_1M + 1, 300001);
	memset(want + SZ_1M, 0x5a, 200000);
	p = packet(SOFT_OP_COPY, SZ_2M + 3, SZ_1M + 1, 300001, 0);
	put_fenced(test, vd, false, p, 0, 11);
	p = packet(SOFT_OP_FILL, SZ_2M + SZ_1M, 0, 200000, 0x5a5a5a5a);
	put_fenced(test, vd, true, p, 1, 22);
	KUNIT_EXPECT_TRUE(test, passed(vd, 0, 11));
	KUNIT_EXPECT_TRUE(test, passed(vd, 1, 22));
	KUNIT_EXPECT_MEMEQ(test, want, vram + SZ_2M, SZ_2M);
	kvfree(want);
	for (i = 0; i < 200; i++) {
		fence(test, vd, false, 0, 100 + i);
		fence(test, vd, true, 1, 100 + i);
	}
	KUNIT_EXPECT_TRUE(test, passed(vd, 0, 299));
	KUNIT_EXPECT_TRUE(test, passed(vd, 1, 299));
	expect_work(test, vd, VGPU_CLASS_COPY, 201, 300001, 0);
	expect_work(test, vd, VGPU_CLASS_COMPUTE, 201, 200000, 0);
	mock_gone(vd);
}

/* Dropped whole and counted; those after it go on. Nobody else's byte changes. */
static void soft_drops(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_4C_S1, 1);
	struct vgpu_vdev *other = opened(test, TYPE_4C_S1, 2);
	struct soft_packet p = packet(SOFT_OP_FILL, SZ_4M - 4, 0, 8, ~0U);

	KUNIT_ASSERT_TRUE(test, enable_both(vd));
	put(test, vd, false, &p);
	p = packet(SOFT_OP_COPY, SZ_1M, SZ_4M - 1, 2, 0);
	put(test, vd, false, &p);
	p = packet(SOFT_OP_HANG, 0, 0, 0, 0);
	put(test, vd, false, &p);
	KUNIT_EXPECT_TRUE(test, mock_await(rd(vd, SOFT_QUEUE_COPY +
					      SOFT_RING_VERDICT) ==
					   SOFT_BAD_OP));
	KUNIT_EXPECT_TRUE(test, rd(vd, SOFT_QUEUE_COPY + SOFT_RING_STATUS) &
				SOFT_STATUS_REFUSED);
	fence(test, vd, false, 0, 1);
	KUNIT_EXPECT_TRUE(test, passed(vd, 0, 1));
	expect_work(test, vd, VGPU_CLASS_COPY, 1, 0, 3);
	expect_work(test, vd, VGPU_CLASS_COMPUTE, 0, 0, 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(soft_vram(&other->inst, 0), 0, SZ_4M));
	KUNIT_EXPECT_NULL(test, memchr_inv(soft_vram(&vd->inst, SZ_1M), 0,
					   SZ_1M));
	KUNIT_EXPECT_FALSE(test, READ_ONCE(vd->faulted));
	mock_gone(vd);
	mock_gone(other);
}

/* A write index that lies stops the ring until it is set up anew. */
static void soft_bad_rings(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_4C, 1);
	u32 status = SOFT_QUEUE_COPY + SOFT_RING_STATUS;

	KUNIT_EXPECT_FALSE(test, enable(vd, false, SZ_4M, SLOTS));
	KUNIT_EXPECT_FALSE(test, enable(vd, false, 1, SLOTS));
	KUNIT_EXPECT_FALSE(test, enable(vd, false, ~63ULL, SLOTS));
	KUNIT_EXPECT_FALSE(test, enable(vd, false, 0, 3));
	KUNIT_EXPECT_EQ(test, rd(vd, status), SOFT_STATUS_REFUSED);

	KUNIT_ASSERT_TRUE(test, enable(vd, false, RING_COPY, SLOTS));
	KUNIT_EXPECT_EQ(test, rd(vd, status) & SOFT_STATUS_REFUSED, 0U);
	*(__le64 *)(ring_of(vd, false) + VGPU_RING_WRITE) = cpu_to_le64(~0ULL);
	soft_doorbell(&vd->inst, 0);
	KUNIT_EXPECT_TRUE(test, mock_await(rd(vd, status) ==
			  (SOFT_STATUS_REFUSED | SOFT_STATUS_ENABLED)));
	KUNIT_ASSERT_TRUE(test, enable(vd, false, RING_COPY, SLOTS));
	fence(test, vd, false, 0, 1);
	KUNIT_EXPECT_TRUE(test, passed(vd, 0, 1));
	wr(vd, SOFT_QUEUE_COPY + SOFT_RING_ENABLE, 0);
	KUNIT_EXPECT_EQ(test, rd(vd, status) & SOFT_STATUS_ENABLED, 0U);
	mock_gone(vd);
}

/* What was refused of one user, nobody tells the next. */
static void soft_reset_forgets(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_4C, 1);
	struct soft_packet bad = packet(SOFT_OP_FILL, SZ_4M, 0, 8, 0);
	u32 status = SOFT_QUEUE_COPY + SOFT_RING_STATUS;
	u32 verdict = SOFT_QUEUE_COPY + SOFT_RING_VERDICT;

	KUNIT_EXPECT_FALSE(test, enable(vd, false, SZ_4M, SLOTS));
	KUNIT_EXPECT_EQ(test, rd(vd, status), SOFT_STATUS_REFUSED);
	mock_reset(vd);
	KUNIT_EXPECT_EQ(test, rd(vd, status), 0U);

	KUNIT_ASSERT_TRUE(test, enable(vd, false, RING_COPY, SLOTS));
	put(test, vd, false, &bad);
	KUNIT_EXPECT_TRUE(test, mock_await(rd(vd, verdict) == SOFT_BAD_DST));
	mock_close(vd);
	KUNIT_ASSERT_EQ(test, mock_open(vd), 0);
	KUNIT_EXPECT_EQ(test, rd(vd, status), 0U);
	KUNIT_EXPECT_EQ(test, rd(vd, verdict), SOFT_RUN);
	mock_gone(vd);
}

/* What takes long is cut in favour of others, and finished all the same. */
static void soft_waits_are_cut(struct kunit *test)
{
	struct vgpu_vdev *a = opened(test, TYPE_16C_S1, 1);
	struct vgpu_vdev *b;
	unsigned int i;

	/* The other 16 MiB: the smallest type fits, of any slice. */
	b = opened(test, TYPE_4C, 2);
	KUNIT_ASSERT_TRUE(test, enable_both(a) && enable_both(b));
	put_fenced(test, a, true, packet(SOFT_OP_WAIT, 0, 0,
					 300 * NSEC_PER_MSEC, 0), 0, 1);
	put_fenced(test, a, true, packet(SOFT_OP_WAIT, 0, 0, 0, 0), 1, 1);
	for (i = 1; i <= 20; i++) {
		fence(test, b, true, 0, i);
		KUNIT_EXPECT_TRUE(test, passed(b, 0, i));
	}
	KUNIT_EXPECT_TRUE(test, passed(a, 0, 1));
	KUNIT_EXPECT_TRUE(test, passed(a, 1, 1));
	mock_gone(a);
	mock_gone(b);
}

/* Two on one engine: the second gets through while the first's wait goes on. */
static void soft_shares_an_engine(struct kunit *test)
{
	struct vgpu_vdev *vd[4];
	unsigned int i;

	/* Slices are taken in turn: 0 and 2 are together. */
	for (i = 0; i < ARRAY_SIZE(vd); i++) {
		vd[i] = opened(test, TYPE_4C, i);
		KUNIT_ASSERT_TRUE(test, enable_both(vd[i]));
	}
	KUNIT_ASSERT_PTR_EQ(test, vd[0]->ctx[1].q.engine,
			    vd[2]->ctx[1].q.engine);
	KUNIT_ASSERT_PTR_NE(test, vd[0]->ctx[1].q.engine,
			    vd[1]->ctx[1].q.engine);
	put_fenced(test, vd[0], true, packet(SOFT_OP_WAIT, 0, 0, SOFT_WAIT_MAX,
					     0), 0, 1);
	for (i = 1; i <= 10; i++) {
		fence(test, vd[2], true, 0, i);
		KUNIT_EXPECT_TRUE(test, passed(vd[2], 0, i));
	}
	KUNIT_EXPECT_GT(test, READ_ONCE(vd[0]->ctx[1].se.preemptions), 0ULL);
	for (i = 0; i < ARRAY_SIZE(vd); i++)
		mock_gone(vd[i]);
}

/* A hang is its owner's fault alone; a reset of the function ends it. */
static void soft_hangs(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vgpu_vdev *vd[3];
	struct soft_packet p = packet(SOFT_OP_HANG, 0, 0, 0, 0);
	unsigned int i;

	f->soft.gpu->pd->watchdog_us = 10000;
	for (i = 0; i < ARRAY_SIZE(vd); i++) {
		vd[i] = opened(test, TYPE_4C, i);
		KUNIT_ASSERT_TRUE(test, enable_both(vd[i]));
	}
	put(test, vd[0], true, &p);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(vd[0]->faulted)));
	/* The one on the same engine, and the one on another. */
	fence(test, vd[2], true, 0, 1);
	fence(test, vd[1], true, 0, 1);
	KUNIT_EXPECT_TRUE(test, passed(vd[2], 0, 1));
	KUNIT_EXPECT_TRUE(test, passed(vd[1], 0, 1));
	/* No ring while it is faulted. */
	KUNIT_EXPECT_FALSE(test, enable(vd[0], true, RING_COMPUTE, SLOTS));
	mock_reset(vd[0]);
	KUNIT_ASSERT_TRUE(test, enable_both(vd[0]));
	fence(test, vd[0], true, 0, 2);
	KUNIT_EXPECT_TRUE(test, passed(vd[0], 0, 2));
	for (i = 0; i < ARRAY_SIZE(vd); i++)
		mock_gone(vd[i]);
}

/* As a guest rings: a touch of the doorbell is seen while its page is away. */
static void put_by_page(struct kunit *test, struct vgpu_vdev *vd,
			struct soft_packet p, u64 value)
{
	struct vgpu_bell *bell = &vd->doorbells[1].bell;
	void *ring = ring_of(vd, true);
	u64 write = ring_index(vd, true, VGPU_RING_WRITE);

	p.flags = cpu_to_le16(SOFT_PACKET_FENCE);
	p.fence = cpu_to_le64(FENCES);
	p.fence_value = cpu_to_le64(value);
	memcpy(ring + (write % SLOTS + 1) * VGPU_RING_PACKET, &p, sizeof(p));
	/* The packet, then the index. */
	smp_store_release((__le64 *)(ring + VGPU_RING_WRITE),
			  cpu_to_le64(write + 1));
	/* And then the doorbell; pairs with the barrier in vgpu_doorbell_arm(). */
	smp_mb();
	if (!READ_ONCE(bell->armed))
		return;
	vgpu_bell_ring(bell, true, ktime_get_ns());
	soft_doorbell(&vd->inst, 1);
}

/*
 * However a slice ends, the ring is looked at afterwards: work that comes while
 * its doorbell is mapped does not ring.
 */
static void soft_looks_again(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_4C, 1);
	struct soft_packet p;
	unsigned int i;

	KUNIT_ASSERT_TRUE(test, enable_both(vd));
	for (i = 1; i <= 20; i++) {
		/* Ends by the engine's timer, and so does its slice. */
		p = packet(SOFT_OP_WAIT, 0, 0, NSEC_PER_MSEC, 0);
		put_by_page(test, vd, p, 2 * i);
		KUNIT_ASSERT_TRUE(test, passed(vd, 0, 2 * i));
		p = packet(SOFT_OP_NOP, 0, 0, 0, 0);
		put_by_page(test, vd, p, 2 * i + 1);
		KUNIT_ASSERT_TRUE(test, passed(vd, 0, 2 * i + 1));
	}
	mock_gone(vd);
}

static bool under_way(struct vgpu_vdev *vd, bool compute)
{
	struct soft_queue *sq = vgpu_instance_queue(&vd->inst, compute ?
				VGPU_CLASS_COMPUTE : VGPU_CLASS_COPY)->priv;

	return READ_ONCE(sq->ring.progress);
}

static bool finished(struct vgpu_vdev *vd, u64 round)
{
	u64 last = round + SLOTS / 2 - 1;

	return fence_at(vd, 0) == last && fence_at(vd, 1) == last &&
	       fence_at(vd, 2) == last;
}

/* Rings full of work that takes a while; paused in the midst of it. */
static void busy(struct kunit *test, struct vgpu_vdev *vd, u64 round)
{
	unsigned int i;

	KUNIT_ASSERT_TRUE(test, enable_both(vd));
	get_random_bytes(soft_vram(&vd->inst, SZ_1M), SZ_1M);
	for (i = 0; i < SLOTS / 2; i++) {
		u32 at = i * SZ_64K;

		put_fenced(test, vd, false, packet(SOFT_OP_COPY, SZ_2M + at,
						   SZ_1M + at, SZ_512K, 0),
			   0, round + i);
		put_fenced(test, vd, true, packet(SOFT_OP_FILL, 3 * SZ_1M + at,
						  0, SZ_256K, 0x01010101 * i),
			   1, round + i);
		put_fenced(test, vd, true, packet(SOFT_OP_WAIT, 0, 0,
						  5 * NSEC_PER_MSEC, 0), 2,
			   round + i);
	}
	while (!under_way(vd, round & 1) && !finished(vd, round))
		cond_resched();
	state_pause(vd);
}

/*
 * With its memory an instance goes to another partition, and there its work goes
 * on: in the end both have the same in memory as if nothing had been.
 */
static void soft_moves(struct kunit *test)
{
	struct vgpu_vdev *from = opened(test, TYPE_4C, 1);
	struct vgpu_vdev *to = opened(test, TYPE_4C, 2);
	u64 round;

	for (round = 100; round < 1200; round += 101) {
		busy(test, from, round);
		memcpy(soft_vram(&to->inst, 0), soft_vram(&from->inst, 0),
		       SZ_4M);
		state_move(test, from, to);
		state_resume(from);
		state_resume(to);
		KUNIT_EXPECT_TRUE(test, mock_await(finished(from, round)));
		KUNIT_EXPECT_TRUE(test, mock_await(finished(to, round)));
		KUNIT_EXPECT_MEMEQ(test, soft_vram(&from->inst, 0),
				   soft_vram(&to->inst, 0), SZ_4M);
		KUNIT_EXPECT_EQ(test, counted(to, VGPU_CLASS_COPY,
					      VGPU_QUEUE_DROPPED), 0ULL);
	}
	mock_gone(from);
	mock_gone(to);
}

#define RUN_EACH	16	/* a run takes a tenth of a second under KASAN */

/*
 * A stream with any byte changed is refused, or is something that a guest could
 * have asked for: nothing of it reaches beyond the partition.
 */
static void soft_hostile_state(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vgpu_vdev *below = opened(test, TYPE_4C_S1, 1);
	struct vgpu_vdev *vd = opened(test, TYPE_4C_S1, 2);
	struct vgpu_vdev *above = opened(test, TYPE_4C_S1, 3);
	const u32 turn = get_random_u32_below(RUN_EACH);
	struct state st, bad;
	struct vgpu_reader r;
	size_t i;

	f->soft.gpu->pd->watchdog_us = 1000;
	f->soft.gpu->pd->guard_limits[VGPU_GUARD_FAULTS] = 0;
	busy(test, vd, 1);
	st = state_save(test, vd, ktime_get_ns());
	state_abuse(test, vd, &st);
	bad = st;
	/* All that is accepted may run; which does is another each time. */
	for (i = 0; i < st.len; i++) {
		u8 was = bad.bytes[i];

		bad.bytes[i] ^= 0x11;
		if (!state_load(vd, &bad, bad.len, &r) && i % RUN_EACH == turn) {
			state_resume(vd);
			schedule_timeout_idle(1);
			state_pause(vd);
		}
		bad.bytes[i] = was;
	}
	KUNIT_EXPECT_NULL(test, memchr_inv(soft_vram(&below->inst, 0), 0, SZ_4M));
	KUNIT_EXPECT_NULL(test, memchr_inv(soft_vram(&above->inst, 0), 0, SZ_4M));
	mock_gone(below);
	mock_gone(vd);
	mock_gone(above);
}

static struct kunit_case soft_cases[] = {
	KUNIT_CASE(soft_identifies),
	KUNIT_CASE(soft_copies_and_fills),
	KUNIT_CASE(soft_drops),
	KUNIT_CASE(soft_bad_rings),
	KUNIT_CASE(soft_reset_forgets),
	KUNIT_CASE(soft_waits_are_cut),
	KUNIT_CASE(soft_shares_an_engine),
	KUNIT_CASE(soft_hangs),
	KUNIT_CASE(soft_looks_again),
	KUNIT_CASE_SLOW(soft_moves),
	KUNIT_CASE_SLOW(soft_hostile_state),
	{}
};

static struct kunit_suite soft_suite = {
	.name = "soft",
	.init = setup,
	.exit = teardown,
	.test_cases = soft_cases,
};

kunit_test_suite(soft_suite);

MODULE_LICENSE("GPL");
