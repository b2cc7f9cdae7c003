/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SIM_KERNEL_H
#define _SIM_KERNEL_H

/*
 * What runlist.c and the kernel's rbtree.c want of the kernel; edid.c, too, which
 * tests/tools has edid-decode check.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;

#define U64_MAX			UINT64_MAX
#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))

#undef __always_inline
#define __always_inline		inline
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define READ_ONCE(x)		(x)
#define WRITE_ONCE(x, value)	((x) = (value))
#define rcu_assign_pointer(p, value)	((p) = (value))
#define rcu_dereference_raw(p)	(p)
#define EXPORT_SYMBOL(name)	extern int unused_##name

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof(*(array)))

/* How often somebody went from a node of a tree to what it is a part of. */
extern u64 looks;

static inline char *look(const void *node)
{
	looks++;
	return (char *)node;
}

#define container_of(ptr, type, member) \
	((type *)(look(ptr) - offsetof(type, member)))

#define min(a, b) ({ \
	__typeof__(a) _a = (a); \
	__typeof__(b) _b = (b); \
	(void)(&_a == &_b); \
	_a < _b ? _a : _b; \
})
#define max(a, b) ({ \
	__typeof__(a) _a = (a); \
	__typeof__(b) _b = (b); \
	(void)(&_a == &_b); \
	_a > _b ? _a : _b; \
})
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max_t(type, a, b)	max((type)(a), (type)(b))
#define clamp(value, low, high)	min(max(value, low), high)

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

#endif /* _SIM_KERNEL_H */
