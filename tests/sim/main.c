// SPDX-License-Identifier: GPL-2.0
/*
 * sim - the scheduler's policy in simulated time
 *
 * Usage: sim [--tap] [--table] [--json FILE] [--only NAME]
 *        sim --pick-cost
 *
 * Without --tap it prints only what failed. docs/scheduler.md has the rest.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

static struct options {
	bool tap;
	bool table;
	const char *only;
	FILE *json;
} opt;

static struct result {
	int checks;
	int failed;
	bool comma;
} result;

static const char * const policy_names[] = {
	[VGPU_BEST_EFFORT] = "best_effort",
	[VGPU_EQUAL_SHARE] = "equal_share",
	[VGPU_FIXED_SHARE] = "fixed_share",
};

static void check(bool good, const char *scenario, int phase, const char *what,
		  const char *detail)
{
	result.checks++;
	result.failed += !good;
	if (opt.tap || !good)
		printf("%sok %d - %s/%d %s: %s\n", good ? "" : "not ",
		       result.checks, scenario, phase + 1, what, detail);
}

static void check_range(const struct machine *m, int phase,
			const struct expect *e, const char *what, double low,
			double high, double from, double to)
{
	char text[160], label[80];

	snprintf(label, sizeof(label), "%s %s", m->group[e->group].name, what);
	snprintf(text, sizeof(text), "%.6g to %.6g, wanted %.6g to %.6g", low,
		 high, from, to);
	check(low >= from && high <= to, m->sc->name, phase, label, text);
}

static void check_expect(struct machine *m, int phase, const struct expect *e,
			 const struct figures *f)
{
	double wall = m->now - m->mark;
	const struct engine *on = engine_of(m, e->group);
	double busy = machine_spent(on, VGPU_ENGINE_BUSY) / wall;
	double idle = machine_spent(on, VGPU_ENGINE_IDLE) / wall;
	double from = e->value * (1 - e->tolerance);
	double to = e->value * (1 + e->tolerance);

	switch (e->measure) {
	case OF_WALL:
		check_range(m, phase, e, "of wall time", f->low, f->high, from,
			    to);
		break;
	case OF_BUSY:
		check_range(m, phase, e, "of busy time", f->low / busy,
			    f->high / busy, from, to);
		break;
	case AT_LEAST:
		check_range(m, phase, e, "at least", f->low, f->high, from, 1);
		break;
	case AT_MOST:
		check_range(m, phase, e, "at most", f->low, f->high, 0, to);
		break;
	case JAIN:
		check_range(m, phase, e, "Jain's index", f->jain, f->jain,
			    e->value, 1);
		break;
	case MEAN_RUN:
		check_range(m, phase, e, "average slice, ns", f->run, f->run,
			    from, to);
		break;
	case IDLE_MAX:
		check_range(m, phase, e, "engine idle", idle, idle, 0, to);
		break;
	case HANGS_AT_LEAST:
		check_range(m, phase, e, "hangs", on->hangs, on->hangs, e->value,
			    FOREVER);
		break;
	case END:
		break;
	}
}

/* Neither more than the limit nor less than the promise. */
static void check_limits(struct machine *m, int phase, int group,
			 const struct figures *f)
{
	double wall = m->now - m->mark;
	struct expect e = { .group = group };
	double least = least_time(m, group, wall) / wall;
	double most = most_time(m, group, wall) / wall;

	if (least > 0 || most < 1)
		check_range(m, phase, &e, "within promise and limit", f->low,
			    f->high, least, most);
}

/* The bound is each one's own, and the policy's own count must agree. */
static void check_waits(struct machine *m, int phase, int group,
			const struct figures *f)
{
	char text[160], label[80];
	bool same = true;
	int i;

	if (f->bound != FOREVER) {
		snprintf(label, sizeof(label), "%s longest wait, us",
			 m->group[group].name);
		snprintf(text, sizeof(text), "%llu, wanted %llu at most",
			 f->max / 1000, f->bound / 1000);
		check(f->max <= f->bound, m->sc->name, phase, label, text);
	}
	for (i = 0; i < m->nr; i++)
		if (m->inst[i].group == group && phase == 0 &&
		    m->inst[i].se.queue != VGPU_READY &&
		    m->inst[i].se.wait_max < m->inst[i].wait_max)
			same = false;
	if (!same)
		check(false, m->sc->name, phase, m->group[group].name,
		      "wait_max is less than what was seen");
}

static void json_group(const struct machine *m, int group,
		       const struct figures *f)
{
	const struct group *g = &m->group[group];

	fprintf(opt.json,
		"%s{\"name\":\"%s\",\"count\":%d,\"weight\":%u,\"cap\":%g,\"min\":%g,",
		group ? "," : "", g->name, g->count, g->weight,
		(double)g->cap / VGPU_PPM, (double)g->min / VGPU_PPM);
	fprintf(opt.json,
		"\"share_mean\":%.9g,\"share_min\":%.9g,\"share_max\":%.9g,",
		f->mean, f->low, f->high);
	fprintf(opt.json, "\"jain\":%.9g,\"slices\":%llu,\"slice_mean_ns\":%.9g,",
		f->jain, f->slices, f->run);
	fprintf(opt.json, "\"wait_p50_ns\":%llu,\"wait_p99_ns\":%llu,",
		f->median, f->p99);
	fprintf(opt.json, "\"wait_max_ns\":%llu,\"wait_bound_ns\":", f->max);
	if (f->bound == FOREVER)
		fprintf(opt.json, "null}");
	else
		fprintf(opt.json, "%llu}", f->bound);
}

