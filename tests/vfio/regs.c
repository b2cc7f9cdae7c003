// SPDX-License-Identifier: GPL-2.0
/* The register file, by the memory BAR and by the I/O BAR. */
#include <stdlib.h>
#include <sys/mman.h>
#include "gpu2d.h"

/* No register of the RV100. */
#define NO_REGISTER	0x3ffc

static struct vdev *d;

static void before(void)
{
	d = vdev_new(T8);
}

static void sizes_are_the_instance_s(void)
{
	unsigned int type;

	for (type = 0; type < gpu->nr_types; type++) {
		vdev_cleanup();
		d = vdev_new(&gpu->types[type]);
		EXPECT_EQ(reg_rd(d, CNFG_MEMSIZE), gpu->types[type].size);
		EXPECT_EQ(reg_rd(d, CNFG_APER_SIZE), gpu->types[type].size);
		EXPECT_EQ(reg_rd(d, MC_FB_LOCATION),
			  (gpu->types[type].size - 1) & 0xffff0000);
	}
}

static void bar_addresses(void)
{
	cfg_wr(d, PCI_BASE_ADDRESS_0, 4, 0xd0000000);
	cfg_wr(d, PCI_BASE_ADDRESS_2, 4, 0xfebf0000);
	EXPECT_EQ(reg_rd(d, CNFG_APER_0_BASE), 0xd0000000);
	EXPECT_EQ(reg_rd(d, CNFG_REG_1_BASE), 0xfebf0000);
	EXPECT_EQ(reg_rd(d, CNFG_REG_APER_SIZE), REGS_SIZE);
}

static void shadow_keeps_what_is_written(void)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		reg_wr(d, BIOS_0_SCRATCH + i * 4, 0x11111111 * (i + 1));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(reg_rd(d, BIOS_0_SCRATCH + i * 4),
			  0x11111111 * (i + 1));
}

static void read_only_stays(void)
{
	static const uint32_t ro[] = {
		CNFG_MEMSIZE, CNFG_APER_SIZE, CNFG_APER_0_BASE,
		CNFG_REG_1_BASE, CNFG_REG_APER_SIZE, RBBM_STATUS,
	};
	unsigned int i;

	gpu_idle(d);
	for (i = 0; i < ARRAY_SIZE(ro); i++) {
		uint32_t old = reg_rd(d, ro[i]);

		reg_wr(d, ro[i], ~old);
		EXPECT_EQ(reg_rd(d, ro[i]), old);
		reg_wr(d, ro[i], 0);
		EXPECT_EQ(reg_rd(d, ro[i]), old);
	}
}

static void write_one_to_clear(void)
{
	reg_wr(d, GEN_INT_CNTL, 0);
	reg_wr(d, GEN_INT_STATUS, INT_SW_FIRE);
	EXPECT_EQ(reg_rd(d, GEN_INT_STATUS) & INT_SW, INT_SW);
	/* Writing zero, or another bit, clears nothing. */
	reg_wr(d, GEN_INT_STATUS, 0);
	EXPECT_EQ(reg_rd(d, GEN_INT_STATUS) & INT_SW, INT_SW);
	reg_wr(d, GEN_INT_STATUS, INT_VBLANK);
	EXPECT_EQ(reg_rd(d, GEN_INT_STATUS) & INT_SW, INT_SW);
	reg_wr(d, GEN_INT_STATUS, INT_SW);
	EXPECT_EQ(reg_rd(d, GEN_INT_STATUS) & INT_SW, 0);
}

static void bytes_and_words(void)
{
	unsigned int i;

	reg_wr(d, BIOS_0_SCRATCH, 0x44332211);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(vdev_rd(d, REGION_REGS, BIOS_0_SCRATCH + i, 1),
			  0x11 * (i + 1));
	EXPECT_EQ(vdev_rd(d, REGION_REGS, BIOS_0_SCRATCH, 2), 0x2211);
	EXPECT_EQ(vdev_rd(d, REGION_REGS, BIOS_0_SCRATCH + 2, 2), 0x4433);

	vdev_wr(d, REGION_REGS, BIOS_0_SCRATCH + 1, 1, 0xaa);
	EXPECT_EQ(reg_rd(d, BIOS_0_SCRATCH), 0x4433aa11);
	vdev_wr(d, REGION_REGS, BIOS_0_SCRATCH + 2, 2, 0xbbcc);
	EXPECT_EQ(reg_rd(d, BIOS_0_SCRATCH), 0xbbccaa11);
}

