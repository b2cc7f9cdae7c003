// SPDX-License-Identifier: GPL-2.0
/*
 * What is counted somewhere, and has to be as it was when all is over: who still holds
 * on to something is seen by that. Numbers that the kernel gives out, the lowest that is
 * free, tell of what is not visible itself: of an eventfd, a VFIO device, a group.
 */
#include <dirent.h>
#include <stdlib.h>
#include "after.h"
#include "klog.h"

/* How often it is counted until nothing is given back any more: each takes a while. */
#define TRIES		200

static const char * const names[NR_COUNTS] = {
	[COUNT_CORE] = "references to vgpu",
	[COUNT_BACKEND] = "references to the backend",
	[COUNT_VRAM] = "free VRAM",
	[COUNT_FITS] = "vGPUs that fit",
	[COUNT_FDS] = "open files",
	[COUNT_EVENTFD] = "the number of a new eventfd",
	[COUNT_DEVICE] = "the number of a new VFIO device",
	[COUNT_GROUP] = "the number of a new group",
};

static uint64_t number_in(const char *path, const char *before)
{
	char text[4096], *at = text;

	if (file_read(path, text, sizeof(text)) < 0)
		return 0;
	if (before)
		at = strstr(text, before);
	return at ? strtoull(at + (before ? strlen(before) : 0), NULL, 0) : 0;
}

static uint64_t references(const char *module)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", module);
	return number_in(path, NULL);
}

static uint64_t new_eventfd(void)
{
	int fd = evt_new();
	char path[64];
	uint64_t n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	n = number_in(path, "eventfd-id:");
	close(fd);
	return n;
}

/* Of /sys/bus/mdev/devices/UUID/vfio-dev/vfioN, where the kernel has that. */
static uint64_t device_number(const char *uuid)
{
	struct dirent *e;
	uint64_t n = 0;
	char path[128];
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/vfio-dev", uuid);
	dir = opendir(path);
	if (!dir)
		return 0;
	while ((e = readdir(dir)))
		if (!strncmp(e->d_name, "vfio", 4))
			n = strtoull(e->d_name + 4, NULL, 10);
	closedir(dir);
	return n;
}

/* While there is no vGPU. */
void counts_take(uint64_t *count)
{
	char uuid[UUID_LEN], backend[64];

	snprintf(backend, sizeof(backend), "vgpu_%s", gpu->name);
	count[COUNT_CORE] = references("vgpu");
	count[COUNT_BACKEND] = references(backend);
	count[COUNT_VRAM] = gpu_attr_u64("vram_free");
	count[COUNT_FITS] = type_available(gpu->small);
	count[COUNT_FDS] = dir_count("/proc/self/fd");
	count[COUNT_EVENTFD] = new_eventfd();
	mdev_create(gpu->small, uuid);
	count[COUNT_DEVICE] = device_number(uuid);
	count[COUNT_GROUP] = mdev_group(uuid);
	EXPECT_OK(mdev_remove(uuid));
}

static bool are_as_before(const uint64_t *before, uint64_t *now)
{
	counts_take(now);
	return !memcmp(before, now, NR_COUNTS * sizeof(*now));
}

/* What is given back a little later is given back. */
void counts_look(const uint64_t *before)
{
	uint64_t now[NR_COUNTS];
	unsigned int i;

	for (i = 0; i < TRIES; i++) {
		if (are_as_before(before, now))
			return;
		usleep(10000);
	}
	for (i = 0; i < NR_COUNTS; i++)
		if (now[i] != before[i])
			tap_fail(__FILE__, __LINE__, "%s: %llu, before %llu",
				 names[i], (unsigned long long)now[i],
				 (unsigned long long)before[i]);
}

/* What a complaint begins with; some have both. */
static const char * const complaints[] = {
	"------------[ cut here ]------------", "BUG: ",
};

/**
 * kernel_complaints() - how often the kernel has complained of what it does not go on
 *	from as if nothing were
 *
 * All of it is found in its log when all is over, but not what has led to it.
 */
unsigned int kernel_complaints(void)
{
	/* Of a warning, an oops, a bad page or what KASAN has to say. */
	const uint64_t bad = 1 << 9 | 1 << 7 | 1 << 5;
	unsigned int i, n = 1;

	if (!(number_in("/proc/sys/kernel/tainted", NULL) & bad))
		return 0;
	for (i = 0; i < ARRAY_SIZE(complaints); i++)
		n += logged(complaints[i]);
	return n;
}

/* What it says but once it may say again: so it can be told what leads to it. */
void kernel_may_complain_again(void)
{
	file_write("/sys/kernel/debug/clear_warn_once", "1");
}
