// SPDX-License-Identifier: GPL-2.0
/*
 * What only the character device of VFIO can do: being bound to an iommufd, and
 * being attached to its address spaces. (run.sh also runs other programs with
 * their vGPUs opened in this way.) For kernels with CONFIG_VFIO_DEVICE_CDEV.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "cdev.h"
#include "fault.h"
#include "tenant.h"

#define NO_SUCH_IOAS	0x7fffffff

/* How often each process opens the vGPU, when several want it. */
#define ROUNDS		40

static void before(void)
{
	ASSERT_EQ(dir_count("/sys/bus/mdev/devices"), 0);
}

static void after(void)
{
	children_end();
	vdev_cleanup();
}

static int open_group(const char *uuid)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/%d", mdev_group(uuid));
	return open(path, O_RDWR | O_CLOEXEC);
}

/* The node in /dev is the device that sysfs names, while the vGPU exists. */
static void node(void)
{
	char uuid[UUID_LEN], name[CDEV_NAME_LEN], path[CDEV_PATH_LEN];
	char sysfs[PATH_MAX], number[ATTR_LEN], want[ATTR_LEN];
	struct stat st;

	mdev_create(gpu->small, uuid);
	cdev_name(uuid, name);
	cdev_path(uuid, path);
	snprintf(sysfs, sizeof(sysfs), "/sys/class/vfio-dev/%s/dev", name);
	ASSERT_OK(file_read(sysfs, number, sizeof(number)));
	ASSERT_OK(stat(path, &st));
	EXPECT(S_ISCHR(st.st_mode));
	snprintf(want, sizeof(want), "%u:%u", major(st.st_rdev),
		 minor(st.st_rdev));
	EXPECT_STR(number, want);
	ASSERT_OK(mdev_remove(uuid));
	EXPECT_ERR(access(path, F_OK), ENOENT);
	EXPECT_ERR(access(sysfs, F_OK), ENOENT);
}

static void expect_no_access(int fd, uint32_t ioas)
{
	static const unsigned long requests[] = {
		VFIO_DEVICE_GET_INFO, VFIO_DEVICE_GET_REGION_INFO,
		VFIO_DEVICE_GET_IRQ_INFO, VFIO_DEVICE_SET_IRQS,
		VFIO_DEVICE_RESET, VFIO_DEVICE_QUERY_GFX_PLANE,
		VFIO_DEVICE_FEATURE,
	};
	uint32_t buf[64] = { sizeof(buf) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(requests); i++)
		EXPECT_ERR(ioctl(fd, requests[i], buf), EINVAL);
	EXPECT_ERR(cdev_attach(fd, ioas), EINVAL);
	EXPECT_ERR(cdev_detach(fd), EINVAL);
	EXPECT_ERR(pread(fd, buf, 4, 0), EINVAL);
	EXPECT_ERR(pwrite(fd, buf, 4, 0), EINVAL);
	EXPECT(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
}

/* Whoever has it open without having bound it can do nothing, nor do harm. */
static void no_access_before_bind(void)
{
	struct vdev *d = vdev_new(gpu->small);
	int fd = cdev_open(d->uuid);

	ASSERT_OK(fd);
	expect_no_access(fd, d->ioas);
	EXPECT(works(d, 1));
	close(fd);
	EXPECT(works(d, 2));
}

/* What is refused leaves the device as it was. */
static void wrong_binds(void)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), fd;
	int iommufd = iommufd_open();
	char uuid[UUID_LEN];
	struct vdev *d;
	unsigned int i;

	mdev_create(gpu->small, uuid);
	fd = cdev_open(uuid);
	ASSERT_OK(fd);
	EXPECT_ERR(cdev_bind(fd, -1), EINVAL);
	EXPECT_ERR(cdev_bind(fd, INT_MAX), EBADF);
	EXPECT_ERR(cdev_bind(fd, null), EBADFD);
	bind.iommufd = iommufd;
	for (i = 0; i < sizeof(bind); i++) {
		bind.argsz = i;
		EXPECT_ERR(ioctl(fd, VFIO_DEVICE_BIND_IOMMUFD, &bind), EINVAL);
	}
	bind.argsz = sizeof(bind);
	bind.flags = 1U << 31;
	EXPECT_ERR(ioctl(fd, VFIO_DEVICE_BIND_IOMMUFD, &bind), EINVAL);
	EXPECT_ERR(ioctl(fd, VFIO_DEVICE_BIND_IOMMUFD, NULL), EFAULT);
	expect_no_access(fd, ioas_alloc(iommufd));

	d = vdev_open(uuid);
	vdev_decode(d, DECODE_ALL);
	EXPECT(works(d, 1));
	close(fd);
	close(iommufd);
	close(null);
}

