// SPDX-License-Identifier: GPL-2.0
/*
 * Dispatches by AlmaIF: the test is the guest, which writes its ring as PoCL's driver
 * does, and the worker, which takes turns. There is no process behind it.
 */
#include "soft_almaif_guest.h"

static void almaif_info(struct kunit *test)
{
	struct vgpu_vdev *vd = opened(test, TYPE_4C, 1);

	KUNIT_EXPECT_EQ(test, rd(vd, CONTROL + ALMAIF_INTERFACE), 3U);
	KUNIT_EXPECT_EQ(test, rd(vd, CONTROL + ALMAIF_CORES), 1U);
	KUNIT_EXPECT_EQ(test, rd(vd, CONTROL + ALMAIF_FEATURES), 0U);
	KUNIT_EXPECT_EQ(test, rd(vd, CONTROL + ALMAIF_QUEUE),
			(u32)SOFT_ALMAIF_RING);
	KUNIT_EXPECT_EQ(test, rd(vd, CONTROL + ALMAIF_MEM_SIZE),
			(u32)(SZ_4M - SOFT_ALMAIF_MEM));
	KUNIT_EXPECT_EQ(test, rd(vd, CONTROL + ALMAIF_POINTER), 8U);
	KUNIT_EXPECT_EQ(test, rd(vd, CONTROL + ALMAIF_STATUS),
			(u32)(ALMAIF_STATUS_STALLED | ALMAIF_STATUS_RESET));
	mock_gone(vd);
}

