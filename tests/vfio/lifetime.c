// SPDX-License-Identifier: GPL-2.0
/* From create to remove: opened twice, killed, removed and unloaded in use. */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fault.h"
#include "pattern.h"
#include "vfio.h"

#define CORE		"vgpu"

static void before(void)
{
	ASSERT_EQ(dir_count("/sys/bus/mdev/devices"), 0);
}

/* Run @fn(@arg) in a child, without our vGPUs; it exits with what is returned. */
static pid_t start(int (*fn)(void *), void *arg)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	ASSERT_OK(pid);
	if (!pid) {
		tap_child();
		vdev_leave_to_parent();
		_exit(fn(arg));
	}
	return pid;
}

/* Exit status of a child, or 128 plus the signal that ended it. */
static int finish(pid_t pid)
{
	int status;

	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   128 + WTERMSIG(status);
}

static bool still_runs(pid_t pid)
{
	siginfo_t info = { 0 };

	/* Leaves the status for finish(). */
	return waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       !info.si_pid;
}

/* Work and look: the vGPU does what it should. */
static void expect_works(struct vdev *d)
{
	uint32_t *vram = vdev_map_vram(d);
	uint32_t value = rnd();

	gpu_init(d);
	gpu_fill(d, 0, 100 * 4096, value);
	gpu_idle(d);
	EXPECT_EQ(vram[0], value);
	EXPECT_EQ(vram[100 * 1024 - 1], value);
	EXPECT_EQ(reg_rd(d, gpu->memsize), d->size);
	munmap(vram, d->size);
}

static void second_open(void)
{
	struct vdev *d = vdev_new_by_group(gpu->small);
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/vfio/%d", mdev_group(d->uuid));
	EXPECT_ERR(open(path, O_RDWR), EBUSY);

	/* A second descriptor by the same group is the same function. */
	fd = ioctl(d->group, VFIO_GROUP_GET_DEVICE_FD, d->uuid);
	ASSERT_OK(fd);
	reg_wr(d, gpu->scratch, 0x1234);
	close(fd);
	EXPECT_EQ(reg_rd(d, gpu->scratch), 0x1234);
	expect_works(d);
	EXPECT_ERR(ioctl(d->group, VFIO_GROUP_GET_DEVICE_FD,
			 "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"), ENODEV);
}

/* Without a container a group gives no device. */
static void group_needs_container(void)
{
	char uuid[UUID_LEN], path[64];
	int group;

	mdev_create(gpu->small, uuid);
	snprintf(path, sizeof(path), "/dev/vfio/%d", mdev_group(uuid));
	group = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_OK(group);
	EXPECT_ERR(ioctl(group, VFIO_GROUP_GET_DEVICE_FD, uuid), EINVAL);
	close(group);
	vdev_decode(vdev_open_by_group(uuid), DECODE_ALL);
}

static void open_and_close(void)
{
	char uuid[UUID_LEN];
	unsigned int i;

	mdev_create(gpu->medium, uuid);
	for (i = 0; i < 20; i++) {
		struct vdev *d = vdev_open(uuid);

		vdev_decode(d, DECODE_ALL);
		expect_works(d);
		/* Something is always under way when it is closed. */
		gpu_fill(d, 0, 2048 * 4096 - gpu->kept, i);
		vdev_close(d);
	}
}

static void create_and_remove(void)
{
	uint64_t free_before = gpu_attr_u64("vram_free");
	char uuid[UUID_LEN];
	unsigned int i;

	for (i = 0; i < 40; i++) {
		mdev_create(&gpu->types[i % gpu->nr_types], uuid);
		ASSERT_OK(mdev_remove(uuid));
	}
	EXPECT_EQ(gpu_attr_u64("vram_free"), free_before);
}

/* As many as there can be, all open, all at work. */
static void all_at_once(void)
{
	uint64_t free_before = gpu_attr_u64("vram_free");
	struct vdev *d[15];
	uint32_t *vram;
	unsigned int i, at;

	for (i = 0; i < ARRAY_SIZE(d); i++)
		d[i] = vdev_new(gpu->small);
	EXPECT_EQ(gpu_attr_u64("vram_free"),
		  free_before - ARRAY_SIZE(d) * gpu->small->size);
	for (i = 0; i < ARRAY_SIZE(d); i++)
		gpu_init(d[i]);
	for (at = 0; at < 3; at++) {
		for (i = 0; i < ARRAY_SIZE(d); i++)
			gpu_fill(d[i], at << 20, MIB, i * 0x100 + at);
	}
	for (i = 0; i < ARRAY_SIZE(d); i++) {
		gpu_idle(d[i]);
		vram = vdev_map_vram(d[i]);
		for (at = 0; at < 3 * MIB / 4; at++) {
			if (!EXPECT_EQ(vram[at], i * 0x100 + at / (MIB / 4)))
				break;
		}
		munmap(vram, d[i]->size);
	}
}

