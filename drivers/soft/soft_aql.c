// SPDX-License-Identifier: GPL-2.0
/*
 * What a packet of an AlmaIF ring may ask for. The packet is a copy; what it points
 * to in the guest's data memory is copied here, once, after its address was checked.
 * No device is touched.
 */
#include <linux/build_bug.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <asm/byteorder.h>

#include "soft_aql.h"

static bool within(u64 offset, u64 size, u64 mem_size)
{
	return offset <= mem_size && size <= mem_size - offset;
}

/* PoCL sends 65535 for "there is a compiler": no kernel has that number. */
static bool is_kernel(u64 kernel)
{
	return kernel <= U32_MAX && kernel != SOFT_AQL_USER - 1;
}

/**
 * soft_aql_meta_is_good() - can a guest be told of a packet there
 * @meta: offset in data memory
 * @mem_size: bytes of that
 *
 * Return: true when all of struct soft_aql_meta is within it, and aligned.
 */
bool soft_aql_meta_is_good(u64 meta, u64 mem_size)
{
	return meta % 4 == 0 &&
	       within(meta, sizeof(struct soft_aql_meta), mem_size);
}

/* Each at least 1, and the product at most @max; it cannot wrap on the way. */
static bool product_is_good(const u32 *size, u64 max)
{
	unsigned int i;
	u64 all = 1;

	for (i = 0; i < 3; i++) {
		all *= size[i];
		if (!all || all > max)
			return false;
	}
	return true;
}

/**
 * soft_aql_check() - may a dispatch be carried out
 * @d: the dispatch
 * @mem_size: bytes of the guest's data memory
 *
 * Return: %SOFT_AQL_RUN, or what is wrong.
 */
enum soft_aql_verdict soft_aql_check(const struct soft_dispatch *d, u64 mem_size)
{
	if (!soft_aql_meta_is_good(d->meta, mem_size))
		return SOFT_AQL_BAD_META;
	if (!is_kernel(d->kernel))
		return SOFT_AQL_BAD_KERNEL;
	if (d->args_size > SOFT_AQL_ARGS)
		return SOFT_AQL_BAD_ARGS;
	if (d->dims < 1 || d->dims > 3)
		return SOFT_AQL_BAD_DIMS;
	if (!product_is_good(d->group, SOFT_AQL_GROUP_MAX))
		return SOFT_AQL_BAD_GROUP;
	if (!product_is_good(d->grid, SOFT_AQL_ITEMS_MAX))
		return SOFT_AQL_BAD_GRID;
	return SOFT_AQL_RUN;
}

/* The shape of a built-in kernel is in the packet. */
static void shape_of_packet(const struct soft_aql_packet *packet,
			    struct soft_dispatch *d)
{
	unsigned int i;

	d->dims = le16_to_cpu(packet->dims);
	for (i = 0; i < 3; i++) {
		d->grid[i] = i < d->dims ? le32_to_cpu(packet->grid[i]) : 1;
		d->group[i] = i < d->dims ? le16_to_cpu(packet->group[i]) : 1;
		d->first[i] = 0;
	}
}

/* That of a guest's kernel in its context, in work-groups. */
static enum soft_aql_verdict shape_of_context(const struct soft_aql_context *c,
					      struct soft_dispatch *d)
{
	unsigned int i;

	d->dims = le32_to_cpu(c->dims);
	for (i = 0; i < 3; i++) {
		u64 group = i < d->dims ? le32_to_cpu(c->group[i]) : 1;
		u64 grid = i < d->dims ? group * le32_to_cpu(c->groups[i]) : 1;

		if (grid > U32_MAX)
			return SOFT_AQL_BAD_GRID;
		d->group[i] = group;
		d->grid[i] = grid;
		d->first[i] = i < d->dims ? le32_to_cpu(c->first[i]) : 0;
	}
	return SOFT_AQL_RUN;
}

static enum soft_aql_verdict parse_shape(const struct soft_aql_packet *packet,
					 const void *mem, u64 mem_size,
					 struct soft_dispatch *d)
{
	u64 at = le64_to_cpu(packet->context);
	struct soft_aql_context context;

	if (!soft_aql_is_user(d)) {
		shape_of_packet(packet, d);
		return SOFT_AQL_RUN;
	}
	if (!within(at, sizeof(context), mem_size))
		return SOFT_AQL_BAD_CONTEXT;
	memcpy(&context, mem + at, sizeof(context));
	return shape_of_context(&context, d);
}

static enum soft_aql_verdict parse_dispatch(const struct soft_aql_packet *packet,
					    const void *mem, u64 mem_size,
					    struct soft_dispatch *d)
{
	u64 kernel = le64_to_cpu(packet->kernel);
	u64 args = le64_to_cpu(packet->args);
	enum soft_aql_verdict verdict;

