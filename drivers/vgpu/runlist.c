// SPDX-License-Identifier: GPL-2.0
/*
 * Which instance runs next, and what is charged to it.
 *
 * Policy apart from mechanism: these functions see plain data and the time
 * they are given, never a clock, a lock or a device. The policy is round
 * robin: an instance that gets work joins the end of the queue, the first one
 * runs, and it joins the end again if its slice was too short.
 */
#include "runlist.h"

/**
 * vgpu_runlist_init() - nobody has work
 * @rl: to be set up
 */
void vgpu_runlist_init(struct vgpu_runlist *rl)
{
	INIT_LIST_HEAD(&rl->queue);
}

/**
 * vgpu_sched_entity_init() - an instance that has not run yet
 * @se: zeroed
 */
void vgpu_sched_entity_init(struct vgpu_sched_entity *se)
{
	INIT_LIST_HEAD(&se->node);
}

/**
 * vgpu_runlist_empty() - is there nothing to do
 * @rl: the run list
 *
 * Return: true when no instance waits.
 */
bool vgpu_runlist_empty(const struct vgpu_runlist *rl)
{
	return list_empty(&rl->queue);
}

/**
 * vgpu_runlist_add() - an instance has work
 * @rl: the run list
 * @se: the instance; may be queued already
 * @now: ns
 *
 * Return: true when it was not queued before.
 */
bool vgpu_runlist_add(struct vgpu_runlist *rl, struct vgpu_sched_entity *se,
		      u64 now)
{
	if (!list_empty(&se->node))
		return false;
	se->waiting_since = now;
	list_add_tail(&se->node, &rl->queue);
	return true;
}

/**
 * vgpu_runlist_remove() - an instance has no work any more
 * @se: the instance; need not be queued
 */
void vgpu_runlist_remove(struct vgpu_sched_entity *se)
{
	list_del_init(&se->node);
}

/**
 * vgpu_runlist_pick() - choose who runs next
 * @rl: the run list
 *
 * Return: the instance, taken off the list, or NULL when nobody waits.
 */
struct vgpu_sched_entity *vgpu_runlist_pick(struct vgpu_runlist *rl)
{
	struct vgpu_sched_entity *se;

	se = list_first_entry_or_null(&rl->queue, struct vgpu_sched_entity,
				      node);
	if (se)
		list_del_init(&se->node);
	return se;
}

/**
 * vgpu_runlist_start() - an instance gets the engine
 * @se: the instance, picked before
 * @now: ns
 * @switched: its context has to be loaded first
 */
void vgpu_runlist_start(struct vgpu_sched_entity *se, u64 now, bool switched)
{
	if (now > se->waiting_since)
		se->wait_time += now - se->waiting_since;
	se->slices++;
	se->switches += switched;
}

/**
 * vgpu_runlist_stop() - an instance gives the engine back
 * @se: the instance
 * @ran: ns that it used
 */
void vgpu_runlist_stop(struct vgpu_sched_entity *se, u64 ran)
{
	se->gpu_time += ran;
}
