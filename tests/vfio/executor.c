// SPDX-License-Identifier: GPL-2.0
/*
 * The real vgpu-executor under the real driver: dispatches that come through a vGPU's
 * AlmaIF ring, as PoCL's driver writes them, are computed; whatever becomes of a
 * worker is its own vGPU's trouble.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "client.h"
#include "move.h"
#include "pattern.h"
#include "soft.h"
#include "supervisor.h"
#include "tenant.h"

/*
 * Where a worker gets little of the CPU it takes long to hear that it is to stop;
 * none here hangs. The GPU is made for this program alone.
 */
static void before(void)
{
	gpu_set("watchdog_ms", "5000");
	executor_start(NULL);
}

static void after(void)
{
	if (executor_runs())
		EXPECT_EQ(executor_end(SIGTERM), 0);
	children_end();
	vdev_cleanup();
	mdev_remove_all();
}

static void kernels_are_computed(void)
{
	struct client c = client_new(gpu->medium);

	EXPECT(computes(&c, 1));
	EXPECT(computes(&c, 2));
}

/* The screen has the first half of such a vGPU's memory, and keeps it. */
static void kernels_are_computed_beside_a_screen(void)
{
	struct client c = client_new(soft_type("SOFT-16Q"));
	uint64_t half = c.d->size / 2, i, wrong = 0;
	uint8_t *vram = vdev_try_map(c.d, BAR_VRAM, 0, c.d->size);

	ASSERT(vram != MAP_FAILED);
	memset(vram, 0x5a, half);
	EXPECT(computes(&c, 1));
	for (i = 0; i < half; i++)
		wrong += vram[i] != 0x5a;
	EXPECT_EQ(wrong, 0);
	EXPECT(!memcmp(vram + half + control(c.d, MEM), c.mem, C_AT));
	munmap(vram, c.d->size);
}

/* Thrice the identity, by which ones are multiplied. */
static void matrices_are_multiplied(void)
{
	struct client c = client_new(gpu->medium);
	const struct {
		uint64_t a, b, c;
		uint32_t m, n, k;
	} args = { A_AT, B_AT, C_AT, 128, 96, 64 };
	float *a = (float *)(c.mem + A_AT), *b = (float *)(c.mem + B_AT);
	float *out = (float *)(c.mem + C_AT);
	unsigned int i, n, wrong = 0;

	for (i = 0; i < 128 * 64; i++)
		a[i] = i / 64 % 64 == i % 64 ? 3 : 0;
	for (i = 0; i < 64 * 96; i++)
		b[i] = i;
	n = dispatch(&c, SGEMM, 128 * 96, &args, 36);
	EXPECT(AWAIT(*completion(&c, n)));
	EXPECT_EQ(*completion(&c, n), 1);
	for (i = 0; i < 128 * 96; i++)
		wrong += out[i] != 3 * b[i / 96 % 64 * 96 + i % 96];
	EXPECT_EQ(wrong, 0);
}

/* Engine time of a dispatch that takes long. */
static uint64_t addition_takes(struct client *c)
{
	uint64_t before = mdev_attr_u64(c->d->uuid, "gpu_time_ns");
	unsigned int n = add(c, 5, MANY);

	EXPECT(AWAIT(*completion(c, n) == 1));
	EXPECT(added(c, 5, MANY));
	return mdev_attr_u64(c->d->uuid, "gpu_time_ns") - before;
}

/*
 * Modelled speed: it is right, and takes more of the engine. At full speed it takes much
 * less, as soon as the machine lets it.
 */
static void engine_is_slow(void)
{
	struct client c = client_new(gpu->medium);
	uint64_t slow;

	addition_takes(&c);
	ASSERT_OK(soft_turn("speed_percent", "5"));
	slow = addition_takes(&c);
	ASSERT_OK(soft_turn("speed_percent", "100"));
	EXPECT(AWAIT(4 * addition_takes(&c) < slow));
}

/* Many are under way, each reads what the one before has written. */
static void dispatches_follow_each_other(void)
{
	struct client c = client_new(gpu->medium);
	const uint64_t args[] = { A_AT, B_AT, A_AT };
	uint32_t *a = (uint32_t *)(c.mem + A_AT);
	uint32_t *b = (uint32_t *)(c.mem + B_AT);
	unsigned int i, n = 0, wrong = 0;

	for (i = 0; i < 1000; i++) {
		a[i] = i;
		b[i] = 3;
	}
	for (i = 0; i < 50; i++)
		n = dispatch(&c, ADD_I32, 1000, args, sizeof(args));
	EXPECT(AWAIT(*completion(&c, n)));
	for (i = 0; i < 1000; i++)
		wrong += a[i] != i + 150;
	EXPECT_EQ(wrong, 0);
}

