// SPDX-License-Identifier: GPL-2.0
/*
 * How the engine's time is shared: tenants that are busy or idle, each a
 * process with a vGPU of its own, under a policy; what each of them got, and
 * how long it waited.
 *
 *   share [--policy P] [--seconds S] [--slice US] [--engine E] NAME TENANT...
 *   TENANT: TYPE[,weight=N][,cap=PERCENT][,min=PERCENT][,op=WxH][,idle]
 *
 * TYPE is the MiB of the type: 4, 8, 16 or 32. A busy tenant always has fills
 * queued, of nearly all of its memory unless op= says otherwise. With GPU=soft in
 * the environment the engine is copy0, and a tenant always has fills of 256 KiB
 * there, or compute0, and it always has products of matrices for an executor; types
 * are M4 to M32 then, which an operator has made. Prints one line of JSON.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "gpu2d.h"
#include "softdir.h"
#include "waits.h"
#include "work.h"

#define MAX_TENANTS	16
#define WARM_UP_S	1

struct tenant {
	const char *spec;
	struct vdev *vdev;
	int width, height;
	bool idle;
	pid_t pid;
	double limit;		/* percent */
	uint64_t gpu_time, slices, switches, ops, wait;
	struct waits waits;
};

struct gpu_times {
	uint64_t idle, busy, switching, wall;
};

static struct tenant tenants[MAX_TENANTS];
static unsigned int nr_tenants;
static const char *name;
static const char *policy = "best_effort";
static const char *engine = "2d";

static void set_attr(const char *uuid, const char *attr, const char *val)
{
	char path[256];

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/vgpu/%s", uuid,
		 attr);
	ASSERT_OK(file_write(path, val));
}

static void set_gpu(const char *attr, const char *val)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/vgpu/%s", gpu_path(), attr);
	ASSERT_OK(file_write(path, val));
}

static bool on_card(void)
{
	return gpu == &rv100_gpu;
}

static struct vdev *new_vgpu(unsigned int mib)
{
	char type[16];
	unsigned int i;

	if (!on_card()) {
		snprintf(type, sizeof(type), "M%u", mib);
		return soft_create(gpu_path(), type);
	}

	for (i = 0; i < gpu->nr_types; i++)
		if (gpu->types[i].size == mib * MIB)
			return vdev_new(&gpu->types[i]);
	fprintf(stderr, "share: no type of %u MiB\n", mib);
	exit(2);
}

static void add_tenant(const char *spec)
{
	struct tenant *t = &tenants[nr_tenants++];
	char *copy = strdup(spec), *word, *val;
	unsigned int mib;

	t->spec = spec;
	word = strtok(copy, ",");
	mib = atoi(word);
	t->vdev = new_vgpu(mib);
	t->width = 1024;
	t->height = mib * 256 - 16;
	while ((word = strtok(NULL, ","))) {
		val = strchr(word, '=');
		if (val)
			*val++ = 0;
		if (!strcmp(word, "idle"))
			t->idle = true;
		else if (!strcmp(word, "op") && val)
			sscanf(val, "%dx%d", &t->width, &t->height);
		else if (val)
			set_attr(t->vdev->uuid, word, val);
	}
	free(copy);
}

/*
 * Fills without end. The first sets the engine up; then one write is one more
 * fill, so that the FIFO holds many of them, and a full FIFO makes the write
 * wait: the engine has work though this process may not run for a while.
 */
static void draw(struct tenant *t)
{
	uint32_t pitch = (t->width * 4 + 63) & ~63;

	vdev_decode(t->vdev, PCI_COMMAND_MEMORY);
	gpu_init(t->vdev);
	gpu_rect(t->vdev, 0, pitch, t->width, t->height, 0x5a5a5a);
	for (;;)
		reg_wr(t->vdev, DST_WIDTH_HEIGHT, pack_yx(t->width, t->height));
}

