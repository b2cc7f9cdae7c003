// SPDX-License-Identifier: GPL-2.0
/* The 2D engine's registers: what they keep, and what they start. */
#include <stdlib.h>
#include <sys/mman.h>
#include "canvas.h"

/* One edge of the scissor after the other, by the single registers. */
static void scissor_registers(void)
{
	struct op op = fill_op(32, 50, 50, 20, 20);

	op.clip = (struct clip) { true, 55, 56, 60, 62 };
	gpu_wr(cv.d, DST_PITCH_OFFSET, pack_pitch_offset(FULL_PITCH, 0));
	gpu_wr(cv.d, DP_GUI_MASTER_CNTL, GMC_DST_PITCH_OFFSET_LEAVE |
	       GMC_DST_CLIP_LEAVE | GMC_BRUSH_SOLID | GMC_DST_32BPP |
	       GMC_SRC_DSTCOLOR | GMC_ROP3(ROP3_PATCOPY));
	gpu_wr(cv.d, DP_CNTL, DP_LEFT_TO_RIGHT | DP_TOP_TO_BOTTOM);
	gpu_wr(cv.d, DP_BRUSH_FRGD_CLR, op.color);
	gpu_wr(cv.d, SC_LEFT, 55);
	gpu_wr(cv.d, SC_TOP, 56);
	gpu_wr(cv.d, SC_RIGHT, 60);
	gpu_wr(cv.d, SC_BOTTOM, 62);
	gpu_wr(cv.d, DST_X_Y, pack_yx(50, 50));
	gpu_wr(cv.d, DST_WIDTH_HEIGHT, pack_yx(20, 20));
	model_do(cv.model, &op);
	canvas_compare();
}

/* Without one of its own an operation is held back by the default scissor. */
static void default_scissor(void)
{
	struct op op = fill_op(32, 90, 80, 50, 40), want = op;

	gpu_wr(cv.d, DEFAULT_SC_BOTTOM_RIGHT, pack_yx(100, 120));
	want.clip = (struct clip) { true, 0, 0, 120, 100 };
	gpu_do(cv.d, &op);
	model_do(cv.model, &want);
	canvas_compare();
}

static void nothing_to_draw(void)
{
	struct op op = fill_op(32, 10, 10, 0, 10);

	gpu_do(cv.d, &op);
	op = fill_op(32, 10, 10, 10, 0);
	gpu_do(cv.d, &op);
	op = fill_op(32, 10, 10, 10, 10);
	op.clip = (struct clip) { true, 30, 30, 40, 40 };
	gpu_do(cv.d, &op);
	canvas_compare();
	EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "dropped"), 0);
	EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "bytes"), 0);
}

/* A driver may say that its memory begins elsewhere. */
static void memory_base_moves(void)
{
	struct op op = copy_op(32, 10, 10, 200, 200, 64, 64);
	struct op moved = op;
	const uint32_t base = 0x10000000;

	gpu_wr(cv.d, MC_FB_LOCATION, (base + SIZE - 1) >> 16 << 16 | base >> 16);
	moved.src.offset += base;
	moved.dst.offset += base;
	gpu_do(cv.d, &moved);
	model_do(cv.model, &op);
	canvas_compare();
	EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "dropped"), 0);
	/* Addresses below it are nobody's. */
	gpu_do(cv.d, &op);
	canvas_compare();
	EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "dropped"), 1);
	/* Nor do addresses come round to the memory from above. */
	gpu_wr(cv.d, MC_FB_LOCATION, 0xffffffff);
	gpu_do(cv.d, &op);
	canvas_compare();
	EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "dropped"), 2);
}

static void counters(void)
{
	unsigned int i;
	uint64_t bytes = 0;

	for (i = 0; i < 10; i++) {
		struct op op = fill_op(8U << i % 3, 1, 1, 10 + i, 3 + i);

		canvas_do(&op);
		bytes += op.w * op.h * op.bpp / 8;
	}
	canvas_compare();
	EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "ops"), 10);
	EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "bytes"), bytes);
	EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "dropped"), 0);
	EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "fifo_overflows"), 0);
	EXPECT(mdev_attr_u64(cv.d->uuid, "gpu_time_ns") > 0);
	EXPECT(mdev_attr_u64(cv.d->uuid, "slices") > 0);
}

