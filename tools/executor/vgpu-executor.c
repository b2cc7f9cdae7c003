// SPDX-License-Identifier: GPL-2.0
/* vgpu-executor - computes for the vGPUs of a soft GPU. */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../text.h"
#include "native.h"

static void usage(void)
{
	printf("Usage: vgpu-executor --run=KERNEL [--grid=X,Y,Z] FILE [ARGUMENT...]\n"
	       "       vgpu-executor --list\n"
	       "Computes for the vGPUs of a soft GPU.\n\n"
	       "  -r, --run=KERNEL      do one kernel, with FILE as its memory\n"
	       "  -G, --grid=X[,Y[,Z]]  work-items (1)\n"
	       "  -w, --group=X[,Y[,Z]] work-items of a work-group (1)\n"
	       "  -y, --yield           stop and go on as often as it can be done\n"
	       "  -n, --repeat=COUNT    do it so often\n"
	       "  -l, --list            kernels: number, name, types of arguments\n"
	       "  -h, --help            this text\n\n"
	       "See vgpu-executor(8).\n");
}

static int bad_usage(void)
{
	fprintf(stderr, "Try 'vgpu-executor --help'.\n");
	return 2;
}

/* What the command line asks for. */
struct request {
	struct native native;
	bool help;
	bool list;
};

static bool parse_option(struct request *req, int c, const char *arg)
{
	struct native *n = &req->native;
	uint32_t nr;

	switch (c) {
	case 'r':
		n->kernel = arg;
		return true;
	case 'G':
		return parse_sizes(arg, n->grid, &n->dims) ||
		       bad_value("not a number of work-items", arg);
	case 'w':
		return parse_sizes(arg, n->group, &nr) ||
		       bad_value("not a size of work-groups", arg);
	case 'y':
		n->yield = true;
		return true;
	case 'n':
		return (parse_number(arg, 0, &n->repeat) && n->repeat) ||
		       bad_value("not a number of repetitions", arg);
	case 'l':
		req->list = true;
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
		{ "run", required_argument, NULL, 'r' },
		{ "grid", required_argument, NULL, 'G' },
		{ "group", required_argument, NULL, 'w' },
		{ "yield", no_argument, NULL, 'y' },
		{ "repeat", required_argument, NULL, 'n' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	struct native *n = &req->native;
	int c;

	while ((c = getopt_long(argc, argv, "+r:G:w:yn:lh", longs, NULL)) != -1)
		if (!parse_option(req, c, optarg))
			return false;
	if (n->kernel) {
		if (optind == argc) {
			warnx("--run wants a file");
			return false;
		}
		n->file = argv[optind++];
		n->args = argv + optind;
		n->nr_args = argc - optind;
	} else if (optind < argc) {
		return bad_value("unexpected argument", argv[optind]);
	}
	return true;
}

int main(int argc, char **argv)
{
	struct request req = {
		.native = {
			.dims = 1,
			.grid = { 1, 1, 1 },
			.group = { 1, 1, 1 },
			.repeat = 1,
		},
	};

	if (!parse(argc, argv, &req))
		return bad_usage();
	if (req.help) {
		usage();
		return 0;
	}
	if (req.list) {
		list_kernels();
		return 0;
	}
	if (!req.native.kernel) {
		warnx("nothing to do");
		return bad_usage();
	}
	return run_native(&req.native);
}
