// SPDX-License-Identifier: GPL-2.0
/*
 * Dispatches of vgpu-executor's built-in kernels: what is let through touches nothing but
 * the parts of the partition that it said it would, and writes nothing but those of them
 * that are for it; these lie apart from all others.
 */
#include <cblas.h>
#include <sanitizer/asan_interface.h>

#include "fuzz.h"
#include "../../tools/executor/kernel.h"

#define PAGE		4096
#define MAX_PAGES	4
/* Steps that are done of a job: one may have many, and each takes a while. */
#define MAX_STEPS	6

/* In place of the machine's BLAS, which no sanitizer looks into. */
void cblas_sgemm(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE trans_a, CBLAS_TRANSPOSE trans_b,
		 int m, int n, int k, float alpha, const float *a, int lda,
		 const float *b, int ldb, float beta, float *c, int ldc)
{
	bool rows = layout == CblasRowMajor;
	int i, j, l;

	CHECK(trans_a == CblasNoTrans && trans_b == CblasNoTrans);
	for (i = 0; i < m; i++) {
		for (j = 0; j < n; j++) {
			size_t at = rows ? (size_t)i * ldc + j :
					   (size_t)j * ldc + i;
			float sum = 0;

			for (l = 0; l < k; l++)
				sum += rows ? a[(size_t)i * lda + l] *
					      b[(size_t)l * ldb + j] :
					      a[(size_t)l * lda + i] *
					      b[(size_t)j * ldb + l];
			c[at] = alpha * sum + (beta ? beta * c[at] : 0);
		}
	}
}

static const struct kernel *a_kernel(void)
{
	const struct kernel *k = NULL;
	unsigned int n = input_u8() % 32;

	do {
		k = kernel_next(k);
	} while (k && n--);
	return k;
}

/* Values that a kernel of these types could take, and some that it must not. */
static uint32_t some_args(const struct kernel *k, uint8_t *args, uint64_t size)
{
	const char *type;
	uint32_t at = 0;

	for (type = k->args; *type; type++) {
		uint8_t how = input_u8();
		uint64_t val = *type == 'p' ? how % 4 ? input_u16() & ~3 :
							input_near(size) :
			       *type == 'f' ? input_u32() :
			       how % 4 ? input_u8() % 24 : input_near(64);
		size_t n = *type == 'p' ? 8 : 4;

		memcpy(args + at, &val, n);
		at += n;
	}
	return input_u8() % 16 ? at : input_u8();
}

static bool has(const struct span *s, uint64_t byte)
{
	return byte >= s->start && byte - s->start < s->size;
}

/* Only in place may be what is read and written: the same part, to the byte. */
static bool may_share(const struct span *a, const struct span *b)
{
	return a->start == b->start && a->size == b->size &&
	       (a->access == WRITE_SAME || b->access == WRITE_SAME) &&
	       (a->access == READ || b->access == READ);
}

/* By bytes: those of a part that is written are of no other. */
static void check_spans(const struct job *job)
{
	unsigned int i, j;
	uint64_t byte;

	for (i = 0; i < job->nr_spans; i++) {
		const struct span *s = &job->spans[i];

		CHECK(s->start && s->size <= job->size &&
		      s->start <= job->size - s->size);
		for (j = 0; j < job->nr_spans && s->access != READ; j++)
			for (byte = s->start; byte < s->start + s->size; byte++)
				CHECK(i == j || !has(&job->spans[j], byte) ||
				      may_share(s, &job->spans[j]));
	}
}

/* Are all bytes that differ of parts that the kernel writes? */
static void check_written(const struct job *job, const uint8_t *before)
{
	uint64_t i;
	unsigned int n;

	for (i = 0; i < job->size; i++) {
		if (job->memory[i] == before[i])
			continue;
		for (n = 0; n < job->nr_spans; n++)
			if (job->spans[n].access != READ && has(&job->spans[n], i))
				break;
		CHECK(n < job->nr_spans);
	}
}

/* AddressSanitizer reports whoever touches something else of the partition. */
static void close_the_rest(const struct job *job)
{
	unsigned int i;

	ASAN_POISON_MEMORY_REGION(job->memory, job->size);
	for (i = 0; i < job->nr_spans; i++)
		ASAN_UNPOISON_MEMORY_REGION(job->memory + job->spans[i].start,
					    job->spans[i].size);
}

/* Piece by piece: each goes on, and the last is the end. */
static void run(struct job *job, uint8_t *before)
{
	static const uint32_t yield = 1;
	uint64_t done = 0, now;
	unsigned int i;

	memcpy(before, job->memory, job->size);
	close_the_rest(job);
	for (i = 0; i < MAX_STEPS && done < job->steps; i++, done = now) {
		now = job_run(job, done, &yield);
		CHECK(now > done && now <= job->steps);
	}
	ASAN_UNPOISON_MEMORY_REGION(job->memory, job->size);
	check_written(job, before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t memory_size;
	uint8_t *memory, *before, args[256] = {};
	struct dispatch d = { .args = args };
	const struct kernel *k;
	struct job job;
	unsigned int i;

	input_begin(data, size);
	k = a_kernel();
	memory_size = (uint64_t)PAGE * (1 + input_u8() % MAX_PAGES);
	d.kernel = k ? k->id : input_u32();
	d.dims = input_u8() % 5;
	for (i = 0; i < 3; i++) {
		d.grid[i] = input_u8() % 4 ? input_u8() : input_near(1024);
		d.group[i] = input_u8() % 4 ? 1 : input_u32();
	}
	if (k)
		d.args_size = some_args(k, args, memory_size);
	memory = aligned_alloc(PAGE, memory_size);
	before = malloc(memory_size);
	CHECK(memory && before);
	memset(memory, 0x11, memory_size);
	input_bytes(memory, input.left < memory_size ? input.left : memory_size);
	if (job_prepare(&job, &d, memory, memory_size)) {
		check_spans(&job);
		run(&job, before);
	} else {
		CHECK(job.refusal != REFUSED_NOT && refusal_text(job.refusal));
	}
	free(before);
	free(memory);
	return 0;
}
