// SPDX-License-Identifier: GPL-2.0
/* VFIO_DEVICE_RESET: what goes back to its default, and what stays. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "display.h"
#include "fault.h"
#include "gpu2d.h"

#define DECODE_ALL	(PCI_COMMAND_IO | PCI_COMMAND_MEMORY)

#define NR_REGS		(REGS_SIZE / 4)

static struct vdev *d;

static void before(void)
{
	d = vdev_new(T4);
}

static void reset(void)
{
	ASSERT_OK(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL));
}

/* A reset, and decode on again. */
static void reset_and_wake(void)
{
	reset();
	vdev_decode(d, DECODE_ALL);
}

/* What changes by itself: the beam and its interrupt. */
static bool runs_by_itself(uint32_t reg)
{
	return reg == GEN_INT_STATUS || reg == CRTC_STATUS ||
	       reg == CRTC_VLINE_CRNT_VLINE || reg == CRTC_CRNT_FRAME;
}

static void snapshot_regs(uint32_t *regs)
{
	unsigned int i;

	for (i = 0; i < NR_REGS; i++)
		regs[i] = runs_by_itself(i * 4) ? 0 : reg_rd(d, i * 4);
}

/* Everything that a guest can write, three times over. */
static void disturb_regs(void)
{
	static const uint32_t vals[] = { 0xffffffff, 0xa5a5a5a5, 0x12345678 };
	unsigned int i, j;

	for (j = 0; j < ARRAY_SIZE(vals); j++) {
		for (i = 0; i < NR_REGS; i++)
			reg_wr(d, i * 4, vals[j]);
	}
	gpu_idle(d);
}

static void registers_go_back(void)
{
	uint32_t *fresh = malloc(REGS_SIZE), *now = malloc(REGS_SIZE);
	unsigned int i, changed = 0;

	ASSERT(fresh && now);
	/* Reading moves some indices on: begin after a reset as well. */
	reset_and_wake();
	snapshot_regs(fresh);
	disturb_regs();
	snapshot_regs(now);
	for (i = 0; i < NR_REGS; i++)
		changed += now[i] != fresh[i];
	/* Most of what is known can be changed, or this proves nothing. */
	EXPECT(changed > 50);

	reset_and_wake();
	snapshot_regs(now);
	changed = 0;
	for (i = 0; i < NR_REGS && changed < 10; i++) {
		if (EXPECT_EQ(now[i], fresh[i]))
			continue;
		tap_note("register %#x", i * 4);
		changed++;
	}
	free(fresh);
	free(now);
}

static uint32_t pll_rd(unsigned int index)
{
	reg_wr(d, CLOCK_CNTL_INDEX, index);
	return reg_rd(d, CLOCK_CNTL_DATA);
}

static void read_palette(uint32_t *palette)
{
	unsigned int i;

	/* The read index. */
	vdev_wr(d, REGION_REGS, PALETTE_INDEX + 2, 1, 0);
	for (i = 0; i < PALETTE_SIZE; i++)
		palette[i] = reg_rd(d, PALETTE_DATA);
}

static void clocks_and_palette_go_back(void)
{
	uint32_t pll[NR_PLL], fresh[PALETTE_SIZE], now[PALETTE_SIZE];
	unsigned int i;

	for (i = 0; i < NR_PLL; i++)
		pll[i] = pll_rd(i);
	read_palette(fresh);
	for (i = 0; i < NR_PLL; i++) {
		reg_wr(d, CLOCK_CNTL_INDEX, i | PLL_WR_EN);
		reg_wr(d, CLOCK_CNTL_DATA, ~pll[i]);
	}
	EXPECT(pll_rd(PPLL_DIV_0) != pll[PPLL_DIV_0]);
	for (i = 0; i < PALETTE_SIZE; i++)
		now[i] = ~fresh[i] & 0xffffff;
	display_palette(d, now);
	read_palette(now);
	EXPECT(memcmp(now, fresh, sizeof(now)));

	reset_and_wake();
	for (i = 0; i < NR_PLL; i++)
		EXPECT_EQ(pll_rd(i), pll[i]);
	read_palette(now);
	EXPECT(!memcmp(now, fresh, sizeof(now)));
}

static void config_goes_back(void)
{
	uint8_t fresh[CONFIG_SIZE], now[CONFIG_SIZE], ones[CONFIG_SIZE];

	reset();
	ASSERT_EQ(vdev_pread(d, REGION_CONFIG, fresh, CONFIG_SIZE, 0),
		  CONFIG_SIZE);
	memset(ones, 0xff, sizeof(ones));
	ASSERT_EQ(vdev_pwrite(d, REGION_CONFIG, ones, CONFIG_SIZE, 0),
		  CONFIG_SIZE);
	ASSERT_EQ(vdev_pread(d, REGION_CONFIG, now, CONFIG_SIZE, 0),
		  CONFIG_SIZE);
	EXPECT(memcmp(now, fresh, CONFIG_SIZE));

	reset();
	ASSERT_EQ(vdev_pread(d, REGION_CONFIG, now, CONFIG_SIZE, 0),
		  CONFIG_SIZE);
	EXPECT(!memcmp(now, fresh, CONFIG_SIZE));
	EXPECT_EQ(cfg_rd(d, PCI_COMMAND, 2), 0);
}

