/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The arcs between the states of VFIO's migration protocol, and what is done on
 * each.
 */
#ifndef _VGPU_MIGRATE_ARCS_H
#define _VGPU_MIGRATE_ARCS_H

#include <linux/vfio.h>

/**
 * enum vgpu_arc - what an arc asks for
 * @VGPU_ARC_NONE: there is no such arc
 * @VGPU_ARC_NOTHING: it changes nothing of ours
 * @VGPU_ARC_HALT: the instance stands still from now on
 * @VGPU_ARC_GO: it goes on
 * @VGPU_ARC_PRECOPY: a stream of it begins while it runs, which user space reads
 * @VGPU_ARC_SAVE_REST: it stands still, and what is left of that stream follows
 * @VGPU_ARC_SAVE: a stream of it begins, which user space reads
 * @VGPU_ARC_SAVED: that stream ends, whole or not
 * @VGPU_ARC_LOAD: a stream for it begins, which user space writes
 * @VGPU_ARC_LOADED: that stream ends, and must be whole
 */
enum vgpu_arc {
	VGPU_ARC_NONE,
	VGPU_ARC_NOTHING,
	VGPU_ARC_HALT,
	VGPU_ARC_GO,
	VGPU_ARC_PRECOPY,
	VGPU_ARC_SAVE_REST,
	VGPU_ARC_SAVE,
	VGPU_ARC_SAVED,
	VGPU_ARC_LOAD,
	VGPU_ARC_LOADED,
};

enum vgpu_arc vgpu_arc(enum vfio_device_mig_state from,
		       enum vfio_device_mig_state to);

#endif /* _VGPU_MIGRATE_ARCS_H */
