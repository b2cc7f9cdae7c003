// SPDX-License-Identifier: GPL-2.0
/*
 * A soft GPU's vGPU that moves, or is copied, while its guest draws: a client takes the
 * place of the guest, and of QEMU at both ends.
 *
 *   moves downtime standing|running idle|busy FROM TO
 *   moves frames plain|copied cpu|computed|engine SECONDS UUID
 *
 * downtime: FROM becomes TO; all of its memory is something. standing: it is copied when
 * it has stopped; running: before that as well. Prints the time from the request to stop
 * until the other one runs, ns, and the bytes that were read meanwhile and in all.
 *
 * frames: one of 1024 by 768 is drawn again and again, by the CPU or by the engine.
 * computed: by the CPU, which has a little to compute for each pixel.
 * copied: it is read meanwhile, as over a network of 1 Gbit/s. Prints how many frames,
 * in which time, ns, and the bytes that were read.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include "move.h"
#include "soft.h"

#define FRAME		(1024 * 768 * 4)
#define FRAME_AT	MIB

/* The ring is at the end of VRAM: a page, and one more. */
#define SLOTS		64
#define RING_ROOM	(2 * 4096)

/* Of it there is as much when the rest can be copied at once. */
#define LITTLE		(2 * FRAME)

#define NETWORK		125000000ULL	/* bytes a second */

/**
 * struct guest - who draws
 * @ring: of the copy engine
 * @by_engine: has the engine draw, too
 * @by_cpu: draws itself
 * @computes: each pixel
 * @enough: is to end
 * @frames: that the CPU has drawn
 * @thread: does it
 */
struct guest {
	struct ring ring;
	bool by_engine;
	bool by_cpu;
	bool computes;
	bool enough;
	uint64_t frames;
	pthread_t thread;
};

/* A stream on its way from one to the other. */
struct pump {
	int from;
	int to;		/* -1: nobody takes it */
	uint64_t bytes;
	uint8_t buf[MIB];
};

static struct guest guest;
static struct pump pump = { .from = -1, .to = -1 };

/* ---- The guest */

static void start(struct guest *g, struct vdev *d)
{
	vdev_decode(d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	ring_map(&g->ring, d, false);
	/* Nothing of it is zero, which would not be copied. */
	memset(g->ring.vram, 0x5a, d->size - RING_ROOM);
	ASSERT(ring_enable(&g->ring, d->size - RING_ROOM, SLOTS));
}

static uint64_t drawn_by_engine(const struct guest *g)
{
	return *ring_word(&g->ring, g->ring.at + HEAD_READ);
}

/* As much as there is room for. */
static void have_drawn(struct guest *g)
{
	struct packet fill = { .op = OP_FILL, .dst = FRAME_AT, .size = FRAME };

	while (ring_has_room(&g->ring)) {
		fill.value++;
		ring_put(&g->ring, &fill);
	}
}

/* Some dozen operations for a pixel, as a picture takes that is no plain colour. */
static void compute(uint32_t *frame, uint32_t seed)
{
	unsigned int i, j;

	for (i = 0; i < FRAME / 4; i++) {
		for (j = 0; j < 8; j++)
			seed = seed * 1664525 + 1013904223;
		frame[i] = seed;
	}
}

static void draw_frame(struct guest *g)
{
	uint8_t *frame = g->ring.vram + FRAME_AT;

	if (g->computes)
		compute((uint32_t *)frame, g->frames);
	else
		memset(frame, g->frames, FRAME);
	/* What is stored nobody reads: the compiler must not know. */
	__asm__ volatile("" : : : "memory");
	__atomic_store_n(&g->frames, g->frames + 1, __ATOMIC_RELAXED);
}

static void *draw(void *arg)
{
	struct guest *g = arg;

	while (!__atomic_load_n(&g->enough, __ATOMIC_RELAXED)) {
		if (g->by_engine)
			have_drawn(g);
		if (g->by_cpu)
			draw_frame(g);
		else
			usleep(2000);
	}
	return NULL;
}

static void begin_to_draw(struct guest *g)
{
	ASSERT(!pthread_create(&g->thread, NULL, draw, g));
}

static void end_to_draw(struct guest *g)
{
	__atomic_store_n(&g->enough, true, __ATOMIC_RELAXED);
	pthread_join(g->thread, NULL);
}

/* ---- QEMU */

/* Return: false when there is nothing more, or for now nothing. */
static bool move_some(struct pump *p)
{
	ssize_t n = read(p->from, p->buf, sizeof(p->buf)), done = 0, put;

	ASSERT(n >= 0 || errno == ENOMSG);
	for (; p->to >= 0 && done < n; done += put) {
		put = write(p->to, p->buf + done, n - done);
		ASSERT_OK(put);
	}
	p->bytes += n > 0 ? n : 0;
	return n > 0;
}

/* All was read once, and what was written since is little. */
static bool is_nearly_done(const struct pump *p)
{
	struct vfio_precopy_info info = { .argsz = sizeof(info) };

	ASSERT_OK(ioctl(p->from, VFIO_MIG_GET_PRECOPY_INFO, &info));
	return !info.initial_bytes && info.dirty_bytes <= LITTLE;
}

static int downtime(bool running, bool busy, const char *uuid, const char *other)
{
	struct vdev *d = vdev_open(uuid), *to = vdev_open(other);
	uint64_t begun, before;

	start(&guest, d);
	guest.by_engine = busy;
	guest.by_cpu = busy;
	ASSERT_OK(mig_set(to, VFIO_DEVICE_STATE_RESUMING, &pump.to));
	if (busy)
		begin_to_draw(&guest);
	if (running) {
		ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_PRE_COPY, &pump.from));
		while (!is_nearly_done(&pump))
			move_some(&pump);
	}
	/* QEMU stops a guest's CPUs, and then its devices. */
	if (busy)
		end_to_draw(&guest);
	before = pump.bytes;
	begun = tap_ns();
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_STOP_COPY,
			  running ? NULL : &pump.from));
	while (move_some(&pump))
		;
	ASSERT_OK(mig_set(to, VFIO_DEVICE_STATE_RUNNING, NULL));
	printf("downtime %llu ns, %llu of %llu bytes\n",
	       (unsigned long long)(tap_ns() - begun),
	       (unsigned long long)(pump.bytes - before),
	       (unsigned long long)pump.bytes);
	return 0;
}

