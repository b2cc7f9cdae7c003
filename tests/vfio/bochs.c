// SPDX-License-Identifier: GPL-2.0
/*
 * The display of a soft GPU's vGPUs, by the registers of the Bochs display: this
 * program is the guest's driver, and QEMU, which looks at what is shown.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "display.h"
#include "pattern.h"
#include "soft.h"

#define BAR_DISPLAY	VFIO_PCI_BAR2_REGION_INDEX

/* Where things are in it. */
#define EDID		0x000
#define EDID_SIZE	0x400
#define PORT(port)	(0x400 + (port) - 0x3c0)
#define DISPI(index)	(0x500 + (index) * 2)
#define ENDIAN		0x604
#define END		0x608

enum {
	ID, XRES, YRES, BPP, ENABLE, BANK, VIRT_WIDTH, VIRT_HEIGHT, X_OFFSET,
	Y_OFFSET, MEMORY_64K
};

#define ENABLED		0x01
#define GETCAPS		0x02
#define DAC_8BIT	0x20
#define LFB		0x40
#define NOCLEARMEM	0x80

#define EDID_BLOCK	128

static const unsigned int depths[] = { 8, 15, 16, 32 };

static struct vdev *d;
static uint8_t *vram;
static uint32_t palette[PALETTE_SIZE];

static void use(const char *type)
{
	d = vdev_new(soft_type(type));
	vram = vdev_map_vram(d);
	fill_pattern(vram, d->size, 7);
}

static void before(void)
{
	use("SOFT-16B");
}

static void after(void)
{
	if (vram)
		munmap(vram, d->size);
	vram = NULL;
	vdev_cleanup();
}

static unsigned int dispi(unsigned int index)
{
	return vdev_rd(d, BAR_DISPLAY, DISPI(index), 2);
}

static void set_dispi(unsigned int index, unsigned int val)
{
	vdev_wr(d, BAR_DISPLAY, DISPI(index), 2, val);
}

static unsigned int port(unsigned int number)
{
	return vdev_rd(d, BAR_DISPLAY, PORT(number), 1);
}

static void set_port(unsigned int number, unsigned int val)
{
	vdev_wr(d, BAR_DISPLAY, PORT(number), 1, val);
}

/* As drivers do it: the mode, then where in memory. */
static void set_mode_by(const struct mode *m, unsigned int enable)
{
	unsigned int bytes = (m->bpp + 7) / 8;

	set_dispi(ENABLE, 0);
	set_dispi(BPP, m->bpp);
	set_dispi(XRES, m->width);
	set_dispi(YRES, m->height);
	set_dispi(BANK, 0);
	set_dispi(ENABLE, enable);
	set_dispi(VIRT_WIDTH, mode_stride(m) / bytes);
	set_dispi(X_OFFSET, m->offset % mode_stride(m) / bytes);
	set_dispi(Y_OFFSET, m->offset / mode_stride(m));
}

static void set_mode(const struct mode *m)
{
	set_mode_by(m, ENABLED | LFB | DAC_8BIT | NOCLEARMEM);
}

static uint32_t colour(unsigned int i)
{
	return (i * 0x030507 + 0x102030) & 0xffffff;
}

/* 8 bits a colour. */
static void load_palette(void)
{
	unsigned int i;

	set_port(0x3c8, 0);
	for (i = 0; i < PALETTE_SIZE; i++) {
		palette[i] = colour(i);
		set_port(0x3c9, palette[i] >> 16);
		set_port(0x3c9, palette[i] >> 8);
		set_port(0x3c9, palette[i]);
	}
}

/* More than 8 bits a pixel are colours by themselves. */
static void expect_shown(const struct mode *m)
{
	display_expect_plane(d, m);
	display_expect_picture(d, m, vram, m->bpp == 8 ? palette : NULL);
}

static void expect_dark(const struct mode *m)
{
	display_expect_plane(d, m);
	display_expect_black(d);
}

/* ---- The tests */

