// SPDX-License-Identifier: GPL-2.0
/* Programs: made of a number, changed a little, run, written down, cut. */
#include <inttypes.h>
#include <stdlib.h>
#include "fuzz.h"

/* splitmix64 (Vigna). */
uint64_t roll(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* A number that looks at ends more often than chance would. */
uint64_t edge(uint64_t raw, uint64_t limit)
{
	uint64_t by = raw >> 8 & 0xff;

	switch (raw & 7) {
	case 0:
		return by;
	case 1:
		return limit - by;
	case 2:
		return limit + by;
	case 3:
		return (raw >> 8) % (limit + 1) & ~4095ULL;
	case 4:
		return (raw >> 8 & 1) ? -by : 1ULL << (by & 63);
	default:
		return (raw >> 8) % (limit + 1);
	}
}

static uint64_t arg_make(const struct arg *a, uint64_t *state)
{
	uint64_t r = roll(state);
	bool beside = r >> 56 < 8;

	switch (a->kind) {
	case ARG_NONE:
		return 0;
	case ARG_BELOW:
		return r % a->n;
	case ARG_BITS:
		return beside ? r >> 24 & 0xffffffff : r & a->n;
	case ARG_ONE_OF:
		return beside ? a->list[r % a->n] + (r >> 32 & 3) - 1 :
				a->list[r % a->n];
	default:
		return r;
	}
}

static void call_make(struct call *c, uint64_t *state)
{
	unsigned int sum = 0, i;
	uint64_t pick;

	for (i = 0; i < nr_ops; i++)
		sum += ops[i].weight;
	pick = roll(state) % sum;
	for (i = 0; pick >= ops[i].weight; i++)
		pick -= ops[i].weight;
	c->op = i;
	for (i = 0; i < MAX_ARGS; i++)
		c->arg[i] = arg_make(&ops[c->op].args[i], state);
}

/* The program of a number. */
void program_make(struct program *p, uint64_t seed)
{
	for (p->nr = 0; p->nr < MAX_CALLS; p->nr++)
		call_make(&p->calls[p->nr], &seed);
}

/* Another one: some calls are new, some arguments, some stand elsewhere. */
void program_mutate(struct program *p, const struct program *from, uint64_t seed)
{
	unsigned int times = 1 + roll(&seed) % 6;

	*p = *from;
	while (times--) {
		struct call *c = &p->calls[roll(&seed) % p->nr];
		unsigned int i = roll(&seed) % MAX_ARGS;

		switch (roll(&seed) % 4) {
		case 0:
			call_make(c, &seed);
			break;
		case 1:
			*c = p->calls[roll(&seed) % p->nr];
			break;
		default:
			c->arg[i] = arg_make(&ops[c->op].args[i], &seed);
			break;
		}
	}
}

void program_run(const struct program *p, struct worker *w)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++, w->calls++) {
		unsigned int op = p->calls[i].op;
		uint64_t begin = tap_ns();

		ops[op].fn(w, p->calls[i].arg);
		w->ns[op] += tap_ns() - begin;
		w->times[op]++;
	}
}

/* A line a call: its name, and its arguments in hexadecimal. */
void program_print(const struct program *p, FILE *to)
{
	unsigned int i, j;

	for (i = 0; i < p->nr; i++) {
		fprintf(to, "%s", ops[p->calls[i].op].name);
		for (j = 0; j < MAX_ARGS; j++)
			fprintf(to, " %" PRIx64, p->calls[i].arg[j]);
		fprintf(to, "\n");
	}
}

static bool op_find(const char *name, unsigned int *op)
{
	for (*op = 0; *op < nr_ops; (*op)++)
		if (!strcmp(ops[*op].name, name))
			return true;
	return false;
}

/*
 * What program_print() wrote, or the number of a program, up to an empty line; false for
 * what is none. Lines that begin with # are left.
 */
bool program_parse(struct program *p, FILE *from)
{
	char line[256], name[32];

	p->nr = 0;
	while (fgets(line, sizeof(line), from)) {
		struct call *c = &p->calls[p->nr];
		uint64_t seed;

		if (line[0] == '\n' && p->nr)
			break;
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (!p->nr && sscanf(line, MADE_OF " %" SCNx64, &seed) == 1) {
			program_make(p, seed);
			return true;
		}
		if (p->nr == MAX_CALLS ||
		    sscanf(line, "%31s %" SCNx64 " %" SCNx64 " %" SCNx64
			   " %" SCNx64 " %" SCNx64 " %" SCNx64, name, &c->arg[0],
			   &c->arg[1], &c->arg[2], &c->arg[3], &c->arg[4],
			   &c->arg[5]) != 1 + MAX_ARGS || !op_find(name, &c->op))
			return false;
		p->nr++;
	}
	return p->nr;
}

/* Leave out whatever can be left out, first much at a time. */
void program_minimise(struct program *p, bool (*still_bad)(const struct program *))
{
	struct program less;
	unsigned int chunk, at;

	for (chunk = p->nr / 2; chunk; chunk /= 2) {
		for (at = 0; at + chunk <= p->nr;) {
			less = *p;
			less.nr -= chunk;
			memmove(&less.calls[at], &less.calls[at + chunk],
				(less.nr - at) * sizeof(less.calls[0]));
			if (less.nr && still_bad(&less))
				*p = less;
			else
				at += chunk;
		}
	}
}
