// SPDX-License-Identifier: GPL-2.0
/*
 * A vGPU that is copied while it runs: whoever writes to its memory meanwhile, and by
 * whatever way, finds it at the target as it was last.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "move.h"
#include "pattern.h"
#include "tenant.h"

/* What is told apart. */
#define BLOCK		65536

static const uint32_t states[] = {
	VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_RUNNING,
	VFIO_DEVICE_STATE_STOP_COPY, VFIO_DEVICE_STATE_RUNNING_P2P,
	VFIO_DEVICE_STATE_PRE_COPY, VFIO_DEVICE_STATE_PRE_COPY_P2P,
};

static struct vdev *d, *to;
static uint32_t *vram;

static void before(void)
{
	d = vdev_new(gpu->small);
	to = vdev_new(gpu->small);
	vdev_decode(d, DECODE_ALL);
	vram = vdev_map_vram(d);
	gpu_init(d);
}

static void after(void)
{
	children_end();
	vdev_cleanup();
}

static bool is_precopy(uint32_t state)
{
	return state == VFIO_DEVICE_STATE_PRE_COPY ||
	       state == VFIO_DEVICE_STATE_PRE_COPY_P2P;
}

static struct vfio_precopy_info info(int fd)
{
	struct vfio_precopy_info info = { .argsz = sizeof(info) };

	ASSERT_OK(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info));
	EXPECT_EQ(info.flags, 0);
	return info;
}

static uint64_t left(int fd)
{
	struct vfio_precopy_info now = info(fd);

	return now.initial_bytes + now.dirty_bytes;
}

static uint64_t data_size(void)
{
	struct vfio_device_feature_mig_data_size size = {};

	ASSERT_OK(feature(d, VFIO_DEVICE_FEATURE_GET |
			     VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, &size,
			  sizeof(size)));
	return size.stop_copy_length;
}

/* It stands still, and goes to the target: what is there is what is here. */
static void finish(int fd, struct stream *st)
{
	uint32_t *other;

	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_STOP_COPY, NULL));
	EXPECT_EQ(stream_more(fd, st), 0);
	close(fd);
	ASSERT_OK(mig_load(to, st));
	other = vdev_map_vram(to);
	vdev_decode(to, DECODE_ALL);
	EXPECT_EQ(first_difference(vram, other, d->size), d->size);
	munmap(other, to->size);
	stream_free(st);
}

/* ---- States */

static void go_to(uint32_t state)
{
	bool has_file = is_precopy(state) ||
			state == VFIO_DEVICE_STATE_STOP_COPY;
	int fd;

	ASSERT_OK(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL));
	ASSERT_OK(mig_set(d, state, &fd));
	EXPECT_EQ(fd >= 0, has_file);
	if (fd >= 0)
		close(fd);
}

/* Nothing that stands still can be copied as if it ran. */
static bool is_way(uint32_t from, uint32_t into)
{
	return from != VFIO_DEVICE_STATE_STOP_COPY || !is_precopy(into);
}

static void ways(void)
{
	unsigned int i, j;
	int fd;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		for (j = 0; j < ARRAY_SIZE(states); j++) {
			go_to(states[i]);
			if (!is_way(states[i], states[j])) {
				EXPECT_ERR(mig_set(d, states[j], NULL), EINVAL);
				EXPECT_EQ(mig_state(d), states[i]);
				continue;
			}
			EXPECT_OK(mig_set(d, states[j], &fd));
			EXPECT_EQ(mig_state(d), states[j]);
			/* It goes on by the file that there is. */
			if (is_precopy(states[i]))
				EXPECT_EQ(fd, -1);
			if (fd >= 0)
				close(fd);
		}
	}
	go_to(VFIO_DEVICE_STATE_RUNNING);
	vdev_decode(d, DECODE_ALL);
	EXPECT(works(d, 1));
}

