// SPDX-License-Identifier: GPL-2.0
/*
 * The host sleeps under open vGPUs. Run by tests/suspend/run.sh: what runs on
 * must not lie on a file system that does not sleep well.
 *
 * Usage: suspend freeze|mem    suspend to idle, or to RAM (ACPI S3)
 *        suspend short         of memory: first of all, for to reclaim some takes a
 *                              file system that still answers
 *
 * A card forgets meanwhile all that it has: see tests/modules/forget. The soft GPU's
 * memory is the host's; what is said of it is that the sleep is no hang, also where
 * processes compute, which are frozen with all others.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "client.h"
#include "display.h"
#include "host.h"
#include "move.h"
#include "power.h"
#include "softdir.h"
#include "soft_worker.h"
#include "supervisor.h"
#include "tenant.h"

#define ALARM	"/sys/class/rtc/rtc0/wakealarm"
#define FORGOT	"/sys/module/forget/parameters/times"
#define HOG	"/sys/module/forget/parameters/hog"
#define LINGER	"/sys/module/forget/parameters/linger"
#define LINGERS	"/sys/module/forget/parameters/lingers"

/* Seconds until the alarm: at first, and when a slow machine says what. */
#define FIRST_ALARM	4
#define LAST_ALARM	600

static const char *state;
static struct vdev *d[2];

static struct host_counts counts;

static void before(void)
{
	settings_save();
	counts = host_count();
	d[0] = vdev_new(gpu->large);
	d[1] = vdev_new(gpu->small);
}

static void after(void)
{
	children_end();
	if (executor_runs())
		EXPECT_EQ(executor_end(SIGTERM), 0);
	settings_restore();
	if (has_display())
		EXPECT_OK(file_write(HOG, "0"));
	vdev_cleanup();
}

/* To idle: all of it, but that it waits a second and for no interrupt. */
static int try_idle(void)
{
	return power_try("platform", 1);
}

/* To RAM: an alarm that comes before the machine sleeps makes that EBUSY. */
static int try_ram(void)
{
	unsigned int seconds = FIRST_ALARM;
	char text[16];
	int ret;

	ASSERT_OK(file_write(POWER "pm_test", "none"));
	do {
		snprintf(text, sizeof(text), "+%u", seconds);
		ASSERT_OK(file_write(ALARM, "0"));
		ASSERT_OK(file_write(ALARM, text));
		ret = file_write(POWER "state", "mem");
		seconds *= 2;
	} while (ret < 0 && errno == EBUSY && seconds <= LAST_ALARM);
	return ret;
}

static int try_sleep(void)
{
	return strcmp(state, "mem") ? try_idle() : try_ram();
}

static void host_sleeps(void)
{
	uint64_t forgot = has_display() ? file_u64(FORGOT) : 0;

	ASSERT_OK(try_sleep());
	if (has_display())
		EXPECT(file_u64(FORGOT) > forgot);
}

static void expect_memory(const struct vdev *v, const void *vram,
			  const void *model)
{
	uint64_t size = v->size - gpu->kept;
	uint64_t at = first_difference(vram, model, size);

	if (!EXPECT_EQ(at, size))
		tap_note("of %llu MiB: %#x, not %#x", v->size / MIB,
			 *(uint32_t *)(vram + at), *(uint32_t *)(model + at));
}

/* By a mapping of before and one of after. */
static void memory_is_kept(void)
{
	void *vram[2], *model[2], *again;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		vram[i] = vdev_map_vram(d[i]);
		model[i] = malloc(d[i]->size);
		ASSERT(model[i]);
		fill_pattern(model[i], d[i]->size, 0x1234 + i);
		memcpy(vram[i], model[i], d[i]->size - gpu->kept);
	}
	host_sleeps();
	for (i = 0; i < 2; i++) {
		expect_memory(d[i], vram[i], model[i]);
		again = vdev_map_vram(d[i]);
		expect_memory(d[i], again, model[i]);
		munmap(again, d[i]->size);
		munmap(vram[i], d[i]->size);
		free(model[i]);
	}
}

