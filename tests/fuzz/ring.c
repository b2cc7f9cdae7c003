// SPDX-License-Identifier: GPL-2.0
/* A ring, and a guest that writes anything anywhere in its memory at any time. */
#include "fuzz.h"
#include "kernel/kernel.h"
#include "../kunit/ring_model.h"

#include <vgpu/section.h>

#define VRAM	2048

static struct vgpu_ring ring;
static struct ring_model model;
static uint8_t *vram;

static void set_up(void)
{
	uint64_t offset = input_u8() % 4 ? input_u8() * 64 : input_near(VRAM);
	uint32_t slots = input_u8() % 4 ? 1U << input_u8() % 8 : input_u32();
	struct vgpu_ring before = ring;
	int ret = vgpu_ring_init(&ring, vram, VRAM, offset, slots);

	CHECK(!ret == model_place(offset, slots, VRAM));
	if (ret) {
		CHECK(ret == -EINVAL && !memcmp(&ring, &before, sizeof(ring)));
		return;
	}
	model = (struct ring_model){ true, offset, slots, 0 };
}

/* By a guest: an index, a packet, or what is nearest to where it hurts. */
static void guest_writes(void)
{
	uint64_t at = input_u16() % VRAM;
	uint8_t n = input_u8() % 64;
	uint64_t index = cpu_to_le64(model.read + input_near(model.slots));

	if (n == 0 && model.there)
		memcpy(vram + model.offset + VGPU_RING_WRITE, &index, 8);
	else if (n <= VRAM - at)
		input_bytes(vram + at, n);
}

static void take(bool advance)
{
	uint8_t packet[VGPU_RING_PACKET];
	const uint8_t *want;
	uint64_t told;
	int ret = vgpu_ring_peek(&ring, packet);

	CHECK(ret == model_peek(&model, vram, &want));
	CHECK(vgpu_ring_pending(&ring) == !!ret);
	if (want)
		CHECK(!memcmp(packet, want, sizeof(packet)));
	if (ret != 1 || !advance)
		return;
	vgpu_ring_advance(&ring);
	model.read++;
	memcpy(&told, vram + model.offset + VGPU_RING_READ, 8);
	CHECK(le64_to_cpu(told) == model.read && !ring.progress);
}

/* Saved and loaded, it is the same; what a stream says otherwise is looked at. */
static void move(bool lie)
{
	uint8_t stream[64];
	struct vgpu_ring other;
	struct vgpu_writer w;
	struct vgpu_reader r;

	ring.progress = ring.mem ? input_u32() : 0;
	vgpu_writer_init(&w, stream, sizeof(stream));
	vgpu_ring_save(&ring, vram, &w);
	CHECK(w.len <= sizeof(stream));
	if (lie && w.len)
		stream[input_u8() % w.len] = input_u8();
	memset(&other, 0, sizeof(other));
	vgpu_reader_init(&r, stream, w.len);
	vgpu_ring_load(&other, vram, VRAM, &r);
	if (!vgpu_reader_ok(&r)) {
		CHECK(lie && !other.mem);
		return;
	}
	if (lie) {
		CHECK(!other.slots ||
		      model_place((uint8_t *)other.mem - vram, other.slots, VRAM));
		return;
	}
	CHECK(!r.left && other.mem == ring.mem);
	if (ring.mem)
		CHECK(other.slots == ring.slots && other.read == ring.read &&
		      other.progress == ring.progress);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	input_begin(data, size);
	vram = calloc(1, VRAM);
	CHECK(vram);
	memset(&ring, 0, sizeof(ring));
	memset(&model, 0, sizeof(model));
	while (input.left) {
		uint8_t what = input_u8();

		switch (what % 8) {
		case 0:
			set_up();
			break;
		case 1:
			vgpu_ring_fini(&ring);
			model.there = false;
			break;
		case 2:
			move(what & 8);
			break;
		case 3:
		case 4:
			guest_writes();
			break;
		default:
			take(what % 8 != 5);
			break;
		}
	}
	free(vram);
	return 0;
}
