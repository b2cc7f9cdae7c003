// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "move.h"
#include "soft_worker.h"
#include "tap.h"
#include "tenant.h"

#define DEVICE		"/dev/vgpu-soft-"

int supervisor = -1;

/* The PCI address of the GPU, which the device is named after. */
int find_device(char *name, size_t size)
{
	glob_t found;

	if (glob(DEVICE "*", 0, NULL, &found))
		return -1;
	snprintf(name, size, "%s", found.gl_pathv[0] + strlen(DEVICE));
	globfree(&found);
	return 0;
}

/* The device of the one GPU there is, or -1. */
int open_device(void)
{
	char name[256], path[300];

	if (find_device(name, sizeof(name)))
		return -1;
	snprintf(path, sizeof(path), DEVICE "%s", name);
	return open(path, O_RDWR | O_CLOEXEC);
}

/* The next one for the supervisor, which is to be of this type. */
struct vgpu_soft_event event(uint32_t type)
{
	struct pollfd wait = { .fd = supervisor, .events = POLLIN };
	struct vgpu_soft_event e = {};

	/* A read would wait for ever. */
	ASSERT(AWAIT(poll(&wait, 1, 0) == 1));
	EXPECT_EQ(read(supervisor, &e, sizeof(e)), sizeof(e));
	EXPECT_EQ(e.type, type);
	return e;
}

/* What a worker is handed, or -1. */
int worker_fd(struct vgpu_soft_event e)
{
	struct vgpu_soft_worker arg = {
		.instance = e.instance, .session = e.session, .cpus = 1,
	};

	return ioctl(supervisor, VGPU_SOFT_WORKER, &arg);
}

static void be_busy(uint32_t us)
{
	struct timespec now;
	uint64_t begin;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	begin = now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
	do {
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	} while (now.tv_sec * 1000000ULL + now.tv_nsec / 1000 - begin < us);
}

static int block_pipe[2];
static pthread_t blocked;

/* Who waits for a child of vfork() to end is in the kernel, and no signal reaches it. */
static void *waits_in_the_kernel(void *unused)
{
	char byte;

	if (!vfork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (read(block_pipe[0], &byte, 1) == 1)
			sleep(2);
		_exit(0);
	}
	return unused;
}

/* Before a turn: one that is stopped again and again gets nowhere with a fork. */
static void prepare_to_block(void)
{
	ASSERT_OK(pipe(block_pipe));
	ASSERT(!pthread_create(&blocked, NULL, waits_in_the_kernel, NULL));
}

/* As one whose pages have to come from a disk. */
static void block(void)
{
	ASSERT_EQ(write(block_pipe[1], "", 1), 1);
	pthread_join(blocked, NULL);
}

/* What a work-group of a turn does, but for being busy: see guest.h. */
void do_group(uint8_t *vram, const struct vgpu_soft_turn *turn, uint64_t group)
{
	struct work_args args;

	memcpy(&args, turn->args, sizeof(args));
	++*word(vram + turn->mem + args.out + group * 4);
}

static void carry_out(const struct worker *w, struct vgpu_soft_turn *turn,
		      const volatile struct vgpu_soft_state *state)
{
	uint64_t i = turn->progress;
	struct work_args args;

	memcpy(&args, turn->args, sizeof(args));
	for (; i < turn->grid[0]; i++) {
		if (state->yield && (w->manner == OBEYS || w->manner == IS_THREAD))
			break;
		do_group(w->vram, turn, i);
		be_busy(args.busy_us);
	}
	while (w->manner == HANGS)
		be_busy(1000);
	while (w->manner == SLEEPS)
		pause();
	if (w->manner == BLOCKS)
		block();
	turn->status = i < turn->grid[0] ? VGPU_SOFT_YIELD : VGPU_SOFT_DONE;
	turn->progress = i;
}

static int work(struct worker *w)
{
	const volatile struct vgpu_soft_state *state;
	struct vgpu_soft_turn turn = {};

	/* The guest's files are not for it: they would keep the vGPU open. */
	close_range(STDERR_FILENO + 1, w->fd - 1, 0);
	close_range(w->fd + 1, ~0U, 0);
	state = mmap(NULL, 4096, PROT_READ, MAP_SHARED, w->fd,
		     VGPU_SOFT_MMAP_STATE);
	w->vram = mmap(NULL, w->size, PROT_READ | PROT_WRITE, MAP_SHARED,
		       w->fd, 0);
	if (state == MAP_FAILED || w->vram == MAP_FAILED)
		return 1;
	if (w->manner == BLOCKS)
		prepare_to_block();
	while (!ioctl(w->fd, VGPU_SOFT_TURN, &turn))
		if (!w->answers || !w->answers(w, &turn))
			carry_out(w, &turn, state);
	return errno == ENODEV ? 0 : 1;
}

static struct worker self;

static void *works_on(void *unused)
{
	_exit(work(&self));
	return unused;
}

static int computes(void *data)
{
	pthread_t thread;

	self = *(struct worker *)data;
	if (self.manner != IS_THREAD)
		return work(&self);
	ASSERT(!pthread_create(&thread, NULL, works_on, NULL));
	pthread_exit(NULL);
}

/* A child that does the work of the vGPU that wants a worker next. */
static struct worker start(struct worker w)
{
	w.event = event(VGPU_SOFT_WANTED);
	w.fd = worker_fd(w.event);
	ASSERT_OK(w.fd);
	w.pid = child_start(computes, &w);
	close(w.fd);
	return w;
}

/* One that behaves so. */
struct worker worker_new(uint64_t size, enum manner manner)
{
	return start((struct worker){ .size = size, .manner = manner });
}

/* One that does with each turn what it wants, and obeys where that is no answer. */
struct worker worker_that(uint64_t size,
			  bool (*answers)(struct worker *, struct vgpu_soft_turn *))
{
	return start((struct worker){ .size = size, .answers = answers });
}

/* Have a process in a cgroup of its own. Return: what freezes that, by '1', or -1. */
int freezer_new(pid_t pid)
{
	char at[] = "/tmp/cgroup.XXXXXX", dir[64], path[96], text[16];
	int fd;

	if (!mkdtemp(at) || mount("cgroup2", at, "cgroup2", 0, NULL))
		return -1;
	snprintf(dir, sizeof(dir), "%s/of-%d", at, pid);
	mkdir(dir, 0755);
	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	snprintf(text, sizeof(text), "%d", pid);
	EXPECT_OK(file_write(path, text));
	snprintf(path, sizeof(path), "%s/cgroup.freeze", dir);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	umount2(at, MNT_DETACH);
	rmdir(at);
	return fd;
}

static int stop(void *d)
{
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_STOP, NULL));
	return 0;
}

/*
 * A vGPU is to stand still, and its worker is frozen in the midst of a piece; between two
 * of them, which may be as well, nobody waits for it. Return: the process that waits.
 */
pid_t stop_frozen(struct vdev *d, int freezer)
{
	pid_t stops;

	for (;;) {
		EXPECT_EQ(write(freezer, "1", 1), 1);
		stops = child_start(stop, d);
		sleep(1);
		if (child_runs(stops))
			return stops;
		EXPECT_EQ(child_finish(stops), 0);
		EXPECT_EQ(write(freezer, "0", 1), 1);
		ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_RUNNING, NULL));
	}
}
