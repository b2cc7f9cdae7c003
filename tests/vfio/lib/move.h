/* SPDX-License-Identifier: GPL-2.0 */
/* VFIO's migration protocol, as QEMU speaks it. */
#ifndef _MOVE_H
#define _MOVE_H

#include "vfio.h"

/** struct stream - what a vGPU became */
struct stream {
	uint8_t *bytes;
	size_t len;
};

/* Any feature: @flags are VFIO_DEVICE_FEATURE_GET and so on, with its number. */
int feature(struct vdev *d, uint32_t flags, void *data, size_t size);

bool mig_has_precopy(struct vdev *d);
bool can_precopy(void);
int mig_set(struct vdev *d, uint32_t state, int *fd);
uint32_t mig_state(struct vdev *d);
int mig_save_begin(struct vdev *d);
int mig_precopy_begin(struct vdev *d);
int mig_load_begin(struct vdev *d);
struct stream stream_read(int fd, size_t piece);
ssize_t stream_some(int fd, struct stream *st, size_t piece);
int stream_more(int fd, struct stream *st);
struct stream mig_save(struct vdev *d);
int mig_write(int fd, const struct stream *st, size_t piece);
int mig_load(struct vdev *d, const struct stream *st);
struct stream stream_copy(const struct stream *st);
void stream_free(struct stream *st);

void mig_reset(struct vdev *of);
void expect_works(struct vdev *of, uint32_t value);
void sparse_pattern(struct vdev *of);
void expect_same_vram(struct vdev *a, struct vdev *b);

#endif /* _MOVE_H */
