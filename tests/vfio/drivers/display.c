// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <sys/mman.h>
#include "display.h"

#define DDC_ACK		0

static uint32_t crtc_format(unsigned int bpp)
{
	switch (bpp) {
	case 8:
		return 2;
	case 15:
		return 3;
	case 16:
		return 4;
	default:
		return 6;
	}
}

/* Program a mode: what a driver writes, with blanks of some size. */
void display_set(struct vdev *d, const struct mode *m)
{
	unsigned int pitch = m->pitch ? m->pitch : m->width;

	reg_wr(d, CRTC_GEN_CNTL, CRTC_EXT_DISP_EN | CRTC_DISP_REQ_EN_B);
	reg_wr(d, CRTC_EXT_CNTL, VGA_ATI_LINEAR | XCRT_CNT_EN | CRTC_CRT_ON);
	reg_wr(d, DAC_CNTL, DAC_MASK_ALL | DAC_VGA_ADR_EN | DAC_8BIT_EN);
	reg_wr(d, CRTC_H_TOTAL_DISP,
	       (m->width / 8 - 1) << 16 | (m->width / 8 + 19));
	reg_wr(d, CRTC_V_TOTAL_DISP, (m->height - 1) << 16 | (m->height + 37));
	reg_wr(d, CRTC_OFFSET, m->offset);
	reg_wr(d, CRTC_OFFSET_CNTL, 0);
	reg_wr(d, CRTC_PITCH, pitch / 8);
	reg_wr(d, CRTC_GEN_CNTL, CRTC_EXT_DISP_EN | CRTC_EN |
				 crtc_format(m->bpp) << 8);
}

void display_set_mode(struct vdev *d, unsigned int width, unsigned int height,
		      unsigned int bpp, uint32_t offset)
{
	struct mode m = {
		.width = width, .height = height, .bpp = bpp, .offset = offset,
	};

	display_set(d, &m);
}

void display_blank(struct vdev *d, bool blank)
{
	reg_wr(d, CRTC_EXT_CNTL, VGA_ATI_LINEAR | XCRT_CNT_EN | CRTC_CRT_ON |
				 (blank ? CRTC_DISPLAY_DIS : 0));
}

/* 256 entries of 0x00RRGGBB. */
void display_palette(struct vdev *d, const uint32_t *palette)
{
	unsigned int i;

	vdev_wr(d, REGION_REGS, PALETTE_INDEX, 1, 0);
	for (i = 0; i < PALETTE_SIZE; i++)
		reg_wr(d, PALETTE_DATA, palette[i]);
}

/* Ask for the primary plane as a region. */
int display_query(struct vdev *d, struct vfio_device_gfx_plane_info *plane)
{
	memset(plane, 0, sizeof(*plane));
	plane->argsz = sizeof(*plane);
	plane->flags = VFIO_GFX_PLANE_TYPE_REGION;
	plane->drm_plane_type = 1;	/* DRM_PLANE_TYPE_PRIMARY */
	return vdev_ioctl(d, VFIO_DEVICE_QUERY_GFX_PLANE, plane);
}

/* The picture, read-only as it is. */
void *display_map(struct vdev *d, size_t len)
{
	void *p = mmap(NULL, len, PROT_READ, MAP_SHARED, d->fd,
		       d->region[REGION_DISPLAY].offset);

	ASSERT(p != MAP_FAILED);
	return p;
}

/* Each channel of more than 8 bits a pixel goes through the palette too. */
static uint32_t through(const uint32_t *palette, uint32_t r, uint32_t g,
			uint32_t b)
{
	return (palette[r] & 0xff0000) | (palette[g] & 0xff00) |
	       (palette[b] & 0xff);
}

static uint32_t expected_pixel(unsigned int bpp, const uint8_t *at,
			       const uint32_t *palette)
{
	/* As many bits as there are, at the upper end of 8. */
	uint32_t p = at[0] | (bpp > 8 ? at[1] << 8 : 0);
	uint32_t r, g, b;

	switch (bpp) {
	case 8:
		return palette ? palette[p] : p * 0x010101;
	case 15:
		r = p >> 7 & 0xf8;
		g = p >> 2 & 0xf8;
		b = p << 3 & 0xf8;
		if (palette)
			return through(palette, r, g, b);
		return (r | r >> 5) << 16 | (g | g >> 5) << 8 | b | b >> 5;
	case 16:
		r = p >> 8 & 0xf8;
		g = p >> 3 & 0xfc;
		b = p << 3 & 0xf8;
		if (palette)
			return through(palette, r, g, b);
		return (r | r >> 5) << 16 | (g | g >> 6) << 8 | b | b >> 5;
	default:
		if (palette)
			return through(palette, at[2], at[1], at[0]);
		return at[0] | at[1] << 8 | at[2] << 16;
	}
}

/**
 * display_expected() - the picture that a mode shows
 * @m: the mode
 * @vram: contents of the partition
 * @palette: 256 entries of 0x00RRGGBB; NULL is the one after reset, a ramp of
 *	grey
 * @out: @m->width times @m->height pixels, the upper byte of each zero
 */
void display_expected(const struct mode *m, const void *vram,
		      const uint32_t *palette, uint32_t *out)
{
	unsigned int bytes = (m->bpp + 7) / 8;
	unsigned int x, y;

	for (y = 0; y < m->height; y++) {
		const uint8_t *line = (const uint8_t *)vram + m->offset +
				      (size_t)y * mode_stride(m);

		for (x = 0; x < m->width; x++)
			*out++ = expected_pixel(m->bpp, line + x * bytes,
						palette);
	}
}

