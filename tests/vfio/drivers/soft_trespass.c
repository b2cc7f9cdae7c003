// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest of a soft GPU can write to reach what is not its own, by a number: for
 * programs that go on whatever comes of it.
 */
#include "guest.h"
#include "pattern.h"
#include "soft.h"
#include "soft_worker.h"
#include "victims.h"

#define BAR_DISPLAY	VFIO_PCI_BAR2_REGION_INDEX
#define DISPI(index)	(0x500 + (index) * 2)

enum { XRES = 1, YRES, BPP, ENABLE, VIRT_WIDTH = 6, X_OFFSET = 8, Y_OFFSET };

#define DISPI_ENABLED	0x01
#define DISPI_NOCLEAR	0x80

#define PACKETS		4

/* Of AlmaIF: its ring, whose head is as that of other rings, and memories. */
#define ALMAIF_RING	0x1000
#define ALMAIF_IMEM	0x8000
#define ALMAIF_MEM	0x40000
#define CONTEXT_AT	0x3000

/* Refused where memory is not decoded, or where nothing is. */
static void put(struct vdev *d, unsigned int region, uint64_t at, const void *p,
		size_t size)
{
	vdev_pwrite(d, region, p, size, at);
}

static void put32(struct vdev *d, unsigned int region, uint64_t at, uint32_t val)
{
	put(d, region, at, &val, sizeof(val));
}

static void set_ring(struct vdev *d, uint32_t block, uint64_t at, uint32_t slots)
{
	put32(d, BAR_CONTROL, block + RING_LO, at);
	put32(d, BAR_CONTROL, block + RING_HI, at >> 32);
	put32(d, BAR_CONTROL, block + RING_SLOTS, slots);
	put32(d, BAR_CONTROL, block + RING_ENABLE, 1);
}

static void ring_bell(struct vdev *d, uint64_t at, uint64_t written, bool compute)
{
	put(d, BAR_VRAM, at + HEAD_WRITE, &written, sizeof(written));
	put32(d, BAR_CONTROL, compute ? BELL_COMPUTE : BELL_COPY, 1);
}

/* Packets around and beyond the partition, in a ring that is where it should be. */
static void queue_packets(struct vdev *d)
{
	bool compute = rnd_below(2);
	uint64_t at = d->size - KEPT_BYTES;
	unsigned int i;

	set_ring(d, compute ? QUEUE_COMPUTE : QUEUE_COPY, at, KEPT_SLOTS);
	for (i = 0; i < PACKETS; i++) {
		struct packet p = hostile_packet(d);

		put(d, BAR_VRAM, at + (1 + i) * PACKET_SIZE, &p, sizeof(p));
	}
	ring_bell(d, at, PACKETS, compute);
}

/* A ring that is not all within the partition. */
static void place_ring(struct vdev *d)
{
	bool compute = rnd_below(2);
	uint64_t at = rnd_below(2) ? (d->size - rnd_below(64) * 64) & ~63ULL :
				     hostile_offset(d);

	set_ring(d, compute ? QUEUE_COMPUTE : QUEUE_COPY, at, 1U << rnd_below(16));
	if (at < d->size - PACKET_SIZE)
		ring_bell(d, at, rnd_below(8), compute);
}

