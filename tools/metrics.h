/* SPDX-License-Identifier: GPL-2.0 */
/* The metrics of vgpu-exporter. */
#ifndef _METRICS_H
#define _METRICS_H

#include "reader.h"

/**
 * enum format - how metrics are written
 * @OPENMETRICS: OpenMetrics 1.0
 * @PROMETHEUS: the text format before it (0.0.4), all that node_exporter reads
 *	from a file; it knows neither units nor info and stateset metrics
 */
enum format {
	OPENMETRICS,
	PROMETHEUS,
};

void metrics_bandwidth(uint64_t bytes);
char *metrics_text(enum format format, size_t *len);

/* textfile.c */
bool textfile_write(const char *path);
bool textfile_remove(const char *path);

#endif /* _METRICS_H */
