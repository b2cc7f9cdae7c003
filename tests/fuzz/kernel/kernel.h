/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the pure files of the drivers want of the kernel, in user space: all headers of
 * the kernel that they include are this one, see the Makefile.
 */
#ifndef _FUZZ_KERNEL_H
#define _FUZZ_KERNEL_H

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../sim/kernel.h"

typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef u16 __le16;
typedef u32 __le32;
typedef u64 __le64;
typedef u64 phys_addr_t;

struct atomic64 {
	s64 counter;
};

#define atomic64_t	struct atomic64
#define vm_fault_t	unsigned int
/* For sparse. */
#define __must_hold(...)

struct list_head {
	struct list_head *next, *prev;
};

#define U8_MAX		UINT8_MAX
#define U16_MAX		UINT16_MAX
#define U32_MAX		UINT32_MAX
#define S32_MIN		INT32_MIN
#define S32_MAX		INT32_MAX
#define S64_MIN		INT64_MIN
#define S64_MAX		INT64_MAX

#define SZ_256		0x100
#define SZ_1K		0x400
#define SZ_2K		0x800
#define SZ_4K		0x1000
#define SZ_8K		0x2000
#define SZ_16K		0x4000
#define SZ_32K		0x8000
#define SZ_64K		0x10000
#define SZ_2M		0x200000
#define SZ_4M		0x400000
#define SZ_8M		0x800000
#define SZ_16M		0x1000000
#define SZ_32M		0x2000000
#define SZ_64M		0x4000000
#define SZ_1G		0x40000000
#define SZ_2G		0x80000000U
#define SZ_64G		0x1000000000ULL

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PMD_SHIFT	21
#define PMD_SIZE	(1UL << PMD_SHIFT)

#define PCI_CLASS_DISPLAY_VGA	0x0300
#define PCI_CLASS_DISPLAY_OTHER	0x0380

#define NUMA_NO_NODE	(-1)
#define MAX_NUMNODES	64
#define node_online(n)	((n) == 0)

#define __iomem
#define __force
#define __packed	__attribute__((packed))
#define __aligned(n)	__attribute__((aligned(n)))
#define __printf(a, b)	__attribute__((format(printf, a, b)))

#define EXPORT_SYMBOL_GPL	EXPORT_SYMBOL
#define BUILD_BUG_ON(cond)	_Static_assert(!(cond), #cond)

/* As the kernel's: of numbers of different types, too. */
#undef min
#undef max
#undef clamp
#define min(a, b) ({ \
	__auto_type _min_a = (a); \
	__auto_type _min_b = (b); \
	_min_a < _min_b ? _min_a : _min_b; \
})
#define max(a, b) ({ \
	__auto_type _max_a = (a); \
	__auto_type _max_b = (b); \
	_max_a > _max_b ? _max_a : _max_b; \
})
#define min3(a, b, c)		min(min(a, b), c)
#define max3(a, b, c)		max(max(a, b), c)
#define clamp(value, low, high)	min(max(value, low), high)

#define DIV_ROUND_UP(n, d) ({ \
	__auto_type _div_by = (d); \
	((n) + _div_by - 1) / _div_by; \
})
#define DIV_ROUND_UP_ULL(n, d)	DIV_ROUND_UP((u64)(n), (d))
#define IS_ALIGNED(n, to)	(!((n) & ((__typeof__(n))(to) - 1)))
#define ALIGN(n, to) ({ \
	__auto_type _align_to = (to); \
	((n) + _align_to - 1) / _align_to * _align_to; \
})
#define PAGE_ALIGNED(n)		IS_ALIGNED(n, PAGE_SIZE)
#define abs_diff(a, b) ({ \
	__auto_type _diff_a = (a); \
	__auto_type _diff_b = (b); \
	_diff_a > _diff_b ? _diff_a - _diff_b : _diff_b - _diff_a; \
})

#define GENMASK(high, low)	((~0UL << (low)) & (~0UL >> (63 - (high))))
#define FIELD_GET(mask, val)	((u32)(((val) & (mask)) >> __builtin_ctzl(mask)))
#define FIELD_PREP(mask, val) \
	((u32)(((unsigned long)(val) << __builtin_ctzl(mask)) & (mask)))

#define swab16(n)		__builtin_bswap16(n)
#define swab32(n)		__builtin_bswap32(n)
#define cpu_to_le16(n)		htole16(n)
#define cpu_to_le32(n)		htole32(n)
#define cpu_to_le64(n)		htole64(n)
#define le16_to_cpu(n)		le16toh(n)
#define le32_to_cpu(n)		le32toh(n)
#define le64_to_cpu(n)		le64toh(n)

#define smp_rmb()	/* one thread has nobody */
#define smp_wmb()	/* to order anything for */
#define ktime_get_ns()		0ULL

static inline s32 sign_extend32(u32 value, int index)
{
	return (s32)(value << (31 - index)) >> (31 - index);
}

static inline bool is_power_of_2(u64 n)
{
	return n && !(n & (n - 1));
}

static inline u64 roundup_pow_of_two(u64 n)
{
	u64 to = 1;

	while (to < n)
		to *= 2;
	return to;
}

static inline u16 get_unaligned_le16(const void *p)
{
	__le16 le;

	memcpy(&le, p, sizeof(le));
	return le16_to_cpu(le);
}

static inline u32 get_unaligned_le32(const void *p)
{
	__le32 le;

	memcpy(&le, p, sizeof(le));
	return le32_to_cpu(le);
}

static inline void put_unaligned_le16(u16 val, void *p)
{
	__le16 le = cpu_to_le16(val);

	memcpy(p, &le, sizeof(le));
}

static inline void put_unaligned_le32(u32 val, void *p)
{
	__le32 le = cpu_to_le32(val);

	memcpy(p, &le, sizeof(le));
}

/* Bytes that were put, not that would have been. */
static inline __printf(3, 0) int vscnprintf(char *buf, size_t size,
					    const char *fmt, va_list args)
{
	int n = vsnprintf(buf, size, fmt, args);

	return size && n >= (int)size ? (int)size - 1 : n;
}

static inline __printf(3, 4) int scnprintf(char *buf, size_t size,
					   const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return n;
}

/* What it says nobody hears; that it can say it is looked at. */
static inline __printf(1, 2) void pr_err(const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
}

/* Of these the headers' inline functions speak; nobody calls them. */
struct page;
unsigned long page_to_pfn(const struct page *page);
bool test_bit(unsigned long nr, const unsigned long *bits);
void atomic64_add(s64 n, atomic64_t *to);
void memcpy_fromio(void *to, const void *from, size_t n);
void memcpy_toio(void *to, const void *from, size_t n);
void memset_io(void *to, int value, size_t n);

#endif /* _FUZZ_KERNEL_H */
