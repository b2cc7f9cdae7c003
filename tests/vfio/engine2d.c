// SPDX-License-Identifier: GPL-2.0
/*
 * The 2D engine: each operation is done by the vGPU and by pixman, and the
 * whole partition must be the same afterwards.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include "gpu2d.h"

#define SIZE		(4 * MIB)

#define FULL_PITCH	4096

static const unsigned int depths[] = { 8, 16, 32 };

static struct vdev *d;
static uint8_t *vram;
static uint8_t *model;

static void setup_vram(void)
{
	vram = vdev_map_vram(d);
	fill_pattern(model, SIZE, 7);
	memcpy(vram, model, SIZE);
	gpu_init(d);
}

static void before(void)
{
	d = vdev_new(T4);
	model = malloc(SIZE);
	ASSERT(model);
	setup_vram();
}

static void after(void)
{
	if (vram)
		munmap(vram, SIZE);
	vram = NULL;
	free(model);
	model = NULL;
	vdev_cleanup();
}

static void describe(const struct op *op)
{
	tap_note("%u bpp rop %#x color %#x size %dx%d form %d trigger %d",
		 op->bpp, op->rop, op->color, op->w, op->h, op->form,
		 op->trigger);
	tap_note("src %#x pitch %u at %d,%d dst %#x pitch %u at %d,%d",
		 op->src.offset, op->src.pitch, op->src.x, op->src.y,
		 op->dst.offset, op->dst.pitch, op->dst.x, op->dst.y);
	tap_note("clip %d: %d,%d to %d,%d left %d up %d", op->clip.on,
		 op->clip.left, op->clip.top, op->clip.right, op->clip.bottom,
		 op->to_left, op->to_top);
}

/* Whole partition; on a difference the test ends. */
static void compare(void)
{
	uint64_t at;

	gpu_idle(d);
	at = first_difference(vram, model, SIZE);
	if (at == SIZE)
		return;
	tap_fail(__FILE__, __LINE__, "differs at %#llx: %#x, not %#x",
		 (unsigned long long)at, *(uint32_t *)(vram + at),
		 *(uint32_t *)(model + at));
	tap_abort();
}

static void both(const struct op *op)
{
	gpu_do(d, op);
	model_do(model, op);
}

static void both_and_compare(const struct op *op)
{
	uint64_t at;

	both(op);
	gpu_idle(d);
	at = first_difference(vram, model, SIZE);
	if (at != SIZE)
		describe(op);
	compare();
}

static struct op fill_op(unsigned int bpp, int x, int y, int w, int h)
{
	return (struct op) {
		.bpp = bpp, .rop = ROP3_PATCOPY, .color = rnd(),
		.w = w, .h = h,
		.dst = { .pitch = FULL_PITCH, .x = x, .y = y },
	};
}

/* A copy in the direction that keeps the source until it is read. */
static struct op copy_op(unsigned int bpp, int sx, int sy, int dx, int dy,
			 int w, int h)
{
	return (struct op) {
		.bpp = bpp, .rop = ROP3_SRCCOPY, .w = w, .h = h,
		.src = { .pitch = FULL_PITCH, .x = sx, .y = sy },
		.dst = { .pitch = FULL_PITCH, .x = dx, .y = dy },
		.to_left = dx > sx, .to_top = dy > sy,
	};
}

static void fill_sizes(void)
{
	static const int sizes[][2] = {
		{ 1, 1 }, { 1, 300 }, { 300, 1 }, { 2, 2 }, { 3, 5 },
		{ 16, 16 }, { 63, 65 }, { 640, 480 }, { 1024, 768 },
		{ 1024, 1024 },
	};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			struct op op = fill_op(depths[i], 0, 0, sizes[j][0],
					       sizes[j][1]);

			both_and_compare(&op);
		}
	}
}