static struct vfio_device_gfx_plane_info query(struct vdev *d)
{
	struct vfio_device_gfx_plane_info plane;

	ASSERT_OK(display_query(d, &plane));
	return plane;
}

/* Which a program takes for: as before. */
void display_expect_nothing(struct vdev *d)
{
	struct vfio_device_gfx_plane_info plane = query(d);

	EXPECT_EQ(plane.drm_format, 0);
	EXPECT_EQ(plane.width, 0);
	EXPECT_EQ(plane.height, 0);
	EXPECT_EQ(plane.size, 0);
}

/* Ask for the plane of a mode, and check what is said of it. */
void display_expect_plane(struct vdev *d, const struct mode *m)
{
	struct vfio_device_gfx_plane_info plane = query(d);

	ASSERT_EQ(plane.drm_format, FORMAT_XRGB8888);
	ASSERT_EQ(plane.width, m->width);
	ASSERT_EQ(plane.height, m->height);
	ASSERT_EQ(plane.stride, m->width * 4);
	ASSERT_EQ(plane.size, m->width * m->height * 4);
	ASSERT_EQ(plane.region_index, REGION_DISPLAY);
	EXPECT_EQ(plane.drm_format_mod, 0);
}

/**
 * display_expect_picture() - every pixel of the region, mapped and by read()
 * @d: vGPU, whose plane was asked for
 * @m: what it shows
 * @vram: as for display_expected()
 * @palette: as for display_expected()
 *
 * The X byte of a pixel is not one.
 */
void display_expect_picture(struct vdev *d, const struct mode *m,
			    const void *vram, const uint32_t *palette)
{
	size_t size = (size_t)m->width * m->height * 4;
	uint32_t *want = malloc(size), *got = malloc(size);
	uint32_t *shown = display_map(d, size);
	size_t i;

	ASSERT(want && got);
	display_expected(m, vram, palette, want);
	ASSERT_EQ(vdev_pread(d, REGION_DISPLAY, got, size, 0), size);
	for (i = 0; i < size / 4; i++) {
		if (!EXPECT_EQ(shown[i] & 0xffffff, want[i]) ||
		    !EXPECT_EQ(got[i] & 0xffffff, want[i])) {
			tap_note("%ux%u %u bpp: pixel %zu,%zu", m->width,
				 m->height, m->bpp, i % m->width,
				 i / m->width);
			break;
		}
	}
	munmap(shown, size);
	free(want);
	free(got);
}

/* All of the region, mapped and by read(). */
void display_expect_black(struct vdev *d)
{
	size_t size = d->region[REGION_DISPLAY].size, i;
	uint32_t *got = malloc(size), *shown = display_map(d, size);

	ASSERT(got);
	ASSERT_EQ(vdev_pread(d, REGION_DISPLAY, got, size, 0), size);
	for (i = 0; i < size / 4; i++) {
		if (shown[i] || got[i])
			break;
	}
	if (!EXPECT_EQ(i, size / 4))
		tap_note("pixel %zu: %#x mapped, %#x read", i, shown[i], got[i]);
	munmap(shown, size);
	free(got);
}

/* Drive the two wires: false pulls low, true lets go. */
static void ddc_set(struct vdev *d, bool scl, bool sda)
{
	reg_wr(d, GPIO_DVI_DDC, (scl ? 0 : DDC_CLK_EN) |
				(sda ? 0 : DDC_DATA_EN));
}

static bool ddc_get(struct vdev *d)
{
	return reg_rd(d, GPIO_DVI_DDC) & DDC_DATA_IN;
}

static void ddc_start(struct vdev *d)
{
	ddc_set(d, false, true);
	ddc_set(d, true, true);
	ddc_set(d, true, false);
	ddc_set(d, false, false);
}

static void ddc_stop(struct vdev *d)
{
	ddc_set(d, false, false);
	ddc_set(d, true, false);
	ddc_set(d, true, true);
}

/* One clock; what the line was while it was high. */
static bool ddc_bit(struct vdev *d, bool bit)
{
	bool got;

	ddc_set(d, false, bit);
	ddc_set(d, true, bit);
	got = ddc_get(d);
	ddc_set(d, false, bit);
	return got;
}

/* Is the byte acknowledged? */
static bool ddc_send(struct vdev *d, uint8_t byte)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		ddc_bit(d, byte >> (7 - i) & 1);
	return ddc_bit(d, true) == DDC_ACK;
}

static uint8_t ddc_receive(struct vdev *d, bool last)
{
	unsigned int i;
	uint8_t byte = 0;

	for (i = 0; i < 8; i++)
		byte = byte << 1 | ddc_bit(d, true);
	ddc_bit(d, last);
	return byte;
}

/**
 * ddc_read() - read a monitor's EEPROM by the DDC wires
 * @d: vGPU
 * @address: I2C address; monitors have 0x50
 * @offset: first byte
 * @buf: for the bytes
 * @len: how many
 *
 * Return: 0, or -1 when nobody acknowledges.
 */
int ddc_read(struct vdev *d, unsigned int address, unsigned int offset,
	     uint8_t *buf, unsigned int len)
{
	bool there;
	unsigned int i;

	ddc_start(d);
	there = ddc_send(d, address << 1) && ddc_send(d, offset);
	if (there) {
		ddc_start(d);
		there = ddc_send(d, address << 1 | 1);
	}
	for (i = 0; there && i < len; i++)
		buf[i] = ddc_receive(d, i == len - 1);
	ddc_stop(d);
	return there ? 0 : -1;
}
