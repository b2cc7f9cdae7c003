/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A soft GPU and its guest, for the suites of it: the test is the guest, which
 * writes registers and memory.
 */
#ifndef _KUNIT_SOFT_GUEST_H
#define _KUNIT_SOFT_GUEST_H

#include <kunit/test.h>
#include <linux/sizes.h>

#include "../../drivers/soft/soft.h"
#include "mock_gpu.h"

/* Two slices of 32 MiB. */
#define VRAM_MB	64
/* By number. */
#define TYPE_4C		0
#define TYPE_16C_S1	1
#define TYPE_4C_S1	2
#define TYPE_8B		3
#define TYPE_8Q		4
/* Where a test has its rings, and what it works on. */
#define RING_COPY	0x1000
#define RING_COMPUTE	0x2000
#define FENCES		0x3000
#define SLOTS		16

static const struct soft_type guest_types[] = {
	[TYPE_4C] = { "SOFT-4C", SOFT_C, 4, SOFT_SHARE, -1 },
	[TYPE_16C_S1] = { "SOFT-16C-S1", SOFT_C, 16, SOFT_SHARE, 1 },
	[TYPE_4C_S1] = { "SOFT-4C-S1", SOFT_C, 4, SOFT_SHARE, 1 },
	[TYPE_8B] = { "SOFT-8B", SOFT_B, 8, SOFT_SHARE, -1 },
	[TYPE_8Q] = { "SOFT-8Q", SOFT_Q, 8, SOFT_SHARE, -1 },
};

struct fixture {
	struct device *dev;
	struct soft_config config;
	struct soft_gpu soft;
};

static inline int setup(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->dev = root_device_register("soft-gpu");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f->dev);
	soft_config_init(&f->config);
	f->config.vram_mb = VRAM_MB;
	f->config.slices = 2;
	memcpy(f->config.types, guest_types, sizeof(guest_types));
	f->config.nr_types = ARRAY_SIZE(guest_types);
	KUNIT_ASSERT_EQ(test, soft_check("test", &f->config), 0);
	KUNIT_ASSERT_EQ(test, soft_gpu_register(&f->soft, f->dev, &f->config),
			0);
	test->priv = f;
	return 0;
}

static inline void teardown(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	soft_gpu_unregister(&f->soft);
	root_device_unregister(f->dev);
}

static inline struct vgpu_vdev *opened(struct kunit *test, unsigned int type,
				       unsigned int number)
{
	struct fixture *f = test->priv;
	struct vgpu_vdev *vd = mock_create_on(f->soft.gpu, type, number);

	KUNIT_ASSERT_NOT_NULL(test, vd);
	KUNIT_ASSERT_EQ(test, mock_open(vd), 0);
	return vd;
}

static inline u32 rd(struct vgpu_vdev *vd, u32 offset)
{
	u32 val;

	mutex_lock(&vd->trap_lock);
	val = vgpu_regs_read(&vd->inst.regs, offset, 4);
	mutex_unlock(&vd->trap_lock);
	return val;
}

static inline void wr(struct vgpu_vdev *vd, u32 offset, u32 val)
{
	mutex_lock(&vd->trap_lock);
	vgpu_regs_write(&vd->inst.regs, offset, 4, val);
	mutex_unlock(&vd->trap_lock);
}

static inline bool enable(struct vgpu_vdev *vd, bool compute, u64 at,
			  u32 slots)
{
	u32 block = compute ? SOFT_QUEUE_COMPUTE : SOFT_QUEUE_COPY;

	wr(vd, block + SOFT_RING_LO, lower_32_bits(at));
	wr(vd, block + SOFT_RING_HI, upper_32_bits(at));
	wr(vd, block + SOFT_RING_SLOTS, slots);
	wr(vd, block + SOFT_RING_ENABLE, 1);
	return rd(vd, block + SOFT_RING_ENABLE);
}

static inline bool enable_both(struct vgpu_vdev *vd)
{
	return enable(vd, false, RING_COPY, SLOTS) &&
	       enable(vd, true, RING_COMPUTE, SLOTS);
}

static inline void *ring_of(struct vgpu_vdev *vd, bool compute)
{
	return soft_vram(&vd->inst, compute ? RING_COMPUTE : RING_COPY);
}

static inline u64 ring_index(struct vgpu_vdev *vd, bool compute, u32 which)
{
	return le64_to_cpu(READ_ONCE(*(__le64 *)(ring_of(vd, compute) + which)));
}

static inline bool has_room(struct vgpu_vdev *vd, bool compute)
{
	return ring_index(vd, compute, VGPU_RING_WRITE) -
	       ring_index(vd, compute, VGPU_RING_READ) < SLOTS;
}

/* Put a packet into the ring when there is room, and ring. */
static inline void put(struct kunit *test, struct vgpu_vdev *vd, bool compute,
		       const struct soft_packet *p)
{
	void *ring = ring_of(vd, compute);
	u64 write = ring_index(vd, compute, VGPU_RING_WRITE);

	KUNIT_ASSERT_TRUE(test, mock_await(has_room(vd, compute)));
	memcpy(ring + (write % SLOTS + 1) * VGPU_RING_PACKET, p, sizeof(*p));
	/* The packet, then the index. */
	smp_store_release((__le64 *)(ring + VGPU_RING_WRITE),
			  cpu_to_le64(write + 1));
	soft_doorbell(&vd->inst, compute);
}

static inline struct soft_packet packet(enum soft_op op, u64 dst, u64 src,
					u64 size, u32 value)
{
	return (struct soft_packet) {
		.op = cpu_to_le16(op),
		.dst = cpu_to_le64(dst),
		.src = cpu_to_le64(src),
		.size = cpu_to_le64(size),
		.value = cpu_to_le32(value),
	};
}

static inline u64 fence_at(struct vgpu_vdev *vd, unsigned int n)
{
	return le64_to_cpu(READ_ONCE(*(__le64 *)soft_vram(&vd->inst,
							  FENCES + n * 8)));
}

static inline void put_fenced(struct kunit *test, struct vgpu_vdev *vd,
			      bool compute, struct soft_packet p,
			      unsigned int n, u64 value)
{
	p.flags = cpu_to_le16(SOFT_PACKET_FENCE);
	p.fence = cpu_to_le64(FENCES + n * 8);
	p.fence_value = cpu_to_le64(value);
	put(test, vd, compute, &p);
}

static inline void fence(struct kunit *test, struct vgpu_vdev *vd, bool compute,
			 unsigned int n, u64 value)
{
	put_fenced(test, vd, compute, packet(SOFT_OP_NOP, 0, 0, 0, 0), n, value);
}

static inline bool passed(struct vgpu_vdev *vd, unsigned int n, u64 value)
{
	return mock_await(fence_at(vd, n) == value);
}

static inline u64 counted(struct vgpu_vdev *vd, enum vgpu_engine_class class,
			  enum vgpu_queue_counter what)
{
	return atomic64_read(&vgpu_instance_queue(&vd->inst, class)->count[what]);
}

#endif /* _KUNIT_SOFT_GUEST_H */
