// SPDX-License-Identifier: GPL-2.0
/*
 * vgpu-top -j: one object a line. Base units, as vgpu-exporter has; null for
 * what is not known.
 */
#include <math.h>
#include <string.h>

#include "top.h"

static const struct json_number {
	const char *key;
	unsigned int index;
	unsigned int decimals;
} gpu_numbers[] = {
	{ "vram_bytes", GPU_VRAM_TOTAL, 0 },
	{ "vram_reserved_bytes", GPU_VRAM_RESERVED, 0 },
	{ "vram_free_bytes", GPU_VRAM_FREE, 0 },
	{ "vram_largest_free_bytes", GPU_VRAM_LARGEST_FREE, 0 },
	{ "moves", GPU_MOVES, 0 },
	{ "moved_bytes", GPU_MOVED_BYTES, 0 },
	{ "move_pause_max_seconds", GPU_MOVE_PAUSE_NS, 9 },
	{ "executors", GPU_EXECUTOR, 0 },
	{ "workers", GPU_WORKERS, 0 },
}, engine_numbers[] = {
	{ "resets", ENGINE_RESETS, 0 },
	{ "busy_seconds", ENGINE_BUSY_NS, 9 },
	{ "switch_seconds", ENGINE_SWITCH_NS, 9 },
	{ "idle_seconds", ENGINE_IDLE_NS, 9 },
}, vgpu_numbers[] = {
	{ "vram_bytes", INST_VRAM_SIZE, 0 },
	{ "weight", INST_WEIGHT, 0 },
	{ "cap_percent", INST_CAP, 0 },
	{ "min_percent", INST_MIN, 0 },
	{ "traps", INST_TRAPS, 0 },
	{ "faults", INST_FAULTS, 0 },
	{ "state_bytes", INST_STATE_SIZE, 0 },
	{ "dirty_bytes", INST_DIRTY_BYTES, 0 },
	{ "dirty_bytes_per_second", INST_DIRTY_RATE, 0 },
}, work_numbers[] = {
	{ "limit_percent", WORK_LIMIT, 2 },
	{ "gpu_seconds", WORK_GPU_NS, 9 },
	{ "wait_seconds", WORK_WAIT_NS, 9 },
	{ "operations", WORK_OPS, 0 },
	{ "dropped_operations", WORK_DROPPED, 0 },
};

#define NR(a)	(sizeof(a) / sizeof((a)[0]))

static void put_numbers(const struct numbers *num, const struct json_number *j,
			size_t nr)
{
	for (; nr; nr--, j++) {
		unsigned long long val = num->val[j->index], unit = 1;
		unsigned int i;

		for (i = 0; i < j->decimals; i++)
			unit *= 10;
		printf(",\"%s\":", j->key);
		if (!has_number(num, j->index))
			printf("null");
		else if (j->decimals)
			printf("%llu.%0*llu", val / unit, (int)j->decimals,
			       val % unit);
		else
			printf("%llu", val);
	}
}

static void put_rate(const char *key, double val)
{
	printf(",\"%s\":", key);
	if (isnan(val))
		printf("null");
	else
		printf("%.3f", val);
}

/* The first one in an object has no comma before it. */
static void put_text(const char *key, const char *text)
{
	printf("\"%s\":", key);
	if (*text)
		put_json_string(stdout, text);
	else
		printf("null");
}

static void put_owner(const struct owner *o)
{
	putchar(',');
	put_text("vm", o->name);
	putchar(',');
	put_text("vm_uuid", o->uuid);
	putchar(',');
	put_text("vm_id", o->vmid);
	printf(",\"pid\":");
	if (o->pid)
		printf("%d", o->pid);
	else
		printf("null");
	putchar(',');
	put_text("program", o->comm);
}

