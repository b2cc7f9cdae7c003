// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps a vGPU's engine busy until it is killed.
 *
 *   busy UUID
 */
#include <stdio.h>
#include "tenant.h"

int main(int argc, char **argv)
{
	struct vdev *d;

	if (argc != 2) {
		fprintf(stderr, "usage: busy UUID\n");
		return 2;
	}
	/* There is nobody whom a failed assertion could go back to. */
	tap_child();
	d = vdev_open(argv[1]);
	vdev_decode(d, PCI_COMMAND_MEMORY);
	return works_forever(d);
}
