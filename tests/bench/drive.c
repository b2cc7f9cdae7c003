// SPDX-License-Identifier: GPL-2.0
/*
 * Has guest/bench2d do its workloads in one or more places at the same time,
 * and takes what the kernel counts meanwhile.
 *
 *   drive [-l LEAD] [-s SECONDS] [-t TAIL] [-w WORKLOAD]... CASE PLACE...
 *   PLACE: exec:PROGRAM        here
 *          guest:NAME[:UUID]   in a guest of scripts/guest, whose vGPU is UUID
 *
 * Prints a line for each workload and place, "2d case=CASE place=NAME
 * workload=NAME NAME=VALUE...", and one "gpu ..." for each workload when the
 * GPU offers vGPUs. Counters are differences.
 */
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MAX_PLACES	8
#define MAX_WORKLOADS	32
#define LINE		1024

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define ENGINE	"engines/2d/"

static const char *const vgpu_counters[] = {
	"traps_read", "traps_write", "trap_time_ns", ENGINE "traps_engine",
	ENGINE "ops", ENGINE "bytes", ENGINE "gpu_time_ns",
	ENGINE "wait_time_ns", ENGINE "slices", ENGINE "switches",
	ENGINE "dropped",
};

static const char *const kvm_counters[] = {
	"exits", "mmio_exits", "io_exits", "halt_exits", "irq_exits",
};

static const char *const gpu_counters[] = {
	ENGINE "idle_time_ns", ENGINE "busy_time_ns", ENGINE "switch_time_ns",
};

#define MAX_COUNTERS	16

/* Files of one directory, and what they held before. */
struct counters {
	char dir[512];
	const char *const *names;
	unsigned int count;
	uint64_t before[MAX_COUNTERS];
};

struct place {
	char name[64];
	int fd;
	struct counters vgpu, kvm;
	char line[LINE];
	size_t len;
	char answer[LINE];
};

static struct place places[MAX_PLACES];
static unsigned int nr_places;
static struct counters gpu;

static void die(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("drive: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static uint64_t counter(const struct counters *c, unsigned int i)
{
	unsigned long long value;
	char path[640];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", c->dir, c->names[i]);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%llu", &value) != 1)
		die("cannot read %s", path);
	fclose(f);
	return value;
}

static void take(struct counters *c)
{
	unsigned int i;

	for (i = 0; c->dir[0] && i < c->count; i++)
		c->before[i] = counter(c, i);
}

static void print_since(const struct counters *c, const char *prefix)
{
	unsigned int i;

	for (i = 0; c->dir[0] && i < c->count; i++) {
		const char *slash = strrchr(c->names[i], '/');

		printf(" %s%s=%llu", prefix, slash ? slash + 1 : c->names[i],
		       (unsigned long long)(counter(c, i) - c->before[i]));
	}
}

/* The first @parent/@prefix.../@file there is. */
static bool find_dir(char *out, size_t len, const char *parent,
		     const char *prefix, const char *file)
{
	struct dirent *e;
	bool found = false;
	DIR *dir;

	dir = opendir(parent);
	while (dir && !found && (e = readdir(dir))) {
		if (e->d_name[0] == '.' ||
		    strncmp(e->d_name, prefix, strlen(prefix)))
			continue;
		snprintf(out, len, "%s/%s/%s", parent, e->d_name, file);
		found = !access(out, F_OK);
	}
	if (dir)
		closedir(dir);
	if (!found)
		out[0] = '\0';
	return found;
}

static void find_counters(struct place *p, const char *uuid)
{
	char path[160], prefix[32], pid[16];
	FILE *f;

	snprintf(path, sizeof(path), "/run/guests/%s/pid", p->name);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%15s", pid) != 1)
		die("cannot read %s", path);
	fclose(f);
	snprintf(prefix, sizeof(prefix), "%s-", pid);
	p->kvm.names = kvm_counters;
	p->kvm.count = ARRAY_SIZE(kvm_counters);
	if (!find_dir(p->kvm.dir, sizeof(p->kvm.dir), "/sys/kernel/debug/kvm",
		      prefix, ""))
		die("no KVM counters of %s (process %s)", p->name, pid);
	if (!uuid)
		return;
	p->vgpu.names = vgpu_counters;
	p->vgpu.count = ARRAY_SIZE(vgpu_counters);
	snprintf(p->vgpu.dir, sizeof(p->vgpu.dir),
		 "/sys/bus/mdev/devices/%s/vgpu", uuid);
}

static int connect_to(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path),
		 "/run/guests/%s/console", name);
	if (fd < 0 || connect(fd, (void *)&addr, sizeof(addr)))
		die("cannot connect to %s", addr.sun_path);
	return fd;
}

static int start(const char *program)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		die("no socket");
	if (!fork()) {
		dup2(fds[1], 0);
		dup2(fds[1], 1);
		execl(program, program, NULL);
		_exit(127);
	}
	close(fds[1]);
	return fds[0];
}

static void say(struct place *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct place *p, const char *format, ...)
{
	char text[256];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (write(p->fd, text, len) != len)
		die("%s does not listen", p->name);
}

