// SPDX-License-Identifier: GPL-2.0
/*
 * Two-dimensional convolution as cudnnConvolutionForward() has it (which does not
 * mirror the filters): out = alpha * conv(in, weights) + beta * out, all of it NCHW.
 *
 * A piece is some filters at some places of one picture's result, and a part of the
 * sums there: what the filters see is copied into a matrix, a column a place, and a
 * BLAS multiplies it with the filters' weights.
 */
#include <limits.h>
#include <string.h>

#include <cblas.h>

#include "kernel.h"

#define FILTERS	64
#define PLACES	64
#define DEPTH	256

/* How often a filter fits; 0 if never. None of this leaves 64 bits. */
static int64_t output_size(int64_t in, int64_t filter, int64_t stride,
			   int64_t dilation, int64_t pad)
{
	int64_t reach = (filter - 1) * dilation + 1;
	int64_t padded = in + 2 * pad;

	return padded < reach ? 0 : (padded - reach) / stride + 1;
}

static bool read_shape(struct job *job)
{
	struct conv *c = &job->conv;
	int64_t *const sizes[] = {
		&c->n, &c->c, &c->h, &c->w, &c->k, &c->fc, &c->fh, &c->fw,
		&c->stride_h, &c->stride_w, &c->dilation_h, &c->dilation_w,
		&c->pad_h, &c->pad_w, &c->groups,
	};
	unsigned int i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		bool pad = sizes[i] == &c->pad_h || sizes[i] == &c->pad_w;

		*sizes[i] = job->args[3 + i].i32;
		if (*sizes[i] < !pad)
			return job_refuse(job, REFUSED_VALUE, 3 + i);
	}
	c->alpha = job->args[18].f32;
	c->beta = job->args[19].f32;
	if (c->fc > c->c || c->c % c->fc || c->c / c->fc != c->groups)
		return job_refuse(job, REFUSED_VALUE, 8);
	if (c->k % c->groups)
		return job_refuse(job, REFUSED_VALUE, 7);
	c->oh = output_size(c->h, c->fh, c->stride_h, c->dilation_h, c->pad_h);
	c->ow = output_size(c->w, c->fw, c->stride_w, c->dilation_w, c->pad_w);
	if (!c->oh)
		return job_refuse(job, REFUSED_VALUE, 9);
	if (!c->ow)
		return job_refuse(job, REFUSED_VALUE, 10);
	return true;
}

/* What the BLAS takes as distances between rows. */
static bool blas_takes(const struct conv *c)
{
	uint64_t terms, places;

	return product(&terms, 3, c->fc, c->fh, c->fw) && terms <= INT_MAX &&
	       product(&places, 2, c->oh, c->ow) && places <= INT_MAX;
}

static bool prepare_conv(struct job *job)
{
	struct conv *c = &job->conv;
	uint64_t in, weights, out;

	if (!read_shape(job))
		return false;
	if (!product(&in, 4, c->n, c->c, c->h, c->w))
		return job_refuse(job, REFUSED_BOUNDS, 0);
	if (!product(&weights, 4, c->k, c->fc, c->fh, c->fw))
		return job_refuse(job, REFUSED_BOUNDS, 1);
	if (!product(&out, 4, c->n, c->k, c->oh, c->ow))
		return job_refuse(job, REFUSED_BOUNDS, 2);
	c->in = args_span(job, 0, in, 4, 4, READ);
	c->weights = args_span(job, 1, weights, 4, 4, READ);
	c->out = args_span(job, 2, out, 4, 4, WRITE);
	if (!blas_takes(c))
		return job_refuse(job, REFUSED_VALUE, 9);
	/* No more than there are bytes in the partition, times what BLAS takes. */
	if (!product(&job->pieces, 5, c->n, c->groups,
		     parts(c->oh * c->ow, PLACES),
		     parts(c->k / c->groups, FILTERS),
		     parts(c->fc * c->fh * c->fw, DEPTH)))
		return job_refuse(job, REFUSED_VALUE, 3);
	return true;
}

struct block {
	uint64_t picture, group, place, filter, depth;
	uint64_t places, filters, terms;
};

/* The sum's parts go first, so that they are added up one after the other. */
static struct block block_of(const struct conv *c, uint64_t piece)
{
	uint64_t filters = c->k / c->groups, places = c->oh * c->ow;
	uint64_t terms = c->fc * c->fh * c->fw;
	struct block at;

	at.depth = piece % parts(terms, DEPTH) * DEPTH;
	piece /= parts(terms, DEPTH);
	at.filter = piece % parts(filters, FILTERS) * FILTERS;
	piece /= parts(filters, FILTERS);
	at.place = piece % parts(places, PLACES) * PLACES;
	piece /= parts(places, PLACES);
	at.group = piece % c->groups;
	at.picture = piece / c->groups;
	at.places = least(places - at.place, PLACES);
	at.filters = least(filters - at.filter, FILTERS);
	at.terms = least(terms - at.depth, DEPTH);
	return at;
}

/* What one weight of the filters meets at each place of the block. */
static void gather_term(const struct conv *c, const struct block *at,
			const float *plane, int64_t y, int64_t x, float *row)
{
	int64_t oy = at->place / c->ow, ox = at->place % c->ow;
	int64_t iy, ix;
	uint64_t i;

	for (i = 0; i < at->places; i++) {
		iy = oy * c->stride_h + y;
		ix = ox * c->stride_w + x;
		row[i] = iy < 0 || iy >= c->h || ix < 0 || ix >= c->w ? 0 :
			 plane[iy * c->w + ix];
		if (++ox == c->ow) {
			ox = 0;
			oy++;
		}
	}
}

static void gather(const struct conv *c, const struct block *at, float *seen)
{
	uint64_t i, term, channel, inside = c->fh * c->fw;
	const float *picture;

	picture = c->in + (at->picture * c->c + at->group * c->fc) * c->h * c->w;
	for (i = 0; i < at->terms; i++) {
		term = at->depth + i;
		channel = term / inside;
		gather_term(c, at, picture + channel * c->h * c->w,
			    term % inside / c->fw * c->dilation_h - c->pad_h,
			    term % c->fw * c->dilation_w - c->pad_w,
			    seen + i * at->places);
	}
}

static void conv2d(const struct job *job, uint64_t piece)
{
	static float seen[DEPTH * PLACES];
	const struct conv *c = &job->conv;
	struct block at = block_of(c, piece);
	uint64_t filter = at.group * (c->k / c->groups) + at.filter;
	uint64_t terms = c->fc * c->fh * c->fw, places = c->oh * c->ow;

	gather(c, &at, seen);
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, at.filters,
		    at.places, at.terms, c->alpha,
		    c->weights + filter * terms + at.depth, terms, seen,
		    at.places, at.depth ? 1 : c->beta,
		    c->out + (at.picture * c->k + filter) * places + at.place,
		    places);
}

const struct kernel conv_kernels[] = {
	{ 20, "pocl.dnn.conv2d.nchw.f32", "pppiiiiiiiiiiiiiiiff",
	  prepare_conv, conv2d },
	{}
};
