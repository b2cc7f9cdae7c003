/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Failures of what the kernel does for the modules: memory that it does not get, user
 * memory that it cannot read or write. Only where one of their functions is on the
 * stack, so that what fails is ours and not what stands beside or above it. Takes a
 * kernel with CONFIG_FAILSLAB, CONFIG_FAIL_PAGE_ALLOC and
 * CONFIG_FAULT_INJECTION_USERCOPY (scripts/debug-kernel).
 */
#ifndef _KFAIL_H
#define _KFAIL_H

#include <stdbool.h>

#define KFAIL_MEMORY	1
#define KFAIL_USERCOPY	2

bool can_kfail(void);
void kfail_spare(const char *function);
void kfail_any_module(void);
void kfail_copied_again(void);
void kfail_setup(unsigned int kinds);

unsigned int each_fails(int (*call)(void), void (*undo)(void));
int kfail_failed(void (*put)(void));

void kfail_by_chance(unsigned int percent);
void kfail_here(void);
void kfail_end(void);

#endif /* _KFAIL_H */
