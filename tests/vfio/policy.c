// SPDX-License-Identifier: GPL-2.0
/* What an operator sets: which values are taken, and what they promise. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tenant.h"

#define STATE_LEN	4096
#define MAX_VALUES	8

/* The kernel tells ten refusals of a kind in 5 s, and no more. */
#define TELL_TRIES	40
#define TELL_US		300000

/**
 * struct setting - a number in sysfs
 * @name: file
 * @initial: its value at first; of a vGPU, that of the medium type
 * @good: values that it takes
 * @bad: values out of its range
 */
struct setting {
	const char *name;
	const char *initial;
	const char *good[MAX_VALUES];
	const char *bad[MAX_VALUES];
};

static const struct setting of_gpu[] = {
	{ "slice_us", "2000", { "0", "500", "30000", "2000\n" },
	  { "1", "499", "30001" } },
	{ "window_ms", "100", { "10", "4000", "100" }, { "0", "9", "4001" } },
	{ "averaging", "4", { "1", "60", "4" }, { "0", "61" } },
	{ "trap_charge", "0", { "1000", "1", "0" }, { "1001" } },
	{ "watchdog_ms", "1000", { "10", "30000", "1000" },
	  { "0", "9", "30001" } },
	{ "guard_traps_limit", "500000", { "0", "1", "4294967295", "500000" },
	  { NULL } },
	{ "guard_irqs_limit", "10000", { "0", "1", "4294967295", "10000" },
	  { NULL } },
	{ "guard_resets_limit", "100", { "0", "1", "4294967295", "100" },
	  { NULL } },
	{ "guard_faults_limit", "10", { "0", "1", "4294967295", "10" },
	  { NULL } },
};

static const struct setting of_vgpu[] = {
	{ "weight", "100", { "1", "10000", "100\n" }, { "0", "10001" } },
	{ "cap", "100", { "1", "99", "100" }, { "0", "101" } },
	{ "min", "0", { "100", "1", "0" }, { "101" } },
};

/* Not a number that fits. */
static const char * const nonsense[] = {
	"-1", "x", "4294967296", "18446744073709551617", "10 10", "1ms", "\n",
};

static const char * const policies[] = {
	"best_effort", "equal_share", "fixed_share",
};

static void after(void)
{
	children_end();
	settings_restore();
	vdev_cleanup();
}

/* Everything that an operator has set, as one text. */
static void get_state(char *text, struct vdev *const *d, unsigned int nr)
{
	char val[ATTR_LEN];
	unsigned int i, n;
	int len;

	gpu_attr("policy", val);
	len = snprintf(text, STATE_LEN, "policy %s", val);
	for (i = 0; i < ARRAY_SIZE(of_gpu); i++) {
		gpu_attr(of_gpu[i].name, val);
		len += snprintf(text + len, STATE_LEN - len, ", %s %s",
				of_gpu[i].name, val);
	}
	for (n = 0; n < nr; n++) {
		for (i = 0; i < ARRAY_SIZE(of_vgpu); i++) {
			mdev_attr(d[n]->uuid, of_vgpu[i].name, val);
			len += snprintf(text + len, STATE_LEN - len,
					", vGPU %u %s %s", n, of_vgpu[i].name,
					val);
		}
	}
	ASSERT(len < STATE_LEN);
}

/* Of a vGPU, or of the GPU when @d is NULL. */
static int try_set(struct vdev *d, const char *name, const char *text)
{
	return d ? mdev_try_set(d->uuid, name, text) : gpu_try_set(name, text);
}

static void expect_set(struct vdev *d, const char *name, const char *text)
{
	uint64_t now;

	if (!EXPECT_OK(try_set(d, name, text))) {
		tap_note("%s to %s", text, name);
		return;
	}
	now = d ? mdev_attr_u64(d->uuid, name) : gpu_attr_u64(name);
	EXPECT_EQ(now, strtoull(text, NULL, 10));
}

/* Refused, and nothing has changed, of anybody. */
static void expect_refused(struct vdev *d, const char *name, const char *text,
			   int err)
{
	char was[STATE_LEN], is[STATE_LEN];

	get_state(was, &d, d ? 1 : 0);
	if (!EXPECT_ERR(try_set(d, name, text), err))
		tap_note("%s to %s", text, name);
	get_state(is, &d, d ? 1 : 0);
	EXPECT_STR(is, was);
}

