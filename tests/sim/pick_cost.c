// SPDX-License-Identifier: GPL-2.0
/* What a decision costs: pick, start and stop with n that always have work. */
#include <stdlib.h>
#include <time.h>

#include "sim.h"

#define ROUNDS	100000
#define TRIES	7

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Slices of many lengths and promises, so that all the trees are at work. */
static double cost_of(int nr)
{
	struct vgpu_sched_entity *se = calloc(nr, sizeof(*se)), *next;
	struct vgpu_runlist rl = { 0 };
	u64 now = SEC, rnd = 1;
	double began;
	int i;

	if (!se)
		abort();
	vgpu_runlist_init(&rl, now);
	rl.members = nr;
	for (i = 0; i < nr; i++) {
		vgpu_sched_entity_init(&se[i], 100, VGPU_ALL / nr);
		vgpu_runlist_set(&rl, &se[i], 100 + i % 7, VGPU_ALL,
				 i % 2 ? VGPU_ALL / 2 / nr : 0, now);
		vgpu_runlist_add(&rl, &se[i], now);
	}
	began = seconds();
	for (i = 0; i < ROUNDS; i++) {
		next = vgpu_runlist_pick(&rl, now);
		rnd = rnd * 6364136223846793005ULL + 1;
		vgpu_runlist_start(&rl, next, now, true);
		now += 1000000 + (rnd >> 44);
		vgpu_runlist_stop(&rl, next, now, 1000000 + (rnd >> 44), true);
	}
	began = seconds() - began;
	free(se);
	return began / ROUNDS * 1e9;
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
