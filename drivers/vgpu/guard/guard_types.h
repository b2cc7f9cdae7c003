/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_GUARD_TYPES_H
#define _VGPU_GUARD_TYPES_H

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

#endif /* _VGPU_GUARD_TYPES_H */