/* Keeps the line if it is the program's; consoles have others. */
static void line_read(struct place *p)
{
	const char *text;

	p->line[p->len] = '\0';
	p->len = 0;
	text = strstr(p->line, "bench2d: ");
	if (text)
		strcpy(p->answer, text + strlen("bench2d: "));
}

static void read_some(struct place *p)
{
	char buf[512];
	ssize_t n, i;

	n = read(p->fd, buf, sizeof(buf));
	if (n <= 0)
		die("%s has ended", p->name);
	for (i = 0; i < n; i++) {
		if (buf[i] == '\n')
			line_read(p);
		else if (buf[i] != '\r' && p->len < LINE - 1)
			p->line[p->len++] = buf[i];
	}
}

/*
 * Until each place has answered with a line that begins with @text: beyond the
 * time asked for a machine may be slow, a dead one must end.
 */
static void await(const char *text, double seconds)
{
	const char *patience = getenv("PATIENCE");
	time_t end;
	struct pollfd fds[MAX_PLACES];
	unsigned int i, missing;

	seconds += patience ? atof(patience) : 600;
	end = time(NULL) + seconds;
	for (;;) {
		missing = 0;
		for (i = 0; i < nr_places; i++) {
			bool there = places[i].answer[0];

			fds[i].fd = there ? -1 : places[i].fd;
			fds[i].events = POLLIN;
			missing += !there;
		}
		if (!missing)
			break;
		if (time(NULL) > end)
			die("no answer for %.0f s", seconds);
		poll(fds, nr_places, 1000);
		for (i = 0; i < nr_places; i++) {
			if (fds[i].fd >= 0 && fds[i].revents)
				read_some(&places[i]);
		}
	}
	for (i = 0; i < nr_places; i++) {
		if (strncmp(places[i].answer, text, strlen(text)))
			die("%s: %s", places[i].name, places[i].answer);
	}
}

static void forget_answers(void)
{
	unsigned int i;

	for (i = 0; i < nr_places; i++)
		places[i].answer[0] = '\0';
}

static void add_place(char *spec)
{
	struct place *p = &places[nr_places++];
	char *uuid;

	if (!strncmp(spec, "exec:", 5)) {
		strcpy(p->name, "host");
		p->fd = start(spec + 5);
		return;
	}
	if (strncmp(spec, "guest:", 6))
		die("not a place: %s", spec);
	spec += 6;
	uuid = strchr(spec, ':');
	if (uuid)
		*uuid++ = '\0';
	snprintf(p->name, sizeof(p->name), "%s", spec);
	find_counters(p, uuid);
	p->fd = connect_to(p->name);
	say(p, "bench2d\n");
}

static void do_workload(const char *name, const char *title, double lead,
			double seconds, double tail)
{
	unsigned int i;

	forget_answers();
	for (i = 0; i < nr_places; i++) {
		take(&places[i].vgpu);
		take(&places[i].kvm);
	}
	take(&gpu);
	for (i = 0; i < nr_places; i++)
		say(&places[i], "%s %g %g %g\n", name, lead, seconds, tail);
	await(name, lead + seconds + tail);
	for (i = 0; i < nr_places; i++) {
		printf("2d case=%s place=%s workload=%s", title,
		       places[i].name, places[i].answer);
		print_since(&places[i].vgpu, "vgpu_");
		print_since(&places[i].kvm, "kvm_");
		putchar('\n');
	}
	if (gpu.dir[0]) {
		printf("gpu case=%s workload=%s -", title, name);
		print_since(&gpu, "");
		putchar('\n');
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static const char *const all[] = {
		"fill_16x16", "fill_256x256", "fill_1024x768", "copy_16x16",
		"copy_256x256", "copy_1024x768", "cpu_write_64k",
		"cpu_read_64k", "reg_read", "reg_write",
	};
	const char *chosen[MAX_WORKLOADS];
	double lead = 0.5, seconds = 2, tail = 0;
	unsigned int i, nr_chosen = 0;
	const char *title;
	int option;

	while ((option = getopt(argc, argv, "l:s:t:w:")) != -1) {
		if (option == 'l')
			lead = atof(optarg);
		else if (option == 's')
			seconds = atof(optarg);
		else if (option == 't')
			tail = atof(optarg);
		else if (option == 'w' && nr_chosen < MAX_WORKLOADS)
			chosen[nr_chosen++] = optarg;
		else
			die("see the top of drive.c");
	}
	if (argc - optind < 2 || argc - optind - 1 > MAX_PLACES)
		die("CASE and 1 to %d PLACEs needed", MAX_PLACES);
	if (!nr_chosen) {
		memcpy(chosen, all, sizeof(all));
		nr_chosen = ARRAY_SIZE(all);
	}

	signal(SIGPIPE, SIG_IGN);
	title = argv[optind++];
	while (optind < argc)
		add_place(argv[optind++]);
	gpu.names = gpu_counters;
	gpu.count = ARRAY_SIZE(gpu_counters);
	find_dir(gpu.dir, sizeof(gpu.dir), "/sys/bus/pci/devices", "", "vgpu");
	await("ready", 0);
	for (i = 0; i < nr_chosen; i++)
		do_workload(chosen[i], title, lead, seconds, tail);
	forget_answers();
	for (i = 0; i < nr_places; i++)
		say(&places[i], "quit\n");
	await("end", 0);
	return 0;
}
