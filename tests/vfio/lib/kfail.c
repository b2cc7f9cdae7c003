// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kfail.h"
#include "mdev.h"
#include "tap.h"

#define DEBUGFS		"/sys/kernel/debug/"

/*
 * A function of the kernel that does not survive that, and which none of the modules'
 * callers can help: this one loses the IOMMU group (Linux 6.12). kfail_spare() has others.
 */
#define SPARED	"vfio_create_group"

/* Where the kernel has modules, of which it has no others than ours (x86, no KASLR). */
#define MODULES_FIRST	0xffffffffa0000000ULL
#define MODULES_END	0xffffffffff000000ULL

/* No call here makes as many allocations, or copies. */
#define MOST		10000

/* So many of them are told of, to those who watch whether anything goes on. */
#define A_FEW		25

/* The driver injects hangs by the same means: none of these. */
#define KFAIL_NEVER	0

static const struct {
	const char *dir;
	unsigned int kind;
} knobs[] = {
	{ DEBUGFS "failslab", KFAIL_MEMORY },
	{ DEBUGFS "fail_page_alloc", KFAIL_MEMORY },
	{ DEBUGFS "fail_usercopy", KFAIL_USERCOPY },
	{ DEBUGFS "vgpu/*/fail_idle", KFAIL_NEVER },
	{ DEBUGFS "vgpu/*/fail_reset", KFAIL_NEVER },
};

static unsigned int enabled;
static bool again;
static bool any_module;

/* Open all the time: opening it would be among the calls that fail. It is this thread's. */
static int nth_file = -1;
static pid_t nth_of;

/* For &struct tap_test.applies. */
bool can_kfail(void)
{
	return !access(DEBUGFS "failslab", F_OK) &&
	       !access(DEBUGFS "fail_usercopy", F_OK);
}

static void set(const char *dir, const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	/* Not all of them have all of it. */
	if (!access(path, F_OK) && !EXPECT_OK(file_write(path, text)))
		tap_note("%s", path);
}

static void set_address(const char *dir, const char *name, uint64_t address)
{
	char text[32];

	snprintf(text, sizeof(text), "%#llx", (unsigned long long)address);
	set(dir, name, text);
}

/* Functions that follow each other in memory. */
struct range {
	uint64_t first;
	uint64_t end;
};

/* The modules' functions; and the kernel's one in which nothing fails. */
static struct range ours, spared;
static const char *spared_name = SPARED;

static void see(uint64_t at, const char *name, const char *module)
{
	if (!strncmp(module, "[vgpu", 5)) {
		ours.first = at < ours.first ? at : ours.first;
		ours.end = at >= ours.end ? (at | 4095) + 1 : ours.end;
	}
	if (!strcmp(name, spared_name))
		spared = (struct range) { at, 0 };
	else if (spared.first && !spared.end)
		spared.end = at;
}

static void find_functions(void)
{
	FILE *list = fopen("/proc/kallsyms", "r");
	char line[1024], name[512], module[64], type;
	unsigned long long at;

	ASSERT(list);
	ours = (struct range) { UINT64_MAX, 0 };
	spared = (struct range) {};
	while (fgets(line, sizeof(line), list)) {
		module[0] = '\0';
		if (sscanf(line, "%llx %c %511s %63s", &at, &type, name,
			   module) >= 3 && (type == 't' || type == 'T'))
			see(at, name, module);
	}
	fclose(list);
	if (any_module)
		ours = (struct range) { MODULES_FIRST, MODULES_END };
	ASSERT(ours.end && spared.end);
}

static void setup_one(const char *dir, bool on)
{
	set(dir, "probability", "0");
	set(dir, "interval", "1");
	set(dir, "times", "-1");
	set(dir, "verbose", "0");
	set(dir, "task-filter", "N");
	set(dir, "ignore-gfp-wait", "N");
	set(dir, "ignore-gfp-highmem", "N");
	set(dir, "min-order", "0");
	/* Of no depth, no stack has what it takes: never. */
	set(dir, "stacktrace-depth", on ? "32" : "0");
	set_address(dir, "require-start", ours.first);
	set_address(dir, "require-end", ours.end);
	set_address(dir, "reject-start", spared.first);
	set_address(dir, "reject-end", spared.end);
}

static void each_knob(void (*fn)(const char *dir, unsigned int kind))
{
	unsigned int i;
	glob_t found;
	size_t j;

	for (i = 0; i < ARRAY_SIZE(knobs); i++) {
		if (glob(knobs[i].dir, 0, NULL, &found))
			continue;
		for (j = 0; j < found.gl_pathc; j++)
			fn(found.gl_pathv[j], knobs[i].kind);
		globfree(&found);
	}
}

