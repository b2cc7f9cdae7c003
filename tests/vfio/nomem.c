// SPDX-License-Identifier: GPL-2.0
/*
 * Memory runs out, and user memory is not there: each allocation that the modules make
 * in a call fails once, one after the other, and each copy from and to user space. The
 * call fails or does without, and what the host counts is what it counted before.
 * For kernels with CONFIG_FAILSLAB (see kfail.h). Here are the calls of a VMM, and of who
 * makes vGPUs for it; the host's own are in nomem_host.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "display.h"
#include "host.h"
#include "kept.h"
#include "kfail.h"
#include "move.h"
#include "tenant.h"

static struct vdev *d;
static struct host_counts counts;

static void before(void)
{
	ASSERT_EQ(dir_count("/sys/bus/mdev/devices"), 0);
	settings_save();
	gpu_set("guard_resets_limit", "0");
	d = vdev_new(gpu->small);
	counts = host_count();
}

static void after(void)
{
	kfail_end();
	kept_end();
	vdev_cleanup();
	settings_restore();
}

/* Each of it fails, and nothing is left of that; some fails at all. */
static void expect_none_left(int (*call)(void), void (*undo)(void))
{
	EXPECT(each_fails(call, undo) > 0);
	expect_host(&counts);
}

/* ---- From create to remove */

static char new_uuid[UUID_LEN];

static int create(void)
{
	int ret = mdev_try_create(gpu->medium, new_uuid), err = errno;

	if (ret)
		EXPECT(!mdev_exists(new_uuid));
	errno = err;
	return ret;
}

static void remove_new(void)
{
	EXPECT_OK(mdev_remove(new_uuid));
}

static void creating(void)
{
	mdev_uuid(new_uuid);
	expect_none_left(create, remove_new);
	EXPECT(works(vdev_new(gpu->medium), 1));
	EXPECT(works(d, 2));
}

static void close_device(void)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}

static int connect_or_close(void)
{
	return vdev_connect(d) ? kfail_failed(close_device) : 0;
}

/* The descriptor, the file behind the mappings, the start of the engine's work. */
static void opening(void)
{
	close_device();
	counts = host_count();
	expect_none_left(connect_or_close, close_device);
	ASSERT_OK(vdev_connect(d));
	vdev_decode(d, DECODE_ALL);
	EXPECT(works(d, 1));
}

static int use_and_close(void)
{
	close_device();
	return 0;
}

static void expect_clean(void)
{
	uint32_t *vram;
	uint64_t i;

	ASSERT_OK(vdev_connect(d));
	vdev_decode(d, DECODE_ALL);
	vram = vdev_map_vram(d);
	for (i = 0; i < d->size / 4 && !vram[i]; i++)
		;
	EXPECT_EQ(i, d->size / 4);
	memset(vram, 0xee, d->size);
	munmap(vram, d->size);
}

/* A tenant's memory is cleared, whatever fails meanwhile. */
static void closing(void)
{
	each_fails(use_and_close, expect_clean);
	expect_host(&counts);
	EXPECT(works(d, 1));
}

static int remove_it(void)
{
	return mdev_remove(new_uuid);
}

static void create_again(void)
{
	EXPECT(!mdev_exists(new_uuid));
	mdev_create(gpu->medium, new_uuid);
}

static void removing(void)
{
	mdev_create(gpu->medium, new_uuid);
	each_fails(remove_it, create_again);
	ASSERT_OK(mdev_remove(new_uuid));
	expect_host(&counts);
}

/* ---- What a VMM asks for */

static int evt, unmask;	/* who unmasks takes what is in its own */

static int take_interrupts(void)
{
	unsigned int index;

	for (index = 0; index < VFIO_PCI_NUM_IRQS; index++)
		if (gpu->irqs[index] &&
		    irq_eventfd(d, index, VFIO_IRQ_SET_ACTION_TRIGGER, evt))
			return -1;
	if (!has_pin())
		return 0;
	return irq_eventfd(d, VFIO_PCI_INTX_IRQ_INDEX,
			   VFIO_IRQ_SET_ACTION_UNMASK, unmask);
}

