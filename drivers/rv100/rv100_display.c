// SPDX-License-Identifier: GPL-2.0
/*
 * The virtual display: timing, palette, monitor lines, vertical blank. What is
 * on the screen says rv100_scanout.c.
 *
 * None of this reaches the card. The beam is computed from the time and from
 * the mode that the guest has set, so a guest that polls for a line or a blank
 * sees what it would see on a monitor, without a timer. A timer in the core is
 * wanted only while the guest asks for interrupts.
 */

#include <linux/bitfield.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "rv100.h"

/* Crystal, Hz */
#define REF_CLOCK	27000000
/* Without a usable mode, the beam is that of 640x480 at 60 Hz. */
#define DEFAULT_TOTAL	525
#define DEFAULT_VISIBLE	480
#define DEFAULT_PERIOD	(NSEC_PER_SEC / 60)
/* Refresh rates that are believed, Hz */
#define MIN_REFRESH	20
#define MAX_REFRESH	250

static struct rv100_instance *priv(const struct vgpu_regfile *rf)
{
	return rf->priv;
}

/**
 * rv100_crtc_on() - has the first head a mode
 * @rf: the register file
 *
 * Return: true also when it is blanked.
 */
bool rv100_crtc_on(const struct vgpu_regfile *rf)
{
	u32 gen = vgpu_reg_get(rf, RV100_CRTC_GEN_CNTL);

	return gen & RV100_CRTC_EXT_DISP_EN && gen & RV100_CRTC_EN;
}

/* Which frame it is now, and how far into it. */
static u64 beam(const struct rv100_timing *t, u32 *pos_ns)
{
	u64 elapsed = ktime_get_ns() - t->epoch_ns;
	u32 rem;
	u64 frame = div_u64_rem(elapsed, t->period_ns, &rem);

	if (pos_ns)
		*pos_ns = rem;
	return frame;
}

static u32 beam_line(const struct rv100_timing *t)
{
	u32 pos;

	beam(t, &pos);
	return div_u64((u64)pos * t->total, t->period_ns);
}

/* Blanks that have begun since the mode was set */
static u64 blanks(const struct rv100_timing *t)
{
	u32 pos;
	u64 frame = beam(t, &pos);

	return frame + ((u64)pos * t->total >= (u64)t->visible * t->period_ns);
}

/* Hz of the pixel clock; 0 when the PLL is not set up */
static u32 dot_clock(const struct vgpu_regfile *rf)
{
	static const u8 post_div[] = { 1, 2, 4, 8, 3, 16, 6, 12 };
	const u32 *pll = priv(rf)->pll;
	u32 sel = FIELD_GET(RV100_PPLL_DIV_SEL,
			    vgpu_reg_get(rf, RV100_CLOCK_CNTL_INDEX));
	u32 div = pll[RV100_PPLL_DIV_0 + sel];
	u32 ref = pll[RV100_PPLL_REF_DIV] & RV100_PPLL_REF_DIV_MASK;
	u32 post = post_div[FIELD_GET(RV100_PPLL_POST_DIV, div)];

	if (!ref)
		return 0;
	return div_u64((u64)REF_CLOCK * FIELD_GET(RV100_PPLL_FB_DIV, div),
		       ref * post);
}

static u32 frame_period(const struct vgpu_regfile *rf, u32 lines)
{
	u32 h = vgpu_reg_get(rf, RV100_CRTC_H_TOTAL_DISP);
	u64 pixels = (u64)(FIELD_GET(RV100_CRTC_H_TOTAL, h) + 1) * 8 * lines;
	u32 clock = dot_clock(rf);
	u64 period;

	if (!clock)
		return DEFAULT_PERIOD;
	period = div_u64(pixels * NSEC_PER_SEC, clock);
	if (period > NSEC_PER_SEC / MIN_REFRESH ||
	    period < NSEC_PER_SEC / MAX_REFRESH)
		return DEFAULT_PERIOD;
	return period;
}

static void request_vblank(struct vgpu_regfile *rf)
{
	bool wanted = rv100_crtc_on(rf) &&
		      vgpu_reg_get(rf, RV100_GEN_INT_CNTL) & RV100_INT_VBLANK;

	vgpu_vblank_set(rf->inst, 0, wanted ? priv(rf)->timing.period_ns : 0);
}

static void update_irq(struct vgpu_regfile *rf)
{
	u32 pending = rv100_int_status_read(rf, RV100_GEN_INT_STATUS) &
		      vgpu_reg_get(rf, RV100_GEN_INT_CNTL);

	vgpu_irq_set(rf->inst, pending & (RV100_INT_VBLANK | RV100_INT_SW));
}

