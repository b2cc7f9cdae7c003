/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Executors: processes that compute for instances; <uapi/vgpu-soft.h> is what is
 * said to them.
 *
 * ::
 *
 *	instance                        GPU                      user space
 *	soft_queue ---- soft_client --- soft_executor ---------- supervisor's file
 *	     |             (a session)
 *	     +--------- soft_worker ---------------------------- worker's file, process
 *
 * Who is whose: a queue, and its client, live as long as their instance. The executor
 * lives as long as its GPU is registered or a file of it is open (&soft_executor.ref).
 * A worker belongs to one *session* of a client and lives as long as it is attached
 * to the queue, or its file is open, or somebody looks at it (&soft_worker.ref). A
 * session ends when the device is closed, when the work in the worker's hands is
 * forgotten, as with a fault, and when the worker's file is closed: then the worker is
 * *over* for ever, and its ioctls say -ENODEV. What it has mapped goes a moment later, by
 * a thread of ours, which has a reference, too: until then it is *leaving*, its queue
 * begins with nothing, and who resets, closes or removes the instance waits.
 *
 * Locks, outermost first; none of the core's is taken inside them but where it says:
 *
 * - &soft_worker.map_sem: what is mapped. Read by the fault handler and written by
 *   mmap(), which come from mmap_lock, and written by the thread by which a worker leaves.
 *   The core's &vgpu_map.sem comes inside it. Users of an instance have both, and may get
 *   no CPU for long: so none who has a lock of the GPU's or of an engine waits for these.
 * - &soft_executor.lock: who has which session, which worker is attached, and what
 *   the supervisor was told. A spinlock, of the whole GPU: nobody sleeps with it. Taken
 *   under the trap lock or an engine's hw_lock.
 * - &soft_worker.lock: its turn. vgpu_queue_kick() and vgpu_engine_done() are called
 *   with it, and so &soft_queue.lock comes inside it, by way of the run list.
 */
#ifndef _SOFT_EXECUTOR_H
#define _SOFT_EXECUTOR_H

#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <uapi/vgpu-soft.h>
#include <vgpu/written.h>

#include "soft_stay.h"

struct pid;
struct soft_almaif;
struct soft_image;
struct soft_queue;

/**
 * struct soft_farewell - a session that the supervisor is still to be told the end of
 * @list: in &soft_executor.farewells
 * @event: what it is told
 */
struct soft_farewell {
	struct list_head list;
	struct vgpu_soft_event event;
};

/**
 * struct soft_client - an instance's compute queue, as its executor sees it
 * @list: in &soft_executor.clients
 * @session: the present one, 0 for none
 * @told: the one that the supervisor was told of last and not of its end, 0 for none
 * @farewell: for when the instance goes before that
 *
 * Protected by &soft_executor.lock.
 */
struct soft_client {
	struct list_head list;
	u64 session;
	u64 told;
	struct soft_farewell *farewell;
};

/**
 * struct soft_executor - a GPU's character device
 * @ref: its GPU, and open files
 * @misc: the device
 * @name: of it
 * @wq: the supervisor waits for events
 * @lock: protects what follows; see the top
 * @info: what the GPU is
 * @gone: the GPU is gone
 * @supervised: the supervisor has it open
 * @sessions: how many there were
 * @clients: compute queues of the GPU
 * @farewells: sessions of instances that are gone
 */
struct soft_executor {
	struct kref ref;
	struct miscdevice misc;
	char name[48];
	wait_queue_head_t wq;
	spinlock_t lock;	/* what follows */
	struct vgpu_soft_info info;
	bool gone;
	bool supervised;
	u64 sessions;
	struct list_head clients;
	struct list_head farewells;
};

/**
 * enum soft_turn_state - a worker's turn
 * @SOFT_TURN_NONE: it has none
 * @SOFT_TURN_POSTED: there is one for it to take; can be withdrawn
 * @SOFT_TURN_TAKEN: it is at work, or stopped on the way
 * @SOFT_TURN_ANSWERED: it has handed it in, and the engine has not looked yet
 */
enum soft_turn_state {
	SOFT_TURN_NONE,
	SOFT_TURN_POSTED,
	SOFT_TURN_TAKEN,
	SOFT_TURN_ANSWERED,
};

/**
 * struct soft_answer - what has become of a turn
 * @status: VGPU_SOFT_DONE and its neighbours
 * @fault: a number for the log
 * @progress: what is done
 * @when: it was handed in
 */
struct soft_answer {
	u32 status;
	u32 fault;
	u64 progress;
	struct soft_moment when;
};

