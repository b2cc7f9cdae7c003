// SPDX-License-Identifier: GPL-2.0
/* The configuration space, as a PCI core and a driver use it. */
#include <kunit/test.h>
#include <linux/pci_regs.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "config_model.h"

static struct vgpu_config *config_of(struct kunit *test,
				     const struct vgpu_pci_desc *pci, u64 vram,
				     bool headless)
{
	struct vgpu_config *cfg = kunit_kmalloc(test, sizeof(*cfg), GFP_KERNEL);
	struct vgpu_bars *bars = kunit_kmalloc(test, sizeof(*bars), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, cfg);
	KUNIT_ASSERT_NOT_NULL(test, bars);
	memset(cfg, 0xa5, sizeof(*cfg));
	KUNIT_ASSERT_EQ(test, vgpu_bars_init(bars, pci, vram, SZ_16K), 0);
	KUNIT_ASSERT_EQ(test, vgpu_config_check(pci), 0);
	vgpu_config_init(cfg, pci, bars, headless);
	return cfg;
}

static struct vgpu_config *config(struct kunit *test,
				  const struct vgpu_pci_desc *pci, u64 vram)
{
	return config_of(test, pci, vram, false);
}

static u32 get(const struct vgpu_config *cfg, u32 offset, unsigned int size)
{
	return vgpu_config_get(cfg, offset, size);
}

static void put(struct vgpu_config *cfg, u32 offset, unsigned int size, u32 val)
{
	for (; size--; val >>= 8)
		vgpu_config_put_byte(cfg, offset++, val);
}

static void config_identity(struct kunit *test)
{
	struct vgpu_config *cfg = config(test, &card, SZ_8M);

	KUNIT_EXPECT_EQ(test, get(cfg, PCI_VENDOR_ID, 2), 0x1002U);
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_DEVICE_ID, 2), 0x5159U);
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_REVISION_ID, 1), 0x42U);
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_CLASS_REVISION, 4) >> 8,
			(u32)CLASS_VGA);
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_HEADER_TYPE, 1), 0U);
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_SUBSYSTEM_VENDOR_ID, 2), 0x1af4U);
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_SUBSYSTEM_ID, 2), 0x1100U);
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_INTERRUPT_PIN, 1), 1U);
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_COMMAND, 2), 0U);
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_STATUS, 2),
			(u32)PCI_STATUS_CAP_LIST);
}

/* As a PCI core does it: write ones, read back, put an address. */
static void expect_bar(struct kunit *test, struct vgpu_config *cfg, int bar,
		       u64 size, u32 flags)
{
	u32 reg = PCI_BASE_ADDRESS_0 + bar * 4;
	u32 low = flags & 1 ? PCI_BASE_ADDRESS_IO_MASK :
			      PCI_BASE_ADDRESS_MEM_MASK;

	KUNIT_EXPECT_EQ(test, get(cfg, reg, 4), flags);
	put(cfg, reg, 4, ~0U);
	KUNIT_EXPECT_EQ(test, get(cfg, reg, 4), (u32)-size | flags);
	KUNIT_EXPECT_EQ(test, ~(get(cfg, reg, 4) & low) + 1, (u32)size);
	put(cfg, reg, 4, 0xc0000000);
	KUNIT_EXPECT_EQ(test, get(cfg, reg, 4), 0xc0000000 | flags);
	KUNIT_EXPECT_EQ(test, vgpu_config_bar_address(cfg, bar), 0xc0000000ULL);
	put(cfg, reg, 4, 0xd2345678);
	KUNIT_EXPECT_EQ(test, vgpu_config_bar_address(cfg, bar),
			(u64)(0xd2345678 & (u32)-size));
	put(cfg, reg, 4, 0);
	KUNIT_EXPECT_EQ(test, get(cfg, reg, 4), flags);
}

static void config_bar_sizing(struct kunit *test)
{
	struct vgpu_config *cfg;
	u64 vram;
	int bar;

	for (vram = SZ_4M; vram <= SZ_1G; vram *= 2) {
		cfg = config(test, &card, vram);
		expect_bar(test, cfg, 0, vram, PCI_BASE_ADDRESS_MEM_PREFETCH);
		expect_bar(test, cfg, 1, SZ_256, PCI_BASE_ADDRESS_SPACE_IO);
		expect_bar(test, cfg, 2, SZ_16K, 0);
		for (bar = 3; bar < VGPU_NR_BARS; bar++) {
			put(cfg, PCI_BASE_ADDRESS_0 + bar * 4, 4, ~0U);
			KUNIT_EXPECT_EQ(test, get(cfg, PCI_BASE_ADDRESS_0 +
						  bar * 4, 4), 0U);
		}
	}
}

