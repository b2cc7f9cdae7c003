// SPDX-License-Identifier: GPL-2.0
/*
 * The directory soft/ of a soft GPU: slices, which are cut anew while it is there,
 * types of an operator that are bound to them, and knobs by which it misbehaves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "klog.h"
#include "mdev.h"
#include "soft.h"
#include "softdir.h"
#include "tenant.h"

#define GPU	"/sys/bus/pci/devices/0000:70:00.0"
#define NAME	"0000:70:00.0"
#define DRIVER	"/sys/bus/pci/drivers/vgpu_soft/"
#define SLOTS	64

static void before(void)
{
	soft_load("vram_mb=64 bus=0x70");
}

static int turn(const char *knob, const char *text)
{
	char path[ATTR_LEN];

	snprintf(path, sizeof(path), GPU "/soft/%s", knob);
	return file_write(path, text);
}

static void get_knob(const char *knob, char text[ATTR_LEN])
{
	char path[ATTR_LEN];

	text[0] = 0;
	snprintf(path, sizeof(path), GPU "/soft/%s", knob);
	EXPECT(file_read(path, text, ATTR_LEN) >= 0);
}

static void expect_knob(const char *knob, const char *want)
{
	char text[ATTR_LEN];

	get_knob(knob, text);
	EXPECT_STR(text, want);
}

static bool is_knob(const char *knob, const char *want)
{
	char text[ATTR_LEN];

	get_knob(knob, text);
	return !strcmp(text, want);
}

static bool has(const char *what)
{
	char path[ATTR_LEN];

	snprintf(path, sizeof(path), GPU "/%s", what);
	return !access(path, F_OK);
}

static void bind_anew(void)
{
	ASSERT_OK(file_write(DRIVER "unbind", NAME));
	ASSERT_OK(file_write(DRIVER "bind", NAME));
}

/* Other types and engines; not while there is a vGPU. */
static void cut_anew(void)
{
	const char *message = NAME ": slices: it has 1 vGPUs; remove them first";
	unsigned int n = logged(message);
	char uuid[UUID_LEN];

	expect_knob("slices", "1");
	EXPECT(!has("mdev_supported_types/vgpu_soft-SOFT-16C-S0"));
	ASSERT_OK(turn("slices", "4"));
	expect_knob("slices", "4");
	EXPECT(has("mdev_supported_types/vgpu_soft-SOFT-16C-S3"));
	EXPECT(has("vgpu/engines/compute3"));
	EXPECT_EQ(soft_available(GPU, "SOFT-16C"), 4);
	EXPECT_EQ(soft_available(GPU, "SOFT-16C-S3"), 1);
	/* They do not fit into a slice. */
	EXPECT(!has("mdev_supported_types/vgpu_soft-SOFT-24C"));
	ASSERT_OK(turn("slices", "2"));
	EXPECT(!has("mdev_supported_types/vgpu_soft-SOFT-16C-S3"));
	EXPECT(!has("vgpu/engines/compute2"));
	EXPECT(has("vgpu/engines/compute1"));

	ASSERT_OK(soft_try_create(GPU, "SOFT-16C-S1", uuid));
	EXPECT_ERR(turn("slices", "1"), EBUSY);
	EXPECT_EQ(logged(message), n + 1);
	expect_knob("slices", "2");
	expect_attr(uuid, "state", "ok");
	ASSERT_OK(mdev_remove(uuid));
	EXPECT_ERR(turn("slices", "3"), EINVAL);
	EXPECT_EQ(soft_available(GPU, "SOFT-16C-S1"), 2);
	/* The driver finds it as it was. */
	bind_anew();
	expect_knob("slices", "2");
	EXPECT_EQ(soft_available(GPU, "SOFT-16C-S1"), 2);
	ASSERT_OK(turn("slices", "1"));
	EXPECT_EQ(soft_available(GPU, "SOFT-64C"), 1);
}

static uint64_t offset_of(const char *uuid)
{
	return mdev_attr_u64(uuid, "vram_offset");
}

