// SPDX-License-Identifier: GPL-2.0
/*
 * vgpu-soft.ko: soft GPUs as PCI devices of this machine. Loading the module
 * makes those that its parameters ask for, and configfs makes and takes others
 * (soft_configfs.c). Their driver is bound at once; unbind, bind, remove and rescan
 * work as with a card.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/slab.h>

#include "soft.h"
#include "soft_bus.h"

#define DRIVER_NAME	"vgpu_soft"
#define GPUS_MAX	16
/* Who asks, in messages about parameters of the module. */
#define PARAMETER	"parameter"

static unsigned int gpus = 1;
module_param(gpus, uint, 0444);
MODULE_PARM_DESC(gpus, "How many GPUs to make, 0 to 16 (default 1)");

static unsigned int vram_mb = SOFT_VRAM_MB;
module_param(vram_mb, uint, 0444);
MODULE_PARM_DESC(vram_mb, "Memory of each, MiB, a multiple of 2 up to 65536 (default 256)");

static int bus = -1;
module_param(bus, int, 0444);
MODULE_PARM_DESC(bus, "PCI bus number of the first, the others count down (default -1: the highest free ones)");

static int node = NUMA_NO_NODE;
module_param(node, int, 0444);
MODULE_PARM_DESC(node, "NUMA node of their memory (default -1: any)");

static unsigned int slices = 1;
module_param(slices, uint, 0444);
MODULE_PARM_DESC(slices, "Into how many slices each is cut: 1, 2 or 4 (default 1)");

static struct soft_slot *slots[GPUS_MAX];

/* The module is there to stay. */
static bool loaded;

static int soft_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	/* A new id, or an override, may have been written for another's device. */
	struct soft_slot *slot = soft_bus_slot(pdev);
	struct soft_gpu *soft;
	int ret;

	if (!slot || READ_ONCE(slot->going))
		return -ENODEV;
	/* Its types are many, and each has a table of its BARs. */
	soft = kvzalloc(sizeof(*soft), GFP_KERNEL);
	if (!soft)
		return -ENOMEM;
	ret = soft_gpu_register(soft, &pdev->dev, &slot->config);
	if (!ret && READ_ONCE(loaded)) {
		ret = soft_gpu_show(soft);
		if (ret)
			soft_gpu_unregister(soft);
	}
	slot->error = ret;
	if (ret)
		kvfree(soft);
	else
		slot->soft = soft;
	return ret;
}

static void soft_remove(struct pci_dev *pdev)
{
	struct soft_slot *slot = soft_bus_slot(pdev);

	soft_gpu_unregister(slot->soft);
	kvfree(slot->soft);
	slot->soft = NULL;
}

static int soft_suspend(struct device *dev)
{
	struct vgpu_gpu *gpu = dev_get_drvdata(dev);

	/* There is none when cutting it has failed. */
	return gpu ? vgpu_gpu_suspend(gpu) : 0;
}

/* The memory was the host's to keep. */
static int soft_resume(struct device *dev)
{
	struct vgpu_gpu *gpu = dev_get_drvdata(dev);

	if (gpu)
		vgpu_gpu_resume(gpu, 0);
	return 0;
}

/*
 * User space is frozen before, workers too: such a one stands (soft_compute.c), so that
 * the engines can rest without it.
 */
static DEFINE_SIMPLE_DEV_PM_OPS(soft_pm, soft_suspend, soft_resume);

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
	.dev_groups = soft_groups,
	.driver.pm = pm_sleep_ptr(&soft_pm),
};

/**
 * soft_add() - make a GPU that an operator asks for
 * @who: for messages
 * @config: the GPU; copied
 *
 * Process context.
 *
 * Return: its slot, or an error pointer, after a message: -EINVAL for what cannot
 * be, -EEXIST when there is no bus number, -ENOMEM; then nothing is taken.
 */
struct soft_slot *soft_add(const char *who, const struct soft_config *config)
{
	struct soft_slot *slot;
	int ret;

