// SPDX-License-Identifier: GPL-2.0
#include <sys/mman.h>
#include "client.h"
#include "soft.h"
#include "tap.h"

uint32_t control(struct vdev *d, uint32_t reg)
{
	return vdev_rd(d, BAR_ALMAIF, reg, 4);
}

static void command(struct client *c, uint32_t what)
{
	vdev_wr(c->d, BAR_ALMAIF, COMMAND, 4, what);
}

static volatile uint32_t *header(struct client *c, unsigned int at)
{
	return (volatile uint32_t *)(c->ring + at);
}

/* As PoCL's driver: reset, all packets invalid, continue. */
void client_begin(struct client *c)
{
	command(c, 1);
	c->slots = control(c->d, RING_SIZE) / 64 - 1;
	memset(c->mem + META_AT, 0, ARGS_AT - META_AT);
	command(c, 2);
	c->written = *header(c, 0x28);
}

static uint64_t rest_size(struct vdev *d)
{
	return d->region[BAR_ALMAIF].size - RING - 4096;
}

/* Of a vGPU that is open and decodes memory. */
struct client client_of(struct vdev *d)
{
	struct client c = { .d = d };

	c.ring = vdev_try_map(d, BAR_ALMAIF, RING, 4096);
	c.rest = vdev_try_map(d, BAR_ALMAIF, RING + 4096, rest_size(d));
	ASSERT(c.ring != MAP_FAILED && c.rest != MAP_FAILED);
	c.mem = c.rest + control(d, MEM) - RING - 4096;
	client_begin(&c);
	return c;
}

struct client client_new(const struct type_facts *type)
{
	struct vdev *d = vdev_new(type);

	vdev_decode(d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	return client_of(d);
}

void client_end(struct client *c)
{
	munmap(c->ring, 4096);
	munmap(c->rest, rest_size(c->d));
	vdev_close(c->d);
}

volatile uint32_t *completion(struct client *c, unsigned int n)
{
	return (volatile uint32_t *)(c->mem + META_AT + n % 64 * 64);
}

/* A packet; its number. At most 64 are under way: so many have a completion word. */
unsigned int dispatch(struct client *c, uint64_t kernel, uint32_t items,
		      const void *args, size_t size)
{
	struct {
		uint16_t header, dims, group[3], reserved;
		uint32_t grid[3], unused[2];
		uint64_t kernel, args, context, meta;
	} packet = {
		.dims = 1, .group = { 64, 1, 1 }, .grid = { items, 1, 1 },
		.kernel = kernel, .args = ARGS_AT + c->written % 64 * 256,
		.meta = META_AT + c->written % 64 * 64,
	};
	size_t at = 64 * (c->written % c->slots + 1);
	uint8_t *slot = at < 4096 ? c->ring + at : c->rest + at - 4096;

	*completion(c, c->written) = 0;
	memcpy(c->mem + packet.args, args, size);
	memcpy(slot, &packet, sizeof(packet));
	__atomic_thread_fence(__ATOMIC_RELEASE);
	*(volatile uint16_t *)slot = 0x104;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	*header(c, 0x28) = c->written + 1;
	return c->written++;
}

/* Of words that the seed tells. Its number. */
unsigned int add(struct client *c, uint32_t seed, uint32_t nr)
{
	const uint64_t args[] = { A_AT, B_AT, C_AT };
	uint32_t *a = (uint32_t *)(c->mem + A_AT);
	uint32_t *b = (uint32_t *)(c->mem + B_AT);
	uint32_t i;

	for (i = 0; i < nr; i++) {
		a[i] = seed * 77 + i;
		b[i] = ~i * seed;
	}
	memset(c->mem + C_AT, 0, 4 * nr);
	return dispatch(c, ADD_I32, nr, args, sizeof(args));
}

/* Were they added right? */
bool added(struct client *c, uint32_t seed, uint32_t nr)
{
	const uint32_t *out = (const uint32_t *)(c->mem + C_AT);
	uint32_t i;

	for (i = 0; i < nr; i++)
		if (out[i] != seed * 77 + i + ~i * seed)
			return false;
	return true;
}

/* Something is computed for it, and right. */
bool computes(struct client *c, uint32_t seed)
{
	unsigned int n = add(c, seed, 5000);

	return AWAIT(*completion(c, n)) && *completion(c, n) == 1 &&
	       added(c, seed, 5000);
}

/* Work that takes long, in several pieces. */
unsigned int long_work(struct client *c)
{
	const struct {
		uint64_t a, b, c;
		uint32_t m, n, k;
	} args = { A_AT, A_AT, C_AT, 256, 256, 512 };

	return dispatch(c, SGEMM, 256 * 256, &args, 36);
}
