// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "mdev.h"
#include "supervisor.h"
#include "tap.h"

#define MAX_OPTIONS	8

static pid_t supervisor;

/* Below /build, where the tests' programs are, too. @options end with NULL, or are it. */
void executor_start(const char *const *options)
{
	const char *argv[MAX_OPTIONS + 3] = { NULL, "--user=nobody" };
	unsigned int i;
	char path[256];

	snprintf(path, sizeof(path), "%s/tools/vgpu-executor",
		 getenv("BUILD") ?: "/build");
	argv[0] = path;
	for (i = 0; options && options[i]; i++) {
		ASSERT(i < MAX_OPTIONS);
		argv[i + 2] = options[i];
	}
	supervisor = fork();
	if (!supervisor) {
		execv(path, (char *const *)argv);
		_exit(127);
	}
	ASSERT(supervisor > 0);
}

/* Its exit status after a signal, or by itself (0). */
int executor_end(int signal)
{
	int status = -1;

	if (signal)
		kill(supervisor, signal);
	ASSERT(AWAIT(waitpid(supervisor, &status, WNOHANG) == supervisor));
	supervisor = 0;
	return status;
}

void executor_signal(int signal)
{
	ASSERT_OK(kill(supervisor, signal));
}

bool executor_runs(void)
{
	return supervisor;
}

static bool works_for(long pid, const char *uuid)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%ld/cmdline", pid);
	return file_read(path, text, sizeof(text)) > 0 && strstr(text, uuid);
}

/* The worker of a vGPU; 0: there is none. It says by its name for whom it works. */
pid_t worker_of(const struct vdev *d)
{
	char path[64], text[256], *at, *next;
	long pid;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", supervisor,
		 supervisor);
	if (file_read(path, text, sizeof(text)) < 0)
		return 0;
	for (at = text; (pid = strtol(at, &next, 10)); at = next)
		if (works_for(pid, d->uuid))
			return pid;
	return 0;
}

pid_t need_worker(const struct vdev *d)
{
	pid_t pid = worker_of(d);

	ASSERT(pid > 0);
	return pid;
}

bool any_worker(void)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", supervisor,
		 supervisor);
	return file_read(path, text, sizeof(text)) > 0 && *text;
}

/* What is behind this word, with the newline before it, in /proc/PID/status. */
void status_of(pid_t pid, const char *word, char *line, size_t size)
{
	char path[64], text[4096], *at;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	ASSERT_OK(file_read(path, text, sizeof(text)));
	at = strstr(text, word);
	ASSERT(at);
	snprintf(line, size, "%.*s", (int)strcspn(at + strlen(word), "\n"),
		 at + strlen(word));
}
