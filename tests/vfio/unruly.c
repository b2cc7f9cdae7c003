// SPDX-License-Identifier: GPL-2.0
/*
 * A soft GPU's workers that do not do as they should: that lie, that fork as often as they
 * can, that somebody else stops. Each harms the vGPU that it works for, and no other: see
 * beside.h.
 */
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "beside.h"
#include "tenant.h"

/* No process of the machine has it. */
#define FORKER		4711
#define MOST_FORKS	48

/*
 * Of processes that have no other way to tell: what went wrong, and how many they are; and
 * what they are told: to do as they should not, from now on.
 */
static struct {
	volatile unsigned int wrong;
	volatile unsigned int forks;
	volatile bool now;
} *report;

/* Whom a worker leaves behind. */
static pid_t group;

static void before(void)
{
	group = 0;
	report = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT(report != MAP_FAILED);
	beside_begin();
}

static void end_group(void)
{
	if (!group)
		return;
	kill(-group, SIGKILL);
	while (waitpid(-group, NULL, 0) > 0)
		;
	group = 0;
}

static void after(void)
{
	children_end();
	end_group();
	beside_end();
	munmap(report, 4096);
}

/* ---- Workers that lie */

static bool first_time(void)
{
	static bool again;
	bool first = !again;

	again = true;
	return first;
}

/** struct lie - what a worker says of a turn that is in its hands */
struct lie {
	const char *what;
	uint64_t seq;
	uint32_t status;
	uint64_t progress;
};

static void tell_lies(const struct worker *w, const struct vgpu_soft_turn *turn)
{
	const struct lie lies[] = {
		{ "there was no turn", turn->seq, VGPU_SOFT_NONE, 0 },
		{ "it was another turn", turn->seq + 1, VGPU_SOFT_DONE, 0 },
		{ "it was the last one of all", ~0ULL, VGPU_SOFT_DONE, 0 },
		{ "it was none", 0, VGPU_SOFT_DONE, 0 },
		{ "a new status", turn->seq, VGPU_SOFT_REFUSED + 1, 0 },
		{ "any status", turn->seq, ~0U, 0 },
		{ "more than all is done", turn->seq, VGPU_SOFT_YIELD,
		  turn->grid[0] + 1 },
		{ "very much is done", turn->seq, VGPU_SOFT_YIELD, ~0ULL },
		{ "less is done than was", turn->seq, VGPU_SOFT_YIELD,
		  turn->progress - 1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		struct vgpu_soft_turn lie = *turn;

		lie.seq = lies[i].seq;
		lie.status = lies[i].status;
		lie.progress = lies[i].progress;
		if (!EXPECT_ERR(ioctl(w->fd, VGPU_SOFT_TURN, &lie), EINVAL))
			tap_note("%s", lies[i].what);
	}
	EXPECT_ERR(ioctl(w->fd, VGPU_SOFT_TURN, NULL), EFAULT);
	EXPECT_ERR(ioctl(w->fd, VGPU_SOFT_INFO, &i), ENOTTY);
}

/* Tells them, then does half of it, tells them again, and does the rest. */
static bool lies(struct worker *w, struct vgpu_soft_turn *turn)
{
	unsigned int failures = tap_failures();

	tell_lies(w, turn);
	report->wrong += tap_failures() - failures;
	if (turn->progress)
		return false;
	for (; turn->progress < turn->grid[0] / 2; turn->progress++)
		do_group(w->vram, turn, turn->progress);
	turn->status = VGPU_SOFT_YIELD;
	return true;
}

/* What makes no sense changes nothing: what is true after it counts. */
static void lies_are_refused(void)
{
	struct guest *g = guest_new();

	worker_that(gpu->medium->size, lies);
	guest_submit(g, 0, GROUPS, 0);
	guest_done(g, 0);
	each_once(g, GROUPS);
	EXPECT_EQ(report->wrong, 0);
	EXPECT_EQ(mdev_attr_u64(g->d->uuid, "ops"), 1);
	EXPECT_EQ(mdev_attr_u64(g->d->uuid, "faults"), 0);
	neighbours_are_unharmed();
}

static bool says_done(struct worker *w, struct vgpu_soft_turn *turn)
{
	(void)w;
	turn->status = VGPU_SOFT_DONE;
	return first_time();
}

static bool refuses(struct worker *w, struct vgpu_soft_turn *turn)
{
	(void)w;
	turn->status = VGPU_SOFT_REFUSED;
	turn->fault = ~0U;
	return first_time();
}

/* A guest whose work it does not do is told what it says; the next piece is done. */
static void says_what_is_not_so(void)
{
	bool (*const says[])(struct worker *, struct vgpu_soft_turn *) = {
		says_done, refuses,
	};
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct guest *g = guest_new();

		worker_that(gpu->medium->size, says[i]);
		guest_submit(g, 0, GROUPS, 0);
		EXPECT(AWAIT(guest_completion(g, 0)));
		EXPECT_EQ(guest_completion(g, 0), i ? 2 : 1);
		EXPECT_EQ(guest_result(g, 0), 0);
		EXPECT_EQ(mdev_attr_u64(g->d->uuid, "dropped"), i);
		guest_submit(g, 1, GROUPS, 0);
		guest_done(g, 1);
		each_once(g, GROUPS);
		expect_attr(g->d->uuid, "state", "ok");
		neighbours_are_unharmed();
	}
}

