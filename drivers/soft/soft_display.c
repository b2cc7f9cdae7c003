// SPDX-License-Identifier: GPL-2.0
/*
 * The display of a soft GPU's functions: the registers of the Bochs display, as
 * QEMU has it. EDID, a few of VGA's ports, the mode by the dispi registers, and
 * the order of a pixel's bytes.
 *
 * There is no more of VGA than a mode of that kind needs: the palette, and the bit
 * by which drivers switch the screen off. Text, planes and the window at 0xa0000
 * are not there.
 *
 * Source: QEMU's docs/specs/standard-vga, Bochs' vbe_display_api.txt; the drivers
 * bochs of Linux and QemuVideoDxe of EDK II. No device is touched here.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/types.h>

#include "soft.h"

/* VGA's ports, from 0x3c0 on. */
#define ATTRIBUTE	0x00	/* an index, then its data, and so on */
#define   SCREEN_ON	BIT(5)
#define   ATTRIBUTE_BITS 0x3f
#define MISC_WRITE	0x02
#define DAC_MASK	0x06
#define DAC_READ_INDEX	0x07
#define DAC_WRITE_INDEX	0x08
#define DAC_DATA	0x09
#define MISC_READ	0x0c
#define STATUS		0x1a	/* of the beam; what comes next is an index */
#define   IN_RETRACE	(BIT(3) | BIT(0))

/* The dispi registers, by their numbers: 16 bits each. */
enum dispi {
	DISPI_ID,
	DISPI_XRES,
	DISPI_YRES,
	DISPI_BPP,
	DISPI_ENABLE,
	DISPI_BANK,
	DISPI_VIRT_WIDTH,
	DISPI_VIRT_HEIGHT,
	DISPI_X_OFFSET,
	DISPI_Y_OFFSET,
	DISPI_MEMORY_64K,
};

#define DISPI_ID5	0xb0c5

/* Of DISPI_ENABLE. */
#define ENABLED		BIT(0)
#define GETCAPS		BIT(1)
#define DAC_8BIT	BIT(5)
#define NOCLEARMEM	BIT(7)

/* Drivers multiply by 64 KiB in 32 bits, some with a sign. */
#define MEMORY_64K_MAX	0x7fff

#define BIG_ENDIAN_FB		0xbebebebe
#define LITTLE_ENDIAN_FB	0x1e1e1e1e

static struct soft_display *display_of(const struct vgpu_regfile *rf)
{
	struct soft_instance *si = rf->priv;

	return &si->display;
}

/* ---- EDID */

/* What the monitor has, which is nothing when none is plugged in, then zeros. */
u32 soft_edid_read(struct vgpu_regfile *rf, u32 offset)
{
	const struct vgpu_ddc *ddc = &rf->inst->ddc;
	u32 at = offset - SOFT_EDID, i, val = 0;

	vgpu_assert_trap_context(rf->inst);
	for (i = 0; i < 4; i++)
		if (at + i < ddc->edid_len)
			val |= (u32)ddc->edid[at + i] << i * 8;
	return val;
}

/* ---- VGA's ports */

static void dac_write(struct soft_display *sd, u8 val)
{
	sd->latch[sd->write_part] = val;
	if (++sd->write_part < ARRAY_SIZE(sd->latch))
		return;
	memcpy(sd->dac[sd->write_index++], sd->latch, sizeof(sd->latch));
	sd->write_part = 0;
}

static u8 dac_read(struct soft_display *sd)
{
	u8 val = sd->dac[sd->read_index][sd->read_part];

	if (++sd->read_part == ARRAY_SIZE(sd->latch)) {
		sd->read_part = 0;
		sd->read_index++;
	}
	return val;
}

static void port_write(struct soft_display *sd, u32 port, u8 val)
{
	switch (port) {
	case ATTRIBUTE:
		if (!sd->attribute_data)
			sd->attribute = val & ATTRIBUTE_BITS;
		sd->attribute_data = !sd->attribute_data;
		break;
	case MISC_WRITE:
		sd->misc = val;
		break;
	case DAC_MASK:
		sd->dac_mask = val;
		break;
	case DAC_READ_INDEX:
		sd->read_index = val;
		sd->read_part = 0;
		break;
	case DAC_WRITE_INDEX:
		sd->write_index = val;
		sd->write_part = 0;
		break;
	case DAC_DATA:
		dac_write(sd, val);
		break;
	}
}

