// SPDX-License-Identifier: GPL-2.0
/*
 * A guest without an operating system: its own driver for the card draws a
 * picture with the CPU and the 2D engine, and waits for vertical blanks.
 *
 * Says what it does on the first serial port, and "BARE done" at its end.
 */
#include "card.h"
#include "machine.h"
#include "picture.h"

#define BLANKS 5

static void draw_pattern(struct card *card)
{
	int x, y;

	for (y = 0; y < PICTURE_HEIGHT; y++)
		for (x = 0; x < PICTURE_WIDTH; x++)
			card->vram[y * card->width + x] = pattern(x, y);
}

static void draw_step(struct card *card, const struct step *s)
{
	if (s->sx < 0)
		card_fill(card, s->x, s->y, s->w, s->h, s->colour);
	else
		card_copy(card, s->sx, s->sy, s->x, s->y, s->w, s->h);
}

void main(void)
{
	struct card card = { 0 };
	struct mode mode;
	unsigned int i;

	card_open(&card);
	card_read_monitor(&card, &mode);
	if (mode.hdisp != PICTURE_WIDTH || mode.vdisp != PICTURE_HEIGHT)
		fail("another monitor was expected");
	card_set_mode(&card, &mode);
	draw_pattern(&card);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		draw_step(&card, &steps[i]);
	card_wait(&card);
	card_count_blanks(&card, BLANKS);
	say("BARE done operations %d", card.operations);
	for (;;)
		__asm__ volatile("cli; hlt");
}
