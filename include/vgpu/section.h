/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_SECTION_H
#define _VGPU_SECTION_H

#include <linux/compiler_attributes.h>
#include <linux/stddef.h>
#include <linux/types.h>

/**
 * DOC: sections
 *
 * What an instance is, is a list of *sections*: configuration space, interrupts,
 * registers, what its backend keeps, and so on. Each knows how to reset its part,
 * how to save it to a stream of bytes and load it from one, and what is to be
 * done when the device is closed. The core walks the list; nobody else knows the
 * parts. A backend adds its own in &vgpu_gpu_desc.sections.
 *
 * A stream is a row of sections::
 *
 *	u16 id | u16 version | u32 size | size bytes, the section's own
 *
 * All numbers are little-endian and have a fixed size. A stream holds nothing of
 * the host: no address, no offset of a partition, no time of the host's clock. It
 * may come from anybody: whoever loads checks each value before using it, which
 * is what the getters are for. A value that is refused makes a message that names
 * section and field; from then on all getters return zeros, so that a function
 * can read all that it needs, and ask once whether it may use it.
 *
 * A change of a section's format is a new version. What is saved has the newest;
 * older ones can be loaded, see &vgpu_reader.version.
 */

struct vgpu_instance;

/** Ids of backends' sections begin here; those of the core are below. */
#define VGPU_SECTION_BACKEND	0x100

/** Bytes of a section's header. */
#define VGPU_SECTION_HEADER	8

/** Bytes of the message about what was refused. */
#define VGPU_READER_REFUSAL	128

/**
 * struct vgpu_writer - where state is saved
 * @buf: for the bytes, or NULL to learn how many there are
 * @size: bytes there
 * @len: bytes saved so far; more than @size when they did not fit
 * @now: the moment that is saved, by ktime_get_ns(): clocks are told relative to it
 */
struct vgpu_writer {
	u8 *buf;
	size_t size;
	size_t len;
	u64 now;
};

/**
 * struct vgpu_reader - where state is loaded from
 * @at: what comes next
 * @left: bytes that are left
 * @version: of the section that is being loaded
 * @now: the moment that takes the place of &vgpu_writer.now
 * @section: the name of the section that is being loaded, for messages
 * @refusal: why the stream was refused; empty while it is good
 */
struct vgpu_reader {
	const u8 *at;
	size_t left;
	u16 version;
	u64 now;
	const char *section;
	char refusal[VGPU_READER_REFUSAL];
};

/**
 * struct vgpu_section - a part of an instance
 * @id: its number in streams; from %VGPU_SECTION_BACKEND on for a backend's
 * @version: of the format that @save writes, from 1
 * @name: for messages
 * @reset: the function is reset; the sections before it are already. Trap lock
 *	held. NULL when a reset changes nothing
 * @save: what a guest could tell from a part that was just reset, and nothing
 *	else. Trap lock held, the instance is off the engines. NULL when there is
 *	nothing
 * @load: the same from a stream; the part was just reset, and the sections before
 *	it are loaded. Checks all before it is used; what is refused half way, a
 *	reset mends. There with @save, and called in the same circumstances
 * @close: the device was closed, and the next user may be another tenant: forget
 *	what is not for them. Process context, no lock held; sections are closed in
 *	the order of the list. NULL when there is nothing
 */
struct vgpu_section {
	u16 id;
	u16 version;
	const char *name;
	void (*reset)(struct vgpu_instance *inst);
	void (*save)(struct vgpu_instance *inst, struct vgpu_writer *w);
	void (*load)(struct vgpu_instance *inst, struct vgpu_reader *r);
	void (*close)(struct vgpu_instance *inst);
};

/**
 * struct vgpu_field - a number in a structure, and in a stream
 * @name: for messages
 * @offset: where it is in the structure
 * @size: its bytes, in both: 1, 2, 4 or 8
 * @max: the largest value that is good
 */
struct vgpu_field {
	const char *name;
	u16 offset;
	u8 size;
	u64 max;
};

#define __VGPU_FIELD(_name, member, _max) {				\
	.name = (_name), .offset = (uintptr_t)&(member),		\
	.size = sizeof(member), .max = (_max),				\
}

/** A member of a structure, for tables of struct vgpu_field. */
#define VGPU_FIELD(type, _member, _max)					\
	__VGPU_FIELD(#_member, (*(struct type *)NULL)._member, _max)

void vgpu_writer_init(struct vgpu_writer *w, void *buf, size_t size);
void vgpu_put(struct vgpu_writer *w, unsigned int size, u64 val);
void vgpu_put_bytes(struct vgpu_writer *w, const void *from, size_t n);
void vgpu_put_u32s(struct vgpu_writer *w, const u32 *from, unsigned int n);
void vgpu_put_fields(struct vgpu_writer *w, const void *from,
		     const struct vgpu_field *fields, unsigned int n);

void vgpu_reader_init(struct vgpu_reader *r, const void *buf, size_t size);
bool vgpu_reader_ok(const struct vgpu_reader *r);
void vgpu_refuse(struct vgpu_reader *r, const char *field, const char *fmt, ...)
	__printf(3, 4);
u64 vgpu_get(struct vgpu_reader *r, const char *field, unsigned int size,
	     u64 max);
bool vgpu_get_bytes(struct vgpu_reader *r, const char *field, void *to,
		    size_t n);
bool vgpu_get_u32s(struct vgpu_reader *r, const char *field, u32 *to,
		   unsigned int n, u32 max);
bool vgpu_get_fields(struct vgpu_reader *r, void *to,
		     const struct vgpu_field *fields, unsigned int n);

/**
 * vgpu_put_u8() - save a number of 8 bits
 * @w: the writer
 * @val: the number
 */
static inline void vgpu_put_u8(struct vgpu_writer *w, u8 val)
{
	vgpu_put(w, sizeof(val), val);
}

/**
 * vgpu_put_u16() - save a number of 16 bits
 * @w: the writer
 * @val: the number
 */
static inline void vgpu_put_u16(struct vgpu_writer *w, u16 val)
{
	vgpu_put(w, sizeof(val), val);
}

/**
 * vgpu_put_u32() - save a number of 32 bits
 * @w: the writer
 * @val: the number
 */
static inline void vgpu_put_u32(struct vgpu_writer *w, u32 val)
{
	vgpu_put(w, sizeof(val), val);
}

/**
 * vgpu_put_u64() - save a number of 64 bits
 * @w: the writer
 * @val: the number
 */
static inline void vgpu_put_u64(struct vgpu_writer *w, u64 val)
{
	vgpu_put(w, sizeof(val), val);
}

#endif /* _VGPU_SECTION_H */
