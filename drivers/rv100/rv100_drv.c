// SPDX-License-Identifier: GPL-2.0
/*
 * ATI RV100 cards as physical GPUs: takes a card that it was asked to take, from
 * nobody, and gives it to the vGPU core.
 *
 * The card's own display stays dark: its memory belongs to the instances.
 */

#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vgaarb.h>

#include "rv100.h"

#define DRIVER_NAME	"vgpu_rv100"

/* The host's own part, at the top of VRAM; nothing is drawn there. */
#define HOST_RESERVE	SZ_4M

#define RV100_TYPE(mib, xres, yres, share) {			\
	.name = "RV100-" #mib "D",				\
	.vram_size = (mib) * SZ_1M,				\
	.max_xres = (xres),					\
	.max_yres = (yres),					\
	.num_heads = 1,						\
	.weight = (share),					\
	.classes = BIT(VGPU_CLASS_2D),				\
}

/* Smallest first: a small card offers the first few. Weight follows VRAM. */
static const struct vgpu_type_desc rv100_types[] = {
	RV100_TYPE(4, 1024, 768, 50),
	RV100_TYPE(8, 1280, 1024, 100),
	RV100_TYPE(16, 1600, 1200, 200),
	RV100_TYPE(32, 1920, 1200, 400),
};

