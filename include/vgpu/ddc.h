/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_DDC_H
#define _VGPU_DDC_H

#include <linux/types.h>

struct vgpu_reader;
struct vgpu_writer;

/** Largest EDID: base block and one extension. */
#define VGPU_EDID_MAX	256

/**
 * struct vgpu_ddc - a monitor's EEPROM behind two open-drain wires
 * @edid: what it holds
 * @edid_len: bytes of @edid in use; 0 means that no monitor is plugged in
 * @scl: the clock as last driven
 * @sda: the data line as last driven by the master
 * @out: the data line as driven by the EEPROM (true is released)
 * @state: where in an I2C transfer it is
 * @bits: bits of the current byte that were moved
 * @shift: the byte that is being moved
 * @addr: next byte of @edid to be read
 *
 * A bit-banged I2C slave at address 0x50 (VESA DDC2B). Protected by the
 * instance's trap lock.
 */
struct vgpu_ddc {
	u8 edid[VGPU_EDID_MAX];
	u32 edid_len;
	bool scl;
	bool sda;
	bool out;
	u8 state;
	u8 bits;
	u8 shift;
	u8 addr;
};

void vgpu_ddc_reset(struct vgpu_ddc *ddc);
bool vgpu_ddc_drive(struct vgpu_ddc *ddc, bool scl, bool sda);
void vgpu_ddc_save(const struct vgpu_ddc *ddc, struct vgpu_writer *w);
void vgpu_ddc_load(struct vgpu_ddc *ddc, struct vgpu_reader *r);

#endif /* _VGPU_DDC_H */
