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
#include "work.h"

#define MAX_TENANTS	256
/* Each has a container, a group and itself. */
#define FILES		(4 * MAX_TENANTS)

static struct work tenants[MAX_TENANTS];
static unsigned int nr_tenants;

static void open_all(const struct work_kind *kind, char **uuids)
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

static bool all_of_them(const struct work_kind *kind)
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
	const struct work_kind *kind = argc > 1 ? work_kind(argv[1]) : NULL;

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
		usleep(strcmp(kind->name, "idle") ? 2000 : 1000000);
	}
	return 0;
}
