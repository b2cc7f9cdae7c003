// SPDX-License-Identifier: GPL-2.0
/*
 * The parts of a stream: its header, the list of sections, the heads of records.
 * Written here, and checked here, byte by byte as docs/migration.md has them.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "../core.h"
#include "../bus/bus.h"
#include "format.h"

static const char magic[8] = "vGPUmove";

/* Those that can be in a stream. */
static bool is_saved(const struct vgpu_section *s)
{
	return s->save;
}

static unsigned int nr_saved(const struct vgpu_pdev *pd)
{
	const struct vgpu_section **s;
	unsigned int n = 0;

	for (s = pd->sections; *s; s++)
		n += is_saved(*s);
	return n;
}

static const struct vgpu_section *find_saved(const struct vgpu_pdev *pd, u16 id)
{
	const struct vgpu_section **s;

	for (s = pd->sections; *s; s++)
		if ((*s)->id == id && is_saved(*s))
			return *s;
	return NULL;
}

static void put_name(struct vgpu_writer *w, const char *name)
{
	char bytes[VGPU_STREAM_NAME] = {};

	strscpy(bytes, name, sizeof(bytes));
	vgpu_put_bytes(w, bytes, sizeof(bytes));
}

/**
 * vgpu_put_header() - what a stream begins with
 * @vd: the instance
 * @w: where to
 */
void vgpu_put_header(struct vgpu_vdev *vd, struct vgpu_writer *w)
{
	const struct vgpu_section **s;

	vgpu_put_bytes(w, magic, sizeof(magic));
	vgpu_put_u16(w, VGPU_STREAM_VERSION);
	vgpu_put_u16(w, nr_saved(vd->pd));
	vgpu_put_u32(w, 0);
	vgpu_put_u64(w, vd->inst.vram_size);
	put_name(w, vd->pd->gpu.desc.backend);
	put_name(w, vd->inst.type->name);
	for (s = vd->pd->sections; *s; s++) {
		if (!is_saved(*s))
			continue;
		vgpu_put_u16(w, (*s)->id);
		vgpu_put_u16(w, (*s)->version);
	}
}

static int length_of(const char *name)
{
	int n = VGPU_STREAM_NAME;

	while (n && !name[n - 1])
		n--;
	return n;
}

/* Printable, whatever was in the stream: it goes to the kernel's log. */
static void get_name(struct vgpu_reader *r, const char *field, const char *want)
{
	char name[VGPU_STREAM_NAME], padded[VGPU_STREAM_NAME] = {};

	strscpy(padded, want, sizeof(padded));
	if (!vgpu_get_bytes(r, field, name, sizeof(name)) ||
	    !memcmp(name, padded, sizeof(name)))
		return;
	vgpu_refuse(r, field, "%*pE is not %s", length_of(name), name, want);
}

/**
 * vgpu_get_header() - check what a stream begins with
 * @vd: the instance that it is for
 * @r: %VGPU_STREAM_HEADER bytes
 *
 * Return: how many sections are listed behind it.
 */
u32 vgpu_get_header(struct vgpu_vdev *vd, struct vgpu_reader *r)
{
	char bytes[sizeof(magic)];
	u64 vram_size;
	u32 nr;
	u16 version;

	if (vgpu_get_bytes(r, "magic", bytes, sizeof(bytes)) &&
	    memcmp(bytes, magic, sizeof(magic)))
		vgpu_refuse(r, "magic", "%*pE", (int)sizeof(bytes), bytes);
	version = vgpu_get(r, "version", 2, VGPU_STREAM_VERSION);
	if (!version)
		vgpu_refuse(r, "version", "there is no 0");
	nr = vgpu_get(r, "number of sections", 2, VGPU_STREAM_SECTIONS);
	vgpu_get(r, "flags", 4, 0);
	vram_size = vgpu_get(r, "VRAM size", 8, U64_MAX);
	get_name(r, "backend", vd->pd->gpu.desc.backend);
	get_name(r, "type", vd->inst.type->name);
	if (vram_size != vd->inst.vram_size)
		vgpu_refuse(r, "VRAM size", "%llu is not %llu", vram_size,
			    vd->inst.vram_size);
	return nr;
}

/**
 * vgpu_get_listed() - check an entry of the list of sections
 * @vd: the instance that the stream is for
 * @r: %VGPU_STREAM_SECTION bytes
 *
 * What cannot be loaded at the end of the stream is refused at its beginning.
 */
void vgpu_get_listed(struct vgpu_vdev *vd, struct vgpu_reader *r)
{
	u16 id = vgpu_get(r, "listed section", 2, U16_MAX);
	u16 version = vgpu_get(r, "listed version", 2, U16_MAX);
	const struct vgpu_section *s;

	if (!vgpu_reader_ok(r))
		return;
	s = find_saved(vd->pd, id);
	if (!s)
		vgpu_refuse(r, "listed section", "id %#x is not known", id);
	else if (!version || version > s->version)
		vgpu_refuse(r, "listed version", "%s of version %u, known are 1 to %u",
			    s->name, version, s->version);
}

/**
 * vgpu_put_record() - the head of a record
 * @w: where to
 * @rec: the head
 */
void vgpu_put_record(struct vgpu_writer *w, const struct vgpu_record *rec)
{
	vgpu_put_u32(w, rec->kind);
	vgpu_put_u32(w, rec->length);
	vgpu_put_u64(w, rec->offset);
}

static void check_memory(struct vgpu_reader *r, u64 vram_size,
			 const struct vgpu_record *rec)
{
	if (!rec->length ||
	    (rec->kind == VGPU_RECORD_VRAM &&
	     rec->length > VGPU_STREAM_BLOCK_MAX))
		vgpu_refuse(r, "record length", "%u bytes of memory",
			    rec->length);
	if (rec->offset > vram_size || rec->length > vram_size - rec->offset)
		vgpu_refuse(r, "record offset", "%u bytes at %#llx, of %#llx",
			    rec->length, rec->offset, vram_size);
}

/**
 * vgpu_get_record() - check the head of a record
 * @r: %VGPU_STREAM_RECORD bytes
 * @vram_size: of the instance that the stream is for
 * @rec: for the head, good if nothing was refused
 */
void vgpu_get_record(struct vgpu_reader *r, u64 vram_size,
		     struct vgpu_record *rec)
{
	rec->kind = vgpu_get(r, "record", 4, VGPU_RECORD_STATE);
	rec->length = vgpu_get(r, "record length", 4, U32_MAX);
	rec->offset = vgpu_get(r, "record offset", 8, U64_MAX);
	switch (rec->kind) {
	case VGPU_RECORD_VRAM:
	case VGPU_RECORD_ZERO:
		check_memory(r, vram_size, rec);
		break;
	case VGPU_RECORD_STATE:
		if (rec->length > VGPU_STREAM_STATE_MAX)
			vgpu_refuse(r, "record length", "%u bytes of sections",
				    rec->length);
		if (rec->offset)
			vgpu_refuse(r, "record offset", "%#llx", rec->offset);
		break;
	default:
		vgpu_refuse(r, "record", "there is no kind 0");
	}
}