static int child_removes(void *uuid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/remove",
		 (char *)uuid);
	return file_write(path, "1") < 0 ? errno : 0;
}

/* The user is asked to let go, works on, and lets go. */
static void remove_while_open(void)
{
	struct vdev *d = vdev_new(gpu->small);
	int evt = evt_new();
	char uuid[UUID_LEN];
	pid_t pid;

	strcpy(uuid, d->uuid);
	ASSERT_OK(irq_eventfd(d, VFIO_PCI_REQ_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, evt));
	pid = start(child_removes, uuid);
	EXPECT(evt_wait(evt) > 0);
	EXPECT(still_runs(pid));
	expect_works(d);
	EXPECT(still_runs(pid));
	vdev_close(d);
	EXPECT_EQ(finish(pid), 0);
	EXPECT(!mdev_exists(uuid));
	EXPECT_EQ(type_available(gpu->small), gpu->small->max_instance);
	close(evt);
}

/* A user who does not listen: the kernel says so, and goes on waiting. */
static void remove_without_listener(void)
{
	struct vdev *d = vdev_new(gpu->small);
	char uuid[UUID_LEN];
	unsigned int i;
	pid_t pid;

	strcpy(uuid, d->uuid);
	pid = start(child_removes, uuid);
	for (i = 0; i < 20; i++)
		expect_works(d);
	EXPECT(still_runs(pid));
	vdev_close(d);
	EXPECT_EQ(finish(pid), 0);
	EXPECT(!mdev_exists(uuid));
}

/* What is kept beyond remove is dead, and does no harm. */
static void kept_beyond_remove(void)
{
	struct vdev *d = vdev_new(gpu->small), *next;
	uint32_t *vram = vdev_map_vram(d);
	uint64_t size = d->size, offset = mdev_attr_u64(d->uuid, "vram_offset");
	char uuid[UUID_LEN], path[PATH_MAX], name[ATTR_LEN], text[16];
	int attr;

	vram[0] = 1;
	strcpy(uuid, d->uuid);
	engine_attr(name, "ops");
	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/vgpu/%s", uuid,
		 name);
	attr = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_OK(attr);
	close(d->fd);
	d->fd = -1;
	/* Still open: what it was opened by, the mapping, an attribute. */
	ASSERT_OK(mdev_remove(uuid));
	EXPECT(!mdev_exists(uuid));
	EXPECT_ERR(pread(attr, text, sizeof(text), 0), ENODEV);
	if (d->group >= 0)
		EXPECT_ERR(vdev_connect(d), ENODEV);
	EXPECT(raises_sigbus(vram, true));
	vdev_close(d);

	next = vdev_new(gpu->small);
	EXPECT_EQ(mdev_attr_u64(next->uuid, "vram_offset"), offset);
	EXPECT(raises_sigbus(vram, true));
	EXPECT_EQ(vdev_rd(next, REGION_VRAM, 0, 4), 0);
	expect_works(next);
	munmap(vram, size);
	close(attr);
}

/* A child shares what its parent has mapped, and what becomes of it. */
static int child_uses_mapping(void *vram)
{
	volatile uint32_t *word = vram;

	while (!word[1])
		usleep(1000);
	word[0] = 0xc41d;
	while (!raises_sigbus(word, false))
		usleep(1000);
	return 0;
}

static void mapping_in_a_child(void)
{
	struct vdev *d = vdev_new(gpu->small);
	volatile uint32_t *vram = vdev_map_vram(d);
	pid_t pid = start(child_uses_mapping, (void *)vram);

	vram[1] = 1;
	while (vram[0] != 0xc41d && still_runs(pid))
		usleep(1000);
	EXPECT_EQ(vram[0], 0xc41d);
	vdev_decode(d, 0);
	EXPECT_EQ(finish(pid), 0);
	munmap((void *)vram, d->size);
}

