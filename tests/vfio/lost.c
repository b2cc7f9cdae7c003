// SPDX-License-Identifier: GPL-2.0
/*
 * A GPU that a reset does not bring back: all that is refused then, what may
 * still be done, who is blamed, and how it ends. Faults are injected as in the
 * program hang.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "display.h"
#include "fault.h"
#include "inject.h"
#include "klog.h"
#include "tenant.h"

/* Time enough to queue work behind the one that hangs. */
#define LONG_WATCHDOG	"5000"

static struct vdev *d;		/* its work hangs */
static struct vdev *other;	/* and this one has nothing to do with it */
static int err, err_other;
static bool lost;

static void before(void)
{
	discard_dumps();
	settings_save();
	lost = false;
	err = evt_new();
	err_other = evt_new();
	other = vdev_new(gpu->medium);
	d = vdev_new(gpu->medium);
	ASSERT_OK(irq_eventfd(d, VFIO_PCI_ERR_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, err));
	ASSERT_OK(irq_eventfd(other, VFIO_PCI_ERR_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, err_other));
	gpu_init(other);
	gpu_init(d);
}

/* Give the card to its driver anew; nobody has a vGPU of it open. */
static void bind_again(void)
{
	ASSERT_OK(gpu_driver("unbind"));
	ASSERT_OK(gpu_driver("bind"));
	lost = false;
}

static void after(void)
{
	inject_nothing();
	settings_restore();
	close(err);
	close(err_other);
	vdev_cleanup();
	discard_dumps();
	if (lost)
		bind_again();
}

static void hang_for_good(void)
{
	inject_hangs(ANY_INSTANCE, 1);
	inject_failed_reset();
	lost = true;
	gpu_fill(d, 0, 4096, 0x11223344);
}

static bool is_lost(const struct vdev *v)
{
	char text[ATTR_LEN];

	mdev_attr(v->uuid, "state", text);
	return !strcmp(text, "lost");
}

/* The owner hears of its fault before all of the device is given up. */
static void lose(void)
{
	hang_for_good();
	ASSERT(evt_wait(err) == 1);
	ASSERT(AWAIT(is_lost(d)));
}

/* How many files a directory of sysfs has that can be read, or files at all. */
static unsigned int count_files(const char *dir, bool readable)
{
	char path[PATH_MAX + 256], text[4096];
	DIR *files = opendir(dir);
	unsigned int n = 0;
	struct dirent *e;

	ASSERT(files);
	while ((e = readdir(files))) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		n += e->d_type == DT_REG &&
		     (!readable || file_read(path, text, sizeof(text)) > 0);
	}
	closedir(files);
	return n;
}

static void expect_readable(const char *where, const char *name)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s/%s/vgpu", where, name);
	EXPECT(count_files(dir, false));
	EXPECT_EQ(count_files(dir, true), count_files(dir, false));
}

static void all_are_told(void)
{
	uint64_t resets = gpu_attr_u64("resets"), ops;
	unsigned int before, type;
	char text[32];

	snprintf(text, sizeof(text), "engine %u is lost", gpu->engine);
	before = logged(text);
	EXPECT(works(other, 3));
	ops = mdev_attr_u64(other->uuid, "ops");
	lose();
	expect_attr(other->uuid, "state", "lost");
	EXPECT_EQ(logged(text), before + 1);
	for (type = 0; type < gpu->nr_types; type++)
		EXPECT_EQ(type_available(&gpu->types[type]), 0);
	/* What was counted can be read, and is right. */
	EXPECT_EQ(gpu_attr_u64("resets"), resets + 1);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "faults"), 1);
	EXPECT_EQ(mdev_attr_u64(other->uuid, "faults"), 0);
	EXPECT_EQ(mdev_attr_u64(other->uuid, "ops"), ops);
	expect_readable(gpu_path(), "");
	expect_readable("/sys/bus/mdev/devices", d->uuid);
	expect_readable("/sys/bus/mdev/devices", other->uuid);
}

/* Each once: QEMU stops a VM then. Whoever listens only now hears of it, too. */
static void their_users_as_well(void)
{
	struct vdev *third = vdev_new(gpu->medium);
	int late = evt_new();

	lose();
	EXPECT_EQ(evt_wait(err_other), 1);
	EXPECT_EQ(evt_take(err_other), 0);
	EXPECT_EQ(evt_take(err), 0);
	ASSERT_OK(irq_eventfd(third, VFIO_PCI_ERR_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, late));
	EXPECT_EQ(evt_wait(late), 1);
	EXPECT_EQ(evt_take(late), 0);
	close(late);
}

static void none_is_created(void)
{
	char refusal[ATTR_LEN], now[ATTR_LEN], uuid[UUID_LEN];
	uint64_t available = gpu_attr_u64("vram_free");

	gpu_attr("last_refusal", refusal);
	lose();
	mdev_uuid(uuid);
	EXPECT_ERR(mdev_try_create(gpu->medium, uuid), EIO);
	EXPECT(!mdev_exists(uuid));
	EXPECT_EQ(gpu_attr_u64("vram_free"), available);
	/* Nothing was scarce. */
	gpu_attr("last_refusal", now);
	EXPECT_STR(now, refusal);
}

