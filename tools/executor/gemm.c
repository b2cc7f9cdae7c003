// SPDX-License-Identifier: GPL-2.0
/*
 * Products of matrices, by whatever BLAS the machine has. A piece is a block of the
 * result and a part of the sums in it; the parts are added up in the result itself,
 * always in the same order, so that it does not depend on where a job had to yield.
 */
#include <limits.h>

#include <cblas.h>

#include "kernel.h"

/* A piece is a million products: two milliseconds by the slowest BLAS. */
#define BLOCK	64
#define DEPTH	256

/* An empty sum is a part, too: it makes the result 0, or beta times itself. */
static bool prepare_common(struct job *job, size_t size)
{
	struct gemm *g = &job->gemm;
	uint64_t a, b, c;

	g->m = job->args[3].u32;
	g->n = job->args[4].u32;
	g->k = job->args[5].u32;
	/* What a BLAS takes. */
	if (g->m > INT_MAX || g->n > INT_MAX || g->k > INT_MAX)
		return job_refuse(job, REFUSED_VALUE, g->m > INT_MAX ? 3 :
						      g->n > INT_MAX ? 4 : 5);
	product(&a, 2, g->m, g->k);
	product(&b, 2, g->k, g->n);
	product(&c, 2, g->m, g->n);
	if (!c)
		return true;
	g->a = args_span(job, 0, a, size, size, READ);
	g->b = args_span(job, 1, b, size, size, READ);
	g->c = args_span(job, 2, c, 4, 4, WRITE);
	job->pieces = parts(g->m, BLOCK) * parts(g->n, BLOCK);
	/* Less than 2^62 as the matrices fit into memory. */
	if (g->k)
		job->pieces *= parts(g->k, DEPTH);
	return true;
}

static bool prepare_local(struct job *job)
{
	job->gemm.alpha = 1;
	return prepare_common(job, 4);
}

static bool prepare_tensor(struct job *job)
{
	job->gemm.half = true;
	job->gemm.alpha = 1;
	return prepare_common(job, 2);
}

static bool prepare_tensor_scale(struct job *job)
{
	job->gemm.half = true;
	job->gemm.alpha = job->args[6].f32;
	job->gemm.beta = job->args[7].f32;
	return prepare_common(job, 2);
}

/* Where a piece is: rows, columns, and part of the sum; the latter goes first. */
struct block {
	uint64_t row, column, depth;
	uint64_t rows, columns, terms;
	float beta;
};

static struct block block_of(const struct gemm *g, uint64_t piece)
{
	uint64_t sums = g->k ? parts(g->k, DEPTH) : 1;
	uint64_t across = parts(g->n, BLOCK);
	struct block at;

	at.depth = piece % sums * DEPTH;
	at.column = piece / sums % across * BLOCK;
	at.row = piece / sums / across * BLOCK;
	at.rows = least(g->m - at.row, BLOCK);
	at.columns = least(g->n - at.column, BLOCK);
	at.terms = least(g->k - at.depth, DEPTH);
	at.beta = at.depth ? 1 : g->beta;
	return at;
}

/* Row by row: C[m,n] = A[m,k] B[k,n]. */
static void gemm_local(const struct job *job, uint64_t piece)
{
	const struct gemm *g = &job->gemm;
	struct block at = block_of(g, piece);
	const float *a = (const float *)g->a + at.row * g->k + at.depth;
	const float *b = (const float *)g->b + at.depth * g->n + at.column;
	float *c = g->c + at.row * g->n + at.column;

	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, at.rows,
		    at.columns, at.terms, g->alpha, a, g->k ?: 1, b, g->n,
		    at.beta, c, g->n);
}

/*
 * A number of 16 bits (5 of them exponent) as one of 32 (8), without a branch, so that
 * it becomes vector code on every CPU.
 */
static inline float widen_one(uint16_t half)
{
	union {
		uint32_t bits;
		float f;
	} wide = { .bits = (half & 0x7fffu) << 13 };

	wide.f *= 0x1p112f;
	/* Infinities, and what is no number. */
	wide.bits |= (half & 0x7c00) == 0x7c00 ? 0x7f800000 : 0;
	wide.bits |= (half & 0x8000u) << 16;
	return wide.f;
}

/* Columns of a matrix, one after the other. */
static VECTOR void widen(float *to, const uint16_t *from, uint64_t stride,
			 uint64_t rows, uint64_t columns)
{
	uint64_t i, j;

	for (j = 0; j < columns; j++)
		for (i = 0; i < rows; i++)
			to[j * rows + i] = widen_one(from[j * stride + i]);
}

/* Column by column: C[m,n] = alpha A[m,k] B[k,n] + beta C. */
static void gemm_tensor(const struct job *job, uint64_t piece)
{
	static float wide_a[BLOCK * DEPTH], wide_b[DEPTH * BLOCK];
	const struct gemm *g = &job->gemm;
	struct block at = block_of(g, piece);
	const uint16_t *a = (const uint16_t *)g->a + at.depth * g->m + at.row;
	const uint16_t *b = (const uint16_t *)g->b + at.column * g->k + at.depth;
	float *c = g->c + at.column * g->m + at.row;

	widen(wide_a, a, g->m, at.rows, at.terms);
	widen(wide_b, b, g->k, at.terms, at.columns);
	cblas_sgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, at.rows,
		    at.columns, at.terms, g->alpha, wide_a, at.rows, wide_b,
		    at.terms ?: 1, at.beta, c, g->m);
}

const struct kernel gemm_kernels[] = {
	{ 6, "pocl.sgemm.local.f32", "pppuuu", prepare_local, gemm_local },
	{ 7, "pocl.sgemm.scale.tensor.f16f16f32", "pppuuuff",
	  prepare_tensor_scale, gemm_tensor },
	{ 8, "pocl.sgemm.tensor.f16f16f32", "pppuuu", prepare_tensor,
	  gemm_tensor },
	{}
};
