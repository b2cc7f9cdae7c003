// SPDX-License-Identifier: GPL-2.0
/*
 * Who computes for the soft GPU's vGPUs while programs run: a supervisor, and a process
 * for each that wants one. They do what they should most of the time, and else what comes
 * to their minds: give up, refuse, lie, die, call with what makes no sense, map what is
 * not theirs. What that does to their vGPU is its own matter; what they are told is within
 * what <uapi/vgpu-soft.h> says, and they write where they may, so that programs of others
 * find it if that is not kept.
 *
 * They begin before there is a vGPU, and so have no file of one. What they do depends on
 * what they are told when: so it is another thing each time, and what they find is not cut
 * down to a program for sure.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "chance.h"
#include "computing.h"
#include "soft_worker.h"
#include "tenant.h"

#define PAGE		4096
/* Of a vGPU's memory, and of what a worker has for a program. */
#define ROOM		(8 * PAGE)
/* What programs do not write, and nothing else looks for. */
#define WORD		0x11223344
#define MOST_ITEMS	(1ULL << 32)
#define MOST_IN_GROUP	1024
/* Whoever says that it has done more has not. */
#define MOST_WORK	256
/* So many look at once at what is left to them; others do not. */
#define MOST_LOOK	16

/* Of all processes: what they have done, how often something was wrong, who looks still. */
static struct report {
	uint64_t turns, workers, images, wrong;
	pid_t looks[MOST_LOOK];
} *report;

/* What of that was told; of a process's own checks, those that have failed and are in it. */
static uint64_t told;
static unsigned int counted;
static pid_t executor;

static void add(uint64_t *to, uint64_t n)
{
	__atomic_fetch_add(to, n, __ATOMIC_RELAXED);
}

/* Whatever becomes of this process. */
static void count_failures(void)
{
	add(&report->wrong, tap_failures() - counted);
	counted = tap_failures();
}

/* ---- A worker */

/* The product of three, each of which is at least 1. */
static bool is_within(const uint32_t *n, uint64_t most)
{
	uint64_t all = 1;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		all *= n[i];
		if (!all || all > most)
			return false;
	}
	return true;
}

static uint64_t groups_of(const struct vgpu_soft_turn *t)
{
	uint64_t n = 1;
	unsigned int i;

	for (i = 0; i < 3; i++)
		n *= (t->grid[i] + (uint64_t)t->group[i] - 1) / t->group[i];
	return n;
}

/* What a worker is told has to make sense, whatever the guest has written. */
static void expect_turn(const struct worker *w, const struct vgpu_soft_turn *t,
			uint64_t last)
{
	unsigned int i;

	EXPECT(t->seq > last);
	EXPECT(t->dims >= 1 && t->dims <= 3);
	EXPECT(is_within(t->grid, MOST_ITEMS));
	ASSERT(is_within(t->group, MOST_IN_GROUP));
	EXPECT(t->progress <= groups_of(t));
	EXPECT(!t->status && !t->fault && !t->reserved);
	EXPECT(!t->image == (t->kernel < VGPU_SOFT_USER_KERNEL));
	EXPECT(t->mem <= w->size && t->mem_size <= w->size - t->mem);
	EXPECT(t->args_size <= VGPU_SOFT_ARGS);
	for (i = t->args_size; i < VGPU_SOFT_ARGS; i++)
		EXPECT_EQ(t->args[i], 0);
	expect_no_secrets(t, offsetof(struct vgpu_soft_turn, args), 8, "a turn");
}

/* Somewhere in memory, a word for each group, until the kernel wants it to stop. */
static void carry_out(const struct worker *w, struct vgpu_soft_turn *t,
		      const volatile struct vgpu_soft_state *state, uint64_t r)
{
	uint64_t at = t->mem + edge(r, t->mem_size), groups = groups_of(t);
	unsigned int i;

	for (i = 0; i < MOST_WORK && t->progress < groups; i++, t->progress++, at += 4) {
		*word(w->vram + at % w->size / 4 * 4) = WORD;
		if (state->yield)
			break;
	}
	t->status = state->yield && t->progress < groups ? VGPU_SOFT_YIELD : VGPU_SOFT_DONE;
}

/* Its program, or not: into too little, into nothing. */
static void look_at_image(const struct worker *w, const struct vgpu_soft_turn *t,
			  uint64_t r)
{
	static uint8_t room[ROOM];
	struct vgpu_soft_image image = {
		.generation = t->image + !(r & 7),
		.size = r >> 8 & (r & 8 ? 3 : ROOM - 1),
		.buf = r & 0x70 ? (uintptr_t)room : 0,
	};
	uint32_t size = image.size;
	unsigned int i;

	memset(room, 0xcc, ROOM);
	if (ioctl(w->fd, VGPU_SOFT_IMAGE, &image))
		return;
	add(&report->images, 1);
	EXPECT(t->image && image.generation == t->image);
	for (i = size; i < ROOM; i++)
		ASSERT_EQ(room[i], 0xcc);
}

