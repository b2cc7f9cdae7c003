// SPDX-License-Identifier: GPL-2.0
/*
 * The RV100's 2D operations: those that a reference chooses, near to some edge; any
 * register writes, one after the other; and operations that a stream brings.
 */
#include "fuzz.h"

#define rnd	input_u32
#include "../kunit/rv100_reference.h"
#include "../kunit/rv100_band_model.h"

#define PARTITION	SZ_8M
#define BASE		SZ_16M
#define BLITS		16
#define MAX_WRITES	256

static struct kunit test;
static struct bench bench;

static void any_writes(void)
{
	struct rv100_2d_state s;
	unsigned int i;

	rv100_2d_reset(&s);
	for (i = 0; input.left && i < MAX_WRITES; i++)
		check_random_write(&test, &bench, &s, BASE, PARTITION);
}

/* By numbers alone, without what the reference would choose. */
static void plain_writes(void)
{
	struct rv100_2d_cmd cmds[RV100_2D_NR_CMDS];
	enum rv100_2d_trigger trigger;
	struct rv100_2d_state s;
	struct rv100_2d_op op;
	struct blit card;

	rv100_2d_reset(&s);
	while (input.left) {
		u32 offset = input_u16() & ~3;

		trigger = rv100_2d_write(&s, offset, input_u32());
		rv100_2d_read(&s, offset);
		if (trigger == RV100_TRIGGER_NONE ||
		    rv100_2d_audit(&s, trigger, PARTITION, &op) != RV100_2D_RUN)
			continue;
		CHECK(rv100_2d_possible(&op, PARTITION));
		rv100_2d_relocate(&op, BASE, cmds);
		card_run(&test, &bench.card, cmds, &card);
		visit(&card, &bench.got);
		CHECK(bench.got.dst_first >= BASE &&
		      bench.got.dst_last < BASE + PARTITION);
		CHECK(bench.got.src_first >= BASE &&
		      bench.got.src_last < BASE + PARTITION);
	}
}

/* What is left of an operation, as a stream says: possible is what stays inside. */
static void loaded_operation(void)
{
	struct rv100_2d_cmd cmds[RV100_2D_NR_CMDS];
	struct rv100_2d_op op;
	struct blit card;

	memset(&op, 0, sizeof(op));
	op.dst_offset = input_near(PARTITION);
	op.src_offset = input_near(PARTITION);
	op.dst_pitch = input_u16();
	op.src_pitch = input_u16();
	op.dst_x = input_near(RV100_MAX_COORD);
	op.dst_y = input_near(RV100_MAX_COORD);
	op.src_x = input_near(RV100_MAX_COORD);
	op.src_y = input_near(RV100_MAX_COORD);
	op.width = input_near(RV100_MAX_COORD);
	op.height = input_near(RV100_MAX_COORD);
	op.write_mask = input_u32();
	op.format = input_u8() % 8;
	op.cpp = input_u8() % 8;
	op.rop = input_u8();
	op.uses_src = input_u8() % 2;
	op.right_to_left = input_u8() % 2;
	op.bottom_to_top = input_u8() % 2;
	if (!rv100_2d_possible(&op, PARTITION))
		return;
	rv100_2d_relocate(&op, BASE, cmds);
	card_run(&test, &bench.card, cmds, &card);
	visit(&card, &bench.got);
	CHECK(bench.got.dst_first >= BASE && bench.got.dst_last < BASE + PARTITION);
	CHECK(bench.got.src_first >= BASE && bench.got.src_last < BASE + PARTITION);
}

/* Any operation, cut into bands of any size. */
static void bands(void)
{
	struct rv100_2d_op op = {
		.dst_x = input_u16() % 8192,
		.dst_y = input_u16() % 8192,
		.src_x = input_u16() % 8192,
		.src_y = input_u16() % 8192,
		.width = 1 + input_u16() % 8192,
		.height = 1 + input_u8(),
		.cpp = 1 << input_u8() % 3,
		.bottom_to_top = input_u8() % 2,
	};

	check_lines(&test, &op, 1 + input_u32() % SZ_64K);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int i;

	input_begin(data, size);
	switch (input_u8() % 5) {
	case 0:
		for (i = 0; i < BLITS && input.left; i++)
			check_random_blit(&test, &bench);
		break;
	case 1:
		any_writes();
		break;
	case 2:
		plain_writes();
		break;
	case 3:
		loaded_operation();
		break;
	default:
		bands();
		break;
	}
	return 0;
}
