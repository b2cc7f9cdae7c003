/* SPDX-License-Identifier: GPL-2.0 */
/* What happened between two readings. */
#ifndef _RATES_H
#define _RATES_H

#include "reader.h"

/* A figure that is not known; compare with isnan(). */
#define UNKNOWN		__builtin_nan("")

/**
 * struct gpu_rates - percent of the time of all engines of a GPU
 * @busy: carrying out vGPUs' work
 * @switching: loading and saving contexts
 * @idle: the rest
 */
struct gpu_rates {
	double busy;
	double switching;
	double idle;
};

/**
 * struct vgpu_rates - what a vGPU did
 * @gpu: percent of the GPU's time that it had
 * @wait: percent of the time in which it had work but no engine
 * @traps: trapped register accesses a second
 */
struct vgpu_rates {
	double gpu;
	double wait;
	double traps;
};

struct gpu_rates gpu_rates(const struct gpu *now, const struct machine *before);
struct vgpu_rates vgpu_rates(const struct gpu *gpu, const struct vgpu *now,
			     const struct machine *before);
double vgpu_share(const struct gpu *gpu, const struct vgpu *v);

#endif /* _RATES_H */
