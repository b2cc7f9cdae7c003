/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An instance that becomes a stream, piece by piece.
 */
#ifndef _VGPU_MIGRATE_SAVER_H
#define _VGPU_MIGRATE_SAVER_H

#include <linux/types.h>

#include "rounds.h"

struct vgpu_vdev;

/**
 * enum vgpu_saver_phase - what comes next in a stream
 * @VGPU_SAVER_HEADER: header and list of sections
 * @VGPU_SAVER_MEMORY: contents of memory, block by block
 * @VGPU_SAVER_HEAD: the head of the last record
 * @VGPU_SAVER_STATE: all sections
 * @VGPU_SAVER_END: nothing
 */
enum vgpu_saver_phase {
	VGPU_SAVER_HEADER,
	VGPU_SAVER_MEMORY,
	VGPU_SAVER_HEAD,
	VGPU_SAVER_STATE,
	VGPU_SAVER_END,
};

/**
 * struct vgpu_saver - how far a stream is written
 * @vd: the instance
 * @running: it runs: the stream has no end yet
 * @phase: what comes after what is there
 * @at: what is there and was not taken
 * @left: bytes of it
 * @buf: room for a record with a block
 * @rounds: what of the memory comes next
 * @state: the sections, as they were when the instance stood still
 * @state_len: bytes of these
 * @asked: when user space asked it to stand still and be read, ns
 * @still: bytes that were taken since it stands still
 *
 * Who has it keeps others out.
 */
struct vgpu_saver {
	struct vgpu_vdev *vd;
	bool running;
	enum vgpu_saver_phase phase;
	const u8 *at;
	size_t left;
	u8 *buf;
	struct vgpu_rounds rounds;
	u8 *state;
	size_t state_len;
	u64 asked;
	u64 still;
};

struct vgpu_saver *vgpu_saver_new(struct vgpu_vdev *vd, bool running);
int vgpu_saver_capture(struct vgpu_saver *s);
int vgpu_saver_fill(struct vgpu_saver *s);
void vgpu_saver_take(struct vgpu_saver *s, size_t n);
void vgpu_saver_free(struct vgpu_saver *s);
void vgpu_saver_left(const struct vgpu_saver *s, u64 *initial, u64 *dirty);
u64 vgpu_saver_size(struct vgpu_vdev *vd);
u64 vgpu_saver_whole(struct vgpu_vdev *vd);

#endif /* _VGPU_MIGRATE_SAVER_H */
