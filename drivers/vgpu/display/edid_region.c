// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO's EDID region: how user space plugs a monitor into a vGPU.
 *
 * The region begins with struct vfio_region_gfx_edid; the EDID itself follows
 * at its edid_offset. User space takes the link down, writes the EDID, and
 * takes the link up; the monitor that the guest sees on its DDC wires changes
 * with the link.
 */
#include <linux/kernel.h>
#include <linux/kstrtox.h>

#include "../core.h"
#include "display.h"
#include "edid.h"

#define BLOB_OFFSET	sizeof(struct vfio_region_gfx_edid)

static void plug(struct vgpu_vdev *vd, const u8 *blob, u32 len)
{
	struct vgpu_ddc *ddc = &vd->inst.ddc;

	memcpy(ddc->edid, blob, len);
	ddc->edid_len = len;
	vgpu_ddc_reset(ddc);
}

static int set_link(struct vgpu_vdev *vd, u32 state)
{
	struct vgpu_display *d = &vd->display;

	switch (state) {
	case VFIO_DEVICE_GFX_LINK_STATE_UP:
		if (!vgpu_edid_valid(d->blob, d->edid.edid_size))
			return -EINVAL;
		plug(vd, d->blob, d->edid.edid_size);
		break;
	case VFIO_DEVICE_GFX_LINK_STATE_DOWN:
		plug(vd, d->blob, 0);
		break;
	default:
		return -EINVAL;
	}
	d->edid.link_state = state;
	return 0;
}

static int write_register(struct vgpu_vdev *vd, const u8 *buf, size_t n,
			  u64 pos)
{
	u32 val;

	if (n != sizeof(val))
		return -EINVAL;
	memcpy(&val, buf, sizeof(val));

	switch (pos) {
	case offsetof(struct vfio_region_gfx_edid, link_state):
		return set_link(vd, val);
	case offsetof(struct vfio_region_gfx_edid, edid_size):
		if (val > VGPU_EDID_MAX)
			return -EINVAL;
		vd->display.edid.edid_size = val;
		return 0;
	default:
		return -EINVAL;	/* the others are ours to say */
	}
}

static int write_region(struct vgpu_vdev *vd, const u8 *buf, size_t n, u64 pos)
{
	if (pos < BLOB_OFFSET)
		return write_register(vd, buf, n, pos);
	pos -= BLOB_OFFSET;
	if (pos >= VGPU_EDID_MAX || n > VGPU_EDID_MAX - pos)
		return -EINVAL;
	memcpy(vd->display.blob + pos, buf, n);
	return 0;
}

static void read_region(struct vgpu_vdev *vd, u8 *buf, size_t n, u64 pos)
{
	const struct vgpu_display *d = &vd->display;
	const u8 *regs = (const u8 *)&d->edid;

	for (; n--; pos++) {
		if (pos < BLOB_OFFSET)
			*buf++ = regs[pos];
		else if (pos < BLOB_OFFSET + VGPU_EDID_MAX)
			*buf++ = d->blob[pos - BLOB_OFFSET];
		else
			*buf++ = 0;
	}
}

/**
 * vgpu_edid_region_rw() - read or write the EDID region
 * @vd: the instance
 * @buf: the bytes
 * @count: how many; within the region
 * @pos: offset in the region
 * @write: direction
 *
 * Return: 0, -EINVAL for a write of what is read-only, of part of a register,
 * of a bad value, or of an EDID that does not check.
 */
ssize_t vgpu_edid_region_rw(struct vgpu_vdev *vd, u8 *buf, size_t count,
			    u64 pos, bool write)
{
	int ret = 0;

	mutex_lock(&vd->trap_lock);
	if (write)
		ret = write_region(vd, buf, count, pos);
	else
		read_region(vd, buf, count, pos);
	mutex_unlock(&vd->trap_lock);
	return ret;
}

/* The last part of the UUID: guests, and who looks at them, tell monitors by it. */
static u64 serial_of(struct vgpu_vdev *vd)
{
	const char *node = strrchr(dev_name(vd->inst.dev), '-');
	u64 serial;

	return node && !kstrtou64(node + 1, 16, &serial) ? serial : 0;
}

/* Plug in a monitor of our own. */
static void plug_default(struct vgpu_vdev *vd, u32 xres, u32 yres)
{
	const struct vgpu_type_desc *type = vd->inst.type;
	struct vgpu_display *d = &vd->display;

	WRITE_ONCE(d->mode, xres << 16 | yres);
	d->edid.edid_size = VGPU_EDID_BLOCK;
	memset(d->blob, 0, sizeof(d->blob));
	vgpu_edid_build(d->blob, xres, yres, type->max_xres, type->max_yres,
			serial_of(vd));
	set_link(vd, VFIO_DEVICE_GFX_LINK_STATE_UP);
}

