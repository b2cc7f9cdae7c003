// SPDX-License-Identifier: GPL-2.0
/*
 * A soft GPU in slices, under the real vgpu-executor: the vGPUs of each are computed
 * for on the CPUs that --cpus gives it, and what all of them compute at once is right.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "client.h"
#include "softdir.h"
#include "supervisor.h"
#include "tenant.h"

#define FOUR	4
#define TIMES	5

/* What is traced here, apart from whatever else is. */
#define TRACE	"/sys/kernel/tracing/instances/vgpu-slices"
#define MAX_THREADS	16

/*
 * A thread of a worker: its number, whether it is the one that computes, its slice's
 * CPU, how often it was given that and how often another.
 */
struct thread {
	unsigned int tid;
	bool computes;
	unsigned int cpu;
	unsigned int here, elsewhere;
};

static struct thread threads[MAX_THREADS];
static unsigned int nr_threads;

/* As in executor.c: no worker hangs here, but each may be short of CPU. */
static void begin(unsigned int slices, const char *const *options)
{
	char arguments[64];

	snprintf(arguments, sizeof(arguments), "vram_mb=128 slices=%u", slices);
	soft_load(arguments);
	gpu_set("watchdog_ms", "5000");
	executor_start(options);
}

static void after(void)
{
	if (executor_runs())
		EXPECT_EQ(executor_end(SIGTERM), 0);
	rmdir(TRACE);
	soft_end();
}

static struct client client_in(unsigned int slice)
{
	char type[32];
	struct vdev *d;

	snprintf(type, sizeof(type), "SOFT-16C-S%u", slice);
	d = soft_create(gpu_path(), type);
	vdev_decode(d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	return client_of(d);
}

static void cpus_of(pid_t pid, char *list, size_t size)
{
	status_of(pid, "\nCpus_allowed_list:\t", list, size);
}

static void expect_cpus(const struct client *c, const char *want)
{
	char list[64];

	cpus_of(need_worker(c->d), list, sizeof(list));
	EXPECT_STR(list, want);
}

static bool two_cpus(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) > 1;
}

/* All of its workers, and the one that comes when one has ended. */
static void each_slice_has_its_cpus(void)
{
	static const char *const options[] = {
		"--cpus=0:1", "--cpus=1:0", NULL
	};
	static const char *const cpus[] = { "1", "0" };
	struct client c[4];
	unsigned int i;
	pid_t pid;

	begin(2, options);
	for (i = 0; i < ARRAY_SIZE(c); i++) {
		c[i] = client_in(i % 2);
		EXPECT(computes(&c[i], i + 1));
	}
	for (i = 0; i < ARRAY_SIZE(c); i++)
		expect_cpus(&c[i], cpus[i % 2]);
	pid = need_worker(c[0].d);
	kill(pid, SIGKILL);
	EXPECT(AWAIT(worker_of(c[0].d) && worker_of(c[0].d) != pid));
	EXPECT(computes(&c[0], 5));
	expect_cpus(&c[0], cpus[0]);
}

static void trace_set(const char *name, const char *val)
{
	char path[ATTR_LEN];

	snprintf(path, sizeof(path), TRACE "/%s", name);
	ASSERT_OK(file_write(path, val));
}

/* All threads of a worker, which may run on this CPU alone, are looked at. */
static void watch(pid_t pid, unsigned int cpu)
{
	char path[64];
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	ASSERT(dir);
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		ASSERT(nr_threads < MAX_THREADS);
		threads[nr_threads++] = (struct thread) {
			.tid = strtoul(e->d_name, NULL, 10),
			.computes = atoi(e->d_name) == pid,
			.cpu = cpu,
		};
		trace_set("set_event_pid", e->d_name);
	}
	closedir(dir);
}

/* Who was given a CPU, and which, by a line of the trace. */
static void count_switch(const char *line)
{
	const char *next = strstr(line, " next_pid="), *cpu = strstr(line, " [");
	unsigned int tid, i;

	if (line[0] == '#' || !next || !cpu)
		return;
	tid = strtoul(next + strlen(" next_pid="), NULL, 10);
	for (i = 0; i < nr_threads; i++) {
		if (threads[i].tid != tid)
			continue;
		if (strtoul(cpu + 2, NULL, 10) == threads[i].cpu)
			threads[i].here++;
		else
			threads[i].elsewhere++;
	}
}

static void count_switches(void)
{
	FILE *f = fopen(TRACE "/trace", "r");
	char *line = NULL;
	size_t room = 0;

	ASSERT(f);
	while (getline(&line, &room, f) > 0)
		count_switch(line);
	free(line);
	fclose(f);
}

