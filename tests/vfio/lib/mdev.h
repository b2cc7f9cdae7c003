/* SPDX-License-Identifier: GPL-2.0 */
/* vGPUs by sysfs, as an operator makes them. */
#ifndef _MDEV_H
#define _MDEV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "gpu.h"

#define MIB		(1024ULL * 1024)
#define UUID_LEN	37
#define ATTR_LEN	256

const char *gpu_path(void);
void gpu_forget(void);
void gpu_attr(const char *name, char *buf);
uint64_t gpu_attr_u64(const char *name);
int gpu_driver(const char *what);
void engine_attr(char *name, const char *attr);

void type_attr(const struct type_facts *type, const char *name, char *buf);
unsigned int type_available(const struct type_facts *type);

void mdev_uuid(char *uuid);
int mdev_try_create(const struct type_facts *type, const char *uuid);
void mdev_create(const struct type_facts *type, char *uuid);
int mdev_remove(const char *uuid);
void mdev_remove_all(void);
void mdev_attr(const char *uuid, const char *name, char *buf);
uint64_t mdev_attr_u64(const char *uuid, const char *name);
bool mdev_exists(const char *uuid);
int mdev_group(const char *uuid);

ssize_t file_write(const char *path, const char *text);
ssize_t file_read(const char *path, char *buf, size_t len);
uint64_t file_u64(const char *path);
unsigned int dir_count(const char *path);

#endif /* _MDEV_H */
