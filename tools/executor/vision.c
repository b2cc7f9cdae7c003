// SPDX-License-Identifier: GPL-2.0
/*
 * Kernels that PoCL names after OpenVX. They do what PoCL's sources of them do, which
 * is not always what OpenVX says: see docs/executor.md.
 */
#include <math.h>
#include <string.h>

#include "kernel.h"

#define PIECE	(1 << 16)	/* elements */

static void cut(struct job *job)
{
	job->pieces = parts(job->items, PIECE);
}

static uint64_t length(const struct job *job, uint64_t piece)
{
	return least(job->items - piece * PIECE, PIECE);
}

/* The middle of an output pixel, in pixels of the input. */
static inline float source(uint64_t at, float scale)
{
	return ((float)at + 0.5f) * scale - 0.5f;
}

static inline int64_t nearest(uint64_t at, float scale)
{
	float from = source(at, scale);
	float floor = floorf(from);

	return (int64_t)floor + (from - floor >= 0.5f);
}

/* Scales that are negative, infinite or no number, and pictures without end. */
static bool read_scale(struct job *job)
{
	struct scale *s = &job->scale;

	s->x = job->args[2].f32;
	s->y = job->args[3].f32;
	s->w = job->args[4].i32;
	s->h = job->args[5].i32;
	if (!(s->x >= 0 && source(job->grid[0], s->x) < 0x1p31f))
		return job_refuse(job, REFUSED_VALUE, 2);
	if (!(s->y >= 0 && source(job->grid[1], s->y) < 0x1p31f))
		return job_refuse(job, REFUSED_VALUE, 3);
	if (s->w < 1)
		return job_refuse(job, REFUSED_VALUE, 4);
	if (s->h < 1)
		return job_refuse(job, REFUSED_VALUE, 5);
	cut(job);
	return true;
}

/*
 * The nearest pixel. Here x counts rows and y what is in them, and planes lie
 * interleaved; a row of the output has as many pixels as there are rows. What is
 * read and written grows with x, y and z, so the last of each says how far it goes.
 */
static bool prepare_scale_nn(struct job *job)
{
	uint64_t *grid = job->grid, in, out;
	struct scale *s = &job->scale;

	if (!read_scale(job))
		return false;
	if (!job->items)
		return true;
	in = nearest(grid[0] - 1, s->x) * s->w + nearest(grid[1] - 1, s->y) + 1;
	out = (grid[0] - 1) * grid[0] + grid[1];
	if (!product(&in, 2, in, grid[2]))
		return job_refuse(job, REFUSED_BOUNDS, 0);
	if (!product(&out, 2, out, grid[2]))
		return job_refuse(job, REFUSED_BOUNDS, 1);
	s->in = args_span(job, 0, in, 1, 1, READ);
	s->out = args_span(job, 1, out, 1, 1, WRITE);
	return true;
}

static void scale_nn(const struct job *job, uint64_t piece)
{
	uint64_t from = piece * PIECE, left = length(job, piece);
	uint64_t width = job->grid[0], planes = job->grid[2];
	uint64_t z = from % planes, y = from / planes % job->grid[1];
	uint64_t x = from / planes / job->grid[1];
	const struct scale *s = &job->scale;
	const uint8_t *in;
	uint8_t *out;

	/* Plane by plane of a pixel, along the memory. */
	for (; left; z = 0) {
		in = s->in + (nearest(x, s->x) * s->w + nearest(y, s->y)) * planes;
		out = s->out + (x * width + y) * planes;
		for (; z < planes && left; z++, left--)
			out[z] = in[z];
		if (++y == job->grid[1]) {
			y = 0;
			x++;
		}
	}
}

/*
 * The four pixels around. Planes follow each other. A pixel that would be outside of
 * the picture, of which nothing is defined, is the one at its edge.
 */
static bool prepare_scale_bl(struct job *job)
{
	struct scale *s = &job->scale;
	uint64_t in;

	if (!read_scale(job))
		return false;
	if (!job->items)
		return true;
	if (!product(&in, 3, s->w, s->h, job->grid[2]))
		return job_refuse(job, REFUSED_BOUNDS, 0);
	s->in = args_span(job, 0, in, 1, 1, READ);
	s->out = args_span(job, 1, job->items, 1, 1, WRITE);
	return true;
}

static inline int64_t clamp(int64_t at, int64_t size)
{
	return at < 0 ? 0 : at >= size ? size - 1 : at;
}

