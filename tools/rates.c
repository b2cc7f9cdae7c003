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

static double engine_time(const struct numbers *now, const struct numbers *before)
{
	return advance(now, before, ENGINE_IDLE_NS) +
	       advance(now, before, ENGINE_BUSY_NS) +
	       advance(now, before, ENGINE_SWITCH_NS);
}

/* The parts are not read at the same instant. */
static double percent(double part, double whole)
{
	double p = 100 * part / whole;

	if (!(whole > 0))
		return UNKNOWN;
	return p > 100 ? 100 : p;
}

/* Percent of the time between two readings. */
static double percent_of_time(const struct engine *now,
			      const struct engine *was, unsigned int i)
{
	return percent(advance(&now->num, &was->num, i),
		       now->read_ns - was->read_ns);
}

struct engine_rates engine_rates(const struct gpu *gpu, const struct engine *now,
				 const struct machine *before)
{
	const struct gpu *gpu_was = gpu_before(gpu, before);
	const struct engine *was = NULL;
	double all;

	if (gpu_was)
		was = engine_by_name(&gpu_was->engines, now->name);
	if (!was)
		return (struct engine_rates){ UNKNOWN, UNKNOWN, UNKNOWN };
	all = engine_time(&now->num, &was->num);
	return (struct engine_rates){
		.busy = percent(advance(&now->num, &was->num, ENGINE_BUSY_NS),
				all),
		.switching = percent(advance(&now->num, &was->num,
					     ENGINE_SWITCH_NS), all),
		.idle = percent(advance(&now->num, &was->num, ENGINE_IDLE_NS),
				all),
	};
}

struct work_rates work_rates(const struct gpu *gpu, const struct vgpu *v,
			     const struct engine *now,
			     const struct machine *before)
{
	const struct engine *engine = engine_by_name(&gpu->engines, now->name);
	const struct engine *engine_was = NULL, *was = NULL;
	const struct gpu *gpu_was = gpu_before(gpu, before);
	const struct vgpu *v_was = gpu_was ? vgpu_before(gpu_was, v) : NULL;

	if (v_was) {
		was = engine_by_name(&v_was->engines, now->name);
		engine_was = engine_by_name(&gpu_was->engines, now->name);
	}
	if (!was || !engine || !engine_was)
		return (struct work_rates){ UNKNOWN, UNKNOWN };
	return (struct work_rates){
		.gpu = percent(advance(&now->num, &was->num, WORK_GPU_NS),
			       engine_time(&engine->num, &engine_was->num)),
		.wait = percent_of_time(now, was, WORK_WAIT_NS),
	};
}

/* Trapped register accesses a second. */
double trap_rate(const struct gpu *gpu, const struct vgpu *now,
		 const struct machine *before)
{
	const struct gpu *gpu_was = gpu_before(gpu, before);
	const struct vgpu *was = gpu_was ? vgpu_before(gpu_was, now) : NULL;
	double ns;

	if (!was)
		return UNKNOWN;
	ns = now->read_ns - was->read_ns;
	return ns > 0 ? advance(&now->num, &was->num, INST_TRAPS) * 1e9 / ns :
			UNKNOWN;
}

/* Of all vGPUs that are on an engine. */
static double sum_of_weights(const struct gpu *gpu, const char *engine)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < gpu->nr_vgpus; i++) {
		const struct vgpu *v = &gpu->vgpus[i];

		if (has_number(&v->num, INST_WEIGHT) &&
		    engine_by_name(&v->engines, engine))
			sum += v->num.val[INST_WEIGHT];
	}
	return sum;
}

/**
 * work_share() - what a vGPU gets of an engine while all others on it are busy
 * @gpu: the GPU
 * @v: the vGPU
 * @e: the vGPU on that engine
 *
 * Under best effort, by weight; under the other policies, its limit. Cap and
 * minimum hold in any case. What others' caps leave over is not counted.
 *
 * Return: percent of the engine's time.
 */
double work_share(const struct gpu *gpu, const struct vgpu *v,
		  const struct engine *e)
{
	double share = UNKNOWN, limit, sum;

	if (!has_number(&e->num, WORK_LIMIT))
		return UNKNOWN;
	limit = e->num.val[WORK_LIMIT] / 100.0;
	if (strcmp(gpu->policy, "best_effort"))
		return limit;
	sum = sum_of_weights(gpu, e->name);
	if (has_number(&v->num, INST_WEIGHT) && sum > 0)
		share = 100 * v->num.val[INST_WEIGHT] / sum;
	if (has_number(&v->num, INST_MIN) && share < v->num.val[INST_MIN])
		share = v->num.val[INST_MIN];
	return share > limit ? limit : share;
}

/**
 * downtime_estimate() - how long a vGPU would stand still to be moved
 * @v: the vGPU
 * @bandwidth: bytes a second that it may be moved with
 *
 * As if all of it was copied once while it runs, and then what was written meanwhile
 * while it stands still: more rounds leave less. Where it is not known how fast it
 * writes, and where that is too fast, all of its memory goes while it stands still.
 *
 * The driver has the same formula (drivers/vgpu/migrate/estimate.c), for the bandwidth
 * that was set for one vGPU: a change of one is a change of both.
 *
 * Return: seconds.
 */
double downtime_estimate(const struct vgpu *v, double bandwidth)
{
	const struct numbers *num = &v->num;
	double all, left;

	if (!has_number(num, INST_STATE_SIZE) ||
	    !has_number(num, INST_VRAM_SIZE))
		return UNKNOWN;
	all = num->val[INST_STATE_SIZE];
	left = num->val[INST_VRAM_SIZE];
	if (has_number(num, INST_DIRTY_RATE) &&
	    left > num->val[INST_DIRTY_RATE] * all / bandwidth)
		left = num->val[INST_DIRTY_RATE] * all / bandwidth;
	/* What is not memory is always read then. */
	return (all - num->val[INST_VRAM_SIZE] + left) / bandwidth;
}
