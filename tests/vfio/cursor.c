// SPDX-License-Identifier: GPL-2.0
/* The pointer that a guest has the card show: it is a part of the picture. */
#include <pixman.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "display.h"
#include "fault.h"
#include "gpu2d.h"

#define CUR_SIZE	64
#define IMAGE		0x200000	/* where in VRAM, at first */
#define MONO_LINE	(CUR_SIZE / 8 * 2)
#define MAX_PIXELS	(640 * 480)

static const unsigned int depths[] = { 8, 15, 16, 32 };
static const struct mode vga = { .width = 640, .height = 480, .bpp = 32 };

/**
 * struct pointer - as a driver sets it up
 * @mono: two planes, else 32 bits a pixel
 * @at: first byte of the image in VRAM
 * @x: CUR_HORZ_VERT_POSN
 * @y: CUR_HORZ_VERT_POSN
 * @left: CUR_HORZ_VERT_OFF, pixels that are left out at the left
 * @less: CUR_HORZ_VERT_OFF, lines by which it is less high
 */
struct pointer {
	bool mono;
	uint32_t at;
	int x, y;
	unsigned int left, less;
};

static struct vdev *d;
static uint8_t *vram;
static uint32_t *want, *got, *shown;

static void before(void)
{
	want = malloc(MAX_PIXELS * 4);
	got = malloc(MAX_PIXELS * 4);
	ASSERT(want && got);
	d = vdev_new(T8);
	vram = vdev_map_vram(d);
	fill_pattern(vram, d->size, 5);
	gpu_init(d);
	shown = display_map(d, MAX_PIXELS * 4);
}

static void after(void)
{
	munmap(vram, d->size);
	munmap(shown, MAX_PIXELS * 4);
	free(want);
	free(got);
	vdev_cleanup();
}

/* Colours multiplied by an alpha of all kinds. */
static void draw_argb(uint32_t at)
{
	uint32_t *to = (uint32_t *)(vram + at);
	unsigned int i, a;

	for (i = 0; i < CUR_SIZE * CUR_SIZE; i++) {
		a = i * 7 % 256;
		to[i] = a << 24 | i % (a + 1) << 16 | i * 3 % (a + 1) << 8 |
			i * 5 % (a + 1);
	}
}

static void place(const struct pointer *p)
{
	reg_wr(d, CUR_CLR0, 0x203040);
	reg_wr(d, CUR_CLR1, 0xf0e0d0);
	reg_wr(d, CUR_HORZ_VERT_OFF, CUR_LOCK | p->left << 16 | p->less);
	reg_wr(d, CUR_HORZ_VERT_POSN, CUR_LOCK | p->x << 16 | p->y);
	reg_wr(d, CUR_OFFSET, p->at);
}

static void switch_on(bool mono)
{
	uint32_t gen = reg_rd(d, CRTC_GEN_CNTL) & ~(7U << 20);

	reg_wr(d, CRTC_GEN_CNTL, gen | CRTC_CUR_EN |
	       (mono ? CRTC_CUR_MODE_MONO : CRTC_CUR_MODE_24BPP));
}

static void switch_off(void)
{
	reg_wr(d, CRTC_GEN_CNTL, reg_rd(d, CRTC_GEN_CNTL) & ~CRTC_CUR_EN);
}

static uint32_t mono_pixel(const uint8_t *line, unsigned int i, uint32_t beneath)
{
	unsigned int bit = 0x80 >> i % 8;
	bool and = line[i / 8] & bit, xor = line[8 + i / 8] & bit;

	if (and)
		return xor ? beneath ^ 0xffffff : beneath;
	return xor ? 0xf0e0d0 : 0x203040;
}

/* The same with pixman, whose OVER takes colours that are multiplied already. */
static void blend_argb(const struct mode *m, const struct pointer *p)
{
	pixman_image_t *to, *from;
	/* It has to be able to write to it, as it says. */
	uint32_t *image = malloc(CUR_SIZE * CUR_SIZE * 4);

	ASSERT(image);
	memcpy(image, vram + p->at, (CUR_SIZE - p->less) * CUR_SIZE * 4);
	to = pixman_image_create_bits(PIXMAN_x8r8g8b8, m->width, m->height,
				      want, m->width * 4);
	from = pixman_image_create_bits(PIXMAN_a8r8g8b8, CUR_SIZE, CUR_SIZE,
					image, CUR_SIZE * 4);
	ASSERT(to && from);
	pixman_image_composite32(PIXMAN_OP_OVER, from, NULL, to, p->left, 0,
				 0, 0, p->x, p->y, CUR_SIZE - p->left,
				 CUR_SIZE - p->less);
	pixman_image_unref(to);
	pixman_image_unref(from);
	free(image);
}

