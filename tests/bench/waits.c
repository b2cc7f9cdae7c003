// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mdev.h"
#include "tap.h"
#include "waits.h"

#define TRACING		"/sys/kernel/debug/tracing/"
#define EVENT		TRACING "events/vgpu/vgpu_sched_slice/enable"

#define MAX_INSTANCES	64

/* One slice of an instance. */
struct slice {
	uint64_t end, waited, ran;
	bool left;
};

struct list {
	struct slice *slices;
	size_t count, room;
};

static struct list lists[MAX_INSTANCES];
static uint64_t *gaps;
static size_t nr_gaps, gaps_room;

void waits_start(void)
{
	FILE *f;

	ASSERT_OK(file_write(TRACING "tracing_on", "0"));
	ASSERT_OK(file_write(TRACING "buffer_size_kb", "8192"));
	/* Truncated, which is what clears it. */
	f = fopen(TRACING "trace", "w");
	ASSERT(f);
	fclose(f);
	ASSERT_OK(file_write(EVENT, "1"));
	ASSERT_OK(file_write(TRACING "tracing_on", "1"));
}

void waits_stop(void)
{
	ASSERT_OK(file_write(TRACING "tracing_on", "0"));
	ASSERT_OK(file_write(EVENT, "0"));
}

static void *grown(void *array, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return array;
	*room = *room ? *room * 2 : 1024;
	array = realloc(array, *room * size);
	ASSERT(array);
	return array;
}

static void add_slice(unsigned int instance, const struct slice *s)
{
	struct list *l;

	ASSERT(instance < MAX_INSTANCES);
	l = &lists[instance];
	l->slices = grown(l->slices, l->count, &l->room, sizeof(*s));
	l->slices[l->count++] = *s;
}

/* From the end of one slice to the start of the next, if that had to wait. */
static void add_gap(const struct slice *prev, const struct slice *s)
{
	uint64_t between = s->end - prev->end;

	if (!prev->end || between < s->ran)
		return;
	between -= s->ran;
	gaps = grown(gaps, nr_gaps, &gaps_room, sizeof(*gaps));
	gaps[nr_gaps++] = between < s->waited ? between : s->waited;
}

/* The number after @what in @at. */
static uint64_t field(const char *at, const char *what)
{
	at = strstr(at, what);
	ASSERT(at);
	return strtoull(at + strlen(what), NULL, 10);
}

/* Take over what was traced. */
void waits_read(void)
{
	struct slice prev = {}, s;
	char line[512];
	const char *at;
	FILE *f;

	f = fopen(TRACING "trace", "r");
	ASSERT(f);
	while (fgets(line, sizeof(line), f)) {
		at = strstr(line, ": vgpu_sched_slice:");
		if (!at)
			continue;
		s.end = field(at, " end=");
		s.waited = field(at, "waited=");
		s.ran = field(at, "ran=");
		s.left = field(at, "left=");
		add_slice(field(at, "instance="), &s);
		add_gap(&prev, &s);
		prev = s;
	}
	fclose(f);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t percentile(const uint64_t *sorted, size_t count, unsigned int p)
{
	return count ? sorted[(count - 1) * p / 100] : 0;
}

/* From the end of a slice that left nothing to when there was work again. */
static uint64_t dry_time(const struct list *l)
{
	uint64_t sum = 0, again;
	size_t k;

	for (k = 1; k < l->count; k++) {
		const struct slice *prev = &l->slices[k - 1];
		const struct slice *s = &l->slices[k];

		again = s->end - s->ran - s->waited;
		if (!prev->left && again > prev->end)
			sum += again - prev->end;
	}
	return sum;
}

/**
 * waits_of() - one instance's figures
 * @nth: which, of those in the trace, by number, from 0
 * @w: where they are put
 *
 * Return: false when there are not so many.
 */
bool waits_of(unsigned int nth, struct waits *w)
{
	uint64_t *values;
	struct list *l;
	unsigned int i;
	size_t k;

	for (i = 0; i < MAX_INSTANCES; i++) {
		if (lists[i].count && !nth--)
			break;
	}
	if (i == MAX_INSTANCES)
		return false;
	l = &lists[i];
	values = calloc(l->count, sizeof(*values));
	ASSERT(values);
	for (k = 0; k < l->count; k++)
		values[k] = l->slices[k].waited;
	qsort(values, l->count, sizeof(*values), compare);
	w->p50 = percentile(values, l->count, 50);
	w->p99 = percentile(values, l->count, 99);
	w->max = percentile(values, l->count, 100);
	w->ran = 0;
	for (k = 0; k < l->count; k++) {
		values[k] = l->slices[k].ran;
		w->ran += values[k];
	}
	qsort(values, l->count, sizeof(*values), compare);
	w->run_min = values[0];
	w->run_p99 = percentile(values, l->count, 99);
	w->run_max = percentile(values, l->count, 100);
	w->dry = dry_time(l);
	free(values);
	return true;
}

static void sort_gaps(void)
{
	qsort(gaps, nr_gaps, sizeof(*gaps), compare);
}

/* What switches take, with all that is around them; once waits_read(). */
uint64_t waits_gap_p99(void)
{
	sort_gaps();
	return percentile(gaps, nr_gaps, 99);
}

uint64_t waits_gap_max(void)
{
	sort_gaps();
	return percentile(gaps, nr_gaps, 100);
}