static int rv100_instance_init(struct vgpu_instance *inst)
{
	struct rv100_instance *ri;

	ri = kvzalloc(sizeof(*ri), GFP_KERNEL);
	if (!ri)
		return -ENOMEM;
	ratelimit_state_init(&ri->drops, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
	ratelimit_set_flags(&ri->drops, RATELIMIT_MSG_ON_RELEASE);
	inst->priv = ri;
	inst->regs.priv = ri;
	inst->regs.submit = rv100_submit;
	return 0;
}

static void rv100_instance_fini(struct vgpu_instance *inst)
{
	kvfree(inst->priv);
	inst->priv = NULL;
	inst->regs.priv = NULL;
}

/* The place is added to each operation on its way to the card, and kept nowhere. */
static void rv100_relocated(struct vgpu_instance *inst, u64 from)
{
	vgpu_assert_trap_context(inst);
}

static bool rv100_present(struct vgpu_gpu *gpu)
{
	const struct rv100_gpu *card = gpu->desc.priv;

	return pci_device_is_present(card->pdev);
}

static const struct vgpu_gpu_ops rv100_ops = {
	.instance_init = rv100_instance_init,
	.instance_fini = rv100_instance_fini,
	.scanout = rv100_scanout,
	.vblank = rv100_vblank,
	.relocated = rv100_relocated,
	.present = rv100_present,
};

static void rmw(struct rv100_gpu *card, u32 offset, u32 clear, u32 set)
{
	u32 val = readl(card->mmio + offset);

	writel((val & ~clear) | set, card->mmio + offset);
}

/*
 * No display, no interrupts, no VGA window; VRAM starts at GPU address 0, with
 * nothing behind its end.
 */
static void quiesce(struct rv100_gpu *card, u64 vram_size)
{
	writel(0, card->mmio + RV100_GEN_INT_CNTL);
	rmw(card, RV100_CNFG_CNTL, RV100_CFG_VGA_RAM_EN, RV100_CFG_VGA_IO_DIS);
	rmw(card, RV100_CRTC_EXT_CNTL, 0, RV100_CRTC_DISPLAY_DIS);
	rmw(card, RV100_CRTC2_GEN_CNTL, 0, RV100_CRTC_DISP_REQ_DIS);
	rmw(card, RV100_CRTC_GEN_CNTL, 0, RV100_CRTC_DISP_REQ_DIS);
	/* Let the memory controller finish the frame that is under way. */
	msleep(20);
	card->vram_base = 0;
	writel((vram_size - 1) & 0xffff0000, card->mmio + RV100_MC_FB_LOCATION);
	writel(card->vram_base, card->mmio + RV100_DISPLAY_BASE_ADDR);
}

/* Whatever had the card before, or nobody since it got its power. */
static int bring_up(struct rv100_gpu *card, u64 vram_size)
{
	int ret;

	quiesce(card, vram_size);
	ret = rv100_engine_reset(card);
	if (ret)
		dev_err(&card->pdev->dev, "the 2D engine does not come idle\n");
	return ret;
}

static u64 vram_size(struct rv100_gpu *card)
{
	u64 chip = readl(card->mmio + RV100_CNFG_MEMSIZE) &
		   RV100_CNFG_MEMSIZE_MASK;

	return min_t(u64, chip, pci_resource_len(card->pdev, RV100_BAR_VRAM));
}

/* The BARs have their addresses: what cannot be mapped then lacks memory. */
static int map_card(struct rv100_gpu *card, struct vgpu_vram *vram)
{
	struct pci_dev *pdev = card->pdev;
	int ret;

	if (pci_resource_len(pdev, RV100_BAR_REGS) < RV100_REGS_SIZE) {
		dev_err(&pdev->dev, "registers (BAR 2) are too few\n");
		return -ENODEV;
	}
	card->mmio = pci_iomap(pdev, RV100_BAR_REGS, RV100_REGS_SIZE);
	if (!card->mmio) {
		dev_err(&pdev->dev, "registers (BAR 2) cannot be mapped\n");
		return -ENOMEM;
	}
	vram->phys = pci_resource_start(pdev, RV100_BAR_VRAM);
	vram->reserved = HOST_RESERVE;
	vram->size = vram_size(card);
	if (vram->size < HOST_RESERVE + rv100_types[0].vram_size) {
		dev_err(&pdev->dev, "%llu bytes of VRAM are too few\n",
			vram->size);
		ret = -ENODEV;
		goto err_mmio;
	}
	vram->virt = pci_iomap_wc(pdev, RV100_BAR_VRAM, vram->size);
	if (!vram->virt) {
		dev_err(&pdev->dev, "VRAM (BAR 0) cannot be mapped\n");
		ret = -ENOMEM;
		goto err_mmio;
	}
	return 0;

err_mmio:
	pci_iounmap(pdev, card->mmio);
	return ret;
}

static const struct vgpu_bar_desc rv100_bars[VGPU_NR_BARS] = {
	[RV100_BAR_VRAM] = VGPU_BAR_VRAM,
	[RV100_BAR_IO] = VGPU_BAR_IO(RV100_IO_SIZE),
	[RV100_BAR_REGS] = VGPU_BAR_REGS(RV100_REGS_SIZE),
};

static void describe(struct rv100_gpu *card, struct vgpu_gpu_desc *desc)
{
	struct pci_dev *pdev = card->pdev;
	u64 usable = desc->vram.size - desc->vram.reserved;

	desc->dev = &pdev->dev;
	desc->backend = "rv100";
	desc->ops = &rv100_ops;
	desc->priv = card;
	desc->regs = rv100_regs;
	desc->nr_regs = rv100_nr_regs;
	desc->regs_size = RV100_REGS_SIZE;
	desc->engines = rv100_engines;
	desc->nr_engines = rv100_nr_engines;
	desc->sections = rv100_sections;
	desc->nr_sections = rv100_nr_sections;

	desc->types = rv100_types;
	while (desc->nr_types < ARRAY_SIZE(rv100_types) &&
	       rv100_types[desc->nr_types].vram_size <= usable)
		desc->nr_types++;

	desc->pci = (struct vgpu_pci_desc) {
		.vendor = pdev->vendor,
		.device = pdev->device,
		.subsystem_vendor = pdev->subsystem_vendor,
		.subsystem_device = pdev->subsystem_device,
		.class = PCI_CLASS_DISPLAY_VGA << 8,
		.revision = pdev->revision,
		.intx = true,
		.caps = { PCI_CAP_ID_MSI, PCI_CAP_ID_PM },
		.bars = rv100_bars,
		.rom = card->rom,
		.rom_size = RV100_ROM_SIZE,
	};
}

/* The aperture must be nobody else's, the text console included. */
static int claim(struct pci_dev *pdev)
{
	int ret;

	ret = pci_enable_device(pdev);
	if (ret)
		return ret;
	ret = pci_request_regions(pdev, DRIVER_NAME);
	if (ret) {
		dev_err(&pdev->dev,
			"VRAM or registers are in use, by firmware's framebuffer driver perhaps: see /proc/iomem\n");
		goto err_disable;
	}
	ret = vga_remove_vgacon(pdev);
	if (ret) {
		dev_err(&pdev->dev, "the text console keeps the card\n");
		goto err_regions;
	}
	vga_set_legacy_decoding(pdev, VGA_RSRC_NONE);
	return 0;

err_regions:
	pci_release_regions(pdev);
err_disable:
	pci_disable_device(pdev);
	return ret;
}

static void release(struct pci_dev *pdev)
{
	pci_release_regions(pdev);
	pci_disable_device(pdev);
}

/*
 * Desktop and mobile RV100: one register file.
 *
 * Other drivers want these cards too, and a host may need its own display: a
 * card is taken only when the device's driver_override names this driver. For
 * the same reason there is no MODULE_DEVICE_TABLE: the module is not loaded
 * because a card is there, and as a "vfio_pci:" alias libvirt would take it for
 * a driver that passes the whole card through.
 */
#define RV100_CARD(name)						\
	PCI_DEVICE_DRIVER_OVERRIDE(PCI_VENDOR_ID_ATI,			\
				   PCI_DEVICE_ID_ATI_RADEON_##name,	\
				   PCI_ID_F_VFIO_DRIVER_OVERRIDE)

static const struct pci_device_id rv100_ids[] = {
	{ RV100_CARD(QY) },
	{ RV100_CARD(QZ) },
	{ RV100_CARD(LY) },
	{ RV100_CARD(LZ) },
	{ }
};

static int rv100_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vgpu_gpu_desc desc = {};
	struct rv100_gpu *card;
	struct vgpu_gpu *gpu;
	int ret;

	/* An override matches whatever device it was written to. */
	if (!pci_match_id(rv100_ids, pdev)) {
		dev_err(&pdev->dev, "not an RV100: its driver_override is wrong\n");
		return -ENODEV;
	}
	card = devm_kzalloc(&pdev->dev, sizeof(*card), GFP_KERNEL);
	if (!card)
		return -ENOMEM;
	card->rom = devm_kzalloc(&pdev->dev, RV100_ROM_SIZE, GFP_KERNEL);
	if (!card->rom)
		return -ENOMEM;
	card->pdev = pdev;
	rv100_rom_build(card->rom, pdev->vendor, pdev->device);

	ret = claim(pdev);
	if (ret)
		return ret;
	ret = map_card(card, &desc.vram);
	if (ret)
		goto err_release;
	ret = bring_up(card, desc.vram.size);
	if (ret)
		goto err_unmap;
	describe(card, &desc);
	gpu = vgpu_gpu_register(&desc);
	if (IS_ERR(gpu)) {
		ret = PTR_ERR(gpu);
		goto err_unmap;
	}
	return 0;

err_unmap:
	pci_iounmap(pdev, desc.vram.virt);
	pci_iounmap(pdev, card->mmio);
err_release:
	release(pdev);
	return ret;
}

