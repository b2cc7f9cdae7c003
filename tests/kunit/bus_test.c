// SPDX-License-Identifier: GPL-2.0
/*
 * The bus side of an instance, as far as it goes without user space: what a
 * backend may describe, vectors that wait, doorbells, no display.
 */
#include <kunit/test.h>
#include <linux/irqflags.h>
#include <linux/pci_ids.h>
#include <linux/sizes.h>

#include "../../drivers/vgpu/bus/bus.h"
#include "mock_gpu.h"

static struct vgpu_vdev *opened(struct kunit *test, unsigned int type)
{
	struct vgpu_vdev *vd = mock_create(test->priv, type, 1);

	KUNIT_ASSERT_NOT_NULL(test, vd);
	KUNIT_ASSERT_EQ(test, mock_open(vd), 0);
	return vd;
}

static void closed(struct vgpu_vdev *vd)
{
	mock_close(vd);
	mock_destroy(vd);
}

static void msix_flags(struct vgpu_vdev *vd, u16 flags)
{
	mock_config_put(vd, vd->cfg.cap[PCI_CAP_ID_MSIX] + PCI_MSIX_FLAGS, flags);
}

static u64 pending(struct vgpu_vdev *vd)
{
	__le64 pba;

	vgpu_vectors_access(vd, vgpu_msix_pba(MOCK_VECTORS), (u8 *)&pba,
			    sizeof(pba), false);
	return le64_to_cpu(pba);
}

/* A description that makes no sense is refused, and leaves nothing. */
static void bus_descriptions(struct kunit *test)
{
	static const struct vgpu_bar_desc beyond[VGPU_NR_BARS] = {
		[0] = VGPU_BAR_VRAM,
		[2] = VGPU_BAR_REGS(SZ_8K),
	};
	static const struct vgpu_bar_desc bell[VGPU_NR_BARS] = {
		[0] = { .areas = { { VGPU_AREA_DOORBELL, 0, SZ_4K, 0 } } },
	};
	struct vgpu_pci_desc own = { .bars = NULL };
	struct mock_gpu *mock = test->priv;
	struct vgpu_engine_desc engine;
	struct vgpu_type_desc type;
	struct vgpu_gpu_ops ops;
	struct vgpu_gpu_desc *d;

	d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, d);
#define EXPECT_REFUSED(change) do {					\
	mock_describe(mock, d);						\
	change;								\
	KUNIT_EXPECT_EQ(test, PTR_ERR(vgpu_gpu_register(d)),		\
			(long)-EINVAL);					\
} while (0)
	EXPECT_REFUSED(d->pci.bars = NULL);
	EXPECT_REFUSED(d->pci.bars = beyond);
	EXPECT_REFUSED(d->pci.msix_vectors = 0);
	EXPECT_REFUSED(d->pci.msix_vectors = VGPU_MAX_VECTORS);
	EXPECT_REFUSED(d->pci.caps[2] = PCI_CAP_ID_VPD);
	EXPECT_REFUSED(d->vram.virt = NULL);
	EXPECT_REFUSED(ops = *d->ops; ops.doorbell = NULL; d->ops = &ops);
	EXPECT_REFUSED(ops = *d->ops; ops.scanout = NULL; d->ops = &ops);
	EXPECT_REFUSED(d->pci.bars = bell);	/* and no MSI-X */
	/* Of a type by itself, whatever the GPU says. */
#define EXPECT_BAD_TYPE(change)						\
	EXPECT_REFUSED(type = d->types[MOCK_BOTH]; own = d->pci;	\
		       change; type.pci = &own; d->types = &type;	\
		       d->nr_types = 1)
	EXPECT_BAD_TYPE(own.bars = NULL);
	EXPECT_BAD_TYPE(own.bars = beyond);
	EXPECT_BAD_TYPE(own.caps[2] = PCI_CAP_ID_VPD);
	EXPECT_BAD_TYPE(own.msix_vectors = 0);
	EXPECT_BAD_TYPE(type.screen_size = type.vram_size + PAGE_SIZE);
	EXPECT_BAD_TYPE(type.screen_size = 1);
#undef EXPECT_BAD_TYPE
	/* Names of directories. */
#define EXPECT_BAD_NAME(bad)						\
	EXPECT_REFUSED(engine = d->engines[0]; engine.name = bad;	\
		       d->engines = &engine; d->nr_engines = 1;		\
		       d->types += MOCK_DISPLAY; d->nr_types = 1)
	EXPECT_BAD_NAME(NULL);
	EXPECT_BAD_NAME("");
	EXPECT_BAD_NAME("..");
	EXPECT_BAD_NAME("copy/0");
#undef EXPECT_BAD_NAME
#undef EXPECT_REFUSED
}