static void enable(const char *dir, unsigned int kind)
{
	setup_one(dir, kind & enabled);
}

/* Nothing fails in this function of the kernel, nor in what it calls; until kfail_end(). */
void kfail_spare(const char *function)
{
	spared_name = function;
}

/*
 * Where a module is loaded nobody knows before: below all functions that are not the
 * kernel's own; until kfail_end().
 */
void kfail_any_module(void)
{
	any_module = true;
}

/* From now on these may fail, when they are told to, and no others. */
void kfail_setup(unsigned int kinds)
{
	enabled = kinds;
	find_functions();
	each_knob(enable);
}

static void forget(const char *dir, unsigned int kind)
{
	(void)kind;
	set(dir, "probability", "0");
	set(dir, "stacktrace-depth", "32");
	set_address(dir, "require-start", 0);
	set_address(dir, "require-end", UINT64_MAX);
	set_address(dir, "reject-start", 0);
	set_address(dir, "reject-end", 0);
}

static char percent_text[16];

static void chance(const char *dir, unsigned int kind)
{
	if (kind & enabled) {
		set(dir, "task-filter", kind == KFAIL_USERCOPY ? "Y" : "N");
		set(dir, "probability", percent_text);
	} else if (kind == KFAIL_NEVER) {
		/* None of them would by chance; a test may inject some. */
		forget(dir, kind);
	}
}

/*
 * So many of a hundred of those enabled fail: memory, whoever it is for; copies, of
 * processes that have said so by kfail_here().
 */
void kfail_by_chance(unsigned int percent)
{
	snprintf(percent_text, sizeof(percent_text), "%u", percent);
	each_knob(chance);
}

/* Copies of this process may fail by chance, and of those that it forks. */
void kfail_here(void)
{
	ASSERT_OK(file_write("/proc/thread-self/make-it-fail", "1"));
}

/* The @nth of this thread from now on fails; 0 means none. */
static void fail_nth(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	ASSERT_EQ(write(nth_file, text, len), len);
}

/* Has it failed? Else there were not as many. */
static bool has_failed(void)
{
	char text[16] = "";

	ASSERT(pread(nth_file, text, sizeof(text) - 1, 0) > 0);
	return atoi(text) == 0;
}

/* As it was. */
void kfail_end(void)
{
	spared_name = SPARED;
	again = false;
	any_module = false;
	if (nth_of == gettid())
		fail_nth(0);
	each_knob(forget);
}

/* Of what could not be copied, these calls copy it once more; until kfail_end(). */
void kfail_copied_again(void)
{
	again = true;
}

/* After a call that has failed: put away what it has made. */
int kfail_failed(void (*put)(void))
{
	int err = errno;

	put();
	errno = err;
	return -1;
}

/* A call can do without memory. What it could not copy its caller has to be told. */
static bool is_right(bool failed, int ret, int err, int want)
{
	if (!failed)
		return !ret;
	return ret ? err == want : want == ENOMEM || again;
}

static unsigned int each_of_kind(int (*call)(void), void (*undo)(void), int want)
{
	unsigned int nth;
	bool failed;
	int ret, err;

	for (nth = 1; nth < MOST; nth++) {
		fail_nth(nth);
		ret = call();
		err = errno;
		failed = has_failed();
		fail_nth(0);
		if (!EXPECT(is_right(failed, ret, err, want)))
			tap_note("number %u: %s", nth,
				 ret ? strerror(err) : "nobody was told");
		if (!ret && undo)
			undo();
		if (!failed)
			break;
		if (nth % A_FEW == 0)
			tap_note("%u", nth);
	}
	EXPECT(nth < MOST);
	return nth - 1;
}

/**
 * each_fails() - make a call until all that can fail in it has failed, one at a time
 * @call: 0, or -1 with errno; then all is as before
 * @undo: after each call that succeeded; may be NULL
 *
 * Return: how many calls there were in which something failed.
 */
unsigned int each_fails(int (*call)(void), void (*undo)(void))
{
	unsigned int allocations, copies;

	if (nth_of != gettid())
		nth_file = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	ASSERT_OK(nth_file);
	nth_of = gettid();
	kfail_setup(KFAIL_MEMORY);
	allocations = each_of_kind(call, undo, ENOMEM);
	kfail_setup(KFAIL_USERCOPY);
	copies = each_of_kind(call, undo, EFAULT);
	kfail_end();
	tap_note("%u allocations, %u copies", allocations, copies);
	return allocations + copies;
}
