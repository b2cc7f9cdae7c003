// SPDX-License-Identifier: GPL-2.0
/*
 * What an operator may ask of a soft GPU, whichever way: by parameters of the
 * module, by configfs, in sysfs. What cannot be is refused with a message that
 * names the field; @who, in these functions, is whose field it is. No device is
 * touched here.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/nodemask.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "soft_config.h"

/**
 * soft_config_init() - a GPU of which nobody has said anything
 * @config: to be set up
 */
void soft_config_init(struct soft_config *config)
{
	*config = (struct soft_config) {
		.vram_mb = SOFT_VRAM_MB,
		.bus = -1,
		.node = NUMA_NO_NODE,
		.slices = 1,
	};
}

/**
 * soft_check_vram() - memory of a GPU, or of a type
 * @who: for the message
 * @vram_mb: MiB: it is mapped by blocks of 2
 *
 * Return: 0, -EINVAL.
 */
int soft_check_vram(const char *who, u32 vram_mb)
{
	if (vram_mb && vram_mb % 2 == 0 && vram_mb <= SOFT_VRAM_MB_MAX)
		return 0;
	pr_err("vgpu-soft: %s: vram_mb: %u is no multiple of 2 within 2 to %u\n",
	       who, vram_mb, SOFT_VRAM_MB_MAX);
	return -EINVAL;
}

/**
 * soft_check_bus() - a PCI bus number
 * @who: for the message
 * @bus: the number
 *
 * Return: 0, -EINVAL.
 */
int soft_check_bus(const char *who, int bus)
{
	if (bus >= -1 && bus <= 0xff)
		return 0;
	pr_err("vgpu-soft: %s: bus: %d is not within -1 to 255\n", who, bus);
	return -EINVAL;
}

/**
 * soft_check_node() - a NUMA node
 * @who: for the message
 * @node: the node
 *
 * Return: 0, -EINVAL when this machine does not have it.
 */
int soft_check_node(const char *who, int node)
{
	if (node == NUMA_NO_NODE ||
	    (node >= 0 && node < MAX_NUMNODES && node_online(node)))
		return 0;
	pr_err("vgpu-soft: %s: node: %d does not exist\n", who, node);
	return -EINVAL;
}

/**
 * soft_check_slices() - a way to cut a GPU
 * @who: for the message
 * @slices: how many
 *
 * Return: 0, -EINVAL.
 */
int soft_check_slices(const char *who, u32 slices)
{
	if (slices == 1 || slices == 2 || slices == 4)
		return 0;
	pr_err("vgpu-soft: %s: slices: %u is not 1, 2 or 4\n", who, slices);
	return -EINVAL;
}

/**
 * soft_check_share() - a type's weight
 * @who: for the message
 * @share: the weight
 *
 * Return: 0, -EINVAL.
 */
int soft_check_share(const char *who, u32 share)
{
	if (share && share <= SOFT_SHARE_MAX)
		return 0;
	pr_err("vgpu-soft: %s: share: %u is not within 1 to %u\n", who, share,
	       SOFT_SHARE_MAX);
	return -EINVAL;
}

/**
 * soft_check_name() - a type's name, which is a directory in sysfs and a word in the
 *	files of orchestrators
 * @who: for the message
 * @name: the name
 *
 * Return: 0, -EINVAL.
 */
int soft_check_name(const char *who, const char *name)
{
	size_t n = strlen(name), i;

	for (i = 0; i < n; i++)
		if (!isascii(name[i]) ||
		    (!isalnum(name[i]) && !strchr("-_.+", name[i])))
			break;
	if (n && i == n && n < SOFT_NAME_SIZE && *name != '.')
		return 0;
	pr_err("vgpu-soft: %s: the name of a type is 1 to %u of A-Z a-z 0-9 - _ + and, not first, the dot\n",
	       who, SOFT_NAME_SIZE - 1);
	return -EINVAL;
}

static int check_type(const char *who, const struct soft_config *config,
		      const struct soft_type *t)
{
	u32 part = config->vram_mb / config->slices;

	if (soft_check_name(who, t->name) || soft_check_vram(who, t->vram_mb) ||
	    soft_check_share(who, t->share))
		return -EINVAL;
	if (t->slice < -1 || t->slice >= (int)config->slices) {
		pr_err("vgpu-soft: %s: type %s: there is no slice %d of %u\n",
		       who, t->name, t->slice, config->slices);
		return -EINVAL;
	}
	if (t->kind == SOFT_Q && t->vram_mb < SOFT_LEAST_Q_MB) {
		pr_err("vgpu-soft: %s: type %s: %u MiB are too few for a screen and AlmaIF: at least %u\n",
		       who, t->name, t->vram_mb, SOFT_LEAST_Q_MB);
		return -EINVAL;
	}
	if (t->vram_mb > part) {
		pr_err("vgpu-soft: %s: type %s: %u MiB do not fit into the %u MiB of a slice\n",
		       who, t->name, t->vram_mb, part);
		return -EINVAL;
	}
	return 0;
}

/**
 * soft_check() - all of a GPU
 * @who: for messages
 * @config: the GPU
 *
 * Return: 0, -EINVAL.
 */
int soft_check(const char *who, const struct soft_config *config)
{
	unsigned int i;
	u32 part;

	if (soft_check_vram(who, config->vram_mb) ||
	    soft_check_bus(who, config->bus) ||
	    soft_check_node(who, config->node) ||
	    soft_check_slices(who, config->slices))
		return -EINVAL;
	part = config->vram_mb / config->slices;
	if (!config->nr_types && part < SOFT_LEAST_MB) {
		pr_err("vgpu-soft: %s: no type fits into the %u MiB of a slice\n",
		       who, part);
		return -EINVAL;
	}
	for (i = 0; i < config->nr_types; i++)
		if (check_type(who, config, &config->types[i]))
			return -EINVAL;
	return 0;
}
