// SPDX-License-Identifier: GPL-2.0
/* vGPU types and what of them fits, by sysfs alone. */
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "mdev.h"
#include "pattern.h"
#include "tap.h"

#define UNIT		(4 * MIB)
#define MAX_UNITS	64

/* The card as a row of units, each taken or free, from what sysfs says. */
struct card {
	unsigned int units;
	bool taken[MAX_UNITS];
};

static struct card card;

/* vGPUs of the random test. */
static struct {
	char uuid[UUID_LEN];
	const struct type_facts *type;
	uint64_t offset;
} live[MAX_UNITS];
static unsigned int nr_live;

static void before(void)
{
	uint64_t usable = gpu_attr_u64("vram_total") -
			  gpu_attr_u64("vram_reserved");

	memset(&card, 0, sizeof(card));
	nr_live = 0;
	card.units = usable / UNIT;
	ASSERT(card.units && card.units <= MAX_UNITS);
}

static bool block_free(const struct card *c, unsigned int at, unsigned int n)
{
	unsigned int i;

	if (at + n > c->units)
		return false;
	for (i = 0; i < n; i++) {
		if (c->taken[at + i])
			return false;
	}
	return true;
}

/* Naturally aligned free blocks of @n units. */
static unsigned int blocks_free(const struct card *c, unsigned int n)
{
	unsigned int at, found = 0;

	for (at = 0; at < c->units; at += n)
		found += block_free(c, at, n);
	return found;
}

static unsigned int largest_block(const struct card *c)
{
	unsigned int n = 1, largest = 0;

	for (; n <= c->units; n *= 2) {
		if (blocks_free(c, n))
			largest = n;
	}
	return largest;
}

/* A partition is aligned to the largest power of two in its size. */
static bool fits(const struct card *c, const struct type_facts *type)
{
	unsigned int n = type->size / UNIT, at;

	for (at = 0; at < c->units; at += n & -n) {
		if (block_free(c, at, n))
			return true;
	}
	return false;
}

/* The largest type of which one more fits, the first of equals; or NULL. */
static const struct type_facts *largest_fit(const struct card *c)
{
	const struct type_facts *best = NULL;
	unsigned int i;

	for (i = 0; i < gpu->nr_types + gpu->nr_others; i++) {
		const struct type_facts *t = &gpu->types[i];

		if (fits(c, t) && (!best || t->size > best->size))
			best = t;
	}
	return best;
}

/* Of blocks that are powers of two, and of types that are not. */
static uint64_t largest_free(const struct card *c)
{
	const struct type_facts *type = largest_fit(c);
	uint64_t block = largest_block(c) * UNIT;

	return type && type->size > block ? type->size : block;
}

static void take(struct card *c, unsigned int at, unsigned int n, bool taken)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		c->taken[at + i] = taken;
}

/* The largest free block that is left when @n units are placed best. */
static unsigned int best_largest(const struct card *c, unsigned int n)
{
	unsigned int at, best = 0;

	for (at = 0; at < c->units; at += n) {
		struct card after = *c;

		if (!block_free(c, at, n))
			continue;
		take(&after, at, n, true);
		if (largest_block(&after) > best)
			best = largest_block(&after);
	}
	return best;
}

static void check_card(void)
{
	unsigned int type;

	EXPECT_EQ(gpu_attr_u64("vram_free"), blocks_free(&card, 1) * UNIT);
	EXPECT_EQ(gpu_attr_u64("vram_largest_free"), largest_free(&card));
	for (type = 0; type < gpu->nr_types; type++)
		EXPECT_EQ(type_available(&gpu->types[type]),
			  blocks_free(&card, gpu->types[type].size / UNIT));
}

/* Create a vGPU, check its place, and note it in the picture of the card. */
static void create_live(const struct type_facts *type)
{
	unsigned int n = type->size / UNIT;
	unsigned int best = best_largest(&card, n);
	uint64_t offset;

	mdev_create(type, live[nr_live].uuid);
	offset = mdev_attr_u64(live[nr_live].uuid, "vram_offset");
	EXPECT_EQ(mdev_attr_u64(live[nr_live].uuid, "vram_size"),
		  type->size);
	EXPECT_EQ(offset % type->size, 0);
	ASSERT(block_free(&card, offset / UNIT, n));
	take(&card, offset / UNIT, n, true);
	EXPECT_EQ(largest_block(&card), best);
	live[nr_live].type = type;
	live[nr_live].offset = offset;
	nr_live++;
}

static void remove_live(unsigned int i)
{
	ASSERT_OK(mdev_remove(live[i].uuid));
	take(&card, live[i].offset / UNIT, live[i].type->size / UNIT,
	     false);
	live[i] = live[--nr_live];
}

