// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a vGPU: from a write to create to a write to remove.
 *
 * The mdev core calls probe and remove. Between them the instance owns its
 * partition, its number and its registers; VFIO counts who else holds on to
 * the structure (an open file, a mapping), which is why memory goes back with
 * the last reference while everything else goes back in remove, after VFIO has
 * made sure that nobody has the device open.
 */
#include <linux/mm.h>

#include "../core.h"
#include "../bus/bus.h"
#include "../display/display.h"
#include "../guard/guard.h"
#include "../migrate/migrate.h"
#include "../work/sched.h"
#include "host.h"

static void say_refusal(struct vgpu_pdev *pd,
			const struct vgpu_type_desc *type)
{
	lockdep_assert_held(&pd->lock);
	snprintf(pd->refusal, sizeof(pd->refusal),
		 "vram: type %s needs %llu bytes in one block, largest free is %llu; largest type that fits: %s",
		 type->name, type->vram_size,
		 vgpu_largest_free(pd),
		 vgpu_largest_type(pd));
	dev_warn(pd->gpu.desc.dev, "vGPU refused: %s\n", pd->refusal);
}

/* Take engines, a partition and a number. */
static int take_resources(struct vgpu_vdev *vd)
{
	struct vgpu_pdev *pd = vd->pd;
	struct vgpu_instance *inst = &vd->inst;
	u8 slice;
	int id, ret;

	if (READ_ONCE(pd->lost))
		return -EIO;
	mutex_lock(&pd->lock);
	ret = vgpu_entitle_place(vd, &slice);
	if (!ret)
		ret = vgpu_parts_alloc(&pd->parts, slice, inst->vram_size,
				       &inst->vram_offset);
	if (ret) {
		say_refusal(pd, inst->type);
		goto err_place;
	}
	id = ida_alloc(&pd->ids, GFP_KERNEL);
	if (id < 0) {
		ret = id;
		goto err_partition;
	}
	inst->id = id;
	mutex_unlock(&pd->lock);
	return 0;

err_partition:
	vgpu_parts_free(&pd->parts, inst->vram_offset, inst->vram_size);
err_place:
	vgpu_entitle_release(vd);
	mutex_unlock(&pd->lock);
	return ret;
}

static void give_resources_back(struct vgpu_vdev *vd)
{
	struct vgpu_pdev *pd = vd->pd;

	mutex_lock(&pd->lock);
	vgpu_entitle_release(vd);
	ida_free(&pd->ids, vd->inst.id);
	vgpu_parts_free(&pd->parts, vd->inst.vram_offset, vd->inst.vram_size);
	mutex_unlock(&pd->lock);
}

static void free_state(struct vgpu_vdev *vd)
{
	vgpu_display_fini(vd);
	vgpu_doorbell_fini(vd);
	vgpu_vectors_fini(vd);
	vgpu_regfile_fini(&vd->inst.regs);
}

static int alloc_state(struct vgpu_vdev *vd)
{
	int ret;

	ret = vgpu_regfile_init(&vd->inst.regs, &vd->pd->regmap);
	if (!ret)
		ret = vgpu_vectors_init(vd);
	if (!ret)
		ret = vgpu_doorbell_init(vd);
	if (!ret)
		ret = vgpu_display_init(vd);
	if (ret)
		free_state(vd);
	return ret;
}

/* The backend's part, and then its queues. */
static int init_backend(struct vgpu_vdev *vd)
{
	int ret;

	ret = vd_ops(vd)->instance_init(&vd->inst);
	if (ret)
		return ret;
	ret = vgpu_queues_init(vd);
	if (ret)
		vd_ops(vd)->instance_fini(&vd->inst);
	return ret;
}

static void fini_backend(struct vgpu_vdev *vd)
{
	vgpu_queues_fini(vd);
	vd_ops(vd)->instance_fini(&vd->inst);
}

static void init_locks(struct vgpu_vdev *vd)
{
	mutex_init(&vd->trap_lock);
	vgpu_map_init(vd);
	spin_lock_init(&vd->guard_lock);
	vgpu_irq_init(vd);
	vgpu_vblank_init(vd);
	vgpu_migrate_init(vd);
}

/**
 * vgpu_instance_faulted() - an engine got stuck under an instance
 * @vd: the instance, faulted already
 *
 * Any context.
 */
void vgpu_instance_faulted(struct vgpu_vdev *vd)
{
	vgpu_guard_event(vd, VGPU_GUARD_FAULTS);
	vgpu_irq_notify(vd, VFIO_PCI_ERR_IRQ_INDEX);
}

