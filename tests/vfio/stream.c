// SPDX-License-Identifier: GPL-2.0
/*
 * The stream by which a vGPU moves, and its files: closed when nobody thinks of it, ended
 * by a reset, by a remove, cut off, and made by somebody who means harm. docs/migration.md has it
 * byte by byte.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "host.h"
#include "klog.h"
#include "lazy.h"
#include "move.h"
#include "pattern.h"
#include "tenant.h"

/* Bytes of its header. */
#define HEADER		88

static struct vdev *d, *to;

static void before(void)
{
	d = vdev_new(gpu->small);
	to = vdev_new(gpu->small);
}

static void after(void)
{
	settings_restore();
	vdev_cleanup();
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

/* ---- Reset while others are in the midst of it */

#define RESETS		150

/* What the threads of a test have in common. */
static struct stream whole;
static bool enough;
static unsigned int nr_streams;
static int wrong;

/* Refused, ended by another, or nothing for now: all else is wrong. */
static void may_fail(long ret)
{
	if (ret < 0 && errno != EINVAL && errno != ENODEV && errno != ENOMSG)
		__atomic_store_n(&wrong, errno, __ATOMIC_RELAXED);
}

static void set_state(uint32_t state)
{
	int fd;

	may_fail(mig_set(d, state, &fd));
	if (fd >= 0)
		close(fd);
}

static void read_all(uint32_t state)
{
	uint8_t buf[100000];
	ssize_t n;
	int fd;

	may_fail(mig_set(d, state, &fd));
	if (fd < 0)
		return;
	__atomic_add_fetch(&nr_streams, 1, __ATOMIC_RELAXED);
	do {
		n = read(fd, buf, sizeof(buf));
		may_fail(n);
	} while (n > 0);
	close(fd);
}

static void save_all(void)
{
	read_all(VFIO_DEVICE_STATE_STOP_COPY);
}

static void copy_all(void)
{
	read_all(VFIO_DEVICE_STATE_PRE_COPY);
	set_state(VFIO_DEVICE_STATE_STOP_COPY);
}

static void load_all(void)
{
	int fd;

	may_fail(mig_set(d, VFIO_DEVICE_STATE_RESUMING, &fd));
	if (fd < 0)
		return;
	__atomic_add_fetch(&nr_streams, 1, __ATOMIC_RELAXED);
	may_fail(mig_write(fd, &whole, 100000));
	set_state(VFIO_DEVICE_STATE_STOP);
	close(fd);
}

static void run_again(void)
{
	set_state(VFIO_DEVICE_STATE_RUNNING);
}

static void *move_on(void *data)
{
	void (*const *move)(void) = data;

	while (!__atomic_load_n(&enough, __ATOMIC_RELAXED))
		(*move)();
	return NULL;
}

/* Whoever had come how far: it runs, and can be moved. */
static void reset_against_moves(void)
{
	static void (*const moves[])(void) = {
		save_all, copy_all, load_all, run_again,
	};
	pthread_t mover[ARRAY_SIZE(moves)];
	struct stream st;
	unsigned int i;

	gpu_set("guard_resets_limit", "0");
	sparse_pattern(d);
	whole = mig_save(d);
	wrong = 0;
	nr_streams = 0;
	enough = false;
	for (i = 0; i < ARRAY_SIZE(moves); i++)
		ASSERT(!pthread_create(&mover[i], NULL, move_on,
				       (void *)&moves[i]));
	for (i = 0; i < RESETS; i++) {
		EXPECT_OK(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL));
		usleep(rnd_below(20000));
	}
	__atomic_store_n(&enough, true, __ATOMIC_RELAXED);
	for (i = 0; i < ARRAY_SIZE(moves); i++)
		pthread_join(mover[i], NULL);
	tap_note("%u resets in the midst of %u streams", RESETS, nr_streams);
	EXPECT(nr_streams > RESETS / 10);
	EXPECT_STR(strerror(wrong), strerror(0));
	mig_reset(d);
	expect_works(d, 11);
	stream_free(&whole);

	sparse_pattern(d);
	st = mig_save(d);
	ASSERT_OK(mig_load(to, &st));
	expect_same_vram(d, to);
	stream_free(&st);
}

static bool was_reset;

static void *do_reset(void *unused)
{
	(void)unused;
	EXPECT_OK(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL));
	__atomic_store_n(&was_reset, true, __ATOMIC_RELEASE);
	return NULL;
}

/* Somebody reads or writes a stream and waits for memory. */
static void begin_to_wait(struct waiter *w, pthread_t *thread, bool writes)
{
	lazy_new(&w->memory);
	w->writes = writes;
	w->fd = writes ? mig_load_begin(d) : mig_save_begin(d);
	ASSERT(!pthread_create(thread, NULL, use_memory, w));
	lazy_wanted(&w->memory);
}

/* He has his memory, and finds the stream ended. */
static void finds_it_ended(struct waiter *w, pthread_t thread)
{
	lazy_give(&w->memory);
	pthread_join(thread, NULL);
	EXPECT_EQ(w->ret, -1);
	EXPECT_EQ(w->err, ENODEV);
	close(w->fd);
	lazy_end(&w->memory);
}

