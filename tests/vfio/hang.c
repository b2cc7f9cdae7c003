// SPDX-License-Identifier: GPL-2.0
/*
 * A vGPU under which the engine gets stuck: what it loses, what it keeps, and
 * that the others lose nothing. Where no work of a guest can hang it, hangs are
 * injected by debugfs, which takes a kernel built with
 * CONFIG_FAULT_INJECTION_DEBUG_FS (scripts/debug-kernel).
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "display.h"
#include "inject.h"
#include "kfail.h"
#include "move.h"
#include "tenant.h"

#define DUMP_MAX	(64 * 1024)
#define DUMP_TRIES	5
#define WAIT_TRIES	3
#define TRACE_DIR	"/sys/kernel/tracing"
#define TRACE_OURS	TRACE_DIR "/instances/vgpu-hang"

static struct vdev *d;
static uint32_t *vram;
static int err;

static void watch_errors(struct vdev *of)
{
	err = evt_new();
	ASSERT_OK(irq_eventfd(of, VFIO_PCI_ERR_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, err));
}

static void before(void)
{
	discard_dumps();
	settings_save();
	err = -1;
	d = vdev_new(gpu->medium);
	vram = vdev_map_vram(d);
	fill_pattern(vram, d->room, 5);
	gpu_init(d);
	watch_errors(d);
}

static void after(void)
{
	rmdir(TRACE_OURS);
	kfail_end();
	inject_nothing();
	settings_restore();
	if (vram)
		munmap(vram, d->size);
	vram = NULL;
	if (err >= 0)
		close(err);
	vdev_cleanup();
	discard_dumps();
}

static void expect_state(struct vdev *of, const char *want)
{
	char text[ATTR_LEN];

	mdev_attr(of->uuid, "state", text);
	EXPECT_STR(text, want);
}

/* Nobody else has work: the next one that runs is us. */
static void hang(void)
{
	uint64_t faults = mdev_attr_u64(d->uuid, "faults");
	uint64_t resets = gpu_attr_u64("resets");

	gpu_init(d);
	gpu->hang(d, ANY_INSTANCE);
	ASSERT(evt_wait(err) == 1);
	inject_nothing();
	expect_state(d, "faulted");
	EXPECT_EQ(mdev_attr_u64(d->uuid, "faults"), faults + 1);
	EXPECT_EQ(gpu_attr_u64("resets"), resets + 1);
}

static void reset(struct vdev *of)
{
	ASSERT_OK(vdev_ioctl(of, VFIO_DEVICE_RESET, NULL));
	vdev_decode(of, DECODE_ALL);
}

/* A fill of a new value, by the engine. */
static bool engine_works(void)
{
	uint32_t value = rnd();

	gpu_init(d);
	vram[0] = ~value;
	gpu_fill(d, 0, 4096, value);
	gpu_idle(d);
	return vram[0] == value && vram[1023] == value;
}

static void none_without_cause(void)
{
	uint64_t resets = gpu_attr_u64("resets");
	char path[PATH_MAX];

	EXPECT(engine_works());
	expect_state(d, "ok");
	EXPECT_EQ(evt_take(err), 0);
	EXPECT_EQ(gpu_attr_u64("resets"), resets);
	find_dump(path);
	EXPECT_STR(path, "");
}

static void writes_are_dropped(void)
{
	uint64_t ops, at;
	uint32_t *copy;

	hang();
	/* Never busy: a guest that waits for idle is not caught in that. */
	gpu_idle(d);
	ops = mdev_attr_u64(d->uuid, "ops");
	copy = malloc(d->room);
	ASSERT(copy);
	memcpy(copy, vram, d->room);
	EXPECT(!engine_works());
	gpu_fill(d, 1 * MIB, MIB, rnd());
	gpu_idle(d);
	/* What engine_works() has written itself. */
	copy[0] = vram[0];
	at = first_difference(vram, copy, d->room);
	EXPECT_EQ(at, d->room);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "ops"), ops);
	EXPECT_EQ(evt_take(err), 0);
	free(copy);
}

/* All of the picture, mapped, against what the memory says. */
static void expect_picture(const struct mode *m)
{
	size_t size = (size_t)m->width * m->height * 4, i;
	struct vfio_device_gfx_plane_info plane;
	uint32_t *want = malloc(size), *shown;

	ASSERT(want);
	ASSERT_OK(display_query(d, &plane));
	ASSERT_EQ(plane.width, m->width);
	ASSERT_EQ(plane.height, m->height);
	display_expected(m, vram, NULL, want);
	shown = display_map(d, size);
	for (i = 0; i < size / 4; i++) {
		if (!EXPECT_EQ(shown[i] & 0xffffff, want[i]))
			break;
	}
	munmap(shown, size);
	free(want);
}

