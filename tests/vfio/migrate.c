// SPDX-License-Identifier: GPL-2.0
/*
 * A vGPU that moves: VFIO's states, and what goes along. What streams must not be is
 * in stream.c.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "move.h"
#include "pattern.h"
#include "tenant.h"

/* More than the registers of any GPU. */
#define MAX_REGS	0x1000

/* Of a stream, what is the same whenever it is made. */
#define HEADER		88

static const uint32_t states[] = {
	VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_RUNNING,
	VFIO_DEVICE_STATE_STOP_COPY, VFIO_DEVICE_STATE_RESUMING,
	VFIO_DEVICE_STATE_RUNNING_P2P,
};

static struct vdev *d, *to;

static void before(void)
{
	d = vdev_new(gpu->small);
	to = vdev_new(gpu->small);
}

static void after(void)
{
	children_end();
	vdev_cleanup();
}

static bool has_stream(uint32_t state)
{
	return state == VFIO_DEVICE_STATE_STOP_COPY ||
	       state == VFIO_DEVICE_STATE_RESUMING;
}

/* From wherever it is. */
static void go_to(struct vdev *of, uint32_t state)
{
	int fd;

	mig_reset(of);
	ASSERT_OK(mig_set(of, state, &fd));
	EXPECT_EQ(fd >= 0, has_stream(state));
	if (fd >= 0)
		close(fd);
	EXPECT_EQ(mig_state(of), state);
}

/* ---- States */

static void features(void)
{
	struct vfio_device_feature_mig_data_size size = {};
	struct vfio_device_feature_migration mig = {};
	const uint32_t least = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P;

	ASSERT_OK(feature(d, VFIO_DEVICE_FEATURE_GET |
			     VFIO_DEVICE_FEATURE_MIGRATION, &mig, sizeof(mig)));
	EXPECT_EQ(mig.flags & least, least);
	EXPECT_ERR(feature(d, VFIO_DEVICE_FEATURE_SET |
			      VFIO_DEVICE_FEATURE_MIGRATION, &mig, sizeof(mig)),
		   EINVAL);
	ASSERT_OK(feature(d, VFIO_DEVICE_FEATURE_GET |
			     VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, &size,
			  sizeof(size)));
	EXPECT(size.stop_copy_length);
	go_to(d, VFIO_DEVICE_STATE_STOP);
	ASSERT_OK(feature(d, VFIO_DEVICE_FEATURE_GET |
			     VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, &size,
			  sizeof(size)));
	/* It need not be waited for; but buffers are made of that size. */
	EXPECT(size.stop_copy_length && size.stop_copy_length <= 65536);
	EXPECT_ERR(feature(d, VFIO_DEVICE_FEATURE_GET |
			      VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, &size, 4),
		   EINVAL);
}

static void expect_way(uint32_t from, uint32_t into)
{
	int fd;

	go_to(d, from);
	if (from == VFIO_DEVICE_STATE_RESUMING && into != from) {
		/* Nothing has arrived. */
		EXPECT_ERR(mig_set(d, into, &fd), EINVAL);
		EXPECT_EQ(mig_state(d), VFIO_DEVICE_STATE_ERROR);
		return;
	}
	EXPECT_OK(mig_set(d, into, &fd));
	EXPECT_EQ(mig_state(d), into);
	if (fd >= 0)
		close(fd);
}

/* Each to each, and what is no state at all. */
static void ways(void)
{
	static const uint32_t none[] = { VFIO_DEVICE_STATE_ERROR, 8, ~0U };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		for (j = 0; j < ARRAY_SIZE(states); j++)
			expect_way(states[i], states[j]);
		for (j = 0; j < ARRAY_SIZE(none); j++) {
			go_to(d, states[i]);
			EXPECT_ERR(mig_set(d, none[j], NULL), EINVAL);
			EXPECT_EQ(mig_state(d), states[i]);
		}
	}
	expect_works(d, 1);
}

