/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_RING_H
#define _VGPU_RING_H

#include <linux/types.h>

struct vgpu_reader;
struct vgpu_writer;

/** Bytes of a packet, and of the header in front of the first one. */
#define VGPU_RING_PACKET	64
/** Where in the header the guest says how many packets it has written. */
#define VGPU_RING_WRITE		0x28
/** Where in the header it is told how many have been taken. */
#define VGPU_RING_READ		0x30
/** Packets that a ring may have. */
#define VGPU_RING_MIN		4U
#define VGPU_RING_MAX		65536U

/**
 * struct vgpu_ring - a ring of packets in an instance's memory
 * @mem: its header; the guest writes there whenever it likes. NULL when there is
 *	no ring
 * @slots: packets, a power of two
 * @read: packets that were taken since the ring was set up; never read back from
 *	memory
 * @progress: how much of the packet at @read is done, in the backend's own units
 *
 * For backends whose guests bring work through memory: the body of a struct
 * vgpu_queue. Both indices count packets since the ring was set up and do not
 * wrap; a packet's slot is its index modulo @slots. The caller serialises.
 */
struct vgpu_ring {
	void *mem;
	u32 slots;
	u64 read;
	u64 progress;
};

u64 vgpu_ring_bytes(u32 slots);
int vgpu_ring_init(struct vgpu_ring *ring, void *vram, u64 vram_size, u64 offset,
		   u32 slots);
void vgpu_ring_fini(struct vgpu_ring *ring);
bool vgpu_ring_pending(const struct vgpu_ring *ring);
int vgpu_ring_peek(const struct vgpu_ring *ring, void *packet);
void vgpu_ring_advance(struct vgpu_ring *ring);
void vgpu_ring_save(const struct vgpu_ring *ring, const void *vram,
		    struct vgpu_writer *w);
void vgpu_ring_load(struct vgpu_ring *ring, void *vram, u64 vram_size,
		    struct vgpu_reader *r);

#endif /* _VGPU_RING_H */
