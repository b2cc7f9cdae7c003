// SPDX-License-Identifier: GPL-2.0
/*
 * The soft GPU: its module, its PCI function and that of its vGPUs, rings and
 * doorbells. Beside whatever other GPU there is.
 */
#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "move.h"
#include "soft.h"
#include "softdir.h"
#include "tenant.h"

#define SLOTS		64

/* Where the ring of a queue and its fence are in VRAM. */
#define RING_AT		0x10000
#define FENCE_AT	0x20000
#define DATA_AT		0x100000

static char gpu_dir[256];

/* The first PCI device that offers a type of this name; -1 when none does. */
static int find_gpu(void)
{
	glob_t found;
	int ret;

	ret = glob("/sys/bus/pci/devices/*/mdev_supported_types/vgpu_soft-SOFT-4C",
		   0, NULL, &found);
	if (!ret) {
		snprintf(gpu_dir, sizeof(gpu_dir), "%s", found.gl_pathv[0]);
		strstr(gpu_dir, "/mdev_supported_types")[0] = '\0';
		globfree(&found);
	}
	return ret ? -1 : 0;
}

static size_t count_gpus(void)
{
	glob_t found;
	size_t n = 0;

	if (!glob("/sys/bus/pci/drivers/vgpu_soft/0000:*", 0, NULL, &found)) {
		n = found.gl_pathc;
		globfree(&found);
	}
	return n;
}

static int module(const char *arguments)
{
	char command[256];

	snprintf(command, sizeof(command), "modules soft %s 2>/dev/null",
		 arguments);
	return system(command);
}

static void before(void)
{
	ASSERT_EQ(module("vram_mb=64"), 0);
	ASSERT_OK(find_gpu());
}

static void after(void)
{
	char text[ATTR_LEN];

	soft_end();
	/* Gone with all that it has made. */
	EXPECT(file_read(gpu_dir, text, sizeof(text)) < 0 && errno == ENOENT);
}

static struct vdev *create(const char *type)
{
	struct vdev *d = soft_create(gpu_dir, type);

	vdev_decode(d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	return d;
}

/**
 * struct queue - one of the two of a vGPU
 * @ring: its ring
 * @fence: where its fence is
 */
struct queue {
	struct ring ring;
	uint64_t fence;
};

static struct queue queue_new(struct vdev *d, bool compute)
{
	struct queue q = { .fence = FENCE_AT + compute * 64 };

