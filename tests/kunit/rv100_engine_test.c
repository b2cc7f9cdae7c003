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

/* What the core was told of what the card writes. */
static struct {
	u64 begin;
	u64 end;
	unsigned int added;
	unsigned int done;
} told;

void vgpu_writes_add(struct vgpu_writes *w, struct vgpu_instance *inst,
		     u64 offset, u64 size)
{
	w->inst = inst;
	told.begin = offset;
	told.end = offset + size;
	told.added++;
}

void vgpu_writes_done(struct vgpu_writes *w)
{
	told.done += told.added;
	told.added = 0;
}

struct fixture {
	u32 reg[RV100_REGS_SIZE / 4];
	struct rv100_gpu card;
	struct vgpu_gpu gpu;
	struct vgpu_engine engine;
	struct vgpu_instance inst;
	struct vgpu_queue q;
	struct rv100_instance ri;
};

static const struct vgpu_engine_ops *ops(void)
{
	return rv100_engines[0].ops;
}

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
	memset(&told, 0, sizeof(told));
	poison(test);
	f->card.mmio = (void __iomem *)f->reg;
	f->gpu.desc.priv = &f->card;
	f->engine.gpu = &f->gpu;
	f->engine.desc = &rv100_engines[0];
	f->inst.gpu = &f->gpu;
	f->inst.vram_offset = VRAM_OFFSET;
	f->inst.vram_size = VRAM_SIZE;
	f->inst.priv = &f->ri;
	ratelimit_state_init(&f->ri.drops, DEFAULT_RATELIMIT_INTERVAL, 1);
	rv100_2d_reset(&f->ri.ctx);
	f->q.inst = &f->inst;
	f->q.engine = &f->engine;
	f->q.ops = rv100_engines[0].queue_ops;
	ret = f->q.ops->init(&f->q);
	KUNIT_ASSERT_EQ(test, ret, 0);
	return 0;
}

static void teardown(struct kunit *test)
{
	if (test->priv)
		fix(test)->q.ops->fini(&fix(test)->q);
}

static void push(struct kunit *test, u32 offset, u32 val)
{
	KUNIT_ASSERT_TRUE(test, vgpu_fifo_push(&fix(test)->ri.fifo, offset,
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

/* Looks, where the core would wait: is the engine idle? */
static int await_idle(struct kunit *test)
{
	unsigned int looks;

	for (looks = 0; looks < 10; looks++)
		if (ops()->idle(&fix(test)->engine))
			return 0;
	return -ETIMEDOUT;
}

/* One slice, as the core does it: 1 when work is left. */
static int run(struct kunit *test, u64 budget)
{
	struct vgpu_queue *q = &fix(test)->q;
	int ret;

	ret = ops()->start(q, budget) ?: await_idle(test);
	return ret ?: q->ops->pending(q);
}

static int reset(struct kunit *test)
{
	return ops()->reset(&fix(test)->engine, VGPU_RESET_ENGINE);
}

static int scrub(struct kunit *test, u64 offset, u64 size)
{
	s64 n;

	for (; size; offset += n, size -= n) {
		n = ops()->scrub(&fix(test)->engine, offset, size);
		if (n < 0)
			return n;
		KUNIT_ASSERT_TRUE(test, n && n <= size);
		KUNIT_ASSERT_EQ(test, await_idle(test), 0);
	}
	return 0;
}

static u64 counted(struct kunit *test, enum vgpu_queue_counter what)
{
	return atomic64_read(&fix(test)->q.count[what]);
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
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_QUEUE_OPS), 1);
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_QUEUE_BYTES), 10 * 20 * 4);
}

/* Not before the card is idle, with all of it in memory. */
static void rv100_tells_what_is_written(struct kunit *test)
{
	push_fill(test, 3, 2, 10, 20);
	KUNIT_EXPECT_EQ(test, ops()->start(&fix(test)->q, NSEC_PER_SEC), 0);
	KUNIT_EXPECT_EQ(test, told.added, 1);
	KUNIT_EXPECT_EQ(test, told.begin, 2 * 4096 + 3 * 4);
	KUNIT_EXPECT_EQ(test, told.end, 21 * 4096 + 13 * 4);
	set_status(test, 63);
	KUNIT_EXPECT_EQ(test, await_idle(test), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, told.done, 0);
	set_status(test, 64);
	KUNIT_EXPECT_EQ(test, await_idle(test), 0);
	KUNIT_EXPECT_EQ(test, told.done, 1);

	/* Or it was reset in the middle of it. */
	push_fill(test, 0, 0, 1, 1);
	KUNIT_EXPECT_EQ(test, ops()->start(&fix(test)->q, NSEC_PER_SEC), 0);
	KUNIT_EXPECT_EQ(test, reset(test), 0);
	KUNIT_EXPECT_EQ(test, told.done, 2);
	/* Scrubbing is of nobody's memory. */
	KUNIT_EXPECT_EQ(test, scrub(test, 0, SZ_1M), 0);
	KUNIT_EXPECT_EQ(test, told.done, 2);
}