static void config_rom_bar(struct kunit *test)
{
	struct vgpu_config *cfg = config(test, &card, SZ_4M);

	KUNIT_EXPECT_EQ(test, get(cfg, PCI_ROM_ADDRESS, 4), 0U);
	put(cfg, PCI_ROM_ADDRESS, 4, PCI_ROM_ADDRESS_MASK);
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_ROM_ADDRESS, 4), (u32)-SZ_32K);
	put(cfg, PCI_ROM_ADDRESS, 4, ~0U);
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_ROM_ADDRESS, 4),
			(u32)-SZ_32K | PCI_ROM_ADDRESS_ENABLE);

	cfg = config(test, &bare, SZ_4M);
	put(cfg, PCI_ROM_ADDRESS, 4, ~0U);
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_ROM_ADDRESS, 4), 0U);
}

/* Every bit of every byte: those of the list can change, no other does. */
static void expect_writable(struct kunit *test, const struct vgpu_pci_desc *pci,
			    const struct writable *w, u32 pm)
{
	static const u8 patterns[] = { 0xff, 0x00, 0x5b, 0xa7 };
	struct vgpu_config *cfg = config(test, pci, SZ_8M);
	u8 fresh[VGPU_CONFIG_SIZE], old;
	unsigned int i, p;

	memcpy(fresh, cfg->data, sizeof(fresh));
	for (p = 0; p < ARRAY_SIZE(patterns); p++) {
		for (i = 0; i < VGPU_CONFIG_SIZE; i++) {
			old = vgpu_config_get_byte(cfg, i);
			vgpu_config_put_byte(cfg, i, patterns[p]);
			KUNIT_EXPECT_EQ_MSG(test, vgpu_config_get_byte(cfg, i),
					    byte_written(w, pm, i, old,
							 patterns[p]),
					    "byte %#x, wrote %#x", i,
					    patterns[p]);
		}
	}
	vgpu_config_reset(cfg);
	KUNIT_EXPECT_MEMEQ(test, cfg->data, fresh, sizeof(fresh));
}

static void config_writable_bits(struct kunit *test)
{
	expect_writable(test, &card, card_writable, CARD_PM);
	expect_writable(test, &express, express_writable, EXPRESS_PM);
}

static void config_capabilities(struct kunit *test)
{
	struct vgpu_config *cfg = config(test, &card, SZ_8M);
	static const u8 ids[] = { PCI_CAP_ID_MSI, PCI_CAP_ID_PM };
	u32 at = get(cfg, PCI_CAPABILITY_LIST, 1);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		KUNIT_ASSERT_GE(test, at, 0x40U);
		KUNIT_ASSERT_EQ(test, at % 4, 0U);
		KUNIT_EXPECT_EQ(test, get(cfg, at, 1), (u32)ids[i]);
		at = get(cfg, at + PCI_CAP_LIST_NEXT, 1);
	}
	KUNIT_EXPECT_EQ(test, at, 0U);
}

static void config_msi(struct kunit *test)
{
	struct vgpu_config *cfg = config(test, &card, SZ_8M);
	u32 msi = CARD_MSI;
	u32 flags = get(cfg, msi + PCI_MSI_FLAGS, 2);

	KUNIT_EXPECT_TRUE(test, flags & PCI_MSI_FLAGS_64BIT);
	KUNIT_EXPECT_FALSE(test, flags & PCI_MSI_FLAGS_MASKBIT);
	KUNIT_EXPECT_FALSE(test, flags & PCI_MSI_FLAGS_ENABLE);
	/* One vector. */
	KUNIT_EXPECT_FALSE(test, flags & PCI_MSI_FLAGS_QMASK);

	put(cfg, msi + PCI_MSI_ADDRESS_LO, 4, 0xfee01004);
	put(cfg, msi + PCI_MSI_ADDRESS_HI, 4, 0x12345678);
	put(cfg, msi + PCI_MSI_DATA_64, 2, 0x4041);
	put(cfg, msi + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_ENABLE);
	KUNIT_EXPECT_EQ(test, get(cfg, msi + PCI_MSI_ADDRESS_LO, 4),
			0xfee01004U);
	KUNIT_EXPECT_EQ(test, get(cfg, msi + PCI_MSI_ADDRESS_HI, 4),
			0x12345678U);
	KUNIT_EXPECT_EQ(test, get(cfg, msi + PCI_MSI_DATA_64, 2), 0x4041U);
	KUNIT_EXPECT_EQ(test, get(cfg, msi + PCI_MSI_FLAGS, 2),
			flags | PCI_MSI_FLAGS_ENABLE);
}

