// SPDX-License-Identifier: GPL-2.0
/*
 * Compute by AlmaIF: this program is the guest, which writes its ring as PoCL's driver
 * does, the supervisor, and, in processes of their own, the workers.
 *
 * Each work-group adds one to a word of its own, and then is busy for a while. So each
 * word tells how often its work-group was carried out.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include "../../include/uapi/vgpu-soft.h"
#include "guest.h"
#include "move.h"
#include "soft.h"
#include "soft_worker.h"
#include "tenant.h"

/* Of guests from now on. */
static const struct type_facts *type;

static struct guest guest_new(void)
{
	return guest_of(vdev_new(type));
}

static void before(void)
{
	supervisor = open_device();
	ASSERT_OK(supervisor);
	type = gpu->medium;
	gpu_set("watchdog_ms", "5000");
}

static void after(void)
{
	children_end();
	vdev_cleanup();
	settings_restore();
	close(supervisor);
}

/* ---- The tests */

static void dispatches(void)
{
	struct guest g = guest_new();
	unsigned int i;

	worker_new(type->size, OBEYS);
	for (i = 0; i < 100; i++)
		guest_submit(&g, i, 3, 0);
	guest_done(&g, 99);
	EXPECT_EQ(guest_result(&g, 0), 100);
	EXPECT_EQ(guest_result(&g, 2), 100);
	EXPECT_EQ(guest_result(&g, 3), 0);
	EXPECT_EQ(mdev_attr_u64(g.d->uuid, "ops"), 100);
	/* That the last is over is told before. */
	EXPECT(AWAIT(*word(g.ring + HEAD_READ) == 100));
}

/* None is lost, whether the ring is looked at or its page has been taken away. */
static void none_is_lost(void)
{
	const unsigned int nr = tap_brief() ? 2000 : 10000;
	struct guest g = guest_new();
	uint64_t rings;
	unsigned int i;

	worker_new(type->size, OBEYS);
	rings = mdev_attr_u64(g.d->uuid, "traps_write");
	srand(2);
	for (i = 1; i <= nr; i++) {
		guest_submit(&g, i, 1, 0);
		if (rand() % 16)
			continue;
		guest_done(&g, i);
		/* Around the time after which the page is taken away. */
		if (!(rand() % 8))
			usleep(rand() % 40000);
	}
	guest_done(&g, nr);
	EXPECT_EQ(guest_result(&g, 0), nr);
	EXPECT_EQ(mdev_attr_u64(g.d->uuid, "ops"), nr);
	rings = mdev_attr_u64(g.d->uuid, "traps_write") - rings;
	tap_note("%llu of %u dispatches were page faults",
		 (unsigned long long)rings, nr);
	/* It was asleep at times, and at times it was not. */
	EXPECT(rings > 2);
	EXPECT(rings < nr);
}

/* Dropped and counted, the guest is told, and the next one is done. */
static void bad_packets(void)
{
	struct guest g = guest_new();
	struct aql p;

	worker_new(type->size, OBEYS);
	p = guest_dispatch(&g, 0, 1, 0);
	p.args = 1ULL << 40;
	guest_put(&g, &p);
	p = guest_dispatch(&g, 1, 0, 0);
	guest_put(&g, &p);
	guest_submit(&g, 2, 1, 0);
	guest_done(&g, 2);
	EXPECT_EQ(guest_completion(&g, 0), 2);
	EXPECT_EQ(guest_completion(&g, 1), 2);
	EXPECT_EQ(mdev_attr_u64(g.d->uuid, "dropped"), 2);
	expect_attr(g.d->uuid, "state", "ok");
}

/* With nobody to compute, work waits, and says so; then it is done. */
static void without_executor(void)
{
	struct guest g;

	close(supervisor);
	g = guest_new();
	guest_submit(&g, 0, 2, 0);
	expect_attr(g.d->uuid, "state", "no executor");
	supervisor = open_device();
	ASSERT_OK(supervisor);
	expect_attr(g.d->uuid, "state", "ok");
	EXPECT_EQ(guest_completion(&g, 0), 0);
	worker_new(type->size, OBEYS);
	guest_done(&g, 0);
	EXPECT_EQ(guest_result(&g, 1), 1);
}

