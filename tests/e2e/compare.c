// SPDX-License-Identifier: GPL-2.0
/*
 * Compares two pictures pixel by pixel: status 0 when they are equal, 1 and
 * where they differ when not, 2 when that cannot be said.
 *
 * usage: compare A.png B.png|black|RRGGBB
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"

/* Of one colour, as large as another. */
static void create_plain(struct picture *p, const struct picture *like, uint32_t colour)
{
	long i;

	picture_create(p, like->width, like->height);
	for (i = 0; i < (long)p->width * p->height; i++)
		p->pixels[i] = colour;
}

int main(int argc, char **argv)
{
	struct picture a, b;
	int left, top, right = -1, bottom = -1;
	long different = 0;
	int x, y;

	if (argc != 3)
		die("usage: compare A.png B.png|black|RRGGBB");
	picture_load(&a, argv[1]);
	if (!strcmp(argv[2], "black"))
		create_plain(&b, &a, 0);
	else if (strspn(argv[2], "0123456789abcdef") == 6 && !argv[2][6])
		create_plain(&b, &a, strtoul(argv[2], NULL, 16));
	else
		picture_load(&b, argv[2]);
	if (a.width != b.width || a.height != b.height) {
		printf("%dx%d and %dx%d\n", a.width, a.height, b.width, b.height);
		return 1;
	}
	left = a.width;
	top = a.height;
	for (y = 0; y < a.height; y++) {
		for (x = 0; x < a.width; x++) {
			long i = (long)y * a.width + x;

			if (a.pixels[i] == b.pixels[i])
				continue;
			if (!different++)
				printf("first at %d,%d: %06x and %06x\n", x, y,
				       a.pixels[i], b.pixels[i]);
			left = x < left ? x : left;
			right = x > right ? x : right;
			top = y < top ? y : top;
			bottom = y;
		}
	}
	if (different) {
		printf("%ld of %ld pixels differ, all within %d,%d to %d,%d\n",
		       different, (long)a.width * a.height, left, top, right, bottom);
		return 1;
	}
	printf("%ld pixels equal\n", (long)a.width * a.height);
	return 0;
}
