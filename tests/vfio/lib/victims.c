// SPDX-License-Identifier: GPL-2.0
#include <sys/mman.h>
#include "victims.h"

/* Upper half of each word of a victim; an attacker has none such. */
#define CANARY		0xc5a70000
#define CANARY_MASK	0xffff0000

struct vdev *bad;
uint32_t *own;
struct victim victim[NR_VICTIMS];

/* What is at a word of a victim's memory. */
uint32_t canary(unsigned int who, uint64_t word)
{
	return CANARY | ((word * 40503 + who * 9973) & 0xffff);
}

static void plant(void)
{
	unsigned int i;
	uint64_t at;

	for (i = 0; i < NR_VICTIMS; i++) {
		for (at = 0; at < victim[i].d->size / 4; at++)
			victim[i].vram[at] = canary(i, at);
	}
}

/* Before a test. */
void victims_open(void)
{
	const struct type_facts *of[NR_VICTIMS] = {
		gpu->largest, gpu->large, gpu->small,
	};
	unsigned int i;

	for (i = 0; i < NR_VICTIMS; i++) {
		victim[i].d = vdev_new(of[i]);
		victim[i].vram = vdev_map_vram(victim[i].d);
		reg_wr(victim[i].d, gpu->scratch, i);
	}
	bad = vdev_new(gpu->medium);
	own = vdev_map_vram(bad);
	/* No byte of the card is left that nobody watches. */
	ASSERT_EQ(gpu_attr_u64("vram_free"), 0);
	plant();
	gpu_init(bad);
}

/* After a test. */
void victims_close(void)
{
	unsigned int i;

	for (i = 0; i < NR_VICTIMS; i++) {
		if (victim[i].vram)
			munmap(victim[i].vram, victim[i].d->size);
		victim[i].vram = NULL;
	}
	if (own)
		munmap(own, bad->size);
	own = NULL;
	vdev_cleanup();
}

/* Every word of a victim, and of its registers one. */
void check_victim(unsigned int i)
{
	uint64_t at;

	for (at = 0; at < victim[i].d->size / 4; at++) {
		if (victim[i].vram[at] != canary(i, at)) {
			tap_fail(__FILE__, __LINE__,
				 "victim %u was written at %#llx: %#x", i,
				 (unsigned long long)at * 4,
				 victim[i].vram[at]);
			break;
		}
	}
	EXPECT_EQ(reg_rd(victim[i].d, gpu->scratch), i);
}

bool is_canary(uint32_t word)
{
	return (word & CANARY_MASK) == CANARY;
}

/* Have the bytes, two words at any of four alignments, a victim's marks. */
static bool is_marked(uint64_t two)
{
	static const uint64_t mask[4] = {
		0xffff0000ffff0000, 0xff0000ffff0000ff, 0x0000ffff0000ffff,
		0x00ffff0000ffff00,
	};
	static const uint64_t mark[4] = {
		0xc5a70000c5a70000, 0xa70000c5a70000c5, 0x0000c5a70000c5a7,
		0x00c5a70000c5a700,
	};
	unsigned int i;

	for (i = 0; i < 4; i++)
		if ((two & mask[i]) == mark[i])
			return true;
	return false;
}

/*
 * Are there some words in a row that look like a victim's, wherever they begin? That
 * cannot be chance. Of every 16 bytes it looks at 8, and at what is beside them when
 * these look so.
 */
bool holds_loot(const void *p, size_t n)
{
	const uint8_t *bytes = p;
	uint64_t two[2];
	size_t at;

	for (at = 0; at + 16 <= n; at += 16) {
		memcpy(two, bytes + at, sizeof(two));
		/* Most of memory. */
		if (!two[0])
			continue;
		if (is_marked(two[0]) && is_marked(two[1]))
			return true;
	}
	return false;
}

/* Some of what a vGPU's screen shows now. */
void check_screen(struct vdev *of)
{
	struct vfio_device_gfx_plane_info plane = {
		.argsz = sizeof(plane), .flags = VFIO_GFX_PLANE_TYPE_REGION,
	};
	uint8_t seen[16384];
	ssize_t n;

	if (vdev_ioctl(of, VFIO_DEVICE_QUERY_GFX_PLANE, &plane) || !plane.size)
		return;
	n = vdev_pread(of, REGION_DISPLAY, seen, sizeof(seen),
		       rnd_below(plane.size));
	if (n > 0 && holds_loot(seen, n))
		tap_fail(__FILE__, __LINE__, "a victim's memory is on the screen");
}

/* A run of words that look like a victim's cannot be chance. */
void check_loot(const uint32_t *words, uint64_t bytes)
{
	uint64_t at;

	for (at = 0; at + 4 <= bytes / 4; at++) {
		if (is_canary(words[at]) && is_canary(words[at + 1]) &&
		    is_canary(words[at + 2]) && is_canary(words[at + 3])) {
			tap_fail(__FILE__, __LINE__,
				 "a victim's words are readable at %#llx",
				 (unsigned long long)at * 4);
			return;
		}
	}
}

void check_all(void)
{
	unsigned int i;

	gpu_idle(bad);
	for (i = 0; i < NR_VICTIMS; i++)
		check_victim(i);
	check_loot(own, bad->size);
}
