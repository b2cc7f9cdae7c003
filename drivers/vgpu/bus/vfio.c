// SPDX-License-Identifier: GPL-2.0
/*
 * A vGPU as a VFIO device: opening, closing, and the ioctls. What an ioctl
 * gets from user space is checked here; the work is done elsewhere.
 */
#include <linux/pci_ids.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <vgpu/compat.h>

#include "../core.h"
#include "../display/display.h"
#include "../guard/guard.h"
#include "../work/sched.h"
#include "bus.h"

/* The display region is of no public type: its use is said by the plane. */
#define REGION_TYPE_DISPLAY	(VFIO_REGION_TYPE_PCI_VENDOR_TYPE | \
				 PCI_VENDOR_ID_REDHAT_QUMRANET)
#define REGION_SUBTYPE_DISPLAY	1

static struct vgpu_vdev *to_vd(struct vfio_device *vdev)
{
	return container_of(vdev, struct vgpu_vdev, vdev);
}

static int vgpu_open_device(struct vfio_device *vdev)
{
	struct vgpu_vdev *vd = to_vd(vdev);
	int ret;

	if (READ_ONCE(vd->pd->lost))
		return -EIO;
	ret = vgpu_map_open(vd);
	if (ret)
		return ret;
	mutex_lock(&vd->trap_lock);
	vgpu_function_reset(vd);
	vgpu_sched_join(vd);
	mutex_unlock(&vd->trap_lock);
	return 0;
}

static void vgpu_close_device(struct vfio_device *vdev)
{
	struct vgpu_vdev *vd = to_vd(vdev);

	vd->pd->moving->close(vd);
}

static ssize_t vgpu_read(struct vfio_device *vdev, char __user *buf,
			 size_t count, loff_t *ppos)
{
	return vgpu_region_rw(to_vd(vdev), buf, count, ppos, false);
}

static ssize_t vgpu_write(struct vfio_device *vdev, const char __user *buf,
			  size_t count, loff_t *ppos)
{
	return vgpu_region_rw(to_vd(vdev), (char __user *)buf, count, ppos,
			      true);
}

static int vgpu_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	return vgpu_map_mmap(to_vd(vdev), vma);
}

/* Somebody wants the instance removed: tell user space, and tell an operator. */
static void vgpu_request(struct vfio_device *vdev, unsigned int count)
{
	struct vgpu_vdev *vd = to_vd(vdev);

	if (!vgpu_irq_notify(vd, VFIO_PCI_REQ_IRQ_INDEX) && !(count % 10))
		dev_notice(vdev->dev,
			   "to be removed, but its user does not listen\n");
}

/* What has no display has no regions for it either. */
static unsigned int nr_regions(const struct vgpu_vdev *vd)
{
	return vd->inst.type->num_heads ? VGPU_NR_REGIONS : VGPU_REGION_EDID;
}

