// SPDX-License-Identifier: GPL-2.0
/* Making guests' programs ready, and carrying them out. */
#include <stdlib.h>
#include <string.h>

#include "../clock.h"
#include "program.h"

/* A piece ends soon enough for whoever waits, and late enough to be worth a start. */
#define PIECE_NS	1000000
/* What a piece is cut into, at most: the rest of a row, rows, planes, and so on back. */
#define MAX_BOXES	5

/*
 * Work-groups in a direction: what every device has, so that a guest can move to where
 * there is another one.
 */
#define MAX_GROUPS	65535

/* void main() {} */
static const uint32_t nothing[] = {
	0x07230203, 0x00010000, 0, 5, 0,
	2 << 16 | 17, 1,			/* OpCapability Shader */
	3 << 16 | 14, 0, 1,			/* OpMemoryModel Logical GLSL450 */
	5 << 16 | 15, 5, 1, 0x6e69616d, 0,	/* OpEntryPoint GLCompute %1 "main" */
	6 << 16 | 16, 1, 17, 1, 1, 1,		/* OpExecutionMode %1 LocalSize 1 1 1 */
	2 << 16 | 19, 2,			/* %2 = OpTypeVoid */
	3 << 16 | 33, 3, 2,			/* %3 = OpTypeFunction %2 */
	5 << 16 | 54, 2, 1, 0, 3,		/* %1 = OpFunction %2 None %3 */
	2 << 16 | 248, 4,			/* OpLabel */
	1 << 16 | 253,				/* OpReturn */
	1 << 16 | 56,				/* OpFunctionEnd */
};

/**
 * programs_open() - be ready for programs
 * @ps: all 0
 * @device: a part of the name of the device that is to carry them out; NULL: lavapipe
 *
 * Does nothing once, so that what the driver needs but once is done.
 *
 * Return: false if there can be none; ps->v.lack says what is missing.
 */
bool programs_open(struct programs *ps, const char *device)
{
	static const uint32_t never;
	const struct dispatch d = {
		.dims = 1, .grid = { 1, 1, 1 }, .group = { 1, 1, 1 },
	};
	struct program_job job;
	uint64_t done = 0;
	void *page;
	bool ok;

	if (!vulkan_open(&ps->v, device))
		return false;
	page = aligned_alloc(4096, 4096);
	ok = page && program_prepare(ps, &job, &d, nothing,
				     sizeof(nothing) / sizeof(nothing[0]),
				     page, 4096) &&
	     program_run(ps, &job, &done, &never);
	/* Only what programs are to reach is to be in reach. */
	ok = vulkan_reach(&ps->v, NULL, 0) && ok;
	free(page);
	if (!ok && !ps->v.lack)
		ps->v.lack = "a Vulkan driver that does nothing";
	return ok;
}

static void forget(struct programs *ps, struct program *p)
{
	struct vulkan *v = &ps->v;

	v->vk.DestroyPipeline(v->device, p->pipeline, NULL);
	v->vk.DestroyPipelineLayout(v->device, p->layout, NULL);
	free(p->words);
	memset(p, 0, sizeof(*p));
}

/**
 * programs_close() - the opposite, also after a failure
 * @ps: the programs
 */
void programs_close(struct programs *ps)
{
	unsigned int i;

	for (i = 0; i < NR_PROGRAMS; i++)
		if (ps->ready[i].nr)
			forget(ps, &ps->ready[i]);
	vulkan_close(&ps->v);
}

static struct program *find(struct programs *ps, const uint32_t *words, size_t nr,
			    uint32_t entry, const uint32_t *group)
{
	struct program *p;

	for (p = ps->ready; p < ps->ready + NR_PROGRAMS; p++)
		if (nr && p->nr == nr && p->entry == entry &&
		    !memcmp(p->group, group, sizeof(p->group)) &&
		    !memcmp(p->words, words, nr * sizeof(*words)))
			return p;
	return NULL;
}

/* A place for another one: it is not used, or was not for the longest time. */
static struct program *place(struct programs *ps)
{
	struct program *p, *oldest = ps->ready;

	for (p = ps->ready; p < ps->ready + NR_PROGRAMS; p++)
		if (p->used < oldest->used)
			oldest = p;
	if (oldest->nr)
		forget(ps, oldest);
	return oldest;
}

static bool make_pipeline(struct vulkan *v, struct program *p,
			  VkShaderModule shader)
{
	static const VkSpecializationMapEntry sizes[] = {
		{ 0, 0, 4 }, { 1, 4, 4 }, { 2, 8, 4 },
	};
	const VkSpecializationInfo group = { 3, sizes, 12, p->group };
	VkComputePipelineCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
		.flags = VK_PIPELINE_CREATE_DISPATCH_BASE_BIT,
		.stage = {
			.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
			.stage = VK_SHADER_STAGE_COMPUTE_BIT,
			.module = shader,
			.pName = p->module.name,
			.pSpecializationInfo = &group,
		},
		.layout = p->layout,
	};

	return !v->vk.CreateComputePipelines(v->device, VK_NULL_HANDLE, 1, &info,
					     NULL, &p->pipeline);
}