static void drivers_know_it(void)
{
	static const struct {
		const char *type;
		uint64_t screen, almaif;
	} kinds[] = {
		{ "SOFT-8B", 8 * MIB, 0 },
		{ "SOFT-16B", 16 * MIB, 0 },
		{ "SOFT-16Q", 8 * MIB, 8 * MIB },
		{ "SOFT-32Q", 16 * MIB, 16 * MIB },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct type_facts *type = soft_type(kinds[i].type);

		after();
		use(kinds[i].type);
		EXPECT_EQ(cfg_rd(d, PCI_VENDOR_ID, 4), 0x11111234);
		EXPECT_EQ(cfg_rd(d, PCI_CLASS_REVISION, 4), 0x03000002);
		EXPECT_EQ(cfg_rd(d, PCI_SUBSYSTEM_VENDOR_ID, 4), 0x11001af4);
		EXPECT_EQ(d->region[BAR_VRAM].size, type->size);
		/* Or EDK II does not find the registers. */
		EXPECT_EQ(cfg_rd(d, PCI_BASE_ADDRESS_0, 4) & 0xf,
			  PCI_BASE_ADDRESS_MEM_PREFETCH);
		EXPECT_EQ(d->region[BAR_DISPLAY].size, 4096);
		EXPECT_EQ(d->region[BAR_ALMAIF].size, kinds[i].almaif);
		EXPECT_EQ(dispi(ID), 0xb0c5);
		EXPECT_EQ(dispi(MEMORY_64K), kinds[i].screen / 65536);
		set_dispi(ENABLE, GETCAPS);
		EXPECT_EQ(dispi(XRES), type->xres);
		EXPECT_EQ(dispi(YRES), type->yres);
		EXPECT_EQ(dispi(BPP), 32);
	}
}

static void modes_are_shown(void)
{
	static const struct {
		unsigned int width, height;
	} sizes[] = {
		{ 1, 1 }, { 640, 480 }, { 641, 479 }, { 1024, 768 }, { 1920, 1080 },
	};
	unsigned int i, j;

	load_palette();
	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			struct mode m = {
				.width = sizes[j].width,
				.height = sizes[j].height, .bpp = depths[i],
			};

			set_mode(&m);
			expect_shown(&m);
			/* As it is now, not as it was. */
			fill_pattern(vram, 4096, i * 8 + j);
			expect_shown(&m);
		}
	}
}

/* A window into something larger. */
static void panned(void)
{
	unsigned int i;

	load_palette();
	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		struct mode m = {
			.width = 800, .height = 600, .bpp = depths[i],
			.pitch = 1111,
		};

		m.offset = 11 * mode_stride(&m) + 7 * ((m.bpp + 7) / 8);
		set_mode(&m);
		EXPECT_EQ(dispi(VIRT_WIDTH), 1111);
		EXPECT_EQ(dispi(VIRT_HEIGHT), d->size / mode_stride(&m));
		EXPECT_EQ(dispi(X_OFFSET), 7);
		EXPECT_EQ(dispi(Y_OFFSET), 11);
		expect_shown(&m);
		/* A line is no shorter than what is seen of it. */
		set_dispi(VIRT_WIDTH, 10);
		set_dispi(X_OFFSET, 0);
		set_dispi(Y_OFFSET, 0);
		m.pitch = 0;
		m.offset = 0;
		expect_shown(&m);
	}
}

/* The last line is the last of memory; one further nothing is shown. */
static void not_beyond_memory(void)
{
	struct mode m = { .width = 1024, .height = 768, .bpp = 32 };
	unsigned int last = d->size / mode_stride(&m) - m.height;

	m.offset = last * mode_stride(&m);
	set_mode(&m);
	expect_shown(&m);
	set_dispi(Y_OFFSET, last + 1);
	expect_dark(&m);
	set_dispi(Y_OFFSET, last);
	expect_shown(&m);
	set_dispi(X_OFFSET, 1);
	expect_dark(&m);
	set_dispi(X_OFFSET, 0);
	set_dispi(VIRT_WIDTH, 0xffff);
	expect_dark(&m);
	set_dispi(Y_OFFSET, 0xffff);
	expect_dark(&m);
	EXPECT_EQ(dispi(XRES), m.width);
}