static void blend_mono(const struct mode *m, const struct pointer *p)
{
	unsigned int i, row;

	for (row = 0; row < CUR_SIZE - p->less; row++) {
		for (i = p->left; i < CUR_SIZE; i++) {
			unsigned int x = p->x + i - p->left, y = p->y + row;
			uint32_t *to = want + y * m->width + x;

			if (x < m->width && y < m->height)
				*to = mono_pixel(vram + p->at + row * MONO_LINE,
						 i, *to);
		}
	}
}

/* The whole picture, by read() and mapped; @p is NULL when no pointer is seen. */
static void expect_screen(const struct mode *m, const struct pointer *p)
{
	struct vfio_device_gfx_plane_info plane;
	size_t i, n = m->width * m->height;

	ASSERT_OK(display_query(d, &plane));
	ASSERT_EQ(plane.width, m->width);
	ASSERT_EQ(plane.height, m->height);
	display_expected(m, vram, NULL, want);
	if (p && p->mono)
		blend_mono(m, p);
	else if (p)
		blend_argb(m, p);
	ASSERT_EQ(vdev_pread(d, REGION_DISPLAY, got, n * 4, 0), n * 4);
	for (i = 0; i < n; i++) {
		if (((got[i] ^ want[i]) | (shown[i] ^ want[i])) & 0xffffff)
			break;
	}
	if (EXPECT_EQ(i, n))
		return;
	tap_note("%u bpp: %zu,%zu is %06x, mapped %06x, not %06x", m->bpp,
		 i % m->width, i / m->width, got[i] & 0xffffff,
		 shown[i] & 0xffffff, want[i] & 0xffffff);
	if (p)
		tap_note("%s at %#x, %d,%d less %u,%u",
			 p->mono ? "mono" : "argb", p->at, p->x, p->y, p->left,
			 p->less);
}

/* Places on the screen, over its edges, and outside of it. */
static const struct pointer places[] = {
	{ .at = IMAGE, .x = 100, .y = 50 },
	{ .at = IMAGE, .x = 0, .y = 0 },
	{ .at = IMAGE + 0x10, .x = 639, .y = 479 },
	{ .at = IMAGE, .x = 600, .y = 450 },
	{ .at = IMAGE, .x = 0, .y = 0, .left = 5, .less = 7 },
	{ .at = IMAGE, .x = 0, .y = 200, .left = 63, .less = 63 },
	{ .at = IMAGE, .x = 300, .y = 0, .left = 9 },
	{ .at = IMAGE, .x = 640, .y = 10 },
	{ .at = IMAGE, .x = 10, .y = 480 },
	{ .at = IMAGE, .x = 16383, .y = 4095 },
};

static void seen_over_all_pictures(void)
{
	struct mode m = vga;
	unsigned int i, mono;

	draw_argb(IMAGE);
	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		m.bpp = depths[i];
		for (mono = 0; mono < 2; mono++) {
			struct pointer p = places[0];

			p.mono = mono;
			display_set(d, &m);
			place(&p);
			switch_on(mono);
			expect_screen(&m, &p);
			switch_off();
			expect_screen(&m, NULL);
		}
	}
}

static void seen_at_all_places(void)
{
	unsigned int i, mono;

	draw_argb(IMAGE);
	display_set(d, &vga);
	for (mono = 0; mono < 2; mono++) {
		switch_on(mono);
		for (i = 0; i < ARRAY_SIZE(places); i++) {
			struct pointer p = places[i];

			p.mono = mono;
			place(&p);
			expect_screen(&vga, &p);
		}
	}
}

/* The guest's memory is not drawn into, and what it draws is seen at once. */
static void memory_stays_as_it_is(void)
{
	uint8_t *copy = malloc(d->size);
	struct pointer p = { .at = IMAGE, .x = 60, .y = 40 };

	ASSERT(copy);
	draw_argb(IMAGE);
	memcpy(copy, vram, d->size);
	display_set(d, &vga);
	place(&p);
	switch_on(false);
	expect_screen(&vga, &p);
	EXPECT_EQ(first_difference(vram, copy, d->size), d->size);
	fill_pattern(vram, 640 * 480 * 4, 9);
	expect_screen(&vga, &p);
	memset(vram + IMAGE, 0x40, CUR_SIZE * CUR_SIZE * 4);
	expect_screen(&vga, &p);
	free(copy);
}

