// SPDX-License-Identifier: GPL-2.0
/* A harbour at night: skyline, crane, container ship. */
#include "scene.h"

#define CELL_W 8
#define CELL_H 10
#define TILE_W (8 * CELL_W)
#define TILE_H (6 * CELL_H)
#define TILES 3

static const struct colour_stop sky[] = {
	{ 0, 0x04071a }, { 420, 0x101a48 }, { 760, 0x34306c },
	{ 920, 0x6a3c72 }, { 1024, 0xa85a6c },
};

static const uint32_t walls[TILES] = { 0x141934, 0x1b1c3c, 0x0f142b };

static void sky_row(const struct scene *scene, const struct scene_op *op,
		    int y, uint32_t *out)
{
	int mx = scene->width * 22 / 100, my = scene->height * 17 / 100;
	int radius = scene->height / 14, reach = radius * 6;
	int x;

	for (x = 0; x < op->w; x++) {
		uint32_t c = gradient(sky, y * 1024 / op->h, x, y);
		uint32_t star = hash2(x, y + 9000);
		int dx = x - mx, dy = y - my;
		int d2 = dx * dx + dy * dy;

		if (star % 700 == 0)
			c = mix(c, 0xffffff, (star >> 16 & 127) * (op->h - y) / op->h + 30);
		if (d2 < reach * reach) {
			int glow = 256 - d2 * 16 / (reach * reach / 16);

			c = mix(c, 0xc8d4ff, glow * glow / 700);
		}
		if (d2 < (radius + 1) * (radius + 1)) {
			int spots = (noise2(x + 512, y + 512, radius / 2, radius / 2, 8) * 5 +
				     noise2(x, y, radius / 5 + 1, radius / 5 + 1, 21) * 3) / 8;
			/* The edge is softened by how far inside a pixel is. */
			int inside = radius * radius - d2;

			c = mix(c, mix(0xf6f2e0, 0xb9b6b4, spots > 125 ? (spots - 125) * 4 : 0),
				inside * 128 / radius + 128);
		}
		out[x] = op->tinted ? tint(c) : c;
	}
}

static int tile_x(int tile, int tinted)
{
	return (tile + (tinted ? TILES : 0)) * TILE_W;
}

static int tile_y(const struct scene *scene)
{
	return scene->height + scene->horizon;
}

/* A piece of wall with windows, kept off-screen. */
static void make_tile(const struct scene *scene, struct scene_list *list,
		      int tile, int tinted)
{
	static const uint32_t lights[4] = { 0xffd98a, 0xffc25c, 0xfff1c8, 0x9fc4ff };
	uint32_t wall = tinted ? tint(walls[tile]) : walls[tile];
	int x0 = tile_x(tile, tinted), y0 = tile_y(scene);
	int i, j;

	scene_fill(list, x0, y0, TILE_W, TILE_H, wall);
	for (j = 0; j < TILE_H / CELL_H; j++) {
		for (i = 0; i < TILE_W / CELL_W; i++) {
			uint32_t h = hash2(i + 20 * tile, j);
			uint32_t c = mix(walls[tile], 0x3a4270, 120);

			if (h % 100 < 38)
				c = lights[h >> 8 & 3];
			scene_fill(list, x0 + i * CELL_W + 2, y0 + j * CELL_H + 3,
				   4, 5, tinted ? tint(c) : c);
		}
	}
}

static void building(const struct scene *scene, struct scene_list *list, int top,
		     int tinted, int x, int w, int h, int tile)
{
	int y0 = top + scene->horizon - h;
	uint32_t roof = mix(walls[tile], 0x505a90, 90);
	int i, j;

	for (j = 0; j < h; j += TILE_H)
		for (i = 0; i < w; i += TILE_W)
			scene_copy(list, tile_x(tile, tinted), tile_y(scene),
				   x + i, y0 + j,
				   w - i < TILE_W ? w - i : TILE_W,
				   h - j < TILE_H ? h - j : TILE_H);
	scene_fill(list, x, y0 - 3, w, 3, tinted ? tint(roof) : roof);
	if (hash2(x, w) % 3 == 0) {
		scene_fill(list, x + w / 2, y0 - 30, 2, 28, tinted ? tint(roof) : roof);
		scene_fill(list, x + w / 2 - 1, y0 - 33, 4, 4,
			   tinted ? tint(0xff4040) : 0xff4040);
	}
}