static void config_decode(struct kunit *test)
{
	struct vgpu_config *cfg = config(test, &card, SZ_8M);

	KUNIT_EXPECT_FALSE(test, vgpu_config_memory_on(cfg));
	KUNIT_EXPECT_FALSE(test, vgpu_config_io_on(cfg));
	KUNIT_EXPECT_FALSE(test, vgpu_config_intx_off(cfg));
	put(cfg, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	KUNIT_EXPECT_TRUE(test, vgpu_config_memory_on(cfg));
	KUNIT_EXPECT_FALSE(test, vgpu_config_io_on(cfg));
	put(cfg, PCI_COMMAND, 2, PCI_COMMAND_IO);
	KUNIT_EXPECT_FALSE(test, vgpu_config_memory_on(cfg));
	KUNIT_EXPECT_TRUE(test, vgpu_config_io_on(cfg));
	put(cfg, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_IO |
				 PCI_COMMAND_MEMORY);
	KUNIT_EXPECT_TRUE(test, vgpu_config_intx_off(cfg));
	/* A byte write to the high half leaves the low one. */
	put(cfg, PCI_COMMAND + 1, 1, 0);
	KUNIT_EXPECT_FALSE(test, vgpu_config_intx_off(cfg));
	KUNIT_EXPECT_TRUE(test, vgpu_config_memory_on(cfg));
	KUNIT_EXPECT_TRUE(test, vgpu_config_io_on(cfg));
}

static void config_power(struct kunit *test)
{
	struct vgpu_config *cfg = config(test, &card, SZ_8M);
	u32 csr = CARD_PM + PCI_PM_CTRL;
	u32 state;

	put(cfg, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
	put(cfg, csr, 2, PCI_PM_CTRL_STATE_MASK);
	KUNIT_EXPECT_EQ(test, get(cfg, csr, 1) & 3, 3U);
	KUNIT_EXPECT_FALSE(test, vgpu_config_memory_on(cfg));
	KUNIT_EXPECT_FALSE(test, vgpu_config_io_on(cfg));
	/* D1 and D2 do not exist: the state stays. */
	for (state = 1; state <= 2; state++) {
		put(cfg, csr, 2, state);
		KUNIT_EXPECT_EQ(test, get(cfg, csr, 1) & 3, 3U);
	}
	put(cfg, csr, 2, 0);
	KUNIT_EXPECT_TRUE(test, vgpu_config_memory_on(cfg));
	KUNIT_EXPECT_TRUE(test, vgpu_config_io_on(cfg));
	for (state = 1; state <= 2; state++) {
		put(cfg, csr, 2, state);
		KUNIT_EXPECT_TRUE(test, vgpu_config_memory_on(cfg));
	}
	/* What the capability says: neither D1 nor D2. */
	KUNIT_EXPECT_FALSE(test, get(cfg, CARD_PM + PCI_PM_PMC, 2) &
				 (PCI_PM_CAP_D1 | PCI_PM_CAP_D2));
}

static void config_intx_status(struct kunit *test)
{
	struct vgpu_config *cfg = config(test, &card, SZ_8M);
	u32 before = get(cfg, PCI_STATUS, 2);

	vgpu_config_set_intx_status(cfg, true);
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_STATUS, 2),
			before | PCI_STATUS_INTERRUPT);
	put(cfg, PCI_STATUS, 2, 0xffff);
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_STATUS, 2),
			before | PCI_STATUS_INTERRUPT);
	vgpu_config_set_intx_status(cfg, false);
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_STATUS, 2), before);
}

