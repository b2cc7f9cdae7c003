// SPDX-License-Identifier: GPL-2.0
/*
 * The EDID of a vGPU's monitor, until user space plugs in another one.
 *
 * Source: VESA Enhanced EDID Standard, release A revision 1 (EDID 1.3). No
 * device is touched here.
 */
#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "edid.h"

static const u8 edid_magic[8] = { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0 };

/* Offsets in the base block. */
#define EDID_VENDOR		8
#define EDID_SERIAL		12
#define EDID_VERSION		18
#define EDID_INPUT		20
#define EDID_CHROMATICITY	25
#define EDID_ESTABLISHED	35
#define EDID_STANDARD		38
#define EDID_DETAILED		54
#define EDID_DESC_SIZE		18

/*
 * Blanking of every mode: CVT 1.2 reduced blanking's horizontal values. Small
 * modes have longer lines, in steps of 8 pixels: a detailed timing has 10 MHz or
 * more, and radeonfb's PLL goes no lower than 10.4 MHz.
 */
#define HFRONT	48
#define HSYNC	32
#define HBLANK	160
#define MIN_CLOCK 10500000
#define VFRONT	3
#define VSYNC	6
#define VBLANK	30
#define REFRESH	60

/*
 * What a detailed timing can say: 12 bits of pixels, of lines and of blank, 16 of
 * clock in units of 10 kHz. Below the smallest, no driver has a mode.
 */
#define MIN_XRES	320
#define MIN_YRES	200
#define MAX_SIZE	4095
#define MAX_CLOCK	655350000

/* A monitor of less than 10 cm is none: few pixels are large ones. */
#define FEW	400

/* Of a serial number: as many as the last part of a UUID has. */
#define SERIAL_DIGITS	12

/* Primaries and white of sRGB, as ten bits each: low ones first, in pairs. */
static const u8 srgb[10] = {
	0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54,
};

/* Established timings I and II at 60 Hz: byte, bit and size. */
static const struct {
	u8 byte, bit;
	u16 xres, yres;
} established[] = {
	{ 0, 5, 640, 480 },
	{ 0, 0, 800, 600 },
	{ 1, 3, 1024, 768 },
};

/* Standard timings at 60 Hz: size and the code for its aspect ratio. */
static const struct {
	u16 xres, yres;
	u8 aspect;	/* 0 16:10, 1 4:3, 2 5:4, 3 16:9 */
} standard[] = {
	{ 1280, 720, 3 }, { 1280, 960, 1 }, { 1280, 1024, 2 },
	{ 1440, 900, 0 }, { 1600, 1200, 1 }, { 1680, 1050, 0 },
	{ 1920, 1080, 3 }, { 1920, 1200, 0 },
};

static void put_vendor(u8 *edid)
{
	/* Three letters of five bits, 'A' is 1: "TES". */
	u16 id = ('T' - '@') << 10 | ('E' - '@') << 5 | ('S' - '@');

	edid[EDID_VENDOR] = id >> 8;
	edid[EDID_VENDOR + 1] = id & 0xff;
	edid[EDID_VENDOR + 2] = 1;	/* product */
	edid[16] = 1;			/* week */
	edid[17] = 2026 - 1990;		/* year */
}

/* Pixels of blank after each line. */
static u32 hblank(u32 x, u32 y)
{
	u32 frame = (y + VBLANK) * REFRESH;
	u32 line = (MIN_CLOCK + frame - 1) / frame;

	if (line <= x + HBLANK)
		return HBLANK;
	return (line - x + 7) / 8 * 8;
}

/* Hz */
static u32 line_rate(u32 y)
{
	return (y + VBLANK) * REFRESH;
}

/* Hz; 4095x4095 is below 2^31. */
static u32 pixel_clock(u32 x, u32 y)
{
	return (x + hblank(x, y)) * line_rate(y);
}

/* The same as the block says it, in units of 10 kHz. */
static u32 told_clock(u32 x, u32 y)
{
	return (pixel_clock(x, y) + 5000) / 10000;
}

/* Millimetres of some pixels: at about 100 dpi, or 50 where they are few. */
static u32 millimetres(u32 pixels, u32 x, u32 y)
{
	return min(x, y) < FEW ? pixels / 2 : pixels / 4;
}

static void put_detailed(u8 *d, u32 x, u32 y)
{
	u32 clock = told_clock(x, y);
	u32 blank = hblank(x, y);
	u32 width = millimetres(x, x, y), height = millimetres(y, x, y);

	d[0] = clock;
	d[1] = clock >> 8;
	d[2] = x;
	d[3] = blank;
	d[4] = x >> 8 << 4 | blank >> 8;
	d[5] = y;
	d[6] = VBLANK;
	d[7] = y >> 8 << 4;
	d[8] = HFRONT;
	d[9] = HSYNC;
	d[10] = VFRONT << 4 | VSYNC;
	d[12] = width;			/* mm */
	d[13] = height;
	d[14] = width >> 8 << 4 | height >> 8;
	d[17] = 0x1e;			/* digital, separate, both positive */
}

