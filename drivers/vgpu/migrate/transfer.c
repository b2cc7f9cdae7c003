// SPDX-License-Identifier: GPL-2.0
/*
 * Streams as files. A transfer is its file's and the migration's; whichever goes
 * first, the file is dead as soon as the migration has ended it, and then nothing of
 * the instance is touched any more.
 *
 * User memory may be anybody's, who lets whoever touches it wait as long as he likes.
 * Whoever ends a transfer, as by a reset, waits for its lock: so what of user memory is
 * not there is not fetched under it, but after it was let go, and then it goes on. Nor
 * is more memory of the instance's gone through under it than a block, however few bytes
 * of a stream stand for it; between two a signal ends the call, also that by which the
 * caller is frozen.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <vgpu/compat.h>

#include "../core.h"
#include "loader.h"
#include "saver.h"
#include "transfer.h"

/* Frees what concerns the instance. */
static void disable(struct vgpu_transfer *t)
{
	vgpu_saver_free(t->saver);
	vgpu_loader_free(t->loader);
	kvfree(t->bounce);
	t->saver = NULL;
	t->loader = NULL;
	t->bounce = NULL;
}

static void release(struct kref *ref)
{
	struct vgpu_transfer *t = container_of(ref, struct vgpu_transfer, ref);

	disable(t);
	mutex_destroy(&t->lock);
	kfree(t);
}

static int transfer_release(struct inode *inode, struct file *file)
{
	struct vgpu_transfer *t = file->private_data;

	kref_put(&t->ref, release);
	return 0;
}

/*
 * Return: bytes read, 0 at the end; -EAGAIN: there is more, try again; -EFAULT when
 * nothing of @buf is there.
 */
static ssize_t read_some(struct vgpu_transfer *t, char __user *buf,
			 size_t count)
{
	struct vgpu_saver *s = t->saver;
	size_t n;
	int ret = 0;

	lockdep_assert_held(&t->lock);
	if (!s)
		return -ENODEV;
	if (!s->left)
		ret = vgpu_saver_fill(s);
	if (ret)
		return ret;
	n = min(count, s->left);
	pagefault_disable();
	count = n - copy_to_user(buf, s->at, n);
	pagefault_enable();
	vgpu_saver_take(s, count);
	return n && !count ? -EFAULT : count;
}

/* Of a part, anything. Return: -EAGAIN: try again; -EFAULT: there is no such memory. */
static int fetch_to_write(char __user *buf, size_t count)
{
	count = min_t(size_t, count, VGPU_STREAM_BLOCK);
	return fault_in_safe_writeable(buf, count) < count ? -EAGAIN : -EFAULT;
}

static ssize_t transfer_read(struct file *file, char __user *buf, size_t count,
			     loff_t *pos)
{
	struct vgpu_transfer *t = file->private_data;
	ssize_t done = 0, n;

	do {
		if (mutex_lock_killable(&t->lock))
			return done ?: -EINTR;
		n = read_some(t, buf + done, count - done);
		mutex_unlock(&t->lock);
		if (n == -EFAULT)
			n = fetch_to_write(buf + done, count - done);
		if (n > 0)
			done += n;
		cond_resched();
	} while ((n > 0 || n == -EAGAIN) && done < count &&
		 !signal_pending(current));
	return done ?: n == -EAGAIN ? -ERESTARTSYS : n;
}

/*
 * What was refused once is not asked again.
 *
 * Return: bytes written; -EAGAIN: none yet, try again; -EFAULT when nothing of @buf is
 * there.
 */
static ssize_t write_some(struct vgpu_transfer *t, const char __user *buf,
			  size_t count)
{
	ssize_t ret;
	size_t n;

	lockdep_assert_held(&t->lock);
	if (!t->loader)
		return -ENODEV;
	if (t->broken)
		return -EINVAL;
	n = min_t(size_t, count, VGPU_STREAM_BLOCK);
	pagefault_disable();
	count = n - copy_from_user(t->bounce, buf, n);
	pagefault_enable();
	if (n && !count)
		return -EFAULT;
	ret = vgpu_loader_put(t->loader, t->bounce, count);
	if (ret < 0)
		WRITE_ONCE(t->broken, true);
	return !ret && count ? -EAGAIN : ret;
}

/* As fetch_to_write(). */
static int fetch_to_read(const char __user *buf, size_t count)
{
	count = min_t(size_t, count, VGPU_STREAM_BLOCK);
	return fault_in_readable(buf, count) < count ? -EAGAIN : -EFAULT;
}

static ssize_t transfer_write(struct file *file, const char __user *buf,
			      size_t count, loff_t *pos)
{
	struct vgpu_transfer *t = file->private_data;
	ssize_t done = 0, n;

	do {
		if (mutex_lock_killable(&t->lock))
			return done ?: -EINTR;
		n = write_some(t, buf + done, count - done);
		mutex_unlock(&t->lock);
		if (n == -EFAULT)
			n = fetch_to_read(buf + done, count - done);
		if (n > 0)
			done += n;
		cond_resched();
	} while ((n > 0 || n == -EAGAIN) && done < count &&
		 !signal_pending(current));
	if (n == -EAGAIN)
		n = -ERESTARTSYS;
	/* What was refused is told, whatever was taken before. */
	return n < 0 && n != -EFAULT && n != -ERESTARTSYS ? n : done ?: n;
}

