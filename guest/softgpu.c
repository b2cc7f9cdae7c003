// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine.h"
#include "softgpu.h"

/* Of the registers of a queue. */
#define RING_LO		0x00
#define RING_HI		0x04
#define RING_COUNT	0x08
#define RING_ENABLE	0x0c

/* Of a ring's header, which is as long as a packet. */
#define HEAD_WRITE	0x28
#define HEAD_READ	0x30

#define RINGS_AT	0x10000
#define RINGS_APART	0x8000
#define FENCES_AT	0x20000

#define PCI_CAPABILITIES 0x34

static int open_in(const struct softgpu *gpu, const char *name, int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", gpu->dir, name);
	fd = open(path, flags);
	if (fd < 0)
		die("%s: %m", path);
	return fd;
}

static bool is_soft(const char *dir)
{
	char path[128];
	unsigned int ids = 0;
	FILE *config;

	snprintf(path, sizeof(path), "%s/config", dir);
	config = fopen(path, "r");
	if (!config)
		return false;
	if (fread(&ids, 4, 1, config) != 1)
		ids = 0;
	fclose(config);
	return ids == 0x7e551234;
}

static void find(struct softgpu *gpu)
{
	glob_t all;
	size_t i;

	gpu->dir[0] = '\0';
	if (glob("/sys/bus/pci/devices/*", 0, NULL, &all))
		die("no PCI devices");
	for (i = 0; i < all.gl_pathc; i++)
		if (is_soft(all.gl_pathv[i]))
			snprintf(gpu->dir, sizeof(gpu->dir), "%s",
				 all.gl_pathv[i]);
	globfree(&all);
	if (!gpu->dir[0])
		die("no soft GPU");
}

static volatile void *map(const struct softgpu *gpu, const char *name, size_t size)
{
	int fd = open_in(gpu, name, O_RDWR);
	void *at;

	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		die("mapping %s: %m", name);
	close(fd);
	return at;
}

void softgpu_open(struct softgpu *gpu)
{
	find(gpu);
	gpu->config = open_in(gpu, "config", O_RDWR);
	softgpu_set_config(gpu, COMMAND, 2,
			   softgpu_config(gpu, COMMAND, 2) | COMMAND_MEMORY |
			   COMMAND_MASTER);
	gpu->control = map(gpu, "resource3", CONTROL_SIZE);
	if (gpu->control[CONTROL_ID / 4] != ID_VALUE)
		die("its id is %#x", gpu->control[CONTROL_ID / 4]);
	gpu->size = gpu->control[CONTROL_VRAM_LO / 4];
	gpu->vram = map(gpu, "resource0", gpu->size);
}

uint32_t softgpu_config(struct softgpu *gpu, unsigned int at, unsigned int n)
{
	uint32_t value = 0;

	if (pread(gpu->config, &value, n, at) != (ssize_t)n)
		die("reading configuration space: %m");
	return value;
}

void softgpu_set_config(struct softgpu *gpu, unsigned int at, unsigned int n,
			uint32_t value)
{
	if (pwrite(gpu->config, &value, n, at) != (ssize_t)n)
		die("writing configuration space: %m");
}

unsigned int softgpu_capability(struct softgpu *gpu, unsigned int id)
{
	unsigned int at = softgpu_config(gpu, PCI_CAPABILITIES, 1);

	while (at && softgpu_config(gpu, at, 1) != id)
		at = softgpu_config(gpu, at + 1, 1);
	if (!at)
		die("no capability %#x", id);
	return at;
}

volatile uint64_t *softgpu_word(struct softgpu *gpu, uint64_t at)
{
	return (volatile uint64_t *)(gpu->vram + at);
}

void ring_open(struct ring *ring, struct softgpu *gpu, int queue)
{
	volatile uint32_t *block = gpu->control + (0x100 + queue * 0x100) / 4;

	*ring = (struct ring) {
		.gpu = gpu,
		.queue = queue,
		.at = RINGS_AT + queue * RINGS_APART,
		.fence = FENCES_AT + queue * 64,
	};
	/* Of a run before. */
	block[RING_ENABLE / 4] = 0;
	*softgpu_word(gpu, ring->at + HEAD_WRITE) = 0;
	*softgpu_word(gpu, ring->fence) = 0;
	block[RING_LO / 4] = ring->at;
	block[RING_HI / 4] = 0;
	block[RING_COUNT / 4] = RING_SLOTS;
	block[RING_ENABLE / 4] = 1;
	if (!block[RING_ENABLE / 4])
		die("queue %d: the ring is refused", queue);
}

void ring_submit(struct ring *ring, struct packet packet)
{
	struct softgpu *gpu = ring->gpu;
	uint64_t slot = ring->at + 64 + ring->written % RING_SLOTS * 64;
	uint64_t words[sizeof(packet) / 8];
	unsigned int i;

	while (ring->written - *softgpu_word(gpu, ring->at + HEAD_READ) >=
	       RING_SLOTS)
		usleep(100);
	packet.flags |= FLAG_FENCE;
	packet.fence = ring->fence;
	packet.fence_value = ++ring->written;
	memcpy(words, &packet, sizeof(words));
	for (i = 0; i < sizeof(words) / 8; i++)
		*softgpu_word(gpu, slot + i * 8) = words[i];
	__atomic_thread_fence(__ATOMIC_RELEASE);
	*softgpu_word(gpu, ring->at + HEAD_WRITE) = ring->written;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	gpu->control[(BELL + ring->queue * 0x1000) / 4] = 1;
}

void ring_await(struct ring *ring)
{
	while (*softgpu_word(ring->gpu, ring->fence) != ring->written)
		usleep(100);
}
