// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "tap.h"

/* A broken driver fails thousands of checks alike: the first few tell it. */
#define MAX_NOTES	20

static jmp_buf abort_to;
static unsigned int failures;
static bool in_child;
static bool in_vain;
/* The one that runs, for who asks what hangs. */
static const char *running = "";

void tap_note(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

void tap_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	failures++;
	if (failures > MAX_NOTES)
		return;
	printf("# %s:%d: failed: ", file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

/* Checks of this test that have failed so far. */
unsigned int tap_failures(void)
{
	return failures;
}

/* Whether all that there is of a kind is wanted, and not some of it (run.sh --all). */
bool tap_thorough(void)
{
	return getenv("THOROUGH");
}

/* Whether what is most telling will do (run.sh without arguments). */
bool tap_brief(void)
{
	return getenv("BRIEF");
}

/*
 * Seconds that one thing may take before it is taken for a hang: a fifth of what
 * scripts/patience.sh says, much less once something has not come at all.
 */
time_t tap_patience(void)
{
	const char *text = getenv("PATIENCE");
	time_t seconds = (text ? atoi(text) : 600) / 5;

	return in_vain ? seconds / 10 + 1 : seconds;
}

void tap_in_vain(void)
{
	in_vain = true;
}

/* The clock that does not jump. */
uint64_t tap_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

time_t tap_seconds(void)
{
	return tap_ns() / 1000000000;
}

/* run.sh has lost its patience. */
static void tell_and_end(int unused)
{
	static const char text[] = "# hangs in ";

	(void)unused;
	if (!in_child && write(STDOUT_FILENO, text, sizeof(text) - 1) > 0 &&
	    write(STDOUT_FILENO, running, strlen(running)) > 0)
		write(STDOUT_FILENO, "\n", 1);
	_exit(EXIT_FAILURE);
}

/* From here on a failed ASSERT ends the process, not the test. */
void tap_child(void)
{
	in_child = true;
}

void tap_abort(void)
{
	if (in_child)
		_exit(EXIT_FAILURE);
	longjmp(abort_to, 1);
}

bool tap_eq(const char *file, int line, const char *what,
	    unsigned long long a, unsigned long long b)
{
	if (a == b)
		return true;
	tap_fail(file, line, "%s: %#llx is not %#llx (%lld, %lld)", what, a, b,
		 (long long)a, (long long)b);
	return false;
}

bool tap_str_eq(const char *file, int line, const char *what, const char *a,
		const char *b)
{
	if (!strcmp(a, b))
		return true;
	tap_fail(file, line, "%s: \"%s\" is not \"%s\"", what, a, b);
	return false;
}

bool tap_errno(const char *file, int line, const char *what, long ret,
	       int err, int want)
{
	if (ret == -1 && err == want)
		return true;
	if (ret == -1)
		tap_fail(file, line, "%s: errno is %s, not %s", what,
			 strerrorname_np(err), strerrorname_np(want));
	else
		tap_fail(file, line, "%s: returned %ld, not errno %s", what,
			 ret, strerrorname_np(want));
	return false;
}

static bool applies(const struct tap_test *test)
{
	return !test->applies || test->applies();
}

static bool run_one(const struct tap_suite *suite, const struct tap_test *test)
{
	failures = 0;
	running = test->name;
	if (!setjmp(abort_to)) {
		if (suite->before)
			suite->before();
		test->fn();
	}
	if (!setjmp(abort_to) && suite->after)
		suite->after();
	return !failures;
}

/**
 * tap_run() - run a program's tests
 * @suite: the program
 *
 * Return: exit status, 0 when every test passed.
 */
int tap_run(const struct tap_suite *suite)
{
	unsigned int failed = 0, number = 0;
	unsigned int i;

	signal(SIGTERM, tell_and_end);
	for (i = 0; i < suite->nr; i++)
		number += applies(&suite->tests[i]);
	printf("TAP version 13\n1..%u\n", number);
	fflush(stdout);
	for (i = 0, number = 0; i < suite->nr; i++) {
		bool ok;

		if (!applies(&suite->tests[i]))
			continue;
		ok = run_one(suite, &suite->tests[i]);
		printf("%sok %u - %s.%s\n", ok ? "" : "not ", ++number,
		       suite->name, suite->tests[i].name);
		fflush(stdout);
		failed += !ok;
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
