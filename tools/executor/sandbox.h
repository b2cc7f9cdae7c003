/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a worker cannot do. It computes for one guest, and may turn into whatever that
 * guest likes: so it is a process that has its own partition and nothing else.
 *
 * There are two walls. Behind the inner one, seccomp, only asking the driver for work
 * is left; and memory of its own, if it is to carry out programs that its guest has
 * brought: a compiler wants that. Where a device is to carry these out, its driver's
 * descriptors are there, too, and whatever these can be asked for. Behind the outer one
 * (namespaces without anything in them, a user of its own, no privileges to gain, limits
 * of zero) there is nothing that more could be done with.
 */
#ifndef _SANDBOX_H
#define _SANDBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The only descriptor that a worker has. */
#define WORKER_FD	3
/* From here on: those that a chosen device's driver has opened, before the walls. */
#define DRIVER_FDS	5
#define DRIVER_FDS_END	64
/*
 * Where a worker maps its partition: below all else, so that the inner wall can tell it
 * from what a compiler gives back. Whoever could give that back had its room, too.
 */
#define PARTITION	(1ull << 32)

/* What is behind the inner wall. */
enum wants {
	WANTS_TURNS,	/* built-in kernels: nothing but turns */
	WANTS_MEMORY,	/* programs, which a compiler of ours makes ready */
	WANTS_DEVICE,	/* a driver of a device */
};

/* Between the halves of the outer wall. */
struct sandbox_door {
	pid_t keeper;
	int end;
};

pid_t sandbox_fork(void);
bool sandbox_leave_user(uid_t uid, gid_t gid);
bool sandbox_room(unsigned long bytes);
bool sandbox_enter(uid_t uid, gid_t gid);
bool sandbox_enter_in_two(uid_t uid, gid_t gid, struct sandbox_door *door);
bool sandbox_close_door(const struct sandbox_door *door);
bool sandbox_seal(enum wants wants, uint64_t kept);

#endif /* _SANDBOX_H */
