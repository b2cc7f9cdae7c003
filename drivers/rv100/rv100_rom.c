// SPDX-License-Identifier: GPL-2.0
/*
 * The option ROM that an instance shows.
 *
 * It holds no vendor code. Its entry point returns at once, so that firmware
 * which runs it goes on; the rest is data: the PCI structure that makes it a
 * ROM of this device, and the clock table at the place where drivers of this
 * family look for it.
 */

#include <linux/string.h>
#include <linux/types.h>

#include "rv100.h"

/* Offsets in the image. Only the first two are fixed by PCI and by ATI. */
#define ROM_PCIR_PTR	0x18
#define ROM_HEADER_PTR	0x48
#define ROM_PCIR	0x4c
#define ROM_HEADER	0x80
#define ROM_PLL		0x100
#define ROM_TEXT	0x140

/* Offsets in the ATI header */
#define HEADER_PLL_PTR	0x30

#define PCIR_SIZE	0x18
#define X86_RETF	0xcb

/* Clocks, 10 kHz: crystal, core and memory, range of the pixel PLL */
#define REF_CLOCK	2700
#define REF_DIV		12
#define CORE_CLOCK	16600
#define PLL_MIN		12000
#define PLL_MAX		35000

static const char rom_text[] = "Tessera vGPU (RV100)";

static void put16(u8 *rom, unsigned int at, u16 val)
{
	rom[at] = val;
	rom[at + 1] = val >> 8;
}

static void put32(u8 *rom, unsigned int at, u32 val)
{
	put16(rom, at, val);
	put16(rom, at + 2, val >> 16);
}

static void put_pcir(u8 *rom, u16 vendor, u16 device)
{
	memcpy(rom + ROM_PCIR, "PCIR", 4);
	put16(rom, ROM_PCIR + 0x04, vendor);
	put16(rom, ROM_PCIR + 0x06, device);
	put16(rom, ROM_PCIR + 0x0a, PCIR_SIZE);
	rom[ROM_PCIR + 0x0f] = PCI_BASE_CLASS_DISPLAY;
	put16(rom, ROM_PCIR + 0x10, RV100_ROM_SIZE / 512);
	/* Code type 0 (PC), and no other image follows. */
	rom[ROM_PCIR + 0x15] = 0x80;
}

/* Reference, divider and range, as drivers read them for each PLL */
static void put_pll_range(u8 *rom, unsigned int at)
{
	put16(rom, at, REF_CLOCK);
	put16(rom, at + 0x02, REF_DIV);
	put32(rom, at + 0x04, PLL_MIN);
	put32(rom, at + 0x08, PLL_MAX);
}

static void put_clocks(u8 *rom)
{
	put16(rom, ROM_PLL + 0x08, CORE_CLOCK);
	put16(rom, ROM_PLL + 0x0a, CORE_CLOCK);
	put_pll_range(rom, ROM_PLL + 0x0e);	/* pixel PLL */
	put_pll_range(rom, ROM_PLL + 0x1a);	/* system PLL */
	put_pll_range(rom, ROM_PLL + 0x26);	/* memory PLL */
}

/**
 * rv100_rom_build() - make the image
 * @rom: filled in
 * @vendor: PCI vendor id of the instance
 * @device: PCI device id of the instance
 */
void rv100_rom_build(u8 rom[RV100_ROM_SIZE], u16 vendor, u16 device)
{
	unsigned int i;
	u8 sum = 0;

	memset(rom, 0, RV100_ROM_SIZE);
	put16(rom, 0, 0xaa55);
	rom[2] = RV100_ROM_SIZE / 512;
	rom[3] = X86_RETF;
	put16(rom, ROM_PCIR_PTR, ROM_PCIR);
	put16(rom, ROM_HEADER_PTR, ROM_HEADER);
	put_pcir(rom, vendor, device);
	put16(rom, ROM_HEADER + HEADER_PLL_PTR, ROM_PLL);
	put_clocks(rom);
	memcpy(rom + ROM_TEXT, rom_text, sizeof(rom_text));

	for (i = 0; i < RV100_ROM_SIZE; i++)
		sum += rom[i];
	rom[RV100_ROM_SIZE - 1] = -sum;
}
