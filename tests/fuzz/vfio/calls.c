// SPDX-License-Identifier: GPL-2.0
/* What programs call, but for mappings. Each may fail: nothing else may happen. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "fuzz.h"
#include "victims.h"

#define PAGE		4096
#define BUFFER		65536

static const char * const instance_attrs[] = {
	"type", "vram_offset", "vram_size", "state", "resolution", "weight", "cap",
	"min", "traps", "traps_read", "trap_time_ns", "guard_traps", "guard_irqs",
	"unknown_regs", "faults", "migration/state_size", "migration/dirty_bytes",
	"migration/dirty_rate", "migration/downtime_estimate_ns",
};

static const char * const gpu_attrs[] = {
	"vram_free", "vram_largest_free", "last_refusal", "policy", "slice_us",
	"window_ms", "averaging", "trap_charge",
};

/* What an operator may set, and values, of which some are refused. */
static const struct {
	const char *name;
	const char *values[6];
} settings[] = {
	{ "weight", { "100", "1", "10000", "0", "99999", "x" } },
	{ "cap", { "100", "50", "1", "0", "101", "" } },
	{ "min", { "0", "5", "10", "101", "-1", "5 5" } },
	{ "resolution", { "640x480", "320x200", "1x1", "x", "9999x9999", "640x480x" } },
	{ "migration/bandwidth", { "0", "1", "100000000", "-1",
				   "18446744073709551615", "x" } },
}, gpu_settings[] = {
	{ "policy", { "best_effort", "equal_share", "fixed_share", "none", "", "x" } },
	{ "slice_us", { "2000", "1000", "500", "0", "99999999", "x" } },
	{ "window_ms", { "50", "100", "1000", "0", "99999999", "x" } },
	{ "averaging", { "1", "10", "60", "0", "99999", "x" } },
	{ "trap_charge", { "0", "50", "100", "101", "99999", "x" } },
};

void worker_begin(struct worker *w, struct vdev *d)
{
	unsigned int i;

	memset(w, 0, sizeof(*w));
	w->d = d;
	for (i = 0; i < NR_EVENTS; i++)
		w->event[i] = evt_new();
	close(w->event[NR_EVENTS - 1]);
	w->page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(w->page != MAP_FAILED);
	ASSERT_OK(mprotect(w->page + PAGE, PAGE, PROT_NONE));
	moves_begin(w);
}

void worker_end(struct worker *w)
{
	unsigned int i;

	moves_end(w);
	maps_end(w);
	munmap(w->page, 2 * PAGE);
	for (i = 0; i < NR_EVENTS - 1; i++)
		close(w->event[i]);
}

static int open_file(const struct vdev *d)
{
	return ioctl(d->group, VFIO_GROUP_GET_DEVICE_FD, d->uuid);
}

/* From now on it has a file of its own. What the vGPU is stays as it was. */
void worker_own(struct worker *w)
{
	w->own = *w->d;
	w->own.fd = open_file(w->d);
	w->d = &w->own;
}

static bool has_own(const struct worker *w)
{
	return w->d == &w->own;
}

/* It is closed; what was mapped by it is still there. */
void worker_disown(struct worker *w)
{
	if (has_own(w))
		close(w->own.fd);
}

static uint64_t place(const struct worker *w, unsigned int region, uint64_t raw)
{
	uint64_t size = region < NR_REGIONS ? w->d->region[region].size : PAGE;

	return ((uint64_t)region << 40) + edge(raw, size);
}

/* @many: at times all of a buffer, not some bytes. */
static size_t length(uint64_t width, uint64_t many)
{
	return many ? width : width * 4096 % BUFFER;
}

/* Who has written there is the vGPU. */
static bool is_memory(unsigned int region)
{
	return region == REGION_VRAM || region == REGION_DISPLAY ||
	       (region < NR_BARS && gpu->bars[region].size == LIKE_VRAM);
}

/* To be written: none that stands for what nobody has written. */
static uint8_t byte_of(uint64_t raw)
{
	return is_poison(raw) || (uint8_t)raw == 0xff ? 0x11 : raw;
}

long call_read(struct worker *w, const uint64_t *arg)
{
	uint64_t at = place(w, arg[0], arg[1]);
	uint8_t buf[BUFFER];
	ssize_t n;

	n = pread(w->d->fd, buf, length(arg[2] % 128, arg[3]), at);
	expect_within(w, at, false, n);
	if (n < 0)
		return -errno;
	expect_own(buf, n, "a region");
	if (!is_memory(arg[0]))
		expect_no_secrets(buf, n, 8, "a region");
	return 0;
}

long call_write(struct worker *w, const uint64_t *arg)
{
	uint64_t at = place(w, arg[0], arg[1]);
	size_t n = length(arg[2] % 128, arg[3]);
	uint8_t buf[BUFFER];
	ssize_t done;

	if (!marks_fill(buf, n))
		memset(buf, byte_of(arg[4] >> 8), n);
	memcpy(buf, &arg[4], sizeof(arg[4]));
	done = pwrite(w->d->fd, buf, n, at);
	expect_within(w, at, true, done);
	return done < 0 ? -errno : 0;
}

