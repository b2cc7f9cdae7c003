/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What files want of the kernel that know a GPU and an instance as drivers/vgpu/core.h
 * has them. One thread has nobody to be kept out: of a lock it is only known whether it
 * is held.
 */
#ifndef _FUZZ_CORE_H
#define _FUZZ_CORE_H

#include "../fuzz.h"
#include "kernel.h"

/* For <linux/vfio.h>, which is user space's. */
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef s32 __s32;
typedef u64 __u64;
#define __aligned_u64	__u64 __aligned(8)

#define __user
#define __rcu

/* A program that has these has no use for how often it looks at a tree, see look(). */
#undef container_of
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

struct mutex {
	bool held;
};

#define spinlock_t	struct mutex

static inline void take(bool *held)
{
	CHECK(!*held);
	*held = true;
}

static inline void release(bool *held)
{
	CHECK(*held);
	*held = false;
}

#define mutex_lock(lock)		take(&(lock)->held)
#define mutex_unlock(lock)		release(&(lock)->held)
#define spin_lock_irq(lock)		take(&(lock)->held)
#define spin_unlock_irq(lock)		release(&(lock)->held)
#define lockdep_assert_held(lock)	CHECK((lock)->held)
#define wake_up(queue)			((void)(queue))
#define might_sleep()			do { } while (0)

/* What these consist of nobody looks at. */
#define OPAQUE(name)	struct name { char unused; }
OPAQUE(attribute);
OPAQUE(delayed_work);
OPAQUE(device_attribute);
OPAQUE(hrtimer);
OPAQUE(ida);
OPAQUE(mdev_parent);
OPAQUE(mdev_type);
OPAQUE(notifier_block);
OPAQUE(rb_node);
OPAQUE(rb_root_cached);
OPAQUE(rw_semaphore);
OPAQUE(work_struct);
#undef OPAQUE

struct atomic {
	int counter;
};

#define atomic_t		struct atomic
#define wait_queue_head_t	char
#define pgprot_t		unsigned long

#define SZ_1M			0x100000
#define NSEC_PER_MSEC		1000000L
#define GFP_KERNEL_ACCOUNT	0

/* By the fuzzer whose files need them. */
void *kzalloc(size_t n, int flags);
void *kvmalloc(size_t n, int flags);
void kfree(const void *p);
void kvfree(const void *p);

struct device;
struct vm_area_struct;
struct vm_fault;

struct vfio_device {
	struct device *dev;
};

static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

static inline ssize_t strscpy(char *to, const char *from, size_t size)
{
	return snprintf(to, size, "%s", from);
}

static inline void *ERR_PTR(long err)
{
	return (void *)err;
}

/* What they say nobody hears; that they can say it is looked at. */
static inline __printf(2, 3) void tell(const struct device *dev, const char *fmt,
				       ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
}

#define dev_warn_ratelimited	tell
#define dev_notice_ratelimited	tell

#endif /* _FUZZ_CORE_H */
