// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO's migration protocol: what user space asks for becomes arcs (arcs.c), and what
 * each of them asks for is done here.
 *
 * Other drivers put off a reset that comes while the state changes, since the lock under
 * which it does may be waited for with user memory's held. Here it is not, and nobody
 * waits for user memory with it held, nor with that of the stream, which a reset ends: so
 * a reset waits its turn.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/ktime.h>
#include <vgpu/compat.h>

#include "../core.h"
#include "../bus/bus.h"
#include "../work/sched.h"
#include "arcs.h"
#include "format.h"
#include "migrate.h"
#include "saver.h"
#include "transfer.h"

static struct vgpu_vdev *to_vd(struct vfio_device *vdev)
{
	return container_of(vdev, struct vgpu_vdev, vdev);
}

static void end_transfer(struct vgpu_migration *m)
{
	lockdep_assert_held(&m->lock);
	if (m->transfer)
		vgpu_transfer_end(m->transfer);
	m->transfer = NULL;
}

/* A stream that was refused when it was written. */
static void look(struct vgpu_migration *m)
{
	lockdep_assert_held(&m->lock);
	if (m->state == VFIO_DEVICE_STATE_RESUMING &&
	    READ_ONCE(m->transfer->broken)) {
		end_transfer(m);
		m->state = VFIO_DEVICE_STATE_ERROR;
	}
}

static struct file *save(struct vgpu_vdev *vd, bool running)
{
	struct vgpu_migration *m = &vd->migration;
	struct vgpu_transfer *t;
	struct file *file;

	if (READ_ONCE(vd->pd->lost))
		return ERR_PTR(-EIO);
	t = vgpu_transfer_save(vd, running, &file);
	if (IS_ERR(t))
		return ERR_CAST(t);
	m->transfer = t;
	return file;
}

/* It is the same stream: user space has its file already. */
static int save_rest(struct vgpu_vdev *vd)
{
	int ret;

	if (READ_ONCE(vd->pd->lost))
		return -EIO;
	ret = vgpu_function_halt(vd);
	if (ret)
		return ret;
	ret = vgpu_transfer_rest(vd->migration.transfer);
	if (ret)
		vgpu_function_go(vd);
	return ret;
}

/*
 * What the stream does not have is zero. Cleared last: who cannot load has what he had.
 * Nobody has the file yet.
 */
static struct file *load(struct vgpu_vdev *vd)
{
	struct vgpu_migration *m = &vd->migration;
	struct vgpu_transfer *t;
	struct file *file;
	int ret;

	t = vgpu_transfer_load(vd, &file);
	if (IS_ERR(t))
		return ERR_CAST(t);
	m->transfer = t;
	ret = vgpu_scrub(vd->pd, vd->inst.vram_offset, vd->inst.vram_size);
	if (ret) {
		fput(file);
		end_transfer(m);
		return ERR_PTR(ret);
	}
	return file;
}

static int loaded(struct vgpu_migration *m)
{
	int ret = vgpu_transfer_loaded(m->transfer, &m->loaded);

	end_transfer(m);
	if (ret)
		m->state = VFIO_DEVICE_STATE_ERROR;
	return ret;
}

static void go(struct vgpu_vdev *vd)
{
	struct vgpu_migration *m = &vd->migration;

	lockdep_assert_held(&m->lock);
	vgpu_function_go(vd);
	if (!m->loaded)
		return;
	/* Of a fault that it came with perhaps nobody here has heard. */
	if (READ_ONCE(vd->faulted))
		vgpu_irq_notify(vd, VFIO_PCI_ERR_IRQ_INDEX);
	atomic64_set(&m->moved[VGPU_MOVED_START_NS],
		     ktime_get_ns() - m->loaded);
	m->loaded = 0;
}

/* Return: the file of a stream that begins, NULL, or an error pointer. */
static struct file *take_arc(struct vgpu_vdev *vd,
			     enum vfio_device_mig_state next)
{
	struct vgpu_migration *m = &vd->migration;

	lockdep_assert_held(&m->lock);
	switch (vgpu_arc(m->state, next)) {
	case VGPU_ARC_NOTHING:
		return NULL;
	case VGPU_ARC_HALT:
		return ERR_PTR(vgpu_function_halt(vd));
	case VGPU_ARC_GO:
		go(vd);
		return NULL;
	case VGPU_ARC_PRECOPY:
		return save(vd, true);
	case VGPU_ARC_SAVE_REST:
		return ERR_PTR(save_rest(vd));
	case VGPU_ARC_SAVE:
		return save(vd, false);
	case VGPU_ARC_SAVED:
		end_transfer(m);
		return NULL;
	case VGPU_ARC_LOAD:
		return load(vd);
	case VGPU_ARC_LOADED:
		return ERR_PTR(loaded(m));
	default:
		return ERR_PTR(-EINVAL);
	}
}

/* A stream begins on the last arc of a way alone: so VFIO finds its ways. */
static struct file *walk(struct vgpu_vdev *vd, enum vfio_device_mig_state to)
{
	struct vgpu_migration *m = &vd->migration;
	enum vfio_device_mig_state next;
	struct file *file = NULL;
	int ret;

