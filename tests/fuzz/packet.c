// SPDX-License-Identifier: GPL-2.0
/* Packets of the soft GPU's rings, each byte of which is a guest's. */
#include "fuzz.h"
#include "kernel/kernel.h"
#include "../kunit/soft_packet_model.h"

static struct soft_packet packet_by_fields(void)
{
	uint8_t what = input_u8();

	return (struct soft_packet) {
		.op = cpu_to_le16(what % 8),
		.flags = cpu_to_le16(what / 8 % 8),
		.value = what & 0x40 ? cpu_to_le32(input_u32()) : 0,
		.dst = cpu_to_le64(input_near(VRAM)),
		.src = cpu_to_le64(input_near(VRAM)),
		.size = cpu_to_le64(input_near(VRAM)),
		.fence = cpu_to_le64(what & 8 ? input_near(VRAM) : 0),
		.fence_value = cpu_to_le64(what & 8 ? input_u64() : 0),
	};
}

static struct soft_packet packet_by_bytes(void)
{
	struct soft_packet p;

	input_bytes(&p, sizeof(p));
	return p;
}

/* What is to be done is what the packet says: its packet is the same one. */
static void check_work(const struct soft_packet *p, const struct soft_work *work)
{
	struct soft_packet again = soft_packet_of(work);

	CHECK(!memcmp(&again, p, sizeof(again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct soft_packet p;
	struct soft_work work;
	enum soft_verdict verdict;
	bool compute;

	input_begin(data, size);
	while (input.left) {
		compute = input_u8() % 2;
		p = input_u8() % 4 ? packet_by_fields() : packet_by_bytes();
		verdict = soft_packet_check(&p, VRAM, compute, &work);
		CHECK((verdict == SOFT_RUN) == model_runs(&p, compute));
		CHECK(soft_packet_field(verdict));
		if (verdict == SOFT_RUN)
			check_work(&p, &work);
	}
	return 0;
}
