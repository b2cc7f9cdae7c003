/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the bare-metal guest draws, in order, for it and for the program that
 * says what is expected: a pattern by the CPU, then fills and copies.
 */
#ifndef PICTURE_LIST_H
#define PICTURE_LIST_H

#include <stdint.h>

#define PICTURE_WIDTH	800
#define PICTURE_HEIGHT	600

struct step {
	int16_t x, y, w, h;
	int16_t sx, sy;		/* a copy's source; a fill has -1 */
	uint32_t colour;
};

#define FILL(x, y, w, h, colour)	{ x, y, w, h, -1, -1, colour }
#define COPY(sx, sy, w, h, x, y)	{ x, y, w, h, sx, sy, 0 }

/* A piece of cloth: diagonal threads over a slow change of colour. */
static inline uint32_t pattern(int x, int y)
{
	uint32_t r = 32 + x * 96 / PICTURE_WIDTH;
	uint32_t g = 48 + y * 96 / PICTURE_HEIGHT;
	uint32_t b = 160 - x * 64 / PICTURE_WIDTH;

	return ((x + y) & 7) < 2 ? (r + 24) << 16 | (g + 24) << 8 | (b + 24) :
				   r << 16 | g << 8 | b;
}

static const struct step steps[] = {
	/* Bars in a frame */
	FILL(40, 40, 720, 104, 0x101018),
	FILL(48, 48, 88, 88, 0xffffff),
	FILL(136, 48, 88, 88, 0xffd800),
	FILL(224, 48, 88, 88, 0x00c8d8),
	FILL(312, 48, 88, 88, 0x20b048),
	FILL(400, 48, 88, 88, 0xc838a8),
	FILL(488, 48, 88, 88, 0xd82820),
	FILL(576, 48, 88, 88, 0x2040c8),
	FILL(664, 48, 88, 88, 0x000000),
	/* A house, drawn once */
	FILL(80, 280, 120, 96, 0xe8dcc0),
	FILL(76, 270, 128, 12, 0x883828),
	FILL(88, 258, 104, 12, 0x983c2c),
	FILL(100, 246, 80, 12, 0xa84030),
	FILL(112, 234, 56, 12, 0xb84434),
	FILL(124, 222, 32, 12, 0xc84838),
	FILL(96, 296, 28, 28, 0x6088b8),
	FILL(156, 296, 28, 28, 0x6088b8),
	FILL(126, 330, 28, 46, 0x704828),
	FILL(147, 352, 4, 4, 0xffd800),
	/* Two more */
	COPY(72, 220, 136, 160, 332, 220),
	COPY(72, 220, 136, 160, 572, 220),
	/* Bars moved onto themselves, each in another direction */
	COPY(48, 48, 400, 60, 78, 66),
	COPY(300, 56, 400, 60, 280, 70),
	COPY(60, 90, 300, 40, 85, 60),
	COPY(400, 80, 300, 50, 370, 56),
	/* A street */
	FILL(0, 400, 800, 200, 0x303438),
	FILL(0, 400, 800, 6, 0x909498),
	FILL(20, 494, 60, 10, 0xf0f0f0),
	COPY(0, 490, 100, 18, 100, 490),
	COPY(0, 490, 200, 18, 200, 490),
	COPY(0, 490, 400, 18, 400, 490),
	/* One pixel, one line, one column */
	FILL(0, 0, 1, 1, 0xff0000),
	FILL(799, 599, 1, 1, 0x00ff00),
	FILL(0, 599, 400, 1, 0x0000ff),
	FILL(799, 0, 1, 300, 0xffff00),
};

#endif
