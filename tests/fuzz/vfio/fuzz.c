// SPDX-License-Identifier: GPL-2.0
/*
 * Programs of calls by chance, to a vGPU that several threads use, or to several at once,
 * beside others that fill the GPU, whose memory is to stay as it is and where it is
 * (others.c). What calls answer is within what VFIO says (model.c), and tells nothing of
 * the kernel's (secrets.c). After each round the vGPUs have to work, and what was taken
 * away from programs is gone (after.c); in the end all is as it was (counts.c). What the
 * kernel says of it run.sh looks for.
 *
 * In the environment: FUZZ_SECONDS, how long to go on (else some rounds, whose programs
 * are always the same); FUZZ_SEED, the number that all follows from; FUZZ_PROGRAM, a file
 * with programs, which are all that is run then, one after the other; FUZZ_STOP, to end at
 * the first complaint. A program that does harm when it runs alone is cut down and shown in
 * this form. Those of the round that runs, or the one that runs alone, are in $OUT/round,
 * should the machine not come back from it.
 *
 * Where the kernel tells what code is reached (KCOV), programs that have reached more
 * are kept, and others made of them; those of corpus/ are run before all else.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include "after.h"
#include "computing.h"
#include "tenant.h"
#include "victims.h"

#define THREADS		4
/*
 * Programs that a thread runs before what they have left is looked at: a look takes as
 * long as some of them. Where there is little time no look is left out for that.
 */
#define IN_A_ROW	4
#define MAX_IN_A_ROW	16
#define MAX_KEPT	256
/* The tests that share the time. */
#define NR_WAYS		4
#define SEED		0x7e55e7aULL
/* Seconds between two lines that tell that it goes on. */
#define TELL_SECONDS	30
/* Kinds of calls of which the end tells how long they took. */
#define SLOWEST		6

/**
 * struct way - how programs are run
 * @threads: so many at once
 * @vgpus: to which they are dealt out
 * @reopen: each has a file of its own, and closes and opens it all the time
 * @rounds: where no time is given
 * @nr: none has the programs of another
 */
struct way {
	unsigned int threads, vgpus;
	bool reopen;
	unsigned int rounds, nr;
};

static uint64_t counts[NR_COUNTS];
/* Of the test before. */
static unsigned int last_failures;
static struct program kept[MAX_KEPT];
static unsigned int nr_kept;
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t calls, programs, call_times[MAX_OPS], call_ns[MAX_OPS];

/* Nobody wants to know more. */
static void stop_if(unsigned int failures)
{
	if (failures && getenv("FUZZ_STOP"))
		exit(EXIT_FAILURE);
}

static void before(void)
{
	stop_if(last_failures);
	maps_begin();
	secrets_begin();
	vdev_map_aligned = true;
	counts_take(counts);
	settings_save();
	guards_off();
}

static void after(void)
{
	others_end();
	settings_restore();
	vdev_cleanup();
	computing_end();
	counts_look(counts);
	last_failures = tap_failures();
}

/* A worker is at rest, after so many programs. */
static void worker_over(struct worker *w, unsigned int nr)
{
	unsigned int i;

	calls += w->calls;
	programs += nr;
	for (i = 0; i < nr_ops; i++) {
		call_times[i] += w->times[i];
		call_ns[i] += w->ns[i];
	}
	worker_end(w);
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
	struct program program[MAX_IN_A_ROW];
	unsigned int nr;
	int mark;
	struct worker worker;
	struct cover *cover;
} jobs[THREADS];

static void *work(void *arg)
{
	struct job *job = arg;
	unsigned int i;

	marks_begin(job->mark);
	for (i = 0; i < job->nr; i++) {
		cover_start(job->cover);
		program_run(&job->program[i], &job->worker);
		if (cover_stop(job->cover))
			keep(&job->program[i]);
	}
	return NULL;
}

/* What they are, the number says. */
static void choose_all(struct job *job, unsigned int nr, uint64_t seed)
{
	for (job->nr = 0; job->nr < nr; job->nr++)
		choose(&job->program[job->nr], seed + job->nr);
}

