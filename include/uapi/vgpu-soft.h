/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * How processes compute for a soft GPU: what vgpu-soft.ko and its executor say to
 * each other.
 *
 * Each soft GPU has a character device, /dev/vgpu-soft-<PCI address of the GPU>. One
 * process at a time opens it, the *supervisor*. It reads which instances want
 * somebody to compute for them, and asks for one file descriptor an instance
 * (VGPU_SOFT_WORKER), which it hands to a process made for that instance alone: the
 * *worker*. The worker maps the memory of its instance and nothing else, and takes
 * one *turn* after the other (VGPU_SOFT_TURN). The kernel has copied and checked all
 * that a turn says but the arguments' own meaning.
 *
 * Whoever uses the worker's descriptor first, by VGPU_SOFT_TURN or mmap(), is the
 * worker: that process gets the instance's turns, the time that it has the engine, but
 * for what it waits for a CPU, is the instance's GPU time, and it is stopped (SIGSTOP,
 * SIGCONT) when it does not yield, and killed (SIGKILL) when no answer comes for as
 * long as the GPU's watchdog allows, by the same time, or when its instance is closed or
 * reset while it is at work. Others that have the descriptor get -EPERM. A process that dies in
 * the middle of a turn is a fault of its instance, and of no other.
 *
 * All numbers are in the machine's own byte order, but for the arguments, which are
 * the guest's: little endian.
 */
#ifndef _UAPI_VGPU_SOFT_H
#define _UAPI_VGPU_SOFT_H

#include <linux/ioctl.h>
#include <linux/types.h>

/** Version of this interface; a change that old programs would not survive raises it. */
#define VGPU_SOFT_ABI		1

/** Bytes of the arguments that a dispatch can have. */
#define VGPU_SOFT_ARGS		256

/** Numbers of kernels from here on are of the guest's own programs: see VGPU_SOFT_IMAGE. */
#define VGPU_SOFT_USER_KERNEL	0x10000

/**
 * struct vgpu_soft_info - the GPU: VGPU_SOFT_INFO on the device
 * @abi: %VGPU_SOFT_ABI
 * @slices: parts that it is cut into, each with engines of its own
 * @vram_size: bytes of its memory
 */
struct vgpu_soft_info {
	__u32 abi;
	__u32 slices;
	__u64 vram_size;
};

/** &vgpu_soft_event.type: the instance is open and has no worker. */
#define VGPU_SOFT_WANTED	1
/** &vgpu_soft_event.type: it has no use for its worker any more: end that process. */
#define VGPU_SOFT_GONE		2

/**
 * struct vgpu_soft_event - what has become of an instance: read() on the device
 * @type: %VGPU_SOFT_WANTED, %VGPU_SOFT_GONE
 * @instance: its number on the GPU; used again when it is gone
 * @slice: the slice of the GPU that it is in
 * @reserved: 0
 * @session: which worker this is about; never used again. Two workers of one
 *	instance differ in it
 * @vram_size: bytes of its memory
 * @uuid: its UUID, in the order in which it is written
 *
 * read() gives whole events and waits for one, unless the device is O_NONBLOCK;
 * poll() says POLLIN. Who opens the device hears of all that are wanted already. A
 * WANTED that is over before it is read is never told, nor again is what could not be
 * written to the reader's memory, but to who opens the device anew.
 *
 * When the GPU goes away: -ENODEV, and POLLHUP.
 */
struct vgpu_soft_event {
	__u32 type;
	__u32 instance;
	__u32 slice;
	__u32 reserved;
	__u64 session;
	__u64 vram_size;
	__u8 uuid[16];
};

/**
 * struct vgpu_soft_worker - a worker for an instance: VGPU_SOFT_WORKER on the device
 * @instance: of the event
 * @cpus: CPUs that it may keep busy at once, at least 1: CPU time beyond so much of its
 *	time on the engine is GPU time, too
 * @session: of the event
 *
 * Return: a file descriptor, O_CLOEXEC. -ENOENT when the session is over, -EBUSY when
 * there is one already. When the descriptor is closed, there is no worker: the
 * instance is WANTED again, by a new session. If the worker had a turn in its hands, it
 * is faulted, and WANTED when it was reset and its guest has started it again.
 */
struct vgpu_soft_worker {
	__u32 instance;
	__u32 cpus;
	__u64 session;
};

/**
 * struct vgpu_soft_state - what the kernel says to a worker at work; read only
 * @yield: not 0: stop at the next point from which work can go on, and say by
 *	VGPU_SOFT_TURN how far it is. Who does not is stopped by force
 *
 * One page, of the worker's descriptor, from %VGPU_SOFT_MMAP_STATE on.
 */
