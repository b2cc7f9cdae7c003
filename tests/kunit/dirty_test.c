// SPDX-License-Identifier: GPL-2.0
/*
 * What is written while somebody copies: the bitmap against a model that has a flag
 * for each block, what engines are given against one that has a flag for each byte,
 * and an instance whose copy is kept up to date by both.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/prandom.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "../../drivers/vgpu/bus/bus.h"
#include "../../drivers/vgpu/bus/dirty.h"
#include "mock_gpu.h"

#define BLOCKS	97
#define SHORT	(3 * PAGE_SIZE)
#define SIZE	((BLOCKS - 1) * (u64)VGPU_DIRTY_BLOCK + SHORT)

struct model {
	bool dirty[BLOCKS];
};

static u64 block_size(unsigned int block)
{
	return block == BLOCKS - 1 ? SHORT : VGPU_DIRTY_BLOCK;
}

static void expect_same(struct kunit *test, const struct vgpu_dirty *d,
			const struct model *m)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < BLOCKS; i++) {
		KUNIT_ASSERT_EQ(test, m->dirty[i],
				vgpu_dirty_test(d, i * (u64)VGPU_DIRTY_BLOCK));
		bytes += m->dirty[i] ? block_size(i) : 0;
	}
	KUNIT_ASSERT_EQ(test, vgpu_dirty_bytes(d), bytes);
}

/* A byte is marked by whoever touches it; a part of nothing, or beyond, by nobody. */
static void mark_both(struct vgpu_dirty *d, struct model *m, u64 offset,
		      u64 size)
{
	unsigned int i;

	vgpu_dirty_mark(d, offset, size);
	for (i = 0; i < BLOCKS; i++) {
		u64 begin = i * (u64)VGPU_DIRTY_BLOCK;

		if (size && offset < begin + block_size(i) &&
		    begin < offset + size)
			m->dirty[i] = true;
	}
}

static void take_both(struct kunit *test, struct vgpu_dirty *d,
		      struct model *m, u64 from, u64 most)
{
	unsigned int i, first = from / VGPU_DIRTY_BLOCK;
	u64 offset = from, size = most, want = 0;
	bool found;

	while (first < BLOCKS && !m->dirty[first])
		first++;
	found = vgpu_dirty_take(d, &offset, &size);
	KUNIT_ASSERT_EQ(test, found, first < BLOCKS);
	if (!found) {
		KUNIT_ASSERT_EQ(test, offset, from);
		KUNIT_ASSERT_EQ(test, size, most);
		return;
	}
	for (i = first; i < BLOCKS && m->dirty[i] &&
	     (i - first + 1) * (u64)VGPU_DIRTY_BLOCK <=
	     max_t(u64, most, VGPU_DIRTY_BLOCK); i++) {
		m->dirty[i] = false;
		want += block_size(i);
	}
	KUNIT_ASSERT_EQ(test, offset, first * (u64)VGPU_DIRTY_BLOCK);
	KUNIT_ASSERT_EQ(test, size, want);
}

static u64 below(struct rnd_state *rnd, u64 limit)
{
	return (u64)prandom_u32_state(rnd) * limit >> 32;
}

static void dirty_random(struct kunit *test)
{
	struct vgpu_dirty *d = vgpu_dirty_alloc(SIZE);
	struct rnd_state rnd;
	struct model m;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, d);
	memset(&m, true, sizeof(m));
	expect_same(test, d, &m);
	prandom_seed_state(&rnd, 23);
	for (i = 0; i < 20000; i++) {
		u64 offset = below(&rnd, SIZE + VGPU_DIRTY_BLOCK);

		if (prandom_u32_state(&rnd) % 3)
			take_both(test, d, &m, offset,
				  VGPU_DIRTY_BLOCK * below(&rnd, 9));
		else
			mark_both(d, &m, offset,
				  below(&rnd, 4 * VGPU_DIRTY_BLOCK));
		if (!(i % 16))
			expect_same(test, d, &m);
	}
	vgpu_dirty_free(d);
}

