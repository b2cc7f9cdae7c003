// SPDX-License-Identifier: GPL-2.0
/*
 * The configuration space of a virtual PCI function.
 *
 * Two byte arrays: what is read, and which bits a guest may change. Accesses
 * are carried out byte by byte, so that every width and alignment is defined,
 * and a BAR is sized by its mask alone: writing ones leaves the size bits
 * zero. No device is touched here.
 *
 * Source: PCI Local Bus Specification 3.0, chapter 6; PCI Bus Power Management
 * Interface Specification 1.2, chapter 3.
 */
#include <linux/pci_regs.h>
#include <linux/string.h>
#include <vgpu/compat.h>

#include "config.h"

#define PM_CSR	(VGPU_CONFIG_PM + PCI_PM_CTRL)

static u16 get16(const struct vgpu_config *cfg, u32 offset)
{
	return get_unaligned_le16(cfg->data + offset);
}

static u32 get32(const struct vgpu_config *cfg, u32 offset)
{
	return get_unaligned_le32(cfg->data + offset);
}

static void init16(struct vgpu_config *cfg, u32 offset, u16 val, u16 wmask)
{
	put_unaligned_le16(val, cfg->data + offset);
	put_unaligned_le16(wmask, cfg->wmask + offset);
}

static void init32(struct vgpu_config *cfg, u32 offset, u32 val, u32 wmask)
{
	put_unaligned_le32(val, cfg->data + offset);
	put_unaligned_le32(wmask, cfg->wmask + offset);
}

static void init_bars(struct vgpu_config *cfg)
{
	unsigned int i;

	for (i = 0; i < VGPU_NR_BARS; i++) {
		const struct vgpu_bar *bar = &cfg->bars->bar[i];

		if (bar->size)
			init32(cfg, PCI_BASE_ADDRESS_0 + i * 4, bar->flags,
			       ~(bar->size - 1));
	}
	if (cfg->pci->rom)
		init32(cfg, PCI_ROM_ADDRESS, 0,
		       ~(cfg->pci->rom_size - 1) | PCI_ROM_ADDRESS_ENABLE);
}

