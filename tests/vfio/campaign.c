// SPDX-License-Identifier: GPL-2.0
/*
 * VMMs that are killed, whatever they are at: they open a vGPU, map it, draw, save and
 * load it, hand it to a child, and have no moment to put anything in order. Beside them
 * vGPUs are created and removed by several threads at once. After each round the host
 * counts what it counted before, whoever comes next finds zeros, and neighbours have
 * noticed nothing.
 *
 * What a round does follows from its number and the seed, which is shown;
 * CAMPAIGN_SEED in the environment gives another, and CAMPAIGN_KILLS how many are killed.
 * When a VMM is hit does not: it is let go on for a while that is by chance, too.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "host.h"
#include "kfail.h"
#include "tenant.h"
#include "vmm.h"

#define MAX_VMMS	3
#define CHURNERS	8

/* Kills, of which there are one to MAX_VMMS in a round. */
#define KILLS		24
#define MANY_KILLS	200
#define UNBINDS		10

/**
 * struct doomed - a VMM that is going to be killed
 * @vmm: it; its vGPU is to go meanwhile when @stays, and somebody waits for that
 * @offset: where its memory is
 * @at: killed when it has done so many things,
 * @us: and so long afterwards, microseconds
 * @remover: who waits
 * @remove_err: errno of that
 */
struct doomed {
	struct vmm vmm;
	uint64_t offset;
	unsigned int at;
	unsigned int us;
	pthread_t remover;
	int remove_err;
};

static struct doomed doomed[MAX_VMMS];
static unsigned int nr_doomed;

/* Neighbours: one whose engine never rests, one that only has memory. */
static struct vdev *busy, *quiet;
static uint32_t *busy_vram, *quiet_vram;

/* What a vGPU of this type was. */
static struct stream streams[2];

static pthread_t churners[CHURNERS];
static volatile bool churn_ends;
static int churn_err[CHURNERS];
static uint64_t churned[CHURNERS], no_memory[CHURNERS];

/* What fails meanwhile (KFAIL_MEMORY, ...), if anything: so many of a hundred. */
#define FAILURES	5
static unsigned int fails;

/* VMMs to which that was the end, before they were killed. */
static unsigned int nr_failed;

static const struct type_facts *type_of(unsigned int i)
{
	return i ? gpu->medium : gpu->small;
}

/* ---- Neighbours */

#define BUSY_VALUE	0x5a5a5a5a	/* as works_forever() has it */
#define BUSY_SEED	0xb0b0
#define QUIET_SEED	0x90a1

/* So many bytes of @vram are what they were filled with. */
static void expect_pattern(const uint32_t *from, uint64_t bytes, uint32_t seed)
{
	uint32_t *want = malloc(bytes);

	ASSERT(want);
	fill_pattern(want, bytes, seed);
	EXPECT_EQ(first_difference(from, want, bytes), bytes);
	free(want);
}

static void neighbours_begin(void)
{
	uint64_t drawn;

	busy = vdev_new(gpu->medium);
	quiet = vdev_new(gpu->small);
	drawn = work_bytes(busy);
	busy_vram = vdev_map_vram(busy);
	quiet_vram = vdev_map_vram(quiet);
	fill_pattern(busy_vram + drawn / 4, busy->room - drawn, BUSY_SEED);
	fill_pattern(quiet_vram, quiet->size, QUIET_SEED);
	gpu_init(busy);
	gpu_fill(busy, 0, drawn, BUSY_VALUE);
	gpu_idle(busy);
	busy_start(busy);
}

static void neighbours_are_unharmed(void)
{
	uint64_t drawn = work_bytes(busy), at;

	wait_above(busy, "ops", mdev_attr_u64(busy->uuid, "ops"));
	for (at = 0; at < drawn / 4 && busy_vram[at] == BUSY_VALUE; at++)
		;
	EXPECT_EQ(at, drawn / 4);
	expect_pattern(busy_vram + drawn / 4, busy->room - drawn, BUSY_SEED);
	expect_pattern(quiet_vram, quiet->size, QUIET_SEED);
	EXPECT_EQ(mdev_attr_u64(busy->uuid, "faults"), 0);
}

/* ---- Rounds */

static void *churn(void *arg)
{
	unsigned int i = (uintptr_t)arg;
	char uuid[UUID_LEN];

	while (!churn_ends && !churn_err[i]) {
		mdev_uuid(uuid);
		if (mdev_try_create(gpu->small, uuid)) {
			no_memory[i] += errno == ENOMEM;
			churn_err[i] = errno == ENOSPC ||
				       (fails == KFAIL_MEMORY && errno == ENOMEM) ?
				       0 : errno;
		} else if (mdev_remove(uuid)) {
			churn_err[i] = errno;
		} else {
			churned[i]++;
		}
	}
	return NULL;
}