static void json_phase(const struct machine *m, int phase)
{
	fprintf(opt.json, "%s\n{\"scenario\":\"%s\",\"phase\":%d,",
		result.comma ? "," : "", m->sc->name, phase + 1);
	result.comma = true;
	fprintf(opt.json, "\"policy\":\"%s\",\"instances\":%d,\"slice_ns\":%u,",
		policy_names[m->engine->rl.policy], m->nr, m->engine->rl.slice);
	fprintf(opt.json, "\"switch_cost_ns\":%llu,\"wall_ns\":%llu,",
		m->sc->switch_cost, m->now - m->mark);
	fprintf(opt.json, "\"busy_ns\":%llu,\"switch_ns\":%llu,\"idle_ns\":%llu,",
		machine_spent(m->engine, VGPU_ENGINE_BUSY),
		machine_spent(m->engine, VGPU_ENGINE_SWITCH),
		machine_spent(m->engine, VGPU_ENGINE_IDLE));
	fprintf(opt.json, "\"groups\":[");
}

static void table_head(void)
{
	printf("| scenario/phase | group | n | share %% | least to most %% ");
	printf("| Jain | wait ms: median | p99 | max | bound |\n");
	printf("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");
}

static void table_row(const struct machine *m, int phase, int group,
		      const struct figures *f)
{
	char bound[32] = "none";

	if (f->bound != FOREVER)
		snprintf(bound, sizeof(bound), "%.1f", f->bound / 1e6);
	printf("| %s/%d | %s | %d | %.2f | %.2f to %.2f | %.5f | %.1f | %.1f | %.1f | %s |\n",
	       m->sc->name, phase + 1, m->group[group].name,
	       m->group[group].count, 100 * f->mean, 100 * f->low,
	       100 * f->high, f->jain, f->median / 1e6, f->p99 / 1e6,
	       f->max / 1e6, bound);
}

static void report_phase(struct machine *m, int phase)
{
	const struct expect *e = m->sc->phase[phase].expect;
	struct figures f[MAX_GROUPS];
	int i;

	if (opt.json)
		json_phase(m, phase);
	for (i = 0; i < m->nr_groups; i++) {
		measure(m, i, &f[i]);
		check_waits(m, phase, i, &f[i]);
		check_limits(m, phase, i, &f[i]);
		if (opt.json)
			json_group(m, i, &f[i]);
		if (opt.table)
			table_row(m, phase, i, &f[i]);
	}
	if (opt.json)
		fprintf(opt.json, "]}");
	for (i = 0; i < MAX_EXPECT && e[i].measure != END; i++)
		check_expect(m, phase, &e[i], &f[e[i].group]);
	check(!m->error, m->sc->name, phase, "sums and order",
	      m->error ? m->error : "right");
}

static void run_scenario(const struct scenario *sc)
{
	struct machine m;
	int i;

	if (opt.only && strcmp(opt.only, sc->name))
		return;
	machine_init(&m, sc);
	for (i = 0; i < MAX_PHASES && sc->phase[i].length; i++) {
		machine_change(&m, &sc->phase[i]);
		machine_run(&m, sc->phase[i].settle);
		machine_mark(&m);
		machine_run(&m, sc->phase[i].length);
		report_phase(&m, i);
	}
	machine_free(&m);
}

/* A decision costs O(log n), counted and not timed. */
static void check_picks(void)
{
	static const int sizes[] = { 2, 10, 100, 1000, 10000 };
	double found, most;
	char text[160];
	unsigned int i;

	if (opt.only && strcmp(opt.only, "pick"))
		return;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		found = pick_looks(sizes[i]);
		most = pick_looks_max(sizes[i]);
		snprintf(text, sizeof(text), "%.1f of %d, wanted %.0f at most",
			 found, sizes[i], most);
		check(found > 0 && found <= most, "pick", 0,
		      "looks at instances", text);
	}
}

static void run_all(void)
{
	struct scenario sc;
	char name[64];
	int i;

	for (i = 0; i < nr_scenarios; i++)
		run_scenario(&scenarios[i]);
	for (i = 0; i < nr_engine_scenarios; i++)
		run_scenario(&engine_scenarios[i]);
	for (i = 0; i < nr_sweeps(); i++) {
		make_sweep(i, &sc, name, sizeof(name));
		run_scenario(&sc);
	}
	check_picks();
}

static int usage(void)
{
	fprintf(stderr, "sim [--tap] [--table] [--json FILE] [--only NAME], or sim --pick-cost\n");
	return 2;
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--tap")) {
			opt.tap = true;
		} else if (!strcmp(argv[i], "--table")) {
			opt.table = true;
		} else if (!strcmp(argv[i], "--only") && i + 1 < argc) {
			opt.only = argv[++i];
		} else if (!strcmp(argv[i], "--json") && i + 1 < argc) {
			opt.json = fopen(argv[++i], "w");
			if (!opt.json) {
				perror(argv[i]);
				return 2;
			}
		} else if (!strcmp(argv[i], "--pick-cost")) {
			pick_cost(stdout);
			return 0;
		} else {
			return usage();
		}
	}

	if (opt.table)
		table_head();
	if (opt.json)
		fprintf(opt.json, "[");
	run_all();
	if (opt.json) {
		fprintf(opt.json, "\n]\n");
		fclose(opt.json);
	}
	if (opt.tap)
		printf("1..%d\n", result.checks);
	if (!result.checks)
		fprintf(stderr, "sim: nothing ran\n");
	return result.failed || !result.checks;
}
