// SPDX-License-Identifier: GPL-2.0
/*
 * What a developer sees from inside: the tracepoints of the group vgpu, and the
 * run list in debugfs. Both are compared with what a client has just done.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "inject.h"
#include "rv100.h"
#include "tenant.h"

#define TRACEFS		"/sys/kernel/tracing"
/* Apart from whatever else is being traced. */
#define TRACE		TRACEFS "/instances/vgpu-tests"

#define TEXT_MAX	(128 * 1024)
#define RUNLIST_MAX	4096

#define SLICE_NS	(MS / 2)

/* The events of a trace. */
static char text[TEXT_MAX];

static void trace_set(const char *name, const char *val)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), TRACE "/%s", name);
	ASSERT_OK(file_write(path, val));
}

static void before(void)
{
	ASSERT_OK(mkdir(TRACE, 0700));
	/* Events of all CPUs in their order, however their clocks disagree. */
	trace_set("trace_clock", "counter");
}

static void after(void)
{
	children_end();
	settings_restore();
	vdev_cleanup();
	EXPECT_OK(rmdir(TRACE));
}

static const char *runlist(void)
{
	static char list[RUNLIST_MAX];

	runlist_read(list, sizeof(list));
	return list;
}

/* A slice has been traced once nobody holds the engine: those of before have been. */
static void trace_start(void)
{
	runlist();
	trace_set("events/vgpu/enable", "1");
}

/* Ends tracing. */
static void trace_stop(void)
{
	runlist();
	trace_set("events/vgpu/enable", "0");
}

/**
 * events() - what was traced
 * @event: only of this event; what follows its name
 * @having: only those in which this occurs
 *
 * Return: all on one line, as a check that fails tells only one; without the
 * event's name, each with a semicolon after it.
 */
static const char *events(const char *event, const char *having)
{
	FILE *f = fopen(TRACE "/trace", "r");
	char *line = NULL;
	size_t room = 0, len = 0;

	ASSERT(f);
	text[0] = '\0';
	while (getline(&line, &room, f) > 0) {
		char *at = strstr(line, event);

		if (line[0] == '#' || !at || !strstr(at, having))
			continue;
		at += strlen(event) + strlen(": ");
		ASSERT(len + strlen(at) < TEXT_MAX);
		len += sprintf(text + len, "%.*s;", (int)strcspn(at, "\n"), at);
	}
	free(line);
	fclose(f);
	return text;
}

static void registers_are_seen(void)
{
	struct vdev *d[2] = { vdev_new(gpu->medium), vdev_new(gpu->small) };
	char want[512];

	trace_start();
	reg_wr(d[0], gpu->scratch, 0x12345678);
	vdev_wr(d[1], REGION_REGS, gpu->scratch, 2, 0xcafe);
	EXPECT_EQ(vdev_rd(d[0], REGION_REGS, gpu->scratch + 2, 2), 0x1234);
	EXPECT_EQ(reg_rd(d[1], gpu->memsize), gpu->small->size);
	trace_stop();
	/* Not traced any more. */
	reg_wr(d[0], gpu->scratch, 0);

	snprintf(want, sizeof(want),
		 "instance=0 write offset=%#x size=4 val=0x12345678;"
		 "instance=1 write offset=%#x size=2 val=0xcafe;"
		 "instance=0 read offset=%#x size=2 val=0x1234;"
		 "instance=1 read offset=%#x size=4 val=0x400000;",
		 gpu->scratch, gpu->scratch, gpu->scratch + 2, gpu->memsize);
	EXPECT_STR(events("vgpu_mmio", ""), want);
	/* None of them is the engine's. */
	EXPECT_STR(events("vgpu_s", ""), "");
}

