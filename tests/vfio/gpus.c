// SPDX-License-Identifier: GPL-2.0
/*
 * Soft GPUs that come and go while the machine runs: by configfs, by sysfs, with
 * VMs that have vGPUs of them open. What cannot be is refused, says why, and
 * changes nothing. And vGPUs that move from one to another.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "klog.h"
#include "mdev.h"
#include "move.h"
#include "softdir.h"
#include "tap.h"
#include "tenant.h"

#define PCI	"/sys/bus/pci/"

/* Of little memory. */
static const char *const small[][2] = { { "vram_mb", "8" }, { NULL, NULL } };

static void before(void)
{
	soft_load("gpus=0");
}

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

static void made_and_taken(void)
{
	char gpu[ATTR_LEN], again[ATTR_LEN], text[ATTR_LEN], uuid[UUID_LEN];

	ASSERT_OK(soft_mkdir("one"));
	soft_get("one", "enable", text);
	EXPECT_STR(text, "0");
	soft_get("one", "address", text);
	EXPECT_STR(text, "none");
	soft_get("one", "vram_mb", text);
	EXPECT_STR(text, "256");
	soft_get("one", "slices", text);
	EXPECT_STR(text, "1");
	EXPECT_EQ(soft_count(), 0);
	ASSERT_OK(soft_set("one", "vram_mb", "16"));
	ASSERT_OK(soft_set("one", "enable", "1"));
	EXPECT_EQ(soft_count(), 1);
	soft_sysfs("one", gpu);
	EXPECT_EQ(soft_available(gpu, "SOFT-4C"), 4);
	ASSERT_OK(soft_try_create(gpu, "SOFT-4C", uuid));
	expect_attr(uuid, "state", "ok");
	/* Once more is no more. */
	ASSERT_OK(soft_set("one", "enable", "1"));
	EXPECT_EQ(soft_count(), 1);
	/* It goes with its vGPUs. */
	ASSERT_OK(soft_set("one", "enable", "0"));
	EXPECT(!exists(gpu));
	EXPECT(!mdev_exists(uuid));
	soft_get("one", "enable", text);
	EXPECT_STR(text, "0");
	ASSERT_OK(soft_set("one", "enable", "0"));
	ASSERT_OK(soft_set("one", "enable", "1"));
	soft_sysfs("one", again);
	EXPECT_STR(again, gpu);
	ASSERT_OK(soft_rmdir("one"));
	EXPECT(!exists(gpu));
	EXPECT_EQ(soft_count(), 0);
}

static void bad_values(void)
{
	static const struct {
		const char *attr, *text, *message;
	} bad[] = {
		{ "vram_mb", "0", "one: vram_mb: 0 is no multiple of 2 within" },
		{ "vram_mb", "3", "one: vram_mb: 3 is no multiple of 2 within" },
		{ "vram_mb", "65538", "one: vram_mb: 65538 is no multiple" },
		{ "vram_mb", "much", "one: vram_mb: not a number" },
		{ "vram_mb", "-2", "one: vram_mb: not a number" },
		{ "bus", "256", "one: bus: 256 is not within -1 to 255" },
		{ "bus", "-2", "one: bus: -2 is not within -1 to 255" },
		{ "node", "4711", "one: node: 4711 does not exist" },
		{ "slices", "3", "one: slices: 3 is not 1, 2 or 4" },
		{ "slices", "0", "one: slices: 0 is not 1, 2 or 4" },
		{ "enable", "maybe", "one: enable: neither 0 nor 1" },
	};
	unsigned int i;

	ASSERT_OK(soft_mkdir("one"));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		soft_refused("one", bad[i].attr, bad[i].text, EINVAL,
			     bad[i].message);
	EXPECT_EQ(soft_count(), 0);
}

static void read_only_while_there(void)
{
	static const char *const attrs[][2] = {
		{ "vram_mb", "16" }, { "bus", "17" }, { "node", "-1" },
		{ "slices", "2" },
	};
	char message[ATTR_LEN];
	unsigned int i;

	ASSERT_OK(soft_mkdir("one"));
	ASSERT_OK(soft_mkdir("one/types/A"));
	ASSERT_OK(soft_set("one", "enable", "1"));
	for (i = 0; i < ARRAY_SIZE(attrs); i++) {
		snprintf(message, sizeof(message),
			 "one: %s: the GPU is there; write 0 to enable first",
			 attrs[i][0]);
		soft_refused("one", attrs[i][0], attrs[i][1], EBUSY, message);
	}
	soft_refused("one/types/A", "vram_mb", "4", EBUSY,
		     "one: vram_mb: the GPU is there");
	soft_refused("one/types/A", "kind", "C", EBUSY,
		     "one: kind: the GPU is there");
	EXPECT_ERR(soft_mkdir("one/types/B"), EBUSY);
	ASSERT_OK(soft_set("one", "enable", "0"));
	EXPECT_OK(soft_set("one", "vram_mb", "16"));
	EXPECT_OK(soft_mkdir("one/types/B"));
}