/* By the byte, at both sides of an edge, and where sums would wrap. */
static void dirty_edges(struct kunit *test)
{
	struct vgpu_dirty *d = vgpu_dirty_alloc(SIZE);
	struct model m = {};
	u64 at = 0, size = U64_MAX;

	KUNIT_ASSERT_NOT_NULL(test, d);
	KUNIT_EXPECT_TRUE(test, vgpu_dirty_take(d, &at, &size));
	KUNIT_EXPECT_EQ(test, at, 0ULL);
	KUNIT_EXPECT_EQ(test, size, SIZE);
	expect_same(test, d, &m);
	KUNIT_EXPECT_EQ(test, atomic64_read(&d->marked), 0LL);

	mark_both(d, &m, VGPU_DIRTY_BLOCK - 1, 1);
	mark_both(d, &m, 2 * VGPU_DIRTY_BLOCK, 1);
	mark_both(d, &m, 4 * VGPU_DIRTY_BLOCK - 1, 2);
	mark_both(d, &m, 8 * VGPU_DIRTY_BLOCK, 0);
	expect_same(test, d, &m);
	KUNIT_EXPECT_EQ(test, atomic64_read(&d->marked), 4LL);
	/* Again: they are dirty already. */
	vgpu_dirty_mark(d, 0, 1);
	KUNIT_EXPECT_EQ(test, atomic64_read(&d->marked), 4LL);

	vgpu_dirty_mark(d, SIZE - 1, U64_MAX);
	m.dirty[BLOCKS - 1] = true;
	vgpu_dirty_mark(d, SIZE, 1);
	vgpu_dirty_mark(d, U64_MAX, U64_MAX);
	expect_same(test, d, &m);
	vgpu_dirty_free(d);
}

/* What became dirty since all was taken once, and as long as that is no chance. */
static void dirty_rate(struct kunit *test)
{
	const u64 begin = 5ULL * NSEC_PER_SEC;
	struct vgpu_dirty *d = vgpu_dirty_alloc(SIZE);
	u64 at = 0, size = U64_MAX;

	KUNIT_ASSERT_NOT_NULL(test, d);
	KUNIT_EXPECT_EQ(test, vgpu_dirty_rate(d, begin), VGPU_RATE_UNKNOWN);
	KUNIT_ASSERT_TRUE(test, vgpu_dirty_take(d, &at, &size));
	vgpu_dirty_mark(d, 0, 3 * VGPU_DIRTY_BLOCK);
	vgpu_dirty_count(d, begin);
	KUNIT_EXPECT_EQ(test, vgpu_dirty_rate(d, begin), VGPU_RATE_UNKNOWN);
	KUNIT_EXPECT_EQ(test, vgpu_dirty_rate(d, begin + NSEC_PER_SEC), 0ULL);
	/* Dirty already: it has to be read once for both. */
	vgpu_dirty_mark(d, 0, 1);
	vgpu_dirty_mark(d, 8 * VGPU_DIRTY_BLOCK, 2 * VGPU_DIRTY_BLOCK);
	KUNIT_EXPECT_EQ(test, vgpu_dirty_rate(d, begin + NSEC_PER_SEC),
			2ULL * VGPU_DIRTY_BLOCK);
	KUNIT_EXPECT_EQ(test, vgpu_dirty_rate(d, begin + 4ULL * NSEC_PER_SEC),
			(u64)VGPU_DIRTY_BLOCK / 2);
	KUNIT_EXPECT_EQ(test, vgpu_dirty_rate(d, begin + 100 * NSEC_PER_MSEC),
			20ULL * VGPU_DIRTY_BLOCK);
	KUNIT_EXPECT_EQ(test, vgpu_dirty_rate(d, begin + 99 * NSEC_PER_MSEC),
			VGPU_RATE_UNKNOWN);
	/* Of a copy that took a year, of a partition that was written all the time. */
	atomic64_set(&d->marked, 1LL << 37);
	d->before = 0;
	KUNIT_EXPECT_EQ(test, vgpu_dirty_rate(d, begin + (NSEC_PER_SEC << 25)),
			(u64)VGPU_DIRTY_BLOCK << 12);
	vgpu_dirty_free(d);
}

