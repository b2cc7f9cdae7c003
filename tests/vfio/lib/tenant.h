/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tenants: processes that use a vGPU each, what an operator sets for them, and
 * what each gets of the GPU's time.
 */
#ifndef _TENANT_H
#define _TENANT_H

#include "pattern.h"
#include "vfio.h"

#define MAX_TENANTS	16

#define MS		1000000ULL

/* Processes. Whatever becomes of a test, none survives children_end(). */
pid_t child_start(int (*fn)(void *), void *arg);
int child_finish(pid_t pid);
bool child_runs(pid_t pid);
void child_kill(pid_t pid);
void children_end(void);

/* Settings; the GPU's are put back by settings_restore(). */
void settings_save(void);
void settings_restore(void);
int gpu_try_set(const char *name, const char *text);
void gpu_set(const char *name, const char *text);
int mdev_try_set(const char *uuid, const char *name, const char *text);
void mdev_set(const char *uuid, const char *name, const char *text);
void expect_attr(const char *uuid, const char *name, const char *want);

/* Work. */
uint64_t work_bytes(const struct vdev *d);
void work_setup(struct vdev *d, uint32_t value);
void work_again(struct vdev *d, unsigned int times);
int works_forever(void *d);
pid_t busy_start(struct vdev *d);
bool works(struct vdev *d, uint32_t seed);
bool works_after_reset(struct vdev *d);
void expect_zeros(struct vdev *d);
void wait_above(const struct vdev *d, const char *name, uint64_t above);

/* What a tenant's GPU time is compared with, if not with another tenant's. */
#define OF_GPU	(-1)

/**
 * struct bound - what a tenant should get
 * @who: the tenant
 * @of: the tenant that it is compared with, or %OF_GPU
 * @least: times the GPU time of @of; or percent of the GPU's time
 * @most: the same; 0 ends a list of bounds
 */
struct bound {
	int who;
	int of;
	double least;
	double most;
};

uint64_t gpu_clock(void);
void let_run(uint64_t ns);
void expect_shares(struct vdev *const *d, unsigned int nr,
		   const struct bound *bounds, void (*meanwhile)(void));

#endif /* _TENANT_H */
