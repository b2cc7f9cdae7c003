// SPDX-License-Identifier: GPL-2.0
/*
 * Faults for tests, by the kernel's own fault injection: an engine that looks
 * stuck, a reset that does not help. Off until somebody turns them on in debugfs;
 * not there at all without CONFIG_FAULT_INJECTION_DEBUG_FS.
 */
#include <linux/debugfs.h>

#include "../core.h"
#include "sched.h"

#ifdef CONFIG_FAULT_INJECTION_DEBUG_FS
/**
 * vgpu_inject_hang() - is this engine to look stuck now
 * @eng: the engine; engine context
 * @ctx: whose work it begins
 *
 * See debugfs, fail_idle.
 *
 * Return: true when a fault is injected.
 */
bool vgpu_inject_hang(struct vgpu_sched *eng, struct vgpu_context *ctx)
{
	struct vgpu_inject *inject = &eng->pd->inject;

	lockdep_assert_held(&eng->hw_lock);
	if (inject->instance != U32_MAX && inject->instance != ctx->q.inst->id)
		return false;
	return should_fail(&inject->hang, 1);
}

/**
 * vgpu_inject_reset() - is a reset of an engine not to help
 * @eng: the engine; engine context
 *
 * Return: true when a fault is injected.
 */
bool vgpu_inject_reset(struct vgpu_sched *eng)
{
	lockdep_assert_held(&eng->hw_lock);
	return should_fail(&eng->pd->inject.reset, 1);
}

/**
 * vgpu_inject_init() - the knobs that inject faults, all off
 * @pd: the GPU; its debugfs directory exists
 */
void vgpu_inject_init(struct vgpu_pdev *pd)
{
	const struct fault_attr off = FAULT_ATTR_INITIALIZER;

	pd->inject.hang = off;
	pd->inject.reset = off;
	pd->inject.instance = U32_MAX;
	debugfs_create_u32("fail_idle_instance", 0600, pd->debugfs,
			   &pd->inject.instance);
	fault_create_debugfs_attr("fail_idle", pd->debugfs,
				  &pd->inject.hang);
	fault_create_debugfs_attr("fail_reset", pd->debugfs,
				  &pd->inject.reset);
}
#else
bool vgpu_inject_hang(struct vgpu_sched *eng, struct vgpu_context *ctx)
{
	return false;
}

bool vgpu_inject_reset(struct vgpu_sched *eng)
{
	return false;
}

void vgpu_inject_init(struct vgpu_pdev *pd)
{
}
#endif
