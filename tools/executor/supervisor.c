// SPDX-License-Identifier: GPL-2.0
/*
 * The supervisor of a GPU's workers: reads from the driver which instances want one,
 * and sees to it that these have one. It never looks at anything that a guest wrote.
 *
 * A worker may end at any time, by what its guest made it do or by the driver's hand.
 * Then the driver says again that the instance wants one: at once, or if the worker had
 * a turn in its hands, which is a fault, when the instance has been reset. A guest that makes its
 * worker end again and again gets the next one a second after the last at the
 * earliest, so that the supervisor has time for others.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../clock.h"
#include "supervisor.h"
#include "worker.h"

#define MAX_INSTANCES	65536
#define APART_MS	1000

/* An instance: numbers are used again, so it may be another one than before. */
struct place {
	struct vgpu_soft_event event;	/* the last WANTED */
	bool wanted;			/* and there is no worker for that */
	pid_t pid;			/* 0: none */
	uint64_t session;		/* of that process */
	uint64_t started_ms;
};

static struct place *places;
static uint32_t nr_places;

static uint64_t now_ms(void)
{
	return now_ns() / 1000000;
}

static struct place *place_of(uint32_t instance)
{
	struct place *more;
	uint32_t nr;

	if (instance < nr_places)
		return &places[instance];
	if (instance >= MAX_INSTANCES)
		errx(1, "the driver has an instance %u", instance);
	nr = instance + 16;
	more = reallocarray(places, nr, sizeof(*more));
	if (!more)
		err(1, "instance %u", instance);
	memset(more + nr_places, 0, (nr - nr_places) * sizeof(*more));
	places = more;
	nr_places = nr;
	return &places[instance];
}

static void end(struct place *p)
{
	if (p->pid)
		kill(p->pid, SIGKILL);
}

static void take_event(const struct vgpu_soft_event *event)
{
	struct place *p = place_of(event->instance);

	switch (event->type) {
	case VGPU_SOFT_WANTED:
		p->event = *event;
		p->wanted = true;
		/* The one that is still there is of a session that is over. */
		end(p);
		break;
	case VGPU_SOFT_GONE:
		if (p->event.session == event->session)
			p->wanted = false;
		if (p->session == event->session)
			end(p);
		break;
	default:
		break;
	}
}

/* Whole events; false when the GPU is gone. */
static bool take_events(const struct supervisor *s)
{
	struct vgpu_soft_event events[16];
	ssize_t n, i;

	n = read(s->device, events, sizeof(events));
	if (n < 0 && errno == ENODEV)
		return false;
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		err(1, "cannot read what the driver wants");
	for (i = 0; i < n / (ssize_t)sizeof(*events); i++)
		take_event(&events[i]);
	return true;
}

static void start(const struct supervisor *s, struct place *p)
{
	struct vgpu_soft_worker worker = {
		.instance = p->event.instance,
		.cpus = 1,
		.session = p->event.session,
	};
	int fd;

	p->started_ms = now_ms();
	fd = ioctl(s->device, VGPU_SOFT_WORKER, &worker);
	if (fd < 0) {
		/* It is over, which may be at any time. */
		if (errno == ENOENT || errno == ENODEV)
			p->wanted = false;
		else
			warn("instance %u: no worker", p->event.instance);
		return;
	}
	p->wanted = false;
	p->pid = start_worker(s, &p->event, fd);
	p->session = p->event.session;
	if (p->pid < 0)
		p->pid = 0;
	close(fd);
}

/* Whoever is to have a worker now. Return: ms until the next one is, or -1. */
static int start_all(const struct supervisor *s)
{
	uint64_t due, now = now_ms();
	int wait = -1;
	uint32_t i;

	for (i = 0; i < nr_places; i++) {
		struct place *p = &places[i];

		if (!p->wanted || p->pid)
			continue;
		due = p->started_ms ? p->started_ms + APART_MS : 0;
		if (due <= now)
			start(s, p);
		else if (wait < 0 || due - now < (unsigned int)wait)
			wait = due - now;
	}
	return wait;
}

static void tell_end(const struct place *p, int status)
{
	char uuid[40];

	print_uuid(uuid, sizeof(uuid), p->event.uuid);
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		warnx("worker of %s: %s", uuid, strsignal(WTERMSIG(status)));
	else if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_SETUP)
		warnx("worker of %s: cannot be set up", uuid);
	else if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_LOST)
		warnx("worker of %s: Vulkan has given a program up", uuid);
	else if (WIFEXITED(status) && WEXITSTATUS(status))
		warnx("worker of %s: the driver does not know what it says", uuid);
}

static void reap(void)
{
	int status;
	uint32_t i;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < nr_places; i++) {
			if (places[i].pid != pid)
				continue;
			places[i].pid = 0;
			tell_end(&places[i], status);
		}
	}
}

static void end_all(void)
{
	uint32_t i;

	for (i = 0; i < nr_places; i++)
		end(&places[i]);
	while (wait(NULL) > 0)
		;
	free(places);
	places = NULL;
	nr_places = 0;
}

/* False when it is told to end. */
static bool take_signals(int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGCHLD)
			return false;
		reap();
	}
	return true;
}

/* Workers are stopped and go on all the time: only their end is news. */
static int signals_as_file(struct supervisor *s)
{
	const struct sigaction ends = {
		.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP,
	};
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &s->signals);
	sigaction(SIGCHLD, &ends, NULL);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		err(1, "signalfd");
	return fd;
}

/**
 * supervise() - until SIGTERM or SIGINT, or until the GPU is gone
 * @s: with the device open and everything checked
 *
 * Return: whether the GPU is gone; else it was told to end. Signals are as they were.
 */
bool supervise(struct supervisor *s)
{
	struct pollfd fds[] = {
		{ .fd = s->device, .events = POLLIN },
		{ .fd = signals_as_file(s), .events = POLLIN },
	};
	bool told = false, gone = false;

	while (!told && !gone) {
		if (poll(fds, 2, start_all(s)) < 0 && errno != EINTR)
			err(1, "poll");
		if (fds[1].revents)
			told = !take_signals(fds[1].fd);
		if (!told && fds[0].revents)
			gone = !take_events(s);
	}
	end_all();
	close(fds[1].fd);
	sigprocmask(SIG_SETMASK, &s->signals, NULL);
	return gone;
}
