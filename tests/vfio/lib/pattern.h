/* SPDX-License-Identifier: GPL-2.0 */
/* What memory is filled and compared with: the same in every run. */
#ifndef _PATTERN_H
#define _PATTERN_H

#include <stdint.h>

uint32_t rnd(void);
uint32_t rnd_below(uint32_t n);
void rnd_seed(uint32_t seed);
uint32_t edgy(uint32_t limit);
void fill_pattern(void *p, uint64_t size, uint32_t seed);
uint64_t first_difference(const void *a, const void *b, uint64_t size);

#endif /* _PATTERN_H */
