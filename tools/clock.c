// SPDX-License-Identifier: GPL-2.0
#include <time.h>

#include "clock.h"

/* Nanoseconds since some time before. */
uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/* The same in seconds. */
double now_s(void)
{
	return now_ns() / 1e9;
}