/**
 * vgpu_edid_region_prefer() - plug in a monitor that prefers a mode
 * @vd: the instance; trap lock held
 * @xres: pixels, a multiple of 8
 * @yres: lines
 *
 * Return: 0, -EINVAL for less than 320x200 or more than the type offers.
 */
int vgpu_edid_region_prefer(struct vgpu_vdev *vd, u32 xres, u32 yres)
{
	const struct vgpu_type_desc *type = vd->inst.type;

	lockdep_assert_held(&vd->trap_lock);
	if (xres > type->max_xres || xres % 8 || yres > type->max_yres ||
	    !vgpu_edid_fits(xres, yres))
		return -EINVAL;
	plug_default(vd, xres, yres);
	return 0;
}

/* The wires are released; the monitor stays. */
static void monitor_reset(struct vgpu_instance *inst)
{
	vgpu_ddc_reset(&inst->ddc);
}

/* Our own monitor again, not that of the last user. */
static void monitor_close(struct vgpu_instance *inst)
{
	struct vgpu_vdev *vd = inst_to_vd(inst);

	mutex_lock(&vd->trap_lock);
	if (inst->type->num_heads)
		plug_default(vd, vd->display.mode >> 16,
			     vd->display.mode & 0xffff);
	mutex_unlock(&vd->trap_lock);
}

static const struct vgpu_field region_fields[] = {
	VGPU_FIELD(vfio_region_gfx_edid, link_state,
		   VFIO_DEVICE_GFX_LINK_STATE_DOWN),
	VGPU_FIELD(vfio_region_gfx_edid, edid_size, VGPU_EDID_MAX),
};

/* The region may hold an EDID that is not, or only half, plugged in yet. */
static void monitor_save(struct vgpu_instance *inst, struct vgpu_writer *w)
{
	const struct vgpu_display *d = &inst_to_vd(inst)->display;

	if (!inst->type->num_heads)
		return;
	vgpu_put_fields(w, &d->edid, region_fields, ARRAY_SIZE(region_fields));
	vgpu_put_bytes(w, d->blob, sizeof(d->blob));
	vgpu_ddc_save(&inst->ddc, w);
}

static void monitor_load(struct vgpu_instance *inst, struct vgpu_reader *r)
{
	struct vgpu_display *d = &inst_to_vd(inst)->display;
	struct vfio_region_gfx_edid edid = d->edid;
	struct vgpu_ddc ddc = {};
	u8 blob[VGPU_EDID_MAX];
	bool up;

	vgpu_get_fields(r, &edid, region_fields, ARRAY_SIZE(region_fields));
	vgpu_get_bytes(r, "blob", blob, sizeof(blob));
	vgpu_ddc_load(&ddc, r);
	if (!inst->type->num_heads)
		vgpu_refuse(r, "link_state", "the type has no display");
	up = edid.link_state == VFIO_DEVICE_GFX_LINK_STATE_UP;
	if (!edid.link_state || up != !!ddc.edid_len)
		vgpu_refuse(r, "link_state", "%u with an EDID of %u bytes",
			    edid.link_state, ddc.edid_len);
	if (ddc.edid_len && !vgpu_edid_valid(ddc.edid, ddc.edid_len))
		vgpu_refuse(r, "edid", "it does not check");
	if (!vgpu_reader_ok(r))
		return;
	d->edid = edid;
	memcpy(d->blob, blob, sizeof(blob));
	inst->ddc = ddc;
}

const struct vgpu_section vgpu_monitor_section = {
	.id = 6,
	.version = 1,
	.name = "monitor",
	.reset = monitor_reset,
	.save = monitor_save,
	.load = monitor_load,
	.close = monitor_close,
};

/**
 * vgpu_edid_region_init() - plug in the monitor that is there at first
 * @vd: the instance
 *
 * It prefers 1024x768, or the largest mode where that is less.
 */
void vgpu_edid_region_init(struct vgpu_vdev *vd)
{
	const struct vgpu_type_desc *type = vd->inst.type;
	struct vgpu_display *d = &vd->display;

	d->edid.edid_offset = BLOB_OFFSET;
	d->edid.edid_max_size = VGPU_EDID_MAX;
	d->edid.max_xres = type->max_xres;
	d->edid.max_yres = type->max_yres;
	plug_default(vd, min(1024U, type->max_xres), min(768U, type->max_yres));
}