/* A reset waits for nobody's memory, and whoever waited finds the stream ended. */
static void reset_while_memory_is_missing(void)
{
	pthread_t waiter, resetter;
	struct waiter w = {};
	unsigned int i;

	for (i = 0; i < 2; i++) {
		begin_to_wait(&w, &waiter, i);
		was_reset = false;
		ASSERT(!pthread_create(&resetter, NULL, do_reset, NULL));
		EXPECT(AWAIT(__atomic_load_n(&was_reset, __ATOMIC_ACQUIRE)));
		pthread_join(resetter, NULL);
		finds_it_ended(&w, waiter);
		EXPECT_EQ(mig_state(d), VFIO_DEVICE_STATE_RUNNING);
	}
	expect_works(d, 12);
}

/* What was not there is read and written as any memory. */
static void memory_that_comes_later(void)
{
	struct waiter w = {};
	struct stream st;
	pthread_t waiter;

	sparse_pattern(d);
	st = mig_save(d);
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_STOP, NULL));
	begin_to_wait(&w, &waiter, false);
	lazy_give(&w.memory);
	pthread_join(waiter, NULL);
	EXPECT_EQ(w.ret, 4096);
	EXPECT_EQ(first_difference(w.memory.page, st.bytes, 4096), 4096);
	close(w.fd);
	lazy_end(&w.memory);
	stream_free(&st);
}

/* ---- Removed in the midst of it */

static bool was_removed;

static void *do_remove(void *uuid)
{
	EXPECT_OK(mdev_remove(uuid));
	__atomic_store_n(&was_removed, true, __ATOMIC_RELEASE);
	return NULL;
}

/* Its user is asked to let go; whoever removes it waits for that. */
static pthread_t begin_remove(char *uuid)
{
	int evt = evt_new();
	pthread_t remover;

	strcpy(uuid, d->uuid);
	was_removed = false;
	ASSERT_OK(irq_eventfd(d, VFIO_PCI_REQ_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, evt));
	ASSERT(!pthread_create(&remover, NULL, do_remove, uuid));
	EXPECT(evt_wait(evt) > 0);
	close(evt);
	return remover;
}

/* Closed, it goes, whoever still has the stream's file; nothing of it is left. */
static void end_remove(pthread_t remover, const char *uuid, uint64_t vram_free)
{
	EXPECT(!__atomic_load_n(&was_removed, __ATOMIC_ACQUIRE));
	vdev_close(d);
	pthread_join(remover, NULL);
	EXPECT(!mdev_exists(uuid));
	EXPECT_EQ(gpu_attr_u64("vram_free"), vram_free);
}

/* Asked to let go, its user may go on to the stream's end, or not. */
static void remove_in_midst(const struct stream *st, bool loads, bool goes_on)
{
	uint64_t vram_free = gpu_attr_u64("vram_free") + d->size;
	struct host_counts counts = host_count();
	struct stream part = {}, rest = { st->bytes + 70000, st->len - 70000 };
	char uuid[UUID_LEN];
	pthread_t remover;
	int fd;

	if (!loads)
		sparse_pattern(d);
	fd = loads ? mig_load_begin(d) : mig_save_begin(d);
	EXPECT_EQ(loads ? write(fd, st->bytes, 70000) :
			  stream_some(fd, &part, 70000), 70000);
	remover = begin_remove(uuid);
	if (goes_on && loads) {
		EXPECT_OK(mig_write(fd, &rest, MIB));
		EXPECT_OK(mig_set(d, VFIO_DEVICE_STATE_STOP, NULL));
	} else if (goes_on) {
		EXPECT_EQ(stream_more(fd, &part), 0);
		EXPECT_OK(mig_load(to, &part));
	}
	if (goes_on) {
		vdev_decode(to, DECODE_ALL);
		vdev_decode(d, DECODE_ALL);
		expect_same_vram(d, to);
	}
	mig_reset(to);
	end_remove(remover, uuid, vram_free);
	if (loads)
		EXPECT_ERR(write(fd, st->bytes, 1), ENODEV);
	else
		EXPECT_ERR(read(fd, part.bytes, 1), ENODEV);
	close(fd);
	stream_free(&part);
	d = vdev_new(gpu->small);
	expect_zeros(d);
	expect_works(d, 13);
	d = vdev_reopen(d);
	vdev_decode(d, DECODE_ALL);
	expect_host(&counts);
}

static void removed_in_midst(void)
{
	struct stream st;
	unsigned int i;

	sparse_pattern(to);
	st = mig_save(to);
	mig_reset(to);
	for (i = 0; i < 4; i++)
		remove_in_midst(&st, i & 1, i & 2);
	stream_free(&st);
}

/* One who reads or writes it waits for memory, and is not waited for. */
static void removed_while_memory_is_missing(void)
{
	uint64_t vram_free = gpu_attr_u64("vram_free") + d->size;
	pthread_t waiter, remover;
	struct waiter w = {};
	char uuid[UUID_LEN];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		begin_to_wait(&w, &waiter, i);
		remover = begin_remove(uuid);
		end_remove(remover, uuid, vram_free);
		finds_it_ended(&w, waiter);
		d = vdev_new(gpu->small);
		expect_zeros(d);
	}
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
	TAP_TEST(reset_against_moves),
	TAP_TEST_IF(reset_while_memory_is_missing, lazy_can),
	TAP_TEST_IF(memory_that_comes_later, lazy_can),
	TAP_TEST(removed_in_midst),
	TAP_TEST_IF(removed_while_memory_is_missing, lazy_can),
	TAP_TEST(lies_are_refused),
	TAP_TEST(ends_are_refused),
	TAP_TEST(other_types_are_refused),
	TAP_TEST(garbage),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "stream", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	settings_save();
	return tap_run(&suite);
}
