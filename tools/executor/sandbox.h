/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a worker cannot do. It computes for one guest, and may turn into whatever that
 * guest likes: so it is a process that has its own partition and nothing else.
 *
 * There are two walls. Behind the inner one, seccomp, only asking the driver for work
 * is left; and memory of its own, if it is to carry out programs that its guest has
 * brought: a compiler wants that. Behind the outer one (namespaces without anything in
 * them, a user of its own, no privileges to gain, limits of zero) there is nothing that
 * more could be done with.
 */
#ifndef _SANDBOX_H
#define _SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

/* The only descriptor that a worker has. */
#define WORKER_FD	3

pid_t sandbox_fork(void);
bool sandbox_room(unsigned long bytes);
bool sandbox_enter(uid_t uid, gid_t gid);
bool sandbox_seal(bool memory);

#endif /* _SANDBOX_H */
