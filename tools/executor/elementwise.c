// SPDX-License-Identifier: GPL-2.0
/*
 * Kernels that make each element of the output from the same element of the input.
 * The work-items of a grid with several dimensions are in a row, x first. In place is
 * allowed, an output that begins elsewhere in an input is not.
 */
#include <math.h>

#include "kernel.h"

#define PIECE	(1 << 17)	/* elements */

static bool prepare(struct job *job, size_t size, bool two)
{
	unsigned int out = two ? 2 : 1;

	job->ew.a = args_span(job, 0, job->items, size, size, READ);
	if (two)
		job->ew.b = args_span(job, 1, job->items, size, size, READ);
	job->ew.out = args_span(job, out, job->items, size, size, WRITE_SAME);
	job->pieces = parts(job->items, PIECE);
	return true;
}

static bool prepare_copy_i8(struct job *job)
{
	return prepare(job, 1, false);
}

static bool prepare_one_32(struct job *job)
{
	return prepare(job, 4, false);
}

static bool prepare_two_8(struct job *job)
{
	return prepare(job, 1, true);
}

static bool prepare_two_32(struct job *job)
{
	return prepare(job, 4, true);
}

/* Elements of a piece; all but the last have as many. */
static uint64_t length(const struct job *job, uint64_t piece)
{
	return least(job->items - piece * PIECE, PIECE);
}

/* Either in place or apart, so no element waits for another. */
#define EACH_ELEMENT(name, type, expression)				\
static VECTOR void name(const struct job *job, uint64_t piece)		\
{									\
	const type *a = (const type *)job->ew.a + piece * PIECE;	\
	const type *b = (const type *)job->ew.b + piece * PIECE;	\
	type *out = (type *)job->ew.out + piece * PIECE;		\
	uint64_t i, nr = length(job, piece);				\
									\
	_Pragma("GCC ivdep")						\
	for (i = 0; i < nr; i++)					\
		out[i] = (expression);					\
}

#define EACH_OF_ONE(name, type, expression)				\
static VECTOR void name(const struct job *job, uint64_t piece)		\
{									\
	const type *a = (const type *)job->ew.a + piece * PIECE;	\
	type *out = (type *)job->ew.out + piece * PIECE;		\
	uint64_t i, nr = length(job, piece);				\
									\
	_Pragma("GCC ivdep")						\
	for (i = 0; i < nr; i++)					\
		out[i] = (expression);					\
}

EACH_OF_ONE(copy_i8, uint8_t, a[i])
EACH_OF_ONE(abs_f32, float, fabsf(a[i]))
EACH_ELEMENT(add_i8, uint8_t, a[i] + b[i])
EACH_ELEMENT(add_i32, uint32_t, a[i] + b[i])
EACH_ELEMENT(mul_i32, uint32_t, a[i] * b[i])

/* How many pixels are red; the sum so far is where it will be in the end. */
static bool prepare_countred(struct job *job)
{
	job->ew.a = args_span(job, 0, job->items, 4, 4, READ);
	job->ew.out = args_span(job, 1, 1, 4, 4, WRITE);
	job->pieces = parts(job->items, PIECE);
	if (!job->pieces)
		job->pieces = 1;
	return true;
}

static VECTOR void countred(const struct job *job, uint64_t piece)
{
	const uint32_t *in = (const uint32_t *)job->ew.a + piece * PIECE;
	uint64_t i, nr = length(job, piece);
	uint32_t *out = job->ew.out;
	uint32_t sum = 0;

	for (i = 0; i < nr; i++)
		sum += (in[i] & 0xff) > 100;
	*out = piece ? *out + sum : sum;
}

const struct kernel elementwise_kernels[] = {
	{ 0, "pocl.copy.i8", "pp", prepare_copy_i8, copy_i8 },
	{ 1, "pocl.add.i32", "ppp", prepare_two_32, add_i32 },
	{ 2, "pocl.mul.i32", "ppp", prepare_two_32, mul_i32 },
	{ 4, "pocl.countred", "pp", prepare_countred, countred },
	{ 9, "pocl.abs.f32", "pp", prepare_one_32, abs_f32 },
	{ 12, "pocl.add.i8", "ppp", prepare_two_8, add_i8 },
	{}
};