static void initial_values(void)
{
	struct vdev *d = vdev_new(gpu->medium);
	char text[ATTR_LEN], uuid[UUID_LEN];
	unsigned int i;

	gpu_attr("policy", text);
	EXPECT_STR(text, "[best_effort] equal_share fixed_share");
	for (i = 0; i < ARRAY_SIZE(of_gpu); i++) {
		gpu_attr(of_gpu[i].name, text);
		if (!EXPECT_STR(text, of_gpu[i].initial))
			tap_note("%s", of_gpu[i].name);
	}
	for (i = 0; i < ARRAY_SIZE(of_vgpu); i++)
		expect_attr(d->uuid, of_vgpu[i].name, of_vgpu[i].initial);
	for (i = 0; i < gpu->nr_types; i++) {
		mdev_create(&gpu->types[i], uuid);
		EXPECT_EQ(mdev_attr_u64(uuid, "weight"), gpu->types[i].weight);
		ASSERT_OK(mdev_remove(uuid));
	}
}

static void try_values(struct vdev *d, const struct setting *s)
{
	unsigned int i;

	for (i = 0; i < MAX_VALUES && s->bad[i]; i++)
		expect_refused(d, s->name, s->bad[i], EINVAL);
	for (i = 0; i < ARRAY_SIZE(nonsense); i++)
		expect_refused(d, s->name, nonsense[i], EINVAL);
	for (i = 0; i < MAX_VALUES && s->good[i]; i++)
		expect_set(d, s->name, s->good[i]);
}

static void gpu_settings(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(of_gpu); i++)
		try_values(NULL, &of_gpu[i]);
}

static void vgpu_settings(void)
{
	struct vdev *d = vdev_new(gpu->medium), *other = vdev_new(gpu->medium);
	char was[STATE_LEN], is[STATE_LEN];
	unsigned int i;

	mdev_set(other->uuid, "weight", "77");
	mdev_set(other->uuid, "cap", "66");
	get_state(was, &other, 1);
	for (i = 0; i < ARRAY_SIZE(of_vgpu); i++)
		try_values(d, &of_vgpu[i]);
	get_state(is, &other, 1);
	EXPECT_STR(is, was);
}

static void policy_names(void)
{
	static const char * const shown[] = {
		"[best_effort] equal_share fixed_share",
		"best_effort [equal_share] fixed_share",
		"best_effort equal_share [fixed_share]",
	};
	static const char * const bad[] = {
		"best", "Best_effort", "best_effort equal_share",
		"[equal_share]", "3", "\n",
	};
	char text[ATTR_LEN];
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		gpu_set("policy", policies[i]);
		gpu_attr("policy", text);
		EXPECT_STR(text, shown[i]);
		for (j = 0; j < ARRAY_SIZE(bad); j++)
			expect_refused(NULL, "policy", bad[j], EINVAL);
	}
	gpu_set("policy", "equal_share\n");
	gpu_attr("policy", text);
	EXPECT_STR(text, shown[1]);
}

/* What is kept for it cannot be more than what it may use. */
static void cap_and_min(void)
{
	struct vdev *d = vdev_new(gpu->medium);

	expect_set(d, "min", "40");
	expect_refused(d, "cap", "39", EINVAL);
	expect_set(d, "cap", "40");
	expect_refused(d, "min", "41", EINVAL);
	expect_set(d, "cap", "60");
	expect_set(d, "min", "60");
	expect_refused(d, "cap", "59", EINVAL);
	expect_set(d, "min", "0");
	expect_set(d, "cap", "1");
}

/* Does a message that the kernel logs after @fd was opened contain @text? */
static bool told(int fd, const char *text)
{
	char record[1024];
	bool found = false;
	ssize_t len;

	for (;;) {
		len = read(fd, record, sizeof(record) - 1);
		if (len < 0 && errno == EPIPE)
			continue;
		if (len <= 0)
			return found;
		record[len] = '\0';
		found |= !!strstr(record, text);
	}
}

static void expect_told(struct vdev *d, const char *name, const char *bad,
			int err, const char *text)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	unsigned int i;
	bool found = false;

	ASSERT_OK(fd);
	ASSERT_OK(lseek(fd, 0, SEEK_END));
	for (i = 0; i < TELL_TRIES && !found; i++) {
		if (i)
			usleep(TELL_US);
		EXPECT_ERR(try_set(d, name, bad), err);
		found = told(fd, text);
	}
	close(fd);
	if (!found)
		tap_fail(__FILE__, __LINE__, "%s to %s: no message has \"%s\"",
			 bad, name, text);
}

