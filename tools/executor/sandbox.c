// SPDX-License-Identifier: GPL-2.0
/* The walls around a worker; sandbox.h says which. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../include/uapi/vgpu-soft.h"
#include "sandbox.h"

/**
 * sandbox_fork() - a child in namespaces of its own
 *
 * It is alone in them: its files are still ours, see sandbox_enter(). glibc's fork()
 * takes no flags; the child must not count on what fork() does for threads.
 *
 * Return: as fork().
 */
pid_t sandbox_fork(void)
{
	const unsigned long spaces = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC |
				     CLONE_NEWPID | CLONE_NEWUTS |
				     CLONE_NEWCGROUP;

	return syscall(SYS_clone, spaces | SIGCHLD, 0, 0, 0, 0);
}

static bool failed(const char *what)
{
	warn("a worker: %s", what);
	return false;
}

/*
 * An empty, read-only directory as the root. It is mounted where there surely is
 * a directory. A root that is an initramfs cannot be exchanged; then the directory
 * is only made the root, which does for a process that cannot mount.
 */
static bool leave_files(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return failed("mounts of its own");
	if (mount("none", "/proc", "tmpfs",
		  MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY,
		  "size=4k,nr_inodes=2,mode=0555") ||
	    chdir("/proc"))
		return failed("an empty directory");
	if (!syscall(SYS_pivot_root, ".", ".")) {
		if (umount2(".", MNT_DETACH))
			return failed("leaving the file system");
	} else if (chroot(".")) {
		return failed("leaving the file system");
	}
	return !chdir("/") || failed("its root");
}

/**
 * sandbox_leave_user() - be another user, for good
 * @uid: who, not root: capabilities go with that one, and nothing gives them back
 * @gid: the only group
 *
 * Return: false after a message if that cannot be.
 */
bool sandbox_leave_user(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) ||
	    setresuid(uid, uid, uid))
		return failed("a user of its own");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return failed("no new privileges");
	return true;
}

/* @files: those that are open may be polled; that is looked at where they are. */
static bool limit_all(unsigned int files)
{
	static const int none[] = {
		RLIMIT_CORE, RLIMIT_FSIZE, RLIMIT_LOCKS, RLIMIT_MEMLOCK,
		RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_NPROC,
		RLIMIT_RTPRIO, RLIMIT_SIGPENDING,
	};
	const struct rlimit some = { files, files };
	static const struct rlimit zero;
	size_t i;

	/* Nobody of the same user looks into it. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return failed("no dumps");
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (setrlimit(none[i], &zero))
			return failed("limits");
	return !setrlimit(RLIMIT_NOFILE, &some) || failed("limits");
}

/**
 * sandbox_room() - how much more memory the calling process may have, from now on
 * @bytes: so much; addresses count, used or not
 *
 * What is unmapped makes room for other memory: see sandbox_seal() for the partition.
 *
 * Return: false after a message if that cannot be limited.
 */
bool sandbox_room(unsigned long bytes)
{
	FILE *statm = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;
	struct rlimit room;

	if (!statm || fscanf(statm, "%lu", &pages) != 1)
		pages = 0;
	if (statm)
		fclose(statm);
	if (!pages)
		return failed("how much memory it has");
	room.rlim_cur = pages * sysconf(_SC_PAGESIZE) + bytes;
	room.rlim_max = room.rlim_cur;
	return !setrlimit(RLIMIT_AS, &room) || failed("limits");
}

/**
 * sandbox_enter() - the outer wall, around the calling process
 * @uid: who it is from now on, not root
 * @gid: its only group
 *
 * What is open stays open and what is mapped stays mapped; it can open nothing more.
 *
 * Return: false after a message if there is something that cannot be done.
 */
bool sandbox_enter(uid_t uid, gid_t gid)
{
	return leave_files() && sandbox_leave_user(uid, gid) && limit_all(0);
}

/**
 * sandbox_enter_in_two() - begin with the outer wall: another user, who has files still
 * @uid: who it is from now on, not root
 * @gid: its only group
 * @door: for the other half, sandbox_close_door()
 *
 * A driver of a device may want it so: it remembers which user has opened it, and needs
 * files for that. But a user who is not root cannot leave these. So a process is put by
 * which can, and which shares where its root is with the caller.
 *
 * Return: false after a message if there is something that cannot be done.
 */
bool sandbox_enter_in_two(uid_t uid, gid_t gid, struct sandbox_door *door)
{
	int ends[2];
	char none;

	if (pipe2(ends, O_CLOEXEC))
		return failed("a pipe");
	door->keeper = syscall(SYS_clone, CLONE_FS | SIGCHLD, 0, 0, 0, 0);
	if (!door->keeper) {
		close(ends[1]);
		_exit(read(ends[0], &none, 1) == 1 && leave_files() ? 0 : 1);
	}
	close(ends[0]);
	door->end = ends[1];
	if (door->keeper < 0)
		return failed("a process for its root");
	return sandbox_leave_user(uid, gid);
}

/**
 * sandbox_close_door() - the other half of the outer wall
 * @door: of sandbox_enter_in_two()
 *
 * Return: false after a message if there is something that cannot be done.
 */
bool sandbox_close_door(const struct sandbox_door *door)
{
	int status;

	if (write(door->end, "", 1) != 1 ||
	    waitpid(door->keeper, &status, 0) != door->keeper || status)
		return failed("leaving the file system");
	close(door->end);
	return limit_all(DRIVER_FDS_END);
}

/* What all are allowed with any arguments. */
static int allow_all(scmp_filter_ctx ctx, const int *calls, size_t nr)
{
	int ret = 0;
	size_t i;

	for (i = 0; !ret && i < nr; i++)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
	return ret;
}

static int allow_request(scmp_filter_ctx ctx, unsigned long request)
{
	const scmp_datum_t low = 0xffffffff;	/* all that the kernel looks at */

	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 2,
				SCMP_A0(SCMP_CMP_MASKED_EQ, low, WORKER_FD),
				SCMP_A1(SCMP_CMP_MASKED_EQ, low, request));
}

