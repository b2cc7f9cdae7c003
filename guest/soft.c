// SPDX-License-Identifier: GPL-2.0
/*
 * Works with a vGPU of a soft GPU and says whether all is as it should be: its last
 * line tells what was done, its status is 0 when nothing was wrong.
 *
 * It waits for ever for what does not come: who started it has the patience.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine.h"
#include "softgpu.h"

#define MIB	(1024 * 1024)

static uint64_t random_state = 1;

static uint32_t below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 16) % limit;
}

/* What a word of VRAM holds; no two are alike, nor two rounds. */
static uint64_t pattern(uint64_t at, uint64_t round)
{
	return (at + round * 0x100000001b3) * 0x9e3779b97f4a7c15;
}

static void put(struct softgpu *gpu, uint64_t from, uint64_t to, uint64_t round)
{
	uint64_t at;

	for (at = from; at < to; at += 8)
		*softgpu_word(gpu, at) = pattern(at, round);
}

static void expect(struct softgpu *gpu, uint64_t from, uint64_t to, uint64_t round)
{
	uint64_t at, got;

	for (at = from; at < to; at += 8) {
		got = *softgpu_word(gpu, at);
		if (got != pattern(at, round))
			die("byte %#llx of VRAM: %#llx is not %#llx",
			    (unsigned long long)at, (unsigned long long)got,
			    (unsigned long long)pattern(at, round));
	}
}

/* The first to look at it is the first who could see a tenant's before. */
static void all_zero(struct softgpu *gpu)
{
	uint64_t at;

	for (at = 0; at < gpu->size; at += 8)
		if (*softgpu_word(gpu, at))
			die("byte %#llx of VRAM is another tenant's",
			    (unsigned long long)at);
}

/* All of VRAM by the CPU; then its second half by the engine, from the first. */
static void vram(struct softgpu *gpu)
{
	uint64_t half = gpu->size / 2, at;
	struct ring ring;

	put(gpu, 0, gpu->size, 1);
	expect(gpu, 0, gpu->size, 1);
	put(gpu, 0, gpu->size, 2);
	expect(gpu, 0, gpu->size, 2);

	ring_open(&ring, gpu, QUEUE_COPY);
	for (at = DATA_AT; at < half; at += MIB)
		ring_submit(&ring, (struct packet) {
			.op = OP_COPY, .src = at, .dst = half + at, .size = MIB,
		});
	ring_await(&ring);
	expect(gpu, DATA_AT, half, 2);
	expect(gpu, half, half + DATA_AT, 2);
	for (at = half + DATA_AT; at < gpu->size; at += 8)
		if (*softgpu_word(gpu, at) != pattern(at - half, 2))
			die("byte %#llx of VRAM: the engine has copied something else",
			    (unsigned long long)at);
	printf("soft: vram bytes=%llu\n", (unsigned long long)gpu->size);
}

/*
 * Whatever the engines are doing when a packet comes: busy, looking at the ring,
 * about to sleep, asleep, which they are after 20 ms.
 */
static void doorbell(struct softgpu *gpu, unsigned int count)
{
	struct ring rings[NR_QUEUES];
	unsigned int i;

	for (i = 0; i < NR_QUEUES; i++)
		ring_open(&rings[i], gpu, i);
	for (i = 0; i < count; i++) {
		struct ring *ring = &rings[below(NR_QUEUES)];

		ring_submit(ring, (struct packet) { .op = OP_NOP });
		if (below(8))
			continue;
		ring_await(ring);
		if (!below(8))
			usleep(below(60000));
	}
	for (i = 0; i < NR_QUEUES; i++)
		ring_await(&rings[i]);
	printf("soft: doorbell submitted=%u\n", count);
}

/*
 * Interrupts without a driver: the vectors are sent to where the kernel counts what
 * it never gets otherwise, the notifications of a hypervisor that runs no guest.
 */
static const struct {
	const char *name;
	uint32_t vector;
} counted[NR_QUEUES] = { { "PIN:", 0xf2 }, { "NPI:", 0xf0 } };