/* As in PoCL, how far it is to the right weighs the lower row, and vice versa. */
static uint8_t blend(const struct scale *s, const uint8_t *plane, uint64_t x,
		     uint64_t y)
{
	float from_x = source(x, s->x), from_y = source(y, s->y);
	float right = from_x - floorf(from_x), down = from_y - floorf(from_y);
	int64_t x0 = floorf(from_x), y0 = floorf(from_y);
	int64_t x1 = clamp(x0 + 1, s->w), y1 = clamp(y0 + 1, s->h);

	x0 = clamp(x0, s->w);
	y0 = clamp(y0, s->h);
	return (1 - right) * (1 - down) * plane[y0 * s->w + x0] +
	       right * (1 - down) * plane[y1 * s->w + x0] +
	       (1 - right) * down * plane[y0 * s->w + x1] +
	       right * down * plane[y1 * s->w + x1];
}

static void scale_bl(const struct job *job, uint64_t piece)
{
	uint64_t i = piece * PIECE, end = i + length(job, piece);
	uint64_t width = job->grid[0], height = job->grid[1];
	uint64_t x = i % width, y = i / width % height;
	const struct scale *s = &job->scale;
	const uint8_t *plane = s->in + i / width / height * s->w * s->h;

	for (; i < end; x = 0) {
		for (; x < width && i < end; x++)
			s->out[i++] = blend(s, plane, x, y);
		if (++y == height) {
			y = 0;
			plane += s->w * s->h;
		}
	}
}

static bool prepare_convert(struct job *job)
{
	struct convert *c = &job->convert;

	c->in = args_span(job, 0, job->items, 1, 1, READ);
	c->out = args_span(job, 1, job->items, 4, 4, WRITE);
	c->norm = job->args[2].f32;
	c->offset = job->args[3].f32;
	cut(job);
	return true;
}

static VECTOR void convert(const struct job *job, uint64_t piece)
{
	const uint8_t *in = job->convert.in + piece * PIECE;
	float norm = job->convert.norm, offset = job->convert.offset;
	float *out = job->convert.out + piece * PIECE;
	uint64_t i, nr = length(job, piece);

#pragma GCC ivdep
	for (i = 0; i < nr; i++)
		out[i] = (in[i] - offset) / norm;
}

/* What is least and most so far is where it will be in the end. */
static bool prepare_minmaxloc(struct job *job)
{
	struct location *l = &job->loc;

	if (!job->items)
		return job_refuse(job, REFUSED_VALUE, NO_ARG);
	l->in = args_span(job, 0, job->items, 1, 1, READ);
	l->min = args_span(job, 1, 1, 1, 1, WRITE);
	l->max = args_span(job, 2, 1, 1, 1, WRITE);
	l->at_min = args_span(job, 3, 2, 4, 4, WRITE);
	l->at_max = args_span(job, 4, 2, 4, 4, WRITE);
	cut(job);
	return true;
}

static VECTOR void extremes(const uint8_t *in, uint64_t nr, uint8_t *min,
			    uint8_t *max)
{
	uint8_t low = 255, high = 0;
	uint64_t i;

	for (i = 0; i < nr; i++) {
		low = in[i] < low ? in[i] : low;
		high = in[i] > high ? in[i] : high;
	}
	*min = low;
	*max = high;
}

/* The first of several; nowhere if a guest has changed it meanwhile. */
static void locate(const struct job *job, uint64_t from, uint64_t nr,
		   uint8_t value, uint32_t *at)
{
	const uint8_t *found = memchr(job->loc.in + from, value, nr);
	uint64_t i;

	if (!found)
		return;
	i = found - job->loc.in;
	at[0] = i % job->grid[0];
	at[1] = i / job->grid[0] % job->grid[1];
}

static void minmaxloc(const struct job *job, uint64_t piece)
{
	uint64_t from = piece * PIECE, nr = length(job, piece);
	const struct location *l = &job->loc;
	uint8_t min, max;

	extremes(l->in + from, nr, &min, &max);
	if (!piece || min < *l->min) {
		*l->min = min;
		locate(job, from, nr, min, l->at_min);
	}
	if (!piece || max > *l->max) {
		*l->max = max;
		locate(job, from, nr, max, l->at_max);
	}
}

const struct kernel vision_kernels[] = {
	{ 21, "org.khronos.openvx.scale_image.nn.u8", "ppffii",
	  prepare_scale_nn, scale_nn },
	{ 22, "org.khronos.openvx.scale_image.bl.u8", "ppffii",
	  prepare_scale_bl, scale_bl },
	{ 23, "org.khronos.openvx.tensor_convert_depth.wrap.u8.f32", "ppff",
	  prepare_convert, convert },
	{ 24, "org.khronos.openvx.minmaxloc.r1.u8", "ppppp",
	  prepare_minmaxloc, minmaxloc },
	{}
};
