// SPDX-License-Identifier: GPL-2.0
/*
 * vGPUs that share a compute engine, each with a worker of the real vgpu-executor: what
 * is computed for each follows from weight, cap and min. What the vGPUs themselves count
 * is compared with each other, dispatches that are done and time that was charged, and
 * the margins are wide, as in shares.c.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include "client.h"
#include "move.h"
#include "soft.h"
#include "supervisor.h"
#include "tenant.h"

#define MOST		4
/* Dispatches that a guest has under way, so that its worker always has work. */
#define AHEAD		32
/* Dispatches of all together, over which is looked, and how often. */
#define ENOUGH		400
#define TRIES		5

/* As in executor.c: no worker hangs here, but each may be short of CPU. */
static void before(void)
{
	gpu_set("watchdog_ms", "5000");
	executor_start(NULL);
}

static void after(void)
{
	children_end();
	/* Before the executor ends, for a worker that ends at work is a fault. */
	vdev_cleanup();
	mdev_remove_all();
	if (executor_runs())
		EXPECT_EQ(executor_end(SIGTERM), 0);
	settings_restore();
}

/* A guest whose ring is never empty. It ends when something was not done. */
static int computes_forever(void *d)
{
	const uint64_t args[] = { A_AT, B_AT, C_AT };
	struct client c = client_of(d);
	unsigned int n = 0;

	for (;;) {
		n = dispatch(&c, ADD_I32, MANY, args, sizeof(args));
		if (n < AHEAD)
			continue;
		while (!*completion(&c, n - AHEAD))
			usleep(1000);
		if (*completion(&c, n - AHEAD) != 1)
			return 1;
	}
}

/* All of them busy from now on. */
static void all_compute(struct vdev **d, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		vdev_decode(d[i], PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
		child_start(computes_forever, d[i]);
	}
	for (i = 0; i < nr; i++)
		ASSERT(AWAIT(mdev_attr_u64(d[i]->uuid, "ops") > AHEAD));
}

static const char *const counters[] = { "ops", "gpu_time_ns" };

/**
 * struct done - what was computed between two moments
 * @of: of each vGPU, by each of the counters
 */
struct done {
	int64_t of[ARRAY_SIZE(counters)][MOST];
};

static void sample(struct done *s, struct vdev *const *d, unsigned int nr,
		   int sign)
{
	unsigned int i, n;

	for (i = 0; i < nr; i++)
		for (n = 0; n < ARRAY_SIZE(counters); n++)
			s->of[n][i] += sign *
				(int64_t)mdev_attr_u64(d[i]->uuid, counters[n]);
}

static uint64_t dispatches(struct vdev *const *d, unsigned int nr)
{
	uint64_t sum = 0;

	while (nr--)
		sum += mdev_attr_u64(d[nr]->uuid, "ops");
	return sum;
}

/* By both counters. What does not hold is told. */
static bool holds(const struct done *s, unsigned int nr, const struct bound *b)
{
	unsigned int n, i;

	for (n = 0; n < ARRAY_SIZE(counters); n++) {
		const int64_t *of = s->of[n];

		if (of[b->who] >= b->least * of[b->of] &&
		    of[b->who] <= b->most * of[b->of])
			continue;
		tap_note("%s of vGPU %d are not %.2f to %.2f times those of %d",
			 counters[n], b->who, b->least, b->most, b->of);
		for (i = 0; i < nr; i++)
			tap_note("vGPU %u: %lld", i, (long long)of[i]);
		return false;
	}
	return true;
}

static bool all_hold(struct vdev *const *d, unsigned int nr,
		     const struct bound *bounds)
{
	struct done s = {};
	uint64_t begin;
	bool ok = true;

	sample(&s, d, nr, -1);
	begin = dispatches(d, nr);
	ASSERT(AWAIT(dispatches(d, nr) - begin >= ENOUGH));
	sample(&s, d, nr, 1);
	for (; bounds->most; bounds++)
		ok &= holds(&s, nr, bounds);
	return ok;
}

/* As with expect_shares() one good time is enough. */
static void expect_done(struct vdev *const *d, unsigned int nr,
			const struct bound *bounds)
{
	unsigned int i;

	for (i = 0; i < TRIES && !all_hold(d, nr, bounds); i++)
		;
	EXPECT(i < TRIES);
	for (i = 0; i < nr; i++)
		expect_attr(d[i]->uuid, "state", "ok");
}

static void equals_get_the_same(void)
{
	struct vdev *d[MOST];
	unsigned int i;

	for (i = 0; i < MOST; i++)
		d[i] = vdev_new(gpu->medium);
	all_compute(d, MOST);
	expect_done(d, MOST, (struct bound[]) {
		{ 1, 0, 0.65, 1.5 },
		{ 2, 0, 0.65, 1.5 },
		{ 3, 0, 0.65, 1.5 },
		{ }
	});
}

static void weights_hold(void)
{
	struct vdev *d[3];
	unsigned int i;

	for (i = 0; i < 3; i++)
		d[i] = vdev_new(gpu->medium);
	mdev_set(d[0]->uuid, "weight", "100");
	mdev_set(d[1]->uuid, "weight", "200");
	mdev_set(d[2]->uuid, "weight", "400");
	all_compute(d, 3);
	expect_done(d, 3, (struct bound[]) {
		{ 1, 0, 1.4, 2.9 },
		{ 2, 1, 1.4, 2.9 },
		{ }
	});
	/* At once. */
	mdev_set(d[0]->uuid, "weight", "400");
	mdev_set(d[1]->uuid, "weight", "400");
	expect_done(d, 3, (struct bound[]) {
		{ 1, 0, 0.65, 1.5 },
		{ 2, 1, 0.65, 1.5 },
		{ }
	});
}

/* The other has the rest, whatever its weight; then each has the same. */
static void cap_holds(void)
{
	struct vdev *d[2] = { vdev_new(gpu->medium), vdev_new(gpu->medium) };

	gpu_set("window_ms", "20");
	mdev_set(d[0]->uuid, "weight", "1000");
	mdev_set(d[0]->uuid, "cap", "20");
	all_compute(d, 2);
	expect_done(d, 2, (struct bound[]) {
		{ 0, 1, 0.1, 0.5 },
		{ }
	});
	mdev_set(d[0]->uuid, "cap", "100");
	mdev_set(d[0]->uuid, "weight", "100");
	mdev_set(d[1]->uuid, "weight", "100");
	expect_done(d, 2, (struct bound[]) {
		{ 0, 1, 0.65, 1.5 },
		{ }
	});
}

/* Without a promise one has what its weight is worth, next to nothing. */
static void min_is_kept(void)
{
	struct vdev *d[2] = { vdev_new(gpu->medium), vdev_new(gpu->medium) };

	mdev_set(d[0]->uuid, "weight", "10");
	mdev_set(d[1]->uuid, "weight", "200");
	all_compute(d, 2);
	expect_done(d, 2, (struct bound[]) {
		{ 0, 1, 0, 0.15 },
		{ }
	});
	mdev_set(d[0]->uuid, "min", "40");
	expect_done(d, 2, (struct bound[]) {
		{ 0, 1, 0.4, 3 },
		{ }
	});
}

static const struct tap_test tests[] = {
	TAP_TEST(equals_get_the_same),
	TAP_TEST(weights_hold),
	TAP_TEST(cap_holds),
	TAP_TEST(min_is_kept),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "workers",
		.tests = tests,
		.nr = ARRAY_SIZE(tests),
		.before = before,
		.after = after,
	};

	settings_save();
	return tap_run(&suite);
}
