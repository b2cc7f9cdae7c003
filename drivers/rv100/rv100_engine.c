// SPDX-License-Identifier: GPL-2.0
/*
 * The 2D engine of the card: the only code that writes to it.
 *
 * That is done in engine context, or before there is an engine. A guest's register
 * write is taken from its FIFO into its context image; when it starts an operation,
 * that is audited, relocated and written to the card as the full register sequence
 * of rv100_2d_relocate(). What the card holds already is not written again, and
 * nothing is relied upon that was not written here: an instance takes the
 * engine over with an empty cache, so its first operation loads everything.
 */
#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/iopoll.h>
#include <linux/ktime.h>
#include <linux/ratelimit.h>

#include "rv100.h"

/* How long a reset waits for the card. */
#define IDLE_TIMEOUT_US		1000000
/*
 * Bytes of a band, and bytes that may be under way: they bound how far a slice
 * can overrun. A real card fills this in half a millisecond.
 */
#define BAND_BYTES		SZ_256K
#define AHEAD_MAX		BAND_BYTES

/* Lines and bytes a line of one step of a scrub: as much as a band. */
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

/* Is there room in the card's FIFO? It is looked at when what is known is not enough. */
static bool has_room(struct rv100_gpu *card, u32 entries)
{
	u32 status;

	if (card->room < entries) {
		status = card_read(card, RV100_RBBM_STATUS);
		card->room = fifo_has(status, entries) ?
			     FIELD_GET(RV100_FIFO_FREE, status) : 0;
	}
	return card->room >= entries;
}

/* Has the engine done all that it was given? */
static bool engine_idle(struct rv100_gpu *card)
{
	if (!is_idle(card_read(card, RV100_RBBM_STATUS)))
		return false;
	card->room = RV100_FIFO_DEPTH;
	card->ahead = 0;
	return true;
}

/* What was drawn goes to VRAM, if there is room to say so. */
static void flush(struct rv100_gpu *card)
{
	if (!card->dirty || !has_room(card, 1))
		return;
	card_write(card, RV100_DSTCACHE_CTLSTAT, RV100_DC_FLUSH_ALL);
	card->room--;
	card->dirty = false;
}

/* Idle, and what was drawn is in VRAM. */
static bool finished(struct rv100_gpu *card)
{
	if (!engine_idle(card))
		return false;
	if (card->dirty) {
		flush(card);
		return false;
	}
	if (card_read(card, RV100_DSTCACHE_CTLSTAT) & RV100_DC_BUSY)
		return false;
	vgpu_writes_done(&card->writes);
	return true;
}

/* For a reset alone: at all other times the core waits. */
static int wait_finished(struct rv100_gpu *card)
{
	bool done;

	card->dirty = true;
	return read_poll_timeout(finished, done, done, 20, IDLE_TIMEOUT_US,
				 false, card);
}

static void forget(struct rv100_gpu *card)
{
	card->last_valid = false;
}

/* Entries that one operation takes at most. */
#define OP_ENTRIES	(RV100_2D_NR_CMDS + 2)

/*
 * Give the card one operation; there is room for it. Coordinates are always
 * written: the chip moves them on, and the last one is the start.
 */
static void emit(struct rv100_gpu *card, const struct rv100_2d_op *op, u64 base)
{
	struct rv100_2d_cmd cmds[RV100_2D_NR_CMDS];
	unsigned int i;

	rv100_2d_relocate(op, base, cmds);
	card->room -= OP_ENTRIES;
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
	card->dirty = true;
	card->ahead += op->width * op->height * op->cpp;
}

/* May the card be given another operation now? */
static bool takes_more(struct rv100_gpu *card)
{
	return (card->ahead < AHEAD_MAX || engine_idle(card)) &&
	       has_room(card, OP_ENTRIES);
}

