/* SPDX-License-Identifier: GPL-2.0 */
/* Telling a service manager that we serve. */
#ifndef _READY_H
#define _READY_H

void say_ready(void);

#endif /* _READY_H */
