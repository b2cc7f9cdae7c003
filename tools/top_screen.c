// SPDX-License-Identifier: GPL-2.0
/* vgpu-top on a terminal. */
#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curses.h>

#include "clock.h"
#include "top.h"

#define ESCAPE		27
#define DELAY_LEAST	0.25
#define DELAY_MOST	60
#define FIRST_DELAY	0.5	/* there are no differences before */

/**
 * struct screen - what the user has chosen
 * @opts: delay and order
 * @first: row at the top
 * @help: the keys are shown
 * @colors: the terminal has some
 */
struct screen {
	struct options opts;
	size_t first;
	bool help;
	bool colors;
};

enum action { STAY, READ_AGAIN, QUIT };

static const char *const keys[] = {
	"q, Esc      quit",
	"Up, Down, PgUp, PgDn, Home, End   scroll",
	"< >         sort by the column to the left, to the right",
	"R           reverse the order",
	"+ -         read less often, more often",
	"Space       read now",
	"h, ?        this help",
	"",
	"Sort by: g GPU%   w WAIT%  t TRAPS/S  f FAULTS  s SHARE%  a STATE",
	"         m VRAM   e WEIGHT  c CAP%  y TYPE  u VGPU  p GPU  v VM",
	"         n ENGINE",
};

#define NR_KEYS	((int)(sizeof(keys) / sizeof(keys[0])))

/* Whatever is outside of the terminal is left out. */
static void put(int y, attr_t attr, const char *line)
{
	char fitted[LINE_LEN];

	if (y >= LINES || COLS < 1)
		return;
	fit_text(fitted, sizeof(fitted), line, COLS, true);
	attrset(attr);
	mvaddstr(y, 0, fitted);
	attrset(A_NORMAL);
}

static int show_head(const struct screen *s, const struct reading *r)
{
	char line[LINE_LEN], when[16];
	struct tm tm;
	size_t i, j;
	int y = 0;

	strftime(when, sizeof(when), "%T", localtime_r(&r->time.tv_sec, &tm));
	snprintf(line, sizeof(line),
		 "vgpu-top %s  gpus %zu  vgpus %zu  every %g s  by %s%s  h: help",
		 when, r->now.nr_gpus, machine_nr_vgpus(&r->now),
		 s->opts.delay, column_name(s->opts.order.column),
		 s->opts.order.reverse ? ", reversed" : "");
	put(y++, A_BOLD, line);
	if (!r->now.nr_gpus)
		put(y++, A_NORMAL,
		    "No GPU offers vGPUs; is the driver of one loaded?");
	/* The table comes first where both do not fit. */
	for (i = 0; i < r->now.nr_gpus && y < LINES / 2; i++) {
		const struct gpu *gpu = &r->now.gpus[i];

		gpu_line(line, sizeof(line), gpu, &r->before);
		put(y++, A_NORMAL, line);
		for (j = 0; j < gpu_nr_lines(gpu) && y < LINES / 2; j++) {
			engine_line(line, sizeof(line), gpu, j, &r->before);
			put(y++, A_NORMAL, line);
		}
	}
	return y;
}

static void show_table(struct screen *s, const struct reading *r, int y)
{
	uint64_t columns = columns_that_fit(&r->now, COLS);
	attr_t trouble = s->colors ? COLOR_PAIR(1) | A_BOLD : A_BOLD;
	char line[LINE_LEN];
	struct table t;
	size_t i, room;

	table_make(&t, &r->now, &r->before, &s->opts.order);
	table_header(line, columns, COLS);
	put(y++, A_REVERSE, line);
	room = y < LINES ? LINES - y : 0;
	if (t.nr <= room)
		s->first = 0;
	else if (s->first > t.nr - room)
		s->first = t.nr - room;
	for (i = s->first; i < t.nr && y < LINES; i++) {
		table_line(line, &t.rows[i], columns, COLS);
		put(y++, row_in_trouble(&t.rows[i]) ? trouble : A_NORMAL, line);
	}
	table_free(&t);
}

