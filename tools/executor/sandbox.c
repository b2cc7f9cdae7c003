// SPDX-License-Identifier: GPL-2.0
/* The walls around a worker; sandbox.h says which. */
#include <err.h>
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
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

/* Capabilities go with the user, and nothing gives them back. */
static bool leave_user(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) ||
	    setresuid(uid, uid, uid))
		return failed("a user of its own");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return failed("no new privileges");
	/* Nobody of the same user looks into it. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return failed("no dumps");
	return true;
}

static bool limit_all(void)
{
	static const int none[] = {
		RLIMIT_CORE, RLIMIT_FSIZE, RLIMIT_LOCKS, RLIMIT_MEMLOCK,
		RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_NOFILE, RLIMIT_NPROC,
		RLIMIT_RTPRIO, RLIMIT_SIGPENDING,
	};
	static const struct rlimit zero;
	size_t i;

	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (setrlimit(none[i], &zero))
			return failed("limits");
	return true;
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
	return leave_files() && leave_user(uid, gid) && limit_all();
}

/*
 * The rest: ending, waiting for a lock within a BLAS, and going on after SIGSTOP. Not
 * memory: what a worker needs it has, and a guest must not make it take the host's.
 */
static int allow(scmp_filter_ctx ctx)
{
	static const int harmless[] = {
		SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(futex),
		SCMP_SYS(restart_syscall), SCMP_SYS(sched_yield),
	};
	const scmp_datum_t low = 0xffffffff;	/* all that the kernel looks at */
	int ret;
	size_t i;

	ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 2,
			       SCMP_A0(SCMP_CMP_MASKED_EQ, low, WORKER_FD),
			       SCMP_A1(SCMP_CMP_MASKED_EQ, low, VGPU_SOFT_TURN));
	for (i = 0; !ret && i < sizeof(harmless) / sizeof(harmless[0]); i++)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, harmless[i], 0);
	return ret;
}

/**
 * sandbox_seal() - the inner wall: from now on only VGPU_SOFT_TURN on WORKER_FD
 *
 * Whatever else is asked of the kernel ends the process.
 *
 * Return: false after a message if that cannot be had.
 */
bool sandbox_seal(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int ret = -ENOMEM;

	if (ctx) {
		ret = allow(ctx);
		if (!ret)
			ret = seccomp_load(ctx);
		seccomp_release(ctx);
	}
	if (!ret)
		return true;
	errno = -ret;
	return failed("seccomp");
}