static int child_works_forever(void *uuid)
{
	struct vdev *d = vdev_open(uuid);

	vdev_decode(d, DECODE_ALL);
	vdev_map_vram(d);
	irq_message(d, evt_new());
	gpu_init(d);
	gpu->prepare(d, 0, 3 * MIB, 1);
	/* There is never room for more: killed while it waits for that. */
	for (;;)
		gpu->again(d);
	return 0;
}

static void wait_for_work(const char *uuid)
{
	while (mdev_attr_u64(uuid, "ops") < 20)
		usleep(1000);
}

static void killed_with_work_queued(void)
{
	struct vdev *other = vdev_new(gpu->medium), *d;
	char uuid[UUID_LEN];
	unsigned int i;

	mdev_create(gpu->medium, uuid);
	for (i = 0; i < 5; i++) {
		uint64_t ops;
		pid_t pid = start(child_works_forever, uuid);

		wait_for_work(uuid);
		EXPECT_OK(kill(pid, SIGKILL));
		EXPECT_EQ(finish(pid), 128 + SIGKILL);
		/* Nobody is left who could work. */
		ops = mdev_attr_u64(uuid, "ops");
		expect_works(other);
		expect_works(other);
		EXPECT_EQ(mdev_attr_u64(uuid, "ops"), ops);
		d = vdev_open(uuid);
		vdev_decode(d, DECODE_ALL);
		EXPECT(gpu->is_idle(d));
		EXPECT_EQ(mdev_attr_u64(uuid, "ops"), ops);
		/* What was written first, and last. */
		EXPECT_EQ(vdev_rd(d, REGION_VRAM, 0, 4), 0);
		EXPECT_EQ(vdev_rd(d, REGION_VRAM, d->size - 4, 4), 0);
		expect_works(d);
		vdev_close(d);
	}
	ASSERT_OK(mdev_remove(uuid));
	EXPECT_EQ(mdev_attr_u64(other->uuid, "fifo_overflows"), 0);
}

/* Guest memory, and the aperture, come and go while the engine works. */
static void dma_map_and_unmap(void)
{
	const size_t size = 16 * MIB;
	struct vdev *d = vdev_new(gpu->small);
	void *vram = vdev_map_vram(d);
	void *ram = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int i;

	ASSERT(ram != MAP_FAILED);
	gpu_init(d);
	for (i = 0; i < 20; i++) {
		gpu_fill(d, 0, 3 * MIB, i);
		ASSERT_OK(vdev_dma_map(d, ram, size, i * size));
		ASSERT_OK(vdev_dma_map(d, vram, d->size, 0xe0000000));
		gpu_fill(d, 0, 3 * MIB, ~i);
		ASSERT_OK(vdev_dma_unmap(d, i * size, size));
		ASSERT_OK(vdev_dma_unmap(d, 0xe0000000, d->size));
	}
	munmap(ram, size);
	munmap(vram, d->size);
	expect_works(d);
}

static int unload(const char *name, int flags)
{
	return syscall(SYS_delete_module, name, flags);
}

static void load_backend(void)
{
	const char *dir = getenv("MODULES");
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/vgpu-%s.ko",
		 dir ? dir : "/build/modules/6.12", gpu->name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_OK(fd);
	ASSERT_OK(syscall(SYS_finit_module, fd, gpu->arguments, 0));
	close(fd);
}

static int child_unloads(void *name)
{
	return unload(name, 0) ? errno : 0;
}

/*
 * Unloading in use is refused, or waits until nobody uses it any more; in the
 * end all is gone, and comes back.
 */
static void unload_in_use(void)
{
	struct vdev *d = vdev_new(gpu->small);
	char uuid[UUID_LEN], backend[32];
	int evt = evt_new();
	bool asked, waits;
	pid_t pid;

	snprintf(backend, sizeof(backend), "vgpu_%s", gpu->name);
	strcpy(uuid, d->uuid);
	EXPECT_ERR(unload(CORE, O_NONBLOCK), EAGAIN);
	ASSERT_OK(irq_eventfd(d, VFIO_PCI_REQ_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, evt));
	pid = start(child_unloads, backend);
	asked = false;
	AWAIT((asked = evt_take(evt) > 0) || !still_runs(pid));
	waits = still_runs(pid);
	EXPECT_EQ(asked, waits);
	expect_works(d);
	vdev_close(d);
	EXPECT_EQ(finish(pid), waits ? 0 : EAGAIN);
	if (!waits) {
		ASSERT_OK(mdev_remove(uuid));
		ASSERT_OK(unload(backend, 0));
	}
	close(evt);
	EXPECT(!mdev_exists(uuid));
	EXPECT_EQ(dir_count("/sys/bus/mdev/devices"), 0);
	load_backend();
	expect_works(vdev_new(gpu->largest));
}

