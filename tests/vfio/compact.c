// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is in pieces is moved together, while the vGPUs that have it work: what
 * did not fit does, and nobody else notices.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "display.h"
#include "kept.h"
#include "klog.h"
#include "move.h"
#include "pattern.h"
#include "tenant.h"

static void before(void)
{
	ASSERT_EQ(dir_count("/sys/bus/mdev/devices"), 0);
}

static void after(void)
{
	kept_end();
	vdev_cleanup();
}

/* The largest of which none fits, and which would. */
static const struct type_facts *wanted(void)
{
	const struct type_facts *best = NULL;
	unsigned int i;

	for (i = 0; i < gpu->nr_types + gpu->nr_others; i++) {
		const struct type_facts *t = &gpu->types[i];

		if (!type_available(t) && compactable(t) &&
		    (!best || t->size > best->size))
			best = t;
	}
	ASSERT(best);
	return best;
}

/* What each has, but for what its driver needs. */
static uint8_t *copy_of(const struct kept *k)
{
	uint8_t *copy = malloc(k->d->room);

	ASSERT(copy);
	memcpy(copy, k->vram, k->d->room);
	return copy;
}

static void expect_same(const struct kept *k, const uint8_t *copy)
{
	EXPECT_EQ(first_difference(k->vram, copy, k->d->room), k->d->room);
}

static void expect_zero(const struct type_facts *type)
{
	struct vdev *d = vdev_new(type);
	void *vram;

	vdev_decode(d, DECODE_ALL);
	expect_zeros(d);
	vram = vdev_map_vram(d);
	memset(vram, 0xee, d->size);
	munmap(vram, d->size);
}

/* ---- What fits */

static void larger_fits(void)
{
	const struct type_facts *want;
	uint8_t *copy[MAX_KEPT];
	uint64_t fit, moves = gpu_attr_u64("moves");
	uint64_t bytes = gpu_attr_u64("moved_bytes");
	char uuid[UUID_LEN];
	unsigned int i;

	fragment();
	want = wanted();
	fit = compactable(want);
	mdev_uuid(uuid);
	EXPECT_ERR(mdev_try_create(want, uuid), ENOSPC);
	for (i = 0; i < nr_kept; i++)
		copy[i] = copy_of(&kept[i]);

	EXPECT_OK(compact());
	EXPECT_EQ(type_available(want), fit);
	for (i = 0; i < gpu->nr_types; i++)
		EXPECT_EQ(type_available(&gpu->types[i]),
			  compactable(&gpu->types[i]));
	i = nr_moved();
	EXPECT(i > 0);
	moves = gpu_attr_u64("moves") - moves;
	EXPECT(moves >= i);
	EXPECT_EQ(gpu_attr_u64("moved_bytes") - bytes,
		  moves * gpu->small->size);
	EXPECT(gpu_attr_u64("move_pause_max_ns") > 0);
	tap_note("%u vGPUs of %llu MiB moved for a %s, longest pause %llu us", i,
		 (unsigned long long)(gpu->small->size / MIB), want->name,
		 (unsigned long long)gpu_attr_u64("move_pause_max_ns") / 1000);

	/* Whoever comes finds nothing, and what it does is not seen by the others. */
	while (fit--)
		expect_zero(want);
	while (type_available(gpu->small))
		expect_zero(gpu->small);
	for (i = 0; i < nr_kept; i++) {
		expect_same(&kept[i], copy[i]);
		free(copy[i]);
	}
}

/* Nothing is left to be done, and so nothing is. */
static void again(void)
{
	uint64_t moves;

	fragment();
	EXPECT_OK(compact());
	moves = gpu_attr_u64("moves");
	EXPECT_OK(compact());
	EXPECT_EQ(gpu_attr_u64("moves"), moves);
}