static void refusals_are_told(void)
{
	struct vdev *d = vdev_new(gpu->medium);

	expect_told(NULL, "policy", "best", EINVAL,
		    "policy: not one of best_effort, equal_share, fixed_share");
	expect_told(NULL, "slice_us", "499", EINVAL,
		    "slice_us: 499 is not within 500 to 30000, or 0");
	expect_told(NULL, "window_ms", "9", EINVAL,
		    "window_ms: 9 is not within 10 to 4000");
	expect_told(NULL, "averaging", "61", EINVAL,
		    "averaging: 61 is not within 1 to 60");
	expect_told(NULL, "trap_charge", "1001", EINVAL,
		    "trap_charge: 1001 is not within 0 to 1000");
	expect_told(NULL, "watchdog_ms", "9", EINVAL,
		    "watchdog_ms: 9 is not within 10 to 30000");
	expect_told(NULL, "window_ms", "x", EINVAL, "window_ms: ");
	expect_told(NULL, "guard_irqs_limit", "-1", EINVAL,
		    "guard_irqs_limit: ");
	expect_told(d, "weight", "10001", EINVAL,
		    "weight: 10001 is not within 1 to 10000");
	expect_told(d, "weight", "1ms", EINVAL, "weight: ");
	mdev_set(d->uuid, "min", "30");
	expect_told(d, "cap", "29", EINVAL, "cap: 29 is not within 30 to 100");
	mdev_set(d->uuid, "cap", "50");
	expect_told(d, "min", "51", EINVAL, "min: 51 is not within 0 to 50");
	mdev_set(vdev_new(gpu->medium)->uuid, "min", "60");
	expect_told(d, "min", "41", ENOSPC,
		    "min: 41 percent asked for, 40 percent of the GPU are not promised yet");
}

static void expect_left(const char *asked, const char *left)
{
	char want[ATTR_LEN], text[ATTR_LEN];

	snprintf(want, sizeof(want),
		 "min: %s percent asked for, %s percent of the GPU are not promised yet",
		 asked, left);
	gpu_attr("last_refusal", text);
	EXPECT_STR(text, want);
}

/* No more than all of the GPU is ever promised. */
static void admission(void)
{
	struct vdev *d[3] = { vdev_new(gpu->medium), vdev_new(gpu->medium), vdev_new(gpu->medium) };
	unsigned int i;

	expect_set(d[0], "min", "50");
	expect_set(d[1], "min", "30");
	expect_refused(d[2], "min", "21", ENOSPC);
	expect_left("21", "20");
	expect_set(d[2], "min", "20");
	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		gpu_set("policy", policies[i]);
		expect_refused(d[1], "min", "31", ENOSPC);
		expect_left("31", "30");
	}
	/* What one gives back another may have. */
	expect_set(d[0], "min", "49");
	expect_refused(d[1], "min", "32", ENOSPC);
	expect_left("32", "31");
	expect_set(d[1], "min", "31");
	expect_set(d[0], "min", "0");
	expect_set(d[2], "min", "69");
	expect_refused(d[0], "min", "1", ENOSPC);
	expect_left("1", "0");
}

/* A promise is the vGPU's: closing keeps it, removing ends it. */
static void promises_end(void)
{
	struct vdev *d = vdev_new(gpu->medium), *other = vdev_new(gpu->medium);
	char uuid[UUID_LEN];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		strcpy(uuid, d->uuid);
		expect_set(d, "min", "70");
		vdev_close(d);
		expect_attr(uuid, "min", "70");
		expect_refused(other, "min", "31", ENOSPC);
		expect_left("31", "30");
		ASSERT_OK(mdev_remove(uuid));
		expect_set(other, "min", "100");
		expect_set(other, "min", "30");
		d = vdev_new(gpu->medium);
		expect_attr(d->uuid, "min", "0");
	}
}

static void expect_limit(const char *uuid, const char *want)
{
	char name[ATTR_LEN];

	engine_attr(name, "limit");
	expect_attr(uuid, name, want);
}

/* Its type's fraction of what instances can have, as it is shown. */
static void expect_fraction(const char *uuid, const struct type_facts *type)
{
	uint64_t ppm = type->size * 1000000 /
		       (gpu->vram_total - gpu->vram_reserved);
	char want[ATTR_LEN];

	snprintf(want, sizeof(want), "%u.%02u", (unsigned int)ppm / 10000,
		 (unsigned int)ppm / 100 % 100);
	expect_limit(uuid, want);
}

