// SPDX-License-Identifier: GPL-2.0
/*
 * What the functions of a soft GPU are on PCI. A BAR is the same in all that have
 * it, but for where AlmaIF's memory begins in the partition, and how wide an address
 * the memory has; what an area shows of the registers is in soft_regs.c.
 */
#include <linux/string.h>
#include <vgpu/compat.h>

#include "soft.h"

#define BAR_CONTROL							\
	{								\
		.areas = {						\
			{ VGPU_AREA_TRAP, 0, SOFT_CONTROL_SIZE,		\
			  SOFT_REGS_CONTROL },				\
			{ VGPU_AREA_DOORBELL, SOFT_BELL_COPY,		\
			  PAGE_SIZE, 0 },				\
			{ VGPU_AREA_DOORBELL, SOFT_BELL_COMPUTE,	\
			  PAGE_SIZE, 1 },				\
			{ VGPU_AREA_MSIX, SOFT_MSIX, SOFT_MSIX_SIZE },	\
		},							\
	}

#define BAR_DISPLAY							\
	{								\
		.areas = {						\
			{ VGPU_AREA_TRAP, 0, SOFT_DISPLAY_SIZE,		\
			  SOFT_REGS_DISPLAY },				\
		},							\
	}

#define BAR_ALMAIF							\
	{								\
		.flags = PCI_BASE_ADDRESS_MEM_PREFETCH |		\
			 PCI_BASE_ADDRESS_MEM_TYPE_64,			\
		.areas = {						\
			{ VGPU_AREA_TRAP, 0, SOFT_ALMAIF_CONTROL,	\
			  SOFT_REGS_ALMAIF },				\
			{ VGPU_AREA_RING, SOFT_ALMAIF_RING, PAGE_SIZE,	\
			  SOFT_ALMAIF_RING, SOFT_BELL_ALMAIF },		\
			{ VGPU_AREA_MEMORY, SOFT_ALMAIF_RING + PAGE_SIZE, \
			  0, SOFT_ALMAIF_RING + PAGE_SIZE },		\
		},							\
	}

static const struct vgpu_bar_desc display_bars[VGPU_NR_BARS] = {
	[SOFT_BAR_VRAM] = VGPU_BAR_VRAM64,
	[SOFT_BAR_DISPLAY] = BAR_DISPLAY,
};

static const struct vgpu_bar_desc compute_bars[VGPU_NR_BARS] = {
	[SOFT_BAR_VRAM] = VGPU_BAR_VRAM64,
	[SOFT_BAR_CONTROL] = BAR_CONTROL,
	[SOFT_BAR_ALMAIF] = BAR_ALMAIF,
};

static const struct vgpu_bar_desc both_bars[VGPU_NR_BARS] = {
	[SOFT_BAR_VRAM] = VGPU_BAR_VRAM64,
	[SOFT_BAR_DISPLAY] = BAR_DISPLAY,
	[SOFT_BAR_CONTROL] = BAR_CONTROL,
	[SOFT_BAR_ALMAIF] = BAR_ALMAIF,
};

/* What drivers know the Bochs display by. */
#define IS_DISPLAY							\
	.vendor = SOFT_DISPLAY_VENDOR_ID,				\
	.device = SOFT_DISPLAY_DEVICE_ID,				\
	.subsystem_vendor = SOFT_DISPLAY_SUBVENDOR,			\
	.subsystem_device = SOFT_DISPLAY_SUBDEVICE,			\
	.revision = SOFT_DISPLAY_REVISION,				\
	.class = PCI_CLASS_DISPLAY_VGA << 8

const struct vgpu_pci_desc soft_pci[SOFT_KINDS] = {
	[SOFT_B] = {
		IS_DISPLAY,
		.caps = { PCI_CAP_ID_EXP, PCI_CAP_ID_PM },
		.bars = display_bars,
	},
	[SOFT_C] = {
		.vendor = SOFT_VENDOR_ID,
		.device = SOFT_DEVICE_ID,
		.class = PCI_CLASS_ACCELERATOR_PROCESSING << 8,
		.caps = { PCI_CAP_ID_EXP, PCI_CAP_ID_PM, PCI_CAP_ID_MSIX },
		.msix_vectors = SOFT_VECTORS,
		.bars = compute_bars,
	},
	[SOFT_Q] = {
		IS_DISPLAY,
		.caps = { PCI_CAP_ID_EXP, PCI_CAP_ID_PM, PCI_CAP_ID_MSIX },
		.msix_vectors = SOFT_VECTORS,
		.bars = both_bars,
	},
};

/*
 * EDK II's driver of the Bochs display asks for its third BAR, and EDK II counts BARs,
 * not registers: one of 64 bits in front of it is one too few. So the memory of a
 * display has an address of 32 bits, as long as it is not too much for that.
 */
static bool is_below_4g(enum soft_kind kind, u64 size)
{
	return kind != SOFT_C && size <= SOFT_BELOW_4G_MAX;
}

/**
 * soft_function_init() - the function of a type
 * @function: to be set up; must stay as long as the type
 * @kind: which it is
 * @size: bytes of the partition
 * @screen_size: of these in front of AlmaIF's memory
 *
 * Return: its description.
 */
const struct vgpu_pci_desc *soft_function_init(struct soft_function *function,
					       enum soft_kind kind, u64 size,
					       u64 screen_size)
{
	struct vgpu_area *area = function->bars[SOFT_BAR_ALMAIF].areas;

	function->pci = soft_pci[kind];
	memcpy(function->bars, soft_pci[kind].bars, sizeof(function->bars));
	function->pci.bars = function->bars;
	if (is_below_4g(kind, size))
		function->bars[SOFT_BAR_VRAM].flags &=
			~PCI_BASE_ADDRESS_MEM_TYPE_64;
	for (; area->kind != VGPU_AREA_NONE; area++)
		if (area->kind != VGPU_AREA_TRAP)
			area->target += screen_size;
	return &function->pci;
}
