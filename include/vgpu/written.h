/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is written in an instance's partition while somebody copies it: how a backend
 * says so of its engine, and of processes that map the partition.
 */
#ifndef _VGPU_WRITTEN_H
#define _VGPU_WRITTEN_H

#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/types.h>

struct address_space;
struct vgpu_instance;
struct vm_fault;

/**
 * DOC: what is written
 *
 * An instance is copied while it runs (migration). Whoever copies has to know what is
 * written meanwhile, block by block. What a guest's CPUs write by the BARs, the core
 * learns by page faults. The rest is the backend's to say:
 *
 * - what it writes itself, or its engine by the time that it is idle, by
 *   vgpu_vram_written(), *after* it is written;
 * - where an engine works by itself, what it was given, by vgpu_writes_add(), and that
 *   it is done, by vgpu_writes_done();
 * - what processes of user space write by a file of the backend's, the core learns by
 *   page faults, too: their mappings are a struct vgpu_alias.
 *
 * All of this costs next to nothing while nobody copies.
 */

void vgpu_vram_written(struct vgpu_instance *inst, u64 offset, u64 size);

/** Parts of a partition that are told apart in struct vgpu_writes. */
#define VGPU_WRITES	8

/**
 * struct vgpu_writes - what an engine has been given to write and may not have written
 * @inst: whose it is
 * @nr: how many parts there are
 * @part: those, each from a byte to the one behind the last
 *
 * For engines that work on when the function that started them has returned; zeroed at
 * first. Engine context.
 */
struct vgpu_writes {
	struct vgpu_instance *inst;
	unsigned int nr;
	struct {
		u64 begin;
		u64 end;
	} part[VGPU_WRITES];
};

void vgpu_writes_add(struct vgpu_writes *w, struct vgpu_instance *inst,
		     u64 offset, u64 size);
void vgpu_writes_done(struct vgpu_writes *w);

/**
 * struct vgpu_alias - a file of the backend's by which a process maps a partition
 * @list: the core's
 * @space: finds the mappings: a byte of the partition is there at its offset
 *
 * Its &vm_operations_struct.fault calls vgpu_alias_fault(), and there has to be a
 * &vm_operations_struct.pfn_mkwrite, which calls vgpu_alias_mkwrite(). Its mappings are
 * shared, and %VM_PFNMAP.
 */
struct vgpu_alias {
	struct list_head list;
	struct address_space *space;
};

void vgpu_alias_add(struct vgpu_instance *inst, struct vgpu_alias *alias);
void vgpu_alias_remove(struct vgpu_instance *inst, struct vgpu_alias *alias);
vm_fault_t vgpu_alias_fault(struct vgpu_instance *inst, struct vm_fault *vmf,
			    u64 offset);
vm_fault_t vgpu_alias_mkwrite(struct vgpu_instance *inst,
			      struct vgpu_alias *alias, struct vm_fault *vmf,
			      u64 offset);

#endif /* _VGPU_WRITTEN_H */