	ring_map(&q.ring, d, compute);
	ASSERT(ring_enable(&q.ring, RING_AT + compute * 0x8000, SLOTS));
	return q;
}

static volatile uint64_t *word(struct queue *q, uint64_t at)
{
	return ring_word(&q->ring, at);
}

static void submit(struct queue *q, struct packet p)
{
	ASSERT(AWAIT(ring_has_room(&q->ring)));
	ring_put(&q->ring, &p);
}

static void submit_fence(struct queue *q, uint64_t value)
{
	submit(q, (struct packet) {
		.op = OP_NOP, .flags = FLAG_FENCE,
		.fence = q->fence, .fence_value = value,
	});
}

static void await_fence(struct queue *q, uint64_t value)
{
	ASSERT(AWAIT(*word(q, q->fence) == value));
}

static void one_page_around(struct vdev *d, uint64_t offset, bool mapped)
{
	void *p = vdev_try_map(d, BAR_CONTROL, offset, 4096);

	EXPECT_EQ(p != MAP_FAILED, mapped);
	if (p != MAP_FAILED)
		munmap(p, 4096);
}

/* What a client sees: memory, doorbells that alone of BAR 3 can be mapped. */
static void regions(void)
{
	struct vdev *d = create("SOFT-4C");
	struct vfio_region_info *info = vdev_region_info(d, BAR_CONTROL);
	struct vfio_region_info_cap_sparse_mmap *sparse;
	unsigned int i;

	EXPECT_EQ(d->region[BAR_VRAM].size, 4 * MIB);
	EXPECT(d->region[BAR_VRAM].flags & VFIO_REGION_INFO_FLAG_MMAP);
	sparse = region_cap(info, VFIO_REGION_INFO_CAP_SPARSE_MMAP);
	ASSERT(sparse);
	for (i = 0; i < sparse->nr_areas; i++)
		EXPECT(sparse->areas[i].offset >= BELL_COPY &&
		       sparse->areas[i].offset + sparse->areas[i].size <=
		       MSIX_TABLE);
	one_page_around(d, 0, false);
	one_page_around(d, BELL_COPY, true);
	one_page_around(d, BELL_COMPUTE, true);
	one_page_around(d, MSIX_TABLE, false);
	EXPECT_EQ(cfg_rd(d, PCI_CLASS_DEVICE, 2), 0x1200);
	/* No display: neither region, nor file, nor plane. */
	EXPECT_EQ(d->region[REGION_EDID].size, 0);
	EXPECT_EQ(d->region[REGION_DISPLAY].size, 0);
	free(info);
}

/*
 * A partition that is no power of two: the BAR is the next one, of which just the
 * partition is mapped, and what is behind it is nothing.
 */
static void no_power_of_two(void)
{
	struct vfio_region_info_cap_sparse_mmap *sparse;
	struct vdev *d = create("SOFT-24C");
	struct vfio_region_info *info = vdev_region_info(d, BAR_VRAM);
	uint64_t at, val = 0x0123456789abcdef, got;
	volatile uint64_t *vram;

	EXPECT_EQ(d->region[BAR_VRAM].size, 32 * MIB);
	sparse = region_cap(info, VFIO_REGION_INFO_CAP_SPARSE_MMAP);
	ASSERT(sparse);
	ASSERT_EQ(sparse->nr_areas, 1);
	EXPECT_EQ(sparse->areas[0].offset, 0);
	EXPECT_EQ(sparse->areas[0].size, 24 * MIB);
	free(info);
	EXPECT_EQ(vdev_rd(d, BAR_CONTROL, VRAM_LO, 4), 24 * MIB);

	EXPECT(vdev_try_map(d, BAR_VRAM, 0, 32 * MIB) == MAP_FAILED);
	EXPECT(vdev_try_map(d, BAR_VRAM, 24 * MIB, 4096) == MAP_FAILED);
	EXPECT(vdev_try_map(d, BAR_VRAM, 24 * MIB - 4096, 8192) == MAP_FAILED);
	vram = vdev_try_map(d, BAR_VRAM, 0, 24 * MIB);
	ASSERT(vram != MAP_FAILED);
	for (at = 0; at < 24 * MIB; at += 4096)
		vram[at / 8] = ~at;
	for (at = 0; at < 24 * MIB; at += 4096)
		if (vram[at / 8] != ~at)
			break;
	EXPECT_EQ(at, 24 * MIB);
	for (at = 24 * MIB; at < 32 * MIB; at += 4 * MIB - 8) {
		ASSERT_EQ(vdev_pwrite(d, BAR_VRAM, &val, 8, at), 8);
		ASSERT_EQ(vdev_pread(d, BAR_VRAM, &got, 8, at), 8);
		EXPECT_EQ(got, ~0ULL);
	}
	EXPECT_EQ(vram[0], ~0ULL);
	EXPECT_EQ(vram[(24 * MIB - 4096) / 8], ~(24 * MIB - 4096));
}

static unsigned int available(const char *type)
{
	return soft_available(gpu_dir, type);
}

/* Of a size and beside others: as many as were promised, and not one more. */
static void sizes_fit(void)
{
	char uuid[UUID_LEN];
	unsigned int left;

	EXPECT_EQ(available("SOFT-24C"), 2);
	create("SOFT-4C");
	create("SOFT-24C");
	EXPECT_EQ(available("SOFT-64C"), 0);
	for (left = available("SOFT-4C"); left; left--) {
		EXPECT_EQ(available("SOFT-4C"), left);
		create("SOFT-4C");
	}
	EXPECT_ERR(soft_try_create(gpu_dir, "SOFT-4C", uuid), ENOSPC);
}

/* Work is done and told of, and bytes are where they should be. */
static void works_and_interrupts(void)
{
	static const bool queues[] = { false, true };
	struct vdev *d = create("SOFT-16C");
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(queues); i++) {
		struct queue q = queue_new(d, queues[i]);
		uint64_t at = DATA_AT + i * MIB;
		uint32_t *data = (uint32_t *)(q.ring.vram + at);
		int fd = evt_new();

		ASSERT_OK(irq_set(d, VFIO_PCI_MSIX_IRQ_INDEX,
				  VFIO_IRQ_SET_DATA_EVENTFD |
				  VFIO_IRQ_SET_ACTION_TRIGGER, i, 1, &fd,
				  sizeof(fd)));
		submit(&q, (struct packet) {
			.op = OP_FILL, .flags = FLAG_IRQ, .value = 0xc0ffee00 + i,
			.dst = at, .size = MIB / 2,
		});
		EXPECT(evt_wait(fd) >= 1);
		for (j = 0; j < MIB / 8; j++)
			if (data[j] != 0xc0ffee00 + i)
				break;
		EXPECT_EQ(j, MIB / 8);
		EXPECT_EQ(data[MIB / 8], 0);
		close(fd);
	}
	EXPECT_EQ(mdev_attr_u64(d->uuid, "ops"), 2);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "bytes"), MIB);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "dropped"), 0);
}