/* What is not its memory cannot be mapped; what is beyond it neither. */
static void map_anything(const struct worker *w, uint64_t r)
{
	uint64_t at = edge(r, w->size) & ~(PAGE - 1ULL), size = PAGE << (r >> 56 & 7);
	bool write = r >> 61 & 1, state;
	uint8_t *p;

	if (r >> 62 & 1)
		size = PAGE;
	if (r >> 60 & 1)
		at = VGPU_SOFT_MMAP_STATE + (r >> 63 ? 0 : at);
	state = at == VGPU_SOFT_MMAP_STATE;
	p = mmap(NULL, size, PROT_READ | (write ? PROT_WRITE : 0), MAP_SHARED, w->fd, at);
	if (p == MAP_FAILED)
		return;
	EXPECT(state ? size == PAGE && !write :
		       at <= w->size && size <= w->size - at);
	EXPECT(!state || mprotect(p, size, PROT_READ | PROT_WRITE));
	munmap(p, size);
}

/* What it tells the kernel of a turn that is in its hands. */
static void answer(const struct worker *w, struct vgpu_soft_turn *t,
		   const volatile struct vgpu_soft_state *state, uint64_t r)
{
	switch (r & 31) {
	case 0:
		t->status = VGPU_SOFT_FAULT;
		t->fault = r >> 8;
		break;
	case 1:
		t->status = VGPU_SOFT_REFUSED;
		break;
	case 2:
		t->status = VGPU_SOFT_YIELD;
		t->progress = edge(r >> 8, groups_of(t));
		break;
	case 3:
		t->status = r >> 8;
		break;
	case 4:
		/* One that is over already would leave it waiting with this one in its hands. */
		t->seq += 1 + (r >> 8);
		break;
	case 5:
		kill(getpid(), SIGKILL);
		break;
	case 6:
		_exit(0);
	case 7:
		usleep(r >> 8 & 0xfff);
		carry_out(w, t, state, r >> 8);
		break;
	default:
		carry_out(w, t, state, r >> 8);
		break;
	}
}

/* Hand in what it says, and where the kernel does not take that, what is true. */
static bool next_turn(const struct worker *w, struct vgpu_soft_turn *t, uint64_t seq)
{
	if (!ioctl(w->fd, VGPU_SOFT_TURN, t))
		return true;
	if (errno == EINVAL) {
		t->seq = seq;
		t->status = seq ? VGPU_SOFT_REFUSED : VGPU_SOFT_NONE;
		if (!ioctl(w->fd, VGPU_SOFT_TURN, t))
			return true;
	}
	EXPECT_EQ(errno, ENODEV);
	return false;
}

/* Until its session is over. */
static void take_turns(const struct worker *w,
		       const volatile struct vgpu_soft_state *state)
{
	uint64_t rolls = w->event.session, seq = 0, r;
	struct vgpu_soft_turn t = {};

	while (next_turn(w, &t, seq)) {
		add(&report->turns, 1);
		expect_turn(w, &t, seq);
		seq = t.seq;
		r = roll(&rolls);
		if (t.image || !(r >> 60))
			look_at_image(w, &t, roll(&rolls));
		if (!(r >> 56 & 3))
			map_anything(w, roll(&rolls));
		count_failures();
		answer(w, &t, state, r);
	}
}

/* One who looks, in the place of another; 0 is nobody. */
static bool looks_now(pid_t pid, pid_t was)
{
	pid_t expected;
	unsigned int i;

	for (i = 0; i < MOST_LOOK; i++) {
		expected = was;
		if (__atomic_compare_exchange_n(&report->looks[i], &expected, pid, false,
						__ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return true;
	}
	return false;
}

static bool anybody_looks(void)
{
	unsigned int i;

	for (i = 0; i < MOST_LOOK; i++)
		if (__atomic_load_n(&report->looks[i], __ATOMIC_RELAXED))
			return true;
	return false;
}

/* Until there is nothing more for it to do; what it has mapped is gone a moment later. */
static void work(struct worker *w)
{
	const volatile struct vgpu_soft_state *state;

	state = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, w->fd, VGPU_SOFT_MMAP_STATE);
	w->vram = mmap(NULL, w->size, PROT_READ | PROT_WRITE, MAP_SHARED, w->fd, 0);
	/* It may be over already. */
	if (state == MAP_FAILED || w->vram == MAP_FAILED)
		return;
	take_turns(w, state);
	if (!looks_now(getpid(), 0))
		return;
	EXPECT(AWAIT(!touches(w->vram, false)));
	count_failures();
	looks_now(0, getpid());
}

/* None survives who has started it. */
static void start_worker(struct vgpu_soft_event e)
{
	struct worker w = { .event = e, .size = e.vram_size, .fd = worker_fd(e) };
	pid_t parent = getpid();

	if (w.fd < 0)
		return;
	add(&report->workers, 1);
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent) {
			close(supervisor);
			work(&w);
		}
		_exit(0);
	}
	close(w.fd);
}