static void compute_at_once(struct client *c, unsigned int nr)
{
	unsigned int i, time, n[FOUR];

	for (time = 0; time < TIMES; time++) {
		for (i = 0; i < nr; i++)
			n[i] = add(&c[i], 10 * time + i, MANY);
		for (i = 0; i < nr; i++) {
			EXPECT(AWAIT(*completion(&c[i], n[i])));
			EXPECT_EQ(*completion(&c[i], n[i]), 1);
			EXPECT(added(&c[i], 10 * time + i, MANY));
		}
	}
}

/*
 * By the kernel's own word, each time that a thread of a worker is given a CPU: while
 * two in each slice are busy, and are stopped and go on for each other's sake.
 */
static void no_worker_runs_on_anothers_cpu(void)
{
	static const char *const options[] = {
		"--cpus=0:1", "--cpus=1:0", NULL
	};
	struct client c[FOUR];
	unsigned int i;

	begin(2, options);
	ASSERT_OK(mkdir(TRACE, 0700));
	nr_threads = 0;
	for (i = 0; i < FOUR; i++) {
		c[i] = client_in(i % 2);
		ASSERT(computes(&c[i], i + 1));
		watch(need_worker(c[i].d), 1 - i % 2);
	}
	trace_set("events/sched/sched_switch/enable", "1");
	compute_at_once(c, FOUR);
	trace_set("events/sched/sched_switch/enable", "0");
	count_switches();
	for (i = 0; i < nr_threads; i++) {
		EXPECT(threads[i].here > 0 || !threads[i].computes);
		EXPECT_EQ(threads[i].elsewhere, 0);
	}
}

/* Those of this machine. */
static void slice_without_cpus_has_all(void)
{
	static const char *const options[] = { "--cpus=1:1", NULL };
	struct client c[2];
	unsigned int i;
	char all[64];

	begin(2, options);
	for (i = 0; i < 2; i++) {
		c[i] = client_in(i);
		EXPECT(computes(&c[i], i + 1));
	}
	cpus_of(getpid(), all, sizeof(all));
	expect_cpus(&c[0], all);
	expect_cpus(&c[1], "1");
}

static void one_list_is_for_all_slices(void)
{
	static const char *const options[] = { "--cpus=1", NULL };
	struct client c[2];
	unsigned int i;

	begin(2, options);
	for (i = 0; i < 2; i++) {
		c[i] = client_in(i);
		EXPECT(computes(&c[i], i + 1));
		expect_cpus(&c[i], "1");
	}
}

static void slice_that_there_is_not_is_refused(void)
{
	static const char *const options[] = { "--cpus=2:0", NULL };

	begin(2, options);
	/* As wait() has it: it has ended by itself, with 1. */
	EXPECT_EQ(executor_end(0), 1 << 8);
}

/* Each on an engine of its own, and of no other. */
static void expect_engine_of(const struct client *c, unsigned int slice)
{
	char path[ATTR_LEN];

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/vgpu/engines",
		 c->d->uuid);
	EXPECT_EQ(dir_count(path), 2);
	snprintf(path, sizeof(path), "engines/compute%u/ops", slice);
	EXPECT(AWAIT(mdev_attr_u64(c->d->uuid, path) == TIMES));
	EXPECT_EQ(mdev_attr_u64(c->d->uuid, "faults"), 0);
}

static void four_slices_compute_at_once(void)
{
	struct client c[FOUR];
	unsigned int i;

	begin(FOUR, NULL);
	for (i = 0; i < FOUR; i++)
		c[i] = client_in(i);
	compute_at_once(c, FOUR);
	for (i = 0; i < FOUR; i++)
		expect_engine_of(&c[i], i);
}

static const struct tap_test tests[] = {
	TAP_TEST_IF(each_slice_has_its_cpus, two_cpus),
	TAP_TEST_IF(no_worker_runs_on_anothers_cpu, two_cpus),
	TAP_TEST_IF(slice_without_cpus_has_all, two_cpus),
	TAP_TEST_IF(one_list_is_for_all_slices, two_cpus),
	TAP_TEST(slice_that_there_is_not_is_refused),
	TAP_TEST(four_slices_compute_at_once),
};

int main(void)
{
	const struct tap_suite suite = {
		.name = "slices",
		.tests = tests,
		.nr = ARRAY_SIZE(tests),
		.after = after,
	};

	return tap_run(&suite);
}
