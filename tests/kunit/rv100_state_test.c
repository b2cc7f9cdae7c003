// SPDX-License-Identifier: GPL-2.0
/*
 * An instance that is saved in the midst of drawing, and goes on in another
 * partition: it reads the same, and the card is given the same operations. And
 * streams that nobody could have saved: nothing leaves the partition.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../../drivers/rv100/rv100.h"

#define VRAM_SIZE	SZ_1M
#define STREAM_MAX	SZ_32K
/* Pitch 4096 */
#define PITCH		(64U << 22)
#define STEPS_MAX	4096

struct side {
	struct vgpu_instance inst;
	struct rv100_instance ri;
	struct vgpu_queue q;
};

struct fixture {
	u32 reg[RV100_REGS_SIZE / 4];
	struct rv100_gpu card;
	struct vgpu_gpu gpu;
	struct vgpu_engine engine;
	struct vgpu_regmap map;
	struct side a;
	struct side b;
	u8 *vram;
	u8 *bytes;
	u8 *again;
	struct rnd_state rnd;
};

static struct fixture *fix(struct kunit *test)
{
	return test->priv;
}

static u32 rnd(struct kunit *test)
{
	return prandom_u32_state(&fix(test)->rnd);
}

/* What is full takes no more: these guests do not wait. */
static int submit(struct vgpu_regfile *rf, u32 offset, u32 val, bool starts)
{
	struct rv100_instance *ri = rf->priv;

	return vgpu_fifo_push(&ri->fifo, offset, val) ? 0 : -EBUSY;
}

static void reset(struct side *s)
{
	s->q.ops->forget(&s->q);
	vgpu_regfile_reset(&s->inst.regs);
	rv100_sections[0].reset(&s->inst);
}

static void init_side(struct kunit *test, struct side *s, u64 offset)
{
	struct fixture *f = fix(test);

	s->inst.gpu = &f->gpu;
	s->inst.vram_offset = offset;
	s->inst.vram_size = VRAM_SIZE;
	s->inst.priv = &s->ri;
	s->inst.regs.priv = &s->ri;
	s->inst.regs.inst = &s->inst;
	s->inst.regs.submit = submit;
	ratelimit_state_init(&s->ri.drops, DEFAULT_RATELIMIT_INTERVAL, 1);
	s->q.inst = &s->inst;
	s->q.engine = &f->engine;
	s->q.ops = rv100_engines[0].queue_ops;
	KUNIT_ASSERT_EQ(test, s->q.ops->init(&s->q), 0);
	KUNIT_ASSERT_EQ(test, vgpu_regfile_init(&s->inst.regs, &f->map), 0);
	reset(s);
}

static int setup(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	f->vram = kunit_kzalloc(test, 4 * VRAM_SIZE, GFP_KERNEL);
	f->bytes = kunit_kzalloc(test, STREAM_MAX, GFP_KERNEL);
	f->again = kunit_kzalloc(test, STREAM_MAX, GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, f->vram && f->bytes && f->again);
	/* Idle, with room for 64 entries. */
	f->reg[RV100_RBBM_STATUS / 4] = 64;
	f->card.mmio = (void __iomem *)f->reg;
	f->gpu.desc.priv = &f->card;
	f->gpu.desc.vram.virt = (void __iomem *)f->vram;
	f->engine.gpu = &f->gpu;
	f->engine.desc = &rv100_engines[0];
	prandom_seed_state(&f->rnd, 17);
	KUNIT_ASSERT_EQ(test, vgpu_regmap_init(&f->map, rv100_regs,
					       rv100_nr_regs, RV100_REGS_SIZE),
			0);
	init_side(test, &f->a, VRAM_SIZE);
	init_side(test, &f->b, 3 * VRAM_SIZE);
	return 0;
}

static void fini_side(struct side *s)
{
	vgpu_regfile_fini(&s->inst.regs);
	s->q.ops->fini(&s->q);
}

static void teardown(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	fini_side(&f->a);
	fini_side(&f->b);
	vgpu_regmap_fini(&f->map);
}

static void wr(struct side *s, u32 offset, u32 val)
{
	vgpu_regs_write(&s->inst.regs, offset, 4, val);
}

/* An independent look: does what is left of an operation stay where it must? */
static bool inside(u32 offset, u32 pitch, u32 x, u32 y,
		   const struct rv100_2d_op *op)
{
	u64 last = (u64)offset + (u64)(y + op->height - 1) * pitch +
		   (u64)(x + op->width) * op->cpp;

	return pitch && last <= VRAM_SIZE;
}

