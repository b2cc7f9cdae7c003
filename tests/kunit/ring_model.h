/* SPDX-License-Identifier: GPL-2.0 */
/* A ring as the host has to see it, whatever a guest does to its memory. */
#ifndef _RING_MODEL_H
#define _RING_MODEL_H

#include <linux/errno.h>
#include <linux/string.h>
#include <asm/byteorder.h>
#include <vgpu/ring.h>

/**
 * struct ring_model - what the host knows of a ring
 * @there: there is one
 * @offset: of its header
 * @slots: packets
 * @read: packets that were taken
 */
struct ring_model {
	bool there;
	u64 offset;
	u32 slots;
	u64 read;
};

/* Where a ring may be: found by trying what is allowed. */
static bool model_place(u64 offset, u32 slots, u64 vram_size)
{
	u32 good;

	for (good = 4; good <= 65536 && good != slots; good *= 2)
		;
	return good == slots && offset % 64 == 0 && offset < vram_size &&
	       vram_size - offset >= 64 * ((u64)slots + 1);
}

/* What peeking has to say; @packet is set to where the packet lies. */
static int model_peek(const struct ring_model *m, const u8 *vram,
		      const u8 **packet)
{
	__le64 le;
	u64 written;

	*packet = NULL;
	if (!m->there)
		return 0;
	memcpy(&le, vram + m->offset + 0x28, sizeof(le));
	written = le64_to_cpu(le);
	if (written == m->read)
		return 0;
	if (written - m->read > m->slots)
		return -EOVERFLOW;
	*packet = vram + m->offset + 64 + m->read % m->slots * 64;
	return 1;
}

#endif /* _RING_MODEL_H */