long call_config(struct worker *w, const uint64_t *arg)
{
	return vdev_pwrite(w->d, REGION_CONFIG, &arg[2], arg[1] % 9, arg[0]) < 0 ?
	       -errno : 0;
}

/* Written, and read back: aligned mostly, for only then something happens. */
long call_register(struct worker *w, const uint64_t *arg)
{
	uint64_t at = edge(arg[0], gpu->regs_size), val = arg[2];
	size_t n = arg[1] % 9;

	if (arg[0] >> 61)
		at &= ~3ULL;
	if (vdev_pwrite(w->d, REGION_REGS, &val, n, at) < 0 ||
	    vdev_pread(w->d, REGION_REGS, &val, n, at) < 0)
		return -errno;
	expect_no_secrets(&val, n, 8, "a register");
	return 0;
}

/* Anywhere in 64 bits of file. */
long call_seek(struct worker *w, const uint64_t *arg)
{
	uint64_t val = arg[0];
	bool write = arg[2] & 1;
	ssize_t n;

	n = write ? pwrite(w->d->fd, &val, arg[1] % 9, arg[0]) :
		    pread(w->d->fd, &val, arg[1] % 9, arg[0]);
	expect_within(w, arg[0], write, n);
	return n < 0 ? -errno : 0;
}

/* Where an ioctl's structure is: whole, cut off by the end of memory, or nowhere. */
static uint32_t *structure(struct worker *w, uint64_t how, uint64_t cut)
{
	switch (how & 3) {
	case 0:
		return (uint32_t *)(w->page + PAGE - (cut & 63 & ~3ULL));
	case 1:
		return how & 4 ? NULL : (uint32_t *)w->page;
	default:
		return (uint32_t *)w->page;
	}
}

/* A file that an ioctl has made is not kept. */
static void close_new(unsigned long request, const uint32_t *at, uint32_t before)
{
	if (request == VFIO_DEVICE_FEATURE && at[3] != before && (int)at[3] > 2)
		close(at[3]);
}

long call_ioctl(struct worker *w, const uint64_t *arg)
{
	const uint32_t words[] = {
		edge(arg[1], 64), arg[3] | (arg[4] & 7) << 16, arg[2], arg[4] >> 8,
	};
	uint32_t *at = structure(w, arg[5], arg[1]);
	unsigned int i;
	int ret;

	answer_begin(w, words[0]);
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (at && (uint8_t *)(at + i + 1) <= w->page + PAGE)
			at[i] = words[i];
	ret = ioctl(w->d->fd, arg[0], at) ? -errno : 0;
	if (at == (uint32_t *)w->page)
		expect_answer(w, arg[0], words, !ret);
	if (ret)
		return ret;
	if ((uint8_t *)(at + ARRAY_SIZE(words)) <= w->page + PAGE)
		close_new(arg[0], at, words[3]);
	return 0;
}

/* Eventfds, the one that is closed, none, and a file that is another thing. */
static int event(const struct worker *w, uint64_t n)
{
	if (n < NR_EVENTS)
		return w->event[n];
	return n == NR_EVENTS ? -1 : w->d->fd;
}

long call_irqs(struct worker *w, const uint64_t *arg)
{
	int32_t fds[5];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = event(w, (arg[4] + i) % (NR_EVENTS + 2));
	return irq_set(w->d, arg[0], arg[1], arg[2], arg[3], fds,
		       arg[1] & VFIO_IRQ_SET_DATA_EVENTFD ? arg[3] % 6 * 4 :
		       arg[1] & VFIO_IRQ_SET_DATA_BOOL ? arg[3] % 6 : 0) ? -errno : 0;
}

/* Header and data need not have to do with each other. */
long call_irqs_any(struct worker *w, const uint64_t *arg)
{
	struct vfio_irq_set *set = (void *)w->page;

	memset(w->page, arg[5], PAGE);
	*set = (struct vfio_irq_set) {
		.argsz = edge(arg[4], 64), .flags = arg[1], .index = arg[0],
		.start = edge(arg[2], 256), .count = edge(arg[3], 256),
	};
	return ioctl(w->d->fd, VFIO_DEVICE_SET_IRQS, set) ? -errno : 0;
}

/* As QEMU does it when the guest has acknowledged. */
long call_event(struct worker *w, const uint64_t *arg)
{
	uint64_t one = 1;

	return write(w->event[arg[0] % NR_EVENTS], &one, sizeof(one)) < 0 ? -errno : 0;
}

long call_reset(struct worker *w, const uint64_t *arg)
{
	(void)arg;
	return ioctl(w->d->fd, VFIO_DEVICE_RESET) ? -errno : 0;
}

/* As a driver does first after a reset, without which nothing else comes through. */
long call_enable(struct worker *w, const uint64_t *arg)
{
	uint16_t on = DECODE_ALL | PCI_COMMAND_MASTER;

	(void)arg;
	return vdev_pwrite(w->d, REGION_CONFIG, &on, sizeof(on), PCI_COMMAND) < 0 ?
	       -errno : 0;
}

