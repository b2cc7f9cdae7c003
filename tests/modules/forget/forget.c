// SPDX-License-Identifier: GPL-2.0
/*
 * Lets the emulated card lose its memory and registers in each sleep, as one does
 * that has no power: QEMU's keeps them. Last thing before the machine sleeps, when
 * every driver has been told. On request it takes the machine's memory first of
 * all, so that there is too little for those who want some for the sleep. Should they
 * get it all the same, the machine does not sleep: a test that has failed so goes on.
 * And on request it lets time pass when all have been told, before processes are frozen.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/suspend.h>
#include <video/radeon.h>

static unsigned int times;
module_param(times, uint, 0444);
MODULE_PARM_DESC(times, "How often the card forgot");

static bool hog;
module_param(hog, bool, 0644);
MODULE_PARM_DESC(hog, "Take nearly all memory when the machine is to sleep");

static unsigned int linger;
module_param(linger, uint, 0644);
MODULE_PARM_DESC(linger, "Milliseconds between the notice of a sleep and its first step");

static bool lingers;
module_param(lingers, bool, 0444);
MODULE_PARM_DESC(lingers, "Now is between them");

/*
 * What is left to the rest of the system, far less than a card has: some comes free
 * later, that other CPUs have set aside for themselves. Blocks of a MiB, which none
 * of them does that with when they are given back.
 */
#define LEAVE		(8 << 20)
#define MAX_BLOCK	8

static LIST_HEAD(hogged);
static struct platform_device *device;
static struct pci_dev *card;

static int forget_memory(void)
{
	size_t size = pci_resource_len(card, 0);
	void __iomem *vram = ioremap_wc(pci_resource_start(card, 0), size);

	if (!vram)
		return -ENOMEM;
	memset_io(vram, 0xdb, size);
	iounmap(vram);
	return 0;
}

/* Those that say what an operation does, and none that starts one. */
static int forget_registers(void)
{
	static const u16 regs[] = {
		MC_FB_LOCATION, DST_PITCH_OFFSET, SRC_PITCH_OFFSET,
		DP_GUI_MASTER_CNTL, DP_BRUSH_FRGD_CLR, DP_CNTL, DP_DATATYPE,
		DP_MIX, DP_WRITE_MSK, DEFAULT_SC_BOTTOM_RIGHT, SC_TOP_LEFT,
		SC_BOTTOM_RIGHT,
	};
	void __iomem *mmio = pci_iomap(card, 2, 0);
	unsigned int i;

	if (!mmio)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(regs); i++)
		writel(0, mmio + regs[i]);
	pci_iounmap(card, mmio);
	return 0;
}

static int forget_suspend_noirq(struct device *dev)
{
	int ret;

	ret = forget_memory();
	if (!ret)
		ret = forget_registers();
	if (!ret)
		times++;
	return ret;
}

/* The largest that there are: they were taken first. */
static size_t give_one_back(void)
{
	struct page *page = list_last_entry(&hogged, struct page, lru);
	unsigned int order = page_private(page);

	list_del(&page->lru);
	set_page_private(page, 0);
	__free_pages(page, order);
	return PAGE_SIZE << order;
}

static bool take_blocks(void)
{
	bool some = false;
	int order;

	for (order = MAX_BLOCK; order >= 0; order--) {
		/* At last, all that others could get by trying as hard. */
		gfp_t gfp = GFP_KERNEL | __GFP_NOWARN |
			    (order ? __GFP_NORETRY : __GFP_RETRY_MAYFAIL);
		struct page *page;

		while ((page = alloc_pages(gfp, order))) {
			set_page_private(page, order);
			list_add(&page->lru, &hogged);
			some = true;
		}
	}
	return some;
}

static void take_memory(void)
{
	size_t given = 0;

	while (take_blocks())
		;
	while (given < LEAVE && !list_empty(&hogged))
		given += give_one_back();
}

static int forget_first(struct notifier_block *nb, unsigned long event,
			void *unused)
{
	if (event == PM_SUSPEND_PREPARE && hog)
		take_memory();
	while (event == PM_POST_SUSPEND && !list_empty(&hogged))
		give_one_back();
	return NOTIFY_DONE;
}

static int forget_last(struct notifier_block *nb, unsigned long event,
		       void *unused)
{
	if (event != PM_SUSPEND_PREPARE)
		return NOTIFY_DONE;
	if (hog)
		return notifier_from_errno(-ECANCELED);
	WRITE_ONCE(lingers, true);
	msleep(linger);
	WRITE_ONCE(lingers, false);
	return NOTIFY_DONE;
}

static struct notifier_block first_nb = {
	.notifier_call = forget_first,
	.priority = INT_MAX,
};

static struct notifier_block last_nb = {
	.notifier_call = forget_last,
	.priority = INT_MIN,
};

static const struct dev_pm_ops forget_pm = {
	NOIRQ_SYSTEM_SLEEP_PM_OPS(forget_suspend_noirq, NULL)
};

static struct platform_driver forget_driver = {
	.driver = {
		.name = "forget",
		.pm = pm_sleep_ptr(&forget_pm),
	},
};

static int __init forget_init(void)
{
	int ret;

	card = pci_get_device(PCI_VENDOR_ID_ATI,
			      PCI_DEVICE_ID_ATI_RADEON_QY, NULL);
	if (!card)
		return -ENODEV;
	ret = platform_driver_register(&forget_driver);
	if (ret)
		goto err_card;
	device = platform_device_register_simple("forget", -1, NULL, 0);
	if (IS_ERR(device)) {
		ret = PTR_ERR(device);
		goto err_driver;
	}
	ret = register_pm_notifier(&first_nb);
	if (ret)
		goto err_device;
	ret = register_pm_notifier(&last_nb);
	if (ret)
		goto err_first;
	return 0;

err_first:
	unregister_pm_notifier(&first_nb);
err_device:
	platform_device_unregister(device);
err_driver:
	platform_driver_unregister(&forget_driver);
err_card:
	pci_dev_put(card);
	return ret;
}
module_init(forget_init);

static void __exit forget_exit(void)
{
	unregister_pm_notifier(&last_nb);
	unregister_pm_notifier(&first_nb);
	platform_device_unregister(device);
	platform_driver_unregister(&forget_driver);
	pci_dev_put(card);
}
module_exit(forget_exit);

MODULE_DESCRIPTION("A card that forgets, for tests");
MODULE_LICENSE("GPL");
