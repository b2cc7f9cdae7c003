/* SPDX-License-Identifier: GPL-2.0 */
/*
 * 2D operations by registers, as a guest's driver does them, and the same
 * operations by pixman on an image of the whole partition.
 */
#ifndef _GPU2D_H
#define _GPU2D_H

#include "pattern.h"
#include "rv100.h"
#include "vfio.h"

/* Coordinates that the hardware takes: 14 bits. */
#define COORD_MASK	0x3fff

/**
 * struct surface - where a rectangle lies
 * @offset: bytes from the start of video memory, a multiple of 1 KiB
 * @pitch: bytes, a multiple of 64
 * @x: pixels
 * @y: lines
 */
struct surface {
	uint32_t offset;
	uint32_t pitch;
	int x, y;
};

/**
 * enum gpu_trigger - how the size is written, which starts the operation
 * @TRIGGER_WIDTH_HEIGHT: DST_WIDTH_HEIGHT
 * @TRIGGER_HEIGHT_WIDTH: DST_HEIGHT_WIDTH
 * @TRIGGER_WIDTH: DST_HEIGHT, then DST_WIDTH
 * @TRIGGER_WIDTH_X: DST_HEIGHT_Y, then DST_WIDTH_X, with the destination
 * @NR_TRIGGERS: how many there are
 */
enum gpu_trigger {
	TRIGGER_WIDTH_HEIGHT,
	TRIGGER_HEIGHT_WIDTH,
	TRIGGER_WIDTH,
	TRIGGER_WIDTH_X,
	NR_TRIGGERS,
};

/**
 * enum gpu_form - how surfaces are written
 * @FORM_PACKED: SRC_/DST_PITCH_OFFSET
 * @FORM_APART: SRC_/DST_OFFSET and SRC_/DST_PITCH
 * @FORM_DEFAULT: DEFAULT_PITCH_OFFSET; source and destination must agree
 * @NR_FORMS: how many there are
 */
enum gpu_form {
	FORM_PACKED,
	FORM_APART,
	FORM_DEFAULT,
	NR_FORMS,
};

/**
 * struct clip - a scissor: pixels that may be written, both ends included
 * @on: false leaves the hardware's default
 * @left: first column
 * @top: first line
 * @right: last column
 * @bottom: last line
 */
struct clip {
	bool on;
	int left, top, right, bottom;
};

/**
 * struct op - one operation
 * @bpp: 8, 16 or 32
 * @rop: ROP3_*
 * @color: of a fill
 * @w: pixels
 * @h: lines
 * @src: of a copy
 * @dst: destination
 * @clip: scissor
 * @to_left: copy from right to left
 * @to_top: copy from bottom to top
 * @trigger: how it is started
 * @form: how surfaces are written
 *
 * Corners in @src and @dst are the upper left ones, whatever the direction.
 */
struct op {
	unsigned int bpp;
	unsigned int rop;
	uint32_t color;
	int w, h;
	struct surface src, dst;
	struct clip clip;
	bool to_left, to_top;
	enum gpu_trigger trigger;
	enum gpu_form form;
};

void gpu_wait_fifo(struct vdev *d, unsigned int entries);
void gpu_wr(struct vdev *d, uint32_t reg, uint32_t val);
void gpu_do(struct vdev *d, const struct op *op);
void gpu_rect(struct vdev *d, uint32_t offset, uint32_t pitch, int w, int h,
	      uint32_t color);

struct op hostile_op(uint32_t size);

void model_do(void *model, const struct op *op);

static inline uint32_t pack_yx(int y, int x)
{
	return (uint32_t)(y & COORD_MASK) << 16 | (x & COORD_MASK);
}

static inline uint32_t pack_pitch_offset(uint32_t pitch, uint32_t offset)
{
	return pitch >> 6 << 22 | offset >> 10;
}

#endif /* _GPU2D_H */
