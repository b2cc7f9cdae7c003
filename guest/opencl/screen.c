// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <linux/fb.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../../tools/clock.h"
#include "../scene.h"
#include "screen.h"

#define SIDE	8	/* of an image */
#define GLYPH_W	5
#define GLYPH_H	7

#define WHITE	0x00ffffff
#define GREEN	0x0040ff40

void screen_open(struct screen *s)
{
	struct fb_var_screeninfo var;
	struct fb_fix_screeninfo fix;
	void *pixels;
	int fd;

	memset(s, 0, sizeof(*s));
	s->begun = now_s();
	fd = open("/dev/fb0", O_RDWR);
	if (fd < 0)
		return;
	if (!ioctl(fd, FBIOGET_VSCREENINFO, &var) &&
	    !ioctl(fd, FBIOGET_FSCREENINFO, &fix) && var.bits_per_pixel == 32) {
		pixels = mmap(NULL, (size_t)fix.line_length * var.yres,
			      PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (pixels != MAP_FAILED) {
			s->pixels = pixels;
			s->width = var.xres;
			s->height = var.yres;
			s->stride = fix.line_length / 4;
			memset(pixels, 0, (size_t)fix.line_length * var.yres);
		}
	}
	close(fd);
}

static void box(struct screen *s, unsigned int x, unsigned int y,
		unsigned int side, uint32_t colour)
{
	unsigned int i, j;

	for (j = y; j < y + side && j < s->height; j++)
		for (i = x; i < x + side && i < s->width; i++)
			s->pixels[j * s->stride + i] = colour;
}

static void text(struct screen *s, unsigned int x, unsigned int y,
		 unsigned int scale, const char *what, uint32_t colour)
{
	const uint8_t *glyph;
	unsigned int i, j;

	for (; *what; what++, x += (GLYPH_W + 1) * scale) {
		glyph = font_glyph(*what);
		for (j = 0; j < GLYPH_H; j++)
			for (i = 0; i < GLYPH_W; i++)
				box(s, x + i * scale, y + j * scale, scale,
				    glyph[j] >> (GLYPH_W - 1 - i) & 1 ? colour : 0);
	}
}

void screen_show(struct screen *s, const float *image, unsigned int answer,
		 unsigned int images)
{
	char line[32], digit[2] = { '0' + answer };
	unsigned int i, pixel;
	double now = now_s();

	s->images += images;
	if (!s->pixels)
		return;
	pixel = s->height / 2 / SIDE;
	for (i = 0; i < SIDE * SIDE; i++)
		box(s, pixel + i % SIDE * pixel, pixel + i / SIDE * pixel, pixel,
		    (uint32_t)(image[i] * 255) * 0x010101);
	text(s, pixel * (SIDE + 3), pixel, pixel, digit, GREEN);
	snprintf(line, sizeof(line), "%.0f IMAGES/S     ",
		 s->images / (now > s->begun ? now - s->begun : 1));
	text(s, pixel, pixel * (SIDE + 3), pixel / 8 + 1, line, WHITE);
}

void screen_picture(struct screen *s, const uint32_t *picture, unsigned int width,
		    unsigned int height)
{
	unsigned int x, y, pixel;

	if (!s->pixels)
		return;
	pixel = s->width / width < s->height / height ? s->width / width :
							s->height / height;
	for (y = 0; y < height; y++)
		for (x = 0; x < width; x++)
			box(s, x * pixel, y * pixel, pixel,
			    picture[y * width + x]);
}