/* Every byte that was given is told when it is done, and not before. */
static void writes_random(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_COMPUTE, 1);
	unsigned int blocks = vd->inst.vram_size / VGPU_DIRTY_BLOCK, i, n, j;
	struct vgpu_writes w = {};
	struct rnd_state rnd;
	bool *want;

	want = kunit_kcalloc(test, blocks, sizeof(*want), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, want);
	KUNIT_ASSERT_EQ(test, vgpu_track_start(vd), 0);
	prandom_seed_state(&rnd, 5);
	for (i = 0; i < 300; i++) {
		u64 at = 0, size = U64_MAX;

		while (vgpu_track_take(vd, &at, &size) > 0)
			size = U64_MAX;
		memset(want, 0, blocks * sizeof(*want));
		n = prandom_u32_state(&rnd) % (2 * VGPU_WRITES);
		for (j = 0; j < n; j++) {
			size = 1 + below(&rnd, 1000);
			at = below(&rnd, vd->inst.vram_size - size);
			vgpu_writes_add(&w, &vd->inst, at, size);
			want[at / VGPU_DIRTY_BLOCK] = true;
			want[(at + size - 1) / VGPU_DIRTY_BLOCK] = true;
		}
		KUNIT_ASSERT_EQ(test, vgpu_track_bytes(vd), 0ULL);
		vgpu_writes_done(&w);
		for (j = 0, size = 0; j < blocks; j++)
			size += want[j] ? VGPU_DIRTY_BLOCK : 0;
		/* Few are told apart exactly, of many what is between is told, too. */
		if (n <= VGPU_WRITES)
			KUNIT_ASSERT_EQ(test, vgpu_track_bytes(vd), size);
		for (j = 0; j < blocks; j++) {
			at = j * (u64)VGPU_DIRTY_BLOCK;
			size = VGPU_DIRTY_BLOCK;
			if (want[j])
				KUNIT_ASSERT_TRUE(test, vgpu_track_take(vd, &at,
									&size) > 0 &&
						  at == j * (u64)VGPU_DIRTY_BLOCK);
		}
	}
	vgpu_track_stop(vd);
	mock_gone(vd);
}

/* It is on once, costs nothing when it is off, and begins with all. */
static void track_life(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_COMPUTE, 1);
	u64 at = 0, size = VGPU_DIRTY_BLOCK;

	vgpu_vram_written(&vd->inst, 0, 1);
	KUNIT_EXPECT_EQ(test, vgpu_track_bytes(vd), vd->inst.vram_size);
	KUNIT_EXPECT_EQ(test, vgpu_track_take(vd, &at, &size), 0);
	KUNIT_ASSERT_EQ(test, vgpu_track_start(vd), 0);
	KUNIT_EXPECT_EQ(test, vgpu_track_start(vd), -EBUSY);
	KUNIT_EXPECT_EQ(test, vgpu_track_bytes(vd), vd->inst.vram_size);
	KUNIT_EXPECT_EQ(test, vgpu_track_take(vd, &at, &size), 1);
	KUNIT_EXPECT_EQ(test, vgpu_track_bytes(vd),
			vd->inst.vram_size - VGPU_DIRTY_BLOCK);
	vgpu_vram_written(&vd->inst, VGPU_DIRTY_BLOCK - 1, 1);
	KUNIT_EXPECT_EQ(test, vgpu_track_bytes(vd), vd->inst.vram_size);
	vgpu_track_stop(vd);
	vgpu_track_stop(vd);
	at = 0;
	KUNIT_EXPECT_EQ(test, vgpu_track_take(vd, &at, &size), 0);
	KUNIT_EXPECT_EQ(test, vgpu_track_start(vd), 0);
	/* It ends with the device. */
	mock_close(vd);
	KUNIT_EXPECT_EQ(test, vgpu_track_take(vd, &at, &size), 0);
	KUNIT_ASSERT_EQ(test, mock_open(vd), 0);
	KUNIT_EXPECT_EQ(test, vgpu_track_start(vd), 0);
	mock_gone(vd);
}

/* One who takes, and who is killed. */
struct taker {
	struct vgpu_vdev *vd;
	struct completion begun;
	struct completion done;
	int ret;
};

