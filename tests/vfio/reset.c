// SPDX-License-Identifier: GPL-2.0
/* VFIO_DEVICE_RESET: what goes back to its default, and what stays. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "display.h"
#include "fault.h"
#include "pattern.h"

/* More than the registers of any GPU. */
#define MAX_REGS	0x1000

static struct vdev *d;

static void before(void)
{
	d = vdev_new(gpu->small);
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

static void snapshot_regs(uint32_t *regs)
{
	unsigned int i;

	memset(regs, 0, MAX_REGS * 4);
	for (i = 0; i < gpu->regs_size / 4; i++)
		regs[i] = gpu->runs_by_itself(i * 4) ? 0 : reg_rd(d, i * 4);
}

/* Everything that a guest can write, three times over. */
static void disturb_regs(void)
{
	static const uint32_t vals[] = { 0xffffffff, 0xa5a5a5a5, 0x12345678 };
	unsigned int i, j;

	for (j = 0; j < ARRAY_SIZE(vals); j++) {
		for (i = 0; i < gpu->regs_size / 4; i++)
			reg_wr(d, i * 4, vals[j]);
	}
	gpu_idle(d);
}

static void registers_go_back(void)
{
	uint32_t fresh[MAX_REGS], now[MAX_REGS];
	unsigned int i, changed = 0;

	/* Reading moves some indices on: begin after a reset as well. */
	reset_and_wake();
	snapshot_regs(fresh);
	disturb_regs();
	snapshot_regs(now);
	for (i = 0; i < MAX_REGS; i++)
		changed += now[i] != fresh[i];
	/* Most of what is known can be changed, or this proves nothing. */
	EXPECT(changed >= gpu->nr_writable);

	reset_and_wake();
	snapshot_regs(now);
	changed = 0;
	for (i = 0; i < MAX_REGS && changed < 10; i++) {
		if (EXPECT_EQ(now[i], fresh[i]))
			continue;
		tap_note("register %#x", i * 4);
		changed++;
	}
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
	unsigned int bar;
	uint32_t val = 0;

	vram[0] = 1;
	reset();
	for (bar = 0; bar < NR_BARS; bar++)
		if (bar_size(d, bar))
			EXPECT_ERR(vdev_pread(d, bar, &val, 4, 0), EIO);
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
	EXPECT_EQ(reg_rd(d, gpu->memsize), d->size);
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
	struct vdev *other = vdev_new(gpu->small);
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
	gpu->irq_on(d);
	gpu->irq_raise(d);
	EXPECT_EQ(evt_wait(evt), 1);
	EXPECT(cfg_rd(d, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);

	reset();
	EXPECT(!(cfg_rd(d, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT));
	ASSERT_OK(irq_set(d, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_DATA_NONE |
			  VFIO_IRQ_SET_ACTION_UNMASK, 0, 1, NULL, 0));
	EXPECT_EQ(evt_take(evt), 0);

	/* The eventfd is user space's: it stays where it was. */
	vdev_decode(d, DECODE_ALL);
	gpu->irq_on(d);
	EXPECT_EQ(evt_take(evt), 0);
	gpu->irq_raise(d);
	EXPECT_EQ(evt_wait(evt), 1);
	close(evt);
}

/* Likewise; and nothing comes of what was raised before. */
static void messages_come_again(void)
{
	int evt = evt_new();

	ASSERT_OK(irq_message(d, evt));
	vdev_bus_master(d, true);
	gpu->irq_on(d);
	gpu->irq_raise(d);
	EXPECT_EQ(evt_wait(evt), 1);

	reset_and_wake();
	vdev_bus_master(d, true);
	gpu->irq_on(d);
	EXPECT_EQ(evt_take(evt), 0);
	gpu->irq_raise(d);
	EXPECT_EQ(evt_wait(evt), 1);
	close(evt);
}

/* More large operations than there is room for at a time. */
static void queue_work(void)
{
	unsigned int i;

	gpu_init(d);
	gpu->prepare(d, 0, d->room / 8192 * 8192, 0xffffffff);
	for (i = 0; i < 200; i++)
		gpu->again(d);
}

static void queued_work_is_forgotten(void)
{
	uint32_t *vram = vdev_map_vram(d);
	unsigned int i;
	uint64_t ops;

	queue_work();
	reset_and_wake();
	ops = mdev_attr_u64(d->uuid, "ops");
	EXPECT(gpu->is_idle(d));
	/* Nothing of it goes on: what is written now stays, but for new work. */
	memset(vram, 0x5a, d->room);
	gpu_init(d);
	gpu_fill(d, 4096, 16 * 4096, 0x600df00d);
	gpu_idle(d);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "ops"), ops + 1);
	for (i = 0; i < d->room / 4; i++) {
		bool drawn = i >= 1024 && i < 17 * 1024;

		if (!EXPECT_EQ(vram[i], drawn ? 0x600df00d : 0x5a5a5a5a))
			break;
	}
	munmap(vram, d->size);
}

static void counters_stay(void)
{
	gpu_init(d);
	gpu_fill(d, 0, 4096, 1);
	gpu_idle(d);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "ops"), 1);
	reset_and_wake();
	EXPECT_EQ(mdev_attr_u64(d->uuid, "ops"), 1);
}

static void monitor_stays(void)
{
	uint8_t before[128], after[128];

	ASSERT_OK(ddc_read(d, 0x50, 0, before, sizeof(before)));
	reset_and_wake();
	ASSERT_OK(ddc_read(d, 0x50, 0, after, sizeof(after)));
	EXPECT(!memcmp(before, after, sizeof(before)));
}

/* The neighbour's work goes on as if nothing had happened. */
static void neighbour_does_not_notice(void)
{
	struct vdev *other;
	uint32_t *vram;
	unsigned int i;

	vdev_cleanup();
	d = vdev_new(gpu->medium);
	other = vdev_new(gpu->medium);
	vram = vdev_map_vram(other);
	gpu_init(other);
	reg_wr(other, gpu->scratch, 0x1234);
	for (i = 0; i < 64; i++) {
		gpu_fill(other, i * 65536, 65536, i + 1);
		gpu_init(d);
		gpu_fill(d, 0, 4 * 4096, ~i);
		reset_and_wake();
	}
	gpu_idle(other);
	for (i = 0; i < MIB; i++) {
		if (!EXPECT_EQ(vram[i], i / 16384 + 1))
			break;
	}
	EXPECT_EQ(reg_rd(other, gpu->scratch), 0x1234);
	munmap(vram, other->size);
}

/* A new user finds the function as after a reset. */
static void opening_is_a_reset(void)
{
	uint32_t fresh[MAX_REGS], now[MAX_REGS];

	reset_and_wake();
	snapshot_regs(fresh);
	disturb_regs();
	d = vdev_reopen(d);
	EXPECT_EQ(cfg_rd(d, PCI_COMMAND, 2), 0);
	vdev_decode(d, DECODE_ALL);
	snapshot_regs(now);
	EXPECT_EQ(first_difference(fresh, now, sizeof(now)), sizeof(now));
}

static const struct tap_test tests[] = {
	TAP_TEST(registers_go_back),
	TAP_TEST_IF(clocks_and_palette_go_back, has_display),
	TAP_TEST(config_goes_back),
	TAP_TEST(decode_goes_off),
	TAP_TEST(partition_stays),
	TAP_TEST_IF(vblank_stops, has_display),
	TAP_TEST_IF(interrupt_is_lowered, has_pin),
	TAP_TEST(messages_come_again),
	TAP_TEST(queued_work_is_forgotten),
	TAP_TEST(counters_stay),
	TAP_TEST_IF(monitor_stays, has_display),
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
