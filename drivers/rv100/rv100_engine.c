// SPDX-License-Identifier: GPL-2.0
/*
 * The 2D engine of the card: the only code that writes to it.
 *
 * Everything here runs in engine context. A guest's register write is taken
 * from its FIFO into its context image; when it starts an operation, that is
 * audited, relocated and written to the card as the full register sequence of
 * rv100_2d_relocate(). What the card holds already is not written again, and
 * nothing is relied upon that was not written here: an instance takes the
 * engine over with an empty cache, so its first operation loads everything.
 */

#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/iopoll.h>
#include <linux/ktime.h>
#include <linux/ratelimit.h>

#include "rv100.h"

/* How long to wait while the card is brought up; later the watchdog says. */
#define IDLE_TIMEOUT_US		1000000
/* How long to look without sleeping. */
#define SPIN_US			20
/*
 * Bytes of a band, and bytes that may be under way: they bound how far a slice
 * can overrun. A real card fills this in half a millisecond.
 */
#define BAND_BYTES		SZ_256K
#define AHEAD_MAX		BAND_BYTES

/* Lines and bytes a line of one step of a scrub: the watchdog knows a band. */
#define SCRUB_PITCH		4096U
#define SCRUB_LINES		(BAND_BYTES / SCRUB_PITCH)

static struct rv100_gpu *card_of(const struct vgpu_gpu *gpu)
{
	return gpu->desc.priv;
}

static u32 card_read(struct rv100_gpu *card, u32 offset)
{
	return readl(card->mmio + offset);
}

static void card_write(struct rv100_gpu *card, u32 offset, u32 val)
{
	writel(val, card->mmio + offset);
}

/* A card that is gone reads as all ones: no reader takes that for idle. */
static bool fifo_has(u32 status, u32 entries)
{
	return status != U32_MAX && FIELD_GET(RV100_FIFO_FREE, status) >= entries;
}

static bool is_idle(u32 status)
{
	return fifo_has(status, RV100_FIFO_DEPTH) &&
	       !(status & RV100_GUI_ACTIVE);
}

/* Wait for room in the card's FIFO, and take it. */
static int reserve(struct rv100_gpu *card, u32 entries)
{
	void __iomem *status = card->mmio + RV100_RBBM_STATUS;
	u32 val;

	if (card->room < entries) {
		if (readl_poll_timeout_atomic(status, val,
					      fifo_has(val, entries), 1,
					      SPIN_US) &&
		    readl_poll_timeout(status, val, fifo_has(val, entries), 20,
				       card->watchdog_us))
			return -ETIMEDOUT;
		card->room = FIELD_GET(RV100_FIFO_FREE, val);
	}
	card->room -= entries;
	return 0;
}

static int wait_idle(struct rv100_gpu *card, u32 timeout_us)
{
	void __iomem *status = card->mmio + RV100_RBBM_STATUS;
	u32 val;

	if (readl_poll_timeout_atomic(status, val,
				      !card->hung && is_idle(val), 1,
				      SPIN_US) &&
	    readl_poll_timeout(status, val, !card->hung && is_idle(val), 20,
			       timeout_us))
		return -ETIMEDOUT;
	card->room = RV100_FIFO_DEPTH;
	card->ahead = 0;
	return 0;
}

/* Idle, and what was drawn is in VRAM. */
static int finish(struct rv100_gpu *card, u32 timeout_us)
{
	void __iomem *cache = card->mmio + RV100_DSTCACHE_CTLSTAT;
	u32 val;
	int ret;

	ret = reserve(card, 1);
	if (ret)
		return ret;
	card_write(card, RV100_DSTCACHE_CTLSTAT, RV100_DC_FLUSH_ALL);
	ret = wait_idle(card, timeout_us);
	if (ret)
		return ret;
	return readl_poll_timeout(cache, val, !(val & RV100_DC_BUSY), 20,
				  timeout_us);
}

static void forget(struct rv100_gpu *card)
{
	card->last_valid = false;
}

/*
 * Carry out one operation. Coordinates are always written: the chip moves
 * them on, and the last one is the start.
 */
