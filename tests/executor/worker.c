// SPDX-License-Identifier: GPL-2.0
/*
 * A worker with its walls around it, and a driver that is played here: worker.c is
 * built with driver() in place of ioctl(). TAP on standard output. As root; PROGRAM is
 * square.spv, DEVICE is as for vgpu-executor's option.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../include/uapi/vgpu-soft.h"
#include "../../tools/executor/kernel.h"
#include "../../tools/executor/sandbox.h"
#include "../../tools/executor/worker.h"
#include "wrapped.h"

#define NOBODY		65534
#define SIZE		(1 << 20)
#define MEM		0x40000
#define AT		4096		/* of numbers, in data memory */
#define NUMBERS		960
#define GROUP		64
#define NONE		0xff		/* it is not an argument that is wrong */
#define MAX_TURNS	8

/* A turn, and what the worker is to make of it. */
struct step {
	const char *name;
	uint32_t kernel;
	uint32_t image;
	uint64_t pointer;
	uint64_t progress;
	uint32_t yield;
	uint32_t status;
	uint32_t fault;
	uint64_t done;
};

#define PROGRAM		VGPU_SOFT_USER_KERNEL
#define ALL		(NUMBERS / GROUP)

static const struct step steps[] = {
	{ "a built-in kernel", 9, 0, AT, 0, 0, VGPU_SOFT_DONE, 0, 1 },
	{ "a program", PROGRAM, 1, AT, 0, 0, VGPU_SOFT_DONE, 0, ALL },
	{ "a program yields", PROGRAM, 1, AT, 0, 1, VGPU_SOFT_YIELD, 0, 1 },
	{ "a program goes on", PROGRAM, 1, AT, 1, 0, VGPU_SOFT_DONE, 0, ALL },
	{ "what is no program", PROGRAM, 2, AT, 0, 0, VGPU_SOFT_REFUSED,
	  REFUSED_PROGRAM << 8 | NONE, 0 },
	{ "no such entry point", PROGRAM + 1, 1, AT, 0, 0, VGPU_SOFT_REFUSED,
	  REFUSED_KERNEL << 8 | NONE, 0 },
	{ "a pointer behind memory", PROGRAM, 1, SIZE - MEM, 0, 0,
	  VGPU_SOFT_REFUSED, REFUSED_BOUNDS << 8, 0 },
	{ "a built-in kernel after that", 9, 0, AT, 0, 0, VGPU_SOFT_DONE, 0, 1 },
};

static const struct step not_to_be_had = {
	"a program of a worker for kernels", PROGRAM, 1, AT, 0, 0,
	VGPU_SOFT_REFUSED, REFUSED_UNAVAILABLE << 8 | NONE, 0
};

/* A bad access: NULL is a good argument, but no good address. */
static const struct step wild = {
	"a program without its memory", PROGRAM, 1, 0, 0, 0, VGPU_SOFT_NONE, 0, 0
};

/* One whose device is lost ends its worker: the next has another, if there is one. */
static const struct step lost[] = {
	{ "a program whose device is lost", PROGRAM, 1, AT, 0, 0, VGPU_SOFT_NONE, 0, 0 },
	{ "one after it", PROGRAM, 1, AT, 0, 0, VGPU_SOFT_NONE, 0, 0 },
};

static bool device_is_lost;

/* What both processes see. */
static struct shared {
	struct vgpu_soft_turn got[MAX_TURNS];
	unsigned int turns;
} *shared;

static const struct step *script;
static unsigned int script_length;
static struct vgpu_soft_state *state;
static uint32_t words[4096];
static size_t nr_words;
static const char *device;
static int number, failures;

static void test(bool ok, const char *name, const struct vgpu_soft_turn *got,
		 int status)
{
	number++;
	failures += !ok;
	printf("%sok %d - %s\n", ok ? "" : "not ", number, name);
	if (!ok)
		printf("# status %u, fault %u, progress %llu; process %#x\n",
		       got->status, got->fault,
		       (unsigned long long)got->progress, status);
}

static void fill(struct vgpu_soft_turn *turn, const struct step *s, uint64_t last)
{
	const uint64_t args[] = { s->pointer, AT + NUMBERS * 4 };

	memset(turn, 0, sizeof(*turn));
	turn->kernel = s->kernel;
	turn->image = s->image;
	/* From where it was before. */
	turn->progress = s->progress ? last : 0;
	turn->dims = 1;
	turn->grid[0] = NUMBERS;
	turn->group[0] = GROUP;
	turn->args_size = sizeof(args);
	memcpy(turn->args, args, sizeof(args));
	turn->mem = MEM;
	turn->mem_size = SIZE - MEM;
	state->yield = s->yield;
}

static int give_image(struct vgpu_soft_image *image)
{
	const void *from = image->generation == 1 ? words : (void *)"garbage";
	size_t size = image->generation == 1 ? nr_words * 4 : 8;

	memcpy((void *)(uintptr_t)image->buf, from, size);
	image->size = size;
	return 0;
}