static void expect_inside(struct kunit *test, const struct rv100_2d_op *op)
{
	if (!op->height)
		return;
	KUNIT_EXPECT_TRUE(test, inside(op->dst_offset, op->dst_pitch,
				       op->dst_x, op->dst_y, op));
	if (op->uses_src)
		KUNIT_EXPECT_TRUE(test, inside(op->src_offset, op->src_pitch,
					       op->src_x, op->src_y, op));
}

/* One entry of the FIFO, or one band. */
static void step(struct kunit *test, struct side *s)
{
	const struct vgpu_engine_ops *ops = rv100_engines[0].ops;
	unsigned int looks;

	expect_inside(test, &s->ri.work);
	KUNIT_ASSERT_EQ(test, ops->start(&s->q, 0), 0);
	for (looks = 0; looks < 10; looks++)
		if (ops->idle(&fix(test)->engine))
			return;
	KUNIT_FAIL(test, "the card does not come idle");
}

static void point(struct side *s, u32 offset, u32 x, u32 y, u32 dir, u32 w,
		  u32 h)
{
	if (!(dir & RV100_DST_X_LEFT_TO_RIGHT))
		x += w - 1;
	if (!(dir & RV100_DST_Y_TOP_TO_BOTTOM))
		y += h - 1;
	wr(s, offset, y << 16 | x);
}

/* An operation that passes the audit; most have more than one band. */
static void draw(struct kunit *test, struct side *s)
{
	u32 r = rnd(test), dir = r % 4, w = 600 + r / 4 % 300;
	u32 h = 60 + r / 4096 % 64;

	while (vgpu_fifo_level(&s->ri.fifo) > RV100_FIFO_DEPTH / 2)
		step(test, s);
	wr(s, RV100_MC_FB_LOCATION, 0x000f0000);
	wr(s, RV100_SC_TOP_LEFT, 0);
	wr(s, RV100_SC_BOTTOM_RIGHT, RV100_SC_MAX);
	wr(s, RV100_DST_PITCH_OFFSET, PITCH | rnd(test) % 16);
	wr(s, RV100_SRC_PITCH_OFFSET, PITCH | rnd(test) % 16);
	wr(s, RV100_DP_GUI_MASTER_CNTL, rnd(test) % 2 ? 0x02cc36df :
							0x00f036df);
	wr(s, RV100_DP_CNTL, dir);
	wr(s, RV100_DP_BRUSH_FRGD_CLR, r);
	r = rnd(test);
	point(s, RV100_SRC_Y_X, r % 64, r / 64 % 64, dir, w, h);
	point(s, RV100_DST_Y_X, r / 4096 % 64, r / 262144 % 64, dir, w, h);
	wr(s, RV100_DST_HEIGHT_WIDTH, h << 16 | w);
}

/* As a guest that has gone mad, and sometimes draws. */
static void live(struct kunit *test, struct side *s, unsigned int n)
{
	while (n--) {
		u32 r = rnd(test);

		if (r % 8 == 0)
			draw(test, s);
		else if (r % 8 == 1)
			vgpu_regs_read(&s->inst.regs, r / 8 % 0x1000 * 4, 4);
		else
			wr(s, rv100_regs[r / 8 % rv100_nr_regs].offset,
			   rnd(test));
		if (r % 16 < 8)
			step(test, s);
	}
	draw(test, s);
	while (!s->ri.work.height && vgpu_fifo_level(&s->ri.fifo))
		step(test, s);
	draw(test, s);
}

static size_t save(struct kunit *test, struct side *s, u8 *bytes, u64 now)
{
	struct vgpu_writer w;

	vgpu_writer_init(&w, bytes, STREAM_MAX);
	w.now = now;
	vgpu_regfile_save(&s->inst.regs, &w);
	rv100_sections[0].save(&s->inst, &w);
	KUNIT_ASSERT_LE(test, w.len, w.size);
	return w.len;
}

/* What vgpu_function_load() does with these two sections. */
static bool load(struct side *s, const u8 *bytes, size_t len, u64 now,
		 struct vgpu_reader *r)
{
	reset(s);
	vgpu_reader_init(r, bytes, len);
	r->now = now;
	vgpu_regfile_load(&s->inst.regs, r);
	if (vgpu_reader_ok(r))
		rv100_sections[0].load(&s->inst, r);
	if (vgpu_reader_ok(r) && !r->left)
		return true;
	reset(s);
	return false;
}

/* What tells the time is compared by what it is computed from. */
static bool tells_time(u32 offset)
{
	return offset == RV100_CRTC_VLINE_CRNT_VLINE ||
	       offset == RV100_CRTC_CRNT_FRAME ||
	       offset == RV100_CRTC_STATUS || offset == RV100_GEN_INT_STATUS;
}