/* How much there is to read, until there is nothing for now. */
static void tells_what_is_left(void)
{
	struct vfio_precopy_info small = { .argsz = 8 };
	struct stream st = {};
	int fd = mig_precopy_begin(d), i = 0;
	uint64_t before, now;

	memset(vram, 0x5a, d->room);
	before = info(fd).initial_bytes;
	EXPECT(before >= d->size);
	EXPECT(data_size() >= d->size);
	EXPECT_ERR(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &small), EINVAL);
	EXPECT_ERR(ioctl(fd, VFIO_DEVICE_RESET, 0), ENOTTY);
	while (info(fd).initial_bytes && i++ < 1000) {
		ASSERT(stream_some(fd, &st, 100000) > 0);
		now = info(fd).initial_bytes;
		EXPECT(now < before);
		before = now;
	}
	EXPECT_EQ(stream_more(fd, &st), ENOMSG);
	EXPECT_EQ(left(fd), 0);
	EXPECT(data_size() < d->size / 2);
	EXPECT_EQ(stream_more(fd, &st), ENOMSG);

	vram[0] = 1;
	EXPECT_EQ(info(fd).initial_bytes, 0);
	EXPECT_EQ(info(fd).dirty_bytes, BLOCK);
	EXPECT_EQ(stream_more(fd, &st), ENOMSG);
	EXPECT_EQ(left(fd), 0);
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_PRE_COPY_P2P, NULL));
	EXPECT_EQ(left(fd), 0);
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_STOP_COPY, NULL));
	small.argsz = sizeof(small);
	EXPECT_ERR(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &small), EINVAL);
	finish(fd, &st);
}

/* ---- Who writes */

/* Each time another value, to the same places: both sides of a block's edge. */
static void by_mapping(uint32_t value)
{
	uint64_t at;

	for (at = BLOCK; at < d->room; at += 5 * BLOCK) {
		vram[at / 4 - 1] = value;
		vram[at / 4] = value + 1;
	}
	vram[d->room / 4 - 1] = value;
}

static void by_region(uint32_t value)
{
	uint64_t at;

	for (at = 2 * BLOCK - 2; at + 4 < d->room; at += 7 * BLOCK)
		EXPECT_EQ(vdev_pwrite(d, REGION_VRAM, &value, 4, at), 4);
}

static void by_engine(uint32_t value)
{
	gpu_fill(d, 4096, 8192, value);
	gpu_fill(d, d->room / 8192 * 4096, 65536, value + 1);
	gpu_copy(d, 3 * BLOCK, 4096, 4096);
	gpu_idle(d);
}

/* Thrice, and all is read in between: also what was written there before is read. */
static void copied(void (*write)(uint32_t value))
{
	struct stream st = {};
	int fd, i;

	fill_pattern(vram, d->room, 1);
	fd = mig_precopy_begin(d);
	for (i = 1; i <= 3; i++) {
		EXPECT_EQ(stream_more(fd, &st), ENOMSG);
		EXPECT_EQ(left(fd), 0);
		write(i * 0x01010101);
		EXPECT(left(fd));
		EXPECT(left(fd) < d->size);
	}
	finish(fd, &st);
}

static void what_is_mapped(void)
{
	copied(by_mapping);
}

static void what_is_trapped(void)
{
	copied(by_region);
}

static void what_the_engine_writes(void)
{
	copied(by_engine);
}

/* What was not zero, and is when it is copied again. */
static void zeros(void)
{
	struct stream st = {};
	int fd;

	memset(vram, 0x77, d->room);
	fd = mig_precopy_begin(d);
	EXPECT_EQ(stream_more(fd, &st), ENOMSG);
	memset(vram + BLOCK, 0, 3 * BLOCK);
	EXPECT_EQ(stream_more(fd, &st), ENOMSG);
	finish(fd, &st);
}

/* ---- Who writes when */

static bool enough;

static void *stores(void *unused)
{
	uint32_t seed = 1, i;

	(void)unused;
	while (!__atomic_load_n(&enough, __ATOMIC_RELAXED)) {
		for (i = 0; i < 64; i++) {
			seed = seed * 1664525 + 1013904223;
			vram[(d->room / 2 + seed % (d->room / 2)) / 4] = seed;
		}
	}
	return NULL;
}