/* Every width at every offset, past the end too. */
static void config_read_widths(struct kunit *test)
{
	struct vgpu_config *cfg = config(test, &card, SZ_8M);
	unsigned int i, size, b;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 7);
	prandom_bytes_state(&rnd, cfg->data, sizeof(cfg->data));
	for (i = 0; i < VGPU_CONFIG_SIZE + 8; i++) {
		for (size = 1; size <= 4; size++) {
			u32 want = 0;

			for (b = 0; b < size && i + b < VGPU_CONFIG_SIZE; b++)
				want |= (u32)cfg->data[i + b] << 8 * b;
			KUNIT_EXPECT_EQ_MSG(test, get(cfg, i, size), want,
					    "%u bytes at %#x", size, i);
		}
	}
}

/* A BAR written in pieces, or across its edges, is the same BAR. */
static void config_write_pieces(struct kunit *test)
{
	struct vgpu_config *cfg = config(test, &card, SZ_8M);
	u32 reg = PCI_BASE_ADDRESS_0;

	put(cfg, reg + 3, 1, 0xc1);
	KUNIT_EXPECT_EQ(test, vgpu_config_bar_address(cfg, 0), 0xc1000000ULL);
	put(cfg, reg + 2, 2, 0xd2ff);
	KUNIT_EXPECT_EQ(test, vgpu_config_bar_address(cfg, 0), 0xd2800000ULL);
	put(cfg, reg + 3, 4, 0x123456e0);
	KUNIT_EXPECT_EQ(test, vgpu_config_bar_address(cfg, 0), 0xe0800000ULL);
	KUNIT_EXPECT_EQ(test, vgpu_config_bar_address(cfg, 1), 0x123400ULL);
	KUNIT_EXPECT_EQ(test, get(cfg, reg + 4, 4), 0x123401U);
}

/* Two registers: sized and set one after the other, as PCI cores do it. */
static void config_bar_64(struct kunit *test)
{
	u32 flags = PCI_BASE_ADDRESS_MEM_TYPE_64 |
		    PCI_BASE_ADDRESS_MEM_PREFETCH;
	u32 low = PCI_BASE_ADDRESS_2, high = PCI_BASE_ADDRESS_3;
	struct vgpu_config *cfg;
	u64 vram, ones;

	for (vram = SZ_4M; vram <= SZ_64G; vram *= 2) {
		cfg = config(test, &express, vram);
		KUNIT_EXPECT_EQ(test, get(cfg, low, 4), flags);
		KUNIT_EXPECT_EQ(test, get(cfg, high, 4), 0U);
		put(cfg, low, 4, ~0U);
		put(cfg, high, 4, ~0U);
		ones = (u64)get(cfg, high, 4) << 32 | get(cfg, low, 4);
		KUNIT_EXPECT_EQ(test, ones, -vram | flags);
		put(cfg, low, 4, 0x12345678);
		put(cfg, high, 4, 0x9a);
		KUNIT_EXPECT_EQ(test, vgpu_config_bar_address(cfg, 2),
				0x9a12345678 & -vram);
		vgpu_config_reset(cfg);
		KUNIT_EXPECT_EQ(test, get(cfg, high, 4), 0U);
	}
}

/* A BAR is larger than a partition that is no power of two. */
static void config_bar_rounded_up(struct kunit *test)
{
	struct vgpu_config *cfg = config(test, &card, SZ_8M - SZ_4K);

	expect_bar(test, cfg, 0, SZ_8M, PCI_BASE_ADDRESS_MEM_PREFETCH);
}