/* What a type says of itself goes for it alone. */
static void bus_type_is_its_own(struct kunit *test)
{
	static const struct vgpu_bar_desc bars[VGPU_NR_BARS] = {
		[4] = VGPU_BAR_VRAM64,
	};
	static const struct vgpu_pci_desc own = {
		.vendor = 0x1234,
		.device = 0x1111,
		.subsystem_vendor = 0x1af4,
		.class = PCI_CLASS_ACCELERATOR_PROCESSING << 8,
		.caps = { PCI_CAP_ID_EXP },
		.bars = bars,
	};
	struct mock_gpu *mock = test->priv;
	struct vgpu_type_desc types[MOCK_TYPES];
	struct vgpu_vdev *vd[MOCK_TYPES];
	struct vgpu_gpu_desc desc;
	struct vgpu_gpu *gpu;
	struct device *dev;
	unsigned int i;

	mock_describe(mock, &desc);
	memcpy(types, desc.types, sizeof(types));
	types[MOCK_COMPUTE].pci = &own;
	desc.types = types;
	dev = root_device_register("mock-gpu-of-kinds");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	desc.dev = dev;
	gpu = vgpu_gpu_register(&desc);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, gpu);
	for (i = 0; i < MOCK_TYPES; i++) {
		bool other = i == MOCK_COMPUTE;

		vd[i] = mock_create_on(gpu, i, i + 1);
		KUNIT_ASSERT_NOT_NULL(test, vd[i]);
		KUNIT_EXPECT_EQ(test, vgpu_config_get(&vd[i]->cfg, 0, 4),
				other ? 0x11111234U : 0x1234U);
		KUNIT_EXPECT_EQ(test, vgpu_config_size(&vd[i]->cfg),
				(u32)(other ? SZ_4K : VGPU_CONFIG_SIZE));
		KUNIT_EXPECT_EQ(test, !!vgpu_region_size(vd[i], 4), other);
		KUNIT_EXPECT_EQ(test, !!vgpu_region_size(vd[i], 0), !other);
		KUNIT_EXPECT_EQ(test, !!vd[i]->doorbells[MOCK_BELL].area,
				!other);
		mock_destroy(vd[i]);
	}
	vgpu_gpu_unregister(gpu);
	root_device_unregister(dev);
}

/* Raised in whatever context, a vector waits until somebody takes it. */
static void bus_vectors_wait(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, MOCK_BOTH);
	unsigned long flags;

	/* MSI-X is off: nobody wants it. */
	mock_config_put(vd, PCI_COMMAND, PCI_COMMAND_MASTER);
	vgpu_irq_raise(&vd->inst, 0);
	KUNIT_EXPECT_EQ(test, pending(vd), 0ULL);

	msix_flags(vd, PCI_MSIX_FLAGS_ENABLE);
	local_irq_save(flags);
	vgpu_irq_raise(&vd->inst, 2);
	KUNIT_EXPECT_TRUE(test, irqs_disabled());
	vgpu_irq_notify(vd, VFIO_PCI_ERR_IRQ_INDEX);
	KUNIT_EXPECT_TRUE(test, irqs_disabled());
	local_irq_restore(flags);
	vgpu_irq_raise(&vd->inst, 0);
	KUNIT_EXPECT_EQ(test, pending(vd), 5ULL);
	/* Vectors that do not exist. */
	vgpu_irq_raise(&vd->inst, MOCK_VECTORS);
	vgpu_irq_raise(&vd->inst, U32_MAX);
	KUNIT_EXPECT_EQ(test, pending(vd), 5ULL);

	/* A message cannot leave without bus mastering. */
	mock_config_put(vd, PCI_COMMAND, 0);
	vgpu_irq_raise(&vd->inst, 1);
	mock_config_put(vd, PCI_COMMAND, PCI_COMMAND_MASTER);
	KUNIT_EXPECT_EQ(test, pending(vd), 5ULL);

	msix_flags(vd, 0);
	KUNIT_EXPECT_EQ(test, pending(vd), 0ULL);
	msix_flags(vd, PCI_MSIX_FLAGS_ENABLE);
	vgpu_irq_raise(&vd->inst, 1);
	KUNIT_EXPECT_EQ(test, pending(vd), 2ULL);
	mock_reset(vd);
	KUNIT_EXPECT_EQ(test, pending(vd), 0ULL);
	closed(vd);
}

