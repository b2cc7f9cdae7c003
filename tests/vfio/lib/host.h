/* SPDX-License-Identifier: GPL-2.0 */
/* What a host counts of GPUs and vGPUs: the same before and after, or something is lost. */
#ifndef _HOST_H
#define _HOST_H

#include <stdint.h>

#define MAX_TYPES	16

/**
 * struct host_counts - what there is
 * @vram_free: bytes
 * @available: instances that could be created, of each type
 * @core: references to the core's module
 * @backend: and to the backend's
 * @mdevs: vGPUs
 * @groups: IOMMU groups
 * @nodes: files in /dev/vfio
 * @open: vGPUs that are open, by the engine that works
 * @areas: pieces of vmalloc() memory that the modules have
 * @objects: and pieces of kmalloc() memory, where the kernel writes down whose each is
 *	(slub_debug=U)
 */
struct host_counts {
	uint64_t vram_free;
	uint64_t available[MAX_TYPES];
	uint64_t core;
	uint64_t backend;
	uint64_t mdevs;
	uint64_t groups;
	uint64_t nodes;
	uint64_t open;
	uint64_t areas;
	uint64_t objects;
};

struct host_counts host_count(void);
struct host_counts host_count_at_rest(void);
void expect_host_shows(const struct host_counts *want);
void expect_host(const struct host_counts *want);

#endif /* _HOST_H */
