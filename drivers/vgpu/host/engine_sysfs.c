// SPDX-License-Identifier: GPL-2.0
/*
 * The sysfs directories vgpu/engines/<name>/: of each engine of a GPU, and of
 * each engine that an instance is on. docs/abi/sysfs-vgpu describes each file.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/sysfs.h>

#include "../core.h"
#include "dir.h"
#include "host.h"

/* ---- Of a GPU's engine */

struct engine_attr {
	struct attribute attr;
	ssize_t (*show)(struct vgpu_sched *eng, char *buf);
};

static ssize_t engine_attr_show(struct kobject *kobj, struct attribute *attr,
				char *buf)
{
	const struct engine_attr *a = container_of(attr, struct engine_attr, attr);

	return a->show(kobj_to_dir(kobj)->of, buf);
}

static const struct sysfs_ops engine_sysfs_ops = {
	.show = engine_attr_show,
};

#define ENGINE_ATTR(_name)						\
static struct engine_attr engine_##_name = __ATTR_RO(_name)

static ssize_t class_show(struct vgpu_sched *eng, char *buf)
{
	static const char * const names[VGPU_NR_CLASSES] = {
		[VGPU_CLASS_2D] = "2d",
		[VGPU_CLASS_COPY] = "copy",
		[VGPU_CLASS_COMPUTE] = "compute",
	};

	return sysfs_emit(buf, "%s\n", names[eng->engine.desc->class]);
}
ENGINE_ATTR(class);

static ssize_t slice_show(struct vgpu_sched *eng, char *buf)
{
	return sysfs_emit(buf, "%u\n", eng->engine.desc->slice);
}
ENGINE_ATTR(slice);

static ssize_t resets_show(struct vgpu_sched *eng, char *buf)
{
	return sysfs_emit(buf, "%llu\n", (u64)atomic64_read(&eng->resets));
}
ENGINE_ATTR(resets);

/* All of the engine's time in a state, up to now. */
static ssize_t show_spent(struct vgpu_sched *eng, char *buf,
			  enum vgpu_engine_state state)
{
	u64 n;

	spin_lock_irq(&eng->rl_lock);
	n = eng->rl.spent[state];
	if (eng->rl.state == state)
		n += ktime_get_ns() - eng->rl.since;
	spin_unlock_irq(&eng->rl_lock);
	return sysfs_emit(buf, "%llu\n", n);
}

#define SPENT_ATTR(_name, _state)					\
static ssize_t _name##_show(struct vgpu_sched *eng, char *buf)		\
{									\
	return show_spent(eng, buf, _state);				\
}									\
ENGINE_ATTR(_name)

SPENT_ATTR(idle_time_ns, VGPU_ENGINE_IDLE);
SPENT_ATTR(switch_time_ns, VGPU_ENGINE_SWITCH);
SPENT_ATTR(busy_time_ns, VGPU_ENGINE_BUSY);

static struct attribute *engine_attrs[] = {
	&engine_class.attr,
	&engine_slice.attr,
	&engine_idle_time_ns.attr,
	&engine_switch_time_ns.attr,
	&engine_busy_time_ns.attr,
	&engine_resets.attr,
	NULL,
};
ATTRIBUTE_GROUPS(engine);

static const struct kobj_type engine_type = {
	.release = vgpu_dir_release,
	.sysfs_ops = &engine_sysfs_ops,
	.default_groups = engine_groups,
};

/**
 * vgpu_engines_sysfs_add() - the engines of a GPU
 * @pd: the GPU
 * @top: its directory vgpu/
 *
 * Return: 0 or -errno; who has made @top takes away what there is.
 */
int vgpu_engines_sysfs_add(struct vgpu_pdev *pd, struct vgpu_dir *top)
{
	struct vgpu_dir *engines, *dir;
	struct vgpu_sched *eng;

	engines = vgpu_dir_add(&pd->sysfs, &top->kobj, &vgpu_dir_plain,
			       "engines", NULL);
	if (IS_ERR(engines))
		return PTR_ERR(engines);
	for (eng = pd->engines; eng < vgpu_engines_end(pd); eng++) {
		dir = vgpu_dir_add(&pd->sysfs, &engines->kobj, &engine_type,
				   eng->engine.desc->name, eng);
		if (IS_ERR(dir))
			return PTR_ERR(dir);
	}
	return 0;
}

/* ---- Of an instance on an engine */

/* @what: an enum vgpu_queue_counter, or where in struct vgpu_sched_entity */
struct context_attr {
	struct attribute attr;
	ssize_t (*show)(struct vgpu_context *ctx, size_t what, char *buf);
	size_t what;
};

