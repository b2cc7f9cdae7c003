/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _WORKER_H
#define _WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Exit status: it could not be set up, which is no guest's doing. */
#define STATUS_SETUP	70
/* One by which a program has failed, and perhaps what carries programs out with it. */
#define STATUS_LOST	71

/* A pipe's end, to tell that the supervisor lives, which has the other one; nobody writes. */
#define LIFE_FD		4

struct worker_setup {
	uint64_t vram_size;
	uid_t uid;
	gid_t gid;
	bool programs;		/* carry out the guest's own, too */
	const char *device;	/* as for programs_open() */
};

int run_worker(const struct worker_setup *setup);

#endif /* _WORKER_H */
