// SPDX-License-Identifier: GPL-2.0
/*
 * Looks at single places of a picture, or at all of it.
 *
 * usage: pixels FILE.png X,Y=RRGGBB...   status 1 when one is of another colour
 *        pixels FILE.png --colours       how many colours there are, and the size
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../e2e/picture.h"

static int order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void colours(struct picture *p)
{
	size_t count = (size_t)p->width * p->height, n = 1, i;

	qsort(p->pixels, count, sizeof(p->pixels[0]), order);
	for (i = 1; i < count; i++)
		n += p->pixels[i] != p->pixels[i - 1];
	printf("%zu colours, %dx%d\n", n, p->width, p->height);
}

int main(int argc, char **argv)
{
	int x, y, i, status = 0;
	struct picture p;
	unsigned int want;

	if (argc < 3)
		die("usage: pixels FILE.png X,Y=RRGGBB... | --colours");
	picture_load(&p, argv[1]);
	if (!strcmp(argv[2], "--colours")) {
		colours(&p);
		return 0;
	}
	for (i = 2; i < argc; i++) {
		uint32_t is;

		if (sscanf(argv[i], "%d,%d=%x", &x, &y, &want) != 3)
			die("'%s' is not X,Y=RRGGBB", argv[i]);
		if (x < 0 || y < 0 || x >= p.width || y >= p.height)
			die("%d,%d is outside of %dx%d", x, y, p.width, p.height);
		is = p.pixels[y * p.width + x];
		if (is != want) {
			printf("%d,%d is %06x, not %06x\n", x, y, is, want);
			status = 1;
		}
	}
	return status;
}
