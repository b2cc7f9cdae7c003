// SPDX-License-Identifier: GPL-2.0
/* The RV100: 2D by registers, a display, an interrupt that is a level. */
#include "gpu2d.h"
#include "inject.h"
#include "rv100.h"
#include "vfio.h"
#include "victims.h"

/* Lines of a fill; more would be too high for the scissor. */
#define MAX_LINES	4096

#define RW	(VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE)
#define MMAP	VFIO_REGION_INFO_FLAG_MMAP

const struct type_facts rv100_types[] = {
	{ "RV100-4D", 4 * MIB, 1024, 768, 15, 50 },
	{ "RV100-8D", 8 * MIB, 1280, 1024, 7, 100 },
	{ "RV100-16D", 16 * MIB, 1600, 1200, 3, 200 },
	{ "RV100-32D", 32 * MIB, 1920, 1200, 1, 400 },
};

/* The beam and its interrupt. */
static bool runs_by_itself(uint32_t reg)
{
	return reg == GEN_INT_STATUS || reg == CRTC_STATUS ||
	       reg == CRTC_VLINE_CRNT_VLINE || reg == CRTC_CRNT_FRAME;
}

static void put_idle(struct vdev *d, uint32_t reg, uint32_t val)
{
	reg_wr(d, reg, val);
	gpu_idle(d);
}

static void init(struct vdev *d)
{
	put_idle(d, DEFAULT_SC_BOTTOM_RIGHT, DEFAULT_SC_MAX);
	put_idle(d, DP_WRITE_MSK, 0xffffffff);
}

/* Pixels of 32 bits: part of a line, or lines of a page or, if many, of two. */
static void size_of(uint64_t bytes, unsigned int *pitch, unsigned int *w,
		    unsigned int *h)
{
	*pitch = bytes > MAX_LINES * 4096 ? 8192 : 4096;
	*w = (bytes < *pitch ? bytes : *pitch) / 4;
	*h = bytes < *pitch ? 1 : bytes / *pitch;
}

static void prepare(struct vdev *d, uint64_t at, uint64_t bytes,
		    uint32_t value)
{
	unsigned int pitch, w, h;

	size_of(bytes, &pitch, &w, &h);
	reg_wr(d, DST_PITCH_OFFSET, pack_pitch_offset(pitch, at));
	reg_wr(d, DP_GUI_MASTER_CNTL, GMC_SRC_PITCH_OFFSET_LEAVE |
	       GMC_DST_PITCH_OFFSET_LEAVE | GMC_BRUSH_SOLID | GMC_DST_32BPP |
	       GMC_SRC_DSTCOLOR | GMC_DP_SRC_MEMORY | GMC_CLR_CMP_DIS |
	       GMC_ROP3(ROP3_PATCOPY));
	reg_wr(d, DP_BRUSH_FRGD_CLR, value);
	reg_wr(d, DP_CNTL, DP_LEFT_TO_RIGHT | DP_TOP_TO_BOTTOM);
	reg_wr(d, DST_Y_X, 0);
	d->bytes = bytes;
}

/* One write is one operation, so a FIFO holds much more than a slice. */
static void again(struct vdev *d)
{
	unsigned int pitch, w, h;

	size_of(d->bytes, &pitch, &w, &h);
	reg_wr(d, DST_HEIGHT_WIDTH, pack_yx(h, w));
}

static void copy(struct vdev *d, uint64_t to, uint64_t from, uint64_t bytes)
{
	unsigned int pitch, w, h;

	size_of(bytes, &pitch, &w, &h);
	reg_wr(d, DST_PITCH_OFFSET, pack_pitch_offset(pitch, to));
	reg_wr(d, SRC_PITCH_OFFSET, pack_pitch_offset(pitch, from));
	reg_wr(d, DP_GUI_MASTER_CNTL, GMC_SRC_PITCH_OFFSET_LEAVE |
	       GMC_DST_PITCH_OFFSET_LEAVE | GMC_BRUSH_NONE | GMC_DST_32BPP |
	       GMC_SRC_DSTCOLOR | GMC_DP_SRC_MEMORY | GMC_CLR_CMP_DIS |
	       GMC_ROP3(ROP3_SRCCOPY));
	reg_wr(d, DP_CNTL, DP_LEFT_TO_RIGHT | DP_TOP_TO_BOTTOM);
	reg_wr(d, SRC_Y_X, 0);
	reg_wr(d, DST_Y_X, 0);
	reg_wr(d, DST_HEIGHT_WIDTH, pack_yx(h, w));
}