static void init_capabilities(struct vgpu_config *cfg)
{
	u8 *msi = cfg->data + VGPU_CONFIG_MSI;
	u8 *pm = cfg->data + VGPU_CONFIG_PM;

	cfg->data[PCI_CAPABILITY_LIST] = VGPU_CONFIG_MSI;

	msi[PCI_CAP_LIST_ID] = PCI_CAP_ID_MSI;
	msi[PCI_CAP_LIST_NEXT] = VGPU_CONFIG_PM;
	init16(cfg, VGPU_CONFIG_MSI + PCI_MSI_FLAGS, PCI_MSI_FLAGS_64BIT,
	       PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
	init32(cfg, VGPU_CONFIG_MSI + PCI_MSI_ADDRESS_LO, 0, ~3U);
	init32(cfg, VGPU_CONFIG_MSI + PCI_MSI_ADDRESS_HI, 0, ~0U);
	init16(cfg, VGPU_CONFIG_MSI + PCI_MSI_DATA_64, 0, 0xffff);

	pm[PCI_CAP_LIST_ID] = PCI_CAP_ID_PM;
	pm[PCI_CAP_LIST_NEXT] = 0;
	init16(cfg, VGPU_CONFIG_PM + PCI_PM_PMC, 2, 0);
	init16(cfg, PM_CSR, PCI_PM_CTRL_NO_SOFT_RESET, PCI_PM_CTRL_STATE_MASK);
}

/**
 * vgpu_config_init() - set up a configuration space
 * @cfg: to be set up
 * @pci: what to be; must stay
 * @bars: its BARs; must stay
 */
void vgpu_config_init(struct vgpu_config *cfg,
		      const struct vgpu_pci_desc *pci,
		      const struct vgpu_bars *bars)
{
	cfg->pci = pci;
	cfg->bars = bars;
	vgpu_config_reset(cfg);
}

/**
 * vgpu_config_reset() - bring a configuration space to its state after reset
 * @cfg: set up before
 */
void vgpu_config_reset(struct vgpu_config *cfg)
{
	const struct vgpu_pci_desc *pci = cfg->pci;

	memset(cfg->data, 0, sizeof(cfg->data));
	memset(cfg->wmask, 0, sizeof(cfg->wmask));

	init16(cfg, PCI_VENDOR_ID, pci->vendor, 0);
	init16(cfg, PCI_DEVICE_ID, pci->device, 0);
	init16(cfg, PCI_COMMAND, 0,
	       PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
	       PCI_COMMAND_INTX_DISABLE);
	init16(cfg, PCI_STATUS, PCI_STATUS_CAP_LIST, 0);
	init32(cfg, PCI_CLASS_REVISION, pci->class << 8 | pci->revision, 0);
	init16(cfg, PCI_CACHE_LINE_SIZE, 0, 0xffff);
	init16(cfg, PCI_SUBSYSTEM_VENDOR_ID, pci->subsystem_vendor, 0);
	init16(cfg, PCI_SUBSYSTEM_ID, pci->subsystem_device, 0);
	init16(cfg, PCI_INTERRUPT_LINE, 1 << 8, 0xff);	/* pin INTA */
	init_bars(cfg);
	init_capabilities(cfg);
}

/**
 * vgpu_config_get_byte() - a guest reads
 * @cfg: the configuration space
 * @offset: below %VGPU_CONFIG_SIZE
 *
 * Return: the byte.
 */
u8 vgpu_config_get_byte(const struct vgpu_config *cfg, u32 offset)
{
	return cfg->data[offset];
}

/**
 * vgpu_config_put_byte() - a guest writes
 * @cfg: the configuration space
 * @offset: below %VGPU_CONFIG_SIZE
 * @val: bits that cannot be changed are ignored
 */
void vgpu_config_put_byte(struct vgpu_config *cfg, u32 offset, u8 val)
{
	u8 mask = cfg->wmask[offset];
	u8 state = val & PCI_PM_CTRL_STATE_MASK;

	/* A power state that is not supported leaves the old one. */
	if (offset == PM_CSR && state != 0 && state != 3)
		return;
	cfg->data[offset] = (cfg->data[offset] & ~mask) | (val & mask);
}

/**
 * vgpu_config_get() - read a little-endian value
 * @cfg: the configuration space
 * @offset: any
 * @size: 1 to 4 bytes
 *
 * Return: the value; bytes past the end read as zero.
 */
u32 vgpu_config_get(const struct vgpu_config *cfg, u32 offset,
		    unsigned int size)
{
	u32 val = 0;
	unsigned int i;

	for (i = 0; i < size && offset + i < VGPU_CONFIG_SIZE; i++)
		val |= (u32)cfg->data[offset + i] << i * 8;
	return val;
}

/**
 * vgpu_config_bar_address() - where the guest has put a BAR
 * @cfg: the configuration space
 * @bar: 0 to 5
 *
 * Return: the address without its flag bits.
 */
u32 vgpu_config_bar_address(const struct vgpu_config *cfg, unsigned int bar)
{
	u32 val = get32(cfg, PCI_BASE_ADDRESS_0 + bar * 4);

	if (val & PCI_BASE_ADDRESS_SPACE_IO)
		return val & PCI_BASE_ADDRESS_IO_MASK;
	return val & PCI_BASE_ADDRESS_MEM_MASK;
}

/**
 * vgpu_config_powered() - is the function on
 * @cfg: the configuration space
 *
 * Return: true in D0.
 */
bool vgpu_config_powered(const struct vgpu_config *cfg)
{
	return !(get16(cfg, PM_CSR) & PCI_PM_CTRL_STATE_MASK);
}

/**
 * vgpu_config_memory_on() - does the function answer to memory accesses
 * @cfg: the configuration space
 *
 * Return: true in D0 with memory decode enabled.
 */
bool vgpu_config_memory_on(const struct vgpu_config *cfg)
{
	return vgpu_config_powered(cfg) &&
	       get16(cfg, PCI_COMMAND) & PCI_COMMAND_MEMORY;
}

/**
 * vgpu_config_io_on() - does the function answer to I/O accesses
 * @cfg: the configuration space
 *
 * Return: true in D0 with I/O decode enabled.
 */
bool vgpu_config_io_on(const struct vgpu_config *cfg)
{
	return vgpu_config_powered(cfg) &&
	       get16(cfg, PCI_COMMAND) & PCI_COMMAND_IO;
}

/**
 * vgpu_config_intx_off() - has the guest disabled the interrupt pin
 * @cfg: the configuration space
 *
 * Return: true when it must not be asserted.
 */
bool vgpu_config_intx_off(const struct vgpu_config *cfg)
{
	return get16(cfg, PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE;
}

/**
 * vgpu_config_set_intx_status() - show the state of the interrupt
 * @cfg: the configuration space
 * @level: pending; whether or not the pin may be asserted
 */
void vgpu_config_set_intx_status(struct vgpu_config *cfg, bool level)
{
	u8 *status = cfg->data + PCI_STATUS;

	*status = level ? *status | PCI_STATUS_INTERRUPT :
			  *status & ~PCI_STATUS_INTERRUPT;
}
