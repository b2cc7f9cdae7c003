// SPDX-License-Identifier: GPL-2.0
/*
 * A hostile guest: asks the engine and the indirect VRAM access for what lies
 * outside its own video memory, then writes rubbish into the engine as fast as
 * it can, without a look at the FIFO.
 *
 * usage: flood [-s SECONDS] [-r SEED]
 *
 * Status 1 when something came in from outside. Ends with a line
 * "flood: done NAME=VALUE...".
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../tools/clock.h"
#include "engine.h"
#include "rv100.h"

#define BAIT 0x5a5a5a5au
#define BAIT_SIDE 64	/* pixels */
#define LEAST_OPS 60	/* however slow the machine is */

static uint32_t seed = 1;

static uint32_t random32(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static uint32_t below(uint32_t limit)
{
	return random32() % limit;
}

/* The last square of the video memory, which nobody else uses. */
static volatile uint32_t *bait(struct engine *engine)
{
	return engine->vram + engine->vram_size / 4 - BAIT_SIDE * BAIT_SIDE;
}

static void set_up(struct engine *engine, uint32_t what)
{
	engine_write(engine, DP_GUI_MASTER_CNTL, GMC_SRC_PITCH_OFFSET_CNTL |
		     GMC_DST_PITCH_OFFSET_CNTL | GMC_DST_32BPP |
		     GMC_SRC_DATATYPE_COLOR | GMC_CLR_CMP_CNTL_DIS |
		     GMC_WR_MSK_DIS | what);
	engine_write(engine, DP_CNTL, DST_X_LEFT_TO_RIGHT | DST_Y_TOP_TO_BOTTOM);
	engine_write(engine, DP_BRUSH_FRGD_CLR, 0xff00ff);
}

static uint32_t packed(uint32_t pitch, uint32_t offset)
{
	return pitch / 64 << 22 | offset >> 10;
}

/* Behind the own memory, before it, or anywhere in what the engine can name. */
static uint32_t outside(struct engine *engine)
{
	uint32_t from = engine->vram_size;

	switch (below(3)) {
	case 0:
		return from + below(3 * from);
	case 1:
		return 0u - below(from * 3) - 1;
	}
	return from + below(0u - from);
}

static void fill_outside(struct engine *engine)
{
	set_up(engine, GMC_BRUSH_SOLID_COLOR | ROP3_PATCOPY);
	engine_write(engine, DST_PITCH_OFFSET, packed(4096, outside(engine)));
	engine_write(engine, DST_Y_X, below(256) << 16 | below(256));
	engine_write(engine, DST_WIDTH_HEIGHT, (1 + below(64)) << 16 | (1 + below(64)));
}

/* Begins inside, ends outside. */
static void fill_over_the_end(struct engine *engine)
{
	uint32_t pitch = 4096, lines = 16;

	set_up(engine, GMC_BRUSH_SOLID_COLOR | ROP3_PATCOPY);
	engine_write(engine, DST_PITCH_OFFSET,
		     packed(pitch, engine->vram_size - lines * pitch));
	engine_write(engine, DST_Y_X, 0);
	engine_write(engine, DST_WIDTH_HEIGHT, 64 << 16 | (lines + 1 + below(1000)));
}

static void copy_from_outside(struct engine *engine)
{
	uint32_t to = engine->vram_size - BAIT_SIDE * BAIT_SIDE * 4;

	set_up(engine, GMC_BRUSH_NONE | ROP3_SRCCOPY | DP_SRC_SOURCE_MEMORY);
	engine_write(engine, SRC_PITCH_OFFSET, packed(4096, outside(engine)));
	engine_write(engine, DST_PITCH_OFFSET, packed(BAIT_SIDE * 4, to));
	engine_write(engine, SRC_Y_X, 0);
	engine_write(engine, DST_Y_X, 0);
	engine_write(engine, DST_HEIGHT_WIDTH, BAIT_SIDE << 16 | BAIT_SIDE);
}

static void copy_to_outside(struct engine *engine)
{
	set_up(engine, GMC_BRUSH_NONE | ROP3_SRCCOPY | DP_SRC_SOURCE_MEMORY);
	engine_write(engine, SRC_PITCH_OFFSET, packed(4096, 0));
	engine_write(engine, DST_PITCH_OFFSET, packed(4096, outside(engine)));
	engine_write(engine, SRC_Y_X, 0);
	engine_write(engine, DST_Y_X, below(100) << 16);
	engine_write(engine, DST_HEIGHT_WIDTH, (1 + below(64)) << 16 | 64);
}

/* From the end of the address space round to its start, which is inside. */
static void fill_around(struct engine *engine)
{
	set_up(engine, GMC_BRUSH_SOLID_COLOR | ROP3_PATCOPY);
	engine_write(engine, DST_PITCH_OFFSET, packed(4096, 0xfffff000));
	engine_write(engine, DST_Y_X, 0);
	engine_write(engine, DST_WIDTH_HEIGHT, 64 << 16 | (2 + below(64)));
}

/* Nothing answers there: reads as zeros or ones, and writes are lost. */
static int indirect_outside(struct engine *engine)
{
	uint32_t from = engine->vram_size;
	uint32_t value;

	engine->regs[MM_INDEX / 4] = MM_VRAM | (from + (below(MM_VRAM - from) & ~3u));
	value = engine->regs[MM_DATA / 4];
	engine->regs[MM_DATA / 4] = 0xff00ff;
	return value != 0 && value != 0xffffffff;
}

static unsigned int bait_changed(struct engine *engine)
{
	unsigned int i, changed = 0;

	for (i = 0; i < BAIT_SIDE * BAIT_SIDE; i++)
		changed += bait(engine)[i] != BAIT;
	return changed;
}

int main(int argc, char **argv)
{
	static void (*const attempts[])(struct engine *engine) = {
		fill_outside, fill_over_the_end, fill_around,
		copy_from_outside, copy_to_outside,
	};
	unsigned int i, ops = 0, writes = 0, leaked = 0;
	struct engine engine;
	double seconds = 2, start;
	int option;

	while ((option = getopt(argc, argv, "s:r:")) != -1) {
		switch (option) {
		case 's':
			seconds = atof(optarg);
			break;
		case 'r':
			seed = strtoul(optarg, NULL, 0) | 1;
			break;
		default:
			die("usage: flood [-s SECONDS] [-r SEED]");
		}
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	engine_open(&engine, "/dev/fb0");
	for (i = 0; i < BAIT_SIDE * BAIT_SIDE; i++)
		bait(&engine)[i] = BAIT;

	puts("flood: out of bounds");
	start = now_s();
	while (now_s() < start + seconds / 2 || ops < LEAST_OPS) {
		for (i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++, ops++)
			attempts[i](&engine);
		leaked += indirect_outside(&engine);
	}
	engine_wait(&engine);
	leaked += bait_changed(&engine);

	puts("flood: rubbish");
	while (now_s() < start + seconds)
		for (i = 0; i < 256; i++, writes++)
			engine.regs[(0x1400 + below(0x400)) / 4] = random32();
	engine.room = 0;
	engine_wait(&engine);
	printf("flood: done ops=%u writes=%u leaked=%u\n", ops, writes, leaked);
	return leaked != 0;
}
