// SPDX-License-Identifier: GPL-2.0
/*
 * A worker's process: how much CPU time it has used, how long it has waited for some,
 * and how it is stopped. It may have ended at any time: then it has used none and
 * waited for none, it stands, and signals go nowhere.
 * NULL is such a process, too.
 */
#include <linux/cgroup.h>
#include <linux/compiler.h>
#include <linux/pid.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/sched/signal.h>
#include <linux/seqlock.h>

#include "soft_executor.h"

/**
 * soft_task_self() - the process that is running
 *
 * Return: a reference, for put_pid().
 */
struct pid *soft_task_self(void)
{
	return get_task_pid(current, PIDTYPE_TGID);
}

/**
 * soft_task_is_self() - is it the process that is running
 * @pid: a process
 *
 * Return: true when it is.
 */
bool soft_task_is_self(const struct pid *pid)
{
	return task_tgid(current) == pid;
}

/* Threads that have ended are in the sum, those that run up to the last tick. */
static u64 sum_of(struct signal_struct *sig)
{
	struct task_struct *t;
	unsigned int seq;
	u64 sum;

	do {
		seq = read_seqbegin(&sig->stats_lock);
		sum = sig->sum_sched_runtime;
		__for_each_thread(sig, t)
			sum += READ_ONCE(t->se.sum_exec_runtime);
	} while (read_seqretry(&sig->stats_lock, seq));
	return sum;
}

/**
 * soft_task_cpu_time() - CPU time of all threads of a process
 * @pid: the process
 *
 * Any context.
 *
 * Return: ns; 0 when it has ended.
 */
u64 soft_task_cpu_time(struct pid *pid)
{
	struct task_struct *p;
	u64 sum = 0;

	rcu_read_lock();
	p = pid_task(pid, PIDTYPE_TGID);
	if (p)
		sum = sum_of(p->signal);
	rcu_read_unlock();
	return sum;
}

#ifdef CONFIG_SCHED_INFO
/* How long a thread has waited for a CPU, what it waits now among it. */
static u64 waited_by(const struct task_struct *t)
{
	u64 queued, sum, now;

	/* It may get one between the two: then once more. */
	do {
		queued = READ_ONCE(t->sched_info.last_queued);
		sum = READ_ONCE(t->sched_info.run_delay);
	} while (queued != READ_ONCE(t->sched_info.last_queued));
	now = local_clock();
	return sum + (queued && now > queued ? now - queued : 0);
}
#else
/* Distributions have it; without, nobody is known to wait. */
static u64 waited_by(const struct task_struct *t)
{
	return 0;
}
#endif

/**
 * soft_task_now() - what there is to be known of a process in this moment
 * @pid: the process
 *
 * Any context.
 *
 * Return: the time; how long all of its threads have waited for a CPU, to the last moment;
 * and CPU time, up to the last tick. Nothing but the time if it has ended.
 */
struct soft_moment soft_task_now(struct pid *pid)
{
	struct soft_moment now = { .at = ktime_get_ns() };
	struct task_struct *p, *t;

	rcu_read_lock();
	p = pid_task(pid, PIDTYPE_TGID);
	if (p) {
		now.cpu = sum_of(p->signal);
		for_each_thread(p, t)
			now.waited += waited_by(t);
	}
	rcu_read_unlock();
	return now;
}

static bool any_thread(struct pid *pid, bool (*is_so)(const struct task_struct *t))
{
	struct task_struct *p, *t;
	bool any = false;

	rcu_read_lock();
	p = pid_task(pid, PIDTYPE_TGID);
	if (p)
		for_each_thread(p, t)
			any |= is_so(t);
	rcu_read_unlock();
	return any;
}

static bool wants_cpu(const struct task_struct *t)
{
	return task_is_running(t);
}

static bool is_blocked(const struct task_struct *t)
{
	return READ_ONCE(t->__state) & TASK_UNINTERRUPTIBLE;
}

/**
 * soft_task_wants_cpu() - does any thread of a process run, or wait for a CPU
 * @pid: the process
 *
 * Any context.
 *
 * Return: false when all of them sleep or stand, or when it has ended.
 */
bool soft_task_wants_cpu(struct pid *pid)
{
	return any_thread(pid, wants_cpu);
}

/*
 * With the machine that is about to sleep, or by cgroup.freeze. The latter is said of all
 * that stand, for a debugger, too; but that SIGSTOP has stopped it is another matter.
 */
static bool is_frozen(struct task_struct *t)
{
	/* Who looks a moment too early or too late looks again. */
	bool frozen = data_race(cgroup_task_frozen(t));

	return READ_ONCE(t->__state) & TASK_FROZEN ||
	       (frozen && !(READ_ONCE(t->signal->flags) & SIGNAL_STOP_STOPPED));
}

/* Threads that have ended do nothing; the first one is in the list all the same. */
static bool all_frozen(struct task_struct *p)
{
	struct task_struct *t;

	for_each_thread(p, t)
		if (!READ_ONCE(t->exit_state) && !is_frozen(t))
			return false;
	return atomic_read(&p->signal->live);
}

/**
 * soft_task_is_frozen() - does a process stand because others have it frozen
 * @pid: the process
 *
 * It takes no notice of signals meanwhile. Any context.
 *
 * Return: true when all of its threads are frozen; false when it has ended.
 */
bool soft_task_is_frozen(struct pid *pid)
{
	struct task_struct *p;
	bool frozen;

	rcu_read_lock();
	p = pid_task(pid, PIDTYPE_TGID);
	frozen = p && all_frozen(p);
	rcu_read_unlock();
	return frozen;
}

/**
 * soft_task_is_blocked() - does a thread of a process wait where no signal reaches it
 * @pid: the process
 *
 * Any context. It is in the kernel then, as for a page that comes from a disk: it can
 * neither compute nor be stopped.
 *
 * Return: false when it has ended.
 */
bool soft_task_is_blocked(struct pid *pid)
{
	return any_thread(pid, is_blocked);
}

/**
 * soft_task_stands() - does no thread of a process run
 * @pid: the process
 *
 * Return: true when SIGSTOP has stopped all of it, when it is frozen, or when it has
 * ended.
 */
bool soft_task_stands(struct pid *pid)
{
	struct task_struct *p;
	bool stands = true;

	rcu_read_lock();
	p = pid_task(pid, PIDTYPE_TGID);
	if (p && atomic_read(&p->signal->live))
		stands = READ_ONCE(p->signal->flags) & SIGNAL_STOP_STOPPED ||
			 all_frozen(p);
	rcu_read_unlock();
	return stands;
}

/**
 * soft_task_stop() - have a process stopped; it takes a moment
 * @pid: the process
 */
void soft_task_stop(struct pid *pid)
{
	if (pid)
		kill_pid(pid, SIGSTOP, 1);
}

/**
 * soft_task_go() - let a process go on
 * @pid: the process
 */
void soft_task_go(struct pid *pid)
{
	if (pid)
		kill_pid(pid, SIGCONT, 1);
}

/**
 * soft_task_kill() - end a process, stopped or not
 * @pid: the process
 */
void soft_task_kill(struct pid *pid)
{
	if (pid)
		kill_pid(pid, SIGKILL, 1);
}
