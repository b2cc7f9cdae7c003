// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include "opencl.h"

void check(const char *what, cl_int err)
{
	if (err == CL_SUCCESS)
		return;
	fprintf(stderr, "%s: OpenCL error %d\n", what, err);
	exit(1);
}

struct compute compute_open(void)
{
	struct compute c;
	cl_platform_id platform;
	cl_int err;

	check("platform", clGetPlatformIDs(1, &platform, NULL));
	check("device", clGetDeviceIDs(platform, CL_DEVICE_TYPE_ACCELERATOR, 1,
				       &c.device, NULL));
	c.context = clCreateContext(NULL, 1, &c.device, NULL, NULL, &err);
	check("context", err);
	c.queue = clCreateCommandQueue(c.context, c.device, 0, &err);
	check("queue", err);
	return c;
}

cl_program compute_builtin(const struct compute *c, const char *names)
{
	cl_program program;
	cl_int err;

	program = clCreateProgramWithBuiltInKernels(c->context, 1, &c->device,
						    names, &err);
	check(names, err);
	check("build", clBuildProgram(program, 1, &c->device, NULL, NULL, NULL));
	return program;
}

cl_program compute_program(const struct compute *c, const char *path)
{
	static unsigned char binary[1 << 20];
	const unsigned char *binaries = binary;
	FILE *file = fopen(path, "rb");
	cl_program program;
	cl_int err;
	size_t size;

	if (!file) {
		perror(path);
		exit(1);
	}
	size = fread(binary, 1, sizeof(binary), file);
	fclose(file);
	program = clCreateProgramWithBinary(c->context, 1, &c->device, &size,
					    &binaries, NULL, &err);
	check(path, err);
	check("build", clBuildProgram(program, 1, &c->device, NULL, NULL, NULL));
	return program;
}

cl_kernel compute_kernel(cl_program program, const char *name)
{
	cl_int err;
	cl_kernel kernel = clCreateKernel(program, name, &err);

	check(name, err);
	return kernel;
}

cl_mem compute_buffer(const struct compute *c, size_t size)
{
	cl_int err;
	cl_mem buffer = clCreateBuffer(c->context, CL_MEM_READ_WRITE, size, NULL,
				       &err);

	check("buffer", err);
	return buffer;
}

void compute_write(const struct compute *c, cl_mem to, const void *from,
		   size_t size)
{
	check("write", clEnqueueWriteBuffer(c->queue, to, CL_TRUE, 0, size, from,
					    0, NULL, NULL));
}

void compute_read(const struct compute *c, cl_mem from, void *to, size_t size)
{
	check("read", clEnqueueReadBuffer(c->queue, from, CL_TRUE, 0, size, to,
					  0, NULL, NULL));
}
