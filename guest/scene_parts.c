// SPDX-License-Identifier: GPL-2.0
/* What both pictures have: water that mirrors the land, and a text panel. */
#include <stdio.h>
#include <string.h>

#include "scene.h"

/*
 * The water is the off-screen copy of the land, upside down, one engine copy a
 * line, shifted by waves that grow towards the viewer.
 */
void scene_water(const struct scene *scene, struct scene_list *list, int number,
		 int strength)
{
	int width = scene->width;
	int depth = scene->height - scene->horizon;
	int i;

	for (i = 0; i < depth; i++) {
		int y = scene->horizon + i;
		int sy = scene->height + scene->horizon - 1 - i * 7 / 8;
		int wave = 1024 * 60 / (i + 12) + i * 30 + number * 90;
		int amplitude = strength * (i + 10) / depth + 1;
		int shift = isin(wave) * amplitude / 256;
		int left = shift > 0 ? shift : 0;
		int right = shift < 0 ? -shift : 0;

		scene_copy(list, right, sy, left, y, width - left - right, 1);
		/* The edge that the shift uncovered. */
		scene_copy(list, 0, sy, 0, y, left, 1);
		scene_copy(list, width - right, sy, width - right, y, right, 1);
	}
}

static int unit(const struct scene *scene)
{
	return scene->height >= 700 ? 2 : 1;
}

int scene_panel_width(const struct scene *scene)
{
	return 230 * unit(scene);
}

int scene_panel_height(const struct scene *scene)
{
	return 92 * unit(scene);
}

/* Lines of text enter at one end of the box and push the others on. */
static void panel_text(const struct scene *scene, struct scene_list *list,
		       int x, int y, int w, int downwards)
{
	static const char *const lines[] = {
		"PIXELS BY THE CPU", "COPIES BY THE ENGINE",
		"FILLS BY THE ENGINE", "DRIVER RADEONFB",
	};
	const int count = sizeof(lines) / sizeof(lines[0]);
	int u = unit(scene);
	int step = 9 * u;
	int h = count * step;
	int i;

	for (i = 0; i < count; i++) {
		const char *line = lines[downwards ? i : count - 1 - i];
		int fresh = downwards ? y : y + h - step;

		if (downwards)
			scene_copy(list, x, y, x, y + step, w, h - step);
		else
			scene_copy(list, x, y + step, x, y, w, h - step);
		scene_fill(list, x, fresh, w, step, 0x0b0d1a);
		scene_text(list, x, fresh + u, u, 0xb8c4e0, line);
	}
}

/* A chart that scrolls sideways, a bar at a time. */
static void panel_chart(const struct scene *scene, struct scene_list *list,
			int x, int y, int w, int h, uint32_t accent, int number,
			int rightwards)
{
	int bar = 4 * unit(scene);
	int count = w / bar;
	int i;

	w = count * bar;
	scene_fill(list, x, y, w, h, 0x161a30);
	for (i = 0; i < count; i++) {
		int value = h / 6 + noise1(i + number, 6, 77) * h / 512 +
			    (int)(hash2(i + number, 78) % (h / 3));
		int fresh = rightwards ? x : x + w - bar;

		if (rightwards)
			scene_copy(list, x, y, x + bar, y, w - bar, h);
		else
			scene_copy(list, x + bar, y, x, y, w - bar, h);
		scene_fill(list, fresh, y, bar, h - value, 0x161a30);
		scene_fill(list, fresh, y + h - value, bar - 1, value, accent);
		scene_fill(list, fresh + bar - 1, y + h - value, 1, value, 0x161a30);
	}
}

void scene_panel(const struct scene *scene, struct scene_list *list, int x, int y,
		 uint32_t accent, int number, int downwards)
{
	int u = unit(scene);
	int w = scene_panel_width(scene);
	int h = scene_panel_height(scene);
	int inner = w - 12 * u;

	scene_fill(list, x, y, w, h, 0x0b0d1a);
	scene_fill(list, x, y, w, u, accent);
	scene_fill(list, x, y + h - u, w, u, accent);
	scene_fill(list, x, y, u, h, accent);
	scene_fill(list, x + w - u, y, u, h, accent);
	x += 6 * u;
	scene_text(list, x, y + 6 * u, 2 * u, 0xffffff, scene->label);
	scene_text(list, x, y + 24 * u, u, accent, scene->note);
	panel_text(scene, list, x, y + 34 * u, inner, downwards);
	panel_chart(scene, list, x, y + 72 * u, inner, 15 * u, accent, number,
		    downwards);
}
