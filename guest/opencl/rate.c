// SPDX-License-Identifier: GPL-2.0
/*
 * How many dispatches an OpenCL device does in a time.
 *
 * Usage: rate null COUNT           of a single work-item
 *        rate gemm SIDE COUNT      products of matrices of SIDE times SIDE
 *        rate program FILE COUNT   the Mandelbrot set, by FILE that poclbin has made
 *
 * Prints "rate: COUNT dispatches NS ns", from before the first until after the last;
 * one more comes before these, and does not count. Status 0 when what was computed is
 * right.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../tools/clock.h"
#include "opencl.h"

/* What the driver has room for is not known: so many are under way at most. */
#define AT_ONCE		200

/* As tests/bench/soft.py has it without a guest. */
#define NUMBER		0.1f	/* in matrices */
#define WIDTH		256
#define HEIGHT		192
#define MOST		256
#define PIXEL		14

/* Of the set, and in the middle of the picture: its count is the most. */
#define INSIDE_X	(-4096 / 2)
#define INSIDE_Y	0

/**
 * struct work - what is dispatched
 * @c: the device
 * @kernel: with its arguments
 * @dims: of @grid and @group
 * @grid: work-items
 * @group: of a work-group, or all 0: as the device likes it
 */
struct work {
	struct compute c;
	cl_kernel kernel;
	cl_uint dims;
	size_t grid[2];
	size_t group[2];
};

static void argument(struct work *w, cl_uint at, size_t size, const void *value)
{
	check("argument", clSetKernelArg(w->kernel, at, size, value));
}

static void dispatch(const struct work *w, unsigned long count)
{
	unsigned long i;

	for (i = 0; i < count; i++) {
		check("dispatch",
		      clEnqueueNDRangeKernel(w->c.queue, w->kernel, w->dims, NULL,
					     w->grid, w->group[0] ? w->group : NULL,
					     0, NULL, NULL));
		if (i % AT_ONCE == AT_ONCE - 1)
			check("finish", clFinish(w->c.queue));
	}
	check("finish", clFinish(w->c.queue));
}

static void measure(const struct work *w, unsigned long count)
{
	uint64_t begin;

	dispatch(w, 1);
	begin = now_ns();
	dispatch(w, count);
	printf("rate: %lu dispatches %llu ns\n", count,
	       (unsigned long long)(now_ns() - begin));
}

/* out = a + b, of a single number. */
static int null_work(unsigned long count)
{
	struct work w = { .c = compute_open(), .dims = 1, .grid = { 1 } };
	const cl_int a = 40, b = 2;
	cl_mem buffer[3];
	cl_int out = 0;
	cl_uint i;

	w.kernel = compute_kernel(compute_builtin(&w.c, "pocl.add.i32"),
				  "pocl.add.i32");
	for (i = 0; i < 3; i++) {
		buffer[i] = compute_buffer(&w.c, sizeof(a));
		argument(&w, i, sizeof(buffer[i]), &buffer[i]);
	}
	compute_write(&w.c, buffer[0], &a, sizeof(a));
	compute_write(&w.c, buffer[1], &b, sizeof(b));
	measure(&w, count);
	compute_read(&w.c, buffer[2], &out, sizeof(out));
	return out == a + b;
}

/*
 * Of one number alone. It has no exact square: an emulated CPU computes faster once a
 * result was rounded, and this rounds the first.
 */
static int gemm_work(cl_uint side, unsigned long count)
{
	const char *name = "pocl.sgemm.local.f32";
	struct work w = {
		.c = compute_open(), .dims = 2, .grid = { side, side },
	};
	size_t size = (size_t)side * side * sizeof(float), i;
	float *matrix = malloc(size);
	cl_mem buffer[3];
	int right = 1;
	cl_uint arg;

	if (!matrix)
		return 0;
	for (i = 0; i < size / sizeof(*matrix); i++)
		matrix[i] = NUMBER;
	w.kernel = compute_kernel(compute_builtin(&w.c, name), name);
	for (arg = 0; arg < 3; arg++) {
		buffer[arg] = compute_buffer(&w.c, size);
		argument(&w, arg, sizeof(buffer[arg]), &buffer[arg]);
		argument(&w, arg + 3, sizeof(side), &side);
		compute_write(&w.c, buffer[arg], matrix, size);
	}
	measure(&w, count);
	compute_read(&w.c, buffer[2], matrix, size);
	for (i = 0; i < size / sizeof(*matrix); i++)
		right &= matrix[i] > 0.999f * side * NUMBER * NUMBER &&
			 matrix[i] < 1.001f * side * NUMBER * NUMBER;
	free(matrix);
	return right;
}

static int program_work(const char *path, unsigned long count)
{
	static uint32_t counts[WIDTH * HEIGHT];
	struct work w = {
		.c = compute_open(), .dims = 2, .grid = { WIDTH, HEIGHT },
		.group = { 8, 8 },
	};
	const cl_uint width = WIDTH, most = MOST;
	const cl_int left = INSIDE_X - WIDTH / 2 * PIXEL,
		     top = INSIDE_Y - HEIGHT / 2 * PIXEL, pixel = PIXEL;
	cl_mem buffer;

	w.kernel = compute_kernel(compute_program(&w.c, path), "mandelbrot");
	buffer = compute_buffer(&w.c, sizeof(counts));
	argument(&w, 0, sizeof(buffer), &buffer);
	argument(&w, 1, sizeof(width), &width);
	argument(&w, 2, sizeof(most), &most);
	argument(&w, 3, sizeof(left), &left);
	argument(&w, 4, sizeof(top), &top);
	argument(&w, 5, sizeof(pixel), &pixel);
	measure(&w, count);
	compute_read(&w.c, buffer, counts, sizeof(counts));
	return counts[WIDTH * HEIGHT / 2 + WIDTH / 2] == MOST;
}

int main(int argc, char **argv)
{
	int right;

	if (argc == 3 && !strcmp(argv[1], "null")) {
		right = null_work(strtoul(argv[2], NULL, 0));
	} else if (argc == 4 && !strcmp(argv[1], "gemm")) {
		right = gemm_work(strtoul(argv[2], NULL, 0),
				  strtoul(argv[3], NULL, 0));
	} else if (argc == 4 && !strcmp(argv[1], "program")) {
		right = program_work(argv[2], strtoul(argv[3], NULL, 0));
	} else {
		fprintf(stderr, "usage: rate null COUNT | gemm SIDE COUNT | program FILE COUNT\n");
		return 2;
	}
	if (!right)
		fprintf(stderr, "rate: the result is wrong\n");
	return right ? 0 : 1;
}
