// SPDX-License-Identifier: GPL-2.0
/* Counters: exact, never going backwards, and adding up. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "rv100.h"
#include "tenant.h"

#define ROUNDS		150
#define MAX_WATCHED	3

/* Long enough to see a slice that nobody asked for. */
#define QUIET_US	50000

static void after(void)
{
	children_end();
	settings_restore();
	vdev_cleanup();
}

static const char * const of_vgpu[] = {
	"gpu_time_ns", "wait_time_ns", "wait_max_ns", "preemptions", "slices",
	"switches", "traps_engine", "traps_read", "traps_write", "traps",
	"traps_config", "traps_vram", "trap_time_ns", "ops", "bytes",
	"dropped", "unknown_regs", "fifo_overflows", "faults",
};

static const char * const of_gpu[] = {
	"idle_time_ns", "busy_time_ns", "switch_time_ns", "resets",
};

static uint64_t count(const struct vdev *d, const char *name)
{
	return mdev_attr_u64(d->uuid, name);
}

/* Everything that counts, as last seen. */
struct seen {
	char uuid[MAX_WATCHED][UUID_LEN];
	uint64_t vgpu[MAX_WATCHED][ARRAY_SIZE(of_vgpu)];
	uint64_t gpu[ARRAY_SIZE(of_gpu)];
};

static void not_less(uint64_t *was, uint64_t is, const char *name,
		     const char *whose)
{
	if (is < *was)
		tap_fail(__FILE__, __LINE__,
			 "%s of %s went back from %llu to %llu", name, whose,
			 (unsigned long long)*was, (unsigned long long)is);
	*was = is;
}

static void look(struct seen *s)
{
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(of_gpu); i++)
		not_less(&s->gpu[i], gpu_attr_u64(of_gpu[i]), of_gpu[i],
			 "the GPU");
	for (n = 0; n < MAX_WATCHED; n++) {
		for (i = 0; i < ARRAY_SIZE(of_vgpu); i++)
			not_less(&s->vgpu[n][i],
				 mdev_attr_u64(s->uuid[n], of_vgpu[i]),
				 of_vgpu[i], s->uuid[n]);
	}
}

/* One counter again and again: a step back is soon made up for. */
static void stare(struct seen *s, unsigned int i)
{
	unsigned int times;

	for (times = 0; times < 50; times++)
		not_less(&s->gpu[i], gpu_attr_u64(of_gpu[i]), of_gpu[i],
			 "the GPU");
}

/* Reset in the middle of its own work, again and again. */
static int draws_and_resets(void *arg)
{
	struct vdev *d = arg;

	for (;;) {
		vdev_decode(d, DECODE_ALL);
		work_setup(d, 1);
		work_again(d, 5);
		ASSERT_OK(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL));
	}
	return 0;
}

/* Closed in the middle of its own work, and opened again. */
static int opens_and_closes(void *uuid)
{
	for (;;) {
		struct vdev *d = vdev_open(uuid);

		vdev_decode(d, DECODE_ALL);
		work_setup(d, 1);
		work_again(d, 5);
		reg_rd(d, gpu->no_register);
		vdev_close(d);
	}
	return 0;
}

/* The fastest writer into each counter: trap after trap. */
static int reads_forever(void *d)
{
	for (;;)
		reg_rd(d, gpu->memsize);
	return 0;
}

static void never_backwards(void)
{
	struct vdev *busy = vdev_new(gpu->large), *resets = vdev_new(gpu->medium);
	struct seen s = {};
	unsigned int i;
	pid_t pid[4];

	gpu_set("guard_resets_limit", "0");
	strcpy(s.uuid[0], busy->uuid);
	strcpy(s.uuid[1], resets->uuid);
	mdev_create(gpu->small, s.uuid[2]);
	pid[0] = busy_start(busy);
	pid[1] = child_start(reads_forever, busy);
	pid[2] = child_start(draws_and_resets, resets);
	pid[3] = child_start(opens_and_closes, s.uuid[2]);
	for (i = 0; i < ROUNDS; i++) {
		look(&s);
		stare(&s, i % ARRAY_SIZE(of_gpu));
		if (i % 50 == 25)
			gpu_set("policy", i % 100 == 25 ? "equal_share" :
							  "best_effort");
	}
	/* All have worked, or this proves nothing: a slow one goes on until then. */
	for (i = 0; i < MAX_WATCHED; i++) {
		EXPECT(AWAIT(mdev_attr_u64(s.uuid[i], "ops")));
		EXPECT(AWAIT(mdev_attr_u64(s.uuid[i], "wait_time_ns")));
	}
	look(&s);
	for (i = 0; i < ARRAY_SIZE(pid); i++)
		EXPECT(child_runs(pid[i]));
}

