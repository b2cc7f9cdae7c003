// SPDX-License-Identifier: GPL-2.0
/*
 * Draws a scene of the guest program with pixman: the expected picture.
 *
 * usage: render SCENE WIDTH HEIGHT LABEL NOTE OUTPUT.png
 */
#include <pixman.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../guest/scene.h"
#include "picture.h"

static void fill(pixman_image_t *image, const struct scene_op *op)
{
	pixman_color_t colour = {
		.red = (op->colour >> 16 & 255) * 257,
		.green = (op->colour >> 8 & 255) * 257,
		.blue = (op->colour & 255) * 257,
		.alpha = 0xffff,
	};
	pixman_rectangle16_t box = { op->x, op->y, op->w, op->h };

	if (!pixman_image_fill_rectangles(PIXMAN_OP_SRC, image, &colour, 1, &box))
		die("pixman: fill failed");
}

/* By way of another image: pixman says nothing of overlapping rectangles. */
static void copy(pixman_image_t *image, const struct scene_op *op)
{
	pixman_image_t *between = pixman_image_create_bits(PIXMAN_x8r8g8b8,
							   op->w, op->h, NULL, 0);

	if (!between)
		die("pixman: out of memory");
	pixman_image_composite32(PIXMAN_OP_SRC, image, NULL, between,
				 op->sx, op->sy, 0, 0, 0, 0, op->w, op->h);
	pixman_image_composite32(PIXMAN_OP_SRC, between, NULL, image,
				 0, 0, 0, 0, op->x, op->y, op->w, op->h);
	pixman_image_unref(between);
}

static void pixels(pixman_image_t *image, const struct scene *scene,
		   const struct scene_op *op)
{
	int stride = pixman_image_get_stride(image) / 4;
	uint32_t *to = pixman_image_get_data(image) + op->y * stride + op->x;
	uint32_t *row = calloc(op->w, sizeof(*row));
	int x, y;

	if (!row)
		die("out of memory");
	for (y = 0; y < op->h; y++, to += stride) {
		op->row(scene, op, y, row);
		for (x = 0; x < op->w; x++)
			if (row[x] != PIXEL_NONE)
				to[x] = row[x];
	}
	free(row);
}

static void draw(pixman_image_t *image, const struct scene *scene,
		 const struct scene_list *list)
{
	int width = pixman_image_get_width(image);
	int height = pixman_image_get_height(image);
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct scene_op *op = &list->ops[i];
		int copies = op->kind == SCENE_COPY;

		if (op->x < 0 || op->y < 0 || op->x + op->w > width ||
		    op->y + op->h > height ||
		    (copies && (op->sx < 0 || op->sy < 0 ||
				op->sx + op->w > width || op->sy + op->h > height)))
			die("the scene leaves its surface: operation %zu, %dx%d at %d,%d",
			    i, op->w, op->h, op->x, op->y);
		if (op->kind == SCENE_FILL)
			fill(image, op);
		else if (copies)
			copy(image, op);
		else
			pixels(image, scene, op);
	}
}

int main(int argc, char **argv)
{
	const struct scene_style *style;
	struct scene_list list = { 0 };
	struct picture picture;
	pixman_image_t *image;
	struct scene scene;

	if (argc != 7)
		die("usage: render SCENE WIDTH HEIGHT LABEL NOTE OUTPUT.png");
	style = scene_find(argv[1]);
	if (!style)
		die("no scene '%s'", argv[1]);
	scene_init(&scene, style, atoi(argv[2]), atoi(argv[3]), argv[4], argv[5]);
	picture_create(&picture, scene.width, scene.lines);
	image = pixman_image_create_bits(PIXMAN_x8r8g8b8, scene.width, scene.lines,
					 picture.pixels, scene.width * 4);
	if (!image)
		die("pixman: out of memory");

	style->base(&scene, &list);
	draw(image, &scene, &list);
	scene_clear(&list);
	style->frame(&scene, &list, 0);
	draw(image, &scene, &list);

	picture.height = scene.height;
	picture_save(&picture, argv[6]);
	return 0;
}
