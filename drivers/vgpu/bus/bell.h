/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_BELL_H
#define _VGPU_BELL_H

#include <linux/compiler.h>
#include <linux/time64.h>
#include <linux/types.h>

/*
 * How long nothing must have happened before a doorbell is armed.
 *
 * A guest rings first and stores then, and it may be stopped between the two.
 * Taking the page away in a hurry would make every store a fault.
 */
#define VGPU_BELL_IDLE	(20 * NSEC_PER_MSEC)

/**
 * struct vgpu_bell - when a doorbell may be armed
 * @rung: when it was rung last, ns
 * @armed: its pages are not mapped: the next touch rings
 *
 * Rung by faults of several CPUs at once; armed by one, with faults kept out.
 */
struct vgpu_bell {
	u64 rung;
	bool armed;
};

/**
 * vgpu_bell_reset() - nothing is mapped
 * @bell: the doorbell
 */
static inline void vgpu_bell_reset(struct vgpu_bell *bell)
{
	WRITE_ONCE(bell->armed, true);
}

/**
 * vgpu_bell_ring() - a page was touched
 * @bell: the doorbell
 * @mapped: it is mapped now; not after a trapped access
 * @now: ns
 */
static inline void vgpu_bell_ring(struct vgpu_bell *bell, bool mapped, u64 now)
{
	WRITE_ONCE(bell->rung, now);
	if (mapped)
		WRITE_ONCE(bell->armed, false);
}

/**
 * vgpu_bell_may_arm() - have the pages been quiet for long enough
 * @bell: the doorbell
 * @idle_since: since when its queue has nothing to do, ns
 * @now: ns
 *
 * Return: true when they may be taken away.
 */
static inline bool vgpu_bell_may_arm(const struct vgpu_bell *bell,
				     u64 idle_since, u64 now)
{
	u64 last = READ_ONCE(bell->rung);

	if (idle_since > last)
		last = idle_since;
	return now >= last && now - last >= VGPU_BELL_IDLE;
}

#endif /* _VGPU_BELL_H */
