/* SPDX-License-Identifier: GPL-2.0 */
/* The machine sleeps, or goes part of the way, as the kernel can for tests. */
#ifndef _POWER_H
#define _POWER_H

#include <stdbool.h>

#define POWER		"/sys/power/"

bool power_can_sleep(void);
int power_try(const char *level, unsigned int seconds);

#endif /* _POWER_H */