/* The same for a soft GPU, which takes what comes and never makes anybody wait. */
static void keep_busy(struct tenant *t)
{
	const struct work_kind *kind = work_kind(strcmp(engine, "copy0") ? "gemm" : "fill");
	struct work w = {};

	vdev_decode(t->vdev, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	kind->start(&w, t->vdev);
	for (;;) {
		kind->more(&w);
		usleep(1000);
	}
}

static void be_tenant(struct tenant *t)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (on_card())
		draw(t);
	keep_busy(t);
}

/* The file of the engine, of the GPU or of a vGPU. */
static const char *of_engine(const char *attr)
{
	static char path[64];

	snprintf(path, sizeof(path), "engines/%s/%s", engine, attr);
	return path;
}

static void sample(struct tenant *t, int sign)
{
	const char *uuid = t->vdev->uuid;
	char limit[ATTR_LEN];

	t->gpu_time += sign * mdev_attr_u64(uuid, of_engine("gpu_time_ns"));
	t->slices += sign * mdev_attr_u64(uuid, of_engine("slices"));
	t->switches += sign * mdev_attr_u64(uuid, of_engine("switches"));
	t->ops += sign * mdev_attr_u64(uuid, of_engine("ops"));
	t->wait += sign * mdev_attr_u64(uuid, of_engine("wait_time_ns"));
	mdev_attr(uuid, of_engine("limit"), limit);
	t->limit = atof(limit);
}

/* All of them at the same time, near enough: once more if something came in. */
static void sample_gpu(struct gpu_times *g, int sign)
{
	uint64_t begin, idle, busy, switching;
	unsigned int tries = 20;

	do {
		begin = tap_ns();
		idle = gpu_attr_u64(of_engine("idle_time_ns"));
		busy = gpu_attr_u64(of_engine("busy_time_ns"));
		switching = gpu_attr_u64(of_engine("switch_time_ns"));
	} while (tap_ns() - begin > 2000000 && --tries);
	g->wall += sign * begin;
	g->idle += sign * idle;
	g->busy += sign * busy;
	g->switching += sign * switching;
}

static void put(const char *what, uint64_t value)
{
	printf(", \"%s\": %llu", what, (unsigned long long)value);
}

static void report_tenant(const struct tenant *t)
{
	const struct waits *w = &t->waits;

	printf("{\"tenant\": \"%s\", \"idle\": %s, \"limit\": %.2f", t->spec,
	       t->idle ? "true" : "false", t->limit);
	put("gpu_ns", t->gpu_time);
	put("slices", t->slices);
	put("switches", t->switches);
	put("ops", t->ops);
	put("wait_ns", t->wait);
	put("wait_p50_ns", w->p50);
	put("wait_p99_ns", w->p99);
	put("wait_max_ns", w->max);
	put("run_min_ns", w->run_min);
	put("run_p99_ns", w->run_p99);
	put("run_max_ns", w->run_max);
	put("dry_ns", w->dry);
	putchar('}');
}

static void report(const struct gpu_times *g)
{
	unsigned int i;

	printf("{\"name\": \"%s\", \"engine\": \"%s\", \"policy\": \"%s\"", name,
	       engine, policy);
	put("slice_us", gpu_attr_u64("slice_us"));
	put("window_ms", gpu_attr_u64("window_ms"));
	put("wall_ns", g->wall);
	put("idle_ns", g->idle);
	put("busy_ns", g->busy);
	put("switch_ns", g->switching);
	put("gap_p99_ns", waits_gap_p99());
	put("gap_max_ns", waits_gap_max());
	printf(", \"tenants\": [");
	for (i = 0; i < nr_tenants; i++) {
		fputs(i ? ", " : "", stdout);
		report_tenant(&tenants[i]);
	}
	printf("]}\n");
}

static void start_all(void)
{
	unsigned int i;

	for (i = 0; i < nr_tenants; i++) {
		if (tenants[i].idle)
			continue;
		tenants[i].pid = fork();
		if (!tenants[i].pid)
			be_tenant(&tenants[i]);
	}
}

