// SPDX-License-Identifier: GPL-2.0
/*
 * Reads sysfs. A vGPU may be removed, and another one created, between any two
 * steps: what belongs to one is read through one open directory, which does
 * not change its identity, and one that was not there all the time was never
 * there. Files come and go one by one, so each check is of the link that the
 * kernel makes after all of them and removes before any.
 */
#include <assert.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "reader.h"

#define FILE_LEN	4096

static_assert(NR_GPU_NUMBERS <= NR_NUMBERS && NR_VGPU_NUMBERS <= NR_NUMBERS &&
	      NR_ENGINE_NUMBERS <= NR_NUMBERS && NR_WORK_NUMBERS <= NR_NUMBERS &&
	      NR_TYPE_NUMBERS <= NR_NUMBERS,
	      "room for all numbers");

static const char *const gpu_files[NR_GPU_NUMBERS] = {
	[GPU_VRAM_TOTAL] = "vram_total",
	[GPU_VRAM_RESERVED] = "vram_reserved",
	[GPU_VRAM_FREE] = "vram_free",
	[GPU_VRAM_LARGEST_FREE] = "vram_largest_free",
	[GPU_SLICE_US] = "slice_us",
	[GPU_WINDOW_MS] = "window_ms",
	[GPU_AVERAGING] = "averaging",
	[GPU_TRAP_CHARGE] = "trap_charge",
	[GPU_WATCHDOG_MS] = "watchdog_ms",
	[GPU_LIMIT_TRAPS] = "guard_traps_limit",
	[GPU_LIMIT_IRQS] = "guard_irqs_limit",
	[GPU_LIMIT_RESETS] = "guard_resets_limit",
	[GPU_LIMIT_FAULTS] = "guard_faults_limit",
	[GPU_MOVES] = "moves",
	[GPU_MOVED_BYTES] = "moved_bytes",
	[GPU_MOVE_PAUSE_NS] = "move_pause_max_ns",
	[GPU_EXECUTOR] = "../soft/executor",
	[GPU_WORKERS] = "../soft/workers",
};

static const char *const engine_files[NR_ENGINE_NUMBERS] = {
	[ENGINE_IDLE_NS] = "idle_time_ns",
	[ENGINE_BUSY_NS] = "busy_time_ns",
	[ENGINE_SWITCH_NS] = "switch_time_ns",
	[ENGINE_RESETS] = "resets",
};

static const char *const vgpu_files[NR_VGPU_NUMBERS] = {
	[INST_VRAM_SIZE] = "vram_size",
	[INST_WEIGHT] = "weight",
	[INST_CAP] = "cap",
	[INST_MIN] = "min",
	[INST_TRAPS] = "traps",
	[INST_TRAPS_READ] = "traps_read",
	[INST_TRAPS_WRITE] = "traps_write",
	[INST_TRAPS_CONFIG] = "traps_config",
	[INST_TRAPS_VRAM] = "traps_vram",
	[INST_TRAP_NS] = "trap_time_ns",
	[INST_UNKNOWN_REGS] = "unknown_regs",
	[INST_FAULTS] = "faults",
	[INST_STATE_SIZE] = "migration/state_size",
	[INST_DIRTY_BYTES] = "migration/dirty_bytes",
	[INST_DIRTY_RATE] = "migration/dirty_rate",
	[INST_SAVES] = "migration/saves",
	[INST_SAVES_FAILED] = "migration/saves_failed",
	[INST_LOADS] = "migration/loads",
	[INST_LOADS_FAILED] = "migration/loads_failed",
	[INST_SENT] = "migration/bytes_sent",
	[INST_RECEIVED] = "migration/bytes_received",
	[INST_ROUNDS] = "migration/rounds",
	[INST_STOP_BYTES] = "migration/last_stop_bytes",
	[INST_STOP_NS] = "migration/last_stop_ns",
	[INST_START_NS] = "migration/last_start_ns",
};

static const char *const work_files[NR_WORK_NUMBERS] = {
	[WORK_LIMIT] = "limit",
	[WORK_GPU_NS] = "gpu_time_ns",
	[WORK_WAIT_NS] = "wait_time_ns",
	[WORK_WAIT_MAX_NS] = "wait_max_ns",
	[WORK_SLICES] = "slices",
	[WORK_SWITCHES] = "switches",
	[WORK_PREEMPTIONS] = "preemptions",
	[WORK_TRAPS] = "traps_engine",
	[WORK_OPS] = "ops",
	[WORK_BYTES] = "bytes",
	[WORK_DROPPED] = "dropped",
	[WORK_FIFO_OVERFLOWS] = "fifo_overflows",
};

