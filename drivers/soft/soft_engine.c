// SPDX-License-Identifier: GPL-2.0
/*
 * The engines: what they do is done by the thread that starts it, piece by
 * piece; what takes a modelled time is ended by a timer. Engine context.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <vgpu/compat.h>

#include "soft.h"

/* Bytes of a piece: some ten microseconds, by which a slice can overrun. */
#define PIECE	SZ_64K
/* Less is not worth a sleep, ns. */
#define SLEEP_NS	(100 * NSEC_PER_USEC)

static struct soft_engine *to_engine(const struct vgpu_engine *e)
{
	return &to_soft(e->gpu)->engines[e->id];
}

static void fill(void *at, u32 value, u64 size)
{
	memset32(at, (__force u32)cpu_to_le32(value), size / 4);
}

/* A piece of a copy or a fill. Return: how much is done. */
static u64 move(struct vgpu_queue *q, const struct soft_work *w, u64 done)
{
	struct vgpu_instance *inst = q->inst;
	u64 n = min_t(u64, w->size - done, PIECE);

	if (w->op == SOFT_OP_COPY)
		memcpy(soft_vram(inst, w->dst + done),
		       soft_vram(inst, w->src + done), n);
	else
		fill(soft_vram(inst, w->dst + done), w->value, n);
	vgpu_vram_written(inst, w->dst + done, n);
	vgpu_queue_count(q, VGPU_QUEUE_BYTES, n);
	return done + n;
}

static enum hrtimer_restart time_is_up(struct hrtimer *timer)
{
	struct soft_engine *se = container_of(timer, struct soft_engine, timer);

	vgpu_engine_done(se->engine);
	return HRTIMER_NORESTART;
}

static void wait(struct soft_engine *se, struct soft_queue *sq, u64 ns)
{
	se->engine = sq->q->engine;
	se->waiting = sq;
	se->until = ktime_get_ns() + ns;
	hrtimer_start(&se->timer, ns_to_ktime(ns), HRTIMER_MODE_REL);
}

/**
 * soft_slower() - modelled speed: what an engine of that takes longer
 * @soft: the GPU
 * @took: what something has taken, ns
 *
 * Return: ns; 0 at full speed.
 */
u64 soft_slower(const struct soft_gpu *soft, u64 took)
{
	u32 percent = READ_ONCE(soft->knobs.speed_percent);

	return div_u64(took * (100 - percent), percent);
}

/* A piece is made longer by sleeping as soon as that is worth it. */
static void slow_down(struct soft_gpu *soft, struct soft_engine *se, u64 began)
{
	u64 now = ktime_get_ns(), beside = soft_slower(soft, now - began);

	if (!beside) {
		se->debt = 0;
		return;
	}
	se->debt += beside;
	if (se->debt < SLEEP_NS)
		return;
	fsleep(div_u64(se->debt, NSEC_PER_USEC));
	se->debt -= ktime_get_ns() - now;
}

/* One piece. Return: false when the engine is busy with it for a while. */
static bool step(struct soft_engine *se, struct soft_queue *sq,
		 const struct soft_work *w, u64 done)
{
	switch (w->op) {
	case SOFT_OP_HANG:
		se->hang = true;
		return false;
	case SOFT_OP_WAIT:
		wait(se, sq, w->size - done);
		return false;
	case SOFT_OP_COPY:
	case SOFT_OP_FILL:
		done = move(sq->q, w, done);
		soft_queue_progress(sq, done);
		break;
	case SOFT_OP_NOP:
	case SOFT_OP_DISPATCH:
		break;
	}
	if (done == w->size)
		soft_queue_finish(sq);
	return true;
}

static int soft_load(struct vgpu_queue *q)
{
	vgpu_assert_engine_context(q->engine);
	return 0;
}

static int soft_start(struct vgpu_queue *q, u64 budget_ns)
{
	struct soft_engine *se = to_engine(q->engine);
	u64 begin = ktime_get_ns(), end = begin + budget_ns, done;
	struct soft_queue *sq = q->priv;
	struct soft_work w;
	int ret;

	vgpu_assert_engine_context(q->engine);
	do {
		enum soft_next next = soft_queue_next(sq, &w, &done);

		if (next == SOFT_NONE)
			break;
		if (next == SOFT_FOUND && w.op == SOFT_OP_DISPATCH) {
			ret = soft_compute_start(se, sq,
						 end - begin);
			if (ret <= 0)
				return ret;
		} else if (next == SOFT_FOUND && !step(se, sq, &w, done)) {
			break;
		}
		slow_down(to_soft(q->inst->gpu), se, begin);
		cond_resched();
		begin = ktime_get_ns();
	} while (begin < end);
	return 0;
}

