/* SPDX-License-Identifier: GPL-2.0 */
/* What happened between two readings. */
#ifndef _RATES_H
#define _RATES_H

#include "reader.h"

/* A figure that is not known; compare with isnan(). */
#define UNKNOWN		__builtin_nan("")

/**
 * struct engine_rates - percent of the time of an engine
 * @busy: carrying out vGPUs' work
 * @switching: loading and saving contexts
 * @idle: the rest
 */
struct engine_rates {
	double busy;
	double switching;
	double idle;
};

/**
 * struct work_rates - what a vGPU did on an engine
 * @gpu: percent of the engine's time that it had
 * @wait: percent of the time in which it had work for it, but not the engine
 */
struct work_rates {
	double gpu;
	double wait;
};

struct engine_rates engine_rates(const struct gpu *gpu, const struct engine *now,
				 const struct machine *before);
struct work_rates work_rates(const struct gpu *gpu, const struct vgpu *v,
			     const struct engine *now,
			     const struct machine *before);
double trap_rate(const struct gpu *gpu, const struct vgpu *now,
		 const struct machine *before);
double work_share(const struct gpu *gpu, const struct vgpu *v,
		  const struct engine *e);

double downtime_estimate(const struct vgpu *v, double bandwidth);

#endif /* _RATES_H */
