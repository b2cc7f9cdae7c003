// SPDX-License-Identifier: GPL-2.0
/* Arguments of a kernel, which a guest chose: what is not plainly right is refused. */
#include <stdarg.h>
#include <string.h>

#include "kernel.h"

/* The first reason counts. Always false, so that callers can return it. */
bool job_refuse(struct job *job, enum refusal why, unsigned int arg)
{
	if (!job->refusal) {
		job->refusal = why;
		job->refused_arg = arg;
	}
	return false;
}

const char *refusal_text(enum refusal why)
{
	static const char *const text[] = {
		[REFUSED_NOT] = "nothing",
		[REFUSED_KERNEL] = "no such kernel",
		[REFUSED_SHORT] = "too few arguments",
		[REFUSED_VALUE] = "a value that makes no sense",
		[REFUSED_BOUNDS] = "not within the partition",
		[REFUSED_ALIGNMENT] = "not aligned",
		[REFUSED_OVERLAP] = "output overlaps input or other output",
		[REFUSED_PROGRAM] = "not a program that can be executed",
		[REFUSED_UNAVAILABLE] = "guests' own programs are not to be had",
	};

	return text[why];
}

/* The product of so many numbers (uint64_t); false if it has more than 64 bits. */
bool product(uint64_t *p, unsigned int nr, ...)
{
	bool good = true;
	va_list numbers;

	*p = 1;
	va_start(numbers, nr);
	while (nr--)
		if (__builtin_mul_overflow(*p, va_arg(numbers, uint64_t), p))
			good = false;
	va_end(numbers);
	return good;
}

/**
 * args_read() - take the arguments apart, as the kernel's types say
 * @job: for them
 * @d: the dispatch: arguments lie in order without padding, pointers have 8 bytes
 *
 * Return: false if there are too few.
 */
bool args_read(struct job *job, const struct dispatch *d)
{
	uint32_t at = 0, size;
	const char *type;
	unsigned int n;

	for (n = 0, type = job->kernel->args; *type; type++, n++) {
		size = *type == 'p' ? 8 : 4;
		if (d->args_size - at < size)
			return job_refuse(job, REFUSED_SHORT, n);
		memcpy(&job->args[n], d->args + at, size);
		at += size;
	}
	return true;
}

/**
 * args_span() - the memory behind a pointer
 * @job: what the kernel is to do
 * @arg: which argument is the pointer: an offset in the partition
 * @count: how many elements
 * @size: bytes of an element
 * @alignment: of the first
 * @access: what the kernel does there
 *
 * Return: where it is; NULL, and the job is refused, if not all of it is in the
 * partition. Without elements a pointer may be anything, and must not be used.
 */
void *args_span(struct job *job, unsigned int arg, uint64_t count, size_t size,
		size_t alignment, enum access access)
{
	uint64_t offset = job->args[arg].offset, bytes;

	if (!count)
		return job->memory;
	if (!offset || __builtin_mul_overflow(count, size, &bytes) ||
	    offset > job->size || bytes > job->size - offset) {
		job_refuse(job, REFUSED_BOUNDS, arg);
		return NULL;
	}
	if (offset % alignment) {
		job_refuse(job, REFUSED_ALIGNMENT, arg);
		return NULL;
	}
	job->spans[job->nr_spans++] = (struct span){ offset, bytes, access, arg };
	return job->memory + offset;
}

static bool may_meet(const struct span *a, const struct span *b)
{
	bool same = a->start == b->start && a->size == b->size;

	if (a->access == READ && b->access == READ)
		return true;
	if (a->start + a->size <= b->start || b->start + b->size <= a->start)
		return true;
	return same && (a->access == READ || b->access == READ) &&
	       (a->access == WRITE_SAME || b->access == WRITE_SAME);
}

/* Does each output lie apart from everything else? Call it when all are known. */
bool args_apart(struct job *job)
{
	unsigned int i, j;

	for (i = 0; i < job->nr_spans; i++)
		for (j = 0; j < i; j++)
			if (!may_meet(&job->spans[i], &job->spans[j]))
				return job_refuse(job, REFUSED_OVERLAP,
						  job->spans[i].arg);
	return true;
}
