// SPDX-License-Identifier: GPL-2.0
/*
 * Metrics of GPUs and vGPUs. All of a GPU carry the label gpu, all of a vGPU
 * also vgpu (its UUID) and domain, uuid and vmid (name, UUID and Proxmox's number
 * of the VM that uses it): the first two are what libvirt's exporters call them.
 * What is by engine has the label engine.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metrics.h"
#include "rates.h"

enum kind { COUNTER, GAUGE, INFO, STATESET };

/* Of what there is a sample each. */
enum scope { EACH_GPU, EACH_TYPE, EACH_ENGINE, EACH_VGPU, EACH_WORK };

/**
 * struct family - one metric
 * @name: without the suffix of its kind
 * @unit: the end of its name, or NULL
 * @kind: as OpenMetrics has it
 * @scope: who has it
 * @help: one line
 * @number: where the value is, by the scope's enum in reader.h
 * @decimals: the value is in units of 10^-@decimals
 * @label: further label, if there is more than one sample for each, or NULL
 * @parts: samples
 * @nr_parts: how many; 0: one without @label
 * @figure: makes the value, which is in no file; NULL: it is
 */
struct family {
	const char *name;
	const char *unit;
	enum kind kind;
	enum scope scope;
	const char *help;
	unsigned int number;
	unsigned int decimals;
	const char *label;
	const struct part {
		const char *value;
		unsigned int number;
	} *parts;
	unsigned int nr_parts;
	double (*figure)(const struct vgpu *v);
};

static const struct part guard_limits[] = {
	{ "traps", GPU_LIMIT_TRAPS },
	{ "irqs", GPU_LIMIT_IRQS },
	{ "resets", GPU_LIMIT_RESETS },
	{ "faults", GPU_LIMIT_FAULTS },
};

static const struct part trap_kinds[] = {
	{ "read", INST_TRAPS_READ },
	{ "write", INST_TRAPS_WRITE },
	{ "config", INST_TRAPS_CONFIG },
	{ "vram", INST_TRAPS_VRAM },
};

static const struct part migrations[] = {
	{ "out", INST_SAVES },
	{ "in", INST_LOADS },
};

static const struct part failed_migrations[] = {
	{ "out", INST_SAVES_FAILED },
	{ "in", INST_LOADS_FAILED },
};

static const struct part migration_bytes[] = {
	{ "out", INST_SENT },
	{ "in", INST_RECEIVED },
};

static const struct part downtimes[] = {
	{ "out", INST_STOP_NS },
	{ "in", INST_START_NS },
};

/* That a vGPU is moved with, bytes a second; 0: nobody has said. */
static double bandwidth;

static double estimate(const struct vgpu *v)
{
	return bandwidth > 0 ? downtime_estimate(v, bandwidth) : UNKNOWN;
}

#define NUMBER(_name, _unit, _kind, _scope, _number, _decimals, _help)	\
	{ .name = _name, .unit = _unit, .kind = _kind, .scope = _scope,	\
	  .number = _number, .decimals = _decimals, .help = _help }

#define WORDS(_name, _kind, _scope, _help)				\
	{ .name = _name, .kind = _kind, .scope = _scope, .help = _help }

#define PARTS_IN(_name, _unit, _kind, _scope, _label, _parts, _decimals, _help) \
	{ .name = _name, .unit = _unit, .kind = _kind, .scope = _scope,	\
	  .label = _label, .parts = _parts, .decimals = _decimals,	\
	  .help = _help,						\
	  .nr_parts = sizeof(_parts) / sizeof((_parts)[0]) }

#define PARTS(_name, _kind, _scope, _label, _parts, _help)		\
	PARTS_IN(_name, NULL, _kind, _scope, _label, _parts, 0, _help)

