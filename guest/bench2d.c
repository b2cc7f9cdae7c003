// SPDX-License-Identifier: GPL-2.0
/*
 * The 2D engine, video memory and registers, as often as they go in a given
 * time. The same program runs on a real machine and in guests.
 *
 * usage: bench2d [DEVICE]
 *
 * Reads lines "WORKLOAD LEAD SECONDS TAIL". What is done in LEAD and TAIL
 * seconds does not count: with several machines at once, it makes them all
 * busy while one of them measures. Answers with one line each:
 * "bench2d: WORKLOAD NAME=VALUE...". "list" prints the workloads, "quit" ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tools/clock.h"
#include "engine.h"
#include "rv100.h"

/* The screen's lines are left alone; these follow them. */
#define WIDTH 1024
#define HEIGHT 768
#define DST_LINE HEIGHT
#define SRC_LINE (2 * HEIGHT)
#define LINES (3 * HEIGHT)

/* What the CPU moves in one operation. */
#define CPU_WORDS (64 * 1024 / 4)
#define CPU_PATTERN 0x01020304u

/* Nothing in the card depends on it. */
#define BIOS_1_SCRATCH 0x0014

struct workload {
	const char *name;
	/* Does one batch of operations. */
	void (*batch)(struct engine *engine, const struct workload *w);
	/* The last of them did what it should. */
	int (*right)(struct engine *engine, const struct workload *w);
	unsigned int ops;	/* a batch */
	unsigned int bytes;	/* written or read, an operation */
	int width, height;
};

static uint32_t counter;
static int last_x;
static uint32_t last_value;

static volatile uint32_t *pixel(struct engine *engine, int x, int y)
{
	return engine->vram + (size_t)y * engine->pitch + x;
}

/* Side by side, then from the left again. */
static int next_x(const struct workload *w)
{
	last_x = counter * w->width % (WIDTH - w->width + 1);
	counter++;
	return last_x;
}

static void fill(struct engine *engine, const struct workload *w)
{
	unsigned int i;

	for (i = 0; i < w->ops; i++) {
		last_value = 0x9e3779b1u * (counter + 1);
		engine_fill(engine, next_x(w), DST_LINE, w->width, w->height,
			    last_value);
	}
}

static void copy(struct engine *engine, const struct workload *w)
{
	unsigned int i;
	int x;

	for (i = 0; i < w->ops; i++) {
		x = next_x(w);
		engine_copy(engine, x, SRC_LINE, x, DST_LINE, w->width,
			    w->height);
	}
}

static int is_drawn(struct engine *engine, const struct workload *w)
{
	int right = last_x + w->width - 1, bottom = DST_LINE + w->height - 1;

	return *pixel(engine, last_x, DST_LINE) == last_value &&
	       *pixel(engine, right, bottom) == last_value;
}

static int is_copied(struct engine *engine, const struct workload *w)
{
	last_value = *pixel(engine, last_x, SRC_LINE);
	return last_value && is_drawn(engine, w);
}

static void cpu_write(struct engine *engine, const struct workload *w)
{
	volatile uint32_t *to = pixel(engine, 0, DST_LINE);
	unsigned int i;

	(void)w;
	counter++;
	for (i = 0; i < CPU_WORDS; i++)
		to[i] = counter + i;
	/* The mapping is write-combined: out before the next one. */
	__sync_synchronize();
}

static int is_written(struct engine *engine, const struct workload *w)
{
	volatile uint32_t *at = pixel(engine, 0, DST_LINE);

	(void)w;
	return at[0] == counter &&
	       at[CPU_WORDS - 1] == counter + CPU_WORDS - 1;
}

static void cpu_read(struct engine *engine, const struct workload *w)
{
	volatile uint32_t *from = pixel(engine, 0, SRC_LINE);
	uint32_t sum = 0;
	unsigned int i;

	(void)w;
	for (i = 0; i < CPU_WORDS; i++)
		sum += from[i];
	last_value = sum;
}

static int is_read(struct engine *engine, const struct workload *w)
{
	(void)w;
	return last_value == CPU_WORDS * *pixel(engine, 0, SRC_LINE);
}

static void reg_read(struct engine *engine, const struct workload *w)
{
	unsigned int i;

	for (i = 0; i < w->ops; i++)
		last_value = engine->regs[BIOS_1_SCRATCH / 4];
}

static void reg_write(struct engine *engine, const struct workload *w)
{
	unsigned int i;

	for (i = 0; i < w->ops; i++)
		engine->regs[BIOS_1_SCRATCH / 4] = ++counter;
	last_value = counter;
}

