// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "lazy.h"
#include "tap.h"

/* Not all kernels can that are built for tests. */
bool lazy_can(void)
{
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

void lazy_new(struct lazy *l)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	l->fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	ASSERT(l->fd >= 0);
	l->page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(l->page != MAP_FAILED);
	ASSERT_OK(ioctl(l->fd, UFFDIO_API, &api));
	reg.range.start = (uintptr_t)l->page;
	reg.range.len = 4096;
	ASSERT_OK(ioctl(l->fd, UFFDIO_REGISTER, &reg));
}

/* Somebody waits for it. */
void lazy_wanted(struct lazy *l)
{
	struct uffd_msg msg;

	ASSERT_EQ(read(l->fd, &msg, sizeof(msg)), sizeof(msg));
	EXPECT_EQ(msg.event, UFFD_EVENT_PAGEFAULT);
}

void lazy_give(struct lazy *l)
{
	struct uffdio_zeropage zero = {
		.range = { .start = (uintptr_t)l->page, .len = 4096 },
	};

	EXPECT_OK(ioctl(l->fd, UFFDIO_ZEROPAGE, &zero));
}

void lazy_end(struct lazy *l)
{
	munmap(l->page, 4096);
	close(l->fd);
}

/* A thread, for a waiter. */
void *use_memory(void *data)
{
	struct waiter *w = data;

	w->ret = w->writes ? write(w->fd, w->memory.page, 4096) :
			     read(w->fd, w->memory.page, 4096);
	w->err = errno;
	return NULL;
}
