/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guests' own programs, carried out by Vulkan, piece by piece as built-in kernels
 * are. A program may do with this process what it likes: pointers are checked where
 * they are arguments, not what is made of them. So whoever carries one out for a
 * guest has nothing that the guest has not; see sandbox.h.
 */
#ifndef _PROGRAM_H
#define _PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "module.h"
#include "vulkan.h"

#define NR_PROGRAMS	8

/**
 * struct program - a program that is ready
 * @words: the module
 * @nr: how many; 0: there is none
 * @entry: its entry point
 * @group: work-items of a work-group
 * @module: what it says of itself
 * @layout: Vulkan's
 * @pipeline: Vulkan's
 * @piece: work-groups that are about PIECE_NS
 * @used: when it was used last, the larger the later
 */
struct program {
	uint32_t *words;
	size_t nr;
	uint32_t entry;
	uint32_t group[3];
	struct module module;
	VkPipelineLayout layout;
	VkPipeline pipeline;
	uint64_t piece;
	uint64_t used;
};

/* Those that were used last, and the device. */
struct programs {
	struct vulkan v;
	struct program ready[NR_PROGRAMS];
	uint64_t uses;
};

/**
 * struct program_job - a dispatch that was checked
 * @program: what is to be done; valid until the next is prepared
 * @groups: work-groups in each direction
 * @steps: all of them: from each it can go on later
 * @args: with addresses where there were offsets
 * @module: what is known of the program; with a refusal when it must not be done
 * @refused_arg: which argument, from 0; or NO_ARG
 */
struct program_job {
	struct program *program;
	uint64_t groups[3];
	uint64_t steps;
	uint8_t args[MODULE_ARGS];
	struct module module;
	unsigned int refused_arg;
};

bool programs_open(struct programs *ps, const char *device);
void programs_close(struct programs *ps);
bool program_prepare(struct programs *ps, struct program_job *job,
		     const struct dispatch *d, const uint32_t *words, size_t nr,
		     void *memory, uint64_t size);
bool program_run(struct programs *ps, const struct program_job *job,
		 uint64_t *done, const volatile uint32_t *yield);

#endif /* _PROGRAM_H */
