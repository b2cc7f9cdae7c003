/* SPDX-License-Identifier: GPL-2.0 */
/* A guest's driver of AlmaIF, as PoCL's is; see docs/hardware-soft.md. */
#ifndef _CLIENT_H
#define _CLIENT_H

#include "vfio.h"

#define COMMAND		0x200
#define RING		0x1000
#define RING_SIZE	0x320
#define MEM		0x338

/* In data memory: completion words, arguments, and what kernels work on. */
#define META_AT		0x1000
#define ARGS_AT		0x8000
#define A_AT		0x10000
#define B_AT		0x100000
#define C_AT		0x200000
#define MANY		200000	/* words of each: most of what there is room for */

enum { ADD_I32 = 1, SGEMM = 6, ABS_F32 = 9 };

/**
 * struct client - what PoCL's driver keeps of a device
 * @d: the vGPU
 * @ring: the page with the ring's header, which is the doorbell
 * @rest: what is behind it
 * @mem: data memory, in @rest
 * @slots: of the ring
 * @written: packets
 */
struct client {
	struct vdev *d;
	uint8_t *ring;
	uint8_t *rest;
	uint8_t *mem;
	uint32_t slots;
	uint32_t written;
};

uint32_t control(struct vdev *d, uint32_t reg);
struct client client_of(struct vdev *d);
struct client client_new(const struct type_facts *type);
void client_begin(struct client *c);
void client_end(struct client *c);
volatile uint32_t *completion(struct client *c, unsigned int n);
unsigned int dispatch(struct client *c, uint64_t kernel, uint32_t items,
		      const void *args, size_t size);
unsigned int add(struct client *c, uint32_t seed, uint32_t nr);
bool added(struct client *c, uint32_t seed, uint32_t nr);
bool computes(struct client *c, uint32_t seed);
unsigned int long_work(struct client *c);

#endif /* _CLIENT_H */
