/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the core keeps of an instance that is being moved.
 */
#ifndef _VGPU_MIGRATE_TYPES_H
#define _VGPU_MIGRATE_TYPES_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/vfio.h>

struct vgpu_transfer;
struct vgpu_vdev;

/**
 * enum vgpu_moved - what is counted of an instance's moves
 * @VGPU_MOVED_SAVES: streams of it that were read to their end
 * @VGPU_MOVED_SAVES_FAILED: those that ended before
 * @VGPU_MOVED_LOADS: streams that it was loaded from
 * @VGPU_MOVED_LOADS_FAILED: those that ended before, or were refused
 * @VGPU_MOVED_SENT: bytes that were read of all streams
 * @VGPU_MOVED_RECEIVED: bytes that were written to all
 * @VGPU_MOVED_ROUNDS: how often its memory was gone through while it ran
 * @VGPU_MOVED_STOP_BYTES: bytes that were read after it stood still; this and what
 *	follows is of the last that went well
 * @VGPU_MOVED_STOP_NS: from when it was asked to stand still and be read until it was
 * @VGPU_MOVED_START_NS: from when it was loaded until it ran
 * @VGPU_NR_MOVED: how many there are
 */
enum vgpu_moved {
	VGPU_MOVED_SAVES,
	VGPU_MOVED_SAVES_FAILED,
	VGPU_MOVED_LOADS,
	VGPU_MOVED_LOADS_FAILED,
	VGPU_MOVED_SENT,
	VGPU_MOVED_RECEIVED,
	VGPU_MOVED_ROUNDS,
	VGPU_MOVED_STOP_BYTES,
	VGPU_MOVED_STOP_NS,
	VGPU_MOVED_START_NS,
	VGPU_NR_MOVED,
};

/**
 * struct vgpu_migration - where an instance is in VFIO's migration protocol
 * @lock: protects all of it but @moved and @bandwidth; held for a change of the state,
 *	which may take as long as a slice of each engine and as clearing the instance's
 *	memory
 * @state: as VFIO has it; see arcs.c
 * @transfer: the stream under way, or NULL; its user has a file descriptor of it
 * @logging: user space believes that DMA is being logged, see log.c
 * @asked: when user space asked for the change of the state that is under way, ns
 * @loaded: when the last byte of what it was loaded from had arrived, ns; 0 when it has
 *	run since
 * @moved: by enum vgpu_moved, from create on
 * @bandwidth: that it would be moved with, as an operator has it, bytes a second; 0:
 *	nobody has said. For an estimate only; read and written without the lock
 */
struct vgpu_migration {
	struct mutex lock;		/* all of it, but moved and bandwidth */
	enum vfio_device_mig_state state;
	struct vgpu_transfer *transfer;
	bool logging;
	u64 asked;
	u64 loaded;
	atomic64_t moved[VGPU_NR_MOVED];
	u64 bandwidth;
};

/**
 * struct vgpu_moving - what a function's VFIO device asks of migration, which is
 *	above it
 * @reset: user space resets the function; process context, no lock held
 * @close: the device was closed: it closes the function, too; the same
 * @data_size: about how many bytes there are to move when it is stopped now, few when it
 *	stands already; process context
 */
struct vgpu_moving {
	void (*reset)(struct vgpu_vdev *vd);
	void (*close)(struct vgpu_vdev *vd);
	u64 (*data_size)(struct vgpu_vdev *vd);
};

#endif /* _VGPU_MIGRATE_TYPES_H */
