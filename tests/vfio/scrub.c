// SPDX-License-Identifier: GPL-2.0
/* What one tenant leaves behind, the next one does not find. */
#include <stdlib.h>
#include <sys/mman.h>
#include "display.h"
#include "tenant.h"

#define PATTERN_SEED	0x5eed0001

static void before(void)
{
	ASSERT_EQ(dir_count("/sys/bus/mdev/devices"), 0);
}

/* Leave a pattern in all of a vGPU's memory, remove it; where it was. */
static uint64_t leave_pattern(const struct type_facts *type)
{
	struct vdev *d = vdev_new(type);
	uint64_t offset = mdev_attr_u64(d->uuid, "vram_offset");
	uint32_t *vram = vdev_map_vram(d);
	char uuid[UUID_LEN];

	fill_pattern(vram, d->size, PATTERN_SEED);
	ASSERT_EQ(vram[1], 2654435761u ^ PATTERN_SEED);
	munmap(vram, d->size);
	strcpy(uuid, d->uuid);
	vdev_close(d);
	ASSERT_OK(mdev_remove(uuid));
	return offset;
}

static void next_tenant_finds_zeros(void)
{
	unsigned int type;

	for (type = 0; type < gpu->nr_types; type++) {
		uint64_t offset = leave_pattern(&gpu->types[type]);
		struct vdev *d = vdev_new(&gpu->types[type]);

		/* The same place, or this would prove nothing. */
		ASSERT_EQ(mdev_attr_u64(d->uuid, "vram_offset"), offset);
		expect_zeros(d);
		vdev_cleanup();
	}
}

/* By read() as well: the mapping is not the only way in. */
static void by_read(void)
{
	uint64_t offset = leave_pattern(gpu->small);
	struct vdev *d = vdev_new(gpu->small);
	uint32_t *buf = malloc(d->size);
	uint64_t at;

	ASSERT(buf);
	ASSERT_EQ(mdev_attr_u64(d->uuid, "vram_offset"), offset);
	memset(buf, 0xff, d->size);
	ASSERT_EQ(vdev_pread(d, REGION_VRAM, buf, d->size, 0), d->size);
	for (at = 0; at < d->size / 4 && !buf[at]; at++)
		;
	EXPECT_EQ(at, d->size / 4);
	free(buf);
}

/* And by the window that the RV100 has. */
static void by_index(void)
{
	uint64_t offset = leave_pattern(gpu->small), at;
	struct vdev *d = vdev_new(gpu->small);

	ASSERT_EQ(mdev_attr_u64(d->uuid, "vram_offset"), offset);
	for (at = 0; at < d->size; at += d->size / 256 - 4) {
		vdev_wr(d, REGION_IO, MM_INDEX, 4, MM_APER | at);
		EXPECT_EQ(vdev_rd(d, REGION_IO, MM_DATA, 4), 0);
	}
}

/* One large tenant, then small ones in its place; and the other way. */
static void other_types_find_zeros(void)
{
	struct vdev *d[8];
	unsigned int i;

	leave_pattern(gpu->largest);
	for (i = 0; i < ARRAY_SIZE(d); i++)
		d[i] = vdev_new(i % 2 ? gpu->medium : gpu->small);
	for (i = 0; i < ARRAY_SIZE(d); i++) {
		void *vram = vdev_map_vram(d[i]);

		expect_zeros(d[i]);
		fill_pattern(vram, d[i]->size, PATTERN_SEED);
		munmap(vram, d[i]->size);
	}
	vdev_cleanup();
	expect_zeros(vdev_new(gpu->largest));
	expect_zeros(vdev_new(gpu->large));
}

/* Drawn by the engine, at the very ends. */
static void what_the_engine_drew(void)
{
	struct vdev *d = vdev_new(gpu->small);
	uint64_t offset = mdev_attr_u64(d->uuid, "vram_offset");

	gpu_init(d);
	gpu_fill(d, 0, d->room, 0xffffffff);
	gpu_idle(d);
	vdev_cleanup();
	d = vdev_new(gpu->small);
	ASSERT_EQ(mdev_attr_u64(d->uuid, "vram_offset"), offset);
	expect_zeros(d);
}

static void neighbours_keep_theirs(void)
{
	struct vdev *keep[3];
	uint32_t *vram[3], *want = malloc(gpu->medium->size);
	unsigned int i;

	ASSERT(want);
	for (i = 0; i < ARRAY_SIZE(keep); i++) {
		keep[i] = vdev_new(gpu->medium);
		vram[i] = vdev_map_vram(keep[i]);
		fill_pattern(vram[i], keep[i]->size, i);
	}
	for (i = 0; i < 3; i++) {
		leave_pattern(gpu->small);
		leave_pattern(gpu->large);
		leave_pattern(gpu->medium);
	}
	for (i = 0; i < ARRAY_SIZE(keep); i++) {
		fill_pattern(want, keep[i]->size, i);
		EXPECT_EQ(first_difference(vram[i], want, keep[i]->size),
			  keep[i]->size);
		munmap(vram[i], keep[i]->size);
	}
	free(want);
}

