// SPDX-License-Identifier: GPL-2.0
/* What happened between two readings. */
#include <string.h>

#include "rates.h"

static const struct gpu *gpu_before(const struct gpu *now,
				    const struct machine *before)
{
	size_t i;

	for (i = 0; i < before->nr_gpus; i++)
		if (before->gpus[i].id == now->id &&
		    !strcmp(before->gpus[i].name, now->name))
			return &before->gpus[i];
	return NULL;
}

static const struct vgpu *vgpu_before(const struct gpu *gpu,
				      const struct vgpu *now)
{
	size_t i;

	for (i = 0; i < gpu->nr_vgpus; i++)
		if (gpu->vgpus[i].id == now->id &&
		    !strcmp(gpu->vgpus[i].uuid, now->uuid))
			return &gpu->vgpus[i];
	return NULL;
}

/* How far a counter went, which never goes back. */
static double advance(const struct numbers *now, const struct numbers *before,
		      unsigned int i)
{
	if (!has_number(now, i) || !has_number(before, i) ||
	    now->val[i] < before->val[i])
		return UNKNOWN;
	return now->val[i] - before->val[i];
}

/* Of engines' time, which passes for each of them. */
static double engine_time(const struct gpu *now, const struct gpu *before)
{
	return advance(&now->num, &before->num, GPU_IDLE_NS) +
	       advance(&now->num, &before->num, GPU_BUSY_NS) +
	       advance(&now->num, &before->num, GPU_SWITCH_NS);
}

/* The parts are not read at the same instant. */
static double percent(double part, double whole)
{
	double p = 100 * part / whole;

	if (!(whole > 0))
		return UNKNOWN;
	return p > 100 ? 100 : p;
}

struct gpu_rates gpu_rates(const struct gpu *now, const struct machine *before)
{
	const struct gpu *was = gpu_before(now, before);
	double all;

	if (!was)
		return (struct gpu_rates){ UNKNOWN, UNKNOWN, UNKNOWN };
	all = engine_time(now, was);
	return (struct gpu_rates){
		.busy = percent(advance(&now->num, &was->num, GPU_BUSY_NS),
				all),
		.switching = percent(advance(&now->num, &was->num,
					     GPU_SWITCH_NS), all),
		.idle = percent(advance(&now->num, &was->num, GPU_IDLE_NS),
				all),
	};
}

struct vgpu_rates vgpu_rates(const struct gpu *gpu, const struct vgpu *now,
			     const struct machine *before)
{
	const struct gpu *gpu_was = gpu_before(gpu, before);
	const struct vgpu *was = gpu_was ? vgpu_before(gpu_was, now) : NULL;
	double ns;

	if (!was)
		return (struct vgpu_rates){ UNKNOWN, UNKNOWN, UNKNOWN };
	ns = now->read_ns - was->read_ns;
	return (struct vgpu_rates){
		.gpu = percent(advance(&now->num, &was->num, VGPU_GPU_NS),
			       engine_time(gpu, gpu_was)),
		.wait = percent(advance(&now->num, &was->num, VGPU_WAIT_NS),
				ns),
		.traps = ns > 0 ? advance(&now->num, &was->num, VGPU_TRAPS) *
				  1e9 / ns : UNKNOWN,
	};
}

/**
 * vgpu_share() - what a vGPU gets while all vGPUs of its GPU are busy
 * @gpu: the GPU
 * @v: the vGPU
 *
 * Under best effort, by weight; under the other policies, its limit. Cap and
 * minimum hold in any case. What others' caps leave over is not counted.
 *
 * Return: percent of the GPU's time.
 */
double vgpu_share(const struct gpu *gpu, const struct vgpu *v)
{
	double share = UNKNOWN, limit, sum = 0;
	size_t i;

	if (!has_number(&v->num, VGPU_LIMIT))
		return UNKNOWN;
	limit = v->num.val[VGPU_LIMIT] / 100.0;
	if (strcmp(gpu->policy, "best_effort"))
		return limit;
	for (i = 0; i < gpu->nr_vgpus; i++)
		if (has_number(&gpu->vgpus[i].num, VGPU_WEIGHT))
			sum += gpu->vgpus[i].num.val[VGPU_WEIGHT];
	if (has_number(&v->num, VGPU_WEIGHT) && sum > 0)
		share = 100 * v->num.val[VGPU_WEIGHT] / sum;
	if (has_number(&v->num, VGPU_MIN) && share < v->num.val[VGPU_MIN])
		share = v->num.val[VGPU_MIN];
	return share > limit ? limit : share;
}