static void limit_follows(void)
{
	struct vdev *d[3];
	char uuid[UUID_LEN];

	d[0] = vdev_new(gpu->medium);
	expect_limit(d[0]->uuid, "100.00");
	gpu_set("policy", "equal_share");
	expect_limit(d[0]->uuid, "100.00");
	d[1] = vdev_new(gpu->medium);
	expect_limit(d[0]->uuid, "50.00");
	d[2] = vdev_new(gpu->large);
	expect_limit(d[0]->uuid, "33.33");
	/* One that nobody has open does not count. */
	mdev_create(gpu->medium, uuid);
	expect_limit(d[0]->uuid, "33.33");
	mdev_set(d[0]->uuid, "cap", "20");
	expect_limit(d[0]->uuid, "20.00");
	mdev_set(d[1]->uuid, "min", "60");
	expect_limit(d[1]->uuid, "60.00");
	expect_limit(d[2]->uuid, "33.33");

	gpu_set("policy", "fixed_share");
	expect_fraction(d[0]->uuid, gpu->medium);
	expect_limit(d[1]->uuid, "60.00");
	expect_fraction(d[2]->uuid, gpu->large);
	mdev_set(d[0]->uuid, "cap", "2");
	expect_limit(d[0]->uuid, "2.00");
	mdev_set(d[1]->uuid, "min", "0");
	expect_fraction(d[1]->uuid, gpu->medium);
	vdev_close(d[2]);
	expect_fraction(d[1]->uuid, gpu->medium);

	gpu_set("policy", "equal_share");
	expect_limit(d[1]->uuid, "50.00");
	gpu_set("policy", "best_effort");
	expect_limit(d[0]->uuid, "2.00");
	expect_limit(d[1]->uuid, "100.00");
}

/* A tenant that works and compares all the time, as a child. */
static int works_and_compares(void *arg)
{
	struct vdev *d = arg;
	uint8_t *vram = vdev_map_vram(d), *model = malloc(d->room);
	unsigned int i;

	ASSERT(model);
	rnd_seed(d->fd);
	fill_pattern(model, d->room, d->fd);
	memcpy(vram, model, d->room);
	gpu_init(d);
	for (i = 0; i < 120; i++) {
		uint64_t from = rnd_below(300) * 4096, to = from + 2 * MIB;
		uint64_t bytes = (100 + rnd_below(400)) * 4096;
		uint32_t value = rnd();

		gpu_fill(d, from, bytes, value);
		gpu_copy(d, to, from, bytes);
		model_fill(model, from, bytes, value);
		memcpy(model + to, model + from, bytes);
		if (i % 20 != 19)
			continue;
		gpu_idle(d);
		ASSERT_EQ(first_difference(vram, model, d->room), d->room);
	}
	return tap_failures() ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void set_at_random(struct vdev *const *d, unsigned int nr)
{
	static const char * const slices[] = { "500", "0", "3000", "30000" };
	static const char * const numbers[] = { "10", "30", "60" };
	struct vdev *one = d[rnd_below(nr)];

	gpu_set("policy", policies[rnd_below(3)]);
	gpu_set("slice_us", slices[rnd_below(4)]);
	gpu_set("window_ms", numbers[rnd_below(3)]);
	gpu_set("averaging", numbers[rnd_below(3)]);
	gpu_set("trap_charge", numbers[rnd_below(3)]);
	mdev_set(one->uuid, "weight", numbers[rnd_below(3)]);
	/* Either may be against the other's, or be promised already. */
	mdev_try_set(one->uuid, "min", numbers[rnd_below(3)]);
	mdev_try_set(one->uuid, "cap", numbers[rnd_below(3)]);
	mdev_set(one->uuid, "min", "0");
	mdev_set(one->uuid, "cap", "100");
}

/* Whatever is set meanwhile, each byte is right. */
static void set_while_working(void)
{
	struct vdev *d[3] = { vdev_new(gpu->medium), vdev_new(gpu->medium), vdev_new(gpu->medium) };
	pid_t pid[ARRAY_SIZE(d)];
	unsigned int i, changes = 0;
	bool running = true;

	for (i = 0; i < ARRAY_SIZE(d); i++)
		pid[i] = child_start(works_and_compares, d[i]);
	for (; running; changes++) {
		set_at_random(d, ARRAY_SIZE(d));
		usleep(5000);
		running = false;
		for (i = 0; i < ARRAY_SIZE(d); i++)
			running |= child_runs(pid[i]);
	}
	EXPECT(changes > 10);
	for (i = 0; i < ARRAY_SIZE(d); i++) {
		EXPECT_EQ(child_finish(pid[i]), EXIT_SUCCESS);
		EXPECT_EQ(mdev_attr_u64(d[i]->uuid, "ops"), 240);
		EXPECT_EQ(mdev_attr_u64(d[i]->uuid, "dropped"), 0);
		EXPECT_EQ(mdev_attr_u64(d[i]->uuid, "fifo_overflows"), 0);
	}
}

static const struct tap_test tests[] = {
	TAP_TEST(initial_values),
	TAP_TEST(gpu_settings),
	TAP_TEST(vgpu_settings),
	TAP_TEST(policy_names),
	TAP_TEST(cap_and_min),
	TAP_TEST(refusals_are_told),
	TAP_TEST(admission),
	TAP_TEST(promises_end),
	TAP_TEST(limit_follows),
	TAP_TEST(set_while_working),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "policy", .tests = tests, .nr = ARRAY_SIZE(tests),
		.after = after,
	};

	settings_save();
	return tap_run(&suite);
}