static void refuses(void)
{
	uint64_t moves = gpu_attr_u64("moves");
	unsigned int i;

	fragment();
	EXPECT_ERR(gpu_try_set("compact", "0"), EINVAL);
	EXPECT_ERR(gpu_try_set("compact", "2"), EINVAL);
	EXPECT_ERR(gpu_try_set("compact", "all"), EINVAL);
	EXPECT_EQ(nr_moved(), 0);
	EXPECT_EQ(gpu_attr_u64("moves"), moves);
	for (i = 0; i < gpu->nr_types; i++)
		EXPECT(compactable(&gpu->types[i]) >=
		       type_available(&gpu->types[i]));
}

/* ---- What the moved ones notice */

/* By the engine, from one half to the other, and by the region. */
static void engine_reads_the_same(void)
{
	unsigned int i;

	fragment();
	EXPECT_OK(compact());
	EXPECT(nr_moved() > 0);
	for (i = 0; i < nr_kept; i++) {
		struct kept *k = &kept[i];
		uint8_t *copy = copy_of(k);
		uint32_t word;

		gpu_copy(k->d, 2 * MIB, 4096, MIB);
		gpu_fill(k->d, 0, 4096, 0x1234567);
		gpu_idle(k->d);
		memcpy(copy + 2 * MIB, copy + 4096, MIB);
		model_fill(copy, 0, 4096, 0x1234567);
		expect_same(k, copy);
		free(copy);
		EXPECT_EQ(vdev_pread(k->d, REGION_VRAM, &word, 4, MIB), 4);
		EXPECT_EQ(word, k->vram[MIB / 4]);
		EXPECT_EQ(mdev_attr_u64(k->d->uuid, "dropped"), 0);
	}
}

/* All registers, as read now, one after the other. */
static uint32_t *registers_of(struct vdev *d)
{
	uint32_t *reg = malloc(gpu->regs_size), at;

	ASSERT(reg);
	for (at = 0; at < gpu->regs_size; at += 4)
		reg[at / 4] = reg_rd(d, at);
	return reg;
}

/* All that stay when they are read twice: of some, reading itself changes others. */
static void registers_keep(void)
{
	uint32_t *first[MAX_KEPT], *second[MAX_KEPT], *now, at;
	unsigned int i;

	fragment();
	for (i = 0; i < nr_kept; i++) {
		reg_wr(kept[i].d, gpu->scratch, 0xabcd0000 + i);
		gpu_fill(kept[i].d, 4096, 4096, i);
		gpu_idle(kept[i].d);
		first[i] = registers_of(kept[i].d);
		second[i] = registers_of(kept[i].d);
	}
	EXPECT_OK(compact());
	EXPECT(nr_moved() > 0);
	for (i = 0; i < nr_kept; i++) {
		EXPECT_EQ(reg_rd(kept[i].d, gpu->scratch), 0xabcd0000 + i);
		now = registers_of(kept[i].d);
		for (at = 0; at < gpu->regs_size; at += 4)
			if (!gpu->runs_by_itself(at) &&
			    first[i][at / 4] == second[i][at / 4] &&
			    !EXPECT_EQ(now[at / 4], second[i][at / 4]))
				tap_note("register %#x", at);
		free(first[i]);
		free(second[i]);
		free(now);
	}
}

/* Much of it is queued, some of it half done. */
static void work_goes_on(void)
{
	unsigned int i, n;

	fragment();
	for (n = 1; n <= 20; n++)
		for (i = 0; i < nr_kept; i++)
			gpu_fill(kept[i].d, n % 2 * MIB, MIB, n * 100 + i);
	EXPECT_OK(compact());
	EXPECT(nr_moved() > 0);
	for (i = 0; i < nr_kept; i++) {
		gpu_idle(kept[i].d);
		for (n = 0; n < MIB / 4; n++)
			if (!EXPECT_EQ(kept[i].vram[n], 2000 + i) ||
			    !EXPECT_EQ(kept[i].vram[MIB / 4 + n], 1900 + i))
				break;
	}
}