static bool make_shader(struct vulkan *v, struct program *p)
{
	const VkShaderModuleCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
		.codeSize = p->nr * sizeof(*p->words),
		.pCode = p->words,
	};
	VkShaderModule shader;
	bool ok;

	if (v->vk.CreateShaderModule(v->device, &info, NULL, &shader))
		return false;
	ok = make_pipeline(v, p, shader);
	v->vk.DestroyShaderModule(v->device, shader, NULL);
	return ok;
}

static bool make_layout(struct vulkan *v, struct program *p)
{
	const VkPushConstantRange args = {
		.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
		.size = (p->module.args_size + 3) / 4 * 4,
	};
	const VkPipelineLayoutCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
		.pushConstantRangeCount = !!args.size,
		.pPushConstantRanges = &args,
	};

	return !v->vk.CreatePipelineLayout(v->device, &info, NULL, &p->layout);
}

/* A program as the guest has it: it was not looked at before. */
static struct program *make(struct programs *ps, struct module *m,
			    const uint32_t *words, size_t nr, uint32_t entry,
			    const uint32_t *group)
{
	struct program *p;

	if (!module_validate(m, words, nr) ||
	    !module_read(m, words, nr, entry, group))
		return NULL;
	p = place(ps);
	p->words = malloc(nr * sizeof(*words));
	if (p->words) {
		memcpy(p->words, words, nr * sizeof(*words));
		memcpy(p->group, group, sizeof(p->group));
		p->nr = nr;
		p->entry = entry;
		p->module = *m;
		p->piece = 1;
		if (make_layout(&ps->v, p) && make_shader(&ps->v, p))
			return p;
		forget(ps, p);
	}
	module_refuse(m, REFUSED_PROGRAM, "the Vulkan driver does not take it");
	return NULL;
}

static bool read_shape(struct program_job *job, const struct dispatch *d,
		       uint32_t *group)
{
	unsigned int i;

	job->steps = 1;
	for (i = 0; i < 3; i++) {
		group[i] = i < d->dims ? d->group[i] : 1;
		if (!d->dims || d->dims > 3 || !group[i] ||
		    (i < d->dims && (d->grid[i] % group[i] || d->first[i])))
			return module_refuse(&job->module, REFUSED_VALUE,
					     "not whole work-groups from 0 on");
		job->groups[i] = i < d->dims ? d->grid[i] / group[i] : 1;
		if (!job->groups[i] || job->groups[i] > MAX_GROUPS)
			return module_refuse(&job->module, REFUSED_VALUE,
					     "no work-groups, or too many in a row");
		job->steps *= job->groups[i];
	}
	return true;
}

/* Offsets become addresses, of what is in the guest's memory; none stays none. */
static bool read_args(struct program_job *job, const struct dispatch *d,
		      uint64_t address, uint64_t size)
{
	const struct module *m = &job->module;
	unsigned int i;
	uint64_t at;

	if (d->args_size < m->args_size) {
		job->refused_arg = m->nr_args - 1;
		return module_refuse(&job->module, REFUSED_SHORT,
				     refusal_text(REFUSED_SHORT));
	}
	if (m->args_size)
		memcpy(job->args, d->args, m->args_size);
	for (i = 0; i < m->nr_args; i++) {
		if (m->args[i].type != 'p')
			continue;
		memcpy(&at, job->args + m->args[i].offset, sizeof(at));
		if (at >= size) {
			job->refused_arg = i;
			return module_refuse(&job->module, REFUSED_BOUNDS,
					     refusal_text(REFUSED_BOUNDS));
		}
		at = at ? address + at : 0;
		memcpy(job->args + m->args[i].offset, &at, sizeof(at));
	}
	return true;
}

/**
 * program_prepare() - check a dispatch of a guest's program, and have that ready
 * @ps: the programs
 * @job: for what is to be done; valid until this is called again
 * @d: the dispatch: its kernel is the place of an entry point
 * @words: the module, with what may come after it
 * @nr: how many
 * @memory: what pointers are offsets in, aligned to a page
 * @size: its bytes
 *
 * Return: false if it must not be done; job->module and job->refused_arg say why.
 */