	might_sleep();
	ret = soft_check(who, config);
	if (ret)
		return ERR_PTR(ret);
	slot = soft_bus_add(config);
	if (IS_ERR(slot)) {
		if (PTR_ERR(slot) != -EEXIST)
			return slot;
		if (config->bus < 0)
			pr_err("vgpu-soft: %s: bus: no number is free\n", who);
		else
			pr_err("vgpu-soft: %s: bus: %d is taken\n", who,
			       config->bus);
		return slot;
	}
	ret = slot->error;
	if (ret) {
		soft_bus_remove(slot);
		return ERR_PTR(ret);
	}
	return slot;
}

/**
 * soft_show() - let executors come to a GPU, now that the module is there to stay
 * @slot: its slot; if they cannot, there is a message
 *
 * Process context.
 */
void soft_show(struct soft_slot *slot)
{
	struct pci_dev *pdev;

	might_sleep();
	pdev = soft_bus_function(slot);
	if (!pdev)
		return;
	device_lock(&pdev->dev);
	if (slot->soft)
		soft_gpu_show(slot->soft);
	device_unlock(&pdev->dev);
	pci_dev_put(pdev);
}

/**
 * soft_slot_is_used() - has a GPU instances
 * @slot: its slot
 *
 * Return: true when there are some, or its driver is just being bound or unbound,
 * which may take as long.
 */
bool soft_slot_is_used(struct soft_slot *slot)
{
	struct pci_dev *pdev = soft_bus_function(slot);
	bool used = true;

	if (!pdev)
		return false;
	if (device_trylock(&pdev->dev)) {
		used = slot->soft && soft_gpu_is_used(slot->soft);
		device_unlock(&pdev->dev);
	}
	pci_dev_put(pdev);
	return used;
}

static int check_parameters(void)
{
	if (gpus > GPUS_MAX) {
		pr_err("vgpu-soft: parameter: gpus: %u is not within 0 to %u\n",
		       gpus, GPUS_MAX);
		return -EINVAL;
	}
	if (bus >= 0 && bus + 1 < gpus) {
		pr_err("vgpu-soft: parameter: bus: %d is too low for %u GPUs\n",
		       bus, gpus);
		return -EINVAL;
	}
	return 0;
}

/* The last one made goes first. */
static void remove_slots(void)
{
	unsigned int i;

	for (i = GPUS_MAX; i-- > 0; slots[i] = NULL)
		if (slots[i])
			soft_bus_remove(slots[i]);
}

static int add_slots(void)
{
	struct soft_config *config = kzalloc(sizeof(*config), GFP_KERNEL);
	unsigned int i;
	int ret = 0;

	if (!config)
		return -ENOMEM;
	soft_config_init(config);
	config->vram_mb = vram_mb;
	config->node = node;
	config->slices = slices;
	for (i = 0; i < gpus && !ret; i++) {
		struct soft_slot *slot;

		config->bus = bus < 0 ? bus : bus - i;
		slot = soft_add(PARAMETER, config);
		if (IS_ERR(slot))
			ret = PTR_ERR(slot);
		else
			slots[i] = slot;
	}
	kfree(config);
	return ret;
}

static int __init soft_init(void)
{
	unsigned int i;
	int ret;

	ret = check_parameters() ?: soft_workers_init();
	if (ret)
		return ret;
	ret = pci_register_driver(&soft_driver);
	if (ret)
		goto err_workers;
	ret = add_slots();
	if (!ret)
		ret = soft_configfs_init();
	if (ret)
		goto err_slots;
	WRITE_ONCE(loaded, true);
	for (i = 0; i < gpus; i++)
		soft_show(slots[i]);
	return 0;

err_slots:
	pci_unregister_driver(&soft_driver);
	remove_slots();
err_workers:
	soft_workers_exit();
	return ret;
}
module_init(soft_init);

/* The driver first: as in soft_bus_remove(), but for all of them. */
static void __exit soft_exit(void)
{
	pci_unregister_driver(&soft_driver);
	soft_configfs_exit();
	remove_slots();
	soft_workers_exit();
}
module_exit(soft_exit);

MODULE_DESCRIPTION("vGPU backend without a card");
MODULE_LICENSE("GPL");