static int take_block(void *data)
{
	u64 at = 0, size = VGPU_DIRTY_BLOCK;
	struct taker *t = data;

	allow_signal(SIGKILL);
	complete(&t->begun);
	t->ret = vgpu_track_take(t->vd, &at, &size);
	complete_all(&t->done);
	return 0;
}

/* While somebody keeps the lock of the user's mm, whoever waits for it can be killed. */
static void track_killed(struct kunit *test)
{
	struct taker t = { .vd = mock_opened(test, MOCK_COMPUTE, 1) };
	struct mm_struct *mm = mm_alloc();
	struct task_struct *task;
	bool ended = false;

	KUNIT_ASSERT_NOT_NULL(test, mm);
	init_completion(&t.begun);
	init_completion(&t.done);
	KUNIT_ASSERT_EQ(test, vgpu_track_start(t.vd), 0);
	t.vd->map.mm = mm;
	down_write(&mm->mmap_lock);
	task = kthread_run(take_block, &t, "kunit-taker");
	if (!IS_ERR(task)) {
		wait_for_completion(&t.begun);
		KUNIT_EXPECT_FALSE(test,
				   wait_for_completion_timeout(&t.done, HZ / 10));
		send_sig(SIGKILL, task, 1);
		ended = wait_for_completion_timeout(&t.done, 10 * HZ);
		KUNIT_EXPECT_TRUE(test, ended);
	}
	up_write(&mm->mmap_lock);
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	if (!ended)
		wait_for_completion(&t.done);
	KUNIT_EXPECT_EQ(test, t.ret, -EINTR);
	KUNIT_EXPECT_EQ(test, vgpu_track_bytes(t.vd), t.vd->inst.vram_size);
	t.vd->map.mm = NULL;
	mmput(mm);
	vgpu_track_stop(t.vd);
	mock_gone(t.vd);
}

/* Who has become the guest's user while the lock of the last one's mm was waited for. */
static void track_other_user(struct kunit *test)
{
	struct taker t = { .vd = mock_opened(test, MOCK_COMPUTE, 1) };
	struct mm_struct *mm[2] = { mm_alloc(), mm_alloc() };
	struct task_struct *task;

	KUNIT_ASSERT_TRUE(test, mm[0] && mm[1]);
	init_completion(&t.begun);
	init_completion(&t.done);
	KUNIT_ASSERT_EQ(test, vgpu_track_start(t.vd), 0);
	t.vd->map.mm = mm[0];
	down_write(&mm[0]->mmap_lock);
	down_write_nested(&mm[1]->mmap_lock, SINGLE_DEPTH_NESTING);
	task = kthread_run(take_block, &t, "kunit-taker");
	if (!IS_ERR(task)) {
		wait_for_completion(&t.begun);
		KUNIT_EXPECT_FALSE(test,
				   wait_for_completion_timeout(&t.done, HZ / 10));
		down_write(&t.vd->map.sem);
		t.vd->map.mm = mm[1];
		up_write(&t.vd->map.sem);
	}
	up_write(&mm[0]->mmap_lock);
	if (!IS_ERR(task))
		KUNIT_EXPECT_FALSE(test,
				   wait_for_completion_timeout(&t.done, HZ / 10));
	up_write(&mm[1]->mmap_lock);
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	wait_for_completion(&t.done);
	KUNIT_EXPECT_EQ(test, t.ret, 1);
	t.vd->map.mm = NULL;
	mmput(mm[0]);
	mmput(mm[1]);
	vgpu_track_stop(t.vd);
	mock_gone(t.vd);
}

static struct kunit_case dirty_cases[] = {
	KUNIT_CASE(dirty_random),
	KUNIT_CASE(dirty_edges),
	KUNIT_CASE(dirty_rate),
	KUNIT_CASE(writes_random),
	KUNIT_CASE(track_life),
	KUNIT_CASE(track_killed),
	KUNIT_CASE(track_other_user),
	{}
};

static struct kunit_suite dirty_suite = {
	.name = "dirty",
	.init = mock_init,
	.exit = mock_exit,
	.test_cases = dirty_cases,
};

kunit_test_suite(dirty_suite);
