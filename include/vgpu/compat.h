/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything that differs between the kernels of docs/compatibility.md.
 * The logic is written for the newest; older ones get what they lack here. What
 * a kernel has is found out by the Kbuild beside this file, not by its version.
 */
#ifndef _VGPU_COMPAT_H
#define _VGPU_COMPAT_H

#include <linux/eventfd.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/pci_ids.h>
#include <linux/vfio.h>
#ifdef VGPU_HAS_PFN_T
#include <linux/pfn_t.h>
#endif
/* Old ones include nothing of what they need: last. */
#include <linux/fault-inject.h>

/* Since v6.12. */
#ifdef VGPU_HAS_LINUX_UNALIGNED
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* v6.2 named the class of processing accelerators. */
#ifndef PCI_CLASS_ACCELERATOR_PROCESSING
#define PCI_CLASS_ACCELERATOR_PROCESSING	0x1200
#endif

/*
 * To sparse the kernel's __must_hold() says only that a function begins and ends with a
 * lock. This one has sparse look at its callers, too: at a call the count of locks that
 * are held must be one or more ("context check failure"). Of three contexts the first
 * is what sparse looks for at a call; the others do nothing there, and make 1 and 1 of
 * all of them, which is what the function itself begins and ends with.
 * v7.0 left this to clang, and tells sparse nothing of locks.
 */
#if defined(__CHECKER__) && !defined(__requires_ctx_lock)
#undef __must_hold
#define __must_hold(lock) \
	__attribute__((context(lock, -1, 1), context(0, -2), context(2, 2)))
#endif

/* v6.8 took the count away: it was always 1. */
static inline void vgpu_eventfd_signal(struct eventfd_ctx *ctx)
{
#ifdef VGPU_HAS_EVENTFD_SIGNAL_BARE
	eventfd_signal(ctx);
#else
	eventfd_signal(ctx, 1);
#endif
}

/* v6.3 put changes of vm_flags behind functions. */
static inline void vgpu_vm_flags(struct vm_area_struct *vma,
				 unsigned long set, unsigned long clear)
{
#ifdef VGPU_HAS_VM_FLAGS_MOD
	vm_flags_mod(vma, set, clear);
#else
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#endif
}

/*
 * Mappings of PMD_SIZE without a struct page behind them: v6.6 gave the fault its
 * order, v6.12 lets KVM look them up, v6.17 takes a plain number.
 */
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
#define VGPU_PMD_FAULTS
static inline vm_fault_t vgpu_insert_pmd(struct vm_fault *vmf,
					 unsigned long pfn)
{
#ifdef VGPU_HAS_PFN_T
	return vmf_insert_pfn_pmd(vmf, __pfn_to_pfn_t(pfn, 0), false);
#else
	return vmf_insert_pfn_pmd(vmf, pfn, false);
#endif
}
#endif

/* v6.13 joined the callback to the set-up. */
static inline void
vgpu_hrtimer_setup(struct hrtimer *timer,
		   enum hrtimer_restart (*fn)(struct hrtimer *))
{
#ifdef VGPU_HAS_HRTIMER_SETUP
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	timer->function = fn;
#endif
}

/*
 * v6.2 brought iommufd, v6.6 let a device be detached. Until v6.4 a callback had
 * to be there for memory that goes: VFIO calls it, for instance for a vGPU of
 * another vendor that has pinned memory of the same VM. Ours pins none; where it
 * need not be there it does no harm.
 */
static inline void vgpu_dma_unmap(struct vfio_device *vdev, u64 iova,
				  u64 length)
{
}

#define VGPU_IOMMUFD_BIND_OPS \
	.bind_iommufd = vfio_iommufd_emulated_bind, \
	.unbind_iommufd = vfio_iommufd_emulated_unbind, \
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,

#ifdef VGPU_HAS_IOMMUFD_DETACH
#define VGPU_IOMMUFD_OPS \
	VGPU_IOMMUFD_BIND_OPS \
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
#elif defined(VGPU_HAS_IOMMUFD)
#define VGPU_IOMMUFD_OPS \
	VGPU_IOMMUFD_BIND_OPS \
	.dma_unmap = vgpu_dma_unmap,
#else
#define VGPU_IOMMUFD_OPS
#endif

/* Before v6.2 a driver had to free its device itself. */
#ifdef VGPU_HAS_VFIO_FREE_DEVICE
#define VGPU_RELEASE_OPS	.release = vfio_free_device,
#else
#define VGPU_RELEASE_OPS
#endif

/* v6.19 took the frame of VFIO_DEVICE_GET_REGION_INFO into the VFIO core. */
#ifdef VGPU_HAS_REGION_INFO_CAPS
#define VGPU_REGION_INFO_OPS \
	.get_region_info_caps = vgpu_describe_region,
#else
#define VGPU_REGION_INFO_OPS
#endif

/*
 * v6.2 lets user space ask how much there is to migrate. Older ones hand what they do
 * not know on to the driver.
 */
#ifdef VGPU_HAS_MIG_DATA_SIZE
#define VGPU_DATA_SIZE_OPS	.migration_get_data_size = vgpu_get_data_size,
#define VGPU_FEATURE_OPS
#else
#define VFIO_DEVICE_FEATURE_MIG_DATA_SIZE	9
struct vfio_device_feature_mig_data_size {
	__aligned_u64 stop_copy_length;
};

#define VGPU_DATA_SIZE_OPS
#define VGPU_FEATURE_OPS	.device_feature = vgpu_device_feature,
#endif

/*
 * v6.7 made the bitmap of what a device has written iommufd's. VFIO without it starts
 * logging, and then fails to report: better not to offer it.
 */
#if defined(VGPU_HAS_IOVA_BITMAP_OF_IOMMUFD) && \
	!IS_ENABLED(CONFIG_IOMMUFD_DRIVER)
#define VGPU_LOG_OPS	NULL
#else
#define VGPU_LOG_OPS	(&vgpu_log_ops)
#endif

/* v6.2 lets a device be copied while it runs. Older ones never ask for it. */
#ifndef VFIO_MIGRATION_PRE_COPY
#define VFIO_MIGRATION_PRE_COPY		0
#define VFIO_DEVICE_STATE_PRE_COPY	6
#define VFIO_DEVICE_STATE_PRE_COPY_P2P	7
#define VFIO_MIG_GET_PRECOPY_INFO	_IO(VFIO_TYPE, VFIO_BASE + 21)
struct vfio_precopy_info {
	__u32 argsz;
	__u32 flags;
	__aligned_u64 initial_bytes;
	__aligned_u64 dirty_bytes;
};
#endif

#endif /* _VGPU_COMPAT_H */