/* An access across two registers is done piece by piece. */
static void unaligned_and_long(void)
{
	uint8_t want[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	uint8_t got[8];
	unsigned int at, len;

	ASSERT_EQ(vdev_pwrite(d, REGION_REGS, want, 8, BIOS_0_SCRATCH), 8);
	EXPECT_EQ(reg_rd(d, BIOS_0_SCRATCH), 0x04030201);
	EXPECT_EQ(reg_rd(d, BIOS_1_SCRATCH), 0x08070605);
	for (at = 0; at < 8; at++) {
		for (len = 1; at + len <= 8; len++) {
			ASSERT_EQ(vdev_pread(d, REGION_REGS, got, len,
					     BIOS_0_SCRATCH + at), len);
			EXPECT(!memcmp(got, want + at, len));
		}
	}
	ASSERT_EQ(vdev_pwrite(d, REGION_REGS, "\x30\x40\x50\x60", 4,
			      BIOS_0_SCRATCH + 2), 4);
	EXPECT_EQ(reg_rd(d, BIOS_0_SCRATCH), 0x40300201);
	EXPECT_EQ(reg_rd(d, BIOS_1_SCRATCH), 0x08076050);
}

static void past_the_end(void)
{
	uint32_t val = 0;
	uint8_t buf[8];

	EXPECT_ERR(vdev_pread(d, REGION_REGS, &val, 4, REGS_SIZE), EINVAL);
	EXPECT_ERR(vdev_pwrite(d, REGION_REGS, &val, 4, REGS_SIZE), EINVAL);
	EXPECT_ERR(vdev_pread(d, REGION_IO, &val, 4, IO_SIZE), EINVAL);
	EXPECT_ERR(vdev_pwrite(d, REGION_IO, &val, 4, IO_SIZE), EINVAL);
	EXPECT_EQ(vdev_pread(d, REGION_REGS, buf, 8, REGS_SIZE - 4), 4);
}

static void unknown_registers_are_counted(void)
{
	uint64_t before = mdev_attr_u64(d->uuid, "unknown_regs");

	EXPECT_EQ(reg_rd(d, NO_REGISTER), 0);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "unknown_regs"), before + 1);
	reg_wr(d, NO_REGISTER, 0x12345678);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "unknown_regs"), before + 2);
	EXPECT_EQ(reg_rd(d, NO_REGISTER), 0);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "unknown_regs"), before + 3);
	reg_rd(d, CNFG_MEMSIZE);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "unknown_regs"), before + 3);
}

static void traps_are_counted(void)
{
	uint64_t before = mdev_attr_u64(d->uuid, "traps");
	unsigned int i;

	for (i = 0; i < 10; i++)
		reg_rd(d, CNFG_MEMSIZE);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "traps"), before + 10);
}

/* One BAR's index and data pair. */
static uint32_t indexed_rd(unsigned int region, uint32_t index)
{
	vdev_wr(d, region, MM_INDEX, 4, index);
	return vdev_rd(d, region, MM_DATA, 4);
}

static void indexed_wr(unsigned int region, uint32_t index, uint32_t val)
{
	vdev_wr(d, region, MM_INDEX, 4, index);
	vdev_wr(d, region, MM_DATA, 4, val);
}

static void index_reaches_registers(void)
{
	const unsigned int bars[] = { REGION_IO, REGION_REGS };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bars); i++) {
		EXPECT_EQ(indexed_rd(bars[i], CNFG_MEMSIZE), d->size);
		reg_wr(d, BIOS_1_SCRATCH, 0x600d + i);
		EXPECT_EQ(indexed_rd(bars[i], BIOS_1_SCRATCH), 0x600d + i);
		indexed_wr(bars[i], BIOS_1_SCRATCH, 0xcafe + i);
		EXPECT_EQ(reg_rd(d, BIOS_1_SCRATCH), 0xcafe + i);
	}
}

/* The index register must not lead to itself, nor beyond the file. */
static void index_bounds(void)
{
	uint32_t index;

	for (index = 0; index < 8; index += 4) {
		indexed_wr(REGION_IO, index, CNFG_MEMSIZE);
		indexed_rd(REGION_IO, index);
	}
	EXPECT_EQ(indexed_rd(REGION_IO, REGS_SIZE), 0);
	EXPECT_EQ(indexed_rd(REGION_IO, 0x7ffffffc), 0);
	indexed_wr(REGION_IO, 0x7ffffffc, 0xffffffff);
	EXPECT_EQ(indexed_rd(REGION_IO, CNFG_MEMSIZE), d->size);
}

static void io_bar_is_the_low_registers(void)
{
	reg_wr(d, BIOS_0_SCRATCH, 0x1234abcd);
	EXPECT_EQ(vdev_rd(d, REGION_IO, BIOS_0_SCRATCH, 4), 0x1234abcd);
	vdev_wr(d, REGION_IO, BIOS_0_SCRATCH, 2, 0x7777);
	EXPECT_EQ(reg_rd(d, BIOS_0_SCRATCH), 0x12347777);
	EXPECT_EQ(vdev_rd(d, REGION_IO, CNFG_MEMSIZE, 4), d->size);
}

static void index_reaches_vram(void)
{
	uint32_t *vram = vdev_map_vram(d);
	uint32_t last = d->size - 4;

	vram[0] = 0x01020304;
	vram[d->size / 4 - 1] = 0x05060708;
	EXPECT_EQ(indexed_rd(REGION_IO, MM_APER), 0x01020304);
	EXPECT_EQ(indexed_rd(REGION_IO, MM_APER | last), 0x05060708);
	indexed_wr(REGION_IO, MM_APER | 4096, 0xfeedbeef);
	EXPECT_EQ(vram[1024], 0xfeedbeef);
	indexed_wr(REGION_REGS, MM_APER | last, 0x99);
	EXPECT_EQ(vram[d->size / 4 - 1], 0x99);
	munmap(vram, d->size);
}