static ssize_t context_attr_show(struct kobject *kobj, struct attribute *attr,
				 char *buf)
{
	const struct context_attr *a = container_of(attr, struct context_attr,
						    attr);

	return a->show(kobj_to_dir(kobj)->of, a->what, buf);
}

static const struct sysfs_ops context_sysfs_ops = {
	.show = context_attr_show,
};

#define CONTEXT_ATTR(_name, _show, _what)				\
static struct context_attr context_##_name = {				\
	.attr = { .name = #_name, .mode = 0444 },			\
	.show = _show,							\
	.what = _what,							\
}

/* What the scheduler has charged. */
static ssize_t show_scheduled(struct vgpu_context *ctx, size_t field, char *buf)
{
	struct vgpu_sched *eng = ctx_sched(ctx);
	u64 n;

	spin_lock_irq(&eng->rl_lock);
	n = *(u64 *)((u8 *)&ctx->se + field);
	spin_unlock_irq(&eng->rl_lock);
	return sysfs_emit(buf, "%llu\n", n);
}

#define SCHEDULED(_name, _field)					\
	CONTEXT_ATTR(_name, show_scheduled,				\
		     offsetof(struct vgpu_sched_entity, _field))

SCHEDULED(gpu_time_ns, gpu_time);
SCHEDULED(wait_time_ns, wait_time);
SCHEDULED(wait_max_ns, wait_max);
SCHEDULED(slices, slices);
SCHEDULED(switches, switches);
SCHEDULED(preemptions, preemptions);

static ssize_t show_queued(struct vgpu_context *ctx, size_t what, char *buf)
{
	return sysfs_emit(buf, "%llu\n", (u64)atomic64_read(&ctx->q.count[what]));
}

CONTEXT_ATTR(ops, show_queued, VGPU_QUEUE_OPS);
CONTEXT_ATTR(bytes, show_queued, VGPU_QUEUE_BYTES);
CONTEXT_ATTR(dropped, show_queued, VGPU_QUEUE_DROPPED);
CONTEXT_ATTR(traps_engine, show_queued, VGPU_QUEUE_TRAPS);
CONTEXT_ATTR(fifo_overflows, show_queued, VGPU_QUEUE_OVERFLOWS);

/* What the instance may use at most under the present policy, percent. */
static ssize_t show_limit(struct vgpu_context *ctx, size_t unused, char *buf)
{
	struct vgpu_sched *eng = ctx_sched(ctx);
	u32 limit;

	spin_lock_irq(&eng->rl_lock);
	limit = vgpu_runlist_limit(&eng->rl, &ctx->se);
	spin_unlock_irq(&eng->rl_lock);
	return sysfs_emit(buf, "%u.%02u\n", limit / VGPU_PERCENT,
			  limit % VGPU_PERCENT / (VGPU_PERCENT / 100));
}
CONTEXT_ATTR(limit, show_limit, 0);

static struct attribute *context_attrs[] = {
	&context_gpu_time_ns.attr,
	&context_wait_time_ns.attr,
	&context_wait_max_ns.attr,
	&context_slices.attr,
	&context_switches.attr,
	&context_preemptions.attr,
	&context_limit.attr,
	&context_ops.attr,
	&context_bytes.attr,
	&context_dropped.attr,
	&context_traps_engine.attr,
	&context_fifo_overflows.attr,
	NULL,
};
ATTRIBUTE_GROUPS(context);

static const struct kobj_type context_type = {
	.release = vgpu_dir_release,
	.sysfs_ops = &context_sysfs_ops,
	.default_groups = context_groups,
};

/**
 * vgpu_contexts_sysfs_add() - the engines that an instance is on
 * @vd: the instance
 * @top: its directory vgpu/
 *
 * Return: 0 or -errno; who has made @top takes away what there is.
 */
int vgpu_contexts_sysfs_add(struct vgpu_vdev *vd, struct vgpu_dir *top)
{
	struct vgpu_dir *engines, *dir;
	struct vgpu_context *ctx;

	engines = vgpu_dir_add(&vd->sysfs, &top->kobj, &vgpu_dir_plain,
			       "engines", NULL);
	if (IS_ERR(engines))
		return PTR_ERR(engines);
	for (ctx = vd->ctx; ctx < vgpu_ctx_end(vd); ctx++) {
		dir = vgpu_dir_add(&vd->sysfs, &engines->kobj, &context_type,
				   ctx->q.engine->desc->name, ctx);
		if (IS_ERR(dir))
			return PTR_ERR(dir);
	}
	return 0;
}
