// SPDX-License-Identifier: GPL-2.0
/*
 * Guests' own programs: SPIR-V, or what is said to be. Whether a validator has seen it or
 * not, the reader stays within it, and what it says of arguments is within bounds.
 */
#include "fuzz.h"
#include "../../tools/executor/module.h"

/* Bytes before the module: which entry point, whether it has to be valid, the group. */
#define HEADER	8

/* The least that an argument of some kind takes. */
static uint32_t least_size(char type)
{
	return type == 'p' ? 8 : type == 'x' ? 1 : 4;
}

static void check_module(const struct module *m, const uint32_t *group)
{
	unsigned int i;

	CHECK(m->refusal == REFUSED_NOT);
	CHECK(memchr(m->name, 0, sizeof(m->name)));
	CHECK(!memcmp(m->local, group, sizeof(m->local)));
	CHECK(m->nr_args <= MAX_ARGS && m->args_size <= MODULE_ARGS);
	for (i = 0; i < m->nr_args; i++) {
		CHECK(strchr("puifx", m->args[i].type));
		CHECK(m->args[i].offset + least_size(m->args[i].type) <=
		      m->args_size);
		CHECK(m->args[i].type != 'p' || m->args[i].offset % 8 == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t head[HEADER];
	uint32_t group[3], *words;
	struct module m = {};
	size_t nr, n;

	input_begin(data, size);
	input_bytes(head, sizeof(head));
	group[0] = head[2] + 256 * head[3];
	group[1] = head[4];
	group[2] = head[5];
	nr = input.left / sizeof(*words);
	words = malloc(nr * sizeof(*words) + !nr);
	CHECK(words);
	input_bytes(words, nr * sizeof(*words));
	n = module_size(words, nr);
	CHECK(n <= nr);
	if (head[1] & 1 && !module_validate(&m, words, n))
		CHECK(m.refusal != REFUSED_NOT && *m.why);
	else if (module_read(&m, words, n, head[0] % 4, group))
		check_module(&m, group);
	else
		CHECK(m.refusal != REFUSED_NOT && *m.why);
	free(words);
	return 0;
}
