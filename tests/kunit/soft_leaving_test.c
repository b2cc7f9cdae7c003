// SPDX-License-Identifier: GPL-2.0
/*
 * Workers that leave while somebody who maps the same memory keeps them from it, as a
 * process that is in a page fault and gets no CPU: no other instance waits for that, and
 * to their own nothing is given, or said to be over, before they have left.
 */
#include "../../drivers/vgpu/host/host.h"
#include "other.h"
#include "soft_almaif_guest.h"

/* As when the module is loaded, for all suites. */
subsys_initcall(soft_workers_init);

/* Two of one engine, each with its worker. */
struct pair {
	struct vgpu_vdev *vd, *other;
	struct soft_worker *w, *others;
};

static struct pair begun(struct kunit *test)
{
	struct pair p = { .vd = started(test, 1), .other = started(test, 2) };

	p.w = worker(test, p.vd);
	p.others = worker(test, p.other);
	submit(p.vd, dispatch(0, 4, 8));
	taken(test, p.w);
	return p;
}

/* The engine, and the GPU's executor, are there for it. */
static void other_computes(struct kunit *test, const struct pair *p)
{
	struct soft_queue *sq = queue_of(p->other);

	submit(p->other, dispatch(0, 4, 8));
	take_and(test, p->others, VGPU_SOFT_DONE);
	KUNIT_EXPECT_TRUE(test, completed(p->other, 0, SOFT_AQL_DONE));
	soft_client_want(sq);
	KUNIT_EXPECT_EQ(test, soft_executor_workers(to_soft(sq->q->inst->gpu)->executor),
			1U);
}

static void expect_no_worker(struct kunit *test, struct vgpu_vdev *vd)
{
	struct fixture *f = test->priv;
	struct vgpu_soft_worker arg = {
		.instance = vd->inst.id,
		.cpus = 1,
		.session = queue_of(vd)->client.session,
	};

	KUNIT_EXPECT_EQ(test, PTR_ERR(soft_client_attach(f->soft.executor, &arg)),
			(long)-EBUSY);
}

static void withdrawn_while_it_cannot_leave(struct kunit *test)
{
	struct pair p = begun(test);
	struct soft_worker *next;

	down_read(&p.w->map_sem);
	take_over(p.vd);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(p.w->over)));
	submit(p.vd, dispatch(1, 4, 8));
	other_computes(test, &p);
	/* It is not over, and nobody is let to begin with the next one. */
	KUNIT_EXPECT_TRUE(test, READ_ONCE(queue_of(p.vd)->has_work));
	expect_no_worker(test, p.vd);
	up_read(&p.w->map_sem);
	next = worker(test, p.vd);
	take_and(test, next, VGPU_SOFT_DONE);
	KUNIT_EXPECT_TRUE(test, completed(p.vd, 1, SOFT_AQL_DONE));
	KUNIT_EXPECT_EQ(test, completion(p.vd, 0), 0U);
	soft_worker_put(p.w);
	gone(p.vd, next);
	gone(p.other, p.others);
}

static void hangs_while_it_cannot_leave(struct kunit *test)
{
	struct pair p = begun(test);

	down_read(&p.w->map_sem);
	WRITE_ONCE(p.vd->pd->watchdog_us, VGPU_WATCHDOG_MIN_US);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(p.vd->faulted)));
	WRITE_ONCE(p.vd->pd->watchdog_us, 600 * USEC_PER_SEC);
	other_computes(test, &p);
	up_read(&p.w->map_sem);
	gone(p.vd, p.w);
	gone(p.other, p.others);
}

static int reset(struct vgpu_vdev *vd)
{
	mock_reset(vd);
	return 0;
}

/* Who opens it next waits, too, but the memory is cleared only here. */
static int close_alone(struct vgpu_vdev *vd)
{
	mock_close(vd);
	return 0;
}

/* Nobody has the memory before it has left. */
static struct pair waits_until_it_has_left(struct kunit *test,
					   int (*does)(struct vgpu_vdev *))
{
	struct pair p = begun(test);
	struct other o;

	down_read(&p.w->map_sem);
	other_begins(&o, p.vd, does);
	KUNIT_EXPECT_TRUE(test, mock_await(READ_ONCE(p.w->over)));
	other_computes(test, &p);
	KUNIT_EXPECT_FALSE(test, completion_done(&o.done));
	up_read(&p.w->map_sem);
	other_ends(test, &o);
	KUNIT_EXPECT_EQ(test, o.ret, 0);
	gone(p.other, p.others);
	return p;
}

static void reset_waits(struct kunit *test)
{
	struct pair p = waits_until_it_has_left(test, reset);

	gone(p.vd, p.w);
}

static void close_waits(struct kunit *test)
{
	struct pair p = waits_until_it_has_left(test, close_alone);

	mock_destroy(p.vd);
	soft_worker_put(p.w);
}

static struct kunit_case leaving_cases[] = {
	KUNIT_CASE(withdrawn_while_it_cannot_leave),
	KUNIT_CASE(hangs_while_it_cannot_leave),
	KUNIT_CASE(reset_waits),
	KUNIT_CASE(close_waits),
	{}
};

static struct kunit_suite leaving_suite = {
	.name = "soft_leaving",
	.init = setup,
	.exit = teardown,
	.test_cases = leaving_cases,
};

kunit_test_suite(leaving_suite);

MODULE_LICENSE("GPL");
