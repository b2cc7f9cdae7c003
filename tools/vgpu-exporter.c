// SPDX-License-Identifier: GPL-2.0
/* vgpu-exporter - figures of GPUs and vGPUs for Prometheus. */
#include <err.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "http.h"
#include "metrics.h"
#include "ready.h"

/* Nobody but this machine: there is no authentication. */
#define DEFAULT_ADDRESS	"127.0.0.1:9811"

static void usage(FILE *f)
{
	fprintf(f,
		"Usage: vgpu-exporter [-b BYTES] [-l ADDRESS]\n"
		"       vgpu-exporter [-b BYTES] -f FILE [-i SECONDS]\n"
		"Offers figures of GPUs and vGPUs to Prometheus, by HTTP or in a file.\n\n"
		"  -l, --listen=ADDRESS   HOST:PORT (%s);\n"
		"                         :PORT for all of this machine's addresses\n"
		"  -f, --textfile=FILE    write FILE, for node_exporter, and end;\n"
		"                         - for standard output\n"
		"  -i, --interval=SECONDS write it again and again; remove it at the end\n"
		"  -b, --bandwidth=BYTES  a second that a VM is migrated with: tell for how\n"
		"                         long that would stop each vGPU\n"
		"  -h, --help             this text\n\n"
		"See vgpu-exporter(1).\n", DEFAULT_ADDRESS);
}

static int bad_usage(void)
{
	fprintf(stderr, "Try 'vgpu-exporter --help'.\n");
	return 2;
}

/* SIGINT and SIGTERM are blocked; true when one of them has come in. */
static bool stopped_within(time_t seconds)
{
	const struct timespec timeout = { .tv_sec = seconds };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	return sigtimedwait(&set, NULL, &timeout) > 0;
}

static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/*
 * A disk that is full for a while is no reason to end. A file that is written
 * again and again is there only as long as somebody does that.
 */
static int run_textfile(const char *path, uint64_t interval)
{
	bool good, said = false;

	do {
		good = textfile_write(path);
		if (!said)
			say_ready();
		said = true;
	} while (interval && !stopped_within(interval));
	if (interval && !textfile_remove(path))
		good = false;
	return good ? 0 : 1;
}

static int run_http(const char *address)
{
	if (!http_start(address))
		return 1;
	say_ready();
	while (!stopped_within(3600))
		;
	http_stop();
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "textfile", required_argument, NULL, 'f' },
		{ "interval", required_argument, NULL, 'i' },
		{ "bandwidth", required_argument, NULL, 'b' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	const char *address = NULL, *textfile = NULL;
	uint64_t interval = 0, bandwidth;
	int c;

	while ((c = getopt_long(argc, argv, "l:f:i:b:h", longs, NULL)) != -1) {
		switch (c) {
		case 'l':
			address = optarg;
			break;
		case 'f':
			textfile = optarg;
			break;
		case 'i':
			if (parse_number(optarg, 0, &interval) && interval &&
			    interval <= 86400)
				break;
			warnx("an interval is 1 to 86400 seconds, not '%s'",
			      optarg);
			return bad_usage();
		case 'b':
			if (parse_number(optarg, 0, &bandwidth) && bandwidth) {
				metrics_bandwidth(bandwidth);
				break;
			}
			warnx("a bandwidth is bytes a second, not '%s'", optarg);
			return bad_usage();
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
	if ((address && textfile) || (interval && !textfile)) {
		warnx(address ? "-l and -f exclude each other" :
				"-i is for -f");
		return bad_usage();
	}
	block_signals();
	return textfile ? run_textfile(textfile, interval) :
			  run_http(address ?: DEFAULT_ADDRESS);
}