static void bad_modes_change_nothing(void)
{
	static const struct {
		unsigned int index, val;
	} bad[] = {
		{ XRES, 1921 }, { XRES, 0xffff }, { YRES, 1081 },
		{ YRES, 0x8000 }, { BPP, 1 }, { BPP, 4 }, { BPP, 24 },
		{ BPP, 33 }, { BPP, 0xffff }, { ID, 0xb0c0 },
		{ MEMORY_64K, 1 }, { VIRT_HEIGHT, 1 },
	};
	struct mode m = { .width = 1920, .height = 1080, .bpp = 32 };
	unsigned int i, was;

	set_mode(&m);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		was = dispi(bad[i].index);
		set_dispi(bad[i].index, bad[i].val);
		EXPECT_EQ(dispi(bad[i].index), was);
	}
	expect_shown(&m);
	/* Nor is it a mode when nothing was set. */
	set_dispi(ENABLE, 0);
	set_dispi(XRES, 0);
	set_dispi(ENABLE, ENABLED);
	expect_dark(&m);
}

/* A mode begins with black, unless the driver wants to keep what is there. */
static void modes_begin_black(void)
{
	struct mode m = { .width = 640, .height = 480, .bpp = 16 };
	uint64_t size = (uint64_t)mode_stride(&m) * m.height, i;
	uint8_t was = vram[size];

	set_mode_by(&m, ENABLED | LFB);
	for (i = 0; i < size && !vram[i]; i++)
		;
	EXPECT_EQ(i, size);
	EXPECT_EQ(vram[size], was);
	expect_shown(&m);
	fill_pattern(vram, size, 9);
	was = vram[0];
	set_mode_by(&m, ENABLED | LFB | NOCLEARMEM);
	EXPECT_EQ(vram[0], was);
	expect_shown(&m);
}

/* Off and on as the bochs driver of Linux does it. */
static void blanked(void)
{
	struct mode m = { .width = 640, .height = 480, .bpp = 32 };

	display_expect_nothing(d);
	set_mode(&m);
	expect_shown(&m);
	port(0x3da);
	set_port(0x3c0, 0);
	expect_dark(&m);
	port(0x3da);
	set_port(0x3c0, 0x20);
	expect_shown(&m);
	set_dispi(ENABLE, 0);
	expect_dark(&m);
	set_mode(&m);
	expect_shown(&m);
	ASSERT_OK(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL));
	display_expect_black(d);
	vdev_decode(d, PCI_COMMAND_MEMORY);
	EXPECT_EQ(dispi(ENABLE), 0);
	EXPECT_EQ(dispi(XRES), 0);
}

/* Six bits a colour, as VGA has them, and a mask of a pixel's bits. */
static void colours(void)
{
	struct mode m = { .width = 320, .height = 200, .bpp = 8 };
	unsigned int i, part;

	load_palette();
	for (i = 0; i < PALETTE_SIZE; i++) {
		palette[i] = 0;
		for (part = 0; part < 24; part += 8) {
			uint32_t six = colour(i & 0x7f) >> part & 0x3f;

			palette[i] |= (six << 2 | six >> 4) << part;
		}
	}
	set_port(0x3c6, 0x7f);
	set_mode_by(&m, ENABLED | LFB | NOCLEARMEM);
	expect_shown(&m);
	/* They are read as they were written. */
	set_port(0x3c7, 5);
	EXPECT_EQ(port(0x3c9), colour(5) >> 16);
	EXPECT_EQ(port(0x3c9), colour(5) >> 8 & 0xff);
}

static void swap_bytes(uint8_t *to, const uint8_t *from, size_t size,
		       unsigned int bytes)
{
	size_t i;

	for (i = 0; i < size; i++)
		to[i] = from[i - i % bytes + bytes - 1 - i % bytes];
}

