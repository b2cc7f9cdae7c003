// SPDX-License-Identifier: GPL-2.0
/*
 * Instances from create to remove: where they are placed, what is left when
 * something fails on the way, and thousands of random sequences of everything.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "../../drivers/vgpu/host/host.h"
#include "mock_gpu.h"

static u64 vram_free(struct vgpu_pdev *pd)
{
	u64 n;

	mutex_lock(&pd->lock);
	n = vgpu_parts_total_free(&pd->parts);
	mutex_unlock(&pd->lock);
	return n;
}

/* As if there had never been an instance. */
static void expect_empty(struct kunit *test)
{
	struct mock_gpu *mock = test->priv;
	struct vgpu_pdev *pd = mock_pd(test);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, vram_free(pd), (u64)MOCK_VRAM);
	KUNIT_EXPECT_TRUE(test, ida_is_empty(&pd->ids));
	KUNIT_EXPECT_EQ(test, mock->inits, 0);
	for (i = 0; i < MOCK_ENGINES; i++) {
		struct vgpu_sched *eng = &pd->engines[i];

		KUNIT_EXPECT_EQ(test, eng->placed, 0U);
		KUNIT_EXPECT_EQ(test, eng->promised, 0U);
		KUNIT_EXPECT_EQ(test, eng->rl.members, 0U);
		KUNIT_EXPECT_EQ(test, eng->rl.waiting, 0U);
		KUNIT_EXPECT_NULL(test, eng->current_ctx);
	}
}

static bool lives_on(const struct vgpu_vdev *vd, unsigned int id)
{
	unsigned int i;

	for (i = 0; i < vd->nr_ctx; i++)
		if (vd->ctx[i].q.engine->id == id)
			return true;
	return false;
}

/* What does not fit is refused, and it is said what would; nothing is left of it. */
static void life_refused(struct kunit *test)
{
	const unsigned int quarter = MOCK_VRAM / MOCK_UNIT / 4;
	struct vgpu_pdev *pd = mock_pd(test);
	struct vgpu_vdev *vd[MOCK_VRAM / MOCK_UNIT];
	unsigned int i, n = 0;

	/* All but one unit, which the last of the small ones would take. */
	for (; n < quarter - 1; n++) {
		vd[n] = mock_create(test->priv, MOCK_COMPUTE, n + 1);
		KUNIT_ASSERT_NOT_NULL(test, vd[n]);
	}
	for (i = 0; i < 3; i++, n++) {
		vd[n] = mock_create(test->priv, MOCK_BOTH, n + 1);
		KUNIT_ASSERT_NOT_NULL(test, vd[n]);
	}
	KUNIT_EXPECT_STREQ(test, pd->refusal, "none");
	KUNIT_EXPECT_NULL(test, mock_create(test->priv, MOCK_SLICE1, n + 1));
	KUNIT_EXPECT_STREQ(test, pd->refusal,
			   "vram: type SLICE1 needs 131072 bytes in one block, largest free is 65536; largest type that fits: BOTH");
	vd[n] = mock_create(test->priv, MOCK_DISPLAY, n + 1);
	KUNIT_EXPECT_NOT_NULL(test, vd[n]);
	n++;
	KUNIT_EXPECT_NULL(test, mock_create(test->priv, MOCK_BOTH, n + 1));
	KUNIT_EXPECT_STREQ(test, pd->refusal,
			   "vram: type BOTH needs 65536 bytes in one block, largest free is 0; largest type that fits: none");
	while (n--)
		mock_destroy(vd[n]);
	expect_empty(test);
}

static void life_by_type(struct kunit *test)
{
	struct vgpu_vdev *both = mock_create(test->priv, MOCK_BOTH, 1);
	struct vgpu_vdev *bound = mock_create(test->priv, MOCK_SLICE1, 2);
	struct vgpu_vdev *compute = mock_create(test->priv, MOCK_COMPUTE, 3);
	struct vgpu_vdev *display = mock_create(test->priv, MOCK_DISPLAY, 4);

	KUNIT_ASSERT_TRUE(test, both && bound && compute && display);
	KUNIT_EXPECT_EQ(test, both->nr_ctx, 2U);
	KUNIT_EXPECT_TRUE(test, lives_on(both, COPY0) &&
			  lives_on(both, COMPUTE0));
	KUNIT_EXPECT_EQ(test, bound->nr_ctx, 2U);
	KUNIT_EXPECT_TRUE(test, lives_on(bound, COPY1) &&
			  lives_on(bound, COMPUTE1));
	KUNIT_EXPECT_EQ(test, compute->nr_ctx, 1U);
	KUNIT_EXPECT_EQ(test, display->nr_ctx, 0U);
	KUNIT_EXPECT_NULL(test, vgpu_instance_queue(&compute->inst,
						    VGPU_CLASS_COPY));
	/* No engine is no reason not to be entitled, opened, reset, closed. */
	KUNIT_EXPECT_EQ(test, vgpu_entitle(display, VGPU_MIN, 100), 0);
	KUNIT_EXPECT_EQ(test, mock_open(display), 0);
	mock_reset(display);
	mock_close(display);
	mock_destroy(both);
	mock_destroy(bound);
	mock_destroy(compute);
	mock_destroy(display);
	expect_empty(test);
}

