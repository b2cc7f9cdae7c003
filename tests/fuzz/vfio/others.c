// SPDX-License-Identifier: GPL-2.0
/*
 * The others on the GPU, to whom no call of a program may matter: they fill it, but for
 * room for one more of the smallest, and each word of their memory tells whose it is and
 * where. None may change, and none may come to where a program can see it.
 *
 * Where several vGPUs have programs, what these write tells whose it is, too, as does
 * what was in their memory at first: nothing of one may come to where another can see it.
 *
 * All of it is looked at bit by bit, a part after each round; what is next to the vGPU
 * that programs have is looked at each time.
 */
#include <sys/mman.h>
#include "after.h"
#include "pattern.h"
#include "victims.h"

#define MAX_OTHERS	16
/* What is looked at after a round, of all and next to the vGPU. */
#define PART		(2 * MIB)
#define EDGE		(128 * 1024)
/* Two others have no word in common at the same place. */
#define SHIFT		4096

static struct other {
	struct vdev *d;
	uint8_t *vram;
	uint64_t at;
} others[MAX_OTHERS];

static unsigned int nr_others;
static uint8_t *want;
static uint64_t total;

static uint64_t want_size(void)
{
	return gpu->types[gpu->nr_types - 1].size + MAX_OTHERS * SHIFT;
}

static const uint8_t *wanted(unsigned int i)
{
	return want + i * SHIFT;
}

static void add(const struct type_facts *type)
{
	struct other *o = &others[nr_others];

	ASSERT(nr_others < MAX_OTHERS);
	o->d = vdev_new(type);
	o->vram = vdev_map_vram(o->d);
	ASSERT_OK(madvise(o->vram, o->d->size, MADV_DONTFORK));
	o->at = mdev_attr_u64(o->d->uuid, "vram_offset");
	total += o->d->size;
	nr_others++;
}

/* The largest that fit, so that it takes few. */
static void fill_up(void)
{
	unsigned int i = gpu->nr_types;

	while (i--)
		while (gpu_attr_u64("vram_largest_free") >= gpu->types[i].size &&
		       gpu_attr_u64("vram_free") >=
		       gpu->types[i].size + gpu->small->size)
			add(&gpu->types[i]);
}

static bool is_somebodys(uint64_t at)
{
	unsigned int i;

	for (i = 0; i < nr_others; i++)
		if (at >= others[i].at && at < others[i].at + others[i].d->size)
			return true;
	return false;
}

/**
 * others_begin() - two that are there before the vGPUs that programs have
 *
 * These are put between them: what is written behind the end of one is somebody's.
 */
void others_begin(void)
{
	uint64_t word, size = want_size();

	nr_others = 0;
	total = 0;
	/* A child has no use for it, and would take long to make with it. */
	want = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(want != MAP_FAILED);
	ASSERT_OK(madvise(want, size, MADV_DONTFORK));
	for (word = 0; word < size / 4; word++)
		((uint32_t *)want)[word] = canary(0, word);
	add(gpu->small);
	add(gpu->small);
}

/**
 * others_fill() - the others, and what they have in memory
 * @d: the last vGPU that programs have
 */
void others_fill(const struct vdev *d)
{
	unsigned int i;

	fill_up();
	EXPECT(is_somebodys(mdev_attr_u64(d->uuid, "vram_offset") + d->size));
	for (i = 0; i < nr_others; i++)
		memcpy(others[i].vram, wanted(i), others[i].d->size);
}

void others_end(void)
{
	unsigned int i;

	for (i = 0; i < nr_others; i++)
		munmap(others[i].vram, others[i].d->size);
	nr_others = 0;
	munmap(want, want_size());
}

/* What has been changed is told, and put back: for who looks for what has done it. */
static void look(unsigned int i, uint64_t from, uint64_t to)
{
	struct other *o = &others[i];
	uint64_t at;

	if (!memcmp(o->vram + from, wanted(i) + from, to - from))
		return;
	at = from + first_difference(o->vram + from, wanted(i) + from, to - from);
	tap_fail(__FILE__, __LINE__,
		 "memory of another vGPU has changed at %#llx of the GPU's",
		 (unsigned long long)(o->at + at));
	memcpy(o->vram, wanted(i), o->d->size);
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* @size bytes from @at on, as if all that they have were in one piece. */
static void look_at_part(uint64_t at, uint64_t size)
{
	uint64_t from, to;
	unsigned int i;

	for (i = 0; i < nr_others && size; i++) {
		from = lesser(at, others[i].d->size);
		to = lesser(from + size, others[i].d->size);
		if (from < to)
			look(i, from, to);
		at -= from;
		size -= to - from;
	}
}

static void look_next_to(const struct vdev *d)
{
	uint64_t begin = mdev_attr_u64(d->uuid, "vram_offset"), end = begin + d->size;
	unsigned int i;

	for (i = 0; i < nr_others; i++) {
		if (others[i].at + others[i].d->size == begin)
			look(i, others[i].d->size - EDGE, others[i].d->size);
		if (others[i].at == end)
			look(i, 0, EDGE);
	}
}

/**
 * others_look() - has nothing happened to the others
 * @d: a vGPU that programs have
 * @all: look at all of their memory; else at what is next to it, and at a part
 */
void others_look(const struct vdev *d, bool all)
{
	static uint64_t next;

	if (all) {
		look_at_part(0, total);
		return;
	}
	look_next_to(d);
	if (!total)
		return;
	next = next < total ? next : 0;
	look_at_part(next, PART);
	next += PART;
}

/* Nothing of theirs has come into @d's own memory: all of that, or a part. */
void others_kept_out(struct vdev *d, bool all)
{
	uint8_t *vram = vdev_try_map(d, REGION_VRAM, 0, d->size);
	static uint64_t next;
	uint64_t size = all ? d->size : PART;

	if (!EXPECT(vram != MAP_FAILED))
		return;
	next = all || next + size > d->size ? 0 : next;
	if (holds_loot(vram + next, size))
		tap_fail(__FILE__, __LINE__,
			 "memory of another vGPU has come into this one's, behind %#llx",
			 (unsigned long long)next);
	next += size;
	munmap(vram, d->size);
}

/**
 * others_mark() - have memory tell whose it is
 * @d: a vGPU of those that programs have, whose marks this thread writes
 * @all: all of it; else its ends, and what is between is zero, so that it moves quickly
 */
void others_mark(struct vdev *d, bool all)
{
	uint8_t *vram = vdev_map_vram(d);

	if (!all) {
		memset(vram, 0, d->size);
		marks_fill(vram + d->size - EDGE, EDGE);
	}
	marks_fill(vram, all ? d->size : EDGE);
	munmap(vram, d->size);
}
