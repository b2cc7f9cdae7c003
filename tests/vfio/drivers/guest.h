/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest that has the workers of soft_worker.c compute, by AlmaIF: there is one kernel,
 * of which each work-group adds one to a word of its own, and then is busy for a while.
 */
#ifndef _GUEST_H
#define _GUEST_H

#include "vfio.h"

/* Of the control page. */
#define STATUS		0x000
#define   IS_RESET	5	/* and stalled */
#define COMMAND		0x200
enum { RESET = 1, CONTINUE = 2 };

/* A packet's header: a dispatch, in order. */
#define AQL_DISPATCH	0x104

struct aql {
	uint16_t header, dims, group[3], reserved0;
	uint32_t grid[3], private_size, group_size;
	uint64_t kernel, args, context, meta;
};

/* The shape of a kernel of the guest's own program, in work-groups; see soft_aql.h. */
struct aql_context {
	uint32_t groups[3], first[3], group[3], printf[3], variables, dims;
};

/**
 * struct guest - a vGPU and its guest's driver
 * @d: the vGPU
 * @ring: the first page of the ring, which is the doorbell
 * @rest: of the ring, by the same offsets; memory like any other
 * @rest_size: bytes mapped of that, behind the first page
 * @mem: data memory
 * @slots: packets of the ring
 */
struct guest {
	struct vdev *d;
	uint8_t *ring;
	uint8_t *rest;
	uint64_t rest_size;
	uint8_t *mem;
	uint32_t slots;
};

uint32_t guest_reg(struct vdev *d, uint32_t at);
void guest_continue(struct guest *g);
void guest_fill(struct guest *g, uint8_t byte);
void guest_program(struct guest *g, uint8_t byte);
void guest_start(struct guest *g);
struct guest guest_of(struct vdev *d);
void guest_end(struct guest *g);
void guest_put(struct guest *g, const struct aql *p);
struct aql guest_dispatch(struct guest *g, unsigned int n, uint32_t groups,
			  uint32_t busy_us);
void guest_submit(struct guest *g, unsigned int n, uint32_t groups,
		  uint32_t busy_us);
uint32_t guest_completion(const struct guest *g, unsigned int n);
void guest_done(const struct guest *g, unsigned int n);
uint32_t guest_result(const struct guest *g, unsigned int group);

#endif /* _GUEST_H */
