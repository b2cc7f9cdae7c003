// SPDX-License-Identifier: GPL-2.0
/*
 * The soft GPU: cut anew while it is registered, and made to misbehave.
 */
#include "../../drivers/vgpu/host/host.h"
#include "soft_guest.h"

static struct soft_gpu *soft_of(struct kunit *test)
{
	struct fixture *f = test->priv;

	return &f->soft;
}

static int cut(struct kunit *test, u32 slices)
{
	struct fixture *f = test->priv;

	return soft_gpu_cut(&f->soft, f->dev, slices);
}

static unsigned int told(struct kunit *test, unsigned int type)
{
	struct vgpu_pdev *pd = soft_of(test)->gpu->pd;

	return vgpu_mdev_driver.get_available(&pd->types[type].mtype);
}

static void works(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_4C, 1);

	KUNIT_ASSERT_TRUE(test, enable_both(vd));
	fence(test, vd, true, 0, 1);
	KUNIT_EXPECT_TRUE(test, passed(vd, 0, 1));
	mock_gone(vd);
}

/* Other engines; refused under an instance, and where a type would not fit. */
static void soft_cuts(struct kunit *test)
{
	struct soft_gpu *soft = soft_of(test);
	struct vgpu_vdev *vd = opened(test, TYPE_4C, 1);

	KUNIT_EXPECT_EQ(test, cut(test, 4), -EBUSY);
	KUNIT_EXPECT_EQ(test, soft->gpu->desc.nr_engines, 4U);
	mock_gone(vd);
	/* SOFT-16C-S1 is of a slice that there would not be. */
	KUNIT_EXPECT_EQ(test, cut(test, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, cut(test, 3), -EINVAL);
	KUNIT_EXPECT_EQ(test, soft->config->slices, 2U);
	works(test);
	KUNIT_ASSERT_EQ(test, cut(test, 4), 0);
	KUNIT_EXPECT_EQ(test, soft->gpu->desc.nr_engines, 8U);
	KUNIT_EXPECT_EQ(test, told(test, TYPE_16C_S1), 1U);
	works(test);
	KUNIT_ASSERT_EQ(test, cut(test, 2), 0);
	KUNIT_EXPECT_EQ(test, told(test, TYPE_16C_S1), 2U);
	works(test);
}

static void soft_create_fails(struct kunit *test)
{
	struct soft_gpu *soft = soft_of(test);

	soft->knobs.create_error = ENOMEM;
	KUNIT_EXPECT_NULL(test, mock_create_on(soft->gpu, TYPE_4C, 1));
	KUNIT_EXPECT_FALSE(test, soft_gpu_is_used(soft));
	KUNIT_EXPECT_EQ(test, told(test, TYPE_4C), 16U);
	soft->knobs.create_error = 0;
	works(test);
}

static void soft_capacity_lies(struct kunit *test)
{
	struct soft_gpu *soft = soft_of(test);

	KUNIT_EXPECT_EQ(test, told(test, TYPE_16C_S1), 2U);
	soft->knobs.available_offset = 3;
	KUNIT_EXPECT_EQ(test, told(test, TYPE_16C_S1), 5U);
	soft->knobs.available_offset = -3;
	KUNIT_EXPECT_EQ(test, told(test, TYPE_16C_S1), 0U);
}

static void soft_is_lost(struct kunit *test)
{
	struct soft_gpu *soft = soft_of(test);
	struct vgpu_vdev *vd = mock_create_on(soft->gpu, TYPE_4C, 1);

	KUNIT_ASSERT_NOT_NULL(test, vd);
	soft->engines[0].hang = true;
	soft_gpu_lose(soft);
	KUNIT_EXPECT_EQ(test, mock_open(vd), -EIO);
	KUNIT_EXPECT_EQ(test, told(test, TYPE_4C), 0U);
	mock_destroy(vd);
	/* Offered anew, it is another. */
	KUNIT_ASSERT_EQ(test, cut(test, 4), 0);
	KUNIT_EXPECT_FALSE(test, soft->engines[0].hang);
	works(test);
}

static struct kunit_case soft_cut_cases[] = {
	KUNIT_CASE(soft_cuts),
	KUNIT_CASE(soft_create_fails),
	KUNIT_CASE(soft_capacity_lies),
	KUNIT_CASE(soft_is_lost),
	{}
};

static struct kunit_suite soft_cut_suite = {
	.name = "soft_cut",
	.init = setup,
	.exit = teardown,
	.test_cases = soft_cut_cases,
};

kunit_test_suite(soft_cut_suite);

MODULE_LICENSE("GPL");
