// SPDX-License-Identifier: GPL-2.0
/*
 * A virtual function as a whole: what all of its parts do at a reset.
 */
#include "../core.h"
#include "../display/display.h"
#include "../guard/guard.h"
#include "../work/sched.h"
#include "bus.h"

/**
 * vgpu_function_reset() - the function as it is after power-on
 * @vd: the instance; trap lock held
 *
 * Queued work is forgotten and a fault is over, unless there were too many.
 * VRAM keeps its contents, as a card's would, and so does the monitor.
 */
void vgpu_function_reset(struct vgpu_vdev *vd)
{
	lockdep_assert_held(&vd->trap_lock);
	vgpu_vblank_stop(vd);
	vgpu_sched_detach(vd);
	if (vgpu_guard_state(vd, VGPU_GUARD_FAULTS) == VGPU_WINDOW_NORMAL)
		WRITE_ONCE(vd->faulted, false);

	vgpu_config_reset(&vd->cfg);
	vgpu_map_decode(vd);
	vgpu_display_reset(vd);
	vgpu_map_display(vd);
	vgpu_irq_reset(vd);
	vgpu_irq_command(vd);

	vgpu_ddc_reset(&vd->inst.ddc);
	vgpu_regfile_reset(&vd->inst.regs);
	vd_ops(vd)->instance_reset(&vd->inst);
}
