// SPDX-License-Identifier: GPL-2.0
/*
 * What an operator may ask of a soft GPU, and the types that it has then. Refusals
 * say why in the log.
 */
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/nodemask.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "../../drivers/soft/soft.h"
#include "soft_config_model.h"

static const struct soft_type one = { "ONE", SOFT_C, 8, SOFT_SHARE, -1 };

static struct soft_config *new_config(struct kunit *test)
{
	struct soft_config *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, c);
	soft_config_init(c);
	return c;
}

static void soft_config_usual(struct kunit *test)
{
	struct soft_config *c = new_config(test);

	KUNIT_EXPECT_EQ(test, soft_check("test", c), 0);
	KUNIT_EXPECT_EQ(test, c->slices, 1U);
	KUNIT_EXPECT_EQ(test, c->vram_mb, 256U);
	/* One has to fit. */
	c->vram_mb = 4;
	KUNIT_EXPECT_EQ(test, soft_check("test", c), 0);
	c->slices = 2;
	KUNIT_EXPECT_EQ(test, soft_check("test", c), -EINVAL);
}

static void soft_config_fields(struct kunit *test)
{
	static const u32 bad_vram[] = { 0, 1, 3, 65538, U32_MAX };
	static const u32 bad_slices[] = { 0, 3, 5, 8, U32_MAX };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad_vram); i++)
		KUNIT_EXPECT_EQ(test, soft_check_vram("test", bad_vram[i]),
				-EINVAL);
	KUNIT_EXPECT_EQ(test, soft_check_vram("test", 2), 0);
	KUNIT_EXPECT_EQ(test, soft_check_vram("test", 65536), 0);
	for (i = 0; i < ARRAY_SIZE(bad_slices); i++)
		KUNIT_EXPECT_EQ(test, soft_check_slices("test", bad_slices[i]),
				-EINVAL);
	for (i = 1; i <= 4; i *= 2)
		KUNIT_EXPECT_EQ(test, soft_check_slices("test", i), 0);
	KUNIT_EXPECT_EQ(test, soft_check_bus("test", -2), -EINVAL);
	KUNIT_EXPECT_EQ(test, soft_check_bus("test", 256), -EINVAL);
	KUNIT_EXPECT_EQ(test, soft_check_bus("test", 255), 0);
	KUNIT_EXPECT_EQ(test, soft_check_node("test", -2), -EINVAL);
	KUNIT_EXPECT_EQ(test, soft_check_node("test", INT_MAX), -EINVAL);
	KUNIT_EXPECT_EQ(test, soft_check_node("test", NUMA_NO_NODE), 0);
	KUNIT_EXPECT_EQ(test, soft_check_node("test", 0), 0);
	KUNIT_EXPECT_EQ(test, soft_check_share("test", 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, soft_check_share("test", 10001), -EINVAL);
	KUNIT_EXPECT_EQ(test, soft_check_share("test", 10000), 0);
}

static void soft_config_names(struct kunit *test)
{
	static const char * const bad[] = {
		"", ".", "..", ".x", "a b", "a/b", "a\n", "\xc3\xa4",
		"12345678901234567890123456789012",
	};
	static const char * const good[] = {
		"a", "SOFT-4C", "a.b_c+d", "1234567890123456789012345678901",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, soft_check_name("test", bad[i]),
				    -EINVAL, "%s", bad[i]);
	for (i = 0; i < ARRAY_SIZE(good); i++)
		KUNIT_EXPECT_EQ_MSG(test, soft_check_name("test", good[i]), 0,
				    "%s", good[i]);
}

