/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The 2D engine of an RV100 and its video memory, from user space, through
 * /dev/fb0 of the kernel's radeonfb as X servers used it.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <stdint.h>

struct engine {
	int fd;
	char name[17];
	int width, height, pitch;	/* pitch in pixels */
	uint32_t vram_size;
	volatile uint32_t *vram;
	volatile uint32_t *regs;

	int room;	/* FIFO entries known to be free */
	int busy;	/* work may not be finished */
	int mode;	/* what the engine is set up for: ENGINE_* */
	int direction;	/* the copies' DP_CNTL */

	uint64_t fills, copies, pixels;		/* done so far */
	uint64_t reg_writes, status_reads;
};

void engine_open(struct engine *engine, const char *path);
void engine_fill(struct engine *engine, int x, int y, int w, int h,
		 uint32_t colour);
void engine_copy(struct engine *engine, int sx, int sy, int x, int y,
		 int w, int h);

/* One register as it is, once there is room; the others set it up anew then. */
void engine_write(struct engine *engine, unsigned int reg, uint32_t value);

/* Waits for the engine, then draws a row by the CPU but for PIXEL_NONE. */
void engine_pixels(struct engine *engine, int x, int y, int w,
		   const uint32_t *row);
void engine_wait(struct engine *engine);

void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