static const struct family families[] = {
	WORDS("vgpu_gpu", INFO, EACH_GPU,
	      "A GPU that is shared, and its driver."),
	WORDS("vgpu_gpu_policy", STATESET, EACH_GPU,
	      "How the GPU's time is shared."),
	NUMBER("vgpu_gpu_vram_bytes", "bytes", GAUGE, EACH_GPU,
	       GPU_VRAM_TOTAL, 0, "Video memory of the GPU."),
	NUMBER("vgpu_gpu_vram_reserved_bytes", "bytes", GAUGE, EACH_GPU,
	       GPU_VRAM_RESERVED, 0,
	       "Video memory that is never given to a vGPU."),
	NUMBER("vgpu_gpu_vram_free_bytes", "bytes", GAUGE, EACH_GPU,
	       GPU_VRAM_FREE, 0, "Video memory that belongs to no vGPU."),
	NUMBER("vgpu_gpu_vram_largest_free_bytes", "bytes", GAUGE, EACH_GPU,
	       GPU_VRAM_LARGEST_FREE, 0,
	       "Video memory of the largest vGPU that could be created."),
	NUMBER("vgpu_gpu_available_instances", NULL, GAUGE, EACH_TYPE,
	       TYPE_AVAILABLE, 0,
	       "How many more vGPUs of a type could be created."),
	NUMBER("vgpu_gpu_compactable_instances", NULL, GAUGE, EACH_TYPE,
	       TYPE_COMPACTABLE, 0,
	       "How many more, if those that there are were moved together."),
	NUMBER("vgpu_gpu_moves", NULL, COUNTER, EACH_GPU, GPU_MOVES, 0,
	       "How often a vGPU was moved to another place of its memory."),
	NUMBER("vgpu_gpu_moved_bytes", "bytes", COUNTER, EACH_GPU,
	       GPU_MOVED_BYTES, 0, "Video memory of those that were moved."),
	NUMBER("vgpu_gpu_move_pause_max_seconds", "seconds", GAUGE, EACH_GPU,
	       GPU_MOVE_PAUSE_NS, 9,
	       "Longest time for which one had to pause for that."),
	NUMBER("vgpu_gpu_executors", NULL, GAUGE, EACH_GPU, GPU_EXECUTOR, 0,
	       "Executors of the GPU, which compute for vGPUs: 1, or 0."),
	NUMBER("vgpu_gpu_workers", NULL, GAUGE, EACH_GPU, GPU_WORKERS, 0,
	       "vGPUs that have a worker of the executor."),
	WORDS("vgpu_gpu_engine", INFO, EACH_ENGINE,
	      "An engine of a GPU, its class, and its slice of the GPU."),
	NUMBER("vgpu_gpu_busy_seconds", "seconds", COUNTER, EACH_ENGINE,
	       ENGINE_BUSY_NS, 9, "Engine time spent on vGPUs' work."),
	NUMBER("vgpu_gpu_switch_seconds", "seconds", COUNTER, EACH_ENGINE,
	       ENGINE_SWITCH_NS, 9,
	       "Engine time spent on contexts, clearing memory and resets."),
	NUMBER("vgpu_gpu_idle_seconds", "seconds", COUNTER, EACH_ENGINE,
	       ENGINE_IDLE_NS, 9, "Engine time without work."),
	NUMBER("vgpu_gpu_resets", NULL, COUNTER, EACH_ENGINE, ENGINE_RESETS, 0,
	       "Resets of the engine, which hung."),
	NUMBER("vgpu_gpu_slice_seconds", "seconds", GAUGE, EACH_GPU,
	       GPU_SLICE_US, 6, "Longest time slice; 0: by number of vGPUs."),
	NUMBER("vgpu_gpu_window_seconds", "seconds", GAUGE, EACH_GPU,
	       GPU_WINDOW_MS, 3, "Time over which caps and shares hold."),
	NUMBER("vgpu_gpu_watchdog_seconds", "seconds", GAUGE, EACH_GPU,
	       GPU_WATCHDOG_MS, 3, "Time after which an engine hangs."),
	NUMBER("vgpu_gpu_averaging_slices", "slices", GAUGE, EACH_GPU,
	       GPU_AVERAGING, 0,
	       "Time slices over which an overrun is paid back."),
	NUMBER("vgpu_gpu_trap_charge_ratio", "ratio", GAUGE, EACH_GPU,
	       GPU_TRAP_CHARGE, 2,
	       "Part of traps' host time that is charged to a vGPU's share."),
	PARTS("vgpu_gpu_guard_limit", GAUGE, EACH_GPU, "guard", guard_limits,
	      "Events that a vGPU may cause in a guard's window; 0: no limit."),
	WORDS("vgpu_instance", INFO, EACH_VGPU,
	      "A vGPU, its type, and the VM that uses it."),
	WORDS("vgpu_instance_state", STATESET, EACH_VGPU,
	      "Whether the vGPU works."),
	WORDS("vgpu_instance_guard", STATESET, EACH_VGPU,
	      "How the guard of a kind sees the vGPU."),
	NUMBER("vgpu_instance_vram_bytes", "bytes", GAUGE, EACH_VGPU,
	       INST_VRAM_SIZE, 0, "Video memory of the vGPU."),
	NUMBER("vgpu_instance_weight", NULL, GAUGE, EACH_VGPU, INST_WEIGHT, 0,
	       "Share relative to others' under best effort."),
	NUMBER("vgpu_instance_cap_ratio", "ratio", GAUGE, EACH_VGPU, INST_CAP,
	       2, "Part of each engine's time that it may use at most."),
	NUMBER("vgpu_instance_min_ratio", "ratio", GAUGE, EACH_VGPU, INST_MIN,
	       2, "Part of each engine's time that is kept for it."),
	NUMBER("vgpu_instance_limit_ratio", "ratio", GAUGE, EACH_WORK,
	       WORK_LIMIT, 4,
	       "Part of the engine's time that policy, cap and minimum grant."),
	NUMBER("vgpu_instance_gpu_seconds", "seconds", COUNTER, EACH_WORK,
	       WORK_GPU_NS, 9, "Time for which it had the engine."),
	NUMBER("vgpu_instance_wait_seconds", "seconds", COUNTER, EACH_WORK,
	       WORK_WAIT_NS, 9,
	       "Time for which it had work for the engine, and not the engine."),
	NUMBER("vgpu_instance_wait_max_seconds", "seconds", GAUGE, EACH_WORK,
	       WORK_WAIT_MAX_NS, 9,
	       "Longest single wait that its limit did not cause."),
	NUMBER("vgpu_instance_slices", NULL, COUNTER, EACH_WORK, WORK_SLICES,
	       0, "How often it got the engine."),
	NUMBER("vgpu_instance_switches", NULL, COUNTER, EACH_WORK,
	       WORK_SWITCHES, 0, "How often its context was loaded for that."),
	NUMBER("vgpu_instance_preemptions", NULL, COUNTER, EACH_WORK,
	       WORK_PREEMPTIONS, 0, "Time slices that ended with work left."),
	PARTS("vgpu_instance_traps", COUNTER, EACH_VGPU, "access", trap_kinds,
	      "Trapped accesses: registers, configuration space, VRAM."),
	NUMBER("vgpu_instance_engine_writes", NULL, COUNTER, EACH_WORK,
	       WORK_TRAPS, 0,
	       "Trapped register writes that were queued for the engine."),
	NUMBER("vgpu_instance_trap_seconds", "seconds", COUNTER, EACH_VGPU,
	       INST_TRAP_NS, 9, "Time that the host spent on its traps."),
	NUMBER("vgpu_instance_operations", NULL, COUNTER, EACH_WORK, WORK_OPS,
	       0, "Operations that the engine has carried out for it."),
	NUMBER("vgpu_instance_written_bytes", "bytes", COUNTER, EACH_WORK,
	       WORK_BYTES, 0, "What these operations wrote."),
	NUMBER("vgpu_instance_dropped_operations", NULL, COUNTER, EACH_WORK,
	       WORK_DROPPED, 0, "Operations that were refused."),
	NUMBER("vgpu_instance_unknown_registers", NULL, COUNTER, EACH_VGPU,
	       INST_UNKNOWN_REGS, 0,
	       "Accesses to registers that the vGPU does not have."),
	NUMBER("vgpu_instance_fifo_overflows", NULL, COUNTER, EACH_WORK,
	       WORK_FIFO_OVERFLOWS, 0, "Engine writes that were lost."),
	NUMBER("vgpu_instance_faults", NULL, COUNTER, EACH_VGPU, INST_FAULTS,
	       0, "Engine resets while it had an engine."),
	NUMBER("vgpu_instance_state_bytes", "bytes", GAUGE, EACH_VGPU,
	       INST_STATE_SIZE, 0,
	       "All that a migration would have to copy, at most."),
	NUMBER("vgpu_instance_dirty_bytes", "bytes", GAUGE, EACH_VGPU,
	       INST_DIRTY_BYTES, 0,
	       "Memory that was not copied yet, or was written since."),
	NUMBER("vgpu_instance_dirty_rate_bytes_per_second", "bytes_per_second",
	       GAUGE, EACH_VGPU, INST_DIRTY_RATE, 0,
	       "Memory that it wrote a second while it was copied, now or last."),
	{ .name = "vgpu_instance_downtime_estimate_seconds", .unit = "seconds",
	  .kind = GAUGE, .scope = EACH_VGPU, .figure = estimate,
	  .help = "Time for which a migration would stop it, at most." },
	PARTS("vgpu_instance_migrations", COUNTER, EACH_VGPU, "direction",
	      migrations, "Migrations that read, or wrote, all of it."),
	PARTS("vgpu_instance_migration_failures", COUNTER, EACH_VGPU,
	      "direction", failed_migrations,
	      "Migrations that ended before, or were refused."),
	PARTS_IN("vgpu_instance_migration_bytes", "bytes", COUNTER, EACH_VGPU,
		 "direction", migration_bytes, 0,
		 "Bytes that all of its migrations have moved."),
	NUMBER("vgpu_instance_migration_rounds", NULL, COUNTER, EACH_VGPU,
	       INST_ROUNDS, 0,
	       "How often its memory was gone through while it ran."),
	PARTS_IN("vgpu_instance_migration_downtime_seconds", "seconds", GAUGE,
		 EACH_VGPU, "direction", downtimes, 9,
		 "This host's part of the downtime of its last migration."),
	NUMBER("vgpu_instance_migration_downtime_bytes", "bytes", GAUGE,
	       EACH_VGPU, INST_STOP_BYTES, 0,
	       "Bytes that its last migration read while it stood still."),
};

