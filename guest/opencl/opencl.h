/* SPDX-License-Identifier: GPL-2.0 */
/* What the OpenCL programs of guests have in common. */
#ifndef OPENCL_H
#define OPENCL_H

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

/* A device, and the queue to it. */
struct compute {
	cl_device_id device;
	cl_context context;
	cl_command_queue queue;
};

/* Ends the program with a message when an OpenCL call has failed. */
void check(const char *what, cl_int err);
/* The first accelerator of the first platform. */
struct compute compute_open(void);
/* Kernels that the device has itself, by their names with ; between them. */
cl_program compute_builtin(const struct compute *c, const char *names);
/* A program that poclbin has made, from a file. */
cl_program compute_program(const struct compute *c, const char *path);
cl_kernel compute_kernel(cl_program program, const char *name);
/* Memory of the device. */
cl_mem compute_buffer(const struct compute *c, size_t size);
void compute_write(const struct compute *c, cl_mem to, const void *from,
		   size_t size);
void compute_read(const struct compute *c, cl_mem from, void *to, size_t size);

#endif
