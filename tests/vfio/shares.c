// SPDX-License-Identifier: GPL-2.0
/*
 * What tenants get of the GPU under each policy. Only counters are compared
 * with counters, and the margins are wide: what matters is that a promise which
 * is not kept at all is seen. tests/bench measures how well they are kept.
 */
#include "tenant.h"

/* Beside what is promised: percent of the GPU. */
#define MARGIN		3

/* Slices of a tenant whose mean length is looked at, and how often. */
#define MANY_SLICES	100

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
	struct vdev *d[2] = { vdev_new(gpu->large), vdev_new(gpu->large) };

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
	struct vdev *d[3] = { vdev_new(gpu->large), vdev_new(gpu->large),
			      vdev_new(gpu->large) };

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
	struct vdev *d[2] = { vdev_new(gpu->large), vdev_new(gpu->medium) };

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

/* Percent of the GPU. */
static double fraction(const struct type_facts *type)
{
	return 100.0 * type->size / (gpu->vram_total - gpu->vram_reserved);
}

/* The fraction of its type, alone and beside others. */
static void fixed_share_is_kept(void)
{
	const double large = fraction(gpu->large);
	const double medium = fraction(gpu->medium);
	struct vdev *d[3] = { vdev_new(gpu->large), vdev_new(gpu->large),
			      vdev_new(gpu->medium) };

	gpu_set("policy", "fixed_share");
	gpu_set("window_ms", "20");
	all_busy(d, 1);
	expect_shares(d, 3, (struct bound[]) {
		{ 0, OF_GPU, large - 2 * MARGIN, large + MARGIN },
		{ }
	}, NULL);
	EXPECT_EQ(mdev_attr_u64(d[1]->uuid, "gpu_time_ns"), 0);
	EXPECT_EQ(mdev_attr_u64(d[2]->uuid, "gpu_time_ns"), 0);

	all_busy(d + 1, 2);
	expect_shares(d, 3, (struct bound[]) {
		{ 0, OF_GPU, large - 3 * MARGIN, large + MARGIN },
		{ 1, OF_GPU, large - 3 * MARGIN, large + MARGIN },
		{ 2, OF_GPU, medium - 2 * MARGIN, medium + MARGIN },
		{ }
	}, NULL);
}

/* Best effort: who is alone with work has all of it. */
static void nothing_is_wasted(void)
{
	struct vdev *d[3] = { vdev_new(gpu->large), vdev_new(gpu->medium),
			      vdev_new(gpu->medium) };
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
	struct vdev *d[2] = { vdev_new(gpu->medium), vdev_new(gpu->large) };
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

/**
 * struct length - mean length of the slices of two tenants, GPU time
 * @least: ns; not less, however long the counters took to read
 * @most: ns; not more
 * @piece: ns that a piece took them: within it, no slice ends
 */
struct length {
	double least, most, piece;
};

static int64_t both(struct vdev *const *d, const char *name)
{
	return mdev_attr_u64(d[0]->uuid, name) +
	       mdev_attr_u64(d[1]->uuid, name);
}

static void wait_for_slices(struct vdev *const *d, unsigned int nr)
{
	uint64_t had[] = { mdev_attr_u64(d[0]->uuid, "slices"),
			   mdev_attr_u64(d[1]->uuid, "slices") };

	wait_above(d[0], "slices", had[0] + nr);
	wait_above(d[1], "slices", had[1] + nr);
}

static void measure(struct vdev *const *d, struct length *len)
{
	int64_t outer = both(d, "slices"), time = both(d, "gpu_time_ns");
	int64_t bytes = both(d, "bytes"), inner = both(d, "slices");

	wait_for_slices(d, MANY_SLICES);
	inner = both(d, "slices") - inner;
	time = both(d, "gpu_time_ns") - time;
	bytes = both(d, "bytes") - bytes;
	outer = both(d, "slices") - outer;
	len->least = (double)time / outer;
	len->most = (double)time / inner;
	len->piece = (double)time * gpu->piece / bytes;
}

/*
 * Slices are about @ns. What is owed makes one shorter, by half at most; one
 * ends with the piece that crosses its end, which is a long one rather than a
 * short one: twice the mean. As for shares, one good time is enough.
 */
/* What else runs on this machine makes slices longer; it does not do so always. */
static bool are_of_length(struct vdev *const *d, double ns, struct length *len)
{
	measure(d, len);
	if (len->most >= ns / 2 && len->least <= ns * 1.1 + 2 * len->piece)
		return true;
	tap_note("slices of %.0f to %.0f us, pieces of %.0f us",
		 len->least / 1000, len->most / 1000, len->piece / 1000);
	return false;
}

static void expect_length(struct vdev *const *d, double ns, struct length *len)
{
	/* Those that began before the setting. */
	wait_for_slices(d, 2);
	if (!AWAIT(are_of_length(d, ns, len)))
		tap_fail(__FILE__, __LINE__, "slices are not of %.0f us",
			 ns / 1000);
}

static void slices_are_as_set(void)
{
	struct vdev *d[2] = { vdev_new(gpu->large), vdev_new(gpu->large) };
	struct length small, large, two, four;

	all_busy(d, 2);
	gpu_set("slice_us", "500");
	expect_length(d, 0.5 * MS, &small);
	gpu_set("slice_us", "8000");
	expect_length(d, 8.0 * MS, &large);
	EXPECT(large.most > 2 * small.least);

	/* Derived: 16 ms divided by those that are open, busy or not. */
	gpu_set("slice_us", "0");
	expect_length(d, 8.0 * MS, &two);
	vdev_new(gpu->medium);
	vdev_new(gpu->medium);
	expect_length(d, 4.0 * MS, &four);
	EXPECT(two.most > 1.3 * four.least);
}

static const struct tap_test tests[] = {
	TAP_TEST(cap_holds),
	TAP_TEST(weights_hold),
	TAP_TEST(equal_share_is_kept),
	TAP_TEST(fixed_share_is_kept),
	TAP_TEST(nothing_is_wasted),
	TAP_TEST(min_is_kept),
	TAP_TEST(slices_are_as_set),
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