/* What QEMU shows: the memory itself, or a picture made of it. */
static void display_is_kept(void)
{
	const unsigned int depth[] = { 32, 16 };
	const size_t size = 640 * 480 * 4;
	void *vram = vdev_map_vram(d[0]), *screen = display_map(d[0], size);
	void *before = malloc(size);
	struct vfio_device_gfx_plane_info plane;
	uint32_t palette[PALETTE_SIZE];
	unsigned int i;

	ASSERT(before);
	fill_pattern(vram, d[0]->size, 0x77);
	for (i = 0; i < PALETTE_SIZE; i++)
		palette[i] = i * 0x010101;
	for (i = 0; i < ARRAY_SIZE(depth); i++) {
		display_set_mode(d[0], 640, 480, depth[i], 0);
		display_palette(d[0], palette);
		ASSERT_OK(display_query(d[0], &plane));
		memcpy(before, screen, size);
		EXPECT(first_difference(before, before + 8, size - 8) < 64);
		host_sleeps();
		EXPECT_EQ(first_difference(screen, before, size), size);
		ASSERT_OK(display_query(d[0], &plane));
		EXPECT_EQ(first_difference(screen, before, size), size);
	}
	free(before);
	munmap(screen, size);
	munmap(vram, d[0]->size);
}

static void registers_are_kept(void)
{
	static const uint32_t regs[] = {
		BIOS_0_SCRATCH, GEN_INT_CNTL, CRTC_GEN_CNTL, CRTC_EXT_CNTL,
		DAC_CNTL, CNFG_APER_0_BASE, MC_FB_LOCATION, CRTC_H_TOTAL_DISP,
		CRTC_V_TOTAL_DISP, CRTC_OFFSET, DST_PITCH_OFFSET,
		DP_GUI_MASTER_CNTL, DP_BRUSH_FRGD_CLR, DST_Y_X,
		DEFAULT_SC_BOTTOM_RIGHT,
	};
	uint8_t config[2][CONFIG_SIZE];
	uint32_t was[ARRAY_SIZE(regs)];
	unsigned int i;

	cfg_wr(d[0], PCI_BASE_ADDRESS_0, 4, 0xd8000000);
	reg_wr(d[0], BIOS_0_SCRATCH, 0xcafe0001);
	reg_wr(d[0], GEN_INT_CNTL, INT_SW);
	display_set_mode(d[0], 800, 600, 32, 4096);
	work_setup(d[0], 0xfeedbeef);
	for (i = 0; i < ARRAY_SIZE(regs); i++)
		was[i] = reg_rd(d[0], regs[i]);
	ASSERT_EQ(vdev_pread(d[0], REGION_CONFIG, config[0], CONFIG_SIZE, 0),
		  CONFIG_SIZE);
	host_sleeps();
	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		if (!EXPECT_EQ(reg_rd(d[0], regs[i]), was[i]))
			tap_note("register %#x", regs[i]);
	}
	ASSERT_EQ(vdev_pread(d[0], REGION_CONFIG, config[1], CONFIG_SIZE, 0),
		  CONFIG_SIZE);
	EXPECT(!memcmp(config[0], config[1], CONFIG_SIZE));
	expect_attr(d[0]->uuid, "state", "ok");
}

/* A context that was on the engine is drawn with, without being set up anew. */
static void context_is_kept(void)
{
	uint32_t *vram = vdev_map_vram(d[0]);
	uint64_t words = work_bytes(d[0]) / 4;

	work_setup(d[0], 0x600df00d);
	work_again(d[0], 1);
	gpu_idle(d[0]);
	host_sleeps();
	memset(vram, 0, d[0]->size);
	work_again(d[0], 1);
	gpu_idle(d[0]);
	EXPECT_EQ(vram[0], 0x600df00d);
	EXPECT_EQ(vram[words - 1], 0x600df00d);
	EXPECT_EQ(vram[words], 0);
	EXPECT_EQ(mdev_attr_u64(d[0]->uuid, "dropped"), 0);
	munmap(vram, d[0]->size);
}

/**
 * struct work - what a tenant does over the sleep, in a process of its own
 * @stop: it is enough
 * @started: operations that it has started
 * @color: of the last one
 */
struct work {
	volatile bool stop;
	volatile uint64_t started;
	volatile uint32_t color;
};

static struct work *work[2];