/* No user space has mapped it, so it is armed whenever it has been quiet. */
static void bus_doorbell(struct kunit *test)
{
	struct mock_gpu *mock = test->priv;
	struct vgpu_vdev *vd = opened(test, MOCK_BOTH);
	const struct vgpu_area *area = vd->doorbells[MOCK_BELL].area;
	u32 val = 7, got = 0;

	KUNIT_ASSERT_NOT_NULL(test, area);
	KUNIT_EXPECT_EQ(test, vgpu_doorbell_arm(&vd->inst, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, vgpu_doorbell_arm(&vd->inst, U32_MAX, 0),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, vgpu_doorbell_arm(&vd->inst, MOCK_BELL, 0), 0);
	KUNIT_EXPECT_EQ(test, vgpu_doorbell_access(vd, area, (u8 *)&val, 4, 8,
						   true), -EIO);
	KUNIT_EXPECT_EQ(test, mock->rings, 0U);

	mock_config_put(vd, PCI_COMMAND, PCI_COMMAND_MEMORY);
	KUNIT_EXPECT_EQ(test, vgpu_doorbell_access(vd, area, (u8 *)&val, 4, 8,
						   true), 0);
	KUNIT_EXPECT_EQ(test, mock->rings, 1U);
	KUNIT_EXPECT_EQ(test, vgpu_doorbell_access(vd, area, (u8 *)&got, 4, 8,
						   false), 0);
	KUNIT_EXPECT_EQ(test, got, 7U);
	KUNIT_EXPECT_EQ(test, mock->rings, 1U);
	/* Never too early: idle since some time in the future. */
	KUNIT_EXPECT_EQ(test, vgpu_doorbell_arm(&vd->inst, MOCK_BELL, U64_MAX),
			-EAGAIN);
	KUNIT_EXPECT_TRUE(test, mock_await(!vgpu_doorbell_arm(&vd->inst,
							      MOCK_BELL, 0)));
	/* What one stored is not for the next. */
	mock_close(vd);
	KUNIT_ASSERT_EQ(test, mock_open(vd), 0);
	mock_config_put(vd, PCI_COMMAND, PCI_COMMAND_MEMORY);
	KUNIT_EXPECT_EQ(test, vgpu_doorbell_access(vd, area, (u8 *)&got, 4, 8,
						   false), 0);
	KUNIT_EXPECT_EQ(test, got, 0U);
	closed(vd);
}

/* A ring is memory of the partition, and stays what it is; writing it rings. */
static void bus_ring(struct kunit *test)
{
	struct mock_gpu *mock = test->priv;
	struct vgpu_vdev *vd = opened(test, MOCK_BOTH);
	const struct vgpu_area *area = vd->doorbells[MOCK_RING].area;
	u8 *vram = (u8 *)mock->vram + vd->inst.vram_offset + MOCK_RING_AT;
	u32 val = 0x12345678, got = 0;

	KUNIT_ASSERT_NOT_NULL(test, area);
	mock_config_put(vd, PCI_COMMAND, PCI_COMMAND_MEMORY);
	KUNIT_EXPECT_EQ(test, vgpu_doorbell_access(vd, area, (u8 *)&val, 4, 8,
						   true), 0);
	KUNIT_EXPECT_EQ(test, mock->rings, 1U);
	KUNIT_EXPECT_MEMEQ(test, vram + 8, &val, 4);
	KUNIT_EXPECT_EQ(test, vgpu_doorbell_access(vd, area, (u8 *)&got, 4, 8,
						   false), 0);
	KUNIT_EXPECT_EQ(test, got, val);
	KUNIT_EXPECT_EQ(test, mock->rings, 1U);
	KUNIT_EXPECT_EQ(test, vgpu_doorbell_arm(&vd->inst, MOCK_RING, U64_MAX),
			-EAGAIN);
	KUNIT_EXPECT_TRUE(test, mock_await(!vgpu_doorbell_arm(&vd->inst,
							      MOCK_RING, 0)));
	/* A reset takes doorbells' own pages away, and no memory. */
	mock_reset(vd);
	KUNIT_EXPECT_MEMEQ(test, vram + 8, &val, 4);
	closed(vd);
}

/* No display: no regions for one, and no picture to take memory. */
static void bus_headless(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, MOCK_COMPUTE);

	KUNIT_ASSERT_EQ(test, vd->inst.type->num_heads, 0U);
	KUNIT_EXPECT_EQ(test, vgpu_region_size(vd, VGPU_REGION_EDID), 0ULL);
	KUNIT_EXPECT_EQ(test, vgpu_region_size(vd, VGPU_REGION_DISPLAY), 0ULL);
	KUNIT_EXPECT_NULL(test, vd->display.picture);
	KUNIT_EXPECT_EQ(test, vgpu_region_size(vd, 0), (u64)4 * MOCK_UNIT);
	mock_reset(vd);
	closed(vd);
	vd = opened(test, MOCK_BOTH);
	KUNIT_EXPECT_EQ(test, vgpu_region_size(vd, VGPU_REGION_EDID),
			(u64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, vgpu_region_size(vd, VGPU_REGION_DISPLAY),
			(u64)PAGE_ALIGN(320 * 200 * 4));
	closed(vd);
}

static struct kunit_case bus_cases[] = {
	KUNIT_CASE(bus_descriptions),
	KUNIT_CASE(bus_type_is_its_own),
	KUNIT_CASE(bus_vectors_wait),
	KUNIT_CASE(bus_doorbell),
	KUNIT_CASE(bus_ring),
	KUNIT_CASE(bus_headless),
	{}
};

static struct kunit_suite bus_suite = {
	.name = "vgpu_bus",
	.init = mock_init,
	.exit = mock_exit,
	.test_cases = bus_cases,
};

kunit_test_suite(bus_suite);