/* Every width at every offset in a word: the edges of a line. */
static void fill_edges(void)
{
	unsigned int i;
	int x, w;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		for (w = 1; w <= 20; w++) {
			for (x = 0; x < 8; x++) {
				struct op op = fill_op(depths[i], x + w * 40,
						       x * 3, w, 2);

				both(&op);
			}
		}
		compare();
	}
}

static void raster_operations(void)
{
	static const unsigned int rops[] = {
		ROP3_PATCOPY, ROP3_BLACKNESS, ROP3_WHITENESS, ROP3_SRCCOPY,
	};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		for (j = 0; j < ARRAY_SIZE(rops); j++) {
			struct op op = copy_op(depths[i], 300, 200, 10 * j,
					       20 * j, 77, 55);

			op.rop = rops[j];
			op.color = rnd();
			both_and_compare(&op);
		}
	}
}

static void pitches(void)
{
	static const unsigned int all[] = {
		64, 128, 192, 1024, 2560, 4096, 8192, 16320,
	};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		for (j = 0; j < ARRAY_SIZE(all); j++) {
			struct op op = copy_op(depths[i], 1, 2, 3, 1, 11, 50);

			op.src.pitch = all[ARRAY_SIZE(all) - 1 - j];
			op.src.offset = 0x200000;
			op.dst.pitch = all[j];
			both(&op);
			op.rop = ROP3_PATCOPY;
			op.color = rnd();
			op.dst.offset = 0x100400;
			both_and_compare(&op);
		}
	}
}

/* Source and destination in one surface, in every direction and overlap. */
static void copy_overlaps(void)
{
	static const int steps[] = { -40, -3, -1, 0, 1, 3, 40 };
	unsigned int i, j, k;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		for (j = 0; j < ARRAY_SIZE(steps); j++) {
			for (k = 0; k < ARRAY_SIZE(steps); k++) {
				struct op op = copy_op(depths[i], 100, 100,
						       100 + steps[j],
						       100 + steps[k], 90, 45);

				both(&op);
			}
		}
		compare();
	}
}

/* Without overlap a direction is only another way to say the same. */
static void copy_directions(void)
{
	unsigned int i, dir;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		for (dir = 0; dir < 4; dir++) {
			struct op op = copy_op(depths[i], 5, 7, 400, 300,
					       101 + dir, 33);

			op.to_left = dir & 1;
			op.to_top = dir & 2;
			both_and_compare(&op);
		}
	}
}

static void forms_and_triggers(void)
{
	unsigned int i, form, trigger, rop;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		for (form = 0; form < NR_FORMS; form++) {
			for (trigger = 0; trigger < NR_TRIGGERS; trigger++) {
				for (rop = 0; rop < 2; rop++) {
					struct op op = copy_op(depths[i],
						9, 8, 20 + form * 50,
						30 + trigger * 40, 43, 21);

					op.rop = rop ? ROP3_PATCOPY :
						       ROP3_SRCCOPY;
					op.color = rnd();
					op.form = form;
					op.trigger = trigger;
					both_and_compare(&op);
				}
			}
		}
	}
}

static void scissors(void)
{
	/* Inside, across each edge, all, nothing. */
	static const struct clip clips[] = {
		{ true, 110, 110, 120, 120 }, { true, 0, 0, 110, 8191 },
		{ true, 110, 0, 8191, 8191 }, { true, 0, 0, 8191, 110 },
		{ true, 0, 110, 8191, 8191 }, { true, 0, 0, 8191, 8191 },
		{ true, 100, 100, 100, 100 }, { true, 500, 500, 600, 600 },
		{ true, 120, 120, 119, 130 },
	};
	unsigned int i, j, dir;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		for (j = 0; j < ARRAY_SIZE(clips); j++) {
			for (dir = 0; dir < 4; dir++) {
				struct op op = copy_op(depths[i], 300, 310,
						       100, 100, 50, 40);

				op.to_left = dir & 1;
				op.to_top = dir & 2;
				op.clip = clips[j];
				both(&op);
				op = fill_op(depths[i], 100 + dir * 9, 100, 30,
					     20);
				op.clip = clips[j];
				both(&op);
			}
		}
		compare();
	}
}

