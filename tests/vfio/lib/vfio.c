// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "cdev.h"
#include "vfio.h"

#define MAX_OPEN	512
#define MAX_CAPS	48
/* What the kernel maps by one entry of the level above pages. */
#define BLOCK		(2 * MIB)

static struct vdev *opened[MAX_OPEN];

static struct vdev *vdev_alloc(const char *uuid)
{
	struct vdev *d = calloc(1, sizeof(*d));
	unsigned int i;

	ASSERT(d);
	for (i = 0; i < MAX_OPEN && opened[i]; i++)
		;
	ASSERT(i < MAX_OPEN);
	opened[i] = d;
	d->container = -1;
	d->group = -1;
	d->iommufd = -1;
	d->fd = -1;
	snprintf(d->uuid, sizeof(d->uuid), "%s", uuid);
	return d;
}

/* Put @group into @container and choose type1. */
void vdev_set_iommu(int container, int group)
{
	ASSERT_OK(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container));
	ASSERT_OK(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
}

static void open_group(struct vdev *d)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/%d", mdev_group(d->uuid));
	d->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	ASSERT_OK(d->container);
	d->group = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_OK(d->group);
	vdev_set_iommu(d->container, d->group);
}

static void open_iommufd(struct vdev *d)
{
	d->iommufd = iommufd_open();
	d->ioas = ioas_alloc(d->iommufd);
}

/**
 * vdev_connect() - the last step of opening, which the driver is asked about
 * @d: has its group, or an iommufd
 *
 * Return: 0, or -1 with errno.
 */
int vdev_connect(struct vdev *d)
{
	if (d->iommufd < 0) {
		d->fd = ioctl(d->group, VFIO_GROUP_GET_DEVICE_FD, d->uuid);
		return d->fd < 0 ? -1 : 0;
	}
	d->fd = cdev_open(d->uuid);
	ASSERT_OK(d->fd);
	if (cdev_bind(d->fd, d->iommufd))
		return -1;
	return cdev_attach(d->fd, d->ioas);
}

static struct vdev *open_by(const char *uuid, void (*prepare)(struct vdev *))
{
	struct vdev *d = vdev_alloc(uuid);
	unsigned int i;

	prepare(d);
	ASSERT_OK(vdev_connect(d));
	d->size = mdev_attr_u64(uuid, "vram_size");
	d->room = d->size - gpu->kept;
	for (i = 0; i < NR_REGIONS; i++) {
		d->region[i].argsz = sizeof(d->region[i]);
		d->region[i].index = i;
		/* A region that is absent stays at size zero. */
		ioctl(d->fd, VFIO_DEVICE_GET_REGION_INFO, &d->region[i]);
	}
	return d;
}

/**
 * vdev_open() - open a vGPU, and learn its regions
 * @uuid: its name
 *
 * Return: the open vGPU; closed by vdev_close() or after the test.
 */
struct vdev *vdev_open(const char *uuid)
{
	const char *by = getenv("VDEV_BY");

	return open_by(uuid, by && !strcmp(by, "cdev") ? open_iommufd :
							 open_group);
}

/* For what only a group can do. */
struct vdev *vdev_open_by_group(const char *uuid)
{
	return open_by(uuid, open_group);
}

static struct vdev *new_by(const struct type_facts *type,
			   struct vdev *(*open_it)(const char *uuid))
{
	char uuid[UUID_LEN];
	struct vdev *d;

	mdev_create(type, uuid);
	d = open_it(uuid);
	vdev_decode(d, DECODE_ALL);
	return d;
}

/* A new vGPU of this type, open and decoding memory and I/O. */
struct vdev *vdev_new(const struct type_facts *type)
{
	return new_by(type, vdev_open);
}

struct vdev *vdev_new_by_group(const struct type_facts *type)
{
	return new_by(type, vdev_open_by_group);
}

static void close_files(struct vdev *d)
{
	gpu->close(d);
	if (d->fd >= 0)
		close(d->fd);
	if (d->group >= 0)
		close(d->group);
	if (d->container >= 0)
		close(d->container);
	if (d->iommufd >= 0)
		close(d->iommufd);
}

/* In a child: what its parent has open is open no longer on its account. */
void vdev_leave_to_parent(void)
{
	unsigned int i;

	for (i = 0; i < MAX_OPEN; i++) {
		if (opened[i])
			close_files(opened[i]);
		opened[i] = NULL;
	}
}

void vdev_close(struct vdev *d)
{
	unsigned int i;

	close_files(d);
	for (i = 0; i < MAX_OPEN; i++) {
		if (opened[i] == d)
			opened[i] = NULL;
	}
	free(d);
}

