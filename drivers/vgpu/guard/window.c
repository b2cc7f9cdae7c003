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

#include "window.h"

static void slide(struct vgpu_window *w, u64 span, u64 now)
{
	u64 age = now - w->begin;

	if (age < span)
		return;
	w->before = age < 2 * span ? w->count : 0;
	w->count = 0;
	/* Windows follow each other; after a long silence a new one begins. */
	w->begin = age < 2 * span ? w->begin + span : now;
}

static u64 level(const struct vgpu_window *w, u64 span, u64 now)
{
	u64 left = span - (now - w->begin);

	return w->count + DIV64_U64_ROUND_UP(w->before * left, span);
}

/**
 * vgpu_window_event() - may an event happen now
 * @w: the window
 * @span: ns, below 2^32 * 1000
 * @limit: events that may happen in a window; 0 for any number
 * @now: ns, never going backwards
 *
 * Return: true, and the event is counted; false when it is one too many.
 */
bool vgpu_window_event(struct vgpu_window *w, u64 span, u32 limit, u64 now)
{
	slide(w, span, now);
	if (limit && level(w, span, now) >= limit) {
		w->refused = now;
		return false;
	}
	if (w->count < U32_MAX)
		w->count++;
	return true;
}

/**
 * vgpu_window_state() - what the guard sees
 * @w: the window
 * @span: ns, as for vgpu_window_event()
 * @limit: as for vgpu_window_event()
 * @now: ns, never going backwards
 *
 * Return: see enum vgpu_window_state.
 */
enum vgpu_window_state vgpu_window_state(struct vgpu_window *w, u64 span,
					 u32 limit, u64 now)
{
	slide(w, span, now);
	if (!limit)
		return VGPU_WINDOW_NORMAL;
	if (w->refused && now - w->refused < span)
		return VGPU_WINDOW_OVERFLOW;
	return level(w, span, now) >= limit ? VGPU_WINDOW_FULL :
						VGPU_WINDOW_NORMAL;
}