/* A type is of a slice that there is, and fits into its part of the memory. */
static void soft_config_types(struct kunit *test)
{
	struct soft_config *c = new_config(test);
	struct soft_type *t = &c->types[0];

	c->vram_mb = 64;
	c->nr_types = 1;
	*t = one;
	t->vram_mb = 64;
	KUNIT_EXPECT_EQ(test, soft_check("test", c), 0);
	c->slices = 4;
	KUNIT_EXPECT_EQ(test, soft_check("test", c), -EINVAL);
	t->vram_mb = 16;
	KUNIT_EXPECT_EQ(test, soft_check("test", c), 0);
	t->slice = 3;
	KUNIT_EXPECT_EQ(test, soft_check("test", c), 0);
	c->slices = 2;
	KUNIT_EXPECT_EQ(test, soft_check("test", c), -EINVAL);
	t->slice = -2;
	KUNIT_EXPECT_EQ(test, soft_check("test", c), -EINVAL);
	t->slice = -1;
	t->share = 0;
	KUNIT_EXPECT_EQ(test, soft_check("test", c), -EINVAL);
	*t = one;
	t->vram_mb = 7;
	KUNIT_EXPECT_EQ(test, soft_check("test", c), -EINVAL);
	*t = one;
	t->name[0] = ' ';
	KUNIT_EXPECT_EQ(test, soft_check("test", c), -EINVAL);
	/* What is both needs a block for each. */
	*t = one;
	t->vram_mb = 2;
	KUNIT_EXPECT_EQ(test, soft_check("test", c), 0);
	t->kind = SOFT_Q;
	KUNIT_EXPECT_EQ(test, soft_check("test", c), -EINVAL);
	t->vram_mb = 4;
	KUNIT_EXPECT_EQ(test, soft_check("test", c), 0);
	/* Any of them. */
	*t = one;
	c->nr_types = 2;
	KUNIT_EXPECT_EQ(test, soft_check("test", c), -EINVAL);
}

/* Any numbers, most of them near to what is allowed, against the page of the manual. */
static void soft_config_random(struct kunit *test)
{
	static const u32 sizes[] = { 0, 2, 4, 8, 16, 31, 32, 64, 65536, 65538 };
	struct soft_config *c = new_config(test);
	unsigned int i, good = 0;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 14);
	for (i = 0; i < 20000; i++) {
		u32 r = prandom_u32_state(&rnd);
		struct soft_type *t = &c->types[0];

		c->vram_mb = sizes[r % 10];
		c->slices = r / 16 % 5;
		c->bus = r / 256 % 4 ? -1 : r / 1024 % 260;
		c->nr_types = r / 4096 % 2;
		*t = one;
		t->vram_mb = sizes[prandom_u32_state(&rnd) % 10];
		t->kind = r / 8192 % SOFT_KINDS;
		t->slice = (int)(r / 65536 % 6) - 2;
		t->share = r / 1048576 % 8 ? SOFT_SHARE : r;
		t->name[r % 4] = r / 32768 % 8 ? 'x' : r >> 24;
		KUNIT_ASSERT_EQ_MSG(test, !soft_check("test", c),
				    model_config(c), "settings %u", i);
		good += model_config(c);
	}
	KUNIT_EXPECT_GT(test, good, 100U);
}

static const struct vgpu_type_desc *find(const struct soft_types *types,
					 const char *name)
{
	unsigned int i;

	for (i = 0; i < types->nr; i++)
		if (!strcmp(types->desc[i].name, name))
			return &types->desc[i];
	return NULL;
}

/* Those that fit, and one of each slice where there are several. */
static void soft_types_usual(struct kunit *test)
{
	struct soft_types *types = kunit_kzalloc(test, sizeof(*types),
						 GFP_KERNEL);
	struct soft_config *c = new_config(test);

	KUNIT_ASSERT_NOT_NULL(test, types);
	soft_types_init(types, c);
	KUNIT_EXPECT_NOT_NULL(test, find(types, "SOFT-64C"));
	KUNIT_EXPECT_NULL(test, find(types, "SOFT-16C-S0"));
	c->slices = 4;
	c->vram_mb = 128;
	soft_types_init(types, c);
	KUNIT_EXPECT_NULL(test, find(types, "SOFT-64C"));
	KUNIT_EXPECT_NOT_NULL(test, find(types, "SOFT-24C"));
	KUNIT_ASSERT_NOT_NULL(test, find(types, "SOFT-16C-S3"));
	KUNIT_EXPECT_EQ(test, find(types, "SOFT-16C-S3")->slice, 3);
	c->vram_mb = 8;
	soft_types_init(types, c);
	KUNIT_EXPECT_EQ(test, types->nr, 0U);
}