/*
 * Of each sample the true clock lies between the times before and after it, so
 * the moment at which the GPU's clock began is known within these. All samples
 * must agree on one.
 */
static void states_add_up(void)
{
	struct vdev *d[2] = { vdev_new(gpu->large), vdev_new(gpu->medium) };
	uint64_t earliest = 0, latest = UINT64_MAX;
	uint64_t busy = gpu_attr_u64("busy_time_ns");
	unsigned int i;

	gpu_set("guard_resets_limit", "0");
	busy_start(d[0]);
	child_start(draws_and_resets, d[1]);
	for (i = 0; i < 3 * ROUNDS; i++) {
		uint64_t before = tap_ns(), clock = gpu_clock();
		uint64_t behind = tap_ns();

		if (before - clock > earliest)
			earliest = before - clock;
		if (behind - clock < latest)
			latest = behind - clock;
		if (i == ROUNDS) {
			AWAIT(gpu_attr_u64("busy_time_ns") > busy);
			children_end();
		}
	}
	if (!EXPECT(earliest <= latest))
		tap_note("off by %llu ns",
			 (unsigned long long)(earliest - latest));
	EXPECT(gpu_attr_u64("busy_time_ns") > busy);
}

static bool is_still(void)
{
	uint64_t was = gpu_attr_u64("switch_time_ns");

	usleep(QUIET_US);
	return gpu_attr_u64("switch_time_ns") == was;
}

/* The engine's thread may still be on its way to bed. */
static bool settles(void)
{
	return AWAIT(is_still());
}

/* Of a while. Somebody may come late who looks whether there is work, but once. */
static bool all_is_idle(void)
{
	uint64_t busy = gpu_attr_u64("busy_time_ns");
	uint64_t switching = gpu_attr_u64("switch_time_ns");
	uint64_t clock = gpu_clock(), idle = gpu_attr_u64("idle_time_ns");

	let_run(50 * MS);
	return gpu_attr_u64("busy_time_ns") == busy &&
	       gpu_attr_u64("switch_time_ns") == switching &&
	       gpu_attr_u64("idle_time_ns") >= idle + 49 * MS &&
	       gpu_clock() >= clock + 50 * MS;
}

/* Nobody has work: all of the time is idle, whatever was before. */
static void idle_is_idle(void)
{
	struct vdev *d = vdev_new(gpu->medium), *other = vdev_new(gpu->large);
	unsigned int i;

	for (i = 0; i < 8; i++) {
		work_setup(d, 1);
		work_again(d, 30);
		if (i & 2)
			child_kill(busy_start(other));
		if (i & 1) {
			/* Work that is taken off the engine. */
			ASSERT_OK(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL));
			vdev_decode(d, DECODE_ALL);
		}
		gpu_idle(d);
		gpu_idle(other);
		ASSERT(settles());
		EXPECT(all_is_idle() || all_is_idle());
	}
}

static uint64_t sum_of(struct vdev *const *d, unsigned int nr)
{
	uint64_t sum = 0;

	while (nr--)
		sum += count(d[nr], "gpu_time_ns");
	return sum;
}

/* To the nanosecond, whatever became of the work. */
static void instances_add_up(void)
{
	struct vdev *d[3] = { vdev_new(gpu->large), vdev_new(gpu->medium), vdev_new(gpu->small) };
	uint64_t busy = gpu_attr_u64("busy_time_ns");
	unsigned int i, round;
	pid_t pid[3];

	for (round = 0; round < 4; round++) {
		gpu_set("policy", round & 1 ? "equal_share" : "best_effort");
		for (i = 0; i < 3; i++)
			pid[i] = busy_start(d[i]);
		for (i = 0; i < 3; i++)
			wait_above(d[i], "ops", round * 10);
		for (i = 0; i < 3; i++)
			child_kill(pid[i]);
		ASSERT_OK(vdev_ioctl(d[round % 3], VFIO_DEVICE_RESET, NULL));
		vdev_decode(d[round % 3], DECODE_ALL);
		for (i = 0; i < 3; i++)
			gpu_idle(d[i]);
		/* Somebody may just look once more whether there is work. */
		AWAIT(gpu_attr_u64("busy_time_ns") - busy == sum_of(d, 3));
		EXPECT_EQ(gpu_attr_u64("busy_time_ns") - busy, sum_of(d, 3));
	}
}

