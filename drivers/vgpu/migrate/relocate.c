// SPDX-License-Identifier: GPL-2.0
/*
 * An instance's partition moves to another place of the same VRAM, while the instance
 * runs.
 *
 * 1. Its memory is copied as for a migration, in rounds, while it works on: what is
 *    written meanwhile is copied again (track.c in bus/);
 * 2. when little is left, or it becomes no less, the instance is taken off the engines
 *    and its traps wait;
 * 3. its pages are taken away, the rest is copied, and from then on it is in the other
 *    place. Whoever has touched a page meanwhile has waited for it;
 * 4. it goes on.
 *
 * The guest's world is position independent, so that nothing in it changes; what a
 * backend has calculated from the place it corrects (&vgpu_gpu_ops.relocated).
 *
 * Who waits for the instance's user can be killed: whoever moves instances keeps others
 * waiting. The lock of his address space and map.sem are waited for in turn with page
 * faults, which so cannot keep an instance where it is. The trap lock is not waited for
 * like that, since the instance begins with nothing meanwhile, and a thread of his that
 * has the lock and no CPU keeps it for long: then the instance stays, as when it is being
 * migrated.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "../core.h"
#include "../bus/bus.h"
#include "../bus/dirty.h"
#include "../work/sched.h"
#include "migrate.h"

/* Rounds while it runs, at most, and how little is left when another is not worth it. */
#define ROUNDS		3
#define LITTLE		SZ_1M
/* So much is copied at a time. */
#define STEP		SZ_1M
/* How long an instance may be busy with a migration that begins or ends, or a trap. */
#define PATIENCE	(2 * HZ)

/* All that was written since the last round. */
static int copy_round(struct vgpu_vdev *vd, u64 to)
{
	u64 from = vd->inst.vram_offset, at, n;
	int ret;

	for (at = 0; ; at = round_up(at + n, VGPU_DIRTY_BLOCK)) {
		n = STEP;
		ret = vgpu_track_take(vd, &at, &n);
		if (ret <= 0)
			return ret;
		ret = vgpu_reach_lock_killable(vd->pd);
		if (ret)
			return ret;
		vgpu_vram_copy(&vd->pd->gpu.desc.vram, to + at, from + at, n);
		vgpu_reach_unlock(vd->pd);
		if (READ_ONCE(vd->pd->lost))
			return -EIO;
		ret = vgpu_wait_ends();
		if (ret)
			return ret;
		cond_resched();
	}
}

static int copy_rounds(struct vgpu_vdev *vd, u64 to)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < ROUNDS && vgpu_track_bytes(vd) > LITTLE; i++)
		ret = copy_round(vd, to);
	return ret;
}

/* Return: 0; -EBUSY when others have it for long; or as vgpu_wait_ends(). */
static int lock_soon(struct mutex *lock)
{
	unsigned long end = jiffies + PATIENCE;
	int ret = 0;

	while (!ret && !mutex_trylock(lock)) {
		ret = time_after(jiffies, end) ? -EBUSY : vgpu_wait_ends();
		if (!ret)
			schedule_timeout_idle(1);
	}
	return ret;
}

/*
 * It may stand still already, and then it does afterwards. Else the pause begins when it
 * may begin with nothing any more.
 */
static int go_over(struct vgpu_vdev *vd, u64 to, u64 *pause_ns)
{
	u64 begin = ktime_get_ns();
	bool stood;
	int ret;

	ret = vgpu_sched_settle(vd);
	if (ret)
		return ret;
	ret = lock_soon(&vd->trap_lock);
	if (ret) {
		vgpu_sched_unsettle(vd);
		return ret;
	}
	stood = vgpu_sched_paused(vd);
	vgpu_sched_pause(vd);
	/* Before it goes on: else nobody looks at what was kept from beginning. */
	vgpu_sched_unsettle(vd);
	ret = vgpu_track_move(vd, to);
	if (!stood)
		vgpu_sched_resume(vd);
	*pause_ns = ktime_get_ns() - begin;
	/* Traps have waited for that, which is not what they took. */
	vd->fifo_wait += *pause_ns;
	mutex_unlock(&vd->trap_lock);
	return ret;
}

static int relocate(struct vgpu_vdev *vd, u64 to, u64 *pause_ns)
{
	int ret;

	lockdep_assert_held(&vd->migration.lock);
	ret = vgpu_track_start(vd);
	if (ret)
		return ret;
	ret = copy_rounds(vd, to) ?: go_over(vd, to, pause_ns);
	vgpu_track_stop(vd);
	return ret;
}

/* Nobody else reads or writes its memory by its place, or needs the bitmap. */
static bool may_go(const struct vgpu_migration *m)
{
	lockdep_assert_held(&m->lock);
	return !m->transfer && (m->state == VFIO_DEVICE_STATE_RUNNING ||
				m->state == VFIO_DEVICE_STATE_RUNNING_P2P ||
				m->state == VFIO_DEVICE_STATE_STOP);
}

/**
 * vgpu_relocate() - move an instance's partition
 * @vd: the instance, which is not removed meanwhile, of a GPU that can move them
 * @to: where to: memory that is nobody's, of its size, and does not overlap its own
 * @pause_ns: for how long it was kept from working, ns; set when it has moved
 *
 * Whatever comes of it, the place where it is not is the caller's, and has to be
 * cleared. Process context, no lock held that a close or a reset of it waits for.
 *
 * Return: 0; -EBUSY when it is being migrated, in an error, busy with a trap for long,
 * or somebody else copies its memory; -ENOMEM; -EIO when the GPU is lost; as
 * vgpu_wait_ends(). Then it is where it was.
 */
int vgpu_relocate(struct vgpu_vdev *vd, u64 to, u64 *pause_ns)
{
	struct vgpu_migration *m = &vd->migration;
	int ret;

	might_sleep();
	ret = lock_soon(&m->lock);
	if (ret)
		return ret;
	if (READ_ONCE(vd->pd->lost))
		ret = -EIO;
	else
		ret = may_go(m) ? relocate(vd, to, pause_ns) : -EBUSY;
	mutex_unlock(&m->lock);
	return ret;
}
