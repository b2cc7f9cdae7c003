// SPDX-License-Identifier: GPL-2.0
/*
 * What the engine code writes to a card, and when it gives up. The card is
 * memory here: it holds the last value of each register, and its status says
 * what the test puts there.
 */
#include <kunit/test.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../../drivers/rv100/rv100.h"

#define POISON		0xdeadbeef
#define VRAM_SIZE	SZ_4M
#define VRAM_OFFSET	SZ_8M
/* Pitch 4096 */
#define PITCH		(64U << 22)

static bool hang;

/* The core's, for the code under test. */
bool vgpu_inject_hang(struct vgpu_gpu *gpu, unsigned int engine)
{
	return hang;
}

struct fixture {
	u32 reg[RV100_REGS_SIZE / 4];
	struct rv100_gpu card;
	struct vgpu_gpu gpu;
	struct vgpu_instance inst;
	struct rv100_instance ri;
};

static struct fixture *fix(struct kunit *test)
{
	return test->priv;
}

static u32 reg(struct kunit *test, u32 offset)
{
	return fix(test)->reg[offset / 4];
}

static void set_status(struct kunit *test, u32 val)
{
	fix(test)->reg[0xe40 / 4] = val;
}

/* Whatever is written from here on can be seen. */
static void poison(struct kunit *test)
{
	struct fixture *f = fix(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(f->reg); i++)
		f->reg[i] = POISON;
	f->reg[0x1714 / 4] = 0;
	set_status(test, 64);
}

static int setup(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	poison(test);
	f->card.mmio = (void __iomem *)f->reg;
	hang = false;
	f->gpu.desc.priv = &f->card;
	f->gpu.watchdog_us = 1000;
	f->inst.gpu = &f->gpu;
	f->inst.vram_offset = VRAM_OFFSET;
	f->inst.vram_size = VRAM_SIZE;
	f->inst.priv = &f->ri;
	ratelimit_state_init(&f->ri.drops, DEFAULT_RATELIMIT_INTERVAL, 1);
	rv100_2d_reset(&f->ri.ctx);
	ret = vgpu_fifo_init(&f->inst.fifo[0], RV100_FIFO_DEPTH);
	KUNIT_ASSERT_EQ(test, ret, 0);
	return 0;
}

static void teardown(struct kunit *test)
{
	if (test->priv)
		vgpu_fifo_fini(&fix(test)->inst.fifo[0]);
}

static void push(struct kunit *test, u32 offset, u32 val)
{
	KUNIT_ASSERT_TRUE(test, vgpu_fifo_push(&fix(test)->inst.fifo[0], offset,
					       val));
}

static void push_fill(struct kunit *test, u32 x, u32 y, u32 w, u32 h)
{
	push(test, 0x142c, PITCH);
	push(test, 0x146c, 0x00f036df);
	push(test, 0x147c, 0x00c0ffee);
	push(test, 0x1438, y << 16 | x);
	push(test, 0x1598, w << 16 | h);
}

static int run(struct kunit *test, u64 budget)
{
	return rv100_run(&fix(test)->inst, 0, budget);
}

static u64 counted(struct kunit *test, enum vgpu_counter what)
{
	return atomic64_read(&fix(test)->inst.count[what]);
}

/* The registers of one operation that were written, of 16 */
static unsigned int written(struct kunit *test)
{
	static const u32 regs[] = {
		0x146c, 0x142c, 0x1428, 0x16ec, 0x16f0, 0x16f4, 0x147c, 0x16cc,
		0x15c0, 0x15c4, 0x15c8, 0x15cc, 0x16c0, 0x1434, 0x1438, 0x143c,
	};
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(regs); i++)
		n += reg(test, regs[i]) != POISON;
	return n;
}

static void rv100_run_writes_operation(struct kunit *test)
{
	push_fill(test, 3, 2, 10, 20);
	KUNIT_EXPECT_EQ(test, run(test, NSEC_PER_SEC), 0);
	KUNIT_EXPECT_EQ(test, written(test), 16);
	KUNIT_EXPECT_EQ(test, reg(test, 0x142c), PITCH | VRAM_OFFSET >> 10);
	KUNIT_EXPECT_EQ(test, reg(test, 0x1438), 2 << 16 | 3);
	KUNIT_EXPECT_EQ(test, reg(test, 0x143c), 20 << 16 | 10);
	KUNIT_EXPECT_EQ(test, reg(test, 0x147c), 0x00c0ffee);
	/* Flushed, so that the guest can read it */
	KUNIT_EXPECT_EQ(test, reg(test, 0x1714), 5);
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_CNT_OPS), 1);
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_CNT_BYTES), 10 * 20 * 4);
}

