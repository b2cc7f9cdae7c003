// SPDX-License-Identifier: GPL-2.0
/*
 * The machine: what sched.c, the guests and the card do, in simulated time. Each
 * engine does one thing after the other, all of them at once; what happens next on
 * any of them, or by a timer, is the next step.
 */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define timer_to_inst(node)	container_of(node, struct inst, timer)

/* splitmix64: the same sequence everywhere. */
static u64 random_u64(struct machine *m)
{
	u64 z = m->rnd += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static u64 random_between(struct machine *m, u64 from, u64 to)
{
	return from + random_u64(m) % (to - from + 1);
}

static const struct group *group_of(const struct machine *m,
				    const struct inst *inst)
{
	return &m->group[inst->group];
}

static void wrong(struct machine *m, const char *what)
{
	if (!m->error)
		m->error = what;
}

static bool timer_less(struct rb_node *a, const struct rb_node *b)
{
	return timer_to_inst(a)->at < timer_to_inst(b)->at;
}

static void arm(struct machine *m, struct inst *inst, u64 at)
{
	if (inst->armed)
		rb_erase_cached(&inst->timer, &m->timers);
	inst->armed = at != FOREVER;
	inst->at = at;
	if (inst->armed)
		rb_add_cached(&inst->timer, &m->timers, timer_less);
}

/* As a trapped write does: whether or not the instance runs just now. */
static void kick(struct machine *m, struct inst *inst)
{
	if (vgpu_runlist_add(&inst->engine->rl, &inst->se, m->now))
		inst->since = m->now;
}

static void set_open(struct inst *inst, bool open)
{
	if (inst->open == open)
		return;
	inst->open = open;
	if (open)
		inst->engine->rl.members++;
	else
		inst->engine->rl.members--;
}

static void turn(struct machine *m, struct inst *inst, bool on)
{
	if (group_of(m, inst)->load == COME_AND_GO)
		set_open(inst, on);
	if (on) {
		inst->pending = FOREVER;
		kick(m, inst);
	} else {
		inst->pending = 0;
		vgpu_runlist_remove(&inst->engine->rl, &inst->se, m->now);
	}
}

static void more_work(struct machine *m, struct inst *inst)
{
	const struct group *g = group_of(m, inst);

	/* A guest waits when its FIFO is full. */
	if (inst->pending < 4ULL * g->burst)
		inst->pending += g->burst;
	kick(m, inst);
}

/* Spread over a period, so that they do not all come at once for ever. */
static void set_load(struct machine *m, struct inst *inst)
{
	const struct group *g = group_of(m, inst);

	set_open(inst, g->load != COME_AND_GO && g->load != AWAY);
	inst->pending = 0;
	vgpu_runlist_remove(&inst->engine->rl, &inst->se, m->now);
	arm(m, inst, FOREVER);
	if (g->load == ALWAYS) {
		inst->pending = FOREVER;
		kick(m, inst);
	} else if (g->load != NEVER && g->load != AWAY) {
		arm(m, inst, m->now + random_between(m, 0, g->period));
	}
}

static void timer_fired(struct machine *m, struct inst *inst)
{
	const struct group *g = group_of(m, inst);
	u64 next = g->period;

	if (inst->faulted) {
		inst->faulted = false;
		set_load(m, inst);
		return;
	}
	if (g->load == ON_OFF || g->load == COME_AND_GO)
		turn(m, inst, !inst->pending);
	else
		more_work(m, inst);
	if (g->load == SPORADIC)
		next = random_between(m, 1, 2 * g->period);
	arm(m, inst, m->now + next);
}

static void advance(struct machine *m, u64 to)
{
	struct rb_node *node;

	while ((node = rb_first_cached(&m->timers))) {
		struct inst *inst = timer_to_inst(node);

		if (inst->at > to)
			break;
		m->now = inst->at;
		timer_fired(m, inst);
	}
	m->now = to;
}

static void normalize(struct group *g, int instances)
{
	g->op_to = g->op_to ? g->op_to : g->op;
	g->burst = g->burst ? g->burst : 1;
	g->weight = g->weight ? g->weight : 100;
	g->cap = g->cap ? g->cap : VGPU_PPM;
	g->share = g->share ? g->share : VGPU_PPM / instances;
}

/* The @k-th of a group that comes before. */
static int tenant_of(const struct machine *m, int group, int k)
{
	int n = 0;

	while (m->inst[n].group != group)
		n++;
	return m->inst[n + k].tenant;
}

static void add_instances(struct machine *m)
{
	const struct scenario *sc = m->sc;
	int i, k, n = 0;

	for (i = 0; i < MAX_GROUPS && sc->group[i].count; i++)
		m->nr += sc->group[i].count;
	m->nr_groups = i;
	m->inst = calloc(m->nr, sizeof(*m->inst));
	if (!m->inst)
		abort();

	for (i = 0; i < m->nr_groups; i++) {
		struct group *g = &m->group[i];

		*g = sc->group[i];
		normalize(g, m->nr);
		for (k = 0; k < g->count; k++, n++) {
			struct vgpu_sched_entity *se = &m->inst[n].se;

			m->inst[n].group = i;
			m->inst[n].engine = &m->engine[g->engine];
			m->inst[n].tenant = g->tenants ?
				tenant_of(m, g->tenants - 1, k) : n;
			vgpu_sched_entity_init(se, g->weight, g->share);
			if (g->min || g->cap != VGPU_PPM)
				vgpu_runlist_set(&m->inst[n].engine->rl, se,
						 g->weight, g->cap, g->min,
						 m->now);
		}
	}
	for (n = 0; n < m->nr; n++)
		set_load(m, &m->inst[n]);
}

static void init_engine(struct machine *m, struct engine *e)
{
	const struct scenario *sc = m->sc;

	vgpu_runlist_init(&e->rl, m->now);
	vgpu_runlist_set_policy(&e->rl, sc->policy, m->now);
	e->rl.slice = sc->slice;
	e->rl.averaging = sc->averaging ? sc->averaging : 4;
	e->rl.trap_charge = sc->trap_charge;
	e->until = FOREVER;
}

void machine_init(struct machine *m, const struct scenario *sc)
{
	int i;

	memset(m, 0, sizeof(*m));
	m->sc = sc;
	/* No clock begins at 0. */
	m->now = 1000 * SEC;
	m->rnd = 42;
	m->timers = RB_ROOT_CACHED;
	for (i = 0; i < MAX_GROUPS && sc->group[i].count; i++)
		m->nr_engines = max(m->nr_engines, sc->group[i].engine + 1);
	for (i = 0; i < m->nr_engines; i++)
		init_engine(m, &m->engine[i]);
	add_instances(m);
}

void machine_free(struct machine *m)
{
	int i;

	for (i = 0; i < m->nr_groups; i++)
		free(m->waits[i].ns);
	free(m->inst);
}

void machine_change(struct machine *m, const struct phase *phase)
{
	const struct group *change = &phase->change;
	int i, group = phase->set_group - 1;
	bool load_changes;
	struct group *g;

	for (i = 0; i < m->nr_engines && phase->set_policy; i++)
		vgpu_runlist_set_policy(&m->engine[i].rl, phase->policy, m->now);
	if (group < 0)
		return;

	g = &m->group[group];
	load_changes = g->load != change->load;
	g->load = change->load;
	g->weight = change->weight ? change->weight : 100;
	g->cap = change->cap ? change->cap : VGPU_PPM;
	g->min = change->min;
	for (i = 0; i < m->nr; i++) {
		struct inst *inst = &m->inst[i];

		if (inst->group != group)
			continue;
		vgpu_runlist_set(&inst->engine->rl, &inst->se, g->weight,
				 g->cap, g->min, m->now);
		if (load_changes)
			set_load(m, inst);
	}
}

static void note_wait(struct machine *m, struct inst *inst)
{
	struct waits *w = &m->waits[inst->group];
	u64 from = max(inst->since, inst->se.not_before);
	u64 wait = m->now > from ? m->now - from : 0;

	if (w->count == w->room) {
		w->room = w->room ? 2 * w->room : 1024;
		w->ns = realloc(w->ns, w->room * sizeof(*w->ns));
		if (!w->ns)
			abort();
	}
	w->ns[w->count++] = wait;
	inst->wait_max = max(inst->wait_max, wait);
}

static u64 next_op(struct machine *m, const struct inst *inst)
{
	const struct group *g = group_of(m, inst);

	if (g->rare && random_u64(m) % g->rare == 0)
		return g->rare_op;
	return random_between(m, g->op, g->op_to);
}

/* The tenant's work is forgotten, on each engine that it has a queue on. */
static void fault(struct machine *m, int tenant, u64 back)
{
	int i;

	for (i = 0; i < m->nr; i++) {
		struct inst *inst = &m->inst[i];

		if (inst->tenant != tenant)
			continue;
		inst->faulted = true;
		inst->pending = 0;
		vgpu_runlist_remove(&inst->engine->rl, &inst->se, m->now);
		arm(m, inst, m->now + back);
	}
}

static void do_until(struct engine *e, enum doing what, u64 until)
{
	e->doing = what;
	e->until = until;
}

static void end_slice(struct machine *m, struct engine *e)
{
	struct inst *inst = e->running;

	inst->since = m->now;
	vgpu_runlist_stop(&e->rl, &inst->se, m->now, e->ran,
			  e->began - inst->se.started, inst->pending != 0);
	if (inst->se.gpu_time != e->before + e->ran)
		wrong(m, "GPU time is not what it ran");
	e->running = NULL;
	do_until(e, NOTHING, FOREVER);
}

/* The backend carries out operations until the slice is used up. */
static void next_work(struct machine *m, struct engine *e)
{
	struct inst *inst = e->running;
	const struct group *g = group_of(m, inst);
	u64 op;

	if (!inst->pending || e->ran >= e->budget) {
		end_slice(m, e);
		return;
	}
	op = next_op(m, inst);
	if (inst->pending != FOREVER)
		inst->pending--;
	inst->se.surcharge += g->trap * e->rl.trap_charge / 100;
	e->doing = WORKING;
	if (g->hang && random_u64(m) % g->hang == 0) {
		e->doing = HANGING;
		op = m->sc->watchdog;
	}
	e->ran += op;
	e->until = m->now + op;
}

static void begin_work(struct machine *m, struct engine *e)
{
	vgpu_runlist_account(&e->rl, VGPU_ENGINE_BUSY, m->now);
	e->began = m->now;
	next_work(m, e);
}

static void begin_slice(struct machine *m, struct engine *e, struct inst *inst)
{
	bool switched = e->loaded != inst;

	if (!inst->pending)
		wrong(m, "one without work was picked");
	if (inst->se.not_before > m->now)
		wrong(m, "one beyond its limit was picked");

	e->running = inst;
	e->before = inst->se.gpu_time;
	e->ran = 0;
	e->budget = vgpu_runlist_slice(&e->rl, &inst->se);
	note_wait(m, inst);
	vgpu_runlist_start(&e->rl, &inst->se, m->now, switched);
	if (!switched) {
		begin_work(m, e);
		return;
	}
	vgpu_runlist_account(&e->rl, VGPU_ENGINE_SWITCH, m->now);
	e->loaded = inst;
	do_until(e, SWITCHING, m->now + m->sc->switch_cost);
}

/* Nobody has the engine while it is reset, and nobody's context is on it after. */
static void watchdog(struct machine *m, struct engine *e)
{
	const struct inst *inst = e->running;

	e->hangs++;
	fault(m, inst->tenant, group_of(m, inst)->back);
	end_slice(m, e);
	vgpu_runlist_account(&e->rl, VGPU_ENGINE_SWITCH, m->now);
	e->loaded = NULL;
	do_until(e, RESETTING, m->now + m->sc->reset);
}

/* What an engine did until now is done. */
static void go_on(struct machine *m, struct engine *e)
{
	switch (e->doing) {
	case SWITCHING:
		begin_work(m, e);
		break;
	case WORKING:
		next_work(m, e);
		break;
	case HANGING:
		watchdog(m, e);
		break;
	case RESETTING:
		do_until(e, NOTHING, FOREVER);
		break;
	case NOTHING:
		break;
	}
}

/* Somebody's turn, if there is anybody; else when there will be. */
static u64 next_turn(struct machine *m, struct engine *e)
{
	struct vgpu_sched_entity *se = vgpu_runlist_pick(&e->rl, m->now);
	u64 wake;

	if (se) {
		begin_slice(m, e, container_of(se, struct inst, se));
		return e->until;
	}
	vgpu_runlist_account(&e->rl, VGPU_ENGINE_IDLE, m->now);
	wake = vgpu_runlist_wake(&e->rl);
	if (wake <= m->now) {
		wrong(m, "somebody may run and was not picked");
		wake = m->now + 1;
	}
	return wake;
}

/*
 * When the next thing happens. From @until on no slice begins on the first engine:
 * a run ends with a slice of that one, in whatever the others do.
 */
static u64 next_event(struct machine *m, u64 until)
{
	u64 next = m->now < until ? until : FOREVER;
	int i;

	for (i = 0; i < m->nr_engines; i++) {
		struct engine *e = &m->engine[i];

		if (e->doing != NOTHING)
			next = min(next, e->until);
		else if (m->now < until || i)
			next = min(next, next_turn(m, e));
	}
	return next;
}

static void step(struct machine *m, u64 until)
{
	struct rb_node *node;
	u64 next = next_event(m, until);
	int i;

	node = rb_first_cached(&m->timers);
	if (node)
		next = min(next, timer_to_inst(node)->at);
	advance(m, next);
	for (i = 0; i < m->nr_engines; i++)
		if (m->engine[i].until <= m->now)
			go_on(m, &m->engine[i]);
}

/* Those that still wait count, too: who starves is not forgotten. */
static void note_unfinished(struct machine *m)
{
	int i;

	for (i = 0; i < m->nr; i++)
		if (m->inst[i].se.queue == VGPU_READY)
			note_wait(m, &m->inst[i]);
}

static void check_sums(struct machine *m, struct engine *e, u64 began)
{
	bool at_work = e->doing == WORKING || e->doing == HANGING;
	u64 gpu = at_work ? m->now - e->began : 0, sum = 0;
	unsigned int waiting = 0;
	int i;

	vgpu_runlist_account(&e->rl, e->rl.state, m->now);
	for (i = 0; i < m->nr; i++) {
		const struct inst *inst = &m->inst[i];

		if (inst->engine != e)
			continue;
		gpu += inst->se.gpu_time;
		waiting += inst->se.queue != VGPU_OFF &&
			   inst->se.queue != VGPU_RUNNING;
		if (inst->pending && inst->se.queue == VGPU_OFF)
			wrong(m, "one with work is on no list");
	}
	for (i = 0; i < VGPU_NR_ENGINE_STATES; i++)
		sum += e->rl.spent[i];
	if (gpu != e->rl.spent[VGPU_ENGINE_BUSY])
		wrong(m, "GPU times do not add up to busy time");
	if (sum != m->now - began)
		wrong(m, "busy, switch and idle time are not wall time");
	if (waiting != e->rl.waiting)
		wrong(m, "not all that wait are counted");
}

void machine_run(struct machine *m, u64 length)
{
	u64 until = m->now + length;
	int i;

	while ((m->now < until || m->engine->doing != NOTHING) && !m->error)
		step(m, until);
	note_unfinished(m);
	for (i = 0; i < m->nr_engines; i++)
		check_sums(m, &m->engine[i], 1000 * SEC);
}

void machine_mark(struct machine *m)
{
	int i;

	m->mark = m->now;
	for (i = 0; i < m->nr_engines; i++) {
		struct engine *e = &m->engine[i];

		memcpy(e->spent_mark, e->rl.spent, sizeof(e->spent_mark));
		e->hangs = 0;
	}
	for (i = 0; i < m->nr_groups; i++)
		m->waits[i].count = 0;
	for (i = 0; i < m->nr; i++) {
		m->inst[i].gpu_mark = m->inst[i].se.gpu_time;
		m->inst[i].slices_mark = m->inst[i].se.slices;
		m->inst[i].wait_max = 0;
	}
}

u64 machine_spent(const struct engine *e, enum vgpu_engine_state state)
{
	return e->rl.spent[state] - e->spent_mark[state];
}
