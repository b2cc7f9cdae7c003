/* SPDX-License-Identifier: GPL-2.0 */
/* What the guest with the stock KMS driver shows: a picture and a pointer. */
#ifndef KMS_PICTURE_H
#define KMS_PICTURE_H

#include <stdint.h>

#define CURSOR_SIZE	64

static inline uint32_t pattern(unsigned int x, unsigned int y)
{
	return (x * 3 & 255) << 16 | ((x ^ y) & 255) << 8 | (y * 5 & 255);
}

/*
 * Of the pointer, ARGB with colours multiplied by alpha: a triangle with a hard
 * and a soft half, and nothing beside it.
 */
static inline uint32_t pointer(unsigned int x, unsigned int y)
{
	if (x > y)
		return 0;
	return x < CURSOR_SIZE / 4 ? 0xffe04010 : 0x80400860;
}

#endif /* KMS_PICTURE_H */
