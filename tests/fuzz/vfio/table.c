// SPDX-License-Identifier: GPL-2.0
/* The interface of a vGPU, as far as user space can call it. */
#include <sys/mman.h>
#include "fuzz.h"

#define LIST(...) ((const uint64_t[]){ __VA_ARGS__ })
#define ONE_OF(...) { ARG_ONE_OF, \
	sizeof(LIST(__VA_ARGS__)) / sizeof(uint64_t), LIST(__VA_ARGS__) }
#define BELOW(_n)	{ ARG_BELOW, _n, NULL }
#define BITS(_n)	{ ARG_BITS, _n, NULL }
#define EDGE		{ ARG_EDGE, 0, NULL }
#define ANY		{ ARG_ANY, 0, NULL }

/* Regions, with VGA's, which is not there, and one that is beyond the last. */
#define REGION		BELOW(NR_REGIONS + 1)
#define WIDTH		ONE_OF(1, 2, 4, 8, 3, 5, 7, 16, 64, 0)
#define LENGTH		ONE_OF(4096, 8192, 65536, 2097152, 1, 0)
#define MAP		BELOW(NR_MAPS)

#define IRQ_FLAGS \
	(VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_DATA_BOOL | \
	 VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_MASK | \
	 VFIO_IRQ_SET_ACTION_UNMASK | VFIO_IRQ_SET_ACTION_TRIGGER)
/* One kind of data and one action, as they are meant to be. */
#define IRQ_WAYS ONE_OF( \
	VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, \
	VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK, \
	VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_MASK, \
	VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, \
	VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK, \
	VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK, \
	VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER, \
	VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_UNMASK)

/* Ioctls of a device: with what argsz, which index, flags that are somebody's. */
#define REQUESTS ONE_OF( \
	VFIO_DEVICE_GET_INFO, VFIO_DEVICE_GET_REGION_INFO, \
	VFIO_DEVICE_GET_IRQ_INFO, VFIO_DEVICE_SET_IRQS, \
	VFIO_DEVICE_QUERY_GFX_PLANE, VFIO_DEVICE_GET_GFX_DMABUF, \
	VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, VFIO_DEVICE_PCI_HOT_RESET, \
	VFIO_DEVICE_IOEVENTFD, VFIO_DEVICE_FEATURE)

/* Of configuration space, where something happens; each write has 4 bytes or fewer. */
#define CONFIG_PLACES ONE_OF( \
	PCI_COMMAND, PCI_COMMAND + 1, PCI_STATUS, PCI_BASE_ADDRESS_0, \
	PCI_BASE_ADDRESS_2, PCI_BASE_ADDRESS_3, PCI_ROM_ADDRESS, PCI_INTERRUPT_LINE, \
	0x50, 0x52, 0x54, 0x58, 0x60, 0x62, 0x64, 0x70, 0x72, 0x74, 0x80, 0x90, 0x94)
#define CONFIG_VALUES ONE_OF( \
	0, 1, 2, 3, 4, 5, 6, 7, 0x400, 0x407, 0x8000, 0xc000, 0xffff, 0xffffffff, \
	0xe0000000)

/*
 * What takes long comes seldom: a fork, a move, another vGPU take a hundred times as long
 * as a read or more, a change of state or of a setting about thirty times.
 */
const struct op ops[] = {
	{ "read", 64, { REGION, EDGE, WIDTH, BELOW(8) }, call_read },
	{ "write", 64, { REGION, EDGE, WIDTH, BELOW(8), ANY }, call_write },
	{ "config", 48, { CONFIG_PLACES, WIDTH, CONFIG_VALUES }, call_config },
	{ "register", 64, { EDGE, WIDTH, ANY }, call_register },
	{ "seek", 16, { ANY, WIDTH, BELOW(2) }, call_seek },
	{ "ioctl", 48, { REQUESTS, EDGE, BELOW(16), BITS(0xff), ANY, BELOW(4) },
	  call_ioctl },
	{ "irqs", 48, { BELOW(8), IRQ_WAYS, BELOW(4), BELOW(5), BELOW(NR_EVENTS + 2) },
	  call_irqs },
	{ "irqs-any", 24, { BELOW(8), BITS(IRQ_FLAGS), EDGE, EDGE, EDGE, ANY },
	  call_irqs_any },
	{ "event", 16, { BELOW(NR_EVENTS) }, call_event },
	{ "reset", 4, { }, call_reset },
	{ "enable", 48, { }, call_enable },
	{ "map", 24, { MAP, REGION, EDGE, LENGTH,
		      ONE_OF(PROT_READ, PROT_READ | PROT_WRITE, PROT_NONE, PROT_EXEC),
		      ONE_OF(MAP_SHARED, MAP_SHARED, MAP_PRIVATE) }, call_map },
	{ "unmap", 16, { MAP, EDGE, EDGE }, call_unmap },
	{ "remap", 8, { MAP, EDGE, EDGE, BITS(MREMAP_MAYMOVE | MREMAP_DONTUNMAP) },
	  call_remap },
	{ "protect", 8, { MAP, EDGE, BITS(PROT_READ | PROT_WRITE | PROT_EXEC) },
	  call_protect },
	{ "advise", 8, { MAP, ONE_OF(MADV_DONTNEED, MADV_DONTFORK, MADV_REMOVE,
				     MADV_HUGEPAGE, MADV_WILLNEED, MADV_FREE) },
	  call_advise },
	{ "touch", 64, { MAP, EDGE, BELOW(2) }, call_touch },
	{ "fork", 1, { MAP, EDGE }, call_fork },
	{ "state", 6, { BELOW(VFIO_DEVICE_STATE_PRE_COPY_P2P + 2) }, call_state },
	{ "take", 8, { ANY }, call_take },
	{ "give", 12, { ANY, BELOW(16), ANY }, call_give },
	{ "move", 1, { BELOW(4), ANY }, call_move },
	{ "precopy-info", 4, { EDGE }, call_precopy_info },
	{ "dma-map", 8, { EDGE, LENGTH, BITS(7), BELOW(2) }, call_dma_map },
	{ "dma-unmap", 8, { EDGE, LENGTH, BITS(3) }, call_dma_unmap },
	{ "open-again", 8, { }, call_open_again },
	{ "sysfs-read", 12, { ANY }, call_sysfs_read },
	{ "sysfs-write", 3, { ANY, ANY }, call_sysfs_write },
	{ "work", 24, { ANY }, call_work },
	{ "trespass", 80, { ANY }, call_trespass },
	{ "plane", 16, { ONE_OF(VFIO_GFX_PLANE_TYPE_REGION,
			       VFIO_GFX_PLANE_TYPE_PROBE | VFIO_GFX_PLANE_TYPE_REGION,
			       VFIO_GFX_PLANE_TYPE_DMABUF), BELOW(4) }, call_plane },
	{ "monitor", 16, { BELOW(7), ONE_OF(0, 1, 2, 128, 256, 257, 640, 1024) },
	  call_monitor },
	{ "neighbour", 1, { BELOW(8) }, call_neighbour },
};

const unsigned int nr_ops = sizeof(ops) / sizeof(ops[0]);
