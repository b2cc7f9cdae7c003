// SPDX-License-Identifier: GPL-2.0
/*
 * What the host shows of a vGPU's display: VFIO's graphics plane, as a region.
 *
 * User space asks for the plane before each refresh. It is always XRGB8888
 * with lines that follow each other without a gap, so that user space needs to
 * look at nothing but the size. If what the guest scans out is just that, the
 * region shows the partition itself and nothing is copied; otherwise it shows
 * a picture that is converted on each query.
 */
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_plane.h>

#include "core.h"

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

static void convert_line(u32 *to, const void *from,
			 const struct vgpu_scanout *s)
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
			to[x] = rgb555(s->palette, p16[x]);
			break;
		case 16:
			to[x] = rgb565(s->palette, p16[x]);
			break;
		default:
			to[x] = rgb888(s->palette, p32[x]);
			break;
		}
	}
}

static u32 line_bytes(const struct vgpu_scanout *s)
{
	return s->width * DIV_ROUND_UP(s->bpp, 8);
}

static int convert(struct vgpu_vdev *vd, const struct vgpu_scanout *s)
{
	u32 *to = vd->display.picture;
	void *line;
	u32 y;

	line = kmalloc(line_bytes(s), GFP_KERNEL);
	if (!line)
		return -ENOMEM;
	for (y = 0; y < s->height; y++) {
		memcpy_fromio(line, vgpu_vram_at(&vd->inst, s->offset +
						 (u64)y * s->stride),
			      line_bytes(s));
		convert_line(to, line, s);
		to += s->width;
	}
	kfree(line);
	return 0;
}

/* A mode that the type does not offer, or bytes outside the partition. */
static bool scanout_valid(struct vgpu_vdev *vd, const struct vgpu_scanout *s)
{
	const struct vgpu_type_desc *type = vd->inst.type;
	u64 last;

	if (!s->width || !s->height || s->width > type->max_xres ||
	    s->height > type->max_yres)
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
	last = (u64)(s->height - 1) * s->stride + line_bytes(s);
	return s->offset <= vd->inst.vram_size &&
	       last <= vd->inst.vram_size - s->offset;
}

/* The region can show the partition itself: as it is, without gaps. */
static bool can_be_direct(struct vgpu_vdev *vd, const struct vgpu_scanout *s)
{
	u64 size = PAGE_ALIGN((u64)s->stride * s->height);

	return s->bpp == 32 && !s->palette && s->stride == line_bytes(s) &&
	       PAGE_ALIGNED(s->offset) &&
	       size <= vd->inst.vram_size - s->offset;
}

/**
 * vgpu_display_query() - VFIO_DEVICE_QUERY_GFX_PLANE
 * @vd: the instance; trap lock held
 * @plane: @plane->flags says what is asked; the rest is filled in, with a
 *	format of 0 when there is nothing to see
 *
 * Return: 0, -EINVAL for anything but a region, -ENOMEM.
 */
int vgpu_display_query(struct vgpu_vdev *vd,
		       struct vfio_device_gfx_plane_info *plane)
{
	struct vgpu_scanout s = {};
	bool direct;
	int ret;

	if (plane->flags == (VFIO_GFX_PLANE_TYPE_PROBE |
			     VFIO_GFX_PLANE_TYPE_REGION))
		return 0;
	if (plane->flags != VFIO_GFX_PLANE_TYPE_REGION)
		return -EINVAL;

	memset_after(plane, 0, drm_plane_type);
	plane->region_index = VGPU_REGION_DISPLAY;
	/* QEMU asks for no type, which is 0, when it means the only region. */
	if (plane->drm_plane_type != DRM_PLANE_TYPE_PRIMARY &&
	    plane->drm_plane_type)
		return 0;
	vd_ops(vd)->scanout(&vd->inst, 0, &s);
	if (!s.enabled || !scanout_valid(vd, &s))
		return 0;

	direct = can_be_direct(vd, &s);
	if (!direct) {
		ret = convert(vd, &s);
		if (ret)
			return ret;
	}
	vgpu_map_direct(vd, direct, s.offset, (u64)s.stride * s.height);

	plane->drm_format = DRM_FORMAT_XRGB8888;
	plane->width = s.width;
	plane->height = s.height;
	plane->stride = s.width * 4;
	plane->size = plane->stride * s.height;
	return 0;
}

/**
 * vgpu_display_read() - read the display region
 * @vd: the instance
 * @buf: for the bytes
 * @count: how many; within the region
 * @pos: offset in the region
 *
 * Return: 0.
 */
ssize_t vgpu_display_read(struct vgpu_vdev *vd, u8 *buf, size_t count, u64 pos)
{
	const struct vgpu_map *map = &vd->map;
	size_t direct = 0;

	down_read(&vd->map.sem);
	if (map->direct && pos < map->direct_size) {
		direct = min_t(u64, count, map->direct_size - pos);
		memcpy_fromio(buf, vgpu_vram_at(&vd->inst,
						map->direct_offset + pos),
			      direct);
	}
	memcpy(buf + direct, vd->display.picture + pos + direct,
	       count - direct);
	up_read(&vd->map.sem);
	return 0;
}

/**
 * vgpu_display_init() - room for the largest picture of the type
 * @vd: the instance
 *
 * Return: 0 or -ENOMEM.
 */
int vgpu_display_init(struct vgpu_vdev *vd)
{
	const struct vgpu_type_desc *type = vd->inst.type;

	vd->display.size = PAGE_ALIGN(type->max_xres * type->max_yres * 4);
	vd->display.picture = vzalloc(vd->display.size);
	if (!vd->display.picture)
		return -ENOMEM;
	vgpu_edid_region_init(vd);
	return 0;
}

/**
 * vgpu_display_close() - the device was closed: forget what was shown
 * @vd: the instance; nothing is mapped any more
 */
void vgpu_display_close(struct vgpu_vdev *vd)
{
	memset(vd->display.picture, 0, vd->display.size);
}

/**
 * vgpu_display_fini() - release memory
 * @vd: the instance
 */
void vgpu_display_fini(struct vgpu_vdev *vd)
{
	vfree(vd->display.picture);
	vd->display.picture = NULL;
}
