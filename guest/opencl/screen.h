/* SPDX-License-Identifier: GPL-2.0 */
/* A frame buffer (fb0), on which programs show what they do. */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdint.h>

/* All 0 when there is no screen: then nothing is shown. */
struct screen {
	uint32_t *pixels;
	unsigned int width;
	unsigned int height;
	unsigned int stride;	/* pixels */
	double begun;		/* s */
	unsigned long images;	/* seen since */
};

void screen_open(struct screen *s);
/* An image of 8x8 values from 0 to 1, what it is taken for; images more seen. */
void screen_show(struct screen *s, const float *image, unsigned int answer,
		 unsigned int images);
/* A picture, as large as it fits, enlarged by a whole number. */
void screen_picture(struct screen *s, const uint32_t *picture, unsigned int width,
		    unsigned int height);

#endif
