// SPDX-License-Identifier: GPL-2.0
/* What programs map of a vGPU, and what they do to it. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fuzz.h"

#define MAX_MAP		(2 * MIB)

static __thread sigjmp_buf fault;
static __thread volatile bool expected;

static void on_fault(int sig)
{
	if (!expected) {
		signal(sig, SIG_DFL);
		return;
	}
	siglongjmp(fault, 1);
}

static void catch_faults(void)
{
	struct sigaction act = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };

	sigaction(SIGBUS, &act, NULL);
	sigaction(SIGSEGV, &act, NULL);
}

/* Can a byte be read, or written? Several threads may ask at once. */
bool touches(volatile void *p, bool write)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	volatile uint8_t *byte = p;
	volatile bool done = false;

	pthread_once(&once, catch_faults);
	if (!sigsetjmp(fault, 1)) {
		expected = true;
		if (write)
			*byte = 0x5a;
		else
			(void)*byte;
		done = true;
	}
	expected = false;
	return done;
}

static void unmap(struct worker *w, unsigned int n)
{
	if (w->map[n])
		munmap(w->map[n], w->len[n]);
	w->map[n] = NULL;
}

void maps_end(struct worker *w)
{
	unsigned int n;

	for (n = 0; n < NR_MAPS; n++)
		unmap(w, n);
}

long call_map(struct worker *w, const uint64_t *arg)
{
	unsigned int n = arg[0] % NR_MAPS, region = arg[1];
	uint64_t size = region < NR_REGIONS ? w->d->region[region].size : 4096;
	uint64_t at = edge(arg[2], size), len = arg[3];
	void *p;

	/* Most are aligned. */
	if (arg[2] >> 60)
		at &= ~4095ULL;
	if (len > MAX_MAP)
		len = MAX_MAP;
	at += (uint64_t)region << 40;
	p = mmap(NULL, len, arg[4], arg[5], w->d->fd, at);
	if (p == MAP_FAILED)
		return -errno;
	expect_mapped(w, at, len, arg[4]);
	unmap(w, n);
	w->map[n] = p;
	w->region[n] = at >> 40;
	w->len[n] = (len + 4095) & ~4095ULL;
	return 0;
}

/* A file of which no byte can be touched, whatever is done to a mapping of it. */
static int nothing = -1;

/* Before all workers. */
void maps_begin(void)
{
	int empty;
	char path[64];

	if (nothing >= 0)
		return;
	empty = memfd_create("nothing", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", empty);
	nothing = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_OK(nothing);
	close(empty);
}

/*
 * A part of a map goes: something else comes in its place at once, for in a hole another
 * thread could map what is not ours to unmap later.
 */
long call_unmap(struct worker *w, const uint64_t *arg)
{
	unsigned int n = arg[0] % NR_MAPS;
	uint64_t at, len;

	if (!w->map[n])
		return 0;
	at = edge(arg[1], w->len[n]) & ~4095ULL;
	len = edge(arg[2], w->len[n]) & ~4095ULL;
	if (at >= w->len[n] || !at) {
		unmap(w, n);
		return 0;
	}
	if (len > w->len[n] - at)
		len = w->len[n] - at;
	if (len && mmap(w->map[n] + at, len, PROT_NONE, MAP_FIXED | MAP_SHARED,
			nothing, 0) == MAP_FAILED)
		return -errno;
	return 0;
}

/* Less, more, elsewhere; of no length it is there twice, of which one goes. */
long call_remap(struct worker *w, const uint64_t *arg)
{
	unsigned int n = arg[0] % NR_MAPS;
	uint64_t old, new, gone;
	uint8_t *p;

	if (!w->map[n])
		return 0;
	old = edge(arg[1], w->len[n]) & ~4095ULL;
	new = (edge(arg[2], w->len[n] * 2) & ~4095ULL) + 4096;
	if (old > w->len[n])
		old = w->len[n];
	if (new > 2 * MAX_MAP)
		new = 2 * MAX_MAP;
	p = mremap(w->map[n], old, new, arg[3] & ~(uint64_t)MREMAP_FIXED);
	if (p == MAP_FAILED)
		return -errno;
	gone = p == w->map[n] || (old && !(arg[3] & MREMAP_DONTUNMAP)) ? old : 0;
	if (gone < w->len[n])
		munmap(w->map[n] + gone, w->len[n] - gone);
	w->map[n] = p;
	w->len[n] = new;
	return 0;
}

long call_protect(struct worker *w, const uint64_t *arg)
{
	unsigned int n = arg[0] % NR_MAPS;
	uint64_t at;

	if (!w->map[n])
		return 0;
	at = edge(arg[1], w->len[n]) % w->len[n] & ~4095ULL;
	if (mprotect(w->map[n] + at, 4096, arg[2]))
		return -errno;
	expect_mapped(w, (uint64_t)w->region[n] << 40, 4096, arg[2]);
	return 0;
}

long call_advise(struct worker *w, const uint64_t *arg)
{
	unsigned int n = arg[0] % NR_MAPS;

	if (!w->map[n])
		return 0;
	return madvise(w->map[n], w->len[n], arg[1]) ? -errno : 0;
}

long call_touch(struct worker *w, const uint64_t *arg)
{
	unsigned int n = arg[0] % NR_MAPS;

	if (!w->map[n])
		return 0;
	touches(w->map[n] + edge(arg[1], w->len[n]) % w->len[n], arg[2] & 1);
	return 0;
}

/* A child has the maps, too: it touches one, and is gone. */
long call_fork(struct worker *w, const uint64_t *arg)
{
	unsigned int n = arg[0] % NR_MAPS;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		if (w->map[n])
			touches(w->map[n] + edge(arg[1], w->len[n]) % w->len[n],
				true);
		_exit(0);
	}
	return waitpid(pid, NULL, 0) == pid ? 0 : -errno;
}
