/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A vGPU and an image of its memory: each operation is done by the vGPU and by
 * pixman, and the whole partition must be the same afterwards.
 */
#ifndef _CANVAS_H
#define _CANVAS_H

#include "gpu2d.h"

/* Bytes of its memory, and of a line of the operations made here. */
#define SIZE		(4 * MIB)
#define FULL_PITCH	4096

/**
 * struct canvas - the vGPU and its image
 * @d: the vGPU
 * @vram: its memory, mapped
 * @model: the image
 */
struct canvas {
	struct vdev *d;
	uint8_t *vram;
	uint8_t *model;
};

extern struct canvas cv;

void canvas_open(void);
void canvas_close(void);
void canvas_do(const struct op *op);
void canvas_compare(void);
void canvas_do_and_compare(const struct op *op);

struct op fill_op(unsigned int bpp, int x, int y, int w, int h);
struct op copy_op(unsigned int bpp, int sx, int sy, int dx, int dy, int w,
		  int h);
void op_describe(const struct op *op);

#endif /* _CANVAS_H */
