// SPDX-License-Identifier: GPL-2.0
/*
 * Counting what an instance causes, over a sliding window.
 *
 * Two fixed windows stand for the sliding one: of the events of the window
 * before, the part counts by which the sliding window still covers it. That is
 * exact for a steady rate, needs no memory of single events, and forgets all
 * within two windows. It is rounded up, so that a limit of one or two events is
 * not forgotten where a window happens to end. No clock and no lock here.
 */
#include <linux/limits.h>
#include <linux/math64.h>

#include "guard.h"

static void slide(struct vgpu_guard *g, u64 window, u64 now)
{
	u64 age = now - g->begin;

	if (age < window)
		return;
	g->before = age < 2 * window ? g->count : 0;
	g->count = 0;
	/* Windows follow each other; after a long silence a new one begins. */
	g->begin = age < 2 * window ? g->begin + window : now;
}

static u64 level(const struct vgpu_guard *g, u64 window, u64 now)
{
	u64 left = window - (now - g->begin);

	return g->count + DIV64_U64_ROUND_UP(g->before * left, window);
}

/**
 * vgpu_guard_event() - may an event happen now
 * @g: the guard
 * @window: ns, below 2^32 * 1000
 * @limit: events that may happen in a window; 0 for any number
 * @now: ns, never going backwards
 *
 * Return: true, and the event is counted; false when it is one too many.
 */
bool vgpu_guard_event(struct vgpu_guard *g, u64 window, u32 limit, u64 now)
{
	slide(g, window, now);
	if (limit && level(g, window, now) >= limit) {
		g->refused = now;
		return false;
	}
	if (g->count < U32_MAX)
		g->count++;
	return true;
}

/**
 * vgpu_guard_state() - what the guard sees
 * @g: the guard
 * @window: ns, as for vgpu_guard_event()
 * @limit: as for vgpu_guard_event()
 * @now: ns, never going backwards
 *
 * Return: see enum vgpu_guard_state.
 */
enum vgpu_guard_state vgpu_guard_state(struct vgpu_guard *g, u64 window,
				       u32 limit, u64 now)
{
	slide(g, window, now);
	if (!limit)
		return VGPU_GUARD_NORMAL;
	if (g->refused && now - g->refused < window)
		return VGPU_GUARD_OVERFLOW;
	return level(g, window, now) >= limit ? VGPU_GUARD_FULL :
						VGPU_GUARD_NORMAL;
}
