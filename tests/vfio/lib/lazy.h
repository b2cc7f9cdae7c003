/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that is there when whoever has it says so: until then who touches it waits. */
#ifndef _LAZY_H
#define _LAZY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** struct lazy - a page of it, and by what it is given */
struct lazy {
	int fd;
	uint8_t *page;
};

/**
 * struct waiter - one who reads or writes a stream there, by use_memory()
 * @memory: which is all of such a page
 * @fd: the stream's file
 * @writes: it does that, else it reads
 * @ret: what that call returned
 * @err: errno of that
 */
struct waiter {
	struct lazy memory;
	int fd;
	bool writes;
	ssize_t ret;
	int err;
};

bool lazy_can(void);
void lazy_new(struct lazy *l);
void lazy_wanted(struct lazy *l);
void lazy_give(struct lazy *l);
void lazy_end(struct lazy *l);
void *use_memory(void *data);

#endif /* _LAZY_H */