static void only_reset_ends_an_error(void)
{
	unsigned int i;

	go_to(d, VFIO_DEVICE_STATE_RESUMING);
	EXPECT_ERR(mig_set(d, VFIO_DEVICE_STATE_RUNNING, NULL), EINVAL);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		EXPECT_ERR(mig_set(d, states[i], NULL), EINVAL);
		EXPECT_EQ(mig_state(d), VFIO_DEVICE_STATE_ERROR);
	}
	mig_reset(d);
	expect_works(d, 2);
}

/* Work that takes long enough to be stopped in the midst of it, of one value. */
static void queue_work(struct vdev *of, unsigned int n)
{
	unsigned int i;

	gpu_init(of);
	for (i = 0; i < n; i++)
		gpu_fill(of, 0, of->room / 8192 * 8192, i + 1);
}

static void expect_work_done(struct vdev *of, unsigned int n)
{
	uint32_t *vram = vdev_map_vram(of);
	uint64_t i;

	gpu_idle(of);
	for (i = 0; i < of->room / 8192 * 2048; i++)
		if (!EXPECT_EQ(vram[i], n))
			break;
	munmap(vram, of->size);
}

/* Nothing changes, whatever was under way; then it goes on. */
static void stands_still(void)
{
	uint32_t *vram = vdev_map_vram(d), *seen = malloc(d->size);
	uint64_t bytes;

	ASSERT(seen);
	vdev_decode(d, DECODE_ALL);
	queue_work(d, 20);
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_STOP, NULL));
	bytes = mdev_attr_u64(d->uuid, "bytes");
	memcpy(seen, vram, d->size);
	/* The engine is another's meanwhile. */
	expect_works(to, 3);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "bytes"), bytes);
	EXPECT_EQ(first_difference(vram, seen, d->size), d->size);
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_RUNNING, NULL));
	expect_work_done(d, 20);
	free(seen);
	munmap(vram, d->size);
}

static void pin_waits(void)
{
	int evt = evt_new();

	ASSERT_OK(irq_eventfd(d, VFIO_PCI_INTX_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, evt));
	gpu->irq_on(d);
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_STOP, NULL));
	gpu->irq_raise(d);
	EXPECT_EQ(evt_take(evt), 0);
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_RUNNING, NULL));
	EXPECT_EQ(evt_wait(evt), 1);
	close(evt);
}

/* ---- Streams */

static void snapshot_regs(struct vdev *of, uint32_t *regs)
{
	unsigned int i;

	memset(regs, 0, MAX_REGS * 4);
	for (i = 0; i < gpu->regs_size / 4; i++)
		regs[i] = gpu->runs_by_itself(i * 4) ? 0 : reg_rd(of, i * 4);
}

/* Everything that a guest can write. */
static void disturb(struct vdev *of)
{
	unsigned int i;

	for (i = 0; i < gpu->regs_size / 4; i++)
		reg_wr(of, i * 4, 0xa5a5a5a5);
	gpu_idle(of);
}

static void expect_same_regs(struct vdev *a, struct vdev *b)
{
	uint32_t of_a[MAX_REGS], of_b[MAX_REGS];
	unsigned int i, wrong = 0;

	/* Reading moves some indices on: of both alike. */
	snapshot_regs(a, of_a);
	snapshot_regs(b, of_b);
	for (i = 0; i < MAX_REGS && wrong < 10; i++) {
		if (EXPECT_EQ(of_b[i], of_a[i]))
			continue;
		tap_note("register %#x", i * 4);
		wrong++;
	}
}

static void expect_same_config(struct vdev *a, struct vdev *b)
{
	uint8_t of_a[CONFIG_SIZE], of_b[CONFIG_SIZE];

	ASSERT_EQ(vdev_pread(a, REGION_CONFIG, of_a, CONFIG_SIZE, 0),
		  CONFIG_SIZE);
	ASSERT_EQ(vdev_pread(b, REGION_CONFIG, of_b, CONFIG_SIZE, 0),
		  CONFIG_SIZE);
	EXPECT_EQ(first_difference(of_a, of_b, CONFIG_SIZE), CONFIG_SIZE);
}

