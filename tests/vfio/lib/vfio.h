/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VFIO client, as QEMU is one: by group and container or, with VDEV_BY=cdev in
 * the environment, by character device and iommufd.
 */
#ifndef _LIB_VFIO_H
#define _LIB_VFIO_H

#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "gpu.h"
#include "mdev.h"
#include "tap.h"

#define MAX_REGIONS	16

/* Region indices of a vGPU: of its GPU, fixed by VFIO, and beyond these. */
#define REGION_VRAM	(gpu->vram)
#define REGION_REGS	(gpu->regs)

enum {
	REGION_ROM = VFIO_PCI_ROM_REGION_INDEX,
	REGION_CONFIG = VFIO_PCI_CONFIG_REGION_INDEX,
	REGION_EDID = VFIO_PCI_NUM_REGIONS,
	REGION_DISPLAY,
	NR_REGIONS,
};

/* Of what every function has; see &struct gpu_driver.config_size. */
#define CONFIG_SIZE	256

/* Of PCI_COMMAND: its BARs answer, of whichever kind they are. */
#define DECODE_ALL	(PCI_COMMAND_IO | PCI_COMMAND_MEMORY)

/**
 * struct vdev - an open vGPU
 * @container: /dev/vfio/vfio; -1 when it is open by its character device
 * @group: /dev/vfio/N, likewise
 * @iommufd: /dev/iommu; -1 when it is open by its group
 * @ioas: address space of @iommufd that it is attached to
 * @fd: the device
 * @uuid: its name
 * @size: bytes of VRAM
 * @room: bytes of it, from its start, that a program may have the engine write
 * @bytes: of gpu->prepare()
 * @priv: of gpu->init()
 * @region: what VFIO_DEVICE_GET_REGION_INFO said
 */
struct vdev {
	int container;
	int group;
	int iommufd;
	uint32_t ioas;
	int fd;
	char uuid[UUID_LEN];
	uint64_t size;
	uint64_t room;
	uint64_t bytes;
	void *priv;
	struct vfio_region_info region[MAX_REGIONS];
};

/* Large mappings begin where the kernel can map 2 MiB at once, as QEMU's do. */
extern bool vdev_map_aligned;

struct vdev *vdev_new(const struct type_facts *type);
struct vdev *vdev_new_by_group(const struct type_facts *type);
struct vdev *vdev_open(const char *uuid);
struct vdev *vdev_open_by_group(const char *uuid);
int vdev_connect(struct vdev *d);
void vdev_close(struct vdev *d);
struct vdev *vdev_reopen(struct vdev *d);
void vdev_cleanup(void);
void vdev_leave_to_parent(void);
void vdev_set_iommu(int container, int group);
void vdev_decode(struct vdev *d, unsigned int bits);
void vdev_bus_master(struct vdev *d, bool on);

struct vfio_region_info *vdev_region_info(struct vdev *d, unsigned int index);
void *region_cap(struct vfio_region_info *info, unsigned int id);

ssize_t vdev_pread(struct vdev *d, unsigned int region, void *buf, size_t len,
		   uint64_t offset);
ssize_t vdev_pwrite(struct vdev *d, unsigned int region, const void *buf,
		    size_t len, uint64_t offset);
uint32_t vdev_rd(struct vdev *d, unsigned int region, uint64_t offset,
		 unsigned int size);
void vdev_wr(struct vdev *d, unsigned int region, uint64_t offset,
	     unsigned int size, uint32_t val);
void *vdev_try_map(struct vdev *d, unsigned int region, uint64_t offset,
		   size_t len);
void *vdev_map_vram(struct vdev *d);
unsigned int cfg_cap(struct vdev *d, unsigned int id);
int vdev_ioctl(struct vdev *d, unsigned long request, void *arg);
int vdev_dma_map(struct vdev *d, void *p, size_t size, uint64_t iova);
int vdev_dma_unmap(struct vdev *d, uint64_t iova, size_t size);

int irq_set(struct vdev *d, unsigned int index, uint32_t flags, uint32_t start,
	    uint32_t count, const void *data, size_t len);
int irq_eventfd(struct vdev *d, unsigned int index, uint32_t action, int fd);
int irq_message(struct vdev *d, int fd);
int evt_new(void);
uint64_t evt_take(int fd);
uint64_t evt_wait(int fd);

static inline uint32_t cfg_rd(struct vdev *d, uint64_t off, unsigned int size)
{
	return vdev_rd(d, REGION_CONFIG, off, size);
}

static inline void cfg_wr(struct vdev *d, uint64_t off, unsigned int size,
			  uint32_t val)
{
	vdev_wr(d, REGION_CONFIG, off, size, val);
}

static inline uint32_t reg_rd(struct vdev *d, uint32_t off)
{
	return vdev_rd(d, REGION_REGS, off, 4);
}

static inline void reg_wr(struct vdev *d, uint32_t off, uint32_t val)
{
	vdev_wr(d, REGION_REGS, off, 4, val);
}

#endif /* _LIB_VFIO_H */
