/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The GPUs and vGPUs of this machine, as sysfs has them (docs/abi/sysfs-vgpu),
 * and the processes that use them.
 */
#ifndef _READER_H
#define _READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "text.h"

#define NAME_LEN	256
#define WORD_LEN	32
#define MAX_ENGINES	16	/* of a GPU, as the driver has it */

/* Numbers of a GPU. */
enum gpu_number {
	GPU_VRAM_TOTAL,
	GPU_VRAM_RESERVED,
	GPU_VRAM_FREE,
	GPU_VRAM_LARGEST_FREE,
	GPU_SLICE_US,
	GPU_WINDOW_MS,
	GPU_AVERAGING,
	GPU_TRAP_CHARGE,
	GPU_WATCHDOG_MS,
	GPU_LIMIT_TRAPS,
	GPU_LIMIT_IRQS,
	GPU_LIMIT_RESETS,
	GPU_LIMIT_FAULTS,
	GPU_MOVES,
	GPU_MOVED_BYTES,
	GPU_MOVE_PAUSE_NS,
	GPU_EXECUTOR,		/* these of a soft GPU only */
	GPU_WORKERS,
	NR_GPU_NUMBERS
};

/* Numbers of a type that a GPU offers. */
enum type_number {
	TYPE_AVAILABLE,
	TYPE_COMPACTABLE,
	NR_TYPE_NUMBERS
};

/* Numbers of an engine of a GPU. */
enum engine_number {
	ENGINE_IDLE_NS,
	ENGINE_BUSY_NS,
	ENGINE_SWITCH_NS,
	ENGINE_RESETS,
	NR_ENGINE_NUMBERS
};

/* Numbers of a vGPU, an instance; VGPU_* are the driver's, with other values. */
enum vgpu_number {
	INST_VRAM_SIZE,
	INST_WEIGHT,
	INST_CAP,
	INST_MIN,
	INST_TRAPS,
	INST_TRAPS_READ,
	INST_TRAPS_WRITE,
	INST_TRAPS_CONFIG,
	INST_TRAPS_VRAM,
	INST_TRAP_NS,
	INST_UNKNOWN_REGS,
	INST_FAULTS,
	INST_STATE_SIZE,
	INST_DIRTY_BYTES,
	INST_DIRTY_RATE,	/* not there as long as it is not known */
	INST_SAVES,
	INST_SAVES_FAILED,
	INST_LOADS,
	INST_LOADS_FAILED,
	INST_SENT,
	INST_RECEIVED,
	INST_ROUNDS,
	INST_STOP_BYTES,
	INST_STOP_NS,
	INST_START_NS,
	NR_VGPU_NUMBERS
};

/* Numbers of a vGPU on one engine. */
enum work_number {
	WORK_LIMIT,		/* hundredths of a percent */
	WORK_GPU_NS,
	WORK_WAIT_NS,
	WORK_WAIT_MAX_NS,
	WORK_SLICES,
	WORK_SWITCHES,
	WORK_PREEMPTIONS,
	WORK_TRAPS,
	WORK_OPS,
	WORK_BYTES,
	WORK_DROPPED,
	WORK_FIFO_OVERFLOWS,
	NR_WORK_NUMBERS
};

/* Words of a vGPU. */
enum vgpu_word {
	WORD_STATE,
	WORD_GUARD_TRAPS,
	WORD_GUARD_IRQS,
	WORD_GUARD_RESETS,
	WORD_GUARD_FAULTS,
	NR_VGPU_WORDS
};

#define NR_NUMBERS	32

/**
 * struct numbers - what was read
 * @val: by enum gpu_number, type_number, engine_number, vgpu_number or work_number
 * @has: bit n: val[n] is there; a file that is missing or holds anything but
 *	a number leaves it out
 */
struct numbers {
	uint64_t val[NR_NUMBERS];
	uint64_t has;
};

static inline bool has_number(const struct numbers *n, unsigned int i)
{
	return n->has >> i & 1;
}

/**
 * struct engine - an engine of a GPU, or a vGPU on it
 * @name: unique on the GPU
 * @class: what it is for; of a GPU's
 * @slice: which part of the GPU it belongs to; of a GPU's
 * @num: by enum engine_number, or work_number
 * @read_ns: when, by the monotonic clock
 */
struct engine {
	char name[WORD_LEN];
	char class[WORD_LEN];
	char slice[WORD_LEN];
	struct numbers num;
	uint64_t read_ns;
};

/* Sorted by name. */
struct engines {
	struct engine at[MAX_ENGINES];
	size_t nr;
};

/**
 * struct owner - the process that has a vGPU open
 * @pid: 0: none, or none that we may look at
 * @comm: name of its program
 * @name: of the VM, as libvirt or an operator gave it to QEMU; "" for none
 * @uuid: of the VM, likewise
 * @vmid: its number, as Proxmox gives it, likewise
 */
struct owner {
	pid_t pid;
	char comm[WORD_LEN];
	char name[NAME_LEN];
	char uuid[UUID_LEN];
	char vmid[WORD_LEN];
};

/**
 * struct vgpu - one vGPU
 * @uuid: its name
 * @id: differs from that of an earlier vGPU of the same UUID
 * @type: name of its type
 * @words: state and guards; "" for what is not there
 * @num: by enum vgpu_number
 * @engines: those that it is on
 * @read_ns: when, by the monotonic clock
 * @group: IOMMU group, -1: none
 * @cdev: name of its VFIO character device, "" for none
 * @owner: who uses it
 */
struct vgpu {
	char uuid[UUID_LEN];
	ino_t id;
	char type[WORD_LEN];
	char words[NR_VGPU_WORDS][WORD_LEN];
	struct numbers num;
	struct engines engines;
	uint64_t read_ns;
	int group;
	char cdev[WORD_LEN];
	struct owner owner;
};

/**
 * struct gpu_type - a type that a GPU offers
 * @name: as users know it
 * @num: by enum type_number: how many more could be created of it, now and if the
 *	vGPUs that there are were moved together
 */
struct gpu_type {
	char name[WORD_LEN];
	struct numbers num;
};

struct gpu {
	char name[NAME_LEN];
	ino_t id;
	char driver[WORD_LEN];
	char vendor[WORD_LEN];
	char device[WORD_LEN];
	char policy[WORD_LEN];
	struct numbers num;
	struct engines engines;
	struct gpu_type *types;
	size_t nr_types;
	struct vgpu *vgpus;
	size_t nr_vgpus;
};

/* All of it, sorted by name. */
struct machine {
	struct gpu *gpus;
	size_t nr_gpus;
};

extern const char *const guard_kinds[4];

void machine_read(struct machine *m);
void machine_free(struct machine *m);
size_t machine_nr_vgpus(const struct machine *m);
const struct engine *engine_by_name(const struct engines *engines,
				    const char *name);
void owners_find(struct machine *m);
int open_root(const char *dir);

#endif /* _READER_H */