/* Scrubbing uses the engine: who draws just then must not notice. */
static void scrub_between_others_work(void)
{
	struct vdev *busy = vdev_new(gpu->medium);
	uint32_t *vram = vdev_map_vram(busy);
	unsigned int i, at;

	gpu_init(busy);
	for (i = 0; i < 24; i++) {
		unsigned int j;

		for (j = 0; j < 2; j++)
			gpu_fill(busy, (i * 2 + j) * 65536, 65536,
				 i * 2 + j + 1);
		/* What stands in the engine while it scrubs, if it has a state. */
		gpu->prepare(busy, (i * 2 + 1) * 65536, 4, 0x77777777);
		gpu->is_idle(busy);
		leave_pattern(gpu->small);
		gpu->again(busy);
	}
	gpu_idle(busy);
	for (i = 0; i < 48; i++) {
		for (at = 0; at < 16384; at++) {
			/* The single word is written over the odd ones. */
			uint32_t want = at || i % 2 == 0 ? i + 1 : 0x77777777;

			if (!EXPECT_EQ(vram[i * 16384 + at], want))
				return;
		}
	}
}

static bool picture_is_black(struct vdev *d)
{
	uint32_t *shown = display_map(d, d->region[REGION_DISPLAY].size);
	uint64_t i, n = d->region[REGION_DISPLAY].size / 4;

	for (i = 0; i < n && !shown[i]; i++)
		;
	munmap(shown, d->region[REGION_DISPLAY].size);
	return i == n;
}

/* The picture that was shown is a tenant's as well. */
static void picture_and_registers(void)
{
	struct vfio_device_gfx_plane_info plane;
	uint32_t white[PALETTE_SIZE];
	struct vdev *d = vdev_new(gpu->small);
	unsigned int i;
	void *vram = vdev_map_vram(d);

	for (i = 0; i < PALETTE_SIZE; i++)
		white[i] = 0x5f5e5d;
	display_palette(d, white);
	memset(vram, 0xee, d->size);
	munmap(vram, d->size);
	display_set_mode(d, 640, 480, 8, 0);
	ASSERT_OK(display_query(d, &plane));
	ASSERT(!picture_is_black(d));
	reg_wr(d, gpu->scratch, 0xfeedface);

	/* The next user of this vGPU, and the next vGPU. */
	d = vdev_reopen(d);
	vdev_decode(d, PCI_COMMAND_MEMORY);
	EXPECT(picture_is_black(d));
	vdev_cleanup();
	d = vdev_new(gpu->small);
	EXPECT(picture_is_black(d));
	EXPECT(reg_rd(d, gpu->scratch) != 0xfeedface);
	for (i = 0; i < PALETTE_SIZE; i++)
		EXPECT(reg_rd(d, PALETTE_DATA) != white[0]);
}

/* An orchestrator may hand a vGPU that exists to another VM. */
static void next_user_finds_zeros(void)
{
	struct vdev *d = vdev_new(gpu->medium), *other = vdev_new(gpu->medium);
	uint32_t *vram = vdev_map_vram(d), *kept = vdev_map_vram(other);

	fill_pattern(vram, d->size, PATTERN_SEED);
	fill_pattern(kept, other->size, PATTERN_SEED);
	gpu_init(d);
	gpu_fill(d, 0, d->size / 2, 0xffffffff);
	gpu_idle(d);
	munmap(vram, d->size);
	d = vdev_reopen(d);
	vdev_decode(d, PCI_COMMAND_MEMORY);
	expect_zeros(d);

	vram = malloc(other->size);
	ASSERT(vram);
	fill_pattern(vram, other->size, PATTERN_SEED);
	EXPECT_EQ(first_difference(kept, vram, other->size), other->size);
	free(vram);
	munmap(kept, other->size);
}

static const struct tap_test tests[] = {
	TAP_TEST(next_tenant_finds_zeros),
	TAP_TEST(by_read),
	TAP_TEST_IF(by_index, has_fifo),
	TAP_TEST(other_types_find_zeros),
	TAP_TEST(what_the_engine_drew),
	TAP_TEST(neighbours_keep_theirs),
	TAP_TEST(scrub_between_others_work),
	TAP_TEST_IF(picture_and_registers, has_display),
	TAP_TEST(next_user_finds_zeros),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "scrub", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = vdev_cleanup,
	};

	return tap_run(&suite);
}
