// SPDX-License-Identifier: GPL-2.0
/* See soft_stay.h. */
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include "soft_stay.h"

/*
 * CPU time of one that runs is known up to the last tick, which comes late where a
 * hypervisor has taken that CPU away: so much is expected, ns.
 */
#define LATE	(100 * NSEC_PER_MSEC)

static u64 since(u64 now, u64 then)
{
	return now > then ? now - then : 0;
}

/**
 * soft_stay_own() - the worker's own time
 * @stay: of its dispatch
 * @now: until when
 *
 * Return: ns, no more than by the clock.
 */
u64 soft_stay_own(const struct soft_stay *stay, const struct soft_moment *now)
{
	const struct soft_moment *then = &stay->since;
	u64 wall = since(now->at, then->at);

	return max(since(wall, since(now->waited, then->waited)),
		   min(wall, since(now->cpu, then->cpu)));
}

/**
 * soft_stay_used() - for which time its instance pays
 * @stay: a dispatch's
 * @end: when it left the engine, or its worker had answered
 *
 * Return: ns; beyond the worker's grace it is by the clock.
 */
u64 soft_stay_used(const struct soft_stay *stay, const struct soft_moment *end)
{
	if (!stay->beyond.at || end->at <= stay->beyond.at)
		return soft_stay_own(stay, end);
	return soft_stay_own(stay, &stay->beyond) +
	       since(end->at, stay->beyond.at);
}

/**
 * soft_stay_blame() - for which time the watchdog counts
 * @stay: a dispatch's
 * @end: when it left the engine, or its worker had answered
 * @blocked: the worker is in the kernel, where no signal reaches it
 *
 * One that waits there, for a page, say, could not have answered. What passes from
 * when it was sent SIGSTOP until somebody has seen that it stands is none of its.
 *
 * Return: ns.
 */
u64 soft_stay_blame(const struct soft_stay *stay, const struct soft_moment *end,
		    bool blocked)
{
	if (stay->stopped.at)
		return stay->blocked ? 0 : soft_stay_own(stay, &stay->stopped);
	return blocked ? 0 : soft_stay_own(stay, end);
}

/**
 * soft_stay_charge() - what a worker's instance is charged for
 * @charged: CPU time that it was charged for so far, ns; moves on
 * @cpu: CPU time of the worker so far, ns
 * @used: time of its dispatches on the engine since this was asked last, ns
 * @cpus: CPUs that it may keep busy
 *
 * What a worker does when it has no turn is not for free, and what it does in several
 * threads counts: whichever is more. But CPU time comes to be known late, and is not
 * charged again then. Who has slept has nothing saved up beyond that.
 *
 * Return: ns of GPU time.
 */
u64 soft_stay_charge(u64 *charged, u64 cpu, u64 used, u32 cpus)
{
	u64 charge = max(used * cpus, since(cpu, *charged));

	*charged = min(*charged + charge, cpu + LATE * cpus);
	return div_u64(charge, cpus);
}
