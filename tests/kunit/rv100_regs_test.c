// SPDX-License-Identifier: GPL-2.0
/*
 * The register file of an instance: the table itself, and what its handlers
 * answer. The parts of the core that need a device are played by this file.
 */
#include <kunit/test.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../../drivers/rv100/rv100.h"

#define VRAM_SIZE	SZ_4M

/* What the core was told, and what it shall answer */
static struct {
	bool irq;
	bool busy;
	u32 vblank_period;
	u32 queued;
	u32 started;
	u32 offset;
	u32 val;
	u64 written;
} core;

void vgpu_irq_set(struct vgpu_instance *inst, bool level)
{
	core.irq = level;
}

void vgpu_vblank_set(struct vgpu_instance *inst, unsigned int head,
		     u32 period_ns)
{
	core.vblank_period = period_ns;
}

bool vgpu_fifo_busy(struct vgpu_fifo *f, struct vgpu_queue *q)
{
	return core.busy;
}

u64 vgpu_bar_address(struct vgpu_instance *inst, unsigned int bar)
{
	return 0xa0000000 + (bar << 24);
}

u32 vgpu_config_read(struct vgpu_instance *inst, u32 offset, unsigned int size)
{
	return 0xc0ffee00 + offset;
}

int vgpu_fifo_submit(struct vgpu_fifo *f, struct vgpu_queue *q, u32 offset,
		     u32 val, bool starts)
{
	core.queued++;
	core.started += starts;
	core.offset = offset;
	core.val = val;
	return 0;
}

void vgpu_vram_written(struct vgpu_instance *inst, u64 offset, u64 size)
{
	core.written = size == 4 ? offset : U64_MAX;
}

/* There are no locks here: one thread is all. */
void vgpu_assert_trap_context(struct vgpu_instance *inst)
{
}

void vgpu_assert_engine_context(struct vgpu_engine *e)
{
}

/* An instance in the middle of a card with as much VRAM on both sides */
struct fixture {
	struct vgpu_regmap map;
	struct vgpu_gpu gpu;
	struct vgpu_instance inst;
	struct rv100_instance ri;
	u8 *vram;
};

static int setup(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, f);
	memset(&core, 0, sizeof(core));
	f->vram = kvzalloc(3 * VRAM_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->vram);
	test->priv = f;
	f->gpu.desc.vram.virt = (void __iomem *)f->vram;
	f->inst.gpu = &f->gpu;
	f->inst.vram_offset = VRAM_SIZE;
	f->inst.vram_size = VRAM_SIZE;
	f->inst.priv = &f->ri;
	f->inst.regs.priv = &f->ri;
	f->inst.regs.inst = &f->inst;
	f->inst.regs.submit = rv100_submit;
	ret = vgpu_fifo_init(&f->ri.fifo, RV100_FIFO_DEPTH);
	KUNIT_ASSERT_EQ(test, ret, 0);
	ret = vgpu_regmap_init(&f->map, rv100_regs, rv100_nr_regs,
			       RV100_REGS_SIZE);
	KUNIT_ASSERT_EQ(test, ret, 0);
	ret = vgpu_regfile_init(&f->inst.regs, &f->map);
	KUNIT_ASSERT_EQ(test, ret, 0);
	rv100_regs_reset(&f->inst);
	return 0;
}

static void teardown(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	vgpu_regfile_fini(&f->inst.regs);
	vgpu_regmap_fini(&f->map);
	vgpu_fifo_fini(&f->ri.fifo);
	kvfree(f->vram);
}

static u32 rd(struct kunit *test, u32 offset)
{
	struct fixture *f = test->priv;

	return vgpu_regs_read(&f->inst.regs, offset, 4);
}

static void wr(struct kunit *test, u32 offset, u32 val)
{
	struct fixture *f = test->priv;

	vgpu_regs_write(&f->inst.regs, offset, 4, val);
}

static void wr_part(struct kunit *test, u32 offset, unsigned int size, u32 val)
{
	struct fixture *f = test->priv;

	vgpu_regs_write(&f->inst.regs, offset, size, val);
}