/* A promise counts on the engines that an instance is on, and on no other. */
static void life_promises_by_engine(struct kunit *test)
{
	struct vgpu_vdev *a = mock_create(test->priv, MOCK_SLICE1, 1);
	struct vgpu_vdev *b = mock_create(test->priv, MOCK_SLICE1, 2);
	struct vgpu_vdev *c = mock_create(test->priv, MOCK_BOTH, 3);

	KUNIT_ASSERT_TRUE(test, a && b && c);
	KUNIT_ASSERT_TRUE(test, lives_on(c, COPY0));
	KUNIT_EXPECT_EQ(test, vgpu_entitle(a, VGPU_MIN, 60), 0);
	KUNIT_EXPECT_EQ(test, vgpu_entitle(b, VGPU_MIN, 41), -ENOSPC);
	KUNIT_EXPECT_EQ(test, vgpu_entitle(b, VGPU_MIN, 40), 0);
	KUNIT_EXPECT_EQ(test, vgpu_entitle(c, VGPU_MIN, 100), 0);
	KUNIT_EXPECT_EQ(test, vgpu_entitle(a, VGPU_MIN, 61), -ENOSPC);
	KUNIT_EXPECT_EQ(test, a->entitled.min, 60 * VGPU_PERCENT);
	mock_destroy(a);
	KUNIT_EXPECT_EQ(test, vgpu_entitle(b, VGPU_MIN, 100), 0);
	mock_destroy(b);
	mock_destroy(c);
	expect_empty(test);
}

/* The n-th queue cannot be made, for each n: nothing is left. */
static void life_failing_queues(struct kunit *test)
{
	struct mock_gpu *mock = test->priv;
	struct vgpu_vdev *vd;
	unsigned int n;

	for (n = 1; n <= 2; n++) {
		mock->init_fails = n;
		KUNIT_EXPECT_NULL(test, mock_create(mock, MOCK_BOTH, 1));
		expect_empty(test);
	}
	vd = mock_create(mock, MOCK_BOTH, 1);
	KUNIT_ASSERT_NOT_NULL(test, vd);
	mock_destroy(vd);
	expect_empty(test);
}

/* What one leaves in memory is gone before the next can see it. */
static void life_scrubs(struct kunit *test)
{
	struct mock_gpu *mock = test->priv;
	struct vgpu_vdev *vd = mock_create(mock, MOCK_BOTH, 1);
	u8 *at;

	KUNIT_ASSERT_NOT_NULL(test, vd);
	at = mock->vram + vd->inst.vram_offset;
	KUNIT_ASSERT_EQ(test, mock_open(vd), 0);
	memset(at, 0xa5, MOCK_UNIT);
	mock_reset(vd);
	KUNIT_EXPECT_EQ(test, at[100], 0xa5);
	mock_close(vd);
	KUNIT_EXPECT_NULL(test, memchr_inv(at, 0, MOCK_UNIT));
	memset(at, 0xa5, MOCK_UNIT);
	mock_destroy(vd);
	vd = mock_create(mock, MOCK_BOTH, 2);
	KUNIT_ASSERT_NOT_NULL(test, vd);
	KUNIT_EXPECT_PTR_EQ(test, at, (u8 *)mock->vram + vd->inst.vram_offset);
	KUNIT_EXPECT_NULL(test, memchr_inv(at, 0, MOCK_UNIT));
	mock_destroy(vd);
}

#define NR	10
#define STEPS	4000

struct actor {
	struct vgpu_vdev *vd;
	unsigned int type;
	bool open;
};

