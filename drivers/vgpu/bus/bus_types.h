/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the core keeps of an instance's PCI function, beside its configuration
 * space and registers.
 */
#ifndef _VGPU_BUS_TYPES_H
#define _VGPU_BUS_TYPES_H

#include <linux/list.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/vfio.h>
#include <linux/workqueue.h>
#include <vgpu/pci.h>

#include "../display/display_types.h"
#include "../guard/window.h"
#include "bell.h"
#include "msix.h"

struct eventfd_ctx;
struct file;
struct mm_struct;
struct vgpu_dirty;
struct virqfd;

/**
 * struct vgpu_vector - one MSI-X vector; its mask and pending bit are in the table
 * @trigger: where it goes, or NULL
 * @guard: how often it did so; protected by the guard lock
 */
struct vgpu_vector {
	struct eventfd_ctx *trigger;
	struct vgpu_window guard;
};

/**
 * struct vgpu_irqs - an instance's interrupts
 * @lock: protects all of it but @unmask and @retry; taken in interrupts, too
 * @trigger: where each VFIO interrupt index goes, or NULL; MSI-X has @vectors
 * @unmask: eventfd that unmasks INTx, or NULL; under trap_lock
 * @level: the function wants attention
 * @masked: INTx was delivered, or masked by user space
 * @intx_off: the guest disabled the pin in its command register
 * @master: messages may leave the function, by its command register
 * @msi_pending: an MSI was held back
 * @msix_on: the guest enabled MSI-X
 * @msix_held: the guest masked all of its vectors at once
 * @held: the function stands still: all are held back until it goes on
 * @msix: its table
 * @vectors: one for each row of the table
 * @retry: delivers what was held back; owns no reference, cancelled on close
 */
struct vgpu_irqs {
	spinlock_t lock;		/* all but unmask */
	struct eventfd_ctx *trigger[VFIO_PCI_NUM_IRQS];
	struct virqfd *unmask;
	bool level;
	bool masked;
	bool intx_off;
	bool master;
	bool msi_pending;
	bool msix_on;
	bool msix_held;
	bool held;
	struct vgpu_msix msix;
	struct vgpu_vector *vectors;
	struct delayed_work retry;
};

/**
 * struct vgpu_map - what user space has mapped
 * @sem: protects all of it but @dirty and @dirty_rate
 * @file: stands behind the mappings of this opening of the device, or NULL
 * @mm: who maps doorbells, or has mapped memory first, or NULL; only the structure is
 *	kept
 * @bells: @mm maps doorbells
 * @memory_on: what BARs map may be touched
 * @view: what of the display is mapped
 * @aliases: files of the backend's by which the partition is mapped, too
 * @dirty: what has been written, while somebody copies the partition, or NULL. Then no
 *	page of a clean block is mapped writable. Set and cleared by whoever copies, read
 *	under RCU
 * @dirty_rate: what was written when it was copied last, bytes a second, of this
 *	opening of the device; %VGPU_RATE_UNKNOWN when it was not. Read without a lock
 */
struct vgpu_map {
	struct rw_semaphore sem;
	struct file *file;
	struct mm_struct *mm;
	bool bells;
	bool memory_on;
	struct vgpu_view view;
	struct list_head aliases;
	struct vgpu_dirty __rcu *dirty;
	u64 dirty_rate;
};

/**
 * struct vgpu_doorbell - pages by which a guest says that there is work
 * @area: where they are in @bar; NULL when there is no such doorbell
 * @bar: number of the BAR
 * @pages: the pages, vmalloc'ed; NULL where they are the partition's
 * @bell: whether they are mapped
 */
struct vgpu_doorbell {
	const struct vgpu_area *area;
	unsigned int bar;
	void *pages;
	struct vgpu_bell bell;
};

#endif /* _VGPU_BUS_TYPES_H */
