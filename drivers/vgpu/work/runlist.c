// SPDX-License-Identifier: GPL-2.0
/*
 * Which instance runs next, for how long, and what is charged to it.
 */

/**
 * DOC: policies
 *
 * Policy apart from mechanism: these functions see plain data and the time
 * they are given, never a clock, a lock or a device.
 *
 * Each instance has three clocks, and every nanosecond that it runs moves all
 * three on:
 *
 * - its *virtual time* (@vruntime) by time / weight. Of those that may run, the
 *   one with the smallest goes first: weighted fair queueing. Who comes back
 *   from being idle starts at the virtual time of the last one that was
 *   picked: idle time is no credit;
 * - its *limit* (@not_before) by time / limit. It may not run while that is in
 *   the future. The limit is its cap, and what the policy grants it: all under
 *   best effort, 1/n under equal share, the fraction of its type under fixed
 *   share. The limit is the weight, too, under these two;
 * - its *promise* (@due) by time / minimum. While that is in the past it goes
 *   before everybody who has no promise that is due.
 *
 * What is charged is what was used, so an instance whose operation overran its
 * slice owes the overrun to all three clocks. Its next slices are shortened,
 * too, until they are as long as they should be on average (@debt, @averaging):
 * the turns of the others come as often as they would have.
 *
 * The limit and the promise may be late by the averaging window when an
 * instance begins to wait, and no more: that is what it can use in one go after
 * it was idle. Waiting for a turn makes them later and costs nothing.
 *
 * All three are ordered in red-black trees: a pick is O(log n).
 *
 * The longest wait for a turn, that is from having work, and no limit in the
 * way, to running. Let r be the weight (under best effort) or the limit, c the
 * most that is charged for one slice (the slice, an operation, and its traps),
 * t the most that a slice takes (the slice, an operation, and the switch), and
 * s the time that passes for each nanosecond that is charged (1 + switch / run,
 * at most 2, as a run is charged for no less than its switch took):
 *
 * - turns: B = sum of r_j / r_i * c_i * s + t_j over the others j. Its virtual
 *   time is ahead of the last pick's by its last charge, c_i / r_i, at most.
 *   Meanwhile each of the others gets r_j times that, and the slice that ends
 *   it;
 * - beside promises that add up to P: (B + (1 + P) * L) / (1 - s * P), where L,
 *   how late a promise can be, is one slice t of each of the others that have
 *   one, and the longest slice of anybody, which may have just begun;
 * - for an instance with the promise p, where these are above c_i / p:
 *   c_i / p + L. It needs s times the sum of all promises to be at most 1.
 *
 * The simulator (tests/sim) measures waits against these.
 */
#include <linux/math64.h>
#include <linux/minmax.h>

#include "runlist.h"

/* Scale of virtual time: ns at a weight of this. */
#define WEIGHT_UNIT	1000U
/* No single charge is more than this, ns. Keeps products within 64 bits. */
#define CHARGE_MAX	BIT_ULL(40)
/* Idle for so long, an instance's old virtual time means nothing, ns. */
#define LONG_IDLE	(60ULL * 1000000000)

#define node_to_se(n)		rb_entry(n, struct vgpu_sched_entity, node)
#define promise_to_se(n)	rb_entry(n, struct vgpu_sched_entity, promise)

static bool less_vruntime(struct rb_node *a, const struct rb_node *b)
{
	return (s64)(node_to_se(a)->vruntime - node_to_se(b)->vruntime) < 0;
}

static bool less_not_before(struct rb_node *a, const struct rb_node *b)
{
	return node_to_se(a)->not_before < node_to_se(b)->not_before;
}

static bool less_due(struct rb_node *a, const struct rb_node *b)
{
	return promise_to_se(a)->due < promise_to_se(b)->due;
}

/**
 * vgpu_runlist_init() - nobody has work
 * @rl: zeroed
 * @now: ns; accounting begins here
 */
void vgpu_runlist_init(struct vgpu_runlist *rl, u64 now)
{
	rl->policy = VGPU_BEST_EFFORT;
	rl->slice = 2000000;
	rl->window = 100000000;
	rl->averaging = 4;
	rl->ready = RB_ROOT_CACHED;
	rl->promised = RB_ROOT_CACHED;
	rl->throttled = RB_ROOT_CACHED;
	/* Not that of an instance's zeroed clocks: its first work sets them. */
	rl->epoch = 1;
	rl->state = VGPU_ENGINE_IDLE;
	rl->since = now;
}

/**
 * vgpu_sched_entity_init() - an instance that has not run yet
 * @se: zeroed
 * @weight: its weight
 * @share: its fraction under fixed share, not 0
 */
void vgpu_sched_entity_init(struct vgpu_sched_entity *se, u32 weight, u32 share)
{
	se->queue = VGPU_OFF;
	se->weight = weight;
	se->cap = VGPU_PPM;
	se->share = share;
}

