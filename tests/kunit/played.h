/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The suites of one backend's own code play the core themselves: in these objects
 * the functions of the core have other names, for the core is here, too.
 */
#ifndef _KUNIT_PLAYED_H
#define _KUNIT_PLAYED_H

#define vgpu_irq_set		played_irq_set
#define vgpu_vblank_set		played_vblank_set
#define vgpu_fifo_submit	played_fifo_submit
#define vgpu_fifo_busy		played_fifo_busy
#define vgpu_bar_address	played_bar_address
#define vgpu_config_read	played_config_read
#define vgpu_assert_trap_context	played_assert_trap_context
#define vgpu_assert_engine_context	played_assert_engine_context
#define vgpu_vram_written	played_vram_written
#define vgpu_writes_add		played_writes_add
#define vgpu_writes_done	played_writes_done

#endif /* _KUNIT_PLAYED_H */
