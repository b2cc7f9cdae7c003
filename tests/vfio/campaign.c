// SPDX-License-Identifier: GPL-2.0
/*
 * VMMs that are killed, whatever they are at: they open a vGPU, map it, draw, save and
 * load it, hand it to a child, and have no moment to put anything in order. Beside them
 * vGPUs are created and removed by several threads at once. After each round the host
 * counts what it counted before, whoever comes next finds zeros, and neighbours have
 * noticed nothing.
 *
 * What a round does follows from its number and the seed, which is shown;
 * CAMPAIGN_SEED in the environment gives another. When a VMM is hit does not: it is
 * let go on for a while that is by chance, too.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fault.h"
#include "inject.h"
#include "move.h"
#include "tenant.h"

#define MAX_TYPES	16
#define MAX_VMMS	3
#define CHURNERS	8

/* Kills, of which there are one to MAX_VMMS in a round. */
#define KILLS		24
#define MANY_KILLS	200

/**
 * struct vmm - one that is going to be killed
 * @uuid: its vGPU
 * @type: of which type that is
 * @offset: where its memory is
 * @seed: what it does follows from this
 * @at: killed when it has done so many things,
 * @us: and so long afterwards, microseconds
 * @removed: somebody wants its vGPU to go meanwhile, and waits
 * @done: things that it has done so far
 * @pid: the process, and its group
 * @remover: who waits
 * @remove_err: errno of that
 */
struct vmm {
	char uuid[UUID_LEN];
	const struct type_facts *type;
	uint64_t offset;
	uint32_t seed;
	unsigned int at;
	unsigned int us;
	bool removed;
	volatile unsigned int *done;
	pid_t pid;
	pthread_t remover;
	int remove_err;
};

/**
 * struct counts - what a host has of GPUs and vGPUs
 * @vram_free: bytes
 * @available: instances that could be created, of each type
 * @core: references to the core's module
 * @backend: and to the backend's
 * @mdevs: vGPUs
 * @groups: IOMMU groups
 * @nodes: files in /dev/vfio
 * @open: vGPUs that are open, by the engine that works
 */
struct counts {
	uint64_t vram_free;
	uint64_t available[MAX_TYPES];
	uint64_t core;
	uint64_t backend;
	uint64_t mdevs;
	uint64_t groups;
	uint64_t nodes;
	uint64_t open;
};

static struct vmm vmms[MAX_VMMS];
static unsigned int nr_vmms;
static volatile unsigned int *done;

/* Neighbours: one whose engine never rests, one that only has memory. */
static struct vdev *busy, *quiet;
static uint32_t *busy_vram, *quiet_vram;

/* What a vGPU of this type was. */
static struct stream streams[2];

static pthread_t churners[CHURNERS];
static volatile bool churn_ends;
static int churn_err[CHURNERS];
static uint64_t churned[CHURNERS];

static const struct type_facts *type_of(unsigned int i)
{
	return i ? gpu->medium : gpu->small;
}

/* ---- What a VMM does */

static struct vdev *d;
static uint8_t *vram;
static const struct vmm *me;
static bool forked;

static void begin(void)
{
	vdev_decode(d, DECODE_ALL);
	vram = vdev_map_vram(d);
	gpu_init(d);
}

/* Back to where it runs. */
static void reset(void)
{
	mig_reset(d);
	munmap(vram, d->size);
	begin();
}

static uint64_t some_bytes(uint64_t *at)
{
	uint64_t pages = d->room / 4096, n = 1 + rnd_below(pages / 2);

	*at = rnd_below(pages - n) * 4096ULL;
	return n * 4096;
}

static void do_draw(void)
{
	unsigned int i, n = 1 + rnd_below(20);
	uint64_t at, bytes;

	for (i = 0; i < n; i++) {
		bytes = some_bytes(&at);
		gpu_fill(d, at, bytes, rnd());
	}
}

static void do_write(void)
{
	fill_pattern(vram, d->room, rnd());
}

static void do_wait(void)
{
	gpu_idle(d);
}

/* Left as it is, or not. */
static void do_guest_memory(void)
{
	const size_t size = 4 * MIB;
	void *ram = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(ram != MAP_FAILED);
	ASSERT_OK(vdev_dma_map(d, ram, size, 0));
	memset(ram, 1, size / 2);
	ASSERT_OK(vdev_dma_unmap(d, 0, size));
	munmap(ram, size);
}

static void do_interrupt(void)
{
	int evt = evt_new();

	irq_message(d, evt);
	gpu->irq_on(d);
	gpu->irq_raise(d);
	gpu->irq_ack(d);
	close(evt);
}

