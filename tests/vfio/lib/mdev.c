// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include "mdev.h"
#include "tap.h"

#define PCI_DEVICES	"/sys/bus/pci/devices"
#define MDEV_DEVICES	"/sys/bus/mdev/devices"
#define MAX_MDEVS	512

/* What this program has created and not yet removed; threads do so at once. */
static char created[MAX_MDEVS][UUID_LEN];
static pthread_mutex_t created_lock = PTHREAD_MUTEX_INITIALIZER;

ssize_t file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t ret;
	int err;

	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text));
	err = errno;
	close(fd);
	errno = err;
	return ret;
}

/* The file's text without its last newline. */
ssize_t file_read(const char *path, char *buf, size_t len)
{
	int fd = open(path, O_RDONLY);
	ssize_t ret;
	int err;

	if (fd < 0)
		return -1;
	ret = read(fd, buf, len - 1);
	err = errno;
	close(fd);
	errno = err;
	if (ret < 0)
		return -1;
	buf[ret] = '\0';
	if (ret && buf[ret - 1] == '\n')
		buf[--ret] = '\0';
	return ret;
}

unsigned int dir_count(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	unsigned int n = 0;

	if (!dir)
		return 0;
	while ((e = readdir(dir)))
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

/* The text of @dir/@name; -1 when it cannot be read. */
static ssize_t dir_read(const char *dir, const char *name, char *buf)
{
	char *path;
	ssize_t ret;

	ASSERT(asprintf(&path, "%s/%s", dir, name) > 0);
	ret = file_read(path, buf, ATTR_LEN);
	free(path);
	return ret;
}

static bool has_id(const char *dev, const char *name, unsigned int id)
{
	char text[ATTR_LEN];

	return dir_read(dev, name, text) > 0 && strtoul(text, NULL, 16) == id;
}

static bool is_our_gpu(const char *dev)
{
	char text[ATTR_LEN];

	return has_id(dev, "vendor", gpu->vendor) &&
	       has_id(dev, "device", gpu->device) &&
	       dir_read(dev, "vgpu/vram_total", text) > 0;
}

static char found[PATH_MAX];

/* The one that gpu_path() found is there no more. */
void gpu_forget(void)
{
	found[0] = '\0';
}

/* The first GPU that offers vGPUs. */
const char *gpu_path(void)
{
	struct dirent *e;
	DIR *dir;

	if (found[0])
		return found;
	dir = opendir(PCI_DEVICES);
	ASSERT(dir);
	while ((e = readdir(dir))) {
		snprintf(found, sizeof(found), "%s/%s", PCI_DEVICES, e->d_name);
		if (e->d_name[0] != '.' && is_our_gpu(found))
			break;
		found[0] = '\0';
	}
	closedir(dir);
	if (!found[0]) {
		tap_fail(__FILE__, __LINE__, "no %s with mdev types", gpu->name);
		tap_abort();
	}
	return found;
}

static void read_attr(const char *path, char *buf)
{
	if (file_read(path, buf, ATTR_LEN) < 0) {
		tap_fail(__FILE__, __LINE__, "%s: %s", path, strerror(errno));
		tap_abort();
	}
}

static uint64_t parse_u64(const char *text)
{
	char *end;
	uint64_t val = strtoull(text, &end, 10);

	if (end == text || *end) {
		tap_fail(__FILE__, __LINE__, "\"%s\" is not a number", text);
		tap_abort();
	}
	return val;
}

/* The number that a file has. */
uint64_t file_u64(const char *path)
{
	char text[ATTR_LEN];

	ASSERT(file_read(path, text, sizeof(text)) > 0);
	return parse_u64(text);
}

/* The sum over the engines of which there are directories in @dir. */
static uint64_t engines_u64(const char *dir, const char *name)
{
	char *pattern, buf[ATTR_LEN];
	uint64_t sum = 0;
	glob_t found;
	size_t i;

	ASSERT(asprintf(&pattern, "%s/engines/*/%s", dir, name) > 0);
	if (glob(pattern, 0, NULL, &found)) {
		tap_fail(__FILE__, __LINE__, "no %s", pattern);
		tap_abort();
	}
	free(pattern);
	for (i = 0; i < found.gl_pathc; i++) {
		read_attr(found.gl_pathv[i], buf);
		sum += parse_u64(buf);
	}
	globfree(&found);
	return sum;
}

/* A number in @dir; of what is by engine, all engines' together. */
static uint64_t dir_u64(const char *dir, const char *name)
{
	char buf[ATTR_LEN];

	if (dir_read(dir, name, buf) < 0)
		return engines_u64(dir, name);
	return parse_u64(buf);
}

void gpu_attr(const char *name, char *buf)
{
	char path[PATH_MAX + ATTR_LEN];

	snprintf(path, sizeof(path), "%s/vgpu/%s", gpu_path(), name);
	read_attr(path, buf);
}

uint64_t gpu_attr_u64(const char *name)
{
	char dir[PATH_MAX + ATTR_LEN];

	snprintf(dir, sizeof(dir), "%s/vgpu", gpu_path());
	return dir_u64(dir, name);
}

/* The name, of ATTR_LEN, of an attribute of the engine that works for programs. */
void engine_attr(char *name, const char *attr)
{
	snprintf(name, ATTR_LEN, "engines/%s/%s", gpu->engine_name, attr);
}

/* "bind" the GPU to its driver, or "unbind" it; 0, or -1 with errno. */
int gpu_driver(const char *what)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/vgpu_%s/%s",
		 gpu->name, what);
	return file_write(path, strrchr(gpu_path(), '/') + 1) < 0 ? -1 : 0;
}