static void display_stays(void)
{
	static const struct mode modes[] = {
		{ .width = 640, .height = 480, .bpp = 32, .offset = 1 * MIB },
		{ .width = 320, .height = 200, .bpp = 16, .offset = 1 * MIB },
	};

	display_set(d, &modes[0]);
	hang();
	expect_picture(&modes[0]);
	/* The processor still draws, and the display still obeys. */
	fill_pattern(vram, d->size, 77);
	expect_picture(&modes[0]);
	display_set(d, &modes[1]);
	expect_picture(&modes[1]);
	EXPECT_EQ(reg_rd(d, gpu->memsize), d->size);
}

static void reset_brings_back(void)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		hang();
		reset(d);
		expect_state(d, "ok");
		EXPECT(engine_works());
		discard_dumps();
	}
	EXPECT_EQ(mdev_attr_u64(d->uuid, "faults"), 3);
}

/**
 * struct neighbour - a vGPU of whose work the engine has some
 * @d: the vGPU
 * @vram: its memory
 * @model: what that should be
 */
struct neighbour {
	struct vdev *d;
	uint8_t *vram;
	uint8_t *model;
};

static void neighbour_works(struct neighbour *n, unsigned int times)
{
	while (times--) {
		uint64_t from = rnd_below(200) * 4096, bytes = 300 * 4096;
		uint64_t to = from + bytes + rnd_below(200) * 4096;
		uint32_t value = rnd();

		gpu_fill(n->d, from, bytes, value);
		gpu_copy(n->d, to, from, bytes);
		model_fill(n->model, from, bytes, value);
		memcpy(n->model + to, n->model + from, bytes);
	}
}

static void neighbour_goes_on(void)
{
	struct neighbour n = { .d = vdev_new(gpu->medium) };
	uint32_t us;

	n.vram = vdev_map_vram(n.d);
	n.model = malloc(n.d->room);
	ASSERT(n.model);
	fill_pattern(n.model, n.d->room, 7);
	memcpy(n.vram, n.model, n.d->room);
	gpu_init(n.d);
	EXPECT(engine_works());
	us = last_instance();
	neighbour_works(&n, 10);
	/* Behind and before work of the neighbour. */
	gpu->hang(d, us);
	neighbour_works(&n, 20);
	ASSERT(evt_wait(err) == 1);
	neighbour_works(&n, 10);
	gpu_idle(n.d);
	EXPECT_EQ(first_difference(n.vram, n.model, n.d->room), n.d->room);
	EXPECT_EQ(mdev_attr_u64(n.d->uuid, "ops"), 80);
	EXPECT_EQ(mdev_attr_u64(n.d->uuid, "faults"), 0);
	expect_state(n.d, "ok");
	expect_state(d, "faulted");
	munmap(n.vram, n.d->size);
	free(n.model);
}

/* One that does nothing meanwhile. */
static void neighbour_is_unharmed(void)
{
	struct vdev *us = d, *them = vdev_new(gpu->medium);
	uint32_t *their_vram = vdev_map_vram(them), *our_vram = vram;
	void *model = malloc(them->room);

	ASSERT(model);
	fill_pattern(model, them->room, 9);
	memcpy(their_vram, model, them->room);
	gpu_init(them);
	reg_wr(them, gpu->scratch, 0x600d600d);
	gpu->prepare(them, 4096, 4096, 0x00c0ffee);
	gpu_idle(them);

	hang();
	d = them;
	vram = their_vram;
	EXPECT_EQ(first_difference(vram, model, d->room), d->room);
	EXPECT_EQ(reg_rd(d, gpu->scratch), 0x600d600d);
	/* Goes on from where it was. */
	gpu->again(d);
	gpu_idle(d);
	EXPECT_EQ(vram[1024], 0x00c0ffee);
	EXPECT_EQ(vram[2047], 0x00c0ffee);
	EXPECT(engine_works());
	expect_state(d, "ok");
	munmap(their_vram, them->size);
	free(model);
	d = us;
	vram = our_vram;
	expect_state(d, "faulted");
}

/* The picture of a neighbour that does nothing. */
static void neighbours_picture_stays(void)
{
	struct mode m = { .width = 640, .height = 480, .bpp = 32 };
	struct vdev *us = d, *them = vdev_new(gpu->medium);
	uint32_t *their_vram = vdev_map_vram(them), *our_vram = vram;

	fill_pattern(their_vram, them->size, 9);
	display_set(them, &m);
	hang();
	d = them;
	vram = their_vram;
	expect_picture(&m);
	munmap(their_vram, them->size);
	d = us;
	vram = our_vram;
}

