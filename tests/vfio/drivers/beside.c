// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <sys/mman.h>
#include "beside.h"
#include "host.h"
#include "inject.h"
#include "soft.h"
#include "soft_worker.h"
#include "tenant.h"

#define SEED		0x90a1
/* Of the neighbour's data memory: behind what its guest uses, so many bytes. */
#define KEPT		0x40000
#define KEPT_SIZE	MIB

static struct host_counts counts;

static struct guest guests[4];
static unsigned int nr_guests;

static struct guest *neighbour;
static struct worker neighbours;
static pid_t at_work;
static struct vdev *quiet;
static uint32_t *quiet_vram;

/* Of the type that the neighbour is of, which it shares an engine with. */
struct guest *guest_new(void)
{
	ASSERT(nr_guests < ARRAY_SIZE(guests));
	guests[nr_guests] = guest_of(vdev_new(gpu->medium));
	return &guests[nr_guests++];
}

/* The one that was new last: its VM ends. */
void guest_close(struct guest *g)
{
	ASSERT(g == &guests[nr_guests - 1]);
	nr_guests--;
	guest_end(g);
	vdev_close(g->d);
}

static int works_on(void *data)
{
	const struct guest *g = data;
	unsigned int n, i;

	close(supervisor);
	for (n = 1;; n++) {
		guest_submit(data, n, GROUPS, 200);
		if (!AWAIT(guest_completion(g, n)) || guest_completion(g, n) != 1)
			return 1;
		for (i = 0; i < GROUPS; i++)
			if (guest_result(g, i) != n)
				return 2;
	}
}

static void neighbours_begin(void)
{
	neighbour = guest_new();
	fill_pattern(neighbour->mem + KEPT, KEPT_SIZE, SEED);
	neighbours = worker_new(gpu->medium->size, OBEYS);
	at_work = child_start(works_on, neighbour);
	quiet = vdev_new(gpu->small);
	quiet_vram = vdev_map_vram(quiet);
	fill_pattern(quiet_vram, quiet->size, SEED);
}

/* What the supervisor was told of the neighbour. */
struct vgpu_soft_event of_neighbour(void)
{
	return neighbours.event;
}

static void expect_pattern(const void *from, uint64_t bytes)
{
	void *want = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(want != MAP_FAILED);
	fill_pattern(want, bytes, SEED);
	EXPECT_EQ(first_difference(from, want, bytes), bytes);
	munmap(want, bytes);
}

/* All that it computes is right, or it would have ended. */
void neighbours_are_unharmed(void)
{
	const char *uuid = neighbour->d->uuid;
	uint64_t ops = mdev_attr_u64(uuid, "ops");

	EXPECT(AWAIT(mdev_attr_u64(uuid, "ops") > ops + 3 ||
		     !child_runs(at_work)));
	EXPECT(child_runs(at_work));
	expect_attr(uuid, "state", "ok");
	EXPECT_EQ(mdev_attr_u64(uuid, "faults"), 0);
	EXPECT_EQ(mdev_attr_u64(uuid, "dropped"), 0);
	expect_pattern(neighbour->mem + KEPT, KEPT_SIZE);
	expect_pattern(quiet_vram, quiet->size);
}

/* Before a test: with a supervisor, and the neighbours. */
void beside_begin(void)
{
	discard_dumps();
	settings_save();
	counts = host_count_at_rest();
	nr_guests = 0;
	quiet_vram = NULL;
	supervisor = open_device();
	ASSERT_OK(supervisor);
	gpu_set("watchdog_ms", "5000");
	neighbours_begin();
}

/* After it, when no process is left: nothing is lost. */
void beside_end(void)
{
	while (nr_guests)
		guest_end(&guests[--nr_guests]);
	if (quiet_vram)
		munmap(quiet_vram, quiet->size);
	vdev_cleanup();
	settings_restore();
	if (supervisor >= 0)
		close(supervisor);
	supervisor = -1;
	discard_dumps();
	expect_host(&counts);
}

bool is_faulted(const struct guest *g)
{
	return mdev_attr_u64(g->d->uuid, "faults");
}

/* While the @n-th was under way, of which the guest is told nothing. */
void expect_fault(const struct guest *g, unsigned int n)
{
	ASSERT(AWAIT(is_faulted(g)));
	expect_attr(g->d->uuid, "state", "faulted");
	EXPECT_EQ(guest_completion(g, n), 0);
}

/**
 * goes_on_with_another() - a reset, and all is as before
 * @g: the guest
 * @w: its worker, which is ended; NULL: it has been
 */
void goes_on_with_another(struct guest *g, const struct worker *w)
{
	uint32_t last;

	if (w) {
		kill(w->pid, SIGKILL);
		child_finish(w->pid);
	}
	event(VGPU_SOFT_GONE);
	ASSERT_OK(vdev_ioctl(g->d, VFIO_DEVICE_RESET, NULL));
	vdev_decode(g->d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	guest_start(g);
	worker_new(gpu->medium->size, OBEYS);
	last = guest_result(g, GROUPS - 1);
	guest_submit(g, 200, GROUPS, 0);
	guest_done(g, 200);
	EXPECT_EQ(guest_result(g, GROUPS - 1), last + 1);
	expect_attr(g->d->uuid, "state", "ok");
}

/* Of a guest's first dispatch. */
void each_once(const struct guest *g, unsigned int groups)
{
	unsigned int i, wrong = 0;

	for (i = 0; i < groups; i++)
		wrong += guest_result(g, i) != 1;
	EXPECT_EQ(wrong, 0);
}