static void interrupts(void)
{
	evt = evt_new();
	unmask = evt_new();
	counts = host_count();
	EXPECT(each_fails(take_interrupts, NULL) > 0);
	vdev_bus_master(d, true);
	gpu->irq_on(d);
	irq_message(d, evt);
	gpu->irq_raise(d);
	EXPECT(evt_wait(evt) > 0);
	EXPECT_OK(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL));
	close(evt);
	close(unmask);
	d = vdev_reopen(d);
	expect_host(&counts);
	vdev_decode(d, DECODE_ALL);
	EXPECT(works(d, 1));
}

/* What there is not is no failure. */
static int describe(void)
{
	struct {
		struct vfio_region_info info;
		char caps[256];
	} u;
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_irq_info irq = { .argsz = sizeof(irq) };
	unsigned int i;

	if (vdev_ioctl(d, VFIO_DEVICE_GET_INFO, &info))
		return -1;
	for (i = 0; i < info.num_regions; i++) {
		u.info = (struct vfio_region_info) {
			.argsz = sizeof(u), .index = i,
		};
		if (vdev_ioctl(d, VFIO_DEVICE_GET_REGION_INFO, &u) &&
		    errno != EINVAL)
			return -1;
	}
	for (irq.index = 0; irq.index < info.num_irqs; irq.index++)
		if (vdev_ioctl(d, VFIO_DEVICE_GET_IRQ_INFO, &irq) &&
		    errno != EINVAL)
			return -1;
	return 0;
}

static void describing(void)
{
	expect_none_left(describe, NULL);
}

/* What was done until a copy failed is told by a short answer. */
static bool is_short(ssize_t n, size_t want)
{
	if (n >= 0)
		errno = EFAULT;
	return n != (ssize_t)want;
}

/* The beginning of each region is read, and of a BAR or the like written as it was. */
static int access_regions(void)
{
	uint8_t buf[256];
	unsigned int i;

	for (i = 0; i < NR_REGIONS; i++) {
		size_t n = d->region[i].size < sizeof(buf) ? d->region[i].size :
							    sizeof(buf);

		if (!n || !(d->region[i].flags & VFIO_REGION_INFO_FLAG_READ))
			continue;
		if (is_short(vdev_pread(d, i, buf, n, 0), n))
			return -1;
		if (i < VFIO_PCI_NUM_REGIONS &&
		    d->region[i].flags & VFIO_REGION_INFO_FLAG_WRITE &&
		    is_short(vdev_pwrite(d, i, buf, n, 0), n))
			return -1;
	}
	return 0;
}

static void accessing(void)
{
	expect_none_left(access_regions, NULL);
	EXPECT_OK(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL));
	vdev_decode(d, DECODE_ALL);
	EXPECT(works(d, 1));
}

static int show(void)
{
	struct vfio_device_gfx_plane_info plane;

	return display_query(d, &plane);
}

/* A mode that must be converted, line by line. */
static void showing(void)
{
	display_set_mode(d, 640, 480, 8, 0);
	expect_none_left(show, NULL);
}

static void *mapped = MAP_FAILED;

/* All of it is touched: page tables are memory, too. */
static int map(void)
{
	uint64_t at;

	mapped = vdev_try_map(d, REGION_VRAM, 0, d->size);
	if (mapped == MAP_FAILED)
		return -1;
	for (at = 0; at < d->size; at += 4096)
		*(volatile uint8_t *)(mapped + at) = 0xee;
	return 0;
}

static void unmap(void)
{
	munmap(mapped, d->size);
}

static void mapping(void)
{
	each_fails(map, unmap);
	expect_host(&counts);
	EXPECT(works(d, 1));
}

static int reset(void)
{
	return vdev_ioctl(d, VFIO_DEVICE_RESET, NULL);
}

static void resetting(void)
{
	each_fails(reset, NULL);
	expect_host(&counts);
	vdev_decode(d, DECODE_ALL);
	EXPECT(works(d, 1));
}

/* ---- What moves */

static struct stream stream;
static int stream_fd;

