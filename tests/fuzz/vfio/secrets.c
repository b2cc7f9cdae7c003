// SPDX-License-Identifier: GPL-2.0
/*
 * What no answer may have: bytes that the kernel has not set, and its addresses.
 *
 * What is not set is seen where it is filled with what nothing else has in a row: by the
 * kernel, told so on its command line, of memory that it gives out; by the compiler, of
 * what functions have on their stacks (scripts/fuzz does both). Programs do not write
 * these bytes. Which addresses there are the kernel tells root, so that numbers that a
 * guest has written are hardly ever taken for one.
 */
#include <elf.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "fuzz.h"

#define MAX_RANGES	32
/* Of registers. */
#define MAX_OFFSET	0x4000
/* Of a range that is for what comes and goes, what is used: it is from its start on. */
#define USED		(64ULL << 30)
#define USED_MODULES	(64ULL << 20)
#define MODULES		0xffffffff00000000
/* Where no file tells, and nothing is moved about (the kernel "debug"). */
#define LINEAR		0xffff888000000000
#define VMALLOC		0xffffc90000000000

/*
 * Freed, and not yet used (slub_debug=P); a page that was freed (page_poison=1); of a
 * stack (gcc's -ftrivial-auto-var-init=pattern).
 */
static const uint8_t poison[] = { 0x6b, 0x5a, 0xaa, 0xfe };

static struct range {
	uint64_t begin, end;
} ranges[MAX_RANGES];

static unsigned int nr_ranges;

static void add_range(uint64_t begin, uint64_t size)
{
	uint64_t most = begin >= MODULES ? USED_MODULES : USED;

	if (nr_ranges == MAX_RANGES)
		return;
	if (size > most)
		size = most;
	ranges[nr_ranges++] = (struct range) { begin, begin + size };
}

static void learn_from(int fd)
{
	Elf64_Ehdr head;
	Elf64_Phdr part;
	unsigned int i;

	ASSERT_EQ(pread(fd, &head, sizeof(head), 0), sizeof(head));
	for (i = 0; i < head.e_phnum; i++) {
		ASSERT_EQ(pread(fd, &part, sizeof(part), head.e_phoff + i * sizeof(part)),
			  sizeof(part));
		if (part.p_type == PT_LOAD)
			add_range(part.p_vaddr, part.p_memsz);
	}
}

/* Before all else: where the kernel has what it has. */
void secrets_begin(void)
{
	int fd;

	if (nr_ranges)
		return;
	fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		add_range(LINEAR, USED);
		add_range(VMALLOC, USED);
		return;
	}
	learn_from(fd);
	close(fd);
}

static bool is_address(uint64_t n)
{
	unsigned int i;

	if (n >> 47 != 0x1ffff)
		return false;
	for (i = 0; i < nr_ranges; i++)
		if (n >= ranges[i].begin && n < ranges[i].end)
			return true;
	return false;
}

/*
 * Of what is packed: the offset of a register, and in front of it or not the last byte of
 * another's value, behind it the value that a guest has written, which is a small negative
 * number. Addresses that look like that are those of one boot in a thousand, and few.
 */
static bool is_offset_and_value(uint64_t n)
{
	return (uint32_t)n < MAX_OFFSET || (uint32_t)(n >> 8) < MAX_OFFSET;
}

/* Is it a byte that stands for none? */
bool is_poison(uint8_t byte)
{
	unsigned int i;

	for (i = 0; i < sizeof(poison); i++)
		if (byte == poison[i])
			return true;
	return false;
}

/**
 * expect_no_secrets() - what was answered is what the kernel means to tell
 * @p: the answer, but for memory of the vGPU
 * @n: bytes
 * @run: so many that are the same are not there by chance
 * @where: what it was read from
 */
void expect_no_secrets(const void *p, size_t n, unsigned int run, const char *where)
{
	const uint8_t *bytes = p;
	unsigned int same = 0;
	uint64_t word = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		same = i && bytes[i] == bytes[i - 1] ? same + 1 : 1;
		if (same == run && is_poison(bytes[i]))
			tap_fail(__FILE__, __LINE__, "%s: byte %zu is not set: %#x",
				 where, i + 1 - run, bytes[i]);
		word = word >> 8 | (uint64_t)bytes[i] << 56;
		if (i >= 7 && is_address(word) && !is_offset_and_value(word))
			tap_fail(__FILE__, __LINE__, "%s: byte %zu is an address: %#llx",
				 where, i - 7, (unsigned long long)word);
	}
}

/* The same of text, of which numbers are looked at, in whatever base. */
void expect_no_secrets_told(const char *text, const char *where)
{
	const char *digits = "0123456789abcdefABCDEF", *at = text;
	unsigned long long n;
	size_t len;

	expect_no_secrets(text, strlen(text), 8, where);
	while (*(at += strcspn(at, digits))) {
		len = strspn(at, digits);
		n = strtoull(at, NULL, len == 16 ? 16 : 10);
		if (is_address(n))
			tap_fail(__FILE__, __LINE__, "%s: an address: %#llx", where, n);
		at += len;
	}
}

static int look_at_file(const char *path, const struct stat *st, int kind,
			struct FTW *where)
{
	char text[ATTR_LEN];

	(void)st;
	(void)where;
	if (kind == FTW_F && file_read(path, text, sizeof(text)) > 0)
		expect_no_secrets_told(text, path);
	return 0;
}

static void look_at_files(const char *of, const char *name)
{
	char *path;

	ASSERT(asprintf(&path, "%s/%s/", of, name) > 0);
	EXPECT(!nftw(path, look_at_file, 16, FTW_PHYS));
	free(path);
}

static void ask(const struct vdev *d, unsigned long request, uint32_t second,
		uint32_t third)
{
	uint32_t answer[64] = { sizeof(answer), second, third };
	char where[32];

	snprintf(where, sizeof(where), "ioctl %#lx of %u", request, third);
	if (!ioctl(d->fd, request, answer))
		expect_no_secrets(answer, sizeof(answer), 4, where);
}

/**
 * secrets_look() - what a vGPU answers by ioctls, and all files about it and its GPU
 * @d: it
 */
void secrets_look(const struct vdev *d)
{
	unsigned int i;

	ask(d, VFIO_DEVICE_GET_INFO, 0, 0);
	for (i = 0; i < NR_REGIONS; i++)
		ask(d, VFIO_DEVICE_GET_REGION_INFO, 0, i);
	for (i = 0; i < VFIO_PCI_NUM_IRQS; i++)
		ask(d, VFIO_DEVICE_GET_IRQ_INFO, 0, i);
	ask(d, VFIO_DEVICE_QUERY_GFX_PLANE, VFIO_GFX_PLANE_TYPE_REGION, 0);
	for (i = 0; i < 16; i++)
		ask(d, VFIO_DEVICE_FEATURE, VFIO_DEVICE_FEATURE_GET | i, 0);
	look_at_files("/sys/bus/mdev/devices", d->uuid);
	look_at_files(gpu_path(), "vgpu");
	look_at_files(gpu_path(), "mdev_supported_types");
}
