/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_GUARD_H
#define _VGPU_GUARD_H

#include <linux/types.h>

/**
 * enum vgpu_guard_kind - what an instance should not cause too often
 * @VGPU_GUARD_TRAPS: trapped register accesses, a second
 * @VGPU_GUARD_IRQS: interrupts, a second
 * @VGPU_GUARD_RESETS: resets of its function, in ten seconds
 * @VGPU_GUARD_FAULTS: engine resets because of it, a minute
 * @VGPU_NR_GUARDS: how many there are
 */
enum vgpu_guard_kind {
	VGPU_GUARD_TRAPS,
	VGPU_GUARD_IRQS,
	VGPU_GUARD_RESETS,
	VGPU_GUARD_FAULTS,
	VGPU_NR_GUARDS,
};

/**
 * enum vgpu_guard_state - how a guard sees an instance
 * @VGPU_GUARD_NORMAL: below the limit
 * @VGPU_GUARD_FULL: at the limit: the next event is too many
 * @VGPU_GUARD_OVERFLOW: events were held back within the last window
 */
enum vgpu_guard_state {
	VGPU_GUARD_NORMAL,
	VGPU_GUARD_FULL,
	VGPU_GUARD_OVERFLOW,
};

/**
 * struct vgpu_guard - events of one kind in a sliding window
 * @begin: when the current window began, ns
 * @count: events in it
 * @before: events in the window before
 * @refused: when an event was held back last, ns; 0 for never
 */
struct vgpu_guard {
	u64 begin;
	u32 count;
	u32 before;
	u64 refused;
};

bool vgpu_guard_event(struct vgpu_guard *g, u64 window, u32 limit, u64 now);
enum vgpu_guard_state vgpu_guard_state(struct vgpu_guard *g, u64 window,
				       u32 limit, u64 now);

#endif /* _VGPU_GUARD_H */