/* Each says why, and nothing is taken. */
static void what_is_not_there(void)
{
	char gpu[ATTR_LEN], bus[8];

	soft_make("one", small);
	ASSERT_OK(soft_mkdir("two"));
	ASSERT_OK(soft_set("two", "vram_mb", "65536"));
	soft_refused("two", "enable", "1", ENOMEM,
		     "no 65536 MiB of memory for VRAM, of ");
	ASSERT_OK(soft_set("two", "vram_mb", "8"));
	soft_sysfs("one", gpu);
	snprintf(bus, sizeof(bus), "0x%.2s", strrchr(gpu, '/') + 6);
	ASSERT_OK(soft_set("two", "bus", bus));
	soft_refused("two", "enable", "1", EEXIST, "two: bus: 254 is taken");
	ASSERT_OK(soft_set("two", "bus", "0"));
	soft_refused("two", "enable", "1", EEXIST, "two: bus: 0 is taken");
	ASSERT_OK(soft_set("two", "slices", "4"));
	ASSERT_OK(soft_set("two", "bus", "0x70"));
	soft_refused("two", "enable", "1", EINVAL,
		     "two: no type fits into the 2 MiB of a slice");
	EXPECT_EQ(soft_count(), 1);
	ASSERT_OK(soft_set("two", "slices", "2"));
	ASSERT_OK(soft_set("two", "enable", "1"));
	soft_sysfs("two", gpu);
	EXPECT_STR(gpu, PCI "devices/0000:70:00.0");
}

static void sixteen(void)
{
	char name[16], gpu[16][ATTR_LEN], uuid[UUID_LEN];
	unsigned int i;

	for (i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "gpu%u", i);
		soft_make(name, small);
		soft_sysfs(name, gpu[i]);
	}
	EXPECT_EQ(soft_count(), 16);
	for (i = 0; i < 16; i++) {
		ASSERT_OK(soft_try_create(gpu[i], "SOFT-4C", uuid));
		EXPECT_EQ(soft_available(gpu[i], "SOFT-4C"), 1);
	}
	/* In another order than they came. */
	for (i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "gpu%u", i * 5 % 16);
		ASSERT_OK(soft_set(name, "enable", "0"));
		EXPECT_EQ(soft_count(), 15 - i);
	}
}

/* The test has vGPUs open, and not its child. */
static void close_all(void)
{
	close_range(STDERR_FILENO + 1, ~0U, 0);
}

static int write_0(void *name)
{
	close_all();
	return soft_set(name, "enable", "0") < 0;
}

/*
 * Whoever takes a GPU away waits for the VM, and keeps nobody else from GPUs, nor
 * from PCI devices.
 */
static void waits_for_the_vm(void)
{
	char gpu[ATTR_LEN], text[ATTR_LEN];
	struct vdev *d;
	pid_t waits;

	soft_make("one", small);
	soft_sysfs("one", gpu);
	d = soft_create(gpu, "SOFT-4C");
	waits = child_start(write_0, "one");
	soft_get("one", "address", text);
	ASSERT(AWAIT((soft_get("one", "address", text), !strcmp(text, "none"))));
	soft_make("two", small);
	ASSERT_OK(file_write(PCI "rescan", "1"));
	ASSERT_OK(soft_rmdir("two"));
	soft_refused("one", "enable", "1", EBUSY,
		     "one: enable: it has not gone yet: a VM has a vGPU of it open");
	EXPECT(child_runs(waits));
	vdev_close(d);
	EXPECT_EQ(child_finish(waits), 0);
	EXPECT(!exists(gpu));
	ASSERT_OK(soft_set("one", "enable", "1"));
}

/* rmdir does not wait: the GPU goes by itself. */
static void goes_later(void)
{
	const char *message = "one: it has vGPUs, and goes when no VM has one open";
	unsigned int before = logged(message);
	char gpu[ATTR_LEN];
	struct vdev *d;

	soft_make("one", small);
	soft_sysfs("one", gpu);
	d = soft_create(gpu, "SOFT-4C");
	ASSERT_OK(soft_rmdir("one"));
	EXPECT_EQ(logged(message), before + 1);
	EXPECT(exists(gpu));
	/* Another of that name has nothing to do with it. */
	soft_make("one", small);
	EXPECT_EQ(soft_count(), 2);
	vdev_close(d);
	EXPECT(AWAIT(!exists(gpu)));
	EXPECT_EQ(soft_count(), 1);
}

