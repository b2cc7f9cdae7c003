// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include "klog.h"
#include "tap.h"

/* What klogctl() is to do: SYSLOG_ACTION_READ_ALL, _SIZE_BUFFER. */
#define LOG_ALL		3
#define LOG_SIZE	10

/* How often the kernel's log has this text. */
unsigned int logged(const char *text)
{
	int size = klogctl(LOG_SIZE, NULL, 0), len;
	unsigned int n = 0;
	const char *at;
	char *log;

	ASSERT(size > 0);
	log = malloc(size + 1);
	ASSERT(log);
	len = klogctl(LOG_ALL, log, size);
	ASSERT(len > 0);
	log[len] = '\0';
	for (at = log; (at = strstr(at, text)); at++)
		n++;
	free(log);
	return n;
}