/* Until the lock is opened, the screen keeps what it had. */
static void moves_as_a_whole(void)
{
	struct pointer p = { .at = IMAGE, .x = 60, .y = 40 };
	struct pointer q = { .at = IMAGE + 0x10000, .x = 200, .y = 100,
			     .left = 4, .less = 3 };

	draw_argb(p.at);
	draw_argb(q.at + 64);
	display_set(d, &vga);
	place(&p);
	switch_on(false);
	reg_wr(d, CUR_OFFSET, p.at | CUR_LOCK);
	reg_wr(d, CUR_HORZ_VERT_OFF, CUR_LOCK | q.left << 16 | q.less);
	reg_wr(d, CUR_HORZ_VERT_POSN, CUR_LOCK | q.x << 16 | q.y);
	expect_screen(&vga, &p);
	reg_wr(d, CUR_OFFSET, q.at);
	expect_screen(&vga, &q);
	/* As drivers do that write by way of the index. */
	reg_wr(d, MM_INDEX, CRTC_GEN_CNTL);
	reg_wr(d, MM_DATA, reg_rd(d, MM_DATA) & ~CRTC_CUR_EN);
	expect_screen(&vga, NULL);
}

static void blank_hides_it(void)
{
	struct pointer p = { .at = IMAGE, .x = 60, .y = 40 };
	struct vfio_device_gfx_plane_info plane;
	unsigned int i;

	draw_argb(IMAGE);
	display_set(d, &vga);
	place(&p);
	switch_on(false);
	expect_screen(&vga, &p);
	display_blank(d, true);
	ASSERT_OK(display_query(d, &plane));
	for (i = 0; i < MAX_PIXELS && !shown[i]; i++)
		;
	EXPECT_EQ(i, MAX_PIXELS);
	display_blank(d, false);
	expect_screen(&vga, &p);
}

/* An image that is not all within the partition: the picture, without it. */
static void out_of_bounds(void)
{
	const struct {
		bool mono;
		uint32_t at;
		bool seen;
	} cases[] = {
		{ false, d->size - CUR_SIZE * CUR_SIZE * 4, true },
		{ false, d->size - CUR_SIZE * CUR_SIZE * 4 + 16, false },
		{ true, d->size - CUR_SIZE * MONO_LINE, true },
		{ true, d->size - CUR_SIZE * MONO_LINE + 16, false },
		{ false, d->size - 16, false },
		{ false, d->size, false },
		{ false, 0x07fffff0, false },
	};
	unsigned int i;

	display_set(d, &vga);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pointer p = { .mono = cases[i].mono, .at = cases[i].at,
				     .x = 60, .y = 40 };
		const struct pointer *seen = NULL;

		if (cases[i].seen)
			seen = &p;
		if (seen && !p.mono)
			draw_argb(p.at);
		place(&p);
		switch_on(p.mono);
		expect_screen(&vga, seen);
	}
	/* Before the partition's first byte: another tenant's, perhaps. */
	place(&places[0]);
	reg_wr(d, MC_FB_LOCATION, 0x00100010);
	reg_wr(d, DISPLAY_BASE_ADDR, 0x00100000 - 0x10);
	reg_wr(d, CRTC_OFFSET, 0x10);
	reg_wr(d, CUR_OFFSET, 0);
	expect_screen(&vga, NULL);
}

/* No other format is known: none is shown. */
static void unknown_formats(void)
{
	static const unsigned int modes[] = { 1, 3, 4, 5, 6, 7 };
	unsigned int i;

	draw_argb(IMAGE);
	display_set(d, &vga);
	place(&places[0]);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		switch_on(true);
		reg_wr(d, CRTC_GEN_CNTL, reg_rd(d, CRTC_GEN_CNTL) |
					 modes[i] << 20);
		expect_screen(&vga, NULL);
	}
}

static void gone_after_a_reset(void)
{
	draw_argb(IMAGE);
	display_set(d, &vga);
	place(&places[0]);
	switch_on(false);
	ASSERT_OK(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL));
	vdev_decode(d, PCI_COMMAND_MEMORY);
	display_set(d, &vga);
	expect_screen(&vga, NULL);
}

static const struct tap_test tests[] = {
	TAP_TEST(seen_over_all_pictures),
	TAP_TEST(seen_at_all_places),
	TAP_TEST(memory_stays_as_it_is),
	TAP_TEST(moves_as_a_whole),
	TAP_TEST(blank_hides_it),
	TAP_TEST(out_of_bounds),
	TAP_TEST(unknown_formats),
	TAP_TEST(gone_after_a_reset),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "cursor", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	return tap_run(&suite);
}