static void skyline(const struct scene *scene, struct scene_list *list, int top,
		    int tinted)
{
	uint32_t far = tinted ? tint(0x2b2a58) : 0x2b2a58;
	int unit = scene->horizon / 16;
	int x, w, i;

	for (x = 0, i = 0; x < scene->width; x += w, i++) {
		int h = unit * 3 + hash2(i, 31) % (unit * 4);

		w = unit + hash2(i, 32) % unit;
		scene_fill(list, x, top + scene->horizon - h,
			   x + w > scene->width ? scene->width - x : w, h, far);
	}
	for (x = CELL_W, i = 0; x < scene->width * 74 / 100; i++) {
		uint32_t h = hash2(i, 41);
		int hill = isin(x * 512 / (scene->width * 74 / 100));
		int floors = 3 + (hill * scene->horizon / 256 + (int)(h % scene->horizon)) *
			     34 / 100 / CELL_H;

		w = (6 + (h >> 12) % 7) * CELL_W;
		building(scene, list, top, tinted, x, w, floors * CELL_H + 4,
			 (h >> 20) % TILES);
		x += w + ((h >> 24) % 3) * CELL_W;
	}
}

static void crane(const struct scene *scene, struct scene_list *list, int top,
		  int tinted, int x)
{
	uint32_t c = tinted ? tint(0xc8452e) : 0xc8452e;
	uint32_t dark = tinted ? tint(0x7c2c26) : 0x7c2c26;
	int s = scene->horizon / 2;
	int foot = top + scene->horizon;
	int beam = foot - s * 7 / 10;
	int i;

	scene_fill(list, x, beam, 7, foot - beam, c);
	scene_fill(list, x + s / 4, beam, 7, foot - beam, c);
	scene_fill(list, x, foot - s / 4, s / 4, 5, dark);
	scene_fill(list, x - s / 2, beam, s, 7, c);
	scene_fill(list, x + s / 8, foot - s, 5, s - (foot - beam), c);
	for (i = 0; i < s * 5 / 8; i++) {
		int drop = i * (beam - (foot - s)) / (s * 5 / 8);

		scene_fill(list, x + s / 8 - i, foot - s + drop, 1, 2, dark);
		if (i < s * 3 / 8)
			scene_fill(list, x + s / 8 + i, foot - s +
				   i * (beam - (foot - s)) / (s * 3 / 8), 1, 2, dark);
	}
	scene_fill(list, x - s / 3, beam + 7, 1, s / 5, dark);
	scene_fill(list, x - s / 3 - 12, beam + 7 + s / 5, 26, 12,
		   tinted ? tint(0x2f8fa8) : 0x2f8fa8);
	scene_fill(list, x + s / 12, beam - 12, 16, 12, tinted ? tint(0xffe6a0) : 0xffe6a0);
}

static void land(const struct scene *scene, struct scene_list *list, int top,
		 int tinted)
{
	uint32_t quay = tinted ? tint(0x0a0d1e) : 0x0a0d1e;
	int i;

	scene_pixels(list, 0, top, scene->width, scene->horizon, sky_row)->tinted = tinted;
	for (i = 0; i < TILES; i++)
		make_tile(scene, list, i, tinted);
	skyline(scene, list, top, tinted);
	crane(scene, list, top, tinted, scene->width * 74 / 100);
	crane(scene, list, top, tinted, scene->width * 87 / 100);
	scene_fill(list, 0, top + scene->horizon - 6, scene->width, 6, quay);
	for (i = scene->width / 50; i < scene->width - 4; i += scene->width / 25)
		scene_fill(list, i, top + scene->horizon - 14, 3, 8,
			   tinted ? tint(0xffd27a) : 0xffd27a);
}