static void rv100_table_is_sorted(struct kunit *test)
{
	u32 end = 0;
	unsigned int i;

	for (i = 0; i < rv100_nr_regs; i++) {
		const struct vgpu_reg *row = &rv100_regs[i];

		KUNIT_EXPECT_NOT_NULL(test, row->name);
		KUNIT_EXPECT_GE_MSG(test, row->offset, end, "%s at %#x",
				    row->name, row->offset);
		end = row->offset + 4 * (row->count ?: 1);
	}
	KUNIT_EXPECT_LE(test, end, RV100_REGS_SIZE);
}

/* Whatever the 2D state takes from a write must come through the FIFO. */
static void rv100_engine_rows_are_complete(struct kunit *test)
{
	struct rv100_2d_state before, s;
	u32 offset, rows = 0;

	rv100_2d_reset(&before);
	for (offset = 0; offset < RV100_REGS_SIZE; offset += 4) {
		bool starts, matters;

		s = before;
		starts = rv100_2d_write(&s, offset, 0x00010005);
		matters = starts || memcmp(&s, &before, sizeof(s));
		core.queued = 0;
		core.started = 0;
		wr(test, offset, 0x00010005);
		KUNIT_EXPECT_TRUE_MSG(test, core.queued || !matters,
				      "%#x is not queued", offset);
		KUNIT_EXPECT_EQ_MSG(test, core.started, starts,
				    "what %#x starts", offset);
		rows += core.queued;
	}
	KUNIT_EXPECT_GT(test, rows, 50);
}

static void rv100_sizes_are_the_instances(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, rd(test, 0xf8), VRAM_SIZE);
	KUNIT_EXPECT_EQ(test, rd(test, 0x108), VRAM_SIZE);
	KUNIT_EXPECT_EQ(test, rd(test, 0x148), 0x003f0000);
	KUNIT_EXPECT_EQ(test, rd(test, 0x100), 0xa0000000);
	KUNIT_EXPECT_EQ(test, rd(test, 0x10c), 0xa2000000);
	KUNIT_EXPECT_EQ(test, rd(test, 0x110), 0x4000);
	KUNIT_EXPECT_EQ(test, rd(test, 0xf00), 0xc0ffee00);
	KUNIT_EXPECT_EQ(test, rd(test, 0xf2c), 0xc0ffee2c);
	/* A guest cannot make itself larger. */
	wr(test, 0xf8, SZ_64M);
	wr(test, 0x108, SZ_64M);
	KUNIT_EXPECT_EQ(test, rd(test, 0xf8), VRAM_SIZE);
	KUNIT_EXPECT_EQ(test, rd(test, 0x108), VRAM_SIZE);
}

static void rv100_indexed_registers(struct kunit *test)
{
	struct fixture *f = test->priv;

	wr(test, 0x0, 0x10);
	wr(test, 0x4, 0x12345678);
	KUNIT_EXPECT_EQ(test, rd(test, 0x10), 0x12345678);
	KUNIT_EXPECT_EQ(test, rd(test, 0x4), 0x12345678);
	wr_part(test, 0x6, 2, 0xabcd);
	KUNIT_EXPECT_EQ(test, rd(test, 0x10), 0xabcd5678);
	/* The pair does not lead to itself. */
	wr(test, 0x0, 0x4);
	wr(test, 0x4, 0x55);
	KUNIT_EXPECT_EQ(test, rd(test, 0x4), 0);
	/* Beyond the register file */
	f->inst.regs.unknown = 0;
	wr(test, 0x0, 0x7ffffffc);
	wr(test, 0x4, 1);
	KUNIT_EXPECT_EQ(test, rd(test, 0x4), 0);
	KUNIT_EXPECT_EQ(test, f->inst.regs.unknown, 2);
}

static u32 vram32(struct fixture *f, u32 at)
{
	return *(u32 *)(f->vram + at);
}

