// SPDX-License-Identifier: GPL-2.0
/*
 * Dispatches by AlmaIF: the test is the guest, which writes its ring as PoCL's driver
 * does, and the worker, which takes turns. There is no process behind it.
 */
#include "soft_guest.h"
#include "../../drivers/vgpu/bus/bus.h"
#include "state.h"

#define CONTROL		SOFT_REGS_ALMAIF
/* In data memory, from here on: struct soft_aql_meta, arguments, a context. */
#define META(n)		(0x2000 + (n) * 0x1000)
#define ARGS(n)		(META(n) + sizeof(struct soft_aql_meta))
#define CONTEXT		0x1800

/* In the memory that is AlmaIF's. */
static void *at(struct vgpu_vdev *vd, u64 offset)
{
	return soft_vram(&vd->inst, vd->inst.type->screen_size + offset);
}

static void *mem(struct vgpu_vdev *vd, u64 offset)
{
	return at(vd, SOFT_ALMAIF_MEM + offset);
}

static struct soft_queue *queue_of(struct vgpu_vdev *vd)
{
	return vgpu_instance_queue(&vd->inst, VGPU_CLASS_COMPUTE)->priv;
}

static void command(struct vgpu_vdev *vd, u32 val)
{
	wr(vd, CONTROL + ALMAIF_COMMAND, val);
}

static u32 index_of(struct vgpu_vdev *vd, u32 which)
{
	return le32_to_cpu(READ_ONCE(*(__le32 *)at(vd, SOFT_ALMAIF_RING + which)));
}

static u32 completion(struct vgpu_vdev *vd, unsigned int n)
{
	struct soft_aql_meta *meta = mem(vd, META(n));

	return le32_to_cpu(READ_ONCE(meta->completion));
}

static bool completed(struct vgpu_vdev *vd, unsigned int n, u32 how)
{
	return mock_await(completion(vd, n) == how);
}

static struct soft_aql_packet dispatch(unsigned int n, u64 kernel, u32 items)
{
	return (struct soft_aql_packet) {
		.header = cpu_to_le16(SOFT_AQL_DISPATCH | SOFT_AQL_IN_ORDER),
		.dims = cpu_to_le16(1),
		.group = { cpu_to_le16(8), cpu_to_le16(1), cpu_to_le16(1) },
		.grid = { cpu_to_le32(items), cpu_to_le32(1), cpu_to_le32(1) },
		.kernel = cpu_to_le64(kernel),
		.args = cpu_to_le64(ARGS(n)),
		.context = cpu_to_le64(CONTEXT),
		.meta = cpu_to_le64(META(n)),
	};
}

/* As PoCL's driver does: the packet, then how many there are. */
static void submit(struct vgpu_vdev *vd, struct soft_aql_packet p)
{
	u32 index = index_of(vd, SOFT_AQL_WRITE);

	memcpy(at(vd, SOFT_ALMAIF_RING + SOFT_AQL_PACKET *
		      (index % SOFT_ALMAIF_SLOTS + 1)), &p, sizeof(p));
	/* The packet, then the index. */
	smp_store_release((__le32 *)at(vd, SOFT_ALMAIF_RING + SOFT_AQL_WRITE),
			  cpu_to_le32(index + 1));
	soft_doorbell(&vd->inst, SOFT_BELL_ALMAIF);
}

static struct soft_worker *worker(struct kunit *test, struct vgpu_vdev *vd)
{
	struct fixture *f = test->priv;
	struct vgpu_soft_worker arg = {
		.instance = vd->inst.id,
		.cpus = 1,
		.session = queue_of(vd)->client.session,
	};
	struct vgpu_soft_turn none = {};
	struct soft_worker *w = soft_client_attach(f->soft.executor, &arg);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w);
	KUNIT_ASSERT_EQ(test, soft_turn_hand_in(w, &none), 0);
	return w;
}

static noinline struct vgpu_soft_turn taken(struct kunit *test, struct soft_worker *w)
{
	struct vgpu_soft_turn turn = {};

	KUNIT_EXPECT_TRUE(test, mock_await(soft_turn_take(w, &turn)));
	return turn;
}

static noinline int hand_in(struct soft_worker *w, struct vgpu_soft_turn *turn,
			    u32 status, u64 progress)
{
	u64 was = turn->progress;
	int ret;

	turn->status = status;
	turn->progress = progress;
	ret = soft_turn_hand_in(w, turn);
	turn->progress = was;
	return ret;
}