static u8 port_read(struct soft_display *sd, u32 port)
{
	switch (port) {
	case ATTRIBUTE:
		return sd->attribute;
	case DAC_MASK:
		return sd->dac_mask;
	case DAC_WRITE_INDEX:
		return sd->write_index;
	case DAC_DATA:
		return dac_read(sd);
	case MISC_READ:
		return sd->misc;
	case STATUS:
		/* There is no beam: who waits for one sees it come and go. */
		sd->attribute_data = false;
		sd->retrace = !sd->retrace;
		return sd->retrace ? IN_RETRACE : 0;
	default:
		return 0;
	}
}

/* Of a type without a display no area shows them, and nothing of them is saved. */
static u32 nr_ports(const struct vgpu_regfile *rf)
{
	return rf->inst->type->num_heads ? 4 : 0;
}

/* Bytes upwards: an index and its data may come as one word. */
void soft_vga_write(struct vgpu_regfile *rf, u32 offset, u32 val, u32 mask)
{
	u32 i;

	vgpu_assert_trap_context(rf->inst);
	for (i = 0; i < nr_ports(rf); i++)
		if (mask >> i * 8 & 0xff)
			port_write(display_of(rf), offset - SOFT_VGA + i,
				   val >> i * 8);
}

u32 soft_vga_read(struct vgpu_regfile *rf, u32 offset, u32 mask)
{
	u32 i, val = 0;

	vgpu_assert_trap_context(rf->inst);
	for (i = 0; i < nr_ports(rf); i++)
		if (mask >> i * 8 & 0xff)
			val |= (u32)port_read(display_of(rf),
					      offset - SOFT_VGA + i) << i * 8;
	return val;
}

/* ---- The mode: two registers of 16 bits are one of the table */

static u16 get(const struct vgpu_regfile *rf, enum dispi index)
{
	return vgpu_reg_get(rf, SOFT_DISPI + index / 2 * 4) >> index % 2 * 16;
}

static void set(struct vgpu_regfile *rf, enum dispi index, u16 val)
{
	u32 offset = SOFT_DISPI + index / 2 * 4, shift = index % 2 * 16;

	vgpu_reg_set(rf, offset, (vgpu_reg_get(rf, offset) & ~(0xffff << shift)) |
				 (u32)val << shift);
}

static bool known_depth(u16 bpp)
{
	return bpp == 8 || bpp == 15 || bpp == 16 || bpp == 32;
}

/* Of the memory of a type that computes as well it is a part. */
static u64 screen_size(const struct vgpu_regfile *rf)
{
	return rf->inst->type->screen_size;
}

/* Bytes from line to line. */
static u32 stride(const struct vgpu_regfile *rf)
{
	return max(get(rf, DISPI_VIRT_WIDTH), get(rf, DISPI_XRES)) *
	       DIV_ROUND_UP(get(rf, DISPI_BPP), 8);
}

static u16 virtual_height(const struct vgpu_regfile *rf)
{
	u32 line = stride(rf);

	return line ? min_t(u64, div_u64(screen_size(rf), line), U16_MAX) : 0;
}

static u16 dispi_read(struct vgpu_regfile *rf, enum dispi index)
{
	const struct vgpu_type_desc *type = rf->inst->type;
	bool caps = get(rf, DISPI_ENABLE) & GETCAPS;

	switch (index) {
	case DISPI_ID:
		return DISPI_ID5;
	case DISPI_XRES:
		return caps ? type->max_xres : get(rf, index);
	case DISPI_YRES:
		return caps ? type->max_yres : get(rf, index);
	case DISPI_BPP:
		return caps ? 32 : get(rf, index);
	case DISPI_VIRT_HEIGHT:
		return virtual_height(rf);
	case DISPI_MEMORY_64K:
		return min_t(u64, screen_size(rf) / SZ_64K, MEMORY_64K_MAX);
	default:
		return get(rf, index);
	}
}