static bool dump_has(const char *dump, const char *text)
{
	if (strstr(dump, text))
		return true;
	tap_fail(__FILE__, __LINE__, "the dump does not tell \"%s\"", text);
	return false;
}

static void dump_tells_the_owner(void)
{
	char path[PATH_MAX], text[128], *dump = calloc(1, DUMP_MAX);
	unsigned int i;
	ssize_t len;

	ASSERT(dump);
	EXPECT(engine_works());
	snprintf(text, sizeof(text), "vGPU %u, %s, type %s", last_instance(),
		 d->uuid, gpu->medium->name);
	for (i = 0; i < DUMP_TRIES; i++) {
		hang();
		find_dump(path);
		if (path[0])
			break;
		/* The kernel still knows the last test's: it is going away. */
		tap_note("no dump yet");
		reset(d);
		usleep(100000);
	}
	ASSERT(path[0]);
	len = file_read(path, dump, DUMP_MAX);
	ASSERT(len > 0 && len < DUMP_MAX - 1);
	dump_has(dump, text);
	/* What it has queued, and how the engine looked. */
	for (i = 0; i < ARRAY_SIZE(gpu->dump) && gpu->dump[i]; i++)
		dump_has(dump, gpu->dump[i]);
	free(dump);
}

/* Nor is there memory for the dump, or for what the kernel tells of it. */
static void without_memory(void)
{
	char path[PATH_MAX];

	kfail_setup(KFAIL_MEMORY);
	kfail_by_chance(100);
	hang();
	kfail_end();
	find_dump(path);
	EXPECT_STR(path, "");
	reset(d);
	expect_state(d, "ok");
	EXPECT(engine_works());
}

static void expect_guard(const char *want)
{
	char text[ATTR_LEN];

	mdev_attr(d->uuid, "guard_faults", text);
	EXPECT_STR(text, want);
}

static void too_many_faults(void)
{
	unsigned int i;

	/* Twice as many as are allowed then: some count less as they age. */
	gpu_set("guard_faults_limit", "0");
	for (i = 0; i < 6; i++) {
		if (i)
			reset(d);
		hang();
		expect_guard("normal");
	}
	gpu_set("guard_faults_limit", "3");
	expect_guard("full");
	reset(d);
	expect_state(d, "faulted");
	EXPECT(!engine_works());
	/* The operator may forgive. */
	gpu_set("guard_faults_limit", "0");
	reset(d);
	expect_state(d, "ok");
	EXPECT(engine_works());
}

/* As when its virtual machine ends with the fault. */
static void hang_and_close(char *uuid)
{
	hang();
	strcpy(uuid, d->uuid);
	munmap(vram, d->size);
	vram = NULL;
	vdev_close(d);
}

static void removed_while_faulted(void)
{
	char uuid[UUID_LEN];

	hang_and_close(uuid);
	ASSERT_OK(mdev_remove(uuid));
	EXPECT(!mdev_exists(uuid));

	d = vdev_new(gpu->medium);
	vram = vdev_map_vram(d);
	expect_state(d, "ok");
	EXPECT(engine_works());
}

/* Closed and opened again, as by the next boot of its virtual machine. */
static void opened_again(void)
{
	char uuid[UUID_LEN];

	hang_and_close(uuid);
	d = vdev_open(uuid);
	vdev_decode(d, DECODE_ALL);
	vram = vdev_map_vram(d);
	expect_state(d, "ok");
	EXPECT(engine_works());
}

/* After too many faults who opens it next has it faulted, and is told at once. */
static void next_user_is_told(void)
{
	char uuid[UUID_LEN];
	unsigned int i;
	int evt = evt_new();

	gpu_set("guard_faults_limit", "0");
	for (i = 0; i < 5; i++) {
		hang();
		reset(d);
	}
	gpu_set("guard_faults_limit", "3");
	hang_and_close(uuid);
	d = vdev_open(uuid);
	vdev_decode(d, DECODE_ALL);
	vram = vdev_map_vram(d);
	expect_state(d, "faulted");
	ASSERT_OK(irq_eventfd(d, VFIO_PCI_ERR_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, evt));
	EXPECT_EQ(evt_take(evt), 1);
	gpu_set("guard_faults_limit", "0");
	reset(d);
	expect_state(d, "ok");
	EXPECT(engine_works());
	close(evt);
}

