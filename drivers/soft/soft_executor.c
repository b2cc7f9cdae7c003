// SPDX-License-Identifier: GPL-2.0
/*
 * A soft GPU's character device: the supervisor hears here which instances want
 * somebody to compute, and gets a worker for each. See <uapi/vgpu-soft.h>, and
 * soft_executor.h for who lives how long.
 *
 * There are no queues of events that somebody could fill: what the supervisor is told
 * follows from what it was told last and what is true now.
 */
#include <linux/cpumask.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uuid.h>
#include <linux/wait_bit.h>

#include "soft.h"
#include "soft_executor.h"

static struct soft_executor *executor_of(const struct soft_queue *sq)
{
	return to_soft(sq->q->inst->gpu)->executor;
}

static struct soft_queue *to_queue(struct soft_client *client)
{
	return container_of(client, struct soft_queue, client);
}

static void release(struct kref *ref)
{
	struct soft_executor *ex = container_of(ref, struct soft_executor, ref);

	kfree(ex);
}

/**
 * soft_executor_put() - give a reference back
 * @ex: the executor
 */
void soft_executor_put(struct soft_executor *ex)
{
	kref_put(&ex->ref, release);
}

static struct vgpu_soft_event event_of(struct soft_queue *sq, u32 type,
				       u64 session)
{
	struct vgpu_instance *inst = sq->q->inst;
	struct vgpu_soft_event event = {
		.type = type,
		.instance = inst->id,
		.slice = sq->q->engine->desc->slice,
		.session = session,
		.vram_size = inst->vram_size,
	};
	uuid_t uuid;

	/* An mdev's name is its UUID. */
	if (!uuid_parse(dev_name(inst->dev), &uuid))
		export_uuid(event.uuid, &uuid);
	return event;
}

/* Is there something to be told of a client, and what. */
static bool has_news(struct soft_client *client, struct vgpu_soft_event *event,
		     bool tell)
{
	struct soft_queue *sq = to_queue(client);

	if (client->told && client->told != client->session) {
		*event = event_of(sq, VGPU_SOFT_GONE, client->told);
		if (tell)
			client->told = 0;
		return true;
	}
	if (client->session && !client->told && !sq->worker && !sq->leaving) {
		*event = event_of(sq, VGPU_SOFT_WANTED, client->session);
		if (tell)
			client->told = client->session;
		return true;
	}
	return false;
}

/* The next event, which is over with that if @tell says so. */
static bool next_event(struct soft_executor *ex, struct vgpu_soft_event *event,
		       bool tell)
	__must_hold(&ex->lock)
{
	struct soft_farewell *bye;
	struct soft_client *client;

	lockdep_assert_held(&ex->lock);
	bye = list_first_entry_or_null(&ex->farewells, struct soft_farewell,
				       list);
	if (bye) {
		*event = bye->event;
		if (tell) {
			list_del(&bye->list);
			kfree(bye);
		}
		return true;
	}
	list_for_each_entry(client, &ex->clients, list)
		if (has_news(client, event, tell))
			return true;
	return false;
}

static bool has_event(struct soft_executor *ex)
{
	struct vgpu_soft_event event;
	bool ret;

	spin_lock(&ex->lock);
	ret = ex->gone || next_event(ex, &event, false);
	spin_unlock(&ex->lock);
	return ret;
}

/*
 * An open comes with misc's lock held, which keeps the device from being taken away
 * meanwhile: so the executor is there, for as long as the reference that is taken.
 */
static int executor_open(struct inode *inode, struct file *file)
{
	struct soft_executor *ex = container_of(file->private_data,
						struct soft_executor, misc);
	int ret = 0;

	spin_lock(&ex->lock);
	if (ex->gone)
		ret = -ENODEV;
	else if (ex->supervised)
		ret = -EBUSY;
	else
		ex->supervised = true;
	if (!ret)
		kref_get(&ex->ref);
	spin_unlock(&ex->lock);
	file->private_data = ex;
	return ret ?: stream_open(inode, file);
}

static void forget_farewells(struct soft_executor *ex)
	__must_hold(&ex->lock)
{
	struct soft_farewell *bye, *next;

	lockdep_assert_held(&ex->lock);
	list_for_each_entry_safe(bye, next, &ex->farewells, list)
		kfree(bye);
	INIT_LIST_HEAD(&ex->farewells);
}