static long get_info(struct vgpu_vdev *vd, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = nr_regions(vd);
	info.num_irqs = VFIO_PCI_NUM_IRQS;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static int add_type_cap(struct vfio_info_cap *caps, u32 type, u32 subtype)
{
	struct vfio_region_info_cap_type cap = {
		.header.id = VFIO_REGION_INFO_CAP_TYPE,
		.header.version = 1,
		.type = type,
		.subtype = subtype,
	};

	return vfio_info_add_capability(caps, &cap.header, sizeof(cap));
}

/* Which parts of a BAR can be mapped, where not all of it can. */
static int add_sparse_cap(struct vfio_info_cap *caps,
			  const struct vgpu_bar *bar)
{
	struct vfio_region_info_cap_sparse_mmap *cap;
	unsigned int i, nr = vgpu_bar_nr_mapped(bar);
	size_t size = struct_size(cap, areas, nr);
	int ret;

	cap = kzalloc(size, GFP_KERNEL);
	if (!cap)
		return -ENOMEM;
	cap->header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	cap->header.version = 1;
	for (i = 0; i < bar->nr; i++) {
		if (!vgpu_area_mapped(&bar->areas[i]))
			continue;
		cap->areas[cap->nr_areas].offset = bar->areas[i].offset;
		cap->areas[cap->nr_areas].size = bar->areas[i].size;
		cap->nr_areas++;
	}
	ret = vfio_info_add_capability(caps, &cap->header, size);
	kfree(cap);
	return ret;
}

static int describe_bar(const struct vgpu_bar *bar,
			struct vfio_region_info *info,
			struct vfio_info_cap *caps)
{
	if (!vgpu_bar_nr_mapped(bar))
		return 0;
	info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
	return vgpu_bar_all_mapped(bar) ? 0 : add_sparse_cap(caps, bar);
}

static int vgpu_describe_region(struct vfio_device *vdev,
				struct vfio_region_info *info,
				struct vfio_info_cap *caps)
{
	struct vgpu_vdev *vd = to_vd(vdev);
	const u32 rw = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;

	if (info->index >= nr_regions(vd) ||
	    info->index == VFIO_PCI_VGA_REGION_INDEX)
		return -EINVAL;
	info->offset = VGPU_REGION_OFFSET(info->index);
	info->size = vgpu_region_size(vd, info->index);
	info->flags = info->size ? rw : 0;

	switch (info->index) {
	case VFIO_PCI_BAR0_REGION_INDEX ... VFIO_PCI_BAR5_REGION_INDEX:
		return describe_bar(&vd->cfg.bars->bar[info->index], info,
				    caps);
	case VFIO_PCI_ROM_REGION_INDEX:
		info->flags &= ~VFIO_REGION_INFO_FLAG_WRITE;
		return 0;
	case VGPU_REGION_EDID:
		return add_type_cap(caps, VFIO_REGION_TYPE_GFX,
				    VFIO_REGION_SUBTYPE_GFX_EDID);
	case VGPU_REGION_DISPLAY:
		info->flags = VFIO_REGION_INFO_FLAG_READ |
			      VFIO_REGION_INFO_FLAG_MMAP;
		return add_type_cap(caps, REGION_TYPE_DISPLAY,
				    REGION_SUBTYPE_DISPLAY);
	default:
		return 0;
	}
}

/* For kernels that leave this ioctl to the driver; see VGPU_REGION_INFO_OPS. */
static long get_region_info(struct vfio_device *vdev, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_info_cap caps = {};
	struct vfio_region_info info;
	int ret;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	info.cap_offset = 0;
	ret = vgpu_describe_region(vdev, &info, &caps);
	if (ret)
		return ret;

	if (caps.size) {
		info.flags |= VFIO_REGION_INFO_FLAG_CAPS;
		if (info.argsz < sizeof(info) + caps.size) {
			info.argsz = sizeof(info) + caps.size;
		} else {
			vfio_info_cap_shift(&caps, sizeof(info));
			info.cap_offset = sizeof(info);
			if (copy_to_user(arg + sizeof(info), caps.buf,
					 caps.size))
				ret = -EFAULT;
		}
		kfree(caps.buf);
	}
	if (!ret && copy_to_user(arg, &info, minsz))
		ret = -EFAULT;
	return ret;
}

static long get_irq_info(struct vgpu_vdev *vd, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info;
	int ret;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	ret = vgpu_irq_info(vd, &info);
	if (ret)
		return ret;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static long set_irqs(struct vgpu_vdev *vd, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_irq_set, count);
	struct vfio_irq_info info;
	struct vfio_irq_set hdr;
	size_t size = 0;
	void *data = NULL;
	long ret;

	if (copy_from_user(&hdr, arg, minsz))
		return -EFAULT;
	info.index = hdr.index;
	ret = vgpu_irq_info(vd, &info);
	if (ret)
		return ret;
	ret = vfio_set_irqs_validate_and_prepare(&hdr, info.count,
						 VFIO_PCI_NUM_IRQS, &size);
	if (ret)
		return ret;
	if (size) {
		data = memdup_user(arg + minsz, size);
		if (IS_ERR(data))
			return PTR_ERR(data);
	}
	mutex_lock(&vd->trap_lock);
	ret = vgpu_irq_set_irqs(vd, &hdr, data);
	mutex_unlock(&vd->trap_lock);
	kfree(data);
	return ret;
}

static long reset(struct vgpu_vdev *vd)
{
	int ret;

	if (READ_ONCE(vd->pd->lost))
		return -EIO;
	ret = vgpu_guard_wait(vd, VGPU_GUARD_RESETS);
	if (ret)
		return ret;
	vd->pd->moving->reset(vd);
	return 0;
}

static long query_gfx_plane(struct vgpu_vdev *vd, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_device_gfx_plane_info,
					  region_index);
	struct vfio_device_gfx_plane_info plane = {};
	long ret;

	if (copy_from_user(&plane, arg, minsz))
		return -EFAULT;
	if (plane.argsz < minsz || !vd->inst.type->num_heads)
		return -EINVAL;
	mutex_lock(&vd->trap_lock);
	if (READ_ONCE(vd->pd->lost)) {
		vgpu_display_dark(vd);
		ret = -EIO;
	} else {
		ret = vgpu_display_query(vd, vgpu_config_powered(&vd->cfg),
					 &plane);
	}
	vgpu_map_display(vd);
	if (plane.flags == VFIO_GFX_PLANE_TYPE_REGION)
		plane.region_index = VGPU_REGION_DISPLAY;
	mutex_unlock(&vd->trap_lock);
	if (!ret && copy_to_user(arg, &plane, minsz))
		ret = -EFAULT;
	return ret;
}

