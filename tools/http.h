/* SPDX-License-Identifier: GPL-2.0 */
/* The web server of vgpu-exporter. */
#ifndef _HTTP_H
#define _HTTP_H

#include <stdbool.h>

bool http_start(const char *address);
void http_stop(void);

#endif /* _HTTP_H */
