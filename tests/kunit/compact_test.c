// SPDX-License-Identifier: GPL-2.0
/*
 * Instances are moved together while they live: what they have is the same in the new
 * place, what they had in the old one is gone, and who cannot be moved stays whole.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/prandom.h>

#include "../../drivers/vgpu/bus/bus.h"
#include "../../drivers/vgpu/host/host.h"
#include "../../drivers/vgpu/work/sched.h"
#include "mock_gpu.h"

#define UNITS	(MOCK_VRAM / MOCK_UNIT)

static u8 *vram_of(struct kunit *test, const struct vgpu_vdev *vd)
{
	struct mock_gpu *mock = test->priv;

	return mock->vram + vd->inst.vram_offset;
}

static void fill(struct kunit *test, const struct vgpu_vdev *vd)
{
	struct rnd_state rnd;

	prandom_seed_state(&rnd, vd->inst.id + 1);
	prandom_bytes_state(&rnd, vram_of(test, vd), vd->inst.vram_size);
}

static bool is_filled(struct kunit *test, const struct vgpu_vdev *vd)
{
	u8 *want = kvmalloc(vd->inst.vram_size, GFP_KERNEL);
	struct rnd_state rnd;
	bool same;

	KUNIT_ASSERT_NOT_NULL(test, want);
	prandom_seed_state(&rnd, vd->inst.id + 1);
	prandom_bytes_state(&rnd, want, vd->inst.vram_size);
	same = !memcmp(want, vram_of(test, vd), vd->inst.vram_size);
	kvfree(want);
	return same;
}

static bool is_zero(struct kunit *test, const struct vgpu_vdev *vd)
{
	return !memchr_inv(vram_of(test, vd), 0, vd->inst.vram_size);
}

static u64 available(struct kunit *test, unsigned int type)
{
	struct vgpu_pdev *pd = mock_pd(test);
	u64 n;

	mutex_lock(&pd->lock);
	n = vgpu_parts_fit(&pd->parts, VGPU_ANY_SLICE,
			   pd->types[type].desc->vram_size);
	mutex_unlock(&pd->lock);
	return n;
}

static u64 compactable(struct kunit *test, unsigned int type)
{
	struct vgpu_pdev *pd = mock_pd(test);
	u64 n;

	KUNIT_EXPECT_EQ(test, vgpu_compactable(pd, pd->types[type].desc, &n), 0);
	return n;
}

/* What is nobody's has nothing in it, before somebody comes and has it cleared. */
static void expect_free_is_zero(struct kunit *test)
{
	struct vgpu_pdev *pd = mock_pd(test);
	struct mock_gpu *mock = test->priv;
	u64 at;

	for (at = 0; at < MOCK_VRAM; at += MOCK_UNIT)
		if (vgpu_parts_is_free(&pd->parts, at))
			KUNIT_EXPECT_NULL(test, memchr_inv(mock->vram + at, 0,
							   MOCK_UNIT));
}

/* One unit each; every second of them, where they lie, goes again. */
static void fragment(struct kunit *test, struct vgpu_vdev **vd)
{
	struct vgpu_vdev *at[UNITS];
	unsigned int i;

	for (i = 0; i < UNITS; i++) {
		struct vgpu_vdev *new = mock_opened(test, MOCK_BOTH, i + 1);

		at[new->inst.vram_offset / MOCK_UNIT] = new;
		fill(test, new);
	}
	for (i = 0; i < UNITS; i++) {
		if (i % 2)
			mock_gone(at[i]);
		else
			vd[i / 2] = at[i];
	}
	KUNIT_ASSERT_EQ(test, available(test, MOCK_COMPUTE), 0ULL);
	KUNIT_ASSERT_EQ(test, available(test, MOCK_BOTH), UNITS / 2ULL);
}

static void all_gone(struct vgpu_vdev **vd, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		mock_gone(vd[i]);
}

/* What was told to fit does, finds zeros, and the others have what they had. */
static void compact_makes_room(struct kunit *test)
{
	struct vgpu_compact *c = &mock_pd(test)->compact;
	struct vgpu_vdev *vd[UNITS / 2], *new[UNITS / 8];
	unsigned int i;

	fragment(test, vd);
	KUNIT_EXPECT_EQ(test, compactable(test, MOCK_COMPUTE), UNITS / 8ULL);
	KUNIT_EXPECT_EQ(test, compactable(test, MOCK_BOTH), UNITS / 2ULL);
	KUNIT_EXPECT_EQ(test, vgpu_compact(mock_pd(test)), 0);
	KUNIT_EXPECT_EQ(test, available(test, MOCK_COMPUTE), UNITS / 8ULL);
	KUNIT_EXPECT_EQ(test, available(test, MOCK_BOTH), UNITS / 2ULL);
	KUNIT_EXPECT_GT(test, c->moves, 0ULL);
	KUNIT_EXPECT_EQ(test, c->bytes, c->moves * MOCK_UNIT);
	KUNIT_EXPECT_GT(test, c->pause_max, 0ULL);
	expect_free_is_zero(test);
	for (i = 0; i < ARRAY_SIZE(new); i++) {
		new[i] = mock_opened(test, MOCK_COMPUTE, 1000 + i);
		KUNIT_EXPECT_TRUE(test, is_zero(test, new[i]));
		memset(vram_of(test, new[i]), 0xff, new[i]->inst.vram_size);
	}
	for (i = 0; i < ARRAY_SIZE(vd); i++)
		KUNIT_EXPECT_TRUE(test, is_filled(test, vd[i]));
	all_gone(new, ARRAY_SIZE(new));
	all_gone(vd, ARRAY_SIZE(vd));
	KUNIT_EXPECT_EQ(test, available(test, MOCK_BOTH), (u64)UNITS);
}