/* It waits until there is a worker, which is told all; then the guest is told. */
static void almaif_dispatch(struct kunit *test)
{
	struct vgpu_vdev *vd = started(test, 1);
	struct vgpu_soft_turn turn;
	struct soft_worker *w;

	memset(mem(vd, ARGS(0)), 0x5a, SOFT_AQL_ARGS);
	submit(vd, dispatch(0, 4, 20));
	KUNIT_EXPECT_FALSE(test, vgpu_queue_busy(queue_of(vd)->q) &&
			   queue_of(vd)->has_work);
	w = worker(test, vd);
	/* Before its first turn it has nothing to tell. */
	memset(&turn, 0, sizeof(turn));
	KUNIT_EXPECT_EQ(test, hand_in(w, &turn, VGPU_SOFT_DONE, 0), -EINVAL);
	turn = taken(test, w);
	/* What the guest writes now is too late. */
	memset(mem(vd, ARGS(0)), 0, SOFT_AQL_ARGS);
	KUNIT_EXPECT_EQ(test, turn.kernel, 4U);
	KUNIT_EXPECT_EQ(test, turn.image, 0U);
	KUNIT_EXPECT_EQ(test, turn.dims, 1U);
	KUNIT_EXPECT_EQ(test, turn.grid[0], 20U);
	KUNIT_EXPECT_EQ(test, turn.group[0], 8U);
	KUNIT_EXPECT_EQ(test, turn.mem, (u64)SOFT_ALMAIF_MEM);
	KUNIT_EXPECT_EQ(test, turn.args_size, (u32)SOFT_AQL_ARGS);
	KUNIT_EXPECT_NULL(test, memchr_inv(turn.args, 0x5a, SOFT_AQL_ARGS));
	KUNIT_EXPECT_EQ(test, completion(vd, 0), 0U);
	KUNIT_EXPECT_EQ(test, index_of(vd, SOFT_AQL_READ), 0U);
	/* Three groups; and that is another turn. */
	KUNIT_EXPECT_EQ(test, hand_in(w, &turn, VGPU_SOFT_YIELD, 4), -EINVAL);
	KUNIT_EXPECT_EQ(test, hand_in(w, &turn, VGPU_SOFT_NONE, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, hand_in(w, &turn, 9, 0), -EINVAL);
	turn.seq++;
	KUNIT_EXPECT_EQ(test, hand_in(w, &turn, VGPU_SOFT_DONE, 0), -EINVAL);
	turn.seq--;
	KUNIT_EXPECT_EQ(test, hand_in(w, &turn, VGPU_SOFT_DONE, 0), 0);
	/* A system call that is made anew. */
	KUNIT_EXPECT_EQ(test, hand_in(w, &turn, VGPU_SOFT_DONE, 0), 0);
	KUNIT_EXPECT_TRUE(test, completed(vd, 0, SOFT_AQL_DONE));
	KUNIT_EXPECT_TRUE(test, mock_await(index_of(vd, SOFT_AQL_READ) == 1));
	KUNIT_EXPECT_EQ(test, counted(vd, VGPU_CLASS_COMPUTE, VGPU_QUEUE_OPS),
			1ULL);
	mock_close(vd);
	KUNIT_EXPECT_EQ(test, hand_in(w, &turn, VGPU_SOFT_NONE, 0), -ENODEV);
	mock_destroy(vd);
	soft_worker_put(w);
}

/* Dropped, counted and told; barriers pass; what comes after them is done. */
static void almaif_bad_packets(struct kunit *test)
{
	struct vgpu_vdev *vd = started(test, 1);
	struct soft_worker *w = worker(test, vd);
	struct soft_aql_packet p = dispatch(0, 4, 20);

	p.args = cpu_to_le64(~0ULL);
	submit(vd, p);
	p = dispatch(1, 4, 0);
	submit(vd, p);
	p.header = cpu_to_le16(SOFT_AQL_BARRIER_AND | SOFT_AQL_IN_ORDER);
	submit(vd, p);
	p.header = cpu_to_le16(2);
	submit(vd, p);
	submit(vd, dispatch(2, 4, 1));
	take_and(test, w, VGPU_SOFT_DONE);
	KUNIT_EXPECT_TRUE(test, completed(vd, 2, SOFT_AQL_DONE));
	KUNIT_EXPECT_EQ(test, completion(vd, 0), (u32)SOFT_AQL_FAILED);
	KUNIT_EXPECT_EQ(test, completion(vd, 1), (u32)SOFT_AQL_FAILED);
	KUNIT_EXPECT_EQ(test, counted(vd, VGPU_CLASS_COMPUTE,
				      VGPU_QUEUE_DROPPED), 3ULL);
	/* What a worker refuses is the same. */
	submit(vd, dispatch(3, 4, 1));
	take_and(test, w, VGPU_SOFT_REFUSED);
	KUNIT_EXPECT_TRUE(test, completed(vd, 3, SOFT_AQL_FAILED));
	KUNIT_EXPECT_EQ(test, counted(vd, VGPU_CLASS_COMPUTE,
				      VGPU_QUEUE_DROPPED), 4ULL);
	/* An index that lies stops the ring until the guest continues anew. */
	*(__le32 *)at(vd, SOFT_ALMAIF_RING + SOFT_AQL_WRITE) = cpu_to_le32(~0U);
	soft_doorbell(&vd->inst, SOFT_BELL_ALMAIF);
	KUNIT_EXPECT_TRUE(test, mock_await(rd(vd, CONTROL + ALMAIF_STATUS)));
	command(vd, ALMAIF_CONTINUE);
	submit(vd, dispatch(4, 4, 1));
	take_and(test, w, VGPU_SOFT_DONE);
	KUNIT_EXPECT_TRUE(test, completed(vd, 4, SOFT_AQL_DONE));
	gone(vd, w);
}

/*
 * Two on one engine, the first of which never yields, and then does: it goes on
 * from there, and the other has had its turns meanwhile.
 */
static void almaif_shares(struct kunit *test)
{
	struct vgpu_vdev *a = started(test, 1), *b = started(test, 2);
	struct soft_worker *wa = worker(test, a), *wb = worker(test, b);
	struct vgpu_soft_turn turn, again;
	unsigned int i;

	KUNIT_ASSERT_PTR_EQ(test, queue_of(a)->q->engine,
			    queue_of(b)->q->engine);
	submit(a, dispatch(0, 4, 800));
	turn = taken(test, wa);
	for (i = 0; i < 5; i++) {
		submit(b, dispatch(i, 4, 1));
		take_and(test, wb, VGPU_SOFT_DONE);
		KUNIT_EXPECT_TRUE(test, completed(b, i, SOFT_AQL_DONE));
	}
	KUNIT_EXPECT_EQ(test, hand_in(wa, &turn, VGPU_SOFT_YIELD, 70), 0);
	again = taken(test, wa);
	KUNIT_EXPECT_GT(test, again.seq, turn.seq);
	KUNIT_EXPECT_EQ(test, again.progress, 70ULL);
	/* Less than before is a lie. */
	KUNIT_EXPECT_EQ(test, hand_in(wa, &again, VGPU_SOFT_YIELD, 69), -EINVAL);
	KUNIT_EXPECT_EQ(test, hand_in(wa, &again, VGPU_SOFT_DONE, 0), 0);
	KUNIT_EXPECT_TRUE(test, completed(a, 0, SOFT_AQL_DONE));
	gone(a, wa);
	gone(b, wb);
}

/* Each with the program and the context that were there when it was written. */
static void almaif_programs(struct kunit *test)
{
	struct vgpu_vdev *vd = started(test, 1);
	struct vgpu_soft_turn turn;
	struct soft_worker *w;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		program(vd, i + 1, 10 + i);
		submit(vd, dispatch(i, SOFT_AQL_USER, 0));
	}
	w = worker(test, vd);
	for (i = 0; i < 5; i++) {
		turn = taken(test, w);
		KUNIT_EXPECT_NE(test, turn.image, 0U);
		KUNIT_EXPECT_EQ(test, turn.image, w->image->generation);
		KUNIT_EXPECT_EQ(test, w->image->size, 64U);
		KUNIT_EXPECT_NULL(test, memchr_inv(w->image->data, i + 1, 64));
		KUNIT_EXPECT_EQ(test, turn.grid[0], 4 * (10 + i));
		hand_in(w, &turn, VGPU_SOFT_DONE, 0);
		KUNIT_EXPECT_TRUE(test, completed(vd, i, SOFT_AQL_DONE));
	}
	gone(vd, w);
}