static void decode_goes_off(void)
{
	uint32_t *vram = vdev_map_vram(d);
	uint32_t val = 0;

	vram[0] = 1;
	reset();
	EXPECT_ERR(vdev_pread(d, REGION_REGS, &val, 4, 0), EIO);
	EXPECT_ERR(vdev_pread(d, REGION_IO, &val, 4, 0), EIO);
	EXPECT_ERR(vdev_pread(d, REGION_VRAM, &val, 4, 0), EIO);
	EXPECT(raises_sigbus(vram, false));
	munmap(vram, d->size);
}

static void partition_stays(void)
{
	uint32_t *vram = vdev_map_vram(d);
	uint32_t *want = malloc(d->size);
	uint64_t offset = mdev_attr_u64(d->uuid, "vram_offset");

	ASSERT(want);
	fill_pattern(want, d->size, 1);
	memcpy(vram, want, d->size);
	reset_and_wake();
	EXPECT_EQ(mdev_attr_u64(d->uuid, "vram_offset"), offset);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "vram_size"), d->size);
	EXPECT_EQ(reg_rd(d, CNFG_MEMSIZE), d->size);
	EXPECT_EQ(first_difference(vram, want, d->size), d->size);
	free(want);
	munmap(vram, d->size);
}

static int watch_vblank(struct vdev *of)
{
	int evt = evt_new();

	display_set_mode(of, 640, 480, 32, 0);
	vdev_bus_master(of, true);
	ASSERT_OK(irq_eventfd(of, VFIO_PCI_MSI_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, evt));
	reg_wr(of, GEN_INT_CNTL, INT_VBLANK);
	return evt;
}

static void next_vblank(struct vdev *of, int evt)
{
	EXPECT(evt_wait(evt) >= 1);
	reg_wr(of, GEN_INT_STATUS, INT_VBLANK);
}

static void vblank_stops(void)
{
	struct vdev *other = vdev_new(T4);
	int evt = watch_vblank(d), others = watch_vblank(other);
	unsigned int i;

	EXPECT_EQ(evt_wait(evt), 1);
	reg_wr(d, GEN_INT_STATUS, INT_VBLANK);
	EXPECT(evt_wait(evt) >= 1);

	reset();
	vdev_bus_master(d, true);
	evt_take(evt);
	/* Its monitor goes on, as another's does: none may be noticed meanwhile. */
	for (i = 0; i < 12; i++)
		next_vblank(other, others);
	EXPECT_EQ(evt_take(evt), 0);
	close(evt);
	close(others);
}

static void interrupt_is_lowered(void)
{
	int evt = evt_new();

	ASSERT_OK(irq_eventfd(d, VFIO_PCI_INTX_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, evt));
	reg_wr(d, GEN_INT_CNTL, INT_SW);
	reg_wr(d, GEN_INT_STATUS, INT_SW_FIRE);
	EXPECT_EQ(evt_wait(evt), 1);
	EXPECT(cfg_rd(d, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);

	reset();
	EXPECT(!(cfg_rd(d, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT));
	ASSERT_OK(irq_set(d, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_DATA_NONE |
			  VFIO_IRQ_SET_ACTION_UNMASK, 0, 1, NULL, 0));
	EXPECT_EQ(evt_take(evt), 0);

	/* The eventfd is user space's: it stays where it was. */
	vdev_decode(d, DECODE_ALL);
	EXPECT_EQ(reg_rd(d, GEN_INT_STATUS) & INT_SW, 0);
	reg_wr(d, GEN_INT_CNTL, INT_SW);
	reg_wr(d, GEN_INT_STATUS, INT_SW_FIRE);
	EXPECT_EQ(evt_wait(evt), 1);
	close(evt);
}

/* A FIFO full of large operations: each write of a size starts one. */
static void queue_work(void)
{
	unsigned int i;

	gpu_init(d);
	gpu_fill(d, 0, 4096, 1024, 1024, 0xffffffff);
	for (i = 0; i < 3 * FIFO_DEPTH; i++)
		reg_wr(d, DST_WIDTH_HEIGHT, pack_yx(1024, 1024));
}

static void queued_work_is_forgotten(void)
{
	uint32_t *vram = vdev_map_vram(d);
	unsigned int i;
	uint64_t ops;

	queue_work();
	reset_and_wake();
	ops = mdev_attr_u64(d->uuid, "ops");
	EXPECT_EQ(reg_rd(d, RBBM_STATUS), FIFO_DEPTH);
	/* Nothing of it goes on: what is written now stays, but for new work. */
	memset(vram, 0x5a, d->size);
	gpu_init(d);
	gpu_fill(d, 4096, 4096, 1024, 16, 0x600df00d);
	gpu_idle(d);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "ops"), ops + 1);
	for (i = 0; i < d->size / 4; i++) {
		bool drawn = i >= 1024 && i < 17 * 1024;

		if (!EXPECT_EQ(vram[i], drawn ? 0x600df00d : 0x5a5a5a5a))
			break;
	}
	munmap(vram, d->size);
}

