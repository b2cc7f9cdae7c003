// SPDX-License-Identifier: GPL-2.0
/*
 * small-pages COMMAND [ARGUMENT...]: runs it, and what it starts, without mappings of
 * 2 MiB: what a kernel does that has none, or has run out of room for them.
 */
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc > 1 && !prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
		execvp(argv[1], argv + 1);
	perror("small-pages");
	return 127;
}