/*
 * It goes to another place while much is under way: each addition is done, and done
 * once, and the worker goes on in the new place.
 */
static void moved_at_work(void)
{
	const uint64_t args[] = { A_AT, B_AT, A_AT };
	char large[UUID_LEN], other[2][UUID_LEN];
	unsigned int i, n = 0, wrong = 0;
	uint32_t *a, *b;
	struct client c;
	uint64_t at;

	/* It comes to be where the largest was, since there is no other room. */
	mdev_create(gpu->largest, large);
	mdev_create(gpu->medium, other[0]);
	mdev_create(gpu->medium, other[1]);
	ASSERT_OK(mdev_remove(large));
	c = client_new(gpu->medium);
	at = mdev_attr_u64(c.d->uuid, "vram_offset");
	ASSERT_OK(mdev_remove(other[0]));
	ASSERT_EQ(type_available(gpu->largest), 0);
	a = (uint32_t *)(c.mem + A_AT);
	b = (uint32_t *)(c.mem + B_AT);
	for (i = 0; i < MANY; i++) {
		a[i] = i;
		b[i] = 3;
	}
	for (i = 0; i < 50; i++)
		n = dispatch(&c, ADD_I32, MANY, args, sizeof(args));
	ASSERT(AWAIT(*completion(&c, n - 48)));
	EXPECT_OK(gpu_try_set("compact", "1"));
	EXPECT_EQ(type_available(gpu->largest), 1);
	EXPECT(mdev_attr_u64(c.d->uuid, "vram_offset") != at);
	mdev_create(gpu->largest, large);
	EXPECT(AWAIT(*completion(&c, n)));
	for (i = 0; i < MANY; i++)
		wrong += a[i] != i + 150;
	EXPECT_EQ(wrong, 0);
	EXPECT(computes(&c, 3));
	EXPECT_EQ(mdev_attr_u64(c.d->uuid, "faults"), 0);
}

/* Failed, nothing written, counted, and the next one is done. */
static void bad_dispatch_is_refused(void)
{
	struct client c = client_new(gpu->medium);
	const uint64_t far[] = { A_AT, B_AT, c.d->size - 4096 };
	const uint64_t over[] = { A_AT, B_AT, A_AT + 4 };
	unsigned int n;

	n = dispatch(&c, ADD_I32, 2000, far, sizeof(far));
	EXPECT(AWAIT(*completion(&c, n)));
	EXPECT_EQ(*completion(&c, n), 2);
	n = dispatch(&c, ADD_I32, 2000, over, sizeof(over));
	EXPECT(AWAIT(*completion(&c, n)));
	EXPECT_EQ(*completion(&c, n), 2);
	n = dispatch(&c, 5, 2000, far, sizeof(far));
	EXPECT(AWAIT(*completion(&c, n)));
	EXPECT_EQ(*completion(&c, n), 2);
	EXPECT(computes(&c, 3));
	EXPECT_EQ(mdev_attr_u64(c.d->uuid, "faults"), 0);
}

static bool same_space(pid_t pid, const char *which)
{
	char path[64], his[64] = "", ours[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, which);
	ASSERT_OK(readlink(path, his, sizeof(his) - 1));
	snprintf(path, sizeof(path), "/proc/self/ns/%s", which);
	ASSERT_OK(readlink(path, ours, sizeof(ours) - 1));
	return !strcmp(his, ours);
}

/* Entries of a directory of /proc/PID, but for . and .. */
static unsigned int count_in(pid_t pid, const char *which)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, which);
	return dir_count(path);
}

/* Bytes of devices that it maps. */
static uint64_t mapped(pid_t pid)
{
	unsigned long long from, to, sum = 0;
	char path[64], line[512], what[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "r");
	ASSERT(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx-%llx %*s %*s %*s %*s %255[^\n]", &from,
			   &to, what) == 3 && strstr(what, "vgpu-soft"))
			sum += to - from;
	fclose(f);
	return sum;
}

