/* SPDX-License-Identifier: GPL-2.0 */
/* Memory in pieces: vGPUs that are kept, and what is between them. */
#ifndef _KEPT_H
#define _KEPT_H

#include "vfio.h"

#define MAX_KEPT	16

/**
 * struct kept - a vGPU that stays, of the smallest type
 * @d: the vGPU
 * @vram: its memory
 * @at: where it was when nr_moved() was asked last
 */
struct kept {
	struct vdev *d;
	uint32_t *vram;
	uint64_t at;
};

extern struct kept kept[MAX_KEPT];
extern unsigned int nr_kept;

uint64_t compactable(const struct type_facts *type);
int compact(void);
void keep(struct vdev *d);
unsigned int fill_up(char (*uuid)[UUID_LEN]);
void fragment(void);
unsigned int nr_moved(void);
void kept_end(void);

#endif /* _KEPT_H */
