/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guests that compute on a soft GPU beside one at work all the time, and one whose memory
 * is to stay as it is: whatever becomes of the others and of who computes for them, these
 * are not to notice, and in the end the host counts what it counted before.
 */
#ifndef _BESIDE_H
#define _BESIDE_H

#include "guest.h"
#include "soft_worker.h"

/* Work-groups of a dispatch. */
#define GROUPS		4

void beside_begin(void);
void beside_end(void);

struct guest *guest_new(void);
void guest_close(struct guest *g);
struct vgpu_soft_event of_neighbour(void);
void neighbours_are_unharmed(void);

bool is_faulted(const struct guest *g);
void expect_fault(const struct guest *g, unsigned int n);
void goes_on_with_another(struct guest *g, const struct worker *w);
void each_once(const struct guest *g, unsigned int groups);

#endif /* _BESIDE_H */
