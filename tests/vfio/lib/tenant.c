// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tenant.h"

#define POLL_US		5000

/* Behind the largest fill, nobody's. */
#define GUARD_BYTES	(384 * 1024)

/*
 * How long shares are looked at, ns of the GPU's clock, and how often, each time twice as
 * long as before: who has a tenth of the GPU, and has to pay for time that was taken from
 * it, pays ten times as long.
 */
#define LONG_ENOUGH	(1000 * MS)
#define SHARE_TRIES	5

static pid_t children[MAX_TENANTS];

/* Run @fn(@arg) in a process of its own; it exits with what is returned. */
pid_t child_start(int (*fn)(void *), void *arg)
{
	unsigned int i;
	pid_t pid;

	for (i = 0; i < MAX_TENANTS && children[i]; i++)
		;
	ASSERT(i < MAX_TENANTS);
	fflush(stdout);
	pid = fork();
	ASSERT_OK(pid);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		tap_child();
		_exit(fn(arg));
	}
	children[i] = pid;
	return pid;
}

/* Exit status of a child, or 128 plus the signal that ended it. */
int child_finish(pid_t pid)
{
	unsigned int i;
	int status;

	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	for (i = 0; i < MAX_TENANTS; i++) {
		if (children[i] == pid)
			children[i] = 0;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   128 + WTERMSIG(status);
}

bool child_runs(pid_t pid)
{
	siginfo_t info = { 0 };

	/* Leaves the status for child_finish(). */
	return waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       !info.si_pid;
}

/* It must not have ended by itself. */
void child_kill(pid_t pid)
{
	ASSERT_OK(kill(pid, SIGKILL));
	EXPECT_EQ(child_finish(pid), 128 + SIGKILL);
}

/* After a test: whoever is left. */
void children_end(void)
{
	unsigned int i;

	for (i = 0; i < MAX_TENANTS; i++) {
		if (!children[i])
			continue;
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
		children[i] = 0;
	}
}

static const char * const settings[] = {
	"policy", "slice_us", "window_ms", "averaging", "trap_charge",
	"watchdog_ms", "guard_traps_limit", "guard_irqs_limit",
	"guard_resets_limit", "guard_faults_limit",
};

static char saved[ARRAY_SIZE(settings)][ATTR_LEN];

/* Of a choice, what is in brackets. */
static void keep_chosen(char *text)
{
	char *begin = strchr(text, '['), *end = strchr(text, ']');

	if (!begin || !end)
		return;
	*end = '\0';
	memmove(text, begin + 1, strlen(begin + 1) + 1);
}

/* Before the first test. */
void settings_save(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		gpu_attr(settings[i], saved[i]);
		keep_chosen(saved[i]);
	}
}

/* After each test. */
void settings_restore(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(settings); i++)
		EXPECT_OK(gpu_try_set(settings[i], saved[i]));
}

/* 0, or -1 with errno. */
int gpu_try_set(const char *name, const char *text)
{
	char path[PATH_MAX + ATTR_LEN];

	snprintf(path, sizeof(path), "%s/vgpu/%s", gpu_path(), name);
	return file_write(path, text) < 0 ? -1 : 0;
}

void gpu_set(const char *name, const char *text)
{
	if (!gpu_try_set(name, text))
		return;
	tap_fail(__FILE__, __LINE__, "%s to %s: %s", text, name,
		 strerror(errno));
	tap_abort();
}

int mdev_try_set(const char *uuid, const char *name, const char *text)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/vgpu/%s", uuid,
		 name);
	return file_write(path, text) < 0 ? -1 : 0;
}

void mdev_set(const char *uuid, const char *name, const char *text)
{
	if (!mdev_try_set(uuid, name, text))
		return;
	tap_fail(__FILE__, __LINE__, "%s to %s: %s", text, name,
		 strerror(errno));
	tap_abort();
}

void expect_attr(const char *uuid, const char *name, const char *want)
{
	char text[ATTR_LEN];

	mdev_attr(uuid, name, text);
	if (!EXPECT_STR(text, want))
		tap_note("%s", name);
}

/* Bytes of the largest fill that work is made of: milliseconds of GPU time. */
uint64_t work_bytes(const struct vdev *d)
{
	return (d->room - GUARD_BYTES) / 8192 * 8192;
}

/* All that work_again() needs; does nothing itself. */
void work_setup(struct vdev *d, uint32_t value)
{
	gpu_init(d);
	gpu->prepare(d, 0, work_bytes(d), value);
}

void work_again(struct vdev *d, unsigned int times)
{
	while (times--)
		gpu->again(d);
}

/* What a tenant does that never runs out of work. */
int works_forever(void *d)
{
	work_setup(d, 0x5a5a5a5a);
	for (;;)
		work_again(d, 1000);
	return 0;
}

/* A process that does so. */
pid_t busy_start(struct vdev *d)
{
	return child_start(works_forever, d);
}

/* The engine does for it what it should: a few fills and copies. */
bool works(struct vdev *d, uint32_t seed)
{
	uint8_t *vram = vdev_map_vram(d), *model = malloc(d->room);
	uint64_t at;
	unsigned int i;

	ASSERT(model);
	fill_pattern(model, d->room, seed);
	memcpy(vram, model, d->room);
	gpu_init(d);
	for (i = 0; i < 4; i++) {
		uint64_t from = i * 0x21000, to = from + MIB + i * 0x1000;
		uint64_t bytes = 0x40000 + i * 0x1000;

		gpu_fill(d, from, bytes, seed * (i + 1));
		gpu_copy(d, to, from, bytes);
		model_fill(model, from, bytes, seed * (i + 1));
		memcpy(model + to, model + from, bytes);
	}
	gpu_idle(d);
	at = first_difference(vram, model, d->room);
	munmap(vram, d->size);
	free(model);
	return EXPECT_EQ(at, d->room);
}

