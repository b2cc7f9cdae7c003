/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFT_CONFIG_H
#define _SOFT_CONFIG_H

#include <linux/types.h>
#include <vgpu/vgpu.h>

/**
 * enum soft_kind - the kinds of functions that types are
 * @SOFT_B: a display alone
 * @SOFT_C: compute alone, no display
 * @SOFT_Q: both
 * @SOFT_KINDS: how many there are
 */
enum soft_kind {
	SOFT_B,
	SOFT_C,
	SOFT_Q,
	SOFT_KINDS,
};

/** Memory of a GPU that nobody says it of, and the most that there is, MiB. */
#define SOFT_VRAM_MB		256
#define SOFT_VRAM_MB_MAX	65536
/** Memory of the smallest of the usual types, MiB. */
#define SOFT_LEAST_MB		4
/** Memory of the smallest type that is both, MiB: 2 for its screen, 2 for AlmaIF. */
#define SOFT_LEAST_Q_MB		4
/** Types that an operator may give a GPU. */
#define SOFT_TYPES_MAX		32
/** Bytes of the name of a type, with the final zero. */
#define SOFT_NAME_SIZE		32
/** Memory of a type that nobody says it of, MiB. */
#define SOFT_TYPE_MB		16
/** Share of a type that nobody says it of, and the most that there is. */
#define SOFT_SHARE		100
#define SOFT_SHARE_MAX		10000

/**
 * struct soft_type - a type, as an operator asks for it
 * @name: "SOFT-16C"
 * @kind: which functions its instances are
 * @vram_mb: their memory, MiB
 * @share: their weight under best effort
 * @slice: of this slice, or -1 for any
 */
struct soft_type {
	char name[SOFT_NAME_SIZE];
	enum soft_kind kind;
	u32 vram_mb;
	u32 share;
	int slice;
};

/**
 * struct soft_config - a GPU, as an operator asks for it
 * @vram_mb: its memory, MiB
 * @bus: PCI bus number, or -1 for one that is free
 * @node: NUMA node of its memory, or %NUMA_NO_NODE
 * @slices: into how many it is cut: 1, 2 or 4
 * @nr_types: types of the operator; 0 for the usual ones
 * @types: these
 */
struct soft_config {
	u32 vram_mb;
	int bus;
	int node;
	u32 slices;
	unsigned int nr_types;
	struct soft_type types[SOFT_TYPES_MAX];
};

/**
 * struct soft_function - what a type's instances are on PCI
 * @pci: as the core wants it
 * @bars: its BARs
 */
struct soft_function {
	struct vgpu_pci_desc pci;
	struct vgpu_bar_desc bars[VGPU_NR_BARS];
};

/**
 * struct soft_types - types of a GPU, as the core wants them
 * @nr: how many
 * @desc: these
 * @functions: of each its own, since where AlmaIF begins depends on the memory
 */
struct soft_types {
	unsigned int nr;
	struct vgpu_type_desc desc[SOFT_TYPES_MAX];
	struct soft_function functions[SOFT_TYPES_MAX];
};

void soft_config_init(struct soft_config *config);
int soft_check_vram(const char *who, u32 vram_mb);
int soft_check_bus(const char *who, int bus);
int soft_check_node(const char *who, int node);
int soft_check_slices(const char *who, u32 slices);
int soft_check_share(const char *who, u32 share);
int soft_check_name(const char *who, const char *name);
int soft_check(const char *who, const struct soft_config *config);

/* soft_types.c */
extern const char *const soft_kind_letters;
void soft_types_init(struct soft_types *types, const struct soft_config *config);

#endif /* _SOFT_CONFIG_H */
