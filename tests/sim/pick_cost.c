// SPDX-License-Identifier: GPL-2.0
/* What a decision costs: pick, start and stop with n that always have work. */
#include <stdlib.h>
#include <time.h>

#include "sim.h"

#define ROUNDS	100000
#define TRIES	7

u64 looks;

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/*
 * Slices of many lengths and promises, so that all the trees are at work: that
 * of those beyond their limit, too, if one in four is capped below its share.
 */
static struct vgpu_sched_entity *make(struct vgpu_runlist *rl, int nr,
				      bool capped)
{
	struct vgpu_sched_entity *se = calloc(nr, sizeof(*se));
	u32 half = VGPU_PPM / 2 / nr, cap;
	int i;

	if (!se)
		abort();
	vgpu_runlist_init(rl, SEC);
	rl->members = nr;
	for (i = 0; i < nr; i++) {
		cap = capped && i % 4 == 1 ? half : VGPU_PPM;
		vgpu_sched_entity_init(&se[i], 100, VGPU_PPM / nr);
		vgpu_runlist_set(rl, &se[i], 100 + i % 7, cap, i % 2 ? half : 0,
				 SEC);
		vgpu_runlist_add(rl, &se[i], SEC);
	}
	return se;
}

static void decide(struct vgpu_runlist *rl)
{
	struct vgpu_sched_entity *next;
	u64 now = SEC, rnd = 1;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		next = vgpu_runlist_pick(rl, now);
		rnd = rnd * 6364136223846793005ULL + 1;
		vgpu_runlist_start(rl, next, now, true);
		now += 1000000 + (rnd >> 44);
		vgpu_runlist_stop(rl, next, now, 1000000 + (rnd >> 44), 0, true);
	}
}

static double cost_of(int nr)
{
	struct vgpu_runlist rl = { 0 };
	struct vgpu_sched_entity *se = make(&rl, nr, false);
	double began = seconds();

	decide(&rl);
	began = seconds() - began;
	free(se);
	return began / ROUNDS * 1e9;
}

/**
 * pick_looks() - how many instances a decision looks at, on average
 * @nr: how many always have work
 *
 * Return: their number, the same on any machine.
 */
double pick_looks(int nr)
{
	struct vgpu_runlist rl = { 0 };
	struct vgpu_sched_entity *se = make(&rl, nr, true);
	u64 before = looks;

	decide(&rl);
	free(se);
	return (double)(looks - before) / ROUNDS;
}

/**
 * pick_looks_max() - what it may be
 * @nr: how many always have work
 *
 * An instance goes through three red-black trees at most, which are no deeper
 * than twice log2(@nr + 1); each level compares two. Four more are looked at as
 * the first of their trees.
 *
 * Return: the bound.
 */
double pick_looks_max(int nr)
{
	int bits = 0;

	while (nr >> bits)
		bits++;
	return 3 * 2 * 2 * bits + 4;
}

/* Other programs can only make it look slower. */
static double least_cost_of(int nr)
{
	double least = 0, cost;
	int i;

	for (i = 0; i < TRIES; i++) {
		cost = cost_of(nr);
		if (!least || cost < least)
			least = cost;
	}
	return least;
}

void pick_cost(FILE *out)
{
	static const int sizes[] = { 2, 10, 100, 1000, 10000 };
	double first = 0, cost;
	unsigned int i;

	fprintf(out, "| runnable | ns for pick, start and stop | against 2 |\n|--:|--:|--:|\n");
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		cost = least_cost_of(sizes[i]);
		if (!i)
			first = cost;
		fprintf(out, "| %d | %.0f | %.2f |\n", sizes[i], cost,
			cost / first);
	}
}
