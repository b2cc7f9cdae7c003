// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <sys/mman.h>
#include "canvas.h"

struct canvas cv;

/* Before a test: memory full of a pattern, and the engine set up. */
void canvas_open(void)
{
	cv.d = vdev_new(T4);
	cv.model = malloc(SIZE);
	ASSERT(cv.model);
	cv.vram = vdev_map_vram(cv.d);
	fill_pattern(cv.model, SIZE, 7);
	memcpy(cv.vram, cv.model, SIZE);
	gpu_init(cv.d);
}

/* After a test. */
void canvas_close(void)
{
	if (cv.vram)
		munmap(cv.vram, SIZE);
	cv.vram = NULL;
	free(cv.model);
	cv.model = NULL;
	vdev_cleanup();
}

void op_describe(const struct op *op)
{
	tap_note("%u bpp rop %#x color %#x size %dx%d form %d trigger %d",
		 op->bpp, op->rop, op->color, op->w, op->h, op->form,
		 op->trigger);
	tap_note("src %#x pitch %u at %d,%d dst %#x pitch %u at %d,%d",
		 op->src.offset, op->src.pitch, op->src.x, op->src.y,
		 op->dst.offset, op->dst.pitch, op->dst.x, op->dst.y);
	tap_note("clip %d: %d,%d to %d,%d left %d up %d", op->clip.on,
		 op->clip.left, op->clip.top, op->clip.right, op->clip.bottom,
		 op->to_left, op->to_top);
}

/* The whole partition; on a difference the test ends. */
void canvas_compare(void)
{
	uint64_t at;

	gpu_idle(cv.d);
	at = first_difference(cv.vram, cv.model, SIZE);
	if (at == SIZE)
		return;
	tap_fail(__FILE__, __LINE__, "differs at %#llx: %#x, not %#x",
		 (unsigned long long)at, *(uint32_t *)(cv.vram + at),
		 *(uint32_t *)(cv.model + at));
	tap_abort();
}

/* By both, when the engine comes to it. */
void canvas_do(const struct op *op)
{
	gpu_do(cv.d, op);
	model_do(cv.model, op);
}

void canvas_do_and_compare(const struct op *op)
{
	canvas_do(op);
	gpu_idle(cv.d);
	if (first_difference(cv.vram, cv.model, SIZE) != SIZE)
		op_describe(op);
	canvas_compare();
}

/* A rectangle of some colour. */
struct op fill_op(unsigned int bpp, int x, int y, int w, int h)
{
	return (struct op) {
		.bpp = bpp, .rop = ROP3_PATCOPY, .color = rnd(),
		.w = w, .h = h,
		.dst = { .pitch = FULL_PITCH, .x = x, .y = y },
	};
}

/* A copy in the direction that keeps the source until it is read. */
struct op copy_op(unsigned int bpp, int sx, int sy, int dx, int dy, int w,
		  int h)
{
	return (struct op) {
		.bpp = bpp, .rop = ROP3_SRCCOPY, .w = w, .h = h,
		.src = { .pitch = FULL_PITCH, .x = sx, .y = sy },
		.dst = { .pitch = FULL_PITCH, .x = dx, .y = dy },
		.to_left = dx > sx, .to_top = dy > sy,
	};
}
