/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults of the engine, by debugfs, and what they leave behind. Takes a kernel
 * built with CONFIG_FAULT_INJECTION_DEBUG_FS (scripts/debug-kernel), but for the
 * run list.
 */
#ifndef _INJECT_H
#define _INJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANY_INSTANCE	0xffffffffU

bool can_inject(void);
void inject_hangs(uint32_t instance, uint32_t times);
void inject_failed_reset(void);
void inject_nothing(void);

void runlist_read(char *buf, size_t size);
uint32_t last_instance(void);

void find_dump(char *path);
void discard_dumps(void);

#endif /* _INJECT_H */
