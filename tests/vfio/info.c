// SPDX-License-Identifier: GPL-2.0
/* What the device says of itself: regions, interrupts, capabilities. */
#include <stdlib.h>
#include "vfio.h"

#define RW	(VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE)

#define DEVICE_MINSZ	offsetof(struct vfio_device_info, cap_offset)

static struct vdev *d;

static void before(void)
{
	d = vdev_new(gpu->medium);
}

/* What has no display has no regions for it. */
static unsigned int nr_regions(void)
{
	return has_display() ? NR_REGIONS : REGION_EDID;
}

static void device_info(void)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	ASSERT_OK(vdev_ioctl(d, VFIO_DEVICE_GET_INFO, &info));
	EXPECT_EQ(info.flags & ~VFIO_DEVICE_FLAGS_CAPS,
		  VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET);
	EXPECT_EQ(info.num_regions, nr_regions());
	EXPECT_EQ(info.num_irqs, VFIO_PCI_NUM_IRQS);
}

static void device_info_argsz(void)
{
	struct {
		struct vfio_device_info info;
		uint8_t guard[64];
	} big = { .info.argsz = sizeof(big) };
	struct vfio_device_info info = { .argsz = DEVICE_MINSZ };
	unsigned int i;

	EXPECT_OK(vdev_ioctl(d, VFIO_DEVICE_GET_INFO, &info));
	EXPECT_EQ(info.num_regions, nr_regions());
	for (i = 0; i < DEVICE_MINSZ; i++) {
		info.argsz = i;
		EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_GET_INFO, &info), EINVAL);
	}
	/* Room that is not used stays as it was. */
	memset(big.guard, 0xa5, sizeof(big.guard));
	EXPECT_OK(vdev_ioctl(d, VFIO_DEVICE_GET_INFO, &big.info));
	for (i = 0; i < sizeof(big.guard); i++)
		EXPECT_EQ(big.guard[i], 0xa5);
	EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_GET_INFO, NULL), EFAULT);
}

static void expect_region(unsigned int index, uint32_t flags, uint64_t size)
{
	struct vfio_region_info *info = vdev_region_info(d, index);

	ASSERT(info);
	EXPECT_EQ(info->index, index);
	EXPECT_EQ(info->size, size);
	EXPECT_EQ(info->flags, flags);
	free(info);
}

static void pci_regions(void)
{
	unsigned int i;

	for (i = 0; i < NR_BARS; i++)
		expect_region(i, gpu->bars[i].region, bar_size(d, i));
	expect_region(REGION_CONFIG, RW, gpu->config_size);
}

static void rom_region(void)
{
	struct vfio_region_info *rom = vdev_region_info(d, REGION_ROM);

	ASSERT(rom);
	EXPECT_EQ(rom->flags, VFIO_REGION_INFO_FLAG_READ);
	EXPECT(rom->size >= 2048 && !(rom->size & (rom->size - 1)));
	free(rom);
}

static void no_vga_region(void)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info), .index = VFIO_PCI_VGA_REGION_INDEX,
	};

	EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_GET_REGION_INFO, &info), EINVAL);
}

static void regions_do_not_overlap(void)
{
	unsigned int i, j;

	for (i = 0; i < NR_REGIONS; i++) {
		for (j = i + 1; j < NR_REGIONS; j++) {
			struct vfio_region_info *a = &d->region[i];
			struct vfio_region_info *b = &d->region[j];

			if (!a->size || !b->size)
				continue;
			EXPECT(a->offset + a->size <= b->offset ||
			       b->offset + b->size <= a->offset);
		}
	}
}

static void each_type_has_its_size(void)
{
	unsigned int type;

	for (type = 0; type < gpu->nr_types; type++) {
		vdev_cleanup();
		d = vdev_new(&gpu->types[type]);
		expect_region(REGION_VRAM, RW | VFIO_REGION_INFO_FLAG_MMAP,
			      gpu->types[type].size);
	}
}

static void region_info_errors(void)
{
	struct vfio_region_info info = { .argsz = sizeof(info) };
	const uint32_t bad[] = {
		nr_regions(), nr_regions() + 1, 0x7fffffff, 0xffffffff,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		info.index = bad[i];
		EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_GET_REGION_INFO, &info),
			   EINVAL);
	}
	info.index = 0;
	for (i = 0; i < sizeof(info); i++) {
		info.argsz = i;
		EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_GET_REGION_INFO, &info),
			   EINVAL);
	}
	EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_GET_REGION_INFO, NULL), EFAULT);
}

static void edid_region_capability(void)
{
	struct vfio_region_info *info = vdev_region_info(d, REGION_EDID);
	struct vfio_region_info_cap_type *cap;

	ASSERT(info);
	EXPECT_EQ(info->flags & RW, RW);
	EXPECT(!(info->flags & VFIO_REGION_INFO_FLAG_MMAP));
	EXPECT(info->size >= sizeof(struct vfio_region_gfx_edid) + 256);
	cap = region_cap(info, VFIO_REGION_INFO_CAP_TYPE);
	ASSERT(cap);
	EXPECT_EQ(cap->type, VFIO_REGION_TYPE_GFX);
	EXPECT_EQ(cap->subtype, VFIO_REGION_SUBTYPE_GFX_EDID);
	free(info);
}

