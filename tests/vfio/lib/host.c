// SPDX-License-Identifier: GPL-2.0
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "host.h"
#include "inject.h"
#include "mdev.h"
#include "tap.h"

/* Who has allocated what, a line each. */
#define AREAS		"/proc/vmallocinfo"
#define OBJECTS		"/sys/kernel/debug/slab/kmalloc-*/alloc_traces"

/* In which nothing is given back. */
#define REST_US		50000

/* In such lists: a function of the core or of a backend. */
#define OURS		" [vgpu"

static uint64_t module_references(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", name);
	return file_u64(path);
}

static uint64_t open_by_engine(void)
{
	char text[16384], *state;

	runlist_read(text, sizeof(text));
	state = strchr(text, ',');
	ASSERT(state && strstr(state, " open"));
	return strtoul(state + 1, NULL, 10);
}

/* Lines of ours; or, when each begins with how many it stands for, the sum of these. */
static uint64_t count_ours(const char *path, bool begins_with_number)
{
	FILE *list = fopen(path, "r");
	char line[1024];
	uint64_t n = 0;

	while (list && fgets(line, sizeof(line), list))
		if (strstr(line, OURS))
			n += begins_with_number ? strtoull(line, NULL, 10) : 1;
	if (list)
		fclose(list);
	return n;
}

static uint64_t count_objects(void)
{
	uint64_t n = 0;
	glob_t found;
	size_t i;

	if (glob(OBJECTS, 0, NULL, &found))
		return 0;
	for (i = 0; i < found.gl_pathc; i++)
		n += count_ours(found.gl_pathv[i], true);
	globfree(&found);
	return n;
}

/* What can be seen: the kernel's lists are long. */
static struct host_counts count_shown(void)
{
	char backend[32];
	struct host_counts c = {
		.vram_free = gpu_attr_u64("vram_free"),
		.core = module_references("vgpu"),
		.mdevs = dir_count("/sys/bus/mdev/devices"),
		.groups = dir_count("/sys/kernel/iommu_groups"),
		.nodes = dir_count("/dev/vfio"),
		.open = open_by_engine(),
	};
	unsigned int i;

	snprintf(backend, sizeof(backend), "vgpu_%s", gpu->name);
	c.backend = module_references(backend);
	for (i = 0; i < gpu->nr_types + gpu->nr_others; i++)
		c.available[i] = type_available(&gpu->types[i]);
	return c;
}

struct host_counts host_count(void)
{
	struct host_counts c = count_shown();

	c.areas = count_ours(AREAS, false);
	c.objects = count_objects();
	return c;
}

/* When what has just gone, a core dump for one, is given back, which is a little later. */
struct host_counts host_count_at_rest(void)
{
	struct host_counts c = host_count(), was;

	do {
		was = c;
		usleep(REST_US);
		c = host_count();
	} while (c.areas != was.areas || c.objects != was.objects);
	return c;
}

/* All but pieces of memory, of which the kernel gives some back a little later. */
void expect_host_shows(const struct host_counts *want)
{
	struct host_counts c = count_shown();
	unsigned int i;

	EXPECT_EQ(c.vram_free, want->vram_free);
	EXPECT_EQ(c.core, want->core);
	EXPECT_EQ(c.backend, want->backend);
	EXPECT_EQ(c.mdevs, want->mdevs);
	EXPECT_EQ(c.groups, want->groups);
	EXPECT_EQ(c.nodes, want->nodes);
	EXPECT_EQ(c.open, want->open);
	for (i = 0; i < MAX_TYPES; i++)
		EXPECT_EQ(c.available[i], want->available[i]);
}

void expect_host(const struct host_counts *want)
{
	expect_host_shows(want);
	EXPECT(AWAIT(count_ours(AREAS, false) == want->areas));
	EXPECT(AWAIT(count_objects() == want->objects));
}