static u32 equal_share(const struct vgpu_runlist *rl)
{
	return max(VGPU_PPM / max(rl->members, 1U), 1U);
}

/**
 * vgpu_runlist_limit() - what an instance may use at most
 * @rl: the run list
 * @se: the instance
 *
 * Return: a fraction, 1 to VGPU_PPM.
 */
u32 vgpu_runlist_limit(const struct vgpu_runlist *rl,
		       const struct vgpu_sched_entity *se)
{
	u32 limit = VGPU_PPM;

	if (rl->policy == VGPU_EQUAL_SHARE)
		limit = equal_share(rl);
	else if (rl->policy == VGPU_FIXED_SHARE)
		limit = se->share;
	return max(min(max(limit, se->min), se->cap), 1U);
}

static u64 scaled(u64 ns, u32 unit, u32 divisor)
{
	return div_u64(min(ns, CHARGE_MAX) * unit, divisor);
}

/*
 * Under the policies that reserve fractions, these are the weights. With equal
 * shares they are relative to the share, so that virtual time goes on as before
 * when an instance is opened or closed.
 */
static u64 virtual_time(const struct vgpu_runlist *rl,
			const struct vgpu_sched_entity *se, u64 ns)
{
	u32 unit = VGPU_PPM;

	if (rl->policy == VGPU_BEST_EFFORT)
		return scaled(ns, WEIGHT_UNIT, se->weight);
	if (rl->policy == VGPU_EQUAL_SHARE)
		unit = equal_share(rl);
	return scaled(ns, unit, vgpu_runlist_limit(rl, se));
}

static bool queued(const struct vgpu_sched_entity *se)
{
	return se->queue == VGPU_READY || se->queue == VGPU_THROTTLED;
}

static void enqueue(struct vgpu_runlist *rl, struct vgpu_sched_entity *se,
		    u64 now)
{
	if (se->not_before > now) {
		se->queue = VGPU_THROTTLED;
		rb_add_cached(&se->node, &rl->throttled, less_not_before);
		return;
	}
	se->queue = VGPU_READY;
	rb_add_cached(&se->node, &rl->ready, less_vruntime);
	if (se->min)
		rb_add_cached(&se->promise, &rl->promised, less_due);
}

static void dequeue(struct vgpu_runlist *rl, struct vgpu_sched_entity *se)
{
	if (se->queue == VGPU_THROTTLED) {
		rb_erase_cached(&se->node, &rl->throttled);
	} else if (se->queue == VGPU_READY) {
		rb_erase_cached(&se->node, &rl->ready);
		if (se->min)
			rb_erase_cached(&se->promise, &rl->promised);
	}
	if (se->queue != VGPU_RUNNING)
		se->queue = VGPU_OFF;
}

/*
 * Time in which it did not wait for its turn gives no credit; and what it owed
 * under another policy is forgiven, for that was counted in other units.
 */
static void catch_up(struct vgpu_runlist *rl, struct vgpu_sched_entity *se,
		     u64 now)
{
	if (se->epoch != rl->epoch) {
		se->epoch = rl->epoch;
		se->vruntime = rl->vtime;
		se->not_before = now;
		se->due = now;
	}
	if ((s64)(se->vruntime - rl->vtime) < 0)
		se->vruntime = rl->vtime;
	se->due = max(se->due, now);
}

/**
 * vgpu_runlist_add() - an instance has work
 * @rl: the run list
 * @se: the instance; may be queued already, or running
 * @now: ns
 *
 * Return: true when it was neither before.
 */
bool vgpu_runlist_add(struct vgpu_runlist *rl, struct vgpu_sched_entity *se,
		      u64 now)
{
	if (se->queue != VGPU_OFF)
		return false;
	if (now > se->waiting_since + LONG_IDLE)
		se->vruntime = rl->vtime;
	catch_up(rl, se, now);
	se->waiting_since = now;
	se->ready_since = now;
	enqueue(rl, se, now);
	rl->waiting++;
	return true;
}

/**
 * vgpu_runlist_remove() - an instance has no work any more
 * @rl: the run list
 * @se: the instance; need not be queued; a running one goes on to run
 * @now: ns
 */
void vgpu_runlist_remove(struct vgpu_runlist *rl, struct vgpu_sched_entity *se,
			 u64 now)
{
	if (!queued(se))
		return;
	dequeue(rl, se);
	rl->waiting--;
	if (now > se->waiting_since)
		se->wait_time += now - se->waiting_since;
	se->waiting_since = now;
}