static void report_drop(struct vgpu_queue *q, enum rv100_2d_verdict verdict,
			const struct rv100_2d_op *op)
{
	struct vgpu_instance *inst = q->inst;
	struct rv100_instance *ri = inst->priv;
	const struct rv100_2d_state *s = &ri->ctx;

	vgpu_queue_count(q, VGPU_QUEUE_DROPPED, 1);
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
static void begin(struct vgpu_queue *q, enum rv100_2d_trigger trigger)
{
	struct rv100_instance *ri = q->inst->priv;
	enum rv100_2d_verdict verdict;
	struct rv100_2d_op op;

	verdict = rv100_2d_audit(&ri->ctx, trigger, q->inst->vram_size, &op);
	if (verdict == RV100_2D_RUN) {
		ri->work = op;
		WRITE_ONCE(ri->at_work, true);
	} else if (verdict != RV100_2D_EMPTY) {
		report_drop(q, verdict, &op);
	}
}

/* Give the card the next band of the instance's work. */
static void step(struct vgpu_queue *q)
{
	struct vgpu_instance *inst = q->inst;
	struct rv100_gpu *card = card_of(inst->gpu);
	struct rv100_instance *ri = inst->priv;
	struct rv100_2d_op band = rv100_2d_band(&ri->work, BAND_BYTES);
	u64 begin, end;

	emit(card, &band, card->vram_base + inst->vram_offset);
	rv100_2d_extent(&band, &begin, &end);
	vgpu_writes_add(&card->writes, inst, begin, end - begin);
	vgpu_queue_count(q, VGPU_QUEUE_BYTES,
			 (u64)band.width * band.height * band.cpp);
	if (ri->work.height)
		return;
	WRITE_ONCE(ri->at_work, false);
	vgpu_queue_count(q, VGPU_QUEUE_OPS, 1);
}

/* Take a register write from the FIFO into the context image. */
static bool take(struct vgpu_queue *q)
{
	struct rv100_instance *ri = q->inst->priv;
	enum rv100_2d_trigger trigger;
	struct vgpu_fifo_entry e;

	if (!vgpu_fifo_pop(&ri->fifo, &e))
		return false;
	trigger = rv100_2d_write(&ri->ctx, e.offset, e.val);
	if (trigger != RV100_TRIGGER_NONE)
		begin(q, trigger);
	return true;
}

/*
 * Carry on until the budget is used, nothing is left, or the card is full: the
 * core comes again when it is idle. A guest that sees its queue empty reads what
 * was drawn, so that is flushed at the end.
 */
static int rv100_start(struct vgpu_queue *q, u64 budget_ns)
{
	struct rv100_gpu *card = card_of(q->inst->gpu);
	struct rv100_instance *ri = q->inst->priv;
	u64 end = ktime_get_ns() + budget_ns;

	vgpu_assert_engine_context(q->engine);
	do {
		if (!ri->work.height && !take(q))
			break;
		if (!ri->work.height)
			continue;
		if (!takes_more(card))
			break;
		step(q);
	} while (ktime_get_ns() < end);
	flush(card);
	vgpu_fifo_wake(&ri->fifo);
	return 0;
}

static bool rv100_idle(struct vgpu_engine *e)
{
	vgpu_assert_engine_context(e);
	return finished(card_of(e->gpu));
}

/*
 * The context image is loaded with the first operation, in its checked form: a
 * guest's values are never put on the card as they are. Nor is there anything to
 * unload: the chip changes nothing by itself that a guest could see.
 */
static int rv100_load(struct vgpu_queue *q)
{
	vgpu_assert_engine_context(q->engine);
	forget(card_of(q->inst->gpu));
	return 0;
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
	bool idle;

	forget(card);
	card->room = 0;
	card_write(card, RV100_RB3D_CNTL, 0);
	soft_reset(card);
	if (read_poll_timeout(engine_idle, idle, idle, 20, IDLE_TIMEOUT_US,
			      false, card))
		return -EIO;

	card_write(card, RV100_RB2D_DSTCACHE_MODE, 0);
	card_write(card, RV100_SURFACE_CNTL, 0);
	card_write(card, RV100_DP_DATATYPE, 0);
	card_write(card, RV100_DEFAULT_OFFSET, card->vram_base >> 10);
	card_write(card, RV100_DEFAULT_SC_BOTTOM_RIGHT, RV100_SC_MAX);
	return wait_finished(card) ? -EIO : 0;
}

/* All that the chip can reset: its one engine. */
static int rv100_reset(struct vgpu_engine *e, enum vgpu_reset_scope scope)
{
	struct rv100_gpu *card = card_of(e->gpu);
	int ret;

	vgpu_assert_engine_context(e);
	if (scope != VGPU_RESET_ENGINE)
		return -EOPNOTSUPP;
	ret = rv100_engine_reset(card);
	/* It may have drawn before it got stuck. */
	vgpu_writes_done(&card->writes);
	return ret;
}

static int rv100_dump(struct vgpu_engine *e, char *buf, size_t size)
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
	struct rv100_gpu *card = card_of(e->gpu);
	unsigned int i;
	int len = 0;

	vgpu_assert_engine_context(e);
	len += scnprintf(buf, size, "registers of the card\n");
	for (i = 0; i < ARRAY_SIZE(regs); i++)
		len += scnprintf(buf + len, size - len, "  %-18s %#010x\n",
				 regs[i].name, card_read(card, regs[i].offset));
	return len;
}