/* Known work in pieces: cut within operations, by turns with another's. */
static void work_is_exact(void)
{
	struct vdev *d = vdev_new(gpu->large), *other = vdev_new(gpu->medium);
	const uint64_t bytes = work_bytes(d);
	const unsigned int times = 12;
	uint32_t *vram;
	uint64_t i;

	gpu_set("slice_us", "500");
	busy_start(other);
	wait_above(other, "slices", 3);
	work_setup(d, 0x12345678);
	EXPECT_EQ(count(d, "ops"), 0);
	EXPECT_EQ(count(d, "bytes"), 0);
	for (i = 1; i <= times; i++) {
		work_again(d, 1);
		gpu_idle(d);
		EXPECT_EQ(count(d, "ops"), i);
		EXPECT_EQ(count(d, "bytes"), i * bytes);
	}
	EXPECT_EQ(count(d, "dropped"), 0);
	/* There was never more than one: it was cut. */
	EXPECT(count(d, "preemptions") > 0);
	EXPECT(count(d, "slices") >= times + count(d, "preemptions"));
	EXPECT(count(d, "slices") >= count(d, "switches"));
	EXPECT(count(d, "switches") > 1);

	vram = vdev_map_vram(d);
	for (i = 0; i < bytes / 4; i++) {
		if (!EXPECT_EQ(vram[i], 0x12345678))
			break;
	}
	EXPECT_EQ(vram[i], 0);
	munmap(vram, d->size);
}

static const char * const classes[] = {
	"traps_read", "traps_write", "traps_engine", "traps_config",
	"traps_vram", "unknown_regs",
};

#define NR_CLASSES	ARRAY_SIZE(classes)

static struct vdev *counted;

static void get_classes(uint64_t *val)
{
	unsigned int i;

	for (i = 0; i < NR_CLASSES; i++)
		val[i] = count(counted, classes[i]);
}

static void do_reads(void)
{
	uint32_t val;

	reg_rd(counted, gpu->memsize);
	vdev_rd(counted, REGION_REGS, gpu->scratch + 1, 1);
	vdev_rd(counted, REGION_REGS, gpu->memsize, 2);
	/* Not decoded: no register was read. */
	vdev_decode(counted, 0);
	EXPECT_ERR(vdev_pread(counted, REGION_REGS, &val, 4, 0), EIO);
	vdev_decode(counted, DECODE_ALL);
}

static void do_writes(void)
{
	reg_wr(counted, gpu->scratch, 1);
	vdev_wr(counted, REGION_REGS, gpu->scratch, 2, 1);
}

/* By the I/O BAR as well, and by its window. */
static void do_engine(void)
{
	reg_rd(counted, DST_OFFSET);
	vdev_rd(counted, REGION_IO, CNFG_MEMSIZE, 2);
	vdev_wr(counted, REGION_IO, BIOS_1_SCRATCH, 2, 1);
	reg_wr(counted, DP_BRUSH_FRGD_CLR, 1);
	vdev_wr(counted, REGION_REGS, DP_BRUSH_FRGD_CLR + 1, 1, 1);
	reg_wr(counted, MM_INDEX, DP_WRITE_MSK);
	reg_wr(counted, MM_DATA, 0xffffffff);
}

static void do_unknown(void)
{
	reg_rd(counted, gpu->no_register);
	reg_wr(counted, gpu->no_register, 1);
}

static void do_config(void)
{
	cfg_rd(counted, PCI_VENDOR_ID, 4);
	cfg_rd(counted, PCI_STATUS, 1);
	cfg_wr(counted, PCI_INTERRUPT_LINE, 1, 11);
}

static void do_vram(void)
{
	vdev_rd(counted, REGION_VRAM, 0, 4);
	vdev_wr(counted, REGION_VRAM, counted->size - 1, 1, 1);
}

/* Without a trap: what is mapped. */
static void do_mapped(void)
{
	uint32_t *vram = vdev_map_vram(counted);

	vram[0] = vram[1] + 1;
	munmap(vram, counted->size);
}

static void traps_by_class(void)
{
	static const struct {
		const char *name;
		void (*fn)(void);
		uint64_t want[NR_CLASSES];
	} cases[] = {
		{ "reads", do_reads, { 3, 0, 0, 4 } },
		{ "writes", do_writes, { 0, 2 } },
		{ "unknown", do_unknown, { 1, 1, 0, 0, 0, 2 } },
		{ "config", do_config, { 0, 0, 0, 3 } },
		{ "vram", do_vram, { 0, 0, 0, 0, 2 } },
		{ "mapped", do_mapped, { 0 } },
		/* The last one. */
		{ "engine", do_engine, { 2, 5, 3 } },
	};
	const unsigned int nr = ARRAY_SIZE(cases) - !has_fifo();
	unsigned int i, j;

	counted = vdev_new(gpu->small);
	gpu_init(counted);
	for (i = 0; i < nr; i++) {
		uint64_t was[NR_CLASSES], is[NR_CLASSES];

		get_classes(was);
		cases[i].fn();
		get_classes(is);
		for (j = 0; j < NR_CLASSES; j++) {
			if (!EXPECT_EQ(is[j] - was[j], cases[i].want[j]))
				tap_note("%s: %s", cases[i].name, classes[j]);
		}
	}
	EXPECT_EQ(count(counted, "traps"), count(counted, "traps_read") +
		  count(counted, "traps_write"));
}

