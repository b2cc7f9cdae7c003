// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts of a virtual function: INTx and MSI by eventfd, and the two
 * events by which VFIO asks user space to look at, or to give back, a device.
 * MSI-X is in vectors.c.
 *
 * INTx is a level. It is delivered by one eventfd signal and masks itself then
 * (automask); when user space unmasks it and the level is still high, it is
 * delivered again. MSI is delivered when the level rises, or when the backend
 * says so. A message is a write to memory: where the guest has not enabled bus
 * mastering it is lost, as it is on a bus. The pin needs none.
 *
 * Interrupts that are too many (guard.c) are held back and tried again a
 * little later; MSIs that come meanwhile are joined to one.
 */
#include <linux/eventfd.h>
#include <vgpu/compat.h>

#include "../core.h"
#include "../guard/guard.h"
#include "bus.h"

/* When an interrupt that was held back is tried again. */
#define RETRY_MS	10

static void signal_trigger(struct vgpu_irqs *irqs, unsigned int index)
	__must_hold(&irqs->lock)
{
	lockdep_assert_held(&irqs->lock);
	if (irqs->trigger[index])
		vgpu_eventfd_signal(irqs->trigger[index]);
}

/**
 * vgpu_irq_retry() - deliver a little later what is held back now
 * @vd: the instance, not closed: interrupt lock held
 */
void vgpu_irq_retry(struct vgpu_vdev *vd)
	__must_hold(&vd->irqs.lock)
{
	lockdep_assert_held(&vd->irqs.lock);
	schedule_delayed_work(&vd->irqs.retry, msecs_to_jiffies(RETRY_MS));
}

static bool allowed(struct vgpu_vdev *vd)
	__must_hold(&vd->irqs.lock)
{
	lockdep_assert_held(&vd->irqs.lock);
	if (vd->irqs.held)
		return false;
	if (vgpu_guard_event(vd, VGPU_GUARD_IRQS))
		return true;
	vgpu_irq_retry(vd);
	return false;
}

static void deliver_intx(struct vgpu_vdev *vd)
	__must_hold(&vd->irqs.lock)
{
	struct vgpu_irqs *irqs = &vd->irqs;

	lockdep_assert_held(&irqs->lock);
	if (!irqs->level || irqs->masked || irqs->intx_off ||
	    !irqs->trigger[VFIO_PCI_INTX_IRQ_INDEX] || !allowed(vd))
		return;
	irqs->masked = true;
	signal_trigger(irqs, VFIO_PCI_INTX_IRQ_INDEX);
}

static void deliver_msi(struct vgpu_vdev *vd)
	__must_hold(&vd->irqs.lock)
{
	struct vgpu_irqs *irqs = &vd->irqs;

	lockdep_assert_held(&irqs->lock);
	if (!irqs->msi_pending || !irqs->trigger[VFIO_PCI_MSI_IRQ_INDEX] ||
	    !allowed(vd))
		return;
	irqs->msi_pending = false;
	signal_trigger(irqs, VFIO_PCI_MSI_IRQ_INDEX);
}

static void deliver_all(struct vgpu_vdev *vd)
	__must_hold(&vd->irqs.lock)
{
	lockdep_assert_held(&vd->irqs.lock);
	deliver_msi(vd);
	deliver_intx(vd);
	vgpu_vectors_deliver(vd);
}

static void retry_work(struct work_struct *work)
{
	struct vgpu_vdev *vd = container_of(to_delayed_work(work),
					    struct vgpu_vdev, irqs.retry);

	spin_lock_irq(&vd->irqs.lock);
	deliver_all(vd);
	spin_unlock_irq(&vd->irqs.lock);
}

/**
 * vgpu_irq_hold() - hold all interrupts back, or let them go
 * @vd: the instance; trap lock held
 * @hold: which of these
 *
 * They stay pending meanwhile. Events that have no state go on.
 */
void vgpu_irq_hold(struct vgpu_vdev *vd, bool hold)
{
	lockdep_assert_held(&vd->trap_lock);
	spin_lock_irq(&vd->irqs.lock);
	vd->irqs.held = hold;
	deliver_all(vd);
	spin_unlock_irq(&vd->irqs.lock);
}