struct vgpu_soft_state {
	__u32 yield;
};

/*
 * What a worker's descriptor maps, MAP_SHARED: from 0 on the memory of the instance;
 * from here on struct vgpu_soft_state. When the session is over, what is mapped is
 * gone: SIGBUS.
 */
#define VGPU_SOFT_MMAP_STATE	(1ULL << 40)

/** &vgpu_soft_turn.status: nothing to tell yet. */
#define VGPU_SOFT_NONE		0
/** &vgpu_soft_turn.status: done, all of it. */
#define VGPU_SOFT_DONE		1
/** &vgpu_soft_turn.status: stopped on the way; @progress says how far. */
#define VGPU_SOFT_YIELD		2
/** &vgpu_soft_turn.status: cannot go on: a fault of the instance. */
#define VGPU_SOFT_FAULT		3
/** &vgpu_soft_turn.status: makes no sense, as by its arguments: dropped, and counted. */
#define VGPU_SOFT_REFUSED	4

/**
 * struct vgpu_soft_turn - hand the last turn in, and wait for the next: VGPU_SOFT_TURN
 *	on a worker's descriptor
 * @seq: in: the turn that this is about; ignored with %VGPU_SOFT_NONE. Out: the new
 *	one
 * @status: in: VGPU_SOFT_NONE for the first one, and after that what has become of
 *	turn @seq. Out: 0
 * @fault: in: with %VGPU_SOFT_FAULT and %VGPU_SOFT_REFUSED, a number that the kernel's
 *	log has. Out: 0
 * @progress: in: with %VGPU_SOFT_YIELD, and out: work-groups that are done, or what
 *	else the worker counts; never more than there are work-groups, never less than
 *	before
 * @budget_ns: out: after so much time there will be a yield
 * @kernel: out: number of a built-in kernel, or from %VGPU_SOFT_USER_KERNEL on that of
 *	a program in the image
 * @image: out: generation of the image that it is in, 0 for a built-in kernel
 * @dims: out: 1 to 3
 * @grid: out: work-items, each at least 1; their product is at most 2^32
 * @group: out: work-items of a work-group, each at least 1; their product is at most
 *	1024. The last work-group of a row may be incomplete
 * @first: out: what the work-items' numbers begin with
 * @args_size: out: bytes of @args that are the guest's: those from where it says they
 *	are to the end of its data memory, if these are fewer than %VGPU_SOFT_ARGS. It
 *	does not say how many its kernel has
 * @reserved: 0
 * @mem: out: where in the partition the guest's data memory begins: its pointers are
 *	offsets from here, and 0 is none
 * @mem_size: out: bytes of that
 * @args: out: a copy of the arguments
 *
 * Waits for a turn; a signal ends the wait with -EINTR, or not at all (SA_RESTART).
 * What was handed in already and is again, by the same @seq, is ignored.
 *
 * Return: 0. -ENODEV when the session is over: exit. -EINVAL for a result that makes
 * no sense; nothing has happened then. -EFAULT when this cannot be read, and nothing has
 * happened, or not be written: then the next call has the turn. -EPERM for a process that
 * is not the worker, -EBUSY when another thread waits already.
 */
struct vgpu_soft_turn {
	__u64 seq;
	__u32 status;
	__u32 fault;
	__u64 progress;
	__u64 budget_ns;
	__u32 kernel;
	__u32 image;
	__u32 dims;
	__u32 grid[3];
	__u32 group[3];
	__u32 first[3];
	__u32 args_size;
	__u32 reserved;
	__u64 mem;
	__u64 mem_size;
	__u8 args[VGPU_SOFT_ARGS];
};

/**
 * struct vgpu_soft_image - the programs of the present turn: VGPU_SOFT_IMAGE on a
 *	worker's descriptor
 * @generation: in: of the turn. An image of one generation does not change; another
 *	one may have the same bytes
 * @size: in: bytes at @buf; out: bytes that the image has, without zeros at its end
 * @buf: in: where it is to be put; no more than fits
 *
 * The guest's instruction memory, as it was when the guest said so.
 *
 * Return: 0; -ENOENT when the present turn is of another.
 */
struct vgpu_soft_image {
	__u32 generation;
	__u32 size;
	__u64 buf;
};

#define VGPU_SOFT_INFO		_IOR('V', 0xc0, struct vgpu_soft_info)
#define VGPU_SOFT_WORKER	_IOW('V', 0xc1, struct vgpu_soft_worker)
#define VGPU_SOFT_TURN		_IOWR('V', 0xc2, struct vgpu_soft_turn)
#define VGPU_SOFT_IMAGE		_IOWR('V', 0xc3, struct vgpu_soft_image)

#endif /* _UAPI_VGPU_SOFT_H */
