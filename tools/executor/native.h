/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NATIVE_H
#define _NATIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel.h"

/* What the command line asks for: a kernel, on a file instead of a partition. */
struct native {
	const char *kernel;
	uint32_t entry;
	uint32_t dims;
	uint32_t grid[3];
	uint32_t group[3];
	bool yield;
	const char *device;	/* as for programs_open() */
	uint64_t repeat;
	const char *file;
	char **args;
	int nr_args;
};

/* Exit statuses: the kernel has refused its arguments; we do not understand ours. */
#define NATIVE_REFUSED	3
#define NATIVE_USAGE	2

bool parse_sizes(const char *text, uint32_t *sizes, uint32_t *nr);
void list_kernels(void);
bool native_arg(char type, const char *text, uint8_t *to);
void *native_map(const char *path, uint64_t *size);
void native_refused(unsigned int arg, const char *why);
void native_tell(uint64_t turns, uint64_t ns);
int run_native(const struct native *n);

/* native_program.c */
bool is_program(const char *kernel);
int run_program(const struct native *n, struct dispatch *d);

#endif /* _NATIVE_H */
