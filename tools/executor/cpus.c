// SPDX-License-Identifier: GPL-2.0
/* Lists of CPUs, as "0-3,8", for one slice of the GPU or for all. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "supervisor.h"

static bool take_number(const char **text, unsigned long most, unsigned long *val)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	*val = strtoul(*text, &end, 10);
	*text = end;
	return !errno && *val <= most;
}

static bool parse_list(const char *text, cpu_set_t *set)
{
	unsigned long first, last;

	CPU_ZERO(set);
	for (;; text++) {
		if (!take_number(&text, CPU_SETSIZE - 1, &first))
			return false;
		last = first;
		if (*text == '-' &&
		    (++text, !take_number(&text, CPU_SETSIZE - 1, &last)))
			return false;
		if (last < first)
			return false;
		for (; first <= last; first++)
			CPU_SET(first, set);
		if (*text != ',')
			return !*text;
	}
}

/**
 * cpus_parse() - take over what --cpus says
 * @cpus: where each slice computes; those that are not named compute anywhere
 * @text: "LIST" for all slices, or "SLICE:LIST"
 *
 * Return: false if it is neither.
 */
bool cpus_parse(struct cpus *cpus, const char *text)
{
	unsigned long slice, i;
	cpu_set_t set;

	if (!strchr(text, ':')) {
		if (!parse_list(text, &set))
			return false;
		for (i = 0; i < MAX_SLICES; i++)
			cpus->sets[i] = set;
		cpus->given = ~0u;
		return true;
	}
	if (!take_number(&text, MAX_SLICES - 1, &slice) || *text++ != ':' ||
	    !parse_list(text, &cpus->sets[slice]))
		return false;
	cpus->given |= 1u << slice;
	if (slice >= cpus->named)
		cpus->named = slice + 1;
	return true;
}
