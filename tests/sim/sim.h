/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SIM_H
#define _SIM_H

#include <linux/rbtree.h>
#include <stdio.h>

#include "runlist.h"

#define USEC		1000ULL
#define MSEC		1000000ULL
#define SEC		1000000000ULL
#define PERCENT(x)	((u32)((x) * 10000))
#define FOREVER		U64_MAX

#define MAX_GROUPS	6
#define MAX_PHASES	4
#define MAX_EXPECT	6

/**
 * enum load - when an instance has work
 * @ALWAYS: always
 * @NEVER: it is open, and that is all
 * @AWAY: it is not even open
 * @PERIODIC: @burst operations every @period
 * @SPORADIC: @burst operations after random times, on average @period
 * @ON_OFF: always for @period, then not for @period, and so on
 * @COME_AND_GO: the same, and it is closed while it has no work
 */
enum load {
	ALWAYS,
	NEVER,
	AWAY,
	PERIODIC,
	SPORADIC,
	ON_OFF,
	COME_AND_GO,
};

/**
 * struct group - instances that are alike
 * @name: of the group
 * @count: how many
 * @load: when they have work
 * @period: see &enum load, ns
 * @burst: see &enum load
 * @op: length of the shortest operation, ns
 * @op_to: length of the longest, ns; 0 if all are alike
 * @rare: one in so many operations takes @rare_op instead; 0 for none
 * @rare_op: ns
 * @trap: host time on traps for each operation, ns
 * @weight: 100 if not set
 * @cap: fraction; all if not set
 * @min: fraction
 * @share: fraction; 1/instances if not set
 */
struct group {
	const char *name;
	int count;
	enum load load;
	u64 period;
	int burst;
	u64 op;
	u64 op_to;
	int rare;
	u64 rare_op;
	u64 trap;
	u32 weight;
	u32 cap;
	u32 min;
	u32 share;
};

/**
 * enum measure - what is expected of a group
 * @END: the list ends
 * @OF_WALL: each one's GPU time is this part of wall time
 * @OF_BUSY: of the time that the engine was busy
 * @AT_LEAST: of wall time, at least
 * @AT_MOST: of wall time, at most
 * @JAIN: Jain's index of the group's GPU times, at least
 * @MEAN_RUN: average length of a slice, ns
 * @IDLE_MAX: part of wall time that the engine was idle, at most
 */
enum measure {
	END,
	OF_WALL,
	OF_BUSY,
	AT_LEAST,
	AT_MOST,
	JAIN,
	MEAN_RUN,
	IDLE_MAX,
};

struct expect {
	enum measure measure;
	int group;
	double value;
	double tolerance;	/* relative */
};

/**
 * struct phase - a stretch of time in which nothing is changed
 * @length: what is measured, ns; the first phase without it is no phase
 * @settle: before that, ns
 * @set_policy: @policy is set
 * @policy: how the engine is shared
 * @set_group: 1 + number of the group that is set to @change
 * @change: load, weight, cap and min are taken from it
 * @expect: what the measures must be
 */
struct phase {
	u64 length;
	u64 settle;
	bool set_policy;
	enum vgpu_policy policy;
	int set_group;
	struct group change;
	struct expect expect[MAX_EXPECT];
};

/**
 * struct scenario - an engine and its instances
 * @name: of the scenario
 * @policy: how the engine is shared
 * @slice: ns; 0 to derive it
 * @switch_cost: ns
 * @averaging: 4 if not set
 * @trap_charge: percent
 * @no_bound: waits are not checked: there is no bound
 * @group: the instances; the first without @count ends the list
 * @phase: what happens
 */
struct scenario {
	const char *name;
	enum vgpu_policy policy;
	u32 slice;
	u64 switch_cost;
	u32 averaging;
	u32 trap_charge;
	bool no_bound;
	struct group group[MAX_GROUPS];
	struct phase phase[MAX_PHASES];
};

/**
 * struct inst - an instance
 * @se: as the policy sees it
 * @group: number of its group
 * @timer: in the machine's, when @armed
 * @at: when the timer ends, ns
 * @armed: the timer runs
 * @open: it is a member
 * @pending: operations that are queued, or %FOREVER
 * @since: since when it waits, ns
 * @gpu_mark: GPU time when the phase's measurement began, ns
 * @slices_mark: slices, then
 * @wait_max: longest wait of the phase, ns
 */
struct inst {
	struct vgpu_sched_entity se;
	int group;
	struct rb_node timer;
	u64 at;
	bool armed;
	bool open;
	u64 pending;
	u64 since;
	u64 gpu_mark;
	u64 slices_mark;
	u64 wait_max;
};

/** struct waits - every wait of a group's instances, ns */
struct waits {
	u64 *ns;
	size_t count;
	size_t room;
};

/**
 * struct machine - an engine, its clock, and its tenants
 * @sc: the scenario
 * @group: its groups as they are now
 * @rl: the policy's data
 * @inst: instances
 * @nr: how many
 * @nr_groups: how many
 * @timers: of the instances, by time
 * @now: ns
 * @rnd: state of the random numbers
 * @loaded: whose context the engine has
 * @waits: of each group, in this phase
 * @mark: when the phase's measurement began, ns
 * @spent_mark: the engine's times then
 * @error: what the policy did wrong, or NULL
 */
struct machine {
	const struct scenario *sc;
	struct group group[MAX_GROUPS];
	struct vgpu_runlist rl;
	struct inst *inst;
	int nr;
	int nr_groups;
	struct rb_root_cached timers;
	u64 now;
	u64 rnd;
	struct inst *loaded;
	struct waits waits[MAX_GROUPS];
	u64 mark;
	u64 spent_mark[VGPU_NR_ENGINE_STATES];
	const char *error;
};

/**
 * struct figures - what a group got in a phase
 * @mean: average part of wall time
 * @low: the smallest one
 * @high: the greatest one
 * @jain: Jain's index
 * @run: average length of a slice, ns
 * @median: wait, ns
 * @p99: wait, ns
 * @max: wait, ns
 * @bound: what @max must not exceed, ns; %FOREVER for no bound
 * @slices: how many
 */
struct figures {
	double mean;
	double low;
	double high;
	double jain;
	double run;
	u64 median;
	u64 p99;
	u64 max;
	u64 bound;
	u64 slices;
};

/* machine.c */
void machine_init(struct machine *m, const struct scenario *sc);
void machine_free(struct machine *m);
void machine_change(struct machine *m, const struct phase *phase);
void machine_run(struct machine *m, u64 length);
void machine_mark(struct machine *m);
u64 machine_spent(const struct machine *m, enum vgpu_engine_state state);

/* bound.c */
u64 wait_bound(const struct machine *m, int group);
double most_time(const struct machine *m, int group, double wall);
double least_time(const struct machine *m, int group, double wall);

/* measure.c */
void measure(struct machine *m, int group, struct figures *f);

/* scenarios.c, sweep.c */
extern const struct scenario scenarios[];
extern const int nr_scenarios;
int nr_sweeps(void);
void make_sweep(int i, struct scenario *sc, char *name, size_t size);

/* pick_cost.c */
void pick_cost(FILE *out);
double pick_looks(int nr);
double pick_looks_max(int nr);

#endif /* _SIM_H */
