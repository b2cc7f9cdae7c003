// SPDX-License-Identifier: GPL-2.0
/*
 * GPUs at run time, by configfs: a directory in /sys/kernel/config/vgpu-soft is one
 * that may be; "enable" makes its PCI function and takes it away.
 *
 *	      mkdir                     1 to enable
 *	(none) ----> a directory, written to ----> a GPU, read only
 *	                  ^                         |
 *	                  +-- its last VM lets go --+ 0 to enable, or rmdir
 *
 * Taking away waits for VMs as the removal of a card does. A worker waits; who has
 * written 0 waits for the worker, and may give that up. rmdir waits for no VM: it
 * keeps others from the directories of their GPUs. But configfs has it wait until nobody
 * writes to the directory's files, and so for one who has written 0.
 */
#include <linux/completion.h>
#include <linux/configfs.h>
#include <linux/jiffies.h>
#include <linux/kstrtox.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "soft.h"
#include "soft_bus.h"

/* How long rmdir waits for a GPU without vGPUs to be gone. */
#define REMOVAL_WAIT	(10 * HZ)

/**
 * struct soft_dir - the directory of a GPU
 * @group: it
 * @types: the directory of its types
 * @lock: protects what follows; never held while a VM is waited for
 * @config: as it was written
 * @type_dirs: its types, struct type_dir
 * @nr_types: how many
 * @slot: the GPU; NULL when there is none
 * @going: it is being taken away
 * @work: takes it away; has a reference of @group meanwhile
 * @gone: @work is done
 */
struct soft_dir {
	struct config_group group;
	struct config_group types;
	struct mutex lock;		/* what follows */
	struct soft_config config;
	struct list_head type_dirs;
	unsigned int nr_types;
	struct soft_slot *slot;
	bool going;
	struct work_struct work;
	struct completion gone;
};

/**
 * struct type_dir - the directory of a type
 * @item: it
 * @dir: of the GPU, whose lock protects the rest; outlives this
 * @link: in &soft_dir.type_dirs
 * @type: as it was written, but for the name
 */
struct type_dir {
	struct config_item item;
	struct soft_dir *dir;
	struct list_head link;
	struct soft_type type;
};

static struct workqueue_struct *removals;

static struct soft_dir *to_dir(struct config_item *item)
{
	return container_of(to_config_group(item), struct soft_dir, group);
}

static struct type_dir *to_type_dir(struct config_item *item)
{
	return container_of(item, struct type_dir, item);
}

static const char *name_of(const struct soft_dir *dir)
{
	return config_item_name((struct config_item *)&dir->group.cg_item);
}

static int refuse_number(const char *who, const char *field)
{
	pr_err("vgpu-soft: %s: %s: not a number\n", who, field);
	return -EINVAL;
}

/* Is it there? Then nothing of it changes. */
static int check_changeable(struct soft_dir *dir, const char *field)
{
	lockdep_assert_held(&dir->lock);
	if (!dir->slot)
		return 0;
	pr_err("vgpu-soft: %s: %s: the GPU is there; write 0 to enable first\n",
	       name_of(dir), field);
	return -EBUSY;
}

/* A value that was checked. Return: @count, or -errno. */
static ssize_t put(struct soft_dir *dir, const char *field, void *to,
		   const void *val, size_t size, size_t count)
{
	int ret;

	mutex_lock(&dir->lock);
	ret = check_changeable(dir, field);
	if (!ret)
		memcpy(to, val, size);
	mutex_unlock(&dir->lock);
	return ret ?: count;
}

static ssize_t set_u32(struct soft_dir *dir, const char *who, const char *field,
		       const char *page, size_t count, u32 *to,
		       int (*check)(const char *who, u32 val))
{
	u32 val;
	int ret;

	if (kstrtou32(page, 0, &val))
		return refuse_number(who, field);
	ret = check(who, val);
	return ret ?: put(dir, field, to, &val, sizeof(val), count);
}

static ssize_t set_int(struct soft_dir *dir, const char *who, const char *field,
		       const char *page, size_t count, int *to,
		       int (*check)(const char *who, int val))
{
	int val, ret;

	if (kstrtoint(page, 0, &val))
		return refuse_number(who, field);
	ret = check(who, val);
	return ret ?: put(dir, field, to, &val, sizeof(val), count);
}

/* ---- Types */