/* A driver that never looks at the FIFO loses nothing either. */
static void more_than_the_fifo_holds(void)
{
	struct op big = fill_op(32, 0, 0, 1024, 1024);
	struct op small = fill_op(32, 0, 0, 7, 5);
	unsigned int i;

	gpu_do(cv.d, &big);
	for (i = 0; i < 100; i++) {
		big.color = rnd();
		reg_wr(cv.d, DP_BRUSH_FRGD_CLR, big.color);
		reg_wr(cv.d, DST_X_Y, 0);
		reg_wr(cv.d, DST_WIDTH_HEIGHT, pack_yx(big.w, big.h));
		small.color = rnd();
		small.dst.x = i;
		reg_wr(cv.d, DP_BRUSH_FRGD_CLR, small.color);
		reg_wr(cv.d, DST_X_Y, pack_yx(small.dst.x, small.dst.y));
		reg_wr(cv.d, DST_WIDTH_HEIGHT, pack_yx(small.w, small.h));
	}
	/* Each big one covers all that was before. */
	model_do(cv.model, &big);
	model_do(cv.model, &small);
	canvas_compare();
	EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "ops"), 201);
	EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "fifo_overflows"), 0);
}

/* Everything that a 32-bit write does, done by halves and by bytes. */
static void narrow_writes(void)
{
	struct op op = fill_op(32, 33, 44, 17, 9);
	unsigned int i;

	gpu_rect(cv.d, 0, FULL_PITCH, 1, 1, 5);
	for (i = 0; i < 4; i++)
		vdev_wr(cv.d, REGION_REGS, DP_BRUSH_FRGD_CLR + i, 1,
			op.color >> i * 8);
	vdev_wr(cv.d, REGION_REGS, DST_X_Y, 2, op.dst.y);
	vdev_wr(cv.d, REGION_REGS, DST_X_Y + 2, 2, op.dst.x);
	EXPECT_EQ(reg_rd(cv.d, DST_X_Y), pack_yx(op.dst.x, op.dst.y));
	vdev_wr(cv.d, REGION_REGS, DST_HEIGHT, 2, op.h);
	vdev_wr(cv.d, REGION_REGS, DST_WIDTH, 2, op.w);
	model_do(cv.model, &op);
	op = fill_op(32, 0, 0, 1, 1);
	op.color = 5;
	model_do(cv.model, &op);
	canvas_compare();
}

/* The I/O BAR alone is enough to draw. */
static void by_index_and_data(void)
{
	struct op op = copy_op(32, 10, 20, 300, 200, 70, 60);
	const uint32_t writes[][2] = {
		{ DST_PITCH_OFFSET, pack_pitch_offset(FULL_PITCH, 0) },
		{ SRC_PITCH_OFFSET, pack_pitch_offset(FULL_PITCH, 0) },
		{ DP_GUI_MASTER_CNTL, GMC_SRC_PITCH_OFFSET_LEAVE |
		  GMC_DST_PITCH_OFFSET_LEAVE | GMC_DST_32BPP |
		  GMC_SRC_DSTCOLOR | GMC_DP_SRC_MEMORY | GMC_BRUSH_NONE |
		  GMC_ROP3(ROP3_SRCCOPY) },
		{ DP_CNTL, 0 },
		{ SRC_X_Y, pack_yx(10 + 69, 20 + 59) },
		{ DST_X_Y, pack_yx(300 + 69, 200 + 59) },
		{ DST_WIDTH_HEIGHT, pack_yx(70, 60) },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(writes); i++) {
		vdev_wr(cv.d, REGION_IO, MM_INDEX, 4, writes[i][0]);
		vdev_wr(cv.d, REGION_IO, MM_DATA, 4, writes[i][1]);
	}
	model_do(cv.model, &op);
	canvas_compare();
}

