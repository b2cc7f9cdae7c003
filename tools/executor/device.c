// SPDX-License-Identifier: GPL-2.0
/* The character device by which a soft GPU asks for work to be done. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "supervisor.h"

#define DEVICE	"/dev/vgpu-soft-"

/* The only GPU that there is. */
static bool find(char *path, size_t size)
{
	glob_t found;
	bool one;

	glob(DEVICE "*", 0, NULL, &found);
	one = found.gl_pathc == 1;
	if (one)
		snprintf(path, size, "%s", found.gl_pathv[0]);
	else if (found.gl_pathc)
		warnx("there are several soft GPUs: which one (--gpu)?");
	else
		warnx("there is no soft GPU; is vgpu-soft loaded?");
	globfree(&found);
	return one;
}

static bool speaks_our_abi(int fd, const char *path, struct vgpu_soft_info *info)
{
	if (ioctl(fd, VGPU_SOFT_INFO, info)) {
		warn("%s", path);
		return false;
	}
	if (info->abi == VGPU_SOFT_ABI)
		return true;
	warnx("%s: the driver's interface is version %u, this program's %u",
	      path, info->abi, VGPU_SOFT_ABI);
	return false;
}

/**
 * open_device() - become a GPU's supervisor
 * @gpu: its PCI address; NULL: there is only one
 * @info: for what the driver says of it
 *
 * Return: a descriptor, O_NONBLOCK; below 0 after a message.
 */
int open_device(const char *gpu, struct vgpu_soft_info *info)
{
	char path[256];
	int fd;

	if (gpu)
		snprintf(path, sizeof(path), DEVICE "%s", gpu);
	else if (!find(path, sizeof(path)))
		return -1;
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == EBUSY)
		warnx("%s: another program computes for it", path);
	else if (fd < 0)
		warn("%s", path);
	if (fd >= 0 && !speaks_our_abi(fd, path, info)) {
		close(fd);
		return -1;
	}
	return fd;
}

/**
 * device_is_there() - is there something to open
 * @gpu: its PCI address; NULL: any GPU
 *
 * Return: whether there is, without a message; it may be gone by now.
 */
bool device_is_there(const char *gpu)
{
	char pattern[256];
	glob_t found;
	bool there;

	snprintf(pattern, sizeof(pattern), DEVICE "%s", gpu ? gpu : "*");
	there = !glob(pattern, 0, NULL, &found);
	globfree(&found);
	return there;
}
