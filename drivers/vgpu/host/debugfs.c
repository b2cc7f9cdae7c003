// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs: /sys/kernel/debug/vgpu/<gpu>/, for developers; no stable interface.
 */
#include <linux/debugfs.h>
#include <linux/ktime.h>
#include <linux/seq_file.h>

#include "../core.h"
#include "../work/sched.h"
#include "host.h"

static struct dentry *root;

static void show_entity(struct seq_file *m, const struct vgpu_sched_entity *se,
			u64 now)
{
	const struct vgpu_context *ctx = container_of(se, struct vgpu_context,
						      se);

	seq_printf(m, "  vGPU %-4u %s weight %-5u vruntime %-14llu debt %llu ns",
		   ctx->vd->inst.id, dev_name(ctx->vd->inst.dev), se->weight,
		   se->vruntime, se->debt);
	if (se->not_before > now)
		seq_printf(m, ", may run in %llu ns", se->not_before - now);
	seq_printf(m, ", waiting for %llu ns\n", now - se->waiting_since);
}

static void show_tree(struct seq_file *m, const char *name,
		      const struct rb_root_cached *tree, u64 now)
{
	struct rb_node *node;

	seq_printf(m, " %s:\n", name);
	for (node = rb_first_cached(tree); node; node = rb_next(node))
		show_entity(m, rb_entry(node, struct vgpu_sched_entity, node),
			    now);
}

/* With hw_lock held: whose context it is does not change, nor go away. */
static void show_context(struct seq_file *m, const struct vgpu_sched *eng)
{
	const struct vgpu_context *ctx = eng->current_ctx;

	lockdep_assert_held(&eng->hw_lock);
	if (ctx)
		seq_printf(m, ", context of %u %s\n", ctx->q.inst->id,
			   dev_name(ctx->q.inst->dev));
	else
		seq_puts(m, ", context of -1\n");
}

static int runlist_show(struct seq_file *m, void *unused)
{
	static const char * const states[] = { "idle", "switch", "busy" };
	struct vgpu_pdev *pd = m->private;
	struct vgpu_sched *eng;
	u64 now;

	for (eng = pd->engines; eng < vgpu_engines_end(pd); eng++) {
		mutex_lock(&eng->hw_lock);
		spin_lock_irq(&eng->rl_lock);
		now = ktime_get_ns();
		seq_printf(m, "engine %u: %s, %u open, %u waiting, vtime %llu",
			   eng->engine.id, states[eng->rl.state], eng->rl.members,
			   eng->rl.waiting, eng->rl.vtime);
		show_context(m, eng);
		show_tree(m, "ready", &eng->rl.ready, now);
		show_tree(m, "throttled", &eng->rl.throttled, now);
		spin_unlock_irq(&eng->rl_lock);
		mutex_unlock(&eng->hw_lock);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(runlist);

/**
 * vgpu_debugfs_add() - a GPU's directory
 * @pd: the GPU
 */
void vgpu_debugfs_add(struct vgpu_pdev *pd)
{
	pd->debugfs = debugfs_create_dir(dev_name(pd->gpu.desc.dev), root);
	debugfs_create_file("runlist", 0400, pd->debugfs, pd,
			    &runlist_fops);
	vgpu_inject_init(pd);
}

/**
 * vgpu_debugfs_remove() - take a GPU's directory away
 * @pd: the GPU
 */
void vgpu_debugfs_remove(struct vgpu_pdev *pd)
{
	debugfs_remove_recursive(pd->debugfs);
}

/** vgpu_debugfs_init() - the module's directory */
void vgpu_debugfs_init(void)
{
	root = debugfs_create_dir("vgpu", NULL);
}

/** vgpu_debugfs_exit() - take the module's directory away */
void vgpu_debugfs_exit(void)
{
	debugfs_remove_recursive(root);
}
