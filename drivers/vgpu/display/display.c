// SPDX-License-Identifier: GPL-2.0
/*
 * What the host shows of a vGPU's display: VFIO's graphics plane, as a region.
 *
 * User space asks for the plane before each refresh. It is always XRGB8888
 * with lines that follow each other without a gap, so that user space needs to
 * look at nothing but the size. If what the guest scans out is just that, the
 * region shows the partition itself and nothing is copied; otherwise it shows
 * a picture that is converted on each query, with the guest's pointer in it:
 * QEMU asks for no other plane of a region.
 *
 * "No plane" is to QEMU the same as "nothing new": it keeps what it has, which
 * is our region. So whenever the screen goes dark, the region does.
 */
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_plane.h>

#include "../core.h"
#include "display.h"
#include "pixels.h"

/* Bytes of the partition that pictures, and the pointer, may be in. */
static u64 screen_size(const struct vgpu_vdev *vd)
{
	return vd->inst.type->screen_size ?: vd->inst.vram_size;
}

static void copy_line(struct vgpu_vdev *vd, u64 offset, u32 bytes)
{
	vgpu_vram_read(&vd->pd->gpu.desc.vram, vd->inst.vram_offset + offset,
		       vd->display.line, bytes);
}

static void draw_cursor(struct vgpu_vdev *vd, const struct vgpu_scanout *s)
{
	const struct vgpu_cursor *c = &s->cursor;
	u32 *picture = vd->display.picture;
	u32 row;

	for (row = 0; row < c->height; row++) {
		s64 y = (s64)c->y + row;

		if (y < 0 || y >= s->height)
			continue;
		copy_line(vd, c->offset + (u64)row * c->stride,
			  vgpu_cursor_line_bytes(c));
		vgpu_cursor_line(c, picture + y * s->width, s->width,
				 vd->display.line);
	}
}

static void convert(struct vgpu_vdev *vd, const struct vgpu_scanout *s,
		    bool cursor)
{
	u32 *to = vd->display.picture;
	u32 y;

	for (y = 0; y < s->height; y++) {
		u32 line = s->doubled ? y / 2 : y;

		copy_line(vd, s->offset + (u64)line * s->stride,
			  vgpu_scanout_line_bytes(s));
		vgpu_scanout_line(s, to, vd->display.line);
		to += s->width;
		cond_resched();
	}
	if (cursor)
		draw_cursor(vd, s);
	vd->display.dark = false;
}

/* The region can show the partition itself: as it is, without gaps. */
static bool can_be_direct(struct vgpu_vdev *vd, const struct vgpu_scanout *s)
{
	u64 size = PAGE_ALIGN((u64)s->stride * s->height);

	return s->bpp == 32 && !s->palette && !s->doubled && !s->big_endian &&
	       s->stride == vgpu_scanout_line_bytes(s) &&
	       PAGE_ALIGNED(s->offset) &&
	       size <= screen_size(vd) - s->offset;
}

static void show(struct vgpu_vdev *vd, const struct vgpu_scanout *s)
{
	bool cursor = vgpu_cursor_shown(s, screen_size(vd));
	bool direct = !cursor && can_be_direct(vd, s);

	if (!direct)
		convert(vd, s, cursor);
	vd->display.view.direct = direct;
	vd->display.view.offset = s->offset;
	vd->display.view.size = (u64)s->stride * s->height;
	vd->display.width = s->width;
	vd->display.height = s->height;
	vd->display.was_reset = false;
}

/**
 * vgpu_display_dark() - the region shows nothing but black
 * @vd: the instance; trap lock held
 *
 * &vgpu_display.view has changed, as after vgpu_display_query().
 */
void vgpu_display_dark(struct vgpu_vdev *vd)
{
	struct vgpu_display *d = &vd->display;

	lockdep_assert_held(&vd->trap_lock);
	if (!d->picture)
		return;		/* a type that has no display */
	if (!d->dark)
		memset(d->picture, 0, d->size);
	d->dark = true;
	d->view = (struct vgpu_view) {};
}

static bool is_showing(struct vgpu_vdev *vd, struct vgpu_scanout *s)
{
	const struct vgpu_type_desc *type = vd->inst.type;

	vd_ops(vd)->scanout(&vd->inst, 0, s);
	return s->enabled && vgpu_scanout_valid(s, type->max_xres,
						type->max_yres,
						screen_size(vd));
}

/**
 * vgpu_display_query() - VFIO_DEVICE_QUERY_GFX_PLANE
 * @vd: the instance; trap lock held
 * @powered: the function is, so that its screen may be on
 * @plane: @plane->flags says what is asked; the rest is filled in, with a
 *	format of 0 when there is nothing to tell
 *
 * A screen that has gone dark is a dark picture of the size that was shown
 * last. After a reset it is one once, and then there is nothing to tell until
 * the guest has set a mode: meanwhile user space may show what firmware draws.
 * What the region shows from now on is in &vgpu_display.view: the caller has it
 * mapped.
 *
 * Return: 0, -EINVAL for anything but a region.
 */
