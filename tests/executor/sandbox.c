// SPDX-License-Identifier: GPL-2.0
/*
 * What vgpu-executor builds around its workers, from within: each attempt is made
 * behind both walls, where it has to end the process, and behind the outer one alone,
 * where it has to get nothing. The inner wall has two forms: that of workers which
 * carry out programs of their guests lets them have memory. TAP on standard output.
 * As root; PROGRAM is square.spv.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../include/uapi/vgpu-soft.h"
#include "../../tools/executor/program.h"
#include "../../tools/executor/sandbox.h"

#define NOBODY	65534
#define KEY	0x76677075
#define ROOM	(64ul << 20)
#define SIZE	(1ul << 30)	/* of the partition */

enum walls { OUTER, BOTH, BOTH_WITH_MEMORY, BOTH_WITH_DEVICE, NR_WALLS };

static const enum wants wants[] = {
	[BOTH] = WANTS_TURNS,
	[BOTH_WITH_MEMORY] = WANTS_MEMORY,
	[BOTH_WITH_DEVICE] = WANTS_DEVICE,
};

static const char *const names[] = {
	[OUTER] = "the outer wall",
	[BOTH] = "both walls",
	[BOTH_WITH_MEMORY] = "both walls with memory",
	[BOTH_WITH_DEVICE] = "both walls with a device",
};

/* What is outside, as those inside remember it. */
static pid_t outside;
static long secret = 42;
static int number, failures;

static void test(bool ok, const char *name, enum walls walls, int status)
{
	number++;
	failures += !ok;
	printf("%sok %d - %s, behind %s\n", ok ? "" : "not ", number, name,
	       names[walls]);
	if (!ok)
		printf("# status %#x\n", status);
	fflush(stdout);
}

/* Attempts: true if it got what it should not have. */
static bool a_file(void)
{
	return !access("/etc/passwd", F_OK) || open("/etc/passwd", O_RDONLY) >= 0;
}

static bool a_device(void)
{
	return !access("/dev/null", F_OK) || open("/dev/null", O_RDWR) >= 0;
}

static bool own_memory_as_file(void)
{
	return !access("/proc/self/mem", F_OK) ||
	       open("/proc/self/mem", O_RDWR) >= 0;
}

static bool a_new_file(void)
{
	return open("/x", O_CREAT | O_RDWR, 0600) >= 0 || !mkdir("/x", 0700);
}

static bool the_root_before(void)
{
	struct stat st;

	return !chdir("..") && !stat("etc", &st);
}

static bool a_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0 ||
	       socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool a_pipe(void)
{
	int fds[2];

	return !pipe(fds);
}

static bool a_process(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return pid > 0;
}

static bool many_processes(void)
{
	unsigned int i, nr = 0;

	for (i = 0; i < 100; i++)
		nr += a_process();
	return nr;
}

static bool a_program(void)
{
	char *const argv[] = { "sh", NULL };

	execve("/bin/sh", argv, NULL);
	execve("/proc/self/exe", argv, NULL);
	return errno != ENOENT;
}

static bool a_signal(void)
{
	return !kill(outside, 0);
}

static bool signals_for_all(void)
{
	return !kill(-1, SIGCONT);
}

static bool to_trace(void)
{
	return !ptrace(PTRACE_ATTACH, outside, NULL, NULL);
}

static bool memory_of_others(void)
{
	long here;
	struct iovec to = { &here, sizeof(here) };
	struct iovec from = { &secret, sizeof(secret) };

	return process_vm_readv(outside, &to, 1, &from, 1, 0) >= 0;
}

static bool shared_memory(void)
{
	return shmget(KEY, 4096, 0) >= 0;
}

static bool to_be_root(void)
{
	return !setuid(0) || !setgid(0) || !geteuid();
}

static bool to_mount(void)
{
	return !mount("none", "/", "tmpfs", 0, NULL);
}

