// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the card as firmware has left it, and trusts nothing but PCI, the
 * card's ROM and the monitor.
 */
#include "card.h"
#include "machine.h"
#include "../../../guest/rv100.h"

#define ATI			0x1002
#define RV100			0x5159
#define PCI_COMMAND		0x04
#define   IO_AND_MEMORY		3
#define   INTX_DISABLE		(1 << 10)
#define PCI_BAR(n)		(0x10 + 4 * (n))
#define PCI_ROM			0x30
#define PCI_LINE		0x3c

#define CLOCK_CNTL_INDEX	0x0008
#define   PLL_WR_EN		(1 << 7)
#define   PLL_DIV_SEL		(3 << 8)
#define CLOCK_CNTL_DATA		0x000c
#define PPLL_REF_DIV		3
#define PPLL_DIV_3		7
#define GEN_INT_CNTL		0x0040
#define GEN_INT_STATUS		0x0044
#define   VBLANK		1
#define CRTC_GEN_CNTL		0x0050
#define   CRTC_32BPP		(6 << 8)
#define   CRTC_ON		(3 << 24)
#define CRTC_EXT_CNTL		0x0054
#define GPIO_DVI_DDC		0x0064
#define PALETTE_INDEX		0x00b0
#define PALETTE_DATA		0x00b4
#define CNFG_MEMSIZE		0x00f8
#define CRTC_H_TOTAL_DISP	0x0200
#define CRTC_H_SYNC_STRT_WID	0x0204
#define CRTC_V_TOTAL_DISP	0x0208
#define CRTC_V_SYNC_STRT_WID	0x020c
#define CRTC_OFFSET		0x0224
#define CRTC_PITCH		0x022c
#define DISPLAY_BASE_ADDR	0x023c
#define DEFAULT_OFFSET		0x16e0

static uint32_t rd(struct card *card, unsigned int reg)
{
	return card->regs[reg / 4];
}

static void wr(struct card *card, unsigned int reg, uint32_t val)
{
	card->regs[reg / 4] = val;
}

/* ---- PCI, and what is behind its windows */

static void *bar(struct card *card, unsigned int n)
{
	return (void *)(pci_read(card->where, PCI_BAR(n)) & ~15u);
}

/* The clocks are where the ROM's header says. */
static void read_rom(struct card *card)
{
	uint32_t base = pci_read(card->where, PCI_ROM) & ~0x7ffu;
	const uint8_t *rom = (const uint8_t *)base;
	const uint8_t *pll;

	if (!base)
		fail("firmware gave the ROM no place");
	pci_write(card->where, PCI_ROM, base | 1);
	if (rom[0] != 0x55 || rom[1] != 0xaa)
		fail("no ROM");
	pll = rom + *(const uint16_t *)(rom + 0x48) + 0x30;
	pll = rom + *(const uint16_t *)pll;
	card->ref_clock = *(const uint16_t *)(pll + 0x0e);
	card->ref_div = *(const uint16_t *)(pll + 0x10);
	card->pll_min = *(const uint32_t *)(pll + 0x12);
	card->pll_max = *(const uint32_t *)(pll + 0x16);
	pci_write(card->where, PCI_ROM, base);
	say("BARE rom clock %d div %d pll %d to %d", card->ref_clock,
	    card->ref_div, card->pll_min, card->pll_max);
}

/* Registers have a second way in, by I/O ports. */
static uint32_t port_read(struct card *card, unsigned int reg)
{
	outl(card->io + MM_INDEX, reg);
	return inl(card->io + MM_DATA);
}

void card_open(struct card *card)
{
	uint32_t command;

	if (!pci_find(ATI, RV100, &card->where))
		fail("no such card on PCI");
	command = pci_read(card->where, PCI_COMMAND) & 0xffff;
	pci_write(card->where, PCI_COMMAND,
		  (command | IO_AND_MEMORY) & ~INTX_DISABLE);
	card->vram = bar(card, 0);
	card->io = pci_read(card->where, PCI_BAR(1)) & ~3u;
	card->regs = bar(card, 2);
	card->irq = pci_read(card->where, PCI_LINE) & 0xff;
	say("BARE pci bus %d slot %d irq %d class %x", card->where >> 16,
	    card->where >> 11 & 31, card->irq,
	    pci_read(card->where, 0x08) >> 8);
	say("BARE sizes %d %d %d rom %d", pci_size(card->where, PCI_BAR(0)),
	    pci_size(card->where, PCI_BAR(1)),
	    pci_size(card->where, PCI_BAR(2)),
	    pci_size(card->where, PCI_ROM));
	read_rom(card);

	card->vram_size = rd(card, CNFG_MEMSIZE);
	say("BARE vram %d by ports %d", card->vram_size,
	    port_read(card, CNFG_MEMSIZE));
	card->base = (rd(card, MC_FB_LOCATION) & 0xffff) << 16;
}

