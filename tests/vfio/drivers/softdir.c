// SPDX-License-Identifier: GPL-2.0
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "klog.h"
#include "mdev.h"
#include "softdir.h"
#include "tap.h"
#include "tenant.h"

#define CONFIGFS	"/sys/kernel/config"

/* The module is there; so are its directories, whether or not somebody has mounted them. */
void soft_dirs(void)
{
	if (access(SOFT_DIRS, F_OK))
		ASSERT_OK(mount("configfs", CONFIGFS, "configfs", 0, NULL));
}

/* The module, with these arguments, and its directories. */
void soft_load(const char *arguments)
{
	char command[256];

	snprintf(command, sizeof(command), "modules soft %s", arguments);
	ASSERT_EQ(system(command), 0);
	soft_dirs();
}

static void each(const char *pattern, int (*fn)(const char *path))
{
	glob_t found;
	size_t i;

	if (glob(pattern, 0, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc; i++)
		EXPECT_OK(fn(found.gl_pathv[i]));
	globfree(&found);
}

static int remove_vgpu(const char *path)
{
	return mdev_remove(strrchr(path, '/') + 1);
}

/* After a test: whatever it has left. */
void soft_end(void)
{
	children_end();
	vdev_cleanup();
	each("/sys/bus/mdev/devices/*", remove_vgpu);
	each(SOFT_DIRS "/*/types/*", rmdir);
	each(SOFT_DIRS "/*", rmdir);
	if (!access("/sys/module/vgpu_soft", F_OK))
		EXPECT_EQ(system("rmmod vgpu_soft"), 0);
	EXPECT_EQ(soft_count(), 0);
}

static void path_of(char *path, const char *name, const char *attr)
{
	snprintf(path, ATTR_LEN, SOFT_DIRS "/%s/%s", name, attr);
}

/* @name: a GPU's, or GPU/types/TYPE */
int soft_mkdir(const char *name)
{
	char path[ATTR_LEN];

	path_of(path, name, "");
	return mkdir(path, 0755);
}

int soft_rmdir(const char *name)
{
	char path[ATTR_LEN];

	path_of(path, name, "");
	return rmdir(path);
}

int soft_set(const char *name, const char *attr, const char *text)
{
	char path[ATTR_LEN];

	path_of(path, name, attr);
	return file_write(path, text);
}

void soft_get(const char *name, const char *attr, char *buf)
{
	char path[ATTR_LEN];

	path_of(path, name, attr);
	ASSERT(file_read(path, buf, ATTR_LEN) >= 0);
}

/* Nothing of the value changes, and the kernel's log says why. */
void soft_refused(const char *name, const char *attr, const char *text, int err,
		  const char *message)
{
	char before[ATTR_LEN], after[ATTR_LEN];
	unsigned int n = logged(message);

	soft_get(name, attr, before);
	EXPECT_ERR(soft_set(name, attr, text), err);
	soft_get(name, attr, after);
	EXPECT_STR(after, before);
	if (logged(message) != n + 1)
		tap_fail(__FILE__, __LINE__, "%s/%s: the log does not say: %s",
			 name, attr, message);
}

/* A GPU with these attributes, which end with NULL. */
void soft_make(const char *name, const char *const (*attrs)[2])
{
	ASSERT_OK(soft_mkdir(name));
	for (; attrs && (*attrs)[0]; attrs++)
		ASSERT_OK(soft_set(name, (*attrs)[0], (*attrs)[1]));
	ASSERT_OK(soft_set(name, "enable", "1"));
}

/* Where the GPU of a directory is in sysfs. */
void soft_sysfs(const char *name, char *path)
{
	char address[ATTR_LEN];

	soft_get(name, "address", address);
	snprintf(path, ATTR_LEN, "/sys/bus/pci/devices/%.32s", address);
}

/* @gpu: its path in sysfs */
int soft_try_create(const char *gpu, const char *type, char *uuid)
{
	char path[2 * ATTR_LEN];

	mdev_uuid(uuid);
	snprintf(path, sizeof(path),
		 "%s/mdev_supported_types/vgpu_soft-%s/create", gpu, type);
	return file_write(path, uuid);
}

struct vdev *soft_create(const char *gpu, const char *type)
{
	char uuid[UUID_LEN];

	ASSERT_OK(soft_try_create(gpu, type, uuid));
	return vdev_open(uuid);
}

unsigned int soft_available(const char *gpu, const char *type)
{
	char path[2 * ATTR_LEN], text[ATTR_LEN];

	snprintf(path, sizeof(path),
		 "%s/mdev_supported_types/vgpu_soft-%s/available_instances", gpu,
		 type);
	ASSERT(file_read(path, text, sizeof(text)) > 0);
	return strtoul(text, NULL, 10);
}

/* How many soft GPUs this machine has, bound or not. */
unsigned int soft_count(void)
{
	unsigned int n = 0;
	glob_t found;
	size_t i;

	if (glob("/sys/bus/pci/devices/*/device", 0, NULL, &found))
		return 0;
	for (i = 0; i < found.gl_pathc; i++) {
		char text[ATTR_LEN] = "";

		file_read(found.gl_pathv[i], text, sizeof(text));
		n += !strcmp(text, "0x7e55");
	}
	globfree(&found);
	return n;
}
