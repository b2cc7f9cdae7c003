// SPDX-License-Identifier: GPL-2.0
/*
 * What is looked at after a round: what programs have left behind has to be gone where it
 * should be, whatever they have done. Each look costs time: they take turns.
 */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "after.h"
#include "tenant.h"

#define PAGE		4096
/* Where a mapping is touched: at its ends, and between them. */
#define TOUCHES		6
/* A fresh instance comes and goes: not often, for that takes long. */
#define TENANTS_TURN	64

/* What the next user finds of registers and configuration space. */
#define MAX_FOUND	(128 * 1024)

static struct finding {
	uint8_t *bytes;
	size_t len;
} fresh[MAX_VGPUS], found;

static bool is_bar(unsigned int region)
{
	return region < NR_BARS;
}

/* Pages of @p that can be touched, of some. */
static unsigned int reachable(uint8_t *p, size_t len)
{
	unsigned int i, n = 0;

	for (i = 0; i < TOUCHES; i++)
		n += touches(p + (i + 1 == TOUCHES ? len - PAGE :
				  len / PAGE * i / TOUCHES * PAGE), false);
	return n;
}

static unsigned int reachable_maps(const struct scene *s, bool bars)
{
	unsigned int i, n, sum = 0;

	for (i = 0; i < s->nr; i++)
		for (n = 0; n < NR_MAPS; n++)
			if (s->workers[i]->map[n] &&
			    (!bars || is_bar(s->workers[i]->region[n])))
				sum += reachable(s->workers[i]->map[n],
						 s->workers[i]->len[n]);
	return sum;
}

static void expect_no_map(const struct scene *s, bool bars, const char *when)
{
	unsigned int n = reachable_maps(s, bars);

	if (n)
		tap_fail(__FILE__, __LINE__, "%u pages can be touched %s", n, when);
}

/* All of its memory, and its picture, beside what programs have mapped. */
struct witness {
	uint8_t *vram, *picture;
	size_t size, picture_size;
};

static void witness_begin(struct witness *w, struct vdev *d)
{
	vdev_decode(d, DECODE_ALL);
	w->size = d->size;
	w->vram = vdev_map_vram(d);
	w->picture_size = d->region[REGION_DISPLAY].size;
	w->picture = w->picture_size ?
		     mmap(NULL, w->picture_size, PROT_READ, MAP_SHARED, d->fd,
			  d->region[REGION_DISPLAY].offset) : MAP_FAILED;
	reachable(w->vram, w->size);
	if (w->picture != MAP_FAILED)
		reachable(w->picture, w->picture_size);
}

static void witness_end(struct witness *w)
{
	munmap(w->vram, w->size);
	if (w->picture != MAP_FAILED)
		munmap(w->picture, w->picture_size);
}

/* Memory is not decoded: nothing of it can be reached. */
static void decode_off(struct scene *s)
{
	struct witness w;
	uint32_t val;

	witness_begin(&w, s->d);
	reachable_maps(s, false);
	vdev_decode(s->d, 0);
	EXPECT_EQ(reachable(w.vram, w.size), 0);
	expect_no_map(s, true, "while memory is not decoded");
	EXPECT_ERR(vdev_pread(s->d, REGION_VRAM, &val, 4, 0), EIO);
	EXPECT_ERR(vdev_pwrite(s->d, REGION_REGS, &val, 4, gpu->scratch), EIO);
	witness_end(&w);
}

static void reset(struct scene *s)
{
	struct witness w;

	witness_begin(&w, s->d);
	reachable_maps(s, false);
	EXPECT_OK(vdev_ioctl(s->d, VFIO_DEVICE_RESET, NULL));
	EXPECT_EQ(reachable(w.vram, w.size), 0);
	expect_no_map(s, true, "after a reset");
	witness_end(&w);
}