static void trap_time_grows(void)
{
	struct vdev *d = vdev_new(gpu->small), *other = vdev_new(gpu->small);
	uint64_t spent = count(d, "trap_time_ns"), begin = tap_ns(), was, took;
	unsigned int i, j;

	EXPECT(count(other, "trap_time_ns") > 0);
	was = count(other, "trap_time_ns");
	for (i = 0; i < 20; i++) {
		uint64_t last = count(d, "trap_time_ns");

		for (j = 0; j < 50; j++)
			reg_rd(d, gpu->memsize);
		EXPECT(count(d, "trap_time_ns") > last);
	}
	took = tap_ns() - begin;
	spent = count(d, "trap_time_ns") - spent;
	EXPECT(spent < took);
	EXPECT_EQ(count(other, "trap_time_ns"), was);
}

/* What a write waits for room is not the host's time. */
static void waiting_costs_nothing(void)
{
	struct vdev *d = vdev_new(gpu->large);
	uint64_t begin, spent, took;

	mdev_set(d->uuid, "cap", "20");
	work_setup(d, 1);
	work_again(d, FIFO_DEPTH);
	spent = count(d, "trap_time_ns");
	begin = tap_ns();
	work_again(d, FIFO_DEPTH);
	took = tap_ns() - begin;
	spent = count(d, "trap_time_ns") - spent;
	if (!EXPECT(spent < took / 4))
		tap_note("%llu of %llu ns", (unsigned long long)spent,
			 (unsigned long long)took);
	EXPECT_EQ(count(d, "fifo_overflows"), 0);
}

/* What starts nothing waits in the FIFO until somebody asks for it. */
static void preparing_costs_no_slice(void)
{
	static const uint32_t ask[] = { RBBM_STATUS, 0x1714 };
	struct vdev *d = vdev_new(gpu->small), *other = vdev_new(gpu->small);
	unsigned int i, j;
	uint64_t slices, queued;

	gpu_init(d);
	gpu_init(other);
	for (i = 0; i < ARRAY_SIZE(ask); i++) {
		ASSERT(settles());
		slices = count(d, "slices");
		queued = count(d, "traps_engine");
		for (j = 0; j < 40; j++)
			reg_wr(d, DP_BRUSH_FRGD_CLR, j);
		/* The engine comes by, and has work for one of them only. */
		gpu_fill(other, 0, 4096, j);
		gpu_idle(other);
		EXPECT_EQ(count(d, "slices"), slices);
		EXPECT_EQ(count(d, "traps_engine"), queued + 40);
		/* Asking is what starts it. */
		reg_rd(d, ask[i]);
		wait_above(d, "slices", slices);
		gpu_idle(d);
		EXPECT_EQ(reg_rd(d, RBBM_STATUS), FIFO_DEPTH);
	}
	EXPECT_EQ(count(d, "ops"), 0);
}

/* More of it than the FIFO holds is carried out unasked; the last one counts. */
static void preparing_without_end(void)
{
	struct vdev *d = vdev_new(gpu->small);
	unsigned int i;

	work_setup(d, 0);
	for (i = 1; i <= 10 * FIFO_DEPTH; i++)
		reg_wr(d, DP_BRUSH_FRGD_CLR, i);
	EXPECT_EQ(count(d, "fifo_overflows"), 0);
	EXPECT_EQ(count(d, "ops"), 0);
	work_again(d, 1);
	gpu_idle(d);
	EXPECT_EQ(count(d, "ops"), 1);
	EXPECT_EQ(vdev_rd(d, REGION_VRAM, 0, 4), 10 * FIFO_DEPTH);
	EXPECT_EQ(reg_rd(d, DP_BRUSH_FRGD_CLR), 10 * FIFO_DEPTH);
}

static const struct tap_test tests[] = {
	TAP_TEST(never_backwards),
	TAP_TEST(states_add_up),
	TAP_TEST(idle_is_idle),
	TAP_TEST(instances_add_up),
	TAP_TEST(work_is_exact),
	TAP_TEST(traps_by_class),
	TAP_TEST(trap_time_grows),
	/* A FIFO holds work back that starts nothing, and has its writer wait. */
	TAP_TEST_IF(waiting_costs_nothing, has_fifo),
	TAP_TEST_IF(preparing_costs_no_slice, has_fifo),
	TAP_TEST_IF(preparing_without_end, has_fifo),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "account", .tests = tests, .nr = ARRAY_SIZE(tests),
		.after = after,
	};

	settings_save();
	return tap_run(&suite);
}
