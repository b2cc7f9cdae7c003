// SPDX-License-Identifier: GPL-2.0
/*
 * As nomem.c, of the calls of the host: what operators write and read in sysfs, modules
 * that are loaded, GPUs that come, executors and their workers.
 */
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "guest.h"
#include "host.h"
#include "kfail.h"
#include "soft_worker.h"
#include "softdir.h"
#include "tenant.h"

static struct vdev *d;
static struct host_counts counts;

static void before(void)
{
	ASSERT_EQ(dir_count("/sys/bus/mdev/devices"), 0);
	settings_save();
	d = vdev_new(gpu->small);
	counts = host_count();
}

static void detach(void);

static void after(void)
{
	kfail_end();
	detach();
	children_end();
	vdev_cleanup();
	settings_restore();
}

static bool is_card(void)
{
	return gpu == &rv100_gpu;
}

static bool is_soft(void)
{
	return gpu == &soft_gpu;
}

/* ---- sysfs */

/**
 * struct setting - a file that an operator writes
 * @name: of it, in vgpu/
 * @first: what is in it before and afterwards
 * @then: what is written meanwhile
 * @applies: is it there; NULL: always
 */
struct setting {
	const char *name;
	const char *first;
	const char *then;
	bool (*applies)(void);
};

static const struct setting of_gpu[] = {
	{ "policy", "best_effort", "equal_share", NULL },
	{ "slice_us", "2000", "5000", NULL },
	{ "window_ms", "100", "200", NULL },
	{ "averaging", "4", "8", NULL },
	{ "trap_charge", "0", "100", NULL },
	{ "watchdog_ms", "1000", "2000", NULL },
	{ "guard_traps_limit", "500000", "0", NULL },
	{ "guard_irqs_limit", "10000", "0", NULL },
	{ "guard_resets_limit", "100", "0", NULL },
	{ "guard_faults_limit", "10", "0", NULL },
	{ "../soft/speed_percent", "100", "50", is_soft },
	{ "../soft/create_delay_ms", "0", "1", is_soft },
	{ "../soft/remove_delay_ms", "0", "1", is_soft },
	{ "../soft/available_offset", "0", "-1", is_soft },
};

static const struct setting of_vgpu[] = {
	{ "weight", "1", "7", NULL },
	{ "cap", "100", "90", NULL },
	{ "min", "0", "10", NULL },
	{ "resolution", "1024x768", "640x480", has_display },
	{ "migration/bandwidth", "1000000", "2000000", NULL },
};

/* In it, or chosen of those in it. */
static void expect_setting(const struct setting *s, bool gpus)
{
	char text[ATTR_LEN], chosen[ATTR_LEN + 2];

	if (gpus)
		gpu_attr(s->name, text);
	else
		mdev_attr(d->uuid, s->name, text);
	snprintf(chosen, sizeof(chosen), "[%s]", s->first);
	if (!strstr(text, chosen) && !EXPECT_STR(text, s->first))
		tap_note("%s", s->name);
}

static int set(const struct setting *s, bool gpus, const char *text)
{
	if (s->applies && !s->applies())
		return 0;
	return gpus ? gpu_try_set(s->name, text) :
		      mdev_try_set(d->uuid, s->name, text);
}

static void set_back(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(of_gpu); i++)
		EXPECT_OK(set(&of_gpu[i], true, of_gpu[i].first));
	for (i = 0; i < ARRAY_SIZE(of_vgpu); i++)
		EXPECT_OK(set(&of_vgpu[i], false, of_vgpu[i].first));
}

static int set_those(const struct setting *s, unsigned int nr, bool gpus)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (set(&s[i], gpus, s[i].then)) {
			int err = errno;

			expect_setting(&s[i], gpus);
			errno = err;
			return kfail_failed(set_back);
		}
	return 0;
}

static int set_all(void)
{
	return set_those(of_gpu, ARRAY_SIZE(of_gpu), true) ||
	       set_those(of_vgpu, ARRAY_SIZE(of_vgpu), false) ? -1 : 0;
}

/* What is refused changes nothing. So far none of it takes memory of the modules' own. */
static void setting(void)
{
	set_back();
	each_fails(set_all, set_back);
	expect_host(&counts);
	EXPECT(works(d, 1));
}