/* Without a listener an MSI is lost, as it is on a bus. */
static void raise_msi(struct vgpu_vdev *vd)
	__must_hold(&vd->irqs.lock)
{
	struct vgpu_irqs *irqs = &vd->irqs;

	lockdep_assert_held(&irqs->lock);
	if (irqs->master && irqs->trigger[VFIO_PCI_MSI_IRQ_INDEX])
		irqs->msi_pending = true;
}

/**
 * vgpu_irq_raise() - an interrupt of a function that has messages
 * @inst: the instance
 * @vector: of MSI-X; a function without it has one vector, 0, by MSI
 *
 * A vector that does not exist, or that nobody listens to, is lost. Any context,
 * between instance_init() and instance_fini().
 */
void vgpu_irq_raise(struct vgpu_instance *inst, unsigned int vector)
{
	struct vgpu_vdev *vd = inst_to_vd(inst);
	struct vgpu_irqs *irqs = &vd->irqs;
	unsigned long flags;

	spin_lock_irqsave(&irqs->lock, flags);
	if (vector < irqs->msix.nr)
		vgpu_vectors_raise(vd, vector);
	else if (!irqs->msix.nr && !vector)
		raise_msi(vd);
	deliver_msi(vd);
	spin_unlock_irqrestore(&irqs->lock, flags);
}
EXPORT_SYMBOL_GPL(vgpu_irq_raise);

/**
 * vgpu_irq_set() - the function's interrupt condition
 * @inst: the instance
 * @level: true while an enabled interrupt is pending. Trap context
 */
void vgpu_irq_set(struct vgpu_instance *inst, bool level)
{
	struct vgpu_vdev *vd = inst_to_vd(inst);
	struct vgpu_irqs *irqs = &vd->irqs;

	lockdep_assert_held(&vd->trap_lock);
	vgpu_config_set_intx_status(&vd->cfg, level);

	spin_lock_irq(&irqs->lock);
	if (level && !irqs->level)
		raise_msi(vd);
	irqs->level = level;
	deliver_msi(vd);
	deliver_intx(vd);
	spin_unlock_irq(&irqs->lock);
}
EXPORT_SYMBOL_GPL(vgpu_irq_set);

/**
 * vgpu_irq_notify() - signal an event that has no state
 * @vd: the instance
 * @index: the VFIO interrupt index
 *
 * Return: true when somebody listens. Any context.
 */
bool vgpu_irq_notify(struct vgpu_vdev *vd, unsigned int index)
{
	unsigned long flags;
	bool listened;

	spin_lock_irqsave(&vd->irqs.lock, flags);
	listened = vd->irqs.trigger[index];
	signal_trigger(&vd->irqs, index);
	spin_unlock_irqrestore(&vd->irqs.lock, flags);
	return listened;
}

/**
 * vgpu_irq_command() - the guest may have enabled or disabled interrupts
 * @vd: the instance; trap lock held
 */
void vgpu_irq_command(struct vgpu_vdev *vd)
{
	struct vgpu_irqs *irqs = &vd->irqs;

	lockdep_assert_held(&vd->trap_lock);
	spin_lock_irq(&irqs->lock);
	irqs->intx_off = vgpu_config_intx_off(&vd->cfg);
	irqs->master = vgpu_config_master_on(&vd->cfg);
	if (!irqs->master)
		irqs->msi_pending = false;
	deliver_msi(vd);
	deliver_intx(vd);
	vgpu_vectors_command(vd);
	spin_unlock_irq(&irqs->lock);
}

static void set_masked(struct vgpu_vdev *vd, bool masked)
{
	struct vgpu_irqs *irqs = &vd->irqs;

	spin_lock_irq(&irqs->lock);
	irqs->masked = masked;
	deliver_intx(vd);
	spin_unlock_irq(&irqs->lock);
}

/*
 * Unmasking by eventfd, from a work item: in the wakeup itself the eventfd's
 * lock is held, and signal_trigger() takes such a lock under ours. It may even
 * be the same one, for user space chooses the eventfds.
 */
static void unmask_thread(void *opaque, void *unused)
{
	set_masked(opaque, false);
}

/*
 * When this returns, unmask_thread() does not run and will not. That holds also
 * when user space has closed the eventfd before, upon which VFIO forgets it by
 * itself, but a work item may be under way: disabling waits for these even then.
 */
