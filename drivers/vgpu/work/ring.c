// SPDX-License-Identifier: GPL-2.0
/*
 * Rings of packets in an instance's memory. The guest can write to all of it at
 * any time: an index is read once and checked, a packet is copied before anybody
 * looks at it, and where we are is kept where no guest can change it.
 *
 * No device is touched here; see <vgpu/ring.h>.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/string.h>
#include <asm/barrier.h>
#include <asm/byteorder.h>

#include <vgpu/ring.h>
#include <vgpu/section.h>

/**
 * vgpu_ring_bytes() - memory that a ring takes
 * @slots: its packets
 *
 * Return: bytes, with the header.
 */
u64 vgpu_ring_bytes(u32 slots)
{
	return ((u64)slots + 1) * VGPU_RING_PACKET;
}
EXPORT_SYMBOL_GPL(vgpu_ring_bytes);

static __le64 *index_at(const struct vgpu_ring *ring, unsigned int offset)
{
	return ring->mem + offset;
}

static bool possible(u64 vram_size, u64 offset, u32 slots)
{
	return is_power_of_2(slots) && slots >= VGPU_RING_MIN &&
	       slots <= VGPU_RING_MAX && offset % VGPU_RING_PACKET == 0 &&
	       offset <= vram_size &&
	       vgpu_ring_bytes(slots) <= vram_size - offset;
}

/**
 * vgpu_ring_init() - set a ring up where a guest wants it
 * @ring: to be set up
 * @vram: the instance's partition
 * @vram_size: its bytes
 * @offset: where the header is to be
 * @slots: packets
 *
 * Both indices in the header become 0.
 *
 * Return: 0; -EINVAL when @slots is no power of two from %VGPU_RING_MIN to
 * %VGPU_RING_MAX, @offset no multiple of a packet, or the ring not within the
 * partition; then @ring is as it was.
 */
int vgpu_ring_init(struct vgpu_ring *ring, void *vram, u64 vram_size, u64 offset,
		   u32 slots)
{
	if (!possible(vram_size, offset, slots))
		return -EINVAL;
	ring->mem = vram + offset;
	ring->slots = slots;
	ring->read = 0;
	ring->progress = 0;
	WRITE_ONCE(*index_at(ring, VGPU_RING_WRITE), 0);
	WRITE_ONCE(*index_at(ring, VGPU_RING_READ), 0);
	return 0;
}
EXPORT_SYMBOL_GPL(vgpu_ring_init);

/**
 * vgpu_ring_fini() - there is no ring any more
 * @ring: the ring
 */
void vgpu_ring_fini(struct vgpu_ring *ring)
{
	ring->mem = NULL;
	ring->progress = 0;
}
EXPORT_SYMBOL_GPL(vgpu_ring_fini);

static u64 written(const struct vgpu_ring *ring)
{
	return le64_to_cpu(READ_ONCE(*index_at(ring, VGPU_RING_WRITE)));
}

/**
 * vgpu_ring_pending() - has the guest written something that is not done
 * @ring: the ring
 *
 * Return: true also when what it has written makes no sense.
 */
bool vgpu_ring_pending(const struct vgpu_ring *ring)
{
	return ring->mem && written(ring) != ring->read;
}
EXPORT_SYMBOL_GPL(vgpu_ring_pending);

/**
 * vgpu_ring_peek() - copy the next packet
 * @ring: the ring
 * @packet: %VGPU_RING_PACKET bytes, where it is put
 *
 * Return: 1, 0 when there is none, -EOVERFLOW when the guest's index is not
 * within the ring: more packets ahead than there are slots, or gone backwards.
 */
int vgpu_ring_peek(const struct vgpu_ring *ring, void *packet)
{
	u64 ahead;

	if (!ring->mem)
		return 0;
	ahead = written(ring) - ring->read;
	if (!ahead)
		return 0;
	if (ahead > ring->slots)
		return -EOVERFLOW;
	/* The index is written after the packet: read in that order. */
	smp_rmb();
	memcpy(packet, ring->mem + VGPU_RING_PACKET +
	       (ring->read & (ring->slots - 1)) * VGPU_RING_PACKET,
	       VGPU_RING_PACKET);
	return 1;
}
EXPORT_SYMBOL_GPL(vgpu_ring_peek);

/**
 * vgpu_ring_advance() - the packet is done: the guest may use its slot again
 * @ring: the ring
 */
void vgpu_ring_advance(struct vgpu_ring *ring)
{
	ring->read++;
	ring->progress = 0;
	/* What the packet has written is seen before the index. */
	smp_wmb();
	WRITE_ONCE(*index_at(ring, VGPU_RING_READ), cpu_to_le64(ring->read));
}
EXPORT_SYMBOL_GPL(vgpu_ring_advance);

/**
 * vgpu_ring_save() - save where a ring is and how far it is done
 * @ring: the ring; nobody works on it
 * @vram: the instance's partition
 * @w: where to: slots, or 0 when there is no ring; then place, packets taken, and
 *	what is done of the next one
 */
void vgpu_ring_save(const struct vgpu_ring *ring, const void *vram,
		    struct vgpu_writer *w)
{
	if (!ring->mem) {
		vgpu_put_u32(w, 0);
		return;
	}
	vgpu_put_u32(w, ring->slots);
	vgpu_put_u64(w, ring->mem - vram);
	vgpu_put_u64(w, ring->read);
	vgpu_put_u64(w, ring->progress);
}
EXPORT_SYMBOL_GPL(vgpu_ring_save);

/**
 * vgpu_ring_load() - load it; what the guest has in memory stays
 * @ring: the ring; unchanged when it is refused
 * @vram: the instance's partition
 * @vram_size: its bytes
 * @r: where from; the caller checks &vgpu_ring.progress
 */
void vgpu_ring_load(struct vgpu_ring *ring, void *vram, u64 vram_size,
		    struct vgpu_reader *r)
{
	struct vgpu_ring new = {};
	u64 offset;

	new.slots = vgpu_get(r, "ring slots", 4, VGPU_RING_MAX);
	if (new.slots) {
		offset = vgpu_get(r, "ring offset", 8, vram_size);
		new.read = vgpu_get(r, "ring read", 8, U64_MAX);
		new.progress = vgpu_get(r, "ring progress", 8, U64_MAX);
		if (!possible(vram_size, offset, new.slots))
			vgpu_refuse(r, "ring offset", "%u packets at %#llx",
				    new.slots, offset);
		new.mem = vram + offset;
	}
	if (vgpu_reader_ok(r))
		*ring = new;
}
EXPORT_SYMBOL_GPL(vgpu_ring_load);
