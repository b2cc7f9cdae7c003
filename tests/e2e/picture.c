// SPDX-License-Identifier: GPL-2.0
#include <png.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

void picture_create(struct picture *picture, int width, int height)
{
	if (width < 1 || height < 1 || width > 16384 || height > 16384)
		die("no picture is %d x %d", width, height);
	picture->width = width;
	picture->height = height;
	picture->pixels = calloc((size_t)width * height, sizeof(uint32_t));
	if (!picture->pixels)
		die("out of memory");
}

void picture_load(struct picture *picture, const char *path)
{
	png_image png = { .version = PNG_IMAGE_VERSION };
	size_t i;

	if (!png_image_begin_read_from_file(&png, path))
		die("%s: %s", path, png.message);
	/* Alpha is read only to have four bytes a pixel. */
	png.format = PNG_FORMAT_BGRA;
	picture_create(picture, png.width, png.height);
	if (!png_image_finish_read(&png, NULL, picture->pixels, 0, NULL))
		die("%s: %s", path, png.message);
	for (i = 0; i < (size_t)picture->width * picture->height; i++)
		picture->pixels[i] &= 0xffffff;
}

void picture_save(const struct picture *picture, const char *path)
{
	size_t count = (size_t)picture->width * picture->height;
	png_image png = {
		.version = PNG_IMAGE_VERSION,
		.width = picture->width,
		.height = picture->height,
		.format = PNG_FORMAT_BGR,
	};
	uint8_t *bytes = malloc(count * 3);
	size_t i;

	if (!bytes)
		die("out of memory");
	for (i = 0; i < count; i++) {
		bytes[3 * i] = picture->pixels[i];
		bytes[3 * i + 1] = picture->pixels[i] >> 8;
		bytes[3 * i + 2] = picture->pixels[i] >> 16;
	}
	if (!png_image_write_to_file(&png, path, 0, bytes, 0, NULL))
		die("%s: %s", path, png.message);
	free(bytes);
}
