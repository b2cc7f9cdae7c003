/* SPDX-License-Identifier: GPL-2.0 */
/* Pictures in memory and in PNG files. Errors end the program. */
#ifndef PICTURE_H
#define PICTURE_H

#include <stdint.h>

/* Rows of XRGB8888 without gaps. */
struct picture {
	int width, height;
	uint32_t *pixels;
};

void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void picture_create(struct picture *picture, int width, int height);
void picture_load(struct picture *picture, const char *path);
void picture_save(const struct picture *picture, const char *path);

#endif
