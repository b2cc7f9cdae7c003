/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bus: an instance as a PCI function and a VFIO device.
 */
#ifndef _VGPU_BUS_H
#define _VGPU_BUS_H

#include <linux/mm_types.h>
#include <linux/sizes.h>
#include <linux/types.h>
#include <linux/vfio.h>
#include <vgpu/compat.h>

#include "../guard/window.h"

struct vgpu_area;
struct vgpu_pdev;
struct vgpu_reader;
struct vgpu_section;
struct vgpu_vdev;
struct vgpu_writer;

/* Regions beyond those of every PCI function. */
enum {
	VGPU_REGION_EDID = VFIO_PCI_NUM_REGIONS,
	VGPU_REGION_DISPLAY,
	VGPU_NR_REGIONS,
};

#define VGPU_REGION_OFFSET(i)	((u64)(i) << VGPU_REGION_SHIFT)
#define VGPU_REGION_INDEX(pos)	((u64)(pos) >> VGPU_REGION_SHIFT)
#define VGPU_REGION_MASK	(BIT_ULL(VGPU_REGION_SHIFT) - 1)

/* function.c */
int vgpu_function_init(struct vgpu_pdev *pd);
void vgpu_function_fini(struct vgpu_pdev *pd);
void vgpu_function_reset(struct vgpu_vdev *vd);
void vgpu_function_close(struct vgpu_vdev *vd);
int vgpu_function_halt(struct vgpu_vdev *vd);
void vgpu_function_go(struct vgpu_vdev *vd);
int vgpu_function_save(struct vgpu_vdev *vd, struct vgpu_writer *w);
int vgpu_function_load(struct vgpu_vdev *vd, struct vgpu_reader *r);

/* vfio.c */
extern const struct vfio_device_ops vgpu_vfio_ops;

/* region.c */
extern const struct vgpu_section vgpu_config_section;
extern const struct vgpu_section vgpu_regs_section;
ssize_t vgpu_region_rw(struct vgpu_vdev *vd, char __user *buf, size_t count,
		       loff_t *ppos, bool write);
u64 vgpu_region_size(struct vgpu_vdev *vd, unsigned int index);

/* A fault fills in this much around it: most guests touch all of a frame. */
#define VGPU_FAULT_AROUND	SZ_2M

/* map.c */
extern const struct vgpu_section vgpu_map_section;
void vgpu_map_init(struct vgpu_vdev *vd);
int vgpu_map_open(struct vgpu_vdev *vd);
int vgpu_map_mmap(struct vgpu_vdev *vd, struct vm_area_struct *vma);
void vgpu_map_decode(struct vgpu_vdev *vd);
void vgpu_map_zap(struct vgpu_vdev *vd, unsigned int index, u64 offset,
		  u64 size);
void vgpu_map_zap_vram(struct vgpu_vdev *vd, u64 offset, u64 size);
vm_fault_t vgpu_map_insert(struct vgpu_vdev *vd, struct vm_fault *vmf, u64 pos,
			   unsigned long around, pgprot_t prot);
void vgpu_map_display(struct vgpu_vdev *vd);

/* track.c */
int vgpu_track_start(struct vgpu_vdev *vd);
void vgpu_track_stop(struct vgpu_vdev *vd);
int vgpu_track_take(struct vgpu_vdev *vd, u64 *offset, u64 *size);
int vgpu_track_move(struct vgpu_vdev *vd, u64 to);
u64 vgpu_track_bytes(struct vgpu_vdev *vd);
void vgpu_track_count(struct vgpu_vdev *vd);
u64 vgpu_track_rate(struct vgpu_vdev *vd);
unsigned long vgpu_track_touch(struct vgpu_vdev *vd, u64 pos);

/* doorbell.c */
extern const struct vgpu_section vgpu_doorbells_section;
int vgpu_doorbell_init(struct vgpu_vdev *vd);
void vgpu_doorbell_fini(struct vgpu_vdev *vd);
void vgpu_doorbell_unmapped(struct vgpu_vdev *vd);
vm_fault_t vgpu_doorbell_fault(struct vm_fault *vmf, struct vgpu_vdev *vd,
			       const struct vgpu_area *area, u64 offset);
int vgpu_doorbell_access(struct vgpu_vdev *vd, const struct vgpu_area *area,
			 u8 *buf, size_t n, u64 offset, bool write);

/* irq.c */
extern const struct vgpu_section vgpu_irq_section;
void vgpu_irq_init(struct vgpu_vdev *vd);
void vgpu_irq_retry(struct vgpu_vdev *vd)
	__must_hold(&vd->irqs.lock);
void vgpu_irq_hold(struct vgpu_vdev *vd, bool hold);
void vgpu_irq_command(struct vgpu_vdev *vd);
bool vgpu_irq_notify(struct vgpu_vdev *vd, unsigned int index);
int vgpu_irq_info(struct vgpu_vdev *vd, struct vfio_irq_info *info);
int vgpu_irq_set_irqs(struct vgpu_vdev *vd, const struct vfio_irq_set *hdr,
		      void *data);

/* vectors.c */
int vgpu_vectors_init(struct vgpu_vdev *vd);
void vgpu_vectors_fini(struct vgpu_vdev *vd);
void vgpu_vectors_reset(struct vgpu_vdev *vd)
	__must_hold(&vd->irqs.lock);
void vgpu_vectors_close(struct vgpu_vdev *vd);
void vgpu_vectors_command(struct vgpu_vdev *vd)
	__must_hold(&vd->irqs.lock);
void vgpu_vectors_deliver(struct vgpu_vdev *vd)
	__must_hold(&vd->irqs.lock);
enum vgpu_window_state vgpu_vectors_guard(struct vgpu_vdev *vd);
void vgpu_vectors_raise(struct vgpu_vdev *vd, unsigned int v)
	__must_hold(&vd->irqs.lock);
void vgpu_vectors_access(struct vgpu_vdev *vd, u64 pos, u8 *buf, size_t n,
			 bool write);
int vgpu_vectors_set(struct vgpu_vdev *vd, const struct vfio_irq_set *hdr,
		     const void *data);

#endif /* _VGPU_BUS_H */