static void end_stream(void)
{
	if (stream_fd >= 0)
		close(stream_fd);
	stream_fd = -1;
	mig_reset(d);
	vdev_decode(d, DECODE_ALL);
}

/* As much as there is, of both of a stream's ends. */
static int read_stream(void)
{
	static uint8_t buf[MIB];
	ssize_t n;

	while ((n = read(stream_fd, buf, sizeof(buf))) > 0)
		;
	return n && errno != ENOMSG ? -1 : 0;
}

static int save(void)
{
	stream_fd = -1;
	if (mig_set(d, VFIO_DEVICE_STATE_STOP_COPY, &stream_fd) || read_stream())
		return kfail_failed(end_stream);
	return 0;
}

static void saving(void)
{
	sparse_pattern(d);
	kfail_copied_again();
	expect_none_left(save, end_stream);
	stream = mig_save(d);
	mig_reset(d);
	ASSERT_OK(mig_load(d, &stream));
	mig_reset(d);
	stream_free(&stream);
	expect_works(d, 1);
}

static int save_while_it_runs(void)
{
	struct vfio_precopy_info info = { .argsz = sizeof(info) };

	stream_fd = -1;
	if (mig_set(d, VFIO_DEVICE_STATE_PRE_COPY, &stream_fd) ||
	    read_stream() ||
	    ioctl(stream_fd, VFIO_MIG_GET_PRECOPY_INFO, &info) ||
	    mig_set(d, VFIO_DEVICE_STATE_STOP_COPY, NULL) || read_stream())
		return kfail_failed(end_stream);
	return 0;
}

static void saving_while_it_runs(void)
{
	kfail_copied_again();
	expect_none_left(save_while_it_runs, end_stream);
	expect_works(d, 2);
}

/* Where it cannot begin, nothing is lost. */
static int begin_load(void)
{
	int ret;

	*(uint32_t *)mapped = 0x5afe5afe;
	ret = mig_set(d, VFIO_DEVICE_STATE_RESUMING, &stream_fd);
	if (ret)
		EXPECT_EQ(*(uint32_t *)mapped, 0x5afe5afe);
	return ret;
}

static int load(void)
{
	stream_fd = -1;
	if (begin_load() || mig_write(stream_fd, &stream, MIB) ||
	    mig_set(d, VFIO_DEVICE_STATE_STOP, NULL))
		return kfail_failed(end_stream);
	return 0;
}

static void loading(void)
{
	sparse_pattern(d);
	vdev_decode(d, DECODE_ALL);
	gpu_init(d);
	gpu_fill(d, 0, 4096, 1);
	stream = mig_save(d);
	end_stream();
	mapped = vdev_map_vram(d);
	kfail_copied_again();
	expect_none_left(load, end_stream);
	unmap();
	ASSERT_OK(mig_load(d, &stream));
	mig_reset(d);
	stream_free(&stream);
	expect_works(d, 3);
}

/* Memory in pieces is moved together: on the GPU's account, not on somebody's. */
static void moving_together(void)
{
	vdev_cleanup();
	fragment();
	counts = host_count();
	EXPECT(each_fails(compact, NULL) > 0);
	EXPECT_EQ(gpu_attr_u64("vram_free"), counts.vram_free);
	EXPECT(nr_moved() > 0);
}

static const struct tap_test tests[] = {
	TAP_TEST(creating),
	TAP_TEST(opening),
	TAP_TEST(closing),
	TAP_TEST(removing),
	TAP_TEST(interrupts),
	TAP_TEST(describing),
	TAP_TEST(accessing),
	TAP_TEST_IF(showing, has_display),
	TAP_TEST(mapping),
	TAP_TEST(resetting),
	TAP_TEST(saving),
	TAP_TEST_IF(saving_while_it_runs, can_precopy),
	TAP_TEST(loading),
	TAP_TEST(moving_together),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "nomem", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	if (!can_kfail()) {
		fprintf(stderr, "nomem: this kernel cannot inject failures\n");
		return EXIT_FAILURE;
	}
	return tap_run(&suite);
}
