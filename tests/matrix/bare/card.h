/* SPDX-License-Identifier: GPL-2.0 */
/* A driver for the RV100, as small as one can be. */
#ifndef CARD_H
#define CARD_H

#include <stdint.h>

struct mode {
	uint32_t clock;		/* 10 kHz */
	uint32_t hdisp, hsync, hsync_width, htotal;
	uint32_t vdisp, vsync, vsync_width, vtotal;
};

struct card {
	uint32_t where;		/* on PCI */
	unsigned int irq;
	volatile uint32_t *vram, *regs;
	uint32_t vram_size;
	uint16_t io;
	uint32_t ref_clock, ref_div, pll_min, pll_max;	/* 10 kHz */
	uint32_t base;		/* of VRAM, to the card */
	uint32_t width;
	unsigned int operations;
};

void card_open(struct card *card);
void card_read_monitor(struct card *card, struct mode *mode);
void card_set_mode(struct card *card, const struct mode *mode);
void card_fill(struct card *card, int x, int y, int w, int h, uint32_t colour);
void card_copy(struct card *card, int sx, int sy, int x, int y, int w, int h);
void card_wait(struct card *card);
/* Takes so many vertical blanks by interrupt. */
void card_count_blanks(struct card *card, unsigned int blanks);

#endif