/**
 * vdev_reopen() - what the next user of a vGPU has
 * @d: closed
 *
 * Return: the same vGPU, opened again.
 */
struct vdev *vdev_reopen(struct vdev *d)
{
	char uuid[UUID_LEN];

	strcpy(uuid, d->uuid);
	vdev_close(d);
	return vdev_open(uuid);
}

/* What every test ends with: nothing open, no vGPU. */
void vdev_cleanup(void)
{
	unsigned int i;

	for (i = 0; i < MAX_OPEN; i++) {
		if (opened[i])
			vdev_close(opened[i]);
	}
	mdev_remove_all();
}

/* Set the decode bits of the command register to exactly @bits. */
void vdev_decode(struct vdev *d, unsigned int bits)
{
	uint32_t cmd = cfg_rd(d, PCI_COMMAND, 2);

	cmd &= ~DECODE_ALL;
	cfg_wr(d, PCI_COMMAND, 2, cmd | bits);
}

/* Messages are writes to memory: MSI and MSI-X need it. */
void vdev_bus_master(struct vdev *d, bool on)
{
	uint32_t cmd = cfg_rd(d, PCI_COMMAND, 2) & ~PCI_COMMAND_MASTER;

	cfg_wr(d, PCI_COMMAND, 2, cmd | (on ? PCI_COMMAND_MASTER : 0));
}

/**
 * vdev_region_info() - what a region is, with its capabilities
 * @d: vGPU
 * @index: region
 *
 * Asks twice, as the interface wants it: first for the size that the
 * capabilities need.
 *
 * Return: to be freed by the caller; NULL with errno.
 */
struct vfio_region_info *vdev_region_info(struct vdev *d, unsigned int index)
{
	struct vfio_region_info *info = calloc(1, sizeof(*info));
	size_t need;

	ASSERT(info);
	info->argsz = sizeof(*info);
	info->index = index;
	if (ioctl(d->fd, VFIO_DEVICE_GET_REGION_INFO, info)) {
		free(info);
		return NULL;
	}
	need = info->argsz;
	if (need <= sizeof(*info))
		return info;
	info = realloc(info, need);
	ASSERT(info);
	memset(info, 0, need);
	info->argsz = need;
	info->index = index;
	if (ioctl(d->fd, VFIO_DEVICE_GET_REGION_INFO, info)) {
		free(info);
		return NULL;
	}
	return info;
}

/* The first capability with this id, or NULL. */
void *region_cap(struct vfio_region_info *info, unsigned int id)
{
	struct vfio_info_cap_header *cap;
	uint32_t off = info->cap_offset;
	unsigned int hops = 0;

	if (!(info->flags & VFIO_REGION_INFO_FLAG_CAPS))
		return NULL;
	while (off) {
		if (!EXPECT(off + sizeof(*cap) <= info->argsz) ||
		    !EXPECT(hops++ < 16))
			return NULL;
		cap = (void *)((char *)info + off);
		if (cap->id == id)
			return cap;
		off = cap->next;
	}
	return NULL;
}

ssize_t vdev_pread(struct vdev *d, unsigned int region, void *buf, size_t len,
		   uint64_t offset)
{
	return pread(d->fd, buf, len, d->region[region].offset + offset);
}

ssize_t vdev_pwrite(struct vdev *d, unsigned int region, const void *buf,
		    size_t len, uint64_t offset)
{
	return pwrite(d->fd, buf, len, d->region[region].offset + offset);
}

/* A read that must succeed. */
uint32_t vdev_rd(struct vdev *d, unsigned int region, uint64_t offset,
		 unsigned int size)
{
	uint32_t val = 0;
	ssize_t ret = vdev_pread(d, region, &val, size, offset);

	if (ret != (ssize_t)size) {
		tap_fail(__FILE__, __LINE__, "read region %u at %#llx: %s",
			 region, (unsigned long long)offset, strerror(errno));
		tap_abort();
	}
	return val;
}

/* A write that must succeed. */
void vdev_wr(struct vdev *d, unsigned int region, uint64_t offset,
	     unsigned int size, uint32_t val)
{
	ssize_t ret = vdev_pwrite(d, region, &val, size, offset);

	if (ret != (ssize_t)size) {
		tap_fail(__FILE__, __LINE__, "write region %u at %#llx: %s",
			 region, (unsigned long long)offset, strerror(errno));
		tap_abort();
	}
}

bool vdev_map_aligned;