static void run_jobs(unsigned int threads)
{
	pthread_t thread[THREADS];
	unsigned int i;

	for (i = 0; i < threads; i++)
		ASSERT(!pthread_create(&thread[i], NULL, work, &jobs[i]));
	for (i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
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

/* Of a program: what it was made of, or where that was another one, all of it. */
static void leave_program(FILE *file, const struct program *p, uint64_t seed)
{
	fprintf(file, "\n");
	if (nr_kept) {
		program_print(p, file);
		return;
	}
	roll(&seed);	/* see choose() */
	fprintf(file, MADE_OF " %" PRIx64 "\n", seed);
}

/* Before they run, in the form of FUZZ_PROGRAM. */
static void leave_round(const struct way *way, uint64_t seed)
{
	unsigned int i, n;
	FILE *file;

	if (!getenv("OUT"))
		return;
	file = result("round");
	fprintf(file, "# %u at once on %u vGPUs\n", way->threads, way->vgpus);
	for (i = 0; i < way->threads; i++)
		for (n = 0; n < jobs[i].nr; n++)
			leave_program(file, &jobs[i].program[n], seed++);
	fclose(file);
}

/* The device is closed and opened again whenever it happens that all have closed it. */
static void run_jobs_that_reopen(const struct scene *s, unsigned int threads)
{
	struct vdev *d = s->d;
	unsigned int i;

	for (i = 0; i < threads; i++)
		worker_own(&jobs[i].worker);
	gpu->close(d);
	close(d->fd);
	run_jobs(threads);
	for (i = 0; i < threads; i++)
		worker_disown(&jobs[i].worker);
	after_close(s);
	ASSERT_OK(vdev_connect(d));
	vdev_decode(d, DECODE_ALL);
	after_close(s);
}

/* As many threads at once, each @nr programs; which these are, the seed says. */
static void run_round(const struct way *way, uint64_t seed, unsigned int nr,
		      unsigned int turn)
{
	struct scene scenes[MAX_VGPUS];
	unsigned int i;

	mark_all(turn & 1);
	scenes_begin(scenes);
	for (i = 0; i < way->threads; i++) {
		scene_add(&scenes[i % nr_vgpus], &jobs[i].worker);
		jobs[i].mark = mark_of(i % nr_vgpus);
		choose_all(&jobs[i], nr, seed + i * nr);
	}
	leave_round(way, seed);
	if (way->reopen)
		run_jobs_that_reopen(&scenes[0], way->threads);
	else
		run_jobs(way->threads);
	expect_whole(scenes, turn, false);
	for (i = 0; i < way->threads; i++)
		worker_over(&jobs[i].worker, jobs[i].nr);
}

/* Of a program that runs alone. */
static void leave_one(const struct program *p)
{
	FILE *file;

	if (!getenv("OUT"))
		return;
	file = result("round");
	program_print(p, file);
	fclose(file);
}

static bool does_harm(const struct program *p)
{
	unsigned int failures = tap_failures(), turn;
	struct worker w;

	/* Each look in turn is at what the same program has left. */
	for (turn = 0; turn < AFTER_TURNS && tap_failures() == failures; turn++) {
		struct scene scenes[MAX_VGPUS];

		mark_all(true);
		scenes_begin(scenes);
		scene_add(&scenes[0], &w);
		marks_begin(mark_of(0));
		program_run(p, &w);
		expect_whole(scenes, turn, true);
		worker_end(&w);
	}
	return tap_failures() > failures;
}

/* What is set in the environment, which is a number, or another one. */
uint64_t number_of(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	uint64_t number;
	char *end;

	if (!text)
		return otherwise;
	number = strtoull(text, &end, 0);
	ASSERT(end != text && !*end);
	return number;
}

/* Now and then, that it goes on. */
static void tell(time_t *when)
{
	if (tap_seconds() < *when)
		return;
	*when = tap_seconds() + TELL_SECONDS;
	tap_note("%" PRIu64 " operations so far", calls);
}

/* The program, as short as it still does harm. */
static void show_harmful(struct program *p)
{
	program_minimise(p, does_harm);
	tap_note("this program does harm:");
	program_print(p, stdout);
}

/* What of a round does harm by itself, if any does: then it is shown. */
static void look_closer(uint64_t seed, unsigned int threads)
{
	static struct program p;
	unsigned int i;

	for (i = 0; i < threads * jobs[0].nr; i++) {
		p = jobs[i / jobs[0].nr].program[i % jobs[0].nr];
		if (!does_harm(&p))
			continue;
		show_harmful(&p);
		return;
	}
	tap_note("no program of the round with seed %#" PRIx64 " does it alone", seed);
}

static bool goes_on(const struct way *way, unsigned int round, time_t end)
{
	return end ? tap_seconds() < end : round < way->rounds;
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

/* What has taken the longest, so that who waits knows for what. */
static void tell_times(void)
{
	uint64_t sum = look_ns;
	unsigned int i, n;

	for (i = 0; i < nr_ops; i++)
		sum += call_ns[i];
	tap_note("of the time of all threads %2.0f %% are looks", 100.0 * look_ns / sum);
	for (n = 0; n < SLOWEST; n++) {
		unsigned int most = 0;

		for (i = 0; i < nr_ops; i++)
			if (call_ns[i] > call_ns[most])
				most = i;
		tap_note("%2.0f %% %s, %.2f ms each", 100.0 * call_ns[most] / sum,
			 ops[most].name, call_ns[most] / 1e6 / call_times[most]);
		call_ns[most] = 0;
	}
	memset(call_ns, 0, sizeof(call_ns));
	memset(call_times, 0, sizeof(call_times));
	look_ns = 0;
}

/* That numbers follow each other is not to be seen in what follows from them. */
static uint64_t seed_of(const struct way *way)
{
	uint64_t seed = number_of("FUZZ_SEED", SEED) * NR_WAYS + way->nr;

	return roll(&seed);
}

static void rounds(const struct way *way)
{
	uint64_t seed = seed_of(way), seconds;
	unsigned int round, i, nr = IN_A_ROW;
	time_t end = 0, told = tap_seconds(), began = told;

	vgpus_begin(way->vgpus);
	for (i = 0; i < way->threads; i++)
		jobs[i].cover = cover_open();
	seconds = number_of("FUZZ_SECONDS", 0);
	if (seconds) {
		end = tap_seconds() + seconds / NR_WAYS;
		/* What one has left in another that one soon overwrites. */
		nr = way->vgpus > 1 ? IN_A_ROW : MAX_IN_A_ROW;
	}
	for (round = 0; goes_on(way, round, end); round++) {
		uint64_t this = seed + (uint64_t)round * THREADS * nr;

		run_round(way, this, nr, round);
		stop_if(tap_failures());
		if (tap_failures()) {
			look_closer(this, way->threads);
			return;
		}
		tell(&told);
	}
	for (i = 0; i < nr_vgpus; i++)
		expect_alone(&(struct scene) { .d = vgpus[i], .nth = i }, true);
	for (i = 0; i < way->threads; i++)
		cover_close(jobs[i].cover);
	leave_what_was_reached();
	tap_note("%" PRIu64 " operations in %" PRIu64 " programs, %u places reached%s",
		 calls, programs, cover_total(),
		 cover_total() ? "" : " (this kernel does not tell)");
	tap_note("%lld s", (long long)(tap_seconds() - began));
	tell_times();
}

static void programs_one_by_one(void)
{
	rounds(&(struct way) { 1, 1, false, AFTER_TURNS, 0 });
}

static void programs_at_once(void)
{
	rounds(&(struct way) { THREADS, 1, false, AFTER_TURNS, 1 });
}

static void programs_of_several(void)
{
	rounds(&(struct way) { THREADS, MAX_VGPUS, false, AFTER_TURNS / 2, 2 });
}

static void programs_that_reopen(void)
{
	rounds(&(struct way) { THREADS, 1, true, AFTER_TURNS / 2, 3 });
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
	struct worker *w = &jobs[0].worker;
	time_t told = tap_seconds();
	FILE *file = corpus_open();
	unsigned int turn = 0;

	ASSERT(file);
	vgpus_begin(1);
	jobs[0].cover = cover_open();
	jobs[0].nr = 1;
	jobs[0].mark = MARK_NOBODY;
	while (program_parse(&jobs[0].program[0], file)) {
		struct scene scenes[MAX_VGPUS];

		leave_one(&jobs[0].program[0]);
		scenes_begin(scenes);
		scene_add(&scenes[0], w);
		work(&jobs[0]);
		expect_whole(scenes, turn++, false);
		worker_over(w, 1);
		stop_if(tap_failures());
		tell(&told);
	}
	ASSERT(feof(file));
	cover_close(jobs[0].cover);
	fclose(file);
	tap_note("%" PRIu64 " programs, %u places reached", programs, cover_total());
}

/* What was found once, and what somebody wants to see again: up to the first that harms. */
static void given_programs(void)
{
	static struct program p;
	FILE *file = fopen(getenv("FUZZ_PROGRAM"), "r");
	bool harmed = false;
	unsigned int nr = 0;

	ASSERT(file);
	vgpus_begin(1);
	while (!harmed && program_parse(&p, file)) {
		leave_one(&p);
		harmed = does_harm(&p);
		nr++;
	}
	EXPECT(nr);
	/* Else it is no program that follows. */
	EXPECT(harmed || feof(file));
	fclose(file);
	tap_note("%u programs were given", nr);
	if (harmed)
		show_harmful(&p);
}

static bool is_given(void)
{
	return getenv("FUZZ_PROGRAM");
}

static bool is_not_given(void)
{
	return !is_given();
}

/* By a group a device can be opened more than once. */
static bool has_group(void)
{
	const char *by = getenv("VDEV_BY");

	return is_not_given() && (!by || strcmp(by, "cdev"));
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
	TAP_TEST_IF(programs_of_several, is_not_given),
	TAP_TEST_IF(programs_that_reopen, has_group),
	TAP_TEST_IF(given_programs, is_given),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "fuzz", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	return tap_run(&suite);
}
