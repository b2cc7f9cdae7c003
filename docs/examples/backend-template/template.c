// SPDX-License-Identifier: GPL-2.0
/*
 * A backend for a chip that does not exist, to start another one from: docs/porting.md
 * goes through its parts. The chip has one engine, which copies, and is driven by
 * register writes; guests see its registers, trapped, and their part of its memory.
 */
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <vgpu/fifo.h>
#include <vgpu/vgpu.h>

/* Registers of the chip, by the names in its documentation. */
#define T_STATUS	0x00
#define T_STATUS_BUSY	BIT(0)
#define T_SRC		0x10
#define T_DST		0x14
#define T_SIZE		0x18
#define T_GO		0x1c	/* any value starts the copy */
#define T_RESET		0x20	/* not among the guest's registers */
#define T_REGS_SIZE	0x1000

struct t_card {
	void __iomem *mmio;	/* touched by its engine's thread alone */
	struct vgpu_writes writes;	/* by the copy that was started, the same */
};

/**
 * struct t_instance - what the backend keeps for an instance
 * @fifo: register writes that wait for the engine: the body of its queue. Guests that
 *	bring work through memory have a struct vgpu_ring here: see drivers/soft
 * @regs: T_SRC, T_DST and T_SIZE of those that were taken: its context
 */
struct t_instance {
	struct vgpu_fifo fifo;
	u32 regs[3];
};

/* In 64 bits no sum wraps. An audit that is more than this has a file, for KUnit. */
static bool may_run(const struct t_instance *ti, u64 vram_size)
{
	return (u64)ti->regs[0] + ti->regs[2] <= vram_size &&
	       (u64)ti->regs[1] + ti->regs[2] <= vram_size;
}

/* The whole copy, relocated: nothing that is left on the chip is a guest's. */
static void carry_out(struct vgpu_queue *q, const struct t_instance *ti)
{
	struct t_card *card = q->inst->gpu->desc.priv;

	writel(q->inst->vram_offset + ti->regs[0], card->mmio + T_SRC);
	writel(q->inst->vram_offset + ti->regs[1], card->mmio + T_DST);
	writel(ti->regs[2], card->mmio + T_SIZE);
	writel(1, card->mmio + T_GO);
	vgpu_writes_add(&card->writes, q->inst, ti->regs[1], ti->regs[2]);
	vgpu_queue_count(q, VGPU_QUEUE_OPS, 1);
	vgpu_queue_count(q, VGPU_QUEUE_BYTES, ti->regs[2]);
}

/* One register write. Return: true when it has started the engine. */
static bool apply(struct vgpu_queue *q, const struct vgpu_fifo_entry *e)
{
	struct t_instance *ti = q->inst->priv;

	if (e->offset != T_GO) {
		ti->regs[(e->offset - T_SRC) / 4] = e->val;
		return false;
	}
	if (may_run(ti, q->inst->vram_size)) {
		carry_out(q, ti);
		return true;
	}
	vgpu_queue_count(q, VGPU_QUEUE_DROPPED, 1);
	return false;
}

/* A copy is written as a whole, so the chip holds no context. */
static int load(struct vgpu_queue *q)
{
	return 0;
}

/* One piece: the budget is for engines that take several. */
static int start(struct vgpu_queue *q, u64 budget_ns)
{
	struct t_instance *ti = q->inst->priv;
	struct vgpu_fifo_entry e;

	while (vgpu_fifo_pop(&ti->fifo, &e) && !apply(q, &e))
		;
	vgpu_fifo_wake(&ti->fifo);
	return 0;
}

/* The core asks until it is, and its watchdog ends what never is. */
static bool idle(struct vgpu_engine *e)
{
	struct t_card *card = e->gpu->desc.priv;

	if (readl(card->mmio + T_STATUS) & T_STATUS_BUSY)
		return false;
	/* Whoever migrates the instance copies it once more. */
	vgpu_writes_done(&card->writes);
	return true;
}

/* The one timeout that a backend has of its own. Also for probe and resume. */
static int bring_up(struct t_card *card)
{
	u32 status;

	writel(1, card->mmio + T_RESET);
	return readl_poll_timeout(card->mmio + T_STATUS, status,
				  !(status & T_STATUS_BUSY), 10, USEC_PER_SEC);
}

static int reset(struct vgpu_engine *e, enum vgpu_reset_scope scope)
{
	struct t_card *card = e->gpu->desc.priv;
	int ret;

	if (scope != VGPU_RESET_ENGINE)
		return -EOPNOTSUPP;
	ret = bring_up(card);
	vgpu_writes_done(&card->writes);
	return ret;
}

static int queue_init(struct vgpu_queue *q)
{
	struct t_instance *ti = q->inst->priv;

	q->priv = &ti->fifo;
	return vgpu_fifo_init(q->priv, 64);
}

static void queue_fini(struct vgpu_queue *q)
{
	vgpu_fifo_fini(q->priv);
}

static bool queue_pending(struct vgpu_queue *q)
{
	return vgpu_fifo_level(q->priv);
}

static void queue_forget(struct vgpu_queue *q)
{
	vgpu_fifo_clear(q->priv);
}

static const struct vgpu_queue_ops queue_ops = {
	.init = queue_init,
	.fini = queue_fini,
	.pending = queue_pending,
	.forget = queue_forget,
};

/* No preempt: a slice ends with a copy. No scrub: the CPU does it. */
static const struct vgpu_engine_ops engine_ops = {
	.load = load,
	.start = start,
	.idle = idle,
	.reset = reset,
};

