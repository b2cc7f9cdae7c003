// SPDX-License-Identifier: GPL-2.0
/*
 * The table of vGPUs: its columns, and the order of its rows. A vGPU has a row for
 * each engine that it is on.
 */
#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "table.h"

/* Kept short enough for a column. */
static void put_percent(char *buf, size_t size, double val)
{
	if (isnan(val))
		snprintf(buf, size, "-");
	else
		snprintf(buf, size, "%.1f", val);
}

static void put_number(char *buf, size_t size, const struct numbers *num,
		       unsigned int i)
{
	if (has_number(num, i))
		snprintf(buf, size, "%llu", (unsigned long long)num->val[i]);
	else
		snprintf(buf, size, "-");
}

/* "8M", as types are called; never rounded. */
static void put_bytes(char *buf, size_t size, const struct numbers *num,
		      unsigned int i)
{
	static const char units[] = " KMGTPE";
	unsigned long long n = num->val[i];
	const char *unit = units;

	if (!has_number(num, i)) {
		snprintf(buf, size, "-");
		return;
	}
	for (; n && !(n % 1024); n /= 1024)
		unit++;
	snprintf(buf, size, "%llu%.*s", n, *unit != ' ', unit);
}

static void cell_vgpu(const struct row *r, char *buf, size_t size)
{
	snprintf(buf, size, "%s", r->vgpu->uuid);
}

static void cell_gpu(const struct row *r, char *buf, size_t size)
{
	snprintf(buf, size, "%s", r->gpu->name);
}

static void cell_engine(const struct row *r, char *buf, size_t size)
{
	snprintf(buf, size, "%s", r->engine ? r->engine->name : "-");
}

static void cell_type(const struct row *r, char *buf, size_t size)
{
	snprintf(buf, size, "%s", r->vgpu->type);
}

/* With its number, if it has one: names need not be unique. A program that is
 * no VM, or has no name, in brackets.
 */
static void cell_vm(const struct row *r, char *buf, size_t size)
{
	const struct owner *o = &r->vgpu->owner;

	if (*o->name && *o->vmid)
		snprintf(buf, size, "%s (%s)", o->name, o->vmid);
	else if (*o->name)
		snprintf(buf, size, "%s", o->name);
	else if (o->pid)
		snprintf(buf, size, "[%s %d]", o->comm, o->pid);
	else
		snprintf(buf, size, "-");
}

static void cell_vram(const struct row *r, char *buf, size_t size)
{
	put_bytes(buf, size, &r->vgpu->num, INST_VRAM_SIZE);
}

static void cell_share(const struct row *r, char *buf, size_t size)
{
	put_percent(buf, size, r->share);
}

static void cell_weight(const struct row *r, char *buf, size_t size)
{
	put_number(buf, size, &r->vgpu->num, INST_WEIGHT);
}

static void cell_cap(const struct row *r, char *buf, size_t size)
{
	put_number(buf, size, &r->vgpu->num, INST_CAP);
}

static void cell_use(const struct row *r, char *buf, size_t size)
{
	put_percent(buf, size, r->rates.gpu);
}

static void cell_wait(const struct row *r, char *buf, size_t size)
{
	put_percent(buf, size, r->rates.wait);
}

static void cell_traps(const struct row *r, char *buf, size_t size)
{
	if (isnan(r->traps))
		snprintf(buf, size, "-");
	else
		snprintf(buf, size, "%.0f", r->traps);
}

static void cell_faults(const struct row *r, char *buf, size_t size)
{
	put_number(buf, size, &r->vgpu->num, INST_FAULTS);
}

static bool held_back(const struct vgpu *v)
{
	unsigned int i;

	for (i = WORD_GUARD_TRAPS; i <= WORD_GUARD_FAULTS; i++)
		if (!strcmp(v->words[i], "overflow"))
			return true;
	return false;
}

/* A guard's overflow shows where there is nothing worse. */
static void cell_state(const struct row *r, char *buf, size_t size)
{
	const char *state = r->vgpu->words[WORD_STATE];

	if (!strcmp(state, "ok") && held_back(r->vgpu))
		state = "slowed";
	snprintf(buf, size, "%s", *state ? state : "-");
}

static double figure(const struct numbers *num, unsigned int i)
{
	return has_number(num, i) ? num->val[i] : UNKNOWN;
}

