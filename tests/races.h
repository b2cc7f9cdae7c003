/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Included before all else where modules are built for the kernel "races". GCC (14) tells
 * KCSAN of a READ_ONCE() of a bool as of a plain read: no __tsan_volatile_read1() comes
 * out of it, as it does of other types. So those are not looked at.
 */
#ifndef _TESTS_RACES_H
#define _TESTS_RACES_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/rwonce.h>

/* Whoever is watched while this reads does not hear of it. */
static inline __no_kcsan bool races_look_away(const void *at)
{
	return __READ_ONCE(*(const bool *)at);
}

#undef READ_ONCE
#define READ_ONCE(x)							\
({									\
	typeof(x) *__at = &(x);						\
									\
	__builtin_choose_expr(						\
		__builtin_types_compatible_p(typeof(x), bool),		\
		races_look_away((const void *)__at), __READ_ONCE(*__at)); \
})

#endif /* _TESTS_RACES_H */