/* Limits that hold the preferred timing, as it is told, and all others: Hz, kHz, 10 MHz. */
static void put_limits(u8 *d, u32 x, u32 y)
{
	u32 khz = told_clock(x, y) * 10 / (x + hblank(x, y));

	d[3] = 0xfd;
	d[5] = 50;
	d[6] = 75;
	d[7] = min(30U, khz);
	d[8] = max(110U, khz + 1);
	d[9] = max(35U, pixel_clock(x, y) / 10000000 + 1);
	d[11] = '\n';
	memset(d + 12, ' ', 6);
}

static void put_text(u8 *d, u8 tag, const char *text)
{
	size_t n = strlen(text);

	d[3] = tag;
	memset(d + 5, ' ', 13);
	memcpy(d + 5, text, n);
	d[5 + n] = '\n';
}

/* As a number, of which there is room for the lower half, and all of it as text. */
static void put_serial(u8 *edid, u8 *d, u64 serial)
{
	static const char digits[] = "0123456789ABCDEF";
	char text[SERIAL_DIGITS + 1] = "";
	unsigned int i;

	for (i = 0; i < 4; i++)
		edid[EDID_SERIAL + i] = serial >> i * 8;
	for (i = 0; i < SERIAL_DIGITS; i++)
		text[i] = digits[serial >> (SERIAL_DIGITS - 1 - i) * 4 & 15];
	put_text(d, 0xff, text);
}

static void put_modes(u8 *edid, u32 max_xres, u32 max_yres)
{
	u8 *slot = edid + EDID_STANDARD;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(established); i++)
		if (established[i].xres <= max_xres &&
		    established[i].yres <= max_yres)
			edid[EDID_ESTABLISHED + established[i].byte] |=
				BIT(established[i].bit);

	memset(slot, 1, 16);		/* unused */
	for (i = 0; i < ARRAY_SIZE(standard); i++) {
		if (standard[i].xres > max_xres || standard[i].yres > max_yres)
			continue;
		*slot++ = standard[i].xres / 8 - 31;
		*slot++ = standard[i].aspect << 6 | (REFRESH - 60);
	}
}

static u8 block_sum(const u8 *block)
{
	unsigned int i;
	u8 sum = 0;

	for (i = 0; i < VGPU_EDID_BLOCK; i++)
		sum += block[i];
	return sum;
}

/**
 * vgpu_edid_fits() - is there a monitor of this size
 * @xres: pixels
 * @yres: lines
 *
 * Return: false for less than 320x200, and for what EDID 1.3 cannot express at
 * 60 Hz.
 */
bool vgpu_edid_fits(u32 xres, u32 yres)
{
	return xres >= MIN_XRES && xres <= MAX_SIZE && yres >= MIN_YRES &&
	       yres <= MAX_SIZE && pixel_clock(xres, yres) <= MAX_CLOCK;
}

/**
 * vgpu_edid_build() - describe a monitor
 * @edid: 128 bytes, overwritten
 * @xres: preferred width, pixels; see vgpu_edid_fits()
 * @yres: preferred height, lines
 * @max_xres: modes wider than this are not offered
 * @max_yres: modes higher than this are not offered
 * @serial: its serial number, of 48 bits
 */
void vgpu_edid_build(u8 *edid, u32 xres, u32 yres, u32 max_xres, u32 max_yres,
		     u64 serial)
{
	u8 *d = edid + EDID_DETAILED;

	memset(edid, 0, VGPU_EDID_BLOCK);
	memcpy(edid, edid_magic, sizeof(edid_magic));
	put_vendor(edid);
	edid[EDID_VERSION] = 1;
	edid[EDID_VERSION + 1] = 3;
	edid[EDID_INPUT] = 0x80;	/* digital */
	edid[21] = millimetres(xres, xres, yres) / 10;	/* cm */
	edid[22] = millimetres(yres, xres, yres) / 10;
	edid[23] = 120;			/* gamma 2.2 */
	edid[24] = 0x0e;		/* colour, sRGB, first is preferred */
	memcpy(edid + EDID_CHROMATICITY, srgb, sizeof(srgb));
	put_modes(edid, max_xres, max_yres);

	put_detailed(d, xres, yres);
	d += EDID_DESC_SIZE;
	put_text(d, 0xfc, "Tessera vGPU");
	d += EDID_DESC_SIZE;
	put_limits(d, xres, yres);
	d += EDID_DESC_SIZE;
	put_serial(edid, d, serial);

	edid[VGPU_EDID_BLOCK - 1] = -block_sum(edid);
}

/**
 * vgpu_edid_valid() - is this something a guest's driver will take
 * @edid: the bytes
 * @len: how many
 *
 * Return: true for whole blocks with right sums, the first one a base block.
 */
bool vgpu_edid_valid(const u8 *edid, u32 len)
{
	u32 at;

	if (!len || len % VGPU_EDID_BLOCK ||
	    memcmp(edid, edid_magic, sizeof(edid_magic)))
		return false;
	for (at = 0; at < len; at += VGPU_EDID_BLOCK)
		if (block_sum(edid + at))
			return false;
	return true;
}