static void rv100_run_drops(struct kunit *test)
{
	push_fill(test, 0, 0, 1024, 1025);
	KUNIT_EXPECT_EQ(test, run(test, NSEC_PER_SEC), 0);
	KUNIT_EXPECT_EQ(test, written(test), 0);
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_CNT_OPS), 0);
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_CNT_BYTES), 0);
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_CNT_DROPPED), 1);
}

/* No pixels is no operation, and nothing wrong either. */
static void rv100_run_empty(struct kunit *test)
{
	push_fill(test, 0, 0, 0, 5);
	KUNIT_EXPECT_EQ(test, run(test, NSEC_PER_SEC), 0);
	KUNIT_EXPECT_EQ(test, written(test), 0);
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_CNT_OPS), 0);
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_CNT_DROPPED), 0);
}

/* What the card holds is not written again, but the coordinates always are. */
static void rv100_run_skips_unchanged(struct kunit *test)
{
	push_fill(test, 3, 2, 10, 20);
	KUNIT_ASSERT_EQ(test, run(test, NSEC_PER_SEC), 0);
	poison(test);
	push_fill(test, 3, 2, 10, 20);
	KUNIT_ASSERT_EQ(test, run(test, NSEC_PER_SEC), 0);
	KUNIT_EXPECT_EQ(test, written(test), 3);
	KUNIT_EXPECT_EQ(test, reg(test, 0x143c), 20 << 16 | 10);

	poison(test);
	push(test, 0x147c, 0x123456);
	push_fill(test, 4, 2, 10, 20);
	KUNIT_ASSERT_EQ(test, run(test, NSEC_PER_SEC), 0);
	KUNIT_EXPECT_EQ(test, reg(test, 0x147c), POISON);
	KUNIT_EXPECT_EQ(test, reg(test, 0x16ec), 2 << 16 | 4);
}

/* Nothing of the tenant before, or of a scrub or a reset, is relied upon. */
static void rv100_everything_after_a_change_of_hands(struct kunit *test)
{
	struct fixture *f = fix(test);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		push_fill(test, 3, 2, 10, 20);
		KUNIT_ASSERT_EQ(test, run(test, NSEC_PER_SEC), 0);
		if (i == 0)
			rv100_restore(&f->inst, 0);
		else if (i == 1)
			KUNIT_ASSERT_EQ(test, rv100_scrub(&f->gpu, 0, SZ_4M), 0);
		else
			KUNIT_ASSERT_EQ(test, rv100_reset(&f->gpu, 0), 0);
		poison(test);
		push_fill(test, 3, 2, 10, 20);
		KUNIT_ASSERT_EQ(test, run(test, NSEC_PER_SEC), 0);
		KUNIT_EXPECT_EQ_MSG(test, written(test), 16, "case %u", i);
	}
}

/* With no budget at all: one entry, and word that there is more. */
static void rv100_run_budget(struct kunit *test)
{
	push_fill(test, 3, 2, 10, 20);
	KUNIT_EXPECT_EQ(test, run(test, 0), 1);
	KUNIT_EXPECT_EQ(test, vgpu_fifo_level(&fix(test)->inst.fifo[0]), 4);
	KUNIT_EXPECT_EQ(test, run(test, 0), 1);
	KUNIT_EXPECT_EQ(test, run(test, 0), 1);
	KUNIT_EXPECT_EQ(test, run(test, 0), 1);
	KUNIT_EXPECT_EQ(test, written(test), 0);
	KUNIT_EXPECT_EQ(test, run(test, 0), 0);
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_CNT_OPS), 1);
	KUNIT_EXPECT_EQ(test, run(test, 0), 0);
}

static void rv100_stuck(struct kunit *test)
{
	struct fixture *f = fix(test);

	/* Active for ever */
	set_status(test, BIT(31) | 64);
	push_fill(test, 3, 2, 10, 20);
	KUNIT_EXPECT_EQ(test, run(test, NSEC_PER_SEC), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, rv100_save(&f->inst, 0), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, rv100_reset(&f->gpu, 0), -EIO);
	set_status(test, 64);
	KUNIT_EXPECT_EQ(test, rv100_reset(&f->gpu, 0), 0);
	KUNIT_EXPECT_EQ(test, rv100_save(&f->inst, 0), 0);
}

/* A test makes the card look stuck; a reset ends it. */
static void rv100_injected(struct kunit *test)
{
	struct fixture *f = fix(test);

	hang = true;
	push_fill(test, 3, 2, 10, 20);
	KUNIT_EXPECT_EQ(test, run(test, NSEC_PER_SEC), -ETIMEDOUT);
	hang = false;
	KUNIT_EXPECT_EQ(test, rv100_save(&f->inst, 0), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, rv100_reset(&f->gpu, 0), 0);
	push_fill(test, 3, 2, 10, 20);
	KUNIT_EXPECT_EQ(test, run(test, NSEC_PER_SEC), 0);
}