/* Opened as often as one likes, bound once; whoever comes next starts anew. */
static void bound_once(void)
{
	struct vdev *d = vdev_new(gpu->small);
	int iommufd = iommufd_open(), second = cdev_open(d->uuid);
	char uuid[UUID_LEN];

	ASSERT_OK(second);
	strcpy(uuid, d->uuid);
	EXPECT_ERR(cdev_bind(second, iommufd), EINVAL);
	EXPECT_ERR(cdev_bind(second, d->iommufd), EINVAL);
	EXPECT_ERR(cdev_bind(d->fd, d->iommufd), EINVAL);
	EXPECT_ERR(cdev_bind(d->fd, iommufd), EINVAL);
	reg_wr(d, gpu->scratch, 0x1234);
	EXPECT(works(d, 1));
	EXPECT_EQ(reg_rd(d, gpu->scratch), 0x1234);
	gpu->close(d);
	close(d->fd);
	/* The other descriptor, which was open all the time. */
	d->fd = second;
	ASSERT_OK(cdev_bind(second, iommufd));
	EXPECT_EQ(vdev_rd(d, REGION_CONFIG, PCI_COMMAND, 2) & DECODE_ALL, 0);
	vdev_decode(d, DECODE_ALL);
	EXPECT_EQ(reg_rd(d, gpu->scratch), 0);
	EXPECT_EQ(vdev_rd(d, REGION_VRAM, 0, 4), 0);
	EXPECT(works(d, 2));
	close(iommufd);
}

/* A vGPU that is used in one way is not used in the other. */
static void group_or_cdev(void)
{
	int iommufd = iommufd_open(), fd, group;
	char uuid[UUID_LEN];
	struct vdev *d;

	mdev_create(gpu->small, uuid);
	fd = cdev_open(uuid);
	ASSERT_OK(fd);
	d = vdev_open_by_group(uuid);
	vdev_decode(d, DECODE_ALL);
	EXPECT_ERR(cdev_bind(fd, iommufd), EBUSY);
	EXPECT(works(d, 1));
	vdev_close(d);

	/* A group that is only open is taken, too. */
	group = open_group(uuid);
	ASSERT_OK(group);
	EXPECT_ERR(cdev_bind(fd, iommufd), EBUSY);
	close(group);

	EXPECT_OK(cdev_bind(fd, iommufd));
	EXPECT_ERR(open_group(uuid), EBUSY);
	close(fd);
	group = open_group(uuid);
	EXPECT_OK(group);
	close(group);
	close(iommufd);
}

/* No address space is needed: a vGPU does no DMA. Nor may it be in the way. */
static void attach_and_detach(void)
{
	struct vdev *d = vdev_new(gpu->small);
	uint32_t other = ioas_alloc(d->iommufd);

	EXPECT_ERR(ioas_destroy(d->iommufd, d->ioas), EBUSY);
	EXPECT_ERR(cdev_attach(d->fd, NO_SUCH_IOAS), ENOENT);
	EXPECT_ERR(ioas_destroy(d->iommufd, d->ioas), EBUSY);
	EXPECT(works(d, 1));
	/* From one to another, and back. */
	EXPECT_OK(cdev_attach(d->fd, other));
	EXPECT_ERR(ioas_destroy(d->iommufd, other), EBUSY);
	EXPECT_OK(cdev_attach(d->fd, d->ioas));
	EXPECT_OK(ioas_destroy(d->iommufd, other));
	reg_wr(d, gpu->scratch, 0x1234);
	EXPECT_OK(cdev_detach(d->fd));
	EXPECT_OK(cdev_detach(d->fd));
	EXPECT_OK(ioas_destroy(d->iommufd, d->ioas));
	EXPECT_EQ(reg_rd(d, gpu->scratch), 0x1234);
	EXPECT(works(d, 2));
	EXPECT_ERR(cdev_attach(d->fd, d->ioas), ENOENT);
	d->ioas = ioas_alloc(d->iommufd);
	EXPECT_OK(cdev_attach(d->fd, d->ioas));
	EXPECT(works(d, 3));
}

