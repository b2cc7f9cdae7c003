// SPDX-License-Identifier: GPL-2.0
/*
 * vgpu.ko: the core of Tessera. Shares physical GPUs that backends register
 * with it among virtual machines, as VFIO mediated devices.
 */
#include <linux/module.h>

#include "core.h"
#include "host/host.h"
#include "work/sched.h"

static int __init vgpu_init(void)
{
	int ret;

	ret = vgpu_calls_init();
	if (ret)
		return ret;
	vgpu_debugfs_init();
	ret = mdev_register_driver(&vgpu_mdev_driver);
	if (ret) {
		vgpu_debugfs_exit();
		vgpu_calls_exit();
	}
	return ret;
}
module_init(vgpu_init);

static void __exit vgpu_exit(void)
{
	mdev_unregister_driver(&vgpu_mdev_driver);
	vgpu_debugfs_exit();
	vgpu_calls_exit();
}
module_exit(vgpu_exit);

MODULE_DESCRIPTION("Tessera vGPU core: mediated devices that share a GPU");
MODULE_LICENSE("GPL");