/* Workers go on: they have files of their own. The next one hears all anew. */
static int executor_release(struct inode *inode, struct file *file)
{
	struct soft_executor *ex = file->private_data;
	struct soft_client *client;

	spin_lock(&ex->lock);
	ex->supervised = false;
	forget_farewells(ex);
	list_for_each_entry(client, &ex->clients, list)
		client->told = 0;
	spin_unlock(&ex->lock);
	soft_executor_put(ex);
	return 0;
}

/* Return: bytes, 0 when there is nothing to tell. */
static ssize_t tell(struct soft_executor *ex, char __user *buf, size_t count)
{
	struct vgpu_soft_event event;
	ssize_t done = 0;
	bool more;

	while (count - done >= sizeof(event)) {
		spin_lock(&ex->lock);
		more = next_event(ex, &event, true);
		if (!more && ex->gone && !done)
			done = -ENODEV;
		spin_unlock(&ex->lock);
		if (!more)
			break;
		/* What cannot be written there is lost, as with any stream. */
		if (copy_to_user(buf + done, &event, sizeof(event)))
			return done ?: -EFAULT;
		done += sizeof(event);
	}
	return done;
}

static ssize_t executor_read(struct file *file, char __user *buf, size_t count,
			     loff_t *pos)
{
	struct soft_executor *ex = file->private_data;
	ssize_t ret;

	if (count < sizeof(struct vgpu_soft_event))
		return -EINVAL;
	for (;;) {
		ret = tell(ex, buf, count);
		if (ret)
			return ret;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(ex->wq, has_event(ex));
		if (ret)
			return ret;
	}
}

static __poll_t executor_poll(struct file *file, struct poll_table_struct *wait)
{
	struct soft_executor *ex = file->private_data;
	struct vgpu_soft_event event;
	__poll_t mask = 0;

	poll_wait(file, &ex->wq, wait);
	spin_lock(&ex->lock);
	if (next_event(ex, &event, false))
		mask = EPOLLIN | EPOLLRDNORM;
	if (ex->gone)
		mask |= EPOLLHUP | EPOLLERR;
	spin_unlock(&ex->lock);
	return mask;
}

static struct soft_queue *find_session(struct soft_executor *ex,
				       const struct vgpu_soft_worker *arg)
	__must_hold(&ex->lock)
{
	struct soft_client *client;

	lockdep_assert_held(&ex->lock);
	list_for_each_entry(client, &ex->clients, list) {
		struct soft_queue *sq = to_queue(client);

		if (client->session && client->session == arg->session &&
		    sq->q->inst->id == arg->instance)
			return sq;
	}
	return NULL;
}

static int attach(struct soft_executor *ex, const struct vgpu_soft_worker *arg,
		  struct soft_worker *w)
	__must_hold(&ex->lock)
{
	struct soft_queue *sq;

	lockdep_assert_held(&ex->lock);
	if (ex->gone)
		return -ENODEV;
	sq = find_session(ex, arg);
	if (!sq)
		return -ENOENT;
	if (sq->worker || sq->leaving)
		return -EBUSY;
	w->sq = sq;
	w->size = sq->q->inst->vram_size;
	/* One reference is the queue's, the other the caller's. */
	kref_get(&w->ref);
	spin_lock_irq(&sq->lock);
	sq->worker = w;
	spin_unlock_irq(&sq->lock);
	return 0;
}

/**
 * soft_client_attach() - make a worker for an instance
 * @ex: the GPU's executor
 * @arg: which, and what it may use
 *
 * Return: the worker, a reference, or an error pointer.
 */
struct soft_worker *soft_client_attach(struct soft_executor *ex,
				       const struct vgpu_soft_worker *arg)
{
	struct soft_worker *w = soft_worker_make(ex, arg->cpus);
	int ret;

	if (IS_ERR(w))
		return w;
	spin_lock(&ex->lock);
	ret = attach(ex, arg, w);
	spin_unlock(&ex->lock);
	if (!ret)
		return w;
	soft_worker_put(w);
	return ERR_PTR(ret);
}

