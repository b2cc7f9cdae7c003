/* SPDX-License-Identifier: GPL-2.0 */
/* What the tracepoint vgpu_sched_slice says of waits and slices. */
#ifndef _WAITS_H
#define _WAITS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct waits - an instance's slices, all in ns
 * @p50: half of its waits for a turn were not longer
 * @p99: the same for 99 percent
 * @max: the longest
 * @ran: sum of its slices
 * @run_min: the shortest slice
 * @run_p99: 99 percent of its slices were not longer
 * @run_max: the longest
 * @dry: how long it had no work at all, between its first slice and its last
 */
struct waits {
	uint64_t p50, p99, max;
	uint64_t ran;
	uint64_t run_min, run_p99, run_max;
	uint64_t dry;
};

void waits_start(void);
void waits_stop(void);
void waits_read(void);
bool waits_of(unsigned int nth, struct waits *w);
uint64_t waits_gap_p99(void);
uint64_t waits_gap_max(void);

#endif /* _WAITS_H */
