/* SPDX-License-Identifier: GPL-2.0 */
/* vGPUs by sysfs, as an operator makes them. */
#ifndef _MDEV_H
#define _MDEV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define MIB		(1024ULL * 1024)
#define UUID_LEN	37
#define ATTR_LEN	256

/**
 * struct type_facts - what a vGPU type is, from the product's documentation
 * @name: pretty name
 * @dir: directory in mdev_supported_types
 * @size: VRAM in bytes
 * @xres: widest mode
 * @yres: highest mode
 * @max_instance: how many fit on an empty card
 */
struct type_facts {
	const char *name;
	const char *dir;
	uint64_t size;
	unsigned int xres;
	unsigned int yres;
	unsigned int max_instance;
};

#define NR_TYPES	4
extern const struct type_facts types[NR_TYPES];

/* Small to large, as in types[]. */
enum { T4, T8, T16, T32 };

const char *gpu_path(void);
void gpu_attr(const char *name, char *buf);
uint64_t gpu_attr_u64(const char *name);

void type_attr(unsigned int type, const char *name, char *buf);
unsigned int type_available(unsigned int type);

void mdev_uuid(char *uuid);
int mdev_try_create(unsigned int type, const char *uuid);
void mdev_create(unsigned int type, char *uuid);
int mdev_remove(const char *uuid);
void mdev_remove_all(void);
void mdev_attr(const char *uuid, const char *name, char *buf);
uint64_t mdev_attr_u64(const char *uuid, const char *name);
bool mdev_exists(const char *uuid);
int mdev_group(const char *uuid);

ssize_t file_write(const char *path, const char *text);
ssize_t file_read(const char *path, char *buf, size_t len);
unsigned int dir_count(const char *path);

#endif /* _MDEV_H */