/* The picture is the partition itself, and is mapped: it goes along. */
static void picture_goes_along(void)
{
	const struct mode m = { 640, 480, 32, 0, 0 };
	struct vfio_device_gfx_plane_info plane;
	uint64_t bytes = 640 * 480 * 4;
	uint8_t *shown[MAX_KEPT];
	unsigned int i;

	fragment();
	for (i = 0; i < nr_kept; i++) {
		display_set(kept[i].d, &m);
		ASSERT_OK(display_query(kept[i].d, &plane));
		shown[i] = display_map(kept[i].d, bytes);
		EXPECT_EQ(first_difference(shown[i], kept[i].vram, bytes), bytes);
	}
	EXPECT_OK(compact());
	EXPECT(nr_moved() > 0);
	for (i = 0; i < nr_kept; i++) {
		fill_pattern(kept[i].vram, bytes, 77 + i);
		EXPECT_EQ(first_difference(shown[i], kept[i].vram, bytes), bytes);
		munmap(shown[i], bytes);
	}
}

/* ---- Who writes meanwhile */

static bool enough;

/* A vGPU and its part of the work, of which nobody else writes anything. */
struct writer {
	struct kept *k;
	void (*write)(struct kept *k, uint32_t turn);
	bool (*is_there)(struct kept *k, uint32_t turn);
	uint32_t turns;
	bool failed;
	pthread_t thread;
};

/* What the last turn has written is there, and the next is written over it. */
static void *write_on(void *data)
{
	struct writer *w = data;

	do {
		w->write(w->k, ++w->turns);
		if (!w->is_there(w->k, w->turns))
			w->failed = true;
	} while (!__atomic_load_n(&enough, __ATOMIC_RELAXED));
	return NULL;
}

#define STORES	(MIB / 4)	/* where they begin, in words */
#define BY_FD	(2 * MIB)
#define DRAWN	(3 * MIB)
#define DRAWN_SIZE	(64 * 4096)

static void store(struct kept *k, uint32_t turn)
{
	uint32_t i;

	for (i = 0; i < MIB / 4; i += 1024)
		((volatile uint32_t *)k->vram)[STORES + i + turn % 1024] = turn;
}

static bool is_stored(struct kept *k, uint32_t turn)
{
	uint32_t i;

	for (i = 0; i < MIB / 4; i += 1024)
		if (((volatile uint32_t *)k->vram)[STORES + i + turn % 1024] !=
		    turn)
			return false;
	return true;
}

static void put(struct kept *k, uint32_t turn)
{
	uint64_t at;

	for (at = BY_FD; at < BY_FD + MIB / 2; at += 65536)
		vdev_pwrite(k->d, REGION_VRAM, &turn, 4, at);
}

static bool is_put(struct kept *k, uint32_t turn)
{
	uint32_t word;
	uint64_t at;

	for (at = BY_FD; at < BY_FD + MIB / 2; at += 65536)
		if (vdev_pread(k->d, REGION_VRAM, &word, 4, at) != 4 ||
		    word != turn)
			return false;
	return true;
}

static void draw(struct kept *k, uint32_t turn)
{
	gpu_fill(k->d, DRAWN, DRAWN_SIZE, turn);
	gpu_idle(k->d);
}

static bool is_drawn(struct kept *k, uint32_t turn)
{
	uint64_t i;

	for (i = 0; i < DRAWN_SIZE; i += 4096)
		if (((volatile uint32_t *)k->vram)[(DRAWN + i) / 4] != turn)
			return false;
	return true;
}

#define NR_WRITERS	6

/* The place of a large one in which this is. */
static uint64_t place_at(uint64_t at)
{
	return at / gpu->large->size;
}

static bool is_kept_in(uint64_t place)
{
	unsigned int i;

	for (i = 0; i < nr_kept; i++)
		if (place_at(kept[i].at) == place)
			return true;
	return false;
}

