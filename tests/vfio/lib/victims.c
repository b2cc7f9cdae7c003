// SPDX-License-Identifier: GPL-2.0
#include <sys/mman.h>
#include "victims.h"

/* Upper half of each word of a victim; an attacker has none such. */
#define CANARY		0xc5a70000
#define CANARY_MASK	0xffff0000

struct vdev *bad;
uint32_t *own;
struct victim victim[NR_VICTIMS];

static uint32_t canary(unsigned int who, uint64_t word)
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