static void put_work(const struct gpu *gpu, const struct vgpu *v,
		     const struct engine *e, const struct machine *before)
{
	struct work_rates rates = work_rates(gpu, v, e, before);

	putchar('{');
	put_text("engine", e->name);
	put_numbers(&e->num, work_numbers, NR(work_numbers));
	put_rate("share_percent", work_share(gpu, v, e));
	put_rate("gpu_percent", rates.gpu);
	put_rate("wait_percent", rates.wait);
	putchar('}');
}

static void put_works(const struct row *row, const struct machine *before)
{
	const struct engines *on = &row->vgpu->engines;
	size_t i;

	printf(",\"engines\":[");
	for (i = 0; i < on->nr; i++) {
		if (i)
			putchar(',');
		put_work(row->gpu, row->vgpu, &on->at[i], before);
	}
	putchar(']');
}

static void put_engine(const struct gpu *gpu, const struct engine *e,
		       const struct machine *before)
{
	struct engine_rates rates = engine_rates(gpu, e, before);

	putchar('{');
	put_text("engine", e->name);
	putchar(',');
	put_text("class", e->class);
	putchar(',');
	put_text("slice", e->slice);
	put_numbers(&e->num, engine_numbers, NR(engine_numbers));
	put_rate("busy_percent", rates.busy);
	put_rate("switch_percent", rates.switching);
	put_rate("idle_percent", rates.idle);
	putchar('}');
}

static void put_engines(const struct gpu *gpu, const struct machine *before)
{
	size_t i;

	printf(",\"engines\":[");
	for (i = 0; i < gpu->engines.nr; i++) {
		if (i)
			putchar(',');
		put_engine(gpu, &gpu->engines.at[i], before);
	}
	putchar(']');
}

/* Of its rows, the one at which a vGPU is written. */
static bool is_first_row(const struct row *row)
{
	return !row->engine || row->engine == &row->vgpu->engines.at[0];
}

static void put_vgpu(const struct row *row, const struct machine *before)
{
	const struct vgpu *v = row->vgpu;
	unsigned int i;

	putchar('{');
	put_text("vgpu", v->uuid);
	putchar(',');
	put_text("type", v->type);
	put_owner(&v->owner);
	putchar(',');
	put_text("state", v->words[WORD_STATE]);
	printf(",\"guards\":{");
	for (i = 0; i < 4; i++) {
		if (i)
			putchar(',');
		put_text(guard_kinds[i], v->words[WORD_GUARD_TRAPS + i]);
	}
	putchar('}');
	put_numbers(&v->num, vgpu_numbers, NR(vgpu_numbers));
	put_rate("traps_per_second", row->traps);
	put_works(row, before);
	putchar('}');
}

static void put_gpu(const struct gpu *gpu, const struct reading *r,
		    const struct table *t)
{
	bool first = true;
	size_t i;

	putchar('{');
	put_text("gpu", gpu->name);
	putchar(',');
	put_text("driver", gpu->driver);
	putchar(',');
	put_text("policy", gpu->policy);
	put_numbers(&gpu->num, gpu_numbers, NR(gpu_numbers));
	put_engines(gpu, &r->before);
	printf(",\"vgpus\":[");
	for (i = 0; i < t->nr; i++) {
		if (t->rows[i].gpu != gpu || !is_first_row(&t->rows[i]))
			continue;
		if (!first)
			putchar(',');
		first = false;
		put_vgpu(&t->rows[i], &r->before);
	}
	printf("]}");
}

void print_json(const struct reading *r, const struct order *order)
{
	struct table t;
	size_t i;

	table_make(&t, &r->now, &r->before, order);
	printf("{\"time\":%lld.%03ld", (long long)r->time.tv_sec,
	       r->time.tv_nsec / 1000000);
	put_rate("interval_seconds", r->interval);
	printf(",\"gpus\":[");
	for (i = 0; i < r->now.nr_gpus; i++) {
		if (i)
			putchar(',');
		put_gpu(&r->now.gpus[i], r, &t);
	}
	printf("]}\n");
	table_free(&t);
}