/* A new mode begins with a new beam. */
static void follow_mode(struct vgpu_regfile *rf)
{
	struct rv100_timing *t = &priv(rf)->timing;
	u32 v = vgpu_reg_get(rf, RV100_CRTC_V_TOTAL_DISP);
	u32 total = FIELD_GET(RV100_CRTC_V_TOTAL, v) + 1;
	u32 visible = FIELD_GET(RV100_CRTC_V_DISP, v) + 1;
	u32 period = DEFAULT_PERIOD;

	if (rv100_crtc_on(rf) && visible < total) {
		period = frame_period(rf, total);
	} else {
		total = DEFAULT_TOTAL;
		visible = DEFAULT_VISIBLE;
	}
	if (t->total != total || t->visible != visible ||
	    t->period_ns != period) {
		*t = (struct rv100_timing) {
			.epoch_ns = ktime_get_ns(),
			.period_ns = period,
			.total = total,
			.visible = visible,
		};
		priv(rf)->frame_acked = 0;
		priv(rf)->frame_saved = 0;
	}
}

/**
 * rv100_display_timing() - the mode or the clock may have changed
 * @rf: the register file
 */
void rv100_display_timing(struct vgpu_regfile *rf)
{
	follow_mode(rf);
	request_vblank(rf);
	update_irq(rf);
}

/**
 * rv100_display_load() - mode, clock and blanks were loaded
 * @rf: the register file
 * @epoch_ns: when frame 0 began
 */
void rv100_display_load(struct vgpu_regfile *rf, u64 epoch_ns)
{
	struct rv100_instance *ri = priv(rf);
	u64 acked = ri->frame_acked, saved = ri->frame_saved;

	follow_mode(rf);
	ri->timing.epoch_ns = epoch_ns;
	ri->frame_acked = acked;
	ri->frame_saved = saved;
	request_vblank(rf);
	update_irq(rf);
}

/* CRTC registers that the beam follows */
void rv100_crtc_write(struct vgpu_regfile *rf, u32 offset, u32 val, u32 mask)
{
	vgpu_reg_set(rf, offset, val);
	rv100_display_timing(rf);
}

/* High half: the line that the beam is in. */
u32 rv100_vline_read(struct vgpu_regfile *rf, u32 offset)
{
	u32 line = beam_line(&priv(rf)->timing);

	return (vgpu_reg_get(rf, offset) & RV100_CRTC_VLINE) |
	       FIELD_PREP(RV100_CRTC_CRNT_VLINE, line);
}

u32 rv100_frame_read(struct vgpu_regfile *rf, u32 offset)
{
	return beam(&priv(rf)->timing, NULL) & RV100_CRTC_FRAME_MASK;
}

u32 rv100_crtc_status_read(struct vgpu_regfile *rf, u32 offset)
{
	const struct rv100_timing *t = &priv(rf)->timing;
	u32 val = 0;

	if (beam_line(t) >= t->visible)
		val |= RV100_CRTC_VBLANK_CUR;
	if (blanks(t) != priv(rf)->frame_saved)
		val |= RV100_CRTC_VBLANK_SAVE;
	return val;
}

/* Writing 1 to the saved bit clears it. */
void rv100_crtc_status_write(struct vgpu_regfile *rf, u32 offset, u32 val,
			     u32 mask)
{
	if (val & mask & RV100_CRTC_VBLANK_SAVE)
		priv(rf)->frame_saved = blanks(&priv(rf)->timing);
}

/* The comparator never sees a load: monitors are found by their EDID. */
void rv100_dac_cntl_write(struct vgpu_regfile *rf, u32 offset, u32 val,
			  u32 mask)
{
	vgpu_reg_set(rf, offset, val & ~RV100_DAC_CMP_OUTPUT);
}

static u32 *palette_of(const struct vgpu_regfile *rf)
{
	bool second = vgpu_reg_get(rf, RV100_DAC_CNTL2) &
		      RV100_DAC2_PALETTE_ACCESS;

	return priv(rf)->palette[second];
}