static void do_save(void)
{
	uint8_t buf[65536];
	unsigned int n = rnd_below(100);
	int fd = mig_save_begin(d);

	while (n-- && read(fd, buf, sizeof(buf)) > 0)
		;
	if (rnd_below(2))
		close(fd);
	reset();
}

static void do_load(void)
{
	struct stream st = streams[me->type == gpu->medium];
	int fd = mig_load_begin(d);

	if (rnd_below(2))
		st.len = rnd_below(st.len);
	ASSERT_OK(mig_write(fd, &st, 1000 + rnd_below(100000)));
	if (rnd_below(2))
		close(fd);
	reset();
}

static void do_reset(void)
{
	reset();
}

/* Another VM's turn, if this is the only one that has it, and it is not to go. */
static void do_reopen(void)
{
	if (forked || me->removed)
		return;
	if (rnd_below(2))
		munmap(vram, d->size);
	d = vdev_reopen(d);
	begin();
}

/* One that shares all of it, and outlives it. */
static void do_fork(void)
{
	pid_t pid = forked ? 1 : fork();

	ASSERT_OK(pid);
	forked = true;
	while (!pid && getppid() != 1)
		raises_sigbus(vram + rnd_below(d->room / 4) * 4, true);
	if (!pid)
		_exit(EXIT_SUCCESS);
}

static int vmm(void *arg)
{
	static void (*const does[])(void) = {
		do_draw, do_draw, do_draw, do_write, do_wait, do_guest_memory,
		do_interrupt, do_save, do_load, do_reset, do_reopen, do_fork,
	};

	me = arg;
	ASSERT_OK(setpgid(0, 0));
	vdev_leave_to_parent();
	rnd_seed(me->seed);
	d = vdev_open(me->uuid);
	begin();
	for (;;) {
		++*me->done;
		does[rnd_below(ARRAY_SIZE(does))]();
	}
	return 0;
}

/* ---- What a host counts */

static uint64_t module_references(const char *name)
{
	char path[64], text[ATTR_LEN];

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", name);
	ASSERT(file_read(path, text, sizeof(text)) > 0);
	return strtoull(text, NULL, 10);
}

static uint64_t open_by_engine(void)
{
	char text[16384], *state;

	runlist_read(text, sizeof(text));
	state = strchr(text, ',');
	ASSERT(state && strstr(state, " open"));
	return strtoul(state + 1, NULL, 10);
}

static struct counts count(void)
{
	char backend[32];
	struct counts c = {
		.vram_free = gpu_attr_u64("vram_free"),
		.core = module_references("vgpu"),
		.mdevs = dir_count("/sys/bus/mdev/devices"),
		.groups = dir_count("/sys/kernel/iommu_groups"),
		.nodes = dir_count("/dev/vfio"),
		.open = open_by_engine(),
	};
	unsigned int i;

	snprintf(backend, sizeof(backend), "vgpu_%s", gpu->name);
	c.backend = module_references(backend);
	for (i = 0; i < gpu->nr_types + gpu->nr_others; i++)
		c.available[i] = type_available(&gpu->types[i]);
	return c;
}

static void expect_counts(const struct counts *want)
{
	struct counts c = count();
	unsigned int i;

	EXPECT_EQ(c.vram_free, want->vram_free);
	EXPECT_EQ(c.core, want->core);
	EXPECT_EQ(c.backend, want->backend);
	EXPECT_EQ(c.mdevs, want->mdevs);
	EXPECT_EQ(c.groups, want->groups);
	EXPECT_EQ(c.nodes, want->nodes);
	EXPECT_EQ(c.open, want->open);
	for (i = 0; i < MAX_TYPES; i++)
		EXPECT_EQ(c.available[i], want->available[i]);
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
		if (mdev_try_create(gpu->small, uuid))
			churn_err[i] = errno == ENOSPC ? 0 : errno;
		else if (mdev_remove(uuid))
			churn_err[i] = errno;
		else
			churned[i]++;
	}
	return NULL;
}

static void *remover(void *arg)
{
	struct vmm *v = arg;

	v->remove_err = mdev_remove(v->uuid) ? errno : 0;
	return NULL;
}

/* Threads begin when all processes of the round are there. */
static void threads_begin(bool churns)
{
	uintptr_t i;

	churn_ends = !churns;
	for (i = 0; i < CHURNERS && churns; i++)
		ASSERT(!pthread_create(&churners[i], NULL, churn, (void *)i));
	for (i = 0; i < nr_vmms; i++)
		if (vmms[i].removed)
			ASSERT(!pthread_create(&vmms[i].remover, NULL, remover,
					       &vmms[i]));
}

