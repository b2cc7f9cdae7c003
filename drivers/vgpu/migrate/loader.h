/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A stream that becomes an instance, as it arrives.
 */
#ifndef _VGPU_MIGRATE_LOADER_H
#define _VGPU_MIGRATE_LOADER_H

#include <linux/types.h>
#include <vgpu/section.h>

#include "format.h"

struct vgpu_vdev;

/**
 * enum vgpu_loader_phase - what a stream has next
 * @VGPU_LOADER_HEADER: its header
 * @VGPU_LOADER_LIST: an entry of the list of sections
 * @VGPU_LOADER_HEAD: the head of a record
 * @VGPU_LOADER_MEMORY: contents of memory
 * @VGPU_LOADER_ZERO: nothing, as long as memory has to be cleared
 * @VGPU_LOADER_STATE: sections
 * @VGPU_LOADER_DONE: nothing; the instance is loaded
 */
enum vgpu_loader_phase {
	VGPU_LOADER_HEADER,
	VGPU_LOADER_LIST,
	VGPU_LOADER_HEAD,
	VGPU_LOADER_MEMORY,
	VGPU_LOADER_ZERO,
	VGPU_LOADER_STATE,
	VGPU_LOADER_DONE,
};

/**
 * struct vgpu_loader - how far a stream is loaded
 * @vd: the instance, which stands still; its memory is zero at the beginning
 * @phase: what is being collected
 * @r: for messages
 * @part: of a head that has not arrived as a whole
 * @have: bytes of the phase that have arrived, or were cleared
 * @listed: entries of the list of sections that are to come
 * @rec: the record under way
 * @state: the sections, as far as they have arrived
 * @room: bytes there
 * @received: bytes of the stream
 * @arrived: when the last of them was there, ns
 * @whole: nothing is missing, and the instance is what it says
 *
 * Who has it keeps others out.
 */
struct vgpu_loader {
	struct vgpu_vdev *vd;
	enum vgpu_loader_phase phase;
	struct vgpu_reader r;
	u8 part[VGPU_STREAM_HEADER];
	u32 have;
	u32 listed;
	struct vgpu_record rec;
	u8 *state;
	u32 room;
	u64 received;
	u64 arrived;
	bool whole;
};

struct vgpu_loader *vgpu_loader_new(struct vgpu_vdev *vd);
ssize_t vgpu_loader_put(struct vgpu_loader *l, const u8 *from, size_t n);
int vgpu_loader_end(struct vgpu_loader *l);
void vgpu_loader_free(struct vgpu_loader *l);

#endif /* _VGPU_MIGRATE_LOADER_H */
