/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One vGPU that does what it can to read or write what is not its own. The others
 * fill the rest of the card, each with words that tell whose they are.
 */
#ifndef _VICTIMS_H
#define _VICTIMS_H

#include "pattern.h"
#include "vfio.h"

#define NR_VICTIMS	3

/* Whose marks are in memory: a number, all victims', none's. */
#define MARK_VICTIM	3
#define MARK_NOBODY	-1

/* That one, and its memory. */
extern struct vdev *bad;
extern uint32_t *own;

/** struct victim - one of the others, and its memory */
struct victim {
	struct vdev *d;
	uint32_t *vram;
};

extern struct victim victim[NR_VICTIMS];

void victims_open(void);
void victims_close(void);
void check_victim(unsigned int i);
void marks_begin(int who);
uint32_t marked(uint32_t word);
bool marks_fill(void *p, size_t n);
uint32_t canary(unsigned int who, uint64_t word);
bool is_canary(uint32_t word);
bool holds_loot(const void *p, size_t n);
void check_screen(struct vdev *of);
void check_loot(const uint32_t *words, uint64_t bytes);
void check_all(void);

#endif /* _VICTIMS_H */
