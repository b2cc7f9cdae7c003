// SPDX-License-Identifier: GPL-2.0
/*
 * PCI functions out of nothing: a root bus with one function on it, whose
 * configuration space is memory. It has no BARs and does no DMA, so that it is in
 * no IOMMU group; it is there to be a PCI device for those who look for one.
 *
 * Bus numbers: hot-plugged bridges count upwards, Intel's uncore likes 0xff. So
 * the first one that is free is looked for from 0xfe downwards.
 */
#include <linux/pci.h>
#include <linux/pci-ecam.h>
#include <linux/slab.h>
#ifdef CONFIG_X86
#include <asm/pci.h>
#endif
#include <vgpu/compat.h>

#include "soft.h"
#include "soft_bus.h"

#define BUS_HIGHEST	0xfe
#define CONFIG_SIZE	256
#define PM_CAP		0x40

/**
 * struct soft_bus - a root bus
 * @sysdata: what the architecture wants of its root buses
 * @resource: its bus number
 * @bus: it
 * @slot: the function, as the rest of the module knows it
 * @config: configuration space of the function
 */
struct soft_bus {
#ifdef CONFIG_X86
	struct pci_sysdata sysdata;
#else
	struct pci_config_window sysdata;
#endif
	struct resource resource;
	struct pci_bus *bus;
	struct soft_slot slot;
	u8 config[CONFIG_SIZE];
};

static struct soft_bus *to_soft_bus(const struct pci_bus *bus)
{
	return container_of(bus->sysdata, struct soft_bus, sysdata);
}

static int config_read(struct pci_bus *bus, unsigned int devfn, int where,
		       int size, u32 *val)
{
	const u8 *config = to_soft_bus(bus)->config;
	int i;

	if (devfn || where + size > CONFIG_SIZE) {
		PCI_SET_ERROR_RESPONSE(val);
		return PCIBIOS_DEVICE_NOT_FOUND;
	}
	for (*val = 0, i = 0; i < size; i++)
		*val |= (u32)config[where + i] << i * 8;
	return PCIBIOS_SUCCESSFUL;
}

/* The bits that stick: of the command register, and the power state. */
static u8 writable(int at)
{
	if (at == PCI_COMMAND)
		return PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	if (at == PM_CAP + PCI_PM_CTRL)
		return PCI_PM_CTRL_STATE_MASK;
	return at == PCI_CACHE_LINE_SIZE || at == PCI_INTERRUPT_LINE ? 0xff : 0;
}