static void rv100_indexed_vram(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i, dirty = 0;

	wr(test, 0x0, BIT(31));
	wr(test, 0x4, 0x11223344);
	KUNIT_EXPECT_EQ(test, vram32(f, VRAM_SIZE), 0x11223344);
	KUNIT_EXPECT_EQ(test, rd(test, 0x4), 0x11223344);
	wr_part(test, 0x5, 1, 0xee);
	KUNIT_EXPECT_EQ(test, vram32(f, VRAM_SIZE), 0x1122ee44);

	wr(test, 0x0, BIT(31) | (VRAM_SIZE - 4));
	wr(test, 0x4, 0x55667788);
	KUNIT_EXPECT_EQ(test, vram32(f, 2 * VRAM_SIZE - 4), 0x55667788);
	/* Whoever copies the memory is told. */
	KUNIT_EXPECT_EQ(test, core.written, VRAM_SIZE - 4);

	/* One past the end, and as far as the index goes */
	memset(f->vram, 0xa5, 3 * VRAM_SIZE);
	wr(test, 0x0, BIT(31) | VRAM_SIZE);
	wr(test, 0x4, 1);
	wr_part(test, 0x4, 1, 1);
	KUNIT_EXPECT_EQ(test, rd(test, 0x4), 0);
	wr(test, 0x0, 0xffffffff);
	wr(test, 0x4, 1);
	KUNIT_EXPECT_EQ(test, rd(test, 0x4), 0);
	for (i = 0; i < 3 * VRAM_SIZE; i += 4)
		dirty += vram32(f, i) != 0xa5a5a5a5;
	KUNIT_EXPECT_EQ(test, dirty, 0);
}

static void rv100_clocks(struct kunit *test)
{
	u32 fresh, i;

	/* Drivers divide by what the pixel PLLs multiply with, and by. */
	for (i = 4; i <= 7; i++) {
		wr_part(test, 0x8, 1, i);
		KUNIT_EXPECT_NE(test, rd(test, 0xc) & 0x7ff, 0);
	}
	wr_part(test, 0x8, 1, 0x03);
	KUNIT_EXPECT_NE(test, rd(test, 0xc) & 0x3ff, 0);
	/* Register 7, not enabled for writing, then enabled */
	wr_part(test, 0x8, 1, 0x07);
	fresh = rd(test, 0xc);
	wr(test, 0xc, 0x1234);
	KUNIT_EXPECT_EQ(test, rd(test, 0xc), fresh);
	wr_part(test, 0x8, 1, 0x87);
	wr(test, 0xc, 0x1234);
	KUNIT_EXPECT_EQ(test, rd(test, 0xc), 0x1234);
	/* Another one is not changed by that. */
	wr_part(test, 0x8, 1, 0x06);
	KUNIT_EXPECT_EQ(test, rd(test, 0xc), fresh);
	/* An update is over when it is looked at. */
	wr_part(test, 0x8, 1, 0x83);
	wr(test, 0xc, 0x800c);
	KUNIT_EXPECT_EQ(test, rd(test, 0xc), 0xc);
}

static void rv100_palette(struct kunit *test)
{
	u32 i;

	wr(test, 0xb0, 0xfe);
	for (i = 1; i <= 3; i++)
		wr(test, 0xb4, 0x010101 * i);
	/* Two at the end, and around to the first */
	wr(test, 0xb0, 0xfe0000);
	KUNIT_EXPECT_EQ(test, rd(test, 0xb4), 0x010101);
	KUNIT_EXPECT_EQ(test, rd(test, 0xb4), 0x020202);
	KUNIT_EXPECT_EQ(test, rd(test, 0xb4), 0x030303);
	/* Ten bits a colour */
	wr(test, 0xb0, 0x00100010);
	wr(test, 0xb8, 0x3fc << 20 | 0x200 << 10 | 4);
	KUNIT_EXPECT_EQ(test, rd(test, 0xb4), 0xff8001);
	/* The second head's is another one. */
	wr(test, 0x7c, BIT(5));
	wr(test, 0xb0, 0x00100000);
	KUNIT_EXPECT_EQ(test, rd(test, 0xb4), 0x101010);
}

