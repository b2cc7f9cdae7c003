/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SUPERVISOR_H
#define _SUPERVISOR_H

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../include/uapi/vgpu-soft.h"

#define MAX_SLICES	32

struct cpus {
	cpu_set_t sets[MAX_SLICES];
	uint32_t given;		/* slices whose set counts */
	unsigned int named;	/* slices that there must be for that */
};

/* What the command line asks for, and what follows from it. */
struct supervisor {
	const char *gpu;
	const char *user;
	struct cpus cpus;
	bool no_programs;
	const char *chosen;	/* the Vulkan device; NULL: lavapipe */
	bool programs;		/* workers carry out guests' own, too */
	uid_t uid;
	gid_t gid;
	int device;
	int life;		/* what workers inherit: see LIFE_FD */
	sigset_t signals;	/* as they were */
};

bool cpus_parse(struct cpus *cpus, const char *text);
int open_device(const char *gpu, struct vgpu_soft_info *info);
bool device_is_there(const char *gpu);
void print_uuid(char *text, size_t size, const uint8_t *uuid);
bool can_programs(const struct supervisor *s);
pid_t start_worker(const struct supervisor *s, const struct vgpu_soft_event *event,
		   int fd);
bool supervise(struct supervisor *s);

#endif /* _SUPERVISOR_H */