/* A create that cannot be served says why and changes nothing. */
static void refuse(const struct type_facts *type)
{
	const struct type_facts *best = largest_fit(&card);
	char uuid[UUID_LEN], text[ATTR_LEN], want[ATTR_LEN];
	unsigned int devices = dir_count("/sys/bus/mdev/devices");

	mdev_uuid(uuid);
	EXPECT_ERR(mdev_try_create(type, uuid), ENOSPC);
	EXPECT(!mdev_exists(uuid));
	EXPECT_EQ(dir_count("/sys/bus/mdev/devices"), devices);
	check_card();

	gpu_attr("last_refusal", text);
	snprintf(want, sizeof(want),
		 "vram: type %s needs %llu bytes in one block, largest free is %llu; largest type that fits: %s",
		 type->name, (unsigned long long)type->size,
		 (unsigned long long)largest_free(&card),
		 best ? best->name : "none");
	EXPECT_STR(text, want);
}

static void type_attributes(void)
{
	char text[ATTR_LEN], want[ATTR_LEN], path[PATH_MAX];
	unsigned int type;

	snprintf(path, sizeof(path), "%s/mdev_supported_types", gpu_path());
	EXPECT_EQ(dir_count(path), gpu->nr_types + gpu->nr_others);
	for (type = 0; type < gpu->nr_types; type++) {
		const struct type_facts *t = &gpu->types[type];

		type_attr(&gpu->types[type], "name", text);
		EXPECT_STR(text, t->name);
		type_attr(&gpu->types[type], "device_api", text);
		EXPECT_STR(text, "vfio-pci");
		type_attr(&gpu->types[type], "description", text);
		snprintf(want, sizeof(want),
			 "num_heads=%u, framebuffer=%lluM, max_resolution=%ux%u, max_instance=%u",
			 has_display(), t->size / MIB, t->xres, t->yres,
			 t->max_instance);
		EXPECT_STR(text, want);
		EXPECT_EQ(type_available(&gpu->types[type]), t->max_instance);
	}
}

static void empty_card(void)
{
	EXPECT_EQ(gpu_attr_u64("vram_total"), gpu->vram_total);
	EXPECT_EQ(gpu_attr_u64("vram_reserved"), gpu->vram_reserved);
	EXPECT_EQ(dir_count("/sys/bus/mdev/devices"), 0);
	check_card();
}

static void each_type_to_the_brim(void)
{
	unsigned int type, i;

	for (type = 0; type < gpu->nr_types; type++) {
		for (i = 0; i < gpu->types[type].max_instance; i++) {
			create_live(&gpu->types[type]);
			check_card();
		}
		refuse(&gpu->types[type]);
		while (nr_live)
			remove_live(0);
		check_card();
	}
}

static void mix_fills_the_card(void)
{
	create_live(gpu->small);
	create_live(gpu->largest);
	create_live(gpu->medium);
	create_live(gpu->large);
	check_card();
	EXPECT_EQ(gpu_attr_u64("vram_free"), 0);
	refuse(gpu->small);
	refuse(gpu->largest);
}

/* A small vGPU must not break the block that a large one needs. */
static void small_ones_leave_large_blocks(void)
{
	create_live(gpu->small);
	EXPECT_EQ(type_available(gpu->largest), 1);
	create_live(gpu->medium);
	EXPECT_EQ(type_available(gpu->largest), 1);
	create_live(gpu->large);
	EXPECT_EQ(type_available(gpu->largest), 1);
	create_live(gpu->largest);
	check_card();
}

/* Free space in pieces: enough in sum, no block for the large type. */
static void fragmented_card_refuses(void)
{
	unsigned int i;

	for (i = 0; i < gpu->small->max_instance; i++)
		create_live(gpu->small);
	for (i = 0; i < nr_live; ) {
		if (live[i].offset / UNIT % 2)
			remove_live(i);
		else
			i++;
	}
	check_card();
	EXPECT(gpu_attr_u64("vram_free") >= gpu->large->size);
	refuse(gpu->medium);
	refuse(gpu->large);
}

static void random_mix(void)
{
	unsigned int i;

	rnd_seed(2);
	for (i = 0; i < 150; i++) {
		unsigned int type = rnd_below(gpu->nr_types);

		if (nr_live && rnd_below(5) < 2)
			remove_live(rnd_below(nr_live));
		else if (blocks_free(&card, gpu->types[type].size / UNIT))
			create_live(&gpu->types[type]);
		else
			refuse(&gpu->types[type]);
		check_card();
	}
}