/* What a driver left in the engine does not colour what comes next. */
static void engine_state_goes_back(void)
{
	uint8_t *vram = vdev_map_vram(d);

	gpu_init(d);
	gpu_fill(d, 0x100000, 4096, 8, 8, 0xffffffff);
	reg_wr(d, SC_TOP_LEFT, pack_yx(100, 100));
	gpu_idle(d);
	reset_and_wake();
	memset(vram, 0x11, d->size);
	/* No colour is set: zero. No scissor is set: all may be drawn. */
	reg_wr(d, DST_PITCH_OFFSET, pack_pitch_offset(64, 0));
	reg_wr(d, DP_GUI_MASTER_CNTL, GMC_DST_PITCH_OFFSET_LEAVE |
	       GMC_BRUSH_SOLID | GMC_DST_8BPP | GMC_SRC_DSTCOLOR |
	       GMC_ROP3(ROP3_PATCOPY));
	reg_wr(d, DST_X_Y, 0);
	reg_wr(d, DST_WIDTH_HEIGHT, pack_yx(16, 1));
	gpu_idle(d);
	EXPECT_EQ(vram[0], 0);
	EXPECT_EQ(vram[15], 0);
	EXPECT_EQ(vram[16], 0x11);
	munmap(vram, d->size);
}

static void monitor_and_counters_stay(void)
{
	uint8_t before[128], after[128];
	uint64_t ops;

	ASSERT_OK(ddc_read(d, 0x50, 0, before, sizeof(before)));
	gpu_init(d);
	gpu_fill(d, 0, 4096, 8, 8, 1);
	gpu_idle(d);
	ops = mdev_attr_u64(d->uuid, "ops");
	EXPECT_EQ(ops, 1);
	reset_and_wake();
	ASSERT_OK(ddc_read(d, 0x50, 0, after, sizeof(after)));
	EXPECT(!memcmp(before, after, sizeof(before)));
	EXPECT_EQ(mdev_attr_u64(d->uuid, "ops"), ops);
}

/* The neighbour's work goes on as if nothing had happened. */
static void neighbour_does_not_notice(void)
{
	struct vdev *other = vdev_new(T4);
	uint32_t *vram = vdev_map_vram(other);
	unsigned int i;

	gpu_init(other);
	reg_wr(other, BIOS_0_SCRATCH, 0x1234);
	for (i = 0; i < 64; i++) {
		gpu_fill(other, i * 65536, 4096, 1024, 16, i + 1);
		gpu_fill(d, 0, 4096, 64, 64, ~i);
		reset_and_wake();
	}
	gpu_idle(other);
	for (i = 0; i < other->size / 4; i++) {
		if (!EXPECT_EQ(vram[i], i / 16384 + 1))
			break;
	}
	EXPECT_EQ(reg_rd(other, BIOS_0_SCRATCH), 0x1234);
	munmap(vram, other->size);
}

/* A new user finds the function as after a reset. */
static void opening_is_a_reset(void)
{
	uint32_t *fresh = malloc(REGS_SIZE), *now = malloc(REGS_SIZE);

	ASSERT(fresh && now);
	reset_and_wake();
	snapshot_regs(fresh);
	disturb_regs();
	d = vdev_reopen(d);
	EXPECT_EQ(cfg_rd(d, PCI_COMMAND, 2), 0);
	vdev_decode(d, DECODE_ALL);
	snapshot_regs(now);
	EXPECT_EQ(first_difference(fresh, now, REGS_SIZE), REGS_SIZE);
	free(fresh);
	free(now);
}

static const struct tap_test tests[] = {
	TAP_TEST(registers_go_back),
	TAP_TEST(clocks_and_palette_go_back),
	TAP_TEST(config_goes_back),
	TAP_TEST(decode_goes_off),
	TAP_TEST(partition_stays),
	TAP_TEST(vblank_stops),
	TAP_TEST(interrupt_is_lowered),
	TAP_TEST(queued_work_is_forgotten),
	TAP_TEST(engine_state_goes_back),
	TAP_TEST(monitor_and_counters_stay),
	TAP_TEST(neighbour_does_not_notice),
	TAP_TEST(opening_is_a_reset),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "reset", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = vdev_cleanup,
	};

	return tap_run(&suite);
}
