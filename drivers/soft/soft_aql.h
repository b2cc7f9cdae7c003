/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets of an AlmaIF device's ring, as PoCL's driver writes them: AQL, with the
 * encoding of its own that almaif.rst has.
 */
#ifndef _SOFT_AQL_H
#define _SOFT_AQL_H

#include <linux/bits.h>
#include <linux/types.h>
#include <vgpu/section.h>

/** Bytes of a packet, and of the header in front of the first one. */
#define SOFT_AQL_PACKET		64
/** In that header: packets that there is room for, written, taken. */
#define SOFT_AQL_SLOTS		0x18
#define SOFT_AQL_WRITE		0x28
#define SOFT_AQL_READ		0x30

/** The first 16 bits of a packet. */
#define SOFT_AQL_INVALID	0x001	/* nothing, or withdrawn */
#define SOFT_AQL_DISPATCH	0x004
#define SOFT_AQL_BARRIER_AND	0x008
#define SOFT_AQL_IN_ORDER	0x100	/* may stand with any of these */

/** Bytes of arguments that are copied. */
#define SOFT_AQL_ARGS		256
/** Kernels from here on are the guest's own. */
#define SOFT_AQL_USER		0x10000
/** Work-items of a work-group, and of a dispatch. */
#define SOFT_AQL_GROUP_MAX	1024
#define SOFT_AQL_ITEMS_MAX	BIT_ULL(32)

/**
 * struct soft_aql_packet - a dispatch, as it lies in memory
 * @header: SOFT_AQL_*
 * @dims: 1 to 3
 * @group: work-items of a work-group
 * @reserved0: not looked at
 * @grid: work-items; of a built-in kernel
 * @private_size: not looked at
 * @group_size: not looked at
 * @kernel: which one
 * @args: where its arguments are; this and what follows are offsets in the guest's
 *	data memory
 * @context: of a kernel of the guest: where struct soft_aql_context is
 * @meta: where struct soft_aql_meta is, or 0
 */
struct soft_aql_packet {
	__le16 header;
	__le16 dims;
	__le16 group[3];
	__le16 reserved0;
	__le32 grid[3];
	__le32 private_size;
	__le32 group_size;
	__le64 kernel;
	__le64 args;
	__le64 context;
	__le64 meta;
} __packed __aligned(4);

/**
 * struct soft_aql_context - PoCL's struct pocl_context32
 * @groups: work-groups
 * @first: what the work-items' numbers begin with
 * @group: work-items of a work-group
 * @printf: not looked at
 * @variables: not looked at
 * @dims: 1 to 3
 */
struct soft_aql_context {
	__le32 groups[3];
	__le32 first[3];
	__le32 group[3];
	__le32 printf[3];
	__le32 variables;
	__le32 dims;
};

/**
 * struct soft_aql_meta - what a guest is told of a packet
 * @completion: SOFT_AQL_PENDING until it is over
 * @reserved0: left alone
 * @start: when it began, ns
 * @finish: when it ended, ns
 * @reserved1: left alone
 */
struct soft_aql_meta {
	__le32 completion;
	__le32 reserved0;
	__le64 start;
	__le64 finish;
	__le64 reserved1;
} __packed __aligned(4);

/** &soft_aql_meta.completion: done; failed. */
#define SOFT_AQL_DONE		1
#define SOFT_AQL_FAILED		2

/**
 * enum soft_aql_verdict - what a packet is
 * @SOFT_AQL_RUN: a dispatch that may be carried out
 * @SOFT_AQL_NOTHING: there is nothing to do: a barrier, since packets are carried out
 *	in order; or one that was withdrawn
 * @SOFT_AQL_BAD_HEADER: of no known kind
 * @SOFT_AQL_BAD_META: command_meta_address is not within data memory, or badly
 *	aligned
 * @SOFT_AQL_BAD_KERNEL: kernel_object can be no kernel
 * @SOFT_AQL_BAD_ARGS: kernarg_address is not within data memory
 * @SOFT_AQL_BAD_CONTEXT: reserved, the context's address, is not within data memory
 * @SOFT_AQL_BAD_DIMS: dimensions is not 1 to 3
 * @SOFT_AQL_BAD_GROUP: a workgroup_size is 0, or there are too many work-items
 * @SOFT_AQL_BAD_GRID: a grid_size is 0, or there are too many work-items
 *
 * The names are PoCL's.
 */
enum soft_aql_verdict {
	SOFT_AQL_RUN,
	SOFT_AQL_NOTHING,
	SOFT_AQL_BAD_HEADER,
	SOFT_AQL_BAD_META,
	SOFT_AQL_BAD_KERNEL,
	SOFT_AQL_BAD_ARGS,
	SOFT_AQL_BAD_CONTEXT,
	SOFT_AQL_BAD_DIMS,
	SOFT_AQL_BAD_GROUP,
	SOFT_AQL_BAD_GRID,
};

/**
 * struct soft_dispatch - a dispatch that was checked
 * @kernel: which one
 * @dims: 1 to 3
 * @grid: work-items, 1 where there is no such dimension
 * @group: work-items of a work-group, likewise
 * @first: what the work-items' numbers begin with, or 0
 * @args_size: bytes of @args that are the guest's
 * @meta: offset in data memory of struct soft_aql_meta, all of which is within it, or
 *	0. Good also in a packet that is bad, but for %SOFT_AQL_BAD_HEADER and
 *	%SOFT_AQL_BAD_META
 * @args: a copy
 */
struct soft_dispatch {
	u32 kernel;
	u32 dims;
	u32 grid[3];
	u32 group[3];
	u32 first[3];
	u32 args_size;
	u64 meta;
	u8 args[SOFT_AQL_ARGS];
};

/* Its kernel is of a program of the guest's own, which is in an image. */
static inline bool soft_aql_is_user(const struct soft_dispatch *d)
{
	return d->kernel >= SOFT_AQL_USER;
}

enum soft_aql_verdict soft_aql_parse(const struct soft_aql_packet *packet,
				     const void *mem, u64 mem_size,
				     struct soft_dispatch *d);
enum soft_aql_verdict soft_aql_check(const struct soft_dispatch *d, u64 mem_size);
bool soft_aql_meta_is_good(u64 meta, u64 mem_size);
u64 soft_aql_groups(const struct soft_dispatch *d);
const char *soft_aql_field(enum soft_aql_verdict verdict);
void soft_aql_save(const struct soft_dispatch *d, struct vgpu_writer *w);
void soft_aql_load(struct soft_dispatch *d, u64 mem_size, struct vgpu_reader *r);

#endif /* _SOFT_AQL_H */
