/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest's own program: a SPIR-V module, as it is executed here by Vulkan.
 *
 * It has one or more compute entry points; a dispatch says which by its place among
 * them. Its arguments are a block of push constants, and pointers in that are
 * addresses in physical storage buffers: that is all by which a program reaches
 * memory. Images, descriptors, and what else Vulkan has beside that are refused.
 */
#ifndef _MODULE_H
#define _MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel.h"

/* Bytes of arguments: what a dispatch brings, and what each Vulkan has that we use. */
#define MODULE_ARGS	256

struct module_arg {
	char type;		/* as in struct kernel; 'x': something else */
	uint32_t offset;
};

/**
 * struct module - what there is to know of an entry point of a module
 * @name: its name, for Vulkan
 * @local: work-items of a work-group, when it is made for the group that was asked
 * @args: where arguments are, in the order in which the program declares them
 * @nr_args: how many
 * @args_size: bytes of all
 * @refusal: why it cannot be had
 * @why: the same in words, for whoever looks at one program
 */
struct module {
	char name[64];
	uint32_t local[3];
	struct module_arg args[MAX_ARGS];
	unsigned int nr_args;
	uint32_t args_size;
	enum refusal refusal;
	char why[256];
};

size_t module_size(const uint32_t *words, size_t nr);
bool module_read(struct module *m, const uint32_t *words, size_t nr,
		 uint32_t entry, const uint32_t *group);
bool module_refuse(struct module *m, enum refusal why, const char *text);

/* validate.c */
bool module_validate(struct module *m, const uint32_t *words, size_t nr);

#endif /* _MODULE_H */
