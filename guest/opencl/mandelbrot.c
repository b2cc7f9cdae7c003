// SPDX-License-Identifier: GPL-2.0
/*
 * The Mandelbrot set by a program of our own on an OpenCL device (mandelbrot.comp,
 * made into FILE by poclbin), drawn on the guest's screen if it has one.
 *
 * Usage: mandelbrot [-r ROUNDS] [-m STEPS] FILE
 *
 * Prints, of each round, which is nearer than the one before: pixels, and those that
 * are as the CPU has them, after as many STEPS for each at most. ROUNDS 0 goes on
 * until it is ended. Status 0 when all of all rounds are as the CPU has them.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "opencl.h"
#include "screen.h"

#define WIDTH	256
#define HEIGHT	192
#define GROUP	8
#define ONE	4096

/* What is seen: where, and how large a pixel is, in 1/ONE; steps at most. */
struct view {
	cl_int left;
	cl_int top;
	cl_int pixel;
	cl_uint most;
};

static struct view view_of(unsigned long round, cl_uint most)
{
	struct view v = { .pixel = 56 >> round % 6, .most = most };

	if (!v.pixel)
		v.pixel = 1;
	/* Around -0.75 and 0.1. */
	v.left = -ONE * 3 / 4 - WIDTH / 2 * v.pixel;
	v.top = ONE / 10 - HEIGHT / 2 * v.pixel;
	return v;
}

/* As mandelbrot.comp. */
static uint32_t count(int x, int y, uint32_t most)
{
	int a = 0, b = 0, next;
	uint32_t n;

	for (n = 0; n < most && (a * a >> 12) + (b * b >> 12) <= 4 << 12; n++) {
		next = (a * a >> 12) - (b * b >> 12) + x;
		b = (a * b >> 11) + y;
		a = next;
	}
	return n;
}

static void compute(const struct compute *c, cl_kernel kernel, cl_mem counts,
		    const struct view *v)
{
	const size_t grid[] = { WIDTH, HEIGHT }, group[] = { GROUP, GROUP };
	const cl_uint width = WIDTH;

	check("argument", clSetKernelArg(kernel, 0, sizeof(counts), &counts));
	check("argument", clSetKernelArg(kernel, 1, sizeof(width), &width));
	check("argument", clSetKernelArg(kernel, 2, sizeof(v->most), &v->most));
	check("argument", clSetKernelArg(kernel, 3, sizeof(v->left), &v->left));
	check("argument", clSetKernelArg(kernel, 4, sizeof(v->top), &v->top));
	check("argument", clSetKernelArg(kernel, 5, sizeof(v->pixel), &v->pixel));
	check("dispatch", clEnqueueNDRangeKernel(c->queue, kernel, 2, NULL, grid,
						 group, 0, NULL, NULL));
}

static unsigned int compare(const uint32_t *counts, const struct view *v)
{
	unsigned int i, equal = 0;

	for (i = 0; i < WIDTH * HEIGHT; i++)
		equal += counts[i] == count(v->left + (int)(i % WIDTH) * v->pixel,
					    v->top + (int)(i / WIDTH) * v->pixel,
					    v->most);
	return equal;
}

/* Black inside, and outside the brighter the nearer. */
static void draw(struct screen *screen, const uint32_t *counts, uint32_t most)
{
	static uint32_t picture[WIDTH * HEIGHT];
	unsigned int i;

	for (i = 0; i < WIDTH * HEIGHT; i++)
		picture[i] = counts[i] == most ? 0 :
			     counts[i] * 0x030500 % 0xff0000 + counts[i];
	screen_picture(screen, picture, WIDTH, HEIGHT);
}

/* Return: all pixels of all rounds are as the CPU has them. */
static int run(const char *path, unsigned long rounds, cl_uint most)
{
	static uint32_t counts[WIDTH * HEIGHT];
	const struct compute c = compute_open();
	cl_kernel kernel = compute_kernel(compute_program(&c, path), "mandelbrot");
	cl_mem buffer = compute_buffer(&c, sizeof(counts));
	struct screen screen;
	unsigned int equal;
	unsigned long i;
	struct view v;
	int ok = 1;

	screen_open(&screen);
	for (i = 0; !rounds || i < rounds; i++) {
		v = view_of(i, most);
		compute(&c, kernel, buffer, &v);
		compute_read(&c, buffer, counts, sizeof(counts));
		equal = compare(counts, &v);
		draw(&screen, counts, most);
		printf("mandelbrot: %u pixels, %u as the CPU\n", WIDTH * HEIGHT,
		       equal);
		fflush(stdout);
		ok &= equal == WIDTH * HEIGHT;
	}
	return ok;
}

int main(int argc, char **argv)
{
	unsigned long rounds = 1, most = 256;
	int c;

	while ((c = getopt(argc, argv, "r:m:")) != -1) {
		if (c == 'r')
			rounds = strtoul(optarg, NULL, 0);
		else if (c == 'm')
			most = strtoul(optarg, NULL, 0);
		else
			optind = argc;
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "usage: mandelbrot [-r ROUNDS] [-m STEPS] FILE\n");
		return 2;
	}
	return run(argv[optind], rounds, most) ? 0 : 1;
}
