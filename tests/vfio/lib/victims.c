// SPDX-License-Identifier: GPL-2.0
#include <sys/mman.h>
#include "victims.h"

/*
 * Upper halves of words that tell whose they are. Of one no flipped bit or two make
 * another's, as engines do who are told to; and no byte is below 0x80.
 */
static const uint16_t marks[] = {
	0x9db6, 0xb2e8, 0xe4cb, [MARK_VICTIM] = 0xc5a7,
};

struct vdev *bad;
uint32_t *own;
struct victim victim[NR_VICTIMS];

/* From one word of a victim's memory to the next, in the lower half. */
#define STEP		40503

/* What is at a word of a victim's memory. */
uint32_t canary(unsigned int who, uint64_t word)
{
	return (uint32_t)marks[MARK_VICTIM] << 16 |
	       ((word * STEP + who * 9973) & 0xffff);
}

/* Of who attacks in this thread, when there are several: its own are no loot. */
static __thread int mine = MARK_NOBODY;

/**
 * marks_begin() - what this thread writes tells from now on whose it is
 * @who: a number below %MARK_VICTIM, or %MARK_NOBODY
 */
void marks_begin(int who)
{
	mine = who;
}

/*
 * A word to be written, which tells whose it is if it is anybody's. Of what it is else so
 * much is left that, again and again, it looks like nobody else's, wherever it begins.
 */
uint32_t marked(uint32_t word)
{
	return mine == MARK_NOBODY ? word :
	       (uint32_t)marks[mine] << 16 | (word & 0x7fff);
}

/* Words that tell it; false when nobody's are to be written. */
bool marks_fill(void *p, size_t n)
{
	uint32_t *word = p;
	size_t i;

	for (i = 0; mine != MARK_NOBODY && i < n / 4; i++)
		word[i] = marked(i * STEP);
	return mine != MARK_NOBODY;
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
	return word >> 16 == marks[MARK_VICTIM];
}

/* Whose marks the bytes are, two words at any of four alignments; nobody's mostly. */
static int marks_of(uint64_t two)
{
	unsigned int i;
	int whose;

	for (i = 0; i < 4; i++, two = two >> 8 | two << 56) {
		if (two >> 48 != (uint16_t)(two >> 16))
			continue;
		for (whose = 0; whose <= MARK_VICTIM; whose++)
			if (two >> 48 == marks[whose])
				return whose;
	}
	return MARK_NOBODY;
}

/*
 * Words of @whose are somebody else's. Of a victim each is another than the one
 * before: memory that is filled with one word, by chance like one of them, is none. Marks
 * of others than a victim are there only where somebody has a mark of his own.
 */
static bool is_loot(const uint8_t *bytes, int whose)
{
	uint32_t w[3];
	unsigned int i;

	if (whose != MARK_VICTIM)
		return mine != MARK_NOBODY && whose != mine;
	for (i = 0; i < 4; i++) {
		memcpy(w, bytes + i, sizeof(w));
		if (is_canary(w[0]) && (uint16_t)(w[1] - w[0]) == STEP &&
		    is_canary(w[1]) && (uint16_t)(w[2] - w[1]) == STEP &&
		    is_canary(w[2]))
			return true;
	}
	return false;
}

/*
 * Are there some words in a row that look like somebody else's, wherever they begin? That
 * cannot be chance. Of every 16 bytes it looks at 8, and at what is beside them when
 * these look so.
 */
bool holds_loot(const void *p, size_t n)
{
	const uint8_t *bytes = p;
	uint64_t two[2];
	size_t at;
	int whose;

	for (at = 0; at + 16 <= n; at += 16) {
		memcpy(two, bytes + at, sizeof(two));
		/* Most of memory. */
		if (!two[0])
			continue;
		whose = marks_of(two[0]);
		if (whose != MARK_NOBODY && marks_of(two[1]) == whose &&
		    is_loot(bytes + at, whose)) {
			tap_note("%#llx %#llx, at %zu", (unsigned long long)two[0],
				 (unsigned long long)two[1], at);
			return true;
		}
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

/*
 * A run of words that look like a victim's cannot be chance, where no attacker's colour
 * looks so: any four, wherever.
 */
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
