// SPDX-License-Identifier: GPL-2.0
/*
 * The picture that the bare-metal guest is to show, drawn in memory.
 *
 * usage: bare-expected OUTPUT.png
 */
#include <stdlib.h>
#include <string.h>

#include "../e2e/picture.h"
#include "bare/picture.h"

static void fill(struct picture *p, const struct step *s)
{
	int x, y;

	for (y = s->y; y < s->y + s->h; y++)
		for (x = s->x; x < s->x + s->w; x++)
			p->pixels[y * p->width + x] = s->colour;
}

/* By way of other memory: overlaps do not matter. */
static void copy(struct picture *p, const struct step *s)
{
	size_t line = s->w * sizeof(uint32_t);
	uint32_t *between = malloc(s->h * line);
	int y;

	if (!between)
		die("out of memory");
	for (y = 0; y < s->h; y++)
		memcpy(between + y * s->w,
		       p->pixels + (s->sy + y) * p->width + s->sx, line);
	for (y = 0; y < s->h; y++)
		memcpy(p->pixels + (s->y + y) * p->width + s->x,
		       between + y * s->w, line);
	free(between);
}

int main(int argc, char **argv)
{
	struct picture p;
	unsigned int i;
	int x, y;

	if (argc != 2)
		die("usage: bare-expected OUTPUT.png");
	picture_create(&p, PICTURE_WIDTH, PICTURE_HEIGHT);
	for (y = 0; y < p.height; y++)
		for (x = 0; x < p.width; x++)
			p.pixels[y * p.width + x] = pattern(x, y);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i].sx < 0)
			fill(&p, &steps[i]);
		else
			copy(&p, &steps[i]);
	}
	picture_save(&p, argv[1]);
	return 0;
}
