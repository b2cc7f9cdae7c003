// SPDX-License-Identifier: GPL-2.0
/*
 * One tenant does harm, in every way, under every policy, with one to three
 * neighbours; each combination is a test, or, in short (see tap_thorough()), each
 * harm under each policy with one number of neighbours. While it lasts and
 * afterwards, each neighbour's memory must be right to the last byte, its work
 * done, and its share of the GPU what the policy says. Then the one that did harm
 * must work as if nothing had been.
 *
 * Where no work hangs the engine, and the kernel cannot inject hangs (it takes
 * CONFIG_FAULT_INJECTION_DEBUG_FS), those tests are not in the plan.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "inject.h"
#include "tenant.h"

#define MAX_NEIGHBOURS	3
#define SCRATCH		0x600d0000

/* A neighbour's operations come in rounds; the first one of each covers all. */
#define ROUND		4

/* Percent of the GPU, beside what is granted. */
#define MARGIN		4

/* Neighbours have this part of each other's time at least. */
#define ALIKE		0.85

/* How long a hung engine is waited for: what it costs the neighbours. */
#define WATCHDOG_MS	"100"

enum phase {
	BUSY,	/* neighbours draw without end */
	CHECK,	/* they look at what they have drawn, and draw a little more */
	END,	/* once more, with no harm any more */
};

/**
 * struct board - what parent and children tell each other
 * @phase: what neighbours are to do
 * @checked: of each neighbour, it has looked
 */
struct board {
	volatile enum phase phase;
	volatile bool checked[MAX_NEIGHBOURS];
};

static struct board *board;

/* The one that does harm. A child has it open, or a round of harm does. */
static char culprit[UUID_LEN];

static struct vdev *neighbour[MAX_NEIGHBOURS];
static pid_t neighbour_pid[MAX_NEIGHBOURS];

struct harm;

/**
 * struct cell - one test of the matrix
 * @harm: what is done
 * @policy: how the GPU is shared, in policies[]
 * @nr: how many neighbours there are
 */
struct cell {
	const struct harm *harm;
	unsigned int policy;
	unsigned int nr;
};

static const struct cell *cell;

/* The @n-th operation of a neighbour: what it fills, from its start on. */
static uint64_t nth_bytes(const struct vdev *d, uint32_t mix, uint32_t n)
{
	uint64_t bytes = work_bytes(d);

	return n % ROUND ? bytes - (mix >> 16 & 0x1ff) * 8192 : bytes;
}

static uint32_t nth_value(unsigned int seed, uint32_t n)
{
	return (n + 1) * 2654435761u ^ seed * 40503;
}

/* After @n operations: of the last round only, for the others are covered. */
static void model_ops(const struct vdev *d, void *model, unsigned int seed,
		      uint32_t n)
{
	uint32_t i;

	fill_pattern(model, d->room, seed);
	for (i = n ? (n - 1) / ROUND * ROUND : 0; i < n; i++) {
		uint32_t mix = nth_value(seed, i);

		model_fill(model, 0, nth_bytes(d, mix, i), mix);
	}
}

/* How a neighbour lives; the parent's order says what it does. */
static int lives(void *slot)
{
	unsigned int self = (unsigned long)slot, seed = self + 1;
	struct vdev *d = neighbour[self];
	uint8_t *vram = vdev_map_vram(d), *model = malloc(d->room);
	uint32_t n = 0;

	ASSERT(model);
	fill_pattern(vram, d->room, seed);
	reg_wr(d, gpu->scratch, SCRATCH | self);
	work_setup(d, 0);
	while (board->phase == BUSY) {
		uint32_t mix = nth_value(seed, n);

		gpu_fill(d, 0, nth_bytes(d, mix, n++), mix);
	}
	gpu_idle(d);
	model_ops(d, model, seed, n);
	EXPECT_EQ(first_difference(vram, model, d->room), d->room);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "ops"), n);
	EXPECT_EQ(reg_rd(d, gpu->scratch), SCRATCH | self);
	EXPECT(works(d, seed));
	board->checked[self] = true;
	while (board->phase != END)
		usleep(2000);
	EXPECT(works(d, seed + 1));
	EXPECT_EQ(reg_rd(d, gpu->scratch), SCRATCH | self);
	return tap_failures() ? EXIT_FAILURE : EXIT_SUCCESS;
}

static struct vdev *open_culprit(void)
{
	struct vdev *d = vdev_open(culprit);

	vdev_decode(d, DECODE_ALL);
	return d;
}

/* Every kind of access, as fast as can be. */
static int floods(void *unused)
{
	struct vdev *d = open_culprit();
	uint32_t i;

	(void)unused;
	gpu_init(d);
	gpu->prepare(d, 0, 4, 0);
	for (i = 0; ; i++) {
		reg_wr(d, gpu->scratch, i);
		reg_rd(d, gpu->memsize);
		gpu->is_idle(d);
		gpu->again(d);
		vdev_rd(d, REGION_VRAM, 0, 4);
		cfg_rd(d, PCI_VENDOR_ID, 4);
		gpu->irq_raise(d);
		reg_wr(d, i % gpu->regs_size & ~3U, 0);
	}
	return 0;
}