bool program_prepare(struct programs *ps, struct program_job *job,
		     const struct dispatch *d, const uint32_t *words, size_t nr,
		     void *memory, uint64_t size)
{
	uint32_t group[3];

	memset(job, 0, sizeof(*job));
	job->refused_arg = NO_ARG;
	if (!read_shape(job, d, group))
		return false;
	if (!vulkan_reach(&ps->v, memory, size))
		return module_refuse(&job->module, REFUSED_UNAVAILABLE,
				     ps->v.lack);
	nr = module_size(words, nr);
	job->program = find(ps, words, nr, d->kernel, group);
	if (!job->program)
		job->program = make(ps, &job->module, words, nr, d->kernel,
				    group);
	if (!job->program)
		return false;
	job->program->used = ++ps->uses;
	job->module = job->program->module;
	return read_args(job, d, ps->v.address, size);
}

/* From which work-group on, and how many in each direction. */
struct box {
	uint32_t from[3];
	uint32_t nr[3];
};

/* The largest that begins at @done and is not more than @most in their order. */
static uint64_t cut_box(const struct program_job *job, uint64_t done,
			uint64_t most, struct box *b)
{
	const uint64_t *all = job->groups;
	const uint64_t plane = all[0] * all[1];

	*b = (struct box){
		.from = { done % all[0], done / all[0] % all[1], done / plane },
		.nr = { all[0], all[1], 1 },
	};
	if (b->from[0] || most < all[0]) {
		b->nr[0] = least(most, all[0] - b->from[0]);
		b->nr[1] = 1;
	} else if (b->from[1] || most < plane) {
		b->nr[1] = least(most / all[0], all[1] - b->from[1]);
	} else {
		b->nr[2] = least(most / plane, all[2] - b->from[2]);
	}
	return (uint64_t)b->nr[0] * b->nr[1] * b->nr[2];
}

/* Work-groups from @done on, in their order. Return: how many. */
static uint64_t record_boxes(struct vulkan *v, const struct program_job *job,
			     uint64_t done, uint64_t most)
{
	unsigned int i;
	uint64_t nr = 0;
	struct box b;

	for (i = 0; i < MAX_BOXES && nr < most; i++) {
		nr += cut_box(job, done + nr, most - nr, &b);
		v->vk.CmdDispatchBase(v->commands, b.from[0], b.from[1],
				      b.from[2], b.nr[0], b.nr[1], b.nr[2]);
	}
	return nr;
}

static uint64_t record(struct vulkan *v, const struct program_job *job,
		       uint64_t done, uint64_t most)
{
	const uint32_t args_size = (job->module.args_size + 3) / 4 * 4;

	v->vk.CmdBindPipeline(v->commands, VK_PIPELINE_BIND_POINT_COMPUTE,
			      job->program->pipeline);
	if (args_size)
		v->vk.CmdPushConstants(v->commands, job->program->layout,
				       VK_SHADER_STAGE_COMPUTE_BIT, 0, args_size,
				       job->args);
	return record_boxes(v, job, done, most);
}

/* Return: work-groups that were done; 0 if that cannot be. */
static uint64_t run_piece(struct vulkan *v, const struct program_job *job,
			  uint64_t done, uint64_t most)
{
	uint64_t nr;

	if (!vulkan_begin(v))
		return 0;
	nr = record(v, job, done, most);
	return vulkan_submit(v) ? nr : 0;
}

/* As many as take about PIECE_NS; what an interruption has cost, too, soon comes back. */
static void adapt(struct program *p, uint64_t ran_ns, uint64_t nr)
{
	if (ran_ns > 2 * PIECE_NS)
		p->piece = nr / 2 ?: 1;
	else if (ran_ns < PIECE_NS / 2 && nr == p->piece)
		p->piece *= 2;
}

/**
 * program_run() - do a job, or go on with it
 * @ps: the programs
 * @job: what program_prepare() was content with
 * @done: steps that were done before, and are now: job->steps if that is all. One more
 *	at least
 * @yield: a word that somebody else sets when this is to stop soon; where memory is
 *	copied, once it was worth that
 *
 * Return: false if it cannot be done.
 */
bool program_run(struct programs *ps, const struct program_job *job,
		 uint64_t *done, const volatile uint32_t *yield)
{
	const uint64_t begun = now_ns();
	uint64_t start, worth, most, nr;

	if (!vulkan_take(&ps->v))
		return false;
	start = now_ns();
	/* As long as it takes there and back, or a guest would pay for that alone. */
	worth = start + (ps->v.staged ? 2 * (start - begun) : 0);
	while (*done < job->steps) {
		most = least(job->program->piece, job->steps - *done);
		nr = run_piece(&ps->v, job, *done,
			       *yield && start >= worth ? 1 : most);
		if (!nr)
			return false;
		*done += nr;
		adapt(job->program, now_ns() - start, nr);
		start = now_ns();
		if (*yield && start >= worth)
			break;
	}
	return vulkan_give(&ps->v);
}
