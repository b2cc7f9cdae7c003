// SPDX-License-Identifier: GPL-2.0
/* Telling a service manager that we serve, by the protocol of sd_notify(3). */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ready.h"

static const char message[] = "READY=1";

static bool tell(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	ssize_t sent;
	int fd;

	if (!len || len >= sizeof(to.sun_path)) {
		errno = EINVAL;
		return false;
	}
	memcpy(to.sun_path, path, len);
	/* An abstract name starts with a zero byte, which is written '@'. */
	if (path[0] == '@')
		to.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	sent = sendto(fd, message, strlen(message), MSG_NOSIGNAL,
		      (struct sockaddr *)&to,
		      offsetof(struct sockaddr_un, sun_path) + len);
	close(fd);
	return sent == (ssize_t)strlen(message);
}

/**
 * say_ready() - what was promised is there: tell who started us, if they ask
 *
 * Without NOTIFY_SOCKET nobody asks. That it could not be told is said, and is
 * left to who waits for it.
 */
void say_ready(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	if (path && !tell(path))
		warn("cannot notify %s", path);
}
