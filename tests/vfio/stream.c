// SPDX-License-Identifier: GPL-2.0
/*
 * The stream by which a vGPU moves, and its files: closed when nobody thinks of it, cut
 * off, and made by somebody who means harm. docs/migration.md has it byte by byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "klog.h"
#include "move.h"
#include "pattern.h"

/* Bytes of its header. */
#define HEADER		88

static struct vdev *d, *to;

static void before(void)
{
	d = vdev_new(gpu->small);
	to = vdev_new(gpu->small);
}

/* ---- Files */

static void files(void)
{
	void *nowhere = mmap(NULL, 4096, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t byte = 0;
	int fd = mig_save_begin(d);

	ASSERT(nowhere != MAP_FAILED);
	EXPECT_ERR(write(fd, &byte, 1), EBADF);
	EXPECT_ERR(pread(fd, &byte, 1, 0), ESPIPE);
	EXPECT_ERR(lseek(fd, 0, SEEK_SET), ESPIPE);
	EXPECT_ERR(read(fd, nowhere, 4096), EFAULT);
	EXPECT_EQ(read(fd, &byte, 1), 1);
	EXPECT_EQ(byte, 'v');
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_STOP, NULL));
	EXPECT_ERR(read(fd, &byte, 1), ENODEV);
	close(fd);

	fd = mig_load_begin(d);
	EXPECT_ERR(read(fd, &byte, 1), EBADF);
	EXPECT_ERR(write(fd, nowhere, 4096), EFAULT);
	/* That was no byte of it. */
	EXPECT_EQ(mig_state(d), VFIO_DEVICE_STATE_RESUMING);
	mig_reset(d);
	EXPECT_ERR(write(fd, &byte, 1), ENODEV);
	close(fd);
	expect_works(d, 6);
}

/* Closed in mid-stream, in each direction: the file is dead, the next finds it new. */
static void closed_in_midst(void)
{
	uint8_t buf[1000];
	struct stream st;
	unsigned int i;
	int fd;

	sparse_pattern(d);
	st = mig_save(d);
	for (i = 0; i < 2; i++) {
		mig_reset(d);
		fd = i ? mig_load_begin(d) : mig_save_begin(d);
		if (i)
			EXPECT_EQ(write(fd, st.bytes, 70000), 70000);
		else
			EXPECT_EQ(read(fd, buf, sizeof(buf)), sizeof(buf));
		d = vdev_reopen(d);
		if (i)
			EXPECT_ERR(write(fd, st.bytes, 1), ENODEV);
		else
			EXPECT_ERR(read(fd, buf, 1), ENODEV);
		close(fd);
		EXPECT_EQ(mig_state(d), VFIO_DEVICE_STATE_RUNNING);
		expect_works(d, 7 + i);
	}
	stream_free(&st);
}

/* ---- What does not fit */

static void expect_error(struct vdev *of)
{
	EXPECT_EQ(mig_state(of), VFIO_DEVICE_STATE_ERROR);
	mig_reset(of);
}

/* A stream that is refused by the time that all of it is there. */
static void refused(struct vdev *of, const struct stream *st)
{
	EXPECT_ERR(mig_load(of, st), EINVAL);
	expect_error(of);
}

/* Messages that are many are held back: then it is tried again. */
static void expect_refused(struct vdev *of, const struct stream *st,
			   const char *why)
{
	unsigned int n = logged(why);
	time_t end = tap_seconds() + tap_patience();

	do {
		refused(of, st);
		if (logged(why) > n)
			return;
		usleep(500000);
	} while (tap_seconds() <= end);
	tap_in_vain();
	tap_fail(__FILE__, __LINE__, "not in the log: %s", why);
}

/**
 * struct lie - a stream that is wrong
 * @at: where, from its beginning; from the first record on when @record is set
 * @record: see there
 * @size: bytes that are changed
 * @val: to this
 * @why: what the log says
 */
struct lie {
	unsigned int at;
	bool record;
	unsigned int size;
	uint64_t val;
	const char *why;
};