/* Of a region as it is read, what does not change by itself. */
static void read_region(struct vdev *d, unsigned int region)
{
	uint64_t size = d->region[region].size, at;
	uint8_t *to = found.bytes + found.len;
	ssize_t n;

	if (size > MAX_FOUND - found.len)
		size = MAX_FOUND - found.len;
	n = vdev_pread(d, region, to, size, 0);
	if (!EXPECT_EQ(n, size))
		return;
	expect_no_secrets(to, n, 8, "a region");
	if (is_bar(region))
		for (at = 0; at < size; at += 4)
			if (gpu->runs_by_itself(at))
				memset(to + at, 0, 4);
	found.len += size;
}

/* BARs that are not memory: these are small, all of them. */
static bool has_registers(const struct vdev *d, unsigned int region)
{
	return is_bar(region) && d->region[region].size &&
	       d->region[region].size <= 0x4000 && region != REGION_VRAM;
}

/* As one who opens it finds it. */
static void find(struct vdev *d)
{
	unsigned int i;

	found.len = 0;
	found.bytes = found.bytes ?: malloc(MAX_FOUND);
	ASSERT(found.bytes);
	read_region(d, REGION_CONFIG);
	if (d->region[REGION_EDID].size)
		read_region(d, REGION_EDID);
	vdev_decode(d, DECODE_ALL);
	for (i = 0; i < NR_REGIONS; i++)
		if (has_registers(d, i))
			read_region(d, i);
}

/* Where operators have set something, that stays: so it is always the same. */
static void settle(struct vdev *d)
{
	if (d->region[REGION_EDID].size)
		mdev_set(d->uuid, "resolution", "640x480");
}

/* As a user leaves it who has had a monitor of his own: the next gets the operator's. */
static void unplug(struct vdev *d)
{
	uint32_t down = VFIO_DEVICE_GFX_LINK_STATE_DOWN;

	if (d->region[REGION_EDID].size)
		EXPECT_EQ(vdev_pwrite(d, REGION_EDID, &down, sizeof(down),
				      offsetof(struct vfio_region_gfx_edid,
					       link_state)), sizeof(down));
}

/**
 * after_begin() - learn what a vGPU is like that nobody has used
 * @d: it
 * @nth: which of those that programs have
 *
 * Return: it, opened anew.
 */
struct vdev *after_begin(struct vdev *d, unsigned int nth)
{
	settle(d);
	d = vdev_reopen(d);
	find(d);
	free(fresh[nth].bytes);
	fresh[nth] = found;
	found.bytes = NULL;
	return d;
}

static void expect_dark(struct vdev *d)
{
	size_t size = d->region[REGION_DISPLAY].size, at;
	const uint64_t *p;

	if (!size)
		return;
	p = mmap(NULL, size, PROT_READ, MAP_SHARED, d->fd,
		 d->region[REGION_DISPLAY].offset);
	if (!EXPECT(p != MAP_FAILED))
		return;
	for (at = 0; at < size / 8 && !p[at]; at++)
		;
	EXPECT_EQ(at, size / 8);
	munmap((void *)p, size);
}

/* What a user of a vGPU finds, when the last one is gone. */
static void expect_fresh(struct vdev *d, const struct finding *first)
{
	find(d);
	if (EXPECT_EQ(found.len, first->len))
		EXPECT_EQ(first_difference(found.bytes, first->bytes, found.len & ~7UL),
			  found.len & ~7UL);
	expect_dark(d);
	expect_zeros(d);
}

/* Nobody listens to what its interrupts were tied to. */
static void expect_silence(struct scene *s, const char *when)
{
	unsigned int i, n;
	uint64_t heard = 0;

	for (i = 0; i < s->nr; i++)
		for (n = 0; n < NR_EVENTS - 1; n++)
			evt_take(s->workers[i]->event[n]);
	vdev_bus_master(s->d, true);
	gpu_init(s->d);
	gpu->irq_on(s->d);
	gpu->irq_raise(s->d);
	for (i = 0; i < s->nr; i++)
		for (n = 0; n < NR_EVENTS - 1; n++)
			heard += evt_take(s->workers[i]->event[n]);
	gpu->irq_ack(s->d);
	if (heard)
		tap_fail(__FILE__, __LINE__, "%llu interrupts come %s",
			 (unsigned long long)heard, when);
}

