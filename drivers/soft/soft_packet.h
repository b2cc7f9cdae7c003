/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFT_PACKET_H
#define _SOFT_PACKET_H

#include <linux/types.h>

/** What a packet asks for. */
enum soft_op {
	SOFT_OP_NOP = 1,	/* nothing but its fence */
	SOFT_OP_COPY,		/* @size bytes from @src to @dst; no overlap */
	SOFT_OP_FILL,		/* @size bytes at @dst with @value, 4 at a time */
	SOFT_OP_WAIT,		/* be busy for @size ns; compute engines only */
	SOFT_OP_HANG,		/* never come idle; compute engines only */
	SOFT_OP_DISPATCH,	/* never a packet's: a dispatch that came by AlmaIF */
};

/** Write @fence_value to @fence when it is done. */
#define SOFT_PACKET_FENCE	0x1
/** Raise the queue's interrupt when it is done. */
#define SOFT_PACKET_IRQ		0x2
#define SOFT_PACKET_FLAGS	(SOFT_PACKET_FENCE | SOFT_PACKET_IRQ)

/** The longest that a packet may ask an engine to be busy, ns. */
#define SOFT_WAIT_MAX		(10ULL * 1000000000)

/**
 * struct soft_packet - one packet of a ring, as it lies in memory
 * @op: enum soft_op
 * @flags: SOFT_PACKET_*
 * @value: see SOFT_OP_FILL
 * @dst: offset in the partition
 * @src: offset in the partition
 * @size: bytes, a multiple of 4 for SOFT_OP_FILL; or ns
 * @fence: offset in the partition, a multiple of 8
 * @fence_value: see SOFT_PACKET_FENCE
 * @reserved: 0
 *
 * Fields that an operation does not use are 0.
 */
struct soft_packet {
	__le16 op;
	__le16 flags;
	__le32 value;
	__le64 dst;
	__le64 src;
	__le64 size;
	__le64 fence;
	__le64 fence_value;
	__le64 reserved[2];
};

/**
 * struct soft_work - a packet that was checked
 * @op: what to do
 * @flags: SOFT_PACKET_*
 * @value: see SOFT_OP_FILL
 * @dst: offset; all that is written from there on is within the partition
 * @src: offset; all that is read from there on is within the partition
 * @size: bytes, or ns
 * @fence: offset in the partition, a multiple of 8
 * @fence_value: see SOFT_PACKET_FENCE
 */
struct soft_work {
	enum soft_op op;
	u16 flags;
	u32 value;
	u64 dst;
	u64 src;
	u64 size;
	u64 fence;
	u64 fence_value;
};

/**
 * enum soft_verdict - may a packet be carried out
 * @SOFT_RUN: yes
 * @SOFT_BAD_OP: the operation is unknown, or another engine's
 * @SOFT_BAD_FLAGS: flags that do not exist
 * @SOFT_BAD_DST: not within the partition, or badly aligned
 * @SOFT_BAD_SRC: not within the partition
 * @SOFT_BAD_OVERLAP: source and destination of a copy overlap
 * @SOFT_BAD_SIZE: no multiple of 4, or too long
 * @SOFT_BAD_FENCE: not within the partition, or badly aligned
 * @SOFT_BAD_UNUSED: a field that is not used is not 0
 */
enum soft_verdict {
	SOFT_RUN,
	SOFT_BAD_OP,
	SOFT_BAD_FLAGS,
	SOFT_BAD_DST,
	SOFT_BAD_SRC,
	SOFT_BAD_OVERLAP,
	SOFT_BAD_SIZE,
	SOFT_BAD_FENCE,
	SOFT_BAD_UNUSED,
};

enum soft_verdict soft_packet_check(const struct soft_packet *packet,
				    u64 vram_size, bool compute,
				    struct soft_work *work);
struct soft_packet soft_packet_of(const struct soft_work *work);
const char *soft_packet_field(enum soft_verdict verdict);

#endif /* _SOFT_PACKET_H */