static const struct vgpu_engine_desc engine = {
	.name = "copy0",
	.class = VGPU_CLASS_COPY,
	.ops = &engine_ops,
	.queue_ops = &queue_ops,
};

/* In trap context, as all handlers of registers: the engine must not be touched. */
static int submit(struct vgpu_regfile *rf, u32 offset, u32 val, bool starts)
{
	struct vgpu_queue *q = vgpu_instance_queue(rf->inst, VGPU_CLASS_COPY);

	return vgpu_fifo_submit(q->priv, q, offset, val, starts);
}

/* Is the instance's own work done: what the engine does is not its business. */
static u32 status_read(struct vgpu_regfile *rf, u32 offset)
{
	struct vgpu_queue *q = vgpu_instance_queue(rf->inst, VGPU_CLASS_COPY);

	return vgpu_fifo_busy(q->priv, q) ? T_STATUS_BUSY : 0;
}

static const struct vgpu_reg regs[] = {
	{ "STATUS", T_STATUS, 0, VGPU_REG_RO, .read = status_read },
	{ "SRC", T_SRC, 0, VGPU_REG_ENGINE, .wmask = ~0U },
	{ "DST", T_DST, 0, VGPU_REG_ENGINE, .wmask = ~0U },
	{ "SIZE", T_SIZE, 0, VGPU_REG_ENGINE, .wmask = ~0U },
	{ "GO", T_GO, 0, VGPU_REG_ENGINE | VGPU_REG_STARTS | VGPU_REG_WO },
};

static const struct vgpu_bar_desc bars[VGPU_NR_BARS] = {
	[0] = VGPU_BAR_REGS(T_REGS_SIZE),
	[2] = VGPU_BAR_VRAM64,
};

static int instance_init(struct vgpu_instance *inst)
{
	struct t_instance *ti = kzalloc(sizeof(*ti), GFP_KERNEL);

	inst->priv = ti;
	inst->regs.submit = submit;
	return ti ? 0 : -ENOMEM;
}

static void instance_fini(struct vgpu_instance *inst)
{
	kfree(inst->priv);
}

static void state_reset(struct vgpu_instance *inst)
{
	struct t_instance *ti = inst->priv;

	memset(ti->regs, 0, sizeof(ti->regs));
}

/* save and load: see rv100_state.c. */
static const struct vgpu_section section = {
	VGPU_SECTION_BACKEND, 1, "context", .reset = state_reset,
};

static const struct vgpu_gpu_ops ops = {
	.instance_init = instance_init,
	.instance_fini = instance_fini,
};

static const struct vgpu_type_desc types[] = {
	{
		.name = "TEMPLATE-64C",
		.vram_size = SZ_64M,
		.classes = BIT(VGPU_CLASS_COPY),
	},
};

static const struct vgpu_gpu_desc description = {
	.backend = "template",
	.ops = &ops,
	.types = types,
	.nr_types = ARRAY_SIZE(types),
	.pci = {
		.class = PCI_CLASS_DISPLAY_OTHER << 8,
		.caps = { PCI_CAP_ID_PM },
		.bars = bars,
	},
	.regs = regs,
	.nr_regs = ARRAY_SIZE(regs),
	.regs_size = T_REGS_SIZE,
	.engines = &engine,
	.nr_engines = 1,
	.sections = &section,
	.nr_sections = 1,
};

/* What devm_ and pcim_ have taken they give back by themselves. */
static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct t_card *card = devm_kzalloc(&pdev->dev, sizeof(*card), GFP_KERNEL);
	struct vgpu_gpu_desc desc = description;
	int ret;

	ret = card ? pcim_enable_device(pdev) : -ENOMEM;
	if (ret)
		return ret;
	desc.dev = &pdev->dev;
	desc.pci.vendor = pdev->vendor;
	desc.pci.device = pdev->device;
	desc.vram.phys = pci_resource_start(pdev, 2);
	desc.vram.size = pci_resource_len(pdev, 2);
	/* Nobody else's from now on. */
	if (!devm_request_mem_region(&pdev->dev, desc.vram.phys, desc.vram.size,
				     "vgpu-template"))
		return -EBUSY;
	desc.vram.virt = devm_ioremap_wc(&pdev->dev, desc.vram.phys, desc.vram.size);
	if (!desc.vram.virt)
		return -ENOMEM;
	card->mmio = devm_ioremap_resource(&pdev->dev, &pdev->resource[0]);
	if (IS_ERR(card->mmio))
		return PTR_ERR(card->mmio);
	desc.priv = card;
	ret = bring_up(card);
	return ret ?: PTR_ERR_OR_ZERO(vgpu_gpu_register(&desc));
}

/* The device's driver data is the core's. */
static void remove(struct pci_dev *pdev)
{
	vgpu_gpu_unregister(pci_get_drvdata(pdev));
}

/* Nobody's ids. Taken only when the device's driver_override says so. */
static const struct pci_device_id ids[] = {
	{ PCI_DEVICE_DRIVER_OVERRIDE(0x1234, 0xffff,
				     PCI_ID_F_VFIO_DRIVER_OVERRIDE) },
	{ }
};

/* suspend and resume: see rv100_drv.c. */
static struct pci_driver template_driver = {
	.name = "vgpu_template",
	.id_table = ids,
	.probe = probe,
	.remove = remove,
};
module_pci_driver(template_driver);

MODULE_DESCRIPTION("vGPU backend for no chip");
MODULE_LICENSE("GPL");