static void rv100_run_drops(struct kunit *test)
{
	push_fill(test, 0, 0, 1024, 1025);
	KUNIT_EXPECT_EQ(test, run(test, NSEC_PER_SEC), 0);
	KUNIT_EXPECT_EQ(test, written(test), 0);
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_QUEUE_OPS), 0);
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_QUEUE_BYTES), 0);
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_QUEUE_DROPPED), 1);
}

/* No pixels is no operation, and nothing wrong either. */
static void rv100_run_empty(struct kunit *test)
{
	push_fill(test, 0, 0, 0, 5);
	KUNIT_EXPECT_EQ(test, run(test, NSEC_PER_SEC), 0);
	KUNIT_EXPECT_EQ(test, written(test), 0);
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_QUEUE_OPS), 0);
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_QUEUE_DROPPED), 0);
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
	unsigned int i;

	for (i = 0; i < 3; i++) {
		push_fill(test, 3, 2, 10, 20);
		KUNIT_ASSERT_EQ(test, run(test, NSEC_PER_SEC), 0);
		if (i == 0)
			KUNIT_ASSERT_EQ(test, ops()->load(&fix(test)->q), 0);
		else if (i == 1)
			KUNIT_ASSERT_EQ(test, scrub(test, 0, SZ_4M), 0);
		else
			KUNIT_ASSERT_EQ(test, reset(test), 0);
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
	KUNIT_EXPECT_EQ(test, vgpu_fifo_level(&fix(test)->ri.fifo), 4);
	KUNIT_EXPECT_EQ(test, run(test, 0), 1);
	KUNIT_EXPECT_EQ(test, run(test, 0), 1);
	KUNIT_EXPECT_EQ(test, run(test, 0), 1);
	KUNIT_EXPECT_EQ(test, written(test), 0);
	KUNIT_EXPECT_EQ(test, run(test, 0), 0);
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_QUEUE_OPS), 1);
	KUNIT_EXPECT_EQ(test, run(test, 0), 0);
}

static void rv100_stuck(struct kunit *test)
{
	struct fixture *f = fix(test);

	/* Active for ever */
	set_status(test, BIT(31) | 64);
	push_fill(test, 3, 2, 10, 20);
	KUNIT_EXPECT_EQ(test, run(test, NSEC_PER_SEC), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, reset(test), -EIO);
	set_status(test, 64);
	KUNIT_EXPECT_EQ(test, reset(test), 0);
	KUNIT_EXPECT_EQ(test, await_idle(test), 0);
	/* There is nothing smaller or larger to be reset. */
	KUNIT_EXPECT_EQ(test, ops()->reset(&f->engine, VGPU_RESET_CONTEXT),
			-EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, ops()->reset(&f->engine, VGPU_RESET_DEVICE),
			-EOPNOTSUPP);
}

/* What was drawn must be in VRAM before the engine counts as idle. */
static void rv100_idle_is_flushed(struct kunit *test)
{
	struct fixture *f = fix(test);

	push_fill(test, 3, 2, 10, 20);
	/* Room for the operation, and not for the flush after it. */
	f->card.room = RV100_2D_NR_CMDS + 2;
	set_status(test, BIT(31));
	KUNIT_ASSERT_EQ(test, ops()->start(&f->q, NSEC_PER_SEC), 0);
	KUNIT_EXPECT_EQ(test, written(test), 16);
	KUNIT_EXPECT_EQ(test, reg(test, 0x1714), 0);
	KUNIT_EXPECT_FALSE(test, ops()->idle(&f->engine));
	set_status(test, 64);
	KUNIT_EXPECT_FALSE(test, ops()->idle(&f->engine));
	KUNIT_EXPECT_EQ(test, reg(test, 0x1714), 5);
	/* The cache is busy, then it is not. */
	f->reg[0x1714 / 4] = BIT(31);
	KUNIT_EXPECT_FALSE(test, ops()->idle(&f->engine));
	f->reg[0x1714 / 4] = 5;
	KUNIT_EXPECT_TRUE(test, ops()->idle(&f->engine));
}

