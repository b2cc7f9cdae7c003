/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A dispatch's stay on a compute engine: which of that time its worker has used, and
 * which it could not help. Arithmetic on what the caller has measured.
 *
 * A worker's *own* time is what it had the engine without what it has waited for a
 * CPU. Who sleeps with a turn in its hands keeps the engine from others: that is its
 * own, too, though no CPU time. Of several threads each waits while another one has the
 * CPU: so it is no less than the CPU time of all of them.
 */
#ifndef _SOFT_STAY_H
#define _SOFT_STAY_H

#include <linux/types.h>

/**
 * struct soft_moment - a moment of a worker's life
 * @at: by the clock, ns; 0 for none
 * @waited: how long it had waited for a CPU by then, in all, ns
 * @cpu: CPU time that it had used by then, ns; of a thread that runs up to the last tick
 */
struct soft_moment {
	u64 at;
	u64 waited;
	u64 cpu;
};

/**
 * struct soft_stay - a dispatch on the engine
 * @since: when it came
 * @beyond: when it was seen that its worker's grace is over, or none
 * @stopped: when its worker was sent SIGSTOP, or none
 * @blocked: it was in the kernel then, where no signal reaches it
 */
struct soft_stay {
	struct soft_moment since;
	struct soft_moment beyond;
	struct soft_moment stopped;
	bool blocked;
};

u64 soft_stay_own(const struct soft_stay *stay, const struct soft_moment *now);
u64 soft_stay_used(const struct soft_stay *stay, const struct soft_moment *end);
u64 soft_stay_blame(const struct soft_stay *stay, const struct soft_moment *end,
		    bool blocked);
u64 soft_stay_charge(u64 *charged, u64 cpu, u64 used, u32 cpus);

#endif /* _SOFT_STAY_H */