static void *remover(void *arg)
{
	struct doomed *it = arg;

	it->remove_err = mdev_remove(it->vmm.uuid) ? errno : 0;
	return NULL;
}

/* Threads begin when all processes of the round are there. */
static void threads_begin(bool churns)
{
	uintptr_t i;

	churn_ends = !churns;
	for (i = 0; i < CHURNERS && churns; i++)
		ASSERT(!pthread_create(&churners[i], NULL, churn, (void *)i));
	for (i = 0; i < nr_doomed; i++)
		if (doomed[i].vmm.stays)
			ASSERT(!pthread_create(&doomed[i].remover, NULL, remover,
					       &doomed[i]));
}

static void threads_end(void)
{
	unsigned int i;

	for (i = 0; i < nr_doomed; i++)
		if (doomed[i].vmm.stays)
			pthread_join(doomed[i].remover, NULL);
	if (churn_ends)
		return;
	churn_ends = true;
	for (i = 0; i < CHURNERS; i++) {
		pthread_join(churners[i], NULL);
		EXPECT_EQ(churn_err[i], 0);
	}
}

static void begin(struct doomed *it, bool may_fail)
{
	unsigned int medium = rnd_below(2);

	*it = (struct doomed){
		.vmm = {
			.type = type_of(medium), .stream = streams[medium],
			.seed = rnd(), .may_fail = may_fail,
		},
		.at = 1 + rnd_below(12), .us = rnd_below(20000),
	};
	it->vmm.stays = rnd_below(4) == 0;
	mdev_create(it->vmm.type, it->vmm.uuid);
	it->offset = mdev_attr_u64(it->vmm.uuid, "vram_offset");
	vmm_start(&it->vmm);
}

static void end(struct doomed *it)
{
	vmm_has_done(&it->vmm, it->at);
	usleep(it->us);
	nr_failed += !vmm_end(&it->vmm, rnd_below(2) * it->us);
}

/* The next user of the vGPU, if it is there yet. */
static void next_user(struct doomed *it)
{
	struct vmm *v = &it->vmm;
	struct vdev *next;

	EXPECT_EQ(it->remove_err, 0);
	EXPECT_EQ(mdev_exists(v->uuid), !v->stays);
	if (v->stays)
		return;
	next = vdev_open(v->uuid);
	vdev_decode(next, DECODE_ALL);
	EXPECT(gpu->is_idle(next));
	expect_zeros(next);
	expect_works(next, v->seed);
	vdev_close(next);
	ASSERT_OK(mdev_remove(v->uuid));
}

/* In the same place, or it would prove nothing. */
static void next_tenants(void)
{
	struct vdev *next[MAX_VMMS];
	char uuid[UUID_LEN];
	unsigned int i;

	for (i = 0; i < nr_doomed; i++) {
		next[i] = vdev_new(doomed[i].vmm.type);
		EXPECT_EQ(mdev_attr_u64(next[i]->uuid, "vram_offset"),
			  doomed[i].offset);
		expect_zeros(next[i]);
	}
	for (i = 0; i < nr_doomed; i++) {
		strcpy(uuid, next[i]->uuid);
		vdev_close(next[i]);
		ASSERT_OK(mdev_remove(uuid));
	}
}

static void kill_some(const struct host_counts *before)
{
	bool churns = rnd_below(2);
	unsigned int i;

	nr_doomed = 1 + rnd_below(MAX_VMMS);
	for (i = 0; i < nr_doomed; i++)
		begin(&doomed[i], fails);
	/* Whoever removes one waits, but not before it is open. */
	for (i = 0; i < nr_doomed; i++)
		vmm_has_done(&doomed[i].vmm, 1);
	if (fails)
		kfail_by_chance(FAILURES);
	threads_begin(churns);
	for (i = 0; i < nr_doomed; i++)
		end(&doomed[i]);
	threads_end();
	if (fails)
		kfail_by_chance(0);
	for (i = 0; i < nr_doomed; i++)
		next_user(&doomed[i]);
	expect_host_shows(before);
	next_tenants();
	expect_host_shows(before);
	neighbours_are_unharmed();
}

static uint32_t seed;