static void threads_end(void)
{
	unsigned int i;

	for (i = 0; i < nr_vmms; i++)
		if (vmms[i].removed)
			pthread_join(vmms[i].remover, NULL);
	if (churn_ends)
		return;
	churn_ends = true;
	for (i = 0; i < CHURNERS; i++) {
		pthread_join(churners[i], NULL);
		EXPECT_EQ(churn_err[i], 0);
	}
}

static void vmm_begin(unsigned int i)
{
	struct vmm *v = &vmms[i];

	*v = (struct vmm){
		.type = type_of(rnd_below(2)), .seed = rnd(),
		.at = 1 + rnd_below(12), .us = rnd_below(20000),
		.removed = rnd_below(4) == 0, .done = done + i,
	};
	*v->done = 0;
	mdev_create(v->type, v->uuid);
	v->offset = mdev_attr_u64(v->uuid, "vram_offset");
	v->pid = child_start(vmm, v);
}

/* And whom it leaves behind, who is ours then. */
static void vmm_end(struct vmm *v)
{
	EXPECT(AWAIT(*v->done >= v->at || !child_runs(v->pid)));
	usleep(v->us);
	child_kill(v->pid);
	usleep(rnd_below(2) * v->us);
	kill(-v->pid, SIGKILL);
	while (waitpid(-v->pid, NULL, 0) > 0)
		;
}

/* The next user of the vGPU, if it is there yet. */
static void next_user(struct vmm *v)
{
	struct vdev *next;

	EXPECT_EQ(v->remove_err, 0);
	EXPECT_EQ(mdev_exists(v->uuid), !v->removed);
	if (v->removed)
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

	for (i = 0; i < nr_vmms; i++) {
		next[i] = vdev_new(vmms[i].type);
		EXPECT_EQ(mdev_attr_u64(next[i]->uuid, "vram_offset"),
			  vmms[i].offset);
		expect_zeros(next[i]);
	}
	for (i = 0; i < nr_vmms; i++) {
		strcpy(uuid, next[i]->uuid);
		vdev_close(next[i]);
		ASSERT_OK(mdev_remove(uuid));
	}
}

static void kill_some(const struct counts *before)
{
	bool churns = rnd_below(2);
	unsigned int i;

	nr_vmms = 1 + rnd_below(MAX_VMMS);
	for (i = 0; i < nr_vmms; i++)
		vmm_begin(i);
	/* Whoever removes one waits, but not before it is open. */
	for (i = 0; i < nr_vmms; i++)
		EXPECT(AWAIT(*vmms[i].done || !child_runs(vmms[i].pid)));
	threads_begin(churns);
	for (i = 0; i < nr_vmms; i++)
		vmm_end(&vmms[i]);
	threads_end();
	for (i = 0; i < nr_vmms; i++)
		next_user(&vmms[i]);
	expect_counts(before);
	next_tenants();
	expect_counts(before);
	neighbours_are_unharmed();
}

static uint32_t seed;

static void killed_at_random(void)
{
	unsigned int round, kills = 0, want = tap_thorough() ? MANY_KILLS : KILLS;
	struct counts before = count();
	uint64_t pairs = 0;
	unsigned int i;

	for (round = 0; kills < want; round++) {
		rnd_seed(seed + round);
		kill_some(&before);
		kills += nr_vmms;
		if (tap_failures()) {
			tap_note("in round %u; CAMPAIGN_SEED=%u begins with it",
				 round, seed + round);
			break;
		}
		if (round % 10 == 9)
			tap_note("%u killed in %u rounds", kills, round + 1);
	}
	for (i = 0; i < CHURNERS; i++)
		pairs += churned[i];
	tap_note("%u killed in %u rounds, %llu created and removed meanwhile",
		 kills, round, (unsigned long long)pairs);
	EXPECT(pairs);
}

static void before(void)
{
	const char *given = getenv("CAMPAIGN_SEED");
	unsigned int i;

	seed = given ? strtoul(given, NULL, 0) : tap_ns() / 1000;
	tap_note("CAMPAIGN_SEED=%u", seed);
	done = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT(done != MAP_FAILED);
	ASSERT_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
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

	children_end();
	vdev_cleanup();
	settings_restore();
	for (i = 0; i < ARRAY_SIZE(streams); i++)
		stream_free(&streams[i]);
}

static const struct tap_test tests[] = {
	TAP_TEST(killed_at_random),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "campaign", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	return tap_run(&suite);
}