/* ---- The monitor, over two wires */

#define SDA_LOW		(1u << 16)
#define SCL_LOW		(1u << 17)
#define SDA_IN		(1u << 8)
#define SCL_IN		(1u << 9)

static uint32_t wires(struct card *card, uint32_t low)
{
	uint32_t in;

	do {	/* until nobody holds the clock */
		wr(card, GPIO_DVI_DDC, low);
		in = rd(card, GPIO_DVI_DDC);
	} while (!(low & SCL_LOW) && !(in & SCL_IN));
	return in & SDA_IN;
}

static int ddc_bit(struct card *card, int out)
{
	uint32_t sda = out ? 0 : SDA_LOW;
	uint32_t in;

	wires(card, sda | SCL_LOW);
	in = wires(card, sda);
	wires(card, sda | SCL_LOW);
	return !!in;
}

static void ddc_start(struct card *card)
{
	wires(card, SCL_LOW);
	wires(card, 0);
	wires(card, SDA_LOW);
	wires(card, SDA_LOW | SCL_LOW);
}

static void ddc_stop(struct card *card)
{
	wires(card, SDA_LOW | SCL_LOW);
	wires(card, SDA_LOW);
	wires(card, 0);
}

static void ddc_send(struct card *card, uint8_t byte)
{
	int i;

	for (i = 7; i >= 0; i--)
		ddc_bit(card, byte >> i & 1);
	if (ddc_bit(card, 1))
		fail("the monitor does not acknowledge");
}

static uint8_t ddc_receive(struct card *card, int last)
{
	uint8_t byte = 0;
	int i;

	for (i = 0; i < 8; i++)
		byte = byte << 1 | ddc_bit(card, 1);
	ddc_bit(card, last);
	return byte;
}

void card_read_monitor(struct card *card, struct mode *mode)
{
	uint8_t edid[128], sum = 0;
	const uint8_t *t = edid + 54;
	unsigned int i;

	ddc_start(card);
	ddc_send(card, 0xa0);
	ddc_send(card, 0);
	ddc_start(card);
	ddc_send(card, 0xa1);
	for (i = 0; i < 128; i++) {
		edid[i] = ddc_receive(card, i == 127);
		sum += edid[i];
	}
	ddc_stop(card);
	if (sum || edid[0] || edid[1] != 0xff)
		fail("that is no EDID");

	/* The first detailed timing is the monitor's own. */
	mode->clock = t[0] | t[1] << 8;
	mode->hdisp = t[2] | (t[4] & 0xf0) << 4;
	mode->htotal = mode->hdisp + (t[3] | (t[4] & 15) << 8);
	mode->vdisp = t[5] | (t[7] & 0xf0) << 4;
	mode->vtotal = mode->vdisp + (t[6] | (t[7] & 15) << 8);
	mode->hsync = mode->hdisp + (t[8] | (t[11] & 0xc0) << 2);
	mode->hsync_width = t[9] | (t[11] & 0x30) << 4;
	mode->vsync = mode->vdisp + (t[10] >> 4 | (t[11] & 0x0c) << 2);
	mode->vsync_width = (t[10] & 15) | (t[11] & 3) << 4;
	say("BARE monitor %dx%d of %dx%d clock %d", mode->hdisp, mode->vdisp,
	    mode->htotal, mode->vtotal, mode->clock);
}

/* ---- Clock, CRTC, palette */

static void pll_write(struct card *card, unsigned int reg, uint32_t val)
{
	wr(card, CLOCK_CNTL_INDEX, reg | PLL_WR_EN | PLL_DIV_SEL);
	wr(card, CLOCK_CNTL_DATA, val);
	wr(card, CLOCK_CNTL_INDEX, PLL_DIV_SEL);
}

static void set_clock(struct card *card, uint32_t clock)
{
	static const struct {
		unsigned int divider, code;
	} post[] = { { 1, 0 }, { 2, 1 }, { 3, 4 }, { 4, 2 }, { 6, 6 },
		     { 8, 3 }, { 12, 7 }, { 16, 5 } };
	uint32_t vco, feedback;
	unsigned int i;

	for (i = 0; i < 8; i++) {
		vco = clock * post[i].divider;
		if (vco < card->pll_min || vco > card->pll_max)
			continue;
		feedback = (vco * card->ref_div + card->ref_clock / 2) /
			   card->ref_clock;
		pll_write(card, PPLL_REF_DIV, card->ref_div);
		pll_write(card, PPLL_DIV_3, post[i].code << 16 | feedback);
		return;
	}
	fail("no such pixel clock");
}

