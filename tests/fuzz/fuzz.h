/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A fuzzer is a file here: it makes of bytes something to do, does it, and compares with
 * what the models of tests/kunit say. libFuzzer brings the bytes and is told which lines
 * they reach; sanitizers look on.
 */
#ifndef _FUZZ_H
#define _FUZZ_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is left of the input; zeros come after it, so that all of it counts. */
struct input {
	const uint8_t *at;
	size_t left;
};

extern struct input input;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void input_begin(const uint8_t *data, size_t size)
{
	input = (struct input){ data, size };
}

static inline void input_bytes(void *to, size_t n)
{
	size_t have = n < input.left ? n : input.left;

	memset(to, 0, n);
	if (!have)
		return;
	memcpy(to, input.at, have);
	input.at += have;
	input.left -= have;
}

/* Little-endian, of up to 8 bytes. */
static inline uint64_t input_number(size_t bytes)
{
	uint64_t n = 0;

	input_bytes(&n, bytes);
	return le64toh(n);
}

static inline uint8_t input_u8(void)
{
	return input_number(1);
}

static inline uint16_t input_u16(void)
{
	return input_number(2);
}

static inline uint32_t input_u32(void)
{
	return input_number(4);
}

static inline uint64_t input_u64(void)
{
	return input_number(8);
}

/* Mostly near to where something ends: 0, @limit, or where sums wrap. */
static inline uint64_t input_near(uint64_t limit)
{
	uint8_t how = input_u8();
	int8_t by = input_u8();

	switch (how % 5) {
	case 0:
		return (uint64_t)(int64_t)by;
	case 1:
		return limit + (int64_t)by;
	case 2:
		return limit ? input_u32() % limit : 0;
	case 3:
		return (1ULL << how / 4) + (int64_t)by;
	default:
		return input_u64();
	}
}

#define CHECK(cond) do { \
	if (!(cond)) { \
		fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, \
			#cond); \
		abort(); \
	} \
} while (0)

#endif /* _FUZZ_H */