static void show(struct screen *s, const struct reading *r)
{
	int y, i;

	erase();
	y = show_head(s, r);
	if (!s->help)
		show_table(s, r, y);
	else
		for (i = 0; i < NR_KEYS; i++)
			put(y++, A_NORMAL, keys[i]);
	refresh();
}

static void sort_by(struct screen *s, int column)
{
	if (column >= 0 && column < (int)nr_columns)
		s->opts.order.column = column;
}

static void scroll_by(struct screen *s, long rows)
{
	if (rows < 0 && s->first < (size_t)-rows)
		s->first = 0;
	else
		s->first += rows;
}

static enum action change_delay(struct screen *s, double factor)
{
	double delay = s->opts.delay * factor;

	if (delay < DELAY_LEAST)
		delay = DELAY_LEAST;
	if (delay > DELAY_MOST)
		delay = DELAY_MOST;
	s->opts.delay = delay;
	return STAY;
}

static enum action act_on(struct screen *s, int key)
{
	switch (key) {
	case 'q':
	case ESCAPE:
		return QUIT;
	case ' ':
		return READ_AGAIN;
	case '+':
		return change_delay(s, 2);
	case '-':
		return change_delay(s, 0.5);
	case 'h':
	case '?':
		s->help = !s->help;
		break;
	case 'R':
		s->opts.order.reverse = !s->opts.order.reverse;
		break;
	case '<':
		sort_by(s, s->opts.order.column - 1);
		break;
	case '>':
		sort_by(s, s->opts.order.column + 1);
		break;
	case KEY_UP:
	case KEY_DOWN:
		scroll_by(s, key == KEY_UP ? -1 : 1);
		break;
	case KEY_PPAGE:
	case KEY_NPAGE:
		scroll_by(s, key == KEY_PPAGE ? -LINES : LINES);
		break;
	case KEY_HOME:
		s->first = 0;
		break;
	case KEY_END:
		/* As far as there are rows. */
		s->first = INT32_MAX;
		break;
	default:
		sort_by(s, column_by_key(key));
	}
	return STAY;
}

/* Until it is time to read again, or the user wants to leave. */
static bool wait_for_keys(struct screen *s, const struct reading *r, double at,
			  bool first)
{
	for (;;) {
		double delay = first && s->opts.delay > FIRST_DELAY ?
				       FIRST_DELAY : s->opts.delay;
		double left = at + delay - now_s();
		int key;

		if (left <= 0)
			return true;
		timeout(left * 1000 + 1);
		key = getch();
		/* Nobody is there any more. */
		if (key == ERR && !isatty(STDIN_FILENO))
			return false;
		if (key == ERR)
			continue;
		switch (act_on(s, key)) {
		case QUIT:
			return false;
		case READ_AGAIN:
			return true;
		default:
			show(s, r);
		}
	}
}

static void run(struct screen *s)
{
	struct reading r = {};
	unsigned long n = 0;
	double at;

	do {
		at = now_s();
		reading_next(&r);
		show(s, &r);
		n++;
	} while ((!s->opts.iterations || n < s->opts.iterations) &&
		 wait_for_keys(s, &r, at, n == 1));
	reading_end(&r);
}

/**
 * run_screen() - the live table
 * @opts: how it begins
 *
 * Return: exit status.
 */
int run_screen(const struct options *opts)
{
	struct screen s = { .opts = *opts };
	SCREEN *term;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		errx(1, "not on a terminal; -b and -j are for that");
	/* An unknown terminal must not end us without a word of ours. */
	term = newterm(NULL, stdout, stdin);
	if (!term)
		errx(1, "terminal '%s' is not known; -b and -j need none",
		     getenv("TERM") ?: "");
	set_escdelay(100);
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
	s.colors = has_colors() && start_color() == OK &&
		   use_default_colors() == OK &&
		   init_pair(1, COLOR_RED, -1) == OK;
	run(&s);
	endwin();
	delscreen(term);
	return 0;
}