/* From here on its user, when there is one, hears that the GPU is lost. */
static void join(struct vgpu_vdev *vd)
{
	spin_lock_irq(&vd->pd->instances_lock);
	list_add_tail(&vd->sibling, &vd->pd->instances);
	spin_unlock_irq(&vd->pd->instances_lock);
}

static void leave(struct vgpu_vdev *vd)
{
	spin_lock_irq(&vd->pd->instances_lock);
	list_del(&vd->sibling);
	spin_unlock_irq(&vd->pd->instances_lock);
}

static int vgpu_instance_probe(struct mdev_device *mdev)
{
	struct vgpu_type *type = container_of(mdev->type, struct vgpu_type,
					      mtype);
	struct vgpu_pdev *pd = type->pd;
	struct vgpu_vdev *vd;
	int ret;

	vd = vfio_alloc_device(vgpu_vdev, vdev, &mdev->dev, &vgpu_vfio_ops);
	if (IS_ERR(vd))
		return PTR_ERR(vd);
	vd->pd = pd;
	vd->inst.gpu = &pd->gpu;
	vd->inst.dev = &mdev->dev;
	vd->inst.type = type->desc;
	vd->inst.vram_size = type->desc->vram_size;
	vd->inst.regs.inst = &vd->inst;
	vgpu_config_init(&vd->cfg, type->pci, &type->bars,
			 !type->desc->num_heads);
	init_locks(vd);

	ret = take_resources(vd);
	if (ret)
		goto err_put;
	ret = vgpu_scrub(pd, vd->inst.vram_offset, vd->inst.vram_size);
	if (ret)
		goto err_resources;
	ret = alloc_state(vd);
	if (ret)
		goto err_resources;
	ret = init_backend(vd);
	if (ret)
		goto err_state;

	mutex_lock(&vd->trap_lock);
	vgpu_function_reset(vd);
	mutex_unlock(&vd->trap_lock);

	dev_set_drvdata(&mdev->dev, vd);
	ret = vgpu_instance_sysfs_add(vd);
	if (ret)
		goto err_backend;
	join(vd);
	ret = vfio_register_emulated_iommu_dev(&vd->vdev);
	if (ret)
		goto err_siblings;
	vgpu_compact_add(vd);
	return 0;

err_siblings:
	leave(vd);
	vgpu_instance_sysfs_remove(vd);
err_backend:
	fini_backend(vd);
err_state:
	free_state(vd);
err_resources:
	give_resources_back(vd);
err_put:
	vfio_put_device(&vd->vdev);
	return ret;
}

static void vgpu_instance_remove(struct mdev_device *mdev)
{
	struct vgpu_vdev *vd = dev_get_drvdata(&mdev->dev);

	vgpu_compact_remove(vd);
	vgpu_instance_sysfs_remove(vd);
	/* Waits until user space has closed the device. */
	vfio_unregister_group_dev(&vd->vdev);
	leave(vd);
	vgpu_sched_detach(vd);
	fini_backend(vd);
	free_state(vd);
	give_resources_back(vd);
	vfio_put_device(&vd->vdev);
}

static unsigned int vgpu_get_available(struct mdev_type *mtype)
{
	struct vgpu_type *type = container_of(mtype, struct vgpu_type, mtype);
	struct vgpu_pdev *pd = type->pd;
	u64 n;

	if (READ_ONCE(pd->lost))
		return 0;
	mutex_lock(&pd->lock);
	n = vgpu_parts_fit(&pd->parts, type->desc->slice,
			   type->desc->vram_size);
	mutex_unlock(&pd->lock);
	if (pd->gpu.desc.ops->available)
		n = pd->gpu.desc.ops->available(&pd->gpu, type->desc, n);
	return min_t(u64, n, UINT_MAX);
}

static ssize_t vgpu_show_description(struct mdev_type *mtype, char *buf)
{
	struct vgpu_type *type = container_of(mtype, struct vgpu_type, mtype);
	const struct vgpu_type_desc *desc = type->desc;

	return sysfs_emit(buf,
			  "num_heads=%u, framebuffer=%lluM, max_resolution=%ux%u, max_instance=%llu\n",
			  desc->num_heads, desc->vram_size / SZ_1M,
			  desc->max_xres, desc->max_yres,
			  vgpu_parts_hold(&type->pd->parts, desc->slice,
					  desc->vram_size));
}

struct mdev_driver vgpu_mdev_driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.probe = vgpu_instance_probe,
	.remove = vgpu_instance_remove,
	.get_available = vgpu_get_available,
	.show_description = vgpu_show_description,
	.driver = {
		.name = "vgpu_mdev",
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
	},
};
