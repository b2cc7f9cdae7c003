// SPDX-License-Identifier: GPL-2.0
/*
 * From the supervisor to a worker. It is this program anew, by exec: nothing of what
 * the supervisor knows is left in its memory, and where things are in it is not what
 * other workers could tell.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"
#include "sandbox.h"
#include "supervisor.h"
#include "worker.h"

/* How long a Vulkan driver has to get ready, until which no worker is started. */
#define TRY_S		120
#define NO_PROGRAMS	"built-in kernels only, no programs of guests: "

void print_uuid(char *text, size_t size, const uint8_t *uuid)
{
	size_t i, at = 0;

	for (i = 0; i < 16 && at + 4 < size; i++)
		at += snprintf(text + at, size - at, "%s%02x",
			       i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
			       uuid[i]);
}

/* It has WORKER_FD and LIFE_FD, and for what goes wrong until then, stderr. */
static bool keep_two(int worker, int life)
{
	int null = open("/dev/null", O_RDWR);

	/* What is where the other is to be must not be lost. */
	worker = fcntl(worker, F_DUPFD, LIFE_FD + 1);
	life = fcntl(life, F_DUPFD, LIFE_FD + 1);
	return null >= 0 && worker >= 0 && life >= 0 && dup2(null, 0) == 0 &&
	       dup2(null, 1) == 1 && dup2(worker, WORKER_FD) == WORKER_FD &&
	       dup2(life, LIFE_FD) == LIFE_FD &&
	       !close_range(LIFE_FD + 1, ~0u, 0);
}

/* BLAS libraries with threads: one is what the worker's share of a CPU is measured by. */
#define NR_THREADS	5
static char *environment[NR_THREADS + 2] = {
	"BLIS_NUM_THREADS=1", "GOTO_NUM_THREADS=1", "MKL_NUM_THREADS=1",
	"OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1",
};

/* And where drivers are, if the operator has said so to Vulkan's loader. */
static void tell_drivers(void)
{
	static char drivers[PATH_MAX];
	const char *said = getenv("VK_DRIVER_FILES");

	if (!said)
		return;
	snprintf(drivers, sizeof(drivers), "VK_DRIVER_FILES=%s", said);
	environment[NR_THREADS] = drivers;
}

/*
 * Where the host's memory runs out, a worker is what can be done without: if it has no
 * turn, nobody notices, and else it is its vGPU's fault and not a whole VM's end.
 */
static void go_first(void)
{
	static const char score[] = "500";
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, score, strlen(score)) < 0)
		warn("a worker: oom_score_adj");
	if (fd >= 0)
		close(fd);
}

static void become_worker(const struct supervisor *s,
			  const struct vgpu_soft_event *event, int fd)
{
	char name[64] = "vgpu-executor ", vram[24], uid[16], gid[16];
	char *const argv[] = {
		name, "--worker", vram, uid, gid,
		s->programs ? "programs" : "kernels", (char *)s->chosen, NULL
	};

	print_uuid(name + 14, sizeof(name) - 14, event->uuid);
	snprintf(vram, sizeof(vram), "%llu",
		 (unsigned long long)event->vram_size);
	snprintf(uid, sizeof(uid), "%u", s->uid);
	snprintf(gid, sizeof(gid), "%u", s->gid);
	tell_drivers();
	go_first();
	if (event->slice < MAX_SLICES && s->cpus.given & 1u << event->slice &&
	    sched_setaffinity(0, sizeof(cpu_set_t),
			      &s->cpus.sets[event->slice]))
		warn("CPUs of slice %u", event->slice);
	else if (!keep_two(fd, s->life))
		warn("descriptors");
	else if (sigprocmask(SIG_SETMASK, &s->signals, NULL))
		warn("signals");
	else
		execve("/proc/self/exe", argv, environment);
	warn("a worker cannot be started");
	_exit(STATUS_SETUP);
}

/* As workers do it: a device that is chosen is opened by their user. */
static void try_programs(const struct supervisor *s, pid_t parent)
{
	static struct programs ps;

	alarm(TRY_S);
	/* As long as it is open, no other supervisor can come. */
	close(s->device);
	if (s->chosen && !sandbox_leave_user(s->uid, s->gid))
		_exit(1);
	/* After that, by which it would be forgotten. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(1);
	if (programs_open(&ps, s->chosen))
		_exit(0);
	warnx(NO_PROGRAMS "%s", ps.v.lack);
	_exit(1);
}

/**
 * can_programs() - can workers carry out guests' own programs
 * @s: the supervisor
 *
 * A child tries it, so that nothing of Vulkan is in the supervisor.
 *
 * Return: false after a message.
 */
bool can_programs(const struct supervisor *s)
{
	pid_t parent = getpid(), pid;
	int status = 1;

	pid = fork();
	if (!pid)
		try_programs(s, parent);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		warn("whether there can be programs of guests");
	else if (!WIFEXITED(status))
		warnx(NO_PROGRAMS "the Vulkan driver %s",
		      WTERMSIG(status) == SIGALRM ? "hangs" : "crashes");
	return !status;
}

/**
 * start_worker() - a process for an instance
 * @s: the supervisor
 * @event: which instance
 * @fd: the descriptor that it is to have; the caller closes its own
 *
 * Return: its number; below 0 after a message.
 */
pid_t start_worker(const struct supervisor *s, const struct vgpu_soft_event *event,
		   int fd)
{
	pid_t pid = sandbox_fork();

	if (!pid)
		become_worker(s, event, fd);
	if (pid < 0)
		warn("no process for a worker%s", errno != EINVAL ? "" :
		     ", which wants a kernel with namespaces (UTS, IPC, PID, net)");
	return pid;
}
