/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A vGPU of a soft GPU from user space, without a driver: by what sysfs has of its
 * PCI function. Numbers are those of docs/hardware-soft.md.
 */
#ifndef SOFTGPU_H
#define SOFTGPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits of the command register in configuration space. */
#define COMMAND		0x04
#define COMMAND_MEMORY	0x2
#define COMMAND_MASTER	0x4

/* And the register of BAR 0, of 64 bits. */
#define BAR_VRAM	0x10

/* BAR 3. */
#define CONTROL_ID	0x000
#define ID_VALUE	0x47535354
#define CONTROL_VRAM_LO	0x008
#define CONTROL_SIZE	0x4000
#define BELL		0x1000	/* a page each, the copy queue's first */
#define MSIX_TABLE	0x3000

enum { QUEUE_COPY, QUEUE_COMPUTE, NR_QUEUES };
enum { OP_NOP = 1, OP_COPY, OP_FILL, OP_WAIT, OP_HANG };

#define FLAG_FENCE	1
#define FLAG_IRQ	2

/* Rings and fences are at the start of VRAM; what is behind is for data. */
#define DATA_AT		0x100000
#define RING_SLOTS	64

struct packet {
	uint16_t op, flags;
	uint32_t value;
	uint64_t dst, src, size, fence, fence_value, reserved[2];
};

/**
 * struct softgpu - the function
 * @dir: its directory in sysfs
 * @config: its configuration space, a file
 * @control: BAR 3
 * @vram: BAR 0
 * @size: bytes of @vram
 */
struct softgpu {
	char dir[64];
	int config;
	volatile uint32_t *control;
	volatile uint8_t *vram;
	uint64_t size;
};

/**
 * struct ring - one of its queues
 * @gpu: the function
 * @queue: which
 * @at: where the ring is in VRAM
 * @fence: where its fence is
 * @written: packets that were submitted; the fence of each is its number
 */
struct ring {
	struct softgpu *gpu;
	int queue;
	uint64_t at;
	uint64_t fence;
	uint64_t written;
};

void softgpu_open(struct softgpu *gpu);
uint32_t softgpu_config(struct softgpu *gpu, unsigned int at, unsigned int n);
void softgpu_set_config(struct softgpu *gpu, unsigned int at, unsigned int n,
			uint32_t value);
/* Where the PCI capability @id is in configuration space. */
unsigned int softgpu_capability(struct softgpu *gpu, unsigned int id);
volatile uint64_t *softgpu_word(struct softgpu *gpu, uint64_t at);

void ring_open(struct ring *ring, struct softgpu *gpu, int queue);
/* Once there is room for it. Each has a fence. */
void ring_submit(struct ring *ring, struct packet packet);
/* Until all that was submitted is done. */
void ring_await(struct ring *ring);

#endif
