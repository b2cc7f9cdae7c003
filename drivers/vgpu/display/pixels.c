// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest scans out, as XRGB8888: its colours, and the pointer over them.
 *
 * All that is said of memory here comes from a guest, so it is checked here,
 * too. No device is touched: lines are copied by the caller.
 */
#include <linux/kernel.h>
#include <linux/math.h>
#include <linux/swab.h>

#include "pixels.h"

static u32 rgb(u32 r, u32 g, u32 b)
{
	return r << 16 | g << 8 | b;
}

/* Colours of more than 8 bits a pixel go through tables too, one a channel. */
static u32 through(const u32 *table, u32 r, u32 g, u32 b)
{
	return (table[r] & 0xff0000) | (table[g] & 0xff00) | (table[b] & 0xff);
}

static u32 rgb555(const u32 *table, u16 p)
{
	u32 r = p >> 10 & 31, g = p >> 5 & 31, b = p & 31;

	if (table)
		return through(table, r << 3, g << 3, b << 3);
	return rgb(r << 3 | r >> 2, g << 3 | g >> 2, b << 3 | b >> 2);
}

static u32 rgb565(const u32 *table, u16 p)
{
	u32 r = p >> 11, g = p >> 5 & 63, b = p & 31;

	if (table)
		return through(table, r << 3, g << 2, b << 3);
	return rgb(r << 3 | r >> 2, g << 2 | g >> 4, b << 3 | b >> 2);
}

static u32 rgb888(const u32 *table, u32 p)
{
	return table ? through(table, p >> 16 & 255, p >> 8 & 255, p & 255) : p;
}

static u16 get16(const struct vgpu_scanout *s, u16 p)
{
	return s->big_endian ? swab16(p) : p;
}

static u32 get32(const struct vgpu_scanout *s, u32 p)
{
	return s->big_endian ? swab32(p) : p;
}

/**
 * vgpu_scanout_line() - convert a line of a picture
 * @s: the picture
 * @to: &vgpu_scanout.width pixels, XRGB8888
 * @from: vgpu_scanout_line_bytes() of the guest's memory
 */
void vgpu_scanout_line(const struct vgpu_scanout *s, u32 *to, const void *from)
{
	const u8 *p8 = from;
	const u16 *p16 = from;
	const u32 *p32 = from;
	u32 x;

	for (x = 0; x < s->width; x++) {
		switch (s->bpp) {
		case 8:
			to[x] = s->palette[p8[x]];
			break;
		case 15:
			to[x] = rgb555(s->palette, get16(s, p16[x]));
			break;
		case 16:
			to[x] = rgb565(s->palette, get16(s, p16[x]));
			break;
		default:
			to[x] = rgb888(s->palette, get32(s, p32[x]));
			break;
		}
	}
}

/**
 * vgpu_scanout_line_bytes() - what the pixels of a line take in memory
 * @s: the picture
 *
 * Return: bytes, at most four a pixel.
 */
u32 vgpu_scanout_line_bytes(const struct vgpu_scanout *s)
{
	return s->width * DIV_ROUND_UP(s->bpp, 8);
}

/* Are lines of some bytes, a stride apart, within the partition? */
static bool lines_within(u64 offset, u32 lines, u32 stride, u32 bytes,
			 u64 vram_size)
{
	u64 size = (u64)(lines - 1) * stride + bytes;

	return offset <= vram_size && size <= vram_size - offset;
}

/**
 * vgpu_scanout_valid() - can this picture be shown
 * @s: as the guest has it
 * @max_xres: pixels of the type's largest mode
 * @max_yres: lines of the type's largest mode
 * @vram_size: bytes of the partition
 *
 * Return: false for a mode that the type does not offer, and when one byte lies
 * outside the partition.
 */
bool vgpu_scanout_valid(const struct vgpu_scanout *s, u32 max_xres,
			u32 max_yres, u64 vram_size)
{
	u32 lines = s->doubled ? DIV_ROUND_UP(s->height, 2) : s->height;

	if (!s->width || !s->height || s->width > max_xres ||
	    s->height > max_yres)
		return false;
	switch (s->bpp) {
	case 8:
		if (!s->palette)
			return false;
		break;
	case 15:
	case 16:
	case 32:
		break;
	default:
		return false;
	}
	return lines_within(s->offset, lines, s->stride,
			    vgpu_scanout_line_bytes(s), vram_size);
}

/**
 * vgpu_cursor_line_bytes() - what a line of a pointer takes in memory
 * @c: the pointer
 *
 * Return: bytes, at most four a pixel; for one pixel of two planes, two.
 */
u32 vgpu_cursor_line_bytes(const struct vgpu_cursor *c)
{
	if (c->format == VGPU_CURSOR_MONO)
		return DIV_ROUND_UP(c->width, 8) * 2;
	return c->width * 4;
}

/* Does [at, at + len) meet [0, size)? */
static bool meets(s32 at, u32 len, u32 size)
{
	return at < (s64)size && (s64)at + len > 0;
}

/**
 * vgpu_cursor_shown() - is there a pointer to be seen
 * @s: the picture, itself valid, and its pointer as the guest has it
 * @vram_size: bytes of the partition
 *
 * Return: false when it is off, of a kind that is unknown, nowhere on the
 * screen, or when one byte of it lies outside the partition.
 */
bool vgpu_cursor_shown(const struct vgpu_scanout *s, u64 vram_size)
{
	const struct vgpu_cursor *c = &s->cursor;

	if (c->format != VGPU_CURSOR_ARGB && c->format != VGPU_CURSOR_MONO)
		return false;
	if (c->left >= c->width || c->width > VGPU_CURSOR_MAX || !c->height)
		return false;
	return meets(c->x, c->width, s->width) &&
	       meets(c->y, c->height, s->height) &&
	       lines_within(c->offset, c->height, c->stride,
			    vgpu_cursor_line_bytes(c), vram_size);
}

/* x / 255, to the nearest, of what is at most 255 * 255 */
static u32 by_255(u32 x)
{
	x += 128;
	return (x + (x >> 8)) >> 8;
}

/* @over, multiplied already; more than there is of a colour is all of it. */
static u32 blend(u32 beneath, u32 over)
{
	u32 rest = 255 - (over >> 24), shift, sum, to = 0;

	for (shift = 0; shift < 24; shift += 8) {
		sum = (over >> shift & 255) +
		      by_255((beneath >> shift & 255) * rest);
		to |= min(sum, 255U) << shift;
	}
	return to;
}

static u32 mono(const struct vgpu_cursor *c, const u8 *planes, u32 column,
		u32 beneath)
{
	u8 bit = 0x80 >> column % 8;
	bool and = planes[column / 8] & bit;
	bool xor = planes[DIV_ROUND_UP(c->width, 8) + column / 8] & bit;

	if (and)
		return xor ? beneath ^ 0xffffff : beneath;
	return c->colours[xor];
}

/**
 * vgpu_cursor_line() - draw a line of a pointer over a line of a picture
 * @c: the pointer, valid
 * @to: the line of the picture, XRGB8888
 * @width: pixels in @to
 * @from: vgpu_cursor_line_bytes() of the guest's memory
 */
void vgpu_cursor_line(const struct vgpu_cursor *c, u32 *to, u32 width,
		      const void *from)
{
	const u32 *argb = from;
	u32 column;

	for (column = c->left; column < c->width; column++) {
		s64 x = (s64)c->x + column;

		if (x < 0 || x >= width)
			continue;
		if (c->format == VGPU_CURSOR_MONO)
			to[x] = mono(c, from, column, to[x]);
		else
			to[x] = blend(to[x], argb[column]);
	}
}
