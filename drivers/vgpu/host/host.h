/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's side: GPUs, their types, and the life of instances.
 */
#ifndef _VGPU_HOST_H
#define _VGPU_HOST_H

#include <linux/device.h>
#include <linux/mdev.h>
#include <linux/types.h>

#include "../bus/area.h"
#include "../work/runlist.h"

struct attribute_group;
struct vgpu_pdev;
struct vgpu_dir;
struct vgpu_type_desc;
struct vgpu_vdev;

/**
 * struct vgpu_type - a type of one GPU
 * @mtype: its mdev side
 * @pd: the GPU
 * @desc: what the backend says
 * @pci: what its instances are on PCI
 * @bars: those of its instances
 * @compactable: its file in vgpu/compactable/
 */
struct vgpu_type {
	struct mdev_type mtype;
	struct vgpu_pdev *pd;
	const struct vgpu_type_desc *desc;
	const struct vgpu_pci_desc *pci;
	struct vgpu_bars bars;
	struct device_attribute compactable;
};

/** How long an engine may take to come idle, microseconds: at first, limits. */
#define VGPU_WATCHDOG_US	1000000U
#define VGPU_WATCHDOG_MIN_US	10000U
#define VGPU_WATCHDOG_MAX_US	30000000U

/**
 * enum vgpu_entitlement - what an operator may set for an instance
 * @VGPU_WEIGHT: VGPU_WEIGHT_MIN to VGPU_WEIGHT_MAX
 * @VGPU_CAP: percent, 1 to 100
 * @VGPU_MIN: percent, 0 to the cap
 */
enum vgpu_entitlement {
	VGPU_WEIGHT,
	VGPU_CAP,
	VGPU_MIN,
};

/** One percent of an engine, in parts per million. */
#define VGPU_PERCENT	(VGPU_PPM / 100)

/* gpu.c */
extern struct mdev_driver vgpu_mdev_driver;
bool vgpu_gpu_lose(struct vgpu_pdev *pd);
u64 vgpu_largest_free(const struct vgpu_pdev *pd);
const char *vgpu_largest_type(const struct vgpu_pdev *pd);

/* gpu_sysfs.c */
int vgpu_gpu_sysfs_add(struct vgpu_pdev *pd);
void vgpu_gpu_sysfs_remove(struct vgpu_pdev *pd);
int vgpu_parse_u32(struct device *dev, const char *name, const char *buf,
		   u32 *val);

/* compact_sysfs.c */
int vgpu_compact_sysfs_add(struct vgpu_pdev *pd, struct vgpu_dir *top);

/* instance.c */
void vgpu_instance_faulted(struct vgpu_vdev *vd);

/* instance_sysfs.c */
int vgpu_instance_sysfs_add(struct vgpu_vdev *vd);
void vgpu_instance_sysfs_remove(struct vgpu_vdev *vd);

/* migration_sysfs.c */
extern const struct attribute_group vgpu_migration_group;

/* engine_sysfs.c */
int vgpu_engines_sysfs_add(struct vgpu_pdev *pd, struct vgpu_dir *top);
int vgpu_contexts_sysfs_add(struct vgpu_vdev *vd, struct vgpu_dir *top);

/* entitle.c */
int vgpu_entitle_place(struct vgpu_vdev *vd, u8 *slice);
void vgpu_entitle_release(struct vgpu_vdev *vd);
int vgpu_entitle(struct vgpu_vdev *vd, enum vgpu_entitlement what, u32 val);

/* power.c */
int vgpu_power_init(struct vgpu_pdev *pd);
void vgpu_power_fini(struct vgpu_pdev *pd);

/* debugfs.c */
void vgpu_debugfs_init(void);
void vgpu_debugfs_exit(void);
void vgpu_debugfs_add(struct vgpu_pdev *pd);
void vgpu_debugfs_remove(struct vgpu_pdev *pd);

#endif /* _VGPU_HOST_H */