/* Lines of the land that the ship may cover; frames put them back from here. */
static int kept_lines(const struct scene *scene)
{
	return scene->horizon / 4;
}

static int kept_y(const struct scene *scene)
{
	return tile_y(scene) + TILE_H;
}

static void base(struct scene *scene, struct scene_list *list)
{
	int h = kept_lines(scene);

	land(scene, list, scene->height, 1);
	land(scene, list, 0, 0);
	scene_copy(list, 0, scene->horizon - h, 0, kept_y(scene), scene->width, h);
}

/* A row of containers by fills; the rows above it are copies. */
static void cargo(struct scene_list *list, int x, int y, int count, int w, int h)
{
	static const uint32_t paint[6] = {
		0xc8452e, 0x2f8fa8, 0xd9a441, 0x4f7d4a, 0x8a4f8f, 0xb8bcc8,
	};
	int i;

	for (i = 0; i < count; i++) {
		uint32_t c = paint[hash2(i, 61) % 6];

		scene_fill(list, x + i * w, y, w - 1, h - 1, c);
		scene_fill(list, x + i * w, y + h - 1, w, 1, 0x0a0d1e);
		scene_fill(list, x + i * w + w - 1, y, 1, h, 0x0a0d1e);
	}
	scene_copy(list, x + w, y, x, y - h, (count - 1) * w, h);
	scene_copy(list, x + 2 * w, y, x + w, y - 2 * h, (count - 3) * w, h);
}

static void ship(const struct scene *scene, struct scene_list *list, int number)
{
	int s = scene->height / 2;
	int x = scene->width * 12 / 100 + number % 64;
	int deck = scene->horizon + scene->height / 11;
	int h = s / 11;
	int house = x + s * 82 / 100;
	int i;

	scene_wedge(list, x, deck, s, h, s / 12, s / 40, 0x2a3158);
	scene_wedge(list, x + s / 12, deck + h, s - s / 12 - s / 40, h / 3, 0, 0, 0x8a2f2c);
	scene_fill(list, x, deck, s, 2, 0x5a648f);
	cargo(list, x + s / 14, deck - h * 2 / 3, 12, s / 17, h * 2 / 3);
	scene_fill(list, house, deck - h * 3, s / 9, h * 3, 0xd8dcea);
	for (i = 0; i < 4; i++)
		scene_fill(list, house + 3, deck - h * 3 + 4 + i * h * 2 / 3, s / 9 - 6, 3,
			   i ? 0x39406a : 0xffe08a);
	scene_fill(list, house + s / 24, deck - h * 4, s / 40, h, 0xc8452e);
	/* The wake and the shadow of the hull. */
	scene_wedge(list, x + s / 10, deck + h + h / 3, s * 8 / 10, h / 2,
		    s / 16, s / 16, 0x0b1026);
	for (i = 0; i < 9; i++)
		scene_fill(list, x + s + (int)(hash2(i, 70 + number) % (s / 5)),
			   deck + h + i * 2, s / 24 + i * 2, 1, 0x6f7cae);
}

static void frame(struct scene *scene, struct scene_list *list, int number)
{
	int margin = scene->height / 40;
	int h = kept_lines(scene);

	scene_copy(list, 0, kept_y(scene), 0, scene->horizon - h, scene->width, h);
	scene_water(scene, list, number, scene->width / 36);
	ship(scene, list, number);
	scene_panel(scene, list,
		    scene->width - margin - scene_panel_width(scene),
		    scene->height - margin - scene_panel_height(scene),
		    0x6fc3e8, number, 1);
}

const struct scene_style scene_harbour = { "harbour", base, frame };
