/* SPDX-License-Identifier: GPL-2.0 */
/* The real vgpu-executor: its supervisor is a child, and has workers. */
#ifndef _SUPERVISOR_H
#define _SUPERVISOR_H

#include "vfio.h"

void executor_start(const char *const *options);
int executor_end(int signal);
void executor_signal(int signal);
bool executor_runs(void);

pid_t worker_of(const struct vdev *d);
pid_t need_worker(const struct vdev *d);
bool any_worker(void);

void status_of(pid_t pid, const char *word, char *line, size_t size);

#endif /* _SUPERVISOR_H */
