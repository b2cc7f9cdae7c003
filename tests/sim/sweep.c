// SPDX-License-Identifier: GPL-2.0
/* The same questions for 2 to 1,000 instances under every policy. */
#include <string.h>

#include "sim.h"

static const int sizes[] = { 2, 3, 10, 30, 100, 300, 1000 };
static const char * const names[] = { "best-effort", "equal-share", "fixed-share" };

#define NR_SIZES	((int)ARRAY_SIZE(sizes))
#define NR_RANDOM	60

int nr_sweeps(void)
{
	return VGPU_NR_POLICIES * NR_SIZES * 2 + NR_RANDOM;
}

/* All alike and always busy. */
static void make_equal(struct scenario *sc, int n)
{
	sc->group[0] = (struct group){
		"busy", n, .op = 50 * USEC, .op_to = 900 * USEC,
	};
	sc->phase[0].expect[0] = (struct expect){ JAIN, 0, .999 };
	sc->phase[0].expect[1] = (struct expect){ OF_BUSY, 0, 1. / n, .05 };
	if (sc->policy == VGPU_BEST_EFFORT)
		sc->phase[0].expect[2] = (struct expect){ IDLE_MAX, 0, 0 };
}

/* Of everything some; promises are half of the engine. */
static void make_mixed(struct scenario *sc, int n)
{
	int some = n / 5 ? n / 5 : 1;

	sc->group[0] = (struct group){
		"busy", n - 4 * some > 0 ? n - 4 * some : 1,
		.op = 50 * USEC, .op_to = 900 * USEC,
	};
	sc->group[1] = (struct group){
		"promised", some, .op = 200 * USEC, .weight = 10,
		.min = VGPU_PPM / 2 / some,
	};
	sc->group[2] = (struct group){
		"capped", some, .op = 200 * USEC, .weight = 400,
		.cap = VGPU_PPM / 8 / some,
	};
	sc->group[3] = (struct group){
		"sporadic", some, .load = SPORADIC, .op = 300 * USEC,
		.burst = 2, .period = n * 20 * MSEC,
	};
	sc->group[4] = (struct group){
		"guests", some, .load = COME_AND_GO, .op = 50 * USEC,
		.op_to = 3 * MSEC, .period = 3 * SEC,
	};
	sc->phase[0].expect[0] = (struct expect){
		AT_LEAST, 1, .5 / some, .05
	};
	sc->phase[0].expect[1] = (struct expect){
		AT_MOST, 2, .125 / some, .05
	};
	if (sc->policy == VGPU_BEST_EFFORT)
		sc->phase[0].expect[2] = (struct expect){ IDLE_MAX, 0, 0 };
}

static u32 roll(u64 *seed, u32 from, u32 to)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return from + (*seed >> 33) % (to - from + 1);
}

static u32 roll_one_of(u64 *seed, const u32 *choice, u32 count)
{
	return choice[roll(seed, 0, count - 1)];
}

static void roll_group(u64 *seed, struct group *g, u32 *promises)
{
	static const char * const load_names[] = {
		[ALWAYS] = "busy", [NEVER] = "open", [AWAY] = "away",
		[PERIODIC] = "periodic",
		[SPORADIC] = "sporadic", [ON_OFF] = "on-off",
		[COME_AND_GO] = "guests",
	};
	static const u32 lengths[] = { 5, 50, 500, 5000 };
	static const u32 weights[] = { 1, 10, 100, 100, 500, 10000 };

	g->load = roll(seed, ALWAYS, COME_AND_GO);
	g->name = load_names[g->load];
	g->count = roll(seed, 1, 6);
	g->op = roll_one_of(seed, lengths, ARRAY_SIZE(lengths)) * USEC;
	g->op_to = roll(seed, 0, 1) ? g->op * roll(seed, 1, 10) : g->op;
	g->period = roll(seed, 1, 100) * MSEC;
	g->burst = roll(seed, 1, 10);
	g->weight = roll_one_of(seed, weights, ARRAY_SIZE(weights));
	g->trap = roll(seed, 0, 3) ? 0 : g->op;
	if (roll(seed, 0, 2) == 0) {
		g->min = roll(seed, 1, *promises / g->count);
		*promises -= g->min * g->count;
	}
	if (roll(seed, 0, 3) == 0)
		g->cap = roll(seed, g->min + 1, VGPU_PPM);
}

/*
 * Whatever: what is checked for every scenario must hold. Up to 70 % is
 * promised, so that with the switches the promises fit in.
 */
static void make_random(struct scenario *sc, u64 seed)
{
	u32 promises = PERCENT(70), groups, i;

	groups = roll(&seed, 2, MAX_GROUPS);
	sc->slice = roll(&seed, 0, 2) ? roll(&seed, 500, 30000) * USEC : 0;
	sc->switch_cost = roll(&seed, 0, 200) * USEC;
	sc->averaging = roll(&seed, 1, 60);
	sc->trap_charge = roll(&seed, 0, 1) ? roll(&seed, 1, 200) : 0;
	for (i = 0; i < groups; i++)
		roll_group(&seed, &sc->group[i], &promises);
	sc->phase[0].length = 5 * SEC;
}

/* Each instance has a hundred slices or so. */
void make_sweep(int i, struct scenario *sc, char *name, size_t size)
{
	int k = i / VGPU_NR_POLICIES, n = sizes[k % NR_SIZES];
	const char *policy = names[i % VGPU_NR_POLICIES];

	memset(sc, 0, sizeof(*sc));
	sc->policy = i % VGPU_NR_POLICIES;
	sc->name = name;
	sc->switch_cost = 20 * USEC;
	sc->phase[0].length = n < 100 ? 10 * SEC : n * 100 * MSEC;
	if (k < NR_SIZES) {
		make_equal(sc, n);
		snprintf(name, size, "equal-%s-%d", policy, n);
	} else if (k < 2 * NR_SIZES) {
		make_mixed(sc, n);
		snprintf(name, size, "mix-%s-%d", policy, n);
	} else {
		make_random(sc, i);
		snprintf(name, size, "random-%s-%d", policy,
			 k - 2 * NR_SIZES + 1);
	}
}