/* Room for a mapping that begins with a block. */
static void *aligned_room(size_t len)
{
	uint8_t *p = mmap(NULL, len + BLOCK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t before;

	ASSERT(p != MAP_FAILED);
	before = -(uintptr_t)p % BLOCK;
	munmap(p, before);
	munmap(p + before + len, BLOCK - before);
	return p + before;
}

/* MAP_FAILED with errno when it is refused. */
void *vdev_try_map(struct vdev *d, unsigned int region, uint64_t offset,
		   size_t len)
{
	bool aligned = vdev_map_aligned && len >= BLOCK;
	void *room = aligned ? aligned_room(len) : NULL, *p;

	p = mmap(room, len, PROT_READ | PROT_WRITE, MAP_SHARED | (aligned ? MAP_FIXED : 0),
		 d->fd, d->region[region].offset + offset);
	if (p == MAP_FAILED && aligned) {
		int err = errno;

		munmap(room, len);
		errno = err;
	}
	return p;
}

/* All of the vGPU's video memory. */
void *vdev_map_vram(struct vdev *d)
{
	void *p = vdev_try_map(d, REGION_VRAM, 0, d->size);

	ASSERT(p != MAP_FAILED);
	return p;
}

int vdev_ioctl(struct vdev *d, unsigned long request, void *arg)
{
	return ioctl(d->fd, request, arg);
}

/* Guest memory for DMA, as QEMU maps all that a VM has. */
int vdev_dma_map(struct vdev *d, void *p, size_t size, uint64_t iova)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)p, .iova = iova, .size = size,
	};

	if (d->iommufd >= 0)
		return ioas_map(d->iommufd, d->ioas, p, size, iova);
	return ioctl(d->container, VFIO_IOMMU_MAP_DMA, &map);
}

int vdev_dma_unmap(struct vdev *d, uint64_t iova, size_t size)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = iova, .size = size,
	};

	if (d->iommufd >= 0)
		return ioas_unmap(d->iommufd, d->ioas, iova, size);
	if (ioctl(d->container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return -1;
	return EXPECT_EQ(unmap.size, size) ? 0 : -1;
}

/**
 * irq_set() - VFIO_DEVICE_SET_IRQS
 * @d: vGPU
 * @index: VFIO_PCI_*_IRQ_INDEX
 * @flags: VFIO_IRQ_SET_*
 * @start: first subindex
 * @count: how many
 * @data: what follows the header
 * @len: bytes of @data
 *
 * Return: 0, or -1 with errno.
 */
int irq_set(struct vdev *d, unsigned int index, uint32_t flags, uint32_t start,
	    uint32_t count, const void *data, size_t len)
{
	union {
		struct vfio_irq_set set;
		char buf[sizeof(struct vfio_irq_set) + 64];
	} u = {
		.set.argsz = sizeof(u.set) + len,
		.set.flags = flags,
		.set.index = index,
		.set.start = start,
		.set.count = count,
	};

	ASSERT(len <= 64);
	if (len)
		memcpy(u.set.data, data, len);
	return ioctl(d->fd, VFIO_DEVICE_SET_IRQS, &u.set);
}

/* Tie an eventfd (-1: none) to an action of subindex 0. */
int irq_eventfd(struct vdev *d, unsigned int index, uint32_t action, int fd)
{
	int32_t data = fd;

	return irq_set(d, index, VFIO_IRQ_SET_DATA_EVENTFD | action, 0, 1,
		       &data, sizeof(data));
}

/* The same to what gpu->irq_raise() raises. */
int irq_message(struct vdev *d, int fd)
{
	int32_t data = fd;

	return irq_set(d, gpu->messages, VFIO_IRQ_SET_DATA_EVENTFD |
		       VFIO_IRQ_SET_ACTION_TRIGGER, gpu->vector, 1, &data,
		       sizeof(data));
}

int evt_new(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	ASSERT_OK(fd);
	return fd;
}

/* Events that are there already. */
uint64_t evt_take(int fd)
{
	uint64_t n = 0;

	if (read(fd, &n, sizeof(n)) != sizeof(n))
		return 0;
	return n;
}

/* Wait for an event that must come; 0 when it is lost. */
uint64_t evt_wait(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (poll(&p, 1, tap_patience() * 1000) != 1) {
		tap_in_vain();
		return 0;
	}
	return evt_take(fd);
}

/* Where a capability is in configuration space; 0 when there is none. */
unsigned int cfg_cap(struct vdev *d, unsigned int id)
{
	unsigned int at = cfg_rd(d, PCI_CAPABILITY_LIST, 1);
	unsigned int hops;

	for (hops = 0; at && hops < MAX_CAPS; hops++) {
		EXPECT(at >= PCI_STD_HEADER_SIZEOF && !(at & 3));
		if (cfg_rd(d, at + PCI_CAP_LIST_ID, 1) == id)
			return at;
		at = cfg_rd(d, at + PCI_CAP_LIST_NEXT, 1);
	}
	EXPECT(hops < MAX_CAPS);
	return 0;
}
