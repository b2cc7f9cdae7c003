// SPDX-License-Identifier: GPL-2.0
/* Configuration space: bytes that a guest writes and reads, and streams of it. */
#include "fuzz.h"
#include "kernel/kernel.h"
#include "../kunit/config_model.h"

static const struct {
	const struct vgpu_pci_desc *pci;
	const struct writable *writable;
	uint32_t pm;
} functions[] = {
	{ &card, card_writable, CARD_PM },
	{ &express, express_writable, EXPRESS_PM },
	{ &bare, NULL, 0 },
};

#define WITH_MODEL	2

static struct vgpu_config cfg;
static uint8_t model[VGPU_CONFIG_SIZE];
static unsigned int which;

static void write_byte(uint32_t offset, uint8_t val)
{
	vgpu_config_put_byte(&cfg, offset, val);
	if (offset >= VGPU_CONFIG_SIZE)
		return;
	if (which < WITH_MODEL)
		model[offset] = byte_written(functions[which].writable,
					     functions[which].pm, offset,
					     model[offset], val);
	else
		model[offset] = cfg.data[offset];
	CHECK(cfg.data[offset] == model[offset]);
}

static uint32_t model_get(uint32_t offset, unsigned int size)
{
	uint32_t val = 0, i;

	for (i = 0; i < size; i++)
		if (offset + i < VGPU_CONFIG_SIZE)
			val |= (uint32_t)model[offset + i] << 8 * i;
	return val;
}

static void check_reads(void)
{
	uint32_t offset = input_near(VGPU_CONFIG_SIZE) % 0x10000;
	unsigned int size = 1 + input_u8() % 4;
	bool on = which >= WITH_MODEL ||
		  !(model[functions[which].pm + PCI_PM_CTRL] & 3);
	uint8_t command = model[PCI_COMMAND];

	CHECK(vgpu_config_get(&cfg, offset, size) == model_get(offset, size));
	CHECK(vgpu_config_powered(&cfg) == on);
	CHECK(vgpu_config_memory_on(&cfg) == (on && command & 2));
	CHECK(vgpu_config_io_on(&cfg) == (on && command & 1));
	CHECK(vgpu_config_master_on(&cfg) == (on && command & 4));
	CHECK(vgpu_config_intx_off(&cfg) == !!(model[PCI_COMMAND + 1] & 4));
}

/* Where BARs are is a multiple of their size. */
static void check_bars(void)
{
	unsigned int i;

	for (i = 0; i < VGPU_NR_BARS; i++)
		if (cfg.bars->bar[i].size)
			CHECK(vgpu_config_bar_address(&cfg, i) %
			      cfg.bars->bar[i].size == 0);
}

/* Elsewhere it is the same, and a stream that lies is refused or is what one can write. */
static void move(bool lie)
{
	uint8_t stream[VGPU_CONFIG_SIZE], want[VGPU_CONFIG_SIZE];
	struct vgpu_config other = cfg;
	struct vgpu_writer w;
	struct vgpu_reader r;
	uint8_t at;

	vgpu_writer_init(&w, stream, sizeof(stream));
	vgpu_config_save(&cfg, &w);
	CHECK(w.len == sizeof(stream));
	if (lie) {
		at = input_u8();
		stream[at] ^= 1 << input_u8() % 8;
	}
	vgpu_config_reset(&other);
	vgpu_reader_init(&r, stream, input_u8() ? sizeof(stream) : input_u8());
	vgpu_config_load(&other, &r);
	if (!vgpu_reader_ok(&r))
		return;
	CHECK(!r.left && !memcmp(other.data, stream, sizeof(stream)));
	/* That an interrupt is pending is shown by whoever loads it. */
	memcpy(want, model, sizeof(want));
	want[PCI_STATUS] &= ~PCI_STATUS_INTERRUPT;
	CHECK(lie || !memcmp(other.data, want, sizeof(want)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vgpu_bars bars;

	input_begin(data, size);
	which = input_u8() % (sizeof(functions) / sizeof(functions[0]));
	CHECK(!vgpu_bars_init(&bars, functions[which].pci, SZ_8M, SZ_16K));
	vgpu_config_init(&cfg, functions[which].pci, &bars, false);
	memcpy(model, cfg.data, sizeof(model));
	while (input.left) {
		uint8_t what = input_u8();

		switch (what % 8) {
		case 0:
			move(what & 8);
			break;
		case 1:
			vgpu_config_set_intx_status(&cfg, what & 8);
			model[PCI_STATUS] &= ~PCI_STATUS_INTERRUPT;
			model[PCI_STATUS] |= what & 8;
			break;
		case 2:
			check_reads();
			break;
		case 3:
			check_bars();
			break;
		case 4:
			write_byte(input_u32(), input_u8());
			break;
		default:
			write_byte(input_u8(), input_u8());
			break;
		}
	}
	CHECK(!memcmp(model, cfg.data, sizeof(model)));
	return 0;
}
