// SPDX-License-Identifier: GPL-2.0
/*
 * Supervisors of a soft GPU's workers that do not do as they should: that ask for what they
 * must not have, and leave early. No vGPU beside notices, and nothing is lost; the next
 * supervisor goes on. (The real one, killed and stopped: executor.c.)
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "beside.h"
#include "soft.h"
#include "tenant.h"

static void after(void)
{
	children_end();
	beside_end();
}

static void expect_no_worker(struct vgpu_soft_event e, uint32_t cpus, int err)
{
	struct vgpu_soft_worker arg = {
		.instance = e.instance, .session = e.session, .cpus = cpus,
	};

	EXPECT_ERR(ioctl(supervisor, VGPU_SOFT_WORKER, &arg), err);
}

static void asks_for_what_is_not_its(struct vgpu_soft_event e)
{
	struct vgpu_soft_event wrong = e;
	struct vgpu_soft_turn turn = {};

	wrong.session = 0;
	expect_no_worker(wrong, 1, ENOENT);
	wrong.session = e.session + 1;
	expect_no_worker(wrong, 1, ENOENT);
	wrong = e;
	wrong.instance = ~0U;
	expect_no_worker(wrong, 1, ENOENT);
	/* The neighbour has one already; and by the session of another. */
	expect_no_worker(of_neighbour(), 1, EBUSY);
	wrong.instance = of_neighbour().instance;
	expect_no_worker(wrong, 1, ENOENT);
	expect_no_worker(e, 0, EINVAL);
	expect_no_worker(e, ~0U, EINVAL);
	EXPECT_ERR(ioctl(supervisor, VGPU_SOFT_WORKER, NULL), EFAULT);
	EXPECT_ERR(ioctl(supervisor, VGPU_SOFT_TURN, &turn), ENOTTY);
	EXPECT_ERR(read(supervisor, &wrong, sizeof(wrong) - 1), EINVAL);
	EXPECT(mmap(NULL, 4096, PROT_READ, MAP_SHARED, supervisor, 0) ==
	       MAP_FAILED);
	EXPECT_ERR(open_device(), EBUSY);
}

/* It hands in what it has not been told to, and lets go with a turn in its hands. */
static int lets_go(void *fd)
{
	struct vgpu_soft_turn turn = {};

	EXPECT_OK(ioctl(*(int *)fd, VGPU_SOFT_TURN, &turn));
	return 0;
}

/*
 * It asks for what it must not have, has each worker twice, and closes it at once; the
 * guest's work waits for one that does it.
 */
static void supervisor_lies(void)
{
	struct guest *g = guest_new();
	struct vgpu_soft_event e = event(VGPU_SOFT_WANTED), next;
	unsigned int i;
	int fd;

	guest_submit(g, 0, GROUPS, 0);
	asks_for_what_is_not_its(e);
	for (i = 0; i < 100; i++) {
		fd = worker_fd(e);
		ASSERT_OK(fd);
		expect_no_worker(e, 1, EBUSY);
		close(fd);
		EXPECT_EQ(event(VGPU_SOFT_GONE).session, e.session);
		expect_no_worker(e, 1, ENOENT);
		next = event(VGPU_SOFT_WANTED);
		EXPECT_EQ(next.instance, e.instance);
		EXPECT(next.session != e.session);
		e = next;
	}
	fd = worker_fd(e);
	ASSERT_OK(fd);
	neighbours_are_unharmed();
	close(fd);
	event(VGPU_SOFT_GONE);
	worker_new(gpu->medium->size, OBEYS);
	guest_done(g, 0);
	each_once(g, GROUPS);
	EXPECT_EQ(mdev_attr_u64(g->d->uuid, "faults"), 0);
	neighbours_are_unharmed();
}

/* A process that has taken a turn closes what it has taken it by: a fault, and its end. */
static void lets_go_of_a_turn(void)
{
	struct guest *g = guest_new();
	int fd = worker_fd(event(VGPU_SOFT_WANTED));
	pid_t pid;

	ASSERT_OK(fd);
	guest_submit(g, 0, GROUPS, 0);
	pid = child_start(lets_go, &fd);
	close(fd);
	ASSERT(AWAIT(!child_runs(pid)));
	child_finish(pid);
	expect_fault(g, 0);
	neighbours_are_unharmed();
	goes_on_with_another(g, NULL);
}

/*
 * Workers go on without it; the next one hears of those that have none, also of who has
 * come before the last one went, and has got nothing from it.
 */
static void supervisor_leaves(void)
{
	struct guest *a = guest_new(), *b, *c;

	worker_new(gpu->medium->size, OBEYS);
	guest_submit(a, 0, GROUPS, 200000);
	c = guest_new();
	event(VGPU_SOFT_WANTED);
	guest_submit(c, 0, GROUPS, 0);
	close(supervisor);
	guest_done(a, 0);
	each_once(a, GROUPS);
	b = guest_new();
	guest_submit(b, 0, GROUPS, 0);
	expect_attr(b->d->uuid, "state", "no executor");
	neighbours_are_unharmed();
	EXPECT_EQ(guest_completion(b, 0), 0);
	supervisor = open_device();
	ASSERT_OK(supervisor);
	worker_new(gpu->medium->size, OBEYS);
	worker_new(gpu->medium->size, OBEYS);
	guest_done(b, 0);
	each_once(b, GROUPS);
	guest_done(c, 0);
	each_once(c, GROUPS);
	guest_submit(a, 1, GROUPS, 0);
	guest_done(a, 1);
	neighbours_are_unharmed();
}

static const struct tap_test tests[] = {
	TAP_TEST(supervisor_lies),
	TAP_TEST(lets_go_of_a_turn),
	TAP_TEST(supervisor_leaves),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "supervisors", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = beside_begin, .after = after,
	};

	return tap_run(&suite);
}
