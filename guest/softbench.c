// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest pays for the doorbell and for the memory of a soft GPU's vGPU.
 *
 * usage: softbench wake COUNT    a submission to an engine that sleeps, and a write to a
 *                                register that is trapped: the median of COUNT
 *        softbench copy COUNT    the CPU copies into the vGPU's memory, out of it, and
 *                                within its own: the fastest of COUNT
 *
 * Prints "softbench: NAME=NS...".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../tools/clock.h"
#include "engine.h"
#include "softgpu.h"

/* After 20 ms without work the doorbell's page is taken away. */
#define ASLEEP_US	60000
#define COPIED		(2 * 1024 * 1024)
#define MOST		10000

/* Of a queue that has no ring: nothing comes of it. */
#define SCRATCH		0x200

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t median(uint64_t *of, unsigned int count)
{
	qsort(of, count, sizeof(*of), by_size);
	return of[count / 2];
}

static void wake(struct softgpu *gpu, unsigned int count)
{
	static uint64_t woken[MOST], written[MOST];
	struct ring ring;
	uint64_t begin;
	unsigned int i;

	ring_open(&ring, gpu, QUEUE_COPY);
	for (i = 0; i < count; i++) {
		usleep(ASLEEP_US);
		begin = now_ns();
		ring_submit(&ring, (struct packet) { .op = OP_NOP });
		woken[i] = now_ns() - begin;
		ring_await(&ring);
		begin = now_ns();
		gpu->control[SCRATCH / 4] = 0;
		written[i] = now_ns() - begin;
	}
	printf("softbench: wake=%llu write=%llu\n",
	       (unsigned long long)median(woken, count),
	       (unsigned long long)median(written, count));
}

static void copy_once(void *to, const void *from, uint64_t *fastest)
{
	uint64_t begin = now_ns(), took;

	memcpy(to, from, COPIED);
	/* The compiler must not think that nobody looks at it. */
	__asm__ volatile("" : : : "memory");
	took = now_ns() - begin;
	if (!*fastest || took < *fastest)
		*fastest = took;
}

/* One after the other, so that what disturbs one disturbs all. */
static void copy(struct softgpu *gpu, unsigned int count)
{
	uint64_t in = 0, out = 0, own = 0;
	char *a = malloc(COPIED), *b = malloc(COPIED);
	char *vram = (char *)gpu->vram + DATA_AT;
	unsigned int i;

	if (!a || !b)
		die("no memory");
	memset(a, 0x5a, COPIED);
	memset(b, 0xa5, COPIED);
	memset(vram, 0, COPIED);
	for (i = 0; i < count; i++) {
		copy_once(b, a, &own);
		copy_once(vram, a, &in);
		copy_once(b, vram, &out);
	}
	if (memcmp(a, b, COPIED))
		die("what was copied is not what is there");
	printf("softbench: in=%llu out=%llu own=%llu\n", (unsigned long long)in,
	       (unsigned long long)out, (unsigned long long)own);
}

int main(int argc, char **argv)
{
	unsigned int count = argc == 3 ? atoi(argv[2]) : 0;
	struct softgpu gpu;

	if (!count || count > MOST)
		die("usage: softbench wake|copy COUNT");
	softgpu_open(&gpu);
	if (!strcmp(argv[1], "wake"))
		wake(&gpu, count);
	else if (!strcmp(argv[1], "copy"))
		copy(&gpu, count);
	else
		die("usage: softbench wake|copy COUNT");
	return 0;
}
