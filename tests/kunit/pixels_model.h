/* SPDX-License-Identifier: GPL-2.0 */
/* Which pictures and pointers can be shown: those of which each line is in memory. */
#ifndef _PIXELS_MODEL_H
#define _PIXELS_MODEL_H

#include <linux/limits.h>
#include <linux/math.h>

#include "../../drivers/vgpu/display/pixels.h"

/* All lines of memory lie in the partition, looked at one by one. */
static bool model_lines(u64 offset, u32 lines, u32 stride, u64 bytes, u64 size)
{
	u64 at = offset;
	u32 i;

	for (i = 0; i < lines; i++, at += stride)
		if (at > size || bytes > size - at)
			return false;
	return true;
}

static bool model_picture(const struct vgpu_scanout *s, u32 max_x, u32 max_y,
			  u64 size)
{
	u32 lines = s->doubled ? s->height / 2 + s->height % 2 : s->height;
	u32 bytes = s->bpp == 8 ? 1 : s->bpp == 32 ? 4 : 2;

	if (s->bpp != 8 && s->bpp != 15 && s->bpp != 16 && s->bpp != 32)
		return false;
	if (s->bpp == 8 && !s->palette)
		return false;
	return s->width && s->height && s->width <= max_x &&
	       s->height <= max_y &&
	       model_lines(s->offset, lines, s->stride, (u64)s->width * bytes,
			   size);
}

/* Is some pixel of it on the screen? */
static bool model_on_screen(const struct vgpu_scanout *s)
{
	const struct vgpu_cursor *c = &s->cursor;

	return (s64)c->x + c->width > 0 && c->x < (s64)s->width &&
	       (s64)c->y + c->height > 0 && c->y < (s64)s->height;
}

static bool model_pointer(const struct vgpu_scanout *s, u64 size)
{
	const struct vgpu_cursor *c = &s->cursor;
	u32 bytes = 4 * c->width;

	if (c->format == VGPU_CURSOR_MONO)
		bytes = 2 * (c->width / 8 + !!(c->width % 8));
	else if (c->format != VGPU_CURSOR_ARGB)
		return false;
	return c->width <= 256 && c->left < c->width && c->height &&
	       model_on_screen(s) &&
	       model_lines(c->offset, c->height, c->stride, bytes, size);
}

#endif /* _PIXELS_MODEL_H */