static void worker_is_behind_walls(void)
{
	static const char *const spaces[] = {
		"mnt", "net", "ipc", "pid", "uts", "cgroup",
	};
	struct client c = client_new(gpu->medium);
	struct client other = client_new(gpu->medium);
	struct vdev *const of[] = { c.d, other.d };
	char line[128];
	unsigned int i;
	pid_t pid;

	EXPECT(computes(&c, 4));
	EXPECT(computes(&other, 4));
	for (i = 0; i < 2; i++) {
		size_t s;

		pid = need_worker(of[i]);
		EXPECT_EQ(count_in(pid, "fd"), 1);
		EXPECT_EQ(count_in(pid, "root"), 0);
		EXPECT_EQ(count_in(pid, "task"), 1);
		/* Its own vGPU's memory, and a page. */
		EXPECT_EQ(mapped(pid), gpu->medium->size + 4096);
		status_of(pid, "\nUid:", line, sizeof(line));
		EXPECT_STR(line, "\t65534\t65534\t65534\t65534");
		status_of(pid, "\nGroups:", line, sizeof(line));
		EXPECT_STR(line, "\t ");
		status_of(pid, "\nCapEff:", line, sizeof(line));
		EXPECT_STR(line, "\t0000000000000000");
		status_of(pid, "\nNoNewPrivs:", line, sizeof(line));
		EXPECT_STR(line, "\t1");
		status_of(pid, "\nSeccomp:", line, sizeof(line));
		EXPECT_STR(line, "\t2");
		for (s = 0; s < ARRAY_SIZE(spaces); s++)
			EXPECT(!same_space(pid, spaces[s]));
	}
}

/* The client reads no result: whatever a guest touches is copied again. */
static void what_is_computed_is_copied(void)
{
	struct client c = client_new(gpu->medium);
	struct vdev *to = vdev_new(gpu->medium);
	uint8_t *here = vdev_map_vram(c.d), *there;
	struct stream st = {};
	unsigned int i, n;
	int fd;

	EXPECT(computes(&c, 1));
	ASSERT_OK(mig_set(c.d, VFIO_DEVICE_STATE_PRE_COPY, &fd));
	for (i = 2; i <= 4; i++) {
		EXPECT_EQ(stream_more(fd, &st), ENOMSG);
		n = add(&c, i, MANY);
		ASSERT(AWAIT(*completion(&c, n) == 1));
	}
	ASSERT_OK(mig_set(c.d, VFIO_DEVICE_STATE_STOP_COPY, NULL));
	EXPECT_EQ(stream_more(fd, &st), 0);
	close(fd);
	ASSERT_OK(mig_load(to, &st));
	there = vdev_map_vram(to);
	EXPECT_EQ(first_difference(here, there, to->size), to->size);
	EXPECT(added(&c, 4, MANY));
	munmap(here, to->size);
	munmap(there, to->size);
	stream_free(&st);
}

/* Killed while it waits: the vGPU gets another one, and that is all. */
static void killed_worker_is_replaced(void)
{
	struct client c = client_new(gpu->medium);
	pid_t pid;

	EXPECT(computes(&c, 5));
	pid = need_worker(c.d);
	kill(pid, SIGKILL);
	EXPECT(AWAIT(worker_of(c.d) && worker_of(c.d) != pid));
	EXPECT(computes(&c, 6));
	EXPECT_EQ(mdev_attr_u64(c.d->uuid, "faults"), 0);
}

/* When it has just begun with something that takes long; true: that was a fault. */
static bool kill_at_work(struct client *c, unsigned int n)
{
	pid_t pid;

	ASSERT(AWAIT(*completion(c, n)));
	pid = need_worker(c->d);
	kill(pid, SIGKILL);
	ASSERT(AWAIT(mdev_attr_u64(c->d->uuid, "faults") ||
		     (worker_of(c->d) && worker_of(c->d) != pid)));
	return mdev_attr_u64(c->d->uuid, "faults");
}