static int get_left(struct vgpu_transfer *t, struct vfio_precopy_info *info)
{
	u64 initial, dirty;
	int ret = 0;

	if (mutex_lock_killable(&t->lock))
		return -EINTR;
	if (!t->saver)
		ret = -ENODEV;
	else if (!t->saver->running)
		ret = -EINVAL;
	else
		vgpu_saver_left(t->saver, &initial, &dirty);
	mutex_unlock(&t->lock);
	if (ret)
		return ret;
	info->flags = 0;
	info->initial_bytes = initial;
	info->dirty_bytes = dirty;
	return 0;
}

static long save_ioctl(struct file *file, unsigned int cmd, unsigned long uarg)
{
	unsigned long minsz = offsetofend(struct vfio_precopy_info, dirty_bytes);
	void __user *arg = (void __user *)uarg;
	struct vfio_precopy_info info;
	int ret;

	if (cmd != VFIO_MIG_GET_PRECOPY_INFO)
		return -ENOTTY;
	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	ret = get_left(file->private_data, &info);
	if (ret)
		return ret;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static const struct file_operations save_fops = {
	.owner = THIS_MODULE,
	.read = transfer_read,
	.unlocked_ioctl = save_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = transfer_release,
};

static const struct file_operations load_fops = {
	.owner = THIS_MODULE,
	.write = transfer_write,
	.release = transfer_release,
};

static struct vgpu_transfer *alloc_transfer(void)
{
	struct vgpu_transfer *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);

	if (t) {
		kref_init(&t->ref);
		mutex_init(&t->lock);
	}
	return t;
}

/* Return: 0, and then the file has a reference of its own. */
static int open_file(struct vgpu_transfer *t, struct file **file)
{
	*file = anon_inode_getfile("[vgpu-migration]",
				   t->saver ? &save_fops : &load_fops, t,
				   t->saver ? O_RDONLY : O_WRONLY);
	if (IS_ERR(*file))
		return PTR_ERR(*file);
	kref_get(&t->ref);
	/* No position: whoever reads or writes goes on where another was. */
	stream_open(file_inode(*file), *file);
	return 0;
}

/*
 * Ends a beginning: with a file, or, where that or what came before it has failed
 * (@ret), with nothing.
 */
static struct vgpu_transfer *begun(struct vgpu_transfer *t, int ret,
				   struct file **file)
{
	if (!ret)
		ret = open_file(t, file);
	if (!ret)
		return t;
	kref_put(&t->ref, release);
	return ERR_PTR(ret);
}

/**
 * vgpu_transfer_save() - begin a stream that user space reads
 * @vd: the instance
 * @running: it runs, and vgpu_transfer_rest() follows; else it stands still
 * @file: its file, of which the caller has the only reference
 *
 * Return: the transfer, or an error pointer.
 */
struct vgpu_transfer *vgpu_transfer_save(struct vgpu_vdev *vd, bool running,
					 struct file **file)
{
	struct vgpu_transfer *t = alloc_transfer();
	int ret;

	if (!t)
		return ERR_PTR(-ENOMEM);
	t->saver = vgpu_saver_new(vd, running);
	ret = PTR_ERR_OR_ZERO(t->saver);
	if (ret)
		t->saver = NULL;
	else if (!running)
		ret = vgpu_saver_capture(t->saver);
	return begun(t, ret, file);
}

/**
 * vgpu_transfer_rest() - the rest of a stream that has begun while the instance ran
 * @t: the transfer; the instance stands still now
 *
 * Return: 0, or -errno, and then the stream has no end yet.
 */
int vgpu_transfer_rest(struct vgpu_transfer *t)
{
	int ret;

	mutex_lock(&t->lock);
	ret = vgpu_saver_capture(t->saver);
	mutex_unlock(&t->lock);
	return ret;
}

/**
 * vgpu_transfer_load() - begin a stream that user space writes
 * @vd: the instance, which stands still; its memory zero before the file is written
 * @file: its file, of which the caller has the only reference
 *
 * Return: the transfer, or an error pointer.
 */
struct vgpu_transfer *vgpu_transfer_load(struct vgpu_vdev *vd,
					 struct file **file)
{
	struct vgpu_transfer *t = alloc_transfer();
	int ret;

	if (!t)
		return ERR_PTR(-ENOMEM);
	t->bounce = kvmalloc(VGPU_STREAM_BLOCK, GFP_KERNEL_ACCOUNT);
	t->loader = vgpu_loader_new(vd);
	ret = PTR_ERR_OR_ZERO(t->loader);
	if (ret)
		t->loader = NULL;
	else if (!t->bounce)
		ret = -ENOMEM;
	return begun(t, ret, file);
}

/**
 * vgpu_transfer_loaded() - was a stream loaded as a whole
 * @t: the transfer, of a stream that is written
 * @when: set to when it had arrived as a whole, ns
 *
 * Return: 0, -EINVAL.
 */
int vgpu_transfer_loaded(struct vgpu_transfer *t, u64 *when)
{
	int ret = -EINVAL;

	mutex_lock(&t->lock);
	if (!t->broken)
		ret = vgpu_loader_end(t->loader);
	if (!ret)
		*when = t->loader->arrived;
	mutex_unlock(&t->lock);
	return ret;
}

/**
 * vgpu_transfer_end() - the migration has no use for it any more
 * @t: the transfer; gone when this returns, but for its file
 *
 * Nothing of the instance is read or written by it afterwards.
 */
void vgpu_transfer_end(struct vgpu_transfer *t)
{
	mutex_lock(&t->lock);
	disable(t);
	mutex_unlock(&t->lock);
	kref_put(&t->ref, release);
}
