/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VMM that does all that one does, in an order by chance, until it is killed: maps its
 * vGPU, draws, takes interrupts, resets it, saves and loads it, opens it again, hands it
 * to a child.
 */
#ifndef _VMM_H
#define _VMM_H

#include "move.h"
#include "vfio.h"

/**
 * struct vmm - that process
 * @uuid: its vGPU
 * @type: of which type that is
 * @stream: what one of this type can be loaded with
 * @seed: what it does follows from this
 * @stays: it has its vGPU open all the time
 * @may_fail: what it does may fail: then it ends, and says nothing of that
 * @done: things that it has done so far
 * @pid: the process, and its group, which it shares with nobody but its child
 */
struct vmm {
	char uuid[UUID_LEN];
	const struct type_facts *type;
	struct stream stream;
	uint32_t seed;
	bool stays;
	bool may_fail;
	volatile unsigned int *done;
	pid_t pid;
};

void vmm_start(struct vmm *v);
bool vmm_has_done(const struct vmm *v, unsigned int things);
bool vmm_end(struct vmm *v, unsigned int us);

#endif /* _VMM_H */