/*
 * The device's driver data is the core's. Who has a vGPU of a card that was pulled need
 * not wait until he uses it to hear of that.
 */
static void rv100_remove(struct pci_dev *pdev)
{
	struct vgpu_gpu *gpu = pci_get_drvdata(pdev);
	struct rv100_gpu *card = gpu->desc.priv;
	void __iomem *vram = gpu->desc.vram.virt;

	if (!rv100_present(gpu))
		vgpu_gpu_lost(gpu);
	vgpu_gpu_unregister(gpu);
	pci_iounmap(pdev, vram);
	pci_iounmap(pdev, card->mmio);
	release(pdev);
}

static int rv100_suspend(struct device *dev)
{
	return vgpu_gpu_suspend(dev_get_drvdata(dev));
}

/*
 * The PCI core has given the BARs back their addresses. A card whose BIOS has not
 * set up its memory anew shows less than it had.
 */
static int rv100_resume(struct device *dev)
{
	struct vgpu_gpu *gpu = dev_get_drvdata(dev);
	struct rv100_gpu *card = gpu->desc.priv;
	int ret = -EIO;

	if (vram_size(card) >= gpu->desc.vram.size)
		ret = bring_up(card, gpu->desc.vram.size);
	vgpu_gpu_resume(gpu, ret);
	return ret;
}

static void rv100_shutdown(struct pci_dev *pdev)
{
	vgpu_gpu_shutdown(pci_get_drvdata(pdev));
}

static DEFINE_SIMPLE_DEV_PM_OPS(rv100_pm, rv100_suspend, rv100_resume);

static struct pci_driver rv100_driver = {
	.name = DRIVER_NAME,
	.id_table = rv100_ids,
	.probe = rv100_probe,
	.remove = rv100_remove,
	.shutdown = rv100_shutdown,
	.driver.pm = pm_sleep_ptr(&rv100_pm),
};
module_pci_driver(rv100_driver);

MODULE_DESCRIPTION("vGPU backend for ATI RV100 cards");
MODULE_LICENSE("GPL");