/* All of it goes, the half that a slice has left of an operation, too. */
static void rv100_forgets(struct kunit *test)
{
	struct vgpu_queue *q = &fix(test)->q;

	push_fill(test, 0, 0, 1024, 200);
	push_fill(test, 0, 0, 10, 10);
	while (!fix(test)->ri.work.height)
		KUNIT_ASSERT_EQ(test, run(test, 0), 1);
	q->ops->forget(q);
	/* Also what the card has in hand, which may never be done. */
	KUNIT_EXPECT_EQ(test, told.added, 0);
	KUNIT_EXPECT_FALSE(test, q->ops->pending(q));
	KUNIT_EXPECT_EQ(test, run(test, NSEC_PER_SEC), 0);
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_QUEUE_OPS), 0);
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
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_QUEUE_OPS), 1);
	KUNIT_EXPECT_EQ(test, counted(test, VGPU_QUEUE_BYTES), 1024 * 200 * 4);
	/* The last band: 8 lines at 192. */
	KUNIT_EXPECT_EQ(test, reg(test, 0x143c), 8 << 16 | 1024);
	KUNIT_EXPECT_EQ(test, reg(test, 0x1438), 192 << 16);
}

static void rv100_dumps(struct kunit *test)
{
	char buf[1024];
	int n;

	n = ops()->dump(&fix(test)->engine, buf, sizeof(buf));
	KUNIT_EXPECT_EQ(test, n, (int)strlen(buf));
	KUNIT_EXPECT_NOT_NULL(test, strstr(buf, "RBBM_STATUS"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(buf, "0x00000040"));
	KUNIT_EXPECT_LT(test, ops()->dump(&fix(test)->engine, buf, 50), 50);
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
		KUNIT_EXPECT_EQ(test, counted(test, VGPU_QUEUE_OPS), 0);
	}
}

/* In steps of 256 KiB; the last one is what the card holds. */
static void rv100_scrub_covers(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, scrub(test, SZ_16M, SZ_32M), 0);
	KUNIT_EXPECT_EQ(test, reg(test, 0x142c),
			PITCH | (SZ_16M + SZ_32M - SZ_256K) >> 10);
	KUNIT_EXPECT_EQ(test, reg(test, 0x1438), 0);
	KUNIT_EXPECT_EQ(test, reg(test, 0x143c), 64 << 16 | 1024);
	KUNIT_EXPECT_EQ(test, reg(test, 0x147c), 0);
	KUNIT_EXPECT_EQ(test, reg(test, 0x16cc), 0xffffffff);

	KUNIT_EXPECT_EQ(test, scrub(test, SZ_4M, 8192), 0);
	KUNIT_EXPECT_EQ(test, reg(test, 0x142c), PITCH | SZ_4M >> 10);
	KUNIT_EXPECT_EQ(test, reg(test, 0x143c), 2 << 16 | 1024);

	KUNIT_EXPECT_EQ(test, scrub(test, 1024, SZ_4M), -EINVAL);
	KUNIT_EXPECT_EQ(test, scrub(test, 0, 100), -EINVAL);
	/* A card that takes nothing: the core does it by CPU. */
	fix(test)->card.room = 0;
	set_status(test, BIT(31));
	KUNIT_EXPECT_EQ(test, scrub(test, 0, SZ_4M), -EBUSY);
}

static struct kunit_case rv100_engine_cases[] = {
	KUNIT_CASE(rv100_run_writes_operation),
	KUNIT_CASE(rv100_tells_what_is_written),
	KUNIT_CASE(rv100_run_drops),
	KUNIT_CASE(rv100_run_empty),
	KUNIT_CASE(rv100_run_skips_unchanged),
	KUNIT_CASE(rv100_everything_after_a_change_of_hands),
	KUNIT_CASE(rv100_run_budget),
	KUNIT_CASE_SLOW(rv100_stuck),
	KUNIT_CASE(rv100_idle_is_flushed),
	KUNIT_CASE(rv100_forgets),
	KUNIT_CASE(rv100_cut_into_bands),
	KUNIT_CASE(rv100_dumps),
	KUNIT_CASE(rv100_no_room),
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