/* What is left at the end is no place for a large one. */
static bool is_whole(uint64_t place)
{
	return (place + 1) * gpu->large->size <=
	       gpu->vram_total - gpu->vram_reserved;
}

static void go(char *uuid)
{
	ASSERT_OK(mdev_remove(uuid));
	uuid[0] = 0;
}

/*
 * Where they are there is nobody else, and elsewhere there is room for one small one in
 * each place: so it is they who are moved, to make a place for a large one.
 */
static void crowd(char (*uuid)[UUID_LEN], unsigned int nr)
{
	uint64_t seen = 0, place;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		place = place_at(mdev_attr_u64(uuid[i], "vram_offset"));
		if (!is_whole(place) ||
		    (seen >> place & 1 && !is_kept_in(place)))
			continue;
		seen |= 1ULL << place;
		go(uuid[i]);
	}
}

/* The first ones of memory; nobody else is there. */
static void keep_first(unsigned int nr)
{
	char uuid[MAX_KEPT * 2][UUID_LEN];
	unsigned int all = fill_up(uuid), i;

	for (i = 0; i < all; i++) {
		if (mdev_attr_u64(uuid[i], "vram_offset") / gpu->small->size < nr)
			keep(vdev_open(uuid[i]));
		else
			go(uuid[i]);
	}
}

static unsigned int nr_moves;

/* Once around. Return: some were moved. */
static bool moves_again(void)
{
	unsigned int before = nr_moves;
	char uuid[MAX_KEPT * 2][UUID_LEN];
	unsigned int nr = fill_up(uuid), i;

	crowd(uuid, nr);
	EXPECT_OK(compact());
	nr_moves += nr_moved();
	for (i = 0; i < nr; i++)
		if (uuid[i][0])
			go(uuid[i]);
	return nr_moves > before || tap_failures();
}

/* All at once, while they are moved again and again. */
static void nothing_is_lost(void)
{
	static void (* const write[])(struct kept *k, uint32_t turn) = {
		store, put, draw,
	};
	static bool (* const is_there[])(struct kept *k, uint32_t turn) = {
		is_stored, is_put, is_drawn,
	};
	struct writer w[NR_WRITERS] = {};
	unsigned int i;

	enough = false;
	nr_moves = 0;
	keep_first(NR_WRITERS / 3);
	for (i = 0; i < NR_WRITERS; i++) {
		w[i].k = &kept[i / 3];
		w[i].write = write[i % 3];
		w[i].is_there = is_there[i % 3];
		ASSERT(!pthread_create(&w[i].thread, NULL, write_on, &w[i]));
	}
	while (nr_moves < 20 && !tap_failures())
		EXPECT(AWAIT(moves_again()));
	__atomic_store_n(&enough, true, __ATOMIC_RELAXED);
	for (i = 0; i < NR_WRITERS; i++) {
		pthread_join(w[i].thread, NULL);
		EXPECT(!w[i].failed);
		EXPECT(w[i].is_there(w[i].k, w[i].turns));
		EXPECT(w[i].turns > 1);
	}
	tap_note("%u moves, longest pause %llu us", nr_moves,
		 (unsigned long long)gpu_attr_u64("move_pause_max_ns") / 1000);
}

/* ---- Who cannot be moved */

/* All are on their way elsewhere, in this state of VFIO: none is moved. */
static void expect_busy(uint32_t state)
{
	unsigned int i, said = logged("compact: not moved: ");
	int fd;

	for (i = 0; i < nr_kept; i++) {
		ASSERT_OK(mig_set(kept[i].d, state, &fd));
		close(fd);
	}
	EXPECT_ERR(compact(), EBUSY);
	EXPECT_EQ(nr_moved(), 0);
	EXPECT(logged("compact: not moved: ") > said);
}

