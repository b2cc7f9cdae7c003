// SPDX-License-Identifier: GPL-2.0
/* Sunrise over a mountain lake. */
#include <stdio.h>
#include <stdlib.h>

#include "scene.h"

static const struct colour_stop sky[] = {
	{ 0, 0x17205a }, { 360, 0x53388a }, { 660, 0xc2567e },
	{ 860, 0xf58a62 }, { 1024, 0xffd07a },
};

static int sun_x(const struct scene *scene)
{
	return scene->width * 60 / 100;
}

static int sun_y(const struct scene *scene)
{
	return scene->horizon * 66 / 100;
}

static int sun_radius(const struct scene *scene)
{
	return scene->height / 7;
}

static void sky_row(const struct scene *scene, const struct scene_op *op,
		    int y, uint32_t *out)
{
	int reach = scene->height * 6 / 10;
	int dy = y - sun_y(scene);
	int x;

	for (x = 0; x < op->w; x++) {
		uint32_t c = gradient(sky, y * 1024 / op->h, x, y);
		int dx = x - sun_x(scene);
		int glow = 256 - (int)((int64_t)(dx * dx + dy * dy) * 256 /
				       (reach * reach));
		int cloud = noise2(x, y, scene->width / 5, scene->height / 34, 5) +
			    noise2(x, y, scene->width / 17, scene->height / 80, 9) / 2;

		if (glow > 0)
			c = mix(c, 0xffc884, glow * glow / 400);
		if (cloud > 205)
			c = mix(c, 0xffb8a8, (cloud - 205) * y / op->h);
		out[x] = op->tinted ? tint(c) : c;
	}
}

static void make_ridges(struct scene *scene)
{
	static const struct {
		int base, size, period;
	} shape[3] = { { 70, 34, 5 }, { 83, 22, 9 }, { 93, 12, 13 } };
	int i, x;

	for (i = 0; i < 3; i++) {
		int w = scene->width;

		scene->ridge[i] = malloc(w * sizeof(short));
		if (!scene->ridge[i]) {
			perror("ridge");
			exit(1);
		}
		for (x = 0; x < w; x++) {
			int p = w / shape[i].period;
			int n = noise1(x, p, 100 + i) * 8 +
				noise1(x, p / 3 + 1, 200 + i) * 4 +
				noise1(x, p / 8 + 1, 300 + i) * 2 +
				noise1(x, p / 20 + 1, 400 + i);
			int low = scene->horizon * (shape[i].base + 8) / 100;

			scene->ridge[i][x] = low - scene->horizon *
				shape[i].size / 100 * n / (255 * 15);
		}
	}
}

/* The two far ranges, fading into mist. */
static void ridge_row(const struct scene *scene, const struct scene_op *op,
		      int y, uint32_t *out)
{
	static const uint32_t crest[2] = { 0x8a5590, 0x57407e };
	static const uint32_t mist[2] = { 0xe39a92, 0xa66a92 };
	int x, i;

	y += scene->horizon - op->h;
	for (x = 0; x < op->w; x++) {
		out[x] = PIXEL_NONE;
		for (i = 0; i < 2; i++) {
			int top = scene->ridge[i][x];
			uint32_t c;

			if (y < top)
				continue;
			c = mix(crest[i], mist[i],
				(y - top) * 256 / (scene->horizon - top + 1));
			out[x] = op->tinted ? tint(c) : c;
		}
	}
}

static void tree(struct scene_list *list, int x, int ground, int size,
		 uint32_t colour)
{
	int part;

	for (part = 0; part < 3; part++) {
		int h = size * (3 - part) / 8 + 2;
		int half = size * (4 - part) / 14 + 1;
		int bottom = ground - size / 10 - part * size / 4;
		int i;

		for (i = 0; i < h; i++)
			scene_fill(list, x - half * i / h, bottom - h + i,
				   2 * (half * i / h) + 1, 1, colour);
	}
	scene_fill(list, x - 1, ground - size / 10, 3, size / 10 + 2, colour);
}

/* The near range: engine fills, in narrow columns, with trees. */
static void near_shore(const struct scene *scene, struct scene_list *list,
		       int top, int tinted)
{
	uint32_t colour = tinted ? tint(0x241a3e) : 0x241a3e;
	int edge = scene->height / 30;	/* wider than half a tree */
	int x;

	for (x = 0; x < scene->width; x += 2) {
		int y = scene->ridge[2][x];

		scene_fill(list, x, top + y, x + 2 > scene->width ? 1 : 2,
			   scene->horizon - y, colour);
	}
	for (x = edge; x < scene->width - edge;
	     x += scene->width / 40 + hash2(x, 3) % (scene->width / 24)) {
		if (abs(x - sun_x(scene)) < scene->width / 12)
			continue;
		tree(list, x, top + scene->ridge[2][x] + 3,
		     scene->height / 22 + hash2(x, 4) % (scene->height / 16), colour);
	}
}

static void land(const struct scene *scene, struct scene_list *list, int top,
		 int tinted)
{
	int w = scene->width, h = scene->horizon;
	uint32_t light = 0xfff3b0, low = 0xff8a5c;

	scene_pixels(list, 0, top, w, h, sky_row)->tinted = tinted;
	scene_disc(list, sun_x(scene), top + sun_y(scene), sun_radius(scene),
		   tinted ? tint(light) : light, tinted ? tint(low) : low, 1);
	scene_pixels(list, 0, top + h / 3, w, h - h / 3, ridge_row)->tinted = tinted;
	near_shore(scene, list, top, tinted);
}

static void base(struct scene *scene, struct scene_list *list)
{
	make_ridges(scene);
	land(scene, list, scene->height, 1);
	land(scene, list, 0, 0);
}

static void glitter(const struct scene *scene, struct scene_list *list, int number)
{
	int depth = scene->height - scene->horizon;
	int i;

	for (i = 3; i < depth; i += 3 + i / 24) {
		uint32_t h = hash2(i, 50 + number);
		int spread = sun_radius(scene) / 2 + i / 5;
		int w = 6 + h % (10 + i / 5);
		int x = sun_x(scene) + (int)(h >> 8) % spread -
			(int)(h >> 20) % spread;

		scene_fill(list, x - w / 2, scene->horizon + i, w, 1 + i / 90,
			   mix(0xffe2a0, 0xff9a70, i * 256 / depth));
	}
}

static void boat(const struct scene *scene, struct scene_list *list, int number)
{
	int s = scene->height / 12;
	int x = scene->width * 28 / 100 + number % 64;
	int y = scene->horizon + scene->height / 9;

	scene_wedge(list, x - s / 2, y, s, s / 7, s / 6, s / 5, 0x1a1230);
	scene_fill(list, x - 1, y - s - 2, 2, s + 2, 0x1a1230);
	scene_wedge(list, x + 2, y - s, 1, s - 3, 0, -s * 4 / 10, 0xfff0dc);
	scene_wedge(list, x - 3, y - s * 8 / 10, 1, s * 8 / 10 - 3, -s / 4, 0, 0xe8c8c0);
	scene_wedge(list, x - s / 3, y + s / 7, s * 2 / 3, s / 4, s / 5, s / 5, 0x5a3f66);
}

static void frame(struct scene *scene, struct scene_list *list, int number)
{
	int margin = scene->height / 40;

	scene_water(scene, list, number, scene->width / 50);
	glitter(scene, list, number);
	boat(scene, list, number);
	scene_panel(scene, list, margin,
		    scene->height - margin - scene_panel_height(scene),
		    0xff9a62, number, 0);
}

const struct scene_style scene_sunrise = { "sunrise", base, frame };