/*
 * None is lost, whatever the engine is doing when it comes: busy, looking at the
 * ring, about to arm the doorbell, asleep. While it is awake a ring is no trap.
 */
static void doorbell_loses_none(void)
{
	struct vdev *d = create("SOFT-4C");
	unsigned int times = tap_thorough() ? 10000 : 2000, i;
	struct queue q = queue_new(d, true);
	uint64_t rings;

	srand(1);
	for (i = 1; i <= times; i++) {
		submit_fence(&q, i);
		if (rand() % 8)
			continue;
		await_fence(&q, i);
		/* Around the time after which a doorbell is armed, and beyond. */
		if (!(rand() % 8))
			usleep(rand() % 40000);
	}
	await_fence(&q, times);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "ops"), times);
	rings = mdev_attr_u64(d->uuid, "traps_write");
	tap_note("%llu of %u rings were page faults",
		 (unsigned long long)rings, times);
	/* It was asleep at times, and at times it was not. */
	EXPECT(rings > 2);
	EXPECT(rings < times);
}

static volatile bool saved;

static void *rings_far_and_near(void *bell)
{
	volatile uint32_t *word = bell;

	while (!saved) {
		word[1023] = 1;
		word[1023] = 0;
	}
	return NULL;
}

/* It stands still; who has mapped its doorbells does not. */
static void rung_while_saved(void)
{
	struct vdev *d = create("SOFT-4C");
	struct ring ring;
	pthread_t thread;
	unsigned int i;
	int fd;

	ring_map(&ring, d, true);
	saved = false;
	ASSERT(!pthread_create(&thread, NULL, rings_far_and_near,
			       (void *)ring.bell));
	for (i = 0; i < 300; i++) {
		fd = mig_save_begin(d);
		close(fd);
		ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_RUNNING, NULL));
	}
	saved = true;
	pthread_join(thread, NULL);
	ring_unmap(&ring);
}

static void work_of_one(struct vdev *d, uint64_t value)
{
	struct queue q = queue_new(d, true);

	submit_fence(&q, value);
	await_fence(&q, value);
	ring_unmap(&q.ring);
}

static uint64_t turn;

static int child_works(void *d)
{
	work_of_one(d, turn);
	return 0;
}

/* As a new QEMU gets an open vGPU from the old one: its doorbells, too. */
static void handed_over(void)
{
	struct vdev *d = create("SOFT-4C");

	for (turn = 1; turn < 4; turn++)
		ASSERT_EQ(child_finish(child_start(child_works, d)), 0);
	work_of_one(d, turn);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "ops"), 4);
}