static void index_beyond_vram(void)
{
	uint32_t *vram = vdev_map_vram(d);
	uint32_t at;

	vram[0] = 0x11111111;
	for (at = d->size; at < MM_APER - 4 && at >= d->size; at *= 2) {
		indexed_wr(REGION_IO, MM_APER | at, 0xbad);
		EXPECT_EQ(indexed_rd(REGION_IO, MM_APER | at), 0);
	}
	indexed_wr(REGION_IO, 0xfffffffc, 0xbad);
	EXPECT_EQ(indexed_rd(REGION_IO, 0xfffffffc), 0);
	EXPECT_EQ(vram[0], 0x11111111);
	munmap(vram, d->size);
}

static void idle_status(void)
{
	EXPECT_EQ(reg_rd(d, RBBM_STATUS), FIFO_DEPTH);
	gpu_init(d);
	gpu_rect(d, 0, 4096, 64, 64, 1);
	gpu_idle(d);
	EXPECT_EQ(reg_rd(d, RBBM_STATUS), FIFO_DEPTH);
}

/* While work is queued the chip is active, and has less room in its FIFO. */
static void busy_status(void)
{
	bool active = false, fewer = false;
	unsigned int i, j;

	gpu_init(d);
	for (i = 0; i < 200 && !(active && fewer); i++) {
		for (j = 0; j < 30; j++) {
			uint32_t status;

			reg_wr(d, DST_X_Y, 0);
			gpu_rect(d, 0, 4096, 1024, 2048, i);
			status = reg_rd(d, RBBM_STATUS);
			active |= !!(status & RBBM_ACTIVE);
			fewer |= (status & RBBM_FIFOCNT_MASK) < FIFO_DEPTH;
		}
		gpu_idle(d);
	}
	EXPECT(active);
	EXPECT(fewer);
}

static void pll_wr(unsigned int index, uint32_t val)
{
	reg_wr(d, CLOCK_CNTL_INDEX, index | PLL_WR_EN);
	reg_wr(d, CLOCK_CNTL_DATA, val);
}

static uint32_t pll_rd(unsigned int index)
{
	reg_wr(d, CLOCK_CNTL_INDEX, index);
	return reg_rd(d, CLOCK_CNTL_DATA);
}

static void pll_registers(void)
{
	unsigned int i;

	for (i = PPLL_DIV_0; i <= PPLL_DIV_3; i++)
		pll_wr(i, 0x10000 | i * 3);
	for (i = PPLL_DIV_0; i <= PPLL_DIV_3; i++)
		EXPECT_EQ(pll_rd(i), 0x10000 | i * 3);
	/* Without the enable bit a write does nothing. */
	reg_wr(d, CLOCK_CNTL_INDEX, PPLL_DIV_0);
	reg_wr(d, CLOCK_CNTL_DATA, 0x1ff);
	EXPECT_EQ(pll_rd(PPLL_DIV_0), 0x10000 | PPLL_DIV_0 * 3);
}

static uint32_t palette_entry(unsigned int i)
{
	return i << 16 | (255 - i) << 8 | (i * 7 & 0xff);
}

static void palette(void)
{
	unsigned int i;

	/* The index goes up by itself. */
	vdev_wr(d, REGION_REGS, PALETTE_INDEX, 1, 0);
	for (i = 0; i < 256; i++)
		reg_wr(d, PALETTE_DATA, palette_entry(i));
	/* The read index stands in the third byte. */
	vdev_wr(d, REGION_REGS, PALETTE_INDEX + 2, 1, 0);
	for (i = 0; i < 256; i++)
		EXPECT_EQ(reg_rd(d, PALETTE_DATA) & 0xffffff,
			  palette_entry(i));
}

static const struct tap_test tests[] = {
	TAP_TEST(sizes_are_the_instance_s),
	TAP_TEST(bar_addresses),
	TAP_TEST(shadow_keeps_what_is_written),
	TAP_TEST(read_only_stays),
	TAP_TEST(write_one_to_clear),
	TAP_TEST(bytes_and_words),
	TAP_TEST(unaligned_and_long),
	TAP_TEST(past_the_end),
	TAP_TEST(unknown_registers_are_counted),
	TAP_TEST(traps_are_counted),
	TAP_TEST(index_reaches_registers),
	TAP_TEST(index_bounds),
	TAP_TEST(io_bar_is_the_low_registers),
	TAP_TEST(index_reaches_vram),
	TAP_TEST(index_beyond_vram),
	TAP_TEST(idle_status),
	TAP_TEST(busy_status),
	TAP_TEST(pll_registers),
	TAP_TEST(palette),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "regs", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = vdev_cleanup,
	};

	return tap_run(&suite);
}
