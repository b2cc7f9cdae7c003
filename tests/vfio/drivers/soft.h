/* SPDX-License-Identifier: GPL-2.0 */
/* The soft GPU as its guests see it, of docs/hardware-soft.md. */
#ifndef _SOFT_H
#define _SOFT_H

#include "vfio.h"

#define BAR_CONTROL	VFIO_PCI_BAR3_REGION_INDEX
#define BAR_ALMAIF	VFIO_PCI_BAR4_REGION_INDEX
#define BAR_VRAM	VFIO_PCI_BAR0_REGION_INDEX
#define CONTROL_SIZE	0x1000
#define BELL_COPY	0x1000
#define BELL_COMPUTE	0x2000
#define MSIX_TABLE	0x3000
#define VRAM_LO		0x008
#define QUEUE_COPY	0x100
#define QUEUE_COMPUTE	0x200
#define RING_LO		0x00
#define RING_HI		0x04
#define RING_SLOTS	0x08
#define RING_ENABLE	0x0c
#define RING_STATUS	0x10
#define STATUS_ENABLED	1
#define STATUS_BUSY	2
#define HEAD_WRITE	0x28
#define HEAD_READ	0x30
#define PACKET_SIZE	64

enum { OP_NOP = 1, OP_COPY, OP_FILL, OP_WAIT, OP_HANG };

#define FLAG_FENCE	1
#define FLAG_IRQ	2

/* The ring of the driver's functions, at the end of VRAM: a page, and one more. */
#define KEPT_SLOTS	64
#define KEPT_BYTES	(2 * 4096)

struct packet {
	uint16_t op, flags;
	uint32_t value;
	uint64_t dst, src, size, fence, fence_value, reserved[2];
};

/**
 * struct ring - a queue as a driver sees it
 * @d: the vGPU
 * @vram: its memory
 * @bell: its doorbell
 * @block: its registers
 * @at: where the ring is in @vram
 * @slots: its packets
 *
 * How many packets were written is in memory alone, where all processes see it
 * that share the vGPU.
 */
struct ring {
	struct vdev *d;
	uint8_t *vram;
	volatile uint32_t *bell;
	uint32_t block;
	uint64_t at;
	uint32_t slots;
};

const struct type_facts *soft_type(const char *name);
int soft_turn(const char *knob, const char *text);

uint64_t hostile_offset(const struct vdev *d);
struct packet hostile_packet(const struct vdev *d);
void soft_trespass(struct vdev *d, unsigned int seed);

void ring_map(struct ring *r, struct vdev *d, bool compute);
void ring_unmap(struct ring *r);
bool ring_enable(struct ring *r, uint64_t at, uint32_t slots);
uint32_t ring_status(const struct ring *r);
bool ring_has_room(const struct ring *r);
bool ring_is_empty(const struct ring *r);
void ring_put(struct ring *r, const struct packet *p);

static inline volatile uint64_t *ring_word(const struct ring *r, uint64_t at)
{
	return (volatile uint64_t *)(r->vram + at);
}

#endif /* _SOFT_H */