/* Fills, each of a colour of its own: the FIFO is full all the time. */
static int fill_until_stopped(void *arg)
{
	unsigned int me = *(unsigned int *)arg;
	struct work *w = work[me];

	work_setup(d[me], 0);
	do {
		w->color = 0x10000 * (me + 1) + w->started;
		gpu->prepare(d[me], 0, work_bytes(d[me]), w->color);
		w->started++;
		gpu->again(d[me]);
	} while (!w->stop);
	return 0;
}

static void expect_work(unsigned int i, const uint32_t *vram)
{
	const char *uuid = d[i]->uuid;
	uint64_t at, words = work_bytes(d[i]) / 4;

	gpu_idle(d[i]);
	EXPECT_EQ(mdev_attr_u64(uuid, "ops"), work[i]->started);
	EXPECT_EQ(mdev_attr_u64(uuid, "dropped"), 0);
	if (has_fifo())
		EXPECT_EQ(mdev_attr_u64(uuid, "fifo_overflows"), 0);
	EXPECT_EQ(mdev_attr_u64(uuid, "faults"), 0);
	expect_attr(uuid, "state", "ok");
	for (at = 0; at < words && vram[at] == work[i]->color; at++)
		;
	EXPECT_EQ(at, words);
	/* What comes after it is nobody's. */
	words = (d[i]->size - gpu->kept) / 4;
	for (; at < words && !vram[at]; at++)
		;
	EXPECT_EQ(at, words);
}