/* Closed and opened by the next tenant: neither rings nor memory are the last's. */
static void the_next_tenant(void)
{
	struct vdev *d = create("SOFT-4C");
	struct queue q = queue_new(d, false);
	uint8_t *vram;

	memset(q.ring.vram + DATA_AT, 0x5a, MIB);
	submit_fence(&q, 1);
	await_fence(&q, 1);
	ring_unmap(&q.ring);
	d = vdev_reopen(d);
	vdev_decode(d, PCI_COMMAND_MEMORY);
	EXPECT_EQ(vdev_rd(d, BAR_CONTROL, QUEUE_COPY + RING_ENABLE, 4), 0);
	vram = vdev_try_map(d, BAR_VRAM, 0, d->size);
	ASSERT(vram != MAP_FAILED);
	EXPECT_EQ(vram[0], 0);
	EXPECT(!memcmp(vram, vram + 1, d->size - 1));
}

/* Every page of a large vGPU, by 2 MiB where the kernel can. */
static void all_of_memory(void)
{
	struct vdev *d = create("SOFT-16C");
	struct queue q = queue_new(d, false);
	uint64_t i;

	for (i = DATA_AT; i < d->size; i += 4096)
		*word(&q, i) = ~i;
	for (i = DATA_AT; i < d->size; i += 4096)
		if (*word(&q, i) != ~i)
			break;
	EXPECT_EQ(i, d->size);
	/* The engine sees what the CPU has written, and so does read(). */
	for (i = DATA_AT; i < d->size; i += MIB) {
		uint64_t got;

		ASSERT_EQ(vdev_pread(d, BAR_VRAM, &got, 8, i), 8);
		EXPECT_EQ(got, ~i);
	}
}

static uint64_t of_gpu(const char *engine, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/vgpu/engines/%s/%s", gpu_dir, engine, name);
	return file_u64(path);
}

static uint64_t of_vgpu(const struct vdev *d, const char *engine,
			const char *name)
{
	char path[ATTR_LEN];

	snprintf(path, sizeof(path), "engines/%s/%s", engine, name);
	return mdev_attr_u64(d->uuid, path);
}

static bool is_on(const struct vdev *d, const char *engine)
{
	char path[512];

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/vgpu/engines/%s",
		 d->uuid, engine);
	return !access(path, F_OK);
}

static uint64_t both_busy(void)
{
	return of_gpu("compute0", "busy_time_ns") +
	       of_gpu("compute1", "busy_time_ns");
}

/* Have they been busy for longer than the clock has run? It is read last. */
static bool more_than_the_clock(uint64_t busy, uint64_t begin)
{
	uint64_t spent = both_busy() - busy;

	return spent > tap_ns() - begin;
}

/* Modelled time for longer than anybody waits. */
static void work_for_long(struct vdev *d)
{
	struct queue q = queue_new(d, true);
	unsigned int i;

	for (i = 0; i < SLOTS - 1; i++)
		submit(&q, (struct packet) { .op = OP_WAIT, .size = 10000000000 });
}

/*
 * Two engines work for different tenants at once: together they are busy for
 * longer than the clock runs. Each tenant's time is its engine's, to the
 * nanosecond, and on no other.
 */
static void two_engines_at_once(void)
{
	struct vdev *d[2];
	static const char * const engine[] = { "compute0", "compute1" };
	static const char * const copy[] = { "copy0", "copy1" };
	uint64_t begin, busy;
	unsigned int i;

	ASSERT_EQ(system("rmmod vgpu_soft"), 0);
	ASSERT_EQ(module("vram_mb=64 slices=2"), 0);
	d[0] = create("SOFT-16C-S0");
	d[1] = create("SOFT-16C-S1");
	for (i = 0; i < 2; i++) {
		EXPECT(is_on(d[i], engine[i]) && is_on(d[i], copy[i]));
		EXPECT(!is_on(d[i], engine[!i]) && !is_on(d[i], copy[!i]));
		work_for_long(d[i]);
	}
	begin = tap_ns();
	busy = both_busy();
	EXPECT(AWAIT(more_than_the_clock(busy, begin)));
	for (i = 0; i < 2; i++)
		ASSERT_OK(vdev_ioctl(d[i], VFIO_DEVICE_RESET, NULL));
	for (i = 0; i < 2; i++) {
		EXPECT(of_vgpu(d[i], engine[i], "gpu_time_ns") > 0);
		EXPECT_EQ(of_vgpu(d[i], engine[i], "gpu_time_ns"),
			  of_gpu(engine[i], "busy_time_ns"));
		EXPECT_EQ(of_vgpu(d[i], copy[i], "gpu_time_ns"), 0);
		EXPECT_EQ(of_gpu(copy[i], "busy_time_ns"), 0);
	}
}

