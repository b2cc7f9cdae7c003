/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest that dispatches by AlmaIF, and the worker that takes turns, for the suites of
 * it: the test is both. There is no process behind it.
 */
#ifndef _KUNIT_SOFT_ALMAIF_GUEST_H
#define _KUNIT_SOFT_ALMAIF_GUEST_H

#include "soft_guest.h"
#include "../../drivers/vgpu/bus/bus.h"
#include "../../drivers/vgpu/work/sched.h"

#define CONTROL		SOFT_REGS_ALMAIF
/* In data memory, from here on: struct soft_aql_meta, arguments, a context. */
#define META(n)		(0x2000 + (n) * 0x1000)
#define ARGS(n)		(META(n) + sizeof(struct soft_aql_meta))
#define CONTEXT		0x1800

/* In the memory that is AlmaIF's. */
static inline void *at(struct vgpu_vdev *vd, u64 offset)
{
	return soft_vram(&vd->inst, vd->inst.type->screen_size + offset);
}

static inline void *mem(struct vgpu_vdev *vd, u64 offset)
{
	return at(vd, SOFT_ALMAIF_MEM + offset);
}

static inline struct soft_queue *queue_of(struct vgpu_vdev *vd)
{
	return vgpu_instance_queue(&vd->inst, VGPU_CLASS_COMPUTE)->priv;
}

static inline void command(struct vgpu_vdev *vd, u32 val)
{
	wr(vd, CONTROL + ALMAIF_COMMAND, val);
}

static inline u32 index_of(struct vgpu_vdev *vd, u32 which)
{
	return le32_to_cpu(READ_ONCE(*(__le32 *)at(vd, SOFT_ALMAIF_RING + which)));
}

static inline u32 completion(struct vgpu_vdev *vd, unsigned int n)
{
	struct soft_aql_meta *meta = mem(vd, META(n));

	return le32_to_cpu(READ_ONCE(meta->completion));
}

static inline bool completed(struct vgpu_vdev *vd, unsigned int n, u32 how)
{
	return mock_await(completion(vd, n) == how);
}

static inline struct soft_aql_packet dispatch(unsigned int n, u64 kernel, u32 items)
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
static inline void submit(struct vgpu_vdev *vd, struct soft_aql_packet p)
{
	u32 index = index_of(vd, SOFT_AQL_WRITE);

	memcpy(at(vd, SOFT_ALMAIF_RING + SOFT_AQL_PACKET *
		      (index % SOFT_ALMAIF_SLOTS + 1)), &p, sizeof(p));
	/* The packet, then the index. */
	smp_store_release((__le32 *)at(vd, SOFT_ALMAIF_RING + SOFT_AQL_WRITE),
			  cpu_to_le32(index + 1));
	soft_doorbell(&vd->inst, SOFT_BELL_ALMAIF);
}

/* When the last one has left. */
static inline struct soft_worker *worker(struct kunit *test, struct vgpu_vdev *vd)
{
	struct fixture *f = test->priv;
	struct vgpu_soft_worker arg = { .instance = vd->inst.id, .cpus = 1 };
	struct vgpu_soft_turn none = {};
	struct soft_worker *w;

	KUNIT_EXPECT_TRUE(test, mock_await(!READ_ONCE(queue_of(vd)->leaving)));
	arg.session = queue_of(vd)->client.session;
	w = soft_client_attach(f->soft.executor, &arg);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w);
	KUNIT_ASSERT_EQ(test, soft_turn_hand_in(w, &none), 0);
	return w;
}

static __maybe_unused noinline struct vgpu_soft_turn taken(struct kunit *test,
							   struct soft_worker *w)
{
	struct vgpu_soft_turn turn = {};

	KUNIT_EXPECT_TRUE(test, mock_await(soft_turn_take(w, &turn)));
	return turn;
}

static __maybe_unused noinline int hand_in(struct soft_worker *w,
					   struct vgpu_soft_turn *turn,
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

static __maybe_unused noinline void take_and(struct kunit *test,
					     struct soft_worker *w, u32 status)
{
	struct vgpu_soft_turn turn = taken(test, w);

	KUNIT_EXPECT_EQ(test, hand_in(w, &turn, status, 0), 0);
}

static inline struct vgpu_vdev *started_type(struct kunit *test,
					     unsigned int type,
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

static inline struct vgpu_vdev *started(struct kunit *test, unsigned int number)
{
	return started_type(test, TYPE_4C_S1, number);
}

/* Another process finds the ring in use, and has it begin anew. With the trap lock held. */
static inline void begin_anew(struct vgpu_vdev *vd)
{
	unsigned int i;

	soft_almaif_command(queue_of(vd), ALMAIF_RESET);
	for (i = 1; i <= SOFT_ALMAIF_SLOTS; i++)
		*(__le16 *)at(vd, SOFT_ALMAIF_RING + i * SOFT_AQL_PACKET) =
			cpu_to_le16(SOFT_AQL_INVALID);
	memset(at(vd, SOFT_ALMAIF_RING + SOFT_AQL_WRITE), 0, 16);
	soft_almaif_command(queue_of(vd), ALMAIF_CONTINUE);
}

static inline void take_over(struct vgpu_vdev *vd)
{
	mutex_lock(&vd->trap_lock);
	begin_anew(vd);
	mutex_unlock(&vd->trap_lock);
}

static inline void gone(struct vgpu_vdev *vd, struct soft_worker *w)
{
	mock_gone(vd);
	if (w)
		soft_worker_put(w);
}

static inline void program(struct vgpu_vdev *vd, u8 what, u32 groups)
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

#endif /* _KUNIT_SOFT_ALMAIF_GUEST_H */