static noinline void take_and(struct kunit *test, struct soft_worker *w,
			      u32 status)
{
	struct vgpu_soft_turn turn = taken(test, w);

	KUNIT_EXPECT_EQ(test, hand_in(w, &turn, status, 0), 0);
}

static struct vgpu_vdev *started_type(struct kunit *test, unsigned int type,
				      unsigned int number)
{
	struct vgpu_vdev *vd = opened(test, type, number);

	/* The test is a slow worker. */
	vd->pd->watchdog_us = 600 * USEC_PER_SEC;
	command(vd, ALMAIF_RESET);
	command(vd, ALMAIF_CONTINUE);
	KUNIT_ASSERT_EQ(test, rd(vd, CONTROL + ALMAIF_STATUS), 0U);
	return vd;
}

static struct vgpu_vdev *started(struct kunit *test, unsigned int number)
{
	return started_type(test, TYPE_4C_S1, number);
}

static void gone(struct vgpu_vdev *vd, struct soft_worker *w)
{
	mock_gone(vd);
	if (w)
		soft_worker_put(w);
}

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

static void program(struct vgpu_vdev *vd, u8 what, u32 groups)
{
	struct soft_aql_context context = {
		.groups = { cpu_to_le32(groups) },
		.group = { cpu_to_le32(4) },
		.dims = cpu_to_le32(1),
	};

	command(vd, ALMAIF_RESET);
	memset(at(vd, SOFT_ALMAIF_IMEM), what, 64);
	command(vd, ALMAIF_CONTINUE);
	memcpy(mem(vd, CONTEXT), &context, sizeof(context));
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

/* A process takes over from one that was killed: nothing of that is carried out. */
static void almaif_withdrawn(struct kunit *test)
{
	struct vgpu_vdev *vd = started(test, 1);
	struct soft_worker *w = worker(test, vd);
	unsigned int i;

	for (i = 0; i < 3; i++)
		submit(vd, dispatch(i, 4, 8));
	taken(test, w);
	command(vd, ALMAIF_RESET);
	for (i = 1; i <= SOFT_ALMAIF_SLOTS; i++)
		*(__le16 *)at(vd, SOFT_ALMAIF_RING + i * SOFT_AQL_PACKET) =
			cpu_to_le16(SOFT_AQL_INVALID);
	memset(at(vd, SOFT_ALMAIF_RING + SOFT_AQL_WRITE), 0, 16);
	command(vd, ALMAIF_CONTINUE);
	/* It had the first one in its hands. */
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(w->over)));
	soft_worker_put(w);
	KUNIT_EXPECT_FALSE(test, READ_ONCE(vd->faulted));
	submit(vd, dispatch(3, 4, 8));
	w = worker(test, vd);
	take_and(test, w, VGPU_SOFT_DONE);
	KUNIT_EXPECT_TRUE(test, completed(vd, 3, SOFT_AQL_DONE));
	KUNIT_EXPECT_TRUE(test, mock_await(index_of(vd, SOFT_AQL_READ) == 1));
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, completion(vd, i), 0U);
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

/* A worker that goes away with its turn, one that faults, one that hangs. */
static void almaif_faults(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vgpu_vdev *good = started(test, 1), *vd = started(test, 2);
	struct soft_worker *wg = worker(test, good), *w;
	unsigned int how;

	f->soft.gpu->pd->guard_limits[VGPU_GUARD_FAULTS] = 0;
	for (how = 0; how < 3; how++) {
		struct vgpu_soft_turn turn;

		w = worker(test, vd);
		submit(vd, dispatch(0, 4, 8));
		turn = taken(test, w);
		if (how == 0)
			soft_client_lost(w);
		else if (how == 1)
			hand_in(w, &turn, VGPU_SOFT_FAULT, 0);
		else
			f->soft.gpu->pd->watchdog_us = 50000;
		KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(vd->faulted)));
		KUNIT_EXPECT_EQ(test, completion(vd, 0), 0U);
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
			3LL);
	gone(vd, NULL);
	gone(good, wg);
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
	/* Paused so, and gone on with. */
	vgpu_function_halt(vd);
	KUNIT_EXPECT_FALSE(test, soft_turn_take(w, &none));
	vgpu_function_go(vd);
	turn = taken(test, w);
	KUNIT_EXPECT_EQ(test, turn.progress, 42ULL);
	hand_in(w, &turn, VGPU_SOFT_DONE, 0);
	take_and(test, w, VGPU_SOFT_DONE);
	KUNIT_EXPECT_TRUE(test, completed(vd, 1, SOFT_AQL_DONE));
	gone(vd, w);
}