static void unmask_stop(struct vgpu_irqs *irqs)
{
	vfio_virqfd_disable(&irqs->unmask);
}

static int set_trigger(struct vgpu_vdev *vd, unsigned int index, s32 fd)
{
	struct vgpu_irqs *irqs = &vd->irqs;
	struct eventfd_ctx *ctx = NULL, *old;

	if (fd < -1)
		return -EINVAL;
	if (fd >= 0) {
		ctx = eventfd_ctx_fdget(fd);
		if (IS_ERR(ctx))
			return PTR_ERR(ctx);
	}

	spin_lock_irq(&irqs->lock);
	old = irqs->trigger[index];
	irqs->trigger[index] = ctx;
	if (index == VFIO_PCI_INTX_IRQ_INDEX) {
		irqs->masked = false;
		deliver_intx(vd);
	}
	/* Held back, or loaded: for whoever listens now. */
	if (index == VFIO_PCI_MSI_IRQ_INDEX) {
		irqs->msi_pending &= !!ctx;
		deliver_msi(vd);
	}
	/*
	 * Whoever lost the GPU, or faulted the instance, has set that before it looked
	 * for listeners; and one that caused too many faults begins with one.
	 */
	if (index == VFIO_PCI_ERR_IRQ_INDEX &&
	    (READ_ONCE(vd->pd->lost) || READ_ONCE(vd->faulted)))
		signal_trigger(irqs, index);
	spin_unlock_irq(&irqs->lock);
	if (old)
		eventfd_ctx_put(old);
	if (index == VFIO_PCI_INTX_IRQ_INDEX && !ctx)
		unmask_stop(irqs);
	return 0;
}

static int set_unmask(struct vgpu_vdev *vd, s32 fd)
{
	unmask_stop(&vd->irqs);
	if (fd < 0)
		return fd == -1 ? 0 : -EINVAL;
	return vfio_virqfd_enable(vd, NULL, unmask_thread, NULL,
				  &vd->irqs.unmask, fd);
}

/* What @flags say of one interrupt: does its data ask for the action. */
static bool data_true(const struct vfio_irq_set *hdr, const void *data)
{
	return hdr->flags & VFIO_IRQ_SET_DATA_NONE || *(const u8 *)data;
}