static void expect_no_access(struct vdev *of)
{
	struct vfio_device_gfx_plane_info plane = {
		.argsz = sizeof(plane),
		.flags = VFIO_GFX_PLANE_TYPE_REGION,
	};
	unsigned int i;
	uint32_t val = 0;

	for (i = 0; i < NR_REGIONS; i++) {
		if (!of->region[i].size)
			continue;
		EXPECT_ERR(vdev_pread(of, i, &val, sizeof(val), 0), EIO);
		EXPECT_ERR(vdev_pwrite(of, i, &val, sizeof(val), 0), EIO);
	}
	if (has_display())
		EXPECT_ERR(vdev_ioctl(of, VFIO_DEVICE_QUERY_GFX_PLANE, &plane),
			   EIO);
	EXPECT_ERR(vdev_ioctl(of, VFIO_DEVICE_RESET, NULL), EIO);
}

/* Whoever has the picture mapped is told by an error; it is black then. */
static void expect_black(const uint32_t *shown, size_t size)
{
	size_t i;

	for (i = 0; i < size / 4 && !shown[i]; i++)
		;
	EXPECT_EQ(i, size / 4);
}

static void none_has_access(void)
{
	struct vdev *third = vdev_new(gpu->medium);
	void *untouched = vdev_map_vram(other);

	lose();
	expect_no_access(d);
	expect_no_access(other);
	EXPECT(raises_sigbus(untouched, false));
	EXPECT(raises_sigbus(vdev_map_vram(d), true));
	/* The next boot of its virtual machine. */
	close(third->fd);
	EXPECT_ERR(vdev_connect(third), EIO);
}

static void pictures_are_black(void)
{
	size_t size = d->region[REGION_DISPLAY].size;
	struct vfio_device_gfx_plane_info plane;
	uint32_t *shown = display_map(d, size);

	display_set_mode(d, 640, 480, 32, 0);
	vdev_wr(d, REGION_VRAM, 4000, 4, 0x123456);
	ASSERT_OK(display_query(d, &plane));
	ASSERT_EQ(shown[1000], 0x123456);
	lose();
	expect_no_access(d);
	expect_black(shown, size);
	munmap(shown, size);
}

/* A virtual machine ends as it always does: in any order, and without error. */
static void closed_and_removed(void)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	char uuid[2][UUID_LEN];
	unsigned int i;

	lose();
	EXPECT_OK(vdev_ioctl(d, VFIO_DEVICE_GET_INFO, &info));
	EXPECT_OK(irq_set(d, VFIO_PCI_ERR_IRQ_INDEX, VFIO_IRQ_SET_DATA_NONE |
			  VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0, NULL, 0));
	strcpy(uuid[0], d->uuid);
	strcpy(uuid[1], other->uuid);
	vdev_close(d);
	vdev_close(other);
	for (i = 0; i < ARRAY_SIZE(uuid); i++) {
		EXPECT_OK(mdev_remove(uuid[i]));
		EXPECT(!mdev_exists(uuid[i]));
	}
}

static bool rests(void)
{
	char text[4096];

	runlist_read(text, sizeof(text));
	return strstr(text, ": idle") && strstr(text, " 0 waiting");
}

/* What others have queued is dropped, and they are not taken for the culprit. */
static void others_are_not_blamed(void)
{
	struct vdev *third = vdev_new(gpu->medium);
	uint64_t resets = gpu_attr_u64("resets"), slices;

	gpu_init(third);
	gpu_set("watchdog_ms", LONG_WATCHDOG);
	slices = mdev_attr_u64(d->uuid, "slices");
	hang_for_good();
	/* It has the engine, and hangs before others have anything to do. */
	wait_above(d, "slices", slices);
	gpu_fill(other, 0, 4096, 1);
	gpu_fill(third, 0, 4096, 2);
	ASSERT(evt_wait(err) == 1);
	EXPECT(AWAIT(rests()));
	EXPECT_EQ(gpu_attr_u64("resets"), resets + 1);
	EXPECT_EQ(mdev_attr_u64(other->uuid, "ops"), 0);
	EXPECT_EQ(mdev_attr_u64(third->uuid, "ops"), 0);
	EXPECT_EQ(mdev_attr_u64(other->uuid, "faults"), 0);
	EXPECT_EQ(mdev_attr_u64(third->uuid, "faults"), 0);
	/* Nor when one is closed, which takes the engine. */
	vdev_close(third);
	EXPECT_EQ(mdev_attr_u64(other->uuid, "faults"), 0);
	EXPECT_EQ(gpu_attr_u64("resets"), resets + 1);
}

static void ends_with_a_new_binding(void)
{
	unsigned int type;

	lose();
	inject_nothing();
	vdev_cleanup();
	bind_again();
	for (type = 0; type < gpu->nr_types; type++)
		EXPECT_EQ(type_available(&gpu->types[type]), gpu->types[type].max_instance);
	EXPECT_EQ(gpu_attr_u64("resets"), 0);
	d = vdev_new(gpu->medium);
	expect_attr(d->uuid, "state", "ok");
	EXPECT(works(d, 7));
}

static const struct tap_test tests[] = {
	TAP_TEST(all_are_told),
	TAP_TEST(their_users_as_well),
	TAP_TEST(none_is_created),
	TAP_TEST(none_has_access),
	TAP_TEST_IF(pictures_are_black, has_display),
	TAP_TEST(closed_and_removed),
	TAP_TEST(others_are_not_blamed),
	TAP_TEST(ends_with_a_new_binding),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "lost",
		.tests = tests,
		.nr = ARRAY_SIZE(tests),
		.before = before,
		.after = after,
	};

	return tap_run(&suite);
}
