// SPDX-License-Identifier: GPL-2.0
/*
 * Pictures and pointers that a guest scans out. What may be shown is drawn, from memory
 * that ends where the partition does, a line at a time into a line that is not longer
 * than the picture is wide.
 */
#include "fuzz.h"
#include "kernel/kernel.h"
#include "../kunit/pixels_model.h"

#define MAX_VRAM	(16 * 1024)
#define MAX_X		96
#define MAX_Y		64

static struct vgpu_cursor a_pointer(uint64_t vram)
{
	return (struct vgpu_cursor) {
		.format = input_u8() % 4,
		.x = input_near(MAX_X),
		.y = input_near(MAX_Y),
		.width = input_near(VGPU_CURSOR_MAX),
		.height = input_near(64),
		.left = input_u8(),
		.stride = input_near(256),
		.offset = input_near(vram),
		.colours = { input_u32(), input_u32() },
	};
}

static struct vgpu_scanout a_picture(uint64_t vram, const uint32_t *palette)
{
	static const uint8_t depths[] = { 8, 15, 16, 32, 0, 24, 1, 255 };
	uint8_t how = input_u8();

	return (struct vgpu_scanout) {
		.enabled = true,
		.width = input_near(MAX_X),
		.height = input_near(MAX_Y),
		.bpp = depths[how % 8],
		.palette = how & 8 ? palette : NULL,
		.doubled = how & 0x10,
		.big_endian = how & 0x20,
		.stride = input_near(how & 0x40 ? vram / MAX_Y : MAX_X * 4),
		.offset = input_near(vram),
		.cursor = a_pointer(vram),
	};
}

static void draw_pointer(const struct vgpu_scanout *s, uint32_t y, uint32_t *line,
			 const uint8_t *vram)
{
	const struct vgpu_cursor *c = &s->cursor;
	int64_t row = (int64_t)y - c->y;
	size_t n = vgpu_cursor_line_bytes(c);
	uint8_t *copy;

	if (row < 0 || row >= c->height)
		return;
	copy = malloc(n);
	CHECK(copy);
	memcpy(copy, vram + c->offset + row * c->stride, n);
	vgpu_cursor_line(c, line, s->width, copy);
	free(copy);
}

/* As the display does it: lines are copied out of the partition first. */
static void draw(const struct vgpu_scanout *s, const uint8_t *vram, bool pointer)
{
	uint32_t *line = malloc(s->width * sizeof(*line)), y;
	size_t n = vgpu_scanout_line_bytes(s);
	uint8_t *copy = malloc(n);

	CHECK(line && copy);
	for (y = 0; y < s->height; y++) {
		uint64_t row = s->doubled ? y / 2 : y;

		memcpy(copy, vram + s->offset + row * s->stride, n);
		vgpu_scanout_line(s, line, (const void *)copy);
		if (pointer)
			draw_pointer(s, y, line, vram);
	}
	free(copy);
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t palette[256];
	struct vgpu_scanout s;
	uint8_t *memory;
	uint64_t vram;
	bool pointer;

	input_begin(data, size);
	vram = 1 + input_u16() % MAX_VRAM;
	s = a_picture(vram, palette);
	/* To look at each of more lines than there are takes long. */
	s.cursor.height %= 1U << 16;
	CHECK(vgpu_scanout_valid(&s, MAX_X, MAX_Y, vram) ==
	      model_picture(&s, MAX_X, MAX_Y, vram));
	if (!vgpu_scanout_valid(&s, MAX_X, MAX_Y, vram))
		return 0;
	pointer = vgpu_cursor_shown(&s, vram);
	CHECK(pointer == model_pointer(&s, vram));
	memory = malloc(vram);
	CHECK(memory);
	memset(memory, 0x5a, vram);
	input_bytes(memory, vram < input.left ? vram : input.left);
	draw(&s, memory, pointer);
	free(memory);
	return 0;
}