/* A long operation ends a slice in its midst, and goes on in the next. */
static void rv100_cut_into_bands(struct kunit *test)
{
	unsigned int slices = 1;

	/* 4 KiB a line, 64 lines a band. */
	push_fill(test, 0, 0, 1024, 200);
	while (run(test, 0) == 1)
		slices++;
	KUNIT_EXPECT_EQ(test, slices, 4 + 4);
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_CNT_OPS), 1);
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_CNT_BYTES), 1024 * 200 * 4);
	/* The last band: 8 lines at 192. */
	KUNIT_EXPECT_EQ(test, reg(test, 0x143c), 8 << 16 | 1024);
	KUNIT_EXPECT_EQ(test, reg(test, 0x1438), 192 << 16);
}

static void rv100_dumps(struct kunit *test)
{
	char buf[1024];
	int n;

	n = rv100_dump(&fix(test)->gpu, 0, buf, sizeof(buf));
	KUNIT_EXPECT_EQ(test, n, (int)strlen(buf));
	KUNIT_EXPECT_NOT_NULL(test, strstr(buf, "RBBM_STATUS"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(buf, "0x00000040"));
	KUNIT_EXPECT_LT(test, rv100_dump(&fix(test)->gpu, 0, buf, 50), 50);
}

/* A full FIFO is not written to; nor is a card that has gone. */
static void rv100_no_room(struct kunit *test)
{
	static const u32 status[] = { BIT(31) | 3, 0xffffffff };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(status); i++) {
		poison(test);
		fix(test)->card.room = 0;
		set_status(test, status[i]);
		push_fill(test, 3, 2, 10, 20);
		KUNIT_EXPECT_EQ(test, run(test, NSEC_PER_SEC), -ETIMEDOUT);
		KUNIT_EXPECT_EQ(test, written(test), 0);
		KUNIT_EXPECT_EQ(test, counted(test, VGPU_CNT_OPS), 0);
	}
}

/* In steps of 16 MiB; the last one is what the card holds. */
static void rv100_scrub_covers(struct kunit *test)
{
	struct fixture *f = fix(test);

	KUNIT_EXPECT_EQ(test, rv100_scrub(&f->gpu, SZ_16M, SZ_32M), 0);
	/* The last of the steps that the watchdog knows. */
	KUNIT_EXPECT_EQ(test, reg(test, 0x142c),
			PITCH | (SZ_16M + SZ_32M - SZ_256K) >> 10);
	KUNIT_EXPECT_EQ(test, reg(test, 0x1438), 0);
	KUNIT_EXPECT_EQ(test, reg(test, 0x143c), 64 << 16 | 1024);
	KUNIT_EXPECT_EQ(test, reg(test, 0x147c), 0);
	KUNIT_EXPECT_EQ(test, reg(test, 0x16cc), 0xffffffff);

	KUNIT_EXPECT_EQ(test, rv100_scrub(&f->gpu, SZ_4M, 8192), 0);
	KUNIT_EXPECT_EQ(test, reg(test, 0x142c), PITCH | SZ_4M >> 10);
	KUNIT_EXPECT_EQ(test, reg(test, 0x143c), 2 << 16 | 1024);

	KUNIT_EXPECT_EQ(test, rv100_scrub(&f->gpu, 1024, SZ_4M), -EINVAL);
	KUNIT_EXPECT_EQ(test, rv100_scrub(&f->gpu, 0, 100), -EINVAL);
}

static struct kunit_case rv100_engine_cases[] = {
	KUNIT_CASE(rv100_run_writes_operation),
	KUNIT_CASE(rv100_run_drops),
	KUNIT_CASE(rv100_run_empty),
	KUNIT_CASE(rv100_run_skips_unchanged),
	KUNIT_CASE(rv100_everything_after_a_change_of_hands),
	KUNIT_CASE(rv100_run_budget),
	KUNIT_CASE_SLOW(rv100_stuck),
	KUNIT_CASE(rv100_injected),
	KUNIT_CASE(rv100_cut_into_bands),
	KUNIT_CASE(rv100_dumps),
	KUNIT_CASE_SLOW(rv100_no_room),
	KUNIT_CASE(rv100_scrub_covers),
	{}
};

static struct kunit_suite rv100_engine_suite = {
	.name = "rv100_engine",
	.init = setup,
	.exit = teardown,
	.test_cases = rv100_engine_cases,
};

kunit_test_suite(rv100_engine_suite);

MODULE_LICENSE("GPL");