/* ---- The supervisor */

/* A worker has the file of the last one for a moment. */
static void open_supervisor(void)
{
	ASSERT(AWAIT((supervisor = open_device()) >= 0));
	/* A vGPU that is told of may want nobody any more before that is read. */
	ASSERT_OK(fcntl(supervisor, F_SETFL, O_NONBLOCK));
}

/* Nobody has promised that it asks for what there is. */
static void ask_for_anything(uint64_t r)
{
	struct vgpu_soft_worker arg = {
		.instance = r >> 8 & 31, .cpus = r >> 16 & 3, .session = r >> 24,
	};
	char bytes[sizeof(struct vgpu_soft_event)];

	switch (r & 7) {
	case 0:
		EXPECT(ioctl(supervisor, VGPU_SOFT_WORKER, &arg) < 0);
		break;
	case 1:
		EXPECT(ioctl(supervisor, VGPU_SOFT_WORKER, NULL) < 0);
		break;
	case 2:
		EXPECT(ioctl(supervisor, VGPU_SOFT_INFO, NULL) < 0);
		break;
	case 3:
		EXPECT(ioctl(supervisor, VGPU_SOFT_TURN, bytes) < 0);
		break;
	case 4:
		EXPECT_ERR(read(supervisor, bytes, r >> 8 & 15), EINVAL);
		break;
	case 5:
		EXPECT(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, supervisor,
			    (r >> 8 & 1) * VGPU_SOFT_MMAP_STATE) == MAP_FAILED);
		break;
	case 6:
		EXPECT_ERR(open_device(), EBUSY);
		break;
	default:
		/* The next one hears all anew. */
		close(supervisor);
		open_supervisor();
		break;
	}
}

static void hear(void)
{
	struct vgpu_soft_event e = {};
	ssize_t n = read(supervisor, &e, sizeof(e));

	if (n < 0 && errno == EAGAIN)
		return;
	if (!EXPECT_EQ(n, sizeof(e)))
		return;
	expect_no_secrets(&e, offsetof(struct vgpu_soft_event, uuid), 8, "an event");
	if (EXPECT(e.type == VGPU_SOFT_WANTED || e.type == VGPU_SOFT_GONE) &&
	    e.type == VGPU_SOFT_WANTED)
		start_worker(e);
}

/* Who cannot go on has not counted that; who is killed, as too slow, looks no more. */
static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (WIFEXITED(status) && WEXITSTATUS(status))
			add(&report->wrong, 1);
		looks_now(0, pid);
	}
}

static int supervise(void *unused)
{
	struct pollfd wait = { .events = POLLIN };
	uint64_t rolls = number_of("FUZZ_SEED", 1), r;

	(void)unused;
	counted = tap_failures();
	open_supervisor();
	for (;;) {
		wait.fd = supervisor;
		if (poll(&wait, 1, 0) == 1)
			hear();
		else
			usleep(2000);
		reap();
		r = roll(&rolls);
		if (!(r >> 60))
			ask_for_anything(r);
		count_failures();
	}
	return 0;
}

/**
 * computing_begin() - from now on vGPUs that want to compute have somebody for it
 *
 * Before there are any. A GPU whose engines are its own has none.
 */
void computing_begin(void)
{
	executor = 0;
	told = 0;
	if (gpu != &soft_gpu)
		return;
	report = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	ASSERT(report != MAP_FAILED);
	/* Workers whose supervisor is gone are this process's. */
	ASSERT_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	executor = child_start(supervise, NULL);
}

/**
 * computing_look() - neither the supervisor nor its workers have found anything wrong
 */
void computing_look(void)
{
	uint64_t wrong;

	if (!executor)
		return;
	EXPECT(child_runs(executor));
	wrong = __atomic_load_n(&report->wrong, __ATOMIC_RELAXED);
	if (wrong > told)
		tap_fail(__FILE__, __LINE__, "who computes has found something: see above");
	told = wrong;
}

/**
 * computing_end() - nobody computes any more
 *
 * When there are no vGPUs: so who still looks has only to see that nothing is left.
 */
void computing_end(void)
{
	if (!executor)
		return;
	EXPECT(AWAIT(!anybody_looks()));
	computing_look();
	child_kill(executor);
	executor = 0;
	while (waitpid(-1, NULL, 0) > 0)
		;
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	tap_note("%llu workers had %llu turns and read %llu programs",
		 (unsigned long long)report->workers, (unsigned long long)report->turns,
		 (unsigned long long)report->images);
	munmap(report, PAGE);
}
