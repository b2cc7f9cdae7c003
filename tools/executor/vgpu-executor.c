// SPDX-License-Identifier: GPL-2.0
/* vgpu-executor - computes for the vGPUs of a soft GPU. */
#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../ready.h"
#include "../text.h"
#include "native.h"
#include "supervisor.h"
#include "worker.h"

#define DEFAULT_USER	"vgpu-executor"

static void usage(void)
{
	printf("Usage: vgpu-executor [--gpu=ADDRESS] [--user=NAME] [--cpus=LIST] [--no-programs]\n"
	       "                     [--device=NAME]\n"
	       "       vgpu-executor --run=KERNEL|PROGRAM.spv [--grid=X,Y,Z] FILE [ARGUMENT...]\n"
	       "       vgpu-executor --list\n"
	       "Computes for the vGPUs of a soft GPU.\n\n"
	       "  -g, --gpu=ADDRESS     which GPU, by its PCI address (the only one)\n"
	       "  -u, --user=NAME       who its workers are (" DEFAULT_USER ")\n"
	       "  -c, --cpus=LIST       CPUs on which they compute, as 0-3,8;\n"
	       "                        SLICE:LIST for those of one slice; several times\n"
	       "  -P, --no-programs     built-in kernels only, no programs of guests\n"
	       "  -d, --device=NAME     the Vulkan device in whose name this is carries\n"
	       "                        out programs, in place of lavapipe\n\n"
	       "  -r, --run=KERNEL      do one kernel, or program, with FILE as its memory\n"
	       "  -e, --entry=NUMBER    which entry point of a program (0)\n"
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
	struct supervisor supervisor;
	bool help;
	bool list;
};

static bool parse_supervisor(struct supervisor *s, int c, const char *arg)
{
	switch (c) {
	case 'g':
		s->gpu = arg;
		return !strchr(arg, '/') ||
		       bad_value("not a PCI address", arg);
	case 'u':
		s->user = arg;
		return true;
	case 'd':
		s->chosen = arg;
		return *arg ||
		       bad_value("not a name of a device", arg);
	case 'P':
		s->no_programs = true;
		return true;
	case 'c':
		return cpus_parse(&s->cpus, arg) ||
		       bad_value("not a list of CPUs", arg);
	default:
		return false;
	}
}

static bool parse_option(struct request *req, int c, const char *arg)
{
	struct native *n = &req->native;
	uint64_t entry;
	uint32_t nr;

	switch (c) {
	case 'r':
		n->kernel = arg;
		return true;
	case 'e':
		if (!parse_number(arg, 0, &entry) || entry > UINT16_MAX)
			return bad_value("not a number of an entry point", arg);
		n->entry = entry;
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
		return parse_supervisor(&req->supervisor, c, arg);
	}
}

static bool parse(int argc, char **argv, struct request *req)
{
	static const struct option longs[] = {
		{ "gpu", required_argument, NULL, 'g' },
		{ "user", required_argument, NULL, 'u' },
		{ "cpus", required_argument, NULL, 'c' },
		{ "no-programs", no_argument, NULL, 'P' },
		{ "device", required_argument, NULL, 'd' },
		{ "run", required_argument, NULL, 'r' },
		{ "entry", required_argument, NULL, 'e' },
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

	while ((c = getopt_long(argc, argv, "+g:u:c:Pd:r:e:G:w:yn:lh", longs,
				NULL)) != -1)
		if (!parse_option(req, c, optarg))
			return false;
	n->device = req->supervisor.chosen;
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

/* Not root: that would be no wall at all. */
static bool find_user(struct supervisor *s)
{
	const struct passwd *user = getpwnam(s->user);

	if (!user || !user->pw_uid) {
		warnx("%s: '%s'", user ? "workers cannot be root" :
					 "no such user (see --user)", s->user);
		return false;
	}
	s->uid = user->pw_uid;
	s->gid = user->pw_gid;
	return true;
}

/* Return: whether its GPU has gone; below 0: there is none that it can serve. */
static int serve(struct supervisor *s)
{
	struct vgpu_soft_info info;
	bool gone;

	s->device = open_device(s->gpu, &info);
	if (s->device < 0)
		return -1;
	if (s->cpus.named > info.slices) {
		warnx("the GPU has %u slices: no slice %u for --cpus",
		      info.slices, s->cpus.named - 1);
		close(s->device);
		return -1;
	}
	say_ready();
	/* A moment, in which what is wanted waits: no reason to be waited for. */
	s->programs = !s->no_programs && can_programs(s);
	gone = supervise(s);
	close(s->device);
	return gone;
}

/*
 * A GPU may be there again before we have seen that it was gone. Who starts us for it,
 * as udev does, has seen then that we are there, and does not start another.
 */
static int run_supervisor(struct supervisor *s)
{
	int pipe_fds[2], gone;

	if (!find_user(s))
		return 1;
	/* Who starts us may have ignored it; then nobody's end could be waited for. */
	signal(SIGCHLD, SIG_DFL);
	if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK))
		err(1, "pipe");
	s->life = pipe_fds[0];
	gone = serve(s);
	if (gone < 0)
		return 1;
	while (gone > 0 && device_is_there(s->gpu))
		gone = serve(s);
	return 0;
}

/* What start_worker() gives us; nobody else has the descriptors for it. */
static int be_worker(char **argv)
{
	struct worker_setup setup = {
		.vram_size = strtoull(argv[0], NULL, 10),
		.uid = strtoul(argv[1], NULL, 10),
		.gid = strtoul(argv[2], NULL, 10),
		.programs = !strcmp(argv[3], "programs"),
		.device = argv[4],
	};

	_exit(run_worker(&setup));
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
		.supervisor.user = DEFAULT_USER,
	};

	if ((argc == 6 || argc == 7) && !strcmp(argv[1], "--worker"))
		return be_worker(argv + 2);
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
	return req.native.kernel ? run_native(&req.native) :
				   run_supervisor(&req.supervisor);
}