static int set_mask_action(struct vgpu_vdev *vd, const struct vfio_irq_set *hdr,
			   void *data, bool mask)
{
	if (hdr->index != VFIO_PCI_INTX_IRQ_INDEX || !hdr->count)
		return -EINVAL;
	if (!vd->irqs.trigger[VFIO_PCI_INTX_IRQ_INDEX])
		return -EINVAL;
	if (hdr->flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return mask ? -ENOTTY : set_unmask(vd, *(s32 *)data);
	if (data_true(hdr, data))
		set_masked(vd, mask);
	return 0;
}

static int set_trigger_action(struct vgpu_vdev *vd,
			      const struct vfio_irq_set *hdr, void *data)
{
	if (!hdr->count)	/* DATA_NONE without interrupts: turn it off */
		return hdr->flags & VFIO_IRQ_SET_DATA_NONE ?
		       set_trigger(vd, hdr->index, -1) : -EINVAL;
	if (hdr->flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return set_trigger(vd, hdr->index, *(s32 *)data);
	if (!vd->irqs.trigger[hdr->index])
		return -EINVAL;
	if (data_true(hdr, data))
		vgpu_irq_notify(vd, hdr->index);
	return 0;
}

/**
 * vgpu_irq_set_irqs() - VFIO_DEVICE_SET_IRQS
 * @vd: the instance; trap lock held
 * @hdr: validated against vgpu_irq_info()
 * @data: its data, NULL for DATA_NONE
 *
 * Return: 0, -EINVAL, -ENOTTY for what cannot be done to this interrupt.
 */
int vgpu_irq_set_irqs(struct vgpu_vdev *vd, const struct vfio_irq_set *hdr,
		      void *data)
{
	lockdep_assert_held(&vd->trap_lock);
	if (hdr->index == VFIO_PCI_MSIX_IRQ_INDEX)
		return vgpu_vectors_set(vd, hdr, data);
	switch (hdr->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) {
	case VFIO_IRQ_SET_ACTION_MASK:
		return set_mask_action(vd, hdr, data, true);
	case VFIO_IRQ_SET_ACTION_UNMASK:
		return set_mask_action(vd, hdr, data, false);
	case VFIO_IRQ_SET_ACTION_TRIGGER:
		return set_trigger_action(vd, hdr, data);
	default:
		return -ENOTTY;
	}
}

/**
 * vgpu_irq_info() - VFIO_DEVICE_GET_IRQ_INFO
 * @vd: the instance
 * @info: @info->index says which; the rest is filled in
 *
 * Return: 0, -EINVAL for an index that does not exist.
 */
int vgpu_irq_info(struct vgpu_vdev *vd, struct vfio_irq_info *info)
{
	switch (info->index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		info->flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE |
			      VFIO_IRQ_INFO_AUTOMASKED;
		info->count = vd->cfg.pci->intx;
		return 0;
	case VFIO_PCI_MSI_IRQ_INDEX:
		info->flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
		info->count = !!vd->cfg.cap[PCI_CAP_ID_MSI];
		return 0;
	case VFIO_PCI_ERR_IRQ_INDEX:
	case VFIO_PCI_REQ_IRQ_INDEX:
		info->flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
		info->count = 1;
		return 0;
	case VFIO_PCI_MSIX_IRQ_INDEX:
		info->flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE;
		info->count = vd->irqs.msix.nr;
		return 0;
	default:
		return -EINVAL;
	}
}

/**
 * vgpu_irq_init() - nobody listens yet
 * @vd: the instance
 */
void vgpu_irq_init(struct vgpu_vdev *vd)
{
	spin_lock_init(&vd->irqs.lock);
	INIT_DELAYED_WORK(&vd->irqs.retry, retry_work);
}

/* Nothing is pending any more; who listens goes on to. */
static void irq_reset(struct vgpu_instance *inst)
{
	struct vgpu_vdev *vd = inst_to_vd(inst);

	spin_lock_irq(&vd->irqs.lock);
	vd->irqs.msi_pending = false;
	vgpu_vectors_reset(vd);
	spin_unlock_irq(&vd->irqs.lock);
	vgpu_irq_set(inst, false);
	vgpu_irq_command(vd);
}

/* Nobody listens, so that nothing is held back any more. */
static void irq_close(struct vgpu_instance *inst)
{
	struct vgpu_vdev *vd = inst_to_vd(inst);
	unsigned int i;

	mutex_lock(&vd->trap_lock);
	unmask_stop(&vd->irqs);
	for (i = 0; i < VFIO_PCI_NUM_IRQS; i++)
		set_trigger(vd, i, -1);
	vgpu_vectors_close(vd);
	mutex_unlock(&vd->trap_lock);
	cancel_delayed_work_sync(&vd->irqs.retry);
}

/*
 * What user space has set up by VFIO it sets up anew: where interrupts go, and
 * whether INTx waits to be unmasked. The rest follows from configuration space.
 */
static void irq_save(struct vgpu_instance *inst, struct vgpu_writer *w)
{
	struct vgpu_vdev *vd = inst_to_vd(inst);

	spin_lock_irq(&vd->irqs.lock);
	vgpu_put_u8(w, vd->irqs.level);
	vgpu_put_u8(w, vd->irqs.msi_pending);
	vgpu_msix_save(&vd->irqs.msix, w);
	spin_unlock_irq(&vd->irqs.lock);
}

static void irq_load(struct vgpu_instance *inst, struct vgpu_reader *r)
{
	struct vgpu_vdev *vd = inst_to_vd(inst);
	bool level = vgpu_get(r, "level", 1, 1);
	bool msi_pending = vgpu_get(r, "msi_pending", 1, 1);

	vgpu_config_set_intx_status(&vd->cfg, level);
	spin_lock_irq(&vd->irqs.lock);
	vd->irqs.level = level;
	vd->irqs.msi_pending = msi_pending;
	vgpu_msix_load(&vd->irqs.msix, r);
	spin_unlock_irq(&vd->irqs.lock);
	if (vgpu_reader_ok(r))
		vgpu_irq_command(vd);
}

const struct vgpu_section vgpu_irq_section = {
	.id = 5,
	.version = 1,
	.name = "interrupts",
	.reset = irq_reset,
	.save = irq_save,
	.load = irq_load,
	.close = irq_close,
};
