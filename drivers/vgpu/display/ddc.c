// SPDX-License-Identifier: GPL-2.0
/*
 * A monitor's DDC2B EEPROM on two bit-banged wires.
 *
 * The master (the guest's driver) drives SCL and SDA; the slave only ever
 * pulls SDA low. Data may change while SCL is low and is sampled when it
 * rises; SDA changing while SCL is high is a start or a stop. A byte is eight
 * data clocks and one acknowledge clock, so everything follows from how many
 * rising edges of the current byte were seen (@bits).
 *
 * Source: I2C-bus specification UM10204, section 3.1; VESA E-DDC 1.2. No
 * device is touched here.
 */
#include <linux/bits.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <vgpu/ddc.h>
#include <vgpu/section.h>

/** The address of a monitor's EEPROM, without the read/write bit. */
#define DDC_ADDRESS	0x50

enum ddc_state {
	DDC_IDLE,	/* not addressed: waits for a start */
	DDC_ADDRESSED,	/* the byte is an address */
	DDC_OFFSET,	/* the byte says where to read from */
	DDC_WRITE,	/* further bytes written: acknowledged, ignored */
	DDC_READ,	/* the byte is ours */
};

/**
 * vgpu_ddc_reset() - both wires released, no transfer under way
 * @ddc: keeps its EDID
 */
void vgpu_ddc_reset(struct vgpu_ddc *ddc)
{
	ddc->scl = true;
	ddc->sda = true;
	ddc->out = true;
	ddc->state = DDC_IDLE;
	ddc->bits = 0;
	ddc->shift = 0;
	ddc->addr = 0;
}

static void load_byte(struct vgpu_ddc *ddc)
{
	ddc->shift = ddc->addr < ddc->edid_len ? ddc->edid[ddc->addr] : 0xff;
	ddc->addr++;
	ddc->out = ddc->shift & BIT(7);
}

static void clock_rises(struct vgpu_ddc *ddc)
{
	if (ddc->bits < 8 && ddc->state != DDC_READ)
		ddc->shift = ddc->shift << 1 | ddc->sda;
	else if (ddc->bits == 8 && ddc->state == DDC_READ && ddc->sda)
		ddc->state = DDC_IDLE;	/* the master has read enough */
	ddc->bits++;
}

static void byte_ends(struct vgpu_ddc *ddc)
{
	switch (ddc->state) {
	case DDC_ADDRESSED:
		if (ddc->shift >> 1 != DDC_ADDRESS || !ddc->edid_len) {
			ddc->state = DDC_IDLE;
			break;
		}
		ddc->out = false;
		break;
	case DDC_OFFSET:
		ddc->addr = ddc->shift;
		ddc->out = false;
		break;
	case DDC_WRITE:
		ddc->out = false;
		break;
	case DDC_READ:
		ddc->out = true;	/* the master acknowledges */
		break;
	}
}

static void acknowledge_ends(struct vgpu_ddc *ddc)
{
	ddc->bits = 0;
	ddc->out = true;
	switch (ddc->state) {
	case DDC_ADDRESSED:
		ddc->state = ddc->shift & 1 ? DDC_READ : DDC_OFFSET;
		break;
	case DDC_OFFSET:
		ddc->state = DDC_WRITE;
		break;
	}
	if (ddc->state == DDC_READ)
		load_byte(ddc);
}

static void clock_falls(struct vgpu_ddc *ddc)
{
	if (ddc->bits == 8) {
		byte_ends(ddc);
	} else if (ddc->bits == 9) {
		acknowledge_ends(ddc);
	} else if (ddc->bits && ddc->state == DDC_READ) {
		ddc->shift <<= 1;
		ddc->out = ddc->shift & BIT(7);
	}
}

/**
 * vgpu_ddc_drive() - the master sets both wires
 * @ddc: the monitor
 * @scl: clock; true is released (high)
 * @sda: data; true is released (high)
 *
 * Trap context.
 *
 * Return: the level of the data wire, which either side can pull low.
 */
bool vgpu_ddc_drive(struct vgpu_ddc *ddc, bool scl, bool sda)
{
	bool scl_was = ddc->scl, sda_was = ddc->sda;

	ddc->scl = scl;
	ddc->sda = sda;

	if (scl_was && scl && sda_was != sda) {
		ddc->state = sda ? DDC_IDLE : DDC_ADDRESSED;
		ddc->bits = 0;
		ddc->shift = 0;
		ddc->out = true;
	} else if (ddc->state == DDC_IDLE) {
		ddc->out = true;
	} else if (!scl_was && scl) {
		clock_rises(ddc);
	} else if (scl_was && !scl) {
		clock_falls(ddc);
	}
	return sda && ddc->out;
}
EXPORT_SYMBOL_GPL(vgpu_ddc_drive);

/* Clocks of a byte: eight of data and one of acknowledge. */
#define BITS_MAX	9

static const struct vgpu_field fields[] = {
	VGPU_FIELD(vgpu_ddc, edid_len, VGPU_EDID_MAX),
	VGPU_FIELD(vgpu_ddc, scl, 1),
	VGPU_FIELD(vgpu_ddc, sda, 1),
	VGPU_FIELD(vgpu_ddc, out, 1),
	VGPU_FIELD(vgpu_ddc, state, DDC_READ),
	VGPU_FIELD(vgpu_ddc, bits, BITS_MAX),
	VGPU_FIELD(vgpu_ddc, shift, U8_MAX),
	VGPU_FIELD(vgpu_ddc, addr, U8_MAX),
};

/**
 * vgpu_ddc_save() - save a monitor, and the transfer that is under way
 * @ddc: the monitor
 * @w: where to
 */
void vgpu_ddc_save(const struct vgpu_ddc *ddc, struct vgpu_writer *w)
{
	vgpu_put_fields(w, ddc, fields, ARRAY_SIZE(fields));
	vgpu_put_bytes(w, ddc->edid, ddc->edid_len);
}

/**
 * vgpu_ddc_load() - load them
 * @ddc: the monitor; unchanged when it is refused
 * @r: where from
 */
void vgpu_ddc_load(struct vgpu_ddc *ddc, struct vgpu_reader *r)
{
	struct vgpu_ddc new = {};

	vgpu_get_fields(r, &new, fields, ARRAY_SIZE(fields));
	if (vgpu_get_bytes(r, "edid", new.edid, new.edid_len))
		*ddc = new;
}