static int emit(struct rv100_gpu *card, const struct rv100_2d_op *op, u64 base)
{
	struct rv100_2d_cmd cmds[RV100_2D_NR_CMDS];
	unsigned int i;
	int ret;

	rv100_2d_relocate(op, base, cmds);
	ret = reserve(card, RV100_2D_NR_CMDS + 2);
	if (ret)
		return ret;
	/* A source that was just drawn must not come from an older read. */
	if (op->uses_src) {
		card_write(card, RV100_DSTCACHE_CTLSTAT, RV100_DC_FLUSH_ALL);
		card_write(card, RV100_WAIT_UNTIL, RV100_WAIT_2D_IDLECLEAN);
	}
	for (i = 0; i < RV100_2D_NR_CMDS; i++) {
		if (card->last_valid && i < RV100_2D_FIRST_COORD &&
		    card->last[i].val == cmds[i].val)
			continue;
		card_write(card, cmds[i].offset, cmds[i].val);
	}
	memcpy(card->last, cmds, sizeof(card->last));
	card->last_valid = true;

	card->ahead += op->width * op->height * op->cpp;
	return card->ahead >= AHEAD_MAX ? wait_idle(card, card->watchdog_us) : 0;
}

static void report_drop(struct vgpu_instance *inst,
			enum rv100_2d_verdict verdict,
			const struct rv100_2d_op *op)
{
	struct rv100_instance *ri = inst->priv;
	const struct rv100_2d_state *s = &ri->ctx;

	vgpu_count(inst, VGPU_CNT_DROPPED, 1);
	if (!__ratelimit(&ri->drops))
		return;
	dev_notice(inst->dev,
		   "2D operation dropped: %s (%ux%u at %u,%u of %#x pitch %u, source %#x pitch %u, format %u, rop %#04x; partition %llu bytes)\n",
		   rv100_2d_reason(verdict), op->width, op->height, op->dst_x,
		   op->dst_y, s->dst.offset - s->fb_base, s->dst.pitch,
		   s->src.offset - s->fb_base, s->src.pitch, op->format,
		   op->rop, inst->vram_size);
}

/* An operation was started: make it the instance's work, or drop it. */
static void begin(struct vgpu_instance *inst, enum rv100_2d_trigger trigger)
{
	struct rv100_instance *ri = inst->priv;
	enum rv100_2d_verdict verdict;
	struct rv100_2d_op op;

	verdict = rv100_2d_audit(&ri->ctx, trigger, inst->vram_size, &op);
	if (verdict == RV100_2D_RUN)
		ri->work = op;
	else if (verdict != RV100_2D_EMPTY)
		report_drop(inst, verdict, &op);
}

/* Carry out the next band of the instance's work. */
static int step(struct vgpu_instance *inst)
{
	struct rv100_gpu *card = card_of(inst->gpu);
	struct rv100_instance *ri = inst->priv;
	struct rv100_2d_op band = rv100_2d_band(&ri->work, BAND_BYTES);
	int ret;

	ret = emit(card, &band, card->vram_base + inst->vram_offset);
	if (ret)
		return ret;
	vgpu_count(inst, VGPU_CNT_BYTES,
		   (u64)band.width * band.height * band.cpp);
	if (!ri->work.height)
		vgpu_count(inst, VGPU_CNT_OPS, 1);
	return 0;
}

/**
 * rv100_run() - see &vgpu_gpu_ops.run
 * @inst: the instance
 * @engine: 0
 * @budget_ns: when to stop
 *
 * Return: 1 when work is left, 0 when not, -ETIMEDOUT.
 */