static int check_slice(const char *who, int slice)
{
	/* Of how many is seen when the GPU is made. */
	if (slice >= -1 && slice < VGPU_MAX_SLICES)
		return 0;
	pr_err("vgpu-soft: %s: slice: %d is not within -1 to %u\n", who, slice,
	       VGPU_MAX_SLICES - 1);
	return -EINVAL;
}

/* A number of a type; where it is, says a function NAME_of_type(). */
#define TYPE_NUMBER(_name, _set, _format, _check)			\
static ssize_t type_##_name##_show(struct config_item *item, char *page) \
{									\
	return sysfs_emit(page, _format "\n",				\
			  *_name##_of_type(to_type_dir(item)));		\
}									\
static ssize_t type_##_name##_store(struct config_item *item,		\
				    const char *page, size_t count)	\
{									\
	struct type_dir *td = to_type_dir(item);			\
									\
	return _set(td->dir, config_item_name(item), #_name, page, count, \
		    _name##_of_type(td), _check);			\
}									\
CONFIGFS_ATTR(type_, _name)

static u32 *vram_mb_of_type(struct type_dir *td) { return &td->type.vram_mb; }
static u32 *share_of_type(struct type_dir *td) { return &td->type.share; }
static int *slice_of_type(struct type_dir *td) { return &td->type.slice; }

TYPE_NUMBER(vram_mb, set_u32, "%u", soft_check_vram);
TYPE_NUMBER(share, set_u32, "%u", soft_check_share);
TYPE_NUMBER(slice, set_int, "%d", check_slice);

static ssize_t type_kind_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%c\n",
			  soft_kind_letters[to_type_dir(item)->type.kind]);
}

static ssize_t type_kind_store(struct config_item *item, const char *page,
			       size_t count)
{
	struct type_dir *td = to_type_dir(item);
	const char *at = strchr(soft_kind_letters, *page);
	enum soft_kind kind;

	if (!*page || !at || !sysfs_streq(page + 1, "")) {
		pr_err("vgpu-soft: %s: kind: not one of %s\n",
		       config_item_name(item), soft_kind_letters);
		return -EINVAL;
	}
	kind = at - soft_kind_letters;
	return put(td->dir, "kind", &td->type.kind, &kind, sizeof(kind), count);
}
CONFIGFS_ATTR(type_, kind);

static struct configfs_attribute *type_attrs[] = {
	&type_attr_vram_mb,
	&type_attr_share,
	&type_attr_slice,
	&type_attr_kind,
	NULL,
};

static void type_release(struct config_item *item)
{
	kfree(to_type_dir(item));
}

static struct configfs_item_operations type_item_ops = {
	.release = type_release,
};

static const struct config_item_type type_type = {
	.ct_item_ops = &type_item_ops,
	.ct_attrs = type_attrs,
	.ct_owner = THIS_MODULE,
};

static struct config_item *make_type(struct config_group *group,
				     const char *name)
{
	struct soft_dir *dir = container_of(group, struct soft_dir, types);
	struct type_dir *td;
	int ret;

	ret = soft_check_name(name_of(dir), name);
	if (ret)
		return ERR_PTR(ret);
	td = kzalloc(sizeof(*td), GFP_KERNEL);
	if (!td)
		return ERR_PTR(-ENOMEM);
	/* Before others can see it: they ask for its name. */
	config_item_init_type_name(&td->item, name, &type_type);
	/* A long one is memory of its own, of which nobody says that there was none. */
	if (!config_item_name(&td->item)) {
		config_item_put(&td->item);
		return ERR_PTR(-ENOMEM);
	}
	td->dir = dir;
	td->type = (struct soft_type) {
		.kind = SOFT_C,
		.vram_mb = SOFT_TYPE_MB,
		.share = SOFT_SHARE,
		.slice = -1,
	};
	mutex_lock(&dir->lock);
	ret = check_changeable(dir, "types");
	if (!ret && dir->nr_types == SOFT_TYPES_MAX) {
		pr_err("vgpu-soft: %s: types: no more than %u\n", name_of(dir),
		       SOFT_TYPES_MAX);
		ret = -ENOSPC;
	}
	if (!ret) {
		dir->nr_types++;
		list_add_tail(&td->link, &dir->type_dirs);
	}
	mutex_unlock(&dir->lock);
	if (ret) {
		config_item_put(&td->item);
		return ERR_PTR(ret);
	}
	return &td->item;
}