/* One edge of the scissor after the other, by the single registers. */
static void scissor_registers(void)
{
	struct op op = fill_op(32, 50, 50, 20, 20);

	op.clip = (struct clip) { true, 55, 56, 60, 62 };
	gpu_wr(d, DST_PITCH_OFFSET, pack_pitch_offset(FULL_PITCH, 0));
	gpu_wr(d, DP_GUI_MASTER_CNTL, GMC_DST_PITCH_OFFSET_LEAVE |
	       GMC_DST_CLIP_LEAVE | GMC_BRUSH_SOLID | GMC_DST_32BPP |
	       GMC_SRC_DSTCOLOR | GMC_ROP3(ROP3_PATCOPY));
	gpu_wr(d, DP_CNTL, DP_LEFT_TO_RIGHT | DP_TOP_TO_BOTTOM);
	gpu_wr(d, DP_BRUSH_FRGD_CLR, op.color);
	gpu_wr(d, SC_LEFT, 55);
	gpu_wr(d, SC_TOP, 56);
	gpu_wr(d, SC_RIGHT, 60);
	gpu_wr(d, SC_BOTTOM, 62);
	gpu_wr(d, DST_X_Y, pack_yx(50, 50));
	gpu_wr(d, DST_WIDTH_HEIGHT, pack_yx(20, 20));
	model_do(model, &op);
	compare();
}

/* Pixels left of and above the surface are not there. */
static void negative_destination(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		struct op op = fill_op(depths[i], -7, -5, 20, 15);
		struct op want = op;

		want.clip = (struct clip) { true, 0, 0, 8191, 8191 };
		gpu_do(d, &op);
		model_do(model, &want);
		op = copy_op(depths[i], 100, 100, -9, -4, 40, 30);
		want = op;
		want.clip = (struct clip) { true, 0, 0, 8191, 8191 };
		gpu_do(d, &op);
		model_do(model, &want);
		compare();
	}
	EXPECT_EQ(mdev_attr_u64(d->uuid, "dropped"), 0);
}

static void nothing_to_draw(void)
{
	struct op op = fill_op(32, 10, 10, 0, 10);

	gpu_do(d, &op);
	op = fill_op(32, 10, 10, 10, 0);
	gpu_do(d, &op);
	op = fill_op(32, 10, 10, 10, 10);
	op.clip = (struct clip) { true, 30, 30, 40, 40 };
	gpu_do(d, &op);
	compare();
	EXPECT_EQ(mdev_attr_u64(d->uuid, "dropped"), 0);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "bytes"), 0);
}

/* The last byte belongs to the guest, the one after it does not. */
static void up_to_the_end(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		int per_line = FULL_PITCH / (depths[i] / 8);
		int lines = SIZE / FULL_PITCH;
		struct op op = fill_op(depths[i], per_line - 5, lines - 3, 5,
				       3);
		uint64_t dropped = mdev_attr_u64(d->uuid, "dropped");

		both_and_compare(&op);
		op = copy_op(depths[i], per_line - 5, lines - 3, 0, 0, 5, 3);
		both_and_compare(&op);
		EXPECT_EQ(mdev_attr_u64(d->uuid, "dropped"), dropped);

		op = fill_op(depths[i], per_line - 5, lines - 3, 6, 3);
		gpu_do(d, &op);
		compare();
		EXPECT_EQ(mdev_attr_u64(d->uuid, "dropped"), dropped + 1);
		op = copy_op(depths[i], per_line - 5, lines - 3, 0, 0, 6, 3);
		gpu_do(d, &op);
		compare();
		EXPECT_EQ(mdev_attr_u64(d->uuid, "dropped"), dropped + 2);
	}
}