/* Who fills one slice takes nothing from the other. */
static void slices_are_apart(void)
{
	char uuid[UUID_LEN];
	unsigned int i;

	ASSERT_OK(turn("slices", "2"));
	for (i = 0; i < 2; i++) {
		ASSERT_OK(soft_try_create(GPU, "SOFT-16C-S1", uuid));
		EXPECT(offset_of(uuid) >= 32 * MIB);
	}
	EXPECT_ERR(soft_try_create(GPU, "SOFT-16C-S1", uuid), ENOSPC);
	EXPECT_EQ(soft_available(GPU, "SOFT-16C-S1"), 0);
	EXPECT_EQ(soft_available(GPU, "SOFT-16C-S0"), 2);
	EXPECT_EQ(soft_available(GPU, "SOFT-16C"), 2);
	/* Of any slice: where there is room. */
	ASSERT_OK(soft_try_create(GPU, "SOFT-24C", uuid));
	EXPECT(offset_of(uuid) + 24 * MIB <= 32 * MIB);
	EXPECT_EQ(soft_available(GPU, "SOFT-16C-S0"), 0);
	EXPECT_EQ(soft_available(GPU, "SOFT-4C"), 2);
}

/* In place of the usual ones. */
static void types_of_the_operator(void)
{
	static const char *const values[][3] = {
		{ "one/types/BIG", "vram_mb", "32" },
		{ "one/types/BIG", "share", "300" },
		{ "one/types/small.1", "vram_mb", "2" },
		{ "one/types/small.1", "slice", "1" },
	};
	char gpu[ATTR_LEN], path[2 * ATTR_LEN], uuid[UUID_LEN];
	unsigned int i;

	ASSERT_OK(soft_mkdir("one"));
	ASSERT_OK(soft_mkdir("one/types/BIG"));
	ASSERT_OK(soft_mkdir("one/types/small.1"));
	for (i = 0; i < ARRAY_SIZE(values); i++)
		ASSERT_OK(soft_set(values[i][0], values[i][1], values[i][2]));
	ASSERT_OK(soft_set("one", "vram_mb", "64"));
	ASSERT_OK(soft_set("one", "slices", "2"));
	ASSERT_OK(soft_set("one", "enable", "1"));
	soft_sysfs("one", gpu);
	snprintf(path, sizeof(path), "%s/mdev_supported_types", gpu);
	EXPECT_EQ(dir_count(path), 2);
	EXPECT_EQ(soft_available(gpu, "BIG"), 2);
	EXPECT_EQ(soft_available(gpu, "small.1"), 16);
	ASSERT_OK(soft_try_create(gpu, "BIG", uuid));
	expect_attr(uuid, "weight", "300");
	expect_attr(uuid, "type", "BIG");
	ASSERT_OK(soft_try_create(gpu, "small.1", uuid));
	expect_attr(uuid, "weight", "100");
	EXPECT_EQ(mdev_attr_u64(uuid, "vram_size"), 2 * MIB);
	EXPECT(offset_of(uuid) >= 32 * MIB);
	/* The GPU keeps what its directory has no more. */
	ASSERT_OK(soft_rmdir("one/types/BIG"));
	EXPECT_EQ(dir_count(path), 2);
}

/* One head, none, or one beside the engines. */
static void types_of_each_kind(void)
{
	static const struct {
		const char *kind, *heads;
		bool computes;
	} kinds[] = {
		{ "B", "num_heads=1,", false },
		{ "C", "num_heads=0,", true },
		{ "Q", "num_heads=1,", true },
	};
	char gpu[ATTR_LEN], path[2 * ATTR_LEN], text[ATTR_LEN], uuid[UUID_LEN];
	unsigned int i;

	ASSERT_OK(soft_mkdir("one"));
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(path, sizeof(path), "one/types/T-%s", kinds[i].kind);
		ASSERT_OK(soft_mkdir(path));
		ASSERT_OK(soft_set(path, "kind", kinds[i].kind));
	}
	ASSERT_OK(soft_set("one", "vram_mb", "64"));
	ASSERT_OK(soft_set("one", "enable", "1"));
	soft_sysfs("one", gpu);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(path, sizeof(path),
			 "%s/mdev_supported_types/vgpu_soft-T-%s/description",
			 gpu, kinds[i].kind);
		ASSERT_OK(file_read(path, text, sizeof(text)));
		if (!EXPECT(strstr(text, kinds[i].heads)))
			tap_note("%s: %s", kinds[i].kind, text);
		snprintf(path, sizeof(path), "T-%s", kinds[i].kind);
		ASSERT_OK(soft_try_create(gpu, path, uuid));
		snprintf(path, sizeof(path),
			 "/sys/bus/mdev/devices/%s/vgpu/engines/compute0", uuid);
		EXPECT_EQ(!access(path, F_OK), kinds[i].computes);
	}
}

