// SPDX-License-Identifier: GPL-2.0
/* The list of kernels, and doing what a dispatch asks for, piece by piece. */
#include <string.h>

#include "kernel.h"

static const struct kernel *const lists[] = {
	elementwise_kernels, gemm_kernels, conv_kernels, vision_kernels,
};

#define NR_LISTS (sizeof(lists) / sizeof(lists[0]))

/* The one after @k, the first if @k is NULL; NULL after the last. */
const struct kernel *kernel_next(const struct kernel *k)
{
	const struct kernel *other;
	size_t i;

	if (!k)
		return lists[0];
	if (k[1].name)
		return k + 1;
	for (i = 0; i + 1 < NR_LISTS; i++)
		for (other = lists[i]; other->name; other++)
			if (other == k)
				return lists[i + 1];
	return NULL;
}

const struct kernel *kernel_by_id(uint32_t id)
{
	const struct kernel *k = NULL;

	while ((k = kernel_next(k)))
		if (k->id == id)
			return k;
	return NULL;
}

const struct kernel *kernel_by_name(const char *name)
{
	const struct kernel *k = NULL;

	while ((k = kernel_next(k)))
		if (!strcmp(k->name, name))
			return k;
	return NULL;
}

static bool read_grid(struct job *job, const struct dispatch *d)
{
	uint64_t groups = 1;
	unsigned int i;

	if (!d->dims || d->dims > 3)
		return job_refuse(job, REFUSED_VALUE, NO_ARG);
	for (i = 0; i < 3; i++) {
		job->grid[i] = i < d->dims ? d->grid[i] : 1;
		if (i >= d->dims)
			continue;
		if (!d->group[i])
			return job_refuse(job, REFUSED_VALUE, NO_ARG);
		/* As many digits as the items have, at most. */
		groups *= d->grid[i] / d->group[i] +
			  !!(d->grid[i] % d->group[i]);
	}
	if (!product(&job->items, 3, job->grid[0], job->grid[1], job->grid[2]))
		return job_refuse(job, REFUSED_VALUE, NO_ARG);
	job->steps = groups;
	return true;
}

/**
 * job_prepare() - check a dispatch
 * @job: for what is to be done; valid as long as @memory is mapped
 * @d: the dispatch; it is not needed afterwards
 * @memory: what pointers are offsets in, aligned to a page
 * @size: its bytes
 *
 * Return: false if it must not be done; job.refusal and job.refused_arg say why.
 */
bool job_prepare(struct job *job, const struct dispatch *d, void *memory,
		 uint64_t size)
{
	memset(job, 0, sizeof(*job));
	job->memory = memory;
	job->size = size;
	job->kernel = kernel_by_id(d->kernel);
	if (!job->kernel)
		return job_refuse(job, REFUSED_KERNEL, NO_ARG);
	if (!read_grid(job, d) || !args_read(job, d) ||
	    !job->kernel->prepare(job) || job->refusal || !args_apart(job))
		return false;
	if (job->steps > job->pieces)
		job->steps = job->pieces;
	return true;
}

/* The first piece that does not belong to the steps before. */
static uint64_t first_piece(const struct job *job, uint64_t step)
{
	return ((__uint128_t)step * job->pieces + job->steps - 1) /
	       job->steps;
}

/**
 * job_run() - do a job, or go on with it
 * @job: what job_prepare() was content with
 * @done: steps that were done before
 * @yield: a word that somebody else sets when this is to stop soon
 *
 * Return: steps that are done now: job.steps if that is all. At least one more than
 * before, so that a job ends however often it has to yield.
 */
uint64_t job_run(const struct job *job, uint64_t done,
		 const volatile uint32_t *yield)
{
	uint64_t piece;

	while (done < job->steps) {
		for (piece = first_piece(job, done);
		     piece < first_piece(job, done + 1); piece++)
			job->kernel->piece(job, piece);
		done++;
		if (*yield)
			break;
	}
	return done < job->steps ? done : job->steps;
}