static unsigned long interrupts(const char *name)
{
	FILE *in = fopen("/proc/interrupts", "r");
	unsigned long count = 0;
	char line[1024], *at, *end;
	int found = 0;

	while (in && fgets(line, sizeof(line), in)) {
		at = strstr(line, name);
		if (!at)
			continue;
		found = 1;
		/* A column each CPU, then words. */
		for (at += strlen(name);; at = end) {
			count += strtoul(at, &end, 10);
			if (end == at)
				break;
		}
	}
	if (!found)
		die("this kernel does not count %s", name);
	fclose(in);
	return count;
}

/* Message to CPU 0, fixed, by edge. */
static void set_vector(struct softgpu *gpu, unsigned int i, uint32_t vector)
{
	volatile uint32_t *entry = gpu->control + (MSIX_TABLE + i * 16) / 4;

	entry[0] = 0xfee00000;
	entry[1] = 0;
	entry[2] = vector;
	entry[3] = 0;
}

static void irq(struct softgpu *gpu)
{
	unsigned int msix = softgpu_capability(gpu, 0x11), i, j, n = 100;
	struct ring rings[NR_QUEUES];
	unsigned long before[NR_QUEUES];

	softgpu_set_config(gpu, msix + 2, 2, 0x8000);
	for (i = 0; i < NR_QUEUES; i++) {
		set_vector(gpu, i, counted[i].vector);
		before[i] = interrupts(counted[i].name);
		ring_open(&rings[i], gpu, i);
	}
	for (j = 1; j <= n; j++) {
		struct ring *ring = &rings[j % NR_QUEUES];
		const char *name = counted[j % NR_QUEUES].name;
		unsigned long last = interrupts(name);

		/* Each is waited for: two that wait as one would be one. */
		ring_submit(ring, (struct packet) {
			.op = OP_NOP, .flags = FLAG_IRQ,
		});
		while (interrupts(name) == last)
			usleep(1000);
		ring_await(ring);
	}
	for (i = 0; i < NR_QUEUES; i++)
		if (interrupts(counted[i].name) - before[i] != n / NR_QUEUES)
			die("%s %lu interrupts, not %u", counted[i].name,
			    interrupts(counted[i].name) - before[i], n / NR_QUEUES);
	softgpu_set_config(gpu, msix + 2, 2, 0);
	printf("soft: irq raised=%u\n", n);
}

/* Where nobody answers: ones on a bus, zeros of QEMU's. */
static bool nobody(uint64_t value, uint64_t ones)
{
	return !value || value == ones;
}

/* Memory decode off and on: nobody answers, and then all is as it was. */
static void decode(struct softgpu *gpu)
{
	uint32_t on = softgpu_config(gpu, COMMAND, 2);
	unsigned int i;

	put(gpu, 0, gpu->size, 3);
	for (i = 0; i < 10; i++) {
		softgpu_set_config(gpu, COMMAND, 2, on & ~COMMAND_MEMORY);
		if (!nobody(gpu->control[CONTROL_ID / 4], ~0u) ||
		    !nobody(*softgpu_word(gpu, i * MIB), ~0ull))
			die("it answers with memory decode off");
		softgpu_set_config(gpu, COMMAND, 2, on);
		expect(gpu, 0, gpu->size, 3);
	}
	printf("soft: decode toggled=%u\n", i);
}

static void *physical(uint64_t at, size_t size)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC);
	void *mem;

	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at);
	if (mem == MAP_FAILED)
		die("mapping %#llx of /dev/mem: %m", (unsigned long long)at);
	close(fd);
	return mem;
}

static void move_to(struct softgpu *gpu, uint32_t low, uint32_t high)
{
	uint32_t on = softgpu_config(gpu, COMMAND, 2);

	softgpu_set_config(gpu, COMMAND, 2, on & ~COMMAND_MEMORY);
	softgpu_set_config(gpu, BAR_VRAM, 4, low);
	softgpu_set_config(gpu, BAR_VRAM + 4, 4, high);
	softgpu_set_config(gpu, COMMAND, 2, on);
}

