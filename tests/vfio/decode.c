// SPDX-License-Identifier: GPL-2.0
/* The aperture, mapped and by read and write, and what gates it. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fault.h"
#include "gpu2d.h"

static struct vdev *d;

static void before(void)
{
	d = vdev_new(T4);
}

static void mapping_and_file_are_one(void)
{
	uint8_t *vram = vdev_map_vram(d);
	uint8_t *buf = malloc(d->size);
	uint64_t i;

	ASSERT(buf);
	fill_pattern(buf, d->size, 1);
	ASSERT_EQ(vdev_pwrite(d, REGION_VRAM, buf, d->size, 0), d->size);
	EXPECT_EQ(first_difference(vram, buf, d->size), d->size);

	fill_pattern(vram, d->size, 2);
	memset(buf, 0, d->size);
	for (i = 0; i < d->size; ) {
		ssize_t n = vdev_pread(d, REGION_VRAM, buf + i, d->size - i, i);

		ASSERT(n > 0);
		i += n;
	}
	EXPECT_EQ(first_difference(vram, buf, d->size), d->size);
	munmap(vram, d->size);
	free(buf);
}

static void any_width_and_alignment(void)
{
	uint8_t *vram = vdev_map_vram(d);
	unsigned int at, len;
	uint8_t buf[16];

	fill_pattern(vram, 4096, 3);
	for (len = 1; len <= 9; len++) {
		for (at = 0; at < 16; at++) {
			memset(buf, 0, sizeof(buf));
			ASSERT_EQ(vdev_pread(d, REGION_VRAM, buf, len, at),
				  len);
			EXPECT(!memcmp(buf, vram + at, len));

			memset(buf, at + len, sizeof(buf));
			ASSERT_EQ(vdev_pwrite(d, REGION_VRAM, buf, len,
					      64 + at), len);
			EXPECT(!memcmp(buf, vram + 64 + at, len));
		}
	}
	munmap(vram, d->size);
}

static void both_ends_of_the_file(void)
{
	uint32_t val = 0x12345678;
	uint8_t buf[8];

	EXPECT_EQ(vdev_pwrite(d, REGION_VRAM, &val, 4, d->size - 4), 4);
	EXPECT_EQ(vdev_rd(d, REGION_VRAM, d->size - 4, 4), val);
	EXPECT_ERR(vdev_pread(d, REGION_VRAM, buf, 4, d->size), EINVAL);
	EXPECT_ERR(vdev_pwrite(d, REGION_VRAM, buf, 4, d->size), EINVAL);
	EXPECT_EQ(vdev_pread(d, REGION_VRAM, buf, 8, d->size - 4), 4);
	EXPECT_EQ(vdev_pwrite(d, REGION_VRAM, &val, 4, d->size - 1), 1);
}

static void regions_that_are_absent(void)
{
	uint32_t val = 0;
	unsigned int i;

	for (i = VFIO_PCI_BAR3_REGION_INDEX; i <= VFIO_PCI_BAR5_REGION_INDEX; i++) {
		EXPECT_ERR(vdev_pread(d, i, &val, 4, 0), EINVAL);
		EXPECT_ERR(vdev_pwrite(d, i, &val, 4, 0), EINVAL);
	}
	/* Beyond the last region. */
	EXPECT_ERR(pread(d->fd, &val, 4, 1ULL << 60), EINVAL);
	EXPECT_ERR(pwrite(d->fd, &val, 4, 1ULL << 60), EINVAL);
}

static void memory_decode_off(void)
{
	uint32_t *vram = vdev_map_vram(d);
	uint32_t val = 0x55aa55aa;

	fill_pattern(vram, d->size, 4);
	vdev_decode(d, PCI_COMMAND_IO);
	EXPECT_ERR(vdev_pread(d, REGION_VRAM, &val, 4, 0), EIO);
	EXPECT_ERR(vdev_pwrite(d, REGION_VRAM, &val, 4, 0), EIO);
	EXPECT_ERR(vdev_pread(d, REGION_REGS, &val, 4, 0), EIO);
	EXPECT_ERR(vdev_pwrite(d, REGION_REGS, &val, 4, 0), EIO);
	EXPECT(raises_sigbus(vram, false));
	EXPECT(raises_sigbus(vram, true));
	EXPECT(raises_sigbus(vram + d->size / 4 - 1, false));
	/* I/O decode is a switch of its own. */
	EXPECT_EQ(vdev_pread(d, REGION_IO, &val, 4, 0), 4);
	munmap(vram, d->size);
}

