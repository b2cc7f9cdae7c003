// SPDX-License-Identifier: GPL-2.0
/* The soft GPU: rings in memory, doorbells, MSI-X. Its display is another program's. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "mdev.h"
#include "pattern.h"
#include "soft.h"
#include "tap.h"
#include "victims.h"

#define RW	(VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE)
#define MMAP	VFIO_REGION_INFO_FLAG_MMAP

static const struct type_facts soft_types[] = {
	{ "SOFT-4C", 4 * MIB, 0, 0, 25, 100 },
	{ "SOFT-16C", 16 * MIB, 0, 0, 6, 100 },
	{ "SOFT-64C", 64 * MIB, 0, 0, 1, 100 },
	{ "SOFT-24C", 24 * MIB, 0, 0, 4, 100 },
	{ "SOFT-8B", 8 * MIB, 1280, 800, 12, 100 },
	{ "SOFT-16B", 16 * MIB, 1920, 1080, 6, 100 },
	{ "SOFT-16Q", 16 * MIB, 1280, 800, 6, 100 },
	{ "SOFT-32B", 32 * MIB, 2560, 1600, 3, 100 },
	{ "SOFT-32Q", 32 * MIB, 1920, 1080, 3, 100 },
	{ "SOFT-64Q", 64 * MIB, 2560, 1600, 1, 100 },
};

/* Those that have no display, and a size that is a power of two. */
#define NR_COMMON	3

/* The type of this name, which there is. */
const struct type_facts *soft_type(const char *name)
{
	const struct type_facts *type = soft_types;

	while (strcmp(type->name, name))
		type++;
	return type;
}

/* A knob of the GPU. */
int soft_turn(const char *knob, const char *text)
{
	char path[ATTR_LEN];

	snprintf(path, sizeof(path), "%s/soft/%s", gpu_path(), knob);
	return file_write(path, text);
}

void ring_map(struct ring *r, struct vdev *d, bool compute)
{
	r->d = d;
	r->block = compute ? QUEUE_COMPUTE : QUEUE_COPY;
	r->vram = vdev_try_map(d, BAR_VRAM, 0, d->size);
	ASSERT(r->vram != MAP_FAILED);
	r->bell = vdev_try_map(d, BAR_CONTROL,
			       compute ? BELL_COMPUTE : BELL_COPY, 4096);
	ASSERT(r->bell != MAP_FAILED);
}

void ring_unmap(struct ring *r)
{
	munmap(r->vram, r->d->size);
	munmap((void *)r->bell, 4096);
}

/* False when it is refused. */
bool ring_enable(struct ring *r, uint64_t at, uint32_t slots)
{
	r->at = at;
	r->slots = slots;
	reg_wr(r->d, r->block + RING_LO, at);
	reg_wr(r->d, r->block + RING_HI, at >> 32);
	reg_wr(r->d, r->block + RING_SLOTS, slots);
	reg_wr(r->d, r->block + RING_ENABLE, 1);
	return reg_rd(r->d, r->block + RING_ENABLE);
}

uint32_t ring_status(const struct ring *r)
{
	return reg_rd(r->d, r->block + RING_STATUS);
}

bool ring_has_room(const struct ring *r)
{
	return *ring_word(r, r->at + HEAD_WRITE) -
	       *ring_word(r, r->at + HEAD_READ) < r->slots;
}

bool ring_is_empty(const struct ring *r)
{
	return *ring_word(r, r->at + HEAD_WRITE) ==
	       *ring_word(r, r->at + HEAD_READ);
}

/* Write a packet, for which there is room, then the index, then ring. */
void ring_put(struct ring *r, const struct packet *p)
{
	volatile uint64_t *written = ring_word(r, r->at + HEAD_WRITE);

	memcpy(r->vram + r->at + (1 + *written % r->slots) * PACKET_SIZE, p,
	       sizeof(*p));
	__atomic_thread_fence(__ATOMIC_RELEASE);
	*written = *written + 1;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*r->bell = 1;
}

/**
 * struct queue - what the driver keeps of an open vGPU
 * @ring: its compute ring, which can do all of the work
 * @next: what again() puts there
 */
struct queue {
	struct ring ring;
	struct packet next;
};

static struct queue *queue_of(struct vdev *d)
{
	if (!d->priv) {
		struct queue *q = calloc(1, sizeof(*q));

		ASSERT(q);
		d->priv = q;
		ring_map(&q->ring, d, true);
	}
	return d->priv;
}

