// SPDX-License-Identifier: GPL-2.0
/*
 * What tenants get of the GPU under each policy. Only counters are compared
 * with counters, and the margins are wide: what matters is that a promise which
 * is not kept at all is seen. tests/bench measures how well they are kept.
 */
#include "tenant.h"

/* Beside what is promised: percent of the GPU. */
#define MARGIN		3

static const char * const policies[] = {
	"best_effort", "equal_share", "fixed_share",
};

static void after(void)
{
	children_end();
	settings_restore();
	vdev_cleanup();
}

/* All of them busy from now on. */
static void all_busy(struct vdev *const *d, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		busy_start(d[i]);
	for (i = 0; i < nr; i++)
		wait_above(d[i], "slices", 3);
}

static void cap_holds(void)
{
	struct vdev *d[2] = { vdev_new(T16), vdev_new(T16) };

	gpu_set("window_ms", "20");
	mdev_set(d[0]->uuid, "cap", "25");
	all_busy(d, 2);
	/* The other has the rest. */
	expect_shares(d, 2, (struct bound[]) {
		{ 0, OF_GPU, 25 - 2 * MARGIN, 25 + MARGIN },
		{ 1, 0, 1.5, 1000 },
		{ }
	}, NULL);

	/* At once, and also when nobody else wants it. */
	mdev_set(d[1]->uuid, "cap", "10");
	expect_shares(d, 2, (struct bound[]) {
		{ 0, OF_GPU, 25 - 2 * MARGIN, 25 + MARGIN },
		{ 1, OF_GPU, 10 - 2 * MARGIN, 10 + MARGIN },
		{ }
	}, NULL);
}

static void weights_hold(void)
{
	struct vdev *d[3] = { vdev_new(T16), vdev_new(T16), vdev_new(T16) };

	mdev_set(d[0]->uuid, "weight", "100");
	mdev_set(d[1]->uuid, "weight", "200");
	mdev_set(d[2]->uuid, "weight", "400");
	all_busy(d, 3);
	expect_shares(d, 3, (struct bound[]) {
		{ 1, 0, 1.6, 2.5 },
		{ 2, 1, 1.6, 2.5 },
		{ }
	}, NULL);

	mdev_set(d[0]->uuid, "weight", "400");
	mdev_set(d[1]->uuid, "weight", "400");
	expect_shares(d, 3, (struct bound[]) {
		{ 1, 0, 0.8, 1.25 },
		{ 2, 1, 0.8, 1.25 },
		{ }
	}, NULL);
}

/* Half of the GPU for one of two, whatever the other does. */
static void equal_share_is_kept(void)
{
	struct vdev *d[2] = { vdev_new(T16), vdev_new(T8) };

	gpu_set("policy", "equal_share");
	gpu_set("window_ms", "20");
	all_busy(d, 1);
	expect_shares(d, 2, (struct bound[]) {
		{ 0, OF_GPU, 50 - 4 * MARGIN, 50 + MARGIN },
		{ }
	}, NULL);
	EXPECT_EQ(mdev_attr_u64(d[1]->uuid, "gpu_time_ns"), 0);

	/* Type and weight do not matter. */
	mdev_set(d[0]->uuid, "weight", "10000");
	mdev_set(d[1]->uuid, "weight", "1");
	all_busy(d + 1, 1);
	expect_shares(d, 2, (struct bound[]) {
		{ 0, OF_GPU, 25, 50 + MARGIN },
		{ 1, OF_GPU, 25, 50 + MARGIN },
		{ 0, 1, 0.8, 1.25 },
		{ }
	}, NULL);
}

/* The fraction of its type, alone and beside others. */
static void fixed_share_is_kept(void)
{
	struct vdev *d[3] = { vdev_new(T16), vdev_new(T16), vdev_new(T8) };

	gpu_set("policy", "fixed_share");
	gpu_set("window_ms", "20");
	all_busy(d, 1);
	expect_shares(d, 3, (struct bound[]) {
		{ 0, OF_GPU, 26.67 - 2 * MARGIN, 26.67 + MARGIN },
		{ }
	}, NULL);
	EXPECT_EQ(mdev_attr_u64(d[1]->uuid, "gpu_time_ns"), 0);
	EXPECT_EQ(mdev_attr_u64(d[2]->uuid, "gpu_time_ns"), 0);

	all_busy(d + 1, 2);
	expect_shares(d, 3, (struct bound[]) {
		{ 0, OF_GPU, 26.67 - 3 * MARGIN, 26.67 + MARGIN },
		{ 1, OF_GPU, 26.67 - 3 * MARGIN, 26.67 + MARGIN },
		{ 2, OF_GPU, 13.34 - 2 * MARGIN, 13.34 + MARGIN },
		{ }
	}, NULL);
}

/* Best effort: who is alone with work has all of it. */
static void nothing_is_wasted(void)
{
	struct vdev *d[3] = { vdev_new(T16), vdev_new(T8), vdev_new(T4) };
	unsigned int i;

	mdev_set(d[1]->uuid, "min", "60");
	all_busy(d, 1);
	expect_shares(d, 3, (struct bound[]) {
		{ 0, OF_GPU, 75, 100 },
		{ }
	}, NULL);
	for (i = 1; i < 3; i++) {
		EXPECT_EQ(mdev_attr_u64(d[i]->uuid, "gpu_time_ns"), 0);
		EXPECT_EQ(mdev_attr_u64(d[i]->uuid, "slices"), 0);
		EXPECT_EQ(mdev_attr_u64(d[i]->uuid, "wait_time_ns"), 0);
	}
}

static void min_is_kept(void)
{
	struct vdev *d[2] = { vdev_new(T8), vdev_new(T16) };
	unsigned int i;

	mdev_set(d[0]->uuid, "weight", "1");
	mdev_set(d[1]->uuid, "weight", "10000");
	all_busy(d, 2);
	/* Without a promise, what its weight is worth. */
	expect_shares(d, 2, (struct bound[]) {
		{ 0, OF_GPU, 0, 5 },
		{ }
	}, NULL);

	mdev_set(d[0]->uuid, "min", "40");
	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		gpu_set("policy", policies[i]);
		expect_shares(d, 2, (struct bound[]) {
			{ 0, OF_GPU, 40 - 2 * MARGIN, 100 },
			{ 1, OF_GPU, 15, 100 },
			{ }
		}, NULL);
	}
}

static const struct tap_test tests[] = {
	TAP_TEST(cap_holds),
	TAP_TEST(weights_hold),
	TAP_TEST(equal_share_is_kept),
	TAP_TEST(fixed_share_is_kept),
	TAP_TEST(nothing_is_wasted),
	TAP_TEST(min_is_kept),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "shares", .tests = tests, .nr = ARRAY_SIZE(tests),
		.after = after,
	};

	settings_save();
	return tap_run(&suite);
}