/* The same, in one function with a screen. */
static void beside_a_screen(void)
{
	type = soft_type("SOFT-16Q");
	without_executor();
}

static void each_once(const struct guest *g, unsigned int groups)
{
	unsigned int i, wrong = 0;

	for (i = 0; i < groups; i++)
		wrong += guest_result(g, i) != 1;
	EXPECT_EQ(wrong, 0);
}

/*
 * Two on one engine: while the long one of the first goes on, the second's are done.
 * In the end each work-group was carried out once.
 */
static void share(enum manner manner)
{
	struct guest a = guest_new(), b;
	unsigned int i;

	worker_new(type->size, manner);
	b = guest_new();
	worker_new(type->size, OBEYS);
	/* Longer than a slice, and the deaf one's in one piece. */
	guest_submit(&a, 0, 400, 1000);
	for (i = 0; i < 10; i++) {
		guest_submit(&b, i, 1, 100);
		guest_done(&b, i);
	}
	guest_done(&a, 0);
	each_once(&a, 400);
	EXPECT_EQ(guest_result(&b, 0), 10);
	EXPECT(mdev_attr_u64(a.d->uuid, "preemptions") > 0);
	EXPECT(mdev_attr_u64(a.d->uuid, "gpu_time_ns") > 0);
	expect_attr(a.d->uuid, "state", "ok");
}

static void yields_and_goes_on(void)
{
	share(OBEYS);
}

static void stopped_by_force(void)
{
	share(IS_DEAF);
}

static uint64_t charged(const struct guest *g)
{
	return mdev_attr_u64(g->d->uuid, "gpu_time_ns");
}

/* One dispatch of a half second. Return: no more than the time that it has taken. */
static bool is_charged_once(struct guest *g, unsigned int n)
{
	uint64_t begin = tap_ns(), before = charged(g), ns;

	guest_submit(g, n, 1, 500000);
	guest_done(g, n);
	EXPECT(AWAIT(charged(g) >= before + 500000000));
	ns = charged(g) - before;
	return ns <= tap_ns() - begin;
}

/*
 * Stopped in each slice, it has the engine all the time: that is what is charged, and
 * not a part of it by the clock and by its CPU time, both; but for once, or twice, when
 * its CPU was taken away for long, see soft_stay_charge().
 */
static void charged_once(void)
{
	struct guest g = guest_new();
	unsigned int n = 0;

	worker_new(type->size, IS_DEAF);
	while (!is_charged_once(&g, n) && n < 3)
		n++;
	EXPECT(n < 3);
	EXPECT(mdev_attr_u64(g.d->uuid, "preemptions") > 0);
}

static bool is_faulted(const struct guest *g)
{
	return mdev_attr_u64(g->d->uuid, "faults");
}

/* Who drives it sees it. */
static void is_told_of_fault(struct guest *g)
{
	EXPECT(AWAIT(is_faulted(g)));
	expect_attr(g->d->uuid, "state", "faulted");
	EXPECT(AWAIT(guest_reg(g->d, STATUS) == IS_RESET));
	EXPECT_EQ(guest_completion(g, 0), 0);
}