static int config_write(struct pci_bus *bus, unsigned int devfn, int where,
			int size, u32 val)
{
	u8 *config = to_soft_bus(bus)->config;
	int i;

	if (devfn || where + size > CONFIG_SIZE)
		return PCIBIOS_DEVICE_NOT_FOUND;
	for (i = 0; i < size; i++, val >>= 8)
		config[where + i] = (config[where + i] & ~writable(where + i)) |
				    (val & writable(where + i));
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops soft_bus_ops = {
	.read = config_read,
	.write = config_write,
};

static void init_config(u8 *config)
{
	put_unaligned_le16(SOFT_VENDOR_ID, config + PCI_VENDOR_ID);
	put_unaligned_le16(SOFT_DEVICE_ID, config + PCI_DEVICE_ID);
	put_unaligned_le16(PCI_STATUS_CAP_LIST, config + PCI_STATUS);
	put_unaligned_le16(PCI_CLASS_ACCELERATOR_PROCESSING,
			   config + PCI_CLASS_DEVICE);
	config[PCI_CAPABILITY_LIST] = PM_CAP;
	config[PM_CAP] = PCI_CAP_ID_PM;
	put_unaligned_le16(3, config + PM_CAP + PCI_PM_PMC);
	put_unaligned_le16(PCI_PM_CTRL_NO_SOFT_RESET,
			   config + PM_CAP + PCI_PM_CTRL);
}

/*
 * A bus number that is in use by nobody, and below no bridge. That a root bus may
 * claim all numbers does not count: most do.
 */
static bool is_free(int number)
{
	struct pci_dev *pdev = NULL;

	if (pci_find_bus(0, number))
		return false;
	for_each_pci_dev(pdev) {
		const struct pci_bus *below = pdev->subordinate;

		if (below && !pci_domain_nr(pdev->bus) &&
		    number >= below->busn_res.start &&
		    number <= below->busn_res.end) {
			pci_dev_put(pdev);
			return false;
		}
	}
	return true;
}

static int find_number(int number)
{
	if (number >= 0)
		return number <= 0xff && is_free(number) ? number : -EEXIST;
	for (number = BUS_HIGHEST; number > 0; number--)
		if (is_free(number))
			return number;
	return -EEXIST;
}

static struct pci_host_bridge *make_bridge(struct soft_bus *sb, int number)
{
	struct pci_host_bridge *bridge = pci_alloc_host_bridge(0);

	if (!bridge)
		return NULL;
	sb->resource = (struct resource) {
		.name = "vgpu-soft",
		.start = number,
		.end = number,
		.flags = IORESOURCE_BUS,
	};
	pci_add_resource(&bridge->windows, &sb->resource);
#ifdef CONFIG_X86
	sb->sysdata.node = sb->slot.config.node;
#endif
	bridge->sysdata = &sb->sysdata;
	bridge->ops = &soft_bus_ops;
	bridge->busnr = number;
#ifdef CONFIG_PCI_DOMAINS_GENERIC
	bridge->domain_nr = 0;
#endif
	return bridge;
}

/* The rescan lock is held. */
static int scan(struct soft_bus *sb, int number)
{
	struct pci_host_bridge *bridge = make_bridge(sb, number);
	int ret;

	if (!bridge)
		return -ENOMEM;
	ret = pci_scan_root_bus_bridge(bridge);
	if (ret) {
		pci_free_host_bridge(bridge);
		return ret;
	}
	sb->bus = bridge->bus;
	pci_bus_add_devices(sb->bus);
	return 0;
}

/**
 * soft_bus_add() - make a PCI function
 * @config: the GPU that it is to be; copied
 *
 * It is bound to its driver, if there is one, when this returns; what that said is
 * in &soft_slot.error. Process context.
 *
 * Return: the function, or an error pointer: -EEXIST when the bus number is taken.
 */
struct soft_slot *soft_bus_add(const struct soft_config *config)
{
	struct soft_bus *sb;
	int ret;

	might_sleep();
	sb = kzalloc(sizeof(*sb), GFP_KERNEL);
	if (!sb)
		return ERR_PTR(-ENOMEM);
	sb->slot.config = *config;
	init_config(sb->config);
	pci_lock_rescan_remove();
	ret = find_number(config->bus);
	if (ret >= 0)
		ret = scan(sb, ret);
	pci_unlock_rescan_remove();
	if (ret) {
		kfree(sb);
		return ERR_PTR(ret);
	}
	return &sb->slot;
}

/**
 * soft_bus_function() - the device of a slot
 * @slot: the slot
 *
 * Return: the device, to be put by the caller; NULL when it was removed in sysfs.
 */
struct pci_dev *soft_bus_function(struct soft_slot *slot)
{
	struct soft_bus *sb = container_of(slot, struct soft_bus, slot);

	return pci_get_slot(sb->bus, 0);
}

/**
 * soft_bus_remove() - take a PCI function away
 * @slot: the function
 *
 * Its driver waits for VMs to let go, which must not be done with the lock that
 * removing a bus takes: so the driver goes first, and none comes any more.
 */
void soft_bus_remove(struct soft_slot *slot)
{
	struct soft_bus *sb = container_of(slot, struct soft_bus, slot);
	struct pci_host_bridge *bridge = to_pci_host_bridge(sb->bus->bridge);
	struct pci_dev *pdev;

	might_sleep();
	WRITE_ONCE(slot->going, true);
	pdev = soft_bus_function(slot);
	if (pdev)
		device_release_driver(&pdev->dev);
	pci_dev_put(pdev);
	pci_lock_rescan_remove();
	pci_stop_root_bus(sb->bus);
	pci_remove_root_bus(sb->bus);
	/* The bus had a reference of its own; this one is from its making. */
	pci_free_host_bridge(bridge);
	pci_unlock_rescan_remove();
	kfree(sb);
}

/**
 * soft_bus_slot() - whose function is this
 * @pdev: a PCI device
 *
 * Return: its slot, or NULL when soft_bus_add() has not made it.
 */
struct soft_slot *soft_bus_slot(const struct pci_dev *pdev)
{
	if (pdev->bus->ops != &soft_bus_ops)
		return NULL;
	return &to_soft_bus(pdev->bus)->slot;
}
