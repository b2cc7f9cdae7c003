// SPDX-License-Identifier: GPL-2.0
/*
 * A worker's file: the memory of its instance, to be mapped, and its turns. See
 * <uapi/vgpu-soft.h>, and soft_executor.h for who lives how long.
 *
 * Pages are put in by a fault handler and taken away when the session is over,
 * whatever the process does meanwhile. A child with memory of its own does not inherit
 * them, and only one process may use the file.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>
#include <vgpu/compat.h>

#include "soft.h"
#include "soft_executor.h"

static struct workqueue_struct *leaving;

static void release(struct kref *ref)
{
	struct soft_worker *w = container_of(ref, struct soft_worker, ref);

	soft_image_put(w->image);
	put_pid(w->pid);
	__free_page(w->state_page);
	soft_executor_put(w->executor);
	kfree(w);
}

/**
 * soft_worker_put() - give a reference back
 * @w: the worker. May sleep
 */
void soft_worker_put(struct soft_worker *w)
{
	might_sleep();
	kref_put(&w->ref, release);
}

/**
 * soft_worker_of() - who computes for an instance now
 * @sq: its compute queue
 *
 * Return: the worker, a reference; NULL when there is none.
 */
struct soft_worker *soft_worker_of(struct soft_queue *sq)
{
	struct soft_worker *w;

	spin_lock_irq(&sq->lock);
	w = sq->worker;
	if (w)
		kref_get(&w->ref);
	spin_unlock_irq(&sq->lock);
	return w;
}

/* Its instance goes on, or goes. */
static void has_left(struct soft_worker *w)
{
	struct soft_executor *ex = w->executor;
	struct soft_queue *sq = w->sq;

	spin_lock(&ex->lock);
	spin_lock_irq(&sq->lock);
	sq->leaving = false;
	spin_unlock_irq(&sq->lock);
	/* The queue is there for as long as we have the lock: see soft_client_wait(). */
	vgpu_queue_kick(sq->q);
	spin_unlock(&ex->lock);
	wake_up_var(&sq->leaving);
	wake_up(&ex->wq);
}

/*
 * Its session is over: take away what it has mapped. Its own page faults are waited for,
 * and those of whoever maps the same partition, which come to an end when these processes
 * get a CPU and memory: that is no matter for an engine.
 */
static void leave(struct work_struct *work)
{
	struct soft_worker *w = container_of(work, struct soft_worker, leave);

	down_write(&w->map_sem);
	unmap_mapping_range(&w->space, 0, 0, 1);
	if (w->maps)
		vgpu_alias_remove(w->sq->q->inst, &w->alias);
	up_write(&w->map_sem);
	has_left(w);
	soft_worker_put(w);
}

/**
 * soft_workers_init() - the threads by which workers leave
 *
 * Return: 0 or -ENOMEM.
 */
int __init soft_workers_init(void)
{
	leaving = alloc_workqueue("vgpu-soft-workers", WQ_UNBOUND, 0);
	return leaving ? 0 : -ENOMEM;
}

/**
 * soft_workers_exit() - no GPU is left
 */
void soft_workers_exit(void)
{
	destroy_workqueue(leaving);
}

/**
 * soft_worker_make() - a worker without a process
 * @ex: the GPU's executor
 * @cpus: CPUs that it may keep busy, at least 1
 *
 * Return: the worker, of no instance yet, or an error pointer.
 */
struct soft_worker *soft_worker_make(struct soft_executor *ex, u32 cpus)
{
	struct soft_worker *w;

	w = kzalloc(sizeof(*w), GFP_KERNEL_ACCOUNT);
	if (!w)
		return ERR_PTR(-ENOMEM);
	w->state_page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!w->state_page) {
		kfree(w);
		return ERR_PTR(-ENOMEM);
	}
	kref_init(&w->ref);
	kref_get(&ex->ref);
	w->executor = ex;
	w->cpus = cpus;
	address_space_init_once(&w->space);
	w->alias.space = &w->space;
	init_rwsem(&w->map_sem);
	init_waitqueue_head(&w->wq);
	spin_lock_init(&w->lock);
	INIT_WORK(&w->leave, leave);
	return w;
}

/**
 * soft_worker_yield() - ask a worker to yield, or not any more
 * @w: the worker
 * @yield: which
 */
void soft_worker_yield(struct soft_worker *w, bool yield)
{
	struct vgpu_soft_state *state = page_address(w->state_page);

	WRITE_ONCE(state->yield, yield);
}

/**
 * soft_worker_stop() - have a worker stopped; it takes a moment
 * @w: the worker
 *
 * Whoever ends its session either sees that it is stopped, and kills it, or is first:
 * then it is let alone, for nobody would have it go on.
 */