/* All that is alike but for the type is looked at once. */
static bool is_another_types(const char *path)
{
	return strstr(path, "/compactable/") && !strstr(path, gpu->small->name);
}

/* Some have nothing to say, or are to be written only. */
static int read_one(const char *path, const struct stat *st, int kind,
		    struct FTW *at)
{
	char buf[4096];
	ssize_t n = -1;
	int fd;

	(void)st;
	(void)at;
	if (kind != FTW_F || is_another_types(path))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
		;
	if (n && errno != ENOMEM && errno != EFAULT)
		n = 0;
	if (fd >= 0)
		close(fd);
	return n ? errno : 0;
}

static int read_all(void)
{
	char path[4][PATH_MAX];
	unsigned int i;

	snprintf(path[0], PATH_MAX, "%s/vgpu", gpu_path());
	snprintf(path[1], PATH_MAX, "%s/mdev_supported_types", gpu_path());
	snprintf(path[2], PATH_MAX, "/sys/bus/mdev/devices/%s/vgpu", d->uuid);
	snprintf(path[3], PATH_MAX, "/sys/kernel/debug/vgpu");
	for (i = 0; i < ARRAY_SIZE(path); i++) {
		int err = nftw(path[i], read_one, 8, FTW_PHYS);

		ASSERT_OK(err);
		if (err) {
			errno = err;
			return -1;
		}
	}
	return 0;
}

static void reading(void)
{
	EXPECT(each_fails(read_all, NULL) > 0);
	expect_host(&counts);
	EXPECT(works(d, 1));
}

/* ---- Modules */

static const char *module, *file, *arguments;

static bool is_loaded(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/module/%s", module);
	return !access(path, F_OK);
}

