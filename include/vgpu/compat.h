/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything that differs between the kernels of docs/compatibility.md.
 * The logic is written for the newest; older ones get what they lack here.
 */
#ifndef _VGPU_COMPAT_H
#define _VGPU_COMPAT_H

#include <linux/eventfd.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/pci_ids.h>
#include <linux/version.h>
#include <linux/vfio.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#include <linux/pfn_t.h>
#endif
/* Old ones include nothing of what they need: last. */
#include <linux/fault-inject.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#include <asm/unaligned.h>
#else
#include <linux/unaligned.h>
#endif

/* v6.2 named the class of processing accelerators. */
#ifndef PCI_CLASS_ACCELERATOR_PROCESSING
#define PCI_CLASS_ACCELERATOR_PROCESSING	0x1200
#endif

/* v6.8 took the count away: it was always 1. */
static inline void vgpu_eventfd_signal(struct eventfd_ctx *ctx)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	eventfd_signal(ctx, 1);
#else
	eventfd_signal(ctx);
#endif
}

/* v6.3 put changes of vm_flags behind functions. */
static inline void vgpu_vm_flags(struct vm_area_struct *vma,
				 unsigned long set, unsigned long clear)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#else
	vm_flags_mod(vma, set, clear);
#endif
}

/*
 * Mappings of PMD_SIZE without a struct page behind them: v6.6 gave the fault its
 * order, v6.12 lets KVM look them up, v6.17 takes a plain number.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0) && \
	defined(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP)
#define VGPU_PMD_FAULTS
static inline vm_fault_t vgpu_insert_pmd(struct vm_fault *vmf,
					 unsigned long pfn)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
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
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	timer->function = fn;
#else
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
#endif
}

/* v6.2 brought iommufd, v6.6 let a device be detached. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define VGPU_IOMMUFD_OPS
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define VGPU_IOMMUFD_OPS \
	.bind_iommufd = vfio_iommufd_emulated_bind, \
	.unbind_iommufd = vfio_iommufd_emulated_unbind, \
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
#else
#define VGPU_IOMMUFD_OPS \
	.bind_iommufd = vfio_iommufd_emulated_bind, \
	.unbind_iommufd = vfio_iommufd_emulated_unbind, \
	.attach_ioas = vfio_iommufd_emulated_attach_ioas, \
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
#endif

/* Before v6.2 a driver had to free its device itself. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define VGPU_RELEASE_OPS	.release = vfio_free_device,
#else
#define VGPU_RELEASE_OPS
#endif

/* v6.19 took the frame of VFIO_DEVICE_GET_REGION_INFO into the VFIO core. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
#define VGPU_REGION_INFO_OPS
#else
#define VGPU_REGION_INFO_OPS \
	.get_region_info_caps = vgpu_describe_region,
#endif

#endif /* _VGPU_COMPAT_H */