static void rv100_engine_status(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, rd(test, 0xe40), 64);
	KUNIT_EXPECT_EQ(test, rd(test, 0x1714) & BIT(31), 0);
	KUNIT_EXPECT_TRUE(test, vgpu_fifo_push(&f->ri.fifo, 0x1438, 0));
	KUNIT_EXPECT_TRUE(test, vgpu_fifo_push(&f->ri.fifo, 0x1438, 0));
	core.busy = true;
	KUNIT_EXPECT_EQ(test, rd(test, 0xe40), BIT(31) | 62);
	KUNIT_EXPECT_EQ(test, rd(test, 0x1740), BIT(31) | 62);
	KUNIT_EXPECT_EQ(test, rd(test, 0x1714) & BIT(31), BIT(31));
}

/* Part of a register, after another name of it was written */
static void rv100_partial_engine_writes(struct kunit *test)
{
	wr(test, 0x141c, 5);
	wr(test, 0x1420, 6);
	KUNIT_EXPECT_EQ(test, rd(test, 0x1438), 0x00060005);
	wr_part(test, 0x143a, 2, 9);
	KUNIT_EXPECT_EQ(test, core.offset, 0x1438);
	KUNIT_EXPECT_EQ(test, core.val, 0x00090005);
	KUNIT_EXPECT_EQ(test, rd(test, 0x1420), 9);
	KUNIT_EXPECT_EQ(test, rd(test, 0x1594), 0x00050009);
}

static void rv100_monitor_lines(struct kunit *test)
{
	static const u32 ports[] = { 0x60, 0x64, 0x68, 0x6c };
	struct fixture *f = test->priv;
	unsigned int i;

	vgpu_ddc_reset(&f->inst.ddc);
	for (i = 0; i < ARRAY_SIZE(ports); i++) {
		KUNIT_EXPECT_EQ(test, rd(test, ports[i]) & 0x300, 0x300);
		wr(test, ports[i], BIT(16));
		KUNIT_EXPECT_EQ(test, rd(test, ports[i]) & 0x300, 0x200);
		wr(test, ports[i], BIT(17));
		KUNIT_EXPECT_EQ(test, rd(test, ports[i]) & 0x300, 0x100);
		wr(test, ports[i], 0);
		KUNIT_EXPECT_EQ(test, rd(test, ports[i]) & 0x300, 0x300);
	}
}

static void rv100_software_interrupt(struct kunit *test)
{
	wr(test, 0x44, BIT(26));
	KUNIT_EXPECT_EQ(test, rd(test, 0x44) & BIT(25), BIT(25));
	KUNIT_EXPECT_FALSE(test, core.irq);
	wr(test, 0x40, BIT(25));
	KUNIT_EXPECT_TRUE(test, core.irq);
	wr(test, 0x44, BIT(25));
	KUNIT_EXPECT_EQ(test, rd(test, 0x44) & BIT(25), 0);
	KUNIT_EXPECT_FALSE(test, core.irq);
}

/* 1024x768 in 1344x806 with 27 MHz * 116 / 12 / 4 = 65.25 MHz */
static void set_mode(struct kunit *test)
{
	wr(test, 0x8, 0x87 | 3 << 8);
	wr(test, 0xc, 2 << 16 | 116);
	wr(test, 0x200, 127 << 16 | 167);
	wr(test, 0x208, 767 << 16 | 805);
	wr(test, 0x22c, 128);
	wr(test, 0x224, 0x1000);
	wr(test, 0x50, BIT(25) | BIT(24) | 6 << 8);
}

static void rv100_mode_timing(struct kunit *test)
{
	struct fixture *f = test->priv;

	set_mode(test);
	KUNIT_EXPECT_EQ(test, f->ri.timing.total, 806);
	KUNIT_EXPECT_EQ(test, f->ri.timing.visible, 768);
	KUNIT_EXPECT_EQ(test, f->ri.timing.period_ns, 16601747);
	KUNIT_EXPECT_LT(test, rd(test, 0x210) >> 16, 806);

	KUNIT_EXPECT_EQ(test, core.vblank_period, 0);
	wr(test, 0x40, BIT(0));
	KUNIT_EXPECT_EQ(test, core.vblank_period, 16601747);
	wr(test, 0x50, 0);
	KUNIT_EXPECT_EQ(test, core.vblank_period, 0);
}