static void both_orders_of_bytes(void)
{
	uint8_t *swapped = malloc(d->size);
	unsigned int i;

	ASSERT(swapped);
	for (i = 1; i < ARRAY_SIZE(depths); i++) {
		struct mode m = { .width = 640, .height = 480, .bpp = depths[i] };

		swap_bytes(swapped, vram, d->size, (m.bpp + 7) / 8);
		set_mode(&m);
		vdev_wr(d, BAR_DISPLAY, ENDIAN, 4, 0xbebebebe);
		display_expect_plane(d, &m);
		display_expect_picture(d, &m, swapped, NULL);
		/* Neither of the two. */
		vdev_wr(d, BAR_DISPLAY, ENDIAN, 4, 0xbebebebf);
		vdev_wr(d, BAR_DISPLAY, ENDIAN, 2, 0x1e1e);
		EXPECT_EQ(vdev_rd(d, BAR_DISPLAY, ENDIAN, 4), 0xbebebebe);
		vdev_wr(d, BAR_DISPLAY, ENDIAN, 4, 0x1e1e1e1e);
		expect_shown(&m);
	}
	free(swapped);
}

static void read_edid(uint8_t *edid)
{
	unsigned int i;

	for (i = 0; i < EDID_SIZE; i++)
		edid[i] = vdev_rd(d, BAR_DISPLAY, EDID + i, 1);
}

/* The text of a descriptor, without what comes after it. */
static void edid_text(const uint8_t *edid, uint8_t tag, char *text)
{
	const uint8_t *at;

	*text = 0;
	for (at = edid + 54; at < edid + 126; at += 18) {
		if (at[0] || at[1] || at[3] != tag)
			continue;
		memcpy(text, at + 5, 13);
		text[13] = 0;
		text[strcspn(text, "\n")] = 0;
	}
}

static void monitor_has_a_serial_number(void)
{
	static const uint8_t magic[] = { 0, 255, 255, 255, 255, 255, 255, 0 };
	uint8_t edid[EDID_SIZE], sum = 0;
	char text[16], serial[16];
	uint32_t number;
	unsigned int i;

	read_edid(edid);
	EXPECT(!memcmp(edid, magic, sizeof(magic)));
	for (i = 0; i < EDID_BLOCK; i++)
		sum += edid[i];
	EXPECT_EQ(sum, 0);
	EXPECT_EQ(edid[126], 0);
	for (i = EDID_BLOCK; i < EDID_SIZE; i++)
		EXPECT_EQ(edid[i], 0);
	/* The last part of the UUID. */
	snprintf(serial, sizeof(serial), "%012llX",
		 strtoull(strrchr(d->uuid, '-') + 1, NULL, 16));
	edid_text(edid, 0xff, text);
	EXPECT_STR(text, serial);
	memcpy(&number, edid + 12, 4);
	EXPECT_EQ(number, (uint32_t)strtoull(serial, NULL, 16));
}

/* What the host plugs in is what the guest reads; nothing when the link is down. */
static void monitor_is_plugged_in(void)
{
	const uint32_t link = offsetof(struct vfio_region_gfx_edid, link_state);
	uint8_t edid[EDID_SIZE];
	char path[128];
	unsigned int i;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/vgpu/resolution",
		 d->uuid);
	ASSERT_OK(file_write(path, "800x600"));
	read_edid(edid);
	EXPECT_EQ(edid[56] | (edid[58] & 0xf0) << 4, 800);
	EXPECT_EQ(edid[59] | (edid[61] & 0xf0) << 4, 600);
	vdev_wr(d, REGION_EDID, link, 4, VFIO_DEVICE_GFX_LINK_STATE_DOWN);
	read_edid(edid);
	for (i = 0; i < EDID_SIZE; i++)
		EXPECT_EQ(edid[i], 0);
	vdev_wr(d, REGION_EDID, link, 4, VFIO_DEVICE_GFX_LINK_STATE_UP);
	read_edid(edid);
	EXPECT_EQ(edid[1], 0xff);
	/* It is not for the guest to say. */
	vdev_wr(d, BAR_DISPLAY, EDID, 4, 0);
	EXPECT_EQ(vdev_rd(d, BAR_DISPLAY, EDID, 4), 0xffffff00);
}

