// SPDX-License-Identifier: GPL-2.0
/*
 * One vGPU does what it can to read or write what is not its own: by its aperture,
 * its registers, and the work that it gives the engine. What only an RV100 can do
 * is in isolation2d.c.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include "victims.h"

/* Work that no rule forbids takes its time: not too much. */
#define HOSTILE_OPS	3000
#define HOSTILE_WRITES	4000

static void aperture(void)
{
	long page = sysconf(_SC_PAGESIZE);
	uint64_t size = bad->size;
	uint32_t word;
	unsigned int i;
	void *p;

	for (i = 0; i < 1000; i++) {
		uint64_t at = size + (uint64_t)rnd_below(64 * MIB);

		EXPECT_ERR(vdev_pread(bad, REGION_VRAM, &word, 4, at), EINVAL);
		EXPECT_ERR(vdev_pwrite(bad, REGION_VRAM, &word, 4, at),
			   EINVAL);
	}
	for (i = 0; i < 40; i++) {
		uint64_t at = size + i * page - 20 * page;

		p = vdev_try_map(bad, REGION_VRAM, at, 21 * page);
		if (!EXPECT(p == MAP_FAILED))
			munmap(p, 21 * page);
	}
	/* A mapping cannot be stretched beyond what it was. */
	p = vdev_try_map(bad, REGION_VRAM, size - page, page);
	ASSERT(p != MAP_FAILED);
	EXPECT_ERR((long)mremap(p, page, 2 * page, MREMAP_MAYMOVE), EFAULT);
	munmap(p, page);
	memset(own, 0, size);
	check_all();
}

/* Work of all kinds, most of it wrong in some way. */
static void hostile_work(void)
{
	unsigned int i;

	rnd_seed(11);
	for (i = 0; i < HOSTILE_OPS; i++)
		gpu->hostile(bad);
	check_all();
	tap_note("%llu done, %llu dropped",
		 (unsigned long long)mdev_attr_u64(bad->uuid, "ops"),
		 (unsigned long long)mdev_attr_u64(bad->uuid, "dropped"));
	EXPECT(mdev_attr_u64(bad->uuid, "dropped") > HOSTILE_OPS / 10);
	/* Some is good, or the rest was refused for a silly reason. */
	EXPECT(mdev_attr_u64(bad->uuid, "ops") > HOSTILE_OPS / 100);
}

/* Any register, in any width. */
static void hostile_registers(void)
{
	unsigned int i;

	rnd_seed(15);
	for (i = 0; i < HOSTILE_WRITES; i++) {
		vdev_wr(bad, REGION_REGS, rnd_below(gpu->regs_size - 4),
			1 + rnd_below(4), edgy(bad->size));
		if (i % 100 == 0)
			gpu->hostile(bad);
	}
	check_all();
}

/* Both sides at work: what the victim has done comes out right. */
static void attack_while_the_other_works(void)
{
	struct vdev *good = victim[1].d;
	uint8_t *model = malloc(good->room);
	unsigned int i;

	ASSERT(model);
	memcpy(model, victim[1].vram, good->room);
	gpu_init(good);
	rnd_seed(14);
	for (i = 0; i < 200; i++) {
		uint64_t from = rnd_below(400) * 4096;
		uint64_t to = 2 * MIB + rnd_below(400) * 4096;

		gpu->hostile(bad);
		gpu_copy(good, to, from, 30 * 4096);
		memcpy(model + to, model + from, 30 * 4096);
	}
	gpu_idle(bad);
	gpu_idle(good);
	EXPECT_EQ(first_difference(victim[1].vram, model, good->room),
		  good->room);
	EXPECT_EQ(mdev_attr_u64(good->uuid, "dropped"), 0);
	free(model);
	check_victim(0);
	check_victim(2);
	check_loot(own, bad->size);
}

static const struct tap_test tests[] = {
	TAP_TEST(aperture),
	TAP_TEST(hostile_work),
	TAP_TEST(hostile_registers),
	TAP_TEST(attack_while_the_other_works),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "isolation", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = victims_open, .after = victims_close,
	};

	rnd_seed(10);
	return tap_run(&suite);
}
