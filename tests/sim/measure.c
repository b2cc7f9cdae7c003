// SPDX-License-Identifier: GPL-2.0
/* What a group of instances got. */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void measure_waits(struct waits *w, struct figures *f)
{
	if (!w->count)
		return;
	qsort(w->ns, w->count, sizeof(*w->ns), compare);
	f->median = w->ns[(w->count - 1) / 2];
	f->p99 = w->ns[(w->count - 1) * 99 / 100];
	f->max = w->ns[w->count - 1];
}

void measure(struct machine *m, int group, struct figures *f)
{
	double sum = 0, squares = 0, got;
	u64 wall = m->now - m->mark;
	int i, nr = 0;

	memset(f, 0, sizeof(*f));
	f->low = 1;
	for (i = 0; i < m->nr; i++) {
		const struct inst *inst = &m->inst[i];

		if (inst->group != group)
			continue;
		got = inst->se.gpu_time - inst->gpu_mark;
		f->slices += inst->se.slices - inst->slices_mark;
		sum += got;
		squares += got * got;
		nr++;
		if (got / wall < f->low)
			f->low = got / wall;
		if (got / wall > f->high)
			f->high = got / wall;
	}
	f->mean = sum / nr / wall;
	f->jain = squares ? sum * sum / (nr * squares) : 1;
	f->run = f->slices ? sum / f->slices : 0;
	f->bound = m->sc->no_bound ? FOREVER : wait_bound(m, group);
	measure_waits(&m->waits[group], f);
}
