// SPDX-License-Identifier: GPL-2.0
/*
 * Scrubbing: what one tenant leaves in memory is gone before another can see it.
 */
#include <linux/sched.h>
#include <linux/sizes.h>

#include "../core.h"
#include "sched.h"

/* So much of VRAM is scrubbed at a time. */
#define SCRUB_STEP	SZ_1M
/* So much by the CPU: a reset of the device, or the machine's sleep, waits for that. */
#define CPU_STEP	SZ_64K

/**
 * struct scrub - what an engine is to scrub
 * @pd: the GPU
 * @offset: first byte; moved on by what was scrubbed
 * @end: behind the last byte
 */
struct scrub {
	struct vgpu_pdev *pd;
	u64 offset;
	u64 end;
};

/* An engine that can scrub, for which nobody waits, or NULL. Its hw_lock is held. */
static struct vgpu_sched *lock_scrubber(struct vgpu_pdev *pd)
{
	struct vgpu_sched *eng;

	for (eng = pd->engines; eng < vgpu_engines_end(pd); eng++) {
		if (!eng->engine.desc->ops->scrub ||
		    READ_ONCE(eng->rl.waiting) ||
		    !mutex_trylock(&eng->hw_lock))
			continue;
		if (!pd->asleep && !READ_ONCE(pd->lost) && !eng->broken)
			return eng;
		mutex_unlock(&eng->hw_lock);
	}
	return NULL;
}

/* Piece by piece, as the engine takes them, until somebody else wants it. */
static int scrub_range(struct vgpu_sched *eng, struct scrub *s)
{
	s64 n;
	int ret;

	lockdep_assert_held(&eng->hw_lock);
	for (; s->offset < s->end && !READ_ONCE(eng->rl.waiting);
	     s->offset += n) {
		n = eng->engine.desc->ops->scrub(&eng->engine, s->offset,
						 s->end - s->offset);
		if (n < 0)
			return n;
		if (WARN_ON_ONCE(!n || n > s->end - s->offset))
			return -EIO;
		ret = vgpu_engine_wait(eng, NULL, NULL);
		if (ret)
			return ret;
	}
	return 0;
}

static void scrub_by_engine(void *data)
{
	struct scrub *s = data;
	struct vgpu_sched *eng = lock_scrubber(s->pd);
	int ret;

	if (!eng)
		return;
	vgpu_sched_account(eng, VGPU_ENGINE_SWITCH);
	vgpu_sched_unload(eng);
	if (!READ_ONCE(s->pd->lost) && !eng->broken) {
		ret = scrub_range(eng, s);
		/* Now, or the next instance would be blamed for a stuck engine. */
		if (ret == -ETIMEDOUT && !READ_ONCE(s->pd->lost))
			vgpu_hang_reset(eng);
	}
	vgpu_sched_account(eng, VGPU_ENGINE_IDLE);
	mutex_unlock(&eng->hw_lock);
}

/* While the machine sleeps, memory is out of reach as the engines are. */
static void scrub_by_cpu(struct scrub *s)
{
	u64 n;

	for (; s->offset < s->end; s->offset += n) {
		n = min_t(u64, s->end - s->offset, CPU_STEP);
		vgpu_reach_lock(s->pd);
		vgpu_vram_zero(&s->pd->gpu.desc.vram, s->offset, n);
		vgpu_reach_unlock(s->pd);
		cond_resched();
	}
}

/**
 * vgpu_scrub() - fill a part of VRAM with zeros
 * @pd: the GPU
 * @offset: first byte
 * @size: how many
 *
 * By an engine where the backend can and nobody wants that, else by the CPU in the time
 * of the caller, who may be a tenant that has more scrubbed than he should: others go on
 * meanwhile. Process context.
 *
 * Return: 0, -EIO when the GPU is lost.
 */
int vgpu_scrub(struct vgpu_pdev *pd, u64 offset, u64 size)
{
	u64 end = offset + size;
	struct scrub s = { .pd = pd, .offset = offset };

	might_sleep();
	while (s.offset < end) {
		s.end = min_t(u64, end, s.offset + SCRUB_STEP);
		if (!pd->gpu.desc.vram.pages)
			vgpu_engine_call(scrub_by_engine, &s);
		if (READ_ONCE(pd->lost))
			return -EIO;
		scrub_by_cpu(&s);
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
