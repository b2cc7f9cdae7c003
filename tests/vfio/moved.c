// SPDX-License-Identifier: GPL-2.0
/*
 * What sysfs says of a vGPU that moves, or may have to: how much there is, how fast it
 * is written, and what its moves were like.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "move.h"
#include "pattern.h"
#include "tenant.h"

#define BLOCK		65536

/* Of a stream, what is no memory, at most; see docs/abi/sysfs-vgpu. */
#define REST		(2 * BLOCK)

static const char *const counters[] = {
	"saves", "saves_failed", "loads", "loads_failed", "bytes_sent",
	"bytes_received", "rounds", "last_stop_bytes", "last_stop_ns",
	"last_start_ns",
};

static struct vdev *d, *to;
static uint32_t *vram;

static void before(void)
{
	d = vdev_new(gpu->small);
	to = vdev_new(gpu->small);
	vdev_decode(d, DECODE_ALL);
	vram = vdev_map_vram(d);
}

static void after(void)
{
	vdev_cleanup();
}

static uint64_t moved(struct vdev *of, const char *name)
{
	char path[ATTR_LEN];

	snprintf(path, ATTR_LEN, "migration/%s", name);
	return mdev_attr_u64(of->uuid, path);
}

static bool rate_is_known(void)
{
	char text[ATTR_LEN];

	mdev_attr(d->uuid, "migration/dirty_rate", text);
	return strcmp(text, "unknown");
}

static void nothing_yet(void)
{
	uint64_t size = moved(d, "state_size");
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counters); i++)
		if (!EXPECT_EQ(moved(d, counters[i]), 0))
			tap_note("%s", counters[i]);
	EXPECT(size > d->size);
	EXPECT(size <= d->size + d->size / BLOCK * 16 + REST);
	EXPECT_EQ(moved(d, "dirty_bytes"), d->size);
	EXPECT(!rate_is_known());
}

/* A VM that is saved: it stands still for all of it. */
static void saved_and_loaded(void)
{
	struct stream st;

	sparse_pattern(d);
	st = mig_save(d);
	EXPECT_EQ(moved(d, "saves"), 1);
	EXPECT_EQ(moved(d, "saves_failed"), 0);
	EXPECT_EQ(moved(d, "bytes_sent"), st.len);
	EXPECT_EQ(moved(d, "last_stop_bytes"), st.len);
	EXPECT(moved(d, "last_stop_ns"));
	EXPECT_EQ(moved(d, "rounds"), 0);
	EXPECT_EQ(moved(d, "loads"), 0);
	EXPECT(!rate_is_known());

	ASSERT_OK(mig_load(to, &st));
	EXPECT_EQ(moved(to, "loads"), 1);
	EXPECT_EQ(moved(to, "loads_failed"), 0);
	EXPECT_EQ(moved(to, "bytes_received"), st.len);
	EXPECT_EQ(moved(to, "saves"), 0);
	EXPECT_EQ(moved(to, "last_start_ns"), 0);
	ASSERT_OK(mig_set(to, VFIO_DEVICE_STATE_RUNNING, NULL));
	EXPECT(moved(to, "last_start_ns"));
	stream_free(&st);

	/* Once more, and it counts on. */
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_STOP, NULL));
	st = mig_save(d);
	EXPECT_EQ(moved(d, "saves"), 2);
	EXPECT(moved(d, "bytes_sent") >= 2 * st.len - BLOCK);
	EXPECT_EQ(moved(d, "last_stop_bytes"), st.len);
	stream_free(&st);
}

/* Until it has been written for so long that it can be told how fast. */
static bool counted(int fd, struct stream *st)
{
	vram[0]++;
	EXPECT_EQ(stream_more(fd, st), ENOMSG);
	return rate_is_known();
}

/* Only what was written at last has to wait until it stands still. */
static void copied_while_it_runs(void)
{
	struct stream st = {};
	uint64_t running, rounds;
	int fd;

	memset(vram, 0x5a, d->size);
	fd = mig_precopy_begin(d);
	EXPECT_EQ(moved(d, "dirty_bytes"), d->size);
	EXPECT_EQ(moved(d, "state_size"), moved(to, "state_size"));
	EXPECT_EQ(stream_more(fd, &st), ENOMSG);
	EXPECT_EQ(moved(d, "dirty_bytes"), 0);
	rounds = moved(d, "rounds");
	EXPECT(rounds >= 1);
	EXPECT(AWAIT(counted(fd, &st)));
	EXPECT(moved(d, "rounds") > rounds);
	EXPECT(moved(d, "dirty_rate"));
	EXPECT_EQ(moved(d, "saves"), 0);
	vram[0] = 1;
	vram[d->size / 4 - 1] = 1;
	EXPECT_EQ(moved(d, "dirty_bytes"), 2 * BLOCK);
	running = st.len;
	EXPECT_EQ(moved(d, "bytes_sent"), running);
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_STOP_COPY, NULL));
	EXPECT_EQ(stream_more(fd, &st), 0);
	close(fd);
	EXPECT_EQ(moved(d, "saves"), 1);
	EXPECT_EQ(moved(d, "bytes_sent"), st.len);
	EXPECT_EQ(moved(d, "last_stop_bytes"), st.len - running);
	EXPECT(moved(d, "last_stop_bytes") > 2 * BLOCK);
	stream_free(&st);
}