/* What a guest sees of it is the same elsewhere, where another was before. */
static void moves(void)
{
	struct stream st;
	uint32_t *vram = vdev_map_vram(to);

	sparse_pattern(d);
	gpu_init(d);
	disturb(d);
	vdev_decode(d, DECODE_ALL);
	memset(vram, 0xee, to->size);
	munmap(vram, to->size);
	gpu_init(to);

	st = mig_save(d);
	/* What is zero is not in it. */
	EXPECT(st.len < d->size / 2);
	ASSERT_OK(mig_load(to, &st));
	expect_same_config(d, to);
	expect_same_vram(d, to);
	expect_same_regs(d, to);
	ASSERT_OK(mig_set(to, VFIO_DEVICE_STATE_RUNNING, NULL));
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_RUNNING, NULL));
	/* Who sees them disturbed sees no work done: that is another test. */
	mig_reset(d);
	mig_reset(to);
	expect_works(d, 4);
	expect_works(to, 5);
	stream_free(&st);
}

/* Back into the one that it came from, as a snapshot goes. */
static void comes_back(void)
{
	struct stream st;
	uint32_t fresh[MAX_REGS], now[MAX_REGS], *vram;

	sparse_pattern(d);
	gpu_init(d);
	disturb(d);
	vdev_decode(d, DECODE_ALL);
	st = mig_save(d);
	snapshot_regs(d, fresh);
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_RUNNING, NULL));
	vram = vdev_map_vram(d);
	memset(vram, 0xee, d->size);
	munmap(vram, d->size);
	mig_reset(d);

	ASSERT_OK(mig_load(d, &st));
	snapshot_regs(d, now);
	EXPECT_EQ(first_difference(fresh, now, sizeof(now)), sizeof(now));
	sparse_pattern(to);
	expect_same_vram(d, to);
	stream_free(&st);
}

/* Work that waits, and what is half done of it, is done at the target. */
static void work_goes_along(void)
{
	struct stream st;

	vdev_decode(d, DECODE_ALL);
	/* Only for its tables of what is where. */
	gpu_init(to);
	queue_work(d, 30);
	st = mig_save(d);
	ASSERT_OK(mig_load(to, &st));
	ASSERT_OK(mig_set(to, VFIO_DEVICE_STATE_RUNNING, NULL));
	expect_work_done(to, 30);
	/* And once more here: the move may have failed, and the source goes on. */
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_RUNNING, NULL));
	expect_work_done(d, 30);
	stream_free(&st);
}

/* A message that could not leave does so at the target, once. */
static void message_goes_along(void)
{
	int evt = evt_new(), others = evt_new();
	struct stream st;

	ASSERT_OK(irq_message(d, evt));
	vdev_bus_master(d, true);
	ASSERT_OK(irq_set(d, gpu->messages, VFIO_IRQ_SET_DATA_NONE |
			  VFIO_IRQ_SET_ACTION_MASK, gpu->vector, 1, NULL, 0));
	gpu->irq_on(d);
	gpu->irq_raise(d);
	EXPECT_EQ(evt_take(evt), 0);
	st = mig_save(d);
	ASSERT_OK(mig_load(to, &st));
	ASSERT_OK(irq_message(to, others));
	EXPECT_EQ(evt_take(others), 0);
	ASSERT_OK(mig_set(to, VFIO_DEVICE_STATE_RUNNING, NULL));
	EXPECT_EQ(evt_wait(others), 1);
	EXPECT_EQ(evt_take(others), 0);
	stream_free(&st);
	close(evt);
	close(others);
}