	d->meta = le64_to_cpu(packet->meta);
	if (!soft_aql_meta_is_good(d->meta, mem_size)) {
		d->meta = 0;
		return SOFT_AQL_BAD_META;
	}
	if (!is_kernel(kernel))
		return SOFT_AQL_BAD_KERNEL;
	d->kernel = kernel;
	if (args > mem_size)
		return SOFT_AQL_BAD_ARGS;
	d->args_size = min_t(u64, mem_size - args, SOFT_AQL_ARGS);
	memcpy(d->args, mem + args, d->args_size);
	verdict = parse_shape(packet, mem, mem_size, d);
	return verdict == SOFT_AQL_RUN ? soft_aql_check(d, mem_size) : verdict;
}

/**
 * soft_aql_parse() - what a packet asks for
 * @packet: a copy of it
 * @mem: the guest's data memory, which it changes as it likes
 * @mem_size: bytes of it
 * @d: what is to be done; of use when that is %SOFT_AQL_RUN, but for
 *	&soft_dispatch.meta
 *
 * Return: see enum soft_aql_verdict.
 */
enum soft_aql_verdict soft_aql_parse(const struct soft_aql_packet *packet,
				     const void *mem, u64 mem_size,
				     struct soft_dispatch *d)
{
	BUILD_BUG_ON(sizeof(*packet) != SOFT_AQL_PACKET);

	memset(d, 0, sizeof(*d));
	switch (le16_to_cpu(packet->header) & ~SOFT_AQL_IN_ORDER) {
	case SOFT_AQL_INVALID:
	case SOFT_AQL_BARRIER_AND:
		return SOFT_AQL_NOTHING;
	case SOFT_AQL_DISPATCH:
		return parse_dispatch(packet, mem, mem_size, d);
	default:
		return SOFT_AQL_BAD_HEADER;
	}
}

/**
 * soft_aql_groups() - how many work-groups a dispatch has
 * @d: the dispatch, checked
 *
 * Return: the number, at least 1.
 */
u64 soft_aql_groups(const struct soft_dispatch *d)
{
	unsigned int i;
	u64 all = 1;

	for (i = 0; i < 3; i++)
		all *= DIV_ROUND_UP_ULL(d->grid[i], d->group[i]);
	return all;
}

/**
 * soft_aql_field() - what is wrong with a packet
 * @verdict: of soft_aql_parse()
 *
 * Return: for a message.
 */
const char *soft_aql_field(enum soft_aql_verdict verdict)
{
	static const char * const fields[] = {
		[SOFT_AQL_RUN] = "nothing",
		[SOFT_AQL_NOTHING] = "nothing",
		[SOFT_AQL_BAD_HEADER] = "header",
		[SOFT_AQL_BAD_META] = "command_meta_address",
		[SOFT_AQL_BAD_KERNEL] = "kernel_object",
		[SOFT_AQL_BAD_ARGS] = "kernarg_address",
		[SOFT_AQL_BAD_CONTEXT] = "reserved",
		[SOFT_AQL_BAD_DIMS] = "dimensions",
		[SOFT_AQL_BAD_GROUP] = "workgroup_size",
		[SOFT_AQL_BAD_GRID] = "grid_size",
	};

	return fields[verdict];
}

/**
 * soft_aql_save() - save a dispatch
 * @d: the dispatch
 * @w: where to
 */
void soft_aql_save(const struct soft_dispatch *d, struct vgpu_writer *w)
{
	vgpu_put_u32(w, d->kernel);
	vgpu_put_u32(w, d->dims);
	vgpu_put_u32s(w, d->grid, 3);
	vgpu_put_u32s(w, d->group, 3);
	vgpu_put_u32s(w, d->first, 3);
	vgpu_put_u64(w, d->meta);
	vgpu_put_u32(w, d->args_size);
	vgpu_put_bytes(w, d->args, d->args_size);
}

/**
 * soft_aql_load() - load it, and check it as when it came from the guest
 * @d: the dispatch
 * @mem_size: bytes of the guest's data memory
 * @r: where from
 */
void soft_aql_load(struct soft_dispatch *d, u64 mem_size, struct vgpu_reader *r)
{
	enum soft_aql_verdict verdict;

	memset(d, 0, sizeof(*d));
	d->kernel = vgpu_get(r, "kernel", 4, U32_MAX);
	d->dims = vgpu_get(r, "dims", 4, 3);
	vgpu_get_u32s(r, "grid", d->grid, 3, U32_MAX);
	vgpu_get_u32s(r, "group", d->group, 3, U32_MAX);
	vgpu_get_u32s(r, "first", d->first, 3, U32_MAX);
	d->meta = vgpu_get(r, "meta", 8, U64_MAX);
	d->args_size = vgpu_get(r, "args size", 4, SOFT_AQL_ARGS);
	vgpu_get_bytes(r, "args", d->args, d->args_size);
	verdict = soft_aql_check(d, mem_size);
	if (verdict != SOFT_AQL_RUN)
		vgpu_refuse(r, "dispatch", "%s", soft_aql_field(verdict));
}
