// SPDX-License-Identifier: GPL-2.0
/*
 * All processes are frozen, as before the machine sleeps, while some wait in calls of the
 * driver's: none of them keeps the machine from that, nor outlives a SIGKILL. (What is when
 * it does sleep is in suspend.c.)
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "gpu2d.h"
#include "power.h"
#include "tenant.h"

static struct vdev *d;

static void before(void)
{
	settings_save();
	d = vdev_new(gpu->small);
	vdev_decode(d, DECODE_ALL);
}

static void after(void)
{
	children_end();
	settings_restore();
	vdev_cleanup();
}

static bool can_fill(void)
{
	return power_can_sleep() && has_fifo();
}

/* ---- Resets */

static int reset_again(void *arg)
{
	struct vdev *vgpu = arg;
	unsigned int i;

	for (i = 0; i < 2; i++)
		ASSERT_OK(vdev_ioctl(vgpu, VFIO_DEVICE_RESET, NULL));
	return 0;
}

static bool waits(void)
{
	char text[ATTR_LEN];

	mdev_attr(d->uuid, "guard_resets", text);
	return !strcmp(text, "overflow");
}

/* Because there were too many: they would for a minute. */
static void start_resets(pid_t *pid, unsigned int n)
{
	gpu_set("guard_resets_limit", "1");
	while (n--)
		pid[n] = child_start(reset_again, d);
	EXPECT(AWAIT(waits()));
}

static void resets_that_wait(void)
{
	pid_t pid[6];
	unsigned int i;

	start_resets(pid, ARRAY_SIZE(pid));
	EXPECT_OK(power_try("freezer", 1));
	gpu_set("guard_resets_limit", "0");
	for (i = 0; i < ARRAY_SIZE(pid); i++)
		EXPECT_EQ(child_finish(pid[i]), 0);
}

static void end_all(const pid_t *pid, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		ASSERT_OK(kill(pid[i], SIGKILL));
	for (i = 0; i < n; i++)
		EXPECT_EQ(child_finish(pid[i]), 128 + SIGKILL);
}

/* Some of them are through by now, and have ended by themselves. */
static void resets_that_are_killed(void)
{
	pid_t pid[6], left[6];
	unsigned int i, n = 0;

	start_resets(pid, ARRAY_SIZE(pid));
	for (i = 0; i < ARRAY_SIZE(pid); i++)
		if (child_runs(pid[i]))
			left[n++] = pid[i];
	EXPECT(n);
	end_all(left, n);
}

/* ---- Writes */

/* Its lines lie one above the other: little memory, and much to do. */
static const struct op huge = {
	.w = 8191, .h = 8191, .bpp = 32, .rop = ROP3_PATCOPY, .dst.pitch = 64,
};

static void start_huge(void)
{
	reg_wr(d, DST_WIDTH_HEIGHT, pack_yx(huge.w, huge.h));
}

/*
 * As many of these as there is room for, and a hundredth of the engine for them: each
 * takes a second or so.
 */
static void fill_fifo(void)
{
	unsigned int i;

	gpu_set("window_ms", "10");
	mdev_set(d->uuid, "cap", "1");
	gpu_init(d);
	gpu_do(d, &huge);
	gpu_wait_fifo(d, FIFO_DEPTH);
	for (i = 0; i < FIFO_DEPTH; i++)
		start_huge();
}

/* Of the engine's registers, each of which waits for the one before. */
static int some_registers(void *unused)
{
	static const uint8_t zeros[64];

	(void)unused;
	for (;;)
		vdev_pwrite(d, gpu->regs, zeros, sizeof(zeros), DST_OFFSET & ~63);
	return 0;
}

/* Not before it is in its call. */
static pid_t start_and_await(int (*writes)(void *))
{
	pid_t pid = child_start(writes, NULL);
	char path[32], text[16];

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	EXPECT(AWAIT(file_read(path, text, sizeof(text)) > 0 &&
		     strtol(text, NULL, 10) == SYS_pwrite64));
	return pid;
}

static int all_registers(void *unused)
{
	static const uint8_t zeros[16384];

	(void)unused;
	for (;;)
		vdev_pwrite(d, gpu->regs, zeros, sizeof(zeros), 0);
	return 0;
}

/*
 * Of one vGPU's, which come one after the other: each had seconds before the next one
 * had its turn.
 */
static void writes_that_wait(void)
{
	unsigned int i;

	fill_fifo();
	for (i = 0; i < MAX_TENANTS; i++)
		start_and_await(some_registers);
	EXPECT_OK(power_try("freezer", 1));
}

/* The same by one call. */
static void a_write_of_many_registers(void)
{
	fill_fifo();
	start_and_await(all_registers);
	EXPECT_OK(power_try("freezer", 1));
}

static void writes_that_are_killed(void)
{
	pid_t pid[MAX_TENANTS];
	unsigned int i;

	fill_fifo();
	for (i = 0; i < ARRAY_SIZE(pid); i++)
		pid[i] = start_and_await(i % 2 ? some_registers : all_registers);
	end_all(pid, ARRAY_SIZE(pid));
}

static const struct tap_test tests[] = {
	TAP_TEST_IF(resets_that_wait, power_can_sleep),
	TAP_TEST(resets_that_are_killed),
	TAP_TEST_IF(writes_that_wait, can_fill),
	TAP_TEST_IF(a_write_of_many_registers, can_fill),
	TAP_TEST_IF(writes_that_are_killed, has_fifo),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "freeze", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	return tap_run(&suite);
}
