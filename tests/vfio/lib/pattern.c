// SPDX-License-Identifier: GPL-2.0
#include "pattern.h"

/* Each thread's own: what one has begun with a number, it ends as it would alone. */
static __thread uint32_t rnd_state = 1;

/* Offset of the first byte that differs; @size when none does. */
uint64_t first_difference(const void *a, const void *b, uint64_t size)
{
	const uint64_t *p = a, *q = b;
	uint64_t i;

	for (i = 0; i < size / 8; i++) {
		if (p[i] != q[i])
			return i * 8;
	}
	return size;
}

void rnd_seed(uint32_t seed)
{
	rnd_state = seed ? seed : 1;
}

/* xorshift32 (Marsaglia). */
uint32_t rnd(void)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 17;
	rnd_state ^= rnd_state << 5;
	return rnd_state;
}

uint32_t rnd_below(uint32_t n)
{
	return rnd() % n;
}

/* Values that look at edges more often than chance would. */
uint32_t edgy(uint32_t limit)
{
	switch (rnd_below(6)) {
	case 0:
		return limit + rnd_below(4096) - 2048;
	case 1:
		return rnd_below(4096);
	case 2:
		return -rnd_below(1 << 20);
	case 3:
		return rnd_below(limit);
	case 4:
		return 1U << rnd_below(32);
	default:
		return rnd();
	}
}

/* Every 32-bit word tells its place. */
void fill_pattern(void *p, uint64_t size, uint32_t seed)
{
	uint32_t *word = p;
	uint64_t i;

	for (i = 0; i < size / 4; i++)
		word[i] = (uint32_t)(i * 2654435761u) ^ seed;
}
