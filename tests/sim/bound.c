// SPDX-License-Identifier: GPL-2.0
/*
 * How long an instance may have to wait from having work to running, with no
 * limit in its way: the bounds of docs/scheduler.md, worked out for a machine.
 */
#include "sim.h"

/* With none of those open that come and go. */
static unsigned int fewest_members(const struct machine *m)
{
	unsigned int members = 0;
	int i;

	for (i = 0; i < m->nr_groups; i++)
		if (m->group[i].load != COME_AND_GO && m->group[i].load != AWAY)
			members += m->group[i].count;
	return max(members, 1U);
}

/* The longest that it was. */
static double nominal_slice(const struct machine *m)
{
	unsigned int members = fewest_members(m);

	if (m->rl.slice)
		return m->rl.slice;
	return clamp(VGPU_ROUND / members, VGPU_SLICE_MIN, VGPU_SLICE_MAX);
}

static double longest_op(const struct group *g)
{
	return g->rare ? max(g->rare_op, g->op_to) : g->op_to;
}

/* The longest that one may have the engine without the switch: a slice that is
 * all but used up, and one more operation.
 */
static double longest_run(const struct machine *m, const struct group *g)
{
	return nominal_slice(m) + longest_op(g);
}

/* What it can be charged for at most in one go. */
static double longest_charge(const struct machine *m, const struct group *g)
{
	double run = longest_run(m, g);
	double ops = run / g->op + 1;
	double traps = ops * g->trap * m->rl.trap_charge / 100;

	if (traps > m->rl.window)
		traps = m->rl.window;
	return run + traps;
}

/*
 * Wall time for each nanosecond that is charged. Who has work for a whole slice
 * runs for half of one at least; who runs for less than a switch takes pays for
 * as long as the switch took, which makes it 2 at worst.
 */
static double overhead(const struct machine *m)
{
	double shortest = nominal_slice(m) / 2, cost = m->sc->switch_cost;
	int i;

	for (i = 0; i < m->nr_groups; i++) {
		const struct group *g = &m->group[i];

		if (g->load > AWAY && g->op < shortest)
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

	if (m->rl.policy == VGPU_EQUAL_SHARE)
		limit = VGPU_PPM / fewest_members(m);
	else if (m->rl.policy == VGPU_FIXED_SHARE)
		limit = g->share;
	return max(min(max(limit, g->min), g->cap), 1U);
}

static double rate(const struct machine *m, int group)
{
	if (m->rl.policy == VGPU_BEST_EFFORT)
		return m->group[group].weight;
	return limit(m, group);
}

/* Those that never have work promise nothing and take no turns. */
static int others(const struct machine *m, int group, int than)
{
	const struct group *g = &m->group[group];

	if (g->load == NEVER || g->load == AWAY)
		return 0;
	return g->count - (group == than);
}

/* By virtual time alone. */
static double bound_of_turns(const struct machine *m, int group)
{
	double debt = longest_charge(m, &m->group[group]) / rate(m, group);
	double sum = 0;
	int i;

	for (i = 0; i < m->nr_groups; i++)
		sum += others(m, i, group) *
		       (rate(m, i) * debt * overhead(m) +
			longest_run(m, &m->group[i]) + m->sc->switch_cost);
	return sum;
}

/* One slice of each of the others that have a promise, and one more. */
static double lateness(const struct machine *m, int group)
{
	double sum = 0, longest = 0, run;
	int i;

	for (i = 0; i < m->nr_groups; i++) {
		if (!others(m, i, group))
			continue;
		run = longest_run(m, &m->group[i]) + m->sc->switch_cost;
		if (run > longest)
			longest = run;
		if (m->group[i].min)
			sum += others(m, i, group) * run;
	}
	return sum + longest;
}

static double promised(const struct machine *m, int than)
{
	double sum = 0;
	int i;

	for (i = 0; i < m->nr_groups; i++)
		sum += (double)others(m, i, than) * m->group[i].min / VGPU_PPM;
	return sum * overhead(m);
}

static double bound_beside_promises(const struct machine *m, int group)
{
	double p = promised(m, group);

	if (p >= 1)
		return -1;
	return (bound_of_turns(m, group) + (1 + p) * lateness(m, group)) /
	       (1 - p);
}

/* The promise is due so long after it last began to run. */
static double promise_period(const struct machine *m, int group)
{
	const struct group *g = &m->group[group];

	return longest_charge(m, g) / ((double)g->min / VGPU_PPM);
}

u64 wait_bound(const struct machine *m, int group)
{
	double bound;

	if (promised(m, group) > 0)
		bound = bound_beside_promises(m, group);
	else
		bound = bound_of_turns(m, group);
	/* With turns that often the promise has nothing to do. */
	if (m->group[group].min && promised(m, -1) <= 1 &&
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
	return part * (wall + m->rl.window + wait) +
	       longest_run(m, &m->group[group]);
}

/* The GPU time that its promise gives it if it always has work, ns. */
double least_time(const struct machine *m, int group, double wall)
{
	const struct group *g = &m->group[group];
	double late;

	if (!g->min || g->load != ALWAYS || promised(m, -1) > 1 ||
	    (g->trap && m->rl.trap_charge))
		return 0;
	late = lateness(m, group) + promise_period(m, group);
	return late > wall ? 0 : (wall - late) * g->min / VGPU_PPM;
}
