/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stream that an instance becomes when it moves; docs/migration.md has it byte
 * by byte.
 */
#ifndef _VGPU_MIGRATE_FORMAT_H
#define _VGPU_MIGRATE_FORMAT_H

#include <linux/sizes.h>
#include <linux/types.h>

struct vgpu_pdev;
struct vgpu_reader;
struct vgpu_vdev;
struct vgpu_writer;

/** The version of the stream that is written; what it consists of has its own. */
#define VGPU_STREAM_VERSION	1

/** Bytes of the header before the list of sections, and of an entry of that. */
#define VGPU_STREAM_HEADER	88
#define VGPU_STREAM_SECTION	4

/** Bytes of a name in the header: what is left is zero, one byte at least. */
#define VGPU_STREAM_NAME	32

/** Sections that a header may list. */
#define VGPU_STREAM_SECTIONS	64

/** Bytes of the head of a record. */
#define VGPU_STREAM_RECORD	16

/** So much of VRAM is in a record that we write, and at most in one we read. */
#define VGPU_STREAM_BLOCK	SZ_64K
#define VGPU_STREAM_BLOCK_MAX	SZ_1M

/** Bytes of all sections together. */
#define VGPU_STREAM_STATE_MAX	SZ_64M

/**
 * enum vgpu_record_kind - what a record is
 * @VGPU_RECORD_VRAM: contents of memory, which follow
 * @VGPU_RECORD_ZERO: memory that is zero; nothing follows
 * @VGPU_RECORD_STATE: all sections, which follow; the last record
 */
enum vgpu_record_kind {
	VGPU_RECORD_VRAM = 1,
	VGPU_RECORD_ZERO = 2,
	VGPU_RECORD_STATE = 3,
};

/**
 * struct vgpu_record - the head of a record
 * @kind: see enum vgpu_record_kind
 * @length: bytes that follow, or are zero
 * @offset: from the start of the partition; 0 for %VGPU_RECORD_STATE
 */
struct vgpu_record {
	u32 kind;
	u32 length;
	u64 offset;
};

void vgpu_put_header(struct vgpu_vdev *vd, struct vgpu_writer *w);
u32 vgpu_get_header(struct vgpu_vdev *vd, struct vgpu_reader *r);
void vgpu_get_listed(struct vgpu_vdev *vd, struct vgpu_reader *r);
void vgpu_put_record(struct vgpu_writer *w, const struct vgpu_record *rec);
void vgpu_get_record(struct vgpu_reader *r, u64 vram_size,
		     struct vgpu_record *rec);

#endif /* _VGPU_MIGRATE_FORMAT_H */