static const struct lie lies[] = {
	{ 0, false, 1, 'x', "stream: magic: xGPUmove" },
	{ 8, false, 2, 2, "stream: version: 0x2 is more than 0x1" },
	{ 10, false, 2, 65, "stream: number of sections: 0x41 is more" },
	{ 12, false, 4, 1, "stream: flags: 0x1 is more than 0x0" },
	{ 16, false, 8, 12345, "stream: VRAM size: 12345 is not" },
	{ 24, false, 1, 'x', "stream: backend: x" },
	{ 56, false, 1, 'x', "stream: type: x" },
	{ HEADER, false, 2, 0x7777, "stream: listed section: id 0x7777" },
	{ HEADER + 2, false, 2, 0x7777, "stream: listed version: queues of" },
	{ 0, true, 4, 9, "stream: record: 0x9 is more than 0x3" },
	{ 4, true, 4, 0, "stream: record length: 0 bytes of memory" },
	{ 4, true, 4, ~0U, "stream: record length: 4294967295 bytes" },
	{ 8, true, 8, ~0ULL, "stream: record offset: 65536 bytes at" },
};

static void lies_are_refused(void)
{
	struct stream st, bad;
	unsigned int i;

	sparse_pattern(d);
	st = mig_save(d);
	bad = stream_copy(&st);
	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		size_t at = lies[i].at;

		if (lies[i].record)
			at += HEADER + 4 * st.bytes[10];
		memcpy(bad.bytes + at, &lies[i].val, lies[i].size);
		expect_refused(to, &bad, lies[i].why);
		memcpy(bad.bytes, st.bytes, st.len);
	}
	ASSERT_OK(mig_load(to, &st));
	expect_same_vram(d, to);
	stream_free(&bad);
	stream_free(&st);
}

/* One byte is missing, or one is too many; or the sections end too early. */
static void ends_are_refused(void)
{
	struct stream st, bad;
	size_t cuts[] = { 1, HEADER - 1, HEADER, HEADER + 5, 0, 0 };
	unsigned int i;

	sparse_pattern(d);
	st = mig_save(d);
	cuts[4] = st.len / 2;
	cuts[5] = st.len - 1;
	for (i = 0; i < ARRAY_SIZE(cuts); i++) {
		char why[80];

		bad = (struct stream) { st.bytes, cuts[i] };
		snprintf(why, sizeof(why), "end: it is cut off after %zu bytes",
			 cuts[i]);
		expect_refused(to, &bad, why);
	}
	bad = stream_copy(&st);
	bad.bytes = realloc(bad.bytes, ++bad.len);
	ASSERT(bad.bytes);
	bad.bytes[st.len] = 0;
	expect_refused(to, &bad, "stream: end: 1 bytes are left over");
	stream_free(&bad);
	ASSERT_OK(mig_load(to, &st));
	stream_free(&st);
}

static void other_types_are_refused(void)
{
	struct vdev *medium = vdev_new(gpu->medium);
	struct stream st;

	st = mig_save(medium);
	expect_refused(d, &st, "stream: type: ");
	stream_free(&st);
	expect_works(d, 9);
}

/* Nobody knows what is in it: refused, or as good as any. The host is well. */
static void garbage(void)
{
	struct stream st, bad;
	unsigned int times = tap_thorough() ? 300 : 50, taken = 0, i, n;

	rnd_seed(23);
	vdev_decode(d, DECODE_ALL);
	gpu_init(d);
	for (i = 0; i < 5; i++)
		gpu_fill(d, 0, d->room / 8192 * 8192, i + 1);
	st = mig_save(d);
	for (i = 0; i < times; i++) {
		bad = stream_copy(&st);
		for (n = 1 + rnd_below(3); n--;) {
			/* In its head, or in the sections at its end. */
			size_t at = rnd_below(2) ? rnd_below(200) :
				    st.len - 1 - rnd_below(1500);

			bad.bytes[at] = rnd_below(2) ? rnd() : edgy(256);
		}
		if (rnd_below(8) == 0)
			bad.len -= rnd_below(1500);
		if (mig_load(to, &bad)) {
			EXPECT_EQ(errno, EINVAL);
			expect_error(to);
		} else {
			taken++;
			EXPECT_OK(mig_set(to, VFIO_DEVICE_STATE_RUNNING, NULL));
			mig_reset(to);
		}
		stream_free(&bad);
	}
	tap_note("%u of %u were taken", taken, times);
	ASSERT_OK(mig_load(to, &st));
	ASSERT_OK(mig_set(to, VFIO_DEVICE_STATE_RUNNING, NULL));
	expect_works(to, 10);
	stream_free(&st);
}

static const struct tap_test tests[] = {
	TAP_TEST(files),
	TAP_TEST(closed_in_midst),
	TAP_TEST(lies_are_refused),
	TAP_TEST(ends_are_refused),
	TAP_TEST(other_types_are_refused),
	TAP_TEST(garbage),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "stream", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = vdev_cleanup,
	};

	return tap_run(&suite);
}