static bool a_host_name(void)
{
	return !sethostname("x", 1);
}

static bool a_descriptor(void)
{
	return dup(WORKER_FD) >= 0;
}

static bool locked_memory(void)
{
	return !mlock(&secret, sizeof(secret));
}

static bool priority(void)
{
	const struct sched_param one = { .sched_priority = 1 };

	return !sched_setscheduler(0, SCHED_FIFO, &one);
}

static bool the_kernel_log(void)
{
	return syscall(SYS_syslog, 5, NULL, 0) >= 0;
}

struct attempt {
	const char *name;
	bool (*attempt)(void);
};

static const struct attempt attempts[] = {
	{ "a file", a_file },
	{ "a device", a_device },
	{ "its memory as a file", own_memory_as_file },
	{ "a new file", a_new_file },
	{ "the root before", the_root_before },
	{ "a socket", a_socket },
	{ "a pipe", a_pipe },
	{ "a process", a_process },
	{ "many processes", many_processes },
	{ "another program", a_program },
	{ "a signal to its parent", a_signal },
	{ "signals for all", signals_for_all },
	{ "tracing its parent", to_trace },
	{ "its parent's memory", memory_of_others },
	{ "shared memory that there is outside", shared_memory },
	{ "being root", to_be_root },
	{ "mounting", to_mount },
	{ "another host name", a_host_name },
	{ "another descriptor", a_descriptor },
	{ "locked memory", locked_memory },
	{ "priority", priority },
	{ "the kernel's log", the_kernel_log },
};

/* Behind the inner wall: there they end the process, but for memory where it may be. */
static bool other_request(void)
{
	return ioctl(WORKER_FD, VGPU_SOFT_INFO, NULL);
}

static bool other_file(void)
{
	return ioctl(0, VGPU_SOFT_TURN, NULL);
}

/* The kernel does not look at the upper half of a descriptor. */
static bool a_request_in_disguise(void)
{
	return syscall(SYS_ioctl, (1ul << 32) + WORKER_FD, VGPU_SOFT_INFO, NULL);
}

static bool a_mapping_in_disguise(void)
{
	return syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_SHARED,
		       (1ul << 32) + WORKER_FD, 4096) > 0;
}

static bool a_driver_maps(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, DRIVER_FDS,
		    0) != MAP_FAILED;
}

static bool code_of_a_driver(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, DRIVER_FDS,
		    0) != MAP_FAILED;
}

static bool huge_pages_of_a_driver(void)
{
	return mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, DRIVER_FDS, 0) !=
	       MAP_FAILED;
}

static bool name_spaces(void)
{
	return unshare(CLONE_NEWUSER);
}

static bool new_interfaces(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL);
}

static bool tracing_itself(void)
{
	return syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0);
}

static bool more_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool another_partition(void)
{
	return mmap(NULL, 4096, PROT_READ, MAP_SHARED, WORKER_FD, 4096) !=
	       MAP_FAILED;
}

static bool a_larger_heap(void)
{
	return sbrk(1 << 24) != (void *)-1;
}

static bool shared_pages(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool huge_pages(void)
{
	return mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0) !=
	       MAP_FAILED;
}