/* A GPU that is there keeps the type: it has a copy. */
static void drop_type(struct config_group *group, struct config_item *item)
{
	struct type_dir *td = to_type_dir(item);

	mutex_lock(&td->dir->lock);
	list_del(&td->link);
	td->dir->nr_types--;
	mutex_unlock(&td->dir->lock);
	config_item_put(item);
}

static struct configfs_group_operations types_group_ops = {
	.make_item = make_type,
	.drop_item = drop_type,
};

static const struct config_item_type types_type = {
	.ct_group_ops = &types_group_ops,
	.ct_owner = THIS_MODULE,
};

/* ---- A GPU */

static void take_away(struct work_struct *work)
{
	struct soft_dir *dir = container_of(work, struct soft_dir, work);

	soft_bus_remove(dir->slot);
	mutex_lock(&dir->lock);
	dir->slot = NULL;
	dir->going = false;
	complete_all(&dir->gone);
	mutex_unlock(&dir->lock);
	config_item_put(&dir->group.cg_item);
}

/* Return: false when there is nothing. */
static bool begin_to_take_away(struct soft_dir *dir)
{
	bool there;

	mutex_lock(&dir->lock);
	there = dir->slot;
	if (there && !dir->going) {
		dir->going = true;
		reinit_completion(&dir->gone);
		config_item_get(&dir->group.cg_item);
		queue_work(removals, &dir->work);
	}
	mutex_unlock(&dir->lock);
	return there;
}

static int make_gpu(struct soft_dir *dir)
{
	struct soft_config *config = &dir->config;
	struct soft_slot *slot;
	struct type_dir *td;

	lockdep_assert_held(&dir->lock);
	if (dir->going) {
		pr_err("vgpu-soft: %s: enable: it has not gone yet: a VM has a vGPU of it open\n",
		       name_of(dir));
		return -EBUSY;
	}
	if (dir->slot)
		return 0;
	config->nr_types = 0;
	list_for_each_entry(td, &dir->type_dirs, link) {
		strscpy(td->type.name, config_item_name(&td->item),
			sizeof(td->type.name));
		config->types[config->nr_types++] = td->type;
	}
	slot = soft_add(name_of(dir), config);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	/* Its driver has, but for one that came in the moment before the module was loaded. */
	soft_show(slot);
	dir->slot = slot;
	return 0;
}

static ssize_t gpu_enable_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%d\n", !!READ_ONCE(to_dir(item)->slot));
}

static ssize_t gpu_enable_store(struct config_item *item, const char *page,
				size_t count)
{
	struct soft_dir *dir = to_dir(item);
	bool enable;
	int ret = 0;

	if (kstrtobool(page, &enable)) {
		pr_err("vgpu-soft: %s: enable: neither 0 nor 1\n", name_of(dir));
		return -EINVAL;
	}
	if (enable) {
		mutex_lock(&dir->lock);
		ret = make_gpu(dir);
		mutex_unlock(&dir->lock);
	} else if (begin_to_take_away(dir)) {
		ret = wait_for_completion_interruptible(&dir->gone);
	}
	return ret ?: count;
}
CONFIGFS_ATTR(gpu_, enable);

