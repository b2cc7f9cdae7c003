// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* program_invocation_short_name */
#include <errno.h>
#include <fcntl.h>
#include <linux/fb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../tools/clock.h"
#include "engine.h"
#include "rv100.h"
#include "scene.h"

#define WAIT_LIMIT 300	/* seconds, where something hangs: see scripts/patience.sh */

enum { ENGINE_NONE, ENGINE_FILL, ENGINE_COPY };

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("%s: ", program_invocation_short_name);
	vprintf(format, args);
	putchar('\n');
	va_end(args);
	exit(1);
}

static uint32_t read_status(struct engine *engine)
{
	engine->status_reads++;
	return engine->regs[RBBM_STATUS / 4];
}

static void wait_for_room(struct engine *engine, int entries)
{
	double end = 0;

	while (engine->room < entries) {
		engine->room = read_status(engine) & RBBM_FIFOCNT_MASK;
		if (engine->room >= entries)
			break;
		if (!end)
			end = now_s() + WAIT_LIMIT;
		if (now_s() > end)
			die("no room in the engine's FIFO for %d s", WAIT_LIMIT);
	}
	engine->room -= entries;
}

/* Only after wait_for_room(). */
static void put(struct engine *engine, unsigned int reg, uint32_t value)
{
	engine->regs[reg / 4] = value;
	engine->reg_writes++;
}

void engine_wait(struct engine *engine)
{
	double end = 0;

	if (!engine->busy)
		return;
	wait_for_room(engine, 2);
	put(engine, RB2D_DSTCACHE_CTLSTAT, RB2D_DC_FLUSH_ALL);
	put(engine, WAIT_UNTIL, WAIT_2D_IDLECLEAN | WAIT_HOST_IDLECLEAN);
	while (read_status(engine) & GUI_ACTIVE) {
		if (!end)
			end = now_s() + WAIT_LIMIT;
		if (now_s() > end)
			die("the engine is busy for %d s", WAIT_LIMIT);
	}
	engine->busy = 0;
}

void engine_write(struct engine *engine, unsigned int reg, uint32_t value)
{
	wait_for_room(engine, 1);
	put(engine, reg, value);
	engine->busy = 1;
	engine->mode = ENGINE_NONE;
}

/* State that holds for all operations of a kind; the first of them sets it. */
static void set_mode(struct engine *engine, int mode)
{
	uint32_t common = GMC_SRC_PITCH_OFFSET_CNTL | GMC_DST_PITCH_OFFSET_CNTL |
			  GMC_DST_32BPP | GMC_SRC_DATATYPE_COLOR |
			  GMC_CLR_CMP_CNTL_DIS | GMC_WR_MSK_DIS;

	if (engine->mode == mode)
		return;
	if (engine->mode == ENGINE_NONE) {
		uint32_t base = (engine->regs[MC_FB_LOCATION / 4] & 0xffff) << 16;
		uint32_t packed = (engine->pitch * 4 / 64) << 22 | base >> 10;

		wait_for_room(engine, 4);
		put(engine, DEFAULT_SC_BOTTOM_RIGHT,
		    DEFAULT_SC_RIGHT_MAX | DEFAULT_SC_BOTTOM_MAX);
		put(engine, SRC_PITCH_OFFSET, packed);
		put(engine, DST_PITCH_OFFSET, packed);
		put(engine, DP_WRITE_MASK, 0xffffffff);
	}
	wait_for_room(engine, 2);
	if (mode == ENGINE_FILL) {
		put(engine, DP_GUI_MASTER_CNTL, common | GMC_BRUSH_SOLID_COLOR |
		    ROP3_PATCOPY);
		put(engine, DP_CNTL, DST_X_LEFT_TO_RIGHT | DST_Y_TOP_TO_BOTTOM);
	} else {
		put(engine, DP_GUI_MASTER_CNTL, common | GMC_BRUSH_NONE |
		    ROP3_SRCCOPY | DP_SRC_SOURCE_MEMORY);
		engine->direction = DST_X_LEFT_TO_RIGHT | DST_Y_TOP_TO_BOTTOM;
		put(engine, DP_CNTL, engine->direction);
	}
	engine->mode = mode;
}

void engine_fill(struct engine *engine, int x, int y, int w, int h,
		 uint32_t colour)
{
	set_mode(engine, ENGINE_FILL);
	wait_for_room(engine, 3);
	put(engine, DP_BRUSH_FRGD_CLR, colour);
	put(engine, DST_Y_X, (uint32_t)y << 16 | x);
	put(engine, DST_WIDTH_HEIGHT, (uint32_t)w << 16 | h);
	engine->busy = 1;
	engine->fills++;
}

