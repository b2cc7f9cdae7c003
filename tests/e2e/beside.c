// SPDX-License-Identifier: GPL-2.0
/*
 * Puts two screens side by side, the higher one scaled down to the other's
 * height.
 *
 * usage: beside A.png B.png OUTPUT.png
 */
#include <pixman.h>
#include <string.h>

#include "picture.h"

#define GAP 16

static pixman_image_t *wrap(struct picture *picture)
{
	pixman_image_t *image = pixman_image_create_bits(PIXMAN_x8r8g8b8,
							 picture->width,
							 picture->height,
							 picture->pixels,
							 picture->width * 4);

	if (!image)
		die("pixman: out of memory");
	return image;
}

/* Filter whose samples cover each pixel's whole source area. */
static void scale_filter(pixman_image_t *image, pixman_fixed_t scale)
{
	pixman_transform_t transform;
	pixman_fixed_t *values;
	int count;

	pixman_transform_init_scale(&transform, scale, scale);
	pixman_image_set_transform(image, &transform);
	values = pixman_filter_create_separable_convolution(&count, scale, scale,
							    PIXMAN_KERNEL_LINEAR,
							    PIXMAN_KERNEL_LINEAR,
							    PIXMAN_KERNEL_BOX,
							    PIXMAN_KERNEL_BOX, 4, 4);
	if (!values || !pixman_image_set_filter(image, PIXMAN_FILTER_SEPARABLE_CONVOLUTION,
						values, count))
		die("pixman: no filter");
	pixman_image_set_repeat(image, PIXMAN_REPEAT_PAD);
}

int main(int argc, char **argv)
{
	struct picture in[2], out;
	pixman_image_t *target;
	int width[2], height, i, x = 0;

	if (argc != 4)
		die("usage: beside A.png B.png OUTPUT.png");
	for (i = 0; i < 2; i++)
		picture_load(&in[i], argv[1 + i]);
	height = in[0].height < in[1].height ? in[0].height : in[1].height;
	for (i = 0; i < 2; i++)
		width[i] = in[i].width * height / in[i].height;

	picture_create(&out, width[0] + GAP + width[1], height);
	memset(out.pixels, 0xff, (size_t)out.width * out.height * 4);
	target = wrap(&out);
	for (i = 0; i < 2; i++) {
		pixman_image_t *source = wrap(&in[i]);

		if (in[i].height != height)
			scale_filter(source, pixman_int_to_fixed(in[i].height) / height);
		pixman_image_composite32(PIXMAN_OP_SRC, source, NULL, target,
					 0, 0, 0, 0, x, 0, width[i], height);
		pixman_image_unref(source);
		x += width[i] + GAP;
	}
	picture_save(&out, argv[3]);
	return 0;
}