static bool more_than_its_room(void)
{
	return mmap(NULL, 2 * ROOM, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool the_room_of_its_partition(void)
{
	return !munmap((void *)PARTITION, SIZE) && more_than_its_room();
}

static bool the_room_of_most_of_it(void)
{
	return mremap((void *)PARTITION, SIZE, 4096, 0) && more_than_its_room();
}

static bool a_limit(void)
{
	const struct rlimit more = { RLIM_INFINITY, RLIM_INFINITY };

	return !setrlimit(RLIMIT_AS, &more);
}

static bool memory_given_back(void)
{
	void *room = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return room != MAP_FAILED && !munmap(room, 4096);
}

/* Behind the inner wall with memory they get it. */
static const struct attempt memory[] = {
	{ "more memory", more_memory },
	{ "a larger heap", a_larger_heap },
	{ "memory that is given back", memory_given_back },
};

static const struct attempt inner[] = {
	{ "another mapping of its descriptor", another_partition },
	{ "shared pages", shared_pages },
	{ "huge pages", huge_pages },
	{ "another limit", a_limit },
	{ "the room of its partition", the_room_of_its_partition },
	{ "the room of most of its partition", the_room_of_most_of_it },
	{ "another request of its descriptor", other_request },
	{ "its request of another descriptor", other_file },
	{ "another request in disguise", a_request_in_disguise },
	{ "another mapping in disguise", a_mapping_in_disguise },
	{ "code from a driver", code_of_a_driver },
	{ "huge pages from a driver", huge_pages_of_a_driver },
	{ "a name space", name_spaces },
	{ "io_uring", new_interfaces },
	{ "performance counters", tracing_itself },
};

/* Memory that is somebody else's, too, and no private memory. */
static bool map_partition(void)
{
	int fd = memfd_create("partition", 0);

	return fd >= 0 && !ftruncate(fd, SIZE) &&
	       mmap((void *)PARTITION, SIZE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0) != MAP_FAILED &&
	       !close(fd);
}

static bool go_behind(enum walls walls)
{
	return dup2(open("/dev/null", O_RDWR), WORKER_FD) == WORKER_FD &&
	       map_partition() && sandbox_room(ROOM) &&
	       sandbox_enter(NOBODY, NOBODY) &&
	       (walls == OUTER || sandbox_seal(wants[walls], PARTITION + SIZE));
}

/* Status of a process behind walls that makes an attempt; 1: it got it. */
static int try_it(bool (*attempt)(void), enum walls walls)
{
	pid_t pid = sandbox_fork();
	int status;

	if (pid < 0)
		return -errno;
	if (!pid) {
		if (!go_behind(walls))
			_exit(3);
		_exit(attempt());
	}
	waitpid(pid, &status, 0);
	return status;
}

static bool ended(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

/* What it needs: its own request reaches the driver (here it is none). */
static bool no_turn(void)
{
	struct vgpu_soft_turn turn = {};

	return !ioctl(WORKER_FD, VGPU_SOFT_TURN, &turn) || errno != ENOTTY;
}

/* What a driver does: here nothing is open. */
static bool no_driver(void)
{
	const bool asked = ioctl(DRIVER_FDS, VGPU_SOFT_INFO, NULL) < 0 &&
			   errno == EBADF;

	return !asked || a_driver_maps();
}

/* Stopped and let go on, as the driver does it, it still works. */
static bool stands_after_stop(enum walls walls)
{
	pid_t pid = sandbox_fork();
	int status;

	if (!pid) {
		if (!go_behind(walls))
			_exit(3);
		for (;;)
			no_turn();
	}
	kill(pid, SIGSTOP);
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		return false;
	kill(pid, SIGCONT);
	if (waitpid(pid, &status, WCONTINUED) != pid || !WIFCONTINUED(status))
		return false;
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* Each of a row of numbers by itself, behind the wall: a program that is new there. */
static bool squares(struct programs *ps, const uint32_t *words, size_t nr)
{
	static uint32_t numbers[1024] __attribute__((aligned(4096)));
	const uint64_t args[] = { 256 };
	const struct dispatch d = {
		.dims = 1, .grid = { 960 }, .group = { 64 },
		.args_size = sizeof(args), .args = (const uint8_t *)args,
	};
	static const uint32_t never;
	struct program_job job;
	uint64_t done = 0;
	uint32_t i;

	for (i = 0; i < 1024; i++)
		numbers[i] = i;
	if (!program_prepare(ps, &job, &d, words, nr, numbers,
			     sizeof(numbers)) ||
	    !program_run(ps, &job, &done, &never))
		return false;
	for (i = 0; i < 1024; i++)
		if (numbers[i] != (i < 64 ? i : i * i))
			return false;
	return done == 15;
}

/* As a worker does it; a status that says where it got to. */
static int compute(const char *path)
{
	static struct programs programs;
	static uint32_t words[4096];
	FILE *file = fopen(path, "r");
	size_t nr = file ? fread(words, 4, 4096, file) : 0;

	if (!nr || !programs_open(&programs, NULL))
		return 2;
	if (!go_behind(BOTH_WITH_MEMORY))
		return 3;
	return squares(&programs, words, nr) ? 0 : 4;
}

/* getpid() as programs of 32 bits ask for it, when there are walls. */
static atomic_bool sealed;

static void *old_call(void *unused)
{
	while (!sealed)
		sched_yield();
#ifdef __x86_64__
	long call = 20;

	asm volatile("int $0x80" : "+a" (call) : : "memory");
#endif
	return unused;
}

/* It is not only the thread's end. */
static int a_call_of_32_bits(const char *unused)
{
	pthread_t thread;

	(void)unused;
	if (pthread_create(&thread, NULL, old_call, NULL) || !go_behind(BOTH))
		return 3;
	sealed = true;
	return pthread_join(thread, NULL);
}

static int status_of(int (*what)(const char *), const char *path)
{
	pid_t pid = sandbox_fork();
	int status;

	if (!pid)
		_exit(what(path));
	waitpid(pid, &status, 0);
	return status;
}

static void test_inner_walls(void)
{
	enum walls walls;
	int status;
	size_t i;

	for (walls = BOTH; walls < NR_WALLS; walls++) {
		for (i = 0; i < sizeof(inner) / sizeof(inner[0]); i++) {
			status = try_it(inner[i].attempt, walls);
			test(ended(status), inner[i].name, walls, status);
		}
		status = try_it(no_turn, walls);
		test(!status, "a turn can be asked for", walls, status);
		test(stands_after_stop(walls), "stopped and going on", walls, 0);
	}
	for (i = 0; i < sizeof(memory) / sizeof(memory[0]); i++) {
		status = try_it(memory[i].attempt, BOTH);
		test(ended(status), memory[i].name, BOTH, status);
		status = try_it(memory[i].attempt, BOTH_WITH_MEMORY);
		test(WIFEXITED(status) && WEXITSTATUS(status) == 1,
		     memory[i].name, BOTH_WITH_MEMORY, status);
	}
	status = try_it(no_driver, BOTH_WITH_DEVICE);
	test(!status, "a driver can be asked", BOTH_WITH_DEVICE, status);
	status = try_it(no_driver, BOTH_WITH_MEMORY);
	test(ended(status), "a driver can be asked", BOTH_WITH_MEMORY, status);
	status = try_it(more_than_its_room, BOTH_WITH_MEMORY);
	test(!status, "more memory than its room", BOTH_WITH_MEMORY, status);
}

int main(int argc, char **argv)
{
	int shm = shmget(KEY, 4096, IPC_CREAT | 0666);
	enum walls walls;
	int status;
	size_t i;

	if (argc != 2) {
		fprintf(stderr, "usage: sandbox PROGRAM\n");
		return 2;
	}
	outside = getpid();
	for (i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		status = try_it(attempts[i].attempt, OUTER);
		test(!status, attempts[i].name, OUTER, status);
		for (walls = BOTH; walls < NR_WALLS; walls++) {
			status = try_it(attempts[i].attempt, walls);
			test(ended(status), attempts[i].name, walls, status);
		}
	}
	test_inner_walls();
	status = status_of(compute, argv[1]);
	test(!status, "a program computes", BOTH_WITH_MEMORY, status);
	status = status_of(a_call_of_32_bits, NULL);
	test(ended(status), "a call of 32 bits", BOTH, status);
	shmctl(shm, IPC_RMID, NULL);
	printf("1..%d\n", number);
	return failures ? 1 : 0;
}