/* One that comes from elsewhere, faulted, tells that to whoever has it here. */
static void arrives_faulted(void)
{
	struct vdev *there = vdev_new(gpu->medium);
	int evt = evt_new();
	struct stream stream;

	hang();
	stream = mig_save(d);
	ASSERT_OK(irq_eventfd(there, VFIO_PCI_ERR_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, evt));
	ASSERT_OK(mig_load(there, &stream));
	EXPECT_EQ(evt_take(evt), 0);
	ASSERT_OK(mig_set(there, VFIO_DEVICE_STATE_RUNNING, NULL));
	expect_state(there, "faulted");
	EXPECT_EQ(evt_take(evt), 1);
	mig_reset(there);
	expect_works(there, 3);
	close(evt);
	stream_free(&stream);
}

/* How long the engine was waited for, ns. */
static uint64_t stuck_for(const char *watchdog_ms)
{
	uint64_t before = mdev_attr_u64(d->uuid, "gpu_time_ns");

	gpu_set("watchdog_ms", watchdog_ms);
	hang();
	/* Also waits until the time is accounted for. */
	reset(d);
	gpu_init(d);
	gpu_fill(d, 0, 4096, 0);
	gpu_idle(d);
	discard_dumps();
	return mdev_attr_u64(d->uuid, "gpu_time_ns") - before;
}

/* Never less than was set; and not always more than what is not set. */
static void watchdog_bounds_the_wait(void)
{
	uint64_t ns, shortest = UINT64_MAX;
	unsigned int i;

	EXPECT(stuck_for("2000") >= 2000 * MS);
	for (i = 0; i < WAIT_TRIES; i++) {
		ns = stuck_for("100");
		EXPECT(ns >= 100 * MS);
		shortest = ns < shortest ? ns : shortest;
	}
	EXPECT(shortest < 2000 * MS);
}

/* An instance of our own: nobody else's tracing is in it, nor touched. */
static void trace_start(void)
{
	if (access(TRACE_DIR "/instances", F_OK))
		ASSERT_OK(mount("tracefs", TRACE_DIR, "tracefs", 0, NULL));
	ASSERT_OK(mkdir(TRACE_OURS, 0700));
	ASSERT_OK(file_write(TRACE_OURS "/events/vgpu/vgpu_fault/enable", "1"));
	ASSERT_OK(file_write(TRACE_OURS "/events/vgpu/vgpu_reset/enable", "1"));
}

/* Where an event's only occurrence in a trace is, or NULL. */
static const char *only_event(const char *trace, const char *event)
{
	const char *at = strstr(trace, event);

	return at && !strstr(at + 1, event) ? at : NULL;
}

static void tracepoints_tell(void)
{
	char trace[4096], owner[64], want[64];
	const char *fault, *reset_at;

	trace_start();
	EXPECT(engine_works());
	snprintf(owner, sizeof(owner), "vgpu_fault: engine=%u instance=%u\n",
		 gpu->engine, last_instance());
	snprintf(want, sizeof(want), "vgpu_reset: engine=%u result=0\n",
		 gpu->engine);
	ASSERT(file_read(TRACE_OURS "/trace", trace, sizeof(trace)) > 0);
	EXPECT(!strstr(trace, "vgpu_fault:") && !strstr(trace, "vgpu_reset:"));

	hang();
	ASSERT(file_read(TRACE_OURS "/trace", trace, sizeof(trace) - 1) > 0);
	/* Which file_read() took off. */
	strcat(trace, "\n");
	fault = only_event(trace, "vgpu_fault:");
	reset_at = only_event(trace, "vgpu_reset:");
	if (!EXPECT(fault && reset_at))
		return;
	EXPECT(!strncmp(fault, owner, strlen(owner)));
	EXPECT_STR(reset_at, want);
}

static const struct tap_test tests[] = {
	TAP_TEST(none_without_cause),
	TAP_TEST(writes_are_dropped),
	TAP_TEST_IF(display_stays, has_display),
	TAP_TEST(reset_brings_back),
	TAP_TEST(neighbour_goes_on),
	TAP_TEST(neighbour_is_unharmed),
	TAP_TEST_IF(neighbours_picture_stays, has_display),
	TAP_TEST(dump_tells_the_owner),
	TAP_TEST_IF(without_memory, can_kfail),
	TAP_TEST(too_many_faults),
	TAP_TEST(removed_while_faulted),
	TAP_TEST(opened_again),
	TAP_TEST(next_user_is_told),
	TAP_TEST(arrives_faulted),
	TAP_TEST(watchdog_bounds_the_wait),
	TAP_TEST(tracepoints_tell),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "hang",
		.tests = tests,
		.nr = ARRAY_SIZE(tests),
		.before = before,
		.after = after,
	};

	return tap_run(&suite);
}