/* Half done, with others copied and in the ring, it goes to another partition. */
static void almaif_moves(struct kunit *test)
{
	struct vgpu_vdev *from = started(test, 1), *to = opened(test, TYPE_4C_S1, 2);
	struct soft_worker *w = worker(test, from);
	struct vgpu_soft_turn turn;
	struct state st;
	unsigned int i;

	program(from, 1, 100);
	for (i = 0; i < 4; i++) {
		submit(from, dispatch(i, SOFT_AQL_USER, 0));
		program(from, i / 2 + 1, 100 + i);
	}
	turn = taken(test, w);
	hand_in(w, &turn, VGPU_SOFT_YIELD, 42);
	taken(test, w);
	submit(from, dispatch(4, 7, 8));
	state_pause(from);
	memcpy(at(to, 0), at(from, 0), SZ_4M);
	st = state_save(test, from, ktime_get_ns());
	state_pause(to);
	state_abuse(test, to, &st);
	state_move(test, from, to);
	state_resume(to);
	soft_worker_put(w);
	w = worker(test, to);
	for (i = 0; i < 5; i++) {
		turn = taken(test, w);
		KUNIT_EXPECT_EQ(test, turn.progress, i ? 0ULL : 42ULL);
		if (i < 4)
			KUNIT_EXPECT_EQ(test, (u32)w->image->data[0],
					i < 3 ? 1U : 2U);
		hand_in(w, &turn, VGPU_SOFT_DONE, 0);
		KUNIT_EXPECT_TRUE(test, completed(to, i, SOFT_AQL_DONE));
	}
	mock_gone(from);
	gone(to, w);
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

static void all_written(struct vgpu_vdev *vd)
{
	vgpu_vram_written(&vd->inst, 0, vd->inst.vram_size);
}

/* What the driver writes for the guest is told to whoever copies its memory. */
static void almaif_is_copied(struct kunit *test)
{
	struct vgpu_vdev *vd = started(test, 1);
	struct soft_worker *w = worker(test, vd);
	struct vgpu_soft_turn turn;
	u8 *copy;

	copy = copy_begin(test, vd);
	submit(vd, dispatch(0, 4, 20));
	turn = taken(test, w);
	all_written(vd);
	copy_on(vd, copy);
	hand_in(w, &turn, VGPU_SOFT_DONE, 0);
	KUNIT_EXPECT_TRUE(test, completed(vd, 0, SOFT_AQL_DONE));
	KUNIT_EXPECT_TRUE(test, mock_await(index_of(vd, SOFT_AQL_READ) == 1));
	copy_end(test, vd, copy);

	/* A process takes over from another. */
	copy = copy_begin(test, vd);
	*(__le32 *)at(vd, SOFT_ALMAIF_RING + SOFT_AQL_READ) = cpu_to_le32(77);
	all_written(vd);
	copy_on(vd, copy);
	command(vd, ALMAIF_RESET);
	command(vd, ALMAIF_CONTINUE);
	KUNIT_EXPECT_EQ(test, index_of(vd, SOFT_AQL_READ), 0U);
	copy_end(test, vd, copy);
	gone(vd, w);
}

static struct kunit_case almaif_cases[] = {
	KUNIT_CASE(almaif_info),
	KUNIT_CASE(almaif_beside_screen),
	KUNIT_CASE(almaif_dispatch),
	KUNIT_CASE(almaif_bad_packets),
	KUNIT_CASE(almaif_shares),
	KUNIT_CASE(almaif_programs),
	KUNIT_CASE(almaif_withdrawn),
	KUNIT_CASE(almaif_again),
	KUNIT_CASE(almaif_faults),
	KUNIT_CASE(almaif_is_copied),
	KUNIT_CASE(almaif_settles),
	KUNIT_CASE_SLOW(almaif_moves),
	{}
};

static struct kunit_suite almaif_suite = {
	.name = "soft_almaif",
	.init = setup,
	.exit = teardown,
	.test_cases = almaif_cases,
};

kunit_test_suite(almaif_suite);
