/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What vgpu-executor does, in short: a supervisor that hears which vGPU wants a
 * worker, and workers, which add one to a word for each work-group.
 */
#ifndef _SOFT_WORKER_H
#define _SOFT_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "../../../include/uapi/vgpu-soft.h"

struct vdev;

/* Of a dispatch: where the words are in memory, and CPU time a work-group. */
struct work_args {
	uint64_t out;
	uint32_t busy_us;
};

/* How a worker behaves. */
enum manner {
	OBEYS,
	IS_DEAF,	/* does not yield */
	HANGS,		/* never says that it is done, and is busy */
	SLEEPS,		/* nor does it, and is not */
	BLOCKS,		/* is in the kernel for two seconds, where no signal reaches it */
	IS_THREAD,	/* works in a second thread; the first one has ended */
};

/**
 * struct worker - a process that works for a vGPU
 * @event: by which its supervisor was told that it is wanted
 * @fd: what it was handed
 * @size: of the vGPU's memory, bytes
 * @manner: how it behaves
 * @answers: what it does with each turn first; true: the turn is its answer. Or NULL
 * @vram: the vGPU's memory, in that process
 * @pid: of the process
 */
struct worker {
	struct vgpu_soft_event event;
	int fd;
	uint64_t size;
	enum manner manner;
	bool (*answers)(struct worker *w, struct vgpu_soft_turn *turn);
	uint8_t *vram;
	pid_t pid;
};

static inline volatile uint32_t *word(uint8_t *at)
{
	return (volatile uint32_t *)at;
}

void do_group(uint8_t *vram, const struct vgpu_soft_turn *turn, uint64_t group);

/* The supervisor's file, which whoever opens it closes; or -1. */
extern int supervisor;

int find_device(char *name, size_t size);
int open_device(void);
struct vgpu_soft_event event(uint32_t type);
int worker_fd(struct vgpu_soft_event e);
struct worker worker_new(uint64_t size, enum manner manner);
struct worker worker_that(uint64_t size,
			  bool (*answers)(struct worker *, struct vgpu_soft_turn *));
int freezer_new(pid_t pid);
pid_t stop_frozen(struct vdev *d, int freezer);

#endif