/* One takes over from one that has ended, as often as guests start programs. */
static void almaif_again(struct kunit *test)
{
	struct vgpu_vdev *vd = started(test, 1);
	struct soft_worker *w = worker(test, vd);
	unsigned int round, i;

	for (round = 0; round < 3; round++) {
		for (i = 0; i <= round; i++) {
			submit(vd, dispatch(i, 4, 8));
			take_and(test, w, VGPU_SOFT_DONE);
			KUNIT_EXPECT_TRUE(test, completed(vd, i, SOFT_AQL_DONE));
		}
		KUNIT_EXPECT_TRUE(test, mock_await(index_of(vd, SOFT_AQL_READ) ==
						   round + 1));
		command(vd, ALMAIF_RESET);
		memset(at(vd, SOFT_ALMAIF_RING + SOFT_AQL_WRITE), 0, 16);
		for (i = 0; i <= round; i++)
			memset(mem(vd, META(i)), 0, sizeof(struct soft_aql_meta));
		command(vd, ALMAIF_CONTINUE);
	}
	KUNIT_EXPECT_EQ(test, atomic64_read(&queue_of(vd)->q->count[VGPU_QUEUE_DROPPED]), 0);
	gone(vd, w);
}

/*
 * A worker that goes away with its turn, one that faults, one that hangs, one that does
 * not come for its turn.
 */