static void display_region_capability(void)
{
	struct vfio_region_info *info = vdev_region_info(d, REGION_DISPLAY);
	struct vfio_region_info_cap_type *cap;

	ASSERT(info);
	EXPECT(info->flags & VFIO_REGION_INFO_FLAG_READ);
	EXPECT(info->flags & VFIO_REGION_INFO_FLAG_MMAP);
	/* The largest mode of the type must fit. */
	EXPECT(info->size >= gpu->medium->xres * gpu->medium->yres * 4);
	cap = region_cap(info, VFIO_REGION_INFO_CAP_TYPE);
	ASSERT(cap);
	/* Not something that a client could take for another thing. */
	EXPECT(cap->type != VFIO_REGION_TYPE_GFX ||
	       cap->subtype != VFIO_REGION_SUBTYPE_GFX_EDID);
	free(info);
}

/* A buffer without room for the capabilities learns how much it needs. */
static void capabilities_need_room(void)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info),
		.index = has_display() ? REGION_EDID : REGION_REGS,
	};

	EXPECT_OK(vdev_ioctl(d, VFIO_DEVICE_GET_REGION_INFO, &info));
	EXPECT(info.flags & VFIO_REGION_INFO_FLAG_CAPS);
	EXPECT_EQ(info.cap_offset, 0);
	EXPECT(info.argsz > sizeof(info) + sizeof(struct vfio_info_cap_header));
}

static void irq_info(void)
{
	static const uint32_t flags[VFIO_PCI_NUM_IRQS] = {
		[VFIO_PCI_INTX_IRQ_INDEX] = VFIO_IRQ_INFO_EVENTFD |
			VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED,
		[VFIO_PCI_MSI_IRQ_INDEX] = VFIO_IRQ_INFO_EVENTFD |
			VFIO_IRQ_INFO_NORESIZE,
		[VFIO_PCI_MSIX_IRQ_INDEX] = VFIO_IRQ_INFO_EVENTFD |
			VFIO_IRQ_INFO_MASKABLE,
		[VFIO_PCI_ERR_IRQ_INDEX] = VFIO_IRQ_INFO_EVENTFD |
			VFIO_IRQ_INFO_NORESIZE,
		[VFIO_PCI_REQ_IRQ_INDEX] = VFIO_IRQ_INFO_EVENTFD |
			VFIO_IRQ_INFO_NORESIZE,
	};
	unsigned int i;

	for (i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		struct vfio_irq_info info = {
			.argsz = sizeof(info), .index = i,
		};

		ASSERT_OK(vdev_ioctl(d, VFIO_DEVICE_GET_IRQ_INFO, &info));
		EXPECT_EQ(info.count, gpu->irqs[i]);
		if (info.count)
			EXPECT_EQ(info.flags, flags[i]);
	}
}

static void irq_info_errors(void)
{
	struct vfio_irq_info info = { .argsz = sizeof(info) };
	static const uint32_t bad[] = { VFIO_PCI_NUM_IRQS, 100, 0xffffffff };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		info.index = bad[i];
		EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_GET_IRQ_INFO, &info),
			   EINVAL);
	}
	info.index = 0;
	for (i = 0; i < sizeof(info); i++) {
		info.argsz = i;
		EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_GET_IRQ_INFO, &info),
			   EINVAL);
	}
	EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_GET_IRQ_INFO, NULL), EFAULT);
}

static void unknown_ioctl(void)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	EXPECT_ERR(vdev_ioctl(d, _IO(VFIO_TYPE, VFIO_BASE + 99), &info),
		   ENOTTY);
}

/* A client that tries what a vGPU has not is told so, and goes on without. */
static void what_it_has_not(void)
{
	static const unsigned long requests[] = {
		VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, VFIO_DEVICE_PCI_HOT_RESET,
		VFIO_DEVICE_GET_GFX_DMABUF, VFIO_DEVICE_IOEVENTFD,
	};
	static const uint32_t features[] = {
		VFIO_DEVICE_FEATURE_PCI_VF_TOKEN,
		VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY,
		VFIO_DEVICE_FEATURE_MASK,
	};
	uint32_t buf[64] = { sizeof(buf) };
	struct vfio_device_feature feature = { .argsz = sizeof(feature) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(requests); i++)
		EXPECT_ERR(vdev_ioctl(d, requests[i], buf), ENOTTY);
	for (i = 0; i < ARRAY_SIZE(features); i++) {
		feature.flags = features[i] | VFIO_DEVICE_FEATURE_PROBE;
		EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_FEATURE, &feature),
			   ENOTTY);
		feature.flags = features[i] | VFIO_DEVICE_FEATURE_GET;
		EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_FEATURE, &feature),
			   ENOTTY);
	}
	feature.argsz = 4;
	EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_FEATURE, &feature), EINVAL);
}

static const struct tap_test tests[] = {
	TAP_TEST(device_info),
	TAP_TEST(device_info_argsz),
	TAP_TEST(pci_regions),
	TAP_TEST_IF(rom_region, has_rom),
	TAP_TEST(no_vga_region),
	TAP_TEST(regions_do_not_overlap),
	TAP_TEST(each_type_has_its_size),
	TAP_TEST(region_info_errors),
	TAP_TEST_IF(edid_region_capability, has_display),
	TAP_TEST_IF(display_region_capability, has_display),
	TAP_TEST(capabilities_need_room),
	TAP_TEST(irq_info),
	TAP_TEST(irq_info_errors),
	TAP_TEST(unknown_ioctl),
	TAP_TEST(what_it_has_not),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "info", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = vdev_cleanup,
	};

	return tap_run(&suite);
}