/* VRAM to another place in the guest's memory, where nothing is, and back. */
static void move(struct softgpu *gpu)
{
	uint32_t low = softgpu_config(gpu, BAR_VRAM, 4);
	uint32_t high = softgpu_config(gpu, BAR_VRAM + 4, 4);
	uint64_t there = (uint64_t)(high + 1) << 32 | (low & ~15u);
	struct softgpu moved = *gpu;
	unsigned int i;

	put(gpu, 0, gpu->size, 4);
	moved.vram = physical(there, gpu->size);
	for (i = 0; i < 4; i++) {
		move_to(gpu, low, high + 1);
		expect(&moved, 0, gpu->size, 4 + i);
		put(&moved, 0, gpu->size, 5 + i);
		if (!nobody(*softgpu_word(gpu, DATA_AT), ~0ull))
			die("VRAM is where it was");
		move_to(gpu, low, high);
		expect(gpu, 0, gpu->size, 5 + i);
	}
	printf("soft: move moved=%u\n", i);
}

static int line_has_come(void)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };
	char c;

	if (poll(&in, 1, 0) <= 0)
		return 0;
	while (read(0, &c, 1) == 1 && c != '\n')
		;
	return 1;
}

/* A fill and a copy of it by each engine, and nothing beside them is touched. */
static void one_round(struct softgpu *gpu, struct ring *rings, uint32_t round)
{
	uint64_t part = (gpu->size - DATA_AT) / NR_QUEUES & ~(uint64_t)4095;
	uint32_t size = part / 2 & ~4095u;
	uint64_t at, base;
	unsigned int i;

	for (i = 0; i < NR_QUEUES; i++) {
		base = DATA_AT + i * part;
		ring_submit(&rings[i], (struct packet) {
			.op = OP_FILL, .dst = base, .size = size,
			.value = round * 2 + i,
		});
		ring_submit(&rings[i], (struct packet) {
			.op = OP_COPY, .src = base, .dst = base + size,
			.size = size - 4096,
		});
		ring_submit(&rings[i], (struct packet) {
			.op = OP_FILL, .dst = base + 2 * size - 4096,
			.size = 4096, .value = ~(round * 2 + i),
		});
	}
	for (i = 0; i < NR_QUEUES; i++) {
		uint64_t value = round * 2 + i;

		value |= value << 32;
		base = DATA_AT + i * part;
		ring_await(&rings[i]);
		for (at = base; at < base + 2 * size; at += 8)
			if (*softgpu_word(gpu, at) !=
			    (at < base + 2 * size - 4096 ? value : ~value))
				die("round %u, byte %#llx: %#llx", round,
				    (unsigned long long)at,
				    (unsigned long long)*softgpu_word(gpu, at));
	}
}

/* Until a line comes in. */
static void work(struct softgpu *gpu)
{
	struct ring rings[NR_QUEUES];
	uint32_t round = 0;
	unsigned int i;

	for (i = 0; i < NR_QUEUES; i++)
		ring_open(&rings[i], gpu, i);
	puts("soft: at work");
	do
		one_round(gpu, rings, ++round);
	while (!line_has_come());
	printf("soft: work rounds=%u\n", round);
}

/* The engine never comes idle of itself. */
static void hang(struct softgpu *gpu)
{
	struct ring ring;

	ring_open(&ring, gpu, QUEUE_COMPUTE);
	puts("soft: hangs");
	ring_submit(&ring, (struct packet) { .op = OP_HANG });
	ring_await(&ring);
	die("the hang has ended");
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct softgpu gpu;

	setvbuf(stdout, NULL, _IOLBF, 0);
	softgpu_open(&gpu);
	if (!strcmp(what, "zero"))
		all_zero(&gpu);
	else if (!strcmp(what, "vram"))
		vram(&gpu);
	else if (!strcmp(what, "doorbell") && argc > 2)
		doorbell(&gpu, atoi(argv[2]));
	else if (!strcmp(what, "irq"))
		irq(&gpu);
	else if (!strcmp(what, "decode"))
		decode(&gpu);
	else if (!strcmp(what, "move"))
		move(&gpu);
	else if (!strcmp(what, "work"))
		work(&gpu);
	else if (!strcmp(what, "hang"))
		hang(&gpu);
	else
		die("usage: soft zero|vram|doorbell COUNT|irq|decode|move|work|hang");
	return 0;
}
