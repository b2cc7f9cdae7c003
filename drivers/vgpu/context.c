// SPDX-License-Identifier: GPL-2.0
/*
 * The two contexts that call a backend, for lockdep: see <vgpu/vgpu.h>.
 */
#include <linux/export.h>
#include <linux/lockdep.h>

#include "core.h"

#ifdef CONFIG_LOCKDEP
/**
 * vgpu_assert_trap_context() - an access of the guest, or what is as good as one
 * @inst: the instance
 *
 * Warns where its trap lock is not held.
 */
void vgpu_assert_trap_context(struct vgpu_instance *inst)
{
	lockdep_assert_held(&inst_to_vd(inst)->trap_lock);
}
EXPORT_SYMBOL_GPL(vgpu_assert_trap_context);

/**
 * vgpu_assert_engine_context() - the engine may be touched
 * @e: the engine
 *
 * Warns where its lock is not held.
 */
void vgpu_assert_engine_context(struct vgpu_engine *e)
{
	lockdep_assert_held(&engine_to_sched(e)->hw_lock);
}
EXPORT_SYMBOL_GPL(vgpu_assert_engine_context);
#endif