/* Unbound and bound again, as orchestrators do it. */
static void unbind_and_bind(void)
{
	char name[16];

	snprintf(name, sizeof(name), "%s", strrchr(gpu_dir, '/') + 1);
	ASSERT_OK(file_write("/sys/bus/pci/drivers/vgpu_soft/unbind", name));
	EXPECT(find_gpu() < 0);
	ASSERT_OK(file_write("/sys/bus/pci/drivers/vgpu_soft/bind", name));
	ASSERT_OK(find_gpu());
	create("SOFT-4C");
}

/* What it cannot make it refuses, with nothing taken. */
static void bad_parameters(void)
{
	static const char * const bad[] = {
		"gpus=17", "vram_mb=0", "vram_mb=3", "vram_mb=70000",
		"bus=256", "bus=0", "bus=1 gpus=3", "node=4711", "slices=3",
		"vram_mb=2", "vram_mb=65536", "gpus=2 vram_mb=65536",
	};
	unsigned int i;

	ASSERT_EQ(system("rmmod vgpu_soft"), 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		if (!EXPECT(module(bad[i]) != 0))
			system("rmmod vgpu_soft");
		EXPECT(access("/sys/module/vgpu_soft", F_OK) < 0);
		EXPECT(find_gpu() < 0);
	}
	ASSERT_EQ(module("gpus=0"), 0);
	EXPECT_EQ(count_gpus(), 0);
	ASSERT_EQ(system("rmmod vgpu_soft"), 0);
	ASSERT_EQ(module("gpus=2 vram_mb=4"), 0);
	ASSERT_OK(find_gpu());
	EXPECT_EQ(count_gpus(), 2);
}

/* Of the GPU that is the only one on bus 1. */
#define NODE		"/dev/vgpu-soft-0000:01:00.0"

static volatile bool loads;

/* Who waits for an executor's device, as udev does; it is kept open. */
static void *opener(void *opened)
{
	int fd = -1;

	while (loads && fd < 0)
		fd = open(NODE, O_RDWR | O_CLOEXEC);
	*(int *)opened = fd;
	return NULL;
}

/*
 * Loading fails when a first GPU is there already: the second would be on bus 0. The
 * kernel frees the module then, whoever has a file of it open: so nobody has.
 */
static void loading_fails_late(void)
{
	pthread_t thread;
	unsigned int i;
	int opened;

	ASSERT_EQ(system("rmmod vgpu_soft"), 0);
	ASSERT_EQ(module("bus=1 vram_mb=4"), 0);
	EXPECT_OK(access(NODE, R_OK));
	ASSERT_EQ(system("rmmod vgpu_soft"), 0);
	loads = true;
	ASSERT(!pthread_create(&thread, NULL, opener, &opened));
	for (i = 0; i < 10; i++)
		EXPECT(module("bus=1 gpus=2 vram_mb=4") != 0);
	loads = false;
	pthread_join(thread, NULL);
	EXPECT_EQ(opened, -1);
	ASSERT_EQ(module("gpus=2 vram_mb=4"), 0);
	ASSERT_OK(find_gpu());
}

static const struct tap_test tests[] = {
	TAP_TEST(regions),
	TAP_TEST(no_power_of_two),
	TAP_TEST(sizes_fit),
	TAP_TEST(works_and_interrupts),
	TAP_TEST(doorbell_loses_none),
	TAP_TEST(rung_while_saved),
	TAP_TEST(handed_over),
	TAP_TEST(the_next_tenant),
	TAP_TEST(all_of_memory),
	TAP_TEST(two_engines_at_once),
	TAP_TEST(unbind_and_bind),
	TAP_TEST(bad_parameters),
	TAP_TEST(loading_fails_late),
};

int main(void)
{
	const struct tap_suite suite = {
		.name = "soft",
		.tests = tests,
		.nr = ARRAY_SIZE(tests),
		.before = before,
		.after = after,
	};

	return tap_run(&suite);
}