static void almaif_faults(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vgpu_vdev *good = started(test, 1), *vd = started(test, 2);
	struct soft_worker *wg = worker(test, good), *w;
	unsigned int how;

	f->soft.gpu->pd->guard_limits[VGPU_GUARD_FAULTS] = 0;
	for (how = 0; how < 4; how++) {
		struct vgpu_soft_turn turn = {};

		w = worker(test, vd);
		submit(vd, dispatch(0, 4, 8));
		if (how < 3)
			turn = taken(test, w);
		if (how == 0)
			soft_client_lost(w);
		else if (how == 1)
			hand_in(w, &turn, VGPU_SOFT_FAULT, 0);
		else
			f->soft.gpu->pd->watchdog_us = 50000;
		KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(vd->faulted)));
		KUNIT_EXPECT_EQ(test, completion(vd, 0), 0U);
		/* However late we come, the other does not hang. */
		f->soft.gpu->pd->watchdog_us = 600 * USEC_PER_SEC;
		submit(good, dispatch(how, 4, 8));
		take_and(test, wg, VGPU_SOFT_DONE);
		KUNIT_EXPECT_TRUE(test, completed(good, how, SOFT_AQL_DONE));
		/* Nothing begins before a reset. */
		command(vd, ALMAIF_CONTINUE);
		KUNIT_EXPECT_NE(test, rd(vd, CONTROL + ALMAIF_STATUS), 0U);
		mock_reset(vd);
		command(vd, ALMAIF_CONTINUE);
		KUNIT_EXPECT_EQ(test, rd(vd, CONTROL + ALMAIF_STATUS), 0U);
		if (how != 1)
			KUNIT_EXPECT_TRUE(test, w->over);
		if (how == 1)
			soft_client_lost(w);
		soft_worker_put(w);
	}
	KUNIT_EXPECT_EQ(test, atomic64_read(&vd->inst.count[VGPU_CNT_FAULTS]),
			4LL);
	gone(vd, NULL);
	gone(good, wg);
}

/* Stopped at the end of its slice, when it has just answered: it does not stay so. */
static void almaif_stopped_too_late(struct kunit *test)
{
	struct vgpu_vdev *vd = started(test, 1);
	struct soft_worker *w = worker(test, vd);
	struct vgpu_soft_turn turn;

	submit(vd, dispatch(0, 4, 8));
	turn = taken(test, w);
	soft_worker_stop(w);
	hand_in(w, &turn, VGPU_SOFT_DONE, 0);
	KUNIT_EXPECT_TRUE(test, completed(vd, 0, SOFT_AQL_DONE));
	KUNIT_EXPECT_FALSE(test, READ_ONCE(w->stopped));
	gone(vd, w);
}

/* In the midst of a work-group it has to go on, and then begins no other. */
static void almaif_settles(struct kunit *test)
{
	struct vgpu_vdev *vd = started(test, 1);
	struct soft_worker *w = worker(test, vd);
	struct vgpu_queue *q = queue_of(vd)->q;
	struct vgpu_soft_turn turn, none;
	unsigned int i;

	program(vd, 1, 100);
	for (i = 0; i < 2; i++)
		submit(vd, dispatch(i, SOFT_AQL_USER, 0));
	turn = taken(test, w);
	KUNIT_EXPECT_FALSE(test, q->ops->settle(q, true));
	hand_in(w, &turn, VGPU_SOFT_YIELD, 42);
	KUNIT_EXPECT_TRUE(test, mock_await(q->ops->settle(q, true)));
	KUNIT_EXPECT_TRUE(test, mock_await(!vgpu_queue_busy(q)));
	KUNIT_EXPECT_FALSE(test, soft_turn_take(w, &none));
	KUNIT_EXPECT_EQ(test, queue_of(vd)->almaif->progress, 42ULL);
	/* Called off: it goes on without a word of its guest. */
	vgpu_sched_unsettle(vd);
	turn = taken(test, w);
	KUNIT_EXPECT_EQ(test, turn.progress, 42ULL);
	q->ops->settle(q, true);
	hand_in(w, &turn, VGPU_SOFT_YIELD, 43);
	KUNIT_EXPECT_TRUE(test, mock_await(q->ops->settle(q, true)));
	/* Paused so, and gone on with. */
	vgpu_function_halt(vd);
	KUNIT_EXPECT_FALSE(test, soft_turn_take(w, &none));
	vgpu_function_go(vd);
	turn = taken(test, w);
	KUNIT_EXPECT_EQ(test, turn.progress, 43ULL);
	hand_in(w, &turn, VGPU_SOFT_DONE, 0);
	take_and(test, w, VGPU_SOFT_DONE);
	KUNIT_EXPECT_TRUE(test, completed(vd, 1, SOFT_AQL_DONE));
	gone(vd, w);
}

