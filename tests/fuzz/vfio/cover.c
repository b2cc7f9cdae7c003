// SPDX-License-Identifier: GPL-2.0
/*
 * Which code of the modules calls reach, where the kernel tells it (KCOV): each thread
 * looks at its own calls. Without that there is nothing to be told, and all goes on.
 */
#include <fcntl.h>
#include <glob.h>
#include <linux/kcov.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fuzz.h"

#define PLACES		(64 * 1024)
#define SEEN		(64 * 1024)

struct cover {
	int fd;
	unsigned long *places;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long seen[SEEN];
static unsigned int total;

/* NULL where there is none. */
struct cover *cover_open(void)
{
	struct cover *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	if (c->fd < 0)
		goto none;
	if (ioctl(c->fd, KCOV_INIT_TRACE, PLACES))
		goto close;
	c->places = mmap(NULL, PLACES * sizeof(*c->places), PROT_READ | PROT_WRITE,
			 MAP_SHARED, c->fd, 0);
	if (c->places != MAP_FAILED)
		return c;
close:
	close(c->fd);
none:
	free(c);
	return NULL;
}

void cover_start(struct cover *c)
{
	if (!c)
		return;
	ioctl(c->fd, KCOV_ENABLE, KCOV_TRACE_PC);
	__atomic_store_n(&c->places[0], 0, __ATOMIC_RELAXED);
}

/* True when it was not yet there. */
static bool see(unsigned long place)
{
	unsigned long at = place * 0x9e3779b97f4a7c15 >> 48;

	while (seen[at] && seen[at] != place)
		at = (at + 1) % SEEN;
	if (seen[at] || total >= SEEN / 2)
		return false;
	seen[at] = place;
	total++;
	return true;
}

/* How many places were reached that no thread had reached before. */
unsigned int cover_stop(struct cover *c)
{
	unsigned int new = 0;
	unsigned long nr, i;

	if (!c)
		return 0;
	ioctl(c->fd, KCOV_DISABLE, 0);
	nr = __atomic_load_n(&c->places[0], __ATOMIC_RELAXED);
	pthread_mutex_lock(&lock);
	for (i = 1; i <= nr && i < PLACES; i++)
		new += see(c->places[i]);
	pthread_mutex_unlock(&lock);
	return new;
}

void cover_close(struct cover *c)
{
	if (!c)
		return;
	munmap(c->places, PLACES * sizeof(*c->places));
	close(c->fd);
	free(c);
}

unsigned int cover_total(void)
{
	return total;
}

static void write_section(FILE *to, const char *path)
{
	char module[64], section[64], at[64];

	if (sscanf(path, "/sys/module/%63[^/]/sections/%63s", module, section) == 2 &&
	    file_read(path, at, sizeof(at)) > 0)
		fprintf(to, "%s %s %s\n", module, section, at);
}

/*
 * For reached.py: where the sections of modules are, and what was reached, an address a
 * line, as the kernel has it.
 */
void cover_write(FILE *to)
{
	glob_t found;
	size_t i;

	if (!glob("/sys/module/vgpu*/sections/.text*", 0, NULL, &found)) {
		for (i = 0; i < found.gl_pathc; i++)
			write_section(to, found.gl_pathv[i]);
		globfree(&found);
	}
	for (i = 0; i < SEEN; i++)
		if (seen[i])
			fprintf(to, "%lx\n", seen[i]);
}
