// SPDX-License-Identifier: GPL-2.0
/*
 * Who holds an engine's lock keeps all others from that engine. A user of one instance,
 * who closes or resets it, may have a low priority, or a quota of CPU time that is used
 * up, and would keep the lock until he gets a CPU again. So he has it taken by a thread
 * of the kernel's that does not wait for one, and waits himself without it.
 */
#include <linux/workqueue.h>

#include "../core.h"
#include "sched.h"

static struct workqueue_struct *calls;

struct call {
	struct work_struct work;
	void (*fn)(void *data);
	void *data;
};

static void carry_out(struct work_struct *work)
{
	struct call *call = container_of(work, struct call, work);

	call->fn(call->data);
}

/**
 * vgpu_engine_call() - have something done that needs an engine's lock
 * @fn: what; takes the lock itself, and nothing that the caller holds
 * @data: for @fn
 *
 * Process context, not for whoever has an engine's lock. Returns when it has been done.
 */
void vgpu_engine_call(void (*fn)(void *data), void *data)
{
	struct call call = { .fn = fn, .data = data };

	might_sleep();
	INIT_WORK_ONSTACK(&call.work, carry_out);
	queue_work(calls, &call.work);
	flush_work(&call.work);
	destroy_work_on_stack(&call.work);
}

/**
 * vgpu_calls_init() - the threads by which vgpu_engine_call() is carried out
 *
 * Return: 0 or -ENOMEM.
 */
int vgpu_calls_init(void)
{
	/* Also while memory is short: who closes an instance may be about to free some. */
	calls = alloc_workqueue("vgpu", WQ_UNBOUND | WQ_HIGHPRI | WQ_MEM_RECLAIM,
				0);
	return calls ? 0 : -ENOMEM;
}

/**
 * vgpu_calls_exit() - no instance is left
 */
void vgpu_calls_exit(void)
{
	destroy_workqueue(calls);
}