/**
 * vgpu_runlist_set() - change what an instance is entitled to
 * @rl: the run list
 * @se: the instance
 * @weight: its weight
 * @cap: fraction that it may use at most, not 0
 * @min: fraction that is kept for it, at most @cap
 * @now: ns
 *
 * The caller has checked the values, and that the minima of all instances do
 * not add up to more than there is.
 */
void vgpu_runlist_set(struct vgpu_runlist *rl, struct vgpu_sched_entity *se,
		      u32 weight, u32 cap, u32 min, u64 now)
{
	bool requeue = queued(se);

	if (se->queue == VGPU_THROTTLED)
		se->ready_since = now;
	dequeue(rl, se);
	se->weight = weight;
	se->cap = cap;
	se->min = min;
	/* What the old values made it wait for, or gave it, is forgotten. */
	se->vruntime = rl->vtime;
	se->not_before = now;
	se->due = now;
	if (requeue)
		enqueue(rl, se, now);
}

static void requeue_all(struct vgpu_runlist *rl, struct rb_root_cached *root,
			u64 now)
{
	struct vgpu_sched_entity *se;
	struct rb_node *node;

	while ((node = rb_first_cached(root))) {
		rb_erase_cached(node, root);
		se = node_to_se(node);
		if (se->queue == VGPU_THROTTLED)
			se->ready_since = now;
		catch_up(rl, se, now);
		enqueue(rl, se, now);
	}
}

/**
 * vgpu_runlist_set_policy() - share the engine in another way from now on
 * @rl: the run list
 * @policy: how
 * @now: ns
 */
void vgpu_runlist_set_policy(struct vgpu_runlist *rl, enum vgpu_policy policy,
			     u64 now)
{
	struct rb_root_cached ready = rl->ready, throttled = rl->throttled;

	if (policy == rl->policy)
		return;
	rl->policy = policy;
	rl->epoch++;
	rl->ready = RB_ROOT_CACHED;
	rl->promised = RB_ROOT_CACHED;
	rl->throttled = RB_ROOT_CACHED;
	requeue_all(rl, &ready, now);
	requeue_all(rl, &throttled, now);
}

static void release_throttled(struct vgpu_runlist *rl, u64 now)
{
	struct vgpu_sched_entity *se;
	struct rb_node *node;

	while ((node = rb_first_cached(&rl->throttled))) {
		se = node_to_se(node);
		if (se->not_before > now)
			break;
		dequeue(rl, se);
		se->ready_since = se->not_before;
		catch_up(rl, se, se->not_before);
		enqueue(rl, se, now);
	}
}

/**
 * vgpu_runlist_pick() - choose who runs next
 * @rl: the run list
 * @now: ns
 *
 * Return: the instance, taken off the list, or NULL when nobody may run; then
 * vgpu_runlist_wake() says when to try again.
 */
struct vgpu_sched_entity *vgpu_runlist_pick(struct vgpu_runlist *rl, u64 now)
{
	struct vgpu_sched_entity *se;
	struct rb_node *node;

	release_throttled(rl, now);

	node = rb_first_cached(&rl->promised);
	if (node && promise_to_se(node)->due <= now) {
		se = promise_to_se(node);
	} else {
		node = rb_first_cached(&rl->ready);
		if (!node)
			return NULL;
		se = node_to_se(node);
		if ((s64)(se->vruntime - rl->vtime) > 0)
			rl->vtime = se->vruntime;
	}
	dequeue(rl, se);
	rl->waiting--;
	return se;
}

/**
 * vgpu_runlist_wake() - when somebody may run
 * @rl: the run list
 *
 * Return: ns; 0 for now, U64_MAX for nobody.
 */
u64 vgpu_runlist_wake(const struct vgpu_runlist *rl)
{
	struct rb_node *node;

	if (rb_first_cached(&rl->ready))
		return 0;
	node = rb_first_cached(&rl->throttled);
	return node ? node_to_se(node)->not_before : U64_MAX;
}

static u32 full_slice(const struct vgpu_runlist *rl)
{
	if (rl->slice)
		return rl->slice;
	return clamp(VGPU_ROUND / max(rl->members, 1U), VGPU_SLICE_MIN,
		     VGPU_SLICE_MAX);
}

/**
 * vgpu_runlist_slice() - how long an instance may run now
 * @rl: the run list
 * @se: the instance
 *
 * Return: ns, at least half of the slice that is set.
 */
u32 vgpu_runlist_slice(const struct vgpu_runlist *rl,
		       const struct vgpu_sched_entity *se)
{
	u32 slice = full_slice(rl);

	return slice - (u32)min_t(u64, div_u64(se->debt, rl->averaging),
				  slice / 2);
}

/**
 * vgpu_runlist_preempt() - when an instance has to give the engine up
 * @rl: the run list
 * @started: when it got the engine, ns
 * @end: when its slice is over, ns
 *
 * For engines that can be pre-empted: a promise of another that falls due ends a
 * slice early, but no slice is made shorter than any may be.
 *
 * Return: ns, at most @end.
 */
