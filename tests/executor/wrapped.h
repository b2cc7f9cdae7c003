/* SPDX-License-Identifier: GPL-2.0 */
/* A function of the executor's that a test stands in for, by the linker's --wrap. */
#ifndef _WRAPPED_H
#define _WRAPPED_H

#include "../../tools/executor/program.h"

/* The executor's own, and what is called in its place. */
bool __real_program_run(struct programs *ps, const struct program_job *job,
			uint64_t *done, const volatile uint32_t *yield);
bool __wrap_program_run(struct programs *ps, const struct program_job *job,
			uint64_t *done, const volatile uint32_t *yield);

#endif /* _WRAPPED_H */