/* After a reset; by another worker, if its own was ended. */
static void goes_on_after_reset(struct guest *g)
{
	struct pollfd told = { .fd = supervisor, .events = POLLIN };
	bool ended = poll(&told, 1, 0);

	if (ended)
		event(VGPU_SOFT_GONE);
	ASSERT_OK(vdev_ioctl(g->d, VFIO_DEVICE_RESET, NULL));
	vdev_decode(g->d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	guest_start(g);
	if (ended)
		worker_new(type->size, OBEYS);
	guest_submit(g, 1, 1, 0);
	guest_done(g, 1);
	expect_attr(g->d->uuid, "state", "ok");
}

/*
 * Its instance is faulted, no other. One that is killed would not have ended by itself,
 * nor have been taken for one that hangs.
 */
static void fault_of_one(enum manner manner, bool killed)
{
	struct guest a = guest_new(), b;
	struct worker w = worker_new(type->size, manner);

	b = guest_new();
	worker_new(type->size, OBEYS);
	gpu_set("watchdog_ms", killed ? "30000" : "200");
	guest_submit(&a, 0, 1, 0);
	ASSERT(AWAIT(guest_result(&a, 0) == 1));
	if (killed)
		kill(w.pid, SIGKILL);
	is_told_of_fault(&a);
	EXPECT(AWAIT(!child_runs(w.pid)));
	guest_submit(&b, 0, 1, 0);
	guest_done(&b, 0);
	expect_attr(b.d->uuid, "state", "ok");
	gpu_set("watchdog_ms", "5000");
	goes_on_after_reset(&a);
}

static void worker_is_killed(void)
{
	fault_of_one(HANGS, true);
}

static void worker_hangs(void)
{
	fault_of_one(HANGS, false);
}

static void worker_sleeps(void)
{
	fault_of_one(SLEEPS, false);
}

static int continues_for_ever(void *data)
{
	for (;;)
		guest_continue(data);
	return 0;
}

/*
 * A fault takes away what another processor of the same guest has the driver look at: the
 * program that was there last. What is wrong with that a kernel with KASAN sees.
 */
static void faults_beside_commands(void)
{
	struct guest g = guest_new();
	uint64_t faults;

	gpu_set("guard_faults_limit", "0");
	for (faults = 1; faults <= 10; faults++) {
		struct worker w = worker_new(type->size, HANGS);
		pid_t other;

		guest_program(&g, 0x5a);
		other = child_start(continues_for_ever, &g);
		guest_submit(&g, 0, 1, 0);
		ASSERT(AWAIT(guest_result(&g, 0) == faults));
		kill(w.pid, SIGKILL);
		EXPECT(AWAIT(mdev_attr_u64(g.d->uuid, "faults") == faults));
		child_kill(other);
		event(VGPU_SOFT_GONE);
		ASSERT_OK(vdev_ioctl(g.d, VFIO_DEVICE_RESET, NULL));
		vdev_decode(g.d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
		guest_start(&g);
	}
	worker_new(type->size, OBEYS);
	guest_submit(&g, 1, 1, 0);
	guest_done(&g, 1);
}

/*
 * Two are at work when their engine hangs, by the knob: whoever has it then is faulted
 * and told, by VFIO, too. What the other one has begun ends right.
 */
static void engine_hangs(void)
{
	struct guest g[2];
	int err[2], i, culprit;

	gpu_set("watchdog_ms", "1000");
	for (i = 0; i < 2; i++) {
		g[i] = guest_new();
		worker_new(type->size, OBEYS);
		err[i] = evt_new();
		ASSERT_OK(irq_eventfd(g[i].d, VFIO_PCI_ERR_IRQ_INDEX,
				      VFIO_IRQ_SET_ACTION_TRIGGER, err[i]));
		guest_submit(&g[i], 0, 2000, 1000);
	}
	ASSERT(AWAIT(guest_result(&g[0], 0) && guest_result(&g[1], 0)));
	ASSERT_OK(soft_turn("hang", "compute0"));
	ASSERT(AWAIT(is_faulted(&g[0]) || is_faulted(&g[1])));
	culprit = !is_faulted(&g[0]);
	EXPECT_EQ(evt_wait(err[culprit]), 1);
	is_told_of_fault(&g[culprit]);
	guest_done(&g[!culprit], 0);
	each_once(&g[!culprit], 2000);
	expect_attr(g[!culprit].d->uuid, "state", "ok");
	EXPECT_EQ(evt_take(err[!culprit]), 0);
	goes_on_after_reset(&g[culprit]);
	close(err[0]);
	close(err[1]);
}

static int takes_a_cpu(void *unused)
{
	(void)unused;
	for (;;)
		;
	return 0;
}

/* It has a quarter of a CPU, and so takes several times what the watchdog allows. */
static void starved_worker_is_not_blamed(void)
{
	struct guest g = guest_new();
	struct worker w = worker_new(type->size, IS_DEAF);
	long i;

	for (i = sysconf(_SC_NPROCESSORS_ONLN); i; i--)
		child_start(takes_a_cpu, NULL);
	ASSERT_OK(setpriority(PRIO_PROCESS, w.pid, 5));
	gpu_set("watchdog_ms", "1000");
	guest_submit(&g, 0, 1, 700000);
	guest_done(&g, 0);
	expect_attr(g.d->uuid, "state", "ok");
	EXPECT_EQ(mdev_attr_u64(g.d->uuid, "faults"), 0);
}

/* For longer than the watchdog allows; others have the engine meanwhile. */
static void blocked_worker_is_not_blamed(void)
{
	struct guest a = guest_new(), b;

	worker_new(type->size, BLOCKS);
	b = guest_new();
	worker_new(type->size, OBEYS);
	gpu_set("watchdog_ms", "500");
	guest_submit(&a, 0, 1, 0);
	ASSERT(AWAIT(guest_result(&a, 0) == 1));
	guest_submit(&b, 0, 1, 0);
	guest_done(&b, 0);
	guest_done(&a, 0);
	expect_attr(a.d->uuid, "state", "ok");
	EXPECT_EQ(mdev_attr_u64(a.d->uuid, "faults"), 0);
}

/* By its cgroup, as of a service or a container that is paused. */
static void frozen_is_not_blamed(enum manner manner)
{
	struct guest a = guest_new(), b;
	struct worker w = worker_new(type->size, manner);
	int freezer = freezer_new(w.pid);

	ASSERT_OK(freezer);
	b = guest_new();
	worker_new(type->size, OBEYS);
	gpu_set("watchdog_ms", "500");
	guest_submit(&a, 0, 2000, 1000);
	ASSERT(AWAIT(guest_result(&a, 0) == 1));
	EXPECT_EQ(write(freezer, "1", 1), 1);
	guest_submit(&b, 0, 1, 0);
	guest_done(&b, 0);
	usleep(1500000);
	EXPECT_EQ(guest_completion(&a, 0), 0);
	EXPECT_EQ(write(freezer, "0", 1), 1);
	guest_done(&a, 0);
	each_once(&a, 2000);
	expect_attr(a.d->uuid, "state", "ok");
	EXPECT_EQ(mdev_attr_u64(a.d->uuid, "faults"), 0);
	close(freezer);
}

static void frozen_worker_is_not_blamed(void)
{
	frozen_is_not_blamed(OBEYS);
}

static void frozen_thread_is_not_blamed(void)
{
	frozen_is_not_blamed(IS_THREAD);
}

static int stands_still(void *data)
{
	return mig_set(data, VFIO_DEVICE_STATE_STOP, NULL);
}

/*
 * Whoever has it stand still waits until its worker is between two work-groups. If that
 * one is killed it does not stand still, for it could not be saved so: it goes on.
 */
static void killed_while_it_settles(void)
{
	struct guest g = guest_new();
	pid_t child;

	worker_new(type->size, IS_DEAF);
	guest_submit(&g, 0, 1, 3000000);
	ASSERT(AWAIT(guest_result(&g, 0) == 1));
	child = child_start(stands_still, g.d);
	usleep(300000);
	EXPECT(child_runs(child));
	child_kill(child);
	EXPECT(mig_state(g.d) != VFIO_DEVICE_STATE_STOP);
	guest_done(&g, 0);
	ASSERT_OK(mig_set(g.d, VFIO_DEVICE_STATE_STOP, NULL));
	ASSERT_OK(mig_set(g.d, VFIO_DEVICE_STATE_RUNNING, NULL));
	guest_submit(&g, 1, 1, 0);
	guest_done(&g, 1);
}

static int maps_too_much(void *data)
{
	int fd = *(int *)data;
	size_t size = type->size;
	struct vgpu_soft_turn turn = { .status = VGPU_SOFT_DONE };

	EXPECT(mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
	EXPECT(mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED);
	EXPECT(mmap(NULL, size + 4096, PROT_READ, MAP_SHARED, fd, 0) ==
	       MAP_FAILED);
	EXPECT(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, size) == MAP_FAILED);
	EXPECT(mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, size - 4096) ==
	       MAP_FAILED);
	EXPECT(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    VGPU_SOFT_MMAP_STATE) == MAP_FAILED);
	/* It has had no turn. */
	EXPECT_ERR(ioctl(fd, VGPU_SOFT_TURN, &turn), EINVAL);
	return tap_failures();
}

