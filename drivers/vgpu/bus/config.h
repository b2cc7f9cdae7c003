/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_CONFIG_H
#define _VGPU_CONFIG_H

#include <linux/types.h>
#include <vgpu/pci.h>
#include <vgpu/section.h>

#include "area.h"

/** Bytes of conventional PCI configuration space. */
#define VGPU_CONFIG_SIZE	256
/** Where the capabilities begin. */
#define VGPU_CONFIG_CAPS	0x50

/**
 * struct vgpu_config - the configuration space of a virtual PCI function
 * @data: what the guest reads
 * @wmask: the bits that the guest can change
 * @pci: what it was made from
 * @bars: the BARs
 * @class: the class code
 * @cap: where each capability is, by its id; 0 when there is none
 *
 * @data and @wmask are protected by the instance's trap lock. The others stay
 * as vgpu_config_init() has set them, and are read without a lock.
 */
struct vgpu_config {
	u8 data[VGPU_CONFIG_SIZE];
	u8 wmask[VGPU_CONFIG_SIZE];
	const struct vgpu_pci_desc *pci;
	const struct vgpu_bars *bars;
	u32 class;
	u8 cap[PCI_CAP_ID_MAX + 1];
};

int vgpu_config_check(const struct vgpu_pci_desc *pci);
void vgpu_config_init(struct vgpu_config *cfg,
		      const struct vgpu_pci_desc *pci,
		      const struct vgpu_bars *bars, bool headless);
void vgpu_config_reset(struct vgpu_config *cfg);
u8 vgpu_config_get_byte(const struct vgpu_config *cfg, u32 offset);
void vgpu_config_put_byte(struct vgpu_config *cfg, u32 offset, u8 val);
u32 vgpu_config_get(const struct vgpu_config *cfg, u32 offset,
		    unsigned int size);
u32 vgpu_config_size(const struct vgpu_config *cfg);
u64 vgpu_config_bar_address(const struct vgpu_config *cfg, unsigned int bar);
bool vgpu_config_powered(const struct vgpu_config *cfg);
bool vgpu_config_memory_on(const struct vgpu_config *cfg);
bool vgpu_config_io_on(const struct vgpu_config *cfg);
bool vgpu_config_master_on(const struct vgpu_config *cfg);
u16 vgpu_config_msix_flags(const struct vgpu_config *cfg);
bool vgpu_config_intx_off(const struct vgpu_config *cfg);
void vgpu_config_set_intx_status(struct vgpu_config *cfg, bool level);
void vgpu_config_save(const struct vgpu_config *cfg, struct vgpu_writer *w);
void vgpu_config_load(struct vgpu_config *cfg, struct vgpu_reader *r);

#endif /* _VGPU_CONFIG_H */