/* A value that has several names is the same by each of them. */
static void aliases_read_alike(void)
{
	reg_wr(cv.d, DST_X_Y, pack_yx(123, 456));
	EXPECT_EQ(reg_rd(cv.d, DST_Y_X), pack_yx(456, 123));
	EXPECT_EQ(reg_rd(cv.d, DST_X), 123);
	EXPECT_EQ(reg_rd(cv.d, DST_Y), 456);
	reg_wr(cv.d, SRC_Y, 77);
	reg_wr(cv.d, SRC_X, 78);
	EXPECT_EQ(reg_rd(cv.d, SRC_Y_X), pack_yx(77, 78));
	EXPECT_EQ(reg_rd(cv.d, SRC_X_Y), pack_yx(78, 77));
	reg_wr(cv.d, DST_PITCH_OFFSET, pack_pitch_offset(2048, 0x12400));
	EXPECT_EQ(reg_rd(cv.d, DST_PITCH), 2048);
	EXPECT_EQ(reg_rd(cv.d, DST_OFFSET), 0x12400);
	reg_wr(cv.d, SC_TOP_LEFT, pack_yx(5, 6));
	EXPECT_EQ(reg_rd(cv.d, SC_TOP), 5);
	EXPECT_EQ(reg_rd(cv.d, SC_LEFT), 6);
	gpu_idle(cv.d);
}

/* What the engine cannot be let do: counted, and nothing is changed. */
static void unsupported_is_dropped(void)
{
	const uint32_t good = GMC_DST_PITCH_OFFSET_LEAVE | GMC_SRC_DSTCOLOR |
			      GMC_SRC_PITCH_OFFSET_LEAVE | GMC_DP_SRC_MEMORY;
	const uint32_t fill = good | GMC_ROP3(ROP3_PATCOPY);
	const uint32_t copy = good | GMC_ROP3(ROP3_SRCCOPY) | GMC_BRUSH_NONE;
	const struct {
		uint32_t surface, gmc, trigger;
	} bad[] = {
		/* 24 bits a pixel; no format at all. */
		{ 0, fill | GMC_BRUSH_SOLID | 5U << 8, DST_WIDTH_HEIGHT },
		{ 0, fill | GMC_BRUSH_SOLID, DST_WIDTH_HEIGHT },
		/* A pattern for a brush. */
		{ 0, fill | GMC_DST_32BPP, DST_WIDTH_HEIGHT },
		/* Pixels from the host, and of another format. */
		{ 0, (copy | GMC_DST_32BPP) + (1U << 24), DST_WIDTH_HEIGHT },
		{ 0, (copy | GMC_DST_32BPP) & ~GMC_SRC_DSTCOLOR,
		  DST_WIDTH_HEIGHT },
		/* Tiled surfaces. */
		{ 1U << 30, fill | GMC_BRUSH_SOLID | GMC_DST_32BPP,
		  DST_WIDTH_HEIGHT },
		{ 1U << 31, copy | GMC_DST_32BPP, DST_WIDTH_HEIGHT },
		/* Other ways to draw. */
		{ 0, fill | GMC_BRUSH_SOLID | GMC_DST_32BPP, DST_LINE_END },
		{ 0, fill | GMC_BRUSH_SOLID | GMC_DST_32BPP,
		  DST_WIDTH_X_INCY },
		{ 0, fill | GMC_BRUSH_SOLID | GMC_DST_32BPP,
		  DST_HEIGHT_WIDTH_8 },
	};
	uint32_t surface = pack_pitch_offset(FULL_PITCH, 0);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		gpu_wr(cv.d, DST_PITCH_OFFSET, surface | bad[i].surface);
		gpu_wr(cv.d, SRC_PITCH_OFFSET, surface | bad[i].surface);
		gpu_wr(cv.d, DP_GUI_MASTER_CNTL, bad[i].gmc);
		gpu_wr(cv.d, DP_BRUSH_FRGD_CLR, 0xbad);
		gpu_wr(cv.d, DST_LINE_START, 0);
		gpu_wr(cv.d, SRC_X_Y, pack_yx(500, 500));
		gpu_wr(cv.d, DST_X_Y, pack_yx(5, 5));
		gpu_wr(cv.d, bad[i].trigger, pack_yx(8, 8));
		canvas_compare();
		if (!EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "dropped"), i + 1))
			tap_note("case %u", i);
	}
	EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "ops"), 0);
}

