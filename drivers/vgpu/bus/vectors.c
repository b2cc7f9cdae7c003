// SPDX-License-Identifier: GPL-2.0
/*
 * MSI-X vectors of a virtual function, each with an eventfd, a mask, a pending
 * bit and a guard of its own.
 *
 * By VFIO, user space owns a function's vectors: it gives an eventfd to each
 * that its guest has unmasked. So a vector that gets an eventfd is unmasked,
 * and one that loses it is masked. User space that has no table of its own can
 * use ours, where the same masks are; or VFIO's actions to mask and unmask.
 *
 * A vector that is raised while it is masked, or too often (guard.c), is
 * pending, and delivered once when that has passed. Without MSI-X enabled and
 * without an eventfd nobody wants it, and without bus mastering it cannot leave
 * the function: then it is lost.
 */
#include <linux/eventfd.h>
#include <linux/slab.h>
#include <vgpu/compat.h>

#include "../core.h"
#include "../guard/guard.h"
#include "bus.h"

static void deliver(struct vgpu_vdev *vd, unsigned int v)
	__must_hold(&vd->irqs.lock)
{
	struct vgpu_irqs *irqs = &vd->irqs;
	struct vgpu_vector *vec = &irqs->vectors[v];

	lockdep_assert_held(&irqs->lock);
	if (!test_bit(v, irqs->msix.pending) || !vec->trigger || irqs->held ||
	    !irqs->master || irqs->msix_held || vgpu_msix_masked(&irqs->msix, v))
		return;
	if (!vgpu_guard_event_of(vd, VGPU_GUARD_IRQS, &vec->guard)) {
		vgpu_irq_retry(vd);
		return;
	}
	__clear_bit(v, irqs->msix.pending);
	vgpu_eventfd_signal(vec->trigger);
}

/**
 * vgpu_vectors_deliver() - what was held back may be delivered now
 * @vd: the instance; interrupt lock held
 */
void vgpu_vectors_deliver(struct vgpu_vdev *vd)
	__must_hold(&vd->irqs.lock)
{
	unsigned int v;

	lockdep_assert_held(&vd->irqs.lock);
	for_each_set_bit(v, vd->irqs.msix.pending, vd->irqs.msix.nr)
		deliver(vd, v);
}

/**
 * vgpu_vectors_raise() - a vector's interrupt
 * @vd: the instance; interrupt lock held
 * @v: the vector
 */
void vgpu_vectors_raise(struct vgpu_vdev *vd, unsigned int v)
	__must_hold(&vd->irqs.lock)
{
	struct vgpu_irqs *irqs = &vd->irqs;

	lockdep_assert_held(&irqs->lock);
	if (!irqs->master || (!irqs->msix_on && !irqs->vectors[v].trigger))
		return;
	__set_bit(v, irqs->msix.pending);
	deliver(vd, v);
}

/**
 * vgpu_vectors_command() - the guest may have switched MSI-X on, off, or held it
 * @vd: the instance; trap lock and interrupt lock held
 */
void vgpu_vectors_command(struct vgpu_vdev *vd)
	__must_hold(&vd->irqs.lock)
{
	struct vgpu_irqs *irqs = &vd->irqs;
	u16 flags = vgpu_config_msix_flags(&vd->cfg);
	bool on = flags & PCI_MSIX_FLAGS_ENABLE;

	lockdep_assert_held(&vd->trap_lock);
	lockdep_assert_held(&irqs->lock);
	if (irqs->msix_on && !on)
		bitmap_zero(irqs->msix.pending, irqs->msix.nr);
	irqs->msix_on = on;
	irqs->msix_held = flags & PCI_MSIX_FLAGS_MASKALL;
	vgpu_vectors_deliver(vd);
}

/**
 * vgpu_vectors_reset() - the function is reset; eventfds stay
 * @vd: the instance; interrupt lock held
 */
void vgpu_vectors_reset(struct vgpu_vdev *vd)
	__must_hold(&vd->irqs.lock)
{
	struct vgpu_irqs *irqs = &vd->irqs;
	unsigned int v;

	lockdep_assert_held(&irqs->lock);
	vgpu_msix_reset(&irqs->msix);
	for (v = 0; v < irqs->msix.nr; v++)
		vgpu_msix_mask(&irqs->msix, v, !irqs->vectors[v].trigger);
}