static int create_one(void *gpu)
{
	char uuid[UUID_LEN];

	close_all();
	return soft_try_create(gpu, "ALL", uuid) != 0;
}

static bool has_time(void)
{
	return !tap_brief();
}

/*
 * Nor for who is just creating a vGPU, whose memory takes a while to clear, and who is
 * long about it after that.
 */
static void goes_while_one_comes(void)
{
	char gpu[ATTR_LEN], path[2 * ATTR_LEN], text[ATTR_LEN];
	pid_t creates;

	ASSERT_OK(soft_mkdir("one"));
	ASSERT_OK(soft_set("one", "vram_mb", "1024"));
	ASSERT_OK(soft_mkdir("one/types/ALL"));
	ASSERT_OK(soft_set("one/types/ALL", "vram_mb", "1024"));
	ASSERT_OK(soft_set("one", "enable", "1"));
	soft_sysfs("one", gpu);
	snprintf(path, sizeof(path), "%s/soft/create_delay_ms", gpu);
	ASSERT_OK(file_write(path, "30000"));
	creates = child_start(create_one, gpu);
	snprintf(path, sizeof(path), "%s/vgpu/vram_free", gpu);
	EXPECT(AWAIT(file_read(path, text, sizeof(text)) > 0 && *text == '0'));
	EXPECT_OK(soft_rmdir("one/types/ALL"));
	EXPECT_OK(soft_rmdir("one"));
	EXPECT(child_runs(creates));
	soft_make("two", small);
	/* He has it, and it goes with the GPU; or it was too late. */
	child_finish(creates);
	EXPECT(AWAIT(!exists(gpu)));
}

static int unload(void *unused)
{
	(void)unused;
	close_all();
	return system("rmmod vgpu_soft");
}

/* A directory keeps the module; those by parameter go with it, after their VMs. */
static void unloaded(void)
{
	const char *message = "to be removed, but its user does not listen";
	unsigned int asked = logged(message);
	char gpu[ATTR_LEN], uuid[UUID_LEN];
	struct vdev *d;
	pid_t waits;

	ASSERT_EQ(system("rmmod vgpu_soft"), 0);
	soft_load("gpus=1 vram_mb=8 bus=0x71");
	ASSERT_OK(soft_mkdir("one"));
	EXPECT(system("rmmod vgpu_soft 2>/dev/null") != 0);
	ASSERT_OK(soft_rmdir("one"));
	snprintf(gpu, sizeof(gpu), PCI "devices/0000:71:00.0");
	d = soft_create(gpu, "SOFT-4C");
	soft_make("one", small);
	ASSERT_OK(soft_rmdir("one"));
	waits = child_start(unload, NULL);
	ASSERT(AWAIT(logged(message) > asked));
	EXPECT_ERR(soft_try_create(gpu, "SOFT-4C", uuid), ENODEV);
	EXPECT(child_runs(waits));
	vdev_close(d);
	EXPECT_EQ(child_finish(waits), 0);
	EXPECT(!exists("/sys/module/vgpu_soft"));
	EXPECT_EQ(soft_count(), 0);
}

/* As a card: removed, found again, taken from its driver and given back. */
static void by_sysfs(void)
{
	char gpu[ATTR_LEN], path[2 * ATTR_LEN], text[ATTR_LEN];

	soft_make("one", small);
	soft_sysfs("one", gpu);
	snprintf(path, sizeof(path), "%s/remove", gpu);
	ASSERT_OK(file_write(path, "1"));
	EXPECT(!exists(gpu));
	soft_get("one", "address", text);
	EXPECT_STR(text, "none");
	ASSERT_OK(file_write(PCI "rescan", "1"));
	EXPECT_EQ(soft_available(gpu, "SOFT-4C"), 2);
	ASSERT_OK(file_write(PCI "drivers/vgpu_soft/unbind", strrchr(gpu, '/') + 1));
	soft_get("one", "enable", text);
	EXPECT_STR(text, "1");
	ASSERT_OK(file_write(PCI "drivers/vgpu_soft/bind", strrchr(gpu, '/') + 1));
	EXPECT_EQ(soft_available(gpu, "SOFT-4C"), 2);
	ASSERT_OK(file_write(path, "1"));
	ASSERT_OK(soft_set("one", "enable", "0"));
	ASSERT_OK(file_write(PCI "rescan", "1"));
	EXPECT_EQ(soft_count(), 0);
	ASSERT_OK(soft_set("one", "enable", "1"));
	EXPECT_EQ(soft_available(gpu, "SOFT-4C"), 2);
}

/* ---- vGPUs that move between them */

#define WORK_AT		MIB
#define WORK_SIZE	MIB
#define SCRATCH		0xabcd1230