/* It stays when nobody copies any more, until another VM has it. */
static void last_rate(void)
{
	struct stream st = {};
	int fd = mig_precopy_begin(d);
	uint64_t rate;

	EXPECT_EQ(stream_more(fd, &st), ENOMSG);
	EXPECT(AWAIT(counted(fd, &st)));
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_RUNNING, NULL));
	close(fd);
	EXPECT_EQ(moved(d, "saves_failed"), 1);
	EXPECT_EQ(moved(d, "dirty_bytes"), d->size);
	ASSERT(rate_is_known());
	rate = moved(d, "dirty_rate");
	vram[0]++;
	ASSERT_OK(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL));
	EXPECT_EQ(moved(d, "dirty_rate"), rate);
	munmap(vram, d->size);
	d = vdev_reopen(d);
	EXPECT(!rate_is_known());
	EXPECT_EQ(moved(d, "saves_failed"), 1);
	EXPECT_EQ(moved(d, "bytes_sent"), st.len);
	stream_free(&st);
}

/* Whatever ends it before it is whole. */
static void failures(void)
{
	struct stream st = mig_save(d);
	size_t whole = st.len;
	int fd;

	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_STOP, NULL));
	fd = mig_save_begin(d);
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_STOP, NULL));
	close(fd);
	EXPECT_EQ(moved(d, "saves"), 1);
	EXPECT_EQ(moved(d, "saves_failed"), 1);
	EXPECT_EQ(moved(d, "bytes_sent"), whole);

	st.len = whole - 1;
	EXPECT_ERR(mig_load(to, &st), EINVAL);
	EXPECT_EQ(moved(to, "loads_failed"), 1);
	EXPECT_EQ(moved(to, "bytes_received"), whole - 1);
	st.len = whole;
	mig_reset(to);
	st.bytes[0] ^= 1;
	EXPECT_ERR(mig_load(to, &st), EINVAL);
	mig_reset(to);
	EXPECT_EQ(moved(to, "loads_failed"), 2);
	fd = mig_load_begin(to);
	mig_reset(to);
	close(fd);
	EXPECT_EQ(moved(to, "loads_failed"), 3);
	EXPECT_EQ(moved(to, "loads"), 0);
	EXPECT_EQ(moved(to, "last_start_ns"), 0);
	stream_free(&st);
}

static bool estimate_is_known(void)
{
	char text[ATTR_LEN];

	mdev_attr(d->uuid, "migration/downtime_estimate_ns", text);
	return strcmp(text, "unknown");
}

static int set_bandwidth(const char *text)
{
	return mdev_try_set(d->uuid, "migration/bandwidth", text);
}

/* Of one that was never copied: as long as all of it takes, by the bandwidth. */
static void estimate_by_bandwidth(void)
{
	static const char *const bad[] = {
		"\n", "x", "-1", "1.5", "1 2", "18446744073709551616",
	};
	const uint64_t second = 1000000000;
	uint64_t size = moved(d, "state_size");
	unsigned int i;

	EXPECT_EQ(moved(d, "bandwidth"), 0);
	EXPECT(!estimate_is_known());
	ASSERT_OK(set_bandwidth("1000000"));
	EXPECT_EQ(moved(d, "bandwidth"), 1000000);
	EXPECT_EQ(moved(d, "downtime_estimate_ns"), size * 1000);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		if (!EXPECT_ERR(set_bandwidth(bad[i]), EINVAL))
			tap_note("%s", bad[i]);
		EXPECT_EQ(moved(d, "bandwidth"), 1000000);
	}
	/* Each has its own. */
	EXPECT_EQ(moved(to, "bandwidth"), 0);
	ASSERT_OK(set_bandwidth("1"));
	EXPECT_EQ(moved(d, "downtime_estimate_ns"), size * second);
	ASSERT_OK(set_bandwidth("0xffffffffffffffff"));
	EXPECT_EQ(moved(d, "downtime_estimate_ns"), 0);
	ASSERT_OK(set_bandwidth("0"));
	EXPECT(!estimate_is_known());
}

/* Once it is known how fast it is written, and what is set stays. */
static void estimate_by_rate(void)
{
	struct stream st = {};
	uint64_t rate, whole, rest;
	int fd;

	ASSERT_OK(set_bandwidth("1000000000"));
	whole = moved(d, "downtime_estimate_ns");
	EXPECT_EQ(whole, moved(d, "state_size"));
	rest = whole - d->size;
	fd = mig_precopy_begin(d);
	EXPECT_EQ(stream_more(fd, &st), ENOMSG);
	EXPECT(AWAIT(counted(fd, &st)));
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_RUNNING, NULL));
	close(fd);
	stream_free(&st);
	rate = moved(d, "dirty_rate");
	EXPECT(rate < 1000000000);
	EXPECT_EQ(moved(d, "downtime_estimate_ns"),
		  rest + rate * whole / 1000000000);
	munmap(vram, d->size);
	d = vdev_reopen(d);
	EXPECT_EQ(moved(d, "bandwidth"), 1000000000);
	EXPECT_EQ(moved(d, "downtime_estimate_ns"), whole);
}

static const struct tap_test tests[] = {
	TAP_TEST(nothing_yet),
	TAP_TEST(saved_and_loaded),
	TAP_TEST_IF(copied_while_it_runs, can_precopy),
	TAP_TEST_IF(last_rate, can_precopy),
	TAP_TEST(failures),
	TAP_TEST(estimate_by_bandwidth),
	TAP_TEST_IF(estimate_by_rate, can_precopy),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "moved", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	return tap_run(&suite);
}