/* A faulted vGPU gets no ring. */
static void init(struct vdev *d)
{
	ring_enable(&queue_of(d)->ring, d->size - KEPT_BYTES, KEPT_SLOTS);
}

static void forget(struct vdev *d)
{
	struct queue *q = d->priv;

	if (!q)
		return;
	ring_unmap(&q->ring);
	free(q);
	d->priv = NULL;
}

/* Off, or what is in it is looked at no more: its index was nowhere. */
static bool is_dead(const struct ring *r)
{
	uint32_t status = ring_status(r);

	return !(status & STATUS_ENABLED) ||
	       (!(status & STATUS_BUSY) && !ring_is_empty(r));
}

/* Without a ring that is looked at, as of one that is faulted, it is dropped. */
static void put(struct vdev *d, const struct packet *p)
{
	struct ring *r = &queue_of(d)->ring;

	while (!ring_has_room(r)) {
		if (is_dead(r))
			return;
		usleep(100);
	}
	ring_put(r, p);
}

static void prepare(struct vdev *d, uint64_t at, uint64_t bytes,
		    uint32_t value)
{
	queue_of(d)->next = (struct packet) {
		.op = OP_FILL, .value = value, .dst = at, .size = bytes,
	};
}

static void again(struct vdev *d)
{
	put(d, &queue_of(d)->next);
}

static void copy(struct vdev *d, uint64_t to, uint64_t from, uint64_t bytes)
{
	put(d, &(struct packet) {
		.op = OP_COPY, .dst = to, .src = from, .size = bytes,
	});
}

/* What is taken from the ring is done; the slice may not have ended yet. */
static bool is_idle(struct vdev *d)
{
	const struct ring *r = &queue_of(d)->ring;
	uint32_t status = ring_status(r);

	return !(status & STATUS_ENABLED) ||
	       (ring_is_empty(r) && !(status & STATUS_BUSY));
}

static void put_raw(struct vdev *d, unsigned int region, uint64_t at,
		    const void *p, size_t size)
{
	EXPECT(vdev_pwrite(d, region, p, size, at) == (ssize_t)size ||
	       errno == EIO);
}

/* A ring made anew with one packet in it, somewhere in memory, all of it by traps. */
static void meddle(struct vdev *d, unsigned int seed)
{
	const struct packet fill = {
		.op = OP_FILL, .flags = FLAG_IRQ, .value = marked(seed), .size = MIB,
		.dst = seed % (d->size / MIB - 1) * MIB,
	};
	const uint32_t ring[] = { d->size - KEPT_BYTES, 0, KEPT_SLOTS, 1 };
	const uint64_t written = seed % 3 ? 1 : ~0ULL;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ring); i++)
		put_raw(d, BAR_CONTROL, QUEUE_COMPUTE + i * 4, &ring[i], 4);
	put_raw(d, BAR_VRAM, ring[0] + PACKET_SIZE, &fill, sizeof(fill));
	put_raw(d, BAR_VRAM, ring[0] + HEAD_WRITE, &written, 8);
	put_raw(d, BAR_CONTROL, BELL_COMPUTE, &seed, 4);
}

/* Anywhere, and around the end. */
static uint64_t far_offset(const struct vdev *d)
{
	switch (rnd_below(12)) {
	case 0:
		return edgy(d->size);
	case 1:
		return edgy(gpu->vram_total);
	case 2:
		return (uint64_t)rnd() << 32 | edgy(d->size);
	case 3:
		return -(uint64_t)rnd_below(rnd_below(2) ? 4096 : gpu->vram_total);
	default:
		return rnd_below(d->size - KEPT_BYTES) & ~7U;
	}
}

/* An offset, sometimes far away or with bits that it should not have. */
uint64_t hostile_offset(const struct vdev *d)
{
	uint64_t at = far_offset(d);

	return rnd_below(4) ? at & ~7ULL : at;
}

/* What is queued is to be done, or refused, not forgotten. */
static void drain(const struct ring *r)
{
	while (!ring_is_empty(r) && !is_dead(r))
		usleep(100);
}

/* A packet that is wrong in many ways, or not at all. */
struct packet hostile_packet(const struct vdev *d)
{
	struct packet p = {
		.op = rnd_below(16) ? 1 + rnd_below(3) : rnd(),
		.flags = rnd_below(16) ? rnd_below(4) : rnd(),
		.size = rnd_below(8) ? rnd_below(64) * 64 : edgy(d->size),
		.fence_value = rnd_below(64) ? 0 : rnd(),
	};