static void config_express(struct kunit *test)
{
	struct vgpu_config *cfg = config(test, &express, SZ_4M);
	u32 at = get(cfg, PCI_CAPABILITY_LIST, 1), next, i;

	KUNIT_EXPECT_EQ(test, vgpu_config_size(cfg), 4096U);
	KUNIT_EXPECT_EQ(test, get(cfg, at, 1), (u32)PCI_CAP_ID_EXP);
	KUNIT_EXPECT_EQ(test, get(cfg, at + PCI_EXP_FLAGS, 2) &
			PCI_EXP_FLAGS_VERS, 2U);
	KUNIT_EXPECT_EQ(test, (get(cfg, at + PCI_EXP_FLAGS, 2) &
			       PCI_EXP_FLAGS_TYPE) >> 4,
			(u32)PCI_EXP_TYPE_ENDPOINT);
	next = get(cfg, at + PCI_CAP_LIST_NEXT, 1);
	KUNIT_EXPECT_GE(test, next, at + PCI_EXP_LNKSTA2 + 2);
	KUNIT_EXPECT_EQ(test, get(cfg, next, 1), (u32)PCI_CAP_ID_PM);
	KUNIT_EXPECT_EQ(test, get(cfg, next + PCI_CAP_LIST_NEXT, 1), 0U);

	/* Extended space: no capability, nothing to write, on to the end. */
	for (i = VGPU_CONFIG_SIZE; i < 4096; i++) {
		vgpu_config_put_byte(cfg, i, 0xff);
		KUNIT_EXPECT_EQ(test, vgpu_config_get_byte(cfg, i), (u8)0);
	}
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_INTERRUPT_PIN, 1), 0U);
	/* It sleeps by the same rules, wherever its capability is. */
	put(cfg, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	put(cfg, next + PCI_PM_CTRL, 2, 3);
	KUNIT_EXPECT_FALSE(test, vgpu_config_memory_on(cfg));
}

/* Vectors, their table, and the pending bits after it. */
static void config_msix(struct kunit *test)
{
	static const struct vgpu_bar_desc bars[VGPU_NR_BARS] = {
		[0] = VGPU_BAR_REGS(SZ_4K),
		[3] = { .areas = {
			{ VGPU_AREA_TRAP, 0, SZ_4K, 0 },
			{ VGPU_AREA_MSIX, SZ_8K, SZ_4K, 0 },
		} },
	};
	static const struct vgpu_pci_desc pci = {
		.caps = { PCI_CAP_ID_PM, PCI_CAP_ID_MSIX, PCI_CAP_ID_EXP },
		.msix_vectors = 67,
		.bars = bars,
	};
	struct vgpu_config *cfg = config(test, &pci, SZ_4M);
	u32 at = get(cfg, PCI_CAPABILITY_LIST, 1);

	at = get(cfg, at + PCI_CAP_LIST_NEXT, 1);
	KUNIT_ASSERT_EQ(test, get(cfg, at, 1), (u32)PCI_CAP_ID_MSIX);
	KUNIT_EXPECT_EQ(test, get(cfg, at + PCI_MSIX_FLAGS, 2), 66U);
	KUNIT_EXPECT_EQ(test, get(cfg, at + PCI_MSIX_TABLE, 4),
			(u32)SZ_8K | 3);
	KUNIT_EXPECT_EQ(test, get(cfg, at + PCI_MSIX_PBA, 4),
			(u32)(SZ_8K + 67 * 16) | 3);
	KUNIT_EXPECT_EQ(test, vgpu_config_msix_flags(cfg), (u16)66);
	put(cfg, at + PCI_MSIX_FLAGS, 2, 0xffff);
	put(cfg, at + PCI_MSIX_TABLE, 4, 0);
	KUNIT_EXPECT_EQ(test, vgpu_config_msix_flags(cfg),
			(u16)(66 | PCI_MSIX_FLAGS_ENABLE |
			      PCI_MSIX_FLAGS_MASKALL));
	KUNIT_EXPECT_EQ(test, get(cfg, at + PCI_MSIX_TABLE, 4),
			(u32)SZ_8K | 3);
	at = get(cfg, at + PCI_CAP_LIST_NEXT, 1);
	KUNIT_EXPECT_EQ(test, get(cfg, at, 1), (u32)PCI_CAP_ID_EXP);
	KUNIT_EXPECT_EQ(test, vgpu_config_msix_flags(config(test, &card,
							    SZ_4M)), (u16)0);
}

static void config_bus_master(struct kunit *test)
{
	struct vgpu_config *cfg = config(test, &card, SZ_8M);

	KUNIT_EXPECT_FALSE(test, vgpu_config_master_on(cfg));
	put(cfg, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	KUNIT_EXPECT_TRUE(test, vgpu_config_master_on(cfg));
	put(cfg, CARD_PM + PCI_PM_CTRL, 2, 3);
	KUNIT_EXPECT_FALSE(test, vgpu_config_master_on(cfg));
	put(cfg, CARD_PM + PCI_PM_CTRL, 2, 0);
	KUNIT_EXPECT_TRUE(test, vgpu_config_master_on(cfg));
	put(cfg, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
	KUNIT_EXPECT_FALSE(test, vgpu_config_master_on(cfg));
}

static void config_without_capabilities(struct kunit *test)
{
	struct vgpu_config *cfg = config(test, &bare, SZ_4M);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, vgpu_config_size(cfg), (u32)VGPU_CONFIG_SIZE);
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_STATUS, 2), 0U);
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_CAPABILITY_LIST, 1), 0U);
	put(cfg, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	for (i = 0x40; i < VGPU_CONFIG_SIZE; i++) {
		vgpu_config_put_byte(cfg, i, 0xff);
		KUNIT_EXPECT_EQ(test, vgpu_config_get_byte(cfg, i), (u8)0);
	}
	KUNIT_EXPECT_TRUE(test, vgpu_config_memory_on(cfg));
}

