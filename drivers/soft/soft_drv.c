// SPDX-License-Identifier: GPL-2.0
/*
 * vgpu-soft.ko: soft GPUs as PCI devices of this machine. Loading the module
 * makes them, and their driver is bound at once; unbind, bind, remove and rescan
 * work as with a card.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "soft.h"

#define DRIVER_NAME	"vgpu_soft"
#define GPUS_MAX	16
#define VRAM_MB_MAX	65536

static unsigned int gpus = 1;
module_param(gpus, uint, 0444);
MODULE_PARM_DESC(gpus, "How many GPUs to make, 1 to 16 (default 1)");

static unsigned int vram_mb = 256;
module_param(vram_mb, uint, 0444);
MODULE_PARM_DESC(vram_mb, "Memory of each, MiB, a multiple of 2 up to 65536 (default 256)");

static int bus = -1;
module_param(bus, int, 0444);
MODULE_PARM_DESC(bus, "PCI bus number of the first, the others count down (default -1: the highest free ones)");

static int node = NUMA_NO_NODE;
module_param(node, int, 0444);
MODULE_PARM_DESC(node, "NUMA node of their memory (default -1: any)");

static struct soft_bus *buses[GPUS_MAX];

static int soft_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct soft_gpu *soft;
	int ret;

	/* A new id, or an override, may have been written for another's device. */
	if (!soft_bus_owns(pdev))
		return -ENODEV;
	soft = kzalloc(sizeof(*soft), GFP_KERNEL);
	if (!soft)
		return -ENOMEM;
	ret = soft_gpu_register(soft, &pdev->dev, (u64)vram_mb * SZ_1M,
				soft_bus_node(pdev));
	if (ret)
		kfree(soft);
	return ret;
}

/* The device's driver data is the core's. */
static void soft_remove(struct pci_dev *pdev)
{
	struct vgpu_gpu *gpu = pci_get_drvdata(pdev);
	struct soft_gpu *soft = to_soft(gpu);

	soft_gpu_unregister(soft);
	kfree(soft);
}

/* No MODULE_DEVICE_TABLE: nothing but this module makes such devices. */
static const struct pci_device_id soft_ids[] = {
	{ PCI_DEVICE(SOFT_VENDOR_ID, SOFT_DEVICE_ID) },
	{ }
};

static struct pci_driver soft_driver = {
	.name = DRIVER_NAME,
	.id_table = soft_ids,
	.probe = soft_probe,
	.remove = soft_remove,
};

static int check_parameters(void)
{
	if (!gpus || gpus > GPUS_MAX) {
		pr_err("vgpu-soft: gpus: %u is not within 1 to %u\n", gpus,
		       GPUS_MAX);
		return -EINVAL;
	}
	if (!vram_mb || vram_mb % 2 || vram_mb > VRAM_MB_MAX) {
		pr_err("vgpu-soft: vram_mb: %u is no multiple of 2 within 2 to %u\n",
		       vram_mb, VRAM_MB_MAX);
		return -EINVAL;
	}
	if (bus < -1 || bus > 0xff || (bus >= 0 && bus + 1 < gpus)) {
		pr_err("vgpu-soft: bus: %d is not within -1 to 255, or too low for %u GPUs\n",
		       bus, gpus);
		return -EINVAL;
	}
	if (node != NUMA_NO_NODE &&
	    (node < 0 || node >= MAX_NUMNODES || !node_online(node))) {
		pr_err("vgpu-soft: node: %d does not exist\n", node);
		return -EINVAL;
	}
	return 0;
}

/* The last one made goes first. */
static void remove_buses(void)
{
	unsigned int i;

	for (i = gpus; i-- > 0; buses[i] = NULL)
		if (buses[i])
			soft_bus_remove(buses[i]);
}

static int __init soft_init(void)
{
	unsigned int i;
	int ret;

	ret = check_parameters();
	if (ret)
		return ret;
	ret = pci_register_driver(&soft_driver);
	if (ret)
		return ret;
	for (i = 0; i < gpus; i++) {
		struct soft_bus *sb = soft_bus_add(bus < 0 ? -1 : bus - i, node);

		if (IS_ERR(sb)) {
			ret = PTR_ERR(sb);
			pr_err("vgpu-soft: no PCI bus number for GPU %u\n", i);
			goto err;
		}
		buses[i] = sb;
	}
	return 0;

err:
	pci_unregister_driver(&soft_driver);
	remove_buses();
	return ret;
}
module_init(soft_init);

/*
 * The driver first: it waits for VMs to let go, which must not be done with the
 * lock that removing a bus takes.
 */
static void __exit soft_exit(void)
{
	pci_unregister_driver(&soft_driver);
	remove_buses();
}
module_exit(soft_exit);

MODULE_DESCRIPTION("vGPU backend without a card");
MODULE_LICENSE("GPL");
