// SPDX-License-Identifier: GPL-2.0
/*
 * For how long a move would stop an instance. tools/rates.c has the same formula, for
 * those who ask without setting anything: a change of one is a change of both.
 */
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include "estimate.h"

/* At most U64_MAX: some processors fault where a quotient is more. */
static u64 mul_div(u64 a, u64 b, u64 c)
{
	if (mul_u64_u64_shr(a, b, 64) >= c)
		return U64_MAX;
	return mul_u64_u64_div_u64(a, b, c);
}

/**
 * vgpu_estimate_downtime() - for how long a move would stop an instance
 * @e: what is known of it; &vgpu_estimate.memory is not more than all
 *
 * As if all of it was copied once while it runs, and then what was written meanwhile
 * while it stands still: more rounds leave less. Where it is not known how fast it
 * writes, and where that is too fast, all of its memory goes while it stands still.
 *
 * Return: ns; U64_MAX when it is more.
 */
u64 vgpu_estimate_downtime(const struct vgpu_estimate *e)
{
	/* An unknown rate is higher than any. */
	u64 left = min(e->memory, mul_div(e->rate, e->all, e->bandwidth));

	/* What is not memory is always read then. */
	return mul_div(e->all - e->memory + left, NSEC_PER_SEC, e->bandwidth);
}