static void *draws(void *unused)
{
	uint32_t i;

	(void)unused;
	for (i = 0; !__atomic_load_n(&enough, __ATOMIC_RELAXED); i++) {
		gpu_fill(d, i % 16 * 4096, 4096, i);
		gpu_copy(d, (32 + i % 16) * 4096, i % 16 * 4096, 4096);
		if (!(i % 8))
			gpu_idle(d);
	}
	gpu_idle(d);
	return NULL;
}

/* Longer and longer, since what is copied is written again. */
static bool is_long(int fd, struct stream *st)
{
	stream_some(fd, st, 50000);
	return st->len > 4 * d->size;
}

/* All at once, while it is copied for some rounds, in pieces that end anywhere. */
static void busy(void)
{
	struct stream st = {};
	pthread_t by_cpu, by_gpu;
	int fd;

	enough = false;
	fill_pattern(vram, d->room, 2);
	fd = mig_precopy_begin(d);
	ASSERT(!pthread_create(&by_cpu, NULL, stores, NULL));
	ASSERT(!pthread_create(&by_gpu, NULL, draws, NULL));
	EXPECT(AWAIT(is_long(fd, &st)));
	__atomic_store_n(&enough, true, __ATOMIC_RELAXED);
	pthread_join(by_cpu, NULL);
	pthread_join(by_gpu, NULL);
	finish(fd, &st);
}

static uint32_t stored;

static void *stores_to_one_block(void *unused)
{
	volatile uint32_t *word = vram + d->room / 8;

	(void)unused;
	while (!__atomic_load_n(&enough, __ATOMIC_RELAXED)) {
		*word = stored;
		__atomic_add_fetch(&stored, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* A store that was not begun before this. */
static void await_a_store(void)
{
	uint32_t seen = __atomic_load_n(&stored, __ATOMIC_ACQUIRE);

	EXPECT(AWAIT(__atomic_load_n(&stored, __ATOMIC_ACQUIRE) - seen >= 2));
}

/*
 * Somebody goes on writing when it stands still. What becomes of that is nobody's care,
 * but the stream has an end, and all else is in it.
 */
static void written_when_it_stands(void)
{
	uint64_t at = d->room / 8 / (BLOCK / 4) * BLOCK;
	struct stream st = {};
	uint64_t most, i;
	uint32_t *other;
	pthread_t writer;
	int fd;

	enough = false;
	fill_pattern(vram, d->room, 4);
	fd = mig_precopy_begin(d);
	EXPECT_EQ(stream_more(fd, &st), ENOMSG);
	vram[1] = 0x600dda7a;
	ASSERT(!pthread_create(&writer, NULL, stores_to_one_block, NULL));
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_STOP_COPY, NULL));
	most = st.len + d->size;
	while (st.len < most && stream_some(fd, &st, 50000) > 0)
		await_a_store();
	EXPECT(st.len < most);
	__atomic_store_n(&enough, true, __ATOMIC_RELAXED);
	pthread_join(writer, NULL);
	close(fd);
	ASSERT_OK(mig_load(to, &st));
	stream_free(&st);
	other = vdev_map_vram(to);
	vdev_decode(to, DECODE_ALL);
	memset((void *)vram + at, 0, BLOCK);
	memset((void *)other + at, 0, BLOCK);
	i = first_difference(vram, other, d->size);
	EXPECT_EQ(i, d->size);
	munmap(other, to->size);
}

/* It stops with work that is half done, which goes along with what it has written. */
static void stops_at_work(void)
{
	uint64_t bytes = d->room / 8192 * 8192, i;
	struct stream st = {};
	uint32_t *other;
	int fd = mig_precopy_begin(d);

	EXPECT_EQ(stream_more(fd, &st), ENOMSG);
	for (i = 1; i <= 30; i++)
		gpu_fill(d, 0, bytes, i);
	ASSERT(stream_some(fd, &st, 100000));
	finish(fd, &st);
	ASSERT_OK(mig_set(to, VFIO_DEVICE_STATE_RUNNING, NULL));
	other = vdev_map_vram(to);
	EXPECT(AWAIT(other[bytes / 4 - 1] == 30));
	for (i = 0; i < bytes / 4; i++)
		if (!EXPECT_EQ(other[i], 30))
			break;
	munmap(other, to->size);
}

static struct stream passing;
static int passing_fd;

/* As fast as it can be read, round after round; nobody keeps it. */
static void copy_some(void)
{
	passing.len = 0;
	if (stream_some(passing_fd, &passing, d->size) <= 0)
		usleep(1000);
}

/* One that is copied takes no more of the GPU than it has when it is not. */
static void neighbour_keeps_its_share(void)
{
	struct vdev *both[2] = { d, vdev_new(gpu->small) };

	busy_start(both[0]);
	busy_start(both[1]);
	wait_above(both[0], "slices", 3);
	wait_above(both[1], "slices", 3);
	passing_fd = mig_precopy_begin(d);
	expect_shares(both, 2, (struct bound[]) {
		{ 1, 0, 0.8, 1000 },
		{ 1, OF_GPU, 20, 100 },
		{ }
	}, copy_some);
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_STOP_COPY, NULL));
	expect_shares(both, 2, (struct bound[]) {
		{ 1, OF_GPU, 40, 103 },
		{ 0, OF_GPU, 0, 3 },
		{ }
	}, copy_some);
	close(passing_fd);
	EXPECT_EQ(mdev_attr_u64(both[1]->uuid, "dropped"), 0);
	EXPECT_EQ(mdev_attr_u64(both[1]->uuid, "faults"), 0);
	stream_free(&passing);
}

