// SPDX-License-Identifier: GPL-2.0
/*
 * A worker: computes for one instance, whose partition is the only memory that it
 * shares with anybody. It takes turns from the driver until there is nothing more to
 * be done for this instance.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cblas.h>

#include "../../include/uapi/vgpu-soft.h"
#include "kernel.h"
#include "sandbox.h"
#include "worker.h"

struct worker {
	uint8_t *vram;
	uint64_t vram_size;
	const struct vgpu_soft_state *state;
};

static bool map(struct worker *w)
{
	void *state;

	w->vram = mmap(NULL, w->vram_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		       WORKER_FD, 0);
	state = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED,
		     WORKER_FD, VGPU_SOFT_MMAP_STATE);
	if (w->vram == MAP_FAILED || state == MAP_FAILED) {
		/* ENODEV: it was closed meanwhile, which may happen at any time. */
		if (errno != ENODEV)
			warn("a worker: mmap");
		return false;
	}
	w->state = state;
	return true;
}

/* A BLAS takes its memory when it is first used, and keeps it. */
static void warm_up(void)
{
	enum { SIDE = 256 };
	float *a = calloc(3 * SIDE * SIDE, sizeof(*a));

	if (!a)
		return;
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SIDE, SIDE, SIDE,
		    1, a, SIDE, a + SIDE * SIDE, SIDE, 0, a + 2 * SIDE * SIDE,
		    SIDE);
	cblas_sgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, 1, 1, 1, 1, a, 1,
		    a, 1, 0, a, 1);
	free(a);
}

/* No supervisor, no worker: also when that has ended before we asked to be told. */
static bool tie_to_supervisor(void)
{
	char none;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)) {
		warn("a worker: PR_SET_PDEATHSIG");
		return false;
	}
	/* Its end of the pipe is open, and there is nothing in it. */
	return read(LIFE_FD, &none, 1) < 0 && errno == EAGAIN;
}

/* What the driver says is not doubted, but a mistake there must not be a hole here. */
static bool within(const struct worker *w, const struct vgpu_soft_turn *turn)
{
	return turn->mem <= w->vram_size && !(turn->mem % 4096) &&
	       turn->mem_size <= w->vram_size - turn->mem &&
	       turn->args_size <= sizeof(turn->args);
}

static void refuse(struct vgpu_soft_turn *turn, enum refusal why,
		   unsigned int arg)
{
	turn->status = VGPU_SOFT_REFUSED;
	turn->fault = why << 8 | (arg & 0xff);
}

static void take_turn(const struct worker *w, struct vgpu_soft_turn *turn)
{
	struct dispatch d = {
		.kernel = turn->kernel,
		.dims = turn->dims,
		.args_size = turn->args_size,
		.args = turn->args,
	};
	struct job job;

	memcpy(d.grid, turn->grid, sizeof(d.grid));
	memcpy(d.group, turn->group, sizeof(d.group));
	if (!within(w, turn)) {
		refuse(turn, REFUSED_BOUNDS, NO_ARG);
		return;
	}
	if (!job_prepare(&job, &d, w->vram + turn->mem, turn->mem_size)) {
		refuse(turn, job.refusal, job.refused_arg);
		return;
	}
	turn->progress = job_run(&job, turn->progress, &w->state->yield);
	turn->status = turn->progress < job.steps ? VGPU_SOFT_YIELD :
						    VGPU_SOFT_DONE;
	turn->fault = 0;
}

static int take_turns(const struct worker *w)
{
	struct vgpu_soft_turn turn = { .status = VGPU_SOFT_NONE };

	for (;;) {
		if (!ioctl(WORKER_FD, VGPU_SOFT_TURN, &turn))
			take_turn(w, &turn);
		else if (errno != EINTR)
			return errno == ENODEV ? 0 : 1;
	}
}

/**
 * run_worker() - be a worker, from beginning to end
 * @setup: for whom; WORKER_FD is the driver's, LIFE_FD the supervisor's
 *
 * Return: the exit status.
 */
int run_worker(const struct worker_setup *setup)
{
	struct worker w = { .vram_size = setup->vram_size };
	int fd;

	prctl(PR_SET_NAME, "vgpu-worker");
	if (!map(&w))
		return errno == ENODEV ? 0 : STATUS_SETUP;
	warm_up();
	if (!sandbox_enter(setup->uid, setup->gid) || !tie_to_supervisor())
		return STATUS_SETUP;
	close(LIFE_FD);
	for (fd = 0; fd < WORKER_FD; fd++)
		close(fd);
	/* From here on nobody hears it: see the exit status. */
	return sandbox_seal() ? take_turns(&w) : STATUS_SETUP;
}