/* A driver may say that its memory begins elsewhere. */
static void memory_base_moves(void)
{
	struct op op = copy_op(32, 10, 10, 200, 200, 64, 64);
	struct op moved = op;
	const uint32_t base = 0x10000000;

	gpu_wr(d, MC_FB_LOCATION, (base + SIZE - 1) >> 16 << 16 | base >> 16);
	moved.src.offset += base;
	moved.dst.offset += base;
	gpu_do(d, &moved);
	model_do(model, &op);
	compare();
	EXPECT_EQ(mdev_attr_u64(d->uuid, "dropped"), 0);
	/* Addresses below it are nobody's. */
	gpu_do(d, &op);
	compare();
	EXPECT_EQ(mdev_attr_u64(d->uuid, "dropped"), 1);
}

static void counters(void)
{
	unsigned int i;
	uint64_t bytes = 0;

	for (i = 0; i < 10; i++) {
		struct op op = fill_op(depths[i % 3], 1, 1, 10 + i, 3 + i);

		both(&op);
		bytes += op.w * op.h * op.bpp / 8;
	}
	compare();
	EXPECT_EQ(mdev_attr_u64(d->uuid, "ops"), 10);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "bytes"), bytes);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "dropped"), 0);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "fifo_overflows"), 0);
	EXPECT(mdev_attr_u64(d->uuid, "gpu_time_ns") > 0);
	EXPECT(mdev_attr_u64(d->uuid, "slices") > 0);
}

/* A driver that never looks at the FIFO loses nothing either. */
static void more_than_the_fifo_holds(void)
{
	struct op big = fill_op(32, 0, 0, 1024, 1024);
	struct op small = fill_op(32, 0, 0, 7, 5);
	unsigned int i;

	gpu_do(d, &big);
	for (i = 0; i < 100; i++) {
		big.color = rnd();
		reg_wr(d, DP_BRUSH_FRGD_CLR, big.color);
		reg_wr(d, DST_X_Y, 0);
		reg_wr(d, DST_WIDTH_HEIGHT, pack_yx(big.w, big.h));
		small.color = rnd();
		small.dst.x = i;
		reg_wr(d, DP_BRUSH_FRGD_CLR, small.color);
		reg_wr(d, DST_X_Y, pack_yx(small.dst.x, small.dst.y));
		reg_wr(d, DST_WIDTH_HEIGHT, pack_yx(small.w, small.h));
	}
	/* Each big one covers all that was before. */
	model_do(model, &big);
	model_do(model, &small);
	compare();
	EXPECT_EQ(mdev_attr_u64(d->uuid, "ops"), 201);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "fifo_overflows"), 0);
}

/* A whole line or column at once, or a bit of it, somewhere inside. */
static void random_surface(struct surface *s, unsigned int bpp)
{
	s->pitch = 64 * (1 + rnd_below(64));
	s->offset = 1024 * rnd_below(256);
	s->x = rnd_below(s->pitch / (bpp / 8));
	s->y = rnd_below(200);
}

static void limit(struct op *op, const struct surface *s)
{
	int room = s->pitch / (op->bpp / 8) - s->x;

	if (op->w > room)
		op->w = room;
}

static struct op random_op(void)
{
	struct op op = {
		.bpp = depths[rnd_below(3)],
		.rop = rnd_below(2) ? ROP3_SRCCOPY : ROP3_PATCOPY,
		.color = rnd(), .w = 1 + rnd_below(400),
		.h = 1 + rnd_below(60), .trigger = rnd_below(NR_TRIGGERS),
		.form = rnd_below(NR_FORMS),
	};