/* In pieces of any size it is the same, and ends more than once. */
static void any_piece(void)
{
	static const size_t pieces[] = { 1000, 65536, 99999 };
	struct stream whole, st;
	unsigned int i;
	uint8_t byte;
	int fd;

	sparse_pattern(d);
	whole = mig_save(d);
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_STOP, NULL));
		fd = mig_save_begin(d);
		st = stream_read(fd, pieces[i]);
		EXPECT_EQ(read(fd, &byte, 1), 0);
		close(fd);
		EXPECT_EQ(st.len, whole.len);
		/* But for what has passed of the beam's time. */
		EXPECT_EQ(first_difference(st.bytes, whole.bytes, HEADER),
			  HEADER);
		mig_reset(to);
		fd = mig_load_begin(to);
		EXPECT_OK(mig_write(fd, &st, pieces[i]));
		EXPECT_OK(mig_set(to, VFIO_DEVICE_STATE_STOP, NULL));
		close(fd);
		expect_same_vram(d, to);
		stream_free(&st);
	}
	stream_free(&whole);
}

/* ---- What it writes to its guest's memory */

static int log_start(uint64_t page)
{
	struct vfio_device_feature_dma_logging_range range = { 0, MIB };
	struct vfio_device_feature_dma_logging_control control = {
		.page_size = page, .num_ranges = 1,
		.ranges = (uintptr_t)&range,
	};

	return feature(d, VFIO_DEVICE_FEATURE_SET |
			  VFIO_DEVICE_FEATURE_DMA_LOGGING_START, &control,
		       sizeof(control));
}

static int log_stop(void)
{
	return feature(d, VFIO_DEVICE_FEATURE_SET |
			  VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP, &(int){ 0 }, 0);
}

static int log_report(uint64_t *bitmap)
{
	struct vfio_device_feature_dma_logging_report report = {
		.length = MIB, .page_size = 4096,
		.bitmap = (uintptr_t)bitmap,
	};

	return feature(d, VFIO_DEVICE_FEATURE_GET |
			  VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT, &report,
		       sizeof(report));
}

static bool has_log(void)
{
	return !feature(d, VFIO_DEVICE_FEATURE_PROBE |
			   VFIO_DEVICE_FEATURE_DMA_LOGGING_START,
			&(int){ 0 }, 0);
}

static void expect_clean(const uint64_t *bitmap, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		EXPECT_EQ(bitmap[i], 0);
}

/* By itself; where the kernel has no iommufd, there is the container. */
static void logs_no_write(void)
{
	uint64_t bitmap[4] = {};

	if (!has_log()) {
		tap_note("the kernel cannot report what devices log");
		return;
	}
	EXPECT(log_report(bitmap));
	EXPECT(log_stop());
	EXPECT_OK(log_start(4096));
	EXPECT(log_start(4096));
	vdev_decode(d, DECODE_ALL);
	expect_works(d, 11);
	EXPECT_OK(log_report(bitmap));
	expect_clean(bitmap, ARRAY_SIZE(bitmap));
	EXPECT_OK(log_stop());
	EXPECT(log_stop());
}

static int dirty_pages(uint32_t flags, void *data, size_t size)
{
	struct vfio_iommu_type1_dirty_bitmap *bitmap;
	int ret;

	bitmap = calloc(1, sizeof(*bitmap) + size);
	ASSERT(bitmap);
	bitmap->argsz = sizeof(*bitmap) + size;
	bitmap->flags = flags;
	memcpy(bitmap->data, data, size);
	ret = ioctl(d->container, VFIO_IOMMU_DIRTY_PAGES, bitmap);
	free(bitmap);
	return ret;
}

