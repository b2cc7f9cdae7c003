// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fault.h"
#include "kfail.h"
#include "tenant.h"
#include "vmm.h"

/* Of the process that is one. */
static struct vdev *d;
static uint8_t *vram;
static const struct vmm *me;
static bool forked;

static void begin(void)
{
	vdev_decode(d, DECODE_ALL);
	vram = vdev_map_vram(d);
	gpu_init(d);
}

/* Back to where it runs. */
static void reset(void)
{
	mig_reset(d);
	munmap(vram, d->size);
	begin();
}

static uint64_t some_bytes(uint64_t *at)
{
	uint64_t pages = d->room / 4096, n = 1 + rnd_below(pages / 2);

	*at = rnd_below(pages - n) * 4096ULL;
	return n * 4096;
}

static void do_draw(void)
{
	unsigned int i, n = 1 + rnd_below(20);
	uint64_t at, bytes;

	for (i = 0; i < n; i++) {
		bytes = some_bytes(&at);
		gpu_fill(d, at, bytes, rnd());
	}
}

static void do_write(void)
{
	fill_pattern(vram, d->room, rnd());
}

static void do_wait(void)
{
	gpu_idle(d);
}

/* Left as it is, or not. */
static void do_guest_memory(void)
{
	const size_t size = 4 * MIB;
	void *ram = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(ram != MAP_FAILED);
	ASSERT_OK(vdev_dma_map(d, ram, size, 0));
	memset(ram, 1, size / 2);
	ASSERT_OK(vdev_dma_unmap(d, 0, size));
	munmap(ram, size);
}

static void do_interrupt(void)
{
	int evt = evt_new();

	irq_message(d, evt);
	gpu->irq_on(d);
	gpu->irq_raise(d);
	gpu->irq_ack(d);
	close(evt);
}

static void do_save(void)
{
	uint8_t buf[65536];
	unsigned int n = rnd_below(100);
	int fd = mig_save_begin(d);

	while (n-- && read(fd, buf, sizeof(buf)) > 0)
		;
	if (rnd_below(2))
		close(fd);
	reset();
}

static void do_load(void)
{
	struct stream st = me->stream;
	int fd = mig_load_begin(d);

	if (rnd_below(2))
		st.len = rnd_below(st.len);
	ASSERT_OK(mig_write(fd, &st, 1000 + rnd_below(100000)));
	if (rnd_below(2))
		close(fd);
	reset();
}

static void do_reset(void)
{
	reset();
}

/* Another VM's turn, if this is the only one that has it. */
static void do_reopen(void)
{
	if (forked || me->stays)
		return;
	if (rnd_below(2))
		munmap(vram, d->size);
	d = vdev_reopen(d);
	begin();
}

/* One that shares all of it, and outlives it. */
static void do_fork(void)
{
	pid_t pid = forked ? 1 : fork();

	ASSERT_OK(pid);
	forked = true;
	while (!pid && getppid() != 1)
		raises_sigbus(vram + rnd_below(d->room / 4) * 4, true);
	if (!pid)
		_exit(EXIT_SUCCESS);
}

static int vmm(void *arg)
{
	static void (*const does[])(void) = {
		do_draw, do_draw, do_draw, do_write, do_wait, do_guest_memory,
		do_interrupt, do_save, do_load, do_reset, do_reopen, do_fork,
	};

	me = arg;
	if (me->may_fail && !freopen("/dev/null", "w", stdout))
		return 1;
	if (me->may_fail && can_kfail())
		kfail_here();
	ASSERT_OK(setpgid(0, 0));
	vdev_leave_to_parent();
	rnd_seed(me->seed);
	d = vdev_open(me->uuid);
	begin();
	for (;;) {
		++*me->done;
		does[rnd_below(ARRAY_SIZE(does))]();
	}
	return 0;
}

/* It begins; whom it leaves behind is ours. */
void vmm_start(struct vmm *v)
{
	ASSERT_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	v->done = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT(v->done != MAP_FAILED);
	v->pid = child_start(vmm, v);
}

/* Wait for that; false when it has ended before. */
bool vmm_has_done(const struct vmm *v, unsigned int things)
{
	EXPECT(AWAIT(*v->done >= things || !child_runs(v->pid)));
	return *v->done >= things;
}

/* It is killed; its child, so much later, too. False when it has ended by itself. */
bool vmm_end(struct vmm *v, unsigned int us)
{
	int status;

	ASSERT_OK(kill(v->pid, SIGKILL));
	status = child_finish(v->pid);
	/* It must not have ended by itself. */
	if (!v->may_fail)
		EXPECT_EQ(status, 128 + SIGKILL);
	usleep(us);
	kill(-v->pid, SIGKILL);
	while (waitpid(-v->pid, NULL, 0) > 0)
		;
	munmap((void *)v->done, 4096);
	return status == 128 + SIGKILL;
}
