// SPDX-License-Identifier: GPL-2.0
/* Monitors of any size, as a driver decodes them; and EDIDs of anybody. */
#include "fuzz.h"
#include "../kunit/edid_model.h"

static struct kunit test;

static void check_monitor(void)
{
	uint32_t x = input_u16() % 5000, y = input_u16() % 5000;
	uint32_t max_x = input_u16() % 5000, max_y = input_u16() % 5000;
	uint8_t edid[VGPU_EDID_BLOCK];
	struct timing t;
	unsigned int i;

	if (!vgpu_edid_fits(x, y))
		return;
	vgpu_edid_build(edid, x, y, max_x, max_y, input_u64());
	CHECK(vgpu_edid_valid(edid, sizeof(edid)));
	expect_timing(&test, edid, x, y);
	offered(&test, edid, max_x, max_y);
	decode(edid + DETAILED, &t);
	for (i = 1; i < 4; i++)
		if (edid[DETAILED + i * DESCRIPTOR + 3] == 0xfd)
			expect_limits(&test, edid + DETAILED + i * DESCRIPTOR, &t);
}

/* Too small and too large are the only reasons, and how many dots that would be. */
static void check_fits(uint32_t x, uint32_t y)
{
	bool fits = vgpu_edid_fits(x, y);

	if (fits)
		CHECK(x >= 320 && y >= 200 && x <= 4095 && y <= 4095);
	else
		CHECK(x < 320 || y < 200 || x > 4095 || y > 4095 ||
		      (x + 160ULL) * (y + 30ULL) * 60 > 655350000);
}

/* By sums over all bytes, block after block, in a copy that ends where it ends. */
static void check_valid(void)
{
	static const uint8_t magic[8] = { 0, 255, 255, 255, 255, 255, 255, 0 };
	uint8_t how = input_u8();
	size_t n = how % 4 ? how % 3 * VGPU_EDID_BLOCK : input_u16() % 400, i;
	uint8_t *edid = malloc(n + !n), sum = 0;
	bool good = n && n % VGPU_EDID_BLOCK == 0;

	CHECK(edid);
	input_bytes(edid, n);
	if (n >= sizeof(magic) && how & 0x80)
		memcpy(edid, magic, sizeof(magic));
	for (i = 0; i < n; i++) {
		/* A sum that is right, for some. */
		if (i % VGPU_EDID_BLOCK == VGPU_EDID_BLOCK - 1 && how & 0x40)
			edid[i] = -sum;
		sum += edid[i];
		if (i % VGPU_EDID_BLOCK == VGPU_EDID_BLOCK - 1 && sum)
			good = false;
		if (i % VGPU_EDID_BLOCK == VGPU_EDID_BLOCK - 1)
			sum = 0;
		if (i < sizeof(magic) && edid[i] != magic[i])
			good = false;
	}
	CHECK(vgpu_edid_valid(edid, n) == good);
	free(edid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	input_begin(data, size);
	switch (input_u8() % 3) {
	case 0:
		check_monitor();
		break;
	case 1:
		check_fits(input_near(4095), input_near(4095));
		break;
	default:
		check_valid();
		break;
	}
	return 0;
}