#define NR_FAMILIES	(sizeof(families) / sizeof(families[0]))

static const char *const policies[] = {
	"best_effort", "equal_share", "fixed_share", NULL
};

static const char *const states[] = {
	"ok", "no executor", "faulted", "lost", NULL
};

static const char *const guard_states[] = { "normal", "full", "overflow", NULL };

/* What all samples of one family have in common. */
struct writer {
	FILE *f;
	enum format format;
	const struct family *family;
	const struct gpu *gpu;
	const struct vgpu *vgpu;
	const struct engine *engine;
};

static void put_label(const struct writer *w, const char *name,
		      const char *value)
{
	fprintf(w->f, ",%s=", name);
	/* Text that was taken over has nothing but these to be escaped. */
	put_json_string(w->f, value);
}

static void put_vgpu_labels(const struct writer *w)
{
	put_label(w, "vgpu", w->vgpu->uuid);
	put_label(w, "domain", w->vgpu->owner.name);
	put_label(w, "uuid", w->vgpu->owner.uuid);
	put_label(w, "vmid", w->vgpu->owner.vmid);
}

/* Name, suffix, and the labels that tell who it is; more may follow. */
static void begin_sample(const struct writer *w)
{
	static const char *const suffix[] = {
		[COUNTER] = "_total",
		[INFO] = "_info",
	};
	const struct family *family = w->family;

	fprintf(w->f, "%s%s{gpu=", family->name,
		family->kind == COUNTER || family->kind == INFO ?
			suffix[family->kind] : "");
	put_json_string(w->f, w->gpu->name);
	if (w->vgpu)
		put_vgpu_labels(w);
	if (w->engine)
		put_label(w, "engine", w->engine->name);
}

