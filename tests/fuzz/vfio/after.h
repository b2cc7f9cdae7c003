/* SPDX-License-Identifier: GPL-2.0 */
/* What is looked at after programs have run. */
#ifndef _VFIO_FUZZ_AFTER_H
#define _VFIO_FUZZ_AFTER_H

#include "fuzz.h"

#define AFTER_TURNS	8
/* That programs have at once. */
#define MAX_VGPUS	3

/**
 * struct scene - a vGPU, and what is left of those who have used it
 * @d: the vGPU
 * @nth: which of those that programs have
 * @workers: they are at rest; what they have mapped and opened is still there
 * @nr: of them
 */
struct scene {
	struct vdev *d;
	unsigned int nth;
	struct worker *workers[4];
	unsigned int nr;
};

/* scenes.c */
extern struct vdev *vgpus[MAX_VGPUS];
extern unsigned int nr_vgpus;
extern uint64_t look_ns;

void guards_off(void);
void vgpus_begin(unsigned int nr);
int mark_of(unsigned int nth);
void mark_all(bool all);
void expect_alone(struct scene *s, bool all);
void expect_whole(struct scene *scenes, unsigned int turn, bool all);
void scenes_begin(struct scene *scenes);
void scene_add(struct scene *s, struct worker *w);

/* after.c */
struct vdev *after_begin(struct vdev *d, unsigned int nth);
void after_close(const struct scene *s);
void after_look(struct scene *s, unsigned int turn);

/* others.c */
void others_begin(void);
void others_fill(const struct vdev *d);
void others_end(void);
void others_look(const struct vdev *d, bool all);
void others_kept_out(struct vdev *d, bool all);
void others_mark(struct vdev *d, bool all);

/* counts.c */
enum {
	COUNT_CORE,
	COUNT_BACKEND,
	COUNT_VRAM,
	COUNT_FITS,
	COUNT_FDS,
	COUNT_EVENTFD,
	COUNT_DEVICE,
	COUNT_GROUP,
	NR_COUNTS,
};

void counts_take(uint64_t *count);
void counts_look(const uint64_t *before);
unsigned int kernel_complaints(void);
void kernel_may_complain_again(void);

#endif /* _VFIO_FUZZ_AFTER_H */
