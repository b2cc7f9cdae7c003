// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps a vGPU's engine busy until it is killed.
 *
 *   busy UUID		with GPU=soft in the environment, a soft GPU's
 *   busy UUID wait	the same, by modelled time on its compute engine
 *   busy UUID compute	the same, by sums that an executor computes
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "client.h"
#include "soft.h"
#include "tenant.h"

/* The longest wait that there is, again and again. */
static int waits_forever(void *d)
{
	const struct packet p = { .op = OP_WAIT, .size = 10000000000 };
	struct ring r;

	ring_map(&r, d, true);
	ASSERT(ring_enable(&r, 0x10000, 64));
	for (;;) {
		if (ring_has_room(&r))
			ring_put(&r, &p);
		else
			usleep(100000);
	}
}

static int adds_forever(void *d)
{
	struct client c = client_of(d);
	uint32_t seed;

	for (seed = 1;; seed++)
		ASSERT(computes(&c, seed));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*work)(void *d);
	} kinds[] = {
		{ "", works_forever },
		{ "wait", waits_forever },
		{ "compute", adds_forever },
	};
	const char *name = argc > 2 ? argv[2] : "";
	struct vdev *d;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds) && strcmp(kinds[i].name, name); i++)
		;
	if (argc < 2 || argc > 3 || i == ARRAY_SIZE(kinds)) {
		fprintf(stderr, "usage: busy UUID [wait|compute]\n");
		return 2;
	}
	/* There is nobody whom a failed assertion could go back to. */
	tap_child();
	d = vdev_open(argv[1]);
	vdev_decode(d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	return kinds[i].work(d);
}