/* Bound, and no more. */
static void never_attached(void)
{
	int evt = evt_new(), iommufd = iommufd_open(), fd;
	struct vdev *d = vdev_new(gpu->small);

	fd = cdev_open(d->uuid);
	ASSERT_OK(fd);
	close(d->fd);
	d->fd = fd;
	ASSERT_OK(cdev_bind(fd, iommufd));
	vdev_decode(d, DECODE_ALL);
	EXPECT(works(d, 1));
	ASSERT_OK(irq_message(d, evt));
	vdev_bus_master(d, true);
	gpu->irq_on(d);
	gpu->irq_raise(d);
	EXPECT_EQ(evt_wait(evt), 1);
	EXPECT_OK(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL));
	EXPECT_EQ(vdev_rd(d, REGION_CONFIG, PCI_COMMAND, 2) & DECODE_ALL, 0);
	vdev_decode(d, DECODE_ALL);
	EXPECT(works(d, 2));
	close(iommufd);
	close(evt);
}

/* The iommufd is counted by what is bound to it. */
static void iommufd_closed_first(void)
{
	struct vdev *d = vdev_new(gpu->small);
	char uuid[UUID_LEN];

	strcpy(uuid, d->uuid);
	close(d->iommufd);
	d->iommufd = -1;
	EXPECT(works(d, 1));
	EXPECT_OK(cdev_detach(d->fd));
	EXPECT_OK(cdev_attach(d->fd, d->ioas));
	EXPECT(works(d, 2));
	vdev_close(d);
	d = vdev_open_by_group(uuid);
	vdev_decode(d, DECODE_ALL);
	EXPECT_EQ(vdev_rd(d, REGION_VRAM, 0, 4), 0);
	EXPECT(works(d, 3));
}

/* Two in one address space, as the vGPUs of one VM are. */
static void two_in_one_space(void)
{
	struct vdev *a = vdev_new(gpu->small), *b = vdev_new(gpu->medium);
	int fd = cdev_open(b->uuid);

	ASSERT_OK(fd);
	close(b->fd);
	b->fd = fd;
	ASSERT_OK(cdev_bind(fd, a->iommufd));
	ASSERT_OK(cdev_attach(fd, a->ioas));
	vdev_decode(b, DECODE_ALL);
	EXPECT(works(a, 1));
	EXPECT(works(b, 2));
	EXPECT_OK(cdev_detach(a->fd));
	EXPECT_ERR(ioas_destroy(a->iommufd, a->ioas), EBUSY);
	EXPECT(works(b, 3));
	EXPECT_OK(cdev_detach(b->fd));
	EXPECT_OK(ioas_destroy(a->iommufd, a->ioas));
}

/* What is mapped in a space when the vGPU leaves it, or when all is closed. */
static void mapped_at_the_end(void)
{
	const size_t size = 16 * MIB;
	struct vdev *d = vdev_new(gpu->small);
	void *vram = vdev_map_vram(d);
	void *ram = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(ram != MAP_FAILED);
	ASSERT_OK(vdev_dma_map(d, ram, size, 0));
	ASSERT_OK(vdev_dma_map(d, vram, d->size, 0xe0000000));
	EXPECT(works(d, 1));
	EXPECT_OK(cdev_detach(d->fd));
	EXPECT(works(d, 2));
	EXPECT_OK(vdev_dma_unmap(d, 0, size));
	EXPECT_OK(cdev_attach(d->fd, d->ioas));
	ASSERT_OK(vdev_dma_map(d, ram, size, 0));
	munmap(ram, size);
	munmap(vram, d->size);
	EXPECT(works(d, 3));
}