/**
 * struct soft_worker - a process that computes for an instance
 * @ref: see the top
 * @executor: the GPU's; holds a reference
 * @size: bytes of its instance's partition
 * @cpus: CPUs that it may keep busy
 * @space: finds what is mapped
 * @alias: the same for the core
 * @state_page: struct vgpu_soft_state
 * @map_sem: keeps page faults out: who has it for writing and sees @over knows that no
 *	page comes any more. Protects @maps
 * @maps: @alias is added
 * @leave: takes away what is mapped
 * @wq: the process waits for a turn
 * @lock: protects what follows
 * @over: its session is over
 * @sq: its instance's queue; valid until @over, and for @leave
 * @pid: the process, or NULL
 * @ready: it has asked for a turn
 * @waiting: a thread of it waits for one, or is told of it
 * @turn: state of the turn
 * @out: the turn, as it is told
 * @groups: of it
 * @image: of it, or NULL; a reference
 * @in: how it was handed in; with %SOFT_TURN_ANSWERED
 * @answered: number of the last one that was handed in
 * @stopped: it was sent SIGSTOP, and no SIGCONT since
 * @charged: CPU time that the instance was charged for, ns
 */
struct soft_worker {
	struct kref ref;
	struct soft_executor *executor;
	u64 size;
	u32 cpus;
	struct address_space space;
	struct vgpu_alias alias;
	struct page *state_page;
	struct rw_semaphore map_sem;	/* maps, and page faults */
	bool maps;
	struct work_struct leave;
	wait_queue_head_t wq;
	spinlock_t lock;		/* what follows */
	bool over;
	struct soft_queue *sq;
	struct pid *pid;
	bool ready;
	bool waiting;
	enum soft_turn_state turn;
	struct vgpu_soft_turn out;
	u64 groups;
	struct soft_image *image;
	struct soft_answer in;
	u64 answered;
	bool stopped;
	u64 charged;
};

/* soft_executor.c */
struct soft_executor *soft_executor_add(struct device *dev, u64 vram_size,
					u32 slices);
void soft_executor_remove(struct soft_executor *ex);
void soft_executor_put(struct soft_executor *ex);
unsigned int soft_executor_workers(struct soft_executor *ex);
int soft_client_init(struct soft_queue *sq);
void soft_client_fini(struct soft_queue *sq);
struct soft_worker *soft_client_attach(struct soft_executor *ex,
				       const struct vgpu_soft_worker *arg);
void soft_client_want(struct soft_queue *sq);
void soft_client_end(struct soft_queue *sq, bool again);
void soft_client_wait(struct soft_queue *sq);
void soft_client_lost(struct soft_worker *w);
bool soft_client_served(struct soft_queue *sq);

/* soft_worker.c */
int soft_workers_init(void);
void soft_workers_exit(void);
struct soft_worker *soft_worker_make(struct soft_executor *ex, u32 cpus);
struct file *soft_worker_file(struct soft_worker *w);
struct soft_worker *soft_worker_of(struct soft_queue *sq);
void soft_worker_put(struct soft_worker *w);
void soft_worker_end(struct soft_worker *w);
void soft_worker_yield(struct soft_worker *w, bool yield);
void soft_worker_stop(struct soft_worker *w);
void soft_worker_go(struct soft_worker *w);

/* soft_turn.c */
int soft_turn_hand_in(struct soft_worker *w, const struct vgpu_soft_turn *in);
bool soft_turn_take(struct soft_worker *w, struct vgpu_soft_turn *out);
void soft_turn_give_back(struct soft_worker *w);
bool soft_turn_post(struct soft_worker *w, const struct soft_almaif *a,
		    u64 budget_ns);
enum soft_turn_state soft_turn_look(struct soft_worker *w,
				    struct soft_answer *answer);
bool soft_turn_withdraw(struct soft_worker *w);
bool soft_turn_drop(struct soft_worker *w);
bool soft_turn_leave(struct soft_worker *w);
u64 soft_turn_charge(struct soft_worker *w, u64 used);

/* soft_task.c */
struct pid *soft_task_self(void);
bool soft_task_is_self(const struct pid *pid);
u64 soft_task_cpu_time(struct pid *pid);
struct soft_moment soft_task_now(struct pid *pid);
bool soft_task_wants_cpu(struct pid *pid);
bool soft_task_is_blocked(struct pid *pid);
bool soft_task_is_frozen(struct pid *pid);
bool soft_task_stands(struct pid *pid);
void soft_task_stop(struct pid *pid);
void soft_task_go(struct pid *pid);
void soft_task_kill(struct pid *pid);

#endif /* _SOFT_EXECUTOR_H */