/* What the mode shows, or as much of it as there is. */
static void clear(struct vgpu_regfile *rf)
{
	u64 size = min((u64)stride(rf) * get(rf, DISPI_YRES),
		       screen_size(rf));
	u64 at;

	for (at = 0; at < size; at += SZ_1M) {
		memset(soft_vram(rf->inst, at), 0, min_t(u64, size - at, SZ_1M));
		cond_resched();
	}
	vgpu_vram_written(rf->inst, 0, size);
}

static void enable(struct vgpu_regfile *rf, u16 val)
{
	bool begins = val & ENABLED && !(get(rf, DISPI_ENABLE) & ENABLED);

	set(rf, DISPI_ENABLE, val);
	if (!begins)
		return;
	set(rf, DISPI_VIRT_WIDTH, get(rf, DISPI_XRES));
	set(rf, DISPI_X_OFFSET, 0);
	set(rf, DISPI_Y_OFFSET, 0);
	if (!(val & NOCLEARMEM))
		clear(rf);
}

/* A driver sees by reading that it was refused. */
static void set_checked(struct vgpu_regfile *rf, enum dispi index, u16 val,
			const char *name, bool good)
{
	if (good)
		set(rf, index, val);
	else
		dev_notice_ratelimited(rf->inst->dev,
				       "display: %s of %u, of at most %ux%u in 8, 15, 16 or 32 bits\n",
				       name, val, rf->inst->type->max_xres,
				       rf->inst->type->max_yres);
}

static void dispi_write(struct vgpu_regfile *rf, enum dispi index, u16 val)
{
	const struct vgpu_type_desc *type = rf->inst->type;

	switch (index) {
	case DISPI_XRES:
		set_checked(rf, index, val, "xres", val <= type->max_xres);
		break;
	case DISPI_YRES:
		set_checked(rf, index, val, "yres", val <= type->max_yres);
		break;
	case DISPI_BPP:
		val = val ?: 8;
		set_checked(rf, index, val, "bpp", known_depth(val));
		break;
	case DISPI_ENABLE:
		enable(rf, val);
		break;
	case DISPI_BANK:
	case DISPI_VIRT_WIDTH:
	case DISPI_X_OFFSET:
	case DISPI_Y_OFFSET:
		set(rf, index, val);
		break;
	default:
		break;		/* ours to say */
	}
}

u32 soft_dispi_read(struct vgpu_regfile *rf, u32 offset)
{
	u32 index = (offset - SOFT_DISPI) / 2;

	vgpu_assert_trap_context(rf->inst);
	return dispi_read(rf, index) | (u32)dispi_read(rf, index + 1) << 16;
}

void soft_dispi_write(struct vgpu_regfile *rf, u32 offset, u32 val, u32 mask)
{
	u32 index = (offset - SOFT_DISPI) / 2;

	vgpu_assert_trap_context(rf->inst);
	if (mask & 0xffff)
		dispi_write(rf, index, val);
	if (mask >> 16)
		dispi_write(rf, index + 1, val >> 16);
}

/* ---- The order of a pixel's bytes */

u32 soft_endian_read(struct vgpu_regfile *rf, u32 offset)
{
	return display_of(rf)->big_endian ? BIG_ENDIAN_FB : LITTLE_ENDIAN_FB;
}

void soft_endian_write(struct vgpu_regfile *rf, u32 offset, u32 val, u32 mask)
{
	vgpu_assert_trap_context(rf->inst);
	if (mask == ~0U && (val == BIG_ENDIAN_FB || val == LITTLE_ENDIAN_FB))
		display_of(rf)->big_endian = val == BIG_ENDIAN_FB;
}

/* ---- The screen */

/* The DAC has 6 bits a colour, in the lower ones, or 8. */
static const u32 *palette(struct soft_display *sd, bool eight)
{
	unsigned int i, part;

	for (i = 0; i < ARRAY_SIZE(sd->palette); i++) {
		const u8 *dac = sd->dac[i & sd->dac_mask];
		u32 rgb = 0;

		for (part = 0; part < ARRAY_SIZE(sd->latch); part++) {
			u8 val = dac[part];

			if (!eight)
				val = val << 2 | (val >> 4 & 3);
			rgb = rgb << 8 | val;
		}
		sd->palette[i] = rgb;
	}
	return sd->palette;
}

