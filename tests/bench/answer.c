// SPDX-License-Identifier: GPL-2.0
/*
 * How soon a soft GPU's vGPU answers a client outside of any guest; an executor is
 * needed.
 *
 *   answer NULLS WAKES UUID
 *
 * Prints null_ns, of a dispatch of one work-item among NULLS, of which as many are under
 * way as can be; and wake_ns, from a dispatch after 60 ms without any until it is done,
 * the median of WAKES.
 */
#include <stdio.h>
#include <stdlib.h>
#include "client.h"

#define UNDER_WAY	64	/* as many as there are completion words */
#define PAUSE_US	60000	/* the engine looks for 20 ms */

static unsigned int null(struct client *c)
{
	const uint64_t args[] = { A_AT, B_AT, C_AT };

	return dispatch(c, ADD_I32, 1, args, sizeof(args));
}

static void done(struct client *c, unsigned int n)
{
	while (!*completion(c, n))
		;
	ASSERT_EQ(*completion(c, n), 1);
}

static uint64_t nulls(struct client *c, unsigned int count)
{
	uint64_t begun = tap_ns();
	unsigned int i, first = c->written;

	for (i = 0; i < count; i++) {
		if (i >= UNDER_WAY)
			done(c, first + i - UNDER_WAY);
		null(c);
	}
	for (i = count < UNDER_WAY ? 0 : count - UNDER_WAY; i < count; i++)
		done(c, first + i);
	return (tap_ns() - begun) / count;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t wakes(struct client *c, unsigned int count)
{
	uint64_t *took = calloc(count, sizeof(*took)), median;
	unsigned int i;

	ASSERT(took);
	for (i = 0; i < count; i++) {
		usleep(PAUSE_US);
		took[i] = tap_ns();
		done(c, null(c));
		took[i] = tap_ns() - took[i];
	}
	qsort(took, count, sizeof(*took), compare);
	median = took[count / 2];
	free(took);
	return median;
}

int main(int argc, char **argv)
{
	struct client c;
	struct vdev *d;

	if (argc != 4 || atoi(argv[1]) < 1 || atoi(argv[2]) < 1) {
		fprintf(stderr, "answer: NULLS, WAKES and a UUID needed\n");
		return 2;
	}
	/* There is nobody whom a failed assertion could go back to. */
	tap_child();
	d = vdev_open(argv[3]);
	vdev_decode(d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	c = client_of(d);
	/* Its worker comes, and computes for the first time. */
	ASSERT(computes(&c, 1));
	printf("null_ns=%llu", (unsigned long long)nulls(&c, atoi(argv[1])));
	printf(" wake_ns=%llu\n", (unsigned long long)wakes(&c, atoi(argv[2])));
	return 0;
}