/* One step of a scrub. */
static s64 rv100_scrub(struct vgpu_engine *e, u64 offset, u64 size)
{
	struct rv100_gpu *card = card_of(e->gpu);
	struct rv100_2d_op op = {
		.dst_pitch = SCRUB_PITCH,
		.dst_offset = offset,
		.width = SCRUB_PITCH / 4,
		.height = min_t(u64, size / SCRUB_PITCH, SCRUB_LINES),
		.write_mask = U32_MAX,
		.format = RV100_FMT_32BPP,
		.cpp = 4,
		.rop = RV100_ROP3_PATCOPY,
	};

	vgpu_assert_engine_context(e);
	if ((offset | size) % SCRUB_PITCH)
		return -EINVAL;
	if (!takes_more(card))
		return -EBUSY;
	forget(card);
	emit(card, &op, card->vram_base);
	flush(card);
	forget(card);
	return (s64)op.height * SCRUB_PITCH;
}

static int queue_init(struct vgpu_queue *q)
{
	struct rv100_instance *ri = q->inst->priv;

	ri->queue = q;
	return vgpu_fifo_init(&ri->fifo, RV100_FIFO_DEPTH);
}

static void queue_fini(struct vgpu_queue *q)
{
	struct rv100_instance *ri = q->inst->priv;

	vgpu_fifo_fini(&ri->fifo);
}

static bool queue_pending(struct vgpu_queue *q)
{
	struct rv100_instance *ri = q->inst->priv;

	return vgpu_fifo_level(&ri->fifo) || READ_ONCE(ri->at_work);
}

static void queue_forget(struct vgpu_queue *q)
{
	struct rv100_gpu *card = card_of(q->inst->gpu);
	struct rv100_instance *ri = q->inst->priv;

	/* A card that is lost is not asked any more whether it is idle. */
	if (card->writes.inst == q->inst)
		vgpu_writes_done(&card->writes);
	ri->work.height = 0;
	WRITE_ONCE(ri->at_work, false);
	vgpu_fifo_clear(&ri->fifo);
}

static int queue_describe(struct vgpu_queue *q, char *buf, size_t size)
{
	struct rv100_instance *ri = q->inst->priv;

	vgpu_assert_engine_context(q->engine);
	return vgpu_fifo_describe(&ri->fifo, buf, size);
}

static const struct vgpu_queue_ops queue_ops = {
	.init = queue_init,
	.fini = queue_fini,
	.pending = queue_pending,
	.forget = queue_forget,
	.describe = queue_describe,
};

static const struct vgpu_engine_ops engine_ops = {
	.load = rv100_load,
	.start = rv100_start,
	.idle = rv100_idle,
	.reset = rv100_reset,
	.scrub = rv100_scrub,
	.dump = rv100_dump,
};

/** The card's one engine. */
const struct vgpu_engine_desc rv100_engines[] = {
	{
		.name = "2d",
		.class = VGPU_CLASS_2D,
		.ops = &engine_ops,
		.queue_ops = &queue_ops,
	},
};

const unsigned int rv100_nr_engines = ARRAY_SIZE(rv100_engines);
