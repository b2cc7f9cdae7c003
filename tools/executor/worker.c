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
#include "program.h"
#include "sandbox.h"
#include "worker.h"

/* What a guest's programs may take: instructions, and what a compiler wants meanwhile. */
#define IMAGE_MAX	(1 << 18)
#define ROOM		(256ul << 20)

/**
 * struct worker - what a worker has
 * @vram: the partition
 * @vram_size: bytes of it
 * @state: what the driver says to one that is at work
 * @programs: for the guest's own, or NULL
 * @image: instructions, of generation @generation, or of none, 0
 * @image_size: bytes of these
 */
struct worker {
	uint8_t *vram;
	uint64_t vram_size;
	const struct vgpu_soft_state *state;
	struct programs *programs;
	uint32_t image[IMAGE_MAX / 4];
	uint32_t image_size;
	uint32_t generation;
	/* A program has failed, and perhaps with it, for good, what carries out programs. */
	bool lost;
};

static bool map(struct worker *w)
{
	void *state;

	w->vram = mmap((void *)PARTITION, w->vram_size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED_NOREPLACE, WORKER_FD, 0);
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

static void hand_in(struct vgpu_soft_turn *turn, uint64_t steps)
{
	turn->status = turn->progress < steps ? VGPU_SOFT_YIELD : VGPU_SOFT_DONE;
	turn->fault = 0;
}

static void run_kernel(const struct worker *w, struct vgpu_soft_turn *turn,
		       const struct dispatch *d)
{
	struct job job;

	if (!job_prepare(&job, d, w->vram + turn->mem, turn->mem_size)) {
		refuse(turn, job.refusal, job.refused_arg);
		return;
	}
	turn->progress = job_run(&job, turn->progress, &w->state->yield);
	hand_in(turn, job.steps);
}

/* The instructions of a turn. An image of one generation does not change. */
static bool take_image(struct worker *w, uint32_t generation)
{
	struct vgpu_soft_image image = {
		.generation = generation,
		.size = sizeof(w->image),
		.buf = (uintptr_t)w->image,
	};

	if (!generation || generation == w->generation)
		return generation;
	w->generation = 0;
	if (ioctl(WORKER_FD, VGPU_SOFT_IMAGE, &image) ||
	    image.size > sizeof(w->image))
		return false;
	w->image_size = image.size;
	w->generation = generation;
	return true;
}

static void run_program(struct worker *w, struct vgpu_soft_turn *turn,
			struct dispatch *d)
{
	uint64_t done = turn->progress;
	struct program_job job;

	if (!w->programs) {
		refuse(turn, REFUSED_UNAVAILABLE, NO_ARG);
		return;
	}
	if (!take_image(w, turn->image)) {
		refuse(turn, REFUSED_PROGRAM, NO_ARG);
		return;
	}
	d->kernel -= VGPU_SOFT_USER_KERNEL;
	if (!program_prepare(w->programs, &job, d, w->image, w->image_size / 4,
			     w->vram + turn->mem, turn->mem_size)) {
		refuse(turn, job.module.refusal, job.refused_arg);
		return;
	}
	if (program_run(w->programs, &job, &done, &w->state->yield)) {
		turn->progress = done;
		hand_in(turn, job.steps);
	} else {
		w->lost = true;
	}
}

static void take_turn(struct worker *w, struct vgpu_soft_turn *turn)
{
	struct dispatch d = {
		.kernel = turn->kernel,
		.dims = turn->dims,
		.args_size = turn->args_size,
		.args = turn->args,
	};

	memcpy(d.grid, turn->grid, sizeof(d.grid));
	memcpy(d.group, turn->group, sizeof(d.group));
	memcpy(d.first, turn->first, sizeof(d.first));
	if (!within(w, turn))
		refuse(turn, REFUSED_BOUNDS, NO_ARG);
	else if (turn->kernel < VGPU_SOFT_USER_KERNEL)
		run_kernel(w, turn, &d);
	else
		run_program(w, turn, &d);
}

static int take_turns(struct worker *w)
{
	struct vgpu_soft_turn turn = { .status = VGPU_SOFT_NONE };

	for (;;) {
		if (!ioctl(WORKER_FD, VGPU_SOFT_TURN, &turn))
			take_turn(w, &turn);
		else if (errno != EINTR)
			return errno == ENODEV ? 0 : 1;
		if (w->lost)
			return STATUS_LOST;
	}
}

/* Before the walls, since there are files to be read, and much to be set up. */
static bool open_programs(struct worker *w, const char *device)
{
	static struct programs programs;

	if (!programs_open(&programs, device) ||
	    (device && !vulkan_reach(&programs.v, w->vram, w->vram_size))) {
		warnx("a worker: no programs: %s", programs.v.lack);
		return true;
	}
	w->programs = &programs;
	return sandbox_room(ROOM);
}

/* All but what it is for, and where it has a device, what that's driver has opened. */
static bool close_others(bool device)
{
	return !close_range(WORKER_FD + 1, device ? DRIVER_FDS - 1 : ~0u, 0) &&
	       !close_range(0, WORKER_FD - 1, 0);
}

/* The driver of a device is opened by the user who is to use it. */
static bool enter_with_device(struct worker *w, const struct worker_setup *setup)
{
	struct sandbox_door door;

	return sandbox_enter_in_two(setup->uid, setup->gid, &door) &&
	       open_programs(w, setup->device) && sandbox_close_door(&door);
}

/* A library's driver needs files, and root's no more than any other's. */
static bool enter(struct worker *w, const struct worker_setup *setup)
{
	if (setup->programs && setup->device)
		return enter_with_device(w, setup);
	return (!setup->programs || open_programs(w, NULL)) &&
	       sandbox_enter(setup->uid, setup->gid);
}

/**
 * run_worker() - be a worker, from beginning to end
 * @setup: for whom; WORKER_FD is the driver's, LIFE_FD the supervisor's
 *
 * Return: the exit status.
 */
int run_worker(const struct worker_setup *setup)
{
	static struct worker w;
	enum wants wants = WANTS_TURNS;

	prctl(PR_SET_NAME, "vgpu-worker");
	w.vram_size = setup->vram_size;
	if (!map(&w))
		return errno == ENODEV ? 0 : STATUS_SETUP;
	warm_up();
	if (!enter(&w, setup) || !tie_to_supervisor() ||
	    !close_others(setup->device))
		return STATUS_SETUP;
	if (w.programs)
		wants = setup->device ? WANTS_DEVICE : WANTS_MEMORY;
	/* From here on nobody hears it: see the exit status. */
	return sandbox_seal(wants, PARTITION + w.vram_size) ? take_turns(&w) :
							      STATUS_SETUP;
}