/**
 * vgpu_vectors_access() - a guest reads or writes the table
 * @vd: the instance
 * @pos: from the start of the table
 * @buf: the bytes
 * @n: how many
 * @write: direction
 */
void vgpu_vectors_access(struct vgpu_vdev *vd, u64 pos, u8 *buf, size_t n,
			 bool write)
{
	struct vgpu_irqs *irqs = &vd->irqs;

	spin_lock_irq(&irqs->lock);
	if (write) {
		vgpu_msix_write(&irqs->msix, pos, buf, n);
		vgpu_vectors_deliver(vd);
	} else {
		vgpu_msix_read(&irqs->msix, pos, buf, n);
	}
	spin_unlock_irq(&irqs->lock);
}

static void put_triggers(struct eventfd_ctx **ctx, unsigned int n)
{
	while (n--)
		if (ctx[n])
			eventfd_ctx_put(ctx[n]);
	kfree(ctx);
}

/* All of them, or none: @ctx is then freed. */
static int get_triggers(struct eventfd_ctx **ctx, const s32 *fds,
			unsigned int n)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < n && !ret; i++) {
		if (fds[i] < -1)
			ret = -EINVAL;
		if (fds[i] < 0)
			continue;
		ctx[i] = eventfd_ctx_fdget(fds[i]);
		if (IS_ERR(ctx[i])) {
			ret = PTR_ERR(ctx[i]);
			ctx[i] = NULL;
		}
	}
	if (ret)
		put_triggers(ctx, n);
	return ret;
}