/* Of a driver's device no more is heard. */
bool __wrap_program_run(struct programs *ps, const struct program_job *job,
			uint64_t *done, const volatile uint32_t *yield)
{
	return !device_is_lost && __real_program_run(ps, job, done, yield);
}

/* What the worker takes for ioctl(). */
int driver(int fd, unsigned long request, ...)
{
	unsigned int at = shared->turns;
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (fd != WORKER_FD)
		_exit(9);
	if (request == VGPU_SOFT_IMAGE)
		return give_image(arg);
	if (at)
		shared->got[at - 1] = *(struct vgpu_soft_turn *)arg;
	if (at == script_length) {
		errno = ENODEV;
		return -1;
	}
	fill(arg, &script[at], at ? shared->got[at - 1].progress : 0);
	shared->turns++;
	return 0;
}

/* ms: as long as others wait for one thing (see scripts/patience.sh). */
static int patience(void)
{
	const char *given = getenv("PATIENCE");

	return (given ? atoi(given) : 600) * 1000 / 5;
}

/* Its status. One that hangs is killed, as the driver's watchdog does it. */
static int end_of(pid_t pid)
{
	int status = 0, left;

	for (left = patience(); !waitpid(pid, &status, WNOHANG); left--) {
		if (!left)
			kill(pid, SIGKILL);
		usleep(1000);
	}
	return status;
}

/* Status of a worker that has a script to follow. */
static int work(const struct step *first, unsigned int nr, bool programs)
{
	const struct worker_setup setup = {
		.vram_size = SIZE, .uid = NOBODY, .gid = NOBODY,
		.programs = programs, .device = programs ? device : NULL,
	};
	pid_t pid;

	script = first;
	script_length = nr;
	memset(shared, 0, sizeof(*shared));
	pid = sandbox_fork();
	if (!pid)
		_exit(run_worker(&setup));
	return end_of(pid);
}

static void test_step(const struct step *s, const struct vgpu_soft_turn *got,
		      int status)
{
	/* A device does as much as copies of memory are worth. */
	const bool more = device && s->yield && got->progress >= s->done;

	test(!status && (more || got->status == s->status) &&
	     got->fault == s->fault &&
	     (more || s->status == VGPU_SOFT_REFUSED || got->progress == s->done),
	     s->name, got, status);
}

/* The partition, and where the driver says yield. A file without end, almost. */
static uint32_t *set_up(void)
{
	int fd = memfd_create("partition", 0), life[2];
	void *memory, *page;

	if (fd < 0 || ftruncate(fd, VGPU_SOFT_MMAP_STATE + 4096) ||
	    pipe2(life, O_NONBLOCK))
		return NULL;
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    VGPU_SOFT_MMAP_STATE);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || page == MAP_FAILED || shared == MAP_FAILED)
		return NULL;
	state = page;
	/* What is where the other is to be must not be lost. */
	fd = fcntl(fd, F_DUPFD, 16);
	life[0] = fcntl(life[0], F_DUPFD, 16);
	life[1] = fcntl(life[1], F_DUPFD, 16);
	if (dup2(fd, WORKER_FD) != WORKER_FD || dup2(life[0], LIFE_FD) != LIFE_FD)
		return NULL;
	return (uint32_t *)((char *)memory + MEM + AT);
}

/* Squared by one dispatch, and once more by one that yielded on the way. */
static bool are_right(const uint32_t *numbers)
{
	uint32_t i, square;

	for (i = 0; i < NUMBERS; i++) {
		square = i * i;
		if (numbers[i] != square * square)
			return false;
	}
	return true;
}

static bool gave_up(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == STATUS_LOST;
}

int main(int argc, char **argv)
{
	FILE *file = argc >= 2 ? fopen(argv[1], "r") : NULL;
	uint32_t *numbers;
	unsigned int i;
	int status;

	device = argc > 2 ? argv[2] : NULL;
	nr_words = file ? fread(words, 4, 4096, file) : 0;
	if (file)
		fclose(file);
	numbers = set_up();
	if (!nr_words || !numbers) {
		fprintf(stderr, "usage: worker PROGRAM [DEVICE]\n");
		return 2;
	}
	for (i = 0; i < NUMBERS; i++)
		numbers[i] = i;
	status = work(steps, sizeof(steps) / sizeof(steps[0]), true);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		test_step(&steps[i], &shared->got[i], status);
	test(are_right(numbers), "what it has computed", &shared->got[0], status);
	status = work(&not_to_be_had, 1, false);
	test_step(&not_to_be_had, &shared->got[0], status);
	status = work(&wild, 1, true);
	/* Where it is no process that is ended for it, that gives up, or hangs. */
	test((WIFSIGNALED(status) &&
	      (WTERMSIG(status) == SIGSEGV || (device && WTERMSIG(status) == SIGKILL))) ||
	     (device && gave_up(status)), wild.name, &shared->got[0], status);
	device_is_lost = true;
	status = work(lost, 2, true);
	test(gave_up(status) && shared->turns == 1, lost[0].name, &shared->got[0],
	     status);
	printf("1..%d\n", number);
	return failures ? 1 : 0;
}