/* Work that begins inside of the partition and ends beyond it. */
static int storms(void *unused)
{
	struct vdev *d = open_culprit();
	uint32_t pages = d->size / 4096;

	(void)unused;
	rnd_seed(cell->nr);
	gpu_init(d);
	for (;;) {
		uint64_t n = 1 + rnd_below(pages);
		uint64_t at = (pages - rnd_below(n)) * 4096ULL;

		switch (rnd_below(3)) {
		case 0:
			gpu_fill(d, at, n * 4096, 0xbad0bad0);
			break;
		case 1:
			gpu_copy(d, 0, at, n * 4096);
			break;
		default:
			gpu_copy(d, at, 0, n * 4096);
			break;
		}
	}
	return 0;
}

/* Large operations without end: killed in the middle of one. */
static int culprit_is_busy(void *unused)
{
	(void)unused;
	return works_forever(open_culprit());
}

static void culprit_works(void)
{
	struct vdev *d = open_culprit();

	EXPECT(works(d, 99));
	expect_attr(culprit, "state", "ok");
	vdev_close(d);
}

static pid_t harm_pid;

static void flood_begins(void)
{
	harm_pid = child_start(floods, NULL);
	while (mdev_attr_u64(culprit, "traps") < 1000)
		usleep(2000);
}

static void storm_begins(void)
{
	harm_pid = child_start(storms, NULL);
	while (mdev_attr_u64(culprit, "dropped") +
	       mdev_attr_u64(culprit, "ops") < 20)
		usleep(2000);
}

/* The child goes on by itself. */
static void child_goes_on(void)
{
	usleep(5000);
}

static void child_ends(void)
{
	EXPECT(child_runs(harm_pid));
	child_kill(harm_pid);
}

static void storm_ends(void)
{
	child_ends();
	EXPECT(mdev_attr_u64(culprit, "dropped") >= 20);
	EXPECT_EQ(mdev_attr_u64(culprit, "ops"), 0);
}

static void nothing(void)
{
}

static void kill_round(void)
{
	uint64_t ran = mdev_attr_u64(culprit, "gpu_time_ns");
	pid_t pid = child_start(culprit_is_busy, NULL);
	struct vdev *d;

	while (mdev_attr_u64(culprit, "gpu_time_ns") == ran)
		usleep(1000);
	child_kill(pid);
	d = open_culprit();
	/* Nothing of it is left, and nothing of it runs. */
	ran = mdev_attr_u64(culprit, "gpu_time_ns");
	EXPECT(gpu->is_idle(d));
	EXPECT_EQ(mdev_attr_u64(culprit, "gpu_time_ns"), ran);
	vdev_close(d);
}

static void hang_round(void)
{
	uint64_t faults = mdev_attr_u64(culprit, "faults");
	uint64_t resets = gpu_attr_u64("resets");
	struct vdev *d = open_culprit();
	int err = evt_new();

	ASSERT_OK(irq_eventfd(d, VFIO_PCI_ERR_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, err));
	work_setup(d, 0);
	/* Numbers are given from 0 on: the neighbours have those before. */
	gpu->hang(d, cell->nr);
	EXPECT_EQ(evt_wait(err), 1);
	inject_nothing();
	expect_attr(culprit, "state", "faulted");
	EXPECT_EQ(mdev_attr_u64(culprit, "faults"), faults + 1);
	EXPECT_EQ(gpu_attr_u64("resets"), resets + 1);
	/* What it writes now is nobody's concern. */
	work_again(d, 3);
	ASSERT_OK(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL));
	expect_attr(culprit, "state", "ok");
	vdev_close(d);
	close(err);
}

/**
 * struct harm - a way to do harm
 * @name: for the test's name
 * @least: part of its fair share that a neighbour has at least
 * @begin: starts it
 * @round: a piece of it, done again and again
 * @end: ends it; nobody has the culprit open then
 */
struct harm {
	const char *name;
	double least;
	void (*begin)(void);
	void (*round)(void);
	void (*end)(void);
};

static const struct harm harms[] = {
	{ "register_flood", 0.85, flood_begins, child_goes_on, child_ends },
	{ "killed_in_operation", 0.85, nothing, kill_round, nothing },
	{ "out_of_partition", 0.85, storm_begins, child_goes_on, storm_ends },
	/*
	 * The last one: see gpu->can_hang(). Nobody has the engine while it is waited
	 * for, a good part of the time here.
	 */
	{ "engine_hang", 0.65, nothing, hang_round, nothing },
};