/* Of a display the largest mode follows from the memory, twice the picture. */
static void soft_types_with_display(struct kunit *test)
{
	static const u32 sizes[] = { 2, 4, 4, 6, 8, 8, 16, 16, 64, 128 };
	struct soft_types *types = kunit_kzalloc(test, sizeof(*types),
						 GFP_KERNEL);
	struct soft_config *c = new_config(test);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, types);
	c->nr_types = ARRAY_SIZE(sizes);
	for (i = 0; i < c->nr_types; i++) {
		strscpy(c->types[i].name, "SOME", SOFT_NAME_SIZE);
		c->types[i].kind = i % 2 ? SOFT_Q : SOFT_B;
		c->types[i].vram_mb = sizes[i];
		c->types[i].share = SOFT_SHARE;
		c->types[i].slice = -1;
	}
	KUNIT_EXPECT_EQ(test, soft_check("test", c), 0);
	soft_types_init(types, c);
	KUNIT_ASSERT_EQ(test, types->nr, ARRAY_SIZE(sizes));
	for (i = 0; i < types->nr; i++) {
		const struct vgpu_type_desc *t = &types->desc[i];

		KUNIT_EXPECT_EQ(test, t->num_heads, 1U);
		KUNIT_EXPECT_GE(test, t->max_xres, 640U);
		KUNIT_EXPECT_LE(test, 8ULL * t->max_xres * t->max_yres,
				t->screen_size);
		KUNIT_EXPECT_EQ(test, !!t->classes, i % 2);
		if (t->screen_size >= SZ_8M)
			KUNIT_EXPECT_GE(test, t->max_yres, 768U);
	}
	c->nr_types = 0;
	soft_types_init(types, c);
	KUNIT_ASSERT_NOT_NULL(test, find(types, "SOFT-4C"));
	KUNIT_ASSERT_NOT_NULL(test, find(types, "SOFT-8B"));
	KUNIT_EXPECT_EQ(test, find(types, "SOFT-4C")->num_heads, 0U);
	KUNIT_EXPECT_EQ(test, find(types, "SOFT-8B")->classes, 0U);
}

static void soft_types_asked_for(struct kunit *test)
{
	struct soft_types *types = kunit_kzalloc(test, sizeof(*types),
						 GFP_KERNEL);
	struct soft_config *c = new_config(test);
	const struct vgpu_type_desc *t;

	KUNIT_ASSERT_NOT_NULL(test, types);
	c->slices = 2;
	c->nr_types = 2;
	c->types[0] = one;
	c->types[1] = (struct soft_type) { "TWO", SOFT_C, 32, 300, 1 };
	soft_types_init(types, c);
	KUNIT_ASSERT_EQ(test, types->nr, 2U);
	t = find(types, "TWO");
	KUNIT_ASSERT_NOT_NULL(test, t);
	KUNIT_EXPECT_EQ(test, t->vram_size, (u64)SZ_32M);
	KUNIT_EXPECT_EQ(test, t->weight, 300U);
	KUNIT_EXPECT_EQ(test, t->slice, 1);
	KUNIT_EXPECT_EQ(test, t->num_heads, 0U);
	KUNIT_EXPECT_TRUE(test, t->classes & BIT(VGPU_CLASS_COMPUTE));
	t = find(types, "ONE");
	KUNIT_ASSERT_NOT_NULL(test, t);
	KUNIT_EXPECT_EQ(test, t->slice, VGPU_ANY_SLICE);
}

static struct kunit_case soft_config_cases[] = {
	KUNIT_CASE(soft_config_usual),
	KUNIT_CASE(soft_config_fields),
	KUNIT_CASE(soft_config_names),
	KUNIT_CASE(soft_config_types),
	KUNIT_CASE(soft_config_random),
	KUNIT_CASE(soft_types_usual),
	KUNIT_CASE(soft_types_with_display),
	KUNIT_CASE(soft_types_asked_for),
	{}
};

static struct kunit_suite soft_config_suite = {
	.name = "soft_config",
	.test_cases = soft_config_cases,
};

kunit_test_suite(soft_config_suite);

MODULE_LICENSE("GPL");
