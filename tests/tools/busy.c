// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps a vGPU's engine busy until it is killed.
 *
 *   busy UUID		with GPU=soft in the environment, a soft GPU's
 *   busy UUID wait	the same, by modelled time on its compute engine
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "soft.h"
#include "tenant.h"

/* The longest wait that there is, again and again. */
static int waits_forever(struct vdev *d)
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

int main(int argc, char **argv)
{
	struct vdev *d;

	if (argc != 2 && (argc != 3 || strcmp(argv[2], "wait"))) {
		fprintf(stderr, "usage: busy UUID [wait]\n");
		return 2;
	}
	/* There is nobody whom a failed assertion could go back to. */
	tap_child();
	d = vdev_open(argv[1]);
	vdev_decode(d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	return argc > 2 ? waits_forever(d) : works_forever(d);
}