static int child_unbinds(void *unused)
{
	(void)unused;
	return gpu_driver("unbind") ? errno : 0;
}

/* Or else no further than until all are frozen, for some seconds. */
static void expect_no_sleep(void)
{
	if (file_write("/sys/power/pm_test", "freezer") < 0)
		return;
	EXPECT_ERR(file_write("/sys/power/state", "freeze") < 0 ? -1 : 0, EBUSY);
	EXPECT_OK(file_write("/sys/power/pm_test", "none"));
}

/*
 * The card is taken from its driver under a running guest, and given back. Meanwhile the
 * machine does not go to sleep, by which the guest would be frozen that is waited for.
 */
static void unbind_in_use(void)
{
	char path[PATH_MAX + 32], unused[UUID_LEN];
	struct vdev *d = vdev_new(gpu->medium);
	int evt = evt_new();
	pid_t pid;

	mdev_create(gpu->small, unused);
	ASSERT_OK(irq_eventfd(d, VFIO_PCI_REQ_IRQ_INDEX,
			      VFIO_IRQ_SET_ACTION_TRIGGER, evt));
	pid = start(child_unbinds, NULL);
	EXPECT(evt_wait(evt) > 0);
	EXPECT(still_runs(pid));
	expect_no_sleep();
	expect_works(d);
	vdev_close(d);
	EXPECT_EQ(finish(pid), 0);
	EXPECT_EQ(dir_count("/sys/bus/mdev/devices"), 0);
	snprintf(path, sizeof(path), "%s/vgpu", gpu_path());
	EXPECT_ERR(access(path, F_OK), ENOENT);
	snprintf(path, sizeof(path), "%s/mdev_supported_types", gpu_path());
	EXPECT_ERR(access(path, F_OK), ENOENT);

	ASSERT_OK(gpu_driver("bind"));
	EXPECT_EQ(type_available(gpu->small), gpu->small->max_instance);
	expect_works(vdev_new(gpu->medium));
	close(evt);
}

/* Create in one process while another removes: all or nothing each time. */
static int child_creates_and_removes(void *unused)
{
	unsigned int i;

	(void)unused;
	for (i = 0; i < 15; i++) {
		char uuid[UUID_LEN];

		mdev_uuid(uuid);
		if (mdev_try_create(&gpu->types[i % 3], uuid)) {
			if (errno != ENOSPC)
				return errno;
			continue;
		}
		if (mdev_remove(uuid))
			return errno;
	}
	return 0;
}

static void many_at_a_time(void)
{
	pid_t pid[4];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pid); i++)
		pid[i] = start(child_creates_and_removes, NULL);
	for (i = 0; i < ARRAY_SIZE(pid); i++)
		EXPECT_EQ(finish(pid[i]), 0);
	EXPECT_EQ(dir_count("/sys/bus/mdev/devices"), 0);
	EXPECT_EQ(type_available(gpu->small), gpu->small->max_instance);
	EXPECT_EQ(type_available(gpu->largest), gpu->largest->max_instance);
}

static const struct tap_test tests[] = {
	TAP_TEST(second_open),
	TAP_TEST(group_needs_container),
	TAP_TEST(open_and_close),
	TAP_TEST(create_and_remove),
	TAP_TEST(all_at_once),
	TAP_TEST(remove_while_open),
	TAP_TEST(remove_without_listener),
	TAP_TEST(kept_beyond_remove),
	TAP_TEST(mapping_in_a_child),
	TAP_TEST(killed_with_work_queued),
	TAP_TEST(dma_map_and_unmap),
	TAP_TEST(many_at_a_time),
	TAP_TEST(unbind_in_use),
	TAP_TEST(unload_in_use),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "lifetime", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = vdev_cleanup,
	};

	return tap_run(&suite);
}
