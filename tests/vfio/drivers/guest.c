// SPDX-License-Identifier: GPL-2.0
/* See guest.h. */
#include <string.h>
#include <sys/mman.h>
#include "guest.h"
#include "soft.h"
#include "soft_worker.h"
#include "tap.h"

#define IMEM_SIZE	0x314
#define IMEM		0x318
#define QUEUE_SIZE	0x320
#define QUEUE		0x328
#define MEM		0x338

#define HEAD		64
#define KERNEL		1

/* In data memory: what the guest is told, arguments, results. */
#define META		0x2000
#define META_SIZE	0x100
#define METAS		256	/* more than there is room for in the ring */
#define RESULTS		0x20000

uint32_t guest_reg(struct vdev *d, uint32_t at)
{
	return vdev_rd(d, BAR_ALMAIF, at, 4);
}

static void guest_command(struct guest *g, uint32_t what)
{
	vdev_wr(g->d, BAR_ALMAIF, COMMAND, 4, what);
}

/** guest_continue() - what is in instruction memory is the program from now on */
void guest_continue(struct guest *g)
{
	guest_command(g, CONTINUE);
}

/** guest_fill() - instruction memory is full of @byte */
void guest_fill(struct guest *g, uint8_t byte)
{
	uint32_t at = guest_reg(g->d, IMEM) - guest_reg(g->d, QUEUE);

	memset(g->rest + at, byte, guest_reg(g->d, IMEM_SIZE));
}

/** guest_program() - and that is used from now on */
void guest_program(struct guest *g, uint8_t byte)
{
	guest_fill(g, byte);
	guest_continue(g);
}

void guest_start(struct guest *g)
{
	guest_command(g, RESET);
	guest_command(g, CONTINUE);
	ASSERT_EQ(guest_reg(g->d, STATUS), 0);
}

/** guest_of() - its driver looks for the device, and starts it */
struct guest guest_of(struct vdev *d)
{
	struct guest g = { .d = d };
	uint64_t size = g.d->region[BAR_ALMAIF].size, ring = guest_reg(g.d, QUEUE);

	vdev_decode(g.d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	g.slots = guest_reg(g.d, QUEUE_SIZE) / PACKET_SIZE - 1;
	g.ring = vdev_try_map(g.d, BAR_ALMAIF, ring, 4096);
	g.rest_size = size - ring - 4096;
	g.rest = vdev_try_map(g.d, BAR_ALMAIF, ring + 4096, g.rest_size);
	ASSERT(g.ring != MAP_FAILED && g.rest != MAP_FAILED);
	g.rest -= 4096;
	g.mem = g.rest + guest_reg(g.d, MEM) - ring;
	guest_start(&g);
	return g;
}

/** guest_end() - it has nothing of the device mapped any more; that may be closed */
void guest_end(struct guest *g)
{
	munmap(g->ring, 4096);
	munmap(g->rest + 4096, g->rest_size);
}

static uint32_t written(const struct guest *g)
{
	return *word(g->ring + HEAD_WRITE);
}

static bool has_room(const struct guest *g)
{
	return written(g) - *word(g->ring + HEAD_READ) < g->slots;
}

void guest_put(struct guest *g, const struct aql *p)
{
	uint32_t index = written(g), slot = index % g->slots;
	uint64_t at = HEAD + slot * sizeof(*p);

	ASSERT(AWAIT(has_room(g)));
	memcpy((at < 4096 ? g->ring : g->rest) + at, p, sizeof(*p));
	__atomic_store_n((uint32_t *)(g->ring + HEAD_WRITE), index + 1,
			 __ATOMIC_RELEASE);
}

static uint64_t meta_at(unsigned int n)
{
	return META + n % METAS * META_SIZE;
}

struct aql guest_dispatch(struct guest *g, unsigned int n, uint32_t groups,
			  uint32_t busy_us)
{
	struct work_args args = { RESULTS, busy_us };

	*word(g->mem + meta_at(n)) = 0;
	memcpy(g->mem + meta_at(n) + 32, &args, sizeof(args));
	return (struct aql) {
		.header = AQL_DISPATCH, .dims = 1, .group = { 1, 1, 1 },
		.grid = { groups, 1, 1 }, .kernel = KERNEL,
		.args = meta_at(n) + 32, .meta = meta_at(n),
	};
}

void guest_submit(struct guest *g, unsigned int n, uint32_t groups,
		  uint32_t busy_us)
{
	struct aql p = guest_dispatch(g, n, groups, busy_us);

	guest_put(g, &p);
}

uint32_t guest_completion(const struct guest *g, unsigned int n)
{
	return __atomic_load_n((uint32_t *)(g->mem + meta_at(n)),
			       __ATOMIC_ACQUIRE);
}

void guest_done(const struct guest *g, unsigned int n)
{
	ASSERT(AWAIT(guest_completion(g, n) == 1));
}

uint32_t guest_result(const struct guest *g, unsigned int group)
{
	return *word(g->mem + RESULTS + group * 4);
}
