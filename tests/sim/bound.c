// SPDX-License-Identifier: GPL-2.0
/*
 * How long an instance may have to wait from having work to running, with no
 * limit in its way: the bounds of docs/scheduler.md, worked out for a machine.
 */
#include "sim.h"

static bool same_engine(const struct machine *m, int a, int b)
{
	return m->group[a].engine == m->group[b].engine;
}

/* On its engine, with none of those open that come and go. */
static unsigned int fewest_members(const struct machine *m, int group)
{
	unsigned int members = 0;
	int i;

	for (i = 0; i < m->nr_groups; i++)
		if (same_engine(m, i, group) && m->group[i].load != COME_AND_GO &&
		    m->group[i].load != AWAY)
			members += m->group[i].count;
	return max(members, 1U);
}

/* The longest that it was. */
static double nominal_slice(const struct machine *m, int group)
{
	const struct vgpu_runlist *rl = &engine_of(m, group)->rl;

	if (rl->slice)
		return rl->slice;
	return clamp(VGPU_ROUND / fewest_members(m, group), VGPU_SLICE_MIN,
		     VGPU_SLICE_MAX);
}

/* A hang is one, too. */
static double longest_op(const struct machine *m, const struct group *g)
{
	double longest = g->rare ? max(g->rare_op, g->op_to) : g->op_to;

	return g->hang && m->sc->watchdog > longest ? m->sc->watchdog : longest;
}

/* The longest that one may have the engine without the switch: a slice that is
 * all but used up, and one more operation.
 */
static double longest_run(const struct machine *m, int group)
{
	return nominal_slice(m, group) + longest_op(m, &m->group[group]);
}

/* The longest that others wait while it has the engine. */
static double longest_turn(const struct machine *m, int group)
{
	return longest_run(m, group) + m->sc->switch_cost +
	       (m->group[group].hang ? m->sc->reset : 0);
}

/* What it can be charged for at most in one go. */
static double longest_charge(const struct machine *m, int group)
{
	const struct vgpu_runlist *rl = &engine_of(m, group)->rl;
	const struct group *g = &m->group[group];
	double run = longest_run(m, group);
	double ops = run / g->op + 1;
	double traps = ops * g->trap * rl->trap_charge / 100;

	if (traps > rl->window)
		traps = rl->window;
	return run + traps;
}

/*
 * Wall time for each nanosecond that is charged. Who has work for a whole slice
 * runs for half of one at least; who runs for less than a switch takes pays for
 * as long as the switch took, which makes it 2 at worst.
 */
static double overhead(const struct machine *m, int group)
{
	double shortest = nominal_slice(m, group) / 2, cost = m->sc->switch_cost;
	int i;

	for (i = 0; i < m->nr_groups; i++) {
		const struct group *g = &m->group[i];

		if (same_engine(m, i, group) && g->load > AWAY &&
		    g->op < shortest)
			shortest = g->op;
	}
	if (shortest < cost)
		shortest = cost;
	return shortest ? 1 + cost / shortest : 1;
}

/* The greatest that it was. */
static double limit(const struct machine *m, int group)
{
	const struct group *g = &m->group[group];
	u32 limit = VGPU_PPM;

	if (engine_of(m, group)->rl.policy == VGPU_EQUAL_SHARE)
		limit = VGPU_PPM / fewest_members(m, group);
	else if (engine_of(m, group)->rl.policy == VGPU_FIXED_SHARE)
		limit = g->share;
	return max(min(max(limit, g->min), g->cap), 1U);
}

static double rate(const struct machine *m, int group)
{
	if (engine_of(m, group)->rl.policy == VGPU_BEST_EFFORT)
		return m->group[group].weight;
	return limit(m, group);
}

/*
 * How many of a group there are on an engine beside one of @than. Those that never
 * have work promise nothing and take no turns.
 */
static int others(const struct machine *m, int group, int than)
{
	const struct group *g = &m->group[group];

	if (g->load == NEVER || g->load == AWAY || !same_engine(m, group, than))
		return 0;
	return g->count - (group == than);
}

/* By virtual time alone. */
static double bound_of_turns(const struct machine *m, int group)
{
	double debt = longest_charge(m, group) / rate(m, group);
	double sum = 0;
	int i;

	for (i = 0; i < m->nr_groups; i++)
		sum += others(m, i, group) *
		       (rate(m, i) * debt * overhead(m, group) +
			longest_turn(m, i));
	return sum;
}

/* One slice of each of the others that have a promise, and one more. */
static double lateness(const struct machine *m, int group)
{
	double sum = 0, longest = 0, turn;
	int i;

	for (i = 0; i < m->nr_groups; i++) {
		if (!others(m, i, group))
			continue;
		turn = longest_turn(m, i);
		if (turn > longest)
			longest = turn;
		if (m->group[i].min)
			sum += others(m, i, group) * turn;
	}
	return sum + longest;
}

/* To the others on the engine; or to all, itself as well. */
static double promised(const struct machine *m, int group, bool all)
{
	double sum = 0;
	int i, nr;

	for (i = 0; i < m->nr_groups; i++) {
		nr = others(m, i, group);
		if (all && i == group && nr == m->group[i].count - 1)
			nr++;
		sum += (double)nr * m->group[i].min / VGPU_PPM;
	}
	return sum * overhead(m, group);
}

static double bound_beside_promises(const struct machine *m, int group)
{
	double p = promised(m, group, false);

	if (p >= 1)
		return -1;
	return (bound_of_turns(m, group) + (1 + p) * lateness(m, group)) /
	       (1 - p);
}

/* The promise is due so long after it last began to run. */
static double promise_period(const struct machine *m, int group)
{
	return longest_charge(m, group) /
	       ((double)m->group[group].min / VGPU_PPM);
}

u64 wait_bound(const struct machine *m, int group)
{
	double bound;

	if (promised(m, group, false) > 0)
		bound = bound_beside_promises(m, group);
	else
		bound = bound_of_turns(m, group);
	/* With turns that often the promise has nothing to do. */
	if (m->group[group].min && promised(m, group, true) <= 1 &&
	    (bound < 0 || bound >= promise_period(m, group)))
		bound = promise_period(m, group) + lateness(m, group);
	return bound < 0 ? FOREVER : (u64)bound;
}

/* The GPU time that it can have had at most in so long, ns. */
double most_time(const struct machine *m, int group, double wall)
{
	double part = limit(m, group) / VGPU_PPM;
	u64 wait = wait_bound(m, group);

	if (part >= 1 || wait == FOREVER)
		return wall;
	return part * (wall + engine_of(m, group)->rl.window + wait) +
	       longest_run(m, group);
}

/* The GPU time that its promise gives it if it always has work, ns. */
double least_time(const struct machine *m, int group, double wall)
{
	const struct group *g = &m->group[group];
	double late;

	if (!g->min || g->load != ALWAYS || promised(m, group, true) > 1 ||
	    (g->trap && engine_of(m, group)->rl.trap_charge))
		return 0;
	late = lateness(m, group) + promise_period(m, group);
	return late > wall ? 0 : (wall - late) * g->min / VGPU_PPM;
}