/* A worker of an executor takes a while to come. */
static void all_work(void)
{
	unsigned int i;

	for (i = 0; i < nr_tenants; i++)
		ASSERT(tenants[i].idle ||
		       AWAIT(mdev_attr_u64(tenants[i].vdev->uuid, of_engine("ops"))));
}

/* False when one had ended by itself. */
static bool stop_all(void)
{
	bool good = true;
	unsigned int i;

	for (i = 0; i < nr_tenants; i++) {
		if (!tenants[i].pid)
			continue;
		if (waitpid(tenants[i].pid, NULL, WNOHANG)) {
			fprintf(stderr, "share: %s: tenant %u has ended\n",
				name, i);
			good = false;
			continue;
		}
		kill(tenants[i].pid, SIGKILL);
		waitpid(tenants[i].pid, NULL, 0);
	}
	return good;
}

/* But for slices that began or ended while the counters were read. */
static bool agrees(const struct tenant *t)
{
	uint64_t ran = t->waits.ran, given = t->gpu_time;
	uint64_t difference = ran > given ? ran - given : given - ran;

	return difference <= given / 20 + 4 * t->waits.run_max;
}

/* The trace names instances by number, which go up in the order of creation. */
static bool collect_waits(void)
{
	unsigned int i, nth = 0;

	waits_read();
	for (i = 0; i < nr_tenants; i++) {
		struct tenant *t = &tenants[i];

		if (t->idle)
			continue;
		if (!waits_of(nth++, &t->waits) || !agrees(t)) {
			fprintf(stderr, "share: %s: trace and GPU time of tenant %u do not agree\n",
				name, i);
			return false;
		}
	}
	return true;
}

static bool run(unsigned int seconds)
{
	struct gpu_times g = {};
	unsigned int i;
	bool good;

	start_all();
	all_work();
	sleep(WARM_UP_S);
	waits_start();
	for (i = 0; i < nr_tenants; i++)
		sample(&tenants[i], -1);
	sample_gpu(&g, -1);
	sleep(seconds);
	sample_gpu(&g, 1);
	for (i = 0; i < nr_tenants; i++)
		sample(&tenants[i], 1);
	waits_stop();
	good = stop_all() && collect_waits();
	report(&g);
	return good;
}

static void remove_all(void)
{
	unsigned int i;
	char uuid[UUID_LEN];

	for (i = 0; i < nr_tenants; i++) {
		strcpy(uuid, tenants[i].vdev->uuid);
		vdev_close(tenants[i].vdev);
		mdev_remove(uuid);
	}
}

int main(int argc, char **argv)
{
	unsigned int seconds = 10;
	const char *slice = "2000";
	bool good;
	int i;

	/* There is nobody whom a failed assertion could go back to. */
	tap_child();
	for (i = 1; i < argc && !strncmp(argv[i], "--", 2); i += 2) {
		if (!strcmp(argv[i], "--policy") && i + 1 < argc)
			policy = argv[i + 1];
		else if (!strcmp(argv[i], "--slice") && i + 1 < argc)
			slice = argv[i + 1];
		else if (!strcmp(argv[i], "--seconds") && i + 1 < argc)
			seconds = atoi(argv[i + 1]);
		else if (!strcmp(argv[i], "--engine") && i + 1 < argc)
			engine = argv[i + 1];
		else
			break;
	}
	if (argc - i < 2 || argc - i - 1 > MAX_TENANTS) {
		fprintf(stderr, "share: NAME and TENANTs needed, see share.c\n");
		return 2;
	}
	set_gpu("policy", policy);
	set_gpu("slice_us", slice);
	name = argv[i++];
	for (; i < argc; i++)
		add_tenant(argv[i]);
	good = run(seconds);
	remove_all();
	set_gpu("policy", "best_effort");
	return good ? 0 : 1;
}
