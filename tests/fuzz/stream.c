// SPDX-License-Identifier: GPL-2.0
/*
 * The stream that an instance becomes: whatever is read of whatever bytes, the reader
 * says what a cursor over the same bytes says, and after the first refusal zeros.
 */
#include "fuzz.h"
#include "kernel/kernel.h"

#include <vgpu/section.h>

#define MAX_STEPS	64
#define MAX_BYTES	512

/* What is left, told beside the reader; @bad from the first refusal on. */
struct cursor {
	const uint8_t *at;
	size_t left;
	bool bad;
};

struct fields {
	uint8_t a;
	uint16_t b;
	uint32_t c;
	uint64_t d;
};

static const struct vgpu_field fields[] = {
	VGPU_FIELD(fields, a, 200),
	VGPU_FIELD(fields, b, U16_MAX),
	VGPU_FIELD(fields, c, 1000000),
	VGPU_FIELD(fields, d, U64_MAX),
};

static uint64_t cursor_get(struct cursor *c, unsigned int size, uint64_t max)
{
	uint64_t val = 0;
	unsigned int i;

	if (c->bad || size > c->left) {
		c->bad = true;
		return 0;
	}
	for (i = 0; i < size; i++)
		val |= (uint64_t)c->at[i] << 8 * i;
	c->at += size;
	c->left -= size;
	c->bad = val > max;
	return c->bad ? 0 : val;
}

static void get_number(struct vgpu_reader *r, struct cursor *c)
{
	unsigned int size = 1 + input_u8() % 8;
	uint64_t max = input_near(1000);

	CHECK(vgpu_get(r, "number", size, max) == cursor_get(c, size, max));
}

static void get_bytes(struct vgpu_reader *r, struct cursor *c)
{
	uint8_t to[256], want[256];
	size_t n = input_u8(), i;

	if (n > c->left)
		c->bad = true;
	vgpu_get_bytes(r, "bytes", to, n);
	for (i = 0; i < n; i++)
		want[i] = cursor_get(c, 1, UINT8_MAX);
	CHECK(!memcmp(to, want, n));
}

static void get_array(struct vgpu_reader *r, struct cursor *c)
{
	uint32_t to[16], max = input_u32();
	unsigned int n = input_u8() % 16, i;

	vgpu_get_u32s(r, "array", to, n, max);
	for (i = 0; i < n; i++)
		CHECK(to[i] == cursor_get(c, 4, max));
}

static void get_fields(struct vgpu_reader *r, struct cursor *c)
{
	struct fields f;

	vgpu_get_fields(r, &f, fields, ARRAY_SIZE(fields));
	CHECK(f.a == cursor_get(c, 1, 200));
	CHECK(f.b == cursor_get(c, 2, UINT16_MAX));
	CHECK(f.c == cursor_get(c, 4, 1000000));
	CHECK(f.d == cursor_get(c, 8, UINT64_MAX));
}

static void refuse(struct vgpu_reader *r, struct cursor *c)
{
	char text[256];

	memset(text, 'x', sizeof(text) - 1);
	text[input_u8()] = '\0';
	text[255] = '\0';
	vgpu_refuse(r, text, "%s %d", text, 1);
	c->bad = true;
}

/* What is read, the input decides; of what, its second half is. */
static void read_back(const uint8_t *data, size_t size)
{
	size_t n = size / 2;
	struct cursor c = { data + size - n, n, false };
	struct vgpu_reader r;
	unsigned int step;

	input_begin(data, size - n);
	vgpu_reader_init(&r, c.at, c.left);
	for (step = 0; input.left && step < MAX_STEPS; step++) {
		switch (input_u8() % 8) {
		case 0:
			get_bytes(&r, &c);
			break;
		case 1:
			get_array(&r, &c);
			break;
		case 2:
			get_fields(&r, &c);
			break;
		case 3:
			if (input_u8() == 0x5a)
				refuse(&r, &c);
			break;
		default:
			get_number(&r, &c);
			break;
		}
		CHECK(vgpu_reader_ok(&r) == !c.bad);
		CHECK(memchr(r.refusal, 0, sizeof(r.refusal)));
		if (!c.bad)
			CHECK(r.left == c.left && r.at == c.at);
	}
}

/* Into a buffer that may be too short: it counts on, and writes no more. */
static void write_some(void)
{
	size_t room = input_u16() % MAX_BYTES, want = 0;
	uint8_t *buf = malloc(room + !room), bytes[256];
	struct fields f = { input_u8(), input_u16(), input_u32(), input_u64() };
	struct vgpu_writer w;
	unsigned int step;

	CHECK(buf);
	memset(bytes, 0x5a, sizeof(bytes));
	vgpu_writer_init(&w, input_u8() % 4 ? buf : NULL, room);
	for (step = 0; input.left && step < MAX_STEPS; step++) {
		uint8_t n = input_u8();

		if (n % 3 == 0) {
			vgpu_put_fields(&w, &f, fields, ARRAY_SIZE(fields));
			want += 1 + 2 + 4 + 8;
		} else if (n % 3 == 1) {
			vgpu_put(&w, 1 + n % 8, input_u64());
			want += 1 + n % 8;
		} else {
			vgpu_put_bytes(&w, bytes, n);
			want += n;
		}
		CHECK(w.len == want);
	}
	free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	input_begin(data, size);
	if (input_u8() % 4)
		read_back(data + !!size, size - !!size);
	else
		write_some();
	return 0;
}