/* With AlmaIF the screen has half of the memory, and AlmaIF what is behind it. */
static void shares_memory_with_almaif(void)
{
	struct mode m = { .width = 1024, .height = 768, .bpp = 32 };
	uint64_t half, at, size;
	uint8_t *almaif, *was;
	unsigned int last;

	after();
	use("SOFT-16Q");
	half = d->size / 2;
	last = half / mode_stride(&m) - m.height;
	/* Behind its control page, and the page of the ring that is a doorbell. */
	size = half - 0x2000;
	almaif = vdev_try_map(d, BAR_ALMAIF, 0x2000, size);
	was = malloc(size);
	ASSERT(almaif != MAP_FAILED && was);
	EXPECT(!memcmp(almaif, vram + half + 0x2000, size));
	for (at = 0; at < size; at += 4097)
		almaif[at] = ~almaif[at];
	EXPECT(!memcmp(almaif, vram + half + 0x2000, size));
	EXPECT(vdev_try_map(d, BAR_ALMAIF, half - 4096, 8192) == MAP_FAILED);

	memcpy(was, almaif, size);
	set_mode_by(&m, ENABLED | LFB);
	fill_pattern(vram, half, 5);
	set_dispi(Y_OFFSET, last);
	m.offset = last * mode_stride(&m);
	expect_shown(&m);
	set_dispi(Y_OFFSET, last + 1);
	expect_dark(&m);
	EXPECT(!memcmp(almaif, was, size));
	munmap(almaif, size);
	free(was);
}

/* By chance: registers by any width, in any state. */
static void write_something(void)
{
	static const unsigned int sizes[] = { 1, 2, 4, 8 };
	unsigned int size = sizes[rnd_below(ARRAY_SIZE(sizes))];
	unsigned int at = 0x400 + rnd_below(END - 0x400 - size);
	uint64_t val = rnd() | (uint64_t)rnd() << 32;

	/* Often something that is nearly right. */
	if (rnd_below(4))
		val &= 0x007f007f007f007f;
	if (rnd_below(4))
		at &= ~(size - 1);
	if (rnd_below(8))
		EXPECT_EQ(vdev_pwrite(d, BAR_DISPLAY, &val, size, at), size);
	else
		EXPECT_EQ(vdev_pread(d, BAR_DISPLAY, &val, size, at), size);
}

/* Whatever is written: what is shown has a size, and nobody else's memory changes. */
static void hostile_values(void)
{
	struct vdev *other = vdev_new(soft_type("SOFT-8B"));
	uint8_t *theirs = vdev_map_vram(other), *was = malloc(other->size);
	struct mode m = { .width = 800, .height = 600, .bpp = 32 };
	struct vfio_device_gfx_plane_info plane;
	unsigned int i, shown = 0;

	ASSERT(was);
	fill_pattern(theirs, other->size, 4);
	memcpy(was, theirs, other->size);
	rnd_seed(12);
	set_mode(&m);
	for (i = 0; i < 4000; i++) {
		write_something();
		if (i % 16)
			continue;
		ASSERT_OK(display_query(d, &plane));
		EXPECT(plane.width <= 1920 && plane.height <= 1080);
		EXPECT_EQ(plane.size, plane.width * plane.height * 4);
		shown += plane.width != m.width;
	}
	/* Some of it was a mode. */
	EXPECT(shown);
	EXPECT(!memcmp(was, theirs, other->size));
	munmap(theirs, other->size);
	free(was);
	ASSERT_OK(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL));
	vdev_decode(d, PCI_COMMAND_MEMORY);
	fill_pattern(vram, d->size, 6);
	set_mode(&m);
	expect_shown(&m);
}

static const struct tap_test tests[] = {
	TAP_TEST(drivers_know_it),
	TAP_TEST(modes_are_shown),
	TAP_TEST(panned),
	TAP_TEST(not_beyond_memory),
	TAP_TEST(bad_modes_change_nothing),
	TAP_TEST(modes_begin_black),
	TAP_TEST(blanked),
	TAP_TEST(colours),
	TAP_TEST(both_orders_of_bytes),
	TAP_TEST(monitor_has_a_serial_number),
	TAP_TEST(monitor_is_plugged_in),
	TAP_TEST(shares_memory_with_almaif),
	TAP_TEST(hostile_values),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "bochs", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	return tap_run(&suite);
}