long call_dma_map(struct worker *w, const uint64_t *arg)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .flags = arg[2],
		.vaddr = (uintptr_t)(arg[3] ? w->page : w->map[0]),
		.iova = edge(arg[0], 1ULL << 32), .size = arg[1],
	};

	if (w->d->container < 0)
		return 0;
	return ioctl(w->d->container, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

long call_dma_unmap(struct worker *w, const uint64_t *arg)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .flags = arg[2] & 2,
		.iova = edge(arg[0], 1ULL << 32), .size = arg[1],
	};

	if (w->d->container < 0)
		return 0;
	return ioctl(w->d->container, VFIO_IOMMU_UNMAP_DMA, &unmap) ? -errno : 0;
}

/*
 * A second file of the same device, while the first is in use; or another in its place,
 * which opens the device if nobody else has it open.
 */
long call_open_again(struct worker *w, const uint64_t *arg)
{
	uint32_t val;
	int fd;

	(void)arg;
	if (w->d->group < 0)
		return 0;
	if (has_own(w)) {
		close(w->own.fd);
		w->own.fd = open_file(&w->own);
		return w->own.fd < 0 ? -errno : 0;
	}
	fd = open_file(w->d);
	if (fd < 0)
		return -errno;
	pread(fd, &val, sizeof(val), w->d->region[REGION_CONFIG].offset);
	close(fd);
	return 0;
}

static char *instance_path(const struct worker *w, const char *name)
{
	char *path;

	return asprintf(&path, "/sys/bus/mdev/devices/%s/vgpu/%s", w->d->uuid,
			name) < 0 ? NULL : path;
}

static char *gpu_file(const char *name)
{
	char *path;

	return asprintf(&path, "%s/vgpu/%s", gpu_path(), name) < 0 ? NULL : path;
}

long call_sysfs_read(struct worker *w, const uint64_t *arg)
{
	char buf[ATTR_LEN], *path;
	long ret;

	path = arg[0] & 1 ?
	       instance_path(w, instance_attrs[(arg[0] >> 1) %
					       ARRAY_SIZE(instance_attrs)]) :
	       gpu_file(gpu_attrs[(arg[0] >> 1) % ARRAY_SIZE(gpu_attrs)]);
	if (!path)
		return -ENOMEM;
	ret = file_read(path, buf, sizeof(buf)) < 0 ? -errno : 0;
	if (!ret)
		expect_no_secrets_told(buf, path);
	free(path);
	return ret;
}

long call_sysfs_write(struct worker *w, const uint64_t *arg)
{
	uint64_t n = arg[0] >> 1;
	const char *value;
	char *path;
	long ret;

	if (arg[0] & 1) {
		n %= ARRAY_SIZE(settings);
		path = instance_path(w, settings[n].name);
		value = settings[n].values[arg[1] % 6];
	} else {
		n %= ARRAY_SIZE(gpu_settings);
		path = gpu_file(gpu_settings[n].name);
		value = gpu_settings[n].values[arg[1] % 6];
	}
	if (!path)
		return -ENOMEM;
	ret = file_write(path, value) < 0 ? -errno : 0;
	free(path);
	return ret;
}

/* As a driver brings it, whatever state the vGPU is in. */
long call_work(struct worker *w, const uint64_t *arg)
{
	gpu->meddle(w->d, arg[0] & 0xffff);
	return 0;
}

/* As one brings it who wants to reach further than it may. */
long call_trespass(struct worker *w, const uint64_t *arg)
{
	gpu->trespass(w->d, arg[0]);
	return 0;
}

long call_plane(struct worker *w, const uint64_t *arg)
{
	struct vfio_device_gfx_plane_info plane = {
		.argsz = sizeof(plane), .flags = arg[0], .drm_plane_type = arg[1],
	};

	if (ioctl(w->d->fd, VFIO_DEVICE_QUERY_GFX_PLANE, &plane))
		return -errno;
	expect_no_secrets(&plane, sizeof(plane), 4, "a plane");
	return 0;
}

/* A word at the head of what a monitor is; the EDID behind it is bytes as others. */
long call_monitor(struct worker *w, const uint64_t *arg)
{
	uint32_t val = arg[1];

	return vdev_pwrite(w->d, REGION_EDID, &val, sizeof(val), arg[0] * 4) < 0 ?
	       -errno : 0;
}

/* Another vGPU comes and goes: not often, for it takes long. */
long call_neighbour(struct worker *w, const uint64_t *arg)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	char uuid[UUID_LEN];
	long ret = 0;

	(void)w;
	if (arg[0])
		return 0;
	pthread_mutex_lock(&lock);
	mdev_uuid(uuid);
	if (mdev_try_create(gpu->small, uuid) || mdev_remove(uuid))
		ret = -errno;
	pthread_mutex_unlock(&lock);
	return ret;
}