static double sort_vram(const struct row *r)
{
	return figure(&r->vgpu->num, INST_VRAM_SIZE);
}

static double sort_share(const struct row *r) { return r->share; }

static double sort_weight(const struct row *r)
{
	return figure(&r->vgpu->num, INST_WEIGHT);
}

static double sort_cap(const struct row *r)
{
	return figure(&r->vgpu->num, INST_CAP);
}

static double sort_use(const struct row *r) { return r->rates.gpu; }

static double sort_wait(const struct row *r) { return r->rates.wait; }

static double sort_traps(const struct row *r) { return r->traps; }

static double sort_faults(const struct row *r)
{
	return figure(&r->vgpu->num, INST_FAULTS);
}

/**
 * struct column - one column
 * @title: its heading; in lower case, its name
 * @key: sorts by it
 * @width: on a terminal; the last one, VM, has what is left
 * @rank: which ones stay when the terminal is narrow: the lowest. That of the
 *	engine is there only where a GPU has several
 * @cell: makes the text
 * @value: what rows are sorted by; by the text if there is none
 */
static const struct column {
	const char *title;
	char key;
	int width;
	int rank;
	void (*cell)(const struct row *row, char *buf, size_t size);
	double (*value)(const struct row *row);
} columns[] = {
	{ "VGPU", 'u', 36, 0, cell_vgpu, NULL },
	{ "GPU", 'p', 12, 12, cell_gpu, NULL },
	{ "ENGINE", 'n', 9, 1, cell_engine, NULL },
	{ "TYPE", 'y', 10, 7, cell_type, NULL },
	{ "VRAM", 'm', 6, 8, cell_vram, sort_vram },
	{ "SHARE%", 's', 6, 9, cell_share, sort_share },
	{ "WEIGHT", 'e', 6, 10, cell_weight, sort_weight },
	{ "CAP%", 'c', 4, 11, cell_cap, sort_cap },
	{ "GPU%", 'g', 5, 2, cell_use, sort_use },
	{ "WAIT%", 'w', 5, 4, cell_wait, sort_wait },
	{ "TRAPS/S", 't', 8, 5, cell_traps, sort_traps },
	{ "FAULTS", 'f', 6, 6, cell_faults, sort_faults },
	{ "STATE", 'a', 11, 3, cell_state, NULL },
	{ "VM", 'v', 0, 0, cell_vm, NULL },
};

const unsigned int nr_columns = sizeof(columns) / sizeof(columns[0]);

#define SHORT_UUID	8	/* columns, when the terminal is narrow */
#define LEAST_VM	8

const char *column_name(unsigned int column)
{
	return columns[column].title;
}

int column_by_name(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_columns; i++)
		if (!strcasecmp(columns[i].title, name))
			return i;
	return -1;
}

int column_by_key(int key)
{
	unsigned int i;

	for (i = 0; i < nr_columns; i++)
		if (columns[i].key == key)
			return i;
	return -1;
}

/* ---- Rows */

static const struct order *sort_order;

static int compare_text(const struct row *a, const struct row *b)
{
	char x[NAME_LEN], y[NAME_LEN];

	columns[sort_order->column].cell(a, x, sizeof(x));
	columns[sort_order->column].cell(b, y, sizeof(y));
	return strcmp(x, y);
}

/* Largest first; what is not known, last. */
static int compare_values(const struct row *a, const struct row *b)
{
	double x = columns[sort_order->column].value(a);
	double y = columns[sort_order->column].value(b);

	if (isnan(x) || isnan(y))
		return isnan(x) - isnan(y);
	return (x < y) - (x > y);
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order = columns[sort_order->column].value ?
			compare_values(x, y) : compare_text(x, y);

	if (order)
		return sort_order->reverse ? -order : order;
	/* There are no two of a name on a GPU, nor two GPUs of a name. */
	order = strcmp(x->vgpu->uuid, y->vgpu->uuid) ?:
		strcmp(x->gpu->name, y->gpu->name);
	if (order || !x->engine || !y->engine)
		return order;
	return strverscmp(x->engine->name, y->engine->name);
}

static size_t nr_rows(const struct machine *m)
{
	size_t i, j, n = 0;

	for (i = 0; i < m->nr_gpus; i++)
		for (j = 0; j < m->gpus[i].nr_vgpus; j++)
			n += m->gpus[i].vgpus[j].engines.nr ?: 1;
	return n;
}