static bool gives_up(struct worker *w, struct vgpu_soft_turn *turn)
{
	(void)w;
	turn->status = VGPU_SOFT_FAULT;
	turn->fault = ~0U;
	return true;
}

static void says_that_it_cannot(void)
{
	struct guest *g = guest_new();
	struct worker w = worker_that(gpu->medium->size, gives_up);

	guest_submit(g, 0, GROUPS, 0);
	expect_fault(g, 0);
	neighbours_are_unharmed();
	goes_on_with_another(g, &w);
}

/*
 * The last turn instead of this one: that is ignored, and so it never answers. It need not
 * be the number before: one that was taken back before it was taken has a number, too.
 */
static bool repeats_itself(struct worker *w, struct vgpu_soft_turn *turn)
{
	static uint64_t last;

	(void)w;
	if (!report->now) {
		last = turn->seq;
		return false;
	}
	turn->status = VGPU_SOFT_DONE;
	turn->seq = last;
	return true;
}

static void says_it_again(void)
{
	struct guest *g = guest_new();
	struct worker w = worker_that(gpu->medium->size, repeats_itself);

	guest_submit(g, 0, GROUPS, 0);
	guest_done(g, 0);
	report->now = true;
	gpu_set("watchdog_ms", "1000");
	guest_submit(g, 1, GROUPS, 0);
	expect_fault(g, 1);
	ASSERT(AWAIT(!child_runs(w.pid)));
	EXPECT_EQ(child_finish(w.pid), 128 + SIGKILL);
	each_once(g, GROUPS);
	neighbours_are_unharmed();
	goes_on_with_another(g, NULL);
}

/* It yields at once, again and again: who answers does not hang. */
static bool does_nothing(struct worker *w, struct vgpu_soft_turn *turn)
{
	(void)w;
	turn->status = VGPU_SOFT_YIELD;
	return true;
}

static void is_never_done(void)
{
	struct guest *g = guest_new();
	struct worker w = worker_that(gpu->medium->size, does_nothing);

	gpu_set("watchdog_ms", "1000");
	guest_submit(g, 0, GROUPS, 0);
	ASSERT(AWAIT(mdev_attr_u64(g->d->uuid, "gpu_time_ns") > 2000 * MS));
	neighbours_are_unharmed();
	EXPECT_EQ(guest_completion(g, 0), 0);
	expect_attr(g->d->uuid, "state", "ok");
	goes_on_with_another(g, &w);
}

/* ---- Workers that fork */

