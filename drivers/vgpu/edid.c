// SPDX-License-Identifier: GPL-2.0
/*
 * The EDID of a vGPU's monitor, until user space plugs in another one.
 *
 * Source: VESA Enhanced EDID Standard, release A revision 1 (EDID 1.3). No
 * device is touched here.
 */
#include <linux/bits.h>
#include <linux/string.h>

#include "edid.h"

static const u8 edid_magic[8] = { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0 };

/* Offsets in the base block. */
#define EDID_VENDOR		8
#define EDID_VERSION		18
#define EDID_INPUT		20
#define EDID_CHROMATICITY	25
#define EDID_ESTABLISHED	35
#define EDID_STANDARD		38
#define EDID_DETAILED		54
#define EDID_DESC_SIZE		18

/* Blanking of every mode: CVT 1.2 reduced blanking's horizontal values. */
#define HFRONT	48
#define HSYNC	32
#define HBLANK	160
#define VFRONT	3
#define VSYNC	6
#define VBLANK	30
#define REFRESH	60

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

static void put_detailed(u8 *d, u32 x, u32 y)
{
	u32 clock = (x + HBLANK) * (y + VBLANK) * REFRESH / 10000;

	d[0] = clock;
	d[1] = clock >> 8;
	d[2] = x;
	d[3] = HBLANK;
	d[4] = x >> 8 << 4;
	d[5] = y;
	d[6] = VBLANK;
	d[7] = y >> 8 << 4;
	d[8] = HFRONT;
	d[9] = HSYNC;
	d[10] = VFRONT << 4 | VSYNC;
	d[12] = x / 4;			/* size in mm at about 100 dpi */
	d[13] = y / 4;
	d[14] = (x / 4) >> 8 << 4 | (y / 4) >> 8;
	d[17] = 0x1e;			/* digital, separate, both positive */
}

static void put_text(u8 *d, u8 tag, const char *text)
{
	size_t n = strlen(text);

	d[3] = tag;
	memset(d + 5, ' ', 13);
	memcpy(d + 5, text, n);
	d[5 + n] = '\n';
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
 * vgpu_edid_build() - describe a monitor
 * @edid: 128 bytes, overwritten
 * @xres: preferred width, pixels, at most 4095
 * @yres: preferred height, lines, at most 4095
 * @max_xres: modes wider than this are not offered
 * @max_yres: modes higher than this are not offered
 */
void vgpu_edid_build(u8 *edid, u32 xres, u32 yres, u32 max_xres, u32 max_yres)
{
	u8 *d = edid + EDID_DETAILED;

	memset(edid, 0, VGPU_EDID_BLOCK);
	memcpy(edid, edid_magic, sizeof(edid_magic));
	put_vendor(edid);
	edid[EDID_VERSION] = 1;
	edid[EDID_VERSION + 1] = 3;
	edid[EDID_INPUT] = 0x80;	/* digital */
	edid[21] = xres / 40;		/* cm */
	edid[22] = yres / 40;
	edid[23] = 120;			/* gamma 2.2 */
	edid[24] = 0x0a;		/* colour, first detailed is preferred */
	put_modes(edid, max_xres, max_yres);

	put_detailed(d, xres, yres);
	d += EDID_DESC_SIZE;
	put_text(d, 0xfc, "Tessera vGPU");
	d += EDID_DESC_SIZE;
	d[3] = 0xfd;			/* range limits: Hz, kHz, 10 MHz */
	d[5] = 50;
	d[6] = 75;
	d[7] = 30;
	d[8] = 110;
	d[9] = 35;
	d[11] = '\n';
	memset(d + 12, ' ', 6);
	d += EDID_DESC_SIZE;
	d[3] = 0x10;			/* unused */

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
