/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Another thread that does one thing, while the test holds what it may have to wait for.
 */
#ifndef _KUNIT_OTHER_H
#define _KUNIT_OTHER_H

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>

#include "../../drivers/vgpu/core.h"

/**
 * struct other - another thread, which does one thing
 * @vd: with this instance
 * @what: what it does
 * @task: the thread, or an error pointer
 * @done: it has done so
 * @ret: and with this result
 */
struct other {
	struct vgpu_vdev *vd;
	int (*what)(struct vgpu_vdev *vd);
	struct task_struct *task;
	struct completion done;
	int ret;
};

static inline int other_carries_out(void *data)
{
	struct other *o = data;

	allow_signal(SIGKILL);
	o->ret = o->what(o->vd);
	complete_all(&o->done);
	return 0;
}

static inline void other_begins(struct other *o, struct vgpu_vdev *vd,
				int (*what)(struct vgpu_vdev *vd))
{
	o->vd = vd;
	o->what = what;
	o->ret = 0;
	init_completion(&o->done);
	o->task = kthread_create(other_carries_out, o, "kunit-other");
	if (IS_ERR(o->task))
		return;
	get_task_struct(o->task);
	wake_up_process(o->task);
}

/* Is it done soon? If not, it is when the test has let go of what it holds. */
static inline bool other_is_done(struct other *o)
{
	return !IS_ERR(o->task) &&
	       wait_for_completion_timeout(&o->done, 10 * HZ);
}

static inline void other_ends(struct kunit *test, struct other *o)
{
	KUNIT_ASSERT_FALSE(test, IS_ERR(o->task));
	wait_for_completion(&o->done);
	put_task_struct(o->task);
}

#endif /* _KUNIT_OTHER_H */
