// SPDX-License-Identifier: GPL-2.0
/* What is asked of the policy, case by case. */
#include "sim.h"

/* Operations of usual length, and the loads that are used most. */
#define EVEN		.op = 200 * USEC
#define UNEVEN		.op = 50 * USEC, .op_to = 900 * USEC
#define BUSY(label)	{ .name = label, .count = 1, UNEVEN }
#define OPEN(label, n)	{ .name = label, .count = n, .load = NEVER, UNEVEN }
#define USUAL		.slice = 2 * MSEC, .switch_cost = 50 * USEC
#define TEN_SECONDS	.length = 10 * SEC

const struct scenario scenarios[] = {
	{
		.name = "weights-1-2-4",
		.policy = VGPU_BEST_EFFORT, USUAL,
		.group = {
			{ "w100", 1, .weight = 100, UNEVEN },
			{ "w200", 1, .weight = 200, EVEN },
			{ "w400", 1, .weight = 400, .op = 1500 * USEC },
		},
		.phase = {{ TEN_SECONDS, .expect = {
			{ OF_BUSY, 0, 1. / 7, .02 },
			{ OF_BUSY, 1, 2. / 7, .02 },
			{ OF_BUSY, 2, 4. / 7, .02 },
			{ IDLE_MAX, 0, 0 },
		} }},
	},
	{
		.name = "equal-share-two-busy",
		.policy = VGPU_EQUAL_SHARE, USUAL,
		.group = { BUSY("uneven"), { "even", 1, EVEN } },
		.phase = {{ TEN_SECONDS, .expect = {
			{ OF_BUSY, 0, .5, .01 },
			{ OF_BUSY, 1, .5, .01 },
			{ OF_WALL, 0, .485, .025 },
		} }},
	},
	{
		.name = "equal-share-one-of-two",
		.policy = VGPU_EQUAL_SHARE, USUAL,
		.group = { BUSY("busy"), OPEN("idle", 1) },
		.phase = {{ TEN_SECONDS, .expect = {
			{ OF_WALL, 0, .5, .01 },
		} }},
	},
	{
		.name = "equal-share-5-of-10",
		.policy = VGPU_EQUAL_SHARE, USUAL,
		.group = { { "busy", 5, UNEVEN }, OPEN("idle", 5) },
		.phase = {{ TEN_SECONDS, .expect = {
			{ OF_WALL, 0, .1, .01 },
			{ JAIN, 0, .999 },
		} }},
	},
	{
		/* Shares by type; the greatest ones leave, and come again. */
		.name = "fixed-share-types",
		.policy = VGPU_FIXED_SHARE, USUAL,
		.group = {
			{ "half", 1, .share = PERCENT(50), UNEVEN },
			{ "quarter", 1, .share = PERCENT(25), EVEN },
			{ "eighth", 1, .share = PERCENT(12.5), UNEVEN },
			{ "sixteenth", 1, .share = PERCENT(6.25), EVEN },
		},
		.phase = {
			{ TEN_SECONDS, .expect = {
				{ OF_WALL, 0, .5, .01 },
				{ OF_WALL, 1, .25, .01 },
				{ OF_WALL, 2, .125, .01 },
				{ OF_WALL, 3, .0625, .01 },
			} },
			{ TEN_SECONDS, .settle = SEC, .set_group = 1,
			  .change = { .load = NEVER }, .expect = {
				{ AT_MOST, 0, 0 },
				{ OF_WALL, 1, .25, .01 },
				{ OF_WALL, 2, .125, .01 },
				{ OF_WALL, 3, .0625, .01 },
			} },
			{ TEN_SECONDS, .set_group = 2,
			  .change = { .load = NEVER }, .expect = {
				{ OF_WALL, 2, .125, .01 },
				{ OF_WALL, 3, .0625, .01 },
			} },
			{ TEN_SECONDS, .set_group = 1,
			  .change = { .load = ALWAYS }, .expect = {
				{ OF_WALL, 0, .5, .01 },
				{ OF_WALL, 2, .125, .01 },
			} },
		},
	},
	{
		/* All is given away, and switches take a part of it. */
		.name = "fixed-share-full",
		.policy = VGPU_FIXED_SHARE, USUAL,
		.group = {
			{ "half", 1, .share = PERCENT(50), UNEVEN },
			{ "quarter", 1, .share = PERCENT(25), EVEN },
			{ "eighth", 2, .share = PERCENT(12.5), UNEVEN },
		},
		.phase = {{ TEN_SECONDS, .expect = {
			{ OF_BUSY, 0, .5, .01 },
			{ OF_BUSY, 1, .25, .01 },
			{ OF_BUSY, 2, .125, .01 },
		} }},
	},
	{
		/* A slice fills more than the averaging window. */
		.name = "fixed-share-long-slices",
		.policy = VGPU_FIXED_SHARE,
		.slice = 30 * MSEC, .switch_cost = 20 * USEC,
		.group = {
			{ "busy", 12, .share = PERCENT(6.5), .op = MSEC,
			  .op_to = 20 * MSEC },
			{ "other", 2, .share = PERCENT(6.5), .load = ON_OFF,
			  .period = 700 * MSEC, .op = MSEC,
			  .op_to = 20 * MSEC },
		},
		.phase = {{ .length = 60 * SEC, .expect = {
			{ OF_WALL, 0, .065, .01 },
			{ JAIN, 0, .999 },
			{ AT_MOST, 1, .065, .01 },
		} }},
	},
	{
		.name = "cap-alone",
		.policy = VGPU_BEST_EFFORT, USUAL,
		.group = { { "capped", 1, .cap = PERCENT(25), UNEVEN } },
		.phase = {{ TEN_SECONDS, .expect = {
			{ OF_WALL, 0, .25, .01 },
		} }},
	},
	{
		.name = "cap-beside-others",
		.policy = VGPU_BEST_EFFORT, USUAL,
		.group = {
			{ "capped", 1, .cap = PERCENT(25), .weight = 10000,
			  UNEVEN },
			{ "free", 2, UNEVEN },
		},
		.phase = {{ TEN_SECONDS, .expect = {
			{ OF_WALL, 0, .25, .01 },
			{ JAIN, 1, .999 },
			{ IDLE_MAX, 1, 0 },
		} }},
	},
	{
		/* Idle time saves up no more than the window. */
		.name = "cap-on-off",
		.policy = VGPU_BEST_EFFORT, USUAL,
		.group = {
			{ "capped", 1, .cap = PERCENT(25), .load = ON_OFF,
			  .period = SEC, UNEVEN },
		},
		.phase = {{ .length = 20 * SEC, .expect = {
			{ AT_MOST, 0, .14 },
			{ AT_LEAST, 0, .12 },
		} }},
	},
	{
		.name = "min-beside-heavy",
		.policy = VGPU_BEST_EFFORT, USUAL,
		.group = {
			{ "promised", 1, .min = PERCENT(20), .weight = 1,
			  UNEVEN },
			{ "heavy", 10, .weight = 10000, UNEVEN },
		},
		.phase = {
			{ TEN_SECONDS, .expect = {
				{ OF_WALL, 0, .2, .01 },
				{ JAIN, 1, .999 },
				{ IDLE_MAX, 1, 0 },
			} },
			/* Idle, it leaves all to the others. */
			{ TEN_SECONDS, .set_group = 1,
			  .change = { .load = NEVER, .weight = 1,
				      .min = PERCENT(20) }, .expect = {
				{ JAIN, 1, .999 },
				{ IDLE_MAX, 1, 0 },
			} },
			/* Back at work, it has no more than it was promised. */
			{ .length = SEC, .set_group = 1,
			  .change = { .load = ALWAYS, .weight = 1,
				      .min = PERCENT(20) }, .expect = {
				{ OF_WALL, 0, .2, .02 },
			} },
		},
	},
	{
		/* More than the promise by weight: the promise adds nothing. */
		.name = "min-below-weight",
		.policy = VGPU_BEST_EFFORT, USUAL,
		.group = {
			{ "promised", 1, .min = PERCENT(20), UNEVEN },
			{ "other", 1, UNEVEN },
		},
		.phase = {{ TEN_SECONDS, .expect = {
			{ OF_BUSY, 0, .5, .01 },
			{ OF_BUSY, 1, .5, .01 },
		} }},
	},
	{
		/* The promise of one that had all of an idle engine holds. */
		.name = "min-after-plenty",
		.policy = VGPU_BEST_EFFORT, USUAL,
		.group = {
			{ "promised", 1, .min = PERCENT(30), .weight = 1,
			  UNEVEN },
			{ "heavy", 4, .load = NEVER, UNEVEN },
		},
		.phase = {
			{ TEN_SECONDS, .expect = { { AT_LEAST, 0, .99 } } },
			{ .length = 300 * MSEC, .set_group = 2,
			  .change = { .load = ALWAYS, .weight = 10000 },
			  .expect = { { AT_LEAST, 0, .29 } } },
		},
	},
	{
		/* Far more than its weight, then the weight would give more. */
		.name = "min-then-weight",
		.policy = VGPU_BEST_EFFORT, USUAL,
		.group = {
			{ "promised", 1, .min = PERCENT(80), UNEVEN },
			{ "first", 1, UNEVEN },
			{ "second", 1, UNEVEN },
		},
		.phase = {
			{ TEN_SECONDS, .expect = {
				{ OF_WALL, 0, .8, .01 },
			} },
			{ TEN_SECONDS, .settle = SEC, .set_group = 2,
			  .change = { .weight = 1 } },
			{ TEN_SECONDS, .settle = SEC, .set_group = 3,
			  .change = { .weight = 1 }, .expect = {
				{ OF_BUSY, 0, 100. / 102, .01 },
			} },
		},
	},
	{
		/* A promise to one with long operations is no more than that. */
		.name = "min-long-operations",
		.policy = VGPU_BEST_EFFORT, USUAL,
		.group = {
			{ "promised", 1, .min = PERCENT(10), .op = 200 * MSEC },
			{ "other", 1, UNEVEN },
		},
		.phase = {{ .length = 120 * SEC, .expect = {
			{ OF_BUSY, 0, .5, .01 },
			{ OF_BUSY, 1, .5, .01 },
		} }},
	},
	{
		.name = "min-all-promised",
		.policy = VGPU_BEST_EFFORT, USUAL,
		.no_bound = true,
		.group = {
			{ "a", 2, .min = PERCENT(30), .weight = 1, UNEVEN },
			{ "b", 2, .min = PERCENT(20), .weight = 1, EVEN },
			{ "other", 1, UNEVEN },
		},
		.phase = {
			{ .length = 30 * SEC, .expect = {
				{ OF_BUSY, 0, .3, .05 },
				{ OF_BUSY, 1, .2, .05 },
			} },
			/* What did not fit in is not made up for long. */
			{ TEN_SECONDS, .settle = SEC / 10, .set_group = 1,
			  .change = { .load = NEVER, .min = PERCENT(30) },
			  .expect = {
				{ OF_WALL, 1, .2, .02 },
			} },
		},
	},
	{
		.name = "min-in-equal-share",
		.policy = VGPU_EQUAL_SHARE, USUAL,
		.group = {
			{ "promised", 1, .min = PERCENT(55), UNEVEN },
			{ "other", 3, UNEVEN },
			OPEN("idle", 1),
		},
		.phase = {{ TEN_SECONDS, .expect = {
			{ OF_WALL, 0, .55, .01 },
			{ JAIN, 1, .999 },
			{ AT_MOST, 1, .2 },
		} }},
	},
	{
		.name = "min-in-fixed-share",
		.policy = VGPU_FIXED_SHARE, USUAL,
		.group = {
			{ "promised", 1, .min = PERCENT(40), UNEVEN,
			  .share = PERCENT(20) },
			{ "other", 2, UNEVEN, .share = PERCENT(40) },
		},
		.phase = {{ TEN_SECONDS, .expect = {
			{ OF_WALL, 0, .4, .01 },
			{ JAIN, 1, .999 },
			{ AT_LEAST, 1, .28 },
		} }},
	},
	{
		.name = "idle-gets-no-credit",
		.policy = VGPU_BEST_EFFORT, USUAL,
		.group = { BUSY("busy"), OPEN("sleeper", 1) },
		.phase = {
			{ TEN_SECONDS },
			{ .length = SEC, .set_group = 2, .expect = {
				{ OF_BUSY, 0, .5, .01 },
				{ OF_BUSY, 1, .5, .01 },
			} },
		},
	},
	{
		/* Operations far longer than a slice do not skew shares. */
		.name = "overruns-paid-back",
		.policy = VGPU_BEST_EFFORT, USUAL,
		.group = {
			{ "even", 1, EVEN },
			{ "uneven", 1, .op = 100 * USEC, .op_to = 6 * MSEC },
			{ "rarely-long", 1, EVEN, .rare = 200,
			  .rare_op = 50 * MSEC },
			{ "long", 1, .op = 15 * MSEC },
		},
		.phase = {{ .length = 30 * SEC, .expect = {
			{ OF_BUSY, 0, .25, .01 },
			{ OF_BUSY, 1, .25, .01 },
			{ OF_BUSY, 2, .25, .01 },
			{ OF_BUSY, 3, .25, .01 },
		} }},
	},
	{
		.name = "overruns-in-equal-share",
		.policy = VGPU_EQUAL_SHARE, USUAL,
		.group = {
			{ "even", 1, EVEN },
			{ "uneven", 1, .op = 100 * USEC, .op_to = 6 * MSEC },
			{ "long", 1, .op = 15 * MSEC },
			OPEN("idle", 1),
		},
		.phase = {{ .length = 30 * SEC, .expect = {
			{ OF_WALL, 0, .25, .01 },
			{ OF_WALL, 1, .25, .01 },
			{ OF_WALL, 2, .25, .01 },
		} }},
	},
	{
		/* Operations that are longer than the averaging window. */
		.name = "overruns-of-the-window",
		.policy = VGPU_EQUAL_SHARE, USUAL,
		.group = {
			{ "long", 1, .op = 400 * MSEC },
			{ "promised", 1, .op = 300 * MSEC,
			  .min = PERCENT(45) },
			OPEN("idle", 2),
		},
		.phase = {{ .length = 400 * SEC, .expect = {
			{ OF_WALL, 0, .25, .01 },
			{ OF_WALL, 1, .45, .01 },
		} }},
	},
	{
		/* Overruns come off the next slices: on average as set. */
		.name = "slices-average-out",
		.policy = VGPU_BEST_EFFORT, USUAL,
		.group = {
			{ "even", 1, .op = 100 * USEC },
			{ "uneven", 1, .op = 100 * USEC, .op_to = 1500 * USEC },
		},
		.phase = {{ TEN_SECONDS, .expect = {
			{ MEAN_RUN, 0, 2 * MSEC, .01 },
			{ MEAN_RUN, 1, 2 * MSEC, .02 },
		} }},
	},
	{
		.name = "policy-changes",
		.policy = VGPU_BEST_EFFORT, USUAL, .no_bound = true,
		.group = {
			{ "heavy", 1, .weight = 300, .share = PERCENT(10),
			  UNEVEN },
			{ "light", 1, .weight = 100, .share = PERCENT(60),
			  UNEVEN },
			{ "feather", 1, .weight = 1, .share = PERCENT(5),
			  UNEVEN },
			OPEN("idle", 1),
		},
		.phase = {
			{ TEN_SECONDS, .expect = {
				{ OF_BUSY, 0, 300. / 401, .02 },
				{ OF_BUSY, 1, 100. / 401, .02 },
			} },
			{ TEN_SECONDS, .set_policy = true,
			  .policy = VGPU_EQUAL_SHARE, .expect = {
				{ OF_WALL, 0, .25, .01 },
				{ OF_WALL, 1, .25, .01 },
				{ OF_WALL, 2, .25, .01 },
			} },
			{ TEN_SECONDS, .set_policy = true,
			  .policy = VGPU_FIXED_SHARE, .expect = {
				{ OF_WALL, 0, .1, .01 },
				{ OF_WALL, 1, .6, .01 },
				{ OF_WALL, 2, .05, .01 },
			} },
			{ TEN_SECONDS, .set_policy = true,
			  .policy = VGPU_BEST_EFFORT, .expect = {
				{ OF_BUSY, 0, 300. / 401, .02 },
				{ OF_BUSY, 1, 100. / 401, .02 },
				{ IDLE_MAX, 0, 0 },
			} },
		},
	},
	{
		.name = "settings-change",
		.policy = VGPU_BEST_EFFORT, USUAL, .no_bound = true,
		.group = { BUSY("changed"), BUSY("other") },
		.phase = {
			{ TEN_SECONDS, .set_group = 1,
			  .change = { .weight = 400 }, .expect = {
				{ OF_BUSY, 0, .8, .02 },
			} },
			{ TEN_SECONDS, .set_group = 1,
			  .change = { .weight = 400, .cap = PERCENT(25) },
			  .expect = {
				{ OF_WALL, 0, .25, .01 },
				{ IDLE_MAX, 0, 0 },
			} },
			{ TEN_SECONDS, .set_group = 1,
			  .change = { .weight = 1, .min = PERCENT(40) },
			  .expect = {
				{ OF_WALL, 0, .4, .01 },
			} },
			{ TEN_SECONDS, .set_group = 1,
			  .change = { .weight = 100 }, .expect = {
				{ OF_BUSY, 0, .5, .01 },
			} },
		},
	},
	{
		/* Small shares become great ones, at once. */
		.name = "crowd-leaves",
		.policy = VGPU_EQUAL_SHARE, USUAL, .no_bound = true,
		.group = {
			BUSY("busy"), BUSY("other"),
			{ "crowd", 50, UNEVEN },
		},
		.phase = {
			{ TEN_SECONDS, .expect = { { JAIN, 2, .999 } } },
			{ .length = 200 * MSEC, .set_group = 3,
			  .change = { .load = AWAY }, .expect = {
				{ OF_BUSY, 0, .5, .05 },
				{ OF_BUSY, 1, .5, .05 },
			} },
		},
	},
	{
		/* What a cap kept from it is no claim later. */
		.name = "cap-leaves-no-credit",
		.policy = VGPU_BEST_EFFORT, USUAL,
		.group = {
			{ "capped", 1, .cap = PERCENT(5), .weight = 1000,
			  UNEVEN },
			{ "other", 3, UNEVEN },
		},
		.phase = {
			{ TEN_SECONDS, .expect = { { OF_WALL, 0, .05, .01 } } },
			{ TEN_SECONDS, .set_group = 2,
			  .change = { .weight = 10000 }, .expect = {
				{ OF_BUSY, 0, 1. / 31, .02 },
			} },
		},
	},
	{
		/* Half of 200 us of traps for each 200 us of engine time. */
		.name = "traps-are-charged",
		.policy = VGPU_BEST_EFFORT, USUAL, .trap_charge = 50,
		.group = {
			{ "trapping", 1, EVEN, .trap = 200 * USEC },
			{ "other", 1, EVEN },
		},
		.phase = {{ TEN_SECONDS, .expect = {
			{ OF_BUSY, 0, .4, .01 },
			{ OF_BUSY, 1, .6, .01 },
		} }},
	},
	{
		/* Hours of traps are not held against it for hours. */
		.name = "traps-are-forgotten",
		.policy = VGPU_BEST_EFFORT, USUAL, .trap_charge = 100,
		.group = {
			{ "trapping", 1, EVEN, .rare = 100, .trap = 10 * SEC,
			  .load = PERIODIC, .period = SEC,
			  .rare_op = 200 * USEC },
			{ "other", 1, EVEN },
		},
		.phase = {{ TEN_SECONDS, .expect = {
			{ AT_LEAST, 1, .95 },
			{ AT_LEAST, 0, .00018 },
		} }},
	},
	{
		/* Work for less time than a switch takes, again and again. */
		.name = "switches-wasted",
		.policy = VGPU_BEST_EFFORT,
		.slice = 2 * MSEC, .switch_cost = 200 * USEC,
		.group = {
			{ "tiny", 2, .op = 5 * USEC, .load = PERIODIC,
			  .period = 100 * USEC },
			{ "busy", 2, EVEN },
		},
		.phase = {{ TEN_SECONDS, .expect = {
			{ AT_LEAST, 1, .22 },
			{ JAIN, 1, .999 },
			{ IDLE_MAX, 0, 0 },
		} }},
	},
	{
		.name = "mixed-best-effort",
		.policy = VGPU_BEST_EFFORT, USUAL,
		.group = {
			{ "busy", 3, UNEVEN },
			{ "heavy", 1, .weight = 500, .cap = PERCENT(40),
			  UNEVEN, .rare = 100, .rare_op = 8 * MSEC },
			{ "promised", 1, .min = PERCENT(20), .weight = 10,
			  UNEVEN },
			{ "frames", 2, .load = PERIODIC, EVEN, .burst = 3,
			  .period = 16 * MSEC, },
			{ "desktop", 4, .load = SPORADIC, EVEN, .burst = 4,
			  .period = 50 * MSEC },
			{ "guests", 3, .load = COME_AND_GO, UNEVEN,
			  .period = 300 * MSEC },
		},
		.phase = {{ .length = 60 * SEC, .expect = {
			{ JAIN, 0, .999 },
			{ AT_MOST, 1, .4, .01 },
			{ AT_LEAST, 2, .2, .01 },
			{ AT_LEAST, 3, .6 / 16, .01 },
			{ IDLE_MAX, 0, 0 },
		} }},
	},
	{
		.name = "mixed-equal-share",
		.policy = VGPU_EQUAL_SHARE, USUAL,
		.group = {
			{ "busy", 3, UNEVEN },
			{ "capped", 1, .cap = PERCENT(3), UNEVEN },
			{ "promised", 1, .min = PERCENT(15), UNEVEN },
			{ "frames", 2, .load = PERIODIC, EVEN, .burst = 3,
			  .period = 16 * MSEC, },
			{ "desktop", 4, .load = SPORADIC, EVEN, .burst = 4,
			  .period = 50 * MSEC },
			OPEN("idle", 5),
		},
		.phase = {{ .length = 60 * SEC, .expect = {
			{ OF_WALL, 0, 1. / 16, .01 },
			{ OF_WALL, 1, .03, .01 },
			{ OF_WALL, 2, .15, .01 },
			{ AT_LEAST, 3, .6 / 16, .01 },
			{ AT_LEAST, 4, .8 / 50, .15 },
		} }},
	},
	{
		.name = "mixed-fixed-share",
		.policy = VGPU_FIXED_SHARE, USUAL,
		.group = {
			{ "busy", 2, .share = PERCENT(20), UNEVEN },
			{ "small", 1, .share = PERCENT(5), UNEVEN,
			  .rare = 100, .rare_op = 8 * MSEC },
			{ "promised", 1, .share = PERCENT(5),
			  .min = PERCENT(10), UNEVEN },
			{ "frames", 2, .load = PERIODIC, EVEN, .burst = 3,
			  .period = 16 * MSEC, .share = PERCENT(10) },
			{ "guests", 2, .load = COME_AND_GO, UNEVEN,
			  .period = 300 * MSEC, .share = PERCENT(10) },
		},
		.phase = {{ .length = 60 * SEC, .expect = {
			{ OF_WALL, 0, .2, .01 },
			{ OF_WALL, 1, .05, .01 },
			{ OF_WALL, 2, .1, .01 },
			{ AT_LEAST, 3, .6 / 16, .01 },
			{ AT_MOST, 4, .071 },
		} }},
	},
};

const int nr_scenarios = ARRAY_SIZE(scenarios);