void card_set_mode(struct card *card, const struct mode *m)
{
	unsigned int i;

	card->width = m->hdisp;
	set_clock(card, m->clock);
	wr(card, CRTC_H_TOTAL_DISP, (m->hdisp / 8 - 1) << 16 | (m->htotal / 8 - 1));
	wr(card, CRTC_H_SYNC_STRT_WID, m->hsync_width / 8 << 16 | m->hsync);
	wr(card, CRTC_V_TOTAL_DISP, (m->vdisp - 1) << 16 | (m->vtotal - 1));
	wr(card, CRTC_V_SYNC_STRT_WID, m->vsync_width << 16 | (m->vsync - 1));
	wr(card, CRTC_PITCH, m->hdisp / 8);
	wr(card, CRTC_OFFSET, 0);
	wr(card, DISPLAY_BASE_ADDR, card->base);
	wr(card, PALETTE_INDEX, 0);
	for (i = 0; i < 256; i++)
		wr(card, PALETTE_DATA, i << 16 | i << 8 | i);
	wr(card, CRTC_EXT_CNTL, 0);
	wr(card, CRTC_GEN_CNTL, CRTC_ON | CRTC_32BPP);

	/* One surface for all operations: the screen, by the defaults. */
	wr(card, DEFAULT_OFFSET, m->hdisp * 4 / 64 << 22 | card->base >> 10);
	wr(card, DEFAULT_SC_BOTTOM_RIGHT,
	   DEFAULT_SC_RIGHT_MAX | DEFAULT_SC_BOTTOM_MAX);
	wr(card, DP_WRITE_MASK, ~0u);
}

/* ---- 2D */

static void room(struct card *card, unsigned int entries)
{
	while ((rd(card, RBBM_STATUS) & RBBM_FIFOCNT_MASK) < entries)
		;
}

void card_fill(struct card *card, int x, int y, int w, int h, uint32_t colour)
{
	room(card, 5);
	wr(card, DP_GUI_MASTER_CNTL, GMC_BRUSH_SOLID_COLOR | GMC_DST_32BPP |
	   GMC_SRC_DATATYPE_COLOR | ROP3_PATCOPY | GMC_CLR_CMP_CNTL_DIS);
	wr(card, DP_CNTL, DST_X_LEFT_TO_RIGHT | DST_Y_TOP_TO_BOTTOM);
	wr(card, DP_BRUSH_FRGD_CLR, colour);
	wr(card, DST_Y_X, y << 16 | x);
	wr(card, DST_HEIGHT_WIDTH, h << 16 | w);
	card->operations++;
}

void card_copy(struct card *card, int sx, int sy, int x, int y, int w, int h)
{
	uint32_t direction = 0;

	if (x > sx) {
		x += w - 1;
		sx += w - 1;
	} else {
		direction |= DST_X_LEFT_TO_RIGHT;
	}
	if (y > sy) {
		y += h - 1;
		sy += h - 1;
	} else {
		direction |= DST_Y_TOP_TO_BOTTOM;
	}
	room(card, 5);
	wr(card, DP_GUI_MASTER_CNTL, GMC_BRUSH_NONE | GMC_DST_32BPP |
	   GMC_SRC_DATATYPE_COLOR | ROP3_SRCCOPY | DP_SRC_SOURCE_MEMORY |
	   GMC_CLR_CMP_CNTL_DIS);
	wr(card, DP_CNTL, direction);
	wr(card, SRC_Y_X, sy << 16 | sx);
	wr(card, DST_Y_X, y << 16 | x);
	wr(card, DST_WIDTH_HEIGHT, w << 16 | h);
	card->operations++;
}

void card_wait(struct card *card)
{
	while (rd(card, RBBM_STATUS) & GUI_ACTIVE)
		;
}

/* ---- Interrupts */

static struct card *irq_card;
static volatile unsigned int irq_blanks, irq_others;

static void blank_handler(void)
{
	if (!(rd(irq_card, GEN_INT_STATUS) & VBLANK)) {
		irq_others++;
		return;
	}
	wr(irq_card, GEN_INT_STATUS, VBLANK);
	irq_blanks++;
}

void card_count_blanks(struct card *card, unsigned int blanks)
{
	irq_card = card;
	irq_start(card->irq, blank_handler);
	wr(card, GEN_INT_STATUS, VBLANK);
	wr(card, GEN_INT_CNTL, VBLANK);
	while (irq_blanks < blanks)
		irq_wait();
	wr(card, GEN_INT_CNTL, 0);
	irq_stop();
	say("BARE blanks %d others %d", irq_blanks, irq_others);
}