/* The modelled time is over, or cut: what of it was spent is done. */
static void stop_waiting(struct soft_engine *se)
{
	struct soft_queue *sq = se->waiting;
	u64 now = ktime_get_ns(), left = se->until > now ? se->until - now : 0;

	hrtimer_cancel(&se->timer);
	se->waiting = NULL;
	if (left)
		soft_queue_progress(sq, sq->work.size - min(left, sq->work.size));
	else
		soft_queue_finish(sq);
}

static bool soft_idle(struct vgpu_engine *e)
{
	struct soft_engine *se = to_engine(e);

	vgpu_assert_engine_context(e);
	if (se->hang)
		return false;
	if (se->computing)
		return soft_compute_idle(se);
	if (se->waiting && ktime_get_ns() >= se->until)
		stop_waiting(se);
	return !se->waiting;
}

static int soft_preempt(struct vgpu_queue *q)
{
	struct soft_engine *se = to_engine(q->engine);

	vgpu_assert_engine_context(q->engine);
	if (se->waiting)
		stop_waiting(se);
	if (se->computing)
		soft_compute_preempt(se);
	return 0;
}

static u64 soft_spent(struct vgpu_queue *q, u64 ran)
{
	return soft_compute_spent(q->priv, ran);
}

/* A worker that is at work is ended when its queue's work is forgotten. */
static void reset_engine(struct soft_engine *se)
{
	hrtimer_cancel(&se->timer);
	se->computing = NULL;
	se->paying = false;
	se->waiting = NULL;
	se->hang = false;
}

static int soft_reset(struct vgpu_engine *e, enum vgpu_reset_scope scope)
{
	struct soft_gpu *soft = to_soft(e->gpu);
	unsigned int i;

	vgpu_assert_engine_context(e);
	if (scope != VGPU_RESET_DEVICE) {
		reset_engine(to_engine(e));
		return 0;
	}
	/* The core has the locks of all. */
	for (i = 0; i < SOFT_ENGINES; i++)
		reset_engine(&soft->engines[i]);
	return 0;
}

/**
 * soft_engine_forget() - a queue's work is forgotten
 * @q: the queue; engine context
 *
 * An engine whose reset has failed may still wait for it. Every queue comes by
 * here before it goes away, and so no timer outlives its GPU.
 */
void soft_engine_forget(struct vgpu_queue *q)
{
	struct soft_engine *se = to_engine(q->engine);

	vgpu_assert_engine_context(q->engine);
	if (q->engine->desc->class == VGPU_CLASS_COMPUTE)
		soft_compute_forget(se, q->priv);
	if (se->waiting != q->priv)
		return;
	hrtimer_cancel(&se->timer);
	se->waiting = NULL;
}

static int soft_dump(struct vgpu_engine *e, char *buf, size_t size)
{
	struct soft_engine *se = to_engine(e);

	vgpu_assert_engine_context(e);
	return scnprintf(buf, size, "engine %s: %s\n", e->desc->name,
			 se->hang ? "hangs" :
			 se->paying ? "waits as a slower one would" :
			 se->computing ? "waits for a worker" :
			 se->waiting ? "waits for its timer" : "idle");
}

static const struct vgpu_engine_ops copy_ops = {
	.load = soft_load,
	.start = soft_start,
	.idle = soft_idle,
	.preempt = soft_preempt,
	.reset = soft_reset,
	.dump = soft_dump,
};

static const struct vgpu_engine_ops compute_ops = {
	.load = soft_load,
	.start = soft_start,
	.idle = soft_idle,
	.preempt = soft_preempt,
	.spent_ns = soft_spent,
	.reset = soft_reset,
	.dump = soft_dump,
};

#define COPY(n)								\
	{								\
		.name = "copy" #n, .class = VGPU_CLASS_COPY, .slice = n, \
		.event = true, .ops = &copy_ops,			\
		.queue_ops = &soft_queue_ops,				\
	}

#define COMPUTE(n)							\
	{								\
		.name = "compute" #n, .class = VGPU_CLASS_COMPUTE,	\
		.slice = n, .event = true, .ops = &compute_ops,		\
		.queue_ops = &soft_queue_ops,				\
	}

const struct vgpu_engine_desc soft_engines[SOFT_ENGINES] = {
	COPY(0), COMPUTE(0), COPY(1), COMPUTE(1),
	COPY(2), COMPUTE(2), COPY(3), COMPUTE(3),
};

/**
 * soft_engines_init() - the engines of a GPU, idle
 * @soft: the GPU, zeroed
 */
void soft_engines_init(struct soft_gpu *soft)
{
	unsigned int i;

	for (i = 0; i < SOFT_ENGINES; i++)
		vgpu_hrtimer_setup(&soft->engines[i].timer, time_is_up);
}