/* Nothing that a worker has is its child's. The first ones for whom it is tell that. */
static void use_what_is_the_workers(const struct worker *w)
{
	struct vgpu_soft_image image = {};
	struct vgpu_soft_turn turn = {};
	unsigned int failures = tap_failures();

	if (!report->wrong) {
		EXPECT_ERR(ioctl(w->fd, VGPU_SOFT_TURN, &turn), EPERM);
		EXPECT_ERR(ioctl(w->fd, VGPU_SOFT_IMAGE, &image), EPERM);
		EXPECT(mmap(NULL, 4096, PROT_READ, MAP_SHARED, w->fd, 0) ==
		       MAP_FAILED);
		EXPECT_ERR(msync(w->vram, 4096, MS_ASYNC), ENOMEM);
	}
	__atomic_add_fetch(&report->wrong, tap_failures() - failures,
			   __ATOMIC_RELAXED);
	__atomic_add_fetch(&report->forks, 1, __ATOMIC_RELAXED);
}

/* Each that is born does the same, as long as the kernel lets them. */
static bool forks(struct worker *w, struct vgpu_soft_turn *turn)
{
	const struct rlimit most = { MOST_FORKS, MOST_FORKS };
	pid_t me = getpid(), pid;

	(void)turn;
	if (!first_time())
		return false;
	ASSERT_OK(setpgid(0, 0));
	ASSERT_OK(setrlimit(RLIMIT_NPROC, &most));
	ASSERT_OK(setresuid(FORKER, FORKER, FORKER));
	ASSERT_OK(prctl(PR_SET_PDEATHSIG, SIGKILL));
	do {
		pid = fork();
		if (!pid)
			use_what_is_the_workers(w);
	} while (pid >= 0);
	while (getpid() != me)
		if (fork() < 0)
			usleep(20000);
	return false;
}

/*
 * Its children can do nothing with what they have of it. When it has gone, they keep its
 * descriptor, so that nobody hears of that: then it does not answer, as any that hangs.
 */
static void worker_forks(void)
{
	struct pollfd told = { .fd = supervisor, .events = POLLIN };
	struct guest *g = guest_new();
	struct worker w;

	ASSERT_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	/* Who is stopped in each slice gets nowhere with a fork. */
	gpu_set("slice_us", "20000");
	w = worker_that(gpu->medium->size, forks);
	group = w.pid;
	guest_submit(g, 0, GROUPS, 0);
	EXPECT(AWAIT(report->forks >= MOST_FORKS - 1));
	guest_done(g, 0);
	each_once(g, GROUPS);
	EXPECT_EQ(report->wrong, 0);
	neighbours_are_unharmed();

	child_kill(w.pid);
	EXPECT_EQ(poll(&told, 1, 0), 0);
	gpu_set("watchdog_ms", "1000");
	guest_submit(g, 1, GROUPS, 0);
	expect_fault(g, 1);
	EXPECT(AWAIT(poll(&told, 1, 0) == 1));
	neighbours_are_unharmed();
	end_group();
	goes_on_with_another(g, NULL);
}

/* ---- Workers that somebody stops */

/* In the midst of a piece, us of CPU time, that takes several slices. */
static struct worker stop_at_work(struct guest *g, unsigned int piece)
{
	struct worker w = worker_new(gpu->medium->size, IS_DEAF);

	guest_submit(g, 0, 1, piece);
	ASSERT(AWAIT(guest_result(g, 0) == 1));
	ASSERT_OK(kill(w.pid, SIGSTOP));
	return w;
}

/* As at the end of a slice: it goes on in the next one. */
static void stopped_at_work(void)
{
	struct guest *g = guest_new();

	stop_at_work(g, 300000);
	neighbours_are_unharmed();
	guest_done(g, 0);
	each_once(g, 1);
	EXPECT_EQ(mdev_attr_u64(g->d->uuid, "faults"), 0);
	neighbours_are_unharmed();
}

static bool stands(pid_t pid)
{
	siginfo_t info = {};

	return !waitid(P_PID, pid, &info, WSTOPPED | WNOHANG | WNOWAIT) &&
	       info.si_pid == pid;
}