static int is_in_register(struct engine *engine, const struct workload *w)
{
	(void)w;
	return engine->regs[BIOS_1_SCRATCH / 4] == last_value;
}

static const struct workload workloads[] = {
	{ "fill_16x16", fill, is_drawn, 32, 16 * 16 * 4, 16, 16 },
	{ "fill_256x256", fill, is_drawn, 4, 256 * 256 * 4, 256, 256 },
	{ "fill_1024x768", fill, is_drawn, 1, WIDTH * HEIGHT * 4, WIDTH,
	  HEIGHT },
	{ "copy_16x16", copy, is_copied, 32, 16 * 16 * 4, 16, 16 },
	{ "copy_256x256", copy, is_copied, 4, 256 * 256 * 4, 256, 256 },
	{ "copy_1024x768", copy, is_copied, 1, WIDTH * HEIGHT * 4, WIDTH,
	  HEIGHT },
	{ "cpu_write_64k", cpu_write, is_written, 1, CPU_WORDS * 4, 0, 0 },
	{ "cpu_read_64k", cpu_read, is_read, 1, CPU_WORDS * 4, 0, 0 },
	{ "reg_read", reg_read, is_in_register, 32, 4, 0, 0 },
	{ "reg_write", reg_write, is_in_register, 32, 4, 0, 0 },
};

#define NR_WORKLOADS (sizeof(workloads) / sizeof(workloads[0]))

/* Operations done; *ns becomes the time that they took, to the last one's end. */
static uint64_t repeat(struct engine *engine, const struct workload *w,
		       double seconds, uint64_t *ns)
{
	uint64_t start, end, ops = 0;

	engine_wait(engine);
	start = now_ns();
	end = start + (uint64_t)(seconds * 1e9);
	while (now_ns() < end) {
		w->batch(engine, w);
		ops += w->ops;
	}
	engine_wait(engine);
	*ns = now_ns() - start;
	return ops;
}

static void put(const char *name, uint64_t value)
{
	printf(" %s=%llu", name, (unsigned long long)value);
}

static void run(struct engine *engine, const struct workload *w, double lead,
		double seconds, double tail)
{
	uint64_t all, ops, ns, other;
	uint64_t writes, reads;
	int right;

	writes = engine->reg_writes;
	reads = engine->status_reads;
	all = repeat(engine, w, lead, &other);
	ops = repeat(engine, w, seconds, &ns);
	all += ops;
	all += repeat(engine, w, tail, &other);
	writes = engine->reg_writes - writes;
	reads = engine->status_reads - reads;
	right = w->right(engine, w);
	printf("bench2d: %s right=%d", w->name, right);
	put("ops", ops);
	put("ns", ns);
	put("op_bytes", w->bytes);
	put("all_ops", all);
	put("engine_writes", writes);
	put("status_reads", reads);
	putchar('\n');
}

/* False at the end. */
static int obey(struct engine *engine, const char *line)
{
	double lead, seconds, tail;
	char name[32];
	unsigned int i;

	if (!strncmp(line, "quit", 4))
		return 0;
	if (!strncmp(line, "list", 4)) {
		for (i = 0; i < NR_WORKLOADS; i++)
			puts(workloads[i].name);
		return 1;
	}
	if (sscanf(line, "%31s %lf %lf %lf", name, &lead, &seconds, &tail) != 4)
		die("not \"WORKLOAD LEAD SECONDS TAIL\": %s", line);
	for (i = 0; i < NR_WORKLOADS; i++) {
		if (!strcmp(workloads[i].name, name)) {
			run(engine, &workloads[i], lead, seconds, tail);
			return 1;
		}
	}
	die("no workload '%s'", name);
}

int main(int argc, char **argv)
{
	struct engine engine;
	char line[128];

	setvbuf(stdout, NULL, _IOLBF, 0);
	engine_open(&engine, argc > 1 ? argv[1] : "/dev/fb0");
	if (engine.width != WIDTH || engine.pitch != WIDTH ||
	    engine.height != HEIGHT)
		die("a screen of %dx%d, %dx%d needed", engine.width,
		    engine.height, WIDTH, HEIGHT);
	if (engine.vram_size < LINES * WIDTH * 4)
		die("%u bytes of video memory are too few", engine.vram_size);
	engine_fill(&engine, 0, SRC_LINE, WIDTH, HEIGHT, CPU_PATTERN);
	engine_wait(&engine);
	puts("bench2d: ready");
	while (fgets(line, sizeof(line), stdin) && obey(&engine, line))
		;
	puts("bench2d: end");
	return 0;
}