static void end_sample(const struct writer *w, unsigned long long val,
		       unsigned int decimals)
{
	unsigned long long unit = 1;
	unsigned int i;

	for (i = 0; i < decimals; i++)
		unit *= 10;
	if (decimals)
		fprintf(w->f, "} %llu.%0*llu\n", val / unit, (int)decimals,
			val % unit);
	else
		fprintf(w->f, "} %llu\n", val);
}

static void put_info(const struct writer *w)
{
	begin_sample(w);
	if (w->vgpu) {
		put_label(w, "type", w->vgpu->type);
	} else if (w->engine) {
		put_label(w, "class", w->engine->class);
		put_label(w, "slice", w->engine->slice);
	} else {
		put_label(w, "driver", w->gpu->driver);
		put_label(w, "vendor", w->gpu->vendor);
		put_label(w, "device", w->gpu->device);
	}
	end_sample(w, 1, 0);
}

/* One sample for each state; a state that is none of them has all at 0. */
static void put_states(const struct writer *w, const char *const *names,
		       const char *now, const char *guard)
{
	if (!*now)
		return;
	for (; *names; names++) {
		begin_sample(w);
		if (guard)
			put_label(w, "guard", guard);
		put_label(w, w->family->name, *names);
		end_sample(w, !strcmp(*names, now), 0);
	}
}

static void put_stateset(const struct writer *w)
{
	unsigned int i;

	if (!w->vgpu) {
		put_states(w, policies, w->gpu->policy, NULL);
	} else if (!strcmp(w->family->name, "vgpu_instance_state")) {
		put_states(w, states, w->vgpu->words[WORD_STATE], NULL);
	} else {
		for (i = 0; i < 4; i++)
			put_states(w, guard_states,
				   w->vgpu->words[WORD_GUARD_TRAPS + i],
				   guard_kinds[i]);
	}
}

