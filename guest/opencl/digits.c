// SPDX-License-Identifier: GPL-2.0
/*
 * Recognises handwritten digits on an OpenCL device, by the standard interface
 * alone, and shows image, answer and rate on the guest's screen if it has one.
 *
 * Usage: digits FILE [-r ROUNDS]
 *
 * FILE is train.py's. Prints, of each round over all images: images, right answers,
 * answers as the CPU has them. ROUNDS 0 goes on until it is ended. Status 0 when
 * all answers of all rounds are as the CPU has them.
 *
 * The network has two layers, of 33 and of 10 neurons; see train.py for the biases.
 * A layer is a convolution of images of one pixel, with a channel for each input;
 * max(x, 0) is (x + |x|) / 2, of which the second layer takes each half by itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#include "opencl.h"
#include "screen.h"

#define INPUTS	65
#define HIDDEN	33
#define OUTPUTS	10
#define BATCH	64

#define CONV	"pocl.dnn.conv2d.nchw.f32"
#define ABS	"pocl.abs.f32"

struct digits {
	uint32_t images;
	float hidden[HIDDEN][INPUTS];
	float output[OUTPUTS][HIDDEN];
	float (*image)[INPUTS];
	uint8_t *label;
	uint8_t *answer;
};

struct net {
	struct compute c;
	cl_kernel conv;
	cl_kernel abs;
	cl_mem w_hidden, w_output, in, x, abs_x, out;
};

static void take(FILE *file, void *to, size_t size)
{
	if (fread(to, 1, size, file) != size) {
		fprintf(stderr, "digits: the file is too short\n");
		exit(1);
	}
}

static void *room(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		abort();
	return p;
}

static void load(const char *path, struct digits *d)
{
	FILE *file = fopen(path, "rb");
	char magic[8];

	if (!file) {
		perror(path);
		exit(1);
	}
	take(file, magic, sizeof(magic));
	take(file, &d->images, sizeof(d->images));
	if (memcmp(magic, "DIGITS\0\1", 8) || !d->images || d->images > 65536) {
		fprintf(stderr, "digits: %s is no file of train.py\n", path);
		exit(1);
	}
	take(file, d->hidden, sizeof(d->hidden));
	take(file, d->output, sizeof(d->output));
	d->image = room(d->images, sizeof(*d->image));
	d->label = room(d->images, 1);
	d->answer = room(d->images, 1);
	take(file, d->image, d->images * sizeof(*d->image));
	take(file, d->label, d->images);
	take(file, d->answer, d->images);
	fclose(file);
}

static void open_net(struct net *net, const struct digits *d)
{
	cl_program program;

	net->c = compute_open();
	program = compute_builtin(&net->c, CONV ";" ABS);
	net->conv = compute_kernel(program, CONV);
	net->abs = compute_kernel(program, ABS);
	net->w_hidden = compute_buffer(&net->c, sizeof(d->hidden));
	net->w_output = compute_buffer(&net->c, sizeof(d->output));
	net->in = compute_buffer(&net->c, sizeof(float) * BATCH * INPUTS);
	net->x = compute_buffer(&net->c, sizeof(float) * BATCH * HIDDEN);
	net->abs_x = compute_buffer(&net->c, sizeof(float) * BATCH * HIDDEN);
	net->out = compute_buffer(&net->c, sizeof(float) * BATCH * OUTPUTS);
	compute_write(&net->c, net->w_hidden, d->hidden, sizeof(d->hidden));
	compute_write(&net->c, net->w_output, d->output, sizeof(d->output));
}

static void run(const struct net *net, cl_kernel kernel, size_t items)
{
	check("dispatch", clEnqueueNDRangeKernel(net->c.queue, kernel, 1, NULL,
						 &items, NULL, 0, NULL, NULL));
}

/* out = alpha * weights * in + beta * out, for each of a batch. */
static void layer(const struct net *net, cl_mem in, cl_mem weights, cl_mem out,
		  cl_int inputs, cl_int outputs, float alpha, float beta)
{
	const cl_int shape[] = {
		BATCH, inputs, 1, 1,	/* input: n c h w */
		outputs, inputs, 1, 1,	/* weights: k c h w */
		1, 1, 1, 1, 0, 0, 1,	/* stride, dilation, padding, groups */
	};
	const cl_mem buffer[] = { in, weights, out };
	cl_uint arg = 0, i;

	for (i = 0; i < 3; i++)
		check("argument", clSetKernelArg(net->conv, arg++,
						 sizeof(cl_mem), &buffer[i]));
	for (i = 0; i < sizeof(shape) / sizeof(shape[0]); i++)
		check("argument", clSetKernelArg(net->conv, arg++,
						 sizeof(cl_int), &shape[i]));
	check("argument", clSetKernelArg(net->conv, arg++, sizeof(alpha), &alpha));
	check("argument", clSetKernelArg(net->conv, arg++, sizeof(beta), &beta));
	run(net, net->conv, (size_t)BATCH * outputs);
}

static void infer(const struct net *net)
{
	layer(net, net->in, net->w_hidden, net->x, INPUTS, HIDDEN, 1, 0);
	check("argument", clSetKernelArg(net->abs, 0, sizeof(cl_mem), &net->x));
	check("argument", clSetKernelArg(net->abs, 1, sizeof(cl_mem),
					 &net->abs_x));
	run(net, net->abs, (size_t)BATCH * HIDDEN);
	layer(net, net->x, net->w_output, net->out, HIDDEN, OUTPUTS, 0.5, 0);
	layer(net, net->abs_x, net->w_output, net->out, HIDDEN, OUTPUTS, 0.5, 1);
}

static unsigned int largest(const float *value)
{
	unsigned int i, at = 0;

	for (i = 1; i < OUTPUTS; i++)
		if (value[i] > value[at])
			at = i;
	return at;
}

/* Return: how many answers were as the CPU has them. */
static unsigned int round_of(const struct net *net, const struct digits *d,
			     struct screen *screen, unsigned int *right)
{
	static float in[BATCH][INPUTS], out[BATCH][OUTPUTS];
	unsigned int first, i, n, answer, equal = 0;

	for (first = 0, *right = 0; first < d->images; first += n) {
		n = d->images - first < BATCH ? d->images - first : BATCH;
		memset(in, 0, sizeof(in));
		memcpy(in, d->image[first], n * sizeof(in[0]));
		compute_write(&net->c, net->in, in, sizeof(in));
		infer(net);
		compute_read(&net->c, net->out, out, sizeof(out));
		for (i = 0; i < n; i++) {
			answer = largest(out[i]);
			*right += answer == d->label[first + i];
			equal += answer == d->answer[first + i];
		}
		screen_show(screen, in[0], largest(out[0]), n);
	}
	return equal;
}

int main(int argc, char **argv)
{
	unsigned long rounds = 1, i;
	unsigned int right, equal;
	struct digits d = {};
	struct screen screen;
	struct net net;
	int status = 0;

	if (argc != 2 && (argc != 4 || strcmp(argv[2], "-r"))) {
		fprintf(stderr, "usage: digits FILE [-r ROUNDS]\n");
		return 2;
	}
	if (argc == 4)
		rounds = strtoul(argv[3], NULL, 0);
	load(argv[1], &d);
	open_net(&net, &d);
	screen_open(&screen);
	for (i = 0; !rounds || i < rounds; i++) {
		equal = round_of(&net, &d, &screen, &right);
		printf("digits: %u images, %u right, %u as the CPU\n", d.images,
		       right, equal);
		fflush(stdout);
		if (equal != d.images)
			status = 1;
	}
	return status;
}
