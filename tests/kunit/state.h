/* SPDX-License-Identifier: GPL-2.0 */
/* Saving and loading instances, for the suites of the core and of backends. */
#ifndef _KUNIT_STATE_H
#define _KUNIT_STATE_H

#include <kunit/test.h>

#include "../../drivers/vgpu/core.h"

struct vgpu_loader;
struct vgpu_saver;
struct vgpu_transfer;

/** A saved instance: what vgpu_function_save() wrote, and for which moment. */
struct state {
	u8 *bytes;
	size_t len;
	u64 now;
};

void state_pause(struct vgpu_vdev *vd);
void state_resume(struct vgpu_vdev *vd);
struct state state_save(struct kunit *test, struct vgpu_vdev *vd, u64 now);
int state_load(struct vgpu_vdev *vd, const struct state *st, size_t len,
	       struct vgpu_reader *r);
void state_expect_same(struct kunit *test, struct vgpu_vdev *vd,
		       const struct state *want);
void state_move(struct kunit *test, struct vgpu_vdev *from,
		struct vgpu_vdev *to);
u8 *copy_begin(struct kunit *test, struct vgpu_vdev *vd);
void copy_on(struct vgpu_vdev *vd, u8 *copy);
void copy_end(struct kunit *test, struct vgpu_vdev *vd, u8 *copy);
struct vgpu_transfer *stream_begin(struct kunit *test, struct vgpu_vdev *vd,
				   enum vfio_device_mig_state state);
int stream_fill(struct vgpu_saver *s);
int stream_put(struct vgpu_loader *l, const u8 *from, size_t n);
void state_abuse(struct kunit *test, struct vgpu_vdev *vd,
		 const struct state *good);

#endif /* _KUNIT_STATE_H */
