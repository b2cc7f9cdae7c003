/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs of calls to a vGPU, by chance: what there is to call is a table (table.c), a
 * program is rows of it with arguments, and what follows from one number is always the
 * same program.
 */
#ifndef _VFIO_FUZZ_H
#define _VFIO_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "chance.h"
#include "vfio.h"

#define MAX_ARGS	6
#define MAX_CALLS	48
/* In a program's text, in place of its calls: the number that it follows from. */
#define MADE_OF		"made-of"
#define MAX_OPS		48
#define NR_MAPS		4
#define NR_EVENTS	4
#define TAKEN		(512 * 1024)

enum arg_kind {
	ARG_NONE,
	ARG_BELOW,	/* a number below @n */
	ARG_BITS,	/* some of the bits of @n; at times one that is not of them */
	ARG_ONE_OF,	/* one of the @n in @list; at times one beside it */
	ARG_EDGE,	/* for edge(): near to an end of something */
	ARG_ANY,	/* 64 bits */
};

struct arg {
	enum arg_kind kind;
	uint64_t n;
	const uint64_t *list;
};

struct call {
	unsigned int op;
	uint64_t arg[MAX_ARGS];
};

struct program {
	unsigned int nr;
	struct call calls[MAX_CALLS];
};

/**
 * struct worker - a thread that runs programs
 * @d: the vGPU, which others may have, too: it is theirs, or @own
 * @own: the same vGPU with a file of its own, which programs close and open again
 * @map: what this one has mapped; NULL for nothing
 * @len: bytes of it
 * @region: of which region it is
 * @event: eventfds, the last of which is closed
 * @page: a page, behind which nothing is mapped
 * @stream: the file of its state that is saved or loaded; -1 for none
 * @taken: what has been read of streams, %TAKEN bytes at most
 * @nr_taken: bytes of it
 * @given: how far of it has been written
 * @calls: how many it has done
 * @times: how many of each kind
 * @ns: how long these took
 */
struct worker {
	struct vdev *d;
	struct vdev own;
	uint8_t *map[NR_MAPS];
	size_t len[NR_MAPS];
	unsigned int region[NR_MAPS];
	int event[NR_EVENTS];
	uint8_t *page;
	int stream;
	uint8_t *taken;
	size_t nr_taken, given;
	uint64_t calls;
	uint64_t times[MAX_OPS], ns[MAX_OPS];
};

/**
 * struct op - a row of the table
 * @name: in a program's text
 * @weight: how often it comes, compared with others
 * @args: what its arguments are
 * @fn: does it; 0 or a negative errno
 */
struct op {
	const char *name;
	unsigned int weight;
	struct arg args[MAX_ARGS];
	long (*fn)(struct worker *w, const uint64_t *arg);
};

/* table.c */
extern const struct op ops[];
extern const unsigned int nr_ops;

/* program.c */
void program_make(struct program *p, uint64_t seed);
void program_mutate(struct program *p, const struct program *from, uint64_t seed);
void program_run(const struct program *p, struct worker *w);
void program_print(const struct program *p, FILE *to);
bool program_parse(struct program *p, FILE *from);
void program_minimise(struct program *p, bool (*still_bad)(const struct program *));

/* model.c */
void expect_within(const struct worker *w, uint64_t pos, bool write, ssize_t done);
void expect_mapped(const struct worker *w, uint64_t pos, size_t len, int prot);
void answer_begin(const struct worker *w, uint32_t argsz);
void expect_answer(const struct worker *w, unsigned long request,
		   const uint32_t *asked, bool done);
void expect_own(const void *p, size_t n, const char *where);

/* secrets.c */
void secrets_begin(void);
void secrets_look(const struct vdev *d);

/* calls.c */
void worker_begin(struct worker *w, struct vdev *d);
void worker_end(struct worker *w);
void worker_own(struct worker *w);
void worker_disown(struct worker *w);
long call_read(struct worker *w, const uint64_t *arg);
long call_write(struct worker *w, const uint64_t *arg);
long call_config(struct worker *w, const uint64_t *arg);
long call_register(struct worker *w, const uint64_t *arg);
long call_seek(struct worker *w, const uint64_t *arg);
long call_ioctl(struct worker *w, const uint64_t *arg);
long call_irqs(struct worker *w, const uint64_t *arg);
long call_irqs_any(struct worker *w, const uint64_t *arg);
long call_event(struct worker *w, const uint64_t *arg);
long call_reset(struct worker *w, const uint64_t *arg);
long call_enable(struct worker *w, const uint64_t *arg);
long call_dma_map(struct worker *w, const uint64_t *arg);
long call_dma_unmap(struct worker *w, const uint64_t *arg);
long call_open_again(struct worker *w, const uint64_t *arg);
long call_sysfs_read(struct worker *w, const uint64_t *arg);
long call_sysfs_write(struct worker *w, const uint64_t *arg);
long call_work(struct worker *w, const uint64_t *arg);
long call_trespass(struct worker *w, const uint64_t *arg);
long call_plane(struct worker *w, const uint64_t *arg);
long call_monitor(struct worker *w, const uint64_t *arg);
long call_neighbour(struct worker *w, const uint64_t *arg);

/* maps.c */
void maps_begin(void);
void maps_end(struct worker *w);
long call_map(struct worker *w, const uint64_t *arg);
long call_unmap(struct worker *w, const uint64_t *arg);
long call_remap(struct worker *w, const uint64_t *arg);
long call_protect(struct worker *w, const uint64_t *arg);
long call_advise(struct worker *w, const uint64_t *arg);
long call_touch(struct worker *w, const uint64_t *arg);
long call_fork(struct worker *w, const uint64_t *arg);

/* moves.c */
void moves_begin(struct worker *w);
void moves_end(struct worker *w);
long call_state(struct worker *w, const uint64_t *arg);
long call_take(struct worker *w, const uint64_t *arg);
long call_give(struct worker *w, const uint64_t *arg);
long call_move(struct worker *w, const uint64_t *arg);
long call_precopy_info(struct worker *w, const uint64_t *arg);

/* cover.c */
struct cover;
struct cover *cover_open(void);
void cover_start(struct cover *c);
unsigned int cover_stop(struct cover *c);
void cover_close(struct cover *c);
unsigned int cover_total(void);
void cover_write(FILE *to);

#endif /* _VFIO_FUZZ_H */