/* ---- What ends otherwise */

static void called_off(void)
{
	struct stream st = {};
	uint8_t byte;
	int fd;

	fd = mig_precopy_begin(d);
	EXPECT(stream_some(fd, &st, 100000) > 0);
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_RUNNING, NULL));
	EXPECT_ERR(read(fd, &byte, 1), ENODEV);
	close(fd);
	stream_free(&st);
	EXPECT(works(d, 2));
	/* It can be begun anew, and ends with the device, or a reset. */
	fd = mig_precopy_begin(d);
	ASSERT_OK(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL));
	EXPECT_ERR(read(fd, &byte, 1), ENODEV);
	close(fd);
	vdev_decode(d, DECODE_ALL);
	gpu_init(d);
	fd = mig_precopy_begin(d);
	munmap(vram, d->size);
	d = vdev_reopen(d);
	EXPECT_ERR(read(fd, &byte, 1), ENODEV);
	close(fd);
	vdev_decode(d, DECODE_ALL);
	vram = vdev_map_vram(d);
	gpu_init(d);
	fd = mig_precopy_begin(d);
	by_mapping(3);
	finish(fd, &st);
}

/* Whoever asks for what was not offered goes on as it was. */
static void not_offered(void)
{
	EXPECT_ERR(mig_set(d, VFIO_DEVICE_STATE_PRE_COPY, NULL), EINVAL);
	EXPECT_EQ(mig_state(d), VFIO_DEVICE_STATE_RUNNING);
	EXPECT(works(d, 1));
}

static bool cannot_precopy(void)
{
	return !can_precopy();
}

static const struct tap_test tests[] = {
	TAP_TEST_IF(ways, can_precopy),
	TAP_TEST_IF(tells_what_is_left, can_precopy),
	TAP_TEST_IF(what_is_mapped, can_precopy),
	TAP_TEST_IF(what_is_trapped, can_precopy),
	TAP_TEST_IF(what_the_engine_writes, can_precopy),
	TAP_TEST_IF(zeros, can_precopy),
	TAP_TEST_IF(busy, can_precopy),
	TAP_TEST_IF(stops_at_work, can_precopy),
	TAP_TEST_IF(written_when_it_stands, can_precopy),
	TAP_TEST_IF(neighbour_keeps_its_share, can_precopy),
	TAP_TEST_IF(called_off, can_precopy),
	TAP_TEST_IF(not_offered, cannot_precopy),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "precopy", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	return tap_run(&suite);
}