static void config_headless(struct kunit *test)
{
	struct vgpu_config *cfg = config_of(test, &card, SZ_8M, true);

	KUNIT_EXPECT_EQ(test, get(cfg, PCI_CLASS_REVISION, 4) >> 8,
			(u32)CLASS_OTHER);
	vgpu_config_reset(cfg);
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_CLASS_REVISION, 4) >> 8,
			(u32)CLASS_OTHER);
	/* What is no VGA controller stays what it is. */
	cfg = config_of(test, &express, SZ_4M, true);
	KUNIT_EXPECT_EQ(test, get(cfg, PCI_CLASS_REVISION, 4) >> 8, 0x120000U);
}

static void config_descriptions(struct kunit *test)
{
	static const struct {
		u8 caps[VGPU_MAX_CAPS];
		u16 vectors;
		u32 rom_size;
		int ret;
	} descs[] = {
		{ { PCI_CAP_ID_PM, PCI_CAP_ID_EXP, PCI_CAP_ID_MSI }, 0, 0, 0 },
		{ { PCI_CAP_ID_PM, PCI_CAP_ID_PM }, 0, 0, -EINVAL },
		{ { PCI_CAP_ID_MSI, PCI_CAP_ID_PM, PCI_CAP_ID_MSI }, 0, 0,
		  -EINVAL },
		{ { PCI_CAP_ID_AGP }, 0, 0, -EINVAL },
		{ { 0xff }, 0, 0, -EINVAL },
		{ { PCI_CAP_ID_MSIX }, VGPU_MAX_VECTORS, 0, 0 },
		{ { PCI_CAP_ID_MSIX }, VGPU_MAX_VECTORS + 1, 0, -EINVAL },
		{ { PCI_CAP_ID_MSIX }, 0, 0, -EINVAL },
		{ { PCI_CAP_ID_MSI }, 1, 0, -EINVAL },
		{ {}, 0, SZ_2K, 0 },
		{ {}, 0, SZ_1K, -EINVAL },
		{ {}, 0, SZ_2K + SZ_1K, -EINVAL },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(descs); i++) {
		struct vgpu_pci_desc pci = { .bars = bare_bars };

		memcpy(pci.caps, descs[i].caps, sizeof(pci.caps));
		pci.msix_vectors = descs[i].vectors;
		pci.rom = descs[i].rom_size ? rom : NULL;
		pci.rom_size = descs[i].rom_size;
		KUNIT_EXPECT_EQ_MSG(test, vgpu_config_check(&pci), descs[i].ret,
				    "description %u", i);
	}
}

static struct kunit_case config_cases[] = {
	KUNIT_CASE(config_identity),
	KUNIT_CASE(config_bar_sizing),
	KUNIT_CASE(config_rom_bar),
	KUNIT_CASE(config_writable_bits),
	KUNIT_CASE(config_capabilities),
	KUNIT_CASE(config_msi),
	KUNIT_CASE(config_decode),
	KUNIT_CASE(config_power),
	KUNIT_CASE(config_intx_status),
	KUNIT_CASE(config_read_widths),
	KUNIT_CASE(config_write_pieces),
	KUNIT_CASE(config_bar_64),
	KUNIT_CASE(config_bar_rounded_up),
	KUNIT_CASE(config_express),
	KUNIT_CASE(config_msix),
	KUNIT_CASE(config_bus_master),
	KUNIT_CASE(config_without_capabilities),
	KUNIT_CASE(config_headless),
	KUNIT_CASE(config_descriptions),
	{}
};

static struct kunit_suite config_suite = {
	.name = "vgpu_config",
	.test_cases = config_cases,
};

kunit_test_suite(config_suite);