void soft_worker_stop(struct soft_worker *w)
{
	bool stop;

	spin_lock_irq(&w->lock);
	stop = !w->over;
	if (stop)
		w->stopped = true;
	spin_unlock_irq(&w->lock);
	if (stop)
		soft_task_stop(w->pid);
}

/**
 * soft_worker_go() - let a worker go on, if it was stopped
 * @w: the worker
 */
void soft_worker_go(struct soft_worker *w)
{
	bool go;

	spin_lock_irq(&w->lock);
	go = w->stopped;
	w->stopped = false;
	spin_unlock_irq(&w->lock);
	if (go)
		soft_task_go(w->pid);
}

/* Return: it holds something that it cannot be asked to give back. */
static bool close_session(struct soft_worker *w)
{
	bool busy;

	spin_lock_irq(&w->lock);
	w->over = true;
	busy = w->turn == SOFT_TURN_TAKEN || w->stopped;
	w->turn = SOFT_TURN_NONE;
	spin_unlock_irq(&w->lock);
	return busy;
}

/**
 * soft_worker_end() - its session is over
 * @w: the worker, which its queue knows to be leaving; the executor's lock is held
 *
 * Nothing of the instance comes to be mapped any more, and what is will be gone when the
 * worker has left.
 */
void soft_worker_end(struct soft_worker *w)
{
	bool busy;

	lockdep_assert_held(&w->executor->lock);
	busy = close_session(w);
	kref_get(&w->ref);
	queue_work(leaving, &w->leave);
	if (busy)
		soft_task_kill(w->pid);
	wake_up_all(&w->wq);
}

/* The first process that uses the file is the worker. */
static bool is_mine(struct soft_worker *w)
{
	struct pid *self = soft_task_self();
	bool ok;

	spin_lock_irq(&w->lock);
	if (!w->pid)
		swap(w->pid, self);
	ok = soft_task_is_self(w->pid);
	spin_unlock_irq(&w->lock);
	put_pid(self);
	return ok;
}

/* One thread of it at a time. */
static int begin_wait(struct soft_worker *w)
{
	int ret = 0;

	spin_lock_irq(&w->lock);
	if (w->waiting)
		ret = -EBUSY;
	else
		w->waiting = true;
	spin_unlock_irq(&w->lock);
	return ret;
}

static bool may_go(struct soft_worker *w)
{
	return READ_ONCE(w->over) || READ_ONCE(w->turn) == SOFT_TURN_POSTED;
}

/* Wait for a turn, and take it. */
static int next_turn(struct soft_worker *w, struct vgpu_soft_turn *turn)
{
	int ret;

	do {
		ret = wait_event_interruptible(w->wq, may_go(w));
		if (!ret && READ_ONCE(w->over))
			ret = -ENODEV;
		/* Who is being killed would take it along; who is a moment later does. */
		if (fatal_signal_pending(current))
			ret = -EINTR;
		/* It may have been withdrawn since. */
	} while (!ret && !soft_turn_take(w, turn));
	return ret;
}

static long worker_turn(struct soft_worker *w, void __user *arg)
{
	struct vgpu_soft_turn turn;
	int ret;

	if (copy_from_user(&turn, arg, sizeof(turn)))
		return -EFAULT;
	ret = begin_wait(w);
	if (ret)
		return ret;
	ret = soft_turn_hand_in(w, &turn);
	if (!ret)
		ret = next_turn(w, &turn);
	if (!ret && copy_to_user(arg, &turn, sizeof(turn))) {
		soft_turn_give_back(w);
		ret = -EFAULT;
	}
	/* Only now: another thread could hand in what is given back. */
	WRITE_ONCE(w->waiting, false);
	return ret;
}

static struct soft_image *image_of(struct soft_worker *w, u32 generation)
{
	struct soft_image *image;

	spin_lock_irq(&w->lock);
	image = w->turn == SOFT_TURN_TAKEN ? w->image : NULL;
	if (image && image->generation == generation)
		soft_image_get(image);
	else
		image = NULL;
	spin_unlock_irq(&w->lock);
	return image;
}

static long worker_image(struct soft_worker *w, void __user *uarg)
{
	struct vgpu_soft_image arg;
	struct soft_image *image;
	long ret = 0;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	image = image_of(w, arg.generation);
	if (!image)
		return READ_ONCE(w->over) ? -ENODEV : -ENOENT;
	if (copy_to_user(u64_to_user_ptr(arg.buf), image->data,
			 min(arg.size, image->size)))
		ret = -EFAULT;
	arg.size = image->size;
	soft_image_put(image);
	if (!ret && copy_to_user(uarg, &arg, sizeof(arg)))
		ret = -EFAULT;
	return ret;
}

