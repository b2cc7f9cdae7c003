/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KUnit's checks for the models that tests/kunit shares with the fuzzers: one that
 * fails ends the process.
 */
#ifndef _FUZZ_KUNIT_TEST_H
#define _FUZZ_KUNIT_TEST_H

#include "../kernel.h"

struct kunit {
	int status;
};

#define KUNIT_SUCCESS	0

#define KUNIT_CHECK(test, cond) do { \
	if (!(cond)) { \
		fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, \
			#cond); \
		abort(); \
	} \
	(void)(test); \
} while (0)

#define KUNIT_EXPECT_TRUE(test, a)		KUNIT_CHECK(test, a)
#define KUNIT_EXPECT_FALSE(test, a)		KUNIT_CHECK(test, !(a))
#define KUNIT_EXPECT_EQ(test, a, b)		KUNIT_CHECK(test, (a) == (b))
#define KUNIT_EXPECT_NE(test, a, b)		KUNIT_CHECK(test, (a) != (b))
#define KUNIT_EXPECT_LT(test, a, b)		KUNIT_CHECK(test, (a) < (b))
#define KUNIT_EXPECT_LE(test, a, b)		KUNIT_CHECK(test, (a) <= (b))
#define KUNIT_EXPECT_GT(test, a, b)		KUNIT_CHECK(test, (a) > (b))
#define KUNIT_EXPECT_GE(test, a, b)		KUNIT_CHECK(test, (a) >= (b))
#define KUNIT_EXPECT_MEMEQ(test, a, b, n)	KUNIT_CHECK(test, !memcmp(a, b, n))
#define KUNIT_EXPECT_EQ_MSG(test, a, b, ...)	KUNIT_CHECK(test, (a) == (b))
#define KUNIT_EXPECT_LE_MSG(test, a, b, ...)	KUNIT_CHECK(test, (a) <= (b))

#define KUNIT_ASSERT_TRUE	KUNIT_EXPECT_TRUE
#define KUNIT_ASSERT_EQ		KUNIT_EXPECT_EQ
#define KUNIT_ASSERT_LT		KUNIT_EXPECT_LT
#define KUNIT_ASSERT_LE		KUNIT_EXPECT_LE
#define KUNIT_ASSERT_GT		KUNIT_EXPECT_GT
#define KUNIT_ASSERT_GE		KUNIT_EXPECT_GE
#define KUNIT_ASSERT_EQ_MSG	KUNIT_EXPECT_EQ_MSG

#endif /* _FUZZ_KUNIT_TEST_H */
