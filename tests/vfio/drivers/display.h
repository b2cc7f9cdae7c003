/* SPDX-License-Identifier: GPL-2.0 */
/* The display by registers, as a guest's driver sets it up, and its monitor. */
#ifndef _DISPLAY_H
#define _DISPLAY_H

#include "rv100.h"
#include "vfio.h"

#define PALETTE_SIZE	256

/* XRGB8888, as drm_fourcc.h has it. */
#define FORMAT_XRGB8888	0x34325258

/**
 * struct mode - what the CRTC is to show
 * @width: pixels, a multiple of 8
 * @height: lines
 * @bpp: 8, 15, 16 or 32
 * @offset: first byte in VRAM
 * @pitch: pixels from line to line, a multiple of 8; 0 means @width
 */
struct mode {
	unsigned int width;
	unsigned int height;
	unsigned int bpp;
	uint32_t offset;
	unsigned int pitch;
};

void display_set(struct vdev *d, const struct mode *m);
void display_set_mode(struct vdev *d, unsigned int width, unsigned int height,
		      unsigned int bpp, uint32_t offset);
void display_blank(struct vdev *d, bool blank);
void display_palette(struct vdev *d, const uint32_t *palette);
int display_query(struct vdev *d, struct vfio_device_gfx_plane_info *plane);
void *display_map(struct vdev *d, size_t len);
void display_expected(const struct mode *m, const void *vram,
		      const uint32_t *palette, uint32_t *out);
void display_expect_nothing(struct vdev *d);
void display_expect_plane(struct vdev *d, const struct mode *m);
void display_expect_picture(struct vdev *d, const struct mode *m,
			    const void *vram, const uint32_t *palette);
void display_expect_black(struct vdev *d);

int ddc_read(struct vdev *d, unsigned int address, unsigned int offset,
	     uint8_t *buf, unsigned int len);

static inline unsigned int mode_stride(const struct mode *m)
{
	return (m->pitch ? m->pitch : m->width) * ((m->bpp + 7) / 8);
}

#endif /* _DISPLAY_H */