void soft_scanout(struct vgpu_instance *inst, unsigned int head,
		  struct vgpu_scanout *out)
{
	const struct vgpu_regfile *rf = &inst->regs;
	struct soft_display *sd = display_of(rf);
	u16 enable = get(rf, DISPI_ENABLE);

	vgpu_assert_trap_context(inst);
	out->enabled = enable & ENABLED && sd->attribute & SCREEN_ON;
	out->width = get(rf, DISPI_XRES);
	out->height = get(rf, DISPI_YRES);
	out->bpp = get(rf, DISPI_BPP);
	out->stride = stride(rf);
	out->offset = get(rf, DISPI_X_OFFSET) * DIV_ROUND_UP(out->bpp, 8) +
		      (u64)get(rf, DISPI_Y_OFFSET) * out->stride;
	out->palette = out->bpp == 8 ? palette(sd, enable & DAC_8BIT) : NULL;
	out->big_endian = sd->big_endian;
}

/* ---- As a part of an instance; the dispi registers are the core's to save */

/* On, for drivers that know nothing of VGA: there is no firmware to do it. */
void soft_display_reset(struct vgpu_instance *inst)
{
	struct soft_display *sd = display_of(&inst->regs);

	vgpu_assert_trap_context(inst);
	memset(sd, 0, sizeof(*sd));
	sd->attribute = SCREEN_ON;
	sd->dac_mask = 0xff;
}

static const struct vgpu_field fields[] = {
	VGPU_FIELD(soft_display, attribute, ATTRIBUTE_BITS),
	VGPU_FIELD(soft_display, attribute_data, 1),
	VGPU_FIELD(soft_display, misc, U8_MAX),
	VGPU_FIELD(soft_display, retrace, 1),
	VGPU_FIELD(soft_display, dac_mask, U8_MAX),
	VGPU_FIELD(soft_display, read_index, U8_MAX),
	VGPU_FIELD(soft_display, read_part, 2),
	VGPU_FIELD(soft_display, write_index, U8_MAX),
	VGPU_FIELD(soft_display, write_part, 2),
	VGPU_FIELD(soft_display, big_endian, 1),
};

void soft_display_save(struct vgpu_instance *inst, struct vgpu_writer *w)
{
	const struct soft_display *sd = display_of(&inst->regs);

	if (!inst->type->num_heads)
		return;
	vgpu_put_fields(w, sd, fields, ARRAY_SIZE(fields));
	vgpu_put_bytes(w, sd->latch, sizeof(sd->latch));
	vgpu_put_bytes(w, sd->dac, sizeof(sd->dac));
}

/* The core has loaded the mode without asking us. */
static void check_mode(struct vgpu_instance *inst, struct vgpu_reader *r)
{
	const struct vgpu_regfile *rf = &inst->regs;
	u16 bpp = get(rf, DISPI_BPP);

	if (get(rf, DISPI_XRES) > inst->type->max_xres ||
	    get(rf, DISPI_YRES) > inst->type->max_yres)
		vgpu_refuse(r, "xres, yres", "%ux%u is more than %ux%u",
			    get(rf, DISPI_XRES), get(rf, DISPI_YRES),
			    inst->type->max_xres, inst->type->max_yres);
	if (bpp && !known_depth(bpp))
		vgpu_refuse(r, "bpp", "%u is not known", bpp);
}

void soft_display_load(struct vgpu_instance *inst, struct vgpu_reader *r)
{
	struct soft_display *sd = display_of(&inst->regs), loaded = {};

	vgpu_get_fields(r, &loaded, fields, ARRAY_SIZE(fields));
	vgpu_get_bytes(r, "latch", loaded.latch, sizeof(loaded.latch));
	vgpu_get_bytes(r, "dac", loaded.dac, sizeof(loaded.dac));
	if (!inst->type->num_heads)
		vgpu_refuse(r, "attribute", "the type has no display");
	check_mode(inst, r);
	if (vgpu_reader_ok(r))
		*sd = loaded;
}
