/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Included before all else where modules are built for the kernel "races". GCC (14) tells
 * KCSAN of a READ_ONCE() of a bool as of a plain read: no __tsan_volatile_read1() comes
 * out of it, as it does of other types. So those are not looked at.
 */
#ifndef _TESTS_RACES_H
#define _TESTS_RACES_H

#include <linux/compiler.h>
#include <asm/rwonce.h>

#undef READ_ONCE
#define READ_ONCE(x)							\
({									\
	compiletime_assert_rwonce_type(x);				\
	__builtin_choose_expr(						\
		__builtin_types_compatible_p(typeof(x), _Bool),		\
		data_race(__READ_ONCE(x)), __READ_ONCE(x));		\
})

#endif /* _TESTS_RACES_H */
