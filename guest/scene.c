// SPDX-License-Identifier: GPL-2.0
/*
 * Draws a scene on a framebuffer with the CPU and the 2D engine, for a while an
 * animated one, and leaves a picture that depends on the arguments only.
 *
 * usage: scene [-f DEVICE] [-s SECONDS | -w] [-l LABEL] [-n NOTE] SCENE
 *   -f  the framebuffer (default /dev/fb0)
 *   -s  how long it is animated (default 0)
 *   -w  until a line comes in
 *
 * Ends with a line "scene: done NAME=VALUE..." that says what it has done.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../tools/clock.h"
#include "engine.h"
#include "scene.h"

/* The text console must not write between our pixels. */
static void take_console(void)
{
	int fd = open("/dev/tty0", O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, KDSETMODE, KD_GRAPHICS))
		die("cannot take the console: %s", strerror(errno));
	close(fd);
}

static void draw_pixels(struct engine *engine, const struct scene *scene,
			const struct scene_op *op)
{
	uint32_t *row = calloc(op->w, sizeof(*row));
	int y;

	if (!row)
		die("out of memory");
	for (y = 0; y < op->h; y++) {
		op->row(scene, op, y, row);
		engine_pixels(engine, op->x, op->y + y, op->w, row);
	}
	free(row);
}

static void draw(struct engine *engine, const struct scene *scene,
		 const struct scene_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct scene_op *op = &list->ops[i];

		switch (op->kind) {
		case SCENE_FILL:
			engine_fill(engine, op->x, op->y, op->w, op->h, op->colour);
			break;
		case SCENE_COPY:
			engine_copy(engine, op->sx, op->sy, op->x, op->y, op->w, op->h);
			break;
		case SCENE_PIXELS:
			draw_pixels(engine, scene, op);
			break;
		}
	}
}

/* What an earlier run has left must not pass for drawn by this one. */
static void wipe(struct engine *engine, const struct scene *scene)
{
	int i;

	for (i = 0; i < scene->lines * engine->pitch; i++)
		engine->vram[i] = 0xff00ff;
}

/* Whoever has asked for the scene writes a line when there was enough of it. */
static bool told_to_end(void)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	char line[64];

	return poll(&in, 1, 0) > 0 && read(in.fd, line, sizeof(line)) >= 0;
}

/* For so many seconds; below 0, until told to end. */
static int draw_all(struct engine *engine, struct scene *scene, double seconds)
{
	struct scene_list list = { 0 };
	int frames = 0;
	double end;

	wipe(engine, scene);
	scene->style->base(scene, &list);
	draw(engine, scene, &list);
	end = now_s() + seconds;
	while (seconds < 0 ? !told_to_end() : now_s() < end) {
		frames++;
		scene_clear(&list);
		scene->style->frame(scene, &list, frames);
		draw(engine, scene, &list);
		engine_wait(engine);
	}
	/* The picture that stays does not depend on how many came before. */
	scene_clear(&list);
	scene->style->frame(scene, &list, 0);
	draw(engine, scene, &list);
	engine_wait(engine);
	return frames + 1;
}

static void report(const struct engine *engine, const char *name, int frames,
		   double seconds)
{
	printf("scene: done scene=%s width=%d height=%d frames=%d", name,
	       engine->width, engine->height, frames);
	printf(" fills=%llu copies=%llu pixels=%llu",
	       (unsigned long long)engine->fills,
	       (unsigned long long)engine->copies,
	       (unsigned long long)engine->pixels);
	printf(" reg_writes=%llu status_reads=%llu seconds=%.2f\n",
	       (unsigned long long)engine->reg_writes,
	       (unsigned long long)engine->status_reads, seconds);
}

int main(int argc, char **argv)
{
	const char *device = "/dev/fb0", *label = "GUEST", *note = "";
	const struct scene_style *style;
	struct engine engine;
	struct scene scene;
	double seconds = 0, start;
	int option, frames;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt(argc, argv, "f:s:wl:n:")) != -1) {
		switch (option) {
		case 'f':
			device = optarg;
			break;
		case 's':
			seconds = atof(optarg);
			break;
		case 'w':
			seconds = -1;
			break;
		case 'l':
			label = optarg;
			break;
		case 'n':
			note = optarg;
			break;
		default:
			die("unknown option");
		}
	}
	style = optind + 1 == argc ? scene_find(argv[optind]) : NULL;
	if (!style)
		die("usage: scene [-f DEVICE] [-s SECONDS | -w] [-l LABEL] [-n NOTE] SCENE");

	take_console();
	engine_open(&engine, device);
	printf("scene: %s '%s' %dx%d-32 pitch %d vram %u\n", style->name, engine.name,
	       engine.width, engine.height, engine.pitch * 4, engine.vram_size);
	scene_init(&scene, style, engine.width, engine.height, label, note);
	if ((uint64_t)scene.lines * engine.pitch * 4 > engine.vram_size)
		die("needs %d lines of video memory", scene.lines);

	puts("scene: drawing");
	start = now_s();
	frames = draw_all(&engine, &scene, seconds);
	report(&engine, style->name, frames, now_s() - start);
	return 0;
}
