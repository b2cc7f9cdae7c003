/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of vgpu-top. */
#ifndef _TOP_H
#define _TOP_H

#include <time.h>

#include "table.h"

/**
 * struct options - what was asked for
 * @delay: seconds from one reading to the next
 * @iterations: how many; 0: without end
 * @order: of the rows
 */
struct options {
	double delay;
	unsigned long iterations;
	struct order order;
};

/**
 * struct reading - two readings, the later one to be shown
 * @now: later
 * @before: earlier; empty at first
 * @time: of the later one
 * @interval: seconds between them
 */
struct reading {
	struct machine now;
	struct machine before;
	struct timespec time;
	double interval;
};

void reading_next(struct reading *r);
void reading_end(struct reading *r);

void print_json(const struct reading *r, const struct order *order);
int run_screen(const struct options *opts);

#endif /* _TOP_H */