static void memory_decode_on_again(void)
{
	uint32_t *vram = vdev_map_vram(d);
	uint32_t *copy = malloc(d->size);
	unsigned int i;

	ASSERT(copy);
	fill_pattern(copy, d->size, 5);
	memcpy(vram, copy, d->size);
	for (i = 0; i < 3; i++) {
		vdev_decode(d, 0);
		EXPECT(raises_sigbus(vram, false));
		vdev_decode(d, DECODE_ALL);
		EXPECT(!raises_sigbus(vram, false));
	}
	EXPECT_EQ(first_difference(vram, copy, d->size), d->size);
	*vram = 0x1234;
	EXPECT_EQ(vdev_rd(d, REGION_VRAM, 0, 4), 0x1234);
	munmap(vram, d->size);
	free(copy);
}

/* A mapping may be made at any time; it works when decode is on. */
static void map_while_decode_is_off(void)
{
	uint32_t *vram;

	vdev_decode(d, 0);
	vram = vdev_map_vram(d);
	EXPECT(raises_sigbus(vram, false));
	vdev_decode(d, DECODE_ALL);
	EXPECT(!raises_sigbus(vram, true));
	EXPECT_EQ(*vram, FAULT_WROTE);
	munmap(vram, d->size);
}

static void io_decode_off(void)
{
	uint32_t val;

	vdev_decode(d, PCI_COMMAND_MEMORY);
	EXPECT_ERR(vdev_pread(d, REGION_IO, &val, 4, 0), EIO);
	EXPECT_ERR(vdev_pwrite(d, REGION_IO, &val, 4, 0), EIO);
	EXPECT_EQ(vdev_pread(d, REGION_REGS, &val, 4, 0), 4);
	EXPECT_EQ(vdev_pread(d, REGION_VRAM, &val, 4, 0), 4);
	vdev_decode(d, DECODE_ALL);
	EXPECT_EQ(vdev_pread(d, REGION_IO, &val, 4, 0), 4);
}

static void expect_no_map(unsigned int region, uint64_t offset, size_t len)
{
	void *p;

	errno = 0;
	p = vdev_try_map(d, region, offset, len);
	EXPECT_EQ(errno, EINVAL);
	if (!EXPECT(p == MAP_FAILED))
		munmap(p, len);
}

static void bad_mappings(void)
{
	long page = sysconf(_SC_PAGESIZE);
	unsigned int i;
	void *p;

	expect_no_map(REGION_VRAM, 0, d->size + page);
	expect_no_map(REGION_VRAM, d->size, page);
	expect_no_map(REGION_VRAM, d->size - page, 2 * page);
	expect_no_map(REGION_IO, 0, page);
	expect_no_map(REGION_REGS, 0, page);
	expect_no_map(REGION_ROM, 0, page);
	expect_no_map(REGION_CONFIG, 0, page);
	expect_no_map(REGION_EDID, 0, page);
	for (i = VFIO_PCI_BAR3_REGION_INDEX; i <= VFIO_PCI_BAR5_REGION_INDEX; i++)
		expect_no_map(i, 0, page);

	/* A private mapping would be a copy, not the device's memory. */
	errno = 0;
	p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, d->fd,
		 d->region[REGION_VRAM].offset);
	EXPECT(p == MAP_FAILED);
	EXPECT_EQ(errno, EINVAL);
}

static void part_of_the_aperture(void)
{
	long page = sysconf(_SC_PAGESIZE);
	uint32_t *all = vdev_map_vram(d);
	uint32_t *last = vdev_try_map(d, REGION_VRAM, d->size - page, page);

	ASSERT(last != MAP_FAILED);
	fill_pattern(all, d->size, 6);
	EXPECT(!memcmp(last, (char *)all + d->size - page, page));
	last[0] = 77;
	EXPECT_EQ(all[(d->size - page) / 4], 77);
	munmap(last, page);
	EXPECT_EQ(all[(d->size - page) / 4], 77);
	munmap(all, d->size);
}

