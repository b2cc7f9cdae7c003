/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program is a table of tests; each test becomes one line of TAP. A check
 * that fails says where and why, and the test goes on (EXPECT) or ends
 * (ASSERT).
 */
#ifndef _TAP_H
#define _TAP_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/**
 * struct tap_test - one test
 * @name: as shown in the TAP line
 * @fn: does it
 * @applies: is it one of this run's tests; NULL: always
 */
struct tap_test {
	const char *name;
	void (*fn)(void);
	bool (*applies)(void);
};

#define TAP_TEST(f)		{ .name = #f, .fn = f }
#define TAP_TEST_IF(f, cond)	{ .name = #f, .fn = f, .applies = cond }

/**
 * struct tap_suite - one program
 * @name: shown before the test names
 * @tests: table
 * @nr: its length
 * @before: runs before each test; a failed ASSERT in it fails the test
 * @after: runs after each test, also after one that ended early
 */
struct tap_suite {
	const char *name;
	const struct tap_test *tests;
	unsigned int nr;
	void (*before)(void);
	void (*after)(void);
};

int tap_run(const struct tap_suite *suite);
void tap_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
unsigned int tap_failures(void);
void tap_child(void);
void tap_abort(void) __attribute__((noreturn));
bool tap_eq(const char *file, int line, const char *what,
	    unsigned long long a, unsigned long long b);
bool tap_str_eq(const char *file, int line, const char *what, const char *a,
		const char *b);
bool tap_errno(const char *file, int line, const char *what, long ret,
	       int err, int want);

bool tap_thorough(void);
bool tap_brief(void);
time_t tap_patience(void);
uint64_t tap_ns(void);
time_t tap_seconds(void);
void tap_in_vain(void);

/* Until the condition holds; false when that takes longer than only a hang does. */
#define AWAIT(cond) ({							\
	time_t _end = tap_seconds() + tap_patience();			\
	bool _there;							\
	while (!(_there = (cond)) && tap_seconds() <= _end)		\
		usleep(2000);						\
	if (!_there)							\
		tap_in_vain();						\
	_there; })

#define EXPECT(cond) ({							\
	bool _ok = (cond);						\
	if (!_ok)							\
		tap_fail(__FILE__, __LINE__, "%s", #cond);		\
	_ok; })

/* The values are compared as 64-bit unsigned numbers: first seen, then right. */
#define EXPECT_EQ(a, b)							\
	tap_eq(__FILE__, __LINE__, #a " == " #b, (a), (b))

#define EXPECT_STR(a, b)						\
	tap_str_eq(__FILE__, __LINE__, #a, (a), (b))

/* The call must return -1 with this errno. */
#define EXPECT_ERR(call, want) ({					\
	long _ret;							\
	errno = 0;							\
	_ret = (call);							\
	tap_errno(__FILE__, __LINE__, #call, _ret, errno, (want)); })

/* The call must not return a negative value. */
#define EXPECT_OK(call) ({						\
	long _ret = (call);						\
	if (_ret < 0)							\
		tap_fail(__FILE__, __LINE__, "%s: %s", #call,		\
			 strerror(errno));				\
	_ret >= 0; })

#define ASSERT(cond)		do { if (!EXPECT(cond)) tap_abort(); } while (0)
#define ASSERT_EQ(a, b)		do { if (!EXPECT_EQ(a, b)) tap_abort(); } while (0)
#define ASSERT_OK(call)		do { if (!EXPECT_OK(call)) tap_abort(); } while (0)

#endif /* _TAP_H */