/* Of a type with a display the screen has the first half, and AlmaIF the other. */
static void almaif_beside_screen(struct kunit *test)
{
	struct vgpu_vdev *vd = started_type(test, TYPE_8Q, 1);
	struct soft_worker *w = worker(test, vd);
	const u64 mem_size = SZ_4M - SOFT_ALMAIF_MEM;
	struct soft_aql_packet p = dispatch(0, 4, 8);
	struct vgpu_soft_turn turn;
	u8 *screen = soft_vram(&vd->inst, 0);

	KUNIT_EXPECT_EQ(test, rd(vd, CONTROL + ALMAIF_QUEUE),
			(u32)SOFT_ALMAIF_RING);
	KUNIT_EXPECT_EQ(test, rd(vd, CONTROL + ALMAIF_MEM), (u32)SOFT_ALMAIF_MEM);
	KUNIT_EXPECT_EQ(test, rd(vd, CONTROL + ALMAIF_MEM_SIZE), (u32)mem_size);
	memset(screen, 0x77, SZ_4M);
	/* Within the partition, and not within what is AlmaIF's. */
	p.args = cpu_to_le64(mem_size + 1);
	submit(vd, p);
	p = dispatch(1, 4, 8);
	p.meta = cpu_to_le64(mem_size);
	submit(vd, p);
	program(vd, 3, 10);
	submit(vd, dispatch(2, SOFT_AQL_USER, 0));
	turn = taken(test, w);
	KUNIT_EXPECT_EQ(test, completion(vd, 0), (u32)SOFT_AQL_FAILED);
	KUNIT_EXPECT_EQ(test, counted(vd, VGPU_CLASS_COMPUTE,
				      VGPU_QUEUE_DROPPED), 2ULL);
	KUNIT_EXPECT_EQ(test, turn.mem, (u64)SZ_4M + SOFT_ALMAIF_MEM);
	KUNIT_EXPECT_EQ(test, turn.mem_size, mem_size);
	KUNIT_EXPECT_EQ(test, turn.grid[0], 40U);
	KUNIT_EXPECT_NULL(test, memchr_inv(w->image->data, 3, 64));
	hand_in(w, &turn, VGPU_SOFT_DONE, 0);
	KUNIT_EXPECT_TRUE(test, completed(vd, 2, SOFT_AQL_DONE));
	KUNIT_EXPECT_TRUE(test, mock_await(index_of(vd, SOFT_AQL_READ) == 3));
	KUNIT_EXPECT_NULL(test, memchr_inv(screen, 0x77, SZ_4M));
	gone(vd, w);
}

static unsigned int woken;

static int count_wakeup(struct wait_queue_entry *entry, unsigned int mode,
			int flags, void *key)
{
	woken++;
	return 0;
}

/* Nobody waits for what he knows: commands that change nothing wake no supervisor. */
static void almaif_wakes_for_news(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vgpu_vdev *vd = opened(test, TYPE_4C_S1, 1);
	struct soft_executor *ex = f->soft.executor;
	struct wait_queue_entry entry;

	woken = 0;
	init_waitqueue_func_entry(&entry, count_wakeup);
	add_wait_queue(&ex->wq, &entry);
	command(vd, ALMAIF_CONTINUE);
	KUNIT_EXPECT_EQ(test, woken, 1U);
	command(vd, ALMAIF_RESET);
	command(vd, ALMAIF_CONTINUE);
	command(vd, ALMAIF_CONTINUE);
	KUNIT_EXPECT_EQ(test, woken, 1U);
	remove_wait_queue(&ex->wq, &entry);
	gone(vd, NULL);
}

static struct kunit_case almaif_cases[] = {
	KUNIT_CASE(almaif_info),
	KUNIT_CASE(almaif_beside_screen),
	KUNIT_CASE(almaif_dispatch),
	KUNIT_CASE(almaif_bad_packets),
	KUNIT_CASE(almaif_shares),
	KUNIT_CASE(almaif_programs),
	KUNIT_CASE(almaif_again),
	KUNIT_CASE(almaif_faults),
	KUNIT_CASE(almaif_stopped_too_late),
	KUNIT_CASE(almaif_settles),
	KUNIT_CASE(almaif_wakes_for_news),
	{}
};

static struct kunit_suite almaif_suite = {
	.name = "soft_almaif",
	.init = setup,
	.exit = teardown,
	.test_cases = almaif_cases,
};

kunit_test_suite(almaif_suite);
