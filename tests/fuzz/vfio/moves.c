// SPDX-License-Identifier: GPL-2.0
/*
 * Saving and loading, in any order: what one call has read of a stream another writes,
 * whole or not, with a byte that is another or without.
 */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "fuzz.h"
#include "move.h"

#define MOST		(128 * 1024)

/* Of a stream: bytes of its header but for the list, and of a record's; what records are. */
#define HEADER		88
#define RECORD		16
#define RECORD_VRAM	1
#define RECORD_STATE	3

void moves_begin(struct worker *w)
{
	w->stream = -1;
	w->taken = malloc(TAKEN);
	ASSERT(w->taken);
}

static void stream_end(struct worker *w)
{
	if (w->stream >= 0)
		close(w->stream);
	w->stream = -1;
}

void moves_end(struct worker *w)
{
	stream_end(w);
	free(w->taken);
}

/* Some way towards a state; its file, if there is one, takes the place of the last. */
long call_state(struct worker *w, const uint64_t *arg)
{
	int fd;

	if (mig_set(w->d, arg[0], &fd))
		return -errno;
	if (fd < 0)
		return 0;
	stream_end(w);
	w->stream = fd;
	w->given = 0;
	/* A new one to be read, not one that is to be written. */
	if (arg[0] != VFIO_DEVICE_STATE_RESUMING)
		w->nr_taken = 0;
	return 0;
}

static uint32_t number_at(const uint8_t *p, unsigned int bytes)
{
	uint32_t n = 0;

	memcpy(&n, p, bytes);
	return n;
}

/* Of what was taken from the start of a stream on (docs/migration.md), but for memory. */
static void look_at_taken(const struct worker *w)
{
	const uint8_t *p = w->taken;
	size_t at = 0, part, skip = 0;

	if (w->nr_taken < HEADER || memcmp(p, "vGPUmove", 8))
		return;
	part = HEADER + 4 * number_at(p + 10, 2);
	while (part && at + part <= w->nr_taken) {
		expect_no_secrets(p + at, part, 8, "a stream");
		at += part + skip;
		if (at + RECORD > w->nr_taken)
			return;
		part = number_at(p + at, 4) == RECORD_STATE ? w->nr_taken - at : RECORD;
		skip = number_at(p + at, 4) == RECORD_VRAM ? number_at(p + at + 4, 4) : 0;
	}
}

long call_take(struct worker *w, const uint64_t *arg)
{
	size_t n = arg[0] % MOST;
	ssize_t got;

	if (w->nr_taken == TAKEN)
		w->nr_taken = 0;
	if (n > TAKEN - w->nr_taken)
		n = TAKEN - w->nr_taken;
	got = read(w->stream, w->taken + w->nr_taken, n);
	if (got < 0)
		return -errno;
	expect_own(w->taken + w->nr_taken, got, "a stream");
	w->nr_taken += got;
	return 0;
}

/* Mostly what comes next, as it was. */
long call_give(struct worker *w, const uint64_t *arg)
{
	size_t n = arg[0] % MOST;
	ssize_t done;
	uint8_t *bad;

	if (!w->nr_taken)
		return 0;
	if (w->given >= w->nr_taken || arg[1] == 1)
		w->given = arg[2] % w->nr_taken;
	if (n > w->nr_taken - w->given)
		n = w->nr_taken - w->given;
	bad = n && !arg[1] ? &w->taken[w->given + arg[2] % n] : NULL;
	if (bad)
		*bad ^= 1 << (arg[2] >> 61);
	done = write(w->stream, w->taken + w->given, n);
	if (bad)
		*bad ^= 1 << (arg[2] >> 61);
	if (done < 0)
		return -errno;
	w->given += done;
	return 0;
}

static long go(struct worker *w, uint32_t state)
{
	return call_state(w, &(uint64_t){ state });
}

/* Saved, and loaded again at once: all of it, mostly with a byte that is another. */
long call_move(struct worker *w, const uint64_t *arg)
{
	ssize_t n;
	long ret;

	ret = go(w, VFIO_DEVICE_STATE_STOP_COPY);
	if (ret)
		return ret;
	do {
		n = read(w->stream, w->taken + w->nr_taken, TAKEN - w->nr_taken);
		w->nr_taken += n > 0 ? n : 0;
	} while (n > 0);
	expect_own(w->taken, w->nr_taken, "a stream");
	look_at_taken(w);
	/* The end of a stream has what there is to know; before it is memory. */
	if (arg[0] && w->nr_taken)
		w->taken[w->nr_taken - 1 - arg[1] % w->nr_taken % 2048] ^=
			1 << (arg[1] >> 61);
	ret = go(w, VFIO_DEVICE_STATE_RESUMING);
	if (!ret && write(w->stream, w->taken, w->nr_taken) < 0)
		ret = -errno;
	return go(w, VFIO_DEVICE_STATE_RUNNING) ?: ret;
}

long call_precopy_info(struct worker *w, const uint64_t *arg)
{
	struct vfio_precopy_info info = { .argsz = edge(arg[0], sizeof(info)) };

	if (ioctl(w->stream, VFIO_MIG_GET_PRECOPY_INFO, &info))
		return -errno;
	expect_no_secrets(&info, sizeof(info), 4, "what is said of a stream");
	return 0;
}
