// SPDX-License-Identifier: GPL-2.0
/*
 * Several engines at once: what is promised holds on each, and what is done to one
 * does not touch the shares on another.
 */
#include "sim.h"

#define USUAL		.slice = 2 * MSEC, .switch_cost = 50 * USEC
#define UNEVEN		.op = 50 * USEC, .op_to = 900 * USEC
#define HALF_A_MINUTE	.length = 30 * SEC

/* With the defaults of the driver, and a tenant that is reset as soon as it can. */
#define HANGS		.watchdog = SEC, .reset = MSEC
#define SOMETIMES	.hang = 500, .back = 100 * MSEC

const struct scenario engine_scenarios[] = {
	{
		/* Who has work on both engines gets no less on either. */
		.name = "engines-apart",
		.policy = VGPU_BEST_EFFORT, USUAL,
		.group = {
			{ "both-here", 1, UNEVEN },
			{ "here", 1, UNEVEN },
			{ "both-there", 1, .engine = 1, .tenants = 1, UNEVEN },
			{ "idle-there", 3, .engine = 1, .load = NEVER, UNEVEN },
		},
		.phase = {{ HALF_A_MINUTE, .expect = {
			{ OF_BUSY, 0, .5, .01 },
			{ OF_BUSY, 1, .5, .01 },
			{ OF_BUSY, 2, 1, .001 },
			{ IDLE_MAX, 0, 0 },
			{ IDLE_MAX, 2, 0 },
		} }},
	},
	{
		/* Those who are open on an engine count there. */
		.name = "engines-equal-share",
		.policy = VGPU_EQUAL_SHARE, USUAL,
		.group = {
			{ "both-here", 2, UNEVEN },
			{ "open-here", 6, .load = NEVER, UNEVEN },
			{ "both-there", 2, .engine = 1, .tenants = 1, UNEVEN },
			{ "alone", 1, .engine = 2, UNEVEN },
		},
		.phase = {{ HALF_A_MINUTE, .expect = {
			{ OF_WALL, 0, 1. / 8, .01 },
			{ OF_BUSY, 2, .5, .01 },
			{ AT_LEAST, 2, .48, 0 },
			{ OF_WALL, 3, 1, .001 },
		} }},
	},
	{
		/* A promise and a limit are kept on each. */
		.name = "engines-promise-and-cap",
		.policy = VGPU_BEST_EFFORT, USUAL,
		.group = {
			{ "promised-here", 1, .weight = 1, .min = PERCENT(40),
			  UNEVEN },
			{ "heavy-here", 3, .weight = 10000, UNEVEN },
			{ "promised-there", 1, .weight = 1, .min = PERCENT(40),
			  .engine = 1, .tenants = 1, UNEVEN },
			{ "capped-there", 3, .cap = PERCENT(10), .weight = 10000,
			  .engine = 1, .tenants = 2, UNEVEN },
		},
		.phase = {{ HALF_A_MINUTE, .expect = {
			{ OF_WALL, 0, .4, .01 },
			{ AT_LEAST, 1, .18, 0 },
			{ AT_LEAST, 2, .6, 0 },
			{ OF_WALL, 3, .1, .01 },
		} }},
	},
	{
		/* A hang costs those beside it time, and nobody elsewhere any. */
		.name = "engines-hang-best-effort",
		.policy = VGPU_BEST_EFFORT, USUAL, HANGS,
		.group = {
			{ "hangs", 1, SOMETIMES, UNEVEN },
			{ "beside", 2, UNEVEN },
			{ "hangs-there", 1, .engine = 1, .tenants = 1, UNEVEN },
			{ "there", 2, .engine = 1, UNEVEN },
		},
		.phase = {{ .length = 120 * SEC, .expect = {
			{ HANGS_AT_LEAST, 0, 10 },
			{ AT_LEAST, 1, .25, 0 },
			{ AT_LEAST, 3, 1. / 3, .03 },
			{ IDLE_MAX, 3, 0 },
		} }},
	},
	{
		.name = "engines-hang-equal-share",
		.policy = VGPU_EQUAL_SHARE, USUAL, HANGS,
		.group = {
			{ "hangs", 1, SOMETIMES, UNEVEN },
			{ "beside", 2, UNEVEN },
			{ "hangs-there", 1, .engine = 1, .tenants = 1, UNEVEN },
			{ "there", 2, .engine = 1, UNEVEN },
			{ "open-there", 1, .engine = 1, .load = NEVER, UNEVEN },
		},
		.phase = {{ .length = 120 * SEC, .expect = {
			{ HANGS_AT_LEAST, 0, 10 },
			{ OF_WALL, 3, 1. / 4, .01 },
			{ AT_MOST, 1, 1. / 3, .01 },
		} }},
	},
	{
		/* Whatever: what is checked for every scenario holds on each. */
		.name = "engines-mixed",
		.policy = VGPU_FIXED_SHARE, USUAL, HANGS,
		.group = {
			{ "busy", 2, .share = PERCENT(20), UNEVEN },
			{ "guests", 3, .load = COME_AND_GO, UNEVEN,
			  .period = 300 * MSEC, .share = PERCENT(10) },
			{ "busy-there", 2, .share = PERCENT(20), SOMETIMES,
			  .engine = 1, .tenants = 1, UNEVEN },
			{ "frames", 2, .load = PERIODIC, .engine = 1, .burst = 3,
			  .period = 16 * MSEC, .share = PERCENT(10),
			  .op = 200 * USEC },
			{ "guests-there", 3, .load = COME_AND_GO, .engine = 2,
			  .tenants = 2, .period = 500 * MSEC,
			  .share = PERCENT(10), UNEVEN },
			{ "promised", 1, .engine = 2, .share = PERCENT(5),
			  .min = PERCENT(10), UNEVEN },
		},
		.phase = {{ .length = 60 * SEC, .expect = {
			{ HANGS_AT_LEAST, 2, 5 },
			{ OF_WALL, 5, .1, .01 },
		} }},
	},
};

const int nr_engine_scenarios = ARRAY_SIZE(engine_scenarios);
