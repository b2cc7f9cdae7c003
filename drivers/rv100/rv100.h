/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _RV100_H
#define _RV100_H

#include <linux/pci.h>
#include <linux/ratelimit.h>
#include <linux/types.h>
#include <vgpu/fifo.h>
#include <vgpu/vgpu.h>

#include "rv100_2d.h"
#include "rv100_regs.h"

/**
 * struct rv100_timing - the virtual beam of the first head
 * @epoch_ns: when frame 0 began
 * @period_ns: one frame
 * @total: lines of a frame
 * @visible: of these, before the blank
 */
struct rv100_timing {
	u64 epoch_ns;
	u32 period_ns;
	u32 total;
	u32 visible;
};

/**
 * struct rv100_cursor - the pointer's registers, as the screen follows them
 * @offset: CUR_OFFSET
 * @posn: CUR_HORZ_VERT_POSN
 * @off: CUR_HORZ_VERT_OFF
 */
struct rv100_cursor {
	u32 offset;
	u32 posn;
	u32 off;
};

/* Entry of a palette that changes nothing */
#define RV100_GREY(level)	((level) * 0x010101)

/**
 * struct rv100_instance - what the backend keeps for an instance
 * @front: 2D state with every write that the guest has made; trap context
 * @ctx: 2D state with the writes that the engine has taken from the FIFO, the
 *	instance's context image; engine context
 * @fifo: engine writes that the engine has not taken; trap context pushes,
 *	engine context pops
 * @queue: whose body that is
 * @work: what is left of the operation that a slice has ended in; its height is
 *	0 when there is none. Engine context
 * @at_work: there is some; written in engine context, read in any
 * @pll: the clock registers behind CLOCK_CNTL_INDEX; trap context
 * @palette: of both heads, 0x00RRGGBB; trap context
 * @timing: see above; trap context
 * @cursor: as it was when its lock was open last; trap context
 * @crtc_offset: CRTC_OFFSET likewise; trap context
 * @frame_acked: blanks up to this one were acknowledged in GEN_INT_STATUS
 * @frame_saved: the same for CRTC_STATUS
 * @drops: how often dropped operations are reported; engine context
 */
struct rv100_instance {
	struct rv100_2d_state front;
	struct rv100_2d_state ctx;
	struct vgpu_fifo fifo;
	struct vgpu_queue *queue;
	struct rv100_2d_op work;
	bool at_work;
	u32 pll[RV100_NR_PLL];
	u32 palette[2][256];
	struct rv100_timing timing;
	struct rv100_cursor cursor;
	u32 crtc_offset;
	u64 frame_acked;
	u64 frame_saved;
	struct ratelimit_state drops;
};

/**
 * struct rv100_gpu - a physical card
 * @pdev: its PCI device
 * @mmio: its registers
 * @vram_base: GPU address of the first byte of its VRAM
 * @rom: the option ROM that instances show
 * @room: free entries in the card's FIFO, at least; engine context from here on
 * @dirty: something was drawn since the last flush
 * @writes: what was drawn and may not be in VRAM yet
 * @ahead: bytes of the operations that may still be under way
 * @last: what the engine's registers hold, as last written
 * @last_valid: @last can be relied on
 */
struct rv100_gpu {
	struct pci_dev *pdev;
	void __iomem *mmio;
	u32 vram_base;
	void *rom;
	u32 room;
	bool dirty;
	struct vgpu_writes writes;
	u32 ahead;
	struct rv100_2d_cmd last[RV100_2D_NR_CMDS];
	bool last_valid;
};

/* rv100_regs.c */
extern const struct vgpu_reg rv100_regs[];
extern const unsigned int rv100_nr_regs;
void rv100_regs_reset(struct vgpu_instance *inst);
int rv100_submit(struct vgpu_regfile *rf, u32 offset, u32 val, bool starts);

/* rv100_display.c */
void rv100_display_reset(struct vgpu_regfile *rf);
bool rv100_crtc_on(const struct vgpu_regfile *rf);
void rv100_crtc_write(struct vgpu_regfile *rf, u32 offset, u32 val, u32 mask);
void rv100_display_timing(struct vgpu_regfile *rf);
u32 rv100_vline_read(struct vgpu_regfile *rf, u32 offset);
u32 rv100_frame_read(struct vgpu_regfile *rf, u32 offset);
u32 rv100_crtc_status_read(struct vgpu_regfile *rf, u32 offset);
void rv100_crtc_status_write(struct vgpu_regfile *rf, u32 offset, u32 val,
			     u32 mask);
void rv100_dac_cntl_write(struct vgpu_regfile *rf, u32 offset, u32 val,
			  u32 mask);
u32 rv100_palette_read(struct vgpu_regfile *rf, u32 offset);
void rv100_palette_write(struct vgpu_regfile *rf, u32 offset, u32 val,
			 u32 mask);
void rv100_gpio_write(struct vgpu_regfile *rf, u32 offset, u32 val, u32 mask);
u32 rv100_int_status_read(struct vgpu_regfile *rf, u32 offset);
void rv100_int_status_write(struct vgpu_regfile *rf, u32 offset, u32 val,
			    u32 mask);
void rv100_int_cntl_write(struct vgpu_regfile *rf, u32 offset, u32 val,
			  u32 mask);
void rv100_vblank(struct vgpu_instance *inst, unsigned int head);

void rv100_display_load(struct vgpu_regfile *rf, u64 epoch_ns);

/* rv100_scanout.c */
void rv100_offset_write(struct vgpu_regfile *rf, u32 offset, u32 val, u32 mask);
void rv100_cursor_write(struct vgpu_regfile *rf, u32 offset, u32 val, u32 mask);
void rv100_scanout(struct vgpu_instance *inst, unsigned int head,
		   struct vgpu_scanout *out);

/* rv100_engine.c */
int rv100_engine_reset(struct rv100_gpu *card);
extern const struct vgpu_engine_desc rv100_engines[];
extern const unsigned int rv100_nr_engines;

/* rv100_state.c */
extern const struct vgpu_section rv100_sections[];
extern const unsigned int rv100_nr_sections;

/* rv100_rom.c */
#define RV100_ROM_SIZE	4096
void rv100_rom_build(u8 rom[RV100_ROM_SIZE], u16 vendor, u16 device);

#endif /* _RV100_H */
