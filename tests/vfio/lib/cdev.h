/* SPDX-License-Identifier: GPL-2.0 */
/* A VFIO device by its character device, and the address spaces of iommufd. */
#ifndef _CDEV_H
#define _CDEV_H

#include <stddef.h>
#include <stdint.h>

/* Long enough for the names that the kernel gives: vfioN. */
#define CDEV_NAME_LEN	32
#define CDEV_PATH_LEN	64

void cdev_name(const char *uuid, char *name);
void cdev_path(const char *uuid, char *path);
int cdev_open(const char *uuid);
int cdev_bind(int fd, int iommufd);
int cdev_attach(int fd, uint32_t ioas);
int cdev_detach(int fd);

int iommufd_open(void);
uint32_t ioas_alloc(int iommufd);
int ioas_map(int iommufd, uint32_t ioas, void *p, size_t size, uint64_t iova);
int ioas_unmap(int iommufd, uint32_t ioas, uint64_t iova, size_t size);
int ioas_destroy(int iommufd, uint32_t ioas);

#endif /* _CDEV_H */
