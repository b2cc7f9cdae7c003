// SPDX-License-Identifier: GPL-2.0
/*
 * Prints the rate of this machine's time stamp counter in kHz, which is also
 * that of a machine that QEMU emulates here. On a busy machine the emulated
 * one would measure it wrong by itself.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

struct sample {
	uint64_t tsc;
	int64_t ns;
};

/* Of many tries the one that took least: nothing came in between. */
static struct sample take(void)
{
	struct sample best = {};
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 1000; i++) {
		struct timespec now;
		uint64_t before = __rdtsc();

		clock_gettime(CLOCK_MONOTONIC, &now);
		uint64_t took = __rdtsc() - before;

		if (took >= least)
			continue;
		least = took;
		best.tsc = before + took / 2;
		best.ns = now.tv_sec * 1000000000LL + now.tv_nsec;
	}
	return best;
}

int main(void)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	struct sample a = take();

	nanosleep(&pause, NULL);
	struct sample b = take();

	printf("%.0f\n", (b.tsc - a.tsc) * 1e6 / (b.ns - a.ns));
	return 0;
}
