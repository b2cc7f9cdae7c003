// SPDX-License-Identifier: GPL-2.0
/*
 * Programs of calls by chance, to a vGPU that several threads use, beside another one
 * whose memory is to stay as it is. After each round the vGPU has to work. What the
 * kernel says of it run.sh looks for.
 *
 * In the environment: FUZZ_SECONDS, how long to go on (else some rounds that are always
 * the same); FUZZ_SEED, the number that all follows from; FUZZ_PROGRAM, a file with one
 * program, which is all that is run then. A program that does harm when it runs alone is
 * cut down and shown in this form.
 *
 * Where the kernel tells what code is reached (KCOV), programs that have reached more
 * are kept, and others made of them; those of corpus/ are run before all else.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "fuzz.h"
#include "tenant.h"

#define ROUNDS		12
#define THREADS		4
#define MAX_KEPT	256
#define SEED		0x7e55e7aULL
#define PATTERN		0x1234abcd

static struct vdev *d, *neighbour;
static uint8_t *theirs, *want;
static struct program kept[MAX_KEPT];
static unsigned int nr_kept;
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t calls, programs;

/* The smallest that has all that there is: engines and a display. */
static const struct type_facts *richest(void)
{
	const struct type_facts *type = gpu->types;
	unsigned int i;

	for (i = 0; i < gpu->nr_types + gpu->nr_others; i++, type++)
		if (type->xres && type->name[strlen(type->name) - 1] != 'B')
			return type;
	return gpu->small;
}

static void before(void)
{
	settings_save();
	gpu_set("guard_resets_limit", "0");
	gpu_set("guard_irqs_limit", "0");
	gpu_set("guard_traps_limit", "0");
	d = vdev_new(richest());
	neighbour = vdev_new(gpu->small);
	theirs = vdev_map_vram(neighbour);
	want = malloc(neighbour->size);
	ASSERT(want);
	fill_pattern(want, neighbour->size, PATTERN);
	memcpy(theirs, want, neighbour->size);
}

static void after(void)
{
	munmap(theirs, neighbour->size);
	free(want);
	settings_restore();
	vdev_cleanup();
}

/* Nothing of what was done has gone further than to the vGPU itself. */
static void expect_whole(void)
{
	EXPECT_EQ(first_difference(theirs, want, neighbour->size), neighbour->size);
	works_after_reset(d);
}

static void keep(const struct program *p)
{
	pthread_mutex_lock(&kept_lock);
	if (nr_kept < MAX_KEPT)
		kept[nr_kept++] = *p;
	pthread_mutex_unlock(&kept_lock);
}

/* A new one, or, the more there are of them, one made of what was kept. */
static void choose(struct program *p, uint64_t seed)
{
	uint64_t r = roll(&seed);

	pthread_mutex_lock(&kept_lock);
	if (nr_kept && r % 4)
		program_mutate(p, &kept[roll(&seed) % nr_kept], seed);
	else
		program_make(p, seed);
	pthread_mutex_unlock(&kept_lock);
}

static struct job {
	struct program program;
	struct worker worker;
	struct cover *cover;
} jobs[THREADS];

static void *work(void *arg)
{
	struct job *job = arg;

	cover_start(job->cover);
	program_run(&job->program, &job->worker);
	if (cover_stop(job->cover))
		keep(&job->program);
	return NULL;
}

/* As many threads at once; which programs these are, the seed says. */
static void run_round(uint64_t seed, unsigned int threads)
{
	pthread_t thread[THREADS];
	unsigned int i;

	for (i = 0; i < threads; i++) {
		worker_begin(&jobs[i].worker, d);
		choose(&jobs[i].program, seed + i);
	}
	for (i = 0; i < threads; i++)
		ASSERT(!pthread_create(&thread[i], NULL, work, &jobs[i]));
	for (i = 0; i < threads; i++) {
		pthread_join(thread[i], NULL);
		calls += jobs[i].worker.calls;
		programs++;
		worker_end(&jobs[i].worker);
	}
	expect_whole();
}