static long vgpu_ioctl(struct vfio_device *vdev, unsigned int cmd,
		       unsigned long uarg)
{
	void __user *arg = (void __user *)uarg;
	struct vgpu_vdev *vd = to_vd(vdev);

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return get_info(vd, arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return get_region_info(vdev, arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return get_irq_info(vd, arg);
	case VFIO_DEVICE_SET_IRQS:
		return set_irqs(vd, arg);
	case VFIO_DEVICE_RESET:
		return reset(vd);
	case VFIO_DEVICE_QUERY_GFX_PLANE:
		return query_gfx_plane(vd, arg);
	default:
		return -ENOTTY;
	}
}

/*
 * For kernels whose VFIO does not know this feature, but hands it on; see
 * VGPU_FEATURE_OPS.
 */
static int __maybe_unused vgpu_device_feature(struct vfio_device *vdev,
					      u32 flags, void __user *arg,
					      size_t argsz)
{
	struct vfio_device_feature_mig_data_size size = {};
	struct vgpu_vdev *vd = to_vd(vdev);
	int ret;

	if ((flags & VFIO_DEVICE_FEATURE_MASK) !=
	    VFIO_DEVICE_FEATURE_MIG_DATA_SIZE)
		return -ENOTTY;
	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_GET,
				 sizeof(size));
	if (ret != 1)
		return ret;
	size.stop_copy_length = vd->pd->moving->data_size(vd);
	return copy_to_user(arg, &size, sizeof(size)) ? -EFAULT : 0;
}

const struct vfio_device_ops vgpu_vfio_ops = {
	.name = "vgpu",
	.open_device = vgpu_open_device,
	.close_device = vgpu_close_device,
	.read = vgpu_read,
	.write = vgpu_write,
	.ioctl = vgpu_ioctl,
	.mmap = vgpu_mmap,
	.request = vgpu_request,
	VGPU_REGION_INFO_OPS
	VGPU_FEATURE_OPS
	VGPU_RELEASE_OPS
	VGPU_IOMMUFD_OPS
};
