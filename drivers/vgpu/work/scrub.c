// SPDX-License-Identifier: GPL-2.0
/*
 * Scrubbing: what one tenant leaves in memory is gone before another can see it.
 */
#include <linux/ktime.h>
#include <linux/sizes.h>

#include "../core.h"
#include "sched.h"

/* So much of VRAM is scrubbed at a time: about as long as a slice. */
#define SCRUB_STEP	SZ_1M

/* The engine that can scrub and has the least to do, or NULL. */
static struct vgpu_sched *find_scrubber(struct vgpu_pdev *pd)
{
	struct vgpu_sched *eng, *best = NULL;

	for (eng = pd->engines; eng < vgpu_engines_end(pd); eng++) {
		if (!eng->engine.desc->ops->scrub)
			continue;
		if (!best || READ_ONCE(eng->rl.waiting) <
			     READ_ONCE(best->rl.waiting))
			best = eng;
	}
	return best;
}

/* Piece by piece, as the engine takes them. */
static int scrub_range(struct vgpu_sched *eng, u64 offset, u64 size)
{
	s64 n;
	int ret;

	lockdep_assert_held(&eng->hw_lock);
	for (; size; offset += n, size -= n) {
		n = eng->engine.desc->ops->scrub(&eng->engine, offset, size);
		if (n < 0)
			return n;
		if (WARN_ON_ONCE(!n || n > size))
			return -EIO;
		ret = vgpu_engine_wait(eng, NULL, NULL);
		if (ret)
			return ret;
	}
	return 0;
}

static int scrub_by_engine(struct vgpu_pdev *pd, u64 offset, u64 size)
{
	struct vgpu_sched *eng = find_scrubber(pd);
	int ret = -EIO;

	if (!eng)
		return -EOPNOTSUPP;
	vgpu_engine_lock(eng);
	vgpu_sched_account(eng, VGPU_ENGINE_SWITCH);
	vgpu_sched_unload(eng);
	if (!READ_ONCE(pd->lost) && !eng->broken)
		ret = scrub_range(eng, offset, size);
	/* Now, or the next instance would be blamed for a stuck engine. */
	if (ret == -ETIMEDOUT && !READ_ONCE(pd->lost))
		vgpu_hang_reset(eng);
	vgpu_sched_account(eng, VGPU_ENGINE_IDLE);
	mutex_unlock(&eng->hw_lock);
	return ret;
}

/* While the machine sleeps, memory is out of reach as the engines are. */
static void scrub_by_cpu(struct vgpu_pdev *pd, u64 offset, u64 size)
{
	vgpu_reset_lock(pd);
	vgpu_vram_zero(&pd->gpu.desc.vram, offset, size);
	mutex_unlock(&pd->reset_lock);
}

/**
 * vgpu_scrub() - fill a part of VRAM with zeros
 * @pd: the GPU
 * @offset: first byte
 * @size: how many
 *
 * By an engine where the backend can, between two slices of others and in
 * pieces, so that these go on meanwhile; else by the CPU. Process context.
 *
 * Return: 0, -EIO when the GPU is lost.
 */
int vgpu_scrub(struct vgpu_pdev *pd, u64 offset, u64 size)
{
	u64 end = offset + size, n;
	int ret;

	might_sleep();
	for (; offset < end; offset += n) {
		n = min_t(u64, end - offset, SCRUB_STEP);
		ret = scrub_by_engine(pd, offset, n);
		if (READ_ONCE(pd->lost))
			return -EIO;
		if (ret)
			scrub_by_cpu(pd, offset, n);
		cond_resched();
	}
	return 0;
}

static void memory_close(struct vgpu_instance *inst)
{
	vgpu_scrub(inst_to_vd(inst)->pd, inst->vram_offset, inst->vram_size);
}

/* A partition: what is in it is no part of the state. */
const struct vgpu_section vgpu_memory_section = {
	.name = "memory",
	.close = memory_close,
};
