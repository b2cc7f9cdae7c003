// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include "cdev.h"
#include "tap.h"

/* The name of the vGPU's character device, of CDEV_NAME_LEN bytes. */
void cdev_name(const char *uuid, char *name)
{
	char path[PATH_MAX];
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/vfio-dev", uuid);
	dir = opendir(path);
	ASSERT(dir);
	name[0] = '\0';
	while ((e = readdir(dir))) {
		if (e->d_name[0] != '.')
			snprintf(name, CDEV_NAME_LEN, "%.*s",
				 CDEV_NAME_LEN - 1, e->d_name);
	}
	closedir(dir);
	ASSERT(name[0]);
}

/* Where its node is, of CDEV_PATH_LEN bytes. */
void cdev_path(const char *uuid, char *path)
{
	char name[CDEV_NAME_LEN];

	cdev_name(uuid, name);
	snprintf(path, CDEV_PATH_LEN, "/dev/vfio/devices/%s", name);
}

/* Open, but bound to no iommufd: good for nothing yet. -1 with errno. */
int cdev_open(const char *uuid)
{
	char path[CDEV_PATH_LEN];

	cdev_path(uuid, path);
	return open(path, O_RDWR | O_CLOEXEC);
}

/* This is what opens the device for its driver. -1 with errno. */
int cdev_bind(int fd, int iommufd)
{
	struct vfio_device_bind_iommufd bind = {
		.argsz = sizeof(bind), .iommufd = iommufd,
	};

	return ioctl(fd, VFIO_DEVICE_BIND_IOMMUFD, &bind);
}

int cdev_attach(int fd, uint32_t ioas)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach), .pt_id = ioas,
	};

	return ioctl(fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach);
}

int cdev_detach(int fd)
{
	struct vfio_device_detach_iommufd_pt detach = {
		.argsz = sizeof(detach),
	};

	return ioctl(fd, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach);
}

int iommufd_open(void)
{
	int fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);

	ASSERT_OK(fd);
	return fd;
}

/* A new address space for devices to be attached to. */
uint32_t ioas_alloc(int iommufd)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };

	ASSERT_OK(ioctl(iommufd, IOMMU_IOAS_ALLOC, &alloc));
	return alloc.out_ioas_id;
}

int ioas_map(int iommufd, uint32_t ioas, void *p, size_t size, uint64_t iova)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = ioas, .user_va = (uintptr_t)p, .length = size,
		.iova = iova,
	};

	return ioctl(iommufd, IOMMU_IOAS_MAP, &map);
}

int ioas_unmap(int iommufd, uint32_t ioas, uint64_t iova, size_t size)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap), .ioas_id = ioas, .iova = iova,
		.length = size,
	};

	return ioctl(iommufd, IOMMU_IOAS_UNMAP, &unmap);
}

int ioas_destroy(int iommufd, uint32_t ioas)
{
	struct iommu_destroy destroy = { .size = sizeof(destroy), .id = ioas };

	return ioctl(iommufd, IOMMU_DESTROY, &destroy);
}