	/* VFIO warns when it is asked for a way out of an error. */
	if (m->state == VFIO_DEVICE_STATE_ERROR)
		return ERR_PTR(-EINVAL);
	while (m->state != to) {
		ret = vfio_mig_get_next_state(&vd->vdev, m->state, to, &next);
		if (ret)
			return ERR_PTR(ret);
		file = take_arc(vd, next);
		if (IS_ERR(file))
			return file;
		m->state = next;
	}
	return file;
}

static struct file *set_state(struct vfio_device *vdev,
			      enum vfio_device_mig_state to)
{
	struct vgpu_vdev *vd = to_vd(vdev);
	struct vgpu_migration *m = &vd->migration;
	struct file *file;

	/* Where it may end, but not be sent. */
	if (to == VFIO_DEVICE_STATE_ERROR)
		return ERR_PTR(-EINVAL);
	mutex_lock(&m->lock);
	look(m);
	m->asked = ktime_get_ns();
	file = walk(vd, to);
	mutex_unlock(&m->lock);
	return file;
}

static int get_state(struct vfio_device *vdev, enum vfio_device_mig_state *state)
{
	struct vgpu_migration *m = &to_vd(vdev)->migration;

	mutex_lock(&m->lock);
	look(m);
	*state = m->state;
	mutex_unlock(&m->lock);
	return 0;
}

/*
 * Before a VMM stops an instance it asks how much would be left, and waits until that
 * is little. One that stands has nothing to wait for, and what is left of it gets no
 * less: whoever saves it, as libvirt does with a VM that it has stopped before, would
 * wait for ever. So it is a block at most then. Not nothing: QEMU makes the buffer of
 * that size by which it copies.
 */
static u64 data_size(struct vgpu_vdev *vd)
{
	struct vgpu_migration *m = &vd->migration;
	u64 size = vgpu_saver_size(vd);

	mutex_lock(&m->lock);
	look(m);
	/* A number: the enum of older kernels has not all of them. */
	switch ((u32)m->state) {
	case VFIO_DEVICE_STATE_RUNNING:
	case VFIO_DEVICE_STATE_RUNNING_P2P:
	case VFIO_DEVICE_STATE_PRE_COPY:
	case VFIO_DEVICE_STATE_PRE_COPY_P2P:
		break;
	default:
		size = min_t(u64, size, VGPU_STREAM_BLOCK);
		break;
	}
	mutex_unlock(&m->lock);
	return size;
}

/* Without @migration_get_data_size the ioctl is ours: compat.h. */
static int __maybe_unused vgpu_get_data_size(struct vfio_device *vdev,
					     unsigned long *size)
{
	*size = data_size(to_vd(vdev));
	return 0;
}

static const struct vfio_migration_ops migration_ops = {
	.migration_set_state = set_state,
	.migration_get_state = get_state,
	VGPU_DATA_SIZE_OPS
};

/* Whatever was under way: it runs, as on the first day. */
static void reset(struct vgpu_vdev *vd)
{
	struct vgpu_migration *m = &vd->migration;

	mutex_lock(&m->lock);
	end_transfer(m);
	mutex_lock(&vd->trap_lock);
	vgpu_function_reset(vd);
	mutex_unlock(&vd->trap_lock);
	vgpu_function_go(vd);
	m->state = VFIO_DEVICE_STATE_RUNNING;
	m->loaded = 0;
	mutex_unlock(&m->lock);
}

/* Its memory is cleared as well, which stays where it is as long as this takes. */
static void close(struct vgpu_vdev *vd)
{
	struct vgpu_migration *m = &vd->migration;

	mutex_lock(&m->lock);
	end_transfer(m);
	m->state = VFIO_DEVICE_STATE_RUNNING;
	m->logging = false;
	m->loaded = 0;
	vgpu_function_close(vd);
	mutex_unlock(&m->lock);
}

const struct vgpu_moving vgpu_moving = {
	.reset = reset,
	.close = close,
	.data_size = data_size,
};

/**
 * vgpu_migrate_present() - was memory, as it was read or written until now, the GPU's
 * @vd: the instance
 *
 * A card that is gone reads as ones, and nobody need have seen that yet: it is lost then.
 *
 * Return: false when the GPU is lost. Process context.
 */
bool vgpu_migrate_present(struct vgpu_vdev *vd)
{
	struct vgpu_gpu *gpu = &vd->pd->gpu;
	const struct vgpu_gpu_ops *ops = gpu->desc.ops;

	might_sleep();
	if (ops->present && !ops->present(gpu))
		vgpu_gpu_lost(gpu);
	return !READ_ONCE(vd->pd->lost);
}

/**
 * vgpu_moved() - count something of an instance's moves
 * @vd: the instance
 * @what: see enum vgpu_moved
 * @n: how much more of it
 *
 * Any context.
 */
void vgpu_moved(struct vgpu_vdev *vd, enum vgpu_moved what, u64 n)
{
	atomic64_add(n, &vd->migration.moved[what]);
}

/**
 * vgpu_migrate_init() - an instance can be moved
 * @vd: the instance, which VFIO does not know yet
 */
void vgpu_migrate_init(struct vgpu_vdev *vd)
{
	mutex_init(&vd->migration.lock);
	vd->migration.state = VFIO_DEVICE_STATE_RUNNING;
	vd->vdev.migration_flags = VFIO_MIGRATION_STOP_COPY |
				   VFIO_MIGRATION_P2P |
				   VFIO_MIGRATION_PRE_COPY;
	vd->vdev.mig_ops = &migration_ops;
	vd->vdev.log_ops = VGPU_LOG_OPS;
}