static long make_worker(struct soft_executor *ex, void __user *uarg)
{
	struct vgpu_soft_worker arg;
	struct soft_worker *w;
	struct file *file;
	int fd;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	if (!arg.cpus || arg.cpus > nr_cpu_ids)
		return -EINVAL;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	w = soft_client_attach(ex, &arg);
	file = IS_ERR(w) ? ERR_CAST(w) : soft_worker_file(w);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

static long executor_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	struct soft_executor *ex = file->private_data;
	void __user *uarg = (void __user *)arg;

	if (READ_ONCE(ex->gone))
		return -ENODEV;
	switch (cmd) {
	case VGPU_SOFT_INFO:
		return copy_to_user(uarg, &ex->info, sizeof(ex->info)) ?
		       -EFAULT : 0;
	case VGPU_SOFT_WORKER:
		return make_worker(ex, uarg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations executor_fops = {
	.owner = THIS_MODULE,
	.open = executor_open,
	.release = executor_release,
	.read = executor_read,
	.poll = executor_poll,
	.unlocked_ioctl = executor_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/**
 * soft_client_init() - an instance's compute queue exists
 * @sq: the queue
 *
 * Return: 0 or -ENOMEM.
 */
int soft_client_init(struct soft_queue *sq)
{
	struct soft_executor *ex = executor_of(sq);

	sq->client.farewell = kzalloc(sizeof(*sq->client.farewell), GFP_KERNEL);
	if (!sq->client.farewell)
		return -ENOMEM;
	spin_lock(&ex->lock);
	list_add_tail(&sq->client.list, &ex->clients);
	spin_unlock(&ex->lock);
	return 0;
}

/**
 * soft_client_fini() - it goes away
 * @sq: the queue; nothing of it is on the engine
 */
void soft_client_fini(struct soft_queue *sq)
{
	struct soft_executor *ex = executor_of(sq);
	struct soft_client *client = &sq->client;

	if (!client->farewell)
		return;
	soft_client_end(sq, false);
	soft_client_wait(sq);
	spin_lock(&ex->lock);
	list_del(&client->list);
	if (client->told) {
		client->farewell->event = event_of(sq, VGPU_SOFT_GONE,
						   client->told);
		list_add_tail(&client->farewell->list, &ex->farewells);
		client->farewell = NULL;
	}
	spin_unlock(&ex->lock);
	kfree(client->farewell);
	client->farewell = NULL;
	wake_up(&ex->wq);
}

static void new_session(struct soft_executor *ex, struct soft_client *client)
	__must_hold(&ex->lock)
{
	lockdep_assert_held(&ex->lock);
	client->session = ++ex->sessions;
}

/**
 * soft_client_want() - an instance's guest wants to compute
 * @sq: its compute queue
 */
void soft_client_want(struct soft_queue *sq)
{
	struct soft_executor *ex = executor_of(sq);
	bool news;

	spin_lock(&ex->lock);
	news = !sq->client.session;
	if (news)
		new_session(ex, &sq->client);
	spin_unlock(&ex->lock);
	if (news)
		wake_up(&ex->wq);
}

/*
 * The worker is not the queue's any more; with it went a dispatch, if @err is not 0. At
 * once, for a reset that finds no worker forgets that, too. Return: it, with the queue's
 * reference.
 */
static struct soft_worker *detach(struct soft_executor *ex,
				  struct soft_queue *sq, bool again, int err)
	__must_hold(&ex->lock)
{
	struct soft_worker *w = sq->worker;

	lockdep_assert_held(&ex->lock);
	spin_lock_irq(&sq->lock);
	sq->worker = NULL;
	if (w)
		sq->leaving = true;
	if (err)
		sq->failed = err;
	spin_unlock_irq(&sq->lock);
	sq->client.session = 0;
	if (again)
		new_session(ex, &sq->client);
	return w;
}

/**
 * soft_client_end() - a session ends
 * @sq: whose it is; there need not be one
 * @again: and another one begins
 *
 * Its worker is killed if it has a turn in its hands, and can touch nothing of the
 * instance any more when it has left (soft_client_wait()). Waits for nobody.
 */
void soft_client_end(struct soft_queue *sq, bool again)
{
	struct soft_executor *ex = executor_of(sq);
	struct soft_worker *w;

	spin_lock(&ex->lock);
	w = detach(ex, sq, again, 0);
	if (w)
		soft_worker_end(w);
	spin_unlock(&ex->lock);
	if (w)
		soft_worker_put(w);
	wake_up(&ex->wq);
}

/**
 * soft_client_wait() - wait until a worker whose session is over has left
 * @sq: the queue whose it was
 *
 * That may take as long as some process of the instance's user keeps a lock of its
 * mappings. No lock of the GPU's or of an engine is held.
 */
void soft_client_wait(struct soft_queue *sq)
{
	struct soft_executor *ex = executor_of(sq);

	might_sleep();
	wait_var_event(&sq->leaving, !READ_ONCE(sq->leaving));
	/* It may still be about to kick the queue. */
	spin_lock(&ex->lock);
	spin_unlock(&ex->lock);
}

/**
 * soft_client_lost() - a worker's file was closed
 * @w: the worker
 *
 * With a turn in its hands goes its instance's work: a fault, which the engine finds.
 * What it has handed in counts.
 */
void soft_client_lost(struct soft_worker *w)
{
	struct soft_executor *ex = w->executor;
	struct soft_queue *sq;
	bool in_hands;

	spin_lock(&ex->lock);
	sq = w->over ? NULL : w->sq;
	if (sq) {
		in_hands = !soft_turn_leave(w);
		detach(ex, sq, !in_hands, in_hands ? -EPIPE : 0);
		soft_worker_end(w);
		vgpu_queue_kick(sq->q);
		vgpu_engine_done(sq->q->engine);
	}
	spin_unlock(&ex->lock);
	if (sq)
		soft_worker_put(w);
	wake_up(&ex->wq);
}

/**
 * soft_client_served() - is there somebody who would compute
 * @sq: the queue
 *
 * Return: true when it has a worker, or its GPU a supervisor.
 */
bool soft_client_served(struct soft_queue *sq)
{
	return READ_ONCE(sq->worker) || READ_ONCE(executor_of(sq)->supervised);
}

/**
 * soft_executor_workers() - how many of a GPU's instances have a worker
 * @ex: the GPU's executor
 *
 * Return: the number.
 */
unsigned int soft_executor_workers(struct soft_executor *ex)
{
	struct soft_client *client;
	unsigned int n = 0;

	spin_lock(&ex->lock);
	list_for_each_entry(client, &ex->clients, list)
		n += !!to_queue(client)->worker;
	spin_unlock(&ex->lock);
	return n;
}

/**
 * soft_executor_add() - make a GPU's device; nobody sees it yet
 * @dev: the GPU's
 * @vram_size: bytes of its memory
 * @slices: into which it is cut
 *
 * Return: the executor, or NULL.
 */
struct soft_executor *soft_executor_add(struct device *dev, u64 vram_size,
					u32 slices)
{
	struct soft_executor *ex;

	ex = kzalloc(sizeof(*ex), GFP_KERNEL);
	if (!ex)
		return NULL;
	kref_init(&ex->ref);
	spin_lock_init(&ex->lock);
	init_waitqueue_head(&ex->wq);
	INIT_LIST_HEAD(&ex->clients);
	INIT_LIST_HEAD(&ex->farewells);
	ex->info.abi = VGPU_SOFT_ABI;
	ex->info.slices = slices;
	ex->info.vram_size = vram_size;
	snprintf(ex->name, sizeof(ex->name), "vgpu-soft-%s", dev_name(dev));
	ex->misc.minor = MISC_DYNAMIC_MINOR;
	ex->misc.name = ex->name;
	ex->misc.fops = &executor_fops;
	ex->misc.parent = dev;
	INIT_LIST_HEAD(&ex->misc.list);
	return ex;
}

/**
 * soft_executor_remove() - take it away
 * @ex: the executor; no instance is left. Files may be: they say -ENODEV
 */
void soft_executor_remove(struct soft_executor *ex)
{
	if (!list_empty(&ex->misc.list))
		misc_deregister(&ex->misc);
	spin_lock(&ex->lock);
	ex->gone = true;
	spin_unlock(&ex->lock);
	wake_up(&ex->wq);
	soft_executor_put(ex);
}
