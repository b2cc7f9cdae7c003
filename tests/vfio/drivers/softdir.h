/* SPDX-License-Identifier: GPL-2.0 */
/* Soft GPUs as an operator makes them, by configfs; see docs/hardware-soft.md. */
#ifndef _SOFTDIR_H
#define _SOFTDIR_H

#include <stdbool.h>
#include "vfio.h"

#define SOFT_DIRS	"/sys/kernel/config/vgpu-soft"

void soft_dirs(void);
void soft_load(const char *arguments);
void soft_end(void);

int soft_mkdir(const char *name);
int soft_rmdir(const char *name);
int soft_set(const char *name, const char *attr, const char *text);
void soft_get(const char *name, const char *attr, char *buf);
void soft_refused(const char *name, const char *attr, const char *text, int err,
		  const char *message);
void soft_make(const char *name, const char *const (*attrs)[2]);
void soft_sysfs(const char *name, char *path);

int soft_try_create(const char *gpu, const char *type, char *uuid);
struct vdev *soft_create(const char *gpu, const char *type);
unsigned int soft_available(const char *gpu, const char *type);
unsigned int soft_count(void);

#endif /* _SOFTDIR_H */
