/* SPDX-License-Identifier: GPL-2.0 */
/* The clock that does not jump. */
#ifndef _CLOCK_H
#define _CLOCK_H

#include <stdint.h>

uint64_t now_ns(void);
double now_s(void);

#endif /* _CLOCK_H */