u64 vgpu_runlist_preempt(const struct vgpu_runlist *rl, u64 started, u64 end)
{
	struct rb_node *node = rb_first_cached(&rl->promised);

	if (!node)
		return end;
	return min(end, max(promise_to_se(node)->due,
			    started + VGPU_SLICE_MIN));
}

/**
 * vgpu_runlist_start() - an instance gets the engine
 * @rl: the run list
 * @se: the instance, picked before
 * @now: ns
 * @switched: its context has to be loaded first
 *
 * From now on vgpu_runlist_add() does nothing: who calls vgpu_runlist_stop()
 * looks for new work under the lock that protects the run list.
 */
void vgpu_runlist_start(struct vgpu_runlist *rl, struct vgpu_sched_entity *se,
			u64 now, bool switched)
{
	/* It may have been added again since it was picked. */
	if (queued(se)) {
		dequeue(rl, se);
		rl->waiting--;
	}
	se->queue = VGPU_RUNNING;
	se->started = now;
	if (now > se->waiting_since)
		se->wait_time += now - se->waiting_since;
	if (now > se->ready_since)
		se->wait_max = max(se->wait_max, now - se->ready_since);
	se->slices++;
	se->switches += switched;
}

/*
 * How late the limit and the promise of an instance may be: the window before
 * it began to wait. So idle time is credit for no more than that, and waiting
 * for a turn, however long, costs nothing.
 */
static u64 latest(const struct vgpu_runlist *rl,
		  const struct vgpu_sched_entity *se)
{
	return se->ready_since > rl->window ? se->ready_since - rl->window : 0;
}

static void charge_limit(struct vgpu_runlist *rl, struct vgpu_sched_entity *se,
			 u64 charge)
{
	u32 limit = vgpu_runlist_limit(rl, se);

	if (limit < VGPU_PPM)
		se->not_before = max(se->not_before, latest(rl, se)) +
				 scaled(charge, VGPU_PPM, limit);
}

/*
 * What it got before its promise was due puts the promise off, but does not add
 * up: time that nobody else wanted is not held against it later.
 */
static void charge_promise(struct vgpu_runlist *rl,
			   struct vgpu_sched_entity *se, u64 charge)
{
	if (se->min)
		se->due = min(max(se->due, latest(rl, se)), se->started) +
			  scaled(charge, VGPU_PPM, se->min);
}

/*
 * A promise of more than its weight is worth drives an instance's virtual time
 * ahead of the others'. Beyond the window that is not counted: it would have to
 * wait for them if the weights changed.
 */
static void charge_turn(struct vgpu_runlist *rl, struct vgpu_sched_entity *se,
			u64 charge)
{
	s64 ahead = se->vruntime - rl->vtime;

	if (ahead <= (s64)virtual_time(rl, se, rl->window))
		se->vruntime += virtual_time(rl, se, charge);
}

/**
 * vgpu_runlist_stop() - an instance gives the engine back
 * @rl: the run list
 * @se: the instance
 * @now: ns
 * @ran: ns that it used, without the time that its context took to load
 * @load: ns that took
 * @work_left: it did not finish
 */
void vgpu_runlist_stop(struct vgpu_runlist *rl, struct vgpu_sched_entity *se,
		       u64 now, u64 ran, u64 load, bool work_left)
{
	u64 charge = ran + min_t(u64, se->surcharge, rl->window);
	u32 slice = full_slice(rl);

	if (se->epoch != rl->epoch)
		catch_up(rl, se, now);
	/* Who runs for less than the switch to it took pays for the switch. */
	charge = max(charge, load);
	charge_limit(rl, se, charge);
	charge_promise(rl, se, charge);
	charge_turn(rl, se, charge);

	/* Long slices are owed, short ones pay; old debts are forgotten. */
	se->debt += ran;
	se->debt -= min_t(u64, se->debt, slice);
	se->debt = min_t(u64, se->debt, (u64)slice * rl->averaging);

	se->queue = VGPU_OFF;
	se->gpu_time += ran;
	se->surcharge = 0;
	se->waiting_since = now;
	se->ready_since = now;
	if (work_left) {
		se->preemptions++;
		enqueue(rl, se, now);
		rl->waiting++;
	}
}

/**
 * vgpu_runlist_account() - the engine begins something else
 * @rl: the run list
 * @next: what it does from now on
 * @now: ns, never going backwards
 *
 * Return: ns spent in the state that ends.
 */
u64 vgpu_runlist_account(struct vgpu_runlist *rl, enum vgpu_engine_state next,
			 u64 now)
{
	u64 spent = now - rl->since;

	rl->spent[rl->state] += spent;
	rl->state = next;
	rl->since = now;
	return spent;
}
