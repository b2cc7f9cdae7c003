// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "mdev.h"
#include "power.h"
#include "tap.h"

/* Not all kernels can that are built for tests. */
bool power_can_sleep(void)
{
	return !access(POWER "pm_test", W_OK);
}

/**
 * power_put() - write to a file of the kernel's
 * @path: the file
 * @text: what to write
 *
 * Return: 0, or -1 with errno.
 */
int power_put(const char *path, const char *text)
{
	return file_write(path, text) < 0 ? -1 : 0;
}

/**
 * power_number() - read one
 * @path: a file with a number
 *
 * Return: the number.
 */
uint64_t power_number(const char *path)
{
	char text[64];

	ASSERT(file_read(path, text, sizeof(text)) > 0);
	return strtoull(text, NULL, 10);
}

/**
 * power_freeze() - all processes but this one are frozen, and nothing else sleeps
 * @seconds: for so long
 *
 * Return: 0, or -1 with errno: EBUSY when one of them would not be.
 */
int power_freeze(unsigned int seconds)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", seconds);
	ASSERT_OK(power_put(POWER_DELAY, text));
	ASSERT_OK(power_put(POWER "pm_test", "freezer"));
	return power_put(POWER "state", "freeze");
}
