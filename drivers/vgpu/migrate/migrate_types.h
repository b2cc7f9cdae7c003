/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the core keeps of an instance that is being moved.
 */
#ifndef _VGPU_MIGRATE_TYPES_H
#define _VGPU_MIGRATE_TYPES_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/vfio.h>

struct vgpu_transfer;
struct vgpu_vdev;

/**
 * struct vgpu_migration - where an instance is in VFIO's migration protocol
 * @lock: protects all of it; held for a change of the state, which may take as long
 *	as a slice of each engine and as clearing the instance's memory
 * @state: as VFIO has it; see arcs.c
 * @transfer: the stream under way, or NULL; its user has a file descriptor of it
 * @logging: user space believes that DMA is being logged, see log.c
 */
struct vgpu_migration {
	struct mutex lock;		/* all of it */
	enum vfio_device_mig_state state;
	struct vgpu_transfer *transfer;
	bool logging;
};

/**
 * struct vgpu_moving - what a function's VFIO device asks of migration, which is
 *	above it
 * @reset: user space resets the function; process context, no lock held
 * @close: the device was closed, and its parts are about to be; the same
 * @data_size: about how many bytes a stream of it has, or has left; process context
 */
struct vgpu_moving {
	void (*reset)(struct vgpu_vdev *vd);
	void (*close)(struct vgpu_vdev *vd);
	u64 (*data_size)(struct vgpu_vdev *vd);
};

#endif /* _VGPU_MIGRATE_TYPES_H */
