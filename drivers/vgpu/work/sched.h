/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Work: queues and engines, who has one and for how long, and what happens when
 * one hangs.
 */
#ifndef _VGPU_SCHED_H
#define _VGPU_SCHED_H

#include <linux/types.h>

#include "sched_types.h"

struct vgpu_section;

/**
 * struct vgpu_slice - an instance's turn on an engine
 * @begin: when it got the engine, ns
 * @end: when it has to give it up at the latest, ns
 */
struct vgpu_slice {
	u64 begin;
	u64 end;
};

/* sched.c */
void vgpu_sched_init(struct vgpu_pdev *pd, u32 slice);
int vgpu_sched_start(struct vgpu_pdev *pd);
void vgpu_sched_stop(struct vgpu_pdev *pd);
void vgpu_sched_join(struct vgpu_vdev *vd);
void vgpu_sched_leave(struct vgpu_vdev *vd);
int vgpu_sched_unload(struct vgpu_sched *eng);
u64 vgpu_sched_account(struct vgpu_sched *eng, enum vgpu_engine_state next);
void vgpu_reach_lock(struct vgpu_pdev *pd);
int vgpu_reach_lock_killable(struct vgpu_pdev *pd);
bool vgpu_reach_trylock(struct vgpu_pdev *pd);
void vgpu_reach_unlock(struct vgpu_pdev *pd);

/* off.c */
int vgpu_wait_ends(void);
void vgpu_sched_detach(struct vgpu_vdev *vd);
int vgpu_sched_settle(struct vgpu_vdev *vd);
void vgpu_sched_unsettle(struct vgpu_vdev *vd);
void vgpu_sched_pause(struct vgpu_vdev *vd);
void vgpu_sched_resume(struct vgpu_vdev *vd);
bool vgpu_sched_paused(const struct vgpu_vdev *vd);

/* call.c */
int vgpu_calls_init(void);
void vgpu_calls_exit(void);
void vgpu_engine_call(void (*fn)(void *data), void *data);

/* queue.c */
extern const struct vgpu_section vgpu_queues_section;
int vgpu_queues_init(struct vgpu_vdev *vd);
void vgpu_queues_fini(struct vgpu_vdev *vd);

/* wait.c */
u64 vgpu_slice_end(struct vgpu_sched *eng, const struct vgpu_slice *slice);
int vgpu_engine_wait(struct vgpu_sched *eng, struct vgpu_context *ctx,
		     const struct vgpu_slice *slice);

/* scrub.c */
extern const struct vgpu_section vgpu_memory_section;
int vgpu_scrub(struct vgpu_pdev *pd, u64 offset, u64 size);

/* hang.c */
void vgpu_hang_reset(struct vgpu_sched *eng);
void vgpu_hang_fault(struct vgpu_sched *eng, struct vgpu_context *ctx, int err);
void vgpu_hang_recover(struct vgpu_pdev *pd);

/* inject.c */
bool vgpu_inject_hang(struct vgpu_sched *eng, struct vgpu_context *ctx);
bool vgpu_inject_reset(struct vgpu_sched *eng);
void vgpu_inject_init(struct vgpu_pdev *pd);

#endif /* _VGPU_SCHED_H */