struct unbound {
	char uuid[UUID_LEN];
	int fd;
};

static int child_removes(void *arg)
{
	struct unbound *u = arg;

	/* It waits for all who have it open: not for itself. */
	close(u->fd);
	return mdev_remove(u->uuid) ? errno : 0;
}

/*
 * A descriptor that was never bound keeps the vGPU, as any does. Its node goes
 * at once; whoever binds it in time can still use it.
 */
static void removed_while_not_bound(void)
{
	char path[CDEV_PATH_LEN];
	int iommufd = iommufd_open();
	struct unbound u;
	pid_t pid;

	mdev_create(gpu->small, u.uuid);
	cdev_path(u.uuid, path);
	u.fd = cdev_open(u.uuid);
	ASSERT_OK(u.fd);
	pid = child_start(child_removes, &u);
	while (!access(path, F_OK))
		usleep(1000);
	EXPECT(child_runs(pid));
	EXPECT_OK(cdev_bind(u.fd, iommufd));
	EXPECT_OK(ioctl(u.fd, VFIO_DEVICE_RESET));
	EXPECT(child_runs(pid));
	close(u.fd);
	EXPECT_EQ(child_finish(pid), 0);
	EXPECT(!mdev_exists(u.uuid));
	EXPECT_EQ(type_available(gpu->small), gpu->small->max_instance);
	close(iommufd);
}

/* Alone with it, as long as it is open: nobody else writes this register. */
static void expect_alone(struct vdev *d, uint32_t mark)
{
	unsigned int i;

	vdev_decode(d, DECODE_ALL);
	EXPECT_EQ(reg_rd(d, gpu->scratch), 0);
	for (i = 0; i < 10; i++) {
		reg_wr(d, gpu->scratch, mark + i);
		EXPECT_EQ(reg_rd(d, gpu->scratch), mark + i);
	}
}

/* In a child, which has a copy of @d of its own. */
static int child_binds(void *arg)
{
	int iommufd = iommufd_open();
	struct vdev *d = arg;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		d->fd = cdev_open(d->uuid);
		ASSERT_OK(d->fd);
		if (!cdev_bind(d->fd, iommufd))
			expect_alone(d, getpid() << 8);
		else
			EXPECT(errno == EINVAL || errno == EBUSY);
		close(d->fd);
	}
	return tap_failures() ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int child_takes_group(void *arg)
{
	struct vdev *d = arg;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		int container, group = open_group(d->uuid);

		if (group < 0) {
			EXPECT_EQ(errno, EBUSY);
			continue;
		}
		container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
		ASSERT_OK(container);
		vdev_set_iommu(container, group);
		d->fd = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, d->uuid);
		ASSERT_OK(d->fd);
		expect_alone(d, getpid() << 8);
		close(d->fd);
		close(group);
		close(container);
	}
	return tap_failures() ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Many want the same vGPU, each in its way; it is one's at a time. */
static void wanted_by_many(void)
{
	struct vdev *d = vdev_new(gpu->small);
	pid_t pid[4];
	unsigned int i;

	close(d->fd);
	for (i = 0; i < ARRAY_SIZE(pid); i++)
		pid[i] = child_start(i ? child_binds : child_takes_group, d);
	for (i = 0; i < ARRAY_SIZE(pid); i++)
		EXPECT_EQ(child_finish(pid[i]), 0);
	ASSERT_OK(vdev_connect(d));
	vdev_decode(d, DECODE_ALL);
	EXPECT(works(d, 1));
}

static const struct tap_test tests[] = {
	TAP_TEST(node),
	TAP_TEST(no_access_before_bind),
	TAP_TEST(wrong_binds),
	TAP_TEST(bound_once),
	TAP_TEST(group_or_cdev),
	TAP_TEST(attach_and_detach),
	TAP_TEST(never_attached),
	TAP_TEST(iommufd_closed_first),
	TAP_TEST(two_in_one_space),
	TAP_TEST(mapped_at_the_end),
	TAP_TEST(removed_while_not_bound),
	TAP_TEST(wanted_by_many),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "iommufd", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	setenv("VDEV_BY", "cdev", 1);
	return tap_run(&suite);
}
