/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_CONFIG_H
#define _VGPU_CONFIG_H

#include <linux/types.h>
#include <vgpu/pci.h>

#include "area.h"

/** Bytes of conventional PCI configuration space. */
#define VGPU_CONFIG_SIZE	256
/** Where the capabilities are. */
#define VGPU_CONFIG_MSI		0x50
#define VGPU_CONFIG_PM		0x60

/**
 * struct vgpu_config - the configuration space of a virtual PCI function
 * @data: what the guest reads
 * @wmask: the bits that the guest can change
 * @pci: what it was made from
 * @bars: the BARs
 *
 * @data and @wmask are protected by the instance's trap lock. The other two stay
 * as vgpu_config_init() has set them, and are read without a lock.
 */
struct vgpu_config {
	u8 data[VGPU_CONFIG_SIZE];
	u8 wmask[VGPU_CONFIG_SIZE];
	const struct vgpu_pci_desc *pci;
	const struct vgpu_bars *bars;
};

void vgpu_config_init(struct vgpu_config *cfg,
		      const struct vgpu_pci_desc *pci,
		      const struct vgpu_bars *bars);
void vgpu_config_reset(struct vgpu_config *cfg);
u8 vgpu_config_get_byte(const struct vgpu_config *cfg, u32 offset);
void vgpu_config_put_byte(struct vgpu_config *cfg, u32 offset, u8 val);
u32 vgpu_config_get(const struct vgpu_config *cfg, u32 offset,
		    unsigned int size);
u32 vgpu_config_bar_address(const struct vgpu_config *cfg, unsigned int bar);
bool vgpu_config_powered(const struct vgpu_config *cfg);
bool vgpu_config_memory_on(const struct vgpu_config *cfg);
bool vgpu_config_io_on(const struct vgpu_config *cfg);
bool vgpu_config_intx_off(const struct vgpu_config *cfg);
void vgpu_config_set_intx_status(struct vgpu_config *cfg, bool level);

#endif /* _VGPU_CONFIG_H */
