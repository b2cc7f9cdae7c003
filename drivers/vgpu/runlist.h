/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_RUNLIST_H
#define _VGPU_RUNLIST_H

#include <linux/list.h>
#include <linux/types.h>

/**
 * struct vgpu_runlist - the instances that have work for an engine
 * @queue: in the order in which they will run
 */
struct vgpu_runlist {
	struct list_head queue;
};

/**
 * struct vgpu_sched_entity - an instance, as one engine's scheduler sees it
 * @node: in &vgpu_runlist.queue while it waits
 * @waiting_since: when it was queued, ns
 * @gpu_time: time it had the engine, ns
 * @wait_time: time it had work and did not run, ns
 * @slices: times that it was given the engine
 * @switches: slices before which its context had to be loaded
 *
 * Protected by the engine's run-list lock.
 */
struct vgpu_sched_entity {
	struct list_head node;
	u64 waiting_since;
	u64 gpu_time;
	u64 wait_time;
	u64 slices;
	u64 switches;
};

void vgpu_runlist_init(struct vgpu_runlist *rl);
void vgpu_sched_entity_init(struct vgpu_sched_entity *se);
bool vgpu_runlist_empty(const struct vgpu_runlist *rl);
bool vgpu_runlist_add(struct vgpu_runlist *rl, struct vgpu_sched_entity *se,
		      u64 now);
void vgpu_runlist_remove(struct vgpu_sched_entity *se);
struct vgpu_sched_entity *vgpu_runlist_pick(struct vgpu_runlist *rl);
void vgpu_runlist_start(struct vgpu_sched_entity *se, u64 now, bool switched);
void vgpu_runlist_stop(struct vgpu_sched_entity *se, u64 ran);

#endif /* _VGPU_RUNLIST_H */
