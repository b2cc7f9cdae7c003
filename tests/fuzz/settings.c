// SPDX-License-Identifier: GPL-2.0
/* What an operator may ask of a soft GPU, whichever way it comes. */
#include "fuzz.h"
#include "kernel/kernel.h"
#include "../kunit/soft_config_model.h"

static void a_name(char *name)
{
	static const char likely[] = "AZaz09-_.+ /\n%\x80\xff";
	unsigned int i, n = input_u8() % SOFT_NAME_SIZE;

	for (i = 0; i < n; i++) {
		uint8_t how = input_u8();

		name[i] = how & 0x80 ? input_u8() : likely[how % 10];
	}
}

static void a_type(struct soft_type *t)
{
	uint8_t how = input_u8();

	a_name(t->name);
	t->kind = how % SOFT_KINDS;
	t->vram_mb = how & 8 ? input_near(SOFT_VRAM_MB_MAX) : input_u8();
	t->share = how & 0x10 ? input_near(SOFT_SHARE_MAX) : SOFT_SHARE;
	t->slice = how & 0x20 ? (int)input_u32() : (int8_t)input_u8() % 6;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct soft_config c;
	unsigned int i;
	uint8_t how;
	bool good;

	input_begin(data, size);
	soft_config_init(&c);
	CHECK(!soft_check("fuzz", &c));
	how = input_u8();
	c.vram_mb = how & 1 ? input_near(SOFT_VRAM_MB_MAX) : input_u8();
	c.slices = how & 2 ? input_u32() : input_u8() % 8;
	if (how & 4)
		c.bus = (int)input_near(255);
	if (how & 8)
		c.node = (int)input_near(MAX_NUMNODES);
	c.nr_types = how / 16 % 4;
	for (i = 0; i < c.nr_types; i++)
		a_type(&c.types[i]);
	good = model_config(&c) && (c.node == NUMA_NO_NODE || c.node == 0);
	CHECK(!soft_check("fuzz", &c) == good);
	return 0;
}