/* Nobody has left anything in its memory. */
void expect_zeros(struct vdev *d)
{
	uint64_t *vram = vdev_map_vram(d);
	uint64_t at;

	for (at = 0; at < d->size / 8; at++) {
		if (vram[at]) {
			tap_fail(__FILE__, __LINE__,
				 "byte %#llx of %s at %llu: %#llx",
				 (unsigned long long)at * 8, d->uuid,
				 (unsigned long long)mdev_attr_u64(d->uuid,
								   "vram_offset"),
				 (unsigned long long)vram[at]);
			break;
		}
	}
	munmap(vram, d->size);
}

/*
 * Whatever was done to it: after a reset it is idle, and a small fill lands where it
 * should. A check that fails ends no test, for some look on for what has done it.
 */
bool works_after_reset(struct vdev *d)
{
	uint32_t want[2 * 4096 / 4] = {};
	uint64_t at;
	void *vram;

	if (!EXPECT_OK(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL)))
		return false;
	vdev_decode(d, DECODE_ALL);
	vram = vdev_try_map(d, REGION_VRAM, 0, d->size);
	if (!EXPECT(vram != MAP_FAILED))
		return false;
	EXPECT(gpu->is_idle(d));
	memset(vram, 0, sizeof(want));
	gpu_init(d);
	gpu_fill(d, 4096, 40, 0x7e57);
	gpu_idle(d);
	model_fill(want, 4096, 40, 0x7e57);
	at = first_difference(vram, want, sizeof(want));
	munmap(vram, d->size);
	return EXPECT_EQ(at, sizeof(want));
}

/* Wait until a counter has passed @above. run.sh has a limit. */
void wait_above(const struct vdev *d, const char *name, uint64_t above)
{
	while (mdev_attr_u64(d->uuid, name) <= above)
		usleep(POLL_US);
}

static uint64_t engine_u64(const char *attr)
{
	char name[ATTR_LEN];

	engine_attr(name, attr);
	return gpu_attr_u64(name);
}

/* The engine's time since the GPU was registered, ns. */
uint64_t gpu_clock(void)
{
	return engine_u64("idle_time_ns") + engine_u64("busy_time_ns") +
	       engine_u64("switch_time_ns");
}

/* Until the GPU's clock has moved on by @ns. */
void let_run(uint64_t ns)
{
	uint64_t end = gpu_clock() + ns;

	while (gpu_clock() < end)
		usleep(POLL_US);
}

/**
 * struct shares - what tenants got of the GPU between two moments
 * @gpu: GPU time of each, ns
 * @inner: ns of the GPU's clock that the GPU times cover at least
 * @outer: ns of the GPU's clock that the GPU times cover at most
 *
 * Nothing is read at the same moment as something else. What holds of @inner
 * and @outer holds however long the reading took.
 */
struct shares {
	int64_t gpu[MAX_TENANTS];
	int64_t inner;
	int64_t outer;
};

static void sample(struct shares *s, struct vdev *const *d, unsigned int nr,
		   int sign)
{
	int64_t before = gpu_clock(), after;
	unsigned int i;

	for (i = 0; i < nr; i++)
		s->gpu[i] += sign * mdev_attr_u64(d[i]->uuid, "gpu_time_ns");
	after = gpu_clock();
	s->inner += sign > 0 ? before : -after;
	s->outer += sign > 0 ? after : -before;
}

static void wait_a_little(void)
{
	usleep(POLL_US);
}

static bool holds(const struct shares *s, const struct bound *b)
{
	double mine = s->gpu[b->who];

	if (b->of == OF_GPU)
		return mine * 100 >= b->least * s->inner &&
		       mine * 100 <= b->most * s->outer;
	return mine >= b->least * s->gpu[b->of] &&
	       mine <= b->most * s->gpu[b->of];
}

static const struct bound *broken(const struct shares *s,
				  const struct bound *bounds)
{
	for (; bounds->most; bounds++) {
		if (!holds(s, bounds))
			return bounds;
	}
	return NULL;
}

static void tell(const struct shares *s, unsigned int nr, const struct bound *b)
{
	unsigned int i;

	tap_note("tenant %d did not get %.2f to %.2f %s", b->who, b->least,
		 b->most, b->of == OF_GPU ? "%" : "times what another got");
	for (i = 0; i < nr; i++)
		tap_note("tenant %u: %lld of %lld to %lld us", i,
			 (long long)s->gpu[i] / 1000,
			 (long long)s->inner / 1000,
			 (long long)s->outer / 1000);
}

/**
 * expect_shares() - tenants get what they should
 * @d: the tenants
 * @nr: how many
 * @bounds: what they should get
 * @meanwhile: what the caller does until then, again and again; or NULL
 *
 * Where the machine below takes the processor away for a while, that counts as
 * the GPU time of whoever has the engine. So one good time is enough: a promise
 * that nobody keeps is broken each time.
 */
void expect_shares(struct vdev *const *d, unsigned int nr,
		   const struct bound *bounds, void (*meanwhile)(void))
{
	const struct bound *bad = NULL;
	unsigned int i;

	for (i = 0; i < SHARE_TRIES; i++) {
		struct shares s = {};
		uint64_t end;

		sample(&s, d, nr, -1);
		end = gpu_clock() + (LONG_ENOUGH << i);
		do {
			meanwhile ? meanwhile() : wait_a_little();
		} while (gpu_clock() < end);
		sample(&s, d, nr, 1);
		bad = broken(&s, bounds);
		if (!bad)
			return;
		tell(&s, nr, bad);
	}
	tap_fail(__FILE__, __LINE__, "shares are not as they should be");
}