static long worker_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct soft_worker *w = file->private_data;
	void __user *uarg = (void __user *)arg;

	if (!is_mine(w))
		return -EPERM;
	switch (cmd) {
	case VGPU_SOFT_TURN:
		return worker_turn(w, uarg);
	case VGPU_SOFT_IMAGE:
		return worker_image(w, uarg);
	default:
		return -ENOTTY;
	}
}

static vm_fault_t insert(struct vm_fault *vmf, struct soft_worker *w)
{
	u64 pos = (u64)vmf->pgoff << PAGE_SHIFT;

	if (pos == VGPU_SOFT_MMAP_STATE)
		return vmf_insert_pfn(vmf->vma, vmf->address,
				      page_to_pfn(w->state_page));
	/* All of the mapping is within the partition: so worker_mmap(). */
	if (WARN_ON_ONCE(pos >= w->size))
		return VM_FAULT_SIGBUS;
	return vgpu_alias_fault(w->sq->q->inst, vmf, pos);
}

static vm_fault_t worker_fault(struct vm_fault *vmf)
{
	struct soft_worker *w = vmf->vma->vm_file->private_data;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	down_read(&w->map_sem);
	if (!READ_ONCE(w->over))
		ret = insert(vmf, w);
	up_read(&w->map_sem);
	return ret;
}

/* Never of the state, whose mappings are read-only for ever. */
static vm_fault_t worker_mkwrite(struct vm_fault *vmf)
{
	struct soft_worker *w = vmf->vma->vm_file->private_data;
	u64 pos = (u64)vmf->pgoff << PAGE_SHIFT;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	down_read(&w->map_sem);
	if (!READ_ONCE(w->over) && !WARN_ON_ONCE(pos >= w->size))
		ret = vgpu_alias_mkwrite(w->sq->q->inst, &w->alias, vmf, pos);
	up_read(&w->map_sem);
	return ret;
}

static const struct vm_operations_struct worker_vm_ops = {
	.fault = worker_fault,
	.pfn_mkwrite = worker_mkwrite,
};

/* From now on what it maps can be found. Return: 0; -ENODEV when its session is over. */
static int begin_to_map(struct soft_worker *w)
{
	int ret = 0;

	down_write(&w->map_sem);
	if (READ_ONCE(w->over)) {
		ret = -ENODEV;
	} else if (!w->maps) {
		vgpu_alias_add(w->sq->q->inst, &w->alias);
		w->maps = true;
	}
	up_write(&w->map_sem);
	return ret;
}

static int worker_mmap(struct file *file, struct vm_area_struct *vma)
{
	u64 pos = (u64)vma->vm_pgoff << PAGE_SHIFT;
	u64 size = vma->vm_end - vma->vm_start;
	struct soft_worker *w = file->private_data;
	int ret;

	if (!is_mine(w))
		return -EPERM;
	if (READ_ONCE(w->over))
		return -ENODEV;
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (pos == VGPU_SOFT_MMAP_STATE) {
		if (size != PAGE_SIZE || vma->vm_flags & VM_WRITE)
			return -EINVAL;
		vgpu_vm_flags(vma, 0, VM_MAYWRITE);
	} else if (pos > w->size || size > w->size - pos) {
		return -EINVAL;
	}
	ret = begin_to_map(w);
	if (ret)
		return ret;
	vgpu_vm_flags(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP |
			   VM_DONTCOPY, 0);
	vma->vm_ops = &worker_vm_ops;
	return 0;
}

static int worker_release(struct inode *inode, struct file *file)
{
	struct soft_worker *w = file->private_data;

	soft_client_lost(w);
	soft_worker_put(w);
	return 0;
}

static const struct file_operations worker_fops = {
	.owner = THIS_MODULE,
	.release = worker_release,
	.unlocked_ioctl = worker_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = worker_mmap,
};

/**
 * soft_worker_file() - a worker's file
 * @w: the worker, attached; the caller's reference goes to the file
 *
 * Return: the file, or an error pointer: then the worker is lost.
 */
struct file *soft_worker_file(struct soft_worker *w)
{
	struct file *file;

	file = anon_inode_getfile("[vgpu-soft]", &worker_fops, w, O_RDWR);
	if (IS_ERR(file)) {
		soft_client_lost(w);
		soft_worker_put(w);
		return file;
	}
	w->space.host = file_inode(file);
	file->f_mapping = &w->space;
	return file;
}
