/* SPDX-License-Identifier: GPL-2.0 */
/* The table of vGPUs: its columns, and the order of its rows. */
#ifndef _TABLE_H
#define _TABLE_H

#include "rates.h"

#define LINE_LEN	1024

/**
 * struct row - a vGPU on one engine; of one that is on none, the vGPU
 * @gpu: its GPU
 * @vgpu: the vGPU
 * @engine: the vGPU on the engine, or NULL
 * @rates: what it did there
 * @traps: trapped register accesses of the vGPU a second
 * @share: what it gets there while all are busy, percent
 */
struct row {
	const struct gpu *gpu;
	const struct vgpu *vgpu;
	const struct engine *engine;
	struct work_rates rates;
	double traps;
	double share;
};

/**
 * struct order - of the rows
 * @column: number of the column
 * @reverse: the other way round; figures have the largest first otherwise
 */
struct order {
	unsigned int column;
	bool reverse;
};

struct table {
	struct row *rows;
	size_t nr;
};

extern const unsigned int nr_columns;
#define DEFAULT_COLUMN	"gpu%"

const char *column_name(unsigned int column);
int column_by_name(const char *name);
int column_by_key(int key);

void table_make(struct table *t, const struct machine *now,
		const struct machine *before, const struct order *order);
void table_free(struct table *t);

uint64_t columns_all(const struct machine *m);
uint64_t columns_that_fit(const struct machine *m, int width);
void table_header(char *line, uint64_t columns, int width);
void table_line(char *line, const struct row *row, uint64_t columns, int width);
void gpu_line(char *line, size_t size, const struct gpu *gpu,
	      const struct machine *before);
size_t gpu_nr_lines(const struct gpu *gpu);
void engine_line(char *line, size_t size, const struct gpu *gpu, size_t engine,
		 const struct machine *before);
bool row_in_trouble(const struct row *row);

#endif /* _TABLE_H */
