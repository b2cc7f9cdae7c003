// SPDX-License-Identifier: GPL-2.0
/* The configuration space, as a guest's PCI code sees it. */
#include <stdio.h>
#include <stdlib.h>
#include "vfio.h"

#define COMMAND_BITS	(PCI_COMMAND_IO | PCI_COMMAND_MEMORY |		\
			 PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE)

static struct vdev *d;

static void before(void)
{
	d = vdev_new(gpu->medium);
	cfg_wr(d, PCI_COMMAND, 2, 0);
}

static void identity(void)
{
	EXPECT_EQ(cfg_rd(d, PCI_VENDOR_ID, 2), gpu->vendor);
	EXPECT_EQ(cfg_rd(d, PCI_DEVICE_ID, 2), gpu->device);
	EXPECT_EQ(cfg_rd(d, PCI_CLASS_REVISION, 4) >> 8, gpu->class);
	EXPECT_EQ(cfg_rd(d, PCI_HEADER_TYPE, 1), PCI_HEADER_TYPE_NORMAL);
	EXPECT_EQ(cfg_rd(d, PCI_INTERRUPT_PIN, 1),
		  gpu->irqs[VFIO_PCI_INTX_IRQ_INDEX]);
	EXPECT(cfg_rd(d, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST);
}

static void sysfs_hex(const char *name, uint32_t *val)
{
	char path[512], text[64];

	snprintf(path, sizeof(path), "%s/%s", gpu_path(), name);
	ASSERT(file_read(path, text, sizeof(text)) > 0);
	*val = strtoul(text, NULL, 16);
}

static void identity_is_the_card_s(void)
{
	uint32_t val;

	sysfs_hex("subsystem_vendor", &val);
	EXPECT_EQ(cfg_rd(d, PCI_SUBSYSTEM_VENDOR_ID, 2), val);
	sysfs_hex("subsystem_device", &val);
	EXPECT_EQ(cfg_rd(d, PCI_SUBSYSTEM_ID, 2), val);
	sysfs_hex("revision", &val);
	EXPECT_EQ(cfg_rd(d, PCI_REVISION_ID, 1), val);
}

static bool is_64(unsigned int bar)
{
	return gpu->bars[bar].flags & PCI_BASE_ADDRESS_MEM_TYPE_64;
}

static void size_bar(unsigned int bar)
{
	unsigned int at = PCI_BASE_ADDRESS_0 + bar * 4;
	uint32_t address = 0xe0000000, flags = gpu->bars[bar].flags;
	uint64_t size = bar_size(d, bar);
	uint32_t mask = flags & PCI_BASE_ADDRESS_SPACE_IO ?
			(uint32_t)PCI_BASE_ADDRESS_IO_MASK :
			(uint32_t)PCI_BASE_ADDRESS_MEM_MASK;

	cfg_wr(d, at, 4, 0xffffffff);
	EXPECT_EQ(cfg_rd(d, at, 4), ((uint32_t)-size & mask) | flags);

	/* An address sticks, with what is below the size masked off. */
	cfg_wr(d, at, 4, address | (uint32_t)(size - 1));
	EXPECT_EQ(cfg_rd(d, at, 4), address | flags);
	/* Byte by byte too. */
	cfg_wr(d, at + 3, 1, 0xc0);
	EXPECT_EQ(cfg_rd(d, at, 4), 0xc0000000 | flags);
	cfg_wr(d, at, 4, 0);
	EXPECT_EQ(cfg_rd(d, at, 4), flags);
	if (!is_64(bar))
		return;
	cfg_wr(d, at + 4, 4, 0xffffffff);
	EXPECT_EQ(cfg_rd(d, at + 4, 4), (uint32_t)(-size >> 32));
	cfg_wr(d, at + 4, 4, 0);
}

static void bars(void)
{
	unsigned int i;

	for (i = 0; i < NR_BARS; i++) {
		if (bar_size(d, i)) {
			size_bar(i);
			i += is_64(i);
			continue;
		}
		cfg_wr(d, PCI_BASE_ADDRESS_0 + i * 4, 4, 0xffffffff);
		EXPECT_EQ(cfg_rd(d, PCI_BASE_ADDRESS_0 + i * 4, 4), 0);
	}
}

static void vram_bar_follows_the_type(void)
{
	unsigned int type;

	for (type = 0; type < gpu->nr_types; type++) {
		vdev_cleanup();
		d = vdev_new(&gpu->types[type]);
		ASSERT_EQ(d->size, gpu->types[type].size);
		size_bar(gpu->vram);
	}
}

static void rom_bar(void)
{
	uint64_t size = d->region[REGION_ROM].size;

	ASSERT(size >= 2048 && !(size & (size - 1)));
	cfg_wr(d, PCI_ROM_ADDRESS, 4, PCI_ROM_ADDRESS_MASK);
	EXPECT_EQ(cfg_rd(d, PCI_ROM_ADDRESS, 4), (uint32_t)-size);
	cfg_wr(d, PCI_ROM_ADDRESS, 4, 0xf0000000 | PCI_ROM_ADDRESS_ENABLE);
	EXPECT_EQ(cfg_rd(d, PCI_ROM_ADDRESS, 4),
		  0xf0000000 | PCI_ROM_ADDRESS_ENABLE);
}

/* What a BIOS looks at before it runs one. */
static void rom_image(void)
{
	uint64_t size = d->region[REGION_ROM].size;
	uint8_t *rom = malloc(size);
	unsigned int pcir, i;
	uint8_t sum = 0;

	ASSERT(rom);
	ASSERT_EQ(vdev_pread(d, REGION_ROM, rom, size, 0), size);
	EXPECT_EQ(rom[0] | rom[1] << 8, 0xaa55);
	ASSERT(rom[2] && rom[2] * 512U <= size);
	for (i = 0; i < rom[2] * 512U; i++)
		sum += rom[i];
	EXPECT_EQ(sum, 0);
	pcir = rom[0x18] | rom[0x19] << 8;
	ASSERT(pcir + 24 <= size);
	EXPECT(!memcmp(rom + pcir, "PCIR", 4));
	EXPECT_EQ(rom[pcir + 4] | rom[pcir + 5] << 8, gpu->vendor);
	EXPECT_EQ(rom[pcir + 6] | rom[pcir + 7] << 8, gpu->device);
	/* Pieces of it, and no writing. */
	EXPECT_EQ(vdev_rd(d, REGION_ROM, pcir + 1, 2), 'C' | 'I' << 8);
	EXPECT_ERR(vdev_pwrite(d, REGION_ROM, rom, 4, 0), EINVAL);
	EXPECT_ERR(vdev_pread(d, REGION_ROM, rom, 4, size), EINVAL);
	free(rom);
}

static void command_bits(void)
{
	cfg_wr(d, PCI_COMMAND, 2, 0xffff);
	EXPECT_EQ(cfg_rd(d, PCI_COMMAND, 2), COMMAND_BITS);
	cfg_wr(d, PCI_COMMAND, 1, PCI_COMMAND_MEMORY);
	EXPECT_EQ(cfg_rd(d, PCI_COMMAND, 2),
		  PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
	cfg_wr(d, PCI_COMMAND, 2, 0);
	EXPECT_EQ(cfg_rd(d, PCI_COMMAND, 2), 0);
}

/* Ones and zeros everywhere: what is read-only stays. */
static void read_only_fields(void)
{
	static const struct {
		unsigned int at, len;
	} ro[] = {
		{ PCI_VENDOR_ID, 4 }, { PCI_STATUS, 2 },
		{ PCI_CLASS_REVISION, 4 }, { PCI_HEADER_TYPE, 2 },
		{ PCI_BASE_ADDRESS_4, 8 }, { PCI_CARDBUS_CIS, 8 },
		{ PCI_CAPABILITY_LIST, 8 }, { PCI_INTERRUPT_PIN, 3 },
	};
	uint8_t old[CONFIG_SIZE];
	unsigned int i, at;

	ASSERT_EQ(vdev_pread(d, REGION_CONFIG, old, CONFIG_SIZE, 0),
		  CONFIG_SIZE);
	for (i = 0; i < 2; i++) {
		for (at = 0; at < CONFIG_SIZE; at++)
			cfg_wr(d, at, 1, i ? 0 : 0xff);
		for (at = 0; at < ARRAY_SIZE(ro); at++) {
			uint8_t now[16];

			/* There, or the upper half of one that is. */
			if (ro[at].at == PCI_BASE_ADDRESS_4 && bar_size(d, 4))
				continue;
			ASSERT_EQ(vdev_pread(d, REGION_CONFIG, now,
					     ro[at].len, ro[at].at),
				  ro[at].len);
			EXPECT(!memcmp(now, old + ro[at].at, ro[at].len));
		}
	}
}

static void msi_capability(void)
{
	unsigned int at = cfg_cap(d, PCI_CAP_ID_MSI);
	uint16_t flags;

	ASSERT(at);
	flags = cfg_rd(d, at + PCI_MSI_FLAGS, 2);
	EXPECT(!(flags & PCI_MSI_FLAGS_ENABLE));
	EXPECT(flags & PCI_MSI_FLAGS_64BIT);
	EXPECT_EQ(flags & PCI_MSI_FLAGS_QMASK, 0);

	cfg_wr(d, at + PCI_MSI_ADDRESS_LO, 4, 0xfee01003);
	EXPECT_EQ(cfg_rd(d, at + PCI_MSI_ADDRESS_LO, 4), 0xfee01000);
	cfg_wr(d, at + PCI_MSI_ADDRESS_HI, 4, 0x12345678);
	EXPECT_EQ(cfg_rd(d, at + PCI_MSI_ADDRESS_HI, 4), 0x12345678);
	cfg_wr(d, at + PCI_MSI_DATA_64, 2, 0x4041);
	EXPECT_EQ(cfg_rd(d, at + PCI_MSI_DATA_64, 2), 0x4041);
	cfg_wr(d, at + PCI_MSI_FLAGS, 2, flags | PCI_MSI_FLAGS_ENABLE);
	EXPECT_EQ(cfg_rd(d, at + PCI_MSI_FLAGS, 2),
		  flags | PCI_MSI_FLAGS_ENABLE);
}

/* Which vectors there are, and where their table is. */
static void msix_capability(void)
{
	const uint16_t on = PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL;
	unsigned int at = cfg_cap(d, PCI_CAP_ID_MSIX), bar;
	uint32_t size = gpu->irqs[VFIO_PCI_MSIX_IRQ_INDEX] - 1, table, pba;

	ASSERT(at);
	EXPECT_EQ(cfg_rd(d, at + PCI_MSIX_FLAGS, 2), size);
	table = cfg_rd(d, at + PCI_MSIX_TABLE, 4);
	pba = cfg_rd(d, at + PCI_MSIX_PBA, 4);
	bar = table & PCI_MSIX_TABLE_BIR;
	EXPECT_EQ(pba & PCI_MSIX_PBA_BIR, bar);
	table &= PCI_MSIX_TABLE_OFFSET;
	pba &= PCI_MSIX_PBA_OFFSET;
	EXPECT(table + (size + 1) * PCI_MSIX_ENTRY_SIZE <= pba);
	EXPECT(pba + 8 <= bar_size(d, bar));
	cfg_wr(d, at + PCI_MSIX_FLAGS, 2, 0xffff);
	EXPECT_EQ(cfg_rd(d, at + PCI_MSIX_FLAGS, 2), size | on);
	cfg_wr(d, at + PCI_MSIX_FLAGS, 2, 0);
	EXPECT_EQ(cfg_rd(d, at + PCI_MSIX_FLAGS, 2), size);
}

static void pm_capability(void)
{
	unsigned int at = cfg_cap(d, PCI_CAP_ID_PM);
	unsigned int state;

	ASSERT(at);
	EXPECT_EQ(cfg_rd(d, at + PCI_PM_CTRL, 2) & PCI_PM_CTRL_STATE_MASK, 0);
	for (state = 0; state < 4; state++) {
		unsigned int want = state == 1 || state == 2 ? 0 : state;

		/* D1 and D2 are not offered: such a write changes nothing. */
		cfg_wr(d, at + PCI_PM_CTRL, 2, 0);
		cfg_wr(d, at + PCI_PM_CTRL, 2, state);
		EXPECT_EQ(cfg_rd(d, at + PCI_PM_CTRL, 2) &
			  PCI_PM_CTRL_STATE_MASK, want);
	}
	cfg_wr(d, at + PCI_PM_CTRL, 2, 0);
}

/* A sleeping function answers to configuration accesses only. */
static void d3_gates_decode(void)
{
	unsigned int at = cfg_cap(d, PCI_CAP_ID_PM), bar;
	uint32_t val;

	ASSERT(at);
	cfg_wr(d, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
	for (bar = 0; bar < NR_BARS; bar++) {
		if (!bar_size(d, bar))
			continue;
		cfg_wr(d, at + PCI_PM_CTRL, 2, 3);
		EXPECT_ERR(vdev_pread(d, bar, &val, 4, 0), EIO);
		cfg_wr(d, at + PCI_PM_CTRL, 2, 0);
		EXPECT_EQ(vdev_pread(d, bar, &val, 4, 0), 4);
	}
}

/* Every width at every offset gives the same bytes. */
static void any_width_and_alignment(void)
{
	uint8_t all[CONFIG_SIZE];
	unsigned int at, len;

	cfg_wr(d, PCI_BASE_ADDRESS_0, 4, 0xe0000000);
	cfg_wr(d, PCI_INTERRUPT_LINE, 1, 0x5a);
	ASSERT_EQ(vdev_pread(d, REGION_CONFIG, all, CONFIG_SIZE, 0),
		  CONFIG_SIZE);
	for (len = 1; len <= 9; len++) {
		for (at = 0; at + len <= CONFIG_SIZE; at++) {
			uint8_t part[16];

			if (!EXPECT_EQ(vdev_pread(d, REGION_CONFIG, part, len,
						  at), len) ||
			    !EXPECT(!memcmp(part, all + at, len)))
				return;
		}
	}
}

/* A write across two registers changes both, each by its own rules. */
static void crossing_writes(void)
{
	uint8_t bytes[6] = { 0x78, 0x9a, 0xde, 0xf0, 0x12, 0x34 };
	uint8_t pair[2] = { 0x80, 0xff };
	uint32_t want[2];
	unsigned int i;

	/* Of each pair of BARs: what each makes of its part alone. */
	for (i = PCI_BASE_ADDRESS_0; i < PCI_BASE_ADDRESS_5; i += 4) {
		cfg_wr(d, i, 4, 0x9a780000);
		want[0] = cfg_rd(d, i, 4);
		cfg_wr(d, i + 4, 4, 0x3412f0de);
		want[1] = cfg_rd(d, i + 4, 4);
		cfg_wr(d, i, 4, 0);
		cfg_wr(d, i + 4, 4, 0);
		ASSERT_EQ(vdev_pwrite(d, REGION_CONFIG, bytes, 6, i + 2), 6);
		EXPECT_EQ(cfg_rd(d, i, 4), want[0]);
		EXPECT_EQ(cfg_rd(d, i + 4, 4), want[1]);
	}

	/* Interrupt line (writable) and pin (not). */
	ASSERT_EQ(vdev_pwrite(d, REGION_CONFIG, pair, 2, PCI_INTERRUPT_LINE),
		  2);
	EXPECT_EQ(cfg_rd(d, PCI_INTERRUPT_LINE, 2),
		  gpu->irqs[VFIO_PCI_INTX_IRQ_INDEX] << 8 | 0x80);
}

static void past_the_end(void)
{
	uint8_t buf[8] = { 0 };
	unsigned int end = gpu->config_size;
	uint32_t last = cfg_rd(d, end - 4, 4);

	EXPECT_ERR(vdev_pread(d, REGION_CONFIG, buf, 4, end), EINVAL);
	EXPECT_ERR(vdev_pwrite(d, REGION_CONFIG, buf, 4, end), EINVAL);
	EXPECT_ERR(vdev_pread(d, REGION_CONFIG, buf, 1, 4096), EINVAL);
	/* Across the end: the part inside, as read() does it. */
	EXPECT_EQ(vdev_pread(d, REGION_CONFIG, buf, 8, end - 4), 4);
	EXPECT(!memcmp(buf, &last, 4));
	EXPECT_EQ(vdev_pwrite(d, REGION_CONFIG, buf, 8, end - 4), 4);
	EXPECT_EQ(cfg_rd(d, PCI_VENDOR_ID, 2), gpu->vendor);
}

static void bad_buffer(void)
{
	EXPECT_ERR(vdev_pread(d, REGION_CONFIG, (void *)1, 4, 0), EFAULT);
	EXPECT_ERR(vdev_pwrite(d, REGION_CONFIG, (void *)1, 4, 0), EFAULT);
}

static const struct tap_test tests[] = {
	TAP_TEST(identity),
	TAP_TEST(identity_is_the_card_s),
	TAP_TEST(bars),
	TAP_TEST(vram_bar_follows_the_type),
	TAP_TEST_IF(rom_bar, has_rom),
	TAP_TEST_IF(rom_image, has_rom),
	TAP_TEST(command_bits),
	TAP_TEST(read_only_fields),
	TAP_TEST_IF(msi_capability, has_msi),
	TAP_TEST_IF(msix_capability, has_msix),
	TAP_TEST(pm_capability),
	TAP_TEST(d3_gates_decode),
	TAP_TEST(any_width_and_alignment),
	TAP_TEST(crossing_writes),
	TAP_TEST(past_the_end),
	TAP_TEST(bad_buffer),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "config", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = vdev_cleanup,
	};

	return tap_run(&suite);
}