/* ---- What it costs the guest */

static bool copying_ends;

/* No faster than a network is, and forever. */
static void *copy(void *arg)
{
	uint64_t begun = tap_ns();
	struct pump *p = arg;

	while (!__atomic_load_n(&copying_ends, __ATOMIC_RELAXED))
		if (p->bytes > (tap_ns() - begun) / 1000 * NETWORK / 1000000 ||
		    !move_some(p))
			usleep(1000);
	return NULL;
}

static int frames(bool copied, const char *by, unsigned int seconds,
		  const char *uuid)
{
	bool by_cpu = strcmp(by, "engine");
	struct vdev *d = vdev_open(uuid);
	uint64_t begun, before, drawn, bytes;
	pthread_t copier;

	start(&guest, d);
	guest.by_cpu = by_cpu;
	guest.computes = !strcmp(by, "computed");
	guest.by_engine = !by_cpu;
	if (copied) {
		ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_PRE_COPY, &pump.from));
		/* What comes after the first round is what lasts. */
		while (!is_nearly_done(&pump))
			move_some(&pump);
		pump.bytes = 0;
		ASSERT(!pthread_create(&copier, NULL, copy, &pump));
	}
	begin_to_draw(&guest);
	usleep(500000);
	before = by_cpu ? __atomic_load_n(&guest.frames, __ATOMIC_RELAXED) :
			  drawn_by_engine(&guest);
	begun = tap_ns();
	bytes = __atomic_load_n(&pump.bytes, __ATOMIC_RELAXED);
	usleep(seconds * 1000000);
	drawn = (by_cpu ? __atomic_load_n(&guest.frames, __ATOMIC_RELAXED) :
			  drawn_by_engine(&guest)) - before;
	printf("%llu frames in %llu ns, %llu bytes\n", (unsigned long long)drawn,
	       (unsigned long long)(tap_ns() - begun),
	       (unsigned long long)(pump.bytes - bytes));
	end_to_draw(&guest);
	if (copied) {
		__atomic_store_n(&copying_ends, true, __ATOMIC_RELAXED);
		pthread_join(copier, NULL);
	}
	return 0;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: moves downtime standing|running idle|busy FROM TO\n"
		"       moves frames plain|copied cpu|computed|engine SECONDS UUID\n");
	return 2;
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return usage();
	/* There is nobody whom a failed assertion could go back to. */
	tap_child();
	if (!strcmp(argv[1], "downtime"))
		return downtime(!strcmp(argv[2], "running"),
				!strcmp(argv[3], "busy"), argv[4], argv[5]);
	if (!strcmp(argv[1], "frames"))
		return frames(!strcmp(argv[2], "copied"), argv[3],
			      atoi(argv[4]), argv[5]);
	return usage();
}