/* Move one of the two indices on; they wrap. */
static u32 palette_step(struct vgpu_regfile *rf, bool write)
{
	u32 both = vgpu_reg_get(rf, RV100_PALETTE_INDEX);
	u32 w = FIELD_GET(RV100_PALETTE_W_INDEX, both);
	u32 r = FIELD_GET(RV100_PALETTE_R_INDEX, both);
	u32 used = write ? w : r;

	if (write)
		w = (w + 1) & 0xff;
	else
		r = (r + 1) & 0xff;
	vgpu_reg_set(rf, RV100_PALETTE_INDEX,
		     FIELD_PREP(RV100_PALETTE_W_INDEX, w) |
		     FIELD_PREP(RV100_PALETTE_R_INDEX, r));
	return used;
}

/* PALETTE_30_DATA has 10 bits a colour, of which the upper 8 are kept. */
static u32 from_30(u32 val)
{
	return (val >> 6 & 0xff0000) | (val >> 4 & 0xff00) | (val >> 2 & 0xff);
}

static u32 to_30(u32 rgb)
{
	return (rgb & 0xff0000) << 6 | (rgb & 0xff00) << 4 | (rgb & 0xff) << 2;
}

u32 rv100_palette_read(struct vgpu_regfile *rf, u32 offset)
{
	u32 rgb = palette_of(rf)[palette_step(rf, false)];

	return offset == RV100_PALETTE_30_DATA ? to_30(rgb) : rgb;
}

void rv100_palette_write(struct vgpu_regfile *rf, u32 offset, u32 val,
			 u32 mask)
{
	u32 rgb = offset == RV100_PALETTE_30_DATA ? from_30(val) :
						    val & 0xffffff;

	palette_of(rf)[palette_step(rf, true)] = rgb;
}

/*
 * Two open-drain wires. The monitor of the only head hangs on the DVI
 * connector, where drivers look first; the other connectors are empty and
 * their wires float high.
 */
void rv100_gpio_write(struct vgpu_regfile *rf, u32 offset, u32 val, u32 mask)
{
	bool scl = !(val & RV100_GPIO_SCL_EN) || val & RV100_GPIO_SCL_A;
	bool sda = !(val & RV100_GPIO_SDA_EN) || val & RV100_GPIO_SDA_A;

	if (offset == RV100_GPIO_DVI_DDC)
		sda = vgpu_ddc_drive(&rf->inst->ddc, scl, sda);
	val &= ~(RV100_GPIO_SCL_Y | RV100_GPIO_SDA_Y);
	val |= scl ? RV100_GPIO_SCL_Y : 0;
	val |= sda ? RV100_GPIO_SDA_Y : 0;
	vgpu_reg_set(rf, offset, val);
}

u32 rv100_int_status_read(struct vgpu_regfile *rf, u32 offset)
{
	u32 val = vgpu_reg_get(rf, RV100_GEN_INT_STATUS);

	if (rv100_crtc_on(rf) &&
	    blanks(&priv(rf)->timing) != priv(rf)->frame_acked)
		val |= RV100_INT_VBLANK;
	return val;
}

/* Ones acknowledge; one bit raises the software interrupt. */
void rv100_int_status_write(struct vgpu_regfile *rf, u32 offset, u32 val,
			    u32 mask)
{
	u32 status = vgpu_reg_get(rf, offset);

	val &= mask;
	status &= ~val;
	if (val & RV100_INT_SW_FIRE)
		status |= RV100_INT_SW;
	if (val & RV100_INT_VBLANK)
		priv(rf)->frame_acked = blanks(&priv(rf)->timing);
	vgpu_reg_set(rf, offset, status & RV100_INT_SW);
	update_irq(rf);
}

void rv100_int_cntl_write(struct vgpu_regfile *rf, u32 offset, u32 val,
			  u32 mask)
{
	vgpu_reg_set(rf, offset, val);
	request_vblank(rf);
	update_irq(rf);
}

/* The core's timer: a blank has begun. */
void rv100_vblank(struct vgpu_instance *inst, unsigned int head)
{
	vgpu_assert_trap_context(inst);
	update_irq(&inst->regs);
}

/**
 * rv100_display_reset() - the display after a reset
 * @rf: the register file, back at its reset values
 */
void rv100_display_reset(struct vgpu_regfile *rf)
{
	struct rv100_instance *ri = priv(rf);
	u32 i;

	for (i = 0; i < 256; i++) {
		ri->palette[0][i] = RV100_GREY(i);
		ri->palette[1][i] = RV100_GREY(i);
	}
	memset(&ri->timing, 0, sizeof(ri->timing));
	memset(&ri->cursor, 0, sizeof(ri->cursor));
	ri->crtc_offset = 0;
	rv100_display_timing(rf);
}
