// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of the real vgpu-executor, and who takes its place: killed, stopped, and
 * replaced by one that does nothing. Work is done by the next one, and nothing is lost: the
 * host counts what it counted before. (What others may ask the driver for: supervisors.c.)
 */
#include <signal.h>
#include <unistd.h>
#include "client.h"
#include "host.h"
#include "inject.h"
#include "soft_worker.h"
#include "supervisor.h"
#include "tenant.h"

static void before(void)
{
	settings_save();
	gpu_set("watchdog_ms", "5000");
	executor_start(NULL);
}

static void after(void)
{
	if (supervisor >= 0)
		close(supervisor);
	supervisor = -1;
	if (executor_runs())
		EXPECT_EQ(executor_end(SIGTERM), 0);
	vdev_cleanup();
	settings_restore();
}

/* Its VM ends, and it is removed. */
static void remove_client(struct client *c)
{
	char uuid[UUID_LEN];

	strcpy(uuid, c->d->uuid);
	client_end(c);
	EXPECT_OK(mdev_remove(uuid));
}

/* With an executor and without vGPUs, as at first. */
static void expect_nothing_lost(const struct host_counts *counts)
{
	EXPECT(AWAIT(!any_worker()));
	discard_dumps();
	expect_host(counts);
}

static struct host_counts count_at_rest(void)
{
	discard_dumps();
	ASSERT(AWAIT(gpu_attr_u64("../soft/executor")));
	return host_count_at_rest();
}

/* With more than it does at once. Return: the last dispatch of these. */
static unsigned int set_to_work(struct client *c)
{
	unsigned int i, n = 0;

	for (i = 0; i < 20; i++)
		n = long_work(c);
	ASSERT(AWAIT(*completion(c, n - 18)));
	return n;
}

/*
 * Killed with workers at work: for their vGPUs a fault, if it was in the midst of a piece;
 * those at rest notice nothing. Another one goes on with all of them.
 */
static void executor_is_killed_at_work(void)
{
	struct host_counts counts = count_at_rest();
	struct client busy = client_new(gpu->medium), idle = client_new(gpu->medium);
	pid_t pid[2];
	unsigned int i, n;

	EXPECT(computes(&busy, 20));
	EXPECT(computes(&idle, 21));
	pid[0] = need_worker(busy.d);
	pid[1] = need_worker(idle.d);
	n = set_to_work(&busy);
	EXPECT_EQ(executor_end(SIGKILL), SIGKILL);
	for (i = 0; i < 2; i++)
		EXPECT(AWAIT(kill(pid[i], 0) && errno == ESRCH));
	executor_start(NULL);
	EXPECT(computes(&idle, 22));
	EXPECT_EQ(mdev_attr_u64(idle.d->uuid, "faults"), 0);
	EXPECT(AWAIT(*completion(&busy, n) ||
		     mdev_attr_u64(busy.d->uuid, "faults")));
	ASSERT_OK(vdev_ioctl(busy.d, VFIO_DEVICE_RESET, NULL));
	vdev_decode(busy.d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	client_begin(&busy);
	EXPECT(computes(&busy, 23));
	remove_client(&busy);
	remove_client(&idle);
	expect_nothing_lost(&counts);
}

static bool has_ended(pid_t pid)
{
	char line[64];

	status_of(pid, "\nState:", line, sizeof(line));
	return strchr(line, 'Z');
}

/*
 * Stopped: who has a worker goes on, who is new waits, and who goes, goes. Afterwards it
 * makes up for all that; or it is killed, and another one does.
 */
static void executor_is_stopped(bool for_good)
{
	struct host_counts counts = count_at_rest();
	struct client old = client_new(gpu->medium), late;
	struct client gone = client_new(gpu->medium);
	pid_t pid, others;
	unsigned int n;

	EXPECT(computes(&old, 24));
	EXPECT(computes(&gone, 25));
	others = need_worker(old.d);
	pid = need_worker(gone.d);
	executor_signal(SIGSTOP);
	EXPECT(computes(&old, 26));
	remove_client(&gone);
	EXPECT(AWAIT(has_ended(pid)));
	late = client_new(gpu->medium);
	n = add(&late, 27, 3000);
	EXPECT(computes(&old, 28));
	EXPECT_EQ(*completion(&late, n), 0);
	if (for_good) {
		EXPECT_EQ(executor_end(SIGKILL), SIGKILL);
		EXPECT(AWAIT(kill(others, 0) && errno == ESRCH));
		executor_start(NULL);
	} else {
		executor_signal(SIGCONT);
	}
	EXPECT(AWAIT(*completion(&late, n)));
	EXPECT(added(&late, 27, 3000));
	EXPECT(computes(&old, 29));
	EXPECT_EQ(mdev_attr_u64(old.d->uuid, "faults"), 0);
	remove_client(&old);
	remove_client(&late);
	expect_nothing_lost(&counts);
}

static void stopped_and_goes_on(void)
{
	executor_is_stopped(false);
}

static void stopped_and_killed(void)
{
	executor_is_stopped(true);
}

/*
 * Another one has taken its place, and says that it computes: work waits, and no second
 * one is let in. When that has gone, the next does it.
 */
static void executor_is_replaced(void)
{
	struct host_counts counts = count_at_rest();
	struct client c = client_new(gpu->medium);
	unsigned int n;
	int fd;

	EXPECT(computes(&c, 30));
	EXPECT_EQ(executor_end(SIGTERM), 0);
	supervisor = open_device();
	ASSERT_OK(supervisor);
	fd = worker_fd(event(VGPU_SOFT_WANTED));
	ASSERT_OK(fd);
	n = add(&c, 31, 3000);
	executor_start(NULL);
	EXPECT(executor_end(0));
	EXPECT_EQ(*completion(&c, n), 0);
	close(fd);
	close(supervisor);
	supervisor = -1;
	executor_start(NULL);
	EXPECT(AWAIT(*completion(&c, n)));
	EXPECT(added(&c, 31, 3000));
	EXPECT_EQ(mdev_attr_u64(c.d->uuid, "faults"), 0);
	remove_client(&c);
	expect_nothing_lost(&counts);
}

/* What a killed worker was at, and had, the next one in its vGPU's place does not find. */
static void next_tenant_finds_zeros(void)
{
	struct client c = client_new(gpu->medium);
	uint64_t offset = mdev_attr_u64(c.d->uuid, "vram_offset");
	struct vdev *next;

	EXPECT(computes(&c, 33));
	set_to_work(&c);
	EXPECT_EQ(executor_end(SIGKILL), SIGKILL);
	remove_client(&c);
	next = vdev_new(gpu->medium);
	ASSERT_EQ(mdev_attr_u64(next->uuid, "vram_offset"), offset);
	expect_zeros(next);
}

static const struct tap_test tests[] = {
	TAP_TEST(executor_is_killed_at_work),
	TAP_TEST(next_tenant_finds_zeros),
	TAP_TEST(stopped_and_goes_on),
	TAP_TEST(stopped_and_killed),
	TAP_TEST(executor_is_replaced),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "executors", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	return tap_run(&suite);
}
