/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_RUNLIST_H
#define _VGPU_RUNLIST_H

#include <linux/rbtree.h>
#include <linux/types.h>

/** Fractions of an engine are in parts per million; this is all of it. */
#define VGPU_PPM	1000000U

/** Limits of an instance's weight. */
#define VGPU_WEIGHT_MIN	1U
#define VGPU_WEIGHT_MAX	10000U

/** Limits of a time slice, ns. */
#define VGPU_SLICE_MIN	500000U
#define VGPU_SLICE_MAX	30000000U
/** Slices that are derived from the number of instances fill this, ns. */
#define VGPU_ROUND	16000000U

/**
 * enum vgpu_policy - how an engine is shared
 * @VGPU_BEST_EFFORT: by weight, among those that have work
 * @VGPU_EQUAL_SHARE: each open instance has the same fraction, and no more
 * @VGPU_FIXED_SHARE: each has the fraction that its type says, and no more
 * @VGPU_NR_POLICIES: how many there are
 *
 * For all of them holds: a cap lowers what an instance may use, a minimum is
 * kept for it while it has work and belongs to the others while it has none.
 */
enum vgpu_policy {
	VGPU_BEST_EFFORT,
	VGPU_EQUAL_SHARE,
	VGPU_FIXED_SHARE,
	VGPU_NR_POLICIES,
};

/**
 * enum vgpu_engine_state - what an engine's time is spent on
 * @VGPU_ENGINE_IDLE: nobody may run
 * @VGPU_ENGINE_SWITCH: contexts are loaded and saved, memory is scrubbed, the
 *	engine is reset
 * @VGPU_ENGINE_BUSY: an instance runs
 * @VGPU_NR_ENGINE_STATES: how many there are
 */
enum vgpu_engine_state {
	VGPU_ENGINE_IDLE,
	VGPU_ENGINE_SWITCH,
	VGPU_ENGINE_BUSY,
	VGPU_NR_ENGINE_STATES,
};

/**
 * struct vgpu_runlist - the instances of one engine
 * @policy: how the engine is shared
 * @slice: ns, or 0 to derive it from @members
 * @window: ns over which caps and shares hold, and the most that is charged
 *	for traps at once
 * @averaging: slices over which an overrun is paid back, at least 1
 * @trap_charge: percent of the time of an instance's traps that is charged to
 *	its share
 * @members: open instances
 * @waiting: instances that have work and do not run
 * @ready: those of them that may run, by virtual time
 * @promised: those in @ready that have a minimum, by when it is due
 * @throttled: those that must not run yet, by when they may
 * @epoch: number of the current policy: virtual times of others mean nothing
 * @vtime: virtual time of the last one that was picked
 * @state: what the engine does
 * @since: since when, ns
 * @spent: time in each state up to @since, ns; the sum is wall time
 */
struct vgpu_runlist {
	enum vgpu_policy policy;
	u32 slice;
	u32 window;
	u32 averaging;
	u32 trap_charge;
	unsigned int members;
	unsigned int waiting;
	struct rb_root_cached ready;
	struct rb_root_cached promised;
	struct rb_root_cached throttled;
	u32 epoch;
	u64 vtime;
	enum vgpu_engine_state state;
	u64 since;
	u64 spent[VGPU_NR_ENGINE_STATES];
};

/**
 * enum vgpu_place - where an instance is
 * @VGPU_OFF: it has no work
 * @VGPU_READY: it waits for its turn
 * @VGPU_THROTTLED: it has used up what it may use
 * @VGPU_RUNNING: it has the engine, from vgpu_runlist_start() to
 *	vgpu_runlist_stop()
 */
enum vgpu_place {
	VGPU_OFF,
	VGPU_READY,
	VGPU_THROTTLED,
	VGPU_RUNNING,
};

/**
 * struct vgpu_sched_entity - an instance, as one engine's scheduler sees it
 * @node: in @ready or @throttled of the run list
 * @promise: in @promised of the run list
 * @queue: in which
 * @epoch: the &vgpu_runlist.epoch that its clocks belong to
 * @weight: share relative to the others', VGPU_WEIGHT_MIN to VGPU_WEIGHT_MAX
 * @cap: fraction that it may use at most
 * @min: fraction that is kept for it; not above @cap
 * @share: fraction by its type, for %VGPU_FIXED_SHARE
 * @vruntime: its virtual time: GPU time divided by weight
 * @not_before: when its limit lets it run again, ns
 * @due: when its minimum entitles it to run, ns
 * @debt: ns that its slices so far were longer than set, to be paid back
 * @surcharge: ns to be charged to its share beyond what it ran
 * @waiting_since: when it was queued, or became idle, ns
 * @ready_since: when it began to wait with no limit in its way, ns
 * @started: when it got the engine, ns
 * @gpu_time: time it had the engine, ns
 * @wait_time: time it had work and did not run, ns
 * @wait_max: the longest single wait that no limit asked for, ns
 * @slices: times that it was given the engine
 * @switches: slices before which its context had to be loaded
 * @preemptions: slices that ended with work left
 *
 * Protected by the engine's run-list lock.
 */
struct vgpu_sched_entity {
	struct rb_node node;
	struct rb_node promise;
	enum vgpu_place queue;
	u32 epoch;
	u32 weight;
	u32 cap;
	u32 min;
	u32 share;
	u64 vruntime;
	u64 not_before;
	u64 due;
	u64 debt;
	u64 surcharge;
	u64 waiting_since;
	u64 ready_since;
	u64 started;
	u64 gpu_time;
	u64 wait_time;
	u64 wait_max;
	u64 slices;
	u64 switches;
	u64 preemptions;
};

void vgpu_runlist_init(struct vgpu_runlist *rl, u64 now);
void vgpu_sched_entity_init(struct vgpu_sched_entity *se, u32 weight, u32 share);

bool vgpu_runlist_add(struct vgpu_runlist *rl, struct vgpu_sched_entity *se,
		      u64 now);
void vgpu_runlist_remove(struct vgpu_runlist *rl, struct vgpu_sched_entity *se,
			 u64 now);
void vgpu_runlist_set(struct vgpu_runlist *rl, struct vgpu_sched_entity *se,
		      u32 weight, u32 cap, u32 min, u64 now);
void vgpu_runlist_set_policy(struct vgpu_runlist *rl, enum vgpu_policy policy,
			     u64 now);
struct vgpu_sched_entity *vgpu_runlist_pick(struct vgpu_runlist *rl, u64 now);
u64 vgpu_runlist_wake(const struct vgpu_runlist *rl);
u32 vgpu_runlist_slice(const struct vgpu_runlist *rl,
		       const struct vgpu_sched_entity *se);
u32 vgpu_runlist_limit(const struct vgpu_runlist *rl,
		       const struct vgpu_sched_entity *se);
u64 vgpu_runlist_preempt(const struct vgpu_runlist *rl, u64 started, u64 end);
void vgpu_runlist_start(struct vgpu_runlist *rl, struct vgpu_sched_entity *se,
			u64 now, bool switched);
void vgpu_runlist_stop(struct vgpu_runlist *rl, struct vgpu_sched_entity *se,
		       u64 now, u64 ran, u64 load, bool work_left);
u64 vgpu_runlist_account(struct vgpu_runlist *rl, enum vgpu_engine_state next,
			 u64 now);

#endif /* _VGPU_RUNLIST_H */