/* Away from the source's start first, so that overlapping copies are right. */
void engine_copy(struct engine *engine, int sx, int sy, int x, int y,
		 int w, int h)
{
	int direction = (sx < x ? 0 : DST_X_LEFT_TO_RIGHT) |
			(sy < y ? 0 : DST_Y_TOP_TO_BOTTOM);

	set_mode(engine, ENGINE_COPY);
	if (!(direction & DST_X_LEFT_TO_RIGHT)) {
		sx += w - 1;
		x += w - 1;
	}
	if (!(direction & DST_Y_TOP_TO_BOTTOM)) {
		sy += h - 1;
		y += h - 1;
	}
	wait_for_room(engine, 4);
	if (direction != engine->direction) {
		put(engine, DP_CNTL, direction);
		engine->direction = direction;
	}
	put(engine, SRC_Y_X, (uint32_t)sy << 16 | sx);
	put(engine, DST_Y_X, (uint32_t)y << 16 | x);
	put(engine, DST_HEIGHT_WIDTH, (uint32_t)h << 16 | w);
	engine->busy = 1;
	engine->copies++;
}

void engine_pixels(struct engine *engine, int x, int y, int w,
		   const uint32_t *row)
{
	volatile uint32_t *to = engine->vram + (size_t)y * engine->pitch + x;
	int i;

	engine_wait(engine);
	for (i = 0; i < w; i++) {
		if (row[i] == PIXEL_NONE)
			continue;
		to[i] = row[i];
		engine->pixels++;
	}
	/* The mapping is write-combined: out before the engine goes on. */
	__sync_synchronize();
}

static void *map(struct engine *engine, size_t size, off_t offset, const char *what)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
		       engine->fd, offset);

	if (p == MAP_FAILED)
		die("cannot map the %s: %s", what, strerror(errno));
	return p;
}

/*
 * The chip looks up each channel in its palette, where the text console has left
 * its sixteen colours.
 */
static void set_linear_palette(struct engine *engine)
{
	uint16_t ramp[256];
	struct fb_cmap cmap = {
		.len = 256, .red = ramp, .green = ramp, .blue = ramp,
	};
	int i;

	for (i = 0; i < 256; i++)
		ramp[i] = i * 0x101;
	if (ioctl(engine->fd, FBIOPUTCMAP, &cmap))
		die("FBIOPUTCMAP: %s", strerror(errno));
}

void engine_open(struct engine *engine, const char *path)
{
	long page = sysconf(_SC_PAGESIZE);
	struct fb_fix_screeninfo fix;
	struct fb_var_screeninfo var;

	memset(engine, 0, sizeof(*engine));
	engine->fd = open(path, O_RDWR | O_CLOEXEC);
	if (engine->fd < 0)
		die("cannot open %s: %s", path, strerror(errno));
	if (ioctl(engine->fd, FBIOGET_VSCREENINFO, &var))
		die("FBIOGET_VSCREENINFO: %s", strerror(errno));
	/* With the driver's own acceleration on, the registers cannot be mapped. */
	if (var.accel_flags || var.bits_per_pixel != 32) {
		var.accel_flags = 0;
		var.bits_per_pixel = 32;
		if (ioctl(engine->fd, FBIOPUT_VSCREENINFO, &var))
			die("FBIOPUT_VSCREENINFO: %s", strerror(errno));
	}
	if (ioctl(engine->fd, FBIOGET_FSCREENINFO, &fix))
		die("FBIOGET_FSCREENINFO: %s", strerror(errno));
	if (fix.accel != FB_ACCEL_ATI_RADEON)
		die("%s is '%.16s', not a Radeon", path, fix.id);
	if (var.bits_per_pixel != 32)
		die("%u bits a pixel, 32 needed", var.bits_per_pixel);
	if (fix.line_length % 64)
		die("a line of %u bytes is nothing for the engine", fix.line_length);

	set_linear_palette(engine);

	memcpy(engine->name, fix.id, 16);
	engine->width = var.xres;
	engine->height = var.yres;
	engine->pitch = fix.line_length / 4;
	engine->vram_size = fix.smem_len;
	engine->vram = map(engine, fix.smem_len, 0, "video memory");
	engine->regs = map(engine, fix.mmio_len,
			   (fix.smem_len + page - 1) & ~(page - 1), "registers");
}
