// SPDX-License-Identifier: GPL-2.0
/* Display lists, and shapes made of their three operations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

static struct scene_op *append(struct scene_list *list, enum scene_kind kind,
			       int x, int y, int w, int h)
{
	struct scene_op *op;

	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 1024;
		list->ops = realloc(list->ops, list->room * sizeof(*list->ops));
		if (!list->ops) {
			perror("display list");
			exit(1);
		}
	}
	op = &list->ops[list->count];
	*op = (struct scene_op){ .kind = kind, .x = x, .y = y, .w = w, .h = h };
	if (w > 0 && h > 0)
		list->count++;
	return op;
}

void scene_clear(struct scene_list *list)
{
	list->count = 0;
}

void scene_fill(struct scene_list *list, int x, int y, int w, int h,
		uint32_t colour)
{
	append(list, SCENE_FILL, x, y, w, h)->colour = colour;
}

void scene_copy(struct scene_list *list, int sx, int sy, int x, int y,
		int w, int h)
{
	struct scene_op *op = append(list, SCENE_COPY, x, y, w, h);

	op->sx = sx;
	op->sy = sy;
}

struct scene_op *scene_pixels(struct scene_list *list, int x, int y, int w,
			      int h, scene_row_fn *row)
{
	struct scene_op *op = append(list, SCENE_PIXELS, x, y, w, h);

	op->row = row;
	return op;
}

static void text_row(const struct scene *scene, const struct scene_op *op,
		     int y, uint32_t *out)
{
	int x;

	(void)scene;
	for (x = 0; x < op->w; x++) {
		int column = x / op->scale % 6;
		const uint8_t *glyph = font_glyph(op->text[x / op->scale / 6]);
		int lit = column < 5 && glyph[y / op->scale] >> (4 - column) & 1;

		out[x] = lit ? op->colour : PIXEL_NONE;
	}
}

void scene_text(struct scene_list *list, int x, int y, int scale,
		uint32_t colour, const char *text)
{
	struct scene_op *op = scene_pixels(list, x, y,
					   (int)strlen(text) * 6 * scale,
					   7 * scale, text_row);

	op->text = text;
	op->scale = scale;
	op->colour = colour;
}

/* One fill a line; with stripes, the lower half has ever wider gaps. */
void scene_disc(struct scene_list *list, int cx, int cy, int radius,
		uint32_t top, uint32_t bottom, int stripes)
{
	int y;

	for (y = -radius; y < radius; y++) {
		int half = isqrt(radius * radius - y * y);
		int period = radius / 6 + 1;
		int gap = y * period / (radius + radius / 2);

		if (stripes && y > 0 && (y - 1) % period >= period - gap)
			continue;
		scene_fill(list, cx - half, cy + y, 2 * half, 1,
			   mix(top, bottom, (y + radius) * 128 / radius));
	}
}

/*
 * A figure with horizontal upper and lower edges, one fill a line. The slants
 * say how far each side has moved inwards at the lowest line.
 */
void scene_wedge(struct scene_list *list, int x, int y, int w, int h,
		 int slant_left, int slant_right, uint32_t colour)
{
	int i;

	for (i = 0; i < h; i++) {
		int left = slant_left * i / h;
		int right = slant_right * i / h;

		scene_fill(list, x + left, y + i, w - left - right, 1, colour);
	}
}

const struct scene_style *scene_find(const char *name)
{
	static const struct scene_style *const styles[] = {
		&scene_sunrise, &scene_harbour,
	};
	size_t i;

	for (i = 0; i < sizeof(styles) / sizeof(styles[0]); i++)
		if (!strcmp(styles[i]->name, name))
			return styles[i];
	return NULL;
}

void scene_init(struct scene *scene, const struct scene_style *style,
		int width, int height, const char *label, const char *note)
{
	*scene = (struct scene){
		.style = style,
		.width = width,
		.height = height,
		.horizon = height * 60 / 100,
		.label = label,
		.note = note,
	};
	/* Off-screen: the land as the water mirrors it, tiles, kept lines. */
	scene->lines = height + scene->horizon + 64 + scene->horizon / 4;
}