/* Killed at work: a fault of its vGPU; the other one does not notice. */
static void death_at_work_is_a_fault(void)
{
	struct client c = client_new(gpu->medium);
	struct client other = client_new(gpu->medium);
	unsigned int i, n = 0;

	EXPECT(computes(&other, 7));
	for (i = 0; i < 20; i++)
		n = long_work(&c);
	/* In between it may have had nothing to do. */
	for (i = 20; i > 1 && !kill_at_work(&c, n + 1 - i); i--)
		;
	EXPECT_EQ(mdev_attr_u64(c.d->uuid, "faults"), 1);
	EXPECT(computes(&other, 8));
	EXPECT_EQ(mdev_attr_u64(other.d->uuid, "faults"), 0);
	ASSERT_OK(vdev_ioctl(c.d, VFIO_DEVICE_RESET, NULL));
	vdev_decode(c.d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	client_begin(&c);
	EXPECT(computes(&c, 9));
}

/* What is done by turns, many of them, is done as if it had been left alone. */
static void sharing_changes_nothing(void)
{
	struct client c[2] = { client_new(gpu->medium), client_new(gpu->medium) };
	unsigned int i, n[2] = { 0, 0 };

	for (i = 0; i < 3; i++) {
		n[0] = long_work(&c[0]);
		n[1] = long_work(&c[1]);
	}
	for (i = 0; i < 2; i++) {
		EXPECT(AWAIT(*completion(&c[i], n[i])));
		EXPECT_EQ(*completion(&c[i], n[i]), 1);
		EXPECT_EQ(mdev_attr_u64(c[i].d->uuid, "faults"), 0);
		EXPECT(computes(&c[i], 10 + i));
	}
}

/* What its file of soft/ says. */
static uint64_t told(const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "../soft/%s", file);
	return gpu_attr_u64(path);
}

/* Work waits for an executor. */
static void executor_comes_and_goes(void)
{
	struct client c = client_new(gpu->medium);
	unsigned int n;
	pid_t pid;

	EXPECT(computes(&c, 12));
	pid = need_worker(c.d);
	EXPECT_EQ(told("executor"), 1);
	EXPECT_EQ(told("workers"), 1);
	EXPECT_EQ(executor_end(SIGTERM), 0);
	EXPECT_ERR(kill(pid, 0), ESRCH);
	EXPECT_EQ(told("executor"), 0);
	EXPECT_EQ(told("workers"), 0);
	n = add(&c, 13, 3000);
	executor_start(NULL);
	EXPECT(AWAIT(*completion(&c, n)));
	EXPECT(added(&c, 13, 3000));
	/* Killed, it takes its workers with it. */
	pid = need_worker(c.d);
	EXPECT_EQ(executor_end(SIGKILL), SIGKILL);
	EXPECT(AWAIT(kill(pid, 0) && errno == ESRCH));
	executor_start(NULL);
	EXPECT(computes(&c, 14));
}

/* Closed, no process is left for it. */
static void worker_goes_with_its_vgpu(void)
{
	struct client c = client_new(gpu->medium);

	EXPECT(computes(&c, 15));
	need_worker(c.d);
	client_end(&c);
	EXPECT(AWAIT(!any_worker()));
}

/* The GPU goes; so does who computed for it, with status 0. */
static void executor_goes_with_the_gpu(void)
{
	struct client c = client_new(gpu->medium);

	EXPECT(computes(&c, 16));
	client_end(&c);
	EXPECT_OK(gpu_driver("unbind"));
	EXPECT_EQ(executor_end(0), 0);
	EXPECT_OK(gpu_driver("bind"));
	executor_start(NULL);
	c = client_new(gpu->medium);
	EXPECT(computes(&c, 17));
}

static const struct tap_test tests[] = {
	TAP_TEST(kernels_are_computed),
	TAP_TEST(kernels_are_computed_beside_a_screen),
	TAP_TEST(matrices_are_multiplied),
	TAP_TEST(engine_is_slow),
	TAP_TEST(dispatches_follow_each_other),
	TAP_TEST(moved_at_work),
	TAP_TEST(bad_dispatch_is_refused),
	TAP_TEST(worker_is_behind_walls),
	TAP_TEST_IF(what_is_computed_is_copied, can_precopy),
	TAP_TEST(killed_worker_is_replaced),
	TAP_TEST(death_at_work_is_a_fault),
	TAP_TEST(sharing_changes_nothing),
	TAP_TEST(executor_comes_and_goes),
	TAP_TEST(worker_goes_with_its_vgpu),
	TAP_TEST(executor_goes_with_the_gpu),
};

int main(void)
{
	const struct tap_suite suite = {
		.name = "executor",
		.tests = tests,
		.nr = ARRAY_SIZE(tests),
		.before = before,
		.after = after,
	};

	return tap_run(&suite);
}
