// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <unistd.h>
#include "mdev.h"
#include "power.h"
#include "tap.h"

#define DELAY	"/sys/module/suspend/parameters/pm_test_delay"

/* Not all kernels can that are built for tests. */
bool power_can_sleep(void)
{
	return !access(POWER "pm_test", W_OK);
}

/**
 * power_try() - the machine goes to sleep as far as to a level, stays there, and comes back
 * @level: of /sys/power/pm_test: "freezer", all processes but this one are frozen, and
 *	nothing else sleeps; "platform", all devices sleep
 * @seconds: how long it stays
 *
 * Return: as file_write(): -1 with errno, EBUSY when somebody would not be frozen.
 */
int power_try(const char *level, unsigned int seconds)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", seconds);
	ASSERT_OK(file_write(DELAY, text));
	ASSERT_OK(file_write(POWER "pm_test", level));
	return file_write(POWER "state", "freeze");
}