	random_surface(&op.dst, op.bpp);
	random_surface(&op.src, op.bpp);
	/* Two surfaces that overlap must agree in pitch: make them one. */
	if (rnd_below(2) || op.form == FORM_DEFAULT) {
		op.src.offset = op.dst.offset;
		op.src.pitch = op.dst.pitch;
		op.src.x = rnd_below(op.dst.pitch / (op.bpp / 8));
		op.to_left = op.dst.x > op.src.x;
		op.to_top = op.dst.y > op.src.y;
	} else {
		op.src.offset += 2 * MIB;
		op.to_left = rnd_below(2);
		op.to_top = rnd_below(2);
	}
	limit(&op, &op.dst);
	limit(&op, &op.src);
	if (!rnd_below(4)) {
		op.clip.on = true;
		op.clip.left = rnd_below(500);
		op.clip.top = rnd_below(200);
		op.clip.right = op.clip.left + rnd_below(300);
		op.clip.bottom = op.clip.top + rnd_below(100);
	}
	return op;
}

static void random_operations(void)
{
	struct op batch[25];
	unsigned int i, j;

	rnd_seed(20260101);
	for (i = 0; i < 40; i++) {
		for (j = 0; j < ARRAY_SIZE(batch); j++) {
			batch[j] = random_op();
			both(&batch[j]);
		}
		gpu_idle(d);
		if (first_difference(vram, model, SIZE) != SIZE) {
			tap_note("one of batch %u:", i);
			for (j = 0; j < ARRAY_SIZE(batch); j++)
				describe(&batch[j]);
		}
		compare();
	}
	EXPECT_EQ(mdev_attr_u64(d->uuid, "dropped"), 0);
}

/*
 * Two vGPUs by turns: each goes on from the state in which it left the engine,
 * so that writing only what differs is enough.
 */
static void each_keeps_its_state(void)
{
	struct vdev *vgpu[2] = { d, vdev_new(T4) };
	struct op op[2] = { fill_op(32, 0, 0, 30, 20),
			    fill_op(8, 0, 0, 50, 10) };
	uint8_t *map = vdev_map_vram(vgpu[1]);
	uint8_t *other = malloc(SIZE);
	unsigned int i, who;

	ASSERT(other);
	fill_pattern(other, SIZE, 8);
	memcpy(map, other, SIZE);
	gpu_init(vgpu[1]);
	op[1].dst.pitch = 1024;
	op[1].dst.offset = 0x10000;
	for (who = 0; who < 2; who++) {
		gpu_do(vgpu[who], &op[who]);
		model_do(who ? other : model, &op[who]);
	}
	for (i = 0; i < 100; i++) {
		who = i & 1;
		op[who].dst.x = rnd_below(900);
		op[who].dst.y = rnd_below(900);
		gpu_wr(vgpu[who], DST_X_Y,
		       pack_yx(op[who].dst.x, op[who].dst.y));
		gpu_wr(vgpu[who], DST_WIDTH_HEIGHT,
		       pack_yx(op[who].w, op[who].h));
		model_do(who ? other : model, &op[who]);
		if (i % 10 < 2)
			gpu_idle(vgpu[who]);
	}
	compare();
	gpu_idle(vgpu[1]);
	EXPECT_EQ(first_difference(map, other, SIZE), SIZE);
	EXPECT(mdev_attr_u64(d->uuid, "switches") > 1);
	EXPECT(mdev_attr_u64(vgpu[1]->uuid, "switches") > 1);
	free(other);
	munmap(map, SIZE);
}

static const struct tap_test tests[] = {
	TAP_TEST(fill_sizes),
	TAP_TEST(fill_edges),
	TAP_TEST(raster_operations),
	TAP_TEST(pitches),
	TAP_TEST(copy_overlaps),
	TAP_TEST(copy_directions),
	TAP_TEST(forms_and_triggers),
	TAP_TEST(scissors),
	TAP_TEST(scissor_registers),
	TAP_TEST(negative_destination),
	TAP_TEST(nothing_to_draw),
	TAP_TEST(up_to_the_end),
	TAP_TEST(memory_base_moves),
	TAP_TEST(counters),
	TAP_TEST(more_than_the_fifo_holds),
	TAP_TEST(random_operations),
	TAP_TEST(each_keeps_its_state),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "engine2d", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	rnd_seed(1);
	return tap_run(&suite);
}