static const char * const policies[] = {
	"best_effort", "equal_share", "fixed_share",
};

#define MAX_CELLS (ARRAY_SIZE(harms) * ARRAY_SIZE(policies) * MAX_NEIGHBOURS)

static struct cell cells[MAX_CELLS];

static void before(void)
{
	cell = cell ? cell + 1 : cells;
	memset(neighbour, 0, sizeof(neighbour));
	board->phase = BUSY;
	memset((void *)board->checked, 0, sizeof(board->checked));
	gpu_set("window_ms", "20");
	/* No end of harm: what guards do is another matter (protect.c). */
	gpu_set("guard_faults_limit", "0");
	gpu_set("guard_resets_limit", "0");
	gpu_set("watchdog_ms", WATCHDOG_MS);
	gpu_set("policy", policies[cell->policy]);
}

static void after(void)
{
	children_end();
	inject_nothing();
	discard_dumps();
	settings_restore();
	vdev_cleanup();
}

static void start_neighbours(void)
{
	unsigned long i;

	for (i = 0; i < cell->nr; i++) {
		neighbour[i] = vdev_new(gpu->medium);
		neighbour_pid[i] = child_start(lives, (void *)i);
	}
	mdev_create(gpu->large, culprit);
	for (i = 0; i < cell->nr; i++)
		wait_above(neighbour[i], "ops", ROUND);
}

/*
 * Neighbours are alike and always have work, so their shares are: what the
 * policy grants, or a part of all by weight, when the culprit works as well.
 */
static void check_shares(void)
{
	struct bound bounds[2 * MAX_NEIGHBOURS + 1] = {}, *b = bounds;
	double fair = 100.0 / (cell->nr + 2), most = 100;
	unsigned int i;

	switch (cell->policy) {
	case 1:
		/* While the culprit is dead, it is not open. */
		most = 100.0 / cell->nr;
		fair = 100.0 / (cell->nr + 1);
		break;
	case 2:
		most = 100.0 * gpu->medium->size /
		       (gpu->vram_total - gpu->vram_reserved);
		fair = most;
		break;
	}
	for (i = 0; i < cell->nr; i++) {
		*b++ = (struct bound) { i, OF_GPU, cell->harm->least * fair, most + MARGIN };
		*b++ = (struct bound) { i, 0, ALIKE, 1 / ALIKE };
	}
	expect_shares(neighbour, cell->nr, bounds, cell->harm->round);
}

static bool all_checked(void)
{
	unsigned int i;

	for (i = 0; i < cell->nr; i++) {
		if (!board->checked[i] && child_runs(neighbour_pid[i]))
			return false;
	}
	return true;
}

static void finish_neighbours(void)
{
	unsigned int i;

	board->phase = END;
	for (i = 0; i < cell->nr; i++) {
		EXPECT_EQ(child_finish(neighbour_pid[i]), EXIT_SUCCESS);
		expect_attr(neighbour[i]->uuid, "state", "ok");
		EXPECT_EQ(mdev_attr_u64(neighbour[i]->uuid, "dropped"), 0);
		EXPECT_EQ(mdev_attr_u64(neighbour[i]->uuid, "faults"), 0);
		EXPECT_EQ(mdev_attr_u64(neighbour[i]->uuid, "fifo_overflows"),
			  0);
	}
}

static void do_harm(void)
{
	const struct harm *harm = cell->harm;

	start_neighbours();
	harm->begin();
	check_shares();

	/* Their pictures, and new ones, while it goes on. */
	board->phase = CHECK;
	do {
		harm->round();
	} while (!all_checked());
	harm->end();
	culprit_works();
	finish_neighbours();
	culprit_works();
}

static char *cell_name(const struct cell *c)
{
	char *name;

	ASSERT(asprintf(&name, "%s.%s.%u_neighbours", c->harm->name,
			policies[c->policy], c->nr) > 0);
	return name;
}

int main(void)
{
	static struct tap_test tests[MAX_CELLS];
	struct tap_suite suite = {
		.name = "harm", .tests = tests, .before = before,
		.after = after,
	};
	unsigned int kinds = ARRAY_SIZE(harms) - !gpu->can_hang();
	unsigned int numbers = tap_thorough() ? MAX_NEIGHBOURS : 1;
	unsigned int h, p, n;

	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED)
		return EXIT_FAILURE;
	for (h = 0; h < kinds; h++) {
		for (p = 0; p < ARRAY_SIZE(policies); p++) {
			for (n = 0; n < numbers; n++) {
				struct cell *c = &cells[suite.nr];

				c->harm = &harms[h];
				c->policy = p;
				c->nr = (h + p + n) % MAX_NEIGHBOURS + 1;
				tests[suite.nr].name = cell_name(c);
				tests[suite.nr++].fn = do_harm;
			}
		}
	}
	settings_save();
	return tap_run(&suite);
}