static void add_rows(struct table *t, const struct gpu *gpu,
		     const struct vgpu *v, const struct machine *before)
{
	struct row row = {
		.gpu = gpu,
		.vgpu = v,
		.rates = { UNKNOWN, UNKNOWN },
		.traps = trap_rate(gpu, v, before),
		.share = UNKNOWN,
	};
	size_t i;

	if (!v->engines.nr)
		t->rows[t->nr++] = row;
	for (i = 0; i < v->engines.nr; i++) {
		row.engine = &v->engines.at[i];
		row.rates = work_rates(gpu, v, row.engine, before);
		row.share = work_share(gpu, v, row.engine);
		t->rows[t->nr++] = row;
	}
}

void table_make(struct table *t, const struct machine *now,
		const struct machine *before, const struct order *order)
{
	size_t i, j;

	t->nr = 0;
	t->rows = calloc(nr_rows(now) + 1, sizeof(*t->rows));
	if (!t->rows)
		errx(1, "out of memory");
	for (i = 0; i < now->nr_gpus; i++) {
		const struct gpu *gpu = &now->gpus[i];

		for (j = 0; j < gpu->nr_vgpus; j++)
			add_rows(t, gpu, &gpu->vgpus[j], before);
	}
	sort_order = order;
	qsort(t->rows, t->nr, sizeof(*t->rows), compare_rows);
}

void table_free(struct table *t)
{
	free(t->rows);
	t->rows = NULL;
	t->nr = 0;
}

/* ---- Lines */

/* What must not be there. */
static uint64_t columns_hidden(const struct machine *m)
{
	size_t i;

	for (i = 0; i < m->nr_gpus; i++)
		if (m->gpus[i].engines.nr > 1)
			return 0;
	return 1ULL << column_by_name("ENGINE");
}

uint64_t columns_all(const struct machine *m)
{
	return ((1ULL << nr_columns) - 1) & ~columns_hidden(m);
}

static int column_of_rank(int rank)
{
	unsigned int i;

	for (i = 0; i < nr_columns; i++)
		if (columns[i].rank == rank && columns[i].width)
			return i;
	return -1;
}

/* The most important ones, and room for a name of the VM. */
uint64_t columns_that_fit(const struct machine *m, int width)
{
	uint64_t chosen = 1ULL << (nr_columns - 1) | 1;
	uint64_t hidden = columns_hidden(m);
	int used = SHORT_UUID + 1 + LEAST_VM, rank, i;

	for (rank = 1; (i = column_of_rank(rank)) >= 0; rank++) {
		if (hidden >> i & 1)
			continue;
		used += columns[i].width + 1;
		if (used > width)
			break;
		chosen |= 1ULL << i;
	}
	return chosen;
}

/* The first column's width: all of the UUID if there is room. */
static int first_width(uint64_t chosen, int width)
{
	int used = LEAST_VM * 2;
	unsigned int i;

	if (!width)
		return columns[0].width;
	for (i = 0; i < nr_columns - 1; i++)
		if (chosen >> i & 1)
			used += columns[i].width + 1;
	return used <= width ? columns[0].width : SHORT_UUID;
}

static void put_line(char *line, const struct row *row, uint64_t chosen,
		     int width)
{
	size_t used = 0;
	unsigned int i;
	char cell[NAME_LEN + 32];

	*line = 0;
	for (i = 0; i < nr_columns; i++) {
		const struct column *c = &columns[i];
		int w = i ? c->width : first_width(chosen, width);

		if (!(chosen >> i & 1))
			continue;
		if (row)
			c->cell(row, cell, sizeof(cell));
		else
			snprintf(cell, sizeof(cell), "%s", c->title);
		/* Without a limit, too long is better than cut. */
		if (!width && (int)strlen(cell) > w)
			w = 0;
		used += fit_text(line + used, LINE_LEN - used, cell, w,
				 !c->value);
		if (i < nr_columns - 1)
			used += fit_text(line + used, LINE_LEN - used, " ", 0,
					 true);
	}
}

/**
 * table_header() - the heading
 * @line: LINE_LEN bytes
 * @columns: which ones
 * @width: of the terminal; 0: without a limit
 */
void table_header(char *line, uint64_t columns, int width)
{
	put_line(line, NULL, columns, width);
}