/* One is held back by its cap: of its work, some is queued when it gets dark. */
static void work_goes_on(void)
{
	unsigned int number[2] = { 0, 1 }, i, round;
	uint64_t resets = gpu_attr_u64("resets");
	uint32_t *vram[2];
	pid_t pid[2];

	mdev_set(d[1]->uuid, "cap", "10");
	for (i = 0; i < 2; i++) {
		vram[i] = vdev_map_vram(d[i]);
		work[i] = mmap(NULL, sizeof(*work[i]), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		ASSERT(work[i] != MAP_FAILED);
		pid[i] = child_start(fill_until_stopped, &number[i]);
	}
	for (round = 0; round < 2; round++) {
		for (i = 0; i < 2; i++)
			wait_above(d[i], "ops",
				   mdev_attr_u64(d[i]->uuid, "ops") + 10);
		host_sleeps();
	}
	for (i = 0; i < 2; i++)
		wait_above(d[i], "ops", mdev_attr_u64(d[i]->uuid, "ops") + 10);
	for (i = 0; i < 2; i++) {
		work[i]->stop = true;
		EXPECT_EQ(child_finish(pid[i]), 0);
		expect_work(i, vram[i]);
		munmap(vram[i], d[i]->size);
		munmap(work[i], sizeof(*work[i]));
	}
	EXPECT_EQ(gpu_attr_u64("resets"), resets);
}

/* ---- What processes compute */

static bool computes_by_processes(void)
{
	return !has_display();
}

static struct client client[2];

/* Three is added to each word, again and again: many additions are under way. */
static int add_until_stopped(void *arg)
{
	unsigned int me = *(unsigned int *)arg, n;
	const uint64_t args[] = { A_AT, B_AT, A_AT };
	struct client *c = &client[me];

	do {
		n = dispatch(c, ADD_I32, MANY, args, sizeof(args));
		work[me]->started++;
		if (work[me]->started > 32)
			ASSERT(AWAIT(*completion(c, n - 32) == 1));
	} while (!work[me]->stop);
	ASSERT(AWAIT(*completion(c, n) == 1));
	return 0;
}

static void begin_to_add(unsigned int *me, pid_t *pid)
{
	uint32_t *a, *b, i;

	vdev_decode(d[*me], PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	client[*me] = client_of(d[*me]);
	a = (uint32_t *)(client[*me].mem + A_AT);
	b = (uint32_t *)(client[*me].mem + B_AT);
	for (i = 0; i < MANY; i++) {
		a[i] = i;
		b[i] = 3;
	}
	work[*me] = mmap(NULL, sizeof(*work[*me]), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT(work[*me] != MAP_FAILED);
	*pid = child_start(add_until_stopped, me);
}

/* Each addition was done once, and by the one worker. */
static void expect_sums(unsigned int i, pid_t worker)
{
	const uint32_t *a = (const uint32_t *)(client[i].mem + A_AT);
	uint64_t rounds = work[i]->started, at, wrong = 0;
	const char *uuid = d[i]->uuid;

	for (at = 0; at < MANY; at++)
		wrong += a[at] != at + 3 * rounds;
	EXPECT_EQ(wrong, 0);
	EXPECT_EQ(mdev_attr_u64(uuid, "ops"), rounds);
	EXPECT_EQ(mdev_attr_u64(uuid, "faults"), 0);
	EXPECT_EQ(mdev_attr_u64(uuid, "dropped"), 0);
	expect_attr(uuid, "state", "ok");
	EXPECT_EQ(worker_of(d[i]), worker);
	munmap(work[i], sizeof(*work[i]));
}

static void wait_for_more(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		wait_above(d[i], "ops",
			   mdev_attr_u64(d[i]->uuid, "ops") + 40);
}

/* Two share the engine: one is at work when all is frozen, the other may stand. */
static void computing_goes_on_over(void (*sleep)(void))
{
	unsigned int number[2] = { 0, 1 }, i;
	pid_t pid[2], worker[2];

	executor_start(NULL);
	for (i = 0; i < 2; i++)
		begin_to_add(&number[i], &pid[i]);
	wait_for_more();
	for (i = 0; i < 2; i++)
		worker[i] = need_worker(d[i]);
	sleep();
	wait_for_more();
	sleep();
	wait_for_more();
	for (i = 0; i < 2; i++) {
		work[i]->stop = true;
		EXPECT_EQ(child_finish(pid[i]), 0);
		expect_sums(i, worker[i]);
	}
}

static void computing_goes_on(void)
{
	computing_goes_on_over(host_sleeps);
}

/* Longer than the watchdog allows, and the engines are awake meanwhile. */
static void all_is_frozen(void)
{
	ASSERT_OK(power_try("freezer", 4));
}

static void computing_goes_on_when_frozen(void)
{
	EXPECT(gpu_attr_u64("watchdog_ms") < 4000);
	computing_goes_on_over(all_is_frozen);
}

/*
 * A vGPU is to stand still, for which a piece has to come to its end, and its worker is
 * frozen: who waits for it does not keep the host awake, and has what he waits for
 * afterwards.
 */
static void stopping_goes_on_when_frozen(void)
{
	unsigned int number = 0;
	pid_t worker, adds, stops;
	int freezer;

	gpu_set("watchdog_ms", "30000");
	executor_start(NULL);
	begin_to_add(&number, &adds);
	wait_above(d[0], "ops", mdev_attr_u64(d[0]->uuid, "ops") + 40);
	worker = need_worker(d[0]);
	freezer = freezer_new(worker);
	ASSERT_OK(freezer);
	stops = stop_frozen(d[0], freezer);
	all_is_frozen();
	EXPECT(child_runs(stops));
	EXPECT_EQ(write(freezer, "0", 1), 1);
	close(freezer);
	EXPECT_EQ(child_finish(stops), 0);
	EXPECT_EQ(mig_state(d[0]), VFIO_DEVICE_STATE_STOP);
	ASSERT_OK(mig_set(d[0], VFIO_DEVICE_STATE_RUNNING, NULL));
	wait_above(d[0], "ops", mdev_attr_u64(d[0]->uuid, "ops") + 40);
	work[0]->stop = true;
	EXPECT_EQ(child_finish(adds), 0);
	expect_sums(0, worker);
}

static int tries_to_sleep(void *unused)
{
	(void)unused;
	return try_idle() < 0 ? errno : 0;
}

static bool lingers(void)
{
	char text[8];

	return file_read(LINGERS, text, sizeof(text)) > 0 && *text == 'Y';
}

/*
 * A GPU is being taken away that a VM has open, and that has begun after the drivers were
 * told of the sleep: who does that would wait for the VM, with locks that the sleep wants.
 */
static void taken_away_meanwhile(void)
{
	static const char *const small[][2] = { { "vram_mb", "8" }, { NULL, NULL } };
	uint64_t timeout = file_u64(POWER "pm_freeze_timeout");
	char gpu[ATTR_LEN], text[24];
	struct vdev *third;
	pid_t sleeps;

	soft_dirs();
	soft_make("one", small);
	soft_sysfs("one", gpu);
	third = soft_create(gpu, "SOFT-4C");
	ASSERT_OK(file_write(POWER "pm_freeze_timeout", "2000"));
	ASSERT_OK(file_write(LINGER, "2000"));
	sleeps = child_start(tries_to_sleep, NULL);
	EXPECT(AWAIT(lingers()));
	EXPECT_OK(soft_rmdir("one"));
	EXPECT_EQ(child_finish(sleeps), EBUSY);
	ASSERT_OK(file_write(LINGER, "0"));
	snprintf(text, sizeof(text), "%llu", (unsigned long long)timeout);
	ASSERT_OK(file_write(POWER "pm_freeze_timeout", text));
	vdev_close(third);
	EXPECT(AWAIT(access(gpu, F_OK)));
	host_sleeps();
}

static void interrupts_come(void)
{
	int evt = evt_new();

	display_set_mode(d[0], 640, 480, 32, 0);
	reg_wr(d[0], GEN_INT_CNTL, INT_VBLANK);
	ASSERT_OK(irq_eventfd(d[0], VFIO_PCI_INTX_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, evt));
	EXPECT_EQ(evt_wait(evt), 1);
	host_sleeps();
	/* It is still to be acknowledged. */
	EXPECT_EQ(evt_take(evt), 0);
	reg_wr(d[0], GEN_INT_STATUS, INT_VBLANK);
	ASSERT_OK(irq_set(d[0], VFIO_PCI_INTX_IRQ_INDEX,
			  VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK,
			  0, 1, NULL, 0));
	EXPECT_EQ(evt_wait(evt), 1);
	close(evt);
}

static void comes_and_goes_as_before(void)
{
	uint64_t available = gpu_attr_u64("vram_free");
	struct vdev *third;

	host_sleeps();
	EXPECT_EQ(gpu_attr_u64("vram_free"), available);
	third = vdev_new(gpu->small);
	EXPECT(works(third, 5));
	d[0] = vdev_reopen(d[0]);
	vdev_decode(d[0], DECODE_ALL);
	EXPECT(works(d[0], 6));
	EXPECT(works(d[1], 7));
	vdev_cleanup();
	expect_host(&counts);
}

/* Refused, and nothing is lost. That there is enough else, the others show. */
static void too_little_memory(void)
{
	uint64_t forgot = file_u64(FORGOT);

	vdev_new(T32);
	vdev_new(T8);
	ASSERT_OK(file_write(HOG, "1"));
	EXPECT_ERR(try_sleep(), ENOMEM);
	EXPECT_EQ(file_u64(FORGOT), forgot);
	EXPECT(works(d[0], 1));
}

static const struct tap_test tests[] = {
	TAP_TEST(memory_is_kept),
	{ "display_is_kept", display_is_kept, has_display },
	{ "registers_are_kept", registers_are_kept, has_display },
	{ "context_is_kept", context_is_kept, has_display },
	TAP_TEST(work_goes_on),
	{ "computing_goes_on", computing_goes_on, computes_by_processes },
	{ "computing_goes_on_when_frozen", computing_goes_on_when_frozen,
	  computes_by_processes },
	{ "stopping_goes_on_when_frozen", stopping_goes_on_when_frozen,
	  computes_by_processes },
	{ "taken_away_meanwhile", taken_away_meanwhile, computes_by_processes },
	{ "interrupts_come", interrupts_come, has_display },
	TAP_TEST(comes_and_goes_as_before),
};

static const struct tap_test short_tests[] = {
	TAP_TEST(too_little_memory),
};

int main(int argc, char **argv)
{
	struct tap_suite suite = {
		.name = "suspend",
		.tests = tests,
		.nr = ARRAY_SIZE(tests),
		.before = before,
		.after = after,
	};

	if (argc != 2) {
		fprintf(stderr, "usage: suspend freeze|mem|short\n");
		return 2;
	}
	state = argv[1];
	if (!strcmp(state, "short")) {
		suite.tests = short_tests;
		suite.nr = ARRAY_SIZE(short_tests);
	}
	return tap_run(&suite);
}
