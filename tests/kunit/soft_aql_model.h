/* SPDX-License-Identifier: GPL-2.0 */
/* What of an AlmaIF packet may run: told by divisions, of which nothing can wrap. */
#ifndef _SOFT_AQL_MODEL_H
#define _SOFT_AQL_MODEL_H

#include <linux/string.h>
#include <asm/byteorder.h>

#include "../../drivers/soft/soft_aql.h"

/* Three numbers, none of them 0, whose product is at most @max. */
static bool model_product(const u64 *n, u64 max)
{
	return n[0] && n[1] && n[2] && n[0] <= max && n[1] <= max / n[0] &&
	       n[2] <= max / (n[0] * n[1]);
}

/* All of @size bytes are there. */
static bool model_there(u64 at, u64 size, u64 mem_size)
{
	return size <= mem_size && at <= mem_size - size;
}

/* Sizes as a packet, or the context of a guest's kernel, has them. */
static bool model_shape(const struct soft_aql_packet *p, const u8 *mem,
			u64 mem_size, u64 *grid, u64 *group)
{
	bool user = le64_to_cpu(p->kernel) >= SOFT_AQL_USER;
	u64 at = le64_to_cpu(p->context);
	struct soft_aql_context c = {};
	u32 dims = le16_to_cpu(p->dims);
	unsigned int i;

	if (user && !model_there(at, sizeof(c), mem_size))
		return false;
	if (user) {
		memcpy(&c, mem + at, sizeof(c));
		dims = le32_to_cpu(c.dims);
	}
	for (i = 0; i < 3; i++) {
		group[i] = i >= dims ? 1 : user ? le32_to_cpu(c.group[i]) :
						  le16_to_cpu(p->group[i]);
		grid[i] = i >= dims ? 1 :
			  user ? group[i] * le32_to_cpu(c.groups[i]) :
				 le32_to_cpu(p->grid[i]);
		if (grid[i] > U32_MAX)
			return false;
	}
	return dims >= 1 && dims <= 3;
}

/* Is it a dispatch that may be carried out? */
static bool model_runs(const struct soft_aql_packet *p, const u8 *mem,
		       u64 mem_size)
{
	u64 kernel = le64_to_cpu(p->kernel), meta = le64_to_cpu(p->meta);
	u64 grid[3], group[3];

	if ((le16_to_cpu(p->header) & ~0x100) != 4)
		return false;
	if (meta % 4 || !model_there(meta, 32, mem_size))
		return false;
	if (kernel >> 32 || kernel == 65535 ||
	    le64_to_cpu(p->args) > mem_size)
		return false;
	return model_shape(p, mem, mem_size, grid, group) &&
	       model_product(group, 1024) &&
	       model_product(grid, 1ULL << 32);
}

#endif /* _SOFT_AQL_MODEL_H */