static void expect_same(struct kunit *test, struct side *a, struct side *b)
{
	struct vgpu_scanout of_a, of_b;
	u32 i;

	for (i = 0; i < RV100_REGS_SIZE; i += 4)
		if (!tells_time(i))
			KUNIT_EXPECT_EQ_MSG(test,
					    vgpu_regs_read(&a->inst.regs, i, 4),
					    vgpu_regs_read(&b->inst.regs, i, 4),
					    "register %#x", i);
	KUNIT_EXPECT_MEMEQ(test, &a->ri.timing, &b->ri.timing,
			   sizeof(a->ri.timing));
	KUNIT_EXPECT_EQ(test, a->ri.frame_acked, b->ri.frame_acked);
	KUNIT_EXPECT_EQ(test, a->ri.frame_saved, b->ri.frame_saved);
	KUNIT_EXPECT_MEMEQ(test, a->ri.palette[0], b->ri.palette[0],
			   sizeof(a->ri.palette));
	rv100_scanout(&a->inst, 0, &of_a);
	rv100_scanout(&b->inst, 0, &of_b);
	KUNIT_EXPECT_EQ(test, !of_a.palette, !of_b.palette);
	of_a.palette = NULL;
	of_b.palette = NULL;
	KUNIT_EXPECT_MEMEQ(test, &of_a, &of_b, sizeof(of_a));
}

/* What the card holds, as if the partition began at 0. */
static void card_holds(struct kunit *test, struct side *s,
		       struct rv100_2d_cmd cmds[RV100_2D_NR_CMDS])
{
	unsigned int i;

	memcpy(cmds, fix(test)->card.last, sizeof(fix(test)->card.last));
	for (i = 0; i < RV100_2D_NR_CMDS; i++)
		if (cmds[i].offset == RV100_DST_PITCH_OFFSET ||
		    cmds[i].offset == RV100_SRC_PITCH_OFFSET)
			cmds[i].val -= s->inst.vram_offset >> 10;
}

/* Both carry out what is left, step by step: the card is told the same. */
static void expect_goes_on(struct kunit *test, struct side *a, struct side *b)
{
	struct rv100_2d_cmd of_a[RV100_2D_NR_CMDS], of_b[RV100_2D_NR_CMDS];
	unsigned int n;

	for (n = 0; n < STEPS_MAX && a->q.ops->pending(&a->q); n++) {
		KUNIT_ASSERT_TRUE(test, b->q.ops->pending(&b->q));
		memset(fix(test)->card.last, 0, sizeof(fix(test)->card.last));
		step(test, a);
		card_holds(test, a, of_a);
		memset(fix(test)->card.last, 0, sizeof(fix(test)->card.last));
		step(test, b);
		card_holds(test, b, of_b);
		KUNIT_EXPECT_MEMEQ(test, of_a, of_b, sizeof(of_a));
	}
	KUNIT_EXPECT_FALSE(test, b->q.ops->pending(&b->q));
	KUNIT_EXPECT_MEMEQ(test, &a->ri.ctx, &b->ri.ctx, sizeof(a->ri.ctx));
}

static void rv100_state_moves(struct kunit *test)
{
	struct fixture *f = fix(test);
	unsigned int round, halves = 0;
	struct vgpu_reader r;

	for (round = 0; round < 50; round++) {
		size_t len;
		u64 now;

		live(test, &f->a, 300);
		live(test, &f->b, 30);
		now = ktime_get_ns();
		halves += f->a.ri.work.height != 0;
		memcpy(f->vram + f->b.inst.vram_offset,
		       f->vram + f->a.inst.vram_offset, VRAM_SIZE);
		len = save(test, &f->a, f->bytes, now);
		KUNIT_EXPECT_TRUE_MSG(test, load(&f->b, f->bytes, len, now, &r),
				      "%s", r.refusal);
		KUNIT_EXPECT_EQ(test, save(test, &f->b, f->again, now), len);
		KUNIT_EXPECT_MEMEQ(test, f->bytes, f->again, len);
		expect_same(test, &f->a, &f->b);
		expect_goes_on(test, &f->a, &f->b);
	}
	/* Some of them in the midst of an operation. */
	KUNIT_EXPECT_GT(test, halves, 5U);
}

/* Elsewhere and later, the beam goes on where it was. */
static void rv100_state_beam(struct kunit *test)
{
	struct fixture *f = fix(test);
	struct vgpu_reader r;
	size_t len;
	u64 age;

	age = ktime_get_ns() - f->a.ri.timing.epoch_ns;
	len = save(test, &f->a, f->bytes, f->a.ri.timing.epoch_ns + age);
	KUNIT_ASSERT_TRUE(test, load(&f->b, f->bytes, len, 1ULL << 60, &r));
	KUNIT_EXPECT_EQ(test, f->b.ri.timing.epoch_ns, (1ULL << 60) - age);
}