static void change_life(struct kunit *test, struct actor *a, unsigned int number,
			struct rnd_state *rnd)
{
	if (a->open) {
		mock_close(a->vd);
		a->open = false;
	} else if (!a->vd) {
		a->type = prandom_u32_state(rnd) % MOCK_TYPES;
		a->vd = mock_create(test->priv, a->type, number);
	} else if (prandom_u32_state(rnd) % 2) {
		KUNIT_ASSERT_EQ(test, mock_open(a->vd), 0);
		a->open = true;
	} else {
		mock_destroy(a->vd);
		a->vd = NULL;
	}
}

static void bring_work(struct actor *a, struct rnd_state *rnd)
{
	enum vgpu_engine_class class = prandom_u32_state(rnd) % 2 ?
		VGPU_CLASS_COPY : VGPU_CLASS_COMPUTE;

	if (vgpu_instance_queue(&a->vd->inst, class)) {
		mock_queue(a->vd, class)->length = prandom_u32_state(rnd) % 4;
		mock_submit(a->vd, class, prandom_u32_state(rnd) % 5);
	}
}

static void disturb(struct kunit *test, struct actor *a, struct rnd_state *rnd)
{
	struct mock_gpu *mock = test->priv;
	u32 r = prandom_u32_state(rnd);
	struct mock_engine *me = &mock->engines[r % MOCK_ENGINES];

	switch (r / 16 % 7) {
	case 0:
		me->reset_helps = r / 128 % (VGPU_RESET_DEVICE + 1);
		WRITE_ONCE(me->hang, true);
		break;
	case 1:
		me->load_victim = &a->vd->inst;
		me->load_error = r / 128 % 2 ? -EIO : 0;
		break;
	case 2:
		mock_reset(a->vd);
		break;
	case 3:
		KUNIT_ASSERT_EQ(test, vgpu_gpu_suspend(mock->gpu), 0);
		vgpu_gpu_resume(mock->gpu, 0);
		break;
	default:
		vgpu_entitle(a->vd, r / 128 % 3, r / 1024 % 101);
		break;
	}
}

static void check_placement(struct kunit *test, const struct actor *actors)
{
	struct vgpu_pdev *pd = mock_pd(test);
	u32 placed[MOCK_ENGINES] = {};
	unsigned int i, j;

	for (i = 0; i < NR; i++) {
		const struct vgpu_vdev *vd = actors[i].vd;

		if (!vd)
			continue;
		for (j = 0; j < vd->nr_ctx; j++)
			placed[vd->ctx[j].q.engine->id]++;
		if (actors[i].type == MOCK_SLICE1)
			KUNIT_ASSERT_FALSE(test, lives_on(vd, COPY0) ||
					   lives_on(vd, COMPUTE0));
	}
	for (i = 0; i < MOCK_ENGINES; i++)
		KUNIT_ASSERT_EQ(test, pd->engines[i].placed, placed[i]);
}

static void life_random(struct kunit *test)
{
	struct actor actors[NR] = {};
	struct rnd_state rnd;
	unsigned int i, step;

	mock_pd(test)->watchdog_us = 100;
	prandom_seed_state(&rnd, 7);
	for (step = 0; step < STEPS; step++) {
		struct actor *a;

		i = prandom_u32_state(&rnd) % NR;
		a = &actors[i];
		if (!a->open || prandom_u32_state(&rnd) % 8 == 0)
			change_life(test, a, i, &rnd);
		else if (prandom_u32_state(&rnd) % 8)
			bring_work(a, &rnd);
		else
			disturb(test, a, &rnd);
		check_placement(test, actors);
	}
	KUNIT_EXPECT_FALSE(test, READ_ONCE(mock_pd(test)->lost));
	for (i = 0; i < NR; i++) {
		if (actors[i].open)
			mock_close(actors[i].vd);
		if (actors[i].vd)
			mock_destroy(actors[i].vd);
	}
	expect_empty(test);
}

static struct kunit_case life_cases[] = {
	KUNIT_CASE(life_refused),
	KUNIT_CASE(life_by_type),
	KUNIT_CASE(life_promises_by_engine),
	KUNIT_CASE(life_failing_queues),
	KUNIT_CASE(life_scrubs),
	KUNIT_CASE_SLOW(life_random),
	{}
};

static struct kunit_suite life_suite = {
	.name = "life",
	.init = mock_init,
	.exit = mock_exit,
	.test_cases = life_cases,
};

kunit_test_suite(life_suite);

MODULE_LICENSE("GPL");