static void put_value(const struct writer *w, unsigned int number,
		      const struct part *part)
{
	const struct numbers *num = w->engine ? &w->engine->num :
				    w->vgpu ? &w->vgpu->num : &w->gpu->num;

	if (!has_number(num, number))
		return;
	begin_sample(w);
	if (part)
		put_label(w, w->family->label, part->value);
	end_sample(w, num->val[number], w->family->decimals);
}

static void put_figure(const struct writer *w)
{
	double val = w->family->figure(w->vgpu);

	if (isnan(val))
		return;
	begin_sample(w);
	fprintf(w->f, "} %.6f\n", val);
}

static void put_numbers(const struct writer *w)
{
	const struct family *family = w->family;
	unsigned int i;

	if (family->figure)
		put_figure(w);
	else if (!family->nr_parts)
		put_value(w, family->number, NULL);
	for (i = 0; i < family->nr_parts; i++)
		put_value(w, family->parts[i].number, &family->parts[i]);
}

static void put_types(const struct writer *w)
{
	size_t i;

	for (i = 0; i < w->gpu->nr_types; i++) {
		const struct gpu_type *type = &w->gpu->types[i];

		if (!has_number(&type->num, w->family->number))
			continue;
		begin_sample(w);
		put_label(w, "type", type->name);
		end_sample(w, type->num.val[w->family->number], 0);
	}
}

static void put_samples(const struct writer *w)
{
	switch (w->family->kind) {
	case INFO:
		put_info(w);
		break;
	case STATESET:
		put_stateset(w);
		break;
	default:
		if (w->family->scope == EACH_TYPE)
			put_types(w);
		else
			put_numbers(w);
	}
}

/* Before OpenMetrics, the suffix was a part of the name. */
static void put_head(const struct writer *w)
{
	static const char *const kinds[] = {
		[COUNTER] = "counter",
		[GAUGE] = "gauge",
		[INFO] = "info",
		[STATESET] = "stateset",
	};
	const struct family *family = w->family;
	const char *kind = kinds[family->kind], *suffix = "";

	if (w->format == PROMETHEUS) {
		if (family->kind == COUNTER)
			suffix = "_total";
		else
			kind = "gauge";
		if (family->kind == INFO)
			suffix = "_info";
	}
	fprintf(w->f, "# TYPE %s%s %s\n", family->name, suffix, kind);
	if (family->unit && w->format == OPENMETRICS)
		fprintf(w->f, "# UNIT %s %s\n", family->name, family->unit);
	fprintf(w->f, "# HELP %s%s %s\n", family->name, suffix, family->help);
}

static void put_each_engine(struct writer *w, const struct engines *engines)
{
	size_t i;

	for (i = 0; i < engines->nr; i++) {
		w->engine = &engines->at[i];
		put_samples(w);
	}
	w->engine = NULL;
}

static void put_each_vgpu(struct writer *w)
{
	size_t i;

	for (i = 0; i < w->gpu->nr_vgpus; i++) {
		w->vgpu = &w->gpu->vgpus[i];
		if (w->family->scope == EACH_WORK)
			put_each_engine(w, &w->vgpu->engines);
		else
			put_samples(w);
	}
	w->vgpu = NULL;
}

static void put_family(struct writer *w, const struct machine *m)
{
	size_t i;

	put_head(w);
	for (i = 0; i < m->nr_gpus; i++) {
		w->gpu = &m->gpus[i];
		switch (w->family->scope) {
		case EACH_ENGINE:
			put_each_engine(w, &w->gpu->engines);
			break;
		case EACH_VGPU:
		case EACH_WORK:
			put_each_vgpu(w);
			break;
		default:
			put_samples(w);
		}
	}
}

/**
 * metrics_bandwidth() - make an estimate of downtimes, too
 * @bytes: a second that a vGPU is moved with
 */
void metrics_bandwidth(uint64_t bytes)
{
	bandwidth = bytes;
}

/**
 * metrics_text() - all metrics, as they are now
 * @format: how to write them
 * @len: for the length
 *
 * Return: the text, to be freed; NULL if there is no memory for it.
 */
char *metrics_text(enum format format, size_t *len)
{
	struct writer w = { .format = format };
	struct machine m;
	char *text = NULL;
	size_t i;

	w.f = open_memstream(&text, len);
	if (!w.f)
		return NULL;
	machine_read(&m);
	for (i = 0; i < NR_FAMILIES; i++) {
		w.family = &families[i];
		put_family(&w, &m);
	}
	machine_free(&m);
	if (format == OPENMETRICS)
		fputs("# EOF\n", w.f);
	if (fclose(w.f)) {
		free(text);
		return NULL;
	}
	return text;
}
