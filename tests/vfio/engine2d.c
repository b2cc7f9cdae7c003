// SPDX-License-Identifier: GPL-2.0
/* The 2D engine draws what it should, whatever the rectangles. */
#include "canvas.h"
#include "tenant.h"

static const unsigned int depths[] = { 8, 16, 32 };

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

			canvas_do_and_compare(&op);
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

				canvas_do(&op);
			}
		}
		canvas_compare();
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
			canvas_do_and_compare(&op);
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
			canvas_do(&op);
			op.rop = ROP3_PATCOPY;
			op.color = rnd();
			op.dst.offset = 0x100400;
			canvas_do_and_compare(&op);
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

				canvas_do(&op);
			}
		}
		canvas_compare();
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
			canvas_do_and_compare(&op);
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
					canvas_do_and_compare(&op);
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
				canvas_do(&op);
				op = fill_op(depths[i], 100 + dir * 9, 100, 30,
					     20);
				op.clip = clips[j];
				canvas_do(&op);
			}
		}
		canvas_compare();
	}
}

/* Pixels left of and above the surface are not there. */
static void negative_destination(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		struct op op = fill_op(depths[i], -7, -5, 20, 15);
		struct op want = op;

		want.clip = (struct clip) { true, 0, 0, 8191, 8191 };
		gpu_do(cv.d, &op);
		model_do(cv.model, &want);
		op = copy_op(depths[i], 100, 100, -9, -4, 40, 30);
		want = op;
		want.clip = (struct clip) { true, 0, 0, 8191, 8191 };
		gpu_do(cv.d, &op);
		model_do(cv.model, &want);
		canvas_compare();
	}
	EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "dropped"), 0);
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
		uint64_t dropped = mdev_attr_u64(cv.d->uuid, "dropped");

		canvas_do_and_compare(&op);
		op = copy_op(depths[i], per_line - 5, lines - 3, 0, 0, 5, 3);
		canvas_do_and_compare(&op);
		EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "dropped"), dropped);

		op = fill_op(depths[i], per_line - 5, lines - 3, 6, 3);
		gpu_do(cv.d, &op);
		canvas_compare();
		EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "dropped"), dropped + 1);
		op = copy_op(depths[i], per_line - 5, lines - 3, 0, 0, 6, 3);
		gpu_do(cv.d, &op);
		canvas_compare();
		EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "dropped"), dropped + 2);
	}
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
			canvas_do(&batch[j]);
		}
		gpu_idle(cv.d);
		if (first_difference(cv.vram, cv.model, SIZE) != SIZE) {
			tap_note("one of batch %u:", i);
			for (j = 0; j < ARRAY_SIZE(batch); j++)
				op_describe(&batch[j]);
		}
		canvas_compare();
	}
	EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "dropped"), 0);
}

static void after(void)
{
	children_end();
	settings_restore();
	canvas_close();
}

/* Copies that overlap, cut into bands, beside others' work. */
static void cut_copies_are_right(void)
{
	static const int shifts[][2] = {
		{ 3, 40 }, { -3, 40 }, { 3, -40 }, { -3, -40 }, { 5, 0 },
		{ -5, 0 },
	};
	struct vdev *other = vdev_new(T8);
	uint64_t bytes = 0;
	unsigned int i;

	gpu_set("slice_us", "500");
	busy_start(other);
	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		int x = 20, y = 45, dx = shifts[i][0], dy = shifts[i][1];
		struct op op = copy_op(32, x, y, x + dx, y + dy, 990, 930);

		canvas_do_and_compare(&op);
		bytes += 990 * 930 * 4;
		EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "ops"), i + 1);
		EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "bytes"), bytes);
	}
	EXPECT_EQ(mdev_attr_u64(cv.d->uuid, "dropped"), 0);
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
	TAP_TEST(negative_destination),
	TAP_TEST(up_to_the_end),
	TAP_TEST(random_operations),
	TAP_TEST(cut_copies_are_right),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "engine2d", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = canvas_open, .after = after,
	};

	rnd_seed(1);
	settings_save();
	return tap_run(&suite);
}