/* A picture that is not all within the partition. */
static void show(struct vdev *d)
{
	static const uint8_t depths[] = { 8, 15, 16, 32, 32, 32 };
	const uint16_t writes[][2] = {
		{ ENABLE, 0 },
		{ XRES, 640 },
		{ YRES, rnd_below(2) ? 480 : rnd_below(800) },
		{ BPP, depths[rnd_below(sizeof(depths))] },
		{ ENABLE, DISPI_ENABLED | (rnd_below(8) ? DISPI_NOCLEAR : 0) },
		{ VIRT_WIDTH, rnd_below(2) ? 640 : rnd() },
		{ X_OFFSET, rnd_below(2) ? 0 : rnd() },
		{ Y_OFFSET, rnd_below(4) ? rnd() : 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(writes); i++)
		put(d, BAR_DISPLAY, DISPI(writes[i][0]), &writes[i][1], 2);
	check_screen(d);
}

/* A dispatch of which all is chance, and a command. */
static void dispatch(struct vdev *d)
{
	uint32_t packet[PACKET_SIZE / 4];
	unsigned int i;

	for (i = 0; i < PACKET_SIZE / 4; i++)
		packet[i] = rnd_below(3) ? rnd_below(4) : edgy(d->size);
	put32(d, BAR_ALMAIF, COMMAND, 1U << rnd_below(3));
	put(d, BAR_ALMAIF, ALMAIF_RING + PACKET_SIZE * (1 + rnd_below(4)), packet,
	    sizeof(packet));
	put32(d, BAR_ALMAIF, ALMAIF_RING + HEAD_WRITE, rnd_below(8));
	put32(d, BAR_ALMAIF, COMMAND, 1U << rnd_below(3));
}

/* Of a program of the guest's own: its image, and into how many pieces it is cut. */
static void bring_program(struct vdev *d)
{
	const struct aql_context context = {
		.groups = { 1 + rnd_below(64), 1, 1 }, .first = { rnd_below(2) },
		.group = { 1 + rnd_below(64), 1, 1 }, .dims = 1 + rnd_below(3),
	};

	put32(d, BAR_ALMAIF, ALMAIF_IMEM, rnd());
	put(d, BAR_ALMAIF, ALMAIF_MEM + CONTEXT_AT, &context, sizeof(context));
}

/* One that a worker may get, if nothing in it is exchanged. */
static struct aql plausible(const struct vdev *d)
{
	struct aql p = {
		.header = AQL_DISPATCH, .dims = 1 + rnd_below(3),
		.group = { 1 + rnd_below(64), 1 + rnd_below(2), 1 + rnd_below(2) },
		.grid = { 1 + rnd_below(1000), 1 + rnd_below(2), 1 + rnd_below(2) },
		.kernel = rnd_below(4) ? rnd_below(32) :
					 VGPU_SOFT_USER_KERNEL + rnd_below(4),
		.args = rnd_below(d->size / 4) & ~7U, .meta = rnd_below(d->size / 4) & ~7U,
		.context = CONTEXT_AT,
	};
	uint32_t word = edgy(d->size);

	if (!rnd_below(4))
		memcpy((uint8_t *)&p + rnd_below(sizeof(p) / 4) * 4, &word, 4);
	return p;
}

/* As a process does it that begins anew, and now and then in the midst of it again. */
static void compute(struct vdev *d)
{
	unsigned int n = 1 + rnd_below(8), i;

	put32(d, BAR_ALMAIF, COMMAND, RESET);
	bring_program(d);
	put32(d, BAR_ALMAIF, ALMAIF_RING + HEAD_WRITE, 0);
	put32(d, BAR_ALMAIF, ALMAIF_RING + HEAD_READ, 0);
	put32(d, BAR_ALMAIF, COMMAND, CONTINUE);
	for (i = 0; i < n; i++) {
		struct aql p = plausible(d);

		put(d, BAR_ALMAIF, ALMAIF_RING + PACKET_SIZE * (1 + i), &p, sizeof(p));
	}
	put32(d, BAR_ALMAIF, ALMAIF_RING + HEAD_WRITE, n);
	if (!rnd_below(4))
		put32(d, BAR_ALMAIF, COMMAND, 1U << rnd_below(3));
}

void soft_trespass(struct vdev *d, unsigned int seed)
{
	rnd_seed(seed);
	switch (rnd_below(10)) {
	case 0:
		show(d);
		break;
	case 1:
		dispatch(d);
		break;
	case 2:
	case 3:
		place_ring(d);
		break;
	case 4:
	case 5:
		compute(d);
		break;
	default:
		queue_packets(d);
		break;
	}
}
