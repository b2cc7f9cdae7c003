// SPDX-License-Identifier: GPL-2.0
/*
 * As many vGPUs as a GPU may have, on one engine, all of them busy for long: each gets
 * as much as the others, at the end as at the beginning; nobody waits longer then, and
 * the kernel takes no more memory. SOAK_SECONDS in the environment says how long
 * (60). What one more costs is told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include "soft.h"
#include "softdir.h"
#include "tenant.h"

#define MANY		256
#define SLOTS		32
#define PERIODS		6
#define SECONDS		60

/*
 * A machine below that takes its processor away makes some slices long: over half of
 * the time, and over all of it, that is made up for.
 */
#define HALF_MARGIN	1.5
#define WHOLE_MARGIN	1.25
#define WAIT_MARGIN	2.0
#define MEMORY_KIB	2048

static struct vdev *d[MANY];
static struct ring ring[MANY];

/** struct sample - what has been counted until a moment */
struct sample {
	int64_t gpu_time[MANY];
	int64_t wait;
	int64_t slices;
	int64_t kib;
};

static void before(void)
{
	struct rlimit files = { 4096, 4096 };
	char arguments[32];

	ASSERT_OK(setrlimit(RLIMIT_NOFILE, &files));
	snprintf(arguments, sizeof(arguments), "vram_mb=%u",
		 (unsigned int)(MANY * gpu->small->size / MIB));
	soft_load(arguments);
}

/* What the kernel has for itself; VRAM is not in it. */
static int64_t kernel_kib(void)
{
	static const char * const of[] = {
		"Slab:", "KernelStack:", "PageTables:", "Percpu:", "VmallocUsed:",
	};
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128], name[32];
	long long kib, sum = 0;
	unsigned int i;

	ASSERT(file);
	while (fgets(line, sizeof(line), file))
		for (i = 0; i < ARRAY_SIZE(of); i++)
			if (sscanf(line, "%31s %lld", name, &kib) == 2 &&
			    !strcmp(name, of[i]))
				sum += kib;
	fclose(file);
	return sum;
}

/* Work for a while: more of it than this one gets done before we look again. */
static void feed(struct ring *r)
{
	const struct packet fill = {
		.op = OP_FILL, .value = 0x50a4, .size = 2 * MIB,
	};

	while (ring_has_room(r))
		ring_put(r, &fill);
}

static void feed_for(uint64_t seconds)
{
	time_t end = tap_seconds() + seconds;
	unsigned int i;

	while (tap_seconds() < end) {
		for (i = 0; i < MANY; i++)
			feed(&ring[i]);
		usleep(20000);
	}
}

static void all_begin(void)
{
	int64_t ns[2] = {}, begin, kib = 0;
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		/* The first takes what all share. */
		if (i == 1)
			kib = kernel_kib();
		begin = tap_ns();
		d[i] = vdev_new(gpu->small);
		ns[i >= MANY / 2] += tap_ns() - begin;
		vdev_decode(d[i], DECODE_ALL);
		ring_map(&ring[i], d[i], true);
		ASSERT(ring_enable(&ring[i], d[i]->size - 8192, SLOTS));
	}
	tap_note("%u vGPUs: %lld KiB of the kernel's memory each", MANY,
		 (long long)(kernel_kib() - kib) / (MANY - 1));
	tap_note("the second half was made in %.2f times the time of the first",
		 (double)ns[1] / ns[0]);
}

static void take(struct sample *s)
{
	unsigned int i;

	s->wait = 0;
	s->slices = 0;
	for (i = 0; i < MANY; i++) {
		s->gpu_time[i] = mdev_attr_u64(d[i]->uuid, "gpu_time_ns");
		s->wait += mdev_attr_u64(d[i]->uuid, "wait_time_ns");
		s->slices += mdev_attr_u64(d[i]->uuid, "slices");
	}
	s->kib = kernel_kib();
}

/* Did each get about as much as the mean? The mean wait for a slice, ns. */
static double compare(const struct sample *from, const struct sample *to, double margin)
{
	double least = 1e18, most = 0, sum = 0, wait;
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		double got = to->gpu_time[i] - from->gpu_time[i];

		least = got < least ? got : least;
		most = got > most ? got : most;
		sum += got;
	}
	wait = (double)(to->wait - from->wait) / (to->slices - from->slices);
	tap_note("%.1f slices each, %.2f to %.2f times the mean; a wait is %.0f slices",
		 (double)(to->slices - from->slices) / MANY,
		 least * MANY / sum, most * MANY / sum,
		 wait * (to->slices - from->slices) / sum);
	EXPECT(!margin || (least * MANY * margin > sum && most * MANY < sum * margin));
	return wait;
}

static void all_busy_for_long(void)
{
	static struct sample s[PERIODS + 1];
	const char *text = getenv("SOAK_SECONDS");
	uint64_t seconds = text ? strtoull(text, NULL, 10) : SECONDS;
	double wait[PERIODS];
	unsigned int i;

	EXPECT_EQ(type_available(gpu->small), MANY);
	all_begin();
	EXPECT_EQ(type_available(gpu->small), 0);
	/* All have had their turn, and more. */
	feed_for(seconds / PERIODS);
	for (i = 0; i < MANY; i++)
		EXPECT(mdev_attr_u64(d[i]->uuid, "slices"));
	take(&s[0]);
	for (i = 0; i < PERIODS; i++) {
		feed_for(seconds / PERIODS);
		take(&s[i + 1]);
		wait[i] = compare(&s[i], &s[i + 1], 0);
	}
	compare(&s[0], &s[PERIODS / 2], HALF_MARGIN);
	compare(&s[PERIODS / 2], &s[PERIODS], HALF_MARGIN);
	compare(&s[0], &s[PERIODS], WHOLE_MARGIN);
	EXPECT(wait[PERIODS - 1] < wait[0] * WAIT_MARGIN);
	tap_note("the kernel's memory: %+lld KiB from the first period to the last",
		 (long long)(s[PERIODS].kib - s[1].kib));
	EXPECT(s[PERIODS].kib - s[1].kib < MEMORY_KIB);
	for (i = 0; i < MANY; i++) {
		expect_attr(d[i]->uuid, "state", "ok");
		EXPECT_EQ(mdev_attr_u64(d[i]->uuid, "faults"), 0);
		ring_unmap(&ring[i]);
	}
	vdev_cleanup();
	EXPECT_EQ(type_available(gpu->small), MANY);
}

static const struct tap_test tests[] = {
	TAP_TEST(all_busy_for_long),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "soak", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = soft_end,
	};

	return tap_run(&suite);
}
