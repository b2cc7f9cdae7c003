// SPDX-License-Identifier: GPL-2.0
/* vgpu-top - what GPUs and vGPUs do, as top(1) shows it of processes. */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "top.h"

#define DELAY_MIN	0.1
#define DELAY_MAX	86400

static double seconds(const struct timespec *ts)
{
	return ts->tv_sec + ts->tv_nsec / 1e9;
}

/* The clock that does not jump, for the interval. */
static double steady(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return seconds(&ts);
}

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
	now = steady();
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
	struct table t;
	struct tm tm;
	size_t i;

	strftime(when, sizeof(when), "%F %T", localtime_r(&r->time.tv_sec, &tm));
	printf("vgpu-top  %s  gpus %zu  vgpus %zu\n", when, r->now.nr_gpus,
	       machine_nr_vgpus(&r->now));
	if (!r->now.nr_gpus)
		printf("No GPU offers vGPUs; is the driver of one loaded?\n");
	for (i = 0; i < r->now.nr_gpus; i++) {
		gpu_line(line, sizeof(line), &r->now.gpus[i], &r->before);
		puts(line);
	}
	table_make(&t, &r->now, &r->before, order);
	if (t.nr) {
		table_header(line, columns_all(), 0);
		puts(line);
	}
	for (i = 0; i < t.nr; i++) {
		table_line(line, &t.rows[i], columns_all(), 0);
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

static void usage(FILE *f)
{
	unsigned int i;

	fprintf(f,
		"Usage: vgpu-top [-b | -j] [-d SECONDS] [-n COUNT] [-s COLUMN] [-r]\n"
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
		fprintf(f, " %s", column_name(i));
	fprintf(f, "\nIn the live table, h lists the keys. See vgpu-top(1).\n");
}

static int bad_usage(void)
{
	fprintf(stderr, "Try 'vgpu-top --help'.\n");
	return 2;
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

int main(int argc, char **argv)
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
	struct options opts = {
		.delay = 2,
		.order.column = column_by_name(DEFAULT_COLUMN),
	};
	bool batch = false, json = false;
	int c;

	/* Only characters: numbers have a point in every country. */
	setlocale(LC_CTYPE, "");
	while ((c = getopt_long(argc, argv, "bjd:n:s:rh", longs, NULL)) != -1) {
		switch (c) {
		case 'b':
			batch = true;
			break;
		case 'j':
			json = true;
			break;
		case 'd':
			if (parse_delay(optarg, &opts.delay))
				break;
			warnx("a delay is %g to %d seconds, not '%s'",
			      DELAY_MIN, DELAY_MAX, optarg);
			return bad_usage();
		case 'n':
			if (parse_count(optarg, &opts.iterations))
				break;
			warnx("not a number of iterations: '%s'", optarg);
			return bad_usage();
		case 's':
			c = column_by_name(optarg);
			if (c >= 0) {
				opts.order.column = c;
				break;
			}
			warnx("no such column: '%s'", optarg);
			return bad_usage();
		case 'r':
			opts.order.reverse = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			return bad_usage();
		}
	}
	if (optind < argc) {
		warnx("unexpected argument: '%s'", argv[optind]);
		return bad_usage();
	}
	if (batch && json) {
		warnx("-b and -j exclude each other");
		return bad_usage();
	}
	return batch || json ? run_batch(&opts, json) : run_screen(&opts);
}