/* All interrupts that there are come to who has used it. */
static void listen(struct scene *s)
{
	int evt = s->workers[0]->event[0];

	EXPECT_OK(irq_message(s->d, evt));
	if (has_pin())
		EXPECT_OK(irq_eventfd(s->d, VFIO_PCI_INTX_IRQ_INDEX,
				      VFIO_IRQ_SET_ACTION_TRIGGER, evt));
}

/* What was mapped by files that are closed is dead, whoever has opened the device since. */
void after_close(const struct scene *s)
{
	expect_no_map(s, false, "after its file was closed");
}

/* The last user's mappings and eventfds are dead, and it has left nothing. */
static void closed(struct scene *s)
{
	struct witness w;

	settle(s->d);
	unplug(s->d);
	listen(s);
	witness_begin(&w, s->d);
	reachable_maps(s, false);
	s->d = vdev_reopen(s->d);
	expect_fresh(s->d, &fresh[s->nth]);
	EXPECT_EQ(reachable(w.vram, w.size), 0);
	if (w.picture != MAP_FAILED)
		EXPECT_EQ(reachable(w.picture, w.picture_size), 0);
	expect_no_map(s, false, "after its device was closed");
	witness_end(&w);
	expect_silence(s, "to the last user");
}

static void all_off(struct vdev *d)
{
	unsigned int i;

	for (i = 0; i < VFIO_PCI_NUM_IRQS; i++)
		if (gpu->irqs[i])
			EXPECT_OK(irq_set(d, i, VFIO_IRQ_SET_DATA_NONE |
					  VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0, NULL,
					  0));
}

/* An interrupt that is turned off is not heard; one that may not leave the bus neither. */
static void interrupts(struct scene *s)
{
	int evt = evt_new();

	EXPECT_OK(vdev_ioctl(s->d, VFIO_DEVICE_RESET, NULL));
	vdev_decode(s->d, DECODE_ALL);
	all_off(s->d);
	expect_silence(s, "though they were turned off");
	EXPECT_OK(irq_message(s->d, evt));
	vdev_bus_master(s->d, false);
	gpu->irq_raise(s->d);
	EXPECT_EQ(evt_take(evt), 0);
	gpu->irq_ack(s->d);
	vdev_bus_master(s->d, true);
	EXPECT_EQ(evt_take(evt), 0);
	gpu->irq_raise(s->d);
	EXPECT(evt_wait(evt));
	gpu->irq_ack(s->d);
	all_off(s->d);
	close(evt);
}

/*
 * No answer tells what only the kernel may know: of ioctls and files whatever state
 * programs have left, of regions once it has power again, if they have taken it away.
 */
static void answers(struct scene *s)
{
	secrets_look(s->d);
	EXPECT_OK(vdev_ioctl(s->d, VFIO_DEVICE_RESET, NULL));
	find(s->d);
}

/* An instance that was not there before: it finds nothing, and leaves something. */
static void tenant(void)
{
	struct vdev *t = vdev_new(gpu->small);
	char uuid[UUID_LEN];
	uint8_t *vram;

	expect_zeros(t);
	vram = vdev_map_vram(t);
	fill_pattern(vram, t->size, 0x7e4a);
	munmap(vram, t->size);
	strcpy(uuid, t->uuid);
	vdev_close(t);
	EXPECT_OK(mdev_remove(uuid));
}

static bool decodes_memory(struct vdev *d)
{
	return cfg_rd(d, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY;
}

/**
 * after_look() - look at what a round has left behind
 * @s: the vGPU and who has used it; it may be opened anew
 * @turn: which of the looks; they are repeated after %AFTER_TURNS
 */
void after_look(struct scene *s, unsigned int turn)
{
	static void (* const looks[AFTER_TURNS])(struct scene *s) = {
		decode_off, answers, reset, NULL, closed, NULL, interrupts, NULL,
	};

	if (!decodes_memory(s->d))
		expect_no_map(s, true, "though memory is not decoded");
	if (looks[turn % AFTER_TURNS])
		looks[turn % AFTER_TURNS](s);
	if (turn % TENANTS_TURN == TENANTS_TURN - 1)
		tenant();
}
