/* SPDX-License-Identifier: GPL-2.0 */
/* What keeps an engine of a soft GPU busy, from outside of any guest. */
#ifndef _WORK_H
#define _WORK_H

#include "client.h"
#include "soft.h"

/**
 * struct work - a vGPU that has work
 * @client: for its compute engine, as PoCL's driver would bring it
 * @ring: for its copy engine
 * @done: products
 */
struct work {
	struct client client;
	struct ring ring;
	uint32_t done;
};

/**
 * struct work_kind - what is to be done
 * @name: as on the command line
 * @start: of a vGPU that is open and decodes memory
 * @more: give it as much as there is room for; true when something was done already
 */
struct work_kind {
	const char *name;
	void (*start)(struct work *w, struct vdev *d);
	bool (*more)(struct work *w);
};

const struct work_kind *work_kind(const char *name);

#endif /* _WORK_H */