/* It does not come for its turn, nor would it for the next: another one does. */
static void stopped_at_rest(void)
{
	struct guest *g = guest_new();
	struct worker w = worker_new(gpu->medium->size, OBEYS);

	guest_submit(g, 0, GROUPS, 0);
	guest_done(g, 0);
	ASSERT_OK(kill(w.pid, SIGSTOP));
	ASSERT(AWAIT(stands(w.pid)));
	gpu_set("watchdog_ms", "1000");
	guest_submit(g, 1, GROUPS, 0);
	expect_fault(g, 1);
	EXPECT(AWAIT(!child_runs(w.pid)));
	each_once(g, GROUPS);
	neighbours_are_unharmed();
	goes_on_with_another(g, &w);
}

static int stops(void *data)
{
	for (;;) {
		kill(*(pid_t *)data, SIGSTOP);
		usleep(100);
	}
	return 0;
}

/* It gets nowhere, or hardly: whether it is done at last or hangs is its own trouble. */
static void stopped_again_and_again(void)
{
	struct guest *g = guest_new();
	struct worker w = stop_at_work(g, 300000);
	pid_t stopper = child_start(stops, &w.pid);

	neighbours_are_unharmed();
	EXPECT(AWAIT(guest_completion(g, 0) || is_faulted(g)));
	neighbours_are_unharmed();
	child_kill(stopper);
	goes_on_with_another(g, &w);
}

/* Closed, it goes, though it stands. */
static void stopped_and_closed(void)
{
	struct guest *g = guest_new();
	/* However late we come, it is not done. */
	struct worker w = stop_at_work(g, 10000000);

	guest_close(g);
	ASSERT(AWAIT(!child_runs(w.pid)));
	EXPECT_EQ(child_finish(w.pid), 128 + SIGKILL);
	event(VGPU_SOFT_GONE);
	neighbours_are_unharmed();
}

/* ---- A worker that cannot be told */

/* Does its first turn, and asks for the next by memory that it must not write. */
static bool cannot_be_told(struct worker *w, struct vgpu_soft_turn *turn)
{
	struct vgpu_soft_turn *sealed;
	unsigned int i;

	if (!first_time())
		return false;
	for (i = 0; i < turn->grid[0]; i++)
		do_group(w->vram, turn, i);
	turn->status = VGPU_SOFT_DONE;
	sealed = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(sealed != MAP_FAILED);
	*sealed = *turn;
	ASSERT_OK(mprotect(sealed, 4096, PROT_READ));
	for (i = 0; i < 3; i++)
		EXPECT_ERR(ioctl(w->fd, VGPU_SOFT_TURN, sealed), EFAULT);
	report->wrong += tap_failures();
	ASSERT_OK(ioctl(w->fd, VGPU_SOFT_TURN, turn));
	return false;
}

/* What it has handed in counts, once, and the turn that it did not get waits for it. */
static void turn_that_nobody_got(void)
{
	struct guest *g = guest_new();
	unsigned int i;

	guest_submit(g, 0, GROUPS, 0);
	guest_submit(g, 1, GROUPS, 0);
	worker_that(gpu->medium->size, cannot_be_told);
	guest_done(g, 0);
	guest_done(g, 1);
	for (i = 0; i < GROUPS; i++)
		EXPECT_EQ(guest_result(g, i), 2);
	EXPECT_EQ(report->wrong, 0);
	EXPECT_EQ(mdev_attr_u64(g->d->uuid, "ops"), 2);
	EXPECT_EQ(mdev_attr_u64(g->d->uuid, "faults"), 0);
	neighbours_are_unharmed();
}

static const struct tap_test tests[] = {
	TAP_TEST(lies_are_refused),
	TAP_TEST(says_what_is_not_so),
	TAP_TEST(says_that_it_cannot),
	TAP_TEST(says_it_again),
	TAP_TEST(is_never_done),
	TAP_TEST(worker_forks),
	TAP_TEST(turn_that_nobody_got),
	TAP_TEST(stopped_at_work),
	TAP_TEST(stopped_at_rest),
	TAP_TEST(stopped_again_and_again),
	TAP_TEST(stopped_and_closed),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "unruly", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	return tap_run(&suite);
}