/*
 * Ending, waiting for a lock within a BLAS, and going on after SIGSTOP. Not memory:
 * what a worker needs it has, and a guest must not make it take the host's.
 */
static int allow(scmp_filter_ctx ctx)
{
	static const int harmless[] = {
		SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(futex),
		SCMP_SYS(restart_syscall), SCMP_SYS(sched_yield),
	};
	int ret = allow_request(ctx, VGPU_SOFT_TURN);

	return ret ?: allow_all(ctx, harmless,
				sizeof(harmless) / sizeof(harmless[0]));
}

/*
 * A compiler: memory that is nobody else's and no file's, in which code may be, as
 * much as RLIMIT_AS lets it have; and the time, where a process has to ask for it. It
 * has a thread besides, and that is told by a signal that it is another user now, from
 * which it may come back but then.
 *
 * Below @kept nothing is given back, for that would be room for as much of the host's
 * memory. (RLIMIT_DATA is no help: what is written, and then only to be read, does not
 * count for it.)
 */
static int allow_memory(scmp_filter_ctx ctx, uint64_t kept)
{
	static const int memory[] = {
		SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(mprotect),
		SCMP_SYS(clock_gettime), SCMP_SYS(rt_sigreturn),
	};
	const scmp_datum_t kind = MAP_TYPE | MAP_ANONYMOUS | MAP_FIXED |
				  MAP_LOCKED | MAP_HUGETLB;
	int ret = allow_request(ctx, VGPU_SOFT_IMAGE);

	if (!ret)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				       SCMP_A3(SCMP_CMP_MASKED_EQ, kind,
					       MAP_PRIVATE | MAP_ANONYMOUS));
	if (!ret)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(munmap), 1,
				       SCMP_A0(SCMP_CMP_GE, kept));
	/* Larger or smaller where it is, or elsewhere: never in place of another. */
	if (!ret)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mremap), 2,
				       SCMP_A0(SCMP_CMP_GE, kept),
				       SCMP_A3(SCMP_CMP_MASKED_EQ,
					       ~(scmp_datum_t)MREMAP_MAYMOVE, 0));
	return ret ?: allow_all(ctx, memory, sizeof(memory) / sizeof(memory[0]));
}

/*
 * Any request of a descriptor, and memory by it in which no code is: what says that it
 * is nobody's memory is the host's, huge pages too, and names the descriptor in vain.
 */
static int allow_descriptor(scmp_filter_ctx ctx, int fd)
{
	const scmp_datum_t low = 0xffffffff;	/* all that the kernel looks at */
	int ret;

	ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
			       SCMP_A0(SCMP_CMP_MASKED_EQ, low, fd));
	return ret ?: seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 3,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
				       SCMP_A3(SCMP_CMP_MASKED_EQ,
					       MAP_ANONYMOUS, 0),
				       SCMP_A4(SCMP_CMP_MASKED_EQ, low, fd));
}

/*
 * A driver that is in a library: its descriptors, and what its threads do. A file that
 * it wants now it does not get, and may do without.
 */
static int allow_device(scmp_filter_ctx ctx)
{
	static const int driver[] = {
		SCMP_SYS(clock_nanosleep), SCMP_SYS(close), SCMP_SYS(fstat),
		SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(poll),
		SCMP_SYS(ppoll), SCMP_SYS(rt_sigprocmask),
	};
	int ret = 0, fd;

	for (fd = DRIVER_FDS; !ret && fd < DRIVER_FDS_END; fd++)
		ret = allow_descriptor(ctx, fd);
	if (!ret)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOENT),
				       SCMP_SYS(openat), 0);
	return ret ?: allow_all(ctx, driver, sizeof(driver) / sizeof(driver[0]));
}

/**
 * sandbox_seal() - the inner wall: from now on only VGPU_SOFT_TURN on WORKER_FD
 * @wants: and VGPU_SOFT_IMAGE and memory of its own; and a driver's descriptors
 * @kept: what is mapped below this address stays mapped
 *
 * Whatever else is asked of the kernel ends the process. That holds for all threads
 * that there are.
 *
 * Return: false after a message if that cannot be had.
 */
bool sandbox_seal(enum wants wants, uint64_t kept)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int ret = -ENOMEM;

	if (ctx) {
		ret = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
		/* A call of 32 bits, which ends only its thread by default. */
		if (!ret)
			ret = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
					       SCMP_ACT_KILL_PROCESS);
		if (!ret)
			ret = allow(ctx);
		if (!ret && wants != WANTS_TURNS)
			ret = allow_memory(ctx, kept);
		if (!ret && wants == WANTS_DEVICE)
			ret = allow_device(ctx);
		if (!ret)
			ret = seccomp_load(ctx);
		seccomp_release(ctx);
	}
	if (!ret)
		return true;
	errno = -ret;
	return failed("seccomp");
}