/* Unmapping a hole while the engine draws leaves the rest working. */
static void unmap_in_use(void)
{
	long page = sysconf(_SC_PAGESIZE);
	uint8_t *vram = vdev_map_vram(d);
	unsigned int i;

	gpu_init(d);
	for (i = 0; i < 8; i++)
		gpu_rect(d, 0, 4096, 1024, d->size / 4096, 0x01010101 * i);
	ASSERT_OK(munmap(vram + 16 * page, 16 * page));
	vram[0] = 1;
	vram[d->size - 1] = 1;
	gpu_idle(d);
	EXPECT_EQ(vram[page], 7);
	vdev_decode(d, 0);
	EXPECT(raises_sigbus(vram, false));
	vdev_decode(d, DECODE_ALL);
	EXPECT_EQ(vram[page], 7);
	munmap(vram, d->size);
}

/* User memory may be the very memory that is accessed. */
static void buffers_in_the_aperture(void)
{
	uint32_t *vram = vdev_map_vram(d);
	struct vfio_region_info *info = (void *)(vram + 64);

	vram[1024] = 0x11223344;
	EXPECT_EQ(vdev_pread(d, REGION_VRAM, vram, 4096, 4096), 4096);
	EXPECT_EQ(vram[0], 0x11223344);
	vram[0] = 0x55667788;
	EXPECT_EQ(vdev_pwrite(d, REGION_VRAM, vram, 4096, 8192), 4096);
	EXPECT_EQ(vram[2048], 0x55667788);
	EXPECT_EQ(vdev_pread(d, REGION_REGS, vram, 4, CNFG_MEMSIZE), 4);
	EXPECT_EQ(vram[0], d->size);
	EXPECT_EQ(vdev_pread(d, REGION_CONFIG, vram, 4, PCI_VENDOR_ID), 4);
	EXPECT_EQ(vram[0], 0x51591002);
	/* The write that makes its own buffer go away is still done. */
	vram[0] = PCI_COMMAND_IO;
	EXPECT_EQ(vdev_pwrite(d, REGION_CONFIG, vram, 2, PCI_COMMAND), 2);
	EXPECT_EQ(cfg_rd(d, PCI_COMMAND, 2), PCI_COMMAND_IO);
	EXPECT_ERR(vdev_pwrite(d, REGION_CONFIG, vram, 2, PCI_COMMAND),
		   EFAULT);
	EXPECT_ERR(vdev_pread(d, REGION_CONFIG, vram, 2, PCI_COMMAND), EFAULT);
	EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_GET_REGION_INFO, info), EFAULT);
	vdev_decode(d, DECODE_ALL);
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	EXPECT_OK(vdev_ioctl(d, VFIO_DEVICE_GET_REGION_INFO, info));
	EXPECT_EQ(info->size, d->size);
	munmap(vram, d->size);
}

/* Whoever closes the device has no part in it any more, mapped or not. */
static void mapping_after_close(void)
{
	uint32_t *vram = vdev_map_vram(d);
	char uuid[UUID_LEN];
	struct vdev *again;

	vram[0] = 0xabcd;
	strcpy(uuid, d->uuid);
	vdev_close(d);
	EXPECT(raises_sigbus(vram, false));
	EXPECT(raises_sigbus(vram, true));

	/* Nor does it come back to life when somebody else opens it. */
	again = vdev_open(uuid);
	vdev_decode(again, DECODE_ALL);
	EXPECT(raises_sigbus(vram, true));
	munmap(vram, T4->size);
}

static const struct tap_test tests[] = {
	TAP_TEST(mapping_and_file_are_one),
	TAP_TEST(any_width_and_alignment),
	TAP_TEST(both_ends_of_the_file),
	TAP_TEST(regions_that_are_absent),
	TAP_TEST(memory_decode_off),
	TAP_TEST(memory_decode_on_again),
	TAP_TEST(map_while_decode_is_off),
	TAP_TEST(io_decode_off),
	TAP_TEST(bad_mappings),
	TAP_TEST(part_of_the_aperture),
	TAP_TEST(unmap_in_use),
	TAP_TEST(buffers_in_the_aperture),
	TAP_TEST(mapping_after_close),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "decode", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = vdev_cleanup,
	};

	return tap_run(&suite);
}
