/* SPDX-License-Identifier: GPL-2.0 */
/* The machine sleeps, or goes part of the way, as the kernel can for tests. */
#ifndef _POWER_H
#define _POWER_H

#include <stdbool.h>
#include <stdint.h>

#define POWER		"/sys/power/"
#define POWER_DELAY	"/sys/module/suspend/parameters/pm_test_delay"

bool power_can_sleep(void);
int power_put(const char *path, const char *text);
uint64_t power_number(const char *path);
int power_freeze(unsigned int seconds);

#endif /* _POWER_H */