/* The driver core says EINVAL where it has no memory for its drivers/ (Linux 6.12). */
static int load(void)
{
	char path[PATH_MAX];
	int fd, ret, err;

	snprintf(path, sizeof(path), "%s/%s", getenv("MODULES"), file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_OK(fd);
	ret = syscall(SYS_finit_module, fd, arguments, 0);
	err = errno;
	close(fd);
	EXPECT_EQ(is_loaded(), !ret);
	errno = err == EINVAL ? ENOMEM : err;
	return ret;
}

static void unload(void)
{
	EXPECT_OK(syscall(SYS_delete_module, module, O_NONBLOCK));
	EXPECT(!is_loaded());
}

/* It is the one that is meant from now on. */
static void choose(const char *name, const char *path, const char *with)
{
	module = name;
	file = path;
	arguments = with;
}

/* None of it is loaded before, nor afterwards. */
static void load_each(void)
{
	kfail_any_module();
	EXPECT(each_fails(load, unload) > 0);
	EXPECT(!is_loaded());
}

/* Without a GPU: see another_gpu(). */
static void loading_soft(void)
{
	vdev_cleanup();
	counts = host_count();
	choose("vgpu_soft", "vgpu-soft.ko", "gpus=0");
	unload();
	load_each();
	EXPECT_EQ(soft_count(), 0);
	soft_load(gpu->arguments);
	gpu_forget();
	expect_host(&counts);
	EXPECT(works(vdev_new(gpu->largest), 1));
}

/* Without its card, which it is given in the end: see taking_the_card(). */
static void loading_both(void)
{
	char override[PATH_MAX];

	vdev_cleanup();
	counts = host_count();
	snprintf(override, sizeof(override), "%s/driver_override", gpu_path());
	ASSERT_OK(file_write(override, "\n"));
	choose("vgpu_rv100", "vgpu-rv100.ko", "");
	unload();
	choose("vgpu", "vgpu.ko", "");
	unload();
	load_each();
	ASSERT_OK(load());
	choose("vgpu_rv100", "vgpu-rv100.ko", "");
	load_each();
	ASSERT_OK(file_write(override, "vgpu_rv100"));
	ASSERT_OK(load());
	gpu_forget();
	expect_host(&counts);
	EXPECT(works(vdev_new(gpu->largest), 1));
}

/* ---- GPUs that come */

/* The PCI core calls a region busy for which it has no memory (Linux 6.12). */
static int bind_card(void)
{
	int ret = gpu_driver("bind");

	if (ret && errno == EBUSY)
		errno = ENOMEM;
	return ret;
}

static void unbind_card(void)
{
	EXPECT_OK(gpu_driver("unbind"));
}

static void taking_the_card(void)
{
	vdev_cleanup();
	counts = host_count();
	unbind_card();
	/* ACPI's interpreter uses what it has freed (Linux 6.12). */
	kfail_spare("acpi_pci_irq_enable");
	EXPECT(each_fails(bind_card, unbind_card) > 10);
	ASSERT_OK(bind_card());
	expect_host(&counts);
	EXPECT(works(vdev_new(gpu->largest), 1));
}

/* So long that the kernel has memory for the names alone. */
#define OTHER	"nomem-by-a-long-name"
#define TYPE	OTHER "/types/SOFT-BY-A-LONG-NAME"

static void end_other(void)
{
	soft_set(OTHER, "enable", "0");
	soft_rmdir(TYPE);
	soft_rmdir(OTHER);
}

/* A card that is there without its driver is no GPU; why, the log has. */
static int make_other(void)
{
	char dir[ATTR_LEN], path[2 * ATTR_LEN];

	if (soft_mkdir(OTHER))
		return -1;
	if (soft_set(OTHER, "vram_mb", "8") < 0 || soft_mkdir(TYPE) ||
	    soft_set(TYPE, "vram_mb", "4") < 0 ||
	    soft_set(OTHER, "enable", "1") < 0)
		return kfail_failed(end_other);
	soft_sysfs(OTHER, dir);
	snprintf(path, sizeof(path), "%s/vgpu", dir);
	if (!access(path, F_OK))
		return 0;
	errno = ENOMEM;
	return kfail_failed(end_other);
}

static void another_gpu(void)
{
	soft_dirs();
	/* What the PCI core could not make it uses, or gives back twice (Linux 6.12). */
	kfail_spare("pci_scan_root_bus_bridge");
	EXPECT(each_fails(make_other, end_other) > 10);
	expect_host(&counts);
	EXPECT_EQ(soft_count(), 1);
	ASSERT_OK(make_other());
	end_other();
	EXPECT(works(d, 1));
}

/* Its one type then is that of each slice. */
static int set_slices(const char *text)
{
	char dir[ATTR_LEN], path[2 * ATTR_LEN];

	soft_sysfs(OTHER, dir);
	snprintf(path, sizeof(path), "%s/soft/slices", dir);
	return file_write(path, text) < 0 ? -1 : 0;
}

static int cut(void)
{
	return set_slices("2");
}

static void cut_back(void)
{
	EXPECT_OK(set_slices("1"));
}

/* Into two slices, with engines and types of their own; or it stays one. */
static void cutting(void)
{
	soft_dirs();
	ASSERT_OK(make_other());
	EXPECT(each_fails(cut, cut_back) > 10);
	end_other();
	expect_host(&counts);
	EXPECT(works(d, 1));
}

/* ---- Executors */

static int worker = -1;

static void detach(void)
{
	if (worker >= 0)
		close(worker);
	worker = -1;
	if (supervisor >= 0)
		close(supervisor);
	supervisor = -1;
}

/* Opened anew each time: an event that nobody could read is told to the next one. */
static int attach(void)
{
	struct vgpu_soft_event e;
	struct vgpu_soft_info info;
	uint8_t *page;

	supervisor = open_device();
	if (supervisor < 0)
		return -1;
	if (ioctl(supervisor, VGPU_SOFT_INFO, &info) ||
	    read(supervisor, &e, sizeof(e)) < 0)
		return kfail_failed(detach);
	worker = worker_fd(e);
	if (worker < 0)
		return kfail_failed(detach);
	page = mmap(NULL, d->size, PROT_READ | PROT_WRITE, MAP_SHARED, worker, 0);
	if (page == MAP_FAILED)
		return kfail_failed(detach);
	*page = 1;
	munmap(page, d->size);
	return 0;
}

static void attaching(void)
{
	vdev_cleanup();
	d = vdev_new(gpu->medium);
	guest_of(d);
	counts = host_count();
	EXPECT(each_fails(attach, detach) > 0);
	expect_host(&counts);
}

/* Of the guest's program; where in data memory its kernel's shape is; how many turns. */
#define BYTE		0x5a
#define CONTEXT		0x1000
#define GROUPS		4
#define DISPATCHES	16

static struct vgpu_soft_turn turn;
static uint8_t *vram;

/* Hand the last one in, and do the next. What fails leaves both as they are. */
static int take_turn(void)
{
	unsigned int i;

	if (ioctl(worker, VGPU_SOFT_TURN, &turn))
		return -1;
	for (i = turn.progress; i < turn.grid[0]; i++)
		do_group(vram, &turn, i);
	turn.status = VGPU_SOFT_DONE;
	return 0;
}

static int read_image(void)
{
	uint8_t program[64] = "";
	struct vgpu_soft_image image = {
		.generation = turn.image, .size = sizeof(program),
		.buf = (uintptr_t)program,
	};

	if (ioctl(worker, VGPU_SOFT_IMAGE, &image))
		return -1;
	EXPECT_EQ(program[0], BYTE);
	return 0;
}

/* Whoever uses the descriptor first is the worker: not who looks at what becomes of it. */
static int takes_turns(void *unused)
{
	(void)unused;
	close_range(STDERR_FILENO + 1, worker - 1, 0);
	close_range(worker + 1, ~0U, 0);
	vram = mmap(NULL, d->size, PROT_READ | PROT_WRITE, MAP_SHARED, worker, 0);
	ASSERT(vram != MAP_FAILED);
	EXPECT(each_fails(take_turn, NULL) >= 2);
	EXPECT(each_fails(read_image, NULL) >= 3);
	while (!take_turn())
		;
	EXPECT_EQ(errno, ENODEV);
	return tap_failures();
}

/* Of a kernel of the guest's program, whose shape is not in the packet. */
static void submit(struct guest *g, unsigned int n)
{
	const struct aql_context context = {
		.groups = { GROUPS, 1, 1 }, .group = { 1, 1, 1 }, .dims = 1,
	};
	struct aql p = guest_dispatch(g, n, GROUPS, 0);

	memcpy(g->mem + CONTEXT, &context, sizeof(context));
	p.kernel = VGPU_SOFT_USER_KERNEL;
	p.context = CONTEXT;
	guest_put(g, &p);
}

/* Each dispatch is done, and done once. */
static void taking_turns(void)
{
	struct guest g;
	unsigned int i;
	pid_t pid;

	vdev_cleanup();
	counts = host_count();
	gpu_set("watchdog_ms", "30000");
	d = vdev_new(gpu->medium);
	supervisor = open_device();
	ASSERT_OK(supervisor);
	g = guest_of(d);
	guest_program(&g, BYTE);
	worker = worker_fd(event(VGPU_SOFT_WANTED));
	ASSERT_OK(worker);
	pid = child_start(takes_turns, NULL);
	close(worker);
	worker = -1;
	for (i = 0; i < DISPATCHES; i++)
		submit(&g, i);
	guest_done(&g, DISPATCHES - 1);
	for (i = 0; i < GROUPS; i++)
		EXPECT_EQ(guest_result(&g, i), DISPATCHES);
	EXPECT_EQ(mdev_attr_u64(d->uuid, "faults"), 0);
	guest_end(&g);
	vdev_cleanup();
	EXPECT_EQ(child_finish(pid), 0);
	detach();
	expect_host(&counts);
}

static const struct tap_test tests[] = {
	TAP_TEST(setting),
	TAP_TEST(reading),
	TAP_TEST_IF(attaching, is_soft),
	TAP_TEST_IF(taking_turns, is_soft),
	TAP_TEST_IF(another_gpu, is_soft),
	TAP_TEST_IF(cutting, is_soft),
	TAP_TEST_IF(taking_the_card, is_card),
	TAP_TEST_IF(loading_both, is_card),
	TAP_TEST_IF(loading_soft, is_soft),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "nomem_host", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	if (!can_kfail()) {
		fprintf(stderr, "nomem_host: this kernel cannot inject failures\n");
		return EXIT_FAILURE;
	}
	return tap_run(&suite);
}
