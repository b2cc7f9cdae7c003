/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the compute engines can do: the built-in kernels.
 *
 * A dispatch comes from a guest, so nothing in it is believed. job_prepare() looks
 * at all of it once: every argument, every byte that the kernel will read or write.
 * What it lets through works within the partition whatever data are there, for no
 * kernel takes an address from them.
 *
 * A job is cut into pieces of a few milliseconds, which are done in order. How far
 * they are is all that has to be known to go on later, in this process or in another:
 * what a kernel sums up meanwhile is in the guest's memory. The driver counts in
 * work-groups; where there are more pieces than these, a step is several pieces.
 */
#ifndef _KERNEL_H
#define _KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_ARGS	20
#define MAX_SPANS	5
#define NO_ARG		(~0u)	/* it is not an argument that is wrong */

/* What is wrong with a job, as the worker tells the driver. */
enum refusal {
	REFUSED_NOT,
	REFUSED_KERNEL,		/* there is no kernel of this number */
	REFUSED_SHORT,		/* fewer bytes of arguments than it takes */
	REFUSED_VALUE,		/* a value that makes no sense */
	REFUSED_BOUNDS,		/* memory that is not in the partition */
	REFUSED_ALIGNMENT,
	REFUSED_OVERLAP,	/* would write what it is still to read */
	REFUSED_PROGRAM,	/* a guest's program that cannot be executed */
	REFUSED_UNAVAILABLE,	/* here are no guests' programs */
};

union arg {
	uint64_t offset;
	uint32_t u32;
	int32_t i32;
	float f32;
};

/* How a kernel uses a part of the partition. */
enum access {
	READ,
	WRITE,		/* of all that is read: apart, to the byte */
	WRITE_SAME,	/* or exactly the same part as something that is read */
};

struct span {
	uint64_t start;
	uint64_t size;
	enum access access;
	unsigned int arg;
};

struct dispatch {
	uint32_t kernel;
	uint32_t dims;
	uint32_t grid[3];
	uint32_t group[3];
	uint32_t first[3];	/* what the work-items' numbers begin with */
	uint32_t args_size;
	const uint8_t *args;
};

/* A matrix product, packed matrices without gaps; see gemm.c. */
struct gemm {
	const uint8_t *a, *b;
	float *c;
	uint64_t m, n, k;
	float alpha, beta;
	bool half;
};

struct conv {
	const float *in, *weights;
	float *out;
	int64_t n, c, h, w;		/* pictures, their channels, size */
	int64_t k, fc, fh, fw;		/* filters, channels of each, size */
	int64_t stride_h, stride_w, dilation_h, dilation_w, pad_h, pad_w;
	int64_t groups;
	int64_t oh, ow;			/* size of the result */
	float alpha, beta;
};

struct scale {
	const uint8_t *in;
	uint8_t *out;
	float x, y;
	int64_t w, h;
};

struct elementwise {
	const void *a, *b;
	void *out;
};

struct location {
	const uint8_t *in;
	uint8_t *min, *max;
	uint32_t *at_min, *at_max;
};

struct convert {
	const uint8_t *in;
	float *out;
	float norm, offset;
};

struct job {
	const struct kernel *kernel;
	uint8_t *memory;		/* the partition */
	uint64_t size;
	uint64_t grid[3];		/* 1 in dimensions that are not used */
	uint64_t items;			/* their product */
	uint64_t pieces;
	uint64_t steps;			/* from which it can go on later */
	union arg args[MAX_ARGS];
	struct span spans[MAX_SPANS];
	unsigned int nr_spans;
	enum refusal refusal;
	unsigned int refused_arg;	/* which argument, from 0; or NO_ARG */
	union {
		struct elementwise ew;
		struct gemm gemm;
		struct conv conv;
		struct scale scale;
		struct convert convert;
		struct location loc;
	};
};

/**
 * struct kernel - a built-in kernel
 * @id: number by which a dispatch asks for it
 * @name: name that OpenCL programs know
 * @args: types in order: p pointer, u unsigned, i int, f float
 * @prepare: check the arguments, set what @piece needs and job.pieces
 * @piece: do one piece
 */
struct kernel {
	uint32_t id;
	const char *name;
	const char *args;
	bool (*prepare)(struct job *job);
	void (*piece)(const struct job *job, uint64_t piece);
};

extern const struct kernel elementwise_kernels[], gemm_kernels[],
			   conv_kernels[], vision_kernels[];

/* kernels.c */
const struct kernel *kernel_by_id(uint32_t id);
const struct kernel *kernel_by_name(const char *name);
const struct kernel *kernel_next(const struct kernel *k);
bool job_prepare(struct job *job, const struct dispatch *d, void *memory,
		 uint64_t size);
uint64_t job_run(const struct job *job, uint64_t done,
		 const volatile uint32_t *yield);

/* args.c */
bool job_refuse(struct job *job, enum refusal why, unsigned int arg);
const char *refusal_text(enum refusal why);
bool args_read(struct job *job, const struct dispatch *d);
void *args_span(struct job *job, unsigned int arg, uint64_t count, size_t size,
		size_t alignment, enum access access);
bool args_apart(struct job *job);
bool product(uint64_t *p, unsigned int nr, ...);

/* How many parts of a size there are, the last of which may be smaller. */
static inline uint64_t parts(uint64_t of, uint64_t size)
{
	return of / size + !!(of % size);
}

static inline uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/*
 * The compiler makes vector code of a marked function, for several kinds of CPU;
 * which is taken is decided when the program starts, before sanitizers are ready.
 */
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define VECTOR __attribute__((target_clones("default", "arch=x86-64-v3")))
#else
#define VECTOR
#endif

#endif /* _KERNEL_H */