/* The same of a GPU. */
#define GPU_NUMBER(_name, _set, _format, _check)			\
static ssize_t gpu_##_name##_show(struct config_item *item, char *page)	\
{									\
	return sysfs_emit(page, _format "\n", *_name##_of(to_dir(item))); \
}									\
static ssize_t gpu_##_name##_store(struct config_item *item,		\
				   const char *page, size_t count)	\
{									\
	struct soft_dir *dir = to_dir(item);				\
									\
	return _set(dir, config_item_name(item), #_name, page, count,	\
		    _name##_of(dir), _check);				\
}									\
CONFIGFS_ATTR(gpu_, _name)

static u32 *vram_mb_of(struct soft_dir *dir) { return &dir->config.vram_mb; }
static int *bus_of(struct soft_dir *dir) { return &dir->config.bus; }
static int *node_of(struct soft_dir *dir) { return &dir->config.node; }
static u32 *slices_of(struct soft_dir *dir) { return &dir->config.slices; }

GPU_NUMBER(vram_mb, set_u32, "%u", soft_check_vram);
GPU_NUMBER(bus, set_int, "%d", soft_check_bus);
GPU_NUMBER(node, set_int, "%d", soft_check_node);
GPU_NUMBER(slices, set_u32, "%u", soft_check_slices);

static ssize_t gpu_address_show(struct config_item *item, char *page)
{
	struct soft_dir *dir = to_dir(item);
	struct pci_dev *pdev = NULL;
	ssize_t ret;

	mutex_lock(&dir->lock);
	if (dir->slot && !dir->going)
		pdev = soft_bus_function(dir->slot);
	mutex_unlock(&dir->lock);
	ret = sysfs_emit(page, "%s\n", pdev ? pci_name(pdev) : "none");
	pci_dev_put(pdev);
	return ret;
}
CONFIGFS_ATTR_RO(gpu_, address);

static struct configfs_attribute *gpu_attrs[] = {
	&gpu_attr_enable,
	&gpu_attr_vram_mb,
	&gpu_attr_bus,
	&gpu_attr_node,
	&gpu_attr_slices,
	&gpu_attr_address,
	NULL,
};

static void gpu_release(struct config_item *item)
{
	struct soft_dir *dir = to_dir(item);

	mutex_destroy(&dir->lock);
	kfree(dir);
}

static struct configfs_item_operations gpu_item_ops = {
	.release = gpu_release,
};

static const struct config_item_type gpu_type = {
	.ct_item_ops = &gpu_item_ops,
	.ct_attrs = gpu_attrs,
	.ct_owner = THIS_MODULE,
};

static struct config_group *make_dir(struct config_group *group,
				     const char *name)
{
	struct soft_dir *dir = kzalloc(sizeof(*dir), GFP_KERNEL);

	if (!dir)
		return ERR_PTR(-ENOMEM);
	mutex_init(&dir->lock);
	soft_config_init(&dir->config);
	INIT_LIST_HEAD(&dir->type_dirs);
	INIT_WORK(&dir->work, take_away);
	init_completion(&dir->gone);
	config_group_init_type_name(&dir->group, name, &gpu_type);
	/* As of a type. */
	if (!name_of(dir)) {
		config_item_put(&dir->group.cg_item);
		return ERR_PTR(-ENOMEM);
	}
	config_group_init_type_name(&dir->types, "types", &types_type);
	configfs_add_default_group(&dir->types, &dir->group);
	return &dir->group;
}

/*
 * Who has taken away a GPU without vGPUs finds it gone. Others are not waited for, nor one
 * of which a vGPU is just being created, for long: no directory can be made meanwhile.
 */
static void drop_dir(struct config_group *group, struct config_item *item)
{
	struct soft_dir *dir = to_dir(item);
	bool used;

	mutex_lock(&dir->lock);
	used = dir->slot && (dir->going || soft_slot_is_used(dir->slot));
	mutex_unlock(&dir->lock);
	if (begin_to_take_away(dir) &&
	    (used || !wait_for_completion_timeout(&dir->gone, REMOVAL_WAIT)))
		pr_notice("vgpu-soft: %s: it has vGPUs, and goes when no VM has one open any more\n",
			  name_of(dir));
	config_item_put(item);
}

static struct configfs_group_operations root_group_ops = {
	.make_group = make_dir,
	.drop_item = drop_dir,
};

static const struct config_item_type root_type = {
	.ct_group_ops = &root_group_ops,
	.ct_owner = THIS_MODULE,
};

static struct configfs_subsystem root = {
	.su_group = {
		.cg_item = {
			.ci_namebuf = "vgpu-soft",
			.ci_type = &root_type,
		},
	},
};

/**
 * soft_configfs_init() - the directory of all of them
 *
 * Return: 0 or -errno; then nothing is left.
 */
int soft_configfs_init(void)
{
	int ret;

	/*
	 * A removal waits for a VM, with locks that a sleep wants, and a VM that is frozen
	 * does not answer. So the machine does not go to sleep until it is over.
	 */
	removals = alloc_workqueue("vgpu-soft", WQ_UNBOUND | WQ_FREEZABLE, 0);
	if (!removals)
		return -ENOMEM;
	config_group_init(&root.su_group);
	mutex_init(&root.su_mutex);
	ret = configfs_register_subsystem(&root);
	if (ret)
		destroy_workqueue(removals);
	return ret;
}

/**
 * soft_configfs_exit() - undo it
 *
 * There is no directory any more: each of them keeps the module from being
 * unloaded. But a GPU whose directory was removed may still be going.
 */
void soft_configfs_exit(void)
{
	configfs_unregister_subsystem(&root);
	destroy_workqueue(removals);
}