static void type_path(const struct type_facts *type, const char *name,
		      char *path, size_t size)
{
	snprintf(path, size, "%s/mdev_supported_types/vgpu_%s-%s/%s",
		 gpu_path(), gpu->name, type->name, name);
}

void type_attr(const struct type_facts *type, const char *name, char *buf)
{
	char path[PATH_MAX + ATTR_LEN];

	type_path(type, name, path, sizeof(path));
	read_attr(path, buf);
}

unsigned int type_available(const struct type_facts *type)
{
	char buf[ATTR_LEN];

	type_attr(type, "available_instances", buf);
	return parse_u64(buf);
}

/* A random (version 4) UUID. */
void mdev_uuid(char *uuid)
{
	unsigned char b[16];

	ASSERT_EQ(getrandom(b, sizeof(b), 0), sizeof(b));
	snprintf(uuid, UUID_LEN,
		 "%02x%02x%02x%02x-%02x%02x-4%01x%02x-a%01x%02x-%02x%02x%02x%02x%02x%02x",
		 b[0], b[1], b[2], b[3], b[4], b[5], b[6] & 15, b[7],
		 b[8] & 15, b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

/* In the list of what is created, @to takes the place of @from; "" is nobody. */
static bool note_created(const char *from, const char *to)
{
	bool found = false;
	unsigned int i;

	pthread_mutex_lock(&created_lock);
	for (i = 0; i < MAX_MDEVS && !found; i++) {
		found = !strcmp(created[i], from);
		if (found)
			snprintf(created[i], UUID_LEN, "%s", to);
	}
	pthread_mutex_unlock(&created_lock);
	return found;
}

/**
 * mdev_try_create() - write a UUID into a type's create file
 * @type: the type
 * @uuid: as written
 *
 * Return: 0, or -1 with errno.
 */
int mdev_try_create(const struct type_facts *type, const char *uuid)
{
	char path[PATH_MAX + ATTR_LEN];

	type_path(type, "create", path, sizeof(path));
	if (file_write(path, uuid) < 0)
		return -1;
	if (!note_created("", uuid))
		abort();
	return 0;
}

/* Make a vGPU, which must succeed; its new UUID goes to @uuid. */
void mdev_create(const struct type_facts *type, char *uuid)
{
	mdev_uuid(uuid);
	if (mdev_try_create(type, uuid)) {
		tap_fail(__FILE__, __LINE__, "create %s: %s", type->name,
			 strerror(errno));
		tap_abort();
	}
}

int mdev_remove(const char *uuid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), MDEV_DEVICES "/%s/remove", uuid);
	if (file_write(path, "1") < 0)
		return -1;
	note_created(uuid, "");
	return 0;
}

/* After a test, whatever became of it: leave an empty card. */
void mdev_remove_all(void)
{
	unsigned int i;

	for (i = 0; i < MAX_MDEVS; i++) {
		if (!created[i][0])
			continue;
		if (mdev_exists(created[i]))
			EXPECT_OK(mdev_remove(created[i]));
		created[i][0] = '\0';
	}
}

static void mdev_attr_path(const char *uuid, const char *name, char *path)
{
	snprintf(path, PATH_MAX, MDEV_DEVICES "/%s/vgpu/%s", uuid, name);
}

void mdev_attr(const char *uuid, const char *name, char *buf)
{
	char path[PATH_MAX];

	mdev_attr_path(uuid, name, path);
	read_attr(path, buf);
}

uint64_t mdev_attr_u64(const char *uuid, const char *name)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), MDEV_DEVICES "/%s/vgpu", uuid);
	return dir_u64(dir, name);
}

bool mdev_exists(const char *uuid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), MDEV_DEVICES "/%s", uuid);
	return !access(path, F_OK);
}

/* Number of the vGPU's IOMMU group: the name of its node in /dev/vfio. */
int mdev_group(const char *uuid)
{
	char path[PATH_MAX];
	char link[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), MDEV_DEVICES "/%s/iommu_group", uuid);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		return -1;
	link[len] = '\0';
	return atoi(strrchr(link, '/') + 1);
}