void table_line(char *line, const struct row *row, uint64_t columns, int width)
{
	put_line(line, row, columns, width);
}

/* Room for all that put_use() may write. */
#define USE_LEN		80

/* How an engine's time is spent. */
static void put_use(char *buf, size_t size, const struct gpu *gpu,
		    const struct engine *e, const struct machine *before)
{
	struct engine_rates rates = engine_rates(gpu, e, before);
	char busy[16], switching[16], idle[16];

	put_percent(busy, sizeof(busy), rates.busy);
	put_percent(switching, sizeof(switching), rates.switching);
	put_percent(idle, sizeof(idle), rates.idle);
	snprintf(buf, size, "busy %s%%  switch %s%%  idle %s%%", busy,
		 switching, idle);
}

static size_t nr_on_engine(const struct gpu *gpu, const char *name)
{
	size_t i, n = 0;

	for (i = 0; i < gpu->nr_vgpus; i++)
		n += !!engine_by_name(&gpu->vgpus[i].engines, name);
	return n;
}

/* Of all engines; "-" where one does not say. */
static void put_resets(char *buf, size_t size, const struct gpu *gpu)
{
	unsigned long long n = 0;
	size_t i;

	for (i = 0; i < gpu->engines.nr; i++) {
		const struct numbers *num = &gpu->engines.at[i].num;

		if (!has_number(num, ENGINE_RESETS))
			break;
		n += num->val[ENGINE_RESETS];
	}
	if (i == gpu->engines.nr && i)
		snprintf(buf, size, "%llu", n);
	else
		snprintf(buf, size, "-");
}

/* Who computes, where that is done by processes of the host. */
static void put_workers(char *buf, size_t size, const struct gpu *gpu)
{
	*buf = 0;
	if (!has_number(&gpu->num, GPU_EXECUTOR))
		return;
	if (!gpu->num.val[GPU_EXECUTOR])
		snprintf(buf, size, "  no executor");
	else if (has_number(&gpu->num, GPU_WORKERS))
		snprintf(buf, size, "  workers %llu",
			 (unsigned long long)gpu->num.val[GPU_WORKERS]);
}

/**
 * gpu_line() - what there is to say of a GPU in one line
 * @line: for the text
 * @size: of @line
 * @gpu: the GPU
 * @before: an earlier reading
 *
 * Where there are several engines, each has a line of its own: engine_line().
 */
void gpu_line(char *line, size_t size, const struct gpu *gpu,
	      const struct machine *before)
{
	char use[USE_LEN], free[32], total[32], resets[32], workers[40];

	if (gpu->engines.nr == 1)
		put_use(use, sizeof(use), gpu, &gpu->engines.at[0], before);
	else
		snprintf(use, sizeof(use), "engines %zu", gpu->engines.nr);
	put_bytes(total, sizeof(total), &gpu->num, GPU_VRAM_TOTAL);
	put_bytes(free, sizeof(free), &gpu->num, GPU_VRAM_FREE);
	put_resets(resets, sizeof(resets), gpu);
	put_workers(workers, sizeof(workers), gpu);
	snprintf(line, size,
		 "%s  %s  vram %s free %s  resets %s  vgpus %zu%s  %s  %s",
		 gpu->name, use, total, free, resets, gpu->nr_vgpus, workers,
		 *gpu->policy ? gpu->policy : "-",
		 *gpu->driver ? gpu->driver : "-");
}

/* How many lines of engines follow that of a GPU. */
size_t gpu_nr_lines(const struct gpu *gpu)
{
	return gpu->engines.nr > 1 ? gpu->engines.nr : 0;
}

void engine_line(char *line, size_t size, const struct gpu *gpu, size_t engine,
		 const struct machine *before)
{
	const struct engine *e = &gpu->engines.at[engine];
	char use[USE_LEN], resets[32];

	put_use(use, sizeof(use), gpu, e, before);
	put_number(resets, sizeof(resets), &e->num, ENGINE_RESETS);
	snprintf(line, size, "  %-9s %s  resets %s  vgpus %zu  slice %s", e->name,
		 use, resets, nr_on_engine(gpu, e->name),
		 *e->slice ? e->slice : "-");
}

bool row_in_trouble(const struct row *row)
{
	return strcmp(row->vgpu->words[WORD_STATE], "ok") ||
	       held_back(row->vgpu);
}
