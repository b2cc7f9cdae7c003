// SPDX-License-Identifier: GPL-2.0
/*
 * A soft GPU's instances are moved together while their rings are at work: no packet is
 * lost, none is carried out twice, and each slice keeps to its part.
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/prandom.h>

#include "soft_guest.h"

#define PART	SZ_32M
#define SMALL	SZ_4M
#define WORK	SZ_1M

static u64 fits(struct kunit *test, unsigned int slice, u64 size)
{
	struct fixture *f = test->priv;
	struct vgpu_pdev *pd = f->soft.gpu->pd;
	u64 n;

	mutex_lock(&pd->lock);
	n = vgpu_parts_fit(&pd->parts, slice, size);
	mutex_unlock(&pd->lock);
	return n;
}

static int compact(struct kunit *test)
{
	struct fixture *f = test->priv;

	return vgpu_compact(f->soft.gpu->pd);
}

/* All of slice 1 but every second one, where they lie. */
static void fragment(struct kunit *test, struct vgpu_vdev **vd)
{
	struct vgpu_vdev *at[PART / SMALL];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		struct vgpu_vdev *new = opened(test, TYPE_4C_S1, i + 1);

		KUNIT_ASSERT_GE(test, new->inst.vram_offset, (u64)PART);
		at[(new->inst.vram_offset - PART) / SMALL] = new;
	}
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		if (i % 2)
			mock_gone(at[i]);
		else
			vd[i / 2] = at[i];
	}
	KUNIT_ASSERT_EQ(test, fits(test, 1, SZ_16M), 0ULL);
}

/* What the guest of an instance does while that is moved. */
struct guest {
	struct kunit *test;
	struct vgpu_vdev *vd;
	u64 fences;
};

static void give_work(struct guest *g, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		u64 dst = WORK + i % 4 * SZ_64K;

		put_fenced(g->test, g->vd, i % 2,
			   packet(SOFT_OP_FILL, dst, 0, SZ_64K, i + 1), i % 2,
			   ++g->fences);
	}
}

static u32 filled_with(struct vgpu_vdev *vd, unsigned int which)
{
	return le32_to_cpu(*(__le32 *)soft_vram(&vd->inst,
						WORK + which * SZ_64K));
}

/*
 * Before it is moved as much as the rings hold; there is no CPU of a guest here that
 * could wait for its memory.
 */
static void soft_compact_at_work(struct kunit *test)
{
	struct vgpu_vdev *vd[PART / SMALL / 2], *new;
	struct guest g[PART / SMALL / 2] = {};
	unsigned int i, j;
	u64 moved = 0;

	fragment(test, vd);
	for (i = 0; i < ARRAY_SIZE(vd); i++) {
		g[i].test = test;
		g[i].vd = vd[i];
		KUNIT_ASSERT_TRUE(test, enable_both(vd[i]));
		memset(soft_vram(&vd[i]->inst, 2 * WORK), i + 1, WORK);
		/* It is long under way when the others wait behind it. */
		put_fenced(test, vd[i], true,
			   packet(SOFT_OP_WAIT, 0, 0, 200 * NSEC_PER_MSEC, 0),
			   2, 1);
		give_work(&g[i], SLOTS);
	}
	KUNIT_EXPECT_EQ(test, compact(test), 0);
	KUNIT_EXPECT_EQ(test, fits(test, 1, SZ_16M), 1ULL);
	for (i = 0; i < ARRAY_SIZE(vd); i++) {
		KUNIT_EXPECT_GE(test, vd[i]->inst.vram_offset, (u64)PART);
		moved += vd[i]->inst.vram_offset !=
			 PART + 2 * i * (u64)SMALL;
	}
	KUNIT_EXPECT_GT(test, moved, 0ULL);
	new = opened(test, TYPE_16C_S1, 100);
	KUNIT_EXPECT_NULL(test, memchr_inv(soft_vram(&new->inst, 0), 0,
					   new->inst.vram_size));
	memset(soft_vram(&new->inst, 0), 0xff, new->inst.vram_size);
	for (i = 0; i < ARRAY_SIZE(vd); i++) {
		give_work(&g[i], 2);
		KUNIT_EXPECT_TRUE(test, passed(vd[i], 0, g[i].fences - 1));
		KUNIT_EXPECT_TRUE(test, passed(vd[i], 1, g[i].fences));
		KUNIT_EXPECT_EQ(test, fence_at(vd[i], 2), 1ULL);
		KUNIT_EXPECT_NULL(test, memchr_inv(soft_vram(&vd[i]->inst,
							     2 * WORK),
						   i + 1, WORK));
		for (j = 0; j < 2; j++)
			KUNIT_EXPECT_EQ(test, filled_with(vd[i], j), j + 1);
		KUNIT_EXPECT_EQ(test, counted(vd[i], VGPU_CLASS_COPY,
					      VGPU_QUEUE_OPS) +
				      counted(vd[i], VGPU_CLASS_COMPUTE,
					      VGPU_QUEUE_OPS), SLOTS + 3ULL);
		KUNIT_EXPECT_EQ(test, counted(vd[i], VGPU_CLASS_COPY,
					      VGPU_QUEUE_DROPPED), 0ULL);
		mock_gone(vd[i]);
	}
	mock_gone(new);
}

static u64 have_read(struct vgpu_vdev *vd)
{
	return ring_index(vd, false, VGPU_RING_READ) +
	       ring_index(vd, true, VGPU_RING_READ);
}

/* Rings, and what they have done, are those of before; a ring is looked at anew. */
static void soft_compact_keeps_rings(struct kunit *test)
{
	struct vgpu_vdev *vd[PART / SMALL / 2];
	unsigned int i, turn;
	struct guest g;

	fragment(test, vd);
	for (i = 0; i < ARRAY_SIZE(vd); i++)
		KUNIT_ASSERT_TRUE(test, enable_both(vd[i]));
	for (turn = 0; turn < 5; turn++) {
		KUNIT_EXPECT_EQ(test, compact(test), 0);
		for (i = 0; i < ARRAY_SIZE(vd); i++) {
			g = (struct guest) { test, vd[i], turn * 10 };
			give_work(&g, 10);
			KUNIT_EXPECT_TRUE(test, passed(vd[i], 0, g.fences - 1));
			KUNIT_EXPECT_TRUE(test, passed(vd[i], 1, g.fences));
			/* An index is written after its fence. */
			KUNIT_EXPECT_TRUE(test, mock_await(have_read(vd[i]) == g.fences));
		}
	}
	for (i = 0; i < ARRAY_SIZE(vd); i++)
		mock_gone(vd[i]);
}

static struct kunit_case soft_compact_cases[] = {
	KUNIT_CASE(soft_compact_at_work),
	KUNIT_CASE(soft_compact_keeps_rings),
	{}
};

static struct kunit_suite soft_compact_suite = {
	.name = "soft_compact",
	.init = setup,
	.exit = teardown,
	.test_cases = soft_compact_cases,
};

kunit_test_suite(soft_compact_suite);