/* Nothing is moved where that helps nobody. */
static void compact_is_done(struct kunit *test)
{
	struct vgpu_compact *c = &mock_pd(test)->compact;
	struct vgpu_vdev *vd[UNITS / 2];
	u64 moves;

	fragment(test, vd);
	KUNIT_EXPECT_EQ(test, vgpu_compact(mock_pd(test)), 0);
	moves = c->moves;
	KUNIT_EXPECT_EQ(test, vgpu_compact(mock_pd(test)), 0);
	KUNIT_EXPECT_EQ(test, c->moves, moves);
	all_gone(vd, ARRAY_SIZE(vd));
}

/* Work goes on, also what is under way, and none is done twice. */
static void compact_at_work(struct kunit *test)
{
	struct vgpu_vdev *vd[UNITS / 2];
	unsigned int i;

	fragment(test, vd);
	for (i = 0; i < ARRAY_SIZE(vd); i++) {
		mock_queue(vd[i], VGPU_CLASS_COPY)->length = 20;
		mock_submit(vd[i], VGPU_CLASS_COPY, 50);
		mock_submit(vd[i], VGPU_CLASS_COMPUTE, 50);
	}
	KUNIT_EXPECT_EQ(test, vgpu_compact(mock_pd(test)), 0);
	for (i = 0; i < ARRAY_SIZE(vd); i++) {
		struct mock_queue *copy = mock_queue(vd[i], VGPU_CLASS_COPY);
		struct mock_queue *compute = mock_queue(vd[i],
							VGPU_CLASS_COMPUTE);

		KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(copy->done) == 50 &&
						   READ_ONCE(compute->done) == 50));
		KUNIT_EXPECT_EQ(test, copy->forgotten + compute->forgotten, 0U);
		mock_submit(vd[i], VGPU_CLASS_COPY, 1);
		KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(copy->done) == 51));
	}
	all_gone(vd, ARRAY_SIZE(vd));
}

/* Those that stand still do so afterwards, and those that are closed are moved as well. */
static void compact_who_stands(struct kunit *test)
{
	struct vgpu_vdev *vd[UNITS / 2];
	unsigned int i;

	fragment(test, vd);
	for (i = 0; i < ARRAY_SIZE(vd); i++) {
		if (i % 2) {
			vgpu_function_halt(vd[i]);
			vd[i]->migration.state = VFIO_DEVICE_STATE_STOP;
		} else {
			mock_close(vd[i]);
		}
	}
	KUNIT_EXPECT_EQ(test, vgpu_compact(mock_pd(test)), 0);
	KUNIT_EXPECT_EQ(test, available(test, MOCK_COMPUTE), UNITS / 8ULL);
	for (i = 0; i < ARRAY_SIZE(vd); i++) {
		mutex_lock(&vd[i]->trap_lock);
		KUNIT_EXPECT_EQ(test, vgpu_sched_paused(vd[i]), i % 2);
		mutex_unlock(&vd[i]->trap_lock);
		if (i % 2)
			KUNIT_EXPECT_TRUE(test, is_filled(test, vd[i]));
		else
			KUNIT_EXPECT_TRUE(test, is_zero(test, vd[i]));
		if (!(i % 2))
			KUNIT_ASSERT_EQ(test, mock_open(vd[i]), 0);
	}
	all_gone(vd, ARRAY_SIZE(vd));
}

/*
 * Who cannot be moved stays where it is, with all that it has; the others are moved
 * around it. Here somebody else copies it.
 */
static void compact_one_stays(struct kunit *test)
{
	struct vgpu_vdev *vd[UNITS / 2], *stays;
	unsigned int i;
	u64 at;

	fragment(test, vd);
	stays = vd[5];
	at = stays->inst.vram_offset;
	KUNIT_ASSERT_EQ(test, vgpu_track_start(stays), 0);
	KUNIT_EXPECT_EQ(test, vgpu_compact(mock_pd(test)), -EBUSY);
	KUNIT_EXPECT_EQ(test, stays->inst.vram_offset, at);
	KUNIT_EXPECT_GE(test, available(test, MOCK_COMPUTE), UNITS / 8ULL - 1);
	for (i = 0; i < ARRAY_SIZE(vd); i++)
		KUNIT_EXPECT_TRUE(test, is_filled(test, vd[i]));
	vgpu_track_stop(stays);
	KUNIT_EXPECT_EQ(test, vgpu_compact(mock_pd(test)), 0);
	KUNIT_EXPECT_EQ(test, available(test, MOCK_COMPUTE), UNITS / 8ULL);
	for (i = 0; i < ARRAY_SIZE(vd); i++)
		KUNIT_EXPECT_TRUE(test, is_filled(test, vd[i]));
	all_gone(vd, ARRAY_SIZE(vd));
}

