// SPDX-License-Identifier: GPL-2.0
#include "work.h"

/* The ring is at the end of VRAM: a page, and one more. */
#define SLOTS		64
#define RING_ROOM	(2 * 4096)
#define FILL_AT		MIB
#define FILL_SIZE	(256 * 1024)

#define SIDE		64	/* of a matrix */
#define UNDER_WAY	16	/* products */

static void start_client(struct work *w, struct vdev *d)
{
	w->client = client_of(d);
}

static void start_ring(struct work *w, struct vdev *d)
{
	ring_map(&w->ring, d, false);
	ASSERT(ring_enable(&w->ring, d->size - RING_ROOM, SLOTS));
}

static bool nothing(struct work *w)
{
	(void)w;
	return true;
}

static bool more_fills(struct work *w)
{
	const struct packet fill = {
		.op = OP_FILL, .dst = FILL_AT, .size = FILL_SIZE, .value = 0x5a,
	};

	while (ring_has_room(&w->ring))
		ring_put(&w->ring, &fill);
	return *ring_word(&w->ring, w->ring.at + HEAD_READ) > 1;
}

static bool more_products(struct work *w)
{
	struct {
		uint64_t matrix[3];
		uint32_t side[3];
	} args = { { A_AT, B_AT, C_AT }, { SIDE, SIDE, SIDE } };
	struct client *c = &w->client;

	while (w->done < c->written && *completion(c, w->done))
		w->done++;
	while (c->written - w->done < UNDER_WAY)
		dispatch(c, SGEMM, SIDE * SIDE, &args, sizeof(args.matrix) +
			 sizeof(args.side));
	return w->done;
}

static const struct work_kind kinds[] = {
	{ "idle", start_client, nothing },
	{ "fill", start_ring, more_fills },
	{ "gemm", start_client, more_products },
};

/**
 * work_kind() - a kind by its name
 * @name: "idle", with AlmaIF started and nothing to do; "fill" or "gemm"
 *
 * Return: %NULL when there is none.
 */
const struct work_kind *work_kind(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}