static void kill_many(unsigned int want)
{
	unsigned int round, kills = 0;
	struct host_counts before = host_count();
	uint64_t pairs = 0;
	unsigned int i;

	for (round = 0; kills < want; round++) {
		rnd_seed(seed + round);
		kill_some(&before);
		kills += nr_doomed;
		if (tap_failures()) {
			tap_note("in round %u; CAMPAIGN_SEED=%u begins with it",
				 round, seed + round);
			break;
		}
		if (round % 10 == 9)
			tap_note("%u killed in %u rounds", kills, round + 1);
	}
	expect_host(&before);
	for (i = 0; i < CHURNERS; i++)
		pairs += churned[i];
	tap_note("%u killed in %u rounds, %llu created and removed meanwhile",
		 kills, round, (unsigned long long)pairs);
	EXPECT(pairs || fails == KFAIL_MEMORY);
}

static void killed_at_random(void)
{
	const char *given = getenv("CAMPAIGN_KILLS");

	if (given)
		kill_many(strtoul(given, NULL, 0));
	else
		kill_many(tap_thorough() ? MANY_KILLS : KILLS);
}

/* Beside that, memory for the driver is not there at times, whoever it is for. */
static void killed_while_memory_fails(void)
{
	unsigned int i;
	uint64_t n = 0;

	fails = KFAIL_MEMORY;
	kfail_setup(fails);
	kill_many(KILLS);
	for (i = 0; i < CHURNERS; i++)
		n += no_memory[i];
	tap_note("%llu were not created for want of memory",
		 (unsigned long long)n);
	EXPECT(n);
}

/* Beside that, some of what the VMMs tell the driver, and are told, is not copied. */
static void killed_while_copies_fail(void)
{
	fails = KFAIL_USERCOPY;
	kfail_setup(fails);
	kill_many(KILLS);
	tap_note("%u of them had ended by themselves", nr_failed);
	EXPECT(nr_failed);
}

static void *unbinder(void *unused)
{
	return gpu_driver("unbind") ? &errno : unused;
}

static void unbind_under_some(void)
{
	pthread_t thread;
	void *wrong;
	unsigned int i;

	nr_doomed = MAX_VMMS;
	for (i = 0; i < nr_doomed; i++)
		begin(&doomed[i], true);
	for (i = 0; i < nr_doomed; i++)
		vmm_has_done(&doomed[i].vmm, doomed[i].at);
	ASSERT(!pthread_create(&thread, NULL, unbinder, NULL));
	for (i = 0; i < nr_doomed; i++) {
		usleep(doomed[i].us);
		vmm_end(&doomed[i].vmm, rnd_below(2) * doomed[i].us);
	}
	pthread_join(thread, &wrong);
	EXPECT(!wrong);
	EXPECT_EQ(dir_count("/sys/bus/mdev/devices"), 0);
	ASSERT_OK(gpu_driver("bind"));
}

/* The card is taken from its driver, who waits for them, and given back. */
static void unbound_under_them(void)
{
	struct host_counts before;
	unsigned int round;

	children_end();
	vdev_cleanup();
	before = host_count();
	for (round = 0; round < UNBINDS && !tap_failures(); round++) {
		rnd_seed(seed + round);
		unbind_under_some();
		expect_host(&before);
		gpu_set("guard_resets_limit", "0");
	}
	EXPECT(works(vdev_new(gpu->largest), 1));
	tap_note("unbound %u times", round);
}

static bool can_kfail_thoroughly(void)
{
	return tap_thorough() && can_kfail();
}

static void before(void)
{
	const char *given = getenv("CAMPAIGN_SEED");
	unsigned int i;

	seed = given ? strtoul(given, NULL, 0) : tap_ns() / 1000;
	tap_note("CAMPAIGN_SEED=%u", seed);
	fails = 0;
	nr_failed = 0;
	memset(churned, 0, sizeof(churned));
	memset(no_memory, 0, sizeof(no_memory));
	settings_save();
	/* Who resets often is held back, which is not what is asked here. */
	gpu_set("guard_resets_limit", "0");
	for (i = 0; i < ARRAY_SIZE(streams); i++) {
		struct vdev *model = vdev_new(type_of(i));

		sparse_pattern(model);
		streams[i] = mig_save(model);
		vdev_cleanup();
	}
	neighbours_begin();
}

static void after(void)
{
	unsigned int i;

	if (fails)
		kfail_end();
	children_end();
	vdev_cleanup();
	settings_restore();
	for (i = 0; i < ARRAY_SIZE(streams); i++)
		stream_free(&streams[i]);
}

static const struct tap_test tests[] = {
	TAP_TEST(killed_at_random),
	TAP_TEST_IF(killed_while_memory_fails, can_kfail_thoroughly),
	TAP_TEST_IF(killed_while_copies_fail, can_kfail_thoroughly),
	TAP_TEST_IF(unbound_under_them, tap_thorough),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "campaign", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	return tap_run(&suite);
}