/* By VFIO's type1: of memory that is mapped nothing is pinned, nothing dirty. */
static void container_is_clean(void)
{
	void *memory = mmap(NULL, MIB, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t bits[4] = {};
	struct vfio_iommu_type1_dirty_bitmap_get get = {
		.size = MIB,
		.bitmap = { .pgsize = 4096, .size = sizeof(bits),
			    .data = (void *)bits },
	};

	ASSERT(memory != MAP_FAILED);
	ASSERT_OK(vdev_dma_map(d, memory, MIB, 0));
	ASSERT_OK(dirty_pages(VFIO_IOMMU_DIRTY_PAGES_FLAG_START, NULL, 0));
	expect_works(d, 12);
	ASSERT_OK(dirty_pages(VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, &get,
			      sizeof(get)));
	expect_clean(bits, ARRAY_SIZE(bits));
	ASSERT_OK(dirty_pages(VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP, NULL, 0));
	munmap(memory, MIB);
}

static bool by_group(void)
{
	const char *by = getenv("VDEV_BY");

	return !by || strcmp(by, "cdev");
}

/* ---- Few bytes by which much memory is to be cleared */

/**
 * struct zeros - one who writes them
 * @st: a whole vGPU's memory, again and again
 * @fd: the stream's file
 * @begun: he is about to
 * @ret: what that call returned
 * @err: errno of that
 */
struct zeros {
	struct stream st;
	int fd;
	bool begun;
	ssize_t ret;
	int err;
};

static void zeros_new(struct zeros *z)
{
	const struct { uint32_t kind, length; uint64_t at; } all = { 2, d->size, 0 };
	size_t at;

	z->st = mig_save(d);
	at = HEADER + 4 * z->st.bytes[10];
	/* As much as is taken at once. */
	z->st.len = 65536;
	z->st.bytes = realloc(z->st.bytes, z->st.len);
	ASSERT(z->st.bytes);
	for (; at + sizeof(all) <= z->st.len; at += sizeof(all))
		memcpy(z->st.bytes + at, &all, sizeof(all));
	z->st.len = at;
}

static void *write_zeros(void *data)
{
	struct zeros *z = data;

	__atomic_store_n(&z->begun, true, __ATOMIC_RELEASE);
	z->ret = write(z->fd, z->st.bytes, z->st.len);
	z->err = errno;
	return NULL;
}

static void do_nothing(int sig)
{
	(void)sig;
}

/* It takes minutes: a reset ends it, and a signal, as a sleep's, that finds it at it. */
static void long_writes_end(void)
{
	struct sigaction action = { .sa_handler = do_nothing };
	struct zeros z = {};
	pthread_t writer;
	unsigned int i;

	ASSERT_OK(sigaction(SIGUSR1, &action, NULL));
	zeros_new(&z);
	for (i = 0; i < 2; i++) {
		z.fd = mig_load_begin(to);
		z.begun = false;
		ASSERT(!pthread_create(&writer, NULL, write_zeros, &z));
		EXPECT(AWAIT(__atomic_load_n(&z.begun, __ATOMIC_ACQUIRE)));
		usleep(20000);
		if (!i)
			EXPECT_OK(vdev_ioctl(to, VFIO_DEVICE_RESET, NULL));
		for (; pthread_tryjoin_np(writer, NULL) == EBUSY; usleep(20000))
			if (i)
				pthread_kill(writer, SIGUSR1);
		if (i) {
			EXPECT(z.ret > 0 && (size_t)z.ret < z.st.len);
		} else {
			EXPECT_EQ(z.ret, -1);
			EXPECT_EQ(z.err, ENODEV);
		}
		close(z.fd);
		mig_reset(to);
	}
	stream_free(&z.st);
	expect_works(to, 14);
}

static const struct tap_test tests[] = {
	TAP_TEST(features),
	TAP_TEST(ways),
	TAP_TEST(only_reset_ends_an_error),
	TAP_TEST(stands_still),
	TAP_TEST_IF(pin_waits, has_pin),
	TAP_TEST(moves),
	TAP_TEST(comes_back),
	TAP_TEST(work_goes_along),
	TAP_TEST_IF(message_goes_along, has_msix),
	TAP_TEST(any_piece),
	TAP_TEST(logs_no_write),
	TAP_TEST_IF(container_is_clean, by_group),
	TAP_TEST(long_writes_end),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "migrate", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	return tap_run(&suite);
}
