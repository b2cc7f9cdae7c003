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
 * Interface Specification 1.2, chapter 3; PCI Express Base Specification 2.1,
 * chapter 7.
 */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/pci_ids.h>
#include <linux/pci_regs.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <vgpu/compat.h>

#include "config.h"
#include "msix.h"

#define ROM_MIN	SZ_2K

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

		if (!bar->size)
			continue;
		init32(cfg, PCI_BASE_ADDRESS_0 + i * 4, bar->flags,
		       ~(bar->size - 1));
		if (vgpu_bar_is_64(bar))
			init32(cfg, PCI_BASE_ADDRESS_0 + i * 4 + 4, 0,
			       ~(bar->size - 1) >> 32);
	}
	if (cfg->pci->rom)
		init32(cfg, PCI_ROM_ADDRESS, 0,
		       ~(cfg->pci->rom_size - 1) | PCI_ROM_ADDRESS_ENABLE);
}

static void init_pm(struct vgpu_config *cfg, u8 at)
{
	init16(cfg, at + PCI_PM_PMC, 2, 0);
	init16(cfg, at + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET,
	       PCI_PM_CTRL_STATE_MASK);
}

/* One vector that cannot be masked. */
static void init_msi(struct vgpu_config *cfg, u8 at)
{
	init16(cfg, at + PCI_MSI_FLAGS, PCI_MSI_FLAGS_64BIT,
	       PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
	init32(cfg, at + PCI_MSI_ADDRESS_LO, 0, ~3U);
	init32(cfg, at + PCI_MSI_ADDRESS_HI, 0, ~0U);
	init16(cfg, at + PCI_MSI_DATA_64, 0, 0xffff);
}

static void init_msix(struct vgpu_config *cfg, u8 at)
{
	unsigned int nr = cfg->pci->msix_vectors, bar;
	const struct vgpu_area *area = vgpu_area_msix(cfg->bars, &bar);

	if (!area)
		return;
	init16(cfg, at + PCI_MSIX_FLAGS, nr - 1,
	       PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	init32(cfg, at + PCI_MSIX_TABLE, area->offset | bar, 0);
	init32(cfg, at + PCI_MSIX_PBA,
	       (area->offset + vgpu_msix_pba(nr)) | bar, 0);
}

/*
 * An endpoint behind the slowest of links, for nothing is transferred by it. It
 * has no extended capabilities, which the zeros beyond the conventional space
 * say.
 */
static void init_exp(struct vgpu_config *cfg, u8 at)
{
	init16(cfg, at + PCI_EXP_FLAGS, 2 | PCI_EXP_TYPE_ENDPOINT << 4, 0);
	init32(cfg, at + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_RBER, 0);
	init16(cfg, at + PCI_EXP_DEVCTL,
	       PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_NOSNOOP_EN |
	       PCI_EXP_DEVCTL_READRQ_512B,
	       PCI_EXP_DEVCTL_CERE | PCI_EXP_DEVCTL_NFERE |
	       PCI_EXP_DEVCTL_FERE | PCI_EXP_DEVCTL_URRE |
	       PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_PAYLOAD |
	       PCI_EXP_DEVCTL_NOSNOOP_EN | PCI_EXP_DEVCTL_READRQ);
	init32(cfg, at + PCI_EXP_LNKCAP,
	       PCI_EXP_LNKCAP_SLS_2_5GB | PCI_EXP_LNKSTA_NLW_X1, 0);
	init16(cfg, at + PCI_EXP_LNKSTA,
	       PCI_EXP_LNKSTA_CLS_2_5GB | PCI_EXP_LNKSTA_NLW_X1, 0);
}

static const struct capability {
	u8 id;
	u8 size;
	void (*init)(struct vgpu_config *cfg, u8 at);
} capabilities[] = {
	{ PCI_CAP_ID_PM, PCI_PM_SIZEOF, init_pm },
	{ PCI_CAP_ID_MSI, 14, init_msi },
	{ PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF, init_msix },
	{ PCI_CAP_ID_EXP, 60, init_exp },
};

static const struct capability *find_capability(u8 id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(capabilities); i++)
		if (capabilities[i].id == id)
			return &capabilities[i];
	return NULL;
}

/* One after the other, each aligned so that a dump is easy to read. */
static void init_capabilities(struct vgpu_config *cfg)
{
	const u8 *id = cfg->pci->caps, *end = id + VGPU_MAX_CAPS;
	u8 *link = cfg->data + PCI_CAPABILITY_LIST;
	const struct capability *cap;
	u8 at = VGPU_CONFIG_CAPS;

	for (; id < end && *id; id++) {
		cap = find_capability(*id);
		/* vgpu_config_check() was content with each. */
		if (!cap)
			continue;
		*link = at;
		link = cfg->data + at + PCI_CAP_LIST_NEXT;
		cfg->data[at + PCI_CAP_LIST_ID] = *id;
		cfg->cap[*id] = at;
		cap->init(cfg, at);
		at = ALIGN(at + cap->size, 16);
	}
	if (at > VGPU_CONFIG_CAPS)
		init16(cfg, PCI_STATUS, PCI_STATUS_CAP_LIST, 0);
}

/**
 * vgpu_config_check() - does a description make sense, but for its BARs
 * @pci: the description
 *
 * Return: 0, -EINVAL; the kernel's log says why.
 */
int vgpu_config_check(const struct vgpu_pci_desc *pci)
{
	unsigned int i;

	for (i = 0; i < VGPU_MAX_CAPS && pci->caps[i]; i++) {
		if (find_capability(pci->caps[i]) &&
		    !memchr(pci->caps, pci->caps[i], i))
			continue;
		pr_err("vgpu: PCI description: capability %u (id %#x) is unknown, or there twice\n",
		       i, pci->caps[i]);
		return -EINVAL;
	}
	if (pci->msix_vectors > VGPU_MAX_VECTORS ||
	    !pci->msix_vectors != !memchr(pci->caps, PCI_CAP_ID_MSIX, i)) {
		pr_err("vgpu: PCI description: %u MSI-X vectors are too many, or without a capability\n",
		       pci->msix_vectors);
		return -EINVAL;
	}
	if (pci->rom && (!is_power_of_2(pci->rom_size) ||
			 pci->rom_size < ROM_MIN)) {
		pr_err("vgpu: PCI description: option ROM: %u bytes are not a power of two of at least 2 KiB\n",
		       pci->rom_size);
		return -EINVAL;
	}
	return 0;
}

/**
 * vgpu_config_init() - set up a configuration space
 * @cfg: to be set up
 * @pci: what to be; must stay
 * @bars: its BARs; must stay
 * @headless: it has no display
 */
void vgpu_config_init(struct vgpu_config *cfg,
		      const struct vgpu_pci_desc *pci,
		      const struct vgpu_bars *bars, bool headless)
{
	cfg->pci = pci;
	cfg->bars = bars;
	cfg->class = pci->class;
	/* Firmware and guests look for a display behind a VGA controller. */
	if (headless && pci->class >> 8 == PCI_CLASS_DISPLAY_VGA)
		cfg->class = PCI_CLASS_DISPLAY_OTHER << 8;
	memset(cfg->cap, 0, sizeof(cfg->cap));
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
	init32(cfg, PCI_CLASS_REVISION, cfg->class << 8 | pci->revision, 0);
	init16(cfg, PCI_CACHE_LINE_SIZE, 0, 0xffff);
	init16(cfg, PCI_SUBSYSTEM_VENDOR_ID, pci->subsystem_vendor, 0);
	init16(cfg, PCI_SUBSYSTEM_ID, pci->subsystem_device, 0);
	init16(cfg, PCI_INTERRUPT_LINE, pci->intx << 8, 0xff); /* pin INTA */
	init_bars(cfg);
	init_capabilities(cfg);
}

/**
 * vgpu_config_size() - bytes of configuration space
 * @cfg: the configuration space
 *
 * Return: what there is of it; of PCI Express more than %VGPU_CONFIG_SIZE.
 */
u32 vgpu_config_size(const struct vgpu_config *cfg)
{
	return cfg->cap[PCI_CAP_ID_EXP] ? SZ_4K : VGPU_CONFIG_SIZE;
}

/**
 * vgpu_config_get_byte() - a guest reads
 * @cfg: the configuration space
 * @offset: any
 *
 * Return: the byte; zero beyond %VGPU_CONFIG_SIZE.
 */
u8 vgpu_config_get_byte(const struct vgpu_config *cfg, u32 offset)
{
	return offset < VGPU_CONFIG_SIZE ? cfg->data[offset] : 0;
}

/**
 * vgpu_config_put_byte() - a guest writes
 * @cfg: the configuration space
 * @offset: any
 * @val: bits that cannot be changed are ignored
 */
void vgpu_config_put_byte(struct vgpu_config *cfg, u32 offset, u8 val)
{
	u8 state = val & PCI_PM_CTRL_STATE_MASK;
	u8 pm = cfg->cap[PCI_CAP_ID_PM], mask;

	if (offset >= VGPU_CONFIG_SIZE)
		return;
	/* A power state that is not supported leaves the old one. */
	if (pm && offset == pm + PCI_PM_CTRL && state != 0 && state != 3)
		return;
	mask = cfg->wmask[offset];
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

	for (i = 0; i < size; i++)
		val |= (u32)vgpu_config_get_byte(cfg, offset + i) << i * 8;
	return val;
}

/**
 * vgpu_config_bar_address() - where the guest has put a BAR
 * @cfg: the configuration space
 * @bar: 0 to 5
 *
 * Return: the address without its flag bits.
 */
u64 vgpu_config_bar_address(const struct vgpu_config *cfg, unsigned int bar)
{
	u32 reg = PCI_BASE_ADDRESS_0 + bar * 4;
	u64 val = get32(cfg, reg);

	if (val & PCI_BASE_ADDRESS_SPACE_IO)
		return val & (u32)PCI_BASE_ADDRESS_IO_MASK;
	val &= (u32)PCI_BASE_ADDRESS_MEM_MASK;
	if (vgpu_bar_is_64(&cfg->bars->bar[bar]))
		val |= (u64)get32(cfg, reg + 4) << 32;
	return val;
}

/**
 * vgpu_config_powered() - is the function on
 * @cfg: the configuration space
 *
 * Return: true in D0.
 */
bool vgpu_config_powered(const struct vgpu_config *cfg)
{
	u8 pm = cfg->cap[PCI_CAP_ID_PM];

	return !pm || !(get16(cfg, pm + PCI_PM_CTRL) & PCI_PM_CTRL_STATE_MASK);
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
 * vgpu_config_master_on() - may the function act on the bus by itself
 * @cfg: the configuration space
 *
 * Messages are writes to memory: MSI and MSI-X need it, the pin does not.
 *
 * Return: true in D0 with bus mastering enabled.
 */
bool vgpu_config_master_on(const struct vgpu_config *cfg)
{
	return vgpu_config_powered(cfg) &&
	       get16(cfg, PCI_COMMAND) & PCI_COMMAND_MASTER;
}

/**
 * vgpu_config_msix_flags() - what the guest has set of MSI-X
 * @cfg: the configuration space
 *
 * Return: the capability's flags, 0 when there is none.
 */
u16 vgpu_config_msix_flags(const struct vgpu_config *cfg)
{
	u8 at = cfg->cap[PCI_CAP_ID_MSIX];

	return at ? get16(cfg, at + PCI_MSIX_FLAGS) : 0;
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

/**
 * vgpu_config_save() - save a configuration space
 * @cfg: the configuration space
 * @w: where to; the interrupt's status is shown by who saves that
 */
void vgpu_config_save(const struct vgpu_config *cfg, struct vgpu_writer *w)
{
	u32 i;

	for (i = 0; i < VGPU_CONFIG_SIZE; i++)
		vgpu_put_u8(w, i == PCI_STATUS ?
			       cfg->data[i] & ~PCI_STATUS_INTERRUPT :
			       cfg->data[i]);
}

/**
 * vgpu_config_load() - load one, as if a guest wrote it
 * @cfg: the configuration space, reset
 * @r: where from; what no guest could have written is refused
 */
void vgpu_config_load(struct vgpu_config *cfg, struct vgpu_reader *r)
{
	u32 i;
	u8 val;

	for (i = 0; i < VGPU_CONFIG_SIZE; i++) {
		val = vgpu_get(r, "data", 1, U8_MAX);
		vgpu_config_put_byte(cfg, i, val);
		if (cfg->data[i] != val)
			vgpu_refuse(r, "data", "byte %#x is %#x, not %#x", i,
				    val, cfg->data[i]);
	}
}
