/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _FAULT_H
#define _FAULT_H

#include <stdbool.h>

bool raises_sigbus(volatile void *p, bool write);

/* What a write that did not fault has left there. */
#define FAULT_WROTE	0xdead

#endif /* _FAULT_H */
