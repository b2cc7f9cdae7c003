/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NATIVE_H
#define _NATIVE_H

#include <stdbool.h>
#include <stdint.h>

/* What the command line asks for: a kernel, on a file instead of a partition. */
struct native {
	const char *kernel;
	uint32_t dims;
	uint32_t grid[3];
	uint32_t group[3];
	bool yield;
	uint64_t repeat;
	const char *file;
	char **args;
	int nr_args;
};

bool parse_sizes(const char *text, uint32_t *sizes, uint32_t *nr);
void list_kernels(void);
int run_native(const struct native *n);

#endif /* _NATIVE_H */