/* Copied while they run; later they are moved. */
static void all_are_copied(void)
{
	unsigned int i;

	fragment();
	expect_busy(VFIO_DEVICE_STATE_PRE_COPY);
	for (i = 0; i < nr_kept; i++)
		ASSERT_OK(mig_set(kept[i].d, VFIO_DEVICE_STATE_RUNNING, NULL));
	EXPECT_OK(compact());
	EXPECT(nr_moved() > 0);
}

/* It is on its way elsewhere: the others are moved around it, and it arrives whole. */
static void one_is_migrated(void)
{
	struct vdev *to;
	struct stream st;
	uint8_t *copy[MAX_KEPT];
	unsigned int i;

	fragment();
	for (i = 0; i < nr_kept; i++)
		copy[i] = copy_of(&kept[i]);
	/* All: so that it is one of those that would be moved. */
	expect_busy(VFIO_DEVICE_STATE_STOP_COPY);
	for (i = 1; i < nr_kept; i++)
		ASSERT_OK(mig_set(kept[i].d, VFIO_DEVICE_STATE_RUNNING, NULL));
	if (compact())
		EXPECT_EQ(errno, EBUSY);
	EXPECT_EQ(mdev_attr_u64(kept[0].d->uuid, "vram_offset"), kept[0].at);
	EXPECT(nr_moved() > 0);
	ASSERT_OK(mig_set(kept[0].d, VFIO_DEVICE_STATE_RUNNING, NULL));
	EXPECT_OK(compact());
	for (i = 0; i < nr_kept; i++) {
		expect_same(&kept[i], copy[i]);
		free(copy[i]);
	}
	st = mig_save(kept[0].d);
	to = vdev_new(gpu->small);
	ASSERT_OK(mig_load(to, &st));
	vdev_decode(to, DECODE_ALL);
	ASSERT_OK(mig_set(kept[0].d, VFIO_DEVICE_STATE_RUNNING, NULL));
	expect_same_vram(kept[0].d, to);
	stream_free(&st);
}

/* ---- While others come and go */

/* Not more often than the kernel's log has room for what is said of each. */
static void *come_and_go(void *unused)
{
	unsigned int times = 300;
	char uuid[UUID_LEN];

	(void)unused;
	while (times-- && !__atomic_load_n(&enough, __ATOMIC_RELAXED)) {
		mdev_uuid(uuid);
		if (mdev_try_create(gpu->small, uuid))
			continue;
		vdev_close(vdev_open(uuid));
		mdev_remove(uuid);
	}
	return NULL;
}

static unsigned int nr_turns;

static bool turns_again(void)
{
	EXPECT(!compact() || errno == EBUSY);
	return ++nr_turns >= 30;
}

static void among_others(void)
{
	uint8_t *copy[MAX_KEPT];
	pthread_t others;
	unsigned int i;

	enough = false;
	nr_turns = 0;
	fragment();
	for (i = 0; i < nr_kept; i++)
		copy[i] = copy_of(&kept[i]);
	ASSERT(!pthread_create(&others, NULL, come_and_go, NULL));
	EXPECT(AWAIT(turns_again()));
	__atomic_store_n(&enough, true, __ATOMIC_RELAXED);
	pthread_join(others, NULL);
	for (i = 0; i < nr_kept; i++) {
		expect_same(&kept[i], copy[i]);
		free(copy[i]);
	}
	EXPECT_OK(compact());
}

static const struct tap_test tests[] = {
	TAP_TEST(larger_fits),
	TAP_TEST(again),
	TAP_TEST(refuses),
	TAP_TEST(engine_reads_the_same),
	TAP_TEST(registers_keep),
	TAP_TEST(work_goes_on),
	TAP_TEST_IF(picture_goes_along, has_display),
	TAP_TEST(nothing_is_lost),
	TAP_TEST_IF(all_are_copied, can_precopy),
	TAP_TEST(one_is_migrated),
	TAP_TEST(among_others),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "compact", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	return tap_run(&suite);
}