static const char *const vgpu_words[NR_VGPU_WORDS] = {
	[WORD_STATE] = "state",
	[WORD_GUARD_TRAPS] = "guard_traps",
	[WORD_GUARD_IRQS] = "guard_irqs",
	[WORD_GUARD_RESETS] = "guard_resets",
	[WORD_GUARD_FAULTS] = "guard_faults",
};

/* In the order of the words and of the limits. */
const char *const guard_kinds[4] = { "traps", "irqs", "resets", "faults" };

/**
 * open_root() - open a directory of the machine
 * @dir: "sys/..." or "proc"; below VGPU_ROOT if that is set, for tests
 *
 * Return: file descriptor, or -1.
 */
int open_root(const char *dir)
{
	const char *root = getenv("VGPU_ROOT");
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", root ?: "", dir) >=
	    (int)sizeof(path))
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int open_dir(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* False if it is not there, or holds too much for an attribute of ours. */
static bool read_file(int at, const char *name, char *buf)
{
	int fd = openat(at, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return false;
	len = read(fd, buf, FILE_LEN);
	close(fd);
	if (len < 0 || len == FILE_LEN)
		return false;
	buf[len] = 0;
	return true;
}

static bool read_word(int at, const char *name, char *word, size_t size)
{
	char buf[FILE_LEN];

	*word = 0;
	if (!read_file(at, name, buf))
		return false;
	copy_text(word, size, buf);
	return true;
}

static void read_numbers(int at, const char *const *files, unsigned int nr,
			 struct numbers *num)
{
	char buf[FILE_LEN];
	unsigned int i;

	num->has = 0;
	for (i = 0; i < nr; i++) {
		bool percent = files[i] == work_files[WORK_LIMIT];

		if (read_file(at, files[i], buf) &&
		    parse_number(buf, percent ? 2 : 0, &num->val[i]))
			num->has |= 1ULL << i;
	}
}

/* The last part of what a link points to. */
static bool link_name(int at, const char *name, char *buf, size_t size)
{
	char path[PATH_MAX];
	ssize_t len = readlinkat(at, name, path, sizeof(path) - 1);
	char *slash;

	*buf = 0;
	if (len <= 0)
		return false;
	path[len] = 0;
	slash = strrchr(path, '/');
	copy_text(buf, size, slash ? slash + 1 : path);
	return true;
}

static void *grow(void *array, size_t nr, size_t size)
{
	/* Powers of two. */
	if (nr & (nr - 1))
		return array;
	array = realloc(array, (nr ? 2 * nr : 1) * size);
	if (!array)
		errx(1, "out of memory");
	return array;
}

/* For an entry of the directory @at; returns false for no more. */
typedef bool entry_fn(int at, const char *name, void *arg);

static void walk_dir(int at, const char *name, entry_fn *fn, void *arg)
{
	int fd = open_dir(at, name);
	struct dirent *entry;
	DIR *dir;

	if (fd < 0)
		return;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return;
	}
	while ((entry = readdir(dir)))
		if (*entry->d_name != '.' && !fn(fd, entry->d_name, arg))
			break;
	closedir(dir);
}

/* A directory that changes while it is read may name an entry twice. */
static size_t sort(void *array, size_t nr, size_t size,
		   int (*compare)(const void *a, const void *b))
{
	char *base = array;
	size_t i, kept = 0;

	if (!nr)
		return 0;
	qsort(array, nr, size, compare);
	for (i = 1; i < nr; i++) {
		if (!compare(base + kept * size, base + i * size))
			continue;
		kept++;
		if (kept != i)
			memcpy(base + kept * size, base + i * size, size);
	}
	return kept + 1;
}

/* What is read of each engine in a directory, and where it goes. */
struct engine_reader {
	const char *const *files;
	unsigned int nr;
	struct engines *to;
};

static bool add_engine(int at, const char *name, void *arg)
{
	const struct engine_reader *reader = arg;
	struct engines *to = reader->to;
	int dir = open_dir(at, name);
	struct engine *e;

	if (dir < 0)
		return true;
	e = &to->at[to->nr++];
	copy_text(e->name, sizeof(e->name), name);
	read_word(dir, "class", e->class, sizeof(e->class));
	read_word(dir, "slice", e->slice, sizeof(e->slice));
	e->read_ns = now_ns();
	read_numbers(dir, reader->files, reader->nr, &e->num);
	close(dir);
	return to->nr < MAX_ENGINES;
}

static int compare_engines(const void *a, const void *b)
{
	return strverscmp(((const struct engine *)a)->name,
			  ((const struct engine *)b)->name);
}

static void read_engines(int attrs, const char *const *files, unsigned int nr,
			 struct engines *to)
{
	struct engine_reader reader = { files, nr, to };

	walk_dir(attrs, "engines", add_engine, &reader);
	to->nr = sort(to->at, to->nr, sizeof(to->at[0]), compare_engines);
}

const struct engine *engine_by_name(const struct engines *engines,
				    const char *name)
{
	size_t i;

	for (i = 0; i < engines->nr; i++)
		if (!strcmp(engines->at[i].name, name))
			return &engines->at[i];
	return NULL;
}

static bool take_cdev(int at, const char *name, void *arg)
{
	struct vgpu *v = arg;

	(void)at;
	copy_text(v->cdev, sizeof(v->cdev), name);
	return false;
}

/* Where its VFIO device is, to find who has it open. */
static void read_nodes(int dev, struct vgpu *v)
{
	char name[WORD_LEN];
	uint64_t group;

	v->group = -1;
	if (link_name(dev, "iommu_group", name, sizeof(name)) &&
	    parse_number(name, 0, &group) && group <= INT_MAX)
		v->group = group;
	walk_dir(dev, "vfio-dev", take_cdev, v);
}

static bool is_there(int at, const char *link)
{
	return !faccessat(at, link, F_OK, AT_SYMLINK_NOFOLLOW);
}

static bool read_vgpu(int dev, int attrs, struct vgpu *v)
{
	struct stat st;
	unsigned int i;

	if (!is_there(dev, "mdev_type") || fstat(attrs, &st) ||
	    !read_word(attrs, "type", v->type, sizeof(v->type)) || !*v->type)
		return false;
	v->id = st.st_ino;
	for (i = 0; i < NR_VGPU_WORDS; i++)
		read_word(attrs, vgpu_words[i], v->words[i], WORD_LEN);
	v->read_ns = now_ns();
	read_numbers(attrs, vgpu_files, NR_VGPU_NUMBERS, &v->num);
	read_engines(attrs, work_files, NR_WORK_NUMBERS, &v->engines);
	read_nodes(dev, v);
	return is_there(dev, "mdev_type");
}

static bool add_vgpu(int at, const char *name, void *arg)
{
	struct gpu *gpu = arg;
	struct vgpu v = {};
	int dev, attrs = -1;

	if (!is_uuid(name))
		return true;
	strcpy(v.uuid, name);
	dev = open_dir(at, name);
	if (dev >= 0)
		attrs = open_dir(dev, "vgpu");
	if (attrs >= 0 && read_vgpu(dev, attrs, &v)) {
		gpu->vgpus = grow(gpu->vgpus, gpu->nr_vgpus, sizeof(v));
		gpu->vgpus[gpu->nr_vgpus++] = v;
	}
	if (attrs >= 0)
		close(attrs);
	if (dev >= 0)
		close(dev);
	return true;
}

static void read_number(int at, const char *name, struct numbers *num,
			unsigned int i)
{
	char buf[FILE_LEN];

	if (read_file(at, name, buf) && parse_number(buf, 0, &num->val[i]))
		num->has |= 1ULL << i;
}

static bool add_type(int at, const char *name, void *arg)
{
	struct gpu *gpu = arg;
	struct gpu_type type = {};
	int dir = open_dir(at, name);

	if (dir < 0)
		return true;
	read_number(dir, "available_instances", &type.num, TYPE_AVAILABLE);
	if (read_word(dir, "name", type.name, sizeof(type.name)) &&
	    *type.name && has_number(&type.num, TYPE_AVAILABLE)) {
		gpu->types = grow(gpu->types, gpu->nr_types, sizeof(type));
		gpu->types[gpu->nr_types++] = type;
	}
	close(dir);
	return true;
}

/* There is a file of each type, of its name. */
static void read_compactable(int attrs, struct gpu *gpu)
{
	int dir = open_dir(attrs, "compactable");
	size_t i;

	if (dir < 0)
		return;
	for (i = 0; i < gpu->nr_types; i++)
		if (!strchr(gpu->types[i].name, '/'))
			read_number(dir, gpu->types[i].name, &gpu->types[i].num,
				    TYPE_COMPACTABLE);
	close(dir);
}

/* Of "a [b] c", b. */
static void chosen(const char *list, char *word, size_t size)
{
	const char *from = strchr(list, '['), *to;

	*word = 0;
	to = from ? strchr(from, ']') : NULL;
	if (to && (size_t)(to - from) <= size) {
		memcpy(word, from + 1, to - from - 1);
		word[to - from - 1] = 0;
	}
}

static int compare_vgpus(const void *a, const void *b)
{
	return strcmp(((const struct vgpu *)a)->uuid,
		      ((const struct vgpu *)b)->uuid);
}

static int compare_types(const void *a, const void *b)
{
	return strcmp(((const struct gpu_type *)a)->name,
		      ((const struct gpu_type *)b)->name);
}

static int compare_gpus(const void *a, const void *b)
{
	return strcmp(((const struct gpu *)a)->name,
		      ((const struct gpu *)b)->name);
}

static void read_gpu(int dev, int attrs, struct gpu *gpu)
{
	char policies[WORD_LEN * 8];
	struct stat st;

	if (!fstat(attrs, &st))
		gpu->id = st.st_ino;
	read_numbers(attrs, gpu_files, NR_GPU_NUMBERS, &gpu->num);
	read_engines(attrs, engine_files, NR_ENGINE_NUMBERS, &gpu->engines);
	read_word(attrs, "policy", policies, sizeof(policies));
	chosen(policies, gpu->policy, sizeof(gpu->policy));
	link_name(dev, "driver", gpu->driver, sizeof(gpu->driver));
	read_word(dev, "vendor", gpu->vendor, sizeof(gpu->vendor));
	read_word(dev, "device", gpu->device, sizeof(gpu->device));
	walk_dir(dev, "mdev_supported_types", add_type, gpu);
	walk_dir(dev, ".", add_vgpu, gpu);
	gpu->nr_types = sort(gpu->types, gpu->nr_types, sizeof(*gpu->types),
			     compare_types);
	read_compactable(attrs, gpu);
	gpu->nr_vgpus = sort(gpu->vgpus, gpu->nr_vgpus, sizeof(*gpu->vgpus),
			     compare_vgpus);
}

static void free_gpu(struct gpu *gpu)
{
	free(gpu->types);
	free(gpu->vgpus);
}

/* Other drivers have mediated devices, too; ours have the directory vgpu. */
static bool add_gpu(int at, const char *name, void *arg)
{
	struct machine *m = arg;
	struct gpu gpu = {};
	int dev, attrs;
	size_t i;

	copy_text(gpu.name, sizeof(gpu.name), name);
	for (i = 0; i < m->nr_gpus; i++)
		if (!strcmp(m->gpus[i].name, gpu.name))
			return true;
	dev = open_dir(at, name);
	if (dev < 0)
		return true;
	attrs = open_dir(dev, "vgpu");
	if (attrs >= 0) {
		read_gpu(dev, attrs, &gpu);
		close(attrs);
	}
	close(dev);
	if (attrs < 0 || !is_there(at, name)) {
		free_gpu(&gpu);
		return true;
	}
	m->gpus = grow(m->gpus, m->nr_gpus, sizeof(gpu));
	m->gpus[m->nr_gpus++] = gpu;
	return true;
}

void machine_read(struct machine *m)
{
	int class = open_root("sys/class/mdev_bus");

	*m = (struct machine){};
	if (class >= 0) {
		walk_dir(class, ".", add_gpu, m);
		close(class);
	}
	if (m->nr_gpus)
		qsort(m->gpus, m->nr_gpus, sizeof(*m->gpus), compare_gpus);
	owners_find(m);
}

void machine_free(struct machine *m)
{
	size_t i;

	for (i = 0; i < m->nr_gpus; i++)
		free_gpu(&m->gpus[i]);
	free(m->gpus);
	*m = (struct machine){};
}

size_t machine_nr_vgpus(const struct machine *m)
{
	size_t i, n = 0;

	for (i = 0; i < m->nr_gpus; i++)
		n += m->gpus[i].nr_vgpus;
	return n;
}
