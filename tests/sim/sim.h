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
#define MAX_ENGINES	3

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
 * @engine: on which engine
 * @tenants: 1 + number of a group of as many on another engine: the same tenants',
 *	who have a queue on both
 * @hang: one operation in so many hangs; 0 for none
 * @back: after a hang the tenant is reset and back at work, ns
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
	int engine;
	int tenants;
	int hang;
	u64 back;
};

/**
 * enum measure - what is expected of a group
 * @END: the list ends
 * @OF_WALL: each one's GPU time is this part of wall time
 * @OF_BUSY: of the time that its engine was busy
 * @AT_LEAST: of wall time, at least
 * @AT_MOST: of wall time, at most
 * @JAIN: Jain's index of the group's GPU times, at least
 * @MEAN_RUN: average length of a slice, ns
 * @IDLE_MAX: part of wall time that its engine was idle, at most
 * @HANGS_AT_LEAST: how often its engine hung, at least
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
	HANGS_AT_LEAST,
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
 * struct scenario - engines and their instances
 * @name: of the scenario
 * @policy: how the engine is shared
 * @slice: ns; 0 to derive it
 * @switch_cost: ns
 * @averaging: 4 if not set
 * @trap_charge: percent
 * @watchdog: how long a hang lasts until it is found, ns
 * @reset: what resetting the engine takes then, ns
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
	u64 watchdog;
	u64 reset;
	bool no_bound;
	struct group group[MAX_GROUPS];
	struct phase phase[MAX_PHASES];
};

struct engine;

/**
 * struct inst - an instance on one engine
 * @se: as the policy sees it
 * @engine: which
 * @group: number of its group
 * @tenant: number of the tenant that it is of
 * @timer: in the machine's, when @armed
 * @at: when the timer ends, ns
 * @armed: the timer runs
 * @open: it is a member
 * @faulted: its tenant has hung an engine; the timer ends that
 * @pending: operations that are queued, or %FOREVER
 * @since: since when it waits, ns
 * @gpu_mark: GPU time when the phase's measurement began, ns
 * @slices_mark: slices, then
 * @wait_max: longest wait of the phase, ns
 */
struct inst {
	struct vgpu_sched_entity se;
	struct engine *engine;
	int group;
	int tenant;
	struct rb_node timer;
	u64 at;
	bool armed;
	bool open;
	bool faulted;
	u64 pending;
	u64 since;
	u64 gpu_mark;
	u64 slices_mark;
	u64 wait_max;
};

/** enum doing - what an engine does */
enum doing { NOTHING, SWITCHING, WORKING, HANGING, RESETTING };

/**
 * struct engine - what sched.c knows of an engine, and where it is
 * @rl: the policy's data
 * @loaded: whose context it has
 * @running: whose slice it is
 * @doing: what it does
 * @until: when that ends, ns
 * @began: when the work of the slice did, ns
 * @budget: of the slice, ns
 * @ran: of the slice so far, ns
 * @before: GPU time of @running when the slice began, ns
 * @hangs: how often it has hung since the phase's measurement began
 * @spent_mark: the engine's times then
 */
struct engine {
	struct vgpu_runlist rl;
	struct inst *loaded;
	struct inst *running;
	enum doing doing;
	u64 until;
	u64 began;
	u64 budget;
	u64 ran;
	u64 before;
	unsigned int hangs;
	u64 spent_mark[VGPU_NR_ENGINE_STATES];
};

/** struct waits - every wait of a group's instances, ns */
struct waits {
	u64 *ns;
	size_t count;
	size_t room;
};

/**
 * struct machine - engines, a clock, and tenants
 * @sc: the scenario
 * @group: its groups as they are now
 * @engine: those that a group is on
 * @nr_engines: how many
 * @inst: instances
 * @nr: how many
 * @nr_groups: how many
 * @timers: of the instances, by time
 * @now: ns
 * @rnd: state of the random numbers
 * @waits: of each group, in this phase
 * @mark: when the phase's measurement began, ns
 * @error: what the policy did wrong, or NULL
 */
struct machine {
	const struct scenario *sc;
	struct group group[MAX_GROUPS];
	struct engine engine[MAX_ENGINES];
	int nr_engines;
	struct inst *inst;
	int nr;
	int nr_groups;
	struct rb_root_cached timers;
	u64 now;
	u64 rnd;
	struct waits waits[MAX_GROUPS];
	u64 mark;
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
u64 machine_spent(const struct engine *e, enum vgpu_engine_state state);

static inline const struct engine *engine_of(const struct machine *m, int group)
{
	return &m->engine[m->group[group].engine];
}

/* bound.c */
u64 wait_bound(const struct machine *m, int group);
double most_time(const struct machine *m, int group, double wall);
double least_time(const struct machine *m, int group, double wall);

/* measure.c */
void measure(struct machine *m, int group, struct figures *f);

/* scenarios.c */
extern const struct scenario scenarios[];
extern const int nr_scenarios;

/* engines.c */
extern const struct scenario engine_scenarios[];
extern const int nr_engine_scenarios;

/* sweep.c */
int nr_sweeps(void);
void make_sweep(int i, struct scenario *sc, char *name, size_t size);

/* pick_cost.c */
void pick_cost(FILE *out);
double pick_looks(int nr);
double pick_looks_max(int nr);

#endif /* _SIM_H */