	if (p.op == OP_FILL || !rnd_below(32))
		p.value = marked(0xbad00000 | rnd_below(0x10000));
	if (p.op == OP_COPY || !rnd_below(32))
		p.src = hostile_offset(d);
	if (p.op != OP_NOP || !rnd_below(32))
		p.dst = hostile_offset(d);
	if (p.op == OP_NOP && rnd_below(8))
		p.size = 0;
	if (p.flags & FLAG_FENCE)
		p.fence = hostile_offset(d);
	return p;
}

/* Some of the rings are nowhere, or their index is: then they are made anew. */
static void hostile(struct vdev *d)
{
	struct ring *r = &queue_of(d)->ring;
	struct packet p = hostile_packet(d);

	if (!rnd_below(32)) {
		drain(r);
		if (rnd_below(2))
			ring_enable(r, hostile_offset(d), 1U << rnd_below(32));
		else
			*ring_word(r, r->at + HEAD_WRITE) += edgy(KEPT_SLOTS);
	}
	if (is_dead(r))
		init(d);
	put(d, &p);
}

static bool none(uint32_t reg)
{
	(void)reg;
	return false;
}

static void nothing(struct vdev *d)
{
	(void)d;
}

static void irq_on(struct vdev *d)
{
	init(d);
}

static void irq_raise(struct vdev *d)
{
	put(d, &(struct packet) { .op = OP_NOP, .flags = FLAG_IRQ });
	gpu_idle(d);
}

static bool always(void)
{
	return true;
}

static void hang(struct vdev *d, uint32_t instance)
{
	(void)instance;
	put(d, &(struct packet) { .op = OP_HANG });
}

const struct gpu_driver soft_gpu = {
	.name = "soft",
	/* So that one of each of the four that have names fill it. */
	.arguments = "vram_mb=100",
	.vendor = 0x1234,
	.device = 0x7e55,
	.class = 0x120000,
	.types = soft_types,
	.nr_types = NR_COMMON,
	.nr_others = ARRAY_SIZE(soft_types) - NR_COMMON,
	.small = &soft_types[0],
	.medium = &soft_types[1],
	.large = &soft_types[1],
	.largest = &soft_types[2],
	.vram_total = 100 * MIB,
	.bars = {
		{ 0, PCI_BASE_ADDRESS_MEM_TYPE_64 |
		     PCI_BASE_ADDRESS_MEM_PREFETCH, RW | MMAP },
		[3] = { 0x4000, 0, RW | MMAP | VFIO_REGION_INFO_FLAG_CAPS },
		[4] = { LIKE_VRAM, PCI_BASE_ADDRESS_MEM_TYPE_64 |
				   PCI_BASE_ADDRESS_MEM_PREFETCH,
			RW | MMAP | VFIO_REGION_INFO_FLAG_CAPS },
	},
	.vram = BAR_VRAM,
	.regs = BAR_CONTROL,
	.regs_size = CONTROL_SIZE,
	/* Of each queue two, and that the ring was refused. */
	.nr_writable = 6,
	.config_size = 4096,
	.irqs = {
		[VFIO_PCI_MSIX_IRQ_INDEX] = 2,
		[VFIO_PCI_ERR_IRQ_INDEX] = 1,
		[VFIO_PCI_REQ_IRQ_INDEX] = 1,
	},
	.memsize = VRAM_LO,
	/* Of the queue that is not used here. */
	.scratch = QUEUE_COPY + RING_LO,
	.no_register = 0xffc,
	.messages = VFIO_PCI_MSIX_IRQ_INDEX,
	.vector = 1,
	.kept = KEPT_BYTES,
	.piece = 64 * 1024,
	.engine = 1,
	.engine_name = "compute0",
	.engine_class = "compute",
	.nr_queues = 2,
	.runs_by_itself = none,
	.init = init,
	.prepare = prepare,
	.again = again,
	.copy = copy,
	.is_idle = is_idle,
	.meddle = meddle,
	.trespass = soft_trespass,
	.hostile = hostile,
	.close = forget,
	.irq_on = irq_on,
	.irq_raise = irq_raise,
	.irq_ack = nothing,
	.can_hang = always,
	.hang = hang,
	.dump = { "engine compute0: hangs", "ring of 64 packets", "op 5" },
};
