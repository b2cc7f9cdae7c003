/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A GPU that is nothing but memory, for the suites of the core: two slices with a
 * copy and a compute engine each. It does nothing useful, and a test says when:
 * how long a piece of work takes, when an engine hangs, what a reset helps.
 */
#ifndef _KUNIT_MOCK_GPU_H
#define _KUNIT_MOCK_GPU_H

#include <kunit/test.h>
#include <linux/spinlock.h>
#include <vgpu/vgpu.h>

#include "../../drivers/vgpu/core.h"

/* The engines, by their numbers. */
enum {
	COPY0,
	COMPUTE0,
	COPY1,
	COMPUTE1,
	MOCK_ENGINES,
};

/* The types, by their numbers. */
enum {
	MOCK_BOTH,		/* copy and compute, of any slice */
	MOCK_SLICE1,		/* the same, of slice 1 */
	MOCK_COMPUTE,		/* compute alone, no display */
	MOCK_DISPLAY,		/* no engine at all */
	MOCK_TYPES,
};

#define MOCK_UNIT	SZ_64K
#define MOCK_VRAM	(64 * MOCK_UNIT)

/**
 * struct mock_queue - work of an instance
 * @lock: protects it
 * @pieces: that are to be done
 * @done: that were
 * @forgotten: that were dropped
 * @starts: times that a piece was started, or went on
 * @preempted: times that one was cut
 * @left: looks at the engine that the piece under way still takes; -1 when there
 *	is none
 * @length: looks that a piece takes
 */
struct mock_queue {
	spinlock_t lock;	/* all of it */
	u32 pieces;
	u32 done;
	u32 forgotten;
	u32 starts;
	u32 preempted;
	int left;
	int length;
};

/** The most that state which is loaded may ask for. */
#define MOCK_PIECES_MAX	1000
#define MOCK_LENGTH_MAX	1000

/** Vectors of MSI-X, and the numbers of the doorbell and of the ring's. */
#define MOCK_VECTORS	3
#define MOCK_BELL	1
#define MOCK_RING	2
/** Where the ring is in the partition. */
#define MOCK_RING_AT	SZ_8K

/**
 * struct mock_engine - an engine
 * @running: whose piece is under way, or NULL
 * @loaded: whose context it has
 * @hang: never comes idle; until a reset
 * @hang_victim: hangs as soon as it starts work of this instance
 * @stop: has been told to stop
 * @hold: does not come idle as long as this says so, which is no fault
 * @load_error: what load() answers to the instance @load_victim
 * @load_victim: see there
 * @resets: by scope
 * @loads: times that a context was loaded
 * @unloads: times that one was saved
 * @hang_unload: hangs when a context is saved the next time
 * @scrubs: pieces of memory that it has cleared
 * @by_others: calls of what takes its lock for a user of an instance, by a thread that
 *	may have to wait for a CPU
 * @reset_helps: the narrowest scope that does
 */
struct mock_engine {
	struct mock_queue *running;
	struct vgpu_queue *loaded;
	bool hang;
	struct vgpu_instance *hang_victim;
	bool stop;
	atomic_t hold;
	int load_error;
	struct vgpu_instance *load_victim;
	u32 resets[VGPU_RESET_DEVICE + 1];
	u32 loads;
	u32 unloads;
	bool hang_unload;
	u32 scrubs;
	u32 by_others;
	enum vgpu_reset_scope reset_helps;
};

/**
 * struct mock_gpu - the GPU
 * @dev: its device
 * @gpu: the core's part
 * @engines: see above
 * @vram: memory behind the partitions
 * @rings: of its doorbells
 * @init_fails: the so manieth queue to be initialised is refused, 0 for none
 * @inits: queues that exist
 * @pulled: it is gone, and nobody has said so
 */
struct mock_gpu {
	struct device *dev;
	struct vgpu_gpu *gpu;
	struct mock_engine engines[MOCK_ENGINES];
	void *vram;
	u32 rings;
	u32 init_fails;
	int inits;
	bool pulled;
};

void mock_describe(struct mock_gpu *mock, struct vgpu_gpu_desc *desc);
int mock_init(struct kunit *test);
void mock_exit(struct kunit *test);
struct vgpu_pdev *mock_pd(struct kunit *test);
struct vgpu_vdev *mock_opened(struct kunit *test, unsigned int type,
			      unsigned int number);
void mock_gone(struct vgpu_vdev *vd);
struct mock_gpu *mock_gpu_add(struct kunit *test);
void mock_gpu_remove(struct mock_gpu *mock);
struct vgpu_vdev *mock_create_on(struct vgpu_gpu *gpu, unsigned int type,
				 unsigned int number);
struct vgpu_vdev *mock_create(struct mock_gpu *mock, unsigned int type,
			      unsigned int number);
void mock_destroy(struct vgpu_vdev *vd);
int mock_open(struct vgpu_vdev *vd);
void mock_close(struct vgpu_vdev *vd);
void mock_reset(struct vgpu_vdev *vd);
void mock_config_put(struct vgpu_vdev *vd, u32 at, u16 val);
struct mock_queue *mock_queue(struct vgpu_vdev *vd,
			      enum vgpu_engine_class class);
void mock_submit(struct vgpu_vdev *vd, enum vgpu_engine_class class, u32 pieces);

/**
 * mock_await() - wait for an event that only a hang keeps from coming
 * @what: expression
 */
#define mock_await(what) ({						\
	unsigned long end = jiffies + 300 * HZ;				\
	bool ok;							\
									\
	while (!(ok = (what)) && time_before(jiffies, end))		\
		schedule_timeout_idle(1);				\
	ok;								\
})

/* The mdev core's own; everything is built in here. */
extern const struct bus_type mdev_bus_type;
int mdev_device_create(struct mdev_type *type, const guid_t *uuid);
int mdev_device_remove(struct mdev_device *mdev);

#endif /* _KUNIT_MOCK_GPU_H */
