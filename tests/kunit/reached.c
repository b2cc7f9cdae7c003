// SPDX-License-Identifier: GPL-2.0
/*
 * For scripts/kunit --reached: when UML ends, libgcov writes which lines the code under
 * test has come to. It would by itself where a program ends, but for the kernel's linker
 * script, which leaves its destructors out.
 */
#include <linux/init.h>
#include <init.h>

void __gcov_dump(void);

static void dump(void)
{
	__gcov_dump();
}

__uml_exitcall(dump);