static void abuse(struct kunit *test, const u8 *bytes, size_t len, u64 now)
{
	struct fixture *f = fix(test);
	struct vgpu_reader r;
	unsigned int n;

	if (!load(&f->b, bytes, len, now, &r))
		return;
	for (n = 0; n < STEPS_MAX && f->b.q.ops->pending(&f->b.q); n++)
		step(test, &f->b);
	expect_inside(test, &f->b.ri.work);
}

/* Cut off anywhere, and with any byte changed. */
static void rv100_state_hostile(struct kunit *test)
{
	struct fixture *f = fix(test);
	struct vgpu_reader r;
	size_t len, i;
	u64 now;

	for (i = 0; i < 50 && !f->a.ri.work.height; i++)
		live(test, &f->a, 300);
	KUNIT_ASSERT_NE(test, f->a.ri.work.height, 0U);
	now = ktime_get_ns();
	len = save(test, &f->a, f->bytes, now);
	for (i = 0; i < len; i++)
		KUNIT_EXPECT_FALSE(test, load(&f->b, f->bytes, i, now, &r));
	for (i = 0; i < len; i++) {
		u8 was = f->bytes[i];

		f->bytes[i] = i % 2 ? ~was : was ^ BIT(rnd(test) % 8);
		abuse(test, f->bytes, len, now);
		f->bytes[i] = was;
	}
	KUNIT_EXPECT_TRUE_MSG(test, load(&f->b, f->bytes, len, now, &r), "%s",
			      r.refusal);
}

/* The operation that is under way goes through the audit, whatever it says. */
static void rv100_state_audit(struct kunit *test)
{
	const struct rv100_2d_op good = {
		.dst_offset = 1024, .dst_pitch = 1024, .dst_x = 10,
		.width = 100, .height = 100, .write_mask = ~0U,
		.format = RV100_FMT_32BPP, .cpp = 4, .rop = 0xf0,
	};
	struct rv100_2d_op op;

	KUNIT_EXPECT_TRUE(test, rv100_2d_possible(&good, VRAM_SIZE));
#define EXPECT_REFUSED(change) do {					\
	memcpy(&op, &good, sizeof(op));					\
	change;								\
	KUNIT_EXPECT_FALSE(test, rv100_2d_possible(&op, VRAM_SIZE));	\
} while (0)
	EXPECT_REFUSED(op.dst_offset = VRAM_SIZE);
	EXPECT_REFUSED(op.dst_offset = VRAM_SIZE - 99 * 1024);
	EXPECT_REFUSED(op.dst_offset = 1);
	EXPECT_REFUSED(op.dst_offset = 0x80000000);
	EXPECT_REFUSED(op.dst_pitch = 0);
	EXPECT_REFUSED(op.dst_pitch = 0x4000);
	EXPECT_REFUSED(op.dst_pitch = 1);
	EXPECT_REFUSED(op.height = 0);
	EXPECT_REFUSED(op.height = 1024);
	EXPECT_REFUSED(op.width = 0);
	EXPECT_REFUSED(op.width = 0x2000);
	EXPECT_REFUSED(op.dst_y = RV100_MAX_COORD);
	EXPECT_REFUSED(op.cpp = 1);
	EXPECT_REFUSED(op.format = 0);
	EXPECT_REFUSED(op.format = RV100_FMT_32BPP | 0x10);
	EXPECT_REFUSED(op.uses_src = true);
	EXPECT_REFUSED(op.rop = 0xcc);
	EXPECT_REFUSED(op.rop = 0xcc; op.uses_src = true);
	EXPECT_REFUSED(op.rop = 0xcc; op.uses_src = true; op.src_pitch = 1024;
		       op.src_offset = VRAM_SIZE);
	EXPECT_REFUSED(op.src_x = 1);
#undef EXPECT_REFUSED
}

static struct kunit_case rv100_state_cases[] = {
	KUNIT_CASE_SLOW(rv100_state_moves),
	KUNIT_CASE(rv100_state_beam),
	KUNIT_CASE_SLOW(rv100_state_hostile),
	KUNIT_CASE(rv100_state_audit),
	{}
};

static struct kunit_suite rv100_state_suite = {
	.name = "rv100_state",
	.init = setup,
	.exit = teardown,
	.test_cases = rv100_state_cases,
};

kunit_test_suite(rv100_state_suite);

MODULE_LICENSE("GPL");
