// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include "fault.h"

static sigjmp_buf fault;

static void on_sigbus(int sig)
{
	(void)sig;
	siglongjmp(fault, 1);
}

/* Does touching the 32-bit word at @p raise SIGBUS? */
bool raises_sigbus(volatile void *p, bool write)
{
	struct sigaction act = { .sa_handler = on_sigbus }, old;
	volatile uint32_t *word = p;
	volatile bool raised = false;

	sigaction(SIGBUS, &act, &old);
	if (sigsetjmp(fault, 1))
		raised = true;
	else if (write)
		*word = FAULT_WROTE;
	else
		(void)*word;
	sigaction(SIGBUS, &old, NULL);
	return raised;
}
