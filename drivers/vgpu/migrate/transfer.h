/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The file descriptor by which user space reads or writes a stream.
 */
#ifndef _VGPU_MIGRATE_TRANSFER_H
#define _VGPU_MIGRATE_TRANSFER_H

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct file;
struct vgpu_loader;
struct vgpu_saver;
struct vgpu_vdev;

/**
 * struct vgpu_transfer - a stream under way
 * @ref: the instance's migration has one, the file another
 * @lock: protects all that follows, and whatever the stream reads or writes of the
 *	instance; user memory is touched under it where it is there, and not waited for
 * @saver: of a stream that is read; NULL when it has ended
 * @loader: of one that is written; NULL when it has ended
 * @bounce: for bytes that are written
 * @broken: it was refused, and so were all bytes since; read without the lock
 */
struct vgpu_transfer {
	struct kref ref;
	struct mutex lock;		/* all that follows */
	struct vgpu_saver *saver;
	struct vgpu_loader *loader;
	u8 *bounce;
	bool broken;
};

struct vgpu_transfer *vgpu_transfer_save(struct vgpu_vdev *vd, bool running,
					 struct file **file);
int vgpu_transfer_rest(struct vgpu_transfer *t);
struct vgpu_transfer *vgpu_transfer_load(struct vgpu_vdev *vd,
					 struct file **file);
int vgpu_transfer_loaded(struct vgpu_transfer *t, u64 *when);
void vgpu_transfer_end(struct vgpu_transfer *t);

#endif /* _VGPU_MIGRATE_TRANSFER_H */
