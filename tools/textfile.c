// SPDX-License-Identifier: GPL-2.0
/* Metrics in a file, for node_exporter's textfile collector. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metrics.h"

static bool write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		len -= n;
	}
	return true;
}

/* Under another name, which node_exporter does not look at, and then in place. */
static bool replace(const char *path, const char *text, size_t len)
{
	char tmp[PATH_MAX];
	bool good;
	int fd;

	if (snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path) >= (int)sizeof(tmp)) {
		errno = ENAMETOOLONG;
		return false;
	}
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return false;
	/* It is another user who reads it. */
	good = write_all(fd, text, len) && !fchmod(fd, 0644);
	if (!close(fd) && good && !rename(tmp, path))
		return true;
	unlink(tmp);
	return false;
}

/**
 * textfile_write() - write all metrics to a file
 * @path: the file, which is there with the old or the new content at any time;
 *	"-": standard output
 *
 * Return: false, after a message, if that fails.
 */
bool textfile_write(const char *path)
{
	size_t len;
	char *text = metrics_text(PROMETHEUS, &len);
	bool good;

	if (!text) {
		warnx("out of memory");
		return false;
	}
	good = strcmp(path, "-") ? replace(path, text, len) :
				   write_all(STDOUT_FILENO, text, len);
	if (!good)
		warn("cannot write %s", path);
	free(text);
	return good;
}

/**
 * textfile_remove() - take back what was written
 * @path: the file, as for textfile_write()
 *
 * For whoever writes it no more: node_exporter would go on with its figures.
 *
 * Return: false, after a message, if that fails.
 */
bool textfile_remove(const char *path)
{
	if (!strcmp(path, "-") || !unlink(path) || errno == ENOENT)
		return true;
	warn("cannot remove %s", path);
	return false;
}