/*
 * Two vGPUs by turns: each goes on from the state in which it left the engine,
 * so that writing only what differs is enough.
 */
static void each_keeps_its_state(void)
{
	struct vdev *vgpu[2] = { cv.d, vdev_new(T4) };
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
		model_do(who ? other : cv.model, &op[who]);
	}
	for (i = 0; i < 100; i++) {
		who = i & 1;
		op[who].dst.x = rnd_below(900);
		op[who].dst.y = rnd_below(900);
		gpu_wr(vgpu[who], DST_X_Y,
		       pack_yx(op[who].dst.x, op[who].dst.y));
		gpu_wr(vgpu[who], DST_WIDTH_HEIGHT,
		       pack_yx(op[who].w, op[who].h));
		model_do(who ? other : cv.model, &op[who]);
		if (i % 10 < 2)
			gpu_idle(vgpu[who]);
	}
	canvas_compare();
	gpu_idle(vgpu[1]);
	EXPECT_EQ(first_difference(map, other, SIZE), SIZE);
	EXPECT(mdev_attr_u64(cv.d->uuid, "switches") > 1);
	EXPECT(mdev_attr_u64(vgpu[1]->uuid, "switches") > 1);
	free(other);
	munmap(map, SIZE);
}

/* What a driver left in the engine does not colour what comes next. */
static void reset_forgets_it(void)
{
	gpu_rect(cv.d, 0x100000, 4096, 8, 8, 0xffffffff);
	reg_wr(cv.d, SC_TOP_LEFT, pack_yx(100, 100));
	gpu_idle(cv.d);
	ASSERT_OK(vdev_ioctl(cv.d, VFIO_DEVICE_RESET, NULL));
	vdev_decode(cv.d, DECODE_ALL);
	memset(cv.vram, 0x11, SIZE);
	/* No colour is set: zero. No scissor is set: all may be drawn. */
	reg_wr(cv.d, DST_PITCH_OFFSET, pack_pitch_offset(64, 0));
	reg_wr(cv.d, DP_GUI_MASTER_CNTL, GMC_DST_PITCH_OFFSET_LEAVE |
	       GMC_BRUSH_SOLID | GMC_DST_8BPP | GMC_SRC_DSTCOLOR |
	       GMC_ROP3(ROP3_PATCOPY));
	reg_wr(cv.d, DST_X_Y, 0);
	reg_wr(cv.d, DST_WIDTH_HEIGHT, pack_yx(16, 1));
	gpu_idle(cv.d);
	EXPECT_EQ(cv.vram[0], 0);
	EXPECT_EQ(cv.vram[15], 0);
	EXPECT_EQ(cv.vram[16], 0x11);
}

static const struct tap_test tests[] = {
	TAP_TEST(scissor_registers),
	TAP_TEST(default_scissor),
	TAP_TEST(nothing_to_draw),
	TAP_TEST(memory_base_moves),
	TAP_TEST(counters),
	TAP_TEST(more_than_the_fifo_holds),
	TAP_TEST(narrow_writes),
	TAP_TEST(by_index_and_data),
	TAP_TEST(aliases_read_alike),
	TAP_TEST(unsupported_is_dropped),
	TAP_TEST(each_keeps_its_state),
	TAP_TEST(reset_forgets_it),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "state", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = canvas_open, .after = canvas_close,
	};

	rnd_seed(1);
	return tap_run(&suite);
}
