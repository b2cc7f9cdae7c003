/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions as they are on PCI, and what a guest can change of their configuration
 * space: by the specification and nothing else.
 */
#ifndef _CONFIG_MODEL_H
#define _CONFIG_MODEL_H

#include <linux/pci_regs.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../../drivers/vgpu/bus/config.h"

#define CLASS_VGA	0x030000
#define CLASS_OTHER	0x038000

/* Where guests have seen the card's capabilities since there are any. */
#define CARD_MSI	0x50
#define CARD_PM		0x60
/* Where those of the other are. */
#define EXPRESS_EXP	0x50
#define EXPRESS_PM	0x90

static const u8 rom[SZ_32K];

static const struct vgpu_bar_desc card_bars[VGPU_NR_BARS] = {
	[0] = VGPU_BAR_VRAM,
	[1] = VGPU_BAR_IO(SZ_256),
	[2] = VGPU_BAR_REGS(SZ_16K),
};

static const struct vgpu_bar_desc bare_bars[VGPU_NR_BARS] = {
	[5] = VGPU_BAR_REGS(SZ_4K),
};

static const struct vgpu_pci_desc card = {
	.vendor = 0x1002,
	.device = 0x5159,
	.subsystem_vendor = 0x1af4,
	.subsystem_device = 0x1100,
	.class = CLASS_VGA,
	.revision = 0x42,
	.intx = true,
	.caps = { PCI_CAP_ID_MSI, PCI_CAP_ID_PM },
	.bars = card_bars,
	.rom = rom,
	.rom_size = sizeof(rom),
};

static const struct vgpu_pci_desc bare = {
	.vendor = 0x1234,
	.device = 0x5678,
	.bars = bare_bars,
};

/* A GPU of another kind: memory beyond 4 GiB, PCI Express. */
static const struct vgpu_bar_desc express_bars[VGPU_NR_BARS] = {
	[0] = VGPU_BAR_REGS(SZ_4K),
	[2] = VGPU_BAR_VRAM64,
};

static const struct vgpu_pci_desc express = {
	.vendor = 0x1234,
	.device = 0x9abc,
	.class = 0x120000,
	.caps = { PCI_CAP_ID_EXP, PCI_CAP_ID_PM },
	.bars = express_bars,
};

/* The bits of some bytes that are writable. */
struct writable {
	u8 offset;
	u32 mask;	/* little endian, from offset on */
};

static const struct writable card_writable[] = {
	{ PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
		       PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE },
	{ PCI_CACHE_LINE_SIZE, 0xffff },	/* and latency timer */
	{ PCI_BASE_ADDRESS_0, 0xff800000 },	/* 8 MiB */
	{ PCI_BASE_ADDRESS_1, 0xffffff00 },
	{ PCI_BASE_ADDRESS_2, 0xffffc000 },
	{ PCI_ROM_ADDRESS, 0xffff8001 },
	{ PCI_INTERRUPT_LINE, 0xff },
	{ CARD_MSI + PCI_MSI_FLAGS,
	  PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE },
	{ CARD_MSI + PCI_MSI_ADDRESS_LO, 0xfffffffc },
	{ CARD_MSI + PCI_MSI_ADDRESS_HI, 0xffffffff },
	{ CARD_MSI + PCI_MSI_DATA_64, 0xffff },
	{ CARD_PM + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK },
	{}
};

static const struct writable express_writable[] = {
	{ PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
		       PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE },
	{ PCI_CACHE_LINE_SIZE, 0xffff },
	{ PCI_BASE_ADDRESS_0, 0xfffff000 },
	{ PCI_BASE_ADDRESS_2, 0xff800000 },	/* 8 MiB */
	{ PCI_BASE_ADDRESS_3, 0xffffffff },
	{ PCI_INTERRUPT_LINE, 0xff },
	{ EXPRESS_EXP + PCI_EXP_DEVCTL, 0x78ff },
	{ EXPRESS_PM + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK },
	{}
};

static u8 writable_byte(const struct writable *w, u32 offset)
{
	u8 mask = 0;

	for (; w->mask; w++)
		if (offset >= w->offset && offset < w->offset + 4U)
			mask |= w->mask >> (offset - w->offset) * 8;
	return mask;
}

/* What a byte is after a guest has written it; only D0 and D3hot can be entered. */
static u8 byte_written(const struct writable *w, u32 pm, u32 offset, u8 old, u8 val)
{
	u8 mask = writable_byte(w, offset);

	if (offset == pm + PCI_PM_CTRL && val % 4 != 0 && val % 4 != 3)
		return old;
	return (old & ~mask) | (val & mask);
}

#endif /* _CONFIG_MODEL_H */
