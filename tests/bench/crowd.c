// SPDX-License-Identifier: GPL-2.0
/*
 * Clients of a soft GPU's vGPUs, in one process, until its standard input ends.
 *
 *   crowd idle|fill|gemm UUID...
 *
 * idle: each has started AlmaIF and does nothing. fill: each always has fills for its
 * copy engine. gemm: each always has products of matrices for its compute engine, as
 * PoCL's driver would bring them; an executor is needed. Says "ready" when each is open
 * and, if it is to be busy, has had something done.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include "client.h"
#include "soft.h"

#define MAX_TENANTS	256
/* Each has a container, a group and itself. */
#define FILES		(4 * MAX_TENANTS)

/* The ring is at the end of VRAM: a page, and one more. */
#define SLOTS		64
#define RING_ROOM	(2 * 4096)
#define FILL_AT		MIB
#define FILL_SIZE	(256 * 1024)

#define SIDE		64	/* of a matrix */
#define UNDER_WAY	16	/* products */

struct tenant {
	struct client client;
	struct ring ring;
	uint32_t done;
};

static struct tenant tenants[MAX_TENANTS];
static unsigned int nr_tenants;

static void start_client(struct tenant *t, struct vdev *d)
{
	t->client = client_of(d);
}

static void start_ring(struct tenant *t, struct vdev *d)
{
	ring_map(&t->ring, d, false);
	ASSERT(ring_enable(&t->ring, d->size - RING_ROOM, SLOTS));
}

static bool nothing(struct tenant *t)
{
	(void)t;
	return true;
}

/* Return: something was done already. */
static bool more_fills(struct tenant *t)
{
	const struct packet fill = {
		.op = OP_FILL, .dst = FILL_AT, .size = FILL_SIZE, .value = 0x5a,
	};

	while (ring_has_room(&t->ring))
		ring_put(&t->ring, &fill);
	return *ring_word(&t->ring, t->ring.at + HEAD_READ) > 1;
}

static bool more_products(struct tenant *t)
{
	struct {
		uint64_t matrix[3];
		uint32_t side[3];
	} args = { { A_AT, B_AT, C_AT }, { SIDE, SIDE, SIDE } };
	struct client *c = &t->client;

	while (t->done < c->written && *completion(c, t->done))
		t->done++;
	while (c->written - t->done < UNDER_WAY)
		dispatch(c, SGEMM, SIDE * SIDE, &args, sizeof(args.matrix) +
			 sizeof(args.side));
	return t->done;
}

static const struct kind {
	const char *name;
	void (*start)(struct tenant *t, struct vdev *d);
	bool (*more)(struct tenant *t);
} kinds[] = {
	{ "idle", start_client, nothing },
	{ "fill", start_ring, more_fills },
	{ "gemm", start_client, more_products },
};

static const struct kind *kind_of(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

static void open_all(const struct kind *kind, char **uuids)
{
	const struct rlimit files = { FILES, FILES };
	struct vdev *d;

	ASSERT_OK(setrlimit(RLIMIT_NOFILE, &files));
	for (; *uuids; uuids++) {
		d = vdev_open(*uuids);
		vdev_decode(d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
		kind->start(&tenants[nr_tenants++], d);
	}
}

static bool all_of_them(const struct kind *kind)
{
	bool all = true;
	unsigned int i;

	for (i = 0; i < nr_tenants; i++)
		all &= kind->more(&tenants[i]);
	return all;
}

static bool input_ends(void)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };

	return poll(&in, 1, 0) != 0;
}

int main(int argc, char **argv)
{
	const struct kind *kind = argc > 1 ? kind_of(argv[1]) : NULL;

	if (!kind || argc < 3 || argc - 2 > MAX_TENANTS) {
		fprintf(stderr, "crowd: idle, fill or gemm, and 1 to %d UUIDs needed\n",
			MAX_TENANTS);
		return 2;
	}
	/* There is nobody whom a failed assertion could go back to. */
	tap_child();
	open_all(kind, argv + 2);
	while (!all_of_them(kind))
		usleep(2000);
	puts("ready");
	fflush(stdout);
	while (!input_ends()) {
		all_of_them(kind);
		usleep(kind->more == nothing ? 1000000 : 2000);
	}
	return 0;
}
