/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a vGPU is on PCI: its ids, its BARs, and what stands behind each part of
 * a BAR.
 */
#ifndef _VGPU_PCI_H
#define _VGPU_PCI_H

#include <linux/pci_regs.h>
#include <linux/types.h>

/** Base address registers of a PCI function. */
#define VGPU_NR_BARS	6

/** Doorbells that a function may have. */
#define VGPU_MAX_DOORBELLS	16

/** MSI-X vectors that a function may have. */
#define VGPU_MAX_VECTORS	256

/** Capabilities that a function may have. */
#define VGPU_MAX_CAPS	8

/** Areas that a BAR may have. */
#define VGPU_MAX_AREAS	8

/**
 * enum vgpu_area_kind - what stands behind a part of a BAR
 * @VGPU_AREA_NONE: ends the list of areas
 * @VGPU_AREA_TRAP: the register file; every access is trapped
 * @VGPU_AREA_MEMORY: the instance's partition; mapped
 * @VGPU_AREA_DOORBELL: pages that say that there is work; mapped, but for the
 *	first touch after vgpu_doorbell_arm()
 * @VGPU_AREA_RING: a part of the instance's partition that is a doorbell as well:
 *	where a guest cannot say that there is work but by writing it
 * @VGPU_AREA_MSIX: the MSI-X table, and the pending bits after it; the core's
 */
enum vgpu_area_kind {
	VGPU_AREA_NONE,
	VGPU_AREA_TRAP,
	VGPU_AREA_MEMORY,
	VGPU_AREA_DOORBELL,
	VGPU_AREA_RING,
	VGPU_AREA_MSIX,
};

/**
 * struct vgpu_area - a part of a BAR
 * @kind: what it is
 * @offset: where it begins in the BAR
 * @size: bytes; of %VGPU_AREA_MEMORY, 0 for all of the partition from @target on
 * @target: where it begins in the register file, or in the partition; the number
 *	of a doorbell, below %VGPU_MAX_DOORBELLS; 0 for %VGPU_AREA_MSIX
 * @bell: of %VGPU_AREA_RING, the number of its doorbell
 *
 * What is mapped has whole pages. The rest has offsets that are multiples of 4.
 */
struct vgpu_area {
	enum vgpu_area_kind kind;
	u64 offset;
	u64 size;
	u64 target;
	u8 bell;
};

/**
 * struct vgpu_bar_desc - one base address register
 * @flags: the register's low bits: %PCI_BASE_ADDRESS_SPACE_IO, or for memory
 *	%PCI_BASE_ADDRESS_MEM_PREFETCH where reading changes nothing and
 *	%PCI_BASE_ADDRESS_MEM_TYPE_64 where it takes the next BAR's register
 *	for the upper half of its address, as it must beyond 2 GiB
 * @size: bytes, a power of two; 0 for the least that holds its areas
 * @areas: what it consists of, from low to high offsets; none when the BAR is
 *	not implemented
 *
 * What no area covers is never mapped, reads as ones and drops writes, as a bus
 * does where nobody answers.
 */
struct vgpu_bar_desc {
	u32 flags;
	u64 size;
	struct vgpu_area areas[VGPU_MAX_AREAS];
};

/** All of the partition. */
#define VGPU_BAR_VRAM							\
	{								\
		.flags = PCI_BASE_ADDRESS_MEM_PREFETCH,			\
		.areas = { { .kind = VGPU_AREA_MEMORY } },		\
	}

/** The same, wherever in 64 bits of address space. */
#define VGPU_BAR_VRAM64							\
	{								\
		.flags = PCI_BASE_ADDRESS_MEM_PREFETCH |		\
			 PCI_BASE_ADDRESS_MEM_TYPE_64,			\
		.areas = { { .kind = VGPU_AREA_MEMORY } },		\
	}

/** The register file, from its beginning. */
#define VGPU_BAR_REGS(_size)						\
	{								\
		.areas = { { .kind = VGPU_AREA_TRAP, .size = (_size) } }, \
	}

/** The first registers as I/O ports. */
#define VGPU_BAR_IO(_size)						\
	{								\
		.flags = PCI_BASE_ADDRESS_SPACE_IO,			\
		.areas = { { .kind = VGPU_AREA_TRAP, .size = (_size) } }, \
	}

/**
 * struct vgpu_pci_desc - what the virtual PCI function says it is
 * @vendor: PCI vendor id
 * @device: PCI device id
 * @subsystem_vendor: PCI subsystem vendor id
 * @subsystem_device: PCI subsystem id
 * @class: 24-bit class code. A VGA controller's instances that have no display
 *	are "display controller, other"
 * @revision: revision id
 * @intx: it has an interrupt pin, INTA
 * @caps: its capabilities, in the order of the list: %PCI_CAP_ID_PM,
 *	%PCI_CAP_ID_MSI (one vector), %PCI_CAP_ID_MSIX (then there is one area
 *	%VGPU_AREA_MSIX), %PCI_CAP_ID_EXP (an endpoint, with 4 KiB of
 *	configuration space)
 * @msix_vectors: vectors of MSI-X, up to %VGPU_MAX_VECTORS; 0 without it
 * @bars: %VGPU_NR_BARS of them; must live as long as the GPU
 * @rom: option ROM image, or NULL; must live as long as the GPU
 * @rom_size: bytes of @rom, a power of two of at least 2 KiB
 */
struct vgpu_pci_desc {
	u16 vendor;
	u16 device;
	u16 subsystem_vendor;
	u16 subsystem_device;
	u32 class;
	u8 revision;
	bool intx;
	u8 caps[VGPU_MAX_CAPS];
	u16 msix_vectors;
	const struct vgpu_bar_desc *bars;
	const void *rom;
	u32 rom_size;
};

#endif /* _VGPU_PCI_H */