static bool does_harm(const struct program *p)
{
	unsigned int failures = tap_failures();
	struct worker w;

	worker_begin(&w, d);
	program_run(p, &w);
	worker_end(&w);
	expect_whole();
	return tap_failures() > failures;
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

/* What of a round does harm by itself, if any does: then it is shown. */
static void look_closer(uint64_t seed, unsigned int threads)
{
	static struct program p;
	unsigned int i;

	for (i = 0; i < threads; i++) {
		p = jobs[i].program;
		if (!does_harm(&p))
			continue;
		program_minimise(&p, does_harm);
		tap_note("this program does harm:");
		program_print(&p, stdout);
		return;
	}
	tap_note("no program of the round with seed %#" PRIx64 " does it alone", seed);
}

static bool goes_on(unsigned int round, time_t end)
{
	return end ? tap_seconds() < end : round < ROUNDS;
}

static FILE *result(const char *name)
{
	char *path;
	FILE *file;

	ASSERT(asprintf(&path, "%s/%s", getenv("OUT"), name) > 0);
	file = fopen(path, "w");
	ASSERT(file);
	free(path);
	return file;
}

/* Where results go: what was reached, for reached.py, and by which programs. */
static void leave_what_was_reached(void)
{
	FILE *places, *programs;
	unsigned int i;

	if (!getenv("OUT") || !cover_total())
		return;
	places = result("places");
	cover_write(places);
	fclose(places);
	programs = result("kept");
	for (i = 0; i < nr_kept; i++) {
		program_print(&kept[i], programs);
		fprintf(programs, "\n");
	}
	fclose(programs);
}

static void rounds(unsigned int threads)
{
	uint64_t seed = number_of("FUZZ_SEED", SEED), seconds;
	unsigned int round, i;
	time_t end = 0;

	for (i = 0; i < threads; i++)
		jobs[i].cover = cover_open();
	seconds = number_of("FUZZ_SECONDS", 0);
	if (seconds)
		end = tap_seconds() + seconds / 2;
	for (round = 0; goes_on(round, end); round++) {
		uint64_t this = seed + (uint64_t)round * THREADS;

		run_round(this, threads);
		if (tap_failures()) {
			look_closer(this, threads);
			return;
		}
		if (round % 64 == 63)
			tap_note("%" PRIu64 " operations so far", calls);
	}
	for (i = 0; i < threads; i++)
		cover_close(jobs[i].cover);
	leave_what_was_reached();
	tap_note("%" PRIu64 " operations in %" PRIu64 " programs, %u places reached%s",
		 calls, programs, cover_total(),
		 cover_total() ? "" : " (this kernel does not tell)");
}

static void programs_one_by_one(void)
{
	rounds(1);
}

static void programs_at_once(void)
{
	rounds(THREADS);
}

static FILE *corpus_open(void)
{
	char path[128];

	snprintf(path, sizeof(path), "/repo/tests/fuzz/vfio/corpus/%s", gpu->name);
	return fopen(path, "r");
}

/* What has once reached more than others, before what is new. */
static void corpus(void)
{
	FILE *file = corpus_open();

	ASSERT(file);
	jobs[0].cover = cover_open();
	while (program_parse(&jobs[0].program, file)) {
		worker_begin(&jobs[0].worker, d);
		work(&jobs[0]);
		calls += jobs[0].worker.calls;
		programs++;
		worker_end(&jobs[0].worker);
		expect_whole();
	}
	ASSERT(feof(file));
	cover_close(jobs[0].cover);
	fclose(file);
	tap_note("%" PRIu64 " programs, %u places reached", programs, cover_total());
}

/* What was found once, and what somebody wants to see again. */
static void given_program(void)
{
	static struct program p;
	FILE *file = fopen(getenv("FUZZ_PROGRAM"), "r");

	ASSERT(file);
	ASSERT(program_parse(&p, file));
	fclose(file);
	does_harm(&p);
}

static bool is_given(void)
{
	return getenv("FUZZ_PROGRAM");
}

static bool is_not_given(void)
{
	return !is_given();
}

/* A new kind of GPU has none. */
static bool has_corpus(void)
{
	FILE *file = corpus_open();

	if (file)
		fclose(file);
	return file && is_not_given();
}

static const struct tap_test tests[] = {
	TAP_TEST_IF(corpus, has_corpus),
	TAP_TEST_IF(programs_one_by_one, is_not_given),
	TAP_TEST_IF(programs_at_once, is_not_given),
	TAP_TEST_IF(given_program, is_given),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "fuzz", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	return tap_run(&suite);
}