/* All that there are, in an error: nothing has happened, and nothing is left taken. */
static void compact_all_stay(struct kunit *test)
{
	struct vgpu_compact *c = &mock_pd(test)->compact;
	struct vgpu_vdev *vd[UNITS / 2];
	unsigned int i;

	fragment(test, vd);
	for (i = 0; i < ARRAY_SIZE(vd); i++)
		vd[i]->migration.state = VFIO_DEVICE_STATE_ERROR;
	KUNIT_EXPECT_EQ(test, vgpu_compact(mock_pd(test)), -EBUSY);
	KUNIT_EXPECT_EQ(test, c->moves, 0ULL);
	KUNIT_EXPECT_EQ(test, available(test, MOCK_BOTH), UNITS / 2ULL);
	for (i = 0; i < ARRAY_SIZE(vd); i++) {
		KUNIT_EXPECT_EQ(test, vd[i]->inst.vram_offset / MOCK_UNIT, 2ULL * i);
		KUNIT_EXPECT_TRUE(test, is_filled(test, vd[i]));
		vd[i]->migration.state = VFIO_DEVICE_STATE_RUNNING;
	}
	expect_free_is_zero(test);
	all_gone(vd, ARRAY_SIZE(vd));
}

static void compact_lost(struct kunit *test)
{
	struct vgpu_vdev *vd[UNITS / 2];

	fragment(test, vd);
	vgpu_gpu_lost(&mock_pd(test)->gpu);
	KUNIT_EXPECT_EQ(test, vgpu_compact(mock_pd(test)), -EIO);
	KUNIT_EXPECT_EQ(test, compactable(test, MOCK_COMPUTE), 0ULL);
	all_gone(vd, ARRAY_SIZE(vd));
}

/* ---- While others come and go */

struct others {
	struct kunit *test;
	bool stop;
	u32 turns;
	u32 wrong;
	struct completion done;
};

static int come_and_go(void *data)
{
	struct others *o = data;
	unsigned int i;

	for (i = 0; !READ_ONCE(o->stop); i++) {
		struct vgpu_vdev *vd = mock_create(o->test->priv, i % MOCK_TYPES,
						   2000);

		if (!vd)
			continue;
		o->wrong += !is_zero(o->test, vd);
		if (mock_open(vd)) {
			o->wrong++;
		} else {
			mock_reset(vd);
			mock_close(vd);
		}
		mock_destroy(vd);
		WRITE_ONCE(o->turns, o->turns + 1);
	}
	complete(&o->done);
	return 0;
}

static void compact_among_others(struct kunit *test)
{
	struct others o = { .test = test };
	struct vgpu_vdev *vd[UNITS / 2];
	unsigned int turn, i;

	fragment(test, vd);
	init_completion(&o.done);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(come_and_go, &o, "others")));
	for (turn = 0; turn < 50; turn++) {
		u32 had = READ_ONCE(o.turns);

		KUNIT_EXPECT_EQ(test, vgpu_compact(mock_pd(test)), 0);
		/* Another hole, somewhere, and another neighbour. */
		i = turn * 7 % ARRAY_SIZE(vd);
		mock_gone(vd[i]);
		vd[i] = mock_opened(test, MOCK_BOTH, 3000 + turn);
		KUNIT_EXPECT_TRUE(test, is_zero(test, vd[i]));
		fill(test, vd[i]);
		KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(o.turns) != had));
	}
	WRITE_ONCE(o.stop, true);
	wait_for_completion(&o.done);
	KUNIT_EXPECT_EQ(test, o.wrong, 0U);
	for (i = 0; i < ARRAY_SIZE(vd); i++)
		KUNIT_EXPECT_TRUE(test, is_filled(test, vd[i]));
	all_gone(vd, ARRAY_SIZE(vd));
	KUNIT_EXPECT_EQ(test, available(test, MOCK_BOTH), (u64)UNITS);
}

static struct kunit_case compact_cases[] = {
	KUNIT_CASE(compact_makes_room),
	KUNIT_CASE(compact_is_done),
	KUNIT_CASE(compact_at_work),
	KUNIT_CASE(compact_who_stands),
	KUNIT_CASE(compact_one_stays),
	KUNIT_CASE(compact_all_stay),
	KUNIT_CASE(compact_lost),
	KUNIT_CASE_SLOW(compact_among_others),
	{}
};

static struct kunit_suite compact_suite = {
	.name = "compact",
	.init = mock_init,
	.exit = mock_exit,
	.test_cases = compact_cases,
};

kunit_test_suite(compact_suite);

MODULE_LICENSE("GPL");