static void rv100_scanout_of_mode(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vgpu_scanout s;

	rv100_scanout(&f->inst, 0, &s);
	KUNIT_EXPECT_FALSE(test, s.enabled);
	set_mode(test);
	rv100_scanout(&f->inst, 0, &s);
	KUNIT_EXPECT_TRUE(test, s.enabled);
	KUNIT_EXPECT_EQ(test, s.width, 1024);
	KUNIT_EXPECT_EQ(test, s.height, 768);
	KUNIT_EXPECT_EQ(test, s.bpp, 32);
	KUNIT_EXPECT_EQ(test, s.stride, 4096);
	KUNIT_EXPECT_EQ(test, s.offset, 0x1000);
	KUNIT_EXPECT_NULL(test, s.palette);
	/* A colour that is not what it says */
	wr(test, 0xb0, 7);
	wr(test, 0xb4, 0xaaaaaa);
	rv100_scanout(&f->inst, 0, &s);
	KUNIT_ASSERT_NOT_NULL(test, s.palette);
	KUNIT_EXPECT_EQ(test, s.palette[7], 0xaaaaaa);
	/* VRAM moved: the same place, seen from elsewhere */
	wr(test, 0x148, 0xe03fe000);
	wr(test, 0x23c, 0xe0000000);
	rv100_scanout(&f->inst, 0, &s);
	KUNIT_EXPECT_EQ(test, s.offset, 0x1000);
	/* Blanked, and the second head */
	wr(test, 0x54, BIT(10));
	rv100_scanout(&f->inst, 0, &s);
	KUNIT_EXPECT_FALSE(test, s.enabled);
	wr(test, 0x54, 0);
	rv100_scanout(&f->inst, 1, &s);
	KUNIT_EXPECT_FALSE(test, s.enabled);
}

static void rv100_rom_image(struct kunit *test)
{
	u8 *rom = kunit_kzalloc(test, RV100_ROM_SIZE, GFP_KERNEL);
	u32 i, pcir, pll;
	u8 sum = 0;

	KUNIT_ASSERT_NOT_NULL(test, rom);
	rv100_rom_build(rom, 0x1002, 0x5159);
	for (i = 0; i < RV100_ROM_SIZE; i++)
		sum += rom[i];
	KUNIT_EXPECT_EQ(test, sum, 0);
	KUNIT_EXPECT_EQ(test, rom[0] | rom[1] << 8, 0xaa55);
	pcir = rom[0x18] | rom[0x19] << 8;
	KUNIT_EXPECT_MEMEQ(test, rom + pcir, "PCIR\x02\x10\x59\x51", 8);
	/* radeonfb: header at 0x48, clocks at 0x30 of it, crystal at 0x0e */
	i = rom[0x48] | rom[0x49] << 8;
	pll = rom[i + 0x30] | rom[i + 0x31] << 8;
	KUNIT_EXPECT_EQ(test, rom[pll + 0xe] | rom[pll + 0xf] << 8, 2700);
}

static struct kunit_case rv100_regs_cases[] = {
	KUNIT_CASE(rv100_table_is_sorted),
	KUNIT_CASE(rv100_engine_rows_are_complete),
	KUNIT_CASE(rv100_sizes_are_the_instances),
	KUNIT_CASE(rv100_indexed_registers),
	KUNIT_CASE(rv100_indexed_vram),
	KUNIT_CASE(rv100_clocks),
	KUNIT_CASE(rv100_palette),
	KUNIT_CASE(rv100_engine_status),
	KUNIT_CASE(rv100_partial_engine_writes),
	KUNIT_CASE(rv100_monitor_lines),
	KUNIT_CASE(rv100_software_interrupt),
	KUNIT_CASE(rv100_mode_timing),
	KUNIT_CASE(rv100_scanout_of_mode),
	KUNIT_CASE(rv100_rom_image),
	{}
};

static struct kunit_suite rv100_regs_suite = {
	.name = "rv100_regs",
	.init = setup,
	.exit = teardown,
	.test_cases = rv100_regs_cases,
};

kunit_test_suite(rv100_regs_suite);

MODULE_LICENSE("GPL");