/* The @n vectors from @start on; without @fds, nobody listens any more. */
static int set_triggers(struct vgpu_vdev *vd, unsigned int start,
			unsigned int n, const s32 *fds)
{
	struct vgpu_irqs *irqs = &vd->irqs;
	struct eventfd_ctx **ctx;
	unsigned int i, v;
	int ret;

	ctx = kcalloc(n, sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;
	ret = fds ? get_triggers(ctx, fds, n) : 0;
	if (ret)
		return ret;

	spin_lock_irq(&irqs->lock);
	for (i = 0, v = start; i < n; i++, v++) {
		swap(ctx[i], irqs->vectors[v].trigger);
		vgpu_msix_mask(&irqs->msix, v, !irqs->vectors[v].trigger);
		if (!fds)
			__clear_bit(v, irqs->msix.pending);
		deliver(vd, v);
	}
	spin_unlock_irq(&irqs->lock);
	put_triggers(ctx, n);
	return 0;
}

/* What the data asks for a vector of the request. */
static bool wanted(const struct vfio_irq_set *hdr, const u8 *data,
		   unsigned int i)
{
	return hdr->flags & VFIO_IRQ_SET_DATA_NONE || data[i];
}

static int set_masks(struct vgpu_vdev *vd, const struct vfio_irq_set *hdr,
		     const void *data, bool masked)
{
	unsigned int i;

	if (!hdr->count)
		return -EINVAL;
	if (hdr->flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return -ENOTTY;
	spin_lock_irq(&vd->irqs.lock);
	for (i = 0; i < hdr->count; i++)
		if (wanted(hdr, data, i))
			vgpu_msix_mask(&vd->irqs.msix, hdr->start + i, masked);
	vgpu_vectors_deliver(vd);
	spin_unlock_irq(&vd->irqs.lock);
	return 0;
}

/* User space tests its wiring; vectors that go nowhere are passed over. */
static int loop_back(struct vgpu_vdev *vd, const struct vfio_irq_set *hdr,
		     const void *data)
{
	struct vgpu_irqs *irqs = &vd->irqs;
	bool used = false;
	unsigned int i;

	spin_lock_irq(&irqs->lock);
	for (i = 0; i < irqs->msix.nr; i++)
		used |= !!irqs->vectors[i].trigger;
	for (i = 0; i < hdr->count; i++) {
		struct vgpu_vector *vec = &irqs->vectors[hdr->start + i];

		if (vec->trigger && wanted(hdr, data, i))
			vgpu_eventfd_signal(vec->trigger);
	}
	spin_unlock_irq(&irqs->lock);
	return used ? 0 : -EINVAL;
}

/**
 * vgpu_vectors_set() - VFIO_DEVICE_SET_IRQS for MSI-X
 * @vd: the instance; trap lock held
 * @hdr: validated: a range of vectors that exist
 * @data: its data, NULL for DATA_NONE
 *
 * Return: 0, -EINVAL, -ENOTTY for what cannot be done, -ENOMEM, or why an
 * eventfd is none; then nothing has changed.
 */
int vgpu_vectors_set(struct vgpu_vdev *vd, const struct vfio_irq_set *hdr,
		     const void *data)
{
	lockdep_assert_held(&vd->trap_lock);
	switch (hdr->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) {
	case VFIO_IRQ_SET_ACTION_MASK:
		return set_masks(vd, hdr, data, true);
	case VFIO_IRQ_SET_ACTION_UNMASK:
		return set_masks(vd, hdr, data, false);
	case VFIO_IRQ_SET_ACTION_TRIGGER:
		if (hdr->flags & VFIO_IRQ_SET_DATA_EVENTFD && hdr->count)
			return set_triggers(vd, hdr->start, hdr->count, data);
		if (hdr->count)
			return loop_back(vd, hdr, data);
		return hdr->flags & VFIO_IRQ_SET_DATA_NONE ?
		       set_triggers(vd, 0, vd->irqs.msix.nr, NULL) : -EINVAL;
	default:
		return -ENOTTY;
	}
}

/**
 * vgpu_vectors_close() - nobody listens any more
 * @vd: the instance, closed by user space; trap lock held
 */
void vgpu_vectors_close(struct vgpu_vdev *vd)
{
	struct vgpu_irqs *irqs = &vd->irqs;
	struct eventfd_ctx *old;
	unsigned int v;

	lockdep_assert_held(&vd->trap_lock);
	for (v = 0; v < irqs->msix.nr; v++) {
		spin_lock_irq(&irqs->lock);
		old = irqs->vectors[v].trigger;
		irqs->vectors[v].trigger = NULL;
		__clear_bit(v, irqs->msix.pending);
		spin_unlock_irq(&irqs->lock);
		if (old)
			eventfd_ctx_put(old);
	}
}

/**
 * vgpu_vectors_guard() - does the function interrupt too often
 * @vd: the instance
 *
 * The limit is for each vector, so that none holds back others.
 *
 * Return: how the guard sees the worst of its vectors, or its pin and MSI.
 */
enum vgpu_window_state vgpu_vectors_guard(struct vgpu_vdev *vd)
{
	struct vgpu_vector *vec = vd->irqs.vectors;
	enum vgpu_window_state state;
	unsigned int v;

	state = vgpu_guard_state(vd, VGPU_GUARD_IRQS);
	for (v = 0; v < vd->irqs.msix.nr; v++, vec++)
		state = max(state, vgpu_guard_state_of(vd, VGPU_GUARD_IRQS,
						       &vec->guard));
	return state;
}

/**
 * vgpu_vectors_init() - the vectors that the function has
 * @vd: the instance
 *
 * Return: 0 or -ENOMEM.
 */
int vgpu_vectors_init(struct vgpu_vdev *vd)
{
	unsigned int nr = vd->cfg.pci->msix_vectors;
	struct vgpu_irqs *irqs = &vd->irqs;

	if (!nr)
		return 0;
	irqs->vectors = kcalloc(nr, sizeof(*irqs->vectors), GFP_KERNEL);
	if (!irqs->vectors)
		return -ENOMEM;
	return vgpu_msix_init(&irqs->msix, nr);
}

/**
 * vgpu_vectors_fini() - release memory
 * @vd: the instance, closed
 */
void vgpu_vectors_fini(struct vgpu_vdev *vd)
{
	vgpu_msix_fini(&vd->irqs.msix);
	kfree(vd->irqs.vectors);
	vd->irqs.vectors = NULL;
}