/* Each write of an operation: once as it is trapped, once as it is queued. */
static void engine_writes_are_seen(void)
{
	static const struct {
		uint32_t reg;
		uint32_t val;
	} fill[] = {
		{ DST_PITCH_OFFSET, 4096 >> 6 << 22 },
		{ DP_GUI_MASTER_CNTL, GMC_SRC_PITCH_OFFSET_LEAVE |
			GMC_DST_PITCH_OFFSET_LEAVE | GMC_BRUSH_SOLID |
			GMC_DST_32BPP | GMC_SRC_DSTCOLOR | GMC_DP_SRC_MEMORY |
			GMC_CLR_CMP_DIS | GMC_ROP3(ROP3_PATCOPY) },
		{ DP_BRUSH_FRGD_CLR, 0x00c0ffee },
		{ DP_CNTL, DP_LEFT_TO_RIGHT | DP_TOP_TO_BOTTOM },
		{ DST_Y_X, 3 << 16 | 5 },
		{ DST_HEIGHT_WIDTH, 20 << 16 | 30 },
	};
	struct vdev *d = vdev_new(gpu->small);
	char trapped[1024] = "", queued[1024] = "";
	size_t t = 0, q = 0;
	unsigned int i;

	gpu_init(d);
	trace_start();
	for (i = 0; i < ARRAY_SIZE(fill); i++) {
		reg_wr(d, fill[i].reg, fill[i].val);
		t += sprintf(trapped + t,
			     "instance=0 write offset=%#x size=4 val=%#x;",
			     fill[i].reg, fill[i].val);
		q += sprintf(queued + q, "instance=0 offset=%#x val=%#x;",
			     fill[i].reg, fill[i].val);
	}
	gpu_idle(d);
	trace_stop();

	EXPECT_EQ(vdev_rd(d, REGION_VRAM, 22 * 4096 + 34 * 4, 4), 0x00c0ffee);
	EXPECT_STR(events("vgpu_mmio", " write "), trapped);
	EXPECT_STR(events("vgpu_submit", ""), queued);
}

static void work(struct vdev *d)
{
	gpu_init(d);
	gpu_fill(d, 0, 4096, rnd());
	gpu_idle(d);
}

static void switches_are_seen(void)
{
	struct vdev *d[2] = { vdev_new(gpu->medium), vdev_new(gpu->medium) };
	char want[128];
	unsigned int i;

	trace_start();
	/* By turns, and one that keeps its context. */
	for (i = 0; i < 3; i++)
		work(d[i % 2]);
	work(d[0]);
	trace_stop();
	i = gpu->engine;
	snprintf(want, sizeof(want), "engine=%u prev=-1 next=0;"
		 "engine=%u prev=0 next=1;engine=%u prev=1 next=0;", i, i, i);
	EXPECT_STR(events("vgpu_sched_switch", ""), want);
}

/**
 * struct seen - the slices of one instance in a trace
 * @slices: how many
 * @ran: ns, of all
 * @waited: ns, of all
 * @unfinished: after how many work was left
 * @left: work was left after the last one
 */
struct seen {
	uint64_t slices, ran, waited;
	unsigned int unfinished, left;
};

/* Slices follow each other between @begin and @end, CLOCK_MONOTONIC. */
static void count_slices(struct seen *seen, uint64_t begin, uint64_t end)
{
	const char *event = events("vgpu_sched_slice", "");
	unsigned int engine, who, slice, left;
	unsigned long long waited, ran, at;
	int fields;

	for (; *event; event = strchr(event, ';') + 1) {
		fields = sscanf(event,
				"engine=%u instance=%u slice=%u waited=%llu ran=%llu end=%llu left=%u",
				&engine, &who, &slice, &waited, &ran, &at,
				&left);
		ASSERT_EQ(fields, 7);
		EXPECT_EQ(engine, gpu->engine);
		ASSERT(who < 2);
		/* At least half of it, however much is owed. */
		EXPECT(slice >= SLICE_NS / 2 && slice <= SLICE_NS);
		EXPECT(ran > 0 && begin + ran <= at && at <= end);
		begin = at;
		seen[who].slices++;
		seen[who].ran += ran;
		seen[who].waited += waited;
		seen[who].unfinished += left;
		seen[who].left = left;
	}
}

