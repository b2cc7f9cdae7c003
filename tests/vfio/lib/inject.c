// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>
#include "inject.h"
#include "mdev.h"
#include "tap.h"

#define DUMPS		"/sys/class/devcoredump"

static void debugfs_path(char *path, const char *name)
{
	char gpu[PATH_MAX];

	strcpy(gpu, gpu_path());
	snprintf(path, PATH_MAX, "/sys/kernel/debug/vgpu/%s/%s", basename(gpu),
		 name);
}

bool can_inject(void)
{
	char path[PATH_MAX];

	debugfs_path(path, "fail_idle");
	return !access(path, F_OK);
}

static void knob(const char *fault, const char *name, uint32_t val)
{
	char path[PATH_MAX], file[64], text[16];

	snprintf(file, sizeof(file), "%s%s", fault, name);
	debugfs_path(path, file);
	snprintf(text, sizeof(text), "%u", val);
	ASSERT_OK(file_write(path, text));
}

static void arm(const char *fault, uint32_t times)
{
	knob(fault, "/interval", 1);
	/* No stack in the log, which is looked through for such. */
	knob(fault, "/verbose", 0);
	knob(fault, "/times", times);
	knob(fault, "/probability", 100);
}

/* The next @times runs of this instance find the engine stuck. */
void inject_hangs(uint32_t instance, uint32_t times)
{
	inject_nothing();
	knob("fail_idle", "_instance", instance);
	arm("fail_idle", times);
}

/* The next reset of the engine fails, and that of the device after it. */
void inject_failed_reset(void)
{
	arm("fail_reset", 2);
}

void inject_nothing(void)
{
	if (!can_inject())
		return;
	knob("fail_idle", "/probability", 0);
	knob("fail_idle", "_instance", ANY_INSTANCE);
	knob("fail_reset", "/probability", 0);
}

/* What the engine does that works for programs, and who waits for it. */
void runlist_read(char *buf, size_t size)
{
	char path[PATH_MAX], head[32], *at, *next;

	debugfs_path(path, "runlist");
	ASSERT_OK(file_read(path, buf, size));
	snprintf(head, sizeof(head), "engine %u:", gpu->engine);
	at = strstr(buf, head);
	ASSERT(at);
	next = strstr(at + 1, "\nengine ");
	if (next)
		next[1] = '\0';
	memmove(buf, at, strlen(at) + 1);
}

/* The number of the instance that the engine has last worked for. */
uint32_t last_instance(void)
{
	char text[4096];
	const char *at;
	unsigned int id;

	runlist_read(text, sizeof(text));
	at = strstr(text, "context of ");
	ASSERT(at && sscanf(at, "context of %u", &id) == 1);
	return id;
}

/* The path of the only dump's file, or an empty string. */
void find_dump(char *path)
{
	DIR *dir = opendir(DUMPS);
	struct dirent *e;

	path[0] = '\0';
	while (dir && (e = readdir(dir))) {
		if (!strncmp(e->d_name, "devcd", 5))
			snprintf(path, PATH_MAX, DUMPS "/%s/data", e->d_name);
	}
	if (dir)
		closedir(dir);
}

static bool dump_is_gone(char *path)
{
	find_dump(path);
	return !path[0] || (file_write(path, "1"), false);
}

/* While one is there, a device gets no other. The kernel removes it later. */
void discard_dumps(void)
{
	char path[PATH_MAX];

	if (AWAIT(dump_is_gone(path)))
		return;
	tap_fail(__FILE__, __LINE__, "%s does not go away", path);
	tap_abort();
}
