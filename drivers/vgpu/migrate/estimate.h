/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For how long a move would stop an instance.
 */
#ifndef _VGPU_MIGRATE_ESTIMATE_H
#define _VGPU_MIGRATE_ESTIMATE_H

#include <linux/types.h>

/**
 * struct vgpu_estimate - what an estimate of the downtime goes by
 * @all: bytes that there are to be moved, memory and the rest
 * @memory: of these, memory
 * @rate: memory that is written, bytes a second, or %VGPU_RATE_UNKNOWN
 * @bandwidth: bytes a second that it is moved with, not 0
 */
struct vgpu_estimate {
	u64 all;
	u64 memory;
	u64 rate;
	u64 bandwidth;
};

u64 vgpu_estimate_downtime(const struct vgpu_estimate *e);

#endif /* _VGPU_MIGRATE_ESTIMATE_H */