/* What is traced adds up to what is counted. */
static void slices_are_seen(void)
{
	static const char * const names[] = {
		"slices", "gpu_time_ns", "wait_time_ns",
	};
	struct vdev *d[2] = { vdev_new(gpu->large), vdev_new(gpu->medium) };
	uint64_t had[2][ARRAY_SIZE(names)], begin;
	struct seen seen[2] = {};
	unsigned int i, n;

	gpu_set("slice_us", "500");
	for (i = 0; i < 2; i++) {
		work_setup(d[i], rnd());
		for (n = 0; n < ARRAY_SIZE(names); n++)
			had[i][n] = mdev_attr_u64(d[i]->uuid, names[n]);
	}
	begin = tap_ns();
	trace_start();
	/* The first one's operations take longer than a slice. */
	work_again(d[0], 4);
	work_again(d[1], 4);
	gpu_idle(d[0]);
	gpu_idle(d[1]);
	trace_stop();
	count_slices(seen, begin, tap_ns());

	for (i = 0; i < 2; i++) {
		uint64_t want[] = { seen[i].slices, seen[i].ran,
				    seen[i].waited };

		for (n = 0; n < ARRAY_SIZE(names); n++)
			EXPECT_EQ(mdev_attr_u64(d[i]->uuid, names[n]) -
				  had[i][n], want[n]);
		EXPECT_EQ(seen[i].left, 0);
	}
	EXPECT(seen[0].unfinished > 0);
}

/* Is "vGPU <number> <uuid>" under " <heading>:" of the run list? */
static bool listed(const char *list, const char *heading, unsigned int number,
		   const struct vdev *d)
{
	const char *at = strstr(list, heading);
	char uuid[UUID_LEN];
	unsigned int n;

	ASSERT(at);
	at += strlen(heading);
	/* Lines of instances are indented further than headings. */
	while ((at = strchr(at, '\n')) && !strncmp(++at, "  ", 2)) {
		ASSERT(sscanf(at, " vGPU %u %36s", &n, uuid) == 2);
		if (!strcmp(uuid, d->uuid))
			return EXPECT_EQ(n, number);
	}
	return false;
}

static void expect_open(const char *list, unsigned int want)
{
	unsigned int open;

	ASSERT(sscanf(list, "engine %*u: %*[a-z], %u open", &open) == 1);
	EXPECT_EQ(open, want);
}

/* It is the context of one of these that is on the engine. */
static void expect_context(const char *list, struct vdev *const *d,
			   unsigned int nr)
{
	const char *at = strstr(list, "context of ");
	char uuid[UUID_LEN];
	unsigned int n;

	ASSERT(at && sscanf(at, "context of %u %36s", &n, uuid) == 2);
	ASSERT(n < nr);
	EXPECT_STR(uuid, d[n]->uuid);
}

/* What may be listed where; both of the things to be seen are. */
static bool busy_and_stopped(struct vdev *const *d)
{
	const char *list = runlist();

	expect_open(list, 3);
	expect_context(list, d, 2);
	EXPECT(!listed(list, "\n throttled:", 0, d[0]));
	EXPECT(!listed(list, "\n ready:", 2, d[2]));
	EXPECT(!listed(list, "\n throttled:", 2, d[2]));
	return listed(list, "\n ready:", 0, d[0]) &&
	       listed(list, "\n throttled:", 1, d[1]);
}

/*
 * One that always has work, one that its cap stops, one that is only open. The
 * second is now and then where the first one is: nobody else ever is.
 */
static void runlist_tells_who(void)
{
	struct vdev *d[3] = { vdev_new(gpu->medium), vdev_new(gpu->medium) };

	expect_open(runlist(), 2);
	EXPECT(strstr(runlist(), "context of -1\n"));
	mdev_set(d[1]->uuid, "cap", "1");
	busy_start(d[0]);
	busy_start(d[1]);
	/* After those two, who would have it open as well. */
	d[2] = vdev_new(gpu->medium);
	/* Its scrub is followed by a slice. */
	wait_above(d[0], "slices", mdev_attr_u64(d[0]->uuid, "slices") + 1);
	EXPECT(AWAIT(busy_and_stopped(d)));
	vdev_close(d[2]);
	expect_open(runlist(), 2);
}

static const struct tap_test tests[] = {
	TAP_TEST(registers_are_seen),
	TAP_TEST_IF(engine_writes_are_seen, has_fifo),
	TAP_TEST(switches_are_seen),
	TAP_TEST(slices_are_seen),
	TAP_TEST(runlist_tells_who),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "trace", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	settings_save();
	/* Mounted already, or it cannot be: before() would tell. */
	mount("tracefs", TRACEFS, "tracefs", 0, NULL);
	return tap_run(&suite);
}
