// SPDX-License-Identifier: GPL-2.0
/*
 * DMA logging: what the function has written to its guest's memory, which is nothing.
 *
 * A VM can move only if whoever moves it knows what its devices write to its memory.
 * For a device without an IOMMU of its own VFIO's type1 takes the pages that the
 * driver has pinned; we pin none. With iommufd there is nothing of the kind, and user
 * space takes all of the VM's memory for written, or refuses to move it, unless the
 * device logs what it writes. So it does, where VFIO can report it: compat.h.
 */
#include <linux/log2.h>
#include <linux/mm.h>

#include "../core.h"
#include "migrate.h"

static struct vgpu_migration *migration_of(struct vfio_device *vdev)
{
	return &container_of(vdev, struct vgpu_vdev, vdev)->migration;
}

static int log_start(struct vfio_device *vdev, struct rb_root_cached *ranges,
		     u32 nnodes, u64 *page_size)
{
	struct vgpu_migration *m = migration_of(vdev);
	int ret = 0;

	mutex_lock(&m->lock);
	if (m->logging)
		ret = -EBUSY;
	m->logging = true;
	mutex_unlock(&m->lock);
	/* Any will do; but it is read back. */
	if (!is_power_of_2(*page_size))
		*page_size = PAGE_SIZE;
	return ret;
}

static int log_stop(struct vfio_device *vdev)
{
	struct vgpu_migration *m = migration_of(vdev);
	int ret = 0;

	mutex_lock(&m->lock);
	if (!m->logging)
		ret = -EINVAL;
	m->logging = false;
	mutex_unlock(&m->lock);
	return ret;
}

static int log_read_and_clear(struct vfio_device *vdev, unsigned long iova,
			      unsigned long length, struct iova_bitmap *dirty)
{
	struct vgpu_migration *m = migration_of(vdev);
	int ret = 0;

	mutex_lock(&m->lock);
	if (!m->logging)
		ret = -EINVAL;
	mutex_unlock(&m->lock);
	return ret;
}

const struct vfio_log_ops vgpu_log_ops = {
	.log_start = log_start,
	.log_stop = log_stop,
	.log_read_and_clear = log_read_and_clear,
};