static void worker_stays_in_its_partition(void)
{
	struct guest g = guest_new();
	struct vgpu_soft_event e = event(VGPU_SOFT_WANTED);
	int fd = worker_fd(e);

	ASSERT_OK(fd);
	EXPECT_ERR(worker_fd(e), EBUSY);
	EXPECT_EQ(child_finish(child_start(maps_too_much, &fd)), 0);
	/* That process was the worker. */
	EXPECT(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	close(fd);
	EXPECT_EQ(event(VGPU_SOFT_GONE).session, e.session);
	EXPECT_ERR(worker_fd(e), ENOENT);
	worker_new(type->size, OBEYS);
	guest_submit(&g, 0, 1, 0);
	guest_done(&g, 0);
}

/* Closed: what the worker has mapped is gone, and its next call says so. */
static void ends_with_its_instance(void)
{
	struct guest g = guest_new();
	struct worker w = worker_new(type->size, OBEYS);

	guest_submit(&g, 0, 1, 0);
	guest_done(&g, 0);
	vdev_close(g.d);
	EXPECT_EQ(child_finish(w.pid), 0);
	event(VGPU_SOFT_GONE);
}

/* The GPU goes with supervisor and worker there; they are told, and nothing is left. */
static void unbound(void)
{
	struct pollfd wait = { .fd = supervisor };
	struct vgpu_soft_event e;
	char name[256];
	struct guest g = guest_new();
	struct worker w = worker_new(type->size, OBEYS);

	guest_submit(&g, 0, 1, 0);
	guest_done(&g, 0);
	find_device(name, sizeof(name));
	vdev_close(g.d);
	ASSERT_OK(file_write("/sys/bus/pci/drivers/vgpu_soft/unbind", name));
	EXPECT_EQ(child_finish(w.pid), 0);
	EXPECT_EQ(poll(&wait, 1, 0), 1);
	EXPECT(wait.revents & POLLHUP);
	while (read(supervisor, &e, sizeof(e)) == sizeof(e))
		EXPECT_EQ(e.type, VGPU_SOFT_GONE);
	EXPECT_EQ(errno, ENODEV);
	EXPECT(open_device() < 0);
	ASSERT_OK(file_write("/sys/bus/pci/drivers/vgpu_soft/bind", name));
}

/* The most telling come first. */
#define TELLING		9

static const struct tap_test tests[] = {
	TAP_TEST(dispatches),
	TAP_TEST(none_is_lost),
	TAP_TEST(bad_packets),
	TAP_TEST(without_executor),
	TAP_TEST(yields_and_goes_on),
	TAP_TEST(stopped_by_force),
	TAP_TEST(worker_is_killed),
	TAP_TEST(worker_hangs),
	TAP_TEST(ends_with_its_instance),
	TAP_TEST(beside_a_screen),
	TAP_TEST(charged_once),
	TAP_TEST(worker_sleeps),
	TAP_TEST(faults_beside_commands),
	TAP_TEST(engine_hangs),
	TAP_TEST(starved_worker_is_not_blamed),
	TAP_TEST(blocked_worker_is_not_blamed),
	TAP_TEST(frozen_worker_is_not_blamed),
	TAP_TEST(frozen_thread_is_not_blamed),
	TAP_TEST(killed_while_it_settles),
	TAP_TEST(worker_stays_in_its_partition),
	TAP_TEST(unbound),
};

int main(void)
{
	const struct tap_suite suite = {
		.name = "almaif",
		.tests = tests,
		.nr = tap_brief() ? TELLING : ARRAY_SIZE(tests),
		.before = before,
		.after = after,
	};

	settings_save();
	return tap_run(&suite);
}
