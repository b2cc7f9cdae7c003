// SPDX-License-Identifier: GPL-2.0
/*
 * What a packet may ask for. It is a copy: the guest cannot change it any more.
 * No device is touched here.
 */
#include <linux/string.h>
#include <asm/byteorder.h>

#include "soft_packet.h"

static bool within(u64 offset, u64 size, u64 vram_size)
{
	return offset <= vram_size && size <= vram_size - offset;
}

static enum soft_verdict check_copy(const struct soft_work *w, u64 vram_size)
{
	if (!within(w->dst, w->size, vram_size))
		return SOFT_BAD_DST;
	if (!within(w->src, w->size, vram_size))
		return SOFT_BAD_SRC;
	/* Both ends are within the partition: no sum wraps. */
	if (w->size && w->dst < w->src + w->size && w->src < w->dst + w->size)
		return SOFT_BAD_OVERLAP;
	return w->value ? SOFT_BAD_UNUSED : SOFT_RUN;
}

static enum soft_verdict check_fill(const struct soft_work *w, u64 vram_size)
{
	if (w->size % 4)
		return SOFT_BAD_SIZE;
	if (w->dst % 4 || !within(w->dst, w->size, vram_size))
		return SOFT_BAD_DST;
	return w->src ? SOFT_BAD_UNUSED : SOFT_RUN;
}

static enum soft_verdict check_time(const struct soft_work *w)
{
	if (w->size > SOFT_WAIT_MAX)
		return SOFT_BAD_SIZE;
	return w->value || w->dst || w->src ? SOFT_BAD_UNUSED : SOFT_RUN;
}

static enum soft_verdict check_op(const struct soft_work *w, u64 vram_size,
				  bool compute)
{
	switch (w->op) {
	case SOFT_OP_NOP:
		return w->size ? SOFT_BAD_UNUSED : check_time(w);
	case SOFT_OP_COPY:
		return check_copy(w, vram_size);
	case SOFT_OP_FILL:
		return check_fill(w, vram_size);
	case SOFT_OP_WAIT:
	case SOFT_OP_HANG:
		return compute ? check_time(w) : SOFT_BAD_OP;
	default:
		return SOFT_BAD_OP;
	}
}

static enum soft_verdict check_fence(const struct soft_work *w, u64 vram_size)
{
	if (w->flags & ~SOFT_PACKET_FLAGS)
		return SOFT_BAD_FLAGS;
	if (!(w->flags & SOFT_PACKET_FENCE))
		return w->fence || w->fence_value ? SOFT_BAD_UNUSED : SOFT_RUN;
	return w->fence % 8 || !within(w->fence, 8, vram_size) ?
	       SOFT_BAD_FENCE : SOFT_RUN;
}

/**
 * soft_packet_check() - may a packet be carried out
 * @packet: a copy of it
 * @vram_size: bytes in the instance's partition
 * @compute: for a compute engine
 * @work: what it asks for, in the machine's own byte order
 *
 * Return: see enum soft_verdict.
 */
enum soft_verdict soft_packet_check(const struct soft_packet *packet,
				    u64 vram_size, bool compute,
				    struct soft_work *work)
{
	enum soft_verdict verdict;

	work->op = le16_to_cpu(packet->op);
	work->flags = le16_to_cpu(packet->flags);
	work->value = le32_to_cpu(packet->value);
	work->dst = le64_to_cpu(packet->dst);
	work->src = le64_to_cpu(packet->src);
	work->size = le64_to_cpu(packet->size);
	work->fence = le64_to_cpu(packet->fence);
	work->fence_value = le64_to_cpu(packet->fence_value);

	verdict = check_fence(work, vram_size);
	if (verdict == SOFT_RUN)
		verdict = check_op(work, vram_size, compute);
	if (verdict == SOFT_RUN && (packet->reserved[0] || packet->reserved[1]))
		verdict = SOFT_BAD_UNUSED;
	return verdict;
}

/**
 * soft_packet_of() - the packet that asks for some work
 * @work: the work
 *
 * Return: what soft_packet_check() makes @work of.
 */
struct soft_packet soft_packet_of(const struct soft_work *work)
{
	return (struct soft_packet) {
		.op = cpu_to_le16(work->op),
		.flags = cpu_to_le16(work->flags),
		.value = cpu_to_le32(work->value),
		.dst = cpu_to_le64(work->dst),
		.src = cpu_to_le64(work->src),
		.size = cpu_to_le64(work->size),
		.fence = cpu_to_le64(work->fence),
		.fence_value = cpu_to_le64(work->fence_value),
	};
}

/**
 * soft_packet_field() - what is wrong with a packet
 * @verdict: of soft_packet_check()
 *
 * Return: for a message.
 */
const char *soft_packet_field(enum soft_verdict verdict)
{
	static const char * const fields[] = {
		[SOFT_RUN] = "nothing",
		[SOFT_BAD_OP] = "op",
		[SOFT_BAD_FLAGS] = "flags",
		[SOFT_BAD_DST] = "dst",
		[SOFT_BAD_SRC] = "src",
		[SOFT_BAD_OVERLAP] = "dst and src overlap",
		[SOFT_BAD_SIZE] = "size",
		[SOFT_BAD_FENCE] = "fence",
		[SOFT_BAD_UNUSED] = "a field that is not used",
	};

	return fields[verdict];
}