static void bad_types(void)
{
	static const char *const names[] = { "a b", "a:b", ".x", "ä",
		"12345678901234567890123456789012" };
	unsigned int i;

	ASSERT_OK(soft_mkdir("one"));
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		char path[ATTR_LEN];

		snprintf(path, sizeof(path), "one/types/%s", names[i]);
		EXPECT_ERR(soft_mkdir(path), EINVAL);
	}
	ASSERT_OK(soft_mkdir("one/types/T"));
	soft_refused("one/types/T", "vram_mb", "5", EINVAL,
		     "T: vram_mb: 5 is no multiple of 2");
	soft_refused("one/types/T", "share", "10001", EINVAL,
		     "T: share: 10001 is not within 1 to 10000");
	soft_refused("one/types/T", "slice", "4", EINVAL,
		     "T: slice: 4 is not within -1 to 3");
	soft_refused("one/types/T", "kind", "X", EINVAL, "T: kind: not one of");
	ASSERT_OK(soft_set("one/types/T", "slice", "1"));
	soft_refused("one", "enable", "1", EINVAL,
		     "one: type T: there is no slice 1 of 1");
	ASSERT_OK(soft_set("one", "slices", "2"));
	ASSERT_OK(soft_set("one", "vram_mb", "16"));
	soft_refused("one", "enable", "1", EINVAL,
		     "one: type T: 16 MiB do not fit into the 8 MiB of a slice");
	EXPECT_EQ(soft_count(), 1);
}

