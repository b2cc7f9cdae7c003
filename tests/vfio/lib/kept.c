// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <sys/mman.h>
#include "kept.h"
#include "pattern.h"
#include "tenant.h"

struct kept kept[MAX_KEPT];
unsigned int nr_kept;

static uint64_t place_of(const struct vdev *d)
{
	return mdev_attr_u64(d->uuid, "vram_offset");
}

/* Of how many more there would be room then. */
uint64_t compactable(const struct type_facts *type)
{
	char name[ATTR_LEN];

	snprintf(name, sizeof(name), "compactable/%s", type->name);
	return gpu_attr_u64(name);
}

/* 0, or -1 with errno. */
int compact(void)
{
	return gpu_try_set("compact", "1");
}

/* One is open from now on, and has a pattern of its own. */
void keep(struct vdev *d)
{
	struct kept *k = &kept[nr_kept++];

	ASSERT(d && nr_kept <= MAX_KEPT);
	k->d = d;
	k->at = place_of(d);
	vdev_decode(d, DECODE_ALL);
	k->vram = vdev_map_vram(d);
	fill_pattern(k->vram, d->size, nr_kept);
	gpu_init(d);
}

/* All that is free becomes one of the smallest each. */
unsigned int fill_up(char (*uuid)[UUID_LEN])
{
	unsigned int nr = type_available(gpu->small), i;

	ASSERT(nr <= MAX_KEPT * 2);
	for (i = 0; i < nr; i++)
		mdev_create(gpu->small, uuid[i]);
	return nr;
}

/* All of memory is taken, and every second one goes again; the others are kept. */
void fragment(void)
{
	char uuid[MAX_KEPT * 2][UUID_LEN];
	unsigned int nr = fill_up(uuid), i;

	for (i = 0; i < nr; i++) {
		if (mdev_attr_u64(uuid[i], "vram_offset") / gpu->small->size % 2)
			keep(vdev_open(uuid[i]));
		else
			ASSERT_OK(mdev_remove(uuid[i]));
	}
}

/* How many of those that are kept are elsewhere since this was asked last. */
unsigned int nr_moved(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr_kept; i++) {
		uint64_t at = place_of(kept[i].d);

		n += at != kept[i].at;
		kept[i].at = at;
	}
	return n;
}

/* After a test. */
void kept_end(void)
{
	unsigned int i;

	for (i = 0; i < nr_kept; i++)
		munmap(kept[i].vram, kept[i].d->size);
	nr_kept = 0;
}
