// SPDX-License-Identifier: GPL-2.0
/* vgpu-top - what GPUs and vGPUs do, as top(1) shows it of processes. */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "top.h"

#define DELAY_MIN	0.1
#define DELAY_MAX	86400

/**
 * reading_next() - read again; what was there becomes the earlier one
 * @r: zeroed before the first time
 */
void reading_next(struct reading *r)
{
	static double last;
	double now;

	machine_free(&r->before);
	r->before = r->now;
	machine_read(&r->now);
	clock_gettime(CLOCK_REALTIME, &r->time);
	now = now_s();
	r->interval = last ? now - last : UNKNOWN;
	last = now;
}

void reading_end(struct reading *r)
{
	machine_free(&r->before);
	machine_free(&r->now);
}

static void print_plain(const struct reading *r, const struct order *order)
{
	char line[LINE_LEN], when[32];
	uint64_t columns = columns_all(&r->now);
	struct table t;
	struct tm tm;
	size_t i, j;

	strftime(when, sizeof(when), "%F %T", localtime_r(&r->time.tv_sec, &tm));
	printf("vgpu-top  %s  gpus %zu  vgpus %zu\n", when, r->now.nr_gpus,
	       machine_nr_vgpus(&r->now));
	if (!r->now.nr_gpus)
		printf("No GPU offers vGPUs; is the driver of one loaded?\n");
	for (i = 0; i < r->now.nr_gpus; i++) {
		const struct gpu *gpu = &r->now.gpus[i];

		gpu_line(line, sizeof(line), gpu, &r->before);
		puts(line);
		for (j = 0; j < gpu_nr_lines(gpu); j++) {
			engine_line(line, sizeof(line), gpu, j, &r->before);
			puts(line);
		}
	}
	table_make(&t, &r->now, &r->before, order);
	if (t.nr) {
		table_header(line, columns, 0);
		puts(line);
	}
	for (i = 0; i < t.nr; i++) {
		table_line(line, &t.rows[i], columns, 0);
		puts(line);
	}
	putchar('\n');
	table_free(&t);
}

static void pause_for(double delay)
{
	struct timespec ts;

	ts.tv_sec = delay;
	ts.tv_nsec = (delay - ts.tv_sec) * 1e9;
	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* The first reading is only there to be compared with. */
static int run_batch(const struct options *opts, bool json)
{
	struct reading r = {};
	unsigned long n;

	reading_next(&r);
	for (n = 0; !opts->iterations || n < opts->iterations; n++) {
		pause_for(opts->delay);
		reading_next(&r);
		if (json)
			print_json(&r, &opts->order);
		else
			print_plain(&r, &opts->order);
		if (fflush(stdout) || ferror(stdout))
			err(1, "cannot write");
	}
	reading_end(&r);
	return 0;
}

static void usage(void)
{
	unsigned int i;

	printf("Usage: vgpu-top [-b | -j] [-d SECONDS] [-n COUNT] [-s COLUMN] [-r]\n"
	       "Shows what GPUs and vGPUs do.\n\n"
	       "  -b, --batch         plain text, to a file or another program\n"
	       "  -j, --json          one JSON object a line\n"
	       "  -d, --delay=SECONDS from one reading to the next (2)\n"
	       "  -n, --iterations=N  how often (without end)\n"
	       "  -s, --sort=COLUMN   the order of vGPUs (gpu%%)\n"
	       "  -r, --reverse       the other way round\n"
	       "  -h, --help          this text\n\n"
	       "Columns:");
	for (i = 0; i < nr_columns; i++)
		printf(" %s", column_name(i));
	printf("\nIn the live table, h lists the keys. See vgpu-top(1).\n");
}

static bool parse_delay(const char *arg, double *delay)
{
	char *end;

	*delay = strtod(arg, &end);
	return end != arg && !*end && *delay >= DELAY_MIN &&
	       *delay <= DELAY_MAX;
}

static bool parse_count(const char *arg, unsigned long *count)
{
	uint64_t n;

	if (!parse_number(arg, 0, &n) || !n || n > 1000000000)
		return false;
	*count = n;
	return true;
}

/* What the command line asks for. */
struct request {
	struct options opts;
	bool batch;
	bool json;
	bool help;
};

static bool parse_option(struct request *req, int c, const char *arg)
{
	int column;

	switch (c) {
	case 'b':
		req->batch = true;
		return true;
	case 'j':
		req->json = true;
		return true;
	case 'd':
		return parse_delay(arg, &req->opts.delay) ||
		       bad_value("a delay is 0.1 to 86400 seconds", arg);
	case 'n':
		return parse_count(arg, &req->opts.iterations) ||
		       bad_value("not a number of iterations", arg);
	case 's':
		column = column_by_name(arg);
		if (column < 0)
			return bad_value("no such column", arg);
		req->opts.order.column = column;
		return true;
	case 'r':
		req->opts.order.reverse = true;
		return true;
	case 'h':
		req->help = true;
		return true;
	default:
		return false;
	}
}

static bool parse(int argc, char **argv, struct request *req)
{
	static const struct option longs[] = {
		{ "batch", no_argument, NULL, 'b' },
		{ "json", no_argument, NULL, 'j' },
		{ "delay", required_argument, NULL, 'd' },
		{ "iterations", required_argument, NULL, 'n' },
		{ "sort", required_argument, NULL, 's' },
		{ "reverse", no_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	int c;

	while ((c = getopt_long(argc, argv, "bjd:n:s:rh", longs, NULL)) != -1)
		if (!parse_option(req, c, optarg))
			return false;
	if (optind < argc)
		return bad_value("unexpected argument", argv[optind]);
	if (req->batch && req->json)
		warnx("-b and -j exclude each other");
	return !req->batch || !req->json;
}

int main(int argc, char **argv)
{
	struct request req = {
		.opts.delay = 2,
		.opts.order.column = column_by_name(DEFAULT_COLUMN),
	};

	/* Only characters: numbers have a point in every country. */
	setlocale(LC_CTYPE, "");
	if (!parse(argc, argv, &req)) {
		fprintf(stderr, "Try 'vgpu-top --help'.\n");
		return 2;
	}
	if (req.help) {
		usage();
		return 0;
	}
	return req.batch || req.json ? run_batch(&req.opts, req.json) :
				       run_screen(&req.opts);
}
