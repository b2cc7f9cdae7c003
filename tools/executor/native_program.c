// SPDX-License-Identifier: GPL-2.0
/* A guest's program without a guest: from a file, on a file. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../clock.h"
#include "native.h"
#include "program.h"

#define MOST	(1 << 24)	/* bytes of a program */

/* Else it is a built-in kernel's name. */
bool is_program(const char *kernel)
{
	size_t len = strlen(kernel);

	return strchr(kernel, '/') ||
	       (len > 4 && !strcmp(kernel + len - 4, ".spv"));
}

static uint32_t *read_program(const char *path, size_t *nr)
{
	FILE *file = fopen(path, "re");
	uint32_t *words = malloc(MOST);

	if (!file || !words)
		err(1, "%s", path);
	*nr = fread(words, sizeof(*words), MOST / sizeof(*words), file);
	if (ferror(file))
		err(1, "%s", path);
	fclose(file);
	return words;
}

/* Its own types say how; it has as many as it says, or fewer: then it is refused. */
static bool put_args(const struct native *n, const struct module *m,
		     struct dispatch *d, uint8_t *args)
{
	int i;

	if (n->nr_args > (int)m->nr_args) {
		warnx("%s takes %u arguments", n->kernel, m->nr_args);
		return false;
	}
	for (i = 0; i < n->nr_args; i++)
		if (m->args[i].type == 'x' ||
		    !native_arg(m->args[i].type, n->args[i],
				args + m->args[i].offset)) {
			warnx("argument %d of %s is no '%c': '%s'", i, n->kernel,
			      m->args[i].type, n->args[i]);
			return false;
		}
	d->args = args;
	d->args_size = n->nr_args == (int)m->nr_args ? m->args_size : 0;
	return true;
}

/* As a worker does that is told to yield all the time. */
static int run_once(struct programs *ps, const struct native *n,
		    const struct program_job *job, uint64_t *turns)
{
	const uint32_t yield = n->yield;
	uint64_t done = 0;

	for (*turns = 0; done < job->steps; ++*turns)
		if (!program_run(ps, job, &done, &yield)) {
			warnx("the Vulkan driver does not do it");
			return 1;
		}
	return 0;
}

static int run_all(struct programs *ps, const struct native *n,
		   const struct dispatch *d, const uint32_t *words, size_t nr)
{
	uint64_t size, turns = 0, start = 0, i;
	void *memory = native_map(n->file, &size);
	struct program_job job;
	int ret = 0;

	if (!program_prepare(ps, &job, d, words, nr, memory, size)) {
		native_refused(job.refused_arg, job.module.why);
		ret = NATIVE_REFUSED;
	}
	start = now_ns();
	for (i = 0; !ret && i < n->repeat; i++)
		ret = run_once(ps, n, &job, &turns);
	if (!ret)
		native_tell(turns, (now_ns() - start) / n->repeat);
	munmap(memory, size);
	return ret;
}

static int look_and_run(struct programs *ps, const struct native *n,
			struct dispatch *d, const uint32_t *words, size_t nr)
{
	uint8_t args[MODULE_ARGS] = {};
	struct module m;

	if (!module_validate(&m, words, nr) ||
	    !module_read(&m, words, nr, n->entry, d->group)) {
		native_refused(NO_ARG, m.why);
		return NATIVE_REFUSED;
	}
	if (!put_args(n, &m, d, args))
		return NATIVE_USAGE;
	d->kernel = n->entry;
	return run_all(ps, n, d, words, nr);
}

/**
 * run_program() - do a program
 * @n: which, and with what
 * @d: the dispatch, which has its shape
 *
 * Return: the exit status.
 */
int run_program(const struct native *n, struct dispatch *d)
{
	static struct programs ps;
	uint32_t *words;
	int ret = 1;
	size_t nr;

	words = read_program(n->kernel, &nr);
	if (programs_open(&ps, n->device))
		ret = look_and_run(&ps, n, d, words, module_size(words, nr));
	else
		warnx("no programs: %s", ps.v.lack);
	programs_close(&ps);
	free(words);
	return ret;
}