static void instance_attributes(void)
{
	static const char * const zero[] = {
		"gpu_time_ns", "wait_time_ns", "slices", "switches", "traps",
		"ops", "bytes", "dropped", "unknown_regs", "fifo_overflows",
	};
	char text[ATTR_LEN], name[ATTR_LEN], path[PATH_MAX];
	unsigned int type, i;

	engine_attr(name, "class");
	gpu_attr(name, text);
	EXPECT_STR(text, gpu->engine_class);
	engine_attr(name, "slice");
	EXPECT_EQ(gpu_attr_u64(name), 0);
	for (type = 0; type < gpu->nr_types; type++) {
		create_live(&gpu->types[type]);
		mdev_attr(live[0].uuid, "type", text);
		EXPECT_STR(text, gpu->types[type].name);
		for (i = 0; i < ARRAY_SIZE(zero); i++)
			EXPECT_EQ(mdev_attr_u64(live[0].uuid, zero[i]), 0);
		mdev_attr(live[0].uuid, "state", text);
		EXPECT(text[0]);
		EXPECT(mdev_group(live[0].uuid) >= 0);
		snprintf(path, sizeof(path),
			 "/sys/bus/mdev/devices/%s/vgpu/engines", live[0].uuid);
		EXPECT_EQ(dir_count(path), gpu->nr_queues);
		remove_live(0);
	}
}

static unsigned int files;

/* What it cannot do it refuses, also where its mode has been changed to allow that. */
static int use_the_wrong_way(const char *path, const struct stat *st, int kind,
			     struct FTW *unused)
{
	char text[ATTR_LEN];
	int fd;

	(void)unused;
	if (kind != FTW_F || (st->st_mode & 0600) == 0600)
		return 0;
	EXPECT_OK(chmod(path, 0600));
	fd = open(path, O_RDWR);
	if (fd >= 0) {
		if (st->st_mode & 0200)
			EXPECT(read(fd, text, sizeof(text)) < 0);
		else
			EXPECT(write(fd, "1", 1) < 0);
		close(fd);
	}
	EXPECT_OK(chmod(path, st->st_mode & 0777));
	files++;
	return 0;
}

static void modes_are_only_modes(void)
{
	char path[PATH_MAX];

	files = 0;
	create_live(gpu->small);
	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/vgpu",
		 live[0].uuid);
	EXPECT_OK(nftw(path, use_the_wrong_way, 8, FTW_PHYS));
	EXPECT(files > 20);
	snprintf(path, sizeof(path), "%s/vgpu", gpu_path());
	EXPECT_OK(nftw(path, use_the_wrong_way, 8, FTW_PHYS));
	tap_note("%u files", files);
	remove_live(0);
}

static void bad_uuids(void)
{
	static const char * const bad[] = {
		"1", "not-a-uuid-at-all-but-of-right-length",
		"83b8f4f2-509f-382f-3c1e-e6bfe0fa100",
		"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001-2",
		"83b8f4f2x509f-382f-3c1e-e6bfe0fa1001",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_ERR(mdev_try_create(gpu->small, bad[i]), EINVAL);
	check_card();
}

static void same_uuid_twice(void)
{
	create_live(gpu->small);
	EXPECT_ERR(mdev_try_create(gpu->small, live[0].uuid), EEXIST);
	EXPECT_ERR(mdev_try_create(gpu->medium, live[0].uuid), EEXIST);
	EXPECT(mdev_exists(live[0].uuid));
	check_card();
}

static void removed_is_gone(void)
{
	char uuid[UUID_LEN];

	create_live(gpu->medium);
	strcpy(uuid, live[0].uuid);
	remove_live(0);
	EXPECT(!mdev_exists(uuid));
	EXPECT_ERR(mdev_remove(uuid), ENOENT);
	check_card();
	/* The name can be used again. */
	EXPECT_OK(mdev_try_create(gpu->medium, uuid));
}

static const struct tap_test tests[] = {
	TAP_TEST(type_attributes),
	TAP_TEST(empty_card),
	TAP_TEST(each_type_to_the_brim),
	TAP_TEST(mix_fills_the_card),
	TAP_TEST(small_ones_leave_large_blocks),
	TAP_TEST(fragmented_card_refuses),
	TAP_TEST(random_mix),
	TAP_TEST(instance_attributes),
	TAP_TEST(modes_are_only_modes),
	TAP_TEST(bad_uuids),
	TAP_TEST(same_uuid_twice),
	TAP_TEST(removed_is_gone),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "types", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = mdev_remove_all,
	};

	return tap_run(&suite);
}