static void fill_again(struct vdev *d, uint32_t turns)
{
	uint32_t i;

	for (i = 1; i <= turns; i++)
		gpu_fill(d, WORK_AT, WORK_SIZE, i);
}

static struct vdev *begin(const char *path)
{
	struct vdev *d = soft_create(path, "SOFT-4C");

	vdev_decode(d, DECODE_ALL);
	sparse_pattern(d);
	gpu_init(d);
	reg_wr(d, gpu->scratch, SCRATCH);
	return d;
}

/* Work is half done, or waits, when it goes. */
static struct stream leave(struct vdev *d, bool running)
{
	struct stream st = {};
	int fd;

	fill_again(d, 20);
	if (!running)
		return mig_save(d);
	fd = mig_precopy_begin(d);
	EXPECT_EQ(stream_more(fd, &st), ENOMSG);
	fill_again(d, 20);
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_STOP_COPY, NULL));
	EXPECT_EQ(stream_more(fd, &st), 0);
	close(fd);
	return st;
}

/* All of it is there, and what it had to do is done there. */
static void arrive(struct vdev *from, struct vdev *to, struct stream *st)
{
	uint32_t *vram = vdev_map_vram(to);
	uint64_t i;

	/* Only for its tables of what is where. */
	vdev_decode(to, DECODE_ALL);
	gpu_init(to);
	ASSERT_OK(mig_load(to, st));
	expect_same_vram(from, to);
	EXPECT_EQ(reg_rd(to, gpu->scratch), SCRATCH);
	ASSERT_OK(mig_set(to, VFIO_DEVICE_STATE_RUNNING, NULL));
	gpu_idle(to);
	for (i = 0; i < WORK_SIZE / 4; i++)
		if (!EXPECT_EQ(vram[WORK_AT / 4 + i], 20))
			break;
	EXPECT_EQ(mdev_attr_u64(to->uuid, "dropped"), 0);
	expect_works(to, 21);
	munmap(vram, to->size);
	stream_free(st);
}

/* Each has vGPUs of its own; to the one standing, and back while it runs. */
static void move_between(void)
{
	char one[ATTR_LEN], two[ATTR_LEN];
	struct vdev *from, *to;
	struct stream st;

	soft_make("one", small);
	soft_sysfs("one", one);
	soft_make("two", small);
	soft_sysfs("two", two);
	from = begin(one);
	/* Somebody is there already. */
	expect_works(soft_create(two, "SOFT-4C"), 1);
	to = soft_create(two, "SOFT-4C");
	EXPECT(mdev_attr_u64(from->uuid, "vram_offset") !=
	       mdev_attr_u64(to->uuid, "vram_offset"));
	st = leave(from, false);
	arrive(from, to, &st);
	vdev_close(from);

	reg_wr(to, gpu->scratch, SCRATCH);
	from = to;
	to = soft_create(one, "SOFT-4C");
	st = leave(from, mig_has_precopy(from));
	arrive(from, to, &st);
}

static bool is_on(const struct vdev *d, const char *engine)
{
	char path[ATTR_LEN];

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/vgpu/engines/%s",
		 d->uuid, engine);
	return exists(path);
}

/* From a GPU that is not cut into slices to each slice of one that is, and between. */
static void move_between_slices(void)
{
	static const char *const cut[][2] = {
		{ "vram_mb", "16" }, { "slices", "2" }, { NULL, NULL },
	};
	char one[ATTR_LEN], two[ATTR_LEN];
	struct vdev *from, *first, *second;
	struct stream st;

	soft_make("one", small);
	soft_sysfs("one", one);
	soft_make("two", cut);
	soft_sysfs("two", two);
	first = soft_create(two, "SOFT-4C");
	second = soft_create(two, "SOFT-4C");
	EXPECT(is_on(first, "compute0") != is_on(second, "compute0"));
	EXPECT(is_on(first, "compute1") != is_on(second, "compute1"));
	from = begin(one);
	st = leave(from, false);
	arrive(from, first, &st);
	reg_wr(first, gpu->scratch, SCRATCH);
	st = leave(first, false);
	arrive(first, second, &st);
}

static const struct tap_test tests[] = {
	TAP_TEST(made_and_taken),
	TAP_TEST(bad_values),
	TAP_TEST(read_only_while_there),
	TAP_TEST(what_is_not_there),
	TAP_TEST(sixteen),
	TAP_TEST(waits_for_the_vm),
	TAP_TEST(goes_later),
	TAP_TEST_IF(goes_while_one_comes, has_time),
	TAP_TEST(unloaded),
	TAP_TEST(by_sysfs),
	TAP_TEST(move_between),
	TAP_TEST(move_between_slices),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "gpus",
		.tests = tests,
		.nr = ARRAY_SIZE(tests),
		.before = before,
		.after = soft_end,
	};

	return tap_run(&suite);
}