int rv100_run(struct vgpu_instance *inst, unsigned int engine, u64 budget_ns)
{
	struct rv100_gpu *card = card_of(inst->gpu);
	struct rv100_instance *ri = inst->priv;
	u64 end = ktime_get_ns() + budget_ns;
	enum rv100_2d_trigger trigger;
	struct vgpu_fifo_entry e;
	int ret = 0;

	card->watchdog_us = READ_ONCE(inst->gpu->watchdog_us);
	card->hung = vgpu_inject_hang(inst->gpu, engine);
	do {
		if (!ri->work.height) {
			if (!vgpu_fifo_pop(&inst->fifo[engine], &e))
				break;
			trigger = rv100_2d_write(&ri->ctx, e.offset, e.val);
			if (trigger != RV100_TRIGGER_NONE)
				begin(inst, trigger);
		}
		if (ri->work.height)
			ret = step(inst);
	} while (!ret && ktime_get_ns() < end);

	/* A guest that sees its queue empty reads what was drawn. */
	if (!ret)
		ret = finish(card, card->watchdog_us);
	return ret ?: ri->work.height || vgpu_fifo_level(&inst->fifo[engine]);
}

/**
 * rv100_save() - see &vgpu_gpu_ops.save
 * @inst: the instance
 * @engine: 0
 *
 * The chip changes nothing by itself that a guest could see: the context image
 * is complete already.
 *
 * Return: 0 or -ETIMEDOUT.
 */
int rv100_save(struct vgpu_instance *inst, unsigned int engine)
{
	return finish(card_of(inst->gpu), READ_ONCE(inst->gpu->watchdog_us));
}

/**
 * rv100_restore() - see &vgpu_gpu_ops.restore
 * @inst: the instance
 * @engine: 0
 *
 * The context image is loaded with the first operation, in its checked form:
 * a guest's values are never put on the card as they are.
 */
void rv100_restore(struct vgpu_instance *inst, unsigned int engine)
{
	forget(card_of(inst->gpu));
}

static u32 pll_read(struct rv100_gpu *card, u32 index)
{
	card_write(card, RV100_CLOCK_CNTL_INDEX, index);
	return card_read(card, RV100_CLOCK_CNTL_DATA);
}

static void pll_write(struct rv100_gpu *card, u32 index, u32 val)
{
	card_write(card, RV100_CLOCK_CNTL_INDEX, index | RV100_PLL_WR_EN);
	card_write(card, RV100_CLOCK_CNTL_DATA, val);
}

/* A register write that has arrived when this returns. */
static void card_write_flush(struct rv100_gpu *card, u32 offset, u32 val)
{
	card_write(card, offset, val);
	card_read(card, offset);
}

/* Reset command processor, host interface, 2D and 3D, with clocks running. */
static void soft_reset(struct rv100_gpu *card)
{
	u32 index = card_read(card, RV100_CLOCK_CNTL_INDEX);
	u32 mclk = pll_read(card, RV100_MCLK_CNTL);
	u32 host = card_read(card, RV100_HOST_PATH_CNTL);
	u32 reset = card_read(card, RV100_RBBM_SOFT_RESET);

	pll_write(card, RV100_MCLK_CNTL, mclk | RV100_MCLK_FORCE_ON);
	card_write_flush(card, RV100_RBBM_SOFT_RESET,
			 reset | RV100_SOFT_RESET_ALL);
	usleep_range(10, 100);
	card_write_flush(card, RV100_RBBM_SOFT_RESET,
			 reset & ~RV100_SOFT_RESET_ALL);
	card_write_flush(card, RV100_HOST_PATH_CNTL,
			 host | RV100_HDP_SOFT_RESET);
	card_write_flush(card, RV100_HOST_PATH_CNTL, host);
	pll_write(card, RV100_MCLK_CNTL, mclk);
	card_write(card, RV100_CLOCK_CNTL_INDEX, index);
}

/**
 * rv100_engine_reset() - bring the 2D engine to a known state
 * @card: the card
 *
 * Also used when the card is taken over from whoever had it before.
 *
 * Return: 0, -EIO when the engine does not come idle even so.
 */
