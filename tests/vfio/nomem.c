// SPDX-License-Identifier: GPL-2.0
/*
 * Memory runs out: each allocation that the kernel makes in a call fails once,
 * one after the other. The call fails or does without, and nothing is left of it.
 * For kernels with CONFIG_FAILSLAB.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "display.h"
#include "tenant.h"

#define FAILSLAB	"/sys/kernel/debug/failslab/"

/* No call here makes as many allocations. */
#define MOST		10000

static struct vdev *d;

/* Open all the time: opening it would be among the calls that fail. */
static int nth_file;

/* The @nth allocation of this thread from now on fails; 0 means none. */
static void fail_nth(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	ASSERT_EQ(write(nth_file, text, len), len);
}

/* Has it failed? Else there were not as many. */
static bool has_failed(void)
{
	char text[16] = "";

	ASSERT(pread(nth_file, text, sizeof(text) - 1, 0) > 0);
	return atoi(text) == 0;
}

/* Of allocations that may sleep, too, and without a word in the log. */
static void before(void)
{
	ASSERT_OK(file_write(FAILSLAB "ignore-gfp-wait", "N"));
	ASSERT_OK(file_write(FAILSLAB "verbose", "0"));
	ASSERT_EQ(dir_count("/sys/bus/mdev/devices"), 0);
	d = vdev_new(gpu->small);
}

static void after(void)
{
	fail_nth(0);
	vdev_cleanup();
}

/**
 * each_fails() - make a call until each of its allocations has failed
 * @call: 0, or -1 with errno
 * @undo: after each call that succeeded; may be NULL
 *
 * Return: how many calls there were in which one failed.
 */
static unsigned int each_fails(int (*call)(void), void (*undo)(void))
{
	unsigned int nth;
	bool failed;
	int ret, err;

	for (nth = 1; nth < MOST; nth++) {
		fail_nth(nth);
		ret = call();
		err = errno;
		failed = has_failed();
		fail_nth(0);
		if (ret && !EXPECT(failed && err == ENOMEM))
			tap_note("allocation %u: %s", nth, strerror(err));
		if (!ret && undo)
			undo();
		if (!failed)
			break;
	}
	EXPECT(nth < MOST);
	tap_note("%u allocations", nth - 1);
	return nth - 1;
}

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
	uint64_t vram_free = gpu_attr_u64("vram_free");
	unsigned int available = type_available(gpu->small);

	mdev_uuid(new_uuid);
	EXPECT(each_fails(create, remove_new) > 10);
	EXPECT_EQ(gpu_attr_u64("vram_free"), vram_free);
	EXPECT_EQ(type_available(gpu->small), available);
	EXPECT(works(vdev_new(gpu->medium), 1));
	EXPECT(works(d, 2));
}

static void close_device(void)
{
	close(d->fd);
	d->fd = -1;
}

static int connect_or_close(void)
{
	int ret = vdev_connect(d), err = errno;

	if (ret && d->fd >= 0)
		close_device();
	errno = err;
	return ret;
}

/* The descriptor, the file behind the mappings, the start of the engine's work. */
static void opening(void)
{
	close_device();
	EXPECT(each_fails(connect_or_close, close_device) > 3);
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
	EXPECT(works(d, 1));
}

/* Two: who unmasks takes what is in its own. */
static int evt, unmask;

static int take_interrupts(void)
{
	if (irq_eventfd(d, VFIO_PCI_INTX_IRQ_INDEX,
			VFIO_IRQ_SET_ACTION_TRIGGER, evt))
		return -1;
	return irq_eventfd(d, VFIO_PCI_INTX_IRQ_INDEX,
			   VFIO_IRQ_SET_ACTION_UNMASK, unmask);
}

static void interrupts(void)
{
	evt = evt_new();
	unmask = evt_new();
	EXPECT(each_fails(take_interrupts, NULL) > 2);
	gpu->irq_on(d);
	gpu->irq_raise(d);
	EXPECT(evt_wait(evt) > 0);
	close(evt);
	close(unmask);
}

static int describe(void)
{
	struct {
		struct vfio_region_info info;
		char caps[256];
	} u = {
		.info.argsz = sizeof(u),
		.info.index = has_display() ? REGION_DISPLAY : REGION_REGS,
	};

	return vdev_ioctl(d, VFIO_DEVICE_GET_REGION_INFO, &u);
}

static void describing(void)
{
	EXPECT(each_fails(describe, NULL) > 0);
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
	each_fails(show, NULL);
}

static void *mapped;

static int map(void)
{
	mapped = vdev_try_map(d, REGION_VRAM, 0, d->size);
	return mapped == MAP_FAILED ? -1 : 0;
}

static void unmap(void)
{
	memset(mapped, 0xee, d->size);
	munmap(mapped, d->size);
}

static void mapping(void)
{
	EXPECT(each_fails(map, unmap) > 0);
	EXPECT(works(d, 1));
}

static int reset(void)
{
	return vdev_ioctl(d, VFIO_DEVICE_RESET, NULL);
}

static void resetting(void)
{
	each_fails(reset, NULL);
	vdev_decode(d, DECODE_ALL);
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
	uint64_t vram_free = gpu_attr_u64("vram_free");

	mdev_create(gpu->medium, new_uuid);
	each_fails(remove_it, create_again);
	ASSERT_OK(mdev_remove(new_uuid));
	EXPECT_EQ(gpu_attr_u64("vram_free"), vram_free);
}

static int bind_card(void)
{
	return gpu_driver("bind");
}

static void unbind_card(void)
{
	EXPECT_OK(gpu_driver("unbind"));
}

static void taking_the_card(void)
{
	vdev_cleanup();
	unbind_card();
	EXPECT(each_fails(bind_card, unbind_card) > 10);
	ASSERT_OK(bind_card());
	EXPECT_EQ(type_available(gpu->small), gpu->small->max_instance);
	EXPECT(works(vdev_new(gpu->largest), 1));
}

static const struct tap_test tests[] = {
	TAP_TEST(creating),
	TAP_TEST(opening),
	TAP_TEST(closing),
	TAP_TEST_IF(interrupts, has_pin),
	TAP_TEST(describing),
	TAP_TEST_IF(showing, has_display),
	TAP_TEST(mapping),
	TAP_TEST(resetting),
	TAP_TEST(removing),
	TAP_TEST(taking_the_card),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "nomem", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	nth_file = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_file < 0) {
		perror("fail-nth");
		return EXIT_FAILURE;
	}
	return tap_run(&suite);
}