int vgpu_display_query(struct vgpu_vdev *vd, bool powered,
		       struct vfio_device_gfx_plane_info *plane)
{
	struct vgpu_display *d = &vd->display;
	struct vgpu_scanout s = {};

	lockdep_assert_held(&vd->trap_lock);
	if (plane->flags == (VFIO_GFX_PLANE_TYPE_PROBE |
			     VFIO_GFX_PLANE_TYPE_REGION))
		return 0;
	if (plane->flags != VFIO_GFX_PLANE_TYPE_REGION)
		return -EINVAL;

	memset_after(plane, 0, drm_plane_type);
	/*
	 * QEMU asks for no type, which is 0, when it means the only region. A
	 * pointer is part of the picture, and no plane of its own.
	 */
	if (plane->drm_plane_type != DRM_PLANE_TYPE_PRIMARY &&
	    plane->drm_plane_type)
		return 0;
	if (powered && is_showing(vd, &s))
		show(vd, &s);
	else
		vgpu_display_dark(vd);
	if (!d->width)
		return 0;

	plane->drm_format = DRM_FORMAT_XRGB8888;
	plane->width = d->width;
	plane->height = d->height;
	plane->stride = d->width * 4;
	plane->size = plane->stride * d->height;
	if (d->was_reset)
		d->width = 0;
	return 0;
}

/**
 * vgpu_display_read() - read the converted picture
 * @vd: the instance
 * @buf: for the bytes
 * @count: how many; within the region
 * @pos: offset in the region
 */
void vgpu_display_read(struct vgpu_vdev *vd, u8 *buf, size_t count, u64 pos)
{
	memcpy(buf, vd->display.picture + pos, count);
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
	struct vgpu_display *d = &vd->display;

	if (!type->num_heads)
		return 0;
	d->size = PAGE_ALIGN((size_t)type->max_xres * type->max_yres * 4);
	d->picture = vzalloc(d->size);
	d->line = kcalloc(max_t(u32, type->max_xres, VGPU_CURSOR_MAX), 4,
			  GFP_KERNEL);
	if (!d->picture || !d->line)
		return -ENOMEM;
	d->dark = true;
	vgpu_edid_region_init(vd);
	return 0;
}

/* The screen is dark. */
static void display_reset(struct vgpu_instance *inst)
{
	struct vgpu_vdev *vd = inst_to_vd(inst);

	vgpu_display_dark(vd);
	vd->display.was_reset = true;
}

/* Forget what was shown. */
static void display_close(struct vgpu_instance *inst)
{
	struct vgpu_vdev *vd = inst_to_vd(inst);

	mutex_lock(&vd->trap_lock);
	vgpu_display_dark(vd);
	vd->display.width = 0;
	mutex_unlock(&vd->trap_lock);
}

/* The picture itself is made anew by the next query. */
static void display_save(struct vgpu_instance *inst, struct vgpu_writer *w)
{
	const struct vgpu_display *d = &inst_to_vd(inst)->display;

	if (!inst->type->num_heads)
		return;
	vgpu_put_u32(w, d->width);
	vgpu_put_u32(w, d->width ? d->height : 0);
	vgpu_put_u8(w, d->was_reset);
}

static void display_load(struct vgpu_instance *inst, struct vgpu_reader *r)
{
	struct vgpu_display *d = &inst_to_vd(inst)->display;
	u32 width, height;
	bool was_reset;

	width = vgpu_get(r, "width", 4, inst->type->max_xres);
	height = vgpu_get(r, "height", 4, inst->type->max_yres);
	was_reset = vgpu_get(r, "was_reset", 1, 1);
	if (!inst->type->num_heads)
		vgpu_refuse(r, "width", "the type has no display");
	if (!width != !height)
		vgpu_refuse(r, "height", "%u lines of %u pixels", height, width);
	if (!vgpu_reader_ok(r))
		return;
	d->width = width;
	d->height = height;
	d->was_reset = was_reset;
}

const struct vgpu_section vgpu_display_section = {
	.id = 4,
	.version = 1,
	.name = "display",
	.reset = display_reset,
	.save = display_save,
	.load = display_load,
	.close = display_close,
};

/**
 * vgpu_display_fini() - release memory
 * @vd: the instance
 */
void vgpu_display_fini(struct vgpu_vdev *vd)
{
	kfree(vd->display.line);
	vfree(vd->display.picture);
	vd->display.line = NULL;
	vd->display.picture = NULL;
}
