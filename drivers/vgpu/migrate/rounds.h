/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In which order the memory of an instance is copied into a stream.
 */
#ifndef _VGPU_MIGRATE_ROUNDS_H
#define _VGPU_MIGRATE_ROUNDS_H

#include <linux/types.h>

struct vgpu_vdev;

/**
 * struct vgpu_rounds - how far a copy is
 * @vd: the instance
 * @running: it may run, and what it writes is copied once more
 * @stands: it has come to stand still: what comes after this round is the last one
 * @last: this is the last round
 * @nr: how many rounds are over
 * @next: in this round, memory before it was looked at
 * @at: what was taken to be copied, and was not yet, begins here
 * @end: and ends here
 */
struct vgpu_rounds {
	struct vgpu_vdev *vd;
	bool running;
	bool stands;
	bool last;
	u32 nr;
	u64 next;
	u64 at;
	u64 end;
};

int vgpu_rounds_begin(struct vgpu_rounds *r, struct vgpu_vdev *vd, bool running);
void vgpu_rounds_last(struct vgpu_rounds *r);
void vgpu_rounds_end(struct vgpu_rounds *r);
int vgpu_rounds_next(struct vgpu_rounds *r, u64 *offset, u32 *size);
void vgpu_rounds_left(const struct vgpu_rounds *r, u64 *first, u64 *dirty);

#endif /* _VGPU_MIGRATE_ROUNDS_H */
