/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFT_BUS_H
#define _SOFT_BUS_H

#include <linux/pci.h>

#include "soft_config.h"

struct soft_gpu;

/**
 * struct soft_slot - a PCI function of ours, whether its driver is bound or not
 * @config: the GPU that it is; &soft_config.slices changes when it is cut anew
 * @soft: the GPU while the driver is bound; by the driver alone
 * @error: what the driver said when it was asked first
 * @going: no driver is to be bound any more
 */
struct soft_slot {
	struct soft_config config;
	struct soft_gpu *soft;
	int error;
	bool going;
};

struct soft_slot *soft_bus_add(const struct soft_config *config);
struct pci_dev *soft_bus_function(struct soft_slot *slot);
void soft_bus_remove(struct soft_slot *slot);
struct soft_slot *soft_bus_slot(const struct pci_dev *pdev);

/* soft_drv.c */
bool soft_slot_is_used(struct soft_slot *slot);
void soft_show(struct soft_slot *slot);
struct soft_slot *soft_add(const char *who, const struct soft_config *config);

/* soft_configfs.c */
#if IS_ENABLED(CONFIG_CONFIGFS_FS)
int soft_configfs_init(void);
void soft_configfs_exit(void);
#else
static inline int soft_configfs_init(void) { return 0; }
static inline void soft_configfs_exit(void) {}
#endif

#endif /* _SOFT_BUS_H */
