// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel without a GPU: its memory is a file, its arguments come from the command
 * line. For whoever wants to know what a kernel does, or how fast it is without a
 * guest.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../clock.h"
#include "../text.h"
#include "kernel.h"
#include "native.h"

/* "X[,Y[,Z]]"; what is not there is left as it is. */
bool parse_sizes(const char *text, uint32_t *sizes, uint32_t *nr)
{
	unsigned long val;
	char *end;

	for (*nr = 0; *nr < 3; text = end + 1) {
		errno = 0;
		val = strtoul(text, &end, 0);
		if (errno || end == text || *text == '-' || val > UINT32_MAX)
			return false;
		sizes[(*nr)++] = val;
		if (!*end)
			return true;
		if (*end != ',')
			return false;
	}
	return false;
}

void list_kernels(void)
{
	const struct kernel *k = NULL;

	while ((k = kernel_next(k)))
		printf("%u %s %s\n", k->id, k->name, k->args);
}

static const struct kernel *find_kernel(const char *name)
{
	uint64_t id;

	if (parse_number(name, 0, &id) && id <= UINT32_MAX)
		return kernel_by_id(id);
	return kernel_by_name(name);
}

/* A word of the command line, as the bytes that a guest would write. */
bool native_arg(char type, const char *text, uint8_t *to)
{
	union arg arg = {};
	char *end;

	errno = 0;
	switch (type) {
	case 'p':
		arg.offset = strtoull(text, &end, 0);
		break;
	case 'f':
		arg.f32 = strtof(text, &end);
		errno = 0;
		break;
	case 'i':
		arg.i32 = strtol(text, &end, 0);
		break;
	default:
		arg.u32 = strtoul(text, &end, 0);
	}
	memcpy(to, &arg, type == 'p' ? 8 : 4);
	return !errno && end != text && !*end;
}

/* Fewer than it takes are for the kernel to refuse. */
static bool put_args(const struct native *n, const struct kernel *k,
		     uint8_t *args, uint32_t *size)
{
	int i;

	*size = 0;
	if (n->nr_args > (int)strlen(k->args)) {
		warnx("%s takes %zu arguments: %s", k->name, strlen(k->args),
		      k->args);
		return false;
	}
	for (i = 0; i < n->nr_args; i++) {
		if (!native_arg(k->args[i], n->args[i], args + *size)) {
			warnx("argument %d of %s is no '%c': '%s'", i, k->name,
			      k->args[i], n->args[i]);
			return false;
		}
		*size += k->args[i] == 'p' ? 8 : 4;
	}
	return true;
}

void *native_map(const char *path, uint64_t *size)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat st;
	void *memory;

	if (fd < 0 || fstat(fd, &st))
		err(1, "%s", path);
	*size = st.st_size;
	memory = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		err(1, "%s: mmap", path);
	close(fd);
	return memory;
}

void native_refused(unsigned int arg, const char *why)
{
	if (arg == NO_ARG)
		warnx("refused: %s", why);
	else
		warnx("refused: argument %u: %s", arg, why);
}

void native_tell(uint64_t turns, uint64_t ns)
{
	printf("%llu turns %llu ns\n", (unsigned long long)turns,
	       (unsigned long long)ns);
}

/* As a worker does that is told to yield all the time and then replaced. */
static bool run_once(const struct native *n, const struct dispatch *d,
		     void *memory, uint64_t size, uint64_t *turns)
{
	const uint32_t yield = n->yield;
	uint64_t done = 0;
	struct job job;

	*turns = 0;
	do {
		if (!job_prepare(&job, d, memory, size)) {
			native_refused(job.refused_arg,
				       refusal_text(job.refusal));
			return false;
		}
		done = job_run(&job, done, &yield);
		++*turns;
	} while (done < job.steps);
	return true;
}

static int run_kernel(const struct native *n, struct dispatch *d)
{
	uint64_t size, turns = 0, start, i;
	void *memory = native_map(n->file, &size);

	start = now_ns();
	for (i = 0; i < n->repeat; i++)
		if (!run_once(n, d, memory, size, &turns))
			return NATIVE_REFUSED;
	native_tell(turns, (now_ns() - start) / n->repeat);
	munmap(memory, size);
	return 0;
}

/* Return: the exit status: 0, NATIVE_REFUSED, NATIVE_USAGE. */
int run_native(const struct native *n)
{
	uint8_t args[MAX_ARGS * 8];
	struct dispatch d = {
		.dims = n->dims,
		.args = args,
	};
	const struct kernel *k;

	memcpy(d.grid, n->grid, sizeof(d.grid));
	memcpy(d.group, n->group, sizeof(d.group));
	if (is_program(n->kernel))
		return run_program(n, &d);
	k = find_kernel(n->kernel);
	if (!k) {
		warnx("no such kernel: '%s' (see --list)", n->kernel);
		return NATIVE_USAGE;
	}
	d.kernel = k->id;
	if (!put_args(n, k, args, &d.args_size))
		return NATIVE_USAGE;
	return run_kernel(n, &d);
}
