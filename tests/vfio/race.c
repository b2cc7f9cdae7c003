// SPDX-License-Identifier: GPL-2.0
/*
 * Many processes do everything to one vGPU at the same time. Each call may
 * fail in the ways that it is documented to; the vGPU must come out working,
 * and the kernel without a complaint (which run.sh looks for).
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "display.h"
#include "fault.h"
#include "tenant.h"

#define ROUNDS		60
#define MAX_WORKERS	12

static struct vdev *d;

static void before(void)
{
	d = vdev_new(gpu->small);
	if (has_display())
		display_set_mode(d, 640, 480, 16, 0);
}

/* Success, or decode was just off. */
static void may_be_off(long ret)
{
	EXPECT(ret > 0 || errno == EIO);
}

static void do_decode(unsigned int i)
{
	vdev_decode(d, i & 1 ? DECODE_ALL : 0);
}

static void do_reset(unsigned int i)
{
	(void)i;
	EXPECT_OK(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL));
	vdev_decode(d, DECODE_ALL);
}

static void do_registers(unsigned int i)
{
	uint32_t val = i;

	may_be_off(vdev_pwrite(d, REGION_REGS, &val, 4, gpu->scratch));
	may_be_off(vdev_pread(d, REGION_REGS, &val, 4, gpu->memsize));
}

/* Work made of whatever the others leave. */
static void do_work(unsigned int i)
{
	gpu->meddle(d, i);
}

static void do_map(unsigned int i)
{
	uint8_t *vram = vdev_map_vram(d);

	raises_sigbus(vram + i % 1024 * 4096, i & 1);
	raises_sigbus(vram + d->size - 4, i & 1);
	EXPECT_OK(munmap(vram + 4096 * (i % 64), 4096 * 64));
	raises_sigbus(vram + d->size / 2, true);
	EXPECT_OK(munmap(vram, d->size));
}

static void do_read_write(unsigned int i)
{
	uint8_t buf[8192];

	memset(buf, i, sizeof(buf));
	may_be_off(vdev_pwrite(d, REGION_VRAM, buf, sizeof(buf), i * 4096));
	may_be_off(vdev_pread(d, REGION_VRAM, buf, sizeof(buf), i * 4096));
}

static void do_picture(unsigned int i)
{
	struct vfio_device_gfx_plane_info plane;
	uint32_t *shown = display_map(d, 640 * 480 * 4);
	uint32_t gen = CRTC_EXT_DISP_EN | CRTC_EN | (i & 1 ? 6 : 4) << 8;

	may_be_off(vdev_pwrite(d, REGION_REGS, &gen, 4, CRTC_GEN_CNTL));
	EXPECT_OK(display_query(d, &plane));
	/* Always something to read, whichever picture it is of. */
	EXPECT(!raises_sigbus(shown + i * 1024, false));
	EXPECT_OK(munmap(shown, 640 * 480 * 4));
}

/* Those that do_work() raises. */
static void do_interrupts(unsigned int i)
{
	unsigned int index = has_pin() ? VFIO_PCI_INTX_IRQ_INDEX : gpu->messages;
	int trigger = evt_new(), resample = evt_new();
	uint64_t one = 1;

	EXPECT_OK(irq_eventfd(d, index, VFIO_IRQ_SET_ACTION_TRIGGER, trigger));
	/* Refused while somebody else has taken the trigger away, or of messages. */
	irq_eventfd(d, index, VFIO_IRQ_SET_ACTION_UNMASK, resample);
	EXPECT_EQ(write(resample, &one, 8), 8);
	if (i & 1)
		EXPECT_OK(irq_set(d, index, VFIO_IRQ_SET_DATA_NONE |
				  VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0, NULL, 0));
	close(trigger);
	close(resample);
}

static void do_monitor(unsigned int i)
{
	uint32_t state = i & 1 ? VFIO_DEVICE_GFX_LINK_STATE_UP :
				 VFIO_DEVICE_GFX_LINK_STATE_DOWN;
	uint32_t wires = i & 2 ? DDC_CLK_EN : DDC_DATA_EN;

	EXPECT_EQ(vdev_pwrite(d, REGION_EDID, &state, 4,
			      offsetof(struct vfio_region_gfx_edid,
				       link_state)), 4);
	may_be_off(vdev_pwrite(d, REGION_REGS, &wires, 4, GPIO_DVI_DDC));
}

static void do_sysfs(unsigned int i)
{
	(void)i;
	mdev_attr_u64(d->uuid, "gpu_time_ns");
	mdev_attr_u64(d->uuid, "unknown_regs");
	gpu_attr_u64("vram_free");
}

/* Others come and go on the same card. */
static void do_neighbour(unsigned int i)
{
	char uuid[UUID_LEN];

	if (i % 4)
		return;
	mdev_create(gpu->small, uuid);
	EXPECT_OK(mdev_remove(uuid));
}

typedef void (*work_fn)(unsigned int);

/* Exit status of a worker: did all its checks hold? */
static int worker(work_fn fn)
{
	unsigned int i;

	tap_child();
	for (i = 0; i < ROUNDS; i++)
		fn(i);
	return tap_failures() ? EXIT_FAILURE : EXIT_SUCCESS;
}

static bool applies(work_fn fn)
{
	return has_display() || (fn != do_picture && fn != do_monitor);
}

static void run_all(const work_fn *fns, unsigned int nr)
{
	pid_t pid[MAX_WORKERS];
	unsigned int i;

	ASSERT(nr <= MAX_WORKERS);
	fflush(stdout);
	for (i = 0; i < nr; i++) {
		pid[i] = applies(fns[i]) ? fork() : 0;
		ASSERT_OK(pid[i]);
		if (!pid[i] && applies(fns[i]))
			_exit(worker(fns[i]));
	}
	for (i = 0; i < nr; i++) {
		int status;

		if (!pid[i])
			continue;
		ASSERT_EQ(waitpid(pid[i], &status, 0), pid[i]);
		if (!EXPECT_EQ(status, 0))
			tap_note("worker %u", i);
	}
}

static void everything_at_once(void)
{
	static const work_fn all[] = {
		do_decode, do_reset, do_registers, do_work, do_map,
		do_read_write, do_picture, do_interrupts, do_monitor, do_sysfs,
		do_neighbour,
	};

	run_all(all, ARRAY_SIZE(all));
	works_after_reset(d);
}

/* Faults against what takes the pages away. */
static void faults_and_zaps(void)
{
	static const work_fn fns[] = {
		do_map, do_map, do_decode, do_picture, do_picture, do_reset,
	};

	run_all(fns, ARRAY_SIZE(fns));
	works_after_reset(d);
}

/* Queued work against what forgets it. */
static void works_and_resets(void)
{
	static const work_fn fns[] = {
		do_work, do_work, do_reset, do_decode, do_neighbour,
	};

	run_all(fns, ARRAY_SIZE(fns));
	works_after_reset(d);
}

static const struct tap_test tests[] = {
	TAP_TEST(everything_at_once),
	TAP_TEST(faults_and_zaps),
	TAP_TEST(works_and_resets),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "race", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = vdev_cleanup,
	};

	return tap_run(&suite);
}