int rv100_engine_reset(struct rv100_gpu *card)
{
	forget(card);
	card->room = 0;
	card->hung = false;
	card->watchdog_us = IDLE_TIMEOUT_US;
	card_write(card, RV100_RB3D_CNTL, 0);
	soft_reset(card);
	if (wait_idle(card, IDLE_TIMEOUT_US))
		return -EIO;

	card_write(card, RV100_RB2D_DSTCACHE_MODE, 0);
	card_write(card, RV100_SURFACE_CNTL, 0);
	card_write(card, RV100_DP_DATATYPE, 0);
	card_write(card, RV100_DEFAULT_OFFSET, card->vram_base >> 10);
	card_write(card, RV100_DEFAULT_SC_BOTTOM_RIGHT, RV100_SC_MAX);
	return finish(card, IDLE_TIMEOUT_US) ? -EIO : 0;
}

/**
 * rv100_reset() - see &vgpu_gpu_ops.reset
 * @gpu: the GPU
 * @engine: 0
 *
 * Return: 0 or -EIO.
 */
int rv100_reset(struct vgpu_gpu *gpu, unsigned int engine)
{
	return rv100_engine_reset(card_of(gpu));
}

/**
 * rv100_dump() - see &vgpu_gpu_ops.dump
 * @gpu: the GPU
 * @engine: 0
 * @buf: for the text
 * @size: bytes there
 *
 * Return: bytes written.
 */
int rv100_dump(struct vgpu_gpu *gpu, unsigned int engine, char *buf,
	       size_t size)
{
	static const struct {
		const char *name;
		u32 offset;
	} regs[] = {
		{ "RBBM_STATUS", RV100_RBBM_STATUS },
		{ "DSTCACHE_CTLSTAT", RV100_DSTCACHE_CTLSTAT },
		{ "DP_GUI_MASTER_CNTL", RV100_DP_GUI_MASTER_CNTL },
		{ "DP_CNTL", RV100_DP_CNTL },
		{ "DST_PITCH_OFFSET", RV100_DST_PITCH_OFFSET },
		{ "SRC_PITCH_OFFSET", RV100_SRC_PITCH_OFFSET },
		{ "DST_Y_X", RV100_DST_Y_X },
		{ "SRC_Y_X", RV100_SRC_Y_X },
		{ "DST_HEIGHT_WIDTH", RV100_DST_HEIGHT_WIDTH },
		{ "SC_TOP_LEFT", RV100_SC_TOP_LEFT },
		{ "SC_BOTTOM_RIGHT", RV100_SC_BOTTOM_RIGHT },
	};
	struct rv100_gpu *card = card_of(gpu);
	unsigned int i;
	int len = 0;

	len += scnprintf(buf, size, "registers of the card\n");
	for (i = 0; i < ARRAY_SIZE(regs); i++)
		len += scnprintf(buf + len, size - len, "  %-18s %#010x\n",
				 regs[i].name, card_read(card, regs[i].offset));
	return len;
}

/**
 * rv100_scrub() - see &vgpu_gpu_ops.scrub
 * @gpu: the GPU
 * @offset: first byte of VRAM, a multiple of 4 KiB
 * @size: bytes, a multiple of 4 KiB
 *
 * Return: 0, -EINVAL, -ETIMEDOUT.
 */
int rv100_scrub(struct vgpu_gpu *gpu, u64 offset, u64 size)
{
	struct rv100_gpu *card = card_of(gpu);
	struct rv100_2d_op op = {
		.dst_pitch = SCRUB_PITCH,
		.width = SCRUB_PITCH / 4,
		.write_mask = U32_MAX,
		.format = RV100_FMT_32BPP,
		.cpp = 4,
		.rop = RV100_ROP3_PATCOPY,
	};
	int ret = 0;

	if ((offset | size) % SCRUB_PITCH)
		return -EINVAL;
	card->watchdog_us = READ_ONCE(gpu->watchdog_us);
	forget(card);
	for (; size && !ret; offset += op.height * SCRUB_PITCH) {
		op.dst_offset = offset;
		op.height = min_t(u64, size / SCRUB_PITCH, SCRUB_LINES);
		size -= op.height * SCRUB_PITCH;
		ret = emit(card, &op, card->vram_base);
	}
	if (!ret)
		ret = finish(card, card->watchdog_us);
	forget(card);
	return ret;
}
