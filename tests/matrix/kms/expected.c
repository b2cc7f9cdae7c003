// SPDX-License-Identifier: GPL-2.0
/*
 * The picture that the guest with the stock KMS driver is to show, drawn in
 * memory, with or without the pointer.
 *
 * usage: kms-expected WIDTH HEIGHT OUTPUT.png [X Y]
 */
#include <stdlib.h>

#include "../../e2e/picture.h"
#include "picture.h"

/* To the nearest */
static uint32_t blend(uint32_t beneath, uint32_t over)
{
	uint32_t rest = 255 - (over >> 24), to = 0;
	int shift;

	for (shift = 0; shift < 24; shift += 8)
		to |= ((over >> shift & 255) +
		       ((beneath >> shift & 255) * rest * 2 + 255) / 510) << shift;
	return to;
}

int main(int argc, char **argv)
{
	struct picture p;
	int x, y, left, top;

	if (argc != 4 && argc != 6)
		die("usage: kms-expected WIDTH HEIGHT OUTPUT.png [X Y]");
	picture_create(&p, atoi(argv[1]), atoi(argv[2]));
	for (y = 0; y < p.height; y++)
		for (x = 0; x < p.width; x++)
			p.pixels[y * p.width + x] = pattern(x, y);
	left = argc == 6 ? atoi(argv[4]) : p.width;
	top = argc == 6 ? atoi(argv[5]) : p.height;
	for (y = 0; y < CURSOR_SIZE; y++) {
		for (x = 0; x < CURSOR_SIZE; x++) {
			int at_x = left + x, at_y = top + y;
			uint32_t *to = p.pixels + at_y * p.width + at_x;

			if (at_x >= 0 && at_x < p.width && at_y >= 0 &&
			    at_y < p.height)
				*to = blend(*to, pointer(x, y));
		}
	}
	picture_save(&p, argv[3]);
	return 0;
}