static void bad_knobs(void)
{
	static const char *const bad[][3] = {
		{ "create_delay_ms", "-1", "0" }, { "remove_delay_ms", "x", "0" },
		{ "create_error", "134", "0" }, { "available_offset", "1e9", "0" },
		{ "speed_percent", "0", "100" }, { "speed_percent", "101", "100" },
		{ "hang", "compute1", "none" }, { "slices", "many", "1" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_ERR(turn(bad[i][0], bad[i][1]), EINVAL);
		expect_knob(bad[i][0], bad[i][2]);
	}
	EXPECT_ERR(turn("lost", "0"), EINVAL);
}

/* At least as long as they were told. */
static void slow_to_come_and_go(void)
{
	char uuid[UUID_LEN];
	uint64_t begin;

	ASSERT_OK(turn("create_delay_ms", "300"));
	begin = tap_ns();
	ASSERT_OK(soft_try_create(GPU, "SOFT-4C", uuid));
	EXPECT(tap_ns() - begin >= 300 * MS);
	ASSERT_OK(turn("remove_delay_ms", "300"));
	begin = tap_ns();
	ASSERT_OK(mdev_remove(uuid));
	EXPECT(tap_ns() - begin >= 300 * MS);
}

static void create_fails(void)
{
	unsigned int before = soft_available(GPU, "SOFT-4C");
	char uuid[UUID_LEN];

	ASSERT_OK(turn("create_error", "12"));
	EXPECT_ERR(soft_try_create(GPU, "SOFT-4C", uuid), ENOMEM);
	EXPECT(!mdev_exists(uuid));
	EXPECT_EQ(soft_available(GPU, "SOFT-4C"), before);
	ASSERT_OK(turn("create_error", "0"));
	ASSERT_OK(soft_try_create(GPU, "SOFT-4C", uuid));
}

/* What it says is wrong, what it does is not. */
static void capacity_lies(void)
{
	char uuid[UUID_LEN];

	EXPECT_EQ(soft_available(GPU, "SOFT-64C"), 1);
	ASSERT_OK(turn("available_offset", "3"));
	EXPECT_EQ(soft_available(GPU, "SOFT-64C"), 4);
	ASSERT_OK(turn("available_offset", "-5"));
	EXPECT_EQ(soft_available(GPU, "SOFT-64C"), 0);
	ASSERT_OK(soft_try_create(GPU, "SOFT-64C", uuid));
	ASSERT_OK(turn("available_offset", "1"));
	EXPECT_EQ(soft_available(GPU, "SOFT-64C"), 1);
	EXPECT_ERR(soft_try_create(GPU, "SOFT-64C", uuid), ENOSPC);
}

/* As a card that has fallen off its bus; bound anew, it is back. */
static void falls_off_the_bus(void)
{
	const char *message = NAME ": the GPU is lost: it does not answer";
	unsigned int n = logged(message);
	char uuid[UUID_LEN];
	struct vdev *d = soft_create(GPU, "SOFT-4C");
	int err = evt_new();
	uint32_t val;

	ASSERT_OK(irq_eventfd(d, VFIO_PCI_ERR_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, err));
	EXPECT_EQ(evt_take(err), 0);
	ASSERT_OK(turn("lost", "1"));
	/* Its user is told, once. */
	EXPECT_EQ(evt_wait(err), 1);
	ASSERT_OK(turn("lost", "1"));
	EXPECT_EQ(evt_take(err), 0);
	EXPECT_EQ(logged(message), n + 1);
	expect_attr(d->uuid, "state", "lost");
	EXPECT_EQ(soft_available(GPU, "SOFT-4C"), 0);
	EXPECT_ERR(soft_try_create(GPU, "SOFT-4C", uuid), EIO);
	EXPECT_ERR(vdev_pread(d, BAR_VRAM, &val, 4, 0), EIO);
	close(err);
	vdev_close(d);
	bind_anew();
	d = soft_create(GPU, "SOFT-4C");
	expect_attr(d->uuid, "state", "ok");
}

static struct ring ring_of(struct vdev *d)
{
	struct ring r;

	vdev_decode(d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	ring_map(&r, d, true);
	ASSERT(ring_enable(&r, 0x10000, SLOTS));
	return r;
}

static bool is_faulted(const struct vdev *d)
{
	char text[ATTR_LEN];

	mdev_attr(d->uuid, "state", text);
	return !strcmp(text, "faulted");
}

/* Whoever has work on it is faulted, and the engine is reset. */
static void engine_hangs(void)
{
	struct vdev *d = soft_create(GPU, "SOFT-4C");
	struct ring r = ring_of(d);

	ASSERT_OK(file_write(GPU "/vgpu/watchdog_ms", "100"));
	ASSERT_OK(turn("hang", "compute0"));
	expect_knob("hang", "compute0");
	ring_put(&r, &(struct packet) { .op = OP_NOP });
	EXPECT(AWAIT(is_faulted(d)));
	/* The engine is reset after that. */
	EXPECT(AWAIT(is_knob("hang", "none")));
	ring_unmap(&r);
	ASSERT_OK(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL));
	r = ring_of(d);
	ring_put(&r, &(struct packet) { .op = OP_NOP });
	EXPECT(AWAIT(ring_is_empty(&r)));
	expect_attr(d->uuid, "state", "ok");
	ring_unmap(&r);
}

/* Time on the engine of a lot of work, ns. */
static uint64_t work_takes(struct vdev *d, struct ring *r)
{
	const char *name = "engines/compute0/gpu_time_ns";
	uint64_t before = mdev_attr_u64(d->uuid, name);
	unsigned int i;

	for (i = 0; i < 8; i++)
		ring_put(r, &(struct packet) {
			.op = OP_FILL, .dst = MIB, .size = 2 * MIB,
		});
	EXPECT(AWAIT(ring_is_empty(r) && !(ring_status(r) & STATUS_BUSY)));
	return mdev_attr_u64(d->uuid, name) - before;
}

/* At full speed it is much faster, as soon as the machine lets it. */
static void engine_is_slow(void)
{
	struct vdev *d = soft_create(GPU, "SOFT-4C");
	struct ring r = ring_of(d);
	uint64_t slow;

	work_takes(d, &r);
	ASSERT_OK(turn("speed_percent", "2"));
	slow = work_takes(d, &r);
	ASSERT_OK(turn("speed_percent", "100"));
	EXPECT(AWAIT(4 * work_takes(d, &r) < slow));
	ring_unmap(&r);
}

static const struct tap_test tests[] = {
	TAP_TEST(cut_anew),
	TAP_TEST(slices_are_apart),
	TAP_TEST(types_of_the_operator),
	TAP_TEST(types_of_each_kind),
	TAP_TEST(bad_types),
	TAP_TEST(bad_knobs),
	TAP_TEST(slow_to_come_and_go),
	TAP_TEST(create_fails),
	TAP_TEST(capacity_lies),
	TAP_TEST(falls_off_the_bus),
	TAP_TEST(engine_hangs),
	TAP_TEST(engine_is_slow),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "knobs",
		.tests = tests,
		.nr = ARRAY_SIZE(tests),
		.before = before,
		.after = soft_end,
	};

	return tap_run(&suite);
}