static bool is_idle(struct vdev *d)
{
	return reg_rd(d, RBBM_STATUS) == FIFO_DEPTH;
}

/* A rectangle somewhere in memory, with the sources of interrupts, write by write. */
static void meddle(struct vdev *d, unsigned int seed)
{
	const uint32_t writes[][2] = {
		{ DEFAULT_SC_BOTTOM_RIGHT, DEFAULT_SC_MAX },
		{ DST_PITCH_OFFSET,
		  pack_pitch_offset(4096, seed % (d->size / MIB - 2) * MIB) },
		{ DP_GUI_MASTER_CNTL, GMC_DST_PITCH_OFFSET_LEAVE |
		  GMC_BRUSH_SOLID | GMC_DST_32BPP | GMC_SRC_DSTCOLOR |
		  GMC_ROP3(ROP3_PATCOPY) },
		{ DP_BRUSH_FRGD_CLR, marked(seed) },
		{ DST_Y_X, 0 },
		{ DST_HEIGHT_WIDTH, pack_yx(500, 500) },
		{ GEN_INT_CNTL, INT_SW | INT_VBLANK },
		{ GEN_INT_STATUS, INT_SW_FIRE },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(writes); i++)
		EXPECT(vdev_pwrite(d, REGION_REGS, &writes[i][1], 4,
				   writes[i][0]) == 4 || errno == EIO);
}

static void hostile(struct vdev *d)
{
	struct op op = hostile_op(d->size);

	if (!rnd_below(16))
		gpu_wr(d, MC_FB_LOCATION, rnd_below(2) ? rnd() : 0);
	gpu_do(d, &op);
}

static void nothing(struct vdev *d)
{
	(void)d;
}

static void irq_on(struct vdev *d)
{
	reg_wr(d, GEN_INT_CNTL, INT_SW);
}

static void irq_raise(struct vdev *d)
{
	reg_wr(d, GEN_INT_STATUS, INT_SW_FIRE);
}

static void irq_ack(struct vdev *d)
{
	reg_wr(d, GEN_INT_STATUS, INT_SW);
}

/* No operation hangs: the next one is made to look as if it did. */
static void hang(struct vdev *d, uint32_t instance)
{
	inject_hangs(instance, 1);
	gpu_fill(d, 0, 16 * 4096, 0x11223344);
}

const struct gpu_driver rv100_gpu = {
	.name = "rv100",
	.arguments = "",
	.vendor = 0x1002,
	.device = 0x5159,
	.class = 0x030000,
	.types = rv100_types,
	.nr_types = ARRAY_SIZE(rv100_types),
	.small = T4,
	.medium = T8,
	.large = T16,
	.largest = T32,
	.vram_total = 64 * MIB,
	.vram_reserved = 4 * MIB,
	.bars = {
		{ 0, PCI_BASE_ADDRESS_MEM_PREFETCH, RW | MMAP },
		{ IO_SIZE, PCI_BASE_ADDRESS_SPACE_IO, RW },
		{ REGS_SIZE, 0, RW },
	},
	.vram = VFIO_PCI_BAR0_REGION_INDEX,
	.regs = VFIO_PCI_BAR2_REGION_INDEX,
	.regs_size = REGS_SIZE,
	.nr_writable = 51,
	.config_size = 256,
	.irqs = {
		[VFIO_PCI_INTX_IRQ_INDEX] = 1,
		[VFIO_PCI_MSI_IRQ_INDEX] = 1,
		[VFIO_PCI_ERR_IRQ_INDEX] = 1,
		[VFIO_PCI_REQ_IRQ_INDEX] = 1,
	},
	.memsize = CNFG_MEMSIZE,
	.scratch = BIOS_0_SCRATCH,
	.no_register = 0x3ffc,
	.messages = VFIO_PCI_MSI_IRQ_INDEX,
	.has_rom = true,
	.has_fifo = true,
	.piece = 256 * 1024,
	.engine_name = "2d",
	.engine_class = "2d",
	.nr_queues = 1,
	.runs_by_itself = runs_by_itself,
	.init = init,
	.prepare = prepare,
	.again = again,
	.copy = copy,
	.is_idle = is_idle,
	.meddle = meddle,
	.trespass = rv100_trespass,
	.hostile = hostile,
	.close = nothing,
	.irq_on = irq_on,
	.irq_raise = irq_raise,
	.irq_ack = irq_ack,
	.can_hang = can_inject,
	.hang = hang,
	/* Of the last writes the colour; of the card its status. */
	.dump = { "0x11223344", "RBBM_STATUS", "DST_PITCH_OFFSET" },
};
