/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A picture as a display list: engine fills, engine copies and pixels drawn by
 * the CPU. Two renderers know how to execute it: the guest's, with the
 * accelerator of its graphics card, and the reference of tests/e2e, with pixman.
 *
 * A picture is made in two lists. The base is drawn once. A frame, which only
 * needs what the base left behind, can be drawn again and again; every pixel
 * that one frame changes is drawn by all frames, so that the result depends on
 * the last one only.
 */
#ifndef SCENE_H
#define SCENE_H

#include <stddef.h>
#include <stdint.h>

/* A row function leaves pixels alone that it sets to this. */
#define PIXEL_NONE 0xff000000u

enum scene_kind { SCENE_FILL, SCENE_COPY, SCENE_PIXELS };

struct scene;
struct scene_op;

/* Sets op->w pixels (XRGB8888) of row y, counted from the operation's top. */
typedef void scene_row_fn(const struct scene *scene, const struct scene_op *op,
			  int y, uint32_t *out);

/*
 * Coordinates are pixels from the start of VRAM in lines of the mode's pitch:
 * what is below the visible lines is off-screen memory.
 */
struct scene_op {
	enum scene_kind kind;
	int x, y, w, h;
	int sx, sy;		/* SCENE_COPY: from where */
	uint32_t colour;	/* SCENE_FILL; SCENE_PIXELS: as the row function likes */
	int scale, tinted;	/* SCENE_PIXELS: as the row function likes */
	scene_row_fn *row;
	const char *text;
};

struct scene_list {
	struct scene_op *ops;
	size_t count, room;
};

struct scene_style {
	const char *name;
	void (*base)(struct scene *scene, struct scene_list *list);
	void (*frame)(struct scene *scene, struct scene_list *list, int number);
};

/**
 * struct scene - a picture of a certain size
 * @style: which picture
 * @width: visible pixels a line
 * @height: visible lines
 * @horizon: first line of water
 * @label: headline of the text panel
 * @note: second line of the text panel
 * @lines: lines of VRAM that the picture needs
 * @ridge: first line of each mountain range, by column
 */
struct scene {
	const struct scene_style *style;
	int width, height, horizon;
	const char *label, *note;
	int lines;
	short *ridge[3];
};

extern const struct scene_style scene_sunrise, scene_harbour;

const struct scene_style *scene_find(const char *name);
void scene_init(struct scene *scene, const struct scene_style *style,
		int width, int height, const char *label, const char *note);

/* Build a list; the memory of a list is used again after scene_clear(). */
void scene_clear(struct scene_list *list);
void scene_fill(struct scene_list *list, int x, int y, int w, int h,
		uint32_t colour);
void scene_copy(struct scene_list *list, int sx, int sy, int x, int y,
		int w, int h);
struct scene_op *scene_pixels(struct scene_list *list, int x, int y, int w,
			      int h, scene_row_fn *row);
void scene_text(struct scene_list *list, int x, int y, int scale,
		uint32_t colour, const char *text);
void scene_disc(struct scene_list *list, int cx, int cy, int radius,
		uint32_t top, uint32_t bottom, int stripes);
void scene_wedge(struct scene_list *list, int x, int y, int w, int h,
		 int slant_left, int slant_right, uint32_t colour);

/* Parts that both pictures have. */
void scene_water(const struct scene *scene, struct scene_list *list, int number,
		 int strength);
void scene_panel(const struct scene *scene, struct scene_list *list, int x, int y,
		 uint32_t accent, int number, int downwards);
int scene_panel_width(const struct scene *scene);
int scene_panel_height(const struct scene *scene);

/* Arithmetic in integers, so that every machine computes the same picture. */
uint32_t hash2(uint32_t x, uint32_t y);
int isin(int phase);			/* 1024 = a full turn; -256..256 */
int noise1(int x, int period, uint32_t seed);		/* 0..255 */
int noise2(int x, int y, int px, int py, uint32_t seed);	/* 0..255 */
int isqrt(int value);
uint32_t mix(uint32_t a, uint32_t b, int share);	/* share of b, 0..256 */
uint32_t tint(uint32_t colour);		/* as seen in the water */

struct colour_stop {
	int at;				/* 0..1024 */
	uint32_t colour;
};

/* Colour at a place of a gradient, dithered by the pixel's position. */
uint32_t gradient(const struct colour_stop *stops, int at, int x, int y);

/* 5x7 glyph of a character; bit 4 is the left column. */
const uint8_t *font_glyph(char c);

#endif
